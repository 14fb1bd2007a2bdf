"""Rows that grow: named columns of numbers, appended to in batches, read and written as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wushe.model.storage import Array


class Rows:
    """Columns of one length; ``rows["status"]`` is a view of all rows there are, so that writing to it counts.

    A view is good until the next `append`. `fields` maps each column to its dtype and what new rows hold there
    unless told otherwise.
    """

    def __init__(self, fields: Mapping[str, tuple[str, Any]]) -> None:
        self.fields = dict(fields)
        self._n = 0
        self._columns = {name: np.full(16, fill, dtype) for name, (dtype, fill) in fields.items()}

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, name: str) -> Array:
        return self._columns[name][: self._n]

    def append(self, n: int, **columns: Any) -> Array:
        """Add `n` rows and return their numbers, int64 (n,). Raises KeyError for a column that is not there."""
        first, self._n = self._n, self._n + n
        for name in columns:
            if name not in self.fields:
                raise KeyError(f"{name!r} is no column; columns: {', '.join(self.fields)}")
        if self._n > len(next(iter(self._columns.values()))):
            self._grow(max(2 * first, self._n))
        for name, value in columns.items():
            self._columns[name][first : self._n] = value
        return np.arange(first, self._n)

    def _grow(self, size: int) -> None:
        for name, (dtype, fill) in self.fields.items():
            larger = np.full(size, fill, dtype)
            larger[: len(self._columns[name])] = self._columns[name]
            self._columns[name] = larger
