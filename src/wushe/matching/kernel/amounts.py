"""An auction for rows of many units: amounts are bid for at once, however fine the unit is.

As `kernel.auction`, but a slot is all that a row holds of a column, and has an amount. Rows bid for
amounts (forward), columns with free units bid for the units that rows pay most for (reverse). What comes
out is a good guess, never the answer: `kernel.paths` repairs it to the exact optimum. See Bertsekas and
Castanon, The auction algorithm for the transportation problem (1989). Plain Python, compiled by
`kernel.compile`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from wushe.matching.kernel.paths import NONE, SEVERAL, Net, add_flow, drop_flow, room_of

FARTHEST = 1 << 62
FIRST, COUNT, BIDS, WORST = 0, 1, 2, 3
"""Registers: first place of the queue, its length, edges looked at so far, `marginal`'s edge."""


class Bids(NamedTuple):
    """The auction's own columns beside `Net`.

    `price` of each slot, a heap in each column; `queue`, a ring of rows or columns, and `waits`, who is
    in it; `gain`, `entry` and `most`, a heap of the units that a column bids for.
    """

    price: Any
    queue: Any
    waits: Any
    gain: Any
    entry: Any
    most: Any
    reg: Any


def wait(bids: Bids, item: int) -> None:
    """Put a row or column at the end of the ring unless it is in it."""
    if bids.waits[item] != 0:
        return
    bids.waits[item] = 1
    at = bids.reg[FIRST] + bids.reg[COUNT]
    if at >= len(bids.queue):
        at -= len(bids.queue)
    bids.queue[at] = item
    bids.reg[COUNT] += 1


def next_up(bids: Bids) -> int:
    """Take the first item of the ring."""
    at = bids.reg[FIRST]
    bids.reg[FIRST] = 0 if at + 1 == len(bids.queue) else at + 1
    bids.reg[COUNT] -= 1
    item = bids.queue[at]
    bids.waits[item] = 0
    return int(item)


def put_slot(net: Net, bids: Bids, at: int, edge: int, row: int, price: int) -> None:
    """Write one slot."""
    bids.price[at] = price
    net.slot_edge[at] = edge
    net.slot_row[at] = row
    net.spot[edge] = at


def lower_slot(
    net: Net, bids: Bids, first: int, size: int, edge: int, row: int, price: int
) -> None:
    """Put a slot in place of the cheapest of a heap."""
    prices = bids.price
    at, child = 0, 1
    while child < size:
        if child + 1 < size and prices[first + child + 1] < prices[first + child]:
            child += 1
        other = first + child
        if prices[other] >= price:
            break
        put_slot(net, bids, first + at, net.slot_edge[other], net.slot_row[other], prices[other])
        at, child = child, 2 * child + 1
    put_slot(net, bids, first + at, edge, row, price)


def lift_slot(net: Net, bids: Bids, first: int, size: int, edge: int, row: int, price: int) -> None:
    """Add a slot to a heap of `size`."""
    at = size
    while at > 0:
        above = (at - 1) >> 1
        other = first + above
        if bids.price[other] <= price:
            break
        put_slot(
            net, bids, first + at, net.slot_edge[other], net.slot_row[other], bids.price[other]
        )
        at = above
    put_slot(net, bids, first + at, edge, row, price)


def drop_cheapest(net: Net, bids: Bids, k: int) -> None:
    """Take the cheapest slot off column `k`."""
    first = net.sbegin[k]
    size = net.nslot[k] - 1
    net.nslot[k] = size
    last = first + size
    if size > 0:
        edge, row, price = net.slot_edge[last], net.slot_row[last], bids.price[last]
        lower_slot(net, bids, first, size, edge, row, price)


def oust(net: Net, bids: Bids, k: int, mine: int, want: int, worth: int) -> int:
    """Free up to `want` units of full column `k` where they are cheaper than `worth`; return how many.

    The slot of the bidder's own edge `mine`, if it is the cheapest, is put back dearer by the bidder.
    """
    got = 0
    first = net.sbegin[k]
    while got < want and net.nslot[k] > 0 and bids.price[first] <= worth:
        edge, loser = net.slot_edge[first], net.slot_row[first]
        if edge == mine:
            want += net.flow[edge]
        else:
            wait(bids, loser)
        amount = min(want - got, net.flow[edge])
        net.left[loser] += amount
        net.flow[edge] -= amount
        got += amount
        if net.flow[edge] == 0:
            drop_cheapest(net, bids, k)
    return got


def grab(net: Net, bids: Bids, row: int, edge: int, second: int, eps: int) -> None:
    """Give `row` what it wants of the edge's column: free units, and those of the cheapest bidders."""
    k = net.col[edge]
    worth = second - net.cost[edge]
    if net.free[k] == 0 and net.nslot[k] == 0:
        net.p[k] = worth + eps
        return
    want = min(net.left[row], room_of(net, edge))
    amount = min(want, net.free[k])
    net.free[k] -= amount
    if amount < want:
        amount += oust(net, bids, k, edge, want - amount, worth)
    first = net.sbegin[k]
    size = net.nslot[k]
    price = net.p[k]
    if net.free[k] == 0:
        others = bids.price[first] if size > 0 else FARTHEST
        price = max(price, min(worth, others)) + eps
    net.left[row] -= amount
    if net.flow[edge] == 0:
        lift_slot(net, bids, first, size, edge, row, price)
        net.nslot[k] = size + 1
    net.flow[edge] += amount
    if net.free[k] == 0:
        net.p[k] = bids.price[first]


def bid_amount(net: Net, bids: Bids, row: int, eps: int) -> None:
    """Let `row` bid for its best edge with room, as high as its second best allows, or opt out."""
    best, second, choice = net.pen[row], FARTHEST, NONE
    cost, col, p, flow, limit = net.cost, net.col, net.p, net.flow, net.limit
    bounded = net.bounded
    low, least = net.low[row], FARTHEST
    edge, end = net.begin[row], net.end[row]
    while edge < end:
        c = cost[edge]
        if c + low >= second or (choice < 0 and c + low >= best):
            break
        price = p[col[edge]]
        least = min(least, price)
        value = c + price
        if value < second and not (bounded and flow[edge] >= limit[edge]):
            if value < best:
                best, second, choice = value, best, edge
            else:
                second = value
        edge += 1
    bids.reg[BIDS] += edge - net.begin[row] + 1
    if edge == end and least < FARTHEST:
        net.low[row] = least  # prices only rise until the columns' turn
    if choice >= 0:
        grab(net, bids, row, choice, second, eps)
        if net.left[row] > 0:
            wait(bids, row)


def bid_amounts(net: Net, bids: Bids, rows: int, eps: int, top: int, limit: int) -> int:
    """Let all rows with units left bid; return the `eps` reached, as `auction.forward_auction`."""
    bids.reg[FIRST] = 0
    bids.reg[COUNT] = 0
    for row in range(rows):
        bids.waits[row] = 0
    for row in range(rows):
        if net.left[row] > 0:
            wait(bids, row)
    steps, patience = 0, rows + rows // 2
    while bids.reg[COUNT] > 0 and steps < limit:
        bid_amount(net, bids, next_up(bids), eps)
        steps += 1
        if steps >= patience and eps < top:
            patience += rows + rows // 2
            eps *= 4
    return eps


def index_rows(net: Net, rows: int) -> None:
    """Note which edge is the only one of its row with flow."""
    for row in range(rows):
        only = NONE
        for edge in range(net.begin[row], net.end[row]):
            if net.flow[edge] > 0:
                only = edge if only == NONE else SEVERAL
        net.match[row] = only


def marginal(net: Net, bids: Bids, row: int) -> int:
    """Set `u` to the price of the dearest units of `row`; return how many have it, WORST their edge."""
    bids.reg[WORST] = NONE
    if net.left[row] > 0 or net.match[row] == NONE:
        net.u[row] = net.pen[row]
        return int(net.left[row])
    worst = net.match[row]
    if worst >= 0:
        net.u[row] = net.cost[worst] + net.p[net.col[worst]]
    else:
        net.u[row] = -1
        for edge in range(net.begin[row], net.end[row]):
            if net.flow[edge] > 0 and net.cost[edge] + net.p[net.col[edge]] > net.u[row]:
                worst = edge
                net.u[row] = net.cost[edge] + net.p[net.col[edge]]
    bids.reg[WORST] = worst
    return int(net.flow[worst])


def level_amounts(net: Net, bids: Bids, columns: int) -> None:
    """Give all slots of a column its price."""
    for j in range(columns):
        for at in range(net.sbegin[j], net.sbegin[j] + net.nslot[j]):
            bids.price[at] = net.p[j]


def keep_amounts(net: Net, rows: int, eps: int) -> None:
    """Take units off edges that cost more than `eps` above the row's cheapest; set `u` and `low`."""
    cost, col, p = net.cost, net.col, net.p
    for row in range(rows):
        u, low, used = net.pen[row], FARTHEST, 0
        for edge in range(net.begin[row], net.end[row]):
            price = p[col[edge]]
            low = min(low, price)
            if not (net.bounded and net.flow[edge] >= net.limit[edge]):
                u = min(u, cost[edge] + price)
            if net.flow[edge] > 0:
                used += 1
        net.low[row] = low
        net.u[row] = u
        if used == 0:
            continue
        for edge in range(net.begin[row], net.end[row]):
            amount = net.flow[edge]
            if amount > 0 and cost[edge] + p[col[edge]] > u + eps:
                drop_flow(net, edge, row, amount)
                net.left[row] += amount
                net.free[col[edge]] += amount


def sift_gain(bids: Bids, size: int, gain: int, entry: int, most: int) -> None:
    """Put a bid in place of the least of a heap of `size`."""
    at, child = 0, 1
    while child < size:
        if child + 1 < size and bids.gain[child + 1] < bids.gain[child]:
            child += 1
        if bids.gain[child] >= gain:
            break
        bids.gain[at], bids.entry[at] = bids.gain[child], bids.entry[child]
        bids.most[at] = bids.most[child]
        at, child = child, 2 * child + 1
    bids.gain[at], bids.entry[at], bids.most[at] = gain, entry, most


def raise_gain(bids: Bids, size: int, gain: int, entry: int, most: int) -> None:
    """Add a bid to a heap of `size`, the least gain first."""
    at = size
    while at > 0 and bids.gain[(at - 1) >> 1] > gain:
        above = (at - 1) >> 1
        bids.gain[at], bids.entry[at] = bids.gain[above], bids.entry[above]
        bids.most[at] = bids.most[above]
        at = above
    bids.gain[at], bids.entry[at], bids.most[at] = gain, entry, most


def gather(net: Net, bids: Bids, j: int, want: int, eps: int) -> tuple[int, int]:
    """Collect the units that gain most by moving to column `j`, just more than `want` if there are.

    Returns (how many bids, how many units).
    """
    size, total = 0, 0
    bids.reg[BIDS] += net.cend[j] - net.cbegin[j]
    for t in range(net.cbegin[j], net.cend[j]):
        row = net.crow[t]
        g = net.u[row] - net.ccost[t]
        if g < eps or (total > want and g <= bids.gain[0]):
            continue
        units = marginal(net, bids, row)
        worst = bids.reg[WORST]
        units = min(units, room_of(net, net.cedge[t]))
        if units <= 0 or (worst >= 0 and net.col[worst] == j):
            continue
        raise_gain(bids, size, g, t, units)
        size += 1
        total += units
        while size > 0 and total - bids.most[0] > want:
            total -= bids.most[0]
            size -= 1
            if size > 0:
                sift_gain(bids, size, bids.gain[size], bids.entry[size], bids.most[size])
    return size, total


def win(net: Net, bids: Bids, j: int, t: int) -> None:
    """Move the dearest units of the row of column entry `t` to free units of `j`."""
    row, into = net.crow[t], net.cedge[t]
    units = min(marginal(net, bids, row), net.free[j], room_of(net, into))
    worst = bids.reg[WORST]
    if units <= 0 or (worst >= 0 and net.col[worst] == j):
        return
    if worst >= 0:
        k = net.col[worst]
        drop_flow(net, worst, row, units)
        net.free[k] += units
        if net.p[k] > 0:
            wait(bids, k)
    else:
        net.left[row] -= units
    add_flow(net, into, row, units)
    net.free[j] -= units
    marginal(net, bids, row)


def attract_amounts(net: Net, bids: Bids, j: int, eps: int) -> None:
    """Let column `j` lower its price until its free units are taken, or to zero."""
    if net.free[j] <= 0 or net.p[j] <= 0:
        return
    size, total = gather(net, bids, j, net.free[j], eps)
    price = 0
    if total > net.free[j]:
        price = max(0, min(net.p[j], bids.gain[0] - eps))
    net.p[j] = price
    for at in range(net.sbegin[j], net.sbegin[j] + net.nslot[j]):
        marginal(net, bids, net.slot_row[at])
    for t in range(1, size):
        win(net, bids, j, bids.entry[t])
    if size > 0:
        win(net, bids, j, bids.entry[0])


def attract_all(net: Net, bids: Bids, rows: int, columns: int, eps: int, limit: int) -> None:
    """Let all columns with free units and a price bid for units; ends after `limit` column visits."""
    bids.reg[FIRST] = 0
    bids.reg[COUNT] = 0
    for row in range(rows):
        marginal(net, bids, row)
    for j in range(columns):
        bids.waits[j] = 0
    for j in range(columns):
        if net.p[j] > 0 and net.free[j] > 0:
            wait(bids, j)
    steps = 0
    while bids.reg[COUNT] > 0 and steps < limit:
        attract_amounts(net, bids, next_up(bids), eps)
        steps += 1


FUNCTIONS = (
    wait, next_up, put_slot, lower_slot, lift_slot, drop_cheapest, oust, grab, bid_amount, bid_amounts,
    index_rows, marginal, level_amounts, keep_amounts, sift_gain, raise_gain, gather, win,
    attract_amounts, attract_all,
)  # fmt: skip
"""All of the above, for `kernel.compile`."""
