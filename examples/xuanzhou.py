"""Xuanzhou: a society starts with 30,000 yuan from three sources, helps at once, and 217 ledgers balance.

``python examples/xuanzhou.py [--lang en]``

Published (中安在线, 13 March 2025): 217 filed emergency mutual-aid societies, a start-up of at least 30,000 yuan each
from district finance, the charity association's match and the village collective, 1,790 person-times helped
with 1,042,800 yuan. **Everything else is made up**: what each source gave, every single amount and day, villages,
people. The tables are the demo ``xuanzhou``. The story runs in memory; the same commands run on a
store (``wushe orders``, ``wushe funds``).
"""

import argparse
import datetime as dt
from collections.abc import Callable
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
    dispatch,
    dispatch_plan,
    enroll,
    helpers_of,
    place,
)
from wushe.plugins import xuanzhou as rule

TIMES, YUAN = 1_790, 1_042_800
"""Person-times and yuan that the societies have given since they were founded, as published."""
FIRST, WORKER = "F-127", "W-1"
"""The society's fund of the first village of Sunbu Town."""
FOUNDED = "2024-01-08T09:00:00+08:00"
SUNDAY = "2025-03-09T20:00:00+08:00"
MONDAY = "2025-03-10T09:00:00+08:00"
SHARES = (("fiscal", "D-FIN"), ("donation", "D-CA"), ("collective", ""))
"""Three sources, ten thousand yuan each (made up): the treasury, the association, the village collective."""

HEAD = Text("\n== {what}", "\n== {what}")
REFUSED = Text("  没有办：{why}", "  refused: {why}")
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
    "  {societies} 个互助社：救助 {times:,} 人次，发放 {yuan:,.2f} 元；账面余额 {left:,.2f} 元，借贷差额 {difference}",
    "  {societies} societies: {times:,} person-times, {yuan:,.2f} yuan given; {left:,.2f} yuan left, debits less credits {difference}",
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
    def societies(self) -> list[wushe.Fund]:
        """The funds of the societies, from the demo's table."""
        return [fund for fund in self.city["funds"].records() if fund.id != rule.DISTRICT_FUND]


def contributions(fund: wushe.Fund, fen: int = rule.FLOOR_FEN) -> list[tuple[str, str, int]]:
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
        floor = 0 if fund.id == rule.DISTRICT_FUND else rule.FLOOR_FEN
        books.do(
            money.open_fund, FOUNDED, id=fund.id, name=fund.name, host=fund.host, place=fund.place,
            purposes=fund.purposes, per_need_fen=fund.per_need_fen, floor_fen=floor,
        )  # fmt: skip


def below_the_floor(books: Books) -> RefusedError:
    """Return what is said to 29,999 yuan."""
    fund = books.societies[0]
    given = contributions(fund, rule.FLOOR_FEN - 100)
    try:
        books.do(money.start_up, FOUNDED, fund=fund.id, contributions=given)
    except RefusedError as error:
        return error
    raise RuntimeError("29,999 yuan started a society")


def found(books: Books) -> None:
    """Start all 217 societies with 30,000 yuan from three sources."""
    for fund in books.societies:
        books.do(money.start_up, FOUNDED, fund=fund.id, contributions=contributions(fund))
    given = [
        {
            "fund": rule.DISTRICT_FUND,
            "fen": 20_000_000,
            "nature": "donation",
            "donor": "D-CA",
            "donor_kind": "organization",
        }
    ]
    books.do(money.receive, FOUNDED, gifts=given)


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


def tell(books: Books, lang: str) -> None:
    """Print the story."""
    heading("启动资金：29,999 元不行", "the start-up: 29,999 yuan are not enough", lang)
    open_funds(books)
    print(REFUSED.say(lang, why=below_the_floor(books).say(lang)))
    heading("三个来源，各记各的", "three sources, each kept apart", lang)
    found(books)
    for gift in books.store.state.find("gift", fund=FIRST):
        print(SOURCE.say(lang, nature=NATURES[gift.nature], fen=gift.fen / 100))
    given, matched, left = match(books)
    print(MATCHED.say(lang, given=given / 100, matched=matched / 100, left=left / 100))
    heading("公开的总数，账上平", "the published totals, balanced", lang)
    years(books)
    sums = totals(books)
    fen = sums.pop("fen")
    print(TOTAL.say(lang, **{**sums, "left": sums["left"] / 100}, yuan=fen / 100))
    heading("周日晚上的急难", "an emergency on Sunday evening", lang)
    orders = emergency(books)
    pay(books, orders)
    for order in orders:
        for held in books.store.state.find("commitment", order=order):
            state = PAID if held.status == "paid" else HELD
            print(
                AID.say(
                    lang,
                    order=order,
                    fund=books.fund(held.fund).name,
                    fen=held.fen / 100,
                    state=state,
                )
            )
    print(REFUSED.say(lang, why=another_village(books).say(lang)))


def heading(zh: str, en: str, lang: str) -> None:
    """Print a heading."""
    print(HEAD.say(lang, what=Text(zh, en)))


def main() -> None:
    """Tell the story."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lang", choices=("zh", "en"), default="zh")
    tell(Books(), parser.parse_args().lang)


if __name__ == "__main__":
    main()
