"""From a city's table of resources to lots: the lot of a resource has its id, so that offers lead to it."""

from __future__ import annotations

from wushe.ledger.goods.arrivals import Arrival
from wushe.model.parties import CharityResource
from wushe.model.units import parse_unit
from wushe.network import LinkageNetwork

UNPLACED = "unplaced"
"""The warehouse of lots of which nobody knows who holds them."""


def warehouse_of(resource: CharityResource) -> str:
    """Return the warehouse of a resource: the organization that holds it, else the place where it is."""
    return resource.holder or resource.place or UNPLACED


def receive_resources(network: LinkageNetwork) -> tuple[list[tuple[str, str]], list[Arrival]]:
    """Return the warehouses to open, as (id, place or ""), and the lots to receive, both sorted by id.

    Take them in with `open_warehouse` and `receive`. A resource of unknown quantity or of none is no lot. Blocks
    of service slots are lots as well, counted in times or minutes: they run out like goods. They
    count as inspected; what they are worth is not known to the table.
    """
    table = network.tables["resources"]
    found = [table.record(row) for row in range(len(table))]
    lots = [one for one in found if one.quantity and parse_unit(one.unit or "") is not None]
    holders = network.tables["organizations"]
    homes = dict(zip(holders.ids, holders["place"], strict=True))
    houses = {warehouse_of(one): one.place or homes.get(one.holder) or "" for one in reversed(lots)}
    return sorted(houses.items()), [_arrival(one) for one in lots]


def _arrival(one: CharityResource) -> Arrival:
    unit = parse_unit(one.unit or "")
    factor = unit.factor if unit else 1
    return Arrival(
        one.id,
        warehouse_of(one),
        one.name,
        (one.quantity or 0) * factor,
        unit=one.unit or "",
        category=one.categories[0] if len(one.categories) == 1 else None,
        donor=one.donor,
        pack=None if one.pack is None else one.pack * factor,
        per_need=None if one.per_need is None else one.per_need * factor,
        serves=one.categories,
        places=one.for_places or (),
        groups=one.for_groups or (),
        for_clients=one.for_clients or (),
        available_from=one.available_from,
        expires_on=one.expires_on,
        checked=True,
    )
