"""Many augmenting paths at once: where ties abound, one shortest path at a time would search too much.

A phase labels from all rows that want units (or all columns with free ones) together, shifts the prices
up to the nearest end, and then sends all it can along edges that the prices make tight. That is a maximum
flow: breadth-first levels, then depth-first search along them with a current arc per node, until no end
can be reached. See Ahuja, Magnanti, Orlin, Network Flows (1993), chapters 7.5 and 9.8. Plain Python,
compiled by `kernel.compile`.
"""

from __future__ import annotations

from typing import Any

from wushe.matching.kernel.paths import (
    BEST,
    DROP,
    EDGE,
    INF,
    NONE,
    OPT_OUT,
    ROW,
    SCANS,
    SIZE,
    TOUCHED,
    Net,
    augment_forward,
    augment_reverse,
    clear,
    finish,
    label_row,
    pop,
    push,
    scan_column,
    scan_members,
    scan_row,
)

DEAD = 0
"""Level of a node from which no end can be reached; sources are on level 1."""


def put_level(net: Net, node: int, level: int) -> None:
    """Put a node on a level, kept in `key`; `place` is its current arc, `heap` the order of nodes."""
    net.touched[net.reg[TOUCHED]] = node
    net.reg[TOUCHED] += 1
    net.key[node] = level
    net.place[node] = 0
    net.heap[net.reg[SIZE]] = node
    net.reg[SIZE] += 1


def forget_levels(net: Net) -> None:
    """Take all nodes off their levels; no price moves."""
    net.reg[BEST] = 0
    clear(net, 1)


def wants(net: Net, row: int) -> bool:
    """Whether a row has units left that are worth more than its price."""
    return bool(net.left[row] > 0 and net.u[row] < net.pen[row])


def spare(net: Net, j: int) -> bool:
    """Whether a column has free units and a price nonetheless."""
    return bool(net.free[j] > 0 and net.p[j] > 0)


def tight_edge(net: Net, row: int, below: int) -> int:
    """Return the next edge over which `row` could have a unit at its price, or -1; move its arc there.

    It leads to a free unit, or to a column on level `below`.
    """
    u, cost, col, p, keys = net.u[row], net.cost, net.col, net.p, net.key
    first, end = net.begin[row], net.end[row]
    edge = first + net.place[net.columns + row]
    begun, most, found = edge, u - net.low[row], NONE
    while edge < end and cost[edge] <= most:
        k = col[edge]
        if (
            cost[edge] + p[k] == u
            and (keys[k] == below or net.free[k] > 0)
            and not (net.bounded and net.flow[edge] >= net.limit[edge])
        ):
            found = edge
            break
        edge += 1
    net.place[net.columns + row] = edge - first
    net.reg[SCANS] += edge - begun + 1
    return int(found)


def tight_member(net: Net, k: int, below: int) -> int:
    """Return the next slot of column `k` whose row, on level `below`, could give up a unit, or -1."""
    at = net.sbegin[k] + net.place[k]
    begun, last = at, net.sbegin[k] + net.nslot[k]
    while at < last:
        row = net.slot_row[at]
        if net.key[net.columns + row] == below and (
            not net.bounded or net.cost[net.slot_edge[at]] + net.p[k] == net.u[row]
        ):
            break
        at += 1
    net.place[k] = at - net.sbegin[k]
    net.reg[SCANS] += at - begun + 1
    return int(at) if at < last else NONE


def serve_levels(net: Net) -> bool:
    """Spread levels from the rows on the first one; whether a free unit or a droppable row is reached."""
    t, last = 0, INF
    while t < net.reg[SIZE] and net.key[net.heap[t]] < last:
        node = net.heap[t]
        below = net.key[node] + 1
        t += 1
        if node < net.columns:
            at = tight_member(net, node, INF)
            while at >= 0:
                row = net.slot_row[at]
                put_level(net, net.columns + row, below)
                if net.u[row] == net.pen[row]:
                    last = min(last, below)
                at = tight_member(net, node, INF)
            net.place[node] = 0
            continue
        edge = tight_edge(net, node - net.columns, INF)
        while edge >= 0:
            k = net.col[edge]
            if net.free[k] > 0:
                last = below - 1
                break
            put_level(net, k, below)
            edge = tight_edge(net, node - net.columns, INF)
        net.place[node] = 0
    return bool(last < INF)


def seek_unit(net: Net, source: int) -> bool:
    """Find a tight path down the levels from row `source` to a free unit or a droppable row."""
    row, level = source, 1
    if net.key[net.columns + row] != level:
        return False
    while True:
        if row != source and net.u[row] == net.pen[row]:
            net.reg[EDGE], net.reg[ROW] = DROP, row
            return True
        edge = tight_edge(net, row, level + 1)
        if edge >= 0:
            k = net.col[edge]
            if net.free[k] > 0:
                net.reg[EDGE], net.reg[ROW] = edge, row
                return True
            net.via_edge[k], net.via_row[k] = edge, row
            level += 1
        else:
            net.key[net.columns + row] = DEAD
            if row == source:
                return False
            k = net.col[net.row_via[row]]
            level -= 1
        at = tight_member(net, k, level + 1)
        if at >= 0:
            row = net.slot_row[at]
            net.row_via[row] = net.slot_edge[at]
            level += 1
        else:
            net.key[k] = DEAD
            row = net.via_row[k]
            level -= 1


def serve_tight(net: Net, order: Any, work: int) -> None:
    """Serve rows over tight paths until there are none."""
    more = True
    while more and net.reg[SCANS] < work:
        for t in range(len(order)):
            if wants(net, order[t]):
                put_level(net, net.columns + order[t], 1)
        more = serve_levels(net)
        for t in range(len(order)):
            row = order[t]
            while more and wants(net, row) and seek_unit(net, row):
                augment_forward(net, row)
        forget_levels(net)


def serve_phase(net: Net, order: Any, work: int) -> bool:
    """Serve what can be served at the next prices; False when no row wants more."""
    reg = net.reg
    reg[BEST], reg[EDGE], reg[ROW] = INF, OPT_OUT, OPT_OUT
    for t in range(len(order)):
        if wants(net, order[t]):
            label_row(net, order[t], 0, NONE)
    sources = reg[TOUCHED]
    if sources == 0:
        return False
    for t in range(sources):
        scan_row(net, net.touched[t] - net.columns, 0)
    while reg[SIZE] > 0 and net.key[net.heap[0]] < reg[BEST]:
        node = pop(net)
        if node < net.columns:
            scan_members(net, node, net.key[node])
        else:
            scan_row(net, node - net.columns, net.key[node])
    clear(net, 1)
    serve_tight(net, order, work)
    return True


def tight_entry(net: Net, k: int, below: int) -> int:
    """Return the next entry whose row, on level `below`, could take a unit of column `k`, or -1."""
    at = net.cbegin[k] + net.place[k]
    begun, last, price, found = at, net.cend[k], net.p[k], NONE
    while at < last:
        row = net.crow[at]
        if net.ccost[at] + price == net.u[row] and net.key[net.columns + row] == below:
            edge = net.cedge[at]
            if not (net.bounded and net.flow[edge] >= net.limit[edge]):
                found = at
                break
        at += 1
    net.place[k] = at - net.cbegin[k]
    net.reg[SCANS] += at - begun + 1
    return int(found)


def tight_flow(net: Net, row: int, below: int) -> int:
    """Return the next edge from which `row` could take a unit away, or -1; move its arc there.

    It leads to a column without price, or to one on level `below`.
    """
    first, end = net.begin[row], net.end[row]
    edge = first + net.place[net.columns + row]
    begun, found = edge, NONE
    while edge < end:
        k = net.col[edge]
        if (
            net.flow[edge] > 0
            and (net.key[k] == below or net.p[k] == 0)
            and (not net.bounded or net.cost[edge] + net.p[k] == net.u[row])
        ):
            found = edge
            break
        edge += 1
    net.place[net.columns + row] = edge - first
    net.reg[SCANS] += edge - begun + 1
    return int(found)


def use_levels(net: Net) -> bool:
    """Spread levels from the columns on the first one; whether an end is reached."""
    t, last = 0, INF
    while t < net.reg[SIZE] and net.key[net.heap[t]] < last:
        node = net.heap[t]
        below = net.key[node] + 1
        t += 1
        if node < net.columns:
            at = tight_entry(net, node, INF)
            while at >= 0:
                row = net.crow[at]
                put_level(net, net.columns + row, below)
                if net.left[row] > 0:
                    last = min(last, below)
                at = tight_entry(net, node, INF)
            net.place[node] = 0
            continue
        edge = tight_flow(net, node - net.columns, INF)
        while edge >= 0:
            k = net.col[edge]
            if net.p[k] == 0:
                last = below - 1
                break
            put_level(net, k, below)
            edge = tight_flow(net, node - net.columns, INF)
        net.place[node] = 0
    return bool(last < INF)


def seek_use(net: Net, source: int) -> bool:
    """Find a tight path from free units of column `source` to an unserved row or a column without price."""
    k, level = source, 1
    if net.key[k] != level:
        return False
    while True:
        at = tight_entry(net, k, level + 1)
        if at >= 0:
            row = net.crow[at]
            net.row_via[row] = net.cedge[at]
            level += 1
            if net.left[row] > 0:
                net.reg[EDGE], net.reg[ROW] = NONE, row
                return True
        else:
            net.key[k] = DEAD
            if k == source:
                return False
            row = net.via_row[k]
            level -= 1
        edge = tight_flow(net, row, level + 1)
        if edge >= 0:
            k = net.col[edge]
            if net.p[k] == 0:
                net.reg[EDGE], net.reg[ROW] = edge, row
                return True
            net.via_edge[k], net.via_row[k] = edge, row
            level += 1
        else:
            net.key[net.columns + row] = DEAD
            k = net.col[net.row_via[row]]
            level -= 1


def use_tight(net: Net, columns: int, work: int) -> None:
    """Use free units over tight paths until there are none."""
    more = True
    while more and net.reg[SCANS] < work:
        for j in range(columns):
            if spare(net, j):
                put_level(net, j, 1)
        more = use_levels(net)
        for j in range(columns):
            while more and spare(net, j) and seek_use(net, j):
                augment_reverse(net, j)
        forget_levels(net)


def use_phase(net: Net, columns: int, work: int) -> bool:
    """Use the free units that can be used at the next prices; False when none has a price."""
    reg = net.reg
    reg[BEST], reg[EDGE], reg[ROW] = INF, OPT_OUT, OPT_OUT
    for j in range(columns):
        if spare(net, j):
            reg[BEST] = min(reg[BEST], net.p[j])
            push(net, j, 0)
    if reg[TOUCHED] == 0:
        return False
    while reg[SIZE] > 0 and net.key[net.heap[0]] < reg[BEST]:
        node = pop(net)
        scan_column(net, node, net.key[node])
    clear(net, -1)
    use_tight(net, columns, work)
    return True


def finish_together(net: Net, order: Any, columns: int, work: int) -> bool:
    """Do what `paths.finish` does, many paths at a time; False when `work` edge scans are used up."""
    while serve_phase(net, order, work):
        if net.reg[SCANS] >= work:
            return False
    while use_phase(net, columns, work):
        if net.reg[SCANS] >= work:
            return False
    return True


def finish_by_turns(net: Net, order: Any, columns: int, work: int) -> bool:
    """Repair to the optimum, many paths and single ones by turns; False when out of `work`.

    Neither is fast on all inputs: few distances favour the first, few paths the second.
    """
    share = 8 * len(net.col) + 1000
    while net.reg[SCANS] < work:
        if finish_together(net, order, columns, min(work, net.reg[SCANS] + share)):
            return True
        if finish(net, order, columns, min(work, net.reg[SCANS] + share)):
            return True
        share *= 2
    return False


FUNCTIONS = (
    put_level, forget_levels, wants, spare, tight_edge, tight_member, serve_levels, seek_unit,
    serve_tight, serve_phase, tight_entry, tight_flow, use_levels, seek_use, use_tight, use_phase,
    finish_together, finish_by_turns,
)  # fmt: skip
"""All of the above, for `kernel.compile`."""
