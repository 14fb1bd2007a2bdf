"""Persons as columns: facts over tables, figures of the household, unknown that stays unknown."""

import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wushe
from wushe.errors import InputError
from wushe.identify.figures import ages
from wushe.identify.persons import facts_known_on, person_columns, subject_rows
from wushe.model import Fact, Visit, table_of
from wushe.model.kinds import say_instant
from wushe.model.storage import UNKNOWN_INT
from wushe.model.terms import Columns, Context, TargetGroup
from wushe.network import LinkageNetwork, build_network
from wushe.plugins.defaults.signals import risk_signals

ON = dt.date(2025, 9, 15)
GROUPS = {name: TargetGroup(name, name, name) for name in ("lone_elder", "dibao")}
PLACES = [
    wushe.Place(id="420106", name="某区", level="county"),
    wushe.Place(id="420106001", name="东街", level="street", lon=114.3, lat=30.5),
    wushe.Place(id="420106002", name="西街", level="street"),
]
SIGNALS = {signal.id: signal for signal in risk_signals()}


def city(**records: list[Any]) -> LinkageNetwork:
    """Return the network of `records` by table name, with three places."""
    records.setdefault("places", list(PLACES))
    tables = {name: table_of(name, items) for name, items in records.items()}
    return build_network(tables, {}, GROUPS)


def fact(subject: str, field: str, value: str, on: dt.date = ON, number: int = 0) -> Fact:
    """Return a fact recorded at noon."""
    key = f"F-{subject}-{field}-{on}-{number}"
    noon = dt.datetime(on.year, on.month, on.day, 4, tzinfo=dt.UTC)
    return Fact(id=key, subject=subject, field=field, value=value, on=on, at=say_instant(noon))


def answer(columns: Columns, signal: str) -> list[int]:
    """Return what the signal says of each row."""
    return list(SIGNALS[signal].test(columns, Context(ON, {}, GROUPS)))


def test_each_person_and_each_household_without_persons_is_a_row() -> None:
    """H1 lists two persons, H2 nobody, P9 has no household: three persons and H2 are rows."""
    made = city(
        households=[wushe.Household(id="H1", place="420106001"), wushe.Household(id="H2")],
        persons=[
            wushe.Person(id=i, household=h) for i, h in (("P1", "H1"), ("P2", "H1"), ("P9", None))
        ],
    )
    columns = person_columns(made, ON)
    assert list(columns["id"]) == ["P1", "P2", "P9", "H2"]
    assert list(columns["is_household"]) == [False, False, False, True]
    assert columns["door"][0] == columns["door"][1]
    assert len(set(columns["door"])) == 3


def test_rows_within_a_place_follow_the_household_where_the_person_has_none() -> None:
    """A person lives where the household does unless an own place is recorded."""
    made = city(
        households=[
            wushe.Household(id="H1", place="420106001"),
            wushe.Household(id="H2", place="420106001"),
        ],
        persons=[
            wushe.Person(id="P1", household="H1"),
            wushe.Person(id="P2", household="H1", place="420106002"),
        ],
    )
    columns = person_columns(made, ON, rows=subject_rows(made, "420106001"))
    assert list(columns["id"]) == ["P1", "H2"]
    assert len(subject_rows(made, "420106")) == 3
    with pytest.raises(KeyError, match="no place has the id 'nowhere'"):
        subject_rows(made, "nowhere")


def test_a_fact_wins_over_the_table_and_unknown_stays_unknown() -> None:
    """The table says employed, a later fact says not; of P2 nothing is known."""
    made = city(
        persons=[wushe.Person(id="P1", employed=True, jobless_months=0), wushe.Person(id="P2")],
        facts=[fact("P1", "employed", "否"), fact("P1", "heating", "煤炉")],
    )
    columns = person_columns(made, ON)
    assert list(columns["employed"]) == [0, -1]
    assert list(columns["jobless_months"]) == [0, UNKNOWN_INT]
    assert list(columns["fact:heating"]) == ["煤炉", None]


def test_facts_after_the_day_are_not_known_yet() -> None:
    """The list of 15 September knows nothing of a fact of the 16th."""
    made = city(
        persons=[wushe.Person(id="P1")],
        facts=[fact("P1", "employed", "否", dt.date(2025, 9, 16))],
    )
    assert facts_known_on(made, ON) is None
    assert person_columns(made, ON)["employed"][0] == -1


def test_a_fact_that_its_field_refuses_is_an_input_error() -> None:
    """A disability level of seven is said with field and value, not computed with."""
    made = city(persons=[wushe.Person(id="P1")], facts=[fact("P1", "disability_level", "7")])
    with pytest.raises(InputError, match=r"disability_level.*'7'"):
        person_columns(made, ON)


@pytest.mark.parametrize(
    ("birth", "age"),
    [
        ("1965-09-15", 60),  # the birthday itself
        ("1965-09-16", 59),  # the day before it
        ("2024-02-29", 1),  # a leap day
        ("2025-09-16", -1),  # not born yet
        ("NaT", -1),
    ],
)
def test_age_in_full_years(birth: str, age: int) -> None:
    """Age counts birthdays; unknown is -1."""
    assert ages(np.array([birth], dtype="datetime64[D]"), ON)[0] == age


def test_living_alone_needs_to_be_known() -> None:
    """One of one is alone, one of two unlisted is unknown, with a cohabitant is not alone."""
    made = city(
        households=[
            wushe.Household(id="H1", members_count=1),
            wushe.Household(id="H2", members_count=2),
            wushe.Household(id="H3", members_count=2),
            wushe.Household(id="H4"),
        ],
        persons=[
            wushe.Person(id="P1", household="H1"),
            wushe.Person(id="P2", household="H2"),
            wushe.Person(id="P3", household="H3"),
            wushe.Person(id="P4", household="H3", coresident=True),
            wushe.Person(id="P5", household="H4"),
        ],
    )
    assert list(person_columns(made, ON)["lives_alone"]) == [1, -1, 0, -1, -1]


def test_income_and_spending_by_hand() -> None:
    """12 x (3,000 wage - 500 paid out) = 30,000 a year; 20,000 - 8,000 for treatment is 40%."""
    yuan = 100
    made = city(
        households=[
            wushe.Household(id="H1"),
            wushe.Household(id="H2", income_month_fen=1000 * yuan),
        ],
        incomes=[
            wushe.Income(id="I1", household="H1", kind="wage", amount_month_fen=3000 * yuan),
            wushe.Income(id="I2", household="H1", kind="support_paid", amount_month_fen=500 * yuan),
            wushe.Income(
                id="I3",
                household="H1",
                kind="wage",
                amount_month_fen=9 * yuan,
                until=dt.date(2025, 1, 1),
            ),
        ],
        spendings=[
            wushe.Spending(
                id="X1",
                household="H1",
                kind="medical",
                amount_fen=20000 * yuan,
                reimbursed_fen=8000 * yuan,
            ),
            wushe.Spending(id="X2", household="H2", kind="medical", amount_fen=20000 * yuan),
        ],
    )
    columns = person_columns(made, ON)
    assert list(columns["income_year_fen"]) == [30000 * yuan, 12000 * yuan]
    assert list(columns["medical_fen"]) == [12000 * yuan, 0]
    assert list(columns["medical_complete"]) == [True, False]
    # H2: all of it may have been repaid, so that nothing can be said.
    assert answer(columns, "medical_spending") == [1, -1]
    # H1: 40% is not over 60%, but schooling is not recorded.
    assert answer(columns, "rigid_spending") == [-1, -1]


def test_visits_are_of_the_household_and_only_a_meeting_counts() -> None:
    """Met in May, then twice not at home; a neighbour's word is a report, not a visit."""

    def visit(n: int, kind: str, month: int, outcome: str | None, **whom: str) -> Visit:
        return Visit(id=f"V{n}", kind=kind, on=dt.date(2025, month, 1), outcome=outcome, **whom)

    made = city(
        households=[wushe.Household(id="H1")],
        persons=[
            wushe.Person(id="P1", household="H1"),
            wushe.Person(id="P2", household="H1"),
            wushe.Person(id="P3"),
        ],
        visits=[
            visit(1, "holiday", 1, "met", household="H1"),
            visit(2, "regular", 5, "met", person="P2"),
            visit(3, "regular", 7, "not_home", household="H1"),
            visit(4, "regular", 8, "not_home", household="H1", person="P1"),
            visit(5, "neighbour", 9, None, person="P1"),
            visit(6, "regular", 10, "met", household="H1"),
        ],
    )
    columns = person_columns(made, ON)
    assert list(columns["days_since_visit"]) == [137, 137, -1]
    assert list(columns["days_since_holiday"]) == [257, 257, -1]
    assert list(columns["not_home"]) == [2, 2, 0]
    assert list(columns["recent_reports"]) == [1, 1, 0]
    assert list(columns["last_outcome"]) == [1, 1, -2]
    assert answer(columns, "no_contact") == [1, 1, -1]


def test_a_new_illness_waits_for_a_visit_after_it() -> None:
    """P1's illness was found at the last visit, P2's was followed up, P3's is in the table only."""
    may, june = dt.date(2025, 5, 1), dt.date(2025, 6, 1)
    made = city(
        persons=[
            wushe.Person(id="P1"),
            wushe.Person(id="P2"),
            wushe.Person(id="P3", major_illness=True),
            wushe.Person(id="P4"),
        ],
        visits=[
            Visit(id=f"V{p}{on}", kind="regular", on=on, person=p, outcome="met")
            for p, on in (("P1", may), ("P2", may), ("P2", june))
        ],
        facts=[
            fact("P1", "illness", "急性白血病", may),
            fact("P2", "illness", "急性白血病", may),
            fact("P2", "illness", "急性白血病", june, 1),  # said again: still the illness of May
            fact("P4", "illness", "无", may),
        ],
    )
    columns = person_columns(made, ON)
    assert list(columns["ill_since"].astype(str)) == ["2025-05-01", "2025-05-01", "NaT", "NaT"]
    # P4: no illness named, but whether a major one was recognised is not known.
    assert answer(columns, "new_illness") == [1, 0, -1, -1]


def test_a_child_without_an_able_guardian() -> None:
    """The father in prison leaves the child alone in H1; in H2 the mother is able for certain."""
    child = dt.date(2015, 1, 1)
    adult = dt.date(1985, 1, 1)
    made = city(
        households=[wushe.Household(id=h, members_count=2) for h in ("H1", "H2", "H3")],
        persons=[
            wushe.Person(id="P1", household="H1", birth=child),
            wushe.Person(id="P2", household="H1", birth=adult, custody="prison"),
            wushe.Person(id="P3", household="H2", birth=child),
            wushe.Person(
                id="P4",
                household="H2",
                birth=adult,
                custody="none",
                civil_capacity="full",
                coresident=True,
            ),
            wushe.Person(id="P5", household="H3", birth=child),
            wushe.Person(id="P6", household="H3", birth=adult),
        ],
    )
    assert answer(person_columns(made, ON), "child_without_guardian") == [1, 0, 0, 0, -1, 0]


KNOWN = {
    "household": {"members_count": 1, "income_year_fen": 100, "target_groups": ("lone_elder",)},
    "person": {
        "birth": dt.date(1940, 1, 1), "disability_level": 1, "disability_cert": True, "custody": "none",
        "civil_capacity": "full", "coresident": True, "employed": False, "jobless_months": 3,
        "selfcare_unable": ("eat",), "major_illness": True, "full_time_student": False,
        "target_groups": ("dibao",), "child_status": "none", "care_mode": "scattered",
    },
}  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_forgetting_what_is_known_never_makes_a_yes_a_no_or_a_no_a_yes(data: st.DataObject) -> None:
    """With any facts taken away each signal says the same or that it does not know."""

    def persons(known: dict[str, dict[str, Any]]) -> Columns:
        made = city(
            households=[wushe.Household(id="H1", **known["household"])],
            persons=[wushe.Person(id="P1", household="H1", **known["person"])],
        )
        return person_columns(made, ON)

    full = {kind: dict(fields) for kind, fields in KNOWN.items()}
    full["person"]["birth"] = data.draw(st.dates(dt.date(1930, 1, 1), dt.date(2024, 1, 1)))
    full["person"]["disability_level"] = data.draw(st.integers(1, 4))
    full["person"]["selfcare_unable"] = data.draw(st.sampled_from([(), ("eat",)]))
    full["person"]["employed"] = data.draw(st.booleans())
    less = {
        kind: {f: v for f, v in fields.items() if data.draw(st.booleans())}
        for kind, fields in full.items()
    }
    # A lone elder of 25 would be two facts that contradict each other, not one forgotten.
    if full["person"]["birth"] > dt.date(1965, 9, 15):
        full["household"]["target_groups"] = ()
        less["household"].pop("target_groups", None)
    all_known, some_known = persons(full), persons(less)
    for name in SIGNALS:
        before, after = answer(all_known, name)[0], answer(some_known, name)[0]
        assert after in (before, -1) or before == -1, name


def test_a_subset_of_rows_says_what_the_whole_says() -> None:
    """Asked about one member alone, the others of the household still count."""
    made = city(
        households=[wushe.Household(id="H1", members_count=2)],
        persons=[
            wushe.Person(id="P1", household="H1", coresident=True),
            wushe.Person(id="P2", household="H1", coresident=True),
        ],
    )
    whole, part = person_columns(made, ON), person_columns(made, ON, rows=np.array([1]))
    for name in whole.arrays:
        assert str(part[name][0]) == str(whole[name][1]), name
