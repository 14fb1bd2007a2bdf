"""What is wrong where a plugin does not load, from its own code rather than from the words of an error."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterator
from typing import Any

from wushe.errors import PluginConflictError, PluginError
from wushe.plugins import hookspecs
from wushe.plugins.loading import HOOKS, Plugin
from wushe.testing.conformance import signs
from wushe.testing.conformance.answering import why
from wushe.testing.conformance.findings import Finding, found
from wushe.testing.conformance.kit import Kit, above, marked

NOT_ABOVE = ("replaces nothing", "which no plugin registers")
"""Words of the errors where nothing is there to be replaced."""


def not_loaded(error: BaseException) -> Finding:
    """Return the finding of a plugin that cannot even be imported."""
    where = error.plugin if isinstance(error, PluginError) else "load"
    return found(signs.NOT_LOADED, where, why=why(error))


def of_loading(plugin: Plugin, error: BaseException, given: tuple[Plugin, ...]) -> Finding:
    """Return the finding of an error at load; the commonest mistakes in words of their own."""
    for hook, function in marked(plugin):
        if hook not in HOOKS:
            nearest = ", ".join(difflib.get_close_matches(hook, HOOKS, n=1, cutoff=0.4)) or "-"
            return found(signs.MISSPELLED, hook, name=hook, nearest=nearest)
        odd = [a for a in _wanted(function) if a not in _arguments_of(hook)]
        if odd:
            known = ", ".join(_arguments_of(hook))
            return found(signs.WRONG_ARGUMENT, hook, names=", ".join(odd), known=known)
    said = why(error)
    if isinstance(error, PluginConflictError):
        return found(signs.CONFLICT, plugin.name, why=said)
    where = getattr(error, "hook", "load")
    if "replaces" in said and any(words in said for words in NOT_ABOVE):
        _, missing = above(plugin, given)
        return found(signs.NOTHING_ABOVE, where, why=said, missing=", ".join(missing) or "-")
    return found(signs.NOT_LOADED, where, why=said)


def loading(kit: Kit, printed: str) -> Iterator[Finding]:
    """Yield what is odd though the plugin loads: who is above it is not there, or it prints; `printed` is what."""
    for name in kit.missing:
        yield found(signs.ABOVE_MISSING, "under", name=name)
    if printed.strip():
        yield found(signs.PRINTS, "load", lines=len(printed.splitlines()))


def _wanted(function: Any) -> tuple[str, ...]:
    """Return the arguments that a function must be given."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # not written in Python
        return ()
    return tuple(
        p.name
        for p in parameters
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    )


def _arguments_of(hook: str) -> tuple[str, ...]:
    code = getattr(hookspecs, hook).__code__
    names: tuple[str, ...] = code.co_varnames[: code.co_argcount]
    return names
