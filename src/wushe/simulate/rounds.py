"""The stage ``round``: the needs list goes through `make_plan`, and its items become orders."""

from __future__ import annotations

import numpy as np

from wushe.model.storage import Array
from wushe.orders.ranks import NONE, ranks
from wushe.plan import Plan, make_plan
from wushe.simulate.city import ROUND_AT, City
from wushe.simulate.dispatch.policy import Policy
from wushe.simulate.names import helper_kinds, rows_of
from wushe.simulate.orders.ordering import Placement, advance, place
from wushe.simulate.stage import Stage
from wushe.simulate.today import network_today, open_needs


def round_stage(policy: Policy, plans: list[tuple[int, Plan]] | None = None) -> Stage:
    """Return the stage that dispatches under `policy`; plans that were made are added to `plans`."""

    def step(city: City) -> None:
        if not policy.acts_on(city.day):
            return
        advance(city, city.now + ROUND_AT)
        rows = open_needs(city)
        city.count("round_needs", len(rows))
        if not len(rows):
            return
        plan = plan_today(city, rows, policy)
        if plans is not None:
            plans.append((city.day, plan))
        place(city, placement(city, plan))

    return Stage("round", step)


def plan_today(city: City, needs: Array, policy: Policy) -> Plan:
    """Return the library's plan for some open needs on the city's day."""
    return make_plan(
        network_today(city, needs),
        plugins=city.plugins,
        on=city.on,
        objective=policy.objective,
        choose=policy.choose,
        prove=policy.choose is None,
    )


def placement(city: City, plan: Plan) -> Placement:
    """Return the items of `plan` as orders to place: one for each match, with its ranking of candidates.

    Items of providers that the simulation does not carry (see `HELPERS`) are counted as ``items_not_carried``;
    their needs stay on the list.
    """
    m = plan.matching
    offers = m.prepared.offers
    kind_of = helper_kinds(offers["provider_kind"].tolist())
    carried = np.flatnonzero(kind_of[m.offer] >= 0)
    city.count("items_not_carried", len(m.need) - len(carried))
    need, offer, amount = m.need[carried], m.offer[carried], m.amount[carried]
    row_of = np.full(len(kind_of), -1, dtype=np.int64)
    ours = np.flatnonzero(kind_of >= 0)
    row_of[ours] = rows_of(offers["provider"][ours])
    edge, most = _candidates(plan, need, amount, kind_of)
    candidate = m.candidates.offer[edge] if len(need) else edge
    every = np.column_stack([offer, np.where(edge == NONE, NONE, candidate)])
    there = every != NONE
    flat = every[there]
    unit_value = m.problem.penalty[m.need[carried]] - m.problem.cost[m.edge[carried]]
    return Placement(
        need=rows_of(m.prepared.needs["id"][need]),
        kind=kind_of[offer],
        provider=row_of[offer],
        amount=amount,
        value=amount * unit_value,
        many=there.sum(axis=1),
        cand_kind=kind_of[flat],
        cand_provider=row_of[flat],
        cand_most=np.column_stack([np.full(len(need), -1), most])[there],
        at=city.now + ROUND_AT,
    )


def _candidates(plan: Plan, need: Array, amount: Array, kind_of: Array) -> tuple[Array, Array]:
    """Return for each order the edges of further candidates, `NONE` where none, and the most that each may give."""
    m = plan.matching
    rows, at = np.unique(need, return_inverse=True)
    edge = ranks(m, rows).edge[at]
    if not len(need):
        return edge, edge
    edge = np.where((edge != NONE) & (kind_of[m.candidates.offer[edge]] >= 0), edge, NONE)
    limit = m.candidates.limit[edge]
    return edge, np.where((edge != NONE) & (limit < amount[:, None]), limit, -1)
