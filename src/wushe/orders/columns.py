"""A plan as the fields of orders: columns of needs and offers as plain lists, and rows made of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from wushe.matching.expand import NONE
from wushe.model.help import URGENCIES
from wushe.model.storage import Array
from wushe.orders.needs import waits_for
from wushe.orders.ranks import ranks
from wushe.plan import Plan

_URGENCY = tuple(reversed(URGENCIES))
_KINDS = {"household": "households", "person": "persons", "institution": "institutions"}
_LISTED = (
    "id", "client", "client_kind", "category", "form", "dimension", "urgency", "starts", "ends",
    "skills", "groups", "with_minor", "place_row", "quantity",
)  # fmt: skip
Row = dict[str, Any]


@attrs.frozen(eq=False)
class Items:
    """Every item of a plan as the fields of the order that it becomes, the client as an id.

    Columns are kept as plain lists, so that a row is read without numpy's overhead. `ranked`: by need row the
    offers, extras and limits of its further candidates.
    """

    plan: Plan
    needs: Mapping[str, list[Any]]
    provider: list[str]
    kind: list[str]
    offer: list[str]
    ranked: Mapping[int, tuple[list[int], ...]]

    @classmethod
    def of(cls, plan: Plan) -> Items:
        """Return the items of `plan`, with every need's ranking."""
        m, network = plan.matching, plan.network
        needs, offers, table = m.prepared.needs, m.prepared.offers, network.tables["needs"]
        lists = {name: needs[name].tolist() for name in _LISTED}
        places = network.tables["places"].ids
        lists["place"] = [places[row] if row >= 0 else None for row in lists["place_row"]]
        day = needs["on_day"].astype("datetime64[D]")
        lists["on_day"] = np.where(np.isnat(day), "", day.astype(str)).tolist()
        at = table.row_of(needs["id"])
        lists["visit"] = table["visit"][at].tolist()
        lists["after"] = [waits_for(table, key) for key in table["after"][at].tolist()]
        rows = np.unique(m.need)
        return cls(
            plan, lists, offers["provider"].tolist(), offers["provider_kind"].tolist(), offers["id"].tolist(),
            dict(zip(rows.tolist(), _ranking(plan, rows), strict=True)),
        )  # fmt: skip

    def rows(self) -> list[Row]:
        """Return the fields of all orders, one for each match and one for each team, by need."""
        m = self.plan.matching
        team = m.prepared.groups.team[m.need].tolist()
        found: list[Row] = []
        last = NONE
        matches = zip(m.need.tolist(), m.offer.tolist(), m.amount.tolist(), team, strict=True)
        for need, offer, amount, together in matches:
            if together == NONE:
                row = self._row(need)
                row["amount"] = amount
                row["candidates"] = self._candidates(need, offer, amount)
                found.append(row)
            elif together != last:  # the rows of one team stand together
                last = together
                found.append(self._team(need))
        return found

    def _row(self, at: int) -> Row:
        """Return the fields of an order for need row `at`; what has its default value is left out."""
        n = self.needs
        row: Row = {
            "client": n["client"][at], "client_kind": _KINDS[n["client_kind"][at]], "need": n["id"][at],
            "category": n["category"][at], "form": n["form"][at], "dimension": n["dimension"][at],
            "urgency": _URGENCY[n["urgency"][at]], "place": n["place"][at],
        }  # fmt: skip
        for name in ("on_day", "visit", "after", "skills", "groups"):
            value = n[name][at]
            if value:
                row[name] = list(value) if isinstance(value, tuple) else value
        for name in ("starts", "ends"):
            if n[name][at] >= 0:
                row[name] = n[name][at]
        if n["with_minor"][at]:
            row["minor"] = True
        return row

    def _candidates(self, row: int, offer: int, amount: int) -> list[list[Any]]:
        """Return the planned one and the further candidates of a need row, as columns."""
        offers, extras, mosts = self.ranked[row]
        every = [offer, *offers]
        columns: list[list[Any]] = [
            [self.provider[o] for o in every], [self.kind[o] for o in every], [self.offer[o] for o in every],
            [0, *extras],
        ]  # fmt: skip
        limits = [None, *(most if most < amount else None for most in mosts)]
        if any(limits):  # one that does not bind is left out
            columns += [[None] * len(every), limits]
        return columns

    def _team(self, need: int) -> Row:
        """Return the one order of a team need: a slot and candidates for each of its rows."""
        m, n = self.plan.matching, self.needs
        first, last = _span(m.prepared.needs["need_row"], m.prepared.needs["need_row"][need])
        row = self._row(first)
        row.pop("skills", None)
        table, categories = self.plan.network.tables["needs"], m.prepared.context.categories
        category = categories[table["category"][int(table.row_of([row["need"]])[0])]]
        each = category.roles[0].quantity or categories[category.roles[0].category].typical
        slots: list[list[Any]] = []
        candidates: list[list[Any]] = [[] for _ in range(6)]
        for role, at in enumerate(range(first, last)):
            amount = n["quantity"][at]
            slots.append([n["category"][at], amount, list(n["skills"][at]), n["dimension"][at]])
            planned = int(m.offer[_span(m.need, at)[0]])  # a role has one helper
            theirs = self._candidates(at, planned, amount)
            theirs += [[None] * len(theirs[0])] * (6 - len(theirs))
            theirs[4] = [role] * len(theirs[0])
            for column, more in zip(candidates, theirs, strict=True):
                column.extend(more)
        return {
            **row, "category": category.id, "form": "service", "dimension": "time",
            "amount": n["quantity"][first] // each, "roles": slots, "candidates": candidates,
        }  # fmt: skip


def _ranking(plan: Plan, rows: Array) -> list[tuple[list[int], ...]]:
    """Return offers, extras and limits of each row's further candidates."""
    m = plan.matching
    found = ranks(m, rows)
    many = (found.edge != NONE).sum(axis=1).tolist()
    columns = m.candidates.offer[found.edge], found.extra, m.candidates.limit[found.edge]
    lists = zip(*(column.tolist() for column in columns), strict=True)
    return [tuple(c[:n] for c in row) for n, row in zip(many, lists, strict=True)]


def _span(column: Array, value: int) -> tuple[int, int]:
    """Return where `value` stands in a sorted column."""
    return int(np.searchsorted(column, value)), int(np.searchsorted(column, value, side="right"))
