"""How often each expression of some policies is asked for: what is kept while they are evaluated, and how long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from weakref import WeakKeyDictionary

from wushe.rules.expr import Expr, HasTag, Linked, OneOf, Some, Total, children
from wushe.rules.policy import Policy, PolicySet

_KEPT: WeakKeyDictionary[PolicySet, dict[frozenset[str], Counter[tuple[Expr, str]]]] = (
    WeakKeyDictionary()
)


def uses(policies: PolicySet, wanted: frozenset[str]) -> Counter[tuple[Expr, str]]:
    """Return how often each expression of `wanted` is asked for when every shared one is evaluated once.

    Kept with the policies: a few households take no longer to answer than their rules take to count.
    """
    kept = _KEPT.setdefault(policies, {})
    if wanted not in kept:
        kept[wanted] = _counted([policies[name] for name in policies.policies if name in wanted])
    return kept[wanted]


def _counted(policies: Iterable[Policy]) -> Counter[tuple[Expr, str]]:
    found: Counter[tuple[Expr, str]] = Counter()
    queue: list[tuple[Expr, str]] = [(e, p.unit) for p in policies for e in _roots(p)]
    while queue:
        expr, of = queue.pop()
        key = expr, expr.of or of
        found[key] += 1
        if found[key] == 1:
            queue.extend((child, inner) for child, inner in _inside(expr, key[1]))
    return found


def _roots(policy: Policy) -> list[Expr]:
    return [*(c.test for c in policy.tests()), *(a.value for a in policy.amounts)]


def _inside(expr: Expr, of: str) -> list[tuple[Expr, str]]:
    """Return what evaluating `expr` asks for, with the record kind it is asked of."""
    if isinstance(expr, OneOf | HasTag):
        return []
    if isinstance(expr, Linked):
        return [(expr.item, expr.link.target)]
    if isinstance(expr, Some | Total):
        tests = [expr.test] if isinstance(expr, Some) else [expr.value, expr.where]
        complete = expr.relation.complete
        inside = [(t, expr.relation.child) for t in tests]
        asked = complete is not None and expr.relation.size is None
        return [*inside, (complete, of)] if asked and complete is not None else inside
    return [(child, of) for child in children(expr)]
