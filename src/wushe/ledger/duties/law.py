"""The Charity Law's duties with their articles: which version is in force on which day.

Article numbers were read in full transcriptions of 慈善法 as passed in 2016 and as amended in 2023 and of
民政部令74号; those of 令81号 and of the rule on spending of 2016 in secondary sources. Numbers (days,
months, ratios) come from the city's parameters; what is not in force or not found there decides nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Final

import attrs

from wushe.rules import Parameter, ParameterBook
from wushe.text import Text

ENACTED: Final = dt.date(2016, 9, 1)
AMENDED: Final = dt.date(2024, 9, 5)
ORDER_74: Final = dt.date(2024, 9, 5)
ORDER_81: Final = dt.date(2026, 1, 1)
RULE_2016: Final = dt.date(2016, 10, 11)
FILING_DAYS: Final = 10
"""Days before a campaign by which its plan is filed: 令74号 article 11."""
LONG_MONTHS: Final = 6
"""What lasts longer than this is reported on periodically: article 79 (2016: 73)."""
SURPLUS_MONTHS: Final = 3
"""Months after a project's end within which its surplus is made public: 令81号."""

_LAW = Text("慈善法（{year}）第{article}条", "Charity Law ({year}) art. {article}")
_ORDER = Text(
    "民政部令{order}号第{article}条", "Ministry of Civil Affairs Order {order} art. {article}"
)
_ORDER_ONLY = Text("民政部令{order}号", "Ministry of Civil Affairs Order {order}")
_RULE = Text("2016年年度支出和管理费用的规定", "2016 rule on yearly spending and management costs")
_AND = Text("{a}、{b}", "{a}; {b}")


def said(text: Text, **params: object) -> Text:
    """Return `text` with `params` filled in, in both languages."""
    return Text(text.say("zh", **params), text.say("en", **params))


@attrs.frozen
class Source:
    """Where a duty stands: articles of the law before and since the amendment, orders beside it.

    `old` None: the law of 2016 had no such article. `orders` are (order, article or None, in force from).
    """

    new: str | None
    old: str | None
    orders: tuple[tuple[int, str | None, dt.date], ...] = ()
    rule: bool = False

    def on(self, day: dt.date, *, rule: bool = True) -> Text | None:
        """Return what binds on `day`, None where nothing of this source is in force.

        Without `rule` the rule on spending is left out: foundations that may raise from the public
        have their ratios in the law itself.
        """
        found = [
            said(_LAW, year=2023 if day >= AMENDED else 2016, article=number)
            for number in [self.new if day >= AMENDED else self.old]
            if number is not None and day >= ENACTED
        ]
        found += [
            said(_ORDER if article else _ORDER_ONLY, order=order, article=article)
            for order, article, since in self.orders
            if day >= since
        ]
        if rule and self.rule and day >= RULE_2016:
            found.append(_RULE)
        if not found:
            return None
        text = found[0]
        for more in found[1:]:
            text = said(_AND, a=text, b=more)
        return text


@attrs.frozen
class Duty:
    """One duty: its id, what it asks in a few words, where it stands."""

    id: str
    asks: Text
    source: Source


def _duty(key: str, zh: str, en: str, source: Source) -> Duty:
    return Duty(key, Text(zh, en), source)


_ALL: Final = (
    _duty("nature", "分清每笔基金的管理组织和资金性质", "tell each fund's host and the nature of its money",
          Source("34", "34")),
    _duty("mutual_aid", "社区、单位内部互助，不向社会公开募捐", "mutual aid inside a community or unit, no public fundraising",
          Source("122", "110")),
    _duty("pledge", "按捐赠协议履行承诺", "deliver what was pledged", Source("41", "41")),
    _duty("receipt", "开具捐赠票据", "give a receipt", Source("38", "38")),
    _duty("use", "按约定用途使用", "use a gift as agreed", Source("56", "55")),
    _duty("feedback", "及时主动向捐赠人反馈", "tell the donor in time what became of the gift", Source("42", "42")),
    _duty("change", "变更用途：经捐赠人同意，变更募捐方案的报备案",
          "change of use: with the donor's consent; filed where a plan is changed",
          Source("56", "55", ((74, "20", ORDER_74),))),
    _duty("donor_interest", "不指定捐赠人的利害关系人受益", "no interested party of the donor as designated beneficiary",
          Source("40", "40")),
    _duty("manager_interest", "不指定管理人员的利害关系人受益",
          "no interested party of the managers as designated beneficiary", Source("59", "58")),
    _duty("qualification", "公开募捐须有资格证书", "public fundraising needs the certificate", Source("22", "22")),
    _duty("plan", "公开募捐方案事前备案", "file the fundraising plan beforehand",
          Source("24", "24", ((74, "11", ORDER_74),))),
    _duty("emergency_plan", "应急募捐开始后补办备案", "file the plan of an emergency campaign soon after its start",
          Source("73", None, ((74, "13", ORDER_74),))),
    _duty("length", "公开募捐不超过规定期限", "no campaign longer than allowed", Source(None, None, ((74, "10", ORDER_74),))),
    _duty("beneficiaries", "受益人不为特定个人", "not for one specific person", Source(None, None, ((74, "10", ORDER_74),))),
    _duty("partner", "合作募捐有书面协议并写入方案", "a partner has a written agreement and is named in the plan",
          Source("26", "26", ((74, "18", ORDER_74),))),
    _duty("platform", "互联网公开募捐在指定平台", "online fundraising on a designated platform",
          Source("27", "23", ((74, "17", ORDER_74),))),
    _duty("surplus", "项目剩余用于相同或相近目的并公开", "a project's surplus goes to a same or similar purpose, and is published",
          Source("58", "57", ((81, None, ORDER_81),))),
    _duty("emergency_disclosure", "应急阶段至少每五日公开接收情况", "in the response phase publish what came in every five days",
          Source("72", None, ((74, "13", ORDER_74),))),
    _duty("campaign_disclosure", "募捐超过六个月的定期公开", "publish periodically where a campaign lasts over six months",
          Source("79", "73", ((74, "21", ORDER_74),))),
    _duty("campaign_final", "募捐结束后全面公开", "publish in full after a campaign's end",
          Source("79", "73", ((74, "21", ORDER_74),))),
    _duty("project_disclosure", "项目超过六个月的定期公开", "publish periodically where a project lasts over six months",
          Source("79", "73", ((74, "21", ORDER_74),))),
    _duty("project_final", "项目结束后全面公开", "publish in full after a project's end",
          Source("79", "73", ((74, "21", ORDER_74),))),
    _duty("annual_report", "公开年度工作报告和财务会计报告", "publish the yearly work and financial reports",
          Source("78", "72", ((81, None, ORDER_81),))),
    _duty("major_event", "重大事项发生后公开", "publish major events", Source(None, None, ((81, "13、14", ORDER_81),))),
    _duty("spending", "年度慈善活动支出比例", "yearly spending on charitable activities", Source("61", "60", (), rule=True)),
    _duty("management", "年度管理费用比例", "yearly management costs", Source("61", "60", (), rule=True)),
    _duty("agreed_ratio", "捐赠协议约定的支出和管理费用", "spending and management costs agreed for one gift",
          Source("61", "60")),
)  # fmt: skip
DUTIES: Final[Mapping[str, Duty]] = MappingProxyType({duty.id: duty for duty in _ALL})
"""All duties by id, in the order of the report."""


@attrs.frozen(eq=False)
class Numbers:
    """The parameters of a place, each with its document and what must be said beside it."""

    book: ParameterBook | None
    chain: tuple[str, ...]

    def find(self, name: str, on: dt.date) -> Parameter | None:
        """Return the parameter that decides on `on`; None: no such book, or nothing in it does."""
        return None if self.book is None else self.book.find(name, self.chain, on).parameter

    def whole(self, name: str, on: dt.date) -> int | None:
        """Return a number of days, months, years or fen, None where it is not known."""
        found = self.find(name, on)
        return None if found is None else int(found.number)

    def ratio(self, name: str, on: dt.date) -> Fraction | None:
        """Return a share of one, exact, None where it is not known."""
        found = self.find(name, on)
        return None if found is None else found.number

    def notes(self, name: str, on: dt.date) -> tuple[Text, ...]:
        """Return the document of a parameter and the warnings that go with it."""
        if self.book is None:
            return ()
        found = self.book.find(name, self.chain, on)
        if found.parameter is None:
            return ()
        document = f"{found.parameter.document} {found.parameter.article}".strip()
        return (Text(document, document), *found.warnings)
