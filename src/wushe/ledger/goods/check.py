"""A second look at goods: everything is added up again from the events, sharing no code with what applied them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs

from wushe.errors import Problem, ProblemKind
from wushe.journal import Event
from wushe.journal.event import day_of
from wushe.text import Text

_THERE = ("unchecked", "on_hand", "reserved", "rejected")


def _kind(code: str, what: Text, expected: Text) -> ProblemKind:
    todo = Text("停用这本账，查明这一事件", "stop using these books and look into this event")
    return ProblemKind(code, what, expected, todo)


KINDS = {
    "negative": _kind("stock-negative", Text("动用的物资多于实有", "more goods were used than there were"), Text("任何数量都不小于 0", "no amount below 0")),
    "not_conserved": _kind("stock-not-conserved", Text("进出不平", "what came in is not what is there and went out"), Text("收到 = 在库 + 发出 + 核销", "received = there + issued + written off")),
    "unbalanced": _kind("stock-unbalanced", Text("分录不平", "the lines do not balance"), Text("借贷相等", "debits equal to credits")),
    "worth": _kind("stock-worth", Text("账面金额与数量不符", "the accounts are not what the amounts are worth"), Text("数量乘单价", "amounts times their unit value")),
    "expired": _kind("stock-expired", Text("发出了过期物资", "expired goods went out"), Text("有效期内的物资", "goods before their expiry")),
    "recalled": _kind("stock-recalled", Text("发出了已召回的物资", "recalled goods went out"), Text("没有召回的物资", "goods that are not recalled")),
    "earmark_broken": _kind("stock-earmark-broken", Text("限定的物资用在了限定之外", "restricted goods went where the donor does not allow"), Text("符合捐赠人限定的用途", "a use that the donor allows")),
    "pack": _kind("stock-pack", Text("拆了整包", "a pack was broken"), Text("整包", "whole packs")),
    "turn": _kind("stock-turn", Text("没有先发先到期的", "goods that expire earlier were left"), Text("先到期先出", "first expiring first out")),
    "unknown": _kind("stock-unknown", Text("用到了没有登记过的编号，或编号重复", "an id that was never recorded, or recorded twice"), Text("先登记，且只登记一次", "recorded before, and once")),
}  # fmt: skip
"""What the checker may find."""


@attrs.define(eq=False)
class _Book:
    """What the checker keeps: amounts by lot and bucket, and what it knows about each lot."""

    facts: dict[str, dict[str, Any]] = attrs.field(factory=dict)
    shelves: dict[tuple[str, str], list[str]] = attrs.field(factory=lambda: defaultdict(list))
    buckets: dict[str, Counter[str]] = attrs.field(factory=lambda: defaultdict(Counter))
    aside: dict[str, Counter[str]] = attrs.field(factory=dict)
    out: dict[str, Counter[str]] = attrs.field(factory=dict)
    accounts: Counter[str] = attrs.field(factory=Counter)
    found_of: Counter[str] = attrs.field(factory=Counter)
    recalled: set[str] = attrs.field(factory=set)
    found: list[Problem] = attrs.field(factory=list)
    stream: str = ""
    at: int = 0

    def add(self, what: str, about: str) -> None:
        self.found.append(Problem(KINDS[what], self.stream, self.at, "lot", about))

    def know(self, lot: str, facts: dict[str, Any]) -> None:
        self.facts[lot] = facts
        self.shelves[facts["warehouse"], facts["item"]].append(lot)

    def shift(self, lot: str, source: str, to: str, n: int) -> None:
        """Move goods of a lot between buckets; a bucket that falls below zero is a finding."""
        if lot not in self.facts:
            self.add("unknown", lot)
            return
        held = self.buckets[lot]
        held[source] -= n
        held[to] += n
        if n < 0 or (source != "in" and held[source] < 0):
            self.add("negative", lot)


def check_goods(events: Iterable[Event]) -> tuple[Problem, ...]:
    """Return everything in the events of goods that may not be, in order; () is good. `row`: the event's number.

    No amount is below zero, what came in is what is there and went out, lines balance and the accounts hold what
    the goods are worth (within two fen a lot where a base unit is no whole number of fen), nothing expired or
    recalled went out, packs are whole, first expiring first, and what donors allow is kept. Target groups are
    not in the events of goods: they are not checked here.
    """
    book = _Book()
    for number, event in enumerate(events, 1):
        reader = _READERS.get(event.kind)
        if reader is None:
            continue
        book.at, book.stream = number, event.stream
        reader(book, event)
        lines = event.data.get("lines", ())
        if sum(fen for _, fen in lines):
            book.add("unbalanced", event.stream)
        for account, fen in lines:
            book.accounts[account] += fen
    _whole(book)
    return tuple(book.found)


def _whole(book: _Book) -> None:
    """Look at the end: every lot adds up, and the accounts of goods are worth what lies there."""
    worth: Counter[str] = Counter()
    rounded = 0
    for lot, held in sorted(book.buckets.items()):
        here = {name: n for name, n in held.items() if name != "in"}
        if -held["in"] != sum(here.values()) or any(n < 0 for n in here.values()):
            book.add("not_conserved", lot)
        root = book.facts[book.facts[lot]["root"]]
        fen, per = root.get("unit_value_fen"), root.get("value_per", 1)
        if fen is None:
            continue
        rounded += per > 1
        there = sum(here.get(name, 0) for name in _THERE)
        worth["Assets:Goods:"] += there * fen // per
        worth["Expenses:Goods:"] += here.get("issued", 0) * fen // per
        worth["Expenses:Loss:"] += (here.get("written_off", 0) - book.found_of[lot]) * fen // per
        if root["lot"] == lot:
            worth["Income:InKind:"] -= root["received"] * fen // per
    for group in sorted(worth):
        posted = sum(n for account, n in book.accounts.items() if account.startswith(group))
        if abs(posted - worth[group]) > 2 * rounded:
            book.add("worth", group)


def _received(book: _Book, event: Event) -> None:
    data = event.data
    lot = data["lot"]
    if lot in book.facts:
        book.add("unknown", lot)
        return
    book.know(lot, {**data, "root": lot})
    book.shift(lot, "in", "on_hand" if data.get("checked") else "unchecked", data["received"])


def _inspected(book: _Book, event: Event) -> None:
    data = event.data
    book.shift(data["lot"], "unchecked", "on_hand", data["passed"])
    book.shift(data["lot"], "unchecked", "rejected", data["rejected"])


def _valued(book: _Book, event: Event) -> None:
    root = book.facts[book.facts[event.data["lot"]]["root"]]
    root["unit_value_fen"] = event.data["unit_value_fen"]
    root["value_per"] = event.data["value_per"]


def _counted(book: _Book, event: Event) -> None:
    data = event.data
    for bucket, n in data["missing"]:
        book.shift(data["lot"], bucket, "written_off", n)
    book.shift(data["lot"], "in", "on_hand", data["found"])
    book.found_of[data["lot"]] += data["found"]
    there = sum(book.buckets[data["lot"]][name] for name in _THERE)
    if there != data["counted"]:
        book.add("not_conserved", data["lot"])


def _written_off(book: _Book, event: Event) -> None:
    data = event.data
    book.shift(data["lot"], data["bucket"], "written_off", data["quantity"])


def _moved(book: _Book, event: Event) -> None:
    data = event.data
    source, target = data["lot"], data["to"]
    book.shift(source, "on_hand", "moved", data["quantity"])
    if target not in book.facts:
        book.know(target, {**book.facts[source], "warehouse": data["warehouse"]})
        if source in book.recalled:
            book.recalled.add(target)
    book.shift(target, "in", "on_hand", data["quantity"])


def _recalled(book: _Book, event: Event) -> None:
    book.recalled.update(event.data["lots"])


def _reserved(book: _Book, event: Event) -> None:
    data = event.data
    if data["reservation"] in book.aside:
        book.add("unknown", data["reservation"])
    _may_go(book, data, data["until"])
    book.aside[data["reservation"]] = Counter(dict(data["takes"]))
    for lot, n in data["takes"]:
        book.shift(lot, "on_hand", "reserved", n)


def _released(book: _Book, event: Event) -> None:
    for lot, n in book.aside.pop(event.data["reservation"], Counter()).items():
        book.shift(lot, "reserved", "on_hand", n)


def _issued(book: _Book, event: Event) -> None:
    data = event.data
    if data["issue"] in book.out:
        book.add("unknown", data["issue"])
    book.out[data["issue"]] = Counter(dict(data["takes"]))
    day, held = day_of(event.at).isoformat(), data.get("reservation")
    if held is None:
        _may_go(book, data, day)
        for lot, n in data["takes"]:
            book.shift(lot, "on_hand", "issued", n)
        return
    aside = book.aside.pop(held, None)
    if aside is None:
        book.add("unknown", held)
        return
    for lot, n in data["takes"]:
        book.shift(lot, "reserved", "issued", n)
        aside[lot] -= n
        service = book.facts.get(lot, {}).get("dimension") in ("time", "minute")
        _sound(book, lot, n, "" if service else day)
    for lot, n in data["released"]:
        book.shift(lot, "reserved", "on_hand", n)
        aside[lot] -= n
    if any(aside.values()):
        book.add("not_conserved", held)


def _returned(book: _Book, event: Event) -> None:
    issue = event.data["issue"]
    out = book.out.get(issue, Counter())
    for lot, n in event.data["takes"]:
        out[lot] -= n
        if out[lot] < 0:
            book.add("negative", issue)
        book.shift(lot, "issued", "unchecked", n)


def _sound(book: _Book, lot: str, n: int, day: str) -> None:
    """Find goods that may go to nobody."""
    facts = book.facts.get(lot, {})
    if (facts.get("expires_on") or day) < day:
        book.add("expired", lot)
    if lot in book.recalled:
        book.add("recalled", lot)
    if n % (facts.get("pack") or 1):
        book.add("pack", lot)


def _may_go(book: _Book, data: Mapping[str, Any], day: str) -> None:
    """Find goods that may not be taken for this use, and goods that were passed over."""
    purpose = data.get("purpose") or {}
    for lot, n in data["takes"]:
        _sound(book, lot, n, day)
        if not _fits(book.facts.get(lot, {}), purpose):
            book.add("earmark_broken", lot)
    if len(data["takes"]) > 0 and not data.get("by_lot"):
        _turn(book, data, purpose, day)


def _fits(facts: Mapping[str, Any], purpose: Mapping[str, Any]) -> bool:
    mark = facts.get("earmark") or {}
    asked = {
        "purposes": [purpose.get("category")],
        "places": purpose.get("places", []),
        "clients": [purpose.get("client")],
    }
    kept = all(not mark.get(name) or set(mark[name]) & set(has) for name, has in asked.items())
    same = mark.get("project") in (None, purpose.get("project"))
    category = purpose.get("category")
    serves = facts.get("serves")
    return kept and same and (category is None or not serves or category in serves)


def _turn(book: _Book, data: Mapping[str, Any], purpose: Mapping[str, Any], day: str) -> None:
    """Find single goods (no packs) that expire earlier than the last single ones taken, and were left.

    Where whole packs were taken, some single goods may have to stay so that packs make up the rest.
    """
    takes = dict(data["takes"])
    singles = [lot for lot in takes if not book.facts.get(lot, {}).get("pack")]
    latest = max((_expires(book, lot) for lot in singles), default="")
    for lot in book.shelves[data["warehouse"], data["item"]]:
        facts = book.facts[lot]
        plain = not facts.get("pack") and not facts.get("per_need") and lot not in book.recalled
        known = plain and not (facts.get("earmark") or {}).get("groups")
        early = day <= _expires(book, lot) < latest and (facts.get("available_from") or day) <= day
        left = book.buckets[lot]["on_hand"] - takes.get(lot, 0)
        if known and early and left > 0 and _fits(facts, purpose):
            book.add("turn", lot)


def _expires(book: _Book, lot: str) -> str:
    return str(book.facts.get(lot, {}).get("expires_on") or "9999-12-31")


_READERS: Mapping[str, Callable[[_Book, Event], None]] = {
    "lot.received": _received,
    "lot.inspected": _inspected,
    "lot.valued": _valued,
    "lot.counted": _counted,
    "lot.written_off": _written_off,
    "lot.moved": _moved,
    "lot.recalled": _recalled,
    "goods.reserved": _reserved,
    "goods.released": _released,
    "goods.issued": _issued,
    "goods.returned": _returned,
}
