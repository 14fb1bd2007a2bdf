"""Assessing a city: three answers per unit and policy, what may be paid, and in whose words."""

import csv
import datetime as dt
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wushe
from relief_households import DATES, full_city, parameter
from wushe.errors import WusheError
from wushe.model import Household, Person, Place
from wushe.model.storage import UNKNOWN_INT
from wushe.model.tables import table_of
from wushe.network import LinkageNetwork, build_network, build_network_from_records
from wushe.plugins.manager import Plugins, load_plugins
from wushe.relief.assess import (
    ANSWERS,
    COLUMNS,
    ELIGIBLE,
    NOT_ELIGIBLE,
    UNKNOWN,
    Assessments,
    assess,
    place_codes,
)
from wushe.rules import (
    Amount,
    Condition,
    Expr,
    Parameter,
    Policy,
    age,
    answer,
    between,
    hh,
    most,
    p,
    param,
)
from wushe.rules.policy import PERIODS
from wushe.text import Text

ON = dt.date(2025, 9, 15)
DOC = "某办法"


def policy(
    id_: str, test: Expr, *amounts: tuple[str, Expr, str], unit: Any = "households", **more: Any
) -> Policy:
    """Return a policy with one condition and some amounts (id, value, period)."""
    return Policy(
        id_,
        name=Text(f"{id_}救助", f"{id_} relief"),
        unit=unit,
        kind="living",
        conditions=(Condition("only", Text("条件", "test"), test, DOC, "第1条"),),
        amounts=tuple(Amount(a, Text(a, a), v, t, DOC) for a, v, t in amounts),  # type: ignore[arg-type]
        document=DOC,
        confidence="A",
        checked=dt.date(2026, 1, 1),
        **more,
    )


GAP = most(0, param("made_std") * hh.members_count - hh.income_month_fen)
POLICIES = (
    policy("made_poor", hh.income_month_fen < param("made_std"), ("gap", GAP, "month"), order=2),
    policy(
        "made_old",
        age(p.birth) >= 60,
        ("allowance", param("made_allowance"), "month"),
        ("gift", between(10_000, 30_000), "once"),
        unit="persons",
        order=1,
    ),
    policy("made_free", hh.delegated, ("nothing", hh.members_count * 0, "year"), order=3),
    policy("made_local", hh.delegated, region="341324", order=3),
    policy("made_after", answer("made_poor") & ~hh.objection, order=4),
    policy("made_doubtful", hh.income_month_fen < param("made_doubtful"), order=4),
)
PARAMETERS = (
    parameter("made_std", "755"),
    parameter("made_allowance", "100", region="341300"),
    parameter("made_doubtful", "755", confidence="C"),
)
NAMES = tuple(p.id for p in sorted(POLICIES, key=lambda p: (p.order, p.id)))


def plugins(*rows: Parameter) -> Plugins:
    """Return the default plugins with the policies above and these parameters in place of their own."""
    names = {row.name for row in rows}
    found = [*rows, *(row for row in PARAMETERS if row.name not in names)]
    made = type(
        "made",
        (),
        {
            "name": "made",
            "__version__": "1.0",
            "register_policies": staticmethod(wushe.hookimpl(lambda: POLICIES)),
            "register_parameters": staticmethod(wushe.hookimpl(lambda: found)),
        },
    )
    return load_plugins(made())


PLACES = (
    Place(id="34", name="安徽", level="province"),
    Place(id="341324", name="泗县", level="county", parent="34"),
    Place(id="341321", name="砀山", level="county", parent="34"),
    Place(id="V-1", name="某村", level="community", parent="341324"),
    Place(id="X-1", name="某处", level="community"),
)
HOMES = (
    Household(id="H1", place="341321", members_count=2, income_month_fen=75_499, delegated=True),
    Household(id="H2", place="V-1", members_count=1, income_month_fen=75_500, delegated=True),
    Household(id="H3", place="X-1", members_count=1, delegated=False, objection=False),
    Household(id="H4", income_month_fen=0, delegated=True, objection=False),
)
PEOPLE = (
    Person(id="P1", household="H2", name="某人", birth=dt.date(1965, 9, 15)),
    Person(id="P2", household="H1", birth=dt.date(1965, 9, 16)),
    Person(id="P3", household="H1", birth=dt.date(1960, 1, 1)),
    Person(id="P4", birth=dt.date(1960, 1, 1)),
    Person(id="P5", household="H3"),
)


def network(*records: Any) -> LinkageNetwork:
    """Return the network of these records, else of those above."""
    base = load_plugins()
    return build_network_from_records(
        records or (*PLACES, *HOMES, *PEOPLE), base.categories, base.target_groups
    )


@pytest.fixture(scope="module")
def found() -> Assessments:
    """Return the assessment of the small city."""
    return assess(network(), on=ON, plugins=plugins(), policies=NAMES)


# --- answers -------------------------------------------------------------------------------------


def test_every_unit_gets_one_of_three_answers(found: Assessments) -> None:
    """Households and persons in the order of their ids; unknown where a fact is missing."""
    assert found.units("made_poor").tolist() == ["H1", "H2", "H3", "H4"]
    assert found.units("made_old").tolist() == ["P1", "P2", "P3", "P4", "P5"]
    yes, no, open_ = ELIGIBLE, NOT_ELIGIBLE, UNKNOWN
    assert found.answer("made_poor").tolist() == [yes, no, open_, yes]
    assert found.answer("made_old").tolist() == [yes, no, yes, yes, open_]
    assert found.answer("made_after").tolist() == [open_, no, open_, yes]
    assert found.answer("made_poor").dtype == np.int8


def test_policies_come_in_the_order_of_the_ladder(found: Assessments) -> None:
    """By their turn, then by id, whatever order they were asked in."""
    assert [p.id for p in found] == list(found.asked) == list(NAMES)
    again = assess(network(), on=ON, plugins=plugins(), policies=NAMES[::-1])
    assert again.asked == NAMES


def test_a_local_policy_is_asked_at_its_place_only(found: Assessments) -> None:
    """A village of the county by its parent; where the place is not known it stays open."""
    assert found.answer("made_local").tolist() == [NOT_ELIGIBLE, ELIGIBLE, NOT_ELIGIBLE, UNKNOWN]
    assert found.applies("made_local").tolist() == [False, True, True, True]
    assert found.applies("made_poor").tolist() == [True] * 4


def test_a_place_without_a_code_takes_the_nearest_above_that_has_one() -> None:
    """A village of its own numbering finds its county's parameters; a place in nothing finds none."""
    assert place_codes(network()) == {
        "34": "34",
        "341321": "341321",
        "341324": "341324",
        "V-1": "341324",
        "X-1": None,
    }


def test_asking_for_some_policies_answers_these_only() -> None:
    """What they depend on is evaluated, not shown."""
    few = assess(network(), on="2025-09-15", plugins=plugins(), policies=["made_after"])
    assert few.asked == ("made_after",)
    assert few.on == ON
    with pytest.raises(
        WusheError, match=r"no policy 'made_poor' was assessed; policies: made_after"
    ):
        few.answer("made_poor")


def test_a_policy_that_is_not_registered_is_named() -> None:
    """With all that are."""
    with pytest.raises(
        WusheError, match=r"policy 'made_por' is not registered; policies: .*made_poor"
    ):
        assess(network(), on=ON, plugins=plugins(), policies=["made_por"])


def test_a_date_that_is_none_is_refused() -> None:
    """Never the clock's date instead."""
    with pytest.raises(ValueError, match="2025-13-01"):
        assess(network(), on="2025-13-01")


def test_an_empty_city_is_assessed() -> None:
    """No households: no answers, no payments, still a summary."""
    base = load_plugins()
    none = assess(build_network({}, base.categories, base.target_groups), on=ON)
    assert len(none.payments()) == 0
    assert none.rows() == []
    assert {counts[1:] for counts in none.counts()} == {(0, 0, 0)}
    assert "0 户" in none.summary()


# --- what supports what --------------------------------------------------------------------------

STALE: dict[str, dict[str, Any]] = {
    "expired": {"expires": dt.date(2025, 9, 14)},
    "unchecked": {"valid_from": dt.date(2024, 3, 14), "checked": dt.date(2024, 3, 14)},
}
FRESH: dict[str, dict[str, Any]] = {
    "expires today": {"expires": ON},
    "checked in time": {"valid_from": dt.date(2024, 3, 15), "checked": dt.date(2024, 3, 15)},
    "its end is known": {"valid_to": ON, "checked": dt.date(2020, 1, 1)},
}


@pytest.mark.parametrize("how", STALE)
def test_a_stale_parameter_supports_a_yes_and_never_a_no(how: str) -> None:
    """Below the old standard: possibly eligible. At it: open, since the new one may be higher."""
    book = plugins(parameter("made_std", "755", **STALE[how]))
    found = assess(network(), on=ON, plugins=book, policies=["made_poor", "made_after"])
    assert found.answer("made_poor").tolist() == [ELIGIBLE, UNKNOWN, UNKNOWN, ELIGIBLE]
    assert found.answer("made_after").tolist()[3] == ELIGIBLE
    lo, hi = found.amount("made_poor", "gap")
    assert (lo[0], hi[0]) == (75_501, 75_501)


@pytest.mark.parametrize("how", FRESH)
def test_a_parameter_decides_both_ways_until_it_is_stale(how: str) -> None:
    """On its last day, and up to 18 months after it was checked."""
    book = plugins(parameter("made_std", "755", **FRESH[how]))
    found = assess(network(), on=ON, plugins=book, policies=["made_poor"])
    assert found.answer("made_poor").tolist() == [ELIGIBLE, NOT_ELIGIBLE, UNKNOWN, ELIGIBLE]


def test_a_stale_no_of_one_policy_does_not_refuse_another() -> None:
    """What is built on another's answer is as doubtful as its parameter."""
    book = plugins(parameter("made_std", "755", expires=dt.date(2025, 1, 1)))
    found = assess(network(), on=ON, plugins=book, policies=["made_after"])
    assert found.answer("made_after").tolist()[1] == UNKNOWN


def test_a_parameter_of_confidence_c_never_decides(found: Assessments) -> None:
    """Neither below nor above it."""
    assert found.answer("made_doubtful").tolist() == [UNKNOWN] * 4


def test_a_day_without_a_value_is_unknown_never_the_nearest_other_day() -> None:
    """Before its start and after its end."""
    book = plugins(
        parameter("made_std", "755", valid_from=dt.date(2024, 1, 1), valid_to=dt.date(2024, 12, 31))
    )
    for on, answers in (
        (dt.date(2023, 12, 31), {UNKNOWN}),
        (dt.date(2024, 1, 1), {ELIGIBLE, NOT_ELIGIBLE, UNKNOWN}),
        (dt.date(2024, 12, 31), {ELIGIBLE, NOT_ELIGIBLE, UNKNOWN}),
        (dt.date(2025, 1, 1), {UNKNOWN}),
    ):
        found = assess(network(), on=on, plugins=book, policies=["made_poor"])
        assert set(found.answer("made_poor").tolist()) == answers


# --- payments ------------------------------------------------------------------------------------


def test_payments_are_those_of_whoever_is_possibly_eligible(found: Assessments) -> None:
    """One row per amount, sorted by household, policy and person; what is nothing is left out."""
    pay = found.payments()
    rows = list(
        zip(
            pay.household.tolist(),
            [pay.policies[i] for i in pay.policy.tolist()],
            pay.person.tolist(),
            pay.lo.tolist(),
            pay.hi.tolist(),
            [PERIODS[i] for i in pay.period.tolist()],
            strict=True,
        )
    )
    assert rows == [
        (-1, "made_old", 3, 0, UNKNOWN_INT, "month"),
        (-1, "made_old", 3, 10_000, 30_000, "once"),
        (0, "made_old", 2, 10_000, 10_000, "month"),
        (0, "made_old", 2, 10_000, 30_000, "once"),
        (0, "made_poor", -1, 75_501, 75_501, "month"),
        (1, "made_old", 0, 10_000, 10_000, "month"),
        (1, "made_old", 0, 10_000, 30_000, "once"),
        (3, "made_poor", -1, 75_500, 7_474_500, "month"),
    ]
    assert len(pay) == len(rows)
    assert (pay.policy.dtype, pay.lo.dtype, pay.period.dtype) == (np.int16, np.int64, np.int8)


def test_payments_of_a_generated_city_are_sorted_and_ordered_ends() -> None:
    """By household, policy, person; from never above to; nobody is paid who is not eligible."""
    base = load_plugins()
    city = full_city(np.random.default_rng(3), 300, base.parameters)
    places = [
        Place(id=i, name=i, level="county" if i.isdigit() and len(i) <= 6 else "community")
        for i in city.codes
    ]
    whole = build_network(
        {**city.tables, "places": table_of("places", places)}, base.categories, base.target_groups
    )
    found = assess(whole, on=DATES[3], plugins=base)
    pay = found.payments()
    keys = list(zip(pay.household.tolist(), pay.policy.tolist(), pay.person.tolist(), strict=True))
    assert keys == sorted(keys)
    assert len(keys) > 100
    known = (pay.lo != UNKNOWN_INT) & (pay.hi != UNKNOWN_INT)
    assert (pay.lo[known] <= pay.hi[known]).all()
    assert (pay.lo[pay.lo != UNKNOWN_INT] >= 0).all()
    for i, (home, code, person) in enumerate(keys):
        row = home if person < 0 else person
        assert found.answer(pay.policies[code])[row] == ELIGIBLE, i


# --- in words ------------------------------------------------------------------------------------


def test_one_household_s_answers_in_the_order_of_the_ladder(found: Assessments) -> None:
    """Its own and its members', without local policies of other places."""
    assert found.of_household("H1") == [
        ("made_old", "P2", NOT_ELIGIBLE),
        ("made_old", "P3", ELIGIBLE),
        ("made_poor", "H1", ELIGIBLE),
        ("made_free", "H1", ELIGIBLE),
        ("made_after", "H1", UNKNOWN),
        ("made_doubtful", "H1", UNKNOWN),
    ]
    with pytest.raises(WusheError, match="no household has the id 'H9'"):
        found.of_household("H9")


def test_counts_leave_out_whom_a_policy_cannot_apply_to(found: Assessments) -> None:
    """Possibly eligible, open, possibly not."""
    counts = {name: rest for name, *rest in found.counts()}
    assert counts["made_poor"] == [2, 1, 1]
    assert counts["made_local"] == [1, 1, 1]
    assert counts["made_old"] == [3, 1, 1]


def test_no_answer_is_worded_as_a_decision(found: Assessments) -> None:
    """Possibly, with the way to the street office, in both languages; no names."""
    for lang, words in (("zh", ("可能符合", "申请")), ("en", ("possibly", "apply"))):
        said = found.summary(lang)
        assert all(word in said for word in words)
        assert "2025-09-15" in said
        assert "made 1.0" in said
        assert "某人" not in said
    assert all("可能" in t.zh or "待补" in t.zh for t in ANSWERS.values())
    assert repr(found) == "<Assessments on 2025-09-15: 6 policies>"


def test_rows_are_one_per_unit_policy_and_amount(found: Assessments) -> None:
    """Only what is possible or open; amounts only where possible; no limit is None."""
    rows = found.rows(lang="en")
    assert all(len(row) == len(COLUMNS) for row in rows)
    assert not any(row[COLUMNS.index("answer")] == "possibly not eligible" for row in rows)
    of_p4 = [row[2:] for row in rows if row[1] == "P4"]
    assert of_p4 == [
        ("made_old", "made_old relief", "possibly eligible", "allowance", "a month", 0, None),
        ("made_old", "made_old relief", "possibly eligible", "gift", "once", 10_000, 30_000),
    ]
    assert len(found.rows(every=True)) > len(rows)
    assert "某人" not in str(found.rows())


def test_the_table_for_people_is_in_yuan(found: Assessments, tmp_path: Path) -> None:
    """Chinese headings, yuan with two decimals, an empty cell where there is no limit."""
    path = found.to_csv(tmp_path / "answers.csv")
    rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0][:4] == ["家庭", "人员", "政策编号", "政策"]
    assert rows[0][-2:] == ["最少(元)", "最多(元)"]
    gaps = [row for row in rows if row[0] == "H1" and row[2] == "made_poor"]
    assert gaps[0][-2:] == ["755.01", "755.01"]
    assert len(rows) == len(found.rows()) + 1


def test_the_data_frame_has_the_same_rows(found: Assessments) -> None:
    """Under the names of `COLUMNS`; empty cities too."""
    frame = found.to_frame()
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) == len(found.rows())
    few = assess(network(*PLACES), on=ON, plugins=plugins(), policies=NAMES)
    assert tuple(few.to_frame().columns) == COLUMNS


# --- mistakes ------------------------------------------------------------------------------------


def test_asking_why_for_somebody_who_is_not_there_is_an_error_that_says_so(
    found: Assessments,
) -> None:
    """An unknown id, a person for a policy of households, a policy that was not assessed."""
    with pytest.raises(WusheError, match="made_poor is asked for households; none has the id 'H9'"):
        found.explain("H9", "made_poor")
    with pytest.raises(WusheError, match="made_poor is asked for households; none has the id 'P1'"):
        found.explain("P1", "made_poor")
    with pytest.raises(WusheError, match="no policy 'dibao' was assessed; policies: made_old"):
        found.explain("H1", "dibao")
    with pytest.raises(WusheError, match="no policy 'made_por' was assessed"):
        found.units("made_por")


def test_an_assessment_survives_a_worker_process(found: Assessments) -> None:
    """The same answers after a copy."""
    again = pickle.loads(pickle.dumps(found))
    for name in NAMES:
        assert np.array_equal(again.answer(name), found.answer(name))
    assert again.of_household("H1") == found.of_household("H1")


def test_assessing_twice_is_assessing_once() -> None:
    """Nothing of one assessment is left in another; the order of records changes nothing."""
    one = assess(network(), on=ON, plugins=plugins(), policies=NAMES)
    other = assess(
        network(*PEOPLE, *HOMES[::-1], *PLACES[::-1]), on=ON, plugins=plugins(), policies=NAMES
    )
    assert one.rows(every=True) == other.rows(every=True)
    assert one.payments().lo.tolist() == other.payments().lo.tolist()
