"""What is weak in a book of parameters on a day: which documents to look for next."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import combinations
from typing import Final

import attrs

from wushe.rules.parameters import UNDECIDING, Parameter, ParameterBook, chain_of
from wushe.text import Text, check_lang

HEADINGS: Final = {
    "missing": Text(zh="政策用到、但参数表里没有", en="used by policies, but in no row"),
    "overlapping": Text(zh="同一地区同一天有两个值", en="two values for one place on one day"),
    "applies-nowhere": Text(
        zh="不知道适用于哪些地区（从不用于判断）",
        en="not known where it applies: never decides",
    ),
    "expired": Text(
        zh="文件已过有效期，续期未查到", en="its document's term is over, no renewal found"
    ),
    "stale": Text(zh="太久没有核对", en="not checked for too long"),
    "undated": Text(zh="起始日未查到（从不用于判断）", en="no start date: never decides"),
    "low-confidence": Text(zh="未经核实（从不用于判断）", en="not verified (C): never decides"),
    "draft": Text(zh="出自征求意见稿（从不用于判断）", en="consultation draft: never decides"),
    "unsourced": Text(zh="没有来源", en="without a source"),
    "inferred": Text(zh="起始日是推定的", en="start date inferred"),
    "unused": Text(zh="没有政策用到", en="used by no policy"),
}
"""The codes of findings, in the order in which they are listed, and what they mean."""

_COUNT = Text(zh="{code} {meaning}：{n}", en="{code}, {meaning}: {n}")
_NOTHING = Text(zh="没有发现问题", en="nothing found")
_ROWS = Text(zh="{name}（{n}行）", en="{name} ({n} rows)")
_ROW = Text(
    zh="{name} {place} {value} {unit}，{start}起，{document}",
    en="{name} {place} {value} {unit}, from {start}, {document}",
)
_UNKNOWN = Text(zh="未知日期", en="an unknown date")
_WHY = Text(zh="{row}（{why}）", en="{row} ({why})")
_TERM = Text(zh="有效期至{day}", en="its term ended on {day}")
_CHECKED = Text(zh="最后核对于{day}", en="last checked on {day}")
_UNCHECKED = Text(zh="没有核对日期", en="no date of checking")
_BESIDE = Text(zh="另有：{row}", en="beside: {row}")


@attrs.frozen
class Finding:
    """One weakness: its `code` (a key of `HEADINGS`), the row (None: the whole name), the words."""

    code: str
    parameter: Parameter | None
    name: str
    text: Text


def lint_parameters(book: ParameterBook, on: dt.date, used: Collection[str]) -> tuple[Finding, ...]:
    """Return what is weak in `book` on the day `on`, by code, then by name, region and start.

    `used` are the names that policies use. ``expired`` and ``stale`` are the rows that would be used
    on that day and are no longer firm; the other codes do not depend on the day. Drafts are not
    listed as unused: no policy may use them.
    """
    wanted = frozenset(used)
    missing = sorted(wanted.difference(book.names()))
    found = [Finding("missing", None, name, Text(name, name)) for name in missing]
    found += _overlapping(book)
    found += _no_longer_firm(book, on)
    for p in book.parameters:
        found += (Finding(code, p, p.name, _row(p)) for code in _weaknesses(p))
    rows = Counter(p.name for p in book.parameters if not p.draft)
    for name in sorted(rows.keys() - wanted):
        found.append(Finding("unused", None, name, _fill(_ROWS, name=name, n=rows[name])))
    order = list(HEADINGS)
    return tuple(sorted(found, key=lambda finding: order.index(finding.code)))


def lint_text(findings: Sequence[Finding], lang: str = "zh") -> str:
    """Return `findings` for a terminal: how many of each code, then each of them."""
    check_lang(lang)
    if not findings:
        return _NOTHING.say(lang)
    counts, listed = [], []
    for code, meaning in HEADINGS.items():
        lines = [f"  - {f.text.say(lang)}" for f in findings if f.code == code]
        if lines:
            counts.append(_COUNT.say(lang, code=code, meaning=meaning, n=len(lines)))
            listed += ["", f"[{code}] {meaning.say(lang)}", *lines]
    return "\n".join([*counts, *listed])


def _weaknesses(p: Parameter) -> Iterator[str]:
    """Yield the codes that the row has by itself, on any day."""
    if not p.placed:
        yield "applies-nowhere"
    if p.valid_from is None:
        yield "undated"
    if p.confidence == UNDECIDING:
        yield "low-confidence"
    if p.draft:
        yield "draft"
    if not p.source:
        yield "unsourced"
    if p.inferred:
        yield "inferred"


def _no_longer_firm(book: ParameterBook, on: dt.date) -> Iterator[Finding]:
    begun = [p for p in book.parameters if p.placed and p.started(on)]
    beside = _by_name_and_region(begun)
    for p in begun:
        if p.firm(on) or not p.decides(on):
            continue
        if any(_succeeds(later, p) for later in beside[p.name, p.region]):
            continue
        if p.expired(on):
            why = _fill(_TERM, day=p.expires)
            yield Finding("expired", p, p.name, _fill(_WHY, row=_row(p), why=why))
        if p.unchecked(on):
            why = _UNCHECKED if p.checked is None else _fill(_CHECKED, day=p.checked)
            yield Finding("stale", p, p.name, _fill(_WHY, row=_row(p), why=why))


def _succeeds(later: Parameter, p: Parameter) -> bool:
    """Return whether `later`, of the same name and region, replaces `p` wherever that applies."""
    if later.within and set(later.within) != set(p.within):
        return False
    return (later.valid_from or dt.date.min) > (p.valid_from or dt.date.min)


def _overlapping(book: ParameterBook) -> Iterator[Finding]:
    """Yield the second of each two rows of one name and region that both hold at a place and day.

    A row without an end is ended by its successor, and an area is an exception from its region.
    """
    dated = [p for p in book.parameters if p.placed and p.valid_from is not None]
    usable = [p for p in dated if p.confidence != UNDECIDING and not p.draft]
    for rows in _by_name_and_region(usable).values():
        for pair in combinations(rows, 2):
            first, second = sorted(pair, key=lambda p: p.valid_from or dt.date.min)
            if _share_a_place(first, second) and _share_a_day(first, second):
                why = _fill(_BESIDE, row=_row(first))
                text = _fill(_WHY, row=_row(second), why=why)
                yield Finding("overlapping", second, second.name, text)


def _by_name_and_region(rows: Sequence[Parameter]) -> dict[tuple[str, str], list[Parameter]]:
    groups: dict[tuple[str, str], list[Parameter]] = {}
    for p in rows:
        groups.setdefault((p.name, p.region), []).append(p)
    return groups


def _share_a_place(first: Parameter, second: Parameter) -> bool:
    if not first.within or not second.within:
        return first.within == second.within
    return any(a in chain_of(b) or b in chain_of(a) for a in first.within for b in second.within)


def _share_a_day(first: Parameter, second: Parameter) -> bool:
    if first.valid_from is None or second.valid_from is None:
        return False
    if first.valid_from == second.valid_from:
        return True
    return first.valid_to is not None and first.valid_to >= second.valid_from


def _row(p: Parameter) -> Text:
    place = f"{p.region} {p.area}".strip()
    start = _UNKNOWN if p.valid_from is None else str(p.valid_from)
    document = " ".join(filter(None, (p.document, p.article)))
    said = {"name": p.name, "place": place, "value": p.value, "unit": p.unit}
    return _fill(_ROW, **said, start=start, document=document)


def _fill(text: Text, **params: object) -> Text:
    return Text(zh=text.say("zh", **params), en=text.say("en", **params))
