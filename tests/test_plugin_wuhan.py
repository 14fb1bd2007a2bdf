"""The wuhan plugin: each rule on rows small enough to compute by hand, and how it stands above a district's."""

import datetime as dt
from typing import Any

import numpy as np
import pytest

import wushe
from wushe.identify import suggest
from wushe.plugins import wuhan

ON = dt.date(2025, 9, 22)


@pytest.fixture(scope="module")
def rules() -> wushe.Plugins:
    """Return the defaults with the city's rules."""
    return wushe.load_plugins("wuhan")


def _words(values: list[object]) -> np.ndarray[Any, Any]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _projects(**columns: list[int]) -> wushe.Columns:
    n = len(next(iter(columns.values())))
    names = ("milestones", "reached", "person_times", "budget_fen")
    arrays = {name: np.array(columns.get(name, [-1] * n), dtype=np.int64) for name in names}
    return wushe.Columns(n, arrays)


def _criteria(**columns: list[int]) -> dict[str, list[float]]:
    return {c.name: c.values.tolist() for c in wuhan.score_projects(_projects(**columns))}


# --- led by a social worker --------------------------------------------------------------------


def test_every_linked_effort_has_a_part_for_the_social_worker(rules: wushe.Plugins) -> None:
    """Each team that the plugin registers has a role of `LED`, and a volunteer's part beside it where it serves."""
    teams = {key: c for key, c in rules.categories.items() if c.roles}
    assert set(teams) == {
        "coppersmith_call", "child_club", "core_training", "team_founding", "project_incubation",
    }  # fmt: skip
    for team in teams.values():
        assert {role.category for role in team.roles} & set(wuhan.LED), team.id


@pytest.mark.parametrize(
    ("category", "kind", "allowed"),
    [
        ("team_leading", "social_workers", True),
        ("team_leading", "volunteers", False),
        ("course_plan", "volunteers", False),
        ("studio_coaching", "organizations", False),
        ("home_repair", "volunteers", True),
    ],
)
def test_leading_designing_and_coaching_are_professional_work(
    category: str, kind: str, allowed: bool
) -> None:
    """The plan's filter and the orders' guard say the same."""
    needs = wushe.Columns(1, {"category": _words([category])})
    offers = wushe.Columns(1, {"provider_kind": _words([kind])})
    pairs = wushe.Pairs(np.zeros(1, dtype=np.int32), np.zeros(1, dtype=np.int32))
    term = wuhan.filter_candidates(needs, offers, pairs)
    assert (term.allowed.tolist(), term.reason) == ([allowed], "skill")
    helpers = wushe.Columns(1, {"kind": _words([kind])})
    assert wuhan.worker_led(needs, helpers).tolist() == [allowed]


def test_core_volunteers_come_first_with_children_only() -> None:
    """The term is 1 for a trained volunteer beside a child, else 0; unknown skills are none."""
    needs = wushe.Columns(2, {"category": _words(["child_company", "visit"])})
    offers = wushe.Columns(3, {"skills": _words([("core_volunteer",), ("visiting",), None])})
    pairs = wushe.Pairs(np.repeat([0, 1], 3).astype(np.int32), np.tile([0, 1, 2], 2).astype(np.int32))  # fmt: skip
    assert wuhan.score_candidates(needs, offers, pairs).values.tolist() == [1, 0, 0, 0, 0, 0]


# --- seats -------------------------------------------------------------------------------------


def test_who_teaches_a_trade_has_seats_and_nobody_else(rules: wushe.Plugins) -> None:
    """Six places by assumption, whatever hours the teacher has, but for none; skills tell which trade."""
    people = [
        wushe.Volunteer(id="V-1", name="甲", place="P", skills=("trade_baking",)),
        wushe.Volunteer(id="V-2", name="乙", place="P", skills=("visiting",), weekly_hours=3),
        wushe.Volunteer(id="V-3", name="丙", place="P"),
        wushe.Volunteer(id="V-4", name="丁", place="P", skills=("trade_sewing",), weekly_hours=0),
    ]
    (offer,) = wuhan.derive_offers({"volunteers": wushe.table_of("volunteers", people)})
    assert (offer.provider, offer.quantity, offer.per_need) == ("V-1", wuhan.SEATS, 1)
    assert offer.skills == ("trade_baking",)
    assert set(offer.categories) <= set(rules.categories)


# --- grants ------------------------------------------------------------------------------------


def test_criteria_by_hand() -> None:
    """Two of four checkpoints, half the demand, 100 yuan for each person-time or less, one of two kept."""
    marks = _criteria(milestones=[2], reached=[1], person_times=[100], budget_fen=[2_000_000])
    assert marks == {
        "wuhan_lasting": [0.5], "wuhan_used": [0.5], "wuhan_thrift": [0.5], "wuhan_kept": [0.5],
    }  # fmt: skip


def test_what_is_unknown_of_a_project_is_neither_good_nor_bad() -> None:
    """Half marks; a project that promised no checkpoint has not kept half of none."""
    unknown = _criteria(milestones=[-1], budget_fen=[100])
    assert set(map(tuple, unknown.values())) == {(0.5,)}
    assert _criteria(milestones=[0], reached=[0])["wuhan_lasting"] == [0.0]


# --- mobile grid workers -----------------------------------------------------------------------


def test_the_report_from_the_doorway_fits_a_phone(rules: wushe.Plugins) -> None:
    """Five questions, each with words in both languages, needs of registered categories."""
    form = rules.visit_forms["mobile_grid"]
    assert len(form.questions) == 5
    asked = {question.category for question in form.questions} - {None}
    assert asked <= set(rules.categories)


@pytest.mark.parametrize(
    ("note", "category"),
    [
        ("奶奶家水龙头一直漏", "coppersmith_call"),
        ("妈妈想学烘焙手艺", "course_seat"),
        ("想找点零活", "flexible_job"),
    ],
)
def test_words_suggest_the_citys_categories(rules: wushe.Plugins, note: str, category: str) -> None:
    """What a courier writes down is a suggestion; a worker confirms."""
    (found,) = suggest([note], rules.keyword_rules)
    assert category in {suggestion.category for suggestion in found}


def _network(rules: wushe.Plugins, *records: object) -> wushe.LinkageNetwork:
    return wushe.build_network_from_records(records, rules.categories, rules.target_groups)


def test_a_need_counts_as_found_from_the_report_on(rules: wushe.Plugins) -> None:
    """Asked before the report, or of a household that nobody reported, or after the day: not found by it."""
    day = ON.replace
    network = _network(
        rules,
        wushe.Place(id="P", name="街", level="street"),
        *(wushe.Household(id=f"H-{n}", place="P") for n in (1, 2)),
        wushe.Visit(id="VI-1", kind="mobile_grid", on=day(day=10), household="H-1"),
        wushe.Visit(id="VI-2", kind="mobile_grid", on=day(day=12), household="H-1"),
        wushe.Visit(id="VI-3", kind="regular", on=day(day=1), household="H-2"),
        wushe.Visit(id="VI-4", kind="mobile_grid", on=day(day=30), household="H-2"),
        wushe.Need(id="N-1", category="visit", household="H-1", asked_on=day(day=9)),
        wushe.Need(id="N-2", category="visit", household="H-1", asked_on=day(day=10)),
        wushe.Need(id="N-3", category="visit", household="H-2", asked_on=day(day=15)),
        wushe.Need(id="N-4", category="visit", household="H-1", asked_on=day(day=23)),
    )
    context = wushe.Context(ON, rules.categories, rules.target_groups)
    (table,) = rules.report_sections["wuhan_mobile_grid"].make(network, context)
    assert table.total is not None
    assert table.total.cells == (2, 1, 1)


def test_who_is_reported_without_a_household_stands_for_their_own(rules: wushe.Plugins) -> None:
    """Two members are one household, also for a need of one of them; who lives in none is counted alone."""
    day = ON.replace(day=10)
    network = _network(
        rules,
        wushe.Place(id="P", name="街", level="street"),
        wushe.Household(id="H-1", place="P"),
        *(wushe.Person(id=f"P-{n}", household="H-1") for n in (1, 2)),
        wushe.Person(id="P-3", place="P"),
        *(
            wushe.Visit(id=f"VI-{n}", kind="mobile_grid", on=day, person=f"P-{n}")
            for n in (1, 2, 3)
        ),
        wushe.Need(id="N-1", category="visit", person="P-2", asked_on=day),
        wushe.Need(id="N-2", category="visit", person="P-3", asked_on=day),
    )
    context = wushe.Context(ON, rules.categories, rules.target_groups)
    (table,) = rules.report_sections["wuhan_mobile_grid"].make(network, context)
    assert table.total is not None
    assert table.total.cells == (3, 2, 2)


def test_sections_of_an_empty_city_are_empty(rules: wushe.Plugins) -> None:
    """No rows of months, zeros for the steps."""
    context = wushe.Context(ON, rules.categories, rules.target_groups)
    (found,), (steps,) = (
        rules.report_sections[key].make(_network(rules), context)
        for key in ("wuhan_mobile_grid", "wuhan_pipeline")
    )
    assert (found.rows, [row.cells for row in steps.rows]) == ((), [(0, 0)] * 3)


# --- above a district --------------------------------------------------------------------------


def test_wuchang_stands_under_the_city() -> None:
    """Loaded together the district's answers count first, and the city's points hold there too."""
    both = wushe.load_plugins("wuchang", "wuhan")
    assert [name for name, _ in both.versions] == ["defaults", "wuhan", "wuchang"]
    assert [rule.id for rule in both.point_rules] == ["zhangjiawan_family"]
    assert {"coppersmith_call", "micro_wish"} <= set(both.categories)
    (won,) = (origin for origin in both.origins() if origin.hook == "prioritise_needs")
    assert won.plugin == "wuchang"


def test_the_family_account_is_the_citys_rule_alone() -> None:
    """One rule, registered once: without the city's plugin the district keeps no points."""
    (rule,) = wushe.load_plugins("wuhan").point_rules
    assert (rule.id, rule.family) == ("zhangjiawan_family", True)
    assert wushe.load_plugins("wuchang").point_rules == ()
