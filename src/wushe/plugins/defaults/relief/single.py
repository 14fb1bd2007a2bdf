"""P01.5 单人保: persons who apply alone, out of an edge family or as severely disabled adults."""

from __future__ import annotations

import datetime as dt

from wushe import Text
from wushe.plugins.defaults.relief.common import (
    ADULT,
    RULES_57_FROM,
    base_pension,
    dibao_standard,
    heavy_mental,
    is_now,
    is_tekun,
    severe,
)
from wushe.plugins.defaults.relief.dibao import CHECKED, WHERE_TO_APPLY
from wushe.plugins.defaults.relief.dibao_procedure import AFTERWARDS, D57, D83, MATERIALS, STEPS
from wushe.plugins.defaults.relief.routing import opened_by
from wushe.rules import (
    Amount,
    Condition,
    Policy,
    age,
    any_of,
    ask,
    compare,
    household_is,
    in_force,
    in_household,
    p,
    param,
)

D83_FROM = dt.date(2022, 10, 20)

in_edge_family = in_household(is_now("edge"))
s1_disabled = in_force(RULES_57_FROM) & in_edge_family & (severe | heavy_mental)
s2_ill = in_force(RULES_57_FROM) & in_edge_family & p.major_illness
s3_clergy = in_force(RULES_57_FROM) & (p.religious_years >= 3)
_local_level_3 = ask(
    "persons",
    "single-level-3",
    Text(
        "当地是否将三级智力、精神残疾人纳入参照单人户",
        "whether the place lets intellectual or mental disability of level 3 count",
    ),
)
s4_jobless = (
    in_force(D83_FROM)
    & (age(p.birth) >= ADULT)
    & ~p.employed
    & (severe | (heavy_mental & _local_level_3))
)

_standard = in_household(dibao_standard)
own_income = p.income_month_fen + base_pension
"""The person's own income with the support fees received, fen a month."""
own_means = compare(own_income, "dibao_income_operator", _standard) & p.property_ok
_discretion = ask(
    "persons",
    "single-discretion",
    Text(
        "办理机关是否酌情豁免兄弟姐妹或老年父母给付的供养费用后予以纳入",
        "whether the office leaves out what siblings or elderly parents give, and then admits the person",
    ),
)

APART = Condition(
    "family-not-dibao",
    Text(
        "家庭不能整户纳入低保（整户可申请的，不单独纳入个人）",
        "the family as a whole does not come under dibao, which would go first",
    ),
    in_household(household_is("edge")) | ~in_household(is_now("dibao")),
    D83,
    "一(一)",
)
NOT_TEKUN = Condition(
    "not-tekun",
    Text("本人不是特困人员", "the person is not in destitute support"),
    ~is_tekun,
    "地方实施办法（如泗县低保家庭财产认定）",
)


def _single(
    id: str,  # noqa: A002 - as in Policy
    name: Text,
    conditions: tuple[Condition, ...],
    document: str,
    article: str,
    note: Text,
) -> Policy:
    """Return a policy for persons who apply alone; what it pays is a local share of the standard."""
    return Policy(
        id=id,
        name=name,
        unit="persons",
        kind="living",
        section="P01",
        order=5,
        conditions=(*conditions, APART, NOT_TEKUN),
        amounts=(
            Amount(
                "single",
                Text("单人保低保金", "monthly guarantee of a single person"),
                param("dibao_single_ratio") * _standard,
                "month",
                D57,
                "第23条",
            ),
        ),
        covers=("living_aid",),
        document=document,
        article=article,
        confidence="A*",
        checked=CHECKED,
        valid_from=RULES_57_FROM,
        opens=(*opened_by("dibao"), "disabled_living", "temp_spending"),
        excludes=("tekun",),
        materials=MATERIALS,
        steps=(*STEPS, *AFTERWARDS),
        apply_at=WHERE_TO_APPLY,
        note=note,
    )


_AMOUNT_NOTE = Text(
    "发放标准由地方规定（按低保标准的一定比例），未查到的，金额未知。",
    "What is paid is a local share of the standard; where it was not found the amount is unknown.",
)
DIBAO_SINGLE = _single(
    "dibao_single",
    Text("单人保（重残、重病人员单独申请低保）", "dibao for a single disabled or ill person"),
    (
        Condition(
            "ground",
            Text(
                "低保边缘家庭中的重度残疾人、三级智力或精神残疾人、重病患者，或无业的重度残疾成年人",
                "severely disabled, level 3 intellectual or mental, or seriously ill in an edge family; "
                "or a jobless severely disabled adult",
            ),
            any_of(s1_disabled, s2_ill, s4_jobless),
            f"{D57}；{D83}",
            "第8条；一(一)、一(四)",
        ),
        Condition(
            "means",
            Text(
                "不在低保边缘家庭的，本人收入低于低保标准、财产在限额以内，或由办理机关酌情确定",
                "outside an edge family: own income below the standard and property within the limits, "
                "or the office uses its discretion",
            ),
            any_of(s1_disabled, s2_ill, own_means, _discretion),
            D83,
            "一(一)",
        ),
    ),
    D57,
    "第8条",
    Text(
        "无业重度残疾成年人自2022年10月20日起可参照单人户提出申请；由兄弟姐妹或60岁以上老人供养的，"
        "供养费用可视情豁免，是否豁免由办理机关决定。重病病种和其他可单独申请的类别由地方规定。"
        + _AMOUNT_NOTE.zh,
        "Jobless severely disabled adults may apply as a household of one since 20 October 2022; what "
        "siblings or persons of 60 and over give for them may be left out, which the office decides. "
        "Lists of illnesses and further groups are local. " + _AMOUNT_NOTE.en,
    ),
)
DIBAO_SINGLE_CLERGY = _single(
    "dibao_single_clergy",
    Text("单人保（脱离家庭、在宗教场所居住的人员）", "dibao for clergy who live in a venue"),
    (
        Condition(
            "ground",
            Text(
                "脱离家庭、在宗教场所居住三年以上（含三年）",
                "has left the family and lived in a religious venue for three years or more",
            ),
            s3_clergy,
            D57,
            "第8条",
        ),
        Condition(
            "means",
            Text(
                "生活困难：本人收入低于低保标准，财产在限额以内",
                "in hardship: own income below the standard, property within the limits",
            ),
            own_means,
            D57,
            "第8条",
        ),
    ),
    D57,
    "第8条",
    _AMOUNT_NOTE,
)
POLICIES = (DIBAO_SINGLE, DIBAO_SINGLE_CLERGY)
