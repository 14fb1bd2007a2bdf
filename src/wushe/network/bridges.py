"""Organizations that join communities which would otherwise have nothing in common."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

import attrs
import numpy as np
import numpy.typing as npt

from wushe.model.storage import Array
from wushe.network.hops import incidence, place_of
from wushe.network.places import LEVEL_ROW, PlaceTree, Rows

if TYPE_CHECKING:
    from wushe.network.linkage import LinkageNetwork

Counts = npt.NDArray[np.int64]

# An organization is present where it sits and where what it organizes, keeps and does is.
_POINTS = (
    ("organizes", "volunteer_teams"),
    ("hosts", "funds"),
    ("holds", "resources"),
    ("carries_out", "activities"),
)


@attrs.frozen(eq=False)
class Bridges:
    """Organizations ranked by how much they alone join places of one `level`.

    `rows` int32 (n_organizations,) are rows of the table ``organizations``, sorted by
    `only_through`, then `connects`, largest first, then by row; the figures are int64
    (n_organizations,), in the same order.

    - `connects`: distinct places of the level where the organization is present: where it is
      located; where the teams, funds, resources and activities are that it organizes, hosts, holds
      and carries out; where stations serve that it operates, is paired with or has workers at;
      where households live that it or a social worker it employs has helped or is responsible
      for. What serves a larger place is present in every place of the level within it; what is
      merely located in a larger place is present in none.
    - `only_through`: pairs of these places that no other organization joins: the structural holes
      it spans (R. Burt, *Structural Holes*, Harvard 1992, chapter 1).
    - `parts`: how many further parts the graph of organizations and places falls into without it;
      above 0 for articulation points only (J. Hopcroft and R. Tarjan, "Algorithm 447", CACM 16,
      1973).
    """

    level: str
    rows: Rows
    connects: Counts
    only_through: Counts
    parts: Counts


def bridging_organizations(network: LinkageNetwork, level: str = "community") -> Bridges:
    """Return the organizations ranked as bridges. Raises KeyError for an unknown level."""
    import scipy.sparse as sp

    presence = _presence(network, level)
    joint = sp.triu(presence.T @ presence, k=1).tocsr()
    joint.data = (joint.data == 1).astype(np.int32)
    joint.eliminate_zeros()
    # In pairs with exactly one organization, each end's row meets the other end in that one.
    only_through = _row_sums((presence @ joint).multiply(presence))
    connects = _row_sums(presence)
    parts = _further_parts(presence)
    order = np.lexsort((np.arange(len(connects)), -connects, -only_through))
    return Bridges(
        level, order.astype(np.int32), connects[order], only_through[order], parts[order]
    )


def _row_sums(matrix: Any) -> Counts:
    return np.asarray(matrix.sum(axis=1), dtype=np.int64).ravel()


def _presence(network: LinkageNetwork, level: str) -> Any:
    """Return where each organization is present, sparse 0/1 (n_organizations, n_level_places)."""
    places = network.places
    columns = np.flatnonzero(places.level == LEVEL_ROW[level])
    columns = columns[np.argsort(places.first[columns], kind="stable")]
    who: list[Rows] = []
    where: list[Rows] = []
    for organization, place in _points(network):
        at = places.at_level(place, level)
        who.append(organization[at >= 0])
        where.append(
            np.searchsorted(places.first[columns], places.first[at[at >= 0]]).astype(np.int32)
        )
    for organization, place in _areas(network):
        rows, found = _within_areas(places, columns, level, place)
        who.append(organization[rows])
        where.append(found)
    a, b = np.concatenate(who), np.concatenate(where)
    shape = (len(network["organizations"]), len(columns))
    return incidence(a, b, shape)


def _points(network: LinkageNetwork) -> list[tuple[Rows, Rows]]:
    """Return organizations and the place of something of theirs, row by row."""
    own = network.relation("located_in", "organizations", "places")
    pairs = [(own.source, own.target)]
    for name, kind in _POINTS:
        relation = network.relation(name, "organizations", kind)
        pairs.append((relation.source, place_of(network, kind)[relation.target]))
    home = place_of(network, "households")
    helped = network.relation("helped_before", "organizations", "households")
    pairs.append((helped.source, home[helped.target]))
    for name in ("responsible_for", "helped_before"):
        work = network.relation(name, "social_workers", "households")
        pairs.extend(_through_workers(network, work.source, home[work.target]))
    return pairs


def _areas(network: LinkageNetwork) -> list[tuple[Rows, Rows]]:
    """Return organizations and the places served by stations they run, are paired with or staff."""
    served = place_of(network, "stations")
    pairs = []
    for name in ("operates", "pairs_with"):
        relation = network.relation(name, "organizations", "stations")
        pairs.append((relation.source, served[relation.target]))
    posts = network.relation("employs", "stations", "social_workers")
    pairs.extend(_through_workers(network, posts.target, served[posts.source]))
    return pairs


def _through_workers(network: LinkageNetwork, worker: Rows, place: Rows) -> list[tuple[Rows, Rows]]:
    """Return the workers' employers with the places where the workers are."""
    employs = network.relation("employs", "organizations", "social_workers")
    employer = np.full(len(network["social_workers"]), -1, dtype=np.int32)
    employer[employs.target] = employs.source
    both = np.unique(np.stack((employer[worker], place)), axis=1)
    both = both[:, both[0] >= 0]
    return [(both[0], both[1])]


def _within_areas(places: PlaceTree, columns: Array, level: str, area: Rows) -> tuple[Rows, Rows]:
    """Return which entry of `area` each place of the level lies in, and its column.

    An area below the level lies in one place of it.
    """
    above = places.at_level(area, level)
    top = np.where(above >= 0, above, area)
    rows = np.flatnonzero(top >= 0)
    numbers = places.first[columns]
    low = np.searchsorted(numbers, places.first[top[rows]])
    high = np.searchsorted(numbers, places.last[top[rows]])
    count = high - low
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(rows, count).astype(np.int32), (np.repeat(low, count) + offset).astype(
        np.int32
    )


def _further_parts(presence: Any) -> Counts:
    """Return how many more parts the two-sided graph has without each organization."""
    import networkx as nx

    n = presence.shape[0]
    graph: nx.Graph[int] = nx.Graph()
    rows, columns = presence.nonzero()
    graph.add_edges_from(zip(rows.tolist(), (columns + n).tolist(), strict=True))
    # Without a node its part falls into as many as there are blocks that meet in it.
    members = chain.from_iterable(cast("Iterator[set[int]]", nx.biconnected_components(graph)))
    blocks = np.bincount(np.fromiter(members, dtype=np.int64), minlength=n)[:n]
    return np.asarray(np.maximum(blocks - 1, 0), dtype=np.int64)
