"""A stage: one named process of the city's day."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from wushe.simulate.city import City


@attrs.frozen
class Stage:
    """`step(city)` does what happens on ``city.day``; `begin(city)` sets up what it needs on day 0.

    A stage reads time from the city only, and randomness from ``city.streams`` under its own names only.
    """

    name: str
    step: Callable[[City], None]
    begin: Callable[[City], None] | None = None
