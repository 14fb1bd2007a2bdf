"""Tables that the simulation makes itself: values are not checked again, unknown columns are shared."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from wushe.model.spec import RECORD_KINDS
from wushe.model.storage import DTYPES, Array, pack
from wushe.model.tables import Table


def filled_table(kind: str, /, **columns: Any) -> Table:
    """Return the table of record kind `kind` whose fields are `columns`, shape (n,) each, and `id` is sorted.

    Other fields are unknown in every row and share one column per storage, so that 100,000 persons stay small.
    Raises ValueError where ids are not in order, each once; KeyError for a name that is no field.
    """
    spec = RECORD_KINDS[kind]
    ids = np.asarray(columns["id"], dtype=object)
    listed = ids.tolist()
    if any(a >= b for a, b in pairwise(listed)):
        raise ValueError(f"{kind}: ids are not in order, each once")
    for name in columns:
        spec.field(name)
    blank: dict[str, Array] = {}
    full = {}
    for field in spec.fields:
        storage = field.kind.storage
        if field.name in columns:
            full[field.name] = np.asarray(columns[field.name], dtype=DTYPES[storage])
        else:
            if storage not in blank:
                blank[storage] = np.repeat(pack(storage, [None]), len(ids))
            full[field.name] = blank[storage]
    return Table(spec, full, np.zeros(len(ids), dtype=np.int64), "")


def numbered(letter: str, n: int, digits: int = 7) -> Array:
    """Return the ids ``H-0000000``, ``H-0000001``, ... object (n,)."""
    found = np.empty(n, dtype=object)
    found[:] = [f"{letter}-{row:0{digits}d}" for row in range(n)]
    return found


def same(value: Any, n: int) -> Array:
    """Return an object column that holds `value` in every row; a tuple stays whole."""
    one = np.empty(1, dtype=object)
    one[0] = value
    return np.repeat(one, n)


def objects(values: Any) -> Array:
    """Return values, tuples among them, as an object column (n,)."""
    listed = list(values)
    column = np.empty(len(listed), dtype=object)
    column[:] = listed
    return column


def one_of(values: Any, codes: Array) -> Array:
    """Return ``values[code]`` for each code, object (n,); values may be tuples."""
    found: Array = objects(values)[codes]
    return found
