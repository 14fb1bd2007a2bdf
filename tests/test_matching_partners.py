"""Stable partners by id: what a user sees of the pairing of organizations and stations."""

from typing import Any

import numpy as np
import pytest

from wushe import WusheError
from wushe.matching.partners import Partners, pair_partners

ORGANIZATIONS = {"O1": ["S1", "S2"], "O2": ["S1", "S2"], "O3": ["S1"]}
STATIONS = {"S1": ["O3", "O2", "O1"], "S2": ["O1", "O2"]}


def test_each_side_gets_what_it_can_have() -> None:
    """S1 prefers O3, so the others go on to S2, which has one place only."""
    found = pair_partners(ORGANIZATIONS, STATIONS)
    assert found.partner == {"O1": "S2", "O2": None, "O3": "S1"}
    assert found.choice == {"O1": 2, "O2": None, "O3": 1}


def test_places_are_counted() -> None:
    """With two places S1 takes its two best."""
    found = pair_partners(ORGANIZATIONS, STATIONS, {"S1": 2})
    assert found.partner == {"O1": "S2", "O2": "S1", "O3": "S1"}
    assert "第一志愿 2 / 3" in found.say()
    assert "O1 – S2 (choice 2)" in found.say("en")


def test_the_proposing_side_gets_its_best_stable_pairing() -> None:
    """Two stable pairings; each side has its own favourite."""
    first = {"A": ["x", "y"], "B": ["y", "x"]}
    second = {"x": ["B", "A"], "y": ["A", "B"]}
    assert pair_partners(first, second).partner == {"A": "x", "B": "y"}
    assert pair_partners(first, second, proposing="second").partner == {"A": "y", "B": "x"}


def test_the_order_of_the_tables_changes_nothing(seed: int) -> None:
    """The same preferences in another order give the same partners; nobody blocks."""
    rng = np.random.default_rng(seed)
    rows, columns = [f"o{i}" for i in range(40)], [f"s{i}" for i in range(9)]
    first = {o: [columns[k] for k in rng.permutation(9)[: rng.integers(0, 9)]] for o in rows}
    second = {s: [rows[k] for k in rng.permutation(40)[: rng.integers(0, 40)]] for s in columns}
    places = {s: int(rng.integers(0, 6)) for s in columns}
    found = pair_partners(first, second, places)
    again = pair_partners(
        dict(reversed(first.items())),
        dict(reversed(second.items())),
        dict(reversed(places.items())),
    )
    assert found == again
    assert blocking(found, first, second, places) == []


def blocking(
    found: Partners,
    first: dict[str, list[str]],
    second: dict[str, list[str]],
    places: dict[str, int],
) -> list[tuple[str, str]]:
    """Return the pairs that would both rather be paired, looked for one by one."""
    members = {s: [o for o, p in found.partner.items() if p == s] for s in second}
    blocks = []
    for o, liked in first.items():
        mine = found.partner[o]
        for s in liked[: liked.index(mine) if mine is not None else None]:
            if o not in second[s]:
                continue
            rank = second[s].index
            room = len(members[s]) < places[s]
            if room or any(rank(o) < rank(other) for other in members[s]):
                blocks.append((o, s))
    return blocks


def test_all_that_is_wrong_is_said_at_once() -> None:
    """Strangers, repetitions and negative places, each with where it stands."""
    with pytest.raises(WusheError) as caught:
        pair_partners({"O1": ["S9", "S1", "S1"]}, {"S1": ["O1", "O7"]}, {"S1": -1, "S2": 1})
    for part in ("'S9'", "'S1' twice", "'O7'", "places['S1'] is -1", "places['S2']"):
        assert part in str(caught.value)


def test_only_one_of_the_two_sides_proposes() -> None:
    """Another word than the two is refused in both languages, not taken for the second side."""
    with pytest.raises(WusheError) as caught:
        pair_partners(ORGANIZATIONS, STATIONS, proposing="x")  # type: ignore[arg-type]
    assert "proposing 是 'x'，应为 first 或 second" in str(caught.value)
    assert "proposing is 'x', expected 'first' or 'second'" in str(caught.value)


@pytest.mark.parametrize("places", [1.5, 2.0, True, "1", None])
def test_places_are_whole_numbers(places: object) -> None:
    """Half a place is not cut off to none: what is no whole number is refused, in both languages."""
    with pytest.raises(WusheError) as caught:
        pair_partners(ORGANIZATIONS, STATIONS, {"S1": places})  # type: ignore[dict-item]
    assert f"places['S1'] 是 {places!r}，应为" in str(caught.value)
    assert f"places['S1'] is {places!r}, expected a whole number" in str(caught.value)


def test_places_may_be_counted_by_numpy() -> None:
    """A whole number from an array is as good as Python's."""
    places: dict[str, Any] = {"S1": np.int64(2)}
    assert pair_partners(ORGANIZATIONS, STATIONS, places).partner["O2"] == "S1"
