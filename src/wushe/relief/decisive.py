"""What to find out: facts that, once known, decide an unknown answer whatever they turn out to be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from wushe.relief.ground import Ground
from wushe.relief.minimal import minimal_set
from wushe.relief.nodes import Node, Var
from wushe.relief.outcomes import OPEN, Box, ClashError, Outcomes
from wushe.relief.representatives import Budget, domains, every_node
from wushe.rules import expr as ex
from wushe.rules.parameters import Lookup
from wushe.rules.policy import Policy
from wushe.rules.say import say_expr
from wushe.rules.scalar import PARAMETERS, Case, Ref
from wushe.text import Text

CAP = 400_000
"""How many nodes of rules are looked at for one answer, about a microsecond or two each."""
_TOTALS = ("income_month_fen", "income_year_fen")
_RANGE = Text("文件只给出范围：{what}", "the text gives only a range: {what}")
_CLASH = Text(
    "已登记的两种说法相互矛盾：{what}", "two statements on file contradict each other: {what}"
)


@attrs.frozen
class Missing:
    """A parameter that the place has no usable value for; `candidates` say which document to look for."""

    ref: Ref
    region: str
    lookup: Lookup


@attrs.frozen
class DecisiveSet:
    """Facts, parameters, questions and rows that decide an answer; empty where it is decided.

    None of `refs` (those cheap to ask first) can be left out if `minimal`; else the search was capped
    and one may be superfluous. `next` is the one to ask first. `undecidable` is what no fact settles;
    then `refs` decide but for that. `parameters` are those among `refs`; `gives` the parameters that a
    missing place would give.
    """

    refs: tuple[Ref, ...] = ()
    next: Ref | None = None
    undecidable: tuple[Text, ...] = ()
    minimal: bool = True
    parameters: tuple[Missing, ...] = ()
    gives: tuple[Ref, ...] = ()


def decisive_set(case: Case, policy: Policy, row: int, cap: int = CAP) -> DecisiveSet:
    """Return what decides the answer of `policy` for a row of its unit.

    An answer is decided where the pass with firm parameters says no or the trusting one says yes. Values
    that contradict each other (a stated total that the items exclude) are not counted among those possible.
    `cap` bounds the work: beyond it the set is right, but may hold more than it must.
    """
    ground = Ground(case)
    root = ground.policy(policy, row)
    base = Outcomes({}, on=case.on)
    if not base.mask(root) & OPEN:
        return DecisiveSet()
    rank = _ranks(root)
    found = minimal_set(root, lambda ref: rank[ref][0], base, Budget(cap))
    refs = tuple(sorted(found.refs, key=rank.__getitem__))
    return DecisiveSet(
        refs,
        _next(root, base, refs),
        () if found.settled else _unsettled(ground),
        found.exact,
        tuple(_missing(case, ref) for ref in refs if ref.of == PARAMETERS),
        tuple(_gives(root, found.refs)),
    )


def contradicts(case: Case, policy: Policy, row: int, given: Mapping[Ref, Any]) -> bool:
    """Return whether these values of unknown facts contradict each other or what is known."""
    root = Ground(case).policy(policy, row)
    box: dict[Var, tuple[Any, ...]] = {}
    for var in root.vars:
        if var.ref in given:
            value = given[var.ref]
            value = value if var.tag is None else var.tag in value
            box[var] = (value, value) if var.sort == "number" else (value,)
    try:
        Outcomes(box, Outcomes({}, on=case.on)).mask(root)
    except ClashError:
        return True
    return False


def _gives(root: Node, refs: frozenset[Ref]) -> Iterator[Ref]:
    """Yield the parameters that a place among `refs` would give."""
    for var in dict.fromkeys(v for n in every_node(root) for v in n.own):
        if var.by in refs and var.ref.of == PARAMETERS != var.by.of:
            yield var.ref


def _missing(case: Case, ref: Ref) -> Missing:
    chain = case.frame.chains[ref.row]
    return Missing(ref, chain[0] if chain else "", case.lookup(ref.name, ref.row))


def _unsettled(ground: Ground) -> tuple[Text, ...]:
    said = [(_CLASH, c.left) for c in ground.clashes] + [(_RANGE, r) for r in ground.ranges]
    return tuple(
        Text(*(form.say(lang, what=say_expr(what, lang)) for lang in ("zh", "en")))
        for form, what in dict.fromkeys(said)
    )


# --- which facts first -----------------------------------------------------------------------------


def _ranks(root: Node) -> dict[Ref, tuple[float, int]]:
    """Return how dear each Ref is to find out, and its place in the order of the rule."""
    order = dict.fromkeys(v.by for n in every_node(root) for v in n.own)
    return {ref: (_cost(ref), i) for i, ref in enumerate(order)}


def _cost(ref: Ref) -> float:
    """Return how dear a fact is: the household knows its size, a local standard has to be searched for."""
    if ref.of == PARAMETERS:
        return 40.0
    if ref.node is not None:
        return _cost_of_node(ref.node)
    if ref.name in _TOTALS:
        return 10.0 if ref.of == "households" else 3.0
    return {"households": 1.0, "persons": 2.0}.get(ref.of, 3.0)


def _cost_of_node(node: ex.Expr) -> float:
    if isinstance(node, ex.Some | ex.Total):
        return 2.5 if node.relation.size is None else 8.0
    return 30.0 if isinstance(node, ex.Ask) else 6.0


def _next(root: Node, base: Outcomes, refs: tuple[Ref, ...]) -> Ref | None:
    """Return the Ref that alone decides for the largest part of its representative values, for its cost.

    The first in order where none decides alone. What a household can answer goes before parameters and
    questions to the office.
    """
    if not refs:
        return None
    possible = domains(root)
    scores = []
    for i, ref in enumerate(refs):
        mine = [v for v in root.vars if v.by == ref]
        if ref.of != PARAMETERS and any(v.ref.of == PARAMETERS for v in mine):
            return ref  # a place: nothing local is known before
        boxes = list(_each(mine, possible))
        decided = sum(_decides(root, base, box) for box in boxes)
        shut = ref.of == PARAMETERS or isinstance(ref.node, ex.Ask)
        scores.append((shut, -decided / len(boxes) / _cost(ref), i))
    return refs[min(scores)[2]]


def _each(mine: list[Var], possible: Mapping[Var, tuple[Any, ...]]) -> Iterable[Box]:
    """Yield single values of one Ref: each word and flag, tags one by one, both ends and a middle of numbers."""
    if len(mine) > 1:
        none: Box = dict.fromkeys(mine, (False,))
        yield from (none, *({**none, var: (True,)} for var in mine))
        return
    (var,) = mine
    if var.sort != "number":
        for value in possible[var]:
            yield {var: (value,)}
        return
    low, high = possible[var]
    least = max(low, 0) if high >= 0 else low
    for value in dict.fromkeys((least, min(high, 10**5 + max(low, 0)), min(high, 10**9))):
        yield {var: (value, value)}


def _decides(root: Node, base: Outcomes, box: Box) -> bool:
    try:
        return not Outcomes(box, base).mask(root) & OPEN
    except ClashError:
        return False
