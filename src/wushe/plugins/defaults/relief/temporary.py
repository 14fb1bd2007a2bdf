"""P06 临时救助: relief in an emergency, small and fast relief, relief for sudden necessary spending.

An emergency has no means test and no residence condition: it is handled where it happens. What
places pay is in `temporary_amounts`.
"""

from __future__ import annotations

import datetime as dt

from wushe import Text
from wushe.plugins.defaults.relief.common import countable_income, members_counted
from wushe.plugins.defaults.relief.routing import CHECKED, D83, INTERIM, INTERIM_FROM, TOWNSHIP
from wushe.plugins.defaults.relief.temporary_amounts import (
    a_head,
    by_spending,
    extreme,
    heavier,
    light,
    up_to,
)
from wushe.rules import (
    Amount,
    Condition,
    Material,
    Policy,
    Step,
    any_of,
    ask,
    days_since,
    emergencies,
    emergency,
    family_has,
    grant,
    grants,
    hh,
    household_is,
    in_household,
    in_region,
    months_since,
    p,
    param,
    person_is,
)

D2026 = "民政部 财政部 关于进一步健全完善临时救助制度的意见"
D2026_FROM = dt.date(2026, 1, 29)
LOCAL = "当地临时救助办法"
COUNTY = Text("县级民政部门", "county civil affairs office")

# --- the same cause twice -------------------------------------------------------------------------

ONCE_A_YEAR = ("410922", "532300", "653100")
"""清丰, 楚雄, 喀什: the same cause at most once in twelve months."""
RELIEF_NAMES = ("temp_emergency", "temp_small_fast", "temp_spending", "temp_relief", "临时救助")
relieved = grants.any(
    grant.policy.one_of(*RELIEF_NAMES)
    & (days_since(grant.granted_on) >= 0)
    & (months_since(grant.granted_on) < 12)
)
same_cause = ask(
    "households",
    "same-cause",
    Text("是否与12个月内已救助的事由相同", "whether the cause is one relieved within 12 months"),
)
not_again = Condition(
    "not-again",
    Text(
        "当地规定同一事由一年一次的：12个月内未因同一事由获得临时救助",
        "where the place says once a year: no relief for the same cause within 12 months",
    ),
    ~(in_region(*ONCE_A_YEAR) & relieved & same_cause),
    LOCAL,
)

# --- emergencies ----------------------------------------------------------------------------------

HAPPENED_AT = Text(
    "急难发生地乡镇（街道）（不限户籍和居住地）",
    "the street office where it happened (wherever the household is registered)",
)
in_danger = Condition(
    "event",
    Text(
        "因火灾、交通事故、其他意外、突发重病等，基本生活陷入严重困难",
        "fire, traffic or other accident, sudden major illness or the like threatens basic living",
    ),
    emergencies.any(emergency.living_at_risk),
    INTERIM,
    "第47条",
)
IDENTITY = Material(
    "identity",
    Text("受助人身份信息", "identity of the person helped"),
    INTERIM,
    "第48条",
    fetch=True,
)
PROOF = Material(
    "proof",
    Text(
        "事故、病情等证明（能取得的，可事后补）",
        "proof of the event, where it can be had; later will do",
    ),
    INTERIM,
    "第48条",
)
FIRST_AID = Step(
    "first-aid", Text("情况紧急的先行救助", "urgent: aid first"), TOWNSHIP, INTERIM, "第48条"
)
PAPERS = Step(
    "papers",
    Text("事后补齐手续", "papers afterwards"),
    TOWNSHIP,
    INTERIM,
    "第48条",
    limit="temp_relief_papers_days",
    after="first-aid",
)

EMERGENCY = Policy(
    id="temp_emergency",
    name=Text("临时救助（急难型）", "temporary relief in an emergency"),
    unit="households",
    kind="emergency",
    section="P06",
    order=1,
    conditions=(in_danger, not_again),
    amounts=(
        Amount("relief", Text("急难救助金（一般情形）", "emergency relief (usual case)"), light,
               "once", LOCAL),
        Amount("heavier", Text("困难较重时增加", "more in a heavier case"), heavier, "once", LOCAL),
        Amount("extreme", Text("特别困难时再增加", "still more in an extreme case"), extreme, "once",
               LOCAL),
    ),
    covers=("emergency_aid", "living_aid", "medical_aid"),
    opens=("charity_referral",),
    document=INTERIM,
    article="第47—51条",
    confidence="A*",
    checked=CHECKED,
    valid_from=INTERIM_FROM,
    materials=(IDENTITY, PROOF),
    steps=(FIRST_AID, PAPERS),
    apply_at=HAPPENED_AT,
    note=Text(
        "不核查收入和财产；户籍、居住地限制已由国办发〔2023〕39号取消。",
        "No check of income or property; 国办发〔2023〕39号 ended every residence condition.",
    ),
)  # fmt: skip
SMALL_FAST = Policy(
    id="temp_small_fast",
    name=Text("小额快救", "small and fast relief"),
    unit="households",
    kind="emergency",
    section="P06",
    order=1,
    conditions=(in_danger,),
    amounts=(
        Amount(
            "relief",
            Text("小额快救金（最高档不超过1个月低保标准）", "small relief (at most one month's standard)"),
            # The text does not say whether the month's standard is a head's or the family's.
            up_to(a_head * param("temp_relief_small_fast_cap")),
            "once",
            D2026,
        ),
    ),
    covers=("emergency_aid", "living_aid"),
    opens=("charity_referral",),
    # It is the first part of one relief: its money is not counted beside the whole.
    excludes=("temp_emergency",),
    document=D2026,
    confidence="B",
    checked=CHECKED,
    valid_from=D2026_FROM,
    materials=(IDENTITY,),
    steps=(
        Step("report", Text("求助或主动发现", "asked for, or found out"), TOWNSHIP, D2026),
        Step("pay", Text("直接给付，不公示", "paid at once, no publicity"), TOWNSHIP, D2026,
             limit="temp_relief_small_fast_days", after="report"),
    ),
    apply_at=HAPPENED_AT,
)  # fmt: skip

# --- sudden spending, and months without work -----------------------------------------------------

recognised = any_of(
    household_is("dibao"), family_has("tekun"), household_is("edge"), household_is("rigid")
)
SPENDING = Policy(
    id="temp_spending",
    name=Text("临时救助（支出型）", "temporary relief for sudden spending"),
    unit="households",
    kind="emergency",
    section="P06",
    order=9,
    conditions=(
        Condition(
            "sudden-spending",
            Text("必需支出突然增加，超出家庭承受能力", "necessary spending rose beyond the household's means"),
            hh.sudden_spending,
            INTERIM,
            "第47条",
        ),
        Condition(
            "income",
            Text(
                "人均收入低于当地上年度人均可支配收入（已认定的低收入家庭不再核查）",
                "income per head below last year's disposable income (not asked of recognised families)",
            ),
            # A recognised family's income was found below a lower line: so also before the opinion.
            recognised
            | (countable_income * 12 < param("disposable_income_prev_year") * members_counted),
            D2026,
        ),
        Condition(
            "property",
            Text("财产符合当地规定（已认定的低收入家庭不再核查）",
                 "property within the local limits (not asked of recognised families)"),
            recognised | hh.property_ok,
            D2026,
        ),
        not_again,
    ),
    amounts=(
        Amount("relief", Text("支出型救助金", "relief for sudden spending"), by_spending, "once", LOCAL),
    ),
    covers=("living_aid", "medical_aid", "education_aid"),
    opens=("charity_referral",),
    document=INTERIM,
    article="第47—51条",
    confidence="A*",
    checked=CHECKED,
    valid_from=INTERIM_FROM,
    materials=(
        Material("application", Text("申请书", "application form"), INTERIM, "第48条"),
        IDENTITY,
        Material("bills", Text("必需支出票据", "bills of the necessary spending"), INTERIM, "第48条",
                 known_by=("spendings.amount_fen",)),
        Material("authorisation",
                 Text("经济状况核对授权书（已认定的低收入家庭不需要）",
                      "authorisation of the core check (not from recognised families)"),
                 D2026, known_by=("households.corecheck_authorised", "households.statuses")),
    ),
    steps=(
        Step("accept", Text("受理", "acceptance"), TOWNSHIP, INTERIM, "第48条"),
        Step("survey", Text("调查核实", "survey"), TOWNSHIP, INTERIM, "第48条", after="accept"),
        Step("publicity", Text("公示", "publicity"), TOWNSHIP, INTERIM, "第48条", after="survey"),
        Step("approve", Text("审批（小额可由乡镇审批）", "approval (small sums: the street office)"), COUNTY,
             INTERIM, "第48条", limit="temp_relief_total_days", after="accept"),
    ),
)  # fmt: skip

JOBLESS = Policy(
    id="temp_jobless",
    name=Text("失业人员一次性临时救助", "one-off relief for the jobless"),
    unit="persons",
    kind="emergency",
    section="P06",
    order=9,
    conditions=(
        Condition("jobless", Text("连续3个月无收入来源", "three months without an income"),
                  ~p.employed & (p.jobless_months >= 3), D83, "二（一）"),
        Condition("no-dibao", Text("未纳入低保", "not on dibao"),
                  ~(in_household(household_is("dibao")) | person_is("dibao")), D83, "二（一）"),
        Condition("kept", Text("未参加失业保险、无失业保险待遇，且当地仍执行该政策",
                               "no unemployment insurance or benefit, and the place still does this"),
                  ask("persons", "jobless-relief",
                      Text("是否无失业保险待遇且当地仍执行", "no benefit, and still done there")),
                  D83, "二（一）"),
    ),
    amounts=(
        Amount("relief", Text("一次性临时救助金", "one-off relief"),
               up_to(param("temp_relief_jobless_cap")), "once", LOCAL),
    ),
    covers=("living_aid",),
    document=D83,
    article="二（一）",
    confidence="A*",
    checked=CHECKED,
    materials=(IDENTITY,),
    apply_at=Text("务工地或经常居住地乡镇（街道）", "the street office at the place of work or residence"),
)  # fmt: skip
POLICIES = (EMERGENCY, SMALL_FAST, SPENDING, JOBLESS)
