"""From a problem's arrays to the working columns of `kernel.paths`, over arrays or over lists."""

from __future__ import annotations

from typing import Any

import numpy as np

from wushe.matching.kernel.amounts import Bids
from wushe.matching.kernel.auction import Market
from wushe.matching.kernel.paths import INF, NONE, Net
from wushe.matching.kernel.problem import Array, Problem

ROOM = 16
"""Columns laid out with slack have room for at least so many more edges."""


def make_net(problem: Problem, run: Any, *, lists: bool, slack: bool = False) -> Net:
    """Return a net without flow and prices, everything unserved, all capacity free.

    `lists` for plain Python, else arrays for the compiled functions in `run`; `slack` leaves room
    for rows, edges, column entries and slots to come, and keeps limits that do not bind yet.
    """
    n, m, e = len(problem.units), len(problem.capacity), len(problem.column)
    bounded = problem.limit is not None if slack else problem.limits_bind
    degree = np.bincount(problem.column, minlength=m).astype(np.int64)
    entries = degree + degree // 4 + ROOM if slack else degree
    slots = np.minimum(entries, problem.capacity)
    more_rows, more_columns = (n // 8 + 64, m // 8 + 64) if slack else (0, 0)
    rows, columns = n + more_rows, m + more_columns
    edges = e + e // 4 + 1024 if slack else e
    entry_room = int(entries.sum()) + (e // 4 + 1024 if slack else 0)
    slot_room = int(slots.sum()) + (e // 4 + 1024 if slack else 1)

    def new(size: int, dtype: Any = np.int64, value: int = 0) -> Any:
        if lists:
            return [value] * size
        return np.full(size, value, dtype) if value else np.zeros(size, dtype)

    def old(values: Array, dtype: Any, size: int, fill: int = 0) -> Any:
        whole = np.full(size, fill, dtype)
        whole[: len(values)] = values
        return whole.tolist() if lists else whole

    def kept(values: Array, dtype: Any) -> Any:  # a net without slack never writes to these
        if slack or lists:
            return old(values, dtype, edges)
        return np.require(values, dtype, ["C", "W"])

    small = np.int32
    cbegin = old(np.cumsum(entries) - entries, np.int64, columns)
    net = Net(
        begin=old(problem.start[:-1], np.int64, rows),
        end=old(problem.start[1:], np.int64, rows),
        pen=old(problem.penalty, np.int64, rows),
        u=new(rows),
        left=old(problem.units, np.int64, rows),
        match=new(rows, small, NONE),
        low=new(rows),
        col=kept(problem.column, np.uint32),
        cost=kept(problem.cost, small),
        limit=old(problem.bounds, np.int64, edges) if bounded else new(1),
        flow=new(edges),
        spot=new(edges, small),
        cbegin=cbegin,
        cend=cbegin[:] if lists else cbegin.copy(),
        crow=new(entry_room, np.uint32),
        ccost=new(entry_room, small),
        cedge=new(entry_room, small),
        p=new(columns),
        free=old(problem.capacity, np.int64, columns),
        sbegin=old(np.cumsum(slots) - slots, np.int64, columns),
        nslot=new(columns),
        slot_edge=new(slot_room, small),
        slot_row=new(slot_room, small),
        key=new(rows + columns, np.int64, INF),
        place=new(rows + columns, small, -1),
        via_edge=new(columns, small),
        via_row=new(columns, small),
        row_via=new(rows, small),
        heap=new(rows + columns, small),
        touched=new(rows + columns, small),
        reg=new(8),
        columns=columns,
        bounded=bounded,
    )
    run.transpose(net, n)
    return net


def make_market(net: Net, problem: Problem) -> Market:
    """Return the auction's view of an empty net over arrays: rows of one unit, no edge limits."""
    n, m = len(problem.units), len(problem.capacity)
    widest = int((net.cend - net.cbegin).max(initial=0)) + 2
    degree = net.cend - net.cbegin
    return Market(
        begin=net.begin,
        end=net.end,
        pen=net.pen,
        u=net.u,
        match=net.match,
        low=net.low,
        col=net.col,
        cost=net.cost,
        cbegin=net.cbegin,
        cend=net.cend,
        crow=net.crow,
        ccost=net.ccost,
        cedge=net.cedge,
        p=net.p,
        cap=np.minimum(problem.capacity, degree + 1),  # never full where every row fits
        sbegin=net.sbegin,
        nslot=net.nslot,
        slot_row=net.slot_row,
        price=np.zeros(len(net.slot_row), dtype=np.int64),
        spot=np.zeros(n, dtype=np.int32),
        queue=np.zeros(max(n, m) + 1, dtype=np.int32),
        waits=np.zeros(m, dtype=np.int8),
        gain=np.zeros(widest, dtype=np.int64),
        entry=np.zeros(widest, dtype=np.int64),
        reg=np.zeros(8, dtype=np.int64),
    )


def make_bids(net: Net, *, lists: bool) -> Bids:
    """Return the columns that the auction of amounts needs beside a net."""
    degrees = np.array(net.cend, dtype=np.int64) - np.array(net.cbegin, dtype=np.int64)
    widest = int(degrees.max(initial=0)) + 2
    nodes = max(len(net.begin), net.columns) + 1

    def new(size: int, dtype: Any = np.int64) -> Any:
        return [0] * size if lists else np.zeros(size, dtype=dtype)

    return Bids(
        price=new(len(net.slot_row)),
        queue=new(nodes, np.int32),
        waits=new(nodes, np.int8),
        gain=new(widest),
        entry=new(widest),
        most=new(widest),
        reg=new(8),
    )


def result_of(net: Net, problem: Problem) -> tuple[Array, Array, Array]:
    """Return (flow, u, p) of a net whose edges are still those of `problem`."""
    sizes = (
        (net.flow, len(problem.cost)),
        (net.u, len(problem.penalty)),
        (net.p, len(problem.capacity)),
    )
    flow, u, p = (np.array(values[:size], dtype=np.int64) for values, size in sizes)
    return flow, u, p
