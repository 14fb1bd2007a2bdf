"""A second opinion: everything recomputed from the events, sharing no code with what recorded them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs

from wushe.errors import Problem, ProblemKind
from wushe.journal import Event
from wushe.ledger.money.accounts import account_part
from wushe.text import Text

_LOOK = Text("停用这本账，查明这一事件", "stop using this ledger and look into this event")
UNBALANCED = ProblemKind(
    "ledger-unbalanced",
    Text("分录不平或与金额不符", "the lines do not balance, or differ from the amount"),
    Text("借贷相等，合计等于事件金额", "debits equal to credits, and to the amount of the event"),
    _LOOK,
)
NEGATIVE = ProblemKind(
    "ledger-negative",
    Text("动用的钱多于实有的钱", "more money was used than there was"),
    Text("任何一笔捐赠的各部分都不小于0", "no part of any gift below 0"),
    _LOOK,
)
LOST = ProblemKind(
    "ledger-fen-lost",
    Text("收支余不符", "what came in is not what is there and what went out"),
    Text(
        "收到 + 配捐 + 转入 = 可用 + 已承诺 + 已用 + 退还 + 转出",
        "received + matched + moved in = free + committed + spent + refunded + moved out",
    ),
    _LOOK,
)
BROKEN_EARMARK = ProblemKind(
    "ledger-earmark-broken",
    Text("限定的钱用在了限定之外", "restricted money was used for what it does not cover"),
    Text(
        "符合捐赠人限定的用途、地区、对象、项目",
        "the purpose, place, group, client and project of the donor",
    ),
    _LOOK,
)
POOL_OVERSPENT = ProblemKind(
    "ledger-pool-overspent",
    Text("配捐资金池超支", "a pool gave more than it has"),
    Text("不超过资金池的金额", "no more than the pool's money"),
    _LOOK,
)
UNKNOWN = ProblemKind(
    "ledger-unknown",
    Text("用到了没有登记过的编号，或编号重复", "an id that was never recorded, or recorded twice"),
    Text("先登记，且只登记一次", "recorded before, and once"),
    _LOOK,
)
_PARTS = ("free", "committed", "spent", "refunded", "moved")
_LISTS = (
    ("purposes", "category"),
    ("clients", "client"),
    ("project", "project"),
)


@attrs.define(eq=False)
class _Check:
    """What the events say so far."""

    found: list[Problem] = attrs.field(factory=list)
    gifts: dict[str, dict[str, Any]] = attrs.field(factory=dict)
    commitments: dict[str, dict[str, Any]] = attrs.field(factory=dict)
    payments: dict[str, dict[str, int]] = attrs.field(factory=dict)
    pools: dict[str, int] = attrs.field(factory=dict)
    refunds: set[str] = attrs.field(factory=set)
    funds: dict[str, Mapping[str, Any]] = attrs.field(factory=dict)
    accounts: dict[str, int] = attrs.field(factory=dict)
    where: tuple[str, int] = ("", 0)

    def wrong(self, kind: ProblemKind, field: str, value: object) -> None:
        stream, row = self.where
        self.found.append(Problem(kind, stream, row, field, str(value)))

    def shift(self, gift: str, fen: int, source: str, target: str) -> None:
        """Move fen of a gift from one part to another."""
        held = self.gifts.get(gift)
        if held is None:
            self.wrong(UNKNOWN, "gift", gift)
            return
        held[source] -= fen
        held[target] += fen
        if fen <= 0 or held[source] < 0:
            self.wrong(NEGATIVE, f"{gift}.{source}", held[source])


def check_ledger(events: Iterable[Event]) -> list[Problem]:
    """Return what is wrong with a ledger, [] where every fen is accounted for.

    Checked from the events alone: lines balance, no part of a gift below 0, no earmark broken, no pool over-spent,
    and for each fund that its accounts agree with its gifts. `Problem.row` counts events from 1.
    """
    check = _Check()
    for row, event in enumerate(events, start=1):
        check.where = (event.stream, row)
        follow = _FOLLOW.get(event.kind)
        if follow is not None:
            follow(check, event.data)
            if "lines" in event.data:
                _lines(check, event.data)
    _conserved(check)
    return [attrs.evolve(p, row=p.row or None) for p in check.found]


def _lines(check: _Check, data: Mapping[str, Any]) -> None:
    debits = 0
    for account, fen in data["lines"]:
        check.accounts[account] = check.accounts.get(account, 0) + fen
        debits += max(fen, 0)
    times = 2 if "target" in data else 1
    if sum(fen for _, fen in data["lines"]) or debits != times * data["fen"]:
        check.wrong(UNBALANCED, "lines", data["fen"])


def _opened(check: _Check, data: Mapping[str, Any]) -> None:
    if data["fund"] in check.funds:
        check.wrong(UNKNOWN, "fund", data["fund"])
    check.funds[data["fund"]] = data


def _new_gift(check: _Check, gift: str, fund: str, data: Mapping[str, Any]) -> None:
    if gift in check.gifts or fund not in check.funds:
        check.wrong(UNKNOWN, "gift", gift)
    parts = {**dict.fromkeys(_PARTS, 0), "free": data["fen"]}
    mark = data.get("earmark") or {}
    check.gifts[gift] = {"fund": fund, "fen": data["fen"], "mark": mark, "in": "received", **parts}


def _received(check: _Check, data: Mapping[str, Any]) -> None:
    _new_gift(check, data["gift"], data["fund"], data)
    if data["fen"] <= 0:
        check.wrong(NEGATIVE, "fen", data["fen"])


def _matched(check: _Check, data: Mapping[str, Any]) -> None:
    _received(check, data)
    check.gifts[data["gift"]]["in"] = "matched"
    _pool(check, data["pool"], data["fen"])


def _pool(check: _Check, pool: str, fen: int) -> None:
    check.pools[pool] = check.pools.get(pool, 0) - fen
    if check.pools[pool] < 0:
        check.wrong(POOL_OVERSPENT, "pool", pool)


def _moved(check: _Check, data: Mapping[str, Any]) -> None:
    check.shift(data["gift"], data["fen"], "free", "moved")
    before = check.gifts.get(data["gift"], {}).get("mark", {})
    _new_gift(check, data["to"], data["target"], data)
    check.gifts[data["to"]]["in"] = "moved_in"
    after = data.get("earmark") or {}
    for name, _ in (*_LISTS, ("places", ""), ("groups", "")):
        if before.get(name) and not after.get(name):
            check.wrong(BROKEN_EARMARK, name, data["gift"])


def _refunded(check: _Check, data: Mapping[str, Any]) -> None:
    check.shift(data["gift"], data["fen"], "free", "refunded")
    if data["refund"] in check.refunds:
        check.wrong(UNKNOWN, "refund", data["refund"])
    check.refunds.add(data["refund"])
    if "pool" in data:
        _pool(check, data["pool"], -data["fen"])


def _changed(check: _Check, data: Mapping[str, Any]) -> None:
    if data["gift"] in check.gifts:
        check.gifts[data["gift"]]["mark"] = data.get("earmark") or {}
    else:
        check.wrong(UNKNOWN, "gift", data["gift"])


def _allowed(mark: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    """Say whether the earmark covers what the commitment is for."""
    if mark.get("project") is not None and mark["project"] != data.get("project"):
        return False
    for name, field in (("purposes", "category"), ("clients", "client")):
        if mark.get(name) and data.get(field) not in mark[name]:
            return False
    places = {data.get("place"), *data.get("within", ())}
    if mark.get("places") and not places & set(mark["places"]):
        return False
    return not mark.get("groups") or bool(set(mark["groups"]) & set(data.get("groups", ())))


def _committed(check: _Check, data: Mapping[str, Any]) -> None:
    fund = check.funds.get(data["fund"], {})
    scope = {"purposes": fund.get("purposes"), "places": fund.get("places")}
    if not _allowed({**scope, "groups": fund.get("for_groups")}, data):
        check.wrong(BROKEN_EARMARK, "fund", data["fund"])
    left: dict[str, int] = {}
    for gift, fen in data["takes"]:
        check.shift(gift, fen, "free", "committed")
        left[gift] = left.get(gift, 0) + fen
        held = check.gifts.get(gift)
        if held is not None and (held["fund"] != data["fund"] or not _allowed(held["mark"], data)):
            check.wrong(BROKEN_EARMARK, "gift", gift)
    if data["commitment"] in check.commitments:
        check.wrong(UNKNOWN, "commitment", data["commitment"])
    if sum(left.values()) != data["fen"]:
        check.wrong(LOST, "takes", data["fen"])
    check.commitments[data["commitment"]] = left


def _out_of(check: _Check, key: str, data: Mapping[str, Any], held: dict[str, int] | None) -> None:
    """Take `takes` out of what a commitment or a payment holds of each gift."""
    if held is None:
        check.wrong(UNKNOWN, "id", key)
        return
    if sum(fen for _, fen in data["takes"]) != data["fen"]:
        check.wrong(LOST, "takes", data["fen"])
    for gift, fen in data["takes"]:
        held[gift] = held.get(gift, 0) - fen
        if held[gift] < 0:
            check.wrong(NEGATIVE, gift, held[gift])


def _released(check: _Check, data: Mapping[str, Any]) -> None:
    _out_of(check, data["commitment"], data, check.commitments.get(data["commitment"]))
    for gift, fen in data["takes"]:
        check.shift(gift, fen, "committed", "free")


def _paid(check: _Check, data: Mapping[str, Any]) -> None:
    _out_of(check, data["commitment"], data, check.commitments.get(data["commitment"]))
    if data["payment"] in check.payments:
        check.wrong(UNKNOWN, "payment", data["payment"])
    check.payments[data["payment"]] = dict(data["takes"])
    for gift, fen in data["takes"]:
        check.shift(gift, fen, "committed", "spent")


def _returned(check: _Check, data: Mapping[str, Any]) -> None:
    _out_of(check, data["payment"], data, check.payments.get(data["payment"]))
    for gift, fen in data["takes"]:
        check.shift(gift, fen, "spent", "free")


def _pool_opened(check: _Check, data: Mapping[str, Any]) -> None:
    if data["pool"] in check.pools:
        check.wrong(UNKNOWN, "pool", data["pool"])
    check.pools[data["pool"]] = data["fen"]


def _conserved(check: _Check) -> None:
    """Compare the accounts of each fund with its gifts."""
    sums = {fund: dict.fromkeys((*_PARTS, "fen", "income"), 0) for fund in check.funds}
    for gift in check.gifts.values():
        held = sums.setdefault(gift["fund"], dict.fromkeys((*_PARTS, "fen", "income"), 0))
        for part in (*_PARTS, "fen"):
            held[part] += gift[part]
        held["income"] += 0 if gift["in"] == "moved_in" else gift["fen"]
    flows: dict[tuple[str, str], int] = {}
    for account, fen in check.accounts.items():
        top, last = account.partition(":")[0], account.rpartition(":")[2]
        flows[top, last] = flows.get((top, last), 0) + fen
    for fund in sorted(sums):
        check.where = (f"fund/{fund}", 0)
        held, part = sums[fund], account_part(fund)
        agree = {
            "free": check.accounts.get(f"Assets:Cash:{part}:Free", 0),
            "committed": check.accounts.get(f"Assets:Cash:{part}:Committed", 0),
            "refunded": check.accounts.get(f"Expenses:Refund:{part}", 0),
            "income": -flows.get(("Income", part), 0),
            "fen": sum(held[name] for name in _PARTS),
        }
        agree["spent"] = flows.get(("Expenses", part), 0) - agree["refunded"]
        for name, fen in sorted(agree.items()):
            if fen != held[name]:
                check.wrong(LOST, name, fen - held[name])
    if check.accounts.get("Equity:Transfer", 0):
        check.wrong(LOST, "Equity:Transfer", check.accounts["Equity:Transfer"])


_FOLLOW: Mapping[str, Callable[[_Check, Mapping[str, Any]], None]] = {
    "fund.opened": _opened,
    "gift.received": _received,
    "gift.matched": _matched,
    "gift.moved": _moved,
    "gift.refunded": _refunded,
    "use.changed": _changed,
    "commitment.opened": _committed,
    "commitment.released": _released,
    "payment.made": _paid,
    "payment.returned": _returned,
    "pool.opened": _pool_opened,
}
