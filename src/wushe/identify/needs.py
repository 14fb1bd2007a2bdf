"""Many reports of one thing are one need, with the evidence kept; the list of what is open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from wushe.errors import InputError, Problem, ProblemKind
from wushe.model.help import URGENCIES, Need
from wushe.model.spec import RECORD_KINDS
from wushe.model.storage import Array, pack, unpack
from wushe.model.tables import Table, sorted_table, table_of
from wushe.network import LinkageNetwork
from wushe.text import Text

SAME_ID_DIFFERS = ProblemKind(
    "report-differs",
    Text(zh="同一编号的两条需求内容不同", en="two needs of one id differ"),
    Text(zh="每条需求的编号各不相同", en="a different id for each need"),
    Text(zh="给其中一条换一个编号", en="give one of them another id"),
)
WINDOW_DAYS = 30
"""Reports at most this many days after the one before them tell of the same need."""
_KINDS = {"persons": "person", "households": "household", "institutions": "institution"}
_LATEST = ("household", "institution", "quantity", "unit", "place", "status", "note")
_RANKS = {urgency: rank for rank, urgency in enumerate(URGENCIES)}


@attrs.frozen(eq=False, repr=False)
class NeedsList:
    """Needs as merged from reports.

    `needs` is a table ``needs``; `evidence` names for each of its ids the reports that it stands
    for, in time order, undated ones last; `reports` holds all of them unchanged.
    """

    needs: Table
    evidence: Mapping[str, tuple[str, ...]]
    reports: Table

    def __len__(self) -> int:
        return len(self.needs)

    def __repr__(self) -> str:
        return f"<NeedsList: {len(self.needs)} needs from {len(self.reports)} reports>"


def merge_reports(needs: Table | Iterable[Need], *, window_days: int = WINDOW_DAYS) -> NeedsList:
    """Return the needs that the reports `needs` tell of; neither their order nor repetition matters.

    Open reports of one client and category are one need while each follows the one before within
    `window_days`; undated ones belong to the latest. The client is the person, else the household, else
    the institution. The need has the id and the earliest date of its first report, the greatest
    urgency, the earliest due date, all skills, and of everything else the latest known value;
    quantity and unit come from one report. Met and withdrawn reports stay as they are. Raises
    InputError where different reports have one id, ValueError for a negative window.
    """
    if window_days < 0:
        raise ValueError(f"window_days: {window_days} is negative; expected 0 or more days")
    reports = needs if isinstance(needs, Table) else _table(needs)
    order, starts = _clusters(reports, window_days)
    ends = np.append(starts, len(order))[1:]
    columns = {name: column[order[starts]] for name, column in reports.columns.items()}
    evidence: dict[str, tuple[str, ...]] = {}
    merged: dict[int, dict[str, Any]] = {}
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        rows = order[start:end]
        evidence[reports.ids[rows[0]]] = tuple(reports.ids[rows])
        if end - start > 1:
            # Values, not records: each is valid already, and a city has hundreds of thousands.
            merged[number] = _merged([_values(reports, row) for row in rows])
    if merged:
        at = np.fromiter(merged, dtype=np.int64)
        for field in reports.kind.fields:
            values = [need[field.name] for need in merged.values()]
            columns[field.name][at] = pack(field.kind.storage, values)
    rows = np.zeros(len(starts), dtype=np.int64)
    return NeedsList(sorted_table(reports.kind, columns, rows, reports.source), evidence, reports)


def _values(reports: Table, row: int) -> dict[str, Any]:
    return {name: unpack(column, row) for name, column in reports.columns.items()}


def _table(needs: Iterable[Need]) -> Table:
    """Return the table of reports, each once. Raises InputError for two that share an id."""
    found: dict[str, Need] = {}
    problems = []
    for need in needs:
        if found.setdefault(need.id, need) != need:
            problems.append(Problem(SAME_ID_DIFFERS, "needs", None, "id", need.id))
    if problems:
        raise InputError(sorted(set(problems), key=lambda problem: problem.value or ""))
    return table_of("needs", found.values())


def _clusters(reports: Table, window_days: int) -> tuple[Array, Array]:
    """Return the rows in order of client, category and time, and where in it each need begins."""
    n = len(reports)
    client, category, day, free = _keys(reports)
    undated = np.isnat(day)
    # Within one day the id decides, since rows are in id order and the sort is stable.
    order = np.lexsort((np.where(undated, 0, day.astype(np.int64)), undated, category, client))
    same = np.zeros(n, dtype=bool)
    if n > 1:
        a, b = order[:-1], order[1:]
        gap = (day[b] - day[a]).astype(np.int64)
        near = undated[b] | (gap <= window_days)
        same[1:] = (
            (client[a] == client[b]) & (category[a] == category[b]) & near & free[a] & free[b]
        )
    return order, np.flatnonzero(~same)


def _keys(reports: Table) -> tuple[Array, Array, Array, npt.NDArray[np.bool_]]:
    """Return codes of client and category, the day asked, and whether the report is open."""
    free = np.fromiter((s is None or s == "open" for s in reports["status"]), bool, len(reports))
    clients: dict[tuple[str, str], int] = {}
    codes = np.empty(len(reports), dtype=np.int64)
    columns = [reports[field] for field in _KINDS.values()]
    for row, names in enumerate(zip(*columns, strict=True)):
        key = next(
            (kind, name) for kind, name in zip(_KINDS, names, strict=True) if name is not None
        )
        # What is settled stands alone, and must not come between two reports that are open.
        key = key if free[row] else ("", reports.ids[row])
        codes[row] = clients.setdefault(key, len(clients))
    categories = {c: code for code, c in enumerate(sorted(set(reports["category"])))}
    category = np.array([categories[c] for c in reports["category"]], dtype=np.int64)
    return codes, category, reports["asked_on"], free


def _merged(reports: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the values of the one need of `reports`, given in time order."""

    def known(name: str) -> list[Any]:
        return [report[name] for report in reports if report[name] is not None]

    last = {name: (known(name) or [None])[-1] for name in _LATEST}
    counted = next((r for r in reversed(reports) if r["quantity"] is not None), last)
    asked = min(known("asked_on"), default=None)
    # An undated report may be due before the first dated one: that date stays in the evidence only.
    due = min((day for day in known("due") if asked is None or day >= asked), default=None)
    skills = known("skills")
    return {
        **reports[0],
        **last,
        "quantity": counted["quantity"],
        "unit": counted["unit"],
        "urgency": min(known("urgency"), key=_RANKS.__getitem__, default=None),
        "asked_on": asked,
        "due": due,
        "skills": tuple(sorted({s for words in skills for s in words})) if skills else None,
        "asked_by": (known("asked_by") or [None])[0],
    }


@attrs.frozen
class NeedLine:
    """One open need of the needs list, for the worker's own use.

    `evidence` names the reports; `target_groups` are those of the person and the household;
    `overdue` tells that the due date has passed.
    """

    need: Need
    target_groups: tuple[str, ...]
    evidence: tuple[str, ...]
    overdue: bool

    @property
    def client(self) -> str:
        """The id of the person, else the household, else the institution."""
        return self.need.person or self.need.household or self.need.institution or ""


def needs_list(
    network: LinkageNetwork, on: dt.date, *, window_days: int = WINDOW_DAYS
) -> list[NeedLine]:
    """Return the needs open on the day `on`, the most urgent first, then by due date.

    A need without urgency counts as normal, one without a due date comes last; then by the date
    asked and by id. What is asked after `on` is left out.
    """
    reports = network["needs"]
    asked = reports["asked_on"]
    then = np.isnat(asked) | (asked <= np.datetime64(on, "D"))
    then &= np.fromiter((s is None or s == "open" for s in reports["status"]), bool, len(reports))
    columns = {name: column[then] for name, column in reports.columns.items()}
    known = Table(RECORD_KINDS["needs"], columns, reports.rows[then], reports.source)
    merged = merge_reports(known, window_days=window_days)
    groups = {
        field: dict(zip(network[kind].ids, network[kind]["target_groups"], strict=True))
        for kind, field in _KINDS.items()
    }
    home = dict(zip(network["persons"].ids, network["persons"]["household"], strict=True))
    lines = []
    for need in merged.needs.records():
        household = need.household or home.get(need.person)
        words = {
            *(groups["person"].get(need.person) or ()),
            *(groups["household"].get(household) or ()),
            *(groups["institution"].get(need.institution) or ()),
        }
        overdue = need.due is not None and need.due < on
        lines.append(NeedLine(need, tuple(sorted(words)), merged.evidence[need.id], overdue))
    return sorted(lines, key=_pressing)


def _pressing(line: NeedLine) -> tuple[int, dt.date, dt.date, str]:
    need = line.need
    rank = _RANKS[need.urgency or "normal"]
    return rank, need.due or dt.date.max, need.asked_on or dt.date.max, need.id
