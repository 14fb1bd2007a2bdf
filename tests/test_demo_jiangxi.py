"""Jiangxi: seven actions, a ledger per person, a watch of two or nobody, rough sleepers found in the street."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest

import wushe
from wushe.demos import demo_path, find_demo
from wushe.demos.stories import jiangxi as story
from wushe.identify import due_list
from wushe.report.coverage import coverage


@pytest.fixture(scope="module")
def made() -> story.Province:
    """The demo, planned."""
    return story.province()


# --- seven actions -------------------------------------------------------------------------------


def test_the_seven_actions_are_programmes_in_the_order_of_the_notice(made: story.Province) -> None:
    """Names as published; neighbours' watch and plain customs are for everybody."""
    programmes = list(made.rules.programmes.values())
    assert [p.label.zh.removesuffix("行动") for p in programmes] == [
        "助老敲门", "护童成长", "慈善救助", "邻里守望", "移风易俗", "温暖回家", "阳光助残",
    ]  # fmt: skip
    assert [p.id for p in programmes if not p.groups] == ["jiangxi_4_neighbours", "jiangxi_5_customs"]  # fmt: skip
    assert all(p.categories and "江西" in p.source for p in programmes)


def test_an_action_counts_its_people_and_not_those_of_another(made: story.Province) -> None:
    """Two rough sleepers, both met in street rounds; a knock on an elder's door is none of theirs."""
    figures = {f.programme.id: f for f in story.actions(made)}
    home = figures["jiangxi_6_way_home"]
    assert (home.persons, home.served, home.person_times, home.open_needs) == (2, 2, 3, 3)
    customs = figures["jiangxi_5_customs"]
    assert (customs.person_times, customs.open_needs) == (1, 1)


def test_help_in_a_crisis_is_for_social_workers(made: story.Province) -> None:
    """A volunteer with the skill is refused, a social worker of the same place is not."""
    tables = dict(made.network.tables)
    volunteer = wushe.Volunteer(
        id="V-C", name="示例", place="36-A-2-1-1", skills=("counselling",), weekly_hours=9
    )
    need = wushe.Need(id="N-C", category="jx_crisis", household="H-09", quantity=60, unit="minute")
    for name, new in (("volunteers", volunteer), ("needs", need)):
        tables[name] = wushe.table_of(name, [*tables[name].records(), new])
    network = wushe.build_network(tables, made.rules.categories, made.rules.target_groups)
    plan = wushe.make_plan(network, plugins=made.rules, on=made.on)
    assert [i.provider.id for i in plan["H-09"].items if i.need == "N-C"] == ["W-4"]


def test_elders_are_visited_by_the_silver_age_team_first(made: story.Province) -> None:
    """The elder's meal comes from the silver-age volunteer, and the reason says so."""
    (meal,) = (i for i in made.plan["H-01"].items if i.category.id == "meal_delivery")
    assert meal.provider.id == "V-02"
    assert "银龄志愿者助老" in meal.explain("zh")


# --- the watch -----------------------------------------------------------------------------------


def test_a_watch_is_a_social_worker_with_a_volunteer(made: story.Province) -> None:
    """The first role is the worker's, the second a volunteer's."""
    worker, volunteer = story.watchers(made, story.ELDER)
    assert worker.startswith("W-")
    assert volunteer.startswith("V-")


def test_where_no_volunteer_comes_along_nobody_goes_and_the_missing_one_is_named(
    made: story.Province,
) -> None:
    """There is a social worker in reach of H-09; alone he is not sent."""
    assert story.watchers(made, story.ALONE) == []
    (why,) = story.why_open(made, story.ALONE)
    assert "邻里守望（志愿者同行）" in why
    assert "社工带队" not in why


def test_one_volunteer_more_completes_the_watch(made: story.Province) -> None:
    """The same need is served as soon as both roles can be filled."""
    neighbour = wushe.Volunteer(
        id="V-N", name="示例", place="36-A-2-1-1", skills=("visiting",), weekly_hours=2
    )
    volunteers = [*made.network["volunteers"].records(), neighbour]
    tables = {**made.network.tables, "volunteers": wushe.table_of("volunteers", volunteers)}
    network = wushe.build_network(tables, made.rules.categories, made.rules.target_groups)
    plan = wushe.make_plan(network, plugins=made.rules, on=made.on)
    after = story.Province(made.rules, network, made.on, plan)
    assert story.watchers(after, story.ALONE) == ["W-4", "V-N"]


# --- the street ----------------------------------------------------------------------------------


def test_whoever_is_met_in_a_street_round_gets_facts_needs_and_a_plan(made: story.Province) -> None:
    """A person without household, name or ID number: the form is enough, consent included."""
    filled, after = story.street_round(made)
    assert {need.category for need in filled.needs} == {"jx_way_home", "food"}
    assert {need.person for need in filled.needs} == {story.NEW}
    assert {item.category.id for item in after.plan[story.NEW].items} == {"jx_way_home", "food"}
    assert story.NEW not in made.plan.clients


def test_without_consent_nothing_is_handed_on(
    made: story.Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same evening without an answer on consent: the needs stay open, and that is the reason."""
    asked = {key: said for key, said in story.ANSWERS.items() if key != "referral_consent"}
    monkeypatch.setattr(story, "ANSWERS", asked)
    _, after = story.street_round(made)
    assert {u.reason for u in after.plan[story.NEW].unserved} == {"consent"}


def test_nobody_helps_a_person_of_unknown_age_without_vetting(made: story.Province) -> None:
    """P-R1 may be a minor: of those who trace families only the one vetted within the year goes."""
    (home,) = (i for i in made.plan[story.FOUND].items if i.category.id == "jx_way_home")
    vetted = dict(zip(made.network["volunteers"].ids, made.network["volunteers"].known("vetted_on"), strict=True))  # fmt: skip
    assert vetted[home.provider.id]


def test_who_lives_on_the_street_is_looked_for_every_three_days(made: story.Province) -> None:
    """Seen five and nine days ago, both are due; the one not seen for longer comes first."""
    assert story.tonight(made) == [("P-R2", 9, 3), ("P-R1", 5, 3)]
    later = wushe.Visit(id="VS-X", kind="street_round", on=made.on, person="P-R1", outcome="met")
    visits = [*made.network["visits"].records(), later]
    tables = {**made.network.tables, "visits": wushe.table_of("visits", visits)}
    network = wushe.build_network(tables, made.rules.categories, made.rules.target_groups)
    seen = story.Province(made.rules, network, made.on, made.plan)
    assert [person for person, *_ in story.tonight(seen)] == ["P-R2"]


def test_a_street_sign_is_unknown_of_whom_nobody_saw_and_no_for_those_with_a_home(
    made: story.Province,
) -> None:
    """Said yes, said no, unsaid without a home, unsaid with one, said yes in spite of a home."""
    test = made.rules.risk_signals["jx_on_street"].test
    persons = wushe.Columns(
        5,
        {
            "on_street": np.array([1, 0, -1, -1, 1], dtype=np.int8),
            "household_row": np.array([-1, -1, -1, 7, 7], dtype=np.int32),
        },
    )
    assert test(persons, wushe.Context(made.on, {}, {})).tolist() == [1, 0, -1, 0, 1]


# --- files and levels ----------------------------------------------------------------------------


def test_a_persons_file_is_open_to_the_worker_and_closed_to_the_public(
    made: story.Province,
) -> None:
    """Rounds, facts, stages and needs of one person in time order; nobody else's."""
    file = story.file_of(made, story.FOUND)
    assert file.stage == "assessment"
    assert [item.on for item in file.items] == sorted(item.on or dt.date.max for item in file.items)
    assert {item.table for item in file.items} == {"visits", "facts", "case_events", "needs"}
    assert "street_since" in file.explain("zh", story.WORKER)
    assert "street_since" not in file.explain("zh", "public")


def test_a_ledger_is_whole_when_all_four_parts_are_recorded(made: story.Province) -> None:
    """Of seven elders four have told of income, six of family, three of health, two of care: two of all."""
    elders, children, disabled = story.ledgers(made).rows
    assert elders.cells == (7, 2, 4, 6, 3, 2)
    assert children.cells[:2] == (3, 1)
    assert disabled.cells[1] == 0
    assert {column.unit for column in story.ledgers(made).columns} == {"people"}


def test_a_fact_completes_a_ledger_from_its_day_on(made: story.Province) -> None:
    """H-09's elder lacks income, health and care; once all are told of, one more file is whole."""
    persons = made.network["persons"]
    (elder,) = persons.ids[persons["household"] == story.ALONE]
    asked = ("main_income", "illness", "carer")
    facts = [
        wushe.Fact(
            id=f"FA-N{n}", subject=elder, field=field, value="示例", on=dt.date(2023, 3, 14),
            at="2023-03-14T01:00:00.000000Z", source="door",
        )
        for n, field in enumerate(asked)
    ]  # fmt: skip
    tables = dict(made.network.tables)
    tables["facts"] = wushe.table_of("facts", [*tables["facts"].records(), *facts])
    network = wushe.build_network(tables, made.rules.categories, made.rules.target_groups)
    before = story.Province(made.rules, network, dt.date(2023, 3, 13), made.plan)
    after = story.Province(made.rules, network, made.on, made.plan)
    assert [story.ledgers(p).rows[0].cells[1] for p in (before, after)] == [2, 3]


def test_coverage_is_told_on_three_levels(made: story.Province) -> None:
    """A county with a centre, four of five towns with a station, half of the communities with a point."""
    levels = {x.level: x for x in coverage(made.network, made.rules, made.on).levels}
    assert (levels["county"].with_station, levels["county"].places) == (1, 2)
    assert (levels["street"].with_station, levels["street"].places) == (4, 5)
    assert (levels["community"].with_station, levels["community"].places) == (5, 10)
    assert levels["community"].with_service == 2


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_story_is_told_in_both_languages_and_names_nobody(
    lang: str, made: story.Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People are ids."""
    monkeypatch.setattr(story, "province", lambda: made)
    said = "\n".join(story.tell(lang))
    assert story.NEW in said
    assert not any(word in said for word in ("奶奶", "示例人员", "示例露宿", "示例志愿者0"))


def test_it_says_what_is_made_up() -> None:
    """The folder and the list of demos say so in both languages."""
    package = json.loads((Path(demo_path("jiangxi")) / "datapackage.json").read_text("utf-8"))
    assert package["wushe:made_up"] is True
    assert package["wushe:planning_date"] == find_demo("jiangxi").on
    about = find_demo("jiangxi").about
    assert "虚构" in about.zh
    assert "made up" in about.en


def test_who_lives_alone_or_on_the_street_is_visited_before_the_others(
    made: story.Province,
) -> None:
    """Neighbour watch: the six first are lone elders and rough sleepers, then who was never visited, then the rest."""
    due = due_list(made.network, made.rules, made.on)
    persons = [str(due.person[row]) for row in due]
    never = [bool(due.days_since_visit[row] < 0) for row in due]
    assert set(persons[:6]) == {"P-01", "P-14", "P-15", "P-16", "P-R1", "P-R2"}
    rest = never[6:]
    assert rest == sorted(rest, reverse=True)
    assert any(rest)
    assert not all(rest)
