"""Demos that come with plugins: made-up tables and the story that they tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

from wushe.errors import PluginError, WusheError
from wushe.model.declaring import Demo
from wushe.plugins.manager import available, load_plugins

__all__ = ["broken_plugins", "demo_path", "find_demo", "find_demos", "tell"]


def find_demos() -> Mapping[str, Demo]:
    """Return the demos of all installed plugins by id, sorted; plugins that do not load are left out.

    See `broken_plugins`. Raises PluginError where two plugins bring a demo of one id.
    """
    found: dict[str, Demo] = {}
    owner: dict[str, str] = {}
    for name, demos in _of_each():
        for demo in demos.values():
            if demo.id in found:
                message = f"demo {demo.id!r} comes from {owner[demo.id]} too; uninstall one of them"
                raise PluginError(name, "-", "register_demos", message)
            found[demo.id], owner[demo.id] = demo, name
    return dict(sorted(found.items()))


def broken_plugins() -> tuple[WusheError, ...]:
    """Return why installed plugins do not load, so that their demos are not listed."""
    failed = []
    for name in available():
        try:
            load_plugins(name)
        except WusheError as error:
            failed.append(error)
    return tuple(failed)


def find_demo(name: str) -> Demo:
    """Return demo `name`: of the plugin of that name, else of any. Raises WusheError for an unknown one."""
    if name in available():
        own = load_plugins(name).demos
        if name in own:
            return own[name]
    found = find_demos()
    if name not in found:
        raise WusheError(f"demo {name!r} is unknown; expected one of: {', '.join(found)}")
    return found[name]


def demo_path(name: str) -> Path:
    """Return the folder of demo `name`, ready for `wushe.read`. Raises WusheError for an unknown name."""
    return Path(find_demo(name).folder)


def tell(demo: Demo, lang: str = "zh") -> Iterator[str]:
    """Yield the lines of the demo's story, none where it has none. Raises PluginError where it cannot be found."""
    if demo.tell is None:
        return
    module, _, function = demo.tell.partition(":")
    try:
        story = getattr(import_module(module), function)
    except (ImportError, AttributeError) as error:
        message = f"tell {demo.tell!r}: {error}; expected module:function"
        raise PluginError(demo.id, "-", "register_demos", message) from error
    yield from story(lang)


def _of_each() -> Iterator[tuple[str, Mapping[str, Demo]]]:
    for name in available():
        try:
            loaded = load_plugins(name)
        except WusheError:
            continue
        yield name, loaded.demos
