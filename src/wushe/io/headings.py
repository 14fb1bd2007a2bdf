"""Column headings: English or Chinese, today's or those of an older format version."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import attrs

from wushe.errors import Problem
from wushe.io.mistakes import (
    COLUMN_TWICE,
    MISSING_COLUMN,
    NO_HEADINGS,
    UNKNOWN_COLUMN,
    UNNAMED_COLUMN,
)
from wushe.io.suggest import Suggester
from wushe.model import kinds
from wushe.model.spec import RECORD_KINDS, Field, RecordKind


@attrs.frozen
class Column:
    """A column that was recognised: where it stands, its field, its heading as written."""

    position: int
    field: Field
    heading: str
    read: Callable[[str], Any]


def fold(heading: str) -> str:
    """Return `heading` without spaces, case and full-width forms, to compare it by."""
    return "".join(unicodedata.normalize("NFKC", heading).split()).casefold()


def _reader(field: Field) -> Callable[[str], Any]:
    """Return what reads a cell of `field`: two calls fewer per cell where there is no range."""
    return field.kind.parse if field.low is None and field.high is None else field.read


def _read_fen(field: Field) -> Callable[[str], int]:
    def read(text: str) -> int:
        fen = int(kinds.INTEGER.parse(text))
        field.check_range(fen)
        return fen

    return read


@cache
def known_headings(
    kind: str, version: int, typed: bool
) -> Mapping[str, tuple[Field, Callable[[str], Any]]]:
    """Return field and reader of every heading of table `kind`, by folded heading.

    Format version 1 wrote money as whole fen under the field's own name (as typed files, JSON and
    Parquet, still do) and called a place ``community``.
    """
    found: dict[str, tuple[Field, Callable[[str], Any]]] = {}
    for field in RECORD_KINDS[kind].fields:
        found[fold(field.heading)] = found[fold(field.zh)] = (field, _reader(field))
        if field.kind is kinds.MONEY and (typed or version < 2):
            found[fold(field.name)] = (field, _read_fen(field))
        if field.name == "place" and version < 2:
            found["community"] = found["社区"] = (field, _reader(field))
    return found


def match_headings(
    kind: RecordKind,
    headings: Sequence[str],
    source: str,
    row: int | None,
    version: int,
    typed: bool,
) -> tuple[list[Column], list[Problem]]:
    """Return the recognised columns of a table in file order, and what is wrong with its headings."""
    known = known_headings(kind.name, version, typed)
    if not headings:
        return [], []  # a JSON table without records has no columns either
    if not any(fold(heading) in known for heading in headings):
        # Without a heading row the first record stands here: nothing of it may be shown.
        words = ", ".join(f"{f.zh} {f.heading}" for f in kind.fields[:3])
        return [], [Problem(NO_HEADINGS, source, row, params={"known": words})]
    columns: dict[str, Column] = {}
    problems = []
    suggester = Suggester([word for f in kind.fields for word in (f.heading, f.zh)])
    for position, heading in enumerate(headings):
        found = known.get(fold(heading))
        shown = show_heading(heading)
        if not heading.strip():
            problems.append(Problem(UNNAMED_COLUMN, source, row, params={"column": position + 1}))
        elif found is None:
            close = {"close": suggester.close(shown)}
            problems.append(Problem(UNKNOWN_COLUMN, source, row, shown, params=close))
        elif found[0].name in columns:
            other = {"other": columns[found[0].name].heading}
            problems.append(Problem(COLUMN_TWICE, source, row, shown, params=other))
        else:
            columns[found[0].name] = Column(position, found[0], shown, found[1])
    for field in kind.fields:
        if field.required and field.name not in columns:
            names = {"zh": field.zh, "en": field.heading}
            problems.append(Problem(MISSING_COLUMN, source, row, field.heading, params=names))
    return list(columns.values()), problems


def show_heading(heading: str) -> str:
    """Return a heading as a problem may show it: what holds a long number may be someone's data."""
    return "***" if re.search(r"\d{6}", heading) else heading.strip()[:40]
