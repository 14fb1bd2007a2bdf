"""Pingliang: need, resource and service as one closed loop, with teams, a chain of help and one mentor per child.

``wushe demo pingliang [--lang en]``

The numbers are published (甘肃社会工作网): 12 stable teams, 56 left-behind women, 32 left-behind children.
**Everything else is made up**: people, villages, classes, minutes, dates, and the lone elders. The tables are the demo
``pingliang``. A visit finds one elder more; the plan puts teams together; orders go to whole teams only, and
a step of a chain waits for the one before it; what was done is on record when the next plan is made.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import numpy as np

import wushe
from wushe import Household, Need, Person, ServiceRecord, Text, Visit
from wushe.demos import demo_path
from wushe.errors import RefusedError
from wushe.identify import confirm as confirmed_need
from wushe.identify import fill, suggest
from wushe.journal import Act, MemoryStore
from wushe.ledger.money import DOMAIN as MONEY
from wushe.orders import (
    DOMAIN,
    Call,
    accept,
    areas_of,
    complete,
    confirm,
    decline,
    dispatch,
    dispatch_plan,
    enroll,
    helpers_of,
    place_need,
)

VISITED, ON, NEXT = dt.date(2025, 10, 10), dt.date(2025, 10, 13), dt.date(2025, 11, 10)
EVENTS, CLASSES, ELDERS = "mixed_event", "craft_class", "elder_health"
WOMAN, CHILD_KEPT, CHILD_NEW = "H-W01", "H-C01", "H-C05"
TEACHER, WORKER = "V-Y029", "W-ML1"
FOUND = Household(
    id="H-E10", name="温奶奶", place="620823203-1", target_groups=("lone_elder",),
    responsible_worker=WORKER, referral_consent=True, note="虚构：走访中发现的独居老人",
)  # fmt: skip
FOUND_PERSON = Person(id="P-E10", household="H-E10", name="温奶奶", birth=dt.date(1944, 5, 6))
WORDS = "独自住，腿脚不便，愿意有人定期来量血压；邻家嫂子会刺绣，绣活没有销路"

HEAD = Text("\n== {what}", "\n== {what}")
LOOK = Text("  {day} 走访 {household}：{n} 项需求（{what}）", "  {day}, visit to {household}: {n} need ({what})")  # fmt: skip
HINT = Text(
    "  备注提示：{what}（“{words}”），社工确认后才是需求",
    "  the notes suggest: {what} (“{words}”), no need before a worker confirms it",
)
OPEN = Text("{name}：{n}项", "{name}: {n}")
TEAM = Text("{need} {name}：{members}", "{need} {name}: {members}")
MEMBER = Text("{role} {who}", "{role}: {who}")
COMPLETE = Text("{name}：{done}个小队配齐，共{all}个", "{name}: {done} teams complete of {all}")
UNSPOKEN = Text(
    "  {what}：{all} 个小队配齐 {done} 个。{why}",
    "  {what}: {done} teams complete of {all}. {why}",
)
SPOKEN = {"culture_hui": EVENTS, "local_dialect": ELDERS}
"""What a member of a team has to have declared, and the team need that asks for it."""
SKILLS = {
    "culture_hui": Text("没有人申报回族文化", "nobody has declared Hui culture"),
    "local_dialect": Text("没有人会说当地方言", "nobody speaks the local dialect"),
}
MENTORS = Text(
    "导师：{kept}名儿童还是原来的导师，{new}名儿童有了新导师，没有两名儿童共用一位",
    "Mentors: {kept} children keep theirs, {new} have a new one, no two share one",
)
STEP = Text("{need} {name}：{state}", "{need} {name}: {state}")
SERVED, WAITS = Text("已安排", "planned"), Text("没有安排：{why}", "not planned: {why}")
SENT = Text(
    "  派单 {sent} 张；等前一步的 {waiting} 张", "  {sent} orders sent out; {waiting} wait for the step before"
)  # fmt: skip
REFUSED = Text("  {what}，没有办：{why}", "  {what} is refused: {why}")
NO_DOCTOR = Text("有志愿者、没有医生的小队", "a team with a volunteer and no doctor")
TOO_EARLY = Text("还没有联络学员就开班", "a class before its learners are found")
ANSWER = Text("  {order} {who}：{state}", "  {order} {who}: {state}")
STATES = {
    "held": Text("接下，等齐其他角色", "yes, held until every role is filled"),
    "accepted": Text("接下，小队到齐", "yes, and the team is complete"),
    "declined": Text("来不了，改派下一位", "no, and the next best is asked"),
}
DONE = Text("  {order} {name}：完成并确认", "  {order} {name}: done and confirmed")
LATER = Text(
    "  {day} 再做方案：第1班的 {met} 项需求已满足；{kept}/{all} 名儿童还是上个月的导师",
    "  next plan on {day}: {met} needs of class 1 are met; {kept} of {all} children keep last month's mentor",
)


# --- needs are found -------------------------------------------------------------------------------


def visit_to() -> Visit:
    """Return the visit that finds one elder more."""
    return Visit(
        id="VT-1", kind="door", on=VISITED, household=FOUND.id, person=FOUND_PERSON.id, visitor=WORKER
    )  # fmt: skip


def identified(rules: wushe.Plugins) -> tuple[tuple[Need, ...], tuple[Need, ...]]:
    """Return the needs that the filled door form states, and those that a worker confirms from the notes."""
    visit = visit_to()
    filled = fill(
        rules.visit_forms["door"], visit, {"want_elder_health": "是，每月一次"},
        at="2025-10-10T08:00:00.000000Z", recorder=WORKER,
        categories=rules.categories, target_groups=rules.target_groups,
    )  # fmt: skip
    (hints,) = suggest([WORDS], rules.keyword_rules)
    heard = tuple(
        confirmed_need(hint, WORKER, visit=visit, categories=rules.categories)
        for hint in hints
        if hint.category == "market_contact"
    )
    return filled.needs, heard


def city(rules: wushe.Plugins) -> wushe.LinkageNetwork:
    """Return the demo's tables."""
    return wushe.read(demo_path("pingliang"), plugins=rules)


def with_visit(network: wushe.LinkageNetwork, needs: tuple[Need, ...]) -> wushe.LinkageNetwork:
    """Return the network with the elder who was found, the visit and the needs it states."""
    added: dict[str, list[Any]] = {
        "households": [FOUND], "persons": [FOUND_PERSON], "visits": [visit_to()], "needs": list(needs)
    }  # fmt: skip
    return changed(network, added)


def changed(
    network: wushe.LinkageNetwork,
    added: dict[str, list[Any]],
    met: frozenset[str] = frozenset(),
) -> wushe.LinkageNetwork:
    """Return the network with more records, in which the needs `met` are met."""
    tables = dict(network.tables)
    for name, records in added.items():
        tables[name] = wushe.table_of(name, [*network[name].records(), *records])
    needs = tables["needs"]
    status = needs["status"].copy()
    status[[key in met for key in needs.ids]] = "met"
    tables["needs"] = attrs.evolve(needs, columns={**needs.columns, "status": status})
    return wushe.build_network(tables, network.categories, network.target_groups, network.versions)


# --- resources are put together ----------------------------------------------------------------------


def without(network: wushe.LinkageNetwork, volunteer: str) -> wushe.LinkageNetwork:
    """Return the network in which a volunteer has no hours this week."""
    old = network["volunteers"]
    hours = old["weekly_hours"].copy()
    hours[old.row_of([volunteer])] = 0
    table = attrs.evolve(old, columns={**old.columns, "weekly_hours": hours})
    tables = {**network.tables, "volunteers": table}
    return wushe.build_network(tables, network.categories, network.target_groups, network.versions)


def unspoken(network: wushe.LinkageNetwork, *skills: str) -> wushe.LinkageNetwork:
    """Return the network's team needs of a culture or a language, where no volunteer has declared `skills`."""
    old = network["volunteers"]
    held = np.empty(len(old), dtype=object)
    held[:] = [tuple(s for s in own or () if s not in skills) for own in old["skills"]]
    needs = [n for n in network["needs"].records() if n.category in (EVENTS, ELDERS)]
    tables = {
        **network.tables,
        "volunteers": attrs.evolve(old, columns={**old.columns, "skills": held}),
        "needs": wushe.table_of("needs", needs),
    }
    return wushe.build_network(tables, network.categories, network.target_groups, network.versions)


def items_by_need(plan: wushe.Plan) -> dict[str, list[wushe.PlanItem]]:
    """Return the plan's items by need, by role and provider."""
    found: dict[str, list[wushe.PlanItem]] = defaultdict(list)
    for item in sorted(plan.items, key=lambda i: (i.need, i.category.id, i.provider.id)):
        found[item.need].append(item)
    return found


def ids_of(network: wushe.LinkageNetwork, category: str) -> list[str]:
    """Return the ids of the needs of a category."""
    needs = network["needs"]
    return [key for key, c in zip(needs.ids, needs["category"], strict=True) if c == category]


def whole(plan: wushe.Plan, category: str) -> list[str]:
    """Return the team needs of a category that have every role filled."""
    items, roles = items_by_need(plan), plan.network.categories[category].roles
    wanted = {role.category for role in roles}
    every = ids_of(plan.network, category)
    return [key for key in every if {item.category.id for item in items[key]} == wanted]


def reasons(plan: wushe.Plan) -> dict[str, Text]:
    """Return why each need is not served in full, by need."""
    short = [one for client in plan.clients.values() for one in client.unserved]
    return {one.need: wushe.REASONS[one.reason] for one in short}


def short_of(plan: wushe.Plan, category: str) -> wushe.Unserved:
    """Return the first need of a category that the plan leaves unserved, with why."""
    return min(
        (one for one in plan.unserved if one.category.id == category), key=lambda one: one.need
    )


def mentors(plan: wushe.Plan) -> tuple[dict[str, str], dict[str, str]]:
    """Return each child's mentor of before and of the plan, by household."""
    past = sorted(plan.network["services"].records(), key=lambda s: s.served_on or dt.date.min)
    before = {s.household: s.provider for s in past if s.category == "dream_mentor"}
    items = [item for item in plan.items if item.category.id == "dream_mentor"]
    homes = dict(zip(plan.network["needs"].ids, plan.network["needs"]["household"], strict=True))
    return before, {homes[item.need]: item.provider.id for item in items}


def steps(network: wushe.LinkageNetwork, number: int) -> tuple[str, str, list[str]]:
    """Return the needs of one class: learners found, class taught, buyers found for each woman."""
    first, second = f"N-Y{number}-1", f"N-Y{number}-2"
    needs = network["needs"]
    buyers = [k for k, a in zip(needs.ids, needs["after"], strict=True) if a == second]
    return first, second, buyers


# --- help is given, and the next plan knows of it ----------------------------------------------------


class Desk:
    """The desk of the city: one store, and who acts when."""

    def __init__(self, plan: wushe.Plan, rules: wushe.Plugins) -> None:
        self.plan = plan
        self.store = MemoryStore(DOMAIN + MONEY, rules)
        at = f"{ON}T09:00:00+08:00"
        self.do(enroll, at, helpers=helpers_of(plan.network), areas=areas_of(plan.network))
        self.sent: dict[str, list[str]] = self.do(dispatch_plan, at, plan=plan)

    def do(self, command: Callable[..., Any], at: str, by: str = WORKER, **named: Any) -> Any:
        """Run a command and return its answer."""
        return self.store.run(Act(at, by), command, **named).answer

    def asked(self, order: str) -> list[Call]:
        """Return who is asked for an order, by role."""
        calls = self.store.state.find("call", order=order, state="asked")
        return sorted(calls, key=lambda call: (call.role, call.id))

    def all_accept(self, order: str, at: str) -> None:
        """Everybody who is asked says yes."""
        for call in self.asked(order):
            self.do(accept, at, call.helper, order=order, helper=call.helper)

    def finish(self, order: str, day: dt.date) -> None:
        """The order is done and confirmed on a day."""
        by = self.store.state.get("order", order).helpers[0][1]
        self.do(complete, f"{day}T17:00:00+08:00", by, order=order)
        self.do(confirm, f"{day}T18:00:00+08:00", order=order, rating=5)


def one_role_open(desk: Desk) -> RefusedError:
    """Return what the desk says when the tenth team has a volunteer and no doctor."""
    network, at = desk.plan.network, f"{ON}T10:00:00+08:00"
    (need,) = set(ids_of(network, ELDERS)) - set(whole(desk.plan, ELDERS))
    order = desk.do(place_need, at, network=network, need=need)
    starts = desk.store.state.get("order", order).starts
    busy = {c.helper for c in desk.store.state.find("call", state="asked") if c.starts == starts}
    able = [v.id for v in network["volunteers"].records() if "local_dialect" in (v.skills or ())]
    try:
        desk.do(dispatch, at, order=order, to=[(1, min(set(able) - busy))])
    except RefusedError as error:
        return error
    raise AssertionError("a team with a role open was dispatched")


def team_answers(desk: Desk, order: str) -> list[tuple[str, str]]:
    """The first member says yes, the second no; the next best is asked and completes the team."""
    said = []
    first, second = desk.asked(order)
    at = f"{ON}T11:00:00+08:00"
    said.append((first.helper, desk.do(accept, at, first.helper, order=order, helper=first.helper)))
    desk.do(decline, at, second.helper, order=order, helper=second.helper, reason="busy")
    said.append((second.helper, "declined"))
    for call in desk.asked(order):
        answer = desk.do(
            accept, f"{ON}T12:00:00+08:00", call.helper, order=order, helper=call.helper
        )
        said.append((call.helper, answer))
    return said


def chain_runs(desk: Desk, number: int) -> tuple[RefusedError, list[str]]:
    """Run one class to its end; return what the desk says too early, and the orders in the order of their end."""
    first, second, buyers = (
        [f"O-{key}" for key in keys] for keys in _in_lists(steps(desk.plan.network, number))
    )
    early: RefusedError | None = None
    try:
        desk.do(dispatch, f"{ON}T13:00:00+08:00", order=second[0])
    except RefusedError as error:
        early = error
    assert early is not None
    day = ON
    for orders in (first, second, buyers):
        for order in orders:
            if not desk.asked(order):
                desk.do(dispatch, f"{day}T19:00:00+08:00", order=order)
            desk.all_accept(order, f"{day}T20:00:00+08:00")
        day += dt.timedelta(days=7)
        for order in orders:
            desk.finish(order, day)
    return early, [*first, *second, *buyers]


def _in_lists(found: tuple[str, str, list[str]]) -> tuple[list[str], list[str], list[str]]:
    first, second, buyers = found
    return [first], [second], buyers


def next_plan(desk: Desk, rules: wushe.Plugins) -> tuple[wushe.Plan, int]:
    """Make November's plan from what October left: needs met, mentors on record. Return it and the needs met."""
    done = desk.store.state.find("order", status="confirmed")
    met = frozenset(order.need for order in done if order.need)
    _, now = mentors(desk.plan)
    served = [
        ServiceRecord(id=f"SV-N-{child}", provider=mentor, household=child, category="dream_mentor", served_on=NEXT - dt.timedelta(days=9))
        for child, mentor in sorted(now.items())
    ]  # fmt: skip
    network = changed(desk.plan.network, {"services": served}, met)
    return wushe.make_plan(network, plugins=rules, on=NEXT), len(met)


# --- what is told ----------------------------------------------------------------------------------


def heading(zh: str, en: str, lang: str) -> str:
    """Return a heading."""
    return HEAD.say(lang, what=Text(zh, en))


def found_at_the_door(rules: wushe.Plugins, lang: str) -> Iterator[str]:
    """Yield what the visit says."""
    yield heading("需求识别：敲门和备注", "needs are found: a visit and its notes", lang)
    stated, heard = identified(rules)
    names = ("、" if lang == "zh" else ", ").join(
        rules.categories[need.category].name(lang) for need in stated
    )
    yield LOOK.say(lang, day=VISITED, household=FOUND.id, n=len(stated), what=names)
    for need in heard:
        what = rules.categories[need.category].name(lang)
        yield HINT.say(lang, what=what, words=need.note)


def needs_list(network: wushe.LinkageNetwork, lang: str) -> Iterator[str]:
    """Yield what is asked for."""
    yield heading("需求清单", "the needs list", lang)
    for category in sorted(set(network["needs"]["category"])):
        name = network.categories[category].name(lang)
        yield "  " + OPEN.say(lang, name=name, n=len(ids_of(network, category)))


def teams(plan: wushe.Plan, category: str, lang: str) -> Iterator[str]:
    """Yield how many teams are complete, and who is in the first one."""
    name, items = plan.network.categories[category].name(lang), items_by_need(plan)
    done = whole(plan, category)
    total = len(ids_of(plan.network, category))
    yield "  " + COMPLETE.say(lang, name=name, done=len(done), all=total)
    for need in done[:1]:
        members = [
            MEMBER.say(lang, role=i.category.name(lang), who=i.provider.label())
            for i in items[need]
        ]
        comma = "，" if lang == "zh" else ", "
        yield "  " + TEAM.say(lang, need=need, name=name, members=comma.join(members))


def chain(plan: wushe.Plan, number: int, lang: str) -> Iterator[str]:
    """Yield the steps of one class as planned."""
    served, why = items_by_need(plan), reasons(plan)
    needs = plan.network["needs"]
    first, second, buyers = steps(plan.network, number)
    for need in (first, second, *buyers):
        category = needs["category"][needs.row_of([need])[0]]
        state = SERVED.say(lang)
        if need in why:
            state = WAITS.say(lang, why=why[need].say(lang))
        assert (need in why) != bool(served[need])
        name = plan.network.categories[category].name(lang)
        yield "  " + STEP.say(lang, need=need, name=name, state=state)


def planned(plan: wushe.Plan, rules: wushe.Plugins, lang: str) -> Iterator[str]:
    """Yield how resources come together, and what happens without one craft teacher."""
    yield heading("资源整合：角色齐了才去", "resources are put together: everybody or nobody", lang)
    for category in (EVENTS, CLASSES, ELDERS):
        yield from teams(plan, category, lang)
    before, now = mentors(plan)
    kept = sum(before.get(child) == mentor for child, mentor in now.items())
    yield "  " + MENTORS.say(lang, kept=kept, new=len(now) - kept)
    yield heading(
        "文化和语言：没有人会，就不去",
        "culture and language: where nobody speaks it, nobody goes",
        lang,
    )
    fewer = wushe.make_plan(unspoken(plan.network, *SPOKEN), plugins=rules, on=ON)
    for skill, category in SPOKEN.items():
        missing = SKILLS[skill].say(lang)
        every = ids_of(fewer.network, category)
        yield UNSPOKEN.say(
            lang, what=missing, done=len(whole(fewer, category)), all=len(every),
            why=short_of(fewer, category).explain(lang),
        )  # fmt: skip
    yield heading("如果少了一位传承人", "without one of the craft teachers", lang)
    fewer = wushe.make_plan(without(plan.network, TEACHER), plugins=rules, on=ON)
    yield from teams(fewer, CLASSES, lang)
    for need in sorted(set(ids_of(plan.network, CLASSES)) - set(whole(fewer, CLASSES)))[:1]:
        yield from chain(fewer, int(need[3]), lang)


def served(plan: wushe.Plan, rules: wushe.Plugins, lang: str) -> Iterator[str]:
    """Yield how help is given, and what the next plan makes of it."""
    yield heading(
        "精准服务：整队派单，按链条推进", "help is given: whole teams, step by step", lang
    )
    desk = Desk(plan, rules)
    sent, waiting = (len(desk.sent[key]) for key in ("dispatched", "waiting"))
    yield SENT.say(lang, sent=sent, waiting=waiting)
    yield REFUSED.say(lang, what=NO_DOCTOR.say(lang), why=one_role_open(desk).say(lang))
    for who, state in team_answers(desk, "O-N-E01"):
        yield ANSWER.say(lang, order="O-N-E01", who=who, state=STATES[state].say(lang))
    early, orders = chain_runs(desk, 1)
    yield REFUSED.say(lang, what=TOO_EARLY.say(lang), why=early.say(lang))
    for order in orders:
        category = desk.store.state.get("order", order).category
        yield DONE.say(lang, order=order, name=rules.categories[category].name(lang))
    yield heading("闭环：结果回到下一份方案", "the loop closes: the next plan knows", lang)
    plan_after, met = next_plan(desk, rules)
    before, now = mentors(plan_after)
    kept = sum(before[child] == mentor for child, mentor in now.items())
    yield LATER.say(lang, day=NEXT, met=met, kept=kept, all=len(now))


def tell(lang: str) -> Iterator[str]:
    """Yield the story."""
    rules = wushe.load_plugins("pingliang")
    yield from found_at_the_door(rules, lang)
    network = with_visit(city(rules), identified(rules)[0])
    yield from needs_list(network, lang)
    plan = wushe.make_plan(network, plugins=rules, on=ON)
    yield from planned(plan, rules, lang)
    yield from served(plan, rules, lang)
