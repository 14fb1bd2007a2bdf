"""The scalar twin: the same rules for one row with plain Python fractions, and what it had to ask.

It shares no arithmetic with `columns`; a test compares both. Explanations, decisive sets and nearest
changes build on it: it tells every fact that it looked for and may be given others.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import floor, inf
from typing import Any, TypeAlias

import attrs
import numpy as np

from wushe.model.storage import UNKNOWN_INT, unpack
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
    Relation,
    Rounded,
    Some,
    Times,
    Total,
)
from wushe.rules.frame import Frame, bounds
from wushe.rules.intervals import INFINITE, NO, UNSURE, YES
from wushe.rules.parameters import Lookup, ParameterBook, chain_of
from wushe.rules.policy import Policy, PolicySet

End: TypeAlias = Fraction | float
"""A fraction, or plus or minus infinity."""
Span: TypeAlias = tuple[End, End]
EPOCH = dt.date(1970, 1, 1)
PARAMETERS = "parameters"
LEAST_SINCE: Mapping[str, End] = {"years": Fraction(0)}  # nobody is listed before birth


@attrs.frozen(cache_hash=True)
class Ref:
    """Something that may be known or not: a field of a row, a parameter at a place, or a total.

    `node` is set where no field holds it: rows that may be missing (a `Some` or `Total`), an `Ask`, the
    person that an empty link field should name (a `Linked`).
    """

    of: str
    row: int
    name: str
    node: Expr | None = None


class Case:
    """One row's rules on a day. `given` are values laid over the facts, `asked` what was unknown.

    Values: bool, Fraction or int (money in fen, dates as days since 1970), a word, or a tuple of tags.
    `read` collects every fact and parameter that was looked at with its value or span, in order.
    """

    def __init__(
        self,
        frame: Frame,
        book: ParameterBook,
        policies: PolicySet,
        on: dt.date,
        *,
        trusting: bool = False,
        given: Mapping[Ref, Any] | None = None,
    ) -> None:
        self.frame, self.book, self.policies, self.on = frame, book, policies, on
        self.trusting = trusting
        self.given: dict[Ref, Any] = dict(given or {})
        self.asked: dict[Ref, None] = {}
        self.read: dict[Ref, Any] = {}
        self._kept: dict[tuple[Expr, str, int], Any] = {}
        self._looked: dict[tuple[str, int], Lookup] = {}

    def assuming(self, given: Mapping[Ref, Any]) -> Case:
        """Return the same case with more values laid over the facts."""
        return Case(
            self.frame,
            self.book,
            self.policies,
            self.on,
            trusting=self.trusting,
            given={**self.given, **given},
        )

    def policy(self, policy: Policy, row: int) -> int:
        """Return one policy's truth for a row of its unit."""
        return min((self.truth(c.test, policy.unit, row) for c in policy.tests()), default=YES)

    def fen(self, expr: Expr, of: str, row: int) -> Span:
        """Return an amount as whole fen, half up."""
        lo, hi = self.number(expr, of, row)
        return _snap(lo, "nearest", Fraction(1)), _snap(hi, "nearest", Fraction(1))

    def truth(self, expr: Expr, of: str, row: int) -> int:
        """Return YES, UNSURE or NO."""
        key = expr, expr.of or of, row
        if key not in self._kept:
            self._kept[key] = _TRUTHS[type(expr)](self, expr, key[1], row)
        found: int = self._kept[key]
        return found

    def number(self, expr: Expr, of: str, row: int) -> Span:
        """Return the ends between which a number lies."""
        key = expr, expr.of or of, row
        if key not in self._kept:
            self._kept[key] = _NUMBERS[type(expr)](self, expr, key[1], row)
        found: Span = self._kept[key]
        return found

    def ask(self, ref: Ref, found: Any) -> Any:
        """Return the value given for `ref`, else `found`; remember that it was looked at."""
        value = self.given.get(ref, found)
        self.read[ref] = value
        if value is None:
            self.asked[ref] = None
        return value

    def cell(self, of: str, row: int, name: str) -> Any:
        """Return the value of a field, None where unknown."""
        column = self.frame.tables[of][name]
        value = column[row]
        if column.dtype.kind == "M":
            found = None if np.isnat(value) else int(value.astype(np.int64))
        elif column.dtype.kind == "i" and column.dtype.itemsize == 8:
            found = None if value == UNKNOWN_INT else int(value)
        else:
            found = unpack(column, row)
        return self.ask(Ref(of, row, name), found)

    def region(self, of: str, row: int) -> int:
        """Return the position of the row's place in the frame's chains."""
        return int(self.frame.regions(of)[row])

    def lookup(self, name: str, region: int) -> Lookup:
        """Return what a parameter is at a place."""
        chain = self.frame.chains[region]
        if not chain and not self.book.varies(name):
            chain = ("000000",)
        return self.book.find(name, chain, self.on)

    def parameter(self, name: str, of: str, row: int) -> Any:
        """Return a parameter's value (Fraction in base units, or its word), None where not usable."""
        region = self.region(of, row)
        found = self._looked.get((name, region))
        if found is None:
            found = self._looked[name, region] = self.lookup(name, region)
        value: Any = None
        if found.parameter is not None and (found.firm or self.trusting):
            worded = found.parameter.unit in ("operator", "rounding")
            value = found.parameter.value if worded else found.parameter.number
        return self.ask(Ref(PARAMETERS, region, name), value)

    # --- truth ------------------------------------------------------------------------------

    def _always(self, expr: Always, of: str, row: int) -> int:
        return YES if expr.value else NO

    def _in_force(self, expr: InForce, of: str, row: int) -> int:
        late = expr.first is not None and self.on < expr.first
        return NO if late or (expr.last is not None and self.on > expr.last) else YES

    def _in_region(self, expr: InRegion, of: str, row: int) -> int:
        chain = self.frame.chains[self.region(of, row)]
        if not chain:
            place = self.ask(Ref(of, row, "place"), None)
            if place is None:
                return UNSURE
            chain = chain_of(str(place))
        return YES if set(expr.codes) & set(chain) else NO

    def _not_ended(self, expr: NotEnded, of: str, row: int) -> int:
        item = expr.item
        assert isinstance(item, Fact)
        column = self.frame.tables[item.of][item.name]
        ended = not np.isnat(column[row]) and (column[row].astype(object) < self.on)
        return NO if ended else YES

    def _ask(self, expr: Ask, of: str, row: int) -> int:
        return _flag(self.ask(Ref(of, row, expr.id, expr), None))

    def _flag(self, expr: Fact, of: str, row: int) -> int:
        return _flag(self.cell(expr.of, row, expr.name))

    def _not(self, expr: Not, of: str, row: int) -> int:
        return YES - self.truth(expr.item, of, row)

    def _and(self, expr: And, of: str, row: int) -> int:
        return min([self.truth(item, of, row) for item in expr.items])

    def _or(self, expr: Or, of: str, row: int) -> int:
        return max([self.truth(item, of, row) for item in expr.items])

    def _compare(self, expr: Compare, of: str, row: int) -> int:
        left, right = self.number(expr.left, of, row), self.number(expr.right, of, row)
        op = expr.op if expr.op in OPERATORS else self.parameter(expr.op, of, row)
        return UNSURE if op is None else _compared(left, op, right)

    def _one_of(self, expr: OneOf, of: str, row: int) -> int:
        assert isinstance(expr.item, Fact)
        word = self.cell(expr.item.of, row, expr.item.name)
        return UNSURE if word is None else _flag(word in expr.words)

    def _has_tag(self, expr: HasTag, of: str, row: int) -> int:
        assert isinstance(expr.item, Fact)
        tags = self.cell(expr.item.of, row, expr.item.name)
        return UNSURE if tags is None else _flag(expr.tag in tags)

    def _some(self, expr: Some, of: str, row: int) -> int:
        relation = expr.relation
        rows = self.frame.group(relation).rows(row)
        found = max((self.truth(expr.test, relation.child, int(r)) for r in rows), default=NO)
        if found < YES and self._more(relation, row, len(rows)):
            further = _flag(self.ask(Ref(of, row, relation.name, expr), None))
            found = max(found, further)
        return found

    def _linked_truth(self, expr: Linked, of: str, row: int) -> int:
        target = int(self.frame.linked(expr.link)[row])
        if target < 0:
            return _flag(self.ask(Ref(of, row, expr.link.via, expr), None))
        return self.truth(expr.item, expr.link.target, target)

    def _answer(self, expr: Answer, of: str, row: int) -> int:
        return self.policy(self.policies[expr.policy], row)

    # --- numbers ----------------------------------------------------------------------------

    def _const(self, expr: Const, of: str, row: int) -> Span:
        return expr.value, expr.value

    def _param(self, expr: Param, of: str, row: int) -> Span:
        value = self.parameter(expr.name, of, row)
        return (Fraction(0), inf) if value is None else (Fraction(value), Fraction(value))

    def _fact(self, expr: Fact, of: str, row: int) -> Span:
        value = self.cell(expr.of, row, expr.name)
        if value is not None:
            return Fraction(value), Fraction(value)
        if expr.kind == "date":
            return -inf, inf
        low, high = bounds(expr.spec)
        return _end(low), _end(high)

    def _add(self, expr: Add, of: str, row: int) -> Span:
        spans = [self.number(item, of, row) for item in expr.items]
        return _sum([lo for lo, _ in spans], -1), _sum([hi for _, hi in spans], 1)

    def _times(self, expr: Times, of: str, row: int) -> Span:
        left, right = self.number(expr.left, of, row), self.number(expr.right, of, row)
        ends = [_product(a, b) for a in left for b in right]
        return min(ends), max(ends)

    def _most(self, expr: Most, of: str, row: int) -> Span:
        spans = [self.number(item, of, row) for item in expr.items]
        return max(lo for lo, _ in spans), max(hi for _, hi in spans)

    def _least(self, expr: Least, of: str, row: int) -> Span:
        spans = [self.number(item, of, row) for item in expr.items]
        return min(lo for lo, _ in spans), min(hi for _, hi in spans)

    def _pick(self, expr: Pick, of: str, row: int) -> Span:
        tests = [self.truth(test, of, row) for test in expr.tests]
        values = [self.number(value, of, row) for value in expr.values]
        found = values[-1]
        for test, value in zip(reversed(tests), reversed(values[:-1]), strict=True):
            found = _chosen(test, value, found)
        return found

    def _between(self, expr: Between, of: str, row: int) -> Span:
        return self.number(expr.low, of, row)[0], self.number(expr.high, of, row)[1]

    def _meet(self, expr: Meet, of: str, row: int) -> Span:
        a, b = self.number(expr.left, of, row), self.number(expr.right, of, row)
        lo, hi = max(a[0], b[0]), min(a[1], b[1])
        return (lo, hi) if lo <= hi else (min(a[0], b[0]), max(a[1], b[1]))

    def _rounded(self, expr: Rounded, of: str, row: int) -> Span:
        lo, hi = self.number(expr.item, of, row)
        written = ":" in expr.rule or expr.rule == "exact"
        rule = expr.rule if written else self.parameter(expr.rule, of, row)
        if rule is None:
            return _snap(lo, "floor", Fraction(1000)), _snap(hi, "ceil", Fraction(1000))
        mode, _, yuan = rule.partition(":")
        step = Fraction(yuan or 0) * 100
        return _snap(lo, mode, step), _snap(hi, mode, step)

    def _elapsed(self, expr: Elapsed, of: str, row: int) -> Span:
        lo, hi = self.number(expr.item, of, row)
        return (
            LEAST_SINCE.get(expr.unit, -inf)
            if hi == inf
            else Fraction(_elapsed(int(hi), self.on, expr.unit)),
            inf if lo == -inf else Fraction(_elapsed(int(lo), self.on, expr.unit)),
        )

    def _total(self, expr: Total, of: str, row: int) -> Span:
        relation = expr.relation
        rows = [int(r) for r in self.frame.group(relation).rows(row)]
        tests = [self.truth(expr.where, relation.child, r) for r in rows]
        values = [self.number(expr.value, relation.child, r) for r in rows]
        parts = [
            _chosen(t, v, (Fraction(0), Fraction(0))) for t, v in zip(tests, values, strict=True)
        ]
        found = (_sum([lo for lo, _ in parts], -1), _sum([hi for _, hi in parts], 1))
        if relation.size is not None:
            return self._sized(expr, found, row, len(rows))
        if (expr.stated and YES in tests) or not self._more(relation, row, len(rows)):
            return found
        return self._further(expr, of, row, found, inf)

    def _further(self, expr: Total, of: str, row: int, found: Span, most: End) -> Span:
        """Return `found` with what rows that may be missing would add."""
        rest = self.ask(Ref(of, row, expr.relation.name, expr), None)
        if rest is None:
            return found[0], _sum([found[1], most], 1)
        return _sum([found[0], Fraction(rest)], -1), _sum([found[1], Fraction(rest)], 1)

    def _sized(self, expr: Total, found: Span, row: int, rows: int) -> Span:
        extra = self._extra(expr.relation, row, rows)
        if extra == (0, 0):
            return found
        if expr.value == Const(Fraction(1)):
            if expr.where == Always(True):
                return _sum([found[0], extra[0]], -1), _sum([found[1], extra[1]], 1)
            return self._further(expr, expr.of, row, found, extra[1])
        return self._further(expr, expr.of, row, found, inf if extra[1] > 0 else Fraction(0))

    def _extra(self, relation: Relation, row: int, rows: int) -> Span:
        assert relation.size is not None
        stated = self.cell(relation.parent, row, relation.size)
        if stated is not None:
            missing = Fraction(max(0, stated - rows))
            return missing, missing
        if self._complete(relation, row):
            return Fraction(0), Fraction(0)
        low, high = bounds(self.frame.tables[relation.parent].kind.field(relation.size))
        return Fraction(max(0, low - rows)), _less(_end(high), rows)

    def _complete(self, relation: Relation, row: int) -> bool:
        """Return whether the table is said to hold all rows; asked for on no account of its own."""
        if relation.complete is None:
            return False
        quiet = Case(self.frame, self.book, self.policies, self.on, given=self.given)
        return quiet.truth(relation.complete, relation.parent, row) == YES

    def _more(self, relation: Relation, row: int, rows: int) -> bool:
        if relation.size is not None:
            return self._extra(relation, row, rows)[1] > 0
        return relation.complete is not None and not self._complete(relation, row)

    def _linked_number(self, expr: Linked, of: str, row: int) -> Span:
        target = int(self.frame.linked(expr.link)[row])
        if target >= 0:
            return self.number(expr.item, expr.link.target, target)
        value = self.ask(Ref(of, row, expr.link.via, expr), None)
        return (-inf, inf) if value is None else (Fraction(value), Fraction(value))

    def _pays(self, expr: Pays, of: str, row: int) -> Span:
        policy = self.policies[expr.policy]
        value = next(a.value for a in policy.amounts if a.id == expr.amount)
        nothing = Fraction(0), Fraction(0)
        return _chosen(self.policy(policy, row), self.fen(value, of, row), nothing)


_TRUTHS: dict[type[Expr], Callable[[Case, Any, str, int], int]] = {
    Always: Case._always,
    InForce: Case._in_force,
    InRegion: Case._in_region,
    NotEnded: Case._not_ended,
    Ask: Case._ask,
    Fact: Case._flag,
    Not: Case._not,
    And: Case._and,
    Or: Case._or,
    Compare: Case._compare,
    OneOf: Case._one_of,
    HasTag: Case._has_tag,
    Some: Case._some,
    Linked: Case._linked_truth,
    Answer: Case._answer,
}
_NUMBERS: dict[type[Expr], Callable[[Case, Any, str, int], Span]] = {
    Const: Case._const,
    Param: Case._param,
    Fact: Case._fact,
    Add: Case._add,
    Times: Case._times,
    Most: Case._most,
    Least: Case._least,
    Pick: Case._pick,
    Between: Case._between,
    Meet: Case._meet,
    Rounded: Case._rounded,
    Elapsed: Case._elapsed,
    Total: Case._total,
    Linked: Case._linked_number,
    Pays: Case._pays,
}


def _flag(value: bool | None) -> int:
    return UNSURE if value is None else YES if value else NO


def _end(bound: int) -> End:
    return Fraction(bound) if abs(bound) < INFINITE else inf if bound > 0 else -inf


def _less(end: End, rows: int) -> End:
    return max(Fraction(0), end - rows)


def _sum(ends: list[End], sign: int) -> End:
    if any(abs(end) == inf for end in ends):
        return sign * inf
    return sum(ends, Fraction(0))


def _product(a: End, b: End) -> End:
    if a == 0 or b == 0:
        return Fraction(0)
    return a * b


def _chosen(test: int, yes: Span, no: Span) -> Span:
    if test == UNSURE:
        return min(yes[0], no[0]), max(yes[1], no[1])
    return yes if test == YES else no


def _compared(left: Span, op: str, right: Span) -> int:
    if op == "==":
        if left[0] == left[1] == right[0] == right[1]:
            return YES
        return NO if left[1] < right[0] or right[1] < left[0] else UNSURE
    if op in (">", ">="):
        left, right, op = right, left, "<" if op == ">" else "<="
    first, last = (left[1], right[0]), (left[0], right[1])
    if op == "<=":
        yes, no = first[0] <= first[1], last[0] > last[1]
    elif op == "<":
        yes, no = first[0] < first[1], last[0] >= last[1]
    else:
        raise ValueError(f"operator {op!r}: expected one of {', '.join(OPERATORS)}")
    if yes and inf not in map(abs, first):
        return YES
    return NO if no and inf not in map(abs, last) else UNSURE


def _snap(value: End, mode: str, step: Fraction) -> End:
    if mode == "exact" or isinstance(value, float):
        return value
    if mode == "ceil":
        return -floor(-value / step) * step
    if mode == "floor":
        return floor(value / step) * step
    if mode == "nearest":
        return floor(value / step + Fraction(1, 2)) * step
    raise ValueError(f"{mode!r}: expected exact, ceil, floor or nearest")


def _elapsed(days: int, on: dt.date, unit: str) -> int:
    if unit == "days":
        return (on - EPOCH).days - days
    day = EPOCH + dt.timedelta(days=days)
    if unit == "working_days":
        return working_days_between(day, on)
    months = (on.year - day.year) * 12 + on.month - day.month - (day.day > on.day)
    return months // 12 if unit == "years" else months
