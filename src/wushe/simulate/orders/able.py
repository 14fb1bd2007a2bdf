"""Who may be asked for an order now: the guards of `wushe.orders.guards` on the columns of the city."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wushe.orders.desk import FATIGUE_DAYS
from wushe.orders.guards import VETTING_DAYS
from wushe.simulate.city import DAY, FUNDS, VOLUNTEERS, WORKERS
from wushe.simulate.orders.orderbook import SECONDS, Live, book_of

if TYPE_CHECKING:
    from wushe.simulate.city import City

PERSONS = (VOLUNTEERS, WORKERS)
A_DAY = int(DAY) * SECONDS
"""Seconds of a day."""
_LATELY = FATIGUE_DAYS * A_DAY


class Able:
    """Looks at helpers one by one, and counts what they are asked: minutes of the week, requests, households."""

    def __init__(self, city: City) -> None:
        self.book = book_of(city)
        people = city.volunteers, city.workers
        self._open, self._done, self._weekly, self._vetted = (
            [rows[name] for rows in people] for name in ("open", "done", "weekly", "vetted")
        )
        self._active, self._home = city.volunteers["active"], city.volunteers["household"]
        self._limit, self._caseload = city.workers["limit"], city.workers["caseload"]
        self._expires = city.lots["expires"]

    def best(self, live: Live, sec: int, spare: int = 0, asked: int | None = None) -> list[int]:
        """Return the ranks of the best candidates who may be asked at second `sec`, as many as are asked at once.

        And `spare` more after them; `asked` in place of those who were asked.
        """
        found: list[int] = []
        many = live.rules.at_once + spare
        asked = live.asked if asked is None else asked
        for rank, (kind, helper, most, barred) in enumerate(live.candidates):
            if asked >> rank & 1 or barred or 0 <= most < live.amount:
                continue
            if self._may(live, kind, helper, sec):
                found.append(rank)
                if len(found) == many:
                    break
        return found

    def _may(self, live: Live, kind: int, helper: int, sec: int) -> bool:
        if kind in PERSONS:
            return (
                self.fit(live, kind, helper, sec)
                and self._has_time(live, kind, helper)
                and (self._takes_case if kind == WORKERS else self._rested)(live, helper, sec)
            )
        return kind == FUNDS or self.good(helper, sec)

    def _has_time(self, live: Live, kind: int, helper: int) -> bool:
        taken = int(self._open[kind][helper]) + live.minutes
        return not live.minutes or taken <= int(self._weekly[kind][helper])

    def _rested(self, live: Live, helper: int, sec: int) -> bool:
        """Return whether a volunteer was not asked too often in seven days, and is not asked for their own household."""
        if self._home[helper] == live.household:
            return False
        lately = sum(at > sec - _LATELY for at in self.book.asked.get(helper, ()))
        return lately < live.rules.weekly_calls

    def fit(self, live: Live, kind: int, helper: int, sec: int) -> bool:
        """Return whether somebody is there and, for work with minors, was vetted within the year."""
        if kind == VOLUNTEERS and not self._active[helper]:
            return False
        return not live.rules.minors or 0 <= sec // A_DAY - int(self._vetted[kind][helper]) <= VETTING_DAYS  # fmt: skip

    def may_go_on(self, live: Live, kind: int, helper: int, sec: int) -> bool:
        """Return whether whoever accepted may begin: still there and vetted, goods not expired."""
        if kind in PERSONS:
            return self.fit(live, kind, helper, sec)
        return kind == FUNDS or self.good(helper, sec)

    def good(self, lot: int, sec: int) -> bool:
        """Return whether goods may still be given out."""
        expires = int(self._expires[lot])
        return expires < 0 or sec // A_DAY <= expires

    def _takes_case(self, live: Live, worker: int, _: int) -> bool:
        limit = int(self._limit[worker])
        if limit < 0:
            return True
        clients = self.book.clients.get(worker, {})
        more = len(clients) + (live.household not in clients)
        return int(self._caseload[worker]) + more <= limit

    def hold(self, live: Live, kind: int, helper: int, sec: int) -> None:
        """Count a new request."""
        if kind not in PERSONS:
            return
        self._open[kind][helper] += live.minutes
        if kind == VOLUNTEERS:
            before = self.book.asked.get(helper, ())
            self.book.asked[helper] = [*(at for at in before if at > sec - _LATELY), sec]
        else:
            clients = self.book.clients.setdefault(helper, {})
            clients[live.household] = clients.get(live.household, 0) + 1

    def let_go(self, live: Live, kind: int, helper: int, *, done: bool) -> None:
        """Count a request that is over: its minutes are free again, or done."""
        if kind not in PERSONS:
            return
        self._open[kind][helper] -= live.minutes
        if done:
            self._done[kind][helper] += live.minutes
        if kind == WORKERS:
            clients = self.book.clients[helper]
            clients[live.household] -= 1
            if not clients[live.household]:
                del clients[live.household]
