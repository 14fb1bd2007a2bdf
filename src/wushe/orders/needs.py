"""Orders from the registry: one for a need, and those of wishes that are fit for the public."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import attrs

from wushe.errors import Problem, RefusedError
from wushe.identify.wishes import PublicWish, wish_wall
from wushe.journal import Session, command
from wushe.matching.prepare import MINOR_AGE
from wushe.model.help import Need
from wushe.model.tables import Table
from wushe.model.terms import NeedCategory
from wushe.model.units import parse_unit
from wushe.network import LinkageNetwork
from wushe.orders import problems as why
from wushe.orders.consent import recorded_consents
from wushe.orders.placing import Request, place_request, slots
from wushe.orders.records import Candidate


@command
def place_need(
    s: Session, *, network: LinkageNetwork, need: str, order: str | None = None, candidates: Sequence[Candidate] = ()
) -> str:  # fmt: skip
    """Place an order for a need of the needs table; return the order's id.

    An unknown quantity is ordered as the category's typical amount. Whoever serves a person whose birth
    date is not recorded is treated as serving a minor.
    """
    request = request_of(s, network, need)
    return place_request(s, attrs.evolve(request, candidates=tuple(candidates)), order)


@command
def place_wishes(
    s: Session, *, network: LinkageNetwork, wishes: Iterable[str] | None = None
) -> list[str]:
    """Place an order for each wish that may be shown in public today; return the ids of the new ones.

    `wishes` are ids, None all. Whoever claims the order grants the wish, see `claim`; the order keeps the public text
    only. Wishes that have an order stay as they are. Anybody may claim, so consent to referral must be
    recorded. Raises RefusedError where one that is named may not be shown; `withheld_wishes` lists them all.
    """
    shown, withheld = _sorted_out(network, s.act.day)
    named = None if wishes is None else list(wishes)
    if named is not None:
        _refuse_withheld(withheld, [key for key in named if key not in shown])
    need_of = dict(zip(network["wishes"].ids, network["wishes"]["need"], strict=True))
    placed = []
    for key in shown if named is None else named:
        order, need = f"O-{key}", need_of[key]
        if s.state.get("order", order) is not None:
            continue
        request = attrs.evolve(
            request_of(s, network, need),
            source="wish", public_text=shown[key].text, shown_from=shown[key].shown_from.isoformat(),
        )  # fmt: skip
        placed.append(place_request(s, request, order))
    return placed


def withheld_wishes(network: LinkageNetwork, on: dt.date) -> tuple[Problem, ...]:
    """Return why wishes may not be placed on the day `on`: what the registry's `wish_wall` withholds, and no consent."""
    return _sorted_out(network, on)[1]


def _sorted_out(
    network: LinkageNetwork, on: dt.date
) -> tuple[dict[str, PublicWish], tuple[Problem, ...]]:
    """Return the wishes that may be placed on the day `on` by id, and why others may not."""
    wall, table = wish_wall(network, on), network["needs"]
    need_of = dict(zip(network["wishes"].ids, network["wishes"]["need"], strict=True))
    rows = table.row_of([need_of[wish.id] for wish in wall.wishes]).tolist()
    clients = [_client(network, table.record(row)) for row in rows]
    answers = recorded_consents(network, [(kind, key) for key, kind, _ in clients], on)
    shown, problems = {}, list(wall.problems)
    for wish, consent in zip(wall.wishes, answers.tolist(), strict=True):
        known = network.categories.get(wish.category)
        if consent == 1 or (known is not None and not known.refers):
            shown[wish.id] = wish
        else:
            problems.append(why.problem(why.NO_CONSENT, f"wishes {wish.id}", "need"))
    return shown, tuple(problems)


def _refuse_withheld(withheld: Sequence[Problem], keys: Sequence[str]) -> None:
    named = {f"wishes {key}" for key in keys}
    found = [problem for problem in withheld if problem.file in named]
    said = {problem.file for problem in found}
    found += [
        why.problem(why.NOT_ON_WALL, f"wishes {key}") for key in keys if f"wishes {key}" not in said
    ]
    if found:
        raise RefusedError(found)


def request_of(s: Session, network: LinkageNetwork, need: str) -> Request:
    """Return what a need asks for. Raises RefusedError where it is not there, not open or of no known category."""
    row = int(network["needs"].row_of([need])[0])
    stream = f"needs {need}"
    if row < 0:
        why.refuse(why.BAD_FIELD, stream, "need", None, known="needs")
    found: Need = network["needs"].record(row)
    if found.status not in (None, "open"):
        why.refuse(why.BAD_FIELD, stream, "status", found.status, known="open")
    categories = {} if s.plugins is None else s.plugins.categories
    category = categories.get(found.category)
    if category is None:
        why.refuse(why.BAD_FIELD, stream, "category", found.category, known=", ".join(categories))
    return _request(s, network, found, category)


def _request(s: Session, network: LinkageNetwork, need: Need, category: NeedCategory) -> Request:
    client, kind, ids = _client(network, need)
    unit = parse_unit(need.unit or category.dimension)
    amount = (
        category.typical if need.quantity is None else need.quantity * (unit.factor if unit else 1)
    )
    skills = tuple(sorted({*(need.skills or ()), *category.skills}))
    return Request(
        client, kind, category.id, amount, category.form, category.dimension, "need", need.id,
        need.urgency or "normal", _place(network, need, ids),
        None if need.on_day is None else need.on_day.isoformat(),
        _minutes(need.starts), _minutes(need.ends), need.visit,
        category.minors or _minor(network, need.person, s.act.day),
        _groups(network, ids), () if category.roles else skills,
        slots(s, category, amount, need.skills or ()) if category.roles else (),
        after=waits_for(network.tables["needs"], need.after),
    )  # fmt: skip


def waits_for(needs: Table, after: str | None) -> str | None:
    """Return the need that another one waits for, None where there is none or it is met."""
    if after is None:
        return None
    row = int(needs.row_of([after])[0])
    return None if row >= 0 and needs["status"][row] == "met" else after


Ids = tuple[tuple[str, str], ...]
"""Tables and ids of all whom a need is for, the household first."""


def _client(network: LinkageNetwork, need: Need) -> tuple[str, str, Ids]:
    household = need.household
    if household is None and need.person is not None:
        persons = network["persons"]
        row = int(persons.row_of([need.person])[0])
        household = persons["household"][row] if row >= 0 else None
    every = (
        ("households", household),
        ("persons", need.person),
        ("institutions", need.institution),
    )
    ids = tuple((kind, key) for kind, key in every if key is not None)
    kind, key = ids[0]
    return key, kind, ids


def _place(network: LinkageNetwork, need: Need, ids: Ids) -> str | None:
    if need.place is not None:
        return need.place
    for kind, key in ids:
        place: str | None = network[kind]["place"][int(network[kind].row_of([key])[0])]
        if place is not None:
            return place
    return None


def _groups(network: LinkageNetwork, ids: Ids) -> tuple[str, ...]:
    rows = [
        network[kind]["target_groups"][int(network[kind].row_of([key])[0])] for kind, key in ids
    ]
    return tuple(sorted({group for row in rows for group in row or ()}))


def _minor(network: LinkageNetwork, person: str | None, on: dt.date) -> bool:
    if person is None:
        return False
    birth: dt.date | None = (
        network["persons"].record(int(network["persons"].row_of([person])[0])).birth
    )
    if birth is None:
        return True
    return (on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))) < MINOR_AGE


def _minutes(clock: str | None) -> int | None:
    return None if clock is None else int(clock[:2]) * 60 + int(clock[3:])
