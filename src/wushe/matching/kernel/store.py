"""Changes of a live net: every one leaves the prices feasible, then repairs to the exact optimum.

Plain Python, compiled by `kernel.compile`. A changed row keeps what flow its new edges, demand and penalty
allow at the prices; it looks for units first, then the columns that lost some of it look for rows: where
nothing is priced that changed, nothing is searched.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from wushe.matching.kernel.build import add_entry
from wushe.matching.kernel.paths import COST, Net, add_flow, drop_flow, settle_column, settle_row

DONE, OUT_OF_WORK = -1, -2


class Store(NamedTuple):
    """Per column: room for entries `croom` and for slots `sroom`, capacity `cap`; per row: `demand`."""

    croom: Any
    sroom: Any
    cap: Any
    demand: Any


def first_short(net: Net, store: Store, columns: Any, more: int) -> int:
    """Return the first place in `columns` whose column has no room for `more` more edges, or -1."""
    for t in range(len(columns)):
        k = columns[t]
        degree = net.cend[k] - net.cbegin[k] + more
        if degree > store.croom[k] or min(degree, store.cap[k]) > store.sroom[k]:
            return t
    return -1


def move_entries(net: Net, k: int, to: int) -> None:
    """Move the entries of column `k` to place `to`."""
    first = net.cbegin[k]
    count = net.cend[k] - first
    for t in range(count):
        net.crow[to + t] = net.crow[first + t]
        net.ccost[to + t] = net.ccost[first + t]
        net.cedge[to + t] = net.cedge[first + t]
    net.cbegin[k] = to
    net.cend[k] = to + count


def move_slots(net: Net, k: int, to: int) -> None:
    """Move the slots of column `k` to place `to`."""
    first = net.sbegin[k]
    for t in range(net.nslot[k]):
        edge = net.slot_edge[first + t]
        net.slot_edge[to + t] = edge
        net.slot_row[to + t] = net.slot_row[first + t]
        net.spot[edge] = to + t
    net.sbegin[k] = to


def release(net: Net, row: int) -> None:
    """Take all flow off `row`."""
    for edge in range(net.begin[row], net.end[row]):
        amount = net.flow[edge]
        if amount > 0:
            net.free[net.col[edge]] += amount
            net.left[row] += amount
            net.reg[COST] += amount * (net.pen[row] - net.cost[edge])
            drop_flow(net, edge, row, amount)
    net.u[row] = 0


def settle_columns(net: Net, row: int, work: int) -> bool:
    """Mend all columns on the list of `row`."""
    done = True
    for edge in range(net.begin[row], net.end[row]):
        done = settle_column(net, net.col[edge], work) and done
    return done


def remove_entries(net: Net, row: int) -> None:
    """Take the edges of `row` out of their columns' lists."""
    for edge in range(net.begin[row], net.end[row]):
        k = net.col[edge]
        at = net.cbegin[k]
        while net.cedge[at] != edge:
            at += 1
        net.cend[k] -= 1
        last = net.cend[k]
        net.crow[at] = net.crow[last]
        net.ccost[at] = net.ccost[last]
        net.cedge[at] = net.cedge[last]


def give_back(net: Net, k: int, amount: int, out: Any, count: int) -> int:
    """Free units of column `k` and note it in `out`; return how many columns are noted."""
    net.free[k] += amount
    out[count] = k
    return count + 1


def lift_flow(
    net: Net, row: int, columns: Any, costs: Any, limits: Any, kept: Any, out: Any
) -> int:
    """Take all flow off `row`; note in `kept` what the same edges among the new ones may keep.

    Both lists are sorted by (cost, column). Returns how many columns in `out` got units back.
    """
    t, count = 0, 0
    for edge in range(net.begin[row], net.end[row]):
        amount = net.flow[edge]
        if amount == 0:
            continue
        k, c = net.col[edge], net.cost[edge]
        while t < len(columns) and (costs[t] < c or (costs[t] == c and columns[t] < k)):
            t += 1
        stays = 0
        if t < len(columns) and costs[t] == c and columns[t] == k:
            stays = min(amount, limits[t]) if net.bounded else amount
            kept[t] = stays
            t += 1
        net.reg[COST] -= amount * c
        drop_flow(net, edge, row, amount)
        if stays < amount:
            count = give_back(net, k, amount - stays, out, count)
    return count


def agree(net: Net, row: int, kept: Any, out: Any, count: int) -> int:
    """Price `row` as high as its edges with room allow; give back what is dearer, or too much.

    Returns how many columns are noted in `out`, which has room for two entries per edge.
    """
    first, size = net.begin[row], net.end[row] - net.begin[row]
    u, left = net.pen[row], net.left[row]
    for t in range(size):
        edge = first + t
        if not (net.bounded and kept[t] >= net.limit[edge]):
            u = min(u, net.cost[edge] + net.p[net.col[edge]])
    for t in range(size):
        k = net.col[first + t]
        if kept[t] > 0 and net.cost[first + t] + net.p[k] > u:
            count = give_back(net, k, kept[t], out, count)
            kept[t] = 0
        left -= kept[t]
    while left < 0:
        worst, most = 0, -1
        for t in range(size):
            z = net.cost[first + t] + net.p[net.col[first + t]]
            if kept[t] > 0 and z > most:
                worst, most = t, z
        amount = min(kept[worst], -left)
        kept[worst] -= amount
        left += amount
        u = min(u, most)  # the edge has room now
        count = give_back(net, net.col[first + worst], amount, out, count)
    net.u[row] = u
    return count


def place_row(
    net: Net,
    store: Store,
    row: int,
    at: int,
    columns: Any,
    costs: Any,
    limits: Any,
    demand: int,
    penalty: int,
    more: int,
    kept: Any,
    out: Any,
    work: int,
) -> int:
    """Give `row` new edges (written from edge `at`), demand and penalty; DONE or OUT_OF_WORK.

    Where a column has no room for an edge, nothing is done and the edge's place in `columns` is
    returned; `more` is how often at most one column occurs. No edges and no demand withdraws the row. `limits` is read only where the net is bounded;
    `kept` has a zero per new edge and `out` room for all old edges and twice the new ones.
    """
    short = first_short(net, store, columns, more)
    if short >= 0:
        return int(short)
    net.reg[COST] -= net.pen[row] * net.left[row]
    count = lift_flow(net, row, columns, costs, limits, kept, out)
    remove_entries(net, row)
    for t in range(len(columns)):
        edge = at + t
        net.col[edge] = columns[t]
        net.cost[edge] = costs[t]
        net.flow[edge] = 0
        if net.bounded:
            net.limit[edge] = limits[t]
        add_entry(net, row, edge)
    net.begin[row] = at
    net.end[row] = at + len(columns)
    net.pen[row] = penalty
    net.left[row] = demand
    store.demand[row] = demand
    count = agree(net, row, kept, out, count)
    for t in range(len(columns)):
        if kept[t] > 0:
            add_flow(net, at + t, row, kept[t])
            net.left[row] -= kept[t]
            net.reg[COST] += kept[t] * costs[t]
    net.reg[COST] += penalty * net.left[row]
    done = settle_row(net, row, work)
    for t in range(count):
        done = settle_column(net, out[t], work) and done
    return DONE if done else OUT_OF_WORK


def evict(net: Net, k: int, out: Any) -> int:
    """Take units out of column `k` until `free` is not negative; return how many rows lost some.

    An edge with a limit may be too cheap for its prices to lose a single unit: then the whole row goes.
    """
    count = 0
    while net.free[k] < 0:
        at = net.sbegin[k] + net.nslot[k] - 1
        edge, row = net.slot_edge[at], net.slot_row[at]
        if net.bounded:
            release(net, row)
        else:
            amount = min(net.flow[edge], -net.free[k])
            net.free[k] += amount
            net.left[row] += amount
            net.reg[COST] += amount * (net.pen[row] - net.cost[edge])
            drop_flow(net, edge, row, amount)
        out[count] = row
        count += 1
    return count


def place_capacity(net: Net, store: Store, k: int, capacity: int, out: Any, work: int) -> bool:
    """Change the capacity of column `k`; `out` has room for its rows; False when out of `work`."""
    net.free[k] += capacity - store.cap[k]
    store.cap[k] = capacity
    count = evict(net, k, out)
    done = settle_column(net, k, work)
    if net.bounded:
        for t in range(count):
            done = settle_columns(net, out[t], work) and done
    for t in range(count):
        done = settle_row(net, out[t], work) and done
    return done


FUNCTIONS = (
    first_short, move_entries, move_slots, release, settle_columns, remove_entries, give_back,
    lift_flow, agree, place_row, evict, place_capacity,
)  # fmt: skip
"""All of the above, for `kernel.compile`."""
