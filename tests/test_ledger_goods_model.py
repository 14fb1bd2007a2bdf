"""Goods beside a plain model: whatever is done, nothing is lost, and what may not go out does not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from conftest import campaign
from wushe import ledger, orders
from wushe.errors import RefusedError
from wushe.journal import Act, MemoryStore
from wushe.ledger import goods
from wushe.ledger.goods import Arrival

DOMAIN = orders.DOMAIN + ledger.DOMAIN
START = dt.date(2025, 9, 1)
HOUSES = ("W-1", "W-2")
ITEMS = ("米", "油")
GROUPS = ("lone_elder", "disabled")
HERE = ("unchecked", "on_hand", "reserved", "rejected")
GONE = ("issued", "written_off", "moved")


class Shelf:
    """The plain model of a lot: amounts in a dict, nothing shared with the code under test."""

    def __init__(self, house: str, item: str, expires: str, group: str | None, pack: int) -> None:
        self.house, self.item, self.expires = house, item, expires
        self.group, self.pack, self.recalled = group, pack, False
        self.came = 0
        self.at = dict.fromkeys((*HERE, *GONE), 0)

    def move(self, source: str, to: str, n: int) -> None:
        """Move n from one bucket to another."""
        self.at[source] -= n
        self.at[to] += n

    def may_go(self, day: str, group: str | None) -> bool:
        """Whether anything of it may go out on `day` to one of `group`."""
        return not self.recalled and self.expires >= day and self.group in (None, group)


class Desk:
    """The books and the model side by side; `do` tries a command and says whether it was refused."""

    def __init__(self) -> None:
        self.store = MemoryStore(DOMAIN)
        self.day = START
        self.number = 0
        self.shelves: dict[str, Shelf] = {}
        self.family: dict[str, list[str]] = {}
        self.aside: dict[str, list[tuple[str, int]]] = {}
        self.out: dict[str, dict[str, int]] = {}
        self.worth: dict[str, int | None] = {}
        for house in HOUSES:
            self.do(goods.open_warehouse, id=house, name=house)

    def new(self, letter: str) -> str:
        """A new id."""
        self.number += 1
        return f"{letter}-{self.number:05}"

    def do(self, command: Callable[..., Any], **arguments: Any) -> Any:
        """Run a command today; "refused" where it may not be done, and then nothing was recorded."""
        act = Act(f"{self.day.isoformat()}T10:00:00+08:00", "K-1")
        before = len(self.store.log)
        try:
            return self.store.run(act, command, **arguments).answer
        except RefusedError:
            assert len(self.store.log) == before
            return "refused"

    def receive(
        self, house: str, item: str, n: int, days: int | None, group: str | None, pack: int,
        worth: int | None, *, checked: bool,
    ) -> None:  # fmt: skip
        """Receive a lot that is good for so many days more."""
        key = self.new("L")
        until = None if days is None else self.day + dt.timedelta(days)
        one = Arrival(
            key, house, item, n, pack=pack if pack > 1 else None, unit_value_fen=worth,
            groups=() if group is None else (group,), expires_on=until, checked=checked,
        )  # fmt: skip
        self.do(goods.receive, arrivals=[one])
        until_text = "9999" if until is None else until.isoformat()
        shelf = self.shelves[key] = Shelf(house, item, until_text, group, pack)
        shelf.came = shelf.at["on_hand" if checked else "unchecked"] = n
        self.family[key] = [key]
        self.worth[key] = worth

    def inspect(self, key: str, bad: int) -> None:
        """Inspect all that waits."""
        shelf = self.shelves[key]
        bad = min(bad, shelf.at["unchecked"])
        answer = self.do(goods.inspect, lot=key, rejected=bad, reason="damaged" if bad else None)
        assert (answer == "refused") == (shelf.at["unchecked"] == 0)
        if answer != "refused":
            shelf.move("unchecked", "rejected", bad)
            shelf.move("unchecked", "on_hand", answer["passed"])

    def expected(self, house: str, item: str, n: int, group: str | None) -> Any:
        """What first expiring first gives in whole packs, as one would reckon it by hand; None where short."""
        day = self.day.isoformat()
        able = [
            (shelf.expires, shelf.group is None, key, shelf)
            for key, shelf in self.shelves.items()
            if (shelf.house, shelf.item) == (house, item) and shelf.may_go(day, group)
        ]

        def fill(shelves: list[Any], left: int) -> list[tuple[str, int]] | None:
            if left == 0 or not shelves:
                return [] if left == 0 else None
            (_, _, key, shelf), *rest = shelves
            for k in range(min(shelf.at["on_hand"], left) // shelf.pack, -1, -1):
                tail = fill(rest, left - k * shelf.pack)
                if tail is not None:
                    return [(key, k * shelf.pack), *tail] if k else tail
            return None

        # Shelves of one expiry and kind go by the day they came; ids here grow with the days.
        return fill(sorted(able, key=lambda row: (row[0], row[1], self.came_on(row[2]), row[2])), n)

    def came_on(self, key: str) -> str:
        """The day of arrival of the lot that this one is a part of."""
        return str(self.store.state.get("lot", key).received_on)

    def give(self, house: str, item: str, n: int, group: str | None, *, aside: bool) -> None:
        """Issue, or set aside, and compare with what one reckons by hand."""
        takes = self.expected(house, item, n, group)
        key = self.new("R" if aside else "A")
        told = {
            "id": key, "warehouse": house, "item": item, "quantity": n, "recipient": "I-1",
            "groups": () if group is None else (group,),
        }  # fmt: skip
        answer = self.do(goods.reserve if aside else goods.issue, **told)
        if takes is None:
            assert answer == "refused"
            return
        assert (answer if aside else answer["takes"]) == [list(take) for take in takes]
        for lot, k in takes:
            self.shelves[lot].move("on_hand", "reserved" if aside else "issued", k)
        if aside:
            self.aside[key] = takes
        else:
            self.out[key] = dict(takes)

    def settle(self, key: str, *, send: bool) -> None:
        """Issue what is set aside, or free it."""
        takes = self.aside[key]
        if not send:
            assert self.do(goods.release, reservation=key) is None
        else:
            issue, day = self.new("A"), self.day.isoformat()
            answer = self.do(goods.issue, id=issue, reservation=key)
            good = all(self.shelves[lot].expires >= day for lot, _ in takes)
            assert (answer != "refused") == good
            if not good:
                return
            self.out[issue] = dict(takes)
        del self.aside[key]
        for lot, k in takes:
            self.shelves[lot].move("reserved", "issued" if send else "on_hand", k)

    def bring_back(self, key: str, lot: str, n: int) -> None:
        """Bring some of an issue back."""
        out = self.out[key]
        answer = self.do(goods.bring_back, issue=key, lot=lot, quantity=n, reason="not_needed")
        assert (answer == "refused") == (n > out[lot])
        if answer != "refused":
            out[lot] -= n
            self.shelves[lot].move("issued", "unchecked", n)

    def count(self, key: str, there: int) -> None:
        """Take stock of a lot."""
        shelf = self.shelves[key]
        books = sum(shelf.at[name] for name in HERE)
        reason = "agrees" if books == there else "miscounted"
        answer = self.do(goods.count, lot=key, counted=there, reason=reason)
        assert (answer == "refused") == (there < shelf.at["reserved"])
        if answer == "refused":
            return
        assert answer == there - books
        if there > books:
            shelf.at["on_hand"] += there - books
            shelf.came += there - books
        for name in ("on_hand", "unchecked", "rejected"):
            lost = min(shelf.at[name], max(books - there, 0))
            shelf.move(name, "written_off", lost)
            books -= lost

    def write_off(self, key: str, n: int, bucket: str) -> None:
        """Write off some of a lot."""
        shelf = self.shelves[key]
        answer = self.do(goods.write_off, lot=key, quantity=n, bucket=bucket, reason="damaged")
        assert (answer == "refused") == (n > shelf.at[bucket])
        if answer != "refused":
            shelf.move(bucket, "written_off", n)

    def transfer(self, key: str, n: int) -> None:
        """Move some of a lot to the other warehouse."""
        shelf = self.shelves[key]
        to = HOUSES[shelf.house == HOUSES[0]]
        answer = self.do(goods.transfer, lot=key, to=to, quantity=n)
        free = shelf.at["on_hand"]
        assert (answer == "refused") == (n > free or (n % shelf.pack > 0 and n != free))
        if answer == "refused":
            return
        shelf.move("on_hand", "moved", n)
        root = next(root for root, parts in self.family.items() if key in parts)
        there = [part for part in self.family[root] if self.shelves[part].house == to]
        assert there == [answer] or (not there and answer not in self.shelves)
        if not there:
            part = Shelf(to, shelf.item, shelf.expires, shelf.group, shelf.pack)
            part.recalled = shelf.recalled
            self.shelves[answer] = part
            self.family[root].append(answer)
        self.shelves[answer].came += n
        self.shelves[answer].at["on_hand"] += n

    def recall(self, key: str) -> None:
        """Recall a lot with all its parts and compare who is told."""
        root = next(root for root, parts in self.family.items() if key in parts)
        parts = self.family[root]
        answer = self.do(goods.recall, lot=key, reason="maker")
        assert answer["lots"] == parts
        got = {i: sum(n for lot, n in out.items() if lot in parts) for i, out in self.out.items()}
        told = {row["issue"]: row["quantity"] for row in answer["issues"]}
        assert told == {issue: n for issue, n in got.items() if n}
        freed = sorted(
            r for r, takes in self.aside.items() if {lot for lot, _ in takes} & set(parts)
        )
        assert sorted(answer["released"]) == freed
        for reservation in freed:
            for lot, n in self.aside.pop(reservation):
                self.shelves[lot].move("reserved", "on_hand", n)
        for part in parts:
            self.shelves[part].recalled = True

    def value(self, key: str, fen: int) -> None:
        """Say what a lot is worth."""
        root = next(root for root, parts in self.family.items() if key in parts)
        assert self.do(goods.value, lot=key, unit_value_fen=fen) != "refused"
        self.worth[root] = fen

    def agree(self) -> None:
        """Compare books and model: every bucket, conservation, and the accounts."""
        totals = {"Assets:Goods": 0, "Expenses:Goods": 0, "Expenses:Loss": 0}
        for key, shelf in self.shelves.items():
            lot = self.store.state.get("lot", key)
            assert {name: getattr(lot, name) for name in shelf.at} == shelf.at
            assert min(shelf.at.values()) >= 0
            assert lot.received + lot.found + lot.moved_in == shelf.came == sum(shelf.at.values())
            assert (lot.open == "1") == (lot.there > 0)
        for root, parts in self.family.items():
            fen = self.worth[root] or 0
            for part in parts:
                at, lot = self.shelves[part].at, self.store.state.get("lot", part)
                totals["Assets:Goods"] += fen * sum(at[name] for name in HERE)
                totals["Expenses:Goods"] += fen * at["issued"]
                totals["Expenses:Loss"] += fen * (at["written_off"] - lot.found)
        accounts = self.store.state.find("account")
        assert sum(account.fen for account in accounts) == 0
        for group, fen in totals.items():
            assert sum(a.fen for a in accounts if a.id.startswith(group)) == fen

    def whole(self) -> None:
        """Look at the whole log: the checker has nothing to say, and replaying it gives the same records."""
        assert goods.check_goods(self.store.log) == ()
        again = MemoryStore(DOMAIN, log=list(self.store.log))
        for kind in ("lot", "issue", "reservation", "account"):
            assert again.state.find(kind) == self.store.state.find(kind)


amounts = st.integers(1, 12)
houses, items = st.sampled_from(HOUSES), st.sampled_from(ITEMS)
groups = st.none() | st.sampled_from(GROUPS)


class Goods(RuleBasedStateMachine):
    """Everything that can be done with goods, in any order."""

    @initialize()
    def begin(self) -> None:
        """Start with empty warehouses."""
        self.desk = Desk()

    def pick(self, data: st.DataObject, held: dict[str, Any]) -> str:
        """Choose one of those that are there."""
        return str(data.draw(st.sampled_from(sorted(held))))

    @rule(
        house=houses, item=items, n=amounts, days=st.none() | st.integers(0, 6), group=groups,
        pack=st.sampled_from([1, 1, 3]), worth=st.none() | st.integers(0, 900), checked=st.booleans(),
    )  # fmt: skip
    def receive(self, **told: Any) -> None:
        """A lot comes in."""
        self.desk.receive(**told)

    @rule(days=st.integers(1, 3))
    def time_passes(self, days: int) -> None:
        """Some goods expire."""
        self.desk.day += dt.timedelta(days)

    @rule(house=houses, item=items, n=amounts, group=groups, aside=st.booleans())
    def give(self, **told: Any) -> None:
        """Goods are issued or set aside."""
        self.desk.give(**told)

    @precondition(lambda self: self.desk.shelves)
    @rule(data=st.data(), n=amounts, bucket=st.sampled_from(["on_hand", "unchecked", "rejected"]))
    def handle(self, data: st.DataObject, n: int, bucket: str) -> None:
        """A lot is inspected, counted, written off, moved, recalled or valued."""
        key = self.pick(data, self.desk.shelves)
        match data.draw(
            st.sampled_from(["inspect", "count", "write_off", "move", "recall", "value"])
        ):
            case "inspect":
                self.desk.inspect(key, n - 1)
            case "count":
                self.desk.count(key, n - 1)
            case "write_off":
                self.desk.write_off(key, n, bucket)
            case "move":
                self.desk.transfer(key, n)
            case "recall":
                self.desk.recall(key)
            case _:
                self.desk.value(key, n)

    @precondition(lambda self: self.desk.aside)
    @rule(data=st.data(), send=st.booleans())
    def settle(self, data: st.DataObject, send: bool) -> None:
        """What is set aside goes out or is free again."""
        self.desk.settle(self.pick(data, self.desk.aside), send=send)

    @precondition(lambda self: self.desk.out)
    @rule(data=st.data(), n=amounts)
    def bring_back(self, data: st.DataObject, n: int) -> None:
        """Some of what went out comes back."""
        key = self.pick(data, self.desk.out)
        self.desk.bring_back(key, self.pick(data, self.desk.out[key]), n)

    @invariant()
    def books_and_model_agree(self) -> None:
        """Nothing is lost, nothing is below zero."""
        if hasattr(self, "desk"):
            self.desk.agree()

    def teardown(self) -> None:
        """At the end the whole log is looked at by the checker."""
        if hasattr(self, "desk"):
            self.desk.whole()


TestGoods = Goods.TestCase
TestGoods.settings = settings(
    max_examples=campaign(tests=15, ci=100, soak=600), stateful_step_count=30
)


def step(desk: Desk, rng: np.random.Generator) -> None:
    """Do one random thing."""
    n, keys = int(rng.integers(1, 40)), list(desk.shelves)[-60:]
    house, item = HOUSES[rng.integers(2)], ITEMS[rng.integers(2)]
    group = (None, *GROUPS)[rng.integers(3)]
    roll = rng.integers(100)
    if roll < 25 or not keys:
        days = None if rng.random() < 0.2 else int(rng.integers(0, 30))
        worth = None if rng.random() < 0.3 else int(rng.integers(0, 1000))
        checked = bool(rng.random() < 0.5)
        desk.receive(
            house, item, n, days, group, (1, 1, 5)[rng.integers(3)], worth, checked=checked
        )
    elif roll < 55:
        desk.give(house, item, n, group, aside=bool(rng.random() < 0.4))
    elif roll < 65 and desk.aside:
        held = list(desk.aside)
        desk.settle(held[rng.integers(len(held))], send=bool(rng.random() < 0.7))
    elif roll < 70 and desk.out:
        out = list(desk.out)[-30:]
        issue = out[rng.integers(len(out))]
        lots = list(desk.out[issue])
        desk.bring_back(issue, lots[rng.integers(len(lots))], n)
    elif roll < 97:
        handle(desk, rng, keys[rng.integers(len(keys))], n)
    else:
        desk.day += dt.timedelta(1)


def handle(desk: Desk, rng: np.random.Generator, key: str, n: int) -> None:
    """Inspect, count, write off, move, value or (seldom) recall a lot."""
    roll = rng.integers(27)
    if roll < 12:
        desk.inspect(key, int(rng.integers(0, 3)))
    elif roll < 16:
        desk.count(key, n)
    elif roll < 19:
        desk.write_off(key, n, ("on_hand", "unchecked", "rejected")[rng.integers(3)])
    elif roll < 24:
        desk.transfer(key, n)
    elif roll < 26:
        desk.value(key, n)
    else:
        desk.recall(key)


@pytest.mark.slow
def test_a_long_year_of_a_warehouse(seed: int, evidence: Callable[..., None]) -> None:
    """Random operations beside the model: no amount below zero, nothing lost, no fen created or destroyed."""
    rng, desk = np.random.default_rng(seed), Desk()
    n = campaign(tests=600, ci=6_000, soak=20_000)
    for at in range(n):
        step(desk, rng)
        if at % 500 == 499:
            desk.agree()
    desk.agree()
    desk.whole()
    evidence("goods", operations=n, events=len(desk.store.log), lots=len(desk.shelves), seed=seed)
