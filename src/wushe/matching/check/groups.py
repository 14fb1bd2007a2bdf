"""The checker's rules for needs that are bound together: teams, visits, alternatives, chains, appointments."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import attrs

from wushe.matching.check.rules import Violation


@attrs.frozen
class Helped:
    """One helper at one need: `person` is who, and whether that is a single person; `hours` the appointment."""

    need: str
    role: int | None
    person: tuple[str, bool]
    hours: tuple[dt.date, str, str] | None


def together(
    needs: Mapping[str, Any],
    helped: Sequence[Helped],
    whole: Mapping[str, bool],
    client_of: Callable[[str], str],
) -> Iterator[Violation]:
    """Yield what breaks a rule between needs; `whole` says which needs are served in full."""
    at: dict[str, list[Helped]] = defaultdict(list)
    for item in helped:
        at[item.need].append(item)
    yield from _teams(at, whole)
    yield from _visits(needs, at, whole, client_of)
    for codes in _shared({key: need.one_of for key, need in needs.items()}).values():
        met = any(needs[key].status == "met" for key in codes)
        for key in [key for key in codes if key in at][0 if met else 1 :]:
            yield Violation("one_of", key, None)
    for key in at:
        before = needs[key].after
        waits = before is not None and before in needs and needs[before].status != "met"
        if waits and (needs[before].status == "withdrawn" or not whole[before]):
            yield Violation("after", key, None, before)

    def visit_of(key: str) -> Any:
        visit = needs[key].visit
        return None if visit is None else (client_of(key), visit)

    yield from _overlaps(helped, at, whole, visit_of)


def _teams(at: Mapping[str, Sequence[Helped]], whole: Mapping[str, bool]) -> Iterator[Violation]:
    for key, items in at.items():
        if items[0].role is None:
            continue
        roles = defaultdict(set)
        for item in items:
            roles[item.person].add(item.role)
        twice = [who for (who, single), held in roles.items() if single and len(held) > 1]
        split = len({item.role for item in items}) < len(items)
        if not whole[key] or twice or split:
            yield Violation("team", key, None, ", ".join(sorted(twice)))


def _visits(
    needs: Mapping[str, Any],
    at: Mapping[str, Sequence[Helped]],
    whole: Mapping[str, bool],
    client_of: Callable[[str], str],
) -> Iterator[Violation]:
    open_needs = {k: n for k, n in needs.items() if n.status not in ("met", "withdrawn")}
    named = {k: (client_of(k), n.visit) for k, n in open_needs.items() if n.visit is not None}
    for keys in _shared(named).values():
        items = [item for key in keys for item in at.get(key, ())]
        if not items:
            continue
        if len({item.person for item in items}) > 1 or not all(whole[key] for key in keys):
            yield Violation("visit", items[0].need, None, ", ".join(keys))


def _overlaps(
    helped: Sequence[Helped],
    at: Mapping[str, Sequence[Helped]],
    whole: Mapping[str, bool],
    visit_of: Callable[[str], Any],
) -> Iterator[Violation]:
    """Appointments of one visit are one occasion and may overlap."""
    days: dict[tuple[str, dt.date], list[Helped]] = defaultdict(list)
    for item in helped:
        if item.hours is not None and item.person[1]:
            days[item.person[0], item.hours[0]].append(item)
    for items in days.values():
        for a, b in combinations(items, 2):
            assert a.hours is not None
            assert b.hours is not None
            one = visit_of(a.need) is not None and visit_of(a.need) == visit_of(b.need)
            if not one and a.hours[1] < b.hours[2] and b.hours[1] < a.hours[2]:
                yield Violation("overlap", a.need, None, b.need)
    for key, helpers in at.items():
        parts = Counter(item.role for item in helpers)
        if helpers[0].hours is not None and (max(parts.values()) > 1 or not whole[key]):
            yield Violation("overlap", key, None)


def _shared(codes: Mapping[str, Any]) -> dict[Any, list[str]]:
    """Return the keys of each code that several keys share."""
    found: dict[Any, list[str]] = defaultdict(list)
    for key in sorted(codes):
        if codes[key] is not None:
            found[codes[key]].append(key)
    return {code: keys for code, keys in found.items() if len(keys) > 1}
