"""Promises to give: made, paid in parts, overdue, released (Charity Law, article 41)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from wushe.journal import Session, State, command
from wushe.ledger.money.asking import (
    amount_problems,
    code_problems,
    day_problems,
    known,
    known_only,
    today,
)
from wushe.ledger.money.problems import (
    PLEDGE_CLOSED,
    PLEDGE_PUBLIC,
    TAKEN,
    problem,
    refuse,
    refuse_if,
)
from wushe.ledger.money.records import Pledge

PLEDGE_REASONS = ("hardship", "agreed", "mistake")


@command
def make_pledge(
    s: Session,
    *,
    id: str,  # noqa: A002
    fund: str,
    donor: str,
    fen: int,
    due_on: str | None = None,
    public: bool = False,
    project: str | None = None,
    day: str | None = None,
) -> str:
    """Record that `donor` (an id) promised `fen` by `due_on`; `public`: before the public or for relief.

    It is paid by gifts that name it (`receive`), in as many parts as it takes.
    """
    stream, day = f"pledge/{id}", today(s, day)
    known(s, "fund", fund)
    found = amount_problems(stream, "fen", fen) + day_problems(stream, "day", day)
    found += [] if due_on is None else day_problems(stream, "due_on", due_on)
    if s.state.get("pledge", id) is not None:
        found.append(problem(TAKEN, stream, "id"))
    refuse_if(found)
    ref = s.ref(donor)
    data: dict[str, Any] = {
        "pledge": id,
        "fund": fund,
        "donor": ref,
        "fen": fen,
        "due_on": due_on,
        "public": public,
        "project": project,
        "made_on": day,
    }
    s.record("pledge.made", stream, known_only(data), ref=ref)
    return id


@command
def release_pledge(s: Session, *, pledge: str, reason: str, day: str | None = None) -> None:
    """Release what is not paid of a pledge; one made in public for the donor's hardship only."""
    held: Pledge = known(s, "pledge", pledge)
    stream = f"pledge/{pledge}"
    if held.status != "open":
        refuse(PLEDGE_CLOSED, stream, "status", held.status)
    refuse_if(code_problems(stream, "reason", reason, PLEDGE_REASONS))
    if held.public and reason == "agreed":
        refuse(PLEDGE_PUBLIC, stream, "reason", reason)
    data = {"pledge": pledge, "fund": held.fund, "reason": reason, "day": today(s, day)}
    s.record("pledge.released", stream, data, ref=held.donor)


def overdue_pledges(state: State, on: dt.date) -> list[Pledge]:
    """Return the open pledges that were due before `on`, sorted by id."""
    before = (on - dt.timedelta(days=1)).isoformat()
    return state.until("pledge", "due", before)
