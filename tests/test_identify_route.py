"""A worker's day: who goes where, in which order, how far."""

import datetime as dt
import sys
from itertools import permutations
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wushe
from wushe.errors import MissingExtraError
from wushe.identify.due import DueList, due_list
from wushe.identify.route import day_plan, nearest_way, shortest_way, way_metres
from wushe.model import table_of
from wushe.model.storage import Array
from wushe.model.terms import Columns, Context
from wushe.network import LinkageNetwork, build_network

ON = dt.date(2025, 9, 15)


@attrs.frozen(eq=False)
class NoRules:
    """No signals: everybody never visited is due with one priority, in the order of ids."""

    risk_signals: Any = attrs.field(factory=dict)

    def prioritise_visits(self, persons: Columns, context: Context) -> Array:
        """Nobody before anybody."""
        return np.zeros(len(persons))


def line_city(
    at: list[float | None], worker: str | None = "W1", mapped: bool = True
) -> LinkageNetwork:
    """Return a street with one household in each community; `at` their longitudes on one line."""
    lon, lat = (114.0, 30.0) if mapped else (None, None)
    places = [wushe.Place(id="420106001", name="东街", level="street", lon=lon, lat=lat)]
    places += [
        wushe.Place(
            id=f"420106001{i + 1:03d}",
            name=f"社区{i}",
            level="community",
            lon=x,
            lat=None if x is None else 30.0,
        )
        for i, x in enumerate(at)
    ]
    households = [
        wushe.Household(id=f"H{i}", place=f"420106001{i + 1:03d}", responsible_worker=worker)
        for i in range(len(at))
    ]
    records: dict[str, list[Any]] = {
        "places": places,
        "stations": [wushe.Station(id="S1", name="站", place="420106001")],
        "social_workers": [wushe.SocialWorker(id="W1", name="王", station="S1")],
        "households": households,
    }
    return build_network({k: table_of(k, v) for k, v in records.items()}, {}, {})


def due_of(city: LinkageNetwork) -> DueList:
    """Return everybody of the city as due."""
    return due_list(city, NoRules(), ON)


def homes(route: Any) -> list[str]:
    """Return the households of a route in order."""
    return [stop.household for stop in route.stops]


def test_a_line_is_walked_out_and_back() -> None:
    """Four doors on both sides of the station: one side, then the other; 2 x 0.04 degrees."""
    city = line_city([114.02, 113.99, 114.01, 113.98])
    (route,) = day_plan(due_of(city), city, ON, per_worker=8)
    assert homes(route) in (["H2", "H0", "H3", "H1"], ["H2", "H0", "H1", "H3"], ["H0", "H2", "H1", "H3"],
                            ["H1", "H3", "H0", "H2"], ["H3", "H1", "H2", "H0"], ["H0", "H2", "H3", "H1"],
                            ["H1", "H3", "H2", "H0"], ["H3", "H1", "H0", "H2"])  # fmt: skip
    assert route.km == pytest.approx(0.08 * 111.195 * np.cos(np.radians(30)), abs=0.01)
    assert (route.worker, route.station, route.start, route.by) == ("W1", None, "420106001", "map")
    assert "从420106001出发并返回" in route.explain()


def test_the_day_has_room_for_the_most_pressing() -> None:
    """Two of three; the third waits, and this is said."""
    city = line_city([114.01, 114.02, 114.03])
    (route,) = day_plan(due_of(city), city, ON, per_worker=2)
    assert (sorted(homes(route)), route.waiting) == (["H0", "H1"], 1)


def test_without_a_worker_the_station_goes() -> None:
    """Nobody named: the station that serves the street has the doors."""
    city = line_city([114.01], worker=None)
    (route,) = day_plan(due_of(city), city, ON, per_worker=2)
    assert (route.worker, route.station) == (None, "S1")


def test_doors_of_nobody_are_listed_last() -> None:
    """No worker, no station: the route says that nobody is responsible."""
    places = [wushe.Place(id="420106", name="区", level="county", lon=114.0, lat=30.0)]
    tables = {
        "places": table_of("places", places),
        "persons": table_of("persons", [wushe.Person(id="P1", place="420106")]),
    }
    city = build_network(tables, {}, {})
    (route,) = day_plan(due_of(city), city, ON, per_worker=2)
    assert (route.worker, route.station, route.km) == (None, None, 0.0)
    assert "尚无责任人" in route.explain()


def test_without_coordinates_the_place_tree_orders() -> None:
    """No place has coordinates: by the tree, no kilometres, and both are said."""
    city = line_city([None, None, None], mapped=False)
    (route,) = day_plan(due_of(city), city, ON, per_worker=8)
    assert (homes(route), route.km, route.by, route.unmapped) == (
        ["H0", "H1", "H2"],
        None,
        "places",
        3,
    )
    assert "no coordinates: in the order of the place tree" in route.explain("en")


def test_a_place_without_coordinates_stands_where_the_one_above_stands() -> None:
    """The second community is unknown on the map, its street is not."""
    city = line_city([114.01, None])
    (route,) = day_plan(due_of(city), city, ON, per_worker=8)
    assert (route.by, route.unmapped) == ("map", 0)


def test_only_the_workers_asked_for() -> None:
    """An id that is neither worker nor station is an error that names it."""
    city = line_city([114.01])
    assert day_plan(due_of(city), city, ON, per_worker=1, workers=["S1"]) == []
    with pytest.raises(ValueError, match="W7"):
        day_plan(due_of(city), city, ON, per_worker=1, workers=["W7"])
    with pytest.raises(ValueError, match="per_worker: 0"):
        day_plan(due_of(city), city, ON, per_worker=0)


def test_the_same_seed_is_the_same_route() -> None:
    """Twice the same day, stop for stop."""
    city = line_city([114 + x / 100 for x in (3, 1, 4, 1.5, 9, 2.6, 5, 3.5, 8)])
    due = due_of(city)
    assert day_plan(due, city, ON, per_worker=9, seed=7) == day_plan(
        due, city, ON, per_worker=9, seed=7
    )


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearest order needs no library; the best one names the extra."""
    monkeypatch.setitem(sys.modules, "pyvrp", None)
    city = line_city([114.01, 114.02, 113.99])
    assert day_plan(due_of(city), city, ON, per_worker=8, order="nearest")[0].km is not None
    with pytest.raises(MissingExtraError, match=r"wushe\[routes\]"):
        day_plan(due_of(city), city, ON, per_worker=8)


def distances(seed: int, n: int) -> Any:
    """Return metres between `n` random spots, int64 (n, n)."""
    spots = np.random.default_rng(seed).integers(0, 10_000, (n, 2))
    return np.rint(np.hypot(*(spots[:, None] - spots).transpose(2, 0, 1))).astype(np.int64)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 25), st.booleans())
def test_never_longer_than_going_to_the_nearest_each_time(seed: int, n: int, one_way: bool) -> None:
    """Every point once, from point 0, and at most the nearest-neighbour length."""
    metres = distances(seed, n)
    if one_way:
        metres[:, 0] = 0
    way = shortest_way(metres, seed % 1000)
    assert way[0] == 0
    assert sorted(way) == list(range(n))
    assert way_metres(metres, way) <= way_metres(metres, nearest_way(metres))


@pytest.mark.parametrize("seed", range(5))
def test_seven_stops_are_ordered_as_trying_everything_would(seed: int) -> None:
    """The way over seven stops is the shortest of all 5,040."""
    metres = distances(seed, 8)
    best = min(way_metres(metres, [0, *order]) for order in permutations(range(1, 8)))
    assert way_metres(metres, shortest_way(metres)) == best
