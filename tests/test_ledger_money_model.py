"""Thousands of random commands beside a plain model: no fen made or lost, no earmark broken, nothing below 0."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from conftest import campaign as sized
from wushe.errors import RefusedError
from wushe.journal import Act, MemoryStore, Session
from wushe.ledger.money import (
    DOMAIN,
    balances,
    change_use,
    check_ledger,
    commit,
    entries,
    open_fund,
    open_pool,
    pay,
    receive,
    refund,
    release,
    spend,
    take_back,
    trace,
    transfer,
)

ACT = Act("2025-03-13T10:00:00+08:00", "worker-1")
FUNDS = ("F", "G")
PURPOSES = ("meals", "school")
PLACES = ("34", "3418", "341802001")
GROUPS = ("lone_elder", "disabled")
CLIENTS = ("P1", "P2")
PROJECTS = ("PR", "PX")
DAYS = ("2025-01-01", "2025-02-01", "2025-03-01")
DONORS = ("D1", "D2", None)


class Model:
    """What a careful bookkeeper would keep: per gift its earmark and where its fen are; no index, no cache."""

    def __init__(self) -> None:
        self.gifts: dict[str, dict[str, Any]] = {}
        self.commitments: dict[str, dict[str, Any]] = {}
        self.payments: dict[str, dict[str, Any]] = {}
        self.pool = 0
        self.came_in = 0

    def gift(
        self, key: str, fund: str, fen: int, mark: dict[str, Any], donor: str | None, day: str
    ) -> None:
        """Keep a gift that came in."""
        held = {"fund": fund, "mark": mark, "donor": donor, "day": day, "free": fen, "out": 0}
        self.gifts[key] = held
        self.came_in += fen

    @staticmethod
    def fits(mark: dict[str, Any], item: dict[str, Any]) -> bool:
        """Say whether an earmark covers an item: every dimension that is named must hold."""
        asked = {
            "purposes": {item.get("category")},
            "places": {p for p in PLACES if item.get("place") and item["place"].startswith(p)},
            "groups": set(item.get("groups", ())),
            "clients": {item.get("client")},
        }
        if any(mark.get(name) and not set(mark[name]) & asked[name] for name in asked):
            return False
        return mark.get("project") in (None, item.get("project"))

    @staticmethod
    def rank(mark: dict[str, Any]) -> tuple[Any, ...]:
        """Return what decides which earmark pays first: false before true, so what is named goes first."""
        names = ("clients", "groups", "places", "purposes")
        clients, *rest = (not mark.get(name) for name in names)
        named = sum(len(set(mark.get(name, ()))) for name in names)
        return clients, mark.get("project") is None, *rest, named

    def payers(self, item: dict[str, Any]) -> list[tuple[str, int]]:
        """Return the gifts that fit, in the order in which they pay, and what is free of each."""
        fitting = [
            (self.rank(gift["mark"]), gift["day"], key)
            for key, gift in self.gifts.items()
            if gift["free"] and gift["fund"] == item["fund"] and self.fits(gift["mark"], item)
        ]
        return [(key, self.gifts[key]["free"]) for *_, key in sorted(fitting)]

    def total(self) -> int:
        """Return all fen wherever they are: free, set aside, paid, given back."""
        held = sum(g["free"] + g["out"] for g in self.gifts.values())
        set_aside = sum(sum(c["left"].values()) for c in self.commitments.values())
        return held + set_aside + sum(sum(p["left"].values()) for p in self.payments.values())


class Player:
    """Runs each command on the ledger and on the model, and compares.

    Each command is a unit of work, or with `one_unit` all of them together are.
    """

    def __init__(self, *, one_unit: bool = False) -> None:
        self.store = MemoryStore(DOMAIN)
        self.unit = Session(self.store.state, ACT, DOMAIN) if one_unit else None
        if self.unit is not None:
            self.store.log = self.unit.events
        self.model = Model()
        self.refused = 0
        for fund in FUNDS:
            self.run(open_fund, id=fund, name=fund, host="ORG")
        self.run(open_pool, id="POOL", sponsor="S", fen=20_000, numerator=1, denominator=3)
        self.model.pool = 20_000

    def run(self, command: Callable[..., Any], **arguments: Any) -> Any:
        """Run a command and return its answer."""
        if self.unit is not None:
            return command(self.unit, **arguments)
        return self.store.run(ACT, command, **arguments).answer

    def tried(self, command: Callable[..., Any], may: bool, **arguments: Any) -> Any:
        """Run a command that succeeds just when the model says so; None where it is refused."""
        try:
            answer = self.run(command, **arguments)
        except RefusedError:
            assert not may
            self.refused += 1
            return None
        assert may
        return answer

    def receive(
        self, fund: str, fen: int, mark: dict[str, Any], donor: str | None, day: str
    ) -> None:
        """A gift, and a third of it from the pool while it lasts."""
        row = {"fund": fund, "fen": fen, "earmark": mark, "donor": donor, "day": day}
        answer = self.run(receive, gifts=[row])
        [key] = answer["gifts"]
        self.model.gift(key, fund, fen, mark, donor, day)
        added = min(fen // 3, self.model.pool)
        assert [m[2] for m in answer["matched"]] == ([added] if added else [])
        if added:
            self.model.gift(f"{key}+POOL", fund, added, mark, "S", day)
            self.model.gifts[key]["match"] = added
            self.model.pool -= added

    def commit(self, item: dict[str, Any]) -> None:
        """Refused just when what is free and fits does not suffice; else the right gifts pay."""
        payers, wanted = self.model.payers(item), item["fen"]
        answer = self.tried(commit, sum(fen for _, fen in payers) >= wanted, items=[item])
        if answer is not None:
            takes = self.store.state.get("commitment", answer[0]).takes
            expected = []
            for gift, free in payers:
                part = min(free, wanted)
                wanted -= part
                self.model.gifts[gift]["free"] -= part
                expected += [(gift, part)] if part else []
            assert list(takes) == expected
            self.model.commitments[answer[0]] = {"left": dict(takes), "open": True}

    def pay(self, key: str, fen: int) -> None:
        """Refused just when the commitment is closed or holds less."""
        held = self.model.commitments[key]
        left = sum(held["left"].values())
        may = held["open"] and fen <= left
        answer = self.tried(pay, may, items=[{"commitment": key, "fen": fen}])
        if answer is not None:
            self._paid(answer[0], held)
            held["open"] = fen < left

    def _paid(self, payment: str, held: dict[str, Any]) -> None:
        takes = self.store.state.get("payment", payment).takes
        for gift, fen in takes:
            assert 0 < fen <= held["left"][gift]
            held["left"][gift] -= fen
        self.model.payments[payment] = {"left": dict(takes)}

    def release(self, key: str) -> None:
        """Refused just when the commitment is closed; each gift gets back what is its own."""
        held = self.model.commitments[key]
        if self.tried(release, held["open"], commitments=[key]) is not None:
            for gift, fen in held["left"].items():
                self.model.gifts[gift]["free"] += fen
            held["left"], held["open"] = {}, False

    def take_back(self, key: str, fen: int) -> None:
        """Refused just when more comes back than was paid; it goes to the gifts that paid."""
        held = self.model.payments[key]
        may = fen <= sum(held["left"].values())
        if self.tried(take_back, may, payment=key, fen=fen) is not None:
            takes = self.store.log[-1].data["takes"]
            assert sum(part for _, part in takes) == fen
            for gift, part in takes:
                held["left"][gift] -= part
                assert held["left"][gift] >= 0
                self.model.gifts[gift]["free"] += part

    def refund(self, key: str, fen: int) -> None:
        """Refused just when less is free; what the pool added goes back in proportion of all that is refunded."""
        held = self.model.gifts[key]
        answer = self.tried(refund, fen <= held["free"], gifts=[key], fen=fen)
        if answer is None:
            return
        held["free"] -= fen
        held["out"] += fen
        root = key
        while (origin := self.store.state.get("gift", root).origin) is not None:
            root = origin
        matched = self.model.gifts.get(f"{root}+POOL")
        given, whole = self.model.gifts[root], self.store.state.get("gift", root).fen
        given["given_back"] = given.get("given_back", 0) + fen
        back = 0
        if matched is not None:
            due = given["match"] * given["given_back"] // whole - matched["out"]
            back = min(max(due, 0), matched["free"])
        assert [part for *_, part in answer["to_pools"]] == ([back] if back else [])
        if back and matched is not None:
            matched["free"] -= back
            matched["out"] += back
            self.model.pool += back

    def transfer(self, key: str, fen: int) -> None:
        """Refused just when less is free; the money keeps its earmark and donor."""
        held = self.model.gifts[key]
        source = held["fund"]
        target = FUNDS[1 - FUNDS.index(source)]
        may = fen <= held["free"]
        answer = self.tried(transfer, may, source=source, target=target, takes=[(key, fen)])
        if answer is not None:
            held["free"] -= fen
            self.model.gift(answer[0], target, fen, held["mark"], held["donor"], held["day"])
            self.model.came_in -= fen  # not new money

    def change_use(self, key: str, mark: dict[str, Any], by: str | None) -> None:
        """Refused just when it is not the donor who agrees."""
        held = self.model.gifts[key]
        may = by is not None and by == held["donor"]
        day = "2025-03-13"
        arguments = {"gift": key, "earmark": mark, "consent_by": by, "consent_on": day}
        if self.tried(change_use, may, **arguments) is not None:
            held["mark"] = mark

    def compare(self) -> None:
        """Compare every gift, fund and account with the model."""
        state = self.store.state
        gifts = state.find("gift")
        assert {g.id: g.free for g in gifts} == {k: g["free"] for k, g in self.model.gifts.items()}
        for gift in gifts:
            parts = (gift.free, gift.committed, gift.spent, gift.refunded, gift.moved)
            assert min(parts) >= 0
            assert sum(parts) == gift.fen
        assert self.model.total() == self.model.came_in
        assert state.get("pool", "POOL").left == self.model.pool >= 0
        held = balances(state)
        assert sum(held.values()) == 0
        assert all(fen >= 0 for name, fen in held.items() if name.startswith("Assets:"))
        for fund in state.find("fund"):
            into = fund.received_fen + fund.matched_fen + fund.moved_in_fen
            gone = fund.spent_fen + fund.refunded_fen + fund.moved_out_fen
            assert into == fund.free_fen + fund.committed_fen + gone
            assert held.get(f"Assets:Cash:{fund.id}:Free", 0) == fund.free_fen
            assert held.get(f"Assets:Cash:{fund.id}:Committed", 0) == fund.committed_fen

    def traced(self) -> None:
        """Every fen of a donor is free, set aside, given back, or leads to a payment."""
        for donor in ("D1", "D2", "S"):
            for row in trace(self.store.state, donor):
                used = sum(use["fen"] for use in row["uses"])
                assert row["fen"] == row["free"] + row["committed"] + row["refunded"] + used

    def finished(self) -> None:
        """The second opinion finds nothing, and the log makes the same state again."""
        self.traced()
        assert check_ledger(self.store.log) == []
        again = MemoryStore(DOMAIN, log=list(self.store.log)).state
        for kind in DOMAIN.records:
            assert again.find(kind) == self.store.state.find(kind)


def subsets(values: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    """Return lists of some of `values`, often none."""
    return st.one_of(st.just([]), st.lists(st.sampled_from(values), unique=True, max_size=2))


MARKS = st.fixed_dictionaries(
    {
        "purposes": subsets(PURPOSES),
        "places": subsets(PLACES),
        "groups": subsets(GROUPS),
        "clients": subsets(CLIENTS),
        "project": st.sampled_from((None, None, *PROJECTS)),
    }
)
ITEMS = st.fixed_dictionaries(
    {
        "fund": st.sampled_from(FUNDS),
        "fen": st.integers(1, 400),
        "category": st.sampled_from(PURPOSES),
        "place": st.sampled_from(("341802001", "341101", None)),
        "groups": subsets(GROUPS),
        "client": st.sampled_from(CLIENTS),
        "project": st.sampled_from((None, *PROJECTS)),
    }
)
FEN = st.integers(1, 300)


class Ledger(RuleBasedStateMachine):
    """Any order of commands."""

    def __init__(self) -> None:
        super().__init__()
        self.player = Player()

    @rule(
        fund=st.sampled_from(FUNDS),
        fen=st.integers(1, 900),
        mark=MARKS,
        donor=st.sampled_from(DONORS),
        day=st.sampled_from(DAYS),
    )
    def receive(
        self, fund: str, fen: int, mark: dict[str, Any], donor: str | None, day: str
    ) -> None:
        """Receive a gift."""
        self.player.receive(fund, fen, mark, donor, day)

    @rule(item=ITEMS)
    def commit(self, item: dict[str, Any]) -> None:
        """Commit to something."""
        self.player.commit(item)

    @precondition(lambda self: self.player.model.commitments)
    @rule(data=st.data(), fen=FEN)
    def pay(self, data: st.DataObject, fen: int) -> None:
        """Pay a part."""
        self.player.pay(data.draw(st.sampled_from(list(self.player.model.commitments))), fen)

    @precondition(lambda self: self.player.model.commitments)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        """Release."""
        self.player.release(data.draw(st.sampled_from(list(self.player.model.commitments))))

    @precondition(lambda self: self.player.model.payments)
    @rule(data=st.data(), fen=FEN)
    def take_back(self, data: st.DataObject, fen: int) -> None:
        """Something comes back from a payee."""
        self.player.take_back(data.draw(st.sampled_from(list(self.player.model.payments))), fen)

    @precondition(lambda self: self.player.model.gifts)
    @rule(data=st.data(), fen=FEN)
    def refund(self, data: st.DataObject, fen: int) -> None:
        """Give back to a donor."""
        gifts = [key for key in self.player.model.gifts if "+" not in key]
        self.player.refund(data.draw(st.sampled_from(gifts)), fen)

    @precondition(lambda self: self.player.model.gifts)
    @rule(data=st.data(), fen=FEN)
    def transfer(self, data: st.DataObject, fen: int) -> None:
        """Move between the funds."""
        self.player.transfer(data.draw(st.sampled_from(list(self.player.model.gifts))), fen)

    @precondition(lambda self: self.player.model.gifts)
    @rule(data=st.data(), mark=MARKS, by=st.sampled_from(DONORS))
    def change_use(self, data: st.DataObject, mark: dict[str, Any], by: str | None) -> None:
        """Change an earmark."""
        gift = data.draw(st.sampled_from(list(self.player.model.gifts)))
        self.player.change_use(gift, mark, by)

    @invariant()
    def agrees(self) -> None:
        """Ledger and model say the same."""
        self.player.compare()

    def teardown(self) -> None:
        """Look at the whole log."""
        self.player.finished()


TestLedger = Ledger.TestCase
TestLedger.settings = settings(
    max_examples=sized(tests=12, ci=60, soak=300), stateful_step_count=25, deadline=None
)


def _mark(rng: np.random.Generator) -> dict[str, Any]:
    def some(values: tuple[str, ...]) -> list[str]:
        if rng.random() < 0.75:
            return []
        return sorted({values[i] for i in rng.integers(0, len(values), 2)})

    mark: dict[str, Any] = {
        "purposes": some(PURPOSES),
        "places": some(PLACES),
        "groups": some(GROUPS),
        "clients": some(CLIENTS),
    }
    return {**mark, "project": PROJECTS[rng.integers(2)] if rng.random() < 0.1 else None}


def _step(player: Player, rng: np.random.Generator) -> None:
    """Run one random command."""
    model, fen = player.model, int(rng.integers(1, 500))
    # Recent records: those long ago are mostly closed.
    gifts = [k for k in list(model.gifts)[-40:] if "+" not in k]
    commitments, payments = list(model.commitments)[-20:], list(model.payments)[-20:]
    what = int(rng.integers(0, 12))
    if what < 4 or not gifts:
        donor = DONORS[rng.integers(3)]
        day = DAYS[rng.integers(3)]
        player.receive(FUNDS[rng.integers(2)], fen * 3, _mark(rng), donor, day)
    elif what < 7:
        item = {"fund": FUNDS[rng.integers(2)], "fen": fen, "category": PURPOSES[rng.integers(2)]}
        item |= {"place": "341802001", "client": CLIENTS[rng.integers(2)], "groups": [GROUPS[0]]}
        player.commit(item)
    elif what == 7 and commitments:
        player.pay(commitments[rng.integers(len(commitments))], fen)
    elif what == 8 and commitments:
        player.release(commitments[rng.integers(len(commitments))])
    elif what == 9 and payments:
        player.take_back(payments[rng.integers(len(payments))], fen)
    elif what == 10:
        player.refund(gifts[rng.integers(len(gifts))], fen)
    elif rng.random() < 0.5:
        player.transfer(gifts[rng.integers(len(gifts))], fen)
    else:
        by = DONORS[rng.integers(3)]
        player.change_use(gifts[rng.integers(len(gifts))], _mark(rng), by)


def test_a_long_run_beside_the_model(
    campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """A seeded driver with ledgers of 1,000 commands; compared as it goes, checked at the end.

    In every other ledger all commands are one unit of work, so that what it looked up stays up to date.
    """
    runs = campaign(tests=2, ci=10, soak=1000)
    refused = fen = 0
    for run, child in enumerate(np.random.SeedSequence(seed).spawn(runs)):
        rng, player = np.random.default_rng(child), Player(one_unit=run % 2 == 1)
        for step in range(1_000):
            _step(player, rng)
            if step % 100 == 99:
                player.compare()
        player.finished()
        refused += player.refused
        fen += player.model.came_in
    evidence(
        "money_ledger", runs=runs, commands=runs * 1_000, refused=refused, fen=fen, violations=0
    )


def test_thousands_of_open_gifts_are_not_looked_through_for_each_commitment() -> None:
    """The gifts that a batch looks at stay about as many as it uses: the index finds the next one."""
    store = MemoryStore(DOMAIN)
    store.run(ACT, open_fund, id="F", name="F", host="ORG")
    marks: list[dict[str, Any]] = [{"purposes": [p]} for p in PURPOSES] + [{}]
    rows = [{"fund": "F", "fen": 100, "earmark": marks[n % 3]} for n in range(4_000)]
    store.run(ACT, receive, gifts=rows)
    looked = 0
    held = store.state.get

    def counted(kind: str, key: str) -> Any:
        nonlocal looked
        looked += kind == "gift"
        return held(kind, key)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store.state, "get", counted)
        items = [{"fund": "F", "fen": 150, "category": "meals"} for _ in range(500)]
        store.run(ACT, spend, items=items)
    assert looked < 20 * 500
    assert store.state.get("fund", "F").spent_fen == 75_000


def _busy_day(store: MemoryStore, rng: np.random.Generator, funds: tuple[str, str]) -> None:
    """Two hundred gifts, promises against them, most paid, some returned, some released."""
    gifts = [
        {"fund": funds[rng.integers(2)], "fen": int(fen), "earmark": _mark(rng), "donor": f"D{n}"}
        for n, fen in enumerate(rng.integers(1, 10_000, 200))
    ]
    store.run(ACT, receive, gifts=gifts)
    keys = []
    for fund in funds:
        held = store.state.find("gift", fund=fund, open="1")
        free = sum(gift.free for gift in held if not gift.earmark.restricted)
        items = [
            {"fund": fund, "fen": int(fen), "category": PURPOSES[0], "client": f"C{n}"}
            for n, fen in enumerate(rng.integers(1, max(free // 80, 2), 80))
        ]
        keys += store.run(ACT, commit, items=items).answer
    paid = store.run(ACT, pay, items=[{"commitment": key} for key in keys[10:]]).answer
    store.run(ACT, release, commitments=keys[:10])
    for payment in paid[:5]:
        store.run(ACT, take_back, payment=payment)


def test_a_large_ledger_keeps_conservation(
    campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """Day after day until so many postings stand; every account and every fen agrees with the postings."""
    wanted = campaign(tests=2_000, ci=50_000, soak=1_000_000)
    rng, store = np.random.default_rng(seed), MemoryStore(DOMAIN)
    days = 0
    while 2 * len(store.log) < wanted:
        funds = f"F{days // 10}", f"G{days // 10}"
        if days % 10 == 0:
            for fund in funds:
                store.run(ACT, open_fund, id=fund, name=fund, host="ORG")
        _busy_day(store, rng, funds)
        days += 1
    table = entries(store.log)
    sums: dict[str, int] = {}
    for account, fen in zip(table["account"], table["fen"], strict=True):
        sums[account] = sums.get(account, 0) + fen
    assert sums == balances(store.state)
    assert sum(sums.values()) == 0
    assert check_ledger(store.log) == []
    gifts = store.state.find("gift")
    assert sum(g.fen for g in gifts) == -sum(f for a, f in sums.items() if a.startswith("Income:"))
    evidence("money_postings", postings=len(table["fen"]), gifts=len(gifts), violations=0)
