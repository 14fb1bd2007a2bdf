"""What is asked and what is given: needs, wishes, offers, projects, activities, past services."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from wushe.errors import ProblemKind
from wushe.model.kinds import (
    CLOCK,
    DATE,
    FLAG,
    IDENT,
    INTEGER,
    MONEY,
    NUMBER,
    QUANTITY,
    TAGS,
    TEXT,
    UNIT,
    choice,
)
from wushe.model.parties import (
    HOURS_IN_ORDER,
    REACHES,
    TOO_MUCH,
    UNITS_DIFFER,
    WEEKDAY_TAGS,
    WINDOW_REVERSED,
)
from wushe.model.spec import Rule, record, spec
from wushe.model.storage import unknown
from wushe.model.units import MAX_AMOUNT, base_amounts
from wushe.text import Text

NEED_FOR_NOBODY = ProblemKind(
    "need-for-nobody",
    Text(zh="需求没有写明为谁", en="the need is for nobody"),
    Text(zh="家庭、人员、机构三者至少一项", en="a household, a person or an institution"),
    Text(zh="补填其一", en="fill in one of them"),
)
URGENCIES = {"emergency": "急难", "urgent": "紧急", "normal": "一般", "low": "可缓"}
"""Most pressing first."""
PROVIDERS = (
    "communities",
    "organizations",
    "stations",
    "social_workers",
    "volunteer_teams",
    "volunteers",
    "funds",
    "resources",
)
"""Tables whose records can stand behind an offer; their ids share one name space."""


@record(
    "needs",
    "需求",
    Rule(
        ("household", "person", "institution"),
        lambda h, p, i: unknown(h) & unknown(p) & unknown(i),
        NEED_FOR_NOBODY,
        may_be_unknown=True,
    ),
    Rule(("asked_on", "due"), lambda a, b: a > b, WINDOW_REVERSED),
    HOURS_IN_ORDER,
    Rule(("quantity", "unit"), lambda q, u: base_amounts(q, u) > MAX_AMOUNT, TOO_MUCH),
    Rule(("quantity", "unit"), lambda q, u: ~unknown(q) & unknown(u), UNITS_DIFFER, True),
)
class Need:
    """One need of a household, person or institution. An unknown quantity stays unknown.

    With `starts` and `ends` it is a fixed appointment of the day `on_day`: nobody is given two that overlap.
    """

    id: Annotated[str, spec(IDENT, "编号")]
    category: Annotated[str, spec(IDENT, "类别", vocabulary="categories")]
    household: Annotated[str | None, spec(IDENT, "家庭", refs=("households",))] = None
    person: Annotated[str | None, spec(IDENT, "人员", refs=("persons",))] = None
    institution: Annotated[str | None, spec(IDENT, "机构", refs=("institutions",))] = None
    quantity: Annotated[int | None, spec(QUANTITY, "数量")] = None
    unit: Annotated[str | None, spec(UNIT, "单位")] = None
    urgency: Annotated[str | None, spec(choice(URGENCIES), "紧急程度")] = None
    asked_on: Annotated[dt.date | None, spec(DATE, "提出日期")] = None
    due: Annotated[dt.date | None, spec(DATE, "截止日期")] = None
    on_day: Annotated[dt.date | None, spec(DATE, "服务日期")] = None
    starts: Annotated[str | None, spec(CLOCK, "开始时刻")] = None
    ends: Annotated[str | None, spec(CLOCK, "结束时刻")] = None
    place: Annotated[str | None, spec(IDENT, "服务地点", refs=("places",))] = None
    skills: Annotated[tuple[str, ...] | None, spec(TAGS, "所需技能")] = None
    visit: Annotated[
        str | None,
        spec(
            IDENT,
            "同一次上门",
            doc="needs of one client with the same code: one helper serves all of them at once, or none",
        ),
    ] = None
    one_of: Annotated[
        str | None,
        spec(IDENT, "择一", doc="needs with the same code: at most one of them is served"),
    ] = None
    after: Annotated[
        str | None,
        spec(IDENT, "前置需求", refs=("needs",), doc="served only if that need is served in full"),
    ] = None
    asked_by: Annotated[
        str | None, spec(IDENT, "提出人", refs=("social_workers", "volunteers", "communities"))
    ] = None
    status: Annotated[
        str | None, spec(choice({"open": "待满足", "met": "已满足", "withdrawn": "已撤销"}), "状态")
    ] = None
    note: Annotated[str | None, spec(TEXT, "说明", sensitive="free_text")] = None


@record("wishes", "微心愿")
class Wish:
    """A small need that may be shown in public: `public_text` must name nobody."""

    id: Annotated[str, spec(IDENT, "编号")]
    need: Annotated[str, spec(IDENT, "需求", refs=("needs",))]
    public_text: Annotated[str, spec(TEXT, "公开文字")]
    shown_from: Annotated[dt.date | None, spec(DATE, "公开日期")] = None


@record(
    "offers",
    "供给",
    Rule(("available_from", "available_to"), lambda a, b: a > b, WINDOW_REVERSED),
    HOURS_IN_ORDER,
    Rule(("quantity", "unit"), lambda q, u: base_amounts(q, u) > MAX_AMOUNT, TOO_MUCH),
)
class Offer:
    """What one party can give now. Most offers are derived from the parties; a table adds others."""

    id: Annotated[str, spec(IDENT, "编号")]
    provider: Annotated[str, spec(IDENT, "提供方", refs=PROVIDERS)]
    categories: Annotated[tuple[str, ...], spec(TAGS, "可满足的需求类别", vocabulary="categories")]
    quantity: Annotated[int, spec(QUANTITY, "数量")]
    unit: Annotated[str, spec(UNIT, "单位")]
    place: Annotated[str | None, spec(IDENT, "所在地区", refs=("places",))] = None
    reach: Annotated[str | None, spec(choice(REACHES), "可达范围")] = None
    available_from: Annotated[dt.date | None, spec(DATE, "可用起始日")] = None
    available_to: Annotated[dt.date | None, spec(DATE, "可用截止日")] = None
    skills: Annotated[tuple[str, ...] | None, spec(TAGS, "技能")] = None
    for_places: Annotated[tuple[str, ...] | None, spec(TAGS, "限定地区", refs=("places",))] = None
    for_groups: Annotated[
        tuple[str, ...] | None, spec(TAGS, "限定对象", vocabulary="target_groups")
    ] = None
    for_clients: Annotated[
        tuple[str, ...] | None, spec(TAGS, "定向受助方", refs=("households", "institutions"))
    ] = None
    per_need: Annotated[int | None, spec(INTEGER, "单项上限", low=1, doc="in the offer's unit")] = (
        None
    )
    pack: Annotated[
        int | None,
        spec(INTEGER, "整包数量", low=1, doc="in the offer's unit: only whole packs are given"),
    ] = None
    weekdays: Annotated[tuple[str, ...] | None, spec(WEEKDAY_TAGS, "可服务的星期")] = None
    starts: Annotated[str | None, spec(CLOCK, "每日开始时刻")] = None
    ends: Annotated[str | None, spec(CLOCK, "每日结束时刻")] = None
    travel_km: Annotated[float | None, spec(NUMBER, "最远路程(公里)", low=0, high=20_000)] = None
    vetted_on: Annotated[dt.date | None, spec(DATE, "从业查询日期")] = None


@record("projects", "项目", Rule(("since", "until"), lambda a, b: a > b, WINDOW_REVERSED))
class Project:
    """A funded undertaking (项目 / 公益创投) with goals and budget."""

    id: Annotated[str, spec(IDENT, "编号")]
    name: Annotated[str, spec(TEXT, "名称")]
    organization: Annotated[str | None, spec(IDENT, "执行组织", refs=("organizations",))] = None
    fund: Annotated[str | None, spec(IDENT, "资金来源", refs=("funds",))] = None
    budget_fen: Annotated[int | None, spec(MONEY, "预算(元)", low=0)] = None
    goal: Annotated[str | None, spec(TEXT, "目标")] = None
    since: Annotated[dt.date | None, spec(DATE, "起始日")] = None
    until: Annotated[dt.date | None, spec(DATE, "截止日")] = None


@record("activities", "活动")
class Activity:
    """One occasion that serves many: person-times (人次), persons (人) and households (户) apart."""

    id: Annotated[str, spec(IDENT, "编号")]
    name: Annotated[str, spec(TEXT, "名称")]
    held_on: Annotated[dt.date | None, spec(DATE, "日期")] = None
    place: Annotated[str | None, spec(IDENT, "地点", refs=("places",))] = None
    project: Annotated[str | None, spec(IDENT, "项目", refs=("projects",))] = None
    organization: Annotated[str | None, spec(IDENT, "主办组织", refs=("organizations",))] = None
    person_times: Annotated[int | None, spec(INTEGER, "服务人次", low=0)] = None
    persons: Annotated[int | None, spec(INTEGER, "服务人数", low=0)] = None
    households: Annotated[int | None, spec(INTEGER, "服务户数", low=0)] = None
    volunteer_event: Annotated[bool | None, spec(FLAG, "志愿活动")] = None


@record("services", "服务记录")
class ServiceRecord:
    """Help that was given before; the source of continuity (same helper again)."""

    id: Annotated[str, spec(IDENT, "编号")]
    provider: Annotated[str, spec(IDENT, "提供方", refs=PROVIDERS)]
    household: Annotated[str | None, spec(IDENT, "家庭", refs=("households",))] = None
    institution: Annotated[str | None, spec(IDENT, "机构", refs=("institutions",))] = None
    category: Annotated[str | None, spec(IDENT, "类别", vocabulary="categories")] = None
    served_on: Annotated[dt.date | None, spec(DATE, "日期")] = None
    times: Annotated[int | None, spec(INTEGER, "次数", low=1)] = None
