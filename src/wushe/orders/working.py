"""From acceptance to the end: start, parts, done, confirmed or not, taken back, failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from wushe.errors import RefusedError
from wushe.journal import Session, command
from wushe.orders import problems as why
from wushe.orders.asking import call_up, choose, go_on
from wushe.orders.checks import calls_of, listed, order_for
from wushe.orders.desk import OPEN_CALLS, Desk
from wushe.orders.guards import Purpose, check, minutes_of
from wushe.orders.reasons import BACK_OUTS, CANCELS, FAILURES, REOPENS
from wushe.orders.records import Candidate, Order, Slot
from wushe.orders.rules import rounds

if TYPE_CHECKING:
    from wushe.matching.live import LiveCity

RATINGS = range(1, 6)
"""From bad to very good."""
MINUTES_A_DAY = 24 * 60
WORDS = 2000


@command
def start(s: Session, *, order: str, version: int | None = None) -> None:
    """The work begins. Guards on those who do it hold again: a vetting may have run out since."""
    found = order_for(s, order, "start", version)
    _check_helpers(s, found, "keep")
    s.record("order.started", found.stream, {}, ref=found.client)


@command
def report_part(s: Session, *, order: str, amount: int, version: int | None = None) -> int:
    """`amount` more base units are done, and some are left; return how many are done in all."""
    found = order_for(s, order, "report_part", version)
    _amount(found, amount, 1, found.left - 1)
    _check_helpers(s, found, "keep")
    s.record("order.partly_done", found.stream, {"amount": amount}, ref=found.client)
    return found.done_amount + amount


@command
def complete(
    s: Session, *, order: str, amount: int | None = None, version: int | None = None
) -> int:
    """The work is done: `amount` base units in all, as ordered where not given; return the amount.

    Work may take longer than was thought, up to a day; goods and money are never more than ordered.
    """
    found = order_for(s, order, "complete", version)
    amount = found.amount if amount is None else amount
    most = max(found.amount, MINUTES_A_DAY) if found.dimension == "minute" else found.amount
    _amount(found, amount, max(found.done_amount, 1), most)
    calls = [call.id for call in calls_of(s, found, "accepted")]
    s.record("order.done", found.stream, {"amount": amount, "calls": calls}, ref=found.client)
    return amount


@command
def confirm(
    s: Session,
    *,
    order: str,
    rating: int | None = None,
    words: str = "",
    minutes: Mapping[str, int] | None = None,
    version: int | None = None,
) -> None:
    """Those served, or their worker for them, confirm what was done; `rating` 1 (bad) to 5 (very good).

    `words` are theirs and go when their information is erased. `minutes` says how long helpers of a service really
    were there, where that is known: it counts for their hours. Helpers may not confirm their own service.
    """
    found = order_for(s, order, "confirm", version)
    if s.act.by in {key for _, key, _ in found.helpers}:
        why.refuse(why.SELF_CONFIRMED, found.stream, "by", s.act.by)
    if rating is not None and (type(rating) is not int or rating not in RATINGS):
        why.refuse(why.BAD_FIELD, found.stream, "rating", None, known="1, 2, 3, 4, 5")
    if len(words) > WORDS:
        why.refuse(why.BAD_FIELD, found.stream, "words", None, known=f"≤ {WORDS}")
    if minutes:
        _check_minutes(found, minutes)
    data: dict[str, Any] = {"rating": rating, "day": s.act.day.isoformat()}
    if minutes:
        data["minutes"] = {key: minutes[key] for key in sorted(minutes)}
    said = {"feedback": words} if words else None
    s.record("order.confirmed", found.stream, data, ref=found.client, words=said)


def _check_minutes(order: Order, minutes: Mapping[str, int]) -> None:
    mine = {key for _, key, _ in order.helpers}
    found = []
    for key in sorted(minutes):
        if key not in mine or order.form != "service":
            found.append(why.problem(why.NOT_TAKEN_BY, order.stream, "minutes", key))
        elif not 1 <= minutes[key] <= MINUTES_A_DAY:
            limits = {"low": 1, "high": MINUTES_A_DAY}
            found.append(
                why.problem(why.BAD_AMOUNT, order.stream, "minutes", minutes[key], **limits)
            )
    if found:
        raise RefusedError(found)


@command
def reopen(
    s: Session, *, order: str, reason: str, amount: int | None = None, version: int | None = None
) -> None:
    """What was reported as done is not accepted: the same helpers go on, if all guards still allow it.

    `amount` base units are accepted as done: what others did before stays theirs, and is the least.
    """
    found = order_for(s, order, "reopen", version)
    listed(REOPENS, reason, found.stream)
    mine = {(role, key) for role, key, _ in found.helpers}
    done = calls_of(s, found, "done")
    others = 0 if found.roles else sum(c.amount for c in done if (c.role, c.helper) not in mine)
    amount = others if amount is None else amount
    _amount(found, amount, others, found.amount - 1)
    # What is to be done again takes its time again.
    _check_helpers(s, attrs.evolve(found, done_amount=amount), "accept")
    calls = [c.id for c in done if (c.role, c.helper) in mine]
    data = {"reason": reason, "amount": amount, "calls": calls}
    s.record("order.reopened", found.stream, data, ref=found.client)


@command
def cancel(s: Session, *, order: str, reason: str, version: int | None = None) -> None:
    """The order is taken back, for a reason of `CANCELS`; everybody asked or engaged is let go."""
    _end(s, order_for(s, order, "cancel", version), "order.cancelled", CANCELS, reason)


@command
def fail(s: Session, *, order: str, reason: str, version: int | None = None) -> None:
    """The order came to nothing, for a reason of `FAILURES`."""
    _end(s, order_for(s, order, "fail", version), "order.failed", FAILURES, reason)


def _end(s: Session, order: Order, kind: str, reasons: Mapping[str, Any], reason: str) -> None:
    listed(reasons, reason, order.stream)
    calls = [call.id for call in calls_of(s, order, *OPEN_CALLS)]
    s.record(kind, order.stream, {"reason": reason, "withdrawn": calls}, ref=order.client)


@command
def back_out(
    s: Session,
    *,
    order: str,
    helper: str,
    reason: str,
    version: int | None = None,
    onward: bool = True,
    live: LiveCity | None = None,
) -> list[str]:
    """`helper`, who had accepted, does not go on; return the ids of the calls that follow from it.

    What is not done yet goes to the next best who is able, or up. The others of a team are held while somebody
    can be asked in the place of the one who left, else they are let go.
    """
    found = order_for(s, order, "back_out", version)
    listed(BACK_OUTS, reason, found.stream)
    calls = calls_of(s, found, "accepted")
    call = next((c for c in calls if c.helper == helper), None)
    if call is None:
        why.refuse(why.NOT_TAKEN_BY, found.stream, "helper", helper)
    desk = Desk(s)
    others = [c.id for c in calls if c.id != call.id]
    instead = _instead(desk, found, call.role, live) if onward else None
    held, withdrawn = (others, []) if instead else ([], others)
    data = {
        "call": call.id, "reason": reason, "held": held, "withdrawn": withdrawn, **_did(s, found),
    }  # fmt: skip
    s.record("order.backed_out", found.stream, data, ref=found.client)
    desk.note([call.id, *others])
    if not onward:
        return []
    if instead:
        now: Order = s.state.get("order", found.id)
        return call_up(desk, now, instead, "order.redispatched")
    return go_on(desk, found.id, live=live)


def _instead(desk: Desk, order: Order, role: int, live: LiveCity | None) -> list[Candidate] | None:
    if order.round >= rounds(desk.rules(order.category), order.urgency, silent=False):
        return None
    return choose(desk, order, [role], live)


def _did(s: Session, order: Order) -> dict[str, int]:
    """Return how much of what is done is the last helper's: what others did before is theirs."""
    if order.roles or order.done_amount == 0:
        return {"did": 0, "minutes": 0}
    before = sum(c.amount for c in calls_of(s, order, "done"))
    did = max(order.done_amount - before, 0)
    part = Slot(order.category, did, (), order.dimension)
    return {"did": did, "minutes": minutes_of(order, part) if did else 0}


def _amount(order: Order, amount: int, low: int, high: int) -> None:
    if type(amount) is not int or not low <= amount <= high:
        why.refuse(why.BAD_AMOUNT, order.stream, "amount", amount, low=low, high=high)


def _check_helpers(s: Session, order: Order, purpose: Purpose) -> None:
    kinds = {(c.role, c.helper): c.kind for c in calls_of(s, order, "accepted", "done")}
    check(
        Desk(s),
        order,
        [
            Candidate(key, kinds[role, key], offer, role=None if role < 0 else role)
            for role, key, offer in order.helpers
        ],
        purpose,
    )
