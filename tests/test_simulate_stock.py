"""Goods of a simulated city: they arrive, are reserved, issued, put back and expire, and none is ever lost."""

from typing import Any

import numpy as np
import pytest

from conftest import campaign
from wushe.simulate.city import EVENT_CODES, City
from wushe.simulate.engine import found
from wushe.simulate.resources import stock
from wushe.simulate.world import ready


def store(**changes: Any) -> City:
    """Return a city with lots on its first day, the stage begun."""
    city = found(ready.small().but(**{"lots": 6, **changes}), np.random.SeedSequence(1))
    stock.STAGE.begin(city)  # type: ignore[misc]
    return city


def kept(city: City) -> bool:
    """Return whether what every lot received is somewhere."""
    lots = city.lots
    parts = [lots[name] for name in ("on_hand", "reserved", "issued", "expired")]
    return bool((sum(parts) == lots["received"]).all()) and all(
        int(part.min()) >= 0 for part in parts
    )


def test_orders_take_goods_as_a_plain_list_of_boxes_would() -> None:
    """Random reservations, issues, releases and expiry beside a model that moves one box at a time."""
    rng = np.random.default_rng(8)
    city = store(**{"parties.lot_life": 30.0})
    held: list[tuple[int, int]] = []
    for city.day in range(campaign(tests=60, ci=200, soak=1000)):
        stock.STAGE.step(city)
        boxes = dict(enumerate(city.lots["on_hand"].tolist()))
        lot, amount = rng.integers(0, len(city.lots), 8), rng.integers(1, 20, 8)
        done = stock.reserve(city, lot, amount)
        for row, n, yes in zip(lot.tolist(), amount.tolist(), done.tolist(), strict=True):
            assert yes == (boxes[row] >= n)
            boxes[row] -= n if yes else 0
        assert city.lots["on_hand"].tolist() == list(boxes.values())
        held += list(zip(lot[done].tolist(), amount[done].tolist(), strict=True))
        rng.shuffle(held)
        for move in (stock.issue, stock.release):
            some, held = held[: len(held) // 3], held[len(held) // 3 :]
            move(city, [row for row, _ in some], [n for _, n in some])
        assert kept(city)
    assert city.lots["reserved"].sum() == sum(n for _, n in held)
    assert all(city.lots[name].sum() for name in ("issued", "expired"))


def test_goods_expire_after_their_last_day_and_what_is_reserved_stays() -> None:
    """On the last day they are still given out; the day after they are gone, also what is put back later."""
    city = store()
    city.lots["expires"][:] = 4
    before = int(city.lots["on_hand"][0])
    stock.reserve(city, 0, before - 1)
    city.day = 4
    stock.STAGE.step(city)
    assert city.lots["on_hand"][0] == 1
    city.day = 5
    stock.STAGE.step(city)
    assert (city.lots["on_hand"][0], city.lots["expired"][0]) == (0, 1)
    assert city.lots["reserved"][0] == before - 1
    stock.release(city, 0, before - 1)
    city.day = 6
    stock.STAGE.step(city)
    assert city.lots["expired"][0] == before
    logged = city.log["amount"][city.log["kind"] == EVENT_CODES["lot_expired"]]
    assert logged.sum() == city.lots["expired"].sum()


def test_deliveries_come_as_often_and_as_large_as_assumed() -> None:
    """Over a year each first lot is followed by the assumed number of lots like it, of the assumed mean size."""
    city = store(lots=60, days=365, **{"parties.lot_pieces": 500.0})
    for city.day in range(365):
        stock.STAGE.step(city)
    new = np.arange(60, len(city.lots))
    assert abs(len(new) / 60 / city["stock.deliveries"] - 1) < 0.2
    mean = city.lots["received"][new].mean() / city.lots["received"][:60].mean()
    assert abs(mean / city["stock.size"] - 1) < 0.2
    assert set(city.lots["category"][new].tolist()) <= set(city.lots["category"][:60].tolist())
    assert (city.lots["expires"][new] - city.lots["arrived"][new] == city["parties.lot_life"]).all()
    logged = city.log["kind"] == EVENT_CODES["lot_received"]
    assert city.log["amount"][logged].sum() == city.lots["received"][new].sum()


def test_deliveries_are_the_same_whatever_was_given_out() -> None:
    """Two policies that use up different lots meet the same deliveries."""
    idle, busy = store(), store()
    for day in range(40):
        for city in (idle, busy):
            city.day = day
            stock.STAGE.step(city)
        some = np.flatnonzero(busy.lots["on_hand"] > 0)[:3]
        stock.issue(busy, some[stock.reserve(busy, some, 1)], 1)
    for name in ("received", "arrived", "expires", "category"):
        assert idle.lots[name].tolist() == busy.lots[name].tolist()
    assert busy.lots["issued"].sum() > 0


def test_a_city_without_goods_gets_none() -> None:
    """No lots on the first day, none later, and nothing to log."""
    city = store(lots=0)
    for city.day in range(30):
        stock.STAGE.step(city)
    assert len(city.lots) == len(city.log) == 0


def test_goods_that_keep_for_ever_never_expire() -> None:
    """With a life of 0 days nothing has a last day."""
    city = store(**{"parties.lot_life": 0.0})
    for city.day in range(120):
        stock.STAGE.step(city)
    assert (city.lots["expires"] == -1).all()
    assert city.lots["expired"].sum() == 0


@pytest.mark.parametrize(
    ("move", "lot", "amount", "said"),
    [
        (
            stock.issue,
            [0, 0],
            [3, 3],
            "lot 0: 6 base units asked for, 5 reserved; expected at most",
        ),
        (stock.release, 1, 1, "lot 1: 1 base units asked for, 0 reserved"),
        (stock.reserve, 6, 1, "lot is 6 to 6; expected 0 to 5"),
        (stock.reserve, -1, 1, "lot is -1"),
        (stock.reserve, 0, 0, "amount is 0; expected base units from 1 on"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    move: Any, lot: Any, amount: Any, said: str
) -> None:
    """More than is reserved, lots that are not there, no amount: wrong calls say what is expected."""
    city = store()
    stock.reserve(city, 0, 5)
    before = {name: city.lots[name].tolist() for name in city.lots.fields}
    with pytest.raises(ValueError, match=said):
        move(city, lot, amount)
    assert before == {name: city.lots[name].tolist() for name in city.lots.fields}
