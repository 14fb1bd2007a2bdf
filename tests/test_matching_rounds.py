"""Somebody else chooses: `make_plan(choose=...)` shows what may be, and holds the choice against the rules."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given

import wushe
from cities import ON, Rows, city_of, small_cities, village
from wushe import Household, Need, Objective, Volunteer
from wushe.matching.rounds import Round

PLUGINS = wushe.load_plugins()
WUCHANG = wushe.load_plugins("wuchang")


def in_order(r: Round) -> np.ndarray:
    """Serve the needs in the order of their rows."""
    return r.serve(np.arange(len(r)))


def one_way(seed: int) -> Callable[[Round], np.ndarray]:
    """Return a policy that serves the needs in a random order, by random preference."""

    def choose(r: Round) -> np.ndarray:
        rng = np.random.default_rng(seed)
        return r.serve(rng.permutation(len(r)), rng.random(len(r.problem.cost)))

    return choose


@given(small_cities())
def test_whatever_is_chosen_stands(rows: Rows) -> None:
    """The independent checker finds nothing wrong with greedy and random choices, groups included."""
    for plugins in (PLUGINS, WUCHANG):
        city = city_of(rows, plugins)
        for choose in (in_order, one_way(7), Round.empty):
            plan = wushe.make_plan(city, plugins=plugins, on=ON, choose=choose)
            assert wushe.check_plan(plan) == []


@given(small_cities())
def test_choosing_the_optimum_is_the_plan(rows: Rows) -> None:
    """Whoever returns the round's optimum gets what make_plan decides where nothing is bound together."""
    city = city_of(rows, PLUGINS)
    ours = wushe.make_plan(
        city, plugins=PLUGINS, on=ON, choose=lambda r: r.optimum.flow * (r.problem.bounds > 0)
    )
    plain = wushe.make_plan(city, plugins=PLUGINS, on=ON)
    assert ours.matching.choice.objective >= plain.matching.choice.bound
    if not plain.matching.prepared.groups.bind:
        assert ours.matching.choice.objective == plain.matching.choice.objective
        assert ours.matching.choice.status == "optimal"


def test_first_come_first_served() -> None:
    """Two want the one hour: whoever comes first in the order has it, the other is told why not."""
    city = _two_for_one()
    for order, served in (([0, 1], "N-1"), ([1, 0], "N-2")):
        plan = wushe.make_plan(city, plugins=PLUGINS, on=ON, choose=lambda r, o=order: r.serve(o))
        assert [item.need for item in plan.items] == [served]
        assert len(plan.unserved) == 1


def test_an_edge_that_is_not_finite_is_not_taken() -> None:
    """A policy holds a pair back by an infinite preference."""
    city = _two_for_one()
    plan = wushe.make_plan(
        city, plugins=PLUGINS, on=ON,
        choose=lambda r: r.serve([0, 1], np.where(r.problem.row == 0, np.inf, 1.0)),
    )  # fmt: skip
    assert [item.need for item in plan.items] == ["N-2"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda r: r.empty() + 10**6, "an edge"),
        (lambda r: r.empty() - 1, "an edge"),
        (lambda r: r.empty() + 60, "an offer"),
        (lambda r: r.empty().astype(float), "float64"),
        (lambda r: r.empty()[:-1], "shape"),
    ],
)
def test_a_choice_that_cannot_be_is_refused(
    wrong: Callable[[Round], np.ndarray], said: str
) -> None:
    """Too much, less than nothing, beyond an offer, no whole numbers, another length: ValueError says which."""
    with pytest.raises(ValueError, match=said):
        wushe.make_plan(_two_for_one(), plugins=PLUGINS, on=ON, choose=wrong)


def test_one_way_to_decide() -> None:
    """An objective and a choice of one's own contradict each other."""
    with pytest.raises(ValueError, match="at most one"):
        wushe.make_plan(
            _two_for_one(), plugins=PLUGINS, on=ON, choose=in_order,
            objective=Objective(tiers=(("emergency",), ("low",))),
        )  # fmt: skip


def _two_for_one() -> wushe.LinkageNetwork:
    place = "420106001001"
    homes = [Household(id=f"H-{k}", place=place, referral_consent=True) for k in (1, 2)]
    needs = [
        Need(id=f"N-{k}", category="visit", household=f"H-{k}", quantity=1, unit="hour")
        for k in (1, 2)
    ]
    helper = Volunteer(id="V-1", name="甲", place=place, skills=("visiting",), weekly_hours=1)
    return city_of(village(households=homes, needs=needs, volunteers=[helper]), PLUGINS)
