"""State in memory: for simulation, notebooks and tests. The same commands run on a store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from wushe.journal.event import Act, Event
from wushe.journal.session import Domain, Receipt, Session

if TYPE_CHECKING:
    from wushe.plugins.manager import Plugins

_NOTHING: Mapping[str, Any] = {}
_Index = dict[str | None, dict[str, None]]
"""Ids by the value of a key."""


class MemoryState:
    """Records by kind and id, with an index per key from its first use on. References are the ids themselves."""

    def __init__(self, domain: Domain) -> None:
        self._kinds = domain.records
        self._records: dict[str, dict[str, Any]] = {name: {} for name in domain.records}
        self._index: dict[str, dict[str, _Index]] = {name: {} for name in domain.records}
        self._undo: list[tuple[str, str, Any]] | None = None

    def get(self, kind: str, key: str) -> Any:
        """Return the record of `kind` with the id `key`, None where there is none."""
        return self._records[kind].get(key)

    def put(self, kind: str, record: Any) -> None:
        """Keep `record` in place of the one with its id."""
        held = self._records[kind]
        old = held.get(record.id)
        if self._undo is not None:
            self._undo.append((kind, record.id, old))
        held[record.id] = record
        self._indexed(kind, old, record)

    def find(self, kind: str, **keys: str | None) -> list[Any]:
        """Return the records whose keys equal `keys`, sorted by id."""
        held = self._records[kind]
        found: Iterable[str] = held
        if keys:
            ids = [self._by(kind, key).get(value, _NOTHING) for key, value in keys.items()]
            ids.sort(key=len)
            found = [i for i in ids[0] if all(i in other for other in ids[1:])]
        return [held[i] for i in sorted(found)]

    def until(self, kind: str, key: str, limit: str) -> list[Any]:
        """Return the records whose `key` is known and not above `limit`, sorted by id."""
        index = self._by(kind, key)
        ids = [
            i for value, held in index.items() if value is not None and value <= limit for i in held
        ]
        return [self._records[kind][i] for i in sorted(ids)]

    def load(self, kind: str, key: str, values: Iterable[str]) -> None:
        """Everything is here already."""

    def ref(self, subject: str) -> str:
        """Return `subject`."""
        return subject

    def subject(self, ref: str) -> str | None:
        """Return `ref`."""
        return ref

    def begin(self) -> None:
        """Remember what is changed from now on."""
        self._undo = []

    def end(self, *, keep: bool) -> None:
        """Keep the changes since `begin`, or take them back."""
        undo, self._undo = self._undo or [], None
        if keep:
            return
        for kind, key, old in reversed(undo):
            held = self._records[kind]
            new = held.pop(key)
            if old is not None:
                held[key] = old
            self._indexed(kind, new, old)

    def _by(self, kind: str, key: str) -> _Index:
        """Return the index of `key`, made when somebody first asks for it."""
        index = self._index[kind].get(key)
        if index is None:
            if key not in self._kinds[kind].keys:
                raise KeyError(f"{key!r} is no key of {kind!r}")
            index = self._index[kind][key] = {}
            for record in self._records[kind].values():
                index.setdefault(getattr(record, key), {})[record.id] = None
        return index

    def _indexed(self, kind: str, old: Any, new: Any) -> None:
        for key, index in self._index[kind].items():
            before = None if old is None else getattr(old, key)
            after = None if new is None else getattr(new, key)
            if old is not None and new is not None and before == after:
                continue
            if old is not None:
                index[before].pop(old.id)
                if not index[before]:
                    del index[before]
            if new is not None:
                index.setdefault(after, {})[new.id] = None


@attrs.define(eq=False, repr=False)
class MemoryStore:
    """A log and its state in memory, with the `run` of a store. Not for several threads at once."""

    domain: Domain
    plugins: Plugins | None = None
    log: list[Event] = attrs.field(factory=list)
    state: MemoryState = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.state = MemoryState(self.domain)
        for event in self.log:
            self.domain.events[event.kind].apply(self.state, event)

    def run(self, act: Act, command: Callable[..., Any], /, **arguments: Any) -> Receipt:
        """Run `command(session, **arguments)` as one unit of work; raises what it raises, changing nothing."""
        session = Session(self.state, act, self.domain, self.plugins)
        self.state.begin()
        try:
            answer = command(session, **arguments)
        except BaseException:
            self.state.end(keep=False)
            raise
        self.state.end(keep=True)
        first = len(self.log) + 1
        self.log.extend(session.events)
        done = bool(session.events)
        return Receipt(
            tuple(session.events), answer, False, first if done else 0, len(self.log) if done else 0
        )
