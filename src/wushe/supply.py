"""From parties to offers: what each party can give now, through the hook ``derive_offers``."""

from __future__ import annotations

import numpy as np

from wushe.errors import InputError, Problem, ProblemKind
from wushe.model.tables import Table, sorted_table
from wushe.model.terms import Context
from wushe.network import LinkageNetwork
from wushe.plugins.manager import Plugins
from wushe.text import Text

OFFER_TWICE = ProblemKind(
    "duplicate-offer",
    Text(zh="供给编号重复，分别来自 {first} 和 {second}", en="this offer id comes from both {first} and {second}"),
    Text(zh="每条供给一个编号", en="one id per offer"),
    Text(zh="改名，或在 offers 表中删去由主体自动生成的那一条", en="rename it, or drop the table row that the party derives anyway"),
)


def pool_offers(network: LinkageNetwork, plugins: Plugins, context: Context) -> Table:
    """Return the resource pool: the offers table joined with what every plugin derives.

    Raises InputError where an offer id comes from two sources.
    """
    sources = [("offers.csv", network.tables["offers"]), *plugins.derive_offers(network.tables, context)]
    owner: dict[str, str] = {}
    problems = []
    for name, table in sources:
        for key in table.ids:
            if key in owner:
                problems.append(
                    Problem(OFFER_TWICE, "offers", None, "id", key, {"first": owner[key], "second": name})
                )
            owner[key] = name
    if problems:
        raise InputError(problems)
    tables = [table for _, table in sources]
    columns = {f: np.concatenate([t[f] for t in tables]) for f in tables[0].kind.field_names}
    return sorted_table(tables[0].kind, columns, np.concatenate([t.rows for t in tables]), "offers")
