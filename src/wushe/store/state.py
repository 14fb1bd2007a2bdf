"""The state within one transaction: what was read and changed is kept here, and written once at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, bindparam, select

from wushe.store.chain import reference, salts
from wushe.store.codec import Codecs
from wushe.store.prepared import ManyOf, Prepared
from wushe.store.schema import KEYS, STATE, SUBJECTS

SUBJECT = "subject"
"""No kind of record, but `SqlState.load` takes it: ``load("subject", "id", ids)`` or ``"ref", references``."""
_AT_ONCE = 20_000
"""Values per query: bounds what one answer holds."""

_ONE = Prepared(
    select(STATE.c.body).where(STATE.c.kind == bindparam("kind"), STATE.c.id == bindparam("id"))
)
_ONE_REF = Prepared(select(SUBJECTS.c.ref).where(SUBJECTS.c.subject == bindparam("subject")))
_ONE_SUBJECT = Prepared(select(SUBJECTS.c.subject).where(SUBJECTS.c.ref == bindparam("ref")))
_MANY_IDS = ManyOf(select(SUBJECTS.c.ref, SUBJECTS.c.subject), SUBJECTS.c.subject)
_MANY_REFS = ManyOf(select(SUBJECTS.c.ref, SUBJECTS.c.subject), SUBJECTS.c.ref)
_Index = dict[str | None, dict[str, None]]
_Asked = tuple[tuple[str, str | None], ...]
_NONE: dict[str, None] = {}


class SqlState:
    """Implements `wushe.journal.State` on a connection. Every query's rows stay here; changes hide them."""

    def __init__(self, connection: Connection, codecs: Codecs, *, read_only: bool = False) -> None:
        self.connection = connection
        self._codecs = codecs
        self._kinds = codecs.domain.records
        self._read_only = read_only
        self._held: dict[str, dict[str, Any]] = {kind: {} for kind in self._kinds}
        self._changed: dict[str, dict[str, None]] = {kind: {} for kind in self._kinds}
        self._index: dict[str, dict[str, _Index]] = {kind: {} for kind in self._kinds}
        # What was asked for: values of one key, several keys at once, all records of a kind.
        self._loaded = {
            k: {key: set[str | None]() for key in v.keys} for k, v in self._kinds.items()
        }
        self._asked: set[tuple[str, _Asked]] = set()
        self._whole: set[str] = set()
        self._until: dict[tuple[str, str], str] = {}
        self._refs: dict[str, str] = {}
        self._subjects: dict[str, str | None] = {}
        self._unknown: set[str] = set()
        self._new_subjects: list[tuple[str, str, str]] = []
        self._salts = salts()

    # --- records ---------------------------------------------------------------------------------

    def get(self, kind: str, key: str) -> Any:
        """Return the record of `kind` with the id `key`, None where there is none."""
        held = self._held[kind]
        try:
            return held[key]
        except KeyError:
            row = _ONE.run(self.connection, kind=kind, id=key).first()
            if row is None:
                held[key] = None
            else:
                self._hold(kind, self._codecs.record(kind, row[0]))
            return held[key]

    def put(self, kind: str, record: Any) -> None:
        """Keep `record` in place of the one with its id. Raises TypeError on a state that is only read."""
        if self._read_only:
            raise TypeError("this state is for reading; run a command to change it")
        self._changed[kind][record.id] = None
        self._hold(kind, record)

    def find(self, kind: str, **keys: str | None) -> list[Any]:
        """Return the records whose keys equal `keys`, sorted by id."""
        if not self._has(kind, keys):
            self._ask(kind, keys)
        held = self._held[kind]
        if not keys:
            return [held[i] for i in sorted(held) if held[i] is not None]
        found = [self._indexed(kind, key).get(value, _NONE) for key, value in keys.items()]
        if not all(found):
            return []
        found.sort(key=len)
        return [held[i] for i in sorted(found[0]) if all(i in other for other in found[1:])]

    def _has(self, kind: str, keys: dict[str, str | None]) -> bool:
        """Return whether all records that `keys` ask for are held: those of one of the conditions are enough."""
        loaded = self._loaded[kind]
        for key, value in keys.items():
            if value in loaded[key]:
                return True
        return kind in self._whole or (kind, tuple(sorted(keys.items()))) in self._asked

    def _ask(self, kind: str, keys: dict[str, str | None]) -> None:
        """Hold the records whose keys equal `keys`."""
        given = {self._column(kind, key).name: value for key, value in keys.items()}
        nulls = tuple(column for column, value in given.items() if value is None)
        values = {column: value for column, value in given.items() if value is not None}
        statement = _by_keys(tuple(values), nulls)
        self._take(kind, statement.run(self.connection, kind=kind, **values))
        if not keys:
            self._whole.add(kind)
        elif len(keys) == 1:
            self._loaded[kind][next(iter(keys))].update(keys.values())
        else:
            self._asked.add((kind, tuple(sorted(keys.items()))))

    def until(self, kind: str, key: str, limit: str) -> list[Any]:
        """Return the records whose `key` is known and not above `limit` (text order), sorted by id."""
        if self._until.get((kind, key), "") < limit:
            asked = select(STATE.c.id, STATE.c.body).where(STATE.c.kind == kind)
            rows = self.connection.execute(asked.where(self._column(kind, key) <= limit))
            self._take(kind, rows)
            self._until[kind, key] = limit
        index = self._indexed(kind, key).items()
        ids = [i for value, ids in index if value is not None and value <= limit for i in ids]
        return [self._held[kind][i] for i in sorted(ids)]

    def load(self, kind: str, key: str, values: Iterable[str]) -> None:
        """Fetch at once what `get` (key ``id``) or `find` (one of the kind's keys) will ask for.

        ``load("subject", "id", ids)`` does so for `ref`, ``load("subject", "ref", refs)`` for `subject`.
        """
        if kind == SUBJECT:
            self._load_subjects(key, dict.fromkeys(values))
            return
        if key == "id":
            held = self._held[kind]
            for part in _parts([v for v in dict.fromkeys(values) if v not in held]):
                self._take(kind, _many("id").run(self.connection, part, kind=kind))
                for value in part:
                    held.setdefault(value, None)
            return
        column, loaded = self._column(kind, key).name, self._loaded[kind][key]
        for part in _parts([value for value in dict.fromkeys(values) if value not in loaded]):
            self._take(kind, _many(column).run(self.connection, part, kind=kind))
            loaded.update(part)

    def changes(self) -> Iterator[tuple[str | None, ...]]:
        """Yield the rows of the table for what was put, by kind and id."""
        for kind in sorted(self._changed):
            held = self._held[kind]
            for key in sorted(self._changed[kind]):
                yield self._codecs.row(kind, held[key])

    def _column(self, kind: str, key: str) -> Column[Any]:
        return STATE.c[KEYS[self._kinds[kind].keys.index(key)]]

    def _take(self, kind: str, rows: Any) -> None:
        """Hold the records in `rows`, save those held already: they may be newer."""
        held, read = self._held[kind], self._codecs.record
        for key, body in rows.all():
            if held.get(key) is None:
                self._hold(kind, read(kind, body))

    def _hold(self, kind: str, record: Any) -> None:
        held = self._held[kind]
        old = held.get(record.id)
        held[record.id] = record
        for key, index in self._index[kind].items():
            after = getattr(record, key)
            if old is not None:
                before = getattr(old, key)
                if before == after:
                    continue
                del index[before][record.id]
            index.setdefault(after, {})[record.id] = None

    def _indexed(self, kind: str, key: str) -> _Index:
        """Return the ids held by their value of `key`; made when first asked for, kept up to date after."""
        index = self._index[kind].get(key)
        if index is None:
            index = self._index[kind][key] = {}
            for record in self._held[kind].values():
                if record is not None:
                    index.setdefault(getattr(record, key), {})[record.id] = None
        return index

    # --- persons ---------------------------------------------------------------------------------

    def ref(self, subject: str) -> str:
        """Return the reference that stands for a person, household or private donor.

        Where nothing was recorded of that one yet a new one is drawn; a state for reading forgets it.
        """
        found = self._refs.get(subject)
        if found is None:
            row = None
            if subject not in self._unknown:
                row = _ONE_REF.run(self.connection, subject=subject).first()
            if row is None:
                salt = next(self._salts)
                found = reference(salt, subject)
                self._new_subjects.append((found, subject, salt))
            else:
                found = str(row[0])
            self._refs[subject], self._subjects[found] = found, subject
        return found

    def subject(self, ref: str) -> str | None:
        """Return the id behind a reference, None once it was erased."""
        if ref not in self._subjects:
            row = _ONE_SUBJECT.run(self.connection, ref=ref).first()
            self._subjects[ref] = None if row is None else row[0]
        return self._subjects[ref]

    def new_subjects(self) -> Sequence[tuple[str, str, str]]:
        """Return reference, id and salt of those met for the first time."""
        return self._new_subjects

    def _load_subjects(self, key: str, values: Iterable[str]) -> None:
        rows: Any
        query = _MANY_IDS if key == "id" else _MANY_REFS
        held: dict[str, Any] = self._refs if key == "id" else self._subjects
        for part in _parts([value for value in values if value not in held]):
            rows = query.run(self.connection, part)
            for ref, subject in rows:
                self._refs[subject], self._subjects[ref] = ref, subject
            if key == "id":
                self._unknown.update(value for value in part if value not in held)
            else:
                for value in part:
                    self._subjects.setdefault(value, None)


@cache
def _many(column: str) -> ManyOf:
    """Return the query for records with one of many values in `column`."""
    query = select(STATE.c.id, STATE.c.body).where(STATE.c.kind == bindparam("kind"))
    return ManyOf(query, STATE.c[column])


@cache
def _by_keys(columns: tuple[str, ...], nulls: tuple[str, ...]) -> Prepared:
    """Return the query for records with given values in `columns` and none in `nulls`."""
    conditions = [STATE.c.kind == bindparam("kind")]
    conditions += [STATE.c[column] == bindparam(column) for column in columns]
    conditions += [STATE.c[column].is_(None) for column in nulls]
    return Prepared(select(STATE.c.id, STATE.c.body).where(*conditions))


def _parts(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
