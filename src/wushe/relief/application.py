"""An application for relief as a record that is only added to, and what follows from it on a day.

The record says what happened, by whom and when; nothing here decides anything. What may follow what
is law, not bookkeeping: nobody files for a household without its written authorisation (民发〔2021〕57号
article 6, 民发〔2021〕43号 article 10, 民法典 165), no core check runs before every adult member has
authorised it (57号 article 9, 43号 article 10), nobody is admitted without acceptance, survey and
confirmation (57号 article 28), and publicity hangs for all its days or, where a policy has none, never.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

import attrs

from wushe.model.people import Person
from wushe.relief.events import CASE, PHASES, Event
from wushe.relief.procedure import WAITING, DatedStep, filled
from wushe.relief.standing import REVIEWS, Standing, listed, read_events
from wushe.rules.calendar import working_days_between
from wushe.rules.parameters import ParameterBook, chain_of
from wushe.rules.policy import OFFICE, Policy
from wushe.text import Text

ADULT = 18
"""民法典 article 17."""
_AFTERWARDS = {
    "confirmed": frozenset({"pay", "grace", "death_review", "change_report", *REVIEWS}),
    "refused": frozenset({"notice", "appeal"}),
}
"""The steps that count once the office has decided; before that these wait."""
_RECORDED = WAITING | {"core_check"}
"""Steps that run only once their beginning is recorded: a publicity put up, a check asked for."""
_CHECKED = frozenset({"death_review", "grace", *REVIEWS})
"""The steps of a running benefit at whose end the office looks again."""
_HOUSEHOLD = Text("家庭（或其委托的代理人）", "the household (or its agent)")
_NEXT = {
    "submitted": Text(
        "审查材料：齐备的受理，不齐备的一次性告知须补齐的全部材料（民发〔2021〕57号第10条）",
        "check the papers: accept, or name at once everything that is missing (民发〔2021〕57号 article 10)",
    ),
    "accepted": Text("启动家庭经济状况调查", "begin the survey"),
    "surveying": Text("完成调查", "complete the survey"),
    "surveyed": Text(
        "提出意见并按程序公示、报审", "form an opinion, publish it where due, and report"
    ),
    "publicity": Text(
        "公示期满无异议的，及时报送", "report once publicity has run without objection"
    ),
    "objected": Text("重新组织调查或开展民主评议", "survey again or hold a public appraisal"),
    "published": Text("提出审核确认意见", "decide on the application"),
    "confirmed": Text(
        "按期核查；人口、收入、财产变化时及时告知（民发〔2021〕57号第30、31条）",
        "review when due; report changes of members, income and property (民发〔2021〕57号 articles 30, 31)",
    ),
    "refused": Text(
        "不服的，可依法申请行政复议或者提起行政诉讼（民发〔2021〕57号第38条）",
        "may ask for reconsideration or sue where it disagrees (民发〔2021〕57号 article 38)",
    ),
    "stopped": Text("核对是否可能符合其他救助", "check for other relief that may fit"),
    "withdrawn": Text("核对是否可能符合其他救助", "check for other relief that may fit"),
}
_WHOSE = {
    "accepted": "survey", "surveying": "opinion", "surveyed": "publicity", "publicity": "publicity",
    "objected": "resurvey", "published": "confirm",
}  # fmt: skip
"""Whose turn it is in a phase: the step that says who."""
_FILE = Text(
    "由家庭成员提交，或办理书面委托后代为提交；尚有{n}名成员未授权经济核对",
    "let a member file, or an agent with a written authorisation; members who have not authorised the core check: {n}",
)
_COMPLETE = Text("补齐材料：{papers}", "bring the missing papers: {papers}")
_NOTICE = Text(
    "以上为办理进度，不是审批结果；结果以主管部门书面决定为准，向{office}办理",
    "this is progress, not a decision; the office's written decision counts; apply at {office}",
)


@attrs.frozen
class Application:
    """What is recorded of one application: `events` in order of time, only ever added to."""

    id: str
    policy: str
    household: str
    place: str
    events: tuple[Event, ...] = ()

    def add(self, event: Event, policy: Policy, book: ParameterBook) -> Application:
        """Return the application with `event` at its end. Raises InputError where it cannot follow."""
        read_events((*self.events, event), policy, book, chain_of(self.place))
        return attrs.evolve(self, events=(*self.events, event))


def authorisers(persons: Iterable[Person], on: dt.date) -> tuple[str, ...]:
    """Return the ids, sorted, of living adults; who may be one (birth unknown) counts as one."""
    return tuple(sorted(p.id for p in persons if p.died_on is None and _may_be_adult(p.birth, on)))


def _may_be_adult(birth: dt.date | None, on: dt.date) -> bool:
    if birth is None:
        return True
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day)) >= ADULT


@attrs.frozen
class Progress:
    """Where an application stands on the day `on`. Not a decision, and never worded as one.

    `steps` are all steps of the policy with their dates (empty before acceptance), `open` those that
    run now, `current` the one of them that ends first, `days_left` until then in its own unit
    (working or calendar days; negative: overdue by so many). `overdue` are the open ones past their
    last day, `late` those completed after it. Each names its document and article.
    """

    on: dt.date
    phase: str
    steps: tuple[DatedStep, ...]
    open: tuple[DatedStep, ...]
    current: DatedStep | None
    days_left: int | None
    overdue: tuple[DatedStep, ...]
    late: tuple[DatedStep, ...]
    next_action: Text
    by: Text
    notes: tuple[Text, ...]
    apply_at: Text = OFFICE

    def say(self, lang: str = "zh") -> str:
        """Return the phase, what is next and by whom, and the open, overdue and late steps."""
        lines = [
            _HEAD.say(lang, on=self.on.isoformat(), phase=PHASES[self.phase]),
            _DO.say(lang, action=self.next_action, by=self.by),
        ]
        for step in self.open:
            lines.append(f"- {step.say(lang)} {self._left(step).say(lang)}".rstrip())
        lines += [f"- {_LATE.say(lang)} {step.say(lang)}" for step in self.late]
        lines += [f"! {note.say(lang)}" for note in self.notes]
        return "\n".join([*lines, _NOTICE.say(lang, office=self.apply_at)])

    def _left(self, step: DatedStep) -> Text:
        left = days_left(step, self.on)
        if left is None:
            return Text("", "")
        many = "" if abs(left) == 1 else "s"
        working = Text("个工作日", f"working day{many}")
        unit = working if step.unit == "工作日" else Text("天", f"day{many}")
        if step.id in WAITING:
            return filled(_RUNS if left > 0 else _RAN, n=left, unit=unit)
        return filled(_LEFT if left >= 0 else _OVER, n=abs(left), unit=unit)


_HEAD = Text("{on} 进度：{phase}", "{on} progress: {phase}")
_DO = Text("下一步：{action}（{by}）", "next: {action} ({by})")
_LATE = Text("[已超期完成]", "[done late]")
_LEFT = Text("[还有{n}{unit}]", "[{n} {unit} left]")
_OVER = Text("[已超期{n}{unit}]", "[{n} {unit} overdue]")
_RUNS = Text("[还需{n}{unit}]", "[{n} more {unit}]")
_RAN = Text("[已满期]", "[has run in full]")


def days_left(step: DatedStep, on: dt.date) -> int | None:
    """Return how many days of its own unit `step` has after `on`; months count in calendar days."""
    if step.due is None:
        return None
    if step.unit == "工作日":
        return working_days_between(on, step.due.on)
    return (step.due.on - on).days


def progress(
    events: Iterable[Event],
    policy: Policy,
    book: ParameterBook,
    chain: tuple[str, ...],
    on: dt.date,
) -> Progress:
    """Return where the application stands on the day `on`; later events are not looked at.

    Raises InputError, with the event's number and what was expected, where one cannot follow.
    """
    state = read_events((event for event in events if event.on <= on), policy, book, chain)
    steps = state.dated()
    running = tuple(step for step in steps if _is_open(step, state))
    current = min(running, key=lambda step: step.due.on if step.due else dt.date.max, default=None)
    action, by = _next(state, current)
    return Progress(
        on,
        state.phase,
        steps,
        running,
        current,
        None if current is None else days_left(current, on),
        tuple(s for s in running if s.id not in WAITING and s.due and s.due.on < on),
        tuple(s for s in steps if _was_late(s)),
        action,
        by,
        tuple(state.notes),
        policy.apply_at,
    )


def _is_open(step: DatedStep, state: Standing) -> bool:
    if step.starts is None or step.projected or step.done_on is not None:
        return False
    if step.id in _RECORDED and step.id not in state.began:
        return False
    if step.id in REVIEWS and step.id != _review_of(state):
        return False
    if state.phase in CASE:
        return step.id not in {"pay", *REVIEWS}
    return step.id in _AFTERWARDS.get(state.phase, ())


def _review_of(state: Standing) -> str:
    """Return which review is due: the short interval where the household's stability is not known."""
    wanted = "review_stable" if state.stable else "review_unstable"
    return wanted if wanted in state.ids else "review_stable"


def _was_late(step: DatedStep) -> bool:
    if step.done_on is None or step.due is None or step.projected or step.id in WAITING:
        return False
    return step.done_on > step.due.on


def _next(state: Standing, current: DatedStep | None) -> tuple[Text, Text]:
    """Return what comes next and whose turn it is."""
    if state.phase in ("", "open"):
        return filled(_FILE, n=len(state.missing())), _HOUSEHOLD
    if state.phase == "returned":
        names = {material.id: material.name for material in state.policy.materials}
        papers = [names.get(paper, Text(paper, paper)) for paper in state.papers]
        return filled(_COMPLETE, papers=listed(papers)), _HOUSEHOLD
    if state.phase in _AFTERWARDS and current is not None:
        return current.step.name, current.who
    if state.phase in ("refused", "stopped", "withdrawn"):
        return _NEXT[state.phase], _HOUSEHOLD
    who = {step.id: step.who for step in state.policy.steps}
    step_id = _WHOSE.get(state.phase, "")
    if step_id not in who and state.phase == "surveyed":
        step_id = "confirm"
    return _NEXT[state.phase], who.get(step_id, state.policy.apply_at)


@attrs.frozen
class ReviewDue:
    """A check that is to be made of an application that the office confirmed: which, by when."""

    application: str
    household: str
    policy: str
    step: DatedStep
    days_left: int


def reviews_due(
    applications: Iterable[Application],
    policies: Mapping[str, Policy],
    book: ParameterBook,
    on: dt.date,
    *,
    within_days: int = 0,
) -> tuple[ReviewDue, ...]:
    """Return the reviews due up to `within_days` after `on`, the earliest first, then by id.

    Periodic reviews (民发〔2021〕57号 article 31), the review after a death and the end of a grace period
    (民发〔2022〕83号 一(三)), at the intervals that the policy's steps name. A review without a known
    interval is not listed: `progress` says what is missing.
    """
    found = []
    for one in applications:
        now = progress(one.events, policies[one.policy], book, chain_of(one.place), on)
        for step in now.open:
            left = days_left(step, on)
            if step.id in _CHECKED and left is not None and left <= within_days:
                found.append(ReviewDue(one.id, one.household, one.policy, step, left))
    return tuple(sorted(found, key=lambda r: (r.days_left, r.application, r.step.id)))
