"""What the events of an application come to, one after the other, and which of them may not come.

See `wushe.relief.application` for the law behind the checks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence

import attrs

from wushe.relief.events import (
    DIED,
    EVENTS,
    LIVE,
    MOVES,
    NO_AGENT,
    NO_CHECK,
    NOT_PUBLIC,
    NOT_WRITTEN,
    PHASES,
    UNKNOWN_EVENT,
    WRONG_DAY,
    WRONG_ORDER,
    Event,
    fail,
)
from wushe.relief.procedure import DatedStep, filled, timetable
from wushe.rules.parameters import ParameterBook
from wushe.rules.policy import Policy
from wushe.text import Text

REVIEWS = ("review_stable", "review_unstable")
_TWICE = Text(
    "再次要求补件，列出首次未列的材料：应一次性告知（民发〔2021〕57号第10条）",
    "papers asked for again that the first notice did not name: all are to be named at once (民发〔2021〕57号 article 10)",
)
_LONG_GRACE = Text(
    "渐退期超过原则上的上限（{source}）",
    "a grace period longer than the limit in principle ({source})",
)


@attrs.define(eq=False)
class Standing:
    """What the events up to some day come to: where the case stands, and which periods run.

    `began` and `done` give days by step id, `agents` the last day of each agent's authorisation (None:
    no end), `checked` who authorised the core check, `papers` those last found missing.
    """

    policy: Policy
    book: ParameterBook
    chain: tuple[str, ...]
    phase: str = ""
    last: dt.date = dt.date.min
    accepted_on: dt.date | None = None
    objected: bool = False
    stable: bool | None = None
    members: tuple[str, ...] = ()
    checked: set[str] = attrs.field(factory=set)
    agents: dict[str, dt.date | None] = attrs.field(factory=dict)
    papers: tuple[str, ...] = ()
    situations: set[str] = attrs.field(factory=set)
    began: dict[str, dt.date] = attrs.field(factory=dict)
    done: dict[str, dt.date] = attrs.field(factory=dict)
    notes: list[Text] = attrs.field(factory=list)

    @property
    def ids(self) -> frozenset[str]:
        """The ids of the policy's steps."""
        return frozenset(step.id for step in self.policy.steps)

    def missing(self) -> list[str]:
        """Return who has not authorised the core check."""
        return sorted(set(self.members) - self.checked)

    def phases(self, kind: str) -> tuple[str, ...]:
        """Return the phases in which this policy lets `kind` be recorded."""
        if kind == "paid" and self.policy.kind == "emergency":
            return LIVE  # first aid at once, papers later
        if kind != "confirmed":
            return MOVES[kind][0]
        if "publicity" in self.ids:
            again = self.objected and "republish" not in self.ids
            return ("published", "surveyed") if again else ("published",)
        return (
            ("surveyed",)
            if self.ids & {"survey", "opinion"}
            else ("accepted", "surveying", "surveyed")
        )

    def dated(self) -> tuple[DatedStep, ...]:
        """Return the timetable so far; empty before acceptance."""
        if self.accepted_on is None:
            return ()
        return timetable(
            self.policy, self.book, self.chain, self.accepted_on,
            situations=self.situations, began=self.began, done=self.done,
        )  # fmt: skip

    def take(self, event: Event, row: int) -> None:
        """Check that `event` can come next, and note what it changes."""
        if event.on < self.last:
            fail(WRONG_DAY, event, row, earliest=self.last.isoformat())
        if self.phase not in self.phases(event.kind):
            possible = [EVENTS[kind] for kind in EVENTS if self.phase in self.phases(kind)]
            fail(WRONG_ORDER, event, row, phase=PHASES[self.phase], events=listed(possible))
        for check in (self._authorised, self._published, self._worded):
            check(event, row)
        self.situations |= set(event.situations)
        self.last = event.on
        if event.kind in _TAKES:
            _TAKES[event.kind](self, event)
        self.phase = MOVES[event.kind][1] or self.phase

    def _authorised(self, event: Event, row: int) -> None:
        if event.kind == "agent_authorised" and not (event.written and event.by in self.members):
            fail(NO_AGENT, event, row)
        if event.kind == "submitted" and not self._may_file(event):
            fail(NO_AGENT, event, row)
        if event.kind in ("core_check_requested", "core_check_started") and self.missing():
            fail(NO_CHECK, event, row, n=len(self.missing()), persons=", ".join(self.missing()))

    def _may_file(self, event: Event) -> bool:
        if event.by in self.members:
            return True
        return event.by in self.agents and event.on <= (self.agents[event.by] or event.on)

    def _published(self, event: Event, row: int) -> None:
        if event.kind == "publicity_started" and "publicity" not in self.ids:
            fail(NOT_PUBLIC, event, row)
        if event.kind == "publicity_ended":
            due = next(s.due for s in self.dated() if s.id == self.shown())
            if due is not None and event.on < due.on:
                fail(WRONG_DAY, event, row, earliest=due.on.isoformat())

    def _worded(self, event: Event, row: int) -> None:
        if event.kind == "refusal_notified" and not event.written:
            fail(NOT_WRITTEN, event, row)
        if event.kind == "step_done" and event.step not in self.ids:
            fail(UNKNOWN_EVENT, event, row, events=", ".join(sorted(self.ids)))

    def shown(self) -> str:
        """Return the step that a publicity now would be."""
        return "republish" if self.objected and "republish" in self.ids else "publicity"


def _opened(state: Standing, event: Event) -> None:
    state.members = event.members


def _authorisation(state: Standing, event: Event) -> None:
    if event.kind == "agent_authorised":
        state.agents[event.whom or ""] = event.until
    elif event.kind == "check_authorised":
        state.checked.add(event.by or "")
    elif event.whom:
        state.agents.pop(event.whom, None)
    else:
        state.checked.discard(event.by or "")


def _returned(state: Standing, event: Event) -> None:
    if state.papers and not set(event.papers) <= set(state.papers):
        state.notes.append(_TWICE)
    state.papers = event.papers


def _accepted(state: Standing, event: Event) -> None:
    state.accepted_on = event.on


def _core_check(state: Standing, event: Event) -> None:
    log = state.began if event.kind == "core_check_requested" else state.done
    log["core_check"] = event.on


def _survey(state: Standing, event: Event) -> None:
    if event.kind == "survey_started":
        state.done.setdefault("survey", event.on)
    elif state.objected:
        state.done["resurvey"] = event.on
        if "republish" not in state.ids:
            state.began["confirm"] = event.on
    elif "publicity" not in state.ids:
        state.done["opinion"] = state.began["confirm"] = event.on


def _publicity(state: Standing, event: Event) -> None:
    if event.kind == "publicity_started":
        state.began[state.shown()] = event.on
        state.done.setdefault("opinion", event.on)
    elif event.kind == "publicity_ended":
        state.done[state.shown()] = state.began["confirm"] = event.on
    else:  # 民发〔2022〕83号 四(一): an objection is one of the special cases
        state.situations.add("special")
        state.objected = True
        state.began.pop(state.shown(), None)
        state.began["resurvey"] = event.on
        state.done.pop("resurvey", None)


def _decision(state: Standing, event: Event) -> None:
    state.done["confirm"] = state.done["total"] = event.on
    if event.kind == "refused":
        state.began["notice"] = event.on
    else:
        state.stable = event.stable
        state.began.update(dict.fromkeys(REVIEWS, event.on))


def _notified(state: Standing, event: Event) -> None:
    state.done["notice"] = state.began["appeal"] = event.on


def _paid(state: Standing, event: Event) -> None:
    state.done.setdefault("pay", event.on)


def _reviewed(state: Standing, event: Event) -> None:
    state.stable = state.stable if event.stable is None else event.stable
    state.began.update(dict.fromkeys(REVIEWS, event.on))
    state.began.pop("death_review", None)


def _grace(state: Standing, event: Event) -> None:
    state.began["grace"] = event.on
    step = next((step for step in state.dated() if step.id == "grace"), None)
    if step is not None and step.due is not None and event.until and event.until > step.due.on:
        state.notes.append(filled(_LONG_GRACE, source=f"{step.document} {step.article}".strip()))


def _change(state: Standing, event: Event) -> None:
    if event.kind == "change_reported":
        state.began.pop("change_report", None)
        return
    state.began.setdefault("change_report", event.since or event.on)
    if DIED in event.fields:
        state.began.setdefault("death_review", event.since or event.on)


def _step_done(state: Standing, event: Event) -> None:
    state.done[event.step or ""] = event.on
    confirm = next((step for step in state.policy.steps if step.id == "confirm"), None)
    if confirm is not None and confirm.after == event.step:
        state.began["confirm"] = event.on  # the file has arrived


_TAKES: dict[str, Callable[[Standing, Event], None]] = {
    "opened": _opened,
    **dict.fromkeys(
        ("agent_authorised", "check_authorised", "authorisation_withdrawn"), _authorisation
    ),
    "returned": _returned,
    "accepted": _accepted,
    **dict.fromkeys(("core_check_requested", "core_check_started"), _core_check),
    **dict.fromkeys(("survey_started", "surveyed"), _survey),
    **dict.fromkeys(("publicity_started", "publicity_ended", "objection"), _publicity),
    **dict.fromkeys(("confirmed", "refused"), _decision),
    "refusal_notified": _notified,
    "paid": _paid,
    "reviewed": _reviewed,
    "grace_started": _grace,
    **dict.fromkeys(("change_noticed", "change_reported"), _change),
    "step_done": _step_done,
}


def read_events(
    events: Iterable[Event], policy: Policy, book: ParameterBook, chain: tuple[str, ...]
) -> Standing:
    """Return what `events` come to. Raises InputError where one cannot follow the one before it."""
    state = Standing(policy, book, chain)
    for row, event in enumerate(events, start=1):
        state.take(event, row)
    return state


def listed(items: Sequence[Text]) -> Text:
    """Return `items` one after the other, in both languages."""
    return Text("、".join(i.say("zh") for i in items), ", ".join(i.say("en") for i in items))
