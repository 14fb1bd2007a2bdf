"""The best matching over all eligible pairs, without listing them: list some, solve, look for better.

A pair that is not listed could improve the optimum only if its cost plus the offer's price is below the
need's price. Declared bounds of the score terms say where such pairs can be at all; those found are
judged by the hooks and listed, until none is left. That is the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal

import attrs
import numpy as np

from wushe.errors import WusheError
from wushe.matching.candidates import (
    BLOCK_PAIRS,
    REFUSED,
    Candidates,
    Judged,
    Refusals,
    as_candidates,
    judge,
    limits,
    list_candidates,
    rank_in_group,
)
from wushe.matching.kernel import Problem, Solution, solve
from wushe.matching.prepare import Prepared
from wushe.matching.search.again import Again
from wushe.matching.search.book import Book, joined, keys_of, pairs_of
from wushe.matching.search.bounds import CostBounds
from wushe.matching.search.classes import FilterClasses
from wushe.matching.search.edges import Edges
from wushe.matching.search.nearby import NO_LIMIT, Nearby, Sides, on_sphere
from wushe.matching.search.reach import Reach
from wushe.model.storage import Array
from wushe.plugins.manager import Plugins

ALL_PAIRS = 16_000_000
"""Up to this many pairs in reach are simply all listed: faster than to search, and within 2 GB."""
PER_ROUND = 8
"""Pairs that a need may propose in a round; four times as many after each round of refusals only."""
OPAQUE_ROUNDS = 3
"""Rounds of looking for better pairs where a term declares no bound, so that nothing can be proven."""
SAMPLE = 50
"""Offers of a pool that are looked at where there are too many to look at all."""
SCAN_PAIRS = 5_000_000
"""How many pairs are looked at only to count the reasons of needs for which nothing was found."""
FILLED = 8
"""Pairs listed for a need that could be served but for better uses of every offer."""
LARGEST = 2**62

Penalties = Callable[[int], Array]
"""From the largest possible cost to what an unserved unit of each need costs, int64 (n_needs,)."""


@attrs.frozen
class Proof:
    """Over which pairs the solution is optimal, and what it took to know.

    `kind` is "all pairs" where no eligible pair at all could improve it. `rounds` of search looked at
    `searched` pairs through the hooks; `added` of them joined the `listed` ones. `without_bound` names
    the score terms that declare no bound, for which nothing can be said beyond the list.
    """

    kind: Literal["all pairs", "listed pairs only"]
    eligible: int
    listed: int
    rounds: int = 0
    searched: int = 0
    added: int = 0
    without_bound: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all eligible pairs were listed, so that no search was needed."""
        return self.kind == "all pairs" and self.rounds == 0


@attrs.frozen(eq=False)
class Priced:
    """The listed pairs, the kernel's problem over them, its solution and what that proves."""

    candidates: Candidates
    problem: Problem
    solution: Solution
    proof: Proof


def solve_all(
    prepared: Prepared,
    plugins: Plugins,
    penalty_of: Penalties,
    *,
    prove: bool = True,
    nearest: int = 24,
    work_limit: int | None = None,
) -> Priced:
    """Return the optimum over all eligible pairs, with the proof.

    Without `prove` only each need's `nearest` best pairs (by the declared bounds) are looked at, unless
    the city is small enough to list all. Raises WusheError where amounts are too large.
    """
    reach = Reach.of(prepared)
    eligible = int(reach.total.sum())
    if eligible <= ALL_PAIRS:
        candidates = list_candidates(prepared, plugins)
        within_reach = np.zeros(len(prepared.needs), dtype=np.int64)
        row = np.repeat(np.arange(len(within_reach)), np.diff(candidates.start))
        np.add.at(within_reach, row, candidates.limit)
        problem = problem_of(prepared, candidates, penalty_of(candidates.max_cost), within_reach)
        solution = solve(problem, work_limit=work_limit)
        return Priced(
            candidates, problem, solution, Proof("all pairs", eligible, len(problem.cost))
        )
    return _Search(prepared, plugins, reach, penalty_of, work_limit).run(nearest, prove)


def problem_of(
    prepared: Prepared, candidates: Candidates | Edges, penalty: Array, within_reach: Array
) -> Problem:
    """Return the kernel's problem over listed pairs. Raises WusheError where amounts are too large."""
    needs, offers = prepared.needs, prepared.offers
    row = np.repeat(np.arange(len(needs)), np.diff(candidates.start))
    try:
        return Problem(
            candidates.start,
            candidates.offer,
            candidates.cost,
            offers["capacity"],
            penalty,
            # What nobody could ever serve only inflates the sums that must stay within int64.
            np.minimum(needs["quantity"], within_reach),
            limits(prepared, row, candidates.offer),
        )
    except ValueError as error:
        raise WusheError(
            f"the amounts of this city are too large to solve exactly: {error}"
        ) from error


class _Search:
    """One city's list on its way to the optimum."""

    def __init__(
        self,
        prepared: Prepared,
        plugins: Plugins,
        reach: Reach,
        penalty_of: Penalties,
        work_limit: int | None,
    ) -> None:
        self.prepared, self.plugins, self.reach = prepared, plugins, reach
        self.work_limit = work_limit
        self.bounds = CostBounds.of(prepared, plugins)
        self.classes = FilterClasses.of(prepared, plugins)
        self.nearby = nearby_of(prepared, reach, self.bounds, self.classes)
        self.counts = Refusals.of(prepared, reach)
        self.book, self.edges = Book(), Edges.none(len(prepared.needs))
        self.max_cost = self.judged(np.zeros(0, dtype=np.int64)).max_cost
        self.penalty = penalty_of(self.max_cost)
        share = LARGEST // max(len(reach.offer), 1)
        self.room = reach.sums(np.minimum(prepared.offers["per_need"], share))
        self.searched = self.added = self.rounds = 0

    def run(self, nearest: int, prove: bool) -> Priced:
        """List, solve, and as long as `prove` and there is something better, list more."""
        self.begin(nearest)
        state = Again(self.problem(), self.work_limit)
        want = np.where(self.reach.total > 0, PER_ROUND, 0)
        done = False
        while prove and not done and state.solution.status == "optimal":
            if self.bounds.opaque and self.rounds >= OPAQUE_ROUNDS:
                break
            looked = self.look(state.solution, want)
            need, offer, cost = self.extend(state.solution)
            if len(need):
                state.extend(self.problem(), need, offer, cost)
            done = not looked and not len(need)
        return self.result(state.problem, state.solution, done and not self.bounds.opaque)

    def begin(self, nearest: int) -> None:
        """List each need's best pairs by the declared bounds, and those that no bound covers."""
        n = len(self.prepared.needs)
        want = np.minimum(self.reach.total, nearest)
        ceiling = np.full(n, NO_LIMIT)
        need, offer, _ = self.nearby.search(self.bounds.column, ceiling, want, self.book.known(n))
        special = self.bounds.pairs
        special = special[self.reach.within(pairs_of(special))]
        judged = self.judged(joined(keys_of(need, offer), special))
        eligible = judged.cost != REFUSED
        self.book.enter(judged, eligible)
        pairs = judged.pairs.take(eligible)
        self.edges, _ = self.edges.merged(pairs.need, pairs.offer, judged.cost[eligible])

    def judged(self, keys: Array) -> Judged:
        """Ask the hooks about pairs (ascending keys), and count their objections."""
        judged = judge(self.prepared, self.plugins, pairs_of(keys), self.classes)
        self.counts.add(judged)
        return judged

    def look(self, solution: Solution, want: Array) -> int:
        """Search for pairs that could improve the solution; return how many were put to the hooks.

        `want` (n_needs,) grows for needs all of whose pairs were refused.
        """
        self.rounds += 1
        n = len(want)
        need, offer, _ = self.nearby.search(
            self.bounds.column + solution.column_price,
            solution.row_price - self.bounds.row,
            want,
            self.book.known(n),
        )
        judged = self.judged(np.sort(keys_of(need, offer)))
        self.searched += len(need)
        left = np.bincount(judged.pairs.need[judged.cost != REFUSED], minlength=n)
        asked = np.bincount(judged.pairs.need, minlength=n)
        want[(asked > 0) & (left == 0)] *= 4
        want[left > 0] = PER_ROUND
        np.minimum(want, self.reach.total, out=want)
        self.book.enter(judged, np.zeros(len(need), dtype=bool))
        return len(need)

    def extend(self, solution: Solution) -> tuple[Array, Array, Array]:
        """List what improves the solution; return it as (need, offer, cost), by need."""
        better = self.book.better(solution.row_price, solution.column_price)
        self.edges, _ = self.edges.merged(*better)
        self.added += len(better[0])
        return better

    def problem(self) -> Problem:
        """Return the problem over the listed pairs."""
        return problem_of(self.prepared, self.edges, self.penalty, self.room)

    def result(self, problem: Problem, solution: Solution, proven: bool) -> Priced:
        """Return all of it, with the reasons of the needs for which nothing is listed."""
        proof = Proof(
            "all pairs" if proven else "listed pairs only",
            int(self.reach.total.sum()),
            len(problem.cost),
            self.rounds,
            self.searched,
            self.added,
            self.bounds.opaque,
        )
        at = self.fill(solution)
        if len(at):
            problem = self.problem()
            solution = replace(solution, flow=np.insert(solution.flow, at, 0))
        edges = self.edges
        candidates = as_candidates(self.prepared, edges, self.counts, self.max_cost, complete=False)
        return Priced(candidates, problem, solution, proof)

    def fill(self, solution: Solution) -> Array:
        """List something for needs without any listed pair, to say why they get nothing.

        Pairs that would improve the solution stay out: they only occur where nothing is proven. Returns
        before which edges they were put.
        """
        bare = np.diff(self.edges.start) == 0
        need, offer, cost = self.book.waiting(bare)
        rows = np.flatnonzero(bare & (self.reach.total > 0))
        rows = rows[~np.isin(rows, need)]
        found = [(need, offer, cost), *self.scanned(rows)]
        need, offer, cost = (np.concatenate(part) for part in zip(*found, strict=True))
        idle = cost + solution.column_price[offer] >= solution.row_price[need]
        need, offer, cost = need[idle], offer[idle], cost[idle]
        by_cost = np.lexsort((offer, cost, need))
        kept = by_cost[rank_in_group(need[by_cost]) < FILLED]
        kept = kept[np.lexsort((offer[kept], need[kept]))]
        self.edges, at = self.edges.merged(need[kept], offer[kept], cost[kept])
        return at

    def scanned(self, rows: Array) -> Iterator[tuple[Array, Array, Array]]:
        """Count all objections to the offers in reach of needs; yield (need, offer, cost) of the others.

        Beyond `SCAN_PAIRS` pairs in total only some of each pool are looked at.
        """
        full = np.cumsum(self.reach.total[rows]) <= SCAN_PAIRS
        self.counts.restart(rows, full)
        for part, most in ((rows[full], None), (rows[~full], SAMPLE)):
            for pairs in self.reach.blocks(part, BLOCK_PAIRS, most):
                judged = judge(self.prepared, self.plugins, pairs, self.classes)
                self.counts.add(judged)
                left = judged.cost != REFUSED
                yield pairs.need[left].astype(np.int64), pairs.offer[left], judged.cost[left]


def nearby_of(
    prepared: Prepared, reach: Reach, bounds: CostBounds, classes: FilterClasses
) -> Nearby:
    """Return the search over a prepared city."""
    needs, offers = prepared.needs, prepared.offers
    pool = np.repeat(np.arange(len(reach.start) - 1), np.diff(reach.start)).astype(np.int32)
    sides = Sides(
        on_sphere(needs["lon"], needs["lat"]),
        np.ascontiguousarray(needs["ancestors"], dtype=np.int32),
        np.ascontiguousarray(reach.pool),
        on_sphere(offers["lon"], offers["lat"]),
        np.ascontiguousarray(offers["ancestors"], dtype=np.int32),
        pool,
        reach.offer,
        classes.radius,
        *classes.marks(),
    )
    terms = bounds.terms(classes.offer, classes.table, classes.first, classes.width)
    return Nearby(sides, terms, bounds.column, classes.need)
