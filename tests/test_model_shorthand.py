"""Short forms of plugins: what they make is what the long forms make."""

from typing import Any

import numpy as np
import pytest

import wushe
from wushe import Columns, NeedCategory, Pairs, Role, Text


def _objects(values: list[Any]) -> Any:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


NEEDS = Columns(3, {"category": _objects(["visit", "food", "counselling"])})
OFFERS = Columns(2, {"provider_kind": _objects(["volunteers", "social_workers"])})
PAIRS = Pairs(
    np.array([0, 0, 1, 1, 2, 2], dtype=np.int32), np.array([0, 1, 0, 1, 0, 1], dtype=np.int32)
)


def test_a_service_is_counted_in_minutes() -> None:
    """The same as the long form; skills follow one another."""
    long = NeedCategory("x", "甲", "a", "service", "minute", 90, ("care", "policy"), minors=True)
    assert wushe.service_category("x", "甲", "a", 90, "care", "policy", minors=True) == long


def test_a_teams_roles_are_categories_or_roles() -> None:
    """A role that asks for more than its category is written in full."""
    driver = Role("errand", skills=("driving",))
    long = NeedCategory("x", "甲", "a", "service", "time", roles=(Role("visit"), driver))
    assert wushe.times_category("x", "甲", "a", "visit", driver) == long
    alone = NeedCategory("x", "甲", "a", "service", "time", minors=True)
    assert wushe.times_category("x", "甲", "a", minors=True) == alone


def test_among_takes_one_word_or_several_and_an_unknown_value_is_none_of_them() -> None:
    """A single word is a word, never its letters."""
    column = _objects(["funds", "f", None, "resources"])
    assert wushe.among(column, "funds").tolist() == [True, False, False, False]
    assert wushe.among(column, {"funds", "resources"}).tolist() == [True, False, False, True]
    assert wushe.among(column, ()).tolist() == [False] * 4
    assert wushe.among(column[:0], "funds").tolist() == []


def test_holding_looks_into_tags_and_unknown_tags_hold_nothing() -> None:
    """Any of the words is enough."""
    column = _objects([("care", "visiting"), (), None, ("driving",)])
    assert wushe.holding(column, "care").tolist() == [True, False, False, False]
    assert wushe.holding(column, ("care", "driving")).tolist() == [True, False, False, True]
    found = wushe.holding(column[:0], "care")
    assert (found.dtype, found.shape) == (np.dtype(bool), (0,))


def test_only_by_binds_its_categories_and_no_other() -> None:
    """Counselling is the social worker's, the rest anybody's."""
    term = wushe.only_by(NEEDS, OFFERS, PAIRS, "counselling", ("social_workers", "stations"))
    assert term.reason == "skill"
    assert term.allowed.tolist() == [True, True, True, True, False, True]


def test_a_product_term_multiplies_both_sides_and_is_bounded_by_them() -> None:
    """A side that is left out counts one, and bounds nothing."""
    label = Text("甲", "a")
    term = wushe.product_term("t", 2, label, PAIRS, need=[True, False, True], offer=[0.5, 1])
    assert term.values.tolist() == [0.5, 1, 0, 0, 0.5, 1]
    assert (term.name, term.weight, term.label) == ("t", 2, label)
    assert term.bound is not None
    assert term.bound.row is not None
    assert term.bound.column is not None
    assert (term.values <= term.bound.row[PAIRS.need]).all()
    assert (term.values <= term.bound.column[PAIRS.offer]).all()
    half = wushe.product_term("t", 2, label, PAIRS, offer=[0.5, 1])
    assert half.values.tolist() == [0.5, 1] * 3
    assert half.bound is not None
    assert half.bound.row is None


# --- tables of counts ----------------------------------------------------------------------------

COLUMNS = (("个", "things"), ("钱", "money", "fen"), ("话", "words", "words"), Text("比", "of"))


def test_a_table_is_made_of_plain_tuples() -> None:
    """Units where they are said, names that are the same in both languages as one string."""
    rows = [("甲", [np.int64(1), 250, None, 3]), (("乙", "b"), (2, None, Text("无", "none"), 4))]
    table = wushe.count_table("t", ("表", "table"), ("行", "row"), COLUMNS, rows, total=True)
    assert [c.unit for c in table.columns] == ["count", "fen", "words", "count"]
    assert [row.label for row in table.rows] == [Text("甲", "甲"), Text("乙", "b")]
    assert table.total is not None
    assert table.total.cells == (3, 250, None, 7)
    assert all(type(cell) is not np.int64 for row in table.all_rows() for cell in row.cells)


def test_a_total_of_nothing_known_is_unknown_and_of_no_rows_nothing() -> None:
    """Adding up what nobody knows would say zero."""
    one = (("钱", "money", "fen"), ("比", "share", "permille"))
    unknown = wushe.count_table(
        "t", ("表", "t"), ("行", "r"), one, [("甲", (None, 500))], total=True
    )
    empty = wushe.count_table("t", ("表", "t"), ("行", "r"), one[:1], [], total=True)
    assert unknown.total is not None
    assert unknown.total.cells == (None, None)
    assert empty.total is not None
    assert empty.total.cells == (0,)
    assert wushe.count_table("t", ("表", "t"), ("行", "r"), one[:1], []).total is None


def test_a_total_that_is_no_sum_is_given() -> None:
    """A household in two months is one household."""
    rows = [("2025-01", (1,)), ("2025-02", (1,))]
    table = wushe.count_table(
        "t", ("表", "t"), ("月", "m"), (("户", "h", "people"),), rows, total=(1,)
    )
    assert table.total is not None
    assert table.total.cells == (1,)


@pytest.mark.parametrize("cells", [(1, 2), (1.5,), ("一",)])
def test_cells_that_do_not_fit_are_refused(cells: Any) -> None:
    """As `ReportTable` refuses them."""
    with pytest.raises((TypeError, ValueError)):
        wushe.count_table("t", ("表", "t"), ("行", "r"), (("个", "n"),), [("甲", cells)])


def test_a_column_of_an_unknown_unit_is_refused() -> None:
    """The units are those of `ReportColumn`."""
    with pytest.raises(ValueError, match="miles"):
        wushe.count_table("t", ("表", "t"), ("行", "r"), (("个", "n", "miles"),), [])


# --- counting by place ---------------------------------------------------------------------------


def test_things_are_counted_in_the_place_that_they_lie_in() -> None:
    """A grid's lies in its street; what lies above the level, or nowhere, is said first; empty places are left out."""
    places = [
        wushe.Place(id="420106", name="县", level="county"),
        wushe.Place(id="420106001", name="甲街", level="street"),
        wushe.Place(id="420106001001", name="一社", level="community"),
        wushe.Place(id="420106002", name="乙街", level="street"),
        wushe.Place(id="420106003", name="丙街", level="street"),
    ]
    network = wushe.build_network({"places": wushe.table_of("places", places)}, {}, {})
    at = ["420106001", "420106001001", "420106002", "420106", None, "nowhere"]
    found = wushe.count_by_place(network, "street", (at, None), (at, [1, 2, 0, 8, 16, 32]))
    assert [(label.zh, cells) for label, cells in found] == [
        ("地区不详", (3, 56)), ("甲街", (2, 3)), ("乙街", (1, 0)),
    ]  # fmt: skip
    assert wushe.count_by_place(network, "street", ([], None)) == []
    other = Text("别处", "elsewhere")
    ((label, cells),) = wushe.count_by_place(network, "street", ([None], [True]), nowhere=other)
    assert (label, cells) == (other, (1,))
    with pytest.raises(KeyError):
        wushe.count_by_place(network, "parish", (at, None))


# --- gifts in turn -------------------------------------------------------------------------------


def _pools(**columns: list[Any]) -> Columns:
    given = {
        "id": ["P"], "left_fen": [1000], "numerator": [1], "denominator": [1], "gift_cap": [-1],
        "donor_cap": [-1], "project_cap": [-1], "opens": [None], "closes": [None], "fund": [None],
        "given": [{}], **columns,
    }  # fmt: skip
    return Columns(len(given["id"]), {name: _objects(values) for name, values in given.items()})


def _gifts(*gifts: tuple[str, int, int, str | None]) -> Columns:
    ids, at, fen, donor = zip(*gifts, strict=True)
    none = _objects([None] * len(gifts))
    columns = {name: _objects(list(v)) for name, v in (("id", ids), ("at", at), ("donor", donor))}
    amounts = np.array(fen, dtype=np.int64)
    return Columns(len(gifts), {**columns, "fen": amounts, "fund": none, "project": none})


def _all(gift: Any, pools: Any) -> Any:
    return ((pool, pool.may_add(gift)) for pool in pools)


def test_gifts_take_their_turn_by_instant_then_id_until_the_pool_is_used_up() -> None:
    """The last one gets what is left; who comes after that gets no line."""
    gifts = _gifts(("C", 2, 600, None), ("B", 1, 300, None), ("A", 1, 300, None), ("D", 3, 1, None))
    assert wushe.split_in_turn(gifts, _pools(), _all) == [
        ("A", "P", 300), ("B", "P", 300), ("C", "P", 400),
    ]  # fmt: skip


def test_a_donors_cap_counts_what_was_given_before_and_the_unnamed_have_none() -> None:
    """Two anonymous donors are not one donor."""
    pools = _pools(donor_cap=[100], given=[{"donor:D": 60}])
    gifts = _gifts(("A", 1, 70, "D"), ("B", 2, 90, None), ("C", 3, 90, None), ("E", 4, 70, "D"))
    assert wushe.split_in_turn(gifts, pools, _all) == [
        ("A", "P", 40), ("B", "P", 90), ("C", "P", 90),
    ]  # fmt: skip


@pytest.mark.parametrize(("opens", "closes", "fund", "fen"), [
    (1, 2, None, 30), (2, None, None, 0), (None, 1, None, 0), (None, None, "F", 0),
])  # fmt: skip
def test_a_pool_adds_within_its_time_and_for_its_fund_only(
    opens: Any, closes: Any, fund: Any, fen: int
) -> None:
    """It is open from its first instant, and closed at its last."""
    pools = _pools(opens=[opens], closes=[closes], fund=[fund])
    found = wushe.split_in_turn(_gifts(("A", 1, 30, None)), pools, _all)
    assert found == ([("A", "P", fen)] if fen else [])
