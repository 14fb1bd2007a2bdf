"""Needs x offers: filter, score, assign, and a reason for every need that is not fully served."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from wushe.matching.candidates import ORDER, Candidates
from wushe.matching.decide import Choice, decide
from wushe.matching.kernel import Problem, Solution
from wushe.matching.objective import Objective, ObjectiveReport
from wushe.matching.prepare import Prepared, prepare
from wushe.matching.reasons import find_reasons
from wushe.matching.reporting import per_row
from wushe.matching.rounds import Choose
from wushe.matching.search.pricing import Priced, Proof, solve_all
from wushe.model.parties import LEVELS
from wushe.model.storage import Array
from wushe.model.tables import Table
from wushe.model.terms import Context, Pairs, Reason
from wushe.network import LinkageNetwork
from wushe.plugins.manager import Plugins
from wushe.text import Text

PRIORITY_STEPS = 1000
PRIORITY_RANGE = 4
"""A full step of priority outweighs this many times the largest score difference."""


@attrs.frozen(eq=False)
class Matching:
    """The assignment with everything that explains it.

    Rows of `problem` are rows of `prepared.needs`, its columns rows of `prepared.offers`, its edges
    the pairs of `candidates`; `flow` is its optimum with dual prices under the plain objective, and
    `proof` says over which pairs. `choice` is what is planned: the same, unless teams, visits, hours, packs,
    tiers or fairness ask for another one; `report` compares the two. `need`, `offer` (row numbers),
    `amount` int64 in base units and `edge` (position in `candidates`): one entry per match, by need
    then cost. `unserved` int64 (n_needs,) in base units; `reason` int8 (n_needs,): position in
    `ORDER`, -1 where fully served; `priority` float (n_needs,).
    """

    prepared: Prepared
    candidates: Candidates
    problem: Problem
    flow: Solution
    proof: Proof
    choice: Choice
    report: ObjectiveReport
    need: Array
    offer: Array
    amount: Array
    edge: Array
    unserved: Array
    reason: Array
    priority: Array

    @property
    def over_all_pairs(self) -> bool:
        """Whether the choice is the best over all eligible pairs, not only over the listed ones.

        Where groups, tiers or fairness decided, that takes a list of all pairs.
        """
        decided = self.choice.flow is not self.flow.flow
        return self.proof.kind == "all pairs" and (not decided or self.proof.complete)

    def reason_of(self, need: int) -> Reason | None:
        """Return why need row `need` is not fully served, None where it is."""
        code = int(self.reason[need])
        return None if code < 0 else ORDER[code]

    def runner_up(self, need: int) -> tuple[int, int] | None:
        """Return (offer row, extra cost per unit) of the best candidate that does not serve `need`.

        The extra cost is against the best that does; None where there is no other candidate.
        """
        mine = set(self.offer[self._rows(need)].tolist())
        span = slice(self.candidates.start[need], self.candidates.start[need + 1])
        best, other = None, None
        for offer, cost in zip(
            self.candidates.offer[span].tolist(), self.candidates.cost[span].tolist(), strict=True
        ):
            if offer in mine:
                best = cost if best is None else best
            elif other is None:
                other = offer, cost
            if best is not None and other is not None:
                return other[0], other[1] - best
        return None

    def _rows(self, need: int) -> slice:
        return slice(
            int(np.searchsorted(self.need, need)),
            int(np.searchsorted(self.need, need, side="right")),
        )

    @property
    def pairs(self) -> Pairs:
        """The matched pairs, as hooks receive them."""
        return Pairs(self.need.astype(np.int32), self.offer.astype(np.int32))


def match(
    network: LinkageNetwork,
    offers: Table,
    plugins: Plugins,
    context: Context,
    *,
    objective: Objective | None = None,
    prove: bool = True,
    work_limit: int | None = None,
    choose: Choose | None = None,
) -> Matching:
    """Match all open needs of `network` with `offers` under `objective`, exactly and with a proof.

    With `choose` that decides instead, see `Round`; the optimum is found all the same, for its prices.

    With `prove` the plain optimum holds over all eligible pairs; without, over each need's best ones.
    Tiers, fairness and groups decide over the pairs that were listed on the way to it.
    """
    prepared = prepare(network, offers, context)
    priority = plugins.prioritise_needs(prepared.needs, prepared.context)
    steps = np.rint(priority * PRIORITY_STEPS).astype(np.int64)
    priced = solve_all(
        prepared,
        plugins,
        lambda max_cost: penalties(steps, max_cost),
        prove=prove,
        work_limit=work_limit,
    )
    objective = Objective() if objective is None else objective

    def called(group: Any) -> tuple[str, Text]:
        if objective.between not in LEVELS:
            known = context.target_groups.get(group)
            return group, Text(known.zh, known.en) if known else Text(group, group)
        places = network.tables["places"]
        name = str(places["name"][group])
        return places.ids[group], Text(name, name)

    choice, report = decide(
        prepared, priced.problem, priced.solution, objective, called, work_limit, choose
    )
    return _explained(prepared, priced, choice, report, priority, steps)


def _explained(
    prepared: Prepared,
    priced: Priced,
    choice: Choice,
    report: ObjectiveReport,
    priority: Array,
    steps: Array,
) -> Matching:
    """Return the matching with a reason for each need that is not fully served."""
    candidates, problem = priced.candidates, priced.problem
    used = np.flatnonzero(choice.flow)
    unserved = prepared.needs["quantity"] - per_row(problem, choice.flow)
    reason = find_reasons(prepared, candidates, problem, choice.flow, unserved, steps)
    return Matching(
        prepared,
        candidates,
        problem,
        priced.solution,
        priced.proof,
        choice,
        report,
        problem.row[used],
        candidates.offer[used],
        choice.flow[used],
        used,
        unserved,
        reason,
        priority,
    )


def penalties(steps: Array, max_cost: int) -> Array:
    """Return what an unserved unit costs, int64 (n_needs,): more than any pair, and more by priority."""
    return max_cost + 1 + steps * max(1, PRIORITY_RANGE * max_cost // PRIORITY_STEPS)
