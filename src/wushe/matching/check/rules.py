"""What the checker can find wrong, in words."""

from __future__ import annotations

from typing import Literal

import attrs

from wushe.text import Text

Rule = Literal[
    "unknown_id", "negative", "duplicate", "unit", "category", "closed", "over_need", "over_capacity", "over_limit",
    "reach", "skill", "vetting", "window", "restriction", "consent", "objective",
    "pack", "role", "team", "visit", "one_of", "after", "overlap", "certificate",
]  # fmt: skip
RULES: dict[Rule, Text] = {
    "unknown_id": Text("编号不存在", "an id that does not exist"),
    "negative": Text("数量不是正数", "an amount that is not positive"),
    "duplicate": Text("同一供需对出现两次", "the same pair twice"),
    "unit": Text("计量单位不符", "the wrong unit"),
    "category": Text("供给不含此类别", "the offer does not serve the category"),
    "closed": Text("需求已满足或撤销", "the need is met or withdrawn"),
    "over_need": Text("超过所需数量", "more than the need"),
    "over_capacity": Text("超过供给数量", "more than the offer has"),
    "over_limit": Text("超过单项上限", "more than the limit per need"),
    "reach": Text("超出服务范围", "out of reach"),
    "skill": Text("缺少技能", "a missing skill"),
    "vetting": Text("没有有效的从业查询", "no valid vetting"),
    "window": Text("时间不合", "outside the time window"),
    "restriction": Text("违反捐赠限定", "against the donor's restriction"),
    "consent": Text("没有同意转介的记录", "no recorded consent"),
    "objective": Text("目标值与流量不一致", "the objective does not add up"),
    "pack": Text("不是整包", "not whole packs"),
    "role": Text("没有这个角色", "no such role"),
    "team": Text("团队缺员或一人兼两角", "a team incomplete, or one person in two of its roles"),
    "visit": Text("同一次上门未由一人全部完成", "a visit that one helper does not do as a whole"),
    "one_of": Text("择一的需求安排了不止一项", "more than one of the alternatives"),
    "after": Text("前置的需求没有解决", "the need before it is not served"),
    "overlap": Text(
        "同一人两处时间冲突，或一次预约分给两人",
        "one person at two appointments at once, or one appointment split",
    ),
    "certificate": Text("最优性证书不成立", "the proof of optimality does not hold"),
}


@attrs.frozen
class Violation:
    """One broken rule and the ids that break it."""

    rule: Rule
    need: str | None
    offer: str | None
    detail: str = ""

    def say(self, lang: str = "zh") -> str:
        """Return one line: the rule, the need, the offer and the detail."""
        return _LINE.say(
            lang,
            rule=RULES[self.rule],
            need=self.need or "–",
            offer=self.offer or "–",
            detail=self.detail,
        )


_LINE = Text(
    "{rule}：需求 {need}，供给 {offer} {detail}", "{rule}: need {need}, offer {offer} {detail}"
)
