"""Eight ways to corrupt a valid plan, each caught every time and named rightly.

Each corruption takes a plan that stands and changes its allocations. Where an allocation is to become
ineligible, it is moved to a decoy: an offer (or household) made for the purpose that differs from
the true one in the one fact that the rule is about. So the test knows what is wrong without
asking the checker.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import numpy as np
import pytest

import wushe
from cities import ON, Rows, changed, city_of, seeded_rows
from wushe import Plan
from wushe.matching.check.items import Allocation, check
from wushe.matching.check.rules import RULES, Rule, Violation
from wushe.model import table_of

PLUGINS = wushe.load_plugins()
Case = tuple[Rows, list[Any], list[Allocation]]
"""A city's rows, its offers and the allocations to check."""


def allocations_of(plan: Plan) -> list[Allocation]:
    """Return the plan's items as the checker reads them."""
    return [Allocation(i.need, i.offer, i.amount, i.dimension) for i in plan.items]


def checked(case: Case) -> list[Violation]:
    """Return what the checker finds in a case."""
    rows, offers, allocations = case
    return check(city_of(rows, PLUGINS), table_of("offers", offers), allocations, ON)


def _pick(plan: Plan, rng: np.random.Generator, fits: Callable[[Any], bool] = bool) -> Any:
    """Return one of the plan's items that `fits`, None where there is none."""
    fitting = [item for item in plan.items if fits(item)]
    return fitting[int(rng.integers(0, len(fitting)))] if fitting else None


def _with(case: Case, item: Any, **values: Any) -> Case:
    """Return the case with the allocation of `item` changed."""
    rows, offers, allocations = case
    hit = (item.need, item.offer)
    return (
        rows,
        offers,
        [attrs.evolve(a, **values) if (a.need, a.offer) == hit else a for a in allocations],
    )


def _on_decoy(case: Case, item: Any, **values: Any) -> Case:
    """Return the case with `item` moved to a copy of its offer that differs in `values`."""
    rows, offers, allocations = case
    true = next(o for o in offers if o.id == item.offer)
    decoy = attrs.evolve(true, id="DECOY", **values)
    return _with((rows, [*offers, decoy], allocations), item, offer="DECOY")


def over_capacity(case: Case, plan: Plan, rng: np.random.Generator) -> Case | None:
    """More is given than the offer has."""
    item = _pick(plan, rng)
    capacity = dict(
        zip(
            plan.matching.prepared.offers["id"],
            plan.matching.prepared.offers["capacity"].tolist(),
            strict=True,
        )
    )
    return item and _with(case, item, amount=capacity[item.offer] + int(rng.integers(1, 100)))


def wrong_unit(case: Case, plan: Plan, rng: np.random.Generator) -> Case | None:
    """Hours are booked as money, goods as hours."""
    item = _pick(plan, rng)
    return item and _with(case, item, unit="fen" if item.dimension != "fen" else "piece")


def duplicate(case: Case, plan: Plan, rng: np.random.Generator) -> Case | None:
    """One item is listed twice."""
    item = _pick(plan, rng)
    if item is None:
        return None
    rows, offers, allocations = case
    again = Allocation(item.need, item.offer, int(rng.integers(1, item.amount + 1)), item.dimension)
    return rows, offers, [*allocations, again]


def unknown_need(case: Case, plan: Plan, rng: np.random.Generator) -> Case | None:
    """Help goes to a need that nobody has."""
    item = _pick(plan, rng)
    return item and _with(case, item, need="N-gone")


def unknown_offer(case: Case, plan: Plan, rng: np.random.Generator) -> Case | None:
    """Help comes from an offer that nobody made."""
    item = _pick(plan, rng)
    return item and _with(case, item, offer="A-gone")


def negative(case: Case, plan: Plan, rng: np.random.Generator) -> Case | None:
    """An amount is taken away instead of given."""
    item = _pick(plan, rng)
    return item and _with(case, item, amount=-int(rng.integers(0, item.amount + 1)))


def restriction_broken(case: Case, plan: Plan, rng: np.random.Generator) -> Case | None:
    """A gift meant for others: another group, another place, another household."""
    item = _pick(plan, rng)
    elsewhere: list[dict[str, Any]] = [
        {"for_groups": ("orphan",)},  # a group that no generated client is in
        {"for_places": ("X1",)},
        {"for_clients": ("H-other",)},
    ]
    if item is None:
        return None
    network = plan.network
    needs = {n.id: n for n in network["needs"].records()}
    if needs[item.need].place == "X1":
        elsewhere.pop(1)
    return _on_decoy(case, item, **elsewhere[int(rng.integers(0, len(elsewhere)))])


def consent_missing(case: Case, plan: Plan, rng: np.random.Generator) -> Case | None:
    """The household never agreed to be referred, or took it back."""
    rows, offers, allocations = case
    others = {r.id for name in ("communities", "social_workers", "stations") for r in rows[name]}
    needs = {n.id: n for n in rows["needs"]}
    kinds = {client.client.id: client.client.kind for client in plan}
    client_of = {i.need: c.client.id for c in plan for i in c.items}
    item = _pick(
        plan,
        rng,
        lambda i: i.provider.id not in others and kinds[client_of[i.need]] != "institution",
    )
    if item is None:
        return None
    assert item.need in needs
    client = client_of[item.need]
    table = "households" if kinds[client] == "household" else "persons"
    answer = (False, None)[int(rng.integers(0, 2))]
    return changed(rows, table, client, referral_consent=answer), offers, allocations


def out_of_reach(case: Case, plan: Plan, rng: np.random.Generator) -> Case | None:
    """The helper stays in a city where none of the needs is."""
    needs = {n.id: n for n in plan.network["needs"].records()}
    item = _pick(plan, rng, lambda i: needs[i.need].place not in ("4202", "X1"))
    return item and _on_decoy(case, item, place="4202", reach="city", for_places=None)


def without_skill(case: Case, plan: Plan, rng: np.random.Generator) -> Case | None:
    """The helper cannot do what the need asks for."""
    item = _pick(plan, rng, lambda i: i.category.skills)
    return item and _on_decoy(case, item, skills=())


def not_vetted(case: Case, plan: Plan, rng: np.random.Generator) -> Case | None:
    """Work with a minor by someone never vetted, vetted too long ago, or only in future."""
    item = _pick(plan, rng, lambda i: i.category.minors)
    days = (None, -366, 1)[int(rng.integers(0, 3))]
    on = None if days is None else ON + dt.timedelta(days=days)
    return item and _on_decoy(case, item, vetted_on=on)


def out_of_time(case: Case, plan: Plan, rng: np.random.Generator) -> Case | None:
    """The offer ended yesterday."""
    item = _pick(plan, rng)
    yesterday = ON - dt.timedelta(days=1)
    return item and _on_decoy(case, item, available_from=None, available_to=yesterday)


# corruption, the rule that must be named
CORRUPTIONS: list[tuple[str, Callable[..., Case | None], Rule]] = [
    ("over capacity", over_capacity, "over_capacity"),
    ("ineligible: reach", out_of_reach, "reach"),
    ("ineligible: skill", without_skill, "skill"),
    ("ineligible: vetting", not_vetted, "vetting"),
    ("ineligible: window", out_of_time, "window"),
    ("wrong unit", wrong_unit, "unit"),
    ("duplicate", duplicate, "duplicate"),
    ("unknown id: need", unknown_need, "unknown_id"),
    ("unknown id: offer", unknown_offer, "unknown_id"),
    ("restriction broken", restriction_broken, "restriction"),
    ("negative", negative, "negative"),
    ("consent missing", consent_missing, "consent"),
]


def valid_plans(seed: list[int], count: int) -> Iterator[tuple[int, Plan, Case]]:
    """Yield the plans of `count` seeded cities that have any items, with their clean cases."""
    for at in range(count):
        rows = seeded_rows([*seed, at])
        plan = wushe.make_plan(city_of(rows, PLUGINS), plugins=PLUGINS, on=ON)
        if plan.items:
            yield at, plan, (rows, list(plan.offers.records()), allocations_of(plan))


def test_every_corruption_is_caught_every_time(
    campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """Many cities, every kind: the clean plan passes, the corrupted one does not, the rule is named."""
    done: Counter[str] = Counter()
    for at, plan, case in valid_plans([seed, 7], campaign(tests=60, ci=600, soak=5000)):
        assert checked(case) == []
        for number, (name, corrupt, rule) in enumerate(CORRUPTIONS):
            bad = corrupt(case, plan, np.random.default_rng([seed, at, number]))
            if bad is None:
                continue
            found = checked(bad)
            assert rule in {v.rule for v in found}, f"{name} in city {at}: found {found}"
            done[name.partition(":")[0]] += 1
    assert all(done[name.partition(":")[0]] >= 20 for name, _, _ in CORRUPTIONS), done
    assert len(done) == 8
    evidence("corruption", seed=seed, missed=0, **{k.replace(" ", "_"): n for k, n in done.items()})


@pytest.mark.parametrize(
    ("corrupt", "rule"), [(c, rule) for _, c, rule in CORRUPTIONS], ids=[c[0] for c in CORRUPTIONS]
)
def test_a_corruption_names_the_ids_and_says_the_rule(
    corrupt: Callable[..., Case | None], rule: Rule, seed: int
) -> None:
    """The violation points at the need or the offer and reads as a sentence in both languages."""
    for at, plan, case in valid_plans([seed, 7], 60):
        bad = corrupt(case, plan, np.random.default_rng([seed, at]))
        if bad is None:
            continue
        violation = next(v for v in checked(bad) if v.rule == rule)
        assert violation.need or violation.offer
        for lang in ("zh", "en"):
            said = violation.say(lang)
            assert RULES[rule].say(lang) in said
            assert "{" not in said
            assert "None" not in said
        return
    pytest.fail("no city in sixty had an item to corrupt in this way")


def test_more_than_the_need_is_caught() -> None:
    """Two offers that together give one need too much break a rule, though each fits."""
    rows: Rows = {
        **{name: [] for name in seeded_rows(0)},
        "places": seeded_rows(0)["places"],
        "communities": seeded_rows(0)["communities"],
        "households": [wushe.Household(id="H", place="420106001001", referral_consent=True)],
        "needs": [wushe.Need(id="N", category="food", household="H", quantity=3, unit="piece")],
    }
    offers = [
        wushe.Offer(id=key, provider="CC1", categories=("food",), quantity=2, unit="piece")
        for key in ("A", "B")
    ]
    both = [Allocation("N", "A", 2, "piece"), Allocation("N", "B", 2, "piece")]
    assert {v.rule for v in checked((rows, offers, both))} == {"over_need"}
    fits = [Allocation("N", "A", 2, "piece"), Allocation("N", "B", 1, "piece")]
    assert checked((rows, offers, fits)) == []


def test_more_than_the_limit_per_need_is_caught() -> None:
    """A donor's limit per need counts in the offer's own unit, here packs of ten."""
    rows: Rows = {
        **{name: [] for name in seeded_rows(0)},
        "places": seeded_rows(0)["places"],
        "communities": seeded_rows(0)["communities"],
        "households": [wushe.Household(id="H", place="420106001001", referral_consent=True)],
        "needs": [wushe.Need(id="N", category="food", household="H", quantity=50, unit="piece")],
    }
    offer = wushe.Offer(
        id="A", provider="CC1", categories=("food",), quantity=9, unit="box*10", per_need=2
    )
    assert checked((rows, [offer], [Allocation("N", "A", 20, "piece")])) == []
    over = checked((rows, [offer], [Allocation("N", "A", 21, "piece")]))
    assert [v.rule for v in over] == ["over_limit"]


def test_a_met_or_withdrawn_need_is_closed() -> None:
    """Help for a need that is no longer open is a violation."""
    rows: Rows = {
        **{name: [] for name in seeded_rows(0)},
        "places": seeded_rows(0)["places"],
        "communities": seeded_rows(0)["communities"],
        "households": [wushe.Household(id="H", place="420106001001", referral_consent=True)],
        "needs": [
            wushe.Need(
                id="N", category="food", household="H", quantity=3, unit="piece", status="met"
            )
        ],
    }
    offer = wushe.Offer(id="A", provider="CC1", categories=("food",), quantity=9, unit="piece")
    found = checked((rows, [offer], [Allocation("N", "A", 1, "piece")]))
    assert [v.rule for v in found] == ["closed"]
