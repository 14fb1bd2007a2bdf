"""What the state keeps of projects (项目 / 公益创投) and of activities, which serve many at once."""

from __future__ import annotations

import attrs

from wushe.journal import RecordKind


@attrs.frozen
class Goal:
    """What a project is to reach: `target` of a `measure` of `figures.MEASURES`, by its end."""

    measure: str
    target: int


@attrs.frozen
class Project:
    """A funded undertaking. Amounts in fen; `organization` carries it out, `unit` is the service complex it belongs to.

    `interested` are those who may not decide on its grant: the applicant's people, beside the applicant. `status`:
    "proposed", "granted", "declined" or "closed"; `granted_fen` is at most the budget. `milestones` and `reached`
    count milestones. `score` is of the round `scored_in`, in thousandths, None before.
    """

    id: str
    budget_fen: int
    organization: str
    fund: str | None = None
    unit: str | None = None
    goals: tuple[Goal, ...] = ()
    since: str | None = None
    until: str | None = None
    interested: tuple[str, ...] = ()
    status: str = "proposed"
    granted_fen: int = 0
    milestones: int = 0
    reached: int = 0
    score: int | None = None
    scored_in: str | None = None
    reason: str | None = None
    version: int = 1


@attrs.frozen
class Milestone:
    """One step of a project, due on a day; reached with the code of the document that shows it.

    `open` is "1" until it is reached, then None.
    """

    id: str
    project: str
    due_on: str
    open: str | None = "1"
    reached_on: str | None = None
    evidence: str | None = None


@attrs.frozen
class Criterion:
    """One criterion of a score as it was counted: `value` in thousandths, from 0 to 1000."""

    name: str
    weight: int
    value: int


@attrs.frozen
class Score:
    """What a project got in a round: the weighted mean of all criteria in thousandths, its rank from 1.

    Equal scores share a rank. `plugins` are the (name, version) of the rules it was counted by.
    """

    id: str
    round: str
    project: str
    score: int
    rank: int
    criteria: tuple[Criterion, ...]
    plugins: tuple[tuple[str, str], ...] = ()


Attendance = tuple[str, str | None, int]
"""(person, household or None, times) of one participant; person and household are references."""


@attrs.frozen
class Activity:
    """One occasion that serves many. Person-times (人次), persons (人) and households (户) are counted apart.

    A figure that nobody stated is None: unknown, never 0. `attendance` are those whose names are on the
    list, as references; there may have been more, then the stated figures are higher. `volunteer_event`
    is whether it was volunteering, None unknown. `reason` is the code of the last correction.
    """

    id: str
    day: str
    category: str
    project: str | None = None
    unit: str | None = None
    organizer: str | None = None
    place: str | None = None
    person_times: int | None = None
    persons: int | None = None
    households: int | None = None
    attendance: tuple[Attendance, ...] = ()
    volunteer_event: bool | None = None
    reason: str | None = None
    version: int = 1


PROJECT = RecordKind("project", Project, ("organization", "fund", "unit", "status"))
MILESTONE = RecordKind("milestone", Milestone, ("project", "open", "due_on"))
SCORE = RecordKind("project_score", Score, ("project", "round"))
ACTIVITY = RecordKind("activity", Activity, ("project", "unit", "day", "place"))
RECORDS = (PROJECT, MILESTONE, SCORE, ACTIVITY)
