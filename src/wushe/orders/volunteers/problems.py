"""What may not be recorded of volunteers, and why."""

from __future__ import annotations

from typing import Any, NoReturn

from wushe.errors import Problem, ProblemKind, RefusedError
from wushe.text import Text

NO_RECORD = ProblemKind(
    "volunteer-record-unknown",
    Text(zh="没有这条记录", en="there is no such record"),
    Text(zh="已经登记的编号", en="an id that was recorded before"),
    Text(zh="核对编号，或先登记", en="check the id, or record it first"),
)
NOT_A_VOLUNTEER = ProblemKind(
    "not-a-volunteer",
    Text(
        zh="不是志愿者，不得作志愿服务记录（令67号第19条）",
        en="is no volunteer, so no volunteer service may be recorded (Order 67, article 19)",
    ),
    Text(
        zh="登记的志愿者；受薪社工、单位履职人员的工作不是志愿服务",
        en="an enrolled volunteer; paid work of social workers and firms' staff is no volunteering",
    ),
    Text(zh="改为志愿者编号，或不作记录", en="give a volunteer's id, or record nothing"),
)
NOT_VOLUNTEERING = ProblemKind(
    "not-volunteering",
    Text(
        zh="没有标明是志愿活动，不得作志愿服务记录（令67号第19条）",
        en="is not marked as volunteering, so no service may be recorded (Order 67, article 19)",
    ),
    Text(zh="标明为志愿活动的活动", en="an activity that is marked as volunteering"),
    Text(zh="先核实活动性质", en="find out first what kind of activity it was"),
)
NOT_CONFIRMED = ProblemKind(
    "service-not-confirmed",
    Text(zh="订单尚未确认完成", en="the order is not confirmed"),
    Text(zh="服务对象或站点确认过的订单", en="an order confirmed by the client or the station"),
    Text(zh="先确认订单", en="have the order confirmed first"),
)
RECORDED_BEFORE = ProblemKind(
    "service-recorded-before",
    Text(zh="这次服务已经记录", en="this service is recorded already"),
    Text(zh="同一人同一次服务只记一次", en="each service of a helper once"),
    Text(zh="如有错误，用更正", en="use a correction if it is wrong"),
)
MINUTES_OUT_OF_RANGE = ProblemKind(
    "service-minutes",
    Text(zh="服务时间不可用", en="the minutes are not usable"),
    Text(
        zh="实际付出的分钟，整数，{low} 至 {high}；同一天合计不超过 24 小时",
        en="minutes actually given, a whole number of {low} to {high}; at most 24 hours a day together",
    ),
    Text(zh="核对后重填", en="check and give them again"),
)
DAY_AHEAD = ProblemKind(
    "service-day-ahead",
    Text(zh="日期在记录日之后或不是日期", en="the day lies after the day of recording, or is none"),
    Text(zh="不晚于 {on} 的日期，如 2025-09-15", en="a day not after {on}, such as 2025-09-15"),
    Text(zh="服务结束后再记录", en="record it after the service"),
)
NOT_IN_ORDER = ProblemKind(
    "not-in-order",
    Text(zh="没有参加这个订单", en="did not take part in the order"),
    Text(
        zh="接单的志愿者，或接单志愿服务队的队员",
        en="a volunteer who accepted it, or a member of a team that did",
    ),
    Text(zh="核对人员", en="check who was there"),
)
UNKNOWN_REASON = ProblemKind(
    "reason-unknown",
    Text(zh="没有这种原因", en="there is no such reason"),
    Text(zh="{reasons} 之一", en="one of {reasons}"),
    Text(zh="改用其中一个", en="use one of them"),
)
OWN_SERVICE = ProblemKind(
    "own-service",
    Text(zh="不能记录或更正自己的服务时间", en="nobody records or corrects the own time"),
    Text(zh="由站点或组织单位的他人记录", en="somebody else of the station or of whoever ran it"),
    Text(zh="请他人记录", en="have somebody else record it"),
)
NO_POINT_RULE = ProblemKind(
    "no-point-rule",
    Text(zh="没有这条积分规则", en="there is no such rule of points"),
    Text(zh="已加载插件登记的规则：{rules}", en="a rule of the loaded plugins: {rules}"),
    Text(zh="加载城市插件，或改规则编号", en="load the city's plugin, or change the rule's id"),
)
NO_REWARD = ProblemKind(
    "no-such-reward",
    Text(zh="积分不能兑换这一项", en="points do not buy this"),
    Text(zh="{rewards} 之一，数量为正整数", en="one of {rewards}, a whole number above 0 of it"),
    Text(zh="改选一项", en="choose one of them"),
)
TOO_FEW_POINTS = ProblemKind(
    "too-few-points",
    Text(zh="积分不足", en="the points do not suffice"),
    Text(zh="不多于余额 {balance} 分", en="not more than the balance of {balance}"),
    Text(zh="少兑一些，或继续积累", en="redeem less, or earn more first"),
)
TOO_FEW_MINUTES = ProblemKind(
    "too-few-minutes",
    Text(zh="时间银行余额不足", en="the time bank does not hold as much"),
    Text(zh="1 至余额 {balance} 分钟", en="1 to the balance of {balance} minutes"),
    Text(zh="少支取一些", en="draw less"),
)
RETURNED_BEFORE = ProblemKind(
    "returned-before",
    Text(zh="这次兑换已经退回", en="this redemption was returned before"),
    Text(zh="尚未退回的兑换", en="one that was not returned yet"),
    Text(zh="核对编号", en="check the id"),
)
NOTHING_TO_CERTIFY = ProblemKind(
    "nothing-to-certify",
    Text(
        zh="这段时间内没有由该单位记录、已经确认的志愿服务",
        en="the unit has no confirmed service of this volunteer on record in that time",
    ),
    Text(
        zh="谁记录谁证明；只证明已确认的服务（令67号第14条）",
        en="whoever keeps the record proves it, and confirmed services only (Order 67, article 14)",
    ),
    Text(
        zh="核对时间和单位，或先补记", en="check the days and the unit, or record the service first"
    ),
)
NOT_CERTIFIABLE = ProblemKind(
    "not-certifiable",
    Text(zh="这次服务不能写入证明", en="this service cannot be certified"),
    Text(
        zh="该志愿者在这段时间内由该单位记录、时间已知、未撤销的服务",
        en="a service of that volunteer, recorded by that unit, in that time, with known minutes, not withdrawn",
    ),
    Text(zh="去掉它，或先补记、更正", en="leave it out, or record or correct it first"),
)
NOT_IN_RANGE = ProblemKind(
    "volunteer-value",
    Text(zh="值不可用", en="the value is not usable"),
    Text(zh="{expected}", en="{expected}"),
    Text(zh="核对后重填", en="check and give it again"),
)
PROBLEMS = (
    NO_RECORD,
    NOT_A_VOLUNTEER,
    NOT_VOLUNTEERING,
    NOT_CONFIRMED,
    RECORDED_BEFORE,
    MINUTES_OUT_OF_RANGE,
    DAY_AHEAD,
    NOT_IN_ORDER,
    OWN_SERVICE,
    UNKNOWN_REASON,
    NO_POINT_RULE,
    NO_REWARD,
    TOO_FEW_POINTS,
    TOO_FEW_MINUTES,
    RETURNED_BEFORE,
    NOTHING_TO_CERTIFY,
    NOT_CERTIFIABLE,
    NOT_IN_RANGE,
)


def problem(kind: ProblemKind, stream: str, field: str, value: object, **params: Any) -> Problem:
    """Return one problem of `stream`; `value` is an id, a code, a day or a number, never a name."""
    return Problem(kind, stream, None, field, None if value is None else str(value), params)


def refuse(kind: ProblemKind, stream: str, field: str, value: object, **params: Any) -> NoReturn:
    """Raise `RefusedError` for one problem."""
    raise RefusedError([problem(kind, stream, field, value, **params)])
