"""Who belongs to which target group, person by person: a household's group is not every member's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from wushe.model.storage import Array
from wushe.model.terms import Columns

YES, NO, UNKNOWN = 1, 0, -1
Answers = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]


def belonging(people: Columns, groups: Sequence[str]) -> Answers:
    """Return whether each row of `wushe.identify.person_columns` belongs to each group, int8 (n, n_groups).

    1 yes, 0 no, -1 unknown. A group of the household is a member's where the member is recorded in it, and
    everybody's where no member is (low income, but not the left-behind child of a grandmother).
    """
    own = _said(people["target_groups"], groups, people["person_row"] >= 0)
    home = _said(people["household_target_groups"], groups, people["household_row"] >= 0)
    _, door = np.unique(people["door"], return_inverse=True)
    found = np.empty_like(own)
    for column in range(len(groups)):
        mine, theirs = own[:, column], home[:, column]
        named = np.bincount(door, weights=mine == YES)[door] > 0 if len(door) else mine == YES
        theirs = np.where((theirs == YES) & named, NO, theirs)
        either = np.where((mine == YES) | (theirs == YES), YES, np.minimum(mine, theirs))
        found[:, column] = either
    return found


def in_any_group(people: Columns, groups: Sequence[str]) -> Flags:
    """Return who surely belongs to one of `groups`, bool (n,)."""
    return np.asarray((belonging(people, groups) == YES).any(axis=1))


def maybe_in_any_group(people: Columns, groups: Sequence[str]) -> Flags:
    """Return who belongs to none of `groups` for sure, but may belong to one, bool (n,)."""
    answers = belonging(people, groups)
    return np.asarray((answers == UNKNOWN).any(axis=1) & ~(answers == YES).any(axis=1))


def living(people: Columns, on: dt.date) -> Flags:
    """Return who is not recorded as dead by the day `on`, bool (n,)."""
    return np.asarray(~(people["died_on"] <= np.datetime64(on, "D")))


def _said(tags: Array, groups: Sequence[str], there: Array) -> Answers:
    """Return what a column of tags says of each group, int8 (n, n_groups); no where there is no such record."""
    index = {words: code for code, words in enumerate(dict.fromkeys(tags))}
    code = np.fromiter(map(index.__getitem__, tags), np.int64, len(tags))
    rows = [[UNKNOWN if t is None else int(g in t) for g in groups] for t in index]
    said = np.array(rows, dtype=np.int8).reshape(len(index), len(groups))[code]
    said[~there] = NO
    return said
