"""The wuchang plugin: each hook on arrays small enough to compute by hand."""

import ast
import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wushe
from rules_once import share_rules
from wushe.demos import demo_path
from wushe.identify import fill, suggest
from wushe.identify.persons import person_columns
from wushe.plugins import defaults, wuchang

ON = dt.date(2025, 9, 15)
CONTEXT = wushe.Context(on=ON, categories={}, target_groups={})
NOT_A_DATE = "NaT"


def _objects(values: list[Any]) -> np.ndarray[Any, Any]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _needs(**columns: list[Any]) -> wushe.Columns:
    """Return need columns as hooks see them; what is not given is plain."""
    n = len(next(iter(columns.values())))
    given: dict[str, list[Any]] = {
        "category": ["visit"] * n,
        "groups": [()] * n,
        "urgency": [1] * n,
        "due": [NOT_A_DATE] * n,
        "ancestors": [[0, 1, 2, 3, 4, -1]] * n,
        **columns,
    }
    return wushe.Columns(
        n,
        {
            "category": _objects(given["category"]),
            "groups": _objects(given["groups"]),
            "urgency": np.array(given["urgency"], dtype=np.int8),
            "due": np.array(given["due"], dtype="datetime64[D]"),
            "ancestors": np.array(given["ancestors"], dtype=np.int32),
        },
    )


def _offers(**columns: list[Any]) -> wushe.Columns:
    """Return offer columns as hooks see them; what is not given is plain."""
    n = len(next(iter(columns.values())))
    given: dict[str, list[Any]] = {
        "provider_kind": ["social_workers"] * n,
        "available_to": [NOT_A_DATE] * n,
        "client_mask": [[0]] * n,
        "ancestors": [[0, 1, 2, 3, 4, -1]] * n,
        **columns,
    }
    return wushe.Columns(
        n,
        {
            "provider_kind": _objects(given["provider_kind"]),
            "available_to": np.array(given["available_to"], dtype="datetime64[D]"),
            "client_mask": np.array(given["client_mask"], dtype=np.uint64),
            "ancestors": np.array(given["ancestors"], dtype=np.int32),
        },
    )


def _pairs(*pairs: tuple[int, int]) -> wushe.Pairs:
    need, offer = zip(*pairs, strict=True)
    return wushe.Pairs(np.array(need, dtype=np.int32), np.array(offer, dtype=np.int32))


def _scores(needs: wushe.Columns, offers: wushe.Columns, pairs: wushe.Pairs) -> dict[str, Any]:
    terms = wuchang.score_candidates(needs, offers, pairs, CONTEXT)
    return {term.name: term.values for term in terms}


# --- registration ------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _rules_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most tests look at the same rules."""
    share_rules(monkeypatch)


def test_it_loads_by_name_beside_the_defaults() -> None:
    """The entry point finds it like any other plugin, and no id clashes with a built-in one."""
    rules = wushe.load_plugins("wuchang")
    assert [name for name, _ in rules.versions] == ["defaults", "wuchang"]
    assert {"visit", "micro_wish"} <= set(rules.categories)


def test_it_uses_exactly_the_hooks_that_it_needs() -> None:
    """Offers, target groups and the order of visits stay with the defaults."""
    assert wushe.load_plugins("wuchang").hooks_of("wuchang") == (
        "filter_candidates",
        "prioritise_needs",
        "register_demos",
        "register_keyword_rules",
        "register_need_categories",
        "register_report_sections",
        "register_risk_signals",
        "register_visit_forms",
        "score_candidates",
    )


def test_it_imports_only_the_front_door() -> None:
    """Of wushe a plugin needs the public names only, and its own modules."""
    names: set[str] = set()
    for path in Path(wuchang.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert not node.level
                names.add(node.module or "")
    own = {"wushe", "wushe.plugins.wuchang.carers", "wushe.plugins.wuchang.sections"}
    assert {name for name in names if name.startswith("wushe")} == own


def test_services_ask_for_skills_that_the_defaults_know() -> None:
    """A category whose skill nobody can have would never be served."""
    known = {s for c in defaults.register_need_categories() for s in c.skills}
    for category in wuchang.register_need_categories():
        assert set(category.skills) <= known
        assert bool(category.skills) == (category.form == "service")


def test_every_category_that_is_professional_work_exists() -> None:
    """A misspelled category in the rule would silently protect nobody."""
    assert set(wushe.load_plugins("wuchang").categories) >= wuchang.PROFESSIONAL


def test_every_key_group_exists() -> None:
    """The same for the groups that come first."""
    assert set(wushe.load_plugins("wuchang").target_groups) >= wuchang.KEY_GROUPS


@pytest.mark.parametrize(
    "hook",
    [
        "prioritise_needs",
        "filter_candidates",
        "score_candidates",
        "register_visit_forms",
        "sole_carer",
    ],
)
def test_every_rule_tells_reported_practice_from_assumption(hook: str) -> None:
    """Each rule's docstring cites the report and says what is assumed."""
    doc = (getattr(wuchang, hook).__doc__ or "").lower()
    assert "wuchang 2025" in doc
    assert "assumed" in doc


# --- register_visit_forms ----------------------------------------------------------------------


def test_the_door_form_gains_three_questions() -> None:
    """They follow the built-in ones, which stay as they are."""
    built_in = wushe.load_plugins().visit_forms["door"]
    door = wushe.load_plugins("wuchang").visit_forms["door"]
    assert door.questions[: len(built_in.questions)] == built_in.questions
    added = [question.id for question in door.questions[len(built_in.questions) :]]
    assert added == ["carer_alone", "want_micro_wish", "want_carer_counselling"]


def test_answers_become_needs_of_wuchangs_categories() -> None:
    """A micro-wish and a worn-out carer are needs; who cares alone is a fact of the household."""
    rules = wushe.load_plugins("wuchang")
    visit = wushe.Visit(id="VI-1", kind="door", on=ON, household="H-1", person="P-1")
    answers = {"want_micro_wish": "1件", "want_carer_counselling": "2小时", "carer_alone": "是"}
    filled = fill(
        rules.visit_forms["door"],
        visit,
        answers,
        at="2025-09-15T01:00:00.000000Z",
        recorder="W-1",
        categories=rules.categories,
        target_groups=rules.target_groups,
    )
    assert {(n.category, n.quantity, n.unit) for n in filled.needs} == {
        ("micro_wish", 1, "件"),
        ("carer_counselling", 2, "小时"),
    }
    assert ("H-1", "carer_alone", "yes") in {(f.subject, f.field, f.value) for f in filled.facts}
    assert filled.wishes == ()


# --- register_keyword_rules --------------------------------------------------------------------


def _suggested(text: str) -> list[str]:
    """Return wuchang's own categories that `text` suggests, with the built-in rules beside them."""
    own = {category.id for category in wuchang.register_need_categories()}
    (found,) = suggest([text], wushe.load_plugins("wuchang").keyword_rules)
    return sorted(s.category for s in found if s.category in own)


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("老人有个小心愿：想要一台收音机", ["micro_wish"]),
        ("照护老人快撑不住了", ["carer_counselling"]),
        ("老伴累垮了，没人替换", ["carer_counselling", "carer_respite"]),
        ("想申请临时救助", ["temporary_relief_application"]),
        ("住院自付多，问大病补助怎么办", ["illness_subsidy_application"]),
        ("孩子事实无人抚养，补贴还没申请", ["child_subsidy_application"]),
        ("帮奶奶申请专项补助金", ["child_subsidy_application"]),
        ("不需要临时救助", []),
        ("大病补助已办好", []),
        ("不想要一台收音机", []),
        ("老人身体好，爱下棋", []),
    ],
)
def test_words_suggest_wuchangs_categories(note: str, expected: list[str]) -> None:
    """What was declined or is done already suggests nothing; nor does a plain visit."""
    assert _suggested(note) == expected


def test_a_named_application_comes_before_any_application() -> None:
    """The built-in rule for applications fires too, and is shown after the one that names it."""
    (found,) = suggest(["想申请临时救助"], wushe.load_plugins("wuchang").keyword_rules)
    assert [s.category for s in found] == ["temporary_relief_application", "relief_application"]


def test_every_keyword_rule_is_for_a_category_of_wuchang() -> None:
    """The built-in categories have their words already."""
    own = {category.id for category in wuchang.register_need_categories()}
    assert {rule.category for rule in wuchang.register_keyword_rules()} <= own


# --- register_risk_signals ---------------------------------------------------------------------


def _persons(**columns: list[Any]) -> wushe.Columns:
    """Return person columns as signals see them; by default healthy adults, all of them listed."""
    n = len(next(iter(columns.values())))
    given: dict[str, list[Any]] = {
        "door": [7] * n,
        "age": [50] * n,
        "target_groups": [()] * n,
        "major_illness": [0] * n,
        "died_on": [NOT_A_DATE] * n,
        "members_complete": [1] * n,
        **columns,
    }
    days = np.array(given.pop("died_on"), dtype="datetime64[D]")
    words = ("target_groups", "fact:carer_alone")
    arrays = {
        name: _objects(values) if name in words else np.array(values, dtype=np.int64)
        for name, values in given.items()
    }
    arrays["died_on"] = days
    return wushe.Columns(n, arrays)


def _sole(**columns: list[Any]) -> list[int]:
    """Return what the signal answers, through the loaded plugin."""
    signal = wushe.load_plugins("wuchang").risk_signals["sole_carer"]
    return [int(answer) for answer in signal.test(_persons(**columns), CONTEXT)]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"major_illness": [1, 0]}, [0, 1]),  # a couple, one of them ill
        ({"target_groups": [("serious_illness",), ("carer",)], "major_illness": [-1, -1]}, [0, 1]),
        ({"major_illness": [1, 0, 0]}, [0, 0, 0]),  # two who can take turns
        ({"major_illness": [1, 0, 0], "age": [50, 50, 17]}, [0, 1, 0]),  # a minor cannot
        ({"major_illness": [1, 0, -1]}, [0, -1, 0]),  # whether the third could is not known
        ({"major_illness": [0, 0]}, [0, 0]),  # nobody is ill
        ({"major_illness": [-1, 0]}, [0, -1]),  # whether the other is ill is not known
        ({"major_illness": [1, 0], "members_complete": [0, 0]}, [0, -1]),  # others not listed
        ({"major_illness": [1, 0], "door": [7, 8]}, [0, 0]),  # not one door
        ({"major_illness": [1, 0], "died_on": ["2025-09-15", NOT_A_DATE]}, [0, 0]),
        ({"major_illness": [0]}, [0]),  # living alone
        ({"major_illness": []}, []),
    ],
)
def test_who_cares_alone(columns: dict[str, list[Any]], expected: list[int]) -> None:
    """The healthy one of an ill person's household, where nobody else could take over."""
    assert _sole(**columns) == expected


def test_what_was_said_at_the_door_decides() -> None:
    """A yes outweighs a listed relative, a no outweighs an incomplete list; other words say nothing."""
    for said, expected in (("是", 1), ("否", 0), ("说不清", 0)):
        assert _sole(major_illness=[1, 0, 0], **{"fact:carer_alone": [said] * 3})[1] == expected
    open_list: dict[str, list[Any]] = {"major_illness": [1, 0], "members_complete": [0, 0]}
    for said, expected in (("是", 1), ("否", 0), ("说不清", -1)):
        assert _sole(**open_list, **{"fact:carer_alone": [said] * 2}) == [0, expected]


def test_the_signal_finds_the_wife_of_the_published_case() -> None:
    """In the demo district the sick man's wife shows it, he does not, nor does an elder living alone."""
    rules = wushe.load_plugins("wuchang")
    persons = person_columns(wushe.read(demo_path("wuchang"), plugins=rules), ON)
    answers = dict(zip(persons["id"], wuchang.sole_carer(persons, CONTEXT), strict=True))
    assert [answers[key] for key in ("P-0002", "P-0001", "P-0003")] == [1, 0, 0]


def test_the_signal_does_not_depend_on_the_order_of_persons(seed: int) -> None:
    """Each person's answer is its own, wherever its door's other members stand."""
    rng = np.random.default_rng(seed)
    n = 200
    given: dict[str, list[Any]] = {
        "door": rng.integers(0, 70, n).tolist(),
        "age": rng.integers(-1, 90, n).tolist(),
        "major_illness": rng.integers(-1, 2, n).tolist(),
        "members_complete": rng.integers(-1, 2, n).tolist(),
    }
    answers = np.array(_sole(**given))
    order = np.random.default_rng(seed + 1).permutation(n)
    shuffled = _sole(**{name: [values[i] for i in order] for name, values in given.items()})
    assert set(answers.tolist()) == {-1, 0, 1}
    np.testing.assert_array_equal(answers[order], shuffled)


# --- prioritise_needs --------------------------------------------------------------------------


def test_priority_by_hand() -> None:
    """0.95 x urgency / 3, plus 0.03 for a key household, plus 0.02 where due within seven days."""
    needs = _needs(
        urgency=[3, 2, 1, 0, 0],
        groups=[("carer", "serious_illness"), (), ("lone_elder",), ("dibao",), ("unattended_child",)],
        due=["2025-09-22", "2025-09-23", NOT_A_DATE, "2025-09-01", NOT_A_DATE],
    )  # fmt: skip
    expected = [1.0, 0.95 * 2 / 3, 0.95 / 3 + 0.03, 0.02, 0.03]
    np.testing.assert_allclose(
        wuchang.prioritise_needs(needs, CONTEXT), expected, rtol=0, atol=1e-12
    )


def test_urgency_class_dominates() -> None:
    """The most favoured need of one class stays a quarter below the least favoured of the next."""
    needs = _needs(
        urgency=[0, 1, 1, 2, 2, 3],
        groups=[("lone_elder",), (), ("lone_elder",), (), ("lone_elder",), ()],
        due=["2025-09-15", NOT_A_DATE, "2025-09-15", NOT_A_DATE, "2025-09-15", NOT_A_DATE],
    )
    priority = wuchang.prioritise_needs(needs, CONTEXT)
    assert (np.diff(priority)[[0, 2, 4]] > 0.25).all()


def test_priorities_of_no_needs() -> None:
    """No needs, no priorities, no error."""
    assert wuchang.prioritise_needs(_needs(urgency=[]), CONTEXT).shape == (0,)


# --- filter_candidates -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "provider_kind", "allowed"),
    [
        ("child_subsidy_application", "social_workers", True),  # as reported
        ("child_subsidy_application", "volunteers", False),  # assumed: not a volunteer's work
        ("counselling", "volunteers", False),  # built-in categories are covered too
        ("counselling", "volunteer_teams", False),  # a team is volunteers
        ("carer_counselling", "organizations", True),  # a hospital's free slots are professional
        ("carer_respite", "volunteers", True),  # care is not counselling
        ("micro_wish", "resources", True),  # goods are nobody's profession
    ],
)
def test_applications_and_counselling_are_professional(
    category: str, provider_kind: str, allowed: bool
) -> None:
    """Volunteers are refused for lack of skill; everyone else and everything else passes."""
    term = wuchang.filter_candidates(
        _needs(category=[category]), _offers(provider_kind=[provider_kind]), _pairs((0, 0))
    )
    assert (term.allowed.tolist(), term.reason) == ([allowed], "skill")


# --- score_candidates --------------------------------------------------------------------------


def test_what_expires_first_goes_out_first() -> None:
    """1 on the last day, falling by 1/180 a day; no expiry, or no lot, is no haste."""
    offers = _offers(
        provider_kind=["resources", "resources", "resources", "resources", "volunteers"],
        available_to=["2025-09-15", "2025-12-14", "2026-12-31", NOT_A_DATE, "2025-09-15"],
    )
    pairs = _pairs((0, 0), (0, 1), (0, 2), (0, 3), (0, 4))
    values = _scores(_needs(urgency=[1]), offers, pairs)["wuchang_expiry"]
    np.testing.assert_allclose(values, [1.0, 0.5, 0.0, 0.0, 0.0], rtol=0, atol=1e-12)


def test_gifts_help_their_own_street_first() -> None:
    """A fund or lot of the same street, or below it, scores; a helper or another street does not."""
    same, other, district = [0, 1, 2, 3, 9, -1], [0, 1, 2, 8, 9, -1], [0, 1, 2, -1, -1, -1]
    offers = _offers(
        provider_kind=["resources", "funds", "volunteers", "funds", "resources"],
        ancestors=[same, same, same, other, district],
    )
    pairs = _pairs((0, 0), (0, 1), (0, 2), (0, 3), (0, 4))
    values = _scores(_needs(urgency=[1]), offers, pairs)["wuchang_street"]
    assert values.tolist() == [1, 1, 0, 0, 0]


def test_what_was_given_for_this_household_goes_to_it_first() -> None:
    """An earmarked gift scores, one without a named recipient does not."""
    offers = _offers(provider_kind=["resources", "resources"], client_mask=[[0, 4], [0, 0]])
    values = _scores(_needs(urgency=[1]), offers, _pairs((0, 0), (0, 1)))["wuchang_earmarked"]
    assert values.tolist() == [1, 0]


# --- all of them -------------------------------------------------------------------------------


def _crowd(seed: int, n: int = 60) -> tuple[wushe.Columns, wushe.Columns, wushe.Pairs]:
    rng = np.random.default_rng(seed)
    categories = [*wuchang.PROFESSIONAL, "visit", "food"]
    days = np.datetime64("2025-06-01", "D") + rng.integers(0, 400, n)
    ancestors = np.sort(rng.integers(-1, 9, (n, 6)), axis=1)[:, ::-1]
    kinds = ["social_workers", "volunteers", "resources", "funds", "volunteer_teams"]
    groups = [(), ("lone_elder",), ("carer", "dibao"), ("serious_illness",)]
    needs = _needs(
        category=rng.choice(sorted(categories), n).tolist(),
        groups=[groups[i] for i in rng.integers(0, 4, n)],
        urgency=rng.integers(0, 4, n).tolist(),
        due=[NOT_A_DATE if i % 3 else str(days[i]) for i in range(n)],
        ancestors=ancestors.tolist(),
    )
    offers = _offers(
        provider_kind=rng.choice(kinds, n).tolist(),
        available_to=[NOT_A_DATE if i % 4 else str(days[i]) for i in range(n)],
        client_mask=rng.integers(0, 2, (n, 1)).tolist(),
        ancestors=ancestors[::-1].tolist(),
    )
    grid = np.arange(n * n, dtype=np.int32)
    return needs, offers, wushe.Pairs(grid // n, grid % n)


def _answers(needs: wushe.Columns, offers: wushe.Columns, pairs: wushe.Pairs) -> dict[str, Any]:
    allowed = wuchang.filter_candidates(needs, offers, pairs).allowed
    return {"allowed": allowed, **_scores(needs, offers, pairs)}


def test_answers_are_within_bounds(seed: int) -> None:
    """Bool for filters, finite numbers in 0..1 for the rest, one per pair or need."""
    needs, offers, pairs = _crowd(seed)
    answers = _answers(needs, offers, pairs)
    assert answers.pop("allowed").dtype == bool
    for values in (*answers.values(), wuchang.prioritise_needs(needs, CONTEXT)):
        assert np.isfinite(values).all()
        assert values.min() >= 0
        assert values.max() <= 1
    assert {len(values) for values in answers.values()} == {len(pairs)}


def test_answers_do_not_depend_on_the_order_of_pairs(seed: int) -> None:
    """A pair's answer is its own: asked again, or in another order, it is the same."""
    needs, offers, pairs = _crowd(seed)
    order = np.random.default_rng(seed + 1).permutation(len(pairs))
    first, again = _answers(needs, offers, pairs), _answers(needs, offers, pairs)
    shuffled = _answers(needs, offers, pairs.take(order))
    for name, values in first.items():
        np.testing.assert_array_equal(values, again[name])
        np.testing.assert_array_equal(values[order], shuffled[name])


def test_priorities_do_not_depend_on_the_order_of_needs(seed: int) -> None:
    """A need's priority is its own."""
    needs, _, _ = _crowd(seed)
    order = np.random.default_rng(seed + 1).permutation(len(needs))
    shuffled = wushe.Columns(len(needs), {k: needs[k][order] for k in needs.arrays})
    np.testing.assert_array_equal(
        wuchang.prioritise_needs(needs, CONTEXT)[order], wuchang.prioritise_needs(shuffled, CONTEXT)
    )


def test_the_hook_boundary_accepts_every_answer(seed: int) -> None:
    """The manager checks types, lengths, reasons, weights and term names, and finds nothing."""
    rules = wushe.load_plugins(wuchang, defaults=False)
    needs, offers, pairs = _crowd(seed)
    scores = rules.score_candidates(needs, offers, pairs, CONTEXT)
    assert [s.term.name for s in scores] == [
        "wuchang_earmarked",
        "wuchang_expiry",
        "wuchang_street",
    ]
    assert len(rules.filter_candidates(needs, offers, pairs, CONTEXT)) == 1
    assert len(rules.prioritise_needs(needs, CONTEXT)) == len(needs)
