"""Many at once, on SQLite and on a real PostgreSQL server: one wins, nothing is spent twice."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from postgres import new_database, server
from store_city import accept_all, donate_all, offered, pool_of
from store_toy import ACT, DOMAIN, Job, open_it, place, processes, report_shape, take
from wushe.errors import ConflictError
from wushe.journal import Session
from wushe.store import Store, open_store
from wushe.store.codec import Codecs

PROCESSES = 16
_numbers = itertools.count()


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    """Return the address of a PostgreSQL server that runs as long as these tests."""
    with server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return where a new store may be made, in a file and on a server."""
    if request.param == "sqlite":
        return str(tmp_path / "s.db")
    url = request.getfixturevalue("postgres_url")
    return new_database(url, f"crowd_{next(_numbers)}")


def in_processes(target: Callable[..., None], arguments: list[tuple[Any, ...]]) -> list[Any]:
    """Run `target` in one process each and return what they put into the queue given last."""
    context = processes()
    results = context.SimpleQueue()
    running = [context.Process(target=target, args=(*given, results)) for given in arguments]
    for process in running:
        process.start()
    for process in running:
        process.join(300)
    assert [process.exitcode for process in running] == [0] * len(running)
    return [results.get() for _ in running]


def test_of_sixteen_who_accept_an_order_exactly_one_gets_it(
    where: str, campaign: Callable[..., int], evidence: Callable[..., None]
) -> None:
    """Every order is accepted once; all others are told that it is taken; the log has one event per order."""
    n = campaign(tests=8, ci=60, soak=1000)
    orders = [f"O-{i:04d}" for i in range(n)]
    helpers = [f"ORG-{i:02d}" for i in range(PROCESSES)]
    with open_store(where) as store:
        store.run(ACT, offered, orders=orders, helpers=helpers)
        results = in_processes(accept_all, [(where, helper, orders) for helper in helpers])
        won = sum(result[1] for result in results)
        lost = sum(result[2] for result in results)
        assert (won, lost) == (n, n * (PROCESSES - 1))
        taken = [event.stream for _, event in store.events(kind="order.accepted")]
        assert sorted(taken) == [f"order/{order}" for order in orders]
        with store.reading() as state:
            assert len(state.find("order", status="accepted")) == n
            for helper, wins, _ in results:
                assert len(state.find("call", helper=helper, state="accepted")) == wins
        assert store.verify(deep=True).ok
        dialect = store.base.engine.dialect.name
        evidence(f"store_accept_{dialect}", orders=n, processes=PROCESSES, accepted=won, told=lost)


def test_sixteen_who_donate_never_overspend_the_pool(
    where: str, campaign: Callable[..., int], evidence: Callable[..., None]
) -> None:
    """The pool runs dry in the middle of a gift, to the fen; what the donors were told adds up."""
    n = campaign(tests=3, ci=20, soak=200)
    gifts = [(7 * i) % 50 + 1 for i in range(n)]
    fen = sum(gifts) * PROCESSES * 2 // 3
    with open_store(where) as store:
        store.run(ACT, pool_of, fen=fen)
        results = in_processes(donate_all, [(where, f"D-{i}", gifts) for i in range(PROCESSES)])
        assert sum(matched for _, matched in results) == fen
        with store.reading() as state:
            pool, fund = state.get("pool", "M"), state.get("fund", "F")
            assert (pool.left, pool.given) == (0, fen)
            assert sum(g.fen for g in state.find("gift") if g.pool == "M") == fen
            assert fund.free_fen == sum(gifts) * PROCESSES + fen
        assert store.verify(deep=True).ok
        dialect = store.base.engine.dialect.name
        evidence(f"store_pool_{dialect}", gifts=n * PROCESSES, processes=PROCESSES, pool_fen=fen, overspent_fen=pool.given - fen)  # fmt: skip


def test_a_new_store_opened_by_many_at_once_is_made_once(where: str) -> None:
    """Nobody has to make the store first."""
    assert in_processes(open_it, [(where,)] * 4) == [0] * 4
    with open_store(where, domain=DOMAIN) as store:
        assert store.verify(deep=True).entries == 0


def test_a_fresh_process_sees_the_same_shape_of_records() -> None:
    """Else it would make the whole state anew: written records must not change what their classes look like."""
    codecs = Codecs(DOMAIN)
    codecs.body(Job("A", "r"))
    assert in_processes(report_shape, [()]) == [codecs.shape()]


def test_threads_may_share_a_store(where: str) -> None:
    """One store object serves several threads: each run has a connection of its own."""
    from concurrent.futures import ThreadPoolExecutor

    with open_store(where, domain=DOMAIN) as store, ThreadPoolExecutor(4) as pool:
        jobs = [f"J{i}" for i in range(20)]
        list(pool.map(lambda job: store.run(ACT, place, jobs=[job], client="H-1"), jobs))
        assert store.head.entries == 20
        with store.reading() as state:
            assert len({job.client for job in state.find("job")}) == 1
        assert store.verify(deep=True).ok


def test_the_loser_may_look_again_and_go_on(where: str) -> None:
    """A conflict leaves nothing behind: the next command of the same process works."""
    with open_store(where, domain=DOMAIN) as store, open_store(where, domain=DOMAIN) as other:
        store.run(ACT, place, jobs=["A", "B"])
        other.run(ACT, take, job="A", helper="V-2")
        with pytest.raises(ConflictError):
            store.run(ACT, take, job="A", helper="V-1")
        assert store.run(ACT, take, job="B", helper="V-1").answer == "V-1"


def test_everything_works_alike_on_both(where: str) -> None:
    """Keys, refusals, erasing, reading, checking and rebuilding on SQLite and on PostgreSQL."""

    def look(s: Session) -> list[list[str]]:
        place(s, jobs=["é", "Z", "中"], client="H-2")
        s.state.load("job", "id", ["A", "B", "nothing"])
        s.state.load("job", "client", [s.ref("H-1")])
        return [
            [job.id for job in s.state.find("job", status="open")],
            [job.id for job in s.state.find("job", client=s.ref("H-1"))],
            [job.id for job in s.state.until("job", "due_at", "2025-09-17")],
        ]

    with open_store(where, domain=DOMAIN) as store:
        store.run(ACT, place, key="k", jobs=["A", "B"], client="H-1")
        assert store.run(ACT, place, key="k", jobs=["A", "B"], client="H-1").again
        assert store.run(ACT, look).answer == [
            ["A", "B", "Z", "é", "中"], ["A", "B"], ["A", "B", "Z", "é", "中"],
        ]  # fmt: skip
        published = store.head
        store.erase("H-1", ACT, "withdrawn")
        assert store.verify(published, deep=True).ok
        assert store.rebuild() == 6
        with store.reading() as state, pytest.raises(TypeError):
            state.put("job", state.get("job", "A"))
        _each_on_its_own(store)


def _each_on_its_own(store: Store) -> None:
    """Half a unit is never seen from outside, and goes when the process changes its mind."""

    def half(s: Session) -> None:
        place(s, jobs=["half"])
        with open_store(_address(store), domain=DOMAIN) as other, other.reading() as state:
            assert state.get("job", "half") is None
        raise RuntimeError("changed its mind")

    with pytest.raises(RuntimeError):
        store.run(ACT, half)
    with store.reading() as state:
        assert state.get("job", "half") is None


def _address(store: Store) -> Any:
    address = store.base.address
    if address.url is None:
        return address.path
    return address.url.render_as_string(hide_password=False)
