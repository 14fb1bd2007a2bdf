"""Where cells are simulated: in this process, in processes of this machine, or by dask.distributed.

Cells come back as they are done; nothing depends on the order, since each is kept under its own key.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from types import ModuleType
from typing import Any, TypeAlias

from wushe.errors import MissingExtraError

Work: TypeAlias = Callable[[Any], bytes]
"""Takes a cell and returns its tables as bytes; a function of a module, or anything that pickles by value."""
Workers: TypeAlias = Any
"""1 or more processes; or a dask.distributed scheduler's address, client or cluster."""
AHEAD = 3
"""Cells sent per process before answers come back, so that none waits and few are in memory."""
ENDED = (
    "a worker process ended before it answered: it may have run out of memory; a script that starts "
    'processes must do so under `if __name__ == "__main__":`. Cells that were done are kept where a folder was '
    "given: run it again with fewer workers and it goes on"
)


def simulate_all(
    work: Work, cells: Sequence[Any], workers: Workers = 1
) -> Iterator[tuple[int, bytes]]:
    """Yield (number of the cell, its bytes) as they are done.

    Raises what `work` raised, ValueError for `workers` of no use, MissingExtraError where a library is
    missing, RuntimeError where a worker process ends. Whatever was started is closed when the caller stops.
    """
    if isinstance(workers, bool) or (isinstance(workers, int) and workers < 1):
        raise ValueError(
            f"workers is {workers!r}; expected 1 or more processes, or a dask scheduler's address"
        )
    if not cells:
        return iter(())
    if not isinstance(workers, int):
        return _on_dask(work, cells, workers)
    if min(workers, len(cells)) == 1:
        return ((number, work(cell)) for number, cell in enumerate(cells))
    return _in_processes(work, cells, min(workers, len(cells)))


def answer(payload: bytes) -> bytes:
    """Do what a pickled (work, cell) says: what runs in a worker."""
    work, cell = _pickler("several processes").loads(payload)
    blob: bytes = work(cell)
    return blob


def _pickler(feature: str) -> ModuleType:
    """Return cloudpickle: policies written in a notebook travel with their code."""
    try:
        return importlib.import_module("cloudpickle")
    except ImportError as error:
        raise MissingExtraError(feature, "simulate") from error


def _payloads(work: Work, cells: Sequence[Any]) -> Iterator[tuple[int, bytes]]:
    """Yield number and payload; a policy that has learnt something may be large, so only as many as are asked for."""
    dumps = _pickler("several processes").dumps
    return ((number, dumps((work, cell))) for number, cell in enumerate(cells))


def _in_processes(work: Work, cells: Sequence[Any], workers: int) -> Iterator[tuple[int, bytes]]:
    """Spawned, since threads of numba and pyarrow do not survive a fork."""
    payloads = _payloads(work, cells)
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=end_with_parent)
    sent: dict[Future[bytes], int] = {}
    try:
        while True:
            for number, payload in itertools.islice(payloads, AHEAD * workers - len(sent)):
                sent[pool.submit(answer, payload)] = number
            if not sent:
                return
            done, _ = wait(sent, return_when=FIRST_COMPLETED)
            for number, future in sorted((sent.pop(future), future) for future in done):
                yield number, future.result()
    except BrokenProcessPool as error:
        raise RuntimeError(ENDED) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def end_with_parent() -> None:
    """Let this worker process end when the one that started it is killed: it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)  # not sys.exit: the pool's own threads would hold it

    threading.Thread(target=watch, daemon=True).start()


def _on_dask(work: Work, cells: Sequence[Any], cluster: Any) -> Iterator[tuple[int, bytes]]:
    """Send the cells to a cluster; a client of ours is closed, one that was given is left open."""
    try:
        library: Any = importlib.import_module("dask.distributed")
    except ImportError as error:
        raise MissingExtraError("a cluster", "distributed") from error
    own = not isinstance(cluster, library.Client)
    client = library.Client(cluster, set_as_default=False) if own else cluster
    payloads = _payloads(work, cells)
    sent: dict[str, tuple[int, Any]] = {}
    try:
        done = library.as_completed([], loop=client.loop, with_results=True)
        while True:
            ahead = AHEAD * max(1, sum(client.nthreads().values()))
            for number, payload in itertools.islice(payloads, max(0, ahead - len(sent))):
                future = client.submit(answer, payload, pure=False)
                sent[future.key] = number, future
                done.add(future)
            if not sent:
                return
            future, blob = next(done)
            yield sent.pop(future.key)[0], blob
    finally:
        with contextlib.suppress(Exception):  # the scheduler may be what failed
            client.cancel([future for _, future in sent.values()])
        if own:
            client.close()
