"""Shocks: which days, places and sorts of need they touch, and what is refused."""

import attrs
import numpy as np
import pytest

from simulate_town import COMMUNITIES, STREETS, population
from wushe.simulate.streams import Streams
from wushe.simulate.world.shocks import FLOOD_NEEDS, Shock, factors, flood_week
from wushe.text import Text

STREAMS = Streams(np.random.SeedSequence(3))
CATEGORIES = tuple(sorted((*FLOOD_NEEDS, "tutoring", "visit")))


def heat(**changes):
    """Return a shock that touches everything, everywhere."""
    return attrs.evolve(Shock("heat", Text("高温", "heat"), 2, 3, 2.0), **changes)


def test_a_shock_lasts_from_its_first_day_for_its_days():
    """Neither the day before nor the day after."""
    assert [heat().on(day) for day in range(1, 7)] == [False, True, True, True, False, False]


def test_named_places_are_hit_and_no_others():
    """A street's id stands for all its communities."""
    people = population()
    assert heat(places=(STREETS[1],)).hit(people, STREAMS).tolist() == [False, False, True, True]
    assert heat(places=(COMMUNITIES[1],)).hit(people, STREAMS).tolist() == [
        False,
        True,
        False,
        False,
    ]


def test_a_larger_share_hits_the_same_places_and_more():
    """So that two scenarios that differ in the share only can be compared place by place."""
    people = population()
    for seed in range(20):
        streams = Streams(np.random.SeedSequence(seed))
        few, many = (heat(share=share).hit(people, streams) for share in (0.3, 0.7))
        assert not (few & ~many).any()
    assert heat(share=1.0).hit(people, STREAMS).all()
    assert not heat(share=0.0).hit(people, STREAMS).any()


def test_a_flood_touches_food_and_repairs_and_not_tutoring():
    """What it touches are its categories."""
    touched = dict(zip(CATEGORIES, flood_week(0).touches(CATEGORIES), strict=True))
    assert touched["food"]
    assert touched["home_repair"]
    assert not touched["tutoring"]
    assert heat().touches(CATEGORIES).all()


def test_shocks_that_overlap_multiply_where_both_hit():
    """Communities 0 and 1 have heat, 1 and 2 flood; food is touched by both, tutoring by heat only."""
    shocks = [heat(), flood_week(0, factor=5.0)]
    hits = [np.array([True, True, False, False]), np.array([False, True, True, False])]
    touched = [shock.touches(CATEGORIES) for shock in shocks]
    pattern, by = factors(shocks, hits, touched, 3)
    food, tutoring = CATEGORIES.index("food"), CATEGORIES.index("tutoring")
    assert by[pattern, food].tolist() == [2.0, 10.0, 5.0, 1.0]
    assert by[pattern, tutoring].tolist() == [2.0, 2.0, 1.0, 1.0]


def test_a_day_without_a_shock_has_no_factors():
    """None stands for that."""
    assert factors([heat()], [np.ones(4, dtype=bool)], [np.ones(3, dtype=bool)], 1) is None


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"name": ""}, ValueError, "name of a shock is ''"),
        ({"label": "heat"}, TypeError, "expected a Text"),
        ({"first": -1}, ValueError, "first is -1; expected a whole number from 0 on"),
        ({"days": 0}, ValueError, "days is 0; expected a whole number from 1 on"),
        ({"days": True}, ValueError, "days is True"),
        ({"factor": -1.0}, ValueError, "factor is -1.0; expected 0 or more"),
        ({"factor": float("nan")}, ValueError, "factor is nan"),
        ({"share": 1.5}, ValueError, "share is 1.5; expected 0 to 1"),
        ({"categories": "food"}, TypeError, "expected a tuple of ids"),
        ({"places": (1,)}, TypeError, "expected a tuple of ids"),
    ],
)
def test_a_shock_that_cannot_be_is_refused(changes, error, said):
    """Each error says which shock, which field, what was there and what was expected."""
    with pytest.raises(error) as caught:
        heat(**changes)
    assert said in str(caught.value)


def test_a_place_or_category_that_is_not_there_is_refused():
    """A misspelled id must not be a shock that hits nobody."""
    with pytest.raises(ValueError, match="'nowhere' is no street or community"):
        heat(places=("nowhere",)).hit(population(), STREAMS)
    with pytest.raises(ValueError, match="'fod' is no need category"):
        heat(categories=("fod",)).touches(CATEGORIES)
