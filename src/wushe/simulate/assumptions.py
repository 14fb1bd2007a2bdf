"""Assumptions: every number of the simulator has a name, a unit, a source or the word "assumed"."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import attrs

from wushe.text import Text

ASSUMED = "assumed"


@attrs.frozen
class Assumption:
    """One number that a scenario may set otherwise.

    `id` is ``process.name``; `unit` is said in words ("per household and year", "share", "minutes"); `source`
    is a document or ``"assumed"``; what is set must lie within `low`..`high`, and be a whole number where `whole`.
    Raises ValueError otherwise.
    """

    id: str
    default: float
    unit: str
    label: Text
    source: str = ASSUMED
    low: float = 0.0
    high: float = math.inf
    whole: bool = False

    def __attrs_post_init__(self) -> None:
        self.check(self.default)

    def check(self, value: float) -> float:
        """Return `value` as float. Raises ValueError where it is no finite number within the limits."""
        usable = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
        if not usable or not self.low <= value <= self.high or (self.whole and value % 1):
            most = "or more" if math.isinf(self.high) else f"to {self.high:g}"
            kind = "whole number" if self.whole else "number"
            raise ValueError(
                f"assumption {self.id!r} is {value!r}; expected a {kind} of {self.low:g} {most} ({self.unit})"
            )
        return float(value)


def shares(*rows: tuple[Any, ...]) -> tuple[Assumption, ...]:
    """Return assumptions that are shares, 0 to 1; a row is (id, default, zh, en) or (id, default, zh, en, source)."""
    return tuple(_share(*row) for row in rows)


def _share(key: str, default: float, zh: str, en: str, source: str = ASSUMED) -> Assumption:
    return Assumption(key, default, "share", Text(zh, en), source, high=1.0)
