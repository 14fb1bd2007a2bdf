"""Funded projects (公益创投): proposals, scores by a city's criteria, grants, milestones.

Who has an interest in an applicant does not decide on it. Money itself is the ledger's: here is what was granted for what.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from wushe.errors import Problem
from wushe.journal import Event, EventKind, Session, State, command
from wushe.model.terms import Columns, Context
from wushe.orders.projects.activities import id_problems, is_day, is_id
from wushe.orders.projects.figures import MEASURES, activity_figures
from wushe.orders.projects.problems import (
    BAD_VALUE,
    INTERESTED,
    KNOWN_BEFORE,
    NO_CRITERIA,
    NO_PROJECT,
    OVER_BUDGET,
    WRONG_STATUS,
    problem,
    refuse,
    refuse_any,
)
from wushe.orders.projects.records import Criterion, Goal, Milestone, Project, Score
from wushe.text import Text

MAX_FEN = 10**12
THOUSAND = 1000
DECLINES = {
    "score": Text(zh="评分不足", en="the score was too low"),
    "budget": Text(zh="资金不足", en="the money did not suffice"),
    "outside": Text(zh="不在资助范围", en="outside of what is funded"),
    "withdrawn": Text(zh="申报单位撤回", en="the applicant withdrew"),
}
"""Why a project is not funded."""
_MONEY = Text(zh="1 分至 100 亿元的整数分", en="whole fen, 1 to 10^12")
_DAYS = Text(
    zh="日期如 2025-09-15，起始不晚于截止",
    en="days such as 2025-09-15, the first not after the last",
)
_GOALS = Text(
    zh="指标（activities, person_times, persons, households）和正整数目标",
    en="a measure (activities, person_times, persons, households) and a whole number above 0",
)
_REASONS = Text(
    zh="score, budget, outside, withdrawn 之一", en="one of score, budget, outside, withdrawn"
)
_EVIDENCE = Text(
    zh="证明材料的编号或摘要，字母数字等 1 至 128 个字符",
    en="the evidence's number or digest, 1 to 128 characters",
)
_REACHED = Text(zh="不晚于今天的日期", en="a day not after today")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/#-]{0,127}")


@command
def propose_project(
    s: Session,
    *,
    project: str,
    organization: str,
    budget_fen: int,
    fund: str | None = None,
    unit: str | None = None,
    goals: Mapping[str, int] | None = None,
    since: str | None = None,
    until: str | None = None,
    milestones: Sequence[str] = (),
    interested: Sequence[str] = (),
) -> dict[str, Any]:
    """Register a project that asks for a grant. `milestones` are their due days; `interested` may not decide on it."""
    stream = f"project/{project if is_id(project) else '?'}"
    goals = goals or {}
    problems = []
    if s.state.get("project", project) is not None:
        problems.append(problem(KNOWN_BEFORE, stream, "project", project))
    if type(budget_fen) is not int or not 1 <= budget_fen <= MAX_FEN:
        problems.append(problem(BAD_VALUE, stream, "budget_fen", None, expected=_MONEY))
    ids = {"project": project, "organization": organization, "fund": fund, "unit": unit}
    problems += id_problems(stream, ids)
    problems += [p for key in interested for p in id_problems(stream, {"interested": key})]
    days = [day for day in (since, until) if day is not None]
    if not all(is_day(day) for day in days) or days != sorted(days):
        problems.append(problem(BAD_VALUE, stream, "since", None, expected=_DAYS))
    if not all(is_day(day) for day in milestones):
        problems.append(problem(BAD_VALUE, stream, "milestones", None, expected=_DAYS))
    problems += [
        problem(BAD_VALUE, stream, "goals", None, expected=_GOALS)
        for measure, target in goals.items()
        if measure not in MEASURES or type(target) is not int or target < 1
    ]
    refuse_any(problems)
    data = {
        "id": project,
        "organization": organization,
        "budget_fen": budget_fen,
        "fund": fund,
        "unit": unit,
        "goals": [[measure, goals[measure]] for measure in sorted(goals)],
        "since": since,
        "until": until,
        "interested": sorted(set(interested)),
        "steps": sorted(milestones),
    }
    s.record("project.proposed", stream, data)
    return {
        "project": project,
        "milestones": [f"{project}#{n + 1}" for n in range(len(milestones))],
    }


@command
def score_round(s: Session, *, scored_in: str, projects: Sequence[str]) -> dict[str, Any]:
    """Score `projects` against each other by the criteria of the loaded plugins; every criterion is kept.

    `scored_in` names the round. The score is the weighted mean in thousandths. Equal scores share a rank: it is for people to decide between them.
    """
    wanted = sorted(set(projects))
    held = {key: s.state.get("project", key) for key in wanted}
    refuse_any(
        problem(NO_PROJECT, f"project/{key}", "projects", key)
        for key in wanted
        if held[key] is None
    )
    refuse_any(
        problem(WRONG_STATUS, f"project/{key}", "projects", held[key].status, expected="proposed")
        for key in wanted
        if held[key].status != "proposed"
    )
    plugins = s.plugins
    criteria = []
    if plugins is not None and wanted:
        context = Context(s.act.day, plugins.categories, plugins.target_groups)
        criteria = list(plugins.score_projects(_columns(s, list(held.values())), context))
    if not criteria:
        refuse(NO_CRITERIA, f"round/{scored_in}", "scored_in", scored_in)
    kept = [(c.name, c.weight, _thousandths(c.values)) for c in criteria]
    weight = sum(w for _, w, _ in kept)
    sums = [sum(w * values[row] for _, w, values in kept) for row in range(len(wanted))]
    answer = {}
    for row, key in enumerate(wanted):
        score = (2 * sums[row] + weight) // (2 * weight)
        rank = 1 + sum(other > sums[row] for other in sums)
        data = {
            "id": f"{scored_in}/{key}",
            "round": scored_in,
            "project": key,
            "score": score,
            "rank": rank,
            "criteria": [[name, w, values[row]] for name, w, values in kept],
            "plugins": [] if plugins is None else [list(pair) for pair in plugins.versions],
        }
        s.record("project.scored", f"project/{key}", data)
        answer[key] = {"score": score, "rank": rank}
    return answer


def _thousandths(values: Any) -> list[int]:
    """Quantised once, so that the order of plugins cannot change a score."""
    return [int(value) for value in np.rint(np.asarray(values, dtype=np.float64) * THOUSAND)]


def _columns(s: Session, projects: Sequence[Project]) -> Columns:
    figures = [activity_figures(s.state, project=p.id) for p in projects]
    whole = {
        "budget_fen": [p.budget_fen for p in projects],
        "spent_fen": [_spent(s, p.id) for p in projects],
        "milestones": [p.milestones for p in projects],
        "reached": [p.reached for p in projects],
        "activities": [f.activities for f in figures],
        **{
            name: [_or_unknown(getattr(f, name).exact) for f in figures]
            for name in ("person_times", "persons", "households")
        },
    }
    text = {
        "id": [p.id for p in projects],
        "organization": [p.organization for p in projects],
        "fund": [p.fund for p in projects],
    }
    arrays = {name: np.array(values, dtype=object) for name, values in text.items()}
    arrays |= {name: np.array(values, dtype=np.int64) for name, values in whole.items()}
    return Columns(len(projects), arrays)


def _or_unknown(figure: int | None) -> int:
    return -1 if figure is None else figure


def _spent(s: Session, project: str) -> int:
    """Return what the ledger paid for the project; -1 where no ledger is kept here."""
    if "payment" not in s.domain.records:
        return -1
    return sum(payment.fen for payment in s.state.find("payment", project=project))


@command
def decide_grant(
    s: Session, *, project: str, fen: int, jurors: Sequence[str] = (), reason: str | None = None
) -> dict[str, Any]:
    """Grant `fen` to a project, or decline it (0) for a `reason` of `DECLINES`. `jurors` decided, beside who acts."""
    stream = f"project/{project}"
    held: Project | None = s.state.get("project", project)
    if held is None:
        refuse(NO_PROJECT, stream, "project", project)
    problems: list[Problem] = []
    if held.status != "proposed":
        problems.append(problem(WRONG_STATUS, stream, "status", held.status, expected="proposed"))
    barred = {held.organization, *held.interested}
    deciders = sorted({s.act.by, *jurors})
    problems += [p for who in jurors for p in id_problems(stream, {"jurors": who})]
    problems += [problem(INTERESTED, stream, "jurors", who) for who in deciders if who in barred]
    if type(fen) is not int or not 0 <= fen <= held.budget_fen:
        problems.append(problem(OVER_BUDGET, stream, "fen", fen, budget=held.budget_fen))
    elif fen == 0 and reason not in DECLINES:
        problems.append(problem(BAD_VALUE, stream, "reason", None, expected=_REASONS))
    refuse_any(problems)
    data = {"id": project, "fen": fen, "jurors": deciders, "reason": reason if fen == 0 else None}
    s.record("project.granted" if fen else "project.declined", stream, data)
    return {"project": project, "granted_fen": fen}


@command
def reach_milestone(
    s: Session, *, milestone: str, evidence: str, on: str | None = None
) -> dict[str, Any]:
    """Record that a milestone of a granted project was reached `on` a day (today), shown by `evidence`, a code."""
    held: Milestone | None = s.state.get("milestone", milestone)
    if held is None:
        refuse(NO_PROJECT, f"milestone/{milestone}", "milestone", milestone)
    stream, today = f"project/{held.project}", s.act.day.isoformat()
    project: Project = s.state.get("project", held.project)
    problems = []
    if project.status != "granted" or held.open is None:
        said = project.status if held.open else "reached"
        problems.append(problem(WRONG_STATUS, stream, "milestone", said, expected="granted"))
    if not isinstance(evidence, str) or _CODE.fullmatch(evidence) is None:
        problems.append(problem(BAD_VALUE, stream, "evidence", None, expected=_EVIDENCE))
    if on is not None and (not is_day(on) or on > today):
        problems.append(problem(BAD_VALUE, stream, "on", None, expected=_REACHED))
    refuse_any(problems)
    data = {"id": milestone, "on": on or today, "evidence": evidence}
    s.record("milestone.reached", stream, data)
    return {"milestone": milestone, "late": data["on"] > held.due_on}


@command
def close_project(s: Session, *, project: str) -> dict[str, Any]:
    """Close a granted project. Answers which goals were met: true, false, or None where figures are unknown."""
    stream = f"project/{project}"
    held: Project | None = s.state.get("project", project)
    if held is None:
        refuse(NO_PROJECT, stream, "project", project)
    if held.status != "granted":
        refuse(WRONG_STATUS, stream, "status", held.status, expected="granted")
    s.record("project.closed", stream, {"id": project})
    return {"project": project, "goals": goals_met(s.state, project)}


# --- views -----------------------------------------------------------------------------------------


def goals_met(state: State, project: str) -> dict[str, bool | None]:
    """Return for each goal of a project whether it is met, None where the figures cannot tell.

    Raises RefusedError for an unknown project.
    """
    held: Project | None = state.get("project", project)
    if held is None:
        refuse(NO_PROJECT, f"project/{project}", "project", project)
    figures = activity_figures(state, project=project)
    met: dict[str, bool | None] = {}
    for goal in held.goals:
        if goal.measure == "activities":
            met[goal.measure] = figures.activities >= goal.target
            continue
        tally = getattr(figures, goal.measure)
        if tally.at_least >= goal.target:
            met[goal.measure] = True
        else:
            open_end = tally.at_most is None or tally.at_most >= goal.target
            met[goal.measure] = None if open_end else False
    return met


def milestones_due(state: State, *, by: dt.date) -> Sequence[Milestone]:
    """Return the milestones of granted projects that are due by a day and not reached, the earliest first."""
    found = [
        milestone
        for milestone in state.until("milestone", "due_on", by.isoformat())
        if milestone.open and state.get("project", milestone.project).status == "granted"
    ]
    return sorted(found, key=lambda milestone: (milestone.due_on, milestone.id))


# --- events ----------------------------------------------------------------------------------------


def _proposed(state: State, event: Event) -> None:
    data = dict(event.data)
    steps = data.pop("steps")
    data["goals"] = tuple(Goal(measure, target) for measure, target in data["goals"])
    data["interested"] = tuple(data["interested"])
    project = Project(milestones=len(steps), **data)
    state.put("project", project)
    for n, due_on in enumerate(steps, start=1):
        state.put("milestone", Milestone(f"{project.id}#{n}", project.id, due_on))


def _changed(state: State, key: str, **changes: Any) -> None:
    held: Project = state.get("project", key)
    state.put("project", attrs.evolve(held, version=held.version + 1, **changes))


def _scored(state: State, event: Event) -> None:
    data = dict(event.data)
    data["criteria"] = tuple(Criterion(*one) for one in data["criteria"])
    data["plugins"] = tuple((name, version) for name, version in data["plugins"])
    score = Score(**data)
    state.put("project_score", score)
    _changed(state, score.project, score=score.score, scored_in=score.round)


def _decided(state: State, event: Event) -> None:
    data = event.data
    status = "granted" if data["fen"] else "declined"
    _changed(state, data["id"], status=status, granted_fen=data["fen"], reason=data["reason"])


def _reached(state: State, event: Event) -> None:
    data = event.data
    held: Milestone = state.get("milestone", data["id"])
    step = attrs.evolve(held, open=None, reached_on=data["on"], evidence=data["evidence"])
    state.put("milestone", step)
    _changed(state, held.project, reached=state.get("project", held.project).reached + 1)


def _closed(state: State, event: Event) -> None:
    _changed(state, event.data["id"], status="closed")


EVENTS = (
    EventKind("project.proposed", _proposed),
    EventKind("project.scored", _scored),
    EventKind("project.granted", _decided),
    EventKind("project.declined", _decided),
    EventKind("milestone.reached", _reached),
    EventKind("project.closed", _closed),
)
