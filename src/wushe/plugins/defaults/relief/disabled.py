"""P09 残疾人两项补贴: living subsidy for the poor disabled, care subsidy for the severely disabled."""

from __future__ import annotations

import datetime as dt

from wushe import Text
from wushe.plugins.defaults.relief.common import is_now, is_tekun, mental, minor
from wushe.rules import (
    Amount,
    Condition,
    Expr,
    Material,
    Policy,
    Step,
    age,
    answer,
    any_of,
    ask,
    household_is,
    in_household,
    p,
    param,
    person_is,
    pick,
)

CHECKED = dt.date(2026, 11, 21)
D52 = "国发〔2015〕52号"
ACROSS = "残疾人两项补贴跨省通办流程（民政部、中国残联 2021）"
TOWNSHIP = Text("乡镇（街道）", "township or street office")
COUNTY = Text("户籍地县级民政、残联", "county offices where the person is registered")
WORKING_AGE = 16
"""Nobody younger may be employed, so that nobody younger draws a work injury's nursing fee."""

in_dibao = any_of(
    in_household(is_now("dibao")), person_is("dibao"), answer("dibao_single", "persons")
)
"""In a family on the minimum living guarantee, or on it alone: recognised or possibly eligible."""
_in_edge = any_of(in_household(is_now("edge")), person_is("edge"))
poor = any_of(in_dibao, _in_edge & (param("disabled_living_for_edge") >= 1))
"""In the minimum living guarantee, or in an edge family where the place includes those."""

_topped_up = ask(
    "persons",
    "defacto-topped-up",
    Text(
        "事实无人抚养儿童补贴是否按差额（而非全额）发放",
        "whether the subsidy of the unattended child is a full one",
    ),
)
_drawing_dibao = any_of(in_household(household_is("dibao")), person_is("dibao"))
paid_in_full = minor & any_of(
    p.child_status.is_("orphan"),
    p.child_status.is_("defacto") & any_of(~_drawing_dibao, _topped_up),
)
"""An orphan, or an unattended child whose subsidy is not a difference to other relief."""

no_nursing_fee = any_of(age(p.birth) < WORKING_AGE, p.nursing_fee_fen <= 0)
heavy = any_of(
    p.disability_level <= 2,
    mental & (param("disabled_care_for_mental_l34") >= 1),
)
"""Level 1 or 2; the intellectually and mentally disabled of levels 3 and 4 where the place says so."""


def by_level(name: str) -> Expr:
    """Return the parameter ``name_l1_month`` to ``name_l4_month`` of the person's level."""
    levels = [(p.disability_level <= n, param(f"{name}_l{n}_month")) for n in (1, 2, 3)]
    return pick(*levels, other=param(f"{name}_l4_month"))


certified = Condition(
    "certificate",
    Text("持有残疾人证", "holds a disability certificate"),
    p.disability_cert,
    D52,
)
not_tekun = Condition(
    "not-tekun",
    Text("未纳入特困人员救助供养", "not in destitute support"),
    ~is_tekun,
    D52,
)
no_fee = Condition(
    "no-nursing-fee",
    Text("未领取工伤保险生活护理费", "draws no nursing fee of the work injury insurance"),
    no_nursing_fee,
    D52,
)
MATERIALS = (
    Material("application", Text("申请表", "application form"), D52),
    Material(
        "certificate",
        Text("残疾人证", "disability certificate"),
        D52,
        known_by=("persons.disability_cert",),
        fetch=True,
    ),
    Material(
        "identity",
        Text("身份、户籍信息", "identity and registration data"),
        D52,
        known_by=("persons.id_number",),
        fetch=True,
    ),
)
STEPS = (
    Step("accept", Text("受理（可跨省）", "acceptance, in any province"), TOWNSHIP, ACROSS),
    Step(
        "push",
        Text("异地受理的转送户籍地", "sent on to the place of registration"),
        TOWNSHIP,
        ACROSS,
        limit="disabled_twosub_push_days",
        after="accept",
    ),
    Step(
        "decide",
        Text("审核审定", "check and decision"),
        COUNTY,
        ACROSS,
        limit="disabled_twosub_decide_days",
        after="push",
    ),
)
NOTE = Text(
    "两项可以同时领取；老年、因公致残、离休等同类补贴就高享受；不计入低保收入；自受理当月计发",
    "Both may be drawn together; of like allowances for age or service the higher; not counted as "
    "income; paid from the month of acceptance",
)
LIVING = Policy(
    id="disabled_living",
    name=Text("困难残疾人生活补贴", "living subsidy for the poor disabled"),
    unit="persons",
    kind="living",
    section="P09",
    order=7,
    conditions=(
        certified,
        Condition(
            "poor",
            Text(
                "低保家庭成员（当地扩大到低保边缘的，含边缘家庭）", "in a family on the guarantee"
            ),
            poor,
            D52,
        ),
        not_tekun,
        Condition(
            "not-paid-in-full",
            Text(
                "不是孤儿或全额领取补贴的事实无人抚养儿童",
                "no orphan or fully paid unattended child",
            ),
            ~paid_in_full,
            "民发〔2019〕62号",
            "三(一)",
        ),
        no_fee,
    ),
    amounts=(
        Amount(
            "living",
            Text("生活补贴", "living subsidy"),
            by_level("disabled_living"),
            "month",
            "当地残疾人两项补贴标准",
        ),
    ),
    covers=("living_aid",),
    excludes=("orphan", "tekun"),
    document=D52,
    confidence="B",
    checked=CHECKED,
    valid_from=dt.date(2016, 1, 1),
    materials=MATERIALS,
    steps=STEPS,
    note=NOTE,
)
CARE = Policy(
    id="disabled_care",
    name=Text("重度残疾人护理补贴", "care subsidy for the severely disabled"),
    unit="persons",
    kind="care",
    section="P09",
    order=7,
    conditions=(
        certified,
        Condition(
            "heavy",
            Text(
                "残疾等级一级、二级（当地扩大的，含三、四级智力、精神残疾）",
                "disabled of level 1 or 2 (or further levels where the place says so)",
            ),
            heavy,
            D52,
        ),
        Condition(
            "longterm-care",
            Text("需要长期照护（6个月以上）", "needs care for 6 months or longer"),
            p.longterm_care,
            D52,
        ),
        not_tekun,
        no_fee,
    ),
    amounts=(
        Amount(
            "care",
            Text("护理补贴", "care subsidy"),
            by_level("disabled_care"),
            "month",
            "当地残疾人两项补贴标准",
        ),
    ),
    covers=("living_aid",),
    excludes=("tekun",),
    document=D52,
    confidence="B",
    checked=CHECKED,
    valid_from=dt.date(2016, 1, 1),
    materials=MATERIALS,
    steps=STEPS,
    note=NOTE,
)
POLICIES = (LIVING, CARE)
