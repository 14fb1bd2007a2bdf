"""Which offers could serve a need below a price: exact search over pools of offers, never a full list.

Arrays only: numpy, and the kernel's folder for compiled code. Distances are chords on the unit sphere,
which grow with the great circle, so that a node's box never overestimates one.
"""

from __future__ import annotations

import math
import threading
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wushe.matching.kernel.compile import cache_folder, to_stderr
from wushe.matching.search import seek as loops
from wushe.matching.search.forest import Array, Forest, grow, morton, price
from wushe.matching.search.seek import CELLS, FAR, Asks, Found, Known, Terms

FEW = 500_000
"""Fewer pairs of needs and offers than this are searched without a compiler."""
WARM = "seek-warm"
MESSAGE = (
    "首次使用：正在编译供需搜索，约需十秒，只此一次 / "
    "first use: compiling the search for pairs, about ten seconds, once"
)
NO_LIMIT = FAR
_lock = threading.RLock()
_twins: dict[str, Any] = {}


def on_sphere(lon: Array, lat: Array) -> Array:
    """Return points on the unit sphere, float (n, 3), NaN where a coordinate (degrees) is unknown."""
    known = ~np.isnan(lon) & ~np.isnan(lat)
    lon, lat = np.where(known, lon, np.nan), np.where(known, lat, np.nan)
    a, b = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)])


def chord_squared(km: Array, radius: float) -> Array:
    """Return the squared chord of a great-circle distance; infinite from half around on."""
    angle = np.asarray(km) / radius
    chord = (2 * np.sin(np.minimum(angle, np.pi) / 2)) ** 2
    return np.where(angle >= np.pi, np.inf, chord)


def cells(cut: Array) -> Array:
    """Return `Terms.skip` for ascending squared chords `cut`."""
    edges = (np.arange(int(CELLS * 1.5)) / CELLS * (1 - 1e-9)) ** 4
    return np.searchsorted(cut, edges * (1 - 1e-9)).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Sides:
    """Needs and offers: points on the sphere (NaN unknown) and paths of place rows (-1 none).

    `need_pool` int32 (n_needs, n_lanes): the pools that a need reaches, -1 none, each offer in at most one
    of them; `pool` and `offer` (n_entries,): which offers a pool holds. `radius` float (n_offers,): the
    squared chord up to which an offer goes, infinite where nothing limits it. `must` int64 (n_needs,): bits
    that an offer's `mark` int64 (n_offers,) must hold; offers of one `group` are searched together.
    """

    need_spot: Array
    need_path: Array
    need_pool: Array
    offer_spot: Array
    offer_path: Array
    pool: Array
    offer: Array
    radius: Array
    must: Array
    mark: Array
    group: Array


class Nearby:
    """The search over one city. Not safe for use by several threads at a time."""

    def __init__(self, sides: Sides, terms: Terms, taste: Array, need_kind: Array) -> None:
        """`taste` int64 (n_offers,): the offers' own part of the cost; `need_kind` as in `Asks`."""
        self._sides, self._terms, self._kind = sides, terms, need_kind
        self._taste = taste
        here: Array = ~np.isnan(sides.need_spot[:, 0])
        there: Array = ~np.isnan(sides.offer_spot[:, 0])[sides.offer]
        forests = ((there, here, True), (there, ~here, False), (~there, here | True, False))
        self._forests: list[tuple[Forest, Array]] = []
        for which, who, spatial in forests:
            if which.any() and who.any():
                self._forests.append((self._grow(which, spatial), who))
        self._spot = np.where(np.isnan(sides.need_spot), 0.0, sides.need_spot)
        # Neighbours search one after the other: what they look at is still in the processor's cache.
        self._order = np.lexsort((morton(self._spot), *sides.need_pool.T)).astype(np.int32)
        self.leaves = 0

    def _grow(self, which: Array, spatial: bool) -> Forest:
        s = self._sides
        pools = int(max(s.need_pool.max(initial=-1), s.pool.max(initial=-1))) + 1
        return grow(
            s.pool[which],
            s.offer[which],
            pools,
            s.offer_spot,
            s.offer_path,
            self._taste,
            s.radius,
            s.mark,
            s.group,
            spatial,
        )

    def search(
        self, prices: Array, ceiling: Array, want: Array, known: Known
    ) -> tuple[Array, Array, Array]:
        """Return (need, offer, value): up to `want` pairs per need below its `ceiling`, best first.

        A pair's value is what distance or shared place cost at least, plus the offer's entry in `prices`.
        `prices` int64 (n_offers,); `ceiling`, `want` int64 (n_needs,). Pairs in `known` are left out.
        """
        ask = self._order[want[self._order] > 0]
        begin = np.cumsum(want[ask]) - want[ask]
        room = int(want[ask].sum())
        found = Found(
            begin.astype(np.int64),
            np.zeros(len(ask), dtype=np.int64),
            np.zeros(room, dtype=np.int64),
            np.zeros(room, dtype=np.int32),
        )
        for forest, who in self._forests:
            price(forest, prices)
            mine = np.where(who, want, 0).astype(np.int64)
            asks = Asks(
                ask,
                self._sides.need_pool,
                self._spot,
                self._sides.need_path,
                ceiling.astype(np.int64),
                mine,
                self._kind,
                self._sides.must,
            )
            self.leaves += _seek(forest, asks, self._terms, known, found)
        kept = np.arange(room) - np.repeat(begin, want[ask]) < np.repeat(found.count, want[ask])
        return np.repeat(ask, found.count), found.offer[kept], found.value[kept]


def _seek(forest: Forest, asks: Asks, terms: Terms, known: Known, found: Found) -> int:
    levels = 4 * (len(forest.tops) + 2)
    stack, bound = np.zeros(levels, dtype=np.int64), np.zeros(levels, dtype=np.int64)
    small = len(asks.row) * len(forest.offer) < FEW
    run = loops.seek if small else _compiled()
    return int(run(forest, asks, terms, known, found, stack, bound))


def _compiled() -> Any:
    """Return `seek` compiled, from the kernel's cache where it is there, else telling who waits."""
    with _lock:
        if "seek" not in _twins:
            folder = cache_folder()
            _twins["seek"] = _compile(folder)
            if folder is None or not (folder / WARM).exists():
                to_stderr(MESSAGE)
            if folder is not None:
                (folder / WARM).touch()
        return _twins["seek"]


def _compile(folder: Path | None) -> Any:
    import numba

    config: Any = numba.config
    space: dict[str, Any] = {
        "__builtins__": __builtins__,
        "MIXED": loops.MIXED,
        "CELLS": loops.CELLS,
        "FAR": loops.FAR,
        "math": math,
    }
    before = config.CACHE_DIR  # where a dispatcher keeps its cache is decided when it is made
    try:
        if folder is not None:
            config.CACHE_DIR = str(folder)
        for plain in loops.FUNCTIONS:
            copy = types.FunctionType(plain.__code__, space, plain.__name__)
            copy.__module__, copy.__qualname__ = plain.__module__, plain.__qualname__
            inner = plain is not loops.seek
            options = {"cache": folder is not None, "forceinline": inner, "_nrt": False}
            jit: Any = numba.njit
            space[plain.__name__] = jit(**options)(copy)
    finally:
        config.CACHE_DIR = before
    return space["seek"]
