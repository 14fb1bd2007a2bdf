"""Day by day through a city's life: the stages in their order, and what they leave behind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import attrs
import numpy as np

from wushe.model.storage import Array
from wushe.plan import Plan
from wushe.plugins.manager import Plugins, load_plugins
from wushe.simulate import books
from wushe.simulate.books import RESIDUALS, residuals
from wushe.simulate.city import HOUSE, City
from wushe.simulate.dispatch.policy import Policy
from wushe.simulate.helpers import spreading, staying
from wushe.simulate.needs import arrivals, closing, finding
from wushe.simulate.orders import ordering
from wushe.simulate.resources import giving, relief, stock
from wushe.simulate.rounds import round_stage
from wushe.simulate.stage import Stage
from wushe.simulate.streams import Streams
from wushe.simulate.world.parties import settle
from wushe.simulate.world.scenario import Scenario

MONDAY = 0


@attrs.frozen(eq=False)
class Run:
    """One replication under one policy.

    `periods`: a row per day, columns `day` and every figure and stock (int64). `months`: a row per calendar month,
    `month` (yyyymm) and what was lost of needs, hours, goods and fen until its end: 0 always. `city` is the last
    day's. `plans`: (day, plan) of each round, where they were kept.
    """

    scenario: Scenario
    policy: str
    replication: int
    periods: Mapping[str, Array]
    months: Mapping[str, Array]
    city: City
    plans: Sequence[tuple[int, Plan]] = ()


def run(
    scenario: Scenario,
    policy: Policy,
    seed: np.random.SeedSequence,
    *,
    replication: int = 0,
    plugins: Plugins | None = None,
    stages: Sequence[Stage] | None = None,
    keep_plans: bool = False,
) -> Run:
    """Simulate `scenario` under `policy` for its days and return what happened.

    The same arguments give the same bytes wherever versions and kind of processor are the same. `plugins` are those that the scenario names,
    where not given; `stages` are `standard_stages` where not given (then `keep_plans` is the caller's matter).
    """
    plans: list[tuple[int, Plan]] = []
    if stages is None:
        stages = standard_stages(policy, plans if keep_plans else None)
    city = found(scenario, seed, plugins)
    for stage in stages:
        if stage.begin is not None:
            stage.begin(city)
    periods: list[dict[str, int]] = []
    months: list[dict[str, int]] = []
    for day in range(scenario.days):
        city.day, city.figures = day, {}
        for stage in stages:
            stage.step(city)
        periods.append({"day": day, **city.figures})
        if _ends_month(city):
            months.append({"month": city.on.year * 100 + city.on.month, **residuals(city)})
    return Run(
        scenario, policy.name, replication, _columns(periods), _columns(months, ("month", *RESIDUALS)), city, tuple(plans)
    )  # fmt: skip


def found(scenario: Scenario, seed: np.random.SeedSequence, plugins: Plugins | None = None) -> City:
    """Return the city on the eve of its first day: people, helpers, goods and funds in place."""
    from wushe.ledger.money.columns import FundColumns
    from wushe.simulate.world.population import populate

    plugins = load_plugins(*scenario.plugins) if plugins is None else plugins
    streams = Streams(seed)
    people = populate(scenario, streams)
    categories = tuple(sorted(plugins.categories))
    city = City(scenario, plugins, streams, people, categories, FundColumns())
    city.house.append(len(people), **{name: fill for name, (_, fill) in HOUSE.items()})
    settle(city)
    return city


def standard_stages(
    policy: Policy, plans: list[tuple[int, Plan]] | None = None
) -> tuple[Stage, ...]:
    """Return the stages of a day in their order, with the round under `policy`."""
    return (
        CALENDAR,
        staying.STAGE,
        spreading.STAGE,
        giving.STAGE,
        stock.STAGE,
        arrivals.STAGE,
        finding.STAGE,
        relief.STAGE,
        round_stage(policy, plans),
        ordering.STAGE,
        closing.STAGE,
        books.STAGE,
    )


def _turn(city: City) -> None:
    """On Mondays everybody's hours begin anew; what is promised and not done stays promised."""
    if city.on.weekday() == MONDAY:
        for helpers in (city.volunteers, city.workers):
            helpers["done"][:] = 0


CALENDAR = Stage("calendar", _turn)


def _ends_month(city: City) -> bool:
    tomorrow = city.on + dt.timedelta(days=1)
    return city.day == city.scenario.days - 1 or tomorrow.month != city.on.month


def _columns(
    rows: Sequence[Mapping[str, int]], first: Sequence[str] = ("day",)
) -> dict[str, Array]:
    """Return rows as columns, names sorted after the first ones; a figure that a day lacks is 0."""
    names = [*first, *sorted({name for row in rows for name in row} - set(first))]
    return {name: np.array([row.get(name, 0) for row in rows], dtype=np.int64) for name in names}
