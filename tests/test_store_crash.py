"""Crashes: a writer is killed at any moment, and nothing that it was told is lost, nothing is half there."""

import contextlib
import itertools
import os
import signal
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import attrs
import numpy as np
import pytest

from postgres import new_database, server
from store_toy import DOMAIN, processes, retry, write_until_killed
from wushe.store import Store, open_store

PARTS = 60
"""Events of one unit of work."""
_numbers = itertools.count()


@attrs.define
class Heard:
    """What a writer said: which jobs are kept, which was asked for last, whether it was inside its transaction."""

    kept: list[str] = attrs.field(factory=list)
    asked: str | None = None
    inside: bool = False

    def listen(self, said: Connection) -> None:
        """Take the next word. Raises EOFError when there is none any more."""
        word, job = said.recv()
        self.inside = word == "inside"
        if word == "kept":
            self.kept.append(job)
        else:
            self.asked = job


@attrs.define
class Tally:
    """What the campaign counts."""

    kills: int = 0
    between_begin_and_commit: int = 0
    kept: int = 0
    done_though_not_told: int = 0


def killed_at(said: Connection, process_id: int, when: str, delay: float) -> Heard:
    """Listen until the moment comes, kill, and return what was heard.

    `when` is ``"held"``: while it waits between BEGIN and COMMIT; ``"writing"``: `delay` seconds after it
    stopped waiting there, that is while it writes, commits or tells so; ``"any"``: `delay` after its first word.
    """
    heard = Heard()
    while True:
        heard.listen(said)
        first_word = when == "any"
        if first_word or (heard.inside and heard.kept):
            break
    if when != "held":
        until = time.perf_counter() + delay
        while (left := until - time.perf_counter()) > 0:
            if said.poll(left):
                heard.listen(said)
    os.kill(process_id, signal.SIGKILL)
    with contextlib.suppress(EOFError):
        while True:  # what was said before the kill counts
            heard.listen(said)
    return heard


def crash(where: str, start: int, when: str, delay: float) -> Heard:
    """Have another process write from job `start` on, kill it, and return what was heard of it."""
    context = processes()
    hear, tell = context.Pipe(duplex=False)
    pause = {"held": 30.0, "writing": 0.001, "any": 0.0}[when]
    process = context.Process(target=write_until_killed, args=(where, tell, start, PARTS, pause))
    process.start()
    tell.close()
    assert process.pid is not None
    heard = killed_at(hear, process.pid, when, delay)
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    return heard


def check_after(store: Store, where: str, heard: Heard, tally: Tally) -> None:
    """All that was told is there, nothing by halves, and a retry of the last request does not double."""
    parts: dict[str, int] = {}
    for _, event in store.events():
        job = event.stream[4:].split(".")[0]
        parts[job] = parts.get(job, 0) + 1
    assert set(parts.values()) <= {PARTS}
    assert set(heard.kept) <= set(parts)
    assert store.verify().ok
    tally.kills += 1
    tally.kept += len(heard.kept)
    if heard.asked is not None:
        was_done = heard.asked in parts
        # Began, and nothing of it is there: it died before COMMIT came to its end.
        tally.between_begin_and_commit += heard.inside and not was_done
        tally.done_though_not_told += was_done and heard.asked not in heard.kept
        before = store.head.entries
        assert retry(where, heard.asked, PARTS) is was_done
        assert store.head.entries == before + (0 if was_done else PARTS)
        assert retry(where, heard.asked, PARTS) is True


def crash_campaign(where: str, kills: int, seed: int) -> Tally:
    """Kill writers of one store `kills` times, at least every second time between BEGIN and COMMIT."""
    rng = np.random.default_rng(seed)
    tally = Tally()
    with open_store(where, domain=DOMAIN) as store:
        for number in range(kills):
            when = ("held", "writing", "held", "any")[number % 4]
            longest = 0.02 if when == "writing" else 0.15
            heard = crash(where, number * 1000, when, float(rng.uniform(0, longest)))
            check_after(store, where, heard, tally)
        assert store.verify(deep=True).ok
    assert tally.between_begin_and_commit * 2 >= tally.kills == kills
    return tally


def test_a_killed_writer_loses_nothing_on_sqlite(
    tmp_path: Path, seed: int, campaign: Callable[..., int], evidence: Callable[..., None]
) -> None:
    """Every acknowledged event is there, no half unit, verify passes, a retried command does not double."""
    tally = crash_campaign(str(tmp_path / "s.db"), campaign(tests=4, ci=40, soak=200), seed)
    evidence("store_crash_sqlite", **attrs.asdict(tally))


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    """Return the address of a PostgreSQL server that runs as long as these tests."""
    with server() as url:
        yield url


def test_a_killed_writer_loses_nothing_on_postgresql(
    postgres_url: str, seed: int, campaign: Callable[..., int], evidence: Callable[..., None]
) -> None:
    """The same on a server, which takes back what the killed process left open."""
    where = new_database(postgres_url, f"crash_{next(_numbers)}")
    tally = crash_campaign(where, campaign(tests=2, ci=15, soak=50), seed)
    evidence("store_crash_postgresql", **attrs.asdict(tally))
