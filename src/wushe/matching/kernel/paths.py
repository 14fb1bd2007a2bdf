"""Shortest augmenting paths: the loops that repair a flow to the exact optimum, one path at a time.

Everything here is plain Python over indexable columns, so that one source serves twice: compiled by
`kernel.compile` for large inputs, and as it stands, over lists, for small ones. No function allocates.

The state is dual feasible at every moment: `0 <= u[i] <= pen[i]`, `p[j] >= 0`, an edge with room has
`cost + p - u >= 0`, an edge with flow `cost + p - u <= 0`. It is optimal once no row with units left
has `u < pen` (`forward` mends one) and no column with free units has `p > 0` (`reverse` mends one).
See Ahuja, Magnanti, Orlin, Network Flows (1993), chapter 9; Bertsekas, Network Optimization (1998).
"""

from __future__ import annotations

from typing import Any, NamedTuple

INF = 1 << 62
SIZE, TOUCHED, BEST, EDGE, ROW, SCANS, COST = 0, 1, 2, 3, 4, 5, 6
"""Registers: heap size, nodes touched, best label, the edge and row where the path ends, edge scans
done, and the objective, which is kept only for live nets."""
OPT_OUT, DROP = -1, -2
"""Ends of a forward path that use no free unit: the source, or another row, stays unserved."""
NONE, SEVERAL = -1, -2
"""`match` of a row without flow, and of one with flow on more than one edge."""


class Net(NamedTuple):
    """The columns of a problem and its flow; nodes are columns j and rows `columns + i`.

    Rows: edges `begin..end` sorted by (cost, column), penalty `pen`, price `u`, units `left`, the only
    edge with flow `match`, `low` which no price of its columns is below. Edges: `col`, `cost`, `limit` (read only where `bounded`), `flow`, place in
    the column's slots `spot`. Columns: entries `cbegin..cend` of (`crow`, `ccost`, `cedge`), price `p`,
    `free` units, slots `sbegin + (0..nslot)` of edges with flow. The rest is work space.
    """

    begin: Any
    end: Any
    pen: Any
    u: Any
    left: Any
    match: Any
    low: Any
    col: Any
    cost: Any
    limit: Any
    flow: Any
    spot: Any
    cbegin: Any
    cend: Any
    crow: Any
    ccost: Any
    cedge: Any
    p: Any
    free: Any
    sbegin: Any
    nslot: Any
    slot_edge: Any
    slot_row: Any
    key: Any
    place: Any
    via_edge: Any
    via_row: Any
    row_via: Any
    heap: Any
    touched: Any
    reg: Any
    columns: int
    bounded: bool


def raise_node(net: Net, at: int, node: int, key: int) -> None:
    """Move `node` up from heap place `at` to where its `key` belongs."""
    heap, keys, place = net.heap, net.key, net.place
    while at > 0:
        above = (at - 1) >> 1
        other = heap[above]
        if keys[other] <= key:
            break
        heap[at] = other
        place[other] = at
        at = above
    heap[at] = node
    place[node] = at


def push(net: Net, node: int, key: int) -> None:
    """Label `node`, or lower its label."""
    if net.key[node] == INF:
        net.touched[net.reg[TOUCHED]] = node
        net.reg[TOUCHED] += 1
    net.key[node] = key
    at = net.place[node]
    if at < 0:
        at = net.reg[SIZE]
        net.reg[SIZE] = at + 1
    raise_node(net, at, node, key)


def pop(net: Net) -> int:
    """Take the node with the least label off the heap."""
    heap, keys, place = net.heap, net.key, net.place
    top = heap[0]
    place[top] = -1
    size = net.reg[SIZE] - 1
    net.reg[SIZE] = size
    if size > 0:
        last = heap[size]
        key = keys[last]
        at, child = 0, 1
        while child < size:
            if child + 1 < size and keys[heap[child + 1]] < keys[heap[child]]:
                child += 1
            if keys[heap[child]] >= key:
                break
            heap[at] = heap[child]
            place[heap[at]] = at
            at, child = child, 2 * child + 1
        heap[at] = last
        place[last] = at
    return int(top)


def add_flow(net: Net, edge: int, row: int, amount: int) -> None:
    """Send `amount` more units along `edge` of `row`."""
    if net.flow[edge] == 0:
        k = net.col[edge]
        at = net.sbegin[k] + net.nslot[k]
        net.nslot[k] += 1
        net.slot_edge[at] = edge
        net.slot_row[at] = row
        net.spot[edge] = at
        net.match[row] = edge if net.match[row] == NONE else SEVERAL
    net.flow[edge] += amount


def drop_flow(net: Net, edge: int, row: int, amount: int) -> None:
    """Take `amount` units off `edge` of `row`."""
    net.flow[edge] -= amount
    if net.flow[edge] > 0:
        return
    k = net.col[edge]
    net.nslot[k] -= 1
    last = net.sbegin[k] + net.nslot[k]
    at = net.spot[edge]
    moved = net.slot_edge[last]
    net.slot_edge[at] = moved
    net.slot_row[at] = net.slot_row[last]
    net.spot[moved] = at
    if net.match[row] != SEVERAL:
        net.match[row] = NONE
        return
    only, count = NONE, 0
    for other in range(net.begin[row], net.end[row]):
        if net.flow[other] > 0:
            only, count = other, count + 1
    net.match[row] = only if count <= 1 else SEVERAL


def label_row(net: Net, row: int, key: int, edge: int) -> None:
    """Label a row without the heap: it is settled at once, or its columns take the label over."""
    node = net.columns + row
    if net.key[node] == INF:
        net.touched[net.reg[TOUCHED]] = node
        net.reg[TOUCHED] += 1
    net.key[node] = key
    net.row_via[row] = edge


def scan_row(net: Net, row: int, key: int) -> None:
    """Settle a row of a forward search: label the columns where it could take its unit instead."""
    reg, cost, col, p, keys, free = net.reg, net.cost, net.col, net.p, net.key, net.free
    bounded = net.bounded
    best = reg[BEST]
    base = key - net.u[row]
    if base + net.pen[row] < best:
        best = base + net.pen[row]
        reg[EDGE], reg[ROW] = DROP, row
    most = best - base - net.low[row]
    first = net.begin[row]
    edge, end = first, net.end[row]
    while edge < end:
        c = cost[edge]
        if c >= most:
            break
        k = col[edge]
        label = base + c + p[k]
        if label < best and label < keys[k]:
            if bounded and net.flow[edge] >= net.limit[edge]:
                pass
            elif free[k] > 0:
                best = label
                most = best - base - net.low[row]
                reg[EDGE], reg[ROW] = edge, row
            else:
                push(net, k, label)
                net.via_edge[k] = edge
                net.via_row[k] = row
        edge += 1
    reg[SCANS] += edge - first + 1
    reg[BEST] = best


def scan_members(net: Net, j: int, key: int) -> None:
    """Settle a column of a forward search: each unit in it could make way."""
    keys, slot_edge, slot_row, columns = net.key, net.slot_edge, net.slot_row, net.columns
    bounded = net.bounded
    at = net.sbegin[j]
    last = at + net.nslot[j]
    net.reg[SCANS] += net.nslot[j]
    while at < last:
        edge, row = slot_edge[at], slot_row[at]
        label = key
        if bounded:
            label += net.u[row] - net.cost[edge] - net.p[j]
        if label < keys[columns + row]:
            if label == key and net.place[columns + row] < 0:  # the heap must hear of lower labels
                label_row(net, row, key, edge)
                scan_row(net, row, key)
            elif label < net.reg[BEST]:
                push(net, columns + row, label)
                net.row_via[row] = edge
        at += 1


def clear(net: Net, sign: int) -> None:
    """Shift the prices of the nodes settled before the best label, then forget all labels."""
    best = net.reg[BEST]
    for t in range(net.reg[TOUCHED]):
        node = net.touched[t]
        shift = best - net.key[node]
        if shift > 0:
            if node < net.columns:
                net.p[node] += sign * shift
            else:
                net.u[node - net.columns] += sign * shift
        net.key[node] = INF
        net.place[node] = -1
    net.reg[TOUCHED] = 0
    net.reg[SIZE] = 0


def room_of(net: Net, edge: int) -> int:
    """Return how many more units `edge` may carry."""
    return int(net.limit[edge] - net.flow[edge]) if net.bounded else INF


def augment_forward(net: Net, source: int) -> None:
    """Send what fits along the path that `forward` found."""
    edge, row = net.reg[EDGE], net.reg[ROW]
    amount = net.left[source]
    if edge >= 0:
        amount = min(amount, net.free[net.col[edge]], room_of(net, edge))
    i = row
    while i != source:
        out = net.row_via[i]
        k = net.col[out]
        i = net.via_row[k]
        amount = min(amount, net.flow[out], room_of(net, net.via_edge[k]))
    if edge >= 0:
        net.free[net.col[edge]] -= amount
    else:
        net.left[row] += amount
    while row != source:
        out = net.row_via[row]
        drop_flow(net, out, row, amount)
        if edge >= 0:
            add_flow(net, edge, row, amount)
        k = net.col[out]
        edge, row = net.via_edge[k], net.via_row[k]
    add_flow(net, edge, row, amount)
    net.left[source] -= amount


def forward(net: Net, source: int) -> None:
    """Serve units left of row `source` by the cheapest path, or find that its penalty is cheaper."""
    reg = net.reg
    reg[BEST] = net.pen[source] - net.u[source]
    reg[EDGE], reg[ROW] = OPT_OUT, source
    label_row(net, source, 0, NONE)
    scan_row(net, source, 0)
    while reg[SIZE] > 0 and net.key[net.heap[0]] < reg[BEST]:
        node = pop(net)
        if node < net.columns:
            scan_members(net, node, net.key[node])
        else:
            scan_row(net, node - net.columns, net.key[node])
    clear(net, 1)
    if reg[EDGE] != OPT_OUT:
        before, end = net.left[source], reg[EDGE]
        augment_forward(net, source)
        price = net.u[source] - net.pen[source]
        if end >= 0:
            price -= net.p[net.col[end]]  # not zero where a column is still to be mended
        reg[COST] += (before - net.left[source]) * price


def relax_member(net: Net, row: int, edge: int, label: int) -> None:
    """Label the column that would lose a unit of `row` on `edge` in a reverse search."""
    k = net.col[edge]
    if net.bounded:
        label += net.u[row] - net.cost[edge] - net.p[k]
    if label >= net.key[k]:
        return
    if label + net.p[k] < net.reg[BEST]:
        net.reg[BEST] = label + net.p[k]
        net.reg[EDGE], net.reg[ROW] = edge, row
    if label < net.reg[BEST]:
        push(net, k, label)
        net.via_edge[k] = edge
        net.via_row[k] = row


def relax_row(net: Net, row: int, label: int) -> None:
    """Label every column from which `row` could take a unit away."""
    edge = net.match[row]
    if edge >= 0:
        relax_member(net, row, edge, label)
    elif edge == SEVERAL:
        for other in range(net.begin[row], net.end[row]):
            if net.flow[other] > 0:
                relax_member(net, row, other, label)


def scan_column(net: Net, j: int, key: int) -> None:
    """Settle a column of a reverse search: every row on its list could take a free unit of it."""
    reg, keys, u, crow, ccost = net.reg, net.key, net.u, net.crow, net.ccost
    base = key + net.p[j]
    reg[SCANS] += net.cend[j] - net.cbegin[j]
    for t in range(net.cbegin[j], net.cend[j]):
        row = crow[t]
        label = base + ccost[t] - u[row]
        if label >= reg[BEST] or label >= keys[net.columns + row]:
            continue
        edge = net.cedge[t]
        if net.bounded and net.flow[edge] >= net.limit[edge]:
            continue
        if net.left[row] > 0:
            reg[BEST] = label
            reg[EDGE], reg[ROW] = NONE, row
            net.row_via[row] = edge
        else:
            label_row(net, row, label, edge)
            relax_row(net, row, label)


def augment_reverse(net: Net, source: int) -> None:
    """Shift what fits along the path that `reverse` found, from free units of `source`."""
    edge, row = net.reg[EDGE], net.reg[ROW]
    amount = net.free[source]
    amount = min(amount, net.left[row] if edge == NONE else net.flow[edge])
    i = row
    while True:
        into = net.row_via[i]
        amount = min(amount, room_of(net, into))
        k = net.col[into]
        if k == source:
            break
        amount = min(amount, net.flow[net.via_edge[k]])
        i = net.via_row[k]
    if edge == NONE:
        net.left[row] -= amount
    else:
        net.free[net.col[edge]] += amount
        drop_flow(net, edge, row, amount)
    into = net.row_via[row]
    while net.col[into] != source:  # a unit leaves each column before the next one enters
        k = net.col[into]
        drop_flow(net, net.via_edge[k], net.via_row[k], amount)
        add_flow(net, into, row, amount)
        row = net.via_row[k]
        into = net.row_via[row]
    add_flow(net, into, row, amount)
    net.free[source] -= amount


def reverse(net: Net, source: int) -> None:
    """Use free units of column `source` where they save most, or let its price fall to zero."""
    reg = net.reg
    reg[BEST] = net.p[source]
    reg[EDGE], reg[ROW] = OPT_OUT, OPT_OUT
    push(net, source, 0)
    while reg[SIZE] > 0 and net.key[net.heap[0]] < reg[BEST]:
        node = pop(net)
        scan_column(net, node, net.key[node])
    clear(net, -1)
    if reg[ROW] != OPT_OUT:
        before, row, price = net.free[source], reg[ROW], net.p[source]
        if reg[EDGE] == NONE:
            price += net.pen[row] - net.u[row]  # not zero where a row is still to be mended
        augment_reverse(net, source)
        reg[COST] -= (before - net.free[source]) * price


def settle_row(net: Net, row: int, work: int) -> bool:
    """Serve `row` until nothing is left or its penalty is cheaper; False when `work` scans are over."""
    while net.left[row] > 0 and net.u[row] < net.pen[row]:
        if net.reg[SCANS] >= work:
            return False
        forward(net, row)
    return True


def settle_column(net: Net, j: int, work: int) -> bool:
    """Use the free units of column `j` or bring its price to zero; False when `work` scans are over."""
    while net.free[j] > 0 and net.p[j] > 0:
        if net.reg[SCANS] >= work:
            return False
        reverse(net, j)
    return True


def finish(net: Net, order: Any, columns: int, work: int) -> bool:
    """Repair every row in `order`, then every column; False when `work` edge scans are used up."""
    for t in range(len(order)):
        if not settle_row(net, order[t], work):
            return False
    for j in range(columns):  # noqa: SIM110 - all() cannot be compiled
        if not settle_column(net, j, work):
            return False
    return True


FUNCTIONS = (
    raise_node,
    push,
    pop,
    add_flow,
    drop_flow,
    label_row,
    scan_row,
    scan_members,
    clear,
    room_of,
    augment_forward,
    forward,
    relax_member,
    relax_row,
    scan_column,
    augment_reverse,
    reverse,
    settle_row,
    settle_column,
    finish,
)
"""All of the above, for `kernel.compile`."""
