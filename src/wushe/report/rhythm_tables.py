"""Tables of the working rhythm: figures by place, month or organization, and what of them may be shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import attrs

from wushe.privacy import SMALL_CELL, Audience, suppress_small
from wushe.report.month import Cell, Figure
from wushe.text import Text


@attrs.frozen
class Measure:
    """One column. `by` names the column whose small counts withhold it: itself where it counts people or
    cases, those paid where it is money; None where it tells of nobody. `shared`: its total stands in several
    tables of the report, so that it is withheld in all or none. `inside`: for the own team only.
    """

    id: str
    label: Text
    by: str | None = None
    shared: bool = True
    inside: bool = False


@attrs.frozen
class Row:
    """The figures of one row by measure; what is not given is not recorded. `key` is an id or a month."""

    key: str
    name: Text
    figures: Mapping[str, Figure]

    def figure(self, measure: str) -> Figure:
        """Return a figure; one that nobody recorded is unknown, not zero."""
        return self.figures.get(measure, Figure(0, 1))


@attrs.frozen(eq=False)
class Table:
    """Rows of figures, with a total counted anew where there is one.

    `also` are rows that must be withheld too, by measure: the same figures of a finer period are.
    """

    id: str
    title: Text
    first: Text
    measures: tuple[Measure, ...]
    rows: tuple[Row, ...]
    total: Row | None = None
    also: Mapping[str, frozenset[str]] = attrs.field(factory=dict)

    def figure(self, measure: str, row: str | None = None) -> Figure:
        """Return the figure of a row, or of the total. Raises KeyError."""
        if measure not in {m.id for m in self.measures}:
            raise KeyError(f"measure: {measure!r} is none of {self.id}")
        if row is None:
            if self.total is None:
                raise KeyError(f"row: {self.id} has no total")
            return self.total.figure(measure)
        return next(r for r in self.rows if r.key == row).figure(measure)


@attrs.frozen
class Hidden:
    """Of one column: the keys of the rows withheld, and whether the total is."""

    rows: frozenset[str]
    total: bool


def hidden(table: Table, measure: str) -> Hidden:
    """Return what of a column of counts must not be shown beside each other and the total."""
    counts = [row.figure(measure).value for row in table.rows]
    kept = suppress_small(counts)
    keys = {row.key for row, count in zip(table.rows, kept.counts, strict=True) if count is None}
    total = None if table.total is None else table.total.figure(measure).value
    # Distinct people of two rows are one in the total, which may be small where its rows are not.
    tells = kept.total is None or (total is not None and 0 < total < SMALL_CELL)
    more = table.also.get(measure, frozenset()) - keys
    if more:
        keys |= more
        rest = sum(c for row, c in zip(table.rows, counts, strict=True) if row.key in keys)
        tells = tells or len(keys) == 1 or 0 < rest < SMALL_CELL or rest == len(keys)
    return Hidden(frozenset(keys), tells)


def cells(tables: Iterable[Table], audience: Audience) -> dict[str, list[list[Cell]]]:
    """Return the cells of each table by its id, the total's row last where it has one."""
    held = list(tables)
    if audience == "internal":
        return {
            t.id: [[_cell(row.figure(m.id)) for m in t.measures] for row in _all(t)] for t in held
        }
    found = {(t.id, m.id): hidden(t, m.by) for t in held for m in t.measures if m.by is not None}
    totals: dict[str, bool] = defaultdict(bool)
    for table in held:
        for measure in table.measures:
            if measure.by is not None and measure.shared:
                totals[measure.id] |= found[table.id, measure.id].total
    return {
        t.id: [[_shown(t, m, row, found, totals) for m in t.measures] for row in _all(t)]
        for t in held
    }


def _all(table: Table) -> list[Row]:
    return [*table.rows] if table.total is None else [*table.rows, table.total]


def _shown(
    table: Table,
    measure: Measure,
    row: Row,
    found: Mapping[tuple[str, str], Hidden],
    totals: Mapping[str, bool],
) -> Cell:
    if measure.inside:
        return Cell("withheld", None)
    held = found.get((table.id, measure.id))
    if held is None:
        return _cell(row.figure(measure.id))
    if row is table.total:
        gone = totals[measure.id] if measure.shared else held.total
    else:
        gone = row.key in held.rows
    return Cell("withheld", None) if gone else _cell(row.figure(measure.id))


def _cell(figure: Figure) -> Cell:
    if not figure.unrecorded:
        return Cell("exact", figure.value)
    return Cell("at_least", figure.value) if figure.value else Cell("unrecorded", None)
