"""The how-to "a plugin in 40 lines": taken from the page, counted, run, and its effects checked."""

from pathlib import Path
from typing import Any

import pytest

from test_docs import DOCS, Runner, blocks_of, folder

__all__ = ["folder"]  # a fixture
PAGE = DOCS / "howto" / "write-a-plugin.md"


def plugin() -> str:
    """Return the source of the plugin as the page prints it."""
    return next(block.body for block in blocks_of(PAGE) if block.file == "qingshi.py")


@pytest.fixture
def names(folder: Path) -> dict[str, Any]:
    """Return what the page has defined once all of it ran."""
    return Runner(PAGE).run().names


def test_the_plugin_has_at_most_40_lines() -> None:
    """Docstrings and blank lines count."""
    assert len(plugin().splitlines()) <= 40


def test_the_plugin_uses_only_the_front_door() -> None:
    """It imports numpy and wushe, no module inside wushe."""
    imports = [line for line in plugin().splitlines() if line.startswith(("import ", "from "))]
    assert imports == ["import numpy as np", "import wushe", "from wushe import hookimpl"]


def test_its_category_is_served(names: dict[str, Any]) -> None:
    """A need of the new category is unknown without the plugin and served with it."""
    served = {item.need: item.amount for item in names["after"].items}
    assert "N-3" not in {item.need for item in names["before"].items}
    assert served["N-3"] == 30


def test_its_filter_keeps_volunteers_at_home(names: dict[str, Any]) -> None:
    """The need in the other community loses its volunteer and says that none reaches it."""
    assert {i.need: i.provider.id for i in names["before"].items}["N-2"] == "V-1"
    assert {s.need: s.reason for s in names["after"].unserved} == {"N-2": "reach"}


def test_its_score_prefers_the_social_worker(names: dict[str, Any]) -> None:
    """The elder's visit moves from the volunteer to the social worker, and the plan says why."""
    assert {i.need: i.provider.id for i in names["before"].items}["N-1"] == "V-1"
    [item] = [i for i in names["after"].items if i.need == "N-1"]
    assert item.provider.id == "W-1"
    assert "社工先上门" in item.explain("zh")
