"""Plugins: loaded explicitly, checked at load and at every call, blamed by name, never global."""

import contextlib
import datetime as dt
import gc
import pickle
import re
import types
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
import pytest

import wushe
from cities import ON, city_of, seeded_rows, village
from wushe import (
    Columns,
    Context,
    FilterTerm,
    Need,
    NeedCategory,
    Offer,
    Pairs,
    PluginConflictError,
    PluginError,
    ScoreTerm,
    Table,
    TargetGroup,
    hookimpl,
    load_plugins,
)
from wushe.plugins.manager import available


def plugin(called: str, *, version: str = "1.2", **hooks: Callable[..., Any]) -> Any:
    """Return a plugin object of that name with `hooks` marked as implementations."""
    marked = {hook: staticmethod(hookimpl(function)) for hook, function in hooks.items()}
    return type(called, (), {**marked, "__version__": version, "name": called})()


def categories(*ids: str) -> Callable[[], list[NeedCategory]]:
    """Return a hook that registers goods categories of these ids."""
    return lambda: [NeedCategory(i, i, i, "goods", "piece") for i in ids]


def groups(*ids: str) -> Callable[[], list[TargetGroup]]:
    """Return a hook that registers target groups of these ids."""
    return lambda: [TargetGroup(i, i, i) for i in ids]


VILLAGE = village(
    services=[wushe.ServiceRecord(id="Y", provider="O", household="H")],
    needs=[
        Need(id="N1", category="visit", household="H", quantity=1, unit="hour"),
        Need(id="N2", category="food", household="H", quantity=1, unit="piece"),
    ],
    offers=[
        Offer(
            id="A",
            provider="O",
            categories=("visit",),
            quantity=1,
            unit="hour",
            skills=("visiting",),
        ),
        Offer(id="B", provider="O", categories=("food",), quantity=1, unit="piece"),
    ],
)


def plan_with(*plugins: Any) -> wushe.Plan:
    """Return the village's plan under the defaults and `plugins`."""
    rules = load_plugins(*plugins)
    return wushe.make_plan(city_of(VILLAGE, rules), plugins=rules, on=ON)


# --- loading -----------------------------------------------------------------------------------


def test_the_defaults_are_an_ordinary_plugin() -> None:
    """They come from the entry point group like any other, and can be left out."""
    assert set(available()) >= {"defaults", "wuchang"}
    assert load_plugins().versions == (("defaults", available()["defaults"]),)
    bare = load_plugins(defaults=False)
    assert (bare.versions, dict(bare.categories), dict(bare.target_groups)) == ((), {}, {})


def test_plugins_load_by_name_and_by_object_side_by_side() -> None:
    """Names, versions and hooks of both are on record."""
    rules = load_plugins("wuchang", plugin("harbour", register_target_groups=groups("sailor")))
    assert [name for name, _ in rules.versions] == ["defaults", "harbour", "wuchang"]
    assert dict(rules.versions)["harbour"] == "1.2"
    assert rules.hooks_of("harbour") == ("register_target_groups",)
    assert "sailor" in rules.target_groups
    assert "micro_wish" in rules.categories


def test_a_name_that_is_not_installed_lists_those_that_are() -> None:
    """The message says what could be loaded."""
    with pytest.raises(
        PluginError,
        match=r"atlantis.*installed: changqing, chizhou, dangshan, defaults, ezhou, .*, xuanzhou",
    ):
        load_plugins("atlantis")


@pytest.mark.parametrize(
    ("hook", "register"),
    [("register_need_categories", categories), ("register_target_groups", groups)],
)
def test_two_plugins_that_claim_one_id_fail_at_load_naming_both(
    hook: str, register: Callable[..., Any]
) -> None:
    """The message names the id and both plugins, whichever comes first."""
    north = plugin("north", **{hook: register("x.shared")})
    south = plugin("south", **{hook: register("x.shared")})
    for order in ((north, south), (south, north)):
        with pytest.raises(PluginConflictError) as error:
            load_plugins(*order)
        assert all(word in str(error.value) for word in ("north", "south", "x.shared", hook))


def test_a_city_may_not_claim_a_built_in_id() -> None:
    """The defaults are named like any other plugin."""
    with pytest.raises(
        PluginConflictError, match="'visit' is registered by both defaults and mine"
    ):
        load_plugins(plugin("mine", register_need_categories=categories("visit")))


def test_one_plugin_that_claims_an_id_twice_fails_too() -> None:
    """A slip inside one plugin is a conflict as well."""
    with pytest.raises(PluginConflictError, match=r"'x\.a'"):
        load_plugins(plugin("mine", register_need_categories=categories("x.a", "x.a")))


def test_two_plugins_of_one_name_fail() -> None:
    """Names tell plugins apart, so they are unique."""
    one = plugin("twin", register_target_groups=groups("a"))
    two = plugin("twin", register_target_groups=groups("b"))
    with pytest.raises(PluginConflictError, match="twin"):
        load_plugins(one, two)


def test_one_plugin_loaded_twice_fails() -> None:
    """The same object by two entries is a mistake that is named."""
    one = plugin("solo", register_target_groups=groups("a"))
    with pytest.raises(PluginConflictError, match="solo"):
        load_plugins(one, one)


def test_a_misspelled_hook_fails_at_load() -> None:
    """An unknown hook is not ignored."""
    with pytest.raises(PluginError) as caught:
        load_plugins(plugin("typo", filter_candidate=lambda needs: None))
    assert str(caught.value) == (
        "plugin typo 1.2, hook load: unknown hook 'filter_candidate'; did you mean filter_candidates?"
    )


def test_a_hook_like_none_is_answered_with_all_hooks() -> None:
    """Nothing of where the plugin's code lies on this computer is in the message."""
    with pytest.raises(
        PluginError, match=r"unknown hook 'zzz'; the hooks are: .*split_gifts"
    ) as caught:
        load_plugins(plugin("typo", zzz=lambda: None))
    assert " at 0x" not in str(caught.value)


def test_a_wrong_argument_name_fails_at_load() -> None:
    """A hook that asks for what there is not fails before anything runs."""
    with pytest.raises(PluginError, match=r"(?s)plugin args 1\.2, hook load: .*household"):
        load_plugins(plugin("args", filter_candidates=lambda needs, household: None))


def test_an_object_without_hooks_fails_at_load() -> None:
    """A forgotten marker would otherwise leave the rules out silently."""
    with pytest.raises(PluginError, match="no function marked"):
        load_plugins(type("forgot", (), {"filter_candidates": staticmethod(lambda needs: None)})())


def test_one_plugin_may_not_answer_a_hook_twice() -> None:
    """Two functions for one hook in one plugin: both count or it fails, never one silently lost."""

    class Twice:
        name = "twice"

        @hookimpl
        def register_target_groups(self) -> list[TargetGroup]:
            return groups("x.first")()

        @hookimpl(specname="register_target_groups")
        def more_groups(self) -> list[TargetGroup]:
            return groups("x.second")()

    found: set[str] = set()
    with contextlib.suppress(wushe.WusheError):
        found = set(load_plugins(Twice()).target_groups)
    assert not found or {"x.first", "x.second"} <= found


# --- one answer --------------------------------------------------------------------------------


def constant(value: float) -> Callable[[Columns], Any]:
    """Return a priority hook that answers the same for every need."""
    return lambda needs: np.full(len(needs), value)


def test_two_cities_priorities_conflict() -> None:
    """Two answers where one counts fail at load, naming both and the way out."""
    north, south = (plugin(n, prioritise_needs=constant(0.5)) for n in ("north", "south"))
    with pytest.raises(PluginConflictError, match=r"north and south.*ordered=True"):
        load_plugins(north, south)


@pytest.mark.parametrize(("order", "wins"), [((0, 1), 0.25), ((1, 0), 0.75)])
def test_the_first_named_wins_when_ordered(order: tuple[int, int], wins: float) -> None:
    """With `ordered` the order of the call decides, not the names."""
    both = [
        plugin("north", prioritise_needs=constant(0.25)),
        plugin("south", prioritise_needs=constant(0.75)),
    ]
    rules = load_plugins(*(both[i] for i in order), ordered=True)
    plan = wushe.make_plan(city_of(VILLAGE, rules), plugins=rules, on=ON)
    assert set(plan.matching.priority.tolist()) == {wins}


def test_a_citys_priority_comes_before_the_default() -> None:
    """One city's answer replaces the default's without further ado."""
    plan = plan_with(plugin("north", prioritise_needs=constant(0.125)))
    assert set(plan.matching.priority.tolist()) == {0.125}


# --- what hooks return -------------------------------------------------------------------------


def _raises(*_: Any) -> Any:
    raise ZeroDivisionError("ten by nought")


def _n(columns: Columns | Pairs, change: int = 0) -> int:
    return len(columns) + change


def allowed(pairs: Pairs, change: int = 0) -> Any:
    """Return a filter answer that allows all."""
    return np.ones(_n(pairs, change), dtype=bool)


def values(pairs: Pairs, fill: Any = 0.5, dtype: Any = float, change: int = 0) -> Any:
    """Return a score answer of one value."""
    return np.full(_n(pairs, change), fill, dtype=dtype)


def score(make: Callable[[Pairs], Any], **options: Any) -> Callable[[Pairs], ScoreTerm]:
    """Return a score hook."""
    return lambda pairs: ScoreTerm(
        options.get("name", "s"), options.get("weight", 1), make(pairs), None
    )


def late(pairs: Pairs) -> Any:
    """Fail only once the answer is looped over: a generator function."""
    yield FilterTerm(allowed(pairs), "skill")
    raise ZeroDivisionError("ten by nought")


def late_scores(pairs: Pairs) -> Any:
    """Fail only once the scores are looped over."""
    yield ScoreTerm("s", 1, values(pairs))
    raise ZeroDivisionError("ten by nought")


def late_offers(parties: Mapping[str, Table]) -> Any:
    """Fail only once the offers are looped over."""
    yield from ()
    raise ZeroDivisionError("ten by nought")


def offering(**change: Any) -> Callable[..., list[Offer]]:
    """Return a hook that derives one offer, changed."""
    fine: dict[str, Any] = {
        "id": "Z", "provider": "O", "categories": ("food",), "quantity": 1, "unit": "piece"
    }  # fmt: skip
    return lambda parties: [Offer(**{**fine, **change})]


# hook, what it does, what the message says
BAD_ANSWERS: list[tuple[str, Callable[..., Any], str]] = [
    # --- raising, at once or while its answer is read
    ("register_need_categories", _raises, "raised ZeroDivisionError: ten by nought"),
    ("register_target_groups", _raises, "raised ZeroDivisionError: ten by nought"),
    ("derive_offers", lambda parties: _raises(), "raised ZeroDivisionError: ten by nought"),
    ("prioritise_needs", lambda needs: _raises(), "raised ZeroDivisionError: ten by nought"),
    ("filter_candidates", lambda pairs: _raises(), "raised ZeroDivisionError: ten by nought"),
    ("score_candidates", lambda pairs: _raises(), "raised ZeroDivisionError: ten by nought"),
    ("filter_candidates", late, "ZeroDivisionError: ten by nought"),
    ("score_candidates", late_scores, "ZeroDivisionError: ten by nought"),
    ("derive_offers", late_offers, "ZeroDivisionError: ten by nought"),
    # --- the wrong type
    ("register_need_categories", lambda: ["visit"], "returned str, expected NeedCategory"),
    ("register_need_categories", lambda: "visit", "returned str, expected NeedCategory"),
    ("register_target_groups", lambda: None, "returned NoneType, expected TargetGroup"),
    ("derive_offers", lambda parties: [{"id": "A"}], "returned dict, expected Offer"),
    ("derive_offers", lambda parties: None, "returned NoneType, expected Offer"),
    ("derive_offers", lambda parties: parties["funds"], "table of funds, expected offers"),
    ("prioritise_needs", lambda needs: None, "NoneType, expected a numpy array of numbers"),
    ("prioritise_needs", lambda needs: [0.5] * _n(needs), "list, expected a numpy array"),
    ("filter_candidates", allowed, "expected FilterTerm"),
    ("filter_candidates", lambda pairs: None, "returned NoneType, expected FilterTerm"),
    ("score_candidates", values, "expected ScoreTerm"),
    ("score_candidates", lambda pairs: 1, "returned int, expected ScoreTerm"),
    # --- the wrong length
    ("prioritise_needs", lambda needs: np.zeros(_n(needs, 1)), r"shape \(3,\), expected \(2,\)"),
    ("prioritise_needs", lambda needs: np.zeros((_n(needs), 1)), r"shape \(2, 1\), expected \(2,\)"),
    ("filter_candidates", lambda pairs: FilterTerm(allowed(pairs, -1), "skill"), "n_pairs"),
    ("score_candidates", score(lambda pairs: values(pairs, change=2)), "n_pairs"),
    # --- the wrong dtype
    ("prioritise_needs", lambda needs: np.array(["1"] * _n(needs)), "dtype <U1"),
    ("filter_candidates", lambda pairs: FilterTerm(allowed(pairs).astype(int), "skill"), "int64.*bool"),
    ("filter_candidates", lambda pairs: FilterTerm([True] * _n(pairs), "skill"), "list.*bool"),
    ("score_candidates", score(lambda pairs: values(pairs, dtype=object)), "dtype object"),
    ("score_candidates", score(lambda pairs: values(pairs, dtype=complex)), "dtype complex128"),
    # --- NaN and infinity, with the position
    ("prioritise_needs", lambda needs: np.array([0.5, np.nan]), "nan at position 1"),
    ("prioritise_needs", lambda needs: np.array([np.inf, 0.5]), "inf at position 0"),
    ("score_candidates", score(lambda pairs: values(pairs, np.nan)), "nan at position 0"),
    # --- out of 0..1
    ("prioritise_needs", lambda needs: np.array([0.5, 1.01]), r"expected 0\.\.1"),
    ("score_candidates", score(lambda pairs: values(pairs, -0.01)), r"expected 0\.\.1"),
    # --- a reason that is not in the closed list, a weight that is none
    ("filter_candidates", lambda pairs: FilterTerm(allowed(pairs), "weather"), "'weather'"),  # type: ignore[arg-type]
    ("score_candidates", score(values, weight=0), "weight 0, expected an integer"),
    ("score_candidates", score(values, weight=-1), "weight -1"),
    ("score_candidates", score(values, weight=1.5), r"weight 1\.5"),
    ("score_candidates", score(values, weight=True), "weight True"),
    # --- an offer that is none
    ("derive_offers", offering(quantity=0), "quantity"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("hook", "misbehave", "message"), BAD_ANSWERS, ids=[f"{h}-{m}" for h, _, m in BAD_ANSWERS]
)
def test_a_hook_that_misbehaves_is_blamed_by_plugin_version_and_hook(
    hook: str, misbehave: Callable[..., Any], message: str
) -> None:
    """Whatever goes wrong, the error says whose fault it is and what was expected."""
    with pytest.raises(PluginError, match=message) as error:
        plan_with(plugin("culprit", **{hook: misbehave}))
    assert (error.value.plugin, error.value.version, error.value.hook) == ("culprit", "1.2", hook)
    assert str(error.value).startswith(f"plugin culprit 1.2, hook {hook}: ")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"provider": "nobody"}, "nobody"),
        ({"categories": ("magic",)}, "magic"),
        ({"place": "nowhere"}, "nowhere"),
        ({"for_groups": ("giants",)}, "giants"),
    ],
)
def test_derived_offers_that_fit_no_city_name_the_plugin_and_the_word(
    change: dict[str, Any], word: str
) -> None:
    """An offer that refers to what does not exist is an error, not an offer that goes anywhere."""
    with pytest.raises(wushe.WusheError) as error:
        plan_with(plugin("culprit", derive_offers=offering(**change)))
    assert "culprit" in str(error.value)
    assert word in str(error.value)


def test_the_original_error_is_kept() -> None:
    """Whoever debugs the plugin finds the first cause."""
    with pytest.raises(PluginError) as error:
        plan_with(plugin("culprit", prioritise_needs=lambda needs: _raises()))
    assert isinstance(error.value.__cause__, ZeroDivisionError)


def test_plugin_errors_survive_pickling() -> None:
    """A worker process can hand the blame to its parent."""
    error = PluginError("culprit", "1.2", "score_candidates", "no")
    back = pickle.loads(pickle.dumps(error))
    assert str(back) == str(error)
    assert (back.plugin, back.version, back.hook, back.message) == (
        "culprit", "1.2", "score_candidates", "no"
    )  # fmt: skip


# hook, a change of what it was given
MUTATIONS: list[tuple[str, Callable[..., Any]]] = [
    ("prioritise_needs", lambda needs: needs["urgency"].__setitem__(0, 3)),
    ("prioritise_needs", lambda needs: needs["id"].__setitem__(0, "N9")),
    ("filter_candidates", lambda needs: needs["quantity"].__iadd__(1)),
    ("filter_candidates", lambda offers: offers["capacity"].fill(10**6)),
    ("filter_candidates", lambda pairs: pairs.need.sort()),
    ("score_candidates", lambda offers: offers["skill_mask"].fill(1)),
    ("score_candidates", lambda pairs: pairs.offer.__setitem__(0, 0)),
    ("derive_offers", lambda parties: parties["households"]["referral_consent"].fill(1)),
    ("prioritise_needs", lambda needs, context: context.history.__iadd__(1)),
]  # fmt: skip


@pytest.mark.parametrize(("hook", "mutate"), MUTATIONS)
def test_hooks_get_read_only_arrays(hook: str, mutate: Callable[..., Any]) -> None:
    """A plugin that writes into what it was given is stopped and blamed."""
    with pytest.raises(PluginError, match="read-only") as error:
        plan_with(plugin("scribe", **{hook: mutate}))
    assert (error.value.plugin, error.value.hook) == ("scribe", hook)


def test_a_hook_cannot_edit_the_registries_of_its_set() -> None:
    """Whatever a hook does to the mapping that it was given, the loaded set stays as it was."""

    def edit(needs: Columns, context: Context) -> Any:
        context.categories.pop("haircut")  # type: ignore[attr-defined]
        return np.zeros(len(needs))

    rules = load_plugins(plugin("scribe", prioritise_needs=edit))
    with contextlib.suppress(PluginError):
        wushe.make_plan(city_of(VILLAGE, rules), plugins=rules, on=ON)
    assert "haircut" in rules.categories


def test_two_score_terms_of_one_name_conflict() -> None:
    """Terms explain plan items by name, so a name has one owner; both are named."""
    with pytest.raises(PluginConflictError, match="'nearness' comes from both defaults and mine"):
        plan_with(plugin("mine", score_candidates=score(values, name="nearness")))


def test_weights_that_would_overflow_are_refused() -> None:
    """The sum of weights keeps every cost within int32."""
    with pytest.raises(PluginConflictError, match="weights add up to more than 1000000"):
        plan_with(plugin("heavy", score_candidates=score(values, weight=10**6)))


def test_an_offer_id_from_two_sources_names_both() -> None:
    """The table and a plugin, or two plugins: the message says where each came from."""
    with pytest.raises(wushe.InputError) as error:
        plan_with(plugin("maker", derive_offers=offering(id="A")))
    assert "offers.csv" in str(error.value)
    assert "maker" in str(error.value)


# --- combination and isolation -----------------------------------------------------------------


def no_food(needs: Columns, pairs: Pairs) -> FilterTerm:
    """Refuse all food."""
    return FilterTerm((needs["category"] != "food")[pairs.need], "restriction")


def test_filters_combine_by_and() -> None:
    """A city's filter refuses what the defaults allow, with its reason."""
    plan = plan_with(plugin("strict", filter_candidates=no_food))
    assert [(s.need, s.reason) for s in plan.unserved] == [("N2", "restriction")]
    assert plan_with().unserved == ()


def test_the_order_of_loading_changes_no_plan(campaign: Callable[..., int], seed: int) -> None:
    """Score terms and filters commute: the plan is the same whatever plugin was named first."""
    one = plugin(
        "one", score_candidates=lambda needs, pairs: ScoreTerm("x.a", 7, needs["urgency"][pairs.need] / 7)
    )  # fmt: skip
    two = plugin(
        "two",
        score_candidates=lambda offers, pairs: ScoreTerm("x.b", 3, 1 / (1.0 + pairs.offer % 3)),
        filter_candidates=lambda pairs: FilterTerm(pairs.offer % 5 != 0, "window"),
    )
    sets = [
        load_plugins(*order, ordered=ordered)
        for order in ((one, two, "wuchang"), ("wuchang", two, one), (two, "wuchang", one))
        for ordered in (False, True)
    ]
    for at in range(campaign(tests=15, ci=100, soak=1000)):
        rows = seeded_rows([seed, 31, at])
        found = set()
        for rules in sets:
            plan = wushe.make_plan(city_of(rows, rules), plugins=rules, on=ON)
            clients = "".join(client.explain("zh", "internal") for client in plan)
            found.add((clients, plan.matching.flow.objective))
        assert len(found) == 1


class Generous:
    """A city in which nothing is refused a second time; defined here so that it pickles."""

    name: ClassVar[str] = "generous"
    __version__: ClassVar[str] = "3"

    @hookimpl
    def score_candidates(self, pairs: Pairs) -> ScoreTerm:
        """Like every pair."""
        return ScoreTerm("generous", 2, np.ones(len(pairs)))

    @hookimpl
    def register_target_groups(self) -> TargetGroup:
        """Add one group; a single answer need not be a list."""
        return TargetGroup("neighbour", "邻居", "neighbour")


def test_a_single_answer_need_not_be_a_list() -> None:
    """One category, group, filter or score may be returned bare."""
    assert "neighbour" in load_plugins(Generous()).target_groups


@pytest.mark.parametrize(
    "rules",
    [load_plugins(), load_plugins("wuchang"), load_plugins("wuchang", Generous())],
    ids=["defaults", "by name", "by object"],
)
def test_plugins_survive_pickling(rules: wushe.Plugins) -> None:
    """Worker processes rebuild the same set: names, versions, registries and plans."""
    back: wushe.Plugins = pickle.loads(pickle.dumps(rules))
    assert back.versions == rules.versions
    assert dict(back.categories) == dict(rules.categories)
    plans = [
        wushe.make_plan(city_of(VILLAGE, r), plugins=r, on=ON).to_json() for r in (rules, back)
    ]
    assert plans[0] == plans[1]


def test_a_module_given_as_an_object_survives_pickling(monkeypatch: pytest.MonkeyPatch) -> None:
    """A city's rules as a module that is not installed: it is imported again by its name."""
    module = types.ModuleType("city_rules_in_a_module")
    module.register_target_groups = hookimpl(groups("x.module"))  # type: ignore[attr-defined]
    monkeypatch.setitem(__import__("sys").modules, module.__name__, module)
    rules = load_plugins(module)
    back: wushe.Plugins = pickle.loads(pickle.dumps(rules))
    assert "x.module" in back.target_groups


def test_two_cities_live_in_one_process() -> None:
    """Each set keeps its own registries and rules; planning with one leaves the other as it was."""
    strict = load_plugins(plugin("strict", filter_candidates=no_food))
    extra = load_plugins(plugin("extra", register_need_categories=categories("x.ice")))
    plain = load_plugins()
    kept = {}
    for _ in range(2):  # in turns, so that a trace of one would show in the other
        for name, rules in (("strict", strict), ("extra", extra), ("plain", plain)):
            plan = wushe.make_plan(city_of(VILLAGE, rules), plugins=rules, on=ON)
            kept.setdefault(name, []).append([s.need for s in plan.unserved])
    assert kept == {"strict": [["N2"], ["N2"]], "extra": [[], []], "plain": [[], []]}
    assert "x.ice" in extra.categories
    assert "x.ice" not in strict.categories
    assert "x.ice" not in plain.categories


def test_loading_leaves_no_trace() -> None:
    """No set of plugins is kept anywhere once nobody holds it."""
    gc.collect()
    before = len([o for o in gc.get_objects() if type(o) is wushe.Plugins])
    rules = load_plugins(plugin("brief", register_need_categories=categories("x.brief")))
    assert "x.brief" in rules.categories
    del rules
    gc.collect()
    assert len([o for o in gc.get_objects() if type(o) is wushe.Plugins]) == before
    assert "x.brief" not in load_plugins().categories


def test_settings_reach_the_hooks() -> None:
    """What the caller sets is in the context of every hook."""
    seen = []

    def listen(needs: Columns, context: Context) -> Any:
        seen.append((context.on, dict(context.settings)))
        return np.zeros(len(needs))

    rules = load_plugins(plugin("ear", prioritise_needs=listen))
    wushe.make_plan(city_of(VILLAGE, rules), plugins=rules, on=ON, settings={"ear.volume": 3})
    assert seen == [(ON, {"ear.volume": 3})]


def test_a_plan_under_other_rules_than_the_city_was_read_with_says_what_is_missing() -> None:
    """A category that only the reading plugins knew is named in an error that wushe raises on purpose."""
    rules = load_plugins("wuchang")
    need = Need(id="N", category="micro_wish", household="H", quantity=1, unit="piece")
    city = city_of(village(needs=[need]), rules)
    with pytest.raises(wushe.WusheError, match="micro_wish"):
        wushe.make_plan(city, on=ON)


class TestVisiting:
    """What plugins register for visits is checked at load, and its mistakes name the plugin."""

    @staticmethod
    def question(name: str) -> wushe.Question:
        """Return a question of that id."""
        return wushe.Question(name, "needs", wushe.Text("问", "asks"))

    def test_a_question_twice_in_one_form_is_a_conflict(self) -> None:
        """By two plugins or by one: the second would never be asked."""

        class Twice:
            name = "twice"

            @wushe.hookimpl
            def register_visit_forms(self) -> list[wushe.VisitForm]:
                asked = TestVisiting.question("q"), TestVisiting.question("q")
                return [wushe.VisitForm("f", wushe.Text("表", "form"), asked)]

        with pytest.raises(wushe.PluginConflictError, match=r"'q'.*twice and twice"):
            wushe.load_plugins(Twice())

    def test_a_rule_for_an_unknown_category_fails_at_load(self) -> None:
        """A suggestion that nobody could confirm is a mistake of the plugin."""

        class Rules:
            name = "rules"

            @wushe.hookimpl
            def register_keyword_rules(self) -> list[wushe.KeywordRule]:
                return [wushe.KeywordRule("nothing", "词")]

        with pytest.raises(
            wushe.PluginError, match=r"rules 0, hook register_keyword_rules.*'nothing'"
        ):
            wushe.load_plugins(Rules())

    @pytest.mark.parametrize("field", ["pattern", "unless"])
    def test_a_broken_pattern_is_refused_where_it_is_written(self, field: str) -> None:
        """Not when the first note is read."""
        with pytest.raises(re.error):
            wushe.KeywordRule(**{"category": "food", "pattern": "米", field: "("})

    @pytest.mark.parametrize(
        ("answer", "said"),
        [
            (lambda persons: 1 / 0, "ZeroDivisionError"),
            (lambda persons: np.zeros(len(persons)), "float64"),
            (lambda persons: np.zeros(len(persons) + 1, dtype=np.int8), "expected integers"),
            (lambda persons: np.full(len(persons), 7, dtype=np.int8), "expected integers"),
            (lambda persons: None, "NoneType"),
        ],
    )
    def test_a_signal_that_fails_is_attributed(self, answer: Any, said: str) -> None:
        """Plugin, version and signal are named, whatever went wrong."""

        class Signals:
            name = "signals"
            __version__ = "7"

            @wushe.hookimpl
            def register_risk_signals(self) -> list[wushe.RiskSignal]:
                test = lambda persons, context: answer(persons)  # noqa: E731
                return [wushe.RiskSignal("odd", wushe.Text("怪", "odd"), test, 1)]

        rules = wushe.load_plugins(Signals())
        persons = wushe.Columns(2, {})
        context = wushe.Context(dt.date(2025, 9, 15), rules.categories, rules.target_groups)
        with pytest.raises(wushe.PluginError, match=f"signals 7.*signal odd.*{said}"):
            rules.risk_signals["odd"].test(persons, context)


def test_what_a_hook_raises_is_told_with_its_own_line() -> None:
    """The author sees file and line of the plugin, not of the library, and no path."""

    def broken(needs: Columns) -> Any:
        return needs["urgency"][:, "no"]

    with pytest.raises(
        PluginError, match=r"IndexError.*\(test_plugins_manager.py, line \d+\)"
    ) as e:
        plan_with(plugin("north", prioritise_needs=broken))
    assert "/" not in str(e.value)
