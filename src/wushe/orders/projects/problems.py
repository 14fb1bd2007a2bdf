"""What may not be recorded of projects and activities, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from wushe.errors import Problem, ProblemKind, RefusedError
from wushe.text import Text

NO_PROJECT = ProblemKind(
    "project-unknown",
    Text(zh="没有这个项目、里程碑或活动", en="there is no such project, milestone or activity"),
    Text(zh="已经登记的编号", en="an id that was recorded before"),
    Text(zh="核对编号，或先登记", en="check the id, or record it first"),
)
KNOWN_BEFORE = ProblemKind(
    "project-known-before",
    Text(zh="编号已经用过", en="the id is used already"),
    Text(zh="新的编号", en="an id of its own"),
    Text(zh="换一个编号；已登记的用更正", en="take another id; correct what was recorded"),
)
WRONG_STATUS = ProblemKind(
    "project-status",
    Text(zh="项目现在的状态不允许这样做", en="the project's status does not allow this"),
    Text(zh="状态为 {expected}", en="status {expected}"),
    Text(zh="先查看项目状态", en="look at the project's status first"),
)
BAD_VALUE = ProblemKind(
    "project-value",
    Text(zh="值不可用", en="the value is not usable"),
    Text(zh="{expected}", en="{expected}"),
    Text(zh="核对后重填", en="check and give it again"),
)
INTERESTED = ProblemKind(
    "interested-party",
    Text(
        zh="与项目有利害关系，不得参与评审或决定",
        en="has an interest in the project and may not decide on it",
    ),
    Text(zh="与申报单位没有利害关系的评审人", en="somebody without an interest in the applicant"),
    Text(zh="回避，由他人决定", en="step aside and let others decide"),
)
OVER_BUDGET = ProblemKind(
    "grant-over-budget",
    Text(zh="资助额不可用", en="the grant is not usable"),
    Text(zh="1 分至申报预算 {budget} 分", en="1 fen to the budget of {budget} fen"),
    Text(zh="核对金额", en="check the amount"),
)
MORE_PERSONS = ProblemKind(
    "more-persons-than-times",
    Text(zh="人数多于人次", en="more persons than person-times"),
    Text(zh="不多于 {most} 人：每人至少一次", en="at most {most}: each person came at least once"),
    Text(zh="核对人数和人次，不要混填", en="check both figures; they are not the same thing"),
)
MORE_HOUSEHOLDS = ProblemKind(
    "more-households-than-persons",
    Text(zh="户数多于人数", en="more households than persons"),
    Text(zh="不多于 {most} 户：每户至少一人", en="at most {most}: somebody of each household came"),
    Text(zh="核对户数和人数", en="check both figures"),
)
FEWER_THAN_LISTED = ProblemKind(
    "fewer-than-listed",
    Text(zh="填报的数少于名单上的数", en="the figure is below what the list of participants shows"),
    Text(
        zh="不少于名单上的 {least}，或留空由名单计数",
        en="at least {least} as listed, or nothing, to count the list",
    ),
    Text(zh="核对名单和数字", en="check the list and the figure"),
)
LISTED_TWICE = ProblemKind(
    "listed-twice",
    Text(zh="同一人在名单上不止一行", en="a person is on the list more than once"),
    Text(zh="每人一行，写明次数", en="one line per person, with the times"),
    Text(zh="合并为一行", en="make it one line"),
)
NO_CRITERIA = ProblemKind(
    "no-criteria",
    Text(zh="没有插件给出评分标准", en="no plugin gives criteria"),
    Text(zh="至少一项 score_projects 标准", en="at least one criterion of score_projects"),
    Text(zh="加载带评分标准的城市插件", en="load a city's plugin that scores projects"),
)
PROBLEMS = (
    NO_PROJECT,
    KNOWN_BEFORE,
    WRONG_STATUS,
    BAD_VALUE,
    INTERESTED,
    OVER_BUDGET,
    MORE_PERSONS,
    MORE_HOUSEHOLDS,
    FEWER_THAN_LISTED,
    LISTED_TWICE,
    NO_CRITERIA,
)


def problem(kind: ProblemKind, stream: str, field: str, value: object, **params: Any) -> Problem:
    """Return one problem of `stream`; `value` is an id, a code, a day or a number, never about a person."""
    return Problem(kind, stream, None, field, None if value is None else str(value), params)


def refuse(kind: ProblemKind, stream: str, field: str, value: object, **params: Any) -> NoReturn:
    """Raise `RefusedError` for one problem."""
    raise RefusedError([problem(kind, stream, field, value, **params)])


def refuse_any(problems: Iterable[Problem]) -> None:
    """Raise `RefusedError` with all of `problems`, if there are any."""
    found = list(problems)
    if found:
        raise RefusedError(found)
