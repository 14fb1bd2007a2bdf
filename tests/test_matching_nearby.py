"""The search for offers below a price: exactly what looking at every pair would find."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import wushe
from cities import seeded_rows
from test_matching_candidates import PLUGINS, listed
from wushe import Columns, Context, Pairs, ScoreTerm, hookimpl
from wushe.matching.candidates import judge
from wushe.matching.search import nearby
from wushe.matching.search.bounds import CostBounds
from wushe.matching.search.nearby import Nearby, Sides, cells, chord_squared, on_sphere
from wushe.matching.search.seek import Known, Terms
from wushe.model.pairing import EARTH_KM, pair_km

Array = npt.NDArray[Any]


class Town:
    """A random instance of the search, and its answer by looking at every pair."""

    def __init__(self, rng: np.random.Generator, n: int, m: int) -> None:
        self.n, self.m, lanes, levels = n, m, 3, 4
        spots = rng.random((6, 2)) * rng.choice([0.01, 1.0, 60.0])
        self.needs, self.offers = (self._where(rng, k, spots, levels) for k in (n, m))
        pool = np.repeat(np.arange(7), rng.multinomial(m, np.full(7, 1 / 7)))
        lane_of = rng.integers(0, lanes, 7)
        self.need_pool = np.full((n, lanes), -1)
        for lane in range(lanes):
            mine = np.flatnonzero(lane_of == lane)
            if len(mine):
                self.need_pool[:, lane] = np.where(rng.random(n) < 0.8, rng.choice(mine, n), -1)
        self.pool, self.offer = pool, rng.permutation(m)
        steps = int(rng.integers(0, 40))
        self.cut = np.unique(chord_squared(rng.random(steps) * 50, EARTH_KM))
        rise = np.cumsum(rng.integers(0, 5, len(self.cut) + 1))
        level = rng.integers(0, 60, levels + 1)
        self.rules = int(rng.integers(0, 3))
        self.need_kind = rng.integers(0, 3, (n, self.rules)).astype(np.int32)
        self.offer_kind = rng.integers(0, 4, (m, self.rules)).astype(np.int32)
        self.table = (rng.random(12 * self.rules + 1) < 0.7).astype(np.uint8)
        self.terms = Terms(
            self.cut, cells(self.cut), rise, level, self.offer_kind, self.table,
            12 * np.arange(self.rules), np.full(self.rules, 4),
        )  # fmt: skip
        self.price = rng.integers(0, 30, m)
        self.ceiling = rng.integers(0, 120, n)
        self.want = rng.integers(0, 9, n)
        self.done = rng.random((n, m)) < 0.1
        limit = chord_squared(rng.random(m) * 100, EARTH_KM)
        self.radius = np.where(rng.random(m) < 0.3, limit, np.inf)
        self.mark = rng.integers(0, 8, m)
        self.must = np.where(rng.random(n) < 0.5, 0, rng.integers(0, 8, n))
        self.search = Nearby(
            Sides(
                self.needs[0], self.needs[1], self.need_pool.astype(np.int32),
                self.offers[0], self.offers[1], self.pool.astype(np.int32), self.offer.astype(np.int32),
                self.radius, self.must, self.mark, rng.integers(0, 3, m),
            ),
            self.terms, rng.integers(0, 3, m), self.need_kind,
        )  # fmt: skip

    @staticmethod
    def _where(rng: np.random.Generator, k: int, spots: Array, levels: int) -> tuple[Array, Array]:
        """Return points (many share one, some are unknown) and paths in a place tree."""
        at = spots[rng.integers(0, len(spots), k)]
        at = np.where(rng.random((k, 1)) < 0.5, at, rng.random((k, 2)))
        lon, lat = np.where(rng.random((k, 1)) < 0.2, np.nan, at).T
        path = np.cumsum(rng.integers(0, 2, (k, levels)), axis=1) + 10 * np.arange(levels)
        path[rng.random((k, levels)) < 0.1] = -1
        return on_sphere(114 + lon, 30 + lat), path.astype(np.int32)

    def brute(self) -> list[tuple[int, int, int]]:
        """Return (need, value, offer) of the best below the ceilings, pair by pair."""
        found = []
        for i in range(self.n):
            mine = []
            for pool, j in zip(self.pool.tolist(), self.offer.tolist(), strict=True):
                if pool not in self.need_pool[i] or self.done[i, j]:
                    continue
                codes = zip(self.need_kind[i], self.offer_kind[j], strict=True)
                if not all(self.table[12 * r + 4 * a + b] for r, (a, b) in enumerate(codes)):
                    continue
                value = int(self.price[j]) + self._worth(i, j)
                if self.must[i] & ~self.mark[j]:
                    continue
                if ((self.needs[0][i] - self.offers[0][j]) ** 2).sum() > self.radius[j]:
                    continue  # comparisons with an unknown distance are false
                if value < self.ceiling[i]:
                    mine.append((i, value, j))
            found.extend(sorted(mine)[: self.want[i]])
        return found

    def _worth(self, i: int, j: int) -> int:
        gap = ((self.needs[0][i] - self.offers[0][j]) ** 2).sum()
        if not np.isnan(gap):
            return int(self.terms.rise[int((self.cut < gap).sum())])
        shared = (self.needs[1][i] == self.offers[1][j]) & (self.needs[1][i] >= 0)
        return int(self.terms.level[max(np.flatnonzero(shared), default=-1) + 1])

    def found(self) -> list[tuple[int, int, int]]:
        """Return what the search finds."""
        start = np.concatenate([[0], np.cumsum(self.done.sum(axis=1))])
        known = Known(start.astype(np.int64), np.nonzero(self.done)[1].astype(np.int32))
        need, offer, value = self.search.search(self.price, self.ceiling, self.want, known)
        return sorted(zip(need.tolist(), value.tolist(), offer.tolist(), strict=True))


def test_the_search_finds_what_looking_at_every_pair_finds(
    campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """Values below the ceiling, best first, known pairs and classes left out, unknown coordinates by place."""
    count, pairs = campaign(tests=60, ci=300, soak=3000), 0
    for at in range(count):
        rng = np.random.default_rng([seed, 51, at])
        town = Town(rng, int(rng.integers(1, 25)), int(rng.integers(1, 120)))
        found = town.found()
        # Of equal values any may stay behind the last place.
        assert [f[:2] for f in found] == [f[:2] for f in town.brute()]
        assert len({(i, j) for i, _, j in found}) == len(found)
        pairs += len(found)
    evidence("nearby", cases=count, pairs=pairs, seed=seed)


@pytest.mark.slow
def test_the_compiled_search_finds_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above a few queries the loops are compiled; the answer is the same, tie by tie."""
    for at in range(10):
        town = Town(np.random.default_rng([seed, 52, at]), 60, 200)
        plain = town.found()
        with monkeypatch.context() as patch:
            patch.setattr(nearby, "FEW", 0)
            assert town.found() == plain


def test_chords_order_pairs_as_kilometres_do(seed: int) -> None:
    """A pair beyond a cut's distance lies beyond its chord, and the other way round, up to a hair."""
    rng = np.random.default_rng([seed, 53])
    lon, lat = rng.random((2, 400)) * [[360], [178]] - [[180], [89]]
    lon[200:], lat[200:] = lon[:200] + rng.random(200) * 0.02, lat[:200] + rng.random(200) * 0.02
    columns = Columns(400, {"lon": lon, "lat": lat})
    one, other = rng.permutation(400).astype(np.int32), np.arange(400, dtype=np.int32)
    other[:200] = np.arange(200, 400)
    one[:200] = np.arange(200)
    km = pair_km(columns, columns, Pairs(one, other))
    spot = on_sphere(lon, lat)
    gap = ((spot[one] - spot[other]) ** 2).sum(axis=1)
    assert (gap <= chord_squared(km + 1e-6, EARTH_KM)).all()
    assert (gap >= chord_squared(np.maximum(km - 1e-6, 0), EARTH_KM) * (1 - 1e-9)).all()


# --- what terms declare ------------------------------------------------------------------------


def all_pairs(prepared: Any) -> Pairs:
    """Return every need with every offer, in reach or not."""
    n, m = len(prepared.needs), len(prepared.offers)
    return Pairs(
        np.repeat(np.arange(n), m).astype(np.int32), np.tile(np.arange(m), n).astype(np.int32)
    )


@pytest.mark.parametrize("name", ["defaults"])
def test_scores_keep_the_bounds_that_they_declare(name: str, seed: int) -> None:
    """The sum of the declared bounds is a lower bound of every pair's cost; the built-in ones are tight."""
    plugins, tight = wushe.load_plugins(*([] if name == "defaults" else [name])), 0
    for at in range(40):
        prepared, _, _ = listed(seeded_rows([seed, 54, at]), plugins)
        bounds, pairs = CostBounds.of(prepared, plugins), all_pairs(prepared)
        assert bounds.opaque == ()
        scores = plugins.score_candidates(prepared.needs, prepared.offers, pairs, prepared.context)
        cost: Array = np.zeros(len(pairs), dtype=np.int64)
        for s in scores:
            cost += s.term.weight * (1000 - s.points.astype(int))
        least = bounds.row[pairs.need] + bounds.column[pairs.offer]
        needs, offers = prepared.needs, prepared.offers
        spot = [on_sphere(side["lon"], side["lat"]) for side in (needs, offers)]
        gap = ((spot[0][pairs.need] - spot[1][pairs.offer]) ** 2).sum(axis=1)
        shared = wushe.pair_level(needs, offers, pairs) + 1
        by_km = bounds.rise[np.searchsorted(bounds.cut, np.nan_to_num(gap))]
        least = least + np.where(np.isnan(gap), bounds.level[shared], by_km)
        special = np.isin(pairs.need.astype(int) << 32 | pairs.offer, bounds.pairs)
        assert (least[~special] <= cost[~special]).all()
        assert (least[~special] == cost[~special]).mean() > 0.95 if (~special).any() else True
        tight += int((least == cost).sum())
    assert tight > 100


class Boaster:
    """A plugin whose term scores above the bound that it declares, by column, row, distance or place."""

    name = "boaster"

    def __init__(self, part: str) -> None:
        self.part = part

    @hookimpl
    def score_candidates(
        self, needs: Columns, offers: Columns, pairs: Pairs, context: Context
    ) -> ScoreTerm:
        """Score one everywhere, and say that it is never above 0.4."""
        del context
        low: dict[str, Any] = {
            "row": np.full(len(needs), 0.4),
            "column": np.full(len(offers), 0.4),
            "km": lambda km: np.full(len(km), 0.4),
            "level": np.full(7, 0.4),
        }
        term = ScoreTerm("boast", 1, np.ones(len(pairs)))
        if self.part == "both":
            return term.bounded(km=low["km"], level=low["level"])
        return term.bounded(**{self.part: low[self.part]})


@pytest.mark.parametrize("part", ["row", "column", "both"])
def test_a_score_above_its_bound_is_a_mistake_of_the_plugin(part: str, seed: int) -> None:
    """The proof would not hold: the plugin and the term are named."""
    towns = (listed(seeded_rows([seed, 55, at]))[0] for at in range(50))
    prepared = next(town for town in towns if len(all_pairs(town)) > 5)
    pairs, plugins = all_pairs(prepared), wushe.load_plugins(Boaster(part))
    with pytest.raises(wushe.PluginError, match=r"boaster.*'boast' scores 1\.0.*bound 0\.4"):
        judge(prepared, plugins, pairs)


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("row", np.zeros(1), "row is no array"),
        ("column", np.zeros(1), "column is no array"),
        ("level", np.zeros(6), "level is no array of 7"),  # "none" is a level too
        ("level", np.full(7, np.nan), "finite"),
        ("km", lambda km: km / 1e6, "never rising"),
        ("km", lambda km: 0.5, "as many numbers"),
    ],
)
def test_bounds_of_a_wrong_shape_are_refused(part: str, value: Any, message: str) -> None:
    """A bound that fits no column, or grows with distance, names plugin and term."""

    class Odd:
        """A term with one odd bound."""

        name = "odd"

        @hookimpl
        def score_candidates(
            self, needs: Columns, offers: Columns, pairs: Pairs, context: Context
        ) -> ScoreTerm:
            """Score nothing."""
            del needs, offers, context
            return ScoreTerm("odd_term", 1, np.zeros(len(pairs))).bounded(**{part: value})

    prepared, _, _ = listed(seeded_rows([7, 56, 3]))
    with pytest.raises(wushe.PluginError, match=f"odd.*odd_term.*{message}"):
        CostBounds.of(prepared, wushe.load_plugins(Odd()))


def test_a_term_without_a_bound_is_named(seed: int) -> None:
    """It counts as if always at its best, and no proof beyond the list is possible."""

    class Silent:
        """A term that declares nothing."""

        name = "silent"

        @hookimpl
        def score_candidates(
            self, needs: Columns, offers: Columns, pairs: Pairs, context: Context
        ) -> ScoreTerm:
            """Score nothing."""
            del needs, offers, context
            return ScoreTerm("whim", 1, np.zeros(len(pairs)))

    prepared, _, _ = listed(seeded_rows([seed, 57, 1]))
    whole = CostBounds.of(prepared, PLUGINS)
    bounds = CostBounds.of(prepared, wushe.load_plugins(Silent()))
    assert bounds.opaque == ("whim",)
    assert np.array_equal(bounds.row, whole.row)
