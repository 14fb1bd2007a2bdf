"""Funds in columns: the same balances as the commands, account by account, and books that always balance."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from conftest import campaign
from wushe.errors import RefusedError
from wushe.journal import Act, MemoryStore
from wushe.ledger.money import (
    DOMAIN,
    Commitment,
    Fund,
    balances,
    commit,
    open_fund,
    open_pool,
    pay,
    receive,
    refund,
    release,
    transfer,
)
from wushe.ledger.money.columns import FundColumns

ACT = Act("2026-03-13T10:00:00+08:00", "worker-1")
FUNDS = ("A-1", "街道基金", "z")


class Twin:
    """The same step taken by the commands on a store and by the columns."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.store = MemoryStore(DOMAIN)
        self.money = FundColumns(len(FUNDS))
        self.open: list[tuple[int, str, int]] = []
        for fund in FUNDS:
            self.do(open_fund, id=fund, name=fund, host="O-1")
        self.do(open_pool, id="P", sponsor="S-1", fen=20_000, numerator=1, denominator=3, fund="z")

    def do(self, command: Any, **arguments: Any) -> Any:
        """Return the answer of a command."""
        return self.store.run(ACT, command, **arguments).answer

    def refused(self, command: Any, **arguments: Any) -> bool:
        """Return whether the books refuse what is to be done."""
        try:
            self.do(command, **arguments)
        except RefusedError:
            return True
        return False

    def step(self) -> None:
        """Do one random thing in both ways."""
        fund, fen = int(self.rng.integers(len(FUNDS))), int(self.rng.integers(1, 9_000))
        getattr(self, self.rng.choice(["give", "take", "take", "use", "drop", "back", "shift"]))(
            fund, fen
        )

    def give(self, fund: int, fen: int) -> None:
        """Take a gift, which a pool may match."""
        nature = str(self.rng.choice(["donation", "fiscal", "collective", "interest"]))
        found = self.do(receive, gifts=[{"fund": FUNDS[fund], "fen": fen, "nature": nature}])
        self.money.receive(fund, fen, nature=nature)
        for _, _, part in found["matched"]:
            self.money.receive(fund, part, nature="matching")

    def take(self, fund: int, fen: int) -> None:
        """Set money aside, one item at a time: the columns take a batch in its order."""
        parts = [fen, *self.rng.integers(1, 9_000, 2).tolist()]
        kept = self.money.commit([fund] * 3, parts)
        for part, done in zip(parts, kept.tolist(), strict=True):
            refused = self.refused(commit, items=[{"fund": FUNDS[fund], "fen": part}])
            assert refused != done, (fund, part)
            if done:
                held: list[Commitment] = self.store.state.find("commitment", fund=FUNDS[fund])
                last = max(held, key=lambda c: int(c.id.rpartition("-C")[2]))
                self.open.append((fund, last.id, part))

    def use(self, _: int, fen: int) -> None:
        """Pay some of what was set aside."""
        if self.open:
            fund, key, left = self.open.pop(int(self.rng.integers(len(self.open))))
            part, kind = min(fen, left), str(self.rng.choice(["aid", "project", "management"]))
            self.do(pay, items=[{"commitment": key, "fen": part, "kind": kind}])
            self.money.pay(fund, part, kind=kind)
            if left > part:
                self.open.append((fund, key, left - part))

    def drop(self, *_: int) -> None:
        """Release what is left of something that was set aside."""
        if self.open:
            fund, key, left = self.open.pop(int(self.rng.integers(len(self.open))))
            self.do(release, commitments=[key])
            self.money.release(fund, left)

    def gift_of(self, fund: int) -> Any:
        """Return a gift with free money that no pool matched, or None."""
        gifts = self.store.state.find("gift", fund=FUNDS[fund], open="1")
        matched = {g.matches for g in gifts} | {g.id for g in gifts if g.pool}
        gifts = [g for g in gifts if g.id not in matched and g.origin is None]
        return gifts[int(self.rng.integers(len(gifts)))] if gifts and fund != 2 else None

    def back(self, fund: int, fen: int) -> None:
        """Give a donor money back."""
        if (gift := self.gift_of(fund)) is not None:
            part = min(fen, gift.free)
            self.do(refund, gifts=[gift.id], fen=part)
            self.money.refund(fund, part)

    def shift(self, fund: int, fen: int) -> None:
        """Move free money to another fund."""
        if (gift := self.gift_of(fund)) is not None:
            target, part = (fund + 1) % len(FUNDS), min(fen, gift.free)
            takes = [(gift.id, part)]
            refused = self.refused(transfer, source=FUNDS[fund], target=FUNDS[target], takes=takes)
            if not refused:
                self.money.move(fund, target, part)

    def fields(self) -> list[tuple[int, ...]]:
        """Return what the fund records of the store say, in the order of `totals`."""
        funds: list[Fund] = [self.store.state.get("fund", key) for key in FUNDS]
        return [
            (f.received_fen, f.matched_fen, f.moved_in_fen, f.moved_out_fen, f.free_fen,
             f.committed_fen, f.spent_fen, f.refunded_fen)
            for f in funds
        ]  # fmt: skip


def totals(money: FundColumns) -> list[tuple[int, ...]]:
    """Return the totals of each fund."""
    columns = (money.received, money.matched, money.moved_in, money.moved_out, money.free,
               money.committed, money.spent, money.refunded)  # fmt: skip
    return [tuple(row) for row in np.stack(columns, axis=1).tolist()]


@pytest.mark.parametrize("seed", range(4))
def test_random_postings_leave_every_account_as_the_commands_leave_it(
    seed: int, evidence: Callable[..., None]
) -> None:
    """The same random sequence of gifts, commitments, payments, refunds and transfers, step by step."""
    twin = Twin(np.random.default_rng([14, seed]))
    steps = campaign(tests=150, ci=400, soak=2_000)
    for _ in range(steps):
        twin.step()
        assert twin.money.residual() == 0
    books = {name: fen for name, fen in balances(twin.store.state).items() if fen}
    assert books == twin.money.balances(FUNDS)
    assert totals(twin.money) == twin.fields()
    assert min(map(min, totals(twin.money))) >= 0
    assert all(map(sum, zip(*totals(twin.money), strict=True))), "something was never posted"
    evidence(
        "fund_columns_against_commands", steps=steps, accounts=len(books), differences=0, seed=seed
    )


def test_a_batch_is_taken_row_by_row() -> None:
    """What does not fit is refused whole, and a smaller one after it still fits."""
    money = FundColumns(2)
    money.receive([0, 1], [100, 40])
    kept = money.commit([0, 1, 0, 0, 1, 0], [60, 41, 50, 40, 40, 1])
    assert kept.tolist() == [True, False, False, True, True, False]
    assert money.free.tolist() == [0, 0]
    assert money.committed.tolist() == [100, 40]


def test_one_batch_is_the_same_as_its_rows_one_after_the_other() -> None:
    """Batches only save time: 300 random rows at once and one by one leave equal books."""
    rng = np.random.default_rng(3)
    fund, fen = rng.integers(0, 5, 300), rng.integers(1, 400, 300)
    together, alone = FundColumns(5), FundColumns(5)
    for money in (together, alone):
        money.receive(np.arange(5), np.array([9_000, 5_000, 300, 1, 20_000]))
    kept = together.commit(fund, fen)
    assert kept.tolist() == [
        bool(alone.commit(f, x)[0]) for f, x in zip(fund.tolist(), fen.tolist(), strict=True)
    ]
    assert totals(together) == totals(alone)
    assert 0 < kept.sum() < len(kept)


def test_more_than_there_is_is_refused_and_nothing_posted() -> None:
    """A batch that takes a fund below 0 raises ValueError with fund and figures; the books stay as they were."""
    money = FundColumns(2)
    money.receive([0, 1], 100)
    money.commit(0, 70)
    before = totals(money)
    for wrong in (
        lambda: money.pay([0, 0], [40, 31]),
        lambda: money.release(1, 1),
        lambda: money.refund([1, 0], [100, 31]),
        lambda: money.move([0, 1], [1, 0], [31, 10]),
    ):
        with pytest.raises(
            ValueError, match=r"fund \d: \d+ fen asked for, \d+ fen (free|committed)"
        ):
            wrong()
        assert totals(money) == before
    assert money.residual() == 0


@pytest.mark.parametrize(
    ("fund", "fen", "said"),
    [
        (2, 5, "fund is 2 to 2; expected 0 to 1"),
        (-1, 5, "fund is -1"),
        (0, 0, "fen is 0 to 0; expected 1 to"),
        (0, -5, "fen is -5"),
        (0, 10**12 + 1, "expected 1 to 1000000000000"),
        (0, 1.5, "expected whole numbers"),
        (True, 5, "expected whole numbers"),
        ([0, 1, 0], [1, 2], "fen has 2 rows; expected 3, or one for all"),
    ],
)
def test_what_is_no_posting_is_refused(fund: Any, fen: Any, said: str) -> None:
    """Funds that are not there, broken fen and lists of unequal length are wrong calls."""
    money = FundColumns(2)
    with pytest.raises(ValueError, match=said):
        money.receive(fund, fen)
    assert totals(money) == [(0,) * 8] * 2


def test_other_wrong_calls_say_what_is_expected() -> None:
    """Natures, kinds of payment, funds moved into themselves, ids."""
    money = FundColumns(2)
    money.receive(0, 5)
    with pytest.raises(ValueError, match="nature is 'gift'; expected one of donation"):
        money.receive(0, 5, nature="gift")
    with pytest.raises(ValueError, match="kind is 'wages'; expected one of aid"):
        money.pay(0, 5, kind="wages")
    with pytest.raises(ValueError, match="each another one than its source"):
        money.move(0, 0, 5)
    with pytest.raises(ValueError, match="ids are 1; expected one for each of the 2 funds"):
        money.balances(["A"])
    with pytest.raises(ValueError, match="n is -1"):
        money.open(-1)


def test_no_rows_change_nothing_and_funds_can_be_opened_later() -> None:
    """Empty batches are fine, and a fund opened later begins at 0 while the others keep what they have."""
    money = FundColumns(1)
    money.receive([], [])
    assert money.commit([], []).tolist() == []
    money.receive(0, 5)
    assert money.open(2).tolist() == [1, 2]
    assert money.free.tolist() == [5, 0, 0]
    money.move(0, 2, 5)
    assert (money.moved_out.tolist(), money.moved_in.tolist()) == ([5, 0, 0], [0, 0, 5])
    assert repr(money) == "<FundColumns: 3 funds, 5 fen free>"
