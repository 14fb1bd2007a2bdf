"""What relief rules are made of: facts, parameters, comparisons, and/or/not, arithmetic, dates.

An expression is plain frozen data. Everything else is derived from it: the vectorised evaluation
(`columns`), the scalar twin (`scalar`), printing (`say`), missing facts, the dependency graph.
There is no division in it, so that a per-head test is exact: income < standard x members.
"""

from __future__ import annotations

import datetime as dt
import typing
from fractions import Fraction
from typing import Any, Literal, TypeAlias

import attrs

from wushe.model.spec import RECORD_KINDS
from wushe.model.spec import Field as FieldSpec
from wushe.text import Text

Kind: TypeAlias = Literal["truth", "number", "date", "code", "tags"]
T = typing.TypeVar("T")
Operator: TypeAlias = Literal["<", "<=", ">", ">=", "=="]
OPERATORS: tuple[Operator, ...] = ("<", "<=", ">", ">=", "==")
ANYWHERE = ""
"""The entity of an expression that holds for every row alike, such as a parameter."""


class RuleError(TypeError):
    """An expression that makes no sense; the message says what was expected."""


@typing.dataclass_transform(frozen_default=True, field_specifiers=(attrs.field,))
def node(cls: type[T]) -> type[T]:
    """Make `cls` frozen data, compared by structure with its hash kept."""
    return attrs.frozen(cache_hash=True, repr=False)(cls)


class Expr:
    """An expression: `of` is the record kind whose rows it is asked for, `kind` what it answers."""

    @property
    def of(self) -> str:
        """The record kind, or `ANYWHERE`."""
        raise NotImplementedError

    @property
    def kind(self) -> Kind:
        """What it answers."""
        raise NotImplementedError

    def __repr__(self) -> str:
        from wushe.rules.say import say_expr

        return f"<{type(self).__name__} {say_expr(self, 'en')}>"

    def __and__(self, other: Expr) -> Expr:
        return all_of(self, other)

    def __or__(self, other: Expr) -> Expr:
        return any_of(self, other)

    def __invert__(self) -> Expr:
        return Not(expect(self, "truth", "~"))

    def __bool__(self) -> bool:
        raise RuleError("an expression has no truth of its own: combine with & | ~, not and/or/not")

    def __lt__(self, other: Operand) -> Expr:
        return compare(self, "<", other)

    def __le__(self, other: Operand) -> Expr:
        return compare(self, "<=", other)

    def __gt__(self, other: Operand) -> Expr:
        return compare(self, ">", other)

    def __ge__(self, other: Operand) -> Expr:
        return compare(self, ">=", other)

    def equals(self, other: Operand) -> Expr:
        """Return the condition that both numbers are equal."""
        return compare(self, "==", other)

    def __add__(self, other: Operand) -> Expr:
        return Add(items_of(Add, "number", "+", (self, number(other))))

    __radd__ = __add__

    def __sub__(self, other: Operand) -> Expr:
        return self + Times(Const(Fraction(-1)), number(other))

    def __rsub__(self, other: Operand) -> Expr:
        return number(other) - self

    def __mul__(self, other: Operand) -> Expr:
        return Times(*pair("*", self, number(other)))

    __rmul__ = __mul__

    def is_(self, word: str) -> Expr:
        """Return the condition that a choice has this value."""
        return self.one_of(word)

    def one_of(self, *words: str) -> Expr:
        """Return the condition that a choice has one of these values. Raises RuleError for a typo."""
        expect(self, "code", "one_of")
        _known_words(self, words)
        return OneOf(self, tuple(sorted(words)))

    def has(self, tag: str) -> Expr:
        """Return the condition that `tag` is among the tags. Raises RuleError for a typo."""
        expect(self, "tags", "has")
        _known_words(self, (tag,))
        return HasTag(self, tag)


Operand: TypeAlias = Expr | int | Fraction


@node
class Const(Expr):
    """A number."""

    value: Fraction
    of = ANYWHERE
    kind: Kind = attrs.field(default="number", init=False)


@node
class Always(Expr):
    """Yes or no, whatever the facts."""

    value: bool
    of = ANYWHERE
    kind: Kind = attrs.field(default="truth", init=False)


@node
class Param(Expr):
    """A parameter: the value that holds at the row's place on the day. Money is in fen."""

    name: str
    of = ANYWHERE
    kind: Kind = attrs.field(default="number", init=False)


@node
class Fact(Expr):
    """A field of the row itself."""

    of: str
    name: str
    kind: Kind

    @property
    def spec(self) -> FieldSpec:
        """The field's specification."""
        return RECORD_KINDS[self.of].field(self.name)


@node
class InForce(Expr):
    """Whether the day lies within `first`..`last`, both inclusive; None is open."""

    first: dt.date | None
    last: dt.date | None = None
    of = ANYWHERE
    kind: Kind = attrs.field(default="truth", init=False)


@node
class InRegion(Expr):
    """Whether the row's place is one of `codes` or lies in one of them."""

    codes: tuple[str, ...]
    of = ANYWHERE
    kind: Kind = attrs.field(default="truth", init=False)


@node
class NotEnded(Expr):
    """Whether a dated row still holds on the day: an empty end is no end."""

    item: Expr
    kind: Kind = attrs.field(default="truth", init=False)
    of: str = attrs.field(init=False, default=attrs.Factory(lambda s: s.item.of, True))


@node
class Ask(Expr):
    """A question that only the office can answer; always unknown to us (discretion, local lists)."""

    of: str
    id: str
    text: Text
    kind: Kind = attrs.field(default="truth", init=False)


@node
class Not(Expr):
    """The opposite."""

    item: Expr
    kind: Kind = attrs.field(default="truth", init=False)
    of: str = attrs.field(init=False, default=attrs.Factory(lambda s: s.item.of, True))


@node
class And(Expr):
    """All of several conditions."""

    items: tuple[Expr, ...]
    kind: Kind = attrs.field(default="truth", init=False)
    of: str = attrs.field(init=False, default=attrs.Factory(lambda s: of_all(s.items), True))


@node
class Or(Expr):
    """At least one of several conditions."""

    items: tuple[Expr, ...]
    kind: Kind = attrs.field(default="truth", init=False)
    of: str = attrs.field(init=False, default=attrs.Factory(lambda s: of_all(s.items), True))


@node
class Compare(Expr):
    """Two numbers compared; `op` is an operator or the name of the parameter that holds it."""

    left: Expr
    op: str
    right: Expr
    kind: Kind = attrs.field(default="truth", init=False)
    of: str = attrs.field(
        init=False, default=attrs.Factory(lambda s: of_all((s.left, s.right)), True)
    )


@node
class OneOf(Expr):
    """A choice with one of several values."""

    item: Expr
    words: tuple[str, ...]
    kind: Kind = attrs.field(default="truth", init=False)
    of: str = attrs.field(init=False, default=attrs.Factory(lambda s: s.item.of, True))


@node
class HasTag(Expr):
    """A tag among tags."""

    item: Expr
    tag: str
    kind: Kind = attrs.field(default="truth", init=False)
    of: str = attrs.field(init=False, default=attrs.Factory(lambda s: s.item.of, True))


@node
class Add(Expr):
    """A sum of numbers."""

    items: tuple[Expr, ...]
    kind: Kind = attrs.field(default="number", init=False)
    of: str = attrs.field(init=False, default=attrs.Factory(lambda s: of_all(s.items), True))


@node
class Times(Expr):
    """A product of two numbers."""

    left: Expr
    right: Expr
    kind: Kind = attrs.field(default="number", init=False)
    of: str = attrs.field(
        init=False, default=attrs.Factory(lambda s: of_all((s.left, s.right)), True)
    )


@node
class Most(Expr):
    """The largest of several numbers."""

    items: tuple[Expr, ...]
    kind: Kind = attrs.field(default="number", init=False)
    of: str = attrs.field(init=False, default=attrs.Factory(lambda s: of_all(s.items), True))


@node
class Least(Expr):
    """The smallest of several numbers."""

    items: tuple[Expr, ...]
    kind: Kind = attrs.field(default="number", init=False)
    of: str = attrs.field(init=False, default=attrs.Factory(lambda s: of_all(s.items), True))


@node
class Pick(Expr):
    """The number of the first case whose condition holds, else the last one."""

    tests: tuple[Expr, ...]
    values: tuple[Expr, ...]  # one more than tests
    kind: Kind = attrs.field(default="number", init=False)
    of: str = attrs.field(
        init=False, default=attrs.Factory(lambda s: of_all((*s.tests, *s.values)), True)
    )


@node
class Between(Expr):
    """A number known only to lie from `low` to `high`: an amount that the text gives as a range."""

    low: Expr
    high: Expr
    kind: Kind = attrs.field(default="number", init=False)
    of: str = attrs.field(
        init=False, default=attrs.Factory(lambda s: of_all((s.low, s.high)), True)
    )


@node
class Meet(Expr):
    """One number known in two ways: what both allow."""

    left: Expr
    right: Expr
    kind: Kind = attrs.field(default="number", init=False)
    of: str = attrs.field(
        init=False, default=attrs.Factory(lambda s: of_all((s.left, s.right)), True)
    )


@node
class Rounded(Expr):
    """Money rounded by a rule: ``mode:yuan`` (``ceil:1``, ``nearest:5``) or a parameter that holds it."""

    item: Expr
    rule: str
    kind: Kind = attrs.field(default="number", init=False)
    of: str = attrs.field(init=False, default=attrs.Factory(lambda s: s.item.of, True))


@node
class Elapsed(Expr):
    """Whole years, months, days or working days from a date to the day of assessment."""

    item: Expr
    unit: Literal["years", "months", "days", "working_days"]
    kind: Kind = attrs.field(default="number", init=False)
    of: str = attrs.field(init=False, default=attrs.Factory(lambda s: s.item.of, True))


def compare(left: Expr, op: str, right: Operand) -> Expr:
    """Return the comparison; `op` may be the name of the parameter that holds the operator."""
    return Compare(*pair(op, left, number(right), op))


def pair(what: str, left: Expr, right: Expr, *between: Any) -> tuple[Any, ...]:
    """Return two numbers of one record kind, with what stands between them. Raises RuleError."""
    for item in (left, right):
        expect(item, "number", what)
    of_all((left, right))
    return (left, *between, right)


def number(value: Operand) -> Expr:
    """Return `value` as an expression. Raises RuleError for anything but whole numbers and fractions."""
    if isinstance(value, Expr):
        return value
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        raise RuleError(f"{value!r}: expected a whole number or a Fraction (money in fen)")
    return Const(Fraction(value))


def all_of(*items: Expr) -> Expr:
    """Return the condition that all of `items` hold."""
    return And(items_of(And, "truth", "&", items))


def any_of(*items: Expr) -> Expr:
    """Return the condition that at least one of `items` holds."""
    return Or(items_of(Or, "truth", "|", items))


def items_of(cls: type[Any], kind: Kind, what: str, items: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """Flatten nested sums and conditions of one class: they read better and evaluate the same."""
    flat: list[Expr] = []
    for item in items:
        expect(item, kind, what)
        flat.extend(item.items if isinstance(item, cls) else (item,))
    if not flat:
        raise RuleError(f"{what}: expected at least one {kind}")
    of_all(tuple(flat))
    return tuple(flat)


def expect(item: Expr, kind: Kind, what: str) -> Expr:
    """Return `item` if it answers a `kind`. Raises RuleError."""
    if not isinstance(item, Expr):
        raise RuleError(f"{what}: expected a {kind} expression, got {item!r}")
    if item.kind != kind:
        raise RuleError(f"{what}: expected a {kind}, got a {item.kind}")
    return item


def of_all(items: tuple[Expr, ...]) -> str:
    """Return the one record kind that `items` are asked for. Raises RuleError where there are two."""
    found = sorted({i.of for i in items} - {ANYWHERE})
    if len(found) > 1:
        raise RuleError(
            f"facts of {' and '.join(found)} in one expression: bring them together with a relation "
            "(members.any, in_household, ...)"
        )
    return found[0] if found else ANYWHERE


def _known_words(item: Expr, words: tuple[str, ...]) -> None:
    labels = item.spec.kind.labels if isinstance(item, Fact) else {}
    for word in words:
        if labels and word not in labels:
            raise RuleError(f"{word!r}: expected one of {', '.join(labels)}")
