"""Two-way tables with margins, as they are published: what may not be told is None.

A table counts help by two dimensions, such as place and category, within fixed others, such as one
fund. Every position stands for a quantity; the same quantity in two tables has the same name, so that
tables which share a margin can be audited together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, TypeAlias

import attrs

Measure = Literal["times", "persons", "households", "fen"]
MEASURES: tuple[Measure, ...] = ("times", "persons", "households", "fen")
COUNTS: tuple[Measure, ...] = MEASURES[:3]
ADDITIVE: tuple[Measure, ...] = ("times", "fen")
"""Measures that add up over a line. Persons and households helped twice are counted once in a total."""
Place: TypeAlias = tuple[str | None, str | None]
"""(row, column) of a position; None is the total."""
Quantity: TypeAlias = tuple[tuple[str, str], ...]
"""What a position counts: sorted (dimension, value); a dimension that is not named is summed over."""


@attrs.frozen
class Cell:
    """Person-times, distinct persons, distinct households and fen of one position; None is withheld.

    `clients` are all who were helped, those included of whom nobody recorded what they are; it is known
    before a table is published, and 0 afterwards.
    """

    times: int | None = 0
    persons: int | None = 0
    households: int | None = 0
    fen: int | None = 0
    clients: int = attrs.field(default=0, repr=False)

    def get(self, measure: Measure) -> int | None:
        """Return the value of `measure`, None where it is withheld."""
        value: int | None = getattr(self, measure)
        return value


NOTHING = Cell()


@attrs.frozen(eq=False)
class Table:
    """A published table: `cells` by position, the totals under None. A position that is absent is 0.

    `where` fixes further dimensions, such as ``(("fund", "F-1"),)``.
    """

    rows_are: str
    columns_are: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[Place, Cell]
    where: Quantity = ()

    def cell(self, row: str | None, column: str | None) -> Cell:
        """Return the cell at a position, None for a total."""
        return self.cells.get((row, column), NOTHING)

    def quantity(self, place: Place) -> Quantity:
        """Return what the position counts."""
        named = list(self.where)
        for dimension, value in zip((self.rows_are, self.columns_are), place, strict=True):
            if value is not None:
                named.append((dimension, value))
        return tuple(sorted(named))

    def places(self) -> Iterator[Place]:
        """Yield every position, totals last."""
        for row in (*self.rows, None):
            for column in (*self.columns, None):
                yield row, column

    def shown(self) -> Iterator[Place]:
        """Yield the positions worth printing: not those of a dimension that is not split at all."""
        for row, column in self.places():
            if (row is None or self.rows_are != "all") and (
                column is None or self.columns_are != "all"
            ):
                yield row, column

    def lines(self) -> Iterator[tuple[Place, tuple[Place, ...]]]:
        """Yield (total, parts) of every row and every column, those of the totals included."""
        for row in (*self.rows, None):
            yield (row, None), tuple((row, column) for column in self.columns)
        for column in (*self.columns, None):
            yield (None, column), tuple((row, column) for row in self.rows)

    def hiding(self, hidden: Callable[[Quantity, Measure], bool]) -> Table:
        """Return the table without the values that are `hidden`."""
        cells = {}
        for place in self.places():
            quantity, cell = self.quantity(place), self.cell(*place)
            gone: dict[str, Any] = {m: None for m in MEASURES if hidden(quantity, m)}
            cells[place] = attrs.evolve(cell, **gone, clients=0)
        return attrs.evolve(self, cells=cells)


@attrs.frozen
class Help:
    """One act of help for counting, to one client: a person, a household, or some `client` of unknown kind."""

    row: str
    column: str
    fen: int
    person: str | None = attrs.field(default=None, repr=False)
    household: str | None = attrs.field(default=None, repr=False)
    client: str | None = attrs.field(default=None, repr=False)


def count(
    rows_are: str, columns_are: str, help_given: Iterable[Help], where: Quantity = ()
) -> Table:
    """Return the true table of `help_given`: not fit to publish before `withhold`.

    Help to a client of unknown kind is a person-time, but neither a person nor a household.
    """
    sums: dict[Place, list[int]] = {}
    who: dict[Place, tuple[set[str], set[str], set[str]]] = {}
    for given in help_given:
        for place in (
            (given.row, given.column), (given.row, None), (None, given.column), (None, None),
        ):  # fmt: skip
            total = sums.setdefault(place, [0, 0])
            total[0] += 1
            total[1] += given.fen
            served = who.setdefault(place, (set(), set(), set()))
            for held, one in zip(
                served, (given.person, given.household, given.client), strict=True
            ):
                if one is not None:
                    held.add(one)
    cells = {
        place: Cell(times, len(who[place][0]), len(who[place][1]), fen, sum(map(len, who[place])))
        for place, (times, fen) in sums.items()
    }
    rows = tuple(sorted({row for row, _ in cells if row is not None}))
    columns = tuple(sorted({column for _, column in cells if column is not None}))
    return Table(rows_are, columns_are, rows, columns, cells, tuple(sorted(where)))
