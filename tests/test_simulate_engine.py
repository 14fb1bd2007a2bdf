"""Day by day: the same arguments give the same bytes, nothing is lost, and plugins change simulation alike."""

import copy
import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from functools import cache

import attrs
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import wushe
from conftest import campaign
from wushe.model.storage import Array
from wushe.simulate import books
from wushe.simulate.city import HELPERS, MET, City
from wushe.simulate.engine import Run, run
from wushe.simulate.policies import first_come, greedy_nearest
from wushe.simulate.policy import Policy
from wushe.simulate.ready import small
from wushe.simulate.scenario import Scenario

DAILY = Policy("daily")
WEEKLY = Policy("weekly", every=7)
POLICIES = (DAILY, WEEKLY, first_come(), greedy_nearest())


def seed(n: int = 1) -> np.random.SeedSequence:
    """Return the seed of one replication."""
    return np.random.SeedSequence(n)


def month(scenario: Scenario | None = None, days: int = 14) -> Scenario:
    """Return a busy fortnight of the small scenario: ten times as many needs, most of them known soon."""
    busy = {"needs.per_household_year": 3.0, "finding.self_share": 0.8, "finding.self_days": 3.0}
    return attrs.evolve(scenario or small(), days=days, warm_up=0).but(**busy)


def digest(made: Run) -> str:
    """Return a digest of every byte that a run leaves behind."""
    city, total = made.city, hashlib.sha256()
    for columns in (made.periods, made.months):
        _add(total, columns)
    for rows in (city.needs, city.orders, city.calls, city.volunteers, city.lots, city.house, city.log):  # fmt: skip
        _add(total, {name: rows[name] for name in rows.fields})
    _add(total, {"free": city.money.free, "spent": city.money.spent})
    return total.hexdigest()


def _add(total: "hashlib._Hash", columns: Mapping[str, Array]) -> None:
    for name, column in columns.items():
        total.update(name.encode() + np.ascontiguousarray(column).tobytes())


@cache
def fortnight(policy: Policy) -> Run:
    """Return the busy fortnight under `policy`."""
    return run(month(), policy, seed())


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p.name)
def test_same_seed_same_bytes(policy: Policy) -> None:
    """A run depends on scenario, policy and seed alone."""
    assert digest(fortnight(policy)) == digest(run(month(), policy, seed()))


def test_another_seed_is_another_city() -> None:
    """Nothing of a run is the same under another seed but its size."""
    assert digest(fortnight(DAILY)) != digest(run(month(), DAILY, seed(2)))


def test_policies_meet_the_same_world() -> None:
    """Under one seed the same needs arise on the same days, whatever the dispatch does."""
    runs = [fortnight(policy) for policy in POLICIES]
    assert len({tuple(made.periods["need_arose"].tolist()) for made in runs}) == 1
    assert len({tuple(made.periods["given_fen"].tolist()) for made in runs}) == 1
    assert len({digest(made) for made in runs}) > 1


@settings(
    max_examples=campaign(tests=2, ci=30, soak=600),
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a run is too long to shrink
)
@given(
    st.integers(0, 2**31),
    st.sampled_from(POLICIES),
    st.integers(0, 60),
    st.integers(1, 6),
    st.integers(0, 12),
)
def test_nothing_is_lost(
    entropy: int, policy: Policy, volunteers: int, workers: int, lots: int
) -> None:
    """Needs, hours, goods and fen balance at the end of every month, whatever the numbers of helpers."""
    scenario = attrs.evolve(
        month(days=20),
        volunteers=volunteers,
        workers=workers,
        lots=lots,
        start=dt.date(2025, 1, 25),
    )
    made = run(scenario, policy, seed(entropy))
    assert made.months["month"].tolist() == [202501, 202502]
    for name in books.RESIDUALS:
        assert not made.months[name].any(), name


def test_a_loss_is_seen() -> None:
    """Taking a need, a promised minute, a lot's piece or a fen away shows in exactly that residual."""

    city = fortnight(DAILY).city

    def after(change: Callable[[City], None]) -> dict[str, int]:
        lost = copy.deepcopy(city)
        change(lost)
        return {name: value for name, value in books.residuals(lost).items() if value}

    def need(city: City) -> None:
        city.needs["left"][np.flatnonzero(city.needs["state"] == MET)[0]] += 1

    def minutes(city: City) -> None:
        city.volunteers["open"][0] += 1

    def goods(city: City) -> None:
        city.lots["on_hand"][0] -= 1

    def fen(city: City) -> None:
        fund, amount = np.array([0]), np.array([100])
        assert city.money.commit(fund, amount).all()
        city.money.pay(fund, amount)

    assert after(lambda city: None) == {}
    assert set(after(need)) == {"needs"}
    assert set(after(minutes)) == {"hours"}
    assert set(after(goods)) == {"goods"}
    assert set(after(fen)) == {"fen"}


def test_a_plugin_changes_the_simulation_as_it_changes_a_plan() -> None:
    """A city whose filter refuses everybody serves nobody; what its scores say decides who is asked."""

    class NobodyGoes:
        @wushe.hookimpl
        def filter_candidates(self, pairs: wushe.Pairs) -> wushe.FilterTerm:
            return wushe.FilterTerm(np.zeros(len(pairs), dtype=bool), "window")

    rules = wushe.load_plugins("wuchang", NobodyGoes())
    made = run(month(), DAILY, seed(), plugins=rules)
    assert len(made.city.orders) == 0
    assert made.periods["round_needs"].sum() > 0


def test_goods_and_money_are_given_too() -> None:
    """All forms of help are ordered in a month, goods and money among them."""
    made = run(month(days=28), DAILY, seed(4))
    assert set(made.city.orders["kind"].tolist()) == set(range(len(HELPERS)))
