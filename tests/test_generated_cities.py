"""Thousands of small cities: whatever the tables hold, the plan stands and accounts for every need."""

import datetime as dt
import pickle
from collections import Counter
from collections.abc import Callable
from typing import Any, get_args

import attrs
import numpy as np
import pytest
from hypothesis import given, settings

import wushe
from cities import ON, SERVICES, Rows, city_of, seeded_rows, shuffled, small_cities
from conftest import campaign
from wushe import Plan
from wushe.model.terms import REASONS, Reason
from wushe.plugins.manager import Plugins

DEFAULTS = wushe.load_plugins()
WUCHANG = wushe.load_plugins("wuchang")


def planned(rows: Rows, plugins: Plugins = DEFAULTS) -> Plan:
    """Return the plan of `rows` on the usual date."""
    return wushe.make_plan(city_of(rows, plugins), plugins=plugins, on=ON)


def assert_accounts_for_every_need(plan: Plan) -> None:
    """Served and unserved add up to what is asked, need by need, and every gap has a reason."""
    needs = plan.matching.prepared.needs
    given_out: Counter[str] = Counter()
    for item in plan.items:
        given_out[item.need] += item.amount
    short = {s.need: s for s in plan.unserved}
    for key, asked in zip(needs["id"], needs["quantity"].tolist(), strict=True):
        missing = short[key].amount if key in short else 0
        assert given_out[key] + missing == asked
        assert (key in short) == (given_out[key] < asked)
    assert all(s.reason in REASONS and s.amount > 0 for s in plan.unserved)
    assert len(short) == len(plan.unserved)


@settings(max_examples=campaign(tests=200, ci=1000, soak=5000))
@given(small_cities())
def test_hypothesis_finds_no_city_whose_plan_breaks_a_rule(rows: Rows) -> None:
    """The independent checker is content, the optimum is proven, every need is accounted for."""
    plan = planned(rows)
    assert wushe.check_plan(plan) == []
    assert plan.matching.flow.status == "optimal"
    assert_accounts_for_every_need(plan)


@pytest.mark.parametrize("plugins", [DEFAULTS, WUCHANG], ids=["defaults", "wuchang"])
def test_no_seeded_city_breaks_a_rule(
    plugins: Plugins, campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """The long campaign, with the built-in rules and with a real city's plugin on top."""
    count = campaign(tests=150, ci=1000, soak=10_000)
    figures: Counter[str] = Counter()
    reasons: Counter[Reason] = Counter()
    for at in range(count):
        plan = planned(seeded_rows([seed, at]), plugins)
        violations = wushe.check_plan(plan)
        assert violations == [], f"city {at} of seed {seed}: {violations[0].say('en')}"
        assert_accounts_for_every_need(plan)
        figures.update(needs=plan.needs, served=plan.served, partly=plan.partly)
        reasons.update(plan.reasons())
    # rare ones need many cities; `test_matching_reasons` has an example of each
    common = {"no_offer", "reach", "skill", "consent"}
    every = set(get_args(Reason)) - {"alternative", "waits"}  # of needs that are bound together
    assert set(reasons) >= (every if count >= 1000 else common)
    assert figures["served"] > 0
    assert figures["partly"] > 0
    evidence("generated_cities", cases=count, seed=seed, violations=0, **figures)


def test_the_order_of_rows_changes_nothing(campaign: Callable[..., int], seed: int) -> None:
    """Tables in any order give the identical plan, byte for byte."""
    for at in range(campaign(tests=40, ci=300, soak=2000)):
        rows = seeded_rows([seed, 1, at])
        first = planned(rows).to_json(audience="internal")
        again = planned(shuffled(rows, np.random.default_rng([seed, at])))
        assert again.to_json(audience="internal") == first


def test_the_same_city_gives_the_same_plan_twice(campaign: Callable[..., int], seed: int) -> None:
    """Nothing but the tables, the rules and the date decides."""
    for at in range(campaign(tests=30, ci=200, soak=1000)):
        rows = seeded_rows([seed, 2, at])
        assert planned(rows).to_json() == planned(rows).to_json()


def test_plans_survive_pickling(campaign: Callable[..., int], seed: int) -> None:
    """A plan that crossed a process border says the same and still stands."""
    for at in range(campaign(tests=30, ci=200, soak=1000)):
        plan = planned(seeded_rows([seed, 3, at]))
        back: Plan = pickle.loads(pickle.dumps(plan))
        assert back.to_json(audience="internal") == plan.to_json(audience="internal")
        assert back.summary("en") == plan.summary("en")
        assert wushe.check_plan(back) == []


def test_offers_that_nobody_may_use_change_nothing(campaign: Callable[..., int], seed: int) -> None:
    """An offer that no need may take leaves every item as it was; without offers nobody is served."""
    for at in range(campaign(tests=30, ci=200, soak=1000)):
        rows = seeded_rows([seed, 4, at])
        idle = wushe.Offer(
            id="AA", provider="CC1", categories=("haircut",), quantity=3, unit="hour"
        )
        over = attrs.evolve(idle, id="AB", categories=SERVICES, available_to=ON - ONE_DAY)
        more = {**rows, "offers": [*rows["offers"], idle, over]}
        assert [i.explain() for i in planned(more).items] == [
            i.explain() for i in planned(rows).items
        ]
        nothing: dict[str, list[Any]] = {name: [] for name in GIVERS}
        bare = planned({**rows, **nothing})
        assert bare.items == ()
        assert {s.reason for s in bare.unserved} <= {"no_offer"}


ONE_DAY = dt.timedelta(days=1)
GIVERS = ("offers", "volunteers", "social_workers", "resources", "funds", "services")
