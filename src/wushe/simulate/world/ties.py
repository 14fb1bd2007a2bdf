"""Who knows whom: ties between households, near ones above all."""

from __future__ import annotations

import numpy as np

from wushe.model.storage import Array
from wushe.simulate.assumptions import Assumption, shares
from wushe.text import Text

ASSUMPTIONS = (
    Assumption("ties.mean", 6.0, "households known, mean", Text("平均相识户数", "how many households one knows"), high=100.0),
    Assumption("ties.doors", 15.0, "households to either side", Text("近邻的范围", "how far next-door neighbours live"), low=1.0, whole=True),
    *shares(
        ("ties.near", 0.6, "相识户中近邻的比例", "of ties, those to next-door neighbours"),
        ("ties.street", 0.1, "相识户中同街道其他社区的比例", "of ties, those to anywhere in the street"),
    ),
)  # fmt: skip
ROUNDS = 30
"""How often ties that were drawn twice are drawn anew; where too few households are near, there are fewer."""


def draw_ties(
    rng: np.random.Generator,
    home: Array,
    street: Array,
    mean: float,
    doors: int,
    near: float,
    far: float,
) -> tuple[Array, Array]:
    """Return who knows whom as rows of neighbours: starts int64 (n_h + 1,) and households int32, symmetric.

    `home` int (n_h,) ascending: community of each household; `street` int (n_communities,) ascending. Of the ties
    a share of `near` is to households at most `doors` rows away, of `far` to any household of the street, the rest
    to any of the community. Nobody is tied to themselves or twice.
    """
    n = len(home)
    wanted = round(n * mean / 2)
    community = np.searchsorted(home, np.arange(len(street) + 1))
    block = community[np.searchsorted(street, np.arange(int(street[-1]) + 2))]
    found = np.zeros(0, dtype=np.int64)
    for _ in range(ROUNDS):
        missing = wanted - len(found)
        if missing <= 0:
            break
        source = rng.integers(0, n, missing)
        kind = rng.random(missing)
        at = home[source]
        low, high = community[at], community[at + 1]
        anywhere, beside = kind < far, kind >= 1 - near
        low, high = (
            np.where(anywhere, block[street[at]], low),
            np.where(anywhere, block[street[at] + 1], high),
        )
        low = np.where(beside, np.maximum(low, source - doors), low)
        high = np.where(beside, np.minimum(high, source + doors + 1), high)
        target = low + (rng.random(missing) * (high - low)).astype(np.int64)
        others = source != target
        first, last = np.minimum(source, target)[others], np.maximum(source, target)[others]
        found = _once(np.concatenate((found, first * n + last)))
    return _rows(found // n, found % n, n)


def _once(codes: Array) -> Array:
    """Return codes in order, each once."""
    codes = np.sort(codes)
    found: Array = codes[np.concatenate(([True], codes[1:] != codes[:-1]))[: len(codes)]]
    return found


def _rows(a: Array, b: Array, n: int) -> tuple[Array, Array]:
    """Return both directions of each tie, sorted by household, in rows."""
    code = np.sort(np.concatenate((a * n + b, b * n + a)))
    start = np.searchsorted(code, np.arange(n + 1) * n)
    return start.astype(np.int64), (code % n).astype(np.int32)
