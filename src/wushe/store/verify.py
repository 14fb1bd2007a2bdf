"""Finding every later change: of events, of the words beside them, of persons' references, of the state."""

from __future__ import annotations

import json
from typing import Any

import attrs
from sqlalchemy import Connection, select

from wushe.casefile import Head
from wushe.journal import Event, MemoryState
from wushe.store.chain import GENESIS, digest, link, reference
from wushe.store.codec import Codecs
from wushe.store.domain import ERASED
from wushe.store.findings import Findings, StoreVerdict
from wushe.store.log import bare_rows
from wushe.store.schema import EVENTS, HEAD, STATE, SUBJECTS, WORDS

_AT_ONCE = 10_000
_COMPARED = 60
"""Broken links among which two exchanged events are looked for: every pair is tried."""


def verify_store(
    connection: Connection, codecs: Codecs, published: Head | None = None, *, deep: bool = False
) -> StoreVerdict:
    """Return what is wrong with the store; see `Store.verify`."""
    found = Findings()
    if deep and not _is_sound(connection):
        found.add("file")
    head = connection.execute(select(HEAD.c.entries, HEAD.c.hash)).one_or_none()
    chain = _Chain(found, published)
    columns = (*EVENTS.c, WORDS.c.number, WORDS.c.salt, WORDS.c.content)
    asked = select(*columns).select_from(EVENTS.outerjoin(WORDS, WORDS.c.number == EVENTS.c.number))
    asked = asked.order_by(EVENTS.c.number).execution_options(yield_per=_AT_ONCE)
    for row in connection.execute(asked):
        chain.read(row)
    chain.end(Head(head.entries, head.hash) if head is not None else None)
    _check_persons(connection, chain, found)
    if deep or chain.gaps:
        _check_state(connection, codecs, found, gaps=bool(chain.gaps))
    return StoreVerdict(chain.last, tuple(found.listed), found.count, deep)


def _is_sound(connection: Connection) -> bool:
    """Return whether a file's pages and indexes hold together; a server looks after that itself."""
    if connection.dialect.name != "sqlite":
        return True
    return bool(connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar() == "ok")


@attrs.frozen
class _Broken:
    """A link that does not hold: the hash before it, the fields, the hash that stands there."""

    before: str
    fields: tuple[Any, ...]
    stored: str

    def at(self, number: int, before: str) -> str:
        """Return the hash that this event would have as `number`."""
        return link(before, number, *self.fields)


@attrs.define
class _Chain:
    """Walks along the events in order."""

    found: Findings
    published: Head | None
    last: int = 0
    hash: str = GENESIS
    gaps: list[range] = attrs.field(factory=list)
    refs: set[str] = attrs.field(factory=set)
    erased: dict[str, int] = attrs.field(factory=dict)
    _broken: dict[int, _Broken] = attrs.field(factory=dict)
    _words: list[tuple[str, int, str]] = attrs.field(factory=list)
    _silent: list[tuple[int, str | None, str]] = attrs.field(factory=list)
    _speaking: list[tuple[int, str]] = attrs.field(factory=list)

    def read(self, row: Any) -> None:
        """Take the next event with its words."""
        number, stream, kind, at, by, ref, data, sealed, stored, *words = row
        fields = (stream, kind, at, by, ref, data, sealed)
        if number != self.last + 1:
            self._gap("missing", number - 1)
        elif link(self.hash, number, *fields) != stored:
            self._broken[number] = _Broken(self.hash, fields, stored)
        if ref is not None:
            self.refs.add(ref)
        if kind == ERASED and ref is not None:
            self.erased.setdefault(ref, number)
        self._read_words(number, stream, ref, sealed, words)
        told = self.published
        if told is not None and told.entries == number and told.hash != stored:
            self.found.add("published", number)
        self.last, self.hash = number, stored

    def _gap(self, code: str, until: int) -> None:
        self.found.add(code, self.last + 1, until)
        self.gaps.append(range(self.last + 1, until + 1))

    def _read_words(
        self, number: int, stream: str, ref: str | None, sealed: str | None, words: list[Any]
    ) -> None:
        there, salt, content = words
        if there is None:
            if sealed is not None:
                self._silent.append((number, ref, stream))
        elif sealed is None:
            self._words.append(("words-added", number, stream))
        elif digest(salt, content) != sealed:
            self._words.append(("words-changed", number, stream))
        elif ref is not None:
            self._speaking.append((number, ref))

    def end(self, head: Head | None) -> None:
        """Name what is wrong, now that all was seen."""
        self._name_broken()
        self._name_words()
        if head is None:
            self.found.add("no-head")
        elif head.entries > self.last:
            self._gap("missing-tail", head.entries)
        elif head.entries < self.last:
            self.found.add("added", head.entries + 1, self.last)
        elif head.hash != self.hash and self.last not in self._broken:
            self.found.add("head")
        if self.published is not None and self.last < self.published.entries:
            self.found.add("published-cut", self.last + 1, self.published.entries)

    def _name_words(self) -> None:
        for number, ref, stream in self._silent:
            if ref is None or self.erased.get(ref, 0) < number:
                self._words.append(("words-missing", number, stream))
        for code, number, stream in sorted(self._words, key=lambda one: one[1]):
            if number not in self._broken:  # of a changed event nothing can be said about its words
                self.found.add(code, number, stream=stream)
        for number, ref in self._speaking:
            if self.erased.get(ref, 0) > number:
                self.found.add("words-back", number)

    def _name_broken(self) -> None:
        partner = self._swapped()
        for number, broken in sorted(self._broken.items()):
            if number in partner:
                if number < partner[number]:
                    self.found.add("swapped", number, partner[number])
                continue
            if self._is_innocent(number, broken, partner):
                continue
            follower = self._broken.get(number + 1)
            own = broken.at(number, broken.before)
            if follower is not None and follower.at(number + 1, own) == follower.stored:
                self.found.add("hash-changed", number, stream=broken.fields[0])
            else:
                self.found.add("changed", number, stream=broken.fields[0])

    def _swapped(self) -> dict[int, int]:
        """Return who was exchanged with whom: an event that would hold in the other's place."""
        partner: dict[int, int] = {}
        numbers = sorted(self._broken)[:_COMPARED]
        for k, i in enumerate(numbers):
            for j in numbers[k + 1 :]:
                one, other = self._broken[i], self._broken[j]
                stored = (one.stored, other.stored)
                if i in partner or j in partner:
                    continue
                if other.at(i, one.before) in stored or one.at(j, other.before) in stored:
                    partner[i], partner[j] = j, i
        return partner

    def _is_innocent(self, number: int, broken: _Broken, partner: dict[int, int]) -> bool:
        """Return whether only the event before this one is to blame."""
        before = self._broken.get(number - 1)
        if before is None:
            return False
        hashes = [before.at(number - 1, before.before)]
        if number - 1 in partner:
            hashes.append(self._broken[partner[number - 1]].stored)
        return any(broken.at(number, other) == broken.stored for other in hashes)


def _check_persons(connection: Connection, chain: _Chain, found: Findings) -> None:
    """Compare references with the ids behind them, and look for words without an event."""
    asked = select(SUBJECTS.c.ref, SUBJECTS.c.subject, SUBJECTS.c.salt).order_by(SUBJECTS.c.ref)
    missing = set(chain.refs).difference(chain.erased)
    for ref, subject, salt in connection.execute(asked.execution_options(yield_per=_AT_ONCE)):
        missing.discard(ref)
        if reference(salt, subject) != ref:
            found.add("subject", name=ref)
        elif ref in chain.erased:
            found.add("subject-back", name=ref)
    for ref in sorted(missing):
        found.add("subject-missing", name=ref)
    orphans = select(WORDS.c.number).where(WORDS.c.number.not_in(select(EVENTS.c.number)))
    for number in connection.execute(orphans.order_by(WORDS.c.number)).scalars():
        if not any(number in gap for gap in chain.gaps):  # else the event went, and is named
            found.add("words-added", number)


def _check_state(connection: Connection, codecs: Codecs, found: Findings, *, gaps: bool) -> None:
    """Compare the state kept with the one that the events make."""
    state = _tolerant_replay(connection, codecs, found)
    seen: dict[str, set[str]] = {kind: set() for kind in codecs.domain.records}
    asked = select(STATE).order_by(STATE.c.kind, STATE.c.id).execution_options(yield_per=_AT_ONCE)
    for row in connection.execute(asked):
        kind, key = row[:2]
        name = f"{kind}/{key}"
        record = state.get(kind, key) if kind in seen else None
        if record is None:
            found.add("stream-missing" if gaps else "state-added", name=name)
            continue
        seen[kind].add(key)
        if codecs.row(kind, record) != tuple(row) or not codecs.survives(kind, record):
            found.add("state-changed", name=name)
    for kind in sorted(seen):
        for record in state.find(kind):
            if record.id not in seen[kind]:
                found.add("state-missing", name=f"{kind}/{record.id}")


def _tolerant_replay(connection: Connection, codecs: Codecs, found: Findings) -> MemoryState:
    """Replay what can be replayed: after a gap an event may find nothing to apply to."""
    state = MemoryState(codecs.domain)
    kinds = codecs.domain.events
    for number, stream, kind, at, by, data, ref in bare_rows(connection):
        if kind not in kinds:
            found.add("unknown-kind", number, stream=stream)
            continue
        try:
            kinds[kind].apply(state, Event(stream, kind, at, by, json.loads(data), ref))
        except Exception:  # noqa: BLE001  # whatever a domain raises over a log with holes
            found.add("cannot-replay", number, stream=stream)
    return state
