"""Goods in warehouses: what comes in, what may go out, and that nothing is lost on the way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from itertools import product
from types import SimpleNamespace
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wushe
from wushe import ledger, orders
from wushe.errors import RefusedError
from wushe.journal import Act, Event, MemoryStore
from wushe.ledger import goods
from wushe.ledger.goods import Arrival
from wushe.ledger.goods.choose import first_out
from wushe.orders.reasons import BACK_OUTS, CANCELS, FAILURES
from wushe.orders.records import Area

DOMAIN = orders.DOMAIN + ledger.DOMAIN
DAY = dt.date(2025, 9, 15)


class Books:
    """A store in memory with two warehouses, and one-line commands on a day."""

    def __init__(self) -> None:
        self.store = MemoryStore(DOMAIN)
        for key in ("W-1", "W-2"):
            self(goods.open_warehouse, id=key, name=key)

    def __call__(self, command: Callable[..., Any], on: dt.date = DAY, **arguments: Any) -> Any:
        """Run a command on a day and return its answer."""
        act = Act(f"{on.isoformat()}T10:00:00+08:00", "K-1", "test")
        return self.store.run(act, command, **arguments).answer

    def receive(self, *lots: tuple[str, int], item: str = "大米", **fields: Any) -> None:
        """Receive lots (id, quantity), inspected, into W-1 unless told otherwise."""
        told = {"warehouse": "W-1", "checked": True, **fields}
        self(
            goods.receive, arrivals=[Arrival(id=k, quantity=n, item=item, **told) for k, n in lots]
        )

    def lot(self, key: str) -> Any:
        """The lot as it is now."""
        return self.store.state.get("lot", key)

    def fen(self, account: str) -> int:
        """The balance of all accounts that begin so."""
        found = self.store.state.find("account")
        return sum(one.fen for one in found if one.id.startswith(account))


def give(books: Books, quantity: int, key: str = "A-1", **told: Any) -> Any:
    """Issue rice from W-1 to an institution."""
    fields = {"warehouse": "W-1", "item": "大米", "recipient": "I-1", **told}
    return books(goods.issue, id=key, quantity=quantity, **fields)


def codes(error: pytest.ExceptionInfo[RefusedError]) -> list[str]:
    """The codes of all problems of a refusal."""
    return [problem.code for problem in error.value.problems]


@pytest.fixture
def books() -> Books:
    """Two empty warehouses."""
    return Books()


# --- coming in -------------------------------------------------------------------------------


def test_unknown_value_is_not_zero(books: Books) -> None:
    """Goods of unknown value are counted but post no money; a value of zero is known and posts nothing."""
    books.receive(("A", 10))
    books.receive(("B", 10), unit_value_fen=0)
    assert books.store.state.find("account") == []
    table = goods.stock(books.store.state)
    assert table["value_fen"] == [None, 0]
    assert table["on_hand"] == [10, 10]


def test_a_value_found_later_is_posted_for_what_was_given_out_meanwhile(books: Books) -> None:
    """`value` posts the income, what is there, what went out and what was lost."""
    books.receive(("A", 10))
    assert give(books, 3)["worth_fen"] is None
    books(goods.write_off, lot="A", quantity=2, reason="damaged")
    books(goods.transfer, lot="A", to="W-2", quantity=4)
    assert books(goods.value, lot="A@1", unit_value_fen=250) == 2500
    assert books.fen("Income:InKind:Unrestricted:W-1") == -2500
    assert books.fen("Assets:Goods:W-1") == 250
    assert books.fen("Assets:Goods:W-2") == 1000
    assert books.fen("Expenses:Goods:W-1") == 750
    assert books.fen("Expenses:Loss:W-1") == 500
    books(goods.value, lot="A", unit_value_fen=100)  # a correction posts the difference
    assert books.fen("Income:") == -1000
    assert books.fen("") == 0
    assert goods.check_goods(books.store.log) == ()


def test_a_value_per_kilogram_loses_no_fen(books: Books) -> None:
    """333 fen a kilogram, given out by grams: the accounts add up to the fen and end at nothing there."""
    books.receive(("A", 10_000), unit="g", unit_value_fen=333, value_per=1000)
    for n in range(10):
        give(books, 999, key=f"A-{n}")
        assert books.fen("") == 0
    assert books.fen("Income:") == -3330
    books(goods.write_off, lot="A", reason="damaged")
    assert books.fen("Assets:Goods") == 0
    assert books.fen("Expenses:Goods") + books.fen("Expenses:Loss") == 3330
    assert goods.check_goods(books.store.log) == ()


def test_restricted_gifts_are_restricted_income_of_the_fund(books: Books) -> None:
    """A warehouse in a fund's books brings that fund income in kind, restricted where the donor restricts."""
    books(goods.open_warehouse, id="W-3", name="三号库", fund="F-1")
    books.receive(("A", 5), warehouse="W-3", unit_value_fen=10, groups=("lone_elder",))
    assert books.fen("Income:InKind:Restricted:F-1") == -50


def test_what_is_not_inspected_is_not_given_out(books: Books) -> None:
    """Goods wait for inspection; what passed may go out, what did not may not."""
    books.receive(("A", 10), checked=False)
    with pytest.raises(RefusedError, match="not inspected 10"):
        give(books, 1)
    assert books(goods.inspect, lot="A", rejected=4, reason="damaged") == {
        "passed": 6,
        "rejected": 4,
    }
    with pytest.raises(RefusedError, match="may be given 6, missing 1; besides rejected 4"):
        give(books, 7)
    assert give(books, 6)["takes"] == [["A", 6]]
    books(goods.write_off, lot="A", bucket="rejected", reason="unfit")
    assert books.lot("A").open is None


def test_a_lot_that_fails_inspection_is_rejected(books: Books) -> None:
    """Nothing passed: the lot's status says so; a reason is needed."""
    books.receive(("A", 10), checked=False)
    with pytest.raises(RefusedError) as error:
        books(goods.inspect, lot="A", rejected=10)
    assert codes(error) == ["goods-word"]
    books(goods.inspect, lot="A", rejected=10, reason="no_certificate")
    assert books.lot("A").status == "rejected"


def test_all_problems_of_a_batch_are_told_and_nothing_is_received(books: Books) -> None:
    """One bad lot stops the batch, and each of its mistakes is named with the lot."""
    bad = [
        Arrival("A", "W-9", "大米", 0),
        Arrival("B", "W-1", "大米", 1, unit="堆"),
        Arrival("C", "W-1", " ", 1, unit_value_fen=-1),
        Arrival("D", "W-1", "大米", 1),
        Arrival("D", "W-1", "大米", 1, pack=0),
    ]
    with pytest.raises(RefusedError) as error:
        books(goods.receive, arrivals=bad)
    assert [(p.file, p.code) for p in error.value.problems] == [
        ("lot/A", "goods-unknown"),
        ("lot/A", "goods-amount"),
        ("lot/B", "goods-word"),
        ("lot/C", "goods-word"),
        ("lot/C", "goods-amount"),
        ("lot/D", "goods-twice"),
        ("lot/D", "goods-amount"),
    ]
    assert books.store.state.find("lot") == []


# --- going out -------------------------------------------------------------------------------


def test_first_expiring_first_out(books: Books) -> None:
    """What expires first goes first, what never expires last; the day of expiry itself is still good."""
    books.receive(("A", 5))
    books.receive(("B", 5), expires_on=DAY + dt.timedelta(30))
    books.receive(("C", 5), expires_on=DAY)
    books.receive(("D", 5), expires_on=DAY - dt.timedelta(1))
    assert give(books, 12)["takes"] == [["C", 5], ["B", 5], ["A", 2]]
    with pytest.raises(RefusedError, match="missing 6; besides expired 5"):
        give(books, 9, key="A-2")


def test_of_equal_expiry_the_restricted_goes_first(books: Books) -> None:
    """What only this use may have goes before what any use may have."""
    books.receive(("A", 5))
    books.receive(("B", 5), purposes=("grain",))
    assert give(books, 7, category="grain")["takes"] == [["B", 5], ["A", 2]]


def test_a_shortage_names_item_amounts_and_other_warehouses(books: Books) -> None:
    """The refusal says what was asked, what there is, what is missing, and where there is more; nothing is booked."""
    books.receive(("A", 5))
    books.receive(("B", 40), warehouse="W-2")
    before = list(books.store.log)
    with pytest.raises(RefusedError) as error:
        give(books, 12)
    assert error.value.say("zh").startswith(
        "issue/A-1，quantity：大米 库存不足：要 12，可发 5，缺 7；别处：W-2 40"
    )
    assert "not enough 大米: asked 12, may be given 5, missing 7; elsewhere: W-2 40" in str(
        error.value
    )
    assert books.store.log == before


RESTRICTIONS = [  # what the donor allows, a use that is allowed, a use that is not
    ({"purposes": ("grain",)}, {"category": "grain"}, {"category": "oil"}),
    ({"purposes": ("grain",)}, {"category": "grain"}, {}),  # not known is not allowed
    ({"places": ("420106",)}, {"place": "420106001002"}, {"place": "420107001"}),
    (
        {"groups": ("lone_elder",)},
        {"groups": ("lone_elder", "disabled")},
        {"groups": ("disabled",)},
    ),
    ({"for_clients": ("I-1",)}, {"recipient": "I-1"}, {"recipient": "I-2"}),
    ({"project": "P-1"}, {"project": "P-1"}, {"project": "P-2"}),
    ({"serves": ("grain",)}, {}, {"category": "oil"}),  # what it can meet, not what is allowed
]


@pytest.mark.parametrize(("terms", "good", "bad"), RESTRICTIONS)
def test_restricted_goods_go_where_the_donor_allows(
    books: Books, terms: dict[str, Any], good: dict[str, Any], bad: dict[str, Any]
) -> None:
    """A use that the donor's terms do not cover gets none of it, one that they cover does."""
    books.receive(("A", 5), **terms)
    with pytest.raises(
        RefusedError, match=r"may be given 0, missing 1; besides (restricted|does not)"
    ):
        give(books, 1, **bad)
    assert give(books, 1, **good)["takes"] == [["A", 1]]
    assert goods.check_goods(books.store.log) == ()


def test_whole_packs_are_kept(books: Books) -> None:
    """Lots with a pack give whole packs; an amount that packs cannot make up is refused with the pack sizes."""
    books.receive(("A", 60), pack=20, expires_on=DAY)
    books.receive(("B", 30), pack=30)
    with pytest.raises(RefusedError, match="whole packs of 20, 30: 55 cannot be made up"):
        give(books, 55)
    books(
        goods.count, lot="B", counted=31, reason="not_recorded"
    )  # a loose one is in no whole pack
    with pytest.raises(RefusedError, match="may be given 90, missing 1"):
        give(books, 91)
    assert give(books, 30)["takes"] == [["B", 30]]  # 20 of A would leave 10 that no pack makes up
    assert give(books, 40, key="A-2")["takes"] == [["A", 40]]


def test_a_use_gets_no_more_than_the_donor_said(books: Books) -> None:
    """`per_need` bounds what one use takes from a lot."""
    books.receive(("A", 60), per_need=10)
    with pytest.raises(RefusedError, match="may be given 10, missing 1"):
        give(books, 11)


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 4)), max_size=4), st.integers(1, 30))
def test_lots_in_turn_make_up_the_amount_whenever_packs_can(
    lots: list[tuple[int, int]], asked: int
) -> None:
    """The answer is the one that takes most from the first, then from the second...: tried one by one."""
    frees = [(most - most % pack, pack) for most, pack in lots]
    ways = product(*(range(most, -1, -pack) for most, pack in frees))
    best = next((list(way) for way in ways if sum(way) == asked), None)
    assert first_out(frees, asked) == best


def test_lots_that_are_counted_differently_are_never_added_up(books: Books) -> None:
    """Five pieces and five grams of rice are not ten of anything: the lot must be named."""
    books.receive(("A", 5), unit="piece")
    books.receive(("B", 5000), unit="g")
    with pytest.raises(RefusedError, match=r"counted differently \(gram, piece\)"):
        give(books, 7)
    assert books(
        goods.issue, id="I-9", lot="A", quantity=5, recipient="IN-1", recipient_kind="institutions"
    )["takes"] == [["A", 5]]


def test_large_amounts_are_made_up_at_once() -> None:
    """Amounts in grams of a whole city need no search where the plain turn does it."""
    assert first_out([(10**12, 1000), (10**12, 1)], 10**12 + 7) == [10**12, 7]
    assert first_out([(3 * 10**11, 3), (10**6, 1)], 10**6 + 1) == [999_999, 2]


def test_an_issue_is_signed_for_once(books: Books) -> None:
    """The recipient signs once; the name of who signed is among the words that can be erased, not in the data."""
    books.receive(("A", 5))
    give(books, 5)
    books(goods.sign, issue="A-1", signed_by="王某某")
    assert books.store.state.get("issue", "A-1").signed_on == "2025-09-15"
    event = books.store.log[-1]
    assert event.words == {"signed_by": "王某某", "why": "test"}
    assert "王某某" not in repr(event)
    with pytest.raises(RefusedError) as error:
        books(goods.sign, issue="A-1")
    assert codes(error) == ["goods-status"]


def test_what_comes_back_is_inspected_again(books: Books) -> None:
    """Brought back goods are off the expense and wait for inspection; no more comes back than went out."""
    books.receive(("A", 5), unit_value_fen=100)
    give(books, 5)
    assert books(goods.bring_back, issue="A-1", quantity=2, reason="not_needed") == [["A", 2]]
    assert (books.lot("A").unchecked, books.fen("Expenses:Goods")) == (2, 300)
    with pytest.raises(RefusedError) as error:
        books(goods.bring_back, issue="A-1", quantity=4, reason="not_needed")
    assert codes(error) == ["goods-amount"]
    books(goods.bring_back, issue="A-1", reason="not_delivered")
    assert books.store.state.get("issue", "A-1").status == "returned"
    with pytest.raises(RefusedError):
        books(goods.bring_back, issue="A-1", reason="damaged")


def test_goods_set_aside_are_nobody_elses(books: Books) -> None:
    """Reserved goods are not free; a part may go out, and then the rest is free again."""
    books.receive(("A", 5), ("B", 5))
    books(goods.reserve, id="R-1", quantity=8, warehouse="W-1", item="大米", recipient="I-1")
    with pytest.raises(RefusedError, match="may be given 2, missing 1; besides set aside 8"):
        give(books, 3)
    answer = books(goods.issue, id="A-1", reservation="R-1", quantity=6)
    assert answer["takes"] == [["A", 5], ["B", 1]]
    assert (books.lot("B").on_hand, books.lot("B").reserved) == (4, 0)
    with pytest.raises(RefusedError):
        books(goods.release, reservation="R-1")


def test_goods_that_expired_while_set_aside_do_not_go_out(books: Books) -> None:
    """A reservation is looked at again on the day of the issue."""
    books.receive(("A", 5), expires_on=DAY)
    told = {"warehouse": "W-1", "item": "大米", "quantity": 5, "recipient": "I-1"}
    with pytest.raises(RefusedError):  # for tomorrow it cannot even be set aside
        books(goods.reserve, id="R-1", on=DAY + dt.timedelta(1), **told)
    books(goods.reserve, id="R-1", **told)
    with pytest.raises(RefusedError) as error:
        books(goods.issue, DAY + dt.timedelta(1), id="A-1", reservation="R-1")
    assert codes(error) == ["goods-blocked"]


# --- keeping ---------------------------------------------------------------------------------


def test_a_stock_taking_books_the_difference_with_its_reason(books: Books) -> None:
    """Missing goods are a loss, goods found reduce it; a difference without a reason is refused."""
    books.receive(("A", 10), unit_value_fen=100)
    with pytest.raises(RefusedError) as error:
        books(goods.count, lot="A", counted=8)
    assert codes(error) == ["goods-word"]
    assert books(goods.count, lot="A", counted=8, reason="lost") == -2
    assert books.fen("Expenses:Loss") == 200
    assert books(goods.count, lot="A", counted=11, reason="miscounted") == 3
    assert books.fen("Expenses:Loss") == -100
    assert books(goods.count, lot="A", counted=11) == 0
    assert books.lot("A").on_hand == 11


def test_a_count_below_what_is_set_aside_is_refused(books: Books) -> None:
    """First somebody has to be told that their goods are gone."""
    books.receive(("A", 10))
    books(goods.reserve, id="R-1", lot="A", quantity=6, recipient="I-1")
    with pytest.raises(RefusedError) as error:
        books(goods.count, lot="A", counted=5, reason="lost")
    assert codes(error) == ["goods-count-reserved"]


def test_only_what_is_expired_is_written_off_as_expired(books: Books) -> None:
    """A wrong reason is refused; the right one frees nothing else."""
    books.receive(("A", 10), expires_on=DAY)
    with pytest.raises(RefusedError):
        books(goods.write_off, lot="A", reason="expired")
    assert books(goods.write_off, DAY + dt.timedelta(1), lot="A", reason="expired") == 10


def test_what_expires_soon_is_listed_first_expiring_first(books: Books) -> None:
    """Lots of which nothing is there, or that do not expire, are not listed."""
    for n, days in enumerate((40, 10, 20)):
        books.receive((f"L-{n}", 5), expires_on=DAY + dt.timedelta(days))
    books.receive(("L-3", 5))
    give(books, 5)  # L-1
    due = goods.expiring(books.store.state, DAY + dt.timedelta(30))
    assert [lot.id for lot in due] == ["L-2"]


def test_goods_moved_keep_donor_value_and_expiry(books: Books) -> None:
    """A part that moves is a lot of its own there; moved on or back it is found again, not made anew."""
    books.receive(("A", 10), unit_value_fen=7, donor="D-1", expires_on=DAY)
    assert books(goods.transfer, lot="A", to="W-2", quantity=4) == "A@1"
    part = books.lot("A@1")
    assert (part.donor, part.expires_on, part.received, part.moved_in) == (
        "D-1",
        "2025-09-15",
        0,
        4,
    )
    assert books.fen("Assets:Goods:W-2") == 28
    assert books(goods.transfer, lot="A@1", to="W-1", quantity=1) == "A"
    assert books(goods.transfer, lot="A", to="W-2") == "A@1"
    assert (books.lot("A").there, books.lot("A@1").there) == (0, 10)
    assert books.fen("Income:") == -70
    with pytest.raises(RefusedError):
        books(goods.transfer, lot="A@1", to="W-2")


def test_a_recall_blocks_every_part_and_tells_who_got_it(books: Books) -> None:
    """Parts in other warehouses are blocked too; set-aside goods are released; who got any of it is listed."""
    books.receive(("A", 20), unit_value_fen=5)
    books(goods.transfer, lot="A", to="W-2", quantity=5)
    give(books, 3, recipient="H-1", recipient_kind="households")
    give(books, 2, key="A-2", warehouse="W-2")
    give(books, 1, key="A-3")
    books(goods.bring_back, issue="A-3", reason="damaged")
    books(goods.reserve, id="R-1", lot="A", quantity=4, recipient="I-2")
    answer = books(goods.recall, lot="A@1", reason="maker")
    assert (answer["lots"], answer["blocked"]) == (["A", "A@1"], 15)
    assert (answer["released"], answer["orders"]) == (["R-1"], [])
    assert (books.lot("A").reserved, books.lot("A").on_hand) == (0, 11)
    assert [(row["issue"], row["recipient"], row["quantity"]) for row in answer["issues"]] == [
        ("A-1", "H-1", 3),
        ("A-2", "I-1", 2),
    ]
    with pytest.raises(RefusedError, match="besides recalled"):
        give(books, 1, key="A-4")
    assert books(goods.write_off, lot="A@1", reason="recalled") == 3
    assert goods.check_goods(books.store.log) == ()


# --- orders ----------------------------------------------------------------------------------


def order(books: Books, **fields: Any) -> None:
    """Place an order of a household for five pieces of grain and ask the lot L-1 for them."""
    lot = orders.Candidate("L-1", "resources", "L-1:lot")
    books(orders.enroll, helpers=[orders.Helper("L-1", "resources")])
    told = {"category": "grain", "amount": 5, "form": "goods", "dimension": "piece", **fields}
    books(orders.place, order="O-1", client="H-1", candidates=[lot], **told)
    books(orders.dispatch, order="O-1")


def held_for(books: Books) -> Any:
    """The reservation of the order O-1."""
    (held,) = books.store.state.find("reservation", order="O-1")
    return held


ENDS = [(orders.cancel, CANCELS, "cancelled"), (orders.fail, FAILURES, "failed")]


@pytest.mark.parametrize(("end", "reasons", "status"), ENDS)
def test_an_accepted_order_sets_its_goods_aside_and_one_that_ends_frees_them(
    books: Books, end: Callable[..., Any], reasons: dict[str, Any], status: str
) -> None:
    """The lot that accepted is reserved in the same unit of work, and free again on cancellation or failure."""
    books.receive(("L-1", 8), groups=("lone_elder",))
    order(books, groups=["lone_elder"])
    books(orders.accept, order="O-1", helper="L-1")
    assert (held_for(books).takes, books.lot("L-1").on_hand) == ((("L-1", 5),), 3)
    books(end, order="O-1", reason=next(iter(reasons)))
    assert books.lot("L-1").on_hand == 8
    assert (held_for(books).status, held_for(books).reason) == ("released", status)


def test_an_order_that_goes_back_sets_goods_aside_anew(books: Books) -> None:
    """Whoever backs out frees the goods; accepted again, the order has another reservation."""
    books.receive(("L-1", 8))
    order(books)
    for _ in range(2):
        books(orders.accept, order="O-1", helper="L-1")
        assert books.lot("L-1").reserved == 5
        reason = next(iter(BACK_OUTS))
        books(orders.back_out, order="O-1", helper="L-1", reason=reason, onward=False)
        assert books.lot("L-1").reserved == 0
        books(orders.redispatch, order="O-1", to=["L-1"])
    assert len(books.store.state.find("reservation", order="O-1", status="released")) == 2


def test_an_order_is_given_what_was_set_aside(books: Books) -> None:
    """The issue of an order's reservation names the household as a reference and the order."""
    books.receive(("L-1", 8))
    order(books)
    books(orders.accept, order="O-1", helper="L-1")
    with pytest.raises(RefusedError, match="not understood"):
        books(goods.issue, id="A-1", order="O-9")
    assert books(goods.issue, id="A-1", order="O-1")["takes"] == [["L-1", 5]]
    assert held_for(books).status == "issued"
    issue = books.store.state.get("issue", "A-1")
    assert (issue.order, issue.recipient, issue.recipient_kind) == ("O-1", "H-1", "households")
    assert books.store.log[-1].ref == "H-1"
    books(orders.cancel, order="O-1", reason=next(iter(CANCELS)))  # nothing is left to free
    assert books.lot("L-1").issued == 5
    assert goods.check_goods(books.store.log) == ()


def test_service_slots_are_used_up_by_confirmation(books: Books) -> None:
    """A block of service slots has no warehouse door: what was done counts as given when it is confirmed."""
    books.receive(("L-1", 8), item="理发", unit="次", expires_on=DAY)
    order(books, form="service", dimension="time")
    books(orders.accept, order="O-1", helper="L-1")
    books(orders.complete, order="O-1", amount=4)
    books(orders.confirm, DAY + dt.timedelta(9), order="O-1")
    lot = books.lot("L-1")
    assert (lot.issued, lot.reserved, lot.on_hand) == (4, 0, 4)
    assert goods.check_goods(books.store.log) == ()


BARRED = [  # why the acceptance is refused as a whole
    ({"groups": ("disabled",)}, "goods-blocked"),
    ({"serves": ("oil",)}, "goods-blocked"),
    ({"expires_on": DAY + dt.timedelta(1)}, "goods-blocked"),  # the order's day is the 20th
    ({"per_need": 4}, "goods-short"),
    ({"pack": 4}, "goods-packs"),
]


@pytest.mark.parametrize(("fields", "code"), BARRED)
def test_an_order_cannot_be_accepted_without_the_goods(
    books: Books, fields: dict[str, Any], code: str
) -> None:
    """Too little, expired on the day, restricted to others: the acceptance does not happen either."""
    books.receive(("L-1", 8), **fields)
    order(books, groups=["lone_elder"], on_day="2025-09-20")
    with pytest.raises(RefusedError) as error:
        books(orders.accept, order="O-1", helper="L-1")
    assert codes(error) == [code]
    assert books.store.state.get("order", "O-1").status == "dispatched"


def test_places_above_are_those_enrolled(books: Books) -> None:
    """Goods for a district go to its streets, whatever the codes look like, once the places are enrolled."""
    area = Area("east", "street", "东街", path=(("county", "old-town"), ("street", "east")))
    books(orders.enroll, areas=[area])
    books.receive(("A", 5), places=("old-town",))
    with pytest.raises(RefusedError, match="restricted"):
        give(books, 1, place="west")
    assert give(books, 1, place="east")["takes"] == [["A", 1]]


# --- looking ---------------------------------------------------------------------------------


def test_movements_tell_everything_that_came_in_and_went_out(books: Books) -> None:
    """Ins less outs of each lot are what is there; the value is the last known one."""
    books.receive(("A", 10), donor="D-1")
    give(books, 4, recipient="H-1", recipient_kind="households")
    books(goods.bring_back, issue="A-1", quantity=1, reason="damaged")
    books(goods.transfer, lot="A", to="W-2", quantity=2)
    books(goods.count, lot="A@1", counted=3, reason="not_recorded")
    books(goods.count, lot="A", counted=4, reason="lost")
    books(goods.value, lot="A", unit_value_fen=100)
    table = goods.movements(books.store.log)
    rows = list(
        zip(table["kind"], table["lot"], table["quantity"], table["value_fen"], strict=True)
    )
    assert rows == [
        ("received", "A", 10, 1000),
        ("issued", "A", 4, 400),
        ("brought_back", "A", 1, 100),
        ("moved_out", "A", 2, 200),
        ("moved_in", "A@1", 2, 200),
        ("found", "A@1", 1, 100),
        ("written_off", "A", 1, 100),
    ]
    assert table["recipient"][1] == "H-1"
    assert set(table["donor"]) == {"D-1"}
    assert {len(column) for column in table.values()} == {7}


FORGED = [  # a change to the events of the story below: what the checker says
    (lambda e: {**e.data, "takes": [["A", 99]]}, "goods.issued", "stock-negative"),
    (lambda e: {**e.data, "takes": [["B", 1]]}, "goods.issued", "stock-turn"),
    (lambda e: {**e.data, "takes": [["C", 1]]}, "goods.issued", "stock-expired"),
    (lambda e: {**e.data, "takes": [["D", 1]]}, "goods.issued", "stock-earmark-broken"),
    (lambda e: {**e.data, "takes": [["E", 1]]}, "goods.issued", "stock-pack"),
    (lambda e: {**e.data, "takes": [["?", 1]]}, "goods.issued", "stock-unknown"),
    (lambda e: {**e.data, "lines": [["Assets:Goods:W-1", 5]]}, "goods.issued", "stock-unbalanced"),
    (lambda e: {**e.data, "lines": []}, "goods.issued", "stock-worth"),
    (lambda e: {**e.data, "quantity": 999}, "lot.written_off", "stock-not-conserved"),
    (lambda e: {**e.data, "counted": 5}, "lot.counted", "stock-not-conserved"),
    (lambda e: {**e.data, "lots": ["A"]}, "lot.recalled", "stock-recalled"),
]


@pytest.mark.parametrize(("change", "kind", "what"), FORGED)
def test_the_checker_finds_what_should_not_be(
    books: Books, change: Callable[[Event], Any], kind: str, what: str
) -> None:
    """A log that says something impossible or forbidden is found out, without the code that wrote it."""
    books.receive(("A", 10), unit_value_fen=7, expires_on=DAY + dt.timedelta(5))
    books.receive(("B", 10))
    books.receive(("C", 10), expires_on=DAY - dt.timedelta(1))
    books.receive(("D", 10), groups=("x",), places=("1",))
    books.receive(("E", 10), pack=5)
    books.receive(("F", 10), item="油")
    books(goods.recall, lot="F", reason="maker")
    give(books, 3)
    books(goods.write_off, lot="B", quantity=1, reason="damaged")
    books(goods.count, lot="B", counted=9)
    log = books.store.log
    assert goods.check_goods(log) == ()
    forged = [attrs.evolve(e, data=change(e)) if e.kind == kind else e for e in log]
    found = goods.check_goods(forged)
    assert what in {problem.code for problem in found}
    assert all(problem.say("zh") and problem.say("en") for problem in found)


# --- privacy and tables ----------------------------------------------------------------------


def test_no_id_of_a_person_or_household_is_in_the_data_of_events(books: Books) -> None:
    """Donors, households and persons stand as references, in events, records and answers."""
    state: Any = books.store.state
    state.ref = lambda subject: f"ref-of-{subject[::-1]}"
    state.subject = lambda ref: ref.removeprefix("ref-of-")[::-1]
    books.receive(("A", 10), donor="D-7", for_clients=("H-7", "I-7"))
    give(books, 3, recipient="H-7", recipient_kind="households")
    give(books, 2, key="A-2", recipient="I-7")
    books(
        goods.reserve, id="R-1", lot="A", quantity=1, recipient="H-7", recipient_kind="households"
    )
    books(goods.issue, id="A-3", reservation="R-1")
    told = books(goods.recall, lot="A", reason="maker")
    with pytest.raises(RefusedError) as error:
        give(books, 1, key="A-4", recipient="H-7", recipient_kind="households")
    said = [repr(event) for event in books.store.log]
    kept = [repr(one) for kind in ("lot", "issue", "reservation") for one in state.find(kind)]
    for text in (*said, *kept, repr(told), str(error.value), error.value.say("zh")):
        assert "H-7" not in text
        assert "D-7" not in text
    assert [state.subject(row["recipient"]) for row in told["issues"] if row["issue"] != "A-2"] == [
        "H-7",
        "H-7",
    ]
    assert told["issues"][1]["recipient"] == "I-7"


def test_the_resources_of_a_city_become_lots_of_the_same_id(books: Books) -> None:
    """Units become base units, terms go along, unknown quantities are no lots; warehouses are the holders."""
    organizations = [
        {"id": "O-1", "name": "慈善超市", "kind": "social_organization", "place": "420106"}
    ]
    rice = {
        "id": "L-1", "name": "大米", "categories": ("food", "grain"), "quantity": 20, "unit": "kg",
        "pack": 5, "per_need": 10, "holder": "O-1", "donor": "D-1", "for_places": ("420106",),
        "for_groups": ("lone_elder",), "expires_on": DAY,
    }  # fmt: skip
    masks = {"id": "L-2", "name": "口罩", "categories": ("mask",), "quantity": 3, "unit": "box*20"}
    vague = {"id": "L-3", "name": "衣物", "categories": ("clothes",)}
    network: Any = SimpleNamespace(
        tables={
            "organizations": table("organizations", organizations),
            "resources": table("resources", [rice, masks, vague]),
        }
    )
    houses, arrivals = goods.receive_resources(network)
    assert houses == [("O-1", "420106"), ("unplaced", "")]
    for key, place in houses:
        books(goods.open_warehouse, id=key, name=key, place=place or None)
    assert books(goods.receive, arrivals=arrivals) == ["L-1", "L-2"]
    lot = books.lot("L-1")
    assert (lot.on_hand, lot.pack, lot.per_need, lot.dimension) == (20_000, 5_000, 10_000, "gram")
    assert (lot.serves, lot.earmark.groups, lot.unit_value_fen) == (
        ("food", "grain"),
        ("lone_elder",),
        None,
    )
    assert books.lot("L-2").on_hand == 60


def table(kind: str, rows: list[dict[str, Any]]) -> Any:
    """A table of records given as dicts."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return wushe.make_table(kind, {name: [row.get(name) for row in rows] for name in names})


# --- what a review found ---------------------------------------------------------------------------


def test_what_a_lot_gave_stays_set_aside_when_it_backs_out(books: Books) -> None:
    """1 of 4 boxes was brought when the lot was withdrawn: that one is still to be booked out, 3 are free."""
    _ordered(books)
    books(orders.report_part, order="O-9", amount=1)
    books(orders.back_out, order="O-9", helper="L-9", reason="no_stock", onward=False)
    assert (books.lot("L-9").reserved, books.lot("L-9").on_hand) == (1, 9)
    assert goods.check_goods(books.store.log) == ()
    books(orders.cancel, order="O-9", reason="not_needed")
    assert books.lot("L-9").on_hand == 10


def test_an_order_gets_its_goods_once(books: Books) -> None:
    """What is set aside for it is given out as such, not beside it."""
    _ordered(books)
    with pytest.raises(RefusedError) as caught:
        give(books, 4, order="O-9", item="药", recipient=None)
    assert [problem.field for problem in caught.value.problems] == ["reservation"]
    books(goods.issue, id="A-2", order="O-9")
    assert (books.lot("L-9").issued, books.lot("L-9").reserved) == (4, 0)


def test_who_signed_for_an_institution_can_be_erased(books: Books) -> None:
    """A name without a reference would stay for ever."""
    books.receive(("L-9", 10), item="药")
    give(books, 4, item="药", recipient="I-7", recipient_kind="institutions")
    books(goods.sign, issue="A-1", signed_by="张三")
    event = books.store.log[-1]
    assert (event.ref, event.words) == ("I-7", {"signed_by": "张三", "why": "test"})


def _ordered(books: Books) -> None:
    books.receive(("L-9", 10), item="药")
    books(orders.enroll, helpers=[orders.Helper("L-9", "resources")])
    books(
        orders.place,
        order="O-9",
        client="H-1",
        category="food",
        amount=4,
        form="goods",
        dimension="piece",
    )
    books(orders.dispatch, order="O-9", to=["L-9"])
    books(orders.accept, order="O-9", helper="L-9")
