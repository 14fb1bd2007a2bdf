"""Wuchang: a pool whose entries come and go, doors that open, and three households' plans of many kinds of help.

Published (Hubei Charity Federation, 6 November 2025): what the three households were given, micro-wishes for 22
households in September 2025, 470 person-times since 2023. **Everything else is made up**: what comes into the pool or leaves
it, and what is said at the third knock. The tables are the demo ``wuchang``; the story runs in memory.
"""

from collections.abc import Iterator, Mapping, Sequence

import attrs

import wushe
from wushe import Text
from wushe.demos import demo_path
from wushe.identify import Filled, fill, with_facts
from wushe.matching.live import LiveCity, go_live

ON = "2025-09-15"
HOUSEHOLDS_VISITED, PERSON_TIMES = 22, 470
"""Published, not results: who was brought micro-wishes in the round of September 2025, and all since 2023."""
DOOR = "H-0060"
"""Nobody was at home on the 8th and the 12th."""
STORIES: dict[str, dict[str, tuple[str, ...]]] = {
    "H-0001": {
        "policy": ("temporary_relief_application", "illness_subsidy_application"),
        "counselling": ("carer_counselling",),
        "goods": ("care_supplies",),
    },
    "H-0002": {"service": ("regular_visit", "safety_check"), "policy": ("policy_talk",)},
    "H-0003": {
        "goods": ("daily_goods",),
        "policy": ("child_subsidy_application",),
        "service": ("child_company",),
    },
}
"""What the report says that each household was given, by kind of help."""
KINDS = {
    "policy": Text("政策", "policy"),
    "goods": Text("物资", "goods"),
    "money": Text("资金", "money"),
    "service": Text("服务", "service"),
    "counselling": Text("心理疏导", "counselling"),
}
POLICY = ("application", "policy_talk")

HEAD = Text("\n== {what}", "\n== {what}")
MOVED = Text("    {need} {name}：{before} → {now}", "    {need}, {name}: {before} → {now}")
NOBODY = Text("没有着落", "nobody")
NEW_RICE, COACHING = Text("新捐的米", "the new rice"), Text("就业辅导", "job coaching")
PUBLISHED = Text(
    "  报道：2025年9月一次走访给 {households} 户送去微心愿，2023年以来帮扶 {times} 人次（照录，不是算出来的；见到几户是示例编的）",
    "  as published: micro-wishes for {households} households in one round of September 2025, {times} person-times since 2023 (quoted, not computed; how many were met is made up)",
)
HEARD = Text(
    "  第三次敲门，门开了：{facts} 条事实，{needs} 项新需求（{names}），愿意接受帮扶：{willing}",
    "  the third knock, the door opens: {facts} facts, {needs} new needs ({names}), willing to be helped: {willing}",
)
YES, NO = Text("是", "yes"), Text("否", "no")
THEN = Text("  走访前：{why}", "  before the visit: {why}")
NOW = Text("  走访后：{item}", "  after the visit: {item}")
GIVEN = Text("  {story}：报道的帮扶 {done}/{all} 项在方案里", "  {story}: {done} of {all} reported kinds of help are in the plan")  # fmt: skip
MIX = Text("    {kind}：{items}", "    {kind}: {items}")


class Desk:
    """The district as planned on the day, and its matching kept live."""

    def __init__(self) -> None:
        self.rules = wushe.load_plugins("wuchang")
        self.city = wushe.read(demo_path("wuchang"), plugins=self.rules)
        self.plan = wushe.make_plan(self.city, plugins=self.rules, on=ON)
        self.live = go_live(self.plan, self.rules)

    def section(self, key: str) -> wushe.ReportTable:
        """Return the table of one of the plugin's report sections."""
        context = wushe.Context(self.plan.on, self.rules.categories, self.rules.target_groups)
        (table,) = self.rules.report_sections[key].make(self.city, context)
        return table


# --- the pool ----------------------------------------------------------------------------------


@attrs.frozen
class Change:
    """What one change of the pool did: needs by id with who served them before and who does now."""

    what: Text
    moved: dict[str, tuple[tuple[str, ...], tuple[str, ...]]]


def served(live: LiveCity) -> dict[str, tuple[str, ...]]:
    """Return the offers behind each need."""
    return {need: tuple(offer for offer, _ in live.served_by(need)) for need in live.need_ids()}


def pool_changes(desk: Desk) -> list[Change]:
    """A radio leaves, a firm's rice and a foundation's coaching come, a citizen takes gifts back: the plan follows."""
    rice = wushe.Offer(
        id="R-17:lot", provider="O-05", categories=("food",), quantity=6, unit="piece", per_need=2,
        place="420106011", reach="county",
    )  # fmt: skip
    coach = wushe.Offer(
        id="OF-05", provider="O-02", categories=("job_coaching",), quantity=4, unit="hour",
        place="420106", reach="county", skills=("coaching",),
    )  # fmt: skip
    radio = Text("收音机被别处认领，出库", "the radio is claimed elsewhere and leaves the pool")
    firm = Text("粮油企业新捐 6 件米，入库", "a firm gives six bags of rice")
    foundation = Text(
        "基金会提供 4 小时就业辅导，入库", "a foundation offers four hours of job coaching"
    )
    citizen = Text(
        "市民捐的微心愿礼包全部收回，出库", "a citizen takes the kits for micro-wishes back"
    )
    found = []
    for what, offer, gone in (
        (radio, None, "R-14:lot"),
        (firm, rice, ""),
        (foundation, coach, ""),
        (citizen, None, "R-15:lot"),
    ):
        before = served(desk.live)
        if offer is None:
            desk.live.set_capacity(gone, 0)
        else:
            desk.live.add_offer(offer)
        now = served(desk.live)
        moved = {need: (before[need], now[need]) for need in now if before[need] != now[need]}
        found.append(Change(what, moved))
    return found


# --- a door ------------------------------------------------------------------------------------


def third_knock(desk: Desk) -> Filled:
    """Return what the filled door-knock form says: facts, new needs, willingness."""
    visit = wushe.Visit(
        id="VI-073", kind="door", on=desk.plan.on, household=DOOR, person="P-0104", visitor="W-06",
        form="door", outcome="met",
    )  # fmt: skip
    answers = {
        "members_count": "1", "income_month": "1800", "mood": "睡不好（虚构）", "want_micro_wish": "1件",
        "want_counselling": "1小时", "willing": "是", "referral_consent": "是",
    }  # fmt: skip
    return fill(
        desk.rules.visit_forms["door"], visit, answers, at="2025-09-15T02:00:00.000000Z",
        recorder="W-06", categories=desk.rules.categories, target_groups=desk.rules.target_groups,
    )  # fmt: skip


def after_the_knock(desk: Desk, filled: Filled) -> wushe.Plan:
    """Plan again with what the visit brought."""
    new: dict[str, Sequence[object]] = {
        "visits": [filled.visit], "facts": filled.facts, "needs": filled.needs,
    }  # fmt: skip
    tables = {
        **desk.city.tables,
        **{name: wushe.table_of(name, [*desk.city[name].records(), *rows]) for name, rows in new.items()},
    }  # fmt: skip
    city = desk.city
    network = wushe.build_network(tables, city.categories, city.target_groups, city.versions)
    return wushe.make_plan(with_facts(network, desk.plan.on), plugins=desk.rules, on=ON)


# --- three households --------------------------------------------------------------------------


def kind_of(item: wushe.PlanItem) -> str:
    """Return which kind of help an item is: policy, goods, money, service or counselling."""
    category = item.category
    if category.form != "service":
        return category.form
    if category.id.endswith(POLICY):
        return "policy"
    return "counselling" if category.id.endswith("counselling") else "service"


def mix(plan: wushe.Plan, household: str) -> dict[str, list[str]]:
    """Return the categories of a household's plan by kind of help, in the order of `KINDS`."""
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for item in plan[household].items:
        if item.category.id not in found[kind_of(item)]:
            found[kind_of(item)].append(item.category.id)
    return {kind: names for kind, names in found.items() if names}


def given(plan: wushe.Plan, household: str) -> tuple[set[str], set[str]]:
    """Return the categories that the report tells of, and those of them in the plan under the reported kind."""
    reported = {c for names in STORIES[household].values() for c in names}
    planned = mix(plan, household)
    kept = {c for kind, names in STORIES[household].items() for c in names if c in planned.get(kind, [])}  # fmt: skip
    return reported, kept


# --- telling -----------------------------------------------------------------------------------


def tell(lang: str) -> Iterator[str]:
    """Yield the story's lines."""
    desk = Desk()
    yield _head("资源库：企业、基金会、爱心人士", "the pool: firms, foundations, citizens", lang)
    yield from _table(desk.section("wuchang_pool"), lang)
    yield from _door(desk, lang)
    yield _head("报道的三户：帮扶到位了吗", "the three households of the report: were they given it", lang)  # fmt: skip
    comma = "、" if lang == "zh" else ", "
    for story in STORIES:
        reported, kept = given(desk.plan, story)
        yield GIVEN.say(lang, story=story, done=len(kept), all=len(reported))
        for kind, names in mix(desk.plan, story).items():
            said = comma.join(desk.rules.categories[name].name(lang) for name in names)
            yield MIX.say(lang, kind=KINDS[kind], items=said)
    yield _head("资源库有进有出，方案跟着变", "entries come and go, and the plan follows", lang)
    called = {f"{r.id}:lot": r.name for r in desk.city["resources"].records()}
    called |= {"R-17:lot": NEW_RICE.say(lang), "OF-05": COACHING.say(lang)}
    for change in pool_changes(desk):
        yield "  " + change.what.say(lang)
        for need, (before, now) in change.moved.items():
            name = desk.rules.categories[desk.live.records.need(need).category].name(lang)
            yield MOVED.say(lang, need=need, name=name, before=_who(called, before, lang), now=_who(called, now, lang))  # fmt: skip


def _head(zh: str, en: str, lang: str) -> str:
    return HEAD.say(lang, what=Text(zh, en))


def _who(names: Mapping[str, str], offers: tuple[str, ...], lang: str) -> str:
    said = [f"{offer.removesuffix(':lot')} {names.get(offer, '')}".strip() for offer in offers]
    return ("、" if lang == "zh" else ", ").join(said) or NOBODY.say(lang)


def _table(table: wushe.ReportTable, lang: str) -> Iterator[str]:
    for row in table.all_rows():
        cells = []
        for column, cell in zip(table.columns, row.cells, strict=True):
            said = f"{cell / 100:,.2f}" if column.unit == "fen" and isinstance(cell, int) else cell
            cells.append(f"{column.label.say(lang)} {said}")
        yield f"  {row.label.say(lang)}  " + ("，" if lang == "zh" else ", ").join(cells)


def _door(desk: Desk, lang: str) -> Iterator[str]:
    yield _head("敲门行动：事实、需求、意愿", "knocking on doors: facts, needs, willingness", lang)
    yield from _table(desk.section("wuchang_doors"), lang)
    yield PUBLISHED.say(lang, households=HOUSEHOLDS_VISITED, times=PERSON_TIMES)
    filled = third_knock(desk)
    names = ("、" if lang == "zh" else ", ").join(
        desk.rules.categories[need.category].name(lang) for need in filled.needs
    )
    said = (YES if filled.visit.willing else NO).say(lang)
    yield HEARD.say(lang, facts=len(filled.facts), needs=len(filled.needs), names=names, willing=said)  # fmt: skip
    for short in desk.plan[DOOR].unserved:
        yield THEN.say(lang, why=short.explain(lang))
    again = after_the_knock(desk, filled)[DOOR]
    for item in again.items:
        yield NOW.say(lang, item=item.explain(lang))
    for short in again.unserved:
        yield NOW.say(lang, item=short.explain(lang))
