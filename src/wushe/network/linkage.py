"""The five parties and those they serve as one frozen network of tables and relations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from wushe.errors import InputError
from wushe.model.spec import RECORD_KINDS
from wushe.model.tables import Table, empty_table, table_of
from wushe.model.terms import NeedCategory, TargetGroup
from wushe.network.places import PlaceTree, cyclic, parents, place_tree
from wushe.network.references import (
    AFTER_CIRCLE,
    PLACE_CYCLE,
    cycle_problems,
    dimension_problems,
    reference_problems,
    resolve,
    term_problems,
    waiting_in_circles,
)
from wushe.network.relations import Relation, relations_of

if TYPE_CHECKING:
    import networkx as nx

    from wushe.network.bridges import Bridges
    from wushe.network.hops import PartyDegree
    from wushe.network.reach import FiveParty, StationLoss
    from wushe.render.picture import Picture


@attrs.frozen(eq=False, repr=False)
class LinkageNetwork:
    """A city: one table per record kind (empty ones included), its place tree and relations.

    Rows are ranks of ids, so that the same records in another order make the same network.
    `versions` are the names and versions of the plugins that brought the two registries.
    """

    tables: Mapping[str, Table]
    categories: Mapping[str, NeedCategory]
    target_groups: Mapping[str, TargetGroup]
    versions: tuple[tuple[str, str], ...]
    places: PlaceTree
    relations: tuple[Relation, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        return LinkageNetwork, attrs.astuple(self, recurse=False)

    def __repr__(self) -> str:
        pairs = sum(len(relation) for relation in self.relations)
        return f"<LinkageNetwork: {len(self['households'])} households, {pairs} related pairs>"

    def __getitem__(self, name: str) -> Table:
        return self.tables[name]

    def table(self, name: str) -> Table:
        """Return the table of record kind `name`. Raises KeyError."""
        return self.tables[name]

    def relation(self, name: str, source: str, target: str) -> Relation:
        """Return the relation `name` from table `source` to table `target`. Raises KeyError."""
        for relation in self.relations:
            if (relation.name, relation.source_kind, relation.target_kind) == (
                name,
                source,
                target,
            ):
                return relation
        raise KeyError(f"no relation {source} {name} {target}")

    def summary(self, lang: str = "zh") -> str:
        """Return a few lines for people: counts, the five-party reach, what is missing."""
        from wushe.network.views import summary_text

        return summary_text(self, lang)

    def five_party_reach(self, k: int = 3) -> FiveParty:
        """Return which of the five parties each household reaches within `k` hops.

        See `wushe.network.hops` for what a hop is. Raises ValueError where `k` is below 1.
        """
        from wushe.network.reach import five_party_reach

        return five_party_reach(self, k)

    def stations_by_cut_off(self, k: int = 3) -> StationLoss:
        """Return the stations ranked by how many households their loss cuts off."""
        from wushe.network.reach import stations_by_cut_off

        return stations_by_cut_off(self, k)

    def bridging_organizations(self, level: str = "community") -> Bridges:
        """Return the organizations ranked by how much they alone join places of `level`."""
        from wushe.network.bridges import bridging_organizations

        return bridging_organizations(self, level)

    def party_degrees(self) -> tuple[PartyDegree, ...]:
        """Return how well linked each of the five parties is."""
        from wushe.network.hops import party_degrees

        return party_degrees(self)

    def to_networkx(self, audience: str = "masked") -> nx.MultiDiGraph[tuple[str, str]]:
        """Return a copy as a networkx graph, for tools that want one.

        Nodes are (table name, id) with `kind` and `label` (masked unless `audience` is
        ``"internal"``), edges carry `relation`. Costs about 50 µs and 3 kB a node.
        """
        from wushe.network.views import to_networkx

        return to_networkx(self, audience)

    def plot(self, lang: str = "zh", level: str = "street") -> Picture:
        """Return a picture of the five parties around the households of each place of `level`."""
        from wushe.network.views import plot

        return plot(self, lang, level)


def build_network(
    tables: Mapping[str, Table],
    categories: Mapping[str, NeedCategory],
    target_groups: Mapping[str, TargetGroup],
    versions: tuple[tuple[str, str], ...] = (),
) -> LinkageNetwork:
    """Return the network of `tables`; record kinds that are not given have no rows.

    Raises InputError with all ids used twice, dangling or ambiguous references, places and needs
    in a circle and units that do not fit their categories at once, and KeyError for a table name
    that is no record kind.
    """
    for name, table in tables.items():
        if name not in RECORD_KINDS or table.kind.name != name:
            raise KeyError(
                f"tables[{name!r}]: holds {table.kind.name}; expected a record kind's own name"
            )
    full = {name: tables[name] if name in tables else empty_table(name) for name in RECORD_KINDS}
    resolved = resolve(full)
    parent = parents(full["places"])
    waiting = waiting_in_circles(full["needs"].ids, full["needs"]["after"])
    problems = [
        *reference_problems(full, resolved),
        *cycle_problems(full["places"], "parent", cyclic(parent), PLACE_CYCLE),
        *cycle_problems(full["needs"], "after", waiting, AFTER_CIRCLE),
        *dimension_problems(full, categories),
    ]
    if problems:
        raise InputError(problems)
    places = place_tree(full["places"], parent)
    relations = relations_of(full, resolved, places)
    return LinkageNetwork(full, dict(categories), dict(target_groups), versions, places, relations)


def build_network_from_records(
    records: Iterable[Any],
    categories: Mapping[str, NeedCategory],
    target_groups: Mapping[str, TargetGroup],
    versions: tuple[tuple[str, str], ...] = (),
) -> LinkageNetwork:
    """Return the network of `records`, objects of any record kinds in any order.

    Raises InputError as `build_network` does, and also for categories and target groups that are
    in no registry; TypeError for an object that is no record.
    """
    names = {kind.cls: name for name, kind in RECORD_KINDS.items()}
    by_kind: dict[str, list[Any]] = {}
    for item in records:
        if type(item) not in names:
            raise TypeError(
                f"records: {type(item).__name__} is no record kind; expected wushe.model records"
            )
        by_kind.setdefault(names[type(item)], []).append(item)
    tables = {name: table_of(name, items) for name, items in by_kind.items()}
    problems = term_problems(tables, {"categories": categories, "target_groups": target_groups})
    try:
        network = build_network(tables, categories, target_groups, versions)
    except InputError as error:
        raise InputError([*error.problems, *problems]) from None
    if problems:
        raise InputError(problems)
    return network
