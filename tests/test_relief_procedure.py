"""Papers and dates: who brings what, which limit holds where and when, what is never made up."""

import datetime as dt
from typing import Any

import attrs
import pytest

import wushe
from wushe.relief.procedure import DatedStep, checklist, known_of, timetable
from wushe.rules.expr import RuleError
from wushe.rules.parameters import Parameter, ParameterBook, chain_of
from wushe.rules.policy import Material, Policy, Step
from wushe.text import Text

T57, T83, T43 = "民发〔2021〕57号", "民发〔2022〕83号", "民发〔2021〕43号"
PLACE = "420106001001"
CHAIN = chain_of(PLACE)
TOWN = Text("乡镇（街道）", "township")
COUNTY = Text("县级民政部门", "county civil affairs")
day = dt.date.fromisoformat


def limit(
    name: str, value: str, unit: str = "工作日", since: str = "2021-07-01", **more: Any
) -> Parameter:
    """Return a national limit of 57号, checked late enough to be firm."""
    given = {
        "region": "000000", "valid_to": None, "expires": None, "document": T57, "article": "第22条",
        "source": "-", "checked": day("2026-11-21"), "confidence": "A*", **more,
    }  # fmt: skip
    return Parameter(name=name, value=value, unit=unit, valid_from=day(since), **given)


LIMITS = [
    limit("survey_days", "3", article="第15条"),
    limit("core_check_days", "3", article="第17条"),
    limit("publicity_days", "7", "日历日", article="第19条"),
    limit("confirm_days", "10", article="第20条"),
    limit("notice_days", "3", article="第21条"),
    limit("total_days", "30"),
    limit("total_days_special", "45"),
    limit("total_days_delegated", "20", since="2022-10-20", document=T83, article="四(一)"),
    limit("stable_months", "12", "月", article="第31条"),
    limit("unstable_months", "6", "月", article="第31条"),
    limit("grace_months", "6", "月", since="2022-10-20", document=T83, article="一(三)"),
    limit("death_months", "3", "月", since="2022-10-20", document=T83, article="一(三)"),
    limit("change_months", "3", "月", since="2022-10-20", document=T83, article="五(五)"),
    limit("appeal_days", "60", "日历日", document="行政复议法", article="第20条"),
]
BOOK = ParameterBook(LIMITS)


def step(key: str, who: Text = TOWN, **more: Any) -> Step:
    """Return a step of 57号 whose name is its id."""
    return Step(id=key, name=Text(key, key), who=who, document=T57, **more)


STEPS = (
    step("survey", limit="survey_days"),
    step("core_check", COUNTY, limit="core_check_days", after="survey"),
    step("opinion", after="survey"),
    step("publicity", limit="publicity_days", after="opinion", article="第19条"),
    step("confirm", COUNTY, limit="confirm_days", after="publicity"),
    step("notice", COUNTY, limit="notice_days", after="confirm"),
    step("appeal", limit="appeal_days", after="notice"),
    step("pay", COUNTY, after="confirm"),
    step(
        "total",
        COUNTY,
        limit="total_days",
        special=(("delegated", "total_days_delegated"), ("special", "total_days_special")),
    ),
    step("review_stable", limit="stable_months", after="confirm"),
    step("review_unstable", limit="unstable_months", after="confirm"),
    step("grace", COUNTY, limit="grace_months"),
    step("death_review", limit="death_months"),
    step("change_report", limit="change_months"),
)
PAPERS = (
    Material("form", Text("申请表", "application form"), T57, "第9条"),
    Material(
        "hukou", Text("户口簿", "household register"), T57, "第10条", ("persons.id_number",), fetch=True
    ),
    Material(
        "authorisation", Text("核对授权书", "check authorisation"), T57, "第9条", ("households.corecheck_authorised",)
    ),
    Material(
        "disability", Text("残疾人证", "disability certificate"), T57, "第8条", ("persons.disability_cert",), fetch=True
    ),
)  # fmt: skip


def policy(**more: Any) -> Policy:
    """Return dibao as far as procedure goes, with `more` changed."""
    given: dict[str, Any] = {
        "id": "dibao", "name": Text("低保", "dibao"), "unit": "households", "kind": "living",
        "conditions": (), "document": T57, "confidence": "A*", "checked": day("2026-11-21"),
        "steps": STEPS, "materials": PAPERS,
    }  # fmt: skip
    return Policy(**{**given, **more})


DIBAO = policy()


def steps_of(accepted: str, book: ParameterBook = BOOK, **more: Any) -> dict[str, DatedStep]:
    """Return the dibao timetable by step id."""
    return {s.id: s for s in timetable(DIBAO, book, CHAIN, day(accepted), **more)}


def due(dated: DatedStep) -> str | None:
    """Return the last day of a step as text."""
    return dated.due.on.isoformat() if dated.due else None


# --- papers --------------------------------------------------------------------------------------


def states(*persons: wushe.Person, **household: Any) -> dict[str, str]:
    """Return the state of each paper by id for a household of `persons`."""
    records = {"households": [wushe.Household(id="H", **household)], "persons": persons}
    return {item.material.id: item.state for item in checklist(DIBAO, known_of(records))}


def test_papers_are_sorted_by_who_brings_them() -> None:
    """On record: the household has it; retrievable: staff fetch it; the rest is asked for."""
    persons = [
        wushe.Person(id="P1", disability_cert=False),
        wushe.Person(id="P2", disability_cert=True),
    ]
    assert states(*persons) == {
        "form": "household",
        "hukou": "worker",
        "authorisation": "household",
        "disability": "has",  # one member's certificate is a certificate
    }


def test_a_recorded_no_is_not_a_paper() -> None:
    """An authorisation refused, or never asked for, is not an authorisation."""
    assert states(corecheck_authorised=False)["authorisation"] == "household"
    assert states()["authorisation"] == "household"
    assert states(corecheck_authorised=True)["authorisation"] == "has"


def test_identity_is_known_only_where_it_is_known_of_all() -> None:
    """One member without an identity number leaves the paper to be fetched."""
    known = wushe.Person(id="P1", id_number="11010519491231002X")
    assert states(known)["hukou"] == "has"
    assert states(known, wushe.Person(id="P2"))["hukou"] == "worker"
    assert states()["hukou"] == "worker"


def test_papers_name_their_ground_in_both_languages() -> None:
    """What can be retrieved is not asked for again, and the article says so; no value is shown."""
    person = wushe.Person(id="P1", id_number="11010519491231002X")
    records = {"households": [wushe.Household(id="H")], "persons": [person]}
    items = {i.material.id: i for i in checklist(DIBAO, known_of(records))}
    assert "57号第10条" in items["disability"].say("zh")
    assert "article 10" in items["disability"].say("en")
    assert T57 in items["form"].say("en")
    assert "1101" not in "".join(i.say() for i in items.values())


# --- dates ---------------------------------------------------------------------------------------


def test_limits_run_in_their_own_unit_across_spring_festival() -> None:
    """Accepted on 24 January 2025: survey in working days, publicity in calendar days, then the county."""
    dated = steps_of("2025-01-24")
    assert due(dated["survey"]) == "2025-02-05"  # 26 (Sunday), 27 January, 5 February
    assert due(dated["publicity"]) == "2025-02-12"  # seven days after the 5th
    assert due(dated["confirm"]) == "2025-02-26"  # 13 14, 17-21, 24-26
    assert due(dated["total"]) == "2025-03-13"
    assert [dated[k].projected for k in ("survey", "publicity", "total")] == [False, True, False]


@pytest.mark.parametrize(
    ("accepted", "situations", "end", "article"),
    [
        ("2025-03-03", (), "2025-04-15", "第22条"),  # 30 working days, Qingming off on 4 April
        ("2025-03-03", ("delegated",), "2025-03-31", "四(一)"),  # 20
        ("2025-03-03", ("special",), "2025-05-08", "第22条"),  # 45
        # special cases take longer whoever confirms
        ("2025-03-03", ("delegated", "special"), "2025-05-08", "第22条"),
        # the 20 days came in October 2022: 30 before
        ("2022-03-01", ("delegated",), "2022-04-13", "第22条"),
    ],
)
def test_special_cases_change_the_limit(
    accepted: str, situations: tuple[str, ...], end: str, article: str
) -> None:
    """30 working days, 20 where the township confirms (since 83号), 45 in special cases."""
    total = steps_of(accepted, situations=situations)["total"]
    assert (due(total), total.article) == (end, article)


def test_a_local_promise_counts_where_it_is_dated() -> None:
    """Wuhan's own 18 days hold in Wuhan; the same row without a start never decides."""
    promise = limit(
        "total_days", "18", since="2023-01-01", region="420100", document="市承诺", article=""
    )
    wuhan = steps_of("2025-03-03", ParameterBook([*LIMITS, promise]))["total"]
    assert (due(wuhan), wuhan.document, wuhan.days) == ("2025-03-27", "市承诺", 18)
    undated = ParameterBook([*LIMITS, attrs.evolve(promise, valid_from=None)])
    assert steps_of("2025-03-03", undated)["total"].days == 30


def test_an_unknown_limit_gives_no_date_but_names_what_to_look_for() -> None:
    """Before 57号 was in force there is no date at all, nor for what follows."""
    dated = steps_of("2020-05-06")
    assert due(dated["survey"]) is None
    assert dated["survey"].days is None
    assert "survey_days" in dated["survey"].say("zh")
    assert T57 in dated["survey"].say("en")
    assert due(dated["publicity"]) is None
    assert due(dated["confirm"]) is None


def test_a_word_where_a_number_should_be_gives_no_date() -> None:
    """A limit that is no number of days is said to be none."""
    word = ParameterBook([*LIMITS[1:], limit("survey_days", "<", "operator")])
    survey = steps_of("2025-03-03", word)["survey"]
    assert (survey.due, survey.days) == (None, None)
    assert "survey_days" in survey.say("en")


def test_what_happened_replaces_what_was_projected() -> None:
    """A recorded day is counted from, and the steps after it move."""
    dated = steps_of(
        "2025-03-03", done={"survey": day("2025-03-04"), "publicity": day("2025-03-17")}
    )
    assert dated["survey"].done_on == day("2025-03-04")
    assert not dated["confirm"].projected
    assert due(dated["confirm"]) == "2025-03-31"


def test_a_forecast_says_that_nothing_was_accepted_yet() -> None:
    """The dates are the same; only a real acceptance is said to be done."""
    policy, start = wushe.load_plugins().policies["dibao"], day("2025-03-03")
    real, forecast = (
        {s.id: s for s in timetable(policy, BOOK, CHAIN, start, assumed=assumed)}
        for assumed in (False, True)
    )
    assert {key: due(s) for key, s in real.items()} == {key: due(s) for key, s in forecast.items()}
    assert "已于2025-03-03完成" in real["accept"].say("zh")
    assert "以2025-03-03受理计" in forecast["accept"].say("zh")
    assert "done on" not in forecast["accept"].say("en")


def test_what_may_never_happen_has_no_date() -> None:
    """Notice of a refusal, grace and review after a death are dated only once they begin."""
    dated = steps_of("2025-03-03")
    assert {k for k, s in dated.items() if s.due is None} == {
        "opinion", "notice", "appeal", "pay", "grace", "death_review", "change_report",
    }  # fmt: skip
    died = steps_of("2025-03-03", began={"death_review": day("2025-11-30")})["death_review"]
    assert due(died) == "2026-02-28"


def test_only_the_households_own_period_moves_past_a_holiday() -> None:
    """The last day to ask for reconsideration moves on (a Saturday), publicity of seven days does not."""
    dated = steps_of(
        "2025-03-03", began={"appeal": day("2025-04-09"), "publicity": day("2025-09-24")}
    )
    assert due(dated["appeal"]) == "2025-06-09"  # 8 June is a Sunday
    assert due(dated["publicity"]) == "2025-10-01"


def test_limits_are_those_in_force_when_the_period_begins() -> None:
    """A review that begins after a change of the rule follows the new rule."""
    old = attrs.evolve(LIMITS[8], valid_to=day("2024-12-31"))
    new = limit("stable_months", "9", "月", since="2025-01-01")
    book = ParameterBook([*LIMITS[:8], *LIMITS[9:], old, new])
    reviews = [
        steps_of("2024-03-01", book, began={"review_stable": day(began)})["review_stable"].days
        for began in ("2024-05-06", "2025-05-06")
    ]
    assert reviews == [12, 9]


def test_dates_beyond_the_notices_are_marked_through_the_chain() -> None:
    """A publicity that begins on a provisional day ends on one, although its days are calendar days."""
    book = ParameterBook(
        [attrs.evolve(p, valid_from=day("2035-01-01"), checked=day("2035-01-01")) for p in LIMITS]
    )
    dated = steps_of("2035-03-01", book)
    assert dated["survey"].provisional
    assert dated["publicity"].provisional
    assert "暂定" in dated["publicity"].say("zh")


def test_each_step_says_who_how_long_until_when_and_why() -> None:
    """One line per step in both languages, publicity as a period to be completed."""
    dated = steps_of("2025-03-03")
    assert dated["survey"].say("zh") == (
        "survey（乡镇（街道））：3个工作日内，最迟2025-03-06。民发〔2021〕57号第15条"
    )
    assert dated["survey"].say("en") == (
        "survey (township): within 3 working days, by 2025-03-06. 民发〔2021〕57号第15条"
    )
    assert "满7天，至2025-03-13" in dated["publicity"].say("zh")
    assert "7 calendar days in full, until 2025-03-13" in dated["publicity"].say("en")


def test_a_stale_limit_is_used_and_said_to_be_stale() -> None:
    """A limit nobody checked for long keeps its date; the book's warning comes with it."""
    stale = attrs.evolve(LIMITS[0], checked=day("2021-07-01"))
    survey = steps_of("2025-03-03", ParameterBook([stale, *LIMITS[1:]]))["survey"]
    assert due(survey) == "2025-03-06"
    assert (
        survey.notes
        == ParameterBook([stale]).find("survey_days", CHAIN, day("2025-03-03")).warnings
    )
    assert survey.notes


def test_a_step_must_follow_a_step_of_its_policy() -> None:
    """A step after nothing, or after itself, is a mistake of the policy and named."""
    for steps in ((step("a", after="b"),), (step("a", after="b"), step("b", after="a"))):
        with pytest.raises(RuleError, match="step a"):
            timetable(policy(steps=steps), BOOK, CHAIN, day("2025-03-03"))


def test_an_unknown_situation_is_refused() -> None:
    """A misspelled case would silently give the general limit."""
    with pytest.raises(ValueError, match=r"specail.*special"):
        steps_of("2025-03-03", situations=("specail",))


def test_a_place_that_is_not_known_has_no_limits() -> None:
    """Without a place nothing is looked up, not even the nation's."""
    dated = timetable(DIBAO, BOOK, (), day("2025-03-03"))
    assert [s.id for s in dated if s.due] == []
