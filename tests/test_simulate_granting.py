"""What a grant takes over of a household's open needs: as the library's linkage counts it."""

from typing import Any

import numpy as np
import pytest

from wushe.simulate.city import BY_RELIEF, DAY, KNOWN, LISTED, MET, ORDERED, City
from wushe.simulate.engine import found
from wushe.simulate.resources.granting import grant, money_needs
from wushe.simulate.world import ready


@pytest.fixture
def city() -> City:
    """Return a city on its tenth day."""
    city = found(ready.small(), np.random.SeedSequence(1))
    city.day = 10
    return city


def ask(city: City, household: int, category: str, fen: int, **more: Any) -> int:
    """Put a need on the list, known since the day before; return its row."""
    given = {"known": 9 * DAY, "listed": 9 * DAY, "state": LISTED, "left": fen, **more}
    return int(
        city.needs.append(
            1, household=household, category=city.code(category), amount=fen, **given
        )[0]
    )


def granted(city: City, *grants: tuple[int, str, int]) -> dict[int, int]:
    """Grant (household, policy, fen) and return by how much each need was reduced."""
    homes, policies, fen = (list(column) for column in zip(*grants, strict=True))
    rows, parts = grant(city, np.array(homes), policies, np.array(fen, dtype=np.int64))
    return dict(zip(rows.tolist(), parts.tolist(), strict=True))


def test_a_grant_reduces_a_larger_need_and_closes_a_smaller_one(city: City) -> None:
    """What is left stays on the list; a need that is wholly covered is closed by relief."""
    large, small = ask(city, 5, "living_aid", 50_000), ask(city, 6, "living_aid", 20_000)
    assert granted(city, (5, "dibao", 30_000), (6, "dibao", 30_000)) == {
        large: 30_000,
        small: 20_000,
    }
    needs = city.needs
    assert needs["left"].tolist() == [20_000, 0]
    assert needs["by_relief"].tolist() == [30_000, 20_000]
    assert needs["state"].tolist() == [LISTED, BY_RELIEF]
    assert np.isnan(needs["closed"][0])
    assert needs["closed"][1] == 10 * DAY


def test_a_grant_is_counted_once_and_the_more_urgent_need_comes_first(city: City) -> None:
    """Two needs of one household share one grant, in the order of urgency."""
    usual = ask(city, 5, "living_aid", 20_000, urgency=1)
    urgent = ask(city, 5, "living_aid", 20_000, urgency=2)
    assert granted(city, (5, "dibao", 30_000)) == {urgent: 20_000, usual: 10_000}


def test_only_categories_that_the_policy_pays_for_are_covered(city: City) -> None:
    """低保 pays for living, not for medical bills; goods and services are no money."""
    ask(city, 5, "medical_aid", 20_000)
    ask(city, 5, "food", 3)
    assert granted(city, (5, "dibao", 30_000)) == {}
    mixed = ask(city, 5, "living_aid", 10_000)
    assert granted(city, (5, "dibao", 30_000)) == {mixed: 10_000}


def test_other_households_and_later_needs_are_not_touched(city: City) -> None:
    """A grant covers what was asked before it, of the household that it is for."""
    ask(city, 6, "living_aid", 20_000)
    ask(city, 5, "living_aid", 20_000, known=10 * DAY + 1)
    assert granted(city, (5, "dibao", 30_000)) == {}


def test_what_is_in_orders_is_left_to_them(city: City) -> None:
    """Only the part in no order is taken over; then all that is left is ordered."""
    partly = ask(city, 5, "living_aid", 50_000, ordered=30_000)
    wholly = ask(city, 6, "living_aid", 50_000, ordered=50_000, state=ORDERED)
    assert granted(city, (5, "dibao", 30_000), (6, "dibao", 30_000)) == {partly: 20_000}
    needs = city.needs
    assert needs["left"].tolist() == [30_000, 50_000]
    assert needs["state"].tolist() == [ORDERED, ORDERED]
    assert (needs["left"] >= needs["ordered"]).all()
    assert wholly == 1


def test_closed_and_hidden_needs_are_none_that_money_is_looked_for(city: City) -> None:
    """Known and listed needs for money with something unordered count, nothing else."""
    asked = [
        ask(city, 5, "living_aid", 100, state=state, left=left)
        for state, left in ((KNOWN, 100), (LISTED, 60), (MET, 0), (BY_RELIEF, 0), (0, 100))
    ]
    ask(city, 7, "living_aid", 100)
    assert money_needs(city, np.array([5, 6])).tolist() == asked[:2]
    assert granted(city, (5, "dibao", 130)) == {asked[0]: 100, asked[1]: 30}


def test_two_policies_of_one_household_add_up(city: City) -> None:
    """Each policy's money goes to what it pays for."""
    living, medical = ask(city, 5, "living_aid", 90_000), ask(city, 5, "medical_aid", 90_000)
    found_ = granted(
        city, (5, "dibao", 30_000), (5, "elder_allowance", 5_000), (5, "medical_relief", 1_000)
    )
    assert found_ == {living: 35_000, medical: 1_000}
