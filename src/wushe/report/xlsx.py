"""Writing .xlsx workbooks for people: title, bold headings, widths, and no text that a program runs.

The same content gives the same bytes: nothing in the file comes from the clock.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from wushe.errors import MissingExtraError
from wushe.render.canvas import text_width
from wushe.render.inert import clean
from wushe.text import Text

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

    AnyCell: TypeAlias = Cell | MergedCell

DATE_FORMAT = "yyyy-mm-dd"
NUMBER_FORMAT = "#,##0"
YUAN_FORMAT = "#,##0.00"
AT_LEAST_FORMAT = '"≥"#,##0'
_NAME_LENGTH, _TEXT_LENGTH = 31, 32_767
"""Of a sheet's name and of a cell's text: what the program accepts."""
_UNSAFE_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
_FORMULA = tuple("=+-@＝＋－＠")
_FIXED = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - what the format stores has no zone
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


@attrs.frozen
class Number:
    """A number that is shown in a number format of its own."""

    value: int | Decimal
    number_format: str


Value: TypeAlias = str | int | Decimal | dt.date | Number | Text | None


@attrs.frozen
class BookSheet:
    """One sheet: `titles` above, `groups` (heading, columns) and headings, rows, `notes` beneath.

    `strong` are the rows set bold. An unknown value (None) is an empty cell.
    """

    name: str
    titles: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    groups: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    strong: frozenset[int] = frozenset()


def write_workbook(path: str | Path, sheets: Iterable[BookSheet], lang: str = "zh") -> Path:
    """Write `sheets` as one .xlsx file and return the path.

    Numbers stay numbers, dates dates. Text is written as text, also where it begins like a formula.
    Raises MissingExtraError without openpyxl, ValueError for a row that is not as long as the
    headings, OSError where the file cannot be written.
    """
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise MissingExtraError("writing .xlsx", "frames") from error
    book = Workbook()
    book.remove(book.worksheets[0])
    taken: list[str] = []
    for sheet in sheets:
        taken.append(sheet_name(sheet.name, taken))
        _fill(book.create_sheet(taken[-1]), sheet, lang)
    target = Path(path)
    target.write_bytes(_bytes(book))
    return target


def sheet_name(text: str, taken: Sequence[str] = ()) -> str:
    """Return `text` as a sheet's name: at most 31 characters, none forbidden, none of `taken`."""
    name = _UNSAFE_IN_NAMES.sub(" ", clean(text)).strip(" '")[:_NAME_LENGTH].strip(" '") or "Sheet"
    used = {other.casefold() for other in taken} | {"history"}  # reserved by the program
    found, number = name, 1
    while found.casefold() in used:
        number += 1
        end = f" {number}"
        found = name[: _NAME_LENGTH - len(end)] + end
    return found


def _fill(page: Worksheet, sheet: BookSheet, lang: str) -> None:
    from openpyxl.styles import Font

    for number, title in enumerate(sheet.titles, start=1):
        font = Font(bold=True, size=14) if number == 1 else Font(color="4A5664")
        _put(page.cell(number, 1), title, lang).font = font
    top = len(sheet.titles) + (2 if sheet.groups else 1)
    _heads(page, sheet, top)
    for at, values in enumerate(sheet.rows):
        if len(values) != len(sheet.heads):
            raise ValueError(
                f"{sheet.name} row {at + 1}: {len(values)} cells; expected {len(sheet.heads)}"
            )
        for column, value in enumerate(values, start=1):
            _body(_put(page.cell(top + 1 + at, column), value, lang), at in sheet.strong)
    for at, note in enumerate(sheet.notes, start=top + len(sheet.rows) + 2):
        _put(page.cell(at, 1), note, lang).font = Font(color="4A5664")
    _layout(page, sheet, top, lang)


def _heads(page: Worksheet, sheet: BookSheet, top: int) -> None:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    line = Side(style="thin", color="7D8996")
    column = 1
    for group, span in sheet.groups:
        page.cell(top - 1, column).value = clean(group)
        page.merge_cells(start_row=top - 1, end_row=top - 1, start_column=column,
                         end_column=column + span - 1)  # fmt: skip
        column += span
    for number, head in enumerate(sheet.heads, start=1):
        _put(page.cell(top, number), head, "zh")
    for row in range(top - bool(sheet.groups), top + 1):
        for number in range(1, len(sheet.heads) + 1):
            cell = page.cell(row, number)
            cell.font = Font(bold=True)
            cell.fill = PatternFill("solid", fgColor="EEF2F5")
            cell.border = Border(left=line, right=line, top=line, bottom=line)
            cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)


def _body(cell: AnyCell, strong: bool) -> None:
    from openpyxl.styles import Alignment, Border, Font, Side

    line = Side(style="thin", color="C5CCD3")
    cell.border = Border(left=line, right=line, top=line, bottom=line)
    side = "left" if cell.data_type == "s" else "right"
    cell.alignment = Alignment(horizontal=side, vertical="top", wrap_text=True)
    if strong:
        cell.font = Font(bold=True)


def _put(cell: AnyCell, value: Value, lang: str) -> AnyCell:
    """Put `value` into `cell`, text always as text."""
    if isinstance(value, Text):
        value = value.say(lang)
    if isinstance(value, Number):
        cell.value, cell.number_format = value.value, value.number_format
    elif isinstance(value, str):
        text = clean(value)
        cell.value = text[: _TEXT_LENGTH - 1] + "…" if len(text) > _TEXT_LENGTH else text
        # Set after the value: openpyxl has by then taken "=1+1" for a formula, "#N/A" for an error.
        cell.data_type = "s"
        if text.lstrip().startswith(_FORMULA):
            # Shown with a leading apostrophe: it stays text also when somebody edits the cell.
            quoted: Any = cell
            quoted.quotePrefix = True
    elif value is not None:
        cell.value = value
        if isinstance(value, dt.date):
            cell.number_format = DATE_FORMAT
        elif isinstance(value, int):
            cell.number_format = NUMBER_FORMAT
    return cell


def _layout(page: Worksheet, sheet: BookSheet, top: int, lang: str) -> None:
    """Set widths, freeze the headings, and say how the sheet prints."""
    from openpyxl.utils import get_column_letter

    for number, head in enumerate(sheet.heads):
        said = [head, *(_said(row[number], lang) for row in sheet.rows)]
        widest = max(text_width(text, 1.0) for text in said)  # in ems; a width unit is half an em
        page.column_dimensions[get_column_letter(number + 1)].width = min(
            max(2 * widest + 2, 8), 46
        )
    page.freeze_panes = page.cell(top + 1, 2).coordinate
    page.print_title_rows = f"{top}:{top}"
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = page.PAPERSIZE_A4  # type: ignore[assignment,unused-ignore]
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr,unused-ignore]


def _said(value: Value, lang: str) -> str:
    if isinstance(value, Number):
        return f"{value.value:,} "
    if isinstance(value, Text):
        return value.say(lang)
    return "" if value is None else str(value)


def _bytes(book: Workbook) -> bytes:
    """Return the file's bytes with the writer's clock taken out."""
    written, fixed = io.BytesIO(), io.BytesIO()
    book.properties.creator = "wushe"
    book.properties.created = _FIXED
    book.save(written)
    stamp = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")
    with (
        zipfile.ZipFile(written) as source,
        zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as out,
    ):
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = stamp.sub(rb"\g<1>" + f"{_FIXED.isoformat()}Z".encode(), content)
            entry = zipfile.ZipInfo(name, _ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(entry, content)
    return fixed.getvalue()
