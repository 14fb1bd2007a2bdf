"""The relief desk: whom it assesses, what is filed and when it is decided, by the library's own policies."""

import datetime as dt
from typing import Any

import numpy as np
import pytest

import wushe
from wushe.relief import timetable
from wushe.rules.calendar import is_working_day
from wushe.simulate.city import BY_RELIEF, DAY, EVENT_CODES, HIDDEN, LISTED, City
from wushe.simulate.engine import found
from wushe.simulate.resources import relief
from wushe.simulate.resources.assessing import survey
from wushe.simulate.world import ready

SURE = {"relief.agree": 1.0, "relief.facts": 1.0, "relief.running": 0.0, "relief.confirmed": 1.0}
"""Nobody refuses, nothing is missing, all claims are new and confirmed."""
WEDNESDAY = dt.date(2025, 3, 5)


def town(seed: int = 1, **changes: Any) -> City:
    """Return 600 households of which many are in hardship and all are found, on a Wednesday."""
    given = {"start": WEDNESDAY, "households.hardship": 0.3, **changes}
    city = found(ready.small().but(**given), np.random.SeedSequence(seed))
    relief.STAGE.begin(city)  # type: ignore[misc]
    city.house["found"][:] = True
    return city


def ask(
    city: City, household: Any, category: str = "living_aid", fen: int = 40_000, **more: Any
) -> Any:
    """Put needs of households on the list, known since the day before; return their rows."""
    known = (city.day - 1) * DAY
    given = {"known": known, "listed": known, "arose": known, "state": LISTED, **more}
    n = np.size(household)
    return city.needs.append(
        n, household=household, category=city.code(category), amount=fen, left=fen, **given
    )


def lived(city: City, days: int) -> City:
    """Let the stage run for some days."""
    for city.day in range(days):
        relief.STAGE.step(city)
    return city


def filed(city: City) -> dict[str, list[Any]]:
    """Return the applications in columns, policies by id."""
    desk = city.memory["relief"]
    columns = {name: desk.applications[name].tolist() for name in desk.applications.fields}
    columns["policy"] = [desk.policies[p] for p in columns["policy"]]
    return columns


def test_the_desk_looks_at_found_households_in_hardship_those_in_need_first() -> None:
    """Nobody who was not found, nobody out of hardship, and no more than the desk can in a week."""
    city = town(**{"relief.desk": 20.0})
    hard = np.flatnonzero(city.people.hardship)
    city.house["found"][hard[:50]] = False
    ask(city, hard[-5:])
    ask(city, np.flatnonzero(~city.people.hardship)[:5])
    rows = relief.to_assess(city)
    assert len(rows) == 20
    assert set(hard[-5:].tolist()) <= set(rows.tolist()) <= set(hard[50:].tolist())
    lived(city, 15)
    seen = np.flatnonzero(city.house["assessed"] >= 0)
    assert len(seen) == 60
    assert set(city.house["assessed"][seen].tolist()) == {0, 7, 14}


def test_a_household_is_assessed_again_only_after_a_year() -> None:
    """What was looked at is left alone for as long as assumed."""
    city = town(**{"relief.desk": 1000.0, "relief.again": 21.0})
    first = relief.to_assess(city)
    lived(city, 21)
    assert set(city.house["assessed"][first].tolist()) == {0}
    lived(city, 22)
    assert set(city.house["assessed"][first].tolist()) == {21}


def test_what_is_filed_is_what_assess_says_is_possible() -> None:
    """Every application is a certain payment of a policy that the real assessment answers with yes."""
    city = town(**SURE)
    rows = relief.to_assess(city)
    answers = wushe.assess(
        survey(city, rows, city.memory["relief"].homes), on=city.on, plugins=city.plugins
    )
    relief.STAGE.step(city)
    found_ = filed(city)
    assert len(found_["policy"]) > 10
    assert {"dibao", "elder_allowance"} <= set(found_["policy"])
    paid = answers.payments()
    ids = city.people.tables["households"].ids
    for home, policy, fen in zip(found_["household"], found_["policy"], found_["fen"], strict=True):
        here = answers.network["households"].row_of([ids[home]])[0]
        mine = (paid.household == here) & (np.array(paid.policies)[paid.policy] == policy)
        lower = [low for low in paid.lo[mine].tolist() if low > 0]
        assert fen == sum(lower) > 0
    dibao = city.people.tables["households"]["statuses"]
    assert not [
        h
        for h, p in zip(found_["household"], found_["policy"], strict=True)
        if p in (dibao[h] or ())
    ]


def test_of_policies_that_exclude_each_other_the_first_is_claimed() -> None:
    """No household claims two policies of which it may have one only."""
    city = town(**SURE)
    relief.STAGE.step(city)
    claims: dict[int, set[str]] = {}
    for home, policy in zip(filed(city)["household"], filed(city)["policy"], strict=True):
        claims.setdefault(home, set()).add(policy)
    for mine in claims.values():
        for policy in mine:
            assert not mine & set(city.plugins.policies[policy].excludes)


@pytest.mark.parametrize("share", ["agree", "running", "confirmed"])
def test_every_share_can_stop_relief(share: str) -> None:
    """Nobody agrees, all is paid already, or nothing is confirmed: no money comes."""
    city = town(**{**SURE, f"relief.{share}": 1.0 if share == "running" else 0.0})
    ask(city, np.flatnonzero(city.people.hardship))
    lived(city, 60)
    assert city.needs["by_relief"].sum() == 0
    assert bool(len(filed(city)["fen"])) == (share == "confirmed")


def test_who_has_not_told_everything_is_not_found_eligible_by_guess() -> None:
    """Without complete facts 低保 is unknown and is not filed; what rests on an age alone still is."""
    city = town(**{**SURE, "relief.facts": 0.0})
    relief.STAGE.step(city)
    assert "dibao" not in filed(city)["policy"]
    assert "elder_allowance" in filed(city)["policy"]


def test_the_office_takes_the_working_days_that_the_procedure_gives() -> None:
    """With the whole lawful time 低保 is decided on the day until which it must be confirmed; with half of it, earlier."""
    days = {}
    for pace in (1.0, 0.5):
        city = town(**SURE, **{"relief.pace": pace})
        relief.STAGE.step(city)
        found_ = filed(city)
        days[pace] = {
            d for d, p in zip(found_["decides"], found_["policy"], strict=True) if p == "dibao"
        }
        assert all(is_working_day(WEDNESDAY + dt.timedelta(days=d)) for d in found_["decides"])
    chain = ("420103", "420100", "420000", "000000")
    policies = city.plugins.policies
    steps = {
        s.id: s for s in timetable(policies["dibao"], city.plugins.parameters, chain, WEDNESDAY)
    }
    due = steps["confirm"].due
    assert due is not None
    assert days[1.0] == {(due.on - WEDNESDAY).days} == {26}
    assert days[0.5] == {13}


def test_where_no_document_gives_a_number_the_assumed_one_counts() -> None:
    """The old-age allowance has no published limit: the assumed working days are taken."""
    city = town(**SURE, **{"relief.pace": 1.0, "relief.days": 3.0})
    relief.STAGE.step(city)
    found_ = filed(city)
    ages = {
        d
        for d, p in zip(found_["decides"], found_["policy"], strict=True)
        if p == "elder_allowance"
    }
    assert ages == {5}  # Thursday, Friday, Monday


def test_granted_money_reduces_or_closes_needs_that_were_known_before() -> None:
    """Over two months: what relief took over is logged, never more than was asked or granted, and closes needs."""
    city = town(**SURE)
    hard = np.flatnonzero(city.people.hardship)
    ask(city, hard, fen=8_000)
    ask(city, hard, fen=90_000)
    hidden = ask(city, hard, fen=30_000, state=HIDDEN, known=np.nan)
    lived(city, 60)
    needs = city.needs
    assert (needs["left"] + needs["by_relief"] == needs["amount"]).all()
    assert needs["by_relief"][hidden].sum() == 0
    assert ((needs["state"] == BY_RELIEF) == (needs["left"] == 0)).all()
    closed, reduced = needs["left"] == 0, (needs["by_relief"] > 0) & (needs["left"] > 0)
    assert closed.sum() > 5
    assert reduced.sum() > 5
    assert np.isfinite(needs["closed"][closed]).all()
    kinds = {
        k: city.log["kind"] == EVENT_CODES[k]
        for k in ("relief_filed", "relief_granted", "need_reduced")
    }
    assert city.log["amount"][kinds["need_reduced"]].sum() == needs["by_relief"].sum()
    granted = city.log["amount"][kinds["relief_granted"]].sum()
    assert granted == city.log["amount"][kinds["relief_filed"]].sum() >= needs["by_relief"].sum()
    assert (city.log["at"][kinds["relief_granted"]] % DAY == relief.AT).all()


def urgent(start: dt.date, **changes: Any) -> City:
    """Return a city in which three households told of an emergency on the first day."""
    city = town(start=start, **{**SURE, **changes})
    homes = np.flatnonzero(~city.people.hardship)[:3]
    told = {"known": 600.0, "arose": 500.0, "listed": 700.0, "urgency": 3}
    ask(city, homes, "emergency_aid", 200_000, **told)
    return lived(city, 8)


def test_small_and_fast_relief_answers_emergencies_within_days_without_a_means_test() -> None:
    """From 2026 on: filed on the day after somebody told, once, and paid within three days, whatever the income."""
    city = urgent(dt.date(2026, 3, 2))
    mine = [i for i, p in enumerate(filed(city)["policy"]) if p == "temp_small_fast"]
    needs, desk = city.needs, city.memory["relief"].applications
    assert desk["filed"][mine].tolist() == [1, 1, 1]
    assert desk["household"][mine].tolist() == needs["household"].tolist()
    month_fen = 940 * 100 * city.people.size[needs["household"]].astype(np.int64)
    assert desk["fen"][mine].tolist() == (month_fen * city["relief.within"]).tolist()
    assert needs["by_relief"].tolist() == np.minimum(month_fen // 2, 200_000).tolist()
    reduced = city.log["kind"] == EVENT_CODES["need_reduced"]
    assert 1 < city.log["at"][reduced].max() / DAY < 5


def test_where_no_amount_is_published_nothing_is_counted_on() -> None:
    """In 2025 nothing says what Wuhan pays in an emergency: nothing is filed that nobody could count on."""
    city = urgent(dt.date(2025, 3, 3))
    assert not {"temp_emergency", "temp_small_fast"} & set(filed(city)["policy"])
    assert city.needs["by_relief"].sum() == 0


def test_under_common_random_numbers_the_desks_order_changes_nobodys_luck() -> None:
    """A smaller desk sees the same households later, and the office answers each as it would have before."""
    fast, slow = (
        lived(town(**{"relief.desk": desk, "relief.pace": 0.2}), 120) for desk in (500.0, 15.0)
    )
    said: list[dict[Any, bool]] = []
    for city in (fast, slow):
        f = filed(city)
        pairs = zip(f["household"], f["policy"], strict=True)
        said.append(dict.fromkeys(pairs, True))
    assert said[0] == said[1]
    assert len(said[0]) > 10


def test_the_same_seed_gives_the_same_bytes() -> None:
    """Applications and log of two runs are equal, those of another seed are not."""
    first, again, other = (lived(town(seed), 30) for seed in (1, 1, 2))
    assert all(first.log[n].tobytes() == again.log[n].tobytes() for n in first.log.fields)
    assert filed(first) == filed(again)
    assert filed(first) != filed(other)


def test_a_city_without_hardship_needs_no_desk() -> None:
    """Nobody to assess, nothing filed, nothing logged."""
    city = town()
    city.people.hardship[:] = False
    lived(city, 30)
    assert len(city.log) == 0
    assert (city.house["assessed"] == -1).all()
