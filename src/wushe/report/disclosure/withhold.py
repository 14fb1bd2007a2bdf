"""Withholding small counts of several tables so that nobody can work them out: complementary suppression."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from wushe.privacy import SMALL_CELL
from wushe.report.disclosure.audit import Auditor, Key, Prices, Recoverable
from wushe.report.disclosure.tables import COUNTS, MEASURES, Cell, Measure, Place, Quantity, Table

Line = tuple[int, int, str | None]
Candidate = tuple[int, int, int, Quantity, Measure]
"""(cost, person-times, value, what, measure) of a value that may be hidden: the smallest is hidden first."""
_TOTALS, _STEP, _LAST = 2, 4, 99
_CERTAIN = 0.5
_ALSO: Mapping[Measure, tuple[Measure, ...]] = {
    "times": ("fen", "households", "persons"),
    "persons": ("times", "households", "fen"),
    "households": ("times", "persons", "fen"),
    "fen": ("times", "households", "persons"),
}
"""What else tells of a measure: amounts of counts by prices, counts of persons by person-times."""


def withhold(
    tables: Sequence[Table],
    *,
    pinned: Sequence[Quantity] = (),
    prices: Prices | None = None,
    least: int = SMALL_CELL,
) -> list[Table | None]:
    """Return the true `tables` as they may be published, None for one that may not be at all.

    A position with 1 to ``least - 1`` clients loses all its values; so does one with that few persons, or
    households, its count of them. Further values follow until `audit_tables` finds nothing that readers
    can work out. The amounts of the `pinned` quantities are published whatever happens (the law asks for the
    totals of a fund's use); a table that they would give away is left out whole. Zeros are published.
    """
    return _Withholding(tables, frozenset(pinned), prices, least).result()


class _Withholding:
    def __init__(
        self,
        tables: Sequence[Table],
        pinned: frozenset[Quantity],
        prices: Prices | None,
        least: int,
    ) -> None:
        self._tables: list[Table | None] = list(tables)
        self._spots = [[(p, t.quantity(p), t.cell(*p)) for p in t.places()] for t in tables]
        self._homes: list[dict[Quantity, list[Place]]] = [{} for _ in tables]
        self._pinned = pinned | {q for t in tables for q in _same_as_total(t, pinned, least)}
        self._prices = prices
        self._hidden: set[Key] = set()
        self._told: set[Key] = set()
        self._near: dict[tuple[Measure, Line], None] = {}
        for spots, homes in zip(self._spots, self._homes, strict=True):
            for place, quantity, cell in spots:
                homes.setdefault(quantity, []).append(place)
                for measure in _sensitive(cell, least):
                    if not self._must(quantity, measure):
                        self._hidden.add((quantity, measure))

        self._small = frozenset(self._hidden)

    def result(self) -> list[Table | None]:
        safe: frozenset[Key] = frozenset()
        while any(table is not None for table in self._tables):
            auditor = Auditor([t for t in self._published() if t is not None], self._prices, safe)
            told = auditor.unsafe(some=True)
            if not told:
                break
            before = len(self._told)
            self._cover(told)
            # Hiding more tells nobody more; telling something again may.
            safe = auditor.safe if len(self._told) == before else frozenset()
        return self._published()

    def _published(self) -> list[Table | None]:
        return [
            None if table is None else table.hiding(lambda q, m: (q, m) in self._hidden)
            for table in self._tables
        ]

    def _cover(self, told: Sequence[Recoverable]) -> None:
        """Hide more values beside those that are `told`: cells as long as there are any, then totals.

        One value a line and round, since it may help the others there. Where nothing is left to hide, leave one
        of their tables out.
        """
        keys = [(found.quantity, found.measure) for found in told]
        for limit in (_TOTALS, _LAST):
            hid = [one for key in keys if (one := self._hide_beside(key, limit))]
            if hid:
                self._near = {}
                return
        if self._tell_again(told):
            return
        quantity = told[0].quantity
        number = next(
            number
            for number, table in enumerate(self._tables)
            if table is not None and quantity in self._homes[number]
        )
        self._tables[number] = None

    def _tell_again(self, told: Sequence[Recoverable]) -> bool:
        """Publish what was hidden for the sake of others but is certain all the same: nobody learns from it."""
        again = {
            (found.quantity, found.measure)
            for found in told
            if found.high - found.low < _CERTAIN
            and (found.quantity, found.measure) not in self._small
        }
        self._hidden -= again
        self._told |= again
        return bool(again)

    def _hide_beside(self, key: Key, limit: int) -> bool:
        """Hide the best value beside `key` that costs less than `limit`; return whether that is done."""
        lines = [(key[1], line) for line in self._lines_of(key[0])]
        if any(line in self._near for line in lines):
            return True
        best = min((one for one in self._candidates(key) if one[0] < limit), default=None)
        if best is None:
            return False
        for measure in self._with(key, best):
            if not self._must(best[-2], measure) and (best[-2], measure) not in self._told:
                self._hidden.add((best[-2], measure))
                self._near |= {(measure, line): None for line in self._lines_of(best[-2])}
        return True

    def _with(self, key: Key, best: Candidate) -> tuple[Measure, ...]:
        """Return what to hide at once: counts tell of each other, and in a cell so does the amount."""
        if best[-1] == "fen" or (key[0], "times") not in self._hidden:
            return (best[-1],)
        return COUNTS if best[0] % _STEP >= _TOTALS else MEASURES

    def _lines_of(self, quantity: Quantity) -> list[Line]:
        """Return the rows and columns (table, dimension, value) that a quantity lies in."""
        return [
            (number, at, place[at])
            for number, homes in enumerate(self._homes)
            for place in homes.get(quantity, ())
            for at in (0, 1)
        ]

    def _candidates(self, key: Key) -> Iterator[Candidate]:
        """Yield what may be hidden, best first when sorted: neighbours, then totals, then anything."""
        quantity, measure = key
        ways = [(measure, 0), *((m, _STEP * (2 + i)) for i, m in enumerate(_ALSO[measure]))]
        for number, table in enumerate(self._tables):
            if table is None:
                continue
            homes = self._homes[number].get(quantity, ())
            crossed = self._crossed(number, measure)
            for place, named, cell in self._spots[number]:
                if not cell.times:
                    continue
                distance = min([_distance(home, place, crossed) for home in homes], default=_STEP)
                for what, farther in ways:
                    value = cell.get(what)
                    free = (named, what) not in self._hidden and (named, what) not in self._told
                    if value and free and not self._must(named, what):
                        yield distance + farther, cell.times, value, named, what

    def _crossed(self, number: int, measure: Measure) -> frozenset[tuple[int, str | None]]:
        """Return the lines of a table, as (dimension, value), in which a value is hidden already."""
        hidden = [p for p, q, _ in self._spots[number] if (q, measure) in self._hidden]
        return frozenset((at, place[at]) for place in hidden for at in (0, 1))

    def _must(self, quantity: Quantity, measure: Measure) -> bool:
        return measure == "fen" and quantity in self._pinned


def _same_as_total(table: Table, pinned: frozenset[Quantity], least: int) -> Iterator[Quantity]:
    """Yield the totals of a single row or column: they are told with the total of all, unless they are small."""
    if table.quantity((None, None)) in pinned and not _sensitive(table.cell(None, None), least):
        if len(table.columns) == 1:
            yield table.quantity((None, table.columns[0]))
        if len(table.rows) == 1:
            yield table.quantity((table.rows[0], None))


def _sensitive(cell: Cell, least: int) -> tuple[Measure, ...]:
    persons, households = cell.persons or 0, cell.households or 0
    if 0 < (cell.times or 0) < least or 0 < (cell.clients or persons + households) < least:
        return MEASURES
    counts: tuple[tuple[Measure, int], ...] = (("persons", persons), ("households", households))
    return tuple(measure for measure, value in counts if 0 < value < least)


def _distance(home: Place, place: Place, crossed: frozenset[tuple[int, str | None]]) -> int:
    """Return how dear it is to hide `place` for the sake of `home`: neighbours first, the total of all last.

    Of neighbours those are best whose other line hides something already: hidden values protect each other
    when they form closed rings.
    """
    if home == place:
        return 0
    if place == (None, None):
        return 5 * _STEP + _TOTALS
    if home[0] != place[0] and home[1] != place[1]:
        return _STEP + _TOTALS * (None in place)
    other = (1, place[1]) if home[0] == place[0] else (0, place[0])
    return _TOTALS * (None in place) + (other not in crossed)
