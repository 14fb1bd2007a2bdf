"""Goods in and out by item: received, given out, on hand, and what they are worth where that is known."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from wushe.journal import Event
from wushe.ledger.goods.views import movements
from wushe.report.disclosure.names import Names
from wushe.text import Text

_IN = {"received": "received", "found": "found", "brought_back": "returned"}
_OUT = {"issued": "issued", "written_off": "written_off"}
_PEOPLE = ("households", "persons")


@attrs.frozen
class GoodsRow:
    """One item of one dimension, in base units: opening + in - out = closing, over all warehouses.

    `received_fen` and `issued_fen` are the worth of what has a known value; `received_unknown` and
    `issued_unknown` base units have none on record, which is not worth nothing. `to_institutions` lists
    (name, base units) of what institutions got; the rest of `issued` went to households and persons.
    """

    item: str
    dimension: str
    opening: int = 0
    received: int = 0
    found: int = 0
    returned: int = 0
    issued: int = 0
    written_off: int = 0
    received_fen: int = 0
    received_unknown: int = 0
    issued_fen: int = 0
    issued_unknown: int = 0
    to_institutions: tuple[tuple[Text, int], ...] = ()

    @property
    def closing(self) -> int:
        """Base units that are there when the period ends."""
        came = self.received + self.found + self.returned
        return self.opening + came - self.issued - self.written_off


def goods_rows(
    events: Sequence[Event], names: Names, period: tuple[str, str]
) -> tuple[GoodsRow, ...]:
    """Return a row for each item and dimension that ever came in, sorted. Moves between warehouses are no news."""
    moves = movements(events)
    found: dict[tuple[str, str], GoodsRow] = {}
    institutions: dict[tuple[str, str], dict[str, int]] = {}
    for move in (dict(zip(moves, row, strict=True)) for row in zip(*moves.values(), strict=True)):
        field = _IN.get(move["kind"]) or _OUT.get(move["kind"])
        if field is None or move["day"] > period[1]:
            continue
        key = (move["item"], move["dimension"])
        row = found.get(key) or GoodsRow(*key)
        n = move["quantity"]
        if move["day"] < period[0]:
            sign = 1 if move["kind"] in _IN else -1
            found[key] = attrs.evolve(row, opening=row.opening + sign * n)
            continue
        found[key] = attrs.evolve(
            row, **{field: getattr(row, field) + n, **_worth(row, field, n, move["value_fen"])}
        )
        if field == "issued" and move["recipient_kind"] not in _PEOPLE:
            got = institutions.setdefault(key, {})
            got[move["recipient"]] = got.get(move["recipient"], 0) + n
    return tuple(
        attrs.evolve(
            found[key],
            to_institutions=tuple(
                (names.of("institution", one), n)
                for one, n in sorted(institutions.get(key, {}).items())
            ),
        )
        for key in sorted(found)
    )


def _worth(row: GoodsRow, field: str, quantity: int, fen: int | None) -> dict[str, int]:
    if field not in ("received", "issued"):
        return {}
    if fen is None:
        name = f"{field}_unknown"
        return {name: getattr(row, name) + quantity}
    name = f"{field}_fen"
    return {name: getattr(row, name) + fen}
