"""What can only be judged across records and tables: ids, references, units, circles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import chain
from typing import Any

import numpy as np

from wushe.errors import Problem
from wushe.io.drafts import Draft
from wushe.io.mistakes import (
    AMBIGUOUS_REFERENCE,
    DUPLICATE_ID,
    MISSING_TABLE,
    PLACE_CYCLE,
    PLACE_LEVEL,
    SHARED_ID,
    UNKNOWN_REFERENCE,
)
from wushe.io.suggest import Suggester
from wushe.model.evidence import SUBJECTS
from wushe.model.facts import field_of
from wushe.model.kinds import BadValueError
from wushe.model.parties import LEVELS
from wushe.model.spec import RECORD_KINDS, Field
from wushe.model.storage import Array
from wushe.model.tables import Table, sorted_table
from wushe.model.terms import NeedCategory
from wushe.network.places import cyclic, parents
from wushe.network.references import (
    AFTER_CIRCLE,
    COUNTED,
    NAME_SPACES,
    WRONG_DIMENSION,
    misfits,
    waiting_in_circles,
)
from wushe.text import Text

Drafts = Mapping[str, Draft]


def link_problems(
    drafts: Drafts, unread: Set[str], categories: Mapping[str, NeedCategory]
) -> Iterator[Problem]:
    """Yield every problem between records; tables in `unread` exist but could not be read."""
    for draft in drafts.values():
        yield from _duplicates(draft)
    for names in NAME_SPACES:
        yield from _shared([drafts[name] for name in names if name in drafts])
    yield from reference_problems(drafts, unread)
    for name, field in COUNTED:
        if name in drafts:
            yield from _wrong_dimensions(drafts[name], field, categories)
    if "needs" in drafts:
        yield from _waiting(drafts["needs"])
    if "places" in drafts:
        yield from _place_problems(drafts["places"])
    if "facts" in drafts:
        yield from _fact_values(drafts)


# --- facts -------------------------------------------------------------------------------------


def _fact_values(drafts: Drafts) -> Iterator[Problem]:
    """Yield the facts whose value the field that they fill would refuse; extra facts are free text."""
    draft = drafts["facts"]
    kind_of = {key: k for k in SUBJECTS if k in drafts for key in drafts[k].columns["id"]}
    verdicts: dict[tuple[str, str, str], BadValueError | None] = {}
    columns = [draft.columns[name] for name in ("subject", "field", "value")]
    for at, (subject, name, value) in enumerate(zip(*columns, strict=True)):
        kind = kind_of.get(subject)
        if kind is None or name is None or value is None:
            continue
        key = kind, name, value
        if key not in verdicts:
            verdicts[key] = _refusal(kind, name, value)
        bad = verdicts[key]
        if bad is not None:
            yield draft.problem(bad.problem, at, "value", value, **bad.params)


def _refusal(kind: str, name: str, value: str) -> BadValueError | None:
    field = field_of(kind, name)
    if field is not None and not field.refs:
        try:
            field.read(value)
        except BadValueError as bad:
            return bad
    return None


# --- ids ---------------------------------------------------------------------------------------


def _duplicates(draft: Draft) -> Iterator[Problem]:
    ids = [key for key in draft.columns["id"] if key is not None]
    if len(set(ids)) == len(ids):
        return
    first: dict[str, int] = {}
    for at, key in enumerate(draft.columns["id"]):
        if key is not None and first.setdefault(key, at) != at:
            other = int(draft.rows[first[key]])
            yield draft.problem(DUPLICATE_ID, at, "id", key, other=other)


def _shared(drafts: Iterable[Draft]) -> Iterator[Problem]:
    """Yield the ids of a table that a table before it uses too."""
    owner: dict[str, tuple[Draft, int]] = {}
    for draft in drafts:
        for at, key in enumerate(draft.columns["id"]):
            if key is None:
                continue
            theirs, row = owner.setdefault(key, (draft, at))
            if theirs is not draft:
                params = {"file": theirs.source, "other": int(theirs.rows[row])}
                yield draft.problem(SHARED_ID, at, "id", key, **params)


# --- references --------------------------------------------------------------------------------


def reference_problems(drafts: Drafts, unread: Set[str]) -> Iterator[Problem]:
    """Yield the references to ids that no record has, with close matches."""
    ids = {name: set(draft.columns["id"]) | draft.left_out for name, draft in drafts.items()}
    suggesters: dict[tuple[str, ...], Suggester] = {}
    for draft in drafts.values():
        for field in draft.kind.fields:
            if not field.refs or not unread.isdisjoint(field.refs):
                continue
            words = _words(draft.columns[field.name])
            known = set().union(*(ids.get(name, ()) for name in field.refs))
            yield from _ambiguous(draft, field, words, ids)
            missing = words - known
            if not missing:
                continue
            if not any(name in drafts for name in field.refs):
                yield _missing_table(draft, field)
                continue
            if field.refs not in suggesters:
                suggesters[field.refs] = Suggester(known - {None})
            yield from _dangling(draft, field, missing, suggesters[field.refs])


def _ambiguous(
    draft: Draft, field: Field, words: Set[str], ids: Mapping[str, Set[str]]
) -> Iterator[Problem]:
    """Yield references to ids of several tables, where these tables may have ids in common."""
    if any(set(field.refs) <= set(space) for space in NAME_SPACES):
        return  # then the id that two tables share has been reported
    owners: dict[str, list[str]] = {}
    for name in field.refs:
        for word in words & ids.get(name, frozenset()):
            owners.setdefault(word, []).append(name)
    if all(len(names) == 1 for names in owners.values()):
        return
    for at, value in enumerate(draft.columns[field.name]):
        for word in _entries(value):
            found = owners.get(word, [])
            if len(found) > 1:
                tables = _tables(found)
                yield draft.problem(AMBIGUOUS_REFERENCE, at, field.name, word, tables=tables)


def _words(column: Array) -> set[str]:
    """Return the different ids in an object column of words or of tuples of words."""
    values = set(column) - {None}
    if any(isinstance(value, tuple) for value in values):
        return set(chain.from_iterable(values))
    return values


def _entries(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def _tables(names: Sequence[str]) -> Text:
    return Text("、".join(RECORD_KINDS[name].zh for name in names), ", ".join(names))


def _missing_table(draft: Draft, field: Field) -> Problem:
    used = [at for at, value in enumerate(draft.columns[field.name]) if _entries(value)]
    return draft.problem(
        MISSING_TABLE, used[0], field.name, tables=_tables(field.refs), n=len(used)
    )


def _dangling(
    draft: Draft, field: Field, missing: Set[str], suggester: Suggester
) -> Iterator[Problem]:
    tables = _tables(field.refs)
    for at, value in enumerate(draft.columns[field.name]):
        for word in _entries(value):
            if word in missing:
                close = suggester.close(word)
                yield draft.problem(
                    UNKNOWN_REFERENCE, at, field.name, word, tables=tables, close=close
                )


# --- needs -------------------------------------------------------------------------------------


def _wrong_dimensions(
    draft: Draft, field: str, categories: Mapping[str, NeedCategory]
) -> Iterator[Problem]:
    """Yield the units that do not fit their categories, where these count in one dimension."""
    units = draft.columns["unit"]
    for at, params in misfits(draft.columns[field], units, categories):
        yield draft.problem(WRONG_DIMENSION, at, "unit", units[at], **params)


def _waiting(needs: Draft) -> Iterator[Problem]:
    """Yield the needs that wait for themselves."""
    after = needs.columns["after"]
    for at in np.flatnonzero(waiting_in_circles(needs.columns["id"], after)).tolist():
        yield needs.problem(AFTER_CIRCLE, at, "after", after[at])


# --- places ------------------------------------------------------------------------------------


def _place_problems(draft: Draft) -> Iterator[Problem]:
    """Yield places whose parents go in a circle, and parents that are not of a higher level."""
    known = [draft.columns[name] != np.array(None) for name in ("id", "level")]
    at_table, position = _judged(draft, np.flatnonzero(known[0] & known[1]))
    above = parents(at_table)
    circle = cyclic(above)
    order = list(LEVELS)
    levels = [order.index(level) for level in at_table["level"]]
    for row, parent in enumerate(above):
        at, key = position[row], at_table["parent"][row]
        if circle[row]:
            yield draft.problem(PLACE_CYCLE, at, "parent", key)
        elif parent >= 0 and levels[parent] >= levels[row]:
            words = (
                Text(LEVELS[name], name) for name in (order[levels[parent]], order[levels[row]])
            )
            upper, own = words
            params: dict[str, Any] = {"parent": key, "parent_level": upper, "level": own}
            yield draft.problem(PLACE_LEVEL, at, "parent", key, **params)


def _judged(draft: Draft, at: Array) -> tuple[Table, list[int]]:
    """Return the records at positions `at` as a table, and the position of each of its rows."""
    columns = {name: column[at] for name, column in draft.columns.items()}
    table = sorted_table(draft.kind, columns, at.astype(np.int64), draft.source)
    return table, [int(position) for position in table.rows]
