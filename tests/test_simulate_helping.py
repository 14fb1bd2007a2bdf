"""How volunteers answer calls, and what work does to them."""

from pathlib import Path

import numpy as np
import pytest

from helping_town import PLAIN, call, points_rules, rule, town
from wushe.model.parties import LEVELS
from wushe.orders.volunteers.points import raw_points
from wushe.simulate.city import ACCEPTED, DAY, DECLINED, TIMED_OUT
from wushe.simulate.helpers import helping, spreading, staying

ROOT = Path(__file__).resolve().parent.parent
MANY = 4000


def crowd(**assume):
    """A town of many volunteers, nobody led and everybody reached at once unless told otherwise."""
    return town(MANY, MANY, **{**PLAIN, **assume})


def accepted(city, **what):
    """The share of all volunteers who accept when called."""
    rows = call(city, np.arange(len(city.volunteers)), **what)
    return (helping.answers(city, rows)[0] == ACCEPTED).mean()


# --- whether ----------------------------------------------------------------------------------


def test_the_plain_share_accepts():
    """Rested, keen as usual, in their own community, for a normal need: `helping.accept` of them come."""
    city = crowd(**{"helping.accept": 0.4, "helping.per_km": 0.0})
    assert accepted(city) == pytest.approx(0.4, abs=4 * (0.24 / MANY) ** 0.5)


def test_everybody_comes_where_the_scenario_says_so():
    """With willingness 1, nobody away and no delay everybody accepts in the minute of the call, tired or not."""
    city = crowd(**{"helping.accept": 1.0})
    city.volunteers["tired"][:] = 50
    says, minutes = helping.answers(city, call(city, np.arange(MANY)))
    assert (says == ACCEPTED).all()
    assert (minutes == 0).all()


def test_nobody_comes_where_the_scenario_says_so():
    """With willingness 0 nobody accepts, however keen."""
    city = crowd(**{"helping.accept": 0.0})
    city.volunteers["keen"][:] = 50
    assert accepted(city) == 0


@pytest.mark.parametrize(
    ("column", "value", "more"),
    [
        ("keen", 3.0, True),  # the keen come more often
        ("keen", 0.0, False),  # those who do not care hardly ever
        ("tired", 4.0, False),  # the tired less
        ("active", False, False),  # those who have left never
    ],
)
def test_what_a_volunteer_is_like_decides(column, value, more):
    """Keenness raises willingness, tiredness lowers it, and who has left does not come."""
    city = crowd()
    before = accepted(city)
    city.volunteers[column][:] = value
    after = accepted(city)
    assert (after > before + 0.05) if more else (after < before - 0.05)


@pytest.mark.parametrize(
    ("what", "assume", "more"),
    [
        ({"urgency": 3}, {}, True),  # an emergency against a normal need
        ({"urgency": 0}, {}, False),  # a low one
        ({}, {"linkage.worker_led": 1.0}, True),  # with a social worker leading
        ({}, {"helping.per_km": 5.0}, False),  # where every kilometre counts for much
        ({}, {"helping.away": 0.5}, False),  # half out of reach that week
    ],
)
def test_what_is_asked_and_by_whom_decides(what, assume, more):
    """Urgency and a social worker's lead bring more volunteers; distance and absence fewer."""
    before, after = accepted(crowd()), accepted(crowd(**assume), **what)
    assert (after > before + 0.03) if more else (after < before - 0.03)


def test_points_bring_more_volunteers_for_what_earns_them_only():
    """A point rule of one category raises acceptance there and leaves the other category as it was."""
    plain, city = (
        crowd(),
        town(MANY, MANY, plugins=points_rules(rule(categories=("chores",))), **PLAIN),
    )
    assert accepted(city, category=0) > accepted(plain, category=0) + 0.03
    assert accepted(city, category=1) == accepted(plain, category=1)


def test_somebody_goes_back_to_whom_they_helped_before():
    """The volunteer who helped a household last is likelier to come again than all the others."""
    city = crowd(**{"helping.per_km": 0.0})
    call(city, [3], households=100)
    city.house["last_helper"][100] = 3
    chances = helping.willingness(city, np.arange(10), np.zeros(10, dtype=int))
    assert chances.argmax() == 3
    assert len(set(chances.tolist())) == 2


def test_an_answer_belongs_to_the_call():
    """The same call gets the same answer, asked again, in other company and in another order."""
    city = crowd(**{"helping.decide": 30.0, "helping.notice_list": 60.0})
    rows = call(city, np.arange(MANY))
    says, minutes = helping.answers(city, rows)
    turned = rows[::-7]
    again = helping.answers(city, turned)
    assert np.array_equal(again[0], says[turned - rows[0]])
    assert np.array_equal(again[1], minutes[turned - rows[0]])


def test_two_needs_of_two_days_are_two_questions():
    """Who declined today is asked anew tomorrow: answers of two days are independent."""
    city = crowd(**{"helping.accept": 0.5, "helping.per_km": 0.0})
    today = helping.answers(city, call(city, np.arange(MANY)))[0] == ACCEPTED
    tomorrow = helping.answers(city, call(city, np.arange(MANY), at=540.0 + DAY))[0] == ACCEPTED
    assert (today & tomorrow).mean() == pytest.approx(0.25, abs=0.04)


def test_those_who_will_not_come_say_so_or_keep_silent():
    """Of those who do not accept, the stated share declines; the others never say a word."""
    city = crowd(**{"helping.accept": 0.0, "helping.says_no": 0.3})
    says, minutes = helping.answers(city, call(city, np.arange(MANY)))
    assert (says == DECLINED).mean() == pytest.approx(0.3, abs=0.03)
    assert np.isinf(minutes[says == TIMED_OUT]).all()
    assert np.isfinite(minutes[says == DECLINED]).all()


# --- when -------------------------------------------------------------------------------------

ALL = {"helping.accept": 1.0}


def delays(assume, **what):
    """Minutes until all of a crowd have answered."""
    city = crowd(**ALL, **assume)
    return helping.answers(city, call(city, np.arange(MANY), **what))[1]


def test_the_shared_list_is_noticed_sooner_than_word_of_mouth():
    """Notice takes the stated mean, by waking minutes, on the list and by word of mouth alike."""
    means = {"helping.notice_list": 60.0, "helping.notice_chain": 120.0}
    listed = delays(means)
    told = delays({**means, "linkage.shared_list": 0.0})
    assert listed.mean() == pytest.approx(60, rel=0.08)
    assert told.mean() == pytest.approx(120, rel=0.08)


def test_nobody_reads_messages_at_night():
    """A call at eleven at night is noticed after seven in the morning; an emergency wakes."""
    means = {"helping.notice_list": 60.0, "helping.notice_phone": 5.0}
    night = 23 * 60.0
    normal = delays(means, at=night)
    emergency = delays(means, at=night, urgency=3)
    assert normal.min() >= 8 * 60
    assert normal.mean() == pytest.approx(8 * 60 + 60, rel=0.03)
    assert emergency.mean() == pytest.approx(5, rel=0.1)


def test_an_emergency_is_answered_while_somebody_is_on_the_telephone():
    """Then there is little to think over: the pause of other calls does not hold it up."""
    means = {
        "helping.decide": 600.0,
        "helping.decide_phone": 5.0,
        "helping.notice_phone": 0.0,
        "helping.wakes": 0.0,
        "helping.sleeps": DAY,
    }
    assert delays(means, urgency=3).mean() == pytest.approx(5, rel=0.1)
    assert delays(means, urgency=2).mean() == pytest.approx(600, rel=0.1)


def test_no_answer_comes_between_ten_at_night_and_seven():
    """However long it takes, a message is noticed while messages are read."""
    late = (540 + delays({"helping.notice_list": 900.0})) % DAY
    assert late.min() >= 420
    assert late.max() <= 1320


# --- linkage ----------------------------------------------------------------------------------


def test_a_team_is_led_whole_or_not_at_all():
    """Whether a social worker leads is one draw for a team."""
    city = town(400, 400, 20, **{"linkage.worker_led": 0.5})
    led = helping.led_by_worker(city, np.arange(400))
    by_team = [set(led[city.volunteers["team"] == team].tolist()) for team in range(20)]
    assert all(len(seen) == 1 for seen in by_team)
    assert set.union(*by_team) == {True, False}


def test_linkage_is_in_the_scenario():
    """Unlinked, everybody serves their own community, unled and off the list; linked, the stated share."""
    apart = town(MANY, MANY, **helping.UNLINKED)
    staying.begin(apart)
    everybody = np.arange(MANY)
    assert set(apart.volunteers["reach"].tolist()) == {tuple(LEVELS).index("community")}
    assert not helping.led_by_worker(apart, everybody).any()
    assert not helping.on_shared_list(apart, everybody).any()
    linked = town(MANY, MANY, **{"linkage.reach": 0.7, "linkage.shared_list": 0.2})
    staying.begin(linked)
    assert (linked.volunteers["reach"] == staying.STREET).mean() == pytest.approx(0.7, abs=0.03)
    assert helping.on_shared_list(linked, everybody).mean() == pytest.approx(0.2, abs=0.03)


# --- work -------------------------------------------------------------------------------------


def test_work_tires_by_the_hours_offered():
    """Four hours are a whole week's work to somebody who offers four a week, half of it to who offers eight."""
    city = town()
    city.volunteers["weekly"][1] = 480
    helping.served(city, np.array([0, 1]), np.array([240, 240]), np.zeros(2, dtype=int))
    assert city.volunteers["tired"][:3].tolist() == [1.0, 0.5, 0.0]
    assert city.figures == {"services": 2, "service_minutes": 480, "points": 0}


def test_two_services_of_one_volunteer_both_count():
    """A volunteer may come twice in one batch."""
    city = town()
    helping.served(city, np.array([5, 5]), np.array([60, 60]), np.zeros(2, dtype=int))
    assert city.volunteers["served"][5] == 2
    assert city.volunteers["tired"][5] == 0.5


@pytest.mark.parametrize(
    "fields",
    [
        {"per_hour": 10},  # hours pro rata, rounded down
        {"per_hour": 0, "per_time": 3},  # each time
        {"per_hour": 7, "per_time": 2},  # both
    ],
)
def test_points_are_those_of_the_library(fields):
    """A service earns in the simulation what the library's points account would be credited."""
    city = town(plugins=points_rules(rule(**fields)))
    minutes = np.array([60, 90, 125])
    helping.served(city, np.array([0, 1, 2]), minutes, np.zeros(3, dtype=int))
    per_hour, per_time = fields["per_hour"], fields.get("per_time", 0)
    expected = [raw_points(per_hour, per_time, m, 1) for m in minutes.tolist()]
    assert city.volunteers["points"][:3].tolist() == expected
    assert city.figures["points"] == sum(expected)


def test_later_volunteers_are_known_by_their_household():
    """Draws belong to the person: in which row a newcomer is depends on what was done before, so rows do not count."""
    city = town(200, 20)
    helping.note_first_volunteers(city)
    one = city.volunteers.append(2, household=[50, 60])
    other = town(200, 20)
    helping.note_first_volunteers(other)
    turned = other.volunteers.append(2, household=[60, 50])
    assert helping.persons(city, one).tolist() == helping.persons(other, turned)[::-1].tolist()
    assert set(helping.persons(city, np.arange(22)).tolist()) == {*range(20), -51, -61}


# --- together ---------------------------------------------------------------------------------


def hours_until_accepted(assume, window=DAY):
    """Mean hours until somebody of up to eight takes a normal need, asked one after the other in the community."""
    n, homes = 2000, 20
    city = town(n, n, homes, **assume)
    staying.begin(city)
    wanting = np.arange(n)
    asked = np.random.default_rng(0).integers(n // homes, size=(8, n)) * homes + wanting % homes
    at, taken = np.full(n, 540.0), np.full(n, np.nan)
    for helpers in asked:
        rows = call(city, helpers[wanting], households=wanting, at=at[wanting])
        says, minutes = helping.answers(city, rows)
        yes = (says == ACCEPTED) & (minutes <= window)
        at[wanting] += np.minimum(minutes, window)
        taken[wanting[yes]] = at[wanting[yes]] - 540
        wanting = wanting[~yes]
    return np.nanmean(taken) / 60


def test_linkage_shortens_response():
    """With the default assumptions a linked town answers 1.2 to 1.6 times as fast as an unlinked one (Jianghan: 1.4)."""
    assert 1.2 < hours_until_accepted(helping.UNLINKED) / hours_until_accepted({}) < 1.6


def test_the_page_names_every_assumption_with_its_default():
    """The explanation of the model tells each number that helping, staying and spreading rest on."""
    page = (ROOT / "docs" / "explanation" / "volunteers-simulated.md").read_text(encoding="utf-8")
    for a in (*helping.ASSUMPTIONS, *staying.ASSUMPTIONS, *spreading.ASSUMPTIONS):
        assert f"| `{a.id}` | {a.default:g} | {a.label.zh} | {a.label.en} ({a.unit}) |" in page
