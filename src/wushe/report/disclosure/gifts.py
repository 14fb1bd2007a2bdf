"""Gifts as they are published, and every fen of one donor followed to its use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import attrs

from wushe.journal import Event, State
from wushe.ledger.money.records import Gift, Payment
from wushe.privacy import SMALL_CELL, check_role, shown_to
from wushe.report.disclosure.flows import Flows, read_flows, sort_of
from wushe.report.disclosure.names import Names
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.network import LinkageNetwork

_STEPS = (("street", 7), ("county", 7), ("county", 4), ("", 4), ("", 0))
"""(level, letters of the date): how exactly a use is told, finest first; the last is the category alone."""
Spot = tuple[str, str, str]
"""(category, place, time), "" for what is not told."""


@attrs.frozen
class GiftRow:
    """One gift as it is published: who gave is an alias, but for organizations that want to be named."""

    day: str
    fund: str
    donor: Text
    donor_kind: str
    nature: str
    fen: int
    restricted: bool
    purposes: tuple[Text, ...] = ()
    project: Text | None = None


def gift_rows(
    state: State, names: Names, funds: Sequence[str], period: tuple[str, str]
) -> tuple[GiftRow, ...]:
    """Return the gifts that came in, by day and id; money moved between funds is no gift."""
    rows = []
    for fund in funds:
        for gift in state.find("gift", fund=fund):
            if gift.origin is None and period[0] <= gift.day <= period[1]:
                rows.append((gift.day, gift.id, _row(gift, names)))
    rows.sort(key=lambda row: row[:2])
    return tuple(row for *_, row in rows)


def _row(gift: Gift, names: Names) -> GiftRow:
    project = gift.earmark.project or gift.project
    # Money of the treasury or a collective is no donation: whose it is, is public.
    wants = True if gift.nature in ("fiscal", "collective") else gift.wants_name
    return GiftRow(
        gift.day,
        gift.fund,
        names.donor(gift.donor, gift.donor_kind, wants),
        gift.donor_kind,
        gift.nature,
        gift.fen,
        gift.earmark.restricted or project is not None,
        tuple(names.of("category", purpose) for purpose in gift.earmark.purposes),
        None if project is None else names.of("project", project),
    )


# --- the donor's own view ------------------------------------------------------------------------


@attrs.frozen
class TraceRow:
    """Fen of a donor that were used for one thing. Place and time are "" where told no closer."""

    sort: str
    category: Text
    place: Text | None
    time: str
    fen: int


@attrs.frozen(repr=False)
class DonorTrace:
    """Where a donor's money went: given = used + committed + free + refunded, to the fen.

    `rows` add up to `used`. They never say who was helped, and tell place and month only as far as
    at least `SMALL_CELL` were helped like that there and then. Readers other than the donor see no rows.
    """

    donor: Text
    gifts: int
    given: int
    used: int
    committed: int
    free: int
    refunded: int
    rows: tuple[TraceRow, ...] = ()

    def __repr__(self) -> str:
        return f"<DonorTrace: {self.gifts} gifts, {self.given} fen>"

    def summary(self, lang: str = "zh") -> str:
        """Return the totals in one line and a line for each use."""
        from wushe.report.disclosure.words import trace_text

        return trace_text(self, lang)


def donor_trace(
    state: State,
    log: Iterable[Event],
    donor: str,
    *,
    network: LinkageNetwork | None = None,
    role: str = "donor",
) -> DonorTrace:
    """Follow all that `donor` (an id) gave to its uses. Without gifts all amounts are 0.

    `role` donor is the donor's own view; public readers get the totals and the alias only; officials and
    social workers get street and month whatever the numbers.
    """
    check_role(role)
    flows = read_flows(state, log, network)
    names = Names(state, network, role, flows.first_gifts)
    ref = state.ref(donor)
    gifts: list[Gift] = state.find("gift", donor=ref)
    roots = [gift for gift in gifts if gift.origin is None]
    kinds = {gift.donor_kind for gift in roots}
    kind = "organization" if kinds == {"organization"} else "person"
    wants = True if any(gift.wants_name for gift in roots) else None
    rows = () if role not in _TRACED else _rows(state, names, flows, gifts, role)
    return DonorTrace(
        names.donor(ref, kind, wants),
        len(roots),
        sum(gift.fen for gift in roots),
        sum(gift.spent for gift in gifts),
        sum(gift.committed for gift in gifts),
        sum(gift.free for gift in gifts),
        sum(gift.refunded for gift in gifts),
        rows,
    )


_TRACED = ("donor", "official", "social_worker")


def _rows(
    state: State, names: Names, flows: Flows, gifts: Sequence[Gift], role: str
) -> tuple[TraceRow, ...]:
    crowds = _Crowds(names, flows, shown_to(role, "particulars") == "full")
    paid = {payment.id: (day, payment, served) for day, payment, served in flows.payments}
    sums: Counter[tuple[str, Spot]] = Counter()
    state.load("use", "gift", [gift.id for gift in gifts])
    for gift in gifts:
        for use in state.find("use", gift=gift.id):
            day, payment, served = paid[use.payment]
            sort = sort_of(payment, served)
            sums[sort, crowds.spot(day, payment, sort)] += use.fen - use.returned
    return tuple(
        TraceRow(
            sort,
            names.of("category", category),
            names.of("place", place) if place else None,
            time,
            fen,
        )
        for (sort, (category, place, time)), fen in sorted(sums.items())
        if fen
    )


class _Crowds:
    """How many were helped alike, at every exactness: the crowd in which one of them is lost."""

    def __init__(self, names: Names, flows: Flows, internal: bool) -> None:
        self._names = names
        self._least = 0 if internal else SMALL_CELL
        clients: dict[Spot, set[str]] = {}
        for day, payment, served in flows.payments:
            if sort_of(payment, served) == "aid" and payment.client is not None:
                for spot in self._spots(day, payment):
                    clients.setdefault(spot, set()).add(payment.client)
        self._sizes = {spot: len(found) for spot, found in clients.items()}

    def spot(self, day: str, payment: Payment, sort: str) -> Spot:
        """Return the closest description that fits at least `SMALL_CELL` clients."""
        spots = list(self._spots(day, payment))
        if sort != "aid":
            return spots[0]
        fits = (spot for spot in spots if self._sizes.get(spot, 0) >= self._least)
        return next(fits, ("", "", ""))

    def _spots(self, day: str, payment: Payment) -> Iterator[Spot]:
        for level, letters in _STEPS:
            where = payment.place if level else None
            place = self._names.rolled_up(where, level) if level else ""
            yield payment.category or "", place, day[:letters]
