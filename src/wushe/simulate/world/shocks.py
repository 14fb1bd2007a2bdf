"""Shocks: days on which more needs arise in some places, such as a flood week."""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np

from wushe.model.storage import Array
from wushe.simulate.city import Population
from wushe.simulate.streams import Streams
from wushe.text import Text


@attrs.frozen
class Shock:
    """From day `first` on, for `days` days, needs arise `factor` times as often in the places that are hit.

    `categories` are the ids that it touches (empty: all). Hit are the communities in `places` (ids of
    communities or streets) or, without any, each community with probability `share`, drawn once for a run.
    Raises ValueError and TypeError for what cannot be.
    """

    name: str
    label: Text
    first: int
    days: int
    factor: float
    categories: tuple[str, ...] = ()
    share: float = 1.0
    places: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ValueError(f"name of a shock is {self.name!r}; expected a word such as flood")
        if not isinstance(self.label, Text):
            raise TypeError(
                f"shock {self.name!r}: label is {self.label!r}; expected a Text(zh, en)"
            )
        for field, least in (("first", 0), ("days", 1)):
            value = getattr(self, field)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise ValueError(
                    f"shock {self.name!r}: {field} is {value!r}; expected a whole number from {least} on"
                )
        if not 0 <= self.factor < math.inf:
            raise ValueError(
                f"shock {self.name!r}: factor is {self.factor!r}; expected 0 or more, 1 changes nothing"
            )
        if not 0 <= self.share <= 1:
            raise ValueError(f"shock {self.name!r}: share is {self.share!r}; expected 0 to 1")
        for field in ("categories", "places"):
            value = getattr(self, field)
            if not isinstance(value, tuple) or not all(isinstance(v, str) for v in value):
                raise TypeError(
                    f"shock {self.name!r}: {field} is {value!r}; expected a tuple of ids"
                )

    def on(self, day: int) -> bool:
        """Return whether it lasts on `day`."""
        return self.first <= day < self.first + self.days

    def hit(self, people: Population, streams: Streams) -> Array:
        """Return which communities are hit, bool (n_communities,). Raises ValueError for an unknown place.

        Drawn by name of the shock and community, so that a larger share hits the same places and more.
        """
        if not self.places:
            drawn: Array = (
                streams.draw(f"shocks.{self.name}", np.arange(len(people.communities))) < self.share
            )
            return drawn
        known = {*people.communities.tolist(), *people.streets.tolist()}
        for place in self.places:
            if place not in known:
                raise ValueError(
                    f"shock {self.name!r}: {place!r} is no street or community of the scenario"
                )
        named: Array = np.isin(people.communities, self.places) | np.isin(
            people.streets[people.street], self.places
        )
        return named

    def touches(self, categories: Sequence[str]) -> Array:
        """Return which of `categories` it touches, bool (n_categories,).

        Raises ValueError where it names one that is not among them.
        """
        for category in self.categories:
            if category not in categories:
                raise ValueError(
                    f"shock {self.name!r}: {category!r} is no need category; the plugins of the "
                    f"scenario have {', '.join(categories)}"
                )
        if not self.categories:
            return np.ones(len(categories), dtype=bool)
        return np.array([category in self.categories for category in categories], dtype=bool)


FLOOD_NEEDS = (
    "clothing", "daily_goods", "emergency_aid", "errand", "food", "home_repair", "meal_delivery", "safety_check",
)  # fmt: skip


def flood_week(first: int, *, days: int = 7, factor: float = 8.0, share: float = 0.3) -> Shock:
    """Return a flood week from day `first` on: low-lying communities need food, bedding, repairs and cash.

    Factor and share are assumed.
    """
    return Shock("flood", Text("洪涝", "flood"), first, days, factor, FLOOD_NEEDS, share)


def factors(
    shocks: Sequence[Shock], hits: Sequence[Array], touched: Sequence[Array], day: int
) -> tuple[Array, Array] | None:
    """Return what rates are multiplied by on `day`, None where no shock lasts.

    That is `pattern` int64 (n_communities,), which shocks hit each community, and float
    (n_patterns, n_categories): shocks that overlap multiply.
    """
    active = [i for i, shock in enumerate(shocks) if shock.on(day)]
    if not active:
        return None
    mask = sum(hits[i].astype(np.int64) << bit for bit, i in enumerate(active))
    masks, pattern = np.unique(mask, return_inverse=True)
    by = np.ones((len(masks), len(touched[active[0]])))
    for bit, i in enumerate(active):
        hit = (masks >> bit) & 1 == 1
        by[np.ix_(hit, touched[i])] *= shocks[i].factor
    return pattern.reshape(-1), by
