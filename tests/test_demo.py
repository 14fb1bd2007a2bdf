"""The demo district: valid, plainly made up, and its plan shows every yes and every no."""

import csv
import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import attrs
import numpy as np
import pytest

import wushe
from wushe.casefile import case_file, open_cases
from wushe.casefile.stages import STAGE_NAMES
from wushe.demos import demo_path, find_demo, find_demos
from wushe.identify import due_list, evaluate_signals
from wushe.model.terms import Reason

ON = "2025-09-15"
STORIES = ("H-0001", "H-0002", "H-0003")
FOLDER = demo_path("wuchang")
FILES = sorted(p for p in FOLDER.iterdir() if p.suffix in (".csv", ".json", ".md"))
FAKE_PHONE = "13800000000"
PUBLISHED_NAMES = ("李爷爷", "张爷爷", "王爷爷", "高爹爹", "果果")


@pytest.fixture(scope="module")
def rules() -> wushe.Plugins:
    """Return the defaults with the wuchang plugin."""
    return wushe.load_plugins("wuchang")


@pytest.fixture(scope="module")
def city(rules: wushe.Plugins) -> wushe.LinkageNetwork:
    """Return the demo district as read from its files."""
    return wushe.read(FOLDER, plugins=rules)


@pytest.fixture(scope="module")
def plan(city: wushe.LinkageNetwork, rules: wushe.Plugins) -> wushe.Plan:
    """Return its plan on the planning date."""
    return wushe.make_plan(city, plugins=rules, on=ON)


def _cells(name: str, heading: str) -> list[str]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
        return [row[heading] for row in csv.DictReader(stream)]


def _unserved_stories(plan: wushe.Plan) -> list[str]:
    return [short.explain("en") for story in STORIES for short in plan[story].unserved]


# --- finding it --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(find_demos()))
def test_every_demo_is_described_and_there(name: str) -> None:
    """A registered demo has a text in both languages, a folder, a data package and a README."""
    assert find_demo(name).about.zh
    assert find_demo(name).about.en
    assert {"README.md", "datapackage.json"} <= {p.name for p in demo_path(name).iterdir()}


def test_an_unknown_demo_names_the_known_ones() -> None:
    """The error says which demos there are."""
    with pytest.raises(wushe.WusheError, match=r"'atlantis'.*wuchang"):
        demo_path("atlantis")


# --- the tables --------------------------------------------------------------------------------


def test_the_tables_have_no_mistakes(rules: wushe.Plugins) -> None:
    """`check` has nothing to say about them."""
    assert wushe.check(FOLDER, plugins=rules) == ()


def test_all_parties_are_there(city: wushe.LinkageNetwork) -> None:
    """Six streets with a station each, 60 households and all five parties."""
    levels = city["places"]["level"].tolist()
    assert (levels.count("street"), levels.count("community")) == (6, 20)
    sizes = {name: len(table) for name, table in city.tables.items() if len(table)}
    assert sizes | {
        "households": 60, "institutions": 2, "communities": 20, "organizations": 14, "stations": 6,
        "social_workers": 12, "volunteer_teams": 5, "volunteers": 43, "donors": 8, "funds": 5,
        "resources": 16,
    } == sizes  # fmt: skip


def test_places_keep_their_real_codes_and_are_near_wuchang(city: wushe.LinkageNetwork) -> None:
    """Streets and communities carry codes of county 420106 and lie within its few kilometres."""
    places = city["places"]
    local = np.isin(places["level"].astype(str), ("street", "community", "grid"))
    assert all(key.startswith("420106") for key in places.ids[local])
    assert ((places["lon"][local] > 114.28) & (places["lon"][local] < 114.38)).all()
    assert ((places["lat"][local] > 30.50) & (places["lat"][local] < 30.63)).all()


def test_some_facts_are_unknown(city: wushe.LinkageNetwork) -> None:
    """Unknown consent, birth, amount, urgency and hours are met in the first data a user sees."""
    for table, field in [
        ("households", "referral_consent"), ("persons", "birth"), ("needs", "quantity"),
        ("needs", "urgency"), ("volunteers", "weekly_hours"), ("social_workers", "vetted_on"),
    ]:  # fmt: skip
        known = city[table].known(field)
        assert 0 < known.sum() < len(known), (table, field)


def test_the_data_package_describes_the_files_as_they_are() -> None:
    """Every table is listed, and every column of it, in order."""
    package = json.loads((FOLDER / "datapackage.json").read_text("utf-8"))
    listed = {r["path"]: [f["name"] for f in r["schema"]["fields"]] for r in package["resources"]}
    found = {}
    for path in FOLDER.glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            found[path.name] = next(csv.reader(stream))
    assert listed == found


# --- made up, and marked so --------------------------------------------------------------------


def test_the_folder_says_that_it_is_made_up() -> None:
    """README and data package say so, in both languages."""
    readme = (FOLDER / "README.md").read_text("utf-8")
    package = json.loads((FOLDER / "datapackage.json").read_text("utf-8"))
    assert package["wushe:made_up"] is True
    for text in (readme, package["description"]):
        assert "虚构" in text
        assert "made up" in text


@pytest.mark.parametrize(
    ("table", "heading"),
    [
        ("households", "备注"),
        ("organizations", "名称"),
        ("institutions", "名称"),
        ("funds", "名称"),
        ("projects", "名称"),
        ("activities", "名称"),
        ("visits", "备注"),
        ("case_events", "说明"),
    ],
)
def test_every_record_that_could_be_taken_for_real_is_marked(table: str, heading: str) -> None:
    """Households in their note, organizations and what is theirs in their name."""
    assert [cell for cell in _cells(table, heading) if "虚构" not in cell] == []


def _numbers(path: Path) -> Iterator[str]:
    yield from re.findall(r"(?<![\d.])\d{11,}[Xx]?(?![\d.])", path.read_text("utf-8-sig"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_no_number_looks_like_a_person(path: Path) -> None:
    """No ID number, no credit code, no phone but the fake one: long numbers are place codes."""
    strange = {n for n in _numbers(path) if n != FAKE_PHONE and not re.fullmatch(r"420106\d{6}", n)}
    assert strange == set()


def test_no_identity_is_recorded(city: wushe.LinkageNetwork) -> None:
    """The columns for ID numbers and credit codes are empty throughout."""
    assert not city["persons"].known("id_number").any()
    assert not city["organizations"].known("credit_code").any()


def test_names_of_the_published_cases_do_not_return() -> None:
    """The three stories were told of real people; their names in the press are not used."""
    text = "".join(path.read_text("utf-8") for path in FILES)
    assert [name for name in PUBLISHED_NAMES if name in text] == []


def test_wishes_name_nobody(city: wushe.LinkageNetwork) -> None:
    """What the wish wall shows holds no name of a person or household."""
    names = {n for table in ("persons", "households") for n in city[table]["name"] if n is not None}
    wishes = city["wishes"]["public_text"]
    assert len(wishes) >= 3
    assert [(n, wish) for wish in wishes for n in names if n in wish] == []


# --- visits and cases --------------------------------------------------------------------------


def _round(city: wushe.LinkageNetwork) -> list[wushe.Visit]:
    return [visit for visit in city["visits"].records() if visit.kind == "door"]


def test_the_round_of_september_reaches_the_published_number(city: wushe.LinkageNetwork) -> None:
    """22 households, knocked on from 1 to 12 September by their stations' workers."""
    visits = _round(city)
    assert len({visit.household for visit in visits}) == 22
    assert {visit.form for visit in visits} == {"door"}
    assert min(visit.on for visit in visits) == dt.date(2025, 9, 1)
    assert max(visit.on for visit in visits) == dt.date(2025, 9, 12)
    assert {visit.visitor for visit in visits} <= set(city["social_workers"].ids)


def test_visits_end_in_several_ways(city: wushe.LinkageNetwork) -> None:
    """Most doors open; some do not; one is shut. Who was met says whether help is wanted."""
    outcomes = [visit.outcome for visit in _round(city)]
    assert {"met", "not_home", "refused"} == set(outcomes)
    assert outcomes.count("met") >= 18
    assert all(visit.willing is not None for visit in _round(city) if visit.outcome == "met")


def test_about_thirty_households_were_visited_before(city: wushe.LinkageNetwork) -> None:
    """Regular and holiday visits of June to August, and others' reports."""
    visits = list(city["visits"].records())
    earlier = [v for v in visits if v.kind in ("regular", "holiday") and v.on < dt.date(2025, 9, 1)]
    assert 28 <= len({visit.household for visit in earlier}) <= 36
    assert {"neighbour", "mobile_grid"} <= {visit.kind for visit in visits}


def test_visits_speak_of_signals_and_forms_that_exist(
    city: wushe.LinkageNetwork, rules: wushe.Plugins
) -> None:
    """Expected and found are ids of registered signals, forms those of registered forms."""
    visits = list(city["visits"].records())
    said = {s for visit in visits for s in (*(visit.expected or ()), *(visit.found or ()))}
    assert said <= set(rules.risk_signals)
    assert {visit.form for visit in visits} - {None} <= set(rules.visit_forms)


def test_signals_were_right_wrong_and_missed(
    city: wushe.LinkageNetwork, rules: wushe.Plugins
) -> None:
    """The comparison of expected and found has something to say of each case."""
    report = evaluate_signals(city["visits"], rules.risk_signals)
    assert report.judged == 20
    for count in ("expected_found", "expected_not_found", "found_unexpected"):
        assert any(getattr(score, count) for score in report.scores), count


def test_every_fact_was_recorded_at_a_visit_to_its_subject(city: wushe.LinkageNetwork) -> None:
    """The visit exists, and was on that day to that person or household."""
    home = {p.id: p.household for p in city["persons"].records()}
    visits = {visit.id: visit for visit in city["visits"].records()}
    assert len(city["facts"]) > 90
    for fact in city["facts"].records():
        visit = visits[fact.visit or ""]
        assert (fact.on, fact.source) == (visit.on, visit.kind), fact.id
        assert visit.household in (fact.subject, home.get(fact.subject)), fact.id
        assert dt.datetime.fromisoformat(fact.at).date() == fact.on, fact.id


def test_one_value_was_written_differently_on_two_devices(city: wushe.LinkageNetwork) -> None:
    """Two workers changed the same fact without knowing of each other."""
    (conflict,) = wushe.fact_conflicts(city["facts"])
    assert (conflict.subject, conflict.field) == ("H-0036", "income_month_fen")
    assert [fact.recorder for fact in conflict.facts] == ["W-07", "W-08"]


def _differences(city: wushe.LinkageNetwork, table: str) -> list[tuple[str, str]]:
    """Return where the table knows a value and the fact that holds says another one."""
    latest = wushe.latest_facts(wushe.FactColumns.of(city["facts"]))
    subjects = latest.facts.subjects
    rows = city[table].row_of(subjects)
    found = []
    for field in city[table].kind.fields:
        if field.name not in latest.facts.fields:
            continue
        known = city[table].known(field.name)
        for row, subject, said in zip(rows, subjects, latest.column(field), strict=True):
            told = latest.texts(field.name)[list(subjects).index(subject)] is not None
            if row >= 0 and told and known[row] and city[table][field.name][row] != said:
                found.append((subject, field.name))
    return found


def test_facts_that_hold_agree_with_the_tables(city: wushe.LinkageNetwork) -> None:
    """What was recorded at the door contradicts neither the household nor the person on file."""
    assert _differences(city, "households") == []
    assert _differences(city, "persons") == []


def test_some_facts_were_superseded(city: wushe.LinkageNetwork) -> None:
    """Later facts name the earlier ones of the same field of the same subject."""
    facts = {fact.id: fact for fact in city["facts"].records()}
    named = [(facts[old], fact) for fact in facts.values() for old in fact.after or ()]
    assert len(named) >= 4
    for old, fact in named:
        assert (old.subject, old.field) == (fact.subject, fact.field)
        assert (old.on, old.at) < (fact.on, fact.at)


def test_consents_say_what_the_households_say(city: wushe.LinkageNetwork) -> None:
    """Referral is in force where the household's flag is yes; it was withdrawn where it is no."""
    referral = {c.subject: c for c in city["consents"].records() if c.purpose == "referral"}
    said = {h.id: h for h in city["households"].records()}
    in_force = {key for key, consent in referral.items() if consent.withdrawn_on is None}
    assert in_force == {key for key, h in said.items() if h.referral_consent}
    assert {k for k in set(referral) - in_force if said[k].referral_consent is False} == {"H-0030"}
    guarded = {key for key, consent in referral.items() if consent.guardian}
    assert guarded == {key for key, h in said.items() if h.guardian_consent}
    assert len([c for c in city["consents"].records() if c.withdrawn_on]) == 1


def test_cases_stand_at_every_stage(city: wushe.LinkageNetwork) -> None:
    """About 25 households, the three stories among them; one closed, one revisited."""
    cases = open_cases(city, dt.date.fromisoformat(ON))
    counts = cases.counts()
    assert min(counts.values()) >= 1
    assert (sum(counts.values()), counts["closing"], counts["revisit"]) == (25, 1, 1)
    stage = dict(zip(cases.ids, cases.stage, strict=True))
    assert [STAGE_NAMES[stage[story]] for story in STORIES] == ["intervention"] * 3


def test_one_case_left_out_stages_and_says_so(city: wushe.LinkageNetwork) -> None:
    """In an emergency help came before assessment and plan; all other cases are in order."""
    households = sorted({event.subject for event in city["case_events"].records()})
    skips = {h: case_file(city, h, dt.date.fromisoformat(ON)).skips for h in households}
    assert [h for h, skipped in skips.items() if skipped] == ["H-0020"]
    assert skips["H-0020"][0].missing == ("assessment", "plan")


def test_one_family_is_referred_to_the_hospital(city: wushe.LinkageNetwork) -> None:
    """The carer of a household goes on to the hospital's own social workers."""
    (event,) = [e for e in city["case_events"].records() if e.referral is not None]
    hospital = city["organizations"].record(int(city["organizations"].row_of([event.body])[0]))
    assert (event.subject, event.referral, hospital.kind) == ("H-0006", "to", "hospital")


def test_some_doors_are_due_and_some_are_not(
    city: wushe.LinkageNetwork, rules: wushe.Plugins
) -> None:
    """The due list is worth reading: not everybody, and not everybody for the same reason."""
    due = due_list(city, rules, dt.date.fromisoformat(ON))
    assert 25 <= len(due) <= 50
    assert due.looked_at == 61
    assert int((due.days_since_visit == -1).sum()) < len(due)
    assert len({due.expected(row) for row in due}) >= 8


# --- the plan ----------------------------------------------------------------------------------


def test_most_needs_are_served_some_partly_some_not(plan: wushe.Plan) -> None:
    """80 to 88 of 100 needs are served fully, as the page is meant to show."""
    assert 140 <= plan.needs <= 170
    assert 0.80 <= plan.served / plan.needs <= 0.88
    assert plan.partly >= 3


def test_every_reason_of_the_closed_list_occurs(plan: wushe.Plan) -> None:
    """A reader of the demo meets each reason for a no at least once."""
    assert set(plan.reasons()) == set(get_args(Reason)) - {"alternative", "waits"}  # of bound needs


def test_the_plan_stands_and_is_proven(plan: wushe.Plan) -> None:
    """The independent checker finds nothing, and the solver's certificate closes."""
    assert wushe.check_plan(plan) == []
    assert plan.matching.flow.status == "optimal"


def test_the_story_households_get_all_they_need(plan: wushe.Plan) -> None:
    """Nothing of the three published cases stays unserved."""
    assert [plan[story].needs for story in STORIES] == [8, 7, 6]
    assert _unserved_stories(plan) == []


@pytest.mark.parametrize(
    ("story", "asked"),
    [
        # relief and subsidy applications, supplies, counselling and a rest for the wife
        ("H-0001", {"temporary_relief_application", "illness_subsidy_application", "care_supplies", "carer_counselling", "carer_respite"}),
        # regular visits, policy talk, water and electricity
        ("H-0002", {"regular_visit", "policy_talk", "safety_check"}),
        # goods from a firm, the special subsidy, company
        ("H-0003", {"daily_goods", "child_subsidy_application", "child_company"}),
    ],
)  # fmt: skip
def test_the_stories_are_those_that_were_published(
    plan: wushe.Plan, story: str, asked: set[str]
) -> None:
    """The needs that the report tells of are among those planned for."""
    assert asked <= {item.category.id for item in plan[story].items}


@pytest.mark.parametrize("story", STORIES)
def test_each_story_is_served_by_workers_volunteers_goods_and_money(
    plan: wushe.Plan, story: str
) -> None:
    """One plan per household, mixed from all who can help, with a responsible worker."""
    kinds = {item.provider.kind for item in plan[story].items}
    assert {"social_workers", "volunteers", "resources", "funds"} <= kinds
    assert plan[story].worker is not None


def test_the_firms_parcel_reaches_the_child_it_was_given_for(plan: wushe.Plan) -> None:
    """The earmarked lot serves the unattended child's household."""
    goods = [i for i in plan["H-0003"].items if i.category.id == "daily_goods"]
    assert [item.offer for item in goods] == ["R-11:lot"]


def test_who_works_with_the_child_was_vetted(plan: wushe.Plan, city: wushe.LinkageNetwork) -> None:
    """Company and tutoring come from helpers vetted within the year before the planning date."""
    with_child = [i for i in plan["H-0003"].items if i.category.id in ("child_company", "tutoring")]
    assert with_child
    for item in with_child:
        table = city[item.provider.kind]
        vetted = table["vetted_on"][table.row_of([item.provider.id])[0]]
        assert np.datetime64("2024-09-15") <= vetted <= np.datetime64(ON)


# --- it holds ----------------------------------------------------------------------------------


def _without(city: wushe.LinkageNetwork, table: str, helper: str) -> wushe.LinkageNetwork:
    """Return the city in which `helper` has no hours this week."""
    old = city[table]
    hours = old["weekly_hours"].copy()
    hours[old.row_of([helper])] = 0
    new = attrs.evolve(old, columns={**old.columns, "weekly_hours": hours})
    tables = {**city.tables, table: new}
    return wushe.build_network(tables, city.categories, city.target_groups, city.versions)


def test_the_stories_hold_without_any_one_helper(
    plan: wushe.Plan, city: wushe.LinkageNetwork, rules: wushe.Plugins
) -> None:
    """Whichever helper of theirs falls ill, the three households still get all they need."""
    helpers = {
        (item.provider.kind, item.provider.id)
        for story in STORIES
        for item in plan[story].items
        if item.provider.kind in ("social_workers", "volunteers")
    }
    assert len(helpers) >= 6
    for table, helper in sorted(helpers):
        again = wushe.make_plan(_without(city, table, helper), plugins=rules, on=ON)
        assert (helper, _unserved_stories(again)) == (helper, [])


@pytest.mark.parametrize("on", ["2025-09-08", "2025-09-12", "2025-09-22"])
def test_the_stories_hold_on_other_days(
    city: wushe.LinkageNetwork, rules: wushe.Plugins, on: str
) -> None:
    """A week earlier or later makes no difference to them."""
    assert _unserved_stories(wushe.make_plan(city, plugins=rules, on=on)) == []


def test_the_order_of_rows_changes_nothing(
    plan: wushe.Plan, rules: wushe.Plugins, tmp_path: Path, seed: int
) -> None:
    """The same records with their rows shuffled give the same plan, to the byte."""
    rng = np.random.default_rng(seed)
    for path in FOLDER.glob("*.csv"):
        heading, *rows = path.read_text("utf-8-sig").splitlines()
        shuffled = [rows[i] for i in rng.permutation(len(rows))]
        (tmp_path / path.name).write_text("\n".join([heading, *shuffled, ""]), "utf-8")
    again = wushe.make_plan(wushe.read(tmp_path, plugins=rules), plugins=rules, on=ON)
    assert again.to_json() == plan.to_json()
