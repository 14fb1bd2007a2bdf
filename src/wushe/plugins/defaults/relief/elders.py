"""P10 高龄津贴: allowances for the very old, which every place sets for itself."""

from __future__ import annotations

import datetime as dt

from wushe import Text
from wushe.rules import Amount, Condition, Material, Policy, Step, age, any_of, p, param, pick

CHECKED = dt.date(2026, 11, 21)
LOCAL = "当地高龄津贴文件"
AT_REGISTRATION = Text(
    "户籍所在地乡镇（街道）", "the township or street office where the person is registered"
)
OLD = 60
"""Old in the relief rules: from the 60th birthday on (民发〔2021〕43号 article 5)."""
VERY_OLD = 80

years = age(p.birth)
band = pick(
    (years >= 100, param("elder_100_month")),
    (years >= 90, param("elder_90_99_month")),
    (years >= VERY_OLD, param("elder_80_89_month")),
    other=param("elder_under_80_month"),
)
"""The allowance of the person's age band, fen a month."""

old_enough = (years >= OLD) & any_of(
    years >= param("elder_allowance_age"), (years >= VERY_OLD) & (band > 0)
)
"""Of the age from which the place pays, or in a band for which it publishes a figure."""

ALLOWANCE = Policy(
    id="elder_allowance",
    name=Text("高龄津贴", "old-age allowance"),
    unit="persons",
    kind="living",
    section="P10",
    order=7,
    conditions=(
        Condition(
            "age",
            Text("达到当地高龄津贴起始年龄", "of the age from which the place pays an allowance"),
            old_enough,
            LOCAL,
        ),
    ),
    amounts=(Amount("allowance", Text("高龄津贴", "old-age allowance"), band, "month", LOCAL),),
    covers=("living_aid",),
    document=LOCAL,
    confidence="B",
    checked=CHECKED,
    materials=(
        Material("application", Text("申请表（多地免申请）", "application form, if any"), LOCAL),
        Material(
            "identity",
            Text("身份、户籍信息", "identity and registration data"),
            LOCAL,
            known_by=("persons.id_number", "persons.birth"),
            fetch=True,
        ),
    ),
    steps=(Step("accept", Text("受理", "acceptance"), AT_REGISTRATION, LOCAL),),
    apply_at=AT_REGISTRATION,
    note=Text(
        "按户籍地的标准发放；起发月份和换档月份由当地规定；不计入特困人员收入（民发〔2021〕43号第6条）",
        "Paid by the place of registration at its own rate; the first month and the month of a new "
        "band are local; not counted as income for destitute support (民发〔2021〕43号 article 6)",
    ),
)
POLICIES = (ALLOWANCE,)
