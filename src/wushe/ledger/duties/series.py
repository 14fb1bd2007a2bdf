"""Publications that are due again and again while something lasts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

import attrs

from wushe.ledger.duties.lines import DutyLine
from wushe.ledger.duties.look import LATE, LATE_DONE, ON_TIME, STILL_TIME, Look, day
from wushe.text import Text

Next = Callable[[dt.date], dt.date]
_NOT_YET = Text("还没有开始", "it has not begun")


@attrs.frozen
class Series:
    """How a series stands: deadlines missed, days of the worst delay, whether it is still open.

    `due` is the next deadline, or the one missed first of an open delay; None when nothing more is due.
    """

    gaps: int
    worst: int
    open_gap: bool
    due: dt.date | None
    published: int


def follow(
    starts: dt.date, ends: dt.date, on: dt.date, published: Iterable[dt.date], after: Next
) -> Series:
    """Return how publications of these days keep to a rhythm between `starts` and `ends`, seen on `on`.

    After the start, and after each publication, the next is due by ``after`` of that day; none is due
    after `ends`, for then the final account is.
    """
    days = sorted(d for d in published if starts <= d <= on)
    gaps = worst = 0
    due = after(starts)
    for made in days:
        late, missed = due, 0
        while made > due and due <= ends:
            missed, due = missed + 1, after(due)
        if missed:
            gaps, worst = gaps + missed, max(worst, (made - late).days)
        due = after(made)
    late, missed = due, 0
    while on > due and due <= ends:
        missed, due = missed + 1, after(due)
    if missed:
        return Series(gaps + missed, max(worst, (on - late).days), True, late, len(days))
    return Series(gaps, worst, False, due if due <= ends else None, len(days))


def series_line(
    look: Look,
    duty: str,
    subject: str,
    key: str,
    about: str,
    *,
    starts: dt.date,
    ends: dt.date,
    after: Next,
    notes: Iterable[Text] = (),
) -> DutyLine:
    """Return the line of a series of publications `about` the subject `key`."""
    if look.on < starts:
        return look.line(duty, subject, "does_not_bind", _NOT_YET)
    made = look.statements(key, about)
    found = follow(starts, ends, look.on, [day(one.published_on) for one in made], after)
    figures = [("published", found.published)]
    if found.gaps:
        figures += [("gaps", found.gaps), ("days_late", found.worst)]
        why = LATE if found.open_gap else LATE_DONE
        return look.line(
            duty, subject, "broken", why, until=found.due, figures=figures, notes=notes
        )
    if found.due is not None:
        return look.line(
            duty, subject, "due", STILL_TIME, until=found.due, figures=figures, notes=notes
        )
    return look.line(duty, subject, "kept", ON_TIME, figures=figures, notes=notes)
