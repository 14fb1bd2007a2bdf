"""The plans of all clients as columns; the plan of one is written when somebody asks for it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import numpy as np

from wushe.matching.candidates import ORDER
from wushe.matching.expand import NONE
from wushe.matching.result import Matching
from wushe.model.parties import LEVELS
from wushe.model.storage import Array
from wushe.model.terms import NeedCategory, Reason
from wushe.network import LinkageNetwork
from wushe.plan.items import ClientPlan, Party, PlanItem, Points, Unserved
from wushe.text import Text

_TABLES = {"household": "households", "person": "persons", "institution": "institutions"}


@attrs.frozen(eq=False)
class Scored:
    """What one score term gave to every match: `given` once each, `code` int16 (n_matches,) which of them."""

    given: tuple[Points, ...]
    code: Array

    @classmethod
    def of(cls, name: str, label: Text, weight: int, points: Array) -> Scored:
        """Return the answers of the term `name`; `points` int (n_matches,) in thousandths."""
        values, code = np.unique(points, return_inverse=True)
        given = tuple(Points(name, label, weight, value) for value in values.tolist())
        return cls(given, code.astype(np.int16))


@attrs.frozen(eq=False, repr=False)
class Clients(Mapping[str, ClientPlan]):
    """Client plans by client id, in the order of ids. Nothing is kept: each look-up writes the plan anew.

    `ids` object (n_clients,) sorted; `rows` int64 (n_needs,): need rows by client, most urgent
    first, those of client i at ``start[i]:start[i + 1]``; `first` int64 (n_clients,): each client's
    first need row; `worker`, `lead_kind` and `lead` object (n_clients,): ids and kind of party, None
    where nobody is named; `served_at` int64 (n_needs + 1,): where each need's matches begin;
    `runner` int64 (n_needs,): see `runners_up`.
    """

    network: LinkageNetwork
    matching: Matching
    scores: tuple[Scored, ...]
    ids: Array
    rows: Array
    start: Array
    first: Array
    worker: Array
    lead_kind: Array
    lead: Array
    served_at: Array
    runner: Array

    def __attrs_post_init__(self) -> None:
        for column in attrs.astuple(self, recurse=False)[3:]:
            column.flags.writeable = False

    def __reduce__(self) -> tuple[Any, ...]:
        return Clients, attrs.astuple(self, recurse=False)

    def __repr__(self) -> str:
        return f"<Clients: {len(self)}>"

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids.tolist())

    def __contains__(self, client: object) -> bool:
        return isinstance(client, str) and self._position(client) >= 0

    def __getitem__(self, client: str) -> ClientPlan:
        at = self._position(client) if isinstance(client, str) else -1
        if at < 0:
            raise KeyError(client)
        return self._plan(at)

    def _position(self, client: str) -> int:
        at = bisect_left(self.ids, client)
        return at if at < len(self.ids) and self.ids[at] == client else -1

    def _plan(self, at: int) -> ClientPlan:
        needs = self.matching.prepared.needs
        rows = self.rows[self.start[at] : self.start[at + 1]].tolist()
        first = int(self.first[at])
        worker, lead = self.worker[at], self.lead[at]
        groups = sorted({g for r in rows for g in needs["groups"][r]})
        return ClientPlan(
            client=party(self.network, needs["client_kind"][first], self.ids[at]),
            street=self._place(first, "street"),
            community=self._place(first, "community"),
            groups=tuple(Text(self._group(g), self._group(g, "en")) for g in groups),
            worker=None if worker is None else party(self.network, "social_workers", worker),
            lead=None if lead is None else party(self.network, self.lead_kind[at], lead),
            items=tuple(item for r in rows for item in self._items(r)),
            unserved=tuple(self._unserved(r) for r in rows if self._says_short(r)),
            needs=len({needs["need_row"][r] for r in rows}),
        )

    def _items(self, row: int) -> Iterator[PlanItem]:
        """Yield what serves one need."""
        m = self.matching
        span = range(int(self.served_at[row]), int(self.served_at[row + 1]))
        if not span:
            return
        needs = m.prepared.needs
        category = m.prepared.context.categories[needs["category"][row]]
        runner, role = self._runner_up(row), self._role(row)
        team = None if role is None else self._team(row)[0]
        for at in span:
            offer = int(m.offer[at])
            yield PlanItem(
                needs["id"][row],
                category,
                m.prepared.offers["id"][offer],
                self._provider(offer),
                int(m.amount[at]),
                category.dimension,
                int(needs["urgency"][row]),
                tuple(s.given[s.code[at]] for s in self.scores),
                runner,
                role,
                team,
            )

    def _role(self, row: int) -> int | None:
        """Return the position among the roles of a team need, None for other needs."""
        prepared = self.matching.prepared
        if prepared.groups.team[row] == NONE:
            return None
        return row - bisect_left(prepared.needs["need_row"], prepared.needs["need_row"][row])

    def _says_short(self, row: int) -> bool:
        """Whether `row` stands in the list of what is missing: of a team's roles the first one does."""
        return bool(self.matching.unserved[row]) and self._role(row) in (None, 0)

    def _runner_up(self, row: int) -> tuple[Party, int] | None:
        candidates, edge = self.matching.candidates, int(self.runner[row])
        if edge < 0:
            return None
        best = int(self.matching.edge[self.served_at[row]])
        extra = int(candidates.cost[edge]) - int(candidates.cost[best])
        most = max(candidates.max_cost, 1)
        return self._provider(int(candidates.offer[edge])), round(1000 * extra / most)

    def _provider(self, offer: int) -> Party:
        columns = self.matching.prepared.offers
        return party(self.network, columns["provider_kind"][offer], columns["provider"][offer])

    def _unserved(self, row: int) -> Unserved:
        m, needs = self.matching, self.matching.prepared.needs
        category = m.prepared.context.categories[needs["category"][row]]
        reason = m.reason_of(row)
        assert reason is not None
        refused = m.candidates.refused[row].tolist()
        amount, asked = int(m.unserved[row]), int(needs["quantity"][row])
        lacking: tuple[NeedCategory, ...] = ()
        if self._role(row) is not None:
            lacking = self._lacking(row)
            category, amount = self._team(row)
            asked = amount
        return Unserved(
            needs["id"][row],
            category,
            amount,
            asked,
            category.dimension,
            int(needs["urgency"][row]),
            reason,
            {ORDER[r]: n for r, n in enumerate(refused) if n},
            lacking,
            self._rules(row, reason),
        )

    def _rules(self, row: int, reason: Reason) -> tuple[Text, ...]:
        """Return the rules in words that objected to offers for this reason, by plugin."""
        rules = self.matching.candidates.rules
        found = [rule for rule, needs in rules.items() if needs[row] and rule.reason == reason]
        found.sort(key=lambda rule: (rule.plugin, rule.label.zh))
        return tuple(rule.label for rule in found)

    def _lacking(self, row: int) -> tuple[NeedCategory, ...]:
        """Return the categories of the team's roles that no offer can fill."""
        m = self.matching
        rows = range(row, row + len(self._team(row)[0].roles))
        roles = [r for r in rows if m.candidates.blocked[r] >= 0]
        return tuple(m.prepared.context.categories[m.prepared.needs["category"][r]] for r in roles)

    def _team(self, row: int) -> tuple[NeedCategory, int]:
        """Return the category of a team need and how many times it is asked for."""
        table, needs = self.network.tables["needs"], self.matching.prepared.needs
        at = bisect_left(table.ids, needs["id"][row])
        categories = self.matching.prepared.context.categories
        category, first = categories[table["category"][at]], row - (self._role(row) or 0)
        role = category.roles[0]
        each = role.quantity or categories[role.category].typical
        return category, int(needs["quantity"][first]) // each

    def _group(self, group: str, lang: str = "zh") -> str:
        known = self.matching.prepared.context.target_groups.get(group)
        return known.name(lang) if known else group

    def _place(self, need: int, level: str) -> str:
        """Return the name of the need's place at `level`, or of the lowest known one above it."""
        depth = list(LEVELS).index(level) + 1
        ancestors = self.matching.prepared.needs["ancestors"][need, :depth].tolist()
        path = [row for row in ancestors if row >= 0]
        return str(self.network.tables["places"]["name"][path[-1]]) if path else ""


def party(network: LinkageNetwork, kind: str, key: str) -> Party:
    """Return who `key` of `kind` is, with the name where one is recorded."""
    table = network.tables[_TABLES.get(kind, kind)]
    return Party(key, kind, table["name"][bisect_left(table.ids, key)])


def by_client(code: Array, urgency: Array) -> tuple[Array, Array, Array]:
    """Return need rows by client, most urgent first; where each client's begin; each client's first row.

    `code` int (n_needs,) orders the clients, `urgency` int (n_needs,) is higher where more urgent;
    rows that are equal in both keep their order. Returns `rows`, `start` and `first` of `Clients`.
    """
    rows = np.lexsort((-urgency.astype(np.int64), code))
    seen, first, counts = np.unique(code, return_index=True, return_counts=True)
    start = np.zeros(len(seen) + 1, dtype=np.int64)
    np.cumsum(counts, out=start[1:])
    return rows, start, first


def runners_up(matching: Matching) -> Array:
    """Return for each need the best candidate pair that does not serve it, int64 (n_needs,), -1 none.

    Positions in `matching.candidates`. The same as `Matching.runner_up`, for all needs at once.
    """
    start = matching.candidates.start
    used = np.zeros(int(start[-1]) + 1, dtype=bool)
    used[matching.edge] = True  # the entry at the end stands for "no pair left" and is never used
    at, end = start[:-1].astype(np.int64), start[1:]
    taken = np.flatnonzero(used[at] & (at < end))
    while len(taken):  # as often as the need with the most helpers has helpers
        at[taken] += 1
        taken = taken[used[at[taken]] & (at[taken] < end[taken])]
    return np.where(at < end, at, -1)
