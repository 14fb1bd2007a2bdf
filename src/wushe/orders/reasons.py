"""The closed lists of reasons: why somebody says no, why an order ends. Free words go beside them."""

from __future__ import annotations

from wushe.text import Text

DECLINES: dict[str, Text] = {
    "busy": Text("时间排不开", "no time then"),
    "too_far": Text("路程太远", "too far"),
    "not_able": Text("做不了这类服务", "not able to do this"),
    "ill": Text("身体不适", "ill"),
    "knows_client": Text("与服务对象相识，需回避", "knows those served and had better not"),
    "feels_unsafe": Text("担心安全", "does not feel safe"),
    "no_stock": Text("缺货或资金不足", "no stock or money left"),
    "other": Text("其他", "other"),
}
"""Why somebody who was asked declines."""
BACK_OUTS: dict[str, Text] = {
    **DECLINES,
    "did_not_come": Text("未按约到场", "did not come"),
    "client_asked": Text("服务对象要求换人", "those served asked for somebody else"),
    "unvetted": Text("从业查询失效", "the vetting is no longer valid"),
}
"""Why somebody who accepted does not go on; also entered by a worker for a helper who stayed away."""
CANCELS: dict[str, Text] = {
    "not_needed": Text("不再需要", "no longer needed"),
    "served_otherwise": Text("已由他方解决", "served by others"),
    "duplicate": Text("重复点单", "ordered twice"),
    "entered_wrong": Text("录入有误", "entered wrongly"),
    "moved_away": Text("已迁离", "moved away"),
    "died": Text("服务对象去世", "died"),
    "consent_withdrawn": Text("撤回同意", "consent withdrawn"),
}
"""Why an order is taken back."""
FAILURES: dict[str, Text] = {
    "refused_at_door": Text("上门被拒", "refused at the door"),
    "nobody_home": Text("家中无人", "nobody at home"),
    "not_found": Text("地址有误，找不到", "the address was wrong"),
    "goods_unfit": Text(
        "物资不合格、过期或不合用", "goods were unfit, expired or of the wrong kind"
    ),
    "goods_lost": Text("物资丢失或损坏", "goods were lost or broken on the way"),
    "helper_absent": Text("帮扶方未到", "the helper did not come"),
    "not_allowed": Text("现场发现不符合条件", "found on the spot not to be allowed"),
    "unsafe": Text("现场不安全", "unsafe on the spot"),
    "nobody_left": Text("各级均无人可接", "nobody at any level can take it"),
    "payment_failed": Text("款项未能支付", "the payment did not go through"),
    "other": Text("其他", "other"),
}
"""Why an order came to nothing. The commonest ones of real campaigns first, see the GetUsPPE example."""
REOPENS: dict[str, Text] = {
    "not_finished": Text("没有做完", "not finished"),
    "poor_work": Text("质量不合要求", "poor work"),
    "wrong_amount": Text("数量不符", "the amount was wrong"),
    "not_received": Text("没有收到", "nothing was received"),
}
"""Why those served do not accept what was reported as done."""
ESCALATIONS: dict[str, Text] = {
    "nobody_answers": Text("无人应答", "nobody answers"),
    "nobody_able": Text("没有可派的对象", "nobody able is left to ask"),
    "no_decision": Text("本级未按时处理", "this level did not decide in time"),
    "beyond_means": Text("本级解决不了", "beyond the means of this level"),
}
"""Why an order goes to a higher level."""


def reason_text(code: str) -> Text:
    """Return the words for a reason of any of the lists. Raises KeyError for an unknown one."""
    for known in (BACK_OUTS, CANCELS, FAILURES, REOPENS, ESCALATIONS):
        if code in known:
            return known[code]
    raise KeyError(code)
