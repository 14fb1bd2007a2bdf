"""What binds needs together, from tables to plan: teams, visits, alternatives, chains, hours, packs, distance."""

import datetime as dt
from typing import Any

import attrs
import numpy as np
import pytest

import wushe
from cities import ON, city_of, rows_of, village
from wushe import Need, Offer, Place, Plan, Role, Volunteer
from wushe.matching.check.items import Allocation, check
from wushe.matching.expand import NONE, expand

MONDAY = dt.date(2025, 9, 22)


class Crafts:
    """A class that takes a visitor and a counsellor, of one hour each, and half an hour of errands."""

    name = "crafts"

    @wushe.hookimpl
    def register_need_categories(self) -> list[wushe.NeedCategory]:
        """Return the team's category."""
        roles = (Role("visit", 60), Role("counselling"), Role("errand", 30))
        return [
            wushe.NeedCategory(
                "craft_class", "巧手课堂", "craft class", "service", "time", roles=roles
            )
        ]


PLUGINS = wushe.load_plugins(Crafts())
CLASS = Need(id="N", category="craft_class", household="H", quantity=2, unit="time")
VISIT = Need(id="N1", category="visit", household="H", quantity=1, unit="hour")


def planned(**tables: list[Any]) -> Plan:
    """Return the plan of the village with `tables`; the checker agrees with it."""
    plan = wushe.make_plan(city_of(village(**tables), PLUGINS), plugins=PLUGINS, on=ON)
    assert wushe.check_plan(plan) == []
    return plan


def volunteer(key: str, *skills: str, **options: Any) -> Volunteer:
    """Return a volunteer at home in 东一 with ten hours a week."""
    values = {"weekly_hours": 10, **options}
    return Volunteer(
        id=key, name=f"志愿者{key}", place="420106001001", skills=tuple(sorted(skills)), **values
    )


def helpers(plan: Plan) -> dict[str, list[str]]:
    """Return who serves each need that is served."""
    found: dict[str, list[str]] = {}
    for item in plan.items:
        found.setdefault(item.need, []).append(item.provider.id)
    return found


TEAM = [volunteer("V1", "visiting"), volunteer("V2", "counselling"), volunteer("V3", "errand")]


# --- teams -------------------------------------------------------------------------------------


def test_a_team_comes_with_all_of_its_roles() -> None:
    """Three helpers, each for the role's hours times the sessions; the need counts once."""
    plan = planned(needs=[CLASS], volunteers=TEAM)
    assert helpers(plan) == {"N": ["V1", "V2", "V3"]}
    assert [(item.role, item.amount) for item in plan.items] == [(0, 120), (1, 120), (2, 60)]
    assert (plan.needs, plan.served, plan.partly) == (1, 1, 0)
    assert "巧手课堂（团队）· 入户探访" in plan["H"].explain("zh")


def test_a_team_that_lacks_a_role_does_not_come_at_all() -> None:
    """Nobody is sent in vain; the reader learns which role nobody can fill."""
    plan = planned(needs=[CLASS], volunteers=TEAM[:2])
    assert plan.items == ()
    (short,) = plan.unserved
    assert (short.need, short.reason, short.amount, short.dimension) == ("N", "no_offer", 2, "time")
    assert [category.id for category in short.lacking] == ["errand"]
    assert (plan.needs, plan.served) == (1, 0)
    assert plan.reasons() == {"no_offer": 1}


def test_nobody_fills_two_roles_of_a_team() -> None:
    """One person with both skills is one person; an organization may send two."""
    both = volunteer("V1", "counselling", "visiting")
    assert planned(needs=[CLASS], volunteers=[both, TEAM[2]]).items == ()
    sent = Offer(
        id="A",
        provider="O",
        categories=("counselling", "visit"),
        quantity=10,
        unit="hour",
        skills=("counselling", "visiting"),
    )
    assert len(planned(needs=[CLASS], volunteers=[TEAM[2]], offers=[sent]).items) == 3


def test_a_team_role_must_be_a_service_that_is_registered() -> None:
    """A role that nobody could ever fill is found when the plugin is loaded."""

    class Wrong:
        name = "wrong"

        @wushe.hookimpl
        def register_need_categories(self) -> list[wushe.NeedCategory]:
            return [
                wushe.NeedCategory("t", "团", "team", "service", "time", roles=(Role("juggling"),))
            ]

    with pytest.raises(wushe.PluginError, match="juggling"):
        wushe.load_plugins(Wrong())
    with pytest.raises(ValueError, match='dimension "time"'):
        wushe.NeedCategory("t", "团", "team", "service", "minute", roles=(Role("visit"),))


def test_a_city_without_teams_keeps_a_row_per_need() -> None:
    """Expansion leaves ordinary needs alone."""
    columns = {"category": np.array(["visit", "food"], dtype=object), "id": np.array(["a", "b"])}
    expanded, origin = expand(columns, PLUGINS.categories)
    assert origin.tolist() == [0, 1]
    assert expanded["category"].tolist() == ["visit", "food"]


# --- visits, alternatives, chains ----------------------------------------------------------------


def test_one_helper_does_a_whole_visit_or_nobody_comes() -> None:
    """Visiting and errands on one occasion: only who can do both may come."""
    both = [
        attrs.evolve(VISIT, id="N1", visit="tuesday"),
        Need(id="N2", category="errand", household="H", quantity=1, unit="hour", visit="tuesday"),
    ]
    assert helpers(planned(needs=both, volunteers=[TEAM[0], TEAM[2]])) == {}
    able = volunteer("V4", "errand", "visiting")
    assert helpers(planned(needs=both, volunteers=[TEAM[0], TEAM[2], able])) == {
        "N1": ["V4"],
        "N2": ["V4"],
    }


def test_one_of_several_alternatives_is_enough() -> None:
    """The more pressing of two alternatives is served, the other says why not."""
    needs = [
        attrs.evolve(VISIT, id="N1", one_of="company"),
        attrs.evolve(VISIT, id="N2", one_of="company", urgency="urgent"),
    ]
    plan = planned(needs=needs, volunteers=TEAM)
    assert helpers(plan) == {"N2": ["V1"]}
    assert [short.reason for short in plan.unserved] == ["alternative"]


def test_a_need_waits_for_the_one_before_it() -> None:
    """A chain is served from its beginning: what nobody can begin, nobody goes on with."""
    chain = [
        Need(id="N1", category="counselling", household="H", quantity=1, unit="hour"),
        attrs.evolve(VISIT, id="N2", after="N1", urgency="emergency"),
        Need(id="N3", category="errand", household="H", quantity=1, unit="hour", after="N2"),
    ]
    assert sorted(helpers(planned(needs=chain, volunteers=TEAM))) == ["N1", "N2", "N3"]
    plan = planned(needs=chain, volunteers=[TEAM[0], TEAM[2]])
    assert plan.items == ()
    assert {s.need: s.reason for s in plan.unserved} == {
        "N1": "no_offer",
        "N2": "waits",
        "N3": "waits",
    }


@pytest.mark.parametrize(("status", "served"), [("met", ["V1"]), ("withdrawn", None)])
def test_what_was_met_is_waited_for_no_longer(status: str, served: list[str] | None) -> None:
    """A met need lets the next one go ahead; a withdrawn one never will."""
    before = Need(id="N0", category="errand", household="H", status=status)
    plan = planned(needs=[before, attrs.evolve(VISIT, after="N0")], volunteers=TEAM)
    assert helpers(plan).get("N1") == served
    assert plan.reasons() == ({} if served else {"waits": 1})


def test_a_code_that_one_need_has_binds_nothing() -> None:
    """A team with a code of its own comes as ever: its roles are not alternatives of each other."""
    for code in ({"one_of": "x"}, {"visit": "x"}):
        assert planned(needs=[attrs.evolve(CLASS, **code)], volunteers=TEAM).served == 1


def test_a_team_may_be_one_of_several_alternatives() -> None:
    """The class or the visit, whichever is more pressing."""
    needs = [attrs.evolve(CLASS, one_of="x"), attrs.evolve(VISIT, one_of="x", urgency="urgent")]
    plan = planned(needs=needs, volunteers=TEAM)
    assert plan.served == 1
    assert list(plan.reasons()) == ["alternative"]


def test_an_alternative_that_is_met_settles_the_others() -> None:
    """At most one of them, also over time."""
    met = Need(id="N0", category="errand", household="H", status="met", one_of="x")
    plan = planned(needs=[met, attrs.evolve(VISIT, one_of="x")], volunteers=TEAM)
    assert plan.items == ()
    assert plan.reasons() == {"alternative": 1}


def test_appointments_of_one_visit_are_one_occasion() -> None:
    """Overlapping hours within a visit are done by the one who comes."""
    able = volunteer("V4", "errand", "visiting")
    nine = {"on_day": MONDAY, "visit": "x"}
    needs = [
        attrs.evolve(VISIT, starts="09:00", ends="10:00", **nine),
        Need(id="N2", category="errand", household="H", quantity=1, unit="hour",
             starts="09:30", ends="10:30", **nine),
    ]  # fmt: skip
    assert helpers(planned(needs=needs, volunteers=[able])) == {"N1": ["V4"], "N2": ["V4"]}


# --- hours, packs, distance ----------------------------------------------------------------------


def test_nobody_is_at_two_places_at_once() -> None:
    """Two visits in one hour take two visitors; one after the other, one is enough."""
    early = attrs.evolve(VISIT, id="N1", on_day=MONDAY, starts="09:00", ends="10:00")
    clash = attrs.evolve(early, id="N2", starts="09:30", ends="10:30")
    later = attrs.evolve(early, id="N2", starts="10:00", ends="11:00")
    assert len(helpers(planned(needs=[early, clash], volunteers=TEAM))) == 1
    assert helpers(planned(needs=[early, later], volunteers=TEAM)) == {"N1": ["V1"], "N2": ["V1"]}
    other = volunteer("V5", "visiting")
    assert len(helpers(planned(needs=[early, clash], volunteers=[*TEAM, other]))) == 2
    desk = Offer(
        id="A", provider="O", categories=("visit",), quantity=9, unit="hour", skills=("visiting",)
    )
    assert len(helpers(planned(needs=[early, clash], offers=[desk]))) == 2  # it sends two people


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        ({}, True),
        ({"weekdays": ("mon", "sat")}, True),
        ({"weekdays": ("sat", "sun")}, False),
        ({"starts": "08:00", "ends": "12:00"}, True),
        ({"starts": "09:30"}, False),
        ({"ends": "09:30"}, False),
        ({"available_from": MONDAY + dt.timedelta(days=1)}, False),
        ({"available_to": MONDAY - dt.timedelta(days=1)}, False),
    ],
)
def test_an_appointment_falls_into_the_helpers_hours(given: dict[str, Any], fits: bool) -> None:
    """Weekday, hours and dates of the helper hold for a fixed appointment."""
    need = attrs.evolve(VISIT, on_day=MONDAY, starts="09:00", ends="10:00")
    plan = planned(needs=[need], volunteers=[volunteer("V1", "visiting", **given)])
    assert bool(plan.items) is fits
    assert plan.reasons() == ({} if fits else {"window": 1})


def test_goods_in_packs_leave_as_whole_packs() -> None:
    """Of a need for ten from packs of four, eight are given."""
    rice = wushe.CharityResource(
        id="R", name="大米", categories=("food",), quantity=100, unit="piece", holder="O", pack=4
    )
    need = Need(id="N", category="food", household="H", quantity=10, unit="piece")
    plan = planned(needs=[need], resources=[rice])
    assert [item.amount for item in plan.items] == [8]


@pytest.mark.parametrize(("limit", "fits"), [(None, True), (20.0, True), (5.0, False)])
def test_nobody_is_sent_further_than_they_go(limit: float | None, fits: bool) -> None:
    """About eleven kilometres lie between the two places."""
    places = [
        Place(id="P1", name="甲", level="county", parent="4201", lon=114.30, lat=30.50),
        Place(id="P2", name="乙", level="street", parent="P1", lon=114.30, lat=30.60),
        Place(id="P3", name="丙", level="street", parent="P1", lon=114.30, lat=30.50),
    ]
    base = village(volunteers=[volunteer("V1", "visiting", reach="county", travel_km=limit)])
    tables = {
        "places": [*base["places"], *places],
        "volunteers": [attrs.evolve(base["volunteers"][0], place="P2")],
        "needs": [attrs.evolve(VISIT, place="P3")],
    }
    plan = planned(**tables)
    assert bool(plan.items) is fits
    assert plan.reasons() == ({} if fits else {"reach": 1})


# --- the checker -----------------------------------------------------------------------------------


def broken(needs: list[Need], items: list[Allocation], **tables: list[Any]) -> set[str]:
    """Return the rules that `items` break."""
    plan = planned(needs=needs, volunteers=[*TEAM, volunteer("V9", *_ALL)], **tables)
    return {v.rule for v in check(plan.network, plan.offers, items, ON)}


_ALL = ("counselling", "errand", "visiting")


def item(need: str, who: str, minutes: int, role: int | None = None) -> Allocation:
    """Return minutes of a volunteer."""
    return Allocation(need, f"{who}:hours", minutes, "minute", role)


ERRAND = Need(id="N2", category="errand", household="H", quantity=1, unit="hour")
TEN = {"on_day": MONDAY, "starts": "10:00", "ends": "11:00"}


@pytest.mark.parametrize(
    ("needs", "items", "rules"),
    [
        ([CLASS], [item("N", "V1", 120, 0)], {"team"}),
        ([CLASS], [item("N", "V9", 120, 0), item("N", "V9", 120, 1), item("N", "V3", 60, 2)], {"team"}),
        ([CLASS], [item("N", "V1", 60, 0), item("N", "V9", 60, 0), item("N", "V2", 120, 1), item("N", "V3", 60, 2)], {"team"}),
        ([CLASS], [item("N", "V1", 120)], {"role"}),
        ([CLASS], [item("N", "V1", 120, 7)], {"role"}),
        ([attrs.evolve(VISIT, visit="x"), attrs.evolve(ERRAND, visit="x")], [item("N1", "V1", 60), item("N2", "V3", 60)], {"visit"}),
        ([attrs.evolve(VISIT, visit="x"), attrs.evolve(ERRAND, visit="x")], [item("N1", "V9", 60)], {"visit"}),
        ([attrs.evolve(VISIT, one_of="x"), attrs.evolve(ERRAND, one_of="x")], [item("N1", "V1", 60), item("N2", "V3", 60)], {"one_of"}),
        ([VISIT, attrs.evolve(ERRAND, after="N1")], [item("N2", "V3", 60)], {"after"}),
        ([VISIT, attrs.evolve(ERRAND, after="N1")], [item("N1", "V1", 30), item("N2", "V3", 60)], {"after"}),
        ([attrs.evolve(VISIT, **TEN), attrs.evolve(ERRAND, **TEN)], [item("N1", "V9", 60), item("N2", "V9", 60)], {"overlap"}),
        ([attrs.evolve(VISIT, **TEN)], [item("N1", "V9", 30), item("N1", "V1", 30)], {"overlap"}),
        ([VISIT], [item("N1", "V9", 30), item("N1", "V1", 30)], set()),
    ],
)  # fmt: skip
def test_the_checker_finds_what_breaks_a_bond(
    needs: list[Need], items: list[Allocation], rules: set[str]
) -> None:
    """Each rule on its own, on allocations that are right in every other way."""
    assert broken(needs, items) == rules


def test_the_checker_reads_packs_and_distances() -> None:
    """Half a pack, and a helper sent further than they go."""
    rice = wushe.CharityResource(
        id="R", name="大米", categories=("food",), quantity=100, unit="piece", holder="O", pack=4
    )
    need = Need(id="N", category="food", household="H", quantity=10, unit="piece")
    plan = planned(needs=[need], resources=[rice])
    found = check(plan.network, plan.offers, [Allocation("N", "R:lot", 6, "piece")], ON)
    assert {v.rule for v in found} == {"pack"}


# --- generated cities ------------------------------------------------------------------------------


def bind(rng: np.random.Generator, rows: dict[str, Any]) -> dict[str, Any]:
    """Tie a generated city's needs together at random."""
    needs = list(rows["needs"])
    for at, need in enumerate(needs):
        change: dict[str, Any] = {}
        service = PLUGINS.categories[need.category].form == "service"
        if service and rng.random() < 0.3:
            change = {
                "category": "craft_class",
                "quantity": int(rng.integers(1, 3)),
                "unit": "time",
            }
        if rng.random() < 0.3:
            change["visit"] = f"v{rng.integers(2)}"
        if rng.random() < 0.2:
            change["one_of"] = f"o{rng.integers(3)}"
        if at and rng.random() < 0.2:
            change["after"] = needs[int(rng.integers(at))].id
        if rng.random() < 0.4:
            start = int(rng.integers(8, 12))
            change |= {"on_day": ON + dt.timedelta(days=int(rng.integers(3)))}
            change |= {"starts": f"{start:02d}:00", "ends": f"{start + 2:02d}:00"}
        needs[at] = attrs.evolve(need, **change)
    return {**rows, "needs": needs}


def test_bound_plans_of_generated_cities_stand(campaign: Any, evidence: Any, seed: int) -> None:
    """Whatever is tied to whatever, the independent checker finds nothing wrong."""
    count = campaign(tests=25, ci=80, soak=1000)
    wrong = bound = 0
    for case in range(count):
        rng = np.random.default_rng([seed, case])
        rows = rows_of(rng, clients=4, needs=9, helpers=8)
        rows = bind(rng, {name: list(records) for name, records in rows.items()})
        plan = wushe.make_plan(city_of(rows, PLUGINS), plugins=PLUGINS, on=ON)
        wrong += len(wushe.check_plan(plan))
        groups = plan.matching.prepared.groups
        bound += int((groups.team != NONE).any()) + int((groups.visit != NONE).any())
        assert plan.matching.choice.status == "optimal"
    evidence("bound_cities", cases=count, bound=bound, violations=wrong, seed=seed)
    assert wrong == 0
    assert bound > count // 2


def test_goods_that_expire_first_go_first() -> None:
    """Of two lots alike the one with the nearer last day is given; what keeps is kept."""

    def lot(key: str, days: int | None) -> wushe.CharityResource:
        last = None if days is None else ON + dt.timedelta(days=days)
        return wushe.CharityResource(
            id=key, name="大米", categories=("food",), quantity=5, unit="piece", holder="O",
            expires_on=last,
        )  # fmt: skip

    need = Need(id="N", category="food", household="H", quantity=5, unit="piece")
    plan = planned(needs=[need], resources=[lot("A", None), lot("B", 90), lot("C", 10)])
    assert helpers(plan) == {"N": ["C"]}
