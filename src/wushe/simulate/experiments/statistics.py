"""What replications say: intervals, differences, warm-up and Little's law, each as a reviewer expects it.

A replication gives one number per measure; replications are independent of each other, days within one are not.
"""

from __future__ import annotations

import warnings
from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from wushe.model.storage import Array

CONFIDENCE = 0.95


@attrs.frozen
class Interval:
    """A mean of `n` independent values and its confidence interval `low`..`high`.

    With fewer than two values nothing bounds the mean: the interval is the whole line. `left_out` counts
    values that there were not (NaN). A mean of nothing is NaN.
    """

    mean: float
    low: float
    high: float
    n: int
    confidence: float = CONFIDENCE
    left_out: int = 0

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    @property
    def half(self) -> float:
        """Half the width of the interval."""
        return (self.high - self.low) / 2


@attrs.frozen
class Difference:
    """How much `other` exceeds `base` on average, with its interval and two-sided `p` of "no difference".

    `paired`: both met the same replications, so the differences were averaged; otherwise Welch's test.
    """

    base: Interval
    other: Interval
    by: Interval
    p: float
    paired: bool

    @property
    def decided(self) -> bool:
        """Whether the interval of the difference leaves out zero."""
        return 0.0 not in self.by


def mean_interval(values: ArrayLike, confidence: float = CONFIDENCE) -> Interval:
    """Return the mean of independent `values` (n,) with Student's t interval. Raises ValueError."""
    level = _level(confidence)
    given = np.asarray(values, dtype=np.float64).ravel()
    known = given[~np.isnan(given)]
    out = len(given) - len(known)
    if len(known) == 0:
        return Interval(np.nan, -np.inf, np.inf, 0, level, out)
    mean = _mean(known)
    if len(known) == 1:
        return Interval(mean, -np.inf, np.inf, 1, level, out)
    half = float(stdtrit(len(known) - 1, (1 + level) / 2)) * _error(known)
    return Interval(mean, mean - half, mean + half, len(known), level, out)


def paired(base: ArrayLike, other: ArrayLike, confidence: float = CONFIDENCE) -> Difference:
    """Return `other` - `base` from pairs (n,) that met the same random numbers: the paired t interval.

    A pair of which one value is NaN is left out. Differences that are all exactly equal have an interval of
    no width. Raises ValueError where the shapes differ.
    """
    a, b = np.asarray(base, dtype=np.float64), np.asarray(other, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"pairs have shapes {a.shape} and {b.shape}; expected two of one length")
    by = mean_interval(b - a, confidence)
    return Difference(
        mean_interval(a, confidence), mean_interval(b, confidence), by, _p_of(b - a), True
    )


def independent(base: ArrayLike, other: ArrayLike, confidence: float = CONFIDENCE) -> Difference:
    """Return `other` - `base` from values (n,) and (m,) of independent runs: Welch's t interval. Raises ValueError."""
    first, second = mean_interval(base, confidence), mean_interval(other, confidence)
    a, b = (np.asarray(v, dtype=np.float64).ravel() for v in (base, other))
    a, b = a[~np.isnan(a)], b[~np.isnan(b)]
    n, out = min(len(a), len(b)), first.left_out + second.left_out
    if n < 2:
        by = Interval(second.mean - first.mean, -np.inf, np.inf, n, first.confidence, out)
        return Difference(first, second, by, np.nan, False)
    mean = second.mean - first.mean
    if _error(a) == 0 and _error(b) == 0:  # scipy has no degrees of freedom to divide by
        by = Interval(mean, mean, mean, n, first.confidence, out)
        return Difference(first, second, by, float(mean == 0), False)
    test = _tests().ttest_ind(b, a, equal_var=False)
    bounds = test.confidence_interval(first.confidence)
    by = Interval(mean, float(bounds.low), float(bounds.high), n, first.confidence, out)
    return Difference(first, second, by, float(test.pvalue), False)


def ratio(
    base: ArrayLike, other: ArrayLike, confidence: float = CONFIDENCE, *, are_paired: bool = True
) -> Interval:
    """Return mean(`other`) / mean(`base`) with Fieller's interval (Fieller 1954): 1.4 is 40 per cent more.

    Where the mean of `base` may well be 0, nothing bounds the ratio: the interval is the whole line. Values that
    are not paired take the degrees of freedom of the smaller sample. Raises ValueError.
    """
    level = _level(confidence)
    x, y = np.asarray(base, dtype=np.float64), np.asarray(other, dtype=np.float64)
    if are_paired:
        if x.shape != y.shape:
            raise ValueError(
                f"pairs have shapes {x.shape} and {y.shape}; expected two of one length"
            )
        known = ~np.isnan(x) & ~np.isnan(y)
        pairs_out = int((~known).sum())
        x, y, out = x[known], y[known], pairs_out
    else:
        out = int(np.isnan(x).sum() + np.isnan(y).sum())
        x, y = x[~np.isnan(x)], y[~np.isnan(y)]
    n = min(len(x), len(y))
    mean = _mean(y) / _mean(x) if n and _mean(x) else float("nan")
    low, high = _fieller(x, y, level, are_paired) if n > 1 and _mean(x) else (-np.inf, np.inf)
    return Interval(mean, low, high, n, level, out)


def _fieller(x: Array, y: Array, level: float, are_paired: bool) -> tuple[float, float]:
    """Return the limits of mean(y) / mean(x)."""
    t = float(stdtrit(min(len(x), len(y)) - 1, (1 + level) / 2))
    mx, xx, yy = _mean(x), _error(x) ** 2, _error(y) ** 2
    xy = float(np.cov(x, y)[0, 1]) / len(x) if are_paired and xx and yy else 0.0
    r, g = _mean(y) / mx, t**2 * xx / mx**2
    if g >= 1:
        return -np.inf, np.inf
    spread = yy - 2 * r * xy + r**2 * xx - g * (yy - (xy**2 / xx if xx else 0.0))
    half = t / abs(mx) * float(np.sqrt(max(spread, 0.0)))
    middle = r - (g * xy / xx if xx else 0.0)
    return (middle - half) / (1 - g), (middle + half) / (1 - g)


def quantile_interval(values: ArrayLike, q: float, confidence: float = CONFIDENCE) -> Interval:
    """Return the `q` quantile of independent `values` (n,) with an interval from order statistics.

    It assumes no distribution (binomial, Conover 1999, section 3.2); a side that the sample cannot bound is
    infinite. Raises ValueError for `q` outside 0..1.
    """
    level = _level(confidence)
    if not 0 < q < 1:
        raise ValueError(f"quantile is {q!r}; expected a number between 0 and 1")
    given = np.asarray(values, dtype=np.float64).ravel()
    known = given[~np.isnan(given)]
    out = len(given) - len(known)
    if len(known) == 0:
        return Interval(np.nan, -np.inf, np.inf, 0, level, out)
    test: Any = _tests().quantile_test(known, q=float(np.quantile(known, q)), p=q)
    bounds = test.confidence_interval(level)
    low = -np.inf if np.isnan(bounds.low) else float(bounds.low)
    high = np.inf if np.isnan(bounds.high) else float(bounds.high)
    return Interval(float(np.quantile(known, q)), low, high, len(known), level, out)


def warm_up_days(series: ArrayLike, batch: int = 5) -> int:
    """Return how many first days of a daily `series` (n,) to leave out: MSER-5 (White 1997).

    The cut that makes the standard error of the rest smallest, in batches of `batch` days and in the first half
    only; what is found at its very end says that the run is too short to tell.
    """
    values = np.asarray(series, dtype=np.float64)
    batches = len(values) // batch
    if batches < 4:
        raise ValueError(f"series has {len(values)} days; expected at least {4 * batch}")
    means = values[: batches * batch].reshape(batches, batch).mean(axis=1)
    left = np.arange(batches, 0, -1)
    totals = np.cumsum(means[::-1])[::-1]
    squares = np.cumsum(means[::-1] ** 2)[::-1]
    spread = np.maximum(squares - totals**2 / left, 0) / left**2
    return int(np.argmin(spread[: batches // 2 + 1])) * batch


def batch_means(series: ArrayLike, batches: int = 20, confidence: float = CONFIDENCE) -> Interval:
    """Return the mean of one long daily `series` (n,) with an interval from means of `batches` equal stretches.

    What is too much for equal stretches is left out at the front, where warm-up would linger (Law 2015, section
    9.5). Raises ValueError.
    """
    values = np.asarray(series, dtype=np.float64)
    if batches < 2 or len(values) < 2 * batches:
        raise ValueError(
            f"series has {len(values)} days for {batches} batches; expected at least 2 batches of 2 days"
        )
    size = len(values) // batches
    return mean_interval(values[-size * batches :].reshape(batches, size).mean(axis=1), confidence)


@attrs.frozen
class Little:
    """Little's law on a window: the `number` in the system on average against arrivals a day times days of stay."""

    number: float
    rate: float
    stay: float

    @property
    def gap(self) -> float:
        """How far `rate` x `stay` is from `number`, as a share of it; 0 where nothing was there."""
        expected = self.rate * self.stay
        if self.number == expected:
            return 0.0
        return abs(expected - self.number) / max(abs(self.number), abs(expected))


def little(
    entered: Array, left: Array, steps: Array, changes: Array, since: float, until: float
) -> Little:
    """Compare the stays of a table with the number in the system as a log of events tells it.

    `entered`, `left` (n,): instants of each stay, `left` NaN while it lasts. `steps`, `changes` (m,): instants
    at which the number changed and by how much, from a source other than the stays. Instants in minutes, `since`
    .. `until` the window; a stay counts with its part in the window. Raises ValueError.
    """
    if not since < until:
        raise ValueError(f"window is {since:g}..{until:g}; expected its end after its beginning")
    days = (until - since) / 1440.0
    ends = np.where(np.isnan(left), until, left)
    inside = np.clip(ends, since, until) - np.clip(entered, since, until)
    inside = inside[(entered < until) & (ends > since)]
    held = np.clip(until - np.maximum(steps, since), 0, until - since)
    number = float((changes * held).sum()) / (until - since)
    stay = float(inside.sum()) / max(len(inside), 1) / 1440.0
    return Little(number, len(inside) / days, stay)


def gini(values: ArrayLike) -> float:
    """Return Gini's coefficient of non-negative `values` (n,): 0 all equal, towards 1 one has all; NaN for none."""
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    ordered = ordered[~np.isnan(ordered)]
    total, n = float(ordered.sum()), len(ordered)
    if n == 0 or total < 0 or (n and ordered[0] < 0):
        return float("nan")
    if total == 0:
        return 0.0
    ranks = 2 * np.arange(1, n + 1) - n - 1
    return float((ranks * ordered).sum() / (n * total))


def _level(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(
            f"confidence is {confidence!r}; expected a number between 0 and 1, such as 0.95"
        )
    return float(confidence)


def _mean(values: Array) -> float:
    """Return the mean; of equal values exactly that value, which rounding would miss."""
    return float(values[0]) if (values == values[0]).all() else float(values.mean())


def _error(values: Array) -> float:
    """Return the standard error of the mean; exactly 0 where all values are equal."""
    if (values == values[0]).all():
        return 0.0
    return float(values.std(ddof=1)) / float(np.sqrt(len(values)))


def _p_of(differences: Array) -> float:
    known = differences[~np.isnan(differences)]
    if len(known) < 2:
        return float("nan")
    if (known == known[0]).all():
        return float(known[0] == 0)
    with (
        warnings.catch_warnings()
    ):  # nearly equal differences: scipy warns, the p it gives is right
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(_tests().ttest_1samp(known, 0.0).pvalue)


def _tests() -> Any:
    """Return scipy's tests, whose import would be a third of what it takes to start a worker."""
    from scipy import stats

    return stats
