"""The stage ``orders``: who was asked answers, work begins and ends, and what nobody takes goes on or up.

Orders are columns of `City.orders`; every change of status is one of `wushe.orders.table`, and whoever may be asked
next is found as `wushe.orders` finds them, guard by guard: a week of the simulation replayed through the commands of
`wushe.orders` meets no refusal, see `wushe.simulate.orders.replay`.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np

from wushe.model.storage import Array
from wushe.orders.table import ACTION_CODES, FORBIDDEN, NEW, STATUS_CODES, next_status
from wushe.simulate.assumptions import Assumption
from wushe.simulate.city import ACCEPTED, BY_RELIEF, DAY, LAPSED, MET, ORDERED, City
from wushe.simulate.orders.able import Able
from wushe.simulate.orders.desk import Desk
from wushe.simulate.orders.enrolled import bar
from wushe.simulate.orders.foresight import SPARE, foresee, replies
from wushe.simulate.orders.orderbook import (
    ACT_CODES,
    ANSWER,
    OFFICE,
    SECONDS,
    SILENCE,
    Live,
    book_of,
)
from wushe.simulate.stage import Stage
from wushe.simulate.streams import exponential
from wushe.text import Text

ASSUMPTIONS = (
    Assumption("ordering.worker_reply", 15.0, "minutes, mean", Text("社工接单用时", "until a social worker takes an order")),
    Assumption("ordering.stock_reply", 120.0, "minutes, mean", Text("物资方接单用时", "until holders of goods answer")),
    Assumption("ordering.fund_reply", 480.0, "minutes, mean", Text("基金接单用时", "until the host of a fund answers")),
    Assumption("ordering.lead_low", 5760.0, "minutes, mean", Text("可缓的服务等待上门", "from acceptance to service, can wait")),
    Assumption("ordering.lead_normal", 2880.0, "minutes, mean", Text("一般的服务等待上门", "from acceptance to service, normal")),
    Assumption("ordering.lead_urgent", 720.0, "minutes, mean", Text("紧急的服务等待上门", "from acceptance to service, urgent")),
    Assumption("ordering.lead_emergency", 60.0, "minutes, mean", Text("急难的服务等待上门", "from acceptance to service, emergency")),
    Assumption("ordering.begins", 480.0, "minutes after midnight", Text("上门最早时刻", "earliest service of a day"), high=DAY),
    Assumption("ordering.ends", 1200.0, "minutes after midnight", Text("上门最晚开始时刻", "latest begin of a service"), high=DAY),
    Assumption("ordering.most_a_day", 240.0, "minutes", Text("一天最多服务", "most service in a day"), low=1.0),
    Assumption("ordering.handover", 30.0, "minutes", Text("物资或款项交付用时", "to hand over goods or money"), low=1.0),
    Assumption("ordering.confirm", 1440.0, "minutes, mean", Text("完成后多久确认", "from done to confirmed")),
    Assumption("ordering.office_low", 1440.0, "minutes", Text("可缓的订单上级处理用时", "until an office acts on what nobody took, can wait"), low=1.0),
    Assumption("ordering.office_normal", 480.0, "minutes", Text("一般的订单上级处理用时", "until an office acts on what nobody took, normal"), low=1.0),
    Assumption("ordering.office_urgent", 120.0, "minutes", Text("紧急的订单上级处理用时", "until an office acts on what nobody took, urgent"), low=1.0),
    Assumption("ordering.office_emergency", 15.0, "minutes", Text("急难的订单上级处理用时", "until an office acts on what nobody took, emergency"), low=1.0),
)  # fmt: skip
_LEAD = ("ordering.lead_low", "ordering.lead_normal", "ordering.lead_urgent", "ordering.lead_emergency")  # fmt: skip
_OF_ORDERS = ("amount", "number", "status", "kind", "provider")
_OVER = (MET, BY_RELIEF, LAPSED)


@attrs.frozen(eq=False)
class Placement:
    """Orders to place at once, in the order of the plan that they come from.

    Per order, int64 (n,): `need` row, `kind` and `provider` of the planned one, `amount` in base units, `value`, and how `many`
    candidates it has. Candidates of all orders follow each other in `cand_kind`, `cand_provider` and
    `cand_most` (-1: any amount), best first and the planned one included. `at`: the instant in minutes.
    """

    need: Array
    kind: Array
    provider: Array
    amount: Array
    value: Array
    many: Array
    cand_kind: Array
    cand_provider: Array
    cand_most: Array
    at: float

    def __attrs_post_init__(self) -> None:
        if int(np.sum(self.many)) != len(self.cand_kind) or (np.asarray(self.many) < 1).any():
            raise ValueError(
                f"many adds up to {int(np.sum(self.many))}; expected the {len(self.cand_kind)} candidates, 1 or more "
                "an order"
            )

    def __len__(self) -> int:
        return len(self.need)


def place(city: City, batch: Placement) -> Array:
    """Place orders and ask the best who are able, one order after the other; return their rows, int64 (n,).

    What happens before ``batch.at`` happens first. Where nobody is able, the order fails and its need stays on the list.
    """
    advance(city, batch.at)
    if not len(batch):
        return np.zeros(0, dtype=np.int64)
    book, sec = book_of(city), round(batch.at * SECONDS)
    placed = _placed(city, batch)
    bar(city, placed)
    book.acts.append(1, sec=sec, act=ACT_CODES["dispatch"])
    able = Able(city)
    asked = [(live, rank, sec) for live in placed for rank in able.best(live, sec, SPARE)]
    desk = Desk(city, able, replies(city, asked))
    for live in placed:
        if not desk.ask(live, sec, "dispatch"):
            desk.fail(live, sec)
    desk.close()
    return np.array([live.order for live in placed], dtype=np.int64)


def _placed(city: City, batch: Placement) -> list[Live]:
    """Append the rows of a batch and return its orders."""
    n, needs, book = len(batch), city.needs, book_of(city)
    cands = city.candidates.append(
        len(batch.cand_kind), kind=batch.cand_kind, provider=batch.cand_provider, most=batch.cand_most
    )  # fmt: skip
    status = next_status(np.full(n, STATUS_CODES[NEW]), np.full(n, ACTION_CODES["place"]))
    assert (status != FORBIDDEN).all()
    number = book.numbers(city, batch.need)
    first = cands[0] + np.cumsum(batch.many) - batch.many
    orders = city.orders.append(
        n, need=batch.need, kind=batch.kind, provider=batch.provider, amount=batch.amount, value=batch.value,
        status=status, placed=batch.at, first=first, many=batch.many, number=number,
    )  # fmt: skip
    household = needs["household"][batch.need]
    city.say("order_placed", batch.at, order=orders, need=batch.need, household=household, amount=batch.amount)  # fmt: skip
    np.add.at(needs["ordered"], batch.need, batch.amount)
    needs["state"][batch.need] = ORDERED
    needs["tries"][np.unique(batch.need)] += 1
    found = _live(city, batch, orders, _draws(city, batch.need, number))
    book.live.update((live.order, live) for live in found)
    return found


def _live(city: City, batch: Placement, orders: Array, times: Mapping[str, Array]) -> list[Live]:
    """Return the orders of a batch in plain numbers."""
    rules = book_of(city).rules
    columns = {"order": orders, "need": batch.need, **times}
    columns |= {name: city.needs[name][batch.need] for name in ("household", "category", "urgency")}
    columns |= {name: city.orders[name][orders] for name in _OF_ORDERS}
    names, rows = list(columns), zip(*(column.tolist() for column in columns.values()), strict=True)
    every = (
        np.asarray(a).tolist() for a in (batch.cand_kind, batch.cand_provider, batch.cand_most)
    )
    candidates = [(kind, row, most, False) for kind, row, most in zip(*every, strict=True)]
    ends = np.cumsum(batch.many)
    spans = zip(rows, (ends - batch.many).tolist(), ends.tolist(), strict=True)
    found = []
    for values, first, last in spans:
        live = Live(**dict(zip(names, values, strict=True)), candidates=candidates[first:last])
        live.rules = rules[live.category]
        live.minutes = live.amount if live.rules.timed else 0
        found.append(live)
    return found


def _draws(city: City, need: Array, number: Array) -> dict[str, Array]:
    """Return how long orders take from step to step, drawn for the need and not for its row.

    ``reply``: the factor of offices' time to answer, float; ``lead`` and ``confirm``: seconds until work begins and
    until it is confirmed, int64 (n,).
    """
    needs = city.needs
    arose = np.rint(needs["arose"][need] * SECONDS)
    keys = (needs["household"][need], needs["category"][need], arose, number)
    means = {
        "lead": np.array([city[name] for name in _LEAD])[needs["urgency"][need]] * SECONDS,
        "confirm": np.full(len(need), city["ordering.confirm"] * SECONDS),
    }
    found = {"reply": exponential(city.streams.draw("ordering.reply", *keys))}
    for name, mean in means.items():
        seconds = np.ceil(exponential(city.streams.draw(f"ordering.{name}", *keys)) * mean)
        found[name] = np.maximum(seconds, 1).astype(np.int64)
    return found


def advance(city: City, until: float) -> None:
    """Let happen to orders what happens up to the instant `until` (minutes, included), in order of time."""
    book, last = book_of(city), round(until * SECONDS)
    if book.morning < city.day:
        book.morning = city.day
        _recall(city)
    if book.heap and book.heap[0][0] <= last:
        able = Able(city)
        desk = Desk(city, able, foresee(city, able, _going_on(city, last), last))
        desk.run(last)
        desk.close()


def _going_on(city: City, until: int) -> list[tuple[Live, int]]:
    """Return the orders that will be asked of somebody else by second `until`, each with the second."""
    book = book_of(city)
    found = []
    for live in book.live.values():
        if not 0 <= live.next <= until:
            continue
        no = live.step == SILENCE or (
            live.step == ANSWER and book.calls[live.waiting[0]].says != ACCEPTED
        )
        passed_on = no and len(live.waiting) == 1 and live.round < live.rules.rounds
        if passed_on or (live.step == OFFICE and live.level <= live.rules.levels):
            found.append((live, live.next))
    return found


def step(city: City) -> None:
    """Do what happens to orders on the city's day."""
    advance(city, city.now + DAY - 1.0 / SECONDS)


def _recall(city: City) -> None:
    """Cancel, as the day begins, what is open for needs that were met, lapsed or went to relief meanwhile."""
    states, book = city.needs["state"], book_of(city)
    gone = [live for live in book.live.values() if states[live.need] in _OVER and live.done < 0]
    if gone:
        desk = Desk(city, Able(city))
        for live in gone:
            desk.cancel(live, round(city.now * SECONDS))
        desk.close()


STAGE = Stage("orders", step)
