"""The nodes of a policy grounded for one row: what is known is folded in, what may be supplied is a `Var`.

A node knows which variables lie below it (`vars`); nodes are compared by identity.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import inf
from typing import Any, Literal, TypeAlias

import attrs

from wushe.rules.scalar import End, Ref

Sort: TypeAlias = Literal["truth", "word", "number", "operator", "rounding"]
Ends: TypeAlias = tuple[End, End]


@attrs.frozen(eq=False)
class Var:
    """One thing that may be supplied; `by` is the Ref that supplies it, several may share one.

    Not supplied, a number lies in `open`; once supplied it is one number of `domain` in steps of
    `step`. `fixed` is the known value of a fact that may be varied, `trusted` what the second
    pass takes for a parameter that is past its term.
    """

    ref: Ref
    by: Ref
    sort: Sort
    open: Ends = (-inf, inf)
    domain: Ends = (-inf, inf)
    step: Fraction = Fraction(1)
    trusted: Any = None
    fixed: Any = None
    words: tuple[str, ...] = ()
    tag: str | None = None


@attrs.frozen(eq=False)
class Node:
    """A node; `kids` are the nodes it is made of, `own` the variables that it reads itself."""

    kids: tuple[Node, ...] = ()
    own: tuple[Var, ...] = ()
    vars: frozenset[Var] = attrs.field(init=False)
    soft: bool = attrs.field(init=False)
    """Whether the two passes may differ."""

    def __attrs_post_init__(self) -> None:
        found = frozenset(self.own).union(*(kid.vars for kid in self.kids))
        object.__setattr__(self, "vars", found)
        object.__setattr__(self, "soft", any(v.trusted is not None for v in found))


# --- truth ---------------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class Sure(Node):
    """Yes or no."""

    value: bool = True


@attrs.frozen(eq=False)
class Flag(Node):
    """A yes or no that may be supplied."""


@attrs.frozen(eq=False)
class Word(Node):
    """Whether a choice that may be supplied is one of `words`."""

    words: tuple[str, ...] = ()


@attrs.frozen(eq=False)
class Neg(Node):
    """The opposite of a node that is no conjunction."""


@attrs.frozen(eq=False)
class All(Node):
    """All of several."""


@attrs.frozen(eq=False)
class Any_(Node):  # noqa: N801 - `Any` means something else
    """At least one of several."""


@attrs.frozen(eq=False)
class Cmp(Node):
    """Two numbers compared, `op` None where the operator itself may be supplied (the one own variable)."""

    op: str | None = None


@attrs.frozen(eq=False)
class HasMore(Node):
    """Whether the size of a relation, a variable, may be above the number of `rows` there are.

    `closed`: while it is not supplied, the rows are said to be all there are.
    """

    rows: int = 0
    closed: bool = False


# --- numbers -------------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class Num(Node):
    """A known number."""

    value: End = 0


@attrs.frozen(eq=False)
class Cell(Node):
    """A number that may be supplied."""


@attrs.frozen(eq=False)
class Sum(Node):
    """A sum."""


@attrs.frozen(eq=False)
class Product(Node):
    """A product of two."""


@attrs.frozen(eq=False)
class Extreme(Node):
    """The largest, or the smallest, of several."""

    most: bool = True


@attrs.frozen(eq=False)
class Choose(Node):
    """The number of the first test that holds: kids are `n` tests, then n + 1 numbers."""

    n: int = 1


@attrs.frozen(eq=False)
class Range(Node):
    """Anything from the first number to the second; `settled` asks as if the office had said which."""

    settled: bool = False


@attrs.frozen(eq=False)
class Both(Node):
    """One number known in two ways; `clash`: what is known contradicts itself, it lies between them.

    `stated` is the variable that would state it as a whole, if the first of the two ways is one.
    """

    clash: bool = False
    settled: bool = False


@attrs.frozen(eq=False)
class Snap(Node):
    """A number rounded by `mode` to `unit`, in fen; both unset where the rule may be supplied."""

    mode: str | None = None
    unit: Fraction = Fraction(0)


@attrs.frozen(eq=False)
class Since(Node):
    """Whole years, months, days or working days from a date to the day of assessment.

    `today` is that day in days since 1970.
    """

    unit: str = "years"
    today: int = 0


@attrs.frozen(eq=False)
class Extra(Node):
    """How many rows are missing by the size of a relation, a variable; see `HasMore`."""

    rows: int = 0
    closed: bool = False


@attrs.frozen(eq=False)
class Rest(Node):
    """What rows that are missing would add: the own variable; the kid says how many are missing.

    `counts`: they add a number of rows, at most all of those missing.
    """

    counts: bool = False


@attrs.frozen(eq=False)
class Unstated(Node):
    """What rows that may be missing would add, unless one of the kids (tests of the rows there) holds."""


YES_NODE, NO_NODE = Sure(value=True), Sure(value=False)


def whole(value: Any) -> Any:
    """Return a number as int where it is whole: ints are several times faster than fractions."""
    return value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value


def conjunction(kids: Iterable[Node]) -> Node:
    """Return all of `kids`, constants folded."""
    return _joined(All, kids, NO_NODE, YES_NODE)


def disjunction(kids: Iterable[Node]) -> Node:
    """Return any of `kids`, constants folded."""
    return _joined(Any_, kids, YES_NODE, NO_NODE)


def _joined(cls: type[Node], kids: Iterable[Node], final: Sure, empty: Sure) -> Node:
    flat: dict[Node, None] = {}
    for kid in kids:
        if isinstance(kid, Sure):
            if kid.value == final.value:
                return final
        elif isinstance(kid, cls):
            flat.update(dict.fromkeys(kid.kids))
        else:
            flat[kid] = None
    if not flat:
        return empty
    found = tuple(flat)
    return found[0] if len(found) == 1 else cls(found)


def negation(node: Node) -> Node:
    """Return the opposite, with "not" pushed down to what is no conjunction."""
    if isinstance(node, Sure):
        return NO_NODE if node.value else YES_NODE
    if isinstance(node, Neg):
        return node.kids[0]
    if isinstance(node, All):
        return disjunction(negation(kid) for kid in node.kids)
    if isinstance(node, Any_):
        return conjunction(negation(kid) for kid in node.kids)
    return Neg((node,))
