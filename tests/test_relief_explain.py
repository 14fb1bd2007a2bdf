"""An explanation: every condition with value, threshold and source; read aloud, stored, computed again."""

import datetime as dt
import json
from typing import Any

import attrs
import pytest

import wushe
from test_relief_decisive import (
    BOOK,
    DIBAO,
    ON,
    PLACE,
    condition,
    frame_of,
    household,
    parameter,
    policy,
)
from wushe.errors import FormatVersionError, InputError
from wushe.relief.explain import explain, replay
from wushe.relief.explanation import Explanation
from wushe.rules import (
    Amount,
    ParameterBook,
    Policy,
    PolicySet,
    answer,
    between,
    compare,
    father,
    hh,
    in_household,
    income,
    incomes,
    own_incomes,
    p,
    param,
)
from wushe.text import Text

VERSIONS = (("defaults", "0.1.0"),)


def explained(
    *rules: Policy, book: ParameterBook = BOOK, row: int = 0, **records: Any
) -> Explanation:
    """Return the explanation of the last of the rules for a row."""
    return explain(frame_of(**records), book, PolicySet(rules), ON, rules[-1].id, row, VERSIONS)


POSSIBLE = explained(DIBAO, households=[household()])
REFUSED = explained(DIBAO, households=[household(income_month_fen=75949)])
OPEN = explained(DIBAO, households=[household(income_month_fen=None, property_ok=None)])


# --- what it holds -----------------------------------------------------------------------------------


def test_each_condition_has_its_truth_and_its_source() -> None:
    """A no names every failed condition, by document and article."""
    assert [(c.id, c.truth, c.article) for c in REFUSED.conditions] == [
        ("income", "no", "第9条"),
        ("property", "yes", "第9条"),
        ("no-tekun", "yes", "第9条"),
    ]
    assert REFUSED.answer == "not"
    assert REFUSED.failed == ("income",)


def test_the_value_and_the_threshold_are_exact() -> None:
    """The household's income in fen against the standard times its members."""
    compared = REFUSED.conditions[0].compared[0]
    assert (compared.low, compared.high, compared.op) == ("75949", "75949", "<")
    assert (compared.right_low, compared.right_high, compared.money) == ("72200", "72200", True)


def test_a_threshold_says_where_it_is_written() -> None:
    """Value, unit, region, document, article, day, last check and confidence of each parameter."""
    (found,) = [s for s in REFUSED.parameters if s.name == "std_rural"]
    assert (found.value, found.unit, found.region) == ("722", "元/人·月", PLACE)
    assert (found.document, found.article) == ("宿政办秘〔2023〕24号", "第2条")
    assert (found.valid_from, found.checked, found.confidence) == ("2023-07-01", "2024-01-01", "A")


def test_no_address_of_a_transcription_is_shown() -> None:
    """Documents are cited by number and article, never by the site where they were read."""
    for found in (POSSIBLE, REFUSED, OPEN):
        assert "http" not in found.to_json()
        assert "http" not in found.say("zh") + found.say("en")


def test_a_value_past_its_term_is_warned_of() -> None:
    """It supports the yes, and the explanation says that renewal was not found."""
    rule = policy(condition("income", hh.income_month_fen < param("old_line")))
    found = explained(rule, households=[household(income_month_fen=10000)])
    (source,) = found.parameters
    assert (found.answer, source.firm, source.expires) == ("possible", False, "2023-12-31")
    assert "2023-12-31" in found.say("zh")


def test_amounts_are_exact_and_ranges_stay_ranges() -> None:
    """A gap to the standard in fen; what the text gives as a range from and to."""
    (gap,) = POSSIBLE.amounts
    assert (gap.low, gap.high, gap.period) == (72200 - 60000, 72200 - 60000, "month")
    assert "122元" in POSSIBLE.say("zh")
    aid = Amount("aid", Text("临时救助", "aid"), between(100, 50000), "once", "国发〔2014〕47号")
    ranged = explained(
        policy(condition("property", hh.property_ok), amounts=(aid,)), households=[household()]
    )
    assert "1元至500元" in ranged.say("zh")


def test_a_refusal_says_no_amount_and_the_nearest_change() -> None:
    """Income lower by 37.50 yuan a month, in both languages."""
    assert REFUSED.amounts == ()
    assert "月可计收入每月减少37.50元" in REFUSED.say("zh")
    assert "lower by 37.50 yuan a month" in REFUSED.say("en")
    assert (REFUSED.alone, REFUSED.after) == (True, "yes")


def test_an_unknown_has_its_questions_ready() -> None:
    """Each fact of the decisive set as a question, and which to ask first."""
    assert [q.field for q in OPEN.questions] == ["property_ok", "income_month_fen"]
    asked = OPEN.ask()
    assert "工资" in asked[1].zh
    assert "wages" in asked[1].en
    assert OPEN.next == 0
    assert f"先问：{asked[0].zh}" in OPEN.say("zh")


def test_facts_of_several_members_are_one_question() -> None:
    """The same field of two persons is asked for once, naming both by their ids."""
    rule = policy(condition("work", wushe.rules.members.all(p.employed) & hh.property_ok))
    persons = [wushe.Person(id=f"P{i}", household="H", name="李爷爷") for i in range(2)]
    home = household(members_count=2)
    found = explained(rule, households=[home], persons=persons)
    assert [(q.table, q.ids) for q in found.questions] == [("persons", ("P0", "P1"))]
    assert "P0、人员P1" in found.ask()[0].zh
    assert "李" not in found.to_json()


def test_a_missing_standard_says_which_document_to_look_for() -> None:
    """The place, the day and the row that was seen but could not be used."""
    rule = policy(condition("income", hh.income_month_fen < param("unverified")))
    found = explained(rule, households=[household()])
    text = found.ask()[0]
    assert PLACE in text.zh
    assert "宿政办秘〔2023〕24号" in text.zh
    assert ON.isoformat() in text.en


# --- words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("found", [POSSIBLE, REFUSED, OPEN], ids=["possible", "not", "unknown"])
def test_it_is_never_worded_as_a_decision(found: Explanation) -> None:
    """Possibly eligible, apply at the street office: articles 28 and 24 are named every time."""
    zh, en = found.say("zh"), found.say("en")
    assert "乡镇" in zh
    assert "street office" in en
    for law in ("民发〔2021〕57号", "个人信息保护法"):
        assert law in zh
        assert law in en
    assert "不予" not in zh
    assert "，符合" not in zh.replace("可能符合", "")


def test_a_sensitive_word_is_hidden_in_the_facts_and_in_the_words() -> None:
    """Who pays an income is hidden, unless the rule itself asks for that word."""
    rule = policy(condition("payer", incomes.any(income.payer.is_("民政局"))))
    items = [
        wushe.Income(id=f"I{i}", household="H", kind="transfer", payer=payer)
        for i, payer in enumerate(("王老板的粮店", "民政局"))
    ]
    found = explained(rule, households=[household()], incomes=items)
    assert found.answer == "possible"
    assert "王老板" not in found.to_json() + found.say("zh")


def test_only_facts_that_the_answer_hangs_on_are_kept() -> None:
    """Names, phones and what no condition reads stay out."""
    home = household(name="李爷爷", phone="13800000000", note="常年卧床", idle_land=True)
    stored = explained(DIBAO, households=[home]).to_json()
    for secret in ("李", "13800000000", "卧床", "idle_land"):
        assert secret not in stored


# --- stored and computed again -------------------------------------------------------------------------


@pytest.mark.parametrize("found", [POSSIBLE, REFUSED, OPEN], ids=["possible", "not", "unknown"])
def test_it_comes_back_from_json_and_is_computed_again_to_the_byte(found: Explanation) -> None:
    """From the facts in it alone, by the same rules."""
    stored = Explanation.from_json(found.to_json())
    assert stored == found
    again = replay(stored, PolicySet([DIBAO]), BOOK)
    assert (again.identical, again.same_rules) == (True, True)
    assert again.explanation.to_json() == found.to_json()
    assert "完全一致" in again.say()


def test_facts_of_others_that_the_answer_reads_are_computed_again_too() -> None:
    """Another policy's answer, a father in another household, a person's items by household."""
    child = policy(
        condition(
            "father", father(in_household(compare(hh.income_month_fen, "<", param("std_rural"))))
        ),
        condition("dibao", in_household(answer("dibao"))),
        condition("wage", own_incomes.sum(income.amount_month_fen) < 100000),
        unit="persons",
        id="child",
        order=9,
    )
    records: dict[str, Any] = {
        "households": [household(), wushe.Household(id="G", place=PLACE, income_month_fen=1)],
        "persons": [
            wushe.Person(id="F", household="G"),
            wushe.Person(id="P", household="H", father="F"),
            wushe.Person(id="Q", household="H", coresident=True),
        ],
        "incomes": [
            wushe.Income(id="I", household="H", person="P", kind="wage", amount_month_fen=5)
        ],
    }
    for row in range(3):
        found = explained(DIBAO, child, row=row, **records)
        again = replay(Explanation.from_json(found.to_json()), PolicySet([DIBAO, child]), BOOK)
        assert again.identical


def test_a_changed_standard_is_found_out_and_said() -> None:
    """A new value of a parameter that was used gives another digest."""
    book = BOOK.local([parameter("std_rural", "800", region=PLACE)])
    again = replay(REFUSED, PolicySet([DIBAO]), book)
    assert (again.identical, again.same_rules, again.explanation.answer) == (
        False,
        False,
        "possible",
    )
    assert "已经改变" in again.say("zh")


def test_a_changed_policy_is_found_out() -> None:
    """So does another condition, even where the answer stays."""
    changed = attrs.evolve(DIBAO, conditions=DIBAO.conditions[:2])
    assert not replay(POSSIBLE, PolicySet([changed]), BOOK).same_rules


def test_rules_that_were_not_used_do_not_matter() -> None:
    """Another place's standard leaves the digest as it is."""
    book = ParameterBook([*BOOK.parameters, parameter("std_rural", "1", region="420106")])
    assert replay(POSSIBLE, PolicySet([DIBAO]), book).identical


def test_an_altered_explanation_is_found_out() -> None:
    """The rules are the same and the result is not."""
    altered = attrs.evolve(POSSIBLE, answer="not")
    again = replay(altered, PolicySet([DIBAO]), BOOK)
    assert (again.identical, again.same_rules) == (False, True)
    assert "改动" in again.say("zh")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', "not json"])
def test_what_is_no_explanation_is_refused(text: str) -> None:
    """With one problem that says so."""
    with pytest.raises(InputError, match="explanation"):
        Explanation.from_json(text)


def test_an_explanation_of_a_newer_format_is_refused() -> None:
    """It is not read as if it were an old one."""
    data = json.loads(POSSIBLE.to_json()) | {"format": 99}
    with pytest.raises(FormatVersionError, match="99"):
        Explanation.from_json(json.dumps(data))


def test_a_household_of_eight_with_nothing_known_stays_small() -> None:
    """Under 20 KB, replayed to the byte."""
    persons = [
        wushe.Person(id=f"person-{i}", household="H", birth=dt.date(1980, 1, 1)) for i in range(8)
    ]
    home = wushe.Household(id="H", place=PLACE)
    found = explained(DIBAO, households=[home], persons=persons)
    assert found.answer == "unknown"
    assert len(found.to_json().encode()) < 20_000
    assert replay(found, PolicySet([DIBAO]), BOOK).identical
