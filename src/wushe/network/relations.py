"""The typed relations between the parties and those they serve, as arrays of row numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from wushe.model.help import PROVIDERS
from wushe.model.tables import Table
from wushe.network.places import PlaceTree, Rows
from wushe.network.references import Resolved
from wushe.text import Text

RELATIONS: dict[str, Text] = {
    "part_of": Text(zh="属于", en="part of"),
    "located_in": Text(zh="位于", en="located in"),
    "serves": Text(zh="服务", en="serves"),
    "lives_in": Text(zh="家住", en="lives in"),
    "employs": Text(zh="聘用", en="employs"),
    "operates": Text(zh="运营", en="operates"),
    "supervises": Text(zh="督导", en="supervises"),
    "pairs_with": Text(zh="结对", en="pairs with"),
    "leads": Text(zh="带队", en="leads"),
    "organizes": Text(zh="组建", en="organizes"),
    "member_of": Text(zh="参加", en="member of"),
    "hosts": Text(zh="管理基金", en="hosts"),
    "holds": Text(zh="持有", en="holds"),
    "donated_by": Text(zh="捐自", en="donated by"),
    "restricted_to": Text(zh="定向", en="restricted to"),
    "funds": Text(zh="资助", en="funds"),
    "carries_out": Text(zh="执行", en="carries out"),
    "same_as": Text(zh="即", en="same as"),
    "responsible_for": Text(zh="负责", en="responsible for"),
    "helped_before": Text(zh="帮助过", en="helped before"),
}
"""Every kind of relation, read as "source ... target": a station serves a place."""

# (relation, table, field, table referred to): the holder of the field is the source.
_FORWARD = (
    *(
        ("located_in", kind, "place", "places")
        for kind in (
            *("communities", "organizations", "stations", "volunteer_teams", "volunteers", "funds"),
            *("resources", "households", "persons", "institutions", "activities"),
        )
    ),
    ("serves", "communities", "place", "places"),
    ("serves", "stations", "place", "places"),
    ("part_of", "activities", "project", "projects"),
    ("lives_in", "persons", "household", "households"),
    ("member_of", "volunteers", "teams", "volunteer_teams"),
    ("donated_by", "resources", "donor", "donors"),
    ("restricted_to", "resources", "for_places", "places"),
    ("restricted_to", "resources", "for_clients", "households"),
    ("restricted_to", "resources", "for_clients", "institutions"),
    ("same_as", "volunteers", "person", "persons"),
    ("same_as", "donors", "organization", "organizations"),
)
# The same, but whoever the field names is the source.
_BACKWARD = (
    ("employs", "social_workers", "employer", "organizations"),
    ("employs", "social_workers", "station", "stations"),
    ("operates", "stations", "operator", "organizations"),
    ("supervises", "stations", "supervisor", "social_workers"),
    ("pairs_with", "stations", "pairs", "organizations"),
    ("leads", "volunteer_teams", "leader", "social_workers"),
    ("organizes", "volunteer_teams", "organization", "organizations"),
    ("hosts", "funds", "host", "organizations"),
    ("holds", "resources", "holder", "organizations"),
    ("funds", "projects", "fund", "funds"),
    ("carries_out", "projects", "organization", "organizations"),
    ("carries_out", "activities", "organization", "organizations"),
    ("responsible_for", "households", "responsible_worker", "social_workers"),
    ("responsible_for", "institutions", "responsible_worker", "social_workers"),
)


@attrs.frozen(eq=False, repr=False)
class Relation:
    """One typed relation: `source` and `target` are rows of the two tables, int32 (n_pairs,).

    Pairs are distinct, sorted by source and then target; the arrays are read-only. ``serves``
    leads to a place and means every household in it and below it: `PlaceTree.within` tells which.
    """

    name: str
    source_kind: str
    target_kind: str
    source: Rows
    target: Rows

    def __attrs_post_init__(self) -> None:
        self.source.flags.writeable = False
        self.target.flags.writeable = False

    def __reduce__(self) -> tuple[Any, ...]:
        return Relation, attrs.astuple(self, recurse=False)

    def __len__(self) -> int:
        return len(self.source)

    def __repr__(self) -> str:
        return f"<Relation {self.source_kind} {self.name} {self.target_kind}: {len(self)} pairs>"


def relations_of(
    tables: Mapping[str, Table],
    resolved: Mapping[tuple[str, str], Resolved],
    places: PlaceTree,
) -> tuple[Relation, ...]:
    """Return all relations, also those without pairs, in the order of `RELATIONS`.

    `places` brings the parents that were found from codes.
    """
    below = np.flatnonzero(places.parent >= 0).astype(np.int32)
    made = [_relation("part_of", "places", "places", below, places.parent[below])]
    for name, kind, field, other in _FORWARD:
        holder, named = resolved[kind, field].pairs(other)
        made.append(_relation(name, kind, other, holder, named))
    for name, kind, field, other in _BACKWARD:
        holder, named = resolved[kind, field].pairs(other)
        made.append(_relation(name, other, kind, named, holder))
    made.extend(_past_help(tables, resolved))
    order = list(RELATIONS)
    return tuple(sorted(made, key=lambda relation: order.index(relation.name)))


def _past_help(
    tables: Mapping[str, Table], resolved: Mapping[tuple[str, str], Resolved]
) -> list[Relation]:
    """Join provider and client of each service record; a pair counts once however often helped."""
    made = []
    for provider in PROVIDERS:
        giver = _row_per_record(tables, resolved, "provider", provider)
        for field, client in (("household", "households"), ("institution", "institutions")):
            taker = _row_per_record(tables, resolved, field, client)
            both = (giver >= 0) & (taker >= 0)
            made.append(_relation("helped_before", provider, client, giver[both], taker[both]))
    return made


def _row_per_record(
    tables: Mapping[str, Table],
    resolved: Mapping[tuple[str, str], Resolved],
    field: str,
    kind: str,
) -> Rows:
    rows = np.full(len(tables["services"]), -1, dtype=np.int32)
    holder, named = resolved["services", field].pairs(kind)
    rows[holder] = named
    return rows


def _relation(
    name: str, source_kind: str, target_kind: str, source: Rows, target: Rows
) -> Relation:
    both = np.unique((source.astype(np.int64) << 32) | target.astype(np.int64))
    return Relation(
        name,
        source_kind,
        target_kind,
        (both >> 32).astype(np.int32),
        (both & 0xFFFFFFFF).astype(np.int32),
    )
