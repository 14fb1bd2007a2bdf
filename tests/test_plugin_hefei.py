"""The hefei plugin: three orders on a wish wall, micro-projects judged, the helped who may help."""

import ast
import csv
import datetime as dt
import json
import logging
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wushe
from wushe.demos import demo_path, find_demo
from wushe.identify import suggest
from wushe.plugins import hefei

FOLDER = demo_path("hefei")
FILES = sorted(p for p in FOLDER.iterdir() if p.suffix in (".csv", ".json", ".md"))
PUBLISHED = {"projects": 23, "activities": 278, "person_times": 4100}
"""中安在线, 13 March 2025: 23个特色子项目, 278场次, 4100余人次."""


@pytest.fixture(scope="module")
def rules() -> wushe.Plugins:
    """Return the defaults with the hefei plugin."""
    return wushe.load_plugins("hefei")


@pytest.fixture(scope="module")
def city(rules: wushe.Plugins) -> wushe.LinkageNetwork:
    """Return the demo street."""
    return wushe.read(FOLDER, plugins=rules)


@pytest.fixture(scope="module")
def plan(city: wushe.LinkageNetwork, rules: wushe.Plugins) -> wushe.Plan:
    """Return its plan."""
    return wushe.make_plan(city, plugins=rules, on=find_demo("hefei").on)


def _columns(**columns: list[Any]) -> wushe.Columns:
    arrays = {}
    for name, values in columns.items():
        whole = all(isinstance(v, (int, bool)) for v in values)
        arrays[name] = np.array(values, dtype=None if whole else object)
    return wushe.Columns(len(next(iter(columns.values()))), arrays)


def _projects(**columns: list[int]) -> wushe.Columns:
    n = len(next(iter(columns.values())))
    names = ("budget_fen", "spent_fen", "milestones", "reached", "person_times", "households")
    return _columns(**{name: columns.get(name, [-1] * n) for name in names})


# --- registration ------------------------------------------------------------------------------


def test_it_loads_by_name_and_uses_these_hooks(rules: wushe.Plugins) -> None:
    """Found by its entry point; the source gives no points for volunteers, so there is no such rule."""
    assert [name for name, _ in rules.versions] == ["defaults", "hefei"]
    assert rules.hooks_of("hefei") == (
        "after_orders_changed",
        "register_keyword_rules",
        "register_need_categories",
        "register_order_rules",
        "score_projects",
    )


def test_it_imports_only_the_front_door() -> None:
    """Of wushe a plugin needs the public names only."""
    tree = ast.parse(Path(hefei.__file__).read_text("utf-8"))
    names = [a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {name for name in names if name.startswith("wushe")} == {"wushe"}


@pytest.mark.parametrize(
    "rule", ["register_need_categories", "register_order_rules", "score_projects"]
)
def test_what_is_assumed_says_so(rule: str) -> None:
    """Reported practice and assumption are told apart."""
    assert "assumed" in (getattr(hefei, rule).__doc__ or "")


def test_the_three_wishes_of_the_story_have_categories(rules: wushe.Plugins) -> None:
    """A body check is new; joining activities and having appliances repaired were there."""
    added = {category.id for category in hefei.register_need_categories()}
    assert added == {"health_check", "smart_home", "special_child"}
    assert {"activity_company", "home_repair"} <= set(rules.categories)
    assert rules.categories["special_child"].minors


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("多年没体检，想查一查", ["health_check"]),
        ("想装一个一键呼叫", ["smart_home"]),
        ("孩子有自闭症，想有人陪训练", ["special_child"]),
        ("想找人说说话", []),
    ],
)
def test_words_suggest_the_plugins_needs(
    rules: wushe.Plugins, note: str, expected: list[str]
) -> None:
    """A worker's note leads to the new categories."""
    (found,) = suggest([note], rules.keyword_rules)
    own = {category.id for category in hefei.register_need_categories()}
    assert [s.category for s in found if s.category in own] == expected


# --- orders ------------------------------------------------------------------------------------


def test_the_complex_answers_for_the_street() -> None:
    """From community to street to district; the street's office is the complex; one is asked at a time."""
    (rule,) = hefei.register_order_rules()
    assert rule.levels == ("community", "street", "county")
    assert rule.offices == {"340104004": "O-NQ"}
    assert (rule.asked_at_once, rule.rounds, rule.weekly_calls) == (1, 3, 3)
    minutes = [rule.answer_minutes[u] for u in ("emergency", "urgent", "normal", "low")]
    assert minutes == sorted(minutes)


def test_the_young_do_no_wires_and_no_body_checks() -> None:
    """A row is refused only where the helper is under age and the work is not for the young."""
    orders = _columns(category=["home_repair", "visit", "home_repair", "health_check"])
    helpers = _columns(minor=[True, True, False, True])
    assert hefei.fit_for_youth(orders, helpers).tolist() == [False, True, True, False]


def test_no_orders_no_answers() -> None:
    """The guard and the criteria answer nothing for nothing."""
    empty = wushe.Columns(0, {"category": np.zeros(0, object), "minor": np.zeros(0, bool)})
    assert hefei.fit_for_youth(empty, empty).tolist() == []
    names = ("budget_fen", "spent_fen", "milestones", "reached", "person_times", "households")
    none = wushe.Columns(0, {name: np.zeros(0, np.int64) for name in names})
    assert [len(score.values) for score in hefei.score_projects(none)] == [0, 0, 0, 0]


# --- micro-projects ----------------------------------------------------------------------------


def test_criteria_by_hand() -> None:
    """1,000 yuan for 50 person-times is full marks; beyond it is no more; half a budget over is none."""
    found = {
        score.name: score.values.tolist()
        for score in hefei.score_projects(
            _projects(
                budget_fen=[100_000, 100_000, 100_000],
                spent_fen=[100_000, 0, 100_001],
                milestones=[4, 4, 0],
                reached=[4, 1, 0],
                person_times=[50, 25, 400],
                households=[30, 15, 0],
            )
        )
    }
    assert found == {
        "hefei_benefit": [1, 0.5, 1],
        "hefei_coverage": [1, 0.5, 0],
        "hefei_delivery": [1, 0.25, 0.5],
        "hefei_budget": [1, 1, 0],
    }


def test_unknown_is_neither_good_nor_bad() -> None:
    """A project of which nothing is known has half of every criterion."""
    scores = hefei.score_projects(_projects(budget_fen=[-1]))
    assert [score.values.tolist() for score in scores] == [[0.5]] * 4


def test_permuted_projects_have_permuted_scores(seed: int) -> None:
    """The order of rows changes nothing."""
    rng = np.random.default_rng(seed)
    names = ("budget_fen", "spent_fen", "milestones", "reached", "person_times", "households")
    rows = {name: rng.integers(-1, 50, 40) for name in names}
    turn = rng.permutation(40)
    before = hefei.score_projects(wushe.Columns(40, rows))
    after = hefei.score_projects(wushe.Columns(40, {n: a[turn] for n, a in rows.items()}))
    for one, other in zip(before, after, strict=True):
        assert (one.values[turn] == other.values).all()
        assert ((one.values >= 0) & (one.values <= 1)).all()


# --- from helped to helper ---------------------------------------------------------------------


def _confirmed(order: str, rating: int | None, kind: str = "order.confirmed") -> wushe.Event:
    return wushe.Event(f"order/{order}", kind, "2025-03-12T02:00:00Z", "W-1", {"rating": rating})


def test_the_complex_learns_whom_it_may_invite(caplog: pytest.LogCaptureFixture) -> None:
    """Only orders confirmed with thanks, by their ids; the log says nothing about the person."""
    events = [
        _confirmed("O-1", 5),
        _confirmed("O-2", 2),
        _confirmed("O-3", None),
        _confirmed("O-4", 5, "order.done"),
        _confirmed("O-5", 4),
    ]
    with caplog.at_level(logging.INFO, logger=hefei.__name__):
        hefei.after_orders_changed(events)
    assert [record.args for record in caplog.records] == [("O-1",), ("O-5",)]


# --- the demo ----------------------------------------------------------------------------------


def test_the_tables_have_no_mistakes(rules: wushe.Plugins) -> None:
    """`check` has nothing to say about them."""
    assert wushe.check(FOLDER, plugins=rules) == ()


def test_the_data_package_describes_the_files_as_they_are() -> None:
    """Every table is listed, and every column of it, in order; it says what is made up."""
    package = json.loads((FOLDER / "datapackage.json").read_text("utf-8"))
    listed = {r["path"]: [f["name"] for f in r["schema"]["fields"]] for r in package["resources"]}
    found = {}
    for path in FOLDER.glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            found[path.name] = next(csv.reader(stream))
    assert listed == found
    assert package["wushe:made_up"] is True
    assert package["wushe:planning_date"] == find_demo("hefei").on


def test_the_published_numbers_are_the_demos(city: wushe.LinkageNetwork) -> None:
    """23 sub-projects, 278 activities, 4,100 person-times; README and data package say so."""
    times = city["activities"]["person_times"]
    found = {
        "projects": len(city["projects"]),
        "activities": len(city["activities"]),
        "person_times": int(times.sum()),
    }
    assert found == PUBLISHED
    package = json.loads((FOLDER / "datapackage.json").read_text("utf-8"))
    for text in ((FOLDER / "README.md").read_text("utf-8"), package["description"]):
        assert all(str(n) in text for n in (*PUBLISHED.values(), "虚构", "made up"))


def test_persons_and_households_are_unknown_where_nobody_counted_them(
    city: wushe.LinkageNetwork,
) -> None:
    """Half of the activities know person-times only; nothing is derived."""
    activities = city["activities"]
    assert int(activities.known("persons").sum()) == 139
    assert activities.known("person_times").all()


@pytest.mark.parametrize(
    ("table", "heading"),
    [
        ("households", "备注"),
        ("organizations", "名称"),
        ("projects", "名称"),
        ("activities", "名称"),
        ("communities", "名称"),
        ("volunteer_teams", "名称"),
        ("funds", "名称"),
    ],
)
def test_every_record_that_could_be_taken_for_real_is_marked(table: str, heading: str) -> None:
    """虚构, or 示例 where the body exists somewhere but not this one."""
    with (FOLDER / f"{table}.csv").open(encoding="utf-8-sig", newline="") as stream:
        cells = [row[heading] for row in csv.DictReader(stream)]
    assert [cell for cell in cells if not re.search("虚构|示例", cell)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_no_number_looks_like_a_person(path: Path) -> None:
    """No ID number, no phone; the name in the published story is not used."""
    text = path.read_text("utf-8-sig")
    assert re.findall(r"(?<![\d.])\d{11,}[Xx]?(?![\d.])", text) == []
    assert "葛阿姨" not in text


def test_the_wishes_name_nobody(city: wushe.LinkageNetwork) -> None:
    """26 wishes; no name of a household or person stands in a public text."""
    names = {n for table in ("households", "persons") for n in city[table]["name"] if n}
    texts = list(city["wishes"]["public_text"])
    assert len(texts) == 26
    assert not any(name in text for name in names for text in texts)


def test_the_three_wishes_of_the_story_are_planned(plan: wushe.Plan) -> None:
    """Body check, company to activities, repair: each with a helper."""
    assert {item.category.id for item in plan["H-01"].items} == {
        "health_check",
        "activity_company",
        "home_repair",
    }
    assert plan["H-01"].unserved == ()


def test_the_plan_stands_and_one_household_did_not_consent(plan: wushe.Plan) -> None:
    """The independent checker finds nothing; the one repair that is not planned says why."""
    assert wushe.check_plan(plan) == []
    missed = {u.need: u.reason for client in plan.clients.values() for u in client.unserved}
    assert missed == {"N-31": "consent"}


def test_one_who_was_helped_is_a_volunteer_now(city: wushe.LinkageNetwork) -> None:
    """V-17 is person P-20; the young have their guardians' consent."""
    people = {v.id: v for v in city["volunteers"].records()}
    assert people["V-17"].person == "P-20"
    assert [(v.id, v.guardian_consent) for v in people.values() if v.minor] == [
        ("V-15", True),
        ("V-16", True),
    ]
    assert dt.date.fromisoformat(find_demo("hefei").on).weekday() == 0
