"""P02 特困人员救助供养: destitute support for the old, the disabled and minors without means or kin."""

from __future__ import annotations

import datetime as dt

from wushe import Text
from wushe.plugins.defaults.relief.common import mental, minor
from wushe.plugins.defaults.relief.routing import opened_by
from wushe.plugins.defaults.relief.tekun_care import AMOUNTS, D43, standard
from wushe.rules import (
    Condition,
    Expr,
    Material,
    Policy,
    Relation,
    Step,
    age,
    any_of,
    ask,
    between,
    hh,
    in_household,
    in_region,
    income,
    meet,
    most,
    obligor,
    obligors,
    own_incomes,
    p,
    param,
    person_is,
    pick,
)

CHECKED = dt.date(2026, 11, 21)
TOWNSHIP = Text("乡镇（街道）", "township or street office")
COUNTY = Text("县级民政部门", "county civil affairs office")

NOT_INCOME = ("base_pension", "social_insurance", "preferential", "elder_allowance")  # article 6
SILENT = (
    "relief",
    "disability_subsidy",
    "child_allowance",
    "family_planning",
    "scholarship",
    "reward",
)
"""Words on which article 6 is silent: such money counts perhaps."""

# --- K1: no ability to work ----------------------------------------------------------------------

_parts_text = Text(
    "多重残疾中所含的类别及各自等级", "of which types and levels the multiple disability consists"
)
parts = ask("persons", "multiple-disability-parts", _parts_text)

_level = p.disability_level
_kind = p.disability_type
no_labour_by_disability = p.disability_cert & any_of(
    mental & (_level <= 3),
    _kind.is_("physical") & (_level <= 2),
    _kind.is_("visual") & (_level <= 1),
    _kind.is_("multiple") & (_level <= 3) & parts,
)
_schooling = p.student_stage.one_of("primary", "junior", "senior", "vocational")
continuing = person_is("tekun") & any_of(
    age(p.birth) < param("tekun_minor_continue_age"), _schooling
)
"""Taken in as a minor and not yet of age, or still at school (43号 article 24)."""
_elder = age(p.birth) >= param("tekun_elder_age")
_ill_in_jiangxi = (
    in_region("360000")
    & p.major_illness
    & ask(
        "persons",
        "labour-lost-through-illness",
        Text(
            "因重病完全丧失劳动能力（江西）", "lost all ability to work through illness (Jiangxi)"
        ),
    )
)
_young = age(p.birth) < param("tekun_minor_age")
no_labour = any_of(_elder, _young, no_labour_by_disability, continuing, _ill_in_jiangxi)

# --- K2: no source of income ---------------------------------------------------------------------

# A loss is not set off against other income, as for the minimum living guarantee.
_cost = pick((income.kind.is_("business"), income.cost_month_fen), other=0)
_net = most(0, income.amount_month_fen - _cost)
_counted = pick(
    (income.kind.is_("support_paid"), 0),
    (income.kind.one_of("wage", "business", "property", "support_received"), _net),
    (income.tag.one_of(*NOT_INCOME), 0),
    (income.tag.one_of(*SILENT), between(0, _net)),
    other=_net,
)
_shared = Relation(
    "shared_incomes",
    "households",
    "incomes",
    "household",
    Text("未分到个人的家庭收入", "income items of the household as a whole"),
    hh.complete.has("incomes"),
    alone="person",
)
_own = own_incomes.sum(
    _counted, label=Text("本人收入（特困口径）", "the person's income"), stated=False
)
_of_household = in_household(_shared.sum(_counted, stated=False))
_lives_alone = in_household(hh.members_count.equals(1))
_itemised = _own + pick((_lives_alone, _of_household), other=between(0, _of_household))
person_income = meet(p.income_month_fen, _itemised)
"""Income as 43号 article 6 counts it, fen a month: as assessed, or item by item.

An item that names nobody is the person's where nobody else lives there, else perhaps in part."""

# --- K3: nobody able to support ------------------------------------------------------------------


def _unable() -> Expr:
    """Return when an obligor counts as unable to support (43号 article 8)."""
    years, level, kind = age(obligor.birth), obligor.disability_level, obligor.disability_type
    poor = (
        obligor.income_month_fen * 12 < param("disposable_income_prev_year")
    ) & obligor.property_ok
    heavy = any_of(
        level <= 2,
        (level <= 3) & kind.one_of("intellectual", "mental"),
        (level <= 3)
        & kind.is_("multiple")
        & ask("obligors", "multiple-disability-parts", _parts_text),
    )
    return any_of(
        obligor.status.is_("tekun"),
        (years >= param("tekun_obligor_dibao_age")) & obligor.status.is_("dibao"),
        (years >= param("tekun_obligor_elder_age")) & poor,
        heavy & poor,
        (obligor.civil_capacity.is_("none") | obligor.missing_or_prison) & obligor.property_ok,
    )


nobody_supports = obligors.all(_unable())

# --- the policy ----------------------------------------------------------------------------------

CONDITIONS = (
    Condition(
        "category",
        Text("老年人、残疾人或未成年人", "old, disabled or a minor"),
        any_of(_elder, p.disability_cert, minor, continuing),
        D43,
        "第4条",
    ),
    Condition("labour", Text("无劳动能力", "not able to work"), no_labour, D43, "第5、24条"),
    Condition(
        "income",
        Text("收入低于当地低保标准", "income below the local living standard"),
        person_income < standard,
        D43,
        "第6条",
    ),
    Condition(
        "property",
        Text("财产符合当地特困规定", "property within the local limits"),
        p.property_ok,
        D43,
        "第6—7条",
    ),
    Condition(
        "obligors",
        Text(
            "无法定义务人，或义务人均无履行能力",
            "nobody is obliged to support, or nobody obliged is able to",
        ),
        nobody_supports,
        D43,
        "第4、8条",
    ),
    Condition(
        "child-choice",
        Text("未选择孤儿或事实无人抚养儿童保障", "not supported as an orphan or unattended child"),
        ~(minor & p.child_status.one_of("orphan", "defacto")),
        D43,
        "第9条",
    ),
)
MATERIALS = (
    Material("application", Text("申请书", "application form"), D43, "第10条"),
    Material(
        "identity",
        Text("身份证明", "proof of identity"),
        D43,
        "第10条",
        known_by=("persons.id_number",),
        fetch=True,
    ),
    Material(
        "statement",
        Text(
            "劳动能力、收入来源、财产、义务人情况的书面声明",
            "written statement on ability to work, income, property and persons obliged to support",
        ),
        D43,
        "第10条",
    ),
    Material(
        "commitment",
        Text("所提供信息真实、完整的承诺", "commitment that all is true and complete"),
        D43,
        "第10条",
        known_by=("households.truth_committed",),
    ),
    Material(
        "authorisation",
        Text("本人及义务人的经济状况核对授权书", "authorisation of the core check, obligors' too"),
        D43,
        "第10条",
    ),
    Material(
        "disability",
        Text("残疾人证（残疾人提供）", "disability certificate, where disabled"),
        D43,
        "第10条",
        known_by=("persons.disability_cert",),
        fetch=True,
    ),
)
STEPS = (
    Step("accept", Text("受理", "acceptance"), TOWNSHIP, D43, "第12条"),
    Step(
        "survey",
        Text("调查核实并提出初审意见", "survey and first opinion"),
        TOWNSHIP,
        D43,
        "第13条",
        limit="tekun_township_days",
        after="accept",
    ),
    Step(
        "publicity",
        Text("初审意见公示", "publicity of the opinion"),
        TOWNSHIP,
        D43,
        "第15条",
        limit="tekun_publicity_days",
        after="survey",
    ),
    Step(
        "confirm",
        Text("审核确认，确定照料护理档次", "confirmation, and the tier of care"),
        COUNTY,
        D43,
        "第16—17条",
        limit="tekun_county_days",
        after="publicity",
    ),
    Step(
        "notice",
        Text("不予救助的书面告知", "written notice of a refusal"),
        COUNTY,
        D43,
        "第18条",
        limit="tekun_refusal_notice_days",
        after="confirm",
    ),
)
TEKUN = Policy(
    id="tekun",
    name=Text("特困人员救助供养", "destitute support"),
    unit="persons",
    kind="living",
    section="P02",
    order=3,
    conditions=CONDITIONS,
    amounts=AMOUNTS,
    covers=("living_aid",),
    opens=opened_by("tekun"),
    excludes=("dibao", "disabled_care", "disabled_living", "defacto", "orphan"),
    document=D43,
    confidence="A*",
    checked=CHECKED,
    valid_from=dt.date(2021, 7, 1),
    materials=MATERIALS,
    steps=STEPS,
    note=Text(
        "无民事行为能力的人由村（社区）协助申请（第11条）；公示有异议的，重新调查后再次公示（第15条）；"
        "自理能力变化后重新评估（第23条）；江西的重病情形依赣民发〔2021〕7号",
        "The village or community applies for those without civil capacity (article 11); after an "
        "objection survey and publicity are repeated (15); self-care is assessed anew when it changes "
        "(23); illness in Jiangxi follows 赣民发〔2021〕7号",
    ),
)
POLICIES = (TEKUN,)
