"""Worked cases as YAML files: what they may say, and the records and expectations they become."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, TypeAlias, get_args

import attrs

from wushe.errors import InputError, Problem, ProblemKind
from wushe.io.cells import Refused, settle_quantities
from wushe.io.headings import fold
from wushe.io.suggest import Suggester
from wushe.model import kinds
from wushe.model.kinds import BadValueError
from wushe.model.spec import MISSING, RECORD_KINDS, Field, RecordKind
from wushe.relief.case_tree import Cell, load_tree, merged, rows_of, undotted
from wushe.rules.parameters import CONFIDENCES, NATION, chain_of
from wushe.text import Text

CaseKind: TypeAlias = Literal["stated", "derived", "qualitative"]
"""Outcome printed in the source; worked out from a sourced rule; only the action is told."""
Verdict: TypeAlias = Literal["eligible", "not eligible", "unknown"]
Amounts: TypeAlias = tuple[int | None, int | None]
"""Lowest and highest amount in fen; None: not known."""

TABLES: Final = (
    "persons", "incomes", "spendings", "assets", "statuses", "grants", "obligors", "emergencies",
)  # fmt: skip
KEYS: Final = (
    "id", "kind", "source", "confidence", "policy", "date", "region", "parameters", "household",
    *TABLES, "unit", "expect", "note", "cases",
)  # fmt: skip
REQUIRED: Final = ("id", "kind", "source", "confidence", "date", "expect")
EXPECTED: Final = ("answer", "failed", "missing", "amounts", "actions")
HOUSEHOLD: Final = "H"
ANSWERS: Final[Mapping[str, Verdict]] = {
    **dict.fromkeys(("eligible", "possibly eligible", "可能符合"), "eligible"),
    **dict.fromkeys(("not eligible", "possibly not eligible", "可能不符合"), "not eligible"),
    **dict.fromkeys(("unknown", "待补信息", "未知"), "unknown"),
}
SET_INSTEAD: Final = (
    "household: {statuses: unknown} / needs: {N-1: {urgency: urgent}}；"
    "set 只写在小例里 set is for sub-cases: cases: [{set: {…}, expect: {…}}]"
)
_AGO = re.compile(r"(\d{1,5}) (day|month|year)s? ago|(\d{1,5})(天|个月|年)前")
_UNITS = {"天": "day", "个月": "month", "年": "year"}


def _mistake(code: str, what: tuple[str, str], expected: str, todo: tuple[str, str]) -> ProblemKind:
    return ProblemKind(code, Text(*what), Text(expected, expected), Text(*todo))


_WRITE = ("照此改写", "write it like that")
BAD_SHAPE = _mistake(
    "bad-case-shape", ("案例这里的写法不对", "a case is not written like this"), "{want}", _WRITE
)
BAD_KEY = _mistake(
    "unknown-case-key", ("没有这一项", "there is no such entry"), "{want}{close}",
    ("改正拼写", "correct the spelling"),
)  # fmt: skip
SAME_ID = _mistake(
    "case-id-twice", ("两个案例编号相同", "two cases have this id"), "D-01, D-02, …",
    ("换一个编号", "give one of them another id"),
)  # fmt: skip
NO_SUCH_ROW = _mistake(
    "no-such-case-row", ("案例里没有这一行", "the case has no such row"), "{want}",
    ("改为已有的编号，或补上这一行", "use an id that is there, or add the row"),
)  # fmt: skip


@attrs.frozen
class LocalValue:
    """A parameter as the case itself states it: `value` None means that it is not known."""

    name: str
    value: str | None
    unit: str | None = None
    line: int | None = None


@attrs.frozen
class Expectation:
    """What should come out; None: not said. `actions` are policies that must come up for somebody."""

    answer: Verdict | None = None
    failed: tuple[str, ...] | None = None
    missing: tuple[str, ...] | None = None
    amounts: Mapping[str, Amounts] = attrs.field(factory=dict)
    actions: tuple[str, ...] = ()


@attrs.frozen
class RuleCase:
    """One case: facts, the day and place, the standards it states, and what should come out.

    `records` holds the rows by table, `unit` the person meant (None: the only one). `file` and `line` say
    where it is written.
    """

    id: str
    kind: CaseKind
    source: str
    confidence: str
    policy: str | None
    on: dt.date
    region: str | None
    parameters: tuple[LocalValue, ...]
    records: Mapping[str, tuple[Any, ...]]
    unit: str | None
    expect: Expectation
    note: str
    file: str
    line: int

    def problem(self, kind: ProblemKind, field: str, value: str | None, **params: Any) -> Problem:
        """Return a mistake of this case, with the file, the line and the case's id."""
        return Problem(kind, self.file, self.line, f"{self.id} {field}", value, params)


def read_cases(path: str | Path) -> tuple[RuleCase, ...]:
    """Return the cases of a YAML file, sub-cases as ``id/1``, ``id/2`` and so on, in its order.

    Raises InputError with all mistakes: file, line, case, field, value, and what was expected.
    """
    return CaseReader(Path(path).name).read(load_tree(Path(path)))


class CaseReader:
    """Reads one file and collects its mistakes. Other sorts of cases have other `keys` and their own `one`.

    Rows of `tables` are laid on each other id by id where cases share them.
    """

    keys: ClassVar[tuple[str, ...]] = KEYS
    tables: ClassVar[tuple[str, ...]] = TABLES

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: dict[tuple[Any, ...], Problem] = {}
        self.mistakes = 0
        self._case = ""
        self._ids: set[str] = set()

    def wrong(
        self, kind: ProblemKind, line: int | None, field: str, value: str | None, /, **params: Any
    ) -> None:
        """Note a mistake of the case that is being read, once though sub-cases repeat it."""
        self.mistakes += 1
        where = f"{self._case} {field}".strip() or None
        self.found.setdefault(
            (kind.code, line, field, value), Problem(kind, self.file, line, where, value, params)
        )

    def shape(self, cell: Cell, field: str, want: str) -> None:
        """Note that `cell` is not what was expected."""
        self.wrong(BAD_SHAPE, cell.line, field, cell.shown(), want=want)

    def texts(self, cell: Cell, field: str) -> tuple[str, ...]:
        """Return a list of words, or one word as a list."""
        items = (cell,) if cell.text is not None else cell.items or ()
        if cell.keys is not None or any(item.text is None for item in items):
            self.shape(cell, field, "[a, b]")
            return ()
        return tuple(item.text or "" for item in items)

    # --- cases -----------------------------------------------------------------------------------

    def read(self, root: Cell) -> tuple[Any, ...]:
        """Return the cases of a file. Raises InputError with all mistakes."""
        found = tuple(self.file_of(root))
        if self.found:
            raise InputError(sorted(self.found.values(), key=lambda problem: problem.row or 0))
        return found

    def file_of(self, root: Cell) -> Iterator[Any]:
        """Yield the cases of a file."""
        base = Cell(root.line, keys={})
        cases = root
        if root.keys is not None:
            self.known(root, ("defaults", "cases"), "")
            base = self.mapping(root.keys.get("defaults", base), "defaults")
            cases = root.keys.get("cases", root)
        if not cases.items:
            self.shape(cases, "cases", "cases: [ … ]")
        for item in cases.items or ():
            self._case = ""
            whole = merged(base, self.mapping(item, "cases"), self.tables)
            yield from self.variants(whole, whole.word("id"))

    def variants(self, whole: Cell, name: str) -> Iterator[Any]:
        """Yield one case, or its sub-cases."""
        self._case = name
        self.known(whole, self.keys, "")
        subs = whole.entries.get("cases")
        if subs is None:
            yield from self.one(whole, name)
            return
        if not subs.items:
            self.shape(subs, "cases", "cases: [{set: {…}, expect: {…}}]")
        for number, sub in enumerate(subs.items or (), start=1):
            self._case = f"{name}/{number}"
            yield from self.variants(self.variant(whole, sub), self._case)

    def variant(self, whole: Cell, sub: Cell) -> Cell:
        """Return a case with the differences of a sub-case; what it expects replaces the case's."""
        said = dict(self.mapping(sub, "cases").entries)
        given = said.pop("set", None)
        said.pop("id", None)
        replaced = ("cases", "expect") if "expect" in said else ("cases",)
        own = {k: v for k, v in whole.entries.items() if k not in replaced}
        found = merged(Cell(sub.line, keys=own), Cell(sub.line, keys=said), self.tables)
        if given is not None:
            found = merged(found, undotted(self.mapping(given, "set")), self.tables)
        return Cell(sub.line, keys=found.keys)

    def known(self, cell: Cell, allowed: tuple[str, ...], field: str) -> None:
        """Note every key that is not one of `allowed`."""
        close = Suggester(allowed)
        for key, value in cell.entries.items():
            if key == "set" and not field:
                self.shape(value, key, SET_INSTEAD)
            elif key not in allowed:
                name = f"{field}.{key}".strip(".")
                want = ", ".join(allowed)
                self.wrong(
                    BAD_KEY, value.line, name, value.shown(), want=want, close=close.close(key)
                )

    def mapping(self, cell: Cell, field: str) -> Cell:
        """Return `cell` if it is a mapping, else an empty one with a mistake noted."""
        if cell.keys is None:
            self.shape(cell, field, f"{field}: {{name: value}}")
            return Cell(cell.line, keys={})
        return cell

    def one(self, whole: Cell, name: str) -> Iterator[Any]:
        """Yield the case that `whole` describes, nothing where it has mistakes."""
        before = self.mistakes
        keys = whole.entries
        for key in REQUIRED:
            if key not in keys or keys[key].absent:
                self.wrong(MISSING, whole.line, key, None, field=key)
        if name in self._ids:
            self.wrong(SAME_ID, whole.line, "id", name)
        self._ids.add(name)
        kind = self.word(whole, "kind", {k: k for k in get_args(CaseKind)})
        confidence = self.word(whole, "confidence", {c: c for c in CONFIDENCES})
        on = self.value(kinds.DATE, keys.get("date"), "date")
        region = self.region(keys)
        expect = self.expectation(self.mapping(keys.get("expect", Cell(1, keys={})), "expect"))
        records = self.records(keys, on or dt.date(2000, 1, 1), region)
        unit = self.unit(keys.get("unit"), records)
        parameters = tuple(self.parameters(keys.get("parameters")))
        policy = whole.word("policy") or None
        if policy is None and attrs.evolve(expect, actions=()) != Expectation():
            self.wrong(MISSING, whole.line, "policy", None, field="policy")
        if self.mistakes == before and on is not None:
            yield RuleCase(
                name, kind, whole.word("source"), confidence, policy, on, region, parameters,
                records, unit, expect, whole.word("note"), self.file, whole.line,
            )  # fmt: skip

    def region(self, keys: Mapping[str, Cell]) -> str | None:
        """Return the code of the case's place: the nation where none is said, None where unknown."""
        cell = keys.get("region")
        if cell is None or cell.absent:
            return NATION if cell is None else None
        code = (cell.text or "").split()[:1]
        if not code or not chain_of(code[0]):
            self.shape(cell, "region", "341324, 340000, 000000")
            return None
        return code[0]

    def unit(self, cell: Cell | None, records: Mapping[str, tuple[Any, ...]]) -> str | None:
        """Return the id of the person meant."""
        ids = [person.id for person in records.get("persons", ())]
        if cell is None:
            return ids[0] if len(ids) == 1 else None
        if cell.text not in ids:
            self.wrong(NO_SUCH_ROW, cell.line, "unit", cell.shown(), want=", ".join(ids))
        return cell.text

    def word(self, whole: Cell, key: str, words: Mapping[str, Any]) -> Any:
        """Return one of a few words."""
        cell = whole.entries.get(key)
        if cell is None or cell.absent:
            return None
        if cell.text not in words:
            self.shape(cell, key, " | ".join(words))
        return words.get(cell.text or "")

    def value(self, kind: kinds.Kind, cell: Cell | None, field: str) -> Any:
        """Return a value as a table would read it, None where there is none."""
        if cell is None or cell.absent:
            return None
        try:
            return kind.parse(cell.text or "")
        except BadValueError as bad:
            self.wrong(bad.problem, cell.line, field, cell.shown(), **bad.params)
            return None

    def parameters(self, cell: Cell | None) -> Iterator[LocalValue]:
        """Yield the parameters that the case states: a value, or {value, unit}."""
        if cell is None or cell.absent:
            return
        for name, said in self.mapping(cell, "parameters").entries.items():
            self.known(said, ("value", "unit"), f"parameters.{name}")
            value = said.entries.get("value") if said.keys is not None else said
            if value is None or value.text is None:
                self.shape(said, f"parameters.{name}", "755 / {value: 36, unit: 倍}")
            else:
                word = None if value.absent else value.text.strip()
                yield LocalValue(name, word, said.word("unit") or None, said.line)

    def expectation(self, cell: Cell) -> Expectation:
        """Return what the case expects."""
        self.known(cell, EXPECTED, "expect")
        keys = cell.entries
        if not keys:
            self.shape(cell, "expect", " | ".join(EXPECTED))
        if "answer" in keys and keys["answer"].text not in ANSWERS:
            self.shape(keys["answer"], "expect.answer", " | ".join(ANSWERS))
        lists = {k: self.texts(keys[k], f"expect.{k}") for k in EXPECTED[1:3] if k in keys}
        amounts = self.mapping(keys.get("amounts", Cell(1, keys={})), "expect.amounts").entries
        return Expectation(
            answer=ANSWERS.get(keys["answer"].text or "") if "answer" in keys else None,
            amounts={k: self.amount(v, f"expect.amounts.{k}") for k, v in amounts.items()},
            actions=self.texts(keys["actions"], "expect.actions") if "actions" in keys else (),
            **lists,
        )

    def amount(self, cell: Cell, field: str) -> Amounts:
        """Return an amount, both ends of a range, or (None, None) for unknown."""
        ends = (cell, cell) if cell.items is None else cell.items
        if cell.keys is not None or len(ends) != 2:
            self.shape(cell, field, "1200.50 / [960, 1440] / unknown")
            return None, None
        low, high = (self.value(kinds.MONEY, end, field) for end in ends)
        return low, high

    # --- facts -----------------------------------------------------------------------------------

    def records(
        self, keys: Mapping[str, Cell], on: dt.date, region: str | None
    ) -> dict[str, tuple[Any, ...]]:
        """Return the records of a case by table."""
        home = keys.get("household", Cell(1, keys={}))
        found: dict[str, tuple[Any, ...]] = {}
        house = None
        if not home.absent:
            fixed = {"id": HOUSEHOLD, "place": region}
            cell = self.mapping(home, "household")
            house = self.record(RECORD_KINDS["households"], "household", cell, fixed, on)
            self.linked(RECORD_KINDS["households"], house, cell, "household", {})
        found["households"] = () if house is None else (house,)
        people = rows_of(keys.get("persons"))
        for table in TABLES:
            kind, rows = RECORD_KINDS[table], []
            for number, cell in rows_of(keys.get(table)).items():
                field = f"{table}.{number}"
                fixed = self.fixed(kind, number, cell, found["households"], people, keys, region)
                row = self.record(kind, field, self.mapping(cell, field), fixed, on)
                rows += [] if row is None else [row]
                self.linked(kind, row, cell, field, people)
            found[table] = tuple(rows)
        return found

    def fixed(
        self, kind: RecordKind, number: str, cell: Cell, houses: tuple[Any, ...],
        people: Mapping[str, Cell], keys: Mapping[str, Cell], region: str | None,
    ) -> dict[str, Any]:  # fmt: skip
        """Return what need not be written in a row: its id and whom it belongs to."""
        said = cell.entries
        fixed: dict[str, Any] = {"id": number}
        alone = kind.name == "persons" and "household" in said
        if (
            houses
            and kind.name != "obligors"
            and not (kind.name == "statuses" and "person" in said)
        ):
            fixed["household"] = houses[0].id
        if kind.name == "persons" and (alone or not houses):
            fixed["place"] = region
        if kind.name == "obligors":
            fixed["person"] = Cell(1, keys=keys).word("unit") or next(iter(people), None)
        return fixed

    def record(
        self, kind: RecordKind, name: str, cell: Cell, fixed: Mapping[str, Any], on: dt.date
    ) -> Any:
        """Return one record, None where a cell cannot be read."""
        values = {field.name: None for field in kind.fields if field.required} | dict(fixed)
        before = self.mistakes
        fields = headings(kind.name)
        for key, said in cell.entries.items():
            field = fields.get(fold(key))
            if field is None:
                close = Suggester([f.heading for f in kind.fields]).close(key)
                listed = ", ".join(f.heading for f in kind.fields)
                want = f"{kind.name}: {listed}"
                self.wrong(
                    BAD_KEY, said.line, f"{name}.{key}", said.shown(), want=want, close=close
                )
            else:
                aged = fold(key) in ("age", "年龄")
                values[field.name] = self.fact(field, said, f"{name}.{key}", on, aged)
        if values.get("quantity") is not None:
            self.settle(values, cell, name)
        if self.mistakes > before:
            return None
        try:
            return kind.cls(**values)
        except InputError as error:
            for p in error.problems:
                self.wrong(p.kind, cell.line, f"{name}.{p.field}", p.value, **dict(p.params))
            return None

    def settle(self, values: dict[str, Any], cell: Cell, name: str) -> None:
        """Turn the quantity of a row into a whole one, as the tables are read: 1.5 hours are 90 minutes."""
        names = [key for key in ("quantity", "unit", "per_need") if key in values]
        columns: dict[str, list[Any]] = {key: [values[key]] for key in names}
        settle_quantities(columns, 1)
        found = columns["quantity"][0]
        if isinstance(found, Refused):
            shown = cell.entries.get("quantity", cell).shown()
            self.wrong(found.problem, cell.line, f"{name}.quantity", shown, **dict(found.params))
        values.update({key: column[0] for key, column in columns.items()})

    def fact(self, field: Field, cell: Cell, name: str, on: dt.date, aged: bool) -> Any:
        """Return one fact as the tables read it; a date may be ``7 months ago``, an `age` in years."""
        if cell.absent and (cell.text != "none" or field.refs):
            return None
        if cell.keys is not None or (cell.items is not None and field.kind.name != "tags"):
            self.shape(cell, name, "value")
            return None
        text = ";".join(self.texts(cell, name)) or ("none" if cell.items == () else "")
        ago = _AGO.fullmatch(f"{text} years ago" if aged else text)
        try:
            if ago and field.kind is kinds.DATE:
                return _back(on, int(ago[1] or ago[3]), ago[2] or _UNITS[ago[4]])
            return field.read(text)
        except (BadValueError, ValueError) as bad:
            kind, params = (
                (bad.problem, bad.params)
                if isinstance(bad, BadValueError)
                else (kinds.NOT_DATE, {})
            )
            self.wrong(kind, cell.line, name, field.shown(text), **params)
            return None

    def linked(
        self, kind: RecordKind, row: Any, cell: Cell, name: str, people: Mapping[str, Cell]
    ) -> None:
        """Note every person that a row names and the case does not have."""
        for field in kind.fields if row is not None else ():
            value = getattr(row, field.name)
            if value is None:
                continue
            if field.refs == ("persons",) and value not in people:
                want = ", ".join(people)
                self.wrong(NO_SUCH_ROW, cell.line, f"{name}.{field.name}", value, want=want)
            if field.refs == ("places",) and not chain_of(value):
                self.wrong(
                    BAD_SHAPE, cell.line, f"{name}.{field.name}", value, want="341324, 340000"
                )


@cache
def headings(table: str) -> Mapping[str, Field]:
    """Return the fields of a table by the folded headings that a case may use for them.

    Those of the tables, the field's own name (money without ``_fen``: a case is in yuan), and `age`.
    """
    found: dict[str, Field] = {}
    for field in RECORD_KINDS[table].fields:
        names = (
            field.heading,
            field.zh,
            field.zh.split("(")[0],
            field.heading.removesuffix("_yuan"),
        )
        found.update({fold(name): field for name in names})
        if field.name == "birth":
            found.update({"age": field, "年龄": field})
    return found


def _back(on: dt.date, count: int, unit: str) -> dt.date:
    """Return the day `count` days, months or years before `on`, the month's last where it is too short."""
    if unit == "day":
        return on - dt.timedelta(count)
    month = on.year * 12 + on.month - 1 - count * (12 if unit == "year" else 1)
    first = dt.date(month // 12, month % 12 + 1, 1)
    last = dt.date(first.year + first.month // 12, first.month % 12 + 1, 1) - dt.timedelta(1)
    return min(first + dt.timedelta(on.day - 1), last)
