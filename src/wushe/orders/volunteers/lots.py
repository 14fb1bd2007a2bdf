"""Points by their last day: putting in, taking the oldest first, and what has lapsed. Pure functions."""

from __future__ import annotations

from bisect import bisect_left

from wushe.orders.volunteers.records import Lots

_NEVER = "9999-12-31"


def _key(lot: tuple[str | None, int]) -> str:
    return lot[0] or _NEVER


def put_in(lots: Lots, last_day: str | None, points: int) -> Lots:
    """Return `lots` with `points` more that count until `last_day` (None always)."""
    if points == 0:
        return lots
    at = bisect_left(lots, last_day or _NEVER, key=_key)
    if at < len(lots) and lots[at][0] == last_day:
        return (*lots[:at], (last_day, lots[at][1] + points), *lots[at + 1 :])
    return (*lots[:at], (last_day, points), *lots[at:])


def take_oldest(lots: Lots, points: int) -> tuple[Lots, Lots]:
    """Return (rest, taken): `points` taken from the lots that lapse first.

    Raises ValueError where the lots hold fewer.
    """
    taken: list[tuple[str | None, int]] = []
    at = 0
    while points and at < len(lots):
        last_day, held = lots[at]
        part = min(held, points)
        points -= part
        taken.append((last_day, part))
        if held > part:
            return ((last_day, held - part), *lots[at + 1 :]), tuple(taken)
        at += 1
    if points:
        raise ValueError(f"points: {points} more are asked for than the lots hold")
    return lots[at:], tuple(taken)


def take_first_from(lots: Lots, last_day: str | None, points: int) -> tuple[Lots, int]:
    """Return (rest, taken): up to `points`, from the lot of `last_day` first, then the oldest."""
    taken = min(points, total(lots))
    own = min(dict(lots).get(last_day, 0), taken)
    lots = tuple((day, n - own if day == last_day else n) for day, n in lots)
    rest, _ = take_oldest(tuple(lot for lot in lots if lot[1]), taken - own)
    return rest, taken


def lapsed_by(lots: Lots, on: str) -> int:
    """Return how many points have lapsed by the day `on`: their last day lies before it."""
    return total(lots[: _first_good(lots, on)])


def still_good(lots: Lots, on: str) -> Lots:
    """Return the lots that count on the day `on`."""
    return lots[_first_good(lots, on) :]


def _first_good(lots: Lots, on: str) -> int:
    return bisect_left(lots, on, key=_key)


def first_to_lapse(lots: Lots) -> str | None:
    """Return the last day of the lot that lapses first, None where none ever does."""
    return lots[0][0] if lots else None


def total(lots: Lots) -> int:
    """Return the points in all lots."""
    return sum(n for _, n in lots)
