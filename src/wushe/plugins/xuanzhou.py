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
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wushe import (
    Columns,
    Context,
    Demo,
    KeywordRule,
    LinkageNetwork,
    MatchingPool,
    NeedCategory,
    OrderGuard,
    OrderRules,
    ReportSection,
    ReportTable,
    Text,
    among,
    count_by_place,
    count_table,
    hookimpl,
    split_in_turn,
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
        NeedCategory("surgery_deposit", "手术押金周转", "deposit before an operation", "money", "fen", 200_000),
    ]  # fmt: skip


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
    district = among(helpers["place"], DISTRICT)
    return np.asarray((orders["amount"] <= VILLAGE_LIMIT_FEN) | district | _no_fund(helpers))


def _no_fund(helpers: Columns) -> npt.NDArray[np.bool_]:
    return ~among(helpers["kind"], "funds")


@hookimpl
def split_gifts(donations: Columns, pools: Columns) -> list[tuple[str, str, int]]:
    """Return (donation, pool, fen): what the charity association adds, in whole yuan, first come first served.

    Xuanzhou 2025: 慈善协会配套. The ratio and the caps are the pool's own; that whole yuan are given, rounded
    down, and that one pool at most adds to one donation are assumed. A cap counts what was given before.
    """
    return split_in_turn(donations, pools, _first_that_may)


def _first_that_may(
    gift: Mapping[str, Any], pools: Sequence[MatchingPool]
) -> Iterator[tuple[MatchingPool, int]]:
    """Yield the first pool that may add a yuan or more, and how much, in whole yuan."""
    for pool in pools:
        fen = pool.may_add(gift) // YUAN * YUAN
        if fen > 0:
            yield pool, fen
            break


@hookimpl
def register_report_sections() -> list[ReportSection]:
    """The societies of each township: which villages have none, how many are filed, what their funds hold."""
    label = Text("“救急难”互助社", "emergency mutual-aid societies")
    return [ReportSection("xuanzhou_societies", label, societies)]


def societies(network: LinkageNetwork, context: Context) -> list[ReportTable]:
    """Return the table of societies by township; an unknown balance is counted apart, not as zero."""
    del context
    every, funds, places = network["organizations"], network["funds"], network["places"]
    rows = np.flatnonzero(among(every["kind"], "mutual_aid_society"))
    at = every["place"][rows]
    known = funds.known("balance_fen")
    held: dict[str, int] = dict.fromkeys(every.ids[rows].tolist(), 0)
    unknown = set(held)
    for host, fen in zip(funds["host"][known], funds["balance_fen"][known].tolist(), strict=True):
        if host in held:
            held[host] += fen
            unknown.discard(host)
    filed = among(every["registration"][rows], "filed")
    villages = places.ids[among(places["level"], "community")]
    without = ~np.isin(villages.astype(str), [str(place) for place in at])
    dark = [society in unknown for society in held]
    parts = (
        (villages, None),
        (villages, without),
        (at, None),
        (at, filed),
        (at, dark),
        (at, [*held.values()]),
    )
    found = count_by_place(network, "street", *parts)
    return [
        count_table(
            "xuanzhou_societies",
            ("各乡镇（街道）的互助社", "Societies by township"),
            ("乡镇（街道）", "township"),
            (
                ("村（社区）", "villages"),
                ("没有互助社的", "without a society"),
                ("互助社", "societies"),
                ("已备案", "filed"),
                ("余额不明的", "balance unknown"),
                ("已知余额", "balance, where known", "fen"),
            ),
            found,
            total=True,
        )
    ]


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
