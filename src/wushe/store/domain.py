"""Everything that a store keeps: orders, the ledger, case files, and erasures."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import attrs

from wushe.journal import Domain, Event, EventKind, RecordKind, Session, State

ERASED = "subject.erased"
NOTED = "case.noted"
ADOPTED = "plugins.adopted"
RULES = "plugins"
"""The id of the one record that says under whose rules a store is run."""


@attrs.frozen
class CaseNote:
    """That an event of a case file is kept: `id` is a salted digest of the event's id, `ref` whose it is."""

    id: str
    ref: str
    kind: str
    at: str


@attrs.frozen
class Rules:
    """The city plugins that a store is run under, by name, sorted."""

    id: str
    names: tuple[str, ...] = ()


def adopt_plugins(s: Session, *, names: Sequence[str]) -> list[str]:
    """Have the store run under the rules of these plugins from now on, and return their names; () is none.

    From then on no unit of work happens without them. Raises PluginError and PluginConflictError
    where they cannot be loaded together.
    """
    from wushe.plugins.manager import load_plugins

    found = sorted({name for name, _ in load_plugins(*names).versions} - {"defaults"})
    s.record(ADOPTED, f"store/{RULES}", {"names": found})
    return found


def _adopted(state: State, event: Event) -> None:
    state.put("rules", Rules(RULES, tuple(event.data["names"])))


def _noted(state: State, event: Event) -> None:
    data = event.data
    state.put("case_note", CaseNote(data["event"], event.ref or "", data["kind"], data["at"]))


def _erased(_: State, __: Event) -> None:
    """The state holds references only, so that there is nothing to take out of it."""


OWN = Domain.of(
    events=(EventKind(ERASED, _erased), EventKind(NOTED, _noted), EventKind(ADOPTED, _adopted)),
    records=(RecordKind("case_note", CaseNote, ("ref",)), RecordKind("rules", Rules)),
)
"""What every store keeps whatever its domain: case files, erasures, and under whose rules it is run."""


@functools.cache
def default_domain() -> Domain:
    """Return all of wushe: orders, ledger and `OWN`."""
    from wushe.ledger import DOMAIN as LEDGER
    from wushe.orders import DOMAIN as ORDERS

    return ORDERS + LEDGER + OWN
