"""What the state keeps of goods: warehouses, lots, what is set aside and what was given out."""

from __future__ import annotations

from typing import Literal

import attrs

from wushe.journal import RecordKind
from wushe.ledger.money.records import UNRESTRICTED, Earmark

Bucket = Literal["unchecked", "on_hand", "reserved", "rejected", "issued", "written_off", "moved"]
"""Where goods of a lot may be; all of them together are what came in."""


@attrs.frozen
class Warehouse:
    """Where goods lie. `fund` is the fund whose books they are in, None where it has books of its own."""

    id: str
    name: str
    place: str | None = None
    keeper: str | None = None
    fund: str | None = None
    opened_on: str | None = None


@attrs.frozen
class Lot:
    """Goods of one kind that came together. Amounts are base units of `dimension`.

    What came in: `received` from the donor, `found` at a stock-taking, `moved_in` from another warehouse. What
    came in is in one of seven buckets: `unchecked` (not inspected yet), `on_hand` (there and free), `reserved`,
    `rejected` (there, not to be given out), `issued`, `written_off`, `moved` to another warehouse. There it is a
    lot of its own with this one as its `origin`, which lists it in `parts`. `value_per` base units are worth
    `unit_value_fen`; None is not known, which is not zero. `serves`: the categories of need that the goods can
    meet, () any; `earmark`: what the donor allows. `donor` and `earmark.clients` are references.
    `open` is "1" while anything is there.
    """

    id: str
    item: str
    warehouse: str
    unit: str
    dimension: str
    received: int
    received_on: str
    category: str | None = None
    serves: tuple[str, ...] = ()
    donor: str | None = None
    unchecked: int = 0
    on_hand: int = 0
    reserved: int = 0
    rejected: int = 0
    issued: int = 0
    written_off: int = 0
    moved: int = 0
    found: int = 0
    moved_in: int = 0
    unit_value_fen: int | None = None
    value_per: int = 1
    pack: int | None = None
    per_need: int | None = None
    earmark: Earmark = UNRESTRICTED
    available_from: str | None = None
    expires_on: str | None = None
    status: str = "received"
    reason: str | None = None
    origin: str | None = None
    parts: tuple[str, ...] = ()
    open: str | None = "1"

    @property
    def there(self) -> int:
        """Base units that lie in the warehouse, free or not."""
        return self.unchecked + self.on_hand + self.reserved + self.rejected

    @property
    def stream(self) -> str:
        """The stream of the lot's events."""
        return f"lot/{self.id}"


SERVICES = ("time", "minute")
"""Dimensions of blocks of service slots: no goods, but they run out like goods."""
Takes = tuple[tuple[str, int], ...]
"""Base units by lot, in the order in which they are taken."""


@attrs.frozen
class Reservation:
    """Goods set aside for a use. `status`: open, issued or released; `reason` says why it was released."""

    id: str
    item: str
    warehouse: str
    takes: Takes
    order: str | None = None
    recipient: str | None = None
    recipient_kind: str = "institutions"
    reserved_on: str | None = None
    status: str = "open"
    reason: str | None = None


@attrs.frozen
class Issue:
    """Goods that went out. `recipient` is a reference for households and persons, else an id.

    `status`: issued, signed (for by the recipient) or returned (all of it came back); `returned` is what came back.
    """

    id: str
    item: str
    warehouse: str
    takes: Takes
    recipient: str
    recipient_kind: str
    issued_on: str
    order: str | None = None
    signed_on: str | None = None
    returned: Takes = ()
    status: str = "issued"


WAREHOUSE = RecordKind("warehouse", Warehouse)
LOT = RecordKind("lot", Lot, ("warehouse", "item", "donor", "open"))
RESERVATION = RecordKind("reservation", Reservation, ("order", "warehouse", "status"))
ISSUE = RecordKind("issue", Issue, ("order", "warehouse", "recipient", "status"))
RECORDS = (WAREHOUSE, LOT, RESERVATION, ISSUE)
