"""Plugins by name are loaded once for many commands: a command line loads them anew each time, as it should."""

from collections.abc import Callable
from typing import Any

import pytest

import wushe


def loaded_once(load: Callable[..., wushe.Plugins]) -> Callable[..., wushe.Plugins]:
    """Return `load_plugins` that keeps what it loaded by installed names; files and objects are loaded each time."""
    held: dict[tuple[str, ...], wushe.Plugins] = {}

    def load_once(*plugins: Any, **options: Any) -> wushe.Plugins:
        named = all(isinstance(p, str) and not p.endswith(".py") for p in plugins)
        if options or not named:
            return load(*plugins, **options)
        if plugins not in held:
            held[plugins] = load(*plugins)
        return held[plugins]

    return load_once


_LOAD = loaded_once(wushe.load_plugins)


def share_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all commands of a test, and of the tests of this process, share the rules that they load by name."""
    monkeypatch.setattr(wushe, "load_plugins", _LOAD)
