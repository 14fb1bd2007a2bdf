"""Checks that commands about money share: amounts, days, codes, records that must exist."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wushe.errors import Problem
from wushe.journal import Session, field_problems
from wushe.ledger.money.problems import (
    DAY_AHEAD,
    FUND_NOT_OPEN,
    NOT_A_CODE,
    NOT_A_DAY,
    NOT_A_NUMBER,
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


def done_day_problems(s: Session, stream: str, field: str, day: object) -> list[Problem]:
    """Return what is wrong with the day on which money moved: it has come."""
    today_ = s.act.day.isoformat()
    found = day_problems(stream, field, day)
    if not found and str(day) > today_:
        found.append(problem(DAY_AHEAD, stream, field, day, today=today_))
    return found


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


_TEXTS = Sequence[str]
_MARK: dict[str, Any] = {
    "purposes": _TEXTS, "places": _TEXTS, "groups": _TEXTS, "clients": _TEXTS, "project": str,
}  # fmt: skip
# Any: amounts, days, instants and codes have checks of their own, which say more.
_GIFT: dict[str, Any] = {
    "id": str, "day": Any, "donor": str, "donor_kind": Any, "nature": Any, "earmark": Mapping[str, Any],
    "channel": str, "campaign": str, "pledge": str, "wants_name": bool, "at": Any,
}  # fmt: skip
_PAID: dict[str, Any] = {"kind": Any, "payee_kind": Any, "day": Any, "emergency": Any}
_WANTED: dict[str, Any] = {
    "category": str, "place": str, "within": _TEXTS, "client": str, "client_ref": str, "client_kind": Any,
    "groups": _TEXTS, "project": str, "order": str, "need": str, "without": _TEXTS, **_PAID,
}  # fmt: skip


def gift_fields(gifts: Sequence[object]) -> list[Problem]:
    """Return what is wrong with the fields of gifts, before any value is looked at."""
    found = []
    for row, gift in enumerate(gifts):
        found += field_problems(
            "gifts", f"gifts[{row}]", gift, {"fund": str, "fen": Any}, _GIFT
        ) or earmark_fields("gifts", f"gifts[{row}].earmark", gift.get("earmark"))  # type: ignore[attr-defined]
    return found


def earmark_fields(stream: str, where: str, given: object) -> list[Problem]:
    """Return what is wrong with the fields of an earmark as donors name it; None is fine."""
    return [] if given is None else field_problems(stream, where, given, {}, _MARK)


def wanted_fields(items: Sequence[object]) -> list[Problem]:
    """Return what is wrong with the fields of what money is to be set aside for."""
    return _item_fields(items, {"fund": str, "fen": Any}, _WANTED)


def paid_fields(items: Sequence[object]) -> list[Problem]:
    """Return what is wrong with the fields of what is to be paid."""
    return _item_fields(items, {"commitment": str}, {"fen": Any, **_PAID})


def _item_fields(
    items: Sequence[object], needed: Mapping[str, Any], known: Mapping[str, Any]
) -> list[Problem]:
    return [
        found
        for row, item in enumerate(items)
        for found in field_problems("items", f"items[{row}]", item, needed, known)
    ]


CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/#-]{0,63}")
"""What may stand in an event for ever: a code, in which nobody's name can be."""
_NUMBER = re.compile(r"(?=.*\d)[\w.:/#()（）\[\]〔〕〈〉-]{1,64}")
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)")


def number_problems(stream: str, field: str, number: str) -> list[Problem]:
    """Return what is wrong with the number of a document: it stays for ever, so it holds no words and no person's number."""
    plain = CODE.fullmatch(number) or _NUMBER.fullmatch(number)
    if plain and _PHONE.search(number) is None:
        return []
    return [problem(NOT_A_NUMBER, stream, field)]


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
