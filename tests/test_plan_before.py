"""A plan after relief tells what became of the needs that it does not hold: none is lost from sight."""

import json
import pickle

import pytest

import wushe
from wushe.demos import demo_path
from wushe.plan.before import before_lines, taken_off

ON = "2025-08-05"


@pytest.fixture(scope="module")
def rules() -> wushe.Plugins:
    """Return Dangshan's rules."""
    return wushe.load_plugins("dangshan")


@pytest.fixture(scope="module")
def city(rules: wushe.Plugins) -> wushe.LinkageNetwork:
    """Return the corn seller's town."""
    return wushe.read(demo_path("dangshan"), plugins=rules)


@pytest.fixture(scope="module")
def plan(city: wushe.LinkageNetwork, rules: wushe.Plugins) -> wushe.Plan:
    """Return its plan, government relief first."""
    return wushe.make_plan(city, plugins=rules, on=ON, relief=True)


def test_every_open_need_is_in_the_plan_or_told_of(
    plan: wushe.Plan, city: wushe.LinkageNetwork
) -> None:
    """Nothing falls between: planned, unserved, or named with what becomes of it."""
    assert plan.linkage is not None
    told = {one.need for one in taken_off(plan.linkage)}
    planned = {i.need for i in plan.items} | {short.need for short in plan.unserved}
    needs = city["needs"]
    opened = {k for k, s in zip(needs.ids, needs["status"], strict=True) if s in (None, "open")}
    assert told
    assert told.isdisjoint(planned)
    assert told | planned == opened


def test_what_becomes_of_each_need_agrees_with_its_explanation(plan: wushe.Plan) -> None:
    """Covered in full, held or waiting, as the linkage explains need by need."""
    assert plan.linkage is not None
    words = {"funded": "Fully covered", "held": "held until the office", "waits": "waits"}
    for one in taken_off(plan.linkage):
        assert words[one.status] in plan.linkage.explain(one.need, "en")


def test_summary_page_and_json_name_them_masked(plan: wushe.Plan) -> None:
    """Every output says so, in both languages, without a full name."""
    assert plan.linkage is not None
    needs = [one.need for one in taken_off(plan.linkage)]
    name = plan.linkage.client(0, "internal")[1]
    page, said = plan.to_html(), json.loads(plan.to_json())
    for text in (plan.summary("zh"), plan.summary("en"), page):
        assert all(need in text for need in needs)
        assert name not in text
    assert [row["need"] for row in said["relief_first"]] == needs
    assert name not in plan.to_json()
    assert "先看政府救助" in plan.summary()


def test_a_long_list_is_cut_and_counted(plan: wushe.Plan) -> None:
    """A city's summary stays readable: the rest are counted."""
    assert plan.linkage is not None
    every = list(before_lines(plan.linkage))
    cut = [line.say("en") for line in before_lines(plan.linkage, limit=1)]
    left_out = len(taken_off(plan.linkage)) - 1
    assert f"and {left_out} more" in cut[-2]
    assert len(cut) < len(every)


def test_without_relief_there_is_nothing_to_tell(
    city: wushe.LinkageNetwork, rules: wushe.Plugins
) -> None:
    """A plan that did not look at relief says nothing of it; one that did pickles with it."""
    bare = wushe.make_plan(city, plugins=rules, on=ON)
    assert bare.linkage is None
    assert json.loads(bare.to_json())["relief_first"] is None
    assert "政府救助：" not in bare.summary()
    again = wushe.make_plan(city, plugins=rules, on=ON, relief=True)
    assert pickle.loads(pickle.dumps(again)).summary() == again.summary()


def test_a_date_in_words_links_as_it_assesses(
    city: wushe.LinkageNetwork, rules: wushe.Plugins
) -> None:
    """`assess` and `link_relief` take the same date, as text or not; another day is refused."""
    found = wushe.assess(city, on=ON, plugins=rules)
    assert wushe.link_relief(city, found, plugins=rules, on=ON).on == found.on
    with pytest.raises(ValueError, match="2025-08-06 differs"):
        wushe.link_relief(city, found, plugins=rules, on="2025-08-06")
