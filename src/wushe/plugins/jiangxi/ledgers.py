"""Jiangxi's ledgers (台账): of how many people income, family, health and care are recorded.

The notice (see the package's docstring) asks for ledgers of elders, children and disabled people and does not
say how complete one must be; that all have the same four parts is assumed.
"""

from __future__ import annotations

from collections.abc import Iterable

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


def ledger_table(
    network: LinkageNetwork, context: Context, ledgers: Iterable[tuple[Text, tuple[str, ...]]]
) -> ReportTable:
    """Return how many people each ledger (its name, its target groups) is for, and of how many each part is recorded."""
    told = _recorded(network, context)
    whole = np.logical_and.reduce(list(told.values()))
    tags = _tags(network)
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


def _tags(network: LinkageNetwork) -> list[Iterable[str] | None]:
    """Return the target groups of each person, the household's where nobody recorded the person's own."""
    persons, households = network["persons"], network["households"]
    theirs = [*households["target_groups"], None]  # -1 is no household
    home = households.row_of(persons["household"]).tolist()
    return [
        theirs[at] if own is None else own
        for own, at in zip(persons["target_groups"], home, strict=True)
    ]


def _recorded(network: LinkageNetwork, context: Context) -> dict[str, Flags]:
    """Return for each part of a ledger of which persons it is recorded, in a table or as a fact, bool (n,)."""
    persons, households, facts = network["persons"], network["households"], network["facts"]
    home = households.row_of(persons["household"])
    known = facts["on"] <= np.datetime64(context.on, "D")
    told = {(facts["subject"][at], facts["field"][at]) for at in np.flatnonzero(known).tolist()}
    found = {}
    for part, (_, _, fields) in PARTS.items():
        flags = np.zeros(len(persons), dtype=bool)
        for field in fields:
            if field in persons.columns:
                flags |= persons.known(field)
            if field in households.columns:
                flags |= np.append(households.known(field), False)[home]  # -1 is no household
        for row in np.flatnonzero(~flags).tolist():
            subjects = persons.ids[row], persons["household"][row]
            flags[row] = any((who, field) in told for who in subjects for field in fields)
        found[part] = flags
    return found
