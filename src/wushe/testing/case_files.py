"""Cases of plugin rules as YAML files: a few made-up rows of the tables, and what the rules should answer.

They are written like the cases of policies (`wushe.relief.read_cases`): `defaults`, sub-cases, `set`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, ClassVar, Final

import attrs

from wushe.errors import InputError, Problem
from wushe.model import kinds
from wushe.model.kinds import say_instant
from wushe.model.spec import MISSING, RECORD_KINDS
from wushe.model.terms import REASONS
from wushe.relief.case_reading import SAME_ID, CaseReader
from wushe.relief.case_tree import Cell, rows_of

ALLOWED: Final = "allowed"
"""The answer of a filter or guard that has nothing against it; else the reason, or the guard's name."""
ANSWERS: Final[Mapping[str, str]] = {
    **dict.fromkeys((ALLOWED, "可以"), ALLOWED),
    **{reason: reason for reason in REASONS},
}
"""What a case may say of a pair, and what is meant."""
SIGNS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("yes", "true", "是"), 1),
    **dict.fromkeys(("no", "false", "否"), 0),
    **dict.fromkeys(("unknown", "不清楚", "未知"), -1),
}
STEPS: Final = 1000
"""Scores and priorities are compared in thousandths, as they are used."""
CHINA: Final = dt.timezone(dt.timedelta(hours=8))
CAPS: Final = ("gift_cap", "donor_cap", "project_cap")


@attrs.frozen
class PairExpected:
    """What the filters and scores should say of one pair; `scores` in thousandths, by name of the term.

    `by` are plugins that should refuse it, () where it does not matter which; `says` are words that the
    label of a filter that refuses it should hold, "" where it does not matter.
    """

    need: str
    offer: str
    answer: str | None
    scores: Mapping[str, int]
    by: tuple[str, ...] = ()
    says: str = ""


@attrs.frozen
class OrderExpected:
    """Whether the guards of orders should let a helper take a need: `ALLOWED`, or the guard that refuses.

    `minutes` should there be to answer, and `at_once` helpers be asked together; None: not said.
    """

    need: str
    helper: str
    answer: str
    minutes: int | None = None
    at_once: int | None = None


@attrs.frozen
class StandardExpected:
    """Which items of a standard a row should lack, and which nobody knows of; None: not said."""

    row: str
    standard: str
    missing: tuple[str, ...] | None
    unknown: tuple[str, ...] | None


@attrs.frozen
class SignalExpected:
    """Whether a risk signal should show of a person: 1, 0, -1 unknown."""

    person: str
    signal: str
    answer: int


@attrs.frozen
class CellExpected:
    """One cell of a report section's table, by the labels of its row and column; None: unknown."""

    section: str
    row: str
    column: str
    value: str | None


@attrs.frozen
class Expected:
    """All that one case expects. `priority` in thousandths, `gifts` in fen, `plan` by need."""

    pairs: tuple[PairExpected, ...] = ()
    priority: Mapping[str, int] = attrs.field(factory=dict)
    first: tuple[str, ...] = ()
    plan: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    orders: tuple[OrderExpected, ...] = ()
    gifts: Mapping[str, int] = attrs.field(factory=dict)
    standards: tuple[StandardExpected, ...] = ()
    signals: tuple[SignalExpected, ...] = ()
    report: tuple[CellExpected, ...] = ()


@attrs.frozen
class PluginCase:
    """One case: rows by table, gifts and the pools that match them, the day, and what should come out."""

    id: str
    source: str
    note: str
    on: dt.date
    records: Mapping[str, tuple[Any, ...]]
    gifts: tuple[Mapping[str, Any], ...]
    pools: tuple[Mapping[str, Any], ...]
    expect: Expected
    file: str
    line: int

    def again(self, problem: Problem) -> Problem:
        """Return a mistake found in the case's rows, with the file, the line and the case's id."""
        where = " ".join(filter(None, (self.id, problem.file, problem.field)))
        return Problem(problem.kind, self.file, self.line, where, problem.value, problem.params)


class PluginCaseReader(CaseReader):
    """Reads a file of plugin cases; `read` raises InputError with all mistakes."""

    tables: ClassVar[tuple[str, ...]] = (*RECORD_KINDS, "gifts", "pools")
    keys: ClassVar[tuple[str, ...]] = (
        *("id", "source", "note", "date", "expect", "cases"),
        *tables,
    )

    def one(self, whole: Cell, name: str) -> Iterator[PluginCase]:
        """Yield the case that `whole` describes, nothing where it has mistakes."""
        before, keys = self.mistakes, whole.entries
        for key in ("id", "source", "date", "expect"):
            if key not in keys or keys[key].absent:
                self.wrong(MISSING, whole.line, key, None, field=key)
        if name in self._ids:
            self.wrong(SAME_ID, whole.line, "id", name)
        self._ids.add(name)
        on = self.value(kinds.DATE, keys.get("date"), "date")
        records = self.rows(keys, on or dt.date(2000, 1, 1))
        gifts = tuple(self.gift(key, row) for key, row in rows_of(keys.get("gifts")).items())
        pools = tuple(self.pool(key, row) for key, row in rows_of(keys.get("pools")).items())
        expect = self.expected(self.mapping(keys.get("expect", Cell(1, keys={})), "expect"))
        if self.mistakes == before and on is not None:
            yield PluginCase(
                name, whole.word("source"), whole.word("note"), on, records, gifts, pools, expect,
                self.file, whole.line,
            )  # fmt: skip

    def rows(self, keys: Mapping[str, Cell], on: dt.date) -> dict[str, tuple[Any, ...]]:
        """Return the records of the case by table."""
        found: dict[str, tuple[Any, ...]] = {}
        for table, kind in RECORD_KINDS.items():
            rows = []
            for key, cell in rows_of(keys.get(table)).items():
                field = f"{table}.{key}"
                row = self.record(kind, field, self.mapping(cell, field), {"id": key}, on)
                rows += [] if row is None else [row]
            if rows:
                found[table] = tuple(rows)
        return found

    # --- gifts and pools ---------------------------------------------------------------------------

    def gift(self, key: str, cell: Cell) -> dict[str, Any]:
        """Return one donation as `split_gifts` receives it."""
        names = ("id", "yuan", "donor", "fund", "project", "at")
        field = f"gifts.{key}"
        self.needed(cell, names, ("yuan", "at"), field)
        words = {name: cell.word(name) or None for name in ("donor", "fund", "project")}
        fen = self.money(cell, "yuan", field)
        return {"id": key, "fen": fen, **words, "at": self.instant(cell, "at", field)}

    def pool(self, key: str, cell: Cell) -> dict[str, Any]:
        """Return one pool as `split_gifts` receives it; without a ratio it adds as much as was given."""
        names = ("id", "left", "ratio", *CAPS, "opens", "closes", "fund")
        field = f"pools.{key}"
        self.needed(cell, names, ("left",), field)
        ratio = self.fraction(cell.entries.get("ratio", Cell(cell.line, "1")), f"{field}.ratio")
        caps = {n: self.money(cell, n, field) if n in cell.entries else -1 for n in CAPS}
        times = {n: self.instant(cell, n, field) for n in ("opens", "closes")}
        return {
            "id": key, "left_fen": self.money(cell, "left", field), "numerator": ratio.numerator,
            "denominator": ratio.denominator, **caps, **times, "fund": cell.word("fund") or None, "given": {},
        }  # fmt: skip

    def money(self, cell: Cell, name: str, field: str) -> int:
        """Return an amount in fen of a value in yuan."""
        found = self.value(kinds.MONEY, cell.entries.get(name), f"{field}.{name}")
        return found or 0

    def instant(self, cell: Cell, name: str, field: str) -> str | None:
        """Return an instant in UTC of a date, or of date and time, as they are in China."""
        said = cell.word(name)
        if not said:
            return None
        try:
            found = dt.datetime.fromisoformat(said)
        except ValueError:
            self.shape(cell.entries[name], f"{field}.{name}", "2025-05-20 / 2025-05-20 14:30")
            return None
        return say_instant(found if found.tzinfo else found.replace(tzinfo=CHINA))

    def fraction(self, cell: Cell, field: str) -> Fraction:
        """Return a number as it is written: 0.5, 1/2."""
        try:
            found = Fraction((cell.text or "").strip())
        except (ValueError, ZeroDivisionError):
            found = Fraction(-1)
        if found < 0:
            self.shape(cell, field, "0.5 / 1/2")
            return Fraction(1)
        return found

    # --- what is expected --------------------------------------------------------------------------

    def expected(self, cell: Cell) -> Expected:
        """Return what the case expects."""
        names = tuple(a.name for a in attrs.fields(Expected))
        self.known(cell, names, "expect")
        keys = cell.entries
        if not keys:
            self.shape(cell, "expect", " | ".join(names))
        said = {name: list(self.listed(keys.get(name), f"expect.{name}")) for name in _LISTS}
        mapped = {name: self.mapped(keys.get(name), f"expect.{name}") for name in _MAPPINGS}
        return Expected(
            pairs=tuple(self.pair(row) for row in said["pairs"]),
            orders=tuple(self.order(row) for row in said["orders"]),
            standards=tuple(self.standard(row) for row in said["standards"]),
            signals=tuple(self.signal(row) for row in said["signals"]),
            report=tuple(self.cell_of(row) for row in said["report"]),
            first=self.texts(keys["first"], "expect.first") if "first" in keys else (),
            priority={k: self.steps(v, f"expect.priority.{k}") for k, v in mapped["priority"]},
            plan={k: self.texts(v, f"expect.plan.{k}") for k, v in mapped["plan"]},
            gifts={
                k: self.value(kinds.MONEY, v, f"expect.gifts.{k}") or 0 for k, v in mapped["gifts"]
            },
        )

    def listed(self, cell: Cell | None, field: str) -> Iterator[Cell]:
        """Yield the entries of a list of mappings that have what is needed and nothing else."""
        needed, more = _LISTS[field.removeprefix("expect.")]
        if cell is not None and not cell.items:
            self.shape(cell, field, f"[{{{', '.join(f'{name}: …' for name in needed)}}}]")
        for row in cell.items or () if cell is not None else ():
            if self.needed(row, (*needed, *more), needed, field):
                yield row

    def needed(self, cell: Cell, allowed: Sequence[str], needed: Sequence[str], field: str) -> bool:
        """Note what is missing or not known in a mapping; return whether it can be read."""
        before = self.mistakes
        self.known(self.mapping(cell, field), tuple(allowed), field)
        for name in needed:
            if cell.keys is not None and name not in cell.keys:
                self.wrong(MISSING, cell.line, f"{field}.{name}", None, field=name)
        return self.mistakes == before

    def mapped(self, cell: Cell | None, field: str) -> list[tuple[str, Cell]]:
        """Return the entries of a mapping."""
        return [] if cell is None else list(self.mapping(cell, field).entries.items())

    def steps(self, cell: Cell, field: str) -> int:
        """Return a value within 0..1 in thousandths."""
        found = self.fraction(cell, field)
        if found > 1:
            self.shape(cell, field, "0.5 (0 … 1)")
        return round(found * STEPS)

    def pair(self, row: Cell) -> PairExpected:
        """Return what is expected of one pair: an answer, scores, or both."""
        field = "expect.pairs"
        if not {"answer", "scores"} & set(row.entries):
            self.shape(row, field, "{need: N-1, offer: V-1, answer: allowed}")
        answer = row.word("answer")
        if answer and answer not in ANSWERS:
            self.shape(row.entries["answer"], f"{field}.answer", " | ".join(ANSWERS))
        by = self.texts(row.entries["by"], f"{field}.by") if "by" in row.entries else ()
        for name in ("by", "says"):
            if name in row.entries and ANSWERS.get(answer, ALLOWED) == ALLOWED:
                example = f"{{need: N-1, offer: V-1, answer: skill, {name}: …}}"
                self.shape(row, f"{field}.{name}", example)
        scores = self.mapped(row.entries.get("scores"), f"{field}.scores")
        return PairExpected(
            row.word("need"), row.word("offer"), ANSWERS.get(answer),
            {name: self.steps(value, f"{field}.scores.{name}") for name, value in scores}, by,
            row.word("says"),
        )  # fmt: skip

    def order(self, row: Cell) -> OrderExpected:
        """Return what is expected of one need and helper."""
        counts = {
            name: self.value(kinds.INTEGER, row.entries[name], f"expect.orders.{name}")
            for name in ("minutes", "at_once")
            if name in row.entries
        }
        return OrderExpected(row.word("need"), row.word("helper"), row.word("answer"), **counts)

    def standard(self, row: Cell) -> StandardExpected:
        """Return what is expected of one row under a standard."""
        lists = [
            self.texts(row.entries[name], f"expect.standards.{name}") if name in row.entries else None
            for name in ("missing", "unknown")
        ]  # fmt: skip
        return StandardExpected(row.word("row"), row.word("standard"), *lists)

    def signal(self, row: Cell) -> SignalExpected:
        """Return what is expected of one person under a risk signal."""
        said = (row.entries["answer"].text or "").strip()
        if said not in SIGNS:
            self.shape(row.entries["answer"], "expect.signals.answer", " | ".join(SIGNS))
        return SignalExpected(row.word("person"), row.word("signal"), SIGNS.get(said, -1))

    def cell_of(self, row: Cell) -> CellExpected:
        """Return what is expected of one cell of a report."""
        value = row.entries["value"]
        said = None if value.absent else (value.text or "").strip()
        return CellExpected(row.word("section"), row.word("row"), row.word("column"), said)


_LISTS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "pairs": (("need", "offer"), ("answer", "by", "says", "scores")),
    "orders": (("need", "helper", "answer"), ("minutes", "at_once")),
    "standards": (("row", "standard"), ("missing", "unknown")),
    "signals": (("person", "signal", "answer"), ()),
    "report": (("section", "row", "column", "value"), ()),
}
"""Entries of `expect` that are lists, with what each item must and may say."""
_MAPPINGS: Final = ("priority", "plan", "gifts")


def network_mistakes(case: PluginCase, error: InputError) -> InputError:
    """Return the mistakes of a case's tables with the case's file, line and id."""
    return InputError([case.again(problem) for problem in error.problems])
