"""Checks that commands about money share: amounts, days, codes, records that must exist."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from wushe.errors import Problem
from wushe.journal import Session
from wushe.ledger.money.problems import (
    FUND_NOT_OPEN,
    NOT_A_CODE,
    NOT_A_DAY,
    NOT_AMOUNT,
    NOT_AN_INSTANT,
    UNKNOWN_RECORD,
    problem,
    refuse,
)
from wushe.ledger.money.records import Fund, Host
from wushe.model.kinds import INSTANT, BadValueError
from wushe.model.units import MAX_AMOUNT


def amount_problems(stream: str, field: str, fen: object, *, least: int = 1) -> list[Problem]:
    """Return what is wrong with an amount of fen."""
    good = isinstance(fen, int) and not isinstance(fen, bool) and least <= fen <= MAX_AMOUNT
    return [] if good else [problem(NOT_AMOUNT, stream, field, fen)]


def day_problems(stream: str, field: str, day: object) -> list[Problem]:
    """Return what is wrong with a day's ISO text."""
    try:
        good = isinstance(day, str) and dt.date.fromisoformat(day).isoformat() == day
    except ValueError:
        good = False
    return [] if good else [problem(NOT_A_DAY, stream, field, day)]


def code_problems(stream: str, field: str, code: object, known: Iterable[str]) -> list[Problem]:
    """Return what is wrong with a code of a closed list."""
    choices = tuple(known)
    if code in choices:
        return []
    return [problem(NOT_A_CODE, stream, field, code, choices=", ".join(choices))]


def instant_problems(stream: str, field: str, at: object) -> list[Problem]:
    """Return what is wrong with an instant's text; None is fine."""
    try:
        if at is not None:
            INSTANT.parse(at)  # type: ignore[arg-type]
    except (BadValueError, TypeError):
        return [problem(NOT_AN_INSTANT, stream, field, at)]
    return []


def instant(at: str) -> str:
    """Return an instant as the state holds it: UTC."""
    return str(INSTANT.parse(at))


def today(s: Session, day: str | None) -> str:
    """Return the day given, else that of the act."""
    return s.act.day.isoformat() if day is None else day


def known(s: Session, kind: str, key: str) -> Any:
    """Return the record of `kind`. Raises RefusedError where there is none."""
    found = s.state.get(kind, key)
    if found is None:
        refuse(UNKNOWN_RECORD, f"{kind}/{key}")
    return found


def open_fund_of(s: Session, key: str) -> Fund:
    """Return a fund that may pay. Raises RefusedError for an unknown one, or one that is not open."""
    fund: Fund = known(s, "fund", key)
    if fund.status != "open":
        refuse(FUND_NOT_OPEN, f"fund/{key}", "status", status=fund.status)
    return fund


def known_only(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return `data` without what is not known: None, and empty lists and mappings."""
    return {k: v for k, v in data.items() if v is not None and v != [] and v != {}}


def next_receipt(s: Session, host: str) -> str:
    """Return the number of the next receipt of `host`: numbers of a host follow each other."""
    held: Host | None = s.state.get("host", host)
    return f"{host}-{1 if held is None else held.receipts + 1:06d}"
