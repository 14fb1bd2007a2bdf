"""Which of the five parties each household reaches, and which stations that hangs on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import numpy.typing as npt

from wushe.network.hops import PARTY_KINDS, Hops, Party, hops_of
from wushe.network.places import Flags, PlaceTree, Rows
from wushe.network.relations import Relation

if TYPE_CHECKING:
    from wushe.network.linkage import LinkageNetwork

PARTIES: tuple[Party, ...] = tuple(PARTY_KINDS)
_WORKER = PARTIES.index("worker")
Counts = npt.NDArray[np.int64]


@attrs.frozen(eq=False)
class PlaceShares:
    """Households by place: `rows` int32 (m,) are places in ascending order, -1 (first, where it
    occurs) stands for households without a place of this level; `households` and `all_five` are
    counts, int64 (m,)."""

    rows: Rows
    households: Counts
    all_five: Counts

    @property
    def share(self) -> npt.NDArray[np.float64]:
        """The share of households that reach all five parties, float (m,) in 0..1."""
        return np.asarray(self.all_five / self.households)


@attrs.frozen(eq=False, repr=False)
class FiveParty:
    """The five-party reach of every household within `k` hops (see `wushe.network.hops`).

    `reached` is bool (n_households, 5), columns in the order of `PARTIES`; `home` int32
    (n_households,) the place row or -1. Arrays are read-only.
    """

    k: int
    reached: Flags
    home: Rows
    places: PlaceTree

    def __attrs_post_init__(self) -> None:
        self.reached.flags.writeable = False
        self.home.flags.writeable = False

    def __reduce__(self) -> tuple[Any, ...]:
        return FiveParty, attrs.astuple(self, recurse=False)

    def __repr__(self) -> str:
        return (
            f"<FiveParty: {int(self.all_five.sum())} of {len(self.reached)} within {self.k} hops>"
        )

    @property
    def all_five(self) -> Flags:
        """Whether each household reaches all five parties, bool (n_households,)."""
        return np.asarray(self.reached.all(axis=1))

    @property
    def share(self) -> float | None:
        """The share of households that reach all five, 0..1; None where there is no household."""
        return float(self.all_five.mean()) if len(self.reached) else None

    @property
    def by_party(self) -> dict[Party, int]:
        """How many households reach each party, in the order of `PARTIES`."""
        return dict(zip(PARTIES, self.reached.sum(axis=0).tolist(), strict=True))

    def by_place(self, level: str = "street") -> PlaceShares:
        """Return the counts for each place of `level` that has households."""
        place = self.places.at_level(self.home, level)
        rows, group = np.unique(place, return_inverse=True)
        households = np.bincount(group, minlength=len(rows))
        all_five = np.bincount(group[self.all_five], minlength=len(rows))
        return PlaceShares(rows.astype(np.int32), households, all_five)


@attrs.frozen(eq=False)
class StationLoss:
    """What the loss of each station would do, worst first.

    `rows` int32 (n_stations,) are rows of the table ``stations``, sorted by `without_worker`, then
    `fewer_parties`, largest first, then by row. `without_worker`: households that reach a social
    worker within `k` hops now and would reach none; `fewer_parties`: households that would reach
    fewer of the five parties than now; `in_area`: households in the place it serves; all int64
    (n_stations,), in the order of `rows`.
    """

    k: int
    rows: Rows
    without_worker: Counts
    fewer_parties: Counts
    in_area: Counts


def five_party_reach(network: LinkageNetwork, k: int = 3) -> FiveParty:
    """Return which of the five parties each household reaches within `k` hops."""
    hops = hops_of(network)
    found = hops.walk(_members(hops, network), _checked(k) - 1)
    return FiveParty(k, hops.of_households(found), hops.home.copy(), network.places)


def stations_by_cut_off(network: LinkageNetwork, k: int = 3) -> StationLoss:
    """Return how many households the loss of each station would cut off.

    Lost with a station are all its links and the social workers posted there: their posts are
    what its purchase contract pays. Everything else stays, and every other path counts.
    """
    hops = hops_of(network)
    members = _members(hops, network)
    now = hops.walk(members, _checked(k) - 1)
    before = _Base(hops, now, hops.of_places(now), hops.of_households(now))
    posts = network.relation("employs", "stations", "social_workers")
    lost = [_lost_with(hops, posts, row) for row in range(len(network["stations"]))]
    figures = [before.cut_off(hops.walk(members, k - 1, nodes), nodes) for nodes in lost]
    without, fewer = np.array(figures, dtype=np.int64).reshape(-1, 2).T
    order = np.lexsort((np.arange(len(lost)), -fewer, -without))
    in_area = _households_served(network, hops)
    return StationLoss(k, order.astype(np.int32), without[order], fewer[order], in_area[order])


@attrs.frozen(eq=False)
class _Base:
    """What is reached while no station is lost: by node, by place and by household."""

    hops: Hops
    nodes: Flags
    places: Flags
    households: Flags

    def cut_off(self, nodes: Flags, lost: Rows) -> tuple[int, int]:
        """Return the households left without a worker and with fewer parties, given `nodes` now.

        Only households beside a node or at a place where something changed are looked at again:
        one station changes a small part of a city.
        """
        near = self.hops.of_places(nodes)
        changed = (nodes != self.nodes).any(axis=1)
        changed[lost] = True
        suspects = (near != self.places).any(axis=1)[self.hops.home]
        suspects |= self.hops.case @ changed.astype(np.int32) > 0
        rows = np.flatnonzero(suspects)
        case = self.hops.case[rows] @ nodes.astype(np.int32) > 0
        after = near[self.hops.home[rows]] | case
        gone = self.households[rows] & ~after
        return int(gone[:, _WORKER].sum()), int(gone.any(axis=1).sum())


def _checked(k: int) -> int:
    if k < 1:
        raise ValueError(f"k: {k} hops; expected 1 or more")
    return k


def _members(hops: Hops, network: LinkageNetwork) -> Flags:
    """Return which nodes belong to each party, bool (n_nodes, 5)."""
    flags = np.zeros((hops.n_nodes, len(PARTIES)), dtype=bool)
    for column, party in enumerate(PARTIES):
        flags[hops.members(party, network), column] = True
    return flags


def _lost_with(hops: Hops, posts: Relation, station: int) -> Rows:
    workers = posts.target[posts.source == station] + hops.start["social_workers"]
    return np.append(workers, station + hops.start["stations"]).astype(np.int32)


def _households_served(network: LinkageNetwork, hops: Hops) -> Counts:
    homes = np.bincount(hops.home[hops.home >= 0], minlength=len(network.places))
    below = network.places.sum_below(homes)
    counts = np.zeros(len(network["stations"]), dtype=np.int64)
    serves = network.relation("serves", "stations", "places")
    counts[serves.source] = below[serves.target]
    return counts
