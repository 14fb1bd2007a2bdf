"""One code path: what was simulated, replayed through the real commands, gives the same orders and balances."""

import datetime as dt
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import attrs
import numpy as np
import pytest

import wushe
from conftest import campaign
from wushe.errors import RefusedError
from wushe.journal import MemoryStore
from wushe.model.ordering import OrderRules
from wushe.orders import guards
from wushe.plugins.manager import Plugins
from wushe.simulate.city import LAPSED, ORDERED, VOLUNTEERS, City
from wushe.simulate.dispatch.policies import first_come
from wushe.simulate.dispatch.policy import Policy
from wushe.simulate.engine import Run, run, standard_stages
from wushe.simulate.helpers import staying
from wushe.simulate.orders import able, ordering
from wushe.simulate.orders.agreement import differences
from wushe.simulate.orders.orderbook import ACTS
from wushe.simulate.orders.replay import Replayed, replay
from wushe.simulate.resources.giving import Campaign
from wushe.simulate.stage import Stage
from wushe.simulate.world import parties
from wushe.simulate.world.ready import small
from wushe.simulate.world.scenario import Scenario
from wushe.store import open_store
from wushe.store.domain import default_domain
from wushe.text import Text

DAILY = Policy("daily")
BUSY = {"needs.per_household_year": 15.0}
"""Sixty times as many needs as usual, so that a week says something."""


def busy(days: int = 7, **changes: object) -> Scenario:
    """Return some busy days of the small scenario."""
    return small().but(days=days, warm_up=0, **{**BUSY, **changes})


def lived(
    scenario: Scenario, seed: int = 1, extra: Sequence[Callable[[City], None]] = (), plugins: Plugins | None = None,
    policy: Policy = DAILY,
) -> Run:  # fmt: skip
    """Return a run that kept its plans, with `extra` things happening each morning."""
    plans: list = []
    stages = standard_stages(policy, plans)
    # After people came and went, before anything else of the day.
    stages = stages[:3] + tuple(Stage(step.__name__, step) for step in extra) + stages[3:]
    made = run(scenario, policy, np.random.SeedSequence(seed), stages=stages, plugins=plugins)
    return attrs.evolve(made, plans=tuple(plans))


def memory(made: Run) -> MemoryStore:
    """Return an empty store in memory under the run's plugins."""
    return MemoryStore(default_domain(), made.city.plugins)


def replayed(made: Run) -> Replayed:
    """Replay into a store in memory."""
    return replay(made, memory(made))


@pytest.fixture(scope="module")
def week() -> Run:
    """A busy week."""
    return run(busy(), DAILY, np.random.SeedSequence(3), keep_plans=True)


def walk_out(city: City) -> None:
    """Let some leave who have promised something."""
    helpers = city.volunteers
    rows = np.flatnonzero(helpers["active"] & (helpers["open"] > 0))
    rows = rows[city.streams.draw("test.walk_out", rows, city.day) < 0.15]
    helpers["active"][rows] = False
    city.say("volunteer_left", city.now, len(rows), helper_kind=VOLUNTEERS, helper=rows)


def lapse(city: City) -> None:
    """Let some needs lapse while somebody is at work on them."""
    rows = np.flatnonzero(city.needs["state"] == ORDERED)
    rows = rows[city.streams.draw("test.lapse", rows, city.day) < 0.1]
    city.needs["state"][rows] = LAPSED


class TwoAtOnce:
    """A city that asks two at once, twice, and has one level."""

    name = "two_at_once"

    @wushe.hookimpl
    def register_order_rules(self) -> list[OrderRules]:
        """Return its one rule."""
        return [OrderRules("two", asked_at_once=2, rounds=2, weekly_calls=4, levels=("community",))]


def test_a_simulated_week_is_the_same_in_the_store_on_disk(week: Run, tmp_path: Path) -> None:
    """Statuses, helpers, amounts and instants of all orders, all requests, every fen and every piece; and the log verifies."""
    with open_store(tmp_path / "city.db", plugins=week.city.plugins) as store:
        found = replay(week, store)
        assert found.differences == ()
        assert found.same
        assert store.verify(deep=True).ok
    assert found.orders == len(week.city.orders) > 20
    assert found.lots == len(week.city.lots) > 0
    assert found.accounts >= len(week.city.funds)


WAYS: dict[str, Callable[[int], Run]] = {
    # people leave with promises open, needs lapse while somebody is at work, two are asked at once,
    # offices take longer than there is
    "unruly": lambda seed: lived(
        busy(14, **{"ordering.office_emergency": 100.0, "helping.accept": 0.15}), seed, (walk_out, lapse),
        wushe.load_plugins("wuchang", TwoAtOnce()),
    ),
    # guards of a city's own: societies give to their own village, and not too much
    "xuanzhou": lambda seed: lived(busy(14, plugins=("xuanzhou",)), seed),
    # three requests a week at most
    "hefei": lambda seed: lived(busy(14, plugins=("hefei",)), seed),
    # hardly anybody says yes, and most say so
    "unwilling": lambda seed: lived(
        busy(14, **{"helping.accept": 0.15, "helping.says_no": 0.8}), seed
    ),
    # few helpers, asked again and again
    "few": lambda seed: lived(busy(14, volunteers=8, workers=1), seed),
    # goods that expire on the way, small lots, many deliveries
    "goods": lambda seed: lived(
        busy(14, **{"parties.lot_life": 12.0, "stock.deliveries": 40.0, "parties.lot_pieces": 6.0}), seed
    ),
    # limits for one need and for caseloads, hardly any money
    "limits": lambda seed: lived(
        busy(14, **{"parties.fund_per_need": 300.0, "parties.lot_per_need": 1.0, "parties.caseload_limit": 3.0,
                    "parties.fund_start": 1_000.0}), seed
    ),
    # a campaign with a pool that runs dry, and one for one fund
    "campaign": lambda seed: lived(
        busy(10, campaigns=(
            Campaign("day", Text("慈善日", "charity day"), 2, 5, factor=20.0, pool_fen=200_000, gift_cap=10_000, donor_cap=15_000),
            Campaign("one", Text("一基金", "one fund"), 4, 4, factor=3.0, fund=1, pool_fen=900_000, denominator=2),
        )), seed
    ),
    # other cities' rules for relief, and for what is kept of orders
    "pingliang": lambda seed: lived(busy(14, plugins=("pingliang",)), seed, (walk_out,)),
    "dangshan": lambda seed: lived(busy(14, plugins=("dangshan",)), seed, (walk_out, lapse)),
    # nearly all are emergencies, nights and weekends included, and the last day of February
    "emergencies": lambda seed: lived(
        busy(14, start=dt.date(2024, 2, 22), **{"needs.emergency": 0.8, "needs.urgent": 0.1, "needs.low": 0.0, "helping.accept": 0.2}),
        seed, (walk_out,),
    ),
    # volunteers join, leave, return and leave again, over New Year
    "joiners": lambda seed: lived(
        busy(30, start=dt.date(2026, 12, 20), **{
            "needs.per_household_year": 6.0, "spreading.own": 5.0, "spreading.enrol": 0.5, "staying.leave": 0.95,
            "staying.returns": 1.0, "staying.pause": 5.0,
        }), seed
    ),
    # hardship everywhere, and an office that decides at once
    "relief": lambda seed: lived(
        busy(30, **{"needs.per_household_year": 4.0, "households.hardship": 0.6, "relief.pace": 0.05, "relief.running": 0.0}),
        seed,
    ),
    # the list is looked at once a week, one need after the other
    "weekly": lambda seed: lived(busy(21), seed, policy=attrs.evolve(first_come(), every=7)),
}  # fmt: skip


@lru_cache(maxsize=2)
def way_of_life(way: str, seed: int) -> Run:
    """Return one run of a way of life."""
    return WAYS[way](seed)


SEEDS = campaign(tests=1, ci=1, soak=20)
FEW = campaign(tests=1, ci=len(WAYS), soak=len(WAYS))
GUARDS = ("_rested", "_has_time", "fit")


@pytest.mark.parametrize("way", list(WAYS)[:FEW])
def test_every_way_of_life_is_the_same_in_the_store(
    way: str, evidence: Callable[..., None]
) -> None:
    """No command is refused and nothing differs, whatever rules, helpers and mishaps there are."""
    orders = commands = 0
    for seed in range(SEEDS):
        found = replayed(way_of_life(way, seed))
        assert found.differences == ()
        assert found.orders > 20
        orders, commands = orders + found.orders, commands + found.commands
    evidence(
        "simulated_replay", way=way, runs=SEEDS, orders=orders, commands=commands, differences=0
    )


def test_the_ways_go_where_they_should() -> None:
    """What makes them worth replaying does happen: back-outs, cancellations, failures, silence."""
    acts = ordering.book_of(way_of_life("unruly", 0).city).acts["act"]
    happened = {ACTS[act] for act in acts.tolist()}
    assert happened == {*ACTS}


def test_who_is_vetted_again_is_so_in_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vetting that is good for twenty days is over for all, renewed for workers and for some of the volunteers."""
    for module in (guards, able, staying):
        monkeypatch.setattr(module, "VETTING_DAYS", 20)
    monkeypatch.setattr(parties, "VETTED_WITHIN", 15)
    scenario = busy(
        14, **{"parties.vetted": 1.0, "staying.vetted_again": 0.5, "persons.child_difficulty": 0.5}
    )
    made = lived(
        scenario.but(
            **{"needs.per_household_year": 8.0, "spreading.own": 2.0, "spreading.enrol": 0.5}
        ),
        4,
    )
    assert (made.city.workers["vetted"] > 0).all()
    assert replayed(made).differences == ()


def test_who_came_back_and_left_again_on_one_day_is_gone() -> None:
    """Of a day's news of a volunteer the last counts: nobody is there to be asked when time to answer is over."""

    def both(city: City) -> None:
        if city.day == 8:
            rows = np.arange(len(city.volunteers))
            for event in ("volunteer_returned", "volunteer_left"):
                city.say(event, city.now, len(rows), helper_kind=VOLUNTEERS, helper=rows)
            city.volunteers["active"][rows] = False

    made = lived(busy(11, **{"helping.accept": 0.0, "helping.says_no": 0.0}), 6, (both,))
    assert replayed(made).differences == ()


@pytest.mark.skipif(len(WAYS) > FEW, reason="the campaign runs with more than the quick tests")
def test_a_pool_runs_dry() -> None:
    """The campaign's pool gives all that it has, and not a fen more."""
    assert way_of_life("campaign", 0).city.memory["giving"]["day"].fen == 200_000


def test_each_thing_that_is_changed_afterwards_is_found(week: Run) -> None:
    """Whoever tampers with one number of either side is told which."""
    store, city = memory(week), week.city
    assert replay(week, store).same
    events = store.log
    touched = {
        "status": (city.orders["status"], 1), "amount": (city.orders["amount"], 1), "accepted": (city.orders["accepted"], 1.0),
        "helper": (city.calls["provider"], 1), "at": (city.calls["at"], 1.0), "state": (city.calls["state"], -1),
        "on_hand": (city.lots["on_hand"], 1), "issued": (city.lots["issued"], 1),
    }  # fmt: skip
    for field, (column, by) in touched.items():
        row = int(np.flatnonzero(~np.isnan(column.astype(float)))[0])
        column[row] += by
        found = differences(city, store.state, events)
        column[row] -= by
        assert field in {one.field for one in found}, field
    city.money.receive(np.array([0]), np.array([1]))
    found = differences(city, store.state, events)
    assert {one.what for one in found} == {"account"}
    assert len(found) == 2


@pytest.mark.parametrize("guard", GUARDS[: campaign(tests=1, ci=3, soak=3)])
def test_a_simulation_without_a_guard_is_found_out(
    guard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leave out one guard of the columns, and the store refuses, or asks somebody else."""
    monkeypatch.setattr(able.Able, guard, lambda *_: True)
    scenario = busy(14, volunteers=10, workers=1, plugins=("hefei",))
    assert any(_is_found_out(lived(scenario, seed, (walk_out,))) for seed in (3, 4, 2, 0))


def _is_found_out(made: Run) -> bool:
    try:
        return bool(replayed(made).differences)
    except RefusedError:
        return True


def test_a_run_without_plans_is_no_replay(week: Run) -> None:
    """The error says how to keep them."""
    bare = attrs.evolve(week, plans=())
    with pytest.raises(ValueError, match="keep_plans=True"):
        replayed(bare)
