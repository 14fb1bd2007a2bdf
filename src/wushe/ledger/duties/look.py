"""What all checks share: the day, the law, the numbers, and whom the Charity Law binds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import attrs

from wushe.journal import State
from wushe.ledger.duties.law import DUTIES, ENACTED, Numbers, said
from wushe.ledger.duties.lines import DutyLine, Status
from wushe.ledger.duties.records import CharityHost, Statement
from wushe.rules.calendar import add_months
from wushe.text import Text

NO_LAW = Text("当日没有这一规定", "no such rule was in force on that day")
NO_CHARITY = Text("管理组织不是慈善组织", "the host is no charity organization")
HOST_UNKNOWN = Text(
    "不知道管理组织是不是慈善组织", "whether the host is a charity organization is not known"
)
NOT_PUBLIC = Text(
    "没有公开募捐资格，或不是公开募捐",
    "no certificate for public fundraising, or not addressed to the public",
)
PUBLIC_UNKNOWN = Text(
    "不知道有没有公开募捐资格", "whether the host may raise from the public is not known"
)
NO_NUMBER = Text(
    "参数表里没有当日有效的数", "the parameters hold no figure that decides on that day"
)
ON_TIME = Text("按期", "in time")
STILL_TIME = Text("还没有做，期限未到", "not done yet, there is time left")
LATE = Text("没有按期做", "not done in time")
LATE_DONE = Text("做得迟了", "done, but late")


def day(text: str) -> dt.date:
    """Return the calendar date of ISO text."""
    return dt.date.fromisoformat(text)


@attrs.frozen(eq=False)
class Look:
    """One look at the state on a day."""

    state: State
    on: dt.date
    numbers: Numbers

    def all(self, kind: str, **keys: str | None) -> list[Any]:
        """Return the records of a kind; [] where this state keeps no such records."""
        try:
            return self.state.find(kind, **keys)
        except KeyError:
            return []

    def get(self, kind: str, key: str | None) -> Any:
        """Return a record, None where there is none or none of its kind."""
        try:
            return None if key is None else self.state.get(kind, key)
        except KeyError:
            return None

    def host(self, key: str) -> CharityHost | None:
        """Return what is known of an organization."""
        found: CharityHost | None = self.get("charity_host", key)
        return found

    def statements(self, subject: str, about: str) -> list[Statement]:
        """Return what was published by the day, in order of time."""
        found = self.all("charity_statement", subject=subject, about=about)
        made = [one for one in found if day(one.published_on) <= self.on]
        return sorted(made, key=lambda one: (one.published_on, one.id))

    def line(
        self,
        duty: str,
        subject: str,
        status: Status,
        why: Text,
        *,
        at: dt.date | None = None,
        until: dt.date | None = None,
        missing: Iterable[str] = (),
        figures: Iterable[tuple[str, int]] = (),
        notes: Iterable[Text] = (),
        rule: bool = True,
        **params: object,
    ) -> DutyLine:
        """Return a line with the article in force on `at` (default: today); before any, it does not bind."""
        article = DUTIES[duty].source.on(at or self.on, rule=rule)
        if article is None:
            return DutyLine(duty, subject, "does_not_bind", None, NO_LAW)
        text = said(why, **params) if params else why
        return DutyLine(
            duty, subject, status, article, text, until, tuple(missing), tuple(figures),
            tuple(notes),
        )  # fmt: skip

    def bound(
        self, duty: str, subject: str, key: str, *, at: dt.date | None = None, public: bool = False
    ) -> DutyLine | None:
        """Return the line that says why a duty of charity organizations does not bind `key`, None if it does.

        With `public` only those that may raise money from the public are bound.
        """
        host = self.host(key)
        if (at or self.on) < ENACTED:
            return self.line(duty, subject, "does_not_bind", NO_LAW, at=at)
        if host is None or host.charity is None:
            missing = [f"host/{key}.charity"]
            return self.line(duty, subject, "unknown", HOST_UNKNOWN, at=at, missing=missing)
        if not host.charity:
            return self.line(duty, subject, "does_not_bind", NO_CHARITY, at=at)
        if public and host.public is None:
            missing = [f"host/{key}.public"]
            return self.line(duty, subject, "unknown", PUBLIC_UNKNOWN, at=at, missing=missing)
        if public and not host.public:
            return self.line(duty, subject, "does_not_bind", NOT_PUBLIC, at=at)
        return None

    def by(
        self,
        duty: str,
        subject: str,
        deadline: dt.date,
        done: dt.date | None,
        *,
        at: dt.date | None = None,
        notes: Iterable[Text] = (),
    ) -> DutyLine:
        """Return the line of something that had to be done by a day."""
        if done is not None and done <= self.on:
            late = (done - deadline).days
            if late > 0:
                figures = [("days_late", late)]
                return self.line(
                    duty, subject, "broken", LATE_DONE, at=at, until=deadline, figures=figures, notes=notes
                )  # fmt: skip
            return self.line(duty, subject, "kept", ON_TIME, at=at, until=deadline, notes=notes)
        if self.on <= deadline:
            return self.line(duty, subject, "due", STILL_TIME, at=at, until=deadline, notes=notes)
        figures = [("days_late", (self.on - deadline).days)]
        return self.line(
            duty, subject, "broken", LATE, at=at, until=deadline, figures=figures, notes=notes
        )


def longer_than(starts: dt.date, ends: dt.date, months: int) -> bool:
    """Return whether a period lasts longer than so many months."""
    return ends > add_months(starts, months).on
