"""Those served: households, persons, institutions, and the dated facts that relief rules will ask for.

Every fact may be unknown (None, an empty cell). Unknown is neither zero nor no.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import numpy as np

from wushe.errors import ProblemKind
from wushe.model.kinds import (
    DATE,
    FLAG,
    ID_NUMBER,
    IDENT,
    INTEGER,
    MONEY,
    PHONE,
    TAGS,
    TEXT,
    choice,
    choice_tags,
)
from wushe.model.parties import ORGANIZATION_KINDS
from wushe.model.spec import Rule, record, spec
from wushe.model.storage import Array
from wushe.text import Text

ID_BIRTH_DIFFER = ProblemKind(
    "birth-differs-from-id",
    Text(zh="出生日期与身份证号不一致", en="birth date and ID number disagree"),
    Text(zh="两者一致", en="the same date in both"),
    Text(zh="对照证件改正其中一项", en="correct one of them from the card"),
)
DIED_BEFORE_BIRTH = ProblemKind(
    "died-before-birth",
    Text(zh="死亡日期早于出生日期", en="died before being born"),
    Text(zh="死亡日期不早于出生日期", en="a death on or after the birth"),
    Text(zh="核对两个日期", en="check both dates"),
)


DISABILITY_TYPES = {
    "visual": "视力",
    "hearing": "听力",
    "speech": "言语",
    "physical": "肢体",
    "intellectual": "智力",
    "mental": "精神",
    "multiple": "多重",
}
RELIEF_STATUSES = {
    "dibao": "低保",
    "tekun": "特困",
    "edge": "低保边缘",
    "rigid": "刚性支出困难",
    "monitored": "防返贫监测",
}
"""Recognised statuses of low-income people (国办发〔2023〕39号)."""
COMPLETE = {
    "members": "家庭成员",
    "incomes": "收入",
    "spendings": "支出",
    "assets": "财产",
    "emergencies": "急难事件",
    "grants": "已获救助",
}
"""Tables in which a household may have stated everything, so that what is absent there is none."""
SELFCARE = {
    "eat": "吃饭",
    "dress": "穿衣",
    "bed": "上下床",
    "toilet": "如厕",
    "walk": "室内行走",
    "bathe": "洗澡",
}
"""The six self-care items of 民发〔2021〕43号 article 21."""


@record("households", "家庭")
class Household:
    """A household that is served. Consents are three-valued: only a recorded yes is a yes."""

    id: Annotated[str, spec(IDENT, "编号")]
    name: Annotated[str | None, spec(TEXT, "户主姓名", sensitive="name")] = None
    place: Annotated[str | None, spec(IDENT, "所在地区", refs=("places",))] = None
    address: Annotated[str | None, spec(TEXT, "住址", sensitive="address")] = None
    phone: Annotated[str | None, spec(PHONE, "电话", sensitive="phone")] = None
    target_groups: Annotated[
        tuple[str, ...] | None, spec(TAGS, "对象类别", vocabulary="target_groups")
    ] = None
    responsible_worker: Annotated[str | None, spec(IDENT, "责任社工", refs=("social_workers",))] = (
        None
    )
    zone: Annotated[
        str | None, spec(choice({"urban": "城镇", "rural": "农村", "unified": "城乡统一"}), "城乡")
    ] = None
    hukou_place: Annotated[str | None, spec(IDENT, "户籍地", refs=("places",))] = None
    residence_permit: Annotated[bool | None, spec(FLAG, "有居住证")] = None
    members_count: Annotated[int | None, spec(INTEGER, "家庭人口", low=1, high=99)] = None
    income_month_fen: Annotated[
        int | None, spec(MONEY, "月可计收入(元)", doc="countable income of all members")
    ] = None
    income_year_fen: Annotated[int | None, spec(MONEY, "近12个月收入(元)")] = None
    referral_consent: Annotated[
        bool | None, spec(FLAG, "同意转介慈善", doc="个人信息保护法第23条")
    ] = None
    sensitive_consent: Annotated[
        bool | None, spec(FLAG, "同意处理敏感信息", doc="个人信息保护法第29条")
    ] = None
    guardian_consent: Annotated[
        bool | None, spec(FLAG, "监护人同意", doc="个人信息保护法第31条")
    ] = None
    corecheck_authorised: Annotated[bool | None, spec(FLAG, "已授权经济核对")] = None
    truth_committed: Annotated[bool | None, spec(FLAG, "已作真实承诺")] = None
    applied_on: Annotated[dt.date | None, spec(DATE, "申请日期")] = None
    accepted_on: Annotated[dt.date | None, spec(DATE, "受理日期")] = None
    delegated: Annotated[bool | None, spec(FLAG, "审核确认权下放")] = None
    objection: Annotated[bool | None, spec(FLAG, "公示有异议")] = None
    job_refusals: Annotated[int | None, spec(INTEGER, "连续拒绝就业次数", low=0)] = None
    reviewed_on: Annotated[dt.date | None, spec(DATE, "上次复核日期")] = None
    grace_from: Annotated[dt.date | None, spec(DATE, "渐退起始日")] = None
    idle_land: Annotated[bool | None, spec(FLAG, "有撂荒耕地")] = None
    statuses: Annotated[
        tuple[str, ...] | None,
        spec(choice_tags(RELIEF_STATUSES), "现有救助身份", doc="none: asked, and there is none"),
    ] = None
    complete: Annotated[
        tuple[str, ...] | None,
        spec(choice_tags(COMPLETE), "已全部登记", doc="tables that hold all there is"),
    ] = None
    property_ok: Annotated[
        bool | None, spec(FLAG, "财产经核查符合规定", doc="民发〔2021〕57号第14条")
    ] = None
    survey_refused: Annotated[bool | None, spec(FLAG, "拒绝配合调查")] = None
    sudden_spending: Annotated[
        bool | None, spec(FLAG, "必需支出突增超出承受能力", doc="支出型临时救助")
    ] = None
    dibao_tier: Annotated[
        str | None,
        spec(
            choice({"A": "A类", "B": "B类", "C": "C类", "1": "一类", "2": "二类", "3": "三类", "4": "四类"}),
            "低保档次",
        ),
    ] = None  # fmt: skip
    note: Annotated[str | None, spec(TEXT, "备注", sensitive="free_text")] = None


def _birth_differs(id_number: Array, birth: Array) -> Array:
    differs = np.zeros(len(id_number), dtype=bool)
    for row, number in enumerate(id_number):
        if number is not None and not np.isnat(birth[row]):
            differs[row] = number[6:14] != str(birth[row]).replace("-", "")
    return differs


@record(
    "persons",
    "人员",
    Rule(("id_number", "birth"), _birth_differs, ID_BIRTH_DIFFER),
    Rule(("birth", "died_on"), lambda birth, died: died < birth, DIED_BEFORE_BIRTH),
)
class Person:
    """One person; may have no household and no ID number (a rough sleeper)."""

    id: Annotated[str, spec(IDENT, "编号")]
    household: Annotated[str | None, spec(IDENT, "家庭", refs=("households",))] = None
    name: Annotated[str | None, spec(TEXT, "姓名", sensitive="name")] = None
    id_number: Annotated[str | None, spec(ID_NUMBER, "身份证号", sensitive="id_number")] = None
    birth: Annotated[dt.date | None, spec(DATE, "出生日期")] = None
    sex: Annotated[str | None, spec(choice({"female": "女", "male": "男"}), "性别")] = None
    relation: Annotated[
        str | None,
        spec(
            choice(
                {
                    "head": "户主", "spouse": "配偶", "child": "子女", "parent": "父母",
                    "grandchild": "孙子女", "grandparent": "祖父母", "sibling": "兄弟姐妹", "other": "其他",
                }
            ),
            "与户主关系",
        ),
    ] = None  # fmt: skip
    place: Annotated[str | None, spec(IDENT, "所在地区", refs=("places",))] = None
    phone: Annotated[str | None, spec(PHONE, "电话", sensitive="phone")] = None
    target_groups: Annotated[
        tuple[str, ...] | None, spec(TAGS, "对象类别", vocabulary="target_groups")
    ] = None
    referral_consent: Annotated[
        bool | None, spec(FLAG, "同意转介慈善", doc="for a person without a household")
    ] = None
    coresident: Annotated[bool | None, spec(FLAG, "长期共同生活")] = None
    student_stage: Annotated[
        str | None,
        spec(
            choice(
                {
                    "none": "非在校", "kindergarten": "幼儿园", "primary": "小学", "junior": "初中", "senior": "高中",
                    "vocational": "中职", "college": "专科", "bachelor": "本科", "postgraduate": "研究生",
                }
            ),
            "在学阶段",
        ),
    ] = None  # fmt: skip
    full_time_student: Annotated[bool | None, spec(FLAG, "全日制")] = None
    employed: Annotated[bool | None, spec(FLAG, "就业")] = None
    jobless_months: Annotated[int | None, spec(INTEGER, "失业月数", low=0)] = None
    disability_cert: Annotated[bool | None, spec(FLAG, "残疾证")] = None
    disability_type: Annotated[str | None, spec(choice(DISABILITY_TYPES), "残疾类别")] = None
    disability_level: Annotated[int | None, spec(INTEGER, "残疾等级", low=1, high=4)] = None
    major_illness: Annotated[bool | None, spec(FLAG, "认定重病")] = None
    illness: Annotated[str | None, spec(TEXT, "病情", sensitive="free_text")] = None
    selfcare_unable: Annotated[
        tuple[str, ...] | None, spec(choice_tags(SELFCARE), "不能自理项目")
    ] = None
    civil_capacity: Annotated[
        str | None, spec(choice({"full": "完全", "limited": "限制", "none": "无"}), "民事行为能力")
    ] = None
    custody: Annotated[
        str | None,
        spec(
            choice({"none": "无", "prison": "服刑", "detox": "强制隔离戒毒", "other": "其他羁押"}),
            "羁押",
        ),
    ] = None
    custody_from: Annotated[dt.date | None, spec(DATE, "羁押起始日")] = None
    custody_months: Annotated[int | None, spec(INTEGER, "羁押期限(月)", low=0)] = None
    declared_missing_on: Annotated[dt.date | None, spec(DATE, "宣告失踪日期")] = None
    contact_lost_on: Annotated[dt.date | None, spec(DATE, "失联起始日")] = None
    died_on: Annotated[dt.date | None, spec(DATE, "死亡日期")] = None
    guardianship_revoked: Annotated[bool | None, spec(FLAG, "撤销监护资格")] = None
    deported: Annotated[bool | None, spec(FLAG, "被遣送")] = None
    religious_years: Annotated[int | None, spec(INTEGER, "宗教场所居住年数", low=0)] = None
    base_pension_fen: Annotated[int | None, spec(MONEY, "中央基础养老金(元/月)", low=0)] = None
    preferential_fen: Annotated[int | None, spec(MONEY, "优待抚恤金(元/月)", low=0)] = None
    nursing_fee_fen: Annotated[int | None, spec(MONEY, "工伤护理费(元/月)", low=0)] = None
    insured: Annotated[bool | None, spec(FLAG, "参加医保")] = None
    care_mode: Annotated[
        str | None, spec(choice({"institution": "集中", "scattered": "分散"}), "供养方式")
    ] = None
    child_status: Annotated[
        str | None,
        spec(choice({"none": "无", "orphan": "孤儿", "defacto": "事实无人抚养"}), "儿童身份"),
    ] = None
    father: Annotated[str | None, spec(IDENT, "父亲", refs=("persons",))] = None
    mother: Annotated[str | None, spec(IDENT, "母亲", refs=("persons",))] = None
    statuses: Annotated[
        tuple[str, ...] | None,
        spec(choice_tags(RELIEF_STATUSES), "现有救助身份", doc="none: asked, and there is none"),
    ] = None
    income_month_fen: Annotated[
        int | None, spec(MONEY, "本人月收入(元)", doc="as 民发〔2021〕43号第6条 counts it", low=0)
    ] = None
    property_ok: Annotated[
        bool | None, spec(FLAG, "本人财产符合特困规定", doc="民发〔2021〕43号第7条")
    ] = None
    obligors_complete: Annotated[bool | None, spec(FLAG, "义务人已全部登记")] = None
    longterm_care: Annotated[bool | None, spec(FLAG, "需长期照护满6个月")] = None
    parents_untraceable: Annotated[bool | None, spec(FLAG, "查找不到生父母")] = None
    autism: Annotated[bool | None, spec(FLAG, "孤独症")] = None
    no_shelter: Annotated[bool | None, spec(FLAG, "无法自行解决食宿")] = None
    kin_support: Annotated[bool | None, spec(FLAG, "有亲友可投靠")] = None
    on_street: Annotated[bool | None, spec(FLAG, "正在流浪乞讨")] = None


@record("institutions", "机构")
class Institution:
    """A served body: nursing home, hospital, school, station."""

    id: Annotated[str, spec(IDENT, "编号")]
    name: Annotated[str, spec(TEXT, "名称")]
    kind: Annotated[
        str | None,
        spec(
            choice(
                {
                    "nursing_home": "养老机构",
                    "station": "社工站",
                    "children_home": "儿童福利机构",
                    **ORGANIZATION_KINDS,
                }
            ),
            "类型",
        ),
    ] = None
    place: Annotated[str | None, spec(IDENT, "所在地区", refs=("places",))] = None
    target_groups: Annotated[
        tuple[str, ...] | None, spec(TAGS, "对象类别", vocabulary="target_groups")
    ] = None
    responsible_worker: Annotated[str | None, spec(IDENT, "责任社工", refs=("social_workers",))] = (
        None
    )


@record("incomes", "收入")
class Income:
    """One income item of a person or household over whole months."""

    id: Annotated[str, spec(IDENT, "编号")]
    household: Annotated[str, spec(IDENT, "家庭", refs=("households",))]
    kind: Annotated[
        str,
        spec(
            choice(
                {
                    "wage": "工资", "business": "经营", "property": "财产", "transfer": "转移",
                    "support_received": "收到赡养抚养费", "support_paid": "付出赡养抚养费", "other": "其他",
                }
            ),
            "类型",
        ),
    ]  # fmt: skip
    person: Annotated[str | None, spec(IDENT, "人员", refs=("persons",))] = None
    amount_month_fen: Annotated[int | None, spec(MONEY, "月金额(元)", low=0)] = None
    cost_month_fen: Annotated[int | None, spec(MONEY, "月必要成本(元)", low=0)] = None
    payer: Annotated[str | None, spec(TEXT, "支付方", sensitive="free_text")] = None
    since: Annotated[dt.date | None, spec(DATE, "起始日")] = None
    until: Annotated[dt.date | None, spec(DATE, "截止日")] = None
    tag: Annotated[
        str | None, spec(TEXT, "性质", doc="e.g. scholarship, relief: decides exclusion")
    ] = None


@record("spendings", "支出")
class Spending:
    """Rigid spending over the last 12 months, with what others already paid of it."""

    id: Annotated[str, spec(IDENT, "编号")]
    household: Annotated[str, spec(IDENT, "家庭", refs=("households",))]
    kind: Annotated[
        str,
        spec(
            choice(
                {
                    "living": "生活",
                    "medical": "医疗",
                    "education": "教育",
                    "rehab": "康复",
                    "other": "其他",
                }
            ),
            "类型",
        ),
    ]
    person: Annotated[str | None, spec(IDENT, "人员", refs=("persons",))] = None
    amount_fen: Annotated[int | None, spec(MONEY, "金额(元)", low=0)] = None
    reimbursed_fen: Annotated[int | None, spec(MONEY, "已报销(元)", low=0)] = None
    eligible_fen: Annotated[int | None, spec(MONEY, "政策范围内自付(元)", low=0)] = None
    public_cap_fen: Annotated[int | None, spec(MONEY, "公办标准上限(元)", low=0)] = None


@record("assets", "财产")
class Asset:
    """One asset: money, vehicle, home, other real estate or business."""

    id: Annotated[str, spec(IDENT, "编号")]
    household: Annotated[str, spec(IDENT, "家庭", refs=("households",))]
    kind: Annotated[
        str,
        spec(
            choice(
                {
                    "financial": "金融资产",
                    "vehicle": "车辆",
                    "home": "住房",
                    "real_estate": "其他不动产",
                    "business": "经营主体",
                }
            ),
            "类型",
        ),
    ]
    value_fen: Annotated[int | None, spec(MONEY, "价值(元)", low=0)] = None
    use: Annotated[str | None, spec(TEXT, "用途")] = None
    bought_on: Annotated[dt.date | None, spec(DATE, "购置日期")] = None
    registered: Annotated[bool | None, spec(FLAG, "已登记")] = None
    staff: Annotated[int | None, spec(INTEGER, "雇员", low=0)] = None
    profit_month_fen: Annotated[int | None, spec(MONEY, "月均利润(元)")] = None


@record("statuses", "救助身份")
class ReliefStatus:
    """A recognised status with its dates, of a household or of one person."""

    id: Annotated[str, spec(IDENT, "编号")]
    kind: Annotated[
        str,
        spec(choice(RELIEF_STATUSES), "类型"),
    ]
    household: Annotated[str | None, spec(IDENT, "家庭", refs=("households",))] = None
    person: Annotated[str | None, spec(IDENT, "人员", refs=("persons",))] = None
    since: Annotated[dt.date | None, spec(DATE, "起始日")] = None
    until: Annotated[dt.date | None, spec(DATE, "截止日")] = None


@record("grants", "已获救助")
class ReliefGrant:
    """Relief already received: cause, date and amount."""

    id: Annotated[str, spec(IDENT, "编号")]
    household: Annotated[str, spec(IDENT, "家庭", refs=("households",))]
    policy: Annotated[str, spec(TEXT, "政策")]
    cause: Annotated[str | None, spec(TEXT, "事由", sensitive="free_text")] = None
    granted_on: Annotated[dt.date | None, spec(DATE, "日期")] = None
    amount_fen: Annotated[int | None, spec(MONEY, "金额(元)", low=0)] = None


@record("obligors", "赡养抚养义务人")
class Obligor:
    """Someone with a statutory duty to support a person (民法典 1059, 1067, 1074, 1075)."""

    id: Annotated[str, spec(IDENT, "编号")]
    person: Annotated[str, spec(IDENT, "被赡养抚养人", refs=("persons",))]
    relation: Annotated[str | None, spec(TEXT, "关系")] = None
    birth: Annotated[dt.date | None, spec(DATE, "出生日期")] = None
    status: Annotated[
        str | None, spec(choice({"none": "无", "dibao": "低保", "tekun": "特困"}), "救助身份")
    ] = None
    income_month_fen: Annotated[int | None, spec(MONEY, "月收入(元)", low=0)] = None
    property_ok: Annotated[bool | None, spec(FLAG, "财产符合低收入规定")] = None
    disability_type: Annotated[str | None, spec(choice(DISABILITY_TYPES), "残疾类别")] = None
    disability_level: Annotated[int | None, spec(INTEGER, "残疾等级", low=1, high=4)] = None
    civil_capacity: Annotated[
        str | None, spec(choice({"full": "完全", "limited": "限制", "none": "无"}), "民事行为能力")
    ] = None
    missing_or_prison: Annotated[bool | None, spec(FLAG, "失踪或服刑")] = None
    pays_month_fen: Annotated[int | None, spec(MONEY, "月支付赡养费(元)", low=0)] = None


@record("emergencies", "急难事件")
class Emergency:
    """A sudden event that threatens basic living (国发〔2014〕47号)."""

    id: Annotated[str, spec(IDENT, "编号")]
    kind: Annotated[
        str,
        spec(
            choice(
                {
                    "fire": "火灾",
                    "traffic": "交通事故",
                    "accident": "其他意外",
                    "illness": "突发重病",
                    "other": "其他特殊困难",
                }
            ),
            "类型",
        ),
    ]
    household: Annotated[str | None, spec(IDENT, "家庭", refs=("households",))] = None
    person: Annotated[str | None, spec(IDENT, "人员", refs=("persons",))] = None
    happened_on: Annotated[dt.date | None, spec(DATE, "发生日期")] = None
    place: Annotated[str | None, spec(IDENT, "发生地", refs=("places",))] = None
    living_at_risk: Annotated[bool | None, spec(FLAG, "基本生活出现严重困难")] = None
