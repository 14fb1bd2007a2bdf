"""What destitute support pays: basic living by zone, and care by self-care and by who cares."""

from __future__ import annotations

from fractions import Fraction

from wushe import Text
from wushe.rules import (
    Amount,
    Expr,
    between,
    hh,
    in_household,
    least,
    meet,
    most,
    p,
    param,
    pick,
    rounded,
)

D43 = "民发〔2021〕43号 特困人员认定办法"
ITEMS = ("eat", "dress", "bed", "toilet", "walk", "bathe")
"""The six self-care items (43号 article 21)."""
HALF_AT_MOST = 3


def first_known(first: Expr, other: Expr) -> Expr:
    """Return `first` where it is known, else `other`: a published figure goes before the formula.

    Where `first` is unknown it spans everything, so that the larger and the smaller of both meet in
    `other`. Where it is known, what they enclose either is `first` or contradicts it from one side,
    and `meet` of the two leaves `first` alone.
    """
    return meet(first, between(most(first, other), least(first, other)))


def zoned(name: str) -> Expr:
    """Return the parameter ``name_urban_month`` or ``name_rural_month`` of the person's household."""
    rural = in_household(hh.zone.is_("rural"))
    return pick((rural, param(f"{name}_rural_month")), other=param(f"{name}_urban_month"))


def _snapped(value: Expr, what: str) -> Expr:
    """Return `value` rounded as the place does it: the month's figure, or the sum of twelve months."""
    rule = f"tekun_{what}_rounding"
    yearly = rounded(value * 12, rule) * Fraction(1, 12)
    in_years = param(f"tekun_{what}_rounding_months").equals(12)
    return pick((in_years, yearly), other=rounded(value, rule))


standard = zoned("dibao_std")
"""The minimum living standard of the person's zone, fen a month."""

_stated = param("tekun_basic_multiplier")
_multiple = meet(_stated, between(param("tekun_basic_multiplier_min"), _stated))
"""How many times the standard: as the place states it, else anything from the national least on."""
_published_total = zoned("tekun_total")
_by_standard = _snapped(_multiple * standard, "basic")
basic = first_known(zoned("tekun_basic"), first_known(_by_standard, _published_total))
"""Basic living, fen a month. Where only the total for full self-care is published, that total."""

fails = pick((p.selfcare_unable.has(ITEMS[0]), 1), other=0)
for _item in ITEMS[1:]:
    fails = fails + pick((p.selfcare_unable.has(_item), 1), other=0)
"""How many of the six items the person cannot do alone."""

_institution = p.care_mode.is_("institution")


def _published(tier: str) -> Expr:
    homes, scattered = (f"tekun_care_{tier}_{mode}" for mode in ("jizhong", "fensan"))
    return pick((_institution, zoned(homes)), other=zoned(scattered))


def _of_wages(tier: str) -> Expr:
    """Return the share of the minimum wage: of last year's by who cares, or of this year's alike."""
    homes, scattered = (param(f"tekun_care_{tier}_{mode}_ratio") for mode in ("jizhong", "fensan"))
    by_mode = pick((_institution, homes), other=scattered) * param("min_wage_prev_year_month")
    alike = param(f"tekun_care_{tier}_ratio") * param("min_wage_month")
    return meet(_snapped(by_mode, "care"), _snapped(alike, "care"))


_total = first_known(_published_total, param("tekun_total_multiplier") * standard)
care_self = first_known(_published("self"), meet(most(0, _total - basic), _of_wages("self")))
"""Care for somebody who can do everything alone; in Hubei what the total leaves beyond basic living."""
care_half = first_known(
    _published("half"), meet(care_self + param("tekun_half_care_addition"), _of_wages("half"))
)
care_full = first_known(_published("full"), _of_wages("full"))
care = pick((fails <= 0, care_self), (fails <= HALF_AT_MOST, care_half), other=care_full)
"""Care by tier, fen a month: no item failed, one to three, four and more (43号 article 22)."""

AMOUNTS = (
    Amount(
        "basic",
        Text(
            "基本生活标准（只公布合计的地方，含全自理照料护理）",
            "basic living (with care for full self-care where only the total is published)",
        ),
        basic,
        "month",
        "国发〔2016〕14号 及当地公布标准",
        "",
    ),
    Amount(
        "care",
        Text("照料护理标准", "care"),
        care,
        "month",
        D43,
        "第21—22条；标准按当地公布数",
    ),
)
