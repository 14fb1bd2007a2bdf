"""Whole fen divided in proportion: nothing lost, nothing added, nobody above their weight."""

from __future__ import annotations

from collections.abc import Sequence


def proportional(total: int, weights: Sequence[int]) -> list[int]:
    """Return `total` (0 to the sum of `weights`) divided by `weights`, each part at most its weight.

    Parts are rounded down; what is left goes fen by fen to the largest remainders, the earlier of equals.
    """
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    rest = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in rest[: total - sum(parts)]:
        parts[i] += 1
    return parts


def first_in(fen: int, takes: Sequence[tuple[str, int]], skip: int = 0) -> list[tuple[str, int]]:
    """Return the first `fen` of `takes` (gift, fen) after its first `skip` fen."""
    found = []
    for gift, part in takes:
        passed = min(skip, part)
        skip -= passed
        taken = min(part - passed, fen)
        fen -= taken
        if taken:
            found.append((gift, taken))
    return found
