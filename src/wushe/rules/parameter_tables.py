"""Tables of parameters: one CSV row per value, every mistake told with its row and field."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import attrs

from wushe.errors import InputError, Problem
from wushe.rules.parameters import BAD_CELL, BAD_TABLE, Parameter


def _day(cell: str) -> dt.date | None:
    if not cell:
        return None
    if len(cell) != 10:
        raise ValueError(cell)
    return dt.date.fromisoformat(cell)


def _list(cell: str) -> tuple[str, ...]:
    return tuple(code for part in re.split(r"[;；、|]", cell) if (code := part.strip()))


_READ: Final[Mapping[str, Callable[[str], Any]]] = {
    **dict.fromkeys(("valid_from", "valid_to", "expires", "checked"), _day),
    "within": _list,
}
COLUMNS: Final = (
    "name", "region", "area", "within", "value", "unit", "valid_from", "valid_to", "expires",
    "document", "article", "source", "checked", "confidence", "note",
)  # fmt: skip
"""The heading of a table of parameters."""


def read_parameters(content: str | Path | Traversable, source: str) -> tuple[Parameter, ...]:
    """Return the parameters of a CSV table under the heading `COLUMNS`, in its order.

    `content` is the text, or a file to read it from; `source` is what errors call it. Codes `within`
    are separated by ``;``. Raises InputError with all problems: row (the heading is 1) and field.
    """
    cells = _cells(content, source)
    heading = cells[0] if cells else []
    if sorted(heading) != sorted(COLUMNS):
        raise InputError([_bad_table(source, " ".join(heading) or "—", 1)])
    found: list[Parameter] = []
    problems: list[Problem] = []
    for number, row in enumerate(cells[1:], start=2):
        if not any(map(str.strip, row)):
            continue
        if len(row) != len(heading):
            problems.append(_bad_table(source, f"{len(row)} / {len(heading)}", number))
            continue
        try:
            found.append(_parameter(dict(zip(heading, map(str.strip, row), strict=True))))
        except InputError as error:
            problems.extend(attrs.evolve(p, file=source, row=number) for p in error.problems)
    if problems:
        raise InputError(problems)
    return tuple(found)


def _cells(content: str | Path | Traversable, source: str) -> list[list[str]]:
    try:
        text = content if isinstance(content, str) else content.read_text(encoding="utf-8")
        return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InputError([_bad_table(source, why)]) from error


def _bad_table(source: str, why: str, row: int | None = None) -> Problem:
    return Problem(BAD_TABLE, source, row, params={"why": why, "columns": ",".join(COLUMNS)})


def _parameter(row: Mapping[str, str]) -> Parameter:
    fields: dict[str, Any] = {}
    problems = []
    for name, cell in row.items():
        try:
            fields[name] = _READ.get(name, str)(cell)
        except ValueError:
            problems.append(Problem(BAD_CELL, "", None, name, cell, {"want": "2021-07-01"}))
            fields[name] = None
    try:
        parameter = Parameter(**fields)
    except InputError as error:
        raise InputError([*problems, *error.problems]) from None
    if problems:
        raise InputError(problems)
    return parameter
