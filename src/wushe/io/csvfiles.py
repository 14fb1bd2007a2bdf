"""CSV files as people make them: any of the usual encodings and separators."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from wushe.errors import Problem
from wushe.io.headings import fold, known_headings
from wushe.io.mistakes import (
    BROKEN_QUOTES,
    CELL_TOO_LONG,
    NUL_BYTES,
    UNREADABLE_ENCODING,
    BadFileError,
)
from wushe.io.sheets import Sheet, is_blank, sheet_of

SEPARATORS = (",", ";", "\t", "，", "；")
_BLOCK = 1 << 20
_HEAD = 1 << 16
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def csv_sheet(path: Path, source: str, kind: str, version: int) -> Sheet:
    """Return the sheet in the CSV file `path`, of table `kind`. Raises BadFileError and OSError."""
    encoding = find_encoding(path, source)
    separator = find_separator(path, encoding, frozenset(known_headings(kind, version, False)))
    stops: list[Problem] = []
    try:
        sheet = sheet_of(source, _rows(path, encoding, separator, source, stops))
    except BadFileError:
        if stops:
            raise BadFileError(stops[0]) from None
        raise
    sheet.problems = stops
    return sheet


def find_encoding(path: Path, source: str) -> str:
    """Return the encoding of the text file `path`: UTF-8, GB18030, or UTF-16 with its mark.

    Both are tried strictly on the whole file. Raises BadFileError with the offset of the first byte
    that fits neither, or of a NUL byte.
    """
    with path.open("rb") as stream:
        if stream.read(2) in _UTF16:
            bad = _first_bad_byte(path, "utf-16")
            if bad is None:
                return "utf-16"
            raise _not_text(source, bad, "UTF-16")
    bad = _first_bad_byte(path, "utf-8", lambda offset: _nul(source, offset))
    if bad is None:
        return "utf-8-sig"
    if _clearly_utf8(path, bad):
        # GB18030 would accept many a broken UTF-8 file and make nonsense of it.
        raise _not_text(source, bad, "UTF-8")
    bad = _first_bad_byte(path, "gb18030", lambda offset: _nul(source, offset))
    if bad is None:
        return "gb18030"
    raise _not_text(source, bad, "UTF-8, GB18030")


def _not_text(source: str, offset: int, encoding: str) -> BadFileError:
    params = {"offset": offset, "encoding": encoding}
    return BadFileError(Problem(UNREADABLE_ENCODING, source, params=params))


def _nul(source: str, offset: int) -> BadFileError:
    return BadFileError(Problem(NUL_BYTES, source, params={"offset": offset}))


def _first_bad_byte(
    path: Path, encoding: str, on_nul: Callable[[int], Exception] | None = None
) -> int | None:
    """Return the offset of the first byte that `encoding` refuses, None where it takes them all."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    offset = pending = 0
    with path.open("rb") as stream:
        while True:
            block = stream.read(_BLOCK)
            if on_nul is not None and b"\0" in block:
                raise on_nul(offset + block.index(b"\0"))
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                # The decoder still held `pending` bytes of the block before.
                return offset - pending + error.start
            if not block:
                return None
            offset += len(block)
            pending = len(decoder.getstate()[0])


def _clearly_utf8(path: Path, bad: int) -> bool:
    """Return whether enough Chinese is readable as UTF-8 before the bad byte to exclude GB18030.

    Chinese in GB18030 is readable as UTF-8 for two or three characters at most, by chance.
    """
    with path.open("rb") as stream:
        start = stream.read(min(bad, _HEAD))
    return sum(character >= "\u0800" for character in start.decode("utf-8", "ignore")) >= 8


def find_separator(path: Path, encoding: str, known: frozenset[str]) -> str:
    """Return the separator under which most headings are known, the comma where all fail."""
    with path.open(encoding=encoding, newline="") as stream:
        head = stream.read(_HEAD)
    return max(SEPARATORS, key=lambda separator: _known_in(head, separator, known))


def _known_in(head: str, separator: str, known: frozenset[str]) -> int:
    try:
        for row in csv.reader(io.StringIO(head, newline=""), delimiter=separator):
            if not is_blank(row) and not row[0].startswith(("#", "sep=")):
                return sum(fold(cell) in known for cell in row)
    except csv.Error:
        return 0
    return 0


def _rows(
    path: Path, encoding: str, separator: str, source: str, stops: list[Problem]
) -> Iterator[Sequence[str]]:
    """Yield the rows of the file; a broken one ends them and is noted in `stops`."""
    number = 0
    with path.open(encoding=encoding, newline="") as stream:
        try:
            for row in csv.reader(stream, delimiter=separator, strict=True):
                number += 1
                yield row
        except csv.Error as error:
            kind = CELL_TOO_LONG if "field limit" in str(error) else BROKEN_QUOTES
            stops.append(Problem(kind, source, number + 1))
