"""Field specifications: written once on the record class, used for records, columns and files."""

from __future__ import annotations

import datetime as dt
import math
import typing
from collections.abc import Callable
from typing import Any

import attrs
import numpy as np

from wushe.errors import InputError, Problem, ProblemKind
from wushe.model import kinds
from wushe.model.kinds import BadValueError, Kind
from wushe.model.storage import Array, pack, unknown
from wushe.privacy import Sensitivity, mask
from wushe.text import Text

T = typing.TypeVar("T")

MISSING = ProblemKind(
    "missing-value",
    Text(zh="必填项为空", en="a required value is empty"),
    Text(zh="{field}的值", en="a value for {field}"),
    Text(zh="补填；此项不能留空", en="fill it in; this field cannot be empty"),
)
OUT_OF_RANGE = ProblemKind(
    "out-of-range",
    Text(zh="超出范围", en="out of range"),
    Text(zh="{low} 到 {high}", en="{low} to {high}"),
    Text(zh="核对后改正", en="check and correct it"),
)
NEGATIVE = ProblemKind(
    "negative-value",
    Text(zh="不能为负数", en="must not be negative"),
    Text(zh="0 或以上", en="0 or more"),
    Text(zh="核对后改正；不知道就留空", en="correct it, or leave it empty if unknown"),
)
WRONG_TYPE = ProblemKind(
    "wrong-type",
    Text(zh="值的类型不对", en="value of the wrong type"),
    Text(zh="{type}", en="{type}"),
    Text(zh="用所列类型构造", en="pass a value of that type"),
)


@attrs.frozen
class Field:
    """Everything known of one field: kind, headings, range, reference, sensitivity.

    `refs` names the tables whose ids the field (or each of its tags) must hold; `vocabulary` names
    a registry (``categories``, ``target_groups``) that plugins extend.
    """

    name: str
    kind: Kind
    zh: str
    required: bool = False
    low: int | None = None
    high: int | None = None
    refs: tuple[str, ...] = ()
    vocabulary: str | None = None
    sensitive: Sensitivity = "none"
    doc: str = ""

    @property
    def heading(self) -> str:
        """The English column heading: the field's name, with money in yuan where the field is in fen."""
        return self.name.removesuffix("_fen") + "_yuan" if self.kind is kinds.MONEY else self.name

    def shown(self, text: str) -> str:
        """Return `text` as an error may show it: masked where sensitive, shortened where long."""
        return mask(text, self.sensitive) if self.sensitive != "none" else text[:60]

    def read(self, text: str) -> Any:
        """Return the value of a non-empty cell. Raises BadValueError."""
        value = self.kind.parse(text)
        self.check_range(value)
        return value

    def check(self, value: Any) -> None:
        """Check a Python value given to a record. Raises BadValueError."""
        wrong = not isinstance(value, self.kind.python) or isinstance(value, dt.datetime)
        if wrong or (isinstance(value, bool) and bool not in self.kind.python):
            raise BadValueError(WRONG_TYPE, type=" | ".join(t.__name__ for t in self.kind.python))
        if isinstance(value, tuple) and not all(isinstance(tag, str) for tag in value):
            raise BadValueError(WRONG_TYPE, type="tuple of str")
        if isinstance(value, float) and not math.isfinite(value):
            raise BadValueError(kinds.NOT_NUMBER)
        if self.kind.storage == "object":
            if self.kind.parse(self.kind.say(value)) != value:
                raise BadValueError(WRONG_TYPE, type=f"canonical {self.kind.name}")
        elif self.kind is kinds.QUANTITY and value <= 0:
            raise BadValueError(kinds.NOT_QUANTITY)
        elif self.kind.storage == "int64" and abs(value) >= 2**60:
            raise BadValueError(OUT_OF_RANGE, low=-(2**60), high=2**60)
        self.check_range(value)

    def check_range(self, value: Any) -> None:
        """Raise BadValueError where `value` lies outside `low`..`high`."""
        if self.low == 0 and self.high is None and value < 0:
            raise BadValueError(NEGATIVE)
        if (self.low is not None and value < self.low) or (
            self.high is not None and value > self.high
        ):
            raise BadValueError(
                OUT_OF_RANGE, low=self.low, high="∞" if self.high is None else self.high
            )


@attrs.frozen
class Rule:
    """A condition across fields of one record.

    `bad` receives one column per field (shape (n,), see `storage`) and returns where the rule is
    broken, bool array of shape (n,). Rows with an unknown field pass, unless `may_be_unknown`.
    """

    fields: tuple[str, ...]
    bad: Callable[..., Array]
    problem: ProblemKind
    may_be_unknown: bool = False

    def broken(self, columns: list[Array]) -> Array:
        """Return which rows break the rule, bool array of shape (n,)."""
        bad = np.asarray(self.bad(*columns), dtype=bool)
        if not self.may_be_unknown:
            for column in columns:
                bad = bad & ~unknown(column)
        return bad


@attrs.frozen
class RecordKind:
    """One kind of record: its table name, Chinese name, class, fields and rules."""

    name: str
    zh: str
    cls: type
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...] = ()

    @property
    def field_names(self) -> tuple[str, ...]:
        """Names of the fields, in table order."""
        return tuple(f.name for f in self.fields)

    def field(self, name: str) -> Field:
        """Return the field called `name`. Raises KeyError."""
        return (
            next(f for f in self.fields if f.name == name)
            if name in self.field_names
            else _no(name)
        )


def _no(name: str) -> typing.NoReturn:
    raise KeyError(name)


RECORD_KINDS: dict[str, RecordKind] = {}
"""Every record kind by table name, in the order in which a city's tables are read."""


def spec(kind: Kind, zh: str, **options: Any) -> Callable[[str, bool], Field]:
    """Return what a record writes in ``Annotated[type, spec(...)]``; name and default come from the class."""
    return lambda name, required: Field(name, kind, zh, required, **options)


@typing.dataclass_transform(kw_only_default=True, frozen_default=True)
def record(name: str, zh: str, *rules: Rule) -> Callable[[type[T]], type[T]]:
    """Turn an annotated class into a frozen, validated record and register it as table `name`.

    Constructing one checks every field and rule, and raises InputError with all problems at once.
    """

    def wrap(cls: type[T]) -> type[T]:
        cls.__attrs_post_init__ = lambda self: _check_record(RECORD_KINDS[name], self)  # type: ignore[attr-defined]
        cls.__repr__ = lambda self: _repr(RECORD_KINDS[name], self)  # type: ignore[method-assign]
        made = attrs.frozen(kw_only=True, repr=False)(cls)
        hints = typing.get_type_hints(made, include_extras=True)
        fields = tuple(
            hints[a.name].__metadata__[0](a.name, a.default is attrs.NOTHING)
            for a in attrs.fields(typing.cast(Any, made))
        )
        RECORD_KINDS[name] = RecordKind(name, zh, made, fields, rules)
        return made

    return wrap


def _repr(kind: RecordKind, item: Any) -> str:
    """Show what is known and not sensitive: a record may end up in a log."""
    shown = [(f, getattr(item, f.name)) for f in kind.fields]
    parts = [
        f"{f.name}={v!r}" if f.sensitive == "none" else f"{f.name}=***"
        for f, v in shown
        if v is not None
    ]
    return f"{kind.cls.__name__}({', '.join(parts)})"


def problem_of(
    field: Field, bad: BadValueError, file: str, row: int | None, text: str | None
) -> Problem:
    """Return the Problem that tells where `bad` happened, with the value masked as the field asks."""
    shown = None if text is None else field.shown(text)
    return Problem(bad.problem, file, row, field.heading, shown, bad.params)


def _check_record(kind: RecordKind, item: Any) -> None:
    where = f"{kind.cls.__name__}({item.id})"
    problems = []
    for field in kind.fields:
        value = getattr(item, field.name)
        if value is None:
            if field.required:
                problems.append(
                    Problem(MISSING, where, None, field.name, None, {"field": field.name})
                )
            continue
        try:
            field.check(value)
        except BadValueError as bad:
            problems.append(problem_of(field, bad, where, None, str(value)))
    if not problems:
        problems = [
            Problem(r.problem, where, None, r.fields[0])
            for r in kind.rules
            if _breaks(kind, r, item)
        ]
    if problems:
        raise InputError(problems)


def _breaks(kind: RecordKind, rule: Rule, item: Any) -> bool:
    columns = [pack(kind.field(f).kind.storage, [getattr(item, f)]) for f in rule.fields]
    return bool(rule.broken(columns)[0])
