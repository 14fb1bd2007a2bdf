"""The tianshui plugin: appointed pairs, supply lists by specialty, orders that organizations accept."""

import datetime as dt
from typing import Any

import numpy as np
import pytest

import wushe
from wushe import Institution, Need, Offer, Organization, Place, Station
from wushe.journal import Act, MemoryStore
from wushe.orders import (
    DOMAIN,
    Candidate,
    Helper,
    accept,
    areas_of,
    decline,
    dispatch,
    enroll,
    place,
)
from wushe.plugins import tianshui

ON = dt.date(2025, 5, 6)
PLACES = (
    Place(id="6205", name="市", level="city"),
    Place(id="620502", name="区", level="county", parent="6205"),
    Place(id="A", name="甲镇", level="street", parent="620502"),
    Place(id="B", name="乙镇", level="street", parent="620502"),
    Place(id="A1", name="甲一村", level="community", parent="A"),
)


@pytest.fixture(scope="module")
def rules() -> wushe.Plugins:
    """Return the defaults with the tianshui plugin."""
    return wushe.load_plugins("tianshui")


def hospital(key: str, *specialties: str, kind: str = "hospital") -> Organization:
    """Return a made-up organization of the city."""
    return Organization(id=key, name=f"{key}（虚构）", kind=kind, place="6205", specialties=tuple(sorted(specialties)) or None)  # fmt: skip


def station(at: str, *pairs: str) -> tuple[Station, Institution]:
    """Return a station and the institution as which it asks."""
    return (
        Station(id=f"S-{at}", name=f"{at}站（虚构）", place=at, pairs=tuple(sorted(pairs)) or None),
        Institution(id=f"I-{at}", name=f"{at}站（虚构）", kind="station", place=at),
    )


def clinic(key: str, at: str) -> Need:
    """Return a station's need for two medical staff."""
    return Need(id=key, category="free_clinic", institution=f"I-{at}", quantity=2, unit="time")


def planned(rules: wushe.Plugins, *records: Any) -> wushe.Plan:
    """Return the plan of a small city."""
    network = wushe.build_network_from_records(
        [*PLACES, *records], rules.categories, rules.target_groups
    )
    return wushe.make_plan(network, plugins=rules, on=ON)


def served_by(plan: wushe.Plan) -> dict[str, str]:
    """Return who serves each need."""
    return {item.need: item.provider.id for item in plan.items}


def why_not(plan: wushe.Plan) -> dict[str, str]:
    """Return the reason of each need that is not served in full."""
    return {one.need: one.reason for client in plan.clients.values() for one in client.unserved}


# --- who is asked ------------------------------------------------------------------------------------


def test_only_the_partner_is_asked(rules: wushe.Plugins) -> None:
    """Both hospitals could; each goes to its own station, also to what lies below it."""
    plan = planned(
        rules, *station("A", "O-1"), *station("B", "O-2"), hospital("O-1", "free_clinic"),
        hospital("O-2", "free_clinic"), clinic("N-A", "A"), clinic("N-B", "B"),
    )  # fmt: skip
    assert served_by(plan) == {"N-A": "O-1", "N-B": "O-2"}


def test_without_its_partner_a_station_is_not_served_and_told_why(rules: wushe.Plugins) -> None:
    """The partner gives training only; the other town's hospital is not sent."""
    plan = planned(
        rules, *station("A", "O-1"), *station("B", "O-2"), hospital("O-1", "social_work_training"),
        hospital("O-2", "free_clinic"), clinic("N-A", "A"),
    )  # fmt: skip
    assert served_by(plan) == {}
    assert why_not(plan) == {"N-A": "reach"}


def test_where_no_station_has_a_partner_anybody_may_be_asked(rules: wushe.Plugins) -> None:
    """That nobody wrote a partner down is no refusal: ten stations are pilots, the others are open."""
    plan = planned(
        rules, *station("A", "O-1"), *station("B"), hospital("O-1", "free_clinic"), clinic("N-B", "B")
    )  # fmt: skip
    assert served_by(plan) == {"N-B": "O-1"}


def test_hooks_see_the_partners_of_the_place(rules: wushe.Plugins) -> None:
    """A village's need has its town's partners; a place without any has None."""
    village = Institution(id="I-A1", name="村（虚构）", kind="station", place="A1")
    plan = planned(
        rules, *station("A", "O-1", "O-2"), *station("B"), hospital("O-1"), hospital("O-2"), village,
        clinic("N-A1", "A1"), clinic("N-B", "B"),
    )  # fmt: skip
    assert plan.matching.prepared.needs["partners"].tolist() == [("O-1", "O-2"), None]


def test_a_gift_of_books_is_not_bound_by_the_pairing(rules: wushe.Plugins) -> None:
    """Goods go where their donor said: 126 sets went to stations that the base is not paired with."""
    books = wushe.CharityResource(
        id="R-1", name="资料", categories=("exam_books",), quantity=126, unit="piece", holder="O-1",
        place="6205", reach="city", for_places=("B",),
    )  # fmt: skip
    asks = [
        Need(id=f"N-{at}", category="exam_books", institution=f"I-{at}", quantity=42, unit="piece")
        for at in "AB"
    ]
    plan = planned(rules, *station("A", "O-1"), *station("B", "O-2"), hospital("O-1"), hospital("O-2"), books, *asks)  # fmt: skip
    assert served_by(plan) == {"N-B": "R-1"}
    assert why_not(plan) == {"N-A": "restriction"}


def test_the_filter_is_what_it_says_pair_by_pair(rules: wushe.Plugins, seed: int) -> None:
    """Beside a loop over random pairs; equal codes of what it declares to depend on have equal answers."""
    rng = np.random.default_rng(seed)
    known = [None, (), ("O-1",), ("O-1", "O-2"), ("O-3",)]
    kinds = ["organizations", "volunteers", "resources"]
    partners = objects([known[k] for k in rng.integers(0, 5, 30)])
    providers = objects([f"O-{k}" for k in rng.integers(0, 6, 40)])
    kind = objects([kinds[k] for k in rng.choice(3, 40, p=(0.8, 0.1, 0.1))])
    need, offer = np.indices((30, 40), dtype=np.int32)
    pairs = wushe.Pairs(need.ravel(), offer.ravel())
    term = tianshui.filter_candidates(
        wushe.Columns(30, {"partners": partners}),
        wushe.Columns(40, {"provider": providers, "provider_kind": kind}),
        pairs,
    )
    expected = [
        kind[g] != "organizations" or partners[n] is None or providers[g] in partners[n]
        for n, g in zip(pairs.need, pairs.offer, strict=True)
    ]
    assert term.allowed.tolist() == expected
    assert len(set(expected)) == 2
    assert term.classes is not None
    of_need, of_offer = term.classes()
    keys = zip(of_need[pairs.need].tolist(), of_offer[pairs.offer].tolist(), strict=True)
    answers: dict[tuple[int, int], set[bool]] = {}
    for key, answer in zip(keys, expected, strict=True):
        answers.setdefault(key, set()).add(answer)
    assert {len(found) for found in answers.values()} == {1}


def test_the_filter_takes_an_empty_batch() -> None:
    """No needs, no offers, no pairs."""
    nobody = wushe.Columns(0, {"partners": objects([])})
    nothing = wushe.Columns(0, {"provider": objects([]), "provider_kind": objects([])})
    none = np.empty(0, dtype=np.int32)
    assert tianshui.filter_candidates(nobody, nothing, wushe.Pairs(none, none)).allowed.tolist() == []  # fmt: skip


def objects(values: list[Any]) -> Any:
    """Return an object column; tuples stay whole."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


# --- the supply list -----------------------------------------------------------------------------------


def test_a_supply_list_is_what_a_paired_organization_is_good_at(rules: wushe.Plugins) -> None:
    """Twice each before the next check (assumed); its own row says more exactly; who has no station has none."""
    own = Offer(
        id="G-1", provider="O-1", categories=("free_clinic",), quantity=9, unit="time", place="6205"
    )  # fmt: skip
    plan = planned(
        rules, *station("A", "O-1"), hospital("O-1", "carer_training", "free_clinic"),
        hospital("O-9", "free_clinic"), own,
    )  # fmt: skip
    assert {(o.id, o.quantity) for o in plan.offers.records()} == {("G-1", 9), ("O-1:carer_training", 2)}  # fmt: skip


def test_what_it_does_beside_the_stations_orders_is_not_derived(rules: wushe.Plugins) -> None:
    """A specialty that stations do not ask of organizations makes no offer: nobody said how much."""
    plan = planned(rules, *station("A", "O-1"), hospital("O-1", "food"))
    assert len(plan.offers) == 0


def test_the_parent_child_day_takes_place_with_all_three_or_not_at_all(
    rules: wushe.Plugins,
) -> None:
    """Games, minding and support; the nursery's vetting has lapsed, so that nobody comes."""
    roles = {"O-1": "child_games", "O-2": "child_minding", "O-3": "event_support"}
    day = Need(id="N-A", category="parent_child_day", institution="I-A", quantity=1, unit="time")

    def found(vetted: dt.date) -> wushe.Plan:
        offers = [
            Offer(
                id=f"G-{key}", provider=key, categories=(category,), quantity=1, unit="time", place="6205",
                reach="city", vetted_on=vetted if key == "O-2" else dt.date(2025, 3, 3),
            )
            for key, category in roles.items()
        ]  # fmt: skip
        return planned(rules, *station("A", *roles), *map(hospital, roles), *offers, day)

    assert len(found(dt.date(2025, 3, 4)).items) == 3
    without = found(dt.date(2024, 3, 4))
    assert len(without.items) == 0
    assert why_not(without) == {"N-A": "vetting"}


# --- orders --------------------------------------------------------------------------------------------


def ordered(rules: wushe.Plugins) -> tuple[MemoryStore, Act, str]:
    """Return a store with one order for a clinic in A, whose partner is O-1."""
    network = wushe.build_network_from_records(
        [*PLACES, *station("A", "O-1")[:1], hospital("O-1"), hospital("O-2")],
        rules.categories,
        rules.target_groups,
    )
    store, act = MemoryStore(DOMAIN, rules), Act("2025-05-06T09:00:00+08:00", "W-A")
    helpers = [Helper("O-1", "organizations", place="6205"), Helper("W-A", "social_workers", place="A")]  # fmt: skip
    helpers.append(Helper("O-2", "organizations", place="6205"))
    store.run(act, enroll, helpers=helpers, areas=areas_of(network))
    key = store.run(
        act, place, client="I-A", client_kind="institutions", category="free_clinic", amount=2,
        place="A", candidates=[Candidate("O-1", "organizations", "G-1")],
    ).answer  # fmt: skip
    return store, act, key


def test_an_order_of_a_station_is_not_for_its_own_worker(rules: wushe.Plugins) -> None:
    """Stations ask, organizations accept."""
    store, act, key = ordered(rules)
    with pytest.raises(wushe.RefusedError, match="stations' orders are accepted by organizations"):
        store.run(act, dispatch, order=key, to=["W-A"])
    store.run(act, dispatch, order=key)
    assert store.run(act, accept, order=key, helper="O-1").answer == "accepted"


def test_an_order_is_not_for_an_organization_that_is_paired_elsewhere_or_nowhere(
    rules: wushe.Plugins,
) -> None:
    """By hand as in the plan: O-2 is no partner of the station; where nobody is paired, it may be asked."""
    store, act, key = ordered(rules)
    with pytest.raises(wushe.RefusedError, match="O-2"):
        store.run(act, dispatch, order=key, to=["O-2"])
    free = store.run(
        act, place, client="I-B", client_kind="institutions", category="free_clinic", amount=2,
        place="B", candidates=[Candidate("O-2", "organizations", "G-2")],
    ).answer  # fmt: skip
    store.run(act, dispatch, order=free, to=["O-2"])
    assert store.run(act, accept, order=free, helper="O-2").answer == "accepted"


def test_a_partner_s_no_goes_to_the_district(rules: wushe.Plugins) -> None:
    """One round: there is one partner, and then those above decide."""
    store, act, key = ordered(rules)
    store.run(act, dispatch, order=key)
    store.run(act, decline, order=key, helper="O-1", reason="busy")
    order = store.state.get("order", key)
    assert (order.status, order.level) == ("escalated", "county")


# --- programmes and the report -------------------------------------------------------------------------


def test_the_five_fields_are_programmes_with_their_source(rules: wushe.Plugins) -> None:
    """As published; every kind of help that stations ask for is in one of them."""
    mine = {key: p for key, p in rules.programmes.items() if key.startswith("tianshui_")}
    assert {p.label.zh for p in mine.values()} == {"社会救助", "养老服务", "儿童福利", "残疾人关爱", "社区治理"}  # fmt: skip
    assert all("天水日报" in p.source for p in mine.values())
    covered = {category for p in mine.values() for category in p.categories}
    assert {"free_clinic", "carer_training", "exam_books", "parent_child_day"} <= covered


def test_the_report_counts_partners_activities_and_people_by_station(rules: wushe.Plugins) -> None:
    """Of the year up to the day of the report; a station of whose guests nobody knows has no figure."""
    held = [
        wushe.Activity(id="A-1", name="义诊", held_on=dt.date(2025, 5, 1), place="A", persons=120),
        wushe.Activity(id="A-2", name="培训", held_on=dt.date(2025, 5, 2), place="A"),
        wushe.Activity(id="A-3", name="义诊", held_on=dt.date(2024, 5, 1), place="A", persons=9),
        wushe.Activity(id="A-4", name="义诊", held_on=dt.date(2025, 6, 1), place="A", persons=9),
        wushe.Activity(id="A-5", name="培训", held_on=dt.date(2025, 5, 2), place="B"),
    ]
    network = planned(rules, *station("A", "O-1"), *station("B"), hospital("O-1"), *held).network
    context = wushe.Context(ON, rules.categories, rules.target_groups)
    (table,) = rules.report_sections["tianshui_pairs"].make(network, context)
    assert [row.cells for row in table.rows] == [(1, 2, 120), (0, 1, None)]
    assert table.columns[2].unit == "people"
