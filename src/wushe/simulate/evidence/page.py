"""The documentation's page of published figures: its tables are written here, from rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from wushe.simulate.evidence.cases import CASES
from wushe.simulate.evidence.fitting import FITTED, METHOD
from wushe.simulate.evidence.judging import VERDICTS, Row
from wushe.text import Text

PAGE, KEPT = "explanation/evidence.md", "evidence/published-figures.json"
"""Where page and kept numbers are in the documentation."""
MARKED = re.compile(r"(<!-- evidence: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_STANDING = {
    "calibrated": Text("拟合", "fitted"),
    "predicted": Text("预测", "predicted"),
}
_HEAD = {
    "zh": ("", "地方", "公布的数字", "目标", "模拟均值（95%区间）", "偏差", "拟合还是预测", "结论"),
    "en": ("", "place", "published figure", "target", "simulated mean (95 % interval)", "off by", "fitted or predicted", "verdict"),
}  # fmt: skip
_FIT_HEAD = {
    "zh": ("参数", "含义", "设定的假设", "拟合值", "拟合到"),
    "en": ("parameter", "meaning", "assumptions that it sets", "value", "fitted to"),
}
_FURTHER = {
    "zh": "另外几个公布的数字，没有参数向它们拟合：",
    "en": "Further published figures, to which nothing was fitted:",
}
_NOTES = {
    "zh": "每一行用了哪些参数、缺的时段和分母设成什么、说明什么：",
    "en": "For each row: its parameters, what stands in for a missing period or denominator, and what it says:",
}
_FITTED = {
    "zh": f"拟合的参数（{METHOD.zh}）：",
    "en": f"Fitted parameters ({METHOD.en}):",
}


def filled(page: str, rows: Sequence[Row]) -> str:
    """Return `page` with what stands between its marks (``<!-- evidence: zh -->`` or en, sources) written anew."""
    parts = {"zh": markdown(rows, "zh"), "en": markdown(rows, "en"), "sources": sources()}
    return MARKED.sub(lambda found: f"{found[1]}{parts[found[2]]}\n{found[3]}", page)


def markdown(rows: Sequence[Row], lang: str) -> str:
    """Return the tables of rows and of fitted parameters in one language, Markdown."""
    numbered = list(enumerate(sorted(rows, key=lambda row: not row.case.listed), 1))
    parts = []
    for listed in (True, False):
        lines = [_line(n, row, lang) for n, row in numbered if row.case.listed == listed]
        parts += ([] if listed else [_FURTHER[lang]]) + [_table(_HEAD[lang], lines)]
    notes = "\n".join(_note(n, row, lang) for n, row in numbered)
    return "\n\n".join([*parts, _NOTES[lang], notes, _FITTED[lang], _table(_FIT_HEAD[lang], _fits(lang))])  # fmt: skip


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rule = "|" + "---|" * len(head)
    return "\n".join(["| " + " | ".join(head) + " |", rule, *("| " + " | ".join(line) + " |" for line in lines)])  # fmt: skip


def _line(number: int, row: Row, lang: str) -> tuple[str, ...]:
    case = row.case
    interval = f"{_number(row.mean)} ({_number(row.low)} – {_number(row.high)})"
    if case.spread == "single":
        interval += {"zh": "，一次的区间", "en": ", of one occasion"}[lang]
    return (
        str(number), case.place.say(lang), f"{case.figure.say(lang)} [{_sources().index(case.source) + 1}]",
        f"{_number(case.target)} {case.unit.say(lang)}", interval, f"{100 * row.off:+.0f} %",
        _STANDING[case.standing].say(lang), VERDICTS[row.verdict].say(lang),
    )  # fmt: skip


def _note(number: int, row: Row, lang: str) -> str:
    stop, comma = {"zh": ("。", "；"), "en": (". ", "; ")}[lang]
    fitted = [f"`{name}` = {_number(FITTED[name].value)}" for name in row.case.fitted]
    said = comma.join([*fitted, row.case.assumed.say(lang)])
    return f"{number}. {said}{stop}{row.case.remark.say(lang)}{stop.strip()}"


def _fits(lang: str) -> list[tuple[str, ...]]:
    return [
        (f"`{f.name}`", f.label.say(lang), f"`{f.of}`", _number(f.value), _number(f.target))
        for f in FITTED.values()
    ]


def _sources() -> list[str]:
    return list(dict.fromkeys(case.source for case in CASES))


def sources() -> str:
    """Return the numbered sources, Markdown."""
    return "\n".join(f"{number}. {source}" for number, source in enumerate(_sources(), 1))


def _number(value: float) -> str:
    """Return a number to three digits or whole, thousands apart."""
    if not np.isfinite(value):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
