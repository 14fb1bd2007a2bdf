"""Counting by place: what a city's own part of a report is mostly made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from wushe.text import Text

if TYPE_CHECKING:
    from wushe.network.linkage import LinkageNetwork

NOWHERE = Text("地区不详", "place unknown")
Counted = tuple[Iterable[str | None], npt.ArrayLike | None]


def count_by_place(
    network: LinkageNetwork, level: str, *columns: Counted, nowhere: Text = NOWHERE
) -> list[tuple[Text, tuple[int, ...]]]:
    """Return the name of each place of `level` (see `LEVELS`) and what lies in it, one figure a column.

    A column is the ids of the places where things are, and how much of it each is (whole numbers or bool; None
    for one each). Places in which nothing lies are left out; what lies in no such place comes first, as `nowhere`.
    Raises KeyError for an unknown level.
    """
    names = network["places"]["name"]
    sums = np.zeros((len(names) + 1, len(columns)), dtype=np.int64)
    here = np.zeros(len(sums), dtype=bool)
    for k, (places, amounts) in enumerate(columns):
        at = network.places.at_level(network["places"].row_of(places), level).astype(np.int64) + 1
        np.add.at(sums[:, k], at, 1 if amounts is None else np.asarray(amounts, dtype=np.int64))
        here[at] = True
    labels = [nowhere, *(Text(name, name) for name in names)]
    return [(labels[row], tuple(sums[row].tolist())) for row in np.flatnonzero(here)]
