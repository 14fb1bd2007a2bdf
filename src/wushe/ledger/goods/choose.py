"""Which lots goods are taken from: first expiring first out, whole packs, and only what the donor allows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from wushe.errors import Problem
from wushe.ledger.goods.problems import BLOCKED, MIXED, PACKS, SHORTAGE, refuse
from wushe.ledger.goods.records import Lot, Takes
from wushe.ledger.money.earmarks import Purpose, covers, narrowness
from wushe.text import Text

LARGEST = 1_000_000
"""Most steps of the common pack size for which lots out of turn are tried to make up an amount."""
WHY = {
    "recalled": Text("已召回", "recalled"),
    "expired": Text("已过期", "expired"),
    "not_yet": Text("尚不可用", "not available yet"),
    "category": Text("不能满足这类需求", "does not meet such needs"),
    "earmark": Text("定向捐赠，不适用", "restricted to another use"),
}


def obstacle(lot: Lot, use: Purpose, day: str) -> str | None:
    """Return why nothing of `lot` may go out for `use` on `day` (ISO text), a key of `WHY`, or None."""
    if lot.status == "recalled":
        return "recalled"
    if lot.expires_on is not None and lot.expires_on < day:
        return "expired"
    if lot.available_from is not None and lot.available_from > day:
        return "not_yet"
    if lot.serves and use.category is not None and use.category not in lot.serves:
        return "category"
    return None if covers(lot.earmark, use) else "earmark"


def turn(lot: Lot) -> tuple[str, tuple[int, int], str, str]:
    """Return the lot's turn: first expiring first, what does not expire last.

    Then the more restricted one, so that free goods stay for others; then first come, then by id.
    """
    expires = lot.expires_on or "9999-12-31"
    return expires, narrowness(lot.earmark), lot.received_on, lot.id


def free(lot: Lot) -> int:
    """Return how much of `lot` one use may have, in whole packs."""
    most = lot.on_hand if lot.per_need is None else min(lot.on_hand, lot.per_need)
    return most - most % (lot.pack or 1)


def first_out(frees: Sequence[tuple[int, int]], asked: int) -> list[int] | None:
    """Return how much to take from each of `frees` (amount, pack; in turn) to make up `asked` exactly.

    As much as possible comes from the first, then from the second, and so on, in whole packs; None
    where nothing does it. Beyond `LARGEST` steps only the plain turn is tried.
    """
    taken, left = [], asked
    for most, pack in frees:
        taken.append(min(most, left) // pack * pack)
        left -= taken[-1]
    if left == 0:
        return taken
    step = math.gcd(*(pack for most, pack in frees if most))
    if sum(most for most, _ in frees) < asked or asked % step or asked // step > LARGEST:
        return None
    # Bit b of `after[i]`: lots i, i+1, ... can make up b steps.
    after, mask = [1], (1 << (asked // step + 1)) - 1
    for most, pack in reversed(frees):
        after.append(_with_packs(after[-1], most // pack, pack // step, mask))
    after.reverse()
    if not after[0] >> (asked // step) & 1:
        return None
    taken, left = [], asked
    for (most, pack), rest in zip(frees, after[1:], strict=True):
        some = min(most, left) // pack * pack
        while not rest >> ((left - some) // step) & 1:
            some -= pack
        taken.append(some)
        left -= some
    return taken


def _with_packs(sums: int, packs: int, size: int, mask: int) -> int:
    """Return the sums (bits) that are reached with up to `packs` more packs of `size`."""
    some = 1
    while packs > 0:
        now = min(some, packs)
        sums |= (sums << (now * size)) & mask
        packs -= now
        some *= 2
    return sums


def choose(
    state: Any, warehouse: str, item: str, quantity: int, use: Purpose, day: str, stream: str
) -> Takes:
    """Return what to take from which lots of `item` in `warehouse`. Raises RefusedError: not enough."""
    lots = sorted(state.find("lot", warehouse=warehouse, item=item, open="1"), key=turn)
    able = [lot for lot in lots if obstacle(lot, use, day) is None and free(lot)]
    counted = sorted({lot.dimension for lot in able})
    if len(counted) > 1:  # grams and pieces of one name cannot be added up
        mixed = {"item": item, "counted": ", ".join(counted)}
        refuse(Problem(MIXED, stream, None, "quantity", str(quantity), mixed))
    taken = first_out([(free(lot), lot.pack or 1) for lot in able], quantity)
    if taken is not None:
        return tuple((lot.id, n) for lot, n in zip(able, taken, strict=True) if n)
    most = sum(map(free, able))
    params: dict[str, Any] = {"item": item, "asked": quantity}
    if most >= quantity:
        packs = sorted({lot.pack or 1 for lot in able})
        params["packs"] = ", ".join(map(str, packs))
        refuse(Problem(PACKS, stream, None, "quantity", str(quantity), params))
    params |= {"free": most, "missing": quantity - most, "blocked": _held(lots, use, day)}
    params["elsewhere"] = _elsewhere(state, warehouse, item, use, day)
    refuse(Problem(SHORTAGE, stream, None, "quantity", str(quantity), params))
    raise AssertionError(stream)  # `refuse` has raised


def choose_lot(lot: Lot, quantity: int, use: Purpose, day: str, stream: str) -> Takes:
    """Return `quantity` of this lot and no other. Raises RefusedError."""
    why = obstacle(lot, use, day)
    if why is not None:
        refuse(Problem(BLOCKED, stream, None, "lot", lot.id, {"why": WHY[why]}))
    if quantity > free(lot):
        short = {"item": lot.item, "asked": quantity, "free": free(lot)}
        short |= {"missing": quantity - free(lot), "elsewhere": ""}
        held = _held([lot], use, day)
        refuse(Problem(SHORTAGE, stream, None, "lot", lot.id, {**short, "blocked": held}))
    if quantity % (lot.pack or 1):
        packs = {"item": lot.item, "asked": quantity, "packs": lot.pack}
        refuse(Problem(PACKS, stream, None, "quantity", str(quantity), packs))
    return ((lot.id, quantity),)


def _held(lots: Iterable[Lot], use: Purpose, day: str) -> Text:
    """Return what is there and may not go out, by reason."""
    held: Counter[str] = Counter()
    for lot in lots:
        held[obstacle(lot, use, day) or "rest"] += lot.on_hand
        held.update(unchecked=lot.unchecked, reserved=lot.reserved, rejected=lot.rejected)
    said = [(name, WHY.get(name) or _STATES[name], held[name]) for name in (*WHY, *_STATES)]
    parts = [(text, n) for _, text, n in said if n]
    if not parts:
        return Text("", "")
    return Text(
        "；另有 " + "，".join(f"{text.zh} {n}" for text, n in parts),
        "; besides " + ", ".join(f"{text.en} {n}" for text, n in parts),
    )


_STATES = {
    "unchecked": Text("未验收", "not inspected"),
    "reserved": Text("已预留", "set aside"),
    "rejected": Text("不合格", "rejected"),
}


def _elsewhere(state: Any, warehouse: str, item: str, use: Purpose, day: str) -> Text:
    """Return what other warehouses could give."""
    others: Counter[str] = Counter()
    for lot in state.find("lot", item=item, open="1"):
        if lot.warehouse != warehouse and obstacle(lot, use, day) is None:
            others[lot.warehouse] += free(lot)
    parts = [f"{name} {others[name]}" for name in sorted(others) if others[name]]
    if not parts:
        return Text("", "")
    return Text("；别处：" + "，".join(parts), "; elsewhere: " + ", ".join(parts))
