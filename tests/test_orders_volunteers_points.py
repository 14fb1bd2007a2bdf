"""Points of volunteers: whole, capped, never negative, lapsing oldest first, and every one accounted for."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from conftest import campaign
from volunteers_at_work import DOMAIN, City, Street, codes
from volunteers_at_work import rule as point_rule
from wushe.errors import RefusedError
from wushe.journal import MemoryStore
from wushe.orders.volunteers import (
    Balance,
    correct_service,
    draw_minutes,
    lapse_points,
    points_balance,
    redeem_points,
    return_redemption,
    services_of,
)
from wushe.orders.volunteers.lots import put_in, take_first_from, take_oldest, total


def _street(*rules: Any, family: str | None = None) -> Street:
    street = Street(City(tuple(rules)))
    street.enrol("V-1", "V-2", family=family)
    return street


def _balance(street: Street, owner: str = "V-1", on: str = "2025-09-15") -> Balance:
    day = dt.date.fromisoformat(on)
    return points_balance(street.state, owner=owner, rule="zhangjiawan", on=day)


# --- earning -----------------------------------------------------------------------------------


def test_hours_pro_rata_and_times_in_whole_points() -> None:
    """10 points an hour and 2 a time: 100 minutes give 16 (16.67 rounded down) and 2."""
    street = _street(point_rule(per_hour=10, per_time=2))
    street.order("O-1", "V-1", minutes=100)
    assert _balance(street) == Balance(18, None, 0, 0)


def test_without_a_rule_there_are_no_points() -> None:
    """No city's rule, or none for this category: hours are recorded, points are not."""
    for street in (Street(), Street(City((point_rule(per_hour=10, categories=("haircut",)),)))):
        street.enrol("V-1")
        street.order("O-1", "V-1")
        assert len(services_of(street.state, "V-1")) == 1
        assert street.state.find("points") == []


def test_a_family_shares_one_account() -> None:
    """Zhangjiawan: what any member earns goes to the household, and nobody has points beside it."""
    street = _street(point_rule(per_hour=10, family=True), family="H-7")
    street.order("O-1", "V-1", minutes=60)
    street.order("O-2", "V-2", minutes=120)
    assert _balance(street, "H-7").points == 30
    assert _balance(street, "V-1").points == 0


def test_a_volunteer_without_a_family_account_keeps_the_own() -> None:
    """A family rule takes nothing from those who have none."""
    street = _street(point_rule(per_hour=10, family=True))
    street.order("O-1", "V-1", minutes=60)
    assert _balance(street, "V-1").points == 10


def test_the_daily_cap_holds_for_the_account() -> None:
    """At most 15 a day, whichever member of the family serves; the next day counts anew."""
    street = _street(point_rule(per_hour=10, family=True, daily_cap=15), family="H-7")
    street.order("O-1", "V-1", minutes=60)
    street.order("O-2", "V-2", minutes=60)
    street.order("O-3", "V-1", day="2025-09-16", minutes=60)
    assert _balance(street, "H-7").points == 25


def test_a_correction_below_the_cap_takes_back_only_what_was_given() -> None:
    """Two services of 10 under a cap of 15: taking one back leaves the other's 10."""
    street = _street(point_rule(per_hour=10, daily_cap=15))
    street.order("O-1", "V-1", minutes=60)
    street.order("O-2", "V-1", minutes=60)
    street.run(correct_service, service="order/O-1/V-1", reason="duplicate")
    assert _balance(street).points == 10


# --- spending ----------------------------------------------------------------------------------


def _rich(points: int = 30, **fields: Any) -> Street:
    street = _street(point_rule(per_hour=10, rewards={"rice": 12, "haircut": 5}, **fields))
    street.order("O-1", "V-1", minutes=points * 6)
    return street


def test_redeeming_takes_the_price_and_no_more() -> None:
    """Two bags of rice for 12 each out of 30."""
    street = _rich()
    answer = street.run(redeem_points, owner="V-1", rule="zhangjiawan", reward="rice", count=2)
    assert (answer["points"], answer["balance"]) == (24, 6)
    assert _balance(street).points == 6


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"reward": "rice", "count": 3}, "too-few-points"),  # 36 of 30
        ({"reward": "gold"}, "no-such-reward"),  # not on the list
        ({"reward": "rice", "count": 0}, "no-such-reward"),  # nothing
        ({"reward": "rice", "count": -1}, "no-such-reward"),  # would add points
        ({"reward": "rice", "rule": "elsewhere"}, "no-point-rule"),  # no such rule
        ({"reward": "rice", "owner": "V-2"}, "too-few-points"),  # another's account
    ],
)
def test_what_cannot_be_redeemed(arguments: dict[str, Any], code: str) -> None:
    """Nothing changes, and the refusal says what would do."""
    street = _rich()
    with pytest.raises(RefusedError) as refused:
        street.run(redeem_points, **{"owner": "V-1", "rule": "zhangjiawan", **arguments})
    assert codes(refused.value.problems) == [code]
    assert _balance(street).points == 30


def test_a_redemption_can_be_returned_once() -> None:
    """The points come back with the day they had; a second return is refused."""
    street = _rich(valid_months=1)
    done = street.run(redeem_points, owner="V-1", rule="zhangjiawan", reward="rice")
    back = {"redemption": done["redemption"], "reason": "not_available"}
    assert street.run(return_redemption, **back) == {"balance": 30}
    assert _balance(street) == Balance(30, "2025-10-15", 30, 0)
    with pytest.raises(RefusedError) as refused:
        street.run(return_redemption, **back)
    assert codes(refused.value.problems) == ["returned-before"]


def test_points_that_were_spent_are_made_up_for_by_later_ones() -> None:
    """Taken back 30 when 6 are left: the balance is 0, not minus 24; the next 40 leave 16."""
    street = _rich()
    street.run(redeem_points, owner="V-1", rule="zhangjiawan", reward="rice", count=2)
    street.run(correct_service, service="order/O-1/V-1", reason="absent")
    assert _balance(street).points == 0
    street.order("O-2", "V-1", minutes=240, day="2025-09-16")
    assert _balance(street, on="2025-09-16").points == 16


def test_returned_points_make_up_for_what_is_owed_first() -> None:
    """24 spent, all 30 taken back, so 24 are owed: the 24 that come back leave nothing, and nothing is owed."""
    street = _rich()
    buy = {"owner": "V-1", "rule": "zhangjiawan", "reward": "rice", "count": 2}
    done = street.run(redeem_points, **buy)
    street.run(correct_service, service="order/O-1/V-1", reason="absent")
    back = {"redemption": done["redemption"], "reason": "mistake"}
    assert street.run(return_redemption, **back) == {"balance": 0}
    held = street.state.get("points", "zhangjiawan/V-1")
    assert (held.owed, held.spent, held.taken_back) == (0, 0, 30)


# --- lapse -------------------------------------------------------------------------------------


def test_points_lapse_after_their_last_day_oldest_first() -> None:
    """Three months after each service; what is spent comes from the older ones."""
    street = _street(point_rule(per_hour=10, valid_months=3, rewards={"rice": 12}))
    street.order("O-1", "V-1", day="2025-06-30", minutes=60)
    street.order("O-2", "V-1", day="2025-08-31", minutes=60)
    assert _balance(street, on="2025-09-30") == Balance(20, "2025-09-30", 10, 0)
    assert _balance(street, on="2025-10-01") == Balance(10, "2025-11-30", 10, 0)
    street.run(redeem_points, "2025-09-01", owner="V-1", rule="zhangjiawan", reward="rice")
    assert _balance(street, on="2025-09-30") == Balance(8, "2025-11-30", 8, 0)


def test_lapsed_points_buy_nothing_even_before_the_lapse_is_recorded() -> None:
    """Who comes a day late is refused; nobody needs to have run the lapse before."""
    street = _rich(valid_months=1)
    buy = {"owner": "V-1", "rule": "zhangjiawan", "reward": "haircut"}
    with pytest.raises(RefusedError):
        street.run(redeem_points, "2025-10-16", **buy)
    assert street.run(lapse_points, "2025-10-15") == {"accounts": 0}
    assert street.run(lapse_points, "2025-10-16") == {"accounts": 1}
    assert street.run(lapse_points, "2025-10-16") == {"accounts": 0}
    assert street.state.get("points", "zhangjiawan/V-1").lapsed == 30


def test_a_correction_after_the_lapse_takes_nothing_twice() -> None:
    """The points of June have lapsed; taking June's service back must not cost those of September."""
    street = _street(point_rule(per_hour=10, valid_months=1))
    street.order("O-1", "V-1", day="2025-06-30", minutes=60)
    street.order("O-2", "V-1", day="2025-09-15", minutes=60)
    street.run(correct_service, service="order/O-1/V-1", reason="absent")
    assert _balance(street).points == 10


# --- time bank ---------------------------------------------------------------------------------


def test_the_time_bank_gives_no_more_than_was_put_in() -> None:
    """90 minutes in, 60 drawn, 30 left: 31 are refused, and so are none and less than none."""
    street = _street(point_rule(time_bank=True))
    street.order("O-1", "V-1", minutes=90)
    draw = {"owner": "V-1", "rule": "zhangjiawan"}
    assert street.run(draw_minutes, minutes=60, **draw) == {"minutes": 30}
    for minutes in (31, 0, -5):
        with pytest.raises(RefusedError) as refused:
            street.run(draw_minutes, minutes=minutes, **draw)
        assert codes(refused.value.problems) == ["too-few-minutes"]
    assert _balance(street).minutes == 30


def test_minutes_taken_back_after_they_were_drawn_are_made_up_for() -> None:
    """The bank's balance is never negative either."""
    street = _street(point_rule(time_bank=True))
    street.order("O-1", "V-1", minutes=90)
    street.run(draw_minutes, owner="V-1", rule="zhangjiawan", minutes=60)
    street.run(correct_service, service="order/O-1/V-1", reason="miscounted", minutes=40)
    assert _balance(street).minutes == 0
    street.order("O-2", "V-1", minutes=50)
    assert _balance(street).minutes == 30


# --- lots --------------------------------------------------------------------------------------

_LOTS = st.lists(st.tuples(st.sampled_from([None, "2025-01-01", "2025-06-01", "2026-01-01"]),
                           st.integers(1, 50)), max_size=6)  # fmt: skip


@given(_LOTS, st.integers(0, 400), st.sampled_from([None, "2025-06-01"]))
def test_lots_are_ordered_whole_and_never_negative(
    given_lots: list[tuple[str | None, int]], points: int, first: str | None
) -> None:
    """Whatever is put in or taken: nothing is lost, the oldest goes first, and no lot is empty or below 0."""
    lots: Any = ()
    for last_day, n in given_lots:
        lots = put_in(lots, last_day, n)
    assert total(lots) == sum(n for _, n in given_lots)
    assert [d or "9999" for d, _ in lots] == sorted({d or "9999" for d, _ in given_lots})
    if points > total(lots):
        with pytest.raises(ValueError, match="points"):
            take_oldest(lots, points)
    else:
        rest, taken = take_oldest(lots, points)
        assert total(rest) + total(taken) == total(lots)
        assert not taken or not rest or (taken[-1][0] or "9999") <= (rest[0][0] or "9999")
    rest, n = take_first_from(lots, first, points)
    assert n == min(points, total(lots))
    assert total(rest) == total(lots) - n
    assert all(left > 0 for _, left in rest)
    own, left = dict(lots).get(first, 0), dict(rest).get(first, 0)
    assert own - left >= min(own, points)


# --- everything together -----------------------------------------------------------------------


class PointsMachine(RuleBasedStateMachine):
    """Two members of a family and one without serve, spend, lapse and are corrected, beside a plain count."""

    def __init__(self) -> None:
        super().__init__()
        declared = point_rule(
            per_hour=12, per_time=1, daily_cap=20, family=True, time_bank=True,
            rewards={"soap": 7}, valid_months=1,
        )  # fmt: skip
        self.street = Street(City((declared,)))
        self.street.enrol("V-1", "V-2", family="H-7")
        self.street.enrol("V-3")
        self.day = dt.date(2025, 3, 1)
        self.orders = 0
        self.services: dict[str, tuple[str, str, int]] = {}
        self.redemptions: list[str] = []

    @property
    def today(self) -> str:
        """The day of the next act."""
        return self.day.isoformat()

    @rule(who=st.sampled_from(["V-1", "V-2", "V-3"]), minutes=st.integers(1, 200))
    def serve(self, who: str, minutes: int) -> None:
        """An order is carried out and confirmed."""
        self.orders += 1
        key = f"O-{self.orders}"
        self.street.order(key, who, day=self.today, minutes=minutes)
        if self.street.state.get("service", f"order/{key}/{who}") is not None:
            owner = "V-3" if who == "V-3" else "H-7"
            self.services[f"order/{key}/{who}"] = (owner, self.today, minutes)

    @precondition(lambda self: self.services)
    @rule(data=st.data(), minutes=st.sampled_from([None, 5, 50, 150]))
    def correct(self, data: st.DataObject, minutes: int | None) -> None:
        """A service is corrected, also twice, also after its points were spent."""
        key = data.draw(st.sampled_from(sorted(self.services)))
        reason = "absent" if minutes is None else "miscounted"
        try:
            change = {"service": key, "reason": reason, "minutes": minutes}
            self.street.run(correct_service, self.today, **change)
        except RefusedError:
            return
        owner, day, _ = self.services[key]
        self.services[key] = (owner, day, minutes or 0)

    @rule(owner=st.sampled_from(["H-7", "V-3"]), count=st.integers(1, 3))
    def redeem(self, owner: str, count: int) -> None:
        """Exactly what is held can be spent."""
        before = self.points(owner)
        buy = {"owner": owner, "rule": "zhangjiawan", "reward": "soap", "count": count}
        try:
            answer = self.street.run(redeem_points, self.today, **buy)
        except RefusedError:
            assert before < 7 * count
            return
        assert self.points(owner) == before - 7 * count
        self.redemptions.append(answer["redemption"])

    @precondition(lambda self: self.redemptions)
    @rule()
    def give_back(self) -> None:
        """A redemption is returned."""
        self.street.run(
            return_redemption, self.today, redemption=self.redemptions.pop(0), reason="mistake"
        )

    @rule(owner=st.sampled_from(["H-7", "V-3"]), minutes=st.integers(1, 300))
    def draw(self, owner: str, minutes: int) -> None:
        """Minutes are drawn from the bank, as far as it goes."""
        arguments = {"owner": owner, "rule": "zhangjiawan", "minutes": minutes}
        try:
            self.street.run(draw_minutes, self.today, **arguments)
        except RefusedError:
            assert self.balance(owner).minutes < minutes

    @rule(days=st.integers(1, 20))
    def wait(self, days: int) -> None:
        """Days pass."""
        self.day += dt.timedelta(days=days)

    @rule()
    def lapse(self) -> None:
        """Recording the lapse changes nothing that anybody can see."""
        before = {owner: self.points(owner) for owner in ("H-7", "V-3")}
        self.street.run(lapse_points, self.today)
        assert before == {owner: self.points(owner) for owner in ("H-7", "V-3")}

    def balance(self, owner: str) -> Balance:
        """Return what the account holds today."""
        return points_balance(self.street.state, owner=owner, rule="zhangjiawan", on=self.day)

    def points(self, owner: str) -> int:
        """Return the points that count today."""
        return self.balance(owner).points

    @invariant()
    def every_point_is_accounted_for(self) -> None:
        """Nothing is negative, and what was earned is somewhere."""
        for held in self.street.state.find("points"):
            assert min(held.balance, held.owed, held.minutes, held.minutes_owed) >= 0
            assert held.earned == held.balance + held.spent + held.lapsed + held.taken_back
            assert held.minutes_in == held.minutes + held.minutes_drawn + held.minutes_taken_back
            assert held.balance == total(held.lots)
            assert not held.owed or not held.balance
            assert not held.minutes_owed or not held.minutes

    @invariant()
    def no_day_earns_more_than_the_cap(self) -> None:
        """An own sum over the log, by account and day of service."""
        earned: dict[tuple[str, str], int] = {}
        for event in self.street.store.log:
            if event.kind in ("points.earned", "points.taken_back"):
                earning = event.data["earning"]
                key = earning["account"], earning["day"]
                earned[key] = earned.get(key, 0) + event.data["points"]
        assert all(0 <= points <= 20 for points in earned.values())

    @invariant()
    def the_bank_agrees_with_the_hours(self) -> None:
        """An own sum over the services."""
        for owner in ("H-7", "V-3"):
            held = self.street.state.get("points", f"zhangjiawan/{owner}")
            if held is not None:
                served = sum(n for who, _, n in self.services.values() if who == owner)
                assert held.minutes - held.minutes_owed == served - held.minutes_drawn

    def teardown(self) -> None:
        """A replay of the log gives the same accounts."""
        again = MemoryStore(DOMAIN, log=list(self.street.store.log))
        for kind in ("points", "earning", "redemption"):
            assert again.state.find(kind) == self.street.state.find(kind)


TestPoints = PointsMachine.TestCase
TestPoints.settings = settings(
    max_examples=campaign(tests=20, ci=120, soak=1000), stateful_step_count=40
)
