"""Where pieces are solved: in this process, in processes of this machine, or by dask.distributed.

Each runner takes one order per piece and returns the answers in the pieces' order, so that nothing
depends on who was done first. Pieces are sent once; orders and answers are small.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import pickle
import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, TypeAlias

from wushe.matching.kernel import Notify
from wushe.matching.kernel.compile import to_stderr
from wushe.matching.shards.parts import Piece
from wushe.matching.shards.work import Answer, Order, solve_piece

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

Run: TypeAlias = Callable[[Sequence[Order]], list[Answer]]
"""Takes one order for each piece and returns their answers."""
ENDED = (
    "a worker process ended before it answered: it may have run out of memory; a script that starts "
    'processes must do so under `if __name__ == "__main__":`'
)


@contextlib.contextmanager
def open_runner(
    pieces: Sequence[Piece], workers: int, cluster: Any, notify: Notify | None
) -> Iterator[Run]:
    """Yield what solves orders; whatever it started is closed at the end, come what may."""
    if cluster is not None:
        with _on_dask(pieces, cluster) as run:
            yield run
    elif min(workers, len(pieces)) > 1:
        with _in_processes(pieces, min(workers, len(pieces)), notify is not None) as run:
            yield run
    else:
        yield lambda orders: [
            solve_piece(piece, order, notify) for piece, order in zip(pieces, orders, strict=True)
        ]


# --- processes -----------------------------------------------------------------------------------


@contextlib.contextmanager
def _in_processes(pieces: Sequence[Piece], workers: int, loud: bool) -> Iterator[Run]:
    """Each piece has its worker, which keeps it; spawned, since numba's threads do not survive a fork."""
    context = multiprocessing.get_context("spawn")
    started: list[tuple[SpawnProcess, Connection]] = []
    try:
        for number in range(workers):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=serve, args=(theirs, loud and number == 0), daemon=True
            )
            process.start()
            theirs.close()
            started.append((process, ours))
        shares = _shares(pieces, workers)
        yield _Crew([ours for _, ours in started], pieces, shares).run
    finally:
        for process, ours in started:
            ours.close()
            process.terminate()
        for process, _ in started:
            process.join()


def serve(orders: Connection, loud: bool) -> None:
    """Keep pieces and answer orders until the other end is closed; errors are answers too."""
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # the caller's Ctrl-C ends this process from outside
    pieces: dict[int, Piece] = {}
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            number, piece, order = orders.recv()
            if piece is not None:
                pieces[number] = piece
            answer: Answer | Exception
            try:
                answer = solve_piece(pieces[number], order, to_stderr if loud else None)
            except Exception as error:  # noqa: BLE001 - raised again where it was asked for
                error.add_note(f"in a worker process:\n{traceback.format_exc()}")
                answer = error
            try:
                orders.send(answer)
            except (pickle.PicklingError, TypeError, AttributeError) as error:
                orders.send(RuntimeError(f"{type(answer).__name__}: {answer} ({error})"))


class _Crew:
    """Hands each worker one order at a time: both ends never write at once, so neither can block."""

    def __init__(
        self, ends: list[Connection], pieces: Sequence[Piece], shares: list[list[int]]
    ) -> None:
        self._ends = ends
        self._pieces = pieces
        self._shares = shares
        self._sent: set[int] = set()

    def run(self, orders: Sequence[Order]) -> list[Answer]:
        waiting = {end: list(share) for end, share in zip(self._ends, self._shares, strict=True)}
        busy: dict[Any, int] = {}
        for end in self._ends:
            self._next(end, waiting, busy, orders)
        answers: dict[int, Answer] = {}
        while busy:
            ready: list[Any] = wait(list(busy))
            for end in ready:
                try:
                    answer = end.recv()
                except (EOFError, ConnectionResetError) as error:
                    raise RuntimeError(ENDED) from error
                if isinstance(answer, Exception):
                    raise answer
                answers[busy.pop(end)] = answer
                self._next(end, waiting, busy, orders)
        return [answers[number] for number in range(len(orders))]

    def _next(
        self, end: Any, waiting: dict[Connection, list[int]], busy: dict[Any, int], orders: Any
    ) -> None:
        if not waiting[end]:
            return
        number = waiting[end].pop(0)
        piece = None if number in self._sent else self._pieces[number]
        self._sent.add(number)
        try:
            end.send((number, piece, orders[number]))
        except (BrokenPipeError, ConnectionResetError) as error:
            raise RuntimeError(ENDED) from error
        busy[end] = number


def _shares(pieces: Sequence[Piece], workers: int) -> list[list[int]]:
    """Return the pieces of each worker, the largest first, each to the worker with the least to do."""
    shares: list[list[int]] = [[] for _ in range(workers)]
    load = [0] * workers
    for number in sorted(range(len(pieces)), key=lambda k: (-len(pieces[k].problem.cost), k)):
        least = load.index(min(load))
        shares[least].append(number)
        load[least] += len(pieces[number].problem.cost) + 1
    return shares


# --- dask.distributed ----------------------------------------------------------------------------


@contextlib.contextmanager
def _on_dask(pieces: Sequence[Piece], cluster: Any) -> Iterator[Run]:
    """Scatter the pieces over the cluster's workers and let them answer there."""
    try:
        library: Any = importlib.import_module("dask.distributed")
    except ImportError as error:
        raise ImportError(
            "`cluster` needs dask.distributed: pip install wushe[distributed]"
        ) from error
    own = not isinstance(cluster, library.Client)
    client = library.Client(cluster, set_as_default=False) if own else cluster
    try:
        held = client.scatter(list(pieces), hash=False)

        def run(orders: Sequence[Order]) -> list[Answer]:
            futures = client.map(solve_piece, held, list(orders), pure=False)
            try:
                return list(client.gather(futures))
            finally:
                client.cancel(futures)

        yield run
    finally:
        if own:
            client.close()
