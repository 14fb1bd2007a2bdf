"""Orders one after the other in order of time: asked, answered, begun, done, confirmed, passed on or given up.

Each step does to the columns what the command of `wushe.orders` or `wushe.ledger` of its name does to the store,
with the same guards at the same instants.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from wushe.orders.table import (
    ACTION_CODES,
    ACTIONS,
    FORBIDDEN,
    STATUS_CODES,
    STATUSES,
    UNDER_WAY,
    next_status,
)
from wushe.simulate.city import (
    ACCEPTED,
    DECLINED,
    DONE,
    EMERGENCY,
    EVENT_CODES,
    FUNDS,
    LISTED,
    LOTS,
    MET,
    ORDERED,
    TIMED_OUT,
    VOLUNTEERS,
    WITHDRAWN,
    City,
)
from wushe.simulate.helpers.helping import served
from wushe.simulate.orders.able import A_DAY, PERSONS, Able
from wushe.simulate.orders.foresight import SILENT, Replies, replies
from wushe.simulate.orders.orderbook import (
    ACT_CODES,
    ANSWER,
    CONFIRM,
    FINISH,
    NOTHING,
    OFFICE,
    SECONDS,
    SILENCE,
    START,
    UPWARD,
    Asked,
    Live,
    book_of,
)
from wushe.simulate.resources import stock

_LATE = (SILENCE, UPWARD)
"""Done by one command for all whose time is over, after what else happens in that second."""
_UNDER_WAY = tuple(STATUS_CODES[status] for status in UNDER_WAY)
_ENDS = {"fail": "order_failed", "cancel": "order_cancelled"}
_AFTER = next_status(np.arange(len(STATUSES))[:, None], np.arange(len(ACTIONS))[None, :]).tolist()
"""Status codes by status and action: `next_status` of all of them, as lists."""
_INSTANTS = ("due", "accepted", "done", "confirmed", "ended", "next")
_NUMBERS = ("status", "kind", "provider", "round", "call", "step", "used")


class Desk:
    """Works through what happens to orders; `close` writes it to the columns and the log of the city."""

    def __init__(self, city: City, able: Able, known: Replies | None = None) -> None:
        self.city, self.book, self.able = city, book_of(city), able
        self.known = {} if known is None else known
        self.needs = {name: city.needs[name] for name in ("state", "left", "ordered", "closed")}
        self.day_begins, self.day_ends, *self.office = (
            round(city[f"ordering.{name}"] * SECONDS)
            for name in (
                "begins",
                "ends",
                "office_low",
                "office_normal",
                "office_urgent",
                "office_emergency",
            )
        )
        self._first_call = len(city.calls)
        self._calls: list[tuple[int, int, int, float, int]] = []
        self._states: dict[int, int] = {}
        self._touched: dict[int, Live] = {}
        self._said: list[tuple[int, int, int, int, int, int]] = []
        self._acts: list[tuple[int, int, int, int]] = []
        self._served: list[tuple[int, int, int]] = []

    def run(self, until: int) -> None:
        """Do everything that happens up to second `until`, included, in order of time."""
        heap, book = self.book.heap, self.book.live
        while heap and heap[0][0] <= until:
            sec, late, _, _, order = heapq.heappop(heap)
            live = book.get(order)
            if live is not None and live.next == sec and late == (live.step in _LATE):
                _STEPS[live.step](self, live, sec)

    def ask(self, live: Live, sec: int, action: str) -> bool:
        """Ask the best who are able now; False where nobody is."""
        ranks = self.able.best(live, sec)
        if not ranks:
            return False
        self._move(live, action)
        live.waiting = []
        for rank in ranks:
            said = self._reply(live, rank, sec)
            call = self._first_call + len(self._calls)
            self._calls.append((live.order, said.kind, said.helper, sec / SECONDS, live.minutes))
            self.book.calls[call] = said
            live.asked |= 1 << rank
            live.waiting.append(call)
            self.able.hold(live, said.kind, said.helper, sec)
        self._holds(live, live.waiting[0])
        live.used += len(ranks)
        live.round += 1
        live.due = sec + live.rules.answer[live.urgency]
        self._say(f"order_{action}ed", sec, live, live.kind, live.provider)
        self._wait(live)
        return True

    def fail(self, live: Live, sec: int) -> None:
        """Close an order that nobody takes or that came to nothing."""
        self._end(live, sec, "fail")

    def cancel(self, live: Live, sec: int) -> None:
        """Take back an order that is not needed any more."""
        self._end(live, sec, "cancel")

    def close(self) -> None:
        """Write what happened to the columns and the log, and let helpers feel what they did."""
        if self._calls:
            order, kind, provider, at, minutes = zip(*self._calls, strict=True)
            self.city.calls.append(
                len(order), order=order, kind=kind, provider=provider, at=at, minutes=minutes
            )
        if self._states:
            self.city.calls["state"][list(self._states)] = list(self._states.values())
        self._write()
        self._log()
        if self._served:
            who, minutes_, category = np.array(self._served, dtype=np.int64).T
            served(self.city, who, minutes_, category)

    def _write(self) -> None:
        touched, orders = self._touched.values(), self.city.orders
        if not touched:
            return
        rows = list(self._touched)
        for name in _NUMBERS:
            orders[name][rows] = [getattr(live, name) for live in touched]
        for name in _INSTANTS:
            secs = np.array([getattr(live, name) for live in touched])
            orders[name][rows] = np.where(secs < 0, np.nan, secs / SECONDS)

    def _log(self) -> None:
        if self._acts:
            sec, act, order, call = np.array(self._acts, dtype=np.int64).T
            self.book.acts.append(len(sec), sec=sec, act=act, order=order, call=call)
        if not self._said:
            return
        sec, kind, order, helper_kind, helper, amount = np.array(self._said, dtype=np.int64).T
        need = self.city.orders["need"][order]
        self.city.log.append(
            len(sec), at=sec / SECONDS, kind=kind, order=order, need=need, amount=amount,
            household=self.city.needs["household"][need], helper_kind=helper_kind, helper=helper,
        )  # fmt: skip
        for code, n in enumerate(np.bincount(kind).tolist()):
            if n:
                self.city.count(_EVENT_NAMES[code], n)

    def _reply(self, live: Live, rank: int, sec: int) -> Asked:
        key = live.order, rank, sec
        if key not in self.known:
            self.known.update(replies(self.city, [(live, rank, sec)]))
        return self.known[key]

    def _wait(self, live: Live) -> None:
        """Set when the next answer comes, or the time to answer is over."""
        calls = self.book.calls
        secs = [calls[call].sec for call in live.waiting]
        soon = [sec for sec in secs if sec != SILENT and sec <= live.due]
        if soon:
            self._next(live, min(soon), ANSWER)
        else:
            self._next(live, live.due, SILENCE)

    def _answer(self, live: Live, sec: int) -> None:
        call = next(c for c in live.waiting if self.book.calls[c].sec == sec)
        said = self.book.calls[call]
        if said.says == ACCEPTED and self._takes(live, said, sec):
            self._accept(live, call, sec)
            return
        self._act("decline", live, sec, call)
        self._say("order_declined", sec, live, said.kind, said.helper)
        self._let_go(live, call, DECLINED)
        live.waiting.remove(call)
        if live.waiting:
            self._move(live, "drop_one")
            self._wait(live)
        else:
            self._move(live, "decline")
            self._go_on(live, sec)

    def _takes(self, live: Live, said: Asked, sec: int) -> bool:
        """Return whether somebody who wants to accept may; goods and money are set aside with it."""
        kind, helper = said.kind, said.helper
        if kind == LOTS:
            most = int(self.city.lots["per_need"][helper])
            fits = self.able.good(helper, sec) and (most < 0 or live.amount <= most)
            return fits and bool(stock.reserve(self.city, helper, live.amount)[0])
        if kind == FUNDS:
            cap, given = int(self.city.funds["per_need"][helper]), self.book.given
            fen = given.get((live.need, helper), 0) + live.amount
            if 0 <= cap < fen or not self.city.money.commit(helper, live.amount)[0]:
                return False
            given[live.need, helper] = fen
            return True
        return self.able.fit(live, kind, helper, sec)

    def _accept(self, live: Live, call: int, sec: int) -> None:
        self._move(live, "accept")
        for other in live.waiting:
            if other != call:
                self._let_go(live, other, WITHDRAWN)
        live.waiting, live.round, live.due, live.accepted = [call], 0, -1, sec
        self._holds(live, call)
        self._states[call] = ACCEPTED
        self._act("accept", live, sec, call)
        self._say("order_accepted", sec, live, live.kind, live.provider)
        self._next(live, self._begins(live, sec + live.lead), START)

    def _begins(self, live: Live, sec: int) -> int:
        """Return the second at which work begins that could at `sec`: by day, but for an emergency."""
        if live.urgency == EMERGENCY:
            return sec
        day, second = divmod(sec, A_DAY)
        if second > self.day_ends:
            day, second = day + 1, self.day_begins
        return day * A_DAY + max(second, self.day_begins)

    def _silence(self, live: Live, sec: int) -> None:
        self._move(live, "time_out")
        for call in live.waiting:
            self._act("time_out", live, sec, call)
            self._say("order_timed_out", sec, live, *self.book.calls[call][:2])
            self._let_go(live, call, TIMED_OUT)
        live.waiting = []
        self._go_on(live, sec, silent=True)

    def _go_on(self, live: Live, sec: int, *, silent: bool = False) -> None:
        """Ask the next best of an order that nobody took, or take it up: `wushe.orders.asking.go_on`."""
        rounds = 1 if silent and live.urgency == EMERGENCY else live.rules.rounds
        if live.round >= rounds or not self.ask(live, sec, "redispatch"):
            self._go_up(live, sec)

    def _go_up(self, live: Live, sec: int) -> None:
        """Pass an order to the next level; with none above the last one gives it up."""
        decides = sec + self.office[live.urgency]
        live.level += 1
        if live.level > live.rules.levels:
            self._next(live, decides, OFFICE)
            return
        self._move(live, "escalate")
        live.round = 0
        self._say("order_escalated", sec, live)
        late = sec + live.rules.answer[live.urgency]
        live.due = late if live.level < live.rules.levels else -1
        if sec < live.due < decides:
            self._next(live, late, UPWARD)
        else:
            self._next(live, decides, OFFICE)

    def _office(self, live: Live, sec: int) -> None:
        """A level asks who else is able, once; where nobody is, or none is above, the order comes to nothing."""
        if live.level > live.rules.levels or not self.ask(live, sec, "redispatch"):
            self.fail(live, sec)
        else:
            self._act("redispatch", live, sec, live.call)

    def _upward(self, live: Live, sec: int) -> None:
        self._act("time_out", live, sec, live.call)
        self._go_up(live, sec)

    def _start(self, live: Live, sec: int) -> None:
        if not self.able.may_go_on(live, live.kind, live.provider, sec):
            self._back_out(live, sec)
            return
        self._move(live, "start")
        self._act("start", live, sec, live.call)
        minutes = live.amount if live.rules.timed else round(self.city["ordering.handover"])
        days, rest = divmod(max(minutes - 1, 0), round(self.city["ordering.most_a_day"]))
        self._next(live, sec + days * A_DAY + (rest + 1) * SECONDS, FINISH)

    def _back_out(self, live: Live, sec: int) -> None:
        """Ask others for an order whose helper left, or whose goods expired, before work began."""
        self._give_back(live)
        self._move(live, "back_out")
        self._act("back_out", live, sec, live.call)
        self._say("order_declined", sec, live, live.kind, live.provider)
        self._let_go(live, live.call, WITHDRAWN)
        live.waiting = []
        self._go_on(live, sec)

    def _finish(self, live: Live, sec: int) -> None:
        if live.kind == LOTS:
            if not self.able.good(live.provider, sec):
                self.fail(live, sec)
                return
            stock.issue(self.city, live.provider, live.amount)
        self._move(live, "complete")
        self._act("complete", live, sec, live.call)
        self._say("order_done", sec, live, live.kind, live.provider, live.amount)
        self._let_go(live, live.call, DONE)
        live.waiting, live.done = [], sec
        self._done_for(live, sec)
        self._next(live, sec + live.confirm, CONFIRM)

    def _done_for(self, live: Live, sec: int) -> None:
        """Book what a need and a household got, and from whom."""
        needs, house, memory = self.needs, self.city.house, self.city.memory
        needs["ordered"][live.need] -= live.amount
        needs["left"][live.need] -= live.amount
        house["helped"][live.household] += 1
        if live.kind in PERSONS:
            memory["minutes_done"] = memory.get("minutes_done", 0) + live.minutes
        if live.kind == VOLUNTEERS:
            house["last_helper"][live.household] = live.provider
            self._served.append((live.provider, live.minutes, live.category))
        if needs["left"][live.need] <= 0 and needs["state"][live.need] == ORDERED:
            needs["state"][live.need], needs["closed"][live.need] = MET, sec / SECONDS
            self._say("need_met", sec, live, amount=live.amount)

    def _confirm(self, live: Live, sec: int) -> None:
        self._move(live, "confirm")
        self._act("confirm", live, sec, live.call)
        self._say("order_confirmed", sec, live, live.kind, live.provider)
        live.confirmed = sec
        if live.kind == FUNDS:
            self.city.money.pay(live.provider, live.amount)
            self._act("pay", live, sec, live.call)
            self._say("order_paid", sec, live, FUNDS, live.provider, live.amount)
        self._closed(live, sec)

    def _end(self, live: Live, sec: int, action: str) -> None:
        if live.status in _UNDER_WAY:
            self._give_back(live)
        self._move(live, action)
        for call in live.waiting:
            self._let_go(live, call, WITHDRAWN)
        live.waiting, live.due = [], -1
        self._act(action, live, sec, live.call)
        self._say(_ENDS[action], sec, live)
        self.needs["ordered"][live.need] -= live.amount
        self._closed(live, sec)

    def _give_back(self, live: Live) -> None:
        """Free the goods or the money that were set aside for an order that does not come about."""
        if live.kind == LOTS:
            stock.release(self.city, live.provider, live.amount)
        elif live.kind == FUNDS:
            self.city.money.release(live.provider, live.amount)
            self.book.given[live.need, live.provider] -= live.amount

    def _closed(self, live: Live, sec: int) -> None:
        """Put a need of which something is left back on the list once none of its orders is open."""
        live.ended, live.next, live.step = sec, -1, NOTHING
        del self.book.live[live.order]
        counts = self.book.of_needs["open"]
        counts[live.need] -= 1
        if counts[live.need] == 0 and self.needs["state"][live.need] == ORDERED:
            self.needs["state"][live.need] = LISTED

    def _holds(self, live: Live, call: int) -> None:
        """Name the call that counts, and with it who has the order."""
        live.call = call
        live.kind, live.provider, _, _ = self.book.calls[call]

    def _let_go(self, live: Live, call: int, state: int) -> None:
        """End a call."""
        said = self.book.calls.pop(call)
        self._states[call] = state
        self.able.let_go(live, said.kind, said.helper, done=state == DONE)

    def _move(self, live: Live, action: str) -> None:
        after = _AFTER[live.status][ACTION_CODES[action]]
        assert after != FORBIDDEN, (live.order, live.status, action)
        live.status = after
        self._touched[live.order] = live

    def _next(self, live: Live, sec: int, step: int) -> None:
        live.next, live.step = sec, step
        heapq.heappush(self.book.heap, (sec, step in _LATE, *live.turn, live.order))

    def _say(self, event: str, sec: int, live: Live, kind: int = -1, helper: int = -1, amount: int = 0) -> None:  # fmt: skip
        self._said.append((sec, EVENT_CODES[event], live.order, kind, helper, amount))

    def _act(self, act: str, live: Live, sec: int, call: int) -> None:
        self._acts.append((sec, ACT_CODES[act], live.order, call))


_EVENT_NAMES: Sequence[str] = tuple(EVENT_CODES)
_STEPS: Mapping[int, Callable[[Desk, Live, int], None]] = {
    ANSWER: Desk._answer, SILENCE: Desk._silence, START: Desk._start, FINISH: Desk._finish,
    CONFIRM: Desk._confirm, OFFICE: Desk._office, UPWARD: Desk._upward,
}  # fmt: skip
