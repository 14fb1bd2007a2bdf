"""Duties of hosts and funds: nature of money, mutual aid, interested parties, reports of the year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from wushe.ledger.duties.gifts import DONATIONS, NO_DONATION, Ledger
from wushe.ledger.duties.guard import INTERESTED_MANAGER, interested
from wushe.ledger.duties.lines import DutyLine
from wushe.ledger.duties.look import NO_NUMBER, Look, day
from wushe.ledger.duties.records import CharityHost
from wushe.rules.calendar import add_calendar_days
from wushe.text import Text

_TOLD_APART = Text(
    "管理组织和每笔资金的性质都清楚", "the host and the nature of every sum are known"
)
_NO_HOST = Text("没有登记管理组织是什么组织", "what the host is was not recorded")
_INSIDE = Text(
    "社区、单位内部互助，没有公开募捐", "aid among members, nothing raised from the public"
)
_OUTSIDE = Text("互助组织开展了公开募捐", "a mutual-aid organization raised from the public")
_IS_CHARITY = Text(
    "管理组织是慈善组织，适用慈善募捐的规定",
    "the host is a charity organization: the articles on fundraising bind it",
)
_NOT_ASKED = Text(
    "没有登记过询问利害关系人", "nobody was recorded as asked about interested parties"
)
_NONE_FOUND = Text("已询问，没有发现", "those concerned were asked, none was found")
_FOUND = Text("支持了利害关系人", "an interested party was helped")
_LATER = Text(
    "承诺之后才登记的利害关系：撤回，或登记公开程序",
    "declared after the commitment: release it, or record an open procedure",
)
_NO_DAY_SET = Text(
    "法律要求每年公开，没有写明日期", "to be published every year; the law names no day"
)
_PUBLISHED = Text("已公开", "published")

MEMBERS = frozenset({"mutual_aid_society", "community_committee"})


def fund_lines(look: Look, fund: Any, ledger: Ledger) -> Iterator[DutyLine]:
    """Yield the lines of one fund: nature of money, mutual aid, interested parties."""
    subject, host = f"fund/{fund.id}", look.host(fund.host)
    held = sorted(ledger.natures.get(fund.id, {}).items())
    figures = [(f"{nature}_fen", fen) for nature, fen in held if f"{nature}_fen" in _NATURES]
    if host is None:
        missing = [f"host/{fund.host}"]
        yield look.line("nature", subject, "unknown", _NO_HOST, missing=missing, figures=figures)
    else:
        yield look.line("nature", subject, "kept", _TOLD_APART, figures=figures)
    yield _mutual_aid(look, fund, host, subject)
    yield from _interests(look, fund, host, subject, ledger)


_NATURES = frozenset({"donation_fen", "fiscal_fen", "collective_fen", "matching_fen"})


def _mutual_aid(look: Look, fund: Any, host: CharityHost | None, subject: str) -> DutyLine:
    if host is None or (host.charity is None and host.kind not in MEMBERS):
        missing = [f"host/{fund.host}.charity"]
        return look.line("mutual_aid", subject, "unknown", _NO_HOST, missing=missing)
    if host.charity:
        return look.line("mutual_aid", subject, "does_not_bind", _IS_CHARITY)
    raised = [f for f in look.all("charity_filing", host=host.id) if f.public]
    if any(day(f.starts) <= look.on for f in raised):
        return look.line("mutual_aid", subject, "broken", _OUTSIDE)
    return look.line("mutual_aid", subject, "kept", _INSIDE)


def _interests(
    look: Look, fund: Any, host: CharityHost | None, subject: str, ledger: Ledger
) -> Iterator[DutyLine]:
    hits = list(_hits(look, fund, ledger))
    yield from hits
    for duty in ("donor_interest", "manager_interest"):
        if duty == "donor_interest" and not (ledger.natures.get(fund.id, {}).keys() & DONATIONS):
            yield look.line(duty, subject, "does_not_bind", NO_DONATION)
            continue
        bound = look.bound(duty, subject, fund.host)
        if bound is not None:
            yield bound
        elif host is not None and host.asked_on is None:
            missing = [f"host/{host.id}.asked_on"]
            yield look.line(duty, subject, "unknown", _NOT_ASKED, missing=missing)
        elif not any(line.duty == duty for line in hits):
            yield look.line(duty, subject, "kept", _NONE_FOUND)


def _hits(look: Look, fund: Any, ledger: Ledger) -> Iterator[DutyLine]:
    """Yield a line per commitment that helps an interested party."""
    if not ledger.declared:
        return
    for held in look.all("commitment", fund=fund.id):
        if held.client is None or held.status == "released" or day(held.day) > look.on:
            continue
        gifts = [gift for gift, _ in held.takes]
        for problem in interested(look.state, fund=fund.id, client=held.client, gifts=gifts):
            manager = problem.kind is INTERESTED_MANAGER
            party = fund.host if manager else look.get("gift", problem.file[5:]).donor
            known = ledger.declared[party, held.client] <= held.day
            duty = "manager_interest" if manager else "donor_interest"
            at, subject = day(held.day), f"commitment/{held.id}"
            if known:
                yield look.line(duty, subject, "broken", _FOUND, at=at)
            else:
                yield look.line(duty, subject, "due", _LATER, at=at)


def host_lines(look: Look, host: CharityHost) -> Iterator[DutyLine]:
    """Yield the lines of one host: last year's reports, and major events."""
    yield _annual(look, host)
    for event in look.all("charity_event", host=host.id):
        if day(event.day) <= look.on:
            yield _major(look, host, event)


def _annual(look: Look, host: CharityHost) -> DutyLine:
    year, name = look.on.year - 1, "charity_annual_report_deadline_mmdd"
    subject = f"host/{host.id}/{year}"
    bound = look.bound("annual_report", subject, host.id)
    if bound is not None:
        return bound
    made = look.statements(f"{host.id}/{year}", "annual")
    done = day(made[0].published_on) if made else None
    last_day = look.numbers.find(name, look.on)
    if last_day is None:
        if done is not None:
            return look.line("annual_report", subject, "kept", _PUBLISHED)
        return look.line("annual_report", subject, "due", _NO_DAY_SET)
    deadline = dt.date(look.on.year, int(last_day.text[:2]), int(last_day.text[2:]))
    notes = look.numbers.notes(name, look.on)
    return look.by("annual_report", subject, deadline, done, notes=notes)


def _major(look: Look, host: CharityHost, event: Any) -> DutyLine:
    subject, at, name = f"event/{event.id}", day(event.day), "charity_major_event_disclosure_days"
    bound = look.bound("major_event", subject, host.id, at=at)
    if bound is not None:
        return bound
    days = look.numbers.whole(name, at)
    if days is None:
        return look.line("major_event", subject, "unknown", NO_NUMBER, at=at, missing=[name])
    made = look.statements(event.id, "major")
    done = day(made[0].published_on) if made else None
    deadline = add_calendar_days(at, days).on
    notes = look.numbers.notes(name, at)
    return look.by("major_event", subject, deadline, done, at=at, notes=notes)
