"""Columns of words and tags handled a distinct value at a time: cities have few of them and many rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from wushe.model.pairing import bitmask
from wushe.model.storage import Array, unknown

Tags = tuple[str, ...]


def objects(values: Sequence[Any]) -> Array:
    """Return `values` as an object column; tuples stay whole."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def is_known(column: Array) -> npt.NDArray[np.bool_]:
    """Return where an object column is not None, bool of the same shape."""
    return ~unknown(column)


def first_known(first: Array, *others: Array) -> Array:
    """Return row by row the first value that is not None, object column."""
    found = first.copy()
    for other in others:
        missing = ~is_known(found)
        found[missing] = other[missing]
    return found


def take(column: Array, rows: Array) -> Array:
    """Return ``column[rows]`` with None where the row is -1, object column."""
    taken = np.full(len(rows), None, dtype=object)
    taken[rows >= 0] = column[rows[rows >= 0]]
    return taken


def codes_of(words: Mapping[Any, int], column: Iterable[Any], n: int) -> npt.NDArray[np.int64]:
    """Return the code of each of the `n` values of `column` in `words`, -1 for those not there."""
    return np.fromiter(map(words.get, column, repeat(-1)), dtype=np.int64, count=n)


def distinct(column: Iterable[Any]) -> tuple[list[Any], npt.NDArray[np.int64]]:
    """Return the distinct values in order of first sight, and the position of each row's among them."""
    values = column.tolist() if isinstance(column, np.ndarray) else list(column)
    first = {value: code for code, value in enumerate(dict.fromkeys(values))}
    return list(first), np.fromiter(map(first.__getitem__, values), np.int64, count=len(values))


def by_value(work: Callable[[Any], Any], column: Iterable[Any]) -> Array:
    """Return `work` of each value as an object column, called once for each distinct value."""
    found, codes = distinct(column)
    return objects([work(value) for value in found])[codes]


def masks(tags: Iterable[Tags | None], vocabulary: Mapping[str, int]) -> npt.NDArray[np.uint64]:
    """Return what `bitmask` returns for `tags`, worked out once for each distinct value."""
    found, codes = distinct(tags)
    return bitmask(found, vocabulary)[codes]


def word_masks(words: Array, vocabulary: Mapping[str, int]) -> npt.NDArray[np.uint64]:
    """Return what `bitmask` returns where each row holds the one word of `words`."""
    mask = np.zeros((len(words), len(vocabulary) // 64 + 1), dtype=np.uint64)
    bit = codes_of(vocabulary, words, len(words))
    rows = np.flatnonzero(bit >= 0)
    mask[rows, bit[rows] // 64] = np.uint64(1) << (bit[rows] % 64).astype(np.uint64)
    return mask
