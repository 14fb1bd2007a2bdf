"""Matching donations (配捐): the built-in `split_gifts`."""

from __future__ import annotations

from wushe import Columns, hookimpl, split_in_turn


@hookimpl
def split_gifts(donations: Columns, pools: Columns) -> list[tuple[str, str, int]]:
    """Each pool adds its ratio of each donation, rounded down to the fen, until a cap or its end is reached.

    Donations are taken by their instant, then by id; pools in the order given. The last match of a pool is what it has left.
    """
    return split_in_turn(
        donations, pools, lambda gift, every: ((pool, pool.may_add(gift)) for pool in every)
    )
