"""Xuanzhou District, Anhui: 救急难互助社, a small fund for emergencies in each of 217 villages.

Source, cited below as "Xuanzhou 2025": 中安在线, 13 March 2025, on community charity in Anhui. Xuanzhou's
217 villages and communities have filed (备案) an emergency mutual-aid society each, with a start-up of at
least 30,000 yuan from 区级财政支持+慈善协会配套+村集体自筹, part of a 三级联动 (three-level) relief system; in
all they have given 1,042,800 yuan to 1,790 person-times. The report gives no shares of the sources, no first
day, no limits per case and no time limits: what is assumed says so. A fiscal or collective contribution is no
donation (慈善法), and mutual aid within a community is no charity activity (article 122): the ledger keeps both apart.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wushe import (
    Columns,
    Context,
    Demo,
    KeywordRule,
    LinkageNetwork,
    NeedCategory,
    OrderGuard,
    OrderRules,
    ReportColumn,
    ReportRow,
    ReportSection,
    ReportTable,
    Text,
    hookimpl,
)
from wushe.rules import Parameter

START_UP = {"floor": ("30000", "元"), "fiscal": ("1", "bool"), "donation": ("1", "bool"), "collective": ("1", "bool")}  # fmt: skip
"""What a society must have to be filed (Xuanzhou 2025): the floor, and money of each of three natures."""
SINCE = dt.date(2024, 1, 1)
"""First day of the rule (assumed: the report gives none)."""
VILLAGE_LIMIT_FEN = 300_000
"""What a village's society gives in one case by itself; more is asked of the district (assumed)."""
DISTRICT_FUND = "F-XZ"
"""Id of the district's fund in its own tables: it answers for what is beyond a village."""
DISTRICT = "341802"
OFFICES = {DISTRICT: DISTRICT_FUND, "341802107": "S-1", "341802100": "S-2"}
"""Who answers above the village: the stations of two townships, and the district's fund (ids of its tables)."""
VILLAGE_CODE = 10
"""Codes of places above the village are shorter: 2, 4, 6 and 9 digits."""
YUAN = 100
AID = ("emergency_aid", "surgery_deposit")
"""What the societies give: the built-in emergency aid, and this plugin's deposit."""
STREET = 3
"""Position of the township among a place and those above it."""


@hookimpl
def register_parameters() -> list[Parameter]:
    """``society_floor`` in yuan, and ``society_fiscal``, ``society_donation``, ``society_collective``: 1 where asked.

    That each source gives something is how "district finance + association's match + village's own" is read;
    how much each gives is not reported and not checked.
    """
    note = "起始日推定：报道没有写明"
    return [
        Parameter(
            f"society_{name}", DISTRICT, value, unit, SINCE, None, None, "宣州区“救急难”互助社启动资金", "",
            "中安在线 2025-03-13", dt.date(2026, 11, 22), "B", note=note,
        )
        for name, (value, unit) in START_UP.items()
    ]  # fmt: skip


@hookimpl
def register_need_categories() -> list[NeedCategory]:
    """One more than the built-in emergency aid: the deposit that a hospital asks before an operation.

    Xuanzhou 2025 speaks of emergencies only; that the deposit is one kind of them follows the story that
    the same report tells of Meilong. The typical amount is assumed.
    """
    return [
        NeedCategory(
            "surgery_deposit",
            "手术押金周转",
            "deposit before an operation",
            "money",
            "fen",
            200_000,
        )
    ]


@hookimpl
def register_keyword_rules() -> list[KeywordRule]:
    """Words (assumed) for a deposit that is lacking."""
    return [KeywordRule("surgery_deposit", "(?:手术|住院).{0,4}押金|押金.{0,6}(?:凑|借|缺|交不)")]


@hookimpl
def register_order_rules() -> list[OrderRules]:
    """Emergency money: answered within hours, and one level up where the village has no answer.

    The three levels are village, township and district (Xuanzhou 2025: 三级联动社会救助体系); hours and
    rounds are assumed. Two guards: a society gives to its own village, and no more than it may alone.
    """
    own = Text("互助社只帮本村（社区）的人", "a society gives to its own village only")
    much = Text(
        "超过村级互助社单次限额，请区级资金",
        "beyond what a village's society gives in one case; ask the district's fund",
    )
    return [
        OrderRules(
            "xuanzhou",
            categories=AID,
            answer_minutes={"emergency": 120, "urgent": 480, "normal": 1440, "low": 2880},
            asked_at_once=1,
            rounds=1,
            levels=("community", "street", "county"),
            offices=OFFICES,
            guards=(
                OrderGuard("xuanzhou_own_village", own, own_village),
                OrderGuard("xuanzhou_limit", much, within_limit),
            ),
        )
    ]


def own_village(orders: Columns, helpers: Columns) -> npt.NDArray[np.bool_]:
    """Return whether the place of order i is the place of fund i or lies in it, bool (n,).

    Codes of places begin with those of the places that they lie in. An unknown place is no reason to refuse.
    """
    pairs = zip(orders["place"], helpers["place"], strict=True)
    inside = [asked is None or home is None or _within(asked, home) for asked, home in pairs]
    return np.array(inside, dtype=bool).reshape(len(orders)) | _no_fund(helpers)


def _within(place: str, home: str) -> bool:
    return place == home or (len(home) < VILLAGE_CODE and place.startswith(home))


def within_limit(orders: Columns, helpers: Columns) -> npt.NDArray[np.bool_]:
    """Return whether order i asks no more than `VILLAGE_LIMIT_FEN`, or the district is asked, bool (n,)."""
    district = helpers["place"].astype(str) == DISTRICT
    return np.asarray((orders["amount"] <= VILLAGE_LIMIT_FEN) | district | _no_fund(helpers))


def _no_fund(helpers: Columns) -> npt.NDArray[np.bool_]:
    return np.asarray(helpers["kind"].astype(str) != "funds")


@hookimpl
def split_gifts(donations: Columns, pools: Columns) -> list[tuple[str, str, int]]:
    """Return (donation, pool, fen): what the charity association adds, in whole yuan, first come first served.

    Xuanzhou 2025: 慈善协会配套. The ratio and the caps are the pool's own; that whole yuan are given, rounded
    down, and that one pool at most adds to one donation are assumed. A cap counts what was given before.
    """
    left = dict(zip(pools["id"], pools["left_fen"].tolist(), strict=True))
    given: defaultdict[tuple[str, str], int] = defaultdict(int)
    for pool, before in zip(pools["id"], pools["given"], strict=True):
        given.update({(pool, what): fen for what, fen in before.items()})
    out = []
    order = sorted(range(len(donations)), key=lambda i: (donations["at"][i], donations["id"][i]))
    for i in order:
        for j in range(len(pools)):
            if not _open(donations, i, pools, j):
                continue
            pool = pools["id"][j]
            keys = [(pool, f"{name}:{donations[name][i]}") for name in ("donor", "project")]
            fen = _match(donations["fen"][i], pools, j, left[pool], [given[key] for key in keys])
            if fen > 0:
                out.append((donations["id"][i], pool, fen))
                left[pool] -= fen
                for key in keys:
                    given[key] += fen
                break
    return out


def _open(donations: Columns, i: int, pools: Columns, j: int) -> bool:
    """Return whether pool j is for donation i: its fund, and the instants between which it is open."""
    at, fund = donations["at"][i], pools["fund"][j]
    opens, closes = pools["opens"][j], pools["closes"][j]
    return (
        (fund is None or fund == donations["fund"][i])
        and (opens is None or opens <= at)
        and (closes is None or at < closes)
    )


def _match(fen: int, pools: Columns, j: int, left: int, given: list[int]) -> int:
    """Return what pool j adds to a gift of `fen`, in whole yuan."""
    wanted = int(fen) * int(pools["numerator"][j]) // int(pools["denominator"][j])
    caps = [("gift_cap", 0), ("donor_cap", given[0]), ("project_cap", given[1])]
    limits = [int(pools[name][j]) - before for name, before in caps if pools[name][j] >= 0]
    return max(min(wanted, left, *limits), 0) // YUAN * YUAN


@hookimpl
def register_report_sections() -> list[ReportSection]:
    """The societies of each township: how many are filed, and what their funds hold."""
    label = Text("“救急难”互助社", "emergency mutual-aid societies")
    return [ReportSection("xuanzhou_societies", label, societies)]


def societies(network: LinkageNetwork, context: Context) -> list[ReportTable]:
    """Return the table of societies by township; an unknown balance is left out and said."""
    del context
    places, bodies, funds = network["places"], network["organizations"], network["funds"]
    township = np.append(network.places.ancestors[:, STREET], -1)
    held: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in np.flatnonzero(bodies["kind"].astype(str) == "mutual_aid_society").tolist():
        own = funds["balance_fen"][(funds["host"] == bodies.ids[row]) & funds.known("balance_fen")]
        at = int(township[places.row_of([bodies["place"][row]])[0]])
        found = (1, int(bodies["registration"][row] == "filed"), int(own.sum()))
        held[at] = [a + b for a, b in zip(held[at], found, strict=True)]
    rows = tuple(ReportRow(_name(network, at), tuple(held[at])) for at in sorted(held))
    columns = (
        ReportColumn(Text("互助社", "societies")),
        ReportColumn(Text("已备案", "filed")),
        ReportColumn(Text("余额", "balance"), "fen"),
    )
    sums = tuple(sum(counts[k] for counts in held.values()) for k in range(len(columns)))
    title = Text("各乡镇（街道）的互助社", "Societies by township")
    return [
        ReportTable(
            "xuanzhou_societies", title, Text("乡镇（街道）", "township"), columns, rows,
            ReportRow(Text("合计", "all"), sums), Text("余额未知的不计入", "unknown balances are left out"),
        )
    ]  # fmt: skip


def _name(network: LinkageNetwork, row: int) -> Text:
    name = network["places"]["name"][row] if row >= 0 else None
    return Text(name, name) if name else Text("地区不详", "place unknown")


@hookimpl
def register_demos() -> list[Demo]:
    """The made-up tables that come with wushe."""
    about = Text(
        "宣州217个救急难互助社（虚构细节）：三万元的底、三个来源、三级联动、账目平衡；8 户家庭，规划日期 2025-03-10",
        "the 217 emergency mutual-aid societies of Xuanzhou (details made up): floor, three sources, three levels, a ledger that balances; 8 households, planned on 2025-03-10",
    )
    folder = Path(__file__).parents[1] / "demos" / "xuanzhou"
    return [
        Demo(
            "xuanzhou", about, ("xuanzhou",), "2025-03-10", folder, ("H-01", "H-08"),
            tell="wushe.demos.stories.xuanzhou:tell",
        )
    ]  # fmt: skip
