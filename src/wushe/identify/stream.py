"""Dated need events: the needs at any past instant, and renames told from closures."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Literal, get_args

import attrs

from wushe.identify.merging import Decision, Unmerge, canonical_instant, resolve, standing
from wushe.model.help import Need
from wushe.model.kinds import say_instant
from wushe.model.people import Institution
from wushe.model.tables import Table, table_of

EventKind = Literal["withdraw", "open", "update"]
KINDS: tuple[EventKind, ...] = get_args(EventKind)
"""In the order in which events of one instant count: a need that is withdrawn and opened is open."""
CHINA = dt.timezone(dt.timedelta(hours=8))
"""Beijing time, in which a need has its date."""


def content_id(prefix: str, *parts: object) -> str:
    """Return an id that follows from its content alone: the same on every device and every run."""
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return f"{prefix}-{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _kind(_: Any, __: attrs.Attribute[str], value: str) -> None:
    if value not in KINDS:
        raise ValueError(f"kind: {value!r} is not one of {', '.join(KINDS)}")


def _known_amount(_: Any, __: attrs.Attribute[int], value: int | None) -> None:
    if value is not None and value <= 0:
        raise ValueError(f"quantity: {value} is not above 0; None is unknown")


@attrs.frozen
class NeedEvent:
    """One dated statement about one item of one institution, under the name that was used.

    `at` is a canonical UTC instant (`say_instant`). `quantity` None is an amount that nobody stated;
    a source's own marks for that are translated by whoever reads it.
    """

    at: str = attrs.field(validator=canonical_instant)
    city: str
    name: str
    item: str
    kind: EventKind = attrs.field(validator=_kind)
    quantity: int | None = attrs.field(default=None, validator=_known_amount)

    @property
    def id(self) -> str:
        """The key of the content: an event that arrives twice is one event."""
        return content_id("E", self.at, self.city, self.name, self.item, self.kind, self.quantity)

    @property
    def order(self) -> tuple[Any, ...]:
        """The place in a stream: by instant; what happens at one instant has a fixed order too."""
        kind = KINDS.index(self.kind)
        return (self.at, self.city, self.name, self.item, kind, self.quantity or 0)


def institution_id(city: str, name: str) -> str:
    """Return the id of the institution that `name` stands for in `city`, until names are joined."""
    return content_id("I", city, name)


@attrs.frozen
class StreamNeed:
    """One item that one institution asked for, under whichever of its names, with all its evidence.

    `institution` and `id` stay when a rename is accepted: they follow from the first name.
    `names` are those it stands open under (where closed, the last one); `quantity` is the largest
    known amount among them, None if none is known. `since` is when it was last opened, None where
    closed; `events` the ids of all events about it, in order.
    """

    id: str
    institution: str
    city: str
    names: tuple[str, ...]
    item: str
    quantity: int | None
    first_asked: str
    since: str | None
    events: tuple[str, ...]

    @property
    def open(self) -> bool:
        """Whether the need stood open at the instant that was asked for."""
        return self.since is not None


@attrs.frozen
class Revert:
    """A whole city's list that went back to exactly what it was at `to`: an edit undone, no news."""

    at: str
    city: str
    to: str
    events: int


@attrs.frozen
class NeedStream:
    """Events in order, each once, and the decisions on which institutions are one."""

    events: tuple[NeedEvent, ...] = ()
    decisions: tuple[Decision, ...] = ()

    def accept(self, decisions: Iterable[Decision]) -> NeedStream:
        """Return the stream with `decisions` added: `Merge` and `Unmerge` of institution ids."""
        known = {*self.decisions, *decisions}
        return attrs.evolve(
            self, decisions=tuple(sorted(known, key=lambda one: (one.at, repr(one))))
        )

    def needs(self, at: dt.datetime | None = None) -> tuple[StreamNeed, ...]:
        """Return every need asked for up to and including `at` (aware; None: ever), by city and id.

        Raises ValueError for a naive datetime.
        """
        canonical = resolve(self.decisions)
        found: dict[tuple[str, str, str], _Track] = {}
        for instant, events in by_instant(self.events, at):
            touched = {}
            for event in events:
                written = institution_id(event.city, event.name)
                key = (event.city, canonical.get(written, written), event.item)
                touched[key] = found.setdefault(key, _Track(instant))
                touched[key].take(event)
            # Only what holds after the whole instant counts: a rename closes nothing.
            for track in touched.values():
                track.since = (track.since or instant) if track.names else None
        needs = [track.need(*key) for key, track in found.items()]
        return tuple(sorted(needs, key=lambda need: (need.city, need.institution, need.id)))

    def state(self, at: dt.datetime) -> tuple[StreamNeed, ...]:
        """Return the needs that stood open at `at` (aware, inclusive), by city and institution."""
        return tuple(need for need in self.needs(at) if need.open)

    def reverts(self) -> tuple[Revert, ...]:
        """Return where a city's list went back exactly to an earlier state: edits of edits, no news."""
        lists: dict[str, dict[tuple[str, str], int | None]] = {}
        seen: dict[tuple[str, frozenset[Any]], str] = {}
        found = []
        for instant, events in by_instant(self.events):
            for city in sorted({event.city for event in events}):
                own = [event for event in events if event.city == city]
                current = lists.setdefault(city, {})
                before = frozenset(current.items())
                for event in own:
                    _apply(current, (event.name, event.item), event)
                after = frozenset(current.items())
                if (city, after) in seen and after != before:
                    found.append(Revert(instant, city, seen[city, after], len(own)))
                seen[city, after] = instant
        return tuple(found)

    def separated(self) -> frozenset[tuple[str, str]]:
        """Return the pairs of institution ids, in order, that somebody decided are two."""
        return frozenset(
            pair for pair, one in standing(self.decisions).items() if isinstance(one, Unmerge)
        )


@attrs.define
class _Track:
    """What is known of one need while the events go by."""

    first: str
    since: str | None = None
    names: dict[str, int | None] = attrs.Factory(dict)
    last: str = ""
    events: list[str] = attrs.Factory(list)

    def take(self, event: NeedEvent) -> None:
        _apply(self.names, event.name, event)
        self.last = event.name
        self.events.append(event.id)

    def need(self, city: str, institution: str, item: str) -> StreamNeed:
        known = [amount for amount in self.names.values() if amount is not None]
        return StreamNeed(
            id=content_id("N", institution, item),
            institution=institution,
            city=city,
            names=tuple(sorted(self.names)) or (self.last,),
            item=item,
            quantity=max(known, default=None),
            first_asked=self.first,
            since=self.since,
            events=tuple(self.events),
        )


def _apply(current: dict[Any, int | None], key: Any, event: NeedEvent) -> None:
    """Let `event` change what stands open; an update of what was never opened opens it."""
    if event.kind == "withdraw":
        current.pop(key, None)
    else:
        current[key] = event.quantity


def replay(events: Iterable[NeedEvent], onto: NeedStream | None = None) -> NeedStream:
    """Return the stream of `events`, added to those of `onto`.

    Events may come in any order and any number of times: the result is that of each one once, in
    order. Replaying a stream onto itself changes nothing.
    """
    onto = onto or NeedStream()
    unique = {*onto.events, *events}
    return attrs.evolve(onto, events=tuple(sorted(unique, key=lambda event: event.order)))


def by_instant(
    events: Iterable[NeedEvent], at: dt.datetime | None = None
) -> Iterator[tuple[str, list[NeedEvent]]]:
    """Yield (instant, its events) of ordered `events` up to and including `at`."""
    if at is not None and at.tzinfo is None:
        raise ValueError(f"at: {at.isoformat()} has no time zone; Beijing time is +08:00")
    last = None if at is None else say_instant(at)
    for instant, some in groupby(events, key=lambda event: event.at):
        if last is not None and instant > last:
            return
        yield instant, list(some)


def need_tables(
    needs: Iterable[StreamNeed], items: Mapping[str, tuple[str, str]]
) -> tuple[Table, Table]:
    """Return the tables ``institutions`` and ``needs`` of a stream's needs.

    `items` maps each item to its category and the unit in which the source counts it. Closed needs
    have status ``withdrawn``. Raises ValueError naming the items that `items` does not know.
    """
    asked = tuple(needs)
    strange = sorted({need.item for need in asked} - items.keys())
    if strange:
        raise ValueError(f"items without a category: {', '.join(strange)}")
    institutions = {
        need.institution: Institution(id=need.institution, name=" / ".join(need.names))
        for need in sorted(asked, key=lambda need: (need.open, need.first_asked, need.id))
    }
    records = [
        Need(
            id=need.id,
            category=items[need.item][0],
            institution=need.institution,
            quantity=need.quantity,
            unit=None if need.quantity is None else items[need.item][1],
            asked_on=dt.datetime.fromisoformat(need.first_asked).astimezone(CHINA).date(),
            status="open" if need.open else "withdrawn",
        )
        for need in asked
    ]
    return table_of("institutions", institutions.values()), table_of("needs", records)
