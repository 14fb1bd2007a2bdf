"""What would help: the one change named for a need that is not served does serve it, once made."""

from collections import Counter
from collections.abc import Callable

import wushe
from cities import ON, Rows, city_of, seeded_rows
from wushe import Plan
from wushe.matching.live import go_live
from wushe.matching.relax import Relaxation, relaxation
from wushe.matching.result import match

PLUGINS = wushe.load_plugins()


def planned(rows: Rows) -> Plan:
    """Return the plan of `rows` on the usual date."""
    return wushe.make_plan(city_of(rows, PLUGINS), plugins=PLUGINS, on=ON)


def served_when_applied(plan: Plan, found: Relaxation) -> bool:
    """Make the change in the tables, match and plan anew, and see whether the need is served by both."""
    network, offers = found.apply(plan.network, plan.offers)
    anew = match(network, offers, PLUGINS, plan.matching.prepared.context)
    mine = anew.prepared.needs["id"] == found.need
    again = wushe.make_plan(network, plugins=PLUGINS, on=ON)
    assert wushe.check_plan(again) == []
    return not anew.unserved[mine].any() and found.need not in {s.need for s in again.unserved}


def test_the_named_relaxation_serves_the_need(
    campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """Applied to the tables, with everything run again, each named change serves its need."""
    wanted = campaign(tests=40, ci=200, soak=500)
    reasons: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    failed, none = [], []
    at = 0
    while sum(reasons.values()) < wanted:
        plan = planned(seeded_rows([seed, 60, at]))
        live = go_live(plan, PLUGINS)
        for short in plan.unserved:
            found = relaxation(live, short.need)
            reasons[short.reason] += 1
            kinds[str(found.kind)] += 1
            if found.kind is None:
                none.append((at, short.need, short.reason))
            elif not served_when_applied(plan, found):
                failed.append((at, short.need, short.reason, found.say()))
        at += 1
    evidence(
        "relaxations",
        samples=sum(reasons.values()),
        seed=seed,
        failed=len(failed),
        **{f"reason_{k}": n for k, n in sorted(reasons.items())},
        **{f"kind_{k}": n for k, n in sorted(kinds.items())},
    )
    assert not failed
    assert not none
