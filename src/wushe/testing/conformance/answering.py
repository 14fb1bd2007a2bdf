"""Checks that ask and ask again: empty input, odd facts, twice, in another order, nothing changed."""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Iterator, Mapping
from types import CellType, FunctionType, ModuleType
from typing import Any

import attrs
import numpy as np

from wushe.errors import WusheError
from wushe.testing.conformance import signs
from wushe.testing.conformance.asking import Answer, Ask, asks_of, differences
from wushe.testing.conformance.findings import Finding, found
from wushe.testing.conformance.kit import Kit
from wushe.testing.conformance.world import World, half_the_pairs, permuted

RAISED = (
    *(WusheError, ArithmeticError, AssertionError, AttributeError, LookupError),
    *(OSError, RuntimeError, TypeError, ValueError, SystemExit),
)
"""What a plugin's code may raise where wushe does not wrap it; who calls `exit` must not end the kit."""
READ_ONLY = ("read-only", "does not support item assignment", "mappingproxy")
"""Words of the errors that numpy and Python raise where somebody writes to what is read-only."""
OVERDRAWN = "more than it has left"
"""Words of the error where a pool is overdrawn."""
MOST_PARTS = 4
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_STATE = (dict, list, set, deque, int, float, str, bytearray, np.ndarray)
"""Sorts of variables in which a rule could remember something."""


@attrs.frozen(eq=False)
class Asked:
    """The questions that are answered at all, the answers about the first world, and what went wrong."""

    working: tuple[Ask, ...]
    answers: Mapping[str, Answer]
    findings: tuple[Finding, ...]
    mutations: tuple[Finding, ...]


def ask_all(kit: Kit, worlds: tuple[World, ...]) -> Asked:
    """Ask everything of each world; who fails in one is not asked again."""
    working, answers, failed, mutations = [], {}, [], []
    data = data_marks(worlds[0])
    for ask in asks_of(kit):
        said = [_ask(ask, world) for world in worlds]
        errors = [one for one in said if isinstance(one, BaseException)]
        marks = data_marks(worlds[0])
        if marks != data:
            names = sorted(name for name in marks if marks[name] != data.get(name))
            mutations.append(found(signs.TAKES_AWAY, ask.where, what=_listed(names)))
            data = marks
        if not errors:
            working.append(ask)
            answers[ask.where] = said[0]
        elif any(word in str(errors[0]) for word in READ_ONLY):
            mutations.append(found(signs.TAKES_AWAY, ask.where, what=why(errors[0])))
        else:
            over = OVERDRAWN in str(errors[0])
            sign = signs.POOL_OVERDRAWN if over else signs.BAD_ANSWER
            failed.append(found(sign, ask.where, why=why(errors[0])))
    unusable = next((world.unusable for world in worlds if world.unusable), None)
    if unusable is not None and "derive_offers" in {ask.hook for ask in working}:
        failed.append(found(signs.BAD_ANSWER, "derive_offers", why=why(unusable)))
    return Asked(tuple(working), answers, tuple(failed), tuple(mutations))


def _ask(ask: Ask, world: World) -> Any:
    try:
        return ask.run(world)
    except RAISED as error:
        return error


def why(error: BaseException) -> str:
    """Return an error's own words, without the name of the plugin, which the report has above."""
    said = getattr(error, "message", None) or str(error)
    if not isinstance(error, WusheError):
        said = f"{type(error).__name__}: {said}"
    return " ".join(said.split())[:400]


def empty(asked: Asked, nothing: World) -> Iterator[Finding]:
    """Yield the questions that fail where there is nothing."""
    for ask in asked.working:
        error = _ask(ask, nothing)
        if isinstance(error, BaseException):
            yield found(signs.FAILS_EMPTY, ask.where, why=why(error))


def twice(kit: Kit, asked: Asked, world: World) -> Iterator[Finding]:
    """Yield the questions whose answer is another one when asked again, of these rules or of the same loaded anew."""
    anew = {ask.where: ask for ask in asks_of(kit.again())}
    for ask in asked.working:
        before = asked.answers[ask.where]
        parts = set(differences(before, ask.run(world)))
        if ask.where in anew:
            parts.update(differences(before, anew[ask.where].run(world)))
        if parts:
            yield found(signs.UNSTEADY, ask.where, parts=_listed(sorted(parts)))


def registers_twice(kit: Kit) -> Iterator[Finding]:
    """Yield the hooks that register something else when they are called again."""
    for hook in kit.hooks:
        if hook.startswith("register_"):
            register = getattr(kit.plugin.implementation, hook)
            one, two = (registered(register) for _ in range(2))
            if one != two:
                yield found(signs.UNSTEADY, hook, parts="register")


def registered(register: Any) -> str:
    """Return what a hook registers as text; functions, which have no text, are left out."""
    try:
        return _ADDRESS.sub("", repr(list(register())))
    except RAISED as error:
        return why(error)


def in_another_order(
    asked: Asked, world: World, rng: np.random.Generator, unsteady: frozenset[str]
) -> Iterator[Finding]:
    """Yield the questions whose answers depend on the order of rows, or on which pairs are asked together."""
    mixed, half = permuted(world, rng), half_the_pairs(world)
    for ask in asked.working:
        before = asked.answers[ask.where]
        if ask.where in unsteady:
            continue
        for sign, (changed, rows) in ((signs.ORDER_MATTERS, mixed), (signs.BATCH_MATTERS, half)):
            after = _ask(ask, changed)
            if isinstance(after, BaseException):
                yield found(signs.BAD_ANSWER, ask.where, why=why(after))
                break
            parts = differences(before, after, rows)
            if parts:
                yield found(sign, ask.where, parts=_listed(parts))
                break


def _listed(parts: list[str]) -> str:
    return ", ".join(parts[:MOST_PARTS])


# --- nothing changed ---------------------------------------------------------------------------


def untouched(kit: Kit, asked: Asked, worlds: tuple[World, ...]) -> Iterator[Finding]:
    """Yield the questions after which the data, or variables of the plugin, are not what they were.

    The worlds are copied, so that what is kept by the identity of an array is kept once more; what a rule
    works out once and for all, before the first answer, may stay.
    """
    yield from asked.mutations
    own = state_of(kit)
    copies = [permuted(world, np.random.default_rng(0))[0] for world in worlds]
    for ask in asked.working:
        for world in copies:
            _ask(ask, world)
        state = state_of(kit)
        if state != own:
            names = sorted(n for n in {*state, *own} if state.get(n) != own.get(n))
            yield found(signs.REMEMBERS, ask.where, names=_listed(names))
            own = state


def data_marks(world: World) -> dict[str, str]:
    """Return a short mark of everything that hooks are given, by name."""
    columns = {
        name: getattr(world, name)
        for name in ("needs", "offers", "persons", "projects", "orders", "helpers")
    }
    columns |= {"donations": world.donations, "pools": world.pools, **world.tables}
    marks = {name: _mark(c.arrays) for name, c in columns.items()}
    marks["pairs"] = _mark({"need": world.pairs.need, "offer": world.pairs.offer})
    for name, table in world.network.tables.items():
        marks[f"table {name}"] = _mark(table.columns)
    registries = world.network.categories, world.network.target_groups
    marks["registries"] = str([[(k, id(one[k])) for k in sorted(one)] for one in registries])
    marks["context"] = repr(sorted(world.context.settings.items()))
    tree = world.network.places
    marks["places"] = _mark({"parent": tree.parent, "ancestors": tree.ancestors})
    return marks


def _mark(arrays: Mapping[str, Any]) -> str:
    told = hashlib.sha256()
    for name, array in arrays.items():
        told.update(name.encode())
        values = repr(array.tolist()).encode() if array.dtype.kind == "O" else array.tobytes()
        told.update(values)
    return told.hexdigest()


def state_of(kit: Kit) -> dict[str, str]:
    """Return the variables of the plugin that could be changed, as text by name."""
    holders: list[Any] = [*kit.modules()]
    if not isinstance(kit.plugin.implementation, ModuleType):
        holders += [kit.plugin.implementation, type(kit.plugin.implementation)]
    found_state = {}
    for holder in holders:
        for name, value in _variables(holder).items():
            if not name.startswith("__") and isinstance(value, _STATE):
                found_state[name] = repr(value)
            elif isinstance(value, FunctionType):
                found_state |= _held(value)
    for one in kit.functions():
        found_state |= _held(one)
    return found_state


def _variables(holder: Any) -> dict[str, Any]:
    """Return the variables of a module, class or object by name, those in slots as well."""
    slots = getattr(type(holder), "__slots__", ())
    names = (slots,) if isinstance(slots, str) else slots
    return {
        **{name: getattr(holder, name, None) for name in names},
        **getattr(holder, "__dict__", {}),
    }


def _held(function: Any) -> dict[str, str]:
    """Return what a function holds that could be changed: attributes, defaults, variables of the one around it."""
    code = getattr(function, "__code__", None)
    if code is None:
        return {}
    defaults = function.__defaults__ or ()
    arguments = code.co_varnames[: code.co_argcount]
    held = dict(zip(arguments[len(arguments) - len(defaults) :], defaults, strict=True))
    held |= vars(function)
    cells = zip(code.co_freevars, function.__closure__ or (), strict=True)
    held |= {name: cell.cell_contents for name, cell in cells if cell != CellType()}
    return {
        f"{function.__name__}.{name}": repr(value)
        for name, value in held.items()
        if isinstance(value, _STATE)
    }
