"""A policy grounded for one row: rows of relations written out, other policies inlined, facts filled in.

It follows `wushe.rules.scalar.Case` node by node. What is left are `Var`s: what is not known, and what
the caller wants to vary.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from fractions import Fraction
from math import inf
from typing import Any

from wushe.relief import nodes as nd
from wushe.relief.nodes import Node, Var, whole
from wushe.relief.outcomes import NN, YY, Outcomes
from wushe.rules import expr as ex
from wushe.rules.frame import bounds
from wushe.rules.intervals import INFINITE, YES
from wushe.rules.policy import Policy
from wushe.rules.scalar import EPOCH, PARAMETERS, Case, End, Ref
from wushe.text import Text

OPERATORS = ("<", "<=", ">", ">=")
ROUNDINGS = ("exact", "ceil:1", "floor:1", "nearest:1", "ceil:10", "floor:10")
"""Rules that stand for every rounding rule that a document may name."""
EARLIEST, LATEST = dt.date(1850, 1, 1), dt.date(2150, 1, 1)
"""Dates of facts lie between these days; those of births not after the day of assessment."""


class Ground:
    """Grounds expressions for the rows of one case. `vary` says which known facts stay variables.

    `place` is the Ref of the place that is not known, if one was needed; `clashes` and `ranges` are what
    no fact settles.
    """

    def __init__(self, case: Case, vary: Callable[[Ref], bool] | None = None) -> None:
        self.case = Case(case.frame, case.book, case.policies, case.on, given=case.given)
        self.vary = vary
        self.clashes: list[ex.Meet] = []
        self.ranges: list[ex.Between] = []
        self._plain = Outcomes({}, on=case.on)
        self._quiet = Case(case.frame, case.book, case.policies, case.on)
        self._kept: dict[tuple[ex.Expr, str, int], Node] = {}
        self._vars: dict[tuple[Ref, str | None], Var] = {}
        self.place: Ref | None = None

    def policy(self, policy: Policy, row: int) -> Node:
        """Return the policy's condition for a row of its unit."""
        return nd.conjunction(self.node(c.test, policy.unit, row) for c in policy.tests())

    def node(self, expr: ex.Expr, of: str, row: int) -> Node:
        """Return a condition or number for a row."""
        key = expr, expr.of or of, row
        if key not in self._kept:
            self._kept[key] = _GROUND[type(expr)](self, expr, key[1], row)
        return self._kept[key]

    # --- variables ------------------------------------------------------------------------------

    def _var(self, ref: Ref, sort: nd.Sort, **more: Any) -> Var:
        key = ref, more.get("tag")
        if key not in self._vars:
            self._vars[key] = Var(ref, more.pop("by", ref), sort, **more)
        return self._vars[key]

    def _cell(self, of: str, row: int, name: str) -> Any:
        return self.case.cell(of, row, name)

    def _flag_var(self, ref: Ref, **more: Any) -> Node:
        given = self.case.given.get(ref)
        if given is not None:
            return nd.YES_NODE if given else nd.NO_NODE
        return nd.Flag(own=(self._var(ref, "truth", **more),))

    def _number_var(self, ref: Ref, **more: Any) -> Node:
        given = self.case.given.get(ref)
        if given is not None:
            return nd.Num(value=whole(Fraction(given)))
        return nd.Cell(own=(self._var(ref, "number", **more),))

    def _parameter(self, name: str, of: str, row: int, sort: nd.Sort) -> Any:
        """Return a parameter's value, or the variable that stands for it."""
        region = self.case.region(of, row)
        ref = Ref(PARAMETERS, region, name)
        found = self.case.lookup(name, region)
        value = self.case.given.get(ref)
        if value is None and found.parameter is not None:
            worded = found.parameter.unit in ("operator", "rounding")
            value = found.parameter.value if worded else whole(found.parameter.number)
            if not found.firm:
                return self._loose(ref, sort, trusted=value)
        if value is not None:
            return whole(value)
        if not self.case.frame.chains[region] and self.case.book.varies(name):
            return self._loose(ref, sort, by=self._place(of, row))
        return self._loose(ref, sort)

    def _loose(self, ref: Ref, sort: nd.Sort, **more: Any) -> Var:
        words = {"operator": OPERATORS, "rounding": ROUNDINGS}.get(sort, ())
        ends = (0, inf)
        return self._var(
            ref, sort, open=ends, domain=ends, step=Fraction(1, 10_000), words=words, **more
        )

    def _place(self, of: str, row: int) -> Ref:
        """Return the Ref of the place that is missing: of the household, of a person without one."""
        if self.place is None:
            frame = self.case.frame
            for via, table in (("person", "persons"), ("household", "households")):
                if of != "households" and via in frame.tables[of].kind.field_names:
                    link = ex.Link(via, of, table, via, Text("", ""))
                    above = int(frame.linked(link)[row])
                    of, row = (table, above) if above >= 0 else (of, row)
            self.place = Ref(of, row, "place")
        return self.place

    # --- truth ----------------------------------------------------------------------------------

    def _always(self, expr: ex.Always, _of: str, _row: int) -> Node:
        return nd.YES_NODE if expr.value else nd.NO_NODE

    def _settled(self, expr: ex.Expr, of: str, row: int) -> Node:
        return nd.YES_NODE if self.case.truth(expr, of, row) == YES else nd.NO_NODE

    def _in_region(self, expr: ex.InRegion, of: str, row: int) -> Node:
        if self.case.frame.chains[self.case.region(of, row)]:
            return self._settled(expr, of, row)
        return self._flag_var(Ref(of, row, "place", expr), by=self._place(of, row))

    def _ask(self, expr: ex.Ask, of: str, row: int) -> Node:
        return self._flag_var(Ref(of, row, expr.id, expr))

    def _not(self, expr: ex.Not, of: str, row: int) -> Node:
        return nd.negation(self.node(expr.item, of, row))

    def _and(self, expr: ex.And, of: str, row: int) -> Node:
        return nd.conjunction(self.node(item, of, row) for item in expr.items)

    def _or(self, expr: ex.Or, of: str, row: int) -> Node:
        return nd.disjunction(self.node(item, of, row) for item in expr.items)

    def _compare(self, expr: ex.Compare, of: str, row: int) -> Node:
        op: Any = expr.op
        kids = self.node(expr.left, of, row), self.node(expr.right, of, row)
        if op not in ex.OPERATORS:
            op = self._parameter(op, of, row, "operator")
        if isinstance(op, Var):
            return nd.Cmp(kids, (op,))
        node = nd.Cmp(kids, op=op)
        if node.vars:
            return node
        return {YY: nd.YES_NODE, NN: nd.NO_NODE}.get(self._plain.mask(node), node)

    def _fact_truth(self, expr: ex.Fact, _of: str, row: int) -> Node:
        value = self._cell(expr.of, row, expr.name)
        ref = Ref(expr.of, row, expr.name)
        if value is not None and not self._varies(ref):
            return nd.YES_NODE if value else nd.NO_NODE
        return nd.Flag(own=(self._var(ref, "truth", fixed=value),))

    def _varies(self, ref: Ref) -> bool:
        return self.vary is not None and self.vary(ref)

    def _one_of(self, expr: ex.OneOf, _of: str, row: int) -> Node:
        fact = expr.item
        assert isinstance(fact, ex.Fact)
        value = self._cell(fact.of, row, fact.name)
        ref = Ref(fact.of, row, fact.name)
        if value is not None and not self._varies(ref):
            return nd.YES_NODE if value in expr.words else nd.NO_NODE
        var = self._var(ref, "word", words=tuple(fact.spec.kind.labels), fixed=value)
        return nd.Word(own=(var,), words=expr.words)

    def _has_tag(self, expr: ex.HasTag, _of: str, row: int) -> Node:
        fact = expr.item
        assert isinstance(fact, ex.Fact)
        tags = self._cell(fact.of, row, fact.name)
        ref = Ref(fact.of, row, fact.name)
        if tags is not None and not self._varies(ref):
            return nd.YES_NODE if expr.tag in tags else nd.NO_NODE
        fixed = None if tags is None else expr.tag in tags
        return nd.Flag(own=(self._var(ref, "truth", tag=expr.tag, fixed=fixed),))

    def _some(self, expr: ex.Some, of: str, row: int) -> Node:
        relation = expr.relation
        rows = self.case.frame.group(relation).rows(row)
        kids = [self.node(expr.test, relation.child, int(r)) for r in rows]
        more = self._more(relation, row, len(rows))
        if more is not nd.NO_NODE:
            further = self._flag_var(Ref(of, row, relation.name, expr))
            kids.append(nd.conjunction((more, further)))
        return nd.disjunction(kids)

    def _more(self, relation: ex.Relation, row: int, rows: int) -> Node:
        """Return whether rows may be missing."""
        if relation.size is not None:
            size = self._size(relation, row)
            if isinstance(size, Var):
                closed = self._complete(relation, row)
                return nd.HasMore(own=(size,), rows=rows, closed=closed)
            return nd.YES_NODE if size > rows else nd.NO_NODE
        if relation.complete is None or self._complete(relation, row):
            return nd.NO_NODE
        return nd.YES_NODE

    def _complete(self, relation: ex.Relation, row: int) -> bool:
        """Return whether the table is said to hold all rows."""
        if relation.complete is None:
            return False
        return self._quiet.truth(relation.complete, relation.parent, row) == YES

    def _size(self, relation: ex.Relation, row: int) -> Any:
        assert relation.size is not None
        node = self.node(ex.fact(relation.parent, relation.size), relation.parent, row)
        assert isinstance(node, nd.Cell | nd.Num)
        return node.own[0] if isinstance(node, nd.Cell) else node.value

    def _linked(self, expr: ex.Linked, of: str, row: int) -> Node:
        target = int(self.case.frame.linked(expr.link)[row])
        if target >= 0:
            return self.node(expr.item, expr.link.target, target)
        ref = Ref(of, row, expr.link.via, expr)
        return self._flag_var(ref) if expr.kind == "truth" else self._number_var(ref)

    def _answer(self, expr: ex.Answer, _of: str, row: int) -> Node:
        return self.policy(self.case.policies[expr.policy], row)

    # --- numbers --------------------------------------------------------------------------------

    def _const(self, expr: ex.Const, _of: str, _row: int) -> Node:
        return nd.Num(value=whole(expr.value))

    def _param(self, expr: ex.Param, of: str, row: int) -> Node:
        value = self._parameter(expr.name, of, row, "number")
        return nd.Cell(own=(value,)) if isinstance(value, Var) else nd.Num(value=value)

    def _fact_number(self, expr: ex.Fact, _of: str, row: int) -> Node:
        ref = Ref(expr.of, row, expr.name)
        value = self._cell(expr.of, row, expr.name)
        if value is not None and not self._varies(ref):
            return nd.Num(value=whole(Fraction(value)))
        if expr.kind == "date":
            ends: tuple[End, End] = -inf, inf
            domain = (EARLIEST - EPOCH).days, (LATEST - EPOCH).days
        else:
            ends = domain = tuple(map(_end, bounds(expr.spec)))  # type: ignore[assignment]
        if value is not None:
            ends = value, value
        var = self._var(ref, "number", open=ends, domain=domain, fixed=value)
        return nd.Cell(own=(var,))

    def _fact(self, expr: ex.Fact, of: str, row: int) -> Node:
        made = self._fact_truth if expr.kind == "truth" else self._fact_number
        return made(expr, of, row)

    def _many(self, cls: type[Node], kids: tuple[Node, ...], **more: Any) -> Node:
        node = cls(kids, **more)
        if node.vars:
            return node
        low, *_, high, _ = self._plain.spread(node)
        return nd.Num(value=whole(low)) if low == high else node

    def _add(self, expr: ex.Add, of: str, row: int) -> Node:
        return self._many(nd.Sum, tuple(self.node(i, of, row) for i in expr.items))

    def _times(self, expr: ex.Times, of: str, row: int) -> Node:
        return self._many(nd.Product, tuple(self.node(i, of, row) for i in (expr.left, expr.right)))

    def _extreme(self, expr: Any, of: str, row: int) -> Node:
        kids = tuple(self.node(i, of, row) for i in expr.items)
        return self._many(nd.Extreme, kids, most=isinstance(expr, ex.Most))

    def _pick(self, expr: ex.Pick, of: str, row: int) -> Node:
        tests = [self.node(test, of, row) for test in expr.tests]
        values = [self.node(value, of, row) for value in expr.values]
        return _chosen(tests, values)

    def _between(self, expr: ex.Between, of: str, row: int) -> Node:
        self.ranges.append(expr)
        return nd.Range((self.node(expr.low, of, row), self.node(expr.high, of, row)))

    def _meet(self, expr: ex.Meet, of: str, row: int) -> Node:
        kids = self.node(expr.left, of, row), self.node(expr.right, of, row)
        a, b = (self._plain.spread(kid) for kid in kids)
        clash = max(a[0], b[0]) > min(a[3], b[3])
        if clash:
            self.clashes.append(expr)
        return self._many(nd.Both, kids, clash=clash)

    def _rounded(self, expr: ex.Rounded, of: str, row: int) -> Node:
        rule: Any = expr.rule
        if ":" not in rule and rule != "exact":
            rule = self._parameter(rule, of, row, "rounding")
        item = self.node(expr.item, of, row)
        if isinstance(rule, Var):
            return nd.Snap((item,), (rule,))
        mode, _, yuan = rule.partition(":")
        return self._many(nd.Snap, (item,), mode=mode, unit=Fraction(yuan or 0) * 100)

    def _elapsed(self, expr: ex.Elapsed, of: str, row: int) -> Node:
        today = (self.case.on - EPOCH).days
        return self._many(nd.Since, (self.node(expr.item, of, row),), unit=expr.unit, today=today)

    def _total(self, expr: ex.Total, of: str, row: int) -> Node:
        relation = expr.relation
        rows = [int(r) for r in self.case.frame.group(relation).rows(row)]
        tests = [self.node(expr.where, relation.child, r) for r in rows]
        parts = []
        for test, r in zip(tests, rows, strict=True):
            if test is not nd.NO_NODE:
                value = self.node(expr.value, relation.child, r)
                parts.append(_chosen([test], [value, nd.Num(value=0)]))
        parts.append(self._missing(expr, of, row, tests, len(rows)))
        return self._many(nd.Sum, tuple(parts))

    def _missing(self, expr: ex.Total, of: str, row: int, tests: list[Node], rows: int) -> Node:
        """Return what rows that may be missing would add."""
        if expr.relation.size is not None:
            return self._missing_of_size(expr, of, row, rows)
        stated = expr.stated and nd.YES_NODE in tests
        if stated or self._more(expr.relation, row, rows) is nd.NO_NODE:
            return nd.Num(value=0)
        further = self._further(expr, of, row)
        if isinstance(further, nd.Num):
            return further
        return nd.Unstated(tuple(tests) if expr.stated else (), further.own)

    def _missing_of_size(self, expr: ex.Total, of: str, row: int, rows: int) -> Node:
        """Return the same where a field of the parent says how many rows there are."""
        size = self._size(expr.relation, row)
        extra = None
        if isinstance(size, Var):
            closed = self._complete(expr.relation, row)
            extra = nd.Extra(own=(size,), rows=rows, closed=closed)
        elif size <= rows:
            return nd.Num(value=0)
        counts = expr.value == ex.Const(Fraction(1))
        missing: Node = extra or nd.Num(value=size - rows)
        if counts and expr.where == ex.Always(True):
            return missing
        further = self._further(expr, of, row)
        own = further.own if isinstance(further, nd.Cell) else ()
        if not own and extra is None:
            return further
        return nd.Rest((missing, *(() if own else (further,))), own, counts=counts)

    def _further(self, expr: ex.Total, of: str, row: int) -> Node:
        ref = Ref(of, row, expr.relation.name, expr)
        return self._number_var(ref, open=(0, inf), domain=(0, inf))

    def _pays(self, expr: ex.Pays, of: str, row: int) -> Node:
        policy = self.case.policies[expr.policy]
        value = next(a.value for a in policy.amounts if a.id == expr.amount)
        paid = self._many(nd.Snap, (self.node(value, of, row),), mode="nearest", unit=Fraction(1))
        return _chosen([self.policy(policy, row)], [paid, nd.Num(value=0)])


_GROUND: dict[type[ex.Expr], Callable[[Ground, Any, str, int], Node]] = {
    ex.Always: Ground._always,
    ex.InForce: Ground._settled,
    ex.NotEnded: Ground._settled,
    ex.InRegion: Ground._in_region,
    ex.Ask: Ground._ask,
    ex.Fact: Ground._fact,
    ex.Not: Ground._not,
    ex.And: Ground._and,
    ex.Or: Ground._or,
    ex.Compare: Ground._compare,
    ex.OneOf: Ground._one_of,
    ex.HasTag: Ground._has_tag,
    ex.Some: Ground._some,
    ex.Linked: Ground._linked,
    ex.Answer: Ground._answer,
    ex.Const: Ground._const,
    ex.Param: Ground._param,
    ex.Add: Ground._add,
    ex.Times: Ground._times,
    ex.Most: Ground._extreme,
    ex.Least: Ground._extreme,
    ex.Pick: Ground._pick,
    ex.Between: Ground._between,
    ex.Meet: Ground._meet,
    ex.Rounded: Ground._rounded,
    ex.Elapsed: Ground._elapsed,
    ex.Total: Ground._total,
    ex.Pays: Ground._pays,
}


def _end(bound: int) -> End:
    return bound if abs(bound) < INFINITE else inf if bound > 0 else -inf


def _chosen(tests: list[Node], values: list[Node]) -> Node:
    """Return the value of the first test that holds, constants folded; values are one more than tests."""
    kept: list[tuple[Node, Node]] = []
    other = values[-1]
    for test, value in zip(tests, values[:-1], strict=True):
        if test is nd.NO_NODE:
            continue
        if test is nd.YES_NODE:
            other = value
            break
        kept.append((test, value))
    if not kept:
        return other
    first, second = zip(*kept, strict=True)
    return nd.Choose((*first, *second, other), n=len(kept))
