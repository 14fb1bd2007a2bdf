"""Every rule can be read: short phrases in Chinese and in English, from the same data."""

import datetime as dt
import re
from fractions import Fraction

import pytest
from hypothesis import given

import wushe
from test_rules_twins import rules
from wushe.rules import (
    Expr,
    age,
    answer,
    any_of,
    ask,
    between,
    compare,
    days_since,
    father,
    hh,
    in_force,
    in_household,
    in_region,
    income,
    incomes,
    least,
    meet,
    members,
    months_since,
    most,
    not_ended,
    p,
    param,
    pays,
    pick,
    rounded,
    status,
    working_days_since,
)
from wushe.rules.expr import Always, Const, OneOf, walk
from wushe.rules.say import _SAY, field_label, is_money, say_expr, say_number, say_word
from wushe.text import Text

DAY = dt.date(2021, 7, 1)
CHINESE = re.compile("[一-鿿]")
PHRASES: list[tuple[Expr, str, str]] = [
    (hh.income_month_fen < 94_000, "月可计收入低于940", "income month below 940"),
    (hh.income_month_fen <= 94_050, "月可计收入不高于940.50", "income month at most 940.50"),
    (hh.members_count >= 3, "家庭人口不低于3", "members count at least 3"),
    (hh.members_count.equals(1), "家庭人口等于1", "members count equal to 1"),
    (hh.members_count > Fraction(3, 2), "家庭人口高于1.5", "members count above 1.5"),
    (hh.zone.is_("rural"), "城乡为农村", "zone is rural"),
    (hh.zone.one_of("urban", "rural"), "城乡为农村、城镇", "zone is rural, urban"),
    (hh.statuses.has("tekun"), "现有救助身份有“特困”", "statuses include tekun"),
    (~p.employed, "并非（就业）", "not (employed)"),
    (p.employed & p.insured, "就业且参加医保", "employed and insured"),
    (
        any_of(p.employed, p.insured & p.autism),
        "就业或（参加医保且孤独症）",
        "employed or (insured and autism)",
    ),
    (age(p.birth) >= 60, "出生日期至评估日满年数不低于60", "whole years since birth at least 60"),
    (months_since(p.birth), "出生日期至评估日满月数", "whole months since birth"),
    (days_since(p.birth), "出生日期至评估日天数", "days since birth"),
    (
        working_days_since(hh.accepted_on),
        "受理日期至评估日工作日数",
        "working days since accepted on",
    ),
    (not_ended(status.until), "截止日未过", "until is not past"),
    (in_force(DAY), "评估日在2021-07-01至…之间", "the day lies from 2021-07-01 to …"),
    (in_region("420000", "341324"), "所在地属于420000, 341324", "the place lies in 420000, 341324"),
    (
        param("dibao_std_urban_month"),
        "参数dibao_std_urban_month",
        "parameter dibao_std_urban_month",
    ),
    (
        hh.income_month_fen - hh.income_year_fen,
        "月可计收入 - 近12个月收入",
        "income month - income year",
    ),
    (hh.members_count * 2, "家庭人口 × 2", "members count × 2"),
    (most(hh.members_count, 1), "取大(家庭人口, 1)", "the largest of (members count, 1)"),
    (least(hh.members_count, 1), "取小(家庭人口, 1)", "the smallest of (members count, 1)"),
    (between(1, hh.members_count), "1至家庭人口", "1 to members count"),
    (meet(hh.members_count, members.count()), "家庭人口", "members count"),
    (members.count(), "家庭成员数", "the number of household members"),
    (
        members.count(p.employed),
        "家庭成员中就业的数目",
        "the number of household members with employed",
    ),
    (members.any(p.employed), "家庭成员中有一项：就业", "some of household members: employed"),
    (
        incomes.sum(income.amount_month_fen, label=Text("工资收入", "wages")),
        "工资收入",
        "wages",
    ),
    (in_household(hh.delegated), "所在家庭：审核确认权下放", "the household: delegated"),
    (father(p.employed), "父亲：就业", "the father: employed"),
    (answer("dibao"), "可能符合dibao", "possibly eligible for dibao"),
    (pays("dibao", "gap", "households"), "dibao的金额", "the amount of dibao"),
    (rounded(hh.income_month_fen, "ceil:1"), "月可计收入（取整）", "income month, rounded"),
    (Always(True), "是", "yes"),
    (Always(False), "否", "no"),
    (Const(Fraction(1, 2)), "0.5", "0.5"),
    (
        ask("households", "q", Text("当地是否认定", "recognised there")),
        "当地是否认定",
        "recognised there",
    ),
    (
        pick((hh.delegated, 1), other=hh.members_count),
        "若审核确认权下放则1，否则家庭人口",
        "1 if delegated, else members count",
    ),
    (
        compare(hh.members_count, "op", 3),
        "家庭人口与3按参数op比较",
        "members count against 3 by parameter op",
    ),
]


@pytest.mark.parametrize(
    ("rule", "zh", "en"), PHRASES, ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_rule_reads_in_both_languages(rule: Expr, zh: str, en: str) -> None:
    """Headings and words of the tables in Chinese, names in words in English; money in yuan."""
    assert say_expr(rule) == say_expr(rule, "zh") == zh
    assert say_expr(rule, "en") == en
    assert en in repr(rule)


def _leaves(cls: type[Expr]) -> set[type[Expr]]:
    below = cls.__subclasses__()
    return {cls} if not below else {leaf for sub in below for leaf in _leaves(sub)}


def test_every_class_of_expression_has_words_and_an_example_here() -> None:
    """A new class cannot be forgotten: neither its phrase nor its example."""
    made = {cls for cls in _leaves(Expr) if cls.__module__.startswith("wushe.rules.")}
    assert made == set(_SAY)
    assert made == {type(node) for rule, _, _ in PHRASES for node in walk(rule)}


@given(rules())
def test_rules_that_nobody_wrote_can_be_read_too(rule: Expr) -> None:
    """No combination fails or says nothing."""
    for lang in ("zh", "en"):
        assert all(say_expr(node, lang).strip() for node in walk(rule))


def test_every_registered_rule_reads_in_both_languages() -> None:
    """Every condition, amount and part of one, in every policy; no Chinese in the English phrase."""
    plugins = wushe.load_plugins()
    said = 0
    for policy in plugins.policies:
        roots = [c.test for c in policy.tests()] + [a.value for a in policy.amounts]
        for node in (n for root in roots for n in walk(root)):
            zh, en = say_expr(node, "zh"), say_expr(node, "en")
            assert zh.strip(), policy.id
            assert en.strip(), policy.id
            own = {word for n in walk(node) if isinstance(n, OneOf) for word in n.words}
            for word in sorted(filter(CHINESE.search, own), key=len, reverse=True):
                en = en.replace(word, "")  # what people write themselves stays as it is
            assert not CHINESE.search(en), f"{policy.id}: {en}"
            assert "{" not in zh + en, policy.id
            said += 1
    assert said > 200


def test_every_registered_text_is_there_in_both_languages() -> None:
    """Names, conditions, amounts, materials and steps of every policy."""
    for policy in wushe.load_plugins().policies:
        texts = [
            policy.name,
            policy.apply_at,
            *(c.text for c in policy.tests()),
            *(a.name for a in policy.amounts),
            *(m.name for m in policy.materials),
            *(t for s in policy.steps for t in (s.name, s.who)),
        ]
        for text in texts:
            assert CHINESE.search(text.zh), policy.id
            assert text.en.strip(), policy.id
            assert not CHINESE.search(text.en), f"{policy.id}: {text.en}"


def test_money_is_said_in_yuan_and_other_numbers_as_they_are() -> None:
    """Two decimals only where there are fen."""
    assert say_number(Fraction(94_000), money=True) == "940"
    assert say_number(Fraction(94_050), money=True) == "940.50"
    assert say_number(Fraction(-3_750), money=True) == "-37.50"
    assert say_number(Fraction(60)) == "60"
    assert say_number(Fraction(3, 2)) == "1.5"
    assert say_number(Fraction(10**9)) == "1000000000"


def test_money_of_any_size_is_said_to_the_fen() -> None:
    """No float on the way: a city's totals run beyond what a float can tell apart."""
    assert say_number(Fraction(10**17 + 1), money=True) == "1000000000000000.01"


def test_what_is_money_is_told_from_its_facts() -> None:
    """Sums, products and rounding of money are money; counts and ages are not."""
    assert is_money(hh.income_month_fen * 2)
    assert is_money(incomes.sum(income.amount_month_fen))
    assert is_money(most(0, hh.income_month_fen - 1))
    assert not is_money(members.count())
    assert not is_money(age(p.birth))


def test_labels_come_from_the_tables() -> None:
    """The heading without its unit, the word of a choice, the code in English."""
    assert field_label("households", "income_month_fen") == "月可计收入"
    assert field_label("households", "income_month_fen", "en") == "income month"
    assert say_word("households", "zone", "rural") == "农村"
    assert say_word("households", "zone", "rural", "en") == "rural"
    assert say_word("incomes", "tag", "own words") == "own words"
