"""Changes of a live net: every one leaves the prices feasible, then repairs to the exact optimum.

Plain Python, compiled by `kernel.compile`. A row is changed by taking its flow and its edges out, mending
the columns that got units back, and putting it in again as if it were new.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from wushe.matching.kernel.build import add_entry
from wushe.matching.kernel.paths import COST, Net, drop_flow, settle_column, settle_row


class Store(NamedTuple):
    """Per column: room for entries `croom` and for slots `sroom`, capacity `cap`; per row: `demand`."""

    croom: Any
    sroom: Any
    cap: Any
    demand: Any


def first_short(net: Net, store: Store, columns: Any) -> int:
    """Return the first place in `columns` whose column has no room for one more edge, or -1."""
    for t in range(len(columns)):
        k = columns[t]
        degree = net.cend[k] - net.cbegin[k] + 1
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
    work: int,
) -> bool:
    """Give `row` new edges (written from edge `at`), demand and penalty; False when out of `work`.

    No edges and no demand withdraws it. `limits` is read only where the net is bounded.
    """
    release(net, row)
    net.reg[COST] -= net.pen[row] * net.left[row]
    net.left[row] = 0
    remove_entries(net, row)
    done = settle_columns(net, row, work)
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
    net.reg[COST] += penalty * demand
    return settle_row(net, row, work) and done


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
    first_short, move_entries, move_slots, release, settle_columns, remove_entries, place_row, evict,
    place_capacity,
)  # fmt: skip
"""All of the above, for `kernel.compile`."""
