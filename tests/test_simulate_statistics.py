"""Statistics of replications: intervals that cover, differences that decide, warm-up, Little's law."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from wushe.simulate.experiments.statistics import (
    batch_means,
    gini,
    independent,
    little,
    mean_interval,
    paired,
    quantile_interval,
    ratio,
    warm_up_days,
)


def _coverage(hits: list[bool]) -> float:
    return sum(hits) / len(hits)


def _within(hits: list[bool], share: float) -> bool:
    """Whether the count of hits is one that `share` gives in all but one of a million cases."""
    low, high = stats.binom.interval(1 - 1e-6, len(hits), share)
    return bool(low <= sum(hits) <= high)


# --- means ---------------------------------------------------------------------------------------


def test_a_mean_has_students_interval() -> None:
    """1 to 5: mean 3, standard error sqrt(1/2), the t table says 2.776 for 4 degrees of freedom."""
    found = mean_interval([1, 2, 3, 4, 5])
    assert (found.mean, found.n) == (3.0, 5)
    assert found.half == pytest.approx(2.776445 * np.sqrt(0.5), rel=1e-6)
    assert 1.1 in found
    assert 5.0 not in found


def test_one_value_bounds_nothing() -> None:
    """A single replication says nothing about spread, and none at all has no mean."""
    assert (mean_interval([4.0]).low, mean_interval([4.0]).high) == (-np.inf, np.inf)
    nothing = mean_interval([np.nan, np.nan])
    assert np.isnan(nothing.mean)
    assert (nothing.n, nothing.left_out) == (0, 2)


def test_values_that_are_not_there_are_counted_and_left_out() -> None:
    """NaN is not zero: it is left out, and the interval says how many were."""
    found = mean_interval([1.0, np.nan, 3.0])
    assert (found.mean, found.n, found.left_out) == (2.0, 2, 1)


def test_equal_values_have_an_interval_of_no_width() -> None:
    """Seven times 0.1 is exactly 0.1, although their sum is rounded."""
    found = mean_interval([0.1] * 7)
    assert (found.low, found.mean, found.high) == (0.1, 0.1, 0.1)


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.1])
def test_a_confidence_is_between_0_and_1(confidence: float) -> None:
    """95 is told that 0.95 is meant."""
    with pytest.raises(ValueError, match=r"expected a number between 0 and 1, such as 0\.95"):
        mean_interval([1, 2], confidence)


# --- differences ---------------------------------------------------------------------------------


def test_pairs_that_are_equal_differ_by_exactly_nothing() -> None:
    """Common random numbers and equal policies: difference 0, interval of no width, undecided."""
    values = np.random.default_rng(1).random(20)
    found = paired(values, values)
    assert (found.by.mean, found.by.low, found.by.high, found.p) == (0, 0, 0, 1)
    assert not found.decided


def test_pairs_tell_apart_what_independent_runs_cannot() -> None:
    """A small constant effect in a large common noise: pairing sees it, Welch does not."""
    rng = np.random.default_rng(2)
    noise = rng.normal(0, 10, 30)
    base, other = noise, noise + 0.5 + rng.normal(0, 0.1, 30)
    assert paired(base, other).decided
    assert not independent(base, other).decided


def test_a_pair_of_which_one_is_missing_is_left_out() -> None:
    """Nothing was accepted in one replication: the pair tells nothing."""
    found = paired([1, 2, np.nan], [2, 3, 9])
    assert (found.by.mean, found.by.n, found.by.left_out) == (1.0, 2, 1)


def test_welch_is_scipys_welch() -> None:
    """Sizes and variances differ: interval and p are those of scipy."""
    rng = np.random.default_rng(3)
    a, b = rng.normal(0, 1, 12), rng.normal(1, 3, 20)
    expected = stats.ttest_ind(b, a, equal_var=False)
    found = independent(a, b)
    assert found.p == expected.pvalue
    assert (found.by.low, found.by.high) == tuple(expected.confidence_interval(0.95))
    assert found.by.mean == pytest.approx(b.mean() - a.mean())


def test_welch_of_constants_is_decided_without_dividing_by_nothing() -> None:
    """Two constants are equal or they are not."""
    assert independent([2, 2, 2], [2, 2]).p == 1
    assert independent([2, 2, 2], [3, 3]).decided


def test_unequal_numbers_of_pairs_are_refused() -> None:
    """Pairs come in pairs."""
    with pytest.raises(ValueError, match="expected two of one length"):
        paired([1, 2, 3], [1, 2])


def test_intervals_cover_the_truth_as_often_as_they_say(campaign: Callable[..., int]) -> None:
    """Paired, Welch, Fieller and order statistics: 95 % of intervals cover, order statistics at least that."""
    rng = np.random.default_rng(4)
    n = campaign(tests=300, ci=1000, soak=5000)
    hits: dict[str, list[bool]] = {"paired": [], "welch": [], "ratio": [], "median": []}
    for _ in range(n):
        common = rng.normal(10, 1, 15)
        a, b = common + rng.normal(0, 0.5, 15), 1.4 * common + rng.normal(0, 0.5, 15)
        c = rng.normal(12, 3, 25)
        hits["paired"].append(4.0 in paired(a, b).by)
        hits["welch"].append(2.0 in independent(a, c).by)
        hits["ratio"].append(1.4 in ratio(a, b))
        hits["median"].append(12.0 in quantile_interval(c, 0.5))
    assert all(_within(hits[name], 0.95) for name in ("paired", "welch", "ratio"))
    assert _coverage(hits["median"]) > 0.93


def test_a_ratio_to_what_may_be_nothing_is_not_bounded() -> None:
    """40 % more than about zero is no statement: the interval is the whole line."""
    rng = np.random.default_rng(5)
    found = ratio(rng.normal(0, 1, 10), rng.normal(5, 1, 10))
    assert (found.low, found.high) == (-np.inf, np.inf)


def test_a_ratio_of_equal_runs_is_one() -> None:
    """Equal arms: exactly 1, in pairs; constants have a ratio without a width."""
    values = np.random.default_rng(6).random(9) + 1
    found = ratio(values, values)
    assert (found.mean, found.low, found.high) == pytest.approx((1, 1, 1))
    exact = ratio([5, 5, 5], [7, 7, 7])
    assert (exact.low, exact.mean, exact.high) == (1.4, 1.4, 1.4)


def test_a_quantile_that_the_sample_cannot_bound_says_so() -> None:
    """Ten values do not bound the 99th percentile from above."""
    found = quantile_interval(range(10), 0.99)
    assert found.high == np.inf
    assert found.low < 9


# --- along the days ------------------------------------------------------------------------------


def test_warm_up_ends_where_the_series_settles() -> None:
    """Thirty days of filling up, then noise around a level: the cut is at day 30 or just after."""
    rng = np.random.default_rng(7)
    series = np.concatenate([np.linspace(0, 100, 30, endpoint=False), np.full(170, 100.0)])
    assert 25 <= warm_up_days(series + rng.normal(0, 2, 200)) <= 40


def test_a_series_in_balance_needs_little_warm_up() -> None:
    """Noise around a level from the first day on."""
    assert warm_up_days(np.random.default_rng(8).normal(5, 1, 400)) <= 100


def test_days_that_hang_together_need_batches(campaign: Callable[..., int]) -> None:
    """A series in which today is like yesterday: batches cover the mean, days taken as independent do not."""
    rng = np.random.default_rng(9)
    n = campaign(tests=60, ci=200, soak=1000)
    noise = rng.normal(0, 1, (n, 2000))
    series = np.zeros_like(noise)
    for day in range(1, noise.shape[1]):
        series[:, day] = 0.8 * series[:, day - 1] + noise[:, day]
    hits = [0.0 in batch_means(row, 20) for row in series]
    naive = [0.0 in mean_interval(row) for row in series]
    assert _coverage(hits) > 0.85
    assert _coverage(naive) < 0.7


def test_too_few_days_for_batches_are_refused() -> None:
    """Twenty batches want forty days."""
    with pytest.raises(ValueError, match="39 days for 20 batches"):
        batch_means(np.zeros(39))


# --- Little's law --------------------------------------------------------------------------------


def _stays(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    entered = np.sort(rng.uniform(0, 100 * 1440, n))
    return entered, entered + rng.exponential(3 * 1440, n)


def test_littles_law_holds_where_log_and_table_tell_the_same() -> None:
    """The number in the system from the events is rate times stay from the table, whatever the window."""
    entered, left = _stays(500, 10)
    steps, changes = np.concatenate([entered, left]), np.repeat([1, -1], 500)
    for since, until in ((0, 100 * 1440), (20 * 1440, 77.7 * 1440)):
        found = little(entered, left, steps, changes, since, until)
        assert found.gap < 1e-9
        assert found.number == pytest.approx(15, rel=0.3)


def test_littles_law_notices_what_was_lost() -> None:
    """Two in a hundred departures that the log has and the table has not: off by more than 1 %."""
    entered, left = _stays(500, 11)
    steps, changes = np.concatenate([entered, left]), np.repeat([1, -1], 500)
    left = np.where(np.arange(500) % 50 == 0, np.nan, left)
    assert little(entered, left, steps, changes, 0, 100 * 1440).gap > 0.01


def test_nobody_there_is_in_balance() -> None:
    """An empty system keeps Little's law."""
    nobody = np.zeros(0)
    assert little(nobody, nobody, nobody, nobody, 0, 1440).gap == 0


# --- equity --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 1, 1, 1], 0.0),  # all the same
        ([0, 0, 0, 1], 0.75),  # one of four has all: 1 - 1/n
        ([1, 2, 3], 2 / 9),
        ([0, 0], 0.0),  # nobody has anything
        ([2, np.nan, 2], 0.0),  # a community that is not measured
    ],
)
def test_gini_of_small_cases(values: list[float], expected: float) -> None:
    """Gini's coefficient against values worked out by hand."""
    assert gini(values) == pytest.approx(expected)
