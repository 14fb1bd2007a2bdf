"""What a gift may pay for, and which gifts pay: most restricted first, then oldest, then by id."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import attrs

from wushe.journal import Session, State
from wushe.ledger.money.records import Earmark, Fund, Gift


@attrs.frozen
class Purpose:
    """What money is wanted for. `within`: the place and all above it; `groups`: those of the client."""

    category: str | None = None
    within: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    client: str | None = None
    project: str | None = None


def place_and_above(place: str | None) -> tuple[str, ...]:
    """Return a statistical code and those of the places above it; any other id stands for itself.

    420106001002 lies in 420106001, 420106, 4201 and 42.
    """
    if place is None:
        return ()
    if not (place.isascii() and place.isdigit()):
        return (place,)
    return (place, *(place[:n] for n in (9, 6, 4, 2) if n < len(place)))


def covers(earmark: Earmark, purpose: Purpose) -> bool:
    """Say whether money with `earmark` may be used for `purpose`."""
    e = earmark
    return (
        (not e.purposes or purpose.category in e.purposes)
        and (not e.places or any(place in e.places for place in purpose.within))
        and (not e.groups or any(group in e.groups for group in purpose.groups))
        and (not e.clients or purpose.client in e.clients)
        and (e.project is None or e.project == purpose.project)
    )


def narrowness(earmark: Earmark) -> tuple[int, int]:
    """Return the rank of an earmark, most restricted first.

    Named clients count more than a project, that more than groups, places, purposes; then the fewer
    values are named, the narrower.
    """
    e = earmark
    weight = (
        16 * bool(e.clients)
        + 8 * (e.project is not None)
        + 4 * bool(e.groups)
        + 2 * bool(e.places)
        + bool(e.purposes)
    )
    return -weight, len(e.clients) + len(e.groups) + len(e.places) + len(e.purposes)


def fund_scope(fund: Fund) -> Earmark:
    """Return what the fund as a whole is for, as an earmark."""
    return Earmark(fund.purposes, fund.places, fund.for_groups)


def _both(mine: Sequence[str], theirs: Sequence[str]) -> tuple[str, ...] | None:
    if not mine or not theirs:
        return tuple(mine or theirs)
    return tuple(sorted(set(mine) & set(theirs))) or None


def _both_places(mine: Sequence[str], theirs: Sequence[str]) -> tuple[str, ...] | None:
    if not mine or not theirs:
        return tuple(mine or theirs)
    inner = {a for a in mine if set(place_and_above(a)) & set(theirs)}
    inner |= {b for b in theirs if set(place_and_above(b)) & set(mine)}
    return tuple(sorted(inner)) or None


def narrowed(earmark: Earmark, scope: Earmark) -> Earmark | None:
    """Return what is allowed by both, None where that is nothing."""
    purposes = _both(earmark.purposes, scope.purposes)
    places = _both_places(earmark.places, scope.places)
    groups = _both(earmark.groups, scope.groups)
    clients = _both(earmark.clients, scope.clients)
    projects = {p for p in (earmark.project, scope.project) if p is not None}
    if purposes is None or places is None or groups is None or clients is None or len(projects) > 1:
        return None
    return Earmark(purposes, places, groups, clients, next(iter(projects), None))


@attrs.define(eq=False)
class _Shelf:
    """The gifts of one earmark, oldest first; those before `first` were empty when last looked at."""

    earmark: Earmark
    gifts: list[tuple[str, str]] = attrs.field(factory=list)
    first: int = 0

    def add(self, gift: Gift) -> None:
        key = (gift.day, gift.id)
        at = bisect_left(self.gifts, key)
        if at == len(self.gifts) or self.gifts[at] != key:
            self.gifts.insert(at, key)
        self.first = min(self.first, at)

    def open_gifts(self, state: State) -> Iterator[tuple[str, str, Gift]]:
        leading = True
        for at in range(self.first, len(self.gifts)):
            day, key = self.gifts[at]
            gift = state.get("gift", key)
            # A gift whose earmark was changed stands on another shelf as well.
            if gift.free and gift.earmark == self.earmark:
                leading = False
                yield day, key, gift
            elif leading:
                self.first = at + 1


@attrs.define(eq=False)
class OpenGifts:
    """The gifts of a fund that have something free, by earmark; kept for one unit of work."""

    fund: str
    seen: int
    shelves: dict[Earmark, _Shelf] = attrs.field(factory=dict)

    def add(self, gift: Gift) -> None:
        """Keep one more gift, or one that has become free again."""
        shelf = self.shelves.get(gift.earmark)
        if shelf is None:
            shelf = self.shelves[gift.earmark] = _Shelf(gift.earmark)
        shelf.add(gift)

    def fitting(self, state: State, purpose: Purpose) -> Iterator[Gift]:
        """Yield the open gifts that may pay for `purpose`, in the order in which they pay."""
        ranks: dict[tuple[int, int], list[_Shelf]] = {}
        for earmark, shelf in self.shelves.items():
            if covers(earmark, purpose):
                ranks.setdefault(narrowness(earmark), []).append(shelf)
        for _, shelves in sorted(ranks.items()):
            lists = [shelf.open_gifts(state) for shelf in shelves]
            # (day, id) differ, so that gifts themselves are never compared.
            yield from (gift for *_, gift in heapq.merge(*lists))


_OPEN: WeakKeyDictionary[Session, dict[str, OpenGifts]] = WeakKeyDictionary()
_BACK = {
    "gift.received": ("gift",),
    "gift.matched": ("gift",),
    "gift.moved": ("to",),
    "use.changed": ("gift",),
}
_BACK_TAKES = ("commitment.released", "payment.returned")


def open_gifts(s: Session, fund: str) -> OpenGifts:
    """Return the open gifts of `fund`. They are looked up once in a unit of work and kept up to date."""
    held = _OPEN.setdefault(s, {})
    found = held.get(fund)
    if found is None:
        found = held[fund] = OpenGifts(fund, len(s.events))
        for gift in s.state.find("gift", fund=fund, open="1"):
            found.add(gift)
        return found
    for event in s.events[found.seen :]:
        for key in _freed(event.kind, event.data):
            gift = s.state.get("gift", key)
            if gift.fund == fund:
                found.add(gift)
    found.seen = len(s.events)
    return found


def _freed(kind: str, data: Any) -> Iterable[str]:
    if kind in _BACK:
        return [data[name] for name in _BACK[kind]]
    if kind in _BACK_TAKES:
        return [gift for gift, _ in data["takes"]]
    return ()
