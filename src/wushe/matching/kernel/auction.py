"""An auction for rows of one unit: prices near the optimum and most of the assignment, fast.

Rows bid for slots of columns (forward), columns with free units bid for rows (reverse), until all
bids are within `eps`. What comes out is a good guess, never the answer: `kernel.paths` repairs it to
the exact optimum whatever the auction leaves behind, so that its step limits cannot cost exactness.
See Bertsekas and Castanon, A forward/reverse auction algorithm for asymmetric assignment problems
(1992). Plain Python, compiled by `kernel.compile`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

FAR = 1 << 62
HEAD, WAITING, MOVES = 0, 1, 2
"""Registers: first place of the queue, its length, bids so far."""


class Market(NamedTuple):
    """The auction's view: as `Net`, and `price` of each slot, `slot_row` holding the rows.

    `match` is the row's edge or -1; `spot` (rows) is its place among the slots, exact only between
    `index_slots` and the next forward auction. `queue` is a ring of rows or columns.
    """

    begin: Any
    end: Any
    pen: Any
    u: Any
    match: Any
    low: Any
    col: Any
    cost: Any
    cbegin: Any
    cend: Any
    crow: Any
    ccost: Any
    cedge: Any
    p: Any
    cap: Any
    sbegin: Any
    nslot: Any
    slot_row: Any
    price: Any
    spot: Any
    queue: Any
    waits: Any
    gain: Any
    entry: Any
    reg: Any


def enqueue(market: Market, item: int) -> None:
    """Put a row or column at the end of the ring."""
    at = market.reg[HEAD] + market.reg[WAITING]
    if at >= len(market.queue):
        at -= len(market.queue)
    market.queue[at] = item
    market.reg[WAITING] += 1


def dequeue(market: Market) -> int:
    """Take the first item of the ring."""
    at = market.reg[HEAD]
    market.reg[HEAD] = 0 if at + 1 == len(market.queue) else at + 1
    market.reg[WAITING] -= 1
    return int(market.queue[at])


def sink(market: Market, first: int, size: int, price: int, row: int) -> None:
    """Replace the cheapest slot of a full heap by (`price`, `row`)."""
    prices, rows = market.price, market.slot_row
    at, child = 0, 1
    while child < size:
        if child + 1 < size and prices[first + child + 1] < prices[first + child]:
            child += 1
        if prices[first + child] >= price:
            break
        prices[first + at] = prices[first + child]
        rows[first + at] = rows[first + child]
        at, child = child, 2 * child + 1
    prices[first + at] = price
    rows[first + at] = row


def rise(market: Market, first: int, size: int, price: int, row: int) -> None:
    """Add (`price`, `row`) to a heap of `size` slots."""
    prices, rows = market.price, market.slot_row
    at = size
    while at > 0 and prices[first + ((at - 1) >> 1)] > price:
        above = (at - 1) >> 1
        prices[first + at] = prices[first + above]
        rows[first + at] = rows[first + above]
        at = above
    prices[first + at] = price
    rows[first + at] = row


def second_slot(market: Market, first: int, size: int) -> int:
    """Return the second lowest slot price of a heap."""
    if size < 2:
        return FAR
    low = market.price[first + 1]
    return int(min(low, market.price[first + 2]) if size > 2 else low)


def take(market: Market, row: int, edge: int, second: int, eps: int) -> None:
    """Give `row` a slot of the edge's column: a free one, or that of the cheapest bidder."""
    k = market.col[edge]
    first, size, cap = market.sbegin[k], market.nslot[k], market.cap[k]
    worth = second - market.cost[edge]
    if cap == 0:
        market.p[k] = worth + eps
        enqueue(market, row)
        return
    market.match[row] = edge
    if size < cap:
        bid = market.p[k]
        if size + 1 == cap:
            others = market.price[first] if size > 0 else FAR
            bid = max(bid, min(worth, others)) + eps
        rise(market, first, size, bid, row)
        market.nslot[k] = size + 1
    else:
        loser = market.slot_row[first]
        market.match[loser] = -1
        enqueue(market, loser)
        sink(market, first, size, min(worth, second_slot(market, first, size)) + eps, row)
    if market.nslot[k] == cap:
        market.p[k] = market.price[first]


def bid(market: Market, row: int, eps: int) -> None:
    """Let `row` bid for its best edge, as high as its second best allows, or opt out."""
    best, second, choice = market.pen[row], FAR, -1
    cost, col, p = market.cost, market.col, market.p
    low, least = market.low[row], FAR
    edge, end = market.begin[row], market.end[row]
    while edge < end:
        c = cost[edge]
        if c + low >= second or (choice < 0 and c + low >= best):
            break
        price = p[col[edge]]
        least = min(least, price)
        value = c + price
        if value < best:
            best, second, choice = value, best, edge
        elif value < second:
            second = value
        edge += 1
    if edge == end and least < FAR:
        market.low[row] = least  # prices only rise until the columns' turn
    if choice >= 0:
        take(market, row, choice, second, eps)


def forward_auction(market: Market, rows: int, eps: int, top: int, limit: int) -> int:
    """Let all rows without a slot bid; return the `eps` reached.

    While `eps < top` it grows fourfold after every 1.5 bids per row: near balance a small one would
    creep. Ends after `limit` bids.
    """
    market.reg[HEAD] = 0
    market.reg[WAITING] = 0
    for row in range(rows):
        if market.match[row] < 0:
            enqueue(market, row)
    steps, patience = 0, rows + rows // 2
    while market.reg[WAITING] > 0 and steps < limit:
        bid(market, dequeue(market), eps)
        steps += 1
        if steps >= patience and eps < top:
            patience += rows + rows // 2
            eps *= 4
    market.reg[MOVES] += steps
    return eps


def index_slots(market: Market, columns: int) -> None:
    """Note each row's slot and its price as one of the column's."""
    for j in range(columns):
        first = market.sbegin[j]
        for at in range(first, first + market.nslot[j]):
            row = market.slot_row[at]
            market.spot[row] = at
            market.u[row] = market.cost[market.match[row]] + market.p[j]


def level_slots(market: Market, columns: int) -> None:
    """Give all slots of a column its price."""
    for j in range(columns):
        first = market.sbegin[j]
        for at in range(first, first + market.nslot[j]):
            market.price[at] = market.p[j]


def leave(market: Market, row: int) -> None:
    """Take `row` out of its slot."""
    k = market.col[market.match[row]]
    market.nslot[k] -= 1
    last = market.sbegin[k] + market.nslot[k]
    moved = market.slot_row[last]
    market.slot_row[market.spot[row]] = moved
    market.spot[moved] = market.spot[row]
    market.match[row] = -1


def keep(market: Market, rows: int, eps: int) -> None:
    """Unmatch the rows whose slot costs more than `eps` above their cheapest; set `u` and `low`."""
    cost, col, p = market.cost, market.col, market.p
    for row in range(rows):
        u, low = market.pen[row], FAR
        for edge in range(market.begin[row], market.end[row]):
            price = p[col[edge]]
            low = min(low, price)
            u = min(u, cost[edge] + price)
        market.low[row] = low
        mine = market.match[row]
        if mine >= 0:
            held = cost[mine] + p[col[mine]]
            if held > u + eps:
                leave(market, row)
            else:
                u = held
        market.u[row] = u


def offer(market: Market, j: int, want: int, eps: int) -> int:
    """Collect the rows that gain most by moving to column `j`, the least of them first.

    Keeps `want` of them in a heap of (`gain`, `entry`); returns how many there are.
    """
    gain, entry, u = market.gain, market.entry, market.u
    size = 0
    for t in range(market.cbegin[j], market.cend[j]):
        row = market.crow[t]
        g = u[row] - market.ccost[t]
        if g < eps or (size == want and g <= gain[0]):
            continue
        mine = market.match[row]
        if mine >= 0 and market.col[mine] == j:
            continue
        at, child = size, 0
        if size < want:
            size += 1
            while at > 0 and gain[(at - 1) >> 1] > g:
                gain[at], entry[at] = gain[(at - 1) >> 1], entry[(at - 1) >> 1]
                at = (at - 1) >> 1
        else:
            at, child = 0, 1
            while child < size:
                if child + 1 < size and gain[child + 1] < gain[child]:
                    child += 1
                if gain[child] >= g:
                    break
                gain[at], entry[at] = gain[child], entry[child]
                at, child = child, 2 * child + 1
        gain[at], entry[at] = g, t
    return size


def move_in(market: Market, j: int, t: int, price: int) -> None:
    """Move the row of column entry `t` to a free slot of `j`; its old column may bid again."""
    row = market.crow[t]
    mine = market.match[row]
    if mine >= 0:
        k = market.col[mine]
        if k == j:  # an edge to the same column was taken a moment ago
            return
        leave(market, row)
        if market.p[k] > 0 and market.waits[k] == 0:
            market.waits[k] = 1
            enqueue(market, k)
    at = market.sbegin[j] + market.nslot[j]
    market.nslot[j] += 1
    market.slot_row[at] = row
    market.spot[row] = at
    market.match[row] = market.cedge[t]
    market.u[row] = market.ccost[t] + price


def attract(market: Market, j: int, eps: int) -> int:
    """Let column `j` lower its price until its free units are taken, or to zero; return the scans."""
    vacant = market.cap[j] - market.nslot[j]
    if vacant <= 0 or market.p[j] <= 0:
        return 0
    want = min(vacant, market.cend[j] - market.cbegin[j]) + 1
    size = offer(market, j, want, eps)
    price, winners = 0, 0
    if size > vacant:
        price, winners = max(0, min(market.p[j], market.gain[0] - eps)), 1
    market.p[j] = price
    first = market.sbegin[j]
    for at in range(first, first + market.nslot[j]):
        row = market.slot_row[at]
        market.u[row] = market.cost[market.match[row]] + price
    for t in range(winners, size):
        move_in(market, j, market.entry[t], price)
    return int(market.cend[j] - market.cbegin[j])


def reverse_auction(market: Market, columns: int, eps: int, limit: int) -> None:
    """Let all columns with free units and a price bid for rows; ends after `limit` column visits."""
    market.reg[HEAD] = 0
    market.reg[WAITING] = 0
    for j in range(columns):
        market.waits[j] = 0
        if market.p[j] > 0 and market.nslot[j] < market.cap[j]:
            market.waits[j] = 1
            enqueue(market, j)
    steps = 0
    while market.reg[WAITING] > 0 and steps < limit:
        j = dequeue(market)
        market.waits[j] = 0
        attract(market, j, eps)
        steps += 1
    market.reg[MOVES] += steps


FUNCTIONS = (
    enqueue,
    dequeue,
    sink,
    rise,
    second_slot,
    take,
    bid,
    forward_auction,
    index_slots,
    level_slots,
    leave,
    keep,
    offer,
    move_in,
    attract,
    reverse_auction,
)
"""All of the above, for `kernel.compile`."""
