"""政策包: everything one household may apply for, with papers, steps and dates, ready to take along."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np

from wushe.model.storage import UNKNOWN_INT
from wushe.relief.assess import ANSWERS, ELIGIBLE, PERIOD_NAMES, UNKNOWN, Assessments
from wushe.relief.procedure import CheckItem, DatedStep, checklist, known_of, timetable
from wushe.rules.policy import Policy
from wushe.text import Text

RECORDS_OF_HOUSEHOLD = ("incomes", "spendings", "assets", "statuses", "emergencies", "grants")


@attrs.frozen
class PackageItem:
    """One policy of a package: for whom, the answer, what may be paid, papers and dated steps.

    `amounts` are (name, period, least, most) in fen, None where unknown. Steps count from `accepted_on`
    as the day on which the office would accept the application.
    """

    policy: Policy
    unit: str
    answer: int
    amounts: tuple[tuple[Text, str, int | None, int | None], ...]
    papers: tuple[CheckItem, ...]
    steps: tuple[DatedStep, ...]

    def say(self, lang: str = "zh") -> str:
        """Return the item as a few lines."""
        lines = [
            _ITEM.say(lang, name=self.policy.name, unit=self.unit, answer=ANSWERS[self.answer])
        ]
        lines += [_money(*amount, lang) for amount in self.amounts]
        if self.papers:
            lines.append(_PAPERS.say(lang))
            lines += [f"    - {paper.say(lang)}" for paper in self.papers]
        if self.steps:
            lines.append(_STEPS.say(lang, where=self.policy.apply_at))
            lines += [f"    - {step.say(lang)}" for step in self.steps]
        return "\n".join(lines)


@attrs.frozen
class PolicyPackage:
    """What one household may apply for, in the order of the ladder; first what is possibly eligible."""

    household: str
    on: dt.date
    items: tuple[PackageItem, ...]

    def __iter__(self) -> Iterator[PackageItem]:
        return iter(self.items)

    @property
    def possible(self) -> tuple[PackageItem, ...]:
        """The policies that the household or a member is possibly eligible for."""
        return tuple(item for item in self.items if item.answer == ELIGIBLE)

    @property
    def open(self) -> tuple[PackageItem, ...]:
        """The policies for which information is missing."""
        return tuple(item for item in self.items if item.answer == UNKNOWN)

    def say(self, lang: str = "zh") -> str:
        """Return the package as text for the worker who takes it along."""
        lines = [_TITLE.say(lang, household=self.household, on=self.on.isoformat())]
        lines += [item.say(lang) for item in self.possible]
        if self.open:
            names = ("、" if lang == "zh" else ", ").join(
                dict.fromkeys(item.policy.name.say(lang) for item in self.open)
            )
            lines.append(_OPEN.say(lang, names=names))
        lines.append(_NOT_A_DECISION.say(lang))
        return "\n".join(lines)


def policy_package(
    assessments: Assessments, household: str, *, accepted_on: dt.date | None = None
) -> PolicyPackage:
    """Return the package of one household: what it may apply for, papers it has or needs, dated steps.

    `accepted_on` is the day on which the office accepts, by default the day of assessment. Raises
    WusheError for an unknown household.
    """
    found = assessments.of_household(household)
    records = _records(assessments, household)
    chain = assessments.frame.chains[_region(assessments, household)]
    start = accepted_on or assessments.on
    items = []
    for policy_id, unit, answer in found:
        if answer not in (ELIGIBLE, UNKNOWN):
            continue
        policy = assessments.policies[policy_id]
        whole = answer == ELIGIBLE
        persons = [p for p in records["persons"] if p.id == unit] or records["persons"]
        papers = checklist(policy, known_of({**records, "persons": persons})) if whole else ()
        steps = timetable(policy, assessments.book, chain, start, assumed=True) if whole else ()
        amounts = _amounts(assessments, policy, unit) if whole else ()
        items.append(PackageItem(policy, unit, answer, amounts, papers, steps))
    return PolicyPackage(household, assessments.on, tuple(items))


def _amounts(
    assessments: Assessments, policy: Policy, unit: str
) -> tuple[tuple[Text, str, int | None, int | None], ...]:
    row = int(assessments.network[policy.unit].row_of([unit])[0])
    found = []
    for amount in policy.amounts:
        lo, hi = (int(side[row]) for side in assessments.amount(policy.id, amount.id))
        if hi != 0:
            least, most = (None if end == UNKNOWN_INT else end for end in (lo, hi))
            found.append((amount.name, amount.period, least, most))
    return tuple(found)


def _records(assessments: Assessments, household: str) -> dict[str, list[Any]]:
    network = assessments.network
    found: dict[str, list[Any]] = {}
    for name in ("households", "persons", *RECORDS_OF_HOUSEHOLD):
        column = "id" if name == "households" else "household"
        rows = np.flatnonzero(network[name][column] == household)
        found[name] = [network[name].record(int(row)) for row in rows]
    return found


def _region(assessments: Assessments, household: str) -> int:
    row = int(assessments.network["households"].row_of([household])[0])
    return int(assessments.frame.regions("households")[row])


def _money(name: Text, period: str, least: int | None, most: int | None, lang: str) -> str:
    colon = "：" if lang == "zh" else ": "
    if least is not None and most is not None:
        how_much = _EXACT if least == most else _RANGE
    elif least:
        how_much = _AT_LEAST
    else:
        return f"  {name.say(lang)}{colon}{_UNKNOWN_AMOUNT.say(lang)}"
    said, when = how_much.say(lang, a=_yuan(least), b=_yuan(most)), PERIOD_NAMES[period].say(lang)
    return f"  {name.say(lang)}{colon}" + (f"{when}{said}" if lang == "zh" else f"{said} {when}")


def _yuan(fen: int | None) -> str:
    return "?" if fen is None else f"{fen // 100}" if fen % 100 == 0 else f"{fen / 100:.2f}"


_TITLE = Text("政策包　家庭 {household}　{on}", "Policy package of household {household}, {on}")
_ITEM = Text("【{name}】{unit}：{answer}", "[{name}] {unit}: {answer}")
_PAPERS = Text("  材料清单：", "  Papers:")
_STEPS = Text("  步骤和期限（申请地点：{where}）：", "  Steps and dates (apply at: {where}):")
_OPEN = Text("还缺信息、先别放弃的政策：{names}", "Information is missing for: {names}")
_EXACT = Text("{a} 元", "{a} yuan")
_RANGE = Text("{a} 至 {b} 元", "{a} to {b} yuan")
_AT_LEAST = Text(
    "不少于 {a} 元（上限待当地文件）", "at least {a} yuan (the most is for the local document)"
)
_UNKNOWN_AMOUNT = Text("金额待当地标准", "the amount depends on the local standard")
_NOT_A_DECISION = Text(
    "以上是可能符合的政策，不是认定结论；请到乡镇（街道）申请，由其调查、公示、确认。",
    "These are possibilities, not decisions: apply at the street office, which surveys and confirms.",
)
