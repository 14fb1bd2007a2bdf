"""Who looks after each client: the responsible worker and the party that leads."""

from __future__ import annotations

import heapq

import numpy as np

from wushe.matching.columns import is_known
from wushe.model.storage import UNKNOWN_INT, Array
from wushe.model.terms import Columns
from wushe.network import LinkageNetwork


def responsible(network: LinkageNetwork, needs: Columns, ids: Array, first: Array) -> Array:
    """Return the responsible worker of each client, object (n_clients,), None where all are full.

    As recorded, else the least loaded of the nearest station. A worker takes no more households than
    `caseload_limit`. `ids` are the clients in order, `first` a need row of each.
    """
    recorded, teams = _recorded(network), _teams(network)
    chosen = np.array([recorded.get(client) for client in ids], dtype=object)
    waiting = [at for at, worker in enumerate(chosen) if worker is None]
    paths = needs["ancestors"][first[waiting]].tolist()
    for at, path in zip(waiting, paths, strict=True):
        for place in reversed(path):
            if place >= 0 and teams.get(place):
                load, worker, limit = heapq.heappop(teams[place])
                chosen[at] = worker
                if load + 1 < limit:
                    heapq.heappush(teams[place], (load + 1, worker, limit))
                break
    return chosen


def _recorded(network: LinkageNetwork) -> dict[str, str]:
    found = {}
    for name in ("households", "institutions"):
        table = network.tables[name]
        pairs = zip(table.ids, table["responsible_worker"], strict=True)
        found.update({client: worker for client, worker in pairs if worker is not None})
    return found


def _teams(network: LinkageNetwork) -> dict[int, list[tuple[int, str, int]]]:
    """Return per station place the workers with room, as heaps of (caseload, id, limit)."""
    stations, workers = network.tables["stations"], network.tables["social_workers"]
    place_of = dict(
        zip(stations.ids, network.tables["places"].row_of(stations["place"]).tolist(), strict=True)
    )
    teams: dict[int, list[tuple[int, str, int]]] = {}
    for row, station in enumerate(workers["station"]):
        if station is None:
            continue
        load, limit = int(workers["caseload"][row]), int(workers["caseload_limit"][row])
        load = 0 if load == UNKNOWN_INT else load
        limit = 10**9 if limit == UNKNOWN_INT else limit
        if load < limit:
            teams.setdefault(place_of[station], []).append((load, workers.ids[row], limit))
    for team in teams.values():
        heapq.heapify(team)
    return teams


def leads(
    network: LinkageNetwork, needs: Columns, worker: Array, first: Array
) -> tuple[Array, Array]:
    """Return kind (table name) and id of the party that leads each client's plan, object (n_clients,).

    The responsible worker's station leads, else the community of the place; None where there is none.
    """
    workers, communities = network.tables["social_workers"], network.tables["communities"]
    station_of = dict(zip(workers.ids, workers["station"], strict=True))
    lead = np.array([station_of.get(w) for w in worker], dtype=object)
    kind = np.full(len(lead), None, dtype=object)
    kind[is_known(lead)] = "stations"
    # The first community, by id, of the client's place or of a place above it.
    nobody = len(communities)
    of_place = np.full(len(network.tables["places"]) + 1, nobody, dtype=np.int64)
    at = network.tables["places"].row_of(communities["place"])
    np.minimum.at(of_place, at, np.arange(nobody))
    of_place[-1] = nobody
    row = of_place[needs["ancestors"][first]].min(axis=1, initial=nobody)
    local = np.flatnonzero(~is_known(lead) & (row < nobody))
    lead[local], kind[local] = communities.ids[row[local]], "communities"
    return kind, lead
