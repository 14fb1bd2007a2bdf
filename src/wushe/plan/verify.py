"""Checking a finished plan with the independent checker."""

from __future__ import annotations

from wushe.matching.check.certificate import check_certificate, check_choice
from wushe.matching.check.items import Allocation, check
from wushe.matching.check.rules import Violation
from wushe.matching.expand import NONE
from wushe.plan.plan import Plan


def check_plan(plan: Plan) -> list[Violation]:
    """Return every rule that `plan` breaks; an empty list means that it stands.

    Capacities, amounts, units, reach, skills, vetting, windows, restrictions and consent are
    recomputed from the tables by code that the solver does not share; so are teams, visits and hours.
    The objective is added up anew from the items, and the proof of optimality from its prices.
    """
    allocations = [Allocation(i.need, i.offer, i.amount, i.dimension, i.role) for i in plan.items]
    default_rules = any(name == "defaults" for name, _ in plan.versions)
    found = check(plan.network, plan.offers, allocations, plan.on, default_rules=default_rules)
    m = plan.matching
    single = m.prepared.groups.team == NONE
    served = sum(i.amount for i in plan.items if i.role is None)
    missing = sum(s.amount for s in plan.unserved if not s.category.roles)
    asked = int(m.prepared.needs["quantity"][single].sum())
    if served + missing != asked:
        found.append(Violation("objective", None, None, f"{served} served, {asked} asked"))
    for item, edge in zip(plan.items, _edges(plan), strict=True):
        full = sum(p.weight * (1000 - p.points) for p in item.points)
        if full != int(m.candidates.cost[edge]):
            found.append(Violation("objective", item.need, item.offer, f"{full}"))
    plain, chosen = m.flow, m.choice
    prices = plain.row_price, plain.column_price
    found += check_certificate(m.problem, plain.flow, *prices, plain.objective, plain.bound)
    found += check_choice(m.problem, chosen.flow, chosen.objective, chosen.bound, chosen.status)
    return found


def _edges(plan: Plan) -> list[int]:
    """Return the candidate pair of each item, looked up by the ids of need and offer."""
    m = plan.matching
    needs, offers = m.prepared.needs["id"], m.prepared.offers["id"]
    first = {key: row for row, key in reversed(list(enumerate(needs.tolist())))}
    column = {key: at for at, key in enumerate(offers.tolist())}
    edges = {
        (need, offer): edge
        for need, offer, edge in zip(
            m.need.tolist(), m.offer.tolist(), m.edge.tolist(), strict=True
        )
    }
    return [edges[first[i.need] + (i.role or 0), column[i.offer]] for i in plan.items]
