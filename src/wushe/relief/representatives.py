"""Values that stand for all values: the ends and turning points of numbers, one word for each that differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import inf
from typing import Any, TypeAlias

import attrs

from wushe.relief import nodes as nd
from wushe.relief.nodes import Node, Var, whole
from wushe.relief.outcomes import Box, ClashError, Outcomes, Spread
from wushe.rules.scalar import Ref

FAR = 10**13
"""Stands for any large number: a hundred thousand million yuan in fen."""
ELSE = "(else)"
"""Stands for every text that no rule asks for."""
SOME = 20
"""About how many nodes are looked at anew when one value changes."""
Values: TypeAlias = dict[Var, tuple[Any, ...]]


class CappedError(Exception):
    """The search was given up: neither values found nor shown that there are none."""


@attrs.define
class Budget:
    """How many nodes may still be looked at."""

    left: int

    def spend(self, amount: int) -> None:
        """Take from the budget. Raises CappedError where it is used up."""
        self.left -= amount
        if self.left < 0:
            raise CappedError


def every_node(root: Node) -> Iterator[Node]:
    """Yield `root` and all nodes below it, each once, parents first."""
    seen: set[Node] = set()
    queue = [root]
    while queue:
        node = queue.pop()
        if node not in seen:
            seen.add(node)
            yield node
            queue.extend(reversed(node.kids))


def domains(root: Node) -> Values:
    """Return the values of each variable below `root`: ends of numbers, one word for each that differs."""
    asked: dict[Var, list[tuple[str, ...]]] = {}
    found: Values = {}
    for node in every_node(root):
        for var in node.own:
            found.setdefault(var, _domain(var))
            if isinstance(node, nd.Word):
                asked.setdefault(var, []).append(node.words)
        if isinstance(node, nd.Since) and node.unit == "years":
            for var in node.kids[0].own:
                found[var] = (_domain(var)[0], min(_domain(var)[1], node.today))
    for var, tests in asked.items():
        words = var.words or (*dict.fromkeys(w for test in tests for w in test), ELSE)
        kept: dict[tuple[bool, ...], str] = {}
        for word in words:
            kept.setdefault(tuple(word in test for test in tests), word)
        found[var] = tuple(kept.values())
    return found


def _domain(var: Var) -> tuple[Any, ...]:
    if var.sort == "truth":
        return True, False
    return var.domain if var.sort == "number" else var.words


class Line:
    """The outcomes of a node along a line: `box` gives by step the values that differ from those of `base`."""

    def __init__(
        self, node: Node, box: Callable[[int], Box], base: Outcomes, budget: Budget
    ) -> None:
        self.node, self.box, self.base, self.budget = node, box, base, budget
        self._kept: dict[int, tuple[int, tuple[float, ...]]] = {}

    def at(self, k: int) -> int:
        """Return the outcome at step `k`, 0 where the values contradict each other."""
        return self._at(k)[0]

    def _at(self, k: int) -> tuple[int, tuple[float, ...]]:
        if k not in self._kept:
            self.budget.spend(SOME)
            box = self.box(k)
            seen = Outcomes({**self.base.box, **box}, self.base, frozenset(box))
            try:
                mask = seen.mask(self.node)
                gaps = self._gaps([seen.spread(kid) for kid in self.node.kids] if self._cmp else [])
            except ClashError:
                mask, gaps = 0, ()
            self._kept[k] = mask, gaps
        return self._kept[k]

    @property
    def _cmp(self) -> bool:
        return isinstance(self.node, nd.Cmp)

    def _gaps(self, sides: list[Spread]) -> tuple[float, ...]:
        if len(sides) != 2:
            return ()
        left, right = sides
        return tuple(float(left[i] - right[j]) for i in (0, 3) for j in (0, 3))

    def marks(self, low: int, high: int) -> list[tuple[int, int]]:
        """Return where each stretch with one outcome begins, from `low` to `high`, and that outcome."""
        found = [(low, self.at(low))]
        queue = [(low, high)]
        while queue:
            a, b = queue.pop()
            last = self.at(b)
            if self.at(a) == last:
                continue
            if b - a == 1:
                found.append((b, last))
                continue
            middle = self._between(a, b)
            queue += [(middle, b), (a, middle)]
        return found

    def _between(self, a: int, b: int) -> int:
        """Return a step between: next to where a gap closes if the gaps are straight lines, else the middle."""
        gaps = zip(self._at(a)[1], self._at(b)[1], strict=False)
        for first, last in gaps if len(self._kept) % 3 else ():
            if first * last < 0 and abs(first) < inf and abs(last) < inf:
                guess = a + round((b - a) * first / (first - last))
                for k in (guess - 1, guess, guess + 1):
                    if a < k < b and k not in self._kept:
                        return k
        return (a + b) // 2


def free(var: Var, values: tuple[Any, ...]) -> bool:
    """Return whether more than one value is left."""
    if var.sort == "number":
        return bool(values) and values[0] < values[1]
    return len(values) > 1


def finite(var: Var, ends: tuple[Any, ...]) -> tuple[int, int]:
    """Return the ends in steps of the variable, far for open ones."""
    low = -FAR if ends[0] == -inf else -int(-Fraction(ends[0]) // var.step)
    high = FAR if ends[1] == inf else int(Fraction(ends[1]) // var.step)
    return low, max(low, high)


def point_of(var: Var, values: tuple[Any, ...], last: bool) -> tuple[Any, ...]:
    """Return the first or last of the values; of an open end, nothing or a far number."""
    if var.sort != "number":
        return (values[-1 if last else 0],)
    low, high = values
    value = high if last else low
    if abs(value) == inf:
        other = low if last else high
        value = max(0, low) if low <= 0 <= high or abs(other) == inf else other
        if last and low >= 0:
            value = max(FAR, low)
    return value, value


def halves(var: Var, ends: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Return the numbers in two parts, those below nothing apart if there are any."""
    low, high = finite(var, ends)
    middle = 0 if low < 0 < high else (low + high) // 2
    return [
        (ends[0], whole(middle * var.step)),
        (whole((middle + 1) * var.step), ends[1]),
    ]


def values_of(found: Box) -> Mapping[Ref, Any]:
    """Return single values by what supplies them: a word, a flag, a number, or tags."""
    given: dict[Ref, Any] = {}
    for var, (value, *_) in found.items():
        if var.tag is None:
            given[var.ref] = value
        else:
            given[var.ref] = (*given.get(var.ref, ()), *((var.tag,) if value else ()))
    return given
