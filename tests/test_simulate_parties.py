"""The helpers of the first day: in the stated numbers, with skills and goods that the needs ask for."""

import numpy as np
import pytest

from wushe.ledger.money.columns import FundColumns
from wushe.plugins.manager import load_plugins
from wushe.simulate.city import City
from wushe.simulate.helpers.helping import persons
from wushe.simulate.streams import Streams
from wushe.simulate.world.parties import COMMUNITY, settle, skills_asked
from wushe.simulate.world.population import populate
from wushe.simulate.world.ready import small


def settled(entropy: int = 1, **changes) -> City:
    """Return the small city with its helpers, changed."""
    scenario = small().but(**changes)
    plugins = load_plugins(*scenario.plugins)
    streams = Streams(np.random.SeedSequence(entropy))
    people = populate(scenario, streams)
    city = City(
        scenario, plugins, streams, people, tuple(sorted(plugins.categories)), FundColumns()
    )
    settle(city)
    return city


@pytest.fixture(scope="module")
def city():
    """The small city."""
    return settled()


def test_there_are_as_many_of_each_party_as_the_scenario_says(city):
    """Volunteers and grid workers together, workers, lots and funds."""
    s = city.scenario
    assert len(city.volunteers) == s.volunteers + s.grid_workers
    assert city.volunteers["grid"].sum() == s.grid_workers
    assert [len(city.workers), len(city.lots), len(city.funds)] == [s.workers, s.lots, s.funds]


def test_a_scenario_may_have_nobody():
    """No volunteers, workers, lots or funds at all is a city too."""
    empty = settled(volunteers=0, grid_workers=0, workers=0, lots=0, funds=0)
    assert [
        len(rows)
        for rows in (empty.volunteers, empty.workers, empty.lots, empty.funds, empty.money)
    ] == [0] * 5


def test_volunteers_live_where_their_household_lives(city):
    """Their community is their household's; their team, if any, is that of their community."""
    v = city.volunteers
    assert (v["home"] == city.people.home[v["household"]]).all()
    teams = city.people.tables["volunteer_teams"]
    member = v["team"] >= 0
    assert (
        teams["place"][v["team"][member]].tolist()
        == city.people.communities[v["home"][member]].tolist()
    )
    assert 0 < member.mean() < 1


def test_hours_are_whole_and_near_the_stated_mean():
    """Everybody offers whole hours, at least one; 2,000 volunteers offer three on average."""
    v = settled(volunteers=2_000, grid_workers=0).volunteers
    assert (v["weekly"] % 60 == 0).all()
    assert v["weekly"].min() == 60
    assert v["weekly"].mean() == pytest.approx(180, rel=0.05)


def test_skills_are_those_that_the_plugins_ask_for():
    """Each volunteer has at least one known skill; every skill that a need asks for is found; workers know policy."""
    city = settled(volunteers=500)
    asked = set(skills_asked(city))
    sets = [city.skill_sets[code] for code in city.volunteers["skills"]]
    assert all(
        skills and set(skills) <= asked and list(skills) == sorted(skills) for skills in sets
    )
    assert {skill for skills in sets for skill in skills} == asked
    for code in city.workers["skills"]:
        assert {"policy", "visiting"} <= set(city.skill_sets[code])


def test_a_citys_own_skills_find_helpers():
    """With Hefei's plugin somebody can do what only Hefei asks for."""
    hefei = settled(plugins=("hefei",), volunteers=300)
    added = set(skills_asked(hefei)) - set(skills_asked(settled()))
    assert added
    assert added <= {skill for skills in hefei.skill_sets for skill in skills}


def test_goods_are_of_different_categories_and_expire(city):
    """Eight lots of all eight kinds of goods, each with pieces on hand, and days left to use them."""
    lots = city.lots
    forms = {city.plugins.categories[city.categories[code]].form for code in lots["category"]}
    assert forms == {"goods"}
    assert len(set(lots["category"].tolist())) == min(len(lots), 7)
    assert (lots["received"] == lots["on_hand"]).all()
    assert lots["on_hand"].min() >= 1
    assert lots["expires"].min() >= 1


def test_funds_begin_with_the_stated_money(city):
    """Every fund has 30,000 yuan free, gives for all needs of money, within its street; nothing is lost."""
    assert city.money.free.tolist() == [3_000_000, 3_000_000]
    assert city.money.residual() == 0
    assert set(city.purpose_sets[0]) == {
        c for c in city.categories if city.plugins.categories[c].form == "money"
    }
    places = city.people.tables["places"]
    assert (places["level"][city.funds["home"]] == "street").all()


def test_a_streets_fund_is_hosted_by_its_charity_federation(city):
    """Host and fund are of one street."""
    people, funds = city.people, city.funds
    hosts = people.tables["organizations"]
    assert (hosts["kind"][funds["organization"]] == "charity_federation").all()
    assert (
        hosts["place"][funds["organization"]].tolist()
        == people.tables["places"].ids[funds["home"]].tolist()
    )


def test_societies_of_communities_host_their_own_funds():
    """Where each community has a fund, a mutual-aid society of that community hosts it (Xuanzhou)."""
    city = settled(funds=6, fund_level="community")
    societies = city.people.tables["organizations"]
    hosts = city.funds["organization"]
    assert (societies["kind"][hosts] == "mutual_aid_society").all()
    assert societies["place"][hosts].tolist() == city.people.communities.tolist()
    assert (city.funds["reach"] == COMMUNITY).all()


def test_more_volunteers_leave_workers_goods_and_funds_as_they_are(city):
    """Parties are drawn from streams of their own."""
    more = settled(volunteers=90)
    assert skills_of(city.workers, city) == skills_of(more.workers, more)
    for rows, column in (("workers", "vetted"), ("lots", "on_hand"), ("lots", "expires")):
        assert getattr(city, rows)[column].tolist() == getattr(more, rows)[column].tolist()


def test_those_who_were_there_are_the_same_people_when_more_come(city):
    """To recruit 50 more volunteers, 5 workers and 3 lots changes nobody else, mobile grid workers least of all."""
    more = settled(volunteers=90, workers=9, lots=11)
    for rows, of_more in (
        (slice(0, 40), slice(0, 40)),
        (slice(40, None), slice(90, None)),
    ):
        for column in ("household", "weekly", "keen", "vetted", "team", "grid"):
            mine, theirs = city.volunteers[column][rows], more.volunteers[column][of_more]
            assert mine.tolist() == theirs.tolist(), column
        assert skills_of(city.volunteers, city)[rows] == skills_of(more.volunteers, more)[of_more]
        numbers = (np.arange(len(c.volunteers))[r] for c, r in ((city, rows), (more, of_more)))
        mine, theirs = (persons(c, n).tolist() for c, n in zip((city, more), numbers, strict=True))
        assert mine == theirs
    assert skills_of(city.workers, city) == skills_of(more.workers, more)[:4]
    for column in ("on_hand", "expires"):
        assert city.lots[column].tolist() == more.lots[column][:8].tolist()


@pytest.mark.parametrize("kept", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_goods_of_the_first_day_have_part_of_their_life_left(kept):
    """The stated share on average, and never more than all of it."""
    lots = settled(lots=800, **{"parties.lot_kept": kept, "parties.lot_life": 1_000.0}).lots
    assert lots["expires"].mean() == pytest.approx(1_000 * kept, abs=35)
    assert 1 <= lots["expires"].min() <= lots["expires"].max() <= 1_000


def skills_of(rows, city: City) -> list[tuple[str, ...]]:
    """Return the skills of helpers; codes of sets may differ from city to city."""
    return [city.skill_sets[code] for code in rows["skills"]]
