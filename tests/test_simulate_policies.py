"""The ready rules of dispatch on rounds made by hand: who gets what."""

import datetime as dt
import pickle
from typing import Any

import numpy as np
import pytest

from dispatch_market import WORTH, best, make_round, places
from wushe.matching.kernel import solve
from wushe.matching.rounds import Round
from wushe.simulate.dispatch import policies

DAY = dt.date(2025, 1, 20)
KM = 111.195
"""Kilometres of a degree on the equator."""


def round_of(
    asked_on: list[str], at: list[int], helpers: list[int], cost: Any, capacity: list[int], urgency: Any = None
) -> Round:  # fmt: skip
    """Return a round of needs of one unit each at places `at`, and of helpers."""
    n, m = len(at), len(helpers)
    urgency = np.ones(n, dtype=np.int8) if urgency is None else np.array(urgency)
    needs = {
        "id": [f"N-{row}" for row in range(n)], "asked_on": np.array(asked_on, dtype="datetime64[D]"),
        "quantity": np.ones(n, dtype=np.int64), "urgency": urgency, **places(np.array(at)),
    }  # fmt: skip
    offers = {"id": [f"R-{row}" for row in range(m)], "provider_kind": ["resources"] * m, **places(np.array(helpers))}  # fmt: skip
    return make_round(
        DAY, needs, offers, np.array(cost), capacity, np.array(WORTH)[urgency], np.ones(n, dtype=np.int64)
    )  # fmt: skip


def given(round_: Round, flow: Any) -> list[int | None]:
    """Return each need's offer, None where it got nothing."""
    used = np.flatnonzero(flow)
    found = dict(
        zip(round_.problem.row[used].tolist(), round_.problem.column[used].tolist(), strict=True)
    )
    return [found.get(row) for row in range(len(round_))]


def test_first_come_first_served_gives_each_the_best_of_what_is_left() -> None:
    """The second need came first and takes what suits it; the first one gets the other helper, though that is dear."""
    round_ = round_of(["2025-01-09", "2025-01-08"], [0, 0], [0, 0], [[1, 900], [2, 3]], [1, 1])
    assert given(round_, policies.serve_in_turn(round_)) == [1, 0]
    assert given(round_, best(round_)) == [0, 1]


def test_needs_of_one_day_come_in_the_order_of_their_ids_and_unknown_days_last() -> None:
    """One helper, three needs: the day decides, then the id; who came nobody knows when waits for the others."""
    round_ = round_of(["NaT", "2025-01-08", "2025-01-08"], [0, 0, 0], [0], [[0], [9], [5]], [2])
    assert policies.by_arrival(round_).tolist() == [1, 2, 0]
    assert given(round_, policies.serve_in_turn(round_)) == [None, 0, 0]


def test_greedy_nearest_looks_at_the_distance_only() -> None:
    """The nearest helper is taken although the scores prefer the other one."""
    round_ = round_of(["2025-01-08"], [0], [3, 1], [[0, 5000]], [1, 1])
    assert given(round_, policies.serve_in_turn(round_)) == [0]
    assert given(round_, policies.serve_nearest(round_)) == [1]
    assert sorted(policies.distances(round_).tolist()) == pytest.approx([KM, 3 * KM], rel=1e-3)


def test_where_a_distance_is_unknown_any_known_one_is_nearer() -> None:
    """A helper on the other side of the earth comes before one whose place nobody knows; but that one may serve."""
    round_ = round_of(["2025-01-08"] * 2, [0, 0], [0, 180], [[0, 5], [0, 5]], [1, 1])
    unknown = {**round_.offers.arrays, "lon": np.array([np.nan, 180.0])}
    round_ = Round(
        DAY, round_.needs, type(round_.offers)(2, unknown), round_.problem, round_.optimum
    )
    assert given(round_, policies.serve_nearest(round_)) == [1, 0]


def test_an_empty_list_is_served_by_nobody() -> None:
    """No needs, or no helpers: an empty flow, not an error."""
    for n, m in ((0, 2), (2, 0)):
        round_ = round_of(
            ["2025-01-08"] * n, [0] * n, [0] * m, np.zeros((n, m), dtype=int), [1] * m
        )
        for choose in (policies.serve_in_turn, policies.serve_nearest):
            assert choose(round_).tolist() == []


def test_batches_begin_when_the_first_one_is_full() -> None:
    """A batch of seven days is planned on the seventh day and every week after; of one day, daily."""
    weekly, daily = policies.batch(7), policies.batch()
    assert [day for day in range(21) if weekly.acts_on(day)] == [6, 13, 20]
    assert all(daily.acts_on(day) for day in range(7))
    assert policies.batch(30, first=0).acts_on(0)


def test_urgency_classes_are_in_strict_order() -> None:
    """Every class of urgency is a tier of its own, the most pressing first; the library's plan decides."""
    policy = policies.urgency_classes(3)
    assert policy.choose is None
    assert policy.objective is not None
    assert policy.objective.tiers == (("emergency",), ("urgent",), ("normal",), ("low",))


def test_ready_policies_have_names_of_their_own_and_travel_to_other_processes() -> None:
    """Names tell them apart in tables; a pickled policy decides the same."""
    ready = policies.standard_policies()
    assert len({policy.name for policy in ready}) == len(ready)
    round_ = round_of(["2025-01-09", "2025-01-08"], [0, 0], [0, 0], [[1, 900], [2, 3]], [1, 1])
    for policy in ready:
        again = pickle.loads(pickle.dumps(policy))
        assert (again.name, again.every, again.first) == (policy.name, policy.every, policy.first)
        if policy.choose is not None and again.choose is not None:
            assert policy.choose(round_).tolist() == again.choose(round_).tolist()


def test_no_rule_beats_the_optimum_of_the_day(seed: int) -> None:
    """On random rounds first come and greedy cost at least as much as the plan of least cost."""
    rng = np.random.default_rng(seed)
    for _ in range(20):
        n, m = 8, 4
        cost = rng.integers(0, 1000, (n, m))
        round_ = round_of(
            ["2025-01-08"] * n, [0] * n, [1] * m, cost, [1, 1, 2, 1], rng.integers(0, 4, n)
        )
        most = round_.value @ solve(round_.problem).flow
        for choose in (policies.serve_in_turn, policies.serve_nearest):
            assert round_.value @ choose(round_) <= most
