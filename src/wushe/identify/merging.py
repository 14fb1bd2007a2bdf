"""One person under several ids: decisions that are only added to, and views that follow them.

Nothing is overwritten: tables stay as they are, `canonical_persons` shows them as the decisions
say, and a merge that is undone shows them as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import numpy as np

from wushe.model.kinds import IDENT, INSTANT, BadValueError
from wushe.model.storage import Array, unknown
from wushe.model.tables import Table, sorted_table


def canonical_instant(_: Any, field: attrs.Attribute[str], value: str) -> None:
    """Refuse what is no canonical instant, as an attrs validator. Raises ValueError."""
    try:
        if INSTANT.parse(value) == value:
            return
    except BadValueError:
        pass
    raise ValueError(f"{field.name}: {value!r} is no canonical instant; use say_instant(moment)")


def _identifier(_: Any, field: attrs.Attribute[str], value: str) -> None:
    try:
        IDENT.parse(value)
    except BadValueError:
        raise ValueError(f"{field.name}: {value!r} is no identifier") from None


@attrs.frozen
class Merge:
    """Somebody decided that `merged` is the person `kept`. `at` is a canonical UTC instant.

    `evidence` are the (field, level, weight) of the proposal they saw, if there was one.
    """

    kept: str = attrs.field(validator=_identifier)
    merged: str = attrs.field(validator=_identifier)
    by: str = attrs.field(validator=_identifier)
    at: str = attrs.field(validator=canonical_instant)
    evidence: tuple[tuple[str, str, float], ...] = ()


@attrs.frozen
class Unmerge:
    """Somebody decided that two ids are two persons after all; `reason` says why."""

    kept: str = attrs.field(validator=_identifier)
    merged: str = attrs.field(validator=_identifier)
    by: str = attrs.field(validator=_identifier)
    at: str = attrs.field(validator=canonical_instant)
    reason: str = ""


Decision = Merge | Unmerge


def resolve(decisions: Iterable[Decision]) -> dict[str, str]:
    """Return the canonical id of every id that a standing merge names, ids in order.

    For each pair of ids the latest decision stands (at one instant an unmerge before a merge, so
    that two records are rather kept apart). Chains lead to one id: that which was never merged into
    another; where there is none (a cycle) or several, the lowest of them. The order and repetition
    of decisions make no difference, so that decisions of two devices are joined by adding them up.
    """
    merges = [one for one in standing(decisions).values() if isinstance(one, Merge)]
    group: dict[str, str] = {}
    for one in merges:
        group.setdefault(one.kept, one.kept)
        group.setdefault(one.merged, one.merged)
        group[_root(group, one.merged)] = _root(group, one.kept)
    gone = {one.merged for one in merges if one.merged != one.kept}
    members: dict[str, list[str]] = {}
    for key in sorted(group):
        members.setdefault(_root(group, key), []).append(key)
    chosen = {
        root: next((key for key in keys if key not in gone), keys[0])
        for root, keys in members.items()
    }
    return {key: chosen[_root(group, key)] for key in sorted(group)}


def disputed(decisions: Iterable[Decision]) -> tuple[Unmerge, ...]:
    """Return the standing unmerges whose two ids other merges still join, for somebody to settle."""
    known = tuple(decisions)
    canonical = resolve(known)
    apart = [one for one in standing(known).values() if isinstance(one, Unmerge)]
    return tuple(
        one
        for one in sorted(apart, key=lambda one: (one.kept, one.merged))
        if one.kept in canonical and canonical[one.kept] == canonical.get(one.merged)
    )


def standing(decisions: Iterable[Decision]) -> dict[tuple[str, str], Decision]:
    """Return the decision that stands, by pair of ids in order."""

    def rank(one: Decision) -> tuple[Any, ...]:
        undone = isinstance(one, Unmerge)
        return (one.at, undone, one.by, one.kept, one.merged, repr(one))

    found: dict[tuple[str, str], Decision] = {}
    for one in decisions:
        pair = (min(one.kept, one.merged), max(one.kept, one.merged))
        if pair not in found or rank(one) > rank(found[pair]):
            found[pair] = one
    return dict(sorted(found.items()))


def _root(group: dict[str, str], key: str) -> str:
    while group[key] != key:
        group[key] = group[group[key]]  # halve the way, so that long chains stay short
        key = group[key]
    return key


# --- views -----------------------------------------------------------------------------------


@attrs.frozen
class Difference:
    """A field on which two merged records disagree; the kept one is shown. It holds no value."""

    kept: str
    merged: str
    field: str


@attrs.frozen(eq=False)
class CanonicalPersons:
    """Persons and facts as the decisions say.

    `canonical` maps ids that were merged (and those they were merged into) to the id shown.
    `differences` are the fields where a merged record says something else than what is shown.
    """

    persons: Table
    facts: Table
    canonical: Mapping[str, str]
    differences: tuple[Difference, ...]


def canonical_persons(
    persons: Table, facts: Table, decisions: Iterable[Decision]
) -> CanonicalPersons:
    """Return `persons` and `facts` with every merged person shown once; both tables stay as they are.

    The record kept is shown, what it does not know is filled from those merged into it, in id order,
    as long as the record stays valid. Facts of all of them are facts of the one shown.
    """
    canonical = resolve(decisions)
    shown, differences = _joined(persons, canonical)
    return CanonicalPersons(
        canonical_table(shown, canonical),
        canonical_table(facts, canonical),
        canonical,
        differences,
    )


def canonical_table(table: Table, canonical: Mapping[str, str]) -> Table:
    """Return `table` with its references to persons led to the ids shown; the same table if none is."""
    columns = dict(table.columns)
    for field in table.kind.fields:
        if "persons" in field.refs:
            columns[field.name] = _led(columns[field.name], canonical)
    if all(columns[name] is table.columns[name] for name in columns):
        return table
    return Table(table.kind, columns, table.rows, table.source)


def _led(column: Array, canonical: Mapping[str, str]) -> Array:
    moved = {}
    for row, value in enumerate(column if canonical else ()):
        if isinstance(value, tuple):
            led: Any = tuple(sorted({canonical.get(one, one) for one in value}))
        else:
            led = canonical.get(value, value)
        if led != value:
            moved[row] = led
    if not moved:
        return column
    column = column.copy()
    for row, led in moved.items():
        column[row] = led
    return column


def _joined(persons: Table, canonical: Mapping[str, str]) -> tuple[Table, tuple[Difference, ...]]:
    """Return one row per person shown, filled from those merged into it, and where they differ."""
    rows = dict(zip(canonical, persons.row_of(canonical).tolist(), strict=True))
    groups: dict[str, list[int]] = {}
    for key, kept in canonical.items():
        if rows[key] >= 0:
            groups.setdefault(kept, [])
            groups[kept] += [rows[key]] if key != kept else []
    # Of those whose kept record is not in this table, the first one is shown.
    heads = {
        kept: rows[kept] if rows[kept] >= 0 else others.pop(0) for kept, others in groups.items()
    }
    gone = sorted(row for others in groups.values() for row in others)
    if not gone:
        return persons, ()
    columns = {name: column.copy() for name, column in persons.columns.items()}
    differences: list[Difference] = []
    for kept in sorted(groups):
        for row in groups[kept]:
            differences += _fill(persons, columns, heads[kept], row)
    stays = np.ones(len(persons), dtype=bool)
    stays[gone] = False
    for kept, row in heads.items():
        columns["id"][row] = kept
    left = {name: column[stays] for name, column in columns.items()}
    return sorted_table(persons.kind, left, persons.rows[stays], persons.source), tuple(differences)


def _fill(persons: Table, columns: dict[str, Array], head: int, row: int) -> list[Difference]:
    """Fill what `head` does not know from `row`; return where the two disagree."""
    before = {name: column[head] for name, column in columns.items()}
    one = {name: slice(head, head + 1) for name in columns}
    differ = []
    for name, column in persons.columns.items():
        if name == "id" or unknown(column[row : row + 1])[0]:
            continue
        if unknown(columns[name][one[name]])[0]:
            columns[name][head] = column[row]
        elif columns[name][head] != column[row]:
            differ.append(name)
    filled = {name for name in columns if not _same(columns[name][head], before[name])}
    while broken := [
        rule
        for rule in persons.kind.rules
        if filled.intersection(rule.fields)
        and rule.broken([columns[name][one[name]] for name in rule.fields])[0]
    ]:  # e.g. the ID number of one with the mistyped birth of the other: not both can be shown
        for name in filled.intersection(broken[0].fields):
            columns[name][head] = before[name]
            differ.append(name)
        filled.difference_update(broken[0].fields)
    ids = persons.ids
    return [Difference(ids[head], ids[row], name) for name in sorted(set(differ))]


def _same(x: Any, y: Any) -> bool:
    return bool(x == y) or repr(x) == repr(y)  # NaT and NaN differ from themselves
