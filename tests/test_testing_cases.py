"""Cases of plugin rules in YAML: each thing that can be expected, right and wrong, and how mistakes are told."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import wushe
from wushe import Text, hookimpl
from wushe.cli import main
from wushe.testing import CasesReport, run_cases

ROOT = Path(__file__).parent.parent
RULES = ROOT / "examples" / "city_plugin" / "wushe_qingshi" / "qingshi.py"
CITY = """
defaults:
  source: made up
  date: 2025-09-15
  places:
    990101: {name: 区, level: county}
    990101001: {name: 街, level: street, parent: 990101}
    990101001001: {name: 柳堤, level: community, parent: 990101001}
    990101001002: {name: 槐荫, level: community, parent: 990101001}
  stations:
    S-1: {name: 站, place: 990101001, has_rules: no}
  social_workers:
    W-1: {name: 甲, station: S-1, skills: [visiting], weekly_hours: 8}
    W-2: {name: 己, skills: [visiting]}
  volunteers:
    V-1: {name: 乙, place: 990101001001, skills: [visiting, errand], weekly_hours: 4, reach: street}
    V-2: {name: 丙, place: 990101001001, skills: [errand], weekly_hours: 4, minor: yes, guardian_consent: yes}
    V-3: {name: 庚, place: 990101001001, weekly_hours: 4}
    V-4: {name: 辛, place: 990101001001, skills: [singing], weekly_hours: 4}
  households:
    H-1: {name: 丁, place: 990101001001, target_groups: [lone_elder], referral_consent: yes}
    H-2: {name: 戊, place: 990101001002, target_groups: [lone_elder], referral_consent: yes}
  persons:
    P-1: {household: H-1, age: 80}
  needs:
    N-1: {category: visit, household: H-1, quantity: 1.5, unit: 小时}
    N-2: {category: errand, household: H-2, quantity: 1, unit: hour}
    N-3: {category: errand, household: H-1, urgency: urgent}
  gifts:
    D-1: {yuan: 500, donor: A, at: 2025-05-20}
    D-2: {yuan: 800, donor: B, at: 2025-05-20 14:30}
    D-3: {yuan: 300, donor: C, at: 2025-05-21}
  pools:
    M-1: {left: 1000, ratio: 1/1, opens: 2025-05-20, closes: 2025-05-23}
cases:
"""


class Signal:
    """A plugin with one risk signal: over 75, unknown without a birth date."""

    name = "signal"

    @hookimpl
    def register_risk_signals(self) -> list[wushe.RiskSignal]:
        """One sign."""
        return [wushe.RiskSignal("old", Text("高龄", "old"), self.old, 5)]

    @staticmethod
    def old(persons: wushe.Columns, context: wushe.Context) -> Any:
        """1 yes, 0 no, -1 unknown."""
        age = persons["age"]
        return np.where(age < 0, -1, age > 75).astype(np.int8)


@pytest.fixture(scope="module")
def rules() -> wushe.Plugins:
    """The rules of the example, with a risk signal."""
    return wushe.load_plugins(str(RULES), Signal())


def run(cases: str, folder: Path, rules: wushe.Plugins) -> CasesReport:
    """Return how cases on the little city come out."""
    file = folder / "cases.yaml"
    file.write_text(CITY + cases, "utf-8")
    return run_cases(file, plugins=rules)


EXPECTATIONS = [
    # a filter that has nothing against a pair
    ("pairs: [{need: N-1, offer: V-1, answer: allowed}]", None),
    # one that refuses it, with the reason
    ("pairs: [{need: N-2, offer: V-1, answer: reach}]", None),
    # refused for a reason, but not for this one
    ("pairs: [{need: N-2, offer: V-1, answer: skill}]", "N-2 × V-1: expected skill, what came out is reach"),
    # refused for a reason, and by this plugin or by others
    ("pairs: [{need: N-2, offer: V-1, answer: reach, by: qingshi}]", None),
    ("pairs: [{need: N-2, offer: V-1, answer: reach, by: defaults}]", "N-2 × V-1 reach: expected to be refused by defaults, it is by qingshi"),
    # and in these words, in either language
    ("pairs: [{need: N-2, offer: V-1, answer: reach, says: 本社区}]", None),
    ("pairs: [{need: N-2, offer: V-1, answer: reach, says: article 7}]", None),
    ("pairs: [{need: N-2, offer: V-1, answer: reach, says: article 8}]", "N-2 × V-1 says: expected article 8, what came out is volunteers stay in their community (article 7)"),
    # expected to be allowed
    ("pairs: [{need: N-2, offer: V-1, answer: allowed}]", "expected allowed, what came out is reach (such offers exist, but none reaches this place; refused by qingshi)"),
    # nobody says no
    ("pairs: [{need: N-1, offer: V-1, answer: reach}]", "expected reach, what came out is allowed"),
    # a score, in thousandths
    ("pairs: [{need: N-1, offer: W-1, scores: {qingshi_worker_first: 1}}]", None),
    ("pairs: [{need: N-1, offer: V-1, scores: {qingshi_worker_first: 0.001}}]", "expected 0.001, what came out is 0"),
    ("pairs: [{need: N-1, offer: W-1, scores: {qingshi_worker: 1}}]", "qingshi_worker_first"),
    # a pair that is not there, or not of this category
    ("pairs: [{need: N-9, offer: V-1, answer: allowed}]", "no such pair (needs: N-1, N-2, N-3;"),
    ("pairs: [{need: N-1, offer: V-2, answer: allowed}]", "does not serve the category (it serves: "),
    # a party that makes no offer: its row tells why
    ("pairs: [{need: N-1, offer: V-3, answer: allowed}]", "V-3 makes no offer: skills are unknown or none"),
    ("pairs: [{need: N-1, offer: W-2, answer: allowed}]", "W-2 makes no offer: no station, weekly_hours are unknown or 0"),
    ("pairs: [{need: N-1, offer: V-4, answer: allowed}]", "V-4 makes no offer: skills singing suffice for no category"),
    ("pairs: [{need: N-1, offer: S-1, answer: allowed}]", "S-1 makes no offer: a row of stations is no offer by itself"),
    # priorities, and their order: equals are in none
    ("priority: {N-1: 0.4, N-3: 0.7}", None),
    ("priority: {N-1: 0.31}", "N-1 prioritise_needs: expected 0.31, what came out is 0.4"),
    ("first: [N-3, N-1]", None),
    ("first: [N-1, N-2]", "expected N-1 > N-2, what came out is N-1 0.4, N-2 0.4"),
    ("first: [N-1, N-7]", "N-7: there is none; there are: N-1, N-2, N-3"),
    # the plan: who serves, or why nobody does
    ("plan: {N-1: W-1, N-2: reach}", None),
    ("plan: {N-1: V-1}", "N-1 plan: expected V-1, what came out is W-1"),
    ("plan: {N-8: V-1}", "N-8: there is none"),
    # guards of orders
    ("orders: [{need: N-3, helper: V-1, answer: allowed}, {need: N-3, helper: V-2, answer: qingshi_adults}]", None),
    ("orders: [{need: N-3, helper: V-2, answer: allowed}]", "expected allowed, what came out is qingshi_adults"),
    ("orders: [{need: N-3, helper: V-7, answer: allowed}]", "N-3 → V-7: there is none"),
    # and how long one has to answer, and how many are asked together
    ("orders: [{need: N-3, helper: V-1, answer: allowed, minutes: 240, at_once: 1}]", None),
    ("orders: [{need: N-3, helper: V-1, answer: allowed, minutes: 20}]", "N-3 → V-1 minutes: expected 20, what came out is 240"),
    ("orders: [{need: N-3, helper: V-1, answer: allowed, at_once: 2}]", "N-3 → V-1 at_once: expected 2, what came out is 1"),
    # a matching pool that runs dry in the middle of the second gift
    ("gifts: {D-1: 500, D-2: 500, D-3: 0}", None),
    ("gifts: {D-2: 800}", "D-2 split_gifts: expected 800.00, what came out is 500.00"),
    ("gifts: {D-9: 1}", "D-9: there is none; there are: D-1, D-2, D-3"),
    # a standard: what is missing is named, what nobody recorded is not missing
    ("standards: [{row: S-1, standard: qingshi_three_haves, missing: [rules, service], unknown: [venue]}]", None),
    ("standards: [{row: S-1, standard: qingshi_three_haves, missing: [venue]}]", "expected venue, what came out is rules, service"),
    ("standards: [{row: S-2, standard: qingshi_three_haves}]", "S-2: there is none; there are: S-1"),
    ("standards: [{row: S-1, standard: six_haves}]", "six_haves: there is none; there are: "),
    # a risk signal
    ("signals: [{person: P-1, signal: old, answer: yes}]", None),
    ("signals: [{person: P-1, signal: old, answer: unknown}]", "P-1 old: expected unknown, what came out is yes"),
    ("signals: [{person: P-1, signal: young, answer: yes}]", "P-1 young: there is none; there are: "),
    # a cell of a report, by its labels in either language
    ("report: [{section: qingshi_communities, row: 柳堤, column: households, value: 1}]", None),
    ("report: [{section: qingshi_communities, row: 柳堤, column: 家庭, value: 2}]", "expected 2, what came out is 1"),
    ("report: [{section: qingshi_communities, row: 无, column: 家庭, value: 2}]", "there are: 柳堤 / 家庭, "),
    ("report: [{section: others, row: 无, column: 家庭, value: 2}]", "others: there is none"),
]  # fmt: skip


@pytest.mark.parametrize(("expect", "difference"), EXPECTATIONS)
def test_what_is_expected_is_compared_with_what_comes_out(
    expect: str, difference: str | None, tmp_path: Path, rules: wushe.Plugins
) -> None:
    """A right expectation passes; a wrong one says what was expected and what came out, or what there is."""
    report = run(f"  - {{id: A, expect: {{{expect}}}}}\n", tmp_path, rules)
    [outcome] = report.outcomes
    assert outcome.passed == (difference is None), report.say("en")
    assert report.ok == outcome.passed
    if difference is not None:
        assert difference in outcome.say("en")
        assert all(text.zh for text in outcome.differences)


def test_sub_cases_change_what_they_set(tmp_path: Path, rules: wushe.Plugins) -> None:
    """Sub-cases start from the case, are numbered, and see only their own differences."""
    cases = """
  - id: A
    expect: {first: [N-3, N-1]}
    cases:
      - set: {needs.N-1.urgency: emergency}
        expect: {first: [N-1, N-3]}
      - set: {needs.N-1.urgency: low}
"""
    report = run(cases, tmp_path, rules)
    assert [(o.id, o.passed) for o in report.outcomes] == [("A/1", True), ("A/2", True)]


def test_a_failing_case_says_where_it_is_written(tmp_path: Path, rules: wushe.Plugins) -> None:
    """The report names the case, its source, the file and the line, and counts what failed, in both languages."""
    report = run("  - {id: A, expect: {priority: {N-1: 1}}}\n", tmp_path, rules)
    line = len(CITY.splitlines()) + 1
    assert f"FAIL A  made up\n  N-1 prioritise_needs: expected 1, what came out is 0.4\n  see cases.yaml line {line}" in report.say("en")  # fmt: skip
    assert report.say("zh").endswith("共 1 个案例：0 个通过，1 个不符。")


MISTAKES = """
  - id: A
    expect: {pears: []}
  - id: A
    expect: {pairs: [{need: N-1, offer: V-1}, {need: N-1, offer: V-1, answer: reech}, {need: N-1, offer: V-1, by: me, says: no}]}
  - id: B
    needs:
      N-1: {quantity: 0.3, unit: 次, urgencey: high}
    expect: {priority: {N-1: 1.2}}
  - id: C
    date: soon
    source:
    expect: {orders: [{need: N-1, helper: V-1}], signals: [{person: P-1, signal: old, answer: maybe}]}
  - id: D
    pools: {M-1: {left: -5, ratio: half}}
    gifts: {D-1: {at: 上午}}
    expect: {gifts: D-1}
"""


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path: Path, rules: wushe.Plugins) -> None:
    """Each mistake with its line, case and field: misspelled, missing, twice, out of range, not a value."""
    with pytest.raises(wushe.InputError) as caught:
        run(MISTAKES, tmp_path, rules)
    told = [
        (problem.code, (problem.field or "").split(" ", 1)[-1]) for problem in caught.value.problems
    ]
    assert ("unknown-case-key", "expect.pears") in told
    assert ("case-id-twice", "id") in told
    assert ("bad-case-shape", "expect.pairs") in told
    assert ("bad-case-shape", "expect.pairs.answer") in told
    assert ("bad-case-shape", "expect.pairs.by") in told
    assert ("bad-case-shape", "expect.pairs.says") in told
    assert ("unknown-case-key", "needs.N-1.urgencey") in told
    assert ("bad-case-shape", "expect.priority.N-1") in told
    assert ("missing-value", "source") in told
    assert ("missing-value", "expect.orders.answer") in told
    assert ("bad-case-shape", "expect.signals.answer") in told
    assert ("bad-case-shape", "pools.M-1.ratio") in told
    assert ("bad-case-shape", "gifts.D-1.at") in told
    assert ("bad-case-shape", "expect.gifts") in told
    assert {"date"} < {field for _, field in told}
    assert all(problem.file == "cases.yaml" and problem.row for problem in caught.value.problems)


def test_set_outside_a_sub_case_says_what_to_write_instead(
    tmp_path: Path, rules: wushe.Plugins
) -> None:
    """`set` of a case itself is refused in both sorts of files, with the line and with what to write there."""
    policy = "- {id: A, policy: dibao, kind: derived, confidence: A, source: made up, date: 2025-01-15, set: {household.statuses: none}, expect: {answer: unknown}}\n"  # fmt: skip
    case = "  - {id: A, set: {needs.N-1.urgency: low}, expect: {priority: {N-1: 1}}}\n"
    file = tmp_path / "cases.yaml"
    for text in (CITY + case, policy):
        file.write_text(text, "utf-8")
        with pytest.raises(wushe.InputError) as caught:
            run_cases(file, plugins=rules)
        [problem] = caught.value.problems
        assert (problem.code, problem.field) == ("bad-case-shape", "A set")
        assert "needs: {N-1: {urgency: urgent}}" in problem.say("zh")
        assert "sub-cases" in problem.say("en")


def test_an_unknown_field_lists_those_of_its_table(tmp_path: Path, rules: wushe.Plugins) -> None:
    """Whoever takes a field of volunteers for one of social workers reads what social workers have."""
    case = "  - {id: A, social_workers: {W-1: {reach: street}}, expect: {priority: {N-1: 1}}}\n"
    with pytest.raises(wushe.InputError, match=r"social_workers: id, name, .*weekly_hours"):
        run(case, tmp_path, rules)


def test_rows_that_make_no_city_are_told_with_the_case(
    tmp_path: Path, rules: wushe.Plugins
) -> None:
    """A need of an unknown category or household names the case and its line, not a table nobody wrote."""
    cases = """
  - id: A
    needs: {N-1: {category: nonsense, household: H-7}}
    expect: {priority: {N-1: 0.3}}
"""
    with pytest.raises(wushe.InputError) as caught:
        run(cases, tmp_path, rules)
    line = len(CITY.splitlines()) + 2
    assert {(p.file, p.row) for p in caught.value.problems} == {("cases.yaml", line)}
    assert all((p.field or "").startswith("A ") for p in caught.value.problems)
    assert {p.value for p in caught.value.problems} == {"nonsense", "H-7"}


def test_cases_of_policies_are_run_as_such(tmp_path: Path, rules: wushe.Plugins) -> None:
    """A file that names a policy is one of policy cases: the same report tells both sorts."""
    policy = ROOT / "examples" / "city_plugin" / "cases" / "relief.yaml"
    (tmp_path / "a.yaml").write_text(
        policy.read_text("utf-8").replace("heating: 80", "heating: 81"), "utf-8"
    )
    (tmp_path / "b.yaml").write_text(CITY + "  - {id: A, expect: {first: [N-3, N-1]}}\n", "utf-8")
    report = run_cases(tmp_path / "a.yaml", tmp_path / "b.yaml", plugins=rules)
    assert [outcome.id for outcome in report.failures] == ["R-1"]
    assert "80" in report.failures[0].say("en")
    assert report.outcomes[-1].id == "A"


def test_a_policy_that_is_not_loaded_is_told_once(tmp_path: Path) -> None:
    """A file of cases without its plugin: one mistake at the first case, with the nearest ids only."""
    text = (ROOT / "examples" / "city_plugin" / "cases" / "relief.yaml").read_text("utf-8")
    file = tmp_path / "relief.yaml"
    file.write_text(text.replace("policy: qingshi_heating", "policy: dibaoo"), "utf-8")
    with pytest.raises(wushe.InputError) as caught:
        run_cases(file, plugins=wushe.load_plugins())
    [problem] = caught.value.problems
    assert (problem.code, problem.field, problem.value) == (
        "unknown-policy",
        "R-1 policy",
        "dibaoo",
    )
    assert "dibao, " in problem.say("en")
    assert "medical_relief" not in problem.say("en")


class Province:
    """A plugin above, with a filter and a score that may be replaced by name."""

    name = "province"

    @hookimpl
    def filter_candidates(self, needs: Any, offers: Any, pairs: Any) -> wushe.FilterTerm:
        """Nobody may do anything."""
        nobody = np.zeros(len(pairs.need), dtype=bool)
        return wushe.FilterTerm(nobody, "reach", name="province_nobody")


@pytest.mark.parametrize(("term", "passes"), [("province_nobody", True), ("province_nobdy", False)])
def test_a_case_tells_that_a_replaced_name_is_misspelled(
    term: str, passes: bool, tmp_path: Path
) -> None:
    """A filter that replaces nothing is not refused at load: the case of what it should allow fails."""

    class District:
        name = "district"
        under = "province"

        @hookimpl
        def filter_candidates(self, needs: Any, offers: Any, pairs: Any) -> wushe.FilterTerm:
            everybody = np.ones(len(pairs.need), dtype=bool)
            return wushe.FilterTerm(everybody, "reach", name=term, replaces=True)

    rules = wushe.load_plugins(Province(), District())
    case = "  - {id: A, expect: {pairs: [{need: N-1, offer: V-1, answer: allowed}]}}\n"
    assert run(case, tmp_path, rules).ok == passes


def test_a_failing_plugin_is_no_failing_case(tmp_path: Path) -> None:
    """A rule that raises is a PluginError that names the plugin and the hook."""

    class Broken:
        name = "broken"

        @hookimpl
        def prioritise_needs(self, needs: wushe.Columns) -> Any:
            raise ZeroDivisionError("oops")

    case = "  - {id: A, expect: {priority: {N-1: 1}}}\n"
    broken = wushe.load_plugins(Broken())
    with pytest.raises(wushe.PluginError, match=r"broken.*prioritise_needs.*oops"):
        run(case, tmp_path, broken)


def test_the_command_runs_files_and_folders(tmp_path: Path) -> None:
    """`wushe plugins test` exits with 0 where all pass and 1 where one does not; --json tells the same."""
    (tmp_path / "empty").mkdir()
    good = [str(RULES.parents[1] / "cases"), "-p", str(RULES)]
    fine = CliRunner().invoke(main, ["plugins", "test", *good])
    assert fine.exit_code == 0
    assert "17 个通过，0 个不符" in fine.output
    bad = tmp_path / "bad.yaml"
    bad.write_text(CITY + "  - {id: A, expect: {priority: {N-1: 1}}}\n", "utf-8")
    failed = CliRunner().invoke(main, ["plugins", "test", str(bad), "--json", "--lang", "en"])
    assert failed.exit_code == 1
    said = json.loads(failed.output)
    assert [(c["id"], c["passed"], len(c["differences"])) for c in said["cases"]] == [("A", False, 1)]  # fmt: skip
    nothing = CliRunner().invoke(main, ["plugins", "test", str(tmp_path / "empty")])
    assert nothing.exit_code == 2
    assert "没有 .yaml 用例文件" in nothing.output
