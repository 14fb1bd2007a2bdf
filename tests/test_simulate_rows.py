"""Rows that grow: appended in batches, written through views."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wushe.simulate.rows import Rows

FIELDS: dict[str, tuple[str, Any]] = {"amount": ("int64", 0), "at": ("float64", np.nan)}


@given(st.lists(st.lists(st.integers(-(2**40), 2**40), max_size=40), max_size=12))
def test_rows_are_what_was_appended(batches: list[list[int]]) -> None:
    """Row numbers go on counting, values stay, and what is not given is the column's default."""
    rows, kept = Rows(FIELDS), list[int]()
    for batch in batches:
        numbers = rows.append(len(batch), amount=batch)
        assert numbers.tolist() == list(range(len(kept), len(kept) + len(batch)))
        kept += batch
        assert rows["amount"].tolist() == kept
    assert len(rows) == len(kept)
    assert np.isnan(rows["at"]).all()


def test_writing_to_a_view_counts() -> None:
    """A column is a view: what is written there is there."""
    rows = Rows(FIELDS)
    rows.append(3, amount=[1, 2, 3])
    rows["amount"][1:] += 10
    assert rows["amount"].tolist() == [1, 12, 13]


def test_a_column_that_is_not_there() -> None:
    """Names of columns are told, and nothing is appended."""
    with pytest.raises(KeyError, match="amount, at"):
        Rows(FIELDS).append(1, amuont=3)
