"""A small town made by hand: a City that tests of the simulator's stages share.

Two streets of two communities each and a station for each street; households of two, each knowing the next one
and the one before in its community; two social workers a station, volunteers, one lot of food and one fund.
Nothing about it is drawn, so that a test can count on its fingers.
"""

import datetime as dt
from functools import cache
from typing import Any

import attrs
import numpy as np

from wushe.ledger.money.columns import FundColumns
from wushe.model import Community, Household, Organization, Person, Place, Station
from wushe.model.tables import empty_table, table_of
from wushe.plugins.manager import load_plugins
from wushe.simulate.city import HOUSE, City, Population
from wushe.simulate.stage import Stage
from wushe.simulate.streams import Streams
from wushe.simulate.world.scenario import catalogue
from wushe.simulate.world.shocks import Shock

START = dt.date(2025, 3, 3)
"""A Monday."""
COUNTY = "420103000000"
STREETS = ("420103001000", "420103002000")
COMMUNITIES = ("420103001001", "420103001002", "420103002001", "420103002002")
STREET_OF = np.array([0, 0, 1, 1], dtype=np.int32)
LON, LAT = np.array([114.27, 114.28, 114.27, 114.28]), np.array([30.60, 30.60, 30.61, 30.61])
PLUGINS = load_plugins("wuchang")


@attrs.frozen
class TownScenario:
    """As much of a scenario as stages ask for: a start, days, shocks, campaigns and assumptions."""

    assume: dict[str, float] = attrs.field(factory=dict)
    shocks: tuple[Shock, ...] = ()
    campaigns: tuple[Any, ...] = ()
    start: dt.date = START
    days: int = 28
    plugins: tuple[str, ...] = ("wuchang",)

    def __getitem__(self, key: str) -> float:
        """Return what is set, else what the process's module assumes."""
        stated = catalogue()[key]
        return stated.check(self.assume.get(key, stated.default))


def population(households: int = 40, groups: dict[str, list[int]] | None = None) -> Population:
    """Return who lives there: `households` spread evenly; `groups` maps target groups to household rows."""
    n = households
    home = (np.arange(n) * len(COMMUNITIES) // n).astype(np.int32)
    group_ids = tuple(sorted(PLUGINS.target_groups))
    bits = np.zeros(n, dtype=np.uint32)
    for group, rows in (groups or {}).items():
        bits[rows] |= np.uint32(1 << group_ids.index(group))
    start, ties = _ring(home)
    return Population(
        tables=_tables(tuple(home.tolist()), tuple(bits.tolist()), group_ids),
        communities=np.array(COMMUNITIES, dtype=object), street=STREET_OF,
        streets=np.array(STREETS, dtype=object), lon=LON, lat=LAT, home=home,
        size=np.full(n, 2, dtype=np.int8), elders=(np.arange(n) % 4 == 0).astype(np.int8),
        children=(np.arange(n) % 5 == 0).astype(np.int8), income_fen=np.full(n, 300_000, dtype=np.int64),
        groups=bits, group_ids=group_ids, hardship=np.arange(n) % 10 == 0, risk=np.ones(n),
        ties_start=start, ties=ties,
    )  # fmt: skip


def _ring(home: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Everybody knows the next household and the one before, where they are of the same community."""
    n = len(home)
    pairs = [(i, j) for i in range(n) for j in (i - 1, i + 1) if 0 <= j < n and home[i] == home[j]]
    counts = np.bincount([i for i, _ in pairs], minlength=n)
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return start, np.array([j for _, j in pairs], dtype=np.int32)


@cache
def _tables(
    home: tuple[int, ...], bits: tuple[int, ...], group_ids: tuple[str, ...]
) -> dict[str, Any]:
    places = [
        Place(id=COUNTY, name="城区", level="county"),
        *(Place(id=s, name=f"街道{i}", level="street", parent=COUNTY) for i, s in enumerate(STREETS)),
        *(
            Place(id=c, name=f"社区{i}", level="community", parent=STREETS[STREET_OF[i]], lon=LON[i], lat=LAT[i])
            for i, c in enumerate(COMMUNITIES)
        ),
    ]  # fmt: skip
    households, persons = [], []
    for row, community in enumerate(home):
        named = tuple(g for i, g in enumerate(group_ids) if bits[row] >> i & 1)
        households.append(
            Household(id=f"H-{row:07d}", place=COMMUNITIES[community], target_groups=named, members_count=2)
        )  # fmt: skip
        persons.extend(
            Person(
                id=f"P-{row:07d}-{k}", household=f"H-{row:07d}", birth=dt.date(1950 + 30 * k, 5, 1)
            )
            for k in range(2)
        )
    return {
        "places": table_of("places", places),
        "communities": table_of(
            "communities", [Community(id=f"C-{i}", name=f"社区{i}", place=c) for i, c in enumerate(COMMUNITIES)]
        ),
        "organizations": table_of(
            "organizations", [Organization(id="O-0000000", name="慈善总会", kind="charity_federation", registration="none")]
        ),
        "stations": table_of(
            "stations", [Station(id=f"ST-{i}", name=f"社工站{i}", place=s) for i, s in enumerate(STREETS)]
        ),
        "volunteer_teams": empty_table("volunteer_teams"),
        "households": table_of("households", households),
        "persons": table_of("persons", persons),
    }  # fmt: skip


def town(
    assume: dict[str, float] | None = None,
    *,
    seed: int = 7,
    households: int = 40,
    groups: dict[str, list[int]] | None = None,
    shocks: tuple[Shock, ...] = (),
    workers: tuple[int, ...] = (0, 0, 1, 1),
    volunteers: int = 10,
    people: Population | None = None,
    start: dt.date = START,
) -> City:
    """Return the town on the eve of its first day; `workers` says at which station each worker is."""
    people = population(households, groups) if people is None else people
    scenario = TownScenario(assume=assume or {}, shocks=shocks, start=start)
    streams = Streams(np.random.SeedSequence(seed))
    city = City(
        scenario, PLUGINS, streams, people, tuple(sorted(PLUGINS.categories)), FundColumns()
    )  # type: ignore[arg-type]
    city.house.append(len(people), **{name: fill for name, (_, fill) in HOUSE.items()})
    every_skill = tuple(sorted({s for c in PLUGINS.categories.values() for s in c.skills}))
    city.skill_sets.append(every_skill)
    city.purpose_sets.append(
        tuple(c for c in city.categories if PLUGINS.categories[c].form == "money")
    )
    city.workers.append(len(workers), station=workers, weekly=600, vetted=0, limit=60)
    row = np.arange(volunteers)
    city.volunteers.append(
        volunteers, home=row % len(COMMUNITIES), household=row % len(people), weekly=240, vetted=0, reach=3
    )  # fmt: skip
    city.lots.append(1, category=city.code("food"), organization=0, home=0, reach=2, received=50, on_hand=50)  # fmt: skip
    city.funds.append(1, organization=0, home=-1, reach=2)
    city.money.open(1)
    city.money.receive(np.array([0]), np.array([1_000_000]))
    return city


def live(city: City, stages: tuple[Stage, ...], days: int) -> None:
    """Let `days` days pass, beginning with the eve of the first one; figures add up over all days."""
    for stage in stages:
        if stage.begin is not None:
            stage.begin(city)
    for day in range(days):
        city.day = day
        for stage in stages:
            stage.step(city)
