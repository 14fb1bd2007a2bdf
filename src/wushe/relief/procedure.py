"""What a policy asks of a household and of the offices: papers with who brings them, steps with dates.

Limits come from the parameters of the place, never from the code: those in force on the day a step's
period begins, or while that day is not known on the day of acceptance. A step names the parameters that
replace its limit in special cases (`Step.special`): where the power to confirm is with the township
20 working days instead of 30, in hard cases 45.

Some step ids have a meaning of their own, so that what is recorded of an application
(`wushe.relief.application`) starts and ends them; see `STEP_IDS`. Any other id is a step like any other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

import attrs

from wushe.model.kinds import FLAG
from wushe.model.spec import RECORD_KINDS
from wushe.rules.calendar import Deadline, add_calendar_days, add_months, add_working_days
from wushe.rules.expr import RuleError
from wushe.rules.parameters import Lookup, Parameter, ParameterBook
from wushe.rules.policy import Material, Policy, Step
from wushe.text import Text

STEP_IDS = {
    "accept": Text("受理", "acceptance"),
    "survey": Text("启动家庭经济状况调查", "the survey begins"),
    "core_check": Text("启动信息核对", "the core check begins"),
    "opinion": Text("调查并提出初审意见", "survey and first opinion"),
    "publicity": Text("公示", "publicity"),
    "resurvey": Text("公示有异议后重新调查", "survey again after an objection"),
    "republish": Text("重新公示", "publicity again after an objection"),
    "confirm": Text("审核确认", "the office decides"),
    "total": Text("自受理起全程", "everything, from acceptance"),
    "notice": Text("不予确认的书面告知", "written notice of a refusal"),
    "appeal": Text("申请行政复议", "ask for reconsideration"),
    "pay": Text("发放", "payment"),
    "review_stable": Text("定期核查（情况稳定）", "periodic review, stable"),
    "review_unstable": Text("定期核查（收入不固定或有劳动能力）", "periodic review, unstable"),
    "grace": Text("渐退期", "grace period"),
    "death_review": Text("成员死亡后核查", "review after a death"),
    "change_report": Text("情况变化告知", "report of a change"),
}
"""Step ids that the record of an application starts and ends, and what each stands for."""
CONTINGENT = frozenset(
    {"resurvey", "republish", "notice", "appeal", "grace", "death_review", "change_report"}
)
"""Steps that come only if something happens: no date before it does, never one projected."""
WAITING = frozenset({"publicity", "republish"})
"""Steps whose days must have run in full: a date before which they cannot end, not after."""
_ROLLING = frozenset({"appeal"})
"""Periods in which the household must act: a last day of rest moves on (see `wushe.rules.calendar`)."""
SITUATIONS = {
    "special": Text(
        "有异议、人户分离、异地申办或调查难度较大",
        "objection, living apart from the registered place, cross-place, or hard to survey",
    ),
    "delegated": Text("审核确认权限下放乡镇（街道）", "the power to confirm is with the township"),
}
"""Cases of `Step.special` that all policies share. Where both apply the first one counts: 民发〔2022〕83号
四(一) lets special cases take longer whoever confirms. A policy may name cases of its own."""

_UNITS: dict[str, tuple[Text, Text]] = {
    "工作日": (Text("{n}个工作日内", "within {n} working days"), Text("满{n}个工作日", "{n} working days in full")),
    "日历日": (Text("{n}天内", "within {n} calendar days"), Text("满{n}天", "{n} calendar days in full")),
    "月": (Text("{n}个月内", "within {n} months"), Text("满{n}个月", "{n} months in full")),
}  # fmt: skip
"""Units of a limit: how it is said as a limit, and as a period that must run in full."""

_UNKNOWN_LIMIT = Text(
    "当地当日没有可用的期限 {name}，不推算日期；可查：{documents}",
    "no usable limit {name} at the place on the day, so no date; look for: {documents}",
)
_NO_DOCUMENT = Text("本地实施细则", "the local implementing rules")
_BAD_UNIT = Text(
    "期限 {name} 的值或单位不能换算为日期", "limit {name} has a value or unit that makes no date"
)
_NO_NUMBER = Text(
    "文件只要求及时办理，没有规定天数", "the document says promptly, without a number of days"
)
_IF = Text("发生时起算", "counted from the day it happens")
_WAITS = Text("取决于“{step}”", "depends on “{step}”")
_USES = Text("适用：{situation}", "applies: {situation}")
_NOT_HERE = Text(
    "“{situation}”没有单独的可用期限，按一般期限",
    "no usable limit of its own for “{situation}”: the general one is taken",
)
_DONE = Text("已于{on}完成", "done on {on}")
_IF_ON = Text("以{on}受理计", "reckoned from {on}")
_BY = Text("最迟{on}", "by {on}")
_UNTIL = Text("至{on}", "until {on}")
_LATEST = Text("（按前面各步期限推算）", " (projected from the limits of the steps before)")
_LINE = Text("{step}（{who}）：{when}。{source}", "{step} ({who}): {when}. {source}")

State = Literal["has", "worker", "household"]
_STATES: dict[State, Text] = {
    "has": Text("家庭已具备", "the household has it"),
    "worker": Text("工作人员查询取得", "staff retrieve it"),
    "household": Text("请家庭提供", "ask the household"),
}
_HAS = Text("已有记录：{fields}", "on record: {fields}")
_FETCH = Text(
    "可通过政务数据查询取得的，不再要求重复提交（民发〔2021〕57号第10条）",
    "what government data can give is not asked for again (民发〔2021〕57号 article 10)",
)
_ASK = Text("没有记录，也不能查询取得（{source}）", "not on record and not retrievable ({source})")


def filled(template: Text, **params: Any) -> Text:
    """Return `template` with `params` filled in, in both languages."""
    return Text(template.say("zh", **params), template.say("en", **params))


@attrs.frozen
class CheckItem:
    """One paper of a policy: the household has it, staff retrieve it, or the household is asked."""

    material: Material
    state: State
    why: Text

    def say(self, lang: str = "zh") -> str:
        """Return one line: the paper, its state and why."""
        colon, joint = ("：", "；") if lang == "zh" else (": ", "; ")
        parts = (_STATES[self.state].say(lang), self.why.say(lang))
        return f"{self.material.name.say(lang)}{colon}{joint.join(parts)}"


def checklist(policy: Policy, known: Mapping[str, Any]) -> tuple[CheckItem, ...]:
    """Return the papers of `policy` in its order, each with who has or brings it.

    `known` maps field names to values as `known_of` gives them. The household has a paper where
    every field in its `known_by` is known and not a no, staff retrieve one with `fetch`, and for the
    rest the household is asked. What is unknown is never taken as there.
    """
    return tuple(_check(material, known) for material in policy.materials)


def _check(material: Material, known: Mapping[str, Any]) -> CheckItem:
    if material.known_by and all(
        known.get(name) not in (None, False) for name in material.known_by
    ):
        return CheckItem(material, "has", filled(_HAS, fields=", ".join(material.known_by)))
    if material.fetch:
        return CheckItem(material, "worker", _FETCH)
    source = f"{material.document} {material.article}".strip()
    return CheckItem(material, "household", filled(_ASK, source=source))


def known_of(records: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Return what the `records` of one household show, by ``table.field``; None is unknown.

    `records` maps table names to their records (``households`` to the one household). A flag is yes
    where any record has it: one disability certificate is a certificate. Any other field is known
    only where it is known of all: identity numbers of everybody. Its value is the first record's.
    """
    known: dict[str, Any] = {}
    for table, items in records.items():
        for field in RECORD_KINDS[table].fields:
            values = [getattr(item, field.name) for item in items]
            if field.kind is FLAG:
                value = True in values or (None if None in values or not values else False)
            else:
                value = None if None in values or not values else values[0]
            known[f"{table}.{field.name}"] = value
    return known


@attrs.frozen
class DatedStep:
    """One step with its dates.

    It counts from the day `starts` (None: not begun or not known), which is not counted itself;
    `projected` says that this is the latest day the step before may end. `days` are in `unit` (工作日, 日历日, 月; a month's limit counts
    months), None where no number is known. `due` is the last day, or for a period that must run in
    full its last day. `parameter` is where the number is from. `notes` say what is missing or applies.
    `assumed` says that `done_on` is the day the dates are reckoned from, and that nothing was done yet.
    """

    step: Step
    starts: Deadline | None
    projected: bool
    days: int | None
    unit: str
    due: Deadline | None
    done_on: dt.date | None
    parameter: Parameter | None
    notes: tuple[Text, ...]
    assumed: bool = False

    @property
    def id(self) -> str:
        """The id of the step."""
        return self.step.id

    @property
    def who(self) -> Text:
        """Whose step it is."""
        return self.step.who

    @property
    def provisional(self) -> bool:
        """Whether the date lies beyond the published holiday notices."""
        return self.due is not None and self.due.provisional

    @property
    def document(self) -> str:
        """The document that sets the limit: the parameter's where there is one, else the step's."""
        return self.parameter.document if self.parameter else self.step.document

    @property
    def article(self) -> str:
        """The article that goes with `document`."""
        return self.parameter.article if self.parameter else self.step.article

    def say(self, lang: str = "zh") -> str:
        """Return one line: the step, by whom, how long, until when, and the document."""
        joint = "，" if lang == "zh" else ", "
        parts = []
        if self.days is not None:
            parts.append(_UNITS[self.unit][self.id in WAITING].say(lang, n=self.days))
        if self.done_on is not None:
            done = _IF_ON if self.assumed else _DONE
            parts.append(done.say(lang, on=self.done_on.isoformat()))
        elif self.due is not None:
            until = _UNTIL if self.id in WAITING else _BY
            latest = _LATEST.say(lang) if self.projected else ""
            parts.append(until.say(lang, on=self.due.say(lang)) + latest)
        parts += [note.say(lang) for note in self.notes]
        space = " " if self.article and self.article[0].isascii() else ""
        return _LINE.say(
            lang,
            step=self.step.name,
            who=self.who,
            when=joint.join(parts),
            source=f"{self.document}{space}{self.article}",
        ).strip()


def timetable(
    policy: Policy,
    book: ParameterBook,
    chain: tuple[str, ...],
    accepted_on: dt.date,
    *,
    situations: Collection[str] = (),
    began: Mapping[str, dt.date] | None = None,
    done: Mapping[str, dt.date] | None = None,
    assumed: bool = False,
) -> tuple[DatedStep, ...]:
    """Return the steps of `policy` in its order, dated from the day of acceptance.

    Limits are those in force at `chain`. `situations` (of `SITUATIONS`) change them. `began` gives the day a step's period began and `done` the day it was completed, by step id;
    where neither is known the latest day that the step before may end is taken, and said. `assumed` says
    that nothing was accepted yet and the dates are a forecast. Raises
    RuleError where a step follows none of the policy or itself, ValueError for an unknown situation.
    """
    cases = dict.fromkeys([*SITUATIONS, *(name for s in policy.steps for name, _ in s.special)])
    for name in situations:
        if name not in cases:
            raise ValueError(f"situation {name!r} is unknown; expected one of {', '.join(cases)}")
    table = _Timetable(
        {step.id: step for step in policy.steps},
        book,
        chain,
        accepted_on,
        tuple(name for name in cases if name in situations),
        began or {},
        done or {},
        assumed,
    )
    return tuple(table.dated(step, ()) for step in policy.steps)


@attrs.frozen(eq=False)
class _Timetable:
    """What `timetable` was given, and the steps dated so far."""

    steps: Mapping[str, Step]
    book: ParameterBook
    chain: tuple[str, ...]
    accepted_on: dt.date
    situations: tuple[str, ...]
    began: Mapping[str, dt.date]
    done: Mapping[str, dt.date]
    assumed: bool
    ready: dict[str, DatedStep] = attrs.field(factory=dict, init=False)

    def dated(self, step: Step, above: tuple[str, ...]) -> DatedStep:
        """Return `step` with its dates; `above` are the steps that wait for it, to find a circle."""
        if step.id not in self.ready:
            if step.id in above or (step.after and step.after not in self.steps):
                raise RuleError(f"step {step.id}: follows {step.after!r}, which is no other step")
            starts, projected, notes = self._start(step, above)
            self.ready[step.id] = self._limited(step, starts, projected, notes)
        return self.ready[step.id]

    def _start(
        self, step: Step, above: tuple[str, ...]
    ) -> tuple[Deadline | None, bool, tuple[Text, ...]]:
        before = self.dated(self.steps[step.after], (*above, step.id)) if step.after else None
        if step.id in self.began:
            return Deadline(self.began[step.id]), False, ()
        if step.id in CONTINGENT:
            return None, False, (_IF,)
        if before is None:
            return Deadline(self.accepted_on), False, ()
        if before.done_on is not None:
            return Deadline(before.done_on), False, ()
        waits = filled(_WAITS, step=before.step.name)
        # A step "without delay" takes no days of its own; one whose limit is unknown may take any.
        starts = before.due if before.step.limit else before.starts
        return starts, starts is not None, (waits,)

    def _limited(
        self, step: Step, starts: Deadline | None, projected: bool, notes: tuple[Text, ...]
    ) -> DatedStep:
        known = starts is not None and not projected
        parameter, more = self._parameter(step, starts.on if starts and known else self.accepted_on)
        days, unit, due = None, "", None
        if parameter is not None:
            unit = parameter.unit
            if unit in _UNITS and parameter.number >= 0 and parameter.number.denominator == 1:
                days = int(parameter.number)
                due = _run(starts, days, unit, step.id in _ROLLING) if starts else None
            else:
                more += (filled(_BAD_UNIT, name=parameter.name),)
        done = self.accepted_on if step.id == "accept" else self.done.get(step.id)
        assumed = self.assumed and step.id == "accept"
        return DatedStep(
            step, starts, projected, days, unit, due, done, parameter, notes + more, assumed
        )

    def _parameter(self, step: Step, on: dt.date) -> tuple[Parameter | None, tuple[Text, ...]]:
        """Return the limit of `step` here and on the day, a situation's own where there is one."""
        passed: tuple[Text, ...] = ()
        special = dict(step.special)
        for case in self.situations:
            if case not in special:
                continue
            situation = SITUATIONS.get(case, Text(case, case))
            found = self.book.find(special[case], self.chain, on)
            if found.parameter is not None:
                used = filled(_USES, situation=situation)
                return found.parameter, (*passed, used, *_doubts(found))
            passed += (filled(_NOT_HERE, situation=situation),)
        if not step.limit:
            silent = step.id in CONTINGENT or step.id == "accept" or step.id in self.done
            return None, (passed if silent else (*passed, _NO_NUMBER))
        found = self.book.find(step.limit, self.chain, on)
        if found.parameter is None:
            return None, (*passed, _missing(found))
        return found.parameter, (*passed, *_doubts(found))


def _run(starts: Deadline, n: int, unit: str, roll: bool) -> Deadline:
    if unit == "工作日":
        due = add_working_days(starts.on, n)
    elif unit == "月":
        due = add_months(starts.on, n, roll=roll)
    else:
        due = add_calendar_days(starts.on, n, roll=roll)
    return attrs.evolve(due, provisional=due.provisional or starts.provisional)


def _doubts(found: Lookup) -> tuple[Text, ...]:
    """Return the warnings of a limit that may have changed; a rule that is just old needs none."""
    return () if found.firm else found.warnings


def _missing(found: Lookup) -> Text:
    documents = _unique(candidate.document for candidate in found.candidates)
    return Text(
        *(
            _UNKNOWN_LIMIT.say(
                lang, name=found.name, documents="; ".join(documents) or _NO_DOCUMENT.say(lang)
            )
            for lang in ("zh", "en")
        )
    )


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))
