"""Excel workbooks (.xlsx) through openpyxl, which comes with the extra ``frames``."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from wushe.errors import MissingExtraError, Problem
from wushe.io.cells import UNSAVED_FORMULA
from wushe.io.mistakes import EMPTY_FILE, MERGED_CELLS, UNREADABLE_WORKBOOK, BadFileError
from wushe.io.sheets import Sheet, sheet_of
from wushe.io.values import sheet_text

if TYPE_CHECKING:
    from openpyxl import Workbook

_BROKEN = (zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, SyntaxError, EOFError)
"""What openpyxl raises on files that are no workbook, or a damaged one."""
_ODD = re.compile(rb"<(?:\w+:)?(?:f|mergeCell)[\s>/]")
_BLOCK = 1 << 20


@attrs.frozen
class _Oddities:
    """Of one sheet: (row, column) of formulas without a saved result, and merged ranges by row."""

    formulas: frozenset[tuple[int, int]] = frozenset()
    merged: tuple[tuple[int, str], ...] = ()


def workbook_sheets(path: Path, source: str) -> dict[str, Sheet]:
    """Return the sheets of the workbook by title; those without any cell are left out.

    Raises BadFileError, OSError and MissingExtraError.
    """
    try:
        book = _load(path, values=True, quick=True)
        odd = _oddities(path)
        titles = [sheet.title for sheet in book.worksheets]
        found: dict[str, Sheet] = {}
        for title in titles:
            label = source if len(titles) == 1 else f"{source} [{title}]"
            sheet = _sheet(book, title, label, odd.get(title, _Oddities()))
            if sheet is not None:
                found[title] = sheet
    except _BROKEN:
        raise BadFileError(Problem(UNREADABLE_WORKBOOK, source)) from None
    if not found:
        raise BadFileError(Problem(EMPTY_FILE, source))
    return found


def _load(path: Path, *, values: bool, quick: bool) -> Workbook:
    try:
        import openpyxl
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError:
        raise MissingExtraError("reading .xlsx", "frames") from None
    try:
        return openpyxl.load_workbook(path, read_only=quick, data_only=values)
    except InvalidFileException as error:
        raise ValueError(str(error)) from None


def _sheet(book: Workbook, title: str, source: str, odd: _Oddities) -> Sheet | None:
    try:
        sheet = sheet_of(source, _rows(book, title, source, odd), short_rows=True)
    except BadFileError as error:
        if error.problem.kind is EMPTY_FILE:
            return None
        raise
    sheet.problems.extend(
        Problem(MERGED_CELLS, source, row, None, area) for row, area in odd.merged
    )
    return sheet


def _rows(book: Workbook, title: str, source: str, odd: _Oddities) -> Iterator[Sequence[str]]:
    try:
        for number, row in enumerate(book[title].iter_rows(values_only=True), start=1):
            texts = [sheet_text(value) for value in row]
            for at in range(len(texts)) if odd.formulas else ():
                if (number, at + 1) in odd.formulas:
                    texts[at] = UNSAVED_FORMULA
            yield texts or [""]
    except _BROKEN:
        raise BadFileError(Problem(UNREADABLE_WORKBOOK, source)) from None


def _oddities(path: Path) -> Mapping[str, _Oddities]:
    """Return what the quick reading mode does not see, by sheet title.

    Few data sheets hold formulas or merged cells, so that the slow mode is the exception.
    """
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        if not any(_is_odd(archive, name) for name in names if name.endswith(".xml")):
            return {}
    formulas = _load(path, values=False, quick=False)
    values = _load(path, values=True, quick=False)
    found = {}
    for sheet in formulas.worksheets:
        results = values[sheet.title]
        pairs = zip(sheet.iter_rows(), results.iter_rows(values_only=True), strict=True)
        unsaved = frozenset(
            (row, column)
            for row, (cells, saved) in enumerate(pairs, start=1)
            for column, (cell, value) in enumerate(zip(cells, saved, strict=True), start=1)
            if cell.data_type == "f" and value is None
        )
        merged = tuple((area.min_row, area.coord) for area in sheet.merged_cells.ranges)
        found[sheet.title] = _Oddities(unsaved, tuple(sorted(merged)))
    return found


def _is_odd(archive: zipfile.ZipFile, name: str) -> bool:
    before = b""
    with archive.open(name) as stream:
        while block := stream.read(_BLOCK):
            if _ODD.search(before + block):
                return True
            before = block[-40:]
    return False
