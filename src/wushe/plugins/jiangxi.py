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

from collections.abc import Iterable
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
    NeedCategory,
    Pairs,
    Programme,
    Question,
    ReportColumn,
    ReportRow,
    ReportSection,
    ReportTable,
    RiskSignal,
    Role,
    ScoreTerm,
    TargetGroup,
    Text,
    VisitForm,
    hookimpl,
)

SOURCE = "江西省民政厅《关于实施“五社联动 暖心关爱工程”的通知》的报道，刊载日期未见"
Flags = npt.NDArray[np.bool_]
PROFESSIONAL = ("jx_crisis", "jx_watch_lead")
"""Work of professional social workers: the lead of a neighbour watch (社工+志愿者), and crises (assumed)."""
ROUND_DAYS = 3
"""How often whoever lives on the street is looked for (assumed)."""
STREET_POINTS = 25
ELDERS = (
    "empty_nest",
    "jx_frail_elder",
    "jx_left_elder",
    "jx_oldest",
    "jx_poor_elder",
    "lone_elder",
)
CHILDREN = ("child_in_difficulty", "jx_left_child", "orphan", "unattended_child")
DISABLED = ("disabled", "mental_illness")
POOR = ("dibao", "low_income", "serious_illness", "tekun")
# id: Chinese, English, groups, categories, ways in which its people are found.
ACTIONS: dict[str, tuple[str, str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "1_elders": (
        "助老敲门行动", "knocking on elders' doors", ELDERS,
        ("activity_company", "counselling", "errand", "home_care", "jx_crisis", "jx_support",
         "meal_delivery", "policy_talk", "visit"), ("door", "holiday", "regular"),
    ),
    "2_children": (
        "护童成长行动", "watching over children", CHILDREN,
        ("counselling", "jx_child_safety", "jx_outing", "jx_parenting", "tutoring"), ("door", "regular"),
    ),
    "3_relief": (
        "慈善救助行动", "charity relief", POOR,
        ("daily_goods", "education_aid", "emergency_aid", "food", "living_aid", "medical_aid"), (),
    ),
    "4_neighbours": (
        "邻里守望行动", "neighbours' watch", (),
        ("jx_watch", "jx_watch_lead", "jx_watch_member"), ("grid", "mobile_grid", "neighbour"),
    ),
    "5_customs": ("移风易俗行动", "plain customs", (), ("jx_customs",), ()),
    "6_way_home": (
        "温暖回家行动", "a warm way home", ("rough_sleeper",),
        ("counselling", "job_coaching", "jx_way_home"), ("street_round",),
    ),
    "7_disabled": (
        "阳光助残行动", "sunlight for the disabled", DISABLED,
        ("activity_company", "counselling", "jx_ability", "jx_recovery", "policy_talk"), ("door", "regular"),
    ),
}  # fmt: skip
LEDGERS = {"1_elders": ELDERS, "2_children": CHILDREN, "7_disabled": DISABLED}
"""Actions for which the notice asks for a ledger; that all have the same four parts is assumed."""
# Part of a ledger: Chinese, English, and the fields (or facts of a visit form) that tell of it.
PARTS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "income": ("经济来源", "income", ("income_month_fen", "income_year_fen", "main_income")),
    "family": ("家庭结构", "family", ("members_count",)),
    "health": ("健康状况", "health", ("disability_level", "illness", "major_illness", "selfcare_unable")),
    "care": ("照料情况", "care", ("carer", "longterm_care")),
}  # fmt: skip


@hookimpl
def register_need_categories() -> list[NeedCategory]:
    """What the notice names beyond the built-in services; minutes and skills are assumed.

    A neighbour watch is a team's work: a social worker leads and a volunteer comes along, or nobody goes.
    """
    return [
        _service("jx_crisis", "危机干预", "help in a crisis", 60, "counselling"),
        _service("jx_support", "银龄互助小组", "support group of silver-age volunteers", 120, "silver_age"),
        _service("jx_child_safety", "儿童安全教育课", "safety lesson for children", 60, "tutoring", minors=True),
        _service("jx_outing", "公益课外实践", "outing for children", 180, "organising", minors=True),
        _service("jx_parenting", "家庭亲子教育指导", "advice on bringing up children", 60, "coaching"),
        _service("jx_watch_lead", "邻里守望（社工带队）", "neighbour watch: the social worker", 30, "visiting"),
        _service("jx_watch_member", "邻里守望（志愿者同行）", "neighbour watch: the volunteer", 30, "visiting"),
        NeedCategory(
            "jx_watch", "邻里守望探访", "neighbour watch", "service", "time",
            roles=(Role("jx_watch_lead"), Role("jx_watch_member")),
        ),
        _service("jx_customs", "移风易俗宣传活动", "event on plain customs", 120, "organising"),
        _service("jx_way_home", "寻亲返乡", "finding the family, and the way home", 120, "tracing"),
        _service("jx_ability", "残疾人能力提升", "training for the disabled", 120, "coaching"),
        _service("jx_recovery", "精神康复服务", "recovery from mental illness", 60, "rehabilitation"),
    ]  # fmt: skip


def _service(
    key: str, zh: str, en: str, minutes: int, skill: str, minors: bool = False
) -> NeedCategory:
    return NeedCategory(key, zh, en, "service", "minute", minutes, (skill,), minors=minors)


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
def filter_candidates(needs: Columns, offers: Columns, pairs: Pairs) -> list[FilterTerm]:
    """社工+志愿者: the lead is a social worker, and who comes along is a volunteer."""
    lead, along = (
        _among(needs["category"], PROFESSIONAL),
        _among(needs["category"], ["jx_watch_member"]),
    )
    worker = _among(offers["provider_kind"], ("social_workers", "stations"))
    volunteer = _among(offers["provider_kind"], ("volunteer_teams", "volunteers"))
    return [
        FilterTerm(~lead[pairs.need] | worker[pairs.offer], "skill"),
        FilterTerm(~along[pairs.need] | volunteer[pairs.offer], "skill"),
    ]  # fmt: skip


@hookimpl
def score_candidates(needs: Columns, offers: Columns, pairs: Pairs) -> ScoreTerm:
    """Elders are visited by the silver-age team first (引导银发人力参与); the weight is assumed."""
    elder = np.array([not set(ELDERS).isdisjoint(g) for g in needs["groups"]], dtype=float)
    silver = np.array(["silver_age" in (skills or ()) for skills in offers["skills"]], dtype=float)
    label = Text("银龄志愿者助老", "a silver-age volunteer for an elder")
    values = elder[pairs.need] * silver[pairs.offer]
    return ScoreTerm("jiangxi_silver", 2, values, label).bounded(row=elder, column=silver)


def _among(column: npt.NDArray[Any], words: Iterable[str]) -> Flags:
    return np.isin(column.astype(str), sorted(words))


@hookimpl
def register_report_sections() -> list[ReportSection]:
    """How complete the ledgers are: 台账 of elders, children, disabled people."""
    return [ReportSection("jiangxi_ledgers", Text("服务台账", "service ledgers"), ledgers)]


def ledgers(network: Any, context: Context) -> list[ReportTable]:
    """Return one table: how many people each ledger is for, and of how many each part is recorded."""
    told = _recorded(network, context)
    tags = _tags(network)
    rows = []
    for key, groups in LEDGERS.items():
        mine = np.array([not tag.isdisjoint(groups) for tag in tags], dtype=bool)
        parts = [int((mine & found).sum()) for found in told.values()]
        whole = int((mine & np.logical_and.reduce(list(told.values()))).sum())
        rows.append(ReportRow(Text(*ACTIONS[key][:2]), (int(mine.sum()), whole, *parts)))
    columns = (
        ("应建台账", "persons"), ("四项齐全", "all four parts"),
        *((zh, en) for zh, en, _ in PARTS.values()),
    )  # fmt: skip
    title = Text("一人一档：各项已登记的人数", "a ledger per person: parts recorded")
    return [
        ReportTable(
            "ledgers", title, Text("行动", "action"),
            tuple(ReportColumn(Text(*words), "people") for words in columns), tuple(rows),
        )
    ]  # fmt: skip


def _tags(network: Any) -> list[set[str]]:
    """Return the target groups of each person, the household's where nobody recorded the person's own."""
    persons, households = network["persons"], network["households"]
    theirs = [*households["target_groups"], None]  # -1 is no household
    home = households.row_of(persons["household"]).tolist()
    return [
        set((theirs[at] if own is None else own) or ())
        for own, at in zip(persons["target_groups"], home, strict=True)
    ]


def _recorded(network: Any, context: Context) -> dict[str, Flags]:
    """Return for each part of a ledger of which persons it is recorded, in a table or as a fact, bool (n,)."""
    persons, households, facts = network["persons"], network["households"], network["facts"]
    home = households.row_of(persons["household"])
    known = facts["on"] <= np.datetime64(context.on, "D")
    told = {(facts["subject"][at], facts["field"][at]) for at in np.flatnonzero(known).tolist()}
    found = {}
    for part, (_, _, fields) in PARTS.items():
        flags = np.zeros(len(persons), dtype=bool)
        for field in fields:
            if field in persons.columns:
                flags |= persons.known(field)
            if field in households.columns:
                flags |= np.append(households.known(field), False)[home]  # -1 is no household
        for row in np.flatnonzero(~flags).tolist():
            subjects = persons.ids[row], persons["household"][row]
            flags[row] = any((who, field) in told for who in subjects for field in fields)
        found[part] = flags
    return found


@hookimpl
def register_demos() -> list[Demo]:
    """The made-up tables that come with wushe."""
    about = Text(
        "江西“五社联动 暖心关爱工程”的七项行动（虚构细节）：12 户、2 名露宿人员、三级服务站点，规划日期 2023-03-15",
        "the seven actions of Jiangxi (details made up): 12 households, 2 rough sleepers, three levels of stations, planned on 2023-03-15",
    )
    folder = Path(__file__).parents[1] / "demos" / "jiangxi"
    return [
        Demo(
            "jiangxi", about, ("jiangxi",), "2023-03-15", folder, ("H-01", "P-R1", "H-09"),
            tell="wushe.demos.stories.jiangxi:tell",
        )
    ]  # fmt: skip
