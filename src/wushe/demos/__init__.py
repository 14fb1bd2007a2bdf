"""Demos that come with plugins: made-up tables and the story that they tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

import attrs

from wushe.errors import PluginError, WusheError
from wushe.model.declaring import Demo
from wushe.plugins.manager import available, load_with_those_above

__all__ = ["broken_plugins", "demo_path", "find_demo", "find_demos", "tell"]


def find_demos() -> Mapping[str, Demo]:
    """Return the demos of all installed plugins by id, sorted.

    Plugins that do not load are left out, and so is an id that two plugins claim; see `broken_plugins`.
    Of two demos of one id that of the plugin of that name counts, or the one that `replaces`.
    """
    return _look().demos


def broken_plugins() -> tuple[WusheError, ...]:
    """Return why demos of installed plugins are not listed: a plugin does not load, or two claim one id."""
    seen = _look()
    return (*seen.failures, *seen.clashes.values())


def find_demo(name: str) -> Demo:
    """Return demo `name`: of the plugin of that name, else of any.

    Raises WusheError for an unknown one, PluginError where its plugin does not load or two plugins claim it.
    """
    if name in available():
        own = _own_demos(name)
        if name in own:
            return own[name]
    seen = _look()
    if name in seen.clashes:
        raise seen.clashes[name]
    if name not in seen.demos:
        raise WusheError(f"demo {name!r} is unknown; expected one of: {', '.join(seen.demos)}")
    return seen.demos[name]


def demo_path(name: str) -> Path:
    """Return the folder of demo `name`, ready for `wushe.read`. Raises WusheError for an unknown name."""
    return Path(find_demo(name).folder)


def tell(demo: Demo, lang: str = "zh") -> Iterator[str]:
    """Yield the lines of the demo's story, none where it has none. Raises PluginError where it fails."""
    if demo.tell is None:
        return
    module, _, function = demo.tell.partition(":")
    try:
        story = getattr(import_module(module), function)
    except Exception as error:
        message = f"tell {demo.tell!r}: {error}; expected module:function"
        raise PluginError(demo.id, "-", "register_demos", message) from error
    try:
        yield from story(lang)
    except Exception as error:
        message = f"tell {demo.tell!r} raised {type(error).__name__}: {error}"
        raise PluginError(demo.id, "-", "register_demos", message) from error


@attrs.frozen
class _Seen:
    """The demos by id, why plugins do not load, and which ids two plugins claim."""

    demos: Mapping[str, Demo]
    failures: tuple[WusheError, ...]
    clashes: Mapping[str, PluginError]


def _look() -> _Seen:
    """Look at every installed plugin's demos, each plugin by itself."""
    claims: dict[str, list[tuple[str, Demo]]] = {}
    failures: list[WusheError] = []
    for name in available():
        try:
            for demo in _own_demos(name).values():
                claims.setdefault(demo.id, []).append((name, demo))
        except WusheError as error:
            failures.append(error)
    found: dict[str, Demo] = {}
    clashes: dict[str, PluginError] = {}
    for key in sorted(claims):
        first = _first_of(key, claims[key])
        if first is None:
            names = " and ".join(name for name, _ in claims[key])
            message = f"demo {key!r} comes from {names}; uninstall one of them"
            clashes[key] = PluginError(claims[key][-1][0], "-", "register_demos", message)
        else:
            found[key] = first
    return _Seen(found, tuple(failures), clashes)


def _first_of(key: str, claims: list[tuple[str, Demo]]) -> Demo | None:
    """Return the one demo that counts, None where nothing says which."""
    own = [demo for name, demo in claims if name == key]
    taking = [demo for _, demo in claims if demo.replaces]
    every = own or taking or [demo for _, demo in claims]
    return every[0] if len(every) == 1 else None


def _own_demos(name: str) -> Mapping[str, Demo]:
    """Return the demos of one plugin; what replaces rules of those above it is loaded together with them."""
    loaded = load_with_those_above(name)
    own = {o.id for o in loaded.origins() if o.hook == "register_demos" and o.plugin == name}
    return {key: demo for key, demo in loaded.demos.items() if key in own}
