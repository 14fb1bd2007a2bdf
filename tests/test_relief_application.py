"""An application as a record: what may follow what, who must have agreed, what is due and by whom."""

import json
from collections.abc import Mapping
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wushe
from test_relief_procedure import BOOK, CHAIN, COUNTY, DIBAO, PLACE, STEPS, day, policy, step
from wushe.errors import InputError
from wushe.model import table_of
from wushe.model.tables import Table
from wushe.relief.application import (
    Application,
    Progress,
    authorisers,
    progress,
    reviews_due,
)
from wushe.relief.changes import fact_changes
from wushe.relief.events import EVENTS, Event
from wushe.rules.calendar import Deadline
from wushe.rules.policy import Policy

WORKER, MOTHER, FATHER = "W1", "P1", "P2"


def event(kind: str, on: str, **more: Any) -> Event:
    """Return one event."""
    dates = {k: day(more.pop(k)) for k in ("until", "since") if k in more}
    return Event(kind, day(on), **more, **dates)


OPENED = event("opened", "2025-03-01", by=MOTHER, members=(MOTHER, FATHER))
AGENT = event("agent_authorised", "2025-03-01", by=MOTHER, whom=WORKER, written=True)
CHECKS = [event("check_authorised", "2025-03-01", by=p) for p in (MOTHER, FATHER)]
PREPARED = [OPENED, AGENT, *CHECKS]
ACCEPTED = [
    *PREPARED,
    event("submitted", "2025-03-02", by=WORKER),
    event("accepted", "2025-03-03"),
]
SURVEYED = [
    *ACCEPTED,
    event("survey_started", "2025-03-05"),
    event("core_check_requested", "2025-03-05"),
    event("core_check_started", "2025-03-07"),
    event("surveyed", "2025-03-14"),
]
PUBLISHED = [
    *SURVEYED,
    event("publicity_started", "2025-03-14"),
    event("publicity_ended", "2025-03-21"),
]
CONFIRMED = [*PUBLISHED, event("confirmed", "2025-03-31", stable=True)]
REFUSED = [*PUBLISHED, event("refused", "2025-03-31")]


def at(events: list[Event], on: str, of: Policy = DIBAO) -> Progress:
    """Return the progress of `events` on a day."""
    return progress(events, of, BOOK, CHAIN, day(on))


def problem(events: list[Event], of: Policy = DIBAO) -> tuple[str, str]:
    """Return code and words of the one problem of `events`."""
    with pytest.raises(InputError) as caught:
        at(events, "2030-01-01", of)
    (found,) = caught.value.problems
    return found.code, found.say("en")


# --- authorisation -------------------------------------------------------------------------------


def test_an_agent_files_only_with_a_written_authorisation() -> None:
    """A worker without one, or with one by word of mouth, cannot submit; a member can."""
    submitted = event("submitted", "2025-03-02", by=WORKER)
    code, words = problem([OPENED, submitted])
    assert code == "agent-not-authorised"
    assert "submitted" in words
    assert "民发〔2021〕57号 article 6" in words
    assert problem([OPENED, attrs.evolve(AGENT, written=False), submitted])[0] == code
    assert at([OPENED, attrs.evolve(submitted, by=FATHER)], "2025-03-02").phase == "submitted"
    assert at([OPENED, AGENT, submitted], "2025-03-02").phase == "submitted"


@pytest.mark.parametrize(
    ("authorised", "more"),
    [
        (attrs.evolve(AGENT, by="P9"), []),  # given by somebody outside the household
        (attrs.evolve(AGENT, whom="W2"), []),  # given to another worker
        (attrs.evolve(AGENT, until=day("2025-03-01")), []),  # its term is over
        (AGENT, [event("authorisation_withdrawn", "2025-03-02", by=MOTHER, whom=WORKER)]),
    ],
)
def test_an_authorisation_must_be_the_right_one_and_in_force(
    authorised: Event, more: list[Event]
) -> None:
    """Giver, agent and term count, and it may be taken back."""
    events = [OPENED, authorised, *more, event("submitted", "2025-03-02", by=WORKER)]
    assert problem(events)[0] == "agent-not-authorised"


@pytest.mark.parametrize("kind", ["core_check_requested", "core_check_started"])
def test_no_core_check_without_every_adult(kind: str) -> None:
    """One member's authorisation is not the other's; the message names who is missing, by id."""
    events = [e for e in ACCEPTED if e != CHECKS[1]]
    code, words = problem([*events, event(kind, "2025-03-04")])
    assert code == "check-not-authorised"
    assert FATHER in words
    assert MOTHER not in words
    taken_back = [*ACCEPTED, event("authorisation_withdrawn", "2025-03-03", by=MOTHER)]
    assert problem([*taken_back, event(kind, "2025-03-04")])[0] == code
    assert at([*ACCEPTED, event(kind, "2025-03-04")], "2025-03-04").phase == "accepted"


def test_everybody_who_may_be_adult_must_authorise() -> None:
    """Living, eighteen on the day or of unknown age."""
    on = day("2025-03-03")
    persons = [
        wushe.Person(id="P5", birth=day("2007-03-03")),  # eighteen today
        wushe.Person(id="P4", birth=day("2007-03-04")),  # tomorrow
        wushe.Person(id="P3"),  # may be
        wushe.Person(id="P2", birth=day("1970-01-01"), died_on=day("2024-01-01")),
    ]
    assert authorisers(persons, on) == ("P3", "P5")


# --- order ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "code", "words"),
    [
        ([event("accepted", "2025-03-03")], "wrong-order", "opened"),
        ([OPENED, event("accepted", "2025-03-03")], "wrong-order", "submitted"),
        # nobody is admitted without survey and publicity (57号 article 28)
        ([*ACCEPTED, event("confirmed", "2025-03-04")], "wrong-order", "survey started"),
        ([*SURVEYED, event("confirmed", "2025-03-17")], "wrong-order", "publicity started"),
        ([*PREPARED, event("paid", "2025-03-02", amount_fen=70000)], "wrong-order", "submitted"),
        ([*REFUSED, event("paid", "2025-04-02", amount_fen=70000)], "wrong-order", "refusal notified"),
        ([*ACCEPTED, event("survey_started", "2025-03-01")], "wrong-day", "2025-03-03 or later"),
        # seven days in full: on the 20th six have run
        ([*PUBLISHED[:-1], event("publicity_ended", "2025-03-20")], "wrong-day", "2025-03-21 or later"),
        ([*CONFIRMED, event("withdrawn", "2025-04-01")], "wrong-order", "stopped"),
        ([*ACCEPTED, event("step_done", "2025-03-04", step="dance")], "unknown-event", "survey"),
    ],
)  # fmt: skip
def test_what_cannot_follow_is_refused(events: list[Event], code: str, words: str) -> None:
    """The problem names the event, its place in the record, and what could come instead."""
    found, said = problem(events)
    assert found == code
    assert words in said
    assert f"row {len(events)}" in said


def test_a_refusal_is_notified_in_writing_with_its_reason() -> None:
    """A word at the counter is no notice, and a notice without reason is incomplete."""
    told = event("refusal_notified", "2025-04-02", written=False, reason="-")
    assert problem([*REFUSED, told])[0] == "refusal-not-written"
    with pytest.raises(InputError, match="reason"):
        event("refusal_notified", "2025-04-02", written=True)


def test_a_policy_without_publicity_is_never_published() -> None:
    """Children's allowances have none, for their privacy (民发〔2019〕62号): confirmed straight from the survey."""
    steps = (*STEPS[:3], step("confirm", COUNTY, limit="confirm_days", after="opinion"))
    child = policy(id="defacto", steps=steps)
    assert problem(PUBLISHED, child)[0] == "no-publicity"
    confirmed = [*SURVEYED, event("confirmed", "2025-03-17")]
    assert at(confirmed, "2025-03-17", child).phase == "confirmed"


def test_emergency_aid_is_paid_first() -> None:
    """First aid at once, papers later; and there is no survey to wait for."""
    aid = policy(id="aid", kind="emergency", steps=(step("confirm", COUNTY),))
    paid = [OPENED, event("paid", "2025-03-01", amount_fen=70000)]
    assert at(paid, "2025-03-01", aid).phase == "open"
    later = [*paid, event("submitted", "2025-03-03", by=MOTHER), event("accepted", "2025-03-03")]
    confirmed = [*later, event("confirmed", "2025-03-04")]
    assert at(confirmed, "2025-03-05", aid).phase == "confirmed"


def test_after_an_objection_the_survey_is_made_again() -> None:
    """57号: survey again, then the county; the limit is the special one (83号). 43号: publish again."""
    objected = [
        *SURVEYED,
        event("publicity_started", "2025-03-14"),
        event("objection", "2025-03-17"),
    ]
    again = [*objected, event("survey_started", "2025-03-18"), event("surveyed", "2025-03-24")]
    assert problem([*objected, event("confirmed", "2025-03-18")])[0] == "wrong-order"
    now = at(again, "2025-03-24")
    total = next(s for s in now.steps if s.id == "total")
    assert total.days == 45
    assert now.current is not None
    # ten working days from the new opinion
    assert (now.current.id, now.current.due) == ("confirm", Deadline(day("2025-04-08")))
    assert at([*again, event("confirmed", "2025-03-31")], "2025-03-31").phase == "confirmed"
    tekun = policy(id="tekun", steps=(*STEPS, step("republish", limit="publicity_days")))
    assert problem([*again, event("confirmed", "2025-03-31")], tekun)[0] == "wrong-order"
    shown = [*again, event("publicity_started", "2025-03-24")]
    early = event("publicity_ended", "2025-03-30")
    assert problem([*shown, early], tekun)[0] == "wrong-day"
    ended = [*shown, attrs.evolve(early, on=day("2025-03-31")), event("confirmed", "2025-03-31")]
    assert at(ended, "2025-03-31", tekun).phase == "confirmed"


# --- progress ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "on", "current", "left", "overdue"),
    [
        (ACCEPTED, "2025-03-03", "survey", 3, ()),
        (ACCEPTED, "2025-03-06", "survey", 0, ()),  # the last day is not overdue
        (ACCEPTED, "2025-03-07", "survey", -1, ("survey",)),
        (ACCEPTED, "2025-03-10", "survey", -2, ("survey",)),  # working days: the weekend is none
        (SURVEYED[:7], "2025-03-05", "total", 28, ()),
        (SURVEYED[:8], "2025-03-11", "core_check", -1, ("core_check",)),
        (PUBLISHED[:-1], "2025-03-17", "publicity", 4, ()),  # calendar days
        (PUBLISHED[:-1], "2025-03-30", "publicity", -9, ()),  # has run in full: never overdue
        (PUBLISHED, "2025-03-24", "confirm", 9, ()),
        (PUBLISHED, "2025-04-07", "confirm", 0, ()),  # the 4th is Qingming
        (PUBLISHED, "2025-04-08", "confirm", -1, ("confirm",)),
        (REFUSED, "2025-04-07", "notice", -1, ("notice",)),  # 1, 2 and 3 April; the 4th is Qingming
        (CONFIRMED, "2025-04-01", "review_stable", 364, ()),
    ],
)
def test_what_runs_and_how_long_it_still_may(
    events: list[Event], on: str, current: str, left: int, overdue: tuple[str, ...]
) -> None:
    """The open step that ends first, its days left in its own unit, and what is overdue."""
    now = at(events, on)
    assert now.current is not None
    assert (now.current.id, now.days_left) == (current, left)
    assert tuple(s.id for s in now.overdue) == overdue


def test_overdue_names_the_article() -> None:
    """Who is reminded can look it up, in both languages; and nothing is called a decision of ours."""
    said = at(ACCEPTED, "2025-03-10").say("zh")
    assert "民发〔2021〕57号第15条 [已超期2个工作日]" in said
    assert "不是审批结果" in said
    english = at(ACCEPTED, "2025-03-10").say("en")
    assert "[2 working days overdue]" in english
    assert "not a decision" in english


def test_what_was_done_late_stays_on_record() -> None:
    """A survey begun on the fifth working day is late, not overdue."""
    now = at([*ACCEPTED, event("survey_started", "2025-03-10")], "2025-03-11")
    assert [s.id for s in now.late] == ["survey"]
    assert now.overdue == ()
    assert "[已超期完成]" in now.say()


@pytest.mark.parametrize(
    ("events", "action", "by"),
    [
        ([OPENED, AGENT, CHECKS[0]], "not authorised the core check: 1", "the household (or its agent)"),
        (ACCEPTED[:-1], "article 10", "the township government or street office"),
        (ACCEPTED, "begin the survey", "township"),
        (PUBLISHED, "decide", "county civil affairs"),
        (REFUSED, "notice", "county civil affairs"),
        (CONFIRMED, "review_stable", "township"),
        ([*ACCEPTED, event("withdrawn", "2025-03-04", by=MOTHER)], "other relief", "household"),
    ],
)  # fmt: skip
def test_next_action_and_whose_turn_it_is(events: list[Event], action: str, by: str) -> None:
    """Every phase says what comes next and who does it."""
    now = at(events, "2025-04-01")
    assert action in now.next_action.say("en")
    assert by in now.by.say("en")


def test_missing_papers_are_named_once() -> None:
    """The household is told which; asking later for others is noted (57号 article 10)."""
    returned = [*PREPARED, event("submitted", "2025-03-02", by=WORKER)]
    returned += [event("returned", "2025-03-03", papers=("disability",))]
    now = at(returned, "2025-03-03")
    assert "残疾人证" in now.next_action.say("zh")
    assert now.notes == ()
    again = [*returned, event("submitted", "2025-03-04", by=WORKER)]
    again += [event("returned", "2025-03-05", papers=("form",))]
    assert "57号第10条" in at(again, "2025-03-05").notes[0].say("zh")


def test_a_refused_household_may_object_within_its_period() -> None:
    """From the notice on the period to ask for reconsideration runs, to a working day."""
    told = event("refusal_notified", "2025-04-02", written=True, reason="收入高于标准")
    now = at([*REFUSED, told], "2025-04-03")
    assert now.current is not None
    assert (now.current.id, now.current.due) == ("appeal", Deadline(day("2025-06-03")))
    assert now.late == ()
    assert "收入高于标准" not in repr(told)


def test_the_past_is_read_as_it_was() -> None:
    """Events after the day asked for are not looked at."""
    assert at(REFUSED, "2025-03-05").phase == "surveying"
    assert at(REFUSED, "2025-02-28").phase == ""
    assert at(REFUSED, "2025-02-28").steps == ()


def test_a_long_grace_period_is_noted_not_refused() -> None:
    """Six months in principle (83号 一(三)): longer is said with its source."""
    for until, notes in (("2025-11-01", 0), ("2025-11-02", 1)):
        grace = event("grace_started", "2025-05-01", until=until)
        now = at([*CONFIRMED, grace], "2025-05-02")
        assert len(now.notes) == notes
        assert "grace" in {s.id for s in now.open}
    assert "民发〔2022〕83号 一(三)" in now.notes[0].say("en")


def test_a_death_brings_a_review_within_three_months() -> None:
    """Counted from the death, not from the day somebody heard of it; a review closes it."""
    noticed = event("change_noticed", "2025-06-10", since="2025-05-31", fields=("persons.died_on",))
    now = at([*CONFIRMED, noticed], "2025-06-11")
    ends = {s.id: s.due.on for s in now.open if s.due}
    assert ends["death_review"] == ends["change_report"] == day("2025-08-31")
    told = [*CONFIRMED, noticed, event("change_reported", "2025-06-12", by=MOTHER)]
    assert {s.id for s in at(told, "2025-06-12").open} == {"death_review", "review_stable", "pay"}
    closed = [*told, event("reviewed", "2025-07-01")]
    assert {s.id for s in at(closed, "2025-07-01").open} == {"review_stable", "pay"}


# --- records and reviews -------------------------------------------------------------------------


def test_an_application_is_only_added_to() -> None:
    """Adding gives a new application and checks the event; the old one is as it was."""
    empty = Application("A1", "dibao", "H1", PLACE)
    opened = empty.add(OPENED, DIBAO, BOOK)
    assert (empty.events, opened.events) == ((), (OPENED,))
    with pytest.raises(InputError):
        opened.add(event("confirmed", "2025-03-02"), DIBAO, BOOK)


def test_events_are_plain_values() -> None:
    """Through JSON and back every event is the same."""
    told = event("refusal_notified", "2025-04-02", written=True, reason="收入高于标准")
    noticed = event("change_noticed", "2025-06-10", since="2025-05-31", fields=("persons.died_on",))
    for one in [*REFUSED, told, noticed, event("paid", "2025-05-01", amount_fen=0)]:
        assert Event.from_json(json.loads(json.dumps(one.to_json()))) == one


@pytest.mark.parametrize(
    ("kind", "more", "code"),
    [
        ("married", {}, "unknown-event"),
        ("opened", {"by": "P1"}, "missing-detail"),
        ("agent_authorised", {"by": "P1", "whom": "W1"}, "missing-detail"),
        ("returned", {}, "missing-detail"),
    ],
)
def test_an_event_says_what_it_must(kind: str, more: Mapping[str, Any], code: str) -> None:
    """A misspelled event, or one without what it is about, is refused when it is made."""
    with pytest.raises(InputError) as caught:
        event(kind, "2025-03-01", **more)
    assert caught.value.problems[0].code == code


@given(st.lists(st.sampled_from(sorted(EVENTS)), max_size=12))
def test_any_sequence_is_read_or_refused_by_name(kinds: list[str]) -> None:
    """Random records never fail in another way, and nobody is confirmed without acceptance and survey."""
    details = {
        "by": MOTHER, "whom": WORKER, "members": (MOTHER,), "written": True, "papers": ("form",),
        "fields": ("persons.died_on",), "step": "survey", "reason": "-",
    }  # fmt: skip
    events = [
        event(k, "2025-03-03", **details) for k in ("opened", "submitted", "accepted", *kinds)
    ]
    try:
        now = at(events, "2025-03-04")
    except InputError:
        assert problem(events)[0] in {
            "wrong-order", "wrong-day", "agent-not-authorised", "check-not-authorised",
        }  # fmt: skip
        return
    assert now.say("zh")
    assert now.say("en")
    if now.phase == "confirmed":
        assert {"survey_started", "surveyed", "publicity_started"} <= set(kinds)


def test_reviews_are_due_after_twelve_or_six_months() -> None:
    """57号 article 31: yearly where stable, half-yearly where not, half-yearly where nobody said."""
    stable = {"A1": True, "A2": False, "A3": None}
    applications = [
        Application(key, "dibao", f"H{key}", PLACE, (*PUBLISHED, Event("confirmed", day("2025-03-31"), stable=s)))
        for key, s in stable.items()
    ]  # fmt: skip
    policies = {"dibao": DIBAO}

    def due(on: str, within: int = 0) -> list[tuple[str, str, int]]:
        found = reviews_due(applications, policies, BOOK, day(on), within_days=within)
        return [(r.application, r.step.id, r.days_left) for r in found]

    assert due("2025-09-29") == []
    assert due("2025-09-29", within=1) == [
        ("A2", "review_unstable", 1),
        ("A3", "review_unstable", 1),
    ]
    assert due("2026-04-01") == [
        ("A2", "review_unstable", -183),
        ("A3", "review_unstable", -183),
        ("A1", "review_stable", -1),
    ]
    applications[:] = [
        attrs.evolve(a, events=(*a.events, Event("reviewed", day("2025-09-30"))))
        for a in applications
    ]
    assert due("2026-03-30", within=1) == [
        ("A2", "review_unstable", 0),
        ("A3", "review_unstable", 0),
    ]


# --- changes of facts ----------------------------------------------------------------------------


READS = {
    "dibao": {("households", "income_month_fen"), ("persons", "died_on"), ("assets", "value_fen")},
    "tekun": {("persons", "died_on"), ("obligors", "status")},
}


def tables(**records: list[Any]) -> dict[str, Table]:
    """Return the tables of `records` by name."""
    return {name: table_of(name, items) for name, items in records.items()}


def changed(before: dict[str, Table], after: dict[str, Table]) -> list[tuple[Any, ...]]:
    """Return the changes of household H1 as plain tuples."""
    found = fact_changes(before, after, "H1", READS, day("2025-06-10"))
    return [(c.table, c.record, c.field, c.change, c.policies) for c in found]


def test_changes_name_the_field_and_the_policies_that_depend_on_it() -> None:
    """Income, a death, a new asset, an obligor's status: each with whom it matters to; the phone to none."""
    before = tables(
        households=[wushe.Household(id="H1", income_month_fen=50000, phone="12345")],
        persons=[wushe.Person(id="P1", household="H1"), wushe.Person(id="P2", household="H1")],
        obligors=[wushe.Obligor(id="O1", person="P1", status="none")],
        assets=[],
    )
    after = tables(
        households=[wushe.Household(id="H1", income_month_fen=90000, phone="54321")],
        persons=[wushe.Person(id="P1", household="H1", died_on=day("2025-05-31"))],
        obligors=[wushe.Obligor(id="O1", person="P1")],
        assets=[wushe.Asset(id="S1", household="H1", kind="vehicle", value_fen=9000000)],
    )
    assert changed(before, after) == [
        ("assets", "S1", "", "new", ("dibao",)),
        ("households", "H1", "income_month_fen", "changed", ("dibao",)),
        ("obligors", "O1", "status", "unstated", ("tekun",)),
        ("persons", "P1", "died_on", "stated", ("dibao", "tekun")),
        ("persons", "P2", "", "gone", ("dibao", "tekun")),
    ]
    assert changed(after, after) == []


def test_other_households_are_left_out() -> None:
    """Only the household's own records and its members' are compared."""
    before = tables(
        households=[wushe.Household(id="H2", income_month_fen=1)],
        persons=[wushe.Person(id="P3", household="H2")],
    )
    after = tables(
        households=[wushe.Household(id="H2", income_month_fen=2)],
        persons=[],
        obligors=[wushe.Obligor(id="O2", person="P3", status="dibao")],
    )
    assert changed(before, after) == []


def test_a_notice_of_a_change_carries_no_value() -> None:
    """It says what changed and that it must be assessed again, not what it is now."""
    before, after = (
        tables(households=[wushe.Household(id="H1", income_month_fen=fen)])
        for fen in (51234, 98765)
    )
    (notice,) = fact_changes(before, after, "H1", READS, day("2025-06-10"))
    for text in (notice.say("zh"), notice.say("en"), repr(notice)):
        assert "51234" not in text
        assert "98765" not in text
        assert "512.34" not in text
    assert "no decision" in notice.say("en")


def test_money_and_reasons_stay_out_of_messages() -> None:
    """What a problem or a repr shows are kinds, days and ids."""
    paid = event("paid", "2025-03-02", amount_fen=7654321, reason="王某患病")
    _, words = problem([*PREPARED, paid])
    for text in (words, repr(paid)):
        assert "7654321" not in text
        assert "王某" not in text
