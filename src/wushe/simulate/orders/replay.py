"""A simulated stretch of time replayed through the store: the same acts as the real commands, and what differs after.

Nothing of the outcome is taken from the simulation: it only says who came, what was given, which plan was made and
who answered what and when. Whom an order goes to next, what is set aside and what an account holds is the store's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import attrs
import numpy as np

from wushe.journal import Act, Event, Receipt, Session, State
from wushe.ledger import goods, money
from wushe.orders import answers, dispatching, enrol, planned, working
from wushe.orders.records import Helper
from wushe.plan import Plan
from wushe.simulate import engine
from wushe.simulate.city import (
    EVENT_CODES,
    FUNDS,
    HELPERS,
    KNOWN_FROM,
    LOTS,
    NEVER_VETTED,
    VOLUNTEERS,
    WORKERS,
    City,
)
from wushe.simulate.engine import Run
from wushe.simulate.names import ids_of
from wushe.simulate.orders.agreement import Difference, differences, instant
from wushe.simulate.orders.enrolled import date_text, helper_of, order_id
from wushe.simulate.orders.orderbook import ACTS, SECONDS, book_of

DESK, OFFICE, WAREHOUSE = "DESK", "OFFICE", "WAREHOUSE-1"
"""Who acts where no helper does, and where all goods lie."""
_A_DAY = 24 * 60 * SECONDS
_KINDS = {
    name: EVENT_CODES[name]
    for name in (
        "gift_received",
        "lot_received",
        "lot_expired",
        "volunteer_left",
        "volunteer_returned",
        "helper_vetted",
    )
}


class Runs(Protocol):
    """What a replay asks of a store: `wushe.MemoryStore` and the stores of `wushe.open_store` have it."""

    def run(self, act: Act, command: Callable[..., Any], /, **arguments: Any) -> Receipt:
        """Run a command as one unit of work."""


@attrs.frozen
class Replayed:
    """How a replay went: how many commands, orders, accounts and lots, and all `differences`, () where there are none."""

    commands: int
    orders: int
    accounts: int
    lots: int
    differences: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        """Whether store and simulation agree in everything."""
        return not self.differences


def replay(run: Run, store: Any) -> Replayed:
    """Do in `store` (an empty one, with the city's plugins) what happened in `run`, all its days, and compare what came of it.

    `run` must have kept its plans: ``run(..., keep_plans=True)``. Compared are the status, helpers and amount of every
    order, the instants of its changes, all requests to helpers with their answers, the balance of every account in
    fen, and what every lot has. Raises RefusedError where the store refuses an act, ValueError for a run without plans.
    """
    if len(run.city.orders) and not run.plans:
        raise ValueError("the run kept no plans; expected run(..., keep_plans=True)")
    desk = _Desk(run, store)
    desk.open()
    for day in range(run.city.day + 1):
        desk.morning(day)
        desk.acts(day)
    with _state(store) as state:
        found = tuple(differences(run.city, state, desk.events))
        accounts = len(money.balances(state))
    return Replayed(desk.commands, len(run.city.orders), accounts, len(run.city.lots), found)


def _state(store: Any) -> AbstractContextManager[State]:
    """Return the state of a store in memory or of a store on disk, for reading."""
    reading = getattr(store, "reading", None)
    return nullcontext(store.state) if reading is None else reading()


class _Desk:
    """Says to the store what happened, day by day."""

    def __init__(self, run: Run, store: Runs) -> None:
        self.city, self.store = run.city, store
        self.start = engine.found(run.scenario, run.city.streams.seed, run.city.plugins)
        self.plans: Mapping[int, Plan] = dict(run.plans)
        self.commands = 0
        self.events: list[Event] = []
        self._log = _by_day(run.city.log["at"] * SECONDS)
        self._acts = _by_day(book_of(run.city).acts["sec"])
        self._vetted = {
            (kind, row): day
            for kind, table in ((VOLUNTEERS, self.start.volunteers), (WORKERS, self.start.workers))
            for row, day in enumerate(table["vetted"].tolist())
        }

    def do(self, sec: int, by: str, command: Callable[..., Any], **arguments: Any) -> Any:
        receipt = self.store.run(Act(at=instant(self.city, sec), by=by), command, **arguments)
        self.commands += 1
        self.events.extend(receipt.events)
        return receipt.answer

    def open(self) -> None:
        """Enroll everybody of the first day, open funds with their first money, and take in the first goods."""
        first = self.start
        rows = (first.volunteers, first.workers, first.lots, first.funds)
        everybody = [(kind, row) for kind, table in enumerate(rows) for row in range(len(table))]
        self.do(0, DESK, enrol.enroll, helpers=[helper_of(first, kind, row) for kind, row in everybody])  # fmt: skip
        self.do(0, OFFICE, goods.open_warehouse, id=WAREHOUSE, name=WAREHOUSE)
        self._receive(0, first, np.arange(len(first.lots)))
        for row, fund in enumerate(ids_of("funds", np.arange(len(first.funds))).tolist()):
            cap = int(first.funds["per_need"][row])
            self.do(
                0, OFFICE, money.open_fund, id=fund, name=fund, host=OFFICE, per_need_fen=None if cap < 0 else cap,
                purposes=first.purpose_sets[first.funds["purposes"][row]],
            )  # fmt: skip
            fen = int(first.money.received[row])
            if fen:
                gift = {"fund": fund, "fen": fen, "nature": "collective", "donor": OFFICE, "donor_kind": "organization"}  # fmt: skip
                self.do(0, OFFICE, money.receive, gifts=[gift])
        self._pools()

    def _pools(self) -> None:
        funds = ids_of("funds", np.arange(len(self.city.funds)))
        for campaign in self.city.scenario.campaigns:
            if campaign.pool_fen:
                last = campaign.first + campaign.days
                self.do(
                    0, OFFICE, money.open_pool, id=campaign.pool, sponsor="SPONSOR", fen=campaign.pool_fen,
                    numerator=campaign.numerator, denominator=campaign.denominator,
                    fund=None if campaign.fund is None else str(funds[campaign.fund]),
                    gift_cap=campaign.gift_cap, donor_cap=campaign.donor_cap,
                    opens=instant(self.city, campaign.first * _A_DAY), closes=instant(self.city, last * _A_DAY),
                )  # fmt: skip

    def morning(self, day: int) -> None:
        """Say who came or went, what was given, what expired and what arrived, in the first second of a day."""
        log, sec = self.city.log, day * _A_DAY
        rows = self._log.get(day, np.zeros(0, dtype=np.int64))
        self._enroll(sec, day, rows)
        by_kind = {name: rows[log["kind"][rows] == code] for name, code in _KINDS.items()}
        gifts = by_kind["gift_received"]
        if len(gifts):
            self.do(sec, OFFICE, money.receive, gifts=list(self._gifts(day, gifts)))
        for lot in ids_of("resources", log["helper"][by_kind["lot_expired"]]).tolist():
            self.do(sec, OFFICE, goods.write_off, lot=lot, reason="expired")
        lots = log["helper"][by_kind["lot_received"]]
        self._receive(sec, self.city, lots)

    def _enroll(self, sec: int, day: int, rows: Any) -> None:
        city, first = self.city, len(self.start.volunteers)
        new = first + np.flatnonzero(city.volunteers["joined"][first:] == day)
        for row in new.tolist():
            never = city.volunteers["vetted"][row] < KNOWN_FROM
            self._vetted[VOLUNTEERS, row] = NEVER_VETTED if never else day
        vetted = self._said(rows, "helper_vetted")
        self._vetted.update(dict.fromkeys(vetted, day))
        gone = self._said(rows, "volunteer_left")  # some of them had come back on the same day
        here = [*self._said(rows, "volunteer_returned"), *vetted, *((VOLUNTEERS, row) for row in new.tolist())]  # fmt: skip
        last = date_text(city, day - 1)
        changed = {one: self._helper(*one) for one in here}
        changed |= {one: attrs.evolve(self._helper(*one), available_to=last) for one in gone}
        if changed:
            self.do(sec, DESK, enrol.enroll, helpers=list(changed.values()))

    def _said(self, rows: Any, event: str) -> list[tuple[int, int]]:
        """Return of which helpers `rows` of the log say `event`, as (kind, row)."""
        log = self.city.log
        rows = rows[log["kind"][rows] == _KINDS[event]]
        return list(zip(log["helper_kind"][rows].tolist(), log["helper"][rows].tolist(), strict=True))  # fmt: skip

    def _helper(self, kind: int, row: int) -> Helper:
        """Return a volunteer or a social worker as of today: what the city knows of vetting is that of its last day."""
        vetted = date_text(self.city, self._vetted[kind, row])
        return attrs.evolve(helper_of(self.city, kind, row), vetted_on=vetted)

    def _gifts(self, day: int, rows: Any) -> Iterator[dict[str, Any]]:
        log, households = self.city.log, self.city.people.tables["households"].ids
        funds = ids_of("funds", log["helper"][rows])
        for number, (row, fund) in enumerate(zip(rows.tolist(), funds.tolist(), strict=True)):
            donor = int(log["household"][row])
            gift = {
                "id": f"G-{day:05d}-{number:05d}", "fund": fund, "fen": int(log["amount"][row]),
                "at": instant(self.city, round(float(log["at"][row]) * SECONDS)),
            }  # fmt: skip
            if donor >= 0:
                gift |= {"donor": str(households[donor]), "donor_kind": "person"}
            else:
                gift["donor_kind"] = "anonymous"
            yield gift

    def _receive(self, sec: int, city: City, lots: Any) -> None:
        """Take in lots, and enroll them as helpers: they are asked like everybody else."""
        arrivals = []
        for row, key in zip(lots.tolist(), ids_of("resources", lots).tolist(), strict=True):
            category = city.categories[city.lots["category"][row]]
            most, expires = int(city.lots["per_need"][row]), int(city.lots["expires"][row])
            arrivals.append(
                goods.Arrival(
                    key, WAREHOUSE, category, int(city.lots["received"][row]),
                    unit=city.plugins.categories[category].dimension, serves=(category,),
                    per_need=None if most < 0 else most, checked=True,
                    expires_on=None if expires < 0 else city.scenario.start + dt.timedelta(days=expires),
                )
            )  # fmt: skip
        if arrivals:
            self.do(sec, OFFICE, goods.receive, arrivals=arrivals)
            self.do(sec, DESK, enrol.enroll, helpers=[helper_of(city, LOTS, row) for row in lots.tolist()])  # fmt: skip

    def acts(self, day: int) -> None:
        """Do what people did about orders, act by act; who was silent at one instant is one act."""
        acts, last = book_of(self.city).acts, -1
        for row in self._acts.get(day, np.zeros(0, dtype=np.int64)).tolist():
            sec, act = int(acts["sec"][row]), ACTS[acts["act"][row]]
            if act == "dispatch":
                self.do(sec, DESK, planned.dispatch_plan, plan=self.plans[day])
            elif act == "time_out":
                if sec != last:
                    self.do(sec, DESK, answers.time_out)
                last = sec
            else:
                self._act(act, sec, int(acts["order"][row]), int(acts["call"][row]))

    def _act(self, act: str, sec: int, order: int, call: int) -> None:
        key, helper = order_id(self.city, order), "" if call < 0 else _helper(self.city, call)
        kind = -1 if call < 0 else int(self.city.calls["kind"][call])
        if act in _BY_HELPER:
            command, more = _BY_HELPER[act]
            reason = {"reason": "no_stock"} if more and kind in (LOTS, FUNDS) else more
            self.do(sec, helper, command, order=key, helper=helper, **reason)
        elif act == "complete" and kind == LOTS:
            self.do(sec, helper, _hand_over, order=key)
        else:
            command, more = _PLAIN[act]
            self.do(sec, DESK, command, order=key, **more)


def _hand_over(s: Session, *, order: str) -> None:
    """Give out what is set aside for an order, which is done with that."""
    goods.issue(s, id=f"I-{order}", order=order)
    working.complete(s, order=order)


def _pay(s: Session, *, order: str) -> None:
    """Pay what is committed for an order."""
    held = s.state.find("commitment", order=order)
    money.pay(s, items=[{"commitment": one.id} for one in held if one.status == "open"])


_BY_HELPER: Mapping[str, tuple[Callable[..., Any], dict[str, str]]] = {
    "accept": (answers.accept, {}),
    "decline": (answers.decline, {"reason": "busy"}),
    "back_out": (working.back_out, {"reason": "other"}),
}
_PLAIN: Mapping[str, tuple[Callable[..., Any], dict[str, str]]] = {
    "start": (working.start, {}),
    "complete": (working.complete, {}),
    "confirm": (working.confirm, {}),
    "pay": (_pay, {}),
    "redispatch": (dispatching.redispatch, {}),
    "fail": (working.fail, {"reason": "nobody_left"}),
    "cancel": (working.cancel, {"reason": "served_otherwise"}),
}


def _by_day(secs: Any) -> dict[int, Any]:
    """Return the rows of each day, in their order."""
    days = np.asarray(secs).astype(np.int64) // _A_DAY
    return {int(day): np.flatnonzero(days == day) for day in np.unique(days).tolist()}


def _helper(city: City, call: int) -> str:
    kind = int(city.calls["kind"][call])
    return str(ids_of(HELPERS[kind], city.calls["provider"][call : call + 1])[0])
