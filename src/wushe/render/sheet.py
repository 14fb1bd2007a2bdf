"""Text for spreadsheets and file names, with nothing in it that a program would run."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence

from wushe.render.inert import clean

BOM = "\ufeff"
_FORMULA = tuple("=+-@\t\r＝＋－＠")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
# What a spreadsheet may skip before it looks for a formula sign.
_SKIPPED = " \u00a0\u3000\u200b\u2060\ufeff\n"
_UNSAFE_IN_NAMES = re.compile(r'[\s/\\:*?"<>|%&;$`\'!#{}\ufffd]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)
_NAME_BYTES = 120


def cell(value: object) -> str:
    """Return one CSV cell: a formula sign at its beginning is disarmed by an apostrophe.

    None is an empty cell. Plain numbers, also negative ones, stay numbers.
    """
    if value is None:
        return ""
    text = str(value)
    start = text.lstrip(_SKIPPED)
    dangerous = start.startswith(_FORMULA) and not _NUMBER.fullmatch(text)
    text = "\n".join(clean(line) for line in re.split(r"\r\n|\r|\n", text))
    return "'" + text if dangerous else text


def to_csv(header: Sequence[str], rows: Iterable[Sequence[object]], *, bom: bool = True) -> str:
    """Return a table as CSV text with CRLF line ends (RFC 4180).

    With `bom` the text starts with U+FEFF: written as UTF-8, spreadsheets in China then
    read it as UTF-8 and not as GBK. Raises ValueError if a row is not as long as `header`.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([cell(name) for name in header])
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise ValueError(
                f"row {number}: {len(row)} cells; expected {len(header)}, one a column"
            )
        writer.writerow([cell(value) for value in row])
    return (BOM if bom else "") + out.getvalue()


def safe_filename(text: str) -> str:
    """Return `text` as a file name that every system accepts, without its extension's dot rules.

    Separators, spaces, control and shell characters become ``_``; the name has at most 120 bytes
    of UTF-8, no leading dot or dash, is never a reserved device name and never empty.
    """
    name = _UNSAFE_IN_NAMES.sub("_", unicodedata.normalize("NFC", clean(text)))
    name = name.encode()[:_NAME_BYTES].decode(errors="ignore").lstrip("._-=+@~ ").rstrip("._ ")
    if not name:
        return "unnamed"
    return "_" + name if _RESERVED.match(name) else name
