"""The Wuhan story: led teams, mobile grid workers, family points, grants and chains, on the demo's tables."""

import copy
from pathlib import Path

import attrs
import numpy as np
import pytest

import wushe
from wushe.demos import demo_path, find_demo
from wushe.demos.stories import wuhan as story
from wushe.errors import RefusedError
from wushe.journal import MemoryStore
from wushe.orders import DOMAIN, dispatch_plan
from wushe.orders.projects import decide_grant, propose_project
from wushe.orders.volunteers import points_balance

TEAMS = ("coppersmith_call", "child_club", "core_training", "team_founding", "project_incubation")


@pytest.fixture(scope="module")
def quiet() -> story.Desk:
    """The city as planned; nothing was ordered."""
    return story.Desk()


@pytest.fixture(scope="module")
def desk() -> story.Desk:
    """The desk on whose store the orders of the plan run."""
    made = story.Desk()
    made.do(dispatch_plan, plan=made.plan)
    return made


@pytest.fixture(scope="module")
def grants(desk: story.Desk) -> list[story.Grant]:
    """The round of grants, decided."""
    return story.funded(desk)


def _records(desk: story.Desk, table: str, prefix: str) -> list[str]:
    return [key for key in desk.city[table].ids if key.startswith(prefix)]


# --- published totals: fixtures of the tables, never results ------------------------------------


def test_the_tables_hold_the_published_numbers(quiet: story.Desk) -> None:
    """22 teams of 566 mobile grid workers, 9 and 109 children, 41 in work, 52 schools, 5 universities, 2 studios."""
    city = quiet.city
    counted = {
        "teams": len(_records(quiet, "volunteer_teams", "T-M")),
        "riders": len(_records(quiet, "volunteers", "V-M")),
        "schools": len(_records(quiet, "institutions", "I-SX")),
        "universities": len(_records(quiet, "organizations", "O-U")),
        "studios": len(_records(quiet, "organizations", "O-ST")),
    }
    assert counted == {"teams": 22, "riders": 566, "schools": 52, "universities": 5, "studios": 2}
    served = {s.household: s.category for s in city["services"].records()}
    of = {h.id: h.target_groups or () for h in city["households"].records()}
    for group, published in (("child_in_difficulty", 9), ("migrant_child", 109)):
        assert sum(group in of[home] for home in served if home) == published
    assert list(served.values()).count("flexible_job") == 41


def test_person_times_add_up_to_the_published_totals(quiet: story.Desk) -> None:
    """2,142 of the mobile grid workers, 3,500 of Zhangjiawan; 61 community workers were picked."""
    rows = quiet.city["activities"]
    for prefix, column, published in (
        ("A-M", "person_times", 2142),
        ("A-ZJ", "person_times", 3500),
        ("A-JY", "persons", 61),
    ):
        mine = np.char.startswith(rows.ids.astype(str), prefix)
        assert int(rows[column][mine].sum()) == published


def test_every_mobile_grid_worker_is_in_one_team(quiet: story.Desk) -> None:
    """566 in 22 teams, each led by a social worker."""
    riders = [v for v in quiet.city["volunteers"].records() if v.id.startswith("V-M")]
    assert {len(v.teams or ()) for v in riders} == {1}
    assert {team.leader for team in quiet.city["volunteer_teams"].records()} <= set(
        quiet.city["social_workers"].ids
    )


def test_the_tables_have_no_mistakes_and_say_that_they_are_made_up(quiet: story.Desk) -> None:
    """`check` has nothing to say, the README says so in both languages, the phone is the fake one."""
    assert wushe.check(demo_path("wuhan"), plugins=quiet.rules) == ()
    readme = (demo_path("wuhan") / "README.md").read_text("utf-8")
    assert "虚构" in readme
    assert "made up" in readme
    phones = {h.phone for h in quiet.city["households"].records()}
    assert phones == {"13800000000"}


# --- led teams ---------------------------------------------------------------------------------


def test_a_planned_team_has_every_role_and_a_social_worker(quiet: story.Desk) -> None:
    """All roles or none; whoever leads, coaches or designs is a social worker."""
    by_need: dict[str, set[str]] = {}
    for item in quiet.plan.items:
        if item.team is not None:
            by_need.setdefault(item.need, set()).add(item.category.id)
        if item.category.id in ("team_leading", "studio_coaching", "course_plan"):
            assert item.provider.kind == "social_workers"
    category = dict(zip(quiet.city["needs"].ids, quiet.city["needs"]["category"], strict=True))
    assert {category[need] for need in by_need} == set(TEAMS)
    for need, filled in by_need.items():
        assert filled == {role.category for role in quiet.rules.categories[category[need]].roles}


def test_who_works_with_children_was_vetted(quiet: story.Desk) -> None:
    """The volunteer without a vetting gets no child; children have trained core volunteers where there is one."""
    with_children = {
        item.provider.id for item in quiet.plan.items
        if item.category.id in ("child_company", "tutoring")
    }  # fmt: skip
    assert with_children
    assert "V-QL04" not in with_children
    company = {i.provider.id for i in quiet.plan.items if i.category.id == "child_company"}
    assert company <= {"V-QL01", "V-QL03"}


def test_a_volunteer_may_not_lead_whatever_skills(desk: story.Desk) -> None:
    """The guard is the only objection to a volunteer who has learned to lead."""
    (problem,) = story.a_volunteer_would_lead(desk).problems
    assert "须由专业社工承担" in problem.say("zh")


def test_a_team_order_with_one_role_open_is_not_dispatched(desk: story.Desk) -> None:
    """Two of three are ready, both leaders decline: the order goes up, nobody of the team is sent or held."""
    order = story.two_of_three(desk)
    assert (order.status, order.helpers) == ("escalated", ())
    held = desk.store.state.find("call", order=order.id, state="held")
    assert held == []


def test_the_team_goes_with_the_last_of_three(desk: story.Desk) -> None:
    """The next household's order is accepted once every role is."""
    order = story.complete_team(desk, "O-N-DT02")
    assert order.status == "accepted"
    assert sorted(role for role, _, _ in order.helpers) == [0, 1, 2]


# --- mobile grid workers -----------------------------------------------------------------------


def test_reports_of_mobile_grid_workers_find_needs(quiet: story.Desk) -> None:
    """Five reports of four households, and three needs after them; a household reported twice is one."""
    context = wushe.Context(quiet.plan.on, quiet.rules.categories, quiet.rules.target_groups)
    (table,) = quiet.rules.report_sections["wuhan_mobile_grid"].make(quiet.city, context)
    assert table.total is not None
    assert table.total.cells == (5, 4, 3)


def test_one_more_report_becomes_a_need_that_is_served(quiet: story.Desk) -> None:
    """Meals are taken on by a rider with an hour to spare; the repair waits for a team."""
    filled = story.reported(quiet)
    assert {need.category for need in filled.needs} == {"meal_delivery", "coppersmith_call"}
    assert story.found_help(quiet, filled) == {"meal_delivery": ("V-M004:hours",)}


# --- family points -----------------------------------------------------------------------------


def test_a_family_earns_for_one_account(desk: story.Desk) -> None:
    """60 and 30 minutes at ten points an hour: 15 on the household's account, none on the members' own."""
    told = story.family_points(desk)
    assert told == [("V-ZJ1", 60, 10), ("V-ZJ2", 30, 15)]
    for member in ("V-ZJ1", "V-ZJ2"):
        own = points_balance(
            desk.store.state, owner=member, rule=story.FAMILY_RULE, on=desk.plan.on
        )
        assert own.points == 0


# --- grants ------------------------------------------------------------------------------------


def test_grants_follow_the_score_and_end_with_the_money(
    desk: story.Desk, grants: list[story.Grant]
) -> None:
    """Each in full or declined for want of money; the fund is never overdrawn."""
    assert [grant.rank for grant in grants] == sorted(grant.rank for grant in grants)
    (fund,) = (f for f in desk.city["funds"].records() if f.id == story.FUND)
    left = fund.balance_fen or 0
    asked = {p.id: p.budget_fen for p in desk.city["projects"].records()}
    for grant in grants:
        assert grant.fen in (0, asked[grant.project])
        assert (grant.fen > 0) == ((asked[grant.project] or 0) <= left)
        left -= grant.fen
        status = desk.store.state.get("project", grant.project).status
        assert status == ("granted" if grant.fen else "declined")
    assert any(grant.fen == 0 for grant in grants)


def test_equal_scores_and_too_little_money_are_left_to_people() -> None:
    """Two equal projects: 50,000 yuan pay one of them, so none is decided on; nothing at all declines both."""
    desk, told = story.Desk(), {}
    first = next(desk.city["projects"].records())
    equal = [attrs.evolve(first, id=f"PJ-E{n}") for n in (1, 2)]
    (fund,) = (f for f in desk.city["funds"].records() if f.id == story.FUND)
    for yuan in (50_000, 60_000, 0):
        tables = {
            **desk.city.tables,
            "projects": wushe.table_of("projects", equal),
            "activities": wushe.table_of("activities", []),
            "funds": wushe.table_of("funds", [attrs.evolve(fund, balance_fen=yuan * 100)]),
        }
        again = copy.copy(desk)
        again.store = MemoryStore(DOMAIN, desk.rules)
        again.city = wushe.build_network(tables, desk.city.categories, desk.city.target_groups)
        grants = story.funded(again)
        assert [grant.rank for grant in grants] == [1, 1]
        told[yuan] = {again.store.state.get("project", g.project).status for g in grants}
    assert told == {50_000: {"proposed"}, 60_000: {"granted"}, 0: {"declined"}}


def test_one_grand_show_scores_below_regular_service(grants: list[story.Grant]) -> None:
    """The criteria ask for what lasts: a single performance without a pilot comes last."""
    assert grants[-1].project == "PJ-5"
    assert grants[-1].score < grants[-2].score


def test_who_applies_does_not_decide(quiet: story.Desk) -> None:
    """An applicant among the jurors is refused."""
    quiet.do(propose_project, project="PJ-X", organization="O-DT", fund=story.FUND, budget_fen=100)
    with pytest.raises(RefusedError, match="O-DT"):
        quiet.do(decide_grant, project="PJ-X", fen=100, jurors=["O-DT"], by=story.OFFICE)


# --- chains ------------------------------------------------------------------------------------


def test_courses_are_matched_by_trade(quiet: story.Desk) -> None:
    """A learner's seat is with who teaches the trade, the job with a firm of that trade."""
    trade = {n.id: n.skills for n in quiet.city["needs"].records()}
    teaches = {v.id: v.skills for v in quiet.city["volunteers"].records()}
    wants = {o.id: o.skills for o in quiet.city["offers"].records()}
    seats = [item for item in quiet.plan.items if item.category.id == "course_seat"]
    jobs = [item for item in quiet.plan.items if item.category.id == "flexible_job"]
    assert seats
    assert jobs
    assert all(trade[item.need] == teaches[item.provider.id] for item in seats)
    assert all(trade[item.need] == wants[item.offer] for item in jobs)


def test_each_learner_has_a_job_of_the_trade_that_was_learned_or_none(quiet: story.Desk) -> None:
    """Eight learners have a seat, seven a job; no learner's job is of another trade."""
    found = story.by_trade(quiet.plan)
    assert len(found) == 8
    assert sum(bool(job) for _, job in found.values()) == 7
    assert all(job in ("", seat) for seat, job in found.values())
    assert {seat for seat, _ in found.values()} <= set(story.TRADES)


def test_a_course_that_nobody_designed_teaches_nobody(quiet: story.Desk) -> None:
    """The third course waits for the social worker's hour; its learners wait, and so do their jobs."""
    why = {short.need: short.reason for short in quiet.plan.unserved}
    assert why["N-CP3"] == "gives_way"
    waiting = {f"N-{kind}{n:02}" for kind in ("CS", "FJ") for n in range(9, 13)}
    assert {need for need, reason in why.items() if reason == "waits"} == waiting


def test_a_learner_without_a_job_has_learned_all_the_same(quiet: story.Desk) -> None:
    """Three jobs for four bakers: the fourth keeps the seat, and the reason is the number of jobs."""
    bakers = {f"N-CS{n:02}" for n in range(1, 5)}
    assert bakers <= {item.need for item in quiet.plan.items}
    short = [s for s in quiet.plan.unserved if s.category.id == "flexible_job" and s.reason != "waits"]  # fmt: skip
    assert [one.reason for one in short] == ["capacity"]


def test_without_lecturers_the_pipeline_stops_at_its_first_step(quiet: story.Desk) -> None:
    """No training, so no team and no project, but for the school that is trained already."""
    fewer = story.steps(story.without_lecturers(quiet), *TEAMS[2:])
    waits = wushe.REASONS["waits"]
    assert fewer["core_training"][:2] == (0, 4)
    assert fewer["team_founding"] == (1, 2, waits)
    assert fewer["project_incubation"][0] == 0


def test_a_step_is_planned_after_one_that_is_done(quiet: story.Desk) -> None:
    """The first school's training was met in June: its team and its project are in the plan."""
    planned = {item.need for item in quiet.plan.items}
    assert {"N-SX1-2", "N-SX1-3"} <= planned
    assert "N-SX1-1" not in planned


# --- told --------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_story_is_told_in_both_languages(lang: str) -> None:
    """It is registered with the demo, has six parts, and names no elder."""
    assert find_demo("wuhan").tell == "wushe.demos.stories.wuhan:tell"
    lines = list(story.tell(lang))
    assert sum(line.startswith("\n==") for line in lines) == 6
    assert not any("爹爹" in line or "婆婆" in line for line in lines)


def test_the_plan_stands_and_is_proven(quiet: story.Desk) -> None:
    """The independent checker finds nothing."""
    assert wushe.check_plan(quiet.plan) == []


def test_the_story_is_users_code() -> None:
    """It takes the city's rules from the loaded plugin, never from the plugin's module."""
    assert "wushe.plugins" not in Path(story.__file__).read_text("utf-8")
