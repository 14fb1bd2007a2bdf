"""点单: an order from a need, or placed directly by a worker for somebody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from wushe.errors import Problem, RefusedError
from wushe.journal import Session, command
from wushe.model.help import URGENCIES
from wushe.model.terms import NeedCategory
from wushe.model.units import DIMENSIONS, MAX_AMOUNT
from wushe.orders import problems as why
from wushe.orders.records import Candidate, Order, Slot
from wushe.orders.table import FINAL

CLIENT_KINDS = ("households", "persons", "institutions")
SOURCES = ("need", "wish", "plan")
FORMS = ("service", "goods", "money")
_DAY = 24 * 60


@attrs.frozen
class Request:
    """What is ordered. `client` is an id, not yet a reference; see `Order` for the other fields."""

    client: str = attrs.field(repr=False)
    client_kind: str
    category: str
    amount: int
    form: str
    dimension: str
    source: str = "need"
    need: str | None = None
    urgency: str = "normal"
    place: str | None = None
    on_day: str | None = None
    starts: int | None = None
    ends: int | None = None
    visit: str | None = None
    minor: bool = False
    groups: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    roles: tuple[Slot, ...] = ()
    public_text: str | None = attrs.field(default=None, repr=False)
    shown_from: str | None = None
    candidates: tuple[Candidate, ...] = ()
    project: str | None = None
    after: str | None = None


_DEFAULTS = {
    f.name: f.default for f in attrs.fields(Order) if f.default is not attrs.NOTHING
}  # fmt: skip
_SENT = tuple(
    f.name for f in attrs.fields(Request) if f.name not in ("client", "roles", "candidates")
)


@command
def place(
    s: Session,
    *,
    client: str,
    client_kind: str = "households",
    category: str,
    amount: int | None = None,
    form: str | None = None,
    dimension: str | None = None,
    order: str | None = None,
    need: str | None = None,
    urgency: str = "normal",
    place: str | None = None,
    on_day: str | None = None,
    starts: int | None = None,
    ends: int | None = None,
    minor: bool = False,
    groups: Sequence[str] = (),
    skills: Sequence[str] = (),
    project: str | None = None,
    candidates: Sequence[Candidate] = (),
) -> str:
    """Place an order for `client` (an id); return the order's id, which `order` may say. Who acts has placed it, as proxy or not.

    The category's form, unit, typical amount, skills, roles and whether it is work with minors come from the
    city's plugins; without plugins `form`, `dimension` and `amount` are given. One open order for a `need` at a time.
    """
    known = None if s.plugins is None else s.plugins.categories.get(category)
    stream = f"order/{order or '?'}"
    if s.plugins is not None and known is None:
        why.refuse(
            why.BAD_FIELD, stream, "category", category, known=", ".join(s.plugins.categories)
        )
    if known is not None:
        form, dimension = known.form, known.dimension
        minor, skills = minor or known.minors, tuple(sorted({*skills, *known.skills}))
        amount = known.typical if amount is None else amount
    request = Request(
        client, client_kind, category, 0 if amount is None else amount, form or "", dimension or "", "need", need,
        urgency, place, on_day, starts, ends, None, minor, tuple(groups), tuple(skills), project=project,
        candidates=tuple(sorted(candidates, key=lambda candidate: candidate.extra)),
    )  # fmt: skip
    if known is not None and known.roles:
        request = attrs.evolve(request, roles=slots(s, known, request.amount, request.skills))
    return place_request(s, request, order)


def slots(
    s: Session, category: NeedCategory, times: int, skills: Iterable[str]
) -> tuple[Slot, ...]:
    """Return the roles of a team category, each for `times` sessions."""
    assert s.plugins is not None
    found = []
    for role in category.roles:
        part = s.plugins.categories[role.category]
        asked = tuple(sorted({*skills, *role.skills, *part.skills}))
        found.append(Slot(part.id, times * (role.quantity or part.typical), asked, part.dimension))
    return tuple(found)


def place_request(s: Session, request: Request, key: str | None = None) -> str:
    """Place `request` under the id `key`, or the first that is free; return the id."""
    if request.need is not None:
        before: list[Order] = s.state.find("order", need=request.need)
        live = [order for order in before if order.status not in FINAL]
        if live:
            why.conflict(why.ORDER_EXISTS, live[0].stream, "need", request.need)
    if key is None:
        key = free_id(s, f"O-{request.need}" if request.need else _by_time(s))
    elif s.state.get("order", key) is not None:
        why.conflict(why.ORDER_EXISTS, f"order/{key}", "id", key)
    problems = wrong_in(request, f"order/{key}")
    if problems:
        raise RefusedError(problems)
    put_order(s, key, request)
    return key


def free_id(s: Session, base: str) -> str:
    """Return `base`, or the first of base-2, base-3 ... that no order has."""
    key, n = base, 1
    while s.state.get("order", key) is not None:
        n += 1
        key = f"{base}-{n}"
    return key


def _by_time(s: Session) -> str:
    digits = "".join(c for c in s.act.at if c.isdigit())
    return f"O-{digits[:14]}-{digits[14:]}"


def put_order(s: Session, key: str, request: Request) -> None:
    """Record that the order is placed, without checks."""
    data: dict[str, Any] = {"id": key}
    for name in _SENT:
        value = getattr(request, name)
        if name not in _DEFAULTS or value != _DEFAULTS[name]:
            data[name] = list(value) if isinstance(value, tuple) else value
    if request.roles:
        data["roles"] = [[r.category, r.amount, list(r.skills), r.dimension] for r in request.roles]
    if request.candidates:
        data["candidates"] = [
            list(c) for c in zip(*map(attrs.astuple, request.candidates), strict=True)
        ]
    s.record("order.placed", f"order/{key}", data, ref=s.ref(request.client))


def wrong_in(request: Request, stream: str) -> list[Problem]:
    """Return what is wrong with the fields of a request, all at once."""
    found = [
        why.problem(why.BAD_FIELD, stream, name, getattr(request, name), known=", ".join(known))
        for name, known in (
            ("client_kind", CLIENT_KINDS), ("form", FORMS), ("dimension", tuple(DIMENSIONS)),
            ("urgency", tuple(URGENCIES)), ("source", SOURCES),
        )
        if getattr(request, name) not in known
    ]  # fmt: skip
    if type(request.amount) is not int or not 1 <= request.amount <= MAX_AMOUNT:
        found.append(
            why.problem(why.BAD_AMOUNT, stream, "amount", request.amount, low=1, high=MAX_AMOUNT)
        )
    if request.on_day is not None and not is_day(request.on_day):
        found.append(why.problem(why.BAD_FIELD, stream, "on_day", None, known="2025-09-15"))
    if not _are_hours(request.starts, request.ends):
        found.append(
            why.problem(
                why.BAD_FIELD, stream, "starts, ends", None, known="0 <= starts < ends <= 1440"
            )
        )
    return found


def is_day(text: str) -> bool:
    """Return whether `text` is a day in the one form that is kept, such as 2025-09-15."""
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except (TypeError, ValueError):
        return False


def _are_hours(starts: int | None, ends: int | None) -> bool:
    given = [at for at in (starts, ends) if at is not None]
    if any(type(at) is not int or not 0 <= at <= _DAY for at in given):
        return False
    return starts is None or ends is None or starts < ends
