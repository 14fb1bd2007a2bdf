"""What moved the money of funds, read from the log once, with its day and whether it was restricted."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from wushe.journal import Event, State
from wushe.ledger.money.accounts import account_part
from wushe.ledger.money.records import Payment
from wushe.report.disclosure.beancount import posted_on

if TYPE_CHECKING:
    from wushe.network import LinkageNetwork

_CASH = "Assets:Cash:"
_SERVED = {"households": "household", "persons": "person", "institutions": "institution"}
_GIFTS = ("gift.received", "gift.matched")


@attrs.frozen
class Flow:
    """Money of one fund at one time, of one restriction: `fen` above 0 came in, below 0 went out.

    `sort`: income, matched, moved_in, moved_out, aid, institution, project, management, refund, returned,
    reclassified, other. `nature` and `donor_kind` are of income only. `project` is the project whose money it is.
    """

    day: str
    fund: str
    sort: str
    fen: int
    restricted: bool
    nature: str = ""
    donor_kind: str = ""
    project: str | None = None
    payment: str | None = None


@attrs.frozen
class _Kind:
    """Whose money it is: of which fund, restricted or not, set apart for which project."""

    fund: str
    restricted: bool
    project: str | None

    def flow(self, day: str, sort: str, fen: int, payment: str | None = None) -> Flow:
        """Return a flow of such money."""
        return Flow(
            day, self.fund, sort, fen, self.restricted, project=self.project, payment=payment
        )


@attrs.define(eq=False, repr=False)
class Flows:
    """All flows of the log in its order, and the payments made."""

    flows: list[Flow] = attrs.field(factory=list)
    payments: list[tuple[str, Payment, str]] = attrs.field(factory=list)
    """(day, payment record, who was helped: ``person``, ``household``, ``institution``, ``client``, ``none``)."""
    first_gifts: dict[str, int] = attrs.field(factory=dict)
    """Number of each donor, by reference, in the order of first gifts: what an alias is made of."""


def read_flows(state: State, log: Iterable[Event], network: LinkageNetwork | None = None) -> Flows:
    """Return the flows of every fund. The whole log is read once; what does not move cash is passed over.

    Who was helped is told by the order or, without one, by the table of `network` that has the client.
    """
    return _Reader(state, network).read(log)


class _Reader:
    def __init__(self, state: State, network: LinkageNetwork | None) -> None:
        self._state = state
        self._tables = {
            kind: frozenset() if network is None else frozenset(network.tables[kind].ids)
            for kind in _SERVED
        }
        self._found = Flows()
        self._gifts: dict[str, _Kind] = {}
        self._taken_as: dict[tuple[str, str], _Kind] = {}
        self._commitments: dict[str, str] = {}
        self._funds = {account_part(fund.id): fund.id for fund in state.find("fund")}
        self._readers = {
            "gift.received": self._received,
            "gift.matched": self._received,
            "gift.moved": self._moved,
            "gift.refunded": self._refunded,
            "use.changed": self._changed,
            "commitment.opened": self._committed,
            "commitment.released": self._released,
            "payment.made": self._paid,
            "payment.returned": self._returned,
        }

    def read(self, log: Iterable[Event]) -> Flows:
        self._fetch()
        for event in log:
            reader = self._readers.get(event.kind)
            if reader is not None:
                self._found.flows.extend(reader(event.data, posted_on(event)))
                donor = event.data.get("donor")
                if event.kind in _GIFTS and donor is not None:
                    numbers = self._found.first_gifts
                    numbers.setdefault(donor, len(numbers) + 1)
            elif event.data.get("lines"):
                self._found.flows.extend(self._other(event.data, posted_on(event)))
        return self._found

    def _fetch(self) -> None:
        """Ask a store for everything at once: a query for each payment would take for ever."""
        self._state.load("payment", "fund", sorted(self._funds.values()))
        paid = [p for fund in self._funds.values() for p in self._state.find("payment", fund=fund)]
        orders = sorted({p.order for p in paid if p.order is not None})
        with contextlib.suppress(KeyError):  # a ledger may be kept without orders
            self._state.load("order", "id", orders)
        clients = sorted({p.client for p in paid if p.client is not None})
        self._state.load("subject", "ref", clients)

    def _received(self, data: Mapping[str, Any], day: str) -> Iterator[Flow]:
        restricted = any(":Restricted:" in str(name) for name, _ in data["lines"])
        kind = _Kind(data["fund"], restricted, data.get("project"))
        self._gifts[data["gift"]] = kind
        yield attrs.evolve(
            kind.flow(day, "matched" if data.get("pool") is not None else "income", data["fen"]),
            nature=data.get("nature", "donation"),
            donor_kind=data.get("donor_kind", "anonymous"),
        )

    def _moved(self, data: Mapping[str, Any], day: str) -> Iterator[Flow]:
        kind = self._gifts[data["gift"]]
        target = _marked(data["target"], data)
        self._gifts[data["to"]] = target
        yield kind.flow(day, "moved_out", -data["fen"])
        yield target.flow(day, "moved_in", data["fen"])

    def _refunded(self, data: Mapping[str, Any], day: str) -> Iterator[Flow]:
        yield self._gifts[data["gift"]].flow(day, "refund", -data["fen"])

    def _changed(self, data: Mapping[str, Any], day: str) -> Iterator[Flow]:
        """Only what is free changes; what was committed before keeps its kind."""
        before = self._gifts[data["gift"]]
        after = self._gifts[data["gift"]] = _marked(before.fund, data)
        yield from _between(before, after, day, data["fen"])

    def _committed(self, data: Mapping[str, Any], _: str) -> Iterator[Flow]:
        for gift, _fen in data["takes"]:
            self._taken_as[data["commitment"], gift] = self._gifts[gift]
        yield from ()

    def _released(self, data: Mapping[str, Any], day: str) -> Iterator[Flow]:
        for gift, fen in data["takes"]:
            was = self._taken_as[data["commitment"], gift]
            yield from _between(was, self._gifts[gift], day, fen)

    def _paid(self, data: Mapping[str, Any], day: str) -> Iterator[Flow]:
        payment = self._state.get("payment", data["payment"])
        served = self._who_was_helped(payment)
        self._found.payments.append((day, payment, served))
        self._commitments[payment.id] = payment.commitment
        sort = sort_of(payment, served)
        for gift, fen in data["takes"]:
            kind = self._taken_as[payment.commitment, gift]
            yield kind.flow(day, sort, -fen, payment.id)

    def _returned(self, data: Mapping[str, Any], day: str) -> Iterator[Flow]:
        commitment = self._commitments[data["payment"]]
        for gift, fen in data["takes"]:
            was = self._taken_as[commitment, gift]
            yield was.flow(day, "returned", fen, data["payment"])
            yield from _between(was, self._gifts[gift], day, fen)

    def _who_was_helped(self, payment: Payment) -> str:
        if payment.client is None:
            return "institution" if payment.payee_kind == "institution" else "none"
        if payment.client_kind is not None:
            return _SERVED.get(payment.client_kind, "client")
        order = look(self._state, "order", payment.order)
        if order is not None:
            return _SERVED.get(order.client_kind, "client")
        client = self._state.subject(payment.client)
        return next(
            (_SERVED[kind] for kind, ids in self._tables.items() if client in ids), "client"
        )

    def _other(self, data: Mapping[str, Any], day: str) -> Iterator[Flow]:
        """What this module does not know by name still moves cash, and is told as such."""
        sums: dict[str, int] = {}
        for name, fen in data["lines"]:
            if str(name).startswith(_CASH):
                fund = self._funds.get(str(name).split(":")[2])
                if fund is not None:
                    sums[fund] = sums.get(fund, 0) + fen
        for fund, fen in sums.items():
            if fen:
                yield Flow(day, fund, "other", fen, False)


def _marked(fund: str, data: Mapping[str, Any]) -> _Kind:
    earmark = data.get("earmark") or {}
    return _Kind(fund, bool(earmark), earmark.get("project"))


def _between(before: _Kind, after: _Kind, day: str, fen: int) -> Iterator[Flow]:
    """Yield what leads money from one kind to another, nothing where both are the same."""
    if before != after and fen:
        yield before.flow(day, "reclassified", -fen)
        yield after.flow(day, "reclassified", fen)


def sort_of(payment: Payment, served: str) -> str:
    """Return the line of the statement that a payment belongs to."""
    if payment.kind == "management":
        return "management"
    if served == "institution":
        return "institution"
    return "project" if served == "none" else "aid"


def look(state: State, kind: str, key: str | None) -> Any:
    """Return a record, None where there is none or where this state keeps no such records at all."""
    if key is None:
        return None
    try:
        return state.get(kind, key)
    except KeyError:
        return None
