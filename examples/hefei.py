"""Hefei: a wish on the wall, placed, dispatched, accepted, done, confirmed; then the complex's own figures.

``python examples/hefei.py [--lang en]``

Published (中安在线, 13 March 2025): the three orders of Nanqi Street's charity service complex, the three micro-wishes
of a disabled elder who lives alone, 23 sub-projects, 278 activities, over 4,100 person-times. **Everything
else is made up**: people, firms, dates, amounts, who declines and why. The tables are the demo ``hefei``. The
story runs in memory; the same commands run on a store (``wushe orders``).
"""

import argparse
import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

import wushe
from wushe import Text
from wushe.demos import demo_path
from wushe.errors import RefusedError
from wushe.journal import Act, MemoryStore
from wushe.ledger import DOMAIN as LEDGER
from wushe.orders import (
    DOMAIN,
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
from wushe.orders.records import Order
from wushe.orders.table import STATUSES

MONDAY = "2025-03-10T09:00:00+08:00"
COMPLEX, WORKER = "O-NQ", "W-1"
BODY_CHECK, COMPANY, REPAIR = "O-X-01", "O-X-02", "O-X-03"
"""The orders of the three micro-wishes of the household H-01."""

WASHER, TALK, AID = "O-X-14", "O-N-25", "O-N-27"
"""A washing machine to be repaired, a talk on policies, 800 yuan in an emergency."""
ELEVEN = "2025-03-10T11:00:00+08:00"
INVITED: list[str] = []
"""Orders whose clients may be invited to help others: what the plugin's observer tells the complex."""

HEAD = Text("\n== {what}", "\n== {what}")
OPEN = Text("墙上有 {n} 个心愿，例如：", "{n} wishes on the wall, such as:")
REFUSED = Text("  没有办：{why}", "  refused: {why}")
BEST = Text(
    "  23个子项目评分（千分），前三名：{best}",
    "  23 sub-projects scored in thousandths, the best three: {best}",
)


class Told(logging.Handler):
    """Where the complex keeps what the plugin's observer says."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the order's id."""
        INVITED.extend(map(str, record.args or ()))


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


def open_the_wall(desk: Desk) -> list[str]:
    """Enroll everybody, and put the wishes that may be shown on the wall (点单)."""
    desk.do(enroll, helpers=helpers_of(desk.city), areas=areas_of(desk.city))
    orders: list[str] = desk.do(place_wishes, network=desk.city)
    return orders


def three_wishes(desk: Desk) -> None:
    """A nurse, a neighbour who was helped once herself and a craftsman claim the story's three wishes (接单)."""
    for order, helper in ((BODY_CHECK, "V-01"), (COMPANY, "V-17"), (REPAIR, "V-03")):
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
    for order, helper in ((BODY_CHECK, "V-01"), (COMPANY, "V-17"), (REPAIR, "V-03")):
        desk.do(start, order=order, by=helper, at="2025-03-12T09:00:00+08:00")
        desk.do(complete, order=order, by=helper, at="2025-03-12T11:00:00+08:00")
        desk.do(confirm, order=order, rating=5, at="2025-03-13T09:00:00+08:00")


def figures(desk: Desk) -> dict[str, dict[str, int]]:
    """Take the sub-projects and activities into the books, and score the projects by the city's criteria."""
    for project in desk.city["projects"].records():
        desk.do(
            propose_project, project=project.id, organization=COMPLEX, budget_fen=project.budget_fen,
            fund=project.fund, unit=COMPLEX, since=project.since.isoformat(), until=project.until.isoformat(),
        )  # fmt: skip
    for row in desk.city["activities"].records():
        desk.do(
            record_activity, activity=row.id, day=row.held_on.isoformat(), category="activity_company",
            project=row.project, unit=COMPLEX, place=row.place, person_times=row.person_times,
            persons=row.persons, households=row.households, volunteer_event=row.volunteer_event,
            at="2025-03-13T10:00:00+08:00",
        )  # fmt: skip
    projects = list(desk.city["projects"].ids)
    answer: dict[str, dict[str, int]] = desk.do(
        score_round, scored_in="2025-1", projects=projects, by="O-CF"
    )
    return answer


def tell(desk: Desk, lang: str) -> None:
    """Print the story."""
    heading("心愿墙：服务对象点单", "the wish wall: those served place orders", lang)
    open_the_wall(desk)
    wall = wish_wall(desk.store.state, on="2025-03-10")
    print(OPEN.say(lang, n=len(wall)))
    for wish in wall[:3]:
        print(f"  {wish.text}")
    heading("志愿者接单，只有一位能接到", "volunteers accept, and exactly one wins", lang)
    three_wishes(desk)
    for error in refusals(desk):
        print(REFUSED.say(lang, why=error.say(lang)))
    heading(
        "综合体派单：不接就派下一位，急难没人答就上报",
        "the complex dispatches: after a no the next best is asked, silence in an emergency goes up",
        lang,
    )
    dispatched(desk)
    a_no_and_a_silence(desk)
    for order in (TALK, AID):
        for step in history(desk.store.log, order):
            print(f"  {order}  {step.say(lang)}")
    heading("三个微心愿的实现", "the three micro-wishes come true", lang)
    granted(desk)
    print(
        Text("可以邀请来帮助别人的：{orders}", "may be invited to help others: {orders}").say(
            lang, orders=", ".join(INVITED)
        )
    )
    for step in history(desk.store.log, BODY_CHECK):
        print(f"  {BODY_CHECK}  {step.say(lang)}")
    heading("综合体自己的数字", "the complex's own figures", lang)
    scores = figures(desk)
    print("  " + activity_figures(desk.store.state, unit=COMPLEX).say(lang))
    orders = [desk.store.state.find("order", status=status) for status in STATUSES]
    for status, found in zip(STATUSES.values(), orders, strict=True):
        if found:
            print(f"  {status.say(lang)} {len(found)}")
    best = sorted(scores, key=lambda key: (scores[key]["rank"], key))[:3]
    said = ", ".join(f"{key} {scores[key]['score']}" for key in best)
    print(BEST.say(lang, best=said))


def heading(zh: str, en: str, lang: str) -> None:
    """Print a heading."""
    print(HEAD.say(lang, what=Text(zh, en)))


def main() -> None:
    """Tell the story."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lang", choices=("zh", "en"), default="zh")
    observer = logging.getLogger("wushe.plugins.hefei")
    observer.setLevel(logging.INFO)
    observer.addHandler(Told())
    tell(Desk(), parser.parse_args().lang)


if __name__ == "__main__":
    main()
