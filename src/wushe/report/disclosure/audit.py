"""What can be worked out of published tables: a linear program per withheld value.

A reader knows every published value, that totals add up, that persons and households helped in several
cells are counted once in a total, that nobody is helped less than once, and that a withheld position is
not empty (empty ones are shown as 0). A reader may also know the smallest and the largest single amount of a
category (a published standard): then amounts and counts tell of each other, and are audited together.

A withheld count is safe when, by all of that, at least `SMALL_CELL` different whole values remain
possible, one of them `SMALL_CELL` or more: it is neither determined, nor nearly, nor known to be small.
(Persons or households known to be 0 are safe: it is said of nobody.) A withheld amount is safe when
the largest possible one is at least twice the smallest; where readers know that `SMALL_CELL` or more
person-times are behind it, a twentieth more is enough. Whatever is not safe is recoverable.

The program is over real numbers. That an amount is a whole number of fixed payments may exclude more values
where a category has one single amount; that is not looked into.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from wushe.privacy import SMALL_CELL
from wushe.report.disclosure.tables import ADDITIVE, MEASURES, Measure, Place, Quantity, Table

Key = tuple[Quantity, Measure]
Prices = Mapping[str, tuple[int, int]]
"""Smallest and largest single amount in fen, by category: what a reader may know from a standard."""
Relation = tuple[dict[int, float], float, bool]
"""A sum of weighted unknowns that is at most (or, with True, exactly) a number."""
_EPS = 1e-6
_DRAWS, _PASSES = 8, 12
_MANY = 0.05


@attrs.frozen
class Recoverable:
    """A withheld value that readers can work out: it lies between `low` and `high`."""

    quantity: Quantity
    measure: Measure
    low: float = attrs.field(repr=False)
    high: float = attrs.field(repr=False)


def audit_table(table: Table, *, prices: Prices | None = None) -> list[Recoverable]:
    """Return the withheld values of one published table that readers can work out; [] is safe."""
    return audit_tables([table], prices=prices)


def audit_tables(tables: Sequence[Table], *, prices: Prices | None = None) -> list[Recoverable]:
    """Return the withheld values that readers of all of `tables` together can work out.

    A quantity that occurs in several tables is one unknown. See the module for the rule. Raises
    ValueError where the published values contradict each other.
    """
    return Auditor(tables, prices).unsafe()


def whole_values(low: float, high: float) -> tuple[int, int]:
    """Return the smallest and the largest whole number between `low` and `high`."""
    return math.ceil(low - _EPS * max(1.0, abs(low))), math.floor(high + _EPS * max(1.0, abs(high)))


def is_safe(measure: Measure, low: float, high: float, *, many: bool = False) -> bool:
    """Return whether a withheld value known to be between `low` and `high` stays unknown.

    `many` says that at least `SMALL_CELL` person-times are known to be behind an amount.
    """
    if measure == "fen":
        return high - low >= max(1.0, low * _MANY if many else low)
    least, most = whole_values(low, high)
    if measure != "times" and most == 0:
        return True
    return most >= SMALL_CELL and most - least >= SMALL_CELL - 1


class Auditor:
    """The linear program of what readers know, and the withheld values it has found safe so far."""

    def __init__(
        self,
        tables: Sequence[Table],
        prices: Prices | None = None,
        safe: Iterable[Key] = (),
    ) -> None:
        self._known: dict[Key, int] = {}
        self._column: dict[Key, int] = {}
        self._rows: list[Relation] = []
        self._safe = set(safe)
        for table in tables:
            self._read(table)
        self._scale = self._scales(prices or {})
        for table in tables:
            self._lines(table)
            self._positions(table, prices or {})

    @property
    def safe(self) -> frozenset[Key]:
        """The withheld values found safe so far."""
        return frozenset(self._safe)

    def unsafe(self, *, some: bool = False) -> list[Recoverable]:
        """Return the withheld values that are not safe, in a fixed order.

        With `some`, only those that plain sums tell where there are any: that takes no linear program.
        """
        if some and (found := self._plain()):
            return found
        return [one for program in self._programs() for one in self._unsafe_in(program)]

    def _plain(self) -> list[Recoverable]:
        """Return what is told by one sum at a time, whatever a linear program would find."""
        low, high = self._reach()
        found = []
        for key, column in self._column.items():
            ends = (float(low[column]), float(high[column]))
            many = self._at_least((key[0], "times"), low) >= SMALL_CELL
            if key not in self._safe and not is_safe(key[1], *ends, many=many):
                found.append(Recoverable(*key, *ends))
        return found

    def _at_least(self, key: Key, low: Any) -> float:
        column = self._column.get(key)
        return self._known.get(key, 0) if column is None else float(low[column])

    def _reach(self) -> tuple[Any, Any]:
        """Return bounds of every withheld value that follow from one relation at a time, passed on."""
        ends = np.array(self._bounds()).reshape(-1, 2)
        low, high = ends[:, 0].copy(), ends[:, 1].copy()
        both = [(row, end) for row, end, _ in self._rows]
        both += [({c: -w for c, w in row.items()}, -end) for row, end, equal in self._rows if equal]
        for _ in range(_PASSES):
            before = low.copy(), high.copy()
            for row, end in both:
                _tighten(row, end, low, high)
            if np.allclose(before[0], low) and np.allclose(before[1], high):
                break
        return low * self._scale, high * self._scale

    def _unsafe_in(self, program: _Program) -> Iterator[Recoverable]:
        wanted = [key for key in program.keys if key not in self._safe]
        if wanted:
            program.look_around(wanted)
        for key in wanted:
            low, high = program.between(key, lambda *ends, m=key[1]: is_safe(m, *ends))
            if is_safe(key[1], low, high):
                self._safe.add(key)
            # Safe because many are known to be behind it: not for good, their number may be withheld later.
            elif not is_safe(key[1], low, high, many=True) or not self._many(key[0], program):
                yield Recoverable(*key, low, high)

    def _many(self, quantity: Quantity, program: _Program) -> bool:
        """Return whether readers know that `SMALL_CELL` person-times or more are behind a quantity."""
        key: Key = (quantity, "times")
        least = self._known.get(key)
        if least is None:
            least = whole_values(*program.between(key, lambda *_: False))[0]
        return least >= SMALL_CELL

    def _programs(self) -> Iterator[_Program]:
        """Yield a program for each set of values that hang together: one would be much slower."""
        parent = list(range(len(self._column)))

        def root(column: int) -> int:
            while parent[column] != column:
                parent[column] = parent[parent[column]]
                column = parent[column]
            return column

        for key, column in self._column.items():
            times = self._column.get((key[0], "times"))
            if times is not None:
                parent[root(column)] = root(times)
        for weights, _, _ in self._rows:
            first, *rest = map(root, weights)
            for column in rest:
                parent[root(column)] = root(first)
        keys: dict[int, list[Key]] = {}
        rows: dict[int, list[Relation]] = {}
        for key, column in self._column.items():
            keys.setdefault(root(column), []).append(key)
        for row in self._rows:
            rows.setdefault(root(next(iter(row[0]))), []).append(row)
        bounds = self._bounds()
        for one, held in keys.items():
            columns = [self._column[key] for key in held]
            yield _Program(held, columns, rows.get(one, []), bounds, self._scale)

    def _scales(self, prices: Prices) -> Any:
        """Fen are counted in thousandths of the largest amount: solvers want numbers of like size."""
        most = max((v for (_, m), v in self._known.items() if m != "fen"), default=1)
        amounts = [v for (_, m), v in self._known.items() if m == "fen"]
        amounts += [dearest * max(most, 1) for _, dearest in prices.values()]
        unit = max([1000, *amounts]) / 1000.0
        return np.array([unit if key[1] == "fen" else 1.0 for key in self._column])

    # --- what readers know -----------------------------------------------------------------------

    def _read(self, table: Table) -> None:
        for place in table.places():
            quantity, cell = table.quantity(place), table.cell(*place)
            for measure in MEASURES:
                key: Key = (quantity, measure)
                value = cell.get(measure)
                if value is None:
                    self._column.setdefault(key, len(self._column))
                elif self._known.setdefault(key, value) != value:
                    raise ValueError("tables: the same quantity is published with two values")
        both = self._known.keys() & self._column.keys()
        if both:
            raise ValueError("tables: a quantity is withheld in one table and published in another")

    def _bounds(self) -> list[tuple[float, float]]:
        counts = [v for (_, m), v in self._known.items() if m != "fen"]
        roof = 10.0 * max([1000, *counts])
        limits = {"times": (1.0, roof), "fen": (0.0, 1e5), "persons": (0.0, roof)}
        limits["households"] = limits["persons"]
        bounds = [(0.0, 0.0)] * len(self._column)
        for (_, measure), column in self._column.items():
            bounds[column] = limits[measure]
        return bounds

    def _lines(self, table: Table) -> None:
        for total, parts in table.lines():
            if not parts:
                continue
            for measure in ADDITIVE:
                self._state([(p, 1.0) for p in parts] + [(total, -1.0)], table, measure, equal=True)
            for measure in ("persons", "households"):
                self._state([(total, 1.0)] + [(p, -1.0) for p in parts], table, measure)
                for part in parts:
                    self._state([(part, 1.0), (total, -1.0)], table, measure)

    def _positions(self, table: Table, prices: Prices) -> None:
        for place in table.places():
            quantity = table.quantity(place)
            persons, households = (quantity, "persons"), (quantity, "households")
            self._relate([(persons, 1.0), (households, 1.0), ((quantity, "times"), -1.0)])
            category = dict(quantity).get("category")
            if category is not None and category in prices:
                least, most = prices[category]
                self._relate([((quantity, "times"), float(least)), ((quantity, "fen"), -1.0)])
                self._relate([((quantity, "fen"), 1.0), ((quantity, "times"), -float(most))])

    def _state(
        self,
        terms: Sequence[tuple[Place, float]],
        table: Table,
        measure: Measure,
        *,
        equal: bool = False,
    ) -> None:
        named = [((table.quantity(place), measure), weight) for place, weight in terms]
        self._relate(named, equal=equal)

    def _relate(self, terms: Sequence[tuple[Any, float]], *, equal: bool = False) -> None:
        """Keep that the weighted sum of `terms` is at most (or, `equal`, exactly) 0."""
        unknown: dict[int, float] = {}
        known = 0.0
        for key, weight in terms:
            column = self._column.get(key)
            if column is None:
                known += weight * self._known[key]
            else:
                unknown[column] = unknown.get(column, 0.0) + weight * self._scale[column]
        if unknown:
            size = max(abs(weight) for weight in unknown.values())
            scaled = {column: weight / size for column, weight in unknown.items()}
            self._rows.append((scaled, -known / size, equal))


class _Program:
    """What readers know of values that hang together, as matrices, and the values it was found they may have."""

    def __init__(
        self,
        keys: Sequence[Key],
        columns: Sequence[int],
        rows: Sequence[Relation],
        bounds: Sequence[tuple[float, float]],
        scale: Any,
    ) -> None:
        self.keys = keys
        at = {column: i for i, column in enumerate(columns)}
        near = [({at[c]: w for c, w in row.items()}, end, equal) for row, end, equal in rows]
        self._at = {key: i for i, key in enumerate(keys)}
        self._bounds = [bounds[column] for column in columns]
        self._scale = scale[list(columns)]
        self._equal = _matrix([row for row in near if row[2]], len(keys))
        self._most = _matrix([row for row in near if not row[2]], len(keys))
        self._low = np.full(len(keys), np.inf)
        self._high = np.full(len(keys), -np.inf)

    def look_around(self, wanted: Sequence[Key]) -> None:
        """Try a few directions at once: they show most values to be safe, sparing a program for each."""
        columns = [self._at[key] for key in wanted]
        for draw in range(min(_DRAWS, len(columns))):
            weights = np.zeros(len(self.keys))
            # Fixed directions, spread out: which are tried changes the time only, never the answer.
            turns = [(draw + 1) * (i + 1) * 2.399963 for i in range(len(columns))]
            weights[columns] = np.cos(turns)
            self._solve(weights)

    def between(self, key: Key, enough: Callable[[float, float], bool]) -> tuple[float, float]:
        """Return the least and the largest value `key` may have, or two values that are `enough`."""
        at = self._at[key]
        for sign in (-1.0, 1.0):
            if enough(float(self._low[at]), float(self._high[at])):
                break
            objective = np.zeros(len(self.keys))
            objective[at] = sign
            self._solve(objective)
        return float(self._low[at]), float(self._high[at])

    def _solve(self, objective: Any) -> None:
        from scipy.optimize import linprog

        found = linprog(
            objective,
            A_ub=self._most[0],
            b_ub=self._most[1],
            A_eq=self._equal[0],
            b_eq=self._equal[1],
            bounds=self._bounds,
            method="highs",
        )
        if found.x is None:
            raise ValueError("tables: the published values contradict each other")
        values = found.x * self._scale
        np.minimum(self._low, values, out=self._low)
        np.maximum(self._high, values, out=self._high)


def _tighten(row: Mapping[int, float], end: float, low: Any, high: Any) -> None:
    """Narrow what the terms of a sum that is at most `end` may be, each by the least of the others."""
    least = {c: w * (low[c] if w > 0 else high[c]) for c, w in row.items()}
    slack = end - sum(least.values())
    for column, weight in row.items():
        limit = (slack + least[column]) / weight
        if weight > 0:
            high[column] = min(high[column], max(limit, low[column]))
        else:
            low[column] = max(low[column], min(limit, high[column]))


def _matrix(rows: Sequence[tuple[dict[int, float], float, bool]], columns: int) -> tuple[Any, Any]:
    from scipy.sparse import csr_array

    if not rows:
        return None, None
    pointers = np.cumsum([0, *(len(row[0]) for row in rows)])
    where = [column for row in rows for column in row[0]]
    what = [weight for row in rows for weight in row[0].values()]
    matrix = csr_array((what, where, pointers), shape=(len(rows), columns))
    return matrix, np.array([row[1] for row in rows])
