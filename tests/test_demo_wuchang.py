"""The Wuchang story: a pool that changes, a door that opens, three households given what was reported."""

import datetime as dt
from pathlib import Path

import attrs
import pytest

import wushe
from wushe.demos import find_demo
from wushe.demos.stories import wuchang as story

CHARITY, CITIZEN = 1, 2
"""Rows of the pool's table."""


@pytest.fixture(scope="module")
def desk() -> story.Desk:
    """The district as planned; its live matching is untouched."""
    return story.Desk()


@pytest.fixture(scope="module")
def changes(desk: story.Desk) -> list[story.Change]:
    """What four changes of the pool did, one after the other."""
    with desk.live.what_if():
        return story.pool_changes(desk)


# --- the pool ----------------------------------------------------------------------------------


def test_the_pool_is_told_apart_by_giver_and_by_state(desk: story.Desk) -> None:
    """Every lot, slot and fund is one entry; the quilts wait for winter, the old flour is over."""
    table = desk.section("wuchang_pool")
    entries = sum(len(desk.city[name]) for name in ("resources", "offers", "funds"))
    assert table.total is not None
    assert sum(c for c in table.total.cells[:3] if isinstance(c, int)) == entries
    assert [row.cells[1] for row in table.rows] == [0, 1, 0, 0]  # R-12, from a foundation
    assert [row.cells[2] for row in table.rows] == [0, 0, 1, 0]  # R-03, from a citizen


def test_an_entry_is_over_once_its_last_day_has_passed(desk: story.Desk) -> None:
    """The milk of R-16, a citizen's gift, keeps until 25 October: live that day, over the next."""
    section = desk.rules.report_sections["wuchang_pool"]

    def over(day: str) -> int:
        context = wushe.Context(
            dt.date.fromisoformat(day), desk.rules.categories, desk.rules.target_groups
        )
        cell = section.make(desk.city, context)[0].rows[CITIZEN].cells[2]
        assert isinstance(cell, int)
        return cell

    assert over("2025-10-26") == over("2025-10-25") + 1


def test_money_of_the_pool_adds_up_to_the_funds(desk: story.Desk) -> None:
    """Donated funds stand with their hosts, public and collective money apart."""
    table, funds = desk.section("wuchang_pool"), desk.city["funds"]
    cells = [row.cells[3] for row in table.rows]
    assert sum(c for c in cells if isinstance(c, int)) == int(funds["balance_fen"].sum())
    own = funds["balance_fen"][funds["nature"].astype(str) == "donation"]
    assert cells[CHARITY] == int(own.sum())


def test_a_wish_moves_to_the_next_gift_when_the_first_one_leaves(
    changes: list[story.Change],
) -> None:
    """The radio was claimed elsewhere: the elder's wish is met from the kits, nobody else's plan moves."""
    assert changes[0].moved == {"N-0014": (("R-14:lot",), ("R-15:lot",))}


def test_what_comes_into_the_pool_serves_who_waited(changes: list[story.Change]) -> None:
    """New rice reaches the two who had none, a new slot the two who asked for what nobody offered."""
    for change, waited in ((changes[1], {"N-0140", "N-0146"}), (changes[2], {"N-0066", "N-0147"})):
        assert {need for need, (before, _) in change.moved.items() if not before} == waited
        assert all(now for _, now in change.moved.values())


def test_what_leaves_the_pool_leaves_nobody_promised(changes: list[story.Change]) -> None:
    """The citizen's kits go back: the wishes that they met are open again, the elder's too."""
    moved = changes[3].moved
    assert "N-0014" in moved
    assert set(moved.values()) == {(("R-15:lot",), ())}


def test_the_live_pool_is_as_good_as_a_plan_anew(desk: story.Desk) -> None:
    """After all four changes the repaired matching leaves unserved what a fresh solve would."""
    with desk.live.what_if() as live:
        story.pool_changes(desk)
        assert live.settled
        assert {need: live.unserved(need) for need in live.need_ids()} == live.fresh()


# --- doors -------------------------------------------------------------------------------------


def test_the_round_of_september_is_the_published_one(desk: story.Desk) -> None:
    """22 households (a fixture), facts and needs from those who were met."""
    (row,) = desk.section("wuchang_doors").rows
    knocked, met, willing, facts, needs = row.cells
    assert (row.label.en, knocked) == ("2025-09", story.HOUSEHOLDS_VISITED)
    assert isinstance(facts, int)
    assert isinstance(needs, int)
    assert met == willing == 20
    assert min(facts, needs) > 0


def test_a_visit_to_a_person_is_a_visit_to_their_household(desk: story.Desk) -> None:
    """The round counts the same where the visits name persons only, and who lives in no household counts alone."""
    persons = {p.id: p.household for p in desk.city["persons"].records()}
    visits = [
        attrs.evolve(v, household=None) if persons.get(v.person or "") == v.household else v
        for v in desk.city["visits"].records()
    ]
    assert any(v.household is None for v in visits)
    street = wushe.Person(id="P-S", place="420106008")
    met = wushe.Visit(id="VI-S", kind="door", on=dt.date(2025, 9, 12), person="P-S", outcome="met")
    tables = {
        **desk.city.tables,
        "persons": wushe.table_of("persons", [*desk.city["persons"].records(), street]),
        "visits": wushe.table_of("visits", [*visits, met]),
    }
    city = wushe.build_network(tables, desk.city.categories, desk.city.target_groups)
    context = wushe.Context(desk.plan.on, desk.rules.categories, desk.rules.target_groups)
    (table,) = desk.rules.report_sections["wuchang_doors"].make(city, context)
    (row,) = desk.section("wuchang_doors").rows
    more = [int(a) - int(b) for a, b in zip(table.rows[0].cells, row.cells, strict=True)]  # type: ignore[arg-type]
    assert more == [1, 1, 0, 0, 0]


def test_the_round_found_the_needs_that_were_reported(desk: story.Desk) -> None:
    """Medical help, care at home and counselling are among what was asked for in September."""
    asked = {
        need.category for need in desk.city["needs"].records()
        if need.asked_on is not None and f"{need.asked_on:%Y-%m}" == "2025-09"
    }  # fmt: skip
    assert {"medical_aid", "home_care", "counselling", "micro_wish"} <= asked


def test_a_visit_yields_facts_needs_and_willingness(desk: story.Desk) -> None:
    """One filled form: all three, and a question that was not answered says nothing."""
    filled = story.third_knock(desk)
    assert {need.category for need in filled.needs} == {"micro_wish", "counselling"}
    assert {"members_count", "income_month_fen"} <= {fact.field for fact in filled.facts}
    assert filled.visit.willing is True
    assert "medical_month" not in {fact.field for fact in filled.facts}


def test_consent_given_at_the_door_opens_the_plan(desk: story.Desk) -> None:
    """Before, money was withheld for want of consent; after, it is a matter of money only."""
    before = {short.category.id: short.reason for short in desk.plan[story.DOOR].unserved}
    again = story.after_the_knock(desk, story.third_knock(desk))
    after = {short.category.id: short.reason for short in again[story.DOOR].unserved}
    assert (before["living_aid"], after["living_aid"]) == ("consent", "budget")
    assert {"micro_wish", "counselling"} <= {i.category.id for i in again[story.DOOR].items}
    assert wushe.check_plan(again) == []


# --- the three households ----------------------------------------------------------------------


@pytest.mark.parametrize("household", sorted(story.STORIES))
def test_each_household_comes_out_with_the_help_that_was_given(
    desk: story.Desk, household: str
) -> None:
    """Everything that the report tells of, under the kind of help that it was."""
    reported, kept = story.given(desk.plan, household)
    assert kept == reported
    assert desk.plan[household].unserved == ()


def test_plans_mix_policy_goods_money_service_and_counselling(desk: story.Desk) -> None:
    """The sick man's household gets all five kinds, the others four."""
    kinds = {household: set(story.mix(desk.plan, household)) for household in story.STORIES}
    assert kinds["H-0001"] == set(story.KINDS)
    assert all(len(found) >= 4 for found in kinds.values())


# --- told --------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_story_is_told_in_both_languages(lang: str) -> None:
    """No name of a household is in it, and it reaches its last change."""
    lines = list(story.tell(lang))
    assert find_demo("wuchang").tell == "wushe.demos.stories.wuchang:tell"
    assert any("R-15 微心愿礼包" in line for line in lines[-3:])
    assert any(
        str(story.PERSON_TIMES) in line and ("照录" in line or "quoted" in line) for line in lines
    )
    assert not any(name in line for line in lines for name in ("石爷爷", "丁爹爹", "程奶奶"))


def test_the_story_is_users_code() -> None:
    """It takes the city's rules from the loaded plugin, never from the plugin's module."""
    assert "wushe.plugins" not in Path(story.__file__).read_text("utf-8")


def test_applications_and_counselling_are_kept_from_volunteers(desk: story.Desk) -> None:
    """A neighbour with every skill and forty hours a week gets none of them; visits are another matter."""
    skills = sorted({s for c in desk.rules.categories.values() for s in c.skills or ()})
    home = {h.id: h.place for h in desk.city["households"].records()}["H-0001"]
    willing = wushe.Volunteer(
        id="V-ALL", name="示例", place=home, skills=tuple(skills), weekly_hours=40, reach="county"
    )
    busy = [attrs.evolve(w, weekly_hours=0) for w in desk.city["social_workers"].records()]
    tables = {
        **desk.city.tables,
        "volunteers": wushe.table_of("volunteers", [*desk.city["volunteers"].records(), willing]),
        "social_workers": wushe.table_of("social_workers", busy),
        "offers": wushe.table_of("offers", []),
    }
    city = wushe.build_network(tables, desk.city.categories, desk.city.target_groups)
    plan = wushe.make_plan(city, plugins=desk.rules, on=story.ON)
    taken = {i.category.id for i in plan.items if i.provider.id == "V-ALL"}
    assert taken
    assert not {c for c in taken if c.endswith(("application", "counselling"))}
    short = {one.category.id for one in plan["H-0001"].unserved}
    assert "temporary_relief_application" in short
