"""One run from prices to the optimum: auctions with falling eps, then exact repair.

Plain Python, compiled by `kernel.compile`; what the kernel calls is listed in `ENTRIES`.
"""

from __future__ import annotations

from typing import Any

from wushe.matching.kernel.amounts import (
    BIDS,
    Bids,
    attract_all,
    bid_amounts,
    index_rows,
    keep_amounts,
    level_amounts,
)
from wushe.matching.kernel.auction import (
    MOVES,
    Market,
    forward_auction,
    index_slots,
    keep,
    level_slots,
    reverse_auction,
)
from wushe.matching.kernel.build import audit, load_flow, transpose
from wushe.matching.kernel.paths import (
    SCANS,
    Net,
    finish,
)
from wushe.matching.kernel.phases import finish_by_turns
from wushe.matching.kernel.store import (
    move_entries,
    move_slots,
    place_capacity,
    place_row,
)

FEW, SOME = 4, 15
"""Edge scans per edge that a repair may take before the auction of units, or of amounts, goes on."""


def lift(market: Market, net: Net, rows: int, columns: int) -> None:
    """Write the auction's assignment as a flow; both share `match`, `nslot` and `slot_row`."""
    for edge in range(len(net.flow)):
        net.flow[edge] = 0
    for row in range(rows):
        net.left[row] = 1 if net.match[row] < 0 else 0
    for j in range(columns):
        net.free[j] = market.cap[j] - market.nslot[j]
        first = market.sbegin[j]
        for at in range(first, first + market.nslot[j]):
            edge = net.match[net.slot_row[at]]
            net.flow[edge] = 1
            net.slot_edge[at] = edge
            net.spot[edge] = at


def value_unmatched(market: Market, rows: int) -> None:
    """Price the rows that opted out at their penalty."""
    for row in range(rows):
        if market.match[row] < 0:
            market.u[row] = market.pen[row]


def run_units(
    market: Market, net: Net, order: Any, columns: int, eps: int, last: int, top: int, work: int
) -> bool:
    """Solve a problem of one unit per row; False when `work` edge scans are used up.

    `order` holds all rows, penalty descending; `eps` starts the auctions and `last` ends them.
    """
    rows = len(order)
    limit = 20 * max(rows, columns)
    while True:
        index_slots(market, columns)
        keep(market, rows, eps)
        level_slots(market, columns)
        eps = forward_auction(market, rows, eps, top, limit)
        top = 0
        index_slots(market, columns)
        value_unmatched(market, rows)
        reverse_auction(market, columns, eps, limit)
        spent = market.reg[MOVES] * (len(net.col) // max(rows, 1)) + net.reg[SCANS]
        if eps <= last or spent >= work:
            keep(market, rows, 0)
            lift(market, net, rows, columns)
            if eps == 1:
                return bool(finish_by_turns(net, order, columns, work))
            budget = net.reg[SCANS] + FEW * len(net.col)
            if finish(net, order, columns, min(work, budget)):
                return True
            if spent >= work:
                return False
        eps = max(1, eps // 5)


def run_amounts(
    net: Net, bids: Bids, order: Any, columns: int, eps: int, last: int, top: int, work: int
) -> bool:
    """Solve a problem of many units per row, as `run_units`."""
    rows = len(order)
    limit = 20 * max(rows, columns)
    while True:
        index_rows(net, rows)
        keep_amounts(net, rows, eps)
        level_amounts(net, bids, columns)
        eps = bid_amounts(net, bids, rows, eps, top, limit)
        top = 0
        index_rows(net, rows)
        attract_all(net, bids, rows, columns, eps, limit)
        spent = bids.reg[BIDS] + net.reg[SCANS]
        if eps <= last or spent >= work:
            keep_amounts(net, rows, 0)
            if eps == 1:
                return bool(finish_by_turns(net, order, columns, work))
            budget = net.reg[SCANS] + SOME * len(net.col)
            if finish(net, order, columns, min(work, budget)):
                return True
            if spent >= work:
                return False
        eps = max(1, eps // 5)


def run_flow(net: Net, order: Any, columns: int, work: int) -> bool:
    """Solve from the prices and the flow at hand; False when `work` edge scans are used up."""
    return bool(finish(net, order, columns, work))


FUNCTIONS = (lift, value_unmatched, run_units, run_amounts, run_flow)
ENTRIES = (
    transpose,
    load_flow,
    audit,
    run_units,
    run_amounts,
    run_flow,
    place_row,
    place_capacity,
    move_entries,
    move_slots,
)
"""What is called from uncompiled code."""
CALLS = (*ENTRIES, finish, finish_by_turns)
"""What is compiled once and called, instead of being part of its callers."""
