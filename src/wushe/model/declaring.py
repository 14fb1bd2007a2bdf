"""What a city declares beside its matching rules: standards, programmes, sections of reports, demos."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, get_args

import attrs

from wushe.model.storage import Array
from wushe.model.terms import Columns, Context
from wushe.text import Text

Cell = int | Text | None
"""A figure, words, or None for what nobody knows."""
Unit = Literal["count", "people", "fen", "permille", "words"]
"""What a column of a report's table holds: a count of things, of people or cases (small ones are
withheld from the public), money in fen, thousandths, or words."""


def _words(item: Any, field: attrs.Attribute[Any], value: Any) -> None:
    """Refuse what is no tuple of texts. Raises TypeError."""
    if not isinstance(value, tuple) or not all(isinstance(word, str) for word in value):
        raise TypeError(
            f"{type(item).__name__} {item.id!r}: {field.name} is {value!r}; expected a tuple of ids"
        )


def _is(kind: type) -> Callable[[Any, attrs.Attribute[Any], Any], None]:
    """Return a validator that refuses what is no `kind`, naming the item. Raises TypeError."""

    def check(item: Any, field: attrs.Attribute[Any], value: Any) -> None:
        if not isinstance(value, kind):
            name = getattr(item, "id", None)
            which = f" {name!r}" if isinstance(name, str) else ""
            raise TypeError(
                f"{type(item).__name__}{which}: {field.name} is {value!r}; expected {kind.__name__}"
            )

    return check


_ID, _TEXT = _is(str), _is(Text)


@attrs.frozen(eq=False)
class StandardItem:
    """One thing that a standard asks for.

    `test(rows, context)` answers for every row of the standard's table, int8 (n,): 1 met, 0 not, -1 unknown.
    """

    id: str = attrs.field(validator=_ID)
    label: Text = attrs.field(validator=_TEXT)
    test: Callable[[Columns, Context], Array]


@attrs.frozen(eq=False)
class Standard:
    """What every row of a `table` should have, such as the six haves (六有) of a social-work station.

    The tests get the table's columns, and for ``stations`` besides ``workers`` (int64, social workers of the
    station), ``services`` (int64, services recorded in the 365 days before and on the date, by the station or
    its workers) and ``level`` (text, the level of its place). `source` names the document.
    """

    id: str = attrs.field(validator=_ID)
    label: Text = attrs.field(validator=_TEXT)
    items: tuple[StandardItem, ...] = attrs.field(
        validator=attrs.validators.deep_iterable(
            attrs.validators.instance_of(StandardItem), attrs.validators.instance_of(tuple)
        )
    )
    table: str = "stations"
    source: str = ""
    replaces: bool = False


@attrs.frozen
class Programme:
    """A field of service: whom it is for, and which categories of need it answers.

    `groups` are ids of target groups, none for everybody; `visit_kinds` are the ways in which its people are
    found (see `VISIT_KINDS`). `source` names the document, or says that it is made up.
    """

    id: str = attrs.field(validator=_ID)
    label: Text = attrs.field(validator=_TEXT)
    groups: tuple[str, ...] = attrs.field(default=(), validator=_words)
    categories: tuple[str, ...] = attrs.field(default=(), validator=_words)
    visit_kinds: tuple[str, ...] = attrs.field(default=(), validator=_words)
    source: str = ""
    replaces: bool = False


@attrs.frozen
class ReportColumn:
    """One column of a report's table and what its figures count."""

    label: Text = attrs.field(validator=_TEXT)
    unit: Unit = attrs.field(default="count", validator=attrs.validators.in_(get_args(Unit)))


@attrs.frozen
class ReportRow:
    """One row: what it is of (a place, a category, a month; never a person), and a cell for each column."""

    label: Text = attrs.field(validator=_TEXT)
    cells: tuple[Cell, ...]


def _check_cell(where: str, column: ReportColumn, cell: Cell) -> None:
    """Raise TypeError or ValueError where a cell does not fit its column."""
    if cell is None:
        return
    where = f"{where}, column {column.label.en!r}: {cell!r}; expected"
    if column.unit == "words":
        if not isinstance(cell, Text):
            raise TypeError(f"{where} words in both languages")
    elif type(cell) is not int:
        raise TypeError(f"{where} a whole number")
    elif column.unit in ("count", "people") and cell < 0:
        raise ValueError(f"{where} 0 or more, None where unknown")


@attrs.frozen
class ReportTable:
    """A table of a report; `head` is the heading of its first column, `total` its last row.

    Raises ValueError where a row has another number of cells than there are columns or counts fewer than
    none, TypeError for a cell that does not fit its column.
    """

    id: str = attrs.field(validator=_ID)
    title: Text = attrs.field(validator=_TEXT)
    head: Text = attrs.field(validator=_TEXT)
    columns: tuple[ReportColumn, ...]
    rows: tuple[ReportRow, ...]
    total: ReportRow | None = None
    note: Text | None = attrs.field(default=None, validator=attrs.validators.optional(_TEXT))

    def __attrs_post_init__(self) -> None:
        for row in self.all_rows():
            if len(row.cells) != len(self.columns):
                raise ValueError(
                    f"table {self.id!r}, row {row.label.en!r}: {len(row.cells)} cells; "
                    f"expected {len(self.columns)}, one for each column"
                )
            for column, cell in zip(self.columns, row.cells, strict=True):
                _check_cell(f"table {self.id!r}, row {row.label.en!r}", column, cell)

    def all_rows(self) -> Iterator[ReportRow]:
        """Yield the rows, the total last."""
        yield from self.rows
        if self.total is not None:
            yield self.total


@attrs.frozen(eq=False)
class ReportSection:
    """A city's own part of a report: `make(network, context)` returns its tables.

    `network` is a `LinkageNetwork`; tables hold no personal values, only what can be counted.
    """

    id: str = attrs.field(validator=_ID)
    label: Text = attrs.field(validator=_TEXT)
    make: Callable[[Any, Context], Sequence[ReportTable]]
    replaces: bool = False


@attrs.frozen
class Demo:
    """Tables that come with a plugin, the plugins and date they are planned with, and what they tell.

    `folder` is a path; `stories` are clients whose plans are shown; with `relief` the plan asks of charity
    only what government relief and mutual aid leave. `tell` is ``module:function``, a function of the
    language ("zh" or "en") that yields the lines of the city's story.
    """

    id: str = attrs.field(validator=_ID)
    about: Text = attrs.field(validator=_TEXT)
    plugins: tuple[str, ...] = attrs.field(validator=_words)
    on: str = attrs.field(validator=_ID)
    folder: str = attrs.field(converter=str)
    stories: tuple[str, ...] = attrs.field(default=(), validator=_words)
    relief: bool = False
    tell: str | None = None
    replaces: bool = False
