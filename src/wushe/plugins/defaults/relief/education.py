"""P12 教育资助: grants for pupils and students by stage. The school decides, not civil affairs."""

from __future__ import annotations

import datetime as dt

from wushe import Text
from wushe.plugins.defaults.relief.routing import (
    CHECKED,
    D39,
    PERSONS,
    STATUS_PAPER,
    in_category,
    once_confirmed,
)
from wushe.rules import (
    Amount,
    Condition,
    Expr,
    Material,
    Policy,
    Step,
    ask,
    between,
    p,
    param,
    pick,
)

STANDARDS = "财教等部门 2024/2025 学生资助标准"
COMPULSORY = "义务教育家庭经济困难学生生活补助"
INTERIM = "社会救助暂行办法（国务院令第649号，2019年修订）"
INTERIM_FROM = dt.date(2014, 5, 1)
SCHOOL = Text("就读学校", "the school")

other_hardship = ask(
    "persons",
    "school-hardship",
    Text("学校是否认定为家庭经济困难", "whether the school finds the family to be in hardship"),
)
merit = ask(
    "persons",
    "school-merit",
    Text("学校是否按成绩评选", "whether the school chooses the student on merit"),
)
named = in_category("edu_compulsory", PERSONS) | p.disability_cert
hard_family = Condition(
    "hardship",
    once_confirmed(
        "属于低保、特困、孤儿、残疾、监测等类别，或学校认定的其他困难家庭",
        "dibao, destitute, orphan, disabled, monitored, or found in hardship by the school",
    ),
    named | other_hardship,
    D39,
    "四（二）",
)
chosen = Condition(
    "merit", Text("由学校按成绩评选", "chosen by the school on merit"), merit, STANDARDS
)
exempt = Condition(
    "category",
    once_confirmed("属于当地免学费的类别", "in a category that pays no tuition there"),
    named
    & ask(
        "persons",
        "tuition-free",
        Text("当地是否对该类学生免学费", "whether the place waives tuition for this category"),
    ),
    STANDARDS,
)


def in_school(zh: str, en: str, *stages: str) -> Condition:
    """Return the condition that the pupil is at one of the stages."""
    return Condition(
        "stage",
        Text(f"在{zh}就读", f"enrolled in {en}"),
        p.student_stage.one_of(*stages),
        INTERIM,
        "第33条",
    )


def average(name: str) -> Expr:
    """Return the average that the state sets a year; schools grade their own tiers around it."""
    return param(f"edu_grant_{name}_avg")


compulsory = pick(
    (
        p.student_stage.is_("primary"),
        between(param("edu_day_primary"), param("edu_boarding_primary")),
    ),
    other=between(param("edu_day_junior"), param("edu_boarding_junior")),
)
senior = between(param("edu_grant_highschool_tier_low"), param("edu_grant_highschool_tier_high"))

PRIMARY = ("小学、初中", "primary or junior school", "primary", "junior")
SENIOR = ("普通高中", "senior high school", "senior")
VOCATIONAL = ("中等职业学校", "a vocational school", "vocational")
UNIVERSITY = ("高等学校专科、本科", "college or university", "college", "bachelor")
BACHELOR = ("高等学校本科", "university", "bachelor")
NURSERY = ("幼儿园", "kindergarten", "kindergarten")

_GRANTS: tuple[tuple[str, str, str, tuple[str, ...], Condition, str, str, Expr, str], ...] = (
    (
        "edu_preschool", "学前教育资助", "preschool aid", NURSERY, hard_family,
        "资助金（当地标准）", "aid by the local standard", param("edu_grant_preschool_year"), INTERIM,
    ),
    (
        "edu_compulsory", "义务教育生活补助", "living aid in compulsory school", PRIMARY, hard_family,
        "生活补助（走读至寄宿标准）", "living aid (day pupil to boarder)", compulsory, COMPULSORY,
    ),
    (
        "edu_senior", "普通高中国家助学金", "state grant at senior high school", SENIOR, hard_family,
        "助学金（各档之间）", "grant (between the lowest and highest tier)", senior, STANDARDS,
    ),
    (
        "edu_senior_tuition", "普通高中免学杂费", "no tuition at senior high school", SENIOR, exempt,
        "免除的学杂费", "tuition waived", param("edu_senior_tuition_year"), STANDARDS,
    ),
    (
        "edu_vocational", "中职国家助学金", "state grant at vocational school", VOCATIONAL, hard_family,
        "助学金（国家平均标准）", "grant (state average)", average("vocational"), STANDARDS,
    ),
    (
        "edu_university", "高校国家助学金", "state grant at university", UNIVERSITY, hard_family,
        "助学金（国家平均标准）", "grant (state average)", average("college"), STANDARDS,
    ),
    (
        "edu_university_lizhi", "国家励志奖学金", "state encouragement scholarship", UNIVERSITY, chosen,
        "奖学金", "scholarship", param("edu_lizhi_scholarship"), STANDARDS,
    ),
    (
        "edu_university_scholarship", "国家奖学金", "state scholarship", BACHELOR, chosen,
        "奖学金", "scholarship", param("edu_national_scholarship_bachelor"), STANDARDS,
    ),
)  # fmt: skip
MATERIALS = (
    Material("form", Text("资助申请表", "form of the school"), STANDARDS),
    STATUS_PAPER,
)
STEPS = (
    Step("apply", Text("向学校申请", "apply to the school"), SCHOOL, INTERIM, "第35条"),
    Step("decide", Text("审核、确认后发放", "checked, confirmed and paid"), SCHOOL, INTERIM, "第35条",
         after="apply"),
)  # fmt: skip


def _grant(
    id: str,  # noqa: A002 - as in Policy
    zh: str,
    en: str,
    stages: tuple[str, ...],
    who: Condition,
    pays_zh: str,
    pays_en: str,
    value: Expr,
    document: str,
) -> Policy:
    hardship = (hard_family,) if id == "edu_university_lizhi" else ()
    return Policy(
        id=id,
        name=Text(zh, en),
        unit="persons",
        kind="education",
        section="P12",
        order=8,
        conditions=(in_school(*stages), *hardship, who),
        amounts=(Amount("grant", Text(pays_zh, pays_en), value, "year", document),),
        # What the school may or may not give pays for nobody's need before it says so.
        covers=() if who is not hard_family else ("education_aid",),
        document=document,
        confidence="A",
        checked=CHECKED,
        valid_from=INTERIM_FROM,
        materials=MATERIALS,
        steps=STEPS,
        apply_at=SCHOOL,
    )


POLICIES = tuple(_grant(*row) for row in _GRANTS)
