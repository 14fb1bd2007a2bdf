"""What is best: urgency classes strictly in order, and fairness between places or groups of people."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import get_args

import attrs

from wushe.matching.fair.fairness import KINDS, Kind
from wushe.model.help import URGENCIES
from wushe.model.parties import LEVELS
from wushe.model.units import DIMENSIONS, Dimension, say_amount
from wushe.text import Text

Fairness = Kind
BETWEEN = (*LEVELS, "target_group")
"""What fairness can be between: places of one level, or target groups (the first of each need's)."""
assert set(get_args(Fairness)) == set(KINDS)


def _as_tiers(tiers: Iterable[Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(tier) for tier in tiers)


def _exact_share(share: Fraction | float | str) -> Fraction:
    return Fraction(str(share)) if isinstance(share, float) else Fraction(share)


@attrs.frozen
class Objective:
    """What a matching is to achieve; the default is the least total cost, urgency counted by priority.

    `tiers`: urgency classes in strict order, such as ``(("emergency",), ("urgent",))``; the first tier's
    cost and unserved needs are as small as can be, then the second's, and what is not named comes last.
    `fairness` between the places of the level `between` (or ``"target_group"``) in the share of what was
    asked that is served: "none", "floor" (up to `share` of each), "maximin", "leximin" or
    "proportional" (Nash). It holds for the last tier; earlier tiers keep the units that they got.

    Raises ValueError for unknown names, an urgency named twice, or a share outside 0 to 1.
    """

    tiers: tuple[tuple[str, ...], ...] = attrs.field(default=(), converter=_as_tiers)
    fairness: Fairness = attrs.field(default="none", validator=attrs.validators.in_(KINDS))
    between: str = attrs.field(default="street", validator=attrs.validators.in_(BETWEEN))
    share: Fraction = attrs.field(default=Fraction(1, 2), converter=_exact_share)

    def __attrs_post_init__(self) -> None:
        named = [urgency for tier in self.tiers for urgency in tier]
        wrong = sorted(set(named) - set(URGENCIES))
        if wrong or len(named) != len(set(named)) or not all(self.tiers):
            raise ValueError(
                f"tiers {self.tiers!r}: expected each of {', '.join(URGENCIES)} at most once, "
                "and no empty tier"
            )
        if not 0 <= self.share <= 1:
            raise ValueError(f"share {self.share}: expected 0 to 1")

    @property
    def plain(self) -> bool:
        """Whether nothing beyond the total cost is asked for."""
        return not self.tiers and self.fairness == "none"


@attrs.frozen
class GroupCoverage:
    """What one group (place or target group) asked and gets, in base units of `dimension`."""

    group: str
    name: Text
    dimension: Dimension
    asked: int
    served: int
    plain_served: int

    def say(self, lang: str = "zh") -> str:
        """Return one line: the share served, and under the plain objective."""
        return _GROUP.say(
            lang,
            name=self.name.say(lang),
            asked=say_amount(self.asked, self.dimension, lang),
            share=_share(self.served, self.asked),
            plain=_share(self.plain_served, self.asked),
        )


@attrs.frozen
class ObjectiveReport:
    """What the declared objective costs against the plain one.

    `cost` and `plain_cost` count score points lost and penalties of unserved units, as the solver does;
    `worse_off` households get fewer units of something than under the plain objective.
    """

    objective: Objective
    cost: int
    plain_cost: int
    served: tuple[tuple[Dimension, int], ...]
    plain_served: tuple[tuple[Dimension, int], ...]
    worse_off: int
    proven: bool = True
    groups: tuple[GroupCoverage, ...] = ()

    @property
    def price(self) -> int:
        """What is paid for tiers and fairness, in the solver's cost."""
        return self.cost - self.plain_cost

    def say(self, lang: str = "zh") -> str:
        """Return the report as text: what was aimed at, its price, who is worse off, coverage by group."""
        lines = [_AIM.say(lang, aim=_aim(self.objective, lang))]
        lines.append(
            (_PRICE if self.proven else _UNPROVEN).say(
                lang, price=f"{self.price:,}", cost=f"{self.cost:,}", n=self.worse_off
            )
        )
        for (dimension, now), (_, plain) in zip(self.served, self.plain_served, strict=True):
            if now != plain:
                sign = "+" if now > plain else "-"
                amount = sign + say_amount(abs(now - plain), dimension, lang)
                lines.append(_UNITS.say(lang, what=DIMENSIONS[dimension], amount=amount))
        lines += [f"  {group.say(lang)}" for group in self.groups]
        return "\n".join(lines)


_GROUP = Text(
    "{name}：需要 {asked}，解决 {share}（不计公平时 {plain}）",
    "{name}: {asked} asked, {share} served ({plain} under the plain objective)",
)
_AIM = Text("目标：{aim}", "Objective: {aim}")
_PRICE = Text(
    "代价：总成本 {cost}，比不设此目标多 {price}；比那时得到更少的家庭 {n} 户",
    "Price: {price} more than the plain objective, of a total cost of {cost}; {n} households get less than under it",
)
_UNPROVEN = Text(
    "代价：总成本 {cost}；有一步没有证明，多花多少说不准。得到更少的家庭 {n} 户",
    "Price: a total cost of {cost}; a step is not proven, so what it adds is not known. {n} households get less",
)
_UNITS = Text("  总服务量（{what}）：{amount}", "  served in all ({what}): {amount}")
_PLAIN = Text("总成本最小", "the least total cost")
_TIERS = Text("依次保证 {tiers}", "strictly in this order: {tiers}")
_FAIR: dict[Fairness, Text] = {
    "none": Text("", ""),
    "floor": Text("{between}之间：尽量都达到 {share}", "between {between}: {share} for each as far as can be"),
    "maximin": Text("{between}之间：最低的尽量高", "between {between}: the lowest share as high as can be"),
    "leximin": Text(
        "{between}之间：最低的尽量高，再看次低，依此类推",
        "between {between}: the lowest share as high as can be, then the second lowest, and so on",
    ),
    "proportional": Text("{between}之间：按比例公平（纳什）", "between {between}: proportional fairness (Nash)"),
}  # fmt: skip
_BETWEEN = {
    **{level: Text(zh, {"county": "counties", "city": "cities", "community": "communities"}.get(level, level + "s"))
       for level, zh in LEVELS.items()},
    "target_group": Text("对象类别", "target groups"),
}  # fmt: skip


def _aim(objective: Objective, lang: str) -> str:
    parts = []
    if objective.tiers:
        words = [
            "/".join(URGENCIES[u] if lang == "zh" else u for u in tier) for tier in objective.tiers
        ]
        parts.append(_TIERS.say(lang, tiers=(" → " if lang == "zh" else ", then ").join(words)))
    if objective.fairness != "none":
        between = _BETWEEN[objective.between]
        share = f"{float(objective.share):.0%}"
        parts.append(_FAIR[objective.fairness].say(lang, between=between, share=share))
    return ("；" if lang == "zh" else "; ").join(parts or [_PLAIN.say(lang)])


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"
