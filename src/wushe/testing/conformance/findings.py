"""What the kit found: checks, findings, and the report that a city official can read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import attrs

from wushe.text import Text

Level = Literal["fault", "advice"]
Outcome = Literal["passed", "faults", "advice", "unused"]

_MARKS: dict[Outcome, str] = {"passed": "✓", "faults": "✗", "advice": "!", "unused": "–"}
_OUTCOMES: dict[Outcome, Text] = {
    "passed": Text("通过", "passed"),
    "faults": Text("要改正", "to be corrected"),
    "advice": Text("请看一看", "worth a look"),
    "unused": Text("没有查", "not looked at"),
}
_WHERE = Text("{where}：{what}", "{where}: {what}")
_TODO = Text("请：{todo}", "Next: {todo}")
_HEAD = Text("插件 {name} {version} 的符合性检查", "Conformance of plugin {name} {version}")
_HOOKS = Text("用到的钩子：{hooks}", "hooks that it implements: {hooks}")
_NO_HOOKS = Text("（还不知道）", "(not known yet)")
_COUNTS = Text(
    "通过 {passed} 项，要改正 {faults} 项，请看一看 {advice} 项，没有查 {unused} 项",
    "{passed} checks passed, {faults} to be corrected, {advice} worth a look, {unused} not looked at",
)
_GOOD = Text("结论：可以使用。", "Verdict: fit for use.")
_BAD = Text(
    "结论：先不要使用，改正这 {n} 处以后再检查一次。",
    "Verdict: do not use it yet; correct the {n} findings and check again.",
)
_LIMITS = Text(
    "用虚构的小城市检查：能发现机械的错误，不能证明规则本身符合政策。规则对不对，请用案例测试并由业务人员核对。",
    "Checked on small made-up cities: it finds mechanical mistakes and cannot prove that the rules are what "
    "the policy says. For that write cases, and let those who know the policy read them.",
)


@attrs.frozen
class Sign:
    """One sort of finding: a stable `code`, what is wrong and what to do, both with parameters."""

    code: str
    what: Text
    todo: Text
    level: Level = "fault"


@attrs.frozen
class Finding:
    """One thing that was found: a `fault` is to be corrected, an `advice` is worth a look.

    `where` is the hook, and the rule's id where it has one.
    """

    sign: Sign
    where: str
    params: tuple[tuple[str, Any], ...] = ()

    @property
    def code(self) -> str:
        """The stable name of this sort of finding, e.g. ``order-matters``."""
        return self.sign.code

    @property
    def level(self) -> Level:
        """``fault`` or ``advice``."""
        return self.sign.level

    def what(self, lang: str = "zh") -> str:
        """Return what is wrong."""
        return self.sign.what.say(lang, **dict(self.params))

    def todo(self, lang: str = "zh") -> str:
        """Return what to do about it."""
        return self.sign.todo.say(lang, **dict(self.params))

    def say(self, lang: str = "zh") -> str:
        """Return one line: where, what is wrong, what to do."""
        stop = "。" if lang == "zh" else ". "
        said = _WHERE.say(lang, where=self.where, what=self.what(lang))
        return said + stop + _TODO.say(lang, todo=self.todo(lang))


def found(sign: Sign, where: str, **params: Any) -> Finding:
    """Return a finding of that sort with its parameters."""
    return Finding(sign, where, tuple(sorted(params.items())))


@attrs.frozen
class Check:
    """One check: what it looked for and why it matters, what it found, or a figure where it measures.

    `used` is False where the plugin has nothing that it could be asked about.
    """

    id: str
    title: Text
    why: Text
    findings: tuple[Finding, ...] = ()
    used: bool = True
    figure: Text | None = None

    @property
    def outcome(self) -> Outcome:
        """``passed``, ``faults``, ``advice`` or ``unused``."""
        if any(finding.level == "fault" for finding in self.findings):
            return "faults"
        if self.findings:
            return "advice"
        return "passed" if self.used else "unused"


@attrs.frozen
class Conformance:
    """What the kit says of one plugin: `checks` in the order in which they were made."""

    plugin: str
    version: str
    hooks: tuple[str, ...]
    checks: tuple[Check, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, in the order of the checks."""
        return tuple(finding for check in self.checks for finding in check.findings)

    @property
    def faults(self) -> tuple[Finding, ...]:
        """The findings that are to be corrected."""
        return tuple(finding for finding in self.findings if finding.level == "fault")

    @property
    def ok(self) -> bool:
        """Whether there is nothing to be corrected."""
        return not self.faults

    def check(self, key: str) -> Check:
        """Return one check by its id. Raises KeyError."""
        for check in self.checks:
            if check.id == key:
                return check
        raise KeyError(f"check {key!r}; there are {', '.join(c.id for c in self.checks)}")

    def say(self, lang: str = "zh") -> str:
        """Return the report as text."""
        hooks = ", ".join(self.hooks) or _NO_HOOKS.say(lang)
        lines = [
            _HEAD.say(lang, name=self.plugin, version=self.version),
            _HOOKS.say(lang, hooks=hooks),
            "",
        ]
        for check in self.checks:
            lines += _check_lines(check, lang)
        verdict = _GOOD if self.ok else _BAD
        lines += ["", _COUNTS.say(lang, **self._counts()), verdict.say(lang, n=len(self.faults))]
        return "\n".join([*lines, _LIMITS.say(lang)])

    def _counts(self) -> dict[str, int]:
        outcomes = [check.outcome for check in self.checks]
        return {outcome: outcomes.count(outcome) for outcome in _OUTCOMES}

    def to_json(self) -> str:
        """Return the report as JSON, in both languages; the same plugin gives the same text but for figures."""
        content = {
            "plugin": self.plugin,
            "version": self.version,
            "hooks": list(self.hooks),
            "ok": self.ok,
            "checks": [_check_json(check) for check in self.checks],
        }
        return json.dumps(content, ensure_ascii=False, indent=1)

    def to_html(self, path: str | Path | None = None, *, lang: str = "zh") -> str:
        """Return the report as a page in both languages, and write it to `path` where given."""
        from wushe.render import Page

        title = _filled(_HEAD, name=self.plugin, version=self.version)
        page = Page(title, lang=lang)
        page.paragraph(_filled(_COUNTS, **self._counts()))
        page.paragraph(_filled(_GOOD if self.ok else _BAD, n=len(self.faults)))
        page.heading(Text("检查了什么", "What was checked"))
        page.table(_CHECK_COLUMNS, [_check_row(check) for check in self.checks])
        if self.findings:
            page.heading(Text("发现", "Findings"))
            page.table(_FINDING_COLUMNS, [_finding_row(finding) for finding in self.findings])
        page.paragraph(_LIMITS)
        if path is not None:
            page.save(path)
        return page.html()


_CHECK_COLUMNS = (
    Text("检查", "Check"),
    Text("结果", "Outcome"),
    Text("为什么要查", "Why it matters"),
)
_FINDING_COLUMNS = (
    Text("在哪里", "Where"),
    Text("问题", "What is wrong"),
    Text("怎么办", "What to do"),
)


def _check_lines(check: Check, lang: str) -> Iterable[str]:
    said = f"{_MARKS[check.outcome]} {check.title.say(lang)}"
    if check.figure is not None:
        said += ("：" if lang == "zh" else ": ") + check.figure.say(lang)
    yield said
    for finding in check.findings:
        yield f"    {finding.say(lang)}"


def _filled(text: Text, **params: Any) -> Text:
    return Text(text.say("zh", **params), text.say("en", **params))


def _check_row(check: Check) -> tuple[Text, Text, Text]:
    outcome = _OUTCOMES[check.outcome]
    if check.figure is not None:
        outcome = Text(f"{outcome.zh}：{check.figure.zh}", f"{outcome.en}: {check.figure.en}")
    return check.title, outcome, check.why


def _finding_row(finding: Finding) -> tuple[str, Text, Text]:
    what, todo = (Text(say("zh"), say("en")) for say in (finding.what, finding.todo))
    return finding.where, what, todo


def _check_json(check: Check) -> Mapping[str, Any]:
    figure = None if check.figure is None else {"zh": check.figure.zh, "en": check.figure.en}
    return {
        "id": check.id,
        "title": {"zh": check.title.zh, "en": check.title.en},
        "outcome": check.outcome,
        "figure": figure,
        "findings": [
            {
                "code": finding.code,
                "level": finding.level,
                "where": finding.where,
                "what": {"zh": finding.what("zh"), "en": finding.what("en")},
                "todo": {"zh": finding.todo("zh"), "en": finding.todo("en")},
            }
            for finding in check.findings
        ],
    }
