"""Tables of counts for a city's own part of a report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import numpy as np

from wushe.model.declaring import Cell, ReportColumn, ReportRow, ReportTable, Unit
from wushe.text import Text

Words = Text | tuple[str, str]
"""What a reader sees: a `Text`, or the Chinese and the English words."""
Heading = Words | tuple[str, str, str]
"""A column's words, and its unit (see `Unit`) where it is not a count of things."""
TOTAL = Text("合计", "total")


def count_table(
    key: str,
    title: Words,
    head: Words,
    columns: Sequence[Heading],
    rows: Iterable[tuple[Words | str, Iterable[Cell]]],
    *,
    total: bool | Iterable[Cell] = False,
    note: Words | None = None,
) -> ReportTable:
    """Return a `ReportTable` from plain tuples.

    A column is its Chinese and English words and, unless it counts things, its unit; a row is its label (a
    name that is the same in both languages may be one string) and its cells. ``total=True`` adds up what is
    known of each column; other cells may be given where adding up would count somebody twice.
    """
    made = tuple(_column(column) for column in columns)
    shown = tuple(ReportRow(_text(label), _cells(cells)) for label, cells in rows)
    last = None
    if not isinstance(total, bool):
        last = ReportRow(TOTAL, _cells(total))
    elif total:
        parts = [[row.cells[k] for row in shown] for k in range(len(made))]
        last = ReportRow(TOTAL, tuple(map(_sum, made, parts)))
    said = None if note is None else _text(note)
    return ReportTable(key, _text(title), _text(head), made, shown, last, said)


def _column(heading: Heading) -> ReportColumn:
    if isinstance(heading, Text):
        return ReportColumn(heading)
    zh, en, *unit = heading
    return ReportColumn(Text(zh, en), *cast("list[Unit]", unit))


def _text(words: Words | str) -> Text:
    if isinstance(words, str):
        return Text(words, words)
    return words if isinstance(words, Text) else Text(*words)


def _cells(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Return plain numbers for those that came out of a column."""
    return tuple(int(cell) if isinstance(cell, np.integer) else cell for cell in cells)


def _sum(column: ReportColumn, cells: Sequence[Cell]) -> Cell:
    """Return the sum of what is known; None where nothing is, and where adding up means nothing."""
    known = [cell for cell in cells if isinstance(cell, int)]
    if column.unit in ("words", "permille") or (cells and not known):
        return None
    return sum(known)
