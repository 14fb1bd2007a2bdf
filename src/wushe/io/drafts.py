"""A table as first read: columns, and everything that is wrong within the table itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from wushe.errors import Problem, ProblemKind
from wushe.io.cells import CellReader, Refused, Vocabularies, settle_quantities
from wushe.io.headings import Column, match_headings
from wushe.io.sheets import Sheet
from wushe.model.kinds import BadValueError
from wushe.model.spec import MISSING, Field, RecordKind
from wushe.model.storage import Array, pack
from wushe.model.tables import Table, sorted_table


@attrs.define(eq=False)
class Draft:
    """A table whose links to other tables have not been looked at.

    `columns`: one array of shape (n,) per field, refused cells unknown. `rows`: int64 (n,), row
    numbers in `source`. `refused`: bool (n,) for the fields in which a cell was refused.
    `headings`: as written, by field. `left_out`: ids of rows that were left out as ragged.
    """

    kind: RecordKind
    source: str
    columns: dict[str, Array]
    rows: npt.NDArray[np.int64]
    headings: Mapping[str, str]
    refused: Mapping[str, npt.NDArray[np.bool_]]
    left_out: frozenset[str] = frozenset()
    problems: list[Problem] = attrs.field(factory=list)

    def problem(
        self, kind: ProblemKind, at: int, field: str, value: str | None = None, **params: Any
    ) -> Problem:
        """Return the problem of `field` in the record at position `at`."""
        spec = self.kind.field(field)
        shown = None if value is None else spec.shown(value)
        row = int(self.rows[at])
        return Problem(
            kind, self.source, row, self.headings.get(field, spec.heading), shown, params
        )

    def usable(self, *fields: str) -> npt.NDArray[np.bool_]:
        """Return where no cell of `fields` was refused, bool (n,)."""
        usable = np.ones(len(self.rows), dtype=bool)
        for field in fields:
            if field in self.refused:
                usable &= ~self.refused[field]
        return usable

    def table(self) -> Table:
        """Return the table, rows in id order."""
        return sorted_table(self.kind, self.columns, self.rows, self.source)


@attrs.define(eq=False)
class _Parts:
    """The chunks of one field: packed values, and where cells were refused."""

    field: Field
    values: list[Array] = attrs.field(factory=list)
    refused: list[npt.NDArray[np.bool_]] = attrs.field(factory=list)

    def add(self, values: Sequence[Any], refused: Sequence[int]) -> None:
        flags = np.zeros(len(values), dtype=bool)
        flags[list(refused)] = True
        if len(refused):
            values = [None if isinstance(value, Refused) else value for value in values]
        self.values.append(pack(self.field.kind.storage, values))
        self.refused.append(flags)

    def column(self) -> Array:
        return np.concatenate([pack(self.field.kind.storage, []), *self.values])


def read_sheet(kind: RecordKind, sheet: Sheet, words: Vocabularies, version: int) -> Draft:
    """Return the draft of table `kind` that `sheet` holds, written in format `version`."""
    columns, problems = match_headings(
        kind, sheet.headings, sheet.source, sheet.heading_row, version, sheet.typed
    )
    readers = [_reader(column, sheet.typed, words) for column in columns]
    parts = {field.name: _Parts(field) for field in kind.fields}
    rows: list[int] = []
    for numbers, cells in sheet.chunks():
        texts = {column.field.name: cells[column.position] for column in columns}
        values = {r.field.name: r.values(texts[r.field.name]) for r in readers}
        if "quantity" in values:
            settle_quantities(values, len(numbers))
        for column in columns:
            name = column.field.name
            found = list(_cell_problems(column, values[name], texts[name], sheet.source, numbers))
            problems.extend(problem for _, problem in found)
            parts[name].add(values[name], [at for at, _ in found])
        for name in parts.keys() - values.keys():
            parts[name].add([None] * len(numbers), ())
        rows.extend(numbers)
    return _draft(kind, sheet, columns, parts, rows, problems)


def _draft(
    kind: RecordKind,
    sheet: Sheet,
    columns: Sequence[Column],
    parts: Mapping[str, _Parts],
    rows: Sequence[int],
    problems: list[Problem],
) -> Draft:
    refused = {name: np.concatenate(part.refused) for name, part in parts.items() if part.refused}
    draft = Draft(
        kind,
        sheet.source,
        {name: part.column() for name, part in parts.items()},
        np.array(rows, dtype=np.int64),
        {column.field.name: column.heading for column in columns},
        {name: flags for name, flags in refused.items() if flags.any()},
        _left_out(sheet, columns),
    )
    draft.problems = [*problems, *sheet.problems, *_rule_problems(draft)]
    return draft


def _reader(column: Column, typed: bool, words: Vocabularies) -> CellReader:
    name = column.field.vocabulary
    return CellReader(column.field, column.read, typed, None if name is None else words[name])


def _cell_problems(
    column: Column, values: Sequence[Any], texts: Sequence[str], source: str, rows: Sequence[int]
) -> Iterator[tuple[int, Problem]]:
    """Yield position and problem of each cell that is refused, or empty where a value is required."""
    field = column.field
    if field.required and None in values:
        for at, value in enumerate(values):
            if value is None:
                params = {"field": column.heading}
                yield at, Problem(MISSING, source, rows[at], column.heading, None, params)
    if Refused not in set(map(type, values)):
        return
    for at, value in enumerate(values):
        if isinstance(value, Refused):
            params = dict(value.params)
            shown = show(field, str(params.pop("word", texts[at].strip())))
            yield at, Problem(value.problem, source, rows[at], column.heading, shown, params)


def show(field: Field, text: str) -> str:
    """Return a refused cell as a problem may show it.

    What was refused may be anything, such as a name in the column of phone numbers: only where it
    looks like a number are its first digits shown.
    """
    if field.sensitive in ("phone", "id_number") and not (text.isascii() and len(text) > 6):
        return "***"
    return field.shown(text)


def _rule_problems(draft: Draft) -> Iterator[Problem]:
    """Yield what the rules across fields find, where none of their cells was refused already."""
    for rule in draft.kind.rules:
        broken = rule.broken([draft.columns[name] for name in rule.fields])
        for at in np.flatnonzero(broken & draft.usable(*rule.fields)):
            yield draft.problem(rule.problem, int(at), rule.fields[0])


def _left_out(sheet: Sheet, columns: Sequence[Column]) -> frozenset[str]:
    """Return the ids of ragged rows: a reference to one of them is not a second mistake."""
    ids = set()
    for column in columns:
        if column.field.name != "id":
            continue
        for cells in sheet.ragged:
            try:
                ids.add(column.field.read(cells[column.position].strip()))
            except (BadValueError, IndexError):
                continue
    return frozenset(ids)
