"""Parquet files through pyarrow, which comes with the extra ``frames``: typed and compact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wushe.errors import MissingExtraError, Problem
from wushe.io.mistakes import NOT_A_VALUE, UNREADABLE_PARQUET, BadFileError
from wushe.io.sheets import Sheet
from wushe.io.values import NotAValueError, exact_text
from wushe.model import kinds
from wushe.model.spec import Field
from wushe.model.storage import unknown
from wushe.model.tables import Table

if TYPE_CHECKING:
    from types import ModuleType


def _pyarrow() -> tuple[ModuleType, ModuleType]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError("Parquet", "frames") from None
    return pyarrow, parquet


def parquet_sheet(path: Path, source: str) -> Sheet:
    """Return the sheet in a Parquet file; rows count from 1. Raises BadFileError, MissingExtraError."""
    pyarrow, parquet = _pyarrow()
    try:
        file = parquet.ParquetFile(path)
    except pyarrow.ArrowException:
        raise BadFileError(Problem(UNREADABLE_PARQUET, source)) from None
    headings = tuple(str(name) for name in file.schema_arrow.names)
    problems: list[Problem] = []
    rows = _rows(file, headings, source, problems, pyarrow.ArrowException)
    return Sheet(source, None, headings, rows, typed=True, problems=problems)


def _rows(
    file: Any,
    headings: Sequence[str],
    source: str,
    problems: list[Problem],
    broken: type[Exception],
) -> Iterator[tuple[int, Sequence[str]]]:
    number = 0
    try:
        for batch in file.iter_batches():
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                number += 1
                yield number, texts_of(row, headings, source, number, problems)
    except broken:
        problems.append(Problem(UNREADABLE_PARQUET, source))


def texts_of(
    values: Sequence[Any], headings: Sequence[str], source: str, row: int, problems: list[Problem]
) -> list[str]:
    """Return the values of a typed row as texts; what is no value is noted in `problems`."""
    texts = []
    for value, heading in zip(values, headings, strict=True):
        try:
            texts.append(exact_text(value))
        except NotAValueError:
            problems.append(Problem(NOT_A_VALUE, source, row, heading))
            texts.append("")
    return texts


def write_parquet(table: Table, path: Path) -> None:
    """Write `table` with typed columns, unknown as null. Raises MissingExtraError."""
    pyarrow, parquet = _pyarrow()
    arrays = {
        field.name: pyarrow.array(
            list(table[field.name]) if field.kind.storage == "object" else table[field.name],
            type=_type(pyarrow, field),
            mask=None if field.kind.storage == "object" else unknown(table[field.name]),
        )
        for field in table.kind.fields
    }
    parquet.write_table(pyarrow.table(arrays), path)


def _type(pyarrow: ModuleType, field: Field) -> Any:
    if field.kind.name == kinds.TAGS.name:
        return pyarrow.list_(pyarrow.string())
    types = {
        "object": pyarrow.string(),
        "int64": pyarrow.int64(),
        "float64": pyarrow.float64(),
        "date": pyarrow.date32(),
        "flag": pyarrow.bool_(),
    }
    return types[field.kind.storage]
