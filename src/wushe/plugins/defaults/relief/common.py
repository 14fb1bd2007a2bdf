"""What several policies share: the standards, who counts as a member, income, statuses."""

from __future__ import annotations

import datetime as dt

import attrs

from wushe import Text
from wushe.rules import (
    Expr,
    age,
    answer,
    any_of,
    ask,
    between,
    days_since,
    hh,
    household_is,
    in_force,
    in_household,
    income,
    incomes,
    least,
    meet,
    members,
    most,
    not_ended,
    own_incomes,
    p,
    param,
    person_is,
    pick,
)

EXCLUDED_TRANSFERS = (
    "preferential",  # 优待抚恤金
    "family_planning",  # 计划生育奖励扶助金
    "scholarship",  # 奖学金
    "reward",  # 见义勇为等奖励
    "relief",  # 政府给予的社会救助款物
    "disability_subsidy",  # 残疾人两项补贴
    "child_allowance",  # 孤儿、事实无人抚养儿童基本生活费
)
"""Words in `Income.tag` of transfers that do not count (民发〔2021〕57号 article 13)."""
LOCAL_EXCLUSIONS = ("elder_allowance",)
"""Words of transfers that a city may leave out (article 13 again): 高龄津贴 commonly, not everywhere."""
BASE_PENSION = "base_pension"
"""The word for the central base pension, where it is stated as an income item."""
RULES_57_FROM = dt.date(2021, 7, 1)

ADULT = 18
PENSION_AGE = 60
BEYOND = 10**10
"""More fen than any parameter has: what tells a published parameter from one that is not there."""


# --- ways of putting things together -------------------------------------------------------------


def has_value(name: str) -> Expr:
    """Return the condition that the number `name` is published for the place and the day: yes or no.

    A parameter that is not there spans everything, so that it meets `BEYOND` in `BEYOND` itself; one that
    is there and `BEYOND` contradict each other, and what they enclose meets it in its own value.
    """
    value = param(name)
    return meet(meet(value, least(BEYOND)), value) < BEYOND


def bit(test: Expr) -> Expr:
    """Return 1 where `test` holds, 0 where it does not, and either where that is unknown."""
    return pick((test, 1), other=0)


def agreed(one: Expr, other: Expr, question: Expr) -> Expr:
    """Return a condition that is known in two ways; where they contradict each other `question` decides."""
    both = meet(bit(one), bit(other))
    torn = (one & ~other) | (~one & other)
    return meet(both, pick((torn, bit(question)), other=both)) >= 1


def by_zone(name: str) -> Expr:
    """Return the parameter ``name_urban_month`` or ``name_rural_month`` of the household, in fen a month."""
    rural, urban = param(f"{name}_rural_month"), param(f"{name}_urban_month")
    return pick((hh.zone.is_("rural"), rural), other=urban)


dibao_standard = by_zone("dibao_std")
"""The minimum living standard per person and month, in fen."""


# --- persons and members -------------------------------------------------------------------------

minor = age(p.birth) < ADULT
severe = p.disability_cert & (p.disability_level <= 2)
"""Severely disabled: level 1 or 2 of any type."""
mental = p.disability_type.one_of("intellectual", "mental")
heavy_mental = p.disability_cert & mental & p.disability_level.equals(3)
student = p.student_stage.one_of("primary", "junior", "senior", "vocational", "college", "bachelor")
at_school = student & p.full_time_student
"""In full-time education up to bachelor level; a postgraduate is not."""

# An empty date is not known, neither no nor yes; whoever works or studies is not missing.
declared_missing = (days_since(p.declared_missing_on) >= 1) & ~p.employed & ~at_school
away = any_of(p.custody.one_of("prison", "detox"), p.religious_years >= 3, declared_missing)
"""Not a member: clergy in a venue for three years, in prison or compulsory detoxification, missing."""
dependent = (
    ~p.employed
    & (severe | heavy_mental)
    & ask(
        "persons",
        "dependent-child",
        Text("该成年子女是否不能独立生活", "whether this adult child cannot live independently"),
    )
)
close_family = p.relation.one_of("head", "spouse") | (
    p.relation.is_("child") & any_of(minor, at_school, dependent)
)
_lives_here = pick((p.coresident, 1), other=between(0, 1))
_counts_by_law = ~away & (close_family | p.coresident)
counted_member = meet(_lives_here, bit(_counts_by_law)) >= 1
"""Who counts as a member (57号 article 7).

Spouse, minor and dependent children do wherever they live, others by living there long-term. Being away
as above rules it out; somebody known to live there long-term need not be asked whether he is away.
"""
members_counted = meet(hh.members_count, members.count(counted_member))
"""The number of members: as stated, and as the persons listed allow."""


# --- income --------------------------------------------------------------------------------------

_window = ask(
    "incomes",
    "income-window",
    Text("已停止的收入是否计入核算期", "whether income that has ended still counts in the period"),
)
_local_exclusion = ask(
    "incomes",
    "local-exclusion",
    Text("当地规定是否计入该项津贴", "whether local rules count this allowance"),
)
_earlier_exclusion = ask(
    "incomes",
    "exclusion-before-2021",
    Text("2021年7月1日前当地是否计入该项收入", "whether it counted before 1 July 2021"),
)
held = pick((not_ended(income.until), income.amount_month_fen), (_window, income.amount_month_fen), other=0)  # fmt: skip
"""What an income item brings a month; of one that has ended, the period of account decides."""
no_wage = ~p.employed | (age(p.birth) < 16)
own_wages = attrs.evolve(
    own_incomes, complete=any_of(in_household(hh.complete.has("incomes")), no_wage)
)
wage = own_wages.sum(held, income.kind.is_("wage"), Text("工资收入", "wages"))
"""A member's wages, in full: deducting the cost of work is a permission that needs a local figure."""

_pension_rows = attrs.evolve(own_incomes, complete=~in_force(None)).sum(
    held,
    income.kind.is_("transfer") & income.tag.is_(BASE_PENSION),
    Text("中央基础养老金", "central base pension"),
)
_not_counted = param("dibao_basic_pension_excluded") >= 1
base_pension = pick(
    (_not_counted, 0),
    (age(p.birth) < PENSION_AGE, 0),
    other=meet(p.base_pension_fen, _pension_rows),
)
"""What counts of a member's base pension: nothing as long as the parameter says so, then unknown."""

counts = income.kind.one_of("business", "property", "support_received", "transfer", "other")
_counted_part = pick(
    # A loss is not set off against other income: nothing in the text says that it may be.
    (income.kind.is_("business"), most(0, held - income.cost_month_fen)),
    (income.kind.one_of("property", "support_received"), held),
    (income.tag.is_(BASE_PENSION), 0),
    (income.tag.one_of(*LOCAL_EXCLUSIONS), pick((_local_exclusion, held), other=0)),
    (
        income.tag.one_of(*EXCLUDED_TRANSFERS),
        pick((in_force(RULES_57_FROM), 0), (_earlier_exclusion, held), other=0),
    ),
    other=held,
)
_unnamed = attrs.evolve(incomes, alone="person", complete=None)
"""Items of the household that name no member: wages and pensions among them belong to nobody else."""
other_income = (
    incomes.sum(
        _counted_part,
        counts,
        Text("经营、财产、转移等收入", "business, property and transfer income"),
        stated=False,
    )
    + _unnamed.sum(
        held, income.kind.is_("wage"), Text("未注明成员的工资", "wages of no named member")
    )
    + _unnamed.sum(
        pick((_not_counted, 0), other=held),
        income.kind.is_("transfer") & income.tag.is_(BASE_PENSION),
        Text("未注明成员的基础养老金", "base pension of no named member"),
    )
)
support_paid = incomes.sum(
    held, income.kind.is_("support_paid"), Text("付出的赡养抚养费", "support paid")
)
itemised_income = most(
    0, members.sum(wage + base_pension, counted_member) + other_income - support_paid
)
countable_income = meet(hh.income_month_fen, itemised_income)
"""Countable income of the household, fen a month (57号 article 13): as assessed, or item by item.

Item by item it is known once ``complete`` names the incomes: support paid may always lower it. What
obligors outside the household pay counts as far as it is stated; an imputed fee is local, and unknown.
"""


# --- statuses ------------------------------------------------------------------------------------


def is_now(kind: str) -> Expr:
    """Return the condition that the household has status `kind` or may be recognised so."""
    return household_is(kind) | answer(kind)


is_tekun = person_is("tekun")
