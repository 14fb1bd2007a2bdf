"""From parties to offers: what each party can give now, through the hook ``derive_offers``."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from wushe.errors import InputError, PluginError, Problem, ProblemKind
from wushe.model.help import PROVIDERS
from wushe.model.tables import Table, sorted_table
from wushe.model.terms import Context
from wushe.network import LinkageNetwork
from wushe.plugins.manager import Plugins
from wushe.text import Text

OFFER_TWICE = ProblemKind(
    "duplicate-offer",
    Text(
        zh="供给编号重复，分别来自 {first} 和 {second}",
        en="this offer id comes from both {first} and {second}",
    ),
    Text(zh="每条供给一个编号", en="one id per offer"),
    Text(
        zh="改名，或在 offers 表中删去由主体自动生成的那一条",
        en="rename it, or drop the table row that the party derives anyway",
    ),
)

OFFER_DANGLES = ProblemKind(
    "offer-dangles",
    Text(
        zh="供给 {offer} 提到的 {field} 不存在",
        en="offer {offer} names a {field} that does not exist",
    ),
    Text(zh="数据表或已加载插件中有的编号", en="an id of the tables or of the plugins loaded"),
    Text(
        zh="改正编号，或在 read 和 make_plan 中使用同一组插件",
        en="correct the id, or use the same plugins for read and make_plan",
    ),
)


def pool_offers(network: LinkageNetwork, plugins: Plugins, context: Context) -> Table:
    """Return the resource pool: the offers table joined with what every plugin derives.

    Raises InputError where an offer id comes from two sources or a table's offer names what is not
    there, PluginError where a derived one does.
    """
    sources = [
        ("offers.csv", network.tables["offers"]),
        *plugins.derive_offers(network.tables, context),
    ]
    problems = _dangling(*sources[0], network, context)
    for (name, table), version in zip(sources[1:], _versions(plugins, sources[1:]), strict=True):
        wrong = _dangling(name, table, network, context)
        if wrong:
            raise PluginError(name, version, "derive_offers", "; ".join(p.say("en") for p in wrong))
    problems += _twice(sources)
    if problems:
        raise InputError(problems)
    tables = [table for _, table in sources]
    columns = {f: np.concatenate([t[f] for t in tables]) for f in tables[0].kind.field_names}
    return sorted_table(tables[0].kind, columns, np.concatenate([t.rows for t in tables]), "offers")


def _versions(plugins: Plugins, sources: list[tuple[str, Table]]) -> list[str]:
    versions = dict(plugins.versions)
    return [versions[name] for name, _ in sources]


def _twice(sources: list[tuple[str, Table]]) -> list[Problem]:
    """Return the problems of offer ids that come from two sources, or twice from one."""
    if len({key for _, table in sources for key in table.ids}) == sum(len(t) for _, t in sources):
        return []
    owner: dict[str, str] = {}
    problems = []
    for name, table in sources:
        for key in table.ids:
            if key in owner:
                params = {"first": owner[key], "second": name}
                problems.append(Problem(OFFER_TWICE, "offers", None, "id", key, params))
            owner[key] = name
    return problems


_NAMED: dict[str, tuple[str, ...]] = {
    "provider": PROVIDERS,
    "place": ("places",),
    "categories": (),
    "for_groups": (),
    "for_places": ("places",),
    "for_clients": ("households", "persons", "institutions"),
}
"""Fields of an offer and the tables whose ids they name; without tables the field names a registry."""


def _dangling(
    source: str, offers: Table, network: LinkageNetwork, context: Context
) -> list[Problem]:
    """Return the problems of offers that name providers, places or categories that are not there."""
    registries: dict[str, Collection[str]] = {
        "categories": context.categories,
        "for_groups": context.target_groups,
    }
    problems = []
    for field, tables in _NAMED.items():
        named = {word for value in set(offers[field]) for word in _words(value)}
        absent = named - set(registries.get(field, ()))
        if field not in ("provider", "categories"):
            absent -= {None}
        for table in tables:
            words = list(absent)
            rows = network.tables[table].row_of(words)
            absent -= {word for word, row in zip(words, rows, strict=True) if row >= 0}
        problems += [
            Problem(OFFER_DANGLES, source, None, field, word, {"offer": offer, "field": field})
            for offer, value in (zip(offers.ids, offers[field], strict=True) if absent else ())
            for word in _words(value)
            if word in absent
        ]
    return problems


def _words(value: tuple[str, ...] | str | None) -> tuple[str | None, ...]:
    return value if isinstance(value, tuple) else (value,)
