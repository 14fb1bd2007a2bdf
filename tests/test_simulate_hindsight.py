"""Hindsight against the batch over everything, against enumeration, and what it may use when."""

import itertools

import attrs
import numpy as np
import pytest

from conftest import campaign
from dispatch_market import EVER, START, Market, best, draw_market, make_round, places
from wushe.simulate.dispatch.hindsight import hindsight
from wushe.simulate.dispatch.policies import serve_in_turn, serve_nearest
from wushe.simulate.dispatch.watch import ALWAYS, Watch


def market(**changes: object) -> Market:
    """Return three needs of one unit for one lot of one piece; what is there changes by test."""
    plain = Market(
        day=np.array([0, 1, 2]), waits=np.zeros(3, dtype=int), urgency=np.array([0, 1, 3]), units=np.ones(3, dtype=int),
        at=np.zeros(3, dtype=int), lots=np.zeros(1, dtype=int), stock=np.ones(1, dtype=int), days=3,
    )  # fmt: skip
    return attrs.evolve(plain, **changes)


def test_hindsight_keeps_the_last_piece_for_the_emergency() -> None:
    """First come gives it away on the first day (2,000); who knows the emergency to come keeps it (55,000)."""
    m = market()
    assert m.play(serve_in_turn) == 2_000
    found = hindsight(m.seen())
    assert found.value == 55_000
    assert found.flow.tolist() == [0, 0, 1]


def test_the_batch_over_the_whole_horizon_is_hindsight_where_needs_wait(seed: int) -> None:
    """Where nothing lapses, planning everything on the last day by the kernel equals HiGHS's hindsight exactly."""
    for i in range(campaign(tests=6, ci=40, soak=300)):
        m = draw_market(np.random.default_rng([seed, i]), needs=60, waits=EVER)
        assert m.play(best, first=m.days - 1) == hindsight(m.seen()).value


def test_waiting_for_the_last_day_loses_those_who_do_not_wait(seed: int) -> None:
    """Where needs lapse after five days the batch over the horizon serves the last of them only."""
    m = draw_market(np.random.default_rng(seed), waits=5)
    assert m.play(best, first=m.days - 1) < 0.5 * hindsight(m.seen()).value


def test_nobody_beats_hindsight(seed: int) -> None:
    """Whatever the rule and its rhythm, what it serves is worth at most the hindsight."""
    for i in range(campaign(tests=4, ci=20, soak=100)):
        m = draw_market(np.random.default_rng([seed, i]), needs=60, waits=3)
        most = hindsight(m.seen()).value
        for choose, every in itertools.product((serve_in_turn, serve_nearest, best), (1, 3)):
            assert 0 < m.play(choose, every) <= most


def test_hindsight_equals_enumeration_on_tiny_markets(seed: int) -> None:
    """Five single needs and two lots: the best of all ways to give, tried one by one."""
    for i in range(campaign(tests=5, ci=30, soak=200)):
        m = draw_market(np.random.default_rng([seed, i]), needs=5, days=4, waits=1)
        m = attrs.evolve(
            m, units=np.ones(5, dtype=int), lots=np.array([2, 8]), stock=np.array([1, 2])
        )
        worth = np.array([2_000, 16_000, 40_000, 55_000])[m.urgency]
        ways = itertools.product((-1, 0, 1), repeat=5)
        most = max(
            sum(int(worth[n]) - 100 * abs(int(m.at[n] - m.lots[lot])) for n, lot in enumerate(way) if lot >= 0)
            for way in ways
            if way.count(0) <= 1 and way.count(1) <= 2
        )  # fmt: skip
        assert hindsight(m.seen()).value == most


def test_what_arrives_later_serves_only_those_who_are_still_there() -> None:
    """A lot that is filled up on the third day is a second parcel: the need of the first two days cannot have it."""
    eye = Watch()
    for day, stock, open_ in ((0, 1, [0, 1]), (1, 1, [0, 1]), (2, 3, [1, 2]), (3, 3, [2])):
        left = np.array(open_)
        needs = {"id": [f"N-{n:07d}" for n in open_], "quantity": np.ones(len(left), dtype=np.int64), **places(left)}  # fmt: skip
        offers = {"id": ["R-0000000:lot"], "provider_kind": ["resources"], **places(np.zeros(1))}
        round_ = make_round(
            START.replace(day=6 + day), needs, offers, np.zeros((len(left), 1), dtype=int), [stock],
            np.array([50, 40, 30])[left], np.ones(len(left), dtype=np.int64),
        )  # fmt: skip
        assert eye(round_).sum() == 0
    seen = eye.seen()
    assert seen.capacity.tolist() == [1, 2]
    assert seen.since.tolist() == [ALWAYS, START.toordinal() + 2]
    assert hindsight(seen).value == 120
    without_first = attrs.evolve(seen, capacity=np.array([0, 2]))
    assert hindsight(without_first).value == 70


def test_a_limit_per_need_holds_over_all_parcels_of_an_offer() -> None:
    """A need of five units may have two of this donor's, whenever they come."""
    seen = draw_market(np.random.default_rng(1), needs=1, waits=EVER).seen()
    one = attrs.evolve(
        seen, asked=np.array([5]), parcel=np.array([0, 0]), capacity=np.array([9, 9]), since=seen.first.repeat(2),
        until=seen.last.repeat(2), row=np.array([0]), offer=np.array([0]), value=np.array([7]), limit=np.array([2]),
    )  # fmt: skip
    assert hindsight(one).value == 14


def test_hours_that_come_back_are_refused() -> None:
    """Hindsight is over what does not come back; the error says which offer does, and what is expected."""
    m = market()
    round_, _ = m.round_(0, m.units, m.stock)
    kinds = np.array(["volunteers"], dtype=object)
    hours = type(round_.offers)(1, {**round_.offers.arrays, "provider_kind": kinds})
    with pytest.raises(ValueError, match="R-0000000:lot of volunteers comes back"):
        Watch()(attrs.evolve(round_, offers=hours))


def test_nothing_seen_is_worth_nothing() -> None:
    """A run without rounds has hindsight 0."""
    assert hindsight(Watch().seen()).value == 0
