"""Wuchang's own parts of a city report: the pool that is kept up to date, and what knocking on doors yields.

"Wuchang 2025" is cited as in the package's docstring.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from wushe import Context, LinkageNetwork, ReportTable, count_table

GIVERS = {
    "firms": ("企业", "Firms"),
    "charities": ("公益基金会和慈善组织", "Foundations and charities"),
    "citizens": ("爱心人士", "Citizens"),
    "others": ("财政、集体和其他", "Public money, collectives and others"),
}
GIVER_KINDS = {
    "firms": ("firm", "property_company"),
    "charities": ("foundation", "charity_federation", "red_cross", "social_organization"),
}
STATES = (("可用", "live"), ("未到起始日", "not begun"), ("过期或用完", "over or used up"))


def pool_by_giver(network: LinkageNetwork, context: Context) -> list[ReportTable]:
    """Entries of the pool by who gave them: live on the day, not begun, over or used up; and money that is left.

    Firms, charities and citizens are Wuchang 2025's three sources; who counts as which is assumed.
    """
    kinds = dict(zip(network["organizations"].ids, network["organizations"]["kind"], strict=True))
    counts = {giver: [0, 0, 0, 0] for giver in GIVERS}
    for giver, state, fen in _entries(network, np.datetime64(context.on, "D"), kinds):
        counts[giver][state] += 1
        counts[giver][3] += fen if state == 0 else 0
    columns = (*STATES, ("可用资金", "money that is left", "fen"))
    rows = [(GIVERS[giver], cells) for giver, cells in counts.items()]
    title = ("资源库里有什么", "What the pool holds")
    note = (
        "没有记余额的基金算可用，金额不计",
        "a fund of unknown balance is live and adds no money",
    )
    return [
        count_table("wuchang_pool", title, ("来源", "Source"), columns, rows, total=True, note=note)
    ]


def _entries(
    network: LinkageNetwork, on: np.datetime64, kinds: Mapping[str, str]
) -> Iterator[tuple[str, int, int]]:
    """Yield (giver, state, fen left) of each lot, slot and fund; state 0 live, 1 not begun, 2 over or used up."""
    donors = {donor.id: donor for donor in network["donors"].records()}
    for lot in network["resources"].records():
        donor = donors.get(lot.donor or "")
        if donor is None or donor.kind == "organization":
            giver = _giver(kinds.get((donor.organization if donor else lot.holder) or ""))
        else:
            giver = "citizens"
        yield giver, _state(lot.available_from, lot.expires_on, lot.quantity, on), 0
    for slot in network["offers"].records():
        giver = _giver(kinds.get(slot.provider))
        yield giver, _state(slot.available_from, slot.available_to, slot.quantity, on), 0
    for fund in network["funds"].records():
        fen = fund.balance_fen
        given = fund.nature in (None, "donation")
        giver = _giver(kinds.get(fund.host)) if given else "others"
        yield giver, 2 if fen == 0 else 0, fen or 0


def _giver(kind: str | None) -> str:
    return next((giver for giver, known in GIVER_KINDS.items() if kind in known), "others")


def _state(since: Any, until: Any, amount: int | None, on: np.datetime64) -> int:
    if amount == 0 or (until is not None and np.datetime64(until, "D") < on):
        return 2
    return 1 if since is not None and np.datetime64(since, "D") > on else 0


def _door(record: Any, homes_of: Mapping[str, str | None]) -> str | None:
    """Return the household that a visit or a need is about, else the person or the institution."""
    own: str | None = record.household or homes_of.get(record.person or "") or record.person
    return own or record.institution


def doors_by_month(network: LinkageNetwork, context: Context) -> list[ReportTable]:
    """What door-knock visits until the day yielded, by month: who was met, who is willing, facts, and needs asked then.

    A need counts in a month in which its household was met. A visit or need of a person alone is their household's.
    """
    persons = network["persons"]
    homes_of = dict(zip(persons.ids, persons["household"], strict=True))
    doors = [v for v in network["visits"].records() if v.kind == "door" and v.on <= context.on]
    facts = [fact.visit for fact in network["facts"].records()]
    asked = [
        (_door(need, homes_of), f"{need.asked_on:%Y-%m}")
        for need in network["needs"].records() if need.asked_on and need.asked_on <= context.on
    ]  # fmt: skip
    rows = []
    for month in sorted({f"{visit.on:%Y-%m}" for visit in doors}):
        knocked = [visit for visit in doors if f"{visit.on:%Y-%m}" == month]
        met = {_door(visit, homes_of) for visit in knocked if visit.outcome == "met"}
        ids = {visit.id for visit in knocked}
        cells = (
            len({_door(visit, homes_of) for visit in knocked}),
            len(met),
            len({_door(visit, homes_of) for visit in knocked if visit.willing}),
            sum(visit in ids for visit in facts),
            sum(home in met and when == month for home, when in asked),
        )
        rows.append((month, cells))
    columns = (
        ("敲门户数", "households", "people"),
        ("见到", "met", "people"),
        ("愿意接受帮扶", "willing", "people"),
        ("记下的事实", "facts recorded"),
        ("提出的需求", "needs asked for"),
    )
    title = ("敲门走访的收获", "What the visits yielded")
    return [count_table("wuchang_doors", title, ("月份", "Month"), columns, rows)]
