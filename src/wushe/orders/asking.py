"""Whom an order goes to: the next best who are able now, those somebody names, or the office above."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NoReturn

from wushe.errors import Problem, RefusedError
from wushe.orders import problems as why
from wushe.orders.checks import calls_of
from wushe.orders.desk import Desk
from wushe.orders.guards import minutes_of, objections, reasons_against, waits
from wushe.orders.records import PERSONS, Call, Candidate, Order
from wushe.orders.rules import next_level, office_at, rounds

if TYPE_CHECKING:
    from wushe.matching.live import LiveCity

To = Sequence[str | tuple[int, str]]
"""Whom to ask: ids of helpers; for a team (role, id)."""
WAITING_CALLS = ("asked", "held")
LOOK_AHEAD = 16
"""How many of a live matching's next best are looked at."""


def open_roles(order: Order, calls: Iterable[Call]) -> list[int]:
    """Return the roles that nobody is asked for or holds; [-1] for an order without roles."""
    taken = {call.role for call in calls if call.state in WAITING_CALLS}
    return [
        role for role in (range(len(order.roles)) if order.roles else [-1]) if role not in taken
    ]


def choose(
    desk: Desk,
    order: Order,
    roles: Sequence[int],
    live: LiveCity | None = None,
    beside: Sequence[Candidate] = (),
) -> list[Candidate] | None:
    """Return the best able candidates for `roles`, none of whom is `beside`; None where some role has nobody.

    For a service without roles as many as the rules ask at once; goods and money are asked of one, since
    a gift is not offered twice.
    """
    ranked = ranking(desk, order, live)
    many = desk.rules(order.category).asked_at_once if order.form == "service" else 1
    chosen: list[Candidate] = []
    for role in roles:
        theirs = (c for c in ranked if _role(c) == role)
        able = _able(desk, order, theirs, [*beside, *chosen], many)
        if not able:
            return None
        chosen += able
    return chosen


def _able(
    desk: Desk, order: Order, ranked: Iterable[Candidate], chosen: Sequence[Candidate], many: int
) -> list[Candidate]:
    taken = {candidate.provider for candidate in chosen}
    found: list[Candidate] = []
    for candidate in ranked:
        if candidate.provider not in taken and not objections(desk, order, candidate, "ask"):
            found.append(candidate)
            taken.add(candidate.provider)
            if len(found) == many:
                break
    return found


def _role(candidate: Candidate) -> int:
    return -1 if candidate.role is None else candidate.role


def ranking(desk: Desk, order: Order, live: LiveCity | None = None) -> tuple[Candidate, ...]:
    """Return who may be asked, best first: by the live matching's prices now, else by the plan's.

    Where the live matching has given the need to somebody else meanwhile, they come before its next best.
    """
    need = order.need
    if live is None or need is None or order.roles or not live.has_need(need):
        return order.candidates
    ranked = [(offer, 0) for offer, _ in live.served_by(need)]
    ranked += [(best.offer, best.extra) for best in live.next_best(need, LOOK_AHEAD)]
    before = {call.offer for call in calls_of(desk.session, order, *_ANY)}
    found = []
    for offer, extra in ranked:
        provider = live.records.offer(offer).provider
        helper = desk.helper(provider)
        if offer not in before and helper is not None:
            found.append(Candidate(provider, helper.kind, offer, extra))
    return tuple(found)


_ANY = ("asked", "held", "accepted", "declined", "timed_out", "withdrawn", "backed_out", "done")


def named(desk: Desk, order: Order, to: To) -> list[Candidate]:
    """Return those named, with the offers that the plan would have asked them for.

    Raises RefusedError with every objection to any of them.
    """
    calls = calls_of(desk.session, order, *WAITING_CALLS)
    waiting = {(call.helper, call.role) for call in calls}
    filled = {call.role for call in calls if call.state == "held"}
    chosen: list[Candidate] = []
    wrong: list[Problem] = []
    for given in to:
        role, key = given if isinstance(given, tuple | list) else (None, given)
        candidate = _as_candidate(desk, order, key, role)
        if candidate is None:
            known = f"0-{len(order.roles) - 1}" if order.roles else "–"
            wrong.append(why.problem(why.BAD_FIELD, order.stream, "role", role, known=known))
        elif (key, _role(candidate)) in waiting:
            wrong.append(why.problem(why.ASKED_ALREADY, order.stream, "helper", key))
        elif _role(candidate) in filled:
            wrong.append(why.problem(why.ROLE_FILLED, order.stream, "role", _role(candidate)))
        elif candidate.kind in PERSONS and any(c.provider == key for c in chosen):
            wrong.append(why.problem(why.TWO_ROLES, order.stream, "helper", key))
        else:
            wrong += reasons_against(desk, order, candidate, "ask")
            chosen.append(candidate)
            waiting.add((key, _role(candidate)))
    if wrong:
        raise RefusedError(wrong)
    return chosen


def _as_candidate(desk: Desk, order: Order, key: str, role: int | None) -> Candidate | None:
    if role is not None and not order.roles:
        return None
    for known in order.candidates:
        if known.provider == key and (role is None or known.role == role):
            return known
    if order.roles and (role is None or not 0 <= role < len(order.roles)):
        return None
    helper = desk.helper(key)
    return Candidate(key, helper.kind if helper else "", role=role if order.roles else None)


def call_up(desk: Desk, order: Order, chosen: Sequence[Candidate], kind: str) -> list[str]:
    """Record that `chosen` are asked, as an event of `kind`; return the ids of the calls."""
    asked = []
    for number, candidate in enumerate(chosen, order.calls + 1):
        slot = order.slot(_role(candidate))
        asked.append(
            [number, candidate.provider, candidate.kind, candidate.offer, _role(candidate), slot.amount,
             minutes_of(order, slot)]
        )  # fmt: skip
    data = {"asked": asked, "due": desk.due(order)}
    desk.session.record(kind, order.stream, data, ref=order.client)
    ids = [f"{order.id}#{row[0]}" for row in asked]
    desk.note(ids)
    return ids


def ask_best(desk: Desk, order: Order, kind: str, live: LiveCity | None = None) -> list[str] | None:
    """Ask the best able candidates for every role that is open, all roles or none; None where it cannot be.

    It cannot be while the order waits for another one.
    """
    if waits(desk, order):
        return None
    roles = open_roles(order, calls_of(desk.session, order, *WAITING_CALLS))
    chosen = choose(desk, order, roles, live)
    return None if not chosen else call_up(desk, order, chosen, kind)


def refuse_nobody(desk: Desk, order: Order) -> NoReturn:
    """Raise RefusedError saying that nobody is able, and what speaks against each candidate left."""
    found = [why.problem(why.NOBODY_ABLE, order.stream)]
    for candidate in order.candidates:
        found += reasons_against(desk, order, candidate, "ask")
    raise RefusedError(found)


def go_on(desk: Desk, key: str, *, silent: bool = False, live: LiveCity | None = None) -> list[str]:
    """Ask the next best of an order that nobody took; after the last round, or with nobody able, go up.

    Returns the ids of new calls, [] where it went up or nobody is above.
    """
    order: Order = desk.session.state.get("order", key)
    rules = desk.rules(order.category)
    reason = "nobody_answers"
    if order.round < rounds(rules, order.urgency, silent=silent):
        asked = ask_best(desk, order, "order.redispatched", live)
        if asked is not None:
            return asked
        reason = "nobody_able"
    go_up(desk, order, reason)
    return []


def go_up(desk: Desk, order: Order, reason: str) -> str | None:
    """Escalate `order` to the next level and return that, None where there is none.

    All who were asked are let go. At the highest level nothing is waited for any more.
    """
    rules, s = desk.rules(order.category), desk.session
    level = next_level(rules, order.level)
    if level is None:
        return None
    calls = [call.id for call in calls_of(s, order, *WAITING_CALLS)]
    top = next_level(rules, level) is None
    data = {
        "level": level,
        "office": office_at(s.state, rules, order, level),
        "due": None if top else desk.due(order),
        "reason": reason,
        "withdrawn": calls,
    }
    s.record("order.escalated", order.stream, data, ref=order.client)
    desk.note(calls)
    return level
