"""What terms declare of themselves holds: upper bounds of scores, classes and distances of filters."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from wushe.matching.search.classes import FilterClasses
from wushe.plugins.answers import QuantisedScore, bound_kept, bound_shaped
from wushe.testing.conformance import signs
from wushe.testing.conformance.answering import RAISED, why
from wushe.testing.conformance.findings import Finding, found
from wushe.testing.conformance.kit import Kit
from wushe.testing.conformance.world import World


def declarations(kit: Kit, world: World) -> Iterator[Finding]:
    """Yield the score and filter terms whose answers break what they declare."""
    checks: dict[str, Callable[[Kit, World], None]] = {
        "score_candidates": _scores,
        "filter_candidates": _filters,
    }
    for hook, check in checks.items():
        if hook in kit.hooks:
            try:
                check(kit, world)
            except RAISED as error:
                yield found(signs.BOUND_BROKEN, hook, why=why(error))


def _scores(kit: Kit, world: World) -> None:
    """Raise where a value is above the bound that its term declares."""
    where = kit.plugin.name, kit.plugin.version
    needs, offers, pairs = world.needs, world.offers, world.pairs
    for score in kit.own.score_candidates(needs, offers, pairs, world.context):
        if score.term.bound is not None:
            bound_shaped(where, score.term, len(needs), len(offers))
            bound_kept(where, score, needs, offers, pairs)
            _only_where_said(score, world)


def _only_where_said(score: QuantisedScore, world: World) -> None:
    """Raise ValueError where a term has a value at a pair that it says it has none at."""
    said = score.term.bound and score.term.bound.pairs
    if not said:
        return
    width = max(len(world.offers), 1)
    listed, pairs = said(), world.pairs
    allowed = listed.need.astype(np.int64) * width + listed.offer
    key = pairs.need.astype(np.int64) * width + pairs.offer
    if (score.points[~np.isin(key, allowed)] > 0).any():
        raise ValueError(f"term {score.term.name!r} has values at pairs that its bound leaves out")


def _filters(kit: Kit, world: World) -> None:
    """Raise where an answer is not what a term's classes or distance say."""
    classes = FilterClasses.of(world.prepared, kit.own)
    terms = kit.own.filter_candidates(world.needs, world.offers, world.pairs, world.context)
    classes.hold(kit.own, world.prepared, terms, world.pairs)
