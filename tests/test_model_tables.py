"""Tables: columns of one kind, sorted by id, read-only, with a mark for what is unknown."""

import datetime as dt
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wushe
from wushe import InputError, Table, make_table, table_of
from wushe.model import RECORD_KINDS
from wushe.model.storage import UNKNOWN_INT, unknown
from wushe.model.tables import empty_table

DAY = dt.date(2025, 9, 15)


def volunteers() -> Table:
    """Return a table with known and unknown facts of every storage."""
    return make_table(
        "volunteers",
        {
            "id": ["V3", "V1", "V2"],
            "name": ["丙", "甲", "乙"],
            "place": ["P", "P", "P"],
            "weekly_hours": [3, None, 0],
            "available_from": [None, DAY, None],
            "minor": [False, None, True],
            "guardian_consent": [None, None, True],
            "skills": [("care",), None, ()],
        },
    )


def test_rows_are_sorted_by_id() -> None:
    """The order of everything downstream does not depend on the order of a file."""
    table = volunteers()
    assert table.ids.tolist() == ["V1", "V2", "V3"]
    assert table["name"].tolist() == ["甲", "乙", "丙"]


@given(
    st.lists(st.text("VH-0123456789", min_size=1, max_size=6), unique=True, max_size=12), st.data()
)
def test_any_order_makes_the_same_table(ids: list[str], data: st.DataObject) -> None:
    """Row numbers are ranks of ids."""
    households = [wushe.Household(id=key, members_count=len(key)) for key in ids]
    one = table_of("households", households)
    two = table_of("households", data.draw(st.permutations(households)))
    assert one.ids.tolist() == two.ids.tolist() == sorted(ids)
    assert list(one.records()) == list(two.records())


def test_unknown_is_marked_in_every_storage() -> None:
    """Neither zero nor no: each dtype has its own mark, and `known` tells."""
    table = volunteers()
    assert table["weekly_hours"].tolist() == [UNKNOWN_INT, 0, 3]
    assert np.isnat(table["available_from"]).tolist() == [False, True, True]
    assert table["minor"].tolist() == [-1, 1, 0]
    assert table["skills"].tolist() == [None, (), ("care",)]
    assert table.known("weekly_hours").tolist() == [False, True, True]
    assert table.known("minor").tolist() == [False, True, True]
    assert not table.known("phone").any()


def test_records_are_views_of_rows() -> None:
    """A record made from a row equals the one that the row was made from."""
    records = list(volunteers().records())
    assert records[0] == wushe.Volunteer(id="V1", name="甲", place="P", available_from=DAY)
    assert records[1].weekly_hours == 0
    assert records[2].minor is False
    assert list(table_of("volunteers", records).records()) == records


@pytest.mark.parametrize("column", ["id", "name", "weekly_hours", "available_from", "minor"])
def test_columns_are_read_only(column: str) -> None:
    """Nobody changes a city by accident."""
    table = volunteers()
    with pytest.raises(ValueError, match="read-only"):
        table[column][0] = table[column][1]
    with pytest.raises(ValueError, match="read-only"):
        table.rows[0] = 9


def test_row_of_finds_ids_and_says_where_there_is_none() -> None:
    """-1 for None and for what is absent."""
    assert volunteers().row_of(["V3", None, "V9", "V1"]).tolist() == [2, -1, -1, 0]


def test_tables_survive_pickling() -> None:
    """Columns, marks, rows and read-only arrays come back."""
    table = volunteers()
    back: Table = pickle.loads(pickle.dumps(table))
    assert back.kind is table.kind
    assert list(back.records()) == list(table.records())
    assert not back["weekly_hours"].flags.writeable


def test_a_table_says_what_it_is_and_no_more() -> None:
    """Its repr has no values."""
    assert repr(volunteers()) == "<Table volunteers: 3 rows from objects>"


@pytest.mark.parametrize("kind", RECORD_KINDS)
def test_every_kind_can_be_empty(kind: str) -> None:
    """No rows, all columns, the right dtypes."""
    table = empty_table(kind)
    assert len(table) == 0
    assert set(table.columns) == set(RECORD_KINDS[kind].field_names)
    assert list(table.records()) == []
    assert all(len(unknown(column)) == 0 for column in table.columns.values())


# columns, (row, field, code) of every problem
MISTAKES: list[tuple[dict[str, list[Any]], list[tuple[int, str, str]]]] = [
    ({"id": ["H", None]}, [(2, "id", "missing-value")]),
    ({"name": ["n"]}, [(1, "id", "missing-value")]),  # a required column left out
    ({"id": ["a b", "c d"]}, [(1, "id", "bad-identifier"), (2, "id", "bad-identifier")]),
    # one distinct value is checked once and reported in every row
    (
        {"id": ["H", "I", "J"], "members_count": [0, 1, 0]},
        [(1, "members_count", "out-of-range"), (3, "members_count", "out-of-range")],
    ),
    # 1 and True and 1.0 are equal to Python, not to us
    (
        {"id": ["H", "I", "J"], "members_count": [1, True, 1.0]},
        [(2, "members_count", "wrong-type"), (3, "members_count", "wrong-type")],
    ),
    ({"id": ["H"], "target_groups": [["disabled"]]}, [(1, "target_groups", "wrong-type")]),
    (
        {"id": ["H"], "members_count": [0], "phone": ["x"]},
        [(1, "phone", "bad-phone"), (1, "members_count", "out-of-range")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "problems"), MISTAKES)
def test_make_table_reports_every_mistake_with_its_row(
    columns: dict[str, list[Any]], problems: list[tuple[int, str, str]]
) -> None:
    """Rows count from one, as the caller wrote them, before sorting."""
    with pytest.raises(InputError) as error:
        make_table("households", columns)
    assert [(p.row, p.field, p.code) for p in error.value.problems] == problems
    assert all(p.file == "households" for p in error.value.problems)


def test_rules_across_fields_are_checked_in_tables_too() -> None:
    """The same rule as for a record, with the row as the caller wrote it."""
    with pytest.raises(InputError) as error:
        make_table(
            "volunteers",
            {"id": ["V2", "V1"], "name": ["n", "n"], "place": ["P", "P"], "minor": [False, True]},
        )
    assert [(p.row, p.code) for p in error.value.problems] == [(2, "guardian-consent-needed")]


def test_sensitive_values_are_masked_in_problems() -> None:
    """A wrong phone number is still a phone number."""
    with pytest.raises(InputError) as error:
        make_table("households", {"id": ["H"], "phone": ["13912345678 home"]})
    assert "12345678" not in str(error.value)


def test_a_column_that_is_no_field_is_named() -> None:
    """A misspelled heading in code is a KeyError."""
    with pytest.raises(KeyError, match="colour"):
        make_table("households", {"id": ["H"], "colour": ["red"]})


def test_columns_of_unequal_length_are_refused() -> None:
    """The message gives the lengths."""
    with pytest.raises(ValueError, match=r"differ in length.*2.*1"):
        make_table("households", {"id": ["H", "I"], "name": ["n"]})


def test_no_columns_make_an_empty_table() -> None:
    """Nothing given, nothing in it."""
    assert len(make_table("households", {})) == 0
