"""Orders for money: set aside on acceptance, given back when nothing comes of it, paid once confirmed."""

from typing import Any

import pytest

from wushe import orders
from wushe.errors import RefusedError
from wushe.journal import Act, MemoryStore
from wushe.ledger import DOMAIN as LEDGER
from wushe.ledger import money
from wushe.orders import Candidate, Helper

ACT = Act("2025-03-13T10:00:00+08:00", "worker-1")
PLACE = "341802001"


class Desk:
    """A society's fund with 1,000 fen, and one order for money that it is asked for."""

    def __init__(self, **earmark: Any) -> None:
        self.store = MemoryStore(orders.DOMAIN + LEDGER)
        self.run(money.open_fund, id="F", name="救急难互助社", host="ORG", per_need_fen=800)
        gift = {"fund": "F", "fen": 1_000, "donor": "D", "earmark": earmark}
        self.run(money.receive, gifts=[gift])
        self.run(orders.enroll, helpers=[Helper("F", "funds", place=PLACE)])

    def run(self, command: Any, **arguments: Any) -> Any:
        """Run a command and return its answer."""
        return self.store.run(ACT, command, **arguments).answer

    def accepted(self, fen: int = 300, need: str = "N") -> str:
        """Place an order for money, ask the fund, and let it accept."""
        order = self.run(
            orders.place,
            client="H",
            category="meals",
            amount=fen,
            form="money",
            dimension="fen",
            need=need,
            place=PLACE,
            groups=["lone_elder"],
            candidates=[Candidate("F", "funds")],
        )
        self.run(orders.dispatch, order=order)
        self.run(orders.accept, order=order, helper="F")
        return str(order)

    def confirmed(self, order: str, fen: int | None = None) -> None:
        """Let the order be done and confirmed."""
        self.run(orders.complete, order=order, amount=fen)
        self.run(orders.confirm, order=order, rating=5)

    def fund(self) -> tuple[int, int, int]:
        """Return what is free, committed and spent."""
        held = self.store.state.get("fund", "F")
        return held.free_fen, held.committed_fen, held.spent_fen

    def commitment(self, order: str) -> str:
        """Return the id of the order's last commitment."""
        return str(self.store.state.find("commitment", order=order)[-1].id)

    def refused(self, command: Any, **arguments: Any) -> list[str]:
        """Run a command that must be refused and change nothing; return the codes of its problems."""
        before = len(self.store.log), self.fund()
        with pytest.raises(RefusedError) as caught:
            self.store.run(ACT, command, **arguments)
        assert (len(self.store.log), self.fund()) == before
        return [problem.code for problem in caught.value.problems]


def test_a_fund_that_accepts_sets_the_money_aside() -> None:
    """The commitment knows order, need, client, place and category, and takes gifts that cover the client's group."""
    desk = Desk(groups=["lone_elder"], places=["3418"])
    order = desk.accepted()
    assert desk.fund() == (700, 300, 0)
    held = desk.store.state.get("commitment", desk.commitment(order))
    client = desk.store.state.ref("H")
    assert (held.need, held.client, held.place, held.category) == ("N", client, PLACE, "meals")


def test_a_fund_cannot_accept_what_its_gifts_do_not_cover() -> None:
    """The acceptance itself is refused: the order stays with those who were asked."""
    desk = Desk(groups=["disabled"])
    with pytest.raises(RefusedError) as caught:
        desk.accepted()
    assert [p.code for p in caught.value.problems] == ["fund-not-enough"]
    [order] = desk.store.state.find("order")
    assert order.status == "dispatched"
    assert desk.fund() == (1_000, 0, 0)


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        (orders.cancel, {"reason": "not_needed"}),
        (orders.fail, {"reason": "nobody_home"}),
        (orders.back_out, {"helper": "F", "reason": "no_stock"}),
    ],
)
def test_what_does_not_come_about_is_released(command: Any, arguments: dict[str, Any]) -> None:
    """Cancelled, failed, or the fund backs out: the money is free again and may be promised anew."""
    desk = Desk()
    desk.run(command, order=desk.accepted(), **arguments)
    assert desk.fund() == (1_000, 0, 0)
    assert money.check_ledger(desk.store.log) == []


def test_payment_waits_for_the_confirmation() -> None:
    """Accepted and done is not enough; confirmed is."""
    desk = Desk()
    order = desk.accepted()
    item = {"commitment": desk.commitment(order)}
    assert desk.refused(money.pay, items=[item]) == ["payment-before-confirmation"]
    desk.run(orders.complete, order=order)
    assert desk.refused(money.pay, items=[item]) == ["payment-before-confirmation"]
    desk.run(orders.confirm, order=order)
    [payment] = desk.run(money.pay, items=[item])
    assert desk.fund() == (700, 0, 300)
    assert desk.store.state.get("payment", payment).order == order


def test_an_emergency_is_paid_at_once_with_its_reason() -> None:
    """急难: the reason is a code of a closed list and stays with the payment."""
    desk = Desk()
    item = {"commitment": desk.commitment(desk.accepted())}
    assert desk.refused(money.pay, items=[{**item, "emergency": "in_a_hurry"}]) == [
        "money-not-a-code"
    ]
    [payment] = desk.run(money.pay, items=[{**item, "emergency": "acute_illness"}])
    assert desk.store.state.get("payment", payment).emergency == "acute_illness"


def test_no_more_is_paid_than_was_confirmed() -> None:
    """300 ordered, 200 done: 200 are paid, 100 released."""
    desk = Desk()
    order = desk.accepted()
    desk.confirmed(order, 200)
    key = desk.commitment(order)
    assert desk.refused(money.pay, items=[{"commitment": key, "fen": 201}]) == [
        "money-more-than-left"
    ]
    desk.run(money.pay, items=[{"commitment": key}])
    desk.run(money.release, commitments=[key], reason="less_spent")
    assert desk.fund() == (800, 0, 200)
    assert money.check_ledger(desk.store.log) == []


def test_the_cap_of_a_need_counts_all_its_orders() -> None:
    """A need gets 800 at most, in however many orders; what was released does not count."""
    desk = Desk()
    order = desk.accepted(500)
    desk.run(orders.cancel, order=order, reason="not_needed")
    order = desk.accepted(500)
    desk.confirmed(order)
    with pytest.raises(RefusedError) as caught:
        desk.accepted(301)
    assert [p.code for p in caught.value.problems] == ["fund-cap-exceeded"]
    desk.accepted(300, need="N2")


def _second_fund(desk: Desk) -> None:
    desk.run(money.open_fund, id="F2", name="另一基金", host="ORG")
    desk.run(money.receive, gifts=[{"fund": "F2", "fen": 1_000, "donor": "D"}])
    desk.run(orders.enroll, helpers=[Helper("F2", "funds", place=PLACE)])


def _paid(desk: Desk, order: str) -> int:
    return sum(c.paid for c in desk.store.state.find("commitment", order=order))


def test_what_one_fund_did_stays_its_own_when_another_goes_on() -> None:
    """100 of 300 done, then it backs out: 100 stay set aside, the other fund promises 200, 300 are paid in all."""
    desk = Desk()
    _second_fund(desk)
    order = desk.accepted()
    desk.run(orders.report_part, order=order, amount=100)
    desk.run(orders.back_out, order=order, helper="F", reason="no_stock", onward=False)
    assert desk.fund() == (900, 100, 0)
    desk.run(orders.redispatch, order=order, to=["F2"])
    desk.run(orders.accept, order=order, helper="F2")
    desk.confirmed(order)
    held = desk.store.state.find("commitment", order=order)
    for one in held:
        if one.status == "open":
            desk.run(money.pay, items=[{"commitment": one.id}])
    assert _paid(desk, order) == 300
    assert money.check_ledger(desk.store.log) == []


def test_a_second_fund_lets_the_first_one_s_part_alone() -> None:
    """It backs out as well: only its own money is free again."""
    desk = Desk()
    _second_fund(desk)
    order = desk.accepted()
    desk.run(orders.report_part, order=order, amount=100)
    desk.run(orders.back_out, order=order, helper="F", reason="no_stock", onward=False)
    desk.run(orders.redispatch, order=order, to=["F2"])
    desk.run(orders.accept, order=order, helper="F2")
    desk.run(orders.back_out, order=order, helper="F2", reason="no_stock", onward=False)
    assert desk.fund() == (900, 100, 0)
    assert desk.store.state.get("fund", "F2").free_fen == 1_000
    desk.run(orders.cancel, order=order, reason="not_needed")
    assert desk.fund() == (1_000, 0, 0)


def test_what_was_paid_in_an_emergency_is_not_paid_again_by_another_fund() -> None:
    """100 of 300 paid at once, then it backs out: the other fund pays 200, whatever it had set aside."""
    desk = Desk()
    _second_fund(desk)
    order = desk.accepted()
    urgent = {"commitment": desk.commitment(order), "fen": 100, "emergency": "no_food"}
    desk.run(money.pay, items=[urgent])
    desk.run(orders.back_out, order=order, helper="F", reason="no_stock", onward=False)
    desk.run(orders.redispatch, order=order, to=["F2"])
    desk.run(orders.accept, order=order, helper="F2")
    desk.confirmed(order)
    key = next(c.id for c in desk.store.state.find("commitment", order=order) if c.fund == "F2")
    assert desk.refused(money.pay, items=[{"commitment": key, "fen": 201}]) == [
        "money-more-than-left"
    ]
    desk.run(money.pay, items=[{"commitment": key}])
    assert _paid(desk, order) == 300


def test_an_emergency_is_no_way_around_what_was_confirmed() -> None:
    """300 ordered, 200 confirmed: the reason does not open the rest."""
    desk = Desk()
    order = desk.accepted()
    desk.confirmed(order, 200)
    item = {"commitment": desk.commitment(order), "fen": 201, "emergency": "no_food"}
    assert desk.refused(money.pay, items=[item]) == ["money-more-than-left"]


def test_a_commitment_knows_what_kind_of_client_it_is_for() -> None:
    """From the order."""
    desk = Desk()
    held = desk.store.state.get("commitment", desk.commitment(desk.accepted()))
    assert held.client_kind == "households"
