"""A small domain of its own for the tests of the store, and what their other processes run."""

import time
from collections.abc import Iterable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from typing import Any

import attrs

from wushe.errors import ConflictError, Problem, ProblemKind
from wushe.journal import Act, Domain, Event, EventKind, RecordKind, Session, State
from wushe.store import open_store
from wushe.store.codec import Codecs
from wushe.text import Text

ACT = Act("2025-09-15T09:00:00+08:00", "W-1")
WHY = Act("2025-09-15T10:00:00+08:00", "W-1", "王老太说她摔了一跤")
_SAID = Text("有人先到", "somebody was faster")
TAKEN = ProblemKind("taken", _SAID, _SAID, _SAID)


@attrs.frozen
class Part:
    """A part of a job, to have nested records."""

    name: str
    amount: int = 0


@attrs.frozen
class Job:
    """A job for one household: open until somebody takes it."""

    id: str
    client: str
    status: str | None = "open"
    helper: str | None = None
    due_at: str | None = None
    amount: int = 0
    parts: tuple[Part, ...] = ()
    notes: tuple[tuple[int, str | None], ...] = ()
    counts: dict[str, int] = attrs.field(factory=dict, hash=False)
    version: int = 1


@attrs.frozen
class Pool:
    """Money that gifts are matched from."""

    id: str
    left: int
    given: int = 0


def _placed(state: State, event: Event) -> None:
    d = event.data
    parts = tuple(Part(name, amount) for name, amount in d.get("parts", ()))
    job = Job(
        event.stream[4:], event.ref or "", amount=d["amount"], due_at=d.get("due_at"), parts=parts
    )
    state.put("job", job)


def _taken(state: State, event: Event) -> None:
    job = state.get("job", event.stream[4:])
    helper = event.data["helper"]
    counts = {**job.counts, helper: job.counts.get(helper, 0) + 1}
    notes = (*job.notes, (job.version, helper), (0, None))
    state.put(
        "job",
        attrs.evolve(
            job, status=None, helper=helper, counts=counts, notes=notes, version=job.version + 1
        ),
    )  # fmt: skip


def _reopened(state: State, event: Event) -> None:
    job = state.get("job", event.stream[4:])
    state.put("job", attrs.evolve(job, status="open", helper=None, version=job.version + 1))


def _filled(state: State, event: Event) -> None:
    state.put("pool", Pool(event.stream[5:], event.data["fen"]))


def _matched(state: State, event: Event) -> None:
    pool = state.get("pool", event.stream[5:])
    fen = event.data["fen"]
    state.put("pool", attrs.evolve(pool, left=pool.left - fen, given=pool.given + fen))


DOMAIN = Domain.of(
    events=(
        EventKind("job.placed", _placed),
        EventKind("job.taken", _taken),
        EventKind("job.reopened", _reopened),
        EventKind("pool.filled", _filled),
        EventKind("pool.matched", _matched),
    ),
    records=(
        RecordKind("job", Job, ("status", "helper", "client", "due_at")),
        RecordKind("pool", Pool),
    ),
)


# --- commands --------------------------------------------------------------------------------


def place(s: Session, *, jobs: Iterable[str], client: str = "H-1", amount: int = 1) -> list[str]:
    """Place `jobs` for one household."""
    ref = s.ref(client)
    done = []
    for job in jobs:
        data = {"amount": amount, "parts": [["a", amount]], "due_at": f"2025-09-{16 + amount % 9}"}
        s.record("job.placed", f"job/{job}", data, ref=ref)
        done.append(job)
    return done


def take(s: Session, *, job: str, helper: str) -> str:
    """Take a job. Raises ConflictError where it is taken."""
    if s.state.get("job", job).status is None:
        raise ConflictError([Problem(TAKEN, f"job/{job}")])
    s.record("job.taken", f"job/{job}", {"helper": helper})
    return helper


def reopen(s: Session, *, job: str) -> None:
    """Have a job done by somebody else."""
    s.record("job.reopened", f"job/{job}", ref=s.state.get("job", job).client)


def fill(s: Session, *, pool: str, fen: int) -> None:
    """Fill a pool."""
    s.record("pool.filled", f"pool/{pool}", {"fen": fen})


def donate(s: Session, *, pool: str, fen: int) -> int:
    """Match a gift as far as the pool goes, and return by how much."""
    share = min(fen, s.state.get("pool", pool).left)
    if share:
        s.record("pool.matched", f"pool/{pool}", {"fen": share})
    return share


def place_slowly(s: Session, *, job: str, parts: int, began: Any, pause: float) -> str:
    """Place a job of `parts` events and say between BEGIN and COMMIT that it is so far."""
    ref = s.ref(f"H-{job}")
    for part in range(parts):
        s.record("job.placed", f"job/{job}.{part}", {"amount": part}, ref=ref, words={"text": job})
        if part == 0 and began.said is not None:
            began.said.send(("inside", job))
            time.sleep(pause)
    return job


# --- other processes -------------------------------------------------------------------------


@attrs.frozen
class Began:
    """A way to say that a transaction is open, which is no part of the request."""

    said: Any = attrs.field(default=None, eq=False)


def processes() -> ForkServerContext:
    """Return the way to start processes that have wushe imported already and nothing of the test's state."""
    context = get_context("forkserver")
    # Imported once, not by every process; modules of the tests are not found so early.
    dialects = ["sqlalchemy.dialects.postgresql.psycopg", "sqlalchemy.dialects.sqlite.pysqlite"]
    context.set_forkserver_preload(
        [
            "wushe.store",
            "wushe.orders",
            "wushe.ledger",
            "wushe.plugins.defaults",
            "psycopg",
            *dialects,
        ]
    )
    return context


def report_shape(results: Any) -> None:
    """Report the shape of the records as a fresh process sees it."""
    results.put(Codecs(DOMAIN).shape())


def open_it(where: str, results: Any) -> None:
    """Open a store and report how many events it has."""
    with open_store(where, domain=DOMAIN) as store:
        results.put(store.head.entries)


def write_until_killed(where: str, said: Connection, start: int, parts: int, pause: float) -> None:
    """Place one job after another; before each say its key, inside that it began, after that it is kept.

    From the second job on wait `pause` seconds inside.
    """
    with open_store(where, domain=DOMAIN) as store:
        number = start
        while True:
            job = f"J{number:06d}"
            said.send(("asked", job))
            _place_keyed(store, job, parts, said, pause if number > start else 0.0)
            said.send(("kept", job))
            number += 1


def retry(where: str, job: str, parts: int) -> bool:
    """Send the request for `job` again and return whether it was done before."""
    with open_store(where, domain=DOMAIN) as store:
        return _place_keyed(store, job, parts, None, 0.0)


def _place_keyed(store: Any, job: str, parts: int, said: Any, pause: float) -> bool:
    # The pipe is not data of the request: the same request is sent again after the crash without it.
    def command(s: Session, *, job: str, parts: int) -> str:
        return place_slowly(s, job=job, parts=parts, began=Began(said), pause=pause)

    command.__qualname__ = "place_slowly"
    receipt = store.run(ACT, command, key=f"place {job}", job=job, parts=parts)
    return bool(receipt.again)
