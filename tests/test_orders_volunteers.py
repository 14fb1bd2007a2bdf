"""Hours of volunteers: from confirmed orders and held activities, on time, corrected and never edited."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteers_at_work import DOMAIN, STATION, City, Street, codes
from wushe.errors import RefusedError
from wushe.journal import MemoryStore, Session
from wushe.model.ordering import OrderRules
from wushe.orders.projects import record_activity
from wushe.orders.volunteers import (
    correct_service,
    evaluate_service,
    open_services,
    profile_of,
    record_activity_service,
    record_honour,
    record_order_service,
    record_training,
    services_of,
)
from wushe.orders.volunteers.problems import PROBLEMS
from wushe.rules.calendar import add_working_days


def _street(**fields: Any) -> Street:
    street = Street()
    street.enrol("V-1", "V-2", "V-3", **fields)
    return street


# --- from orders -------------------------------------------------------------------------------


def test_a_confirmed_order_becomes_a_service() -> None:
    """TVR 7: who, when, what kind, how long, run by whom, recorded by whom; never for whom."""
    street = _street()
    street.order("O-1", "V-1", minutes=90)
    (service,) = services_of(street.state, "V-1")
    assert (service.day, service.category, service.minutes) == ("2025-09-15", "visit", 90)
    assert (service.organizer, service.recorded_by, service.order) == (STATION, STATION, "O-1")
    recorded = [e for e in street.store.log if e.kind.startswith("service.")]
    assert recorded
    assert all(e.ref is None and "H-1" not in str(e.data) for e in recorded)


def test_an_order_that_is_not_confirmed_gives_no_hours() -> None:
    """Done is not confirmed: until then the time is only due."""
    street = _street()
    street.order("O-1", "V-1", confirmed=None)
    assert services_of(street.state, "V-1") == []
    (due,) = open_services(street.state)
    assert (due.order, due.helper, due.day) == ("O-1", "V-1", "2025-09-15")
    with pytest.raises(RefusedError) as refused:
        street.run(record_order_service, order="O-1", helper="V-1", minutes={"V-1": 60})
    assert codes(refused.value.problems) == ["service-not-confirmed"]


@pytest.mark.parametrize("kind", ["social_workers", "organizations", "stations", "communities"])
def test_paid_work_is_no_volunteering(kind: str) -> None:
    """TVR 19: social workers and firms' staff at work get no volunteer hours."""
    street = Street()
    street.enrol("W-1", kind=kind)
    street.order("O-1", "W-1")
    assert street.state.find("service") == []
    assert open_services(street.state) == []


@pytest.mark.parametrize("form", ["goods", "money"])
def test_gifts_are_no_service(form: str) -> None:
    """Who grants a wish with goods or money has given, not served."""
    street = _street()
    street.order("O-1", "V-1", form=form, dimension="piece", minutes=2)
    assert street.state.find("service") == []


def test_ten_working_days_count_from_the_service() -> None:
    """The national holiday in between is no working time, and the make-up Sunday is; the last day is in time."""
    street = _street()
    due = add_working_days(dt.date(2025, 9, 24), 10).on
    assert due == dt.date(2025, 10, 14)
    street.order("O-1", "V-1", day="2025-09-24", confirmed=due.isoformat())
    street.order("O-2", "V-2", day="2025-09-24", confirmed="2025-10-15")
    on_time, late = services_of(street.state, "V-1")[0], services_of(street.state, "V-2")[0]
    assert (on_time.day, on_time.due_on, on_time.late) == ("2025-09-24", "2025-10-14", False)
    assert (late.recorded_on, late.late) == ("2025-10-15", True)


def test_a_city_may_allow_fewer_days() -> None:
    """A city's order rules may shorten the time; the measures' ten days are the most."""
    street = Street(City(order_rules=(OrderRules("quick", record_days=3),)))
    street.enrol("V-1")
    street.order("O-1", "V-1", day="2025-09-15")
    assert services_of(street.state, "V-1")[0].due_on == "2025-09-18"


def test_beyond_the_published_calendar_a_deadline_is_provisional() -> None:
    """No holiday notice for 2031 is out: the record says that its deadline may move."""
    street = _street()
    street.order("O-1", "V-1", day="2031-03-03")
    street.order("O-2", "V-2", day="2025-09-15")
    assert services_of(street.state, "V-1")[0].provisional is True
    assert services_of(street.state, "V-2")[0].provisional is False


def test_a_service_counts_on_its_day_not_on_that_of_the_confirmation() -> None:
    """An appointed day counts; one that lies ahead of what was done does not."""
    street = _street()
    street.order("O-1", "V-1", on_day="2025-09-12", day="2025-09-15", confirmed="2025-09-17")
    street.order("O-2", "V-2", on_day="2025-09-20", day="2025-09-15")
    assert services_of(street.state, "V-1")[0].day == "2025-09-12"
    assert services_of(street.state, "V-2")[0].day == "2025-09-15"


def test_times_of_several_helpers_are_not_guessed() -> None:
    """Of two who shared 90 minutes nobody knows who gave how many: the times stay due until they are stated."""
    street = _street()
    street.order("O-1", "V-1", "V-2", minutes=90)
    assert [due.helper for due in open_services(street.state)] == ["V-1", "V-2"]
    street.run(record_order_service, order="O-1", helper="V-1", minutes={"V-1": 60})
    street.run(record_order_service, order="O-1", helper="V-2", minutes={})
    assert open_services(street.state) == []
    assert [v.minutes for v in services_of(street.state, "V-1")] == [60]
    assert services_of(street.state, "V-2") == []


def test_the_confirmation_may_say_the_minutes() -> None:
    """What is said of one helper counts, the other stays due."""
    street = _street()
    street.order("O-1", "V-1", "V-2", minutes=1, dimension="time", stated={"V-1": 45})
    assert services_of(street.state, "V-1")[0].minutes == 45
    assert [due.helper for due in open_services(street.state)] == ["V-2"]


def test_a_team_says_which_members_came() -> None:
    """A team is not a person: its members' minutes are stated, others are refused."""
    street = Street()
    street.enrol("T-1", kind="volunteer_teams")
    street.enrol("V-1", "V-2", teams=["T-1"])
    street.enrol("V-9")
    street.order("O-1", "T-1", minutes=2, dimension="time")
    with pytest.raises(RefusedError) as refused:
        street.run(record_order_service, order="O-1", helper="T-1", minutes={"V-1": 30, "V-9": 30})
    assert codes(refused.value.problems) == ["not-in-order"]
    street.run(record_order_service, order="O-1", helper="T-1", minutes={"V-1": 30, "V-2": 45})
    assert [v.minutes for v in street.state.find("service")] == [30, 45]
    assert open_services(street.state) == []
    with pytest.raises(RefusedError) as again:
        street.run(record_order_service, order="O-1", helper="T-1", minutes={"V-1": 30})
    assert "service-recorded-before" in codes(again.value.problems)


def _carry(street: Street, *steps: tuple[str, dict[str, Any]], day: str = "2025-09-15") -> None:
    """Record an order of 90 minutes that V-1 accepts, and then `steps`."""
    placed = {"id": "O-1", "source": "need", "client_kind": "households", "category": "visit"}
    amounts = {"form": "service", "amount": 90, "dimension": "minute"}

    def carry(s: Session) -> None:
        s.record("order.placed", "order/O-1", {**placed, **amounts}, ref=s.ref("H-1"))
        for kind, data in (*_taken(1, "V-1"), *steps):
            s.record(f"order.{kind}", "order/O-1", data)

    street.run(carry, day)


def _taken(n: int, helper: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    asked = {"asked": [[n, helper, "volunteers", None, -1, 90, 90]], "due": "2025-09-15T01:00:00Z"}
    who = [[-1, helper, "volunteers", None, 90]]
    accepted = {"calls": [f"O-1#{n}"], "withdrawn": [], "helpers": who}
    return ("dispatched" if n == 1 else "redispatched", asked), ("accepted", accepted)


def _backed_out(did: int) -> tuple[str, dict[str, Any]]:
    gone = {"call": "O-1#1", "reason": "ill", "held": [], "withdrawn": []}
    return "backed_out", {**gone, "did": did, "minutes": did}


def test_who_backs_out_after_a_part_has_served_it_and_the_next_one_the_rest() -> None:
    """V-1 gave 30 of 90 minutes and left: V-2, who finished, gave 60, not 90."""
    street = _street()
    part, done = ("partly_done", {"amount": 30}), ("done", {"amount": 90, "calls": ["O-1#2"]})
    _carry(street, part, _backed_out(30), *_taken(2, "V-2"), done)
    street.confirm("O-1", "2025-09-15")
    assert [(v.helper, v.minutes) for v in street.state.find("service")] == [
        ("V-1", 30),
        ("V-2", 60),
    ]
    assert open_services(street.state) == []


def test_work_that_is_not_accepted_gives_no_hours() -> None:
    """Reported as done, reopened, given back: only V-2, who did it in the end, has served."""
    street = _street()
    done = ("done", {"amount": 90, "calls": ["O-1#1"]})
    reopened = ("reopened", {"reason": "not_done", "amount": 0, "calls": ["O-1#1"]})
    again = ("done", {"amount": 90, "calls": ["O-1#2"]})
    _carry(street, done, reopened, _backed_out(0), *_taken(2, "V-2"), again)
    street.confirm("O-1", "2025-09-15")
    assert [(v.helper, v.minutes) for v in street.state.find("service")] == [("V-2", 90)]
    assert open_services(street.state) == []


def test_the_part_of_an_order_that_failed_was_served_all_the_same() -> None:
    """Nobody confirms such an order: the station states the time itself."""
    street = _street()
    failed = ("failed", {"reason": "client_away", "withdrawn": ["O-1#1"]})
    _carry(street, ("partly_done", {"amount": 30}), failed)
    (due,) = open_services(street.state)
    assert (due.helper, due.minutes) == ("V-1", 30)
    street.run(record_order_service, order="O-1", helper="V-1", minutes={"V-1": 25})
    assert [v.minutes for v in services_of(street.state, "V-1")] == [25]


def test_nobody_records_or_corrects_the_own_time() -> None:
    """TVR 3: true records; the volunteer concerned may ask for a correction, not make it."""
    street = _street()
    street.order("O-1", "V-1", "V-2")
    with pytest.raises(RefusedError) as refused:
        street.run(record_order_service, by="V-1", order="O-1", helper="V-1", minutes={"V-1": 90})
    assert codes(refused.value.problems) == ["own-service"]
    street.run(record_order_service, order="O-1", helper="V-1", minutes={"V-1": 60})
    change = {"service": "order/O-1/V-1", "reason": "miscounted", "minutes": 90}
    with pytest.raises(RefusedError):
        street.run(correct_service, by="V-1", **change)


def test_open_times_are_listed_by_their_deadline() -> None:
    """Whoever keeps the records sees first what is due first."""
    street = _street()
    street.order("O-2", "V-1", "V-2", day="2025-09-01")
    street.order("O-1", "V-1", "V-3", day="2025-09-15")
    assert [due.order for due in open_services(street.state)] == ["O-2", "O-2", "O-1", "O-1"]
    early = open_services(street.state, due_by=dt.date(2025, 9, 15))
    assert [due.order for due in early] == ["O-2", "O-2"]


# --- limits ------------------------------------------------------------------------------------


def test_nobody_serves_more_than_a_day_in_a_day() -> None:
    """What cannot be is not recorded from an order, but stays to be looked into."""
    street = _street()
    street.order("O-1", "V-1", minutes=1000)
    street.order("O-2", "V-1", minutes=500)
    assert [v.minutes for v in services_of(street.state, "V-1")] == [1000]
    assert [due.order for due in open_services(street.state)] == ["O-2"]
    with pytest.raises(RefusedError) as refused:
        street.run(record_order_service, order="O-2", helper="V-1", minutes={"V-1": 441})
    assert codes(refused.value.problems) == ["service-minutes"]
    street.run(record_order_service, order="O-2", helper="V-1", minutes={"V-1": 440})
    assert sum(v.minutes for v in services_of(street.state, "V-1")) == 1440


# --- activities --------------------------------------------------------------------------------


def _activity(street: Street, **fields: Any) -> None:
    arguments = {"activity": "A-1", "day": "2025-09-13", "category": "visit", **fields}
    street.run(record_activity, **arguments)


def test_services_of_an_activity_that_was_volunteering() -> None:
    """Each volunteer's own minutes; organizer and place are the activity's."""
    street = _street()
    _activity(street, organizer="ORG-1", place="P-1", volunteer_event=True)
    street.run(
        record_activity_service, activity="A-1", minutes={"V-2": 60, "V-1": 120}, leader="V-1"
    )
    (service,) = services_of(street.state, "V-1")
    assert (service.minutes, service.organizer, service.place) == (120, "ORG-1", "P-1")
    assert (service.activity, service.leader, service.order) == ("A-1", "V-1", None)


@pytest.mark.parametrize("volunteer_event", [False, None])
def test_activities_not_known_to_be_volunteering_give_no_hours(
    volunteer_event: bool | None,
) -> None:
    """TVR 19; unknown is not yes."""
    street = _street()
    _activity(street, volunteer_event=volunteer_event)
    with pytest.raises(RefusedError) as refused:
        street.run(record_activity_service, activity="A-1", minutes={"V-1": 60})
    assert codes(refused.value.problems) == ["not-volunteering"]


def test_a_leader_is_enrolled_and_never_a_name() -> None:
    """Words in place of an id are refused and not repeated."""
    street = _street()
    _activity(street, volunteer_event=True)
    with pytest.raises(RefusedError) as refused:
        street.run(record_activity_service, activity="A-1", minutes={"V-1": 60}, leader="王主任")
    assert codes(refused.value.problems) == ["volunteer-record-unknown"]
    assert "王主任" not in refused.value.say("zh")


def test_two_services_never_share_an_id() -> None:
    """A slash in an order's or a helper's id does not make two services one."""
    street = Street()
    street.enrol("C", "B/C")
    street.order("A/B", "C")
    street.order("A", "B/C")
    assert len(services_of(street.state, "C")) == 1
    assert len(services_of(street.state, "B/C")) == 1


def test_all_that_is_wrong_with_an_activity_list_is_said_at_once() -> None:
    """A worker, somebody unknown, no minutes, a service recorded before: four lines, nothing kept."""
    street = _street()
    street.enrol("W-1", kind="social_workers")
    _activity(street, volunteer_event=True)
    street.run(record_activity_service, activity="A-1", minutes={"V-3": 30})
    given = {"W-1": 60, "X-1": 60, "V-1": 0, "V-2": 60, "V-3": 60}
    with pytest.raises(RefusedError) as refused:
        street.run(record_activity_service, activity="A-1", minutes=given)
    found = sorted(codes(refused.value.problems))
    bad = ["not-a-volunteer", "not-a-volunteer", "service-minutes", "service-recorded-before"]
    assert found == bad
    assert services_of(street.state, "V-2") == []


# --- corrections -------------------------------------------------------------------------------


def test_a_correction_is_a_new_event() -> None:
    """TVR 13: the first record stays in the log, the state tells the corrected one and why."""
    street = _street()
    street.order("O-1", "V-1", minutes=90)
    key = services_of(street.state, "V-1")[0].id
    before = list(street.store.log)
    street.run(correct_service, service=key, reason="miscounted", minutes=60)
    (service,) = services_of(street.state, "V-1")
    assert (service.minutes, service.reason, service.version) == (60, "miscounted", 2)
    assert street.store.log[: len(before)] == before


def test_a_correction_does_not_count_the_time_that_it_replaces() -> None:
    """900 minutes become 1,000: less than a day, though both together are more."""
    street = _street()
    street.order("O-1", "V-1", minutes=900)
    change = {"service": "order/O-1/V-1", "reason": "miscounted", "minutes": 1000}
    assert street.run(correct_service, **change)["minutes"] == 1000


@pytest.mark.parametrize("reason", ["absent", "duplicate", "not_volunteering"])
def test_what_was_no_service_is_taken_back_whole(reason: str) -> None:
    """It counts no longer, and can be counted again only as a correction."""
    street = _street()
    street.order("O-1", "V-1")
    key = services_of(street.state, "V-1")[0].id
    street.run(correct_service, service=key, reason=reason)
    assert services_of(street.state, "V-1") == []
    street.run(correct_service, service=key, reason="miscounted", minutes=80)
    assert [v.minutes for v in services_of(street.state, "V-1")] == [80]


@pytest.mark.parametrize(
    ("reason", "minutes", "code"),
    [
        ("because", 60, "reason-unknown"),  # no code of the list
        ("miscounted", None, "service-minutes"),  # how many then?
        ("miscounted", 0, "service-minutes"),  # then it is one of the other reasons
        ("miscounted", 1441, "service-minutes"),  # more than a day
        ("absent", 30, "service-minutes"),  # either there or not
    ],
)
def test_corrections_that_make_no_sense(reason: str, minutes: int | None, code: str) -> None:
    """Nothing is changed, and the refusal says what was expected."""
    street = _street()
    street.order("O-1", "V-1")
    key = services_of(street.state, "V-1")[0].id
    with pytest.raises(RefusedError) as refused:
        street.run(correct_service, service=key, reason=reason, minutes=minutes)
    assert codes(refused.value.problems) == [code]
    assert services_of(street.state, "V-1")[0].version == 1


# --- training, honours, evaluation -------------------------------------------------------------


def test_training_honours_and_stars_are_kept() -> None:
    """TVR 8 to 10; the words about a volunteer are no part of the state."""
    street = _street()
    street.order("O-1", "V-1", day="2025-09-15")
    key = services_of(street.state, "V-1")[0].id
    learnt = {"day": "2025-03-01", "topic": "first_aid", "minutes": 180, "unit": "ORG-1"}
    street.run(record_training, helper="V-1", words="红十字救护员培训", **learnt)
    street.run(record_honour, helper="V-1", day="2025-05-04", honour="five_star", unit="GOV-1")
    street.run(evaluate_service, service=key, stars=4)
    street.run(evaluate_service, "2025-10-20", service=key, stars=5, words="很耐心")
    profile = profile_of(street.state, "V-1")
    assert [t.topic for t in profile.trainings] == ["first_aid"]
    assert [h.honour for h in profile.honours] == ["five_star"]
    assert profile.stars == (5, 1)
    assert street.state.get("evaluation", key).late is True
    assert "红十字" not in str(profile) + str([e.data for e in street.store.log])


def test_words_in_place_of_codes_are_refused_and_not_repeated() -> None:
    """A topic of words may name somebody: the refusal asks for a code and does not show it."""
    street = _street()
    bad = {"day": "2025-13-01", "topic": "李爷爷的课", "minutes": 0, "unit": "ORG-1"}
    with pytest.raises(RefusedError) as refused:
        street.run(record_training, helper="V-1", **bad)
    assert codes(refused.value.problems) == [
        "service-day-ahead",
        "volunteer-value",
        "volunteer-value",
    ]
    assert "李爷爷" not in refused.value.say("zh") + refused.value.say("en")


@pytest.mark.parametrize("stars", [0, 6, True])
def test_stars_are_one_to_five(stars: int) -> None:
    """No other number says anything."""
    street = _street()
    street.order("O-1", "V-1")
    key = services_of(street.state, "V-1")[0].id
    with pytest.raises(RefusedError):
        street.run(evaluate_service, service=key, stars=stars)


# --- the whole ---------------------------------------------------------------------------------


def test_every_refusal_reads_in_both_languages() -> None:
    """Each kind has its own code and no text of it is empty."""
    assert len({kind.code for kind in PROBLEMS}) == len(PROBLEMS)
    for kind in PROBLEMS:
        texts = [t for part in (kind.what, kind.expected, kind.todo) for t in (part.zh, part.en)]
        assert all(texts)


_WORK = st.lists(
    st.tuples(
        st.sampled_from(["V-1", "V-2", "V-3"]),
        st.integers(1, 3),
        st.integers(1, 900),
        st.sampled_from([None, "absent", 30]),
    ),
    max_size=12,
)


@given(_WORK)
def test_hours_agree_with_a_recount_of_the_log(work: list[tuple[str, int, int, Any]]) -> None:
    """An own count over the events gives the same minutes, no day has over 24 hours, and a replay the same state."""
    street = _street()
    for n, (who, day, minutes, correction) in enumerate(work):
        street.order(f"O-{n}", who, day=f"2025-09-0{day}", minutes=minutes)
        key = f"order/O-{n}/{who}"
        if correction is not None and street.state.get("service", key) is not None:
            given_minutes = correction if isinstance(correction, int) else None
            reason = "absent" if given_minutes is None else "miscounted"
            street.run(correct_service, service=key, reason=reason, minutes=given_minutes)
    counted: dict[str, tuple[str, str, int]] = {}
    for event in street.store.log:
        data = event.data
        if event.kind == "service.recorded":
            counted[data["id"]] = (data["helper"], data["day"], data["minutes"])
        elif event.kind == "service.corrected":
            counted[data["id"]] = (*counted[data["id"]][:2], data["minutes"])
    days: dict[tuple[str, str], int] = {}
    for who, day, minutes in counted.values():
        days[who, day] = days.get((who, day), 0) + minutes
    assert all(minutes <= 1440 for minutes in days.values())
    for who in ("V-1", "V-2", "V-3"):
        own = sum(minutes for (helper, _), minutes in days.items() if helper == who)
        assert sum(v.minutes for v in services_of(street.state, who)) == own
    again = MemoryStore(DOMAIN, log=list(street.store.log))
    assert again.state.find("service") == street.state.find("service")
    assert again.state.find("service_due") == street.state.find("service_due")
