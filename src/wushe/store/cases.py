"""Case files in a store: the events of `wushe.casefile`, their content kept as words of the person."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection, select

from wushe.casefile import Event as CaseEvent
from wushe.errors import Problem, ProblemKind, RefusedError
from wushe.journal import Event, Session
from wushe.store.domain import NOTED
from wushe.store.log import selected
from wushe.store.schema import HEAD, SUBJECTS
from wushe.store.state import SUBJECT, SqlState
from wushe.text import Text

CASE_ID_USED = ProblemKind(
    "case-id-used",
    Text("这个事件编号已用于另一个内容", "this event id was used for something else"),
    Text("每个事件一个新的编号", "a new id per event"),
    Text(
        "换一个编号；原样再交的事件会跳过",
        "take a new id; an event given again unchanged is passed over",
    ),
)
_BY_SUBJECT = "the subject"  # with a space, which no id has


def note_events(session: Session, *, events: Sequence[CaseEvent]) -> int:
    """Record what the store does not have yet, in the order given, and return how many that were.

    What was erased does not come back through a late device. Raises RefusedError where an id was used
    for something else.
    """
    state = session.state
    assert isinstance(state, SqlState)
    secret = state.connection.execute(select(HEAD.c.secret)).scalar_one()
    marks = [hashlib.sha256(f"{secret}:{event.id}".encode()).hexdigest() for event in events]
    state.load("case_note", "id", marks)
    state.load(SUBJECT, "id", (event.subject for event in events))
    given: dict[str, CaseEvent] = {}
    used = []
    for event, mark in zip(events, marks, strict=True):
        note = state.get("case_note", mark)
        if note is None:
            given[mark] = event
            _record(session, event, mark)
        elif mark in given:
            used += [] if given[mark] == event else [event]
        elif (subject := state.subject(note.ref)) is not None:
            used += [] if event in case_events(state.connection, subject) else [event]
    if used:
        raise RefusedError(Problem(CASE_ID_USED, "case", None, "id", e.id) for e in used)
    return len(given)


def _record(session: Session, event: CaseEvent, mark: str) -> None:
    ref = session.ref(event.subject)
    by = _BY_SUBJECT if event.by == event.subject else event.by
    data = {"event": mark, "kind": event.kind, "at": event.at, "by": by}
    words = {"id": event.id, "because": event.why, "payload": dict(event.payload)}
    session.record(NOTED, f"case/{ref}", data, ref=ref, words=words)


def case_events(connection: Connection, subject: str) -> list[CaseEvent]:
    """Return the case events of one person or household in the order of recording; none once erased."""
    ref = connection.execute(select(SUBJECTS.c.ref).where(SUBJECTS.c.subject == subject)).scalar()
    if ref is None:
        return []
    return list(_opened(subject, (e for _, e in selected(connection, f"case/{ref}", 0, NOTED))))


def _opened(subject: str, events: Iterable[Event]) -> Iterator[CaseEvent]:
    for event in events:
        if event.words is None:
            continue
        data, words = event.data, event.words
        by = subject if data["by"] == _BY_SUBJECT else data["by"]
        yield CaseEvent(
            words["id"], data["kind"], subject, data["at"], by, words["because"], words["payload"]
        )
