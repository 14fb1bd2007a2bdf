"""Policies as data: dated, sourced conditions and amounts, materials, steps, and what depends on what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Literal, get_args

import attrs

from wushe.rules.expr import (
    OPERATORS,
    Answer,
    Compare,
    Expr,
    Fact,
    InForce,
    InRegion,
    Linked,
    Param,
    Pays,
    Rounded,
    RuleError,
    Some,
    Total,
    walk,
)
from wushe.text import Text

Unit = Literal["households", "persons"]
Period = Literal["once", "month", "year"]
PERIODS: tuple[Period, ...] = get_args(Period)
PolicyKind = Literal[
    "living", "medical", "education", "emergency", "care", "rehab", "housing", "service", "status"
]
NATION = "000000"
OFFICE = Text("乡镇人民政府（街道办事处）", "the township government or street office")
CONFIDENCES = ("A", "A*", "B", "C")


def _sourced(item: Condition | Amount | Policy | Material | Step) -> None:
    if not item.document:
        raise RuleError(f"{item.id}: every rule names its document (and article)")


@attrs.frozen
class Condition:
    """One predicate of a policy, with the words for it and where it is written."""

    id: str
    text: Text
    test: Expr
    document: str
    article: str = ""

    def __attrs_post_init__(self) -> None:
        _sourced(self)
        if self.test.kind != "truth":
            raise RuleError(f"{self.id}: test is a {self.test.kind}, expected a condition")


@attrs.frozen
class Amount:
    """What a policy pays in fen, `once`, a `month` or a `year`, per unit of the policy."""

    id: str
    name: Text
    value: Expr
    period: Period = attrs.field(validator=attrs.validators.in_(PERIODS))
    document: str
    article: str = ""

    def __attrs_post_init__(self) -> None:
        _sourced(self)
        if self.value.kind != "number":
            raise RuleError(f"{self.id}: value is a {self.value.kind}, expected a number in fen")


@attrs.frozen
class Material:
    """A paper to hand in. `known_by` are fields ``table.field`` that show the household has it already.

    `fetch` says whether the worker can get it from government data, which must not be asked again
    (民发〔2021〕57号 article 10).
    """

    id: str
    name: Text
    document: str
    article: str = ""
    known_by: tuple[str, ...] = ()
    fetch: bool = False

    def __attrs_post_init__(self) -> None:
        _sourced(self)


@attrs.frozen
class Step:
    """A step of the procedure; `limit` is the parameter that holds its days, counted from `after`.

    `special` are parameters that replace the limit in a named case: (case, parameter).
    """

    id: str
    name: Text
    who: Text
    document: str
    article: str = ""
    limit: str | None = None
    after: str | None = None
    special: tuple[tuple[str, str], ...] = ()

    def __attrs_post_init__(self) -> None:
        _sourced(self)


@attrs.frozen
class Policy:
    """A relief policy: who may be eligible, for what, by which document, and how to apply.

    All `conditions` must hold. `covers` are the need categories that its money pays for, `opens` other
    relief that its recipients may ask for, `excludes` policies of which a unit takes only one, `region`
    the place that it is in force in, `order` its turn in the ladder (policies of one order are independent).
    """

    id: str
    name: Text
    unit: Unit = attrs.field(validator=attrs.validators.in_(get_args(Unit)))
    kind: PolicyKind = attrs.field(validator=attrs.validators.in_(get_args(PolicyKind)))
    conditions: tuple[Condition, ...]
    document: str
    confidence: str = attrs.field(validator=attrs.validators.in_(CONFIDENCES))
    checked: dt.date
    article: str = ""
    section: str = ""
    amounts: tuple[Amount, ...] = ()
    covers: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    materials: tuple[Material, ...] = ()
    steps: tuple[Step, ...] = ()
    apply_at: Text = OFFICE
    region: str = NATION
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    order: int = 0
    replaces: str | None = None
    note: Text | None = None

    def __attrs_post_init__(self) -> None:
        _sourced(self)
        for kind in ("conditions", "amounts", "materials", "steps"):
            ids = [item.id for item in getattr(self, kind)]
            if len(set(ids)) < len(ids):
                raise RuleError(f"{self.id}: two {kind} have one id among {', '.join(ids)}")
        for name, expr in self.expressions():
            if expr.of not in ("", self.unit):
                raise RuleError(
                    f"{self.id}, {name}: a rule on {expr.of} in a policy of {self.unit}"
                )

    def expressions(self) -> Iterator[tuple[str, Expr]]:
        """Yield (id, expression) of every condition and amount."""
        yield from ((c.id, c.test) for c in self.conditions)
        yield from ((a.id, a.value) for a in self.amounts)

    def tests(self) -> tuple[Condition, ...]:
        """Return the conditions, those that the policy's own dates and region add before the others."""
        added = []
        if self.valid_from or self.valid_to:
            text = Text("政策在评估日有效", "the policy is in force on the day")
            test: Expr = InForce(self.valid_from, self.valid_to)
            added.append(Condition("in-force", text, test, self.document, self.article))
        if self.region != NATION:
            text = Text("所在地适用本政策", "the policy applies at the place")
            added.append(
                Condition("region", text, InRegion((self.region,)), self.document, self.article)
            )
        return (*added, *self.conditions)

    @cached_property
    def nodes(self) -> tuple[Expr, ...]:
        """All nodes of its expressions, each once, in the order of walking."""
        seen: dict[Expr, None] = {}
        for _, expr in self.expressions():
            for node in walk(expr):
                seen.setdefault(node)
        return tuple(seen)


class PolicySet:
    """Policies in the order in which they are evaluated, and what each depends on.

    Raises RuleError where two have one id, one refers to a policy or amount that is not there, or
    policies depend on each other in a circle.
    """

    def __init__(self, policies: Iterable[Policy]) -> None:
        found = sorted(policies, key=lambda p: (p.order, p.id))
        if len({p.id for p in found}) < len(found):
            raise RuleError(f"two policies have one id among {', '.join(p.id for p in found)}")
        self.policies: Mapping[str, Policy] = {p.id: p for p in found}
        self._nodes = {p.id: p.nodes for p in found}
        self._needs = {p.id: self._direct(p) for p in found}
        self._all = {p.id: self._closure(p.id) for p in found}

    def __getitem__(self, policy: str) -> Policy:
        return self.policies[policy]

    def __iter__(self) -> Iterator[Policy]:
        return iter(self.policies.values())

    def __len__(self) -> int:
        return len(self.policies)

    def __reduce__(self) -> tuple[type[PolicySet], tuple[tuple[Policy, ...]]]:
        return PolicySet, (tuple(self),)

    def depends(self, policy: str) -> tuple[str, ...]:
        """Return the policies whose answers `policy` uses, directly or not, sorted."""
        return tuple(sorted(self._all[policy] - {policy}))

    def parameters(self, policy: str) -> tuple[str, ...]:
        """Return the names of all parameters that `policy` reads, directly or not, sorted."""
        found = set()
        for one in self._all[policy]:
            steps = self.policies[one].steps if one == policy else ()
            found |= {s.limit for s in steps if s.limit}
            found |= {name for s in steps for _, name in s.special}
            for node in self._nodes[one]:
                found |= set(named_parameters(node))
        return tuple(sorted(found))

    def fields(self, policy: str) -> tuple[tuple[str, str], ...]:
        """Return (table, field) of every fact that `policy` reads, directly or not, sorted."""
        found = set()
        for one in self._all[policy]:
            for node in self._nodes[one]:
                if isinstance(node, Fact):
                    found.add((node.of, node.name))
                elif isinstance(node, Some | Total):
                    found.add((node.relation.child, node.relation.via))
                elif isinstance(node, Linked):
                    found.add((node.link.source, node.link.via))
        return tuple(sorted(found))

    def using(self, parameters: Iterable[str]) -> tuple[str, ...]:
        """Return the policies whose answer or amount may change with any of `parameters`, in order."""
        names = set(parameters)
        return tuple(
            p
            for p in self.policies
            if any(
                names & set(named_parameters(node))
                for one in self._all[p]
                for node in self._nodes[one]
            )
        )

    def _direct(self, policy: Policy) -> set[str]:
        found = set()
        for node in self._nodes[policy.id]:
            if isinstance(node, Answer | Pays):
                other = self.policies.get(node.policy)
                if other is None or other.unit != node.of:
                    raise RuleError(
                        f"{policy.id}: refers to policy {node.policy!r} of {node.of}, which is not there"
                    )
                if isinstance(node, Pays) and node.amount not in {a.id for a in other.amounts}:
                    raise RuleError(f"{policy.id}: {node.policy} has no amount {node.amount!r}")
                found.add(node.policy)
        return found

    def _closure(self, policy: str) -> set[str]:
        found: set[str] = set()
        queue = [policy]
        while queue:
            one = queue.pop()
            for other in sorted(self._needs[one]):
                if other == policy:
                    raise RuleError(f"{policy} depends on itself through {one}")
                if other not in found:
                    found.add(other)
                    queue.append(other)
        return found | {policy}


def named_parameters(node: Expr) -> tuple[str, ...]:
    """Return the names of the parameters that this one node reads."""
    if isinstance(node, Param):
        return (node.name,)
    if isinstance(node, Compare) and node.op not in OPERATORS:
        return (node.op,)
    if isinstance(node, Rounded) and ":" not in node.rule and node.rule != "exact":
        return (node.rule,)
    return ()
