"""From needs to the rows of the problem: a team need becomes one row per role; what rows share is coded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from wushe.model.kinds import DAY
from wushe.model.storage import UNKNOWN_INT, Array
from wushe.model.terms import NeedCategory
from wushe.model.units import parse_unit

NONE = -1
BLOCKED = -2
"""In `Groups.after`: the need before it was withdrawn; in `one_of`: another one is met already. No service."""
PERSONS = ("social_workers", "volunteers")
"""Providers that can be in one place at a time only."""


@attrs.frozen(eq=False)
class Groups:
    """What binds rows together, one int64 entry per row (`person`, `pack`, `many`: per offer).

    `team`: rows of one team need; `visit`: rows to be served in one visit by one helper; `one_of`: rows
    of which one at most is served; `after`: the row that must be served in full first; `NONE` where there
    is nothing of the kind. `begins`, `ends`: minutes since 1970-01-01 00:00 local time of a fixed appointment.
    `many` bool: who offers can send several people at once.
    """

    team: Array
    visit: Array
    one_of: Array
    after: Array
    begins: Array
    ends: Array
    person: Array
    pack: Array
    many: Array

    @property
    def bind(self) -> bool:
        """Whether anything beyond capacities ties the choice of pairs."""
        codes = (self.team, self.visit, self.one_of, self.after, self.begins)
        return any((code != NONE).any() for code in codes) or bool((self.pack > 1).any())

    @property
    def blocked(self) -> Array:
        """Rows that nobody can serve for what they are bound to, bool (n_rows,)."""
        found: Array = (self.after == BLOCKED) | (self.one_of == BLOCKED)
        return found

    @property
    def alternative(self) -> Array:
        """Code of alternatives by row for the solver: of a team's roles only the first one competes."""
        first = np.ones(len(self.team), dtype=bool)
        first[1:] = (self.team[1:] == NONE) | (self.team[1:] != self.team[:-1])
        return np.where((self.one_of >= 0) & first, self.one_of, NONE)


def expand(
    needs: Mapping[str, Array], categories: Mapping[str, NeedCategory]
) -> tuple[dict[str, Array], Array]:
    """Return the columns with a row per role of each team need, and the need row that each row is of.

    A role's row asks for the role's category in its base unit, times the sessions that the need asks for.
    """
    roles = [categories[c].roles if c in categories else () for c in needs["category"]]
    origin = np.repeat(np.arange(len(roles)), [max(len(r), 1) for r in roles])
    columns = {name: column[origin] for name, column in needs.items()}
    if len(origin) == len(roles) and not any(roles):
        return columns, origin
    team = [at for at, row in enumerate(origin.tolist()) if roles[row]]
    position = np.arange(len(origin)) - np.searchsorted(origin, origin)
    for name in ("category", "quantity", "unit", "skills"):
        columns[name] = columns[name].copy()
    for at in team:
        row = int(origin[at])
        role = roles[row][int(position[at])]
        sessions = _sessions(needs, row, categories[needs["category"][row]])
        part = categories[role.category]
        columns["category"][at] = role.category
        columns["quantity"][at] = sessions * (role.quantity or part.typical)
        columns["unit"][at] = part.dimension
        columns["skills"][at] = tuple(sorted({*(needs["skills"][row] or ()), *role.skills}))
    return columns, origin


def _sessions(needs: Mapping[str, Array], row: int, category: NeedCategory) -> int:
    quantity, unit = int(needs["quantity"][row]), parse_unit(needs["unit"][row] or "time")
    if quantity == UNKNOWN_INT:
        return category.typical
    return quantity * (unit.factor if unit else 1)


def groups_of(
    needs: Mapping[str, Array],
    offers: Mapping[str, Any],
    origin: Array,
    withdrawn: frozenset[str],
    settled: frozenset[str] = frozenset(),
) -> Groups:
    """Return what binds the expanded `needs` (columns of the table, with ``client_code``) together.

    ``starts`` and ``ends`` are minutes since midnight, -1 where unknown.

    `withdrawn` are the ids of needs that nobody will serve any more, `settled` the codes of alternatives
    of which one is met already.
    """
    sizes = np.bincount(origin, minlength=1)
    team = np.where(sizes[origin] > 1, origin, NONE)
    visits = [
        None if visit is None else (int(client), visit)
        for client, visit in zip(needs["client_code"], needs["visit"], strict=True)
    ]
    taken = np.isin(needs["one_of"].astype(str), sorted(settled))
    begins, ends = _appointments(needs)
    return Groups(
        team.astype(np.int64),
        _codes(visits, origin),
        np.where(taken, BLOCKED, _codes(needs["one_of"].tolist(), origin)),
        _after(needs, withdrawn),
        begins,
        ends,
        _persons(offers),
        np.asarray(offers["pack"], dtype=np.int64),
        ~np.isin(offers["provider_kind"].astype(str), PERSONS),
    )


def _codes(values: Sequence[Any], origin: Array) -> Array:
    """Return the rank of each value among those that two or more needs have, `NONE` for the others.

    The roles of one team need, which have one `origin`, are not bound to one another by its code.
    """
    counts: dict[Any, int] = {}
    for value in {(v, need) for v, need in zip(values, origin.tolist(), strict=True)}:
        if value[0] is not None:
            counts[value[0]] = counts.get(value[0], 0) + 1
    shared = {v: code for code, v in enumerate(sorted(v for v, n in counts.items() if n > 1))}
    return np.array([shared.get(v, NONE) for v in values], dtype=np.int64)


def _after(needs: Mapping[str, Array], withdrawn: frozenset[str]) -> Array:
    found = np.full(len(needs["id"]), NONE, dtype=np.int64)
    waiting = [(at, key) for at, key in enumerate(needs["after"].tolist()) if key is not None]
    if not waiting:
        return found
    row_of: dict[str, int] = {}
    for row, key in enumerate(needs["id"].tolist()):
        row_of.setdefault(key, row)
    for at, key in waiting:
        found[at] = BLOCKED if key in withdrawn else row_of.get(key, NONE)
    return found


def _appointments(needs: Mapping[str, Array]) -> tuple[Array, Array]:
    """Return begin and end in minutes since 1970 where day, start and end are known, else `NONE`."""
    day = needs["on_day"]
    fixed = ~np.isnat(day) & (needs["starts"] >= 0) & (needs["ends"] >= 0)
    epoch = np.datetime64(dt.date(1970, 1, 1), "D")
    midnight = np.where(fixed, (day - epoch).astype(np.int64) * DAY, 0)
    return (
        np.where(fixed, midnight + needs["starts"], NONE),
        np.where(fixed, midnight + needs["ends"], NONE),
    )


def _persons(offers: Mapping[str, Any]) -> Array:
    """Return a code per offer; offers of one person share theirs, others have their own."""
    single = np.isin(offers["provider_kind"].astype(str), PERSONS)
    code = np.asarray(offers["provider_code"], dtype=np.int64)
    return np.where(single, code, code.max(initial=0) + 1 + np.arange(len(code)))
