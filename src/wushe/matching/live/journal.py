"""How changes are taken back: each remembers the steps that undo it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Journal:
    """The last `history` changes, each a list of steps that undo it, to be done in reverse.

    `count` counts the changes that stand, forgotten ones included.
    """

    def __init__(self, history: int) -> None:
        self.count = 0
        self._done: deque[list[Callable[[], None]]] = deque(maxlen=history)
        self._now: list[Callable[[], None]] = []

    @contextmanager
    def change(self) -> Iterator[Journal]:
        """One change: all of it or, where something is refused midway, none."""
        self._now = []
        try:
            yield self
        except BaseException:
            _go_back(self._now)
            raise
        self._done.append(self._now)
        self.count += 1

    def step(self, back: Callable[[], None]) -> None:
        """Remember how to take back what has just been done."""
        self._now.append(back)

    def value(self, where: dict[Any, Any], key: Any, value: Any) -> None:
        """Write ``where[key]``, None deletes it, and remember what was there."""
        old = where.get(key)
        _write(where, key, value)
        self._now.append(lambda: _write(where, key, old))

    def undo(self, steps: int) -> None:
        """Take back the last `steps` changes, the latest first. Raises ValueError where fewer are remembered."""
        if not 0 <= steps <= len(self._done):
            raise ValueError(f"cannot undo {steps} changes: {len(self._done)} are remembered")
        for _ in range(steps):
            self.count -= 1
            _go_back(self._done.pop())


def _go_back(steps: list[Callable[[], None]]) -> None:
    for back in reversed(steps):
        back()


def _write(where: dict[Any, Any], key: Any, value: Any) -> None:
    if value is None:
        where.pop(key, None)
    else:
        where[key] = value
