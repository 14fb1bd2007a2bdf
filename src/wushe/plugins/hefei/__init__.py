"""Hefei, Anhui: 三单制, orders on a wish wall that a street's charity service complex dispatches; 四善一体.

Source, cited below as "Hefei 2025": 中安在线, 13 March 2025, on community charity in Anhui. In Nanqi Street,
Shushan District, whoever is served places the order (点单) on the wish wall, the complex dispatches it
(派单), a volunteer or a firm accepts it (接单). The complex serves 一老一小一困一残 with 23 sub-projects, 278
activities and over 4,100 person-times; micro-projects (微项目, 微公益创投) draw on community funds, and not a
few who were helped have become helpers. The city joins four lists: funds, projects, organizations, talent
(fundraisers). The report gives no time limits, weights or criteria: what is assumed says so. The observer
remembers nothing; it tells the complex whom it may invite.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from wushe import (
    Columns,
    Demo,
    KeywordRule,
    NeedCategory,
    OrderGuard,
    OrderRules,
    Programme,
    ProjectScore,
    ReportSection,
    Text,
    among,
    hookimpl,
    service_category,
)
from wushe.plugins.hefei.sections import SOURCE, complex_figures, four_lists, helpers

if TYPE_CHECKING:
    from wushe import Event


COMPLEX = "O-NQ"
"""Id of Nanqi Street's complex in the city's table of organizations; it answers for the street."""
STREET = "340104004"
HOUR = 60
ANSWER_MINUTES = {"emergency": HOUR, "urgent": 12 * HOUR, "normal": 48 * HOUR, "low": 72 * HOUR}
"""How long whoever is asked may think it over (assumed)."""
NOT_FOR_YOUTH = ("health_check", "home_repair", "safety_check", "smart_home")
"""Work that the 阳光少年团 is kept from: wires and bodies (assumed)."""
SATISFIED = 4
"""From this rating on, of 5, a confirmed order is a reason to ask whether they would help too (assumed)."""
PERSON_TIMES_PER_1000_YUAN = 50
"""Benefit at which a micro-project has full marks (assumed)."""
HOUSEHOLDS_WANTED = 30
"""Households reached at which a micro-project has full marks (assumed)."""
HALF = 0.5
"""Marks for what is not known of a project: neither good nor bad (assumed)."""
_log = logging.getLogger(__name__)


@hookimpl
def register_need_categories() -> list[NeedCategory]:
    """What the report tells of and the built-in categories lack; minutes and skills are assumed.

    - health_check: the body check (身体检查) of the report's story. Her two other micro-wishes, to join
      activities and to have appliances repaired, are the built-in activity_company and home_repair.
    - smart_home: students of the team 锦瑟年华 fit smart devices into lone elders' homes.
    - special_child: help for a child with special needs (特殊儿童帮扶), one of the wall's wishes.
    """
    return [
        service_category("health_check", "身体检查", "body check", 30, "nursing"),
        service_category("smart_home", "智能家居改造", "smart devices for a lone elder's home", 120, "smart_home"),
        service_category("special_child", "特殊儿童帮扶", "help for a child with special needs", 60, "special_education", minors=True),
    ]  # fmt: skip


@hookimpl
def register_keyword_rules() -> list[KeywordRule]:
    """Words (assumed) in a worker's notes for the three."""
    return [
        KeywordRule("health_check", "(?:想|没|需要?|多年没).{0,4}(?:做|查)?(?:体检|身体检查)"),
        KeywordRule("smart_home", "智能(?:家居|门锁|手环)|(?:燃气|烟雾)报警器|一键呼叫"),
        KeywordRule("special_child", "(?:自闭症?|孤独症|脑瘫|唐氏|发育迟缓).{0,10}(?:孩子|儿童|陪|训练)?"),
    ]  # fmt: skip


@hookimpl
def register_order_rules() -> list[OrderRules]:
    """One candidate at a time; after three without a yes it goes from community to street to district.

    The street's office is the complex (Hefei 2025: 慈善服务综合体派单). Hours, the three rounds, three
    requests a week at most and the steps of escalation are assumed.
    """
    label = Text("未成年志愿者不做电器、体检类服务", "not for volunteers under age: appliances and body checks")  # fmt: skip
    return [
        OrderRules(
            "hefei",
            answer_minutes=ANSWER_MINUTES,
            asked_at_once=1,
            rounds=3,
            levels=("community", "street", "county"),
            offices={STREET: COMPLEX},
            weekly_calls=3,
            guards=(OrderGuard("hefei_youth", label, fit_for_youth),),
        )
    ]


def fit_for_youth(orders: Columns, helpers: Columns) -> npt.NDArray[np.bool_]:
    """Return whether helper i is of age or order i is work for the young too, bool (n,)."""
    return ~(helpers["minor"].astype(bool) & among(orders["category"], NOT_FOR_YOUTH))


@hookimpl
def score_projects(projects: Columns) -> list[ProjectScore]:
    """How micro-projects are judged when grants are given: 覆盖广, 受益多, done, within the budget.

    Hefei 2025 names the first two as what the micro-projects have become; that they are the criteria,
    the other two, all weights and the amounts that earn full marks are assumed.
    """
    budget, spent = projects["budget_fen"].astype(float), projects["spent_fen"].astype(float)
    planned = projects["milestones"].astype(float)
    person_times = projects["person_times"].astype(float)
    benefit = _over(person_times * 100_000, budget * PERSON_TIMES_PER_1000_YUAN)
    within = np.where((budget < 0) | (spent < 0), HALF, (spent <= budget).astype(float))
    return [
        ProjectScore("hefei_benefit", 4, benefit, Text("受益多", "many served for the money")),
        ProjectScore("hefei_coverage", 3, _over(projects["households"], np.full(len(projects), HOUSEHOLDS_WANTED)), Text("覆盖广", "many households")),
        ProjectScore("hefei_delivery", 2, _over(projects["reached"], planned), Text("按节点完成", "milestones reached")),
        ProjectScore("hefei_budget", 1, within, Text("不超预算", "within the budget")),
    ]  # fmt: skip


def _over(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return part / whole within 0..1, `HALF` where either is unknown (below 0) or the whole is 0."""
    known = (part >= 0) & (whole > 0)
    return np.clip(np.where(known, part / np.where(known, whole, 1), HALF), 0, 1)


@hookimpl
def after_orders_changed(events: Sequence[Event]) -> None:
    """Tell the complex, through the log, which orders ended well: may they be asked to help others?

    Hefei 2025: 不少人从受助者转变为助人者. Only the order's id is said, nothing about the person; whoever
    keeps the order looks up whom to ask. Attach a handler to the logger ``wushe.plugins.hefei``.
    """
    for order in may_be_invited(events):
        _log.info("order %s was confirmed with thanks; its client may be invited to help", order)


def may_be_invited(events: Iterable[Event]) -> list[str]:
    """Return the ids of the orders that were confirmed with a rating of `SATISFIED` or more, in order."""
    return [
        event.stream.partition("/")[2]
        for event in events
        if event.kind == "order.confirmed" and (event.data.get("rating") or 0) >= SATISFIED
    ]


@hookimpl
def register_programmes() -> list[Programme]:
    """一老一小一困一残: whom the complex serves. Which categories of need belong to each is assumed."""
    fields = (
        ("1_old", "一老", "the old", ("lone_elder", "empty_nest"), ("health_check", "smart_home", "visit", "activity_company", "medical_escort", "haircut", "safety_check")),
        ("2_young", "一小", "the young", ("child_in_difficulty", "migrant_child", "left_behind"), ("special_child", "tutoring", "child_company", "school_supplies", "education_aid")),
        ("3_poor", "一困", "the poor", ("dibao", "tekun", "low_income"), ("living_aid", "emergency_aid", "medical_aid", "food", "daily_goods", "relief_application")),
        ("4_disabled", "一残", "the disabled", ("disabled",), ("assistive_device", "home_repair", "errand", "counselling", "activity_company")),
    )  # fmt: skip
    return [
        Programme(f"hefei_{key}", Text(zh, en), groups, categories, source=f"{SOURCE}；类别为假定")
        for key, zh, en, groups, categories in fields
    ]


@hookimpl
def register_report_sections() -> list[ReportSection]:
    """The complex's own figures, the city's four lists joined, and those who help."""
    return [
        ReportSection("hefei_complex", Text("慈善服务综合体", "the charity service complex"), complex_figures),
        ReportSection("hefei_four_lists", Text("四善一体：四张清单", "the four lists joined"), four_lists),
        ReportSection("hefei_helpers", Text("从受助到助人", "from helped to helper"), helpers),
    ]  # fmt: skip


@hookimpl
def register_demos() -> list[Demo]:
    """The made-up tables that come with wushe."""
    about = Text(
        "合肥南七的心愿墙和三单制，全市四张清单（虚构细节）：24 户家庭、26 个微心愿、23 个子项目、278 场活动，规划日期 2025-03-10",
        "the wish wall and three orders of Nanqi, the four lists of Hefei (details made up): 24 households, 26 micro-wishes, 23 sub-projects, 278 activities, planned on 2025-03-10",
    )
    folder = Path(__file__).parents[2] / "demos" / "hefei"
    return [
        Demo(
            "hefei", about, ("hefei",), "2025-03-10", folder, ("H-01", "H-09", "H-17"),
            tell="wushe.demos.stories.hefei:tell",
        )
    ]  # fmt: skip
