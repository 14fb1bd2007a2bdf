"""Finding plugins by name, making one manager of them, and taking them apart for pickling."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from importlib import metadata
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import attrs
import pluggy

from wushe.errors import PluginConflictError, PluginError
from wushe.plugins import hookspecs

GROUP = "wushe"
"""Entry point group in which plugins, built-in ones included, are found by name."""
HOOKS = tuple(name for name in vars(hookspecs) if hasattr(vars(hookspecs)[name], "wushe_spec"))


@attrs.frozen(eq=False)
class Plugin:
    """One loaded plugin: its name, version and the object that holds its hooks."""

    name: str
    version: str
    implementation: object


def available() -> dict[str, str]:
    """Return the installed plugins by name with the distribution version, sorted."""
    found = {e.name: _version(e) for e in metadata.entry_points(group=GROUP)}
    return dict(sorted(found.items()))


def load_one(plugin: str | object) -> Plugin:
    """Return `plugin` loaded: by entry point name, from a ``.py`` file or as an object. Raises PluginError."""
    if isinstance(plugin, Plugin):
        return plugin
    if isinstance(plugin, str) and plugin.endswith(".py"):
        return _from_file(Path(plugin))
    if isinstance(plugin, str):
        entries = {e.name: e for e in metadata.entry_points(group=GROUP)}
        if plugin not in entries:
            known = ", ".join(sorted(entries)) or "none"
            raise PluginError(
                plugin, "-", "load", f"no plugin of this name is installed; installed: {known}"
            )
        entry = entries[plugin]
        try:
            return Plugin(plugin, _version(entry), entry.load())
        except Exception as error:
            raise PluginError(
                plugin, _version(entry), "load", f"import failed: {type(error).__name__}: {error}"
            ) from error
    name = (
        getattr(plugin, "name", None) or getattr(plugin, "__name__", None) or type(plugin).__name__
    )
    return Plugin(str(name).rpartition(".")[2], str(getattr(plugin, "__version__", "0")), plugin)


def _from_file(path: Path) -> Plugin:
    """Return the plugin that one Python file is, named after the file: for a city's first policy."""
    name = path.stem
    spec = spec_from_file_location(f"wushe_plugin_{name}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise PluginError(name, "-", "load", f"there is no file {path}")
    module = module_from_spec(spec)
    sys.modules[module.__name__] = module  # so that what it defines can be pickled here
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        message = f"import failed: {type(error).__name__}: {error}"
        raise PluginError(name, "-", "load", message) from error
    return Plugin(name, str(getattr(module, "__version__", "0")), module)


def _version(entry: metadata.EntryPoint) -> str:
    return entry.dist.version if entry.dist else "0"


def _by_name(plugin: Plugin) -> bool:
    entries = {e.name: e for e in metadata.entry_points(group=GROUP)}
    return plugin.name in entries and entries[plugin.name].load() is plugin.implementation


def pickled(plugin: Plugin) -> tuple[str, str, str, object]:
    """Return (how, name, version, what) to load a plugin again: by name, as a module, as an object."""
    if _by_name(plugin):
        return "name", plugin.name, plugin.version, None
    if isinstance(plugin.implementation, ModuleType):
        return "module", plugin.name, plugin.version, plugin.implementation.__name__
    return "object", plugin.name, plugin.version, plugin.implementation


def register(loaded: Sequence[Plugin]) -> pluggy.PluginManager:
    """Return one manager of the loaded plugins. Raises PluginError and PluginConflictError."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    for plugin in loaded:
        if manager.has_plugin(plugin.name):
            raise PluginConflictError(f"two plugins are called {plugin.name!r}; load one of them")
        try:
            manager.register(plugin.implementation, plugin.name)
        except pluggy.PluginValidationError as error:
            raise PluginError(plugin.name, plugin.version, "load", str(error)) from error
        except ValueError as error:
            raise PluginConflictError(f"plugin {plugin.name!r} is loaded twice: {error}") from error
        _known_hooks(manager, plugin)
        _one_per_hook(manager, plugin)
        if not manager.get_hookcallers(plugin.implementation):
            raise PluginError(
                plugin.name, plugin.version, "load", "has no function marked @wushe.hookimpl"
            )
    return manager


def _known_hooks(manager: pluggy.PluginManager, plugin: Plugin) -> None:
    """Raise PluginError for a hook that there is not, with the nearest one (a typo must not be ignored)."""
    for caller in manager.get_hookcallers(plugin.implementation) or ():
        if caller.has_spec() or all(i.optionalhook for i in caller.get_hookimpls()):
            continue
        near = difflib.get_close_matches(caller.name, HOOKS, n=1, cutoff=0.5)
        meant = f"did you mean {near[0]}?" if near else f"the hooks are: {', '.join(HOOKS)}"
        message = f"unknown hook {caller.name!r}; {meant}"
        raise PluginError(plugin.name, plugin.version, "load", message)


def _one_per_hook(manager: pluggy.PluginManager, plugin: Plugin) -> None:
    for caller in manager.get_hookcallers(plugin.implementation) or ():
        mine = [i for i in caller.get_hookimpls() if i.plugin_name == plugin.name]
        if len(mine) > 1:
            raise PluginError(
                plugin.name,
                plugin.version,
                caller.name,
                "is implemented by two functions; return several terms from one",
            )
