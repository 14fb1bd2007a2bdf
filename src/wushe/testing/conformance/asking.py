"""Every question that a plugin's rules can be asked, and answers in a form that can be compared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import attrs
import numpy as np

from wushe.model import RECORD_KINDS
from wushe.model.storage import Array
from wushe.testing.conformance.kit import Kit
from wushe.testing.conformance.patience import patience
from wushe.testing.conformance.world import SOURCES, Axis, World
from wushe.text import Text

MORE_SOURCES = (*SOURCES, "made_up_fund")
CLOSE = 1e-9
"""Sums in another order may differ by this much."""


@attrs.frozen(eq=False)
class Part:
    """One part of an answer: `values` with a row for each of `axis`, or anything where that is "".

    `labels` are words that people will read; `spoken` is False where they are not in both languages.
    `texts` are (what, text), of which each half must be in its language: the label of a term, titles of a table.
    """

    axis: Axis
    values: Any
    labels: tuple[str, ...] = ()
    spoken: bool = True
    texts: tuple[tuple[str, Text], ...] = ()


Answer = Mapping[str, Part]


@attrs.frozen(eq=False)
class Ask:
    """One question: the `hook`, the rule's id or "", and how to ask it of a world."""

    hook: str
    rule: str
    question: Callable[[World], Answer]

    def run(self, world: World) -> Answer:
        """Return the answer about a world. Raises NoAnswerError where none comes, and whatever the rule raises."""
        with patience():
            return self.question(world)

    @property
    def where(self) -> str:
        """The hook, with the rule's id where it has one."""
        return f"{self.hook} · {self.rule}" if self.rule else self.hook


def asks_of(kit: Kit) -> tuple[Ask, ...]:
    """Return the questions that this plugin can be asked, in the order of the hooks' grammar."""
    return (*_registered(kit), *_batches(kit))


def _registered(kit: Kit) -> Iterator[Ask]:
    rules = kit.rules
    for key in kit.mine("register_risk_signals"):
        yield Ask("register_risk_signals", key, partial(_signal, rules.risk_signals[key]))
    for key in kit.mine("register_standards"):
        standard = rules.standards[key]
        for item in standard.items if standard.table in RECORD_KINDS else ():
            yield Ask(
                "register_standards", f"{key}.{item.id}", partial(_item, standard.table, item)
            )
    mine = kit.mine("register_order_rules")
    for order_rules in rules.order_rules:
        for guard in order_rules.guards if order_rules.id in mine else ():
            yield Ask(
                "register_order_rules", f"{order_rules.id}.{guard.name}", partial(_guard, guard)
            )
    for key in kit.mine("register_report_sections"):
        yield Ask("register_report_sections", key, partial(_section, rules.report_sections[key]))


def _batches(kit: Kit) -> Iterator[Ask]:
    for hook, run in _RUN.items():
        if hook in kit.hooks:
            yield Ask(hook, "", partial(run, kit.own))


def _signal(signal: Any, world: World) -> Answer:
    return {"answer": Part("persons", signal.test(world.persons, world.context))}


def _item(table: str, item: Any, world: World) -> Answer:
    return {"answer": Part(f"rows:{table}", item.test(world.tables[table], world.context))}


def _guard(guard: Any, world: World) -> Answer:
    return {"answer": Part("orders", guard.check(world.orders, world.helpers))}


def _section(section: Any, world: World) -> Answer:
    return {
        table.id: Part("", table, tuple(_words_of(table)), texts=tuple(_headings_of(table)))
        for table in section.make(world.network, world.context)
    }


def _words_of(table: Any) -> Iterator[str]:
    """Yield all words of a report's table, in both languages."""
    texts = [table.title, table.head, table.note, *(column.label for column in table.columns)]
    for row in table.all_rows():
        texts += [row.label, *(cell for cell in row.cells if not isinstance(cell, int))]
        yield from (str(cell) for cell in row.cells if isinstance(cell, int))
    yield table.id
    for text in texts:
        if text is not None:
            yield from (text.zh, text.en)


def _headings_of(table: Any) -> Iterator[tuple[str, Text]]:
    """Yield what the plugin's author wrote on a report's table; rows may be named after places as they are."""
    yield from (("title", table.title), ("head", table.head))
    yield from (("column", column.label) for column in table.columns)
    if table.note is not None:
        yield "note", table.note


def _named(axis: Axis, values: Array, name: str, label: Any) -> Part:
    """Return the values of a term with its name and label, which should be a text or nothing."""
    if isinstance(label, Text) and isinstance(label.zh, str) and isinstance(label.en, str):
        return Part(axis, values, (name, label.zh, label.en), texts=(("label", label),))
    if label is None:
        return Part(axis, values, (name,))
    return Part(axis, values, (name, str(label)), spoken=False)


def _needs(own: Any, world: World) -> Answer:
    return {"priority": Part("needs", own.prioritise_needs(world.needs, world.context))}


def _visits(own: Any, world: World) -> Answer:
    return {"priority": Part("persons", own.prioritise_visits(world.persons, world.context))}


def _relief(own: Any, world: World) -> Answer:
    """Ask about all kinds of money, about one, and about more than there are today."""
    several = {"turns": SOURCES, "turns of one source": SOURCES[:1], "turns of more": MORE_SOURCES}
    return {
        name: Part("needs", own.order_relief_sources(world.needs, sources, world.context))
        for name, sources in several.items()
    }


def _filters(own: Any, world: World) -> Answer:
    terms = own.filter_candidates(world.needs, world.offers, world.pairs, world.context)
    return {
        f"{at} {term.reason}": _named("pairs", term.allowed, term.name or "", term.label)
        for at, (_, term) in enumerate(terms)
    }


def _scores(own: Any, world: World) -> Answer:
    scores = own.score_candidates(world.needs, world.offers, world.pairs, world.context)
    found = {}
    for score in scores:
        found[score.term.name] = _named("pairs", score.points, score.term.name, score.term.label)
        found[f"{score.term.name} weight"] = Part("", score.term.weight)
    return found


def _offers(own: Any, world: World) -> Answer:
    ((_, table),) = own.derive_offers(world.network.tables, world.context)
    columns = {name: column.tolist() for name, column in table.columns.items()}
    # Ids of offers are printed in plans and on orders.
    return {"offers": Part("", columns, tuple(columns["id"]))}


def _split(own: Any, world: World) -> Answer:
    return {"gifts": Part("", sorted(own.split_gifts(world.donations, world.pools, world.context)))}


def _projects(own: Any, world: World) -> Answer:
    found = {}
    for score in own.score_projects(world.projects, world.context):
        found[score.name] = _named("projects", score.values, score.name, score.label)
        found[f"{score.name} weight"] = Part("", score.weight)
    return found


def _observed(own: Any, world: World) -> Answer:
    """Ask an observer; what it returns is ignored, its failures are raised."""
    for failure in own.after_orders_changed(world.events):
        raise failure
    return {}


_RUN: dict[str, Callable[[Any, World], Answer]] = {
    "derive_offers": _offers,
    "prioritise_needs": _needs,
    "prioritise_visits": _visits,
    "order_relief_sources": _relief,
    "filter_candidates": _filters,
    "score_candidates": _scores,
    "split_gifts": _split,
    "score_projects": _projects,
    "after_orders_changed": _observed,
}


def differences(one: Answer, other: Answer, rows: Mapping[Axis, Array] | None = None) -> list[str]:
    """Return the parts in which two answers differ; `rows` say which old row each new one is."""
    if set(one) != set(other):
        return sorted(set(one) ^ set(other))
    return [key for key in sorted(one) if not _equal(one[key], other[key], rows or {})]


def _equal(one: Part, other: Part, rows: Mapping[Axis, Array]) -> bool:
    if one.axis == "":
        return repr(one.values) == repr(other.values)
    before = one.values[rows[one.axis]] if one.axis in rows else one.values
    if before.shape != other.values.shape:
        return False
    if before.dtype.kind == "f":
        return bool(np.allclose(before, other.values, rtol=0, atol=CLOSE))
    return bool((before == other.values).all())


def digest(answer: Answer) -> str:
    """Return a short text that is the same for equal answers, in any process."""
    told = hashlib.sha256()
    for key in sorted(answer):
        part = answer[key]
        values = part.values
        if isinstance(values, np.ndarray):
            values = np.round(values, 9) if values.dtype.kind == "f" else values
            told.update(repr((key, str(values.dtype), values.tolist())).encode())
        else:
            told.update(repr((key, values)).encode())
    return told.hexdigest()[:16]
