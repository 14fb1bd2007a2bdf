"""Rules for one pair at a time: the same answers as the rule in columns."""

import numpy as np
import pytest

from wushe import Columns, Pairs, each_need, each_pair

NEEDS = Columns(
    3, {"urgency": np.array([0, 3, 1]), "groups": np.array([("a",), (), ("b",)], dtype=object)}
)
OFFERS = Columns(2, {"capacity": np.array([5, 1])})
PAIRS = Pairs(np.array([0, 1, 2, 1], dtype=np.int32), np.array([0, 0, 1, 1], dtype=np.int32))


def test_a_yes_or_no_rule_gives_bools() -> None:
    """One answer for each pair, in the order of the pairs."""
    found = each_pair(lambda need, offer: need["urgency"] < offer["capacity"], NEEDS, OFFERS, PAIRS)
    assert found.dtype == bool
    assert found.tolist() == [True, True, False, False]


def test_a_rule_in_numbers_gives_floats() -> None:
    """Whole numbers and fractions alike."""
    found = each_pair(lambda need, _: need["urgency"] / 3, NEEDS, OFFERS, PAIRS)
    assert found.dtype == np.float64
    assert found.tolist() == [0, 1, 1 / 3, 1]


def test_a_rule_for_needs_alone() -> None:
    """One answer for each need."""
    assert each_need(lambda need: "a" in need["groups"], NEEDS).tolist() == [True, False, False]


def test_no_pairs_no_answers() -> None:
    """An empty batch is no mistake, and fits a filter."""
    none = Pairs(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32))
    found = each_pair(lambda need, offer: True, NEEDS, OFFERS, none)
    assert (found.shape, found.dtype) == ((0,), bool)


def test_words_and_nothing_are_no_answers() -> None:
    """A rule that forgets to return is told so."""
    for answer in (None, "yes"):
        with pytest.raises(TypeError, match="expected True, False or a number"):
            each_pair(lambda need, offer, answer=answer: answer, NEEDS, OFFERS, PAIRS)


def test_a_column_that_is_not_there_is_named() -> None:
    """The name asked for is in the error; the row says which columns there are."""
    with pytest.raises(KeyError, match="urgencey"):
        each_need(lambda need: need["urgencey"] > 0, NEEDS)
    rows = []
    each_need(lambda need: rows.append(repr(need)) or True, NEEDS)
    assert rows[1] == "<Row 1 of groups, urgency>"


def test_a_misspelled_column_is_answered_with_what_it_may_have_been() -> None:
    """Close names where there are some, else all of them; still a KeyError, of the columns and of a row alike."""
    with pytest.raises(KeyError, match=r"column 'urgencey' is not there; close to it: urgency"):
        NEEDS["urgencey"]
    with pytest.raises(
        KeyError, match=r"column 'weather' is not there; there are: groups, urgency"
    ):
        each_need(lambda need: need["weather"] > 0, NEEDS)


def test_an_array_is_no_answer() -> None:
    """A rule that answers for all offers at once is told so, whatever the lengths."""
    for answers in ([[1], [2], [3]], [[1], [2, 3], [4]]):
        left = iter(map(np.array, answers))
        with pytest.raises(TypeError, match="expected True, False or a number"):
            each_need(lambda need, left=left: next(left), NEEDS)
