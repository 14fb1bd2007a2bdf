"""How long the kit waits for one answer: a rule that never returns must not keep whoever checks it for ever."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

SECONDS = 20.0
"""The longest that a question about a small made-up city may take."""


class NoAnswerError(Exception):
    """The rule did not answer in time."""


def _give_up(*_: Any) -> None:
    raise NoAnswerError(f"no answer within {SECONDS:.0f} s")


@contextlib.contextmanager
def patience(seconds: float | None = None) -> Iterator[None]:
    """Raise NoAnswerError inside where it takes longer than `seconds` (default `SECONDS`).

    Only where the system has alarms, and in the main thread; whose alarm it was before gets it back.
    """
    alarmed = threading.current_thread() is threading.main_thread()
    if not alarmed or not hasattr(signal, "setitimer"):
        yield
        return
    began, before = time.monotonic(), signal.signal(signal.SIGALRM, _give_up)
    left, again = signal.setitimer(signal.ITIMER_REAL, seconds or SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:
            remaining = max(left - (time.monotonic() - began), 1e-3)
            signal.setitimer(signal.ITIMER_REAL, remaining, again)
