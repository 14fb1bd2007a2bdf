"""Xuanzhou: a society starts with 30,000 yuan from three sources, helps at once, and 217 ledgers balance.

``wushe demo xuanzhou [--lang en]``

Published (中安在线, 13 March 2025): 217 filed emergency mutual-aid societies, a start-up of at least 30,000 yuan each
from district finance, the charity association's match and the village collective, 1,790 person-times helped
with 1,042,800 yuan. **Everything else is made up**: what each source gave, every single amount and day, villages,
people. The tables are the demo ``xuanzhou``. The story runs in memory; the same commands run on a
store (``wushe orders``, ``wushe funds``).
"""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

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
    decline,
    dispatch,
    dispatch_plan,
    enroll,
    escalate,
    helpers_of,
    place,
)
from wushe.rules import Parameter, chain_of

TIMES, YUAN = 1_790, 1_042_800
"""Person-times and yuan that the societies have given since they were founded, as published."""
FIRST, WORKER = "F-128", "W-1"
"""The society's fund of the first village of Sunbu Town, and the town's social worker."""
VILLAGE, DISTRICT = "341802107-01", "341802"
FOUNDED = "2024-01-08T09:00:00+08:00"
SUNDAY = "2025-03-09T20:00:00+08:00"
MONDAY = "2025-03-10T09:00:00+08:00"
SHARES = (("fiscal", "D-FIN"), ("donation", "D-CA"), ("collective", ""))
"""Three sources, ten thousand yuan each (made up): the treasury, the association, the village collective."""

HEAD = Text("\n== {what}", "\n== {what}")
REFUSED = Text("  没有办：{why}", "  refused: {why}")
RULE = Text("  底线 {fen:,.2f} 元（{source}）", "  floor: {fen:,.2f} yuan ({source})")
LEVEL = Text("  到{level}一级：{office}", "  at the {level}: {office}")
LEVELS = {
    "community": Text("村（社区）", "village"),
    "street": Text("乡镇（街道）", "township"),
    "county": Text("区", "district"),
}
NOBODY = Text(
    "互助社资金不足，没有别的单位", "the society has too little, and nobody else is named"
)
TAKEN = Text(
    "  区级资金接单，预留 {fen:,.2f} 元",
    "  the district's fund takes the order, {fen:,.2f} yuan set aside",
)
SOURCE = Text("  {nature} {fen:,.2f} 元", "  {nature}: {fen:,.2f} yuan")
NATURES = {
    "fiscal": Text("区级财政支持", "district finance"),
    "donation": Text("慈善协会配套", "charity association"),
    "collective": Text("村集体自筹", "village collective"),
}
MATCHED = Text(
    "  村民捐 {given:,.2f} 元，协会配 {matched:,.2f} 元，池中还有 {left:,.2f} 元",
    "  villagers gave {given:,.2f} yuan, the association added {matched:,.2f}, {left:,.2f} are left in its pool",
)
AID = Text(
    "  {order} {fund}：预留 {fen:,.2f} 元，{state}",
    "  {order} {fund}: {fen:,.2f} yuan set aside, {state}",
)
PAID, HELD = Text("当天付出", "paid the same day"), Text("待付", "to be paid")
TOTAL = Text(
    "  {societies} 个互助社：救助 {times:,} 人次，发放 {yuan:,.2f} 元；账面余额 {left:,.2f} 元，借贷差额 {difference}（每笔虚构，合计与报道相等）",
    "  {societies} societies: {times:,} person-times, {yuan:,.2f} yuan given; {left:,.2f} yuan left, debits less credits {difference} (each amount is made up, the sums are those published)",
)


class Books:
    """The district's books: one store, and who acts when."""

    def __init__(self) -> None:
        self.rules = wushe.load_plugins("xuanzhou")
        self.city = wushe.read(demo_path("xuanzhou"), plugins=self.rules)
        self.store = MemoryStore(DOMAIN + LEDGER, self.rules)

    def do(self, command: Callable[..., Any], at: str, by: str = "O-CA", **named: Any) -> Any:
        """Run a command and return its answer."""
        return self.store.run(Act(at, by), command, **named).answer

    def fund(self, key: str) -> money.Fund:
        """Return a fund as it is now."""
        found: money.Fund = self.store.state.get("fund", key)
        return found

    @property
    def district(self) -> str:
        """The fund that answers for the district."""
        return self.rules.order_rules_for("emergency_aid").offices[DISTRICT]

    def name(self, key: str) -> str:
        """Return the name of a station or fund."""
        table = self.city["funds" if key == self.district else "stations"]
        return str(table["name"][table.row_of([key])[0]])

    def start_up(self, name: str) -> Parameter:
        """Return a rule of the start-up as it was on the day the societies were founded."""
        day = dt.date.fromisoformat(FOUNDED[:10])
        found = self.rules.parameters.find(f"society_{name}", chain_of(DISTRICT), day).parameter
        if found is None:
            raise LookupError(f"society_{name} has no value on {day}")
        return found

    @property
    def floor(self) -> int:
        """Least start-up money in fen."""
        return int(self.start_up("floor").number)

    @property
    def sources(self) -> list[str]:
        """The natures of money of which some must be there."""
        return [nature for nature, _ in SHARES if self.start_up(nature).number]

    @property
    def societies(self) -> list[wushe.Fund]:
        """The funds of the societies, from the demo's table."""
        return [fund for fund in self.city["funds"].records() if fund.id != self.district]


def contributions(fund: wushe.Fund, fen: int) -> list[tuple[str, str, int]]:
    """Return what the three sources give, a third each; the collective's part takes what does not divide."""
    third = fen // 3
    parts = (third, third, fen - 2 * third)
    return [
        (nature, party or fund.host, part)
        for (nature, party), part in zip(SHARES, parts, strict=True)
    ]


def open_funds(books: Books) -> None:
    """Open every fund of the table; a society's is only prepared until its floor is there."""
    for fund in books.city["funds"].records():
        floor = 0 if fund.id == books.district else books.floor
        books.do(
            money.open_fund, FOUNDED, id=fund.id, name=fund.name, host=fund.host, place=fund.place,
            purposes=fund.purposes, per_need_fen=fund.per_need_fen, floor_fen=floor,
        )  # fmt: skip


def refused_start(books: Books, given: list[tuple[str, str, int]]) -> RefusedError:
    """Return what is said to a start-up that is not enough."""
    fund = books.societies[0]
    try:
        books.do(money.start_up, FOUNDED, fund=fund.id, contributions=given, sources=books.sources)
    except RefusedError as error:
        return error
    raise RuntimeError("a society started that should not")


def below_the_floor(books: Books) -> RefusedError:
    """Return what is said to 29,999 yuan."""
    return refused_start(books, contributions(books.societies[0], books.floor - 100))


def without_a_source(books: Books) -> RefusedError:
    """Return what is said to 30,000 yuan of which the charity association gave nothing."""
    given = contributions(books.societies[0], books.floor * 3 // 2)
    return refused_start(books, [one for one in given if one[0] != "donation"])


def found(books: Books) -> None:
    """Start all 217 societies with 30,000 yuan from three sources."""
    for fund in books.societies:
        given = contributions(fund, books.floor)
        books.do(money.start_up, FOUNDED, fund=fund.id, contributions=given, sources=books.sources)
    gift = {
        "fund": books.district, "fen": 20_000_000, "nature": "donation",
        "donor": "D-CA", "donor_kind": "organization",
    }  # fmt: skip
    books.do(money.receive, FOUNDED, gifts=[gift])


def match(books: Books) -> tuple[int, int, int]:
    """Match what villagers give to one society, one to one, until 800 yuan are used up; return the three sums."""
    books.do(money.open_pool, FOUNDED, id="POOL-1", sponsor="D-CA", fen=80_000, fund=FIRST)
    gifts: list[dict[str, Any]] = [
        {"fund": FIRST, "fen": fen, "donor": f"D-V{k}", "donor_kind": "person"}
        for k, fen in enumerate((30_050, 30_000, 40_000))
    ]
    answer = books.do(money.receive, "2024-05-01T09:00:00+08:00", gifts=gifts)
    matched = sum(fen for *_, fen in answer["matched"])
    return sum(g["fen"] for g in gifts), matched, books.store.state.get("pool", "POOL-1").left


def years(books: Books) -> None:
    """Pay the published totals: 1,790 times, 1,042,800 yuan; eight or nine times a society, amounts made up."""
    amounts = [(400, 500, 600, 700)[k % 4] for k in range(TIMES)]
    # So many get a hundred yuan more that the sum is the published one.
    more = (YUAN - sum(amounts)) // 100
    amounts = [yuan + 100 * (k < more) for k, yuan in enumerate(amounts)]
    funds = books.societies
    items = [
        {
            "fund": funds[k % len(funds)].id, "fen": yuan * 100, "category": "emergency_aid",
            "place": funds[k % len(funds)].place, "client": f"H-made-up-{k:04}", "payee_kind": "client",
            "day": (dt.date(2024, 2, 1) + dt.timedelta(days=k % 390)).isoformat(),
        }
        for k, yuan in enumerate(amounts)
    ]  # fmt: skip
    books.do(money.spend, "2025-03-01T09:00:00+08:00", items=items)


def emergency(books: Books) -> list[str]:
    """Dispatch the demo's needs on Sunday evening; the funds accept, and what is an emergency is paid at once."""
    books.do(enroll, SUNDAY, helpers=helpers_of(books.city), areas=areas_of(books.city))
    plan = wushe.make_plan(books.city, plugins=books.rules, on=dt.date(2025, 3, 9))
    answer = books.do(dispatch_plan, SUNDAY, by=WORKER, plan=plan)
    helped = []
    for order in answer["dispatched"]:
        (call,) = books.store.state.find("call", order=order)
        if call.kind == "funds":
            books.do(accept, MONDAY, by=call.helper, order=order, helper=call.helper)
            helped.append(order)
    return helped


def pay(books: Books, orders: list[str]) -> list[str]:
    """Pay what cannot wait for a confirmation: the acute illnesses of Sunday evening."""
    urgent = [o for o in orders if books.store.state.get("order", o).urgency == "emergency"]
    held = [c for order in urgent for c in books.store.state.find("commitment", order=order)]
    items = [{"commitment": c.id, "emergency": "acute_illness"} for c in held]
    paid: list[str] = books.do(money.pay, MONDAY, by=WORKER, items=items)
    return paid


def another_village(books: Books) -> RefusedError:
    """Return what is said when a society is asked for another village's family."""
    order = books.do(
        place,
        MONDAY,
        by=WORKER,
        client="H-08",
        category="emergency_aid",
        amount=50_000,
        place="341802107-04",
    )
    try:
        books.do(dispatch, MONDAY, by=WORKER, order=order, to=[FIRST])
    except RefusedError as error:
        return error
    raise RuntimeError("a society was asked for another village")


def three_levels(books: Books) -> tuple[str, list[tuple[str, str | None]]]:
    """Let an order that the village cannot pay go up to the district, which takes it.

    Returns the order, and (level, who answers there) at each step.
    """
    order = books.do(
        place, MONDAY, by=WORKER, client="H-02", category="emergency_aid", amount=250_000, place=VILLAGE
    )  # fmt: skip
    books.do(dispatch, MONDAY, by=WORKER, order=order, to=[FIRST])
    books.do(decline, MONDAY, by=FIRST, order=order, helper=FIRST, reason="no_stock", onward=False)
    steps = []
    for _ in LEVELS:
        books.do(escalate, MONDAY, by=WORKER, order=order, reason="beyond_means")
        now = books.store.state.get("order", order)
        steps.append((now.level, now.office))
    books.do(dispatch, MONDAY, by=WORKER, order=order, to=[books.district])
    books.do(accept, MONDAY, by=books.district, order=order, helper=books.district)
    return order, steps


def totals(books: Books) -> dict[str, int]:
    """Return the sums over the 217 societies, and the difference of debits and credits over all accounts."""
    funds = [books.fund(fund.id) for fund in books.societies]
    payments = [p for p in books.store.state.find("payment") if p.day <= "2025-03-01"]
    return {
        "societies": len(funds),
        "times": len(payments),
        "fen": sum(p.fen for p in payments),
        "left": sum(fund.free_fen + fund.committed_fen for fund in funds),
        "difference": money.trial_balance(books.store.state)["difference"],
    }


def tell(lang: str) -> Iterator[str]:
    """Yield the story's lines."""
    books = Books()
    yield heading(
        "启动资金：29,999 元不行，缺一个来源也不行",
        "the start-up: 29,999 yuan are not enough, nor are two sources",
        lang,
    )
    floor = books.start_up("floor")
    yield RULE.say(lang, fen=books.floor / 100, source=floor.source)
    open_funds(books)
    yield REFUSED.say(lang, why=below_the_floor(books).say(lang))
    yield REFUSED.say(lang, why=without_a_source(books).say(lang))
    yield heading("三个来源，各记各的", "three sources, each kept apart", lang)
    found(books)
    for gift in books.store.state.find("gift", fund=FIRST):
        yield SOURCE.say(lang, nature=NATURES[gift.nature], fen=gift.fen / 100)
    given, matched, left = match(books)
    yield MATCHED.say(lang, given=given / 100, matched=matched / 100, left=left / 100)
    yield heading("公开的总数，账上平", "the published totals, balanced", lang)
    years(books)
    sums = totals(books)
    fen = sums.pop("fen")
    yield TOTAL.say(lang, **{**sums, "left": sums["left"] / 100}, yuan=fen / 100)
    yield heading("周日晚上的急难", "an emergency on Sunday evening", lang)
    orders = emergency(books)
    pay(books, orders)
    for order in orders:
        yield from aid(books, order, lang)
    yield REFUSED.say(lang, why=another_village(books).say(lang))
    yield heading(
        "三级联动：村里拿不出，逐级上报", "three levels: what the village lacks goes up", lang
    )
    order, steps = three_levels(books)
    for level, office in steps:
        answers = books.name(office) if office else NOBODY
        yield LEVEL.say(lang, level=LEVELS[level], office=answers)
    (held,) = books.store.state.find("commitment", order=order)
    yield TAKEN.say(lang, fen=held.fen / 100)


def aid(books: Books, order: str, lang: str) -> Iterator[str]:
    """Yield what was set aside for an order, and whether it is paid."""
    for held in books.store.state.find("commitment", order=order):
        state, fund = PAID if held.status == "paid" else HELD, books.fund(held.fund).name
        yield AID.say(lang, order=order, fund=fund, fen=held.fen / 100, state=state)


def heading(zh: str, en: str, lang: str) -> str:
    """Return a heading."""
    return HEAD.say(lang, what=Text(zh, en))
