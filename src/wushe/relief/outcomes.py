"""What outcomes a grounded node can have when some variables may take any value of a box.

A truth is asked for in both passes at once, so that five outcomes are possible; a set of them is a
mask. A number is (lowest lower end, highest lower end, lowest upper end, highest upper end, exact):
exact says that both ends are one number whatever the values. Nothing that can happen is left out; on a
box of single values the outcome is the one of the scalar twin.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from math import floor, inf
from typing import Any, TypeAlias

from wushe.relief import nodes as nd
from wushe.relief.nodes import Node, Var
from wushe.rules.calendar import working_days_between
from wushe.rules.scalar import EPOCH, End

NN, UU, YY, NU, YU = 1, 2, 4, 8, 16
"""No, unsure, yes in both passes; no or yes in the trusting pass only, unsure in the firm one."""
OPEN = UU | NU
"""Outcomes that leave an answer unknown: the trusting pass says no yes, the firm one no no."""
_PAIRS = {NN: (0, 0), UU: (1, 1), YY: (2, 2), NU: (0, 1), YU: (2, 1)}
_BITS = {pair: bit for bit, pair in _PAIRS.items()}
_NEGATED = {NN: YY, UU: UU, YY: NN, NU: YU, YU: NU}
Box: TypeAlias = Mapping[Var, tuple[Any, ...]]
"""The values of each supplied variable: (lowest, highest) of a number, else a tuple of values."""
Spread: TypeAlias = tuple[End, End, End, End, bool]


class ClashError(Exception):
    """The values of a box contradict each other: one number known in two ways cannot be both."""


EVERY = NN | UU | YY | NU | YU


def bits(mask: int) -> Iterable[int]:
    """Return the outcomes in a mask."""
    return (bit for bit in _PAIRS if mask & bit)


@lru_cache(maxsize=2048)
def both(a: int, b: int) -> int:
    """Return the outcomes of "and" of two nodes that depend on nothing in common."""
    found = 0
    for x in bits(a):
        for y in bits(b):
            (t, f), (u, g) = _PAIRS[x], _PAIRS[y]
            found |= _BITS[min(t, u), min(f, g)]
    return found


@lru_cache(maxsize=64)
def negated(mask: int) -> int:
    """Return the outcomes of "not"."""
    return sum(_NEGATED[bit] for bit in bits(mask))


@lru_cache(maxsize=2048)
def either(a: int, b: int) -> int:
    """Return the outcomes of "or" of two nodes that depend on nothing in common."""
    return negated(both(negated(a), negated(b)))


@lru_cache(maxsize=64)
def _in_pass(mask: int, trusting: bool) -> int:
    """Return the outcomes in one pass, as a mask of NN, UU and YY."""
    found = 0
    for bit in bits(mask):
        found |= (NN, UU, YY)[_PAIRS[bit][0 if trusting else 1]]
    return found


@lru_cache(maxsize=64)
def _paired(trusting: int, firm: int) -> int:
    found = 0
    for t in bits(trusting):
        for f in bits(firm):
            found |= _BITS.get((_PAIRS[t][0], _PAIRS[f][0]), 0)
    return found


class Outcomes:
    """The possible outcomes of nodes for a box of values.

    `base` are those of another box that differs from this one in `changed` only (by default in all that
    `box` supplies): nodes that none of these lie below are looked up there. `supposed` are comparisons
    that are taken to have an outcome; values under which they cannot have it contradict that.
    """

    def __init__(
        self,
        box: Box,
        base: Outcomes | None = None,
        changed: frozenset[Var] | None = None,
        on: dt.date | None = None,
        supposed: Mapping[Node, int] | None = None,
    ) -> None:
        self.box, self.base = box, base
        self.supposed: Mapping[Node, int] = supposed or {}
        self.on: dt.date = on or (base.on if base else dt.date.max)
        self._keys = frozenset(box) if changed is None else changed
        self._masks: dict[Node, int] = {}
        self._spreads: tuple[dict[Node, Spread], dict[Node, Spread]] = ({}, {})

    def mask(self, node: Node) -> int:
        """Return the possible outcomes of a condition. Raises ClashError."""
        found = self._masks.get(node)
        if found is None:
            if self.base is not None and node.vars.isdisjoint(self._keys):
                found = self.base.mask(node)
            else:
                found = _MASKS[type(node)](self, node)
                if node in self.supposed:
                    found &= self.supposed[node]
                    if not found:
                        raise ClashError
            self._masks[node] = found
        return found

    def spread(self, node: Node, trusting: bool = False) -> Spread:
        """Return what is possible of a number in one pass. Raises ClashError."""
        kept = self._spreads[trusting and node.soft]
        found = kept.get(node)
        if found is None:
            if self.base is not None and node.vars.isdisjoint(self._keys):
                found = self.base.spread(node, trusting)
            else:
                found = _SPREADS[type(node)](self, node, trusting)
            kept[node] = found
        return found

    def known(self, var: Var) -> tuple[Any, ...] | None:
        """Return the values that a variable may have, None where it is not supplied."""
        found = self.box.get(var)
        if found is None and var.open[0] == var.open[1]:
            return var.open
        return found

    def _words(self, var: Var) -> tuple[Any, ...] | None:
        fixed = None if var.fixed is None else (var.fixed,)
        return self.box.get(var, fixed)

    # --- truth ----------------------------------------------------------------------------------

    def _sure(self, node: nd.Sure) -> int:
        return YY if node.value else NN

    def _flag(self, node: nd.Flag) -> int:
        values = self._words(node.own[0])
        if values is None:
            return UU
        return (YY if True in values else 0) | (NN if False in values else 0)

    def _word(self, node: nd.Word) -> int:
        values = self._words(node.own[0])
        if values is None:
            return UU
        inside = [value in node.words for value in values]
        return (YY if any(inside) else 0) | (0 if all(inside) else NN)

    def _neg(self, node: Node) -> int:
        return negated(self.mask(node.kids[0]))

    def _all(self, node: Node) -> int:
        found = YY
        for kid in node.kids:
            found = both(found, self.mask(kid))
        return found

    def _any(self, node: Node) -> int:
        found = NN
        for kid in node.kids:
            found = either(found, self.mask(kid))
        return found

    def _cmp(self, node: nd.Cmp) -> int:
        firm = self._compared(node, False)
        return _paired(self._compared(node, True), firm) if node.soft else firm

    def _compared(self, node: nd.Cmp, trusting: bool) -> int:
        left, right = (self.spread(kid, trusting) for kid in node.kids)
        if node.op is not None:
            return _compared(left, node.op, right)
        ops = self.box.get(node.own[0])
        if ops is None:
            trusted = node.own[0].trusted if trusting else None
            return UU if trusted is None else _compared(left, trusted, right)
        found = 0
        for op in ops:
            found |= _compared(left, op, right)
        return found

    def _has_more(self, node: nd.HasMore) -> int:
        low, high = self._missing(node)
        return (YY if high > 0 else 0) | (NN if low <= 0 and node.own[0] in self.box else 0) or NN

    def _missing(self, node: nd.HasMore | nd.Extra) -> tuple[End, End]:
        """Return the fewest and most rows that may be missing."""
        var = node.own[0]
        size = self.known(var)
        if size is None:
            if node.closed:
                return 0, 0
            size = var.open
        return max(0, size[0] - node.rows), max(0, size[1] - node.rows)

    # --- numbers --------------------------------------------------------------------------------

    def _num(self, node: nd.Num, _trusting: bool) -> Spread:
        return node.value, node.value, node.value, node.value, True

    def _cell(self, node: nd.Cell, trusting: bool) -> Spread:
        return self._var(node.own[0], trusting)

    def _var(self, var: Var, trusting: bool) -> Spread:
        ends = self.box.get(var)
        if ends is not None:
            return ends[0], ends[1], ends[0], ends[1], True
        if trusting and var.trusted is not None:
            return var.trusted, var.trusted, var.trusted, var.trusted, True
        low, high = var.open
        return low, low, high, high, low == high

    def _kids(self, node: Node, trusting: bool) -> list[Spread]:
        return [self.spread(kid, trusting) for kid in node.kids]

    def _sum(self, node: Node, trusting: bool) -> Spread:
        a, b, c, d, exact = zip(*self._kids(node, trusting), strict=True)
        return _sum(a, -inf), _sum(b, -inf), _sum(c, inf), _sum(d, inf), all(exact)

    def _product(self, node: Node, trusting: bool) -> Spread:
        left, right = self._kids(node, trusting)
        return _product(left, right)

    def _extreme(self, node: nd.Extreme, trusting: bool) -> Spread:
        a, b, c, d, exact = zip(*self._kids(node, trusting), strict=True)
        pick = max if node.most else min
        return pick(a), pick(b), pick(c), pick(d), all(exact)

    def _choose(self, node: nd.Choose, trusting: bool) -> Spread:
        found = self.spread(node.kids[-1], trusting)
        for i in reversed(range(node.n)):
            test = _in_pass(self.mask(node.kids[i]), trusting)
            value = self.spread(node.kids[node.n + i], trusting)
            found = _chosen(test, value, found)
        return found

    def _range(self, node: nd.Range, trusting: bool) -> Spread:
        low, high = self._kids(node, trusting)
        if node.settled:
            return low[0], high[3], low[0], high[3], True
        return low[0], low[1], high[2], high[3], False

    def _both(self, node: nd.Both, trusting: bool) -> Spread:
        (a, b, c, d, x), (e, f, g, h, y) = self._kids(node, trusting)
        if node.clash:
            low, high = min(a, e), max(d, h)
            if node.settled:
                return low, high, low, high, True
            return low, min(b, f), max(c, g), high, False
        low, high = max(a, e), min(d, h)
        if low > high:
            raise ClashError
        if x or y:
            return low, high, low, high, True
        return low, max(b, f), min(c, g), high, False

    def _snap(self, node: nd.Snap, trusting: bool) -> Spread:
        item = self.spread(node.kids[0], trusting)
        if node.mode is not None:
            return _snapped(item, node.mode, node.unit)
        var = node.own[0]
        rules = self.box.get(var)
        if rules is None and trusting and var.trusted is not None:
            rules = (var.trusted,)
        if rules is None:
            low, high = (_snapped(item, mode, Fraction(1000)) for mode in ("floor", "ceil"))
            return low[0], low[1], high[2], high[3], False
        found: Spread | None = None
        for rule in rules:
            mode, _, yuan = rule.partition(":")
            one = _snapped(item, mode, Fraction(yuan or 0) * 100)
            found = one if found is None else _joined(found, one)
        assert found is not None
        return found

    def _since(self, node: nd.Since, trusting: bool) -> Spread:
        a, b, c, d, exact = self.spread(node.kids[0], trusting)
        return (*(elapsed(day, self.on, node.unit) for day in (d, c, b, a)), exact)  # type: ignore[return-value]

    def _extra(self, node: nd.Extra, _trusting: bool) -> Spread:
        low, high = self._missing(node)
        if self.known(node.own[0]) is None:
            return low, low, high, high, low == high
        return low, high, low, high, True

    def _rest(self, node: nd.Rest, trusting: bool) -> Spread:
        a, _, c, d, _ = self.spread(node.kids[0], trusting)
        nothing: Spread = (0, 0, 0, 0, True)
        if d <= 0:
            return nothing
        alive: Spread
        if not node.own or node.own[0] in self.box:
            low, high, *_ = (
                self._var(node.own[0], trusting) if node.own else self.spread(node.kids[1])
            )
            if node.counts and low > d:
                raise ClashError
            alive = (low, high, low, high, True)
        else:
            alive = (0, 0, c, d, False) if node.counts else (0, 0, inf, inf, False)
        return _joined(nothing, alive) if a <= 0 and c <= 0 else alive

    def _unstated(self, node: nd.Unstated, trusting: bool) -> Spread:
        nothing: Spread = (0, 0, 0, 0, True)
        tests = [_in_pass(self.mask(kid), trusting) for kid in node.kids]
        if YY in tests:
            return nothing
        alive = self._var(node.own[0], trusting)
        return _joined(nothing, alive) if any(test & YY for test in tests) else alive


_MASKS: dict[type[Node], Callable[[Outcomes, Any], int]] = {
    nd.Sure: Outcomes._sure,
    nd.Flag: Outcomes._flag,
    nd.Word: Outcomes._word,
    nd.Neg: Outcomes._neg,
    nd.All: Outcomes._all,
    nd.Any_: Outcomes._any,
    nd.Cmp: Outcomes._cmp,
    nd.HasMore: Outcomes._has_more,
}
_SPREADS: dict[type[Node], Callable[[Outcomes, Any, bool], Spread]] = {
    nd.Num: Outcomes._num,
    nd.Cell: Outcomes._cell,
    nd.Sum: Outcomes._sum,
    nd.Product: Outcomes._product,
    nd.Extreme: Outcomes._extreme,
    nd.Choose: Outcomes._choose,
    nd.Range: Outcomes._range,
    nd.Both: Outcomes._both,
    nd.Snap: Outcomes._snap,
    nd.Since: Outcomes._since,
    nd.Extra: Outcomes._extra,
    nd.Rest: Outcomes._rest,
    nd.Unstated: Outcomes._unstated,
}


def _sum(values: tuple[End, ...], first: float) -> End:
    found = sum(values)
    if isinstance(found, float):  # an end is open: the kind of end that wins is in `first`
        return first if first in values else -first
    return found


def _times(a: End, b: End) -> End:
    return 0 if a == 0 or b == 0 else a * b


def _product(left: Spread, right: Spread) -> Spread:
    exact = left[4] and right[4]
    if left[0] >= 0 and right[0] >= 0:
        a, b, c, d = (_times(left[i], right[i]) for i in range(4))
        return a, b, c, d, exact
    if right[0] == right[3]:
        left, right = right, left
    if left[0] == left[3]:
        ends = [_times(left[0], right[i]) for i in range(4)]
        a, b, c, d = ends if left[0] >= 0 else reversed(ends)
        return a, b, c, d, exact
    low = [_times(x, y) for x in (left[0], left[2]) for y in (right[0], right[2])]
    if left[0] == left[1] and left[2] == left[3] and right[0] == right[1] and right[2] == right[3]:
        return min(low), min(low), max(low), max(low), exact
    ends = [_times(x, y) for x in (left[0], left[3]) for y in (right[0], right[3])]
    return min(ends), max(ends), min(ends), max(ends), exact


def _joined(a: Spread, b: Spread) -> Spread:
    return min(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), max(a[3], b[3]), a[4] and b[4]


def _chosen(test: int, yes: Spread, no: Spread) -> Spread:
    if test == YY or (yes == no and yes[0] == yes[3]):
        return yes
    if test == NN:
        return no
    options = []
    if test & YY:
        options.append(yes)
    if test & NN:
        options.append(no)
    if test & UU:
        (a, b, c, d, _), (e, f, g, h, _) = yes, no
        options.append((min(a, e), min(b, f), max(c, g), max(d, h), False))
    found = options[0]
    for option in options[1:]:
        found = _joined(found, option)
    return found


def _compared(left: Spread, op: str, right: Spread) -> int:
    if op == "==":
        return _equal(left, right)
    if op in (">", ">="):
        left, right, op = right, left, "<" if op == ">" else "<="
    a, b, c, d, x = left
    e, f, g, h, y = right
    # Yes where the left upper end is below the right lower end, no where the left lower end is not
    # below the right upper end; an end that is open on every value decides nothing.
    if op == "<":
        yes, no, unsure = c < f, b >= g and g < inf and b > -inf, a < h and d >= e
    else:
        yes, no, unsure = c <= f and c < inf and f > -inf, b > g, a <= h and d > e
    if x and y:
        unsure = False
    return (YY if yes else 0) | (NN if no else 0) | (UU if unsure else 0)


def _equal(left: Spread, right: Spread) -> int:
    (a, b, c, d, x), (e, f, g, h, y) = left, right
    yes = max(a, c, e, g) <= min(b, d, f, h)
    no = c < f or g < b
    meets = a <= h and e <= d
    if a == b and c == d and e == f and g == h:
        unsure = meets and not yes
    else:
        unsure = meets and not (x and y)
    return (YY if yes else 0) | (NN if no else 0) | (UU if unsure else 0)


def _snapped(item: Spread, mode: str, unit: Fraction) -> Spread:
    a, b, c, d = (_snap(end, mode, unit) for end in item[:4])
    return a, b, c, d, item[4]


def _snap(value: End, mode: str, unit: Fraction) -> End:
    if mode == "exact" or isinstance(value, float):
        return value
    if mode == "ceil":
        return -floor(-value / unit) * unit
    if mode == "floor":
        return floor(value / unit) * unit
    if mode == "nearest":
        return floor(value / unit + Fraction(1, 2)) * unit
    raise ValueError(f"{mode!r}: expected exact, ceil, floor or nearest")


def elapsed(days: End, on: dt.date, unit: str) -> End:
    """Return whole years, months, days or working days from a date, in days since 1970, to the day `on`.

    Nobody is listed before birth, so that years are none at least; other dates may lie ahead.
    """
    if isinstance(days, float):
        return inf if days < 0 else 0 if unit == "years" else -inf
    today = (on - EPOCH).days
    if unit == "days":
        return today - int(days)
    if unit == "working_days":
        # No period is as long as the bound, and counting day by day takes its time.
        near = min(max(int(days), today - _LONG), today + _LONG)
        return working_days_between(EPOCH + dt.timedelta(near), on)
    day = EPOCH + dt.timedelta(int(days))
    months = (on.year - day.year) * 12 + on.month - day.month - (day.day > on.day)
    return months // 12 if unit == "years" else months


_LONG = 1000
"""Days after which a period in working days is over in any case."""
