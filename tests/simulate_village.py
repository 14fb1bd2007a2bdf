"""The smallest town in which all of the engine has something to do, in a tenth of a second."""

import attrs

from wushe.simulate.world.ready import small
from wushe.simulate.world.scenario import Scenario


def village(days: int = 12, households: int = 100) -> Scenario:
    """Return 100 households with so many needs that ten days show something."""
    town = small()
    settlement = attrs.evolve(town.settlement, households=households, streets=2, communities=4)
    busy = {"needs.per_household_year": 8.0, "finding.self_share": 0.9, "finding.self_days": 1.0}
    return town.but(
        name="village", settlement=settlement, days=days, warm_up=2, volunteers=20, grid_workers=2, **busy
    )  # fmt: skip
