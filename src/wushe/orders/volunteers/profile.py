"""Training, honours and evaluations of volunteers (TVR 8 to 10).

Topics and honours are codes; what they are called in full, and remarks, are words about the volunteer
that can be erased.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs

from wushe.errors import Problem, RefusedError
from wushe.journal import Event, EventKind, Session, State, command
from wushe.orders.projects.activities import AN_ID, is_day, is_id
from wushe.orders.volunteers.problems import (
    DAY_AHEAD,
    NO_RECORD,
    NOT_A_VOLUNTEER,
    NOT_IN_RANGE,
    problem,
    refuse,
)
from wushe.orders.volunteers.records import Evaluation, Honour, Service, Training, joined
from wushe.text import Text

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_A_CODE = Text(
    zh="1 至 64 个英文字母、数字、下划线组成的代码",
    en="a code of 1 to 64 letters, digits and underscores",
)
_LEARNT = Text(zh="1 至 10,000 的整数分钟", en="whole minutes from 1 to 10,000")
_STARS = Text(zh="1 至 5 的整数", en="a whole number from 1 to 5")
MAX_LEARNT = 10_000
STARS = 5


@command
def record_training(
    s: Session, *, helper: str, day: str, topic: str, minutes: int, unit: str, words: str = ""
) -> dict[str, Any]:
    """Record that a volunteer was trained: `topic` as a code, `unit` held it; `words` its full name (TVR 8)."""
    problems = _of_helper(s, helper, day)
    problems += _checked(helper, "unit", unit, is_id(unit), AN_ID)
    problems += _checked(helper, "topic", topic, _CODE.fullmatch(topic) is not None, _A_CODE)
    fits = type(minutes) is int and 1 <= minutes <= MAX_LEARNT
    problems += _checked(helper, "minutes", minutes, fits, _LEARNT)
    key = joined(helper, day, topic)
    data = {
        "id": key,
        "helper": helper,
        "day": day,
        "topic": topic,
        "minutes": minutes,
        "unit": unit,
    }
    return _keep(s, "volunteer.trained", helper, data, words, problems)


@command
def record_honour(
    s: Session, *, helper: str, day: str, honour: str, unit: str, words: str = ""
) -> dict[str, Any]:
    """Record an honour: `honour` as a code, `unit` gave it; `words` its full name (TVR 9)."""
    problems = _of_helper(s, helper, day)
    problems += _checked(helper, "unit", unit, is_id(unit), AN_ID)
    problems += _checked(helper, "honour", honour, _CODE.fullmatch(honour) is not None, _A_CODE)
    key = joined(helper, day, honour)
    data = {"id": key, "helper": helper, "day": day, "honour": honour, "unit": unit}
    return _keep(s, "volunteer.honoured", helper, data, words, problems)


@command
def evaluate_service(s: Session, *, service: str, stars: int, words: str = "") -> dict[str, Any]:
    """Record how well a service was done, 1 to `STARS` (TVR 10). Again: the newer one counts."""
    held: Service | None = s.state.get("service", service)
    if held is None or not held.stands:
        refuse(NO_RECORD, f"service/{service}", "service", service)
    fits = type(stars) is int and 1 <= stars <= STARS
    problems = _checked(held.helper, "stars", stars, fits, _STARS)
    day = s.act.day.isoformat()
    data = {
        "id": service,
        "helper": held.helper,
        "day": day,
        "stars": stars,
        "late": day > held.due_on,
    }
    return _keep(s, "volunteer.evaluated", held.helper, data, words, problems)


def _keep(
    s: Session,
    kind: str,
    helper: str,
    data: Mapping[str, Any],
    words: str,
    problems: list[Problem],
) -> dict[str, Any]:
    if problems:
        raise RefusedError(problems)
    said = {"text": words} if words else None
    s.record(kind, f"helper/{helper}", data, ref=s.ref(helper) if said else None, words=said)
    return {"id": data["id"]}


def _of_helper(s: Session, helper: str, day: str) -> list[Problem]:
    stream, today = f"helper/{helper}", s.act.day.isoformat()
    held = s.state.get("helper", helper)
    problems = []
    if held is None or held.kind != "volunteers":
        problems.append(problem(NOT_A_VOLUNTEER, stream, "helper", helper))
    if not is_day(day) or day > today:
        problems.append(problem(DAY_AHEAD, stream, "day", day, on=today))
    return problems


def _checked(helper: str, field: str, value: object, fits: bool, expected: Text) -> list[Problem]:
    if fits:
        return []
    # What is no code may be anybody's words: it is not repeated.
    shown = value if isinstance(value, int) else None
    return [problem(NOT_IN_RANGE, f"helper/{helper}", field, shown, expected=expected)]


@attrs.frozen
class Profile:
    """What is recorded of a volunteer beside the services. `stars` are (sum, count) of the evaluations."""

    trainings: tuple[Training, ...]
    honours: tuple[Honour, ...]
    stars: tuple[int, int]


def profile_of(state: State, helper: str) -> Profile:
    """Return training, honours and evaluations of `helper`, by day. Volunteers may always see their own (TVR 12)."""
    held = {kind: state.find(kind, helper=helper) for kind in ("training", "honour", "evaluation")}
    stars = [evaluation.stars for evaluation in held["evaluation"]]
    return Profile(
        tuple(sorted(held["training"], key=lambda found: (found.day, found.id))),
        tuple(sorted(held["honour"], key=lambda found: (found.day, found.id))),
        (sum(stars), len(stars)),
    )


def _trained(state: State, event: Event) -> None:
    state.put("training", Training(**event.data))


def _honoured(state: State, event: Event) -> None:
    state.put("honour", Honour(**event.data))


def _evaluated(state: State, event: Event) -> None:
    state.put("evaluation", Evaluation(**event.data))


EVENTS = (
    EventKind("volunteer.trained", _trained),
    EventKind("volunteer.honoured", _honoured),
    EventKind("volunteer.evaluated", _evaluated),
)
