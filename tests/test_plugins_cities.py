"""The twelve cities together: all there, documented, told in both languages, and without a trace in each other."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import wushe
from wushe.cli import main
from wushe.demos import demo_path, find_demo
from wushe.plugins.loading import HOOKS

ROOT = Path(__file__).parent.parent
CITIES = (
    "changqing", "chizhou", "dangshan", "ezhou", "hefei", "jiangxi",
    "pingliang", "tianshui", "wuchang", "wuhan", "xinjiang", "xuanzhou",
)  # fmt: skip
each_city = pytest.mark.parametrize("city", CITIES)


def test_the_demo_list_has_all_twelve_in_both_languages() -> None:
    """One line each: the name, Chinese, English."""
    lines = CliRunner().invoke(main, ["demo", "--list"]).output.splitlines()
    said = dict(line.split("\t") for line in lines)
    assert set(said) >= set(CITIES)
    for city in CITIES:
        zh, _, en = said[city].partition(" / ")
        assert re.search("[\u4e00-\u9fff]", zh)
        assert re.search("[a-z]{4}", en)


@each_city
def test_each_has_a_page_with_its_source(city: str) -> None:
    """The page says where the facts come from, what is modelled and what is not, in both languages."""
    page = (ROOT / "docs" / "cities" / f"{city}.md").read_text("utf-8")
    for word in ("来源", "没有做的", "假定", "Source", "Not modelled", "assumed"):
        assert word.lower() in page.lower(), word
    assert f"wushe demo {city}" in page
    assert f"cities/{city}" in (ROOT / "docs" / "index.md").read_text("utf-8")


@each_city
def test_each_is_small_and_says_its_source(city: str) -> None:
    """A city's file stays small; what several cities share is a default or a parameter."""
    home = ROOT / "src" / "wushe" / "plugins" / city
    files = sorted(home.glob("*.py")) if home.is_dir() else [home.with_suffix(".py")]
    texts = [path.read_text("utf-8") for path in files]
    assert max(len(text.splitlines()) for text in texts) <= 250
    assert "Source" in texts[0]


def test_every_hook_is_used_by_a_city() -> None:
    """No hook is there for nobody. Relief policies are national: the defaults bring them, no city among the twelve."""
    used = {h for city in CITIES for h in wushe.load_plugins(city).hooks_of(city)}
    assert used == set(HOOKS) - {"register_policies"}
    assert "register_policies" in wushe.load_plugins().hooks_of("defaults")


def _registered(city: str) -> list[Any]:
    rules = wushe.load_plugins(city)
    words = [sorted(rules.categories), sorted(rules.target_groups), sorted(rules.risk_signals)]
    return [*words, [[o.hook, o.id, o.plugin] for o in rules.origins()]]


def _planned(city: str) -> dict[str, Any]:
    demo = find_demo(city)
    rules = wushe.load_plugins(*demo.plugins)
    network = wushe.read(demo_path(city), plugins=rules)
    plan = wushe.make_plan(network, plugins=rules, on=demo.on)
    items = sorted([i.need, i.provider.id, i.category.id] for i in plan.items)
    return {"items": items, "reasons": dict(sorted(plan.reasons().items()))}


FRESH = """
import json, sys
sys.path.insert(0, sys.argv[1])
from test_plugins_cities import _planned
print(json.dumps(_planned(sys.argv[2])))
"""


def test_all_twelve_one_after_another_leave_no_trace() -> None:
    """What each registers is the same after all the others; so is a plan, which equals a fresh process's."""
    first = {city: _registered(city) for city in CITIES}
    defaults = wushe.load_plugins().origins()
    plans = {city: _planned(city) for city in ("xuanzhou", "chizhou", "dangshan")}
    again = {city: _registered(city) for city in reversed(CITIES)}
    assert again == first
    assert wushe.load_plugins().origins() == defaults
    for city, plan in plans.items():
        code = [sys.executable, "-c", FRESH, str(Path(__file__).parent), city]
        done = subprocess.run(code, capture_output=True, text=True, check=True, env=os.environ)
        assert json.loads(done.stdout) == json.loads(json.dumps(plan)), city
        assert _planned(city) == plan, city
