"""Pingliang: mixed teams, a craft class with what comes before and after it, one mentor per child.

``python examples/pingliang.py [--lang en]``

The numbers are published (甘肃社会工作网): 12 stable teams, 56 left-behind women, 32 left-behind children.
**Everything else is made up**: people, villages, classes, minutes, dates, and the nine lone elders. The
tables are the demo ``pingliang``. At the end the story asks what would happen without one craft teacher.
"""

import argparse
import datetime as dt
from collections import defaultdict

import attrs

import wushe
from wushe import Text
from wushe.demos import demo_path

ON = dt.date(2025, 10, 13)
EVENTS, CLASSES, ELDERS = "mixed_event", "craft_class", "elder_health"
WOMAN, CHILD_KEPT, CHILD_NEW = "H-W01", "H-C01", "H-C05"
TEACHER = "V-Y029"

HEAD = Text("\n== {what}", "\n== {what}")
OPEN = Text("{name}：{n}项", "{name}: {n}")
TEAM = Text("{need} {name}：{members}", "{need} {name}: {members}")
MEMBER = Text("{role} {who}", "{role}: {who}")
COMPLETE = Text("{name}：{done}个小队配齐，共{all}个", "{name}: {done} teams complete of {all}")
MENTORS = Text(
    "导师：{kept}名儿童还是原来的导师，{new}名儿童有了新导师，没有两名儿童共用一位",
    "Mentors: {kept} children keep theirs, {new} have a new one, no two share one",
)
STEP = Text("{need} {name}：{state}", "{need} {name}: {state}")
SERVED, WAITS = Text("已安排", "planned"), Text("没有安排：{why}", "not planned: {why}")


def city(rules: wushe.Plugins) -> wushe.LinkageNetwork:
    """Return the demo's tables."""
    return wushe.read(demo_path("pingliang"), plugins=rules)


def without(network: wushe.LinkageNetwork, volunteer: str) -> wushe.LinkageNetwork:
    """Return the network in which a volunteer has no hours this week."""
    old = network["volunteers"]
    hours = old["weekly_hours"].copy()
    hours[old.row_of([volunteer])] = 0
    table = attrs.evolve(old, columns={**old.columns, "weekly_hours": hours})
    tables = {**network.tables, "volunteers": table}
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


def needs_list(network: wushe.LinkageNetwork, lang: str) -> None:
    """Print what is asked for."""
    heading("需求清单", "the needs list", lang)
    for category in sorted(set(network["needs"]["category"])):
        name = network.categories[category].name(lang)
        print("  " + OPEN.say(lang, name=name, n=len(ids_of(network, category))))


def teams(plan: wushe.Plan, category: str, lang: str) -> None:
    """Print how many teams are complete, and who is in the first one."""
    name, items = plan.network.categories[category].name(lang), items_by_need(plan)
    done = whole(plan, category)
    total = len(ids_of(plan.network, category))
    print("  " + COMPLETE.say(lang, name=name, done=len(done), all=total))
    for need in done[:1]:
        members = [
            MEMBER.say(lang, role=i.category.name(lang), who=i.provider.label())
            for i in items[need]
        ]
        comma = "，" if lang == "zh" else ", "
        print("  " + TEAM.say(lang, need=need, name=name, members=comma.join(members)))


def chain(plan: wushe.Plan, number: int, lang: str) -> None:
    """Print the steps of one class: learners found, class taught, buyers found for each woman."""
    served, why = items_by_need(plan), reasons(plan)
    needs = plan.network["needs"]
    first, second = f"N-Y{number}-1", f"N-Y{number}-2"
    buyers = [k for k, a in zip(needs.ids, needs["after"], strict=True) if a == second]
    for need in (first, second, *buyers):
        category = needs["category"][needs.row_of([need])[0]]
        state = SERVED.say(lang)
        if need in why:
            state = WAITS.say(lang, why=why[need].say(lang))
        assert (need in why) != bool(served[need])
        name = plan.network.categories[category].name(lang)
        print("  " + STEP.say(lang, need=need, name=name, state=state))


def mentors(plan: wushe.Plan) -> tuple[dict[str, str], dict[str, str]]:
    """Return each child's mentor of before and of the plan, by household."""
    past = plan.network["services"].records()
    before = {s.household: s.provider for s in past if s.category == "dream_mentor"}
    items = [item for item in plan.items if item.category.id == "dream_mentor"]
    homes = dict(zip(plan.network["needs"].ids, plan.network["needs"]["household"], strict=True))
    return before, {homes[item.need]: item.provider.id for item in items}


def heading(zh: str, en: str, lang: str) -> None:
    """Print a heading."""
    print(HEAD.say(lang, what=Text(zh, en).say(lang)))


def main() -> None:
    """Tell the story."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lang", choices=("zh", "en"), default="zh")
    lang = parser.parse_args().lang
    rules = wushe.load_plugins("pingliang")
    network = city(rules)
    needs_list(network, lang)
    plan = wushe.make_plan(network, plugins=rules, on=ON)
    heading("团队：角色齐了才去", "teams: everybody or nobody", lang)
    for category in (EVENTS, CLASSES, ELDERS):
        teams(plan, category, lang)
    heading("链条：联络学员，开班，对接销路", "a chain: learners, class, buyers", lang)
    chain(plan, 1, lang)
    heading("梦想导师：一名儿童一位导师", "dream mentors: one for each child", lang)
    before, now = mentors(plan)
    kept = sum(before.get(child) == mentor for child, mentor in now.items())
    print("  " + MENTORS.say(lang, kept=kept, new=len(now) - kept))
    heading("三户人家的方案", "the plans of three households", lang)
    alone = next(iter(sorted(set(ids_of(network, ELDERS)) - set(whole(plan, ELDERS)))))
    elder = network["needs"]["household"][network["needs"].row_of([alone])[0]]
    for household in (WOMAN, CHILD_KEPT, elder):
        print(plan[household].explain(lang))
    heading("如果少了一位传承人", "without one of the craft teachers", lang)
    fewer = wushe.make_plan(without(network, TEACHER), plugins=rules, on=ON)
    teams(fewer, CLASSES, lang)
    missing = sorted(set(ids_of(network, CLASSES)) - set(whole(fewer, CLASSES)))
    for need in missing[:1]:
        chain(fewer, int(need[3]), lang)
    print(plan.proof(lang))


if __name__ == "__main__":
    main()
