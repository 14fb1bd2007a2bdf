"""Rows of cells, whatever file they come from: comments, the heading row, ragged rows, chunks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import attrs

from wushe.errors import Problem, ProblemKind
from wushe.io.mistakes import (
    EMPTY_FILE,
    SPREADSHEET_LIMIT,
    TOO_FEW_CELLS,
    TOO_MANY_CELLS,
    UNCLEAR_COMMENT,
    BadFileError,
)

CHUNK_ROWS = 50_000
"""Rows that are held as text at a time: a million-row table never lies in memory as text."""
SPREADSHEET_ROWS = 2**20

ERROR_VALUE = re.compile(
    r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|FIELD!|BLOCKED!|GETTING_DATA|#{2,})"
)
"""What a spreadsheet shows instead of a value, and ``####`` where a column was too narrow."""

Chunk = tuple[list[int], list[Sequence[str]]]
"""Row numbers, and one sequence of cell texts per column."""


@attrs.define(eq=False)
class Sheet:
    """A table as text: headings, then `chunks` of columns.

    `rows` are numbered as a spreadsheet does. While the chunks are read, `problems` grows, and
    `ragged` collects the rows that were left out for having the wrong number of cells.
    `spare` columns after the last heading may be there, but empty; `short_rows` tells that a row
    may have any number of empty cells at its end, or lack them.
    `typed` tells that values come from JSON or Parquet: text is exact and nothing was escaped.
    """

    source: str
    heading_row: int | None
    headings: tuple[str, ...]
    rows: Iterator[tuple[int, Sequence[str]]]
    typed: bool = False
    short_rows: bool = False
    spare: int = 0
    problems: list[Problem] = attrs.field(factory=list)
    ragged: list[Sequence[str]] = attrs.field(factory=list)

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows of data in chunks, as columns. Can be read once."""
        width, last = len(self.headings), 0
        while batch := list(islice(self.rows, CHUNK_ROWS)):
            numbers: list[int] = []
            kept: list[Sequence[str]] = []
            for number, row in batch:
                # The quick way for the usual row: this line runs a million times.
                usual = len(row) == width and (self.typed or row[0][:1] not in ("", "#"))
                cells = row if usual else self._unusual(number, row)
                if cells is not None:
                    numbers.append(number)
                    kept.append(cells)
            last = batch[-1][0]
            yield numbers, list(zip(*kept, strict=True)) if kept else [() for _ in self.headings]
        if last == SPREADSHEET_ROWS and not self.typed:
            self.problems.append(Problem(SPREADSHEET_LIMIT, self.source))

    def _unusual(self, number: int, row: Sequence[str]) -> Sequence[str] | None:
        """Return the cells of a row that needs a second look, or None where it is no data."""
        width = len(self.headings)
        cells = list(row)
        # More cells than the heading row had mean a stray separator: then all of them have moved.
        if self.short_rows or len(cells) <= width + self.spare:
            while len(cells) > width and not cells[-1].strip():
                cells.pop()
        if self.short_rows:
            cells += [""] * (width - len(cells))
        if is_blank(cells) or is_comment(cells):
            return None
        if cells[0].startswith("#") and not ERROR_VALUE.fullmatch(cells[0].strip()):
            self.problems.append(Problem(UNCLEAR_COMMENT, self.source, number))
            return None
        if len(cells) != width:
            kind = TOO_MANY_CELLS if len(cells) > width else TOO_FEW_CELLS
            self._ragged(kind, number, cells)
            return None
        return cells

    def _ragged(self, kind: ProblemKind, number: int, cells: Sequence[str]) -> None:
        counts = {"found": len(cells), "width": len(self.headings)}
        self.problems.append(Problem(kind, self.source, number, params=counts))
        self.ragged.append(cells)


def is_blank(row: Sequence[str]) -> bool:
    """Return whether no cell of `row` holds anything."""
    return not any(cell.strip() for cell in row)


def is_comment(row: Sequence[str]) -> bool:
    """Return whether `row` is a comment: ``# ...`` with a space, or ``#...`` with nothing beside it.

    An id never holds a space, so that no row of data can be taken for a comment.
    """
    first = row[0] if row else ""
    if not first.startswith("#") or ERROR_VALUE.fullmatch(first.strip()):
        return False
    return first[1:2].isspace() or is_blank(row[1:])


def sheet_of(source: str, rows: Iterable[Sequence[str]], *, short_rows: bool = False) -> Sheet:
    """Return the sheet in `rows`: the first row that is neither blank nor a comment is the heading.

    `short_rows` as in `Sheet`. Raises BadFileError.
    """
    numbered = enumerate(rows, start=1)
    for number, row in numbered:
        separator_hint = number == 1 and row[:1] and row[0].startswith("sep=")
        if is_blank(row) or row[0].startswith("#") or separator_hint:
            continue
        headings = list(row)
        while not headings[-1].strip():
            headings.pop()
        spare = len(row) - len(headings)
        return Sheet(source, number, tuple(headings), numbered, False, short_rows, spare)
    raise BadFileError(Problem(EMPTY_FILE, source))
