"""Places and the five parties: community, organization, social worker, volunteer, charity resource."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from wushe.errors import ProblemKind
from wushe.model.kinds import (
    CLOCK,
    CREDIT_CODE,
    DATE,
    FLAG,
    IDENT,
    INTEGER,
    MONEY,
    NUMBER,
    PHONE,
    QUANTITY,
    TAGS,
    TEXT,
    UNIT,
    choice,
    choice_tags,
)
from wushe.model.spec import Rule, record, spec
from wushe.model.storage import Array, unknown
from wushe.model.units import MAX_AMOUNT, base_amounts
from wushe.text import Text

LEVELS = {
    "province": "省",
    "city": "市",
    "county": "区县",
    "street": "街道乡镇",
    "community": "社区村",
    "grid": "网格",
}
"""The place tree from the top down."""
REACHES = {**LEVELS, "nation": "全国"}
"""How far a helper reaches: anywhere within the ancestor of its own place at this level."""
OWN_TEAM = ("communities", "stations", "social_workers")
"""Tables of those who keep the files themselves: when they help, nothing goes to another party."""
WEEKDAYS = {
    "mon": "周一",
    "tue": "周二",
    "wed": "周三",
    "thu": "周四",
    "fri": "周五",
    "sat": "周六",
    "sun": "周日",
}
_DAY_WORDS = {
    **{f"{week}{zh[-1]}": code for week in ("星期", "礼拜") for code, zh in WEEKDAYS.items()},
    **{f"{week}天": "sun" for week in ("周", "星期", "礼拜")},
}
WEEKDAY_TAGS = choice_tags(WEEKDAYS, _DAY_WORDS)
"""Days of the week; 星期一 and 礼拜一 are read as 周一, Mon and MON as mon."""

CREDIT_CODE_NEEDED = ProblemKind(
    "credit-code-needed",
    Text(
        zh="已登记的组织没有统一社会信用代码",
        en="a registered organization has no unified social credit code",
    ),
    Text(
        zh="18 位代码，或登记状态为 备案 / 无",
        en="the 18-character code, or registration filed / none",
    ),
    Text(zh="补填代码或改正登记状态", en="add the code or correct the registration"),
)
WINDOW_REVERSED = ProblemKind(
    "window-reversed",
    Text(zh="开始晚于结束", en="the start is later than the end"),
    Text(zh="开始日期不晚于结束日期", en="a start on or before the end"),
    Text(zh="核对两个日期", en="check both dates"),
)
TIMES_REVERSED = ProblemKind(
    "times-reversed",
    Text(zh="结束时刻不晚于开始时刻", en="the end is not after the start"),
    Text(
        zh="同一天里晚于开始时刻的结束时刻，如 09:00 到 10:30",
        en="an end after the start on the same day, such as 09:00 to 10:30",
    ),
    Text(zh="核对两个时刻；跨午夜的分成两项", en="check both times; split what runs past midnight"),
)
GUARDIAN_NEEDED = ProblemKind(
    "guardian-consent-needed",
    Text(zh="未成年志愿者没有监护人同意", en="a volunteer under age has no guardian's consent"),
    Text(zh="监护人同意为 是", en="guardian_consent: yes"),
    Text(zh="取得监护人同意后再登记", en="obtain the guardian's consent before registering"),
)
TOO_MUCH = ProblemKind(
    "amount-too-large",
    Text(zh="数量大得不合常理", en="an amount beyond all reason"),
    Text(
        zh="最多 10^12 个基本单位（件、克、毫升、分钟、分）",
        en="at most 10^12 base units (pieces, g, ml, minutes, fen)",
    ),
    Text(zh="核对数量和单位", en="check quantity and unit"),
)
UNITS_DIFFER = ProblemKind(
    "quantity-without-unit",
    Text(zh="有数量而没有单位", en="a quantity without a unit"),
    Text(zh="数量和单位同时填写", en="both quantity and unit"),
    Text(zh="补填单位", en="add the unit"),
)


def _no_time_between(starts: Array, ends: Array) -> Array:
    """Return where both times of day are known and the end is not after the start."""
    wrong = ~unknown(starts) & ~unknown(ends)
    wrong[wrong] = starts[wrong] >= ends[wrong]
    return wrong


HOURS_IN_ORDER = Rule(("starts", "ends"), _no_time_between, TIMES_REVERSED)


@record("places", "地区")
class Place:
    """A node of the place tree; `id` is the statistical code (2 to 12 digits) or any other code.

    Where `parent` is empty it is found from the code: 420106001002 lies in 420106001.
    """

    id: Annotated[str, spec(IDENT, "编码")]
    name: Annotated[str, spec(TEXT, "名称")]
    level: Annotated[str, spec(choice(LEVELS), "层级")]
    parent: Annotated[str | None, spec(IDENT, "上级编码", refs=("places",))] = None
    lon: Annotated[float | None, spec(NUMBER, "经度", low=-180, high=180)] = None
    lat: Annotated[float | None, spec(NUMBER, "纬度", low=-90, high=90)] = None
    population: Annotated[int | None, spec(INTEGER, "人口", low=0)] = None


@record("communities", "社区")
class Community:
    """The residents' or villagers' committee of a place, with its community and grid workers."""

    id: Annotated[str, spec(IDENT, "编号")]
    name: Annotated[str, spec(TEXT, "名称")]
    place: Annotated[str, spec(IDENT, "所在地区", refs=("places",))]
    community_workers: Annotated[int | None, spec(INTEGER, "社区工作者人数", low=0)] = None
    grid_workers: Annotated[int | None, spec(INTEGER, "网格员人数", low=0)] = None


ORGANIZATION_KINDS = {
    "social_organization": "社会组织",
    "foundation": "基金会",
    "charity_federation": "慈善总会",
    "red_cross": "红十字会",
    "firm": "企业",
    "hospital": "医院",
    "school": "学校",
    "property_company": "物业公司",
    "party_branch": "党支部",
    "mutual_aid_society": "互助社",
    "government_office": "政府部门",
    "community_committee": "居村委会",
}


@record(
    "organizations",
    "组织",
    Rule(
        ("registration", "credit_code"),
        lambda registration, code: (registration == "registered") & unknown(code),
        CREDIT_CODE_NEEDED,
        may_be_unknown=True,
    ),
)
class Organization:
    """Any organized helper. The credit code (GB 32100) is required only where registered."""

    id: Annotated[str, spec(IDENT, "编号")]
    name: Annotated[str, spec(TEXT, "名称")]
    kind: Annotated[str, spec(choice(ORGANIZATION_KINDS), "类型")]
    registration: Annotated[
        str | None, spec(choice({"registered": "登记", "filed": "备案", "none": "无"}), "登记状态")
    ] = None
    credit_code: Annotated[str | None, spec(CREDIT_CODE, "统一社会信用代码")] = None
    place: Annotated[str | None, spec(IDENT, "所在地区", refs=("places",))] = None
    specialties: Annotated[tuple[str, ...] | None, spec(TAGS, "专长", vocabulary="categories")] = (
        None
    )


@record("stations", "社工站")
class Station:
    """A social-work station (社工站): street or town base with operator, contract and supervisor.

    `has_venue`, `has_equipment`, `has_rules` were looked at on the spot; staff, money and services of a
    station are counted from other columns and tables.
    """

    id: Annotated[str, spec(IDENT, "编号")]
    name: Annotated[str, spec(TEXT, "名称")]
    place: Annotated[str, spec(IDENT, "服务地区", refs=("places",))]
    operator: Annotated[str | None, spec(IDENT, "运营组织", refs=("organizations",))] = None
    contract_fen: Annotated[int | None, spec(MONEY, "购买服务金额(元)", low=0)] = None
    supervisor: Annotated[str | None, spec(IDENT, "督导", refs=("social_workers",))] = None
    evaluated_on: Annotated[dt.date | None, spec(DATE, "上次评估日期")] = None
    pairs: Annotated[tuple[str, ...] | None, spec(TAGS, "结对组织", refs=("organizations",))] = None
    has_venue: Annotated[bool | None, spec(FLAG, "有场地")] = None
    has_equipment: Annotated[bool | None, spec(FLAG, "有设备")] = None
    has_rules: Annotated[bool | None, spec(FLAG, "有制度")] = None
    serves_since: Annotated[dt.date | None, spec(DATE, "开始服务日期")] = None


@record("social_workers", "社会工作者", HOURS_IN_ORDER)
class SocialWorker:
    """A professional social worker; `caseload` households now, `caseload_limit` at most."""

    id: Annotated[str, spec(IDENT, "编号")]
    name: Annotated[str, spec(TEXT, "姓名", sensitive="name")]
    station: Annotated[str | None, spec(IDENT, "社工站", refs=("stations",))] = None
    employer: Annotated[str | None, spec(IDENT, "用人单位", refs=("organizations",))] = None
    qualification: Annotated[
        str | None,
        spec(
            choice(
                {
                    "assistant": "助理社工师",
                    "intermediate": "社会工作师",
                    "senior": "高级社会工作师",
                    "none": "无",
                }
            ),
            "资格",
        ),
    ] = None
    skills: Annotated[tuple[str, ...] | None, spec(TAGS, "技能")] = None
    weekly_hours: Annotated[int | None, spec(INTEGER, "每周服务小时", low=0, high=168)] = None
    caseload: Annotated[int | None, spec(INTEGER, "在管户数", low=0)] = None
    caseload_limit: Annotated[int | None, spec(INTEGER, "户数上限", low=0)] = None
    weekdays: Annotated[tuple[str, ...] | None, spec(WEEKDAY_TAGS, "可服务的星期")] = None
    starts: Annotated[str | None, spec(CLOCK, "每日开始时刻")] = None
    ends: Annotated[str | None, spec(CLOCK, "每日结束时刻")] = None
    travel_km: Annotated[float | None, spec(NUMBER, "最远路程(公里)", low=0, high=20_000)] = None
    vetted_on: Annotated[
        dt.date | None, spec(DATE, "从业查询日期", doc="未成年人保护法第62条：每年查询")
    ] = None
    phone: Annotated[str | None, spec(PHONE, "电话", sensitive="phone")] = None


@record("volunteer_teams", "志愿服务队")
class VolunteerTeam:
    """A volunteer service team (志愿服务队), usually of one community or organization."""

    id: Annotated[str, spec(IDENT, "编号")]
    name: Annotated[str, spec(TEXT, "名称")]
    place: Annotated[str | None, spec(IDENT, "所在地区", refs=("places",))] = None
    leader: Annotated[str | None, spec(IDENT, "带队社工", refs=("social_workers",))] = None
    organization: Annotated[str | None, spec(IDENT, "所属组织", refs=("organizations",))] = None


@record(
    "volunteers",
    "社区志愿者",
    Rule(
        ("minor", "guardian_consent"),
        lambda minor, ok: (minor == 1) & (ok != 1),
        GUARDIAN_NEEDED,
        True,
    ),
    Rule(("available_from", "available_to"), lambda a, b: a > b, WINDOW_REVERSED),
    HOURS_IN_ORDER,
)
class Volunteer:
    """A community volunteer; `person` where someone once helped has become a helper."""

    id: Annotated[str, spec(IDENT, "编号")]
    name: Annotated[str, spec(TEXT, "姓名", sensitive="name")]
    place: Annotated[str, spec(IDENT, "所在地区", refs=("places",))]
    teams: Annotated[
        tuple[str, ...] | None, spec(TAGS, "志愿服务队", refs=("volunteer_teams",))
    ] = None
    skills: Annotated[tuple[str, ...] | None, spec(TAGS, "技能")] = None
    weekly_hours: Annotated[int | None, spec(INTEGER, "每周服务小时", low=0, high=168)] = None
    reach: Annotated[str | None, spec(choice(REACHES), "服务范围")] = None
    available_from: Annotated[dt.date | None, spec(DATE, "可服务起始日")] = None
    available_to: Annotated[dt.date | None, spec(DATE, "可服务截止日")] = None
    weekdays: Annotated[tuple[str, ...] | None, spec(WEEKDAY_TAGS, "可服务的星期")] = None
    starts: Annotated[str | None, spec(CLOCK, "每日开始时刻")] = None
    ends: Annotated[str | None, spec(CLOCK, "每日结束时刻")] = None
    travel_km: Annotated[float | None, spec(NUMBER, "最远路程(公里)", low=0, high=20_000)] = None
    minor: Annotated[bool | None, spec(FLAG, "未成年")] = None
    guardian_consent: Annotated[bool | None, spec(FLAG, "监护人同意")] = None
    vetted_on: Annotated[
        dt.date | None, spec(DATE, "从业查询日期", doc="未成年人保护法第62条：每年查询")
    ] = None
    person: Annotated[str | None, spec(IDENT, "对应人员", refs=("persons",))] = None
    phone: Annotated[str | None, spec(PHONE, "电话", sensitive="phone")] = None


@record("donors", "捐赠人")
class Donor:
    """Who gave. A private donor's name is sensitive; an organization is named by `organization`."""

    id: Annotated[str, spec(IDENT, "编号")]
    name: Annotated[str, spec(TEXT, "名称", sensitive="name")]
    kind: Annotated[
        str, spec(choice({"person": "个人", "organization": "单位", "anonymous": "匿名"}), "类型")
    ]
    organization: Annotated[str | None, spec(IDENT, "对应组织", refs=("organizations",))] = None


@record("funds", "慈善基金")
class Fund:
    """Money set aside for help: host, nature of the money, balance and restrictions (定向)."""

    id: Annotated[str, spec(IDENT, "编号")]
    name: Annotated[str, spec(TEXT, "名称")]
    host: Annotated[str, spec(IDENT, "管理组织", refs=("organizations",))]
    nature: Annotated[
        str | None,
        spec(choice({"donation": "捐赠", "fiscal": "财政", "collective": "集体"}), "资金性质"),
    ] = None
    balance_fen: Annotated[int | None, spec(MONEY, "余额(元)", low=0)] = None
    place: Annotated[str | None, spec(IDENT, "所在地区", refs=("places",))] = None
    reach: Annotated[str | None, spec(choice(REACHES), "资助范围")] = None
    purposes: Annotated[tuple[str, ...] | None, spec(TAGS, "用途", vocabulary="categories")] = None
    for_groups: Annotated[
        tuple[str, ...] | None, spec(TAGS, "限定对象", vocabulary="target_groups")
    ] = None
    per_need_fen: Annotated[int | None, spec(MONEY, "单项上限(元)", low=0)] = None


@record(
    "resources",
    "社会慈善资源",
    Rule(("available_from", "expires_on"), lambda a, b: a > b, WINDOW_REVERSED),
    Rule(("quantity", "unit"), lambda q, u: base_amounts(q, u) > MAX_AMOUNT, TOO_MUCH),
    Rule(("quantity", "unit"), lambda q, u: ~unknown(q) & unknown(u), UNITS_DIFFER, True),
)
class CharityResource:
    """A lot of goods or a block of service slots, with its donor, keeper and restrictions (定向)."""

    id: Annotated[str, spec(IDENT, "编号")]
    name: Annotated[str, spec(TEXT, "名称")]
    categories: Annotated[tuple[str, ...], spec(TAGS, "可满足的需求类别", vocabulary="categories")]
    quantity: Annotated[int | None, spec(QUANTITY, "数量")] = None
    unit: Annotated[str | None, spec(UNIT, "单位")] = None
    holder: Annotated[str | None, spec(IDENT, "持有组织", refs=("organizations",))] = None
    donor: Annotated[str | None, spec(IDENT, "捐赠人", refs=("donors",))] = None
    place: Annotated[str | None, spec(IDENT, "存放地区", refs=("places",))] = None
    reach: Annotated[str | None, spec(choice(REACHES), "可达范围")] = None
    available_from: Annotated[dt.date | None, spec(DATE, "可用起始日")] = None
    expires_on: Annotated[dt.date | None, spec(DATE, "有效期至")] = None
    for_places: Annotated[tuple[str, ...] | None, spec(TAGS, "限定地区", refs=("places",))] = None
    for_groups: Annotated[
        tuple[str, ...] | None, spec(TAGS, "限定对象", vocabulary="target_groups")
    ] = None
    for_clients: Annotated[
        tuple[str, ...] | None, spec(TAGS, "定向受助方", refs=("households", "institutions"))
    ] = None
    per_need: Annotated[int | None, spec(INTEGER, "单项上限", low=1)] = None
    pack: Annotated[
        int | None, spec(INTEGER, "整包数量", low=1, doc="given in whole packs of so many units")
    ] = None
