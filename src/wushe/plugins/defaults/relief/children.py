"""P07 事实无人抚养儿童 and P08 孤儿: children whose parents are dead, gone or unable to care."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

from wushe import Text
from wushe.plugins.defaults.relief.common import members_counted, mental, minor, severe
from wushe.plugins.defaults.relief.routing import opened_by
from wushe.plugins.defaults.relief.tekun import COUNTY, TOWNSHIP, parts
from wushe.plugins.defaults.relief.tekun_care import first_known
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
    between,
    compare,
    days_since,
    father,
    household_is,
    in_force,
    in_household,
    in_region,
    least,
    meet,
    months_since,
    most,
    mother,
    not_ended,
    p,
    param,
    pays,
    person_is,
    pick,
)

CHECKED = dt.date(2026, 11, 21)
D62 = "民发〔2019〕62号"
D125 = "民发〔2020〕125号"
D54 = "国办发〔2010〕54号"
MOST_SHARING = 12  # larger households get a range, not an exact share per head


def unless(test: Expr, evidence: Expr) -> Expr:
    """Return `test`, answered no by `evidence` where nothing is stated; unsure where both hold.

    An empty date says neither yes nor no; somebody who lives with the family is not lost, though.
    """
    flag = pick((test, 1), other=0)
    return meet(flag, pick((evidence, 0), other=flag)) >= 1


def passed(day: Expr) -> Expr:
    """Return whether a date is reached: also on the day itself, unsure where it is not stated."""
    # Days since a date not stated are any number from 0 on, so that a plain ``>= 0`` would hold.
    days = days_since(day)
    return compare(days, ">=", most(0, least(1, days)))


# --- a parent ------------------------------------------------------------------------------------

in_custody = p.custody.one_of("prison", "detox", "other")
_seen = any_of(p.coresident, in_custody, p.employed)
"""What shows that somebody is alive and not lost."""


def _happened(day: Expr) -> Expr:
    """Return whether somebody died or was declared missing: a stated day goes before all else.

    Where none is stated, somebody seen, or only out of contact, is neither dead nor declared missing.
    """
    return any_of(~not_ended(day), unless(passed(day), _seen | passed(p.contact_lost_on)))


dead = _happened(p.died_on)
gone = any_of(dead, _happened(p.declared_missing_on))
"""Died, or declared missing by a court."""

held = in_custody & (p.custody_months >= param("defacto_custody_months"))
lost = unless(months_since(p.contact_lost_on) >= param("defacto_missing_contact_months"), _seen)
_disabled = any_of(
    severe,
    p.disability_cert & mental,
    p.disability_cert & p.disability_type.is_("multiple") & (p.disability_level >= 3) & parts,
)
_since_2021 = in_force(dt.date(2021, 1, 1)) & any_of(p.guardianship_revoked, p.deported)
unable = any_of(_disabled, p.major_illness, held, lost, _since_2021)
"""Severely disabled, seriously ill, in custody, lost, without guardianship or deported."""

_named = age(p.birth) >= 0
untraceable = unless(p.parents_untraceable, any_of(father(_named), mother(_named)))
both_gone = any_of(untraceable, father(gone) & mother(gone))
neither_cares = father(gone | unable) & mother(gone | unable)

_scattered_orphan = first_known(
    param("orphan_scattered_month"),
    pick(
        (in_region("420000"), param("tekun_total_urban_month")),
        other=param("orphan_scattered_month"),
    ),
)
in_institution = unless(p.care_mode.is_("institution"), p.coresident)
_institution = first_known(
    param("orphan_institution_month"),
    param("orphan_institution_multiplier") * _scattered_orphan,
)
orphan_standard = pick((in_institution, _institution), other=_scattered_orphan)
"""Basic living of an orphan, fen a month. Hubei: scattered as destitute in town, institution 1.6 times."""

standard = pick(
    (in_institution, _institution),
    other=first_known(param("defacto_child_month"), _scattered_orphan),
)
"""Basic living of an unattended child, fen a month: aligned to that of orphans."""


def per_head(amount: Expr) -> Expr:
    """Return a household's amount per member counted."""
    shares = [
        (members_counted.equals(n), amount * Fraction(1, n)) for n in range(1, MOST_SHARING + 1)
    ]
    return pick(*shares, other=between(0, amount * Fraction(1, MOST_SHARING + 1)))


_gap = most(0, in_household(per_head(pays("dibao", "gap", "households"))))
_of_dibao = pick(
    (in_household(answer("dibao")), _gap),
    (in_household(household_is("dibao")), between(0, standard)),
    other=0,
)
_of_tekun = pick(
    (person_is("tekun"), pays("tekun", "basic", "persons") + pays("tekun", "care", "persons")),
    other=0,
)
drawn = _of_dibao + _of_tekun
drawn += pays("disabled_living", "living", "persons") + pays("dibao_single", "single", "persons")
"""Relief per head that the child draws besides: only what is missing to the standard is paid."""

# --- the policies --------------------------------------------------------------------------------


def _under_age(document: str, article: str = "") -> Condition:
    return Condition("age", Text("未满18周岁", "under 18"), minor, document, article)


def _materials(document: str, article: str = "") -> tuple[Material, ...]:
    form = Text("监护人或受委托亲属的申请表", "application form of the guardian or a relative")
    identity = Text("儿童户籍信息", "the child's registration data")
    proof = Text(
        "父母情况证明（先由部门数据比对，比对不到的再提供）",
        "proof of the parents' situation (data are compared first)",
    )
    known = ("persons.id_number",)
    return (
        Material("application", form, document, article),
        Material("identity", identity, document, article, known_by=known, fetch=True),
        Material("parents", proof, document, article, fetch=True),
    )


AT_REGISTRATION = Text(
    "儿童户籍所在地乡镇（街道）", "the township or street office where the child is registered"
)
ORPHAN = Policy(
    id="orphan",
    name=Text("孤儿基本生活保障", "basic living of orphans"),
    unit="persons",
    kind="living",
    section="P08",
    order=2,
    conditions=(
        _under_age(D54),
        Condition(
            "parents",
            Text(
                "父母均已死亡或被宣告死亡、失踪，或查找不到生父母",
                "both parents dead, declared dead or missing, or not to be found",
            ),
            both_gone,
            D54,
        ),
    ),
    amounts=(
        Amount(
            "living",
            Text(
                "基本生活费（机构养育或社会散居）", "basic living, in an institution or scattered"
            ),
            orphan_standard,
            "month",
            D54,
            "标准按当地公布数",
        ),
    ),
    covers=("living_aid",),
    opens=opened_by("orphan"),
    excludes=("defacto", "disabled_living", "tekun"),
    document=D54,
    confidence="A*",
    checked=CHECKED,
    materials=_materials(D54),
    steps=(
        Step("accept", Text("受理", "acceptance"), TOWNSHIP, D54),
        Step("check", Text("初审", "first check"), TOWNSHIP, D54, after="accept"),
        Step("confirm", Text("审核认定", "confirmation"), COUNTY, D54, after="check"),
    ),
    apply_at=AT_REGISTRATION,
    note=Text(
        "保护儿童隐私；办理时限按当地规定", "Guard the child's privacy; time limits are local"
    ),
)
DEFACTO = Policy(
    id="defacto",
    name=Text("事实无人抚养儿童基本生活补贴", "basic living of children in fact unattended"),
    unit="persons",
    kind="living",
    section="P07",
    order=2,
    conditions=(
        _under_age(D62, "一"),
        Condition(
            "parents",
            Text(
                "父母双方均死亡、失踪，或重残、重病、被羁押、失联、被撤销监护资格、被遣送（驱逐）出境",
                "each parent dead, missing, severely disabled, seriously ill, held, out of contact, "
                "without guardianship or deported",
            ),
            neither_cares,
            f"{D62}；{D125}",
            "一",
        ),
        Condition(
            "not-orphan",
            Text(
                "不属于孤儿（父母未全部死亡或失踪）", "no orphan: not both parents dead or missing"
            ),
            ~both_gone,
            D62,
            "一",
        ),
    ),
    amounts=(
        Amount(
            "subsidy",
            Text(
                "基本生活补贴（已享受的人均救助予以扣减）",
                "basic living less relief drawn per head",
            ),
            most(0, standard - drawn),
            "month",
            D62,
            "三(一)；标准按当地公布数",
        ),
    ),
    covers=("living_aid",),
    opens=opened_by("defacto"),
    excludes=("orphan", "tekun"),
    document=D62,
    confidence="A*",
    checked=CHECKED,
    valid_from=dt.date(2020, 1, 1),
    materials=_materials(D62, "二(一)(二)"),
    steps=(
        Step("accept", Text("受理", "acceptance"), TOWNSHIP, D62, "二(一)"),
        Step(
            "check",
            Text("查验（不公示）", "check, without publicity"),
            TOWNSHIP,
            D62,
            "二(二)",
            limit="defacto_township_days",
            after="accept",
        ),
        Step(
            "confirm",
            Text("确认", "confirmation"),
            COUNTY,
            D62,
            "二(三)",
            limit="defacto_county_days",
            after="check",
        ),
    ),
    apply_at=AT_REGISTRATION,
    note=Text(
        "为保护儿童隐私不公示；补贴不计入家庭收入；撤销监护资格和遣送出境两种情形依民发〔2020〕125号",
        "Never published, to guard the child's privacy; not counted as income of the family; "
        "guardianship revoked and deportation follow 民发〔2020〕125号",
    ),
)
POLICIES = (ORPHAN, DEFACTO)
