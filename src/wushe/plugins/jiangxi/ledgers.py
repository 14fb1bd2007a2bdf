"""Jiangxi's ledgers (台账): of how many people income, family, health and care are recorded.

The notice (see the package's docstring) asks for ledgers of elders, children and disabled people and does not
say how complete one must be; that all have the same four parts is assumed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import attrs
import numpy as np
import numpy.typing as npt

from wushe import Context, LinkageNetwork, ReportTable, Text, count_table, holding

Flags = npt.NDArray[np.bool_]
# Part of a ledger: Chinese, English, and the fields (or facts of a visit form) that tell of it.
PARTS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "income": ("经济来源", "income", ("income_month_fen", "income_year_fen", "main_income")),
    "family": ("家庭结构", "family", ("members_count",)),
    "health": ("健康状况", "health", ("disability_level", "illness", "major_illness", "selfcare_unable")),
    "care": ("照料情况", "care", ("carer", "longterm_care")),
}  # fmt: skip


@attrs.frozen(eq=False)
class _Subjects:
    """Who has a ledger: every living person, and every household that lists nobody; rows, -1 none."""

    person: npt.NDArray[np.int64]
    home: npt.NDArray[np.int64]

    @classmethod
    def of(cls, network: LinkageNetwork, context: Context) -> _Subjects:
        """Return those of the context's day."""
        persons, households = network["persons"], network["households"]
        alive = np.flatnonzero(~(persons["died_on"] <= np.datetime64(context.on, "D")))
        home = households.row_of(persons["household"]).astype(np.int64)
        empty = np.setdiff1d(np.arange(len(households)), home)
        nobody = np.full(len(empty), -1)
        return cls(np.append(alive, nobody), np.append(home[alive], empty))


def ledger_table(
    network: LinkageNetwork, context: Context, ledgers: Iterable[tuple[Text, tuple[str, ...]]]
) -> ReportTable:
    """Return how many people each ledger (its name, its target groups) is for, and of how many each part is recorded.

    The dead have none; a household that lists nobody has one.
    """
    subjects = _Subjects.of(network, context)
    told = _recorded(network, context, subjects)
    whole = np.logical_and.reduce(list(told.values()))
    tags = _tags(network, subjects)
    rows = []
    for name, groups in ledgers:
        mine = holding(tags, groups)
        counted = (mine, mine & whole, *(mine & found for found in told.values()))
        rows.append((name, [int(flags.sum()) for flags in counted]))
    columns = (
        ("应建台账", "persons", "people"),
        ("四项齐全", "all four parts", "people"),
        *((zh, en, "people") for zh, en, _ in PARTS.values()),
    )
    title = ("一人一档：各项已登记的人数", "a ledger per person: parts recorded")
    return count_table("ledgers", title, ("行动", "action"), columns, rows)


def _tags(network: LinkageNetwork, subjects: _Subjects) -> list[tuple[str, ...]]:
    """Return the target groups of each: the own, and those of the household in which no member is recorded.

    The left-behind child of a grandmother does not make her one; low income is everybody's.
    """
    own = [*network["persons"]["target_groups"], None]  # -1 is no person
    theirs = [*network["households"]["target_groups"], None]  # -1 is no household
    named: dict[int, set[str]] = defaultdict(set)
    pairs = list(zip(subjects.person.tolist(), subjects.home.tolist(), strict=True))
    for person, home in pairs:
        named[home] |= set(own[person] or ())
    return [
        (*(own[person] or ()), *(g for g in theirs[home] or () if g not in named[home]))
        for person, home in pairs
    ]


def _recorded(network: LinkageNetwork, context: Context, subjects: _Subjects) -> dict[str, Flags]:
    """Return for each part of a ledger of which of them it is recorded, in a table or as a fact, bool (n,)."""
    persons, households, facts = network["persons"], network["households"], network["facts"]
    known = facts["on"] <= np.datetime64(context.on, "D")
    told = {(facts["subject"][at], facts["field"][at]) for at in np.flatnonzero(known).tolist()}
    sides = ((persons, subjects.person), (households, subjects.home))
    ids = [np.append(table.ids, np.array([None]))[rows] for table, rows in sides]
    found = {}
    for part, (_, _, fields) in PARTS.items():
        flags = np.zeros(len(subjects.person), dtype=bool)
        for field in fields:
            for table, rows in sides:
                if field in table.columns:
                    flags |= np.append(table.known(field), False)[rows]  # -1 is none
        for row in np.flatnonzero(~flags).tolist():
            flags[row] = any((of[row], field) in told for of in ids for field in fields)
        found[part] = flags
    return found
