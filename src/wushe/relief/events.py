"""What can happen to an application: the events, the order they may come in, and what is wrong with one.

See `wushe.relief.application` for the law behind the order.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, NoReturn

import attrs

from wushe.errors import InputError, Problem, ProblemKind
from wushe.text import Text

EVENTS = {
    "opened": Text("立案", "opened"),
    "agent_authorised": Text("书面委托代理", "agent authorised"),
    "check_authorised": Text("授权经济核对", "core check authorised"),
    "authorisation_withdrawn": Text("撤回委托或授权", "authorisation withdrawn"),
    "submitted": Text("提交申请", "submitted"),
    "returned": Text("告知补齐材料", "returned for papers"),
    "accepted": Text("受理", "accepted"),
    "survey_started": Text("启动调查", "survey started"),
    "core_check_requested": Text("提请信息核对", "core check requested"),
    "core_check_started": Text("启动信息核对", "core check started"),
    "surveyed": Text("完成调查", "surveyed"),
    "publicity_started": Text("开始公示", "publicity started"),
    "publicity_ended": Text("公示期满", "publicity ended"),
    "objection": Text("公示有异议", "objection"),
    "confirmed": Text("主管部门确认", "confirmed by the office"),
    "refused": Text("主管部门不予确认", "refused by the office"),
    "refusal_notified": Text("书面告知不予确认", "refusal notified"),
    "paid": Text("发放", "paid"),
    "reviewed": Text("核查", "reviewed"),
    "grace_started": Text("进入渐退期", "grace period started"),
    "change_noticed": Text("发现情况变化", "change of facts noticed"),
    "change_reported": Text("告知情况变化", "change of facts reported"),
    "stopped": Text("停发", "stopped"),
    "withdrawn": Text("撤回申请", "withdrawn"),
    "step_done": Text("完成步骤", "step done"),
}
PHASES = {
    "": Text("尚未立案", "not opened"),
    "open": Text("准备申请", "being prepared"),
    "submitted": Text("已提交，待受理", "submitted, awaiting acceptance"),
    "returned": Text("待补齐材料", "papers to be completed"),
    "accepted": Text("已受理", "accepted"),
    "surveying": Text("调查中", "being surveyed"),
    "surveyed": Text("已调查", "surveyed"),
    "publicity": Text("公示中", "in publicity"),
    "objected": Text("有异议，待重新调查", "objected to, to be surveyed again"),
    "published": Text("公示期满", "publicity over"),
    "confirmed": Text("主管部门已确认", "confirmed by the office"),
    "refused": Text("主管部门未予确认", "refused by the office"),
    "stopped": Text("已停发", "stopped"),
    "withdrawn": Text("已撤回", "withdrawn"),
}
CASE = ("accepted", "surveying", "surveyed", "publicity", "objected", "published")
BEFORE = ("open", "submitted", "returned", *CASE)
LIVE = (*BEFORE, "confirmed")
MOVES: dict[str, tuple[tuple[str, ...], str | None]] = {
    "opened": (("",), "open"),
    "agent_authorised": (LIVE, None),
    "check_authorised": (LIVE, None),
    "authorisation_withdrawn": (LIVE, None),
    "submitted": (("open", "returned"), "submitted"),
    "returned": (("submitted",), "returned"),
    "accepted": (("submitted",), "accepted"),
    "survey_started": (("accepted", "objected"), "surveying"),
    "core_check_requested": (("accepted", "surveying", "objected", "confirmed"), None),
    "core_check_started": (("accepted", "surveying", "objected", "confirmed"), None),
    "surveyed": (("surveying",), "surveyed"),
    "publicity_started": (("surveyed",), "publicity"),
    "publicity_ended": (("publicity",), "published"),
    "objection": (("publicity",), "objected"),
    "confirmed": (CASE, "confirmed"),
    "refused": (CASE, "refused"),
    "refusal_notified": (("refused",), None),
    "paid": (("confirmed",), None),
    "reviewed": (("confirmed",), None),
    "grace_started": (("confirmed",), None),
    "change_noticed": (LIVE, None),
    "change_reported": (LIVE, None),
    "stopped": (("confirmed",), "stopped"),
    "withdrawn": (BEFORE, "withdrawn"),
    "step_done": (LIVE, None),
}
"""Per event: the phases in which it may be recorded, and the phase it leads to (None: the same)."""
_NEEDS = {
    "opened": ("by", "members"),
    "agent_authorised": ("by", "whom", "written"),
    "check_authorised": ("by",),
    "authorisation_withdrawn": ("by",),
    "submitted": ("by",),
    "returned": ("papers",),
    "refusal_notified": ("written", "reason"),
    "change_noticed": ("fields",),
    "step_done": ("step",),
}
DIED = "persons.died_on"
"""The field whose change is a death: the household is to be checked within months of it."""


def _kind(
    code: str, what: tuple[str, str], expected: tuple[str, str], todo: tuple[str, str]
) -> ProblemKind:
    return ProblemKind(code, Text(*what), Text(*expected), Text(*todo))


UNKNOWN_EVENT = _kind(
    "unknown-event", ("没有这种事项", "no such event"),
    ("其中之一：{events}", "one of: {events}"), ("改用所列事项", "use one of them"),
)  # fmt: skip
MISSING_DETAIL = _kind(
    "missing-detail", ("“{event}”缺少{field}", "“{event}” lacks {field}"),
    ("填写{field}", "a value for {field}"), ("补填后再登记", "fill it in and record it again"),
)  # fmt: skip
WRONG_ORDER = _kind(
    "wrong-order", ("“{phase}”时不能登记“{event}”", "“{event}” cannot come while {phase}"),
    ("此时可登记：{events}", "at this point: {events}"),
    ("补记缺少的事项，或改正本条", "record what is missing before it, or correct it"),
)  # fmt: skip
WRONG_DAY = _kind(
    "wrong-day", ("“{event}”的日期过早", "“{event}” is dated too early"),
    ("{earliest} 或之后", "{earliest} or later"),
    ("核对日期；公示须满期", "check the date; publicity must run in full"),
)  # fmt: skip
NO_AGENT = _kind(
    "agent-not-authorised",
    ("代为申请而没有有效的书面委托", "filed for the household without a written authorisation in force"),
    (
        "成年家庭成员的书面委托，载明代理人和期限（民发〔2021〕57号第6条、民发〔2021〕43号第10条、民法典第165条）",
        "a written authorisation by an adult member, naming the agent and the term (民发〔2021〕57号 article 6, 民发〔2021〕43号 article 10, 民法典 article 165)",
    ),
    ("先办理并登记委托，或由家庭成员本人提交", "have it signed and record it, or let a member file"),
)  # fmt: skip
NO_CHECK = _kind(
    "check-not-authorised",
    ("尚有{n}人未授权即核对：{persons}", "core check without the authorisation of {n}: {persons}"),
    (
        "每名成年成员的授权（民发〔2021〕57号第9条、民发〔2021〕43号第10条）",
        "the authorisation of every adult member (民发〔2021〕57号 article 9, 民发〔2021〕43号 article 10)",
    ),
    ("取得并登记每人的授权后再核对", "obtain and record each before the check"),
)  # fmt: skip
NOT_PUBLIC = _kind(
    "no-publicity", ("该政策不公示", "this policy has no publicity"),
    ("没有公示的办理程序", "a procedure without publicity"),
    ("不要公示；核对政策", "do not publish; check which policy this is"),
)  # fmt: skip
NOT_WRITTEN = _kind(
    "refusal-not-written", ("不予确认的告知不是书面形式", "the refusal was not notified in writing"),
    (
        "书面告知并说明理由（民发〔2021〕57号第21条、民发〔2021〕43号第18条）",
        "a written notice with the reason (民发〔2021〕57号 article 21, 民发〔2021〕43号 article 18)",
    ),
    ("请经办机关出具书面告知后再登记", "ask the office for the written notice, then record it"),
)  # fmt: skip


@attrs.frozen
class Event:
    """One thing that happened. Plain values: `to_json` gives what ``json.dumps`` takes.

    `by` and `whom` are ids (person, worker, office), `members` of "opened" the ids of all who must
    authorise the core check. `until` ends an authorisation or a grace period, `since` is the day a
    change happened, `papers` are material ids, `fields` names such as ``persons.died_on``, `step` a
    step id, `situations` the cases that change a limit. `stable` after a confirmation or review: which interval.
    """

    kind: str
    on: dt.date
    by: str | None = None
    whom: str | None = None
    members: tuple[str, ...] = ()
    written: bool | None = None
    until: dt.date | None = None
    since: dt.date | None = None
    papers: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    situations: tuple[str, ...] = ()
    step: str | None = None
    stable: bool | None = None
    amount_fen: int | None = attrs.field(default=None, repr=False)
    reason: str | None = attrs.field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        if self.kind not in EVENTS:
            fail(UNKNOWN_EVENT, self, events=", ".join(EVENTS))
        for name in _NEEDS.get(self.kind, ()):
            if getattr(self, name) in (None, (), ""):
                fail(MISSING_DETAIL, self, field=name)

    def to_json(self) -> dict[str, Any]:
        """Return what is set as strings, numbers, flags and lists of strings."""
        return {
            key: value.isoformat() if isinstance(value, dt.date) else list(value) if isinstance(value, tuple) else value
            for key, value in attrs.asdict(self, recurse=False).items()
            if value not in (None, ())
        }  # fmt: skip

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Event:
        """Return the event that `to_json` gave. Raises InputError, TypeError or ValueError."""
        dates = {
            k: dt.date.fromisoformat(values[k]) for k in ("on", "until", "since") if k in values
        }
        lists = {k: tuple(v) for k, v in values.items() if isinstance(v, list)}
        return cls(**{**values, **dates, **lists})


def fail(kind: ProblemKind, event: Event, row: int | None = None, **params: Any) -> NoReturn:
    """Raise the InputError of `kind` about `event`, the `row`-th of its application (from 1)."""
    params["event"] = EVENTS.get(event.kind, Text(event.kind[:40], event.kind[:40]))
    raise InputError([Problem(kind, "application", row, event.kind[:40], None, params)])
