"""Figures of reports that count people but do not say so: every household and person is put in twice."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np

from wushe.matching.columns import objects
from wushe.model.declaring import ReportRow, ReportTable
from wushe.model.storage import Array
from wushe.model.tables import Table, sorted_table
from wushe.network import LinkageNetwork, build_network
from wushe.testing.conformance import signs
from wushe.testing.conformance.answering import RAISED, Asked
from wushe.testing.conformance.findings import Finding, found
from wushe.testing.conformance.world import World

PEOPLE = ("households", "persons")
BELONGINGS = ("incomes", "spendings", "assets", "statuses", "obligors")
"""What is on record of people; what they ask for and what happened to them is not put in twice."""
TWIN = "-twin"
LEAST = 3
"""A column that adds up to less may double by chance."""


def people_counted(asked: Asked, world: World) -> Iterator[Finding]:
    """Yield the columns of reports that double with the people, and whose unit is ``count`` nevertheless.

    Figures of places, stations or needs stay as they are where everybody has a twin.
    """
    sections = [ask for ask in asked.working if ask.hook == "register_report_sections"]
    crowd = attrs.evolve(world, network=with_twins(world.network)) if sections else world
    for ask in sections:
        try:
            after = ask.run(crowd)
        except RAISED:  # odd facts are another check's business
            continue
        for key, part in asked.answers[ask.where].items():
            if key in after:
                for column in _doubling(part.values, after[key].values):
                    label = part.values.columns[column].label
                    yield found(signs.PEOPLE_COUNTED, ask.where, table=key, column=label)


def with_twins(network: LinkageNetwork) -> LinkageNetwork:
    """Return a city in which all households and persons, with what is on record of them, are there twice."""
    tables = dict(network.tables)
    for name in (*PEOPLE, *BELONGINGS):
        tables[name] = _with_twins(tables[name])
    return build_network(tables, network.categories, network.target_groups, network.versions)


def _with_twins(table: Table) -> Table:
    columns: dict[str, Array] = {}
    for field in table.kind.fields:
        column = table[field.name]
        own = field.name == "id" or set(field.refs) & set(PEOPLE)
        columns[field.name] = np.concatenate([column, _twins(column) if own else column])
    return sorted_table(table.kind, columns, np.concatenate([table.rows, table.rows]), table.source)


def _twins(ids: Array) -> Array:
    return objects([None if key is None else f"{key}{TWIN}" for key in ids.tolist()])


def _doubling(one: ReportTable, two: ReportTable) -> Iterator[int]:
    """Yield the columns of unit ``count`` of which every cell is twice as much in `two`."""
    rows, others = list(one.all_rows()), list(two.all_rows())
    if [row.label for row in rows] != [row.label for row in others]:
        return
    for at, column in enumerate(one.columns):
        if column.unit == "count" and column == two.columns[at]:
            before, after = _cells(rows, at), _cells(others, at)
            twice = [None if cell is None else 2 * cell for cell in before]
            if after == twice and sum(cell or 0 for cell in before) >= LEAST:
                yield at


def _cells(rows: list[ReportRow], at: int) -> list[int | None]:
    return [cell if isinstance(cell, int) else None for cell in (row.cells[at] for row in rows)]
