"""From the plain optimum to what is planned: groups that bind rows, tiers, fairness."""

from __future__ import annotations

from typing import Any, Literal

import attrs
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from wushe.errors import WusheError
from wushe.matching.combined import Combined
from wushe.matching.combined import solve as solve_combined
from wushe.matching.expand import NONE, Groups
from wushe.matching.fair.fairness import solve_fairly
from wushe.matching.fair.tiers import Tier, solve_tiers
from wushe.matching.kernel import Problem, Solution
from wushe.matching.objective import Objective, ObjectiveReport
from wushe.matching.prepare import Prepared
from wushe.matching.reporting import Called, cost_of, group_codes, per_row, report_of
from wushe.matching.rounds import Choose, Round, checked
from wushe.model.help import URGENCIES
from wushe.model.storage import Array
from wushe.model.units import DIMENSIONS

Status = Literal["optimal", "stepwise", "work_limit", "bounded"]
"""Without "optimal" the choice is feasible; "stepwise": each step of the declared order is proven by itself."""


@attrs.frozen(eq=False)
class Choice:
    """What is planned: `flow` int64 (n_edges,), its cost with penalties, a proven lower bound of any plan's.

    Under a declared objective that is reached the bound is the cost itself: nothing cheaper reaches it.
    """

    flow: Array
    objective: int
    bound: int
    status: Status

    @property
    def gap(self) -> float:
        """Relative distance of the objective from the proven bound; 0.0 when optimal."""
        return (self.objective - self.bound) / max(abs(self.objective), 1)


def decide(
    prepared: Prepared,
    problem: Problem,
    plain: Solution,
    objective: Objective,
    called: Called,
    work_limit: int | None = None,
    choose: Choose | None = None,
) -> tuple[Choice, ObjectiveReport]:
    """Return the choice under the groups of `prepared` and the declared `objective`, with its report.

    What is bound together is decided first, tier by tier; tiers and fairness, or `choose`, then share out
    what that leaves. `called` gives the id and the name of a place row or target group. Raises WusheError where
    amounts or weights are too large for the declared objective, ValueError where `choose` returns no flow.
    """
    before = Choice(plain.flow, plain.objective, plain.bound, plain.status)
    if prepared.groups.bind:
        before = _grouped(prepared, problem, work_limit)
    choice = before
    if choose is not None:
        choice = _chosen(prepared, problem, plain, before, choose)
    elif not objective.plain:
        try:
            choice = _declared(prepared, problem, before, objective, work_limit)
        except ValueError as error:
            message = (
                f"the amounts or weights of this city are too large for this objective: {error}"
            )
            raise WusheError(message) from error
    return choice, report_of(prepared, problem, objective, choice, before, called)


def _grouped(prepared: Prepared, problem: Problem, work_limit: int | None) -> Choice:
    """Return the best choice that keeps teams, visits, alternatives, chains, appointments and packs."""
    groups = prepared.groups
    # "In full" is all that is asked for, also where no offer could ever give as much.
    bound = bound_rows(groups, problem)
    asked = np.where(bound, prepared.needs["quantity"], problem.units)
    beyond = int(((asked - problem.units) * problem.penalty).sum())
    problem = changed(problem, demand=asked)
    problem = without_rows(problem, np.flatnonzero(groups.blocked))
    rules = Combined(
        problem,
        team=groups.team,
        visit=groups.visit,
        whole=(groups.begins != NONE) | (groups.team != NONE),
        one_of=groups.alternative,
        after=np.maximum(groups.after, NONE),
        begins=groups.begins,
        ends=groups.ends,
        person=groups.person,
        pack=groups.pack,
        many=groups.many,
    )
    effort = (
        {} if work_limit is None else {"nodes": 1 + work_limit // 10**6, "rounds": 10, "passes": 1}
    )
    found = solve_combined(rules, **effort)
    return Choice(found.flow, found.objective - beyond, found.bound - beyond, found.status)


def without_rows(problem: Problem, rows: Array) -> Problem:
    """Return the problem in which `rows` can get nothing; its edges keep their positions."""
    return without_edges(problem, np.isin(problem.row, rows)) if len(rows) else problem


def without_edges(problem: Problem, gone: Array) -> Problem:
    """Return the problem in which the edges `gone`, bool (n_edges,), carry nothing."""
    limit = problem.units[problem.row] if problem.limit is None else problem.limit.copy()
    limit[gone] = 0
    return changed(problem, limit=limit)


def changed(problem: Problem, **values: Any) -> Problem:
    """Return the problem with other arrays."""
    names = ("start", "column", "cost", "capacity", "penalty", "demand", "limit")
    return Problem(**{name: values.get(name, getattr(problem, name)) for name in names})


def bound_rows(groups: Groups, problem: Problem) -> Array:
    """Return which rows are bound to others, to an hour or to whole packs, bool (n_rows,)."""
    found = np.zeros(len(groups.after), dtype=bool)
    found[groups.after[groups.after >= 0]] = True
    packed = groups.pack[problem.column] > 1
    found[problem.row[packed]] = True
    for codes in (groups.team, groups.visit, groups.one_of, groups.after, groups.begins):
        found |= codes != NONE
    return found


# --- tiers and fairness ------------------------------------------------------------------------


def _declared(
    prepared: Prepared,
    problem: Problem,
    before: Choice,
    objective: Objective,
    work_limit: int | None,
) -> Choice:
    """Return the choice under tiers and fairness; what is bound together is decided tier by tier first."""
    tier = _tier_of(prepared, objective)
    held = bound_rows(prepared.groups, problem)
    choice = before
    if held.any() and objective.tiers:
        choice = _grouped_by_tier(prepared, problem, tier, work_limit)
    kept = np.where(held[problem.row], choice.flow, 0)
    left = without_rows(problem, np.flatnonzero(held))
    left = changed(left, capacity=problem.capacity - _used(problem, kept))
    flow, proven = choice.flow - kept, choice.status != "work_limit"
    must: Array = np.zeros(len(problem.penalty), dtype=np.int64)
    if objective.tiers:
        found = solve_tiers(left, _tiers(left, tier), work_limit=work_limit)
        if found.status == "optimal" or found.values < _values(left, tier, flow):
            flow = found.flow
        proven = proven and found.status == "optimal"
        must = np.where(tier < tier.max(initial=0), per_row(left, flow), 0)
    if objective.fairness != "none":
        fair, done = _fair(prepared, left, objective, flow, must, (tier, held), work_limit)
        flow, proven = fair, proven and done
    total = flow + kept
    cost = cost_of(problem, total)
    if not proven:
        return Choice(total, cost, min(before.bound, cost), "work_limit")
    if held.any():
        status: Status = "stepwise" if choice.status in ("optimal", "stepwise") else "bounded"
        return Choice(total, cost, min(before.bound, cost), status)
    return Choice(total, cost, cost, "optimal")


def _chosen(
    prepared: Prepared, problem: Problem, plain: Solution, before: Choice, choose: Choose
) -> Choice:
    """Return what `choose` decides of the needs that stand alone, beside what groups get."""
    kept = np.zeros(len(problem.cost), dtype=np.int64)
    left = problem
    if prepared.groups.bind:
        held = bound_rows(prepared.groups, problem)
        kept = np.where(held[problem.row], before.flow, 0)
        left = without_rows(problem, np.flatnonzero(held))
        left = changed(left, capacity=problem.capacity - _used(problem, kept))
    on = prepared.context.on
    flow = checked(left, choose(Round(on, prepared.needs, prepared.offers, left, plain)))
    cost = cost_of(problem, flow + kept)
    status: Status = "optimal" if cost == before.bound else "bounded"
    return Choice(flow + kept, cost, min(before.bound, cost), status)


def _used(problem: Problem, flow: Array) -> Array:
    used = np.zeros(len(problem.capacity), dtype=np.int64)
    np.add.at(used, problem.column, flow)
    return used


def _grouped_by_tier(
    prepared: Prepared, problem: Problem, tier: Array, work_limit: int | None
) -> Choice:
    """Return the groups' choice one tier after the other, each within what the tiers before it left.

    Rows that are bound together belong to the most pressing tier among them.
    """
    tier = _together(prepared.groups, tier)
    flow = np.zeros(len(problem.cost), dtype=np.int64)
    status: Status = "stepwise"
    for at in range(int(tier.max(initial=0)) + 1):
        gone = (tier[problem.row] != at) | _clashing(prepared.groups, problem, flow)
        part = without_edges(problem, gone)
        part = changed(part, capacity=problem.capacity - _used(problem, flow))
        found = _grouped(prepared, part, work_limit)
        flow = flow + found.flow
        status = status if found.status == "optimal" else "bounded"
    cost = cost_of(problem, flow)
    return Choice(flow, cost, cost, status)


def _together(groups: Groups, tier: Array) -> Array:
    """Return the lowest tier among all rows that each row is bound to."""
    rows = np.arange(len(tier))
    ties = [(rows[groups.after >= 0], groups.after[groups.after >= 0])]
    for code in (groups.team, groups.visit, groups.one_of):
        mine = np.flatnonzero(code >= 0)
        _, first, at = np.unique(code[mine], return_index=True, return_inverse=True)
        ties.append((mine, mine[first[at]]))
    a, b = (np.concatenate([tie[side] for tie in ties]) for side in (0, 1))
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(len(tier), len(tier)))
    _, label = connected_components(graph, directed=False)
    lowest = np.full(len(tier), len(tier), dtype=np.int64)
    np.minimum.at(lowest, label, tier)
    found: Array = lowest[label]
    return found


def _clashing(groups: Groups, problem: Problem, flow: Array) -> Array:
    """Return the edges to people who are at another appointment then, bool (n_edges,)."""
    gone = np.zeros(len(problem.cost), dtype=bool)
    row, person = problem.row, groups.person[problem.column]
    timed = (groups.begins[row] >= 0) & ~groups.many[problem.column]
    for edge in np.flatnonzero(timed & (flow > 0)).tolist():
        same = timed & (person == person[edge])
        begins, ends = groups.begins[row], groups.ends[row]
        gone |= same & (begins < ends[edge]) & (begins[edge] < ends)
    return gone


def _tier_of(prepared: Prepared, objective: Objective) -> Array:
    """Return the tier of each row; what no tier names is in the last one."""
    pressing = list(reversed(URGENCIES))
    tier_of = np.full(len(URGENCIES), len(objective.tiers), dtype=np.int64)
    for at, tier in enumerate(objective.tiers):
        for urgency in tier:
            tier_of[pressing.index(urgency)] = at
    found: Array = tier_of[prepared.needs["urgency"]]
    return found


def _tiers(problem: Problem, tier: Array) -> list[Tier]:
    return [
        Tier(
            np.where(tier[problem.row] == at, problem.cost, 0).astype(np.int64),
            np.where(tier == at, problem.penalty, 0),
        )
        for at in range(int(tier.max(initial=0)) + 1)
    ]


def _values(problem: Problem, tier: Array, flow: Array) -> tuple[int, ...]:
    """Return what a flow costs in each tier."""
    short = problem.units - per_row(problem, flow)
    cost = problem.cost.astype(np.int64) * flow
    return tuple(
        int(cost[tier[problem.row] == at].sum()) + int((short * problem.penalty)[tier == at].sum())
        for at in range(int(tier.max(initial=0)) + 1)
    )


def _fair(
    prepared: Prepared,
    problem: Problem,
    objective: Objective,
    flow: Array,
    must: Array,
    rows: tuple[Array, Array],
    work_limit: int | None,
) -> tuple[Array, bool]:
    """Return the fair flow, each dimension by itself (minutes are not weighed against yuan), and if it is proven.

    `rows` are each row's tier and whether it is held. Shares count all that was asked. Where `flow` is as fair already it
    stays: nobody is made to change for nothing.
    """
    tier, held = rows
    last = (tier == tier.max(initial=0)) & ~held
    group = np.where(last, group_codes(prepared, objective.between)[0], NONE)
    whole = changed(problem, demand=prepared.needs["quantity"])
    fair, proven = flow.copy(), True
    for dimension in DIMENSIONS:
        mine = np.flatnonzero((prepared.needs["dimension"] == dimension) & ~held)
        if not len(mine):
            continue
        part, edges = rows_of(whole, mine)
        names, code = np.unique(group[mine], return_inverse=True)
        code = code.reshape(-1) - int(len(names) > 0 and names[0] == NONE)
        found = solve_fairly(
            part,
            code.astype(np.int64),
            objective.fairness,
            share=objective.share,
            must=must[mine],
            work_limit=work_limit,
        )
        proven &= found.status == "optimal"
        got = np.zeros(len(found.served), dtype=np.int64)
        counted = code >= 0
        np.add.at(got, code[counted], per_row(part, flow[edges])[counted])
        if objective.tiers or not np.array_equal(got, found.served):
            fair[edges] = found.flow
    return fair, proven


def rows_of(problem: Problem, rows: Array) -> tuple[Problem, Array]:
    """Return the problem of some `rows` (ascending) over all columns, and its edges' positions."""
    width = np.diff(problem.start)[rows]
    start = np.concatenate([[0], np.cumsum(width)]).astype(np.int64)
    edges = np.arange(start[-1]) + np.repeat(problem.start[rows] - start[:-1], width)
    limit = None if problem.limit is None else problem.limit[edges]
    return Problem(
        start,
        problem.column[edges],
        problem.cost[edges],
        problem.capacity,
        problem.penalty[rows],
        problem.units[rows],
        limit,
    ), edges
