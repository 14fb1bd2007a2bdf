"""One plan per household or institution: its items, what stays unserved and why."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from wushe.model.terms import REASONS, NeedCategory, Reason
from wushe.model.units import Dimension, say_amount
from wushe.privacy import Audience, check_audience, mask
from wushe.text import Text

KINDS: dict[str, Text] = {
    "communities": Text("社区", "community"),
    "organizations": Text("组织", "organization"),
    "stations": Text("社工站", "social-work station"),
    "social_workers": Text("社会工作者", "social worker"),
    "volunteer_teams": Text("志愿服务队", "volunteer team"),
    "volunteers": Text("社区志愿者", "volunteer"),
    "funds": Text("慈善基金", "fund"),
    "resources": Text("慈善物资", "charity goods"),
    "household": Text("家庭", "household"),
    "person": Text("个人", "person"),
    "institution": Text("机构", "institution"),
}
_PERSONAL = frozenset({"social_workers", "volunteers", "household", "person"})
URGENCY: tuple[Text, ...] = (
    Text("可缓", "can wait"),
    Text("一般", "normal"),
    Text("紧急", "urgent"),
    Text("急难", "emergency"),
)


@attrs.frozen
class Party:
    """Someone named in a plan: id, kind (a table name) and name, masked unless shown to the own team."""

    id: str
    kind: str
    name: str | None = attrs.field(repr=False)

    def label(self, audience: Audience = "masked") -> str:
        """Return the name as `audience` may see it, or the id where there is no name."""
        if self.name is None:
            return self.id
        hidden = audience == "masked" and self.kind in _PERSONAL
        return mask(self.name, "name") if hidden else self.name

    def full_label(self, lang: str, audience: Audience = "masked") -> str:
        """Return the label with the kind of party in brackets."""
        left, right = ("（", "）") if lang == "zh" else (" (", ")")
        return f"{self.label(audience)}{left}{KINDS[self.kind].say(lang)}{right}"


@attrs.frozen
class Points:
    """What one score term gave to a match: `points` thousandths of full marks, times `weight`."""

    name: str
    label: Text
    weight: int
    points: int


@attrs.frozen
class PlanItem:
    """Part or all of one need, served by one offer. `amount` in base units of `dimension`.

    `runner_up` is the best candidate that was not chosen, and by how many thousandths of full marks
    it scores less. Of a team need, `role` is the position among its
    roles, `category` that role's, and `team` the need's own; None for other needs.
    """

    need: str
    category: NeedCategory
    offer: str
    provider: Party
    amount: int
    dimension: Dimension
    urgency: int
    points: tuple[Points, ...] = ()
    runner_up: tuple[Party, int] | None = None
    role: int | None = None
    team: NeedCategory | None = None

    def explain(self, lang: str = "zh", audience: Audience = "masked") -> str:
        """Return one line: what, by whom, why, and who came next."""
        what = self.category.name(lang)
        if self.team is not None:
            what = _TEAM_PART.say(lang, team=self.team.name(lang), what=what)
        parts = [_ITEM.say(lang, what=what, amount=say_amount(self.amount, self.dimension, lang),
                           who=self.provider.full_label(lang, audience))]  # fmt: skip
        good = [p for p in self.points if p.points >= 500]
        if good:
            why = ("、" if lang == "zh" else ", ").join(p.label.say(lang) for p in good)
            parts.append(_WHY.say(lang, why=why))
        if self.runner_up is not None:
            party, extra = self.runner_up
            words = _NEXT if extra >= 5 else _EQUAL
            parts.append(words.say(lang, who=party.full_label(lang, audience), extra=extra / 1000))
        return "".join(parts)


_ITEM = Text("{what} {amount}：由 {who} 提供", "{what}, {amount}: by {who}")
_TEAM_PART = Text("{team}（团队）· {what}", "{team} (team), {what}")
_WHY = Text("；理由：{why}", "; why: {why}")
_NEXT = Text("；备选：{who}（合适度低 {extra:.0%}）", "; next best: {who} (fits {extra:.0%} less)")
_EQUAL = Text("；备选：{who}（同样合适）", "; next best: {who} (equally good)")


@attrs.frozen
class Unserved:
    """What of one need stays unserved, with the reason and how many offers each reason refused.

    `lacking` names the roles of a team that nobody at all can fill, `rules` the city's rules in words that
    objected to offers for this reason.
    """

    need: str
    category: NeedCategory
    amount: int
    asked: int
    dimension: Dimension
    urgency: int
    reason: Reason
    refused: Mapping[Reason, int]
    lacking: tuple[NeedCategory, ...] = ()
    rules: tuple[Text, ...] = ()

    @property
    def why(self) -> Text:
        """The reason in words, with the city's rules behind it."""
        if not self.rules:
            return REASONS[self.reason]
        return said(_BY_RULE, reason=REASONS[self.reason], rules=joined(self.rules))

    @property
    def next_step(self) -> Text:
        """What to do about it."""
        return _LOOK_AT_RULE if self.rules else NEXT_STEP[self.reason]

    @property
    def partly(self) -> bool:
        """Whether some of the need is served all the same."""
        return self.amount < self.asked

    def explain(self, lang: str = "zh") -> str:
        """Return one line: how much of what, why, and what was looked at."""
        line = _SHORT.say(
            lang,
            what=self.category.name(lang),
            amount=say_amount(self.amount, self.dimension, lang),
            asked=say_amount(self.asked, self.dimension, lang),
            reason=self.why,
        )
        comma = "、" if lang == "zh" else ", "
        counts = [_COUNT[r].say(lang, n=n) for r, n in self.refused.items() if n]
        if self.lacking:
            line += _LACKING.say(lang, roles=comma.join(c.name(lang) for c in self.lacking))
        if counts:
            line += _LOOKED.say(lang, counts=comma.join(counts))
        return line


def said(text: Text, **params: Any) -> Text:
    """Return a message with its parameters filled in, in both languages."""
    return Text(*(text.say(lang, **params).replace("{", "{{").replace("}", "}}") for lang in LANGS))


def joined(texts: Iterable[Text]) -> Text:
    """Return several texts as one, separated as each language does."""
    found = list(texts)
    return Text("；".join(t.zh for t in found), "; ".join(t.en for t in found))


LANGS = ("zh", "en")
_BY_RULE = Text("{reason}（本地规则：{rules}）", "{reason} (local rule: {rules})")
_LOOK_AT_RULE = Text(
    "按本地规则招募或募集符合的供给",
    "recruit or raise help that the local rule admits",
)
_SHORT = Text(
    "{what} 尚缺 {amount}（共需 {asked}）：{reason}",
    "{what}: {amount} of {asked} not served: {reason}",
)
_LACKING = Text("；无人可任：{roles}", "; nobody can fill: {roles}")
_LOOKED = Text("（同类供给中：{counts}）", " (of the offers of this kind: {counts})")
_COUNT: dict[Reason, Text] = {
    "no_offer": Text("无供给 {n}", "{n} absent"),
    "reach": Text("到不了 {n}", "{n} out of reach"),
    "skill": Text("缺技能 {n}", "{n} without the skill"),
    "vetting": Text("无有效查询 {n}", "{n} not vetted"),
    "window": Text("时间不合 {n}", "{n} at another time"),
    "restriction": Text("捐赠限定不符 {n}", "{n} restricted by the donor"),
    "consent": Text("未获同意 {n}", "{n} lacking consent"),
    "budget": Text("资金用完 {n}", "{n} without money left"),
    "capacity": Text("已排满 {n}", "{n} fully used"),
    "gives_way": Text("让与更急 {n}", "{n} given to more urgent needs"),
    "alternative": Text("择一已定 {n}", "{n} for another of the alternatives"),
    "waits": Text("等待前置 {n}", "{n} waiting for an earlier need"),
}
NEXT_STEP: dict[Reason, Text] = {
    "no_offer": Text("招募或募集此类供给", "recruit or raise this kind of help"),
    "reach": Text(
        "请邻近的供给方扩大服务范围，或在本地招募",
        "ask a nearby provider to reach further, or recruit here",
    ),
    "skill": Text(
        "培训现有人员或引入专业人员", "train the people there are, or bring in a professional"
    ),
    "vetting": Text("为志愿者或社工办理从业查询", "have volunteers or workers vetted"),
    "window": Text(
        "与家庭商量改期，或请供给方延长时间",
        "agree on another date, or ask the provider for more time",
    ),
    "restriction": Text(
        "与捐赠人商量放宽限定，或募集不定向资源",
        "ask the donor to widen the restriction, or raise unrestricted help",
    ),
    "consent": Text("上门征求家庭同意并记录", "visit, ask for consent and record it"),
    "budget": Text("为基金募集，或转介其他资金", "raise money, or refer to another fund"),
    "capacity": Text("增加同类供给的数量或时间", "add hours or goods of this kind"),
    "gives_way": Text(
        "增加同类供给；紧急需求完成后再排",
        "add help of this kind; schedule again after the urgent ones",
    ),
    "alternative": Text(
        "无须另办；若想换一项，请撤销已安排的那一项",
        "nothing to do; to have this one instead, withdraw the one that is planned",
    ),
    "waits": Text(
        "先解决前置的需求，再排这一项", "serve the need before it first, then plan this one"
    ),
}


@attrs.frozen
class ClientPlan:
    """一户一策: everything planned for one household, person or institution."""

    client: Party
    street: str
    community: str
    groups: tuple[Text, ...]
    worker: Party | None
    lead: Party | None
    items: tuple[PlanItem, ...]
    unserved: tuple[Unserved, ...]
    needs: int

    @property
    def status(self) -> str:
        """``served``, ``partly`` or ``unserved``."""
        if not self.unserved:
            return "served"
        return "partly" if self.items else "unserved"

    def explain(self, lang: str = "zh", audience: Audience = "masked") -> str:
        """Return the plan of this household as text: why this, why not that, what is missing."""
        check_audience(audience)
        groups = ("、" if lang == "zh" else ", ").join(
            g.say(lang) for g in self.groups
        ) or _NONE.say(lang)
        lines = [
            _HEAD.say(
                lang,
                who=self.client.label(audience),
                id=self.client.id,
                place=self.community,
                groups=groups,
            ),
            _TEAM.say(
                lang,
                worker=self.worker.label(audience) if self.worker else _NOBODY.say(lang),
                lead=self.lead.label(audience) if self.lead else _NOBODY.say(lang),
            ),
        ]
        if self.items:
            lines.append(_GIVEN.say(lang))
            lines += [f"  + {item.explain(lang, audience)}" for item in self.items]
        if self.unserved:
            lines.append(_MISSING.say(lang))
            for short in self.unserved:
                lines.append(f"  - {short.explain(lang)}")
                lines.append(f"    {_STEP.say(lang, step=short.next_step)}")
        return "\n".join(lines)


_HEAD = Text(
    "{who}（{id}）　{place}　对象类别：{groups}", "{who} ({id}), {place}; groups: {groups}"
)
_TEAM = Text("责任社工：{worker}　牵头方：{lead}", "Responsible worker: {worker}; lead: {lead}")
_NOBODY = Text("待定", "to be named")
_NONE = Text("未记录", "not recorded")
_GIVEN = Text("帮扶安排：", "Planned help:")
_MISSING = Text("尚未解决：", "Not solved yet:")
_STEP = Text("下一步：{step}", "Next: {step}")


def date_of(on: str | dt.date) -> dt.date:
    """Return the calendar date of ``"2025-09-15"`` or of a date. Raises ValueError saying what is expected."""
    if isinstance(on, dt.datetime):
        raise ValueError(f"on: {on!r} is an instant; expected a calendar date such as 2025-09-15")
    if isinstance(on, dt.date):
        return on
    try:
        if not re.fullmatch(
            r"\d{4}-\d{2}-\d{2}", on
        ):  # fromisoformat reads 20250915 and week dates too
            raise ValueError
        return dt.date.fromisoformat(on)
    except (TypeError, ValueError):
        raise ValueError(
            f"on: {on!r} is not a date; expected a calendar date such as 2025-09-15"
        ) from None
