"""Jiangxi: seven actions of one warm-hearted project, a file per person, three levels of service.

Source, cited below as "Jiangxi": 江西省民政厅 on its notice 《关于实施“五社联动 暖心关爱工程”的通知》, reprinted in a
collection on five-party linkage; the copy bears no date. The notice names seven actions (助老敲门、护童成长、慈善
救助、邻里守望、移风易俗、温暖回家、阳光助残) with whom each is for and what it does; ledgers of elders that hold
income, family, health and care, 一人一档 for children, a ledger for the disabled and severely mentally ill;
社工+志愿者 who watch over neighbours; social organizations and volunteers in street rounds (街面巡查); the
service system of county, town and village; silver-age volunteer teams (银龄志愿服务队).

It gives no minutes, weights or intervals, and does not say how complete a ledger must be: what is assumed
says so. Which built-in category stands for which service of the notice is this plugin's reading.
"""

from __future__ import annotations

from pathlib import Path

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
    Pairs,
    Programme,
    Question,
    ReportSection,
    ReportTable,
    RiskSignal,
    ScoreTerm,
    TargetGroup,
    Text,
    VisitForm,
    holding,
    hookimpl,
    only_by,
    product_term,
    service_category,
    times_category,
)
from wushe.plugins.jiangxi.actions import ACTIONS, CHILDREN, DISABLED, ELDERS, SOURCE
from wushe.plugins.jiangxi.ledgers import ledger_table

PROFESSIONAL = ("jx_crisis", "jx_watch_lead")
"""Work of professional social workers: the lead of a neighbour watch (社工+志愿者), and crises (assumed)."""
ROUND_DAYS = 3
"""How often whoever lives on the street is looked for (assumed)."""
STREET_POINTS = 25
ALONE_SHARE, NEVER_SHARE, SIGNAL_SHARE = 0.55, 0.30, 0.15
"""Parts of how pressing a visit is (assumed); each is more than all those after it together."""
OLD = 60


@hookimpl
def register_need_categories() -> list[NeedCategory]:
    """What the notice names beyond the built-in services; minutes and skills are assumed.

    A neighbour watch is a team's work: a social worker leads and a volunteer comes along, or nobody goes.
    """
    return [
        service_category("jx_crisis", "危机干预", "help in a crisis", 60, "counselling"),
        service_category("jx_support", "银龄互助小组", "support group of silver-age volunteers", 120, "silver_age"),
        service_category("jx_child_safety", "儿童安全教育课", "safety lesson for children", 60, "tutoring", minors=True),
        service_category("jx_outing", "公益课外实践", "outing for children", 180, "organising", minors=True),
        service_category("jx_parenting", "家庭亲子教育指导", "advice on bringing up children", 60, "coaching"),
        service_category("jx_watch_lead", "邻里守望（社工带队）", "neighbour watch: the social worker", 30, "visiting"),
        service_category("jx_watch_member", "邻里守望（志愿者同行）", "neighbour watch: the volunteer", 30, "visiting"),
        times_category("jx_watch", "邻里守望探访", "neighbour watch", "jx_watch_lead", "jx_watch_member"),
        service_category("jx_customs", "移风易俗宣传活动", "event on plain customs", 120, "organising"),
        service_category("jx_way_home", "寻亲返乡", "finding the family, and the way home", 120, "tracing"),
        service_category("jx_ability", "残疾人能力提升", "training for the disabled", 120, "coaching"),
        service_category("jx_recovery", "精神康复服务", "recovery from mental illness", 60, "rehabilitation"),
    ]  # fmt: skip


@hookimpl
def register_target_groups() -> list[TargetGroup]:
    """Elders and children in difficulty whom the notice names and the built-in groups lack."""
    return [
        TargetGroup("jx_oldest", "高龄老人", "very old"),
        TargetGroup("jx_frail_elder", "失能老人", "elder who cannot live unaided"),
        TargetGroup("jx_poor_elder", "经济困难老人", "elder in poverty"),
        TargetGroup("jx_left_elder", "留守老人", "elder left behind"),
        TargetGroup("jx_left_child", "农村留守儿童", "child left behind in the country"),
    ]


@hookimpl
def register_programmes() -> list[Programme]:
    """The seven actions; neighbours' watch and plain customs are for everybody."""
    return [
        Programme(f"jiangxi_{key}", Text(zh, en), groups, categories, kinds, SOURCE)
        for key, (zh, en, groups, categories, kinds) in ACTIONS.items()
    ]


@hookimpl
def register_visit_forms() -> list[VisitForm]:
    """What the notice offers to rough sleepers, asked in the built-in street-round form; wording assumed."""
    home = Text("想不想找家人、回老家", "would like to find the family and go home")
    work = Text("想不想找活干", "would like help to find work")
    return [
        VisitForm(
            "street", Text("街面巡查登记表", "Street-round form"),
            (
                Question("want_jx_way_home", "needs", home, None, "person", "jx_way_home", "小时"),
                Question("want_job_coaching", "needs", work, None, "person", "job_coaching", "小时"),
            ),
        )
    ]  # fmt: skip


@hookimpl
def register_keyword_rules() -> list[KeywordRule]:
    """Words (assumed) in a worker's notes."""
    return [
        KeywordRule("jx_way_home", "流浪|露宿|乞讨|睡(?:桥洞|车站|街)|找不到(?:家|亲人)"),
        KeywordRule("jx_customs", "大操大办|人情债|高价彩礼|攀比.{0,4}(?:酒席|宴席)"),
        KeywordRule("jx_crisis", "不想活|轻生|寻短见|自杀", weight=5),
    ]


@hookimpl
def register_risk_signals() -> list[RiskSignal]:
    """One sign: seen on the street in a round; points are assumed."""
    label = Text("街面巡查发现露宿", "found sleeping rough in a street round")
    return [RiskSignal("jx_on_street", label, on_street, STREET_POINTS, ROUND_DAYS)]


def on_street(persons: Columns, _: Context) -> npt.NDArray[np.int8]:
    """Whether the person lives on the street: 1, 0, -1 unknown. Whoever lives in a household does not."""
    said = np.array(persons["on_street"], dtype=np.int8)
    housed = (persons["household_row"] >= 0) & (said < 0)
    return np.where(housed, 0, said).astype(np.int8)


@hookimpl
def prioritise_visits(persons: Columns) -> npt.NDArray[np.float64]:
    """Neighbour watch: elders who live alone and whoever sleeps on the street first, then those never visited.

    The notice asks for elders' doors, neighbours and streets to be watched (助老敲门, 邻里守望, 街面巡查) and gives no
    order: who comes first and all three weights are assumed. The signals' points decide among equals.
    Float (n_persons,), 0..1.
    """
    nobody = np.zeros(len(persons), dtype=np.int8)
    listed = persons.arrays.get("group:lone_elder", nobody) == 1
    elder = (persons["age"] >= OLD) | holding(persons["target_groups"], ELDERS)
    alone = listed | (elder & (persons["lives_alone"] == 1)) | (persons["on_street"] == 1)
    never = persons["days_since_visit"] < 0
    points = persons["signal_points"] / np.maximum(persons["signal_points_most"], 1)
    parts = ALONE_SHARE * alone + NEVER_SHARE * never + SIGNAL_SHARE * points
    return np.asarray(np.clip(parts, 0, 1), dtype=np.float64)


@hookimpl
def filter_candidates(needs: Columns, offers: Columns, pairs: Pairs) -> list[FilterTerm]:
    """社工+志愿者: the lead is a social worker, and who comes along is a volunteer."""
    sides = needs, offers, pairs
    lead = Text("由社会工作者牵头", "led by a social worker")
    beside = Text("同去的是志愿者", "who comes along is a volunteer")
    return [
        only_by(*sides, PROFESSIONAL, ("social_workers", "stations"), lead),
        only_by(*sides, "jx_watch_member", ("volunteer_teams", "volunteers"), beside),
    ]


@hookimpl
def score_candidates(needs: Columns, offers: Columns, pairs: Pairs) -> ScoreTerm:
    """Elders are visited by the silver-age team first (引导银发人力参与); the weight is assumed."""
    elder, silver = holding(needs["groups"], ELDERS), holding(offers["skills"], "silver_age")
    label = Text("银龄志愿者助老", "a silver-age volunteer for an elder")
    return product_term("jiangxi_silver", 2, label, pairs, need=elder, offer=silver)


@hookimpl
def register_report_sections() -> list[ReportSection]:
    """How complete the ledgers are: 台账 of elders, children, disabled people."""
    return [ReportSection("jiangxi_ledgers", Text("服务台账", "service ledgers"), ledgers)]


def ledgers(network: LinkageNetwork, context: Context) -> list[ReportTable]:
    """Return one table: the notice asks for a ledger in three of the actions."""
    groups = {"1_elders": ELDERS, "2_children": CHILDREN, "7_disabled": DISABLED}
    named = [(Text(*ACTIONS[key][:2]), mine) for key, mine in groups.items()]
    return [ledger_table(network, context, named)]


@hookimpl
def register_demos() -> list[Demo]:
    """The made-up tables that come with wushe."""
    about = Text(
        "江西“五社联动 暖心关爱工程”的七项行动（虚构细节）：12 户、2 名露宿人员、三级服务站点，规划日期 2023-03-15",
        "the seven actions of Jiangxi (details made up): 12 households, 2 rough sleepers, three levels of stations, planned on 2023-03-15",
    )
    folder = Path(__file__).parents[2] / "demos" / "jiangxi"
    return [
        Demo(
            "jiangxi", about, ("jiangxi",), "2023-03-15", folder, ("H-01", "P-R1", "H-09"),
            tell="wushe.demos.stories.jiangxi:tell",
        )
    ]  # fmt: skip
