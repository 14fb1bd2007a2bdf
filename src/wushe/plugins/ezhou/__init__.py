"""Ezhou, Hubei: a province-wide matching campaign, seven ways of working, named funds, goods for every home.

Source, cited below as "Ezhou": the city's news of the press conference of 16 May on the 慈善一日捐 within the second
湖北数字公益节. From 20 to 22 May a foundation matches and rewards gifts to all projects of the province with 30
million yuan. The charity federation works in seven ways: with the whole province, with the provincial federation,
on its own, by the year's requests, with firms that direct their gifts, in emergencies (270 million yuan in 2020),
and with resources from elsewhere (goods worth 103,000 yuan for all homes for the elderly, named funds). The
text gives no year (2023, from what it tells), no ratio, caps or weights: what is assumed says so. Whom a directed
gift may serve is the donor's word: the built-in rules hold it; this plugin only uses such money first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from wushe import (
    Columns,
    Context,
    Demo,
    LinkageNetwork,
    NeedCategory,
    OrderRules,
    Pairs,
    Programme,
    ReportSection,
    ReportTable,
    ScoreTerm,
    TargetGroup,
    Text,
    count_table,
    hookimpl,
    product_term,
)
from wushe.plugins.ezhou.spread import goods_for_homes
from wushe.rules import Parameter

PROVINCE = "420000"
SOURCE = "鄂州市“慈善一日捐”新闻发布会报道（5月16日）"
SOURCE_NOTE = Text(
    f"来源：{SOURCE}", "source: news of the press conference on Ezhou's one-day charity, 16 May"
)
FIRST, LAST = dt.date(2023, 5, 20), dt.date(2023, 5, 22)
"""The campaign's days; the year is inferred from the text."""
WAYS = (
    ("依托全省联动", "with the whole province", ("low_income", "child_in_difficulty", "serious_illness"), ("living_aid", "medical_escort", "child_company")),
    ("联合省慈善总会", "with the provincial federation", ("low_income", "disabled"), ("education_aid", "assistive_device")),
    ("市慈善总会自主开展", "on its own", ("serious_illness", "orphan"), ("medical_aid", "clothing")),
    ("每年按求助推出", "by each year's requests", ("double_illness", "sick_pupil"), ("medical_aid", "tutoring")),
    ("定向捐助企业", "with firms that direct their gifts", (), ("village_works", "environment_works")),
    ("应急捐赠对接", "donations in an emergency", (), ("disinfectant", "antigen_test", "emergency_aid")),
    ("链接外地资源和冠名基金", "resources from elsewhere, named funds", ("home_resident",), ("disinfectant", "antigen_test", "living_aid")),
)  # fmt: skip
"""The seven ways (Ezhou); groups and categories of each follow its examples, the choice is assumed."""
PUBLISHED = (
    ("全省配捐激励池", "matching pool of the province", 3_000_000_000),
    ("2020年应急捐款", "donations in the emergency of 2020", 27_000_000_000),
    ("2023年初发给养老机构的物资", "goods for the homes for the elderly, early 2023", 10_300_000),
)
"""What Ezhou reports, in fen."""
NO_WAY = ("编号没有写明做法的", "whose id names no way")
NAMED_WEIGHT = 3
"""Weight of what a donor named a group for, beside 4 for nearness and 2 for specialty (assumed)."""


@hookimpl
def register_need_categories() -> list[NeedCategory]:
    """Goods of early 2023 (Ezhou: 次氯酸消毒液, 抗原) and works of directed firms; typical amounts are assumed."""
    return [
        NeedCategory("disinfectant", "消毒液", "disinfectant, canisters", "goods", "piece"),
        NeedCategory("antigen_test", "抗原检测", "antigen tests", "goods", "piece"),
        NeedCategory("village_works", "修桥筑路修水渠", "bridges, roads and ditches", "money", "fen", 5_000_000),
        NeedCategory("environment_works", "社区环境整治", "tidying a community", "money", "fen", 2_000_000),
    ]  # fmt: skip


@hookimpl
def register_target_groups() -> list[TargetGroup]:
    """Whom the year's projects of 2021 and 2022 were for, and those who live in a home."""
    return [
        TargetGroup("double_illness", "双重症家庭", "family with two serious illnesses"),
        TargetGroup("sick_pupil", "患病困难学生", "sick pupil in need"),
        TargetGroup("home_resident", "养老机构入住老人", "elder who lives in a home"),
    ]


@hookimpl
def register_parameters() -> list[Parameter]:
    """The campaign's pool and its days, as published; ratio and caps are the sponsor's and not published."""
    days = (("ezhou_campaign_first", FIRST), ("ezhou_campaign_last", LAST))
    rows = [("ezhou_campaign_pool", "30000000", "元")]
    rows += [(name, f"{day:%m%d}", "MMDD") for name, day in days]
    return [
        Parameter(
            name, PROVINCE, value, unit, FIRST, LAST, None, SOURCE, "第二届湖北数字公益节", SOURCE,
            dt.date(2026, 11, 22), "B", note="年份为推定",
        )
        for name, value, unit in rows
    ]  # fmt: skip


@hookimpl
def register_order_rules() -> list[OrderRules]:
    """From village to township to district: 区、乡镇、村三级慈善服务机构 (Ezhou). Hours and rounds are assumed."""
    return [
        OrderRules(
            "ezhou",
            answer_minutes={"emergency": 60, "urgent": 480, "normal": 2880, "low": 4320},
            asked_at_once=1,
            rounds=2,
            levels=("community", "street", "county"),
        )
    ]


@hookimpl
def score_candidates(offers: Columns, pairs: Pairs) -> ScoreTerm:
    """Money and goods given for a group go to it before what is free for anybody (weight assumed)."""
    named = (offers["group_mask"] != 0).any(axis=1)
    label = Text("捐赠人指定", "named by the donor")
    return product_term("ezhou_named", NAMED_WEIGHT, label, pairs, offer=named)


@hookimpl
def register_programmes() -> list[Programme]:
    """The seven ways as fields of work, so that each is counted."""
    return [
        Programme(f"ezhou_way_{n}", Text(zh, en), groups, categories, source=f"{SOURCE}；对象、类别为假定")
        for n, (zh, en, groups, categories) in enumerate(WAYS, start=1)
    ]  # fmt: skip


@hookimpl
def register_report_sections() -> list[ReportSection]:
    """Sunlight charity: what each way does, whom each fund may serve, what every home gets."""
    return [
        ReportSection("ezhou_goods", Text("物资分到每一家养老机构", "goods for every home"), goods_for_homes),
        ReportSection("ezhou_ways", Text("七种做法", "seven ways of working"), seven_ways),
        ReportSection("ezhou_funds", Text("阳光慈善：冠名基金", "sunlight charity: named funds"), named_funds),
    ]  # fmt: skip


def seven_ways(network: LinkageNetwork, context: Context) -> list[ReportTable]:
    """Projects and their budgets by way; the id of a project begins with its way's number: ``3-...``.

    Projects whose id says no way are counted in a row of their own.
    """
    table = network["projects"]
    way = np.array([key.partition("-")[0] for key in table.ids.tolist()], dtype=str)
    on = np.datetime64(context.on, "D")
    live = ~(table["until"] < on) & ~(table["since"] > on)
    rows = []
    numbered = [(str(n), (zh, en)) for n, (zh, en, _, _) in enumerate(WAYS, start=1)]
    other = ~np.isin(way, [n for n, _ in numbered])
    of_way = [(label, way == n) for n, label in numbered] + [(NO_WAY, other)] * bool(other.any())
    for label, of in of_way:
        known = of & table.known("budget_fen")
        fen = int(table["budget_fen"][known].sum()) if known.any() else None
        cells = (int(of.sum()), int((of & live).sum()), fen, int((of & ~known).sum()))
        rows.append((label, cells))
    columns = (
        ("项目", "projects"),
        ("进行中", "under way"),
        ("预算", "budget, yuan", "fen"),
        ("预算未记", "without a budget"),
    )
    published = [((zh, en), (fen,)) for zh, en, fen in PUBLISHED]
    title, said = (
        Text("七种做法的项目", "projects of the seven ways"),
        Text("报道的数", "figures as published"),
    )
    what, money = Text("事项", "what"), ("金额", "yuan", "fen")
    return [
        count_table("ways", title, ("做法", "way"), columns, rows, total=True),
        count_table("published", said, what, (money,), published, note=SOURCE_NOTE),
    ]  # fmt: skip


def named_funds(network: LinkageNetwork, _: Context) -> list[ReportTable]:
    """Each fund with its balance and whom and what the donor named; nobody named, nothing restricted."""
    rows = []
    for fund in network["funds"].records():
        what = _words(network.categories, fund.purposes)
        whom = _words(network.target_groups, fund.for_groups)
        rows.append((fund.name, (fund.balance_fen, what, whom)))
    columns = (
        ("余额", "balance, yuan", "fen"),
        ("用途", "for what", "words"),
        ("对象", "for whom", "words"),
    )
    title = ("基金和限定", "funds and what restricts them")
    return [count_table("funds", title, ("基金", "fund"), columns, rows)]


def _words(registry: Mapping[str, NeedCategory | TargetGroup], ids: Iterable[str] | None) -> Text:
    """Return the names of `ids`; where there are none, that nothing is restricted."""
    names = [registry[key] for key in ids or ()]
    if not names:
        return Text("不限", "not restricted")
    return Text("、".join(n.zh for n in names), ", ".join(n.en for n in names))


@hookimpl
def register_demos() -> list[Demo]:
    """The made-up tables that come with wushe."""
    about = Text(
        "鄂州“慈善一日捐”和养老机构物资（虚构细节）：12 家养老机构、6 户家庭，规划日期 2023-02-06",
        "Ezhou's one-day charity and goods for the homes (details made up): 12 homes, 6 households, planned on 2023-02-06",
    )
    folder = Path(__file__).parents[2] / "demos" / "ezhou"
    tell = "wushe.demos.stories.ezhou:tell"
    return [Demo("ezhou", about, ("ezhou",), "2023-02-06", folder, ("I-03", "H-01"), tell=tell)]
