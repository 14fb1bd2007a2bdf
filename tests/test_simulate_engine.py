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
from wushe.simulate import books, engine
from wushe.simulate.city import EVENT_CODES, HELPERS, MET, City
from wushe.simulate.dispatch.policies import first_come, greedy_nearest
from wushe.simulate.dispatch.policy import Policy
from wushe.simulate.engine import Run, run
from wushe.simulate.resources.giving import Campaign
from wushe.simulate.streams import Streams, code_of
from wushe.simulate.world.ready import small
from wushe.simulate.world.scenario import Scenario, catalogue
from wushe.simulate.world.shocks import flood_week

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


def test_policies_meet_the_same_needs_gifts_and_goods_one_by_one() -> None:
    """Who needs what, how urgently, from when until when, who gives what and what is delivered: row by row the same."""
    one, *others = (fortnight(policy).city for policy in POLICIES)
    events = [EVENT_CODES[name] for name in ("need_arose", "gift_received", "lot_received")]
    for other in others:
        for column in ("household", "category", "amount", "urgency", "arose", "due", "lapses"):
            assert one.needs[column].tolist() == other.needs[column].tolist(), column
        for event in events:
            ours, theirs = (np.flatnonzero(city.log["kind"] == event) for city in (one, other))
            assert len(ours)
            for column in ("at", "household", "helper", "amount"):
                assert one.log[column][ours].tolist() == other.log[column][theirs].tolist()


def test_no_stream_is_drawn_from_for_two_purposes(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a run each stream is begun once, none is also a name of draws, and no two names have one code."""
    begun: list[tuple[str, int]] = []
    asked: set[str] = set()

    class Heard(Streams):
        def of(self, name: str, day: int = 0) -> np.random.Generator:
            begun.append((name, day))
            return super().of(name, day)

        def draw(self, name: str, *keys: Array | int) -> Array:
            asked.add(name)
            return super().draw(name, *keys)

    monkeypatch.setattr(engine, "Streams", Heard)
    shocks, campaigns = (
        (flood_week(2),),
        (Campaign("day", small().label, 2, 5, factor=4.0, pool_fen=1_000),),
    )
    run(month().but(shocks=shocks, campaigns=campaigns), DAILY, seed())
    assert len(begun) == len(set(begun)) > 60
    streams = {name for name, _ in begun}
    assert not streams & asked
    names = streams | asked
    assert len({code_of(name) for name in names}) == len(names) > 60


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


SUMS = ("needs.emergency", "needs.urgent", "needs.low", "intake.opens", "intake.closes", "mix.")
"""Assumptions that no scenario sets to a limit alone: shares that add up to 1 at most, doors that open before they close."""


def at_limits(entropy: int) -> dict[str, float]:
    """Return about a third of all assumptions, each at its lower or its upper limit (the lower where there is no upper)."""
    rng = np.random.default_rng(entropy)
    found = {"needs.per_household_year": 20.0}
    for one in catalogue().values():
        some, upper = rng.random(2) < (0.3, 0.5)
        if some and one.id not in found and not one.id.startswith(SUMS):
            found[one.id] = one.high if upper and np.isfinite(one.high) else one.low
    return found


@pytest.mark.parametrize("entropy", range(campaign(tests=3, ci=25, soak=500)))
def test_whatever_is_assumed_instants_are_in_order_and_nothing_is_lost(entropy: int) -> None:
    """Even at the limits of what may be assumed, over a leap day."""
    settlement = attrs.evolve(small().settlement, households=120, communities=3)
    scenario = small().but(
        days=10, warm_up=0, start=dt.date(2024, 2, 25), settlement=settlement, assume=at_limits(entropy)
    )  # fmt: skip
    made = run(scenario, DAILY, seed(entropy))
    needs = made.city.needs
    for before, after in (
        ("arose", "known"),
        ("known", "listed"),
        ("listed", "closed"),
        ("arose", "closed"),
    ):
        assert not (needs[after] < needs[before]).any(), (before, after)
    assert (needs["due"] >= 0).all()
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
