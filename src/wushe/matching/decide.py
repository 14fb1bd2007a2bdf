"""From the plain optimum to what is planned: groups that bind rows, tiers, fairness."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import attrs
import numpy as np

from wushe.matching.combined import Combined
from wushe.matching.combined import solve as solve_combined
from wushe.matching.expand import BLOCKED, NONE, Groups
from wushe.matching.fair.fairness import FairSolution, solve_fairly
from wushe.matching.fair.tiers import Tier, solve_tiers
from wushe.matching.kernel import Problem, Solution
from wushe.matching.objective import GroupCoverage, Objective, ObjectiveReport
from wushe.matching.prepare import Prepared
from wushe.model.help import URGENCIES
from wushe.model.parties import LEVELS
from wushe.model.storage import Array
from wushe.model.units import DIMENSIONS

Status = Literal["optimal", "work_limit", "bounded"]
"""Without "optimal" the choice is feasible; `bound` says how far it may be from the best."""
Called = Callable[[Any], tuple[str, str]]


@attrs.frozen(eq=False)
class Choice:
    """What is planned: `flow` int64 (n_edges,), its cost with penalties, a proven lower bound of it."""

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
) -> tuple[Choice, ObjectiveReport]:
    """Return the choice under the groups of `prepared` and the declared `objective`, with its report.

    Groups are decided first, under the plain objective; tiers and fairness then share out what the rows
    of groups leave. `called` gives the id and the name of a place row or target group.
    """
    groups = prepared.groups
    start = Choice(plain.flow, plain.objective, plain.bound, plain.status)
    choice = start if not groups.bind else _grouped(prepared, problem)
    before = choice
    if not objective.plain:
        choice = _declared(prepared, problem, choice, objective, work_limit)
    return choice, _report(prepared, problem, objective, choice, before, called)


def _grouped(prepared: Prepared, problem: Problem) -> Choice:
    """Return the best choice that keeps teams, visits, alternatives, chains, appointments and packs."""
    groups = prepared.groups
    # "In full" is all that is asked for, also where no offer could ever give as much.
    asked = np.where(bound_rows(groups), prepared.needs["quantity"], problem.units)
    beyond = int(((asked - problem.units) * problem.penalty).sum())
    problem = _with(problem, demand=asked)
    blocked = np.flatnonzero(groups.after == BLOCKED)
    problem = without_rows(problem, blocked)
    found = solve_combined(
        Combined(
            problem,
            team=groups.team,
            visit=groups.visit,
            whole=(groups.begins != NONE) | (groups.team != NONE),
            one_of=groups.one_of,
            after=np.maximum(groups.after, NONE),
            begins=groups.begins,
            ends=groups.ends,
            person=groups.person,
            pack=groups.pack,
            many=groups.many,
        )
    )
    return Choice(found.flow, found.objective - beyond, found.bound - beyond, found.status)


def without_rows(problem: Problem, rows: Array) -> Problem:
    """Return the problem in which `rows` can get nothing; its edges keep their positions."""
    if not len(rows):
        return problem
    limit = problem.units[problem.row] if problem.limit is None else problem.limit.copy()
    limit[np.isin(problem.row, rows)] = 0
    return _with(problem, limit=limit)


def _with(problem: Problem, **changed: Any) -> Problem:
    names = ("start", "column", "cost", "capacity", "penalty", "demand", "limit")
    return Problem(**{name: changed.get(name, getattr(problem, name)) for name in names})


# --- tiers and fairness ------------------------------------------------------------------------


def _declared(
    prepared: Prepared,
    problem: Problem,
    choice: Choice,
    objective: Objective,
    work_limit: int | None,
) -> Choice:
    """Return the choice under tiers and fairness; rows bound by groups keep what they have."""
    held = bound_rows(prepared.groups)
    kept = np.where(held[problem.row], choice.flow, 0)
    left = without_rows(problem, np.flatnonzero(held))
    used = np.zeros(len(problem.capacity), dtype=np.int64)
    np.add.at(used, problem.column, kept)
    left = _with(left, capacity=problem.capacity - used)
    flow, proven = np.zeros_like(choice.flow), choice.status != "work_limit"
    must: Array = np.zeros(len(problem.penalty), dtype=np.int64)
    tier = _tier_of(prepared, objective)
    if objective.tiers:
        found = solve_tiers(left, _tiers(left, tier), work_limit=work_limit)
        flow, proven = found.flow, proven and found.status == "optimal"
        must = np.where(tier < tier.max(initial=0), found.served, 0)
    if objective.fairness != "none":
        flow = np.zeros_like(choice.flow)
        for part in fair_parts(prepared, left, objective, must, tier, work_limit):
            flow[part.edges] = part.found.flow
            proven &= part.found.status == "optimal"
    total = flow + kept
    cost = cost_of(problem, total)
    exact = proven and choice.status == "optimal" and not held.any()
    # Nothing cheaper satisfies the declared order, where every stage was proven; else the plain bound.
    status: Status = "optimal" if exact else "bounded" if proven else "work_limit"
    return Choice(total, cost, cost if exact else choice.bound, status)


def bound_rows(groups: Groups) -> Array:
    """Return which rows are bound to others or to an hour, bool (n_rows,)."""
    waited_for = np.zeros(len(groups.after), dtype=bool)
    waited_for[groups.after[groups.after >= 0]] = True
    codes = (groups.team, groups.visit, groups.one_of, groups.after, groups.begins)
    found: Array = np.logical_or.reduce([waited_for, *(code != NONE for code in codes)])
    return found


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


@attrs.frozen(eq=False)
class FairPart:
    """The fair solution of the rows of one dimension, over the problem's `edges` (positions)."""

    dimension: str
    edges: Array
    found: FairSolution


def fair_parts(
    prepared: Prepared,
    problem: Problem,
    objective: Objective,
    must: Array,
    tier: Array,
    work_limit: int | None,
) -> list[FairPart]:
    """Return the fair solution of each dimension apart: minutes are not weighed against yuan."""
    group = np.where(tier == tier.max(initial=0), group_codes(prepared, objective.between)[0], NONE)
    parts = []
    for dimension in DIMENSIONS:
        rows = np.flatnonzero(prepared.needs["dimension"] == dimension)
        if not len(rows):
            continue
        part, edges = rows_of(problem, rows)
        _, code = np.unique(group[rows], return_inverse=True)
        code = np.where(group[rows] == NONE, NONE, code - bool((group[rows] == NONE).any()))
        found = solve_fairly(
            part,
            code.astype(np.int64),
            objective.fairness,
            share=objective.share,
            must=must[rows],
            work_limit=work_limit,
        )
        parts.append(FairPart(dimension, edges, found))
    return parts


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


def group_codes(prepared: Prepared, between: str) -> tuple[Array, list[Any]]:
    """Return each row's group (`NONE` in none) and what the codes stand for: place rows or group ids."""
    if between in LEVELS:
        place = prepared.needs["ancestors"][:, list(LEVELS).index(between)]
        known, code = np.unique(place, return_inverse=True)
        shift = int(len(known) > 0 and known[0] < 0)
        return np.where(place < 0, NONE, code - shift), known[shift:].tolist()
    first = [groups[0] if groups else None for groups in prepared.needs["groups"]]
    names = sorted({name for name in first if name is not None})
    rank = {name: at for at, name in enumerate(names)}
    return np.array([NONE if n is None else rank[n] for n in first], dtype=np.int64), names


# --- report ------------------------------------------------------------------------------------


def cost_of(problem: Problem, flow: Array) -> int:
    """Return what a flow costs, with the penalties of unserved units."""
    served = per_row(problem, flow)
    return int((problem.cost.astype(np.int64) * flow).sum()) + int(
        ((problem.units - served) * problem.penalty).sum()
    )


def per_row(problem: Problem, flow: Array) -> Array:
    """Return the units that each row gets, int64 (n_rows,)."""
    total = np.concatenate([[0], np.cumsum(flow)])
    return np.asarray(total[problem.start[1:]] - total[problem.start[:-1]])


def _report(
    prepared: Prepared,
    problem: Problem,
    objective: Objective,
    choice: Choice,
    plain: Choice,
    called: Called,
) -> ObjectiveReport:
    got, before = per_row(problem, choice.flow), per_row(problem, plain.flow)
    dimension = prepared.needs["dimension"]
    present = [d for d in DIMENSIONS if (dimension == d).any()]
    household = prepared.needs["client_code"].astype(np.int64)
    less = 0
    if not objective.plain:
        change = np.zeros((int(household.max(initial=-1)) + 1, len(present)), dtype=np.int64)
        column = np.array([present.index(d) for d in dimension], dtype=np.int64)
        np.add.at(change, (household, column), got - before)
        less = int((change < 0).any(axis=1).sum())
    return ObjectiveReport(
        objective,
        choice.objective,
        plain.objective,
        tuple((d, int(got[dimension == d].sum())) for d in present),
        tuple((d, int(before[dimension == d].sum())) for d in present),
        less,
        _coverage(prepared, objective, got, before, called),
    )


def _coverage(
    prepared: Prepared, objective: Objective, got: Array, before: Array, called: Called
) -> tuple[GroupCoverage, ...]:
    if objective.fairness == "none":
        return ()
    code, known = group_codes(prepared, objective.between)
    dimension, asked = prepared.needs["dimension"], prepared.needs["quantity"]
    lines = []
    for d in DIMENSIONS:
        here = (dimension == d) & (code != NONE)
        sums = np.zeros((3, len(known)), dtype=np.int64)
        for line, values in zip(sums, (asked, got, before), strict=True):
            np.add.at(line, code[here], values[here])
        lines += [
            GroupCoverage(*called(known[at]), d, *map(int, sums[:, at]))
            for at in np.flatnonzero(sums[0]).tolist()
        ]
    return tuple(lines)
