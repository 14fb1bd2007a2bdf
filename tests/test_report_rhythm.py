"""The working rhythm: dates by the 25th, what a check counts, what may be shown, who is on the list."""

import datetime as dt
import itertools
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from order_town import LATER, MORNING, town, visit
from wushe.journal import Domain, MemoryStore
from wushe.ledger.money.records import RECORDS as MONEY
from wushe.ledger.money.records import Fund, Gift, Payment
from wushe.orders import Candidate, accept, complete, confirm, dispatch, escalate
from wushe.orders.projects.records import RECORDS as PROJECTS
from wushe.orders.projects.records import Activity, Milestone, Project
from wushe.orders.records import RECORDS as ORDERS
from wushe.orders.records import Call, Helper, Order
from wushe.orders.volunteers.records import RECORDS as VOLUNTEERS
from wushe.orders.volunteers.records import Service
from wushe.report.rhythm import (
    RhythmReport,
    commendation,
    progress_check,
    rhythm_calendar,
    supervision,
)

D = dt.date
DOMAIN = Domain.of((), (*ORDERS, *VOLUNTEERS, *PROJECTS, *MONEY))


class City:
    """A state into which tests put records as the rooms' events leave them."""

    def __init__(self) -> None:
        self.state = MemoryStore(DOMAIN).state
        self.orders = 0

    def order(self, **fields: Any) -> Order:
        """Put a confirmed order of a household in street 420106001, placed on 2 September."""
        self.orders += 1
        base: dict[str, Any] = {
            "id": f"O-{self.orders:04d}", "source": "need", "category": "meals", "form": "service",
            "amount": 60, "dimension": "time", "client": f"H-{self.orders}", "client_kind": "households",
            "placed_by": "W-1", "placed_at": "2025-09-02T01:00:00.000000Z", "need": f"N-{self.orders}",
            "place": "420106001001", "status": "confirmed", "confirmed_on": "2025-09-11",
            "helpers": ((-1, "ORG-1", None),),
        }  # fmt: skip
        order = Order(**{**base, **fields})
        self.state.put("order", order)
        return order

    def put(self, kind: str, record: Any) -> None:
        """Put any other record."""
        self.state.put(kind, record)


@pytest.fixture
def city() -> City:
    """Return an empty state."""
    return City()


def total(report: RhythmReport, measure: str) -> int:
    """Return a figure of the table of places, over all."""
    return report.table("places").figure(measure).value


# --- the calendar --------------------------------------------------------------------------------


def test_checks_are_by_the_25th_or_the_working_day_before() -> None:
    """2025-01-25 is a Saturday of the week before the Spring Festival, 2025-10-25 a Saturday."""
    found = {m.period: m.by.on for m in rhythm_calendar(2025).of("progress_check")}
    assert len(found) == 12
    assert found["2025-09"] == D(2025, 9, 25)
    assert found["2025-01"] == D(2025, 1, 24)
    assert found["2025-05"] == D(2025, 5, 23)  # the 25th is a Sunday
    assert found["2025-10"] == D(2025, 10, 24)
    assert all(day.day <= 25 for day in found.values())


def test_a_make_up_saturday_is_a_working_day() -> None:
    """2020-01-25 lies in the Spring Festival, which began on the 24th: the check is on the 23rd."""
    found = {m.period: m.by.on for m in rhythm_calendar(2020, check_day=25).meetings}
    assert found["2020-01"] == D(2020, 1, 23)
    sunday = {m.period: m.by.on for m in rhythm_calendar(2025, check_day=26).meetings}
    assert sunday["2025-01"] == D(2025, 1, 26)  # a Sunday that was worked


def test_quarters_and_the_year_end_are_in_the_calendar() -> None:
    """Four supervisions, one commendation, all in order of time."""
    calendar = rhythm_calendar(2025)
    assert [m.by.on for m in calendar.of("supervision")] == [
        D(2025, 3, 31), D(2025, 6, 30), D(2025, 9, 30), D(2025, 12, 31),
    ]  # fmt: skip
    assert [m.period for m in calendar.of("commendation")] == ["2025"]
    days = [m.by.on for m in calendar.meetings]
    assert days == sorted(days)
    assert calendar.to_csv().count("\r\n") == 18
    assert "2025-09 月调度 2025-09-25" in calendar.summary()
    assert "monthly progress check" in calendar.to_html()


def test_beyond_the_notices_dates_are_provisional() -> None:
    """No holiday notice of 2031 is out: each date says so."""
    meetings = rhythm_calendar(2031).meetings
    assert all(m.by.provisional for m in meetings)
    assert "暂定" in rhythm_calendar(2031).summary()


@pytest.mark.parametrize("day", [0, 29])
def test_a_check_day_that_not_every_month_has_is_refused(day: int) -> None:
    """February has 28 days."""
    with pytest.raises(ValueError, match="expected 1"):
        rhythm_calendar(2025, check_day=day)


# --- what a check counts -------------------------------------------------------------------------


def test_checks_leave_no_day_out(city: City) -> None:
    """Each check begins on the day after the last one."""
    reports = [progress_check(city.state, f"2025-{month:02d}") for month in range(1, 13)]
    for before, after in itertools.pairwise(reports):
        assert after.since == before.until + dt.timedelta(1)
    assert (reports[8].since, reports[8].until) == (D(2025, 8, 26), D(2025, 9, 25))


def test_orders_open_overdue_escalated_and_confirmed(city: City) -> None:
    """An open order is overdue when its day, or the time to answer, is over; what is done is not."""
    city.order()
    city.order(status="dispatched", confirmed_on=None, due_at="2025-09-24T02:00:00.000000Z")
    city.order(status="dispatched", confirmed_on=None, due_at="2025-09-25T02:00:00.000000Z")
    city.order(status="accepted", confirmed_on=None, on_day="2025-09-24")
    city.order(status="done", confirmed_on=None, on_day="2025-09-24")
    city.order(status="escalated", confirmed_on=None, level="street")
    city.order(status="failed", confirmed_on=None, level="street")
    city.order(placed_at="2025-08-01T01:00:00.000000Z", confirmed_on="2025-08-11")
    city.order(
        placed_at="2025-09-25T17:00:00.000000Z", status="placed", confirmed_on=None
    )  # the 26th in China
    report = progress_check(city.state, "2025-09")
    seen = {m: total(report, m) for m in ("placed", "open", "overdue", "escalated", "confirmed")}
    assert seen == {"placed": 7, "open": 5, "overdue": 2, "escalated": 1, "confirmed": 1}
    assert report.table("levels").figure("escalated", "street").value == 1


def test_person_times_persons_and_households_are_apart(city: City) -> None:
    """Three orders of one person and two of one household: 5 times, 1 person at least, 1 household at least."""
    for _ in range(3):
        city.order(client="P-1", client_kind="persons", need="N-1")
    for _ in range(2):
        city.order(client="H-1", need="N-2")
    report = progress_check(city.state, "2025-09").table("places")
    assert report.figure("person_times").value == 5
    assert (report.figure("persons").value, report.figure("persons").unrecorded) == (1, 2)
    assert (report.figure("households").value, report.figure("households").unrecorded) == (1, 3)
    assert report.figure("needs_met").value == 2


def test_a_person_helped_in_two_streets_is_one_in_the_total(city: City) -> None:
    """Totals are counted anew."""
    city.order(client="P-1", client_kind="persons", place="420106001001")
    city.order(client="P-1", client_kind="persons", place="420106002001")
    city.order(client="P-1", client_kind="persons", place=None)
    places = progress_check(city.state, "2025-09").table("places")
    assert [row.key for row in places.rows] == ["420106001", "420106002", "-"]
    assert [row.figure("persons").value for row in places.rows] == [1, 1, 1]
    assert places.figure("persons").value == 1


def test_activities_say_at_least_where_figures_are_missing(city: City) -> None:
    """Unknown households of one activity make no zero, and one not held does not count."""
    place = "420106001001"
    city.put(
        "activity",
        Activity("A-1", "2025-09-05", "x", place=place, person_times=30, persons=20, households=10),
    )
    city.put(
        "activity", Activity("A-2", "2025-09-06", "x", place=place, person_times=10, persons=10)
    )
    city.put(
        "activity",
        Activity("A-3", "2025-09-07", "x", place=place, person_times=9, reason="not_held"),
    )
    places = progress_check(city.state, "2025-09").table("places")
    assert places.figure("activities").value == 2
    assert (
        places.figure("activity_person_times").value,
        places.figure("activity_person_times").unrecorded,
    ) == (40, 0)
    assert places.figure("activity_households").unrecorded == 1


def test_hours_and_money_of_the_period(city: City) -> None:
    """Volunteer minutes by the order's place; funds by what came in and went out in the period."""
    order = city.order()
    city.put(
        "service",
        Service(
            "S-1",
            "V-1",
            "2025-09-11",
            "meals",
            90,
            "ORG-1",
            "W-1",
            "2025-09-12",
            "2025-09-25",
            order=order.id,
        ),
    )
    city.put(
        "service",
        Service(
            "S-2",
            "V-1",
            "2025-08-11",
            "meals",
            60,
            "ORG-1",
            "W-1",
            "2025-08-12",
            "2025-08-25",
            order=order.id,
        ),
    )
    city.put("fund", Fund("F-1", "暖心基金", "O-1", free_fen=70))
    city.put("gift", Gift("G-1", "F-1", 100, "2025-09-01"))
    city.put("gift", Gift("G-2", "F-1", 50, "2025-09-01", origin="G-0"))  # only moved
    city.put(
        "payment",
        Payment("P-1", "C-1", "F-1", 30, (("G-1", 30),), "2025-09-03", client="H-1", returned=5),
    )
    report = progress_check(city.state, "2025-09")
    assert report.table("places").figure("minutes", "420106001").value == 90
    funds = report.table("funds")
    assert [funds.figure(m, "F-1").value for m in ("received_fen", "spent_fen", "free_fen")] == [
        100,
        25,
        70,
    ]


def test_projects_behind_their_milestones_are_followed_up(city: City) -> None:
    """Granted projects only, and milestones whose day is over."""
    city.put("project", Project("PR-1", 100, "ORG-1", status="granted"))
    city.put("project", Project("PR-2", 100, "ORG-1", status="closed"))
    city.put("milestone", Milestone("PR-1#1", "PR-1", "2025-09-01"))
    city.put("milestone", Milestone("PR-1#2", "PR-1", "2025-09-25"))
    city.put(
        "milestone", Milestone("PR-1#3", "PR-1", "2025-08-01", open=None, reached_on="2025-08-01")
    )
    city.put("milestone", Milestone("PR-2#1", "PR-2", "2025-09-01"))
    items = progress_check(city.state, "2025-09").items
    assert [item.zh for item in items] == [
        "项目 PR-1 的里程碑 PR-1#1 应于 2025-09-01 达到，已迟 24 天"
    ]


def test_an_empty_state_gives_an_empty_report() -> None:
    """A state without some of the records, as a city that keeps no funds, is no error."""
    state = MemoryStore(Domain.of((), ORDERS)).state
    report = progress_check(state, "2025-09")
    assert report.table("funds").rows == ()
    assert total(report, "confirmed") == 0
    assert "没有" in report.summary()


@pytest.mark.parametrize("month", ["2025-9", "2025-13", "九月"])
def test_a_wrong_month_is_refused(city: City, month: str) -> None:
    """The month is told as 2025-09."""
    with pytest.raises(ValueError, match="2025-09"):
        progress_check(city.state, month)


def test_wrong_quarters_levels_and_tables_are_refused(city: City) -> None:
    """Each error says what was expected."""
    with pytest.raises(ValueError, match="2025Q3"):
        supervision(city.state, "2025-Q3")
    with pytest.raises(ValueError, match="community"):
        progress_check(city.state, "2025-09", level="village")
    with pytest.raises(ValueError, match="is before"):
        progress_check(city.state, "2025-09", on=D(2025, 8, 1))
    with pytest.raises(KeyError, match="places"):
        progress_check(city.state, "2025-09").table("streets")


def test_orders_that_went_their_way_are_counted() -> None:
    """Through the commands themselves: one confirmed, one asked, one escalated and asked again."""
    helpers = [Helper("ORG-1", "organizations", place="420106001001", categories=("visit",))]
    store = town(helpers)
    mine = [Candidate("ORG-1", "organizations")]
    keys = [visit(store, client=f"H{n}", place="420106001001", candidates=mine) for n in range(3)]
    for key in keys[:2]:
        store.run(MORNING, dispatch, order=key)
    store.run(MORNING, escalate, order=keys[2])
    store.run(MORNING, accept, order=keys[0], helper="ORG-1")
    store.run(MORNING, complete, order=keys[0])
    store.run(LATER, confirm, order=keys[0], rating=5)
    report = progress_check(store.state, "2025-09")
    seen = {m: total(report, m) for m in ("placed", "confirmed", "open", "escalated", "households")}
    assert seen == {"placed": 3, "confirmed": 1, "open": 2, "escalated": 1, "households": 1}
    partners = report.table("partners")
    asked = [partners.figure(m, "ORG-1").value for m in ("asked", "accepted", "confirmed")]
    assert asked == [3, 1, 1]  # who decides at the next level asks anew
    assert report.table("levels").rows[0].key == "community"


# --- supervision ---------------------------------------------------------------------------------


def test_a_supervision_has_the_quarter_and_its_months(city: City) -> None:
    """Flows of the months add up to the quarter's; who was helped twice is one in it."""
    for month, n in (("07", 3), ("08", 4), ("09", 5)):
        for _ in range(n):
            city.order(
                placed_at=f"2025-{month}-02T01:00:00.000000Z",
                confirmed_on=f"2025-{month}-11",
                client="H-1",
            )
    report = supervision(city.state, "2025Q3")
    assert (report.since, report.until) == (D(2025, 7, 1), D(2025, 9, 30))
    months = report.table("months")
    assert [row.key for row in months.rows] == ["2025-07", "2025-08", "2025-09"]
    assert [row.figure("confirmed").value for row in months.rows] == [3, 4, 5]
    assert total(report, "confirmed") == 12
    assert total(report, "households") == 1


def test_a_supervision_before_its_end_covers_the_days_so_far(city: City) -> None:
    """Months that have not begun are left out."""
    report = supervision(city.state, "2025Q3", on=D(2025, 8, 15))
    assert report.until == D(2025, 8, 15)
    assert [row.key for row in report.table("months").rows] == ["2025-07", "2025-08"]


# --- commendation --------------------------------------------------------------------------------


def test_organizations_are_listed_by_what_they_did(city: City) -> None:
    """Tianshui commends social organizations: by confirmed orders, then minutes; equal ones share a rank."""
    for key, n in (("ORG-1", 3), ("ORG-2", 5), ("ORG-3", 3), ("ORG-4", 0)):
        city.put("helper", Helper(key, "organizations"))
        for _ in range(n):
            city.order(helpers=((-1, key, None),))
    city.put("helper", Helper("V-1", "volunteers"))
    city.order(helpers=((-1, "V-1", None),))
    city.order(helpers=((-1, "ORG-1", None),), confirmed_on="2024-12-31")
    city.put(
        "call",
        Call(
            "O-1#1",
            "O-1",
            "ORG-4",
            "organizations",
            "H-1",
            1,
            "2025-03-01T01:00:00.000000Z",
            state="declined",
        ),
    )
    report = commendation(city.state, 2025, names={"ORG-2": "心连心"})
    assert [row.name.zh for row in report.table("partners").rows] == [
        "1. 心连心",
        "2. ORG-1",
        "2. ORG-3",
    ]
    assert "由人决定" in report.summary()


def test_a_rank_by_people_is_refused(city: City) -> None:
    """A public rank by households would tell what is withheld."""
    with pytest.raises(ValueError, match="confirmed"):
        commendation(city.state, 2025, by=("households",))


# --- what may be shown ---------------------------------------------------------------------------


def test_small_counts_are_withheld_in_public_and_shown_inside(city: City) -> None:
    """Three helped in one street could be told: the public sees none of it."""
    for place, n in (("420106001001", 3), ("420106002001", 9), ("420106003001", 6)):
        for _ in range(n):
            city.order(place=place)
    report = progress_check(city.state, "2025-09")
    at = [m.id for m in report.table("places").measures].index("households")
    public = [row[at].say() for row in report.cells()["places"]]
    assert public == ["*", "9", "*", "18"]
    inside = [row[at].say() for row in report.cells("internal")["places"]]
    assert inside == ["3", "9", "6", "18"]
    assert "内部版" in report.summary(audience="internal")


def test_what_a_fund_paid_to_few_is_withheld(city: City) -> None:
    """Spent of a fund that helped two households would tell what they got, so would its balances of two months."""
    for fund, n in (("F-1", 2), ("F-2", 6), ("F-3", 7), ("F-4", 0)):
        city.put("fund", Fund(fund, fund, "O-1", free_fen=1))
        for i in range(n):
            city.put(
                "payment", Payment(f"{fund}-{i}", "C", fund, 10, (), "2025-09-03", client=f"H-{i}")
            )
    report = progress_check(city.state, "2025-09")
    shown = [[cell.say() for cell in row[2:]] for row in report.cells()["funds"]]
    assert shown == [["*", "*"], ["*", "*"], ["70", "*"], ["0", "*"]]
    assert [row[3].say() for row in report.cells("internal")["funds"]] == ["1"] * 4


def test_a_quarter_does_not_tell_what_a_month_withholds(city: City) -> None:
    """Small in July, large in the quarter: the quarter less the other months would be July's figure."""
    for place, n in (("420106001001", 3), ("420106002001", 9), ("420106003001", 6)):
        for _ in range(n):
            city.order(
                place=place, placed_at="2025-07-02T01:00:00.000000Z", confirmed_on="2025-07-11"
            )
        for _ in range(20):
            city.order(
                place=place, placed_at="2025-08-02T01:00:00.000000Z", confirmed_on="2025-08-11"
            )
    report = supervision(city.state, "2025Q3")
    at = [m.id for m in report.table("places").measures].index("confirmed")
    assert [row[at].say() for row in report.cells()["places"]] == ["*", "29", "*", "78"]


def test_a_total_withheld_in_one_table_is_withheld_in_all(city: City) -> None:
    """Two tables of a report have one total: months of 2 and 9 hide what the places would show."""
    for month, n in (("07", 2), ("08", 9)):
        for i in range(n):
            city.order(
                place=f"42010600{1 + i % 2}001", placed_at=f"2025-{month}-02T01:00:00.000000Z",
                confirmed_on=f"2025-{month}-11",
            )  # fmt: skip
    report = supervision(city.state, "2025Q3")
    shown = report.cells()
    totals = set()
    for name in ("places", "months"):
        at = [m.id for m in report.table(name).measures].index("confirmed")
        totals.add(shown[name][-1][at].say())
    assert len(totals) == 1


def test_withheld_cells_cannot_be_worked_out_from_sums(city: City, seed: int) -> None:
    """A linear program finds no withheld count of a column pinned to one value."""
    rng = np.random.default_rng(seed)
    for trial in range(40):
        fresh = City()
        for street in range(int(rng.integers(2, 6))):
            for _ in range(int(rng.integers(0, 9))):
                fresh.order(place=f"42010600{street + 1}001", client=f"H-{trial}-{fresh.orders}")
        report = progress_check(fresh.state, "2025-09")
        at = [m.id for m in report.table("places").measures].index("confirmed")
        *rows, whole = [row[at] for row in report.cells()["places"]]
        secret = [i for i, cell in enumerate(rows) if cell.value is None]
        if not secret or whole.value is None:
            continue
        rest = whole.value - sum(cell.value or 0 for cell in rows)
        for k in range(len(secret)):
            goal = np.eye(len(secret))[k]
            ends = [
                linprog(
                    sign * goal, A_eq=np.ones((1, len(secret))), b_eq=[rest], bounds=(1, None)
                ).fun
                for sign in (1, -1)
            ]
            assert -ends[1] - ends[0] >= 1


def test_no_client_is_named_in_any_form(city: City) -> None:
    """Reports hold counts, places, funds, projects and organizations, also inside the office."""
    city.order(client="H-SECRET", id="O-SECRET")
    city.put("fund", Fund("F-1", "<b>基金</b>", "O-1"))
    city.put("gift", Gift("G-1", "F-1", 100, "2025-09-01", donor="D-SECRET"))
    report = progress_check(city.state, "2025-09")
    for audience in ("masked", "internal"):
        said = report.summary(audience=audience) + report.to_csv("en", audience=audience)
        page = report.to_html(audience=audience)
        assert "SECRET" not in said + page
        assert "<b>基金" not in page


def test_csv_has_one_figure_a_line(city: City) -> None:
    """Long form: table, row, measure, figure."""
    city.order()
    report = progress_check(city.state, "2025-09")
    lines = report.to_csv("en", audience="internal").split("\r\n")
    assert "By place,420106001,confirmed,1" in lines
    assert "By place,Total,confirmed,1" in lines
