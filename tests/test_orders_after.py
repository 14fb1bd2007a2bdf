"""Orders of a chain: what comes after another need is not given out before that one's order is done."""

import datetime as dt
from typing import Any

import pytest

import wushe
from wushe import Household, Need, Offer, Organization, Place, RefusedError, Volunteer
from wushe.journal import Act, MemoryStore
from wushe.orders import (
    DOMAIN,
    accept,
    areas_of,
    cancel,
    complete,
    dispatch,
    dispatch_plan,
    enroll,
    helpers_of,
    place_need,
)

ON = dt.date(2025, 9, 15)
RULES = wushe.load_plugins()
RECORDS = (
    Place(id="A", name="甲街道", level="street"),
    Household(id="H", name="甲", place="A", referral_consent=True),
    Volunteer(id="V1", name="乙", place="A", skills=("visiting",), weekly_hours=9),
    Volunteer(id="V2", name="丙", place="A", skills=("errand",), weekly_hours=9),
)


def city(first: str = "open") -> wushe.LinkageNetwork:
    """Return a city with a visit, and an errand after it."""
    needs = (
        Need(id="N1", category="visit", household="H", status=first),
        Need(id="N2", category="errand", household="H", after="N1"),
    )
    return wushe.build_network_from_records(
        [*RECORDS, *needs], RULES.categories, RULES.target_groups
    )


class Desk:
    """A store whose acts happen an hour apart."""

    def __init__(self, network: wushe.LinkageNetwork) -> None:
        self.network, self.hour = network, 8
        self.store = MemoryStore(DOMAIN, RULES)
        self.do(enroll, helpers=helpers_of(network), areas=areas_of(network))

    def do(self, command: Any, **named: Any) -> Any:
        """Run a command and return its answer."""
        self.hour += 1
        return self.store.run(Act(f"{ON}T{self.hour:02d}:00:00+08:00", "W"), command, **named).answer  # fmt: skip

    def sent(self) -> dict[str, list[str]]:
        """Dispatch the plan."""
        plan = wushe.make_plan(self.network, plugins=RULES, on=ON)
        found: dict[str, list[str]] = self.do(dispatch_plan, plan=plan)
        return found


def test_a_plan_sends_out_the_first_step_only() -> None:
    """Both are planned and placed; the second waits, and goes out with the same plan once the first is done."""
    desk = Desk(city())
    assert desk.sent() == {
        "placed": ["O-N1", "O-N2"],
        "dispatched": ["O-N1"],
        "waiting": ["O-N2"],
        "nobody": [],
    }
    desk.do(accept, order="O-N1", helper="V1")
    assert desk.sent()["dispatched"] == []
    desk.do(complete, order="O-N1")
    assert desk.sent() == {"placed": [], "dispatched": ["O-N2"], "waiting": [], "nobody": []}


def test_nobody_is_asked_by_name_either() -> None:
    """The refusal names the need that comes first, once, whoever is meant."""
    desk = Desk(city())
    desk.sent()
    for to in (None, ["V2"]):
        with pytest.raises(RefusedError) as caught:
            desk.do(dispatch, order="O-N2", to=to)
        (problem,) = caught.value.problems
        assert problem.code == "order-waits"
        assert "N1" in problem.say("zh")
        assert "N1" in problem.say("en")


def test_a_step_that_came_to_nothing_opens_no_door() -> None:
    """Cancelled is not done."""
    desk = Desk(city())
    desk.sent()
    desk.do(cancel, order="O-N1", reason="not_needed")
    with pytest.raises(RefusedError, match="N1"):
        desk.do(dispatch, order="O-N2")


def test_what_was_met_before_is_waited_for_no_more() -> None:
    """The tables say that the first need is met: the second is an order like any other."""
    desk = Desk(city("met"))
    assert desk.sent()["dispatched"] == ["O-N2"]
    assert desk.store.state.get("order", "O-N2").after is None


def test_an_order_placed_from_the_needs_list_waits_as_well() -> None:
    """Whether a plan or a worker placed it."""
    desk = Desk(city())
    order = desk.do(place_need, network=desk.network, need="N2")
    assert desk.store.state.get("order", order).after == "N1"
    with pytest.raises(RefusedError, match="comes first"):
        desk.do(dispatch, order=order, to=["V2"])


def test_the_refusal_says_what_became_of_the_first_step() -> None:
    """Whoever reads it sees that nobody ordered it, that it goes on, or that it came to nothing."""
    desk = Desk(city())
    desk.do(place_need, network=desk.network, need="N2")
    said = {}

    def refused() -> tuple[str, str]:
        with pytest.raises(RefusedError) as caught:
            desk.do(dispatch, order="O-N2", to=["V2"])
        (problem,) = caught.value.problems
        return problem.say("zh"), problem.say("en")

    said["no order yet"], said["未点单"] = refused()[::-1]
    desk.do(place_need, network=desk.network, need="N1")
    said["placed"], said["已点单"] = refused()[::-1]
    desk.do(cancel, order="O-N1", reason="not_needed")
    said["cancelled"], said["已取消"] = refused()[::-1]
    assert [word for word, text in said.items() if f"{word})" not in text.replace("）", ")")] == []


def test_a_need_served_in_parts_is_served_once_no_part_is_open() -> None:
    """Two donors give five each of ten: the errand waits for the second as well."""
    goods = (
        Need(id="N1", category="daily_goods", household="H", quantity=10, unit="piece"),
        Need(id="N2", category="errand", household="H", after="N1"),
        *(Organization(id=key, name=key, kind="firm") for key in ("D1", "D2")),
        *(
            Offer(
                id=f"F{n}", provider=f"D{n}", categories=("daily_goods",), quantity=5, unit="piece"
            )
            for n in (1, 2)
        ),
    )
    desk = Desk(
        wushe.build_network_from_records([*RECORDS, *goods], RULES.categories, RULES.target_groups)
    )
    first, second = desk.sent()["dispatched"]
    assert (first, second) == ("O-N1", "O-N1-2")
    for key, helper in ((first, "D1"), (second, "D2")):
        with pytest.raises(RefusedError, match="N1"):
            desk.do(dispatch, order="O-N2")
        desk.do(accept, order=key, helper=helper)
        desk.do(complete, order=key)
    assert desk.do(dispatch, order="O-N2") == ["O-N2#1"]
