"""A province's plugin above a city's above a district's: whose rule counts, who may replace whose, who is told."""

import itertools
import json
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import wushe
from cities import ON, city_of, village
from wushe import (
    Need,
    NeedCategory,
    Offer,
    Pairs,
    PluginConflictError,
    PluginError,
    PointRule,
    Programme,
    RuleOrigin,
    ScoreTerm,
    Text,
    hookimpl,
    load_plugins,
)
from wushe.cli import main

VILLAGE = village(
    needs=[Need(id="N1", category="food", household="H", quantity=1, unit="piece")],
    offers=[Offer(id="A", provider="O", categories=("food",), quantity=1, unit="piece")],
)


def plugin(called: str, under: Any = (), **hooks: Callable[..., Any]) -> Any:
    """Return a plugin object of that name under another one."""
    marked = {hook: staticmethod(hookimpl(function)) for hook, function in hooks.items()}
    return type(called, (), {**marked, "__version__": "1", "name": called, "under": under})()


def constant(value: float) -> Callable[..., Any]:
    """Return a priority hook that answers the same for every need."""
    return lambda needs: np.full(len(needs), value)


def category(minutes: int, replaces: bool = False) -> Callable[[], list[NeedCategory]]:
    """Return a hook that registers the category `letters` of so many minutes."""
    return lambda: [
        NeedCategory("letters", "读信", "letters", "service", "minute", minutes, replaces=replaces)
    ]


def province(**hooks: Any) -> Any:
    """Return the most general of the three."""
    return plugin("province", **hooks)


def city(**hooks: Any) -> Any:
    """Return the one in the middle."""
    return plugin("city", "province", **hooks)


def district(**hooks: Any) -> Any:
    """Return the most local one."""
    return plugin("district", ("city",), **hooks)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_most_local_answer_counts_whatever_the_order(order: tuple[int, ...]) -> None:
    """District before city before province, for a hook that takes one answer."""
    three = (
        province(prioritise_needs=constant(0.1)),
        city(prioritise_needs=constant(0.2)),
        district(prioritise_needs=constant(0.3)),
    )
    rules = load_plugins(*(three[i] for i in order))
    assert [name for name, _ in rules.versions] == ["defaults", "province", "city", "district"]
    plan = wushe.make_plan(city_of(VILLAGE, rules), plugins=rules, on=ON)
    assert set(plan.matching.priority.tolist()) == {0.3}


def test_what_is_not_said_below_is_taken_from_above() -> None:
    """A district without an answer of its own has the city's."""
    rules = load_plugins(
        district(register_need_categories=category(30)), city(prioritise_needs=constant(0.2))
    )
    plan = wushe.make_plan(city_of(VILLAGE, rules), plugins=rules, on=ON)
    assert set(plan.matching.priority.tolist()) == {0.2}


def test_two_districts_of_one_city_are_still_rivals() -> None:
    """Neither is above the other, so neither answer counts without an order."""
    other = plugin("other", "city", prioritise_needs=constant(0.4))
    mine = district(prioritise_needs=constant(0.3))
    with pytest.raises(PluginConflictError, match=r"district and other.*under the other"):
        load_plugins(city(prioritise_needs=constant(0.2)), mine, other)
    rules = load_plugins(mine, other, city(prioritise_needs=constant(0.2)), ordered=True)
    plan = wushe.make_plan(city_of(VILLAGE, rules), plugins=rules, on=ON)
    assert set(plan.matching.priority.tolist()) == {0.3}


def test_an_id_of_the_city_is_replaced_only_where_the_district_says_so() -> None:
    """Without `replaces` it is a conflict that names both and the way out."""
    above = city(register_need_categories=category(30))
    with pytest.raises(PluginConflictError, match=r"city and district.*replaces=True"):
        load_plugins(above, district(register_need_categories=category(45)))
    rules = load_plugins(above, district(register_need_categories=category(45, replaces=True)))
    assert rules.categories["letters"].typical == 45


def test_nothing_is_replaced_from_above_or_from_beside() -> None:
    """A city cannot replace its district's rule, nor one district another's."""
    with pytest.raises(PluginError, match="'letters' replaces nothing"):
        load_plugins(
            city(register_need_categories=category(45, replaces=True)),
            district(register_need_categories=category(30)),
        )
    beside = plugin("other", "city", register_need_categories=category(60, replaces=True))
    with pytest.raises(PluginConflictError, match="district and other; they stand side by side"):
        load_plugins(
            city(register_need_categories=category(30)),
            district(register_need_categories=category(45, replaces=True)),
            beside,
        )


def test_replacing_nothing_is_a_mistake() -> None:
    """Mostly a misspelled id, or the plugin above was not loaded."""
    with pytest.raises(PluginError, match="it is under city, which is not loaded: load it too"):
        load_plugins(district(register_need_categories=category(45, replaces=True)))


def test_of_two_point_rules_for_one_category_the_more_local_counts() -> None:
    """Rules that are looked up in order are looked up from the most local plugin on."""
    points = {
        name: [PointRule(f"{name}_points", Text(name, name), ("visit",), per_hour=n)]
        for name, n in (("a_district", 5), ("z_city", 9))
    }
    rules = load_plugins(
        plugin("z_city", register_point_rules=lambda: points["z_city"]),
        plugin("a_district", "z_city", register_point_rules=lambda: points["a_district"]),
    )
    rule = rules.point_rule_for("visit")
    assert rule is not None
    assert rule.per_hour == 5


def term(value: float, replaces: bool = False) -> Callable[..., Any]:
    """Return a hook that scores every pair the same under the name `x.near`."""
    return lambda pairs: ScoreTerm("x.near", 1, np.full(len(pairs), value), replaces=replaces)


def test_a_score_term_of_the_city_is_replaced_by_name() -> None:
    """The district's values count, once; without `replaces` the two are a conflict."""
    both = city(score_candidates=term(0.2)), district(score_candidates=term(0.7, replaces=True))
    rules = load_plugins(*both)
    plan = wushe.make_plan(city_of(VILLAGE, rules), plugins=rules, on=ON)
    prepared = plan.matching.prepared
    one = Pairs(np.zeros(1, dtype=np.int32), np.zeros(1, dtype=np.int32))
    context = wushe.Context(plan.on, rules.categories, rules.target_groups)
    scores = rules.score_candidates(prepared.needs, prepared.offers, one, context)
    assert [(s.plugin, s.points.tolist()) for s in scores if s.term.name == "x.near"] == [
        ("district", [700])
    ]
    clash = load_plugins(both[0], district(score_candidates=term(0.7)))
    with pytest.raises(PluginConflictError, match="city and district"):
        wushe.make_plan(city_of(VILLAGE, clash), plugins=clash, on=ON)


def test_a_ring_is_refused() -> None:
    """Two plugins under each other have no order; the message shows the ring."""
    with pytest.raises(PluginError, match="one under two under one"):
        load_plugins(
            plugin("one", "two", prioritise_needs=constant(0.1)),
            plugin("two", "one", prioritise_needs=constant(0.1)),
        )


@pytest.mark.parametrize("under", [7, ("city", 7), "", ["city"]])
def test_under_is_a_name_or_several(under: Any) -> None:
    """Anything else is a mistake of the plugin that says so."""
    with pytest.raises(PluginError, match=r"odd.*under is"):
        load_plugins(plugin("odd", under, prioritise_needs=constant(0.1)))


def test_an_order_that_contradicts_the_plugins_is_refused() -> None:
    """With ordered=True the most local is named first; a city before its own district is a slip."""
    both = city(prioritise_needs=constant(0.2)), district(prioritise_needs=constant(0.3))
    with pytest.raises(PluginConflictError, match="district is under city"):
        load_plugins(*both, ordered=True)
    assert load_plugins(*both[::-1], ordered=True).versions[-1][0] == "district"


def test_where_every_rule_came_from() -> None:
    """Origins name the plugin and whose rule it took the place of, for ids and for one answer."""
    rules = load_plugins(
        city(register_need_categories=category(30), prioritise_needs=constant(0.2)),
        district(
            register_need_categories=category(45, replaces=True), prioritise_needs=constant(0.3)
        ),
    )
    found = rules.origins()
    assert RuleOrigin("register_need_categories", "letters", "district", ("city",)) in found
    assert RuleOrigin("register_need_categories", "visit", "defaults") in found
    assert RuleOrigin("prioritise_needs", "", "district", ("defaults", "city")) in found
    assert found[0].say("en") != found[0].say("zh") or not found[0].instead_of


def test_a_set_in_levels_pickles() -> None:
    """Worker processes rebuild the same precedence."""
    rules = load_plugins("wuchang", "hefei", ordered=True)
    again = pickle.loads(pickle.dumps(rules))
    assert again.versions == rules.versions
    assert again.origins() == rules.origins()


def test_a_programme_names_only_what_is_registered() -> None:
    """A misspelled target group, category or way of visiting is found at load."""
    for field in ("groups", "categories", "visit_kinds"):
        bad = Programme("x", Text("某", "x"), **{field: ("nosuch",)})
        with pytest.raises(PluginError, match=f"'x', {field}: 'nosuch'"):
            load_plugins(plugin("odd", register_programmes=lambda bad=bad: [bad]))


def test_nobody_takes_the_own_place() -> None:
    """Two of one id in one plugin are a slip, even where the second says that it replaces."""
    twice = [*category(5)(), *category(9, replaces=True)()]
    with pytest.raises(PluginConflictError, match="'letters' is registered twice by city"):
        load_plugins(city(register_need_categories=lambda: twice))


def standard(table: str, *items: str) -> Callable[[], list[wushe.Standard]]:
    """Return a hook that registers a standard of `table` with items of these ids."""
    label = Text("标准", "standard")
    made = tuple(
        wushe.StandardItem(key, label, lambda rows, context: np.full(len(rows), 7)) for key in items
    )
    return lambda: [wushe.Standard("s", label, made, table)]


@pytest.mark.parametrize(
    ("table", "items", "said"),
    [
        ("station", ["a"], "table 'station' is unknown; expected one of .*stations"),
        ("stations", [], "there are no items"),
        ("stations", ["a", "b", "a"], "two items have the id 'a'"),
    ],
)
def test_a_standard_that_cannot_be_looked_at_fails_at_load(
    table: str, items: list[str], said: str
) -> None:
    """The message names plugin, hook and standard."""
    with pytest.raises(PluginError, match=rf"city 1.*register_standards, standard s: {said}"):
        load_plugins(city(register_standards=standard(table, *items)))


def test_an_answer_of_a_standard_that_is_none_is_shown() -> None:
    """7 is neither met nor missing nor unknown."""
    rules = load_plugins(city(register_standards=standard("stations", "a")))
    with pytest.raises(PluginError, match=r"item s\.a: answered 7, expected integers 1, 0 or -1"):
        rules.standards["s"].items[0].test(wushe.Columns(2, {}), None)


def no_food(**more: Any) -> Callable[..., Any]:
    """Return a hook whose one filter refuses all food."""
    return lambda needs, pairs: wushe.FilterTerm(
        (needs["category"] != "food")[pairs.need], "restriction", **more
    )


def test_a_named_filter_is_replaced_by_name() -> None:
    """A district may loosen its city's rule where the rule has a name, and says so."""
    strict = city(filter_candidates=no_food(name="x.food"))
    loose = district(
        filter_candidates=lambda pairs: wushe.FilterTerm(
            np.ones(len(pairs), dtype=bool), "restriction", name="x.food", replaces=True
        )
    )
    for plugins, served in ((strict,), 0), ((strict, loose), 1):
        rules = load_plugins(*plugins)
        plan = wushe.make_plan(city_of(VILLAGE, rules), plugins=rules, on=ON)
        assert plan.served == served
    clash = load_plugins(strict, district(filter_candidates=no_food(name="x.food")))
    with pytest.raises(PluginConflictError, match=r"'x.food' comes from both city and district"):
        wushe.make_plan(city_of(VILLAGE, clash), plugins=clash, on=ON)


def test_a_filter_says_itself_in_words_where_a_need_stays_unserved_for_it() -> None:
    """The plan tells the city's rule beside the closed reason; its next step follows the rule."""
    label = Text("本区不发放食品（区发〔2025〕1号）", "no food in this district (2025 No. 1)")
    rules = load_plugins(city(filter_candidates=no_food(label=label)))
    plan = wushe.make_plan(city_of(VILLAGE, rules), plugins=rules, on=ON)
    (short,) = plan.unserved
    assert short.rules == (label,)
    assert "local rule: no food in this district" in short.explain("en")
    assert "本地规则：本区不发放食品" in plan.to_html()
    assert short.next_step.en == "recruit or raise help that the local rule admits"
    plain = load_plugins(city(filter_candidates=no_food()))
    (bare,) = wushe.make_plan(city_of(VILLAGE, plain), plugins=plain, on=ON).unserved
    assert bare.rules == ()
    assert "local rule" not in bare.explain("en")


def test_a_label_in_one_language_is_refused() -> None:
    """Words are a Text, zh and en."""
    rules = load_plugins(city(filter_candidates=no_food(label="no food")))
    with pytest.raises(PluginError, match="expected words in both languages"):
        wushe.make_plan(city_of(VILLAGE, rules), plugins=rules, on=ON)


def test_two_cities_rules_for_one_category_are_a_conflict() -> None:
    """Which of two point rules counts is not left to the alphabet; under each other the local one does."""

    def points(name: str, *categories: str) -> Callable[[], list[PointRule]]:
        return lambda: [PointRule(name, Text(name, name), categories, per_hour=1)]

    one = plugin("one", register_point_rules=points("one_points", "visit"))
    two = plugin("two", register_point_rules=points("two_points", "errand", "visit"))
    with pytest.raises(
        PluginConflictError, match="one and two both have rules for category 'visit'"
    ):
        load_plugins(one, two)
    assert load_plugins(two, one, ordered=True).point_rule_for("visit").id == "two_points"
    general = plugin("three", register_point_rules=points("three_points"))
    assert load_plugins(one, general).point_rule_for("errand").id == "three_points"
    with pytest.raises(PluginConflictError, match="categories that none names"):
        load_plugins(general, plugin("four", register_point_rules=points("four_points")))


def test_explain_shows_replaced_filter_and_score_terms(tmp_path: Any) -> None:
    """`plugins explain` asks about no pairs and tells whose named terms hold, and whose place they took."""
    above = (
        "import numpy as np\nimport wushe\n"
        "@wushe.hookimpl\ndef filter_candidates(pairs):\n"
        "    return wushe.FilterTerm(np.ones(len(pairs), bool), 'reach', name='x.own'{more})\n"
        "@wushe.hookimpl\ndef score_candidates(pairs):\n"
        "    return wushe.ScoreTerm('x.near', 1, np.ones(len(pairs)){more})\n"
    )
    for name, head, more in (("prov", "", ""), ("town", "under = 'prov'\n", ", replaces=True")):
        (tmp_path / f"{name}.py").write_text(head + above.replace("{more}", more), "utf-8")
    files = [word for name in ("prov", "town") for word in ("-p", str(tmp_path / f"{name}.py"))]
    done = CliRunner().invoke(main, ["plugins", "explain", "x.", *files, "--json"])
    found = {
        (r["hook"], r["id"]): (r["plugin"], r["instead_of"])
        for r in json.loads(done.output)["rules"]
    }
    assert found["filter_candidates", "x.own"] == ("town", ["prov"])
    assert found["score_candidates", "x.near"] == ("town", ["prov"])
