"""Columns of exact numbers known within bounds: whole numbers only, of any size, never a float."""

import operator
from fractions import Fraction
from math import ceil, floor, inf
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relief_households import spans
from wushe.errors import InputError
from wushe.model import Household
from wushe.rules import intervals as iv
from wushe.rules.intervals import END_OF_OBJECTS, INFINITE, NO, UNSURE, YES, Num

FINITE = st.one_of(
    st.integers(-200, 200),
    st.integers(-(10**7), 10**7),
    st.sampled_from([0, 1, -1, 2**31, 2**40, -(2**55), 2**58 - 1, 2**58]),
)
SCALES = st.sampled_from([1, 2, 3, 10, 12, 100, 840])


@st.composite
def columns(draw: Any, size: int = 4) -> Num:
    """Return a column of `size` numbers: known, within bounds, or open at an end."""
    lows, highs = [], []
    for _ in range(size):
        lo, hi = sorted((draw(FINITE), draw(FINITE)))
        known = draw(st.booleans())
        lows.append(lo if known else draw(st.sampled_from([lo, lo, -INFINITE])))
        highs.append(lo if known else draw(st.sampled_from([hi, hi, INFINITE])))
    lo, hi = np.array(lows), np.array(highs)
    scale = draw(SCALES)
    if draw(st.integers(0, 3)) == 0:  # one number for all rows, as a parameter or a constant is
        lo, hi = lo[:1].reshape(()), hi[:1].reshape(())
    if (lo == hi).all():
        return iv.known(lo, scale)
    return iv.within(lo, hi, scale)


def inside(span: tuple[Any, Any]) -> list[Fraction]:
    """Return a few finite numbers within a span, its finite ends among them."""
    lo, hi = span
    if lo == -inf and hi == inf:
        return [Fraction(-(10**9)), Fraction(0), Fraction(7, 3)]
    if lo == -inf:
        return [hi, hi - 1, hi - 10**9]
    if hi == inf:
        return [lo, lo + 1, lo + 10**9]
    return [lo, hi, (lo + hi) / 2]


def rows(*numbers: Num) -> list[tuple[Any, ...]]:
    """Return the spans of several columns, row by row."""
    n = max(np.asarray(x.lo).size for x in numbers)
    return list(zip(*(spans(x, n) for x in numbers), strict=True))


def expected(found: list[Any]) -> tuple[Any, Any]:
    """Return the smallest and largest of some ends."""
    return min(found), max(found)


def product(a: Any, b: Any) -> Any:
    """Return a product in which nothing times anything is nothing."""
    return Fraction(0) if a == 0 or b == 0 else a * b


@given(columns(), columns())
def test_sums_are_exact_and_open_ends_stay_open(a: Num, b: Num) -> None:
    """Both ends add up; an open end makes the sum's end open."""
    for one, other, total in rows(a, b, iv.add(a, b)):
        assert total == (one[0] + other[0], one[1] + other[1])


@given(columns(), columns())
def test_products_are_exact_at_any_size(a: Num, b: Num) -> None:
    """The ends of a product are the least and most of the four products of ends."""
    for one, other, total in rows(a, b, iv.times(a, b)):
        assert total == expected([product(x, y) for x in one for y in other])


@given(columns(), columns(), columns())
def test_long_chains_of_products_never_overflow(a: Num, b: Num, c: Num) -> None:
    """(a x b) x c + a: far beyond 64 bits, still exact."""
    found = iv.add(iv.times(iv.times(a, b), c), a)
    for one, other, third, total in rows(a, b, c, found):
        two = expected([product(x, y) for x in one for y in other])
        three = expected([product(x, y) for x in two for y in third])
        assert total == (three[0] + one[0], three[1] + one[1])


@given(columns())
def test_the_opposite_swaps_the_ends(a: Num) -> None:
    """From lo to hi becomes from -hi to -lo."""
    for one, other in rows(a, iv.negative(a)):
        assert other == (-one[1], -one[0])


@given(columns(), columns(), columns())
def test_largest_and_smallest_take_end_by_end(a: Num, b: Num, c: Num) -> None:
    """The largest of ranges runs from the largest low end to the largest high end."""
    for choose, plain in ((np.maximum, max), (np.minimum, min)):
        found = iv.extreme((a, b, c), choose)
        for one, other, third, best in rows(a, b, c, found):
            assert best == tuple(plain(ends) for ends in zip(one, other, third, strict=True))


@given(columns(), columns())
def test_meeting_is_what_both_allow_and_a_contradiction_is_what_either_allows(
    a: Num, b: Num
) -> None:
    """The intersection; where it is empty the hull: neither is believed alone."""
    for one, other, met in rows(a, b, iv.meet(a, b)):
        lo, hi = max(one[0], other[0]), min(one[1], other[1])
        hull = (min(one[0], other[0]), max(one[1], other[1]))
        assert met == ((lo, hi) if lo <= hi else hull)


@given(columns(), columns(), st.lists(st.sampled_from([NO, UNSURE, YES]), min_size=4, max_size=4))
def test_a_choice_that_is_unsure_spans_both(a: Num, b: Num, tests: list[int]) -> None:
    """Yes takes the one, no the other, unsure whatever lies in either."""
    found = iv.chosen(np.array(tests, dtype=np.uint8), a, b)
    pairs = zip(spans(a, 4), spans(b, 4), spans(found, 4), tests, strict=True)
    for one, other, taken, test in pairs:
        hull = (min(one[0], other[0]), max(one[1], other[1]))
        assert taken == {YES: one, NO: other, UNSURE: hull}[test]


@given(columns(), columns())
def test_a_comparison_is_decided_only_where_every_value_agrees(a: Num, b: Num) -> None:
    """Strict, not strict and equal: yes and no hold for all values, unsure for some of either."""
    tests = {
        operator.lt: iv.less(a, b, False),
        operator.le: iv.less(a, b, True),
        operator.eq: iv.equal(a, b),
    }
    for compare, found in tests.items():
        held = np.broadcast_to(found, (max(np.size(a.lo), np.size(b.lo)),)).tolist()
        for (one, other), truth in zip(rows(a, b), held, strict=True):
            values = {compare(x, y) for x in inside(one) for y in inside(other)}
            if truth != UNSURE:
                assert values == {truth == YES}
            elif compare is not operator.eq and inf not in map(abs, (*one, *other)):
                assert values == {True, False}


@given(columns(), columns())
def test_less_than_is_the_opposite_of_at_least(a: Num, b: Num) -> None:
    """a < b exactly where not b <= a, also where it is unsure."""
    assert np.array_equal(iv.less(a, b, False), 2 - iv.less(b, a, True))


ROUNDS = {
    "ceil": lambda v, s: ceil(v / s) * s,
    "floor": lambda v, s: floor(v / s) * s,
    "nearest": lambda v, s: floor(v / s + Fraction(1, 2)) * s,
    "exact": lambda v, s: v,
}


@pytest.mark.parametrize("mode", ROUNDS)
@pytest.mark.parametrize(
    "step", [Fraction(1), Fraction(100), Fraction(500), Fraction(1, 3)], ids=str
)
@given(a=columns())
def test_rounding_is_exact_for_every_end(mode: str, step: Fraction, a: Num) -> None:
    """Up, down, to the nearest (half up), or left alone; an open end stays open."""
    for one, other in rows(a, iv.rounded(a, mode, step)):
        assert other == tuple(v if abs(v) == inf else ROUNDS[mode](v, step) for v in one)


def test_an_unknown_rounding_mode_is_named() -> None:
    """The message says which modes there are."""
    with pytest.raises(ValueError, match="'up': expected exact, ceil, floor or nearest"):
        iv.rounded(iv.known(np.array([1])), "up", Fraction(1))


def test_what_fits_stays_on_int64_and_what_does_not_goes_to_python_integers() -> None:
    """The dtype tells: speed where numbers are small, exactness where they are not."""
    small = iv.known(np.array([75_500, 60]))
    large = iv.known(np.array([2**40, 3]))
    assert iv.times(small, small).lo.dtype == np.int64
    found = iv.times(large, large)
    assert found.lo.dtype == object
    assert found.lo.tolist() == [2**80, 9]


def test_open_ends_survive_the_way_to_python_integers() -> None:
    """What is unbounded on 64 bits is unbounded on Python integers too."""
    opened = iv.within(np.array([-INFINITE, 5]), np.array([INFINITE, 5]))
    huge = iv.known(np.array([2**50, 2**50]))
    found = iv.times(iv.times(opened, huge), huge)
    assert found.lo.tolist() == [-END_OF_OBJECTS, 5 * 2**100]
    assert found.hi.tolist() == [END_OF_OBJECTS, 5 * 2**100]


def test_constants_beyond_64_bits_are_compared_and_chosen_like_others() -> None:
    """One number for all rows may be a Python integer too."""
    a, b = iv.constant(Fraction(10**20)), iv.constant(Fraction(10**21, 3))
    assert int(iv.less(a, b, False)) == YES
    assert spans(iv.extreme((a, b), np.maximum), 1) == [(Fraction(10**21, 3),) * 2]
    assert spans(iv.add(iv.extreme((a, b), np.minimum), a), 1) == [(Fraction(2 * 10**20),) * 2]
    assert spans(iv.meet(a, a), 1) == [(Fraction(10**20),) * 2]


def test_no_field_takes_an_amount_that_columns_would_take_for_unbounded() -> None:
    """The largest amount that a record takes is still a number to rules."""
    with pytest.raises(InputError, match="out of range"):
        Household(id="H1", income_month_fen=INFINITE)
    assert iv.known(np.array([INFINITE - 1])).top < INFINITE


def test_empty_columns_are_fine() -> None:
    """A city without households has numbers of shape (0,)."""
    none = iv.known(np.zeros(0, dtype=np.int64))
    assert iv.add(none, iv.constant(Fraction(1))).lo.shape == (0,)
    assert iv.less(none, none, True).shape == (0,)


def test_known_columns_are_not_stored_twice() -> None:
    """Both ends of what is known are one array, through all arithmetic."""
    a = iv.known(np.array([1, 2, 3]), 3)
    for found in (iv.add(a, a), iv.times(a, a), iv.negative(a), iv.rounded(a, "ceil", Fraction(1))):
        assert found.exact
