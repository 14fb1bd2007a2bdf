"""The plan as one page: figures, coverage, linkage picture, searchable plans, unserved needs, plugins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wushe.model.terms import REASONS, NeedCategory
from wushe.model.units import Dimension, say_amount
from wushe.plan.items import KINDS as PARTY_KINDS
from wushe.plan.items import URGENCY, ClientPlan, PlanItem, Unserved
from wushe.plan.picture import Flows
from wushe.plan.plan import STATUS, Plan, fully_served
from wushe.privacy import Audience
from wushe.render import (
    Badge,
    CoverageRow,
    Filter,
    Line,
    Page,
    Record,
    bars,
    coverage_bars,
)
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.render.browser import Tone, Value

_TONES: dict[str, Tone] = {"served": "good", "partly": "partial", "unserved": "bad"}


LISTED = 500
"""Needs taken over by relief that a page names one by one."""


def plan_page(plan: Plan, lang: str, audience: Audience) -> Page:
    """Return the page of `plan`; `lang` is the language in which it opens."""
    page = Page(_TITLE, subtitle=_subtitle(plan, audience), lang=lang)
    clients = tuple(plan)  # each is written on demand, and the page asks several times
    _figures(page, plan)
    _relief_first(page, plan, audience)
    page.heading(Text("五社联动图", "The five parties"))
    flows = Flows.of(plan.network, clients)
    page.picture(zh=flows.picture("zh"), en=flows.picture("en"), caption=_LINK_CAPTION)
    page.heading(Text("覆盖情况", "Coverage"))
    community = _coverage_rows(clients, by="community")
    category = _coverage_rows(clients, by="category")
    page.chart(
        lambda lang, width: coverage_bars(community, title=_BY_COMMUNITY, lang=lang, width=width)
    )
    page.chart(
        lambda lang, width: coverage_bars(category, title=_BY_CATEGORY, lang=lang, width=width)
    )
    page.heading(Text("一户一策", "One plan per household"))
    page.browser(
        (_record(client, audience) for client in clients),
        templates=_templates(),
        filters=[
            Filter("community", Text("社区", "Community")),
            Filter("status", Text("状态", "Status")),
            Filter("category", Text("需求类别", "Category")),
        ],
    )
    _unserved_section(page, plan, clients)
    page.heading(Text("规则与证明", "Rules and proof"))
    page.paragraph(Text(_plain(plan.proof("zh")), _plain(plan.proof("en"))))
    if not plan.matching.report.objective.plain:
        report = plan.matching.report
        for zh, en in zip(report.say("zh").split("\n"), report.say("en").split("\n"), strict=True):
            page.paragraph(Text(zh.strip(), en.strip()))
    page.table(
        [Text("插件", "Plugin"), Text("版本", "Version")],
        [[name, version] for name, version in plan.versions],
        caption=Text("启用的插件", "Active plugins"),
    )
    return page


_TITLE = Text("一户一策帮扶方案", "One plan per household")
_LINK_CAPTION = Text(
    "线的粗细是帮扶项数：哪一方的帮助到了哪个街道的家庭",
    "Line width is the number of items: whose help reaches the households of which street",
)
_BY_COMMUNITY = Text("各社区需求解决情况（项）", "Needs by community")
_BY_CATEGORY = Text("各类需求解决情况（项）", "Needs by category")


def _relief_first(page: Page, plan: Plan, audience: Audience) -> None:
    if plan.linkage is None:
        return
    from wushe.plan.before import before_lines

    page.heading(Text("政府救助先行", "Government relief first"))
    for line in before_lines(plan.linkage, audience, LISTED):
        page.paragraph(Text(line.zh.strip(), line.en.strip()))


def _plain(text: str) -> str:
    """Make a ready sentence safe as a template."""
    return text.replace("{", "{{").replace("}", "}}")


def _subtitle(plan: Plan, audience: Audience) -> Text:
    on = plan.on.isoformat()
    if audience == "internal":
        return Text(
            f"计划日期 {on}；内部版，含姓名，请勿外传",
            f"Planned on {on}; internal: shows names, do not pass on",
        )
    return Text(f"计划日期 {on}；姓名已脱敏", f"Planned on {on}; names are masked")


def _figures(page: Page, plan: Plan) -> None:
    whole = fully_served(plan)
    served, all_served = _of(plan.served, plan.needs), _of(whole, len(plan))
    page.tiles(
        [
            (Text("家庭和机构", "Households and institutions"), f"{len(plan):,}", None),
            (Text("需求全部解决的户", "Fully served"), f"{whole:,}", Text(all_served, all_served)),
            (
                Text("已解决 / 全部需求", "Needs served / all"),
                f"{plan.served:,} / {plan.needs:,}",
                Text(served, served),
            ),
            (Text("部分解决的需求", "Needs partly served"), f"{plan.partly:,}", None),
            (Text("帮扶安排", "Items of help"), f"{len(plan.matching.need):,}", None),
        ]
    )


def _of(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"


def _coverage_rows(clients: Sequence[ClientPlan], by: str) -> list[CoverageRow]:
    """Return needs served, partly and not, by community or by category."""
    counts: dict[Text, Counter[str]] = {}
    for client in clients:
        short = {s.need: s for s in client.unserved}
        needs = {i.need: i.category for i in client.items} | {
            s.need: s.category for s in client.unserved
        }
        for need, category in needs.items():
            place = client.community or "?"
            label = Text(place, place) if by == "community" else Text(category.zh, category.en)
            status = (
                "served" if need not in short else "partly" if short[need].partly else "unserved"
            )
            counts.setdefault(label, Counter())[status] += 1
    return [
        CoverageRow(label, c["served"], c["partly"], c["unserved"]) for label, c in counts.items()
    ]


def _templates() -> dict[str, Text]:
    return {
        "team": Text(
            "责任社工：{worker}；牵头方：{lead}", "Responsible worker: {worker}; lead: {lead}"
        ),
        "item": Text("✓ {what} {amount}：{who}（{kind}）", "✓ {what}, {amount}: {who} ({kind})"),
        "why": Text(
            "✓ {what} {amount}：{who}（{kind}）；理由：{why}",
            "✓ {what}, {amount}: {who} ({kind}); why: {why}",
        ),
        "short": Text(
            "✗ {what} 尚缺 {amount}：{reason}。下一步：{step}",
            "✗ {what}, {amount} missing: {reason}. Next: {step}",
        ),
        "none": Text("待定", "to be named"),
    }


def _record(client: ClientPlan, audience: Audience) -> Record:
    """Return the card of one household."""
    worst = max((s.urgency for s in client.unserved), default=-1)
    badges = [Badge(STATUS[client.status], _TONES[client.status])]
    if worst >= 2:
        badges.append(
            Badge(Text(f"{URGENCY[worst].zh}需求未解决", f"{URGENCY[worst].en} need open"), "bad")
        )
    badges += [Badge(group, "info") for group in client.groups]
    team = Line(
        "team",
        {
            "worker": client.worker.label(audience) if client.worker else Line("none"),
            "lead": client.lead.label(audience) if client.lead else Line("none"),
        },
    )
    categories = {c.id: Text(c.zh, c.en) for c in _categories(client)}
    return Record(
        title=f"{client.client.label(audience)} {client.client.id}"
        if client.client.name
        else client.client.id,
        subtitle=client.community,
        badges=badges,
        lines=[
            team,
            *(_item_line(i, audience) for i in client.items),
            *(_short_line(s) for s in client.unserved),
        ],
        facets={
            "community": client.community or "?",
            "status": STATUS[client.status],
            "category": tuple(categories.values()),
        },
    )


def _categories(client: ClientPlan) -> list[NeedCategory]:
    return [*(i.category for i in client.items), *(s.category for s in client.unserved)]


def _amount(amount: int, dimension: Dimension) -> Text:
    return Text(say_amount(amount, dimension, "zh"), say_amount(amount, dimension, "en"))


def _item_line(item: PlanItem, audience: Audience) -> Line:
    good = [p.label for p in item.points if p.points >= 500]
    params: dict[str, Value] = {
        "what": Text(item.category.zh, item.category.en),
        "amount": _amount(item.amount, item.dimension),
        "who": item.provider.label(audience),
        "kind": PARTY_KINDS[item.provider.kind],
    }
    if not good:
        return Line("item", params)
    why = Text("、".join(g.zh for g in good), ", ".join(g.en for g in good))
    return Line("why", {**params, "why": why})


def _short_line(short: Unserved) -> Line:
    return Line(
        "short",
        {
            "what": Text(short.category.zh, short.category.en),
            "amount": _amount(short.amount, short.dimension),
            "reason": short.why,
            "step": short.next_step,
        },
    )


def _unserved_section(page: Page, plan: Plan, clients: Sequence[ClientPlan]) -> None:
    page.heading(Text("未解决的需求", "Needs not served"))
    reasons = plan.reasons()
    if not reasons:
        page.paragraph(Text("全部需求都已安排。", "Every need is served."))
        return
    rows = [(REASONS[r], n) for r, n in reasons.items()]
    page.chart(lambda lang, width: bars(rows, title=_WHY, lang=lang, width=width))
    by_kind: Counter[tuple[Text, Text, Text]] = Counter()
    for short in (short for client in clients for short in client.unserved):
        by_kind[
            Text(short.category.zh, short.category.en),
            short.why,
            short.next_step,
        ] += 1
    page.table(
        [
            Text("类别", "Category"),
            Text("原因", "Reason"),
            Text("项数", "Needs"),
            Text("下一步", "Next step"),
        ],
        [[category, reason, n, step] for (category, reason, step), n in by_kind.most_common()],
        caption=Text("按类别和原因", "By category and reason"),
    )


_WHY = Text("未解决的原因（项）", "Why needs are not served")
