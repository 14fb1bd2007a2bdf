"""What temporary relief pays, place by place: bands of the monthly standard, shares of bills, caps.

The texts give ranges, so these are ranges. A place without a usable figure has no upper end.
"""

from __future__ import annotations

import datetime as dt

import attrs

from wushe import Text
from wushe.plugins.defaults.relief.common import dibao_standard, members_counted
from wushe.plugins.defaults.relief.routing import orphan
from wushe.rules import (
    Expr,
    any_of,
    between,
    family_has,
    household_is,
    in_force,
    in_region,
    least,
    members,
    most,
    param,
    pick,
    spending,
    spendings,
)

ANHUI_BANDS = any_of(
    in_region("340722") & in_force(dt.date(2022, 5, 30)),
    in_region("340304") & in_force(dt.date(2024, 4, 30)),
)
"""枞阳县临时救助标准 and 禹会区2024临时救助标准, which print the same bands."""
GANSU, QINGFENG, SHENZHEN, DIANJIANG = (
    in_region(code) for code in ("620000", "410922", "440300", "500231")
)
NINGGUO, HANJIANG, TIANJIN = (in_region(code) for code in ("341881", "350303", "120000"))
urban_standard = param("dibao_std_urban_month")
a_head = dibao_standard * members_counted
urban_a_head = urban_standard * members_counted


def multiple(name: str) -> Expr:
    """Return a multiple of the monthly standard, in fen, for a whole case."""
    return dibao_standard * param(f"temp_relief_{name}")


def up_to(value: Expr) -> Expr:
    """Return an amount of at most `value`."""
    return between(0, most(0, value))


gansu_full = urban_a_head * param("temp_relief_months_max")
qingfeng_full = urban_a_head * param("temp_relief_cap_multiple")
light = pick(
    (ANHUI_BANDS, between(multiple("min_multiple"), multiple("emergency_typical_max"))),
    (GANSU, up_to(param("temp_relief_small_cap"))),
    (QINGFENG, up_to(urban_a_head * param("temp_relief_township_cap_multiple"))),
    (NINGGUO, between(param("temp_relief_floor"), multiple("township_cap_multiple"))),
    (HANJIANG, up_to(param("temp_relief_light_cap"))),
    (TIANJIN, up_to(a_head * param("temp_relief_township_months_max"))),
    other=up_to(multiple("cap_multiple")),
)
"""An emergency of the usual kind."""
heavier = pick(
    (ANHUI_BANDS, up_to(multiple("emergency_heavy_max") - multiple("emergency_typical_max"))),
    (GANSU, up_to(gansu_full - param("temp_relief_small_cap"))),
    (
        QINGFENG,
        up_to(qingfeng_full - urban_a_head * param("temp_relief_township_cap_multiple")),
    ),
    (HANJIANG, up_to(param("temp_relief_heavy_cap") - param("temp_relief_light_cap"))),
    (any_of(NINGGUO, TIANJIN), up_to(param("temp_relief_county_cap"))),
    other=0,
)
"""What a heavier one may bring in addition."""
extreme = pick(
    (ANHUI_BANDS, up_to(multiple("emergency_top_max") - multiple("emergency_heavy_max"))), other=0
)

net = most(0, spending.amount_fen - spending.reimbursed_fen)
self_paid = spendings.sum(
    net,
    spending.kind.is_("medical"),
    Text("近12个月自付医疗费", "medical costs paid by the family in 12 months"),
)
"""What the household paid itself for medical care in the last 12 months, in fen."""
other_costs = attrs.evolve(spendings, complete=None).any(
    spending.kind.one_of("education", "rehab", "other")
)
has_orphan = attrs.evolve(members, size=None).any(orphan)
is_tekun, is_dibao = family_has("tekun"), household_is("dibao")


def band(low: int, high: int) -> Expr:
    """Return 4 to 6 times the standard from `low` yuan on, 6 to 10 above `high`.

    At `high` itself the text has both bands (1万—2万, 2万以上): the range spans them.
    """
    four, six, ten = (dibao_standard * times for times in (4, 6, 10))
    return pick(
        (self_paid > high * 100, between(six, ten)),
        (self_paid.equals(high * 100), between(four, ten)),
        (self_paid >= low * 100, between(four, six)),
        other=0,
    )


def dianjiang(band_: str) -> Expr:
    """Return the relief of a band of 垫江: a part of what is above the deductible, within the cap."""
    name = f"temp_med_{band_}"
    rest = most(0, self_paid - param(f"{name}_deductible"))
    return least(param(f"{name}_cap"), rest * param(f"{name}_ratio"))


def dianjiang_others() -> Expr:
    """Return band D of 垫江: a base and a part of the excess, by two thresholds."""
    first, second = param("temp_med_D_threshold"), param("temp_med_D_threshold2")
    base1, base2 = param("temp_med_D_base1"), param("temp_med_D_base2")
    upper = base2 + (self_paid - second) * param("temp_med_D_ratio2")
    lower = base1 + (self_paid - first) * param("temp_med_D_ratio1")
    value = pick((self_paid > second, upper), (self_paid > first, lower), other=0)
    return least(param("temp_med_D_cap"), most(0, value))


anhui_medical = pick((is_tekun | is_dibao, band(10_000, 20_000)), other=band(20_000, 40_000))
dianjiang_medical = pick(
    (is_tekun | has_orphan, dianjiang("A")),
    (is_dibao, dianjiang("B")),
    (any_of(household_is("edge"), household_is("rigid")), dianjiang("C")),
    other=dianjiang_others(),
)


def with_others(medical: Expr, low: Expr | int, high: Expr) -> Expr:
    """Return the medical band; with other necessary costs anything from it, or `low`, to `high`."""
    return pick((other_costs, between(most(low, medical), most(high, medical))), other=medical)


by_spending = pick(
    (
        ANHUI_BANDS,
        with_others(anhui_medical, multiple("min_multiple"), multiple("max_multiple")),
    ),
    (DIANJIANG, with_others(dianjiang_medical, 0, param("temp_relief_other_cap"))),
    (GANSU, up_to(gansu_full)),
    (QINGFENG, up_to(qingfeng_full)),
    (
        SHENZHEN,
        between(
            a_head * param("temp_relief_spend_months_min"),
            a_head * param("temp_relief_spend_months_max"),
        ),
    ),
    (NINGGUO, between(param("temp_relief_floor"), most(0, param("temp_relief_county_cap")))),
    other=up_to(multiple("cap_multiple")),
)
