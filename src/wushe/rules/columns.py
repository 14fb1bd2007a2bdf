"""Policies x rows in columns: three-valued answers and exact amounts for a whole city at once."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any, TypeVar

import attrs
import numpy as np

from wushe.model.storage import Array
from wushe.rules import gathering
from wushe.rules import intervals as iv
from wushe.rules.calendar import working_days_between
from wushe.rules.expr import (
    OPERATORS,
    Add,
    Always,
    And,
    Answer,
    Ask,
    Between,
    Compare,
    Const,
    Elapsed,
    Expr,
    Fact,
    HasTag,
    InForce,
    InRegion,
    Least,
    Linked,
    Meet,
    Most,
    Not,
    NotEnded,
    OneOf,
    Or,
    Param,
    Pays,
    Pick,
    Rounded,
    Some,
    Times,
    Total,
)
from wushe.rules.frame import Frame, in_region, matching
from wushe.rules.intervals import INFINITE, NO, UNSURE, YES, Num
from wushe.rules.parameters import Lookup, ParameterBook
from wushe.rules.policy import Policy, PolicySet
from wushe.rules.uses import uses

V = TypeVar("V", Array, Num)
EPOCH = dt.date(1970, 1, 1)


@attrs.frozen(eq=False)
class Result:
    """One policy's answer for every row of its unit.

    `truth` uint8 (n,); `tests` truth counts (no, unsure, yes) of each condition; `amounts` per amount id.
    """

    truth: Array
    tests: Mapping[str, tuple[int, int, int]]
    amounts: Mapping[str, Num]


class Evaluator:
    """Evaluates expressions and policies over a frame on a day.

    Parameters that may support a yes but never a no count as known only with `trusting`. Shared
    expressions are evaluated once and forgotten after their last use.
    """

    def __init__(
        self,
        frame: Frame,
        book: ParameterBook,
        policies: PolicySet,
        on: dt.date,
        *,
        trusting: bool = False,
        results: Mapping[str, Result] | None = None,
    ) -> None:
        self.frame, self.book, self.policies, self.on = frame, book, policies, on
        self.trusting = trusting
        self.results: dict[str, Result] = dict(results or {})
        self._uses: Counter[tuple[Expr, str]] = Counter()
        self._kept: dict[tuple[Expr, str], Any] = {}
        self._looked: dict[tuple[str, int], Lookup] = {}
        # Places that no parameter tells apart are one: a county's villages, a province without a row.
        told = book.codes()
        said = [tuple(code for code in chain if code in told) for chain in frame.chains]
        self.places = tuple(dict.fromkeys(said))
        position = {place: i for i, place in enumerate(self.places)}
        self._place = np.array([position[place] for place in said], dtype=np.int64)
        self._place_of: dict[str, tuple[Array, Array]] = {}
        self._differing: dict[str, bool] = {}

    def run(self, wanted: Iterable[str] | None = None) -> dict[str, Result]:
        """Return the results of the policies `wanted` (all by default) and of those they depend on."""
        names = list(wanted) if wanted is not None else list(self.policies.policies)
        todo = {d for n in names for d in (n, *self.policies.depends(n))} - self.results.keys()
        self._uses = uses(self.policies, frozenset(todo)).copy()
        for name in self.policies.policies:
            if name in todo:
                self.result(name)
        self._kept.clear()
        return self.results

    def result(self, policy: str) -> Result:
        """Return one policy's result."""
        if policy not in self.results:
            self.results[policy] = self._evaluate(self.policies[policy])
        return self.results[policy]

    def _evaluate(self, policy: Policy) -> Result:
        n = self.frame.size(policy.unit)
        answer = np.full(n, YES, dtype=np.uint8)
        counts = {}
        for condition in policy.tests():
            held = self.truth(condition.test, policy.unit)
            counts[condition.id] = _counted(held, n)
            np.minimum(answer, held, out=answer)
        amounts = {a.id: _fen(self.number(a.value, policy.unit)) for a in policy.amounts}
        return Result(answer, counts, amounts)

    def truth(self, expr: Expr, of: str) -> Array:
        """Return whether `expr` holds, truth uint8 of shape (n,) or () where it is the same everywhere."""
        return self._shared(expr, expr.of or of, lambda e, o: _TRUTHS[type(e)](self, e, o))

    def number(self, expr: Expr, of: str) -> Num:
        """Return the numbers of `expr`, arrays of shape (n,) or ()."""
        return self._shared(expr, expr.of or of, lambda e, o: _NUMBERS[type(e)](self, e, o))

    def _shared(self, expr: Expr, of: str, make: Callable[[Any, str], V]) -> V:
        key = expr, of
        found: V | None = self._kept.get(key)
        if found is None:
            found = make(expr, of)
            if self._uses[key] > 1:
                self._kept[key] = found
        self._uses[key] -= 1
        if self._uses[key] <= 0:
            self._kept.pop(key, None)
        return found

    def lookup(self, name: str, place: int) -> Lookup:
        """Return what parameter `name` is at the places of one position in `self.places`."""
        key = name, place
        if key not in self._looked:
            chain = self.places[place]
            if not chain and not self._differs(name):
                chain = ("000000",)
            self._looked[key] = self.book.find(name, chain, self.on)
        return self._looked[key]

    def place_of(self, of: str) -> tuple[Array, Array]:
        """Return each row's position in `self.places`, int64 (n,), and the positions that occur."""
        if of not in self._place_of:
            rows = self._place[self.frame.regions(of)]
            self._place_of[of] = rows, np.flatnonzero(np.bincount(rows, minlength=len(self.places)))
        return self._place_of[of]

    @property
    def soft(self) -> tuple[str, ...]:
        """The parameters looked up that may support a yes but never a no, sorted."""
        return tuple(
            sorted(
                {n for (n, _), f in self._looked.items() if f.parameter is not None and not f.firm}
            )
        )

    def usable(self, found: Lookup) -> bool:
        """Return whether a value may be used in this pass."""
        return found.parameter is not None and (found.firm or self.trusting)

    def _differs(self, name: str) -> bool:
        if name not in self._differing:
            self._differing[name] = self.book.varies(name)
        return self._differing[name]

    def by_region(self, name: str, of: str) -> tuple[Array, list[Lookup]]:
        """Return (position in the list, int (n,), shape () where there is one) and the distinct lookups."""
        if not self._differs(name):
            return np.zeros((), dtype=np.int64), [self.lookup(name, 0)]
        rows, used = self.place_of(of)
        found: list[Lookup] = []
        known: dict[tuple[int, bool], int] = {}
        turn = np.zeros(len(self.places), dtype=np.int64)
        for place in used.tolist():
            one = self.lookup(name, place)
            key = id(one.parameter), one.firm
            if key not in known:
                known[key] = len(found)
                found.append(one)
            turn[place] = known[key]
        if len(found) <= 1:
            return np.zeros((), dtype=np.int64), found
        return turn[rows], found

    # --- truth ------------------------------------------------------------------------------

    def _always(self, expr: Always, of: str) -> Array:
        return np.array(YES if expr.value else NO, dtype=np.uint8)

    def _in_force(self, expr: InForce, of: str) -> Array:
        inside = (expr.first is None or self.on >= expr.first) and (
            expr.last is None or self.on <= expr.last
        )
        return np.array(YES if inside else NO, dtype=np.uint8)

    def _in_region(self, expr: InRegion, of: str) -> Array:
        answers = [in_region(expr.codes, chain) for chain in self.frame.chains]
        return np.array(answers, dtype=np.uint8)[self.frame.regions(of)]

    def _not_ended(self, expr: NotEnded, of: str) -> Array:
        days = self.number(expr.item, of)
        today = (self.on - dt.date(1970, 1, 1)).days
        return iv.truth(days.hi >= today, days.hi < today)

    def _ask(self, expr: Ask, of: str) -> Array:
        return np.array(UNSURE, dtype=np.uint8)

    def _flag(self, expr: Fact, of: str) -> Array:
        return self.frame.truth(expr.of, expr.name)

    def _not(self, expr: Not, of: str) -> Array:
        return np.asarray(YES - self.truth(expr.item, of), dtype=np.uint8)

    def _and(self, expr: And, of: str) -> Array:
        return _fold(np.minimum, [self.truth(item, of) for item in expr.items])

    def _or(self, expr: Or, of: str) -> Array:
        return _fold(np.maximum, [self.truth(item, of) for item in expr.items])

    def _compare(self, expr: Compare, of: str) -> Array:
        left, right = self.number(expr.left, of), self.number(expr.right, of)
        if expr.op in OPERATORS:
            return compared(left, expr.op, right)
        place, found = self.by_region(expr.op, of)
        options = [
            compared(left, f.parameter.value, right)
            if f.parameter is not None and self.usable(f)
            else np.array(UNSURE, dtype=np.uint8)
            for f in found
        ]
        return _of_option(place, options)

    def _one_of(self, expr: OneOf, of: str) -> Array:
        item = expr.item
        assert isinstance(item, Fact)
        return matching(self.frame.words(item.of, item.name), lambda word: word in expr.words)

    def _has_tag(self, expr: HasTag, of: str) -> Array:
        item = expr.item
        assert isinstance(item, Fact)
        return matching(self.frame.words(item.of, item.name), lambda tags: expr.tag in tags)

    def _answer(self, expr: Answer, of: str) -> Array:
        return self.result(expr.policy).truth

    # --- numbers ----------------------------------------------------------------------------

    def _const(self, expr: Const, of: str) -> Num:
        return iv.constant(expr.value)

    def _param(self, expr: Param, of: str) -> Num:
        scale = self.book.scale(expr.name)
        place, found = self.by_region(expr.name, of)
        lows, highs = [], []
        for one in found:
            usable = self.usable(one)
            value = int(one.parameter.number * scale) if usable and one.parameter else 0
            lows.append(value)
            highs.append(value if usable else None)
        if not found:
            return iv.known(np.zeros((), dtype=np.int64), scale)
        fits = max(lows) < INFINITE
        lo = np.array(lows, dtype=np.int64 if fits else object)
        if None not in highs:
            return iv.known(np.asarray(lo[place], dtype=lo.dtype), scale)
        end = iv.end_of(lo)
        hi = np.array([end if h is None else h for h in highs], dtype=lo.dtype)
        low, high = (np.asarray(side[place], dtype=lo.dtype) for side in (lo, hi))
        return iv.within(low, high, scale)

    def _fact(self, expr: Fact, of: str) -> Num:
        if expr.kind == "date":
            return self.frame.days(expr.of, expr.name)
        return self.frame.number(expr.of, expr.name)

    def _add(self, expr: Add, of: str) -> Num:
        return _fold(iv.add, [self.number(item, of) for item in expr.items])

    def _times(self, expr: Times, of: str) -> Num:
        return iv.times(self.number(expr.left, of), self.number(expr.right, of))

    def _most(self, expr: Most, of: str) -> Num:
        return iv.extreme(tuple(self.number(i, of) for i in expr.items), np.maximum)

    def _least(self, expr: Least, of: str) -> Num:
        return iv.extreme(tuple(self.number(i, of) for i in expr.items), np.minimum)

    def _pick(self, expr: Pick, of: str) -> Num:
        value = self.number(expr.values[-1], of)
        for test, one in zip(reversed(expr.tests), reversed(expr.values[:-1]), strict=True):
            value = iv.chosen(self.truth(test, of), self.number(one, of), value)
        return value

    def _between(self, expr: Between, of: str) -> Num:
        low, high = iv.aligned(self.number(expr.low, of), self.number(expr.high, of))
        lo, hi = np.broadcast_arrays(low.lo, high.hi)
        return Num(lo, hi, low.scale, max(low.top, high.top), low.open or high.open)

    def _meet(self, expr: Meet, of: str) -> Num:
        return iv.meet(self.number(expr.left, of), self.number(expr.right, of))

    def _rounded(self, expr: Rounded, of: str) -> Num:
        value = self.number(expr.item, of)
        if ":" in expr.rule or expr.rule == "exact":
            return rounded_by(value, expr.rule)
        place, found = self.by_region(expr.rule, of)
        options = [
            rounded_by(value, f.parameter.value)
            if f.parameter is not None and self.usable(f)
            else unsure_rounding(value)
            for f in found
        ]
        out = options[0] if options else value
        for i, option in enumerate(options[1:], start=1):
            out = iv.chosen(np.where(place == i, YES, NO).astype(np.uint8), option, out)
        return out

    def _elapsed(self, expr: Elapsed, of: str) -> Num:
        days = self.number(expr.item, of)
        lo = elapsed(days.hi, self.on, expr.unit)
        if days.exact:
            return iv.known(lo)
        return iv.within(
            np.where(iv.endless(days.hi), 0 if expr.unit == "years" else -INFINITE, lo),
            np.where(iv.endless(days.lo), INFINITE, elapsed(days.lo, self.on, expr.unit)),
        )

    def _pays(self, expr: Pays, of: str) -> Num:
        result = self.result(expr.policy)
        return iv.chosen(result.truth, result.amounts[expr.amount], iv.constant(Fraction(0)))


_TRUTHS: dict[type[Expr], Callable[[Evaluator, Any, str], Array]] = {
    Always: Evaluator._always,
    InForce: Evaluator._in_force,
    InRegion: Evaluator._in_region,
    Ask: Evaluator._ask,
    NotEnded: Evaluator._not_ended,
    Fact: Evaluator._flag,
    Not: Evaluator._not,
    And: Evaluator._and,
    Or: Evaluator._or,
    Compare: Evaluator._compare,
    OneOf: Evaluator._one_of,
    HasTag: Evaluator._has_tag,
    Some: gathering.some,
    Linked: gathering.linked_truth,
    Answer: Evaluator._answer,
}
_NUMBERS: dict[type[Expr], Callable[[Evaluator, Any, str], Num]] = {
    Const: Evaluator._const,
    Param: Evaluator._param,
    Fact: Evaluator._fact,
    Add: Evaluator._add,
    Times: Evaluator._times,
    Most: Evaluator._most,
    Least: Evaluator._least,
    Pick: Evaluator._pick,
    Between: Evaluator._between,
    Meet: Evaluator._meet,
    Rounded: Evaluator._rounded,
    Elapsed: Evaluator._elapsed,
    Total: gathering.total,
    Linked: gathering.linked_number,
    Pays: Evaluator._pays,
}


def compared(left: Num, op: str, right: Num) -> Array:
    """Return whether ``left op right``, truth. Raises ValueError for another operator."""
    if op == "==":
        return iv.equal(left, right)
    if op in ("<", "<="):
        return iv.less(left, right, op == "<=")
    if op in (">", ">="):
        return iv.less(right, left, op == ">=")
    raise ValueError(f"operator {op!r}: expected one of {', '.join(OPERATORS)}")


def rounded_by(value: Num, rule: str) -> Num:
    """Return `value` rounded by ``mode:yuan`` or ``exact``. Raises ValueError for another rule."""
    mode, _, yuan = rule.partition(":")
    return iv.rounded(value, mode, Fraction(yuan or 0) * 100)


def unsure_rounding(value: Num) -> Num:
    """Return what any usual rule (to one, five or ten yuan, up or down) may make of `value`."""
    down, up = rounded_by(value, "floor:10"), rounded_by(value, "ceil:10")
    low, high = iv.aligned(down, up)
    return Num(low.lo, high.hi, low.scale, max(low.top, high.top), low.open)


def elapsed(days: Array, on: dt.date, unit: str) -> Array:
    """Return whole years, months or days from `days` since 1970 to the day `on`, int64."""
    ends = iv.endless(days)
    day = np.where(ends, (on - EPOCH).days, days)  # no decades of working days for the unknown
    if unit == "days":
        return np.asarray((on - dt.date(1970, 1, 1)).days - day)
    if unit == "working_days":
        found, place = np.unique(day, return_inverse=True)
        since = [working_days_between(EPOCH + dt.timedelta(int(d)), on) for d in found]
        return np.array(since, dtype=np.int64)[place].reshape(day.shape)
    dates = day.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    of_month = (dates - months).astype(np.int64) + 1
    total = (on.year - 1970) * 12 + on.month - 1 - months.astype(np.int64) - (of_month > on.day)
    return np.asarray(total // 12 if unit == "years" else total)


def _fen(value: Num) -> Num:
    """Return money as whole fen, half up: what is paid is never a fraction of a fen."""
    return iv.rounded(value, "nearest", Fraction(1))


def _fold(join: Callable[[V, V], V], items: list[V]) -> V:
    found = items[0]
    for item in items[1:]:
        found = join(found, item)
    return found


def _of_option(place: Array, options: list[Array]) -> Array:
    if not options:
        return np.array(UNSURE, dtype=np.uint8)
    out = options[0]
    for i, option in enumerate(options[1:], start=1):
        out = np.where(place == i, option, out)
    return out


def _counted(held: Array, n: int) -> tuple[int, int, int]:
    if held.ndim == 0:
        return tuple(n if int(held) == v else 0 for v in (NO, UNSURE, YES))  # type: ignore[return-value]
    no, yes = int(np.count_nonzero(held == NO)), int(np.count_nonzero(held == YES))
    return no, n - no - yes, yes
