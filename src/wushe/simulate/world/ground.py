"""The ground of a simulated district: its places with coordinates, its organizations, stations and teams."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from wushe.model.storage import Array
from wushe.model.tables import Table
from wushe.simulate.assumptions import Assumption
from wushe.simulate.names import ids_of
from wushe.simulate.streams import Streams
from wushe.simulate.world.filled import filled_table, numbered, objects, same
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.simulate.world.scenario import Scenario

ASSUMPTIONS = (
    Assumption("ground.density", 10_000.0, "persons per square kilometre",
               Text("人口密度", "density of population"), low=1.0, high=200_000.0),
    Assumption("ground.uneven", 0.3, "standard deviation of the logarithm",
               Text("各社区户数的差异", "how much communities differ in households"), high=2.0),
    Assumption("ground.per_grid", 300.0, "households",
               Text("每个网格的户数", "households of one grid"), low=1.0),
)  # fmt: skip
KM_PER_DEGREE = 111.2
GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))
_FIRST_STREET = 901
"""Simulated streets are numbered from here on, where no real street of a district is."""
_PROVINCES = {"42": "湖北省"}
_CITIES = {"4201": "武汉市"}


@attrs.frozen(eq=False)
class Ground:
    """Where everything is. Arrays as in `Population`; `rural` bool (n_c,): communities counted as villages.

    `home` int32 (n_h,), ascending: the community of each household.
    """

    communities: Array
    street: Array
    streets: Array
    lon: Array
    lat: Array
    rural: Array
    home: Array
    street_lon: Array
    street_lat: Array


def lay_out(scenario: Scenario, streams: Streams) -> Ground:
    """Return streets and communities around the district's centre, and how the households live in them.

    Streets lie on a sunflower spiral over a disc that the district's people fill at the assumed density, and
    communities likewise around their street: evenly, without any claim to the real map. The outermost communities
    are villages until they hold the district's rural share. A centre that is not known is taken as 0, 0.
    """
    s, d = scenario.settlement, scenario.settlement.district
    street = np.arange(s.communities) * s.streets // s.communities
    rank = np.arange(s.communities) - np.searchsorted(street, street)
    streets = [f"{d.code}{_FIRST_STREET + i:03d}" for i in range(s.streets)]
    km2 = s.households * d.mean_size / scenario["ground.density"]
    radius = np.sqrt(km2 / np.pi)
    x, y = _sunflower(np.arange(s.streets), s.streets, radius)
    per_street = np.bincount(street, minlength=s.streets)[street]
    near_x, near_y = _sunflower(rank, per_street, radius / np.sqrt(s.streets))
    lon, lat = (0.0, 0.0) if np.isnan(d.lon) else (d.lon, d.lat)
    per_lon = KM_PER_DEGREE * np.cos(np.radians(lat))
    counts = _households(scenario, streams)
    far = np.argsort(-np.hypot(x[street] + near_x, y[street] + near_y), kind="stable")
    villages = far[np.cumsum(counts[far]) <= d.rural / d.population * s.households + 0.5]
    return Ground(
        communities=objects(
            f"{streets[a]}{b + 1:03d}" for a, b in zip(street, rank, strict=True)
        ),
        street=street.astype(np.int32),
        streets=objects(streets),
        lon=lon + (x[street] + near_x) / per_lon,
        lat=lat + (y[street] + near_y) / KM_PER_DEGREE,
        rural=np.isin(np.arange(s.communities), villages),
        home=np.repeat(np.arange(s.communities, dtype=np.int32), counts),
        street_lon=lon + x / per_lon,
        street_lat=lat + y / KM_PER_DEGREE,
    )  # fmt: skip


def _sunflower(k: Array, n: Array | int, radius: float) -> tuple[Array, Array]:
    """Return points k of n spread evenly over a disc, kilometres from its centre; one alone is the centre."""
    r = radius * np.sqrt(np.where(np.asarray(n) > 1, (k + 0.5) / n, 0.0))
    return r * np.cos(GOLDEN_ANGLE * k), r * np.sin(GOLDEN_ANGLE * k)


def _households(scenario: Scenario, streams: Streams) -> Array:
    """Return the households of each community, int64 (n_c,): at least one, lognormal around the mean."""
    s = scenario.settlement
    drawn = streams.of("ground.households").lognormal(0.0, scenario["ground.uneven"], s.communities)
    return 1 + quotas(drawn / drawn.sum(), s.households - s.communities)


def quotas(shares: Array, n: int) -> Array:
    """Return whole numbers that sum to `n`, as near to ``shares * n`` as can be (largest remainders), int64."""
    exact = np.asarray(shares) / np.sum(shares) * n
    found: Array = np.floor(exact).astype(np.int64)
    rest = np.argsort(-(exact - found), kind="stable")[: n - int(found.sum())]
    found[rest] += 1
    return found


def tables_of_ground(scenario: Scenario, streams: Streams, ground: Ground) -> dict[str, Table]:
    """Return the tables places, communities, organizations, stations and volunteer_teams."""
    return {
        "places": _places(scenario, ground),
        "communities": _committees(scenario, ground),
        "organizations": organizations(scenario, ground),
        "stations": _stations(scenario, ground),
        "volunteer_teams": _teams(scenario, streams, ground),
    }


def _places(scenario: Scenario, ground: Ground) -> Table:
    d = scenario.settlement.district
    province, city = d.code[:2], d.code[:4]
    n_s, n_c = len(ground.streets), len(ground.communities)
    rows = [
        (province, _PROVINCES.get(province, province), "province", None, np.nan, np.nan),
        (city, _CITIES.get(city, city), "city", province, np.nan, np.nan),
        (d.code, d.name, "county", city, d.lon, d.lat),
        *zip(ground.streets, (f"模拟街道{i + 1}" for i in range(n_s)), ["street"] * n_s, [d.code] * n_s,
             ground.street_lon, ground.street_lat, strict=True),
        *zip(ground.communities, (f"模拟社区{i + 1}" for i in range(n_c)), ["community"] * n_c,
             ground.streets[ground.street], ground.lon, ground.lat, strict=True),
    ]  # fmt: skip
    rows.sort(key=lambda row: row[0])
    columns = dict(
        zip(("id", "name", "level", "parent", "lon", "lat"), zip(*rows, strict=True), strict=True)
    )
    return filled_table("places", **columns)


def _committees(scenario: Scenario, ground: Ground) -> Table:
    households = np.bincount(ground.home, minlength=len(ground.communities))
    grids = np.maximum(1, np.rint(households / scenario["ground.per_grid"])).astype(np.int64)
    ids = objects(f"C-{place}" for place in ground.communities)
    return filled_table(
        "communities", id=ids, name=ids, place=ground.communities, grid_workers=grids
    )


def organizations(scenario: Scenario, ground: Ground) -> Table:
    """Return charity federations and firms by turns, in one street after the other, and the funds' hosts.

    Where funds are those of communities their hosts are mutual-aid societies, one for each community that has a
    fund, after the others.
    """
    n = scenario.organizations
    kinds = [
        "charity_federation" if row // len(ground.streets) % 2 == 0 else "firm" for row in range(n)
    ]
    places = [ground.streets[row % len(ground.streets)] for row in range(n)]
    if scenario.fund_level == "community":
        societies = min(scenario.funds, len(ground.communities))
        kinds += ["mutual_aid_society"] * societies
        places += ground.communities[:societies].tolist()
    ids = numbered("O", len(kinds))
    return filled_table("organizations", id=ids, name=ids, kind=kinds, place=places)


def worker_stations(scenario: Scenario) -> Array:
    """Return the station of each social worker, int64 (n_workers,): by turns."""
    return np.arange(scenario.workers) % scenario.stations


def _stations(scenario: Scenario, ground: Ground) -> Table:
    """Return the stations: by turns of the streets, or of the whole district where there are fewer than streets."""
    n, n_s = scenario.stations, len(ground.streets)
    district = scenario.settlement.district.code
    place = [ground.streets[row % n_s] if n >= n_s else district for row in range(n)]
    ids = numbered("S", n)
    operator = numbered("O", scenario.organizations)[np.arange(n) % scenario.organizations]
    return filled_table("stations", id=ids, name=ids, place=place, operator=operator)


def led_teams(streams: Streams, teams: Array, share: float) -> Array:
    """Return which teams (rows, int (n,)) a social worker leads where a share of them is led, bool (n,)."""
    found: Array = streams.draw("linkage.worker_led", teams, 1) < share
    return found


def _teams(scenario: Scenario, streams: Streams, ground: Ground) -> Table:
    """Return a volunteer team for each community; those that are led (``linkage.worker_led``) have a leader.

    A leader is a worker of the station of the team's street, by turns.
    """
    n = len(ground.communities)
    ids = numbered("T", n)
    turn = np.arange(n)
    station = ground.street % scenario.stations
    staff = np.bincount(worker_stations(scenario), minlength=scenario.stations)[station]
    led = led_teams(streams, turn, scenario["linkage.worker_led"])
    led &= staff > 0
    leader = same(None, n)
    leader[led] = ids_of(
        "social_workers", (station + scenario.stations * (turn % np.maximum(staff, 1)))[led]
    )
    return filled_table(
        "volunteer_teams", id=ids, name=ids, place=ground.communities, leader=leader
    )
