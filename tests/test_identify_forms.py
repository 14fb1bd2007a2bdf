"""A filled form says what was said: facts, needs, wishes, willingness, and every mistake at once."""

import csv
import datetime as dt
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wushe
from wushe.errors import InputError
from wushe.identify import Answered, Filled, blank_form, fill, fill_all, read_answers
from wushe.identify.answers import target_of
from wushe.model.evidence import Fact, Visit
from wushe.model.facts import FactColumns
from wushe.model.facts import fact_conflicts as conflicts
from wushe.model.facts import latest_facts as latest
from wushe.model.facts import merge_facts as merge
from wushe.model.spec import RECORD_KINDS
from wushe.model.tables import table_of
from wushe.model.visiting import Question, VisitForm
from wushe.plugins.defaults.forms import DEFAULT_FORMS
from wushe.text import Text

ON = dt.date(2025, 9, 15)
AT, LATER = "2025-09-15T02:00:00.000000Z", "2025-09-16T02:00:00.000000Z"
RULES = wushe.load_plugins()
FORMS = {form.id: form for form in DEFAULT_FORMS}
DOOR = FORMS["door"]
VISIT = Visit(id="V-1", kind="door", on=ON, household="H-1", person="P-1", visitor="W-1")
ANSWERS = {
    "members_count": "３",
    "income_month": "1,200元",
    "target_groups": "独居老人；低保对象",
    "lives_alone": "是",
    "selfcare_unable": "洗澡、吃饭",
    "want_meal_delivery": "是，每天中午",
    "want_living_aid": "500元",
    "want_food": "否",
}


def _fill(
    answers: dict[str, str], visit: Visit = VISIT, form: VisitForm = DOOR, **options: Any
) -> Filled:
    given_options = {
        "at": AT, "recorder": "W-1",
        "categories": RULES.categories, "target_groups": RULES.target_groups, **options,
    }  # fmt: skip
    return fill(form, visit, answers, **given_options)


def _values(filled: Filled) -> dict[tuple[str, str], str]:
    return {(fact.subject, fact.field): fact.value for fact in filled.facts}


# --- facts -------------------------------------------------------------------------------------


def test_an_answer_becomes_a_canonical_fact() -> None:
    """Numbers, money, choices and groups are written as a table would hold them."""
    assert _values(_fill(ANSWERS)) == {
        ("H-1", "members_count"): "3",
        ("H-1", "income_month_fen"): "1200.00",
        ("H-1", "target_groups"): "dibao;lone_elder",
        ("P-1", "lives_alone"): "yes",
        ("P-1", "selfcare_unable"): "bathe;eat",
        ("P-1", "want_meal_delivery"): "每天中午",
        ("H-1", "want_living_aid"): "500元",
        ("H-1", "want_food"): "no",
    }


def test_a_fact_tells_where_it_comes_from() -> None:
    """Date and source are the visit's; recorder, instant and confidence those given."""
    (fact,) = _fill({"members_count": "2"}, confidence="seen").facts
    assert (fact.on, fact.source, fact.visit) == (ON, "door", "V-1")
    assert (fact.recorder, fact.at, fact.confidence) == ("W-1", AT, "seen")


def test_no_answer_is_no_fact() -> None:
    """An empty cell stays unknown: not zero, not no."""
    filled = _fill({"members_count": "", "lives_alone": "  "})
    assert (filled.facts, filled.needs, filled.visit.willing) == ((), (), None)


def test_facts_are_read_back_as_columns() -> None:
    """Every fact of a record field can be read by that field again."""
    facts = table_of("facts", _fill(ANSWERS).facts)
    now = latest(FactColumns.of(facts))
    income = now.column(RECORD_KINDS["households"].field("income_month_fen"))
    assert income[list(now.facts.subjects).index("H-1")] == 120_000


def test_a_street_round_needs_no_household() -> None:
    """A person without home or ID has facts, needs and a consent of their own."""
    visit = Visit(id="V-9", kind="street_round", on=ON, person="P-9")
    answers = {
        "sleeps_at": "桥洞",
        "referral_consent": "是",
        "want_clothing": "要",
        "willing": "否",
    }
    filled = _fill(answers, visit, FORMS["street"])
    assert {fact.subject for fact in filled.facts} == {"P-9"}
    assert [(n.category, n.person, n.household) for n in filled.needs] == [
        ("clothing", "P-9", None)
    ]
    assert filled.visit.willing is False


# --- needs and wishes --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("是", (None, None, None)),
        ("需要", (None, None, None)),
        ("是，隔天一次", (None, None, "隔天一次")),
        ("2小时", (2, "小时", None)),
        ("１.５ 小时", (90, "minute", None)),
        ("3", (3, "小时", None)),  # the unit that the question asks in
        ("90分钟", (90, "分钟", None)),
        ("老伴做不动了", (None, None, "老伴做不动了")),
        ("3个月没人做饭", (None, None, "3个月没人做饭")),  # a number that is no amount
    ],
)
def test_yes_an_amount_and_words_ask_for_something(
    text: str, expected: tuple[int | None, str | None, str | None]
) -> None:
    """An unknown quantity stays unknown; words are kept."""
    (need,) = _fill({"want_meal_delivery": text}).needs
    assert (need.quantity, need.unit, need.note) == expected
    assert (need.category, need.household, need.person) == ("meal_delivery", "H-1", "P-1")
    assert (need.asked_on, need.status) == (ON, "open")


@pytest.mark.parametrize(
    "text", ["否", "不用", "不需要", "暂时不需要", "无", "0", "0小时", "不需要，女儿会送", "没有"]
)
def test_no_asks_for_nothing_but_is_remembered(text: str) -> None:
    """A no is a fact and never a need."""
    filled = _fill({"want_meal_delivery": text})
    assert filled.needs == ()
    assert len(filled.facts) == 1


def test_urgency_and_due_date_hold_for_the_needs_of_the_visit() -> None:
    """They are asked once for all."""
    filled = _fill(
        {"want_food": "是", "want_meal_delivery": "是", "urgency": "急难", "due": "2025-09-20"}
    )
    assert {(n.urgency, n.due) for n in filled.needs} == {("emergency", dt.date(2025, 9, 20))}


def test_a_wish_is_not_public_before_a_worker_says_so() -> None:
    """Its id tells nothing of visit or household, and it has no date from which it is shown."""
    filled = _fill({"wish": "一口电饭锅"})
    (wish,), (need,) = filled.wishes, filled.needs
    assert (wish.public_text, wish.need, wish.shown_from) == ("一口电饭锅", need.id, None)
    assert not any(word in wish.id for word in ("V-1", "H-1", "W-1", "wish"))


def test_willingness_and_findings_stay_with_the_visit() -> None:
    """They say something of the visit; one that disagrees with it is asked about."""
    filled = _fill({"willing": "是", "found": "lives_alone;new_illness"})
    assert filled.visit == attrs.evolve(
        VISIT, form="door", willing=True, found=("lives_alone", "new_illness")
    )
    with pytest.raises(InputError) as error:
        _fill({"willing": "否"}, filled.visit)
    assert [p.code for p in error.value.problems] == ["answer-against-visit"]


def test_an_institution_has_needs_and_no_facts() -> None:
    """A nursing home asks for things; facts are of households and persons."""
    visit = Visit(id="V-2", kind="regular", on=ON, institution="I-1")
    filled = _fill({"want_food": "20件"}, visit)
    assert (filled.facts, filled.needs[0].institution) == ((), "I-1")


# --- mistakes ----------------------------------------------------------------------------------


def test_all_bad_answers_are_told_at_once() -> None:
    """Each with form, question, value, expectation and next step; sensitive values are masked."""
    bad = {
        "members_count": "三",
        "household_phone": "王芳",
        "want_meal_delivery": "3元",
        "want_living_aid": "13800138000",
        "due": "2025-09-01",
        "colour": "红",
    }
    with pytest.raises(InputError) as error:
        _fill(bad)
    found = {(p.field or "").rsplit("(", 1)[-1].rstrip(")"): p for p in error.value.problems}
    assert {key: p.code for key, p in found.items()} == {
        "colour": "unknown-question",
        "members_count": "not-an-integer",
        "household_phone": "bad-phone",
        "want_meal_delivery": "wrong-dimension",
        "want_living_aid": "bad-quantity",
        "due": "window-reversed",
    }
    for lang in ("zh", "en"):
        said = error.value.say(lang)
        assert "door V-1" in said
        assert "家里几口人" in said
        assert "王芳" not in said
        assert "13800138000" not in said


def test_a_bare_number_needs_a_unit() -> None:
    """Where a question names no unit, 3 could be hours or times."""
    form = VisitForm(
        "f", Text("表", "form"), (Question("q", "needs", Text("要吗", "wanted"), category="visit"),)
    )
    with pytest.raises(InputError) as error:
        _fill({"q": "3"}, form=form)
    assert "2小时" in error.value.say()


def test_id_number_and_birth_must_agree_within_a_form() -> None:
    """Rules across the fields of a person hold for answers too."""
    questions = tuple(
        Question(name, "situation", Text(name, name), name, "person")
        for name in ("id_number", "birth")
    )
    with pytest.raises(InputError) as error:
        _fill(
            {"id_number": "11010519491231002X", "birth": "1950-01-01"},
            form=VisitForm("f", Text("表", "f"), questions),
        )
    assert [p.code for p in error.value.problems] == ["birth-differs-from-id"]
    assert "1101051949" not in str(error.value)


def test_an_answer_about_nobody_is_refused() -> None:
    """A question about the person, where the visit names a household only."""
    with pytest.raises(InputError) as error:
        _fill({"employed": "是"}, Visit(id="V-3", kind="grid", on=ON, household="H-1"))
    assert [p.code for p in error.value.problems] == ["answer-about-nobody"]


# --- twice, corrected, on two devices ----------------------------------------------------------

_ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "members_count": st.integers(1, 99).map(str),
        "income_month": st.integers(0, 10**6).map(str),
        "lives_alone": st.sampled_from(["是", "否", "yes", ""]),
        "debts": st.text("欠款万元不清0123", max_size=6),
        "want_food": st.sampled_from(["是", "否", "3件", "两袋米", ""]),
        "wish": st.sampled_from(["一口锅", "无", ""]),
        "willing": st.sampled_from(["是", "否"]),
    },
)


@given(answers=_ANSWERS)
def test_filling_twice_adds_nothing(answers: dict[str, str]) -> None:
    """Without and with what is known, at the same instant and later, the same records come back."""
    once = _fill(answers)
    assert _fill(dict(reversed(answers.items()))) == once
    known = table_of("facts", ())
    first = _fill(answers, known=known)
    facts = merge(known, table_of("facts", first.facts))
    again = _fill(answers, known=facts, at=LATER)
    assert again == first
    assert len(merge(facts, table_of("facts", again.facts))) == len(facts)
    assert len({fact.id for fact in first.facts}) == len(first.facts)


@given(first=_ANSWERS, second=_ANSWERS)
def test_a_correction_supersedes_and_loses_nothing(
    first: dict[str, str], second: dict[str, str]
) -> None:
    """A corrected answer is a further fact, written after the one it corrects."""
    old = _fill(first, known=table_of("facts", ()))
    facts = table_of("facts", old.facts)
    new = _fill(second, known=facts, at=LATER)
    both = merge(facts, table_of("facts", new.facts))
    assert set(old.facts) | set(new.facts) == set(both.records())
    assert conflicts(both) == []
    now = latest(FactColumns.of(both)) if len(both) else None
    for fact in new.facts:
        assert now is not None
        assert now.texts(fact.field)[list(now.facts.subjects).index(fact.subject)] == fact.value


def test_a_fact_names_only_what_it_directly_follows() -> None:
    """Otherwise the last of a thousand facts would name all the others."""
    known = table_of("facts", ())
    told: list[Fact] = []
    for n in range(3):
        visit = attrs.evolve(VISIT, id=f"V-{n}")
        told += _fill({"members_count": str(n + 1)}, visit, known=known).facts
        known = table_of("facts", told)
    assert [fact.after for fact in told] == [(), (told[0].id,), (told[1].id,)]


def test_an_old_sheet_read_again_does_not_undo_a_correction() -> None:
    """What was recorded at one instant is recognised, even under a later correction."""
    empty = table_of("facts", ())
    three = _fill({"members_count": "3"}, known=empty)
    four = _fill({"members_count": "4"}, known=table_of("facts", three.facts), at=LATER)
    known = merge(table_of("facts", three.facts), table_of("facts", four.facts))
    assert _fill({"members_count": "3"}, known=known).facts == three.facts


def test_two_devices_that_did_not_know_of_each_other_conflict() -> None:
    """Both facts stay and the conflict is found; a later fact that knows both settles it."""
    empty = table_of("facts", ())
    one = _fill({"members_count": "3"}, known=empty)
    other_visit = attrs.evolve(VISIT, id="V-2")
    other = _fill({"members_count": "4"}, other_visit, known=empty, recorder="W-2")
    both = merge(table_of("facts", one.facts), table_of("facts", other.facts))
    (conflict,) = conflicts(both)
    assert {fact.value for fact in conflict.facts} == {"3", "4"}
    third = _fill({"members_count": "4"}, attrs.evolve(VISIT, id="V-3"), known=both, at=LATER)
    assert conflicts(merge(both, table_of("facts", third.facts))) == []


def test_ids_stay_short_and_survive_a_list_of_ids() -> None:
    """Long ids, and those with the signs that separate a list, are replaced by a digest."""
    awkward = attrs.evolve(VISIT, id="V;1" + "x" * 60)
    (fact,) = _fill({"members_count": "3"}, awkward, known=table_of("facts", ())).facts
    after = _fill({"members_count": "4"}, awkward, known=table_of("facts", [fact]), at=LATER).facts[
        0
    ]
    assert after.after == (fact.id,)
    assert Fact(**attrs.asdict(after)) == after


# --- sheets ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("form", DEFAULT_FORMS, ids=lambda form: form.id)
def test_a_blank_form_is_read_back_empty(form: VisitForm, lang: str, tmp_path: Path) -> None:
    """Its headings are all known, its comments are no data."""
    path = tmp_path / "form.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows(blank_form(form, lang))
    assert read_answers(path, form) == ()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_spreadsheet_of_visits_is_read(tmp_path: Path, encoding: str) -> None:
    """One row per visit, headed by questions or their ids in any order; empty cells are no answers."""
    text = "家里几口人,编号,方式,日期,家庭,人员,want_food\n2,V-1,敲门行动,2025年9月15日,H-1,P-1,\n,V-2,定期走访,2025-09-16,H-2,,3件\n"
    path = tmp_path / "visits.csv"
    path.write_text(text, encoding=encoding)
    first, second = read_answers(path, DOOR)
    assert first == Answered(
        attrs.evolve(VISIT, visitor=None), {"members_count": "2"}, "visits.csv", 2
    )
    assert (second.visit.kind, second.answers) == ("regular", {"want_food": "3件"})
    filled = fill_all(
        DOOR, (first, second), at=AT, recorder="W-1",
        categories=RULES.categories, target_groups=RULES.target_groups,
    )  # fmt: skip
    assert [len(f.facts) for f in filled] == [1, 1]
    assert filled[1].needs[0].household == "H-2"


def test_a_workbook_is_read(tmp_path: Path) -> None:
    """The same sheet as .xlsx gives the same."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (
        ["编号", "方式", "日期", "家庭", "家里几口人"],
        ["V-1", "敲门行动", dt.datetime.combine(ON, dt.time()), "H-1", 2],
    ):
        book.active.append(row)
    book.save(tmp_path / "v.xlsx")
    (answered,) = read_answers(tmp_path / "v.xlsx", DOOR)
    assert (answered.visit.on, answered.answers) == (ON, {"members_count": "2"})


def test_mistakes_of_a_sheet_name_file_row_and_column() -> None:
    """Of the visits first; those of the answers when the sheet is filled in."""
    head = ["id", "kind", "on", "household", "members_count"]
    rows = [head, ["V-1", "door", "2025-02-30", "H-1", "2"], ["V-2", "door", "2025-09-15", "", "2"],
            ["V-3", "", "2025-09-15", "H-1", "2"], ["V-4", "door", "2025-09-15", "H-1", "2"], ["V-4", "door", "2025-09-15", "H-1", "2"]]  # fmt: skip
    with pytest.raises(InputError) as error:
        read_answers(rows, DOOR, name="sheet")
    assert [(p.file, p.row, p.code) for p in error.value.problems] == [
        ("sheet", 2, "bad-date"),
        ("sheet", 3, "visit-to-nobody"),
        ("sheet", 4, "missing-value"),
        ("sheet", 6, "duplicate-id"),
    ]
    answered = read_answers([head, ["V-1", "door", "2025-09-15", "H-1", "两"]], DOOR, name="sheet")
    with pytest.raises(InputError) as error:
        fill_all(DOOR, answered, at=AT, recorder="W", categories={}, target_groups={})
    assert [(p.file, p.row, p.code) for p in error.value.problems] == [
        ("sheet", 2, "not-an-integer")
    ]


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (["id", "kind", "on", "household", "shoe size"], "unknown-column"),
        (["id", "kind", "household"], "missing-column"),
        (["id", "kind", "on", "编号"], "column-twice"),
        (["张三", "13800138000"], "no-headings"),
    ],
)
def test_bad_headings_are_told(head: list[str], code: str) -> None:
    """And nothing is read by guess."""
    with pytest.raises(InputError) as error:
        read_answers([head], DOOR)
    assert code in {p.code for p in error.value.problems}
    assert "13800138000" not in str(error.value)


# --- the built-in forms ------------------------------------------------------------------------


def test_the_built_in_forms_fit_the_registries() -> None:
    """Ids are unique, categories registered, units fit; the door form has all four sections."""
    for form in DEFAULT_FORMS:
        ids = [question.id for question in form.questions]
        assert len(ids) == len(set(ids)), form.id
        for question in form.questions:
            assert question.category is None or question.category in RULES.categories
            if question.category is not None and question.unit is not None:
                subject = (
                    {"household": "H-1"} if question.subject == "household" else {"person": "P-1"}
                )
                visit = Visit(id="V-1", kind="door", on=ON, **subject)
                assert len(_fill({question.id: "2"}, visit, form).needs) == 1
    assert {question.section for question in DOOR.questions} == {
        "situation",
        "health",
        "needs",
        "willingness",
    }
    assert sum(target_of(q)[0] == "record" for q in DOOR.questions) >= 15


def test_an_instant_of_any_zone_is_kept_as_facts_keep_it() -> None:
    """Beijing time is written down as UTC; a time without a zone is refused with what is expected."""
    visit = Visit(id="K-9", kind="door", on=dt.date(2025, 9, 1), household="H-1", outcome="met")
    rules = wushe.load_plugins()
    form = rules.visit_forms["door"]
    known = {"categories": rules.categories, "target_groups": rules.target_groups}
    answers = {"lives_alone": "是"}
    done = fill(form, visit, answers, at="2025-09-01T18:00:00+08:00", recorder="W-1", **known)
    assert {fact.at for fact in done.facts} == {"2025-09-01T10:00:00.000000Z"}
    with pytest.raises(InputError, match=r"at.*zone"):
        fill(form, visit, answers, at="2025-09-01T18:00:00", recorder="W-1", **known)
