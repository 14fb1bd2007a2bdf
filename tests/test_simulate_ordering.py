"""Orders in columns: asked, answered, passed on, begun, done, confirmed, paid, and never where a guard refuses."""

import itertools

import attrs
import numpy as np
import pytest

from simulate_town import PLUGINS, town
from wushe.orders.rules import BUILT_IN
from wushe.orders.table import STATUSES
from wushe.simulate.books import residuals
from wushe.simulate.city import (
    ACCEPTED,
    BY_RELIEF,
    DAY,
    DECLINED,
    DONE,
    EVENTS,
    FUNDS,
    LISTED,
    LOTS,
    MET,
    ORDERED,
    TIMED_OUT,
    VOLUNTEERS,
    WITHDRAWN,
    WORKERS,
    City,
)
from wushe.simulate.orders import foresight, ordering
from wushe.simulate.orders.ordering import Placement, place

NINE = 540.0
URGENT, EMERGENCY = 2, 3
ANSWER = BUILT_IN.answer_minutes
RULES = PLUGINS.order_rules_for("visit")


class Saying:
    """What volunteers say, by row: (state of the call, minutes after it); an hour later yes where nothing is given."""

    def __init__(self, **by_row: tuple[int, float]) -> None:
        self.by_row = {int(key[1:]): value for key, value in by_row.items()}

    def __call__(self, city: City, calls: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Answer calls as `wushe.simulate.helpers.helping.answers` does."""
        said = [self.by_row.get(row, (ACCEPTED, 60.0)) for row in city.calls["provider"][calls].tolist()]  # fmt: skip
        return np.array([s for s, _ in said], dtype=np.int8), np.array([m for _, m in said])


NO, SILENT = (DECLINED, 30.0), (TIMED_OUT, np.inf)


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch):
    """Have volunteers say what a test wants."""

    def say(**by_row: tuple[int, float]) -> None:
        monkeypatch.setattr(foresight, "answers", Saying(**by_row))

    say()
    return say


def need(
    city: City, category: str = "visit", amount: int = 60, household: int = 20, urgency: int = 1
) -> int:
    """Put a need on the list and return its row."""
    rows = city.needs.append(
        1, household=household, category=city.code(category), amount=amount, left=amount, urgency=urgency,
        arose=100.0 * len(city.needs), known=200.0, listed=300.0, state=LISTED,
    )  # fmt: skip
    return int(rows[0])


def order(
    city: City, row: int, *candidates: tuple[int, int], most: int = -1, amount: int | None = None, at: float = NINE
) -> int:  # fmt: skip
    """Place one order for a need with these candidates (kind, row) and return its row."""
    kinds, providers = (np.array(column) for column in zip(*candidates, strict=True))
    batch = Placement(
        np.array([row]), kinds[:1], providers[:1], city.needs["amount"][[row]] if amount is None else np.array([amount]),
        np.array([5]), np.array([len(kinds)]), kinds, providers, np.array([-1] + [most] * (len(kinds) - 1)), at,
    )  # fmt: skip
    return int(place(city, batch)[0])


def live(city: City, days: int) -> None:
    """Let days pass in which nothing new is ordered."""
    for day in range(city.day, city.day + days):
        city.day = day
        ordering.step(city)
    city.day += 1


def status(city: City, row: int) -> str:
    """Return the status of an order by name."""
    return tuple(STATUSES)[city.orders["status"][row]]


def calls(city: City) -> list[tuple[int, int]]:
    """Return (row of the helper, state) of all calls, in order."""
    return list(zip(city.calls["provider"].tolist(), city.calls["state"].tolist(), strict=True))


def happened(city: City) -> list[str]:
    """Return the names of all events, in order of time."""
    by_time = np.argsort(city.log["at"], kind="stable")
    return [EVENTS[kind] for kind in city.log["kind"][by_time].tolist()]


def balanced(city: City) -> bool:
    """Return whether needs, hours, goods and fen are all there."""
    return not any(residuals(city).values())


def test_a_service_goes_from_placed_to_confirmed(say) -> None:
    """The planned volunteer says yes: the need is met, and the household knows who helped."""
    city = town(volunteers=8)
    row = order(city, need(city), (VOLUNTEERS, 3))
    assert city.needs["state"][0] == ORDERED
    assert city.needs["ordered"][0] == 60
    assert city.volunteers["open"][3] == 60
    live(city, 30)
    assert status(city, row) == "confirmed"
    assert city.needs["state"][0] == MET
    assert city.orders["accepted"][row] == NINE + 60
    assert city.house["last_helper"][20] == 3
    assert city.house["helped"][20] == 1
    assert (city.volunteers["open"][3], city.volunteers["done"][3]) == (0, 60)
    assert calls(city) == [(3, DONE)]
    assert balanced(city)
    assert happened(city) == [
        "order_placed", "order_dispatched", "order_accepted", "order_done", "need_met", "order_confirmed",
    ]  # fmt: skip


def test_instants_follow_each_other(say) -> None:
    """Accepted before done before confirmed; work begins by day and takes its minutes."""
    city = town(volunteers=8)
    rows = [order(city, need(city, household=h), (VOLUNTEERS, h % 8)) for h in range(20, 28)]
    live(city, 40)
    o = city.orders
    for row in rows:
        assert o["placed"][row] < o["accepted"][row] < o["done"][row] < o["confirmed"][row]
        assert 480 <= (o["done"][row] - 60) % DAY <= 1200


def test_who_declines_is_followed_by_the_next_at_once(say) -> None:
    """The next candidate is asked in the second of the no; the first has the minutes back."""
    say(v3=NO)
    city = town(volunteers=8)
    row = order(city, need(city), (VOLUNTEERS, 3), (VOLUNTEERS, 4))
    live(city, 1)
    assert calls(city) == [(3, DECLINED), (4, ACCEPTED)]
    assert city.calls["at"][1] == NINE + 30
    assert city.orders["provider"][row] == 4
    assert city.volunteers["open"].tolist() == [0, 0, 0, 0, 60, 0, 0, 0]
    assert balanced(city)


def test_silence_ends_with_the_time_to_answer(say) -> None:
    """Nobody waits longer than the city's rules say; an answer that comes later is no answer."""
    say(v3=SILENT, v4=(ACCEPTED, ANSWER["urgent"] + 1.0))
    city = town(volunteers=8)
    order(city, need(city, urgency=URGENT), (VOLUNTEERS, 3), (VOLUNTEERS, 4), (VOLUNTEERS, 5))
    live(city, 1)
    minutes = RULES.answer_minutes["urgent"]
    assert city.calls["at"].tolist() == [NINE, NINE + minutes, NINE + 2 * minutes]
    assert [state for _, state in calls(city)] == [TIMED_OUT, TIMED_OUT, ACCEPTED]


def test_after_the_last_round_it_goes_up(say) -> None:
    """As many rounds as the rules say; the office asks who is left; with nobody left the need is back on the list."""
    say(**{f"v{row}": NO for row in range(8)})
    city = town(volunteers=8)
    row = order(city, need(city), *((VOLUNTEERS, v) for v in range(RULES.rounds + 1)))
    live(city, 5)
    office = city["ordering.office_normal"]
    at = [NINE + 30 * n for n in range(RULES.rounds)]
    assert city.calls["at"].tolist() == [*at, at[-1] + 30 + office]
    assert status(city, row) == "failed"
    assert happened(city).count("order_escalated") == 2
    assert city.needs["state"][0] == LISTED
    assert city.needs["ordered"][0] == 0
    assert city.orders["ended"][row] == city.calls["at"][-1] + 30 + office
    assert balanced(city)


def test_above_the_last_level_is_nobody(say) -> None:
    """Each level asks once; when the last one meets silence too, the order comes to nothing."""
    say(**{f"v{row}": SILENT for row in range(8)})
    city = town(volunteers=8)
    row = order(city, need(city, urgency=EMERGENCY), *((VOLUNTEERS, v) for v in range(8)))
    live(city, 2)
    # In an emergency one silence is enough: the first request, and one at each level.
    assert len(city.calls) == 1 + len(RULES.levels)
    assert happened(city).count("order_escalated") == len(RULES.levels)
    assert status(city, row) == "failed"


def test_a_level_that_is_slow_is_passed_by(say) -> None:
    """What an office does not decide in the time to answer goes to the next one; the last one has no such limit."""
    say(v0=SILENT)
    city = town({"ordering.office_emergency": 100.0}, volunteers=8)
    order(city, need(city, urgency=EMERGENCY), (VOLUNTEERS, 0), (VOLUNTEERS, 1))
    live(city, 2)
    minutes = RULES.answer_minutes["emergency"]
    assert city.calls["at"].tolist() == [NINE, NINE + 3 * minutes + 100.0]


def test_with_nobody_able_an_order_fails_at_once(say) -> None:
    """A plan made without knowing of other promises may find nobody: the need stays on the list."""
    city = town(volunteers=8)
    city.volunteers["open"][3] = 200
    row = order(city, need(city), (VOLUNTEERS, 3))
    assert status(city, row) == "failed"
    assert city.needs["state"][0] == LISTED
    assert len(city.calls) == 0


def _vetted(city: City, row: int) -> int:
    city.volunteers["vetted"][row] = -366
    return need(city, "child_company")


def _absent(city: City, row: int) -> int:
    city.volunteers["active"][row] = False
    return need(city)


def _own(city: City, row: int) -> int:
    return need(city, household=int(city.volunteers["household"][row]))


def _full(city: City, row: int) -> int:
    city.volunteers["open"][row] = 181
    return need(city)


@pytest.mark.parametrize(
    "hinder",
    [
        _vetted,  # work with minors, and the vetting is older than a year
        _absent,  # left for a while
        _own,  # their own household
        _full,  # the week has 240 minutes, of which 181 are promised
    ],
)
def test_a_guard_passes_somebody_over(say, hinder) -> None:
    """Whoever production would refuse is not asked; the next one is."""
    city = town(volunteers=8)
    order(city, hinder(city, 3), (VOLUNTEERS, 3), (VOLUNTEERS, 4))
    assert calls(city) == [(4, 0)]


def test_nobody_is_asked_more_often_than_the_rules_allow_in_a_week(say) -> None:
    """Requests count for seven days whatever became of them, and then no more."""
    say(v3=NO)
    city = town(volunteers=8)
    for household in range(20, 20 + RULES.weekly_calls):
        order(city, need(city, household=household), (VOLUNTEERS, 3))
    late = order(city, need(city, household=30), (VOLUNTEERS, 3))
    assert status(city, late) == "failed"
    live(city, 7)
    assert (
        status(city, order(city, need(city), (VOLUNTEERS, 3), at=city.now + NINE)) == "dispatched"
    )


def test_a_worker_takes_no_more_households_than_the_limit(say) -> None:
    """Two orders of one household are one case."""
    city = town(volunteers=8)
    city.workers["limit"][:], city.workers["caseload"][:] = 11, 10
    first, same, other = (order(city, need(city, household=h), (WORKERS, 0)) for h in (20, 20, 21))
    assert [status(city, row) for row in (first, same, other)] == ["dispatched"] * 2 + ["failed"]


def test_a_limit_for_one_need_holds_for_the_next_best_only(say) -> None:
    """The plan weighed it for the planned one; another who may give 30 at most is not asked for 60."""
    say(v3=NO)
    city = town(volunteers=8)
    order(city, need(city), (VOLUNTEERS, 3), (VOLUNTEERS, 4), most=30)
    live(city, 1)
    assert calls(city) == [(3, DECLINED)]


def test_goods_are_reserved_and_issued(say) -> None:
    """What is accepted is set aside, what is done has gone out."""
    city = town()
    row = order(city, need(city, "food", 3), (LOTS, 0))
    seen = []
    while status(city, row) != "done":
        live(city, 1)
        seen.append(tuple(int(city.lots[n][0]) for n in ("on_hand", "reserved", "issued")))
    assert (47, 3, 0) in seen
    assert seen[-1] == (47, 0, 3)
    assert balanced(city)


def test_goods_that_are_short_are_declined(say) -> None:
    """Whoever holds 50 cannot give 51."""
    city = town()
    row = order(city, need(city, "food", 51), (LOTS, 0))
    live(city, 3)
    assert calls(city) == [(0, DECLINED)]
    assert status(city, row) == "failed"
    assert city.lots["on_hand"][0] == 50
    assert balanced(city)


def test_goods_that_expire_on_the_way_are_free_again(say) -> None:
    """Accepted, but past their last day when they should go out: backed out, and the next lot is asked."""
    city = town({"ordering.lead_normal": 100_000.0})
    city.lots["expires"][0] = 2
    city.lots.append(
        1, category=city.code("food"), home=0, organization=0, received=9, on_hand=9, reach=2
    )
    row = order(city, need(city, "food", 3), (LOTS, 0), (LOTS, 1))
    live(city, 400)
    assert calls(city) == [(0, WITHDRAWN), (1, DONE)]
    assert status(city, row) == "confirmed"
    assert city.lots["reserved"].tolist() == [0, 0]
    assert city.lots["on_hand"][0] == 50


def test_money_is_committed_and_paid_when_confirmed(say) -> None:
    """Set aside on acceptance, spent on the fen when those served confirm."""
    city = town()
    row = order(city, need(city, "medical_aid", 30_000), (FUNDS, 0))
    while status(city, row) != "confirmed":
        live(city, 1)
        held = int(city.money.committed[0]), int(city.money.spent[0])
        assert held in ((0, 0), (30_000, 0), (0, 30_000))
    assert held == (0, 30_000)
    assert city.money.free[0] == 970_000
    assert balanced(city)
    assert happened(city)[-1] == "order_paid"


def test_a_fund_gives_no_need_more_than_its_limit(say) -> None:
    """What it gave before for the same need counts."""
    city = town()
    city.funds["per_need"][0] = 40_000
    row = need(city, "medical_aid", 60_000)
    first = order(city, row, (FUNDS, 0), amount=30_000)
    live(city, 30)
    second = order(city, row, (FUNDS, 0), amount=30_000, at=city.now + NINE)
    live(city, 3)
    assert (status(city, first), status(city, second)) == ("confirmed", "failed")
    assert city.money.spent[0] == 30_000


def test_what_is_left_goes_back_to_the_list(say) -> None:
    """Half is served; the rest is listed again once the order is confirmed, not before: one round at a time."""
    city = town(volunteers=8)
    row = need(city, amount=120)
    first = order(city, row, (VOLUNTEERS, 3), amount=60)
    states = []
    while status(city, first) != "confirmed":
        live(city, 1)
        states.append(int(city.needs["state"][row]))
    assert set(states[:-1]) == {ORDERED}
    assert states[-1] == LISTED
    assert city.needs["left"][row] == 60
    second = order(city, row, (VOLUNTEERS, 4), amount=60, at=city.now + NINE)
    assert city.orders["number"][second] == 2
    live(city, 30)
    assert city.needs["state"][row] == MET
    assert balanced(city)


def test_a_need_that_relief_took_over_is_called_off(say) -> None:
    """As the next day begins nobody is asked or engaged for it any more."""
    city = town(volunteers=8)
    row = order(city, need(city), (VOLUNTEERS, 3))
    live(city, 1)
    city.needs["state"][0] = BY_RELIEF
    live(city, 1)
    assert status(city, row) == "cancelled"
    assert city.orders["ended"][row] == DAY
    assert calls(city) == [(3, WITHDRAWN)]
    assert city.volunteers["open"][3] == 0


def test_several_asked_at_once_one_has_it(say, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the rules ask three at once, the first yes has the order, and the others are let go."""
    say(v3=NO, v4=(ACCEPTED, 90.0), v5=(ACCEPTED, 200.0))
    city = town(volunteers=8)
    rules = attrs.evolve(RULES, asked_at_once=3)
    monkeypatch.setattr(type(city.plugins), "order_rules_for", lambda *_: rules)
    row = order(city, need(city), *((VOLUNTEERS, v) for v in range(3, 8)))
    assert city.volunteers["open"].tolist() == [0, 0, 0, 60, 60, 60, 0, 0]
    live(city, 1)
    assert calls(city) == [(3, DECLINED), (4, ACCEPTED), (5, WITHDRAWN)]
    assert city.orders["provider"][row] == 4
    assert balanced(city)


def test_events_are_logged_in_order_of_time_within_a_stage(say) -> None:
    """Whoever reads the log of a day reads what happened first, first."""
    say(v3=NO, v4=SILENT)
    city = town(volunteers=8)
    for household in range(20, 30):
        order(city, need(city, household=household), *((VOLUNTEERS, (household + k) % 8) for k in range(4)))  # fmt: skip
    before = len(city.log)
    live(city, 1)
    at = city.log["at"][before:]
    assert len(at) > 10
    assert (np.diff(at) >= 0).all()


def test_durations_belong_to_the_need(say) -> None:
    """Another policy that serves the same needs in another order waits as long for each: common random numbers."""
    ends = []
    for turn in ((0, 1), (1, 0)):
        city = town(volunteers=8)
        rows = [need(city, household=h) for h in (20, 21)]
        found = {t: order(city, rows[t], (VOLUNTEERS, 3 + t)) for t in turn}
        live(city, 40)
        ends.append([float(city.orders["confirmed"][found[t]]) for t in (0, 1)])
    assert ends[0] == ends[1]


def test_a_batch_whose_counts_do_not_add_up_is_refused() -> None:
    """Every order has its candidates, the planned one at least."""
    one, two = np.zeros(1, dtype=np.int64), np.zeros(2, dtype=np.int64)
    for many, cands in itertools.product(([1], [0]), (two,)):
        with pytest.raises(ValueError, match="expected the 2 candidates"):
            Placement(one, one, one, one, one, np.array(many), cands, cands, cands, NINE)
