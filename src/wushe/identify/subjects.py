"""Whose columns are asked for: persons, households that list nobody, and the facts about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from itertools import repeat

import attrs
import numpy as np
import numpy.typing as npt

from wushe.errors import InputError
from wushe.model.facts import LatestFacts
from wushe.model.kinds import BadValueError
from wushe.model.spec import Field, problem_of
from wushe.model.storage import Array, pack
from wushe.network import LinkageNetwork

Rows = npt.NDArray[np.int64]


def place_rows(network: LinkageNetwork, kind: str) -> npt.NDArray[np.int32]:
    """Return the place row of each record of table `kind`, -1 where unknown."""
    located = network.relation("located_in", kind, "places")
    found = np.full(len(network[kind]), -1, dtype=np.int32)
    found[located.source] = located.target
    return found


def homes(network: LinkageNetwork) -> tuple[Array, Array, Rows]:
    """Return each person's household and place row, and the rows of households without persons."""
    lives = network.relation("lives_in", "persons", "households")
    household = np.full(len(network["persons"]), -1, dtype=np.int32)
    household[lives.source] = lives.target
    place, home = place_rows(network, "persons"), place_rows(network, "households")
    inherits = (place < 0) & (household >= 0)
    place[inherits] = home[household[inherits]]
    listed = np.zeros(len(home), dtype=bool)
    listed[lives.target] = True
    return household, place, np.flatnonzero(~listed)


def with_members(network: LinkageNetwork, asked: Rows) -> Rows:
    """Return `asked` with everybody who shares a household with one of them, ascending."""
    household, _, _ = homes(network)
    n = len(household)
    touched = np.zeros(len(network["households"]) + 1, dtype=bool)
    touched[household[asked[asked < n]]] = True
    touched[-1] = False  # where -1, no household, has led
    chosen = touched[household]
    chosen[asked[asked < n]] = True
    return np.concatenate([np.flatnonzero(chosen), np.unique(asked[asked >= n])])


@attrs.frozen(eq=False)
class Seen:
    """The rows looked at, the facts about them, and the day.

    Shape (n,): rows `person`, `household` and `place` (-1 none); `door`, one number for those who
    live together and an own one for a person without a household; positions of the person and
    the household among the subjects of `facts` (-1 none). By id: the row of each household looked
    at, the door of each person.
    """

    network: LinkageNetwork
    on: dt.date
    person: Rows
    household: Rows
    place: Rows
    door: Rows
    facts: LatestFacts | None
    of_person: Rows
    of_household: Rows
    household_index: Mapping[str, int]
    door_index: Mapping[str, int]

    @classmethod
    def of(
        cls, network: LinkageNetwork, rows: Rows, facts: LatestFacts | None, on: dt.date
    ) -> Seen:
        """Return what is known of `rows`, see `wushe.identify.persons.subject_rows`."""
        household, place, _ = homes(network)
        n = len(household)
        person = np.where(rows < n, rows, -1)
        is_person = person >= 0
        home, at = np.where(is_person, -1, rows - n), np.full(len(rows), -1, dtype=np.int64)
        home[is_person], at[is_person] = household[person[is_person]], place[person[is_person]]
        at[~is_person] = place_rows(network, "households")[home[~is_person]]
        subjects = np.empty(0, dtype=object) if facts is None else facts.facts.subjects
        homes_seen = _distinct(home, len(network["households"]))
        door = np.where(home >= 0, home, len(network["households"]) + person)
        return cls(
            network,
            on,
            person,
            home,
            at,
            door,
            facts,
            _lookup(subjects, network["persons"].ids, person),
            _lookup(subjects, network["households"].ids, home),
            _index(network["households"].ids[homes_seen], homes_seen),
            _index(network["persons"].ids[person[is_person]], door[is_person]),
        )

    @property
    def doors(self) -> int:
        """One more than the highest door number there can be."""
        return len(self.network["households"]) + len(self.network["persons"])

    def households_of(self, table: str) -> Rows:
        """Return the household row of each record of `table`, -1 for those not looked at."""
        return _positions(self.household_index, self.network[table]["household"])

    def doors_of(self, table: str) -> Rows:
        """Return the door of each record of `table`: the household's, else the person's, else -1."""
        found = self.households_of(table)
        elsewhere = np.flatnonzero(found < 0)
        column = self.network[table]["person"][elsewhere]
        found[elsewhere] = _positions(self.door_index, column)
        return found


def _index(names: Array, values: Rows) -> dict[str, int]:
    return dict(zip(names, values.tolist(), strict=True))


def _positions(index: Mapping[str, int], column: Array) -> Rows:
    """Return the value of each word of `column` in `index`, -1 for others and None."""
    return np.fromiter(map(index.get, column, repeat(-1)), dtype=np.int64, count=len(column))


def _distinct(rows: Rows, n: int) -> Rows:
    """Return the distinct rows from 0 to `n` - 1, ascending; -1 is none."""
    flags = np.zeros(n + 1, dtype=bool)
    flags[rows] = True
    return np.flatnonzero(flags[:n])


def _lookup(subjects: Array, ids: Array, rows: Rows) -> Rows:
    """Return for each row its position in `subjects`, -1 where it has no row or no fact."""
    chosen = _distinct(rows, len(ids))
    position = np.full(len(ids) + 1, -1, dtype=np.int64)
    if len(subjects) and len(chosen):
        wanted = ids[chosen]  # both are sorted, so that each search starts where the last one ended
        at = np.searchsorted(subjects, wanted)
        hit = at < len(subjects)
        hit[hit] = subjects[at[hit]] == wanted[hit]
        position[chosen[hit]] = at[hit]
    return position[rows]


def take(field: Field, column: Array, rows: Rows) -> Array:
    """Return ``column[rows]`` with the mark for unknown where the row is -1."""
    taken = np.repeat(pack(field.kind.storage, [None]), len(rows))
    taken[rows >= 0] = column[rows[rows >= 0]]
    return taken


def fact_rows(facts: LatestFacts | None, name: str, position: Rows) -> Rows:
    """Return which fact of field `name` holds for the subjects at `position`, -1 none."""
    found = np.full(len(position), -1, dtype=np.int64)
    if facts is not None and name in facts.facts.fields:
        named = position >= 0
        found[named] = facts.row[position[named], facts.facts.fields.index(name)]
    return found


def overlay(field: Field, column: Array, facts: LatestFacts | None, position: Rows) -> Array:
    """Write the facts that hold over `column`, in place. Each distinct text is read once."""
    rows = fact_rows(facts, field.name, position)
    where = np.flatnonzero(rows >= 0)
    if facts is None or len(where) == 0:
        return column
    codes = facts.facts.value[rows[where]]
    used = np.zeros(len(facts.facts.texts), dtype=bool)
    used[codes] = True
    distinct = np.flatnonzero(used)
    values, problems = [], []
    for text in facts.facts.texts[distinct]:
        try:
            values.append(field.read(text))
        except BadValueError as bad:
            problems.append(problem_of(field, bad, "facts", None, text))
    if problems:
        raise InputError(problems)
    rank = np.cumsum(used) - 1
    column[where] = pack(field.kind.storage, values)[rank[codes]]
    return column


def either(a: Array, b: Array) -> npt.NDArray[np.int8]:
    """Return the three-valued "or" of int8 arrays of one shape: 1 yes, 0 no, -1 unknown."""
    return np.where((a == 1) | (b == 1), 1, np.minimum(a, b)).astype(np.int8)
