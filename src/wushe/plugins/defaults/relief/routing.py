"""P05, P15, P16: which category opens which relief, and the services that carry no money of their own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from wushe import Text
from wushe.plugins.defaults.relief.common import is_now, minor, severe
from wushe.rules import (
    Condition,
    Expr,
    Material,
    Policy,
    age,
    answer,
    any_of,
    ask,
    emergencies,
    emergency,
    family_has,
    hh,
    household_is,
    in_household,
    members,
    p,
    person_is,
)

CHECKED = dt.date(2026, 11, 21)
D39 = "国办发〔2023〕39号"
D46 = "民发〔2023〕46号"
D57 = "民发〔2021〕57号 最低生活保障审核确认办法"
D83 = "民发〔2022〕83号"
INTERIM = "社会救助暂行办法（国务院令第649号，2019年修订）"
PIPL = "个人信息保护法"
INTERIM_FROM = dt.date(2014, 5, 1)
D46_FROM = dt.date(2023, 9, 7)  # the official report; the day of issue was not read
TOWNSHIP = Text("乡镇（街道）", "township or street office")
ONCE_CONFIRMED = Text("（尚未认定的，以认定为准）", " (if not recognised yet: once confirmed)")


def once_confirmed(zh: str, en: str) -> Text:
    """Return a condition's words for a status that counts as soon as the office has confirmed it."""
    return Text(zh + ONCE_CONFIRMED.zh, en + ONCE_CONFIRMED.en)


# --- categories, recognised or possible in the same run -------------------------------------------

orphan = minor & p.child_status.is_("orphan")
defacto = minor & p.child_status.is_("defacto")
"""Recognised; `PERSONS` has those that are possible too."""
single_dibao = any_of(
    *(answer(policy, "persons") for policy in ("dibao_single", "dibao_single_clergy"))
)
tekun_person = person_is("tekun") | answer("tekun", "persons")
scattered_tekun = members.any(tekun_person & p.care_mode.is_("scattered"))

CATEGORIES: Mapping[str, Expr] = {
    "tekun": family_has("tekun") | members.any(answer("tekun", "persons")),
    "scattered_tekun": scattered_tekun,
    "dibao": is_now("dibao"),
    "edge": is_now("edge"),
    "rigid": is_now("rigid"),
    "monitored": household_is("monitored"),
    "orphan": members.any(orphan | answer("orphan", "persons")),
    "defacto": members.any(defacto | answer("defacto", "persons")),
}
"""A household's categories as 国办发〔2023〕39号 ranks them, each with its test."""

PERSONS: Mapping[str, Expr] = {
    "tekun": tekun_person,
    "orphan": orphan | answer("orphan", "persons"),
    "defacto": defacto | answer("defacto", "persons"),
    "dibao": any_of(in_household(CATEGORIES["dibao"]), person_is("dibao"), single_dibao),
    "edge": in_household(CATEGORIES["edge"]) | person_is("edge"),
    "rigid": in_household(CATEGORIES["rigid"]) | person_is("rigid"),
    "monitored": in_household(CATEGORIES["monitored"]) | person_is("monitored"),
}
"""The same for a person: a status of the household counts for every member."""

GRANTS = (
    "edu_preschool", "edu_compulsory", "edu_senior", "edu_senior_tuition", "edu_vocational", "edu_university",
)  # fmt: skip
PUPILS = ("tekun", "orphan", "dibao", "edge", "rigid", "monitored")
LOW_INCOME = ("tekun", "dibao", "edge", "rigid")
OPENS: Mapping[str, tuple[str, ...]] = {
    "medical_insurance_help": ("tekun", "dibao", "edge", "rigid", "monitored"),
    "medical_relief": ("tekun", "orphan", "dibao", "edge", "monitored"),
    **dict.fromkeys(GRANTS, PUPILS),
    "housing_support": ("scattered_tekun", "dibao", "edge", "rigid"),
    "employment_support": ("dibao", "edge", "rigid"),
    "disaster_support": LOW_INCOME,
    "service_relief": LOW_INCOME,
    "monitoring_push": (*LOW_INCOME, "monitored"),
    "charity_referral": (*LOW_INCOME, "monitored", "orphan", "defacto"),
}
"""The routing table of 国办发〔2023〕39号 part 4 (charity: 民发〔2023〕46号): relief -> categories."""


def opened_by(category: str) -> tuple[str, ...]:
    """Return the relief of the routing table that a category opens, in its order."""
    return tuple(relief for relief, categories in OPENS.items() if category in categories)


def in_category(relief: str, of: Mapping[str, Expr] = CATEGORIES) -> Expr:
    """Return the condition that a household (a person, with `PERSONS`) is in a category that opens `relief`."""
    return any_of(*(of[category] for category in OPENS[relief]))


def category_condition(relief: str, article: str, document: str = D39) -> Condition:
    """Return the condition "in one of the categories" of a household policy."""
    said = once_confirmed(
        "属于可享受该救助的低收入人口类别", "in a low-income category that opens this relief"
    )
    return Condition("category", said, in_category(relief), document, article)


# --- services -------------------------------------------------------------------------------------

SELFCARE = ("eat", "dress", "bed", "toilet", "walk", "bathe")
dependent = any_of(*(p.selfcare_unable.has(item) for item in SELFCARE)) | p.longterm_care
cared_for = any_of(minor, dependent & any_of(age(p.birth) >= 60, p.disability_cert))
jobless = (
    ~p.employed & (age(p.birth) >= 16) & (age(p.birth) < 60) & ~severe & p.student_stage.is_("none")
)

other_hardship = ask(
    "households",
    "other-hardship",
    Text("救助后是否仍有较大困难", "whether hardship remains after relief"),
)

STATUS_PAPER = Material(
    "status",
    Text("救助身份信息", "proof of the recognised status"),
    D57,
    "第10条",
    known_by=("households.statuses", "persons.statuses"),
    fetch=True,
)


def _service(
    id: str,  # noqa: A002 - as in Policy
    name: Text,
    conditions: tuple[Condition, ...],
    article: str,
    apply_at: Text = TOWNSHIP,
    **more: Any,
) -> Policy:
    """Return a policy without money of 社会救助暂行办法, unless `more` says otherwise."""
    usual: dict[str, Any] = {
        "kind": "service", "section": "P15", "order": 8, "document": INTERIM, "confidence": "A*",
        "valid_from": INTERIM_FROM, "materials": (STATUS_PAPER,),
    }  # fmt: skip
    return Policy(
        id=id, name=name, unit="households", conditions=conditions, article=article,
        apply_at=apply_at, checked=CHECKED, **{**usual, **more},
    )  # fmt: skip


HOUSING = _service(
    "housing_support",
    Text("住房救助", "housing support"),
    (
        category_condition("housing_support", "四（二）"),
        Condition(
            "housing-test",
            Text("住房困难，达到当地标准", "housing hardship by the local test"),
            ask(
                "households",
                "housing-test",
                Text("住房困难是否达到当地标准", "whether the local housing test is met"),
            ),
            INTERIM,
            "第37条",
        ),
    ),
    "第37—41条",
    Text("乡镇（街道）或县级住房保障部门", "the street office or the county housing office"),
    kind="housing",
)
EMPLOYMENT = _service(
    "employment_support",
    Text("就业救助", "employment support"),
    (
        category_condition("employment_support", "四（二）"),
        Condition(
            "jobless-member",
            Text(
                "有劳动能力的成员失业（16至59周岁，非在校，非重度残疾）",
                "a member who can work has no job (aged 16 to 59, not in school, not severely disabled)",
            ),
            members.any(jobless),
            INTERIM,
            "第42条",
        ),
    ),
    "第42—46条",
    Text("街道、社区公共就业服务机构", "the public employment service of the street or community"),
)
DISASTER = _service(
    "disaster_support",
    Text("受灾人员救助", "disaster support"),
    (
        Condition(
            "event",
            Text("家庭遭遇疾病以外的突发事件", "a sudden event other than illness"),
            emergencies.any(~emergency.kind.is_("illness")),
            INTERIM,
            "第20条",
        ),
        Condition(
            "natural-disaster",
            Text("由自然灾害造成，基本生活受严重影响", "caused by a natural disaster"),
            ask(
                "households",
                "natural-disaster",
                Text("是否因自然灾害造成", "whether a natural disaster caused it"),
            ),
            INTERIM,
            "第20条",
        ),
    ),
    "第20—26条",
    Text("村（居）民委员会、乡镇（街道）", "the residents' committee or the street office"),
    materials=(),
)
SERVICES = _service(
    "service_relief",
    Text("服务类救助（探访、照料、社会工作）", "service relief: visits, care, social work"),
    (
        category_condition("service_relief", "四（四）"),
        Condition(
            "cared-for",
            Text(
                "有生活不能自理的老年人、残疾人，或未成年人",
                "an old or disabled member who cannot care for themselves, or a minor",
            ),
            members.any(cared_for),
            D39,
            "四（四）",
        ),
    ),
    "四（四）",
    section="P05",
    document=D39,
    valid_from=None,
)
MONITORING = _service(
    "monitoring_push",
    Text("纳入低收入人口动态监测", "listed in the monitoring of low-income people"),
    (category_condition("monitoring_push", "三（三）", D83),),
    "三（三）",
    section="P05",
    order=7,
    document=D83,
    valid_from=None,
)
CHARITY = _service(
    "charity_referral",
    Text("慈善帮扶转介", "referral to charity"),
    (
        Condition(
            "target-group",
            once_confirmed(
                "属于慈善帮扶对象，或救助后仍有困难的其他低收入人口",
                "in a target group of charity, or low income and still in hardship after relief",
            ),
            in_category("charity_referral") | other_hardship,
            D46,
            "帮扶对象",
        ),
        Condition(
            "consent",
            Text("本人或家庭同意转介", "the household agrees to be referred"),
            hh.referral_consent,
            PIPL,
            "第23条",
        ),
    ),
    "帮扶对象",
    section="P16",
    order=10,
    document=D46,
    confidence="B",
    valid_from=D46_FROM,
    materials=(
        Material(
            "consent",
            Text("转介同意书", "consent to the referral"),
            PIPL,
            "第23条",
            known_by=("households.referral_consent",),
        ),
    ),
)
POLICIES = (MONITORING, HOUSING, EMPLOYMENT, DISASTER, SERVICES, CHARITY)
