"""Measures of a run: each against a town in which it can be worked out by hand."""

from types import SimpleNamespace
from typing import Any

import attrs
import numpy as np
import pytest

from simulate_standin import Town, simulate
from wushe.orders.table import STATUS_CODES
from wushe.simulate import city as columns
from wushe.simulate.city import BY_RELIEF, DAY, FUNDS, HIDDEN, LAPSED, LISTED, MET, VOLUNTEERS
from wushe.simulate.dispatch.policy import Policy
from wushe.simulate.experiments.metrics import METRICS, Metric, little, metric_named
from wushe.simulate.rows import Rows
from wushe.text import Text

HOUR = 60.0
NAN = np.nan


@pytest.fixture
def run() -> Any:
    """Return ten days, two of warm-up, in which six needs arose in two communities of two households each.

    0: known in the warm-up. 1: met by a volunteer after two days. 2: met by a fund after four. 3: lapsed. 4: taken by
    relief. 5: hidden. 6: listed still, though somebody had accepted.
    """
    made = {n: Rows(getattr(columns, n.upper())) for n in ("needs", "orders", "calls", "log", "house")}  # fmt: skip
    known = np.array([1, 2, 3, 3, 4, NAN, 5]) * DAY + 9 * HOUR
    made["needs"].append(
        7, household=[0, 0, 1, 2, 3, 3, 2], arose=np.array([1, 2, 3, 3, 4, 4, 5]) * DAY, known=known,
        listed=known + 5 * HOUR, closed=known + np.array([1, 2, 4, 3, 1, NAN, NAN]) * DAY,
        amount=[60, 60, 50_000, 60, 60, 60, 60],
        state=[MET, MET, MET, LAPSED, BY_RELIEF, HIDDEN, LISTED],
    )  # fmt: skip
    made["orders"].append(
        5, need=[0, 1, 2, 6, 6], kind=[VOLUNTEERS, VOLUNTEERS, FUNDS, VOLUNTEERS, VOLUNTEERS],
        amount=[60, 60, 50_000, 30, 30], value=[60_000, 60_000, 50_000_000, 9, 9], placed=known[[0, 1, 2, 6, 6]] + HOUR,
        accepted=known[[0, 1, 2, 6, 6]] + np.array([3, 10, 30, NAN, 20]) * HOUR,
        done=known[[0, 1, 2, 6, 6]] + np.array([0.5, 2, 4, NAN, NAN]) * DAY,
        status=[STATUS_CODES[s] for s in ("confirmed", "done", "confirmed", "failed", "accepted")],
    )  # fmt: skip
    made["calls"].append(
        6, order=[0, 1, 2, 3, 3, 4], kind=[VOLUNTEERS, VOLUNTEERS, FUNDS, VOLUNTEERS, VOLUNTEERS, VOLUNTEERS],
        state=[columns.DONE, columns.DONE, columns.DONE, columns.TIMED_OUT, columns.DECLINED, columns.ACCEPTED],
        minutes=[60, 90, 0, 30, 30, 30],
    )  # fmt: skip
    made["house"].append(4, joined=[True, False, False, False])
    people = SimpleNamespace(home=np.array([0, 0, 1, 1]), communities=np.array(["a", "b"], object))
    town = Town(days=10, warm_up=2)
    ends = (np.arange(10) + 1) * DAY
    needs = made["needs"]
    stock = ((needs["known"][:, None] < ends) & ~(needs["closed"][:, None] < ends)).sum(axis=0)
    periods = {"stock_known": stock, "stock_listed": 0 * stock, "stock_ordered": 0 * stock}
    months = {"month": np.array([202501]), "needs": np.array([0]), "fen": np.array([-7])}
    city = SimpleNamespace(people=people, scenario=town, **made)
    return SimpleNamespace(scenario=town, city=city, periods=periods, months=months)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("found_share", 5 / 6),  # of six that arose after the warm-up, one is hidden
        ("accepted_share", 3 / 5),  # 1, 2 and 6 of the five known
        ("met_share", 3 / 5),  # by a volunteer, by a fund, by relief
        ("lapsed_share", 1 / 5),
        ("relief_share", 1 / 5),
        ("response_hours", (10 + 30 + 20) / 3),
        ("response_p90_hours", NAN),  # two of five nobody ever accepted
        ("intake_hours", 5.0),
        ("met_days", 3.0),  # two and four; relief is not help
        ("served_value", 2.0),  # an hour and 500 yuan count alike, each need once
        ("services", 2.0),
        ("volunteer_hours", 1.5),
        ("spent_yuan", 500.0),
        ("asked_per_order", (1 + 1 + 2 + 1) / 4),
        ("participation", 0.25),
        ("equity_gap", 1.0 - 1 / 3),  # two of two in one community, one of three in the other
        ("equity_gini", (1.0 - 1 / 3) / (2 * (1.0 + 1 / 3))),
        ("little_gap", 0.0),
        ("residual", 7.0),
    ],
)
def test_each_measure_by_hand(run: Any, name: str, expected: float) -> None:
    """The town of the fixture, counted on paper."""
    assert metric_named(name).of(run) == pytest.approx(expected, nan_ok=True)


def test_every_metric_is_worked_out_above() -> None:
    """No measure without its case: the ids of the parametrised test are those of METRICS."""
    marks = test_each_measure_by_hand.pytestmark  # type: ignore[attr-defined]
    assert [case[0] for case in marks[0].args[1]] == [metric.id for metric in METRICS]


def test_nine_in_ten_are_served_where_enough_were(run: Any) -> None:
    """With every known need accepted, the 90th percentile of five is the slowest."""
    run.city.orders.append(2, need=[3, 4], accepted=run.city.needs["known"][[3, 4]] + 70 * HOUR)
    assert metric_named("response_p90_hours").of(run) == pytest.approx(70.0)


def test_what_never_was_has_no_measure(run: Any) -> None:
    """A warm-up longer than anything that happened: shares and waits are NaN, sums are 0."""
    run.scenario = Town(days=10, warm_up=9)
    for name in ("met_share", "found_share", "response_hours", "met_days", "equity_gap", "asked_per_order"):  # fmt: skip
        assert np.isnan(metric_named(name).of(run)), name
    for name in ("services", "spent_yuan", "volunteer_hours", "served_value"):
        assert metric_named(name).of(run) == 0, name


def test_littles_law_sees_what_the_books_lost(run: Any) -> None:
    """One need that the daily books forget on one day: more than 1 % off."""
    run.periods["stock_known"] = run.periods["stock_known"] - (np.arange(10) == 5)
    assert little(run).gap > 0.01


def test_littles_law_holds_on_any_town() -> None:
    """Rate times stay is the number there, whatever the policy and the warm-up."""
    for k in range(20):
        town = Town(days=30 + k, warm_up=k)
        made = simulate(
            town, Policy("p", every=1 + k % 3), np.random.SeedSequence(k), replication=0
        )
        assert little(made).gap < 1e-9


@pytest.mark.parametrize("name", ["wait hours", "等待", "1st", ""])
def test_a_metric_is_named_as_a_column(name: str) -> None:
    """Ids are plain, since they are columns of Parquet files and names of pictures."""
    with pytest.raises(ValueError, match="expected ASCII letters, digits and _"):
        Metric(name, Text("等", "w"), Text("小时", "h"), "lower", lambda run: 0.0)


def test_labels_are_in_both_languages_and_ids_differ() -> None:
    """What pictures and lines of text are made of."""
    assert len({metric.id for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert all(attrs.astuple(metric.label)), metric.id
        assert all(attrs.astuple(metric.unit)), metric.id
