"""Orders from a plan: one for each item, ranked by the plan's dual prices, dispatched to those who were planned."""

from functools import cache
from typing import Any

import attrs
import numpy as np
import pytest

import wushe
from cities import ON, Rows, city_of, seeded_rows, village
from order_town import MORNING, order, states
from wushe import Need, NeedCategory, Offer, Role
from wushe.demos import demo_path
from wushe.journal import Act, MemoryStore
from wushe.matching.live import go_live
from wushe.matching.result import Matching
from wushe.orders import (
    DOMAIN,
    accept,
    areas_of,
    cancel,
    decline,
    dispatch_plan,
    enroll,
    helpers_of,
    place_need,
    place_plan,
    redispatch,
)
from wushe.orders.enrol import _stated
from wushe.orders.ranks import BEST, ranks
from wushe.plan import Plan
from wushe.plugins.manager import Plugins

PLUGINS = wushe.load_plugins()


def plan_of(rows: Rows, plugins: Plugins = PLUGINS) -> Plan:
    """Return the plan of `rows`."""
    return wushe.make_plan(city_of(rows, plugins), plugins=plugins, on=ON)


@cache
def demo() -> Plan:
    """Return the plan of the demo street."""
    rules = wushe.load_plugins("wuchang")
    return wushe.make_plan(
        wushe.read(demo_path("wuchang"), plugins=rules), plugins=rules, on="2025-09-15"
    )


def store_of(plan: Plan, plugins: Plugins = PLUGINS) -> MemoryStore:
    """Return a store in which the helpers and places of the plan's network are enrolled."""
    store = MemoryStore(DOMAIN, plugins)
    store.run(MORNING, enroll, helpers=helpers_of(plan.network), areas=areas_of(plan.network))
    return store


def by_hand(matching: Matching, row: int) -> list[tuple[int, int]]:
    """Return (offer, extra) of all who do not serve need `row`, best first, by sorting them all."""
    c, flow = matching.candidates, matching.flow
    serving = set(matching.offer[matching.need == row].tolist())
    found = [
        (int(c.cost[e]) + int(flow.column_price[c.offer[e]]), int(c.offer[e]))
        for e in range(int(c.start[row]), int(c.start[row + 1]))
        if int(c.offer[e]) not in serving and matching.problem.capacity[c.offer[e]] > 0
    ]
    return [(offer, max(total - int(flow.row_price[row]), 0)) for total, offer in sorted(found)]


def test_one_order_for_each_item_of_the_demo_street() -> None:
    """Orders carry what the plan's items say: need, amount, category, client and the one who was planned."""
    plan = demo()
    store = store_of(plan, wushe.load_plugins("wuchang"))
    placed = store.run(MORNING, place_plan, plan=plan).answer
    orders = [order(store, key) for key in placed]
    said = sorted((o.need, o.amount, o.category, o.candidates[0].offer, o.client) for o in orders)
    expected = sorted(
        (item.need, item.amount, item.category.id, item.offer, client.client.id)
        for client in plan
        for item in client.items
    )
    assert said == expected
    assert {o.id.removeprefix("O-").rpartition("-")[0] for o in orders} <= {
        o.need.rpartition("-")[0] for o in orders if o.need
    } | {o.need for o in orders}


def test_the_planned_are_asked_first() -> None:
    """Each of the demo street's orders goes to the provider that the plan names."""
    plan = demo()
    store = store_of(plan, wushe.load_plugins("wuchang"))
    answer = store.run(MORNING, dispatch_plan, plan=plan).answer
    assert len(answer["dispatched"]) == len(plan.items)
    calls = sorted((c.helper, c.offer) for c in store.state.find("call"))
    assert calls == sorted((item.provider.id, item.offer) for item in plan.items)


def test_a_plan_dispatched_twice_places_nothing_twice() -> None:
    """The second time nothing happens, neither right away nor after orders were taken back."""
    plan = demo()
    store = store_of(plan, wushe.load_plugins("wuchang"))
    first = store.run(MORNING, dispatch_plan, plan=plan).answer["placed"]
    events = len(store.log)
    again = store.run(Act("2025-09-16T09:00:00+08:00", "station"), dispatch_plan, plan=plan)
    assert (again.answer, len(store.log)) == (
        {"placed": [], "dispatched": [], "waiting": [], "nobody": []},
        events,
    )
    store.run(MORNING, cancel, order=first[0], reason="not_needed")
    assert store.run(MORNING, dispatch_plan, plan=plan).events == ()


def test_a_later_plan_orders_again_what_came_to_nothing() -> None:
    """Of a plan of a later day only the need whose order was taken back gets a new order, under a new id."""
    plan = demo()
    store = store_of(plan, wushe.load_plugins("wuchang"))
    first = store.run(MORNING, dispatch_plan, plan=plan).answer["placed"][0]
    store.run(MORNING, cancel, order=first, reason="entered_wrong")
    later = attrs.evolve(plan, on=plan.on.replace(day=20))
    assert store.run(MORNING, place_plan, plan=later).answer == [f"{first}-2"]


def test_a_need_with_several_offers_has_an_order_for_each() -> None:
    """Three hours that two offers give are two orders, which add up to the need."""
    rows = village(
        needs=[Need(id="N", category="visit", household="H", quantity=3, unit="hour")],
        offers=[
            Offer(
                id=i,
                provider=p,
                categories=("visit",),
                quantity=q,
                unit="hour",
                skills=("visiting",),
            )
            for i, p, q in (("A", "O", 2), ("B", "CC1", 1))
        ],
    )
    plan = plan_of(rows)
    store = store_of(plan)
    placed = store.run(MORNING, dispatch_plan, plan=plan).answer["placed"]
    assert placed == ["O-N", "O-N-2"]
    assert sorted(order(store, key).amount for key in placed) == [60, 120]
    assert {c.helper for c in store.state.find("call")} == {"O", "CC1"}


# --- ranking -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_candidates_are_ranked_by_the_dual_prices(seed: int) -> None:
    """For every need of a drawn city the ranking is what sorting all pairs by cost plus price gives."""
    matching = plan_of(seeded_rows(seed)).matching
    rows = np.arange(len(matching.prepared.needs))
    found = ranks(matching, rows)
    for row in rows.tolist():
        expected = by_hand(matching, row)[:BEST]
        mine = [
            (int(matching.candidates.offer[e]), int(x))
            for e, x in zip(found.edge[row], found.extra[row], strict=True)
            if e >= 0
        ]
        assert mine == expected


@pytest.mark.parametrize("first", [8, 9, 12])
def test_few_pairs_are_enough_where_the_rest_cannot_be_better(
    first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking at the cheapest pairs first gives the same ranking as looking at all of them."""
    monkeypatch.setattr("wushe.orders.ranks.FIRST", first)
    needs = [
        Need(id=f"N{n}", category="visit", household="H", quantity=n % 3 + 1, unit="hour")
        for n in range(9)
    ]
    people = [
        wushe.Volunteer(
            id=f"V{n:02d}", name="王一", place=f"42010600{1 + n % 2}001", weekly_hours=n % 4 + 1, skills=("visiting",),
            reach="county",
        )
        for n in range(20)
    ]  # fmt: skip
    matching = plan_of(village(needs=needs, volunteers=people)).matching
    every = np.arange(len(matching.prepared.needs))
    assert (np.diff(matching.candidates.start) > first).sum() > 5, "some have more pairs than that"
    found = ranks(matching, every)
    for row in every.tolist():
        mine = [int(matching.candidates.offer[e]) for e in found.edge[row] if e >= 0]
        assert mine == [offer for offer, _ in by_hand(matching, row)[:BEST]]


@pytest.mark.parametrize("seed", range(12))
def test_the_ranking_is_the_live_matchings(seed: int) -> None:
    """Where nothing has changed since, the live matching names the same offers in the same order."""
    plan = plan_of(seeded_rows(seed))
    live = go_live(plan, PLUGINS)
    store = store_of(plan)
    compared = 0
    for key in store.run(MORNING, place_plan, plan=plan).answer:
        now = order(store, key)
        if now.need is None or not live.has_need(now.need):
            continue
        served = {offer for offer, _ in live.served_by(now.need)}
        mine = [(c.offer, c.extra) for c in now.candidates if c.offer not in served]
        assert mine == [(b.offer, b.extra) for b in live.next_best(now.need, BEST)]
        compared += 1
    assert compared or not len(plan.matching.need)


def test_the_scarce_helper_is_left_to_whom_needs_them_more() -> None:
    """B is next door but the only one for two other needs and has time for one; C, further off, is asked first."""
    home, away = "420106001001", "420106002001"
    hour: dict[str, Any] = {"quantity": 1, "unit": "hour", "reach": "county"}
    rows = village(
        needs=[
            Need(id="N", category="visit", household="H", quantity=1, unit="hour"),
            Need(id="M1", category="policy_talk", household="H", quantity=1, unit="hour"),
            Need(id="M2", category="policy_talk", household="H", quantity=1, unit="hour"),
        ],
        offers=[
            Offer(id="A", provider="O", categories=("visit",), skills=("visiting",), place=home, **hour),
            Offer(id="B", provider="CC1", categories=("policy_talk", "visit"), skills=("policy", "visiting"),
                  place=home, **hour),
            Offer(id="C", provider="O", categories=("visit",), skills=("visiting",), place=away, **hour),
        ],
    )  # fmt: skip
    plan = plan_of(rows)
    cost = dict(go_live(plan, PLUGINS).candidates("N"))
    assert cost["B"] < cost["C"], "by what fits best B would come before C"
    store = store_of(plan)
    store.run(MORNING, place_plan, plan=plan)
    assert [c.offer for c in order(store, "O-N").candidates] == ["A", "C", "B"]


def test_a_declined_order_asks_whom_the_live_matching_names() -> None:
    """With a live matching given, its next best is asked, who may be newer than the plan."""
    rows = village(
        needs=[Need(id="N", category="visit", household="H", quantity=1, unit="hour")],
        volunteers=[
            wushe.Volunteer(
                id=key, name="王一", place="420106001001", skills=("visiting",), weekly_hours=5
            )
            for key in ("VA", "VB")
        ],
    )
    plan = plan_of(rows)
    store, live = store_of(plan), go_live(plan, PLUGINS)
    store.run(MORNING, dispatch_plan, plan=plan)
    (first,) = store.state.find("call")
    newcomer = Offer(
        id="new", provider="CC1", categories=("visit",), quantity=9, unit="hour", skills=("visiting",),
        place="420106001001",
    )  # fmt: skip
    live.add_offer(newcomer)
    live.set_capacity(*({"VA:hours", "VB:hours"} - {first.offer}), 0)
    store.run(MORNING, decline, order="O-N", helper=first.helper, reason="busy", live=live)
    assert states(store, "O-N") == {first.helper: "declined", "CC1": "asked"}


# --- guards and what cannot be asked now -----------------------------------------------------------


def test_what_the_planned_cannot_take_goes_to_the_next_best_or_waits() -> None:
    """A volunteer whom the plan gives seven orders is asked five times; the others wait for another week."""
    needs = [
        Need(id=f"N{n}", category="visit", household="H", quantity=1, unit="hour") for n in range(7)
    ]
    helper = wushe.Volunteer(
        id="VA", name="王一", place="420106001001", skills=("visiting",), weekly_hours=9
    )
    plan = plan_of(village(needs=needs, volunteers=[helper]))
    store = store_of(plan)
    answer = store.run(MORNING, dispatch_plan, plan=plan).answer
    assert [len(answer[name]) for name in ("placed", "dispatched", "nobody")] == [7, 5, 2]
    assert {order(store, key).status for key in answer["nobody"]} == {"placed"}
    later = store.run(Act("2025-09-23T09:00:00+08:00", "station"), dispatch_plan, plan=plan).answer
    assert (later["placed"], later["dispatched"]) == ([], answer["nobody"])


# --- teams -----------------------------------------------------------------------------------------


class Team:
    """A category that asks for a visitor and a counsellor together."""

    @wushe.hookimpl
    def register_need_categories(self) -> list[NeedCategory]:
        """One team."""
        roles = (Role("visit", 60), Role("counselling", 90))
        return [
            NeedCategory("joint_visit", "联合走访", "joint visit", "service", "time", roles=roles)
        ]


def test_a_team_need_is_one_order_with_all_its_roles() -> None:
    """Both roles are asked, each of the one planned; further candidates know their role."""
    plugins = wushe.load_plugins(Team())
    people = [
        wushe.Volunteer(id=key, name="王一", place="420106001001", skills=(skill,), weekly_hours=20)
        for key, skill in (("VA", "visiting"), ("VB", "visiting"), ("VC", "counselling"))
    ]
    need = Need(id="N", category="joint_visit", household="H", quantity=2, unit="time")
    plan = plan_of(village(needs=[need], volunteers=people), plugins)
    store = store_of(plan, plugins)
    assert store.run(MORNING, dispatch_plan, plan=plan).answer["dispatched"] == ["O-N"]
    now = order(store, "O-N")
    assert (now.category, now.amount, now.dimension) == ("joint_visit", 2, "time")
    assert [(s.category, s.amount) for s in now.roles] == [("visit", 120), ("counselling", 180)]
    calls = {c.role: c for c in store.state.find("call")}
    assert (calls[0].amount, calls[1].helper, calls[1].minutes) == (120, "VC", 180)
    (other,) = now.candidates
    assert {calls[0].helper, other.provider} == {"VA", "VB"}
    assert other.role == 0
    store.run(MORNING, accept, order="O-N", helper="VC")
    store.run(MORNING, decline, order="O-N", helper=calls[0].helper, reason="ill")
    assert states(store, "O-N")[other.provider] == "asked"


# --- helpers and needs of the tables -----------------------------------------------------------------


def test_helpers_are_all_who_may_stand_behind_an_offer() -> None:
    """Every provider of the demo street is enrolled once, with what the guards ask."""
    network = demo().network
    helpers = {helper.id: helper for helper in helpers_of(network)}
    every = [key for kind in wushe.model.help.PROVIDERS for key in network.tables[kind].ids]
    assert sorted(helpers) == sorted(every)
    for record in network["volunteers"].records():
        mine = helpers[record.id]
        assert mine.weekly_minutes == (
            None if record.weekly_hours is None else 60 * record.weekly_hours
        )
        assert mine.vetted_on == (
            None if record.vetted_on is None else record.vetted_on.isoformat()
        )
        assert mine.skills == tuple(sorted(record.skills or ()))
    for record in network["social_workers"].records():
        assert helpers[record.id].caseload_limit == record.caseload_limit
        assert helpers[record.id].caseload == (record.caseload or 0)


def test_a_vetting_stated_with_an_offer_counts_for_its_provider() -> None:
    """An organization is vetted by what its offers say; the latest counts."""
    import datetime as dt

    offers = [
        Offer(
            id=f"A{n}", provider="O", categories=("visit",), quantity=1, unit="hour", vetted_on=day
        )
        for n, day in enumerate((dt.date(2025, 1, 1), dt.date(2025, 6, 1), None))
    ]
    network = city_of(village(offers=offers), PLUGINS)
    assert _stated(network.tables["offers"])["O"][0] == "2025-06-01"
    assert next(h for h in helpers_of(network) if h.id == "O").vetted_on == "2025-06-01"


def test_a_need_of_the_tables_is_placed_with_what_the_tables_say() -> None:
    """Amount in base units, skills of need and category, place, hours, groups, and that a child is served."""
    import datetime as dt

    rows = village(
        persons=[wushe.Person(id="P", household="H", birth=dt.date(2015, 1, 1), target_groups=("orphan",))],
        needs=[
            Need(id="N", category="tutoring", person="P", quantity=2, unit="hour", urgency="urgent",
                 on_day=ON, starts="09:00", ends="11:00", skills=("visiting",)),
        ],
    )  # fmt: skip
    network = city_of(rows, PLUGINS)
    store = MemoryStore(DOMAIN, PLUGINS)
    key = store.run(MORNING, place_need, network=network, need="N").answer
    now = order(store, key)
    said: dict[str, Any] = {
        "id": "O-N", "client": "H", "client_kind": "households", "amount": 120, "minor": True,
        "skills": ("tutoring", "visiting"), "groups": ("orphan",), "place": "420106001001",
        "on_day": ON.isoformat(), "starts": 540, "ends": 660, "urgency": "urgent", "form": "service",
    }  # fmt: skip
    assert {name: getattr(now, name) for name in said} == said


def test_redispatch_of_a_planned_order_follows_its_ranking() -> None:
    """Declined and left to be decided, the order goes on by the ranking it carries when somebody says so."""
    rows = village(
        needs=[Need(id="N", category="visit", household="H", quantity=1, unit="hour")],
        volunteers=[
            wushe.Volunteer(
                id=key, name="王一", place="420106001001", skills=("visiting",), weekly_hours=5
            )
            for key in ("VA", "VB", "VC")
        ],
    )
    plan = plan_of(rows)
    store = store_of(plan)
    store.run(MORNING, dispatch_plan, plan=plan)
    ranking = [c.provider for c in order(store, "O-N").candidates]
    (first,) = store.state.find("call")
    store.run(MORNING, decline, order="O-N", helper=first.helper, reason="busy", onward=False)
    assert order(store, "O-N").status == "declined"
    store.run(MORNING, redispatch, order="O-N")
    assert states(store, "O-N") == {first.helper: "declined", ranking[0]: "asked"}
