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
CITY_PUBLISHED = {
    "社区慈善基金": 1345,
    "社区慈善类组织": 110,
    "社区慈善项目": 744,
    "社区慈善劝募员": 1575,
    "社区慈善服务综合体": 248,
}
"""中安在线, 13 March 2025: the whole city at the end of 2024."""


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
        "register_demos",
        "register_keyword_rules",
        "register_need_categories",
        "register_order_rules",
        "register_programmes",
        "register_report_sections",
        "score_projects",
    )


def test_it_imports_only_the_front_door() -> None:
    """Of wushe a plugin needs the public names only, and its own modules."""
    names: set[str] = set()
    for path in Path(hefei.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module or "")
    own = {"wushe", "wushe.plugins.hefei.sections"}
    assert {name for name in names if name.startswith("wushe")} == own


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


# --- programmes and sections of the report -----------------------------------------------------


def _tables(section: str, network: wushe.LinkageNetwork, rules: wushe.Plugins, on: dt.date) -> Any:
    """Return the rows of a section's tables by table, then by the row's label in Chinese."""
    context = wushe.Context(on, rules.categories, rules.target_groups)
    tables = rules.report_sections[section].make(network, context)
    return {t.id: {row.label.zh: row.cells for row in t.all_rows()} for t in tables}


def test_the_four_groups_are_programmes(rules: wushe.Plugins) -> None:
    """一老一小一困一残, each with groups and categories, and a source that says what is assumed."""
    own = [one for one in rules.programmes.values() if one.id.startswith("hefei_")]
    assert [one.label.zh for one in own] == ["一老", "一小", "一困", "一残"]
    assert all(one.groups and one.categories for one in own)
    assert all("假定" in one.source for one in own)


def test_a_complex_has_its_own_figures(city: wushe.LinkageNetwork, rules: wushe.Plugins) -> None:
    """23 sub-projects, 278 activities, 4,100 person-times; what is still to come is not counted."""
    found = _tables("hefei_complex", city, rules, dt.date(2025, 3, 10))["hefei_complex"]
    assert found["合计"] == (23, 278, 4100, 0, 139)
    first = _tables("hefei_complex", city, rules, dt.date(2024, 1, 7))["hefei_complex"]
    assert first["合计"] == (2, 2, 30, 0, 1)
    none = _tables("hefei_complex", city, rules, dt.date(2023, 1, 1))["hefei_complex"]
    assert none == {"合计": (0, 0, 0, 0, 0)}


def test_the_four_lists_are_joined_by_hand(
    city: wushe.LinkageNetwork, rules: wushe.Plugins
) -> None:
    """Of four funds two have everything; one has no project, one a project nobody carries out and no fundraiser."""
    found = _tables("hefei_four_lists", city, rules, dt.date(2025, 3, 10))
    assert found["hefei_four_lists"] == {
        "庐阳区": (1, 1, 0, 1, 3_200_000, 0),
        "蜀山区": (2, 4, 23, 1, 27_000_000, 0),
        "包河区": (1, 1, 2, 0, 4_100_000, 0),
        "合计": (4, 6, 25, 2, 34_300_000, 0),
    }
    assert found["hefei_joined"] == {
        "四单齐全": (2,),
        "没有项目": (1,),
        "有项目没有承接组织": (1,),
        "没有劝募员": (1,),
        "全部基金": (4,),
    }


def test_the_citys_published_totals_stand_beside_the_tables(
    city: wushe.LinkageNetwork, rules: wushe.Plugins
) -> None:
    """1,345 funds and so on are quoted with their source; the second column is what the tables hold."""
    found = _tables("hefei_four_lists", city, rules, dt.date(2025, 3, 10))["hefei_published"]
    assert {label: cells[0] for label, cells in found.items()} == CITY_PUBLISHED
    assert [cells[1] for cells in found.values()] == [4, 6, 25, 2, 1]


def test_lists_with_gaps_say_so_and_count_nothing_twice(rules: wushe.Plugins) -> None:
    """No firm or hospital is a charity, no firm that holds an activity a complex; what is joined to nothing is told."""
    network = wushe.build_network_from_records(
        (
            wushe.Place(id="34", name="省", level="province"),
            wushe.Organization(id="O-1", name="甲街慈善服务综合体", kind="social_organization"),
            wushe.Organization(id="O-2", name="乙公司", kind="firm"),
            wushe.Organization(id="O-3", name="丙医院", kind="hospital"),
            wushe.Fund(id="F-1", name="甲", host="O-1", balance_fen=100),
            wushe.Fund(id="F-2", name="乙", host="O-1"),
            wushe.Project(id="PJ-1", name="一", organization="O-1", fund="F-1"),
            wushe.Project(id="PJ-2", name="二", organization="O-1"),
            wushe.VolunteerTeam(id="T-1", name="甲队", organization="O-1"),
            wushe.VolunteerTeam(id="T-2", name="乙队", organization="O-2"),
            *(
                wushe.Volunteer(id=f"V-{n}", name="示例", place="34", teams=teams, skills=("fundraising",))
                for n, teams in enumerate((("T-1",), ("T-2",), None))
            ),
            wushe.Activity(id="A-1", name="一", held_on=dt.date(2025, 1, 1), project="PJ-1", person_times=5),
            wushe.Activity(id="A-2", name="二", held_on=dt.date(2025, 1, 2), organization="O-2", person_times=6),
            wushe.Activity(id="A-3", name="三", held_on=dt.date(2025, 1, 3), person_times=7),
        ),
        rules.categories, rules.target_groups,
    )  # fmt: skip
    day = dt.date(2025, 3, 10)
    found = _tables("hefei_four_lists", network, rules, day)
    assert found["hefei_four_lists"]["合计"] == (2, 1, 2, 3, 100, 1)
    assert found["hefei_published"]["社区慈善服务综合体"] == (248, 1)
    assert [cells[0] for cells in found["hefei_loose"].values()] == [1, 1, 1]
    held = _tables("hefei_complex", network, rules, day)["hefei_complex"]
    assert {name: cells[1:3] for name, cells in held.items()} == {
        "甲街慈善服务综合体": (1, 5), "乙公司": (1, 6), "未写明主办组织的": (1, 7), "合计": (3, 18),
    }  # fmt: skip


def test_a_share_of_unknown_residents_is_unknown(
    city: wushe.LinkageNetwork, rules: wushe.Plugins
) -> None:
    """Six volunteers of 1,100 residents, one of them helped before; where nobody counted residents, no share."""
    found = _tables("hefei_helpers", city, rules, dt.date(2025, 3, 10))["hefei_helpers"]
    assert found["南七一社区（示例）"] == (1100, 6, 1, 5)
    assert found["南七四社区（示例）"] == (None, 3, 0, None)


def test_sections_of_an_empty_city_are_empty(rules: wushe.Plugins) -> None:
    """No tables, no rows but totals of nothing."""
    empty = wushe.build_network({}, rules.categories, rules.target_groups)
    for section in ("hefei_complex", "hefei_four_lists", "hefei_helpers"):
        for key, rows in _tables(section, empty, rules, dt.date(2025, 3, 10)).items():
            own = [cells[-1] for cells in rows.values()]
            assert key == "hefei_published" or not any(own)


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
        "projects": int((city["projects"]["organization"] == hefei.COMPLEX).sum()),
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
