"""What the declared objective achieved and what it cost, against the plain one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from wushe.matching.expand import NONE
from wushe.matching.kernel import Problem
from wushe.matching.objective import GroupCoverage, Objective, ObjectiveReport
from wushe.matching.prepare import Prepared
from wushe.model.parties import LEVELS
from wushe.model.storage import Array
from wushe.model.units import DIMENSIONS
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.matching.decide import Choice

Called = Callable[[Any], tuple[str, Text]]


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


def report_of(
    prepared: Prepared,
    problem: Problem,
    objective: Objective,
    choice: Choice,
    plain: Choice,
    called: Called,
) -> ObjectiveReport:
    """Return what `choice` serves and costs beside `plain`; `called` names groups."""
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
        plain.status == "optimal" and choice.status in ("optimal", "stepwise"),
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
