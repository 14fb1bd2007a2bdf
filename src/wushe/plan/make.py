"""make_plan: the one function that joins network, supply and matching into plans per household."""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Callable, Mapping
from typing import Any

import attrs
import numpy as np

from wushe.identify.applied import with_facts
from wushe.matching.candidates import ORDER
from wushe.matching.result import Matching, match
from wushe.model.parties import LEVELS
from wushe.model.storage import UNKNOWN_INT, Array
from wushe.model.tables import Table
from wushe.model.terms import Context
from wushe.network import LinkageNetwork
from wushe.plan.items import ClientPlan, Party, PlanItem, Points, Unserved, date_of
from wushe.plan.plan import Plan
from wushe.plugins.manager import Plugins, QuantisedScore, load_plugins
from wushe.supply import pool_offers
from wushe.text import Text

Progress = Callable[[Text], None]
STAGES = {
    "relief": Text("先看政府救助", "government relief first"),
    "supply": Text("汇集资源库", "gathering the resource pool"),
    "matching": Text("供需匹配", "matching needs with offers"),
    "plan": Text("形成一户一策", "writing one plan per household"),
}


def make_plan(
    network: LinkageNetwork,
    *,
    plugins: Plugins | None = None,
    on: str | dt.date,
    settings: Mapping[str, Any] | None = None,
    relief: bool = False,
    time_limit: float = 600.0,
    progress: Progress | None = None,
) -> Plan:
    """Return the plan of `network` on the calendar date `on`, under the rules of `plugins`.

    Households and persons are taken as the facts known on that day have them.

    With `relief` the needs are those that government relief and mutual aid leave, see `link_relief`:
    what is to be expected of them, or not yet checked, is not asked of charity.

    `settings` reach plugins through the context; `time_limit` (seconds) bounds the assignment, and
    the plan then says what it could not prove; `progress` is told each stage before it starts.
    Raises ValueError for a bad date, PluginError for a failing plugin, InputError where two sources
    claim one offer id.
    """
    plugins = load_plugins() if plugins is None else plugins
    tell = progress or (lambda _: None)
    context = Context(
        date_of(on), plugins.categories, plugins.target_groups, settings=settings or {}
    )
    network = with_facts(network, context.on)
    if relief:
        tell(STAGES["relief"])
        network = _after_relief(network, plugins, context.on)
    tell(STAGES["supply"])
    offers = pool_offers(network, plugins, context)
    tell(STAGES["matching"])
    matching = match(network, offers, plugins, context, time_limit)
    tell(STAGES["plan"])
    scores = plugins.score_candidates(
        matching.prepared.needs,
        matching.prepared.offers,
        matching.pairs,
        matching.prepared.context,
    )
    return _Writer(network, offers, matching, scores).plan(plugins)


def _after_relief(network: LinkageNetwork, plugins: Plugins, on: dt.date) -> LinkageNetwork:
    from wushe.relief import assess, link_relief

    assessments = assess(network, on=on, plugins=plugins)
    return link_relief(network, assessments, plugins=plugins, on=on).network()


@attrs.frozen(eq=False)
class _Writer:
    """Turns the arrays of one matching into plans."""

    network: LinkageNetwork
    offers: Table
    matching: Matching
    scores: list[QuantisedScore]

    def plan(self, plugins: Plugins) -> Plan:
        needs = self.matching.prepared.needs
        items = self._items()
        unserved = self._unserved()
        workers = _responsible(self.network, needs)
        by_client: dict[str, list[int]] = {}
        for row, client in enumerate(needs["client"]):
            by_client.setdefault(client, []).append(row)
        clients = {
            c: self._client(c, by_client[c], items, unserved, workers) for c in sorted(by_client)
        }
        return Plan(
            on=self.matching.prepared.context.on,
            clients=clients,
            network=self.network,
            offers=self.offers,
            matching=self.matching,
            versions=plugins.versions,
        )

    def _items(self) -> dict[int, list[PlanItem]]:
        m = self.matching
        found: dict[int, list[PlanItem]] = {}
        previous, runner = -1, None
        for at, (need, offer, amount) in enumerate(
            zip(m.need.tolist(), m.offer.tolist(), m.amount.tolist(), strict=True)
        ):
            if need != previous:
                previous, runner = need, self._runner_up(need)
            category = m.prepared.context.categories[m.prepared.needs["category"][need]]
            found.setdefault(need, []).append(
                PlanItem(
                    m.prepared.needs["id"][need],
                    category,
                    m.prepared.offers["id"][offer],
                    self._provider(offer),
                    amount,
                    category.dimension,
                    int(m.prepared.needs["urgency"][need]),
                    tuple(
                        Points(
                            s.term.name,
                            s.term.label or Text(s.term.name, s.term.name),
                            s.term.weight,
                            int(s.points[at]),
                        )
                        for s in self.scores
                    ),
                    runner,
                )
            )
        return found

    def _runner_up(self, need: int) -> tuple[Party, int] | None:
        found = self.matching.runner_up(need)
        if found is None:
            return None
        return self._provider(found[0]), round(
            1000 * found[1] / max(self.matching.candidates.max_cost, 1)
        )

    def _provider(self, offer: int) -> Party:
        columns = self.matching.prepared.offers
        return party(self.network, columns["provider_kind"][offer], columns["provider"][offer])

    def _unserved(self) -> dict[int, Unserved]:
        m, needs = self.matching, self.matching.prepared.needs
        short = {}
        for row in np.flatnonzero(m.unserved).tolist():
            category = m.prepared.context.categories[needs["category"][row]]
            reason = m.reason_of(row)
            assert reason is not None
            short[row] = Unserved(
                needs["id"][row],
                category,
                int(m.unserved[row]),
                int(needs["quantity"][row]),
                category.dimension,
                int(needs["urgency"][row]),
                reason,
                {ORDER[r]: int(n) for r, n in enumerate(m.candidates.refused[row]) if n},
            )
        return short

    def _client(
        self,
        client: str,
        rows: list[int],
        items: dict[int, list[PlanItem]],
        unserved: dict[int, Unserved],
        workers: Mapping[str, str],
    ) -> ClientPlan:
        needs = self.matching.prepared.needs
        first = rows[0]
        order = sorted(rows, key=lambda r: (-int(needs["urgency"][r]), needs["id"][r]))
        worker = workers.get(client)
        groups = sorted({g for r in rows for g in needs["groups"][r]})
        return ClientPlan(
            client=party(self.network, needs["client_kind"][first], client),
            street=self._place(first, "street"),
            community=self._place(first, "community"),
            groups=tuple(Text(self._group(g), self._group(g, "en")) for g in groups),
            worker=party(self.network, "social_workers", worker) if worker else None,
            lead=self._lead(worker, first),
            items=tuple(item for r in order for item in items.get(r, ())),
            unserved=tuple(unserved[r] for r in order if r in unserved),
            needs=len(rows),
        )

    def _group(self, group: str, lang: str = "zh") -> str:
        known = self.matching.prepared.context.target_groups.get(group)
        return known.name(lang) if known else group

    def _place(self, need: int, level: str) -> str:
        """Return the name of the need's place at `level`, or of the lowest known one above it."""
        depth = list(LEVELS).index(level) + 1
        path = [row for row in self.matching.prepared.needs["ancestors"][need, :depth] if row >= 0]
        return str(self.network.tables["places"]["name"][path[-1]]) if path else ""

    def _lead(self, worker: str | None, need: int) -> Party | None:
        """The responsible worker's station leads, else the community of the place."""
        if worker is not None:
            table = self.network.tables["social_workers"]
            station = table["station"][table.row_of([worker])[0]]
            if station is not None:
                return party(self.network, "stations", station)
        path = {row for row in self.matching.prepared.needs["ancestors"][need].tolist() if row >= 0}
        communities = self.network.tables["communities"]
        places = self.network.tables["places"].row_of(communities["place"]).tolist()
        for row, place in enumerate(places):
            if place in path:
                return party(self.network, "communities", communities.ids[row])
        return None


_TABLES = {"household": "households", "person": "persons", "institution": "institutions"}


def party(network: LinkageNetwork, kind: str, key: str) -> Party:
    """Return who `key` of `kind` is, with the name where one is recorded."""
    table = network.tables[_TABLES.get(kind, kind)]
    row = int(np.searchsorted(table.ids, key))
    return Party(key, kind, table["name"][row])


def _responsible(network: LinkageNetwork, needs: Any) -> dict[str, str]:
    """Return the responsible worker by client: as recorded, else the least loaded of the nearest station.

    A worker takes no more households than `caseload_limit`; where all are full, nobody is named.
    """
    chosen: dict[str, str] = {}
    waiting: list[tuple[str, Array]] = []
    recorded = _recorded(network)
    seen: set[str] = set()
    for client, ancestors in zip(needs["client"], needs["ancestors"], strict=True):
        if client in seen:
            continue
        seen.add(client)
        if recorded.get(client):
            chosen[client] = recorded[client]
        else:
            waiting.append((client, ancestors))
    teams = _teams(network)
    for client, ancestors in sorted(waiting, key=lambda w: w[0]):
        for place in reversed([p for p in ancestors.tolist() if p >= 0]):
            if teams.get(place):
                load, worker, limit = heapq.heappop(teams[place])
                chosen[client] = worker
                if load + 1 < limit:
                    heapq.heappush(teams[place], (load + 1, worker, limit))
                break
    return chosen


def _recorded(network: LinkageNetwork) -> dict[str, str]:
    found = {}
    for name in ("households", "institutions"):
        table = network.tables[name]
        found.update(
            {
                i: w
                for i, w in zip(table.ids, table["responsible_worker"], strict=True)
                if w is not None
            }
        )
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
