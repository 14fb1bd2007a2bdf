"""Fairness between groups (places, target groups): who is served how much, then at the least cost.

The coverage of a group is units served by units asked. What the groups can be served together is an
integral polymatroid (the ranks of a flow), so the greedy of Federgruen and Groenevelt (Operations
Research 34, 1986) is exact in whole units for leximin and for the Nash product. It is not run unit by
unit: the units that a set of groups gets are shared out as if nothing were in the way, one flow tells
which groups cannot have that much, and its minimum cut splits the set in two (Groenevelt, European
Journal of Operational Research 54, 1991; Fujishige, Mathematics of Operations Research 5, 1980).
Rounds are few; each is one solve of the kernel without costs, its cut proven by the kernel's prices.

The units of each group being known, an unserved unit is an edge to a column of its group that has
room for just as many; serving everybody at the least cost is then one more solve, with certificate.
Groups that tie for a last unit share one such column: the result is the cheapest of the fairest.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, get_args

import numpy as np

from wushe.matching.fair.exits import Exits, Market, Oracle, network_of, sums
from wushe.matching.fair.shares import Measure, share_out
from wushe.matching.fair.tiers import Forced, cheapest
from wushe.matching.kernel import Notify, Problem, Status, solve
from wushe.matching.kernel.compile import to_stderr
from wushe.matching.kernel.problem import HIGHEST_COST, Array

Kind = Literal["none", "floor", "maximin", "leximin", "proportional"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, eq=False)
class Allocation:
    """A flow int64 (n_edges,), what it leaves `unserved` int64 (n_rows,), and its cost with penalties.

    `bound` is proven to be no more than the least cost under the same conditions; None where only
    the prices prove it. It equals `objective` when `status` is "optimal".
    """

    flow: Array
    unserved: Array
    objective: int
    bound: int | None
    status: Status


@dataclass(frozen=True, eq=False)
class FairSolution:
    """The cheapest allocation among the fairest, beside the `plain` one without fairness.

    `asked`, `served` and `plain_served` are units, int64 (n_groups,). `layer` int32 (n_groups,) counts
    from 0, the groups that hold each other back most; groups of a layer compete with one another and
    nothing that later layers give up would help them (-1: nothing asked, or no such search made).
    """

    kind: Kind
    fair: Allocation
    plain: Allocation
    units: Array
    asked: Array
    served: Array
    plain_served: Array
    layer: Array
    status: Status

    @property
    def flow(self) -> Array:
        """Units on each edge, int64 (n_edges,)."""
        return self.fair.flow

    @property
    def coverage(self) -> Array:
        """Units served by units asked, float64 (n_groups,); 1.0 where nothing was asked."""
        return np.where(self.asked > 0, self.served / np.maximum(self.asked, 1), 1.0)

    @property
    def plain_coverage(self) -> Array:
        """The same under the plain objective."""
        return np.where(self.asked > 0, self.plain_served / np.maximum(self.asked, 1), 1.0)

    @property
    def price_of_fairness(self) -> int:
        """Costs and penalties beyond those of the plain optimum; never negative when both are proven."""
        return self.fair.objective - self.plain.objective

    @property
    def units_lost(self) -> int:
        """Units that the plain optimum serves more; negative where fairness serves more."""
        return int(self.fair.unserved.sum()) - int(self.plain.unserved.sum())

    def worse_off(self, codes: Array) -> int:
        """Count the households that get fewer units than under the plain objective.

        `codes` int (n_rows,) names the household of each row, -1 none. Raises ValueError.
        """
        code = _codes("codes", codes, len(self.units))
        got = np.zeros(int(code.max(initial=-1)) + 1, dtype=np.int64)
        known = code >= 0
        np.add.at(got, code[known], (self.plain.unserved - self.fair.unserved)[known])
        return int((got < 0).sum())


def solve_fairly(
    problem: Problem,
    group: Array,
    kind: Kind,
    *,
    share: Fraction | float | str = Fraction(1, 2),
    must: Array | None = None,
    work_limit: int | None = None,
    notify: Notify | None = to_stderr,
) -> FairSolution:
    """Return the fairest allocation between groups and, among the fairest, the cheapest; exact.

    `group` int (n_rows,) numbers the groups from 0, -1 in none: such rows get what the cost decides.
    Kinds: "none"; "maximin": the lowest coverage is as high as can be; "leximin": then the second
    lowest, and so on; "floor": the same for coverage up to `share`, beyond which cost decides (the
    units lacking of that share are then as few as can be, too); "proportional": the sum of log coverage, weighted by units asked, is as high as can be
    (first, units asked by groups that get nothing are as few as can be).
    `must` int (n_rows,) units that each row gets in any case, as earlier tiers decided. An edge that
    costs more than its row's penalty is no option, as in the plain objective, unless the row has a
    must. Within a group, penalties decide who is served.

    Raises ValueError where an array or `share` is out of range, or all of `must` cannot be served.
    """
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}, expected one of {', '.join(KINDS)}")
    market = _market(problem, group, must)
    options: dict[str, Any] = {"work_limit": work_limit, "notify": notify}
    plain = _plain(market, options)
    layer = np.full(market.groups, -1, dtype=np.int32)
    if kind == "none":
        return _result(market, kind, plain, plain, layer, plain.status)
    measure: Measure = "proportional" if kind == "proportional" else "leximin"
    most = _aims(market, _part(share) if kind == "floor" else Fraction(1))
    units, layer, proven = _fairest(market, measure, most, options)
    if kind == "maximin":
        layer[:] = -1
        exits = market.exits(_lowest(market, units))
    else:
        exits = _with_ties(market, units, most)
    fair = _allocate(market, exits, options)
    done = proven and fair.status == plain.status == "optimal"
    return _result(market, kind, fair, plain, layer, "optimal" if done else "work_limit")


def _market(problem: Problem, group: Array, must: Array | None) -> Market:
    """Return the checked market."""
    n = len(problem.penalty)
    code = _codes("group", group, n)
    groups = int(code.max(initial=-1)) + 1
    code = np.where(code < 0, groups, code)
    need = np.zeros(n, dtype=np.int64) if must is None else _codes("must", must, n)
    wrong = (need < 0) | (need > problem.units)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise ValueError(f"must[{at}] is {need[at]}, expected 0 to its demand, {problem.units[at]}")
    if int(problem.penalty.max(initial=0)) > HIGHEST_COST:
        at = int(np.argmax(problem.penalty))
        raise ValueError(
            f"penalty[{at}] is {problem.penalty[at]}, expected less than 2^31 where fairness is asked"
        )
    row = problem.row
    option = (problem.cost <= problem.penalty[row]) | (need[row] > 0)
    asked, least = (sums(code, values, groups + 1) for values in (problem.units, need))
    return Market(problem, code, groups, need, np.flatnonzero(option), asked, least)


def _codes(name: str, values: Array, length: int) -> Array:
    """Return `values` as int64, or raise ValueError."""
    found = np.asarray(values)
    if found.shape != (length,):
        raise ValueError(f"{name} has shape {found.shape}, expected ({length},)")
    if length and found.dtype.kind not in "iu":
        raise ValueError(f"{name} holds {found.dtype}, expected integers")
    if length and found.min() < -1:
        at = int(np.argmin(found))
        raise ValueError(f"{name}[{at}] is {found[at]}, expected -1 or more")
    return found.astype(np.int64)


def _part(share: Fraction | float | str) -> Fraction:
    """Return the share as a fraction: 0.1 means a tenth, not the binary number next to it."""
    try:
        part = Fraction(str(share))
    except ValueError:
        raise ValueError(f"share is {share!r}, expected a number from 0 to 1") from None
    if not 0 <= part <= 1:
        raise ValueError(f"share is {share}, expected a number from 0 to 1")
    return part


def _plain(market: Market, options: dict[str, Any]) -> Allocation:
    """Return the cheapest allocation that serves what must be served."""
    if market.must.any():
        least = market.least[: market.groups]
        lack = Oracle.of(market, **options).attempt(least)
        if lack.status == "optimal" and lack.objective > 0:
            raise ValueError("must asks for more than can be served together")
        return _allocate(market, market.exits(least), options)
    found = solve(market.problem, **options)
    return Allocation(found.flow, found.unserved, found.objective, found.bound, found.status)


def _allocate(market: Market, exits: Exits, options: dict[str, Any]) -> Allocation:
    """Return the cheapest allocation that leaves no more unserved than the exits hold."""
    network = network_of(market, exits, costs=True)
    every = np.ones(len(network.problem.penalty), dtype=bool)
    none = np.zeros(len(network.problem.capacity), dtype=bool)
    found: Forced = cheapest(network.problem, every, none, **options)
    flow = np.zeros(len(market.problem.cost), dtype=np.int64)
    own = network.edge >= 0
    flow[network.edge[own]] = found.flow[own]
    total = np.concatenate([[0], np.cumsum(flow)])
    unserved = market.problem.units - np.diff(total[market.problem.start])
    objective = int(market.problem.cost @ flow) + int(market.problem.penalty @ unserved)
    status: Status = found.status if found.kept else "work_limit"
    return Allocation(flow, unserved, objective, found.bound, status)


def _result(
    market: Market, kind: Kind, fair: Allocation, plain: Allocation, layer: Array, status: Status
) -> FairSolution:
    """Return the result with each group's figures."""
    units = market.problem.units
    served, before = (market.sums(units - found.unserved) for found in (fair, plain))
    asked = market.asked[: market.groups]
    return FairSolution(kind, fair, plain, units, asked, served, before, layer, status)


def _fairest(
    market: Market, measure: Measure, most: Array, options: dict[str, Any]
) -> tuple[Array, Array, bool]:
    """Return the fairest units up to `most`, the groups' layers (n_groups,), and whether it is proven."""
    oracle, asked = Oracle.of(market, **options), market.asked[: market.groups]
    target, pieces = most, [(np.flatnonzero(asked), -1)]
    while True:
        found = oracle.attempt(target)
        units, tight = oracle.reached(target, found)
        proven = found.status == "optimal"
        if not proven or np.array_equal(units, target):
            break
        before = len(pieces)
        if target is most:  # the first flow only tells how many units there are for all together
            before, pieces = 0, [(pieces[0][0], int(units.sum()))]
        pieces = _split(pieces, units, tight)
        if len(pieces) == before:
            raise RuntimeError("no cut between groups was found: please report this as a bug")
        oracle = oracle.cut(target, found)
        target, least = most.copy(), np.minimum(oracle.least(), most)
        for piece, total in pieces:
            want, low, top = (values[piece].tolist() for values in (asked, least, most))
            target[piece] = share_out(measure, want, low, top, total)
    layer = np.full(market.groups, -1, dtype=np.int32)
    for number, (piece, _) in enumerate(pieces):
        layer[piece] = number
    return units, layer, proven


def _split(pieces: list[tuple[Array, int]], units: Array, tight: Array) -> list[tuple[Array, int]]:
    """Return the pieces cut in two: those in the cut have all that they can have together."""
    parts = []
    for piece, total in pieces:
        inside, outside = piece[tight[piece]], piece[~tight[piece]]
        held = int(units[inside].sum())
        parts += [(inside, held), (outside, total - held)]
    return [(piece, total) for piece, total in parts if len(piece)]


def _with_ties(market: Market, units: Array, most: Array) -> Exits:
    """Return the exits for these units or any others that are just as fair.

    A group that went without its next unit, and one that has its last, are interchangeable where that
    unit has the same rank: where they have as many units and asked for as many.
    """
    asked, least = market.asked.tolist(), market.least.tolist()
    without, having = defaultdict(list), defaultdict(list)
    for g, (k, top) in enumerate(zip(units.tolist(), most.tolist(), strict=True)):
        if k < top:
            without[k, asked[g]].append(g)
        if k > least[g]:
            having[k - 1, asked[g]].append(g)
    exits = market.exits(units)
    for tie in sorted(without.keys() & having.keys()):
        shared = exits.add(len(without[tie]), [])
        for g in without[tie]:
            exits.capacity[g] -= 1
        for g in without[tie] + having[tie]:
            exits.swaps.append((exits.add(1, [g]), shared))
    return exits


def _lowest(market: Market, units: Array) -> Array:
    """Return the units that each group needs for the lowest coverage that `units` has."""
    asked, least = market.asked[: market.groups].tolist(), market.least.tolist()
    pairs = [(k, a) for k, a in zip(units.tolist(), asked, strict=True) if a > 0]
    level = min((Fraction(k, a) for k, a in pairs), default=Fraction(1))
    needed = [max(-(-level * a // 1), low) for a, low in zip(asked, least, strict=False)]
    return np.array([int(k) for k in needed], dtype=np.int64)


def _aims(market: Market, share: Fraction) -> Array:
    """Return the units that make the share of what each group asked, or what it must get if more."""
    asked, least = market.asked[: market.groups].tolist(), market.least.tolist()
    aims = [max(int(-(-share * a // 1)), low) for a, low in zip(asked, least, strict=False)]
    return np.array(aims, dtype=np.int64)
