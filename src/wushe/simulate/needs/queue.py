"""Several workers, first come first served: who waits how long, exactly, in continuous working time."""

from __future__ import annotations

import heapq

import attrs
import numpy as np

from wushe.model.storage import Array
from wushe.simulate.city import DAY, WEEK


def serve(arrivals: Array, service: Array, free_at: Array) -> tuple[Array, Array]:
    """Serve a queue of several servers in order of arrival; return when each begins, and with whom.

    `arrivals` float (n,), ascending; `service` float (n,); `free_at` float (n_servers,), when each server has
    done what came before: it is changed to when each has done these. Returns `start` float (n,) and `server`
    int64 (n,). Of servers that are free the one that has been free longest begins, then the lower row. This is
    the recursion of Kiefer and Wolfowitz (On the theory of queues with many servers, 1955). Raises ValueError
    where there is no server, or where arrivals do not ascend.
    """
    if len(free_at) == 0 and len(arrivals):
        raise ValueError("a queue has 0 servers; expected at least one")
    if np.any(np.diff(arrivals) < 0):
        raise ValueError("arrivals of a queue do not ascend; sort them first")
    heap = list(zip(free_at.tolist(), range(len(free_at)), strict=True))
    heapq.heapify(heap)
    start, server = np.empty(len(arrivals)), np.empty(len(arrivals), dtype=np.int64)
    for i, (at, minutes) in enumerate(zip(arrivals.tolist(), service.tolist(), strict=True)):
        free, who = heap[0]
        begins = max(free, at)
        heapq.heapreplace(heap, (begins + minutes, who))
        start[i], server[i] = begins, who
    for free, who in heap:
        free_at[who] = free
    return start, server


@attrs.frozen
class OfficeHours:
    """Working minutes and instants: open from minute `opens` to `closes` of the first `days` days of a week.

    `monday` is the day number of a Monday, 0 or below. All day long and all week, the two clocks agree.
    """

    opens: float
    closes: float
    days: int
    monday: int = 0

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= DAY:
            raise ValueError(
                f"office hours are minute {self.opens:g} to {self.closes:g}; expected 0 to 1440, the first the smaller"
            )
        if not 1 <= self.days <= WEEK:
            raise ValueError(f"office days are {self.days} a week; expected 1 to 7")

    @property
    def length(self) -> float:
        """Working minutes of a working day."""
        return self.closes - self.opens

    def minutes(self, instants: Array) -> Array:
        """Return the working minutes from the first Monday on until each instant, float (n,)."""
        day, minute = np.divmod(instants - self.monday * DAY, DAY)
        week, weekday = np.divmod(day, WEEK)
        today = np.where(weekday < self.days, np.clip(minute - self.opens, 0, self.length), 0.0)
        worked: Array = (week * self.days + np.minimum(weekday, self.days)) * self.length + today
        return worked

    def instants(self, minutes: Array) -> Array:
        """Return when so many working minutes have been worked, float (n,): the earliest such instant."""
        # What ends with a working day ends at its closing, not at the next opening.
        whole = np.maximum(np.ceil(minutes / self.length) - 1, 0)
        week, weekday = np.divmod(whole, self.days)
        today = minutes - whole * self.length
        found: Array = (self.monday + week * WEEK + weekday) * DAY + self.opens + today
        return found
