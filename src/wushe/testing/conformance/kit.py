"""The plugin under test: loaded with those above it, and its own hooks alone, so that others get no blame."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import attrs

from wushe.plugins.hookspecs import PROJECT
from wushe.plugins.loading import Plugin, available, load_one
from wushe.plugins.manager import Plugins, load_plugins
from wushe.plugins.precedence import DEFAULTS, parents_of

PER_BATCH = (
    "order_relief_sources",
    "prioritise_visits",
    "derive_offers",
    "prioritise_needs",
    "filter_candidates",
    "score_candidates",
    "split_gifts",
    "score_projects",
    "after_orders_changed",
)
"""Hooks that are asked while wushe works, not only once at load."""
ASKED_OF_REGISTRIES = (
    "register_risk_signals",
    "register_standards",
    "register_order_rules",
    "register_report_sections",
)
"""Hooks through which rules are registered that are asked later on."""


MARK = f"{PROJECT}_impl"
"""The attribute by which an implementation of a hook is known."""


def marked(plugin: Plugin) -> Iterator[tuple[str, Any]]:
    """Yield (hook, function) of everything that is marked as the implementation of a hook."""
    for name in dir(plugin.implementation):
        function = inspect.getattr_static(plugin.implementation, name)
        plain = getattr(function, "__func__", function)
        # Other objects may answer to any name, or refuse to.
        if inspect.isroutine(plain) and isinstance(getattr(plain, MARK, None), dict):
            yield getattr(plain, MARK).get("specname") or name, getattr(plugin.implementation, name)


@attrs.frozen(eq=False)
class Kit:
    """What is tested: `rules` are the plugin's with those above it, `base` without it, `own` its batch hooks only."""

    plugin: Plugin
    parents: tuple[Plugin, ...]
    missing: tuple[str, ...]
    """Plugins that `under` names, of it or of those above it, and that are neither installed nor given."""
    rules: Plugins
    base: Plugins
    own: Plugins
    hooks: tuple[str, ...]
    registered: Mapping[str, tuple[str, ...]]
    """Ids of the plugin's own rules by hook."""

    @classmethod
    def of(cls, plugin: Plugin, given: tuple[Plugin, ...] = ()) -> Kit:
        """Load `plugin` with the defaults, the plugins `given` and the installed ones above it. Raises WusheError."""
        parents, missing = above(plugin, given)
        # The built-in rules are a plugin like any other, and can be checked like one.
        builtin = () if plugin.name == DEFAULTS else (_installed(DEFAULTS),)
        rules = load_plugins(*builtin, *parents, plugin, defaults=False)
        hooks = rules.hooks_of(plugin.name)
        registered: dict[str, tuple[str, ...]] = {}
        for origin in rules.origins():
            if origin.plugin == plugin.name:
                registered[origin.hook] = (*registered.get(origin.hook, ()), origin.id)
        own = _alone(plugin, hooks)
        return cls(plugin, parents, missing, rules, _base(parents), own, hooks, registered)

    def again(self) -> Kit:
        """Return the same plugin loaded once more, with rules of its own.

        The registries are made anew only where they hold rules that can be asked.
        """
        if set(ASKED_OF_REGISTRIES) & set(self.hooks):
            return Kit.of(self.plugin, self.parents)
        return attrs.evolve(self, own=_alone(self.plugin, self.hooks))

    def named(self, names: Iterable[str]) -> tuple[str | Plugin, ...]:
        """Return the plugins of these names: the one tested and those above it as they are, others by name."""
        known = {one.name: one for one in (self.plugin, *self.parents)}
        return tuple(known.get(name, name) for name in names)

    def mine(self, hook: str) -> tuple[str, ...]:
        """Return the ids of the rules that the plugin registered through `hook`."""
        return self.registered.get(hook, ())

    def modules(self) -> tuple[ModuleType, ...]:
        """Return the modules that the plugin consists of, where it is one: itself, those below it and beside it.

        Beside it are those of the same package that it takes something from.
        """
        first = self.plugin.implementation
        if not isinstance(first, ModuleType):
            return ()
        found, waiting = {first.__name__: first}, [first]
        package = first.__name__.rpartition(".")[0]
        while waiting:
            names = _taken_from(waiting.pop(), package)
            for name in sorted(sys.modules):  # imports may happen meanwhile
                other = sys.modules.get(name)
                part = name in names or name.startswith(f"{first.__name__}.")
                if part and name not in found and isinstance(other, ModuleType):
                    found[name] = other
                    waiting.append(other)
        return tuple(found.values())

    def functions(self) -> tuple[Any, ...]:
        """Return the plugin's implementations of hooks, as plain functions."""
        every = (self.function(hook) for hook in self.hooks)
        return tuple(getattr(one, "__func__", one) for one in every)

    def function(self, hook: str) -> Any:
        """Return the plugin's implementation of `hook`, whatever it is called. Raises KeyError."""
        return dict(marked(self.plugin))[hook]

    def files(self) -> tuple[Path, ...]:
        """Return the source files of the plugin; of an object, those in which its hooks are written."""
        modules = [getattr(module, "__file__", None) for module in self.modules()]
        codes = [getattr(one, "__code__", None) for one in self.functions()]
        names = [*modules, *(code.co_filename for code in codes if code is not None)]
        return tuple(sorted({Path(name) for name in names if name}))


@functools.lru_cache(maxsize=32)
def _base(parents: tuple[Plugin, ...]) -> Plugins:
    """Return the rules without the plugin: one set for all that are tested, which shows whether they touch it."""
    return load_plugins(_installed(DEFAULTS), *parents, defaults=False)


def _taken_from(module: ModuleType, package: str) -> set[str]:
    """Return the modules of `package` that `module` takes something from; all of wushe is nobody's package."""
    if not package or package.partition(".")[0] == "wushe":
        return set()
    named = {
        value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
        for value in vars(module).values()
        if isinstance(value, (ModuleType, type, FunctionType))
    }
    return {name for name in named if name and name.startswith(f"{package}.")}


def above(
    plugin: Plugin, given: tuple[Plugin, ...] = ()
) -> tuple[tuple[Plugin, ...], tuple[str, ...]]:
    """Return the plugins `given` and the installed ones above them and `plugin`, and the names of those missing."""
    found = {one.name: one for one in given}
    waiting = [name for one in (plugin, *given) for name in parents_of(one)]
    installed = available() if waiting else {}
    missing: dict[str, None] = {}
    while waiting:
        name = waiting.pop(0)
        if name in found or name in (plugin.name, DEFAULTS):
            continue
        if name in installed:
            found[name] = _installed(name)
            waiting += parents_of(found[name])
        else:
            missing[name] = None
    return tuple(found.values()), tuple(missing)


@functools.cache
def _installed(name: str) -> Plugin:
    """Return an installed plugin, the same one each time."""
    return load_one(name)


def _under_its_name(function: Any) -> Any:
    """Return a function whose mark names no other hook (`specname`) than it is called: it is held under that name."""
    if not getattr(function, MARK)["specname"]:
        return function

    @functools.wraps(function)
    def renamed(*given: Any) -> Any:
        return function(*given)

    setattr(renamed, MARK, {**getattr(function, MARK), "specname": None})
    return renamed


def _alone(plugin: Plugin, hooks: Iterable[str]) -> Plugins:
    """Return the plugin's batch hooks without defaults and registrations, under its own name."""
    mine = {
        hook: staticmethod(_under_its_name(function))
        for hook, function in marked(plugin)
        if hook in PER_BATCH and hook in hooks
    }
    if not mine:
        return load_plugins(defaults=False)
    shell = type("Alone", (), dict(mine))()
    return load_plugins(Plugin(plugin.name, plugin.version, shell), defaults=False)
