"""P04 刚性支出困难家庭: families above the lower layers whose unavoidable spending eats their income."""

from __future__ import annotations

import datetime as dt

from wushe import Text
from wushe.plugins.defaults.relief.common import (
    countable_income,
    has_value,
    is_now,
    members_counted,
)
from wushe.plugins.defaults.relief.dibao import CHECKED, WHERE_TO_APPLY
from wushe.plugins.defaults.relief.dibao_procedure import COUNTY, FAMILY, MATERIALS, TOWNSHIP
from wushe.plugins.defaults.relief.routing import opened_by
from wushe.rules import (
    Condition,
    Material,
    Policy,
    Step,
    any_of,
    ask,
    compare,
    family_has,
    hh,
    least,
    meet,
    most,
    param,
    pick,
    spending,
    spendings,
)

RULE = "刚性支出困难家庭认定办法（民政部，2024年10月24日印发）"
RULE_FROM = dt.date(2025, 1, 1)

income_12m = meet(hh.income_year_fen, countable_income * 12)
"""Income of the last twelve months, fen: as stated, else twelve times the month's."""

_all_residents = "disposable_income_prev_year"
disposable_income = pick(
    (has_value(_all_residents), param(_all_residents)),
    (hh.zone.is_("rural"), param(f"{_all_residents}_rural")),
    other=param(f"{_all_residents}_urban"),
)
"""Disposable income per head of the year before, fen a year: of all residents, else of the zone's."""

_own_share = most(0, spending.amount_fen - spending.reimbursed_fen)
_other_counts = ask(
    "spendings",
    "rigid-other",
    Text("当地是否将该项支出计入刚性支出", "whether the county counts this spending as rigid"),
)
rigid_12m = spendings.sum(
    pick(
        (spending.kind.is_("living"), spending.amount_fen),
        (spending.kind.one_of("medical", "rehab"), _own_share),
        (spending.kind.is_("education"), least(_own_share, spending.public_cap_fen)),
        (_other_counts, _own_share),
        other=0,
    ),
    label=Text("近12个月刚性支出", "rigid spending of the last twelve months"),
    stated=False,
)
"""Rigid spending of the last twelve months, fen: necessary living, medical and rehabilitation costs
after all reimbursements, education up to what a comparable public school charges."""

CONDITIONS = (
    Condition(
        "not-lower-layer",
        Text(
            "不属于低保、特困、低保边缘，也不在可申请低保、低保边缘之列",
            "not in dibao, destitute support or on the edge, nor possibly eligible as one of the first "
            "and last",
        ),
        ~any_of(is_now("dibao"), family_has("tekun"), is_now("edge")),
        RULE,
        "第4条(一)",
    ),
    Condition(
        "income",
        Text(
            "人均年收入低于当地上年度居民人均可支配收入",
            "income per head and year below the disposable income per head of the year before",
        ),
        income_12m < disposable_income * members_counted,
        RULE,
        "第4条(二)",
    ),
    Condition(
        "property",
        Text("家庭财产在当地规定的限额以内", "property within the local limits"),
        hh.property_ok,
        RULE,
        "第4条(三)",
    ),
    Condition(
        "ratio",
        Text(
            "近12个月刚性支出占收入的比例超过当地规定（没有收入而有支出的视为超过）",
            "rigid spending of twelve months above the local share of income (spending without any "
            "income counts as above)",
        ),
        compare(rigid_12m, "rigid_ratio_operator", param("rigid_ratio_min") * income_12m)
        & (rigid_12m > 0),
        RULE,
        "第4条(四)",
    ),
)
RECEIPTS = (
    Material(
        "medical-receipts",
        Text("医疗费用票据和报销结算单", "medical bills and settlements of insurance"),
        RULE,
        "第4条",
        known_by=("spendings.reimbursed_fen",),
    ),
    Material(
        "education-receipts",
        Text(
            "学费、住宿费或保教费票据（有的）", "receipts of tuition, boarding or care fees, if any"
        ),
        RULE,
        "第4条",
    ),
    Material(
        "rehab-receipts",
        Text("残疾康复费用票据（有的）", "receipts of rehabilitation for a disability, if any"),
        RULE,
        "第4条",
    ),
)
STEPS = (
    Step("accept", Text("受理", "acceptance"), TOWNSHIP, RULE, "第8条"),
    Step("survey", Text("调查核对", "survey and core check"), TOWNSHIP, RULE, "第8条", after="accept"),
    Step("confirm", Text("审核确认", "the office decides"), COUNTY, RULE, "第8条", after="survey"),
    Step(
        "total", Text("自受理之日起全部办结", "everything, from acceptance"),
        COUNTY, RULE, "第8条", limit="rigid_total_days", after="accept",
        special=(("special", "rigid_total_days_special"),),
    ),
    Step(
        "renew", Text("认定有效期届满前重新申请", "apply again before the recognition runs out"),
        FAMILY, RULE, "第10条", limit="rigid_validity_months_max", after="confirm",
    ),
)  # fmt: skip
RIGID = Policy(
    id="rigid",
    name=Text("刚性支出困难家庭", "family in hardship from unavoidable spending"),
    unit="households",
    kind="status",
    section="P04",
    order=6,
    conditions=CONDITIONS,
    document=RULE,
    article="第4条",
    confidence="A*",
    checked=CHECKED,
    valid_from=RULE_FROM,
    opens=(*opened_by("rigid"), "temp_spending"),
    excludes=("dibao", "edge"),
    materials=(*MATERIALS, *RECEIPTS),
    steps=STEPS,
    apply_at=WHERE_TO_APPLY,
    note=Text(
        "支出占比、财产限额、人均可支配收入和县级增加的条件由地方规定；湖北、江西、新疆的占比未查到，"
        "安徽、甘肃只有征求意见稿，不作依据。情况复杂的可一事一议。没有收入而有刚性支出的，"
        "按占比超过处理，是本工具的约定，文件没有写。同一项支出已获的救助、捐赠记入已报销数。",
        "The share, property limits, disposable income per head and further county conditions are "
        "local; no share was found for Hubei, Jiangxi and Xinjiang, and Anhui and Gansu have drafts "
        "only, which decide nothing. Complex cases may be settled one by one. Spending without any "
        "income counts as above the share: a convention of this tool, not of the text. Relief or "
        "gifts for the same item go under what was reimbursed.",
    ),
)
POLICIES = (RIGID,)
