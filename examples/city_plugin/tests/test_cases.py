"""青石区的规则：用例全部通过，示例能做出方案 / the rules: all cases pass, the demo makes a plan."""

from pathlib import Path

import pytest

import wushe
from wushe.testing import check_plugin, run_cases

FILES = sorted((Path(__file__).parents[1] / "cases").glob("*.yaml"))


@pytest.fixture(scope="module")
def rules() -> wushe.Plugins:
    """装好的插件 / as installed (pip install -e .)."""
    return wushe.load_plugins("qingshi")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_cases_come_out_as_written(file: Path, rules: wushe.Plugins) -> None:
    """每个用例得出写明的结果 / every case comes out as it says."""
    report = run_cases(file, plugins=rules)
    assert report.outcomes
    assert report.ok, report.say("zh")


def test_the_demo_is_planned(rules: wushe.Plugins) -> None:
    """示例数据没有错误，每户都有方案 / the demo's tables are read and every household has a plan."""
    demo = rules.demos["qingshi"]
    city = wushe.read(demo.folder, plugins=rules)
    plan = wushe.make_plan(city, plugins=rules, on=demo.on)
    assert all(plan[client].items or plan[client].unserved for client in demo.stories)
    assert wushe.check_plan(plan) == []


def test_the_conformance_kit_finds_nothing() -> None:
    """空表、乱序、什么都不知道的城市，都答得对 / empty, shuffled and unknown data are answered well."""
    report = check_plugin("qingshi", quick=True)
    assert report.ok, report.say("zh")
