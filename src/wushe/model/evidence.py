"""How facts come in: visits and reports, facts with their source, consents, stages of a case."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from wushe.errors import ProblemKind
from wushe.model.kinds import DATE, FLAG, IDENT, INSTANT, TAGS, TEXT, choice
from wushe.model.parties import WINDOW_REVERSED
from wushe.model.spec import Rule, record, spec
from wushe.model.storage import unknown
from wushe.text import Text

VISIT_KINDS = {
    "door": "敲门行动",
    "regular": "定期走访",
    "holiday": "节日慰问",
    "neighbour": "邻里反馈",
    "grid": "网格上报",
    "mobile_grid": "移动网格员上报",
    "street_round": "街面巡查",
    "push": "部门推送",
}
"""The ways in: who noticed, and on what occasion."""
CONFIDENCES = {"hearsay": "传闻", "stated": "本人陈述", "seen": "现场所见", "document": "凭证"}
"""How well a fact is known, weakest first."""
STAGES = {
    "intake": "接案",
    "assessment": "预估",
    "plan": "计划",
    "intervention": "介入",
    "evaluation": "评估",
    "closing": "结案",
    "revisit": "回访",
}
"""The stages of a case, in order."""
PURPOSES = {
    "service": "直接服务",
    "referral": "转介慈善",
    "relief_application": "代办救助申请",
    "core_check": "经济状况核对",
    "publicity": "公开展示",
    "research": "统计研究",
}
VISITORS = ("social_workers", "volunteers", "communities", "organizations")
SUBJECTS = ("households", "persons")

VISIT_TO_NOBODY = ProblemKind(
    "visit-to-nobody",
    Text(zh="没有写明走访或反映的是谁", en="the visit or report is about nobody"),
    Text(zh="家庭、人员、机构三者至少一项", en="a household, a person or an institution"),
    Text(zh="补填其一", en="fill in one of them"),
)


@record(
    "visits",
    "走访",
    Rule(
        ("household", "person", "institution"),
        lambda h, p, i: unknown(h) & unknown(p) & unknown(i),
        VISIT_TO_NOBODY,
        may_be_unknown=True,
    ),
)
class Visit:
    """A visit or a report: regular or holiday visit, a neighbour's word, a street round, a push."""

    id: Annotated[str, spec(IDENT, "编号")]
    kind: Annotated[str, spec(choice(VISIT_KINDS), "方式")]
    on: Annotated[dt.date, spec(DATE, "日期")]
    household: Annotated[str | None, spec(IDENT, "家庭", refs=("households",))] = None
    person: Annotated[str | None, spec(IDENT, "人员", refs=("persons",))] = None
    institution: Annotated[str | None, spec(IDENT, "机构", refs=("institutions",))] = None
    visitor: Annotated[str | None, spec(IDENT, "走访人", refs=VISITORS)] = None
    form: Annotated[str | None, spec(IDENT, "表单")] = None
    outcome: Annotated[
        str | None,
        spec(
            choice({"met": "见到", "not_home": "无人在家", "refused": "拒访", "moved": "已搬离"}),
            "结果",
        ),
    ] = None
    willing: Annotated[bool | None, spec(FLAG, "愿意接受帮扶")] = None
    expected: Annotated[
        tuple[str, ...] | None, spec(TAGS, "走访前信号", doc="signals that sent the visitor")
    ] = None
    found: Annotated[
        tuple[str, ...] | None, spec(TAGS, "发现的困难", doc="signals confirmed at the door")
    ] = None
    note: Annotated[str | None, spec(TEXT, "备注", sensitive="free_text")] = None


@record("facts", "事实")
class Fact:
    """One value of one field of one subject, with source, date and recorder. Never changed, only added to.

    `value` is the text that a table cell would hold. `on` is the day the fact was true, `at` the instant
    it was recorded. `after` names the facts of the same field that the recorder had before them:
    two facts that did not know of each other and differ are a conflict, see `fact_conflicts`.
    """

    id: Annotated[str, spec(IDENT, "编号")]
    subject: Annotated[str, spec(IDENT, "对象", refs=SUBJECTS)]
    field: Annotated[str, spec(IDENT, "字段")]
    value: Annotated[str, spec(TEXT, "值", sensitive="free_text")]
    on: Annotated[dt.date, spec(DATE, "日期")]
    at: Annotated[str, spec(INSTANT, "记录时刻")]
    recorder: Annotated[str | None, spec(IDENT, "记录人")] = None
    source: Annotated[
        str | None, spec(choice({**VISIT_KINDS, "self": "本人申报", "record": "档案"}), "来源")
    ] = None
    confidence: Annotated[str | None, spec(choice(CONFIDENCES), "可信度")] = None
    visit: Annotated[str | None, spec(IDENT, "走访", refs=("visits",))] = None
    after: Annotated[tuple[str, ...] | None, spec(TAGS, "此前事实", refs=("facts",))] = None


@record("consents", "同意", Rule(("given_on", "withdrawn_on"), lambda a, b: a > b, WINDOW_REVERSED))
class Consent:
    """Consent of a household or person: for what, to whom, which fields, from when until withdrawn.

    个人信息保护法 articles 14, 15, 23, 29 and 31 (guardian under 14). Without `recipients` it covers
    every recipient of that purpose, without `fields` every field the purpose needs.
    """

    id: Annotated[str, spec(IDENT, "编号")]
    subject: Annotated[str, spec(IDENT, "对象", refs=SUBJECTS)]
    purpose: Annotated[str, spec(choice(PURPOSES), "目的")]
    given_on: Annotated[dt.date, spec(DATE, "同意日期")]
    recipients: Annotated[tuple[str, ...] | None, spec(TAGS, "接收方")] = None
    fields: Annotated[tuple[str, ...] | None, spec(TAGS, "字段")] = None
    guardian: Annotated[str | None, spec(TEXT, "监护人", sensitive="name")] = None
    withdrawn_on: Annotated[dt.date | None, spec(DATE, "撤回日期")] = None


@record("case_events", "个案进展")
class CaseEvent:
    """A step of a case: the stage entered, or a referral to or from another body."""

    id: Annotated[str, spec(IDENT, "编号")]
    subject: Annotated[str, spec(IDENT, "对象", refs=SUBJECTS)]
    on: Annotated[dt.date, spec(DATE, "日期")]
    stage: Annotated[str | None, spec(choice(STAGES), "阶段")] = None
    referral: Annotated[str | None, spec(choice({"to": "转出", "from": "转入"}), "转介")] = None
    body: Annotated[str | None, spec(IDENT, "对方组织", refs=("organizations", "stations"))] = None
    by: Annotated[str | None, spec(IDENT, "经办人", refs=("social_workers",))] = None
    supervisor: Annotated[str | None, spec(IDENT, "督导", refs=("social_workers",))] = None
    note: Annotated[str | None, spec(TEXT, "说明", sensitive="free_text")] = None
