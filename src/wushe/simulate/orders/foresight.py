"""What those who may be asked would say, for many at a time: asking one by one would cost most of a day."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wushe.simulate.city import ACCEPTED, CALLS, TIMED_OUT, VOLUNTEERS
from wushe.simulate.helpers.helping import answers
from wushe.simulate.orders.orderbook import SECONDS, Asked, Live
from wushe.simulate.rows import Rows

if TYPE_CHECKING:
    from wushe.simulate.city import City
    from wushe.simulate.orders.able import Able

SILENT = -1
"""In place of the second of an answer: no word ever comes."""
SPARE = 1
"""So many more are thought of than are asked: somebody may be asked for another order first."""
SOONEST = SECONDS
"""Seconds after which the first answers come."""
_MEANS = {1: "ordering.worker_reply", 2: "ordering.stock_reply", 3: "ordering.fund_reply"}

Question = tuple[Live, int, int]
"""An order, the rank of a candidate, and the second at which they would be asked."""
Replies = dict[tuple[int, int, int], Asked]
"""By order, rank and second."""


def replies(city: City, questions: Sequence[Question]) -> Replies:
    """Return what those who would be asked would say, and when.

    Volunteers answer as `helping.answers` has it. Workers accept, holders of goods and funds do if there is enough when they
    answer, all of them before their time to answer is over.
    """
    found: Replies = {}
    volunteers: list[Question] = []
    for question in questions:
        live, rank, sec = question
        kind, helper, _, _ = live.candidates[rank]
        if kind == VOLUNTEERS:
            volunteers.append(question)
            continue
        delay = min(int(live.reply * city[_MEANS[kind]] * SECONDS), live.rules.answer[live.urgency] - SECONDS)  # fmt: skip
        found[live.order, rank, sec] = Asked(kind, helper, ACCEPTED, sec + max(delay, SOONEST))
    if volunteers:
        found.update(_volunteers(city, volunteers))
    return found


def _volunteers(city: City, questions: Sequence[Question]) -> Replies:
    order, rank, sec = np.array([(live.order, r, at) for live, r, at in questions]).T
    helper = np.array([live.candidates[r][1] for live, r, _ in questions])
    calls = Rows(CALLS)
    rows = calls.append(len(questions), order=order, kind=VOLUNTEERS, provider=helper, at=sec / SECONDS)  # fmt: skip
    asked = copy.copy(city)  # the city as it is, with these calls instead of those there are
    asked.calls = calls
    says, minutes = answers(asked, rows)
    comes = np.isfinite(minutes)
    delay = np.rint(np.where(comes, minutes, 0.0) * SECONDS).astype(np.int64)
    at = np.where(comes, sec + np.maximum(delay, SOONEST), SILENT)
    says = np.where(comes, says, TIMED_OUT)
    columns = (a.tolist() for a in (order, rank, sec, helper, says, at))
    return {
        (o, r, s): Asked(VOLUNTEERS, h, word, when)
        for o, r, s, h, word, when in zip(*columns, strict=True)
    }


def foresee(city: City, able: Able, orders: Sequence[tuple[Live, int]], until: int) -> Replies:
    """Return the replies of those who would be asked next for orders that go on at a second each.

    Where they would say no before second `until`, those after them are thought of as well. Who is able by then may
    be others: whoever is asked and was not thought of is asked for an answer alone.
    """
    found: Replies = {}
    going = [_Going(live, live.asked, live.round, sec) for live, sec in orders]
    while going:
        ranks = [able.best(one.live, one.sec, SPARE, one.asked) for one in going]
        questions = [
            (g.live, r, g.sec) for g, theirs in zip(going, ranks, strict=True) for r in theirs
        ]
        found.update(replies(city, questions))
        after = [one.after(theirs, found, until) for one, theirs in zip(going, ranks, strict=True)]
        going = [one for one in after if one is not None]
    return found


class _Going(NamedTuple):
    """An order as it would be at second `sec`, when somebody has to be asked for it."""

    live: Live
    asked: int
    round: int
    sec: int

    def after(self, ranks: Sequence[int], said: Replies, until: int) -> _Going | None:
        """Return the order as it is once those of `ranks` said no, None where one says yes or nobody is asked then."""
        live, due = self.live, self.sec + self.live.rules.answer[self.live.urgency]
        ranks = ranks[: live.rules.at_once]
        theirs = [said[live.order, rank, self.sec] for rank in ranks]
        if not theirs or self.round + 1 >= live.rules.rounds:
            return None
        if any(one.says == ACCEPTED and one.sec <= due for one in theirs):
            return None
        last = max(one.sec if SILENT < one.sec <= due else due for one in theirs)
        if last > until:
            return None
        return _Going(live, self.asked | sum(1 << rank for rank in ranks), self.round + 1, last)
