"""Everything that a store keeps: orders, the ledger, case files, and erasures."""

from __future__ import annotations

import functools

import attrs

from wushe.journal import Domain, Event, EventKind, RecordKind, State

ERASED = "subject.erased"
NOTED = "case.noted"


@attrs.frozen
class CaseNote:
    """That an event of a case file is kept: `id` is a salted digest of the event's id, `ref` whose it is."""

    id: str
    ref: str
    kind: str
    at: str


def _noted(state: State, event: Event) -> None:
    data = event.data
    state.put("case_note", CaseNote(data["event"], event.ref or "", data["kind"], data["at"]))


def _erased(_: State, __: Event) -> None:
    """The state holds references only, so that there is nothing to take out of it."""


OWN = Domain.of(
    events=(EventKind(ERASED, _erased), EventKind(NOTED, _noted)),
    records=(RecordKind("case_note", CaseNote, ("ref",)),),
)
"""What every store keeps whatever its domain: case files, and that somebody was erased."""


@functools.cache
def default_domain() -> Domain:
    """Return all of wushe: orders, ledger and `OWN`."""
    from wushe.ledger import DOMAIN as LEDGER
    from wushe.orders import DOMAIN as ORDERS

    return ORDERS + LEDGER + OWN
