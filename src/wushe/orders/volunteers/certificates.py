"""Proofs of volunteer service (志愿服务记录证明): numbered, free of charge, and anybody may check them.

TVR 14 and 15: issued when the volunteer asks, from the records, with time, content and recording unit. TVR 17: a proof
can be checked by its number and code. Only who keeps the record proves it, and only services that stand.
No name is kept: names come from the city's tables when a proof is shown.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import attrs

from wushe.errors import Problem, RefusedError
from wushe.journal import Event, EventKind, Session, State, command
from wushe.orders.projects.activities import AN_ID, is_day, is_id
from wushe.orders.volunteers.hours import services_of
from wushe.orders.volunteers.problems import (
    DAY_AHEAD,
    NOT_A_VOLUNTEER,
    NOT_CERTIFIABLE,
    NOT_IN_RANGE,
    NOTHING_TO_CERTIFY,
    problem,
)
from wushe.orders.volunteers.records import Certificate, CertificateBook, Service
from wushe.text import Text

_CODE_DIGITS = 32
"""128 bits: nobody finds another content with the same code."""


@command
def issue_certificate(
    s: Session,
    *,
    helper: str,
    unit: str,
    since: str,
    until: str,
    offices: Sequence[str] = (),
    services: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Issue the proof of what `helper` served from `since` to `until` by the records of `unit`.

    `offices` are those who ran or recorded services for the unit, such as its workers. `services` picks some of them, all
    if None. Answers number, code and minutes.
    """
    stream = f"helper/{helper}"
    problems = _request_problems(s, helper, unit, since, until)
    if problems:
        raise RefusedError(problems)
    ours = {unit, *offices}
    found = {
        service.id: service
        for service in services_of(s.state, helper)
        if since <= service.day <= until
        and (service.organizer in ours or service.recorded_by in ours)
    }
    if services is not None:
        problems = [
            problem(NOT_CERTIFIABLE, stream, "services", key)
            for key in services
            if key not in found
        ]
        found = {key: found[key] for key in sorted(set(services)) if key in found}
    if not found and not problems:
        problems = [problem(NOTHING_TO_CERTIFY, stream, "unit", unit)]
    if problems:
        raise RefusedError(problems)
    return _issue(s, helper, unit, since, until, list(found.values()))


def _request_problems(s: Session, helper: str, unit: str, since: str, until: str) -> list[Problem]:
    stream, today = f"helper/{helper}", s.act.day.isoformat()
    held = s.state.get("helper", helper)
    problems = []
    if held is None or held.kind != "volunteers":
        problems.append(problem(NOT_A_VOLUNTEER, stream, "helper", helper))
    if not is_id(unit):
        problems.append(problem(NOT_IN_RANGE, stream, "unit", None, expected=AN_ID))
    for field, day in (("since", since), ("until", until)):
        if not is_day(day) or day > today:
            problems.append(problem(DAY_AHEAD, stream, field, day, on=today))
    return problems


def _issue(
    s: Session, helper: str, unit: str, since: str, until: str, services: list[Service]
) -> dict[str, Any]:
    services.sort(key=lambda service: (service.day, service.id))
    book = f"{unit}-{s.act.day.year}"
    held: CertificateBook | None = s.state.get("certificate_book", book)
    certificate = Certificate(
        id=f"{book}-{1 + (0 if held is None else held.count):05d}",
        helper=helper,
        unit=unit,
        since=since,
        until=until,
        issued_on=s.act.day.isoformat(),
        lines=tuple((service.id, service.minutes) for service in services),
        minutes=sum(service.minutes for service in services),
        code="",
    )
    certificate = attrs.evolve(certificate, code=code_of(certificate, services))
    data = {**attrs.asdict(certificate), "book": book}
    s.record("certificate.issued", f"certificate/{certificate.id}", data)
    return {
        "number": certificate.id,
        "code": certificate.code,
        "minutes": certificate.minutes,
        "services": len(services),
    }


def code_of(certificate: Certificate, services: Sequence[Service]) -> str:
    """Return the digest of everything that the proof says; of each service its day, kind and minutes as certified."""
    minutes = dict(certificate.lines)
    said = [
        [certificate.id, certificate.helper, certificate.unit],
        [certificate.since, certificate.until, certificate.issued_on],
        [[v.id, v.day, v.category, v.organizer, v.activity, minutes[v.id]] for v in services],
    ]
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_CODE_DIGITS]


# --- checking --------------------------------------------------------------------------------------

_VERDICTS = {
    "genuine": Text(
        zh="属实：{unit} {on} 出具，{since} 至 {until}，志愿服务 {n} 次，共 {minutes} 分钟",
        en="genuine: issued by {unit} on {on}, {since} to {until}, {n} services, {minutes} minutes",
    ),
    "changed": Text(
        zh="确系 {unit} {on} 出具，但其后记录有更正：证明为 {minutes} 分钟，现为 {now} 分钟，请重新出具",
        en="issued by {unit} on {on}, but records were corrected since: it says {minutes} minutes, now "
        "they are {now}; ask for a new one",
    ),
    "unknown": Text(
        zh="查无此证明：编号或查验码不对",
        en="no such proof: the number or the code is wrong",
    ),
}


@attrs.frozen
class CertificateCheck:
    """What a check found: `verdict` genuine, changed (corrected since it was issued) or unknown.

    `minutes_now` is what the certified services hold now. Nothing is told where number and code do not belong together.
    """

    verdict: str
    certificate: Certificate | None = None
    minutes_now: int = 0

    @property
    def ok(self) -> bool:
        """Whether the proof is genuine and nothing that it says was corrected since."""
        return self.verdict == "genuine"

    def say(self, lang: str = "zh") -> str:
        """Return the verdict in one line, without anybody's name."""
        held = self.certificate
        if held is None:
            return _VERDICTS["unknown"].say(lang)
        return _VERDICTS[self.verdict].say(
            lang,
            unit=held.unit,
            on=held.issued_on,
            since=held.since,
            until=held.until,
            n=len(held.lines),
            minutes=held.minutes,
            now=self.minutes_now,
        )


def check_certificate(state: State, number: str, code: str) -> CertificateCheck:
    """Check a proof by its number and code against the records (TVR 17)."""
    held: Certificate | None = state.get("certificate", number)
    if held is None:
        return CertificateCheck("unknown")
    services = certified(state, held)
    if code.strip().lower() != code_of(held, services):
        return CertificateCheck("unknown")
    now = sum(service.minutes for service in services)
    same = all(
        service.minutes == minutes
        for service, (_, minutes) in zip(services, held.lines, strict=True)
    )
    return CertificateCheck("genuine" if same else "changed", held, now)


def certified(state: State, certificate: Certificate) -> list[Service]:
    """Return the services of a proof, as they are now, in its order."""
    return [state.get("service", key) for key, _ in certificate.lines]


# --- events ----------------------------------------------------------------------------------------


def _issued(state: State, event: Event) -> None:
    data = dict(event.data)
    book = data.pop("book")
    data["lines"] = tuple((key, minutes) for key, minutes in data["lines"])
    state.put("certificate", Certificate(**data))
    held: CertificateBook | None = state.get("certificate_book", book)
    state.put("certificate_book", CertificateBook(book, 1 + (0 if held is None else held.count)))


EVENTS = (EventKind("certificate.issued", _issued),)
