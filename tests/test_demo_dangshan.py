"""The Dangshan story as published, with dates: first evening, next day, agent application, charity, closed file."""

import datetime as dt
from typing import Any

import numpy as np
import pytest

import wushe
from wushe.casefile import open_cases
from wushe.demos import demo_path
from wushe.demos.stories import dangshan as story
from wushe.errors import InputError
from wushe.identify import due_list, with_facts
from wushe.ledger import money
from wushe.plugins import dangshan
from wushe.relief import Application, Assessments

PUBLISHED_FEN = 70_000
"""700 yuan of emergency aid at once (央广网 on Dangshan). A fixture, not a result."""


@pytest.fixture(scope="module")
def desk() -> story.Desk:
    """The station's desk after the whole story, with what was seen on the way."""
    made: Any = story.Desk(wushe.load_plugins("dangshan"))
    made.open()
    made.evening = story.assessed(made, story.EVENING)
    made.paid = story.first_aid(made)
    made.application = story.apply(made)
    made.linkage = story.link(made)
    plan = wushe.make_plan(made.linkage.network(), plugins=made.rules, on=story.ANSWERED)
    story.order(made, plan)
    made.waiting = made.unconfirmed()
    story.finish(made)
    return made


# --- the first evening -------------------------------------------------------------------------


def test_the_first_evening_shows_dibao_medical_and_education_relief(desk: Any) -> None:
    """What one conversation tells is enough to see what the family may apply for."""
    found: Assessments = desk.evening
    possible = {policy for policy, _, answer in found.of_household("H-QIAN") if answer == 1}
    assert {"dibao", "medical_relief", "edu_compulsory", "temp_emergency"} <= possible
    row = int(found.network["households"].row_of(["H-QIAN"])[0])
    low, high = found.amount("dibao", "gap")
    # Suzhou's urban standard of 757 yuan for four people, less 1,800 yuan of income.
    assert low[row] == high[row] == (757 * 4 - 1800) * 100


def test_700_yuan_of_first_aid_come_at_once_from_the_mutual_aid_society(desk: Any) -> None:
    """The emergency neither waits for the office nor asks charity."""
    found = desk.evening
    linkage = wushe.link_relief(found.network, found, plugins=desk.rules, on=story.EVENING)
    paid = [row for row in linkage.rows() if "N-1" in row and "F-MA" in row]
    assert any(PUBLISHED_FEN in row for row in paid)
    assert "N-1" not in set(linkage.residual().ids)


def test_the_order_for_the_700_yuan_is_taken_and_paid_the_same_evening(desk: Any) -> None:
    """Order, acceptance and payment on 12 June, as an emergency; confirmed the next morning."""
    paid: money.Payment = desk.paid
    assert (paid.fund, paid.fen, paid.order) == ("F-MA", PUBLISHED_FEN, "O-N-1")
    assert (paid.day, paid.emergency) == ("2025-06-12", "acute_illness")
    steps = [
        (event.kind, event.at[:10])
        for event in desk.store.log
        if event.stream == "order/O-N-1" and event.kind in ("order.accepted", "order.confirmed")
    ]
    assert steps == [("order.accepted", "2025-06-12"), ("order.confirmed", "2025-06-13")]


# --- the application ---------------------------------------------------------------------------


def test_the_papers_are_listed_the_next_day_and_the_agent_hands_them_in(desk: Any) -> None:
    """The list of papers; an application that goes from opening to payment, every step dated."""
    told = "\n".join(story.next_day(desk, "zh"))
    assert "材料清单" in told
    application: Application = desk.application
    kinds = [event.kind for event in application.events]
    assert kinds[:2] == ["opened", "agent_authorised"]
    assert kinds[-1] == "paid"
    assert [event.on for event in application.events] == sorted(e.on for e in story.EVENTS)
    assert "主管部门已确认" in "\n".join(story.follow(desk, application, "zh"))


def test_nobody_files_for_the_family_without_its_written_word(desk: Any) -> None:
    """Take the authorisation away, and the record refuses the worker's submission."""
    rest = tuple(event for event in story.EVENTS if event.kind != "agent_authorised")
    with pytest.raises(InputError, match="submitted"):
        story.apply(desk, rest)


# --- many parties ------------------------------------------------------------------------------


def test_the_five_kinds_of_help_that_the_county_names_are_programmes(desk: Any) -> None:
    """Living, medical care, school, work, comfort; found by grid round, holiday visit and neighbours' word."""
    programmes = desk.rules.programmes
    assert sorted(programmes) == [
        "ds_1_living", "ds_2_medical", "ds_3_school", "ds_4_work", "ds_5_comfort",
    ]  # fmt: skip
    assert all(
        set(p.visit_kinds) == {"regular", "holiday", "neighbour"} for p in programmes.values()
    )
    asked = set(desk.city["needs"]["category"]) - {"relief_application"}
    assert asked <= {category for p in programmes.values() for category in p.categories}


def test_charity_is_asked_for_what_the_offices_left_and_for_no_more(desk: Any) -> None:
    """Nothing before they answered; then 29,000 of 55,000 yuan, and no living costs: dibao covers them."""
    found = story.assessed(desk, story.NEXT_DAY)
    before = wushe.link_relief(found.network, found, plugins=desk.rules, on=story.NEXT_DAY)
    ready = story.referrals(before, found.network, before.on).ready
    assert "N-2" not in {referral.need for referral in ready}
    residual = desk.linkage.residual()
    left = dict(zip(residual.ids, residual["quantity"], strict=True))
    assert left["N-2"] == 55_000 - 26_000
    assert "N-3" not in left


def test_society_federation_red_cross_firm_worker_and_volunteer_are_linked(desk: Any) -> None:
    """Six parties took an order each; the fund that pays is its host's."""
    assert [name.split("（")[0] for name in desk.parties()] == [
        "砀山县慈善总会", "梨乡果业公司", "梨都社区救急难互助社", "砀山县红十字会", "V-1", "W-HAN",
    ]  # fmt: skip


def test_every_yuan_that_was_promised_is_paid_and_the_books_balance(desk: Any) -> None:
    """700 of the society, 29,000 for the illness from two funds, 1,000 for school."""
    held = {c.fund: c.fen for c in desk.store.state.find("commitment")}
    assert held == {"F-MA": 70_000, "F-CF": 1_000_000, "F-RC": 1_900_000, "F-EDU": 100_000}
    assert {c.status for c in desk.store.state.find("commitment")} == {"paid"}
    assert money.trial_balance(desk.store.state)["difference"] == 0
    assert money.check_ledger(desk.store.log) == []


# --- the file ----------------------------------------------------------------------------------


def test_the_file_goes_through_every_stage_with_a_date_and_is_closed(desk: Any) -> None:
    """From intake to closing and a revisit, none left out; on each day it stood where it then was."""
    moves = story.file_of(desk, story.REVISITED).moves
    assert [move.after for move in moves] == [
        "intake", "assessment", "plan", "intervention", "evaluation", "closing", "revisit",
    ]  # fmt: skip
    assert {move.kind for move in moves} == {"forward"}
    days = (story.EVENING, story.NEXT_DAY, story.ANSWERED, story.SERVED, story.CLOSED)
    assert [story.file_of(desk, day).stage for day in days] == [
        "intake", "assessment", "intervention", "evaluation", "closing",
    ]  # fmt: skip
    row = int(desk.city["households"].row_of(["H-QIAN"])[0])
    assert open_cases(desk.city, story.SERVED).open[row]
    assert not open_cases(desk.city, story.CLOSED).open[row]


def test_the_file_is_not_closed_while_an_order_is_open(desk: Any) -> None:
    """In August six orders were accepted and unconfirmed; none when the file was closed."""
    assert len(desk.waiting) == 6
    assert desk.unconfirmed() == []


def test_a_file_that_skips_the_evaluation_says_so(desk: Any) -> None:
    """Closing without an evaluation is shown as a gap, not passed over."""
    events = [e for e in desk.city["case_events"].records() if e.stage != "evaluation"]
    tables = {**desk.city.tables, "case_events": wushe.table_of("case_events", events)}
    city = wushe.build_network(tables, desk.rules.categories, desk.rules.target_groups)
    (skip,) = story.case_file(city, "H-QIAN", story.CLOSED).skips
    assert (skip.after, skip.missing) == ("closing", ("evaluation",))


# --- the telling -------------------------------------------------------------------------------


def test_the_tables_have_no_mistakes(desk: Any) -> None:
    """`check` has nothing to say about them."""
    assert wushe.check(demo_path("dangshan"), plugins=desk.rules) == ()


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ("700.00 元当晚付出", "材料清单", "还不能结案", "进入结案", "进入回访")),
        ("en", ("700.00 yuan paid the same evening", "not to be closed yet", "entered closing")),
    ],
)
def test_the_story_is_told_in_both_languages(lang: str, words: tuple[str, ...]) -> None:
    """What a reader sees."""
    told = "\n".join(story.tell(lang))
    assert len(told.splitlines()) > 60
    for word in words:
        assert word in told, word


def test_one_conversation_fills_the_evening_form(desk: Any) -> None:
    """What was said that evening are answers of the form, and they say what the table of facts says; the worker may apply."""
    filled = story.evening_form(desk)
    told = {fact.field: fact.value for fact in filled.facts if fact.subject == story.FAMILY}
    on_record = {
        fact.field: fact.value
        for fact in desk.city["facts"].records()
        if fact.visit == "VI-1" and fact.subject == story.FAMILY and fact.field in told
    }
    assert len(on_record) >= 6
    assert {key: told[key] for key in on_record} == on_record
    assert [need.category for need in filled.needs] == ["relief_application"]


def test_who_has_nothing_is_not_recorded_as_having_too_much(desk: Any) -> None:
    """The field says that property is within the limits: so does the question, and nobody answers it with 没有."""
    form = desk.rules.visit_forms["dangshan_evening"]
    (question,) = (q for q in form.questions if q.field == "property_ok")
    assert question.text.zh.startswith("财产是否符合规定")
    assert question.text.en.startswith("property within the limits")


def test_one_earner_with_a_sick_child_is_due_within_a_week(desk: Any) -> None:
    """Met on the second day, the family is at the head of the visiting list again seven days later, not before."""
    network = with_facts(desk.city, story.EVENING)
    week = dt.timedelta(days=7)
    for day in (story.NEXT_DAY, story.NEXT_DAY + week - dt.timedelta(days=1)):
        early = due_list(network, desk.rules, day)
        assert story.FAMILY not in {early.household[row] for row in early}
    due = due_list(network, desk.rules, story.NEXT_DAY + week)
    first = next(iter(due))
    signs = {sign.id for sign, shown in zip(due.signs, due.shown[first], strict=True) if shown}
    assert due.household[first] == story.FAMILY
    assert "ds_one_earner" in signs
    assert due.interval_days[first] == 7


@pytest.mark.parametrize(
    ("age", "ill", "works", "died", "listed", "found"),
    [
        ((44, 17), (0, 1), (1, 0), False, 1, 1),  # the corn seller and his son
        ((44, 17), (0, 1), (0, 0), False, 1, 1),  # nobody works
        ((44, 44, 17), (0, 0, 1), (1, 1, 0), False, 1, 0),  # two earners
        ((44, 8, 17), (0, 0, 1), (1, -1, 0), False, 1, 1),  # a child of eight does not work
        ((44, 17, 17), (0, 0, 1), (1, -1, 0), False, 1, -1),  # one of seventeen may
        ((44, 17), (0, 1), (1, 0), False, 0, -1),  # some are not listed, and may work
        ((44, 17), (0, 1), (1, 0), True, 1, 0),  # the ill one has died
        ((44, 17), (0, -1), (1, 0), False, 1, -1),
        ((44, 17), (0, 0), (1, 0), False, 1, 0),
    ],
)
def test_at_most_one_works_and_somebody_is_ill(
    age: Any, ill: Any, works: Any, died: bool, listed: int, found: int
) -> None:
    """The dead count no more, children do not work, whom nobody listed may; the last row has no household."""
    n = len(age) + 1
    day = np.array(["NaT"] * (n - 2) + ["2025-06-01" if died else "NaT", "NaT"], dtype="M8[D]")
    given = {
        "household_row": [0] * (n - 1) + [-1], "age": [*age, 40], "major_illness": [*ill, 1],
        "employed": [*works, 0], "members_complete": [listed] * n,
    }  # fmt: skip
    arrays = {key: np.array(values, dtype=np.int32) for key, values in given.items()}
    persons = wushe.Columns(n, {**arrays, "died_on": day})
    context = wushe.Context(story.EVENING, {}, {})
    assert dangshan.one_earner(persons, context).tolist() == [found] * (n - 1) + [-1]
