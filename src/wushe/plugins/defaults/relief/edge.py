"""P03 低保边缘家庭: families just above the guarantee; no money of its own, it opens other relief."""

from __future__ import annotations

import datetime as dt

from wushe import Text
from wushe.plugins.defaults.relief.common import (
    RULES_57_FROM,
    countable_income,
    has_value,
    is_now,
    members_counted,
)
from wushe.plugins.defaults.relief.dibao import CHECKED, WHERE_TO_APPLY
from wushe.plugins.defaults.relief.dibao_procedure import D57, MATERIALS, STEPS
from wushe.plugins.defaults.relief.routing import opened_by
from wushe.rules import (
    Condition,
    Expr,
    Policy,
    compare,
    hh,
    in_force,
    in_region,
    param,
    pick,
)

HUBEI, HUBEI_RULE_FROM = "420000", dt.date(2024, 8, 19)

# Where a province has a rule of its own the nation's multiple does not come back when that rule runs
# out: its multiplier, no longer firm, may support a yes only (鄂民政发〔2024〕15号, to 2026-08-18).
edge_multiplier = pick(
    (in_region(HUBEI) & in_force(HUBEI_RULE_FROM), param("edge_multiplier")),
    (has_value("edge_multiplier"), param("edge_multiplier")),
    other=param("dibao_edge_multiplier_default"),
)
"""How many times the standard the line is: the locality's own multiple, else the nation's."""


def _line(zone: str) -> Expr:
    published = f"edge_line_{zone}_month"
    return pick(
        (has_value(published), param(published)),
        other=edge_multiplier * param(f"dibao_std_{zone}_month"),
    )


edge_line = pick((hh.zone.is_("rural"), _line("rural")), other=_line("urban"))
"""The line per person and month, fen: as published, else the multiple of the standard."""

CONDITIONS = (
    Condition(
        "not-dibao",
        Text("不属于低保家庭，也不在可申请低保之列", "not in dibao, nor possibly eligible for it"),
        ~is_now("dibao"),
        D57,
        "第8条",
    ),
    Condition(
        "income",
        Text(
            "共同生活的家庭成员人均月收入低于低保边缘线",
            "income per member and month below the edge line",
        ),
        compare(countable_income, "edge_income_operator", edge_line * members_counted),
        D57,
        "第8条",
    ),
    Condition(
        "property",
        Text("家庭财产在当地规定的限额以内", "property within the local limits"),
        hh.property_ok,
        D57,
        "第8条",
    ),
)
EDGE = Policy(
    id="edge",
    name=Text("低保边缘家庭", "family on the edge of the guarantee"),
    unit="households",
    kind="status",
    section="P03",
    order=5,
    conditions=CONDITIONS,
    document=D57,
    article="第8条",
    confidence="A*",
    checked=CHECKED,
    valid_from=RULES_57_FROM,
    opens=(*opened_by("edge"), "dibao_single", "temp_spending"),
    excludes=("dibao",),
    materials=MATERIALS,
    steps=tuple(step for step in STEPS if step.id != "pay"),
    apply_at=WHERE_TO_APPLY,
    note=Text(
        "认定程序参照低保，有效期和财产限额由地方规定。省、市公布边缘线的，用公布的数；公布倍数的，用其倍数；"
        "否则用全国的1.5倍。湖北省规定（鄂民政发〔2024〕15号）有效期至2026年8月18日，续期情况未查到；"
        "其财产限额在所读文本中缺损，以核查结论为准。本身不发放救助金。",
        "Confirmed by the procedure of dibao; validity and property limits are local. A published line "
        "goes before a published multiple, that before the nation's 1.5. Hubei's rule ran to 18 August "
        "2026, no renewal found; its property limits are damaged in the text read, so that the office's "
        "check counts. It pays no money itself.",
    ),
)
POLICIES = (EDGE,)
