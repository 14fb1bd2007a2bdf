"""Live lists: what of the needs list and the resource pool has lapsed, lies about, or finds no counterpart.

Tianshui keeps both lists under "dynamic management" (供需清单动态管理). What that means in days is for whoever
asks to say; the defaults are assumed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from wushe.matching.prepare import NATION, prepare
from wushe.model.declaring import ReportColumn, ReportRow, ReportTable, Unit
from wushe.model.storage import Array
from wushe.model.tables import Table
from wushe.model.terms import Columns, Context, NeedCategory
from wushe.network import LinkageNetwork
from wushe.plugins.manager import Plugins
from wushe.supply import pool_offers
from wushe.text import Text

STALE_DAYS = 30
"""A need is looked at again after so many days without a visit or a service (assumed: one monthly check)."""
SOON_DAYS = 14
"""An offer is renewed or used when it ends within so many days (assumed)."""
Flags = npt.NDArray[np.bool_]
_Area = tuple[str, int, int]
"""A category, how far, and the place there: what an offer covers, or a need lies in."""


@attrs.frozen(eq=False)
class LiveLists:
    """Ids of what needs attention on the day `on`, each list sorted.

    Of the open needs (`open_needs`): `past_due`; `untouched`, neither asked, visited nor served within
    `stale_days` and not appointed for later; `undated`, of which nobody knows since when; `unoffered`, which no
    live offer of the category reaches (of a team need: one of its roles). Of the offers: `lapsed`; `live`;
    of these `expiring` within `soon_days`, and `unasked`, of whose categories nobody in reach asks any.
    """

    on: dt.date
    stale_days: int
    soon_days: int
    open_needs: tuple[str, ...]
    past_due: tuple[str, ...]
    untouched: tuple[str, ...]
    undated: tuple[str, ...]
    unoffered: tuple[str, ...]
    live: tuple[str, ...]
    expiring: tuple[str, ...]
    lapsed: tuple[str, ...]
    unasked: tuple[str, ...]
    category_of: Mapping[str, str] = attrs.field(repr=False)
    categories_of: Mapping[str, tuple[str, ...]] = attrs.field(repr=False)
    categories: Mapping[str, NeedCategory] = attrs.field(repr=False)

    def tables(self) -> tuple[ReportTable, ...]:
        """Return how many of each, the needs and the offers by category."""
        return (self._needs(), self._offers())

    def _needs(self) -> ReportTable:
        lists = (self.open_needs, self.past_due, self.untouched, self.undated, self.unoffered)
        found = {key: (category,) for key, category in self.category_of.items()}
        rows = tuple(self._rows(lists, found))
        return ReportTable(
            "upkeep_needs", _NEEDS, _CATEGORY, _columns("people", *_NEED_LISTS), rows,
            _total(lists), Text(_STALE.say("zh", n=self.stale_days), _STALE.say("en", n=self.stale_days)),
        )  # fmt: skip

    def _offers(self) -> ReportTable:
        lists = (self.live, self.expiring, self.lapsed, self.unasked)
        rows = tuple(self._rows(lists, self.categories_of))
        return ReportTable(
            "upkeep_offers", _OFFERS, _CATEGORY, _columns("count", *_OFFER_LISTS), rows,
            _total(lists), Text(_SOON.say("zh", n=self.soon_days), _SOON.say("en", n=self.soon_days)),
        )  # fmt: skip

    def _rows(
        self, lists: Iterable[tuple[str, ...]], found: Mapping[str, tuple[str, ...]]
    ) -> Iterator[ReportRow]:
        """Yield a row for each category that occurs, sorted by its id."""
        counts = [[c for key in keys for c in found[key]] for keys in lists]
        for name in sorted({c for words in counts for c in words}):
            category = self.categories[name]
            cells = tuple(words.count(name) for words in counts)
            yield ReportRow(Text(category.zh, category.en), cells)


def upkeep(
    network: LinkageNetwork,
    plugins: Plugins,
    on: dt.date,
    *,
    stale_days: int = STALE_DAYS,
    soon_days: int = SOON_DAYS,
) -> tuple[ReportTable, ...]:
    """Return the tables of `live_lists`."""
    return live_lists(network, plugins, on, stale_days=stale_days, soon_days=soon_days).tables()


def live_lists(
    network: LinkageNetwork,
    plugins: Plugins,
    on: dt.date,
    *,
    stale_days: int = STALE_DAYS,
    soon_days: int = SOON_DAYS,
) -> LiveLists:
    """Return what of the needs list and the resource pool is to be put in order on the day `on`.

    Raises ValueError for days below 0, and what `make_plan` raises for the same tables.
    """
    for name, days in (("stale_days", stale_days), ("soon_days", soon_days)):
        if days < 0:
            raise ValueError(f"{name}: {days}; expected 0 or more")
    context = Context(on, plugins.categories, plugins.target_groups)
    pool = pool_offers(network, plugins, context)
    prepared = prepare(network, pool, context)
    needs, offers, today = prepared.needs, prepared.offers, np.datetime64(on, "D")
    ends = offers["available_to"]
    lapsed = ends < today
    near = (ends >= today) & (ends <= today + soon_days)
    asked_for, served = _counterparts(needs, offers, ~lapsed)
    touched = _last_touched(network, needs, today)
    stale = touched < today - stale_days
    first = np.unique(needs["need_row"], return_index=True)[1]
    once = np.isin(np.arange(len(needs)), first)
    return LiveLists(
        on, stale_days, soon_days,
        open_needs=_ids(needs, once),
        past_due=_ids(needs, once & (needs["due"] < today)),
        untouched=_ids(needs, once & stale),
        undated=_ids(needs, once & np.isnat(touched)),
        unoffered=_ids(needs, ~served),
        live=_ids(offers, ~lapsed),
        expiring=_ids(offers, near),
        lapsed=_ids(offers, lapsed),
        unasked=_ids(offers, ~lapsed & ~asked_for),
        category_of=_column(network["needs"], "category"),
        categories_of=_column(pool, "categories"),
        categories=plugins.categories,
    )  # fmt: skip


def _column(table: Table, field: str) -> Mapping[str, Any]:
    return dict(zip(table.ids.tolist(), table[field].tolist(), strict=True))


def _ids(columns: Columns, where: Flags) -> tuple[str, ...]:
    return tuple(sorted(set(columns["id"][where].tolist())))


def _counterparts(needs: Columns, offers: Columns, live: Flags) -> tuple[Flags, Flags]:
    """Return which offers a need in reach asks for, bool (n_offers,), and which needs a live offer reaches.

    Category and reach count, nothing else. A need whose place nobody knows may be in anybody's reach.
    """
    asked: set[_Area] = set()
    own = []
    for category, path in zip(needs["category"], needs["ancestors"].tolist(), strict=True):
        areas = {(category, level, place) for level, place in enumerate(path) if place >= 0}
        own.append(areas | {(category, NATION, NATION)})
        asked |= own[-1]
    unplaced = set(needs["category"][needs["place_row"] < 0].tolist())
    given: set[_Area] = set()
    wanted = np.zeros(len(offers), dtype=bool)
    reach, paths = offers["reach"].tolist(), offers["ancestors"].tolist()
    for row in np.flatnonzero(live).tolist():
        at = NATION if reach[row] == NATION else paths[row][reach[row]]
        areas = {(category, reach[row], at) for category in offers["categories"][row]}
        wanted[row] = bool(areas & asked) or bool(unplaced & {area[0] for area in areas})
        given |= areas
    anywhere = {area[0] for area in given}
    served = np.array([bool(areas & given) for areas in own], dtype=bool)
    served |= (needs["place_row"] < 0) & np.isin(needs["category"].astype(str), sorted(anywhere))
    return wanted, served


def _last_touched(network: LinkageNetwork, needs: Columns, today: np.datetime64) -> Array:
    """Return the last day on which each need was asked, or its client visited or served; NaT if nobody knows.

    What is appointed for today or later counts as looked at today.
    """
    latest: dict[str, np.datetime64] = {}
    for client, day in _contacts(network):
        if not np.isnat(day) and day <= today:
            latest[client] = max(latest.get(client, day), day)
    never = np.datetime64("NaT", "D")
    of_client = np.array([latest.get(c, never) for c in needs["client"]], dtype="datetime64[D]")
    touched: Array = np.fmax(needs["asked_on"], of_client)
    touched[needs["on_day"] >= today] = today
    return touched


def _contacts(network: LinkageNetwork) -> Iterator[tuple[str, np.datetime64]]:
    """Yield the clients that were visited or served, with the day."""
    persons, visits, services = network["persons"], network["visits"], network["services"]
    home = dict(zip(persons.ids, persons["household"], strict=True))
    for table, day, fields in (
        (visits, "on", ("household", "person", "institution")),
        (services, "served_on", ("household", "institution")),
    ):
        for field in fields:
            for key, on in zip(table[field], table[day], strict=True):
                if key is not None:
                    yield home.get(key) or key, on


def _columns(unit: Unit, *labels: Text) -> tuple[ReportColumn, ...]:
    return tuple(ReportColumn(label, unit) for label in labels)


def _total(lists: Iterable[tuple[str, ...]]) -> ReportRow:
    return ReportRow(_TOTAL, tuple(len(keys) for keys in lists))


_TOTAL = Text("合计", "Total")
_NEEDS, _OFFERS = Text("需求清单", "Needs list"), Text("供给清单", "Resource pool")
_CATEGORY = Text("类别", "Category")
_NEED_LISTS = (
    Text("待满足", "open"),
    Text("已过期", "past due"),
    Text("久未联系", "not touched"),
    Text("日期不详", "date not known"),
    Text("无人供给", "nobody offers it"),
)
_OFFER_LISTS = (
    Text("有效", "live"),
    Text("即将到期", "expiring"),
    Text("已失效", "lapsed"),
    Text("无人点单", "nobody asks for it"),
)
_STALE = Text(
    "久未联系：{n} 天内没有提出、走访或服务，也没有约定日期。无人供给：没有够得着的同类供给。",
    "Not touched: neither asked, visited nor served in {n} days, and no day agreed. Nobody offers it: no offer of the category in reach.",
)
_SOON = Text(
    "即将到期：{n} 天内失效。一项供给列在它的每个类别下，合计只计一次。",
    "Expiring: ends within {n} days. An offer stands in each of its categories; the total counts it once.",
)
