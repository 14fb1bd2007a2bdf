"""Who is above whom: a province's plugin above a city's, a city's above a district's; the most local counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from wushe.errors import PluginConflictError, PluginError
from wushe.plugins.loading import Plugin

DEFAULTS = "defaults"


def parents_of(plugin: Plugin) -> tuple[str, ...]:
    """Return the names that `plugin` declares in its attribute ``under``. Raises PluginError."""
    said = getattr(plugin.implementation, "under", ())
    names = (said,) if isinstance(said, str) else said
    if not isinstance(names, tuple) or not all(isinstance(name, str) and name for name in names):
        message = (
            f"under is {said!r}; expected the name of the plugin above it, or a tuple of names"
        )
        raise PluginError(plugin.name, plugin.version, "load", message)
    return names


@attrs.frozen
class Precedence:
    """The names of loaded plugins from the most general to the most local, and all that are above each."""

    names: tuple[str, ...]
    above: Mapping[str, frozenset[str]]
    ordered: bool

    def rivals(self, one: str, other: str) -> bool:
        """Say whether two plugins stand side by side, so that neither may take the other's place."""
        if self.ordered or one == other or DEFAULTS in (one, other):
            return False
        return one not in self.above[other] and other not in self.above[one]

    def place(self, name: str) -> int:
        """Return how local a plugin is: 0 the most general; those side by side are equal."""
        if name == DEFAULTS:
            return 0
        return 1 + (self.names.index(name) if self.ordered else len(self.above[name]))


def arranged(loaded: Sequence[Plugin], ordered: bool) -> tuple[list[Plugin], Precedence]:
    """Return plugins from the most general to the most local, and their precedence.

    With `ordered` the first named is the most local. Otherwise the defaults come first, then who is under
    nobody, and so on down, by name among equals. Raises PluginError where plugins are under each other.
    """
    above = _above({p.name: parents_of(p) for p in loaded}, {p.name: p for p in loaded})
    first = [p for p in loaded if p.name == DEFAULTS]
    rest = [p for p in loaded if p.name != DEFAULTS]
    if ordered:
        _check_order(rest, above)
        rest = rest[::-1]
    else:
        rest.sort(key=lambda p: (len(above[p.name]), p.name))
    found = first + rest
    return found, Precedence(tuple(p.name for p in found), above, ordered)


def _above(
    parents: Mapping[str, tuple[str, ...]], plugins: Mapping[str, Plugin]
) -> dict[str, frozenset[str]]:
    """Return all loaded plugins above each; a parent that is not loaded is nobody."""

    def climb(name: str, path: tuple[str, ...]) -> frozenset[str]:
        if name in path:
            loop = " under ".join((*path[path.index(name) :], name))
            raise PluginError(name, plugins[name].version, "load", f"plugins are in a ring: {loop}")
        direct = [parent for parent in parents[name] if parent in parents]
        return frozenset(direct).union(*(climb(parent, (*path, name)) for parent in direct))

    return {name: climb(name, ()) for name in sorted(parents)}


def _check_order(rest: Sequence[Plugin], above: Mapping[str, frozenset[str]]) -> None:
    """Raise PluginConflictError where the order of the call puts a plugin before one that is under it."""
    for at, plugin in enumerate(rest):
        for later in rest[at + 1 :]:
            if plugin.name in above[later.name]:
                raise PluginConflictError(
                    f"{later.name} is under {plugin.name}, but {plugin.name} was named first; with "
                    "ordered=True name the most local plugin first"
                )
