"""Requests that come with a key: the same request again gets the first answer, another one a refusal."""

from __future__ import annotations

import datetime as dt
import decimal
import json
from collections.abc import Callable, Mapping, Set
from pathlib import PurePath
from typing import Any

import attrs
from sqlalchemy import Connection, insert, select

from wushe.errors import Problem, ProblemKind, RefusedError
from wushe.journal import Act
from wushe.matching.live import LiveCity
from wushe.model import Table
from wushe.plan import Plan
from wushe.store.chain import canonical, digest, salts
from wushe.store.schema import COMMANDS
from wushe.text import Text

KEY_USED = ProblemKind(
    "request-key-used",
    Text("这个键已用于另一个请求", "this key was used for another request"),
    Text(
        "每个请求一个新的键；重试时连同参数原样再发",
        "a new key per request; a retry repeats it unchanged",
    ),
    Text("换一个键，或原样重发", "take a new key, or repeat the first request unchanged"),
)
KEY_ERASED = ProblemKind(
    "request-erased",
    Text(
        "这个请求做过了，其中一人的信息后来已抹去",
        "this request was done, and a person in it was erased since",
    ),
    Text("不再重试", "no further retry"),
    Text("看记录确认结果", "look at the records for what became of it"),
)


@attrs.frozen
class Done:
    """What became of a request the first time."""

    first: int
    last: int
    answer: Any


def fingerprint(act: Act, command: Callable[..., Any], arguments: Mapping[str, Any]) -> str:
    """Return one text for the request: the command's name, who asks and the arguments.

    Raises ValueError naming the argument that is no data: such a request cannot be told from another.
    """
    said = {}
    for name, value in arguments.items():
        try:
            said[name] = _as_json(value)
        except (TypeError, ValueError):
            raise ValueError(
                f"{name}: cannot be compared with a later request; expected data (numbers, text, dates, records, tables), or a run without key"
            ) from None
    return canonical([f"{command.__module__}.{command.__qualname__}", act.by, said])


def done_before(connection: Connection, key: str, request: str) -> Done | None:
    """Return what became of the request with `key`, None for a new one. Raises RefusedError for another one."""
    row = connection.execute(select(COMMANDS).where(COMMANDS.c.key == key)).one_or_none()
    if row is None:
        return None
    if not row.fingerprint:
        raise RefusedError([Problem(KEY_ERASED, "store", None, "key")])
    if row.fingerprint != digest(row.salt, request):
        raise RefusedError([Problem(KEY_USED, "store", None, "key")])
    return Done(row.first, row.last, json.loads(row.answer))


def remember(connection: Connection, key: str, request: str, done: Done) -> Any:
    """Keep what became of the request with `key`, and return the answer as a retry will see it."""
    salt, answer = next(salts()), canonical(done.answer)
    connection.execute(
        insert(COMMANDS).values(
            key=key, salt=salt, fingerprint=digest(salt, request), first=done.first, last=done.last,
            answer=answer,
        )
    )  # fmt: skip
    return json.loads(answer)


def _as_json(value: Any) -> Any:
    """Return `value` as plain JSON that differs where the value does. Raises TypeError for what is no data."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float | decimal.Decimal | dt.date | dt.time | bytes | PurePath):
        return [type(value).__name__, repr(value)]
    if isinstance(value, Mapping):
        return {"": [[_as_json(k), _as_json(v)] for k, v in value.items()]}
    if isinstance(value, list | tuple):
        return [_as_json(v) for v in value]
    if isinstance(value, Set):
        return {"set": sorted(canonical(_as_json(v)) for v in value)}
    return _larger(value)


def _larger(value: Any) -> Any:
    if isinstance(value, Plan):  # who helps whom with how much is what can be dispatched
        m = value.matching
        needs, offers = m.prepared.needs["id"][m.need], m.prepared.offers["id"][m.offer]
        return {"plan": [value.on.isoformat(), *(_as_json(v) for v in (needs, offers, m.amount))]}
    if isinstance(value, LiveCity):  # a cache, which may differ at the next try
        return "live"
    if isinstance(value, Table):
        return {value.kind.name: {name: _as_json(value.columns[name]) for name in value.columns}}
    if attrs.has(type(value)):
        held = {f.name: _as_json(getattr(value, f.name)) for f in attrs.fields(type(value))}
        return {type(value).__qualname__: held}
    if hasattr(value, "tolist"):  # an array, or a number of numpy
        return {str(getattr(value, "dtype", "")): _as_json(value.tolist())}
    raise TypeError
