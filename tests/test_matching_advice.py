"""Where to recruit and what to raise: the advice is true when it is followed."""

from collections.abc import Callable

import attrs
import numpy as np
import pytest

import wushe
from cities import ON, city_of, rows_of, village
from wushe import Plan
from wushe.matching.live.advice import Advice, advise
from wushe.matching.live.city import go_live
from wushe.matching.live.held import total_cost
from wushe.matching.result import match

PLUGINS = wushe.load_plugins()


def followed(plan: Plan, advice: Advice) -> tuple[int, int]:
    """Return how many more needs are served, and what is saved, when `advice` is followed in the tables."""
    network, offers = advice.apply(plan.network, plan.offers)
    anew = match(network, offers, PLUGINS, plan.matching.prepared.context)
    more = int((anew.unserved == 0).sum()) - plan.served
    again = wushe.make_plan(network, plugins=PLUGINS, on=ON)
    assert again.served - plan.served == more
    return more, total_cost(plan.matching) - total_cost(anew)


def test_advice_is_true_when_followed(
    campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """Added to the tables and planned anew, the help clears as many needs and saves as much as it said."""
    wanted = campaign(tests=15, ci=80, soak=200)
    checked, cleared, at = 0, 0, 0
    while checked < wanted:
        rows = rows_of(np.random.default_rng([seed, 70, at]), clients=12, needs=40, helpers=12)
        plan = wushe.make_plan(city_of(rows, PLUGINS), plugins=PLUGINS, on=ON)
        best = advise(
            go_live(plan, PLUGINS), level=("street", "community", "county")[at % 3], top=6
        )
        assert [a.value for a in best] == sorted((a.value for a in best), reverse=True)
        for advice in best:
            assert followed(plan, advice) == (advice.needs_cleared, advice.saving), advice.say()
            checked += 1
            cleared += advice.needs_cleared
        at += 1
    evidence("advice", samples=checked, needs_cleared=cleared, seed=seed, wrong=0)


def test_two_visitors_clear_what_two_visitors_can() -> None:
    """Nine visits of an hour, helpers of four hours: two clear eight, three all nine."""
    needs = [
        wushe.Need(id=f"N{i}", category="visit", household="H", quantity=1, unit="hour")
        for i in range(9)
    ]
    away = wushe.Volunteer(
        id="V", name="远", place="4202", skills=("visiting",), weekly_hours=4, reach="city"
    )
    rows = village(needs=needs, volunteers=[away])
    plan = wushe.make_plan(city_of(rows, PLUGINS), plugins=PLUGINS, on=ON)
    (best,) = advise(go_live(plan, PLUGINS), level="community")
    assert (best.category, best.place, best.blocks, best.units) == ("visit", "420106001001", 3, 720)
    assert best.needs_cleared == 9
    assert best.say() == "东一增加 3 名入户探访人员（每周共12小时），可再解决 9 项需求"
    assert followed(plan, best) == (9, best.saving)


def test_money_is_raised_by_the_thousand_yuan() -> None:
    """What is short is rounded up to a thousand yuan, five thousand at most."""
    cash = wushe.Need(id="N", category="medical_aid", household="H", quantity=1200, unit="yuan")
    rows = village(needs=[cash, attrs.evolve(cash, id="N2", quantity=9000)])
    plan = wushe.make_plan(city_of(rows, PLUGINS), plugins=PLUGINS, on=ON)
    (best,) = advise(go_live(plan, PLUGINS))
    assert (best.units, best.needs_cleared) == (500_000, 1)
    assert "5,000 yuan more" in best.say("en")


def test_only_places_and_tops_that_there_are() -> None:
    """A level that is none and a top of nought are refused; where nothing is short nothing is advised."""
    plan = wushe.make_plan(city_of(village(), PLUGINS), plugins=PLUGINS, on=ON)
    live = go_live(plan, PLUGINS)
    assert advise(live) == []
    with pytest.raises(ValueError, match="expected one of province"):
        advise(live, level="village")
    with pytest.raises(ValueError, match="top: 0"):
        advise(live, top=0)


def test_the_best_is_not_missed(campaign: Callable[..., int], seed: int) -> None:
    """The bounds by dual prices leave out nothing that is worth more than what is returned."""
    for at in range(campaign(tests=4, ci=15, soak=100)):
        rows = rows_of(np.random.default_rng([seed, 71, at]), clients=12, needs=40, helpers=12)
        plan = wushe.make_plan(city_of(rows, PLUGINS), plugins=PLUGINS, on=ON)
        live = go_live(plan, PLUGINS)
        every = advise(live, level="community", top=1000)
        few = advise(live, level="community", top=3)
        assert [(a.category, a.place) for a in few] == [(a.category, a.place) for a in every[:3]]
        assert live.objective == total_cost(plan.matching)


def test_beside_bound_needs_advice_counts_a_plan_anew() -> None:
    """Two hours would clear two short visits, but the long urgent one that a chain holds takes them."""
    visit = wushe.Need(id="N1", category="visit", household="H", quantity=1, unit="hour")
    first = attrs.evolve(visit, id="N-first", urgency="emergency", quantity=2)
    then = attrs.evolve(visit, id="N-then", category="errand", after="N-first")
    rows = village(needs=[visit, attrs.evolve(visit, id="N2"), first, then])
    plan = wushe.make_plan(city_of(rows, PLUGINS), plugins=PLUGINS, on=ON)
    live = go_live(plan, PLUGINS)
    (best,) = advise(live, level="community")
    assert (best.units, best.needs_cleared) == (120, 1)
    assert "可再解决 1 项需求" in best.say()
    assert followed(plan, best) == (1, best.saving)
    live.withdraw("N1")  # counted from the city as it is now
    (after,) = advise(live, level="community")
    assert (after.units, after.needs_cleared, after.saving) == (60, 0, best.saving // 2)


def test_advice_with_bound_needs_is_true_when_followed(
    campaign: Callable[..., int], seed: int
) -> None:
    """In cities with visits and chains the help clears and saves as much as it said."""
    checked, at = 0, 0
    while checked < campaign(tests=10, ci=60, soak=200):
        rng = np.random.default_rng([seed, 72, at])
        rows = rows_of(rng, clients=8, needs=25, helpers=8)
        for i in range(1, len(rows["needs"]), 4):
            values = {"after": rows["needs"][i - 1].id} if i % 8 == 1 else {"visit": f"v{i % 3}"}
            rows["needs"][i] = attrs.evolve(rows["needs"][i], **values)
        plan = wushe.make_plan(city_of(rows, PLUGINS), plugins=PLUGINS, on=ON)
        for advice in advise(go_live(plan, PLUGINS), top=4):
            assert followed(plan, advice) == (advice.needs_cleared, advice.saving), advice.say()
            checked += 1
        at += 1
