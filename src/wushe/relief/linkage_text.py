"""One need of a linkage in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wushe.model.storage import UNKNOWN_INT
from wushe.model.units import say_amount
from wushe.privacy import Audience
from wushe.relief.linkage import SOURCE_NAMES, SOURCES, URGENCY, Linkage
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.relief.pools import PolicyFacts


def explain_need(linkage: Linkage, need_id: str, lang: str, audience: Audience) -> str:
    """Return what `Linkage.explain` promises."""
    position = linkage.position(need_id)
    at = linkage.money_position(position)
    category = linkage.base.categories.get(linkage.needs.category[position])
    what = category.name(lang) if category else str(linkage.needs.category[position])
    client, name = linkage.client(position, audience)
    head = _HEAD.say(lang, need=need_id, what=what, client=client, name=name,
                     urgency=URGENCY[int(linkage.needs.urgency[position])])  # fmt: skip
    lines = [head]
    if at is None:
        lines.append(_NOT_MONEY.say(lang))
        lines += [_NOTED.say(lang, policy=_cited(p, lang)) for p in linkage.policies_for(position)]
        return "\n".join(lines)
    lines += list(_money_lines(linkage, at, position, lang))
    doubts = linkage.policies_for(position, "doubts")
    if linkage.tally.to_check[at]:
        lines.append(_CHECK.say(lang))
        lines += [f"    {_cited(p, lang)}" for p in doubts]
        if linkage.needs.urgency[position] == len(URGENCY) - 1:
            lines.append(_AHEAD.say(lang))
    return "\n".join(lines)


def _money_lines(linkage: Linkage, at: int, position: int, lang: str) -> Iterator[str]:
    tally = linkage.tally
    amount = int(tally.amount[at])
    joint = "、" if lang == "zh" else ", "
    turns = [*(SOURCES[s] for s in linkage.order[at]), "charity"]
    order = joint.join(SOURCE_NAMES[source].say(lang) for source in turns)
    yield _ASKED.say(lang, amount=_money(amount, lang), order=order)
    for row in linkage.allocations_of(position):
        yield "  " + _allocation(linkage, int(row), lang)
    if amount == UNKNOWN_INT:
        low, high = (int(v) for v in tally.possible[at])
        yield _POSSIBLE.say(lang, low=_money(low, lang), high=_money(high, lang))
    for words, column in ((_WAITS, tally.waiting), (_LEFT, tally.residual)):
        if column[at] != 0:
            yield words.say(lang, amount=_money(int(column[at]), lang))
    if amount != UNKNOWN_INT and not (tally.waiting[at] or tally.residual[at] or tally.held[at]):
        yield _COVERED.say(lang)


def _allocation(linkage: Linkage, row: int, lang: str) -> str:
    columns = linkage.allocations
    amount = say_amount(int(columns["amount"][row]), "fen", lang)
    if columns["fund"][row] >= 0:
        fund = int(columns["fund"][row])
        funds = linkage.base["funds"]
        return _BY_FUND.say(lang, amount=amount, fund=funds["name"][fund], id=funds.ids[fund])
    policy = _cited(list(linkage.policies.values())[int(columns["policy"][row])], lang)
    if columns["grant"][row] >= 0:
        grants = linkage.base["grants"]
        return _RECEIVED.say(lang, amount=amount, policy=policy, id=grants.ids[columns["grant"][row]])  # fmt: skip
    words = _UP_TO if columns["held"][row] else _AT_LEAST
    return words.say(lang, amount=amount, policy=policy)


def _cited(policy: PolicyFacts, lang: str) -> str:
    """Return the policy's name with document and article."""
    source = " ".join(filter(None, (policy.document, policy.article)))
    left, right = ("（", "）") if lang == "zh" else (" (", ")")
    return policy.name.say(lang) + (f"{left}{source}{right}" if source else "")


def _money(amount: int, lang: str) -> str:
    return _UNKNOWN.say(lang) if amount == UNKNOWN_INT else say_amount(amount, "fen", lang)


_UNKNOWN = Text("未知", "unknown")
_HEAD = Text(
    "{need}　{what}（{urgency}）　{client} {name}", "{need}: {what} ({urgency}), {client} {name}"
)
_NOT_MONEY = Text(
    "不是资金需求，原样转入供需匹配。", "Not a need for money: goes on to matching unchanged."
)
_NOTED = Text("  可能适用：{policy}", "  possibly applies: {policy}")
_ASKED = Text(
    "需要 {amount}；依次动用：{order}", "Asked: {amount}; drawn on in this order: {order}"
)
_AT_LEAST = Text(
    "{policy}：可能符合，计入 {amount}", "{policy}: possibly eligible, {amount} counted on"
)
_UP_TO = Text(
    "{policy}：可能再给至多 {amount}，待答复，暂不募集",
    "{policy}: possibly up to {amount} more, held until the office answers",
)
_RECEIVED = Text("{policy}：已获 {amount}（{id}）", "{policy}: {amount} received ({id})")
_BY_FUND = Text("{fund}（{id}）：先行给付 {amount}", "{fund} ({id}): {amount}")
_POSSIBLE = Text(
    "金额未知，仍为未知；政府救助还可能给 {low} 至 {high}，请先问清金额",
    "The amount is unknown and stays so; relief may give {low} to {high}: ask for the amount first",
)
_WAITS = Text(
    "暂缓 {amount}：政府救助尚未核对（民发〔2023〕46号：先政府救助，后慈善帮扶）",
    "{amount} waits: government relief is not yet checked (民发〔2023〕46号: government first)",
)
_LEFT = Text("请慈善帮扶：{amount}", "Asked of charity: {amount}")
_COVERED = Text("全部有着落，不再请慈善帮扶。", "Fully covered; charity is not asked.")
_CHECK = Text("尚待核对的政策：", "Policies still to be checked:")
_AHEAD = Text("急难：先行救助，手续后补。", "Emergency: help goes first, papers later.")
