"""Small pieces of a city: one record changed in a table, and the part of a network that a few needs see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import attrs
import numpy as np

from wushe.matching.candidates import Candidates, list_candidates
from wushe.matching.prepare import Prepared, prepare
from wushe.model.help import PROVIDERS
from wushe.model.storage import Array
from wushe.model.tables import Table, empty_table, table_of
from wushe.model.terms import Context
from wushe.network import LinkageNetwork, build_network
from wushe.plugins.manager import Plugins


def evolved(record: Any, **values: Any) -> Any:
    """Return `record` with other values, checked as every record is. Raises InputError."""
    return attrs.evolve(record, **values)


def with_record(table: Table, record: Any) -> Table:
    """Return `table` with `record` in the place of the one with its id, or added."""
    one = table_of(table.kind.name, [record])
    found = int(table.row_of([record.id])[0])
    at = found if found >= 0 else int(np.searchsorted(table.ids, record.id))
    after = at + (found >= 0)
    columns = {
        name: np.concatenate([column[:at], one[name], column[after:]])
        for name, column in table.columns.items()
    }
    rows = np.concatenate([table.rows[:at], one.rows, table.rows[after:]])
    return Table(table.kind, columns, rows, table.source)


def with_records(table: Table, records: Iterable[Any]) -> Table:
    """Return `table` with all `records` put in, see `with_record`."""
    for record in records:
        table = with_record(table, record)
    return table


def with_tables(network: LinkageNetwork, tables: Mapping[str, Table]) -> LinkageNetwork:
    """Return `network` with `tables` in the place of those of their names, checked again."""
    return build_network(
        {**network.tables, **tables}, network.categories, network.target_groups, network.versions
    )


def take_rows(table: Table, rows: Array) -> Table:
    """Return the table of some of its rows (int64, ascending)."""
    columns = {name: column[rows] for name, column in table.columns.items()}
    return Table(table.kind, columns, table.rows[rows], table.source)


@attrs.frozen(eq=False, slots=False)
class Parts:
    """Cuts out of a network what a few needs and offers see, so that hooks run over small batches.

    Rules that look at a pair alone (all built-in ones do) answer there as they do over the whole city.
    """

    network: LinkageNetwork
    plugins: Plugins
    context: Context

    def over(self, network: LinkageNetwork) -> Parts:
        """Return the same over another network."""
        return attrs.evolve(self, network=network)

    def prepared(self, needs: Table, offers: Table) -> Prepared:
        """Return the columns of `needs` and `offers`, tables of the two kinds."""
        return prepare(self._around(needs, offers), offers, self.context)

    def candidates(self, needs: Table, offers: Table) -> tuple[Prepared, Candidates]:
        """Return the columns of `needs` and `offers` and their eligible pairs with costs."""
        small = self.prepared(needs, offers)
        return small, list_candidates(small, self.plugins)

    def _around(self, needs: Table, offers: Table) -> LinkageNetwork:
        tables = dict(self.network.tables)
        persons = _among(tables["persons"], needs["person"])
        households = _among(tables["households"], [*needs["household"], *persons["household"]])
        institutions = _among(tables["institutions"], needs["institution"])
        tables |= {
            "needs": needs,
            "offers": empty_table("offers"),
            "persons": persons,
            "households": households,
            "institutions": institutions,
        }
        # A dict keeps the order in which ids were met; a set would not.
        providers = list(dict.fromkeys(offers["provider"]))
        tables |= {kind: _among(tables[kind], providers) for kind in PROVIDERS}
        clients = [key for t in (households, persons, institutions) for key in t.ids]
        tables["services"] = self._services(clients, set(providers))
        subject = self._subjects
        tables["consents"] = _rows(
            tables["consents"], [row for key in clients for row in subject.get(key, ())]
        )
        return attrs.evolve(self.network, tables=tables)

    def _services(self, clients: list[str], providers: set[str]) -> Table:
        table = self.network.tables["services"]
        provider = table["provider"]
        met = (row for key in clients for row in self._served.get(key, ()))
        return _rows(table, [row for row in met if provider[row] in providers])

    @cached_property
    def _served(self) -> dict[str, list[int]]:
        table = self.network.tables["services"]
        return _index(table["household"], table["institution"])

    @cached_property
    def _subjects(self) -> dict[str, list[int]]:
        return _index(self.network.tables["consents"]["subject"])


def _index(*columns: Array) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for column in columns:
        for row, key in enumerate(column.tolist()):
            if key is not None:
                found.setdefault(key, []).append(row)
    return found


def _rows(table: Table, rows: list[int]) -> Table:
    return take_rows(table, np.array(sorted(set(rows)), dtype=np.int64))


def _among(table: Table, ids: Iterable[str | None]) -> Table:
    rows = table.row_of(ids)
    return take_rows(table, np.unique(rows[rows >= 0]))
