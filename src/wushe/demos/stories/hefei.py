"""Hefei: wishes placed, dispatched, accepted, granted; a fundraiser, somebody helped who helps; the unit's figures.

Published (中安在线, 13 March 2025): the three orders of Nanqi Street's charity service complex, the three micro-wishes
of a disabled elder who lives alone, 23 sub-projects, 278 activities, over 4,100 person-times; fundraisers and
micro-projects; that not a few who were helped became helpers. **Everything else is made up**: people, firms,
dates, amounts, who declines and why, who gives. The story runs in memory; the same commands run on a store
(``wushe orders``, ``wushe funds``).
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs

import wushe
from wushe import Text
from wushe.demos import demo_path
from wushe.errors import RefusedError
from wushe.journal import Act, MemoryStore
from wushe.ledger import DOMAIN as LEDGER
from wushe.ledger import money
from wushe.orders import (
    DOMAIN,
    Helper,
    Order,
    accept,
    areas_of,
    claim,
    complete,
    confirm,
    decline,
    dispatch_plan,
    enroll,
    helpers_of,
    history,
    place_wishes,
    start,
    time_out,
    wish_wall,
)
from wushe.orders.projects import activity_figures, propose_project, record_activity, score_round
from wushe.orders.table import STATUSES

MONDAY = "2025-03-10T09:00:00+08:00"
ELEVEN, TWELVE = "2025-03-10T11:00:00+08:00", "2025-03-10T12:00:00+08:00"
WEDNESDAY, DONE = "2025-03-12T09:00:00+08:00", "2025-03-12T11:00:00+08:00"
THURSDAY, TEN = "2025-03-13T09:00:00+08:00", "2025-03-13T10:00:00+08:00"
COMPLEX, WORKER = "O-NQ", "W-1"
BODY_CHECK, COMPANY, REPAIR = "O-X-01", "O-X-02", "O-X-03"
"""The orders of the three micro-wishes of the household H-01."""
WISHES = ((BODY_CHECK, "V-01"), (COMPANY, "V-17"), (REPAIR, "V-03"))
"""A nurse, a neighbour who was helped once herself, a craftsman."""
WASHER, CHAT, TALK, AID = "O-X-14", "O-X-05", "O-N-25", "O-N-27"
"""A washing machine to be repaired, company for a lone elder, a talk on policies, 800 yuan in an emergency."""
FUNDRAISER, MICRO = "V-19", "PJ-01"
"""A fundraiser, and the micro-project that money is raised for."""
GIFTS = ((20_000, "D-3"), (5_000, "D-4"), (8_800, None))
"""What three residents give to the micro-project, in fen; the last one gives no name."""
NEW_HELPER = "V-21"

HEAD = Text("\n== {what}", "\n== {what}")
OPEN = Text("墙上有 {n} 个心愿，例如：", "{n} wishes on the wall, such as:")
REFUSED = Text("  没有办：{why}", "  refused: {why}")
BEST = Text(
    "  {n} 个子项目评分（千分），前三名：{best}",
    "  {n} sub-projects scored in thousandths, the best three: {best}",
)
RAISED = Text(
    "  {helper} 为 {project} 劝募 {n} 笔，{fen:,.2f} 元，只能用于这个微项目；用去 {spent:,.2f} 元，余 {left:,.2f} 元",
    "  {helper} raised {n} gifts of {fen:,.2f} yuan for {project}, for it only; {spent:,.2f} are spent, {left:,.2f} left",
)
INVITED = Text("可以邀请来帮助别人的：{orders}", "may be invited to help others: {orders}")
JOINS = Text(
    "  {helper}（{family} 的受助者）登记为志愿者，接下 {order}",
    "  {helper}, who was helped in {family}, enrolls and takes {order}",
)
SHARE = Text(
    "  {when}：居民 {residents} 人（{communities} 个社区），登记的志愿者 {volunteers} 人，每千名居民 {permille} 人，其中曾受助 {once} 人；另 {left_out} 名志愿者所在社区的居民数不详，不算",
    "  {when}: {residents} residents of {communities} communities, {volunteers} registered volunteers, {permille} to a thousand residents, {once} once helped; {left_out} more live where nobody has counted residents, and are left out",
)
TOOK_PART = Text(
    "  {when}：接过单的志愿者 {helpers} 人，具名捐款的 {donors} 人；不具名的 {anonymous} 笔，不知道是几个人，不算",
    "  {when}: {helpers} volunteers have taken an order, {donors} have given under their name; gifts without a name are left out ({anonymous}): nobody knows by how many",
)
BEFORE, AFTER = Text("周一开墙时", "on Monday"), Text("周四", "on Thursday")


class Told(logging.Handler):
    """Where the complex keeps what the plugin's observer says: whom it may invite to help others."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.orders: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the order's id."""
        self.orders.extend(map(str, record.args or ()))


@contextmanager
def listening() -> Iterator[list[str]]:
    """Listen to the plugin's observer; afterwards its logger is as it was."""
    observer, told = logging.getLogger("wushe.plugins.hefei"), Told()
    level = observer.level
    observer.addHandler(told)
    observer.setLevel(logging.INFO)
    try:
        yield told.orders
    finally:
        observer.removeHandler(told)
        observer.setLevel(level)


class Desk:
    """The complex's desk: one store, and who acts when."""

    def __init__(self) -> None:
        self.rules = wushe.load_plugins("hefei")
        self.city = wushe.read(demo_path("hefei"), plugins=self.rules)
        self.store = MemoryStore(DOMAIN + LEDGER, self.rules)

    def do(
        self, command: Callable[..., Any], at: str = MONDAY, by: str = WORKER, **named: Any
    ) -> Any:
        """Run a command, tell the plugins of it, and return its answer."""
        receipt = self.store.run(Act(at, by), command, **named)
        self.rules.after_orders_changed(receipt.events)
        return receipt.answer

    def order(self, key: str) -> Order:
        """Return an order as it is now."""
        found: Order = self.store.state.get("order", key)
        return found

    def section(self, key: str) -> list[wushe.ReportTable]:
        """Return the tables of one of the plugin's report sections, as of the story's Monday."""
        rules = self.rules
        context = wushe.Context(dt.date(2025, 3, 10), rules.categories, rules.target_groups)
        return list(rules.report_sections[key].make(self.city, context))


def open_the_wall(desk: Desk) -> list[str]:
    """Enroll everybody, and put the wishes that may be shown on the wall (点单)."""
    desk.do(enroll, helpers=helpers_of(desk.city), areas=areas_of(desk.city))
    orders: list[str] = desk.do(place_wishes, network=desk.city)
    return orders


def three_wishes(desk: Desk) -> None:
    """The story's three wishes are claimed (接单)."""
    for order, helper in WISHES:
        desk.do(claim, order=order, helper=helper, by=helper)


def refusals(desk: Desk) -> list[RefusedError]:
    """Return what the desk says to a second nurse, and to a boy who would like to repair a washing machine."""
    found = []
    for order, helper in ((BODY_CHECK, "V-02"), (WASHER, "V-15")):
        try:
            desk.do(claim, order=order, helper=helper, by=helper)
        except RefusedError as error:
            found.append(error)
    return found


def dispatched(desk: Desk) -> dict[str, list[str]]:
    """Dispatch by the plan what is not on the wall (派单)."""
    plan = wushe.make_plan(desk.city, plugins=desk.rules, on=dt.date(2025, 3, 10))
    answer: dict[str, list[str]] = desk.do(dispatch_plan, plan=plan)
    return answer


def a_no_and_a_silence(desk: Desk) -> None:
    """A worker declines, and the next best is asked; in an emergency silence goes up."""
    (call,) = desk.store.state.find("call", order=TALK, state="asked")
    desk.do(decline, order=TALK, helper=call.helper, reason="busy", by=call.helper, at=ELEVEN)
    (call,) = desk.store.state.find("call", order=TALK, state="asked")
    desk.do(accept, order=TALK, helper=call.helper, by=call.helper, at="2025-03-10T11:10:00+08:00")
    desk.do(time_out, at="2025-03-10T11:30:00+08:00", by=COMPLEX)


def granted(desk: Desk) -> None:
    """The three wishes are done, and confirmed with thanks."""
    for order, helper in WISHES:
        desk.do(start, order=order, by=helper, at=WEDNESDAY)
        desk.do(complete, order=order, by=helper, at=DONE)
        desk.do(confirm, order=order, rating=5, at=THURSDAY)


def helped_who_helps(desk: Desk) -> str:
    """The elder of the first wishes enrolls, and takes a lone neighbour's wish for company; return who took it."""
    member = Helper(
        NEW_HELPER, "volunteers", place="340104004-1", skills=("visiting",), weekly_minutes=120, family="H-01"
    )  # fmt: skip
    desk.do(enroll, at=TEN, helpers=[member])
    desk.do(claim, at=TEN, by=NEW_HELPER, order=CHAT, helper=NEW_HELPER)
    desk.city = with_new_helper(desk.city)
    return desk.order(CHAT).helpers[0][1]


def with_new_helper(city: wushe.LinkageNetwork) -> wushe.LinkageNetwork:
    """Return the city with who was helped in the table of volunteers, beside the person that they are."""
    member = wushe.Volunteer(
        id=NEW_HELPER,
        name="阮阿姨（虚构）",
        place="340104004-1",
        skills=("visiting",),
        person="P-01",
    )
    volunteers = wushe.table_of("volunteers", [*city["volunteers"].records(), member])
    tables = {**city.tables, "volunteers": volunteers}
    return wushe.build_network(tables, city.categories, city.target_groups)


@attrs.frozen
class Share:
    """Registered volunteers among residents, over the communities whose residents somebody has counted."""

    communities: int
    residents: int
    volunteers: int
    once: int
    left_out: int

    @property
    def permille(self) -> float | None:
        """Volunteers per thousand residents, None where no community's residents are known."""
        return self.volunteers * 1000 / self.residents if self.residents else None


def share(desk: Desk) -> Share:
    """Sum the plugin's section on helpers over the communities of known size; the others are counted apart."""
    (table,) = desk.section("hefei_helpers")
    rows = [[c if isinstance(c, int) else 0 for c in row.cells] for row in table.rows]
    known = [row for row in rows if row[0]]
    residents, volunteers, once = (sum(row[n] for row in known) for n in range(3))
    left_out = sum(row[1] for row in rows if not row[0])
    return Share(len(known), residents, volunteers, once, left_out)


def took_part(desk: Desk) -> tuple[int, int, int]:
    """Return how many volunteers have taken an order, how many donors are known, and gifts nobody knows whose.

    Somebody who has taken two orders, or given twice, is one.
    """
    taken = {
        helper
        for event in desk.store.log
        if event.kind == "order.accepted"
        for _, helper, kind, *_ in event.data["helpers"]
        if kind == "volunteers"
    }
    gifts = [e.data.get("donor") for e in desk.store.log if e.kind == "gift.received"]
    return len(taken), len(set(gifts) - {None}), gifts.count(None)


def raise_money(desk: Desk) -> dict[str, int]:
    """Return a micro-project's account in fen: what residents give a fundraiser for it is for it only."""
    project = {row.id: row for row in desk.city["projects"].records()}[MICRO]
    fund = {row.id: row for row in desk.city["funds"].records()}[project.fund]
    desk.do(money.open_fund, by=fund.host, id=fund.id, name=fund.name, host=fund.host)
    gifts: list[dict[str, Any]] = [
        {
            "fund": fund.id, "fen": fen, "channel": FUNDRAISER, "earmark": {"project": MICRO},
            **({} if donor is None else {"donor": donor, "donor_kind": "person"}),
        }
        for fen, donor in GIFTS
    ]  # fmt: skip
    desk.do(money.receive, at=TWELVE, by=fund.host, gifts=gifts)
    cost = {"fund": fund.id, "fen": 12_000, "project": MICRO, "kind": "project", "payee_kind": "provider"}  # fmt: skip
    desk.do(money.spend, at=WEDNESDAY, by=fund.host, items=[cost])
    day = dt.date(2025, 3, 10)
    books = money.statement_data(desk.store.log, first=day, last=dt.date(2025, 3, 31))["projects"]
    row = books["project"].index(MICRO)
    return {name: values[row] for name, values in books.items() if name != "project"}


def another_project(desk: Desk) -> RefusedError:
    """Return what is said where the same money is asked for another micro-project."""
    cost = {"fund": "F-YX", "fen": 10_000, "project": "PJ-05", "kind": "project"}
    try:
        desk.do(money.spend, at=WEDNESDAY, by="O-CF", items=[cost])
    except RefusedError as error:
        return error
    raise RuntimeError("money for one micro-project paid for another one")


def figures(desk: Desk) -> dict[str, dict[str, int]]:
    """Take the sub-projects and activities into the books, and score the projects by the city's criteria."""
    own = [row for row in desk.city["projects"].records() if row.organization == COMPLEX]
    for project in own:
        desk.do(
            propose_project, project=project.id, organization=COMPLEX, budget_fen=project.budget_fen,
            fund=project.fund, unit=COMPLEX, since=project.since.isoformat(), until=project.until.isoformat(),
        )  # fmt: skip
    for row in desk.city["activities"].records():
        desk.do(
            record_activity, activity=row.id, day=row.held_on.isoformat(), category="activity_company",
            project=row.project, unit=COMPLEX, place=row.place, person_times=row.person_times,
            persons=row.persons, households=row.households, volunteer_event=row.volunteer_event, at=TEN,
        )  # fmt: skip
    projects = [row.id for row in own]
    answer: dict[str, dict[str, int]] = desk.do(
        score_round, scored_in="2025-1", projects=projects, by="O-CF"
    )
    return answer


def tell(lang: str = "zh") -> Iterator[str]:
    """Yield the story's lines."""
    desk = Desk()
    yield from _wall(desk, lang)
    yield from _dispatch(desk, lang)
    yield from _micro_project(desk, lang)
    with listening() as invited:
        granted(desk)
    yield heading("三个微心愿的实现", "the three micro-wishes come true", lang)
    for step in history(desk.store.log, BODY_CHECK):
        yield f"  {BODY_CHECK}  {step.say(lang)}"
    yield heading("受助的人来助人", "who was helped helps", lang)
    yield "  " + INVITED.say(lang, orders=_comma(lang).join(invited))
    before = share(desk)
    helper = helped_who_helps(desk)
    yield JOINS.say(lang, helper=helper, family="H-01", order=CHAT)
    yield from _participation(desk, before, lang)
    yield from _figures(desk, lang)


def _wall(desk: Desk, lang: str) -> Iterator[str]:
    yield heading("心愿墙：服务对象点单", "the wish wall: those served place orders", lang)
    open_the_wall(desk)
    wall = wish_wall(desk.store.state, on="2025-03-10")
    yield OPEN.say(lang, n=len(wall))
    yield from (f"  {wish.text}" for wish in wall[:3])
    yield heading("志愿者接单，只有一位能接到", "volunteers accept, and exactly one wins", lang)
    three_wishes(desk)
    yield from (refused(error, lang) for error in refusals(desk))


def _dispatch(desk: Desk, lang: str) -> Iterator[str]:
    yield heading(
        "综合体派单：不接就派下一位，急难没人答就上报",
        "the complex dispatches: after a no the next best is asked, silence in an emergency goes up",
        lang,
    )
    dispatched(desk)
    a_no_and_a_silence(desk)
    for order in (TALK, AID):
        for step in history(desk.store.log, order):
            yield f"  {order}  {step.say(lang)}"


def _micro_project(desk: Desk, lang: str) -> Iterator[str]:
    yield heading("劝募员和微项目", "a fundraiser and a micro-project", lang)
    account = raise_money(desk)
    yuan = {name: account[name] / 100 for name in ("received", "spent", "closing")}
    yield RAISED.say(
        lang, helper=FUNDRAISER, project=MICRO, n=len(GIFTS),
        fen=yuan["received"], spent=yuan["spent"], left=yuan["closing"],
    )  # fmt: skip
    yield refused(another_project(desk), lang)


def _participation(desk: Desk, before: Share, lang: str) -> Iterator[str]:
    yield heading(
        "参与：谁登记了，谁真的来了", "participation: who is registered, and who came", lang
    )
    for when, found in ((BEFORE, before), (AFTER, share(desk))):
        numbers = attrs.asdict(found) | {
            "permille": "—" if found.permille is None else f"{found.permille:.1f}"
        }
        yield SHARE.say(lang, when=when.say(lang), **numbers)
    helpers, donors, anonymous = took_part(desk)
    yield TOOK_PART.say(
        lang, when=AFTER.say(lang), helpers=helpers, donors=donors, anonymous=anonymous
    )
    (table,) = desk.section("hefei_helpers")
    if table.note is not None:
        yield f"  {table.note.say(lang)}"


def _figures(desk: Desk, lang: str) -> Iterator[str]:
    yield heading(
        "综合体自己的数字（每场虚构，合计照报道）",
        "the complex's own figures (each activity made up, the sums as published)",
        lang,
    )
    scores = figures(desk)
    yield "  " + activity_figures(desk.store.state, unit=COMPLEX).say(lang)
    for key, status in STATUSES.items():
        found = desk.store.state.find("order", status=key)
        if found:
            yield f"  {status.say(lang)} {len(found)}"
    best = sorted(scores, key=lambda key: (scores[key]["rank"], key))[:3]
    yield BEST.say(
        lang, n=len(scores), best=_comma(lang).join(f"{key} {scores[key]['score']}" for key in best)
    )
    yield heading("全市：四张清单对得上吗", "the city: do the four lists meet?", lang)
    for table in desk.section("hefei_four_lists"):
        yield from said(table, lang)


def said(table: wushe.ReportTable, lang: str) -> Iterator[str]:
    """Yield a table line by line; what nobody knows is a dash."""
    yield f"  [{table.title.say(lang)}]"
    for row in table.all_rows():
        cells = [
            f"{column.label.say(lang)} {_figure(cell, column.unit)}"
            for column, cell in zip(table.columns, row.cells, strict=True)
        ]
        colon, stop = ("：", "；") if lang == "zh" else (": ", "; ")
        yield f"  {row.label.say(lang)}{colon}{stop.join(cells)}"
    if table.note is not None:
        yield f"  {table.note.say(lang)}"


def _figure(cell: object, unit: str) -> str:
    if not isinstance(cell, int):
        return "—"
    return f"{cell / 100:,.2f}" if unit == "fen" else str(cell)


def _comma(lang: str) -> str:
    return "、" if lang == "zh" else ", "


def refused(error: RefusedError, lang: str) -> str:
    """Return what the desk says to what it does not do; several reasons stand below each other."""
    return REFUSED.say(lang, why=error.say(lang).replace("\n", "\n  "))


def heading(zh: str, en: str, lang: str) -> str:
    """Return a heading."""
    return HEAD.say(lang, what=Text(zh, en))
