"""The Pingliang story runs as told: whole teams or nobody, one mentor per child, a chain step by step, a closed loop."""

import csv
import datetime as dt
import json
import re
from pathlib import Path

import attrs
import pytest

import wushe
from wushe.demos import demo_path, find_demo
from wushe.demos.stories import pingliang as story
from wushe.errors import RefusedError
from wushe.orders import dispatch

FOLDER = demo_path("pingliang")
FILES = sorted(p for p in FOLDER.iterdir() if p.suffix in (".csv", ".json", ".md"))


@pytest.fixture(scope="module")
def rules() -> wushe.Plugins:
    """The city's rules."""
    return wushe.load_plugins("pingliang")


@pytest.fixture(scope="module")
def city(rules: wushe.Plugins) -> wushe.LinkageNetwork:
    """The demo's tables, with the elder whom the visit found."""
    return story.with_visit(story.city(rules), story.identified(rules)[0])


@pytest.fixture(scope="module")
def plan(city: wushe.LinkageNetwork, rules: wushe.Plugins) -> wushe.Plan:
    """The plan that the story tells of."""
    return wushe.make_plan(city, plugins=rules, on=story.ON)


@pytest.fixture
def desk(plan: wushe.Plan, rules: wushe.Plugins) -> story.Desk:
    """A desk that has sent out the plan's orders."""
    return story.Desk(plan, rules)


def _cells(name: str, heading: str) -> list[str]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
        return [row[heading] for row in csv.DictReader(stream)]


# --- the demo's tables -------------------------------------------------------------------------


def test_the_tables_have_no_mistakes(rules: wushe.Plugins) -> None:
    """`check` has nothing to say about them."""
    assert wushe.check(FOLDER, plugins=rules) == ()


def test_the_data_package_describes_the_files_as_they_are() -> None:
    """Every table is listed, and every column of it, in order."""
    package = json.loads((FOLDER / "datapackage.json").read_text("utf-8"))
    listed = {r["path"]: [f["name"] for f in r["schema"]["fields"]] for r in package["resources"]}
    found = {}
    for path in FOLDER.glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            found[path.name] = next(csv.reader(stream))
    assert listed == found


def test_it_says_what_is_made_up_and_what_is_published() -> None:
    """README and data package, in both languages; the three published numbers stand there."""
    package = json.loads((FOLDER / "datapackage.json").read_text("utf-8"))
    assert package["wushe:made_up"] is True
    assert package["wushe:planning_date"] == find_demo("pingliang").on
    for text in ((FOLDER / "README.md").read_text("utf-8"), package["description"]):
        for word in ("虚构", "made up", "12", "56", "32"):
            assert word in text, word


@pytest.mark.parametrize(
    ("table", "heading"),
    [("households", "备注"), ("organizations", "名称"), ("institutions", "名称"), ("stations", "名称"), ("volunteer_teams", "名称"), ("communities", "名称")],
)  # fmt: skip
def test_every_record_that_could_be_taken_for_real_is_marked(table: str, heading: str) -> None:
    """虚构, or 示例 where the body exists somewhere but not this one."""
    assert [c for c in _cells(table, heading) if not re.search("虚构|示例", c)] == []


def test_places_below_the_township_are_samples_and_the_others_keep_their_codes() -> None:
    """Real are province, city, counties, and the three streets and townships of the report."""
    names = dict(zip(_cells("places", "编码"), _cells("places", "名称"), strict=True))
    real = {key: name for key, name in names.items() if "-" not in key}
    assert real == {
        "62": "甘肃省", "6208": "平凉市", "620802": "崆峒区", "620802001": "东关街道",
        "620821": "泾川县", "620821105": "窑店镇", "620823": "崇信县", "620823203": "木林乡",
    }  # fmt: skip
    assert all("示例" in name for key, name in names.items() if "-" in key)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_no_number_looks_like_a_person(path: Path) -> None:
    """No ID number, no phone."""
    assert re.findall(r"(?<![\d.])\d{11,}[Xx]?(?![\d.])", path.read_text("utf-8-sig")) == []


# --- needs are found ---------------------------------------------------------------------------------


def test_a_visit_states_a_need_and_its_notes_only_suggest_one(rules: wushe.Plugins) -> None:
    """The form's yes is a need at once; the words about needlework become one when a worker confirms them."""
    stated, heard = story.identified(rules)
    assert [need.category for need in stated] == ["elder_health"]
    assert stated[0].household == "H-E10"
    assert [(need.category, need.asked_by) for need in heard] == [("market_contact", "W-ML1")]


# --- resources are put together ------------------------------------------------------------------------


def test_teams_are_complete_or_do_not_come(plan: wushe.Plan) -> None:
    """12 events, 7 classes, and 9 of 10 elders: at 15:00 a third doctor is missing."""
    names = ("mixed_event", "craft_class", "elder_health")
    assert [len(story.whole(plan, name)) for name in names] == [12, 7, 9]
    (missed,) = story.reasons(plan)
    assert missed in {"N-E07", "N-E08", "N-E09"}
    assert not [item for item in plan.items if item.need == missed]


def test_the_mentors_of_before_go_on(plan: wushe.Plan) -> None:
    """23 of 32 keep theirs; one lost it with the vetting; eight are new."""
    before, now = story.mentors(plan)
    assert (len(before), len(now), len(set(now.values()))) == (24, 32, 32)
    assert sum(before.get(child) == mentor for child, mentor in now.items()) == 23
    assert before[story.CHILD_NEW] != now[story.CHILD_NEW]
    assert before[story.CHILD_KEPT] == now[story.CHILD_KEPT]


def test_who_can_be_mentor_no_longer_is_followed_by_another_one(
    plan: wushe.Plan, rules: wushe.Plugins
) -> None:
    """One moves to another county, one stops in September, one has no hours: their children have others, the rest keep theirs."""
    gone = {
        "V-M01": {"place": "620802001-1"},
        "V-M02": {"available_to": dt.date(2025, 9, 30)},
        "V-M03": {"weekly_hours": 0},
    }
    old = plan.network["volunteers"].records()
    moved = wushe.table_of("volunteers", [attrs.evolve(v, **gone.get(v.id, {})) for v in old])
    needs = [n for n in plan.network["needs"].records() if n.category == "dream_mentor"]
    tables = {
        **plan.network.tables, "volunteers": moved, "needs": wushe.table_of("needs", needs[:20])
    }  # fmt: skip
    city = plan.network
    network = wushe.build_network(tables, city.categories, city.target_groups, city.versions)
    before, now = story.mentors(wushe.make_plan(network, plugins=rules, on=story.ON))
    vetted_no_more = {"V-M05"}
    assert len(now) == 20
    assert not set(now.values()) & {*gone, *vetted_no_more}
    assert {before[child] for child in now if now[child] != before[child]} == {
        *gone,
        *vetted_no_more,
    }


def test_without_one_teacher_two_classes_and_sixteen_women_wait(
    city: wushe.LinkageNetwork, rules: wushe.Plugins
) -> None:
    """Nobody else is sent to a class without a teacher, and the story says why the women wait."""
    fewer = wushe.make_plan(story.without(city, story.TEACHER), plugins=rules, on=story.ON)
    held = set(story.whole(fewer, "craft_class"))
    closed = sorted(set(story.ids_of(city, "craft_class")) - held)
    assert (len(held), len(closed)) == (5, 2)
    assert not any(item.need in closed for item in fewer.items)
    waits = wushe.REASONS["waits"]
    assert sum(why is waits for why in story.reasons(fewer).values()) == 16
    said = "\n".join(story.chain(fewer, int(closed[0][3]), "zh"))
    assert said.count("前置需求尚未解决") == 8
    assert "联络学员：已安排" in said


# --- help is given -------------------------------------------------------------------------------------


def test_a_team_with_one_role_open_is_not_dispatched(desk: story.Desk) -> None:
    """A volunteer is free and no doctor is: nobody is asked."""
    error = story.one_role_open(desk)
    (problem,) = error.problems
    assert problem.code == "nobody-able"
    (open_,) = set(story.ids_of(desk.plan.network, "elder_health")) - set(
        story.whole(desk.plan, "elder_health")
    )
    assert desk.store.state.find("call", order=f"O-{open_}") == []


def test_a_member_s_no_does_not_break_the_team_up(desk: story.Desk) -> None:
    """The doctor's yes is held while the next volunteer is asked; the order is accepted by both."""
    answers = story.team_answers(desk, "O-N-E01")
    assert [state for _, state in answers] == ["held", "declined", "accepted"]
    order = desk.store.state.get("order", "O-N-E01")
    assert order.status == "accepted"
    assert {helper for _, helper, _ in order.helpers} == {answers[0][0], answers[2][0]}


def test_a_step_of_the_chain_waits_for_the_one_before(desk: story.Desk) -> None:
    """No class before its learners are found, no buyers before the class; then each in its turn."""
    first, second, buyers = story.steps(desk.plan.network, 2)
    assert not {f"O-{key}" for key in (second, *buyers)} & set(desk.sent["dispatched"])
    early, orders = story.chain_runs(desk, 1)
    (problem,) = early.problems
    assert (problem.code, dict(problem.params)["after"]) == ("order-waits", "N-Y1-1")
    assert len(orders) == 2 + 8
    done = [desk.store.state.get("order", order) for order in orders]
    assert {order.status for order in done} == {"confirmed"}
    days = [order.confirmed_on for order in done]
    assert days == sorted(days)
    assert days[0] < days[1] < days[2]
    with pytest.raises(RefusedError, match="N-Y2-1"):
        desk.do(dispatch, "2025-12-01T09:00:00+08:00", order=f"O-{second}")
    assert desk.store.state.get("order", f"O-{first}").status == "dispatched"


def test_the_next_plan_knows_what_was_done(desk: story.Desk, rules: wushe.Plugins) -> None:
    """Needs of the class are met and not planned again; each child keeps last month's mentor."""
    _, orders = story.chain_runs(desk, 1)
    following, met = story.next_plan(desk, rules)
    assert met == len(orders)
    assert not {order[2:] for order in orders} & {item.need for item in following.items}
    before, now = story.mentors(following)
    assert [child for child, mentor in now.items() if before[child] != mentor] == []


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ("汉、回联合志愿服务活动：12个小队配齐，共12个", "23名儿童还是原来的导师", "5个小队配齐，共7个", "前置需求 N-Y1-1 还没有办完", "32/32 名儿童")),
        ("en", ("12 teams complete of 12", "23 children keep theirs", "5 teams complete of 7", "which comes first, is not served", "32 of 32 children")),
    ],
)  # fmt: skip
def test_the_story_is_told_in_both_languages(lang: str, words: tuple[str, ...]) -> None:
    """As `wushe demo pingliang` tells it."""
    said = "\n".join(story.tell(lang))
    for word in words:
        assert word in said, word


@pytest.mark.parametrize(("skill", "category"), sorted(story.SPOKEN.items()))
def test_culture_and_language_are_terms_of_the_match(
    skill: str, category: str, plan: wushe.Plan, rules: wushe.Plugins
) -> None:
    """With who has declared it teams are complete; where nobody has, no team goes, and the open role is named."""
    fewer = wushe.make_plan(story.unspoken(plan.network, skill), plugins=rules, on=story.ON)
    assert story.whole(plan, category)
    assert story.whole(fewer, category) == []
    open_role = {"culture_hui": "回族文化志愿服务", "local_dialect": "入户探访"}[skill]
    assert open_role in story.short_of(fewer, category).explain("zh")
    other = {story.EVENTS, story.ELDERS} - {category}
    assert all(story.whole(fewer, one) == story.whole(plan, one) for one in other)


def test_the_bond_with_the_mentor_is_the_reason_that_is_told(plan: wushe.Plan) -> None:
    """Who keeps the mentor is told why; who has a new one is not told so."""
    before, now = story.mentors(plan)
    homes = dict(zip(plan.network["needs"].ids, plan.network["needs"]["household"], strict=True))
    for item in plan.items:
        if item.category.id == "dream_mentor":
            child = homes[item.need]
            same = before.get(child) == now[child]
            assert ("一直是这位导师" in item.explain("zh")) == same
