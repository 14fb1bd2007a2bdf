"""Tables of a city's report as an audience may see them: small counts of people withheld, and what tells of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import combinations
from typing import Any

import attrs

from wushe.model.declaring import ReportColumn, ReportTable
from wushe.privacy import SMALL_CELL, Audience, suppress_small, told_by_sum
from wushe.report.month import NOT_RECORDED
from wushe.text import Text

WITHHELD = Text("*", "*")
_Told = tuple[Text, int | Text | None]
MOST_COLUMNS = 8
"""In a table with more columns of people than this nobody looks which of them add up: all may."""
TELLING = ("fen", "permille")
"""Units of what is withheld beside a count that is: an amount or a share gives it away."""


@attrs.frozen
class CityCell:
    """A cell as it may be seen: `value` in the unit of its column, words, or None, and whether it is withheld."""

    value: int | Text | None
    unit: str
    withheld: bool = False

    def say(self, lang: str = "zh") -> str:
        """Return the figure as it is read: yuan, per cent, ``*`` where withheld, or that nobody recorded it."""
        if self.withheld:
            return WITHHELD.say(lang)
        if self.value is None:
            return NOT_RECORDED.say(lang)
        if isinstance(self.value, Text):
            return self.value.say(lang)
        if self.unit == "fen":
            sign, fen = "-" if self.value < 0 else "", abs(self.value)
            return f"{sign}{fen // 100:,}.{fen % 100:02d}"
        return f"{self.value / 10:.1f}%" if self.unit == "permille" else f"{self.value:,}"


@attrs.frozen
class _Held:
    """Of one column of people: the numbers of the rows withheld, and whether the total is."""

    rows: frozenset[int]
    total: bool


def shown_cells(
    tables: Iterable[ReportTable], audience: Audience
) -> list[tuple[tuple[CityCell, ...], ...]]:
    """Return the cells of each table of one section, the total's row last where there is one.

    Masked, counts of people of 1 to 4 are withheld with those that would give them away by subtraction, down a
    column or along a row whose columns add up, and with them the amounts of their rows, and the shares but for those
    of counts that are shown. Columns of one name and one total are taken for the same count told in several ways:
    where the total of one must go, all go, and with them the rows that would add up to it.
    """
    every = list(tables)
    if audience == "internal":
        return [_cells(table, {}) for table in every]
    held = [_held(table, set()) for table in every]
    gone: set[_Told] = set()
    while more := _totals(every, held) - gone:
        gone |= more
        held = [_held(table, gone) for table in every]
    return [_cells(table, found) for table, found in zip(every, held, strict=True)]


def without_sums(
    programmes: Sequence[Sequence[CityCell]],
    needs: Sequence[Sequence[CityCell]],
    sums: Iterable[tuple[int, Set[int]]],
) -> tuple[tuple[CityCell, ...], ...]:
    """Return the cells of the programmes, open needs last, without those that tell what the needs list withholds.

    `needs` are its cells, open needs first and the total last; `sums` name a row of the programmes and the rows that
    it is the sum of. What all withheld rows are together is known from the total where that is shown.
    """
    gone = {at for at, line in enumerate(needs[:-1]) if line[0].withheld}
    told = not needs[-1][0].withheld
    lines = [tuple(line) for line in programmes]
    for at, parts in sums:
        among = gone & parts
        if among and not (told and among == gone):
            lines[at] = (*lines[at][:-1], CityCell(None, "people", True))
    return tuple(lines)


def _totals(tables: Iterable[ReportTable], held: Iterable[Mapping[int, _Held]]) -> set[_Told]:
    """Return which totals are withheld in some table."""
    return {
        _told(table, at)
        for table, found in zip(tables, held, strict=True)
        for at, one in found.items()
        if one.total and table.total is not None
    }


def _told(table: ReportTable, at: int) -> _Told:
    """Return what a column's total is the total of, as far as its name and value say."""
    return table.columns[at].label, None if table.total is None else table.total.cells[at]


def _held(table: ReportTable, gone: Set[_Told]) -> dict[int, _Held]:
    """Return what is withheld of each column of people, by the column's number, where `gone` totals must go."""
    people = [at for at, column in enumerate(table.columns) if column.unit == "people"]
    found: dict[int, _Held] = {}
    for together in _adding_up(table, people):
        counts = [[_figure(row.cells[at]) for row in table.rows] for at in together]
        totals = [0 if table.total is None else _figure(table.total.cells[at]) for at in together]
        told = table.total is not None and any(_told(table, at) in gone for at in together)
        found |= dict(zip(together, _held_columns(counts, totals, told), strict=True))
    return found


def _adding_up(table: ReportTable, people: Sequence[int]) -> list[list[int]]:
    """Return the columns of people in groups: in each row, one of a group may be the sum of others of it."""
    figures = {at: [row.cells[at] for row in table.all_rows()] for at in people}
    filled = [at for at in people if any(figures[at])]
    groups = {at: {at} for at in people}
    for whole, parts in _sums(filled, figures):
        joined = set().union(*(groups[at] for at in (whole, *parts)))
        groups |= dict.fromkeys(joined, joined)
    return [sorted(groups[at]) for at in people if at == min(groups[at])]


def _sums(
    filled: Sequence[int], figures: Mapping[int, Sequence[Any]]
) -> Iterator[tuple[int, Sequence[int]]]:
    """Yield each column that is the sum of others in every row where all are known.

    Of many columns all are taken for bound together.
    """
    if len(filled) > MOST_COLUMNS:
        yield filled[0], filled[1:]
        return
    for whole in filled:
        others = [at for at in filled if at != whole]
        for n in range(2, len(others) + 1):
            for parts in combinations(others, n):
                if _is_sum(figures[whole], [figures[at] for at in parts]):
                    yield whole, parts


def _is_sum(whole: Sequence[Any], parts: Sequence[Sequence[Any]]) -> bool:
    """Say whether a column is the sum of others wherever all are known, and somewhere above 0."""
    above = False
    for row in zip(whole, *parts, strict=True):
        if None in row:
            continue
        if row[0] != sum(row[1:]):
            return False
        above = above or row[0] > 0
    return above


def _held_columns(
    columns: Sequence[Sequence[int]], totals: Sequence[int], told: bool
) -> list[_Held]:
    """Return what is withheld of columns that go together: whole rows, but for zeros. `told`: the totals must go."""
    if len(columns) == 1 and not told:
        return [_held_column(columns[0], totals[0])]
    rows = range(len(columns[0]))
    small = [at for at in rows if any(0 < counts[at] < SMALL_CELL for counts in columns)]
    rest = sorted(set(rows) - set(small), key=lambda at: (sum(c[at] for c in columns), at))
    gone = [*small, *rest] if told else _enough(columns, small, rest)
    few = any(0 < total < SMALL_CELL for total in totals)
    total = told or few or _tells(columns, gone)
    return [_Held(frozenset(at for at in gone if counts[at]), total) for counts in columns]


def _enough(
    columns: Sequence[Sequence[int]], small: Sequence[int], rest: Iterable[int]
) -> list[int]:
    """Return the `small` rows and as many of the `rest` as it takes that no column's sum tells of them."""
    gone = list(small)
    for at in rest:
        if not _tells(columns, gone):
            break
        gone.append(at)
    return gone


def _tells(columns: Sequence[Sequence[int]], gone: Sequence[int]) -> bool:
    """Say whether the sum of what is withheld of a column gives some of it away."""
    hidden = ([counts[at] for at in gone if counts[at]] for counts in columns)
    return any(told_by_sum(counts) for counts in hidden if counts)


def _held_column(counts: Sequence[int], total: int) -> _Held:
    kept = suppress_small(counts)
    gone = frozenset(at for at, count in enumerate(kept.counts) if count is None)
    # Distinct people of two rows are one in the total, which may be small where its rows are not.
    return _Held(gone, kept.total is None or 0 < total < SMALL_CELL)


def _figure(cell: int | Text | None) -> int:
    """Return a count; what nobody recorded is published as such and hides nothing."""
    return cell if isinstance(cell, int) else 0


def _cells(table: ReportTable, held: Mapping[int, _Held]) -> tuple[tuple[CityCell, ...], ...]:
    lines = [
        _line(table.columns, row.cells, {at for at, one in held.items() if number in one.rows})
        for number, row in enumerate(table.rows)
    ]
    if table.total is not None:
        total = {at for at, one in held.items() if one.total}
        lines.append(_line(table.columns, table.total.cells, total, _left_alone(table, lines)))
    return tuple(lines)


def _left_alone(table: ReportTable, lines: Sequence[Sequence[CityCell]]) -> set[int]:
    """Return the columns of amounts of which one alone is withheld: the total would tell it."""
    return {
        at
        for at, column in enumerate(table.columns)
        if column.unit == "fen" and sum(line[at].withheld for line in lines) == 1
    }


def _line(
    columns: Sequence[ReportColumn],
    cells: Sequence[int | Text | None],
    gone: set[int],
    amounts: Set[int] = frozenset(),
) -> tuple[CityCell, ...]:
    """Return one row's cells, those numbered in `gone` withheld and what tells of them, and these `amounts`."""
    counts = [
        (value, at in gone)
        for at, (value, column) in enumerate(zip(cells, columns, strict=True))
        if isinstance(value, int) and column.unit in ("count", "people")
    ]
    found = []
    for at, (value, column) in enumerate(zip(cells, columns, strict=True)):
        withheld = at in gone or (at in amounts and value is not None)
        if gone and isinstance(value, int) and column.unit in TELLING:
            withheld = column.unit == "fen" or not _worked_out(value, counts)
        found.append(CityCell(None if withheld else value, column.unit, withheld))
    return tuple(found)


def _worked_out(permille: int, counts: Sequence[tuple[int, bool]]) -> bool:
    """Say whether a share is that of two counts of its row that are shown and of none that is withheld."""
    of = [
        gone_too or (gone and part > 0)  # none of a withheld count tells nothing of it
        for a, (whole, gone) in enumerate(counts)
        for b, (part, gone_too) in enumerate(counts)
        if a != b
        and whole > 0
        and permille in (1000 * part // whole, (2000 * part + whole) // (2 * whole))
    ]
    return bool(of) and not any(of)
