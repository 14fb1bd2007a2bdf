"""Chizhou: three kinds of money in Meilong, each for its own; aid before an operation, work found after it.

``wushe demo chizhou [--lang en]``

Published (中安在线, 13 March 2025): the community charity fund, the mutual-aid village project and the emergency
mutual-aid society complement each other; a gravely ill resident got emergency aid, backed by the fund, was
operated on in time, and found work near home. **Everything else is made up**: people, amounts, days, villages.
The tables are the demo ``chizhou``; the resident is household H-01.
"""

import datetime as dt
from collections.abc import Callable, Iterator
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
    accept,
    areas_of,
    complete,
    confirm,
    dispatch,
    enroll,
    helpers_of,
    place_need,
)

FAMILY, WORKER, FUND, SOCIETY = "H-01", "W-1", "F-CF", "F-MA"
ON = dt.date(2024, 11, 18)
CHAIN = (
    ("N-01", "2024-11-18", "2024-11-18", SOCIETY),
    ("N-02", "2024-11-20", "2024-11-22", FUND),
    ("N-03", "2024-11-22", "2024-11-25", "V-1"),
    ("N-04", "2025-02-17", "2025-03-03", WORKER),
)
"""Need, day dispatched, day confirmed, helper (all made up): aid, operation, company on the day, work near home."""
SUPPORT_FEN = 500_000
"""What the community fund passes on to the society, whose own means run out (made up)."""

HEAD = Text("\n== {what}", "\n== {what}")
ROUTE = Text("  {category}：{route}（未了 {n} 项）", "  {category}: {route} ({n} open)")
NOT_SERVED = Text("  {need}：{why}", "  {need}: {why}")
REFUSED = Text("  没有办：{why}", "  refused: {why}")
SUPPORT = Text(
    "  社区慈善基金支持互助社 {fen:,.2f} 元：互助社现有 {free:,.2f} 元",
    "  the community fund supports the society with {fen:,.2f} yuan: the society has {free:,.2f} now",
)
STEP = Text(
    "  {day}　{what}　{helper}　{confirmed} 确认",
    "  {day}  {what}  {helper}  confirmed {confirmed}",
)
BALANCE = Text("  账上借贷差额 {difference}", "  debits less credits: {difference}")


class Desk:
    """The charity station's desk: one store with orders and money, and who acts when."""

    def __init__(self) -> None:
        self.rules = wushe.load_plugins("chizhou")
        self.city = wushe.read(demo_path("chizhou"), plugins=self.rules)
        self.store = MemoryStore(DOMAIN + LEDGER, self.rules)

    def do(self, command: Callable[..., Any], day: str, by: str = WORKER, **named: Any) -> Any:
        """Run a command and return its answer."""
        return self.store.run(Act(f"{day}T09:00:00+08:00", by), command, **named).answer

    def free(self, fund: str) -> int:
        """Return what is free in a fund, fen."""
        return int(self.store.state.get("fund", fund).free_fen)

    def open(self) -> None:
        """Enroll the helpers and open the three kinds of funds with what they hold."""
        day = str(ON)
        self.do(enroll, day, helpers=helpers_of(self.city), areas=areas_of(self.city))
        for fund in self.city["funds"].records():
            # What the village gave and what donors gave may meet in the society's fund, each kept apart.
            nature = "mixed" if fund.id == SOCIETY else fund.nature
            self.do(
                money.open_fund, day, id=fund.id, name=fund.name, host=fund.host, nature=nature,
                place=fund.place, purposes=fund.purposes, per_need_fen=fund.per_need_fen,
            )  # fmt: skip
            self.do(money.receive, day, gifts=[gift(fund.id, fund.balance_fen or 0, fund.nature, fund.host)])  # fmt: skip


def gift(fund: str, fen: int, nature: str | None, donor: str, **more: Any) -> dict[str, Any]:
    """Return a gift as the ledger takes it."""
    return {
        "fund": fund,
        "fen": fen,
        "nature": nature,
        "donor": donor,
        "donor_kind": "organization",
        **more,
    }


# --- which money for what ----------------------------------------------------------------------


def routes(desk: Desk) -> wushe.ReportTable:
    """Return the plugin's table of needs and the money for them."""
    context = wushe.Context(ON, desk.rules.categories, desk.rules.target_groups)
    table: wushe.ReportTable = desk.rules.report_sections["chizhou_routes"].make(desk.city, context)[0]  # fmt: skip
    return table


def linked(desk: Desk, city: wushe.LinkageNetwork | None = None) -> wushe.Linkage:
    """Return what society and government cover of the money needs."""
    city = city or desk.city
    found = wushe.assess(city, on=ON, plugins=desk.rules)
    return wushe.link_relief(city, found, plugins=desk.rules, on=ON)


def emptied(desk: Desk, *empty: str) -> wushe.LinkageNetwork:
    """Return the tables with nothing left in the funds named."""
    funds = [
        attrs.evolve(fund, balance_fen=0) if fund.id in empty else fund
        for fund in desk.city["funds"].records()
    ]
    tables = {**desk.city.tables, "funds": wushe.table_of("funds", funds)}
    return wushe.build_network(tables, desk.rules.categories, desk.rules.target_groups)


def planned(desk: Desk, *empty: str) -> wushe.Plan:
    """Return the plan with nothing left in the funds named."""
    return wushe.make_plan(emptied(desk, *empty), plugins=desk.rules, on=ON, relief=True)


def unserved(plan: wushe.Plan, client: str) -> dict[str, str]:
    """Return the reason of each need of a client that is not served."""
    return {short.need: str(short.reason) for short in plan[client].unserved}


# --- the fund stands behind the society --------------------------------------------------------


def support(desk: Desk) -> list[str]:
    """Pass money of the community fund on to the society; return the ids of the gifts there."""
    (given,) = desk.store.state.find("gift", fund=FUND)
    moved: list[str] = desk.do(
        money.transfer, str(ON), by="O-CS", source=FUND, target=SOCIETY,
        takes=[(given.id, SUPPORT_FEN)],
    )  # fmt: skip
    return moved


def support_with_school_money(desk: Desk) -> RefusedError:
    """Return what is said when money given for school is to go to the society."""
    earmarked = gift(FUND, 300_000, "donation", "O-FIRM", earmark={"purposes": ["education_aid"]})
    desk.do(money.receive, str(ON), by="O-CS", gifts=[earmarked])
    key = desk.store.state.find("gift", fund=FUND)[-1].id
    try:
        desk.do(money.transfer, str(ON), by="O-CS", source=FUND, target=SOCIETY, takes=[(key, 300_000)])  # fmt: skip
    except RefusedError as error:
        return error
    raise RuntimeError("money for school went to an emergency")


# --- before the operation and after it ---------------------------------------------------------


def ordered(desk: Desk) -> dict[str, str]:
    """Place the orders of the whole chain on the first day; return the order of each need."""
    return {need: desk.do(place_need, str(ON), network=desk.city, need=need) for need, *_ in CHAIN}


def too_early(desk: Desk, order: str, helper: str) -> RefusedError:
    """Return what is said to whoever dispatches an order before its turn."""
    try:
        desk.do(dispatch, str(ON), order=order, to=[helper])
    except RefusedError as error:
        return error
    raise RuntimeError("the last step was dispatched first")


def serve(desk: Desk, order: str, asked: str, confirmed: str, helper: str) -> None:
    """Dispatch one order of the chain and see it through."""
    desk.do(dispatch, asked, order=order, to=[helper])
    desk.do(accept, asked, by=helper, order=order, helper=helper)
    for held in desk.store.state.find("commitment", order=order):
        # The hospital does not wait: what is set aside is paid at once, the papers follow.
        item = {"commitment": held.id, "emergency": "acute_illness"}
        desk.do(money.pay, asked, by="O-CS", items=[item])
    desk.do(complete, confirmed, by=helper, order=order)
    desk.do(confirm, confirmed, by=FAMILY if helper == WORKER else WORKER, order=order)


def tell(lang: str) -> Iterator[str]:
    """Yield the story's lines."""
    desk = Desk()
    desk.open()
    yield heading("三种资金，各管一类", "three kinds of money, each for its own", lang)
    for row in routes(desk).rows:
        route, n = row.cells
        yield ROUTE.say(lang, category=row.label, route=route, n=n)
    yield from reasons(desk, lang)
    yield heading("互助社快用完了，社区慈善基金来支持", "the society runs out, and the community fund steps in", lang)  # fmt: skip
    support(desk)
    yield SUPPORT.say(lang, fen=SUPPORT_FEN / 100, free=desk.free(SOCIETY) / 100)
    yield REFUSED.say(lang, why=support_with_school_money(desk).say(lang))
    yield heading("术前救急，术后找工作", "aid before the operation, work after it", lang)
    orders = ordered(desk)
    yield REFUSED.say(lang, why=too_early(desk, orders["N-04"], WORKER).say(lang))
    for need, asked, confirmed, helper in CHAIN:
        serve(desk, orders[need], asked, confirmed, helper)
        category = desk.store.state.get("order", orders[need]).category
        what = desk.rules.categories[category].name(lang)
        yield STEP.say(lang, day=asked, what=what, helper=helper, confirmed=confirmed)
    yield BALANCE.say(lang, difference=money.trial_balance(desk.store.state)["difference"])


def reasons(desk: Desk, lang: str) -> Iterator[str]:
    """Yield why each need draws on which money, and what happens where that money is gone."""
    yield heading("每项需求先用哪一处，为什么", "what each need draws on first, and why", lang)
    linkage = linked(desk)
    for need in ("N-01", "N-08", "N-09"):
        yield linkage.explain(need, lang)
    yield heading("村社互助的钱用完了：别处的钱不挪用", "the village's money is gone: no other is taken for it", lang)  # fmt: skip
    for short in planned(desk, "F-V1")["I-01"].unserved:
        yield NOT_SERVED.say(lang, need=short.need, why=short.explain(lang))
    yield heading(
        "都没有钱：后面的也不安排", "no money at all: nothing of the chain is planned", lang
    )
    for short in planned(desk, FUND, SOCIETY)[FAMILY].unserved:
        yield NOT_SERVED.say(lang, need=short.need, why=short.explain(lang))


def heading(zh: str, en: str, lang: str) -> str:
    """Return a heading."""
    return HEAD.say(lang, what=Text(zh, en))
