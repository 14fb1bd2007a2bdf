"""What each event of this package does to the records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from wushe.journal import Event, EventKind, State
from wushe.ledger.duties.records import (
    CharityHost,
    CharityProject,
    CharityYear,
    Filing,
    GiftDuty,
    Interest,
    InterestCount,
    MajorEvent,
    Statement,
)
from wushe.ledger.interests import ALL


def _put(kind: str, cls: Callable[..., Any]) -> Callable[[State, Event], None]:
    def apply(state: State, event: Event) -> None:
        state.put(kind, cls(**event.data))

    return apply


def _evolve(kind: str) -> Callable[[State, Event], None]:
    def apply(state: State, event: Event) -> None:
        changes = dict(event.data)
        state.put(kind, attrs.evolve(state.get(kind, changes.pop("id")), **changes))

    return apply


def _gift(state: State, event: Event) -> None:
    changes = dict(event.data)
    key = changes.pop("id")
    held = state.get("charity_gift", key) or GiftDuty(key)
    state.put("charity_gift", attrs.evolve(held, **changes))


def _interest_declared(state: State, event: Event) -> None:
    if state.get("charity_interest", event.data["id"]) is None:
        held = state.get("charity_interests", ALL) or InterestCount(ALL, 0)
        state.put("charity_interests", InterestCount(ALL, held.n + 1))
    state.put("charity_interest", Interest(**event.data))


EVENTS = (
    EventKind("charity.host_described", _put("charity_host", CharityHost)),
    EventKind("charity.interests_asked", _evolve("charity_host")),
    EventKind("charity.year_stated", _put("charity_year", CharityYear)),
    EventKind("charity.ratio_explained", _evolve("charity_year")),
    EventKind("charity.campaign_planned", _put("charity_filing", Filing)),
    EventKind("charity.campaign_filed", _evolve("charity_filing")),
    EventKind("charity.response_ended", _evolve("charity_filing")),
    EventKind("charity.interest_declared", _interest_declared),
    EventKind("charity.interest_ended", _evolve("charity_interest")),
    EventKind("charity.ratio_agreed", _gift),
    EventKind("charity.receipt_waived", _gift),
    EventKind("charity.receipt_given", _gift),
    EventKind("charity.fed_back", _gift),
    EventKind("charity.statement_published", _put("charity_statement", Statement)),
    EventKind("charity.event_told", _put("charity_event", MajorEvent)),
    EventKind("charity.project_described", _put("charity_project", CharityProject)),
    EventKind("charity.project_ended", _evolve("charity_project")),
)
