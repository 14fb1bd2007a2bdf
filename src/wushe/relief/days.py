"""The day that relief is asked about."""

from __future__ import annotations

import datetime as dt


def day_of(on: dt.date | str) -> dt.date:
    """Return `on` as a date, read from text such as 2025-09-15 where it is one. Raises ValueError."""
    if not isinstance(on, str):
        return on
    try:
        return dt.date.fromisoformat(on)
    except ValueError:
        raise ValueError(f"on: {on!r} is not a date; expected one such as 2025-09-15") from None
