"""Figures of reports that count people but do not say so: every household and person is put in twice."""

from __future__ import annotations

import re
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
from wushe.text import Text

PEOPLE = ("households", "persons")
BELONGINGS = ("incomes", "spendings", "assets", "statuses", "obligors")
"""What is on record of people; what they ask for and what happened to them is not put in twice."""
TWIN = "-twin"
_FIGURE = re.compile(r"\d+(?![\d.]|\s*[元分万])")
"""Whole figures in words that are no money."""
LEAST = 3
"""A column that adds up to less may double by chance."""


def people_counted(asked: Asked, world: World) -> Iterator[Finding]:
    """Yield the columns of reports that double with the people, and whose unit is another one nevertheless.

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
                if told := _in_words(part.values, after[key].values):
                    yield found(signs.PEOPLE_IN_WORDS, ask.where, table=key, words=told[:40])
                for column in _doubling(part.values, after[key].values):
                    one = part.values.columns[column]
                    params = {"table": key, "column": one.label, "unit": one.unit}
                    yield found(signs.PEOPLE_COUNTED, ask.where, **params)


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
    """Yield the columns of which every cell is twice as much in `two`, though they are no money and no people."""
    rows, others = list(one.all_rows()), list(two.all_rows())
    if [row.label for row in rows] != [row.label for row in others]:
        return
    for at, column in enumerate(one.columns):
        if column.unit in ("count", "permille") and column == two.columns[at]:
            before, after = _cells(rows, at), _cells(others, at)
            twice = [None if cell is None else 2 * cell for cell in before]
            if after == twice and sum(cell or 0 for cell in before) >= LEAST:
                yield at


def _in_words(one: ReportTable, two: ReportTable) -> str:
    """Return the first words of a table whose figures are all twice as much in `two`, "" where there are none."""
    for before, after in zip(_words(one), _words(two), strict=False):
        figures, doubled = ([int(n) for n in _FIGURE.findall(said)] for said in (before, after))
        if sum(figures) >= LEAST and doubled == [2 * n for n in figures]:
            return before
    return ""


def _words(table: ReportTable) -> list[str]:
    """Return the words of a table's title, note and cells, in Chinese."""
    cells = [cell for row in table.all_rows() for cell in row.cells if isinstance(cell, Text)]
    return [text.zh for text in (table.title, table.note, *cells) if text is not None]


def _cells(rows: list[ReportRow], at: int) -> list[int | None]:
    return [cell if isinstance(cell, int) else None for cell in (row.cells[at] for row in rows)]
