"""The answer: one line per duty and subject, with article, status, deadline and what is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

import attrs

from wushe.ledger.duties.law import DUTIES
from wushe.render import Page, to_csv
from wushe.text import Text

Status = Literal["broken", "due", "unknown", "kept", "does_not_bind"]
STATUSES: Final[tuple[Status, ...]] = get_args(Status)
"""In the order in which somebody has to look at them."""
STATUS_WORDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "broken": Text("违反", "broken"),
        "due": Text("待办", "due"),
        "unknown": Text("不明", "unknown"),
        "kept": Text("已履行", "kept"),
        "does_not_bind": Text("不适用", "does not bind"),
    }
)
FIGURE_WORDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "gifts": Text("笔", "gifts"),
        "lots": Text("批", "lots"),
        "fen": Text("元", "yuan"),
        "days_late": Text("逾期天数", "days late"),
        "gaps": Text("逾期次数", "times late"),
        "published": Text("已公开次数", "times published"),
        "payments": Text("笔支出", "payments"),
        "donation_fen": Text("捐赠（元）", "donations, yuan"),
        "fiscal_fen": Text("财政（元）", "fiscal, yuan"),
        "collective_fen": Text("集体（元）", "collective, yuan"),
        "matching_fen": Text("配捐（元）", "matching, yuan"),
        "need_fen": Text("至少（元）", "at least, yuan"),
        "most_fen": Text("至多（元）", "at most, yuan"),
        "moved_fen": Text("已转入其他项目（元）", "moved to other projects, yuan"),
        "base_fen": Text("基数（元）", "base, yuan"),
        "days": Text("天数", "days"),
    }
)

_LINE = Text("{status} {subject} {asks}（{article}）：{why}{until}{missing}{figures}",
             "{status} {subject} {asks} ({article}): {why}{until}{missing}{figures}")  # fmt: skip
_UNTIL = Text("；期限 {day}", "; by {day}")
_NO_LIMIT = Text("；法律没有写明期限", "; the law sets no day")
_MISSING = Text("；缺少：{names}", "; missing: {names}")
_TITLE = Text("慈善法义务检查（{on}）", "Duties of the Charity Law on {on}")
_COUNTS = Text("违反 {broken}，待办 {due}，不明 {unknown}，已履行 {kept}，不适用 {does_not_bind}",
               "{broken} broken, {due} due, {unknown} unknown, {kept} kept, {does_not_bind} do not bind")  # fmt: skip
NOT_ADVICE = Text(
    "按登记的事实对照条文，不是法律意见；供管理组织和监管部门内部使用。",
    "Recorded facts held against the articles; no legal advice. For the host and its supervisor.",
)
_COLUMNS = (
    Text("状态", "status"), Text("义务", "duty"), Text("对象", "subject"), Text("条文", "article"),
    Text("期限", "by"), Text("说明", "why"), Text("缺少", "missing"), Text("数字", "figures"),
    Text("依据与提示", "sources and cautions"),
)  # fmt: skip
_BRIEF = (*_COLUMNS[:6], _COLUMNS[8])


def yuan(fen: int) -> str:
    """Return an amount as people read it: 8,000.00."""
    return f"{fen // 100:,}.{fen % 100:02d}"


@attrs.frozen
class DutyLine:
    """One duty held against the facts about one subject (``fund/ID``, ``gift/ID``, ``campaign/ID`` ...).

    `until` is the last day of what is due, None where the law sets none; `missing` names the facts or
    parameters that would decide; `figures` are whole numbers by name in `FIGURE_WORDS`. `article` is
    the one in force on the day that counts, None where none is.
    """

    duty: str
    subject: str
    status: Status
    article: Text | None
    why: Text
    until: dt.date | None = None
    missing: tuple[str, ...] = ()
    figures: tuple[tuple[str, int], ...] = ()
    notes: tuple[Text, ...] = ()

    def figure(self, name: str) -> int:
        """Return one figure. Raises KeyError where it is not given."""
        return dict(self.figures)[name]

    def say(self, lang: str = "zh") -> str:
        """Return the line as one sentence."""
        row = dict(zip(("status", "asks", "subject", "article"), self.cells(lang), strict=False))
        until = ""
        if self.status == "due":
            until = _UNTIL.say(lang, day=self.until) if self.until else _NO_LIMIT.say(lang)
        missing = _MISSING.say(lang, names=", ".join(self.missing)) if self.missing else ""
        figures = f" [{self.numbers(lang)}]" if self.figures else ""
        why = self.why.say(lang)
        return _LINE.say(lang, **row, why=why, until=until, missing=missing, figures=figures)

    def numbers(self, lang: str) -> str:
        """Return the figures as words, amounts in yuan."""
        parts = (
            f"{FIGURE_WORDS[name].say(lang)} {yuan(n) if name.endswith('fen') else f'{n:,}'}"
            for name, n in self.figures
        )
        return ("，" if lang == "zh" else ", ").join(parts)

    def cells(self, lang: str) -> tuple[str, ...]:
        """Return the cells of a table row."""
        return (
            STATUS_WORDS[self.status].say(lang),
            DUTIES[self.duty].asks.say(lang),
            self.subject,
            "—" if self.article is None else self.article.say(lang),
            "" if self.until is None else self.until.isoformat(),
            self.why.say(lang),
            " ".join(self.missing),
            self.numbers(lang),
            " | ".join(note.say(lang) for note in self.notes),
        )

    def brief(self, lang: str) -> tuple[str, ...]:
        """Return the cells of a narrower row: what is missing and the figures stand with the reason."""
        status, duty, subject, article, until, why, missing, figures, notes = self.cells(lang)
        told = [why, missing and _MISSING.say(lang, names=missing), figures and f" [{figures}]"]
        return status, duty, subject, article, until, "".join(filter(None, told)), notes

    def to_json(self) -> dict[str, Any]:
        """Return the line as plain JSON."""
        return {
            "duty": self.duty,
            "subject": self.subject,
            "status": self.status,
            "article": None if self.article is None else self.article.say("zh"),
            "until": None if self.until is None else self.until.isoformat(),
            "why": {"zh": self.why.zh, "en": self.why.en},
            "missing": list(self.missing),
            "figures": dict(self.figures),
        }


@attrs.frozen(repr=False)
class DutyReport:
    """All lines of a day: broken ones first, then due, unknown, kept, not binding.

    For the host and whoever supervises it; it names funds, gifts, campaigns, projects and hosts by id only.
    """

    on: dt.date
    lines: tuple[DutyLine, ...]

    def __repr__(self) -> str:
        return f"<DutyReport {self.on}: {self.counts()}>"

    def counts(self) -> Mapping[str, int]:
        """Return how many lines have each status."""
        return {s: sum(line.status == s for line in self.lines) for s in STATUSES}

    def of(
        self, *, status: str | None = None, duty: str | None = None, subject: str | None = None
    ) -> tuple[DutyLine, ...]:
        """Return the lines with this status, duty and subject, where given."""
        return tuple(
            line
            for line in self.lines
            if status in {None, line.status}
            and duty in {None, line.duty}
            and subject in {None, line.subject}
        )

    def summary(self, lang: str = "zh", *, limit: int = 30) -> str:
        """Return counts and the first `limit` lines that somebody has to look at."""
        lines = [line.say(lang) for line in self.lines if line.status in STATUSES[:3]]
        head = [_TITLE.say(lang, on=self.on), _COUNTS.say(lang, **self.counts())]
        return "\n".join([*head, *lines[:limit], NOT_ADVICE.say(lang)])

    def to_csv(self, lang: str = "zh") -> str:
        """Return the lines as CSV text that spreadsheets read safely."""
        header = [column.say(lang) for column in _COLUMNS]
        return to_csv(header, [line.cells(lang) for line in self.lines])

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON."""
        return {"on": self.on.isoformat(), "lines": [line.to_json() for line in self.lines]}

    def to_html(self, path: str | Path | None = None, *, lang: str = "zh") -> str:
        """Return a page in both languages that opens in `lang`, and write it to `path` where given."""
        both = [(line.brief("zh"), line.brief("en")) for line in self.lines]
        rows = [[Text(*pair) for pair in zip(*cells, strict=True)] for cells in both]
        title = Text(_TITLE.say("zh", on=self.on), _TITLE.say("en", on=self.on))
        page = Page(title, lang=lang).paragraph(NOT_ADVICE).paragraph(_COUNTS, **self.counts())
        page.table(_BRIEF, rows, max_rows=2000)
        if path is not None:
            page.save(path)
        return page.html()
