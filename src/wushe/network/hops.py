"""What counts as a hop: the linkage graph between the members of the five parties.

Its nodes are communities, organizations, stations, social workers, volunteer teams, volunteers,
donors, funds, resources and projects. One hop joins two of them, either way, where

1. a relation between them is on record: employs, operates, supervises, pairs with, leads,
   organizes, member of, hosts, holds, donated by, same as, funds, carries out; or
2. one is a community or a station, and the other is located in the place it serves or below.

A household is one hop from

3. the communities and stations that serve its place or a place above it;
4. the volunteers, funds and resources whose declared reach covers its place (an undeclared reach
   covers nothing here: it is unknown how far they go);
5. its responsible social worker, and whoever is on record as having helped it before.

Paths never run through another household (a neighbour's home is no channel of help), and never
along places by themselves: else everybody in one city would be close to everybody. Eligibility,
consent, time and capacity play no part; those are matching's questions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import attrs
import numpy as np
import numpy.typing as npt

from wushe.network.places import Flags, PlaceTree, Rows

if TYPE_CHECKING:
    from wushe.network.linkage import LinkageNetwork

Party = Literal["community", "organization", "worker", "volunteer", "resource"]
PARTY_KINDS: dict[Party, tuple[str, ...]] = {
    "community": ("communities",),
    "organization": ("organizations",),
    "worker": ("social_workers",),
    "volunteer": ("volunteers", "volunteer_teams"),
    "resource": ("resources", "funds"),
}
"""The five parties, always in this order, and the tables whose records belong to each. Of the
organizations only those in `SOCIAL_ORGANIZATIONS` do."""
SOCIAL_ORGANIZATIONS = (
    *("social_organization", "foundation", "charity_federation", "mutual_aid_society"),
)
"""Organization kinds that are social organizations in the sense of the five parties: those that
civil-affairs offices register or file as such (慈善法 article 8; filed mutual-aid societies)."""

NODE_KINDS = (
    *("communities", "organizations", "stations", "social_workers", "volunteer_teams"),
    *("volunteers", "donors", "funds", "resources", "projects"),
)
_KEEPERS = ("communities", "stations")
_COVERING = ("volunteers", "funds", "resources")
_LOCATED = (*_KEEPERS, *_COVERING, "organizations", "volunteer_teams")


@attrs.frozen(eq=False)
class Hops:
    """The linkage graph, ready to be walked by many starts at once.

    `start`: number of the first node of each kind. `links`: symmetric sparse (n_nodes, n_nodes)
    of relations on record. `keeper` and `keeper_place`, `located` and `located_place`: nodes
    and places of rule 2, `keeps` and `inside` the same as sparse (n_places, n_nodes). `beside`:
    sparse (n_places, n_nodes) of rules 3 and 4 together; `everywhere`: bool (n_nodes,), reach
    without bound. `case`: sparse (n_households, n_nodes) of rule 5. `home`: int32
    (n_households,), place row or -1.
    """

    places: PlaceTree
    start: dict[str, int]
    n_nodes: int
    links: Any
    keeper: Rows
    keeper_place: Rows
    located: Rows
    located_place: Rows
    keeps: Any
    inside: Any
    beside: Any
    everywhere: Flags
    case: Any
    home: Rows

    def members(self, party: Party, network: LinkageNetwork) -> Rows:
        """Return the nodes that belong to `party`."""
        nodes = []
        for kind in PARTY_KINDS[party]:
            rows = np.arange(len(network[kind]))
            if kind == "organizations":
                rows = rows[np.isin(network[kind]["kind"].astype(str), SOCIAL_ORGANIZATIONS)]
            nodes.append(rows + self.start[kind])
        return np.concatenate(nodes).astype(np.int32)

    def step(self, found: Flags) -> Flags:
        """Return the nodes within one hop of those in `found`, bool (n_nodes, m) both."""
        count = found.astype(np.int32)
        wider = found | (self.links @ count > 0)
        from_keepers = self.places.any_above(self.keeps @ count > 0)
        wider[self.located] |= from_keepers[self.located_place]
        to_keepers = self.places.sum_below(self.inside @ count) > 0
        wider[self.keeper] |= to_keepers[self.keeper_place]
        return np.asarray(wider)

    def walk(self, found: Flags, hops: int, lost: Rows | None = None) -> Flags:
        """Return the nodes within `hops` of `found`; nodes in `lost` neither count nor lead on."""
        if lost is not None:
            found = found.copy()
            found[lost] = False
        for _ in range(hops):
            found = self.step(found)
            if lost is not None:
                found[lost] = False
        return found

    def alone(self) -> Flags:
        """Return which nodes are one hop from no other node, bool (n_nodes,)."""
        others = np.diff(self.links.indptr)
        kept_by = np.bincount(self.keeper_place, minlength=len(self.places))
        keeping = np.bincount(self.located_place, minlength=len(self.places))
        others[self.located] += self.places.sum_above(kept_by)[self.located_place]
        # A keeper is located in its own place, so that it meets itself from either side.
        others[self.keeper] += self.places.sum_below(keeping)[self.keeper_place] - 2
        return np.asarray(others == 0)

    def of_places(self, found: Flags) -> Flags:
        """Return whether a household at each place is one hop from a node in `found` by rules 3, 4.

        The result is bool (n_places + 1, m); its last row is for households without a place.
        """
        count = found.astype(np.int32)
        near = np.zeros((len(self.places) + 1, found.shape[1]), dtype=bool)
        near[:-1] = self.places.any_above(self.beside @ count > 0)
        return np.asarray(near | found[self.everywhere].any(axis=0))

    def of_households(self, found: Flags) -> Flags:
        """Return whether each household is one hop from a node in `found`, (n_households, m)."""
        return np.asarray(
            self.of_places(found)[self.home] | (self.case @ found.astype(np.int32) > 0)
        )


def hops_of(network: LinkageNetwork) -> Hops:
    """Return the linkage graph of `network`."""
    sizes = np.cumsum([0, *(len(network[kind]) for kind in NODE_KINDS)])
    start = dict(zip(NODE_KINDS, sizes.tolist(), strict=False))
    n = int(sizes[-1])
    links = _links(network, start, n)
    keeper, keeper_place = _at_places(network, start, _KEEPERS)
    located, located_place = _at_places(network, start, _LOCATED)
    root, everywhere = _covered(network, start, n)
    covering = np.flatnonzero(root >= 0)
    shape = (len(network.places), n)
    keeps = incidence(keeper_place, keeper, shape)
    return Hops(
        places=network.places,
        start=start,
        n_nodes=n,
        links=links,
        keeper=keeper,
        keeper_place=keeper_place,
        located=located,
        located_place=located_place,
        keeps=keeps,
        inside=incidence(located_place, located, shape),
        beside=keeps + incidence(root[covering], covering, shape),
        everywhere=everywhere,
        case=_case(network, start, n),
        home=home_of(network),
    )


def home_of(network: LinkageNetwork) -> Rows:
    """Return the place row of each household, int32 (n_households,), -1 where unknown."""
    return place_of(network, "households")


def place_of(network: LinkageNetwork, kind: str) -> Rows:
    """Return the place row of each record of table `kind`, int32 (n,), -1 where unknown."""
    rows = np.full(len(network[kind]), -1, dtype=np.int32)
    located = network.relation("located_in", kind, "places")
    rows[located.source] = located.target
    return rows


def _links(network: LinkageNetwork, start: dict[str, int], n: int) -> Any:
    ends: list[Rows] = []
    for relation in network.relations:
        if relation.source_kind in start and relation.target_kind in start:
            a = relation.source + start[relation.source_kind]
            b = relation.target + start[relation.target_kind]
            ends.append(np.stack((a, b)))
    both = np.concatenate(ends, axis=1)
    return incidence(np.concatenate((both[0], both[1])), np.concatenate((both[1], both[0])), (n, n))


def _case(network: LinkageNetwork, start: dict[str, int], n: int) -> Any:
    rows, columns = [], []
    for relation in network.relations:
        if relation.target_kind == "households" and relation.name in (
            "responsible_for",
            "helped_before",
        ):
            rows.append(relation.target)
            columns.append(relation.source + start[relation.source_kind])
    return incidence(np.concatenate(rows), np.concatenate(columns), (len(network["households"]), n))


def incidence(rows: npt.NDArray[Any], columns: npt.NDArray[Any], shape: tuple[int, int]) -> Any:
    """Return a sparse 0/1 matrix; a pair given twice is one entry."""
    import scipy.sparse as sp

    made = sp.csr_matrix((np.ones(len(rows), dtype=np.int32), (rows, columns)), shape=shape)
    made.sum_duplicates()
    made.data[:] = 1
    return made


def _at_places(
    network: LinkageNetwork, start: dict[str, int], kinds: tuple[str, ...]
) -> tuple[Rows, Rows]:
    """Return nodes and places of the records of `kinds` whose place is known."""
    found = [(np.arange(len(network[k])) + start[k], place_of(network, k)) for k in kinds]
    nodes = np.concatenate([nodes for nodes, _ in found]).astype(np.int32)
    rows = np.concatenate([rows for _, rows in found])
    return nodes[rows >= 0], rows[rows >= 0]


def _covered(network: LinkageNetwork, start: dict[str, int], n: int) -> tuple[Rows, Flags]:
    """Return the topmost place each node's reach covers (-1: none), and who reaches everywhere."""
    root, everywhere = np.full(n, -1, dtype=np.int32), np.zeros(n, dtype=bool)
    for kind in _COVERING:
        reach = network[kind]["reach"]
        rows, first = place_of(network, kind), start[kind]
        for level in sorted(set(reach) - {None}):
            mine = np.flatnonzero(reach == level)
            if level == "nation":
                everywhere[mine + first] = True
            else:
                root[mine + first] = network.places.at_level(rows[mine], level)
    return root, everywhere


@attrs.frozen
class PartyDegree:
    """How well linked one party is.

    `members`; `partners_mean` and `partners_most`: how many distinct members of the linkage graph
    a member is related to on record (rule 1 of `wushe.network.hops`), mean and largest; `alone`:
    members with no hop to anybody (rules 1 and 2); `households_mean`: how many distinct households
    a member is on record with (rule 5). Means are None where there is no member.
    """

    party: Party
    members: int
    partners_mean: float | None
    partners_most: int
    alone: int
    households_mean: float | None


def party_degrees(network: LinkageNetwork) -> tuple[PartyDegree, ...]:
    """Return the degree figures of the five parties, in their order."""
    hops = hops_of(network)
    partners = np.diff(hops.links.indptr)
    alone = hops.alone()
    served = np.bincount(hops.case.indices, minlength=hops.n_nodes)
    made = []
    for party in PARTY_KINDS:
        nodes = hops.members(party, network)
        mine, n = partners[nodes], len(nodes)
        made.append(
            PartyDegree(
                party,
                members=n,
                partners_mean=float(mine.mean()) if n else None,
                partners_most=int(mine.max(initial=0)),
                alone=int(alone[nodes].sum()),
                households_mean=float(served[nodes].mean()) if n else None,
            )
        )
    return tuple(made)
