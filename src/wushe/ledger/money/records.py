"""Records of money: funds, gifts, commitments, payments, pledges, pools, and who used what.

Donors and clients are references, as `Session.ref` gives them; days are ISO text; money is fen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, TypeVar

import attrs

from wushe.journal import RecordKind

Takes = tuple[tuple[str, int], ...]
"""Which gifts pay how much: (gift id, fen)."""


R = TypeVar("R")


_FIELDS: dict[type, tuple[Callable[[Any], tuple[Any, ...]], Mapping[str, int]]] = {}


def changed(record: R, **changes: Any) -> R:
    """Return `record` with some fields changed: `attrs.evolve` at half its cost, for `apply`."""
    cls = type(record)
    if cls not in _FIELDS:
        names = [field.name for field in attrs.fields(cls)]  # type: ignore[arg-type]
        _FIELDS[cls] = attrgetter(*names), {name: at for at, name in enumerate(names)}
    values_of, places = _FIELDS[cls]
    values = list(values_of(record))
    for name, value in changes.items():
        values[places[name]] = value
    return cls(*values)


@attrs.frozen
class Earmark:
    """What a gift may be used for; an empty field restricts nothing, all that are given must hold.

    `clients` are references. Any of the purposes, of the places (each with all below it), of the groups,
    of the clients will do.
    """

    purposes: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    project: str | None = None

    @property
    def restricted(self) -> bool:
        """Whether anything is restricted at all."""
        return bool(
            self.purposes or self.places or self.groups or self.clients or self.project is not None
        )

    def to_json(self) -> dict[str, Any]:
        """Return the fields that restrict something."""
        found: dict[str, Any] = {
            name: list(value)
            for name in ("purposes", "places", "groups", "clients")
            if (value := getattr(self, name))
        }
        if self.project is not None:
            found["project"] = self.project
        return found

    @staticmethod
    def from_json(data: Mapping[str, Any] | None) -> Earmark:
        """Return the earmark that `to_json` wrote; values are sorted, so that equal earmarks are equal."""
        if not data:
            return UNRESTRICTED
        lists = {
            name: tuple(sorted(set(data.get(name) or ())))
            for name in ("purposes", "places", "groups", "clients")
        }
        return Earmark(**lists, project=data.get("project"))


UNRESTRICTED = Earmark()


@attrs.frozen
class Account:
    """The balance of an account: debits less credits."""

    id: str
    fen: int = 0


@attrs.frozen
class Fund:
    """Money under one host. `nature` mixed takes money of any nature.

    received + matched + moved_in = free + committed + spent + refunded + moved_out, always.
    `status`: ``preparing`` (start-up not complete), ``open``, ``closed``.
    """

    id: str
    name: str
    host: str
    nature: str = "mixed"
    place: str | None = None
    purposes: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    for_groups: tuple[str, ...] = ()
    per_need_fen: int | None = None
    floor_fen: int = 0
    opened_on: str = ""
    status: str = "open"
    received_fen: int = 0
    matched_fen: int = 0
    moved_in_fen: int = 0
    moved_out_fen: int = 0
    free_fen: int = 0
    committed_fen: int = 0
    spent_fen: int = 0
    refunded_fen: int = 0
    gifts: int = 0
    commitments: int = 0
    payments: int = 0


@attrs.frozen
class Gift:
    """Money that came in at one time from one source, and what became of it.

    fen = free + committed + spent + refunded + moved. `origin` is the gift of another fund that it was
    moved from, `moved_to` those it was moved to, `matches` the donation that a pool matched. `suspect` is an earlier gift that looks the
    same. `by` took it in. `open` is "1" while something is free.
    """

    id: str
    fund: str
    fen: int
    day: str
    donor: str | None = None
    donor_kind: str = "anonymous"
    nature: str = "donation"
    free: int = 0
    committed: int = 0
    spent: int = 0
    refunded: int = 0
    moved: int = 0
    earmark: Earmark = UNRESTRICTED
    project: str | None = None
    pool: str | None = None
    matches: str | None = None
    origin: str | None = None
    moved_to: tuple[str, ...] = ()
    pledge: str | None = None
    campaign: str | None = None
    channel: str | None = None
    receipt_no: str | None = None
    wants_name: bool | None = None
    fed_back_on: str | None = None
    suspect: str | None = None
    by: str = ""
    open: str | None = None


@attrs.frozen
class Likeness:
    """The first gift of a donor to a fund with its amount and day: later ones like it are suspects."""

    id: str
    gift: str


@attrs.frozen
class Commitment:
    """Money of a fund set aside for a need, an order or a project. `status`: open, paid, released.

    `released` fen went back to the gifts; fen = paid + released once it is not open any more. `client_kind`:
    households, persons, institutions, None where it was not said.
    """

    id: str
    fund: str
    fen: int
    takes: Takes
    category: str | None = None
    place: str | None = None
    client: str | None = None
    order: str | None = None
    need: str | None = None
    project: str | None = None
    status: str = "open"
    paid: int = 0
    released: int = 0
    day: str = ""
    client_kind: str | None = None


@attrs.frozen
class Payment:
    """Money paid out of a commitment. `returned` fen came back from the payee.

    `kind`: aid, project, management. `payee_kind`: client, institution, organization, provider, staff.
    """

    id: str
    commitment: str
    fund: str
    fen: int
    takes: Takes
    day: str
    kind: str = "aid"
    payee_kind: str = "client"
    order: str | None = None
    need: str | None = None
    project: str | None = None
    category: str | None = None
    place: str | None = None
    client: str | None = None
    returned: int = 0
    emergency: str | None = None
    client_kind: str | None = None


@attrs.frozen
class Use:
    """One gift's part in one payment; `returned` fen of it came back."""

    id: str
    gift: str
    payment: str
    fen: int
    returned: int = 0


@attrs.frozen
class Pledge:
    """A promise to give. `status`: open, kept, released. `due` is `due_on` while it is open."""

    id: str
    fund: str
    donor: str
    fen: int
    due_on: str | None = None
    public: bool = False
    paid: int = 0
    status: str = "open"
    made_on: str = ""
    due: str | None = None
    project: str | None = None
    reason: str | None = None


@attrs.frozen
class Pool:
    """A sponsor's money that matches donations: `numerator`/`denominator` of each, rounded down to the fen.

    `fund` None matches gifts to any fund. Caps in fen, None for none. Instants are UTC text; `closes` is
    the first one that is too late. `receipts`: (host, number, fen) for the sponsor, issued at the end.
    """

    id: str
    sponsor: str
    fen: int
    numerator: int
    denominator: int
    fund: str | None = None
    gift_cap: int | None = None
    donor_cap: int | None = None
    project_cap: int | None = None
    opens: str | None = None
    closes: str | None = None
    sponsor_kind: str = "organization"
    nature: str = "donation"
    given: int = 0
    status: str = "open"
    receipts: tuple[tuple[str, str, int], ...] = ()

    @property
    def left(self) -> int:
        """Fen that it may still give."""
        return self.fen - self.given

    @property
    def receipt_no(self) -> str | None:
        """The number of the sponsor's first receipt, None before the pool is closed."""
        return self.receipts[0][1] if self.receipts else None


@attrs.frozen
class PoolShare:
    """What a pool gave because of one donor or one project, for its caps. `id`: "<pool> donor:<ref>"."""

    id: str
    pool: str
    fen: int = 0


@attrs.frozen
class Refund:
    """Money given back to a donor, or matching money given back to its pool."""

    id: str
    fund: str
    gift: str
    fen: int
    day: str
    donor: str | None = None
    reason: str = "donor_asked"
    pool: str | None = None


@attrs.frozen
class Change:
    """A changed earmark: by the donor's consent, by a filing (articles 55, 56) or of a surplus (58)."""

    id: str
    gift: str
    fund: str
    fen: int
    day: str
    basis: str
    before: Earmark
    after: Earmark
    filing: str | None = None


@attrs.frozen
class Host:
    """The organization that holds funds, and how many receipts it has issued."""

    id: str
    receipts: int = 0


RECORDS = (
    RecordKind("account", Account),
    RecordKind("fund", Fund, ("host", "place")),
    RecordKind("gift", Gift, ("fund", "donor", "project", "open")),
    RecordKind("likeness", Likeness),
    RecordKind("commitment", Commitment, ("fund", "order", "status", "client")),
    RecordKind("payment", Payment, ("fund", "project", "client", "day")),
    RecordKind("use", Use, ("gift", "payment")),
    RecordKind("pledge", Pledge, ("fund", "donor", "due")),
    RecordKind("pool", Pool, ("fund", "status", "sponsor")),
    RecordKind("pool_share", PoolShare, ("pool",)),
    RecordKind("refund", Refund, ("fund", "gift", "donor")),
    RecordKind("change", Change, ("gift", "fund", "basis")),
    RecordKind("host", Host),
)
