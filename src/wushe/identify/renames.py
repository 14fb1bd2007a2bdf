"""Institutions under two names in a stream of need events: proposed with evidence, never joined alone."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Literal

import attrs

from wushe.errors import MissingExtraError
from wushe.identify.merging import Merge, resolve
from wushe.identify.stream import CHINA, NeedStream, by_instant, institution_id
from wushe.text import Text

RenameKind = Literal["renamed", "alias"]
_ITEMS, _NAMES, _SHORTEST = 0.8, 0.8, 6
_ORDINAL = re.compile(r"第?([一二三四五六七八九十]+|\d+)(?=人民|职工|中医|附属|医院|院|分)")
_KINDS = {
    "renamed": Text("改名", "renamed"),
    "alias": Text("两个名称并用", "two names in use"),
}
_LINE = Text(
    "{city}：“{old}”与“{new}”可能是同一机构（{kind}，{score:.2f}）：{evidence}。请核对后决定是否合并",
    "{city}: “{old}” and “{new}” may be one institution ({kind}, {score:.2f}): {evidence}. "
    "Check before merging",
)
_EVIDENCE = {
    "instant": Text(
        "同一时刻一撤一提（北京时间{said}）",
        "one list ends and the other begins at {said} (Beijing)",
    ),
    "city": Text("同在{said}", "both in {said}"),
    "items": Text("所提物资相同 {said} 项", "{said} items in common"),
    "name": Text("名称相似度 {said}", "names alike {said}"),
}


@attrs.frozen
class Rename:
    """Two names that may be one institution: `a` was used first, so its id would be kept.

    ``renamed``: all needs under one name end at the instant at which nearly the same list begins
    under the other. ``alias``: one name contains the other whole. `evidence` has (what, what was
    seen, weight 0..1); `score` is the sum of the weights of instant, items and name, 0..3.
    """

    a: str
    b: str
    city: str
    names: tuple[str, str]
    kind: RenameKind
    score: float
    evidence: tuple[tuple[str, str, float], ...]

    def merge(self, by: str, at: str) -> Merge:
        """Return the decision of `by` at the canonical instant `at` to accept this."""
        return Merge(self.a, self.b, by, at, self.evidence)

    def explain(self, lang: str = "zh") -> str:
        """Return why, one line. Names of institutions are public."""
        parts = [
            _EVIDENCE[what].say(lang, said=_minute(said) if what == "instant" else said)
            for what, said, _ in self.evidence
        ]
        old, new = ("、".join(name.split()) for name in self.names)
        return _LINE.say(
            lang,
            city=self.city,
            old=old,
            new=new,
            kind=_KINDS[self.kind],
            score=self.score,
            evidence=("；" if lang == "zh" else "; ").join(parts),
        )


def renames(stream: NeedStream) -> tuple[Rename, ...]:
    """Return the pairs of names in `stream` that may be one institution, the most certain first.

    Proposed is a pair of one city where either (``renamed``) one name's whole list ends at the
    instant at which the other's begins, at least 80% of the items of both are common, and the names
    are at least 80% alike; or (``alias``) one name, of six characters or more, stands whole in the
    other. Names with different ordinals (第四医院, 第五医院) are different institutions. Pairs that
    a decision has joined or separated are not proposed again.
    Raises MissingExtraError without the extra ``identify``.
    """
    canonical, separated = resolve(stream.decisions), stream.separated()
    best: dict[tuple[str, str], Rename] = {}
    for one in (*_renamed(stream), *_aliases(stream)):
        joined = one.a in canonical and canonical[one.a] == canonical.get(one.b)
        pair = (min(one.a, one.b), max(one.a, one.b))
        if joined or pair in separated:
            continue
        if pair not in best or one.score > best[pair].score:
            best[pair] = one
    return tuple(sorted(best.values(), key=lambda one: (-one.score, one.city, one.names)))


def _renamed(stream: NeedStream) -> Iterator[Rename]:
    """Yield what ended and began at one instant with nearly the same list and name."""
    open_: dict[tuple[str, str], set[str]] = {}
    first = _first_used(stream)
    for instant, events in by_instant(stream.events):
        before = {(e.city, e.name): set(open_.get((e.city, e.name), ())) for e in events}
        for event in events:
            items = open_.setdefault((event.city, event.name), set())
            (items.discard if event.kind == "withdraw" else items.add)(event.item)
        ended = [key for key in sorted(before) if before[key] and not open_[key]]
        begun = [key for key in sorted(before) if open_[key] and not before[key]]
        for x, y in ((x, y) for x in ended for y in begun if x[0] == y[0]):
            alike = likeness(x[1], y[1])
            common, all_ = before[x] & open_[y], before[x] | open_[y]
            if alike >= _NAMES and len(common) / len(all_) >= _ITEMS:
                old, new = sorted((x, y), key=lambda key: (first[key], key))
                yield _rename(old, new, "renamed", instant, (len(common), len(all_)), alike)


def _aliases(stream: NeedStream) -> Iterator[Rename]:
    """Yield pairs of names of which one contains the other."""
    asked: dict[tuple[str, str], set[str]] = {}
    for event in stream.events:
        asked.setdefault((event.city, event.name), set()).add(event.item)
    first = _first_used(stream)
    used = sorted(asked, key=lambda key: (first[key], key))
    for row, x in enumerate(used):
        for y in used[row + 1 :]:
            short, long = sorted((x[1], y[1]), key=len)
            inside = x[0] == y[0] and len(short) >= _SHORTEST and short in long
            if inside and likeness(x[1], y[1]):
                shares = (len(asked[x] & asked[y]), len(asked[x] | asked[y]))
                yield _rename(x, y, "alias", None, shares, 1.0)


def _first_used(stream: NeedStream) -> dict[tuple[str, str], str]:
    """Return when each (city, name) was first used."""
    first: dict[tuple[str, str], str] = {}
    for event in stream.events:
        first.setdefault((event.city, event.name), event.at)
    return first


def _rename(
    old: tuple[str, str],
    new: tuple[str, str],
    kind: RenameKind,
    instant: str | None,
    items: tuple[int, int],
    alike: float,
) -> Rename:
    evidence = [
        ("city", old[0], 1.0),
        ("items", f"{items[0]}/{items[1]}", round(items[0] / items[1], 3)),
        ("name", f"{alike:.0%}", round(alike, 3)),
    ]
    if instant is not None:
        evidence.insert(0, ("instant", instant, 1.0))
    score = round(sum(weight for what, _, weight in evidence if what != "city"), 3)
    ids = (institution_id(*old), institution_id(*new))
    return Rename(*ids, old[0], (old[1], new[1]), kind, score, tuple(evidence))


def likeness(one: str, other: str) -> float:
    """Return how alike two names of institutions are, 0..1; 1 where one contains the other.

    0 where their ordinals differ. Raises MissingExtraError without the extra ``identify``.
    """
    try:
        from rapidfuzz import fuzz
    except ImportError:
        raise MissingExtraError("institutions with two names", "identify") from None
    if _ordinals(one) != _ordinals(other):
        return 0.0
    short, long = sorted((one, other), key=len)
    return 1.0 if short and short in long else fuzz.ratio(one, other) / 100


def _minute(instant: str) -> str:
    """Return a canonical instant in Beijing time, to the minute."""
    return dt.datetime.fromisoformat(instant).astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


def _ordinals(name: str) -> tuple[str, ...]:
    return tuple(_ORDINAL.findall(name))
