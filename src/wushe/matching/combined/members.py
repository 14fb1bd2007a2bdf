"""Who belongs to what: rows of units, chains and exclusive groups, looked up one at a time."""

from __future__ import annotations

import numpy as np

from wushe.matching.combined.layout import Layout
from wushe.matching.kernel.problem import Array


class Members:
    """Lookups by unit and by row; everything in row order."""

    def __init__(self, layout: Layout) -> None:
        self.layout = y = layout
        order = np.argsort(y.unit, kind="stable")
        self._rows = order
        self._first = np.searchsorted(y.unit[order], np.arange(len(y.strict) + 1))
        self.children: dict[int, list[int]] = {}
        for r in np.flatnonzero(y.after >= 0).tolist():
            self.children.setdefault(int(y.after[r]), []).append(r)
        self.group: dict[int, list[int]] = {}
        for r in np.flatnonzero(y.one_of >= 0).tolist():
            self.group.setdefault(int(y.one_of[r]), []).append(r)

    def rows(self, unit: int) -> list[int]:
        """Return the rows of a unit."""
        rows: Array = self._rows[self._first[unit] : self._first[unit + 1]]
        return [int(r) for r in rows if self.layout.demand[r] > 0]

    def needed(self, unit: int) -> list[int]:
        """Return the unit and all units that must be served in full before it."""
        y, found = self.layout, [unit]
        for u in found:
            for r in self.rows(u):
                before = int(y.after[r])
                if before >= 0 and int(y.unit[before]) not in found:
                    found.append(int(y.unit[before]))
        return found

    def leaning(self, units: list[int], on: Array) -> list[int]:
        """Return the units and all that are on and lean on them."""
        found = list(units)
        for u in found:
            for r in self.rows(u):
                for child in self.children.get(r, []):
                    if on[child] and int(self.layout.unit[child]) not in found:
                        found.append(int(self.layout.unit[child]))
        return found

    def rivals(self, unit: int, on: Array) -> list[int]:
        """Return the units that are on and exclude this one."""
        y = self.layout
        found: list[int] = []
        for r in self.rows(unit):
            for other in self.group.get(int(y.one_of[r]), []) if y.one_of[r] >= 0 else []:
                if other != r and on[other] and int(y.unit[other]) not in found:
                    found.append(int(y.unit[other]))
        return found

    def held(self, r: int, on: Array) -> bool:
        """Return whether a row has to be full while it is on."""
        strict = bool(self.layout.strict[self.layout.unit[r]])
        return strict or any(on[child] for child in self.children.get(r, []))
