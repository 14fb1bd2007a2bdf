"""P14 残疾儿童康复救助: rehabilitation of disabled children up to six."""

from __future__ import annotations

import datetime as dt

from wushe import Text
from wushe.plugins.defaults.relief.common import is_tekun
from wushe.plugins.defaults.relief.disabled import in_dibao
from wushe.rules import (
    Amount,
    Condition,
    Material,
    Policy,
    Step,
    age,
    any_of,
    p,
    param,
)

CHECKED = dt.date(2026, 11, 21)
D18 = "国发〔2018〕20号"
FEDERATION = Text("县级残联", "the county disabled persons' federation")
LAST_AGE = 6

# A multiple disability joins two of the seven types, so that one at least is among these five.
_types = p.disability_type.one_of(
    "visual", "hearing", "speech", "physical", "intellectual", "multiple"
)
covered = any_of(p.disability_cert & _types, p.autism)
needy = any_of(
    in_dibao,
    is_tekun,
    p.child_status.one_of("orphan", "defacto"),
)
served = any_of(needy, param("rehab_for_all_families") >= 1)
"""A needy family or child, or any where the place serves all."""

REHAB = Policy(
    id="child_rehab",
    name=Text("残疾儿童康复救助", "rehabilitation of disabled children"),
    unit="persons",
    kind="rehab",
    section="P14",
    order=7,
    conditions=(
        Condition("age", Text("0—6岁", "up to 6 years old"), age(p.birth) <= LAST_AGE, D18),
        Condition(
            "type",
            Text(
                "视力、听力、言语、肢体、智力残疾或孤独症",
                "visual, hearing, speech, physical or intellectual disability, or autism",
            ),
            covered,
            D18,
        ),
        Condition(
            "needy",
            Text(
                "低保、特困家庭儿童，孤儿、事实无人抚养儿童（其他家庭按当地规定）",
                "of a family on relief, orphan or unattended child (other families: local)",
            ),
            served,
            D18,
        ),
    ),
    amounts=(
        Amount(
            "rehab",
            Text("康复救助（按当地标准）", "rehabilitation, by the local rate"),
            param("rehab_child_year"),
            "year",
            "当地残疾儿童康复救助文件",
        ),
    ),
    covers=("medical_aid",),
    document=D18,
    confidence="A*",
    checked=CHECKED,
    valid_from=dt.date(2018, 10, 1),
    materials=(
        Material("application", Text("监护人的申请", "application of the guardian"), D18),
        Material(
            "certificate",
            Text("残疾人证或诊断证明", "disability certificate or diagnosis"),
            D18,
            known_by=("persons.disability_cert",),
        ),
    ),
    steps=(
        Step("accept", Text("受理", "acceptance"), FEDERATION, D18),
        Step("check", Text("审核", "check"), FEDERATION, D18, after="accept"),
        Step(
            "serve",
            Text("到定点机构康复", "rehabilitation at an approved institution"),
            FEDERATION,
            D18,
            after="check",
        ),
    ),
    apply_at=FEDERATION,
)
POLICIES = (REHAB,)
