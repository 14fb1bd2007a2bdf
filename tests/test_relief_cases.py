"""Worked cases as golden tests, and the reader and runner of case files."""

import datetime as dt
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import wushe
from wushe.errors import InputError
from wushe.relief.cases import CaseReport, RuleCase, read_cases, report_text, run_cases

FOLDER = Path(__file__).parent / "relief_cases"
GIVEN = [case for path in sorted(FOLDER.glob("*.yaml")) for case in read_cases(path)]
ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("WUSHE_POLICY", ROOT.parent / "shared" / "policy"))
PLUGINS = wushe.load_plugins()

Write = Callable[[str], Path]

HEAD = """
defaults:
  kind: derived
  source: 民发〔2021〕57号 第23条
  confidence: A*
  policy: dibao
  date: 2024-03-01
  parameters: {dibao_std_urban_month: 700}
  household: {zone: urban, members_count: 3, property_ok: yes, statuses: none}
cases:
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a case file and returns its path."""

    def writer(text: str) -> Path:
        path = tmp_path / "cases.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return writer


def run(*cases: RuleCase) -> CaseReport:
    """Run cases against the default rules and parameters."""
    return run_cases(cases, PLUGINS.policies, PLUGINS.parameters)


def said(case: RuleCase) -> str:
    """Return the test id of a case."""
    return f"{case.id} {case.kind} {case.confidence} {case.source}"


# --- the worked cases --------------------------------------------------------------------------

each_case = pytest.mark.parametrize("case", GIVEN, ids=said)


@each_case
def test_the_rules_answer_as_the_worked_case_says(case: RuleCase) -> None:
    """The case comes out as expected; kind, confidence and source are in the test's id."""
    report = run(case)
    assert report.passed, report_text(report, "en")


@each_case
def test_every_answer_comes_with_its_reason(case: RuleCase) -> None:
    """A "no" names a condition that fails, an "unknown" what to ask for, a "yes" neither."""
    came = run(case).results[0]
    if case.policy is None:
        assert came.surfaced
        return
    assert bool(came.failed) == (came.answer == "not eligible")
    assert bool(came.missing) == (came.answer == "unknown")


def shared_cases() -> dict[str, Any]:
    """Return the published worked cases by id, section Z left out; skip where they are not here."""
    path = SHARED / "cases.md"
    if not path.is_file():
        pytest.skip(f"no worked cases at {path}: set WUSHE_POLICY to their folder")
    text = path.read_text("utf-8").split("\n## Z")[0]
    blocks = re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return {case["id"]: case for block in blocks for case in yaml.safe_load(block)}


def ours(case_id: str) -> list[RuleCase]:
    """Return a published case and its variants, as they are written here."""
    return [c for c in GIVEN if c.id == case_id or c.id.startswith(f"{case_id}/")]


def test_every_worked_case_is_there_with_all_its_variants() -> None:
    """No published case is left out, and none has fewer variants here than there."""
    worked = shared_cases()
    assert len(worked) >= 24
    short = {i: len(ours(i)) for i, c in worked.items() if len(ours(i)) < len(c.get("cases", "1"))}
    assert short == {}


def test_worked_cases_keep_their_kind_and_confidence() -> None:
    """A case is as sure here as its source: stated, derived or qualitative, and A, A*, B or C."""
    for case_id, worked in shared_cases().items():
        for case in ours(case_id):
            assert worked.get("kind", "derived").startswith(case.kind), case.id
            marks = [worked.get("confidence"), *(c.get("conf") for c in worked.get("cases", ()))]
            assert case.confidence in " ".join(m for m in marks if isinstance(m, str)), case.id


def test_cases_link_to_government_pages_only() -> None:
    """No case sends its reader to a transcription or a mirror."""
    text = "".join(path.read_text("utf-8") for path in FOLDER.glob("*.yaml"))
    hosts = set(re.findall(r"https?://([^/\s]+)", text))
    assert hosts
    assert [host for host in hosts if not host.endswith(".gov.cn")] == []


# --- reading -----------------------------------------------------------------------------------


def test_sub_cases_take_over_what_they_do_not_set(write: Write) -> None:
    """A variant has its own id, the facts of its case, and the differences that it sets."""
    cases = read_cases(
        write(
            HEAD + "  - id: X-1\n"
            "    household: {income_month: 100}\n"
            "    cases:\n"
            "      - expect: {answer: eligible, amounts: {gap: 2000}}\n"
            "      - set: {household.income_month: 2099.99, parameters.dibao_std_urban_month: 700}\n"
            "        expect: {amounts: {gap: 0.01}}\n"
        )
    )
    assert [case.id for case in cases] == ["X-1/1", "X-1/2"]
    assert [case.records["households"][0].income_month_fen for case in cases] == [10000, 209999]
    assert {case.records["households"][0].members_count for case in cases} == {3}
    assert cases[1].expect.answer is None
    assert run(*cases).passed


def test_money_in_a_case_is_exact(write: Write) -> None:
    """0.07 yuan are 7 fen: no number of a case file goes through a float."""
    text = (
        HEAD + "  - {id: X, household: {income_month: 8.07}, expect: {amounts: {gap: 2091.93}}}\n"
    )
    (case,) = read_cases(write(text))
    assert case.records["households"][0].income_month_fen == 807
    assert case.expect.amounts == {"gap": (209193, 209193)}
    assert run(case).passed


def test_rows_say_only_what_differs(write: Write) -> None:
    """Ids and links are filled in; an age is a birthday, and a date may be counted back."""
    text = """
      - id: X
        policy: defacto
        unit: child
        persons:
          child: {age: 10, mother: mother}
          mother: {household: none, contact_lost_on: 7 months ago, 出生日期: 1990-05-01}
        incomes: [{kind: wage, amount_month: 300}, {kind: other, 月金额: 5}]
        obligors: [{relation: 祖父, age: 66}]
        statuses: [{kind: edge, since: 2年前}]
        emergencies: {flat: {kind: fire}}
        expect: {actions: []}
    """
    (case,) = read_cases(write(HEAD.replace("2024-03-01", "2024-05-31") + text))
    child, mother = case.records["persons"]
    assert (child.household, child.birth) == ("H", dt.date(2014, 5, 31))
    assert (mother.household, mother.contact_lost_on) == (None, dt.date(2023, 10, 31))
    assert mother.birth == dt.date(1990, 5, 1)
    assert [(i.id, i.household, i.amount_month_fen) for i in case.records["incomes"]] == [
        ("1", "H", 30000),
        ("2", "H", 500),
    ]
    assert case.records["obligors"][0].person == "child"
    assert case.records["statuses"][0].since == dt.date(2022, 5, 31)
    assert case.records["emergencies"][0].id == "flat"


def test_unknown_is_neither_zero_nor_no(write: Write) -> None:
    """`unknown`, null and nothing leave a fact unknown and take back what the defaults say."""
    for word in ("unknown", "null", "未知", ""):
        text = (
            HEAD + f"  - {{id: X, household: {{property_ok: {word}}}, expect: {{answer: unknown}}}}"
        )
        (case,) = read_cases(write(text))
        assert case.records["households"][0].property_ok is None
    assert case.records["households"][0].statuses == ()


@pytest.mark.parametrize(
    ("entry", "code", "field"),
    [
        ("household: {income_month: 12.345}", "bad-money", "X household.income_month"),
        ("household: {zone: town}", "unknown-choice", "X household.zone"),
        ("household: {members_count: 0}", "out-of-range", "X household.members_count"),
        ("household: {incomes_month: 1}", "unknown-case-key", "X household.incomes_month"),
        ("household: {income_month_fen: 1}", "unknown-case-key", "X household.income_month_fen"),
        ("persons: [{age: sixty}]", "bad-date", "X persons.1.age"),
        ("persons: [{father: nobody}]", "no-such-case-row", "X persons.1.father"),
        ("incomes: [{amount_month: 3}]", "missing-value", "X incomes.1.kind"),
        ("policies: dibao", "unknown-case-key", "X policies"),
        ("date: 2024-02-30", "bad-date", "X date"),
        ("region: 武汉", "bad-case-shape", "X region"),
        ("confidence: D", "bad-case-shape", "X confidence"),
        ("kind: guessed", "bad-case-shape", "X kind"),
        ("source:", "missing-value", "X source"),
        ("unit: P9", "no-such-case-row", "X unit"),
        ("expect: {answer: maybe}", "bad-case-shape", "X expect.answer"),
        ("expect: {amounts: {gap: [1, 2, 3]}}", "bad-case-shape", "X expect.amounts.gap"),
        ("expect: {}", "bad-case-shape", "X expect"),
        ("parameters: {std: [1]}", "bad-case-shape", "X parameters.std"),
    ],
)
def test_a_mistake_is_named_with_line_case_and_field(
    write: Write, entry: str, code: str, field: str
) -> None:
    """Whatever cannot be read says where it stands, what it is and what was expected."""
    whole = "" if entry.startswith("expect") else "    expect: {answer: eligible}\n"
    path = write(HEAD + f"  - id: X\n    {entry}\n{whole}")
    with pytest.raises(InputError) as caught:
        read_cases(path)
    problem = caught.value.problems[0]
    assert (problem.file, problem.code, problem.field) == ("cases.yaml", code, field)
    assert problem.row is not None
    assert problem.row >= 11
    for lang in ("zh", "en"):
        assert "cases.yaml" in caught.value.say(lang)


def test_all_mistakes_come_at_once_and_none_twice(write: Write) -> None:
    """A mistake shared by several variants is told once; independent ones are all told."""
    text = (
        HEAD + "  - id: X\n"
        "    household: {zone: town}\n"
        "    cases:\n"
        "      - {set: {household.members_count: many}, expect: {answer: eligible}}\n"
        "      - {expect: {answer: no}}\n"
        "  - {id: X/1, expect: {answer: eligible}}\n"
    )
    with pytest.raises(InputError) as caught:
        read_cases(write(text))
    codes = [problem.code for problem in caught.value.problems]
    assert codes == ["unknown-choice", "not-an-integer", "bad-case-shape", "case-id-twice"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("cases: [", "bad-yaml"),
        ("cases: []", "bad-case-shape"),
        ("", "bad-case-shape"),
        ("cases:\n  - &a {id: X}\n  - *a\n", "yaml-alias"),
        ("defaults: {date: 2024-01-01, date: 2024-01-02}\ncases: [{id: X}]", "entry-twice"),
        ("rules: []", "unknown-case-key"),
        ("[" * 3000, "bad-yaml"),
    ],
)
def test_a_file_that_is_no_case_file_is_refused(write: Write, text: str, code: str) -> None:
    """Broken YAML, an empty file, references and doubled keys each have their own words."""
    with pytest.raises(InputError) as caught:
        read_cases(write(text))
    assert caught.value.problems[0].code == code


def test_a_missing_file_is_a_mistake_of_the_input(tmp_path: Path) -> None:
    """No file, no crash."""
    with pytest.raises(InputError, match=r"none\.yaml"):
        read_cases(tmp_path / "none.yaml")


def test_a_tag_makes_no_object(write: Write) -> None:
    """YAML tags of a stranger's file mean nothing: every scalar is text."""
    text = HEAD + "  - {id: X, note: !!python/name:os.system '', expect: {answer: eligible}}\n"
    assert read_cases(write(text))[0].note == ""


def test_sensitive_values_are_masked_in_mistakes(write: Write) -> None:
    """An identity number that cannot be right is not printed in full."""
    number = "11010519491231002Y"
    text = (
        HEAD + f"  - {{id: X, persons: [{{id_number: {number}}}], expect: {{answer: eligible}}}}\n"
    )
    with pytest.raises(InputError) as caught:
        read_cases(write(text))
    assert number not in caught.value.say("zh") + caught.value.say("en")


# --- parameters of a case ------------------------------------------------------------------------


def topped(write: Write, parameters: str) -> CaseReport:
    """Return the report of a case with one more minor and these parameters."""
    text = f"""
      - id: X
        parameters: {{{parameters}}}
        household: {{members_count: 1, income_month: 0, complete: [members]}}
        persons: [{{age: 8, relation: child, coresident: yes, disability_cert: no, major_illness: no}}]
        expect: {{amounts: {{topup: 140}}}}
    """
    return run(*read_cases(write(HEAD + text)))


@pytest.mark.parametrize(
    "value",
    ["20%", "{value: 20, unit: '%低保标准'}", "{value: 0.2, unit: 倍}", "{value: 1/5, unit: 倍}"],
)
def test_a_share_may_be_written_in_several_ways(write: Write, value: str) -> None:
    """20 % of 700 are 140 yuan, however the share is put down; it need not exist in the pack."""
    assert topped(write, f"dibao_topup_ratio_minor: {value}").passed


@pytest.mark.parametrize(
    ("parameter", "code"),
    [
        ("rigid_ratio_min: 0.6", "per-cent-or-fraction"),
        ("mystery: 3", "parameter-without-unit"),
        ("dibao_std_rural_month: seven", "bad-parameter"),
        ("rigid_ratio_operator: above", "bad-parameter"),
        ("Bad-Name: {value: 3, unit: 倍}", "bad-parameter"),
    ],
)
def test_a_parameter_that_may_mean_two_things_is_asked_about(
    write: Write, parameter: str, code: str
) -> None:
    """A share without per cent, a value without a unit and a word that is no number are refused."""
    with pytest.raises(InputError) as caught:
        topped(write, parameter)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert problem.field is not None
    assert problem.field.startswith("X parameters.")


def test_the_case_goes_before_the_pack_and_may_take_a_figure_away(write: Write) -> None:
    """A case's own standard wins over the published one; `unknown` hides that one."""
    text = """
      - id: X
        region: 341321
        parameters: none
        household: {zone: rural, members_count: 1, income_month: 721}
        cases:
          - {expect: {answer: eligible, amounts: {gap: 1}}}
          - {parameters: {dibao_std_rural_month: 721}, expect: {answer: not eligible, failed: [income]}}
          - {parameters: {dibao_std_rural_month: unknown}, expect: {answer: unknown, missing: [dibao_std_rural_month]}}
    """
    report = run(*read_cases(write(HEAD + text)))
    assert report.passed, report_text(report, "en")


# --- running and reporting -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ("policy: dibaoo, expect: {answer: eligible}", "X policy"),
        ("expect: {failed: [incomes]}", "X expect.failed"),
        ("expect: {amounts: {gaps: 3}}", "X expect.amounts"),
        ("expect: {actions: [tekuns]}", "X expect.actions"),
    ],
)
def test_a_rule_that_is_not_there_is_a_mistake(write: Write, entry: str, field: str) -> None:
    """A misspelt policy, condition, amount or action never passes in silence."""
    cases = read_cases(write(HEAD + f"  - {{id: X, {entry}}}\n"))
    with pytest.raises(InputError) as caught:
        run(*cases)
    assert [(p.code, p.field) for p in caught.value.problems] == [("unknown-rule", field)]
    assert "close to" in caught.value.say("en")


def test_a_policy_for_persons_must_know_which_one(write: Write) -> None:
    """With two persons, a case says which is meant; with one it need not."""
    text = (
        HEAD
        + "  - {id: X, policy: tekun, persons: [{age: 70}, {age: 8}], expect: {answer: unknown}}\n"
    )
    with pytest.raises(InputError) as caught:
        run(*read_cases(write(text)))
    assert caught.value.problems[0].code == "case-without-unit"


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        ("answer: not eligible", ("可能不符合", "可能符合")),
        ("answer: unknown", ("待补信息",)),
        ("failed: [income]", ("income", "无")),
        ("missing: [income_month]", ("income_month",)),
        ("amounts: {gap: 2000.01}", ("2000.01", "2000.00")),
        ("amounts: {gap: [2000, 2001]}", ("2000.00 至 2001.00",)),
        ("amounts: {gap: unknown}", ("未知", "2000.00")),
        ("actions: [tekun]", ("tekun",)),
    ],
)
def test_what_differs_is_reported(write: Write, expect: str, words: tuple[str, ...]) -> None:
    """A case that comes out differently fails and says what was expected and what came."""
    text = HEAD + f"  - {{id: X-9, household: {{income_month: 100}}, expect: {{{expect}}}}}\n"
    report = run(*read_cases(write(text)))
    assert not report.passed
    assert [r.case.id for r in report.failures] == ["X-9"]
    zh = report_text(report, "zh")
    assert all(word in zh for word in ("不符 X-9", "57号", "cases.yaml", *words))
    assert "1 cases: 0 pass, 1 fail." in report_text(report, "en")
    assert not re.search("[\u4e00-\u9fff]", report_text(report, "en").split("source")[0])


def test_missing_facts_go_by_field_heading_or_label(write: Write) -> None:
    """What is missing may be named as in the tables, in Chinese or as the parameter is called."""
    text = """
      - id: X
        parameters: none
        household: {income_month: unknown, property_ok: unknown}
        expect:
          answer: 待补信息
          missing: [income_month, 月可计收入, households.property_ok, 财产经核查符合规定, dibao_std_urban_month]
    """
    report = run(*read_cases(write(HEAD + text)))
    assert report.passed, report_text(report, "en")


def test_a_qualitative_case_needs_no_policy(write: Write) -> None:
    """Where only the action is told, the case names the policies that must come up for somebody."""
    text = """
    - id: X
      kind: qualitative
      source: 县民政局
      confidence: A
      date: 2024-03-01
      region: 420106
      household: {zone: urban}
      persons: [{age: 85}, {age: 30}]
      emergencies: [{kind: fire, living_at_risk: yes}]
      expect: {actions: [temp_emergency, elder_allowance]}
    """
    report = run(*read_cases(write(text)))
    assert report.results[0].surfaced == ("temp_emergency", "elder_allowance")
    assert report.results[0].answer is None


def test_persons_without_a_household_stand_alone(write: Write) -> None:
    """A rough sleeper has no household; the place is then the person's own."""
    text = """
    - id: X
      kind: derived
      source: 国务院令第381号
      confidence: A*
      policy: elder_allowance
      date: 2024-03-01
      region: 340102
      household: none
      persons: [{age: 91}]
      expect: {answer: eligible, amounts: {allowance: 240}}
    """
    report = run(*read_cases(write(text)))
    assert report.passed, report_text(report, "en")
