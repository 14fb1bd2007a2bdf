"""Expressions across rows: members of a household, a person's income items, the father, other policies."""

from __future__ import annotations

from fractions import Fraction

import attrs

from wushe.rules.nodes import ANYWHERE, Always, Const, Expr, Kind, Not, RuleError, node
from wushe.text import Text


@attrs.frozen(cache_hash=True)
class Relation:
    """Rows of `child` that belong to a row of `parent` through the field `via` of the child.

    `complete` says whether the table holds all there are; where it does not, rows may be missing and
    nothing is concluded from their absence. `size` names the parent's field that states how many there
    are, which goes before `complete`. `alone` names a field
    of the child that must be empty (a status of the household, not of one person).
    """

    name: str
    parent: str
    child: str
    via: str
    label: Text
    complete: Expr | None = None
    size: str | None = None
    alone: str | None = None

    def any(self, test: Expr) -> Expr:
        """Return the condition that some row passes `test`."""
        return Some(self, self._test(test))

    def all(self, test: Expr) -> Expr:
        """Return the condition that every row passes `test`."""
        return Not(Some(self, Not(self._test(test))))

    def count(self, test: Expr | None = None) -> Expr:
        """Return how many rows pass `test`."""
        return Total(
            self,
            Const(Fraction(1)),
            self._test(Always(True) if test is None else test),
            self.label,
            False,
        )

    def sum(
        self, value: Expr, where: Expr | None = None, label: Text | None = None, stated: bool = True
    ) -> Expr:
        """Return the sum of `value` (never below zero where rows are missing) over the rows where `where` holds.

        With `stated`, one matching row is taken to state them all; else only `complete` does. `label`
        names the total when it has to be asked for.
        """
        if value.of not in (ANYWHERE, self.child):
            raise RuleError(f"{self.name}.sum: value of {value.of}, expected {self.child}")
        return Total(
            self,
            value,
            self._test(Always(True) if where is None else where),
            label or self.label,
            stated,
        )

    def _test(self, test: Expr) -> Expr:
        if test.kind != "truth" or test.of not in (ANYWHERE, self.child):
            raise RuleError(
                f"{self.name}: expected a condition on {self.child}, got a {test.kind} of {test.of}"
            )
        return test


@node
class Some(Expr):
    """Whether some related row passes a test."""

    relation: Relation
    test: Expr
    kind: Kind = attrs.field(default="truth", init=False)

    @property
    def of(self) -> str:
        """The relation's parent."""
        return self.relation.parent


@node
class Total(Expr):
    """A sum over the related rows that pass a test; see `Relation.sum`."""

    relation: Relation
    value: Expr
    where: Expr
    label: Text
    stated: bool
    kind: Kind = attrs.field(default="number", init=False)

    @property
    def of(self) -> str:
        """The relation's parent."""
        return self.relation.parent


@attrs.frozen(cache_hash=True)
class Link:
    """The one row of `target` that a row of `source` names in its field `via`."""

    name: str
    source: str
    target: str
    via: str
    label: Text

    def __call__(self, item: Expr) -> Expr:
        """Return `item` of the linked row; unknown where none is named."""
        if item.of == ANYWHERE:
            return item
        if item.of != self.target or item.kind not in ("truth", "number"):
            raise RuleError(f"{self.name}: expected a condition or number of {self.target}")
        return Linked(self, item, item.kind)


@node
class Linked(Expr):
    """A condition or number of the linked row."""

    link: Link
    item: Expr
    kind: Kind

    @property
    def of(self) -> str:
        """The link's source."""
        return self.link.source


@node
class Answer(Expr):
    """Another policy's answer for the same row."""

    policy: str
    of: str
    kind: Kind = attrs.field(default="truth", init=False)


@node
class Pays(Expr):
    """Another policy's amount for the same row, in fen."""

    policy: str
    amount: str
    of: str
    kind: Kind = attrs.field(default="number", init=False)
