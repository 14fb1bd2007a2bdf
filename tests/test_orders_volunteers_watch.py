"""Who looks after volunteers sees in time: insurance, minors, hours, requests; masked for others."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wushe
from volunteers_at_work import STATION, Street
from wushe import Place, Volunteer
from wushe.journal import Session
from wushe.network import LinkageNetwork
from wushe.orders.volunteers import (
    VolunteerTotals,
    insurance_due,
    issue_certificate,
    request_counts,
    request_rows,
    volunteer_flags,
    volunteer_totals,
    week_load,
)

SEPTEMBER = {"since": dt.date(2025, 9, 1), "until": dt.date(2025, 9, 30)}


def _flags(street: Street, **fields: Any) -> list[tuple[str, str]]:
    return [(f.helper, f.code) for f in volunteer_flags(street.state, **SEPTEMBER, **fields)]


# --- flags -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("insured_until", "flags"),
    [
        ("2025-09-15", []),  # covers the day itself
        ("2025-09-14", [("V-1", "uninsured")]),  # ran out the day before
        (None, [("V-1", "insurance_unknown")]),  # unknown is not insured
    ],
)
def test_dangerous_service_asks_for_insurance(
    insured_until: str | None, flags: list[tuple[str, str]]
) -> None:
    """Article 17; home repair is dangerous by default, a visit is not."""
    street = Street()
    street.enrol("V-1", insured_until=insured_until)
    street.order("O-1", "V-1", category="home_repair")
    street.order("O-2", "V-1", category="visit")
    assert _flags(street) == flags


def test_a_city_names_what_is_dangerous() -> None:
    """Nothing else is then."""
    street = Street()
    street.enrol("V-1")
    street.order("O-1", "V-1", category="home_repair")
    street.order("O-2", "V-1", category="visit")
    assert _flags(street, dangerous=("visit",)) == [("V-1", "insurance_unknown")]
    assert _flags(street, dangerous=()) == []


def test_minors_need_their_guardians_consent_and_no_danger() -> None:
    """Two flags for a minor in home repair without a recorded consent; none for one with consent on a visit."""
    street = Street()
    street.enrol("V-1", minor=True, insured_until="2026-01-01")
    street.enrol("V-2", minor=True, guardian_consent=True)
    street.order("O-1", "V-1", category="home_repair")
    street.order("O-2", "V-2", category="visit")
    assert _flags(street) == [("V-1", "guardian_missing"), ("V-1", "minor_in_danger")]


def test_more_hours_than_offered_are_flagged_per_week() -> None:
    """240 minutes a week: Monday to Sunday counts, also where the month begins within; Monday next is new."""
    street = Street()
    street.enrol("V-1", weekly_minutes=240)
    street.order("O-1", "V-1", day="2025-08-31", minutes=200)  # Sunday of the week before
    street.order("O-2", "V-1", day="2025-09-01", minutes=200)
    street.order("O-3", "V-1", day="2025-09-07", minutes=40)
    assert _flags(street) == []
    street.order("O-4", "V-1", day="2025-09-03", minutes=1)
    (flag,) = volunteer_flags(street.state, **SEPTEMBER)
    assert (flag.code, flag.day, flag.value) == ("over_week", "2025-09-01", 241)
    assert "241" in flag.say("en")
    assert "V-1" not in flag.say("zh")


def test_late_records_are_flagged() -> None:
    """Recorded after the ten working days."""
    street = Street()
    street.enrol("V-1")
    street.order("O-1", "V-1", day="2025-09-01", confirmed="2025-09-30")
    assert _flags(street) == [("V-1", "late")]


def test_insurance_is_asked_for_before_the_service() -> None:
    """An accepted dangerous order ahead, insurance that runs out before its day: told now."""
    street = Street()
    street.enrol("V-1", insured_until="2025-09-18")
    street.enrol("V-2", insured_until="2025-09-20")
    for key, helper in (("O-1", "V-1"), ("O-2", "V-2")):
        _accepted(street, key, helper, on_day="2025-09-20", category="home_repair")
    (flag,) = insurance_due(street.state, on=dt.date(2025, 9, 15))
    assert (flag.helper, flag.code, flag.day) == ("V-1", "uninsured", "2025-09-20")


def _accepted(street: Street, key: str, helper: str, on_day: str, category: str = "visit") -> None:
    placed = {"id": key, "source": "need", "client_kind": "households", "category": category}
    amounts = {"form": "service", "amount": 60, "dimension": "minute", "on_day": on_day}

    def accept(s: Session) -> None:
        s.record("order.placed", f"order/{key}", {**placed, **amounts}, ref=s.ref("H-1"))
        asked = {"asked": [[1, helper, "volunteers", None, -1, 60, 60]], "due": s.act.at}
        s.record("order.dispatched", f"order/{key}", asked)
        who = [[-1, helper, "volunteers", None, 60]]
        accepted = {"calls": [f"{key}#1"], "withdrawn": [], "helpers": who}
        s.record("order.accepted", f"order/{key}", accepted)

    street.run(accept)


def test_a_week_holds_what_was_given_and_what_is_promised() -> None:
    """100 given and 60 promised of 240 leave 80; another week is empty; unknown stays unknown."""
    street = Street()
    street.enrol("V-1", weekly_minutes=240)
    street.enrol("V-2")
    street.order("O-1", "V-1", day="2025-09-15", minutes=100)
    _accepted(street, "O-2", "V-1", on_day="2025-09-21")
    load = week_load(street.state, "V-1", dt.date(2025, 9, 17))
    assert (load.monday, load.given, load.promised, load.left) == ("2025-09-15", 100, 60, 80)
    assert week_load(street.state, "V-1", dt.date(2025, 9, 22)).left == 240
    assert week_load(street.state, "V-2", dt.date(2025, 9, 22)).left is None


def test_totals_for_the_yearly_report() -> None:
    """TVR 18: two volunteers, three services of which one late, one still due, one proof; October is not counted."""
    street = Street()
    street.enrol("V-1", "V-2")
    street.order("O-1", "V-1", day="2025-09-01", minutes=60)
    street.order("O-2", "V-1", day="2025-09-02", minutes=30)
    street.order("O-3", "V-2", day="2025-09-30", minutes=45, confirmed="2025-11-03")
    street.order("O-4", "V-2", day="2025-09-30", confirmed=None)
    street.order("O-5", "V-2", day="2025-10-09")
    ask = {"helper": "V-1", "unit": STATION, "since": "2025-09-01", "until": "2025-09-02"}
    street.run(issue_certificate, "2025-09-20", **ask)
    totals = volunteer_totals(street.state, **SEPTEMBER)
    assert totals == VolunteerTotals(
        volunteers=2, services=3, minutes=135, late=1, still_due=1, certificates=1
    )


# --- requests ----------------------------------------------------------------------------------


def _ask(street: Street, key: str, helper: str, today: str, end: str | None = None) -> None:
    """Ask one volunteer; `end` declined or timed_out, None still open."""
    placed = {"id": key, "source": "need", "client_kind": "households", "category": "visit"}
    amounts = {"form": "service", "amount": 60, "dimension": "minute"}

    def ask(s: Session) -> None:
        s.record("order.placed", f"order/{key}", {**placed, **amounts}, ref=s.ref("H-1"))
        asked = {"asked": [[1, helper, "volunteers", None, -1, 60, 60]], "due": s.act.at}
        s.record("order.dispatched", f"order/{key}", asked)
        call, left = f"{key}#1", {"withdrawn": [], "last": True, "due": None}
        if end == "declined":
            s.record("order.declined", f"order/{key}", {"call": call, "reason": "ill", **left})
        elif end == "timed_out":
            s.record("order.timed_out", f"order/{key}", {"calls": [call], **left})

    street.run(ask, today)


def test_requests_are_counted_with_their_answers() -> None:
    """Accepted 1 of 3 answered or left unanswered; the open one counts as asked only."""
    street = Street()
    street.enrol("V-1")
    street.order("O-1", "V-1", day="2025-09-01")
    _ask(street, "O-2", "V-1", "2025-09-02", "declined")
    _ask(street, "O-3", "V-1", "2025-09-03", "timed_out")
    _ask(street, "O-4", "V-1", "2025-09-12")
    _ask(street, "O-5", "V-1", "2025-10-12")
    (count,) = request_counts(street.state, **SEPTEMBER)
    assert (count.asked, count.accepted, count.declined, count.silent) == (4, 1, 1, 1)
    assert (count.accepted_percent, count.busiest, count.over) == (33, 3, False)
    (strict,) = request_counts(street.state, **SEPTEMBER, weekly_calls=2)
    assert strict.over


@given(st.lists(st.integers(0, 40), max_size=14), st.integers(1, 6))
def test_the_busiest_seven_days_agree_with_a_plain_count(days: list[int], limit: int) -> None:
    """Any seven days in a row are looked at, not calendar weeks."""
    street = Street()
    street.enrol("V-1")
    first = dt.date(2025, 9, 1)
    for n, offset in enumerate(days):
        _ask(street, f"O-{n}", "V-1", (first + dt.timedelta(days=offset)).isoformat())
    period = {"since": first, "until": dt.date(2025, 12, 31)}
    counts = request_counts(street.state, **period, weekly_calls=limit)
    busiest = max((sum(a <= d < a + 7 for d in days) for a in range(41)), default=0)
    assert [(c.busiest, c.over) for c in counts] == ([(busiest, busiest > limit)] if days else [])


@pytest.fixture(scope="module")
def network() -> LinkageNetwork:
    """Two volunteers with names."""
    rules = wushe.load_plugins()
    place = Place(id="P", name="某社区", level="community")
    people = [
        Volunteer(id="V-1", name="张三", place="P"),
        Volunteer(id="V-2", name="李四", place="P", minor=True, guardian_consent=True),
    ]
    records = [place, *people]
    return wushe.build_network_from_records(records, rules.categories, rules.target_groups)


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("official", [("V-1", "张三"), ("V-2", "李四")]),
        ("grid_worker", [("V-1", "张三"), ("V-2", "李**")]),  # of a minor the first character
        ("donor", [("志愿者1", "张**"), ("志愿者2", None)]),
        ("public", [("志愿者1", "张**"), ("志愿者2", None)]),
    ],
)
def test_rows_show_of_the_volunteers_what_the_role_may_see(
    role: str, seen: list[tuple[str, str | None]], network: LinkageNetwork
) -> None:
    """TVR 16; the figures are the same for all."""
    street = Street()
    street.enrol("V-1")
    street.enrol("V-2", minor=True, guardian_consent=True)
    _ask(street, "O-1", "V-1", "2025-09-01")
    _ask(street, "O-2", "V-1", "2025-09-02")
    _ask(street, "O-3", "V-2", "2025-09-03")
    counts = request_counts(street.state, **SEPTEMBER)
    rows = request_rows(street.state, counts, network=network, role=role)
    assert [(row["helper"], row["name"]) for row in rows] == seen
    assert [row["asked"] for row in rows] == [2, 1]
