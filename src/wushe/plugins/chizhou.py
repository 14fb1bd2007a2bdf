"""Chizhou, Anhui: three kinds of money in one township, each for what it is meant for.

Source, cited below as "Chizhou 2025": 中安在线, 13 March 2025, on community charity in Anhui. Meilong's charity
station runs three together: the community charity fund (社区慈善基金) gives projects steady money, the mutual-aid
village project (幸福家园村社互助) solves a community's own matters by mutual help, the emergency mutual-aid society
(救急难互助社) helps whoever is in sudden need, at once. A resident who was gravely ill got emergency aid, backed
by the fund, had her operation, and then found work near home. The report gives no amounts, limits, order or
weights: what is assumed says so.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wushe import (
    Columns,
    Context,
    Demo,
    FilterTerm,
    KeywordRule,
    LinkageNetwork,
    NeedCategory,
    OrderRules,
    Pairs,
    ReportSection,
    ReportTable,
    ScoreTerm,
    Text,
    among,
    count_table,
    hookimpl,
    service_category,
)

SOCIETY, VILLAGE, FUND = range(3)
MONEY = (
    Text("“救急难”互助社", "emergency mutual-aid society"),
    Text("“幸福家园”村社互助", "mutual-aid village project"),
    Text("社区慈善基金", "community charity fund"),
)
"""The three (Chizhou 2025), by the constants above."""
HOSTS = {"mutual_aid_society": SOCIETY, "community_committee": VILLAGE}
"""Which of the three an organization's fund is, by its kind; all others keep community funds (assumed)."""
ROUTES = {
    "emergency_aid": (SOCIETY, FUND),
    "neighbour_aid": (VILLAGE, FUND),
    "village_matter": (VILLAGE,),
}
"""Which money answers a category, the first one first. What each of the three is for is Chizhou 2025, that the
fund steps in for the others follows its story; the categories are this plugin's."""
OTHERWISE = (FUND,)
"""All other money needs: projects of the community fund."""
EMERGENCY = 3
"""Code of the most pressing urgency."""
WEIGHT = 12
"""More than all built-in score terms can differ by, so that the right money comes first (assumed)."""
UNKNOWN = len(MONEY)
"""A fund of a host of unknown kind: no reason to refuse."""


@hookimpl
def register_need_categories() -> list[NeedCategory]:
    """What the report tells of and the built-in categories lack; typical amounts and the skill are assumed."""
    return [
        NeedCategory("surgery_cost", "手术自付费用", "own part of an operation's cost", "money", "fen", 500_000),
        NeedCategory("neighbour_aid", "邻里互助金", "small aid among neighbours", "money", "fen", 50_000),
        NeedCategory("village_matter", "村社公共事务", "a community's own matter", "money", "fen", 300_000, refers=False),
        service_category("job_nearby", "就近就业对接", "work found near home", 90, "coaching"),
    ]  # fmt: skip


@hookimpl
def register_keyword_rules() -> list[KeywordRule]:
    """Words (assumed) for an operation that cannot be paid, and for work wanted close by."""
    return [
        KeywordRule("surgery_cost", "手术.{0,6}(?:没钱|凑|拿不出|费用)|无钱(?:治疗|手术)"),
        KeywordRule("job_nearby", "(?:家附近|就近|本地).{0,8}(?:工作|上班|找活)"),
    ]


@hookimpl
def order_relief_sources(
    needs: Columns, sources: tuple[str, ...], context: Context
) -> npt.NDArray[np.int64]:
    """The society first where help must come before an operation, else government first.

    Chizhou 2025: 及时提供紧急救助资金，及时就医. What is no emergency goes to the office first (民发〔2023〕46号).
    """
    del context
    turns = np.tile(np.arange(1, len(sources) + 1), (len(needs), 1))
    if "mutual_aid" in sources:
        first = [ROUTES.get(c, OTHERWISE)[0] == SOCIETY for c in needs["category"]]
        urgent = needs["urgency"] == EMERGENCY
        at_once = urgent | np.array(first, dtype=bool).reshape(len(needs))
        turns[at_once, sources.index("mutual_aid")] = 0
    return np.argsort(np.argsort(turns, axis=1, kind="stable"), axis=1)


def money_of(offers: Columns) -> npt.NDArray[np.int64]:
    """Return which of the three each offer is, `UNKNOWN` where the host is not known, -1 for no money, int64 (n_offers,)."""
    kinds = [UNKNOWN if kind is None else HOSTS.get(kind, FUND) for kind in offers["host_kind"]]
    is_fund = among(offers["provider_kind"], "funds")
    return np.where(is_fund, np.array(kinds, dtype=np.int64).reshape(len(offers)), -1)


def turns(needs: Columns) -> npt.NDArray[np.float64]:
    """Return how right each money is for each need, float (n_needs, 4): 1 the first of its route, 0.5 the second, 0 never.

    A need that is not about money has ones throughout, and so has money of a host not known.
    """
    found = np.ones((len(needs), len(MONEY) + 1))
    for row in np.flatnonzero(among(needs["form"], "money")).tolist():
        found[row] = 0, 0, 0, 1 / 2
        for turn, money in enumerate(ROUTES.get(needs["category"][row], OTHERWISE)):
            found[row, money] = 1 / (1 + turn)
    return found


@hookimpl
def filter_candidates(needs: Columns, offers: Columns, pairs: Pairs) -> FilterTerm:
    """Money is not given for what another of the three is for, even where its own purposes are wider."""
    right, money = turns(needs), money_of(offers)
    allowed = (money[pairs.offer] < 0) | (right[pairs.need, money[pairs.offer]] > 0)
    label = Text(
        "这笔钱不管这类事：急难找互助社，共同的事找互助项目",
        "not what this money is for: emergencies to the society, common matters to the village project",
    )
    return FilterTerm(allowed, "restriction", partial(_classes, right, money), label=label)


def _classes(right: npt.NDArray[np.float64], money: npt.NDArray[np.int64]) -> tuple[Any, Any]:
    """Return what decides: which money a need may have, as bits, and which money an offer is."""
    return (right > 0) @ (1 << np.arange(right.shape[1])), money


@hookimpl
def score_candidates(needs: Columns, offers: Columns, pairs: Pairs) -> ScoreTerm:
    """The money that is meant for the need first, the one that steps in for it next (weight assumed)."""
    right, money = turns(needs), money_of(offers)
    is_money = money[pairs.offer] >= 0
    values = np.where(is_money, right[pairs.need, money[pairs.offer]], 0.0)
    label = Text("对口的钱先用", "the money meant for it first")
    return ScoreTerm("chizhou_route", WEIGHT, values, label).bounded(
        column=(money >= 0).astype(float)
    )


@hookimpl
def register_order_rules() -> list[OrderRules]:
    """Emergency money and operations: answered within two hours where life is at risk (assumed)."""
    minutes = {"emergency": 120, "urgent": 480}
    return [OrderRules("chizhou", ("emergency_aid", "surgery_cost"), minutes, rounds=1)]


@hookimpl
def register_report_sections() -> list[ReportSection]:
    """Which money answers what, and what is asked of it."""
    label = Text("三种资金怎么分工", "which money answers what")
    return [ReportSection("chizhou_routes", label, routes)]


def routes(network: LinkageNetwork, context: Context) -> list[ReportTable]:
    """Return the table of money categories: their route in words, open needs, and the yuan asked where known."""
    needs, rows = network["needs"], []
    is_open = ~among(needs["status"], ("met", "withdrawn"))
    for key, category in context.categories.items():
        count = int((is_open & (needs["category"] == key)).sum())
        if category.form == "money" and (key in ROUTES or count):
            named = [MONEY[money] for money in ROUTES.get(key, OTHERWISE)]
            path = Text(" → ".join(n.zh for n in named), " → ".join(n.en for n in named))
            rows.append(((category.zh, category.en), (path, count)))
    columns = (("依次动用", "in this order", "words"), ("未了需求", "open needs", "people"))
    title = ("需求与资金的对应", "Needs and the money for them")
    return [count_table("chizhou_routes", title, ("类别", "category"), columns, rows)]


@hookimpl
def register_demos() -> list[Demo]:
    """The made-up tables that come with wushe."""
    about = Text(
        "池州梅龙的三种资金（虚构细节）：各用各的钱，术前救急、术后找工作；规划日期 2024-11-18",
        "three kinds of money in Meilong, Chizhou (details made up): each for its own, aid before an operation and work after it; planned on 2024-11-18",
    )
    folder = Path(__file__).parents[1] / "demos" / "chizhou"
    return [
        Demo(
            "chizhou", about, ("chizhou",), "2024-11-18", folder, ("H-01", "H-04", "I-01"), relief=True,
            tell="wushe.demos.stories.chizhou:tell",
        )
    ]  # fmt: skip
