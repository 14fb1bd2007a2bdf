"""One example for each reason of the closed list, as a household would meet it."""

import datetime as dt
from collections.abc import Callable
from typing import Any, get_args

import attrs
import pytest

import wushe
from cities import ON, Rows, city_of, seeded_rows, village
from wushe import Need, Offer, Plan
from wushe.model.terms import REASONS, Reason
from wushe.plan.items import NEXT_STEP

PLUGINS = wushe.load_plugins()
VISIT = Need(id="N", category="visit", household="H", quantity=2, unit="hour", urgency="normal")
VISITOR = Offer(
    id="A", provider="O", categories=("visit",), quantity=2, unit="hour", skills=("visiting",)
)
CASH = Need(id="N", category="living_aid", household="H", quantity=800, unit="yuan")


def planned(**tables: list[Any]) -> Plan:
    """Return the plan of the village with `tables`."""
    return wushe.make_plan(city_of(village(**tables), PLUGINS), plugins=PLUGINS, on=ON)


def fund(balance_fen: int, **options: Any) -> wushe.Fund:
    """Return a fund for living aid."""
    return wushe.Fund(
        id="F", name="基金", host="O", balance_fen=balance_fen, purposes=("living_aid",), **options
    )


def urgent(need: Need) -> Need:
    """Return another household need that comes first."""
    return attrs.evolve(need, id="N-first", urgency="emergency")


# reason, tables beside the village: the need N must go unserved for this reason and no other
EXAMPLES: list[tuple[Reason, dict[str, list[Any]]]] = [
    # nobody visits at all
    ("no_offer", {"needs": [VISIT], "offers": [attrs.evolve(VISITOR, categories=("errand",))]}),
    # a visitor in the next city who stays there
    ("reach", {"needs": [VISIT], "offers": [attrs.evolve(VISITOR, place="4202", reach="city")]}),
    # near, but cannot do it
    ("skill", {"needs": [VISIT], "offers": [attrs.evolve(VISITOR, skills=("repair",))]}),
    # a visit to a child by someone not vetted
    (
        "vetting",
        {
            "needs": [attrs.evolve(VISIT, household=None, person="P")],
            "persons": [wushe.Person(id="P", household="H", birth=dt.date(2015, 1, 1))],
            "offers": [VISITOR],
        },
    ),
    # needed by tomorrow, offered next week
    (
        "window",
        {
            "needs": [attrs.evolve(VISIT, due=ON + dt.timedelta(days=1))],
            "offers": [attrs.evolve(VISITOR, available_from=ON + dt.timedelta(days=7))],
        },
    ),
    # given for orphans only
    ("restriction", {"needs": [VISIT], "offers": [attrs.evolve(VISITOR, for_groups=("orphan",))]}),
    # the household was never asked
    (
        "consent",
        {
            "needs": [VISIT],
            "offers": [VISITOR],
            "households": [wushe.Household(id="H", place="420106001001")],
        },
    ),
    # the fund holds 500 yuan, 800 are needed
    ("budget", {"needs": [CASH], "funds": [fund(50_000)]}),
    # the only visitor has one hour for two
    ("capacity", {"needs": [VISIT], "offers": [attrs.evolve(VISITOR, quantity=1)]}),
    # the only visitor goes to an emergency
    ("gives_way", {"needs": [VISIT, urgent(VISIT)], "offers": [VISITOR]}),
    # an hour of visiting or of something else that is more pressing: one of them is enough
    (
        "alternative",
        {
            "needs": [
                attrs.evolve(VISIT, one_of="either"),
                attrs.evolve(urgent(VISIT), one_of="either"),
            ],
            "offers": [attrs.evolve(VISITOR, quantity=10)],
        },
    ),
    # nobody does what has to come first
    (
        "waits",
        {
            "needs": [
                attrs.evolve(VISIT, after="N0"),
                wushe.Need(id="N0", category="haircut", household="H"),
            ],
            "offers": [VISITOR],
        },
    ),
]


@pytest.mark.parametrize(("reason", "tables"), EXAMPLES, ids=[reason for reason, _ in EXAMPLES])
def test_each_reason_is_given_where_it_holds(reason: Reason, tables: dict[str, list[Any]]) -> None:
    """The need is not (fully) served, for this reason, said in both languages with a next step."""
    plan = planned(**tables)
    short = {s.need: s for s in plan.unserved}
    assert short["N"].reason == reason
    client = plan["H"]
    for lang in ("zh", "en"):
        said = client.explain(lang)
        assert REASONS[reason].say(lang) in said
        assert NEXT_STEP[reason].say(lang) in said
    assert wushe.check_plan(plan) == []


def test_there_is_an_example_for_every_reason() -> None:
    """The closed list is closed: the table above is the whole of it."""
    assert [reason for reason, _ in EXAMPLES] == list(get_args(Reason)) == list(REASONS)


@pytest.mark.parametrize(
    ("obstacles", "reason"),
    [
        # two offers, each refused for one thing: what removed the last one is the reason
        ([{"skills": ()}, {"for_groups": ("orphan",)}], "restriction"),
        ([{"skills": ()}, {"place": "4202", "reach": "city"}], "skill"),
        # one offer refused for many things: the first of the list counts
        ([{"skills": (), "for_groups": ("orphan",)}], "skill"),
        ([{"for_groups": ("orphan",), "available_to": ON - dt.timedelta(days=1)}], "window"),
    ],
)
def test_reasons_are_looked_for_in_the_order_of_the_list(
    obstacles: list[dict[str, Any]], reason: Reason
) -> None:
    """Each offer counts once, under the first reason that refuses it."""
    offers = [attrs.evolve(VISITOR, id=f"A{i}", **change) for i, change in enumerate(obstacles)]
    plan = planned(needs=[VISIT], offers=offers)
    short = plan.unserved[0]
    assert short.reason == reason
    assert sum(short.refused.values()) == len(offers)


def test_refusals_are_counted_in_the_explanation() -> None:
    """The reader sees how many offers of the kind were looked at and why each fell away."""
    offers = [
        attrs.evolve(VISITOR, id="A1", skills=()),
        attrs.evolve(VISITOR, id="A2", skills=()),
        attrs.evolve(VISITOR, id="A3", for_groups=("orphan",)),
    ]
    said = planned(needs=[VISIT], offers=offers)["H"].explain("en")
    assert "2 without the skill" in said
    assert "1 restricted by the donor" in said


def test_a_part_that_is_served_is_told_apart() -> None:
    """Partial service is normal: one hour of two is an item, the other has a reason."""
    plan = planned(needs=[VISIT], offers=[attrs.evolve(VISITOR, quantity=1)])
    assert [(i.amount, i.dimension) for i in plan.items] == [(60, "minute")]
    short = plan.unserved[0]
    assert (short.amount, short.asked, short.partly) == (60, 120, True)
    assert plan["H"].status == "partly"
    assert (plan.needs, plan.served, plan.partly) == (1, 0, 1)


def test_a_donors_limit_per_need_is_a_restriction() -> None:
    """A fund with money left that gives at most 300 yuan each does not lack budget."""
    plan = planned(needs=[CASH], funds=[fund(200_000, per_need_fen=30_000)])
    assert plan.unserved[0].reason == "restriction"
    assert plan.items[0].amount == 30_000


def test_equal_urgency_does_not_give_way() -> None:
    """Two equal needs and help for one: the other lacks capacity, nobody was put first."""
    plan = planned(needs=[VISIT, attrs.evolve(VISIT, id="N2")], offers=[VISITOR])
    assert [s.reason for s in plan.unserved] == ["capacity"]


@pytest.mark.parametrize(
    ("provider", "consent", "served"),
    [
        ("CC1", None, True),  # the residents' committee knows the household already
        ("CC1", False, True),
        ("O", True, True),
        ("O", None, False),  # unknown is not yes
        ("O", False, False),
    ],
)
def test_facts_go_to_another_party_only_with_consent(
    provider: str, consent: bool | None, served: bool
) -> None:
    """The own team may help without a referral; others need a recorded yes."""
    household = wushe.Household(id="H", place="420106001001", referral_consent=consent)
    plan = planned(
        needs=[VISIT], offers=[attrs.evolve(VISITOR, provider=provider)], households=[household]
    )
    assert bool(plan.items) is served


def test_goods_for_a_child_need_no_vetting() -> None:
    """Vetting is asked of those who work with minors, not of those who give things."""
    plan = planned(
        needs=[Need(id="N", category="food", person="P", quantity=1, unit="piece")],
        persons=[wushe.Person(id="P", household="H", birth=dt.date(2015, 1, 1))],
        offers=[Offer(id="A", provider="O", categories=("food",), quantity=1, unit="piece")],
    )
    assert plan.unserved == ()


@pytest.mark.parametrize(
    ("vetted", "served"),
    [
        (None, False),  # never
        (ON - dt.timedelta(days=366), False),  # more than a year ago
        (ON - dt.timedelta(days=365), True),  # a year ago today
        (ON, True),
        (ON + dt.timedelta(days=1), False),  # not yet
    ],
)
@pytest.mark.parametrize("birth", [dt.date(2015, 1, 1), None], ids=["child", "age unknown"])
def test_vetting_holds_for_a_year(
    birth: dt.date | None, vetted: dt.date | None, served: bool
) -> None:
    """Someone whose age is unknown is treated as a child might be."""
    plan = planned(
        needs=[attrs.evolve(VISIT, household=None, person="P")],
        persons=[wushe.Person(id="P", household="H", birth=birth)],
        offers=[attrs.evolve(VISITOR, vetted_on=vetted)],
    )
    assert bool(plan.items) is served


def test_every_unserved_need_of_generated_cities_has_a_reason_and_a_next_step(
    campaign: Callable[..., int], seed: int
) -> None:
    """No city leaves a need without a reason, whatever is unknown or restricted in it."""
    for at in range(campaign(tests=60, ci=300, soak=2000)):
        rows: Rows = seeded_rows([seed, 21, at])
        plan = wushe.make_plan(city_of(rows, PLUGINS), plugins=PLUGINS, on=ON)
        assert sum(plan.reasons().values()) == len(plan.unserved) == plan.needs - plan.served
        for short in plan.unserved:
            assert short.reason in REASONS
            assert REASONS[short.reason].say("en") in short.explain("en")
