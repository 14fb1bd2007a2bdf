"""The nearest change that would turn a "no": exact, least, and tried on the scalar twin."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest

import wushe
from test_relief_decisive import (
    BOOK,
    DIBAO,
    ON,
    case_of,
    condition,
    household,
    parameter,
    policy,
)
from wushe.relief.flip import Change, Flip, changed, nearest_changes
from wushe.relief.questions import said_change
from wushe.rules import (
    ParameterBook,
    Policy,
    age,
    emergencies,
    emergency,
    hh,
    in_force,
    months_since,
    p,
    param,
)
from wushe.rules.intervals import NO, UNSURE, YES
from wushe.rules.scalar import Case, Ref


def flip(rule: Policy, book: ParameterBook = BOOK, **records: Sequence[Any]) -> Flip:
    """Return what would turn the answer for the first row."""
    return nearest_changes(case_of(rule, book, **records), rule, 0)


def said(rule: Policy, of: Flip, lang: str, **records: Sequence[Any]) -> list[str]:
    """Return the changes in words."""
    case, unit = case_of(rule, **records), (rule.unit, "H" if rule.unit == "households" else "P")
    return [said_change(case, unit, change).say(lang) for change in of.changes]


def test_nothing_is_said_where_the_answer_is_no_no() -> None:
    """A yes and an unknown have nothing to turn."""
    assert flip(DIBAO, households=[household()]) == Flip()
    assert flip(DIBAO, households=[household(property_ok=None)]) == Flip()


def test_how_much_less_income_is_said_to_the_fen() -> None:
    """759.49 yuan against a standard of 722: income lower by 37.50 yuan a month, and not by less."""
    home = household(income_month_fen=75949)
    answer = flip(DIBAO, households=[home])
    (change,) = answer.changes
    assert (change.how, change.by, answer.alone, answer.after) == ("less", 3750, True, YES)
    assert said(DIBAO, answer, "zh", households=[home]) == ["月可计收入每月减少37.50元"]
    assert said(DIBAO, answer, "en", households=[home]) == [
        "income month lower by 37.50 yuan a month"
    ]


@pytest.mark.parametrize(("by", "truth"), [(3749, NO), (3750, YES)])
def test_a_fen_less_would_not_do(by: int, truth: int) -> None:
    """The scalar twin says so."""
    case = case_of(DIBAO, households=[household(income_month_fen=75949)])
    change = Change("income", (Ref("households", 0, "income_month_fen"),), "less", by)
    assert case.assuming(changed(case, change)).policy(DIBAO, 0) == truth


def test_months_that_are_missing_are_counted() -> None:
    """Seven months out of work of ten: three more."""
    rule = policy(condition("jobless", p.jobless_months >= 10), unit="persons")
    persons = [wushe.Person(id="P", jobless_months=7)]
    answer = flip(rule, persons=persons)
    assert said(rule, answer, "zh", persons=persons) == ["失业月数增加3个月"]
    assert said(rule, answer, "en", persons=persons) == ["jobless months higher by 3 months"]


@pytest.mark.parametrize(
    ("birth", "day"),
    [
        (dt.date(1965, 3, 1), dt.date(2025, 3, 1)),
        (dt.date(1964, 3, 2), dt.date(2024, 3, 2)),  # tomorrow
        (dt.date(1968, 2, 29), dt.date(2028, 2, 29)),
    ],
)
def test_what_time_alone_turns_is_said_as_a_day(birth: dt.date, day: dt.date) -> None:
    """Nobody can change a birth date: the day on which the age is reached is said."""
    rule = policy(condition("age", age(p.birth) >= 60), unit="persons")
    persons = [wushe.Person(id="P", birth=birth)]
    answer = flip(rule, persons=persons)
    (change,) = answer.changes
    assert (change.how, change.to, answer.alone) == ("from", day, True)
    assert day.isoformat() in said(rule, answer, "zh", persons=persons)[0]


def test_months_in_custody_are_said_as_a_day_too() -> None:
    """Four months and a day of six: the day on which they are full."""
    rule = policy(condition("custody", months_since(p.custody_from) >= 6), unit="persons")
    answer = flip(rule, persons=[wushe.Person(id="P", custody_from=dt.date(2023, 10, 31))])
    assert [c.to for c in answer.changes] == [dt.date(2024, 5, 1)]


def test_an_age_that_is_past_does_not_come_back() -> None:
    """No change is made up where there is none."""
    rule = policy(condition("minor", age(p.birth) < 18), unit="persons")
    answer = flip(rule, persons=[wushe.Person(id="P", birth=dt.date(1980, 1, 1))])
    assert (answer.failed, answer.changes, answer.after) == (("minor",), (), NO)


def test_a_flag_and_a_tag_are_said_as_what_they_would_be() -> None:
    """A no that hangs on a status names the statuses without it, the others kept."""
    home = household(statuses=("monitored", "tekun"))
    answer = flip(DIBAO, households=[home])
    assert [(c.how, c.to) for c in answer.changes] == [("becomes", ("monitored",))]
    refused = flip(DIBAO, households=[household(property_ok=False)])
    assert [(c.how, c.to) for c in refused.changes] == [("becomes", True)]


def test_two_conditions_need_two_changes_and_that_is_said() -> None:
    """No single fact is enough: one change for each failed condition, together tried."""
    answer = flip(DIBAO, households=[household(income_month_fen=80000, property_ok=False)])
    assert answer.failed == ("income", "property")
    assert [c.condition for c in answer.changes] == ["income", "property"]
    assert (answer.alone, answer.after) == (False, YES)


def test_one_change_that_mends_two_conditions_is_enough() -> None:
    """Where one fact fails two conditions, its larger change is said once."""
    rule = policy(
        condition("low", hh.income_month_fen < param("std_rural")),
        condition("lower", hh.income_month_fen < 50000),
    )
    answer = flip(rule, households=[household(income_month_fen=80000)])
    assert [(c.how, c.by) for c in answer.changes] == [("less", 30001)]
    assert answer.alone


def test_a_total_and_its_item_move_together() -> None:
    """Income as assessed and the wage it is made of cannot change one without the other."""
    person = wushe.Person(id="P", household="H", coresident=True, employed=True)
    wage = wushe.Income(id="I", household="H", person="P", kind="wage", amount_month_fen=80000)
    home = household(income_month_fen=80000, complete=("incomes", "members"))
    records = {"households": [home], "persons": [person], "incomes": [wage]}
    answer = flip(DIBAO, **records)
    (change,) = answer.changes
    assert [r.name for r in change.refs] == ["income_month_fen", "amount_month_fen"]
    assert (change.by, answer.alone, answer.after) == (7801, True, YES)


def test_a_policy_that_begins_later_says_from_when() -> None:
    """The day it comes into force is the change."""
    rule = policy(condition("start", in_force(dt.date(2024, 7, 1))))
    assert [c.to for c in flip(rule, households=[household()]).changes] == [dt.date(2024, 7, 1)]


def test_what_remains_unknown_after_the_change_is_said() -> None:
    """Mending the one no leaves the answer open where another fact is missing."""
    answer = flip(DIBAO, households=[household(income_month_fen=80000, property_ok=None)])
    assert (answer.alone, answer.after) == (True, UNSURE)


def test_a_value_past_its_term_makes_no_no_and_may_hold_a_yes() -> None:
    """A change counts as mended by the trusting pass, as a yes does."""
    book = ParameterBook([parameter("old", "500", expires=dt.date(2023, 12, 31))])
    rule = policy(
        condition("income", hh.income_month_fen < param("old")), condition("land", ~hh.idle_land)
    )
    answer = flip(rule, book, households=[household(income_month_fen=40000, idle_land=True)])
    assert (answer.failed, answer.after) == (("land",), YES)


def test_what_no_change_of_one_fact_mends_is_left_without() -> None:
    """An event that did not happen is no change of a fact: the condition is named, nothing made up."""
    rule = policy(
        condition("event", emergencies.any(emergency.living_at_risk)),
        condition("income", hh.income_month_fen < 100),
    )
    answer = flip(rule, households=[household(complete=("emergencies",))])
    assert answer.failed == ("event", "income")
    assert [c.condition for c in answer.changes] == ["income"]
    assert answer.after == NO


def test_changes_are_tried_on_the_facts_of_the_case() -> None:
    """Values laid over a case count as its facts."""
    case = case_of(DIBAO, households=[household()])
    given = {Ref("households", 0, "income_month_fen"): 90000}
    over = Case(case.frame, case.book, case.policies, ON, given=given)
    assert nearest_changes(over, DIBAO, 0).changes[0].by == 90000 - 72199
