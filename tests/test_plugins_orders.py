"""Hooks about orders, points, gifts and projects: who counts, what is refused, who is blamed."""

import datetime as dt
from typing import Any

import numpy as np
import pytest

import wushe
from test_plugins_manager import plugin
from wushe import (
    Columns,
    Context,
    OrderGuard,
    OrderRules,
    PluginConflictError,
    PluginError,
    PointRule,
    ProjectScore,
    Text,
)

ON = Context(dt.date(2025, 9, 15), {}, {})
YES = Text("可", "yes")


def rules_of(**hooks: Any) -> wushe.Plugins:
    """Return the defaults with one city of these hooks."""
    return wushe.load_plugins(plugin("town", **hooks))


def test_the_rules_that_name_the_category_come_before_the_general_ones() -> None:
    """A city's general rules count for all other categories, before the built-in ones."""
    rules = rules_of(
        register_order_rules=lambda: [
            OrderRules("general", rounds=2),
            OrderRules("meals", categories=("meal",), rounds=1),
        ]
    )
    assert rules.order_rules_for("meal").id == "meals"
    assert rules.order_rules_for("visit").id == "general"
    assert wushe.load_plugins().order_rules_for("visit").rounds == 3


def test_the_guards_of_all_rules_that_apply_hold() -> None:
    """A special rule does not switch the general guards off."""
    one = OrderGuard("one", YES, lambda orders, helpers: np.ones(len(orders), bool))
    two = OrderGuard("two", YES, lambda orders, helpers: np.zeros(len(orders), bool))
    rules = rules_of(
        register_order_rules=lambda: [
            OrderRules("general", guards=(one,)),
            OrderRules("meals", categories=("meal",), guards=(two,)),
        ]
    )
    assert [g.name for g in rules.order_rules_for("meal").guards] == ["two", "one"]
    assert [g.name for g in rules.order_rules_for("visit").guards] == ["one"]


@pytest.mark.parametrize("answer", [True, np.ones(2), np.ones(3, bool), None])
def test_a_guard_that_answers_something_else_is_blamed(answer: Any) -> None:
    """The mistake names the plugin and the guard."""
    guard = OrderGuard("odd", YES, lambda orders, helpers: answer)
    rules = rules_of(register_order_rules=lambda: [OrderRules("general", guards=(guard,))])
    pair = Columns(2, {"id": np.array(["A", "B"], dtype=object)})
    with pytest.raises(PluginError, match=r"town 1\.2, hook register_order_rules, guard odd"):
        rules.order_rules_for("visit").guards[0].check(pair, pair)


def test_minutes_to_answer_have_defaults() -> None:
    """Who declares one urgency keeps the assumed minutes of the others; nonsense is refused."""
    assert OrderRules("r", answer_minutes={"urgent": 60}).answer_minutes == {
        "emergency": 30, "urgent": 60, "normal": 1440, "low": 4320,
    }  # fmt: skip
    for wrong in ({"soon": 5}, {"urgent": 0}, {"urgent": 1.5}):
        with pytest.raises(ValueError, match="expected whole minutes above 0"):
            OrderRules("r", answer_minutes=wrong)


def test_points_of_the_category_come_before_the_general_ones() -> None:
    """Without any rule there are no points."""
    rules = rules_of(
        register_point_rules=lambda: [
            PointRule("all", YES, per_hour=1),
            PointRule("meals", YES, categories=("meal",), per_time=2),
        ]
    )
    meals, visits = rules.point_rule_for("meal"), rules.point_rule_for("visit")
    assert meals is not None
    assert visits is not None
    assert (meals.id, visits.id) == ("meals", "all")
    assert wushe.load_plugins().point_rule_for("visit") is None


def columns(**arrays: list[Any]) -> Columns:
    """Return columns of these values."""
    n = len(next(iter(arrays.values())))
    return Columns(
        n,
        {
            k: np.array(v, dtype=object if isinstance(v[0], str) else np.int64)
            for k, v in arrays.items()
        },
    )


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([("D1", "P", 60), ("D2", "P", 41)], "gives 1 fen more than it has left"),
        ([("D9", "P", 1)], "no such donation or pool"),
        ([("D1", "P", -1)], "expected whole fen"),
        ([("D1", "P", 0.5)], "expected whole fen"),
        (["D1"], "expected .donation id, pool id, fen."),
        (None, "returned NoneType, expected"),
    ],
)
def test_a_pool_cannot_be_split_beyond_what_it_has(answer: list[Any], said: str) -> None:
    """Whatever a plugin answers, no fen comes from nowhere."""
    rules = rules_of(split_gifts=lambda donations, pools, context: answer)
    with pytest.raises(PluginError, match=said):
        rules.split_gifts(
            columns(id=["D1", "D2"], fen=[60, 60]), columns(id=["P"], left_fen=[100]), ON
        )


def test_a_split_that_fits_is_taken_as_it_is() -> None:
    """Ids and whole fen, in the plugin's order."""
    rules = rules_of(
        split_gifts=lambda donations, pools: [("D2", "P", np.int64(40)), ("D1", "P", 60)]
    )
    found = rules.split_gifts(
        columns(id=["D1", "D2"], fen=[60, 60]), columns(id=["P"], left_fen=[100]), ON
    )
    assert found == [("D2", "P", 40), ("D1", "P", 60)]


def test_criteria_of_projects_are_checked_and_sorted() -> None:
    """Values out of range, a weight of nothing and a name twice are mistakes."""
    projects = columns(id=["A", "B"])
    half = np.array([0.5, 0.5])

    def scores(*found: ProjectScore) -> list[str]:
        return [
            s.name
            for s in rules_of(score_projects=lambda projects: list(found)).score_projects(
                projects, ON
            )
        ]

    assert scores(ProjectScore("reach", 1, half), ProjectScore("cost", 2, half)) == [
        "cost",
        "reach",
    ]
    with pytest.raises(PluginError, match=r"expected 0\.\.1"):
        scores(ProjectScore("reach", 1, half * 3))
    with pytest.raises(PluginError, match="has weight 0"):
        scores(ProjectScore("reach", 0, half))
    with pytest.raises(PluginConflictError, match="'reach' is given twice"):
        scores(ProjectScore("reach", 1, half), ProjectScore("reach", 1, half))


def test_an_observer_that_fails_undoes_nothing_and_is_reported() -> None:
    """The others are told all the same."""
    seen: list[str] = []

    def broken(events: Any) -> None:
        raise RuntimeError("no printer")

    rules = wushe.load_plugins(
        plugin("a_broken", after_orders_changed=broken),
        plugin("b_fine", after_orders_changed=lambda events: seen.extend(e.kind for e in events)),
    )
    event = wushe.Event("order/O-1", "order.placed", "2025-09-15T01:00:00Z", "W-1")
    (trouble,) = rules.after_orders_changed([event])
    assert "a_broken" in str(trouble)
    assert seen == ["order.placed"]
