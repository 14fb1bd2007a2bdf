"""What every command asks of its arguments: that they are of the types that it declares, and usable as text."""

from __future__ import annotations

import datetime as dt
import inspect
import re
import sys
import types
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache, wraps
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar, Union, get_args, get_origin

import attrs

from wushe.errors import Problem, ProblemKind, RefusedError
from wushe.journal.session import Session
from wushe.text import Text

BAD_ARGUMENT = ProblemKind(
    "argument-type",
    Text("参数的类型不对，或为空，或过长", "the argument is of the wrong type, empty or too long"),
    Text("{expected}", "{expected}"),
    Text(
        "改正参数后再试；什么都没有改动", "correct the argument and try again; nothing was changed"
    ),
)
NOT_GIVEN = ProblemKind(
    "argument-missing",
    Text("缺少必须的内容", "something that is needed is not given"),
    Text("{expected}", "{expected}"),
    Text("补上后再试；什么都没有改动", "add it and try again; nothing was changed"),
)
NOT_KNOWN = ProblemKind(
    "argument-unknown",
    Text("没有这一项", "there is no such field"),
    Text("其中之一：{expected}", "one of: {expected}"),
    Text("核对名称后再试；什么都没有改动", "check its name and try again; nothing was changed"),
)
LONGEST = 10_000
"""Characters of a text. No id, code or feedback comes near it."""
_BIGGEST = 2**63 - 1

P = ParamSpec("P")
T = TypeVar("T")
Command = Callable[Concatenate[Session, P], T]


def command(function: Command[P, T]) -> Command[P, T]:
    """Return `function` as a command that refuses arguments of other types than it declares.

    Its problems name the argument and what was expected, never the value: that may be anybody's words. Nor does
    any other refusal repeat a text that looks like a name, a telephone or ID number or a sentence.
    """
    known = inspect.signature(function).parameters
    module = sys.modules[function.__module__]

    @wraps(function)
    def checked(s: Session, /, *args: P.args, **kwargs: P.kwargs) -> T:
        found = []
        for name, value in kwargs.items():
            if name not in known or _is_default(value, known[name].default):
                continue
            hint = _hint(module.__name__, known[name].annotation)
            if not fits(value, hint):
                found.append(_problem(function.__name__, name, hint))
        if found:
            raise RefusedError(found)
        try:
            return function(s, *args, **kwargs)
        except RefusedError as error:
            hidden = {text for value in kwargs.values() for text in _private_texts(value)}
            if not hidden:
                raise
            raise type(error)(_masked(problem, hidden) for problem in error.problems) from None

    return checked


def _private_texts(value: object) -> Iterator[str]:
    """Yield the texts of arguments that could be somebody's name, number or words: what no code or id looks like."""
    if isinstance(value, str):
        if not value.isascii() or len(value) > ID_LENGTH or _PERSONAL.search(value):
            yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _private_texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            record = attrs.has(type(inner))
            yield from _private_texts(list(attrs.astuple(inner)) if record else inner)


ID_LENGTH = 128
_PERSONAL = re.compile(r"\s|(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)")
"""White space, a mobile number, an ID number."""
_HIDDEN = "…"


def _masked(problem: Problem, hidden: Iterable[str]) -> Problem:
    """Return the problem without those texts: the field and its place in a list tell where to look."""
    value, where = problem.value, problem.file
    for text in hidden:
        value = None if value is not None and text in value else value
        where = where.replace(text, _HIDDEN)
    return attrs.evolve(problem, value=value, file=where)


def field_problems(
    stream: str, where: str, item: object, needed: Mapping[str, Any], known: Mapping[str, Any]
) -> list[Problem]:
    """Return what is wrong with the fields of `item`, a mapping: missing, unknown or of another type.

    `needed` and `known` (which may be None) map names of fields to types.
    """
    if not isinstance(item, Mapping):
        return [_problem(stream, where, Mapping)]
    found = [
        Problem(NOT_GIVEN, stream, None, f"{where}.{name}", None, {"expected": _said(needed[name])})
        for name in needed
        if item.get(name) is None
    ]
    every = {**known, **needed}
    for name, value in item.items():
        if name not in every:
            said = {"expected": ", ".join(every)}
            found.append(Problem(NOT_KNOWN, stream, None, where, None, said))
        elif value is not None and not fits(value, every[name]):
            found.append(_problem(stream, f"{where}.{name}", every[name]))
    return found


def _problem(stream: str, field: str, hint: Any) -> Problem:
    return Problem(BAD_ARGUMENT, stream, None, field, None, {"expected": _said(hint)})


def _is_default(value: object, default: object) -> bool:
    return value is default or (type(value) is type(default) and value == default)


@cache
def _hint(module: str, annotation: Any) -> Any:
    """Return the type that an annotation means; Any where it is only known to type checkers."""
    if not isinstance(annotation, str):  # cattrs has resolved a record's annotations already
        return annotation
    try:
        return eval(annotation, vars(sys.modules[module]))  # noqa: S307 - our own source text
    except NameError:
        return Any


def fits(value: object, hint: Any) -> bool:
    """Return whether `value` is of the type `hint`; a text is neither empty nor unfit to be kept.

    A list may stand for a tuple, as in JSON; a float or a flag is no whole number; a text is no sequence.
    """
    origin = get_origin(hint)
    if origin is Union or origin is types.UnionType:
        return any(fits(value, one) for one in get_args(hint))
    if origin is not None:
        return _fits_inside(value, origin, get_args(hint))
    if hint is Any:
        return True
    if hint is None or hint is type(None):
        return value is None
    return _FITS.get(hint, lambda v: _is_one(v, hint))(value)


def _fits_inside(value: object, origin: Any, inside: tuple[Any, ...]) -> bool:
    if origin is Literal:
        return isinstance(value, str) and value in inside
    if origin is tuple and inside[-1] is not Ellipsis:
        return (
            isinstance(value, tuple | list)
            and len(value) == len(inside)
            and all(fits(one, hint) for one, hint in zip(value, inside, strict=True))
        )
    if isinstance(value, str | bytes) or not isinstance(value, _OUTER.get(origin, origin)):
        return False
    if issubclass(origin, Mapping) != isinstance(value, Mapping):
        return False
    if isinstance(value, Mapping):
        return all(fits(k, inside[0]) and fits(v, inside[1]) for k, v in value.items())
    # What can be read only once is left to the command.
    return not isinstance(value, Collection) or all(_fits_whole(one, inside[0]) for one in value)


_OUTER: Mapping[Any, Any] = {tuple: (tuple, list)}


def _fits_whole(value: object, hint: Any) -> bool:
    """Return whether one of many fits, and of a record each of its fields."""
    if not fits(value, hint):
        return False
    if not isinstance(hint, type) or not attrs.has(hint):
        return True
    return all(
        _is_default(held, default) or fits(held, inner)
        for name, default, inner in _fields(hint)
        for held in (getattr(value, name),)
    )


@cache
def _fields(record: type) -> tuple[tuple[str, Any, Any], ...]:
    return tuple(
        (f.name, f.default, _hint(record.__module__, f.type)) for f in attrs.fields(record)
    )


def _is_one(value: object, hint: Any) -> bool:
    return not isinstance(hint, type) or isinstance(value, hint)


def _is_text(value: object) -> bool:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST or "\0" in value:
        return False
    try:
        return value.isascii() or bool(value.encode())
    except UnicodeEncodeError:  # half a character, which no store can keep
        return False


_FITS: Mapping[Any, Callable[[Any], bool]] = {
    str: _is_text,
    int: lambda v: type(v) is int and -_BIGGEST <= v <= _BIGGEST,
    bool: lambda v: type(v) is bool,
    dt.date: lambda v: isinstance(v, dt.date) and not isinstance(v, dt.datetime),
}
_WORDS = {
    "str": Text("非空文字", "text that is not empty"),
    "int": Text("整数", "a whole number"),
    "bool": Text("True 或 False", "True or False"),
    "date": Text("日期 datetime.date", "a datetime.date"),
    "Mapping": Text("名称到值的对照（dict）", "names with values (a dict)"),
    "Sequence": Text("列表", "a list"),
    "Iterable": Text("列表", "a list"),
    "Collection": Text("列表", "a list"),
    "tuple": Text("列表", "a list"),
    "NoneType": Text("不填（None）", "nothing (None)"),
}


def _said(hint: Any) -> Text:
    """Return the words for a type."""
    origin = get_origin(hint)
    if origin is Union or origin is types.UnionType:
        parts = [_said(one) for one in get_args(hint)]
        return Text(" / ".join(p.zh for p in parts), " / ".join(p.en for p in parts))
    name = getattr(origin or hint, "__name__", str(hint))
    outer = _WORDS.get(name, Text(name, name))
    inside = [one for one in get_args(hint) if one is not Ellipsis and one is not Any]
    if not inside or origin is Literal:
        return outer
    parts = [_said(one) for one in inside]
    return Text(
        f"{outer.zh}[{'，'.join(p.zh for p in parts)}]",
        f"{outer.en} [{', '.join(p.en for p in parts)}]",
    )
