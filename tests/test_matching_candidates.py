"""Candidate pairs: exactly those that the rules admit, however they are listed."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest

import wushe
from cities import ON, Rows, city_of, seeded_rows, village
from wushe import Context, Plan
from wushe.matching.candidates import Candidates, list_candidates
from wushe.matching.prepare import Prepared, prepare
from wushe.model.terms import Reason
from wushe.plugins.manager import Plugins
from wushe.supply import pool_offers

PLUGINS = wushe.load_plugins()
LEVELS = ("province", "city", "county", "street", "community", "grid")
ORDER = get_args(Reason)
BASE = {"hour": 60, "小时": 60, "yuan": 100, "fen": 1, "piece": 1, "box*2": 2, "箱*12": 12}
MEASURES = {"hour": "minute", "小时": "minute", "yuan": "fen", "fen": "fen"}


def listed(rows: Rows, plugins: Plugins = PLUGINS) -> tuple[Prepared, Candidates, list[Any]]:
    """Return what was prepared, the candidates, and the offers of the pool as records."""
    network = city_of(rows, plugins)
    context = Context(ON, plugins.categories, plugins.target_groups)
    offers = pool_offers(network, plugins, context)
    prepared = prepare(network, offers, context)
    return prepared, list_candidates(prepared, plugins), list(offers.records())


class Oracle:
    """The rules of the issue, one pair at a time, in plain Python over the records."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.places = {p.id: p for p in rows["places"]}
        self.tables = {
            name: {r.id: r for r in rows[name]}
            for name in ("households", "persons", "institutions")
        }
        self.own_team = {
            r.id for name in ("communities", "stations", "social_workers") for r in rows[name]
        }

    def path(self, place: str | None) -> dict[str, str]:
        """Return the ids of a place and all above it by level."""
        found = {}
        while place is not None:
            here = self.places[place]
            found[here.level] = here.id
            place = here.parent
            if place is None and here.id.isdigit():
                shorter = (here.id[:n] for n in range(len(here.id) - 1, 1, -1))
                place = next((code for code in shorter if code in self.places), None)
        return found

    def clients(self, need: Any) -> tuple[Any, Any, Any]:
        """Return the household, person and institution of a need, None where there is none."""
        person = self.tables["persons"].get(need.person)
        household = need.household or (person.household if person else None)
        return (
            self.tables["households"].get(household),
            person,
            self.tables["institutions"].get(need.institution),
        )

    def where(self, need: Any) -> dict[str, str]:
        """Return the path of the place where help is needed."""
        known = (need.place, *(c.place for c in self.clients(need) if c))
        return self.path(next((p for p in known if p), None))

    def serves(self, need: Any, offer: Any) -> bool:
        """Whether the offer is of the need's kind at all."""
        dimension = MEASURES.get(offer.unit, "piece")
        category = PLUGINS.categories[need.category]
        return need.category in offer.categories and category.dimension == dimension

    def obstacles(self, need: Any, offer: Any) -> set[str]:
        """Return every reason that stands between a need and an offer of its kind."""
        category = PLUGINS.categories[need.category]
        household, person, _ = clients = self.clients(need)
        theirs, here = self.path(offer.place), self.where(need)
        found = set()
        if theirs and offer.reach != "nation":
            deepest = max(theirs, key=LEVELS.index)
            area = min(offer.reach or deepest, deepest, key=LEVELS.index)
            if area not in theirs or here.get(area) != theirs[area]:
                found.add("reach")
        if {*category.skills, *(need.skills or ())} - set(offer.skills or ()):
            found.add("skill")
        minor = category.minors or (person and (person.birth is None or self.age(person) < 18))
        days = None if offer.vetted_on is None else (ON - offer.vetted_on).days
        if minor and category.form == "service" and (days is None or not 0 <= days <= 365):
            found.add("vetting")
        if (offer.available_to and offer.available_to < ON) or (
            offer.available_from and need.due and offer.available_from > max(need.due, ON)
        ):
            found.add("window")
        groups = {g for c in clients if c for g in c.target_groups or ()}
        client = next(c.id for c in clients if c)
        if (
            (offer.for_groups and not groups & set(offer.for_groups))
            or (offer.for_places and not set(here.values()) & set(offer.for_places))
            or (offer.for_clients and client not in offer.for_clients)
        ):
            found.add("restriction")
        asks = household or person
        if asks and asks.referral_consent is not True and offer.provider not in self.own_team:
            found.add("consent")
        return found

    @staticmethod
    def age(person: Any) -> int:
        """Return full years of age on the day of the plan."""
        birth: dt.date = person.birth
        return ON.year - birth.year - ((ON.month, ON.day) < (birth.month, birth.day))


def test_candidates_are_those_that_the_rules_admit(
    campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """Pairs, counts of refusals and the reason that removed the last offer equal brute force."""
    pairs: Counter[str] = Counter()
    count = campaign(tests=150, ci=1000, soak=5000)
    for at in range(count):
        rows = seeded_rows([seed, 11, at])
        prepared, found, offers = listed(rows)
        oracle, needs = Oracle(rows), {n.id: n for n in rows["needs"]}
        for row, key in enumerate(prepared.needs["id"]):
            need = needs[key]
            kin = [
                (i, oracle.obstacles(need, o))
                for i, o in enumerate(offers)
                if oracle.serves(need, o)
            ]
            span = slice(found.start[row], found.start[row + 1])
            assert sorted(found.offer[span].tolist()) == [i for i, bad in kin if not bad]
            first = Counter(min(bad, key=ORDER.index) for _, bad in kin if bad)
            assert dict(zip(ORDER, found.refused[row].tolist(), strict=True)) == {
                r: first[r] for r in ORDER
            }
            last = max(first, key=ORDER.index) if first else "no_offer"
            served = any(not bad for _, bad in kin)
            assert found.blocked[row] == (-1 if served else ORDER.index(last))
            pairs.update(kin=len(kin), listed=span.stop - span.start)
    assert pairs["listed"] > count / 3
    evidence("candidates", cases=count, seed=seed, wrong=0, **pairs)


def test_rows_are_sorted_by_cost_then_offer(seed: int) -> None:
    """Within a need the cheapest comes first and ties go by row number."""
    for at in range(60):
        _, found, _ = listed(seeded_rows([seed, 12, at]))
        for row in range(len(found.start) - 1):
            span = slice(found.start[row], found.start[row + 1])
            keys = list(zip(found.cost[span].tolist(), found.offer[span].tolist(), strict=True))
            assert keys == sorted(keys)
            assert len(set(found.offer[span].tolist())) == len(keys)
        assert found.cost.dtype == np.int32
        assert (found.cost >= 0).all()
        assert (found.cost <= found.max_cost).all()


def test_a_limit_is_at_most_the_need_and_the_donors_limit() -> None:
    """What one pair may carry counts base units: two packs of twelve, but never more than asked."""
    offer = wushe.Offer(
        id="A", provider="CC1", categories=("food",), quantity=9, unit="箱*12", per_need=2
    )
    needs = [
        wushe.Need(id=f"N{q}", category="food", household="H", quantity=q, unit="piece")
        for q in (7, 90)
    ]
    _, found, _ = listed(village(offers=[offer], needs=needs))
    assert found.limit.tolist() == [7, 24]


@pytest.mark.parametrize("block", [1, 2, 5, 17])
def test_blocks_change_nothing(block: int, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few pairs the hooks see at a time, the candidates are the same."""
    for at in range(25):
        rows = seeded_rows([seed, 13, at])
        _, whole, _ = listed(rows)
        with monkeypatch.context() as patch:
            patch.setattr("wushe.matching.candidates.BLOCK_PAIRS", block)
            _, blocks, _ = listed(rows)
        for name in ("start", "offer", "cost", "limit", "blocked", "refused"):
            assert np.array_equal(getattr(blocks, name), getattr(whole, name)), name
        assert (blocks.max_cost, blocks.complete) == (whole.max_cost, True)


def crowd(helpers: int) -> Rows:
    """Return a village where many volunteers of differing nearness could do one visit."""
    homes = ("420106001001", "420106001002", "420106002001")
    volunteers = [
        wushe.Volunteer(
            id=f"V{i:03d}",
            name="志愿者",
            place=homes[i % 3],
            skills=("care", "visiting") if i % 2 else ("visiting",),
            weekly_hours=1,
            reach="county",
        )
        for i in range(helpers)
    ]
    need = wushe.Need(id="N", category="visit", household="H", quantity=1, unit="hour")
    return village(volunteers=volunteers, needs=[need])


def test_a_cut_list_keeps_the_best_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where not all pairs are listed and none is proven to be missing, no proof over all pairs is claimed."""
    rows = crowd(60)
    _, whole, _ = listed(rows)
    monkeypatch.setattr("wushe.matching.search.pricing.ALL_PAIRS", 0)
    plan: Plan = wushe.make_plan(city_of(rows, PLUGINS), plugins=PLUGINS, on=ON, prove=False)
    cut = plan.matching.candidates
    assert whole.complete
    assert not cut.complete
    assert len(whole.offer) == 60
    assert 24 <= len(cut.offer) <= 30
    assert cut.offer.tolist() == whole.offer[: len(cut.offer)].tolist()
    assert "仅限列出的供需对" in plan.summary("zh")
    assert "listed pairs only" in plan.summary("en")
    assert '"all_pairs": false' in plan.to_json()
    assert wushe.check_plan(plan) == []


def test_a_whole_list_claims_all_pairs() -> None:
    """Below the limit the proof is over all eligible pairs."""
    plan: Plan = wushe.make_plan(city_of(crowd(3), PLUGINS), plugins=PLUGINS, on=ON)
    assert "over all eligible pairs" in plan.summary("en")


def test_the_nearer_helper_is_chosen() -> None:
    """Of two helpers alike in all else, the one of the same community serves."""
    plan: Plan = wushe.make_plan(city_of(crowd(3), PLUGINS), plugins=PLUGINS, on=ON)
    assert [item.provider.id for item in plan.items] == ["V000"]


def test_places_may_skip_or_double_a_level() -> None:
    """A hamlet below another community-level place is still in its street, for filter and checker."""
    hamlet = wushe.Place(id="C9-1", name="自然村", level="community", parent="C9")
    rows = village(
        places=[hamlet],
        households=[wushe.Household(id="H", place="C9-1", referral_consent=True)],
        needs=[wushe.Need(id="N", category="food", household="H", quantity=1, unit="piece")],
        offers=[
            wushe.Offer(
                id="A",
                provider="O",
                categories=("food",),
                quantity=1,
                unit="piece",
                place="420106001",
                reach="county",
            )
        ],
    )
    plan: Plan = wushe.make_plan(city_of(rows, PLUGINS), plugins=PLUGINS, on=ON)
    assert [item.offer for item in plan.items] == ["A"]
    assert wushe.check_plan(plan) == []


def test_the_helper_who_came_before_comes_again() -> None:
    """Continuity beats chance: of two equal neighbours, the one with a record of service."""
    volunteers = [
        wushe.Volunteer(
            id=key, name="志愿者", place="420106001001", skills=("visiting",), weekly_hours=1
        )
        for key in ("V1", "V2", "V3")
    ]
    need = wushe.Need(id="N", category="visit", household="H", quantity=1, unit="hour")
    before = wushe.ServiceRecord(id="Y", provider="V2", household="H")
    rows = village(volunteers=volunteers, needs=[need], services=[before])
    plan: Plan = wushe.make_plan(city_of(rows, PLUGINS), plugins=PLUGINS, on=ON)
    assert [item.provider.id for item in plan.items] == ["V2"]
    assert "此前服务过" in plan["H"].explain("zh")
    assert "helped before" in plan["H"].explain("en")


def test_unknown_quantities_are_planned_as_typical() -> None:
    """A need without an amount asks for the category's typical amount, and is marked as unknown."""
    need = wushe.Need(id="N", category="visit", household="H")
    prepared, _, _ = listed(village(needs=[need]))
    assert prepared.needs["quantity"].tolist() == [PLUGINS.categories["visit"].typical]
    assert prepared.needs["quantity_known"].tolist() == [False]


@pytest.mark.parametrize(
    ("birth", "on", "minor"),
    [
        (dt.date(2007, 9, 15), dt.date(2025, 9, 15), 0),  # eighteen today
        (dt.date(2007, 9, 16), dt.date(2025, 9, 15), 1),  # eighteen tomorrow
        (dt.date(2004, 2, 29), dt.date(2022, 2, 28), 1),  # born on a leap day: 1 March it is
        (dt.date(2004, 2, 29), dt.date(2022, 3, 1), 0),
        (dt.date(2006, 2, 28), dt.date(2024, 2, 29), 0),  # planned on a leap day
        (dt.date(2006, 3, 1), dt.date(2024, 2, 29), 1),
        (None, dt.date(2025, 9, 15), -1),  # unknown is neither
    ],
)
def test_who_is_a_minor(birth: dt.date | None, on: dt.date, minor: int) -> None:
    """Under eighteen by the calendar; unknown stays unknown."""
    rows = village(
        persons=[wushe.Person(id="P", household="H", birth=birth)],
        needs=[wushe.Need(id="N", category="visit", person="P")],
    )
    network = city_of(rows, PLUGINS)
    context = Context(on, PLUGINS.categories, PLUGINS.target_groups)
    prepared = prepare(network, pool_offers(network, PLUGINS, context), context)
    assert prepared.needs["with_minor"].tolist() == [minor]
