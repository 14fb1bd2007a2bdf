"""Stable partners by id: what a user sees of the pairing of organizations and stations."""

import re
from typing import Any

import numpy as np
import pytest

import wushe
from wushe import Household, Need, Organization, Place, Station, WusheError
from wushe.matching.partners import Partners, explain_partners, pair_partners

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


# --- the pairing explained ---------------------------------------------------------------------------


def test_why_not_the_first_choice_names_whom_it_preferred() -> None:
    """O1 would rather have S1, which prefers O3: S1's first choice, O1 its third."""
    found = pair_partners(ORGANIZATIONS, STATIONS)
    said = explain_partners(found, ORGANIZATIONS, STATIONS, "O1", "en").splitlines()
    assert said[0] == "O1 – S2 (choice 2)"
    assert said[1:] == [
        "  would rather have S1, which prefers O3: its choice 1; O1 is its choice 3"
    ]
    assert explain_partners(found, ORGANIZATIONS, STATIONS, "O3") == "O3 – S1（第 1 志愿）"


def test_who_stays_alone_is_told_why_by_every_one_on_the_list() -> None:
    """O2 lists both stations; each prefers the organization that it has."""
    found = pair_partners(ORGANIZATIONS, STATIONS)
    said = explain_partners(found, ORGANIZATIONS, STATIONS, "O2", names={"O2": "协会"})
    assert said.splitlines()[0] == "协会：没有结对"
    assert "更愿意与 O3 结对" in said
    assert "更愿意与 O1 结对" in said


def test_the_other_side_is_told_too() -> None:
    """S2 has its first choice; S1 with two places lists its partners, best first, and nobody it lost."""
    found = pair_partners(ORGANIZATIONS, STATIONS, {"S1": 2})
    both = explain_partners(found, ORGANIZATIONS, STATIONS, "S1", "en").splitlines()
    assert both == ["S1 – O3 (choice 1)", "S1 – O2 (choice 2)"]
    liked = {"A": ["x"], "B": ["y", "x"], "C": ["y"]}
    wanted = {"x": ["B", "A"], "y": ["B", "C"]}
    lost = explain_partners(pair_partners(liked, wanted), liked, wanted, "x", "en")
    assert "would rather have B, which prefers y: its choice 1; x is its choice 2" in lost


def test_who_is_not_listed_or_finds_no_room_is_told_so() -> None:
    """Not on the other's list, or the other takes nobody."""
    first, second = {"A": ["x", "y"]}, {"x": [], "y": ["A"]}
    found = pair_partners(first, second, {"y": 0})
    said = explain_partners(found, first, second, "A", "en")
    assert "which does not list A" in said
    assert "y, which takes nobody" in said
    with pytest.raises(KeyError):
        explain_partners(found, first, second, "Z")


def test_every_explanation_holds(seed: int) -> None:
    """Whoever is said to be preferred is paired there, and stands before who asks."""
    rng = np.random.default_rng(seed)
    rows, columns = [f"o{i}" for i in range(30)], [f"s{i}" for i in range(8)]
    first = {o: [columns[k] for k in rng.permutation(8)[: rng.integers(0, 8)]] for o in rows}
    second = {s: [rows[k] for k in rng.permutation(30)[: rng.integers(0, 30)]] for s in columns}
    found = pair_partners(first, second, dict.fromkeys(columns, 2))
    for who in rows:
        for line in explain_partners(found, first, second, who, "en").splitlines()[1:]:
            told = re.fullmatch(r"  would rather have (\w+), which prefers (\w+): its choice (\d+); \w+ is its choice (\d+)", line)  # fmt: skip
            if told is None:
                assert "does not list" in line
                continue
            liked, held, a, b = told.groups()
            assert found.partner[held] == liked
            assert second[liked].index(held) + 1 == int(a) < int(b) == second[liked].index(who) + 1


def test_who_is_on_no_side_is_an_error_that_says_so() -> None:
    """The id is named."""
    found = pair_partners(ORGANIZATIONS, STATIONS)
    with pytest.raises(KeyError, match="'O9' is on neither side"):
        explain_partners(found, ORGANIZATIONS, STATIONS, "O9")


# --- pairs as the hooks see them ---------------------------------------------------------------------


def test_a_need_has_the_partners_of_every_station_above_it() -> None:
    """The county's, the town's, both of two stations in one place; none where nobody is paired or known."""
    levels = {"C": "county", "T": "street", "V": "community", "U": "street", "D": "county"}
    above = {"T": "C", "V": "T", "U": "C"}
    paired = {"C": ("O1",), "T": ("O2", "O3"), "D": None}
    records = [
        *(Place(id=k, name=k, level=levels[k], parent=above.get(k)) for k in levels),
        *(Organization(id=f"O{n}", name=str(n), kind="school") for n in range(1, 5)),
        *(Station(id=f"S-{k}", name=k, place=k, pairs=pairs) for k, pairs in paired.items()),
        Station(id="S-T2", name="T2", place="T", pairs=("O4",)),
        *(Household(id=f"H-{k}", name=k, place=k) for k in "VUD"),
        Household(id="H-X", name="X"),
        *(Need(id=f"N-{k}", category="visit", household=f"H-{k}") for k in "VUDX"),
    ]
    rules = wushe.load_plugins()
    city = wushe.build_network_from_records(records, rules.categories, rules.target_groups)
    needs = wushe.make_plan(city, plugins=rules, on="2025-09-15").matching.prepared.needs
    found = dict(zip(needs["id"], needs["partners"], strict=True))
    assert found == {
        "N-V": ("O1", "O2", "O3", "O4"), "N-U": ("O1",), "N-D": None, "N-X": None
    }  # fmt: skip
