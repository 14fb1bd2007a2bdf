"""What plugins ask about candidate pairs, a batch at a time: skills, restrictions, distance, history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from wushe.model.storage import Array
from wushe.model.terms import Columns, Context, Pairs

EARTH_KM = 6371.0
Tagged = Literal["skill", "group", "place", "client"]
Measured = Callable[[Columns, Columns, Pairs], Array]


def bitmask(
    tags: Iterable[Iterable[str] | None], vocabulary: Mapping[str, int]
) -> npt.NDArray[np.uint64]:
    """Return which words of `vocabulary` each element holds, uint64 array (n, n_words // 64 + 1)."""
    every = list(tags)
    mask = np.zeros((len(every), len(vocabulary) // 64 + 1), dtype=np.uint64)
    for row, words in enumerate(every):
        for word in words or ():
            bit = vocabulary.get(word)
            if bit is not None:
                mask[row, bit // 64] |= np.uint64(1 << (bit % 64))
    return mask


def pair_covers(needs: Columns, offers: Columns, pairs: Pairs) -> npt.NDArray[np.bool_]:
    """Return where the offer has every skill that the need asks for, bool (n_pairs,)."""
    asked, had = needs["skill_mask"], offers["skill_mask"]
    covered = np.ones(len(pairs), dtype=bool)
    for word in range(asked.shape[1]):
        if asked[:, word].any():
            covered &= (asked[pairs.need, word] & ~had[pairs.offer, word]) == 0
    return covered


def pair_permitted(
    needs: Columns, offers: Columns, pairs: Pairs, by: Tagged
) -> npt.NDArray[np.bool_]:
    """Return where the donor's restriction to a ``group``, ``place`` or ``client`` admits the need.

    Offers without such a restriction admit every need. Bool array, shape (n_pairs,).
    """
    allowed = offers[f"{by}_mask"]
    restricted = (allowed != 0).max(axis=1, initial=False)
    permitted: npt.NDArray[np.bool_] = ~restricted[pairs.offer]
    where = np.flatnonzero(~permitted)
    need, offer = pairs.need[where], pairs.offer[where]
    for word in range(allowed.shape[1]):
        permitted[where] |= (needs[f"{by}_mask"][need, word] & allowed[offer, word]) != 0
    return permitted


def pair_km(needs: Columns, offers: Columns, pairs: Pairs) -> npt.NDArray[np.float64]:
    """Return great-circle kilometres between need and offer, float (n_pairs,), NaN where unknown."""
    return _once("km", _kilometres, needs, offers, pairs)


def pair_level(needs: Columns, offers: Columns, pairs: Pairs) -> npt.NDArray[np.int8]:
    """Return the lowest level of the place tree that both share, int8 (n_pairs,).

    0 is the province, 5 the grid (the order of `LEVELS`); -1 where they share none.
    """
    return _once("level", _shared_level, needs, offers, pairs)


def _once(
    name: str, measure: Measured, needs: Columns, offers: Columns, pairs: Pairs
) -> npt.NDArray[Any]:
    """Return what `measure` says of these pairs, worked out once however many plugins ask."""
    held = pairs.memo.get(name)
    if held is None or held[0] is not needs or held[1] is not offers:
        held = pairs.memo[name] = (needs, offers, measure(needs, offers, pairs))
    return held[2].copy()  # whoever asks may write into it


def _kilometres(needs: Columns, offers: Columns, pairs: Pairs) -> Array:
    lon1, lat1 = np.radians(needs["lon"])[pairs.need], np.radians(needs["lat"])[pairs.need]
    lon2, lat2 = np.radians(offers["lon"])[pairs.offer], np.radians(offers["lat"])[pairs.offer]
    half = (
        np.sin((lat2 - lat1) / 2) ** 2
        + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    )
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1))))


def _shared_level(needs: Columns, offers: Columns, pairs: Pairs) -> Array:
    shared = np.full(len(pairs), -1, dtype=np.int8)
    for level in range(needs["ancestors"].shape[1]):
        ours, theirs = (
            needs["ancestors"][pairs.need, level],
            offers["ancestors"][pairs.offer, level],
        )
        shared[(ours == theirs) & (ours >= 0)] = level
    return shared


def pair_served_before(
    needs: Columns, offers: Columns, pairs: Pairs, context: Context
) -> npt.NDArray[np.bool_]:
    """Return where this provider has helped this household or institution before, bool (n_pairs,)."""
    keys = pair_key(needs["client_code"][pairs.need], offers["provider_code"][pairs.offer])
    return np.isin(keys, context.history)


def pair_key(client: Array, provider: Array) -> npt.NDArray[np.int64]:
    """Return one int64 per (client code, provider code)."""
    return client.astype(np.int64) << 32 | provider.astype(np.int64)
