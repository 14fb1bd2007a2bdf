"""Checking a finished plan with the independent checker."""

from __future__ import annotations

from wushe.matching.check import Allocation, Violation, check
from wushe.plan.plan import Plan


def check_plan(plan: Plan) -> list[Violation]:
    """Return every rule that `plan` breaks; an empty list means that it stands.

    Capacities, amounts, units, reach, skills, vetting, windows, restrictions and consent are
    recomputed from the tables by code that the solver does not share; the objective is added up
    anew from the items.
    """
    allocations = [Allocation(i.need, i.offer, i.amount, i.dimension) for i in plan.items]
    default_rules = any(name == "defaults" for name, _ in plan.versions)
    found = check(plan.network, plan.offers, allocations, plan.on, default_rules=default_rules)
    served = sum(i.amount for i in plan.items)
    asked = int(plan.matching.prepared.needs["quantity"].sum())
    if served + sum(s.amount for s in plan.unserved) != asked:
        found.append(Violation("objective", None, None, f"{served} served, {asked} asked"))
    return found
