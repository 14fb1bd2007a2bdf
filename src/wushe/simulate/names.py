"""Ids of simulated rows and back: ``V-0000012`` is volunteer row 12."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from wushe.model.storage import Array
from wushe.simulate.city import HELPERS

LETTERS = {"volunteers": "V", "social_workers": "W", "resources": "R", "funds": "F", "needs": "N"}
_DIGITS = 7


def ids_of(table: str, rows: Array) -> Array:
    """Return the ids of `rows` of a table that the simulation makes, object (n,)."""
    letter = LETTERS[table]
    found = np.empty(len(rows), dtype=object)
    found[:] = [f"{letter}-{row:0{_DIGITS}d}" for row in rows.tolist()]
    return found


def rows_of(ids: Iterable[str]) -> Array:
    """Return the rows that such ids name, int64."""
    return np.array([int(key[2:]) for key in ids], dtype=np.int64)


def helper_kinds(kinds: Iterable[str]) -> Array:
    """Return codes of `HELPERS` for names of tables, int8; -1 for tables that the simulation does not carry."""
    codes = {name: code for code, name in enumerate(HELPERS)}
    return np.array([codes.get(kind, -1) for kind in kinds], dtype=np.int8)
