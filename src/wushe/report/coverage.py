"""Coverage measured both ways: where a station stands (有形覆盖), and where it serves and whom it reaches (有效覆盖)."""

from __future__ import annotations

import datetime as dt

import attrs
import numpy as np
import numpy.typing as npt

from wushe.identify import person_columns
from wushe.model.declaring import Cell, ReportColumn, ReportRow, ReportTable, Unit
from wushe.model.parties import LEVELS
from wushe.model.storage import Array
from wushe.model.terms import Columns
from wushe.network import LinkageNetwork
from wushe.plugins.manager import Plugins
from wushe.report.belonging import in_any_group, living
from wushe.report.contacts import Contacts, contacts, services_of_stations
from wushe.text import Text

BY_LEVELS = ("province", "city", "county", "street")
"""Levels by which coverage can be told: streets and towns are what is covered."""
SERVICE_LEVELS = ("county", "street", "community")
"""The three levels of service: a county's centre, a street's station, a community's point."""

_NOWHERE = Text("所在地区不明", "place not known")
_TOTAL = Text("合计", "total")


@attrs.frozen
class PlaceCoverage:
    """One place: its streets and towns, those with a station, those whose station served within the year.

    `stations` are all within the place, of any level; `begun` those that are on record as serving since
    some day up to the report's; `served` those with a service recorded within the year. `people` belong to
    a target group (see `wushe.report.belonging`) and live; `reached` were served or met within the
    year. A household that lists nobody counts as one.
    """

    place: str | None
    name: Text
    streets: int
    with_station: int
    with_service: int
    stations: int
    begun: int
    served: int
    people: int
    reached: int

    @property
    def visible_permille(self) -> int | None:
        """Streets and towns with a station, in thousandths rounded down; None without streets."""
        return _permille(self.with_station, self.streets)

    @property
    def effective_permille(self) -> int | None:
        """Streets and towns whose station served within the year, in thousandths; None without streets."""
        return _permille(self.with_service, self.streets)


@attrs.frozen
class LevelCoverage:
    """One level: its places, those with a station of their own, those whose own station served within the
    year, and those where somebody of a target group was reached.
    """

    level: str
    places: int
    with_station: int
    with_service: int
    reached: int


@attrs.frozen
class Coverage:
    """Visible and effective coverage of a city on a day, place by place and level by level."""

    on: dt.date
    level: str
    rows: tuple[PlaceCoverage, ...]
    total: PlaceCoverage
    levels: tuple[LevelCoverage, ...]

    def row(self, place: str) -> PlaceCoverage:
        """Return the coverage of a place. Raises KeyError."""
        for found in self.rows:
            if found.place == place:
                return found
        raise KeyError(f"place: {place!r} is no place of level {self.level}")

    def tables(self) -> tuple[ReportTable, ...]:
        """Return three tables: visible coverage, effective coverage, and both by level."""
        head = Text(LEVELS[self.level], self.level)
        return (
            _table(
                "coverage.visible", Text("有形覆盖：有没有社工站", "visible coverage: is there a station"), head,
                _VISIBLE, [_visible(row) for row in self.rows], _visible(self.total), _NO_STREETS,
            ),
            _table(
                "coverage.effective",
                Text("有效覆盖：近一年是否服务、服务到谁", "effective coverage: who served and was reached within the year"),
                head, _EFFECTIVE, [_effective(row) for row in self.rows], _effective(self.total), _SAYS,
            ),
            _table(
                "coverage.levels", Text("分层级覆盖", "coverage by level"), Text("层级", "level"), _BY_LEVEL,
                [_of_level(row) for row in self.levels],
            ),
        )  # fmt: skip


def coverage(
    network: LinkageNetwork, plugins: Plugins, on: dt.date, level: str = "county"
) -> Coverage:
    """Return the coverage of each place of `level` (one of `BY_LEVELS`) on the day `on`.

    The target groups are those that `plugins` register. Raises ValueError for another level.
    """
    if level not in BY_LEVELS:
        raise ValueError(f"level: {level!r}; expected one of {', '.join(BY_LEVELS)}")
    found = _Counted.of(network, sorted(plugins.target_groups), on)
    places = network["places"]
    of_level = np.flatnonzero(places["level"].astype(str) == level)
    rows = [
        found.within(at, str(places.ids[at]), Text(name, name))
        for at, name in zip(of_level.tolist(), places["name"][of_level].tolist(), strict=True)
    ]
    total = found.everywhere()
    loose = found.outside(level)
    if loose.stations or loose.people:
        rows.append(loose)
    levels = tuple(found.of_level(name) for name in SERVICE_LEVELS)
    return Coverage(on, level, tuple(rows), total, levels)


@attrs.frozen(eq=False)
class _Counted:
    """What is counted, by place: int64 (n_places + 1,), the last for those whose place is not known."""

    network: LinkageNetwork
    streets: Array
    stations: Array
    begun: Array
    served: Array
    people: Array
    reached: Array

    @classmethod
    def of(cls, network: LinkageNetwork, groups: list[str], on: dt.date) -> _Counted:
        places, stations = network["places"], network["stations"]
        at = places.row_of(stations["place"])
        begun = stations["serves_since"] <= np.datetime64(on, "D")
        people = person_columns(network, on)
        where = people["place_row"].astype(np.int64)
        target = in_any_group(people, groups) & living(people, on)
        met = reached(people, contacts(network, on))
        n = len(places)
        return cls(
            network,
            np.append(places["level"].astype(str) == "street", False).astype(np.int64),
            _count(at, n),
            _count(at[begun], n),
            _count(at[services_of_stations(network, on) > 0], n),
            _count(where[target], n),
            _count(where[target & met], n),
        )

    def within(self, row: int, place: str, name: Text) -> PlaceCoverage:
        return self._sum(self.network.places.subtree(row), place, name)

    def everywhere(self) -> PlaceCoverage:
        return self._sum(np.arange(len(self.streets)), None, _TOTAL)

    def outside(self, level: str) -> PlaceCoverage:
        """Return what lies in no place of `level`, or nobody knows where."""
        every = np.arange(len(self.network.places))
        loose = np.append(self.network.places.at_level(every, level) < 0, True)
        return self._sum(np.flatnonzero(loose), None, _NOWHERE)

    def _sum(self, rows: Array, place: str | None, name: Text) -> PlaceCoverage:
        streets = self.streets[rows]
        return PlaceCoverage(
            place=place,
            name=name,
            streets=int(streets.sum()),
            with_station=int((streets * (self.stations[rows] > 0)).sum()),
            with_service=int((streets * (self.served[rows] > 0)).sum()),
            stations=int(self.stations[rows].sum()),
            begun=int(self.begun[rows].sum()),
            served=int(self.served[rows].sum()),
            people=int(self.people[rows].sum()),
            reached=int(self.reached[rows].sum()),
        )

    def of_level(self, level: str) -> LevelCoverage:
        of_level = self.network["places"]["level"].astype(str) == level
        below = self.network.places.sum_below(self.reached[:-1])
        return LevelCoverage(
            level,
            int(of_level.sum()),
            int((of_level & (self.stations[:-1] > 0)).sum()),
            int((of_level & (self.served[:-1] > 0)).sum()),
            int((of_level & (below > 0)).sum()),
        )


def reached(people: Columns, made: Contacts) -> npt.NDArray[np.bool_]:
    """Return whom the contacts reached, bool (n,): the person met, or all at the door that was served."""
    home = np.isin(people["door"], made.door[(made.person < 0) & (made.door >= 0)])
    met = np.isin(people["person_row"], made.person[made.person >= 0])
    return np.asarray(home | met)


def _count(rows: Array, n: int) -> Array:
    """Return how many `rows` are each number, int64 (n + 1,); the last counts those that are -1."""
    return np.bincount(np.where(rows < 0, n, rows), minlength=n + 1).astype(np.int64)


def _permille(part: int, whole: int) -> int | None:
    return None if whole == 0 else 1000 * part // whole


def _columns(*columns: tuple[str, str, Unit]) -> tuple[ReportColumn, ...]:
    return tuple(ReportColumn(Text(zh, en), unit) for zh, en, unit in columns)


_STREETS: tuple[str, str, Unit] = ("乡镇街道", "streets and towns", "count")
_STATIONS: tuple[str, str, Unit] = ("社工站", "stations", "count")
_VISIBLE = _columns(
    _STREETS, ("有社工站的", "with a station", "count"), ("有形覆盖率", "visible coverage", "permille"), _STATIONS,
    ("登记为已开展服务的", "on record as serving", "count"),
)  # fmt: skip
_EFFECTIVE = _columns(
    _STREETS, ("社工站近一年有服务的", "whose station served within the year", "count"),
    ("有效覆盖率", "effective coverage", "permille"), ("近一年有服务的社工站", "stations that served", "count"),
    ("服务对象", "people of target groups", "people"), ("近一年服务或见到的", "served or met within the year", "people"),
)  # fmt: skip
_BY_LEVEL = _columns(
    ("地区数", "places", "count"), ("有本级服务站点的", "with a station of their own", "count"),
    ("本级站点近一年有服务的", "whose own station served", "count"),
    ("有服务对象被服务或见到的", "where somebody was served or met", "count"),
)  # fmt: skip
_NO_STREETS = Text(
    "没有登记乡镇街道的地区算不出覆盖率，不是零。",
    "Where no street or town is on record there is no coverage to tell; that is not zero.",
)
_SAYS = Text(
    "近一年指到统计日为止的365天；服务按记录计，没有记录的不算；一户得到服务，全家都算服务到。",
    "The year is the 365 days up to the day of the report. What is not recorded does not count; where a household was served, all its members count as reached.",
)


def _visible(row: PlaceCoverage) -> ReportRow:
    cells = row.streets, row.with_station, row.visible_permille, row.stations, row.begun
    return ReportRow(row.name, cells)


def _effective(row: PlaceCoverage) -> ReportRow:
    return ReportRow(
        row.name,
        (row.streets, row.with_service, row.effective_permille, row.served, row.people, row.reached),
    )  # fmt: skip


def _of_level(row: LevelCoverage) -> ReportRow:
    cells: tuple[Cell, ...] = row.places, row.with_station, row.with_service, row.reached
    return ReportRow(Text(LEVELS[row.level], row.level), cells)


def _table(
    key: str, title: Text, head: Text, columns: tuple[ReportColumn, ...], rows: list[ReportRow],
    total: ReportRow | None = None, note: Text | None = None,
) -> ReportTable:  # fmt: skip
    return ReportTable(key, title, head, columns, tuple(rows), total, note)
