"""Demos of installed plugins: what a plugin of somebody else does wrong hides no other demo."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

import wushe
from wushe import Demo, NeedCategory, PluginError, Text
from wushe.cli import main
from wushe.demos import broken_plugins, demo_path, find_demo, find_demos, tell
from wushe.io import init
from wushe.plugins import loading

ABOUT = Text("示例", "a demo")
Hook = Callable[[], Any]


def demo(key: str, folder: str = "here", **more: Any) -> Hook:
    """Return a hook that registers one demo."""
    return lambda: [Demo(key, ABOUT, ("defaults",), "2025-01-01", folder, **more)]


def letters(replaces: bool = False) -> Hook:
    """Return a hook that registers the category ``letters``."""
    return lambda: [
        NeedCategory("letters", "读信", "letters", "service", "minute", replaces=replaces)
    ]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that makes plugins, and no others, look installed."""
    entries: list[Any] = []
    known = {e.name: e for e in loading.metadata.entry_points(group=loading.GROUP)}
    entries.append(known["defaults"])

    def add(name: str, under: Any = (), **hooks: Hook) -> None:
        marked = {hook: staticmethod(wushe.hookimpl(made)) for hook, made in hooks.items()}
        plugin = type(name, (), {**marked, "name": name, "under": under})()
        entries.append(SimpleNamespace(name=name, dist=None, load=lambda: plugin))

    monkeypatch.setattr(loading.metadata, "entry_points", lambda group: entries)
    return add


def test_a_plugin_that_does_not_load_hides_no_other(install: Callable[..., None]) -> None:
    """Its demos are not listed, and why is told; so it is when its answer is no demo at all."""
    install("good", register_demos=demo("good"))
    install("odd", register_demos=lambda: ["demo"])
    install("words", register_demos=lambda: [Demo(5, ABOUT, (), "2025-01-01", "x")])  # type: ignore[arg-type]
    mixed = [NeedCategory(key, "信", "l", "service", "minute") for key in (5, "x")]  # type: ignore[arg-type]
    install("mixed", register_need_categories=lambda: mixed)
    assert list(find_demos()) == ["good"]
    assert [error.plugin for error in broken_plugins()] == ["mixed", "odd", "words"]  # type: ignore[attr-defined]
    shown = CliRunner().invoke(main, ["demo", "--list"])
    assert shown.exit_code == 0
    assert "good\t示例 / a demo" in shown.output


def test_two_plugins_with_one_id_are_named_and_hide_no_other(install: Callable[..., None]) -> None:
    """The list goes on without the id; whoever asks for it learns who claims it."""
    install("a", register_demos=demo("both"))
    install("b", register_demos=demo("both"))
    install("c", register_demos=demo("other"))
    assert list(find_demos()) == ["other"]
    assert demo_path("other") == Path("here")
    with pytest.raises(PluginError, match="'both' comes from a and b; uninstall one of them"):
        find_demo("both")


def test_the_plugin_of_that_name_owns_the_id(install: Callable[..., None]) -> None:
    """Nobody takes the place of a city's own demo by being installed beside it."""
    install("hefei", register_demos=demo("hefei", "own"))
    install("mime", register_demos=demo("hefei", "other"))
    assert (demo_path("hefei"), find_demos()["hefei"].folder) == (Path("own"), "own")


def test_what_replaces_rules_from_above_is_loaded_with_them(install: Callable[..., None]) -> None:
    """A district's plugin that replaces a category of its city's has a demo too; so has the city."""
    install("city", register_need_categories=letters(), register_demos=demo("city"))
    install(
        "district", "city", register_need_categories=letters(replaces=True), register_demos=demo("district"),
    )  # fmt: skip
    assert list(find_demos()) == ["city", "district"]
    assert find_demo("district").id == "district"
    assert broken_plugins() == ()


def test_a_story_that_fails_names_its_demo() -> None:
    """Whether the module is not there, the name is none, or the story breaks off."""
    for told, said in (
        ("no.such.module:tell", "No module"),
        ("", "expected module:function"),
        ("json:tell", "expected module:function"),
        ("json:loads", "raised"),
    ):
        with pytest.raises(PluginError, match=rf"plugin mine.*{said}"):
            list(tell(Demo("mine", ABOUT, (), "2025-01-01", "x", tell=told)))


def test_a_story_household_without_a_plan_is_the_demo_s_mistake(
    install: Callable[..., None], tmp_path: Path
) -> None:
    """Exit code 3 and the id, no traceback."""
    init(tmp_path / "empty")
    install("mine", register_demos=demo("mine", str(tmp_path / "empty"), stories=("H-9",)))
    done = CliRunner().invoke(main, ["demo", "mine", "--out", str(tmp_path / "x.html")])
    assert (done.exit_code, "'H-9'" in done.output) == (3, True)
