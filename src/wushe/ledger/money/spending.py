"""Money set aside, released, paid, and returned by payees: always from and to the gifts that are meant for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wushe.errors import Problem, RefusedError
from wushe.journal import Session, command
from wushe.ledger.interests import barred_gift
from wushe.ledger.money.accounts import SPENDING, committed_cash, free_cash, moved, spending
from wushe.ledger.money.asking import (
    amount_problems,
    code_problems,
    day_problems,
    done_day_problems,
    known,
    known_only,
    open_fund_of,
    paid_fields,
    today,
    wanted_fields,
)
from wushe.ledger.money.earmarks import (
    Purpose,
    covers,
    fund_scope,
    open_gifts,
    place_and_above,
)
from wushe.ledger.money.problems import (
    CAP_EXCEEDED,
    COMMITMENT_CLOSED,
    MORE_THAN_LEFT,
    NOT_CONFIRMED,
    NOT_ENOUGH,
    OUTSIDE_FUND,
    problem,
    refuse,
    refuse_if,
    yuan,
)
from wushe.ledger.money.records import Commitment, Fund, Payment
from wushe.ledger.money.shares import first_in, proportional

PAYEE_KINDS = ("client", "institution", "organization", "provider", "staff")
CLIENT_KINDS = ("households", "persons", "institutions")
"""Tables that a client may be of: kept, so that statements count apart whoever was erased since."""
RELEASE_REASONS = ("cancelled", "failed", "backed_out", "not_needed", "mistake", "less_spent")
RETURN_REASONS = ("overpaid", "not_delivered", "client_returned", "mistake")
EMERGENCIES = ("life_at_risk", "no_shelter", "no_food", "acute_illness", "disaster")
"""Reasons to pay before an order is confirmed (急难): said by code, and kept with the payment."""


@command
def commit(s: Session, *, items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Set money aside and return the ids of the commitments, in order.

    Each item: ``fund``, ``fen``; where known ``category``, ``place``, ``within`` (place and all above it,
    else found from the place), ``client`` (id; or ``client_ref``, its reference), ``client_kind`` (households,
    persons, institutions), ``groups`` (of the client), ``project``, ``order``, ``need``, ``day``, ``without`` (gifts that may not pay for this one).
    The most restricted gifts that fit pay first, then the oldest; none whose donor named this client an
    interested party, while others suffice. Raises RefusedError with the problems of
    all items: what is free, how much of it is restricted otherwise, what is missing.
    """
    refuse_if(wanted_fields(items))
    orders = sorted({item["order"] for item in items if item.get("order") is not None})
    if len(items) > 1:
        s.state.load("commitment", "order", orders)
        clients = (item["client"] for item in items if item.get("client") is not None)
        s.state.load("subject", "id", dict.fromkeys(clients))
    answers = [_committed(s, item) for item in items]
    refuse_if([answer for answer in answers if isinstance(answer, Problem)])
    return [answer for answer in answers if isinstance(answer, str)]


@command
def release(
    s: Session, *, commitments: Sequence[str], reason: str = "not_needed", day: str | None = None
) -> int:
    """Give what is not paid of these commitments back to its gifts; return the fen released."""
    day = today(s, day)
    found = code_problems("commitments", "reason", reason, RELEASE_REASONS)
    refuse_if(found + day_problems("commitments", "day", day))
    s.state.load("commitment", "id", commitments)
    return sum(_released(s, known(s, "commitment", key), reason, day) for key in commitments)


@command
def pay(s: Session, *, items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Pay out of commitments and return the ids of the payments, in order.

    Each item: ``commitment``; ``fen`` (else all that is left; of an order for money, all that is done), ``kind`` (aid, project, management),
    ``payee_kind``, ``day``, ``emergency`` (a reason code: pays before the order is confirmed). The earlier gifts
    of the commitment pay first. Raises RefusedError with the problems of all items.
    """
    refuse_if(paid_fields(items))
    s.state.load("commitment", "id", [item["commitment"] for item in items])
    found: list[Problem] = []
    answers: list[str] = []
    for item in items:
        held: Commitment = known(s, "commitment", item["commitment"])
        wrong = _pay_problems(s, held, item)
        found += wrong
        if not wrong:
            answers.append(_paid(s, held, item))
    refuse_if(found)
    return answers


@command
def spend(s: Session, *, items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Commit and pay at once (for costs that nobody ordered); items as for `commit` and `pay` together."""
    keys = commit(s, items=items)
    return pay(
        s,
        items=[
            {**{k: item[k] for k in _PAY if k in item}, "commitment": key}
            for key, item in zip(keys, items, strict=True)
        ],
    )


@command
def take_back(
    s: Session,
    *,
    payment: str,
    fen: int | None = None,
    reason: str = "client_returned",
    day: str | None = None,
) -> int:
    """Record that a payee returned `fen` (all of it where None), in proportion back into the same gifts."""
    held: Payment = known(s, "payment", payment)
    stream, left = f"payment/{payment}", held.fen - held.returned
    fen, day = left if fen is None else fen, today(s, day)
    found = code_problems(stream, "reason", reason, RETURN_REASONS)
    found += amount_problems(stream, "fen", fen) + done_day_problems(s, stream, "day", day)
    if not found and fen > left:
        params = {"fen": yuan(fen), "left": yuan(left)}
        found.append(problem(MORE_THAN_LEFT, stream, "fen", yuan(fen), **params))
    refuse_if(found)
    uses = [s.state.get("use", f"{payment} {gift}") for gift, _ in held.takes]
    parts = proportional(fen, [use.fen - use.returned for use in uses])
    takes = [[use.gift, part] for use, part in zip(uses, parts, strict=True) if part]
    data = {
        "payment": payment,
        "fund": held.fund,
        "fen": fen,
        "takes": takes,
        "day": day,
        "reason": reason,
        "kind": held.kind,
        "project": held.project,
        "category": held.category,
        "place": held.place,
        "lines": moved(fen, credit=spending(held.fund, held.kind), debit=free_cash(held.fund)),
    }
    s.record("payment.returned", stream, known_only(data), ref=held.client)
    return fen


_PAY = ("kind", "payee_kind", "day", "emergency")


def purpose_of(s: Session, item: Mapping[str, Any]) -> Purpose:
    """Return what the money of `item` is wanted for."""
    client, within = item.get("client"), item.get("within")
    known_ref = item.get("client_ref")
    return Purpose(
        item.get("category"),
        tuple(within) if within is not None else _above(s, item.get("place")),
        tuple(item.get("groups") or ()),
        known_ref if client is None else s.ref(client),
        item.get("project"),
    )


def _above(s: Session, place: str | None) -> tuple[str, ...]:
    """Return a place and those above it: as enrolled with the orders, else from its code."""
    if place is not None and "area" in s.domain.records:
        area = s.state.get("area", place)
        if area is not None:
            return tuple(key for _, key in area.path) or (place,)
    return place_and_above(place)


def _committed(s: Session, item: Mapping[str, Any]) -> str | Problem:
    try:
        fund = open_fund_of(s, item["fund"])
    except RefusedError as error:
        return error.problems[0]
    stream, day = f"fund/{fund.id}", today(s, item.get("day"))
    wrong = amount_problems(stream, "fen", item["fen"]) + day_problems(stream, "day", day)
    if item.get("client_kind") is not None:
        wrong += code_problems(stream, "client_kind", item["client_kind"], CLIENT_KINDS)
    purpose = purpose_of(s, item)
    wrong = wrong or _outside(fund, purpose) or _over_cap(s, fund, item, purpose.client)
    if wrong:
        return wrong[0]
    without = frozenset(item.get("without") or ())
    takes = _takes(s, fund, purpose, item["fen"], without)
    if isinstance(takes, Problem):
        # Where gifts of interested parties would make it enough, the guard says what is in the way.
        takes = _takes(s, fund, purpose, item["fen"], without, barred=True)
    if isinstance(takes, Problem):
        return takes
    return _opened(s, fund, item, purpose, takes, day)


def _outside(fund: Fund, purpose: Purpose) -> list[Problem]:
    scope = fund_scope(fund)
    if covers(scope, purpose):
        return []
    allowed = "; ".join(
        ", ".join(values) for values in (scope.purposes, scope.places, scope.groups) if values
    )
    return [problem(OUTSIDE_FUND, f"fund/{fund.id}", "category", purpose.category, allowed=allowed)]


def _over_cap(s: Session, fund: Fund, item: Mapping[str, Any], client: str | None) -> list[Problem]:
    cap, fen = fund.per_need_fen, item["fen"]
    if cap is None:
        return []
    before = sum(
        c.paid if c.status == "released" else c.fen for c in _same_need(s, fund, item, client)
    )
    if before + fen <= cap:
        return []
    params = {"cap": yuan(cap), "before": yuan(before), "fen": yuan(fen)}
    return [problem(CAP_EXCEEDED, f"fund/{fund.id}", "fen", yuan(fen), **params)]


def _same_need(
    s: Session, fund: Fund, item: Mapping[str, Any], client: str | None
) -> list[Commitment]:
    """Return the fund's earlier commitments to the same need; without one, to the same order."""
    need, order = item.get("need"), item.get("order")
    if need is not None and client is not None:
        held = s.state.find("commitment", fund=fund.id, client=client)
        return [c for c in held if c.need == need]
    if order is not None:
        return [c for c in s.state.find("commitment", order=order) if c.fund == fund.id]
    return []


def _takes(
    s: Session,
    fund: Fund,
    purpose: Purpose,
    fen: int,
    without: frozenset[str],
    *,
    barred: bool = False,
) -> list[list[Any]] | Problem:
    takes: list[list[Any]] = []
    missing, usable = fen, 0
    for gift in open_gifts(s, fund.id).fitting(s.state, purpose):
        if gift.id in without:
            continue
        if not barred and barred_gift(s, fund.host, gift, purpose.client):
            continue
        usable += gift.free
        part = min(gift.free, missing)
        takes.append([gift.id, part])
        missing -= part
        if not missing:
            return takes
    params = {"fen": fen, "free": fund.free_fen, "other": fund.free_fen - usable, "usable": usable}
    said = {name: yuan(value) for name, value in params.items()}
    return problem(NOT_ENOUGH, f"fund/{fund.id}", "fen", yuan(fen), missing=yuan(missing), **said)


def _relied_on(
    s: Session, fund: Fund, purpose: Purpose, takes: Sequence[Sequence[Any]]
) -> list[str]:
    """Return the client's groups that the fund or its gifts ask for: no more of them is recorded."""
    asked = set(fund.for_groups)
    for gift, _ in takes:
        asked.update(s.state.get("gift", gift).earmark.groups)
    return sorted(asked.intersection(purpose.groups))


def _opened(
    s: Session,
    fund: Fund,
    item: Mapping[str, Any],
    purpose: Purpose,
    takes: Sequence[Sequence[Any]],
    day: str,
) -> str:
    key = f"{fund.id}-C{fund.commitments + 1}"
    fen = item["fen"]
    data = {
        "commitment": key,
        "fund": fund.id,
        "fen": fen,
        "takes": takes,
        "category": purpose.category,
        "place": item.get("place"),
        "within": [p for p in purpose.within if p != item.get("place")],
        "groups": _relied_on(s, fund, purpose, takes),
        "client": purpose.client,
        "client_kind": None if purpose.client is None else item.get("client_kind"),
        "order": item.get("order"),
        "need": item.get("need"),
        "project": purpose.project,
        "day": day,
        "lines": moved(fen, credit=free_cash(fund.id), debit=committed_cash(fund.id)),
    }
    s.record("commitment.opened", f"commitment/{key}", known_only(data), ref=purpose.client)
    return key


def _released(s: Session, held: Commitment, reason: str, day: str) -> int:
    stream = f"commitment/{held.id}"
    if held.status != "open":
        refuse(COMMITMENT_CLOSED, stream, "status", held.status, status=held.status)
    fen = held.fen - held.paid
    data = {
        "commitment": held.id,
        "fund": held.fund,
        "fen": fen,
        "takes": [list(take) for take in first_in(fen, held.takes, held.paid)],
        "reason": reason,
        "project": held.project,
        "day": day,
        "lines": moved(fen, credit=committed_cash(held.fund), debit=free_cash(held.fund)),
    }
    s.record("commitment.released", stream, known_only(data), ref=held.client)
    return fen


def _pay_problems(s: Session, held: Commitment, item: Mapping[str, Any]) -> list[Problem]:
    stream, left = f"commitment/{held.id}", _payable(s, held)
    if held.status != "open":
        return [problem(COMMITMENT_CLOSED, stream, "status", held.status, status=held.status)]
    fen = item.get("fen", left)
    found = amount_problems(stream, "fen", fen)
    if not found and fen > left:
        params = {"fen": yuan(fen), "left": yuan(left)}
        found.append(problem(MORE_THAN_LEFT, stream, "fen", yuan(fen), **params))
    found += done_day_problems(s, stream, "day", today(s, item.get("day")))
    found += code_problems(stream, "kind", item.get("kind", "aid"), SPENDING)
    payee = item.get("payee_kind", "client")
    found += code_problems(stream, "payee_kind", payee, PAYEE_KINDS)
    emergency = item.get("emergency")
    if emergency is not None:
        return found + code_problems(stream, "emergency", emergency, EMERGENCIES)
    return found + _unconfirmed(s, held)


def _payable(s: Session, held: Commitment) -> int:
    """Return what may be paid: of an order for money, no more in all than was done, by whichever fund.

    Until it is confirmed, in an emergency, no more in all than was ordered.
    """
    left = held.fen - held.paid
    order = _money_order(s, held)
    if order is None:
        return left
    limit = order.done_amount if order.status == "confirmed" else order.amount
    return max(min(left, int(limit) - _paid_for(s, order)), 0)


def _money_order(s: Session, held: Commitment) -> Any:
    """Return the order for money that a commitment is for, None where it is for something else."""
    if held.order is None or "order" not in s.domain.records:
        return None
    order = s.state.get("order", held.order)
    return order if order is not None and order.form == "money" else None


def _paid_for(s: Session, order: Any) -> int:
    return sum(c.paid for c in s.state.find("commitment", order=order.id))


def _unconfirmed(s: Session, held: Commitment) -> list[Problem]:
    if held.order is None or "order" not in s.domain.records:
        return []
    order = s.state.get("order", held.order)
    status = "unknown" if order is None else order.status
    if status == "confirmed":
        return []
    return [problem(NOT_CONFIRMED, f"order/{held.order}", "status", status, status=status)]


def _paid(s: Session, held: Commitment, item: Mapping[str, Any]) -> str:
    fund: Fund = s.state.get("fund", held.fund)
    fen = item.get("fen", _payable(s, held))
    key, kind = f"{fund.id}-P{fund.payments + 1}", item.get("kind", "aid")
    data = {
        "payment": key,
        "commitment": held.id,
        "fund": fund.id,
        "fen": fen,
        "takes": [list(take) for take in first_in(fen, held.takes, held.paid)],
        "kind": kind,
        "payee_kind": item.get("payee_kind", "client"),
        "day": today(s, item.get("day")),
        "emergency": item.get("emergency"),
        "category": held.category,
        "place": held.place,
        "client": held.client,
        "client_kind": held.client_kind,
        "order": held.order,
        "need": held.need,
        "project": held.project,
        "lines": moved(fen, credit=committed_cash(fund.id), debit=spending(fund.id, kind)),
    }
    s.record("payment.made", f"payment/{key}", known_only(data), ref=held.client)
    return key
