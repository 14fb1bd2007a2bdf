"""Wuchang's sign of difficulty: nobody can take over from whoever nurses a seriously ill person.

"Wuchang 2025" is cited as in the package's docstring.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from wushe import Columns, Context, holding

SAID = {"是": 1, "有": 1, "yes": 1, "否": 0, "没有": 0, "no": 0}


def sole_carer(persons: Columns, context: Context) -> npt.NDArray[np.int8]:
    """Whether the person cares alone for a seriously ill one at the same door: 1, 0, -1 unknown.

    Wuchang 2025: an old wife bore her husband's care alone. Assumed: who is registered as a carer
    cares; a minor or who is seriously ill oneself does not; any other adult known not to be ill
    could take over. The answer to `carer_alone` at the door decides whether it is one alone.
    """
    age, tags = persons["age"], persons["target_groups"]
    gone = persons["died_on"] <= np.datetime64(context.on, "D")
    ill = np.where(gone, 0, np.where(holding(tags, "serious_illness"), 1, persons["major_illness"]))
    carer = holding(tags, "carer")
    unfit = (ill == 1) | ((age >= 0) & (age < 18)) | gone
    able = np.where(carer & ~gone, 1, np.where(unfit, 0, np.where((ill == 0) & (age >= 18), 1, -1)))
    listed = persons["members_complete"] == 1
    patient = _somebody_else(persons, ill, listed)
    relief = _somebody_else(persons, able, listed)
    absent = np.full(len(persons), None)
    said = persons.arrays.get("fact:carer_alone", absent)
    told = np.array([SAID.get(text, -1) for text in said], dtype=np.int8)
    alone = np.where(told >= 0, told, np.where(relief < 0, -1, 1 - relief))
    parts = np.array([able, patient, alone]).reshape(3, -1)
    return np.where((parts == 0).any(axis=0), 0, parts.min(axis=0)).astype(np.int8)


def _somebody_else(
    persons: Columns, holds: npt.NDArray[Any], listed: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int8]:
    """Whether `holds` (1, 0, -1) for another one at the door; no only where all are `listed`."""
    _, door = np.unique(persons["door"], return_inverse=True)
    yes, unknown = (np.bincount(door, holds == v)[door] - (holds == v) for v in (1, -1))
    return np.where(yes > 0, 1, np.where((unknown > 0) | ~listed, -1, 0)).astype(np.int8)
