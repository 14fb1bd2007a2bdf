"""The place tree: parents, levels, what lies below and above, and codes that imply a parent."""

import pickle
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wushe.errors import InputError
from wushe.model import Place, table_of
from wushe.model.parties import LEVELS
from wushe.network import PlaceTree, build_network
from wushe.network.places import LEVEL_ROW, cyclic


def tree_of(*places: Place) -> PlaceTree:
    """Return the tree of `places`."""
    return build_network({"places": table_of("places", places)}, {}, {}).places


def place(code: str, level: str, parent: str | None = None) -> Place:
    """Return a place whose name is its code."""
    return Place(id=code, name=code, level=level, parent=parent)


WUCHANG = (
    place("420106", "county"),
    place("420106001", "street"),
    place("420106001001", "community"),
    place("420106001002", "community"),
    place("420106002", "street"),
    place("420106002001", "community"),
    place("G1", "grid", "420106001002"),
)
# Rows, in the order of the ids:
COUNTY, S1, C11, C12, S2, C21, GRID = range(7)


def test_the_parent_follows_from_the_code() -> None:
    """An empty parent is the longest id that the code begins with; a named one is kept."""
    tree = tree_of(*WUCHANG)
    assert tree.parent.tolist() == [-1, COUNTY, S1, S1, COUNTY, S2, C12]


def test_ancestors_stand_in_the_column_of_their_level() -> None:
    """Each place knows itself and what is above it by level; what is not there is -1."""
    tree = tree_of(*WUCHANG)
    assert tree.ancestors[GRID].tolist() == [-1, -1, COUNTY, S1, C12, GRID]
    assert tree.ancestors[S2].tolist() == [-1, -1, COUNTY, S2, -1, -1]
    assert tree.level.tolist() == [2, 3, 4, 4, 3, 4, 5]


def test_zeros_that_fill_a_code_up_do_not_hide_the_parent() -> None:
    """420106 lies in 420100, that in 420000, and a 12-digit code in a shorter one."""
    codes = {"420000": "province", "420100": "city", "420106": "county", "420106001000": "street"}
    tree = tree_of(*(place(code, level) for code, level in codes.items()))
    assert tree.ids.tolist() == list(codes)
    assert tree.parent.tolist() == [-1, 0, 1, 2]


def test_a_code_that_only_looks_like_a_prefix_is_no_parent() -> None:
    """Places numbered 1, 10, 11 are no tree: a parent must be of a higher level."""
    tree = tree_of(place("10", "community"), place("101", "community"), place("street", "street"))
    assert tree.parent.tolist() == [-1, -1, -1]


def test_places_of_no_tree_have_no_parent() -> None:
    """Codes with letters imply nothing."""
    assert tree_of(place("A1", "street"), place("A12", "community")).parent.tolist() == [-1, -1]


def test_a_circle_of_parents_is_named() -> None:
    """Each place of the circle is reported, the one that hangs on it is not."""
    with pytest.raises(InputError) as caught:
        tree_of(
            place("a", "city", "b"),
            place("b", "city", "a"),
            place("c", "street", "a"),
            place("d", "grid", "d"),
        )
    assert [(p.code, p.file, p.field) for p in caught.value.problems] == [
        ("place-cycle", "Place(a)", "parent"),
        ("place-cycle", "Place(b)", "parent"),
        ("place-cycle", "Place(d)", "parent"),
    ]


def test_within_and_subtree() -> None:
    """A place lies within itself and whatever is above it; no place (-1) lies nowhere."""
    tree = tree_of(*WUCHANG)
    rows = np.array([COUNTY, S1, C12, GRID, S2, -1])
    assert tree.within(rows, S1).tolist() == [False, True, True, True, False, False]
    assert tree.within(rows, np.full(6, -1)).tolist() == [False] * 6
    assert tree.subtree(S1).tolist() == [S1, C11, C12, GRID]


def test_at_level_climbs() -> None:
    """The street of a grid; none of a county; none of no place."""
    tree = tree_of(*WUCHANG)
    assert tree.at_level(np.array([GRID, COUNTY, -1]), "street").tolist() == [S1, -1, -1]


def test_sums_and_marks() -> None:
    """Sums gather what lies below, marks spread to what lies below."""
    tree = tree_of(*WUCHANG)
    people = np.array([0, 1, 10, 20, 2, 30, 5])
    assert tree.sum_below(people).tolist() == [68, 36, 10, 25, 32, 30, 5]
    marked = np.arange(7) == S1
    assert tree.any_above(marked).tolist() == [False, True, True, True, False, False, True]


def test_no_places() -> None:
    """An empty tree answers every question."""
    tree = tree_of()
    assert tree.ancestors.shape == (0, 6)
    assert tree.within(np.array([-1]), -1).tolist() == [False]
    assert tree.at_level(np.array([-1]), "street").tolist() == [-1]
    assert tree.sum_below(np.zeros((0, 2), dtype=int)).shape == (0, 2)
    assert tree.any_above(np.zeros((0, 2), dtype=bool)).shape == (0, 2)


def test_a_tree_pickles_and_stays_read_only() -> None:
    """What comes out of a pickle is as frozen as what went in."""
    tree = pickle.loads(pickle.dumps(tree_of(*WUCHANG)))
    assert tree.parent.tolist() == [-1, COUNTY, S1, S1, COUNTY, S2, C12]
    with pytest.raises(ValueError, match="read-only"):
        tree.ancestors[0, 0] = 1


@st.composite
def forests(draw: st.DrawFn) -> dict[str, str | None]:
    """Draw a forest as parent by id, in an order unlike that of the ids."""
    n = draw(st.integers(1, 12))
    names = draw(st.permutations([f"P{i:02d}" for i in range(n)]))
    chosen = [draw(st.integers(-1, i - 1)) for i in range(n)]
    return {name: names[p] if p >= 0 else None for name, p in zip(names, chosen, strict=True)}


def chain(parents: Mapping[str, str | None], name: str) -> list[str]:
    """Return `name`, its parent, the parent's parent and so on."""
    found = [name]
    while (above := parents[found[-1]]) is not None:
        found.append(above)
    return found


@given(forests(), st.data())
def test_the_tree_agrees_with_climbing_step_by_step(
    parents: dict[str, str | None], data: st.DataObject
) -> None:
    """Ancestors, within, sums and marks are those found by following the parents one by one."""
    levels = {
        name: data.draw(st.sampled_from(list(LEVELS)), label=name) for name in sorted(parents)
    }
    tree = tree_of(*(place(name, levels[name], above) for name, above in parents.items()))
    names = tree.ids.tolist()
    rows = np.arange(len(names))
    marks, values = rows % 3 == 0, rows**2 + 1
    for row, name in enumerate(names):
        above = chain(parents, name)
        for level, column in LEVEL_ROW.items():
            nearest = next((p for p in above if levels[p] == level), None)
            assert tree.ancestors[row, column] == (-1 if nearest is None else names.index(nearest))
        below = [other for other in names if name in chain(parents, other)]
        assert tree.within(rows, row).tolist() == [other in below for other in names]
        assert tree.sum_below(values)[row] == sum(values[names.index(other)] for other in below)
        assert tree.any_above(marks)[row] == any(marks[names.index(p)] for p in above)


@given(st.lists(st.integers(-1, 9), min_size=10, max_size=10))
def test_circles_are_found_whatever_leads_into_them(parent: list[int]) -> None:
    """A place is on a circle exactly where following its parents leads back to it."""
    expected = []
    for start in range(10):
        at = parent[start]
        for _ in range(10):
            at = parent[at] if at not in (-1, start) else at
        expected.append(at == start)
    assert cyclic(np.array(parent, dtype=np.int32)).tolist() == expected
