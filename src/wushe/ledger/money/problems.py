"""Why a command about money may not be done, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from wushe.errors import Problem, ProblemKind, RefusedError
from wushe.text import Text


def yuan(fen: int) -> str:
    """Return an amount as people read it: 2999900 as 29,999.00."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def problem(
    kind: ProblemKind, stream: str, field: str | None = None, value: object = None, **params: Any
) -> Problem:
    """Return a problem of a command; amounts among `params` are texts already."""
    return Problem(
        kind, stream, None, field, None if value is None else str(value), tuple(params.items())
    )


def refuse_if(problems: Sequence[Problem]) -> None:
    """Raise RefusedError with all the problems, if there are any."""
    if problems:
        raise RefusedError(problems)


def refuse(
    kind: ProblemKind, stream: str, field: str | None = None, value: object = None, **params: Any
) -> NoReturn:
    """Raise RefusedError with one problem."""
    raise RefusedError([problem(kind, stream, field, value, **params)])


UNKNOWN_RECORD = ProblemKind(
    "money-unknown",
    Text("账上没有这一项", "the ledger has no such record"),
    Text("已登记的编号", "the id of a record that exists"),
    Text("核对编号，或先登记", "check the id, or record it first"),
)
TAKEN = ProblemKind(
    "money-id-taken",
    Text("编号已被使用", "the id is taken"),
    Text("未用过的编号", "an id that was not used before"),
    Text(
        "换一个编号；如果是重复提交，不必再做",
        "use another id; nothing is to be done if this is a repeat",
    ),
)
NOT_AMOUNT = ProblemKind(
    "money-not-an-amount",
    Text("金额不可用", "the amount is not usable"),
    Text("大于 0 的整数，单位为分", "a whole number of fen above 0"),
    Text("核对金额", "check the amount"),
)
NOT_A_CODE = ProblemKind(
    "money-not-a-code",
    Text("取值不在允许范围内", "the value is none of those allowed"),
    Text("{choices}", "one of {choices}"),
    Text("改为其中之一", "choose one of them"),
)
NOT_A_DAY = ProblemKind(
    "money-not-a-day",
    Text("日期不可用", "the date is not usable"),
    Text("如 2025-09-15", "such as 2025-09-15"),
    Text("核对日期", "check the date"),
)
NOT_AN_INSTANT = ProblemKind(
    "money-not-an-instant",
    Text("时刻不可用", "the instant is not usable"),
    Text(
        "如 2025-09-15T09:00:00+08:00，带时区", "such as 2025-09-15T09:00:00+08:00, with its zone"
    ),
    Text("补上时区", "add the zone"),
)
DAY_AHEAD = ProblemKind(
    "money-day-ahead",
    Text("日期还没有到", "the day has not come yet"),
    Text("不晚于 {today}", "{today} at the latest"),
    Text("核对日期；将来的钱登记为承诺", "check the day; money to come is a pledge"),
)
POOL_WINDOW = ProblemKind(
    "pool-window",
    Text("配捐资金池在开放之前就关闭", "the pool closes before it opens"),
    Text("关闭晚于开放", "an end after the start"),
    Text("核对两个时刻", "check both instants"),
)
NOT_A_NUMBER = ProblemKind(
    "money-not-a-number",
    Text("不像编号", "this does not look like a number or code"),
    Text(
        "1 至 64 个字母、汉字、数字和 . _ : / # - 〔〕 （），其中有数字或全为英文字母",
        "1 to 64 letters, digits and . _ : / # - 〔〕 （）, with a digit or ASCII letters only",
    ),
    Text(
        "写编号或代码；文字说明写在事由里，可以删除",
        "give a number or code; what is said in words goes into the act's reason, which can be erased",
    ),
)
FUND_NOT_OPEN = ProblemKind(
    "fund-not-open",
    Text("基金不在可用状态（{status}）", "the fund is not open ({status})"),
    Text("已备案并开放的基金", "a fund that is filed and open"),
    Text("先完成启动资金备案，或换一个基金", "complete the start-up first, or use another fund"),
)
BELOW_FLOOR = ProblemKind(
    "fund-below-floor",
    Text(
        "启动资金合计{total}元，低于{floor}元，还差{missing}元",
        "the start-up sums to {total} yuan, the floor is {floor} yuan, {missing} yuan are missing",
    ),
    Text("启动资金不少于{floor}元", "at least {floor} yuan of start-up money"),
    Text(
        "由财政、捐赠或村集体补足差额后再备案",
        "let treasury, donors or the collective add it, then file",
    ),
)
SOURCE_MISSING = ProblemKind(
    "fund-source-missing",
    Text("这一来源没有出资：{source}", "this source gave nothing: {source}"),
    Text("每一来源都有出资：{sources}", "something from each of {sources}"),
    Text("请这一来源出资后再备案", "let this source give its part, then file"),
)
SHARE_MISSING = ProblemKind(
    "fund-share-missing",
    Text(
        "共同出资各方须按约定比例：这一方出了{given}元，应为{due}元，还差{missing}元",
        "the parties give in the agreed proportion: this one gave {given} yuan of {due}, {missing} yuan are missing",
    ),
    Text("按约定比例同时到账", "all parties' money in the agreed proportion"),
    Text("请这一方补足，或重新商定比例", "ask this party for the rest, or agree other shares"),
)
NATURE_DIFFERS = ProblemKind(
    "fund-nature-differs",
    Text(
        "这笔钱的性质是{nature}，基金只收{fund}",
        "this money is {nature}, the fund holds {fund} only",
    ),
    Text("与基金同一性质的资金", "money of the fund's nature"),
    Text(
        "记入另一个基金；财政、集体投入不是捐赠",
        "use another fund; fiscal and collective money is no donation",
    ),
)
EARMARK_UNUSABLE = ProblemKind(
    "gift-earmark-outside-fund",
    Text(
        "捐赠人的限定在本基金用途之外，这笔钱将永远用不出去",
        "the earmark lies outside the fund's own purposes: it could never be used",
    ),
    Text("限定与基金用途有交集：{allowed}", "an earmark that meets the fund's purposes: {allowed}"),
    Text(
        "记入合适的基金，或与捐赠人另行约定",
        "use a fund that fits, or agree otherwise with the donor",
    ),
)
OUTSIDE_FUND = ProblemKind(
    "fund-does-not-cover",
    Text("不在本基金的资助范围内", "outside what the fund pays for"),
    Text("{allowed}", "{allowed}"),
    Text("改用范围相符的基金", "use a fund that covers it"),
)
CAP_EXCEEDED = ProblemKind(
    "fund-cap-exceeded",
    Text(
        "单项需求最多{cap}元，已承诺{before}元，这次{fen}元",
        "one need gets {cap} yuan at most; {before} yuan are promised already, {fen} yuan now",
    ),
    Text("合计不超过{cap}元", "{cap} yuan in all"),
    Text("减少金额，或由另一个基金承担余下部分", "ask for less, or let another fund take the rest"),
)
NOT_ENOUGH = ProblemKind(
    "fund-not-enough",
    Text(
        "需要{fen}元；可用{free}元，其中{other}元另有限定不能用于此处；还差{missing}元",
        "{fen} yuan are needed; {free} yuan are free, of which {other} yuan are restricted otherwise; "
        "{missing} yuan are missing",
    ),
    Text("不超过可用于此处的{usable}元", "at most the {usable} yuan that may be used here"),
    Text(
        "筹集差额，或征得捐赠人同意变更用途",
        "raise the rest, or ask the donors' consent to a change of use",
    ),
)
NOT_CONFIRMED = ProblemKind(
    "payment-before-confirmation",
    Text("订单还没有确认（{status}）", "the order is not confirmed yet ({status})"),
    Text(
        "服务确认后付款；紧急情况写明理由代码",
        "payment after confirmation, or an emergency with its reason code",
    ),
    Text("先确认订单", "have the order confirmed first"),
)
COMMITMENT_CLOSED = ProblemKind(
    "commitment-not-open",
    Text("这项承诺已经结清或撤销（{status}）", "the commitment is settled or released ({status})"),
    Text("未结清的承诺", "an open commitment"),
    Text("如确有需要，另作承诺", "make another commitment if one is needed"),
)
MORE_THAN_LEFT = ProblemKind(
    "money-more-than-left",
    Text("{fen}元多于余下的{left}元", "{fen} yuan are more than the {left} yuan that are left"),
    Text("最多{left}元", "{left} yuan at most"),
    Text("核对金额", "check the amount"),
)
NO_CONSENT = ProblemKind(
    "change-without-consent",
    Text(
        "变更捐赠用途须有捐赠人本人同意（慈善法第56条）",
        "a changed use needs the consent of the donor (Charity Law, article 56)",
    ),
    Text("捐赠人同意的记录：本人、日期", "a record of the donor's own consent, with its date"),
    Text(
        "先征得捐赠人同意；公开募捐所得按第56条报原备案部门",
        "ask the donor; for raised money file the change (article 56)",
    ),
)
NO_FILING = ProblemKind(
    "change-without-filing",
    Text(
        "变更募捐方案规定的用途须报原备案的民政部门（慈善法第56条）",
        "a change of the fundraising plan's use is filed with the office (Charity Law, article 56)",
    ),
    Text("募捐活动的捐赠，附备案号", "a gift of a campaign, with the number of the filing"),
    Text(
        "先备案；协议捐赠须捐赠人同意", "file it first; gifts by agreement need the donor's consent"
    ),
)
SURPLUS_DIFFERS = ProblemKind(
    "surplus-other-purpose",
    Text(
        "剩余财产只能用于目的相同或相近的项目（慈善法第58条）",
        "a surplus goes to a project of the same or a similar purpose (Charity Law, article 58)",
    ),
    Text(
        "目的相同或相近的项目：{allowed}", "a project of the same or a similar purpose: {allowed}"
    ),
    Text("另选项目，或征得捐赠人同意", "choose another project, or ask the donors' consent"),
)
PLEDGE_CLOSED = ProblemKind(
    "pledge-not-open",
    Text("这项认捐已经履行或免除", "the pledge is kept or released already"),
    Text("未履行的认捐", "an open pledge"),
    Text("核对认捐编号", "check the id of the pledge"),
)
PLEDGE_PUBLIC = ProblemKind(
    "pledge-made-in-public",
    Text(
        "公开承诺的捐赠不得随意免除（慈善法第41条）",
        "a pledge made in public is not released at will (Charity Law, article 41)",
    ),
    Text(
        "理由代码 hardship：经济状况显著恶化，严重影响其生产经营或家庭生活",
        "reason hardship: the donor's business or family life is gravely affected",
    ),
    Text("催促履行，或说明情况", "ask for it, or give that reason"),
)
NO_POOL = ProblemKind(
    "pool-not-open",
    Text("配捐资金池已关闭", "the pool is closed"),
    Text("开放的资金池", "an open pool"),
    Text("核对编号", "check the id"),
)
BAD_SPLIT = ProblemKind(
    "pool-bad-split",
    Text("配捐规则给出的结果不可用：{why}", "the rule for matching gave an unusable answer: {why}"),
    Text(
        "每笔大于0，合计不超过资金池余额",
        "amounts above 0 that sum to no more than the pool has left",
    ),
    Text("检查插件的 split_gifts", "check the plugin's split_gifts"),
)
FUND_HOLDS_MONEY = ProblemKind(
    "fund-not-empty",
    Text("基金还有{fen}元没有用完或已承诺", "the fund still holds {fen} yuan, free or committed"),
    Text("余额为0", "a balance of 0"),
    Text("先支付、退还或划转", "pay, refund or transfer it first"),
)
