"""青石区的五社联动规则 / the rules of 青石区.

来源 Source：《青石区困难群众帮扶实施细则》（虚构，请换成真实的文件名和文号），下称“细则”。
The made-up document DOCUMENT stands for yours. What it does not say is marked as assumed (假定).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import wushe
from wushe import Columns, Context, Pairs, Text, hookimpl
from wushe.rules import (
    Amount,
    Condition,
    Material,
    Parameter,
    Policy,
    Step,
    age,
    compare,
    family_has,
    members,
    p,
    param,
)

DOCUMENT = "《青石区困难群众帮扶实施细则》（虚构）"
REGION = "990101"
"""本地的行政区划代码，六位（虚构） / the code of the region, made up."""
FROM, CHECKED = dt.date(2024, 11, 1), dt.date(2025, 9, 1)
"""细则施行的日期；上次核对原文的日期 / in force since; last checked against the text."""

LETTERS, HILLSIDE = "qingshi_letters", "qingshi_hillside"
COMMUNITY = 4
"""地区分六级：0 省、1 市、2 区县、3 街道乡镇、4 社区村、5 网格 / levels of place."""
NOWHERE = -1
"""不知道在哪里 / the place is not known."""


# --- 一、词汇 Words -------------------------------------------------------------------------------


@hookimpl
def register_need_categories() -> list[wushe.NeedCategory]:
    """细则第六条：代读书信。没写多久的按 30 分钟安排（假定） / reading letters, 30 minutes (assumed).

    用到它的 used by：用例 C-1，示例里的需求 N-1 / case C-1, need N-1 of the demo.
    """
    return [
        wushe.NeedCategory(
            LETTERS, "代读书信", "reading letters", "service", "minute", 30, ("visiting",)
        )
    ]


@hookimpl
def register_target_groups() -> list[wushe.TargetGroup]:
    """细则第三条：自己种坡地的老人 / elders who farm steep land. 用到它的 used by：register_programmes、示例 H-2."""
    return [wushe.TargetGroup(HILLSIDE, "坡地老人", "elder on steep land")]


# --- 二、政府救助 Relief ----------------------------------------------------------------------------


def _local(name: str, value: str, unit: str, article: str) -> Parameter:
    return Parameter(
        name=f"qingshi_{name}", region=REGION, value=value, unit=unit, valid_from=FROM, valid_to=None,
        expires=None, document=DOCUMENT, article=article, source="区政府公报（虚构）", checked=CHECKED,
        confidence="A",
    )  # fmt: skip


@hookimpl
def register_parameters() -> list[Parameter]:
    """细则里的数字，一个数字一行；数字变了只改这里 / the figures of the document, one a line."""
    return [
        _local("heating_month", "80", "元/人·月", "第十条"),
        _local("heating_age", "70", "岁", "第九条"),
        _local("heating_operator", ">=", "operator", "第九条"),
        _local("heating_days", "10", "工作日", "第十二条"),
    ]


OLD = compare(age(p.birth), "qingshi_heating_operator", param("qingshi_heating_age"))
"""年满七十 / has reached the age."""


@hookimpl
def register_policies() -> list[Policy]:
    """细则第九至十二条：冬季取暖补贴，低保、低保边缘家庭里年满七十的，每人每月八十元 / heating aid."""
    office = Text("街道办事处", "street office")
    poor = Text("低保或低保边缘家庭", "a dibao or edge family")
    old = Text("有70岁及以上的成员", "a member of 70 or more")
    aid = Text("取暖补贴", "heating aid")
    return [
        Policy(
            id="qingshi_heating", name=Text("冬季取暖补贴", "winter heating aid"), unit="households",
            kind="living", document=DOCUMENT, confidence="A", checked=CHECKED, region=REGION,
            valid_from=FROM, order=9, covers=("living_aid",),
            conditions=(
                Condition("low_income", poor, family_has("dibao") | family_has("edge"), DOCUMENT, "第九条"),
                Condition("elder", old, members.any(OLD), DOCUMENT, "第九条"),
            ),
            amounts=(
                Amount("heating", aid, param("qingshi_heating_month") * members.count(OLD), "month", DOCUMENT, "第十条"),
            ),
            materials=(
                Material("form", Text("申请表", "application form"), DOCUMENT, "第十一条"),
                Material("births", Text("成员出生日期", "birth dates"), DOCUMENT, "第十一条", ("persons.birth",), fetch=True),
            ),
            steps=(
                Step("accept", Text("受理", "acceptance"), office, DOCUMENT, "第十二条"),
                Step("confirm", Text("审核确认", "the office decides"), office, DOCUMENT, "第十二条",
                     limit="qingshi_heating_days", after="accept"),
            ),
        )
    ]  # fmt: skip


# --- 三、供需匹配 Matching --------------------------------------------------------------------------


@hookimpl
def filter_candidates(needs: Columns, offers: Columns, pairs: Pairs) -> wushe.FilterTerm:
    """细则第七条：志愿者在本社区服务 / volunteers serve their own community. 逐对写法 one pair at a time."""
    allowed = wushe.each_pair(near_enough, needs, offers, pairs)
    label = Text("志愿者在本社区服务（第七条）", "volunteers stay in their community (article 7)")
    return wushe.FilterTerm(allowed, "reach", label=label, name="qingshi_own_community")


def near_enough(need: Any, offer: Any) -> bool:
    """一条需求、一条供给，行不行 / may this offer serve this need?

    不知道住哪个社区、不知道人在哪里，不当作“不行”；写明在街道一级的，不是哪个社区的，不行。
    An unknown place is no "no"; whoever is known to be of the whole street is of no community.
    """
    if offer["provider_kind"] != "volunteers":
        return True
    theirs, own = need["ancestors"][COMMUNITY], offer["ancestors"][COMMUNITY]
    if theirs == NOWHERE or offer["place_row"] == NOWHERE:
        return True
    return bool(theirs == own)


@hookimpl
def score_candidates(needs: Columns, offers: Columns, pairs: Pairs) -> wushe.ScoreTerm:
    """细则第八条：独居老人先请社工上门 / elders living alone: a worker first. 整批写法 in columns.

    权重 8 是假定的 / the weight is assumed.
    """
    alone = np.array(["lone_elder" in groups for groups in needs["groups"]], dtype=float)
    worker = (offers["provider_kind"] == "social_workers").astype(float)
    values = alone[pairs.need] * worker[pairs.offer]
    label = Text("独居老人先请社工", "lone elders: a social worker first")
    term = wushe.ScoreTerm("qingshi_worker_first", 8, values, label)
    # 每条需求、每条供给至多得多少分，大城市靠它省时间 / the most that a need, an offer can score
    return term.bounded(row=alone, column=worker)


@hookimpl
def prioritise_needs(needs: Columns, context: Context) -> npt.NDArray[np.float64]:
    """细则第五条：先急后缓；同样急的，独居老人先 / the urgent first, then elders living alone."""
    del context
    return wushe.each_need(priority, needs).astype(np.float64)


def priority(need: Any) -> float:
    """一条需求的轻重缓急，0 到 1 / how pressing one need is. 0.3、0.1 是假定的 assumed."""
    return float(0.3 * need["urgency"] + 0.1 * ("lone_elder" in need["groups"]))


# --- 四、派单与积分 Orders, points ------------------------------------------------------------------


@hookimpl
def register_order_rules() -> list[wushe.OrderRules]:
    """细则第十三条：急难三十分钟内答复；未成年志愿者不代办跑腿 / answer times, and a guard."""
    label = Text("未成年志愿者不代办跑腿", "no errands by volunteers under age")
    return [
        wushe.OrderRules(
            "qingshi",
            answer_minutes={"emergency": 30, "urgent": 240},
            guards=(wushe.OrderGuard("qingshi_adults", label, adults_run_errands),),
        )
    ]


def adults_run_errands(orders: Columns, helpers: Columns) -> npt.NDArray[np.bool_]:
    """第 i 张单能不能派给第 i 个人，bool (n,) / whether helper i may take order i."""
    return np.asarray(~((orders["category"] == "errand") & helpers["minor"]), dtype=np.bool_)


@hookimpl
def register_point_rules() -> list[wushe.PointRule]:
    """细则第十四条：一小时十分，一天至多六十分 / ten points an hour, sixty a day at most."""
    return [
        wushe.PointRule("qingshi", Text("志愿积分", "volunteer points"), per_hour=10, daily_cap=60)
    ]


# --- 五、标准、项目、报表 Standards, programmes, reports ---------------------------------------------


@hookimpl
def register_standards() -> list[wushe.Standard]:
    """细则第十五条：社工站有场地、有制度、有服务 / a station has a venue, rules and serves."""
    return [
        wushe.Standard(
            "qingshi_three_haves",
            Text("社工站“三有”", "the three haves of a station"),
            (
                wushe.StandardItem("venue", Text("有场地", "a venue"), has_venue),
                wushe.StandardItem("rules", Text("有制度", "rules"), has_rules),
                wushe.StandardItem("service", Text("一年内有服务", "served within a year"), serves),
            ),
            source=DOCUMENT,
        )
    ]


def has_venue(stations: Columns, context: Context) -> npt.NDArray[np.int8]:
    """1 有、0 没有、-1 不清楚 / yes, no, unknown."""
    del context
    return stations["has_venue"].astype(np.int8)


def has_rules(stations: Columns, context: Context) -> npt.NDArray[np.int8]:
    """同上 / the same."""
    del context
    return stations["has_rules"].astype(np.int8)


def serves(stations: Columns, context: Context) -> npt.NDArray[np.int8]:
    """近 365 天有服务记录 / a service on record in the last 365 days."""
    del context
    return (stations["services"] > 0).astype(np.int8)


@hookimpl
def register_programmes() -> list[wushe.Programme]:
    """细则第十六条：坡上有人，为坡地老人 / the programme for elders on the hill."""
    return [
        wushe.Programme(
            "qingshi_hill", Text("坡上有人", "somebody on the hill"), (HILLSIDE,),
            ("visit", "errand"), ("door", "neighbour"), source=DOCUMENT,
        )
    ]  # fmt: skip


@hookimpl
def register_report_sections() -> list[wushe.ReportSection]:
    """细则第十七条：每月按社区报家庭数和独居老人家庭数 / households by community, every month."""
    label = Text("分社区情况", "by community")
    return [wushe.ReportSection("qingshi_communities", label, by_community)]


def by_community(network: wushe.LinkageNetwork, context: Context) -> Sequence[wushe.ReportTable]:
    """一张表：只有数，没有人；家庭的 place 归到它的社区 / counts of homes by the community they lie in."""
    del context
    homes = network["households"]
    alone = ["lone_elder" in (groups or ()) for groups in homes["target_groups"]]
    rows = wushe.count_by_place(
        network, "community", (homes["place"], None), (homes["place"], alone)
    )
    title, head = ("分社区的家庭", "households by community"), ("社区", "community")
    columns = (
        ("家庭", "households", "people"),
        ("独居老人家庭", "with an elder living alone", "people"),
    )
    return [wushe.count_table("qingshi_communities", title, head, columns, rows)]


# --- 六、示例 Demo ----------------------------------------------------------------------------------


@hookimpl
def register_demos() -> list[wushe.Demo]:
    """随插件的虚构数据：wushe demo qingshi / made-up tables that come with the plugin."""
    about = Text(
        "青石区的虚构示例：4 户家庭，规划日期 2025-09-15",
        "a made-up example of 青石区: 4 households, planned on 2025-09-15",
    )
    folder = Path(__file__).parent / "demo"
    stories = ("H-1", "H-2")
    return [wushe.Demo("qingshi", about, ("qingshi",), "2025-09-15", folder, stories)]
