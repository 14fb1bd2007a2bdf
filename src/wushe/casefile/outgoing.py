"""What leaves the house: the network of those who agreed, with the fields they agreed to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from wushe.casefile.consent import SENSITIVE_TABLES, allowed
from wushe.model.evidence import SUBJECTS
from wushe.model.spec import RECORD_KINDS, Field
from wushe.model.storage import Array, pack
from wushe.model.tables import Table, empty_table
from wushe.network import LinkageNetwork, build_network

_OPEN = ("places", "communities", "organizations", "stations", "institutions")
_HELP = ("needs", "wishes", "services")
_OWNERS = ("household", "person", "institution", "subject", "need")
"""Fields that say whom a row is about: without that one the row goes, too."""
_LINKS = ("id", "household")


def outgoing(
    network: LinkageNetwork,
    purpose: str,
    recipient: str | None,
    fields: Sequence[str],
    on: dt.date,
) -> LinkageNetwork:
    """Return the part of `network` that may go to `recipient` for `purpose` on the day `on`.

    `fields` names what the purpose needs (PIPL 6): fields of households and persons, facts, and the
    tables of `SENSITIVE_TABLES`; all other personal fields are unknown in the result. Households and
    persons without a recorded yes for every one of them are left out, with everything about them: so
    a withdrawn consent is out from its own day on. Helpers and donors do not go out; places,
    organizations, institutions, needs, wishes and past services do. Raises as `allowed` does, and
    ValueError for an unknown field.
    """
    _check_fields(network, fields)
    kept: dict[str, Table] = {name: network[name] for name in _OPEN}
    for kind in SUBJECTS:
        yes = allowed(network, list(network[kind].ids), purpose, recipient, fields, on) == 1
        kept[kind] = _only(_take(network[kind], yes), fields)
    facts = network["facts"]
    wanted = np.array([f in fields for f in facts["field"]], dtype=bool)
    kept["facts"] = _take(facts, wanted)
    for name in SENSITIVE_TABLES:
        kept[name] = network[name] if name in fields else empty_table(name)
    for name in _HELP:
        kept[name] = _only(network[name], [f.name for f in RECORD_KINDS[name].fields if _plain(f)])
    full = {name: kept.get(name, empty_table(name)) for name in RECORD_KINDS}
    return build_network(_closed(full), network.categories, network.target_groups, network.versions)


def _check_fields(network: LinkageNetwork, fields: Sequence[str]) -> None:
    known = {f.name for kind in SUBJECTS for f in RECORD_KINDS[kind].fields}
    known |= set(SENSITIVE_TABLES) | set(network["facts"]["field"])
    bad = sorted(set(fields) - known)
    if bad:
        raise ValueError(
            f"fields: {', '.join(bad)} unknown; expected fields of households, persons or facts"
        )


def _plain(field: Field) -> bool:
    return field.sensitive == "none"


def _take(table: Table, where: npt.NDArray[np.bool_]) -> Table:
    columns = {name: column[where] for name, column in table.columns.items()}
    return Table(table.kind, columns, table.rows[where], table.source)


def _only(table: Table, fields: Sequence[str]) -> Table:
    """Return `table` with every column unknown but its links and `fields`."""
    blank = [None] * len(table)
    columns = {
        f.name: table[f.name] if f.name in (*_LINKS, *fields) else pack(f.kind.storage, blank)
        for f in table.kind.fields
    }
    return Table(table.kind, columns, table.rows, table.source)


def _closed(tables: Mapping[str, Table]) -> dict[str, Table]:
    """Return `tables` without rows about, and references to, what is no longer there."""
    found = dict(tables)
    changed = True
    while changed:
        changed = False
        ids = {name: frozenset(table.ids) for name, table in found.items()}
        for name, table in found.items():
            found[name], dropped = _pruned(table, ids)
            changed |= dropped
    return found


def _pruned(table: Table, ids: Mapping[str, frozenset[str]]) -> tuple[Table, bool]:
    keep = np.ones(len(table), dtype=bool)
    columns = dict(table.columns)
    for field in table.kind.fields:
        if field.refs:
            there = frozenset().union(*(ids[ref] for ref in field.refs))
            columns[field.name], gone = _without(table[field.name], there)
            if field.required or field.name in _OWNERS:
                keep &= ~gone
    return _take(Table(table.kind, columns, table.rows, table.source), keep), not keep.all()


def _without(column: Array, there: frozenset[str]) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return `column` with references outside `there` unknown, and where that was so."""
    left: list[Any] = []
    gone = np.zeros(len(column), dtype=bool)
    for row, value in enumerate(column):
        if isinstance(value, tuple):
            stays = tuple(word for word in value if word in there)
            left.append(stays or None)
        else:
            left.append(value if value in there else None)
        gone[row] = value is not None and left[-1] is None
    return pack("object", left), gone
