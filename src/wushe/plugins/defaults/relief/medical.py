"""P11 医疗救助: help with the insurance fee, and relief for what insurance leaves of the bills.

relief = min(cap, (eligible own share - deductible) x ratio), by the person's class; the best class
counts (特困、孤儿; 低保; 返贫致贫; 边缘、监测; 因病致贫). Local ratios may be floors ("not less than").
"""

from __future__ import annotations

import datetime as dt

import attrs

from wushe import Text
from wushe.plugins.defaults.relief.routing import (
    CHECKED,
    D39,
    INTERIM,
    PERSONS,
    STATUS_PAPER,
    TOWNSHIP,
    defacto,
    in_category,
    once_confirmed,
    orphan,
    single_dibao,
)
from wushe.rules import (
    Amount,
    Condition,
    Expr,
    Material,
    Policy,
    Step,
    all_of,
    answer,
    any_of,
    ask,
    between,
    hh,
    household_is,
    in_household,
    least,
    meet,
    most,
    own_spendings,
    p,
    param,
    pays,
    person_is,
    pick,
    spending,
    spendings,
)

D42 = "国办发〔2021〕42号"
D42_FROM = dt.date(2021, 11, 19)
INSURERS = Text("县级医疗保障部门", "the county medical insurance office")

# --- what the bills come to -----------------------------------------------------------------------

is_medical = spending.kind.is_("medical")
unassigned = attrs.evolve(spendings, name="unassigned_spendings", complete=None, alone="person")
# A bill of the household that names nobody may be this person's: it leaves their own bills open.
own_bills = attrs.evolve(
    own_spendings,
    complete=in_household(hh.complete.has("spendings") & ~unassigned.any(is_medical)),
)
SHARE = Text("政策范围内个人自付医疗费", "own share of eligible medical costs")
own_share = own_bills.sum(spending.eligible_fen, is_medical, SHARE)
others = in_household(unassigned.sum(spending.eligible_fen, is_medical, SHARE))
share = own_share + between(0, most(0, others))
"""The person's own share of the last 12 months within the scope of insurance, after it, in fen."""

# --- classes, the best first ----------------------------------------------------------------------

like_orphan = ask(
    "persons",
    "defacto-as-orphan",
    Text(
        "当地是否将事实无人抚养儿童比照孤儿救助",
        "whether the place treats a de facto unattended child as an orphan",
    ),
)
fallen_back = PERSONS["monitored"] & ask(
    "persons",
    "fallen-back",
    Text("是否列入返贫致贫人口", "whether listed as fallen back into poverty"),
)
by_illness = all_of(
    p.insured,
    in_household(hh.property_ok),
    share > param("medrelief_illness_threshold"),
)
in_class = any_of(
    in_category("medical_relief", PERSONS), PERSONS["defacto"] & like_orphan, by_illness
)

lower = in_household(any_of(*(household_is(kind) for kind in ("edge", "rigid"))))
listed = in_household(household_is("dibao")) | lower
may_be_best = answer("tekun", "persons") | answer("orphan", "persons")
# What is recognised settles the class; what is only possible counts where nothing is recognised.
CLASSES: tuple[tuple[str, Expr], ...] = (
    ("tekun", any_of(person_is("tekun"), orphan, may_be_best & ~listed, defacto & like_orphan)),
    (
        "dibao",
        any_of(
            in_household(household_is("dibao")),
            person_is("dibao"),
            (in_household(answer("dibao")) | single_dibao) & ~lower,
        ),
    ),
    ("fanpin", fallen_back),
    ("edge", PERSONS["edge"] | PERSONS["monitored"]),
)
FLOOR = between(param("medical_relief_ratio_dibao_min"), 1)


def relief_of(kind: str) -> Expr:
    """Return the relief of class `kind`, fen: never above the share, whatever is not known locally."""
    ratio, deductible = param(f"medrelief_ratio_{kind}"), param(f"medrelief_deductible_{kind}")
    if kind in ("tekun", "dibao"):
        ratio = meet(ratio, FLOOR)
    return least(param("medrelief_annual_cap"), most(0, share), most(0, share - deductible) * ratio)


relief = pick(*((test, relief_of(kind)) for kind, test in CLASSES), other=relief_of("illness"))

BILLS = (
    Material(
        "bills",
        Text("医疗费用结算单据", "settled medical bills"),
        D42,
    ),
    Material("identity", Text("身份信息", "identity data"), D42, fetch=True),
    STATUS_PAPER,
)
STEPS = (
    Step("insurance", Text("先经基本医保、大病保险结算", "settle with insurance first"),
         Text("医疗机构、医保经办机构", "hospital or insurance office"), D42),
    Step("apply", Text("申请（特困、低保成员免申请）", "apply (not the destitute or dibao members)"),
         TOWNSHIP, INTERIM, "第30条", after="insurance"),
    Step("publicity", Text("公示（特困、低保成员除外）", "publicity (not of destitute or dibao members)"),
         TOWNSHIP, INTERIM, "第30条", after="apply"),
    Step("approve", Text("审批", "approval"), INSURERS, INTERIM, "第30条", after="publicity"),
)  # fmt: skip
APPLY_AT = Text(
    "乡镇（街道）（特困、低保成员为县级医保部门）",
    "the street office (those in destitute support or dibao: the county insurance office)",
)
in_scope = Condition(
    "class",
    once_confirmed(
        "属于医疗救助对象：特困、孤儿、低保、边缘、监测对象，或因病致贫重病患者",
        "in a class of medical relief: destitute, orphan, dibao, edge, monitored, or poor by illness",
    ),
    in_class,
    D42,
)

MEDICAL_RELIEF = Policy(
    id="medical_relief",
    name=Text("医疗救助", "medical relief"),
    unit="persons",
    kind="medical",
    section="P11",
    order=8,
    conditions=(
        in_scope,
        Condition(
            "costs",
            Text("近12个月有医疗支出", "medical spending in the last 12 months"),
            own_bills.any(is_medical),
            D42,
        ),
    ),
    amounts=(
        Amount(
            "relief",
            Text(
                "医疗救助金（按救助比例计算；当地为“不低于”的，可能更高）",
                "medical relief by the ratio (it may be more where that is a floor)",
            ),
            relief,
            "once",
            D42,
        ),
    ),
    covers=("medical_aid",),
    document=D42,
    confidence="B",
    checked=CHECKED,
    valid_from=D42_FROM,
    materials=BILLS,
    steps=STEPS,
    apply_at=APPLY_AT,
    opens=("medical_relief_extra", "temp_spending"),
    note=Text(
        "先保险后救助。封顶线为年度限额，本年已领的要扣除。",
        "Insurance comes first. The cap is for a year: what was paid this year counts against it.",
    ),
)

remaining = most(0, share - pays("medical_relief", "relief", "persons"))
threshold = param("medrelief_extra_threshold")
EXTRA = Policy(
    id="medical_relief_extra",
    name=Text("倾斜救助", "extra medical relief"),
    unit="persons",
    kind="medical",
    section="P11",
    order=8,
    conditions=(
        in_scope,
        Condition(
            "heavy-rest",
            Text(
                "三重保障后自付仍超过当地标准",
                "what remains after all three is above the local line",
            ),
            remaining > threshold,
            D42,
        ),
    ),
    amounts=(
        Amount(
            "extra",
            Text("倾斜救助金", "extra relief"),
            between(0, least(param("medrelief_extra_cap"), most(0, remaining - threshold))),
            "once",
            D42,
        ),
    ),
    covers=("medical_aid",),
    document=D42,
    confidence="B",
    checked=CHECKED,
    valid_from=D42_FROM,
    materials=BILLS,
    steps=STEPS,
    apply_at=APPLY_AT,
)

by_list = ask(
    "persons",
    "insurance-list",
    Text("当地是否资助该类人员参保", "whether the place helps this class with the fee"),
)
fee = param("medinsure_fee_year")
INSURANCE_HELP = Policy(
    id="medical_insurance_help",
    name=Text("资助参加居民医保", "help with the fee of residents' medical insurance"),
    unit="persons",
    kind="service",
    section="P11",
    order=8,
    conditions=(
        Condition(
            "class",
            once_confirmed(
                "属于特困、低保，或当地资助的边缘、刚性支出困难、监测对象",
                "destitute or dibao, or edge, rigid or monitored where the place helps them",
            ),
            any_of(
                PERSONS["tekun"],
                PERSONS["dibao"],
                any_of(PERSONS["edge"], PERSONS["rigid"], PERSONS["monitored"]) & by_list,
            ),
            D39,
            "四（二）1",
        ),
    ),
    amounts=(
        Amount(
            "fee",
            Text("个人缴费资助（特困全额，其他定额）", "help with the fee (destitute: all of it)"),
            pick(
                (CLASSES[0][1], fee),
                (CLASSES[1][1], between(param("medinsure_help_dibao_year"), fee)),
                other=between(param("medinsure_help_edge_year"), fee),
            ),
            "year",
            D42,
        ),
    ),
    document=D42,
    confidence="B",
    checked=CHECKED,
    valid_from=D42_FROM,
    materials=(STATUS_PAPER,),
    apply_at=INSURERS,
    note=Text(
        "只适用于城乡居民医保；集中缴费期后认定的，一般不补。",
        "For residents' insurance only; who is recognised after the period of payment is not paid back.",
    ),
)
POLICIES = (INSURANCE_HELP, MEDICAL_RELIEF, EXTRA)
