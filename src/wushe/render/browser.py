"""Records for a page's browser, packed so that 20,000 of them stay small.

Everything a record shows is a value: a string, a number, or a message id with parameters that
are values again. Equal values are stored once in one table, and a record is a short list of
places in it. The page's script turns values into text, in either language, only for the records
on view and for the search.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from string import Formatter
from typing import Any, Literal, TypeAlias

import attrs

from wushe.render.inert import clean
from wushe.text import LANGS, Text

Tone = Literal["good", "partial", "bad", "info", "neutral"]
TONES: tuple[Tone, ...] = ("good", "partial", "bad", "info", "neutral")
_SPEC = re.compile(r"(,?)(?:d|\.([0-9])f)?", re.ASCII)


@attrs.frozen
class Line:
    """A message: the id of a template and what fills its fields.

    A parameter is a string, a number, a `Text`, another `Line`, or a sequence of template ids,
    which are said one after the other (``["skill.care", "skill.law"]``: 护理、法律).
    """

    template: str
    params: Mapping[str, Value] = attrs.field(factory=dict)


Value: TypeAlias = str | int | float | Text | Line | Sequence[str]


@attrs.frozen
class Badge:
    """A short word in a coloured frame; `tone` is one of good, partial, bad, info, neutral."""

    value: Value
    tone: Tone = "neutral"

    def __attrs_post_init__(self) -> None:
        if self.tone not in TONES:
            raise ValueError(f"badge tone {self.tone!r}; expected one of {', '.join(TONES)}")


@attrs.frozen
class Filter:
    """A drop-down over the values that records give under `id` in their facets."""

    id: str
    label: Text


@attrs.frozen
class Record:
    """One card: a title, a subtitle, badges, lines, and its facets for the filters.

    A facet is one value, or a tuple of values where the record belongs under several.
    """

    title: Value
    subtitle: Value = ""
    badges: Sequence[Badge] = ()
    lines: Sequence[Value] = ()
    facets: Mapping[str, Value | tuple[Value, ...]] = attrs.field(factory=dict)


class _Packer:
    """Interns values; equal ones get one place in `values`."""

    def __init__(self, templates: Mapping[str, Text]) -> None:
        self.values: list[Any] = []
        self.templates: list[Any] = []
        self._places: dict[Any, int] = {}
        self._fields: list[tuple[str, ...]] = []
        self._ids = {}
        for name, text in templates.items():
            self._ids[name] = len(self.templates)
            fields, compiled = _compile(name, text)
            self._fields.append(fields)
            self.templates.append(compiled)

    def place(self, value: Value) -> int:
        """Return the index of `value` in `values`, adding it when new."""
        if isinstance(value, str):
            return self._intern(("s", value), clean(value))
        if isinstance(value, bool) or value is None:
            raise ValueError(f"value {value!r}; expected text, a number, a Text or a Line")
        if isinstance(value, int | float):
            if not math.isfinite(value):
                raise ValueError(f"value {value!r}; expected a finite number")
            return self._intern(("n", repr(value)), _json_number(value))
        if isinstance(value, Text):
            return self._intern(("t", value), [self._text(value)])
        if isinstance(value, Line):
            return self._line(value)
        if not isinstance(value, list | tuple):
            kind = type(value).__name__
            raise ValueError(f"value {value!r} is {kind}; expected text, int, float, Text or Line")
        packed = [-1, *(self._line(Line(name)) for name in value)]
        return self._intern(("v", tuple(packed)), packed)

    def _line(self, line: Line) -> int:
        number = self._template(line.template)
        fields = self._fields[number]
        missing = [name for name in fields if name not in line.params]
        if missing:
            raise ValueError(f"template {line.template!r} needs parameter {missing[0]!r}")
        packed = [number, *(self.place(line.params[name]) for name in fields)]
        return self._intern(("v", tuple(packed)), packed)

    def _template(self, name: str) -> int:
        number = self._ids.get(name)
        if number is None:
            raise ValueError(f"template {name!r} is unknown; expected one of those given")
        return number

    def _text(self, text: Text) -> int:
        # A text without parameters is a template whose only part is a literal.
        key = ("text", text)
        if key not in self._places:
            self._places[key] = len(self.templates)
            self.templates.append([[clean(text.zh)], [clean(text.en)]])
            self._fields.append(())
        return self._places[key]

    def _intern(self, key: Any, packed: Any) -> int:
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = len(self.values)
            self.values.append(packed)
        return place


def pack(
    records: Iterable[Record],
    templates: Mapping[str, Text],
    filters: Sequence[Filter],
    page_size: int,
) -> dict[str, Any]:
    """Return the JSON-ready form that the page's script reads.

    ``v`` values, ``t`` templates as [zh parts, en parts], ``f`` filters as [zh, en] labels,
    ``r`` records as [title, subtitle, badges, lines, facets], ``n`` cards per page.
    Raises ValueError naming the record (from 1) for an unknown template, a missing parameter,
    an unknown facet or a value that is not finite.
    """
    if page_size < 1:
        raise ValueError(f"page_size: {page_size}; expected at least 1")
    packer = _Packer(templates)
    names = [item.id for item in filters]
    if len(set(names)) < len(names):
        raise ValueError(f"filters: {names}; expected unique ids")
    packed = []
    for number, record in enumerate(records, start=1):
        try:
            packed.append(_record(packer, record, names))
        except ValueError as error:
            raise ValueError(f"record {number}: {error}") from error
    return {
        "n": page_size,
        "f": [[clean(item.label.zh), clean(item.label.en)] for item in filters],
        "t": packer.templates,
        "v": packer.values,
        "r": packed,
    }


def _record(packer: _Packer, record: Record, filters: Sequence[str]) -> list[Any]:
    unknown = sorted(set(record.facets) - set(filters))
    if unknown:
        raise ValueError(f"facet {unknown[0]!r} has no filter; filters are {', '.join(filters)}")
    facets = []
    for name in filters:
        given = record.facets.get(name, ())
        several = given if isinstance(given, tuple) else (given,)
        facets.append([packer.place(value) for value in several])
    badges = [n for b in record.badges for n in (packer.place(b.value), TONES.index(b.tone))]
    lines = [packer.place(line) for line in record.lines]
    return [packer.place(record.title), packer.place(record.subtitle), badges, lines, facets]


def _json_number(value: int | float) -> int | float | str:
    # Beyond 2^53 the reading script would lose digits, so such a number travels as text.
    return str(value) if isinstance(value, int) and abs(value) > 2**53 else value


def _compile(name: str, text: Text) -> tuple[tuple[str, ...], list[Any]]:
    """Return the template's field names and, per language, its literal and field parts.

    A field part is [parameter number, grouped, decimals or -1].
    """
    fields: list[str] = []
    compiled: list[Any] = []
    for lang in LANGS:
        parts: list[Any] = []
        for literal, field, spec, conversion in Formatter().parse(text.say(lang)):
            if literal:
                parts.append(clean(literal))
            if field is None:
                continue
            match = _SPEC.fullmatch(spec or "")
            if not field.isidentifier() or conversion or match is None:
                raise ValueError(
                    f"template {name!r}: field {{{field}{':' + spec if spec else ''}}}; "
                    "expected a plain name, with a format of ',', ',d' or ',.2f' at most"
                )
            if field not in fields:
                fields.append(field)
            decimals = int(match[2]) if match[2] else -1
            parts.append([fields.index(field), int(bool(match[1])), decimals])
        compiled.append(parts)
    return tuple(fields), compiled
