"""Where to recruit and what to raise: the advice is true when it is followed."""

from collections.abc import Callable

import numpy as np

import wushe
from cities import ON, city_of, rows_of
from wushe import Plan
from wushe.matching.advice import Advice, advise
from wushe.matching.held import total_cost
from wushe.matching.live import go_live
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
    wanted = campaign(tests=30, ci=100, soak=200)
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
