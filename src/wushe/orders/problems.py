"""Why a command on orders is refused: one `ProblemKind` for each reason, and how to raise them."""

from __future__ import annotations

from typing import Any, NoReturn

from wushe.errors import ConflictError, Problem, ProblemKind, RefusedError
from wushe.text import Text


def _kind(
    code: str, what: tuple[str, str], expected: tuple[str, str], todo: tuple[str, str]
) -> ProblemKind:
    return ProblemKind(code, Text(*what), Text(*expected), Text(*todo))


_ASK_ANOTHER = ("改派其他人选", "ask somebody else")

NO_ORDER = _kind(
    "order-unknown",
    ("没有这个订单", "there is no such order"),
    ("已经点单的编号", "the id of an order that was placed"),
    ("核对订单编号", "check the order's id"),
)
ORDER_EXISTS = _kind(
    "order-exists",
    ("这个编号或这项需求已有订单", "this id or this need has an order already"),
    ("每项需求同时只有一个未结的订单", "one open order for a need at a time"),
    (
        "查看原订单；不再需要时先取消",
        "look at that order; cancel it first if it is no longer wanted",
    ),
)
FORBIDDEN = _kind(
    "order-transition",
    ("订单{status}，不能{action}", "the order is {status}: {action} is not possible"),
    ("此时可以：{possible}", "what is possible now: {possible}"),
    ("先看订单现在的状态", "look at the order's status first"),
)
CHANGED = _kind(
    "order-changed",
    ("订单在您读取之后有变动", "the order changed since you read it"),
    ("第 {version} 版", "version {version}"),
    ("重新读取订单，再决定", "read the order again, then decide"),
)
WAITS = _kind(
    "order-waits",
    (
        "前置需求 {after} 还没有办完（订单：{state}）",
        "the need {after}, which comes first, is not served yet (order: {state})",
    ),
    ("前置需求的订单已完成", "an order for that need that is done, and none that is open"),
    (
        "先办前一步，办完再派这一单；前一步没办成的，重新点单",
        "see to that one first, then dispatch this order; where it came to nothing, place it anew",
    ),
)
TAKEN = _kind(
    "order-taken",
    ("订单已由他人接下", "the order was taken by somebody else"),
    ("尚未被接下的订单", "an order that nobody has taken yet"),
    ("不必前往；可以看看其他订单", "there is no need to go; look at other orders"),
)
TOO_EARLY = _kind(
    "act-before-last",
    ("这一刻早于订单上一次变动", "this is before what last happened to the order"),
    ("不早于上一次变动的时刻", "an instant that is not before the last change"),
    ("核对时刻和时区", "check the instant and its zone"),
)
TOO_LATE = _kind(
    "answer-too-late",
    ("答复的时限已过", "the time to answer is over"),
    ("在时限之前答复", "an answer before the time is over"),
    ("请派单的站点重新派单", "ask the station to dispatch it again"),
)
NOT_ASKED = _kind(
    "not-asked",
    ("没有向这一方派过这个订单", "this helper was not asked to take the order"),
    ("被派单而尚未答复的一方", "somebody who was asked and has not answered"),
    ("先派单，再接单", "dispatch the order to them first"),
)
NOT_TAKEN_BY = _kind(
    "not-the-helper",
    ("这一方没有接下这个订单", "this helper has not accepted the order"),
    ("接下订单的一方", "somebody who accepted the order"),
    ("核对帮扶方的编号", "check the helper's id"),
)
ASKED_ALREADY = _kind(
    "asked-already",
    ("已经派给这一方，正等答复或已接下", "this helper is asked already, or has accepted"),
    ("每方同时只派一次", "one request at a time"),
    ("等待答复，或选其他人", "wait for the answer, or choose somebody else"),
)
ROLE_FILLED = _kind(
    "role-filled",
    ("这个角色已有人答应", "somebody has promised to fill this role"),
    ("尚缺人的角色", "a role that is still open"),
    ("派给尚缺人的角色：(角色序号, 编号)", "name an open role: (number of the role, id)"),
)
NOBODY_ABLE = _kind(
    "nobody-able",
    ("没有现在能接的人选", "nobody who could take it now is left to ask"),
    ("至少一个能接的人选", "at least one able candidate"),
    ("上报，或指定其他人选", "escalate it, or name somebody else"),
)
NO_LEVEL = _kind(
    "no-higher-level",
    ("已经报到最高一级", "the order is at the highest level already"),
    ("可以上报的层级", "a level above"),
    ("在本级指定人选，或登记办不成", "name somebody at this level, or record that it failed"),
)
NOT_LISTED = _kind(
    "reason-not-listed",
    ("理由不在清单里", "the reason is not on the list"),
    ("其中之一：{known}", "one of: {known}"),
    ("从清单中选；详情写在说明里", "choose one of the list and put the details into words"),
)
BAD_AMOUNT = _kind(
    "order-amount",
    ("数量不可用", "the amount is not usable"),
    ("整数，{low} 至 {high} 个基本单位", "a whole number of {low} to {high} base units"),
    ("核对数量", "check the amount"),
)
BAD_FIELD = _kind(
    "order-field",
    ("内容不可用", "the value is not usable"),
    ("{known}", "{known}"),
    ("改正后再点单", "correct it and place the order again"),
)
SELF_CONFIRMED = _kind(
    "confirmed-by-helper",
    ("帮扶方不能确认自己的服务", "helpers may not confirm their own service"),
    ("由服务对象、社工或站点确认", "those served, their worker or the station"),
    ("请服务对象或社工确认", "ask those served or their worker to confirm"),
)
NOT_ON_WALL = _kind(
    "not-on-the-wall",
    ("这个心愿现在不在心愿墙上", "this wish is not on the wall now"),
    ("公开展示、无人认领的心愿", "a wish that is shown and that nobody has taken"),
    ("看看墙上的其他心愿", "look at other wishes on the wall"),
)
NO_SLIP = _kind(
    "no-slip",
    ("派单单只给已接单的一方", "the dispatch slip is for those who have accepted only"),
    ("已接单、尚未完成的帮扶方", "a helper who has accepted and is not done"),
    ("先接单", "accept the order first"),
)
NO_CONSENT = _kind(
    "no-consent",
    (
        "没有同意转介的记录，姓名和住址不能告诉别人",
        "no recorded consent to referral: name and address may not go to another party",
    ),
    (
        "记录在案的同意，或由社区、站点、社工自己上门",
        "a recorded consent, or a helper of the own team",
    ),
    ("请社工征得同意并登记，或改派社工", "ask for consent and record it, or send a social worker"),
)
ERASED = _kind(
    "client-erased",
    ("服务对象的信息已按要求删除", "the information on those served was erased on demand"),
    ("仍有联系方式的服务对象", "those served whose contact is still there"),
    ("取消订单", "cancel the order"),
)

# --- guards: who may not be asked, accept or go on ----------------------------------------------
NOT_ENROLLED = _kind(
    "helper-not-enrolled",
    ("帮扶方没有登记", "the helper is not enrolled"),
    ("已登记的帮扶方", "an enrolled helper"),
    ("先登记（enroll）", "enroll them first"),
)
NOT_VETTED = _kind(
    "guard-vetting",
    (
        "涉及未成年人，帮扶方没有一年内的从业查询（未成年人保护法第62条）",
        "work with a minor, and the helper has no vetting within the year (未成年人保护法 article 62)",
    ),
    ("服务之日前365天内的查询", "a vetting within 365 days before the service"),
    ("先办理查询，或改派", "have the helper vetted, or ask somebody else"),
)
NO_GUARDIAN = _kind(
    "guard-guardian",
    ("未成年志愿者没有监护人同意", "an under-age volunteer without the guardian's consent"),
    ("监护人同意的记录", "a recorded consent of the guardian"),
    ("先征得监护人同意，或改派", "ask the guardian first, or ask somebody else"),
)
ADULTS_ONLY = _kind(
    "guard-adults-only",
    (
        "未成年志愿者不承担急难救援、心理疏导和照护",
        "under-age volunteers do no rescue work, counselling or personal care",
    ),
    ("成年人", "an adult"),
    _ASK_ANOTHER,
)
OWN_HOME = _kind(
    "guard-own-household",
    ("服务对象是其本人家庭", "those served are the helper's own household"),
    ("与服务对象不是一家人", "somebody of another household"),
    _ASK_ANOTHER,
)
NO_SKILL = _kind(
    "guard-skill",
    ("不具备所需技能", "lacks a skill that is asked for"),
    ("技能：{skills}", "skills: {skills}"),
    _ASK_ANOTHER,
)
CASELOAD = _kind(
    "guard-caseload",
    ("服务户数已满（上限 {limit} 户）", "the caseload is full ({limit} households at most)"),
    ("在管户数低于上限", "a caseload below the limit"),
    ("先结案，或改派", "close cases first, or ask somebody else"),
)
OVERLAP = _kind(
    "guard-overlap",
    ("与订单 {other} 的时间重叠", "the time overlaps with order {other}"),
    ("同一时间只在一处", "one place at a time"),
    ("改时间，或改派", "agree on another time, or ask somebody else"),
)
WEEK_FULL = _kind(
    "guard-week-full",
    ("本周时间已排满（每周 {limit} 分钟）", "the week is full ({limit} minutes a week)"),
    ("还有 {needed} 分钟", "{needed} minutes left"),
    ("改到下周，或改派", "another week, or ask somebody else"),
)
FATIGUE = _kind(
    "guard-weekly-calls",
    (
        "七天内已派单 {limit} 次，请勿再打扰",
        "was asked {limit} times within seven days: leave them in peace",
    ),
    ("七天内少于 {limit} 次", "fewer than {limit} requests in seven days"),
    ("改派，或请本人主动认领", "ask somebody else; they may still claim by themselves"),
)
RESTRICTED = _kind(
    "guard-restriction",
    ("资源的限定不符：{by}", "the restriction of the resource excludes it: {by}"),
    ("限定的用途、地区、对象之内", "within the purposes, places and groups it is given for"),
    ("改用其他资源", "use another resource"),
)
NOT_AVAILABLE = _kind(
    "guard-dates",
    ("不在可服务（有效）日期内", "is not available, or has expired, on the day"),
    ("{first} 至 {last}", "from {first} to {last}"),
    _ASK_ANOTHER,
)
TOO_MUCH = _kind(
    "guard-amount",
    ("该供给单项至多 {most}", "this offer gives at most {most} to one need"),
    ("数量不超过上限", "an amount within the limit"),
    _ASK_ANOTHER,
)
TWO_ROLES = _kind(
    "guard-two-roles",
    ("同一人不能担任团队的两个角色", "one person cannot fill two roles of a team"),
    ("每个角色各一人", "one person for each role"),
    _ASK_ANOTHER,
)
CITY_GUARD = _kind(
    "guard-city",
    ("本地规则不允许：{label}", "the city's rule forbids it: {label}"),
    ("符合本地规则", "what the city's rule allows"),
    _ASK_ANOTHER,
)
GUARDS: tuple[ProblemKind, ...] = (
    NOT_ENROLLED, NOT_VETTED, NO_GUARDIAN, ADULTS_ONLY, OWN_HOME, NO_SKILL, CASELOAD, OVERLAP, WEEK_FULL, FATIGUE,
    RESTRICTED, NOT_AVAILABLE, TOO_MUCH, TWO_ROLES, CITY_GUARD,
)  # fmt: skip
"""Every guard. Each holds wherever somebody is asked, accepts, or goes on."""


def refuse(kind: ProblemKind, stream: str, field: str | None = None, value: Any = None, **params: Any) -> NoReturn:  # fmt: skip
    """Raise RefusedError with one problem."""
    raise RefusedError([problem(kind, stream, field, value, **params)])


def conflict(kind: ProblemKind, stream: str, field: str | None = None, value: Any = None, **params: Any) -> NoReturn:  # fmt: skip
    """Raise ConflictError with one problem."""
    raise ConflictError([problem(kind, stream, field, value, **params)])


def problem(kind: ProblemKind, stream: str, field: str | None = None, value: Any = None, **params: Any) -> Problem:  # fmt: skip
    """Return a problem of the stream."""
    return Problem(kind, stream, None, field, None if value is None else str(value), params)
