"""Declared objectives from tables to plan: strict tiers, fairness between places, what they cost."""

import datetime as dt
from fractions import Fraction
from typing import Any

import attrs
import numpy as np
import pytest

import wushe
from cities import ON, city_of, rows_of, village
from wushe import Need, Objective, Offer, Plan
from wushe.matching.check.certificate import check_certificate, check_choice

PLUGINS = wushe.load_plugins()
EAST, WEST = "420106001001", "420106001002"
VISITOR = Offer(
    id="A", provider="O", categories=("visit",), quantity=3, unit="hour", skills=("visiting",)
)
HOMES = [
    wushe.Household(id="H1", name="甲", place=EAST, referral_consent=True),
    wushe.Household(id="H2", name="乙", place=WEST, referral_consent=True),
]


def visits(household: str, hours: int, urgency: str = "normal") -> list[Need]:
    """Return needs of one hour each."""
    need = Need(id="N", category="visit", household=household, quantity=1, unit="hour")
    return [attrs.evolve(need, id=f"{household}-{i}", urgency=urgency) for i in range(hours)]


def planned(needs: list[Need], objective: Objective | None = None, **tables: list[Any]) -> Plan:
    """Return the plan of two households in two communities; the checker agrees with it."""
    rows = village(households=HOMES, needs=needs, **{"offers": [VISITOR], **tables})
    plan = wushe.make_plan(city_of(rows, PLUGINS), plugins=PLUGINS, on=ON, objective=objective)
    assert wushe.check_plan(plan) == []
    return plan


def hours(plan: Plan) -> dict[str, int]:
    """Return the hours that each household gets."""
    return {c.client.id: sum(i.amount for i in c.items) // 60 for c in plan}


URGENT = [*visits("H1", 3, "urgent"), *visits("H2", 3)]


def test_without_an_objective_the_more_urgent_come_first() -> None:
    """The least total cost gives all three hours to the urgent needs."""
    plan = planned(URGENT)
    assert hours(plan) == {"H1": 3, "H2": 0}
    assert plan.matching.report.price == 0
    assert "目标" not in plan.summary()


@pytest.mark.parametrize(
    ("fairness", "shares"),
    [
        ("floor", {(1, 2), (2, 1)}),  # half of three hours each, as nearly as whole hours go
        ("maximin", {(1, 2), (2, 1)}),
        ("leximin", {(1, 2), (2, 1)}),
        ("proportional", {(1, 2), (2, 1)}),
    ],
)
def test_fairness_between_places_shares_what_is_short(fairness: Any, shares: set[Any]) -> None:
    """Both communities are served; the report says what it costs and who gets less than before."""
    plan = planned(URGENT, Objective(fairness=fairness, between="community"))
    minutes = {c.client.id: sum(i.amount for i in c.items) for c in plan}
    assert min(minutes.values()) >= 60
    assert sum(minutes.values()) == 180
    report = plan.matching.report
    assert report.price > 0
    assert report.worse_off == 1
    assert [(g.group, g.asked, g.plain_served) for g in report.groups] == [
        (EAST, 180, 180),
        (WEST, 180, 0),
    ]
    for lang, word in (("zh", "更少的家庭 1 户"), ("en", "1 households get less")):
        assert word in plan.summary(lang)
    assert plan.matching.choice.status == "optimal"


def test_a_floor_is_reached_where_it_can_be_and_no_more() -> None:
    """A third for everybody; beyond it the urgent needs come first again."""
    plan = planned(URGENT, Objective(fairness="floor", between="community", share=Fraction(1, 3)))
    assert hours(plan) == {"H1": 2, "H2": 1}


def test_tiers_are_strict() -> None:
    """One emergency goes before any number of urgent needs, whatever the scores say."""
    fund = wushe.Fund(id="F", name="基金", host="O", balance_fen=100_000, purposes=("living_aid",))
    needs = [
        Need(id="N1", category="living_aid", household="H1", quantity=900, unit="yuan", urgency="emergency"),
        Need(id="N2", category="living_aid", household="H2", quantity=900, unit="yuan", urgency="urgent"),
    ]  # fmt: skip
    tiers = (("emergency",), ("urgent", "normal"))
    plan = planned(needs, Objective(tiers), funds=[fund], offers=[])
    assert {i.need: i.amount for i in plan.items} == {"N1": 90_000, "N2": 10_000}
    assert "急难 → 紧急/一般" in plan.matching.report.say("zh")
    assert "emergency, then urgent/normal" in plan.matching.report.say("en")


def test_fairness_holds_within_the_last_tier() -> None:
    """The emergency keeps its hour; what is left is shared."""
    needs = [*visits("H1", 1, "emergency"), *[attrs.evolve(n, id=f"{n.id}x") for n in visits("H1", 2)], *visits("H2", 2)]  # fmt: skip
    plan = planned(needs, Objective((("emergency",),), "leximin", "community"))
    served = {i.need for i in plan.items}
    assert "H1-0" in served
    assert hours(plan) == {"H1": 2, "H2": 1}


def test_shares_count_all_that_was_asked() -> None:
    """What nobody offers lowers a place's share as well: 10 of 20 there, none here, is not fair."""
    needs = [
        Need(id="N1", category="clothing", household="H1", quantity=10, unit="piece"),
        Need(id="N2", category="food", household="H1", quantity=10, unit="piece"),
        Need(id="N3", category="food", household="H2", quantity=10, unit="piece"),
    ]
    food = Offer(id="A", provider="O", categories=("food",), quantity=10, unit="piece")
    plan = planned(needs, Objective(fairness="leximin", between="community"), offers=[food])
    shares = [group.served / group.asked for group in plan.matching.report.groups]
    assert sorted(shares) == [0.3, 0.4]


def test_packs_stay_whole_under_tiers_and_fairness() -> None:
    """What is bound to packs keeps its packs whatever is declared."""
    needs = [
        Need(id="N1", category="food", household="H1", quantity=4, unit="piece"),
        Need(
            id="N2", category="food", household="H2", quantity=5, unit="piece", urgency="emergency"
        ),
    ]
    rice = Offer(id="A", provider="O", categories=("food",), quantity=9, unit="piece", pack=3)
    for objective in (
        Objective((("emergency",),)),
        Objective(fairness="leximin", between="community"),
    ):
        plan = planned(needs, objective, offers=[rice])
        assert {i.need: i.amount for i in plan.items} == {"N1": 3, "N2": 3}
        assert plan.matching.choice.status == "stepwise"
        assert plan.matching.report.price >= 0


def test_tiers_are_strict_for_what_is_bound_together() -> None:
    """An urgent bundle of two does not outweigh one emergency."""
    visits_of_two = [attrs.evolve(n, visit="both", urgency="urgent") for n in visits("H2", 2)]
    needs = [*visits_of_two, attrs.evolve(visits("H1", 1)[0], urgency="emergency")]
    short = attrs.evolve(VISITOR, quantity=2)
    assert hours(planned(needs, offers=[short])) == {"H1": 0, "H2": 2}
    strict = planned(needs, Objective((("emergency",),)), offers=[short])
    assert hours(strict) == {"H1": 1, "H2": 0}
    assert "分步求解" in strict.summary("zh")
    assert "step by step" in strict.summary("en")


def test_appointments_hold_across_tiers() -> None:
    """Who is at an emergency at nine is not sent elsewhere at half past."""
    at = {"on_day": ON + dt.timedelta(days=1)}
    one = attrs.evolve(visits("H1", 1)[0], urgency="emergency", starts="09:00", ends="10:00", **at)
    two = attrs.evolve(visits("H2", 1)[0], urgency="low", starts="09:30", ends="10:30", **at)
    alone = wushe.Volunteer(
        id="V", name="志愿者", place=EAST, reach="street", skills=("visiting",), weekly_hours=9
    )
    plan = planned([one, two], Objective((("emergency",),)), offers=[], volunteers=[alone])
    assert [i.need for i in plan.items] == ["H1-0"]


def test_as_fair_already_stays_as_it_is() -> None:
    """Where the plain plan is among the fairest nobody is made to change."""
    plan = planned(visits("H1", 3), Objective(fairness="leximin", between="county"))
    assert plan.matching.report.price == 0
    assert plan.matching.report.worse_off == 0


def test_what_is_not_proven_has_no_price() -> None:
    """After a work limit the report does not pretend to know what an objective costs."""
    rows = village(households=HOMES, needs=URGENT, offers=[VISITOR])
    objective = Objective(fairness="leximin", between="community")
    plan = wushe.make_plan(
        city_of(rows, PLUGINS), plugins=PLUGINS, on=ON, objective=objective, work_limit=0
    )
    assert not plan.matching.report.proven
    assert "说不准" in plan.summary("zh")
    assert "not known" in plan.summary("en")


def test_minutes_are_not_weighed_against_yuan() -> None:
    """Each unit is shared out for itself."""
    fund = wushe.Fund(id="F", name="基金", host="O", balance_fen=100, purposes=("living_aid",))
    money = [
        Need(id=f"M{h}", category="living_aid", household=h, quantity=1, unit="yuan")
        for h in ("H1", "H2")
    ]
    plan = planned(
        [*URGENT, *money], Objective(fairness="leximin", between="community"), funds=[fund]
    )
    amounts = {i.need: i.amount for i in plan.items if i.dimension == "fen"}
    assert amounts == {"MH1": 50, "MH2": 50}


def test_fairness_between_target_groups() -> None:
    """Groups are named in the report in words."""
    homes = [
        attrs.evolve(HOMES[0], target_groups=("lone_elder",)),
        attrs.evolve(HOMES[1], target_groups=("disabled",)),
    ]
    plan = wushe.make_plan(
        city_of(village(households=homes, needs=URGENT, offers=[VISITOR]), PLUGINS),
        plugins=PLUGINS,
        on=ON,
        objective=Objective(fairness="leximin", between="target_group"),
    )
    names = [group.name.zh for group in plan.matching.report.groups]
    assert names == [PLUGINS.target_groups[g].zh for g in ("disabled", "lone_elder")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"tiers": (("emergency",), ("emergency",))},
        {"tiers": (("soon",),)},
        {"tiers": ((),)},
        {"fairness": "equal"},
        {"between": "planet"},
        {"share": 2},
    ],
)
def test_objectives_that_mean_nothing_are_refused(wrong: dict[str, Any]) -> None:
    """Unknown words, an urgency in two tiers, a share beyond the whole."""
    with pytest.raises(ValueError, match=r"expected|must be in"):
        Objective(**wrong)


def test_declared_objectives_of_generated_cities_stand(
    campaign: Any, evidence: Any, seed: int
) -> None:
    """Every objective on cities at random: allowed, and never better than the plain optimum in its own terms."""
    count, wrong = campaign(tests=15, ci=60, soak=1000), 0
    kinds = ("floor", "maximin", "leximin", "proportional")
    for case in range(count):
        rng = np.random.default_rng([seed, case])
        city = city_of(rows_of(rng, clients=5, needs=10, helpers=8), PLUGINS)
        tiers = (("emergency",), ("urgent",)) if case % 2 else ()
        objective = Objective(tiers, kinds[case % 4], "community")
        plan = wushe.make_plan(city, plugins=PLUGINS, on=ON, objective=objective)
        wrong += len(wushe.check_plan(plan))
        assert plan.matching.choice.status == "optimal"
        assert plan.matching.report.price >= 0
    evidence("declared_objectives", cases=count, violations=wrong, seed=seed)
    assert wrong == 0


# --- the certificate ---------------------------------------------------------------------------


def test_the_certificate_of_a_plan_is_read_by_the_checker() -> None:
    """A cost, a price or a bound that is off by one is found."""
    m = planned(URGENT).matching
    flow, u, p = m.flow.flow, m.flow.row_price, m.flow.column_price
    whole = (m.flow.objective, m.flow.bound)

    def found(**changed: Any) -> list[str]:
        given = {"flow": flow, "u": u, "p": p, "objective": whole[0], "bound": whole[1], **changed}
        problems = check_certificate(m.problem, *given.values())
        return [v.detail for v in problems]

    assert found() == []
    assert found(objective=whole[0] + 1)
    assert found(bound=whole[1] + 1)
    assert found(flow=flow * 2)
    assert found(flow=-flow)
    assert found(u=u - 1)
    assert found(u=u + 10**9)
    assert found(p=p + 1)
    assert found(p=p - 10**9)
    choice = m.choice
    assert not list(check_choice(m.problem, flow, choice.objective, choice.bound, "optimal"))
    assert list(check_choice(m.problem, flow, choice.objective + 1, choice.bound, "bounded"))
    assert list(check_choice(m.problem, flow, choice.objective, choice.bound - 1, "optimal"))
    assert list(check_choice(m.problem, flow, choice.objective, choice.objective + 1, "bounded"))
