"""Needs x offers: filter, score, assign, and a reason for every need that is not fully served."""

from __future__ import annotations

import attrs
import numpy as np

from wushe.errors import WusheError
from wushe.matching.candidates import ORDER, Candidates, list_candidates
from wushe.matching.prepare import Prepared, prepare
from wushe.matching.solve import Flow, Problem, solve
from wushe.model.storage import Array
from wushe.model.tables import Table
from wushe.model.terms import Context, Pairs, Reason
from wushe.network import LinkageNetwork
from wushe.plugins.manager import Plugins

PRIORITY_STEPS = 1000
PRIORITY_RANGE = 4
"""A full step of priority outweighs this many times the largest score difference."""


@attrs.frozen(eq=False)
class Matching:
    """The assignment with everything that explains it.

    `need`, `offer` (row numbers in `needs`, `offers`), `amount` int64 in base units and `edge`
    (position in `candidates`): one entry per match, by need then cost. `unserved` int64
    (n_needs,) in base units; `reason` int8 (n_needs,): position in `ORDER`, -1 where fully served.
    """

    prepared: Prepared
    candidates: Candidates
    flow: Flow
    need: Array
    offer: Array
    amount: Array
    edge: Array
    unserved: Array
    reason: Array
    priority: Array

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
    time_limit: float = 600.0,
) -> Matching:
    """Match all open needs of `network` with `offers`, exactly over the listed candidates."""
    prepared = prepare(network, offers, context)
    priority = plugins.prioritise_needs(prepared.needs, prepared.context)
    candidates = list_candidates(prepared, plugins)
    return assign(prepared, candidates, priority, time_limit)


def assign(
    prepared: Prepared, candidates: Candidates, priority: Array, time_limit: float
) -> Matching:
    """Solve the assignment over `candidates` and say why what is unserved is unserved."""
    needs, offers = prepared.needs, prepared.offers
    steps = np.rint(priority * PRIORITY_STEPS).astype(np.int64)
    penalty = (
        candidates.max_cost
        + 1
        + steps * max(1, PRIORITY_RANGE * candidates.max_cost // PRIORITY_STEPS)
    )
    row = np.repeat(np.arange(len(needs)), np.diff(candidates.start))
    reachable = np.zeros(len(needs), dtype=np.int64)
    np.add.at(reachable, row, candidates.limit)
    problem = _problem(
        candidates.start,
        candidates.offer.astype(np.int64),
        candidates.cost,
        candidates.limit,
        # What no candidate could ever serve only inflates the sums that must stay within int64.
        np.minimum(needs["quantity"], reachable),
        penalty,
        offers["capacity"],
    )
    flow = solve(problem, time_limit)
    used = np.flatnonzero(flow.flow)
    need = problem.row[used]
    unserved = needs["quantity"].copy()
    np.subtract.at(unserved, need, flow.flow[used])
    reason = _reasons(prepared, candidates, flow, unserved, steps)
    return Matching(
        prepared,
        candidates,
        flow,
        need,
        candidates.offer[used],
        flow.flow[used],
        used,
        unserved,
        reason,
        priority,
    )


def _problem(*arrays: Array) -> Problem:
    try:
        return Problem(*arrays)
    except ValueError as error:
        raise WusheError(
            f"the amounts of this city are too large to solve exactly: {error}"
        ) from error


def _reasons(
    prepared: Prepared, candidates: Candidates, flow: Flow, unserved: Array, steps: Array
) -> Array:
    """Return for every need that is not fully served the position of its reason in `ORDER`."""
    needs = prepared.needs
    reason = candidates.blocked.copy()
    short = (unserved > 0) & (reason < 0)
    reason[unserved == 0] = -1
    reason[short] = np.where(
        needs["dimension"][short] == "fen", ORDER.index("budget"), ORDER.index("capacity")
    )
    row = np.repeat(np.arange(len(needs)), np.diff(candidates.start))
    lowest, room = _served_by(prepared, candidates, flow, steps, row)
    pressing = np.full(len(needs), np.iinfo(np.int64).max)
    np.minimum.at(pressing, row, lowest[candidates.offer])
    reason[short & (pressing > steps)] = ORDER.index("gives_way")
    has_room = np.bincount(row[room[candidates.offer]], minlength=len(needs)) > 0
    # Room that stays empty beside a need that is short can only be a donor's limit per need.
    reason[short & has_room] = ORDER.index("restriction")
    return reason


def _served_by(
    prepared: Prepared, candidates: Candidates, flow: Flow, steps: Array, row: Array
) -> tuple[Array, Array]:
    """Return per offer the lowest priority it serves (-1: nobody) and whether it has room left."""
    used = flow.flow > 0
    lowest = np.full(len(prepared.offers), np.iinfo(np.int64).max)
    np.minimum.at(lowest, candidates.offer[used], steps[row[used]])
    load = np.zeros(len(prepared.offers), dtype=np.int64)
    np.add.at(load, candidates.offer, flow.flow)
    idle = lowest == np.iinfo(np.int64).max
    return np.where(idle, -1, lowest), load < prepared.offers["capacity"]
