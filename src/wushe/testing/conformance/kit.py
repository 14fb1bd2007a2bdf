"""The plugin under test: loaded with those above it, and its own hooks alone, so that others get no blame."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs

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


@attrs.frozen(eq=False)
class Kit:
    """What is tested: `rules` are the plugin's with those above it, `base` without it, `own` its batch hooks only."""

    plugin: Plugin
    parents: tuple[str, ...]
    rules: Plugins
    base: Plugins
    own: Plugins
    hooks: tuple[str, ...]
    registered: Mapping[str, tuple[str, ...]]
    """Ids of the plugin's own rules by hook."""

    @classmethod
    def of(cls, plugin: Plugin) -> Kit:
        """Load `plugin` with the defaults and the installed plugins above it. Raises WusheError."""
        parents = _above(plugin)
        # The built-in rules are a plugin like any other, and can be checked like one.
        builtin = () if plugin.name == DEFAULTS else (_builtin(),)
        rules = load_plugins(*builtin, *parents, plugin, defaults=False)
        hooks = rules.hooks_of(plugin.name)
        registered: dict[str, tuple[str, ...]] = {}
        for origin in rules.origins():
            if origin.plugin == plugin.name:
                registered[origin.hook] = (*registered.get(origin.hook, ()), origin.id)
        own = _alone(plugin, hooks)
        return cls(plugin, parents, rules, _base(parents), own, hooks, registered)

    def again(self) -> Kit:
        """Return the same plugin loaded once more, with rules of its own.

        The registries are made anew only where they hold rules that can be asked.
        """
        if set(ASKED_OF_REGISTRIES) & set(self.hooks):
            return Kit.of(self.plugin)
        return attrs.evolve(self, own=_alone(self.plugin, self.hooks))

    def mine(self, hook: str) -> tuple[str, ...]:
        """Return the ids of the rules that the plugin registered through `hook`."""
        return self.registered.get(hook, ())

    def modules(self) -> tuple[ModuleType, ...]:
        """Return the modules that the plugin consists of, where it is one: itself and those below it."""
        found = self.plugin.implementation
        if not isinstance(found, ModuleType):
            return ()
        below = [
            module
            for name, module in sorted(sys.modules.items())
            if name.startswith(f"{found.__name__}.") and isinstance(module, ModuleType)
        ]
        return (found, *below)

    def functions(self) -> tuple[Any, ...]:
        """Return the plugin's implementations of hooks, as plain functions."""
        every = (getattr(self.plugin.implementation, hook) for hook in self.hooks)
        return tuple(getattr(one, "__func__", one) for one in every)

    def files(self) -> tuple[Path, ...]:
        """Return the source files of the plugin; of an object, those in which its hooks are written."""
        modules = [getattr(module, "__file__", None) for module in self.modules()]
        codes = [getattr(one, "__code__", None) for one in self.functions()]
        names = [*modules, *(code.co_filename for code in codes if code is not None)]
        return tuple(sorted({Path(name) for name in names if name}))


@functools.cache
def _builtin() -> Plugin:
    """Return the built-in rules, looked up once: entry points are slow to read."""
    return load_one(DEFAULTS)


@functools.cache
def _base(parents: tuple[str, ...]) -> Plugins:
    """Return the rules without the plugin: one set for all that are tested, which shows whether they touch it."""
    return load_plugins(_builtin(), *parents, defaults=False)


def _above(plugin: Plugin) -> tuple[str, ...]:
    """Return the installed plugins above `plugin`, the most general last."""
    found: list[str] = []
    waiting = list(parents_of(plugin))
    installed = available() if waiting else {}
    while waiting:
        name = waiting.pop(0)
        if name in installed and name not in found and name != plugin.name:
            found.append(name)
            waiting += parents_of(load_one(name))
    return tuple(found)


def _alone(plugin: Plugin, hooks: Iterable[str]) -> Plugins:
    """Return the plugin's batch hooks without defaults and registrations, under its own name."""
    mine = {
        hook: staticmethod(getattr(plugin.implementation, hook))
        for hook in hooks
        if hook in PER_BATCH
    }
    if not mine:
        return load_plugins(defaults=False)
    shell = type("Alone", (), dict(mine))()
    return load_plugins(Plugin(plugin.name, plugin.version, shell), defaults=False)
