"""Jiangxi: whom the neighbour watch calls on first."""

import datetime as dt
from typing import Any

import numpy as np
import pytest

import wushe
from wushe.demos import demo_path, find_demo
from wushe.identify import due_list
from wushe.plugins import jiangxi
from wushe.report.programmes import programme_figures

N = 5
ON = dt.date(2023, 3, 15)


def _persons(**columns: Any) -> wushe.Columns:
    """Return persons of 70 who live with others, were visited and show no sign."""
    given = {
        "age": [70] * N, "lives_alone": [0] * N, "on_street": [-1] * N, "group:lone_elder": [0] * N,
        "days_since_visit": [30] * N, "signal_points": [0] * N, "signal_points_most": [100] * N,
        **columns,
    }  # fmt: skip
    tags = np.empty(N, dtype=object)
    tags[:] = columns.pop("target_groups", [()] * N)
    arrays = {k: np.array(v, dtype=np.int32) for k, v in given.items() if k != "target_groups"}
    return wushe.Columns(N, {**arrays, "target_groups": tags})


def _order(**columns: Any) -> list[int]:
    """Return the rows in the order in which they are visited."""
    return np.argsort(-jiangxi.prioritise_visits(_persons(**columns)), kind="stable").tolist()


def test_elders_alone_come_first_then_those_never_visited_then_by_their_signs() -> None:
    """No number of signs lifts one over an elder who lives alone, or over one whom nobody has visited."""
    found = _order(
        lives_alone=[0, 0, 0, 1, 1],
        days_since_visit=[30, 30, -1, 30, -1],
        signal_points=[0, 100, 0, 0, 0],
    )
    assert found == [4, 3, 2, 1, 0]


def test_who_counts_as_an_elder_alone() -> None:
    """The old, or of an elders' group of the notice; the list of lone elders; not the young who live alone."""
    values = jiangxi.prioritise_visits(
        _persons(
            age=[59, 60, 50, -1, -1],
            lives_alone=[1, 1, 1, -1, -1],
            target_groups=[None, (), ("jx_frail_elder",), ("lone_elder",), None],
            **{"group:lone_elder": [0, 0, 0, 1, -1]},
        )
    )
    assert (values >= jiangxi.ALONE_SHARE).tolist() == [False, True, True, True, False]


def test_whoever_sleeps_on_the_street_is_not_left_behind() -> None:
    """Nobody at home watches over them either."""
    assert _order(on_street=[0, 0, -1, 0, 1], age=[40] * N)[0] == 4


def test_priorities_are_within_bounds_and_each_share_outweighs_those_after_it() -> None:
    """0 to 1, also where everything is so; no signals at all are no division by zero."""
    most = _persons(lives_alone=[1] * N, days_since_visit=[-1] * N, signal_points=[100] * N)
    found = jiangxi.prioritise_visits(most)
    assert found == pytest.approx(1)
    assert (found <= 1).all()
    assert (jiangxi.prioritise_visits(_persons(signal_points_most=[0] * N)) == 0).all()
    assert jiangxi.ALONE_SHARE > jiangxi.NEVER_SHARE + jiangxi.SIGNAL_SHARE
    assert jiangxi.NEVER_SHARE > jiangxi.SIGNAL_SHARE


def test_the_weights_say_that_they_are_assumed() -> None:
    """The notice gives no order."""
    assert "assumed" in (jiangxi.prioritise_visits.__doc__ or "")


def test_in_the_demo_elders_alone_whom_nobody_met_are_visited_first() -> None:
    """One never visited and one who was not at home, then one who was met; the intervals still decide who is due."""
    rules = wushe.load_plugins("jiangxi")
    province = wushe.read(demo_path("jiangxi"), plugins=rules)
    on = dt.date.fromisoformat(find_demo("jiangxi").on)
    ours = due_list(province, rules, on)
    assert ours.household[:3].tolist() == ["H-10", "H-11", "H-01"]
    assert ours.days_since_visit[:3].tolist()[:2] == [-1, -1]


def test_ledgers_are_of_the_people_whom_the_actions_are_for() -> None:
    """A grandmother is no left-behind child, the dead have no ledger, a household that lists nobody has one."""
    rules = wushe.load_plugins("jiangxi")
    home = wushe.Household
    network = wushe.build_network_from_records(
        (
            wushe.Place(id="36", name="省", level="province"),
            home(id="H-1", place="36", target_groups=("jx_left_child",), members_count=2),
            wushe.Person(id="P-1", household="H-1"),
            wushe.Person(id="P-2", household="H-1", target_groups=("jx_left_child",)),
            home(id="H-2", place="36", target_groups=("lone_elder",)),
            wushe.Person(id="P-3", household="H-2", died_on=ON - dt.timedelta(days=9)),
            home(id="H-3", place="36", target_groups=("lone_elder",), members_count=1),
            wushe.Person(id="P-4", place="36", target_groups=("disabled", "jx_oldest")),
            wushe.Person(id="P-5", household="H-1", died_on=ON, target_groups=("jx_left_child",)),
        ),
        rules.categories, rules.target_groups,
    )  # fmt: skip
    context = wushe.Context(ON, rules.categories, rules.target_groups)
    (table,) = rules.report_sections["jiangxi_ledgers"].make(network, context)
    figures = {f.programme.label.zh: f.persons for f in programme_figures(network, rules, ON)}
    for row in table.rows:
        assert row.cells[0] == figures[row.label.zh]
    family = [row.cells[3] for row in table.rows]
    assert ([row.cells[0] for row in table.rows], family) == ([2, 1, 1], [1, 1, 0])
