"""Activities: one occasion that serves many, with person-times, persons and households counted apart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from wushe.errors import Problem
from wushe.journal import Event, EventKind, Session, State, command
from wushe.model.kinds import IDENT, BadValueError
from wushe.orders.projects.problems import (
    BAD_VALUE,
    FEWER_THAN_LISTED,
    KNOWN_BEFORE,
    LISTED_TWICE,
    MORE_HOUSEHOLDS,
    MORE_PERSONS,
    NO_PROJECT,
    problem,
    refuse,
    refuse_any,
)
from wushe.orders.projects.records import Activity, Attendance
from wushe.text import Text

MAX_COUNT = 10_000_000
Participant = tuple[str, str | None] | tuple[str, str | None, int]
"""(person, household or None, times); without times: once. Ids, as the city's tables have them."""
CORRECTIONS = {
    "miscounted": Text(zh="人数记错", en="the figures were wrong"),
    "list_completed": Text(zh="补全名单", en="the list was completed"),
    "duplicate": Text(zh="重复登记", en="recorded twice"),
    "not_held": Text(zh="活动未举办", en="it was not held"),
}
"""Why an activity is corrected. The last two make every figure 0."""
AN_ID = Text(
    zh="1 至 64 个可见字符、不含空格的编号", en="an id of 1 to 64 characters without spaces"
)
_A_DAY = Text(zh="不晚于今天的日期，如 2025-09-15", en="a day not after today, such as 2025-09-15")
_A_COUNT = Text(
    zh="0 至 10,000,000 的整数；不知道就留空", en="a whole number of 0 to 10,000,000, or nothing"
)
_A_REASON = Text(zh="{codes} 之一", en="one of {codes}")
_A_TIMES = Text(zh="1 以上的整数次数", en="a whole number of times, 1 or more")


@attrs.frozen
class Figures:
    """The three figures of one activity, None where nobody stated them."""

    person_times: int | None = None
    persons: int | None = None
    households: int | None = None


@command
def record_activity(
    s: Session,
    *,
    activity: str,
    day: str,
    category: str,
    project: str | None = None,
    unit: str | None = None,
    organizer: str | None = None,
    place: str | None = None,
    person_times: int | None = None,
    persons: int | None = None,
    households: int | None = None,
    participants: Sequence[Participant] = (),
    volunteer_event: bool | None = None,
) -> dict[str, Any]:
    """Record an activity that was held. Figures that nobody knows stay None.

    `participants` is the list of who came: what it shows is counted. Figures stated beside it may be higher (others
    came as well), never lower. `unit` and `organizer` are the project's where not given.
    """
    stream = f"activity/{activity if is_id(activity) else '?'}"
    found = None if project is None else s.state.get("project", project)
    problems = []
    if s.state.get("activity", activity) is not None:
        problems.append(problem(KNOWN_BEFORE, stream, "activity", activity))
    if project is not None and found is None:
        problems.append(problem(NO_PROJECT, stream, "project", project))
    if not is_day(day) or day > s.act.day.isoformat():
        problems.append(problem(BAD_VALUE, stream, "day", None, expected=_A_DAY))
    ids = {"activity": activity, "category": category, "unit": unit, "organizer": organizer}
    problems += id_problems(stream, {**ids, "place": place})
    given = Figures(person_times, persons, households)
    problems += list(_list_problems(stream, participants)) or _figure_problems(
        stream, given, participants
    )
    refuse_any(problems)
    figures = _with_list(given, participants)
    data = {
        "id": activity,
        "day": day,
        "category": category,
        "project": project,
        "unit": unit or (found and found.unit),
        "organizer": organizer or (found and found.organization),
        "place": place,
        **attrs.asdict(figures),
        "attendance": _referenced(s, participants),
        "volunteer_event": volunteer_event,
    }
    s.record("activity.held", stream, data)
    return {"activity": activity, **attrs.asdict(figures)}


@command
def correct_activity(
    s: Session,
    *,
    activity: str,
    reason: str,
    person_times: int | None = None,
    persons: int | None = None,
    households: int | None = None,
    participants: Sequence[Participant] = (),
) -> dict[str, Any]:
    """Give an activity's figures and list anew, all of them. `reason` is a code of `CORRECTIONS`."""
    stream = f"activity/{activity}"
    if s.state.get("activity", activity) is None:
        refuse(NO_PROJECT, stream, "activity", activity)
    problems = []
    if reason not in CORRECTIONS:
        expected = Text(
            zh=_A_REASON.say("zh", codes=", ".join(CORRECTIONS)),
            en=_A_REASON.say("en", codes=", ".join(CORRECTIONS)),
        )
        problems.append(problem(BAD_VALUE, stream, "reason", None, expected=expected))
    given = Figures(person_times, persons, households)
    problems += list(_list_problems(stream, participants)) or _figure_problems(
        stream, given, participants
    )
    refuse_any(problems)
    nothing = reason in ("duplicate", "not_held")
    figures = Figures(0, 0, 0) if nothing else _with_list(given, participants)
    data = {
        "id": activity,
        **attrs.asdict(figures),
        "attendance": [] if nothing else _referenced(s, participants),
        "reason": reason,
    }
    s.record("activity.corrected", stream, data)
    return {"activity": activity, **attrs.asdict(figures)}


# --- counting one activity -------------------------------------------------------------------------


def _times(participant: Participant) -> Any:
    return participant[2] if len(participant) > 2 else 1


def listed(participants: Sequence[Participant]) -> Figures:
    """Return what a list shows: all three are least numbers where others came as well.

    Households are None where of somebody none is known: then the list shows no number of them.
    """
    homes = {participant[1] for participant in participants}
    return Figures(
        sum(_times(participant) for participant in participants),
        len({participant[0] for participant in participants}),
        None if None in homes else len(homes),
    )


def _with_list(given: Figures, participants: Sequence[Participant]) -> Figures:
    """Return the figures, with what the list shows where none were stated."""
    if not participants:
        return given
    shown = listed(participants)
    return Figures(
        shown.person_times if given.person_times is None else given.person_times,
        shown.persons if given.persons is None else given.persons,
        shown.households if given.households is None else given.households,
    )


def _list_problems(stream: str, participants: Sequence[Participant]) -> Iterator[Problem]:
    # Who is meant is not said: the line counts from 1.
    seen: set[str] = set()
    for line, participant in enumerate(participants, start=1):
        times = _times(participant)
        if type(times) is not int or not 1 <= times <= MAX_COUNT:
            yield problem(BAD_VALUE, stream, f"participants[{line}]", times, expected=_A_TIMES)
        if participant[0] in seen:
            yield problem(LISTED_TWICE, stream, f"participants[{line}]", None)
        seen.add(participant[0])


def _figure_problems(
    stream: str, given: Figures, participants: Sequence[Participant]
) -> list[Problem]:
    stated = attrs.asdict(given)
    problems = [
        problem(BAD_VALUE, stream, field, None, expected=_A_COUNT)
        for field, value in stated.items()
        if value is not None and (type(value) is not int or not 0 <= value <= MAX_COUNT)
    ]
    if problems:
        return problems
    shown: Mapping[str, Any] = attrs.asdict(listed(participants)) if participants else {}
    if participants:
        homes = len({p[1] for p in participants if p[1] is not None})
        shown = {**shown, "households": homes}
    for field, least in shown.items():
        value = stated[field]
        if value is not None and value < least:
            problems.append(problem(FEWER_THAN_LISTED, stream, field, value, least=least))
    return problems or list(_order_problems(stream, _with_list(given, participants)))


def _order_problems(stream: str, figures: Figures) -> Iterator[Problem]:
    times, persons, homes = figures.person_times, figures.persons, figures.households
    if persons is not None and times is not None and persons > times:
        yield problem(MORE_PERSONS, stream, "persons", persons, most=times)
    most = times if persons is None else persons
    if homes is not None and most is not None and homes > most:
        yield problem(MORE_HOUSEHOLDS, stream, "households", homes, most=most)


def _referenced(s: Session, participants: Sequence[Participant]) -> list[list[Any]]:
    return sorted(
        [s.ref(p[0]), None if p[1] is None else s.ref(p[1]), _times(p)] for p in participants
    )


def id_problems(stream: str, ids: Mapping[str, str | None]) -> list[Problem]:
    """Return a problem for each of `ids` (by field) that is no id; it is not repeated, it may be anybody's words."""
    return [
        problem(BAD_VALUE, stream, field, None, expected=AN_ID)
        for field, key in ids.items()
        if key is not None and not is_id(key)
    ]


def is_id(text: str) -> bool:
    """Return whether `text` may be an id, as the tables' ids are."""
    try:
        return isinstance(text, str) and bool(IDENT.parse(text) == text)
    except BadValueError:
        return False


def is_day(text: str | None) -> bool:
    """Return whether `text` is a day in the one form that is kept, such as 2025-09-15."""
    try:
        return text is not None and dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


# --- events ----------------------------------------------------------------------------------------


def _attendance(data: Mapping[str, Any]) -> tuple[Attendance, ...]:
    return tuple((person, home, times) for person, home, times in data["attendance"])


def _held(state: State, event: Event) -> None:
    data = {**event.data, "attendance": _attendance(event.data)}
    state.put("activity", Activity(**data))


def _corrected(state: State, event: Event) -> None:
    data = dict(event.data)
    held: Activity = state.get("activity", data.pop("id"))
    data["attendance"] = _attendance(data)
    state.put("activity", attrs.evolve(held, version=held.version + 1, **data))


EVENTS = (
    EventKind("activity.held", _held),
    EventKind("activity.corrected", _corrected),
)
