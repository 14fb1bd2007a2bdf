"""What plugins register for knocking on doors: forms, keyword rules, risk signals."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

import attrs

from wushe.model.storage import Array
from wushe.model.terms import Columns, Context
from wushe.text import Text

Section = Literal["situation", "health", "needs", "willingness"]
SECTIONS: dict[Section, Text] = {
    "situation": Text("家庭状况", "situation"),
    "health": Text("健康状况", "health"),
    "needs": Text("实际需求", "needs"),
    "willingness": Text("帮扶意愿", "willingness"),
}


@attrs.frozen
class Question:
    """One question of a visit form.

    An answer becomes a fact of `field` (of the household or the person, see `subject`), or, where
    `category` is given and the answer is yes or an amount, a need of that category.
    """

    id: str
    section: Section
    text: Text
    field: str | None = None
    subject: Literal["household", "person"] = "household"
    category: str | None = None
    unit: str | None = None


@attrs.frozen
class VisitForm:
    """A form: its questions in order. A plugin adds questions to a form by registering the same id."""

    id: str
    title: Text
    questions: tuple[Question, ...]


def _pattern(pattern: str) -> str:
    re.compile(pattern)
    return pattern


@attrs.frozen
class KeywordRule:
    """Free Chinese text that matches `pattern` (a regular expression) suggests `category`.

    `unless` is a pattern that takes the suggestion back (不需要送餐). A higher `weight` is shown first.
    """

    category: str
    pattern: str = attrs.field(converter=_pattern)
    unless: str | None = attrs.field(default=None, converter=attrs.converters.optional(_pattern))
    weight: int = 1


@attrs.frozen(eq=False)
class RiskSignal:
    """A sign of difficulty that facts give: `test` returns int8 (n_persons,): 1 yes, 0 no, -1 unknown.

    `points` is its weight in the default priority; `interval_days` how often a person who shows it should
    be visited (None: it does not shorten the interval).
    """

    id: str
    label: Text
    test: Callable[[Columns, Context], Array]
    points: int
    interval_days: int | None = None
    replaces: bool = False
