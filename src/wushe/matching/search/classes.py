"""What filters declare of themselves, so that the search need not propose what they refuse anyhow.

A filter term may say that its answer depends on a class of needs and a class of offers only
(`classes`), or that it refuses offers beyond some distance (`within_km`). One pair of each two
classes is put to the hook; the rest follows, and every later answer is held against it.
"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from wushe.errors import PluginError
from wushe.matching.prepare import Prepared
from wushe.matching.search.nearby import chord_squared
from wushe.model.pairing import EARTH_KM, pair_km
from wushe.model.storage import Array
from wushe.model.terms import Columns, FilterTerm, Pairs
from wushe.plugins.manager import Plugins

MOST_CLASSES = 2_000_000
"""Terms with more pairs of classes than this are put to the hooks pair by pair."""
MARKS = 62
"""Classes of needs for which every offer carries a bit: whether it may serve them."""
GROUPING = 3
"""Bits by which offers are kept apart in the search's trees."""
Terms = list[tuple[str, FilterTerm]]


@attrs.frozen(eq=False)
class FilterClasses:
    """By declared term: classes of needs and offers, and which go together.

    `need` int32 (n_needs, n_rules), `offer` int32 (n_offers, n_rules); the answer for the classes a and
    b of rule r is ``table[first[r] + a * width[r] + b]``; `terms` are the rules' places among the
    filter terms. `radius` float (n_offers,): the squared chord beyond which an offer is refused.
    """

    need: Array
    offer: Array
    table: Array
    first: Array
    width: Array
    terms: tuple[int, ...]
    radius: Array

    @classmethod
    def of(cls, prepared: Prepared, plugins: Plugins) -> FilterClasses:
        """Ask the plugins for their terms, and for the answers to one pair of each two classes."""
        needs, offers = prepared.needs, prepared.offers
        empty = Pairs(*np.zeros((2, 0), dtype=np.int32))
        terms = plugins.filter_candidates(needs, offers, empty, prepared.context)
        found = [(at, _ranks(term, needs, offers)) for at, (_, term) in enumerate(terms)]
        rules = [(at, ranks) for at, ranks in found if ranks is not None]
        asked = [_representatives(*ranks) for _, ranks in rules]
        pairs = Pairs(
            *(
                np.concatenate([np.zeros(0, dtype=np.int32), *(getattr(p, side) for p in asked)])
                for side in ("need", "offer")
            )
        )
        answers = plugins.filter_candidates(needs, offers, pairs, prepared.context)
        first = np.cumsum([0, *(len(p) for p in asked)])
        parts = [
            answers[at][1].allowed[a:b]
            for (at, _), a, b in zip(rules, first[:-1], first[1:], strict=True)
        ]
        return cls(
            _stacked([ranks[0] for _, ranks in rules], len(needs)),
            _stacked([ranks[1] for _, ranks in rules], len(offers)),
            np.concatenate([np.ones(1, dtype=bool)[:0], *parts, [True]]).astype(np.uint8),
            first[:-1].astype(np.int64),
            np.array([int(ranks[1].max(initial=-1)) + 1 for _, ranks in rules], dtype=np.int64),
            tuple(at for at, _ in rules),
            _radius(terms, len(offers)),
        )

    def marks(self) -> tuple[Array, Array, Array]:
        """Return (bits that a need demands, bits that an offer has, groups of offers), int64 each.

        There is a bit for each class of needs that is refused most: its needs demand it, and the offers
        whose class goes with it have it.
        """
        n, m = len(self.need), len(self.offer)
        must, mark = np.zeros(n, dtype=np.int64), np.zeros(m, dtype=np.int64)
        refusals: list[Any] = []
        for rule in range(len(self.terms)):
            asked = np.bincount(self.need[:, rule])
            held = np.bincount(self.offer[:, rule], minlength=self.width[rule])
            first = self.first[rule]
            table = self.table[first : first + len(asked) * self.width[rule]]
            missed = (1 - table.reshape(len(asked), -1).astype(np.int64)) @ held * asked
            at = np.argsort(-missed, kind="stable")[:MARKS]
            refusals.extend((int(missed[a]), rule, int(a)) for a in at if missed[a] > 0)
        refusals.sort(key=lambda r: (-r[0], r[1:]))
        for bit, (_, rule, a) in enumerate(refusals[:MARKS]):
            at = self.first[rule] + a * self.width[rule] + self.offer[:, rule]
            must[self.need[:, rule] == a] |= np.int64(1) << bit
            mark |= self.table[at].astype(np.int64) << bit
        group = (mark & (2**GROUPING - 1)) * 2 + np.isfinite(self.radius)
        return must, mark, group

    def hold(self, plugins: Plugins, prepared: Prepared, terms: Terms, pairs: Pairs) -> None:
        """Raise PluginError where a term's answers are not what it declares: pairs would be missed."""
        for rule, at in enumerate(self.terms):
            a, b = self.need[pairs.need, rule], self.offer[pairs.offer, rule]
            said = self.table[self.first[rule] + a * self.width[rule] + b]
            if not np.array_equal(said.astype(bool), terms[at][1].allowed):
                _mistaken(plugins, *terms[at], "differs between pairs of the same two classes")
        for name, term in terms:
            limit = _within(term)
            if limit is None:
                continue
            bound = np.flatnonzero(term.allowed & np.isfinite(limit)[pairs.offer])
            part = pairs.take(bound)
            if (pair_km(prepared.needs, prepared.offers, part) > limit[part.offer] + 1e-6).any():
                _mistaken(plugins, name, term, "allows a pair beyond the distance that it declares")


def _mistaken(plugins: Plugins, name: str, term: FilterTerm, message: str) -> None:
    version = dict(plugins.versions)[name]
    raise PluginError(name, version, "filter_candidates", f"the {term.reason} term {message}")


def _within(term: FilterTerm) -> Array | None:
    return term.within_km


def _ranks(term: FilterTerm, needs: Columns, offers: Columns) -> tuple[Array, Array] | None:
    """Return a term's classes as ranks from 0; None where it declares none, or too many."""
    classes = term.classes
    if classes is None:
        return None
    found = [np.unique(codes, return_inverse=True) for codes in classes()]
    ranks = [inverse.reshape(-1) for _, inverse in found]
    if len(ranks[0]) != len(needs) or len(ranks[1]) != len(offers):
        return None
    if len(found[0][0]) * len(found[1][0]) > MOST_CLASSES:
        return None
    return ranks[0], ranks[1]


def _representatives(need: Array, offer: Array) -> Pairs:
    """Return one pair for each two classes, by class of need then class of offer."""
    one, other = (np.unique(codes, return_index=True)[1] for codes in (need, offer))
    return Pairs(
        np.repeat(one, len(other)).astype(np.int32), np.tile(other, len(one)).astype(np.int32)
    )


def _stacked(columns: list[Array], n: int) -> Array:
    if not columns:
        return np.zeros((n, 0), dtype=np.int32)
    return np.ascontiguousarray(np.stack(columns, axis=1).astype(np.int32))


def _radius(terms: Terms, m: int) -> Array:
    """Return the squared chord within which every term lets each offer go, infinite where none limits it."""
    km = np.full(m, np.inf)
    for _, term in terms:
        limit = _within(term)
        if limit is not None:
            km = np.fmin(km, limit)
    return np.where(np.isinf(km), np.inf, chord_squared(km + 1e-5, EARTH_KM) * (1 + 1e-9))
