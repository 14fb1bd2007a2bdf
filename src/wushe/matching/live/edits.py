"""One change to the tables and what it does to the pool: an offer widened, a consent recorded, a new offer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from wushe.errors import WusheError
from wushe.matching.live.changes import evolved, with_record, with_records, with_tables
from wushe.matching.live.city import LiveCity
from wushe.matching.prepare import Prepared
from wushe.model.help import PROVIDERS, Offer
from wushe.model.parties import OWN_TEAM, SocialWorker
from wushe.model.tables import Table, empty_table, table_of
from wushe.network import LinkageNetwork

_HOURS = {
    "quantity": "weekly_hours",
    **{n: n for n in ("skills", "vetted_on", "weekdays", "starts", "ends", "travel_km")},
}
_DATES = {"available_from": "available_from", "available_to": "available_to"}
_FIELDS: dict[str, dict[str, str]] = {
    "volunteers": {**_HOURS, **_DATES, "reach": "reach"},
    "social_workers": _HOURS,
    "resources": {
        "available_from": "available_from", "available_to": "expires_on",
        **{n: n for n in ("quantity", "reach", "for_groups", "for_places", "for_clients", "per_need")},
    },
    "funds": {
        "quantity": "balance_fen", "per_need": "per_need_fen",
        "reach": "reach", "for_groups": "for_groups",
    },
}  # fmt: skip
"""What of an offer derived from a party stands in which field of the party's table."""


@attrs.frozen(eq=False)
class Edit:
    """Records to put into tables, as (table name, record), and into the pool of offers."""

    records: tuple[tuple[str, Any], ...] = ()
    offers: tuple[Offer, ...] = ()

    def apply(self, network: LinkageNetwork, offers: Table) -> tuple[LinkageNetwork, Table]:
        """Return network and pool with the records put in."""
        tables: dict[str, Table] = {}
        for name, record in self.records:
            tables[name] = with_record(tables.get(name, network.tables[name]), record)
        return with_tables(network, tables), with_records(offers, self.offers)

    def take_into(self, live: LiveCity, *, briefly: bool = False) -> None:
        """Put the change into `live`, repaired to the optimum; `briefly` as in `LiveCity.add_offer`."""
        parts = live.records.parts
        tables = dict(parts.network.tables)
        for name, record in self.records:
            if name != "offers":  # the pool holds them, see below
                tables[name] = with_record(tables[name], record)
        clients = [record.id for name, record in self.records if name in ("households", "persons")]
        parts = parts.over(attrs.evolve(parts.network, tables=tables))
        live.judge_again(parts, clients[0] if clients else None)
        for offer in self.offers:
            if live.has_offer(offer.id):
                live.change_offer(offer, briefly=briefly)
            else:
                live.add_offer(offer, briefly=briefly)


def offer_edit(live: LiveCity, offer: Offer, **values: Any) -> Edit | None:
    """Return the edit that gives `offer` other `values`, in its own row or in the party it derives from.

    None where the party's table has no such field, or the party cannot be so.
    """
    tables = live.network.tables
    try:
        if tables["offers"].row_of([offer.id])[0] >= 0:
            record = evolved(offer, **values)
            return Edit((("offers", record),), (record,))
        for name, fields in _FIELDS.items():
            row = int(tables[name].row_of([offer.provider])[0])
            if row >= 0 and values.keys() <= fields.keys():
                party = tables[name].record(row)
                record = evolved(party, **{fields[k]: v for k, v in values.items()})
                return _derived(live, name, record, offer)
    except WusheError:  # a week has no more hours, a table knows no such id
        return None
    return None


def _derived(live: LiveCity, name: str, party: Any, offer: Offer) -> Edit | None:
    """Return the edit with all offers that plugins derive from the changed party alone."""
    tables = {**live.network.tables, **{kind: empty_table(kind) for kind in _FIELDS}}
    tables[name] = table_of(name, [party])
    found = [
        record
        for _, table in live.plugins.derive_offers(tables, live.records.parts.context)
        for record in table.records()
        if record.provider == party.id
    ]
    if all(record.id != offer.id for record in found):
        return None
    return Edit(((name, party),), tuple(found))


def consent_edit(live: LiveCity, need: Prepared) -> Edit | None:
    """Return the edit that records consent to referral; None where it was given or refused already."""
    if int(need.needs["consent"][0]) != -1 or need.needs["client_kind"][0] == "institution":
        return None
    name = {"household": "households", "person": "persons"}[need.needs["client_kind"][0]]
    table = live.network.tables[name]
    row = int(table.row_of([need.needs["client"][0]])[0])
    record = evolved(table.record(row), referral_consent=True)
    return Edit(((name, record),))


def new_offer(
    live: LiveCity,
    categories: Sequence[str],
    quantity: int,
    place: int,
    skills: Sequence[str] = (),
    vetted: bool = False,
) -> Edit:
    """Return the edit that adds an offer of `quantity` base units at place row `place` (-1 anywhere).

    All `categories` count in one dimension.

    The own team of the place brings it in, so that no consent stands in the way: its community or
    station, else the first own team there is, else a social worker to be recruited.
    """
    tables = live.network.tables
    provider = _own_team(live.network, place)
    records: list[tuple[str, Any]] = []
    if provider is None:
        provider = _free_id("NEW-W", [key for kind in PROVIDERS for key in tables[kind].ids])
        records.append(("social_workers", SocialWorker(id=provider, name="待招募社工")))
    record = Offer(
        id=_free_id("NEW", [*live.offers.ids, *tables["offers"].ids]),
        provider=provider,
        categories=tuple(sorted(categories)),
        quantity=quantity,
        unit=live.records.parts.context.categories[categories[0]].dimension,
        place=None if place < 0 else str(tables["places"].ids[place]),
        reach="nation" if place < 0 else None,
        skills=tuple(sorted(skills)) or None,
        vetted_on=live.records.parts.context.on if vetted else None,
    )
    return Edit((*records, ("offers", record)), (record,))


def _own_team(network: LinkageNetwork, place: int) -> str | None:
    """Return who of the own team is nearest above `place`, else the first there is."""
    tables, places = network.tables, network.places
    at = {
        int(row): key
        for kind in ("stations", "communities")
        for key, row in zip(
            tables[kind].ids, tables["places"].row_of(tables[kind]["place"]), strict=True
        )
    }
    while place >= 0:
        if place in at:
            return str(at[place])
        place = int(places.parent[place])
    return next((str(key) for kind in OWN_TEAM for key in tables[kind].ids), None)


def _free_id(stem: str, taken: Sequence[str]) -> str:
    known = set(taken)
    number = 1
    while f"{stem}-{number}" in known:
        number += 1
    return f"{stem}-{number}"
