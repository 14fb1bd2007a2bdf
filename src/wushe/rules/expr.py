"""The expression language of relief rules, as rules are written in it: all its parts in one place."""

from __future__ import annotations

import datetime as dt
import re
import typing
from collections.abc import Callable, Iterator
from typing import Any

import attrs

from wushe.model import kinds
from wushe.model.spec import RECORD_KINDS
from wushe.model.spec import Field as FieldSpec
from wushe.rules.nodes import (
    ANYWHERE,
    OPERATORS,
    Add,
    Always,
    And,
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
    Kind,
    Least,
    Meet,
    Most,
    Not,
    NotEnded,
    OneOf,
    Operand,
    Or,
    Param,
    Pick,
    Rounded,
    RuleError,
    Times,
    all_of,
    any_of,
    compare,
    expect,
    items_of,
    number,
    of_all,
    pair,
)
from wushe.rules.relations import Answer, Link, Linked, Pays, Relation, Some, Total
from wushe.text import Text

__all__ = [
    "ANYWHERE",
    "OPERATORS",
    "Add",
    "Always",
    "And",
    "Answer",
    "Ask",
    "Between",
    "Compare",
    "Const",
    "Elapsed",
    "Entity",
    "Expr",
    "Fact",
    "HasTag",
    "InForce",
    "InRegion",
    "Kind",
    "Least",
    "Link",
    "Linked",
    "Meet",
    "Most",
    "Not",
    "NotEnded",
    "OneOf",
    "Operand",
    "Or",
    "Param",
    "Pays",
    "Pick",
    "Relation",
    "Rounded",
    "RuleError",
    "Some",
    "Times",
    "Total",
    "age",
    "all_of",
    "any_of",
    "ask",
    "between",
    "children",
    "compare",
    "days_since",
    "fact",
    "in_force",
    "in_region",
    "least",
    "meet",
    "months_since",
    "most",
    "not_ended",
    "number",
    "param",
    "pays",
    "pick",
    "rounded",
    "walk",
    "working_days_since",
]


_ROUNDING = re.compile(r"exact|(ceil|floor|nearest):[1-9][0-9]*|[a-z][A-Za-z0-9_]*")


def most(*items: Operand) -> Expr:
    """Return the largest of `items`."""
    return Most(items_of(Most, "number", "most", tuple(map(number, items))))


def least(*items: Operand) -> Expr:
    """Return the smallest of `items`."""
    return Least(items_of(Least, "number", "least", tuple(map(number, items))))


def pick(*cases: tuple[Expr, Operand], other: Operand) -> Expr:
    """Return the value of the first case whose condition holds, else `other`."""
    tests = tuple(expect(test, "truth", "pick") for test, _ in cases)
    values = tuple(expect(number(value), "number", "pick") for _, value in cases)
    of_all((*tests, *values, number(other)))
    return Pick(tests, (*values, number(other)))


def param(name: str) -> Expr:
    """Return the parameter `name` as it holds at the row's place on the day."""
    return Param(name)


def age(birth: Expr) -> Expr:
    """Return whole years since `birth` (周岁): one more from the birthday on, 1 March for 29 February."""
    return Elapsed(expect(birth, "date", "age"), "years")


def months_since(day: Expr) -> Expr:
    """Return whole months since the date."""
    return Elapsed(expect(day, "date", "months_since"), "months")


def days_since(day: Expr) -> Expr:
    """Return days since the date."""
    return Elapsed(expect(day, "date", "days_since"), "days")


def working_days_since(day: Expr) -> Expr:
    """Return the working days after the date, up to and including the day (民法典 article 201)."""
    return Elapsed(expect(day, "date", "working_days_since"), "working_days")


def rounded(item: Expr, rule: str) -> Expr:
    """Return money rounded by ``mode:yuan`` or by the rule that the parameter `rule` holds.

    Raises RuleError for anything but ``exact``, ``ceil:5``, ``floor:1``, ``nearest:10`` or a name.
    """
    if not _ROUNDING.fullmatch(rule):
        raise RuleError(
            f"{rule!r}: expected exact, ceil:1, floor:5, nearest:10 or a parameter's name"
        )
    return Rounded(expect(item, "number", "rounded"), rule)


def in_force(first: dt.date | None, last: dt.date | None = None) -> Expr:
    """Return the condition that the day of assessment lies within `first`..`last` (None is open)."""
    return InForce(first, last)


def in_region(*codes: str) -> Expr:
    """Return the condition that the place is, or lies in, one of the places with these codes."""
    return InRegion(codes)


def pays(policy: str, amount: str, of: str) -> Expr:
    """Return what another policy pays the same row, in fen; nothing where it is not eligible."""
    return Pays(policy, amount, of)


def not_ended(day: Expr) -> Expr:
    """Return the condition that the end `day` is not past; an empty end is no end."""
    return NotEnded(expect(day, "date", "not_ended"))


def ask(of: str, id: str, text: Text) -> Expr:  # noqa: A002 - the name that every rule uses
    """Return a question that only the office can answer: it stays unknown to us."""
    return Ask(of, id, text)


def between(low: Operand, high: Operand) -> Expr:
    """Return an amount that the text gives as a range."""
    return Between(*pair("between", number(low), number(high)))


def meet(left: Expr, right: Expr) -> Expr:
    """Return one number that is known in two ways: a stated total, and its items."""
    return Meet(*pair("meet", left, right))


def children(item: Expr) -> tuple[Expr, ...]:
    """Return the expressions that `item` is made of, in order."""
    found: list[Expr] = []
    for a in attrs.fields(typing.cast(Any, type(item))):
        value = getattr(item, a.name)
        if isinstance(value, Expr):
            found.append(value)
        elif isinstance(value, tuple):
            found.extend(v for v in value if isinstance(v, Expr))
        elif isinstance(value, Relation) and value.complete is not None:
            found.append(value.complete)
    return tuple(found)


def walk(item: Expr) -> Iterator[Expr]:
    """Yield `item` and everything in it, parents first, each distinct expression once."""
    seen: set[Expr] = set()
    queue = [item]
    while queue:
        node = queue.pop()
        if node not in seen:
            seen.add(node)
            yield node
            queue.extend(reversed(children(node)))


_KINDS: dict[str, Callable[[FieldSpec], Kind | None]] = {
    "flag": lambda _: "truth",
    "int64": lambda _: "number",
    "date": lambda _: "date",
    "object": lambda f: "tags" if f.kind.python == (tuple,) else "code",
    "float64": lambda _: None,
}


def fact(of: str, name: str) -> Expr:
    """Return field `name` of record kind `of`. Raises RuleError that lists the fields there are."""
    spec = RECORD_KINDS[of]
    if name not in spec.field_names:
        raise RuleError(f"{of} have no field {name!r}; fields: {', '.join(spec.field_names)}")
    field = spec.field(name)
    kind = _KINDS[field.kind.storage](field)
    if kind is None or field.kind is kinds.QUANTITY:
        raise RuleError(f"{of}.{name}: rules take yes/no, whole numbers, dates, choices and tags")
    return Fact(of, name, kind)


class Entity:
    """The fields of one record kind as expressions: ``hh.zone``, ``p.birth``."""

    def __init__(self, of: str) -> None:
        self._of = of

    def __getattr__(self, name: str) -> Expr:
        if name.startswith("_"):
            raise AttributeError(name)
        return fact(self._of, name)
