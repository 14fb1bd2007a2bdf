"""What a pair costs at least, from the bounds that score terms declare: by row, by column, by distance.

Costs count missed points: a term of weight w costs w for each thousandth that its value lacks to 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from wushe.matching.prepare import Prepared
from wushe.matching.search.book import joined, keys_of
from wushe.matching.search.nearby import cells, chord_squared
from wushe.matching.search.seek import Terms
from wushe.model.pairing import EARTH_KM
from wushe.model.parties import LEVELS
from wushe.model.storage import Array
from wushe.model.terms import Pairs, ScoreBound
from wushe.plugins.answers import HALF_AROUND_KM, as_points, bound_shaped
from wushe.plugins.manager import SCORE_STEPS, Plugins, QuantisedScore


@attrs.frozen(eq=False)
class CostBounds:
    """A pair costs at least `row[need] + column[offer]` plus a step function of distance, or of place.

    `row` int64 (n_needs,), `column` int64 (n_offers,); the cost by distance is `rise[k]` beyond `k` of
    the ascending squared chords `cut`; `level` int64 (7,) counts for pairs without both coordinates.
    `pairs` (int64 keys ``need << 32 | offer``, sorted) are the pairs to which this does not apply: they must
    be listed. `opaque` names the terms that declare no bound, counted as if always at their best.
    """

    row: Array
    column: Array
    cut: Array
    rise: Array
    level: Array
    pairs: Array
    opaque: tuple[str, ...]

    @classmethod
    def of(cls, prepared: Prepared, plugins: Plugins) -> CostBounds:
        """Ask the plugins for their terms of no pairs at all, and add up what these declare."""
        needs, offers = prepared.needs, prepared.offers
        none = Pairs(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32))
        scores = plugins.score_candidates(needs, offers, none, prepared.context)
        versions = dict(plugins.versions)
        found = [
            (
                s.term.weight,
                bound_shaped((s.plugin, versions[s.plugin]), s.term, len(needs), len(offers)),
            )
            for s in scores
            if s.term.bound is not None
        ]
        row = np.zeros(len(needs), dtype=np.int64)
        column = np.zeros(len(offers), dtype=np.int64)
        level = np.zeros(len(LEVELS) + 1, dtype=np.int64)
        by_place, keys = [], [np.zeros(0, dtype=np.int64)]
        for weight, bound in found:
            if bound.pairs is not None:
                row += weight * SCORE_STEPS
                met = bound.pairs()
                keys.append(keys_of(met.need, met.offer))
            elif bound.km is not None or bound.level is not None:
                by_place.append((weight, bound))
                level += weight * _missed(bound.level, len(level))
            elif bound.column is not None:
                column += weight * _missed(bound.column, len(offers))
            else:
                row += weight * _missed(bound.row, len(needs))
        cut, rise = _steps(by_place)
        return cls(row, column, cut, rise, level, joined(*keys), _opaque(scores))

    def terms(self, kind: Array, table: Array, first: Array, width: Array) -> Terms:
        """Return the numbers of the search; the arguments are those of `Terms`."""
        return Terms(self.cut, cells(self.cut), self.rise, self.level, kind, table, first, width)


def _opaque(scores: Sequence[QuantisedScore]) -> tuple[str, ...]:
    return tuple(s.term.name for s in scores if s.term.bound is None)


def _missed(values: Array | None, n: int) -> Array:
    """Return the points that each value misses at least, int64 (n,); none where nothing is declared."""
    if values is None:
        return np.zeros(n, dtype=np.int64)
    return SCORE_STEPS - as_points(values).astype(np.int64)


def _steps(by_place: Sequence[tuple[int, ScoreBound]]) -> tuple[Array, Array]:
    """Return (cuts, rises) of the weighted cost by distance, see `CostBounds`."""
    base, beyond, weights = 0, [np.zeros(0)], [np.zeros(0, dtype=np.int64)]
    for weight, bound in by_place:
        if bound.km is None:
            continue
        best = int(as_points(bound.km(np.zeros(1)))[0])
        worst = int(as_points(bound.km(np.array([HALF_AROUND_KM])))[0])
        base += weight * (SCORE_STEPS - best)
        points = np.arange(best, worst, -1)
        beyond.append(_farthest(bound, points))
        weights.append(np.full(len(points), weight, dtype=np.int64))
    km = np.concatenate(beyond)
    order = np.argsort(km, kind="stable")
    # A cut that lies a hair too far keeps the bound a bound, however a hook computes its distance.
    cut = chord_squared(km[order] * (1 + 1e-12) + 1e-8, EARTH_KM) * (1 + 1e-12)
    rise = base + np.concatenate([[0], np.cumsum(np.concatenate(weights)[order])])
    last = np.concatenate([cut[1:] > cut[:-1], [True]])[: len(cut)]
    return cut[last], np.concatenate([rise[:1], rise[1:][last]]).astype(np.int64)


def _farthest(bound: ScoreBound, points: Array) -> Array:
    """Return the km beyond which the bound is below each of `points`, by bisection, never too near."""
    assert bound.km is not None
    low, high = np.zeros(len(points)), np.full(len(points), HALF_AROUND_KM)
    for _ in range(60):
        middle = (low + high) / 2
        reached = as_points(bound.km(middle)) >= points
        low, high = np.where(reached, middle, low), np.where(reached, high, middle)
    return high
