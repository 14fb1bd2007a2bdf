"""Workers: anything that pickles by value goes out, errors come back as they are, nothing is left running."""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from simulate_standin import Town, simulate_and_die, simulate_badly
from wushe.errors import MissingExtraError
from wushe.simulate.dispatch.policy import Policy
from wushe.simulate.experiments.experiment import Experiment
from wushe.simulate.experiments.workers import answer, simulate_all


@pytest.fixture
def later(campaign: Callable[..., int]) -> None:
    """Leave a test that starts many processes to the tier ci."""
    if not campaign(tests=0, ci=1, soak=1):
        pytest.skip("starts processes: from the tier ci on")


def made_in_a_notebook() -> Callable[[int], bytes]:
    """Return a function of a module that no other process can import."""
    module = ModuleType("__main__")
    exec("base = 40\ndef add(n):\n    return bytes([base + n])\n", vars(module))
    function: Callable[[int], bytes] = vars(module)["add"]
    return function


def test_nothing_to_do_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A finished experiment opens no pool."""
    monkeypatch.setattr(ProcessPoolExecutor, "__init__", None)
    assert list(simulate_all(len, [], 8)) == []  # type: ignore[arg-type]


def test_one_worker_is_this_process() -> None:
    """A single cell, or a single worker: no process, no pickling."""
    held = object()
    seen: list[Any] = []
    assert list(simulate_all(lambda cell: seen.append(cell) or b"x", [held], 4)) == [(0, b"x")]
    assert seen == [held]


def test_a_function_of_a_notebook_travels_with_its_code() -> None:
    """What a worker is sent holds the function, and what it uses, by value."""
    cloudpickle = pytest.importorskip("cloudpickle")
    payload = cloudpickle.dumps((made_in_a_notebook(), 2))
    assert answer(payload) == b"*"


@pytest.mark.slow
@pytest.mark.usefixtures("later")
def test_processes_return_every_cell_under_its_number() -> None:
    """A function of a notebook in two processes, five cells."""
    found = dict(simulate_all(made_in_a_notebook(), range(5), 2))
    assert found == {n: bytes([40 + n]) for n in range(5)}


@pytest.mark.slow
@pytest.mark.usefixtures("later")
def test_an_error_in_a_worker_is_raised_here_with_its_note() -> None:
    """The same exception as in one process, with the cell that it happened in."""
    made = Experiment(Town(), Policy("quick"), 3, simulate=simulate_badly)
    with pytest.raises(ValueError, match="the town is flooded") as caught:
        made.run(workers=2)
    assert any("replication 1" in note for note in caught.value.__notes__)


@pytest.mark.slow
@pytest.mark.usefixtures("later")
def test_a_worker_that_ends_is_told() -> None:
    """A process killed from outside: the message says what it may have been and what to do."""
    made = Experiment(Town(), Policy("quick"), 2, simulate=simulate_and_die)
    with pytest.raises(RuntimeError, match="run it again with fewer workers"):
        made.run(workers=2)


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address, and no dask.distributed: what to install."""
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    with pytest.raises(MissingExtraError, match=r"wushe\[distributed\]"):
        list(simulate_all(len, [b""], "tcp://127.0.0.1:1"))  # type: ignore[arg-type]


def _work_for_ever(children: Any) -> None:
    """Start two workers that are never done, and tell their ids."""
    cells = [Path(children)] * 2
    list(simulate_all(write_id_and_wait, cells, 2))


def write_id_and_wait(folder: Path) -> bytes:
    """Leave the id of this process in a folder and wait until it is ended."""
    (folder / str(os.getpid())).touch()
    time.sleep(600)
    return b""


@pytest.mark.slow
@pytest.mark.usefixtures("later")
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks processes up in /proc")
def test_workers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    """A run killed with SIGKILL leaves no process behind that would wait for work for ever."""
    victim = multiprocessing.get_context("spawn").Process(target=_work_for_ever, args=(tmp_path,))
    victim.start()
    while victim.is_alive() and len(list(tmp_path.iterdir())) < 2:
        time.sleep(0.01)
    workers = [Path("/proc") / path.name for path in tmp_path.iterdir()]
    victim.kill()
    victim.join()
    deadline = 3000
    while any(map(_runs, workers)) and deadline:
        time.sleep(0.01)
        deadline -= 1
    assert len(workers) == 2
    assert not any(map(_runs, workers))


def _runs(process: Path) -> bool:
    """Whether a process is there and not merely waiting to be buried."""
    try:
        return " Z " not in (process / "stat").read_text("utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
