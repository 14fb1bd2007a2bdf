"""What may not be done with goods, and what to do instead."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from wushe.errors import Problem, ProblemKind, RefusedError
from wushe.text import Text

UNKNOWN = ProblemKind(
    "goods-unknown",
    Text("账上没有这个{what}", "there is no such {what} in the books"),
    Text("已经登记的编号", "an id that is in the books"),
    Text(
        "核对编号；物资先入库，仓库先开设", "check the id; receive goods and open warehouses first"
    ),
)
TWICE = ProblemKind(
    "goods-twice",
    Text("这个编号已经用过", "this id is taken"),
    Text(
        "每个仓库、批次、预留、出库单一个新编号",
        "a new id for each warehouse, lot, reservation and issue",
    ),
    Text(
        "换一个编号；重发的请求用同一个请求号",
        "take another id; repeat a request under its own key",
    ),
)
AMOUNT = ProblemKind(
    "goods-amount",
    Text("数量不可用", "the amount is not usable"),
    Text("{low}到{high}之间的整数（基本单位）", "a whole number from {low} to {high} (base units)"),
    Text("核对数量和单位", "check amount and unit"),
)
WORD = ProblemKind(
    "goods-word",
    Text("不认识的写法", "this is not understood"),
    Text("{known}", "{known}"),
    Text("改用其中之一", "use one of these"),
)
SHORTAGE = ProblemKind(
    "goods-short",
    Text(
        "{item} 库存不足：要 {asked}，可发 {free}，缺 {missing}{blocked}{elsewhere}",
        "not enough {item}: asked {asked}, may be given {free}, missing {missing}{blocked}{elsewhere}",
    ),
    Text("不超过可发数量", "no more than may be given"),
    Text("少发、调拨或等待入库", "give less, move some here, or wait for more"),
)
PACKS = ProblemKind(
    "goods-packs",
    Text(
        "{item} 整包发放，凑不出 {asked}（每包 {packs}）",
        "{item} comes in whole packs of {packs}: {asked} cannot be made up",
    ),
    Text("能由整包凑成的数量", "an amount that whole packs make up"),
    Text("改为整包的数量", "change the amount to whole packs"),
)
MIXED = ProblemKind(
    "goods-mixed",
    Text(
        "{item} 的各批计量不同（{counted}），数量指的是哪一种说不清",
        "lots of {item} are counted differently ({counted}): the amount does not say which is meant",
    ),
    Text("指明批次", "the lot"),
    Text("写明从哪一批发放", "say which lot it is taken from"),
)
BLOCKED = ProblemKind(
    "goods-blocked",
    Text("这批物资现在不能动用：{why}", "this lot may not be used now: {why}"),
    Text(
        "验收合格、未过期、未召回、符合捐赠人要求的批次",
        "a lot that passed inspection, is not expired or recalled, and whose donor allows the use",
    ),
    Text("换一批；过期或召回的，核销", "take another lot; write off what is expired or recalled"),
)
STATUS = ProblemKind(
    "goods-status",
    Text("现在的状态是 {status}，不能这样做", "its status is {status}: this cannot be done"),
    Text("状态为 {expected}", "the status {expected}"),
    Text("查看它的记录", "look at its record"),
)
COUNT_RESERVED = ProblemKind(
    "goods-count-reserved",
    Text("盘点数低于已预留的数量 {reserved}", "fewer were counted than the {reserved} that are set aside"),
    Text("不低于已预留的数量", "no fewer than are set aside"),
    Text("先解除预留，再盘点", "release reservations first, then count again"),
)  # fmt: skip

WHAT = {
    "warehouse": Text("仓库", "warehouse"),
    "lot": Text("批次", "lot"),
    "reservation": Text("预留", "reservation"),
    "issue": Text("出库单", "issue"),
    "order": Text("订单", "order"),
}


def refuse(*problems: Problem) -> None:
    """Raise RefusedError where there are problems."""
    if problems:
        raise RefusedError(problems)


def known(state: Any, kind: str, key: str) -> Any:
    """Return the record of `kind` with the id `key`. Raises RefusedError where there is none."""
    record = state.get(kind, key)
    if record is None:
        refuse(unknown(kind, key))
    return record


def unknown(kind: str, key: str, stream: str | None = None) -> Problem:
    """Return the problem of an id that is not in the books, named where `stream` needs it."""
    return Problem(UNKNOWN, stream or f"{kind}/{key}", None, kind, key, {"what": WHAT[kind]})


def taken(state: Any, kind: str, key: str) -> list[Problem]:
    """Return the problem of a new id that is taken, if it is."""
    there = state.get(kind, key) is not None
    return [Problem(TWICE, f"{kind}/{key}", None, "id", key)] if there else []


def amount(stream: str, field: str, value: Any, low: int, high: int) -> list[Problem]:
    """Return the problem of an amount that is no whole number from `low` to `high`, if it is none."""
    if type(value) is int and low <= value <= high:
        return []
    return [Problem(AMOUNT, stream, None, field, str(value), {"low": low, "high": high})]


def word(stream: str, field: str, value: Any, allowed: Collection[str]) -> list[Problem]:
    """Return the problem of a word that is not one of `allowed`, if it is not."""
    if value in allowed:
        return []
    return [Problem(WORD, stream, None, field, str(value), {"known": ", ".join(allowed)})]
