"""Wuhan: led teams, mobile grid workers, family points, venture grants, and chains from a course to a job.

Published are the totals that the demo's README names. **Everything else is made up**: who declines, which
projects apply, what a courier sees. The tables are the demo ``wuhan``; the story runs in memory.
"""

from collections.abc import Callable, Iterator
from statistics import mode
from typing import Any

import attrs

import wushe
from wushe import Text
from wushe.demos import demo_path
from wushe.errors import RefusedError
from wushe.identify import Filled, fill
from wushe.journal import Act, MemoryStore
from wushe.matching.live import go_live
from wushe.orders import (
    DOMAIN,
    accept,
    areas_of,
    complete,
    confirm,
    decline,
    dispatch,
    dispatch_plan,
    enroll,
    helpers_of,
    history,
    start,
)
from wushe.orders.projects import decide_grant, propose_project, record_activity, score_round
from wushe.orders.records import Order
from wushe.orders.volunteers import points_balance

ON = "2025-09-22"
MONDAY = "2025-09-22T09:00:00+08:00"
AFTER = "2025-09-27T18:00:00+08:00"
TEAM_ORDER, LEADER_ROLE, VOLUNTEER = "O-N-DT01", 0, "V-DT07"
"""An order of the craftsmen's team, and a volunteer who has learned to lead but is no social worker."""
FAMILY, FAMILY_RULE = "H-ZJ01", "zhangjiawan_family"
ERRANDS = ("O-N-ZJ02", "O-N-ZJ03")
FUND, OFFICE = "F-VT", "O-VT"
_QUARTERS = ("2025-12-31", "2026-03-31", "2026-06-30", "2026-09-30")
CHECKPOINTS = {"PJ-1": _QUARTERS, "PJ-2": _QUARTERS[:3], "PJ-3": _QUARTERS[:2], "PJ-4": _QUARTERS[:1]}  # fmt: skip
"""Until when each applicant promises its checkpoints (made up): the tables have no column for it. PJ-5 promises none."""

HEAD = Text("\n== {what}", "\n== {what}")
REFUSED = Text("  没有办：{why}", "  refused: {why}")
HEARD = Text(
    "  移动网格员一次上报：{facts} 条事实，需求：{needs}",
    "  one report of a mobile grid worker: {facts} facts, needs: {needs}",
)
SERVED = Text("  {name}：已找到 {who}", "  {name}: {who} found")
UNSERVED = Text("  {name}：还没有人能接", "  {name}: nobody yet")
POINTS = Text(
    "  {who} 服务 {minutes} 分钟，家庭账户现有 {points} 分",
    "  {who} served {minutes} minutes; the family's account holds {points} points",
)
SCORED = Text(
    "  第{rank}名 {project} {score} 分（千分），资助 {yuan:,} 元",
    "  rank {rank}: {project}, {score} thousandths, granted {yuan:,} yuan",
)
NOT_FUNDED = Text(
    "  第{rank}名 {project} {score} 分（千分），未资助：{why}",
    "  rank {rank}: {project}, {score} thousandths, not granted: {why}",
)
STEP = Text(
    "  {name}：已安排 {done}，未安排 {left}{why}", "  {name}: {done} planned, {left} not{why}"
)
WHY = Text("（{why}）", " ({why})")
TRADE = Text("  {learner}：学 {seat}，岗位 {job}", "  {learner}: learns {seat}, job: {job}")
NO_JOB = Text("还没有", "none yet")
TRADES = {
    "trade_baking": Text("烘焙", "baking"),
    "trade_sewing": Text("缝纫", "sewing"),
    "trade_housekeeping": Text("家政", "housekeeping"),
}
"""The trades of the courses (made up)."""
WITHOUT = Text("  没有那些讲师：", "  without the lecturers:")


class Desk:
    """One store of orders and projects, the city's tables, and who acts when."""

    def __init__(self) -> None:
        self.rules = wushe.load_plugins("wuhan")
        self.city = wushe.read(demo_path("wuhan"), plugins=self.rules)
        self.plan = wushe.make_plan(self.city, plugins=self.rules, on=ON)
        self.store = MemoryStore(DOMAIN, self.rules)
        self.do(enroll, helpers=helpers_of(self.city), areas=areas_of(self.city))

    def do(
        self, command: Callable[..., Any], at: str = MONDAY, by: str = "W-DT1", **named: Any
    ) -> Any:
        """Run a command and return its answer."""
        return self.store.run(Act(at, by), command, **named).answer

    def order(self, key: str) -> Order:
        """Return an order as it is now."""
        found: Order = self.store.state.get("order", key)
        return found

    def asked(self, order: str, role: int) -> str:
        """Return who is asked to fill a role now."""
        calls = self.store.state.find("call", order=order, state="asked")
        (found,) = (call.helper for call in calls if call.role == role)
        return str(found)


# --- a led team --------------------------------------------------------------------------------


def a_volunteer_would_lead(desk: Desk) -> RefusedError:
    """Return what the desk says when a volunteer is named to lead the team's order."""
    (open_order,) = (o for o in desk.store.state.find("order", need="N-DT02"))
    try:
        desk.do(dispatch, order=open_order.id, to=[(LEADER_ROLE, VOLUNTEER)])
    except RefusedError as error:
        return error
    raise AssertionError("the guard let a volunteer lead")


def two_of_three(desk: Desk) -> Order:
    """Craftsman and companion accept; the leaders decline one after the other: the team does not go."""
    for role in (1, 2):
        desk.do(accept, order=TEAM_ORDER, helper=(who := desk.asked(TEAM_ORDER, role)), by=who)
    while desk.store.state.find("call", order=TEAM_ORDER, state="asked"):
        who = desk.asked(TEAM_ORDER, LEADER_ROLE)
        desk.do(decline, order=TEAM_ORDER, helper=who, reason="busy", by=who)
    return desk.order(TEAM_ORDER)


def complete_team(desk: Desk, order: str) -> Order:
    """All three accept: the order stands with the last of them."""
    for role in range(3):
        desk.do(accept, order=order, helper=(who := desk.asked(order, role)), by=who)
    return desk.order(order)


# --- a mobile grid worker ----------------------------------------------------------------------


def reported(desk: Desk) -> Filled:
    """Return what a courier's report of an elder says: facts, and needs that were not on the list."""
    visit = wushe.Visit(
        id="VI-M6", kind="mobile_grid", on=desk.plan.on, household="H-MG4", visitor="V-M004",
        form="mobile_grid",
    )  # fmt: skip
    answers = {"seen_at_door": "饭菜放了两天没动（虚构）", "door_meals": "60", "door_repair": "1"}
    return fill(
        desk.rules.visit_forms["mobile_grid"], visit, answers,
        at="2025-09-22T01:00:00.000000Z", recorder="V-M004",
        categories=desk.rules.categories, target_groups=desk.rules.target_groups,
    )  # fmt: skip


def found_help(desk: Desk, filled: Filled) -> dict[str, tuple[str, ...]]:
    """Put the reported needs into the live matching; return who serves each category of them.

    A team's need is bound to its roles and waits for the next plan, so it is not among them.
    """
    live = go_live(desk.plan, desk.rules)
    single = [n for n in filled.needs if not desk.rules.categories[n.category].roles]
    for need in single:
        live.insert(need)
    return {n.category: tuple(offer for offer, _ in live.served_by(n.id)) for n in single}


# --- family points -----------------------------------------------------------------------------


def family_points(desk: Desk) -> list[tuple[str, int, int]]:
    """Run the family's errands to their end; return (helper, minutes, points of the family's account)."""
    told = []
    for order in ERRANDS:
        who = desk.store.state.find("call", order=order, state="asked")[0].helper
        desk.do(accept, order=order, helper=who, by=who)
        desk.do(start, order=order, by=who, at="2025-09-27T09:00:00+08:00")
        desk.do(complete, order=order, by=who, at="2025-09-27T11:00:00+08:00")
        desk.do(confirm, order=order, rating=5, by="W-ZJ1", at=AFTER)
        balance = points_balance(desk.store.state, owner=FAMILY, rule=FAMILY_RULE, on=desk.plan.on)
        told.append((who, desk.order(order).done_amount, balance.points))
    return told


# --- venture grants ----------------------------------------------------------------------------


@attrs.frozen
class Grant:
    """A project's place in the round and what it got."""

    project: str
    rank: int
    score: int
    fen: int
    tied: bool = False


def funded(desk: Desk) -> list[Grant]:
    """Score the projects by the city's criteria, and grant in order of rank whatever the fund can pay in full.

    Where projects share a rank and the fund cannot pay them all, none is decided on: people have to choose.
    """
    projects = list(desk.city["projects"].records())
    for project in projects:
        months = CHECKPOINTS.get(project.id, ())
        desk.do(
            propose_project, project=project.id, organization=project.organization, fund=FUND,
            budget_fen=project.budget_fen, since=project.since.isoformat(),
            until=project.until.isoformat(), milestones=months, by=project.organization,
        )  # fmt: skip
    for row in desk.city["activities"].records():
        if row.project is not None:
            desk.do(
                record_activity, activity=row.id, day=row.held_on.isoformat(), category="visit",
                project=row.project, person_times=row.person_times, persons=row.persons, by=OFFICE,
            )  # fmt: skip
    scores = desk.do(score_round, scored_in="2025-2", projects=[p.id for p in projects], by=OFFICE)
    asked = {project.id: project.budget_fen for project in projects}
    funds = {fund.id: fund.balance_fen for fund in desk.city["funds"].records()}
    left, grants = funds[FUND], []
    for rank in sorted({score["rank"] for score in scores.values()}):
        equal = sorted(key for key in scores if scores[key]["rank"] == rank)
        pays = sum(asked[key] for key in equal) <= left
        tied = not pays and len(equal) > 1 and min(asked[key] for key in equal) <= left
        for key in equal:
            fen = asked[key] if pays else 0
            if not tied:
                reason = None if fen else "budget"
                desk.do(decide_grant, project=key, fen=fen, by=OFFICE, reason=reason)
            left -= fen
            grants.append(Grant(key, rank, scores[key]["score"], fen, tied))
    return grants


# --- chains ------------------------------------------------------------------------------------


def steps(plan: wushe.Plan, *categories: str) -> dict[str, tuple[int, int, Text | None]]:
    """Return for each step of a chain: needs planned in full, needs not, and the commonest reason why not."""
    reason = {one.need: wushe.REASONS[one.reason] for client in plan for one in client.unserved}
    needs = [need for need in plan.network["needs"].records() if need.status != "met"]
    found = {}
    for category in categories:
        of_step = [need.id for need in needs if need.category == category]
        why = [reason[key] for key in of_step if key in reason]
        found[category] = (len(of_step) - len(why), len(why), mode(why) if why else None)
    return found


def by_trade(plan: wushe.Plan) -> dict[str, tuple[str, str]]:
    """Return for each learner with a seat the trade that the teacher teaches, and that of the job; "" for none."""
    network = plan.network
    teaches = {v.id: v.skills or () for v in network["volunteers"].records()}
    wants = {o.id: o.skills or () for o in network["offers"].records()}
    home = {n.id: n.household for n in network["needs"].records()}
    seats = {home[i.need]: teaches[i.provider.id] for i in plan.items if i.category.id == "course_seat"}  # fmt: skip
    jobs = {home[i.need]: wants[i.offer] for i in plan.items if i.category.id == "flexible_job"}
    return {key: ("".join(seats[key]), "".join(jobs.get(key, ()))) for key in sorted(filter(None, seats))}  # fmt: skip


def without_lecturers(desk: Desk) -> wushe.Plan:
    """Plan the city again with no hours of the universities' lecturers."""
    old = desk.city["volunteers"]
    hours = old["weekly_hours"].copy()
    hours[[row for row, has in enumerate(old["skills"]) if "lecturing" in (has or ())]] = 0
    tables = {
        **desk.city.tables,
        "volunteers": attrs.evolve(old, columns={**old.columns, "weekly_hours": hours}),
    }
    city = desk.city
    network = wushe.build_network(tables, city.categories, city.target_groups, city.versions)
    return wushe.make_plan(network, plugins=desk.rules, on=ON)


# --- telling -----------------------------------------------------------------------------------


def tell(lang: str) -> Iterator[str]:
    """Yield the story's lines."""
    desk = Desk()
    desk.do(dispatch_plan, plan=desk.plan)
    yield from _teams(desk, lang)
    yield from _mobile(desk, lang)
    yield _head("家庭志愿积分：一家人一个账户", "family points: one account for a family", lang)
    for who, minutes, points in family_points(desk):
        yield POINTS.say(lang, who=who, minutes=minutes, points=points)
    yield from _grants(desk, lang)
    yield _head("课程到岗位：社工设计，志愿者教，就业超市上岗", "from course to job", lang)
    yield from _steps(desk.plan, lang, "course_plan", "course_seat", "flexible_job")
    for learner, (seat, job) in by_trade(desk.plan).items():
        yield TRADE.say(
            lang, learner=learner, seat=TRADES[seat], job=TRADES[job] if job else NO_JOB
        )
    yield _head("骨干、队伍、项目：一步接一步", "core volunteers, a team, a project", lang)
    pipeline = ("core_training", "team_founding", "project_incubation")
    yield from _steps(desk.plan, lang, *pipeline)
    yield WITHOUT.say(lang)
    yield from _steps(without_lecturers(desk), lang, *pipeline)


def _head(zh: str, en: str, lang: str) -> str:
    return HEAD.say(lang, what=Text(zh, en))


def _teams(desk: Desk, lang: str) -> Iterator[str]:
    yield _head("社工带队：缺一个角色就不出发", "led teams: with one role open nobody goes", lang)
    yield REFUSED.say(lang, why=a_volunteer_would_lead(desk).say(lang))
    two_of_three(desk)
    for step in history(desk.store.log, TEAM_ORDER):
        yield f"  {TEAM_ORDER}  {step.say(lang)}"
    order = complete_team(desk, "O-N-DT02")
    yield "  " + order.say(lang, desk.rules.categories[order.category].name(lang))


def _mobile(desk: Desk, lang: str) -> Iterator[str]:
    yield _head("移动网格员：送件时看到的", "mobile grid workers: what is seen at the door", lang)
    (section,) = desk.rules.report_sections["wuhan_mobile_grid"].make(
        desk.city, wushe.Context(desk.plan.on, desk.rules.categories, desk.rules.target_groups)
    )
    for row in section.all_rows():
        cells = ("，" if lang == "zh" else ", ").join(
            f"{column.label.say(lang)} {cell}"
            for column, cell in zip(section.columns, row.cells, strict=True)
        )
        yield f"  {row.label.say(lang)}  {cells}"
    filled = reported(desk)
    names = {
        need.category: desk.rules.categories[need.category].name(lang) for need in filled.needs
    }
    comma = "、" if lang == "zh" else ", "
    yield HEARD.say(lang, facts=len(filled.facts), needs=comma.join(names.values()))
    for category, offers in found_help(desk, filled).items():
        if offers:
            yield SERVED.say(
                lang, name=names[category], who=comma.join(o.partition(":")[0] for o in offers)
            )
        else:
            yield UNSERVED.say(lang, name=names[category])


def _grants(desk: Desk, lang: str) -> Iterator[str]:
    yield _head("公益创投：评分，按名次资助到钱用完为止", "venture grants: scored, funded while money lasts", lang)  # fmt: skip
    names = dict(zip(desk.city["projects"].ids, desk.city["projects"]["name"], strict=True))
    short = Text("资金不足", "the money did not suffice")
    equal = Text(
        "同分，钱不够都给，由评审会定", "equal scores and not enough money for all: people decide"
    )
    for grant in funded(desk):
        facts = {"rank": grant.rank, "project": names[grant.project], "score": grant.score}
        if grant.fen:
            yield SCORED.say(lang, **facts, yuan=grant.fen // 100)
        else:
            yield NOT_FUNDED.say(lang, **facts, why=equal if grant.tied else short)


def _steps(plan: wushe.Plan, lang: str, *categories: str) -> Iterator[str]:
    for category, (done, left, reason) in steps(plan, *categories).items():
        why = "" if reason is None else WHY.say(lang, why=reason)
        name = plan.network.categories[category].name(lang)
        yield STEP.say(lang, name=name, done=done, left=left, why=why)
