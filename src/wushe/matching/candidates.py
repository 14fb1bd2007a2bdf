"""Candidate pairs: found by reach, filtered and scored in batches by the plugins' hooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

import attrs
import numpy as np

from wushe.matching.prepare import Prepared
from wushe.matching.search.classes import FilterClasses
from wushe.matching.search.edges import Edges
from wushe.matching.search.reach import Reach
from wushe.model.storage import Array
from wushe.model.terms import FilterTerm, Pairs, Reason
from wushe.plugins.answers import bound_kept
from wushe.plugins.manager import SCORE_STEPS, Plugins
from wushe.text import Text

ORDER: tuple[Reason, ...] = get_args(Reason)
BLOCK_PAIRS = 1_000_000
"""Pairs that filters and scores see at a time; bounds memory."""
REFUSED = -1
"""Cost of a pair that a filter refuses."""


@attrs.frozen
class Rule:
    """A city's rule in words: whose it is, what it says, and the reason that it gives."""

    plugin: str
    label: Text
    reason: Reason


@attrs.frozen(eq=False)
class Candidates:
    """Eligible pairs in CSR form, rows sorted by (cost, offer).

    `start` int64 (n_needs + 1,); `offer` and `cost` int32 (n_pairs,); `limit` int64 (n_pairs,) the
    most that one pair may carry. `blocked` int8 (n_needs,): position in `ORDER` of the reason that
    removed the need's last candidate, -1 where some are left. `refused` int32
    (n_needs, n_reasons): how many offers each reason removed first, where `counted` (bool (n_needs,));
    elsewhere among the pairs looked at. `complete` is False where not all eligible pairs are listed.
    `rules`: for each rule that says itself in words, bool (n_needs,): where it objected to a pair looked at.
    """

    start: Array
    offer: Array
    cost: Array
    limit: Array
    blocked: Array
    refused: Array
    counted: Array
    max_cost: int
    complete: bool
    rules: Mapping[Rule, Array] = attrs.field(factory=dict)


@attrs.frozen(eq=False)
class Judged:
    """What the hooks said: `cost` int64 (n_pairs,), `REFUSED` where a filter objects; `reason` int8
    (n_pairs,): position in `ORDER` of the first objection, -1 where there is none; `rules`: the needs (rows)
    that each rule with words objected to."""

    pairs: Pairs
    cost: Array
    reason: Array
    max_cost: int
    rules: tuple[tuple[Rule, Array], ...] = ()


def judge(
    prepared: Prepared, plugins: Plugins, pairs: Pairs, classes: FilterClasses | None = None
) -> Judged:
    """Filter and score `pairs` through the hooks, a batch at a time.

    With `classes` the filters' answers are held against what they declare.
    """
    parts = [_judge(prepared, plugins, part, classes) for part in _batches(pairs)]
    return Judged(
        pairs,
        np.concatenate([p.cost for p in parts]),
        np.concatenate([p.reason for p in parts]),
        max(p.max_cost for p in parts),
        tuple(rule for p in parts for rule in p.rules),
    )


def _batches(pairs: Pairs) -> Iterator[Pairs]:
    if len(pairs) <= BLOCK_PAIRS:
        yield pairs
        return
    for first in range(0, len(pairs), BLOCK_PAIRS):
        yield pairs.take(np.arange(first, min(first + BLOCK_PAIRS, len(pairs))))


def _judge(
    prepared: Prepared, plugins: Plugins, pairs: Pairs, classes: FilterClasses | None
) -> Judged:
    terms = plugins.filter_candidates(prepared.needs, prepared.offers, pairs, prepared.context)
    if classes is not None:
        classes.hold(plugins, prepared, terms, pairs)
    reason = _objections(terms, len(pairs))
    allowed = reason < 0
    cost = np.full(len(pairs), REFUSED, dtype=np.int64)
    left = pairs if allowed.all() else pairs.take(allowed)
    cost[allowed], max_cost = _costs(prepared, plugins, left)
    return Judged(pairs, cost, reason, max_cost, tuple(_in_words(terms, pairs)))


def _in_words(
    terms: Sequence[tuple[str, FilterTerm]], pairs: Pairs
) -> Iterator[tuple[Rule, Array]]:
    """Yield the rules that say themselves in words, with the rows of the needs that they object to."""
    for plugin, term in terms:
        if term.label is not None and not term.allowed.all():
            yield Rule(plugin, term.label, term.reason), np.unique(pairs.need[~term.allowed])


def _objections(terms: Sequence[tuple[str, FilterTerm]], n: int) -> Array:
    """Return for each pair the position in `ORDER` of the first reason against it, -1 if none."""
    first = np.full(n, -1, dtype=np.int8)
    for position, reason in reversed(list(enumerate(ORDER))):
        ours = [term.allowed for _, term in terms if term.reason == reason]
        if ours:
            first[~np.logical_and.reduce(ours)] = position
    return first


def _costs(prepared: Prepared, plugins: Plugins, pairs: Pairs) -> tuple[Array, int]:
    """Return int64 costs (best possible score minus score) and the largest possible cost."""
    needs, offers = prepared.needs, prepared.offers
    scores = plugins.score_candidates(needs, offers, pairs, prepared.context)
    versions = dict(plugins.versions)
    best = sum(s.term.weight for s in scores) * SCORE_STEPS
    total = np.full(len(pairs), best, dtype=np.int64)
    for score in scores:
        bound_kept((score.plugin, versions[score.plugin]), score, needs, offers, pairs)
        total -= score.points.astype(np.int64) * score.term.weight
    return total, best


def list_candidates(prepared: Prepared, plugins: Plugins) -> Candidates:
    """Return all eligible pairs with integer costs (0 is best), through the plugins' hooks."""
    reach = Reach.of(prepared)
    counts = Refusals.of(prepared, reach)
    found: list[tuple[Array, Array, Array]] = []
    max_cost = 0
    every = np.arange(len(prepared.needs))
    for pairs in reach.blocks(every, BLOCK_PAIRS):
        judged = judge(prepared, plugins, pairs)
        counts.add(judged)
        left = judged.reason < 0
        found.append((pairs.need[left], pairs.offer[left], judged.cost[left]))
        max_cost = judged.max_cost
    need, offer, cost = (
        np.concatenate([f[i] for f in found]) if found else np.zeros(0, dtype=np.int64)
        for i in range(3)
    )
    counts.counted[:] = True
    edges, _ = Edges.none(len(prepared.needs)).merged(need, offer, cost)
    return as_candidates(prepared, edges, counts, max_cost, complete=True)


def as_candidates(
    prepared: Prepared, edges: Edges, counts: Refusals, max_cost: int, *, complete: bool
) -> Candidates:
    """Return listed pairs as candidates, with the reasons of the needs that have none."""
    width = np.diff(edges.start)
    row = np.repeat(np.arange(len(width)), width)
    return Candidates(
        edges.start,
        edges.offer,
        edges.cost.astype(np.int32),
        limits(prepared, row, edges.offer),
        np.where(width > 0, -1, counts.blocked()).astype(np.int8),
        counts.refused,
        counts.counted,
        max_cost,
        complete,
        counts.rules,
    )


def limits(prepared: Prepared, need: Array, offer: Array) -> Array:
    """Return the most that each pair may carry, int64 (n_pairs,)."""
    return np.minimum(prepared.offers["per_need"][offer], prepared.needs["quantity"][need])


def rank_in_group(sorted_groups: Array) -> Array:
    """Return each element's place in its run of equal ones."""
    return np.arange(len(sorted_groups)) - np.searchsorted(sorted_groups, sorted_groups)


@attrs.frozen(eq=False)
class Refusals:
    """How many offers each reason removed first, int32 (n_needs, n_reasons), filled in as pairs are judged."""

    refused: Array
    counted: Array
    total: Array
    in_category: Array
    rules: dict[Rule, Array] = attrs.field(factory=dict)

    @classmethod
    def of(cls, prepared: Prepared, reach: Reach) -> Refusals:
        """Start with the offers of the category that do not reach the need."""
        n = len(prepared.needs)
        refused = np.zeros((n, len(ORDER)), dtype=np.int32)
        total = reach.total
        refused[:, ORDER.index("reach")] = reach.in_category - total
        return cls(refused, total == 0, total, reach.in_category)

    def add(self, judged: Judged) -> None:
        """Count the objections to some pairs."""
        against = judged.reason >= 0
        for rule, needs in judged.rules:
            self.rules.setdefault(rule, np.zeros(len(self.total), dtype=bool))[needs] = True
        if against.any():
            cell = judged.pairs.need[against].astype(np.int64) * len(ORDER) + judged.reason[against]
            flat = self.refused.reshape(-1)
            cells, count = np.unique(cell, return_counts=True)
            flat[cells] += count.astype(np.int32)

    def restart(self, rows: Array, full: Array) -> None:
        """Forget what was counted for needs that will be counted anew, in `full` (bool) or in part."""
        self.refused[rows] = 0
        self.refused[rows, ORDER.index("reach")] = (self.in_category - self.total)[rows]
        self.counted[rows] = full

    def blocked(self) -> Array:
        """Return the position in `ORDER` of the last reason that removed any, int8 (n_needs,)."""
        reasons = np.arange(len(ORDER))
        last = np.where(self.refused > 0, reasons, -1).max(axis=1, initial=-1)
        return np.where(self.in_category == 0, ORDER.index("no_offer"), last).astype(np.int8)
