"""Rules for one pair at a time, for those who begin: slower than columns, easier to write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from wushe.model.storage import Array
from wushe.model.terms import Columns, Pairs


class Row:
    """One row of columns: ``need["urgency"]``; the names are those of the columns."""

    __slots__ = ("_columns", "_row")

    def __init__(self, columns: Columns, row: int) -> None:
        self._columns = columns
        self._row = row

    def __getitem__(self, name: str) -> Any:
        return self._columns[name][self._row]

    def __repr__(self) -> str:
        return f"<Row {self._row} of {', '.join(sorted(self._columns.arrays))}>"


def each_pair(
    rule: Callable[[Row, Row], bool | float], needs: Columns, offers: Columns, pairs: Pairs
) -> Array:
    """Return ``rule(need, offer)`` of every pair: bool (n_pairs,) where all answers are bool, else float.

    Takes about a microsecond and a half a pair beside the rule itself: write the rule in columns once
    plans take too long. Raises TypeError where the rule answers neither bool nor a number.
    """
    of_need = [Row(needs, row) for row in range(len(needs))]
    of_offer = [Row(offers, row) for row in range(len(offers))]
    answers = list(_answers(rule, of_need, of_offer, pairs))
    try:
        found = np.array(answers) if answers else np.zeros(0, dtype=bool)
    except ValueError:  # arrays of several lengths
        found = np.zeros(0, dtype=object)
    if found.dtype.kind not in "biuf" or found.shape != (len(answers),):
        raise TypeError(f"the rule answered {_odd(answers)!r}; expected True, False or a number")
    return found if found.dtype == bool else found.astype(np.float64)


def each_need(rule: Callable[[Row], bool | float], needs: Columns) -> Array:
    """Return ``rule(need)`` of every need, bool or float (n_needs,); see `each_pair`."""
    rows = Pairs(np.arange(len(needs), dtype=np.int32), np.zeros(len(needs), dtype=np.int32))
    nothing = Columns(1, {})
    return each_pair(lambda need, _: rule(need), needs, nothing, rows)


def _answers(
    rule: Callable[[Row, Row], bool | float], needs: list[Row], offers: list[Row], pairs: Pairs
) -> Iterator[bool | float]:
    for need, offer in zip(pairs.need.tolist(), pairs.offer.tolist(), strict=True):
        yield rule(needs[need], offers[offer])


def _odd(answers: list[Any]) -> Any:
    """Return the first answer that is no bool or number."""
    return next(
        (a for a in answers if not isinstance(a, (bool, int, float, np.generic))), answers[0]
    )
