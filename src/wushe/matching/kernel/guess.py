"""Prices near the optimum in a few vector operations, for small problems that nothing is compiled for.

Each row spreads its demand over its edges and its way out like exp(-price / temperature); the columns
move their prices until what comes is what they have, while the temperature falls: first a step of the
logarithm with momentum, then Newton steps by conjugate gradients. The dual's value tells which prices
to keep. What comes out is a guess, used by `kernel.fit`. See Cuturi, Sinkhorn distances (2013);
Nocedal and Wright, Numerical Optimization (2006), chapter 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wushe.matching.kernel.problem import Array, Problem

STEPS, NEWTON, CONJUGATE, MISSES = 60, 16, 20, 2
FEW = 10
"""So many columns need only half the steps."""
MOMENTUM = 0.7
ENOUGH = 2e-6
"""Share of the dual's value below which a Newton step ends the search."""
CLIP = 6.0
"""How many temperatures, times a few, a Newton step may be long."""


@dataclass(frozen=True)
class Soft:
    """The rows with edges and demand, as floats: `start`, `row` and `column`, `cost` of their edges."""

    start: Array
    row: Array
    column: Array
    cost: Array
    demand: Array
    penalty: Array
    capacity: Array
    spread: float

    def dual(self, price: Array) -> float:
        """Return the dual's value at column prices, but for a constant."""
        near = np.minimum.reduceat(self.cost + price[self.column], self.start[:-1])
        return inner(self.demand, np.minimum(near, self.penalty)) - inner(price, self.capacity)

    def shares(self, price: Array, heat: float) -> tuple[Array, Array, Array]:
        """Return the units on each edge, in each column, and the logarithm of load over capacity."""
        z, first = self.cost + price[self.column], self.start[:-1]
        least = np.minimum(np.minimum.reduceat(z, first), self.penalty)
        part = np.exp((least[self.row] - z) / heat)
        whole = np.add.reduceat(part, first) + np.exp((least - self.penalty) / heat)
        part *= (self.demand / whole)[self.row]
        load = np.bincount(self.column, part, len(self.capacity))
        load = np.maximum(load, 1e-3 * self.capacity)
        return part, load, np.log(load / self.capacity)


def inner(left: Array, right: Array) -> float:
    """Return the inner product, added up in the same order however many threads BLAS has."""
    return float(np.sum(left * right))


def soften(problem: Problem) -> Soft | None:
    """Return the rows that may be served; None if there are none."""
    width = np.diff(problem.start)
    rows = np.flatnonzero((width > 0) & (problem.units > 0))
    if len(rows) == 0:
        return None
    width = width[rows]
    start = np.concatenate([[0], np.cumsum(width)])
    edge = np.arange(start[-1]) + np.repeat(problem.start[rows] - start[:-1], width)
    cost, penalty = problem.cost[edge].astype(float), problem.penalty[rows].astype(float)
    demand = problem.units[rows].astype(float)
    first, last = start[:-1], start[1:] - 1
    rise = float(np.mean(np.minimum(cost[last], penalty) - np.minimum(cost[first], penalty)))
    worth = float(np.mean(np.maximum(penalty - cost[first], 0)))
    spread = max(rise, worth / 10, 1.0)
    return Soft(
        start,
        np.repeat(np.arange(len(rows)), width),
        problem.column[edge].astype(np.int64),
        cost,
        demand,
        penalty,
        np.maximum(problem.capacity.astype(float), 1e-3 * demand.min()),
        spread,
    )


def guess_prices(soft: Soft) -> Array:
    """Return column prices (n_columns,), those of the best dual that was met."""
    top = 0.5 * max(soft.spread, min(float(np.median(soft.penalty)), 20 * soft.spread))
    mid, low = 0.02 * soft.spread, 0.002 * soft.spread
    price = np.zeros(len(soft.capacity))
    speed = np.zeros(len(price))
    steps = STEPS if len(price) > FEW else STEPS // 2
    for heat in np.geomspace(top, mid, steps):
        *_, excess = soft.shares(price, heat)
        speed = MOMENTUM * speed + heat * excess
        moved = np.maximum(0, price + speed)
        speed, price = moved - price, moved
    best, value = price, soft.dual(price)
    failed = 0
    for heat in np.geomspace(mid, low, NEWTON).tolist():
        price = np.maximum(0, best + newton(soft, best, heat))
        found = soft.dual(price)
        if found > value:
            gained, best, value = found - value, price, found
            if gained < ENOUGH * abs(value):
                break
        else:
            failed += 1
        if failed > MISSES:
            return cooled(soft, best, value, heat)
    return best


def cooled(soft: Soft, price: Array, value: float, heat: float) -> Array:
    """Return better prices by plain steps where Newton's failed."""
    best = price
    for cooler in np.geomspace(heat, heat / 10, STEPS // 3).tolist():
        *_, excess = soft.shares(price, cooler)
        price = np.maximum(0, price + cooler * excess)
        found = soft.dual(price)
        if found > value:
            best, value = price, found
    return best


def newton(soft: Soft, price: Array, heat: float) -> Array:
    """Return the step that would bring loads to capacities if their logarithms were linear."""
    from scipy.sparse import csr_array

    part, load, excess = soft.shares(price, heat)
    shape = len(soft.demand), len(price)
    spread: Any = csr_array((part, soft.column, soft.start), shape=shape)
    turned = spread.T
    free = (price > 0) | (excess > 0)
    rest = np.where(free, heat * load * np.clip(excess, -CLIP, CLIP), 0.0)
    diagonal, share = 1.001 * load, 1 / soft.demand
    step = np.zeros(len(price))
    way = rest / diagonal
    length = first = inner(rest, way)
    for _ in range(CONJUGATE):
        if length <= 1e-4 * first:
            break
        image = np.where(free, diagonal * way - turned @ (share * (spread @ way)), 0.0)
        far = length / inner(way, image)
        step, rest = step + far * way, rest - far * image
        near = rest / diagonal
        length, before = inner(rest, near), length
        way = near + (length / before) * way
    return np.clip(step, -3 * CLIP * heat, 3 * CLIP * heat)
