"""Random days of a city: orders, money and goods in one state, beside a plain model that keeps its own books.

The driver draws commands, sensible and not, and runs them; the model looks at what was recorded with
dictionaries and loops only, shares no code with what it judges, and raises AssertionError.
"""

import datetime as dt
from collections import Counter, defaultdict
from typing import Any

import numpy as np

from wushe import ledger, load_plugins, orders
from wushe.errors import RefusedError
from wushe.journal import Act, Event, MemoryStore, Receipt
from wushe.ledger import goods, money
from wushe.ledger.goods import Arrival
from wushe.orders import Helper
from wushe.orders.reasons import BACK_OUTS, CANCELS, DECLINES, FAILURES, REOPENS

DOMAIN = orders.DOMAIN + ledger.DOMAIN
START = dt.datetime(2025, 9, 1, 1, 0, tzinfo=dt.UTC)
CLIENTS = [f"H-{n}" for n in range(60)]
VOLUNTEERS = [f"V-{n}" for n in range(40)]
WORKERS = [f"W-{n}" for n in range(8)]
FUNDS = [f"F-{n}" for n in range(4)]
DONORS = [f"D-{n}" for n in range(30)]
PLACES = ["420106001001", "420106001002", "420106002001"]
PURPOSES = ["medical_aid", "education_aid", "living_aid"]
LIMIT = 2
"""Caseload of a worker."""

# Written by hand, not derived from the table that is tested.
AFTER: dict[str, dict[str, str]] = {
    "new": {"placed": "placed"},
    "placed": {"dispatched": "dispatched", "escalated": "escalated", "cancelled": "cancelled", "failed": "failed"},
    "dispatched": {
        "dispatched": "dispatched", "held": "dispatched", "accepted": "accepted", "declined": "declined",
        "timed_out": "timed_out", "escalated": "escalated", "cancelled": "cancelled", "failed": "failed",
    },
    "declined": {"redispatched": "dispatched", "escalated": "escalated", "cancelled": "cancelled", "failed": "failed"},
    "timed_out": {"redispatched": "dispatched", "escalated": "escalated", "cancelled": "cancelled", "failed": "failed"},
    "escalated": {
        "dispatched": "dispatched", "redispatched": "dispatched", "escalated": "escalated",
        "cancelled": "cancelled", "failed": "failed",
    },
    **{
        status: {
            "partly_done": "partly_done", "done": "done", "backed_out": "declined", "cancelled": "cancelled",
            "failed": "failed", **({"started": "in_progress"} if status == "accepted" else {}),
        }
        for status in ("accepted", "in_progress", "partly_done")
    },
    "done": {"confirmed": "confirmed", "reopened": "in_progress"},
    "confirmed": {}, "cancelled": {}, "failed": {},
}  # fmt: skip


class Model:
    """Books kept beside the state: who is busy when, what became of every order, every fen and piece."""

    def __init__(self) -> None:
        self.status: dict[str, str] = {}
        self.booked: dict[str, dict[str, tuple[str, int, int] | None]] = defaultdict(dict)
        self.client: dict[str, str] = {}
        self.crew: dict[str, list[str]] = {}
        self.roles: dict[str, list[int]] = {}
        self.hours: dict[str, tuple[str, int, int] | None] = {}
        self.open_end: set[str] = set()
        self.cash: Counter[str] = Counter()
        self.accounts: Counter[str] = Counter()
        self.lots: dict[str, Counter[str]] = {}
        self.in_fen = self.out_fen = 0

    def see(self, event: Event) -> None:
        """Take one event into the books."""
        total = 0
        for account, fen in event.data.get("lines", ()):
            assert type(fen) is int, event.kind
            self.accounts[account] += fen
            total += fen
            assert not account.startswith("Assets:") or self.accounts[account] >= 0, (
                event.kind,
                account,
            )
        assert total == 0, (event.kind, total)
        subject, _, what = event.kind.partition(".")
        if subject == "order":
            self._order(event, event.stream.removeprefix("order/"), what)

    def _order(self, event: Event, order: str, what: str) -> None:
        before = self.status.get(order, "new")
        last = event.data.get("last", True)
        if what in ("declined", "timed_out") and not last:
            assert before == "dispatched"
            return
        assert what in AFTER[before], (order, before, what)
        self.status[order] = AFTER[before][what]
        if what == "placed":
            self._placed(event, order)
        elif what in ("accepted", "reopened"):
            if what == "accepted":
                self._accepted(event, order)
            for helper in self.crew[order]:
                self._book(helper, order)
        elif what in ("done", "backed_out", "cancelled", "failed"):
            for held in self.booked.values():
                held.pop(order, None)

    def _placed(self, event: Event, order: str) -> None:
        data = event.data
        self.client[order] = event.ref or ""
        self.roles[order] = list(range(len(data.get("roles", ())))) or [-1]
        self.hours[order] = None
        if data.get("starts") is not None:
            if "ends" not in data:
                self.open_end.add(order)
            ends = data.get("ends", data["starts"] + data["amount"])
            self.hours[order] = (data["on_day"], data["starts"], ends)

    def _accepted(self, event: Event, order: str) -> None:
        helpers = event.data["helpers"]
        assert [role for role, *_ in helpers] == self.roles[order], (order, helpers)
        self.crew[order] = [helper for _, helper, _, _, _ in helpers]
        if order in self.open_end:  # as long as what is left to do takes
            day, starts, _ = self.hours[order] or ("", 0, 0)
            self.hours[order] = (day, starts, starts + helpers[0][4])

    def _book(self, helper: str, order: str) -> None:
        mine = self.hours[order]
        for other, theirs in self.booked[helper].items():
            if mine and theirs and other != order and helper[0] in "VW" and mine[0] == theirs[0]:
                assert not (mine[1] < theirs[2] and theirs[1] < mine[2]), (helper, order, other)
        self.booked[helper][order] = mine
        if helper[0] == "W":
            assert len({self.client[o] for o in self.booked[helper]}) <= LIMIT, (helper, order)


class Driver:
    """Draws commands from one generator and runs them on `store`, checking each against the model."""

    def __init__(self, rng: np.random.Generator, store: MemoryStore | None = None) -> None:
        self.rng = rng
        self.store = MemoryStore(DOMAIN, load_plugins("pingliang")) if store is None else store
        self.model = Model()
        self.clock = START
        self.orders: list[str] = []
        self.commitments: list[str] = []
        self.gifts: list[str] = []
        self.payments: list[str] = []
        self.lots: list[str] = []
        self.issues: list[str] = []
        self.serial = 0
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._set_up()

    def _set_up(self) -> None:
        skills = {
            skill for c in load_plugins("pingliang").categories.values() for skill in c.skills
        }
        able = tuple(sorted(skills))
        helpers = [
            *(
                Helper(v, "volunteers", vetted_on=None if i % 3 else "2025-06-01", skills=able)
                for i, v in enumerate(VOLUNTEERS)
            ),
            *(
                Helper(
                    w, "social_workers", vetted_on="2025-06-01", caseload_limit=LIMIT, skills=able
                )
                for w in WORKERS
            ),
            *(Helper(f, "funds") for f in FUNDS),
        ]
        self.do(orders.enroll, helpers=helpers)
        for fund in FUNDS:
            self.do(money.open_fund, id=fund, name=fund, host="O-1", nature="mixed")
        self.do(
            money.open_pool,
            id="P-1",
            sponsor="O-9",
            fen=5_000_000,
            gift_cap=20_000,
            donor_cap=100_000,
        )
        self.do(goods.open_warehouse, id="K-1", name="仓库")

    # --- running --------------------------------------------------------------------------------

    def do(self, command: Any, by: str = "S-1", **arguments: Any) -> Receipt | None:
        """Run one command; None where it was refused, which must leave no trace."""
        self.clock += dt.timedelta(seconds=int(self.rng.integers(1, 400)))
        before = len(self.store.log)
        try:
            receipt = self.store.run(Act(self.clock.isoformat(), by), command, **arguments)
        except RefusedError:
            if len(self.store.log) != before:
                raise AssertionError(f"{command.__name__} was refused and left a trace") from None
            self.refused[command.__name__] += 1
            return None
        self.done[command.__name__] += 1
        for event in receipt.events:
            self.model.see(event)
        return receipt

    def step(self) -> None:
        """Draw one command and run it."""
        STEPS[int(self.rng.choice(len(STEPS), p=ODDS))](self)

    def pick(self, items: list[Any]) -> Any:
        """Return one of `items`, the later ones more often: old orders are mostly finished."""
        n = len(items)
        return items[n - 1 - min(int(self.rng.exponential(25)), n - 1)] if n else "none"

    def in_status(self, *statuses: str) -> Any:
        """Return an order in one of `statuses`, now and then any other."""
        found = [o.id for status in statuses for o in self.store.state.find("order", status=status)]
        return self.any_of(found) if found and self.rng.random() < 0.9 else self.pick(self.orders)

    def any_of(self, items: Any) -> Any:
        """Return one of `items`."""
        found = list(items)
        return found[int(self.rng.integers(len(found)))]

    def name(self, letter: str) -> str:
        """Return a new id."""
        self.serial += 1
        return f"{letter}-{self.serial}"

    # --- orders ---------------------------------------------------------------------------------

    def place_service(self) -> None:
        """An order for an hour or two, often at a fixed time, now and then with a minor."""
        day = (self.clock + dt.timedelta(days=int(self.rng.integers(0, 2)))).date().isoformat()
        starts = int(self.rng.integers(9, 13)) * 60
        timed: dict[str, Any] = {}
        if self.rng.random() < 0.8:
            timed = {"on_day": day, "starts": starts, "ends": starts + 90}
            if self.rng.random() < 0.2:
                del timed["ends"]  # nobody said when it ends: it takes as long as the work
        self._place(category="activity_company", form="service", dimension="minute", amount=60,
                    minor=bool(self.rng.random() < 0.2), **timed)  # fmt: skip

    def place_team(self) -> None:
        """An order for three at once: a teacher, an assistant and a coach, or nobody."""
        day = (self.clock + dt.timedelta(days=int(self.rng.integers(0, 4)))).date().isoformat()
        self._place(category="craft_class", amount=1, on_day=day, starts=840, ends=960)

    def place_money(self) -> None:
        """An order for money."""
        self._place(category=self.any_of(PURPOSES), form="money", dimension="fen", amount=int(self.rng.integers(1, 40_000)))  # fmt: skip

    def place_goods(self) -> None:
        """An order for some pieces."""
        self._place(
            category="food", form="goods", dimension="piece", amount=int(self.rng.integers(1, 12))
        )

    def _place(self, **fields: Any) -> None:
        urgency = self.any_of(["emergency", "urgent", "normal", "normal", "low"])
        order = self.name("O")
        if self.do(orders.place, order=order, client=self.any_of(CLIENTS), place=self.any_of(PLACES), urgency=urgency, **fields):  # fmt: skip
            self.orders.append(order)

    def _kind(self, order: str) -> list[str]:
        found = self.store.state.get("order", order)
        form = found.form if found else "service"
        return {"money": FUNDS, "goods": self.lots or ["none"]}.get(form, VOLUNTEERS + 4 * WORKERS)

    def dispatch(self) -> None:
        """Ask up to three helpers of the kind that fits, rarely others."""
        order = self.in_status("placed", "declined", "timed_out", "escalated")
        pool = self._kind(order) if self.rng.random() < 0.95 else VOLUNTEERS
        to: list[Any] = sorted({self.any_of(pool) for _ in range(int(self.rng.integers(1, 4)))})
        found = self.store.state.get("order", order)
        if found is not None and found.roles:
            to = [(role, self.any_of(VOLUNTEERS + 4 * WORKERS)) for role in range(len(found.roles))]
        again = found is not None and found.status in ("declined", "timed_out")
        self.do(orders.redispatch if again else orders.dispatch, order=order, to=to)

    def _asked(self, order: str) -> str:
        calls = self.store.state.find("call", order=order)
        live = [c.helper for c in calls if c.state in ("asked", "held", "accepted")]
        return (
            str(self.any_of(live))
            if live and self.rng.random() < 0.9
            else str(self.any_of(VOLUNTEERS))
        )

    def accept(self) -> None:
        """Somebody accepts, asked or not; a second one never wins."""
        order = self.in_status("dispatched")
        helper = self._asked(order)
        before = self.model.status.get(order)
        receipt = self.do(orders.accept, order=order, helper=helper, by=helper)
        assert receipt is None or before == "dispatched", (order, before)

    def decline(self) -> None:
        """Somebody says no."""
        order = self.in_status("dispatched")
        self.do(
            orders.decline, order=order, helper=self._asked(order), reason=self.any_of(DECLINES)
        )

    def back_out(self) -> None:
        """Somebody does not go on."""
        order = self.in_status("accepted", "in_progress", "partly_done")
        self.do(
            orders.back_out, order=order, helper=self._asked(order), reason=self.any_of(BACK_OUTS)
        )

    def time_out(self) -> None:
        """Time passes, and silence is acted upon."""
        self.clock += dt.timedelta(hours=int(self.rng.integers(0, 6)))
        self.do(orders.time_out)

    def work(self) -> None:
        """One of the steps of the work, whether it is its turn or not."""
        action = int(self.rng.integers(0, 7))
        order = self.in_status(
            *(("accepted", "in_progress", "partly_done") if action <= 3 else ("done",))
        )
        if action == 0:
            self.do(orders.start, order=order)
        elif action == 1:
            self.do(orders.report_part, order=order, amount=int(self.rng.integers(0, 20)))
        elif action <= 3:
            self.do(orders.complete, order=order)
        elif action <= 5:
            self.do(orders.confirm, order=order, rating=int(self.rng.integers(1, 7)))
        else:
            self.do(orders.reopen, order=order, reason=self.any_of(REOPENS))

    def end(self) -> None:
        """An order is cancelled, fails or goes up."""
        order, action = self.pick(self.orders), int(self.rng.integers(0, 4))
        if action == 0:
            self.do(orders.cancel, order=order, reason=self.any_of(CANCELS))
        elif action == 1:
            self.do(orders.fail, order=order, reason=self.any_of(FAILURES))
        else:
            self.do(orders.escalate, order=order)

    # --- money ----------------------------------------------------------------------------------

    def give(self) -> None:
        """Some gifts come in, restricted or not, sometimes of nonsense amounts."""
        gifts = []
        for _ in range(int(self.rng.integers(1, 4))):
            fen = int(self.rng.integers(1, 60_000)) if self.rng.random() < 0.97 else 0
            earmark: dict[str, Any] = {}
            if self.rng.random() < 0.3:
                earmark = {"purposes": [self.any_of(PURPOSES)]}
            elif self.rng.random() < 0.2:
                earmark = {"places": [self.any_of(PLACES)]}
            gifts.append({"fund": self.any_of(FUNDS), "fen": fen, "donor": self.any_of(DONORS), "donor_kind": "person", "earmark": earmark})  # fmt: skip
        receipt = self.do(money.receive, gifts=gifts)
        if receipt is not None:
            self.gifts += receipt.answer["gifts"]
            matched = sum(fen for _, _, fen in receipt.answer["matched"])
            self.model.in_fen += sum(g["fen"] for g in gifts) + matched

    def commit(self) -> None:
        """Money is set aside for something that nobody ordered."""
        item = {"fund": self.any_of(FUNDS), "fen": int(self.rng.integers(0, 30_000)), "category": self.any_of(PURPOSES), "place": self.any_of(PLACES), "client": self.any_of(CLIENTS)}  # fmt: skip
        receipt = self.do(money.commit, items=[item])
        if receipt is not None:
            self.commitments += receipt.answer

    def pay(self) -> None:
        """A commitment is paid, in full or in part, or given up."""
        held = self.store.state.find("commitment", status="open")
        known = [c.id for c in held[-40:]] + self.commitments[-3:]
        if not known:
            return
        key = self.any_of(known)
        if self.rng.random() < 0.15:
            self.do(money.release, commitments=[key])
            return
        item: dict[str, Any] = {"commitment": key}
        if self.rng.random() < 0.4:
            item["fen"] = int(self.rng.integers(0, 20_000))
        if self.rng.random() < 0.1:
            item["emergency"] = "no_food"
        receipt = self.do(money.pay, items=[item])
        if receipt is not None:
            self.payments += receipt.answer
            self.model.out_fen += sum(
                self.store.state.get("payment", p).fen for p in receipt.answer
            )

    def give_back(self) -> None:
        """A donor or a payee gives back, or money moves between funds."""
        action = int(self.rng.integers(0, 3))
        if action == 0 and self.payments:
            receipt = self.do(
                money.take_back,
                payment=self.pick(self.payments),
                fen=int(self.rng.integers(0, 5_000)),
            )
            self.model.out_fen -= receipt.answer if receipt else 0
        elif action == 1 and self.gifts:
            gift = self.pick(self.gifts)
            named = [gift, f"{gift}+P-1"] if self.rng.random() < 0.3 else [gift]
            part = {"fen": int(self.rng.integers(1, 20_000))} if self.rng.random() < 0.5 else {}
            receipt = self.do(money.refund, gifts=named, **part)
            if receipt is not None:
                back = receipt.answer
                self.model.in_fen -= sum(f for _, f in back["refunds"]) + sum(
                    f for _, _, f in back["to_pools"]
                )
        elif self.gifts:
            source, target = self.any_of(FUNDS), self.any_of(FUNDS)
            self.do(money.transfer, source=source, target=target, takes=[(self.pick(self.gifts), int(self.rng.integers(1, 2_000)))])  # fmt: skip

    # --- goods ----------------------------------------------------------------------------------

    def deliver(self) -> None:
        """A lot comes in, and is mostly inspected."""
        lot = self.name("L")
        expires = (self.clock + dt.timedelta(days=int(self.rng.integers(5, 90)))).date()
        worth = int(self.rng.integers(1, 900)) if self.rng.random() < 0.7 else None
        arrival = Arrival(lot, "K-1", "大米", int(self.rng.integers(1, 60)), unit_value_fen=worth, expires_on=expires, checked=bool(self.rng.random() < 0.8))  # fmt: skip
        if self.do(goods.receive, arrivals=[arrival]) is None:
            return
        self.lots.append(lot)
        self.lots = self.lots[-25:]
        kept = Helper(lot, "resources", PLACES[0])
        self.do(orders.enroll, helpers=[kept])

    def keep(self) -> None:
        """Something happens in the warehouse."""
        lot, n = self.pick(self.lots), int(self.rng.integers(0, 10))
        action = int(self.rng.integers(0, 6))
        if action == 0:
            self.do(goods.inspect, lot=lot, passed=n, rejected=1, reason="damaged")
        elif action == 1:
            self.do(goods.write_off, lot=lot, reason="damaged", quantity=n)
        elif action == 2:
            issue = self.name("I")
            if self.do(goods.issue, id=issue, quantity=n, warehouse="K-1", item="大米", recipient=self.any_of(CLIENTS), recipient_kind="households"):  # fmt: skip
                self.issues.append(issue)
        elif action == 3 and self.issues:
            self.do(goods.bring_back, issue=self.pick(self.issues), reason="not_needed", quantity=n)
        elif action == 4:
            self.do(goods.count, lot=lot, counted=n, reason="lost")
        elif self.rng.random() < 0.1:
            self.do(goods.recall, lot=lot, reason="defect")

    # --- the whole ------------------------------------------------------------------------------

    def check(self) -> None:
        """Compare the state with the books, and let the independent checkers look at all events."""
        state = self.store.state
        assert {o.id: o.status for o in state.find("order")} == self.model.status
        assert set(self.model.status) == set(self.orders)
        accounts = {a.id: a.fen for a in state.find("account") if a.fen}
        assert accounts == {name: fen for name, fen in self.model.accounts.items() if fen}
        cash = sum(fen for name, fen in accounts.items() if name.startswith("Assets:Cash:"))
        assert cash == self.model.in_fen - self.model.out_fen, (
            cash,
            self.model.in_fen,
            self.model.out_fen,
        )
        for fund in state.find("fund"):
            came = fund.received_fen + fund.matched_fen + fund.moved_in_fen
            went = (
                fund.free_fen
                + fund.committed_fen
                + fund.spent_fen
                + fund.refunded_fen
                + fund.moved_out_fen
            )
            assert came == went, fund.id
        self._check_orders()
        for helper in (*VOLUNTEERS, *WORKERS):
            taken = {c.order for c in state.find("call", helper=helper, state="accepted")}
            assert taken == set(self.model.booked[helper]), helper
        wrong = tuple(money.check_ledger(self.store.log))
        assert wrong == ()
        found = tuple(goods.check_goods(self.store.log))
        assert found == ()

    def _check_orders(self) -> None:
        """No order for money is paid more than it asks for, whoever pays; no goods are set aside for one twice."""
        state = self.store.state
        paid: Counter[str] = Counter()
        for held in state.find("commitment"):
            if held.order is not None:
                paid[held.order] += held.paid
        for order, fen in paid.items():
            assert fen <= state.get("order", order).amount, order
        aside: Counter[str] = Counter()
        for held in state.find("reservation", status="open"):
            aside[held.order] += sum(n for _, n in held.takes)
        for order, n in aside.items():
            assert n <= state.get("order", order).amount, order


STEPS = [
    Driver.place_service, Driver.place_team, Driver.place_money, Driver.place_goods, Driver.dispatch, Driver.accept, Driver.decline,
    Driver.back_out, Driver.time_out, Driver.work, Driver.end, Driver.give, Driver.commit, Driver.pay,
    Driver.give_back, Driver.deliver, Driver.keep,
]  # fmt: skip
_WEIGHTS = np.array([6, 3, 3, 3, 16, 16, 3, 1.5, 1, 26, 1.5, 4, 3, 6, 2, 2, 5], dtype=float)
ODDS = _WEIGHTS / _WEIGHTS.sum()
