"""How participation spreads and how households come to help."""

import attrs
import numpy as np
import pytest

from helping_town import pass_days, points_rules, rule, town
from wushe.simulate.city import EVENT_CODES
from wushe.simulate.helpers import spreading, staying

NOTHING = {
    "spreading.own": 0.0, "spreading.ties": 0.0, "spreading.lapse": 0.0, "spreading.later": 0.0,
    "spreading.enrol": 0.0, "spreading.helped": 0.0, "activities.converts": 0.0, "spreading.start": 0.1,
}  # fmt: skip
"""Nobody begins or ceases to take part."""
YEAR = 365


def passed(city, days=YEAR):
    """Let participation spread for so many days."""
    return pass_days(city, days, spreading.STAGE)


def bass(start, own, ties, years):
    """Participation after `years` where everybody knows everybody (Bass 1969)."""
    grown = (start + own / ties) / (1 - start) * np.exp((own + ties) * years)
    return (grown - own / ties) / (1 + grown)


# --- taking part ------------------------------------------------------------------------------


def test_the_stated_share_takes_part_on_the_first_day():
    """`spreading.start` of households, those of volunteers among them."""
    city = town(5000, 300, **{"spreading.start": 0.18})
    spreading.begin(city)
    assert spreading.participation(city) == pytest.approx(0.18, abs=0.02)
    assert city.house["joined"][:300].all()


def test_nobody_joins_where_nothing_makes_them():
    """Without a cause participation stays what it was."""
    city = passed(town(1000, 20, **NOTHING))
    assert city.house["joined"].sum() == pytest.approx(100, abs=30)
    assert city.figures.get("households_joined", 0) == 0
    assert len(city.volunteers) == 20


def test_where_households_know_many_it_spreads_as_bass_says():
    """With 80 acquaintances drawn from the whole town, growth follows the closed form within two points."""
    assume = {**NOTHING, "spreading.own": 0.03, "spreading.ties": 0.38, "spreading.start": 0.18}
    city = town(4000, 0, known=80, **assume)
    passed(city, 3 * YEAR)
    assert spreading.participation(city) == pytest.approx(bass(0.18, 0.03, 0.38, 3.0), abs=0.02)


def test_the_published_growth_of_hefei_is_within_reach():
    """From 18 per cent, three years at the literature's averages end within 40 to 52 per cent (Hefei: 46)."""
    city = town(6000, 360, **{"spreading.start": 0.18})
    pass_days(city, 3 * YEAR, staying.STAGE, spreading.STAGE)
    assert 0.40 < spreading.participation(city) < 0.52


def test_it_spreads_along_ties_only():
    """Where only ties bring people in, no household joins that no chain of acquaintances leads to."""
    city = town(1000, 0, **{**NOTHING, "spreading.ties": 20.0})
    spreading.begin(city)
    city.house["joined"][:] = False
    city.house["joined"][:20] = True
    half = city.people.ties < 500
    of = np.repeat(np.arange(1000), np.diff(city.people.ties_start))
    keep = half == (of < 500)  # no tie crosses between the halves
    start = np.searchsorted(of[keep], np.arange(1001))
    city.people = attrs.evolve(city.people, ties=city.people.ties[keep], ties_start=start)
    city.day = 1
    passed(city, YEAR)
    assert city.house["joined"][:500].mean() > 0.9
    assert not city.house["joined"][500:].any()


def test_shares_of_ties_are_counted_by_household():
    """A household with two acquaintances of whom one takes part has a share of a half; a lonely one 0."""
    city = town(4, 0)
    city.people = attrs.evolve(
        city.people, ties_start=np.array([0, 2, 3, 4, 4]), ties=np.array([1, 2, 0, 0])
    )
    city.house["joined"][:] = [False, True, False, False]
    assert spreading.share_of_ties(city).tolist() == [0.5, 0.0, 0.0, 0.0]


def test_those_who_were_helped_may_take_part():
    """Each help brings the household in with the stated chance, in the week after, and counts once."""
    city = town(4000, 0, **{**NOTHING, "spreading.start": 0.0, "spreading.helped": 0.2})
    spreading.begin(city)
    city.house["helped"][:1000] = 1
    city.house["helped"][1000:2000] = 2
    city.day = 1
    passed(city, 60)
    joined = city.house["joined"].reshape(4, 1000).mean(axis=1)
    assert joined[:2] == pytest.approx([0.2, 0.36], abs=0.05)
    assert joined[2:].sum() == 0


def test_some_cease_but_not_those_with_a_volunteer():
    """The stated rate of lapse holds for all but households whose volunteer is active."""
    city = town(5000, 500, **{**NOTHING, "spreading.start": 1.0, "spreading.lapse": 0.5})
    passed(city)
    assert city.house["joined"][:500].all()
    assert city.house["joined"][500:].mean() == pytest.approx(np.exp(-0.5), abs=0.03)


# --- activities -------------------------------------------------------------------------------


def test_activities_are_counted_with_their_person_times():
    """Twelve a year in each of 20 communities, with the attendance of the published figures."""
    city = town(2000, 0, 20, **NOTHING)
    spreading.begin(city)
    held = times = 0
    for week in range(1, 53):
        city.day, city.figures = 7 * week, {}
        guests = spreading.hold_activities(city)
        held += city.figures["activities"]
        times += city.figures["activity_times"]
        assert guests.sum() == city.figures["activity_times"]
    assert held == pytest.approx(240, abs=50)
    assert times / held == pytest.approx(14.75, rel=0.05)


def test_activities_draw_people_of_the_community():
    """Where one community alone has households, only they attend; who attends may begin to take part."""
    city = town(300, 0, 1, **{**NOTHING, "spreading.start": 0.0, "activities.converts": 1.0})
    spreading.begin(city)
    city.day = 7
    guests = spreading.hold_activities(city)
    spreading.step(city)
    assert np.array_equal(city.house["joined"], guests > 0)


# --- enrolling --------------------------------------------------------------------------------


def test_new_volunteers_are_like_those_of_the_first_day():
    """They live in their household's community, with skills, hours and keenness as drawn from the first ones."""
    city = town(2000, 200, 10, **{**NOTHING, "spreading.enrol": 1.0, "spreading.own": 0.5})
    city.volunteers["weekly"][:100] = 60
    city.volunteers["skills"][:100] = 1
    city.volunteers["grid"][:10] = True
    city.house["helped"][:] = 1
    passed(city)
    new = np.arange(200, len(city.volunteers))
    v = city.volunteers
    assert len(new) > 400
    assert np.array_equal(v["home"][new], city.people.home[v["household"][new]])
    assert np.array_equal(v["weekly"][new] == 60, v["skills"][new] == 1)
    assert (v["weekly"][new] == 60).mean() == pytest.approx(0.5, abs=0.08)
    assert not v["grid"][new].any()
    assert np.array_equal(v["team"][new], v["home"][new])
    assert v["helped_before"][new].all()
    assert v["active"][new].all()
    assert city.log["kind"].tolist() == [EVENT_CODES["volunteer_joined"]] * len(new)


def test_no_household_enrols_a_second_volunteer():
    """However long it goes on, each household has one volunteer at most beside those of the first day."""
    assume = {**NOTHING, "spreading.enrol": 0.5, "spreading.own": 1.0, "spreading.later": 1.0}
    city = passed(town(500, 20, **assume), 2 * YEAR)
    assert len(city.volunteers) > 200
    assert len(set(city.volunteers["household"].tolist())) == len(city.volunteers)


def test_family_points_bring_more_volunteers():
    """Where points go to the family, more of the households that begin to take part enrol a volunteer."""
    assume = {**NOTHING, "spreading.enrol": 0.1, "spreading.family": 0.3, "spreading.own": 0.5}
    plain = passed(town(2000, 20, **assume))
    family = passed(town(2000, 20, plugins=points_rules(rule(family=True)), **assume))
    assert len(family.volunteers) > 1.5 * len(plain.volunteers)


def test_without_volunteers_on_the_first_day_nobody_is_there_to_be_like():
    """A scenario without volunteers stays without, and does not fail."""
    city = passed(town(500, 0, **{**NOTHING, "spreading.enrol": 1.0, "spreading.own": 1.0}))
    assert len(city.volunteers) == 0


# --- common random numbers --------------------------------------------------------------------


def test_help_given_elsewhere_does_not_move_who_joins():
    """Two towns that differ in who was helped differ in nothing else: ties aside, the same others join."""
    assume = {**NOTHING, "spreading.own": 0.2, "spreading.helped": 1.0}
    one, two = town(1000, 20, **assume), town(1000, 20, **assume)
    for city in (one, two):
        spreading.begin(city)
        city.day = 1
    two.house["helped"][900:] = 1
    for city in (one, two):
        passed(city)
    assert np.array_equal(one.house["joined"][:900], two.house["joined"][:900])
    assert two.house["joined"][900:].all()
    assert not one.house["joined"][900:].all()


def test_other_seeds_meet_other_towns():
    """Seeds matter."""
    one, two = (passed(town(1000, 20, seed=seed)) for seed in (1, 2))
    assert not np.array_equal(one.house["joined"], two.house["joined"])
