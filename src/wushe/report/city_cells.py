"""Tables of a city's report as an audience may see them: small counts of people withheld, and what tells of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set

import attrs

from wushe.model.declaring import ReportColumn, ReportTable
from wushe.privacy import SMALL_CELL, Audience, suppress_small
from wushe.report.month import NOT_RECORDED
from wushe.text import Text

WITHHELD = Text("*", "*")
_Told = tuple[Text, int | Text | None]
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

    Masked, counts of people of 1 to 4 are withheld with those that would give them away by subtraction, and
    with them the amounts of their rows, and the shares but for those of counts that are shown. Columns of one name
    and one total are taken for the same count told in several ways: where the total of one must go, all go.
    """
    held = list(tables)
    if audience == "internal":
        return [_cells(table, {}, set()) for table in held]
    columns = [_held(table) for table in held]
    totals = {
        _told(table, at)
        for table, found in zip(held, columns, strict=True)
        for at, one in found.items()
        if one.total
    }
    return [_cells(table, found, totals) for table, found in zip(held, columns, strict=True)]


def _told(table: ReportTable, at: int) -> _Told:
    """Return what a column's total is the total of, as far as its name and value say."""
    return table.columns[at].label, None if table.total is None else table.total.cells[at]


def _held(table: ReportTable) -> dict[int, _Held]:
    """Return what is withheld of each column of people, by the column's number."""
    return {
        at: _held_column(
            [_figure(row.cells[at]) for row in table.rows],
            None if table.total is None else _figure(table.total.cells[at]),
        )
        for at, column in enumerate(table.columns)
        if column.unit == "people"
    }


def _held_column(counts: Sequence[int], total: int | None) -> _Held:
    kept = suppress_small(counts)
    gone = frozenset(at for at, count in enumerate(kept.counts) if count is None)
    # Distinct people of two rows are one in the total, which may be small where its rows are not.
    small = total is not None and 0 < total < SMALL_CELL
    return _Held(gone, kept.total is None or small)


def _figure(cell: int | Text | None) -> int:
    """Return a count; what nobody recorded is published as such and hides nothing."""
    return cell if isinstance(cell, int) else 0


def _cells(
    table: ReportTable, held: Mapping[int, _Held], totals: Set[_Told]
) -> tuple[tuple[CityCell, ...], ...]:
    lines = []
    for number, row in enumerate(table.all_rows()):
        total = number == len(table.rows)
        gone = {
            at
            for at, one in held.items()
            if (_told(table, at) in totals if total else number in one.rows)
        }
        lines.append(_line(table.columns, row.cells, gone))
    return tuple(lines)


def _line(
    columns: Sequence[ReportColumn], cells: Sequence[int | Text | None], gone: set[int]
) -> tuple[CityCell, ...]:
    """Return one row's cells, those numbered in `gone` withheld and what tells of them."""
    shown = [
        value
        for at, (value, column) in enumerate(zip(cells, columns, strict=True))
        if isinstance(value, int) and column.unit in ("count", "people") and at not in gone
    ]
    found = []
    for at, (value, column) in enumerate(zip(cells, columns, strict=True)):
        withheld = at in gone
        if gone and isinstance(value, int) and column.unit in TELLING:
            withheld = column.unit == "fen" or not _worked_out(value, shown)
        found.append(CityCell(None if withheld else value, column.unit, withheld))
    return tuple(found)


def _worked_out(permille: int, shown: Sequence[int]) -> bool:
    """Say whether a share is that of two counts of its row that are shown: then it tells nothing more."""
    return any(
        whole > 0 and permille in (1000 * part // whole, (2000 * part + whole) // (2 * whole))
        for whole in shown
        for part in shown
    )
