"""What expressions mean: three values, exact ranges, rosters, links, places and days.

Every question is asked of both evaluations (see `Asked`), which must agree.
"""

import datetime as dt
from fractions import Fraction
from itertools import product
from math import inf
from typing import Any

import attrs
import numpy as np
import pytest

from relief_households import Asked, frame_of, parameter, spans, with_policies
from wushe.errors import InputError
from wushe.model import Household, Income, Obligor, Person, ReliefStatus
from wushe.rules import (
    Amount,
    Condition,
    Expr,
    ParameterBook,
    Policy,
    age,
    all_of,
    answer,
    any_of,
    ask,
    between,
    compare,
    days_since,
    family_has,
    father,
    hh,
    household_is,
    in_force,
    in_household,
    in_region,
    income,
    incomes,
    least,
    meet,
    members,
    months_since,
    most,
    not_ended,
    obligor,
    obligors,
    own_incomes,
    p,
    param,
    pays,
    person_is,
    pick,
    rounded,
    status,
    statuses,
    working_days_since,
)
from wushe.rules.columns import Evaluator
from wushe.rules.expr import Always
from wushe.rules.intervals import NO, UNSURE, YES
from wushe.rules.scalar import Case, Ref
from wushe.text import Text

VALUES = {NO: False, UNSURE: None, YES: True}
ANY = (-inf, inf)


def homes(*facts: dict[str, Any]) -> list[Household]:
    """Return households H1, H2, ... with these facts."""
    return [Household(id=f"H{i}", **f) for i, f in enumerate(facts, start=1)]


def truths(expr: Expr, *facts: dict[str, Any], **asked: Any) -> list[int]:
    """Return the truth of `expr` for households with these facts."""
    return Asked(frame_of(homes(*facts)), **asked).truth(expr)


def numbers(expr: Expr, *facts: dict[str, Any], **asked: Any) -> list[Any]:
    """Return the ends of `expr` for households with these facts."""
    return Asked(frame_of(homes(*facts)), **asked).number(expr)


def exactly(*values: int | Fraction) -> list[Any]:
    """Return known numbers as spans."""
    return [(Fraction(v), Fraction(v)) for v in values]


# --- three values --------------------------------------------------------------------------------

PAIRS = list(product(VALUES, VALUES))


def test_and_or_not_follow_the_three_valued_tables() -> None:
    """One no refutes, one yes proves, unknown stays unknown elsewhere."""
    facts = [{"delegated": VALUES[a], "objection": VALUES[b]} for a, b in PAIRS]
    assert truths(hh.delegated & hh.objection, *facts) == [min(a, b) for a, b in PAIRS]
    assert truths(hh.delegated | hh.objection, *facts) == [max(a, b) for a, b in PAIRS]
    assert truths(~hh.delegated, *facts) == [2 - a for a, _ in PAIRS]
    assert truths(~(hh.delegated & hh.objection), *facts) == truths(
        ~hh.delegated | ~hh.objection, *facts
    )


def test_choices_and_tags_are_unknown_where_nothing_is_stated() -> None:
    """An empty list of tags says that there is none; an empty cell says nothing."""
    facts = ({"zone": "rural"}, {"zone": "urban"}, {})
    assert truths(hh.zone.is_("rural"), *facts) == [YES, NO, UNSURE]
    assert truths(hh.zone.one_of("rural", "urban"), *facts) == [YES, YES, UNSURE]
    tags = ({"statuses": ("dibao",)}, {"statuses": ()}, {})
    assert truths(hh.statuses.has("dibao"), *tags) == [YES, NO, UNSURE]


def test_what_only_the_office_can_answer_stays_unknown() -> None:
    """Unless another condition settles it."""
    question = ask("households", "local", Text("当地是否认定", "recognised there"))
    facts = ({"delegated": True}, {"delegated": False})
    assert truths(question, *facts) == [UNSURE, UNSURE]
    assert truths(question & hh.delegated, *facts) == [UNSURE, NO]


# --- numbers -------------------------------------------------------------------------------------

STD = ParameterBook([parameter("std", "755"), parameter("op", "<", "operator")])


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        ("<", [YES, NO, NO, UNSURE]),
        ("<=", [YES, YES, NO, UNSURE]),
        (">", [NO, NO, YES, UNSURE]),
        (">=", [NO, YES, YES, UNSURE]),
        ("==", [NO, YES, NO, UNSURE]),
        ("op", [YES, NO, NO, UNSURE]),
        ("missing", [UNSURE] * 4),
    ],
)
def test_comparisons_are_exact_to_the_fen(op: str, expected: list[int]) -> None:
    """One fen below, exactly at and one fen above the standard of three persons."""
    incomes_fen = [226_499, 226_500, 226_501, None]
    facts = [{"income_month_fen": v, "members_count": 3} for v in incomes_fen]
    rule = compare(hh.income_month_fen, op, param("std") * hh.members_count)
    assert truths(rule, *facts, book=STD) == expected


def test_an_unknown_part_decides_where_its_whole_range_does() -> None:
    """Between 1 and 99 members: more than 99 standards no, less than one standard yes."""
    rule = hh.income_month_fen < param("std") * hh.members_count
    facts = (
        {"income_month_fen": 75_499},
        {"income_month_fen": 75_500 * 99},
        {"income_month_fen": 75_500},
    )
    assert truths(rule, *facts, book=STD) == [YES, NO, UNSURE]


def test_ranges_add_up_and_multiply_end_by_end() -> None:
    """Unknown fields span their range, also through products and differences."""
    facts = ({"members_count": 3}, {})
    n = hh.members_count
    assert numbers(n * 2 - 1, *facts) == [*exactly(5), (1, 197)]
    assert numbers(n * -2, *facts) == [*exactly(-6), (-198, -2)]
    assert numbers(n * n, *facts) == [*exactly(9), (1, 9801)]
    assert numbers(hh.income_month_fen + 1, *facts) == [ANY, ANY]
    assert numbers(between(n, n + 2), *facts) == [(3, 5), (1, 101)]
    assert numbers(most(n, 50), *facts) == [*exactly(50), (50, 99)]
    assert numbers(least(n, 50), *facts) == [*exactly(3), (1, 50)]


def test_a_range_spans_from_the_least_of_one_end_to_the_most_of_the_other() -> None:
    """The text gives both ends; what is unknown of either widens the range."""
    facts = ({"income_month_fen": 500}, {})
    assert numbers(between(0, hh.income_month_fen), *facts)[0] == (0, 500)


def test_nothing_times_something_unbounded_is_nothing() -> None:
    """A share of none of an unknown income."""
    assert numbers(hh.income_month_fen * 0, {}) == exactly(0)
    assert numbers(hh.income_month_fen * pick((hh.delegated, 0), other=1), {"delegated": True}) == [
        (0, 0)
    ]


def test_numbers_beyond_64_bits_are_exact() -> None:
    """A product of large amounts is a Python integer, known or not."""
    facts = ({"income_year_fen": 10**15 + 1}, {})
    square = hh.income_year_fen * hh.income_year_fen
    assert numbers(square, *facts)[0] == ((10**15 + 1) ** 2,) * 2
    assert truths(square > 10**30, *facts) == [YES, UNSURE]
    assert numbers(least(square, 5), *facts)[0] == (5, 5)


def test_pick_takes_the_first_case_that_holds_and_spans_what_is_open() -> None:
    """An unsure case leaves its value and what follows possible."""
    rule = pick((hh.delegated, 10), (hh.objection, 20), other=30)
    facts = [{"delegated": VALUES[a], "objection": VALUES[b]} for a, b in PAIRS]
    expected = {
        (NO, NO): (30, 30),
        (NO, UNSURE): (20, 30),
        (NO, YES): (20, 20),
        (UNSURE, NO): (10, 30),
        (UNSURE, UNSURE): (10, 30),
        (UNSURE, YES): (10, 20),
        (YES, NO): (10, 10),
        (YES, UNSURE): (10, 10),
        (YES, YES): (10, 10),
    }
    assert numbers(rule, *facts) == [expected[pair] for pair in PAIRS]


def test_one_number_known_two_ways_is_what_both_allow() -> None:
    """A total and its items; where they contradict each other neither is believed."""
    rule = meet(hh.income_month_fen, between(hh.job_refusals * 100, 900))
    facts = (
        {"income_month_fen": 500, "job_refusals": 3},
        {"job_refusals": 3},
        {"income_month_fen": 500},
        {"income_month_fen": 200, "job_refusals": 3},
    )
    assert numbers(rule, *facts) == [(500, 500), (300, 900), (500, 500), (200, 900)]


ROUNDS = ParameterBook(
    [
        parameter("up5", "ceil:5", "rounding"),
        parameter("down", "floor:1", "rounding", region="620000"),
    ]
)


@pytest.mark.parametrize(
    ("rule", "yuan"),
    [
        ("ceil:1", "943"),
        ("floor:1", "942"),
        ("nearest:1", "943"),
        ("ceil:5", "945"),
        ("nearest:5", "945"),
        ("floor:10", "940"),
        ("exact", "942.5"),
        ("up5", "945"),
    ],
)
def test_rounding_is_in_yuan_by_rule_or_by_parameter(rule: str, yuan: str) -> None:
    """1.3 x 725 = 942.50 yuan: half goes up."""
    facts = {"income_month_fen": 72_500}
    value = rounded(hh.income_month_fen * Fraction(13, 10), rule)
    assert numbers(value, facts, book=ROUNDS) == exactly(Fraction(yuan) * 100)


def test_rounding_by_a_rule_that_is_not_known_is_a_range() -> None:
    """Whatever a place may do to one, five or ten yuan."""
    value = rounded(hh.income_month_fen, "down")
    facts = ({"income_month_fen": 94_250}, {"income_month_fen": 94_250, "place": "620502"}, {})
    assert numbers(value, *facts, book=ROUNDS) == [(94_000, 95_000), (94_200, 94_200), ANY]


# --- dates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("birth", "on", "years", "months", "days"),
    [
        ("1965-09-15", "2025-09-15", 60, 720, 21_915),
        ("1965-09-16", "2025-09-15", 59, 719, 21_914),
        ("1965-09-14", "2025-09-15", 60, 720, 21_916),
        ("2008-02-29", "2026-02-28", 17, 215, 6_574),
        ("2008-02-29", "2026-03-01", 18, 216, 6_575),
        ("2024-01-31", "2024-02-29", 0, 0, 29),
        ("2024-01-31", "2024-03-31", 0, 2, 60),
        ("2030-01-01", "2025-09-15", -5, -52, -1_569),
    ],
)
def test_ages_change_on_the_birthday(
    birth: str, on: str, years: int, months: int, days: int
) -> None:
    """Whole years and months are over on the day itself; 29 February waits for 1 March."""
    frame = frame_of([Person(id="P1", birth=dt.date.fromisoformat(birth))])
    asked = Asked(frame, on=dt.date.fromisoformat(on))
    for rule, expected in ((age, years), (months_since, months), (days_since, days)):
        assert asked.number(rule(p.birth), "persons") == exactly(expected)


def test_ages_agree_with_a_calendar_on_every_day_of_two_years() -> None:
    """Compared with months counted by hand, day by day across a leap year."""
    births = [dt.date(2004, 2, 29), dt.date(2003, 12, 31), dt.date(2004, 1, 1)]
    frame = frame_of([Person(id=f"P{i}", birth=b) for i, b in enumerate(births)])
    for step in range(0, 730, 3):
        on = dt.date(2023, 6, 1) + dt.timedelta(step)
        found = spans(Evaluator(frame, STD, with_policies(), on).number(age(p.birth), "persons"), 3)
        for birth, (years, _) in zip(births, found, strict=True):
            reached = on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))
            assert years == reached


def test_an_unknown_date_leaves_every_elapsed_time_open() -> None:
    """It may lie in the past or, for what has not begun yet, in the future."""
    asked = Asked(frame_of([Person(id="P1")]))
    assert asked.truth(age(p.birth) >= 60, "persons") == [UNSURE]
    for since in (days_since, months_since, working_days_since):
        assert asked.truth(since(p.custody_from) >= 0, "persons") == [UNSURE]


@pytest.mark.parametrize(
    ("since", "on", "days"),
    [
        ("2025-09-12", "2025-09-15", 1),  # Friday to Monday
        ("2025-09-15", "2025-09-15", 0),
        ("2025-09-30", "2025-10-09", 1),  # over the national holiday, with Mid-Autumn in it
        ("2025-09-26", "2025-09-29", 2),  # a Sunday that is worked instead
    ],
)
def test_working_days_leave_out_weekends_and_holidays(since: str, on: str, days: int) -> None:
    """The day itself counts, the first does not; days moved to a weekend are worked."""
    frame = frame_of([Household(id="H1", accepted_on=dt.date.fromisoformat(since))])
    asked = Asked(frame, on=dt.date.fromisoformat(on))
    assert asked.number(working_days_since(hh.accepted_on)) == exactly(days)


def test_an_empty_end_is_no_end() -> None:
    """Rows without an end still hold; the last day belongs to them."""
    on = dt.date(2025, 9, 15)
    rows = [
        ReliefStatus(id=f"S{i}", kind="dibao", household="H1", until=until)
        for i, until in enumerate((None, on, on - dt.timedelta(1)))
    ]
    assert Asked(frame_of(rows), on=on).truth(not_ended(status.until), "statuses") == [YES, YES, NO]


def test_rules_are_in_force_from_their_first_to_their_last_day() -> None:
    """Both days belong to it; an open side has no end."""
    first, last = dt.date(2021, 7, 1), dt.date(2022, 10, 20)
    day = dt.timedelta(1)
    expected = {first - day: NO, first: YES, last: YES, last + day: NO}
    for on, truth in expected.items():
        assert truths(in_force(first, last), {}, on=on) == [truth]
    assert truths(in_force(None, last), {}, on=dt.date(1900, 1, 1)) == [YES]
    assert truths(in_force(first), {}, on=dt.date(2999, 1, 1)) == [YES]
    assert truths(in_force(None), {}) == [YES]


# --- places and parameters -----------------------------------------------------------------------


def test_a_rule_of_a_place_holds_there_and_below() -> None:
    """A community lies in its county, city, province and the nation; an unknown place nowhere for sure."""
    facts = ({"place": "420106001002"}, {"place": "341324"}, {"place": "P-nowhere"}, {})
    assert truths(in_region("420100"), *facts) == [YES, NO, UNSURE, UNSURE]
    assert truths(in_region("341324", "420106"), *facts) == [YES, YES, UNSURE, UNSURE]
    assert truths(in_region("000000"), *facts) == [YES, YES, UNSURE, UNSURE]


REGIONAL = ParameterBook(
    [
        parameter("std", "940", region="420000"),
        parameter("std", "985", region="420100"),
        parameter("std", "11264/12", region="341300"),
        parameter("age", "60", "岁"),
        parameter("ratio", "70", "%"),
        parameter("op", "<", "operator"),
        parameter("op", "<=", "operator", region="340000"),
    ]
)


def test_a_parameter_is_the_nearest_of_the_place_and_exact() -> None:
    """City before province; a twelfth of a year stays a fraction; elsewhere from nothing to anything."""
    places = ("420106001002", "420704", "341321", "620502", "P-nowhere", None)
    facts = [{"place": place} for place in places]
    expected = [*exactly(98_500, 94_000, Fraction(1_126_400, 12)), (0, inf), (0, inf), (0, inf)]
    assert numbers(param("std"), *facts, book=REGIONAL) == expected
    assert numbers(param("ratio"), *facts, book=REGIONAL) == exactly(*[Fraction(7, 10)] * 6)
    assert numbers(param("never_heard_of"), *facts, book=REGIONAL) == [(0, inf)] * 6


def test_an_operator_may_differ_by_place() -> None:
    """At the standard: not below it nationally, but at or below it in one province."""
    rule = compare(hh.members_count, "op", 3)
    facts = [{"members_count": 3, "place": place} for place in ("420704", "341321", None)]
    assert truths(rule, *facts, book=REGIONAL) == [NO, YES, UNSURE]


def test_an_unknown_parameter_decides_nothing_but_what_it_cannot_change() -> None:
    """No standard is below zero: an income below nothing is below any."""
    rule = hh.income_month_fen < param("none")
    facts = ({"income_month_fen": -1}, {"income_month_fen": 0}, {"income_month_fen": 10**9})
    assert truths(rule, *facts) == [YES, UNSURE, UNSURE]


def test_a_stale_parameter_counts_only_with_trust() -> None:
    """Past its expiry, or open and not checked for 18 months: the firm pass does not know it."""
    old = parameter("std", "755", checked=dt.date(2021, 1, 1), valid_from=dt.date(2021, 1, 1))
    book = ParameterBook([old])
    rule = hh.income_month_fen < param("std")
    facts = ({"income_month_fen": 75_499}, {"income_month_fen": 75_500})
    assert truths(rule, *facts, book=book, on=dt.date(2022, 7, 1)) == [YES, NO]
    late = dt.date(2022, 7, 2)
    assert truths(rule, *facts, book=book, on=late) == [UNSURE, UNSURE]
    assert truths(rule, *facts, book=book, on=late, trusting=True) == [YES, NO]
    one = Evaluator(frame_of(homes(*facts)), book, with_policies(), late)
    one.truth(rule, "households")
    assert one.soft == ("std",)


def test_a_parameter_of_confidence_c_or_without_a_start_never_decides() -> None:
    """Not even with trust."""
    rule = hh.income_month_fen < param("std")
    for changes in ({"confidence": "C"}, {"valid_from": None}):
        book = ParameterBook([parameter("std", "755", **changes)])
        for trusting in (False, True):
            found = truths(rule, {"income_month_fen": 1}, book=book, trusting=trusting)
            assert found == [UNSURE]


def test_a_parameter_that_is_a_word_is_no_number() -> None:
    """An operator asked for as a number is an error that names the unit."""
    with pytest.raises(InputError, match="operator"):
        truths(param("op") > 1, {"place": "341321"}, book=REGIONAL)


# --- rosters -------------------------------------------------------------------------------------


def family(size: int | None, *employed: bool | None, **facts: Any) -> Asked:
    """Return a household that states `size` members and lists one person per value of `employed`."""
    home = Household(id="H1", members_count=size, **facts)
    people = [
        Person(id=f"P{i}", household="H1", employed=e, base_pension_fen=100)
        for i, e in enumerate(employed)
    ]
    return Asked(frame_of([home, *people]))


LISTED = ("members",)
ROSTERS: list[tuple[Any, ...]] = [
    # stated, complete, employed, some, every, count of the employed, their pensions
    (2, None, (True, False), YES, NO, (1, 1), (200, 200)),
    (2, None, (False, False), NO, NO, (0, 0), (200, 200)),
    (2, None, (True, True), YES, YES, (2, 2), (200, 200)),
    (2, None, (None, False), UNSURE, NO, (0, 1), (200, 200)),
    (2, None, (None, True), YES, UNSURE, (1, 2), (200, 200)),
    (3, None, (False, False), UNSURE, NO, (0, 1), (200, inf)),
    (3, None, (True, True), YES, UNSURE, (2, 3), (200, inf)),
    (3, LISTED, (True, True), YES, UNSURE, (2, 3), (200, inf)),
    (1, None, (False, False), NO, NO, (0, 0), (200, 200)),
    (None, LISTED, (False, False), NO, NO, (0, 0), (200, 200)),
    (None, None, (False, False), UNSURE, NO, (0, 97), (200, inf)),
    (None, (), (True, True), YES, UNSURE, (2, 99), (200, inf)),
    (None, None, (), UNSURE, UNSURE, (0, 99), (0, inf)),
    (2, None, (), UNSURE, UNSURE, (0, 2), (0, inf)),
]


@pytest.mark.parametrize(
    ("size", "complete", "employed", "some", "every", "count", "total"), ROSTERS
)
def test_a_roster_is_all_where_the_household_says_so(
    size: int | None, complete: Any, employed: Any, some: int, every: int, count: Any, total: Any
) -> None:
    """Members not listed may be anything: they leave open what the listed ones do not settle.

    The number stated says how many are missing; without one, only a roster that is said to be complete.
    """
    asked = family(size, *employed, complete=complete)
    assert asked.truth(members.any(p.employed)) == [some]
    assert asked.truth(members.all(p.employed)) == [every]
    assert asked.number(members.count(p.employed)) == [count]
    assert asked.number(members.sum(p.base_pension_fen)) == [total]


def test_members_are_counted_as_listed_or_as_stated() -> None:
    """The larger of both; where neither says how many, from those listed to 99."""
    for size, complete, listed, expected in (
        (2, None, 2, (2, 2)),
        (3, None, 2, (3, 3)),
        (1, None, 2, (2, 2)),
        (None, LISTED, 2, (2, 2)),
        (None, None, 2, (2, 99)),
        (None, None, 0, (1, 99)),
        (4, None, 0, (4, 4)),
    ):
        asked = family(size, *[True] * listed, complete=complete)
        assert asked.number(members.count()) == [expected]


def earners(
    complete: tuple[str, ...] | None, *items: tuple[str, int | None], **facts: Any
) -> Asked:
    """Return a household with one person and income items (kind, fen)."""
    rows = [
        Income(id=f"I{i}", household="H1", person="P1", kind=kind, amount_month_fen=fen)
        for i, (kind, fen) in enumerate(items)
    ]
    home = Household(id="H1", members_count=1, complete=complete)
    return Asked(frame_of([home, Person(id="P1", household="H1", **facts), *rows]))


WAGES = incomes.sum(income.amount_month_fen, income.kind.is_("wage"))
ITEMS = incomes.sum(income.amount_month_fen, income.kind.is_("wage"), stated=False)
ALL = ("incomes",)


@pytest.mark.parametrize(
    ("complete", "items", "stated", "listed"),
    [
        (None, [], (0, inf), (0, inf)),
        ((), [], (0, inf), (0, inf)),
        (ALL, [], (0, 0), (0, 0)),
        (None, [("wage", 500)], (500, 500), (500, inf)),
        (None, [("wage", 500), ("wage", 300)], (800, 800), (800, inf)),
        (None, [("wage", None)], (0, inf), (0, inf)),
        (None, [("other", 500)], (0, inf), (0, inf)),
        (ALL, [("wage", 500), ("wage", None)], (500, inf), (500, inf)),
        (ALL, [("wage", 500), ("other", 300)], (500, 500), (500, 500)),
    ],
)
def test_a_sum_knows_whether_items_may_be_missing(
    complete: Any, items: Any, stated: Any, listed: Any
) -> None:
    """A table that holds all there is, or (where `stated`) one matching item, says that none is missing."""
    asked = earners(complete, *items)
    assert asked.number(WAGES) == [stated]
    assert asked.number(ITEMS) == [listed]


def test_absent_rows_say_no_only_where_the_table_is_complete() -> None:
    """No wage listed: perhaps there is one, unless all incomes are listed."""
    has_wage = incomes.any(income.kind.is_("wage"))
    assert earners(None, ("other", 1)).truth(has_wage) == [UNSURE]
    assert earners(ALL, ("other", 1)).truth(has_wage) == [NO]
    assert earners(None, ("wage", 1)).truth(has_wage) == [YES]
    assert earners(None, ("other", 1)).truth(incomes.all(income.kind.is_("other"))) == [UNSURE]
    assert earners(None, ("wage", 1)).truth(incomes.all(income.kind.is_("other"))) == [NO]


def test_a_person_s_own_items_are_complete_where_the_household_s_are() -> None:
    """The statement of the household covers its members' items."""
    own = own_incomes.sum(income.amount_month_fen, stated=False)
    assert earners(ALL, ("wage", 500)).number(own, "persons") == [(500, 500)]
    assert earners(None, ("wage", 500)).number(own, "persons") == [(500, inf)]


def test_obligors_are_complete_where_the_person_says_so() -> None:
    """Nobody listed is nobody only then."""
    people = [
        Person(id="P1", obligors_complete=True),
        Person(id="P2", obligors_complete=False),
        Person(id="P3"),
        Person(id="P4", obligors_complete=True),
    ]
    rows = [
        Obligor(id="O1", person="P4", status="tekun"),
        Obligor(id="O2", person="P3", status="none"),
    ]
    asked = Asked(frame_of([*people, *rows]))
    supported = obligors.any(~obligor.status.is_("tekun"))
    assert asked.truth(supported, "persons") == [NO, UNSURE, YES, NO]


def test_statuses_come_from_tags_or_from_rows_that_hold() -> None:
    """Begun and not over on the day; a member's row is not the household's but the family's."""
    on = dt.date(2025, 9, 15)
    day = dt.timedelta(1)
    known = ({"statuses": ()},) * 5
    rows = [
        ReliefStatus(id="S1", kind="dibao", household="H1", since=on, until=on),
        ReliefStatus(id="S2", kind="dibao", household="H2", since=on + day),
        ReliefStatus(id="S3", kind="dibao", household="H3", since=on - 9 * day, until=on - day),
        ReliefStatus(id="S4", kind="dibao", household="H4", person="P4", since=on),
        ReliefStatus(id="S5", kind="tekun", household="H5", since=on),
    ]
    people = [Person(id=f"P{i}", household=f"H{i}", statuses=()) for i in range(1, 6)]
    asked = Asked(frame_of([*homes(*known), *people, *rows]), on=on)
    assert asked.truth(household_is("dibao")) == [YES, NO, NO, NO, NO]
    assert asked.truth(family_has("dibao")) == [YES, NO, NO, YES, NO]
    assert asked.truth(person_is("dibao"), "persons") == [NO, NO, NO, YES, NO]
    listed = ({"statuses": ("dibao",)}, {"statuses": ()}, {})
    assert truths(household_is("dibao"), *listed) == [YES, NO, UNSURE]


def test_a_link_that_names_nobody_is_unknown() -> None:
    """A father who is not named may be anybody; one who is named is asked himself."""
    people = [
        Person(id="P1", father="P2"),
        Person(id="P2", employed=True, base_pension_fen=100),
        Person(id="P3", father="P4"),
        Person(id="P4"),
    ]
    asked = Asked(frame_of(people))
    assert asked.truth(father(p.employed), "persons") == [YES, UNSURE, UNSURE, UNSURE]
    found = asked.number(father(p.base_pension_fen), "persons")
    assert found == [(100, 100), ANY, (0, inf), ANY]
    assert asked.truth(father(in_force(None)), "persons") == [YES] * 4


def test_a_person_is_asked_through_the_household() -> None:
    """Facts, sums and parameters of the household's place, seen from its members."""
    home = Household(id="H1", place="420106001002", income_month_fen=5, delegated=True)
    people = [Person(id="P1", household="H1"), Person(id="P2", place="420704")]
    asked = Asked(frame_of([home, *people]), REGIONAL)
    assert asked.truth(in_household(hh.delegated), "persons") == [YES, UNSURE]
    assert asked.number(in_household(hh.income_month_fen), "persons") == [(5, 5), ANY]
    assert asked.number(param("std"), "persons") == exactly(98_500, 94_000)


# --- policies ------------------------------------------------------------------------------------


def small(id_: str, test: Expr, *amounts: Amount, **changes: Any) -> Policy:
    """Return a policy of households with one condition."""
    return Policy(
        id_,
        name=Text("某救助", "some relief"),
        unit="households",
        kind="living",
        conditions=(Condition("only", Text("条件", "test"), test, "某办法"),),
        amounts=amounts,
        document="某办法",
        confidence="A",
        checked=dt.date(2026, 1, 1),
        **changes,
    )


GAP = Amount(
    "gap",
    Text("补差", "gap"),
    most(0, 75_500 - hh.income_month_fen) * Fraction(1, 3),
    "month",
    "某办法",
)


def test_policies_see_the_answers_and_amounts_of_others() -> None:
    """Nothing is paid by what refuses; what is unknown pays from nothing to its most."""
    first = small("first", hh.delegated, GAP)
    second = small("second", ~answer("first"))
    policies = with_policies(first, second)
    facts = [{"delegated": v, "income_month_fen": 500} for v in (True, False, None)]
    assert truths(answer("first"), *facts, policies=policies) == [YES, NO, UNSURE]
    assert truths(~answer("first"), *facts, policies=policies) == [NO, YES, UNSURE]
    paid = numbers(pays("first", "gap", "households"), *facts, policies=policies)
    assert paid == [(25_000, 25_000), (0, 0), (0, 25_000)]


def test_amounts_are_whole_fen_half_up() -> None:
    """A third of 751.00 yuan is 250.33, of 751.01 and a half fen more 250.34."""
    policies = with_policies(small("first", hh.delegated, GAP))
    frame = frame_of(homes(*({"income_month_fen": 75_500 - v} for v in (1, 2, 3, 75_100))))
    one = Evaluator(frame, STD, policies, dt.date(2025, 1, 1)).run()["first"].amounts["gap"]
    assert spans(one, 4) == exactly(0, 1, 1, 25_033)
    case = Case(frame, STD, policies, dt.date(2025, 1, 1))
    assert [case.fen(GAP.value, "households", row) for row in range(4)] == spans(one, 4)


def test_only_the_policies_wanted_and_what_they_need_are_evaluated() -> None:
    """A what-if asks for those that depend on the change; given results are kept."""
    policies = with_policies(
        small("a", hh.delegated, GAP), small("b", answer("a")), small("c", hh.objection)
    )
    frame = frame_of(homes({"delegated": True, "objection": False}))
    found = Evaluator(frame, STD, policies, dt.date(2025, 1, 1)).run(["b"])
    assert sorted(found) == ["a", "b"]
    again = Evaluator(frame, STD, policies, dt.date(2025, 1, 1), results=found).run()
    assert again["a"] is found["a"]
    assert again["c"].truth.tolist() == [NO]
    assert again["c"].tests == {"only": (1, 0, 0)}


def test_a_policy_without_conditions_holds_for_everybody() -> None:
    """Nothing is asked, so nothing fails."""
    none = attrs.evolve(small("none", Always(True)), conditions=())
    frame = frame_of(homes({}, {}))
    assert Evaluator(frame, STD, with_policies(none), dt.date(2025, 1, 1)).run()[
        "none"
    ].truth.tolist() == [YES, YES]
    assert Case(frame, STD, with_policies(none), dt.date(2025, 1, 1)).policy(none, 0) == YES


def test_a_local_policy_is_unknown_where_the_place_is() -> None:
    """Elsewhere it says no, whatever else holds."""
    local = small("local", hh.delegated, region="341324", valid_from=dt.date(2021, 7, 1))
    facts = [{"delegated": True, "place": place} for place in ("341324", "341321", None)]
    frame = frame_of(homes(*facts))
    for on, expected in (
        (dt.date(2021, 7, 1), [YES, NO, UNSURE]),
        (dt.date(2021, 6, 30), [NO, NO, NO]),
    ):
        found = Evaluator(frame, STD, with_policies(local), on).run()["local"]
        assert found.truth.tolist() == expected


# --- what a case tells ---------------------------------------------------------------------------


def test_a_case_tells_what_it_read_and_what_was_missing() -> None:
    """Facts, parameters and totals, in the order in which they were looked at."""
    asked = earners(None, ("other", 500), employed=True)
    case = asked.case()
    rule = (param("std") > WAGES) & hh.delegated
    assert case.truth(rule, "households", 0) == UNSURE
    told = [(ref.of, ref.name) for ref in case.read]
    assert ("incomes", "kind") in told
    assert {(ref.of, ref.name, ref.node is None) for ref in case.asked} >= {
        ("households", "incomes", False),
        ("parameters", "std", True),
        ("households", "delegated", True),
    }
    assert case.read[Ref("incomes", 0, "kind")] == "other"


def test_facts_laid_over_a_case_answer_what_was_missing() -> None:
    """A field, a parameter, a total, a question and a link, each in its own kind of value."""
    question = ask("households", "q", Text("问", "question"))
    rule = (param("std") > WAGES) & hh.delegated & question
    case = earners(None, ("other", 500)).case()
    assert case.truth(rule, "households", 0) == UNSURE
    by_name = {ref.name: ref for ref in case.asked}
    known = {
        by_name["incomes"]: Fraction(400),
        by_name["std"]: Fraction(500),
        by_name["delegated"]: True,
        by_name["q"]: True,
    }
    assert case.assuming(known).truth(rule, "households", 0) == YES
    assert case.assuming({by_name["q"]: False}).truth(rule, "households", 0) == NO
    assert case.truth(rule, "households", 0) == UNSURE  # the case itself is unchanged


def test_a_fact_laid_over_also_says_that_nothing_is_missing() -> None:
    """Whether a table is complete is a fact like others."""
    case = earners(None, ("wage", 500)).case()
    assert case.number(ITEMS, "households", 0) == (500, inf)
    laid = case.assuming({Ref("households", 0, "complete"): ALL})
    assert laid.number(ITEMS, "households", 0) == (500, 500)


def test_evaluating_twice_gives_the_same_columns() -> None:
    """Shared expressions are forgotten after their last use and made again."""
    rule = all_of(hh.delegated, any_of(hh.objection, hh.delegated))
    asked = Asked(frame_of(homes({"delegated": True}, {})))
    one = asked.evaluator()
    first, second = (one.truth(rule, "households") for _ in range(2))
    assert np.array_equal(first, second)
    assert statuses.parent == "households"
