"""Scenarios that are ready to run."""

from __future__ import annotations

import datetime as dt

from wushe.simulate.world.census import wuhan_districts
from wushe.simulate.world.scenario import Scenario, Settlement
from wushe.text import Text

STREET, COMMUNITY = 20_000, 2_000
"""Households of a street and of a community (assumed; Wuhan's districts have 10 to 20 streets)."""
START = dt.date(2025, 1, 1)
PER_VOLUNTEER, PER_WORKER = 17, 1_000
"""Households for each volunteer and each social worker, assumed.

Jianghan publishes nearly 30,000 volunteers and over 1,400 workers for its 247,617 households: half of the
volunteers are taken as ready to be sent, and one in six of the workers as social workers of stations.
"""


def small() -> Scenario:
    """Return 600 households of Jianghan in 6 communities, 40 volunteers and 4 workers, for 90 days.

    Needs arise four times as often as assumed elsewhere, so that so few households have something to do.
    """
    return Scenario(
        name="small",
        label=Text("小试", "small"),
        settlement=Settlement(wuhan_districts()["江汉区"], households=600, streets=2, communities=6),
        start=START,
        days=90,
        warm_up=30,
        plugins=("wuchang",),
        volunteers=40,
        grid_workers=4,
        workers=4,
        stations=2,
        organizations=4,
        funds=2,
        lots=8,
        assume={"needs.per_household_year": 1.0},
    )  # fmt: skip


def district_year() -> Scenario:
    """Return 50,000 households of Jianghan and 3,000 volunteers for a year."""
    made = wuhan_district("江汉区", households=50_000)
    return made.but(
        name="district_year", label=Text("一区一年", "a district-year"), volunteers=3_000
    )


def wuhan_district(name: str, /, households: int | None = None, **changes: object) -> Scenario:
    """Return a year of one of Wuhan's 13 districts, drawn from its census counts.

    `households`: how many to simulate (all family households that the census counted, where not given); streets,
    volunteers, workers, organizations, funds and lots in proportion. `changes` as for `Scenario.but`.
    Raises KeyError for a name that is no district of Wuhan.
    """
    districts = wuhan_districts()
    if name not in districts:
        raise KeyError(f"{name!r} is no district of Wuhan; expected one of {', '.join(districts)}")
    district = districts[name]
    n = district.households if households is None else households
    streets = max(1, round(n / STREET))
    communities = min(n, max(streets, round(n / COMMUNITY)))
    made = Scenario(
        name=f"wuhan_{district.code}",
        label=Text(f"武汉市{name}", f"{name}, Wuhan"),
        settlement=Settlement(district, n, streets, communities),
        start=START,
        days=365,
        warm_up=60,
        plugins=("wuchang",),
        volunteers=max(1, n // PER_VOLUNTEER),
        grid_workers=max(1, n // 100 // PER_VOLUNTEER),
        workers=max(1, n // PER_WORKER),
        stations=streets,
        organizations=max(2, 4 * streets),
        funds=communities,
        fund_level="community",
        lots=6 * streets,
    )  # fmt: skip
    return made.but(**changes)
