"""What a check of a store finds, named: which event or record, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from wushe.text import Text

FOUND: Mapping[str, Text] = MappingProxyType(
    {
        "changed": Text("事件{number}被改动", "event {number} was changed"),
        "hash-changed": Text("事件{number}的哈希被改动", "the hash of event {number} was changed"),
        "swapped": Text("事件{number}和{other}被对调", "events {number} and {other} were swapped"),
        "missing": Text("缺少事件{number}到{other}", "events {number} to {other} are missing"),
        "missing-tail": Text(
            "末尾缺少事件{number}到{other}", "the tail is missing: events {number} to {other}"
        ),
        "added": Text(
            "链头之后多出事件{number}到{other}",
            "events {number} to {other} were added behind the head",
        ),
        "head": Text("链头与最后一条事件不符", "the head does not fit the last event"),
        "no-head": Text("链头不见了", "the head is missing"),
        "published": Text(
            "与已公布的链头不符：事件{number}或更早的事件被改写",
            "differs from the published head: event {number} or an earlier one was rewritten",
        ),
        "published-cut": Text(
            "少于已公布的条数：事件{number}到{other}被删去",
            "fewer events than were published: {number} to {other} were cut off",
        ),
        "words-changed": Text(
            "事件{number}的文字被改动", "the words of event {number} were changed"
        ),
        "words-missing": Text(
            "事件{number}的文字没有了，却没有抹去记录",
            "the words of event {number} are gone, without a record of an erasure",
        ),
        "words-added": Text(
            "事件{number}多出文字", "event {number} has words that were not recorded with it"
        ),
        "words-back": Text(
            "事件{number}的文字已抹去，现在又有了",
            "the words of event {number} were erased and are back",
        ),
        "subject": Text(
            "人员代号{name}与它的编号不符", "the reference {name} does not fit the id behind it"
        ),
        "subject-back": Text(
            "人员代号{name}已抹去，现在又有了", "the reference {name} was erased and is back"
        ),
        "subject-missing": Text(
            "人员代号{name}没有了，却没有抹去记录",
            "the reference {name} is gone, without a record of an erasure",
        ),
        "stream-missing": Text("{name}的全部事件都被删去", "every event of {name} was deleted"),
        "state-changed": Text(
            "当前状态中的{name}与事件不符", "{name} in the state is not what the events make of it"
        ),
        "state-added": Text(
            "当前状态中的{name}没有事件依据", "{name} is in the state, but no event made it"
        ),
        "state-missing": Text("当前状态中缺少{name}", "{name} is missing from the state"),
        "cannot-replay": Text("事件{number}重放不了", "event {number} cannot be replayed"),
        "unknown-kind": Text(
            "事件{number}的种类不认识", "event {number} is of a kind unknown here"
        ),
        "file": Text("数据库文件结构已损坏", "the structure of the database file is damaged"),
    }
)
"""Every kind of finding by its stable code."""
_HOLDS = Text("链条完整，共{n}条事件", "the chain holds, {n} events")
_HOLDS_DEEP = Text(
    "链条完整，共{n}条事件；当前状态与全部重放一致",
    "the chain holds, {n} events; the state is what they make when replayed",
)
_BREAKS = Text("共{n}条事件，发现{m}处问题：", "{n} events, {m} problems found:")
_MORE = Text("……另有{m}处", "... and {m} more")
LISTED = 100
"""Findings that are listed; more are counted."""


@attrs.frozen
class Finding:
    """One thing that is wrong: a `code` of `FOUND`, the event's `number` or the record's `name`.

    `stream` is what the event happened to, where that can be told.
    """

    code: str
    number: int | None = None
    other: int | None = None
    name: str | None = None
    stream: str | None = None

    def say(self, lang: str = "zh") -> str:
        """Return it as one sentence."""
        said = FOUND[self.code].say(lang, number=self.number, other=self.other, name=self.name)
        return said if self.stream is None else f"{said} ({self.stream})"


@attrs.frozen
class StoreVerdict:
    """What a check found: nothing where the chain holds. `found` counts all, `findings` lists the first ones."""

    entries: int
    findings: tuple[Finding, ...] = ()
    found: int = 0
    deep: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.found

    def say(self, lang: str = "zh") -> str:
        """Return the verdict, one line, and one for each finding."""
        if self.ok:
            return (_HOLDS_DEEP if self.deep else _HOLDS).say(lang, n=self.entries)
        lines = [_BREAKS.say(lang, n=self.entries, m=self.found)]
        lines += [f"- {finding.say(lang)}" for finding in self.findings]
        if self.found > len(self.findings):
            lines.append(_MORE.say(lang, m=self.found - len(self.findings)))
        return "\n".join(lines)


@attrs.define
class Findings:
    """Collects findings; keeps the first `LISTED` and counts the rest."""

    listed: list[Finding] = attrs.field(factory=list)
    count: int = 0

    def add(
        self,
        code: str,
        number: int | None = None,
        other: int | None = None,
        *,
        name: str | None = None,
        stream: str | None = None,
    ) -> None:
        """Note one thing that is wrong."""
        self.count += 1
        if len(self.listed) < LISTED:
            self.listed.append(Finding(code, number, other, name, stream))
