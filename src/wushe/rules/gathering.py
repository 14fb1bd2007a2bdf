"""Rules across rows, in columns: some member, a sum over items, the household of a person.

Nothing is concluded from rows that may be missing: they make an answer unsure and a total open.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from wushe.model.storage import Array
from wushe.rules import intervals as iv
from wushe.rules.frame import Group
from wushe.rules.intervals import INFINITE, NO, UNSURE, YES, Num
from wushe.rules.nodes import Always, Const
from wushe.rules.relations import Linked, Relation, Some, Total

if TYPE_CHECKING:
    from wushe.rules.columns import Evaluator


def some(ev: Evaluator, expr: Some, of: str) -> Array:
    """Return whether some related row passes the test, truth (n,)."""
    group = ev.frame.group(expr.relation)
    tests = _of_rows(ev, ev.truth(expr.test, expr.relation.child), expr.relation.child)
    found = group.joined(np.maximum, tests, NO)
    further = _more(ev, expr.relation, group)
    return np.where(further, np.maximum(found, UNSURE), found).astype(np.uint8)


def linked_truth(ev: Evaluator, expr: Linked, of: str) -> Array:
    """Return the linked row's truth, (n,); unsure where no row is named."""
    rows = ev.frame.linked(expr.link)
    values = _of_rows(ev, ev.truth(expr.item, expr.link.target), expr.link.target)
    return np.append(values, np.uint8(UNSURE))[rows]


def linked_number(ev: Evaluator, expr: Linked, of: str) -> Num:
    """Return the linked row's number, (n,); anything where no row is named."""
    rows = ev.frame.linked(expr.link)
    values = ev.number(expr.item, expr.link.target)
    lo = np.append(_of_rows(ev, values.lo, expr.link.target), 0)[rows]
    hi = lo if values.exact else np.append(_of_rows(ev, values.hi, expr.link.target), 0)[rows]
    missing = rows < 0
    if not missing.any():
        return Num(lo, hi, values.scale, values.top, values.open)
    end = iv.end_of(lo)
    ends = np.where(missing, -end, lo), np.where(missing, end, hi)
    return Num(*ends, values.scale, values.top, open=True)


def total(ev: Evaluator, expr: Total, of: str) -> Num:
    """Return the sums over the related rows, (n,), with what rows that may be missing would add."""
    relation = expr.relation
    group = ev.frame.group(relation)
    where = _of_rows(ev, ev.truth(expr.where, relation.child), relation.child)
    part = iv.chosen(where, ev.number(expr.value, relation.child), iv.constant(Fraction(0)))
    found = _summed(part, group, ev.frame.size(relation.child))
    if relation.size is not None:
        return _sized(ev, expr, found, group)
    further = _more(ev, relation, group)
    if expr.stated:
        further &= group.joined(np.maximum, where, NO) != YES
    if not further.any():
        return found
    hi = np.where(further, iv.end_of(found.hi), found.hi)
    return Num(found.lo, hi, found.scale, found.top, open=True)


def _of_rows(ev: Evaluator, values: Array, of: str) -> Array:
    return np.broadcast_to(values, (ev.frame.size(of),))


def _sized(ev: Evaluator, expr: Total, found: Num, group: Group) -> Num:
    """Return a total over a relation whose parent says how many rows there are in all."""
    extra = _extra(ev, expr.relation, group)
    if extra.exact and not extra.lo.any():
        return found
    if expr.value == Const(Fraction(1)):
        if expr.where == Always(True):
            return iv.add(found, extra)
        return iv.add(found, Num(np.zeros_like(extra.lo), extra.hi, 1, extra.top, extra.open))
    hi = np.where(extra.hi > 0, INFINITE, 0)
    return iv.add(found, iv.within(np.zeros_like(hi), hi))


def _extra(ev: Evaluator, relation: Relation, group: Group) -> Num:
    """Return how many rows are missing where the parent states how many there are."""
    assert relation.size is not None
    stated = ev.frame.number(relation.parent, relation.size)
    if stated.exact:
        return iv.known(np.maximum(stated.lo - group.sizes, 0))
    told = stated.lo == stated.hi
    all_there = np.asarray(False)
    if relation.complete is not None:
        all_there = ev.truth(relation.complete, relation.parent) == YES
    none = ~told & all_there
    lo, hi = (np.maximum(end - group.sizes, 0) for end in (stated.lo, stated.hi))
    return iv.within(np.where(none, 0, lo), np.where(none, 0, hi))


def _more(ev: Evaluator, relation: Relation, group: Group) -> Array:
    """Return whether rows may be missing, bool (n_parents,)."""
    if relation.size is not None:
        return np.asarray(_extra(ev, relation, group).hi > 0)
    if relation.complete is None:
        return np.zeros(group.n, dtype=bool)
    complete = ev.truth(relation.complete, relation.parent)
    return np.array(np.broadcast_to(complete != YES, (group.n,)))


def _summed(part: Num, group: Group, rows: int) -> Num:
    most = max(int(group.sizes.max(initial=0)), 1)
    part = iv.roomy(part, part.top * most)
    lo = _sum_one(np.broadcast_to(part.lo, (rows,)), group, part.open, -1)
    hi = lo if part.exact else _sum_one(np.broadcast_to(part.hi, (rows,)), group, part.open, 1)
    return Num(lo, hi, part.scale, part.top * most, part.open)


def _sum_one(values: Array, group: Group, opened: bool, sign: int) -> Array:
    if not opened:
        return group.joined(np.add, values, 0)
    ends = iv.endless(values)
    sums = group.joined(np.add, np.where(ends, 0, values), 0)
    end = group.joined(np.maximum, ends.astype(np.uint8), NO)
    return np.where(end == 1, sign * iv.end_of(sums), sums)
