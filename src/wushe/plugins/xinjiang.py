"""Xinjiang: a social-work station in every town, the six haves (六有), and coverage that is more than a sign.

Source, cited below as "Xinjiang": 天山网, reprinted in a collection on five-party linkage; the copy bears no date.
Begun in 2021, the region's towns and streets have 1,056 social-work stations, built to one standard, 有场地、
有设备、有人员、有制度、有资金、有服务; 1,025 of them have begun to serve, with 398 projects for over 280,000
person-times. The service catalogue has 5 fields (social relief, care of elders, care of children, community
governance, social affairs) with 29 categories, and the aim is to come from visible to effective coverage.

The report does not print the 29 names: all of them, their minutes and their skills are made up here, and
say so (示例). It says neither how each of the six haves is judged: what `station_haves` asks is assumed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wushe import (
    Columns,
    Context,
    Demo,
    NeedCategory,
    Programme,
    ReportSection,
    ReportTable,
    Standard,
    StandardItem,
    Text,
    count_by_place,
    count_table,
    hookimpl,
    service_category,
)

SOURCE = "天山网（疆内乡镇街道社工站建设进展），刊载日期未见"
Answers = npt.NDArray[np.int8]
UNKNOWN = -1

# Field: Chinese, English, target groups, and its categories as (id, Chinese, English, minutes, skill).
FIELDS: dict[str, tuple[str, str, tuple[str, ...], tuple[tuple[str, str, str, int, str], ...]]] = {
    "relief": ("社会救助", "social relief", ("dibao", "low_income", "serious_illness", "tekun"), (
        ("policy", "救助政策宣传", "relief policy explained", 60, "policy"),
        ("search", "困难对象排查", "search for people in difficulty", 60, "visiting"),
        ("papers", "协助申请救助", "help with an application", 120, "policy"),
        ("visit", "救助对象走访", "visit to a recipient", 60, "visiting"),
        ("link", "慈善资源链接", "linking charity resources", 60, "organising"),
        ("mind", "救助对象心理支持", "counselling for a recipient", 60, "counselling"),
    )),
    "elders": ("养老服务", "care of elders", ("empty_nest", "lone_elder"), (
        ("visit", "老人探访", "visit to an elder", 60, "visiting"),
        ("meal", "老人助餐", "meals for an elder", 60, "errand"),
        ("care", "居家照料", "care at home", 120, "care"),
        ("escort", "老人陪诊", "escort to hospital", 180, "escort"),
        ("talk", "老人精神慰藉", "comfort for an elder", 60, "counselling"),
        ("safety", "居家安全检查", "safety check at home", 60, "repair"),
    )),
    "children": ("儿童关爱", "care of children", ("child_in_difficulty", "orphan", "unattended_child"), (
        ("study", "儿童课业辅导", "tutoring", 120, "tutoring"),
        ("safety", "儿童安全教育", "safety lesson", 60, "tutoring"),
        ("mind", "儿童心理关爱", "counselling for a child", 60, "counselling"),
        ("visit", "儿童家庭走访", "visit to a child's family", 60, "visiting"),
        ("parents", "家庭教育指导", "advice to parents", 60, "coaching"),
        ("outing", "儿童社会实践", "outing", 180, "organising"),
    )),
    "community": ("社区治理", "community governance", (), (
        ("neighbours", "邻里互助", "help among neighbours", 60, "visiting"),
        ("dispute", "矛盾调解", "mediation", 120, "mediation"),
        ("teams", "志愿队伍培育", "building a volunteer team", 120, "organising"),
        ("event", "社区文化活动", "community event", 120, "organising"),
        ("council", "居民议事", "residents' council", 120, "organising"),
        ("tidy", "环境整治", "tidying up", 120, "organising"),
    )),
    "affairs": ("社会事务", "social affairs", ("disabled", "mental_illness", "rough_sleeper"), (
        ("marriage", "婚姻家庭辅导", "counselling for couples", 60, "counselling"),
        ("customs", "移风易俗宣传", "talk on plain weddings and funerals", 60, "policy"),
        ("home", "流浪人员劝返", "way home for a rough sleeper", 120, "counselling"),
        ("disabled", "残疾人关爱", "care of the disabled", 60, "visiting"),
        ("recovery", "精神康复随访", "follow-up of mental illness", 60, "counselling"),
    )),
}  # fmt: skip
CHILDREN = "children"


def _id(field: str, key: str) -> str:
    return f"xj_{field}_{key}"


@hookimpl
def register_need_categories() -> list[NeedCategory]:
    """29 categories in 5 fields: the numbers are published, the names are made up (示例)."""
    return [
        service_category(
            _id(field, key), f"{zh}（示例）", f"{en} (made up)", minutes, skill, minors=field == CHILDREN
        )
        for field, (*_, services) in FIELDS.items()
        for key, zh, en, minutes, skill in services
    ]  # fmt: skip


@hookimpl
def register_programmes() -> list[Programme]:
    """The five fields; whom each is for is assumed, community governance is for everybody."""
    return [
        Programme(
            f"xinjiang_{n}_{field}", Text(zh, en), groups, tuple(_id(field, s[0]) for s in services),
            source=f"{SOURCE}；5个方面见报道，类别名称和对象为示例",
        )
        for n, (field, (zh, en, groups, services)) in enumerate(FIELDS.items(), start=1)
    ]  # fmt: skip


@hookimpl
def register_standards() -> list[Standard]:
    """The six haves. Venue, equipment and rules are looked at on the spot; the other three are counted."""
    items = (
        StandardItem("venue", Text("场地", "venue"), lambda rows, _: rows["has_venue"]),
        StandardItem("equipment", Text("设备", "equipment"), lambda rows, _: rows["has_equipment"]),
        StandardItem("staff", Text("人员", "staff"), _staff),
        StandardItem("rules", Text("制度", "rules"), lambda rows, _: rows["has_rules"]),
        StandardItem("money", Text("资金", "money"), _money),
        StandardItem("service", Text("服务", "services"), _service),
    )
    return [Standard("six_haves", Text("六有", "the six haves"), items, "stations", SOURCE)]


def _staff(rows: Columns, _: Context) -> Answers:
    """One social worker at least (assumed); where no station has any, nobody wrote the workers down."""
    here = np.asarray(rows["workers"]) > 0
    return np.where(here, 1, 0 if here.any() else UNKNOWN).astype(np.int8)


def _money(rows: Columns, _: Context) -> Answers:
    """A contract above zero (assumed); a contract that nobody recorded is unknown."""
    contract = rows["contract_fen"]
    unknown = contract == np.iinfo(np.int64).min
    return np.where(unknown, UNKNOWN, contract > 0).astype(np.int8)


def _service(rows: Columns, context: Context) -> Answers:
    """A service recorded within the year. Whose beginning lies ahead does not serve; else nobody knows."""
    later = rows["serves_since"] > np.datetime64(context.on, "D")
    return np.where(rows["services"] > 0, 1, np.where(later, 0, UNKNOWN)).astype(np.int8)


@hookimpl
def register_report_sections() -> list[ReportSection]:
    """Projects and the person-times of their activities by prefecture, as the region counts itself."""
    label = Text("项目和受益人次", "projects and person-times")
    return [ReportSection("xinjiang_projects", label, projects)]


def projects(network: Any, context: Context) -> list[ReportTable]:
    """Return one table: of each prefecture's operators, projects begun and person-times of activities held."""
    today = np.datetime64(context.on, "D")
    table, held = network["projects"], network["activities"]
    bodies = network["organizations"]
    nobody = np.array([None])  # where -1 points
    home = np.append(bodies["place"], nobody)[bodies.row_of(table["organization"])]
    begun = ~(table["since"] > today)
    shown = held.known("person_times") & ~(held["held_on"] > today)
    there = np.append(home, nobody)[table.row_of(held["project"][shown])]
    counts = count_by_place(
        network,
        "city",
        (home[begun], None),
        (there, held["person_times"][shown]),
        nowhere=Text("地州不明", "prefecture not known"),
    )
    return [
        count_table(
            "projects",
            ("分地州项目和受益人次", "projects and person-times by prefecture"),
            ("地州", "prefecture"),
            (("项目", "projects"), ("受益人次", "person-times", "people")),
            counts,
            total=bool(counts),
        )
    ]


@hookimpl
def register_demos() -> list[Demo]:
    """The made-up tables that come with wushe; 1,056, 1,025, 398 and 280,000 are published."""
    about = Text(
        "新疆1056个乡镇（街道）社工站的“六有”和两种覆盖（虚构细节），规划日期 2022-11-30",
        "the six haves and two coverages of Xinjiang's 1,056 social-work stations (details made up), planned on 2022-11-30",
    )
    folder = Path(__file__).parents[1] / "demos" / "xinjiang"
    return [
        Demo(
            "xinjiang", about, ("xinjiang",), "2022-11-30", folder, ("H-01", "H-05"),
            tell="wushe.demos.stories.xinjiang:tell",
        )
    ]  # fmt: skip
