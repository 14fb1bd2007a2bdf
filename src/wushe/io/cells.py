"""Cells to values: each different text of a column is read once, however many rows hold it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import attrs

from wushe.errors import ProblemKind
from wushe.io.mistakes import (
    FORMULA_WITHOUT_VALUE,
    FRACTION,
    SPREADSHEET_ERROR,
    UNKNOWN_CATEGORY,
    UNKNOWN_TARGET_GROUP,
)
from wushe.io.sheets import ERROR_VALUE
from wushe.io.suggest import Suggester
from wushe.model import kinds
from wushe.model.kinds import BadValueError
from wushe.model.spec import Field
from wushe.model.terms import NeedCategory, TargetGroup
from wushe.model.units import DIMENSIONS, MAX_AMOUNT, parse_unit, to_base

REMEMBERED = 200_000
"""Different texts of one column that are remembered: bounds the memory of a column of ids."""
UNSAVED_FORMULA = "#FORMULA!"
"""What a workbook's reader puts where a formula has no saved result."""

_GUARDED = re.compile(r"'*[=+\-@#\t\r＝＋－＠]")


def guard(text: str) -> str:
    """Return `text` as a CSV cell that no spreadsheet takes for a formula and no reader for a comment.

    An apostrophe goes before what begins with ``= + - @ #`` or with apostrophes and one of these.
    """
    return f"'{text}" if _GUARDED.match(text) else text


def unguard(text: str) -> str:
    """Return the text that `guard` was given. Other apostrophes stay."""
    return text[1:] if text.startswith("'") and _GUARDED.match(text) else text


@attrs.frozen
class Refused:
    """Stands for the value of a cell that was refused, and says why."""

    problem: ProblemKind
    params: tuple[tuple[str, Any], ...] = ()


def refused(problem: ProblemKind, **params: Any) -> Refused:
    """Return the mark for a cell refused with `problem`."""
    return Refused(problem, tuple(params.items()))


class Vocabulary:
    """One registry as cells name it: by id, or by the Chinese or English name if only one has it."""

    def __init__(
        self, registry: Mapping[str, NeedCategory] | Mapping[str, TargetGroup], problem: ProblemKind
    ) -> None:
        owners: dict[str, list[str]] = {}
        for key, item in registry.items():
            for name in {key, item.zh, item.en}:
                owners.setdefault(name, []).append(key)
        self._ids = {name: keys[0] for name, keys in owners.items() if len(keys) == 1}
        self._ids.update({key: key for key in registry})
        self._suggester = Suggester(list(self._ids))
        self._problem = problem

    def read(self, read: Callable[[str], Any], text: str) -> Any:
        """Return the id, or sorted tuple of ids, that `text` names. Raises BadValueError."""
        whole = self._ids.get(text)
        value = whole if whole is not None else read(text)
        if isinstance(value, tuple):
            return tuple(sorted({self._find(word) for word in value}))
        return self._find(value)

    def read_tags(self, read: Callable[[str], Any], text: str) -> Any:
        """Return the sorted tuple of ids that `text` names. Raises BadValueError."""
        value = self.read(read, text)
        return value if isinstance(value, tuple) else (value,)

    def _find(self, word: str) -> str:
        found = self._ids.get(word)
        if found is None:
            raise BadValueError(self._problem, word=word, close=self._suggester.close(word))
        return found


Vocabularies = Mapping[str, Vocabulary]


def vocabularies(
    categories: Mapping[str, NeedCategory], target_groups: Mapping[str, TargetGroup]
) -> Vocabularies:
    """Return the vocabularies by the name that fields give them."""
    return {
        "categories": Vocabulary(categories, UNKNOWN_CATEGORY),
        "target_groups": Vocabulary(target_groups, UNKNOWN_TARGET_GROUP),
    }


@attrs.define(eq=False)
class CellReader:
    """Reads the cells of one column. `typed` text is exact, see `wushe.io.sheets.Sheet`."""

    field: Field
    read: Callable[[str], Any]
    typed: bool
    vocabulary: Vocabulary | None
    _seen: dict[str, Any] = attrs.field(factory=dict)

    def values(self, texts: Sequence[str]) -> list[Any]:
        """Return the value of each cell: None where unknown, a `Refused` where it is no value."""
        if len(self._seen) > REMEMBERED:
            self._seen.clear()
        seen = self._seen
        for text in dict.fromkeys(texts):
            if text not in seen:
                seen[text] = self._value(text)
        return list(map(seen.__getitem__, texts))

    def _value(self, text: str) -> Any:
        word = text
        if not (self.typed and self.field.kind is kinds.TEXT):
            word = text.strip()
        if word == "":
            return None
        if not self.typed and word[0] in "#'":  # hardly any cell: this runs for every one
            if word == UNSAVED_FORMULA:
                return refused(FORMULA_WITHOUT_VALUE)
            if ERROR_VALUE.fullmatch(word):
                return refused(SPREADSHEET_ERROR)
            word = unguard(word)
        try:
            return self._known(word)
        except BadValueError as bad:
            # Only the verdict is kept: an exception would hold on to its frames.
            return refused(bad.problem, **bad.params)

    def _known(self, word: str) -> Any:
        if self.vocabulary is None:
            return self.read(word)
        if self.field.kind is kinds.TAGS:
            return self.vocabulary.read_tags(self.read, word)
        return self.vocabulary.read(self.read, word)


def settle_quantities(values: dict[str, list[Any]], n: int) -> None:
    """Turn the decimal quantities of `n` rows into whole ones, in place.

    A whole quantity stays as written. A fraction is put exactly into the base unit (1.5 小时 becomes
    90 minute), and so is the amount per need, which counts in the same unit; else it is refused.
    """
    unknown = [None] * n
    units = values.get("unit", unknown)
    limits = values.get("per_need", unknown)
    settled: dict[tuple[Any, Any], tuple[Any, Any, int]] = {}
    quantities, new_units, new_limits = [], [], []
    for pair in zip(values["quantity"], units, strict=True):
        if pair not in settled:
            settled[pair] = _settle(*pair)
    for pair, limit in zip(zip(values["quantity"], units, strict=True), limits, strict=True):
        quantity, unit, factor = settled[pair]
        quantities.append(quantity)
        new_units.append(unit)
        new_limits.append(limit * factor if factor != 1 and isinstance(limit, int) else limit)
    values["quantity"] = quantities
    if "unit" in values:
        values["unit"] = new_units
    if "per_need" in values:
        values["per_need"] = new_limits


def _settle(quantity: Any, written: Any) -> tuple[Any, Any, int]:
    """Return quantity, unit, and by what an amount in the old unit is multiplied."""
    if not isinstance(quantity, Decimal):
        return quantity, written, 1
    unit = parse_unit(written) if isinstance(written, str) else None
    whole = quantity == quantity.to_integral_value()
    if quantity * (1 if unit is None else unit.factor) > MAX_AMOUNT:
        return refused(kinds.NOT_QUANTITY), written, 1
    if whole or unit is None:  # an amount without a readable unit is judged when it has one
        return int(quantity) or 1, written, 1
    base = to_base(quantity, unit)
    if base is None:
        return refused(FRACTION, base=DIMENSIONS[unit.dimension]), written, 1
    return base, unit.dimension, unit.factor
