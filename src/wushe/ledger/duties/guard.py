"""Nothing is committed for an interested party of a donor or of the host's managers (articles 40 and 59)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wushe.errors import Problem, ProblemKind, RefusedError
from wushe.journal import Event, Session, State
from wushe.ledger.interests import ALL, binds, donor_bars, interest_id
from wushe.text import Text

INTERESTED_DONOR = ProblemKind(
    "interested-donor",
    Text(
        "受助人是这笔捐赠的捐赠人的利害关系人（慈善法第40条）",
        "who would be helped is an interested party of this gift's donor (Charity Law art. 40)",
    ),
    Text("另一笔捐赠，或另一来源", "another gift or another source"),
    Text(
        "改用其他资金；若是公开程序选定，由办公室登记后再试",
        "use other money; where an open procedure chose them, the office records that first",
    ),
)
INTERESTED_MANAGER = ProblemKind(
    "interested-manager",
    Text(
        "受助人是管理组织管理人员的利害关系人（慈善法第59条）",
        "who would be helped is an interested party of the host's managers (Charity Law art. 59)",
    ),
    Text("另一家组织的资金", "money of another organization"),
    Text(
        "改用其他资金；若是公开程序选定，由办公室登记后再试",
        "use other money; where an open procedure chose them, the office records that first",
    ),
)


Given = tuple[str, str | None, tuple[str, ...]]
"""What somebody gave: its stream, the donor's reference if known, the clients whom the donor named."""


def _barred(
    state: State, host: str | None, stream: str, client: str, given: Iterable[Given]
) -> list[Problem]:
    if not binds(state, host):
        return []
    found = []
    manager = (
        None
        if host is None
        else state.get("charity_interest", interest_id("manager", host, client))
    )
    if manager is not None and manager.ended is None:
        found.append(Problem(INTERESTED_MANAGER, stream, None, "client"))
    for gift, donor, named in given:
        if donor_bars(state, donor, named, client):
            found.append(Problem(INTERESTED_DONOR, gift, None, "client"))
    return found


def interested(state: State, *, fund: str, client: str, gifts: Iterable[str]) -> list[Problem]:
    """Return what bars helping `client` (reference) from these gifts of `fund`; [] where nothing does.

    A gift whose donor named this client stays barred even after an open procedure: naming is what
    article 40 forbids. Articles bind charity organizations only: nothing bars where the host is known
    not to be one, and no donor bars money that is not a donation.
    """
    if state.get("charity_interests", ALL) is None:
        return []
    held = (state.get("gift", key) for key in gifts)
    given = [
        (f"gift/{g.id}", g.donor, g.earmark.clients)
        for g in held
        if g.nature in {"donation", "matching"}
    ]
    return _barred(state, state.get("fund", fund).host, f"fund/{fund}", client, given)


def interested_in_goods(
    state: State, *, warehouse: str, client: str, lots: Iterable[str]
) -> list[Problem]:
    """Return what bars giving goods of these lots to `client` (reference), as `interested` for money."""
    if state.get("charity_interests", ALL) is None:
        return []
    held = (state.get("lot", key) for key in lots)
    given = [(f"lot/{lot.id}", lot.donor, lot.earmark.clients) for lot in held]
    host = goods_host(state, state.get("warehouse", warehouse))
    return _barred(state, host, f"warehouse/{warehouse}", client, given)


def goods_host(state: State, warehouse: Any) -> str | None:
    """Return the organization in whose books the goods of a warehouse are: its fund's host, else its keeper."""
    fund = None if warehouse.fund is None else state.get("fund", warehouse.fund)
    keeper: str | None = warehouse.keeper if fund is None else fund.host
    return keeper


def refuse_interested(s: Session, *, fund: str, client: str | None, gifts: Iterable[str]) -> None:
    """Raise RefusedError where `interested` finds something; a commitment for no client passes."""
    if client is None:
        return
    found = interested(s.state, fund=fund, client=client, gifts=gifts)
    if found:
        raise RefusedError(found)


def _on_commitment(s: Session, event: Event) -> None:
    """Refuse the commitment that was just recorded, whoever recorded it."""
    data = event.data
    client = data.get("client")
    refuse_interested(s, fund=data["fund"], client=client, gifts=[g for g, _ in data["takes"]])


def _on_goods(s: Session, event: Event) -> None:
    """Refuse goods that were just set aside or given out."""
    data = event.data
    who = data.get("recipient")
    if who is None or s.state.get("charity_interests", ALL) is None:
        return
    # Institutions are known by id, whoever is declared by reference.
    client = s.ref(who) if data["recipient_kind"] == "institutions" else who
    lots = [lot for lot, _ in data["takes"]]
    found = interested_in_goods(s.state, warehouse=data["warehouse"], client=client, lots=lots)
    if found:
        raise RefusedError(found)


REACTIONS = (
    ("commitment.opened", _on_commitment),
    ("goods.reserved", _on_goods),
    ("goods.issued", _on_goods),
)
