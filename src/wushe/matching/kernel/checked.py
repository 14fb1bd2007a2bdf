"""What a caller of the live matching gives as numbers, checked."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index

import numpy as np

from wushe.matching.kernel.problem import LARGEST, Array

Numbers = Sequence[int] | Array


def units_of(capacity: int) -> int:
    """Return a checked capacity as a Python integer, whose differences cannot overflow."""
    units = index(capacity)
    if not 0 <= units < LARGEST:
        raise ValueError(f"capacity {units}: expected 0 to 2^62")
    return units


def integers(values: Numbers) -> Array:
    """Return `values` as int64, or raise ValueError where they are not integers."""
    found = np.asarray(values)
    if found.ndim != 1 or (len(found) and found.dtype.kind not in "iu"):
        raise ValueError(f"an edge's numbers are {found.dtype}, expected a list of integers")
    return found.astype(np.int64)
