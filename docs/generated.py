"""Reference pages written by the library itself, so that they cannot differ from it.

A line ``<!-- generated: NAME -->`` in a page is replaced, when the documentation is built, by
what ``PARTS[NAME]()`` returns: Markdown.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import wushe
from wushe.errors import ProblemKind
from wushe.io import describe_format
from wushe.matching.check import RULES
from wushe.model.terms import REASONS
from wushe.model.units import DIMENSIONS, parse_unit
from wushe.network import RELATIONS
from wushe.plan.items import NEXT_STEP
from wushe.text import Text

MARK = re.compile(r"^<!-- generated: (\w+) -->$", re.MULTILINE)
UNIT_WORDS = (
    *("piece", "个", "件", "只", "box*20", "箱*20", "盒*10", "包*6", "g", "克", "kg", "千克", "公斤", "斤"),
    *("ml", "毫升", "l", "litre", "升", "minute", "分钟", "hour", "小时", "time", "次", "人次"),
    *("fen", "分", "yuan", "元"),
)  # fmt: skip


def fill(text: str) -> str:
    """Return the page `text` with every mark replaced. Raises KeyError for an unknown name."""
    return MARK.sub(lambda found: PARTS[found[1]](), text)


def problem_kinds() -> dict[str, ProblemKind]:
    """Return every kind of problem that wushe can report, by code, sorted."""
    found: dict[str, ProblemKind] = {}
    for module in _modules():
        for value in vars(module).values():
            for kind in value.values() if isinstance(value, Mapping) else (value,):
                if isinstance(kind, ProblemKind):
                    found.setdefault(kind.code, kind)
    return dict(sorted(found.items()))


def _modules() -> Iterator[Any]:
    for info in pkgutil.walk_packages(wushe.__path__, "wushe."):
        if not info.name.endswith("__main__"):
            yield importlib.import_module(info.name)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(heads)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def _errors() -> str:
    def said(text: Text) -> str:
        # Braces are the places of parameters; as code they stay what they are.
        return re.sub(r"\{([\w!.]+)\}", r"`{\1}`", f"{text.zh}<br>{text.en}")

    rows = [
        [f"`{code}`", said(kind.what), said(kind.expected), said(kind.todo)]
        for code, kind in problem_kinds().items()
    ]
    return _table(["code", "什么不对 what", "应为 expected", "请 next step"], rows)


def _reasons() -> str:
    rows = [
        [f"`{reason}`", text.zh, text.en, f"{NEXT_STEP[reason].zh}<br>{NEXT_STEP[reason].en}"]
        for reason, text in REASONS.items()
    ]
    return _table(["reason", "原因", "why", "下一步 next"], rows)


def _rules() -> str:
    return _table(
        ["rule", "规则", "what it finds"],
        [[f"`{rule}`", text.zh, text.en] for rule, text in RULES.items()],
    )


def _categories() -> str:
    own = set(wushe.load_plugins().categories)
    rows = [
        [
            f"`{c.id}`", c.zh, c.en, c.form, c.dimension, f"{c.typical:,}",
            ", ".join(c.skills), "是 yes" if c.minors else "", "是 yes" if c.refers else "否 no",
            "defaults" if c.id in own else "wuchang",
        ]
        for c in wushe.load_plugins("wuchang").categories.values()
    ]  # fmt: skip
    heads = ("id", "中文", "English", "form", "计量 dimension", "typical", "skills", "minors", "refers")
    return _table([*heads, "plugin"], rows)


def _groups() -> str:
    groups = wushe.load_plugins("wuchang").target_groups.values()
    return _table(["id", "中文", "English"], [[f"`{g.id}`", g.zh, g.en] for g in groups])


def _units() -> str:
    rows = []
    for word in UNIT_WORDS:
        unit = parse_unit(word)
        assert unit is not None, word
        base = DIMENSIONS[unit.dimension]
        rows.append([f"`{word}`", f"`{unit.dimension}`", f"{unit.factor:,}{base.zh} / {base.en}"])
    return _table(["写法 written", "计量 dimension", "等于 equals"], rows)


def _relations() -> str:
    rows = [[f"`{name}`", text.zh, text.en] for name, text in RELATIONS.items()]
    return _table(["relation", "关系", "reads as"], rows)


def _format() -> str:
    return describe_format()


PARTS: dict[str, Callable[[], str]] = {
    "categories": _categories,
    "errors": _errors,
    "format": _format,
    "groups": _groups,
    "reasons": _reasons,
    "relations": _relations,
    "rules": _rules,
    "units": _units,
}
