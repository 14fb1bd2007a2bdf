"""One printed page per household (一户一策 单页), with room for signatures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

import numpy as np

from wushe.model.storage import unpack
from wushe.model.units import say_amount
from wushe.plan import ClientPlan, Party, Plan
from wushe.plan.items import URGENCY
from wushe.privacy import Audience, check_audience
from wushe.report.paper import Block, Column, Grid, Printable, Sheet, Signatures, print_sheets
from wushe.text import Text, check_lang

TITLE = Text("一户一策帮扶方案", "One plan for one household")
NOBODY = Text("待定", "to be named")
NO_DATE = Text("待定", "open")
NOTES: dict[Audience, Text] = {
    "internal": Text(
        "内部资料，含个人信息，请妥善保管", "Internal: holds personal data, keep it safe"
    ),
    "masked": Text("姓名已脱敏", "Names are masked"),
}
_NOT_RECORDED = Text("未记录", "not recorded")
_FACTS = {
    "name": Text("家庭", "Household"),
    "institution": Text("机构", "Institution"),
    "id": Text("编号", "Number"),
    "place": Text("所在社区", "Place"),
    "groups": Text("对象类别", "Groups"),
    "worker": Text("责任社工", "Worker"),
    "lead": Text("牵头方", "Lead"),
    "on": Text("方案日期", "Plan of"),
    "needs": Text("需求", "Needs"),
}
_NEEDS = Text("共 {n} 项，未全部解决 {short} 项", "{n} in all, {short} not or not fully served")
_ALL_GIVEN = Text("共 {n} 项，均已安排", "{n} in all, every one arranged for")
_GIVEN = Text("一、帮扶安排", "1. Planned help")
_NOTHING_GIVEN = Text("暂时没有可安排的帮扶。", "There is no help that can be arranged yet.")
_SHORT = Text("二、尚未解决的需求与下一步", "2. Not solved yet, and the next step")
_NOTHING_SHORT = Text("全部需求均已安排。", "Every need has been arranged for.")
_PARTLY = Text("{short}（共需 {asked}）", "{short} (of {asked})")
_OPINION = Text("家庭意见：", "The household:")
_CHOICES = (
    Text("同意本方案", "agrees with this plan"),
    Text("希望调整：", "wishes to change:"),
)
_PARTIES = (
    Text("家庭（或监护人）", "Household or guardian"),
    Text("社会工作者", "Social worker"),
    Text("督导", "Supervisor"),
    Text("社区", "Community"),
)
_INSTITUTION = Text("机构负责人", "Head of the institution")


def household_sheets(
    plan: Plan,
    clients: Iterable[str] | None = None,
    *,
    lang: str = "zh",
    audience: Audience = "masked",
) -> Printable:
    """Return the printed plans of `clients` (household or institution ids; all where None).

    Each begins on a new page of A4. A plan too long for one page goes on to another, which repeats
    the head and says so. Raises KeyError for an id without a plan, ValueError for an unknown
    language or audience.
    """
    check_audience(audience)
    check_lang(lang)
    chosen = list(plan) if clients is None else [plan[client] for client in clients]
    due = due_dates(plan)
    return print_sheets(
        f"{TITLE.say(lang)} {plan.on}",
        (_sheet(plan, client, due, lang, audience) for client in chosen),
        lang,
    )


def due_dates(plan: Plan) -> Mapping[str, dt.date | None]:
    """Return by need id until when it is to be met, None where nobody recorded it."""
    needs = plan.network.tables["needs"]
    rows = np.flatnonzero(needs.known("due")).tolist()
    return {needs.ids[row]: unpack(needs["due"], row) for row in rows}


def said_party(party: Party | None, lang: str, audience: Audience) -> str:
    """Return who it is with the kind of party, or that nobody is named yet."""
    return NOBODY.say(lang) if party is None else party.full_label(lang, audience)


def said_date(on: dt.date | None, lang: str) -> str:
    """Return the date, or that none is agreed yet."""
    return NO_DATE.say(lang) if on is None else on.isoformat()


def places_of(client: ClientPlan) -> tuple[str, ...]:
    """Return the names of street and community, once where they are the same."""
    return tuple(dict.fromkeys(p for p in (client.street, client.community) if p))


def _sheet(
    plan: Plan,
    client: ClientPlan,
    due: Mapping[str, dt.date | None],
    lang: str,
    audience: Audience,
) -> Sheet:
    institution = client.client.kind == "institution"
    parties = (_INSTITUTION, *_PARTIES[1:]) if institution else _PARTIES
    blocks: tuple[Block, ...] = (
        _given(client, due, lang, audience),
        _short(client, lang),
        Signatures(
            _OPINION.say(lang),
            tuple(choice.say(lang) for choice in _CHOICES),
            tuple(party.say(lang) for party in parties),
        ),
    )
    return Sheet(
        TITLE.say(lang),
        client.client.id,
        _facts(plan, client, lang, audience),
        blocks,
        NOTES[audience].say(lang),
    )


def _facts(
    plan: Plan, client: ClientPlan, lang: str, audience: Audience
) -> tuple[tuple[str, str], ...]:
    kind = "institution" if client.client.kind == "institution" else "name"
    named = client.client.name is not None
    groups = ("、" if lang == "zh" else ", ").join(g.say(lang) for g in client.groups)
    worker = client.worker.label(audience) if client.worker else NOBODY.say(lang)
    values = {
        kind: client.client.label(audience) if named else _NOT_RECORDED.say(lang),
        "id": client.client.id,
        "place": " ".join(places_of(client)) or _NOT_RECORDED.say(lang),
        "groups": groups or _NOT_RECORDED.say(lang),
        "worker": worker,
        "lead": said_party(client.lead, lang, audience),
        "on": plan.on.isoformat(),
        "needs": (_NEEDS if client.unserved else _ALL_GIVEN).say(
            lang, n=client.needs, short=len(client.unserved)
        ),
    }
    return tuple((_FACTS[name].say(lang), value) for name, value in values.items())


def _given(
    client: ClientPlan, due: Mapping[str, dt.date | None], lang: str, audience: Audience
) -> Grid:
    rows = tuple(
        (
            str(number),
            item.category.name(lang),
            say_amount(item.amount, item.dimension, lang),
            said_party(item.provider, lang, audience),
            URGENCY[item.urgency].say(lang),
            said_date(due.get(item.need), lang),
            "□",
        )
        for number, item in enumerate(client.items, start=1)
    )
    columns = (
        Column("#", 9, "center"),
        Column(Text("帮扶内容", "Help").say(lang), 40),
        Column(Text("数量", "Amount").say(lang), 22, "right"),
        Column(Text("由谁提供", "Who helps").say(lang), 47),
        Column(Text("紧急程度", "Urgency").say(lang), 24),
        Column(Text("完成期限", "Due").say(lang), 24),
        Column(Text("完成", "Done").say(lang), 14, "center"),
    )
    return Grid(_GIVEN.say(lang), columns, rows, _NOTHING_GIVEN.say(lang))


def _short(client: ClientPlan, lang: str) -> Grid:
    rows = []
    for short in client.unserved:
        amount = say_amount(short.amount, short.dimension, lang)
        if short.partly:
            asked = say_amount(short.asked, short.dimension, lang)
            amount = _PARTLY.say(lang, short=amount, asked=asked)
        rows.append(
            (
                short.category.name(lang),
                amount,
                URGENCY[short.urgency].say(lang),
                short.why.say(lang),
                short.next_step.say(lang),
            )
        )
    columns = (
        Column(Text("需求", "Need").say(lang), 36),
        Column(Text("尚缺", "Missing").say(lang), 28),
        Column(Text("紧急程度", "Urgency").say(lang), 24),
        Column(Text("原因", "Why").say(lang), 42),
        Column(Text("下一步", "Next step").say(lang), 50),
    )
    return Grid(_SHORT.say(lang), columns, tuple(rows), _NOTHING_SHORT.say(lang))
