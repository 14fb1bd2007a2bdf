"""Guards: who may not be asked, accept or go on, and what they are told. Each holds at every transition."""

from typing import Any

import numpy as np
import pytest

from order_town import MORNING, City, candidates, order, states, town, visit
from wushe.errors import Problem, RefusedError
from wushe.journal import Act, MemoryStore
from wushe.model.ordering import OrderGuard, OrderRules
from wushe.orders import (
    Candidate,
    Helper,
    accept,
    complete,
    decline,
    dispatch,
    enroll,
    redispatch,
    reopen,
    report_part,
    start,
)
from wushe.orders.problems import GUARDS
from wushe.text import Text

FIT: dict[str, Any] = {"skills": ("visiting",), "vetted_on": "2025-03-01"}
HOUR = {"on_day": "2025-09-16", "starts": 540, "ends": 600}

# Facts of the helper, facts of the order, the objection (None: none).
ALONE = [
    # vetting for work with minors: within 365 days before the service, not in the future, services only
    ({"vetted_on": None}, {"minor": True}, "guard-vetting"),
    ({"vetted_on": "2024-09-15"}, {"minor": True}, None),
    ({"vetted_on": "2024-09-14"}, {"minor": True}, "guard-vetting"),
    ({"vetted_on": "2024-09-15"}, {"minor": True, "on_day": "2025-09-16"}, "guard-vetting"),
    ({"vetted_on": "2025-09-16"}, {"minor": True, "on_day": "2025-09-17"}, "guard-vetting"),
    ({"vetted_on": None}, {"minor": False}, None),
    ({"vetted_on": None}, {"minor": True, "form": "goods", "dimension": "piece"}, None),
    # under-age volunteers: the guardian's consent, no emergencies, no counselling or care
    ({"minor": True, "guardian_consent": True}, {}, None),
    ({"minor": True, "guardian_consent": False}, {}, "guard-guardian"),
    ({"minor": True, "guardian_consent": None}, {}, "guard-guardian"),
    ({"minor": True, "guardian_consent": True}, {"urgency": "emergency"}, "guard-adults-only"),
    (
        {"minor": True, "guardian_consent": True, "skills": ("counselling",)},
        {"skills": ["counselling"]},
        "guard-adults-only",
    ),
    # nobody volunteers at home
    ({"family": "H1"}, {}, "guard-own-household"),
    ({"family": "H2"}, {}, None),
    # skills of single persons; a firm sends whoever has them
    ({"skills": ()}, {"skills": ["visiting"]}, "guard-skill"),
    ({"skills": (), "kind": "organizations"}, {"skills": ["visiting"]}, None),
    # dates: gone, not there yet on the day, undated help may begin later
    ({"available_to": "2025-09-14"}, {}, "guard-dates"),
    ({"available_to": "2025-09-15"}, {}, None),
    ({"available_from": "2025-09-17"}, {"on_day": "2025-09-16"}, "guard-dates"),
    ({"available_from": "2025-09-17"}, {}, None),
    # what a resource is restricted to
    ({"categories": ("food",), "kind": "resources"}, {}, "guard-restriction"),
    ({"for_places": ("420107",)}, {"place": "420106001001"}, "guard-restriction"),
    ({"for_places": ("420106",)}, {"place": "420106001001"}, None),
    ({"for_places": ("X",)}, {"place": "X"}, None),
    ({"for_places": ("420106",)}, {}, "guard-restriction"),
    ({"for_groups": ("dibao",)}, {"groups": ["carer"]}, "guard-restriction"),
    ({"for_groups": ("dibao",)}, {"groups": ["carer", "dibao"]}, None),
    ({"for_clients": ("H2",)}, {}, "guard-restriction"),
    ({"for_clients": ("H1",)}, {}, None),
    # caseload: households before and here together
    ({"caseload": 9, "caseload_limit": 9, "kind": "social_workers"}, {}, "guard-caseload"),
    ({"caseload": 8, "caseload_limit": 9, "kind": "social_workers"}, {}, None),
    # the week
    ({"weekly_minutes": 59}, {}, "guard-week-full"),
    ({"weekly_minutes": 60}, {}, None),
    ({"weekly_minutes": 59, "kind": "volunteer_teams"}, {}, None),
]  # fmt: skip


def one(facts: dict[str, Any]) -> MemoryStore:
    """Return a town with one helper X."""
    known = {"kind": "volunteers", **FIT, **facts}
    return town([Helper("X", **known)])


def refused(store: MemoryStore, command: Any, **arguments: Any) -> list[str]:
    """Return the codes with which a command is refused, [] where it is not."""
    before = len(store.log)
    problems: tuple[Problem, ...] = ()
    try:
        store.run(MORNING, command, **arguments)
    except RefusedError as error:
        problems = error.problems
    assert (len(store.log) == before) == bool(problems)
    assert all(p.field == "helper" and p.say("zh") != p.say("en") for p in problems)
    return [p.code for p in problems]


@pytest.mark.parametrize(("facts", "asked", "code"), ALONE)
def test_guard_at_dispatch(facts: dict[str, Any], asked: dict[str, Any], code: str | None) -> None:
    """Who must not do it is not asked: the refusal has the guard's own code."""
    store = one(facts)
    key = visit(store, **asked)
    assert refused(store, dispatch, order=key, to=["X"]) == ([] if code is None else [code])


@pytest.mark.parametrize(("facts", "asked", "code"), [row for row in ALONE if row[2]])
def test_guard_at_acceptance(facts: dict[str, Any], asked: dict[str, Any], code: str) -> None:
    """Asked while all was well: what is found out since stops the acceptance."""
    store = one(_harmless(facts))
    key = visit(store, **asked)
    store.run(MORNING, dispatch, order=key, to=["X"])
    store.run(MORNING, enroll, helpers=[Helper("X", **{"kind": "volunteers", **FIT, **facts})])
    assert refused(store, accept, order=key, helper="X") == [code]
    assert order(store, key).status == "dispatched"


STANDING = {"guard-caseload", "guard-week-full"}
"""What weighs new work only: who has it already goes on with it."""


@pytest.mark.parametrize("command", [start, report_part, reopen])
@pytest.mark.parametrize(("facts", "asked", "code"), [row for row in ALONE if row[2]])
def test_guard_while_the_work_goes_on(
    command: Any, facts: dict[str, Any], asked: dict[str, Any], code: str
) -> None:
    """What is found out after acceptance stops the start, a part's report and going on after a complaint."""
    store = one(_harmless(facts))
    key = visit(store, **asked)
    store.run(MORNING, dispatch, order=key, to=["X"])
    store.run(MORNING, accept, order=key, helper="X")
    arguments = {report_part: {"amount": 10}, reopen: {"reason": "poor_work"}}.get(command, {})
    if command is reopen:
        store.run(MORNING, complete, order=key)
    store.run(MORNING, enroll, helpers=[Helper("X", **{"kind": "volunteers", **FIT, **facts})])
    expected = [] if code in STANDING and command is not reopen else [code]
    assert refused(store, command, order=key, **arguments) == expected


def _harmless(facts: dict[str, Any]) -> dict[str, Any]:
    """Return facts of the same kind of helper that nothing speaks against."""
    skills = ("counselling", "visiting")
    return {"kind": facts.get("kind", "volunteers"), "vetted_on": "2025-09-15", "skills": skills}


def test_all_objections_at_once() -> None:
    """Four guards object to one helper, and a second helper has one of their own: five problems."""
    store = town(
        [
            Helper("X", "volunteers", minor=True, available_to="2025-01-01", for_groups=("dibao",)),
            Helper("Y", "volunteers", vetted_on="2025-09-01"),
        ]
    )
    key = visit(store, minor=True, skills=["visiting"])
    with pytest.raises(RefusedError) as caught:
        store.run(MORNING, dispatch, order=key, to=["X", "Y"])
    assert [(p.value, p.code) for p in caught.value.problems] == [
        ("X", "guard-vetting"), ("X", "guard-guardian"), ("X", "guard-skill"), ("X", "guard-dates"),
        ("X", "guard-restriction"), ("Y", "guard-skill"),
    ]  # fmt: skip


# --- what one has already ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"starts": 599, "ends": 660}, "guard-overlap"),
        ({"starts": 480, "ends": 541}, "guard-overlap"),
        ({"starts": 550, "ends": 560}, "guard-overlap"),
        ({"starts": 600, "ends": 660}, None),  # one ends as the other begins
        ({"starts": 480, "ends": 540}, None),
        ({"on_day": "2025-09-17"}, None),
        ({"starts": None, "ends": None}, None),  # no hour is fixed
    ],
)
def test_one_place_at_a_time(other: dict[str, Any], code: str | None) -> None:
    """Nobody is asked for, or accepts, two orders of one time."""
    store = town()
    first, second = visit(store, **HOUR), visit(store, client="H2", **{**HOUR, **other})
    store.run(MORNING, dispatch, order=first, to=["V1"])
    assert refused(store, dispatch, order=second, to=["V1"]) == ([] if code is None else [code])
    # Asked for both by hand at different moments, only one can be accepted.
    store = town()
    first = visit(store, **HOUR)
    second = visit(store, client="H2", **{**HOUR, **other})
    _ask_unguarded(store, first, second)
    store.run(MORNING, accept, order=first, helper="V1")
    assert refused(store, accept, order=second, helper="V1") == ([] if code is None else [code])


def _ask_unguarded(store: MemoryStore, *keys: str) -> None:
    def both(s: Any) -> None:
        for key in keys:
            row = [1, "V1", "volunteers", None, -1, 60, 60]
            s.record(
                "order.dispatched",
                f"order/{key}",
                {"asked": [row], "due": "2025-09-17T01:00:00.000000Z"},
            )

    store.run(MORNING, both)


def test_one_visit_is_one_occasion() -> None:
    """Two needs of one household that are served in the same visit may have the same hour."""
    from wushe.orders.placing import Request, place_request

    store = town()
    keys = []
    for need, client in (("N1", "H1"), ("N2", "H1"), ("N3", "H2")):
        request = Request(
            client, "households", "visit", 60, "service", "minute", need=need, visit="A", **HOUR
        )
        keys.append(store.run(MORNING, place_request, request=request).answer)
    for key in keys[:2]:
        store.run(MORNING, dispatch, order=key, to=["V1"])
    assert refused(store, dispatch, order=keys[2], to=["V1"]) == ["guard-overlap"]


def test_teams_and_firms_can_be_in_many_places() -> None:
    """Overlapping times only concern single persons."""
    store = town([Helper("T", "volunteer_teams")])
    for client in ("H1", "H2"):
        key = visit(store, client=client, **HOUR)
        assert refused(store, dispatch, order=key, to=["T"]) == []


def test_caseload_counts_households_not_orders() -> None:
    """With a limit of two: two orders of one household are one case, a third household is too many."""
    store = town([Helper("W", "social_workers", caseload_limit=2)])
    for client in ("H1", "H1", "H2"):
        key = visit(store, client=client)
        store.run(MORNING, dispatch, order=key, to=["W"])
        store.run(MORNING, accept, order=key, helper="W")
    key = visit(store, client="H3")
    assert refused(store, dispatch, order=key, to=["W"]) == ["guard-caseload"]


def test_a_case_that_is_done_makes_room() -> None:
    """When the first household's order is done the third may come; it could not be reopened then."""
    store = town([Helper("W", "social_workers", caseload_limit=1)])
    first, second = visit(store), visit(store, client="H2")
    store.run(MORNING, dispatch, order=first, to=["W"])
    store.run(MORNING, accept, order=first, helper="W")
    assert refused(store, dispatch, order=second, to=["W"]) == ["guard-caseload"]
    store.run(MORNING, complete, order=first)
    store.run(MORNING, dispatch, order=second, to=["W"])
    store.run(MORNING, accept, order=second, helper="W")
    assert refused(store, reopen, order=first, reason="poor_work") == ["guard-caseload"]


def test_the_week_is_the_week_of_the_service() -> None:
    """Two hours a week: full this week, free in the next; what was done this week counts."""
    store = town([Helper("X", "volunteers", weekly_minutes=120)])
    for client, day in (("H1", "2025-09-16"), ("H2", "2025-09-17")):
        key = visit(store, client=client, on_day=day)
        store.run(MORNING, dispatch, order=key, to=["X"])
        store.run(MORNING, accept, order=key, helper="X")
        store.run(MORNING, complete, order=key)
    this, following = (
        visit(store, client="H3", on_day=day) for day in ("2025-09-18", "2025-09-22")
    )
    assert refused(store, dispatch, order=this, to=["X"]) == ["guard-week-full"]
    assert refused(store, dispatch, order=following, to=["X"]) == []


def test_nobody_is_asked_too_often() -> None:
    """Five requests in seven days are enough, whatever became of them; a week later they may be asked again."""
    store = town()
    for client in range(5):
        key = visit(store, client=f"H{client}")
        store.run(MORNING, dispatch, order=key, to=["V1"])
        store.run(MORNING, decline, order=key, helper="V1", reason="busy", onward=False)
    key = visit(store, "V1", "V2", client="H9")
    assert refused(store, dispatch, order=key, to=["V1"]) == ["guard-weekly-calls"]
    store.run(MORNING, dispatch, order=key)
    assert states(store, key) == {"V2": "asked"}
    later = Act("2025-09-22T09:00:01+08:00", "station")
    store.run(later, decline, order=key, helper="V2", reason="busy", onward=False)
    store.run(later, redispatch, order=key, to=["V1"])
    assert states(store, key)["V1"] == "asked"


def test_workers_may_be_asked_as_often_as_needed() -> None:
    """The cap protects volunteers; it is the work of others to be asked."""
    store = town()
    for client in range(7):
        key = visit(store, client=f"H{client}")
        assert refused(store, dispatch, order=key, to=["W1"]) == []


def test_one_person_does_not_fill_two_roles() -> None:
    """A team of two visitors is not one visitor twice."""
    from wushe.orders.placing import Request, place_request
    from wushe.orders.records import Slot

    store = town()
    slots = (Slot("visit", 60), Slot("visit", 60))
    ranked = tuple(Candidate("V1", "volunteers", None, 0, role) for role in (0, 1))
    request = Request(
        "H1", "households", "pair", 1, "service", "time", roles=slots, candidates=ranked
    )
    key = store.run(MORNING, place_request, request=request).answer
    with pytest.raises(RefusedError) as caught:
        store.run(MORNING, dispatch, order=key)
    assert [p.code for p in caught.value.problems] == ["nobody-able"]
    with pytest.raises(RefusedError) as caught:
        store.run(MORNING, dispatch, order=key, to=[(0, "V1"), (1, "V1")])
    assert "guard-two-roles" in [p.code for p in caught.value.problems]


def test_an_offer_is_not_asked_for_more_than_it_gives() -> None:
    """A candidate whose offer gives at most 30 to one need is passed over for an order of 60."""
    store = town()
    short = Candidate("V1", "volunteers", "V1:hours", 0, most=30)
    key = visit(store, candidates=[short, *candidates("V2")])
    store.run(MORNING, dispatch, order=key)
    assert states(store, key) == {"V2": "asked"}


# --- a city's own guards -------------------------------------------------------------------------


def city(*guards: OrderGuard) -> Any:
    """Return plugins with these guards on all orders."""

    return City(OrderRules("city", guards=guards))


def test_a_citys_guard_sees_columns_and_refuses_by_its_label() -> None:
    """The guard gets what its specification lists, and its label is what the refused are told."""
    seen: list[Any] = []

    def small(orders: Any, helpers: Any) -> Any:
        seen.append((orders, helpers))
        return (orders["amount"] <= 30) | (helpers["kind"] != "volunteers")

    store = town()
    key = visit(store, urgency="urgent", place="420106001", on_day="2025-09-16")
    store.plugins = city(
        OrderGuard("small", Text("志愿者只接半小时以内的", "volunteers: 30 minutes at most"), small)
    )
    with pytest.raises(RefusedError) as caught:
        store.run(MORNING, dispatch, order=key, to=["V1", "W1"])
    assert [(p.code, p.value) for p in caught.value.problems] == [("guard-city", "V1")]
    assert "30 minutes at most" in str(caught.value)
    orders, helpers = seen[0]
    assert {name: orders[name].tolist() for name in orders.arrays} == {
        "id": [key], "category": ["visit"], "urgency": [2], "amount": [60], "minor": [False],
        "place": ["420106001"], "partners": [None], "on_day": ["2025-09-16"],
    }  # fmt: skip
    assert {name: helpers[name].tolist() for name in helpers.arrays} == {
        "id": ["V1"], "kind": ["volunteers"], "place": ["420106001001"], "minor": [False],
        "skills": [("visiting",)], "vetted_on": [None],
    }  # fmt: skip


def test_a_citys_guard_holds_again_at_acceptance() -> None:
    """What the city forbids between dispatch and acceptance is refused at acceptance."""
    store = town()
    key = visit(store)
    store.run(MORNING, dispatch, order=key, to=["V1"])
    never = OrderGuard("never", Text("暂停", "paused"), lambda o, h: np.zeros(len(o), dtype=bool))
    store.plugins = city(never)
    assert refused(store, accept, order=key, helper="V1") == ["guard-city"]


def test_every_guard_has_been_seen_here() -> None:
    """The list of guards is the list of what these tests provoke."""
    provoked = {code for _, _, code in ALONE if code} | {
        "helper-not-enrolled", "guard-overlap", "guard-weekly-calls", "guard-two-roles", "guard-amount",
        "guard-city",
    }  # fmt: skip
    assert {kind.code for kind in GUARDS} == provoked


# --- what a review found ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mine", "theirs", "clash"),
    [
        ({"starts": 540}, {"starts": 570, "ends": 630}, True),  # an hour's work from nine on
        ({"starts": 540}, {"starts": 600, "ends": 660}, False),
        ({"ends": 600}, {"starts": 570, "ends": 630}, True),  # to be done by ten
        ({"ends": 600}, {"starts": 600}, False),
        ({"starts": 540}, {"starts": 540}, True),
    ],
)
def test_an_appointment_with_one_end_open_takes_as_long_as_the_work(
    mine: dict[str, int], theirs: dict[str, int], clash: bool
) -> None:
    """Nobody is in two places because somebody left out when a visit ends."""
    store = town()
    day = {"on_day": "2025-09-16"}
    first, second = (
        visit(store, **day, **mine),
        visit(store, client="H2", order="B", **day, **theirs),
    )
    store.run(MORNING, dispatch, order=first, to=["V1"])
    if not clash:
        store.run(MORNING, dispatch, order=second, to=["V1"])
        return
    with pytest.raises(RefusedError) as caught:
        store.run(MORNING, dispatch, order=second, to=["V1"])
    assert [problem.code for problem in caught.value.problems] == ["guard-overlap"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "dragons"}, "kind"),
        ({"vetted_on": "soon"}, "vetted_on"),  # compared as text, it would pass the guard for ever
        ({"available_to": "2025-9-1"}, "available_to"),
        ({"caseload_limit": -1}, "caseload_limit"),
    ],
)
def test_nonsense_about_a_helper_is_not_enrolled(fields: dict[str, Any], field: str) -> None:
    """Guards rely on it."""
    store = town()
    with pytest.raises(RefusedError) as caught:
        store.run(MORNING, enroll, helpers=[Helper(**{"id": "X", "kind": "volunteers", **fields})])
    assert [problem.field for problem in caught.value.problems] == [field]
    assert store.state.get("helper", "X") is None
