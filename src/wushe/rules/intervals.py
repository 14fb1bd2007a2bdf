"""Columns of exact numbers known within bounds: whole numerators over one common denominator.

Arithmetic is on int64 where it fits and on Python integers where it would not: never on floats.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import lcm
from typing import Any

import attrs
import numpy as np

from wushe.model.storage import Array

INFINITE = 1 << 60
"""Numerators at or beyond this are unbounded."""
END_OF_OBJECTS = 1 << 400
"""The same where numerators are Python integers."""
_ROOM = 1 << 59
YES, UNSURE, NO = 2, 1, 0
"""Truth in columns, uint8: and is the minimum, or the maximum, not is 2 - x."""


@attrs.frozen(eq=False)
class Num:
    """Numbers from `lo` to `hi` (numerators over `scale`), arrays that broadcast to shape (n,).

    `top` bounds the size of the finite numerators; `open` says that some are unbounded.
    """

    lo: Array
    hi: Array
    scale: int = 1
    top: int = INFINITE - 1
    open: bool = True

    @property
    def exact(self) -> bool:
        """Whether both ends are the same array: everything is known."""
        return self.lo is self.hi


def known(values: Array, scale: int = 1) -> Num:
    """Return numbers that are all known."""
    return Num(values, values, scale, _top(values), open=False)


def constant(value: Fraction) -> Num:
    """Return one known number for every row."""
    return known(_whole([value.numerator])[0:1].reshape(()), value.denominator)


def _whole(values: list[int]) -> Array:
    fits = all(abs(v) < INFINITE for v in values)
    return np.array(values, dtype=np.int64 if fits else object)


def within(lo: Array, hi: Array, scale: int = 1) -> Num:
    """Return numbers known within bounds; ends at or beyond `INFINITE` are open."""
    ends = endless(lo) | endless(hi)
    finite = [np.where(endless(v), 0, v) for v in (lo, hi)] if ends.any() else [lo, hi]
    return Num(lo, hi, scale, max(map(_top, finite)), open=bool(ends.any()))


def endless(values: Array) -> Array:
    """Return where numerators are unbounded, bool array."""
    end = end_of(values)
    return np.asarray((values >= end) | (values <= -end), dtype=bool)


def end_of(values: Array) -> int:
    """Return the numerator that stands for unbounded in an array of this dtype."""
    return END_OF_OBJECTS if values.dtype == object else INFINITE


def _top(values: Array) -> int:
    return int(max(values.max(), -values.min(), 0)) if values.size else 0


def rescaled(a: Num, scale: int) -> Num:
    """Return `a` over the denominator `scale`, a multiple of its own."""
    return a if a.scale == scale else _stretched(a, scale // a.scale, scale)


def _stretched(a: Num, factor: int, scale: int) -> Num:
    """Return `a` with its numerators times `factor` (>= 0) over `scale`."""
    a = roomy(a, max(a.top, 1) * factor)
    lo = _times(a.lo, factor, a.open)
    hi = lo if a.exact else _times(a.hi, factor, a.open)
    return Num(lo, hi, scale, a.top * factor, a.open)


def _times(values: Array, factor: int, opened: bool) -> Array:
    with np.errstate(over="ignore"):
        product = _array(values * factor, values)
    if opened and factor:
        product = np.where(endless(values), values, product)
    return product


def roomy(a: Num, top: int) -> Num:
    """Return `a` on Python integers where numerators up to `top` would not fit into int64."""
    return a if top < _ROOM or a.lo.dtype == object else _big(a)


def _big(a: Num) -> Num:
    """Return `a` on Python integers."""
    if a.lo.dtype == object:
        return a
    lo = _big_values(a.lo)
    return attrs.evolve(a, lo=lo, hi=lo if a.exact else _big_values(a.hi))


def _big_values(values: Array) -> Array:
    ends = endless(values)
    big: Array = values.astype(object)
    if ends.any():
        big = np.where(ends, np.sign(values).astype(object) * END_OF_OBJECTS, big)
    return big


def _array(values: Any, *like: Array) -> Array:
    """Return `values` as an array: numpy unwraps a single Python integer."""
    return np.asarray(values, dtype=object if any(a.dtype == object for a in like) else None)


def aligned(*items: Num) -> tuple[Num, ...]:
    """Return `items` over one common denominator."""
    scale = lcm(*(item.scale for item in items))
    found = [rescaled(item, scale) for item in items]
    if any(item.lo.dtype == object for item in found):
        found = [_big(item) for item in found]
    return tuple(found)


def add(a: Num, b: Num) -> Num:
    """Return the sums."""
    a, b = aligned(a, b)
    top, opened = a.top + b.top, a.open or b.open
    a, b = roomy(a, top), roomy(b, top)
    lo = _plus(a.lo, b.lo, opened, -1)
    hi = lo if a.exact and b.exact else _plus(a.hi, b.hi, opened, 1)
    return Num(lo, hi, a.scale, top, opened)


def _plus(a: Array, b: Array, opened: bool, sign: int) -> Array:
    total = _array(a + b, a, b)
    if opened:
        total = np.where(endless(a) | endless(b), sign * end_of(total), total)
    return total


def negative(a: Num) -> Num:
    """Return the numbers with the opposite sign."""
    lo = _array(-a.hi, a.hi)
    return attrs.evolve(a, lo=lo, hi=lo if a.exact else _array(-a.lo, a.lo))


def times(a: Num, b: Num) -> Num:
    """Return the products."""
    for one, other in ((a, b), (b, a)):
        if one.exact and one.lo.ndim == 0:
            k, scale = int(one.lo), one.scale * other.scale
            stretched = _stretched(other, abs(k), scale)
            return stretched if k >= 0 else negative(stretched)
    top = max(a.top, 1) * max(b.top, 1)
    a, b = (roomy(a, top), roomy(b, top)) if top < _ROOM else (_big(a), _big(b))
    opened = a.open or b.open
    if a.exact and b.exact:
        return Num(*(2 * (_array(a.lo * b.lo, a.lo, b.lo),)), a.scale * b.scale, top, opened)
    if not (a.lo < 0).any() and not (b.lo < 0).any():
        lo, hi = _product(a.lo, b.lo, opened), _product(a.hi, b.hi, opened)
        return Num(lo, hi, a.scale * b.scale, top, opened)
    ends = [_product(x, y, opened) for x in (a.lo, a.hi) for y in (b.lo, b.hi)]
    lo, hi = ends[0], ends[0]
    for end in ends[1:]:
        lo, hi = _array(np.minimum(lo, end), lo, end), _array(np.maximum(hi, end), hi, end)
    return Num(lo, hi, a.scale * b.scale, top, opened)


def _product(a: Array, b: Array, opened: bool) -> Array:
    with np.errstate(over="ignore"):
        product = _array(a * b, a, b)
    if opened:
        signs = np.sign(a) * np.sign(b)
        product = np.where(endless(a) | endless(b), signs * end_of(product), product)
    return product


def extreme(items: tuple[Num, ...], choose: Callable[[Array, Array], Array]) -> Num:
    """Return the largest or smallest: `choose` is np.maximum or np.minimum."""
    first, *rest = aligned(*items)
    lo, hi, exact = first.lo, first.hi, first.exact
    for item in rest:
        exact = exact and item.exact
        lo = _array(choose(lo, item.lo), lo, item.lo)
        hi = lo if exact else _array(choose(hi, item.hi), hi, item.hi)
    top = max(item.top for item in (first, *rest))
    return Num(lo, hi, first.scale, top, any(i.open for i in (first, *rest)))


def chosen(test: Array, yes: Num, no: Num) -> Num:
    """Return `yes` where `test` holds, `no` where not, and what both span where it is unsure."""
    yes, no = aligned(yes, no)
    ends = (no.lo, no.hi, yes.lo, yes.hi)
    if test.ndim and all(end.ndim == 0 and end.dtype != object for end in ends):
        return _looked_up(test, yes, no)
    held, unsure = test == YES, test == UNSURE
    open_ = bool(unsure.any())
    lo = np.where(held, yes.lo, no.lo)
    hi = lo if yes.exact and no.exact and not open_ else np.where(held, yes.hi, no.hi)
    if open_:
        np.copyto(lo, np.minimum(yes.lo, no.lo), where=unsure)
        np.copyto(hi, np.maximum(yes.hi, no.hi), where=unsure)
    return Num(lo, hi, yes.scale, max(yes.top, no.top), yes.open or no.open)


def _looked_up(test: Array, yes: Num, no: Num) -> Num:
    """Return `chosen` between two single numbers: there are only three outcomes."""
    lows = np.array([no.lo, np.minimum(no.lo, yes.lo), yes.lo])
    highs = np.array([no.hi, np.maximum(no.hi, yes.hi), yes.hi])
    lo = lows[test]
    exact = yes.exact and no.exact and not (test == UNSURE).any()
    top, opened = max(yes.top, no.top), yes.open or no.open
    return Num(lo, lo if exact else highs[test], yes.scale, top, opened)


def meet(a: Num, b: Num) -> Num:
    """Return what both allow; where they contradict each other, what either allows."""
    a, b = aligned(a, b)
    lo = _array(np.maximum(a.lo, b.lo), a.lo, b.lo)
    hi = _array(np.minimum(a.hi, b.hi), a.hi, b.hi)
    torn = np.asarray(lo > hi, dtype=bool)
    if torn.any():
        lo = np.where(torn, np.minimum(a.lo, b.lo), lo)
        hi = np.where(torn, np.maximum(a.hi, b.hi), hi)
    return Num(lo, hi, a.scale, max(a.top, b.top), a.open or b.open)


def less(a: Num, b: Num, or_equal: bool) -> Array:
    """Return whether a < b (or a <= b), truth of shape (n,)."""
    a, b = aligned(a, b)
    if or_equal:
        yes, no = a.hi <= b.lo, a.lo > b.hi
    else:
        yes, no = a.hi < b.lo, a.lo >= b.hi
    # An open end is beyond every finite number, and never compared with another open end.
    if a.open or b.open:
        yes = yes & ~endless(a.hi) & ~endless(b.lo)
        no = no & ~endless(a.lo) & ~endless(b.hi)
    return truth(yes, no)


def equal(a: Num, b: Num) -> Array:
    """Return whether both are equal, truth of shape (n,)."""
    a, b = aligned(a, b)
    yes = (a.lo == a.hi) & (b.lo == b.hi) & (a.lo == b.lo)
    return truth(yes, (a.hi < b.lo) | (b.hi < a.lo))


def truth(yes: Array, no: Array) -> Array:
    """Return truth from where it certainly holds and where it certainly does not."""
    return np.asarray(UNSURE + np.asarray(yes, np.uint8) - np.asarray(no, np.uint8), np.uint8)


def rounded(a: Num, mode: str, step: Fraction) -> Num:
    """Return `a` rounded to multiples of `step`: ``ceil``, ``floor`` or ``nearest`` (half up).

    Raises ValueError for another mode.
    """
    if mode == "exact":
        return a
    a = rescaled(a, lcm(a.scale, step.denominator))
    size = int(step * a.scale)
    a = roomy(a, 2 * (a.top + size))
    lo = _snapped(a.lo, mode, size, a.open)
    hi = lo if a.exact else _snapped(a.hi, mode, size, a.open)
    return reduced(Num(lo, hi, a.scale, a.top + size, a.open), int(a.scale // step.denominator))


def _snapped(values: Array, mode: str, size: int, opened: bool) -> Array:
    if mode == "ceil":
        snapped = -(-values // size) * size
    elif mode == "floor":
        snapped = values // size * size
    elif mode == "nearest":
        snapped = (2 * values + size) // (2 * size) * size
    else:
        raise ValueError(f"{mode!r}: expected exact, ceil, floor or nearest")
    return np.where(endless(values), values, snapped) if opened else _array(snapped, values)


def reduced(a: Num, factor: int) -> Num:
    """Return `a`, all of whose finite numerators are multiples of `factor`, over a smaller denominator."""
    if factor == 1:
        return a
    lo = _divided(a.lo, factor, a.open)
    hi = lo if a.exact else _divided(a.hi, factor, a.open)
    small = max(1, -(-a.top // factor))
    if lo.dtype == object and small < _ROOM and not a.open:
        lo = lo.astype(np.int64)
        hi = lo if a.exact else hi.astype(np.int64)
    return Num(lo, hi, a.scale // factor, small, a.open)


def _divided(values: Array, factor: int, opened: bool) -> Array:
    small = values // factor
    return np.where(endless(values), values, small) if opened else _array(small, values)
