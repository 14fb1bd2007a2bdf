"""The pingliang plugin: teams, culture as a declared skill, one mentor per child, help in chains."""

import ast
import datetime as dt
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

import wushe
from wushe.demos import demo_path
from wushe.identify import suggest
from wushe.plugins import pingliang

ON = dt.date(2025, 10, 13)
CONTEXT = wushe.Context(on=ON, categories={}, target_groups={})
TEAMS = {
    "mixed_event": {"hui_culture", "han_culture", "cross_culture_course"},
    "craft_class": {"craft_teaching", "class_support", "startup_coaching"},
    "elder_health": {"doctor_visit", "visit"},
}


def _objects(values: list[Any]) -> np.ndarray[Any, Any]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _needs(*categories: str, clients: tuple[int, ...] = ()) -> wushe.Columns:
    codes = np.array(clients or range(len(categories)), dtype=np.int32)
    arrays = {"category": _objects(list(categories)), "client_code": codes}
    return wushe.Columns(len(categories), arrays)


def _offers(*kinds: str, skills: tuple[Any, ...] = ()) -> wushe.Columns:
    arrays = {
        "provider_kind": _objects(list(kinds)),
        "provider_code": np.arange(len(kinds), dtype=np.int32),
        "skills": _objects(list(skills or [None] * len(kinds))),
    }
    return wushe.Columns(len(kinds), arrays)


def _every_pair(needs: wushe.Columns, offers: wushe.Columns) -> wushe.Pairs:
    need, offer = np.meshgrid(np.arange(len(needs)), np.arange(len(offers)), indexing="ij")
    return wushe.Pairs(need.ravel().astype(np.int32), offer.ravel().astype(np.int32))


@pytest.fixture(scope="module")
def rules() -> wushe.Plugins:
    """Return the defaults with the pingliang plugin."""
    return wushe.load_plugins("pingliang")


@pytest.fixture(scope="module")
def city(rules: wushe.Plugins) -> wushe.LinkageNetwork:
    """Return the demo district."""
    return wushe.read(demo_path("pingliang"), plugins=rules)


@pytest.fixture(scope="module")
def plan(city: wushe.LinkageNetwork, rules: wushe.Plugins) -> wushe.Plan:
    """Return its plan."""
    return wushe.make_plan(city, plugins=rules, on=ON)


# --- registration ------------------------------------------------------------------------------


def test_it_loads_by_name_and_uses_these_hooks(rules: wushe.Plugins) -> None:
    """Found by its entry point beside the defaults; priorities and groups stay with them."""
    assert [name for name, _ in rules.versions] == ["defaults", "pingliang"]
    assert rules.hooks_of("pingliang") == (
        "derive_offers",
        "filter_candidates",
        "register_demos",
        "register_keyword_rules",
        "register_need_categories",
        "register_visit_forms",
        "score_candidates",
    )


def test_it_imports_only_the_front_door() -> None:
    """Of wushe a plugin needs the public names only."""
    tree = ast.parse(Path(pingliang.__file__).read_text("utf-8"))
    names = [a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {name for name in names if name.startswith("wushe")} == {"wushe"}


@pytest.mark.parametrize("team", sorted(TEAMS))
def test_a_team_has_a_role_for_each_part_of_the_reported_practice(
    rules: wushe.Plugins, team: str
) -> None:
    """Every role is a category that somebody can serve: a service in minutes that asks for a skill."""
    category = rules.categories[team]
    assert {role.category for role in category.roles} == TEAMS[team]
    assert (category.dimension, category.form) == ("time", "service")
    for role in category.roles:
        part = rules.categories[role.category]
        assert part.dimension == "minute"
        assert part.skills


def test_a_language_is_asked_of_one_member_of_the_team_only(rules: wushe.Plugins) -> None:
    """The volunteer who comes with the family doctor speaks the local dialect; the doctor need not."""
    asked = {role.category: role.skills for role in rules.categories["elder_health"].roles}
    assert asked == {"doctor_visit": (), "visit": ("local_dialect",)}


def test_a_culture_is_a_skill_and_never_a_fact_about_a_client(
    rules: wushe.Plugins, city: wushe.LinkageNetwork
) -> None:
    """No target group, no question and no record of those served speaks of it."""
    assert rules.categories["hui_culture"].skills == ("culture_hui",)
    defaults = wushe.load_plugins()
    assert set(rules.target_groups) == set(defaults.target_groups)
    added = {q.id for q in rules.visit_forms["door"].questions} - {
        q.id for q in defaults.visit_forms["door"].questions
    }
    assert added == {"want_dream_mentor", "want_market_contact", "want_elder_health"}
    for table in ("households", "persons"):
        for record in city[table].records():
            said = " ".join(str(value) for value in attrs.astuple(record))
            assert not any(word in said for word in ("culture", "回族", "汉族"))


@pytest.mark.parametrize("rule", ["register_need_categories", "score_candidates"])
def test_what_is_assumed_says_so(rule: str) -> None:
    """Reported practice and assumption are told apart where a rule has both."""
    doc = getattr(pingliang, rule).__doc__ or ""
    assert "assumed" in doc


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("会绣花，绣活没有销路", ["market_contact"]),
        ("孩子父母都在外打工", ["dream_mentor"]),
        ("喜欢看人绣花", []),
    ],
)
def test_words_suggest_the_loops_needs(
    rules: wushe.Plugins, note: str, expected: list[str]
) -> None:
    """Where the closed loop begins: a worker's note."""
    (found,) = suggest([note], rules.keyword_rules)
    own = {category.id for category in pingliang.register_need_categories()}
    assert [s.category for s in found if s.category in own] == expected


# --- offers, filter, scores by hand ------------------------------------------------------------


def test_a_mentor_is_offered_once_whatever_the_hours() -> None:
    """One child each; who is no mentor or has no hours offers nothing here; vetting and reach travel along."""
    people = wushe.table_of(
        "volunteers",
        [
            wushe.Volunteer(
                id="V-1", name="甲", place="62", skills=("mentoring", "visiting"), weekly_hours=20,
                vetted_on=dt.date(2025, 9, 1),
            ),
            wushe.Volunteer(id="V-2", name="乙", place="62", skills=("mentoring",), reach="county"),
            wushe.Volunteer(id="V-3", name="丙", place="62", skills=("visiting",), weekly_hours=5),
            wushe.Volunteer(id="V-4", name="丁", place="62"),
            wushe.Volunteer(id="V-5", name="戊", place="62", skills=("mentoring",), weekly_hours=0),
        ],
    )  # fmt: skip
    offers = list(pingliang.derive_offers({"volunteers": people}))
    assert [(o.provider, o.quantity, o.unit, o.per_need, o.reach) for o in offers] == [
        ("V-1", 1, "time", 1, "street"),
        ("V-2", 1, "time", 1, "county"),
    ]
    assert offers[0].vetted_on == dt.date(2025, 9, 1)


def test_the_social_workers_part_is_the_social_workers() -> None:
    """Course and coaching by workers or stations; the rest by anybody."""
    needs = _needs("cross_culture_course", "startup_coaching", "craft_teaching")
    offers = _offers("social_workers", "stations", "volunteers", "organizations")
    term = pingliang.filter_candidates(needs, offers, _every_pair(needs, offers))
    assert term.reason == "skill"
    assert term.allowed.reshape(3, 4).tolist() == [
        [True, True, False, False],
        [True, True, False, False],
        [True, True, True, True],
    ]


def test_scores_by_hand() -> None:
    """The mentor of before counts for mentoring only; training counts for the culture roles only."""
    needs = _needs("dream_mentor", "hui_culture", "han_culture", "visit", clients=(7, 7, 8, 7))
    offers = _offers("volunteers", "volunteers", skills=(("cross_culture",), None))
    met = np.array([7 << 32 | 1], dtype=np.int64)
    context = attrs.evolve(CONTEXT, history=met)
    pairs = _every_pair(needs, offers)
    terms = {
        term.name: term.values.reshape(4, 2).tolist()
        for term in pingliang.score_candidates(needs, offers, pairs, context)
    }
    assert terms == {
        "pingliang_mentor": [[0, 1], [0, 0], [0, 0], [0, 0]],
        "pingliang_trained": [[0, 0], [1, 0], [1, 0], [0, 0]],
    }


def test_every_score_stays_within_its_bound(rules: wushe.Plugins) -> None:
    """So that the best plan is proven over all pairs."""
    needs = _needs("dream_mentor", "hui_culture", "visit", clients=(7, 7, 7))
    offers = _offers("volunteers", "volunteers", skills=(("cross_culture",), None))
    context = attrs.evolve(CONTEXT, history=np.array([7 << 32, 7 << 32 | 1], dtype=np.int64))
    pairs = _every_pair(needs, offers)
    for term in pingliang.score_candidates(needs, offers, pairs, context):
        assert term.bound is not None
        row = np.ones(3) if term.bound.row is None else term.bound.row
        column = np.ones(2) if term.bound.column is None else term.bound.column
        assert (term.values <= np.minimum(row[pairs.need], column[pairs.offer])).all()


# --- the plan ----------------------------------------------------------------------------------


def _by_need(plan: wushe.Plan) -> dict[str, list[wushe.PlanItem]]:
    found = defaultdict(list)
    for item in plan.items:
        found[item.need].append(item)
    return found


def _ids(city: wushe.LinkageNetwork, category: str) -> list[str]:
    needs = city["needs"]
    return [key for key, c in zip(needs.ids, needs["category"], strict=True) if c == category]


def _reasons(plan: wushe.Plan) -> dict[str, str]:
    return {u.need: u.reason for client in plan.clients.values() for u in client.unserved}


def _changed(
    city: wushe.LinkageNetwork, table: str, rows: dict[str, dict[str, Any]]
) -> wushe.LinkageNetwork:
    """Return the city with other values in some records of a table."""
    records = [attrs.evolve(r, **rows.get(r.id, {})) for r in city[table].records()]
    tables = {**city.tables, table: wushe.table_of(table, records)}
    return wushe.build_network(tables, city.categories, city.target_groups, city.versions)


def test_the_published_numbers_are_the_demos(city: wushe.LinkageNetwork) -> None:
    """12 teams, 56 women, 32 children; the nine elders are made up."""
    assert len(city["volunteer_teams"]) == len(_ids(city, "mixed_event")) == 12
    assert len(_ids(city, "market_contact")) == 56
    assert len(_ids(city, "dream_mentor")) == 32
    assert len(_ids(city, "elder_health")) == 9


def test_the_plan_passes_the_independent_checker(plan: wushe.Plan) -> None:
    """Teams, windows and dependencies included."""
    assert wushe.check_plan(plan) == []


@pytest.mark.parametrize("team", sorted(TEAMS))
def test_a_team_comes_with_every_role_or_not_at_all(plan: wushe.Plan, team: str) -> None:
    """Different people fill the roles, each for all of the time."""
    items, complete = _by_need(plan), 0
    for need in _ids(plan.network, team):
        roles = Counter(item.category.id for item in items[need])
        assert set(roles) in (set(), TEAMS[team])
        people = [item.offer for item in items[need]]
        assert len(people) == len(set(people)) == len(roles)
        complete += bool(roles)
    assert complete == {"mixed_event": 12, "craft_class": 7, "elder_health": 8}[team]


def test_a_mixed_team_has_a_member_for_each_declared_culture(plan: wushe.Plan) -> None:
    """Looked up in the volunteers' own declarations."""
    skills = {v.id: v.skills or () for v in plan.network["volunteers"].records()}
    items = _by_need(plan)
    for need in _ids(plan.network, "mixed_event"):
        who = {item.category.id: item.provider.id for item in items[need]}
        assert "culture_hui" in skills[who["hui_culture"]]
        assert "culture_han" in skills[who["han_culture"]]
        assert who["cross_culture_course"].startswith("W-")


def test_no_doctor_is_at_two_doors_at_once(plan: wushe.Plan) -> None:
    """Three ask for 15:00 and there are two doctors: one waits, and nobody comes without a doctor."""
    starts = {n.id: n.starts for n in plan.network["needs"].records()}
    doctors = [
        (starts[item.need], item.offer) for item in plan.items if item.category.id == "doctor_visit"
    ]
    assert len(doctors) == len(set(doctors)) == 8
    missed = set(_ids(plan.network, "elder_health")) & set(_reasons(plan))
    assert len(missed) == 1
    assert {starts[need] for need in missed} == {"15:00"}


def test_every_child_has_one_mentor_and_every_mentor_one_child(plan: wushe.Plan) -> None:
    """One-to-one, vetted within the year."""
    items = [item for item in plan.items if item.category.id == "dream_mentor"]
    assert len(items) == len({item.need for item in items}) == 32
    assert len({item.provider.id for item in items}) == 32
    vetted = {v.id: v.vetted_on for v in plan.network["volunteers"].records()}
    for item in items:
        assert item.amount == 1
        assert ON - dt.timedelta(365) <= vetted[item.provider.id] <= ON


def test_a_child_keeps_its_mentor_while_he_is_vetted(
    plan: wushe.Plan, city: wushe.LinkageNetwork
) -> None:
    """23 of 24 pairs go on, far villages too; the one whose vetting lapsed gives way."""
    before = {s.household: s.provider for s in city["services"].records()}
    now = {
        client: item.provider.id
        for client, plan_of in plan.clients.items()
        for item in plan_of.items
        if item.category.id == "dream_mentor"
    }
    changed = {home for home, mentor in before.items() if now[home] != mentor}
    assert changed == {"H-C05"}
    lapsed = city["volunteers"].record(int(city["volunteers"].row_of([before["H-C05"]])[0]))
    assert lapsed.vetted_on < ON - dt.timedelta(365)


def test_continuity_outweighs_a_nearer_mentor(
    city: wushe.LinkageNetwork, rules: wushe.Plugins
) -> None:
    """Two new mentors move in next door to children who have one: nothing changes for them."""
    near = city["volunteers"].record(int(city["volunteers"].row_of(["V-M33"])[0]))
    more = [
        attrs.evolve(near, id=f"V-N{at}", place=place)
        for at, place in enumerate(("620823203-1", "620823203-2", "620823203-3"))
    ]
    records = [*city["volunteers"].records(), *more]
    tables = {**city.tables, "volunteers": wushe.table_of("volunteers", records)}
    again = wushe.make_plan(
        wushe.build_network(tables, city.categories, city.target_groups, city.versions),
        plugins=rules,
        on=ON,
    )
    before = {s.household: s.provider for s in city["services"].records()}
    kept = [
        item.provider.id
        for home in before
        for item in again[home].items
        if item.category.id == "dream_mentor" and item.provider.id == before[home]
    ]
    assert len(kept) == 23


def test_the_chain_runs_from_learners_to_buyers(plan: wushe.Plan) -> None:
    """Seven classes are found, taught, and sell for 56 women; each step needs the one before."""
    items, needs = _by_need(plan), plan.network["needs"]
    after = dict(zip(needs.ids, needs["after"], strict=True))
    for need in _ids(plan.network, "market_contact"):
        assert items[need]
        assert items[after[need]]
        assert items[after[after[need]]]
    assert not set(_reasons(plan)) & set(_ids(plan.network, "market_contact"))


def test_without_the_teacher_the_class_is_not_held_and_its_women_wait(
    city: wushe.LinkageNetwork, rules: wushe.Plugins
) -> None:
    """Two classes less: no helper comes in vain, and sixteen women wait for theirs, with the reason."""
    fewer = wushe.make_plan(
        _changed(city, "volunteers", {"V-Y029": {"weekly_hours": None}}), plugins=rules, on=ON
    )
    items, reasons = _by_need(fewer), _reasons(fewer)
    missing = [need for need in _ids(city, "craft_class") if not items[need]]
    assert len(missing) == 2
    assert all(reasons[need] == "capacity" for need in missing)
    needs = city["needs"]
    after = dict(zip(needs.ids, needs["after"], strict=True))
    waiting = {need for need in _ids(city, "market_contact") if after[need] in missing}
    assert len(waiting) == 16
    assert {reasons[need] for need in waiting} == {"waits"}
    assert not any(items[need] for need in waiting)
    assert wushe.check_plan(fewer) == []


def test_when_nobody_finds_learners_the_whole_chain_stands_still(
    city: wushe.LinkageNetwork, rules: wushe.Plugins
) -> None:
    """A withdrawn first step is never served, nor what hangs on it."""
    gone = wushe.make_plan(
        _changed(city, "needs", {"N-Y1-1": {"status": "withdrawn"}}), plugins=rules, on=ON
    )
    items, reasons = _by_need(gone), _reasons(gone)
    assert not items["N-Y1-2"]
    assert reasons["N-Y1-2"] == "waits"
    assert not any(items[f"N-W{n:02}"] for n in range(1, 9))
    assert items["N-Y2-2"]


def test_the_order_of_rows_changes_nothing(
    plan: wushe.Plan, rules: wushe.Plugins, tmp_path: Path, seed: int
) -> None:
    """The same records with their rows shuffled give the same plan, to the byte."""
    rng = np.random.default_rng(seed)
    for path in demo_path("pingliang").glob("*.csv"):
        heading, *rows = path.read_text("utf-8-sig").splitlines()
        shuffled = [rows[i] for i in rng.permutation(len(rows))]
        (tmp_path / path.name).write_text("\n".join([heading, *shuffled, ""]), "utf-8")
    again = wushe.make_plan(wushe.read(tmp_path, plugins=rules), plugins=rules, on=ON)
    assert again.to_json() == plan.to_json()
