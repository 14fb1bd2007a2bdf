"""The unit of work: commands look at the state, refuse or record events; all of it happens or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from wushe.journal.event import Act, Event, EventKind, RecordKind

if TYPE_CHECKING:
    from wushe.errors import PluginError
    from wushe.plugins.manager import Plugins


class State(Protocol):
    """The records as they are now. In memory, or a store's tables within one transaction."""

    def get(self, kind: str, key: str) -> Any:
        """Return the record of `kind` with the id `key`, None where there is none."""

    def put(self, kind: str, record: Any) -> None:
        """Keep `record` in place of the one with its id. For `EventKind.apply` only."""

    def find(self, kind: str, **keys: str | None) -> list[Any]:
        """Return the records whose keys equal `keys`, sorted by id."""

    def until(self, kind: str, key: str, limit: str) -> list[Any]:
        """Return the records whose `key` is known and not above `limit` (text order), sorted by id."""

    def load(self, kind: str, key: str, values: Iterable[str]) -> None:
        """Fetch at once what `get` (key ``id``) or `find` (one of the kind's keys) will ask for."""

    def ref(self, subject: str) -> str:
        """Return the reference that stands for a person, household or private donor."""

    def subject(self, ref: str) -> str | None:
        """Return the id behind a reference, None once it was erased."""


Reaction = Callable[["Session", Event], None]


@attrs.frozen(eq=False, repr=False)
class Domain:
    """All kinds of events and records, and what follows from an event in the same unit of work.

    A reaction is called after the event of its kind was applied; it may record more events, or refuse:
    then nothing of the whole unit happens.
    """

    events: Mapping[str, EventKind]
    records: Mapping[str, RecordKind]
    reactions: Mapping[str, tuple[Reaction, ...]] = MappingProxyType({})

    @staticmethod
    def of(
        events: Iterable[EventKind],
        records: Iterable[RecordKind],
        reactions: Iterable[tuple[str, Reaction]] = (),
    ) -> Domain:
        """Return a domain of these kinds. Raises ValueError where a name is given twice."""
        follows: dict[str, tuple[Reaction, ...]] = {}
        for kind, reaction in reactions:
            follows[kind] = (*follows.get(kind, ()), reaction)
        return Domain(_by_name(events), _by_name(records), MappingProxyType(follows))

    def __add__(self, other: Domain) -> Domain:
        pairs = [(k, r) for d in (self, other) for k, rs in d.reactions.items() for r in rs]
        return Domain.of(
            (*self.events.values(), *other.events.values()),
            (*self.records.values(), *other.records.values()),
            pairs,
        )


def _by_name(kinds: Iterable[Any]) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for kind in kinds:
        if kind.name in found:
            raise ValueError(f"{kind.name!r} is declared twice")
        found[kind.name] = kind
    return MappingProxyType(found)


@attrs.define(eq=False, repr=False)
class Session:
    """One unit of work of one act. Commands are functions whose first argument is a session.

    `plugins` are the city's rules, None for the built-in ones. A command that may not be done raises
    `wushe.errors.RefusedError` and records nothing.
    """

    state: State
    act: Act
    domain: Domain
    plugins: Plugins | None = None
    events: list[Event] = attrs.field(factory=list)

    def record(
        self,
        kind: str,
        stream: str,
        data: Mapping[str, Any] | None = None,
        *,
        ref: str | None = None,
        words: Mapping[str, Any] | None = None,
    ) -> Event:
        """Record that something happened, change the state accordingly, and return the event.

        `ref` is what `self.ref(id)` gave, `words` free text about that person. The act's reason is added.
        """
        act = self.act
        if act.why:
            words = {**(words or {}), "why": act.why}
        event = Event(stream, kind, act.at, act.by, data or {}, ref, words)
        self.domain.events[kind].apply(self.state, event)
        self.events.append(event)
        for reaction in self.domain.reactions.get(kind, ()):
            reaction(self, event)
        return event

    def ref(self, subject: str) -> str:
        """Return the reference that stands for a person, household or private donor in the state."""
        return self.state.ref(subject)


@attrs.frozen
class Receipt:
    """What a unit of work did: its events, what the command returned, and whether it was done before.

    `first` and `last` are the numbers of its events in the log (from 1), 0 where it recorded none.
    `troubles` are observers that failed after it was kept.
    """

    events: Sequence[Event]
    answer: Any = None
    again: bool = False
    first: int = 0
    last: int = 0
    troubles: tuple[PluginError, ...] = ()
