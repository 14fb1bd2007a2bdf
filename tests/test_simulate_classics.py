"""Ranking, batches and arrival-greedy against what theory and publications say of them."""

from collections.abc import Callable

import numpy as np
import pytest

from conftest import campaign
from wushe.simulate.dispatch import classics


def mean_of(work: Callable[[np.random.Generator], float], n: int, seed: int) -> tuple[float, float]:
    """Return the mean over `n` seeds and its standard error."""
    found = [work(np.random.default_rng([seed, i])) for i in range(n)]
    return float(np.mean(found)), float(np.std(found, ddof=1)) / n**0.5


@pytest.mark.parametrize("n", [1, 2, 10, 100])
def test_ranking_on_the_triangle_is_between_its_bound_and_the_limit_of_all_rules(
    n: int, seed: int, evidence: Callable[..., None]
) -> None:
    """On the triangle Ranking matches at least 1 - (1 - 1/(n+1))^n, and little more than 1 - 1/e of it."""
    may = classics.triangle(n)
    reps = campaign(tests=200, ci=1000, soak=5000)
    mean, error = mean_of(lambda rng: (classics.ranking(may, rng) >= 0).mean(), reps, seed)
    assert classics.largest(may) == n
    assert mean >= classics.ranking_bound(n) - 3 * error
    assert mean <= classics.RANKING_LIMIT + 0.4 / n + 3 * error
    evidence(
        "ranking_on_the_triangle",
        n=n,
        seeds=reps,
        mean=mean,
        error=error,
        bound=classics.ranking_bound(n),
    )


def test_ranking_keeps_its_bound_on_graphs_that_nobody_chose(seed: int) -> None:
    """On random graphs in which all can be matched, the mean of Ranking is above its bound."""
    rng = np.random.default_rng(seed)
    n = 12
    for _ in range(campaign(tests=10, ci=40, soak=200)):
        may = (rng.random((n, n)) < 0.15) | np.eye(n, dtype=bool)[rng.permutation(n)]
        found = [(classics.ranking(may, rng) >= 0).mean() for _ in range(100)]
        assert np.mean(found) >= classics.ranking_bound(n) - 3 * np.std(found) / 10


def test_a_fixed_order_can_be_led_to_one_half() -> None:
    """Without luck half is all: the second half of the requests wants just what the first half was given."""
    n = 20
    may = np.zeros((n, n), dtype=bool)
    may[: n // 2] = True
    may[n // 2 :, : n // 2] = True
    assert classics.largest(may) == n
    assert (classics.first_free(may, np.arange(n)) >= 0).sum() == n // 2


def test_a_matching_uses_every_offer_once_and_only_where_it_may(seed: int) -> None:
    """Whatever the rule: pairs that may be, no offer twice, nobody left out who could still have been served."""
    rng = np.random.default_rng(seed)
    for _ in range(20):
        may = rng.random((9, 7)) < 0.3
        for found in (classics.ranking(may, rng), classics.in_batches(may, np.arange(9) // 3)):
            rows = np.flatnonzero(found != classics.NONE)
            assert may[rows, found[rows]].all()
            assert len(set(found[rows].tolist())) == len(rows)
            free = ~np.isin(np.arange(7), found[rows])
            assert not may[np.ix_(found == classics.NONE, free)].any()


def test_any_batches_match_half_and_one_batch_matches_all(seed: int) -> None:
    """Batches that each match as many as they can reach one half of the optimum, and one batch the whole of it."""
    rng = np.random.default_rng(seed)
    for _ in range(campaign(tests=50, ci=200, soak=1000)):
        may = rng.random((12, 12)) < 0.2
        most = classics.largest(may)
        for batches in (2, 3, 12):
            found = classics.in_batches(may, np.arange(12) * batches // 12)
            assert 2 * (found >= 0).sum() >= most
        assert (classics.in_batches(may, np.zeros(12, dtype=int)) >= 0).sum() == most


@pytest.mark.parametrize(
    ("batches", "share"),
    [(1, 1.0), (2, 3 / 4), (3, (1 / 3 + 5 / 6 + 1) / 3), (4, (1 / 4 + 7 / 12 + 2) / 4)],
)
def test_balanced_batches_on_the_triangle_follow_the_harmonic_series(
    batches: int, share: float
) -> None:
    """Batch k spreads evenly over what may still be wanted: 1/K + 1/(K-1) + ... until the offers are used up."""
    units = 12
    given = classics.balanced(classics.triangle(batches), np.arange(batches), units)
    assert given.sum() / (units * batches) == pytest.approx(share)
    assert share >= classics.batching_bound(batches)


def test_balanced_batches_keep_the_bound_of_so_many_batches(
    seed: int, evidence: Callable[..., None]
) -> None:
    """On random graphs K batches that hedge reach 1 - (1 - 1/K)^K of the optimum: fewer batches, more to be sure of."""
    rng = np.random.default_rng(seed)
    units, worst = 12, {2: 1.0, 3: 1.0, 6: 1.0}
    for _ in range(campaign(tests=15, ci=60, soak=400)):
        may = rng.random((6, 6)) < rng.uniform(0.15, 0.6)
        most = classics.balanced(may, np.zeros(6, dtype=int), units).sum()
        for batches in worst if most else ():
            given = classics.balanced(may, np.arange(6) * batches // 6, units)
            assert (given <= units * may).all()
            assert given.sum(axis=0).max() <= units
            worst[batches] = min(worst[batches], given.sum() / most)
    for batches, share in worst.items():
        assert share >= classics.batching_bound(batches)
        evidence(
            "balanced_batches", batches=batches, worst=share, bound=classics.batching_bound(batches)
        )


@pytest.mark.parametrize(
    ("n", "published", "counts"),
    [(100, 1.38, (100, 400, 2000)), (400, 1.48, (20, 60, 1000)), (1600, 1.58, (1, 4, 100))],
)
def test_arrival_greedy_on_the_square_is_as_much_longer_as_published(
    n: int, published: float, counts: tuple[int, int, int], seed: int, evidence: Callable[..., None]
) -> None:
    """Serving each request by the nearest free helper makes the way 1.38, 1.48, 1.58 times the shortest."""
    reps = campaign(tests=counts[0], ci=counts[1], soak=counts[2])
    found = [classics.greedy_ratio(n, np.random.default_rng([seed, i])) for i in range(reps)]
    spread = {100: 0.08, 400: 0.06, 1600: 0.05}[n]  # of one square, as measured
    assert np.mean(found) == pytest.approx(published, abs=0.03 + 3 * spread / reps**0.5)
    evidence(
        "greedy_on_the_square", n=n, seeds=reps, mean=float(np.mean(found)), published=published
    )


def test_larger_batches_shorten_the_way(seed: int) -> None:
    """One at a time is greedy, all at a time is the optimum, and batches lie between."""
    n, totals = 120, []
    for i in range(campaign(tests=5, ci=20, soak=100)):
        distance = classics.square(n, np.random.default_rng([seed, i]))
        turns = [classics.by_turns(distance, size) for size in (1, 12, 60, n)]
        assert all(sorted(match.tolist()) == list(range(n)) for match in turns)
        totals.append([classics.length(distance, match) for match in turns])
    one, some, half, whole = np.mean(totals, axis=0)
    assert one > some > half > whole
