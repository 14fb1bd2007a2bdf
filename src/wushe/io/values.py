"""Values of typed files (spreadsheet cells, JSON, Parquet) as the text that cells hold."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

MAX_EXACT = 10**15
"""From here on a spreadsheet has rounded whole numbers: it keeps 15 digits."""


class NotAValueError(Exception):
    """A nested object or list where one value is wanted."""


def sheet_text(value: Any) -> str:
    """Return the text of a spreadsheet cell as its user sees it: 12.0 is 12, midnight is no time.

    Whole numbers of more than 15 digits are written as 1.1E+17, which tells that they are rounded.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return format(value, ".15g") if abs(value) < MAX_EXACT else format(value, ".14E")
    return exact_text(value)


def exact_text(value: Any) -> str:
    """Return the text of a value of JSON or Parquet, without loss. Raises NotAValueError."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, float, dt.datetime)):
        return _special(value)
    if isinstance(value, (list, tuple)):
        return _tags_text(value)
    if isinstance(value, dict):
        raise NotAValueError
    return str(value)


def _special(value: bool | float | dt.datetime) -> str:
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(int(value)) if abs(value) < MAX_EXACT and value == int(value) else repr(value)


def _tags_text(value: list[Any] | tuple[Any, ...]) -> str:
    if not all(isinstance(tag, str) for tag in value):
        raise NotAValueError
    return ";".join(value) if value else "none"
