"""Sharing out units between groups, whole and exact, as if nothing but the total were in the way.

A group that asked for `a` units and has `k` of them takes its next one at a rank that depends on (k, a)
alone; the greedy hands out units by rank. Leximin raises the lowest coverage k/a first, of two equal
ones that of the smaller group. Proportional (Nash) takes the largest gain of a * log k, and before
that a first unit for everybody, for larger groups first. All comparisons are exact.
"""

from __future__ import annotations

import functools
import heapq
import math
from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Any, Literal

Measure = Literal["leximin", "proportional"]


@functools.total_ordering
class Coverage:
    """The coverage k/a of a group that has `k` units; the smaller group's comes first where equal."""

    __slots__ = ("a", "k")

    def __init__(self, k: int, a: int) -> None:
        self.k, self.a = k, a

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Coverage) and self.k == other.k and self.a == other.a

    def __hash__(self) -> int:
        return hash((self.k, self.a))

    def __lt__(self, other: Coverage) -> bool:
        mine, its = self.k * other.a, other.k * self.a
        return mine < its or (mine == its and self.a < other.a)


@functools.total_ordering
class Gain:
    """What `a` units' worth of log gain from having `k` units to having one more; larger is less.

    ((k+1)/k)^a = ((l+1)/l)^b only where k = l and a = b: k and k+1 are never both powers of whole
    numbers with the same exponent. So more digits decide any two that differ.
    """

    __slots__ = ("a", "k")

    def __init__(self, k: int, a: int) -> None:
        self.k, self.a = k, a

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Gain) and (self.k, self.a) == (other.k, other.a)

    def __hash__(self) -> int:
        return hash((self.k, self.a))

    def __lt__(self, other: Gain) -> bool:
        """Return whether this gain comes first."""
        if self == other:
            return False
        if self.k == 0 or other.k == 0:
            return self.k == 0 and (other.k > 0 or self.a > other.a)
        mine, its = self.a * math.log1p(1 / self.k), other.a * math.log1p(1 / other.k)
        if abs(mine - its) > 1e-12 * max(mine, its):
            return mine > its
        digits = 50
        while True:
            context = Context(prec=digits)
            left, right = self._exact(context), other._exact(context)
            if abs(left - right) > max(left, right) * Decimal(10) ** (10 - digits // 2):
                return left > right
            digits *= 2

    def _exact(self, context: Context) -> Decimal:
        """Return the gain to about half of the context's digits: log(k+1) - log(k) cancels some."""
        rise = context.subtract(context.ln(Decimal(self.k + 1)), context.ln(Decimal(self.k)))
        return context.multiply(Decimal(self.a), rise)


def rank(measure: Measure, units: int, asked: int) -> Any:
    """Return the rank at which a group that has `units` takes its next one: the lowest goes first."""
    return Coverage(units, asked) if measure == "leximin" else Gain(units, asked)


def share_out(
    measure: Measure, asked: Sequence[int], least: Sequence[int], most: Sequence[int], total: int
) -> list[int]:
    """Return the units of each group, from `least` to `most`, that are fairest for their `total`.

    Of groups at the same rank, those named first get the unit. Expects `total` between the sums.
    """
    groups = range(len(asked))
    units = _level(asked, least, most, total)
    queue = [(rank(measure, units[g], asked[g]), g) for g in groups if units[g] < most[g]]
    heapq.heapify(queue)
    for _ in range(total - sum(units)):
        _, g = heapq.heappop(queue)
        units[g] += 1
        if units[g] < most[g]:
            heapq.heappush(queue, (rank(measure, units[g], asked[g]), g))
    # The level was a guess that may have gone too far for some: exchanging the worst unit taken for
    # the best one left until that gains nothing ends at the optimum of separable concave gains.
    while True:
        up = [(rank(measure, units[g], asked[g]), g) for g in groups if units[g] < most[g]]
        down = [(rank(measure, units[g] - 1, asked[g]), g) for g in groups if units[g] > least[g]]
        if not up or not down or min(up) >= max(down):
            return units
        units[min(up)[1]] += 1
        units[max(down)[1]] -= 1


def _level(
    asked: Sequence[int], least: Sequence[int], most: Sequence[int], total: int
) -> list[int]:
    """Return units that are about one share of what was asked, summing to at most `total`."""
    bits = max(asked, default=1).bit_length() + len(asked).bit_length() + 2

    def at(level: int) -> list[int]:
        bounds = zip(asked, least, most, strict=True)
        return [max(low, min(top, a * level >> bits)) for a, low, top in bounds]

    low, high = 0, 1 << bits
    while low < high:
        middle = (low + high + 1) // 2
        if sum(at(middle)) <= total:
            low = middle
        else:
            high = middle - 1
    return at(low)
