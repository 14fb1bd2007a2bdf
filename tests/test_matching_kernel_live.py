"""The live matching: after every change the optimum of a fresh solve, and undo takes changes back."""

from collections.abc import Callable

import numpy as np
import pytest

from test_matching_kernel import altered, assert_certified, coarser, draw, make, places
from wushe.matching.kernel import LiveMatching, Problem, carry, exact, solve
from wushe.matching.kernel import live as live_module


def assert_optimal(live: LiveMatching) -> None:
    """The objective is a fresh solve's, and the live duals prove it."""
    p, s = live.problem(), live.solution()
    assert_certified(p, s)
    assert live.settled
    assert s.status == "optimal"
    assert live.objective == s.objective == solve(p, notify=None).objective


def random_edges(
    rng: np.random.Generator, live: LiveMatching, dearest: int, limited: bool, exclude: set[int]
) -> tuple[list[int], list[int], list[int] | None]:
    """Draw candidate edges (columns, costs, limits) to some of the offers."""
    columns = [int(c) for c in rng.permutation(live.offers) if c not in exclude]
    columns = columns[: int(rng.integers(0, 6))]
    costs = rng.integers(0, dearest + 1, len(columns)).tolist()
    return columns, costs, rng.integers(0, 5, len(columns)).tolist() if limited else None


def change_at_random(
    rng: np.random.Generator, live: LiveMatching, dearest: int, limited: bool
) -> None:
    """Apply one change of any kind."""
    kind = int(rng.integers(0, 7)) if live.needs else 0
    need = int(rng.integers(0, max(live.needs, 1)))
    penalty, demand = int(rng.integers(0, 2 * dearest + 1)), int(rng.integers(0, 5))
    if kind == 0:
        columns, costs, limits = random_edges(rng, live, dearest, limited, set())
        live.insert(columns, costs, limits=limits, penalty=penalty, demand=demand)
    elif kind == 1:
        live.withdraw(need)
    elif kind == 2:
        live.change(need, penalty=penalty, demand=demand)
    elif kind == 3:
        columns, costs, limits = random_edges(rng, live, dearest, limited, set())
        live.change(need, columns=columns, costs=costs, limits=limits)
    elif kind == 4:
        live.add_edges(need, *random_edges(rng, live, dearest, limited, set()))
    elif kind == 5 and live.offers:
        live.set_capacity(int(rng.integers(0, live.offers)), int(rng.integers(0, 6)))
    else:
        live.add_offer(int(rng.integers(0, 4)))


def exercise(p: Problem, rng: np.random.Generator, changes: int) -> None:
    """Change at random, check after each change, undo now and then, and undo all at the end."""
    live = LiveMatching(p, notify=None)
    dearest = int(p.cost.max(initial=3))
    past = [live.objective]
    for _ in range(changes):
        change_at_random(rng, live, dearest, p.limit is not None)
        past.append(live.objective)
        assert_optimal(live)
        if rng.random() < 0.15:
            steps = int(rng.integers(0, live.undoable + 1))
            live.undo(steps)
            past = past[: len(past) - steps]
            assert live.objective == past[-1]
            assert_optimal(live)
    live.undo(live.undoable)
    assert live.objective == past[0]
    back = live.problem()
    for name in ("start", "column", "cost", "capacity", "penalty", "demand"):
        assert getattr(back, name).tolist() == getattr(p, name).tolist(), name


def test_random_changes_stay_optimal(
    campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """Inserts, withdrawals, changes of every kind, with limits and without: always the optimum."""
    count = campaign(tests=60, ci=800, soak=10_000)
    rng = np.random.default_rng(seed)
    for _ in range(count):
        exercise(draw(rng), rng, 12)
    for _ in range(count // 20):
        exercise(places(rng, 60, 20, 6, 0.9, 50), rng, 12)
    evidence("kernel_live_plain", cases=count, changes=12 * count, seed=seed, wrong=0)


@pytest.mark.slow
def test_random_changes_stay_optimal_when_compiled(
    campaign: Callable[..., int],
    evidence: Callable[..., None],
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The compiled twins of the same functions, with growth of every pool on the way."""
    pytest.importorskip("numba", reason="numba is not installed: pip install numba")
    monkeypatch.setattr(exact, "SMALL", 0)
    monkeypatch.setattr(live_module, "SMALL", 0)
    count = campaign(tests=20, ci=200, soak=2_000)
    rng = np.random.default_rng(seed + 1)
    for _ in range(count):
        exercise(draw(rng), rng, 12)
    exercise(places(rng, 60, 20, 6, 0.9), rng, campaign(tests=100, ci=600, soak=4_000))
    evidence("kernel_live_compiled", cases=count, changes=12 * count, seed=seed, wrong=0)


def test_a_long_day_of_orders(campaign: Callable[..., int], seed: int) -> None:
    """Thousands of changes on a map near balance, checked now and then; nothing drifts."""
    rng = np.random.default_rng(seed + 2)
    live = LiveMatching(places(rng, 150, 40, 6, 1.0))
    for step in range(campaign(tests=1_000, ci=5_000, soak=10_000)):
        change_at_random(rng, live, 900, limited=False)
        if step % 250 == 0:
            assert_optimal(live)
    assert_optimal(live)


def example() -> LiveMatching:
    """Two needs and two offers of one unit; the second offer is far from both."""
    return LiveMatching(make([[(1, 0), (7, 1)], [(2, 0), (9, 1)]], [1, 1], [20, 30]))


def test_who_serves_whom_and_at_what_price() -> None:
    """The state can be read without exporting the whole problem."""
    live = example()
    assert live.objective == 9
    assert live.served_by(0) == [(1, 1)]
    assert live.served_by(1) == [(0, 1)]
    assert (live.unserved(0), live.need_price(0), live.offer_price(1)) == (0, 7, 0)
    live.set_capacity(1, 0)
    assert (live.objective, live.served_by(0), live.unserved(0)) == (22, [], 1)
    assert live.need_price(0) == 20
    live.undo()
    assert (live.objective, live.unserved(0)) == (9, 0)


def test_flow_of_a_need_and_users_of_an_offer() -> None:
    """Both sides of the flow, in units."""
    live = LiveMatching(make([[(1, 0), (7, 1)], [(2, 0)]], [3, 9], [20, 30], [4, 2]))
    columns, units = live.flow_of(0)
    assert (columns.tolist(), units.tolist()) == ([0, 1], [1, 3])
    assert live.users_of(0) == [(0, 1), (1, 2)]
    assert live.users_of(1) == [(0, 3)]
    live.withdraw(0)
    assert [part.tolist() for part in live.flow_of(0)] == [[], []]
    assert (live.users_of(1), live.demand(0)) == ([], 0)


def test_what_more_units_save_and_what_more_demand_costs(seed: int) -> None:
    """Exact by doing and undoing, for one unit and for more, and nothing has changed afterwards."""
    rng = np.random.default_rng(seed)
    for step in (1, 100):
        p = coarser(places(rng, 40, 12, 5, 0.8, 6), step)
        live = LiveMatching(p, solution=solve(p))
        before = live.objective
        for units in (1, 3):
            for offer in range(live.offers):
                room = p.capacity + units * (np.arange(live.offers) == offer)
                more = Problem(p.start, p.column, p.cost, room, p.penalty, p.units, p.limit)
                assert live.value_of(offer, units) == before - solve(more).objective
                assert live.value_of(offer, units) <= units * live.offer_price(offer)
            for need in range(0, live.needs, 5):
                ask = p.units + units * (np.arange(live.needs) == need)
                more = Problem(p.start, p.column, p.cost, p.capacity, p.penalty, ask, p.limit)
                assert live.cost_of(need, units) == solve(more).objective - before
        assert (live.objective, live.undoable) == (before, 0)
        assert_optimal(live)


def test_what_if_takes_everything_back() -> None:
    """Also after an error, also nested, also more changes than the history holds."""
    live = LiveMatching(make([[(1, 0), (7, 1)], [(2, 0)]], [1, 1], [20, 30]), history=2)
    live.set_capacity(0, 2)
    before = live.objective
    with live.what_if() as trial:
        assert trial is live
        for capacity in range(5):
            live.set_capacity(1, capacity)
        with live.what_if():
            live.withdraw(0)
            live.insert([1], [3], penalty=50)
            with pytest.raises(ValueError, match="cannot undo 3 changes: 2 are remembered"):
                live.undo(3)
        assert (live.needs, live.capacity(1), live.undoable) == (2, 4, 5)
    assert (live.objective, live.capacity(1), live.undoable) == (before, 1, 1)
    with pytest.raises(IndexError, match="need 9"), live.what_if():  # noqa: PT012 - both are the point
        live.withdraw(1)
        live.withdraw(9)
    assert (live.objective, live.undoable) == (before, 1)
    assert_optimal(live)


def test_a_solution_of_another_problem_is_not_believed(seed: int) -> None:
    """A given solution is proved before it is built on; without a proof the problem is solved anew."""
    rng = np.random.default_rng(seed)
    p, other = places(rng, 30, 10, 4, 0.8), places(rng, 30, 10, 4, 0.8)
    assert_optimal(LiveMatching(p, solution=solve(other)))
    assert_optimal(LiveMatching(p, solution=solve(places(rng, 20, 10, 4, 0.8))))
    cut = solve(p, work_limit=0)
    assert_optimal(LiveMatching(p, solution=cut))


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
def test_a_live_matching_starts_from_an_earlier_version(
    compiled: bool, campaign: Callable[..., int], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The optimum of yesterday's problem is repaired to today's, and changes go on from there."""
    if compiled:
        pytest.importorskip("numba", reason="numba is not installed: pip install numba")
        monkeypatch.setattr(exact, "SMALL", 0)
        monkeypatch.setattr(live_module, "SMALL", 0)
    rng = np.random.default_rng(seed + 6)
    for case in range(campaign(tests=20, ci=200, soak=2_000)):
        p = places(rng, 40, 12, 5, 0.9, (1, 4, 50)[case % 3])
        new = altered(rng, p)
        live = LiveMatching(new, solution=carry(p, solve(p, notify=None), new), notify=None)
        assert_optimal(live)
        before = live.objective
        for _ in range(5):
            change_at_random(rng, live, 500, new.limit is not None)
        assert_optimal(live)
        live.undo(5)
        assert (live.objective, live.settled) == (before, True)


def test_changes_that_touch_nothing_search_nothing(seed: int) -> None:
    """Edges too dear, an unused edge gone, a penalty above the price, units to spare: no scan."""
    p = places(np.random.default_rng(seed), 80, 25, 6, 0.8)
    live = LiveMatching(p)
    served = [need for need in range(live.needs) if not live.unserved(need)]
    free = next(k for k in range(live.offers) if live.offer_price(k) == 0 and live.capacity(k))
    need = served[0]
    span = slice(int(p.start[need]), int(p.start[need + 1]))
    columns, costs = p.column[span], p.cost[span]
    kept = columns == live.served_by(need)[0][0]
    spent, before = live.solution().work, live.objective
    live.add_edges(need, [free], [10**6])
    live.change(need, columns=columns[kept], costs=costs[kept])
    live.change(served[1], penalty=10**6)
    live.set_capacity(free, live.capacity(free) + 5)
    assert (live.solution().work, live.objective) == (spent, before)
    assert_optimal(live)


def test_numbers_of_numpy_are_welcome(seed: int) -> None:
    """Narrow integers do not overflow on the way in; a float is refused."""
    p = places(np.random.default_rng(seed), 30, 10, 4, 0.8)
    live = LiveMatching(p)
    live.set_capacity(0, np.int8(100))  # type: ignore[arg-type]
    live.change(1, demand=np.int8(100), penalty=np.int16(30_000))  # type: ignore[arg-type]
    live.set_capacity(0, 10**10)
    live.set_capacity(0, np.int8(1))  # type: ignore[arg-type]
    assert_optimal(live)
    with pytest.raises(TypeError):
        live.set_capacity(0, 1.5)  # type: ignore[arg-type]


def test_a_refused_change_changes_nothing() -> None:
    """Bad numbers raise before anything is touched."""
    live = example()
    for wrong in (
        lambda: live.insert([0], [-1], penalty=5),
        lambda: live.insert([0], [1, 2], penalty=5),
        lambda: live.insert([0], [1], penalty=-5),
        lambda: live.insert([0], [2**31], penalty=5),
        lambda: live.insert([0], [1], penalty=5, demand=2**61),
        lambda: live.insert([0], [1], penalty=5, limits=[1]),
        lambda: live.change(0, columns=[1]),
        lambda: live.set_capacity(0, -1),
        lambda: live.undo(1),
    ):
        with pytest.raises(ValueError, match=r"\w"):
            wrong()
    for unknown in (
        lambda: live.withdraw(2),
        lambda: live.set_capacity(2, 1),
        lambda: live.insert([2], [1], penalty=5),
    ):
        with pytest.raises(IndexError, match="expected 0 to 1"):
            unknown()
    assert (live.needs, live.offers, live.undoable, live.objective) == (2, 2, 0, 9)


def test_history_is_as_long_as_asked() -> None:
    """Only the last changes are remembered, and how many there are is said."""
    live = LiveMatching(make([[(1, 0)]], [1], [9]), history=2)
    for capacity in (0, 3, 5):
        live.set_capacity(0, capacity)
    assert live.undoable == 2
    with pytest.raises(ValueError, match="cannot undo 3 changes: 2 are remembered"):
        live.undo(3)
    live.undo(2)
    assert live.objective == 9


def test_out_of_work_is_said_and_repaired(seed: int) -> None:
    """With hardly any work allowed `settled` turns false; the bound holds; `repair` ends it."""
    p = places(np.random.default_rng(seed), 80, 25, 6, 0.9)
    live = LiveMatching(p, solution=solve(p), work_limit=0)
    live.set_capacity(3, 0)
    live.withdraw(5)
    assert not live.settled
    s = live.solution()
    best = solve(live.problem()).objective
    assert s.bound <= best <= s.objective == live.objective
    assert live.repair(work_limit=10**9)
    assert_optimal(live)


def test_a_small_matching_needs_no_compiler(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Below 20,000 edges every change is made in plain Python."""

    def forbidden(*_: object) -> None:
        raise AssertionError("compiled")

    monkeypatch.setattr(live_module, "compiled", forbidden)
    monkeypatch.setattr(exact, "compiled", forbidden)
    exercise(places(np.random.default_rng(seed), 30, 12, 4, 0.8), np.random.default_rng(seed), 10)


@pytest.mark.parametrize("limited", [False, True])
def test_an_offer_listed_several_times_by_a_need(limited: bool, seed: int) -> None:
    """The cheapest edge carries all unless limits hold it; room is made for all of them."""
    rng = np.random.default_rng(seed)
    none = np.zeros(0, dtype=np.int64)
    empty = Problem(
        np.zeros(1, dtype=np.int64), none, none, np.array([3, 2]), none, none,
        none if limited else None,
    )  # fmt: skip
    live = LiveMatching(empty)
    for _ in range(60):
        columns = rng.integers(0, 2, size=int(rng.integers(0, 5))).tolist()
        costs = rng.integers(0, 9, size=len(columns)).tolist()
        limits = rng.integers(0, 3, size=len(columns)).tolist() if limited else None
        if live.needs and rng.random() < 0.4:
            need = int(rng.integers(live.needs))
            live.change(need, columns=columns, costs=costs, limits=limits)
        elif live.needs and rng.random() < 0.3:
            live.withdraw(int(rng.integers(live.needs)))
        else:
            live.insert(columns, costs, limits=limits, penalty=9, demand=int(rng.integers(1, 4)))
        assert_optimal(live)
    if limited:
        with pytest.raises(ValueError, match="more than 16 times"):
            live.insert([0] * 17, list(range(17)), limits=[1] * 17, penalty=9, demand=2)
