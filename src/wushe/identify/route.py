"""A day's visits for each worker, in a sensible order on the map."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Literal

import attrs
import numpy as np
import numpy.typing as npt

from wushe.errors import MissingExtraError
from wushe.identify.due import DueList
from wushe.model.pairing import EARTH_KM
from wushe.model.storage import Array
from wushe.network import LinkageNetwork
from wushe.text import Text

ITERATIONS = 500
"""Of the search: a count, not a time, so that the same day is the same route on every machine."""
Order = Literal["best", "nearest"]

_BY = {
    "map": Text(zh="按地图距离排序", en="in order of distance on the map"),
    "places": Text(
        zh="没有坐标，按地区树排序", en="no coordinates: in the order of the place tree"
    ),
}
_HEAD = Text(zh="{on} {who}：{n}户（人），{by}", en="{on} {who}: {n} stops, {by}")
_KM = Text(zh="约{km:.1f}公里（直线）", en="about {km:.1f} km as the crow flies")
_RETURN = Text(zh="从{place}出发并返回", en="from {place} and back")
_UNMAPPED = Text(
    zh="最后{n}户（人）没有坐标，不计入公里数",
    en="the last {n} have no coordinates and do not count in the distance",
)
_NOBODY = Text(zh="尚无责任人", en="nobody responsible yet")
_WORKERS_UNKNOWN = (
    "workers: {ids} are neither social workers nor stations of this network; expected their ids"
)


@attrs.frozen
class Stop:
    """One door: its `row` in the due list, the ids of whom it is for and of the place."""

    row: int
    household: str | None
    person: str | None
    place: str | None


@attrs.frozen
class DayRoute:
    """One day of one worker, or of a station for doors without a worker.

    Where `worker` and `station` are both None nobody is responsible. `start` is the place of the
    station, where the way begins and ends; without a known one the way begins at the most pressing
    stop and ends at the last. `km` are great-circle kilometres (None: no coordinates). `by` says what
    ordered the stops; the last `unmapped` have no coordinates and follow in the order of the place
    tree. `waiting` counts the due doors that the day had no room for.
    """

    on: dt.date
    worker: str | None
    station: str | None
    start: str | None
    stops: tuple[Stop, ...]
    km: float | None
    by: Literal["map", "places"]
    unmapped: int
    waiting: int

    def explain(self, lang: str = "zh") -> str:
        """Return who goes, how many stops in which order, and how far."""
        who = self.worker or self.station or _NOBODY.say(lang)
        by = _BY[self.by].say(lang)
        parts = [_HEAD.say(lang, on=self.on, who=who, n=len(self.stops), by=by)]
        if self.km is not None:
            parts.append(_KM.say(lang, km=self.km))
        if self.km is not None and self.start is not None:
            parts.append(_RETURN.say(lang, place=self.start))
        if self.by == "map" and self.unmapped:
            parts.append(_UNMAPPED.say(lang, n=self.unmapped))
        return ("，" if lang == "zh" else ", ").join(parts)


def day_plan(
    due: DueList,
    network: LinkageNetwork,
    on: dt.date,
    *,
    per_worker: int,
    workers: Collection[str] | None = None,
    seed: int = 0,
    order: Order = "best",
) -> list[DayRoute]:
    """Return a route for each worker (or station, where no worker is named) with due visits.

    Each takes the `per_worker` most pressing of the own doors. `workers` keeps only the routes of these
    ids of social workers or stations. ``"best"`` orders the stops with PyVRP (never longer than
    ``"nearest"``, the next nearest stop each time); one and the same `seed` gives one and the same
    route. A place without coordinates stands where the nearest place above it stands. Routes are
    by id of the worker, then of the station, last the one of doors that nobody is responsible for.

    Raises MissingExtraError for ``"best"`` without the extra ``routes``, ValueError where
    `per_worker` is below 1 or one of `workers` is unknown.
    """
    if per_worker < 1:
        raise ValueError(f"per_worker: {per_worker} visits a day; expected 1 or more")
    if workers is not None:
        _check_workers(network, workers)
    doors: dict[tuple[int, str], list[int]] = {}
    for row in range(len(due)):
        worker, station = due.worker[row], due.station[row]
        key = (0, worker) if worker else (1, station) if station else (2, "")
        if workers is None or key[1] in workers:
            doors.setdefault(key, []).append(row)
    map_ = _Map.of(network)
    starts = _starts(network)
    return [
        _route(due, map_, on, key, rows, starts.get(key[1], -1), per_worker, order, seed)
        for key, rows in sorted(doors.items())
    ]


def _check_workers(network: LinkageNetwork, workers: Collection[str]) -> None:
    known = {*network["social_workers"].ids, *network["stations"].ids}
    if wrong := sorted(set(workers) - known):
        raise ValueError(_WORKERS_UNKNOWN.format(ids=", ".join(wrong)))


def _starts(network: LinkageNetwork) -> dict[str, int]:
    """Return the place row of each station, and of the station of each social worker."""
    serves = network.relation("serves", "stations", "places")
    stations = network["stations"].ids[serves.source]
    starts = dict(zip(stations, serves.target.tolist(), strict=True))
    team = network["social_workers"]
    starts.update(
        {w: starts[s] for w, s in zip(team.ids, team["station"], strict=True) if s in starts}
    )
    return starts


@attrs.frozen(eq=False)
class _Map:
    """The places with their coordinates, or those of the nearest place above, NaN where none has."""

    ids: Array
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    rank: npt.NDArray[np.int32]

    @classmethod
    def of(cls, network: LinkageNetwork) -> _Map:
        places = network.places
        lon, lat = places.lon.copy(), places.lat.copy()
        for row in np.argsort(places.first):  # from the top down
            parent = int(places.parent[row])
            if parent >= 0 and (np.isnan(lon[row]) or np.isnan(lat[row])):
                lon[row], lat[row] = lon[parent], lat[parent]
        return cls(network["places"].ids, lon, lat, places.first)

    def known(self, places: Array) -> npt.NDArray[np.bool_]:
        """Return which place rows stand on the map, bool of the shape of `places`."""
        off = np.isnan(self.lon) | np.isnan(self.lat)
        return np.asarray((places >= 0) & ~np.append(off, True)[places])

    def metres(self, places: Array) -> npt.NDArray[np.int64]:
        """Return great-circle metres between all `places`, int64 (n, n)."""
        lon, lat = np.radians(self.lon[places]), np.radians(self.lat[places])
        half = (
            np.sin((lat[:, None] - lat) / 2) ** 2
            + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
        )
        metres = np.rint(2000 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1))))
        return np.asarray(metres, dtype=np.int64)


def _route(
    due: DueList,
    map_: _Map,
    on: dt.date,
    key: tuple[int, str],
    rows: list[int],
    start: int,
    per_worker: int,
    order: Order,
    seed: int,
) -> DayRoute:
    chosen = np.array(rows[:per_worker], dtype=np.int64)
    places = due.place_row[chosen]
    on_map = map_.known(places)
    mapped, others = chosen[on_map], chosen[~on_map]
    rank = np.append(map_.rank, np.iinfo(np.int32).max)[due.place_row[others]]
    others = others[np.argsort(rank, kind="stable")]
    back = start >= 0 and bool(map_.known(np.array([start]))[0])
    km = None
    if len(mapped):
        mapped, metres = _ordered(due, map_, mapped, start if back else -1, order, seed)
        km = metres / 1000
    return DayRoute(
        on=on,
        worker=key[1] if key[0] == 0 else None,
        station=key[1] if key[0] == 1 else None,
        start=str(map_.ids[start]) if start >= 0 else None,
        stops=tuple(_stop(due, map_, int(row)) for row in (*mapped, *others)),
        km=km,
        by="map" if len(mapped) else "places",
        unmapped=len(others),
        waiting=len(rows) - len(chosen),
    )


def _stop(due: DueList, map_: _Map, row: int) -> Stop:
    place = int(due.place_row[row])
    return Stop(
        row, due.household[row], due.person[row], str(map_.ids[place]) if place >= 0 else None
    )


def _ordered(
    due: DueList, map_: _Map, rows: Array, start: int, order: Order, seed: int
) -> tuple[Array, int]:
    """Return `rows` in the order of the way, and its metres.

    Doors at one spot are one point on the map; the more pressing comes first there.
    """
    places = due.place_row[rows]
    spots = np.c_[map_.lon[places], map_.lat[places]]
    first = spots[0] if start < 0 else np.array([map_.lon[start], map_.lat[start]])
    points, at = np.unique(np.vstack([first[None], spots]), axis=0, return_inverse=True)
    home, at = int(at.ravel()[0]), at.ravel()[1:]
    example = np.full(len(points), start, dtype=np.int64)
    example[at[::-1]] = places[::-1]
    # Point 0 of the way is the start.
    way_points = np.r_[home, np.setdiff1d(np.arange(len(points)), [home])]
    metres = map_.metres(example[way_points])
    if start < 0:
        metres[:, 0] = 0  # the way ends at its last stop
    way = shortest_way(metres, seed) if order == "best" else nearest_way(metres)
    position = np.empty(len(points), dtype=np.int64)
    position[way_points[way]] = np.arange(len(way))
    return rows[np.argsort(position[at], kind="stable")], way_metres(metres, way)


def way_metres(metres: npt.NDArray[np.int64], way: list[int]) -> int:
    """Return the length of the round `way` over points of the matrix `metres` (n, n)."""
    return int(metres[way, np.roll(way, -1)].sum())


def nearest_way(metres: npt.NDArray[np.int64]) -> list[int]:
    """Return the way from point 0 that goes on to the nearest point left; ties by lower number."""
    way, left = [0], list(range(1, len(metres)))
    while left:
        way.append(min(left, key=lambda point: (metres[way[-1], point], point)))
        left.remove(way[-1])
    return way


def shortest_way(metres: npt.NDArray[np.int64], seed: int = 0) -> list[int]:
    """Return the shortest round way from point 0 that PyVRP finds, never longer than the nearest one.

    Raises MissingExtraError without the extra ``routes``.
    """
    nearest = nearest_way(metres)
    if len(metres) <= 2:
        return nearest
    try:
        import pyvrp
        from pyvrp.stop import MaxIterations
    except ImportError:
        raise MissingExtraError("ordering visits on the map", "routes") from None
    model = pyvrp.Model()
    spots = [model.add_location(0, 0) for _ in metres]
    model.add_depot(spots[0])
    for spot in spots[1:]:
        model.add_client(spot)
    model.add_vehicle_type()
    for i, a in enumerate(spots):
        for j, b in enumerate(spots):
            if i != j:
                model.add_edge(a, b, int(metres[i, j]))
    found = model.solve(MaxIterations(ITERATIONS), seed=seed, collect_stats=False, display=False)
    way = [0, *(visit.idx + 1 for visit in found.best.routes()[0] if visit.is_client())]
    return way if way_metres(metres, way) < way_metres(metres, nearest) else nearest
