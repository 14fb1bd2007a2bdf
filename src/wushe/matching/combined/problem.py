"""What the combined solver takes and gives: a kernel problem with rules that tie rows together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from wushe.matching.kernel import Problem
from wushe.matching.kernel.problem import Array

Status = Literal["optimal", "bounded"]
"""Without "optimal" the flow is feasible and `CombinedSolution.gap` says how far it may be off."""
LATEST = 2**40
"""Windows end before this minute."""


@dataclass(frozen=True, eq=False)
class Combined:
    """A kernel problem whose rows are tied together; every rule is an array, None where unused.

    A row is served in full when its flow is its demand, and gets something when its flow is above
    zero. Groups are numbered from 0, -1 means none.

    `team` (n_rows,): the rows of a team are all served in full or none of them gets anything; with
    `distinct` no person serves two rows of one team. `visit` (n_rows,): all in full and by one
    person, or none; within a visit windows do not conflict. `whole` bool (n_rows,): served in full
    by one column or not at all. `one_of` (n_rows,): at most one row of the group gets anything.
    `after` (n_rows,): row that must be served in full before this one gets anything; no circles.
    `begins`, `ends` (n_rows,): window in minutes, half-open, -1 untimed; one person cannot serve two
    rows whose windows overlap or lie less than `travel` minutes apart. `person` (n_columns,): who
    stands behind a column, each column its own person if None. `pack` (n_columns,): flow on each
    edge of the column is a multiple of it. `many` bool (n_columns,): many hands stand behind the column
    (an organization), which may serve rows at one time and several rows of a team.

    Raises ValueError naming the array, the entry and what was expected.
    """

    problem: Problem
    team: Array | None = None
    visit: Array | None = None
    whole: Array | None = None
    one_of: Array | None = None
    after: Array | None = None
    begins: Array | None = None
    ends: Array | None = None
    person: Array | None = None
    pack: Array | None = None
    many: Array | None = None
    distinct: bool = True
    travel: int = 0

    def __post_init__(self) -> None:
        n, m = len(self.problem.penalty), len(self.problem.capacity)
        lowest = {"team": -1, "visit": -1, "one_of": -1, "after": -1, "begins": -1, "ends": -1}
        for name, least in lowest.items():
            self._keep(name, n, least, n if name == "after" else LATEST)
        self._keep("person", m, 0, LATEST)
        self._keep("pack", m, 1, 2**62)
        for name, length in (("whole", n), ("many", m)):
            given = getattr(self, name)
            flags = np.zeros(length, dtype=bool) if given is None else np.asarray(given)
            if flags.shape != (length,) or flags.dtype != np.bool_:
                raise ValueError(
                    f"{name} is {flags.dtype} {flags.shape}, expected bool ({length},)"
                )
        if not 0 <= self.travel < LATEST:
            raise ValueError(f"travel is {self.travel}, expected 0 to 2^40 minutes")
        self._check_windows()
        self._check_chains()

    def _keep(self, name: str, length: int, lowest: int, above: int) -> None:
        """Replace the array by its checked int64 form."""
        given = getattr(self, name)
        if given is None:
            return
        values = np.asarray(given)
        if values.shape != (length,):
            raise ValueError(f"{name} has shape {values.shape}, expected ({length},)")
        if length and values.dtype.kind not in "iu":
            raise ValueError(f"{name} holds {values.dtype}, expected integers")
        wrong = (values < lowest) | (values >= above)
        if wrong.any():
            at = int(np.argmax(wrong))
            raise ValueError(f"{name}[{at}] is {values[at]}, expected {lowest} to {above - 1}")
        object.__setattr__(self, name, values.astype(np.int64))

    def _check_windows(self) -> None:
        if (self.begins is None) != (self.ends is None):
            raise ValueError("begins and ends describe windows together: give both or neither")
        if self.begins is None or self.ends is None:
            return
        wrong = (self.begins < 0) != (self.ends < 0)
        wrong |= (self.begins >= 0) & (self.ends <= self.begins)
        if wrong.any():
            at = int(np.argmax(wrong))
            raise ValueError(
                f"ends[{at}] is {self.ends[at]} where begins[{at}] is {self.begins[at]}: "
                "expected a later minute, or -1 in both"
            )

    def _check_chains(self) -> None:
        if self.after is None:
            return
        seen = np.arange(len(self.after))
        step = self.after.copy()
        for _ in range(max(1, len(self.after)).bit_length() + 1):
            step = np.where(step >= 0, step[step], -1)  # 2, 4, 8, ... steps back
        if (step >= 0).any():
            at = int(seen[step >= 0][0])
            raise ValueError(
                f"after[{at}] leads into a circle: use a team for rows that need each other"
            )

    @property
    def persons(self) -> Array:
        """Person of each column, int64 (n_columns,)."""
        if self.person is None:
            return np.arange(len(self.problem.capacity))
        return self.person


@dataclass(frozen=True, eq=False)
class CombinedSolution:
    """A flow that keeps every rule, and a proven bound.

    `flow` int64 (n_edges,), `unserved` int64 (n_rows,). `objective` is exact; no feasible flow costs
    less than `bound`, and the two are equal when `status` is "optimal". `row_price` (n_rows,) and
    `column_price` (n_columns,) int64 are the prices of the bound's relaxation, in the same sense as the
    kernel's: a guide where the status is "bounded". `method` says what was done, as "kernel 3, exact
    2, prices 1": connected parts by method.
    """

    flow: Array
    unserved: Array
    row_price: Array
    column_price: Array
    objective: int
    bound: int
    status: Status
    method: str

    @property
    def gap(self) -> float:
        """Relative distance of the objective from the proven bound; 0.0 when optimal."""
        return (self.objective - self.bound) / max(abs(self.objective), 1)


def none_array(values: Array | None, length: int) -> Array:
    """Return `values`, or -1 everywhere."""
    return np.full(length, -1, dtype=np.int64) if values is None else values


def total(prices: Any, units: Any) -> int:
    """Return the products' sum in Python integers."""
    return sum(a * b for a, b in zip(prices.tolist(), units.tolist(), strict=True) if a)
