"""Duties about goods: receipt and feedback for lots that were donated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import attrs

from wushe.ledger.duties.guard import goods_host
from wushe.ledger.duties.lines import DutyLine
from wushe.ledger.duties.look import HOST_UNKNOWN, Look, day
from wushe.text import Text

_GIVEN = Text(
    "实物已开具票据，或捐赠人放弃并已记录",
    "a receipt for the goods was given, or given up as recorded",
)
_NONE = Text("实物还没有票据", "no receipt for the goods yet")
_NO_DONOR = Text("捐赠人不详，已作记录", "the donor is not known, as recorded")
_UNUSED = Text("实物还没有发出", "the goods were not given out yet")
_TOLD = Text("发出后已反馈", "told after the goods last went out")
_NOT_TOLD = Text("发出后还没有反馈", "goods went out, and the donor was not told since")


def goods_lines(look: Look) -> Iterator[DutyLine]:
    """Yield receipt and feedback of donated lots; what is in order is one line per warehouse."""
    houses = {house.id: house for house in look.all("warehouse")}
    last = _last_issues(look)
    quiet: dict[tuple[Any, ...], list[DutyLine]] = defaultdict(list)
    for lot in look.all("lot"):
        if lot.origin is not None or lot.status == "rejected" or day(lot.received_on) > look.on:
            continue
        for line in _of_lot(look, lot, houses[lot.warehouse], _family(look, lot), last):
            if line.status in {"kept", "does_not_bind"} or line.missing:
                quiet[line.duty, lot.warehouse, line.status, line.why, line.article].append(line)
            else:
                yield line
    for (_, warehouse, *_), held in quiet.items():
        figures = (("lots", len(held)),)
        yield attrs.evolve(held[0], subject=f"warehouse/{warehouse}", figures=figures)


def _last_issues(look: Look) -> dict[str, str]:
    """Return the day on which each lot last went out."""
    found: dict[str, str] = {}
    for issue in look.all("issue"):
        if day(issue.issued_on) <= look.on and issue.status != "returned":
            for lot, _ in issue.takes:
                found[lot] = max(found.get(lot, ""), issue.issued_on)
    return found


def _family(look: Look, lot: Any) -> list[str]:
    """Return the ids of a lot and of all that was moved out of it into other warehouses."""
    found, asked = [lot.id], list(lot.parts)
    while asked:
        key = asked.pop()
        found.append(key)
        part = look.get("lot", key)
        asked.extend(() if part is None else part.parts)
    return found


def _of_lot(
    look: Look, lot: Any, house: Any, family: list[str], last: dict[str, str]
) -> Iterator[DutyLine]:
    subject, given = f"lot/{lot.id}", day(lot.received_on)
    host = goods_host(look.state, house)
    for duty in ("receipt", "feedback"):
        if host is None:
            missing = [f"warehouse/{house.id}.keeper"]
            yield look.line(duty, subject, "unknown", HOST_UNKNOWN, at=given, missing=missing)
            continue
        bound = look.bound(duty, subject, host, at=given)
        if bound is not None:
            yield bound
        elif duty == "receipt":
            yield _receipt(look, lot, subject)
        else:
            yield _feedback(look, lot, subject, [last[key] for key in family if key in last])


def _receipt(look: Look, lot: Any, subject: str) -> DutyLine:
    given, held = day(lot.received_on), look.get("charity_gift", subject)
    if held is not None and (held.receipt_no or held.receipt_waived_on):
        return look.line("receipt", subject, "kept", _GIVEN, at=given)
    if lot.donor is None:
        return look.line("receipt", subject, "kept", _NO_DONOR, at=given)
    return look.line("receipt", subject, "due", _NONE, at=given)


def _feedback(look: Look, lot: Any, subject: str, went: list[str]) -> DutyLine:
    if lot.donor is None:
        return look.line("feedback", subject, "does_not_bind", _NO_DONOR)
    if not went:
        return look.line("feedback", subject, "kept", _UNUSED)
    held = look.get("charity_gift", subject)
    told = None if held is None else held.fed_back_on
    if told is not None and max(went) <= told <= look.on.isoformat():
        return look.line("feedback", subject, "kept", _TOLD)
    figures = [("days", (look.on - day(max(went))).days)]
    return look.line("feedback", subject, "due", _NOT_TOLD, at=day(max(went)), figures=figures)
