"""P01 最低生活保障: the minimum living guarantee of a household, its tiers, top-ups and procedure."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

from wushe import Text
from wushe.plugins.defaults.relief.common import (
    BEYOND,
    agreed,
    at_school,
    bit,
    countable_income,
    counted_member,
    dibao_standard,
    has_value,
    members_counted,
    minor,
    severe,
)
from wushe.plugins.defaults.relief.dibao_procedure import AFTERWARDS, D57, MATERIALS, STEPS
from wushe.plugins.defaults.relief.routing import opened_by
from wushe.rules import (
    Amount,
    Condition,
    Expr,
    Policy,
    age,
    any_of,
    ask,
    asset,
    assets,
    between,
    compare,
    family_has,
    hh,
    in_region,
    members,
    most,
    p,
    param,
    pick,
)

CHECKED = dt.date(2026, 11, 21)
INTERIM = "社会救助暂行办法（国务院令第649号，2019年修订）"
WHERE_TO_APPLY = Text(
    "户籍所在地乡镇（街道）（成员户籍分在两省的，为户籍地与居住地一致的成员所在地）",
    "the street office of the registered place (where members are registered in two provinces: of one "
    "who lives where registered)",
)

# --- property: what the place verified, in Si county also item by item ----------------------------

SIXIAN = "341324"
BUSINESS_USE = ("business", "commercial", "经营", "经营性", "营运", "生产经营")
"""Words in `Asset.use` of a vehicle or machine that earns a living."""

_heavy = members.any((p.major_illness | severe) & counted_member)
_caps = pick(
    (_heavy, param("dibao_fin_assets_cap_multiple_severe")),
    other=param("dibao_fin_assets_cap_multiple"),
)
_money = assets.sum(
    asset.value_fen, asset.kind.is_("financial"), Text("金融资产", "financial assets"), stated=False
)
_profit = assets.sum(
    most(0, asset.profit_month_fen),
    asset.kind.is_("business"),
    Text("经营月均利润", "monthly profit of businesses"),
    stated=False,
)
_too_dear = (
    asset.kind.is_("vehicle")
    & ~asset.use.one_of(*BUSINESS_USE)
    & (asset.value_fen > param("dibao_vehicle_price_cap"))
)
_sixian_fails = any_of(
    _money > _caps * dibao_standard * members_counted,
    assets.any(_too_dear),
    _profit > param("dibao_business_profit_cap_multiple") * dibao_standard,
    assets.any(asset.kind.is_("business") & (asset.staff >= 1)),
    hh.survey_refused,
    hh.idle_land,
)
# The county's page has no date: as long as none of its figures is in force, it decides nothing.
_sixian_rule = any_of(
    *(
        param(name) < BEYOND
        for name in (
            "dibao_fin_assets_cap_multiple",
            "dibao_fin_assets_cap_multiple_severe",
            "dibao_vehicle_price_cap",
            "dibao_business_profit_cap_multiple",
        )
    )
)
_sixian_fits = _sixian_rule & ~(_sixian_rule & _sixian_fails)
_by_items = pick((in_region(SIXIAN), bit(_sixian_fits)), other=between(0, 1)) >= 1
property_fits = agreed(
    hh.property_ok,
    _by_items,
    ask(
        "households",
        "property-conflict",
        Text(
            "核查结论与登记的财产不一致：财产是否在当地限额以内",
            "the check and the assets on record disagree: is the property within the local limits",
        ),
    ),
)

# --- conditions -----------------------------------------------------------------------------------

CONDITIONS = (
    Condition(
        "income",
        Text(
            "共同生活的家庭成员人均月收入低于当地低保标准",
            "income per member and month below the local standard",
        ),
        compare(countable_income, "dibao_income_operator", dibao_standard * members_counted),
        INTERIM,
        "第9条",
    ),
    Condition(
        "property",
        Text("家庭财产在当地规定的限额以内", "property within the local limits"),
        property_fits,
        D57,
        "第14条",
    ),
    Condition(
        "no-tekun",
        Text("申请的家庭成员中没有特困人员", "nobody applied for is in destitute support"),
        ~family_has("tekun"),
        "地方实施办法（如泗县低保家庭财产认定）",
    ),
)

# --- amounts --------------------------------------------------------------------------------------

_gap = most(0, dibao_standard * members_counted - countable_income)


def _class_rate(number: int) -> Expr:
    """Return what a rural class is paid per person and month; some print classes 1 and 2 by the year."""
    name = f"dibao_std_rural_class{number}"
    if number > 2:
        return param(f"{name}_month")
    return pick(
        (has_value(f"{name}_month"), param(f"{name}_month")),
        other=param(f"{name}_year") * Fraction(1, 12),
    )


def _tiered(zone: str) -> Expr:
    """Return what a place with tiers pays a household: the rate of its tier for every member."""
    rates = {tier: param(f"dibao_tier_{tier}_{zone}_month") for tier in "ABC"}
    cases = [(hh.dibao_tier.is_(tier), rate * members_counted) for tier, rate in rates.items()]
    lowest, highest = rates["C"] * members_counted, rates["A"] * members_counted
    return pick(*cases, other=between(lowest, highest))


def _classed() -> Expr:
    rates = {str(number): _class_rate(number) for number in (1, 2, 3, 4)}
    cases = [(hh.dibao_tier.is_(tier), rate * members_counted) for tier, rate in rates.items()]
    lowest, highest = rates["4"] * members_counted, rates["1"] * members_counted
    return pick(*cases, other=between(lowest, highest))


_has_classes = has_value("dibao_std_rural_class1_month") | has_value("dibao_std_rural_class1_year")
_rural = pick(
    (has_value("dibao_tier_A_rural_month"), _tiered("rural")),
    (_has_classes, _classed()),
    other=_gap,
)
_urban = pick((has_value("dibao_tier_A_urban_month"), _tiered("urban")), other=_gap)
guarantee = pick((hh.zone.is_("rural"), _rural), other=_urban)
"""The monthly guarantee, fen: the gap to the standard, or in places with tiers the rate of the tier."""

_very_old = (age(p.birth) >= 80) | (
    (age(p.birth) >= 60)
    & ask("persons", "very-old", Text("当地“高龄”的年龄界限", "the local age of a very old person"))
)
_in_category = any_of(minor, at_school, severe, p.major_illness, _very_old) & counted_member
_category = members.count(_in_category)
_by_province = pick(
    (
        has_value("dibao_topup_A"),
        between(param("dibao_topup_B"), param("dibao_topup_A")) * dibao_standard * _category,
    ),
    other=between(
        param("dibao_category_topup"),
        most(param("dibao_category_topup"), param("dibao_category_topup_max")),
    )
    * dibao_standard
    * _category,
)
topup = pick(
    (
        has_value("dibao_topup_fixed"),
        param("dibao_topup_fixed") * members.count((minor | severe) & counted_member),
    ),
    (
        has_value("dibao_topup_ratio_minor"),
        param("dibao_topup_ratio_minor") * dibao_standard * members.count(minor & counted_member),
    ),
    other=_by_province,
)
"""The monthly top-up for members in special difficulty, fen: once per member, categories do not add up.

A place states a fixed sum for minors and severely disabled members, a share of the standard for
minors, shares for classes A and B (which member is in which is not known: a range), or a least share.
"""
AMOUNTS = (
    Amount(
        "gap",
        Text("低保金（补差或分档）", "monthly guarantee (gap to the standard, or by tier)"),
        guarantee,
        "month",
        D57,
        "第23条",
    ),
    Amount(
        "topup",
        Text("分类施保增发", "top-up for members in special difficulty"),
        topup,
        "month",
        D57,
        "第27条",
    ),
)
DIBAO = Policy(
    id="dibao",
    name=Text("最低生活保障", "minimum living guarantee"),
    unit="households",
    kind="living",
    section="P01",
    order=4,
    conditions=CONDITIONS,
    amounts=AMOUNTS,
    covers=("living_aid",),
    document=D57,
    article="第7条至第27条",
    confidence="A*",
    checked=CHECKED,
    opens=(*opened_by("dibao"), "disabled_living", "temp_spending"),
    excludes=("tekun",),
    materials=MATERIALS,
    steps=(*STEPS, *AFTERWARDS),
    apply_at=WHERE_TO_APPLY,
    note=Text(
        "须如实申报并授权核对（第9条），拒绝的，办理机关可终止审核（第29条）；不得以职业、身份为由不予受理，"
        "也不只保障家庭中的个别成员（民发〔2022〕83号一(一)）。特困人员不计入申请的家庭成员。"
        "就业成本、重病重残刚性支出的扣减，家庭以外义务人赡养费的推算，收入核算期，高龄津贴是否计入，"
        "分档和增发标准由地方规定，未查到的不推算：工资全额计入，推算的赡养费不计入。"
        "泗县财产规定没有起始日期；其中隐瞒、放弃财产等须由调查认定。",
        "Members declare truthfully and authorise the check (article 9); where they refuse, the office "
        "may end the procedure (29). Nobody is turned away for a job or identity, and no single member "
        "is admitted out of an eligible family (民发〔2022〕83号). Persons in destitute support are not "
        "applied for. Local, and not assumed where not found: deductions for the cost of work or for "
        "illness and disability (wages count in full), imputed support fees (not counted), the period "
        "of account, whether old-age allowances count, tiers and top-ups. The property rules of Si "
        "county have no date; concealment and the like are for the survey.",
    ),
)
POLICIES = (DIBAO,)
