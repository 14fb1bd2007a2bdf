"""How a relaxation is said, in one sentence per language."""

from __future__ import annotations

from typing import Literal

from wushe.model.parties import REACHES
from wushe.model.terms import NeedCategory
from wushe.model.units import say_amount
from wushe.text import Text

Kind = Literal[
    "consent", "vetting", "window", "limit", "restriction", "reach", "skill", "units", "new_offer"
]
KINDS: tuple[Kind, ...] = (
    "consent", "vetting", "window", "limit", "restriction", "reach", "skill", "units", "new_offer",
)  # fmt: skip
"""What may be relaxed, the easiest first."""
ANOTHER_CHOSEN = Text(
    "几项择一，已安排另一项：不缺资源，要换成这一项请先撤销另一项",
    "one of several was asked for and another one is planned: nothing is lacking; withdraw that one to have this",
)
NOTHING_HELPS = Text(
    "试过的单项改变都不能满足这项需求：请核对需求本身，或由人工商定",
    "no single change that was tried serves this need: look at the need itself, or settle it by hand",
)
_SAY: dict[Kind, Text] = {
    "consent": Text(
        "征得家庭同意转介后，这项{what}即可解决",
        "with the household's consent to referral this {what} is served",
    ),
    "vetting": Text(
        "为供给 {offer} 的服务人员办理从业查询后，这项{what}即可解决",
        "once the helper of offer {offer} is vetted, this {what} is served",
    ),
    "window": Text(
        "供给 {offer} 的可服务时间放宽 {amount} 天，这项{what}即可解决",
        "with {amount} days more of offer {offer}'s time window this {what} is served",
    ),
    "limit": Text(
        "供给 {offer} 的单项上限提高{amount}，这项{what}即可解决",
        "with {amount} more per need allowed by offer {offer} this {what} is served",
    ),
    "restriction": Text(
        "捐赠人把供给 {offer} 的限定放宽到这户，这项{what}即可解决",
        "if the donor of offer {offer} widens the restriction to this household, this {what} is served",
    ),
    "reach": Text(
        "供给 {offer} 的服务范围扩大到{level}，这项{what}即可解决",
        "if offer {offer} reaches the whole {level}, this {what} is served",
    ),
    "skill": Text(
        "供给 {offer} 的服务人员学会 {skill}，这项{what}即可解决",
        "if the helper of offer {offer} learns {skill}, this {what} is served",
    ),
    "units": Text(
        "供给 {offer} 再有{amount}，这项{what}即可解决",
        "with {amount} more of offer {offer} this {what} is served",
    ),
    "new_offer": Text(
        "在{place}再招募或募集{amount}，这项{what}即可解决",
        "with {amount} more recruited or raised in {place} this {what} is served",
    ),
}


def sentence(
    kind: Kind, category: NeedCategory, *, offer: str, amount: int, what: str, place: str
) -> Text:
    """Return the sentence; `what` is the reach or the skills, `place` the name of the need's place."""

    def said(lang: str) -> str:
        much = str(amount)
        if kind in ("units", "limit", "new_offer"):
            much = say_amount(amount, category.dimension, lang)
        level = REACHES.get(what, "") if lang == "zh" else what
        return _SAY[kind].say(
            lang, what=category.name(lang), offer=offer, amount=much, level=level, skill=what,
            place=place,
        )  # fmt: skip

    # Names of places and categories may hold braces: said once, never formatted again.
    return Text(said("zh"), said("en"))
