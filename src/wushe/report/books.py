"""The plan as a workbook: what is planned, what is not solved, and a line for each household."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from wushe.model.units import DIMENSIONS, Dimension
from wushe.plan import ClientPlan, Plan
from wushe.plan.items import KINDS, URGENCY
from wushe.plan.plan import STATUS
from wushe.privacy import Audience, check_audience
from wushe.report.sheets import NOTES, due_dates
from wushe.report.xlsx import YUAN_FORMAT, BookSheet, Number, Value, write_workbook
from wushe.text import Text, check_lang

_YUAN = Text("元", "yuan")
_CLIENT = (Text("编号", "Number"), Text("家庭或机构", "Household or institution"),
           Text("街道", "Street"), Text("社区", "Community"), Text("责任社工", "Worker"))  # fmt: skip
_ITEM_HEADS = (*_CLIENT, Text("需求编号", "Need"), Text("帮扶内容", "Help"), Text("数量", "Amount"),
               Text("单位", "Unit"), Text("由谁提供", "Who helps"), Text("提供方类型", "Kind"),
               Text("紧急程度", "Urgency"), Text("完成期限", "Due"))  # fmt: skip
_SHORT_HEADS = (*_CLIENT, Text("需求编号", "Need"), Text("需求", "What"), Text("尚缺", "Missing"),
                Text("共需", "Asked"), Text("单位", "Unit"), Text("紧急程度", "Urgency"),
                Text("完成期限", "Due"), Text("原因", "Why"), Text("下一步", "Next step"))  # fmt: skip
_ALL_HEADS = (*_CLIENT, Text("对象类别", "Groups"), Text("牵头方", "Lead"), Text("需求数", "Needs"),
              Text("已安排", "Items of help"), Text("未全部解决", "Not fully served"), Text("状态", "Status"))  # fmt: skip
_TITLE = Text("一户一策帮扶方案 {on}", "One plan per household, {on}")
_SHEETS = (
    Text("帮扶安排", "Planned help"),
    Text("尚未解决", "Not solved"),
    Text("各户概况", "Households"),
)


def plan_workbook(
    plan: Plan, path: str | Path, *, lang: str = "zh", audience: Audience = "masked"
) -> Path:
    """Write `plan` as .xlsx and return the path: planned help, what is not solved, all households.

    Amounts are numbers with their unit beside them: money in yuan, the rest in base units. Raises
    MissingExtraError without openpyxl, ValueError for an unknown language or audience.
    """
    check_audience(audience)
    check_lang(lang)
    due = due_dates(plan)
    items: list[tuple[Value, ...]] = []
    shorts: list[tuple[Value, ...]] = []
    clients: list[tuple[Value, ...]] = []
    for client in plan:
        head = _head(client, audience)
        items += [
            (*head, i.need, i.category.name(lang), *_amounts(i.dimension, i.amount),
             i.provider.label(audience), KINDS[i.provider.kind], URGENCY[i.urgency], due.get(i.need))
            for i in client.items
        ]  # fmt: skip
        shorts += [
            (*head, s.need, s.category.name(lang), *_amounts(s.dimension, s.amount, s.asked),
             URGENCY[s.urgency], due.get(s.need), s.why, s.next_step)
            for s in client.unserved
        ]  # fmt: skip
        groups = ("、" if lang == "zh" else ", ").join(g.say(lang) for g in client.groups)
        clients.append(
            (*head, groups or None, client.lead.label(audience) if client.lead else None,
             client.needs, len(client.items), len(client.unserved), STATUS[client.status])
        )  # fmt: skip
    titles = (_TITLE.say(lang, on=plan.on), NOTES[audience].say(lang))
    sheets = [
        BookSheet(name.say(lang), titles, tuple(h.say(lang) for h in heads), tuple(rows))
        for name, heads, rows in zip(
            _SHEETS, (_ITEM_HEADS, _SHORT_HEADS, _ALL_HEADS), (items, shorts, clients), strict=True
        )
    ]
    return write_workbook(path, sheets, lang)


def _head(client: ClientPlan, audience: Audience) -> tuple[Value, ...]:
    return (
        client.client.id,
        client.client.label(audience) if client.client.name else None,
        client.street or None,
        client.community or None,
        client.worker.label(audience) if client.worker else None,
    )


def _amounts(dimension: Dimension, *amounts: int) -> tuple[Value, ...]:
    """Return the amounts as numbers, followed by the unit they count."""
    if dimension == "fen":
        return (*(Number(Decimal(a) / 100, YUAN_FORMAT) for a in amounts), _YUAN)
    return (*amounts, DIMENSIONS[dimension])
