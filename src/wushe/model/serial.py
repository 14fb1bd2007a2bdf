"""Records to JSON and back without loss, through cattrs."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from cattrs import Converter

from wushe.errors import InputError, Problem, ProblemKind
from wushe.model.spec import RECORD_KINDS
from wushe.text import Text

NOT_A_RECORD = ProblemKind(
    "not-a-record",
    Text(
        zh="JSON 内容不是一条{kind}记录（{why}）", en="the JSON is not a record of {kind} ({why})"
    ),
    Text(
        zh="字段名和类型与数据格式文档一致",
        en="field names and types as in the data format reference",
    ),
    Text(zh="对照数据格式文档改正", en="compare with the data format reference"),
)


@cache
def converter() -> Converter:
    """Return the converter of all record kinds: dates as ISO text, unknown facts left out."""
    made = Converter(forbid_extra_keys=True, omit_if_default=True)
    made.register_unstructure_hook(dt.date, dt.date.isoformat)
    made.register_structure_hook(dt.date, lambda text, _: dt.date.fromisoformat(text))
    for kind in (bool, int, float, str):
        made.register_structure_hook(kind, _as_is)
    return made


def _as_is(value: Any, kind: type) -> Any:
    """Take a JSON value of the right type and no other: "2" is not 2, and 1 is not true."""
    if type(value) is not kind and not (kind is float and type(value) is int):
        raise TypeError(f"{value!r} is not {kind.__name__}")
    return value


def to_json(record: Any) -> str:
    """Return one record as a JSON object; fields that are unknown are left out."""
    return json.dumps(converter().unstructure(record), ensure_ascii=False)


def from_json(kind: str, text: str) -> Any:
    """Return the record of table `kind` that `text` holds. Raises InputError."""
    try:
        item = json.loads(text)
    except json.JSONDecodeError as error:
        problem = Problem(NOT_A_RECORD, "JSON", 1, None, None, {"kind": kind, "why": str(error)})
        raise InputError([problem]) from None
    return from_objects(kind, [item])[0]


def from_objects(kind: str, objects: Iterable[dict[str, Any]], source: str = "JSON") -> list[Any]:
    """Return the records of table `kind` in `objects`. Raises InputError with all problems at once."""
    records: list[Any] = []
    problems: list[Problem] = []
    for row, item in enumerate(objects, start=1):
        try:
            records.append(converter().structure(item, RECORD_KINDS[kind].cls))
        except InputError as error:
            problems.extend(error.problems)
        except (ExceptionGroup, TypeError, ValueError, KeyError, AttributeError) as error:
            found = _inputs_within(error)
            why = type(error).__name__ if not isinstance(error, ExceptionGroup) else _why(error)
            problems.extend(
                found
                or [Problem(NOT_A_RECORD, source, row, None, None, {"kind": kind, "why": why})]
            )
    if problems:
        raise InputError(problems)
    return records


def _inputs_within(error: BaseException) -> list[Problem]:
    if isinstance(error, InputError):
        return list(error.problems)
    if isinstance(error, ExceptionGroup):
        return [p for inner in error.exceptions for p in _inputs_within(inner)]
    return []


def _why(error: ExceptionGroup[Exception]) -> str:
    return "; ".join(str(inner) for inner in error.exceptions)
