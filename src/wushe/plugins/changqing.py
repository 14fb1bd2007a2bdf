"""Changqing Street, Baohe District, Hefei: 乐助常青, a relief fund seeded by street and foundation together.

Source, cited below as "Anhui 2025": 中安在线, 13 March 2025, on community charity in Anhui. In 2014 the street
brought in a foundation; both matched each other (共同配比) to form the seed money (种子资金) of a community fund for
social relief, said to be the country's first of its kind, and relief is given by project (以项目化方式). All over
the province 7,232 community funds had raised 125 million yuan by the end of 2024. The report names no shares,
sums, projects or conditions: equal shares, what a project account must state, and that residents' gifts are
matched as the seed money was are assumed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from wushe import (
    Columns,
    Context,
    Demo,
    ReportColumn,
    ReportRow,
    ReportSection,
    ReportTable,
    Standard,
    StandardItem,
    Text,
    hookimpl,
)
from wushe.rules import Parameter

if TYPE_CHECKING:
    from wushe import LinkageNetwork

Cells = npt.NDArray[np.int64]
SOURCE = "中安在线，2025-03-13"
BAOHE = "340111"
PARTNERS = 2
"""Least number of pools of one fund: the street's and the foundation's."""
PUBLISHED_FUNDS, PUBLISHED_FEN = 7_232, 12_500_000_000
"""Community funds of Anhui and what they had raised, end of 2024 (Anhui 2025): 125 million yuan."""
MET, UNKNOWN = 1, -1
TOTAL = Text("合计", "total")


@hookimpl
def register_parameters() -> list[Parameter]:
    """The foundation's part of the seed money as a multiple of the street's: as much again (assumed)."""
    note = "推定：报道只说双方共同配比，一比一和起始日是假定"
    return [
        Parameter(
            "cofinance_times", BAOHE, "1", "倍", dt.date(2014, 1, 1), None, None,
            "中安在线：社区慈善 如何以“众筹”解“众愁”", "", SOURCE, dt.date(2026, 11, 22), "B", note=note,
        )
    ]  # fmt: skip


@hookimpl
def split_gifts(donations: Columns, pools: Columns) -> list[tuple[str, str, int]]:
    """Return (donation, pool, fen): the partners of a fund add the same sum, or neither adds anything.

    Pools of one fund are partners: what the scarcest of them may add, all add; where one is missing, closed or
    used up, the others add nothing. A pool for any fund stands alone. Gifts by their instant, then by id.
    """
    left = dict(zip(pools["id"], pools["left_fen"].tolist(), strict=True))
    given = [dict(before) for before in pools["given"]]
    found = []
    for i in sorted(range(len(donations)), key=lambda i: (donations["at"][i], donations["id"][i])):
        keys = {name: f"{name}:{donations[name][i]}" for name in ("donor", "project") if donations[name][i]}  # fmt: skip
        for partners in _partners(pools, donations["fund"][i]):
            fen = min(
                min(_may(donations, i, pools, j, keys, given[j]), left[pools["id"][j]])
                for j in partners
            )
            if fen <= 0:
                continue
            for j in partners:
                found.append((donations["id"][i], pools["id"][j], fen))
                left[pools["id"][j]] -= fen
                for key in keys.values():
                    given[j][key] = given[j].get(key, 0) + fen
    return found


def _partners(pools: Columns, fund: str) -> Iterator[list[int]]:
    """Yield the rows of pools that add together: those of `fund`, where no partner is missing; each of any fund."""
    own = [j for j in range(len(pools)) if pools["fund"][j] == fund]
    if len(own) >= PARTNERS:
        yield own
    yield from ([j] for j in range(len(pools)) if pools["fund"][j] is None)


def _may(
    donations: Columns,
    i: int,
    pools: Columns,
    j: int,
    keys: dict[str, str],
    given: dict[str, int],
) -> int:
    """Return what pool j may add to donation i by its time, ratio and caps."""
    at, opens, closes = donations["at"][i], pools["opens"][j], pools["closes"][j]
    if (opens is not None and at < opens) or (closes is not None and at >= closes):
        return 0
    fen = int(donations["fen"][i]) * int(pools["numerator"][j]) // int(pools["denominator"][j])
    caps = [(int(pools["gift_cap"][j]), 0)]
    caps += [(int(pools[f"{name}_cap"][j]), given.get(key, 0)) for name, key in keys.items()]
    return min([fen, *(cap - before for cap, before in caps if cap >= 0)])


@hookimpl
def register_standards() -> list[Standard]:
    """What a project account states before money goes into it (assumed): relief is given by project.

    What is not written down is unknown; a budget of nothing is no budget.
    """
    said = Text("乐助常青：项目账户", "Lezhu Changqing: project accounts")
    items = (
        _item("fund", "写明资金来自哪个基金", "the fund that pays", lambda rows: _known(rows["fund"])),
        _item("budget", "有预算", "a budget", _budget),
        _item("organization", "有执行组织", "who carries it out", lambda rows: _known(rows["organization"])),
        _item("goal", "有目标", "a goal", lambda rows: _known(rows["goal"])),
        _item("period", "有起止日期", "its first and last day", lambda rows: np.where(np.isnat(rows["since"]) | np.isnat(rows["until"]), UNKNOWN, MET)),
    )  # fmt: skip
    return [Standard("changqing_account", said, items, "projects", f"{SOURCE}；各项为假定")]


def _item(key: str, zh: str, en: str, test: Callable[[Columns], Any]) -> StandardItem:
    return StandardItem(key, Text(zh, en), lambda rows, _: np.asarray(test(rows), dtype=np.int8))


def _known(column: Iterable[Any]) -> list[int]:
    return [MET if value else UNKNOWN for value in column]


def _budget(rows: Columns) -> Any:
    fen = rows["budget_fen"]
    return np.where(fen < 0, UNKNOWN, (fen > 0).astype(np.int8))


@hookimpl
def register_report_sections() -> list[ReportSection]:
    """The funds by county beside the province's published totals, and each fund's projects."""
    return [
        ReportSection("anhui_funds", Text("社区基金网络", "the network of community funds"), fund_network),
        ReportSection("changqing_accounts", Text("项目账户", "project accounts"), project_accounts),
    ]  # fmt: skip


def fund_network(network: LinkageNetwork, _: Context) -> list[ReportTable]:
    """Funds by county, by the level that they are for, and what is in them; an unknown balance is no zero."""
    funds, places = network["funds"], network["places"]
    at = places.row_of(funds["place"])
    county = network.places.at_level(at, "county").astype(np.int64) + 1
    level = network.places.at_level(at, "community") >= 0
    street = (network.places.at_level(at, "street") >= 0) & ~level
    known = funds.known("balance_fen")
    names = ["", *places["name"]]
    cells: Cells = np.zeros((len(names), 5), dtype=np.int64)
    parts = (np.ones(len(funds), bool), level, street, ~known, np.where(known, funds["balance_fen"], 0))  # fmt: skip
    for column, values in enumerate(parts):
        np.add.at(cells[:, column], county, np.asarray(values).astype(np.int64))
    columns = (
        ReportColumn(Text("基金", "funds")),
        ReportColumn(Text("社区（村）基金", "of a community or village")),
        ReportColumn(Text("街道（乡镇）基金", "of a street or town")),
        ReportColumn(Text("余额不明的", "balance unknown")),
        ReportColumn(Text("已知余额", "in those that are known"), "fen"),
    )
    title, head = Text("社区基金，分区县", "community funds by county"), Text("区县", "county")
    rows = tuple(
        ReportRow(_name(names[row]), tuple(cells[row].tolist()))
        for row in np.flatnonzero(cells[:, 0])
    )
    total = tuple(cells.sum(axis=0).tolist())
    return [
        ReportTable("anhui_funds", title, head, columns, rows, ReportRow(TOTAL, total)),
        ReportTable(
            "anhui_published",
            Text("全省公布数与本表", "the province's published totals, and these tables"),
            Text("口径", "what"),
            (ReportColumn(Text("基金", "funds")), ReportColumn(Text("金额", "money"), "fen")),
            (
                ReportRow(Text("2024年底全省公布：累计筹集", "published, end of 2024: raised in all"), (PUBLISHED_FUNDS, PUBLISHED_FEN)),
                ReportRow(Text("本表：已知余额", "in these tables: known balances"), (total[0], total[4])),
            ),
            note=Text(f"来源：{SOURCE}", f"source: {SOURCE}"),
        ),
    ]  # fmt: skip


def project_accounts(network: LinkageNetwork, _: Context) -> list[ReportTable]:
    """Each fund's projects, their budgets, and what of the budgets its balance does not cover."""
    funds, projects = network["funds"], network["projects"]
    fund = funds.row_of(projects["fund"])
    budget = np.where(projects.known("budget_fen"), projects["budget_fen"], 0)
    rows = []
    for row in np.unique(fund[fund >= 0]).tolist():
        planned = int(budget[fund == row].sum())
        balance = int(funds["balance_fen"][row]) if funds.known("balance_fen")[row] else None
        lacking = None if balance is None else max(planned - balance, 0)
        unstated = int((~projects.known("budget_fen"))[fund == row].sum())
        cells = (int((fund == row).sum()), unstated, planned, balance, lacking)
        rows.append(ReportRow(_name(funds["name"][row]), cells))
    columns = (
        ReportColumn(Text("项目", "projects")),
        ReportColumn(Text("没有预算的", "without a budget")),
        ReportColumn(Text("预算合计", "budgets"), "fen"),
        ReportColumn(Text("基金余额", "in the fund"), "fen"),
        ReportColumn(Text("余额不足部分", "not covered"), "fen"),
    )
    title = Text("基金的项目账户", "the project accounts of the funds")
    return [ReportTable("changqing_accounts", title, Text("基金", "fund"), columns, tuple(rows))]


def _name(name: str) -> Text:
    return Text(name, name) if name else Text("未写到区县的", "not placed in a county")


@hookimpl
def register_demos() -> list[Demo]:
    """The made-up tables that come with wushe."""
    about = Text(
        "包河常青街道的“乐助常青”基金：街道与基金会配比、按项目支出（虚构细节）：8 户家庭，规划日期 2025-03-10",
        "Lezhu Changqing, Baohe: street and foundation match, relief by project (details made up): 8 households, planned on 2025-03-10",
    )
    folder = Path(__file__).parents[1] / "demos" / "changqing"
    told = "wushe.demos.stories.changqing:tell"
    return [Demo("changqing", about, ("changqing",), "2025-03-10", folder, ("H-01", "H-05"), tell=told)]  # fmt: skip
