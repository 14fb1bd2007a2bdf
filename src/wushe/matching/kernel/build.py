"""Column entries, a flow at hand, the certificate. Plain Python, compiled by `kernel.compile`."""

from __future__ import annotations

from typing import Any

from wushe.matching.kernel.paths import Net, add_flow


def add_entry(net: Net, row: int, edge: int) -> None:
    """Enter `edge` of `row` in its column's list."""
    k = net.col[edge]
    at = net.cend[k]
    net.cend[k] = at + 1
    net.crow[at] = row
    net.ccost[at] = net.cost[edge]
    net.cedge[at] = edge


def transpose(net: Net, rows: int) -> None:
    """Enter all edges in their columns' lists, by row."""
    for row in range(rows):
        for edge in range(net.begin[row], net.end[row]):
            add_entry(net, row, edge)


def load_flow(net: Net, rows: int, flow: Any) -> None:
    """Send the units of `flow` (one entry per edge) through a net without flow."""
    for row in range(rows):
        for edge in range(net.begin[row], net.end[row]):
            if flow[edge] > 0:
                add_flow(net, edge, row, flow[edge])
                net.left[row] -= flow[edge]
                net.free[net.col[edge]] -= flow[edge]


def audit(
    start: Any,
    column: Any,
    cost: Any,
    limit: Any,
    bounded: bool,
    flow: Any,
    pen: Any,
    u: Any,
    p: Any,
    left: Any,
    room: Any,
) -> tuple[int, int]:
    """Return (primal, dual but for the columns' part) from the problem's own numbers.

    `left` holds the demands and `room` the capacities; they become what the flow leaves of them. An
    edge too cheap for its prices costs the dual its limit or its row's demand, whichever is less.
    """
    primal, dual = 0, 0
    for row in range(len(pen)):
        demand = left[row]
        dual += u[row] * demand
        for edge in range(start[row], start[row + 1]):
            amount = flow[edge]
            if amount != 0:
                left[row] -= amount
                room[column[edge]] -= amount
                primal += cost[edge] * amount
                if amount < 0 or (bounded and amount > limit[edge]):
                    left[row] = -1
            reduced = cost[edge] + p[column[edge]] - u[row]
            if reduced < 0:
                dual += reduced * (min(limit[edge], demand) if bounded else demand)
        primal += pen[row] * left[row]
    return primal, dual


FUNCTIONS = (add_entry, transpose, load_flow, audit)
"""All of the above, for `kernel.compile`."""
