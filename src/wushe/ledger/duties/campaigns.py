"""Duties about fundraising campaigns and charity projects: certificate, plan, platform, publication, surplus."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

import attrs

from wushe.ledger.duties.gifts import Ledger
from wushe.ledger.duties.law import (
    AMENDED,
    FILING_DAYS,
    LONG_MONTHS,
    ORDER_74,
    ORDER_81,
    SURPLUS_MONTHS,
)
from wushe.ledger.duties.lines import DutyLine, Status
from wushe.ledger.duties.look import (
    HOST_UNKNOWN,
    NO_NUMBER,
    NOT_PUBLIC,
    Look,
    day,
    longer_than,
)
from wushe.ledger.duties.records import CharityProject, Filing
from wushe.ledger.duties.series import series_line
from wushe.rules.calendar import add_calendar_days, add_months
from wushe.text import Text

_HAS_IT = Text("有公开募捐资格", "the host has the certificate")
_HAS_NONE = Text("没有公开募捐资格而公开募捐", "raised from the public without the certificate")
_NOT_YET_IT = Text("募捐开始时还没有资格", "the certificate came after the campaign's start")
_NO_EMERGENCY = Text("不是应急募捐", "no emergency campaign")
_IS_EMERGENCY = Text("应急募捐按补办备案处理", "an emergency campaign is filed afterwards instead")
_SHORT = Text("不超过六个月", "not longer than six months")
_SHORT_ENOUGH = Text("在规定期限之内", "within the length allowed")
_TOO_LONG = Text("超过一般期限", "longer than is generally allowed")
_MANY = Text("受益人是一类人", "for a range of people")
_ONE = Text("受益人是特定个人", "for one specific person")
_NOT_SAID = Text("没有登记", "not recorded")
_ALONE = Text("没有合作方", "no partner")
_AGREED = Text("有书面协议，方案写明合作方", "agreement in writing, partner named in the plan")
_NOT_AGREED = Text(
    "缺书面协议，或方案没有写明合作方",
    "no agreement in writing, or the plan does not name the partner",
)
_OLD_PARTNER = Text(
    "修正前只要求由慈善组织募捐并管理款物",
    "before the amendment the charity had to raise and manage it itself",
)
_OFFLINE = Text("不在互联网募捐", "not online")
_DESIGNATED = Text("在指定平台", "on a designated platform")
_ELSEWHERE = Text("不在指定平台", "not on a designated platform")
_NOT_ENDED = Text("还没有结束", "not over yet")
_NO_SURPLUS = Text("没有剩余", "nothing is left")
_SETTLED = Text(
    "剩余用于相同或相近目的，已公开", "went to a same or similar purpose and was published"
)
_DUE: Final[Status] = "due"
_KEPT: Final[Status] = "kept"
_UNSETTLED = Text("剩余还没有安排或公开", "the rest is not settled or not published yet")


def campaign_lines(look: Look, filing: Filing) -> Iterator[DutyLine]:
    """Yield the lines of one campaign. Articles are those in force on its first day."""
    subject, starts = f"campaign/{filing.id}", day(filing.starts)
    for duty, check in _FUNDRAISING:
        if not filing.public:
            yield look.line(duty, subject, "does_not_bind", NOT_PUBLIC, at=starts)
        else:
            yield check(look, filing, subject)


def _qualification(look: Look, filing: Filing, subject: str) -> DutyLine:
    host, starts = look.host(filing.host), day(filing.starts)
    if host is None or (host.charity is not False and host.public is None):
        missing = [f"host/{filing.host}.public"]
        return look.line(
            "qualification", subject, "unknown", HOST_UNKNOWN, at=starts, missing=missing
        )
    if not host.charity or not host.public:
        return look.line("qualification", subject, "broken", _HAS_NONE, at=starts)
    if host.public_since is not None and day(host.public_since) > starts:
        return look.line("qualification", subject, "broken", _NOT_YET_IT, at=starts)
    return look.line("qualification", subject, "kept", _HAS_IT, at=starts)


def _plan(look: Look, filing: Filing, subject: str) -> DutyLine:
    starts = day(filing.starts)
    if filing.emergency:
        return look.line("plan", subject, "does_not_bind", _IS_EMERGENCY, at=starts)
    # The law only says before the campaign; the ten days are those of the order.
    early = FILING_DAYS if starts >= ORDER_74 else 1
    deadline = starts - dt.timedelta(days=early)
    return look.by("plan", subject, deadline, _filed(filing), at=starts)


def _filed(filing: Filing) -> dt.date | None:
    return None if filing.filed_on is None else day(filing.filed_on)


def _emergency_plan(look: Look, filing: Filing, subject: str) -> DutyLine:
    starts, name = day(filing.starts), "charity_emergency_filing_days"
    if not filing.emergency:
        return look.line("emergency_plan", subject, "does_not_bind", _NO_EMERGENCY, at=starts)
    days = look.numbers.whole(name, starts)
    if days is None:
        return look.line("emergency_plan", subject, "unknown", NO_NUMBER, at=starts, missing=[name])
    deadline = add_calendar_days(starts, days).on
    notes = look.numbers.notes(name, starts)
    return look.by("emergency_plan", subject, deadline, _filed(filing), at=starts, notes=notes)


def _length(look: Look, filing: Filing, subject: str) -> DutyLine:
    starts, ends = day(filing.starts), day(filing.ends)
    name = (
        "charity_emergency_campaign_max_years" if filing.emergency else "charity_campaign_max_years"
    )
    years = look.numbers.whole(name, starts)
    if years is None:
        return look.line("length", subject, "unknown", NO_NUMBER, at=starts, missing=[name])
    notes = look.numbers.notes(name, starts)
    if longer_than(starts, ends, 12 * years):
        # "Generally" allows for exceptions, which nothing here can judge.
        missing = [f"{subject}.exception"]
        return look.line(
            "length", subject, "unknown", _TOO_LONG, at=starts, missing=missing, notes=notes
        )
    return look.line("length", subject, "kept", _SHORT_ENOUGH, at=starts, notes=notes)


def _beneficiaries(look: Look, filing: Filing, subject: str) -> DutyLine:
    starts = day(filing.starts)
    if filing.one_person is None:
        missing = [f"{subject}.one_person"]
        return look.line("beneficiaries", subject, "unknown", _NOT_SAID, at=starts, missing=missing)
    if filing.one_person:
        return look.line("beneficiaries", subject, "broken", _ONE, at=starts)
    return look.line("beneficiaries", subject, "kept", _MANY, at=starts)


def _partner(look: Look, filing: Filing, subject: str) -> DutyLine:
    starts = day(filing.starts)
    if filing.partner is None:
        return look.line("partner", subject, "does_not_bind", _ALONE, at=starts)
    facts = {"agreement": filing.agreement, "partner_named": filing.partner_named}
    missing = [f"{subject}.{name}" for name, value in facts.items() if value is None]
    if starts < AMENDED:
        missing = [f"{subject}.money_managed_by"]
        return look.line("partner", subject, "unknown", _OLD_PARTNER, at=starts, missing=missing)
    if False in facts.values():
        return look.line("partner", subject, "broken", _NOT_AGREED, at=starts)
    if missing:
        return look.line("partner", subject, "unknown", _NOT_SAID, at=starts, missing=missing)
    return look.line("partner", subject, "kept", _AGREED, at=starts)


def _platform(look: Look, filing: Filing, subject: str) -> DutyLine:
    starts = day(filing.starts)
    if filing.online is False:
        return look.line("platform", subject, "does_not_bind", _OFFLINE, at=starts)
    if filing.online is None or filing.designated is None:
        name = "online" if filing.online is None else "designated"
        missing = [f"{subject}.{name}"]
        return look.line("platform", subject, "unknown", _NOT_SAID, at=starts, missing=missing)
    if filing.designated:
        return look.line("platform", subject, "kept", _DESIGNATED, at=starts)
    return look.line("platform", subject, "broken", _ELSEWHERE, at=starts)


def _emergency_disclosure(look: Look, filing: Filing, subject: str) -> DutyLine:
    duty, name, starts = (
        "emergency_disclosure",
        "charity_emergency_disclosure_days",
        day(filing.starts),
    )
    if not filing.emergency:
        return look.line(duty, subject, "does_not_bind", _NO_EMERGENCY, at=starts)
    days = look.numbers.whole(name, starts)
    if days is None:
        return look.line(duty, subject, "unknown", NO_NUMBER, at=starts, missing=[name])
    phase = filing.response_until or max(filing.starts, look.on.isoformat())
    ends = min(day(filing.ends), day(phase))
    if filing.response_until is None and ends == look.on:
        ends += dt.timedelta(days=days)  # the phase goes on: the next one is due after today
    return series_line(
        look, duty, subject, filing.id, "emergency", starts=starts, ends=ends,
        after=lambda last: last + dt.timedelta(days=days), notes=look.numbers.notes(name, starts),
    )  # fmt: skip


def _campaign_disclosure(look: Look, filing: Filing, subject: str) -> DutyLine:
    starts, ends = day(filing.starts), day(filing.ends)
    return _periodic(look, "campaign", subject, filing.id, starts, ends)


def _campaign_final(look: Look, filing: Filing, subject: str) -> DutyLine:
    return _final(look, "campaign", subject, filing.id, day(filing.ends))


_FUNDRAISING = (
    ("qualification", _qualification),
    ("plan", _plan),
    ("emergency_plan", _emergency_plan),
    ("length", _length),
    ("beneficiaries", _beneficiaries),
    ("partner", _partner),
    ("platform", _platform),
    ("emergency_disclosure", _emergency_disclosure),
    ("campaign_disclosure", _campaign_disclosure),
    ("campaign_final", _campaign_final),
)


def _periodic(
    look: Look, about: str, subject: str, key: str, starts: dt.date, ends: dt.date
) -> DutyLine:
    duty, name = f"{about}_disclosure", "charity_periodic_disclosure_months"
    if not longer_than(starts, ends, LONG_MONTHS):
        return look.line(duty, subject, "does_not_bind", _SHORT)
    months = look.numbers.whole(name, look.on)
    if months is None:
        return look.line(duty, subject, "unknown", NO_NUMBER, missing=[name])
    return series_line(
        look, duty, subject, key, about, starts=starts, ends=ends,
        after=lambda last: add_months(last, months).on, notes=look.numbers.notes(name, look.on),
    )  # fmt: skip


def _final(look: Look, about: str, subject: str, key: str, ended: dt.date) -> DutyLine:
    duty, name = f"{about}_final", "charity_final_disclosure_months"
    if look.on < ended:
        return look.line(duty, subject, "does_not_bind", _NOT_ENDED)
    months = look.numbers.whole(name, ended)
    if months is None:
        return look.line(duty, subject, "unknown", NO_NUMBER, at=ended, missing=[name])
    made = [day(one.published_on) for one in look.statements(key, duty)]
    done = min((d for d in made if d >= ended), default=None)
    notes = look.numbers.notes(name, ended)
    return look.by(duty, subject, add_months(ended, months).on, done, at=ended, notes=notes)


def project_lines(look: Look, project: CharityProject, ledger: Ledger) -> Iterator[DutyLine]:
    """Yield the lines of one charity project."""
    subject, starts = f"project/{project.id}", day(project.starts)
    bound = look.bound("project_disclosure", subject, project.host, public=True)
    planned = project.ended_on or project.ends or look.on.isoformat()
    if bound is None:
        bound = _periodic(look, "project", subject, project.id, starts, max(starts, day(planned)))
    yield bound
    ended = None if project.ended_on is None else day(project.ended_on)
    final = look.bound("project_final", subject, project.host, at=ended, public=True)
    if final is None:
        over = dt.date.max if ended is None else ended
        final = _final(look, "project", subject, project.id, over)
    yield final
    yield look.bound("surplus", subject, project.host, at=ended) or _surplus(
        look, project, subject, ended, ledger
    )


def _surplus(
    look: Look, project: CharityProject, subject: str, ended: dt.date | None, ledger: Ledger
) -> DutyLine:
    if ended is None or look.on < ended:
        return look.line("surplus", subject, "does_not_bind", _NOT_ENDED)
    left, moved = ledger.projects.get(project.id, 0), ledger.surplus.get(project.id, 0)
    if not left and not moved:
        return look.line("surplus", subject, "kept", _NO_SURPLUS, at=ended)
    figures = [("fen", left), ("moved_fen", moved)]
    made = look.statements(project.id, "surplus")
    done = day(made[0].published_on) if made and not left else None
    if ended >= ORDER_81:
        until = add_months(ended, SURPLUS_MONTHS).on
        line = look.by("surplus", subject, until, done, at=ended)
        return attrs.evolve(line, figures=(*line.figures, *figures))
    why, status = (_UNSETTLED, _DUE) if done is None else (_SETTLED, _KEPT)
    return look.line("surplus", subject, status, why, at=ended, figures=figures)
