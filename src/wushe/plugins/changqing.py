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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wushe import (
    Columns,
    Context,
    Demo,
    MatchingPool,
    ReportSection,
    ReportTable,
    Standard,
    StandardItem,
    Text,
    count_by_place,
    count_table,
    hookimpl,
    split_in_turn,
)
from wushe.rules import Parameter

if TYPE_CHECKING:
    from wushe import LinkageNetwork

SOURCE = "中安在线，2025-03-13"
BAOHE = "340111"
PARTNERS = 2
"""Least number of pools of one fund: the street's and the foundation's."""
PUBLISHED = Text("2024年底全省公布：累计筹集", "published, end of 2024: raised in all")
PUBLISHED_FUNDS, PUBLISHED_FEN = 7_232, 12_500_000_000
"""Community funds of Anhui and what they had raised, end of 2024 (Anhui 2025): 125 million yuan."""
NOWHERE = Text("未写到区县的", "not placed in a county")
NO_FUND = Text("未写明基金的", "no fund named")
MET, UNKNOWN = 1, -1


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

    Pools of one fund that are open at the time are partners: what the scarcest of them may add, all add; where
    one is missing, closed or used up, the other adds nothing. Last year's pools, whose time is over, do not
    stand in the way of this year's. A pool for any fund stands alone. Gifts by their instant, then by id.
    """
    ids = pools["id"].tolist()
    times = dict(zip(ids, zip(pools["opens"], pools["closes"], strict=True), strict=True))
    return split_in_turn(donations, pools, partial(_together, times))


def _together(
    times: Mapping[str, tuple[str | None, str | None]],
    gift: Mapping[str, Any],
    pools: Sequence[MatchingPool],
) -> Iterator[tuple[MatchingPool, int]]:
    """Yield what the partners of the gift's fund add, the same each; then each pool that is for any fund."""
    own = [pool for pool in pools if pool.fund is not None and pool.fund == gift["fund"]]
    partners = [pool for pool in own if _is_open(*times[pool.id], gift["at"])]
    if len(partners) >= PARTNERS:
        fen = min(pool.may_add(gift) for pool in partners)
        yield from ((pool, fen) for pool in partners)
    yield from ((pool, pool.may_add(gift)) for pool in pools if pool.fund is None)


def _is_open(opens: str | None, closes: str | None, at: str) -> bool:
    return (opens is None or opens <= at) and (closes is None or at < closes)


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
    funds, tree = network["funds"], network.places
    at, rows = funds["place"], network["places"].row_of(funds["place"])
    community = tree.at_level(rows, "community") >= 0
    street = (tree.at_level(rows, "street") >= 0) & ~community
    known = funds.known("balance_fen")
    fen = np.where(known, funds["balance_fen"], 0)
    parts = (None, community, street, ~known, fen)
    counties = count_by_place(network, "county", *((at, part) for part in parts), nowhere=NOWHERE)
    return [
        count_table(
            "anhui_funds",
            ("社区基金，分区县", "community funds by county"),
            ("区县", "county"),
            (
                ("基金", "funds"),
                ("社区（村）基金", "of a community or village"),
                ("街道（乡镇）基金", "of a street or town"),
                ("余额不明的", "balance unknown"),
                ("已知余额", "in those that are known", "fen"),
            ),
            counties,
            total=True,
        ),
        count_table(
            "anhui_published",
            ("全省公布数与本表", "the province's published totals, and these tables"),
            ("口径", "what"),
            (("基金", "funds"), ("金额", "money", "fen")),
            (
                (PUBLISHED, (PUBLISHED_FUNDS, PUBLISHED_FEN)),
                (
                    ("本表：已知余额", "in these tables: known balances"),
                    (len(funds), int(fen.sum())),
                ),
            ),
            note=(f"来源：{SOURCE}", "source: 中安在线, 13 March 2025"),
        ),
    ]


def project_accounts(network: LinkageNetwork, _: Context) -> list[ReportTable]:
    """Each fund's projects, their budgets, and what of the budgets its balance does not cover.

    Projects of which nobody said which fund pays are counted in a row of their own.
    """
    funds, projects = network["funds"], network["projects"]
    fund = funds.row_of(projects["fund"])
    unknown = ~projects.known("budget_fen")
    budget = np.where(unknown, 0, projects["budget_fen"])
    rows: list[tuple[Text | str, tuple[int | None, ...]]] = []
    for row in np.unique(fund).tolist():
        count, unstated = int((fund == row).sum()), int((unknown & (fund == row)).sum())
        planned = None if unstated == count else int(budget[fund == row].sum())
        known = row >= 0 and bool(funds.known("balance_fen")[row])
        balance = int(funds["balance_fen"][row]) if known else None
        lacking = None if planned is None or balance is None else max(planned - balance, 0)
        cells = (count, unstated, planned, balance, lacking)
        rows.append((NO_FUND if row < 0 else str(funds["name"][row]), cells))
    columns = (
        ("项目", "projects"),
        ("没有预算的", "without a budget"),
        ("预算合计", "budgets", "fen"),
        ("基金余额", "in the fund", "fen"),
        ("余额不足部分", "not covered", "fen"),
    )
    title = ("基金的项目账户", "the project accounts of the funds")
    return [count_table("changqing_accounts", title, ("基金", "fund"), columns, rows)]


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
