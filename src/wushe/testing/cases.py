"""Case files of a plugin, run: cases of its policies and cases of its other rules, in one report."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import attrs

from wushe.errors import InputError, ProblemKind
from wushe.plugins.manager import Plugins
from wushe.relief.case_reading import EXPECTED, RuleCase
from wushe.relief.case_tree import Cell, load_tree
from wushe.relief.cases import read_cases as read_policy_cases
from wushe.relief.cases import run_cases as run_policy_cases
from wushe.testing.case_files import PluginCaseReader
from wushe.testing.case_run import run_case
from wushe.text import Text

__all__ = ["CaseOutcome", "CasesReport", "run_cases"]

_MARKS: Final = {True: Text("通过", "pass"), False: Text("不符", "FAIL")}
_HEAD = Text("{mark} {id}　{source}", "{mark} {id}  {source}")
_WHERE = Text("  见 {file} 第 {line} 行", "  see {file} line {line}")
NO_POLICY = ProblemKind(
    "unknown-policy",
    Text("没有载入这个政策", "no policy of this id is loaded"),
    Text("已载入的编号；最相近的：{near}", "an id that is loaded; the nearest: {near}"),
    Text("改编号，或用 -p 载入它的插件", "correct the id, or load its plugin with -p"),
)
_TOTAL = Text("共 {n} 个案例：{good} 个通过，{bad} 个不符。", "{n} cases: {good} pass, {bad} fail.")


@attrs.frozen
class CaseOutcome:
    """One case that was run; `differences` says in words where it is not as expected."""

    id: str
    source: str
    file: str
    line: int
    differences: tuple[Text, ...]

    @property
    def passed(self) -> bool:
        """Whether everything came out as expected."""
        return not self.differences

    def say(self, lang: str = "zh") -> str:
        """Return one line, and where the case fails its differences and where it is written."""
        lines = [_HEAD.say(lang, mark=_MARKS[self.passed], id=self.id, source=self.source)]
        if not self.passed:
            lines += [f"  {difference.say(lang)}" for difference in self.differences]
            lines.append(_WHERE.say(lang, file=self.file, line=self.line))
        return "\n".join(lines)


@attrs.frozen
class CasesReport:
    """All cases that were run, in the order of the files."""

    outcomes: tuple[CaseOutcome, ...]

    @property
    def ok(self) -> bool:
        """Whether all pass."""
        return all(outcome.passed for outcome in self.outcomes)

    @property
    def failures(self) -> tuple[CaseOutcome, ...]:
        """The cases that do not pass."""
        return tuple(outcome for outcome in self.outcomes if not outcome.passed)

    def say(self, lang: str = "zh") -> str:
        """Return the whole report as text."""
        n, bad = len(self.outcomes), len(self.failures)
        total = _TOTAL.say(lang, n=n, good=n - bad, bad=bad)
        return "\n".join([*(outcome.say(lang) for outcome in self.outcomes), total])


def run_cases(*files: str | Path, plugins: Plugins) -> CasesReport:
    """Return how the cases of `files` come out under the rules of `plugins`.

    A file is about policies (see `wushe.relief.read_cases`) where some case names a `policy` or expects
    what only policies answer; else about the other rules. Raises InputError with the mistakes of a file.
    """
    return CasesReport(tuple(found for file in files for found in _of_file(Path(file), plugins)))


def _of_file(path: Path, plugins: Plugins) -> Iterator[CaseOutcome]:
    tree = load_tree(path)
    if _about_policies(tree):
        cases = read_policy_cases(path)
        _check_policies(cases, tuple(plugins.policies.policies))
        report = run_policy_cases(cases, plugins.policies, plugins.parameters)
        for result in report.results:
            policy = result.case
            where = policy.id, policy.source, policy.file, policy.line
            yield CaseOutcome(*where, result.differences)
        return
    for case in PluginCaseReader(path.name).read(tree):
        yield CaseOutcome(case.id, case.source, case.file, case.line, run_case(case, plugins))


def _check_policies(cases: Sequence[RuleCase], known: tuple[str, ...]) -> None:
    """Raise InputError with each policy that is not loaded, once, at the first case that names it."""
    lost: dict[str, RuleCase] = {}
    for case in cases:
        if case.policy and case.policy not in known:
            lost.setdefault(case.policy, case)
    problems = []
    for policy, case in lost.items():
        near = ", ".join(difflib.get_close_matches(policy[:64], known, n=3, cutoff=0.0))
        problems.append(case.problem(NO_POLICY, "policy", policy, near=near))
    if problems:
        raise InputError(problems)


def _about_policies(root: Cell) -> bool:
    """Return whether a file holds cases of policies."""
    listed = root.entries.get("cases", root).items or ()
    cases = (*listed, root.entries.get("defaults", Cell(1)))
    return any(
        "policy" in case.entries
        or not set(EXPECTED).isdisjoint(case.entries.get("expect", Cell(1)).entries)
        for case in cases
    )
