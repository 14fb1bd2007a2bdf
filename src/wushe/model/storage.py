"""How values lie in columns: one dtype per storage, one mark for "unknown" each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from wushe.model.kinds import Storage

UNKNOWN_INT = -(2**63)
"""Stands for "unknown" in int64 columns. Never add it up: ask `unknown` first."""

Array = npt.NDArray[Any]
DTYPES: dict[Storage, str] = {
    "object": "O",
    "int64": "int64",
    "float64": "float64",
    "date": "datetime64[D]",
    "flag": "int8",
}
_MARKS: dict[Storage, Any] = {
    "object": None,
    "int64": UNKNOWN_INT,
    "float64": float("nan"),
    "date": np.datetime64("NaT", "D"),
    "flag": -1,
}


def pack(storage: Storage, values: Sequence[Any]) -> Array:
    """Return `values` (None is unknown) as a column, shape (n_values,)."""
    mark = _MARKS[storage]
    if storage == "object":
        column = np.empty(len(values), dtype=object)
        column[:] = values
        return column
    return np.array([mark if v is None else v for v in values], dtype=DTYPES[storage])


def unknown(column: Array) -> npt.NDArray[np.bool_]:
    """Return where `column` is unknown, bool array of the same shape."""
    if column.dtype.kind == "O":
        return np.fromiter((v is None for v in column), dtype=bool, count=len(column))
    if column.dtype.kind == "f":
        return np.isnan(column)
    if column.dtype.kind == "M":
        return np.isnat(column)
    return np.asarray(column == (UNKNOWN_INT if column.dtype.itemsize == 8 else -1))


def unpack(column: Array, row: int) -> Any:
    """Return the Python value at `row`, None where unknown."""
    value = column[row]
    if column.dtype.kind == "O":
        return value
    if unknown(column[row : row + 1])[0]:
        return None
    if column.dtype.kind == "M":
        return dt.date.fromisoformat(str(value))
    if column.dtype.itemsize == 1:
        return bool(value)
    return value.item()
