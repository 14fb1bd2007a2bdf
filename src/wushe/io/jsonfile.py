"""One JSON file with all tables: ``{"wushe": 2, "tables": {"needs": [{...}, ...]}}``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from wushe.errors import Problem
from wushe.io.mistakes import BAD_LAYOUT, NOT_A_VALUE, UNKNOWN_TABLE, BadFileError
from wushe.io.package import FORMAT_VERSION, checked_version, load_json
from wushe.io.parquet import texts_of
from wushe.io.sheets import CHUNK_ROWS, Sheet
from wushe.io.suggest import Suggester
from wushe.model.spec import RECORD_KINDS
from wushe.model.storage import Array, unknown
from wushe.model.tables import Table


def table_names() -> dict[str, str]:
    """Return table names by every name of a table, English and Chinese."""
    return {word: kind.name for kind in RECORD_KINDS.values() for word in (kind.name, kind.zh)}


def json_sheets(path: Path, source: str) -> tuple[int, dict[str, Sheet], list[Problem]]:
    """Return format version, sheets by table name and problems of a city in one JSON file.

    Raises BadFileError and OSError.
    """
    content = load_json(path, source)
    if not isinstance(content, dict):
        raise BadFileError(Problem(BAD_LAYOUT, source))
    version = checked_version(content.get("wushe"), source, "wushe")
    tables = content.get("tables")
    if not isinstance(tables, dict) or content.keys() - {"wushe", "tables"}:
        raise BadFileError(Problem(BAD_LAYOUT, source))
    names, suggester = table_names(), Suggester(table_names())
    sheets: dict[str, Sheet] = {}
    problems = []
    for word, records in tables.items():
        name = names.get(word)
        if name is None:
            close = {"close": suggester.close(word)}
            problems.append(Problem(UNKNOWN_TABLE, source, None, None, word[:60], close))
        elif not isinstance(records, list) or name in sheets:
            problems.append(Problem(BAD_LAYOUT, source, None, word))
        else:
            sheets[name] = _sheet(records, f"{source} [{word}]")
    return version, sheets, problems


def _sheet(records: list[Any], source: str) -> Sheet:
    items = [item for item in records if isinstance(item, dict)]
    headings = tuple(dict.fromkeys(key for item in items for key in item))
    problems: list[Problem] = []
    rows = _rows(records, headings, source, problems)
    return Sheet(source, None, headings, rows, typed=True, problems=problems)


def _rows(
    records: list[Any], headings: Sequence[str], source: str, problems: list[Problem]
) -> Iterator[tuple[int, Sequence[str]]]:
    for number, item in enumerate(records, start=1):
        if isinstance(item, dict):
            values = [item.get(heading) for heading in headings]
            yield number, texts_of(values, headings, source, number, problems)
        else:
            problems.append(Problem(NOT_A_VALUE, source, number))


# --- writing -----------------------------------------------------------------------------------


def write_json(tables: Mapping[str, Table], stream: TextIO) -> None:
    """Write `tables` to `stream`, one record a line as `wushe.to_json` writes it."""
    stream.write(f'{{"wushe": {FORMAT_VERSION}, "tables": {{')
    for number, (name, table) in enumerate(tables.items()):
        stream.write(f'{"," if number else ""}\n"{name}": [')
        for row, record in enumerate(_objects(table)):
            stream.write(",\n" if row else "\n")
            json.dump(record, stream, ensure_ascii=False)
        stream.write("\n]" if len(table) else "]")
    stream.write("\n}}\n")


def _objects(table: Table) -> Iterator[dict[str, Any]]:
    """Yield the records as JSON objects without the unknown facts, a chunk of rows at a time."""
    for start in range(0, len(table), CHUNK_ROWS):
        part = slice(start, start + CHUNK_ROWS)
        columns = [_plain(table[field.name][part]) for field in table.kind.fields]
        for values in zip(*columns, strict=True):
            pairs = zip(table.kind.field_names, values, strict=True)
            yield {name: value for name, value in pairs if value is not None}


def _plain(column: Array) -> list[Any]:
    """Return a column as what JSON holds, None where unknown."""
    blank = unknown(column)
    if column.dtype.kind == "M":
        column = column.astype(str)
    elif column.dtype == "int8":
        column = column.astype(bool)
    return [None if empty else value for empty, value in zip(blank, column.tolist(), strict=True)]
