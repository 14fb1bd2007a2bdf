"""Unknown stays unknown: facts are taken away, and no answer may turn from yes to no or from no to yes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs
import numpy as np

from wushe.model import RECORD_KINDS
from wushe.model.spec import Field
from wushe.model.storage import UNKNOWN_INT, Array
from wushe.model.terms import Columns
from wushe.testing.conformance import signs
from wushe.testing.conformance.answering import RAISED, Asked
from wushe.testing.conformance.asking import Answer, Ask
from wushe.testing.conformance.findings import Finding, Sign, found
from wushe.testing.conformance.world import World, changed
from wushe.text import Text

LEAST = {"register_risk_signals": 3, "register_standards": 1}
"""Answers that have to turn: of many made-up persons one or two may contradict themselves by chance."""
THREE_VALUED = tuple(LEAST)
NEED_FACTS = ("asked_on", "due", "on_day", "starts", "ends", "quantity_known")
"""Days, times and amounts that nobody has to state."""
OFFER_FACTS = ("available_from", "available_to", "starts", "ends")
WHERE = ("place_row", "ancestors", "lon", "lat")
"""Columns that are unknown together where nobody said where it is."""
_SIDES = (
    *(("needs", name.removesuffix("_known"), (name,)) for name in NEED_FACTS),
    *(("offers", name, (name,)) for name in OFFER_FACTS),
    *((side, "place", WHERE) for side in ("needs", "offers")),
)
"""Facts of needs and offers that are taken away, and the columns that hold them."""
_SIDE = {"needs": Text("需求", "a need"), "offers": Text("供给", "an offer")}
MANY = {"filter_candidates": 100, "register_order_rules": 40}
"""So many pairs or orders at least; of a few all may be refused."""
MUST_BE_KNOWN = ("consent", "vetting")
"""Reasons for which the law asks that something be known."""
UNKNOWN = -1


def unknown_stays_unknown(asked: Asked, world: World) -> Iterator[Finding]:
    """Yield the rules that say yes or no because a fact is not known."""
    for ask in asked.working:
        if ask.hook in THREE_VALUED:
            yield from _answers(ask, asked.answers[ask.where], world)
        elif ask.hook == "filter_candidates":
            yield from _refusals(ask, asked.answers[ask.where], world)


def refused_all(asked: Asked) -> Iterator[Finding]:
    """Yield the filter terms and guards that allow nothing at all: most likely the answer is upside down."""
    for ask in asked.working:
        for key, part in sorted(asked.answers[ask.where].items()) if ask.hook in MANY else ():
            n = len(part.values)
            if n >= MANY[ask.hook] and not part.values.any():
                reason = key.partition(" ")[2] or "-"
                yield found(signs.REFUSES_ALL, ask.where, n=n, reason=reason)


def _answers(ask: Ask, before: Answer, world: World) -> Iterator[Finding]:
    """Take one column of facts away after the other.

    A rule may presume something from other facts (a person of a household does not live on the street);
    then some answers become -1. Where all that change turn from yes to no or back, unknown was read as a value.
    """
    part = before["answer"]
    table = part.axis.partition(":")[2]
    columns = world.tables[table] if table else world.persons
    put = _rows_of(table) if table else _persons_of
    for name, sign in _facts(table or None, columns):
        blank = unknown_column(columns[name])
        after = _run(ask, put(world, changed(columns, **{name: blank})))
        if after is None:
            continue
        now = after["answer"].values
        turned = (now != part.values) & (part.values != UNKNOWN)
        if turned.sum() >= LEAST[ask.hook] and (now[turned] != UNKNOWN).all():
            yield found(sign, ask.where, field=name, n=int(turned.sum()))


def _persons_of(world: World, columns: Columns) -> World:
    return attrs.evolve(world, persons=columns)


def _rows_of(table: str) -> Callable[[World, Columns], World]:
    return lambda world, columns: attrs.evolve(world, tables={**world.tables, table: columns})


def _run(ask: Ask, world: World) -> Answer | None:
    try:
        return ask.run(world)
    except RAISED:  # odd facts are another check's business
        return None


def _facts(table: str | None, columns: Columns) -> Iterator[tuple[str, Sign]]:
    """Yield the columns that may be unknown, with the finding they would make."""
    persons = (("persons", ""), ("households", "household_"))
    for source, prefix in persons if table is None else ((table, ""),):
        for field in RECORD_KINDS[source].fields:
            name = prefix + field.name
            if name in columns.arrays and _may_be_unknown(field):
                # A standard may ask whether something is written in the books at all; a flag has a "no".
                asked = ("flag",) if table else ("flag", "int64", "float64", "date")
                strict = field.kind.storage in asked
                yield name, signs.UNKNOWN_DECIDES if strict else signs.BLANK_DECIDES
    if table is None:
        told = [n for n in columns.arrays if n == "age" or n.startswith(("fact:", "group:"))]
        yield from ((name, signs.UNKNOWN_DECIDES) for name in told)


def _may_be_unknown(field: Field) -> bool:
    return not field.required and not field.refs and field.sensitive == "none"


def unknown_column(column: Array) -> Array:
    """Return a column of the same dtype in which nothing is known."""
    marks: dict[str, Any] = {"O": None, "M": np.datetime64("NaT"), "f": np.nan, "b": False}
    wide = column.dtype.kind == "i" and column.dtype.itemsize == 8
    return np.full(column.shape, UNKNOWN_INT if wide else marks.get(column.dtype.kind, -1)).astype(
        column.dtype
    )


def _refusals(ask: Ask, before: Answer, world: World) -> Iterator[Finding]:
    for side, field, names in _SIDES:
        columns = getattr(world, side)
        blank = changed(columns, **{name: unknown_column(columns[name]) for name in names})
        needs, offers = (blank if side == name else getattr(world, name) for name in _SIDE)
        prepared = attrs.evolve(world.prepared, needs=needs, offers=offers)
        after = _run(ask, attrs.evolve(world, prepared=prepared))
        if after is None or set(after) != set(before):
            continue
        for key, part in sorted(before.items()):
            reason = key.partition(" ")[2]
            refused = int((part.values & ~after[key].values).sum())
            if refused and reason not in MUST_BE_KNOWN:
                params = {"side": _SIDE[side], "field": field, "n": refused, "reason": reason}
                sign = signs.NOWHERE_REFUSES if names is WHERE else signs.UNKNOWN_REFUSES
                yield found(sign, ask.where, **params)
