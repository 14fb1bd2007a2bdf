"""A CSV file given to a command: any of the usual encodings and separators, every mistake named by row and column."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from wushe.errors import InputError, Problem, ProblemKind
from wushe.io.csvfiles import find_encoding, find_separator
from wushe.io.headings import fold
from wushe.io.mistakes import (
    BROKEN_QUOTES,
    CELL_TOO_LONG,
    COLUMN_TWICE,
    TOO_MANY_CELLS,
    BadFileError,
)
from wushe.model.kinds import IDENT, TAGS, UNIT, BadValueError, Kind
from wushe.text import Text

_PERSONAL = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|1[3-9]\d{9})(?!\d)")
"""An ID number or a mobile phone number, where an id is wanted."""

_NAME = re.compile(r"[\u3400-\u9fff]{2}")


def personal(text: str) -> bool:
    """Return whether an id is, or holds, somebody's ID number or mobile phone number."""
    return _PERSONAL.search(text) is not None


@attrs.frozen
class Row:
    """One row of data: its number as a spreadsheet counts, and its cells that are not empty."""

    number: int
    cells: dict[str, Any]


def read_table(
    path: Path, columns: Mapping[str, Kind], names: Mapping[str, str], needed: Sequence[str]
) -> list[Row]:
    """Return the rows of a CSV file with a heading, each cell read as its kind in `columns` says.

    `names` gives the Chinese headings that mean a column too. Raises InputError with every mistake.
    """
    known = {fold(name): name for name in columns}
    known |= {fold(zh): name for name, zh in names.items()}
    try:
        lines = _lines(path, frozenset(known))
    except BadFileError as error:
        raise InputError([error.problem]) from None
    shown = ", ".join(f"{name} {names[name]}" if name in names else name for name in columns)
    heading = [known.get(fold(name)) for name in lines[0]] if lines else []
    found = _heading_problems(path, lines[0] if lines else [], heading, needed, shown)
    if found:
        raise InputError(found)
    rows = [
        Row(number, _cells(path, number, heading, cells, columns, needed, found))
        for number, cells in enumerate(lines[1:], 2)
        if any(cell.strip() for cell in cells)
    ]
    if not rows:
        found.append(Problem(NO_ROWS, path.name))
    if found:
        raise InputError(found)
    return rows


def _lines(path: Path, known: frozenset[str]) -> list[list[str]]:
    encoding = find_encoding(path, path.name)
    separator = find_separator(path, encoding, known)
    lines: list[list[str]] = []
    with path.open(encoding=encoding, newline="") as stream:
        try:
            lines.extend(csv.reader(stream, delimiter=separator, strict=True))
        except csv.Error as error:
            kind = CELL_TOO_LONG if "field limit" in str(error) else BROKEN_QUOTES
            raise BadFileError(Problem(kind, path.name, len(lines) + 1)) from None
    return lines


def _heading_problems(
    path: Path,
    given: Sequence[str],
    heading: Sequence[str | None],
    needed: Sequence[str],
    shown: str,
) -> list[Problem]:
    params = {"columns": shown}
    found = []
    if not any(heading):
        given = ()  # a table without a heading: its first row is of persons, and is not repeated
    for at, (name, text) in enumerate(zip(heading, given, strict=False)):
        if name is None:
            found.append(Problem(ODD_COLUMN, path.name, 1, text.strip()[:40], None, params))
        elif name in heading[:at]:
            other = {"other": given[heading.index(name)].strip()}
            found.append(Problem(COLUMN_TWICE, path.name, 1, text.strip(), None, other))
    missing = [name for name in needed if name not in heading]
    return found + [Problem(NO_COLUMN, path.name, 1, name, None, params) for name in missing]


def _cells(
    path: Path, number: int, heading: Sequence[str | None], cells: Sequence[str],
    columns: Mapping[str, Kind], needed: Sequence[str], found: list[Problem],
) -> dict[str, Any]:  # fmt: skip
    if any(cell.strip() for cell in cells[len(heading) :]):
        size = {"found": len(cells), "width": len(heading)}
        found.append(Problem(TOO_MANY_CELLS, path.name, number, params=size))
        return {}
    row: dict[str, Any] = {}
    given = {name: cell.strip() for name, cell in zip(heading, cells, strict=False) if name}
    for name, text in given.items():
        if not text:
            continue
        kind = columns[name]
        try:
            row[name] = kind.parse(text)
        except BadValueError as error:
            value = _shown(kind, text)
            found.append(Problem(error.problem, path.name, number, name, value, error.params))
        else:
            if kind in (IDENT, TAGS) and personal(text):
                found.append(Problem(PERSONAL, path.name, number, name))
    empty = [name for name in needed if not given.get(name)]
    found += [Problem(NO_VALUE, path.name, number, name) for name in empty]
    return row


def _shown(kind: Kind, text: str) -> str | None:
    """Return a bad cell as an error may show it: where an id belongs, or cells have moved, there may be a name."""
    named = _NAME.match(text) if kind is UNIT else _NAME.search(text)  # a unit may be 10千克
    hidden = kind in (IDENT, TAGS) or personal(text) or named
    return None if hidden else text[:40]


def _kind(
    code: str, what: tuple[str, str], expected: tuple[str, str], todo: tuple[str, str]
) -> ProblemKind:
    return ProblemKind(code, Text(*what), Text(*expected), Text(*todo))


_LOOK = ("对照操作说明里的列名", "compare with the columns in the how-to")
ODD_COLUMN = _kind(
    "sheet-column-unknown", ("不认识这一列", "an unknown column"), ("{columns}", "{columns}"), _LOOK
)
NO_COLUMN = _kind(
    "sheet-column-missing",
    ("缺少这一列", "this column is missing"),
    ("{columns}", "{columns}"),
    _LOOK,
)
NO_VALUE = _kind(
    "sheet-cell-empty",
    ("没有填", "empty"),
    ("必填", "a value"),
    ("补填后重试", "fill it in and try again"),
)
NO_ROWS = _kind(
    "sheet-empty",
    ("没有数据行", "no rows"),
    ("表头下至少一行", "at least one row below the heading"),
    ("补上数据", "add the rows"),
)
PERSONAL = _kind(
    "sheet-cell-personal",
    ("像身份证号或手机号", "looks like an ID number or a mobile phone number"),
    ("编号，如 D-0001", "an id such as D-0001"),
    ("换成不含个人信息的编号", "use an id that tells nothing of the person"),
)
