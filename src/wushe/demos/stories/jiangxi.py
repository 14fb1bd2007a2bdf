"""Jiangxi: seven actions in figures, a rough sleeper found in a street round, a file per person, a watch of two.

Published (江西省民政厅, date not seen): the seven actions, whom each is for and what it does, 一人一档, 社工+志愿者,
street rounds, the service system of county, town and village. **All else is made up**: places below the
province, bodies, people, dates, services. The tables are the demo ``jiangxi``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import attrs

import wushe
from wushe import LinkageNetwork, Plan, ReportTable, Text
from wushe.casefile import CaseFile, case_file
from wushe.casefile.stages import stage_text
from wushe.demos import find_demo
from wushe.identify import Filled, due_list, fill, with_facts
from wushe.report.coverage import coverage
from wushe.report.programmes import ProgrammeFigures, programme_figures

ELDER, FOUND, ALONE = "H-01", "P-R1", "H-09"
"""An elder whose watch is complete, a rough sleeper, an elder in a place without volunteers for a watch."""
NEW, CORNER, PATROL, EVENING = "P-R3", "36-A-1-1-2", "V-05", "2023-03-14T21:30:00+08:00"
"""Whom the patrol meets for the first time, where, who of it asks, and when."""
ANSWERS = {
    "sleeps_at": "示例桥下", "street_since": "三周", "looks_unwell": "没有", "referral_consent": "是",
    "want_jx_way_home": "2", "want_food": "1",
}  # fmt: skip
WATCH, STREET = "jx_watch", "jx_on_street"
WORKER = "social_worker"
"""The role that reads a file: it sees facts and services, names stay out of the story."""

HEAD = Text("\n== {what}", "\n== {what}")
ACTION = Text(
    "  {label}：对象 {persons} 人，服务到 {served} 人，{times} 人次，待满足 {needs} 项；服务：{what}",
    "  {label}: persons {persons}, of them reached {served}, person-times {times}, open needs {needs}; services: {what}",
)
ROUND = Text(
    "  {on} 街面巡查：{person}，{outcome}", "  {on}, street round: {person}, {outcome}"
)  # fmt: skip
OUTCOMES = {
    "met": Text("见到", "met"),
    "refused": Text("拒绝交谈", "did not want to talk"),
    "not_home": Text("没有找到", "not found"),
    "moved": Text("已离开", "gone"),
}
ASKED = Text(
    "  {on} 巡查新见到 {person}（没有户、没有身份证号）：记下 {facts} 条事实、{needs} 项需求",
    "  {on}, met for the first time: {person} (no household, no ID number); {facts} facts and {needs} needs noted",
)
AGAIN = Text(
    "  今晚再去找 {person}：上次见到是 {days} 天前，应每 {every} 天一次",
    "  look for {person} again tonight: last seen {days} days ago, due every {every} days",
)
FILE = Text(
    "  {id}：阶段 {stage}，{n} 条记录；社工看到的：", "  {id}: stage {stage}, {n} entries; a social worker sees:"
)  # fmt: skip
NOBODY_ELSE = Text("  公众看到的：{said}", "  the public sees: {said}")
LEDGER = Text(
    "  {label}：应建 {all} 人，四项齐全 {whole} 人；{parts}",
    "  {label}: {all} persons, all four parts for {whole}; {parts}",
)
PART = Text("{label} {n}", "{label} {n}")
PAIR = Text("  {client}：{who} 一起去", "  {client}: {who} go together")
OPEN = Text("  {client} 没有派出：{why}", "  {client}, nobody is sent: {why}")
LEVEL = Text(
    "  {level}：{places} 个，有本级站点 {own} 个，近一年有服务 {served} 个，有人被服务到的 {reached} 个",
    "  {level}: {places}, with a station of their own {own}, serving within the year {served}, where somebody was reached {reached}",
)
LEVELS = {
    "county": Text("县", "counties"),
    "street": Text("乡镇街道", "streets and towns"),
    "community": Text("社区和村", "communities and villages"),
}


@attrs.frozen(eq=False)
class Province:
    """The demo's tables, rules and plan on its day."""

    rules: wushe.Plugins
    network: LinkageNetwork
    on: dt.date
    plan: Plan


def province() -> Province:
    """Return the demo, planned."""
    demo = find_demo("jiangxi")
    rules = wushe.load_plugins(*demo.plugins)
    network = wushe.read(demo.folder, plugins=rules)
    plan = wushe.make_plan(network, plugins=rules, on=demo.on)
    return Province(rules, network, dt.date.fromisoformat(demo.on), plan)


def actions(made: Province) -> tuple[ProgrammeFigures, ...]:
    """Return the seven actions in figures."""
    return programme_figures(made.network, made.rules, made.on)


def rounds(made: Province) -> list[wushe.Visit]:
    """Return the street rounds in order of time, whether or not the person wanted to talk."""
    found = [v for v in made.network["visits"].records() if v.kind == "street_round"]
    return sorted(found, key=lambda visit: (visit.on, visit.id))


def street_round(made: Province) -> tuple[Filled, Province]:
    """Return what the patrol's form says of somebody new, and the plan of the next day with that person in it."""
    person = wushe.Person(id=NEW, place=CORNER, target_groups=("rough_sleeper",), on_street=True)
    evening = dt.datetime.fromisoformat(EVENING)
    day, at = evening.date(), wushe.say_instant(evening)
    visit = wushe.Visit(
        id="VS-NEW", kind="street_round", on=day, person=NEW, visitor=PATROL, outcome="met"
    )
    filled = fill(
        made.rules.visit_forms["street"], visit, ANSWERS, at=at, recorder=PATROL,
        categories=made.rules.categories, target_groups=made.rules.target_groups,
    )  # fmt: skip
    tables = dict(made.network.tables)
    for name, new in (
        ("persons", (person,)), ("visits", (filled.visit,)), ("facts", filled.facts),
        ("needs", filled.needs),
    ):  # fmt: skip
        tables[name] = wushe.table_of(name, [*tables[name].records(), *new])
    network = wushe.build_network(tables, made.rules.categories, made.rules.target_groups)
    known = with_facts(network, made.on)
    plan = wushe.make_plan(known, plugins=made.rules, on=made.on)
    return filled, attrs.evolve(made, network=known, plan=plan)


def tonight(made: Province) -> list[tuple[str, int, int]]:
    """Return whom the next street round looks for: (person, days since last seen, interval)."""
    due = due_list(made.network, made.rules, made.on)
    street = [sign.id for sign in due.signs].index(STREET)
    return [
        (str(due.person[row]), int(due.days_since_visit[row]), int(due.interval_days[row]))
        for row in due
        if due.household[row] is None and due.shown[row, street]
    ]


def file_of(made: Province, subject: str) -> CaseFile:
    """Return the file of one person or household on the demo's day."""
    return case_file(made.network, subject, made.on)


def ledgers(made: Province) -> ReportTable:
    """Return the plugin's own section: how complete the ledgers are."""
    context = wushe.Context(made.on, made.network.categories, made.network.target_groups)
    (table,) = made.rules.report_sections["jiangxi_ledgers"].make(made.network, context)
    return table


def watchers(made: Province, client: str) -> list[str]:
    """Return the ids of those who keep watch together for a client, in the order of roles; none if it is open."""
    items = [i for i in made.plan[client].items if i.team is not None and i.team.id == WATCH]
    return [item.provider.id for item in sorted(items, key=lambda item: item.role or 0)]


def why_open(made: Province, client: str, lang: str = "zh") -> list[str]:
    """Return why a client's watch is not planned, a line each."""
    return [u.explain(lang) for u in made.plan[client].unserved if u.category.id == WATCH]


def tell(lang: str = "zh") -> Iterator[str]:
    """Yield the lines of the story."""
    made = province()
    yield _head("七项行动", "the seven actions", lang)
    for f in actions(made):
        names = [made.rules.categories[key].name(lang) for key in f.programme.categories]
        yield ACTION.say(
            lang, label=f.programme.label, persons=f.persons, served=f.served, times=f.person_times,
            needs=f.open_needs, what=_join(names, lang),
        )  # fmt: skip
    yield _head("温暖回家：街面巡查发现的人", "a warm way home: found in a street round", lang)
    yield from _street(made, lang)
    yield _head("一人一档", "a file per person", lang)
    yield from _file(file_of(made, FOUND), lang)
    yield from _ledgers(ledgers(made), lang)
    yield _head("邻里守望：社工和志愿者，缺一不派", "neighbours' watch: worker and volunteer, or nobody", lang)  # fmt: skip
    yield from _watch(made, lang)
    yield _head("县、乡、村三级", "county, town, village", lang)
    for row in coverage(made.network, made.rules, made.on).levels:
        yield LEVEL.say(
            lang, level=LEVELS[row.level], places=row.places, own=row.with_station,
            served=row.with_service, reached=row.reached,
        )  # fmt: skip


def _street(made: Province, lang: str) -> Iterator[str]:
    for visit in rounds(made):
        if visit.outcome is not None:
            yield ROUND.say(lang, on=visit.on, person=visit.person, outcome=OUTCOMES[visit.outcome])
    filled, after = street_round(made)
    yield ASKED.say(
        lang, on=filled.visit.on, person=NEW, facts=len(filled.facts), needs=len(filled.needs)
    )
    yield from (f"    {line}" for line in after.plan[NEW].explain(lang).splitlines())
    for person, days, every in tonight(made):
        yield AGAIN.say(lang, person=person, days=days, every=every)


def _file(found: CaseFile, lang: str) -> Iterator[str]:
    yield FILE.say(lang, id=found.subject, stage=_stage(found), n=len(found.items))
    for line in found.explain(lang, WORKER).splitlines()[1:]:
        yield f"    {line}"
    yield NOBODY_ELSE.say(lang, said=found.explain(lang, "public"))


def _stage(found: CaseFile) -> Text:
    return stage_text(found.stage) if found.stage else Text("未立案", "no case begun")


def _ledgers(table: ReportTable, lang: str) -> Iterator[str]:
    for row in table.rows:
        whole, parts = row.cells[:2], row.cells[2:]
        said = [
            PART.say(lang, label=column.label, n=n)
            for column, n in zip(table.columns[2:], parts, strict=True)
        ]
        yield LEDGER.say(
            lang, label=row.label, all=whole[0], whole=whole[1], parts=_join(said, lang)
        )


def _watch(made: Province, lang: str) -> Iterator[str]:
    for client in made.plan.clients:
        together = watchers(made, client)
        if together:
            yield PAIR.say(lang, client=client, who=_join(together, lang))
        for why in why_open(made, client, lang):
            yield OPEN.say(lang, client=client, why=why)


def _join(words: list[str], lang: str) -> str:
    return ("、" if lang == "zh" else ", ").join(words)


def _head(zh: str, en: str, lang: str) -> str:
    return HEAD.say(lang, what=Text(zh, en))
