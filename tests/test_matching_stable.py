"""Stable pairing: no pair blocks, the proposing side fares best, and everything against brute force."""

import itertools
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from wushe.matching.fair.stable import Pairing, pair_stably

Lists = tuple[Any, Any, Any, Any]


def draw(rng: np.random.Generator, rows: int, columns: int) -> Lists:
    """Draw incomplete lists, ranks with ties, some refusals, some columns without room.

    Half of the draws are full lists among as many: those have several stable pairings at times.
    """
    if rng.random() < 0.5:
        each = [rng.permutation(columns) for _ in range(columns)]
        rank = rng.permutation(columns * columns)
        return np.arange(columns + 1) * columns, np.concatenate(each), rank, np.ones(columns, int)
    width = rng.integers(0, columns + 1, rows)
    lists = [rng.permutation(columns)[:k] for k in width]
    column = np.concatenate([*lists, np.zeros(0, dtype=np.int64)]).astype(np.int64)
    rank = rng.integers(-1 if rng.random() < 0.5 else 0, 4, len(column))
    return np.cumsum([0, *width]), column, rank, rng.integers(0, 3, columns)


def blocking(lists: Lists, partner: list[int]) -> list[tuple[int, int]]:
    """Return the pairs that would both rather be together, by the definition, one pair at a time."""
    start, column, rank, capacity = (array.tolist() for array in lists)
    thinks = {
        (i, column[e]): (rank[e], i)
        for i in range(len(start) - 1)
        for e in range(start[i], start[i + 1])
        if rank[e] >= 0
    }
    staff: dict[int, list[int]] = {j: [] for j in range(len(capacity))}
    for i, j in enumerate(partner):
        if j >= 0:
            assert (i, j) in thinks
            staff[j].append(i)
    assert all(len(staff[j]) <= capacity[j] for j in staff)
    found = []
    for i in range(len(start) - 1):
        for e in range(start[i], start[i + 1]):
            j = column[e]
            if j == partner[i]:
                break  # what follows is worse for the row
            if (i, j) not in thinks or capacity[j] == 0:
                continue
            if len(staff[j]) < capacity[j] or thinks[i, j] < max(thinks[k, j] for k in staff[j]):
                found.append((i, j))
    return found


def all_stable(lists: Lists) -> list[tuple[int, ...]]:
    """Return every stable pairing by trying all."""
    start, column, rank, capacity = lists
    choices = [
        [-1, *(int(column[e]) for e in range(start[i], start[i + 1]) if rank[e] >= 0)]
        for i in range(len(start) - 1)
    ]
    return [
        partner
        for partner in itertools.product(*choices)
        if all(partner.count(j) <= capacity[j] for j in range(len(capacity)))
        and not blocking(lists, list(partner))
    ]


def places(lists: Lists, partner: tuple[int, ...]) -> list[int]:
    """Return where each row's partner stands in its list; the list's length if it has none."""
    start, column = lists[0].tolist(), lists[1].tolist()
    mine = [column[start[i] : start[i + 1]] for i in range(len(partner))]
    return [m.index(j) if j >= 0 else len(m) for m, j in zip(mine, partner, strict=True)]


def test_the_proposing_side_gets_the_best_that_any_stable_pairing_gives_it(
    campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """Of all stable pairings, found by trying all, rows proposing is best for every row, columns worst."""
    cases, several = campaign(tests=150, ci=800, soak=5000), 0
    for case in range(cases):
        rng = np.random.default_rng([seed, case])
        lists = draw(rng, int(rng.integers(0, 6)), int(rng.integers(1, 5)))
        stable = all_stable(lists)
        assert stable
        several += len(stable) > 1
        ranked = [places(lists, partner) for partner in stable]
        rows = tuple(pair_stably(*lists).column.tolist())
        columns = tuple(pair_stably(*lists, proposing="columns").column.tolist())
        assert {rows, columns} <= set(stable)
        assert all(np.all(np.array(places(lists, rows)) <= other) for other in ranked)
        assert all(np.all(np.array(places(lists, columns)) >= other) for other in ranked)
        # Who stays alone is the same in all of them.
        assert len({tuple(j < 0 for j in partner) for partner in stable}) == 1
    evidence("stable_brute_force", cases=cases, several_stable=several, seed=seed)
    assert several > 0


@pytest.mark.parametrize("proposing", ["rows", "columns"])
def test_two_thousand_organizations_and_a_hundred_stations(
    proposing: Any, evidence: Callable[..., None], seed: int
) -> None:
    """Full lists of 2,000 x 100 with ties: no pair blocks, by a check that shares nothing with it."""
    rng = np.random.default_rng(seed)
    column = np.argsort(rng.random((2000, 100)), axis=1).ravel()
    rank = rng.integers(0, 300, len(column))
    capacity = rng.multinomial(1800, np.full(100, 0.01))
    lists = np.arange(2001) * 100, column, rank, capacity
    begin = time.perf_counter()
    found = pair_stably(*lists, proposing=proposing)
    seconds = time.perf_counter() - begin
    evidence("stable_2000_x_100", proposing=proposing, milliseconds=int(1000 * seconds), seed=seed)
    assert blocking(lists, found.column.tolist()) == []
    assert int((found.column >= 0).sum()) == 1800


def test_ties_are_broken_by_row_number_and_refusals_hold() -> None:
    """Of two equal applicants the first row is taken; a negative rank is never paired."""
    lists = np.array([0, 1, 2]), np.array([0, 0]), np.array([5, 5]), np.array([1])
    assert pair_stably(*lists).column.tolist() == [0, -1]
    refused = np.array([0, 1, 2]), np.array([0, 0]), np.array([-1, 5]), np.array([1])
    found = pair_stably(*refused)
    assert (found.column.tolist(), found.edge.tolist()) == ([-1, 0], [-1, 1])
    assert (found.place.tolist(), found.proposals) == ([-1, 0], 2)


def test_a_checker_that_sees_nothing_would_fail() -> None:
    """The checker names the pair that blocks a pairing made by hand."""
    lists = np.array([0, 2, 4]), np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]), np.array([1, 1])
    assert blocking(lists, [1, 0]) == [(0, 0)]
    assert blocking(lists, [0, 1]) == []


def test_nobody_and_no_station_are_no_error() -> None:
    """No rows, or rows without lists, are paired with nobody."""
    none = np.zeros(0, dtype=np.int64)
    assert isinstance(pair_stably(np.array([0]), none, none, none), Pairing)
    assert pair_stably(np.array([0, 0]), none, none, none).column.tolist() == [-1]
    columns = pair_stably(np.array([0, 0]), none, none, np.array([1]), proposing="columns")
    assert columns.column.tolist() == [-1]


def test_bad_lists_are_named() -> None:
    """Each refusal says which array, which entry and what was expected."""
    good: dict[str, Any] = {
        "start": np.array([0, 2]),
        "column": np.array([0, 1]),
        "rank": np.array([0, 0]),
        "capacity": np.array([1, 1]),
    }
    for wrong, said in (
        ({"start": np.array([0, 1])}, "start must rise from 0 to the number of edges, 2"),
        ({"column": np.array([0, 2])}, r"column\[1\] is 2, expected 0 to 1"),
        ({"column": np.array([1, 1])}, r"column\[1\] lists 1 twice in row 0, expected once"),
        ({"rank": np.array([0])}, "rank has 1 entries, expected 2"),
        ({"rank": np.array([0.5, 1])}, "rank holds float64 in 1 dimensions"),
        ({"capacity": np.array([1, -1])}, r"capacity\[1\] is -1, expected none negative"),
        ({"proposing": "both"}, "proposing is 'both', expected 'rows' or 'columns'"),
    ):
        with pytest.raises(ValueError, match=said):
            pair_stably(**{**good, **wrong})
