"""Gifts come in, one or thousands at a time: receipts, pledges, suspected duplicates, matching."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from wushe.errors import Problem
from wushe.journal import Session, command
from wushe.ledger.money.accounts import free_cash, income, moved
from wushe.ledger.money.asking import (
    CODE,
    amount_problems,
    code_problems,
    day_problems,
    done_day_problems,
    gift_fields,
    instant_problems,
    known,
    known_only,
    next_receipt,
    today,
)
from wushe.ledger.money.earmarks import fund_scope, narrowed
from wushe.ledger.money.events import likeness_id
from wushe.ledger.money.pools import match_gifts
from wushe.ledger.money.problems import (
    EARMARK_UNUSABLE,
    FUND_NOT_OPEN,
    NATURE_DIFFERS,
    PLEDGE_CLOSED,
    TAKEN,
    UNKNOWN_RECORD,
    problem,
    refuse_if,
)
from wushe.ledger.money.records import Earmark, Fund

DONOR_KINDS = ("person", "organization", "anonymous")
NATURES = ("donation", "fiscal", "collective", "interest")
"""What money that comes in may be. Interest of the bank goes with the fund, whatever its nature."""


@command
def receive(s: Session, *, gifts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Record money that came in, and match it from the pools that are open for it.

    Each gift: ``fund``, ``fen``; where known ``id``, ``day`` (ISO, else the act's), ``donor`` (id),
    ``donor_kind`` (person, organization, anonymous), ``nature`` (donation, fiscal, collective, interest), ``earmark``
    (purposes, places, groups, clients: ids, project), ``channel`` (a code; else kept as words), ``campaign``, ``pledge``,
    ``wants_name``, ``at`` (instant, for pools' time windows).

    Returns ``gifts`` (ids in order), ``receipts`` (numbers, None where no receipt is due),
    ``suspected`` ([gift, earlier gift that looks the same]; both are kept) and ``matched`` ([gift, pool, fen]).
    Raises RefusedError with the problems of all gifts.
    """
    refuse_if(gift_fields(gifts))
    desk = _Desk.of(s, gifts)
    refuse_if([p for row, gift in enumerate(gifts) for p in desk.problems(row, gift)])
    ids = [desk.record(gift) for gift in gifts]
    times = [gift.get("at") for gift in gifts]
    matched = match_gifts(s, list(zip(ids, times, strict=True)))
    return {
        "gifts": ids,
        "receipts": desk.receipts,
        "suspected": desk.suspected,
        "matched": matched,
    }


@command
def feed_back(s: Session, *, gifts: Sequence[str], day: str | None = None) -> int:
    """Record that the donors of these gifts were told how they are used (article 42); return how many."""
    day = today(s, day)
    refuse_if(day_problems("gifts", "day", day))
    s.state.load("gift", "id", gifts)
    for key in gifts:
        gift = known(s, "gift", key)
        data = {"gift": key, "fund": gift.fund, "day": day}
        s.record("gift.fed_back", f"gift/{key}", data, ref=gift.donor)
    return len(gifts)


def earmark_of(s: Session, given: Mapping[str, Any] | None, project: str | None = None) -> Earmark:
    """Return the earmark that a donor named, with references in place of clients' ids."""
    data = dict(given or {})
    data["clients"] = [s.ref(client) for client in data.get("clients") or ()]
    if project is not None:
        data["project"] = project
    return Earmark.from_json(data)


@attrs.define(eq=False)
class _Desk:
    """One batch of gifts: what it has looked up, and what it has recorded so far."""

    s: Session
    receipts: list[str | None] = attrs.field(factory=list)
    suspected: list[list[str]] = attrs.field(factory=list)
    taken: set[str] = attrs.field(factory=set)

    @staticmethod
    def of(s: Session, gifts: Sequence[Mapping[str, Any]]) -> _Desk:
        donors = dict.fromkeys(g["donor"] for g in gifts if g.get("donor") is not None)
        s.state.load("subject", "id", donors)
        alike = [
            likeness_id(gift["fund"], s.ref(gift["donor"]), gift["fen"], today(s, gift.get("day")))
            for gift in gifts
            if gift.get("donor") is not None
        ]
        s.state.load("likeness", "id", dict.fromkeys(alike))
        s.state.load("fund", "id", sorted({g["fund"] for g in gifts}))
        s.state.load("gift", "id", sorted({g["id"] for g in gifts if g.get("id") is not None}))
        return _Desk(s)

    def problems(self, row: int, gift: Mapping[str, Any]) -> list[Problem]:
        """Return what is wrong with a gift; `row` counts from 0."""
        stream = f"fund/{gift['fund']}"
        where = f"gifts[{row}]"
        fund: Fund | None = self.s.state.get("fund", gift["fund"])
        found = amount_problems(stream, f"{where}.fen", gift["fen"])
        day = today(self.s, gift.get("day"))
        found += done_day_problems(self.s, stream, f"{where}.day", day)
        found += code_problems(stream, f"{where}.nature", gift.get("nature", "donation"), NATURES)
        kind = gift.get("donor_kind", "anonymous")
        found += code_problems(stream, f"{where}.donor_kind", kind, DONOR_KINDS)
        found += instant_problems(stream, f"{where}.at", gift.get("at"))
        key = gift.get("id")
        if key is not None and (key in self.taken or self.s.state.get("gift", key) is not None):
            found.append(problem(TAKEN, f"gift/{key}", f"{where}.id"))
        self.taken.add(key or "")
        if fund is None:
            return [*found, problem(UNKNOWN_RECORD, stream, f"{where}.fund")]
        return found + self._fund_problems(fund, where, gift)

    def _fund_problems(self, fund: Fund, where: str, gift: Mapping[str, Any]) -> list[Problem]:
        stream, found = f"fund/{fund.id}", []
        if fund.status == "closed":
            found.append(problem(FUND_NOT_OPEN, stream, f"{where}.fund", status=fund.status))
        nature = gift.get("nature", "donation")
        if nature != "interest" and fund.nature not in ("mixed", nature):
            params = {"nature": nature, "fund": fund.nature}
            found.append(problem(NATURE_DIFFERS, stream, f"{where}.nature", nature, **params))
        if gift.get("earmark"):
            scope = fund_scope(fund)
            if narrowed(earmark_of(self.s, gift["earmark"]), scope) is None:
                allowed = ", ".join((*scope.purposes, *scope.places, *scope.groups))
                found.append(problem(EARMARK_UNUSABLE, stream, f"{where}.earmark", allowed=allowed))
        if gift.get("pledge") is not None:
            pledge = self.s.state.get("pledge", gift["pledge"])
            if pledge is None or pledge.status != "open":
                found.append(problem(PLEDGE_CLOSED, f"pledge/{gift['pledge']}", f"{where}.pledge"))
        return found

    def record(self, gift: Mapping[str, Any]) -> str:
        """Record one gift and return its id."""
        s = self.s
        fund: Fund = s.state.get("fund", gift["fund"])
        donor = None if gift.get("donor") is None else s.ref(gift["donor"])
        nature, fen = gift.get("nature", "donation"), gift["fen"]
        day = today(s, gift.get("day"))
        earmark = earmark_of(s, gift.get("earmark"))
        key = gift.get("id") or self._next_id(fund)
        receipt = next_receipt(s, fund.host) if nature == "donation" else None
        side = income(fund.id, nature, restricted=earmark.restricted)
        data = {
            "gift": key,
            "fund": fund.id,
            "fen": fen,
            "day": day,
            "donor": donor,
            "donor_kind": gift.get("donor_kind", "anonymous"),
            "nature": nature,
            "earmark": earmark.to_json(),
            "project": earmark.project,
            "channel": gift.get("channel"),
            "campaign": gift.get("campaign"),
            "pledge": gift.get("pledge"),
            "wants_name": gift.get("wants_name"),
            "receipt_no": receipt,
            "suspect": self._alike(key, fund.id, donor, fen, day),
            "lines": moved(fen, credit=side, debit=free_cash(fund.id)),
        }
        words = None
        if data["channel"] is not None and CODE.fullmatch(data["channel"]) is None:
            # What is no code may tell of the donor: it is kept with the donor's words, and erased with them.
            words = {"channel": data.pop("channel")}
        s.record("gift.received", f"gift/{key}", known_only(data), ref=donor, words=words)
        self.receipts.append(receipt)
        return key

    def _next_id(self, fund: Fund) -> str:
        n = fund.gifts + 1
        while (key := f"{fund.id}-G{n}") in self.taken or self.s.state.get("gift", key) is not None:
            n += 1
        return key

    def _alike(self, key: str, fund: str, donor: str | None, fen: int, day: str) -> str | None:
        """Return an earlier gift of the same donor, amount and day to the same fund, and note the pair."""
        if donor is None:
            return None
        earlier = self.s.state.get("likeness", likeness_id(fund, donor, fen, day))
        if earlier is None:
            return None
        self.suspected.append([key, earlier.gift])
        return str(earlier.gift)
