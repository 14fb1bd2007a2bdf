"""The network as the facts have it: tables with the values that hold on a day laid over them."""

from __future__ import annotations

import datetime as dt

import numpy as np

from wushe.identify.persons import facts_known_on
from wushe.identify.subjects import overlay
from wushe.model.evidence import SUBJECTS
from wushe.model.facts import LatestFacts
from wushe.model.tables import Table
from wushe.network import LinkageNetwork, build_network


def with_facts(network: LinkageNetwork, on: dt.date) -> LinkageNetwork:
    """Return `network` with households and persons as the facts known on the day `on` have them.

    A fact goes before the table's cell, a refusal at the door before an older yes. References
    (place, household, worker) stay as the tables have them. Without facts the network itself is
    returned. Raises InputError for facts that their field refuses.
    """
    facts = facts_known_on(network, on)
    if facts is None:
        return network
    tables = {**network.tables, **{kind: _overlaid(network[kind], facts) for kind in SUBJECTS}}
    return build_network(tables, network.categories, network.target_groups, network.versions)


def _overlaid(table: Table, facts: LatestFacts) -> Table:
    where = {subject: row for row, subject in enumerate(facts.facts.subjects)}
    position = np.array([where.get(key, -1) for key in table.ids], dtype=np.int64)
    columns = dict(table.columns)
    for field in table.kind.fields:
        if field.name in facts.facts.fields and not field.refs and field.name != "id":
            columns[field.name] = overlay(field, columns[field.name].copy(), facts, position)
    return Table(table.kind, columns, table.rows, table.source)
