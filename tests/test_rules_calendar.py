"""Working days: the State Council's notices of 2024 to 2026, how periods run, and what lies beyond."""

import datetime as dt
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wushe.rules.calendar import (
    PROVISIONAL,
    Deadline,
    add_calendar_days,
    add_months,
    add_working_days,
    is_working_day,
    working_days_between,
)

day = dt.date.fromisoformat
PUBLISHED = st.dates(dt.date(2004, 1, 2), dt.date(2026, 10, 1))
ANY_DAY = st.dates(dt.date(2000, 1, 1), dt.date(2040, 1, 1))

# (the day of the event, working days, the last day), counted by hand from the notices
GOLDEN = [
    # 2024 Spring Festival: off 10 to 17 February, working Sundays 4 and 18 February
    ("2024-02-08", 3, "2024-02-19"),  # 9, 18 (Sunday), 19
    ("2024-02-05", 10, "2024-02-23"),  # 6 7 8 9, 18 19 20 21 22 23
    # 2024 Mid-Autumn: working Saturday 14 September, off 15 to 17
    ("2024-09-13", 3, "2024-09-19"),  # 14 (Saturday), 18, 19
    # 2024 National Day: working Sunday 29 September, off 1 to 7, working Saturday 12 October
    ("2024-09-27", 10, "2024-10-16"),  # 29 30, 8 9 10 11 12, 14 15 16
    # 2025 Spring Festival: working Sunday 26 January, off 28 January to 4 February, working 8 February
    ("2025-01-24", 3, "2025-02-05"),  # 26 (Sunday), 27, 5
    ("2025-01-10", 20, "2025-02-13"),  # 13-17, 20-24, 26 27, 5 6 7 8, 10 11 12 13
    # 2025 National Day with Mid-Autumn: working 28 September, off 1 to 8, working Saturday 11 October
    ("2025-09-30", 3, "2025-10-11"),  # 9, 10, 11 (Saturday)
    ("2025-09-26", 10, "2025-10-16"),  # 28 29 30, 9 10 11, 13 14 15 16
    # 2026 New Year: off 1 to 3, working Sunday 4 January
    ("2025-12-31", 1, "2026-01-04"),
    # 2026 Spring Festival: working Saturday 14, off 15 to 23 February, working Saturday 28
    ("2026-02-12", 3, "2026-02-24"),  # 13, 14 (Saturday), 24
    ("2026-02-13", 10, "2026-03-05"),  # 14, 24 25 26 27 28, 2 3 4 5
    # 2026 Mid-Autumn and National Day: working Sunday 20 September, off 25 to 27, off 1 to 7 October
    ("2026-09-18", 10, "2026-10-09"),  # 20 21 22 23 24, 28 29 30, 8 9
    ("2026-09-30", 3, "2026-10-10"),  # 8, 9, 10 (Saturday)
]


@pytest.mark.parametrize(("start", "n", "end"), GOLDEN)
def test_working_days_around_holidays(start: str, n: int, end: str) -> None:
    """Holidays are left out and make-up weekend days counted, as the notices have them."""
    assert add_working_days(day(start), n) == Deadline(day(end), provisional=False)
    assert working_days_between(day(start), day(end)) == n


@pytest.mark.parametrize(
    ("on", "works"),
    [
        ("2024-02-09", True),  # New Year's Eve of 2024 was not yet a holiday by law
        ("2025-01-28", False),  # of 2025 it was
        ("2025-02-08", True),  # a make-up Saturday
        ("2025-02-09", False),  # the Sunday after it
        ("2025-10-08", False),  # a Wednesday off
        ("2018-12-31", False),  # made a holiday by the next year's notice
    ],
)
def test_single_days(on: str, works: bool) -> None:
    """A day tells whether it is worked; as a truth value it is its answer, not its certainty."""
    assert is_working_day(day(on)).yes is works
    assert bool(is_working_day(day(on))) is works
    assert not is_working_day(day(on)).provisional


def test_the_day_of_the_event_is_not_counted() -> None:
    """Accepted on a Monday, within three working days is Thursday (民法典 201)."""
    assert add_working_days(day("2025-03-03"), 3).on == day("2025-03-06")
    assert add_calendar_days(day("2025-03-03"), 7).on == day("2025-03-10")


def test_a_period_of_nothing_ends_where_it_began() -> None:
    """Zero days is the day itself, working or not."""
    assert add_working_days(day("2025-02-01"), 0) == Deadline(day("2025-02-01"))


@pytest.mark.parametrize(
    ("start", "n", "plain", "rolled"),
    [
        ("2025-09-24", 7, "2025-10-01", "2025-10-09"),  # National Day week
        ("2025-02-01", 7, "2025-02-08", "2025-02-08"),  # a Saturday, but a working one
        ("2025-03-08", 7, "2025-03-15", "2025-03-17"),  # an ordinary Saturday
    ],
)
def test_calendar_days_move_on_only_when_asked(start: str, n: int, plain: str, rolled: str) -> None:
    """Publicity ends on the seventh day whatever it is; with `roll` a day of rest moves on (民法典 203)."""
    assert add_calendar_days(day(start), n).on == day(plain)
    assert add_calendar_days(day(start), n, roll=True).on == day(rolled)


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        ("2025-08-31", 6, "2026-02-28"),  # no 31 February: the month's last day (民法典 202)
        ("2023-08-31", 6, "2024-02-29"),
        ("2025-12-15", 1, "2026-01-15"),
        ("2025-03-01", 12, "2026-03-01"),
    ],
)
def test_months_end_on_the_corresponding_day(start: str, n: int, end: str) -> None:
    """A period in months ends on the day of the same number, else on the month's last."""
    assert add_months(day(start), n).on == day(end)


def test_beyond_the_notices_days_are_provisional() -> None:
    """Where no notice is out: Monday to Friday without fixed-date holidays, and it is said so."""
    far = add_working_days(day("2039-09-29"), 3)  # Thursday; 30 September, then 4 and 5 October
    assert far == Deadline(day("2039-10-05"), provisional=True)
    assert far.say("zh").startswith("2039-10-05（暂定")
    assert "provisional" in far.say("en")
    assert PROVISIONAL.zh != PROVISIONAL.en


def test_provisional_days_inside_a_period_make_its_end_provisional() -> None:
    """A period that runs over the last notice is provisional, one that ends before it is not."""
    assert not add_working_days(day("2025-12-01"), 10).provisional
    assert add_working_days(day("2034-12-20"), 10).provisional
    assert not add_calendar_days(day("2039-01-01"), 7).provisional  # needs no calendar of holidays
    assert add_calendar_days(day("2039-01-01"), 7, roll=True).provisional


def test_before_the_first_notice_days_are_provisional_too() -> None:
    """The library begins in 2004; an earlier day does not fail."""
    assert is_working_day(day("2001-05-01")).provisional
    assert not is_working_day(day("2001-05-01"))


def test_a_year_ends_with_the_next_years_notice() -> None:
    """The last days of the last known year are provisional: New Year's notice may still claim them."""
    from chinese_calendar import holidays

    last = max(holidays).year
    assert not is_working_day(dt.date(last, 12, 28)).provisional
    assert is_working_day(dt.date(last, 12, 31)).provisional


@pytest.mark.parametrize("add", [add_working_days, add_calendar_days, add_months])
def test_periods_do_not_run_backwards(add: object) -> None:
    """A negative length is refused."""
    with pytest.raises(ValueError, match="negative"):
        add(day("2025-01-01"), -1)  # type: ignore[operator]


@given(ANY_DAY, st.integers(1, 60))
def test_adding_and_counting_agree(start: dt.date, n: int) -> None:
    """As many days lie between as were added, the last is a working day, none is passed over."""
    end = add_working_days(start, n).on
    assert working_days_between(start, end) == n
    assert is_working_day(end)
    assert working_days_between(end, start) == -n


@given(ANY_DAY, st.integers(0, 30), st.integers(0, 30))
def test_periods_add_up(start: dt.date, a: int, b: int) -> None:
    """Two periods one after the other are one period of both lengths."""
    middle = add_working_days(start, a).on
    assert add_working_days(middle, b).on == add_working_days(start, a + b).on


@given(ANY_DAY, st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_later_or_longer_never_ends_earlier(start: dt.date, later: int, n: int, more: int) -> None:
    """Ends are monotone in the start and in the length, and no sooner than calendar days."""
    end = add_working_days(start, n).on
    assert end <= add_working_days(start + dt.timedelta(days=later), n).on
    assert end <= add_working_days(start, n + more).on
    assert end >= add_calendar_days(start, n).on


@given(PUBLISHED, st.integers(0, 20))
def test_published_years_are_never_provisional(start: dt.date, n: int) -> None:
    """Inside the notices nothing is said to be provisional."""
    assert not add_working_days(start, n).provisional


@given(ANY_DAY, st.integers(0, 36))
def test_months_keep_the_day_or_end_the_month(start: dt.date, n: int) -> None:
    """The end is in the right month, on the same day or that month's last."""
    end = add_months(start, n).on
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == n
    assert end.day == start.day or (end + dt.timedelta(days=1)).day == 1


def test_the_library_is_imported_when_a_day_is_asked_for() -> None:
    """Importing the module does not bring in the holiday tables."""
    code = "import sys, wushe.rules.calendar; sys.exit('chinese_calendar' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
