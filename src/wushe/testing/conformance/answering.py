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
from wushe.model.pairing import pair_km, pair_level
from wushe.testing.conformance import signs
from wushe.testing.conformance.asking import Answer, Ask, asks_of, differences
from wushe.testing.conformance.findings import Finding, Sign, found
from wushe.testing.conformance.kit import Kit
from wushe.testing.conformance.patience import NoAnswerError
from wushe.testing.conformance.world import (
    World,
    half_the_pairs,
    one_of_each,
    others,
    permuted,
    singles,
)

RAISED = (Exception, SystemExit)
"""What a plugin's code may raise where wushe does not wrap it: anything; who calls `exit` must not end the kit."""
READ_ONLY = ("read-only", "does not support item assignment", "mappingproxy")
"""Words of the errors that numpy and Python raise where somebody writes to what is read-only."""
OVERDRAWN = "more than it has left"
"""Words of the error where a pool is overdrawn."""
MOST_PARTS = 4
IN_BATCHES = ("filter_candidates", "score_candidates", "register_order_rules")
"""Hooks that are asked about some pairs or orders at a time."""
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
        said = list(_until_silence(ask, worlds))
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
            failed.append(found(_sign_of(errors[0]), ask.where, why=why(errors[0])))
    unusable = next((world.unusable for world in worlds if world.unusable), None)
    if unusable is not None and "derive_offers" in {ask.hook for ask in working}:
        failed.append(found(signs.BAD_ANSWER, "derive_offers", why=why(unusable)))
    return Asked(tuple(working), answers, tuple(failed), tuple(mutations))


def _sign_of(error: BaseException) -> Sign:
    if gave_up(error):
        return signs.NO_ANSWER
    return signs.POOL_OVERDRAWN if OVERDRAWN in str(error) else signs.BAD_ANSWER


def gave_up(error: BaseException) -> bool:
    """Say whether an error, or what it came from, is that no answer came in time."""
    return isinstance(error, NoAnswerError) or isinstance(error.__cause__, NoAnswerError)


def _until_silence(ask: Ask, worlds: tuple[World, ...]) -> Iterator[Any]:
    """Yield the answer or error about each world; who does not answer is not asked about the next one."""
    for world in worlds:
        answer = _ask(ask, world)
        yield answer
        if isinstance(answer, BaseException) and gave_up(answer):
            return


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


def empty(asked: Asked, nothing: World, world: World) -> Iterator[Finding]:
    """Yield the questions that fail where there is nothing, or only one of each."""
    small = (signs.FAILS_EMPTY, nothing), (signs.FAILS_ALONE, one_of_each(world))
    for ask in asked.working:
        for sign, few in small:
            error = _ask(ask, few)
            if isinstance(error, BaseException):
                yield found(sign, ask.where, why=why(error))
                break


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
            register = kit.function(hook)
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
    mixed = permuted(world, rng)
    batches = (half_the_pairs(world), *singles(world))
    for ask in asked.working:
        if ask.where in unsteady:
            continue
        few = batches if ask.hook in IN_BATCHES else ()
        tried = ((signs.ORDER_MATTERS, mixed), *((signs.BATCH_MATTERS, batch) for batch in few))
        finding = next(
            (f for sign, batch in tried if (f := _otherwise(ask, asked, sign, batch))), None
        )
        if finding is not None:
            yield finding


def _otherwise(
    ask: Ask, asked: Asked, sign: Sign, batch: tuple[World, Mapping[str, Any]]
) -> Finding | None:
    """Return the finding where a question fails or is answered otherwise in another world; the old rows of which are given."""
    changed, rows = batch
    after = _ask(ask, changed)
    if isinstance(after, BaseException):
        return found(signs.BAD_ANSWER, ask.where, why=why(after))
    parts = differences(asked.answers[ask.where], after, rows)
    return found(sign, ask.where, parts=_listed(parts)) if parts else None


def _listed(parts: list[str]) -> str:
    return ", ".join(parts[:MOST_PARTS])


# --- nothing changed ---------------------------------------------------------------------------


def untouched(kit: Kit, asked: Asked, worlds: tuple[World, ...]) -> Iterator[Finding]:
    """Yield the questions after which the data, or variables of the plugin, are not what they were.

    The worlds are copied, so that what is kept by the identity of an array is kept once more, and asked about
    with other ids, so that what is kept by id is; what a rule works out once and for all, before the first
    answer, may stay.
    """
    yield from asked.mutations
    own = state_of(kit)
    copies = [others(permuted(world, np.random.default_rng(0))[0]) for world in worlds]
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
    # What is kept beside the pairs for all plugins is changed as easily.
    asked = world.needs, world.offers, world.pairs
    marks["pairs.memo"] = _mark({"km": pair_km(*asked), "level": pair_level(*asked)})
    for name, table in world.network.tables.items():
        marks[f"table {name}"] = _mark(table.columns)
    registries = world.network.categories, world.network.target_groups
    marks["registries"] = str([[(k, repr(one[k])) for k in sorted(one)] for one in registries])
    marks["context"] = repr(sorted(world.context.settings.items()))
    marks["events"] = repr(world.events)
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
            elif type(value).__module__ == getattr(holder, "__name__", ""):
                found_state[name] = repr(_variables(value))
            elif callable(value) and isinstance(plain := _plain(value), FunctionType):
                found_state |= _held(plain)
    for one in kit.functions():
        found_state |= _held(one)
    return found_state


def _plain(function: Any) -> Any:
    """Return the function below its decorators, such as a cache."""
    while isinstance(below := getattr(function, "__dict__", {}).get("__wrapped__"), FunctionType):
        function = below
    return function


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
