"""Income, use and balance of a period, per fund and per project, from the events alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import attrs

from wushe.journal import Event

FUND_COLUMNS = (
    "opening",
    "donation",
    "fiscal",
    "collective",
    "matching",
    "interest",
    "moved_in",
    "aid",
    "project",
    "management",
    "refunded",
    "moved_out",
    "closing",
)
PROJECT_COLUMNS = (
    "opening",
    "received",
    "changed_in",
    "spent",
    "refunded",
    "changed_out",
    "closing",
    "spent_general",
)
_IN = frozenset(
    {
        "donation",
        "fiscal",
        "collective",
        "matching",
        "interest",
        "moved_in",
        "received",
        "changed_in",
    }
)


@attrs.define(eq=False)
class _Sheet:
    """Flows of one period by key and column, and the balances before and after it."""

    columns: tuple[str, ...]
    first: str
    last: str
    cells: dict[str, dict[str, int]] = attrs.field(factory=dict)

    def add(self, key: str, column: str, day: str, fen: int) -> None:
        if day > self.last:
            return
        row = self.cells.setdefault(key, dict.fromkeys(self.columns, 0))
        signed = 0 if column == "spent_general" else fen if column in _IN else -fen
        row["closing"] += signed
        if day < self.first:
            row["opening"] += signed
        else:
            row[column] += fen

    def table(self, name: str) -> dict[str, list[Any]]:
        keys = sorted(self.cells)
        found: dict[str, list[Any]] = {name: list(keys)}
        for column in self.columns:
            found[column] = [self.cells[key][column] for key in keys]
        return found


@attrs.define(eq=False)
class _Books:
    """Which project each gift is for now, and was for when it was committed."""

    funds: _Sheet
    projects: _Sheet
    project_of: dict[str, str | None] = attrs.field(factory=dict)
    committed_as: dict[tuple[str, str], str | None] = attrs.field(factory=dict)
    paid_for: dict[str, tuple[str, str | None]] = attrs.field(factory=dict)

    def to_project(self, project: str | None, column: str, day: str, fen: int) -> None:
        if project is not None:
            self.projects.add(project, column, day, fen)

    def between(self, before: str | None, after: str | None, day: str, fen: int) -> None:
        if before != after and fen:
            self.to_project(before, "changed_out", day, fen)
            self.to_project(after, "changed_in", day, fen)


def statement_data(
    events: Iterable[Event], *, first: dt.date, last: dt.date
) -> dict[str, dict[str, list[Any]]]:
    """Return ``funds`` (``fund`` and `FUND_COLUMNS`) and ``projects`` (``project`` and `PROJECT_COLUMNS`).

    Fen, from `first` to `last`, both included; opening + in - out = closing. What payees returned lessens
    the use. A project's money is what donors earmarked for it; ``spent_general`` is what other money paid for
    it, beside its balance.
    """
    bounds = first.isoformat(), last.isoformat()
    books = _Books(_Sheet(FUND_COLUMNS, *bounds), _Sheet(PROJECT_COLUMNS, *bounds))
    for event in events:
        write = _WRITERS.get(event.kind)
        if write is not None:
            write(books, event.data)
    return {"funds": books.funds.table("fund"), "projects": books.projects.table("project")}


def _received(books: _Books, data: Any) -> None:
    books.funds.add(data["fund"], data["nature"], data["day"], data["fen"])
    project = books.project_of[data["gift"]] = data.get("project")
    books.to_project(project, "received", data["day"], data["fen"])


def _moved(books: _Books, data: Any) -> None:
    books.funds.add(data["fund"], "moved_out", data["day"], data["fen"])
    books.funds.add(data["target"], "moved_in", data["day"], data["fen"])
    books.project_of[data["to"]] = books.project_of[data["gift"]]


def _refunded(books: _Books, data: Any) -> None:
    books.funds.add(data["fund"], "refunded", data["day"], data["fen"])
    books.to_project(books.project_of[data["gift"]], "refunded", data["day"], data["fen"])


def _changed(books: _Books, data: Any) -> None:
    after = (data.get("earmark") or {}).get("project")
    books.between(books.project_of[data["gift"]], after, data["day"], data["fen"])
    books.project_of[data["gift"]] = after


def _committed(books: _Books, data: Any) -> None:
    for gift, _ in data["takes"]:
        books.committed_as[data["commitment"], gift] = books.project_of[gift]


def _released(books: _Books, data: Any) -> None:
    for gift, fen in data["takes"]:
        before = books.committed_as[data["commitment"], gift]
        books.between(before, books.project_of[gift], data["day"], fen)


def _paid(books: _Books, data: Any) -> None:
    books.funds.add(data["fund"], data["kind"], data["day"], data["fen"])
    books.paid_for[data["payment"]] = data["commitment"], data.get("project")
    _spent(books, data, data["payment"], data["day"], 1)


def _returned(books: _Books, data: Any) -> None:
    books.funds.add(data["fund"], data["kind"], data["day"], -data["fen"])
    _spent(books, data, data["payment"], data["day"], -1)
    commitment, _ = books.paid_for[data["payment"]]
    for gift, fen in data["takes"]:
        books.between(
            books.committed_as[commitment, gift], books.project_of[gift], data["day"], fen
        )


def _spent(books: _Books, data: Any, payment: str, day: str, sign: int) -> None:
    commitment, project = books.paid_for[payment]
    for gift, fen in data["takes"]:
        own = books.committed_as[commitment, gift]
        if own is not None:
            books.to_project(own, "spent", day, sign * fen)
        else:
            books.to_project(project, "spent_general", day, sign * fen)


_WRITERS = {
    "gift.received": _received,
    "gift.matched": _received,
    "gift.moved": _moved,
    "gift.refunded": _refunded,
    "use.changed": _changed,
    "commitment.opened": _committed,
    "commitment.released": _released,
    "payment.made": _paid,
    "payment.returned": _returned,
}
