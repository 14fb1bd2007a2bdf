"""Parameters: numbers and words of policy, by region and date, each with its document."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Final

import attrs

from wushe.errors import InputError, Problem, ProblemKind
from wushe.text import Text

NATION: Final = "000000"
CONFIDENCES: Final = ("A", "A*", "B", "C")
"""Read on an official page; full official text in a transcription; secondary; not verified."""
UNDECIDING: Final = "C"
DRAFT: Final = "draft_"
"""How the names of parameters from consultation drafts begin."""
TOO_LARGE: Final = 10**12
"""No standard comes near this: sums of what lies below it stay exact in 64 bits."""
CHECK_MONTHS: Final = 18
"""How long an open-ended value is taken as it stands after it was last checked."""

OPERATOR, ROUNDING, MONTH_DAY, BOOL = "operator", "rounding", "MMDD", "bool"
YUAN, YUAN_MONTH, YUAN_YEAR = "元", "元/人·月", "元/人·年"
WAGE_MONTH, PUPIL_YEAR = "元/月", "元/生·年"
TIMES, PERCENT = "倍", "%"
WORKING_DAY, CALENDAR_DAY = "工作日", "日历日"
MONTH, YEAR, AGE, PERSON, OCCASION = "月", "年", "岁", "人", "次"
WORD_UNITS: Final = (OPERATOR, ROUNDING, MONTH_DAY)
"""Units of values that are words: `Parameter.text` reads them, `Parameter.number` refuses."""
OPERATORS: Final = ("<", "<=", ">", ">=")

_UNIT = re.compile(
    r"元(/[人户生]?·?[日月季年])?|%.*|倍.*|月低保标准|工作日|日历日|[日月年岁人次户级个家支]"
    r"|bool|MMDD|operator|rounding"
)
_UNITS: Final = (
    "元, 元/人·月, 元/户·月, 元/人·年, %, 倍, 工作日, 日历日, 月, 年, 岁, 人, 户, 次, 级, 个, 家, 支, "
    "bool, operator, rounding, MMDD"
)
"""Examples of what `_UNIT` lets pass, for the message."""
_VALUES: Final = {
    OPERATOR: re.compile(r"[<>]=?"),
    ROUNDING: re.compile(r"exact|(nearest|ceil|floor):[1-9][0-9]*"),
    MONTH_DAY: re.compile(r"(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"),
    BOOL: re.compile(r"[01]"),
}
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?|[0-9]+/[1-9][0-9]*")
_NAME = re.compile(r"[a-z][A-Za-z0-9_]*")
_INFERRED = "推定"
_LENGTHS = (2, 4, 6, 9, 12)


def _mistake(
    code: str, what: tuple[str, str], expected: tuple[str, str], todo: tuple[str, str]
) -> ProblemKind:
    return ProblemKind(code, Text(*what), Text(*expected), Text(*todo))


_CHECK = ("对照文件核对后改正", "compare with the document and correct it")
BAD_CELL = _mistake("bad-parameter", ("不能这样写", "this cannot be read"), ("{want}",) * 2, _CHECK)
NOT_A_NUMBER = _mistake(
    "parameter-not-a-number",
    ("不是数（单位：{unit}）", "it is no number (unit: {unit})"),
    ("如 940、1.5、1/6", "such as 940, 1.5 or 1/6"),
    ("需要文字时用 .text，否则核对值和单位", "use .text for words, else check value and unit"),
)
TWICE = _mistake(
    "parameter-twice",
    ("同一参数给了两次：{first}；{second}", "one parameter is given twice: {first}; {second}"),
    ("每个名称、地区、起始日只有一个值", "one value for each name, region and start"),
    ("删去其中一个，或改正其起始日或地区", "drop one of them, or correct its start or region"),
)
BAD_TABLE = _mistake(
    "bad-parameter-table",
    ("读不出参数表（{why}）", "the table of parameters cannot be read ({why})"),
    ("UTF-8 编码的 CSV，第一行是表头：{columns}", "CSV in UTF-8 under the heading {columns}"),
    ("核对文件，另存为“CSV UTF-8”", "check the file and save it as CSV UTF-8"),
)

_EXPIRED = Text(
    zh="文件的有效期至{day}，其后是否续期未查到：不据此判断“不符合”",
    en="its document ran out on {day} and no renewal was found: it supports no refusal",
)
_UNCHECKED = Text(
    zh="最后核对于{day}，已超过{months}个月：不据此判断“不符合”",
    en="last checked on {day}, over {months} months ago: it supports no refusal",
)
_OLD = Text(zh="这是{day}起的标准，未查到其后的调整", en="standard of {day}, successor not found")
_START = Text(zh="起始日{day}是推定的", en="its start, {day}, is inferred")


@attrs.frozen
class Parameter:
    """One value of policy at a place, from a day on. Dates are inclusive.

    `value` as the document prints it, in `unit`; `valid_from` None: the start was not found, so that
    it never decides. `expires` is the end of the document's own term where no renewal is known:
    after it the value may support a yes, never a no. A row with an `area` (a sub-area or wage class,
    as printed) applies to the places `within` only, and nowhere where none are listed.
    A row that `replaces` takes the place of another plugin's row with the same key. Raises InputError
    naming every field that cannot be as it is.
    """

    name: str
    region: str
    value: str
    unit: str
    valid_from: dt.date | None
    valid_to: dt.date | None
    expires: dt.date | None
    document: str
    article: str
    source: str
    checked: dt.date | None
    confidence: str
    area: str = ""
    within: tuple[str, ...] = ()
    note: str = ""
    replaces: bool = False

    def __attrs_post_init__(self) -> None:
        where = f"parameter {self.name} {self.region}"
        found = [Problem(BAD_CELL, where, None, f, v, {"want": w}) for f, v, w in _faults(self)]
        if found:
            raise InputError(found)

    @property
    def key(self) -> tuple[str, str, object, dt.date | None, dt.date | None]:
        """What no two rows share: name, place and start; without a start, the end tells them apart."""
        # Rows without a start only tell of a value once seen: two of them may have their own ends.
        until = self.valid_to if self.valid_from is None else None
        return self.name, self.region, self.within or self.area, self.valid_from, until

    @property
    def number(self) -> Fraction:
        """The value, exact, in base units: yuan as fen, per cent as a fraction, others as they are.

        Raises InputError where the value is a word.
        """
        if self.unit in WORD_UNITS:
            where = f"parameter {self.name} {self.region}"
            raise InputError(
                [Problem(NOT_A_NUMBER, where, None, "value", self.value, {"unit": self.unit})]
            )
        number = Fraction(self.value)
        if self.unit.startswith(YUAN):
            return number * 100
        return number / 100 if self.unit.startswith(PERCENT) else number

    @property
    def text(self) -> str:
        """The value as a word: an operator (``<``) or a rounding rule (``ceil:5``: up to 5 yuan)."""
        return self.value

    @property
    def draft(self) -> bool:
        """Whether it comes from a consultation draft, which is never applied as law."""
        return self.name.startswith(DRAFT)

    @property
    def inferred(self) -> bool:
        """Whether its start was inferred, not read."""
        return _INFERRED in self.note or _INFERRED in self.document

    @property
    def placed(self) -> bool:
        """Whether it is known where it applies."""
        return bool(self.within) or not self.area

    def applies(self, chain: Sequence[str]) -> bool:
        """Return whether it applies at the place whose codes, up to the nation, are `chain`."""
        if self.region not in chain:
            return False
        return any(code in chain for code in self.within) if self.within else not self.area

    def started(self, on: dt.date) -> bool:
        """Return whether it is of a kind that decides and began by the day `on`."""
        if self.valid_from is None or self.confidence == UNDECIDING or self.draft:
            return False
        return self.valid_from <= on

    def decides(self, on: dt.date) -> bool:
        """Return whether it may decide anything on the day `on`, at the places it applies to."""
        return self.started(on) and (self.valid_to is None or on <= self.valid_to)

    def warnings(self, on: dt.date) -> tuple[Text, ...]:
        """Return what to say beside the value on the day `on`; the first kinds make it not firm."""
        found = []
        if self.expired(on):
            found.append(_said(_EXPIRED, self.expires))
        if self.unchecked(on):
            found.append(_said(_UNCHECKED, self.checked or self.valid_from))
        if self._ageing(on, self.valid_from):
            found.append(_said(_OLD, self.valid_from))
        if self.inferred:
            found.append(_said(_START, self.valid_from))
        return tuple(found)

    def expired(self, on: dt.date) -> bool:
        """Return whether its document's term is over on the day `on`, renewal not known."""
        return self.expires is not None and on > self.expires

    def unchecked(self, on: dt.date) -> bool:
        """Return whether it is open-ended and was not checked for `CHECK_MONTHS` before `on`."""
        return self._ageing(on, max(filter(None, (self.checked, self.valid_from)), default=None))

    def firm(self, on: dt.date) -> bool:
        """Return whether it may support a no on the day `on`, not only a yes."""
        return not self.expired(on) and not self.unchecked(on)

    def _ageing(self, on: dt.date, since: dt.date | None) -> bool:
        return self.valid_to is None and since is not None and on > _months_after(since)


@attrs.frozen
class Lookup:
    """What a name gives at a place on a day.

    `firm`: the value may support a no, not only a yes. `candidates` are rows that were seen but
    cannot decide (another time, start not found, confidence C, draft, area not placed), nearest
    place first: they say which local document to look for.
    """

    name: str
    parameter: Parameter | None
    firm: bool
    warnings: tuple[Text, ...]
    candidates: tuple[Parameter, ...]


class ParameterBook:
    """All parameters, found by name, place and day.

    Raises InputError where one name has two values at one place from one day on.
    """

    parameters: tuple[Parameter, ...]
    """Sorted by name, region and start; rows of `local` before all others."""

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self._layers: tuple[_Layer, ...] = (_Layer(parameters),)
        self.parameters = self._layers[0].rows
        self._scales: dict[str, int] = {}

    def find(self, name: str, chain: tuple[str, ...], on: dt.date) -> Lookup:
        """Return the value of `name` on the day `on` at the place with the codes `chain`.

        `chain` (see `chain_of`) has the nearest place first; the nearest that has a value on that
        day wins, there the latest start, there the narrower area. An open-ended row ends where a later
        one of its region begins. Another day or region never steps in: `parameter` is None.
        """
        candidates = tuple(p for layer in self._layers for p in layer.candidates(name, chain, on))
        for layer in self._layers:
            row = layer.best(name, chain, on)
            if row is not None:
                return Lookup(name, row, row.firm(on), row.warnings(on), candidates)
        return Lookup(name, None, False, (), candidates)

    def names(self) -> tuple[str, ...]:
        """Return the names of all parameters, sorted."""
        return tuple(sorted({p.name for p in self.parameters}))

    def codes(self) -> frozenset[str]:
        """Return the codes of all places of which some row says something."""
        rows = (row for layer in self._layers for row in layer.rows)
        return frozenset(code for row in rows for code in (row.region, *row.within))

    def varies(self, name: str) -> bool:
        """Return whether some value of `name` is for less than the nation."""
        return any(p.region != NATION or p.area for p in self._rows(name))

    def scale(self, name: str) -> int:
        """Return the least integer that makes every `number` of `name` whole (1 if there is none)."""
        if name not in self._scales:
            numbers = (p.number for p in self._rows(name) if p.unit not in WORD_UNITS)
            self._scales[name] = math.lcm(*(number.denominator for number in numbers))
        return self._scales[name]

    def local(self, parameters: Iterable[Parameter]) -> ParameterBook:
        """Return a book in which these rows win over every other row of their name.

        For a worked case's own standards and for a reform; where and when none of these rows has a
        value, the others stand. Raises InputError where two of these rows are one parameter.
        """
        book = ParameterBook(parameters)
        book._layers = (*book._layers, *self._layers)
        book.parameters = (*book.parameters, *self.parameters)
        return book

    def changes(self, names: Iterable[str] | None = None) -> tuple[tuple[dt.date, str], ...]:
        """Return the days on which a value of `names` (None: of all) changes, sorted by day and name.

        These are every start, and the day after every end and every expiry.
        """
        wanted = None if names is None else frozenset(names)
        days: set[tuple[dt.date, str]] = set()
        for p in self.parameters:
            if wanted is None or p.name in wanted:
                ends = (p.valid_to, p.expires)
                after = (d + dt.timedelta(1) for d in ends if d is not None and d < dt.date.max)
                days.update((day, p.name) for day in (p.valid_from, *after) if day is not None)
        return tuple(sorted(days))

    def _rows(self, name: str) -> Iterator[Parameter]:
        for layer in self._layers:
            for rows in layer.by_name.get(name, {}).values():
                yield from rows


class _Layer:
    """Rows of one standing, indexed by name and region."""

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self.rows = tuple(sorted(parameters, key=_order))
        _refuse_twins(self.rows)
        self.by_name: dict[str, dict[str, list[Parameter]]] = {}
        for row in self.rows:
            self.by_name.setdefault(row.name, {}).setdefault(row.region, []).append(row)

    def best(self, name: str, chain: tuple[str, ...], on: dt.date) -> Parameter | None:
        regions = self.by_name.get(name, {})
        for code in chain:
            begun = [p for p in regions.get(code, ()) if p.started(on) and p.applies(chain)]
            latest = max((p.valid_from for p in begun if p.valid_from), default=None)
            # What has no end of its own ended when its successor began, even one that is over too.
            ended = [p for p in begun if p.valid_to is None and p.valid_from != latest]
            rows = [p for p in begun if p.decides(on) and p not in ended]
            if rows:
                return max(rows, key=lambda p: (p.valid_from, _narrowness(p, chain)))
        return None

    def candidates(self, name: str, chain: tuple[str, ...], on: dt.date) -> Iterator[Parameter]:
        for code in chain:
            for said in (name, DRAFT + name):
                for p in reversed(self.by_name.get(said, {}).get(code, [])):
                    if not p.placed or (p.applies(chain) and not p.decides(on)):
                        yield p


def _narrowness(parameter: Parameter, chain: tuple[str, ...]) -> tuple[int, int]:
    nearest = min((chain.index(c) for c in parameter.within if c in chain), default=len(chain))
    return -nearest, -len(parameter.within)


def _order(p: Parameter) -> tuple[str, ...]:
    days = (p.valid_from, p.valid_to, p.expires, p.checked)
    start, end, *others = ("" if day is None else day.isoformat() for day in days)
    told = (p.value, p.unit, p.document, p.article, p.source, p.confidence, p.note, *others)
    return (p.name, p.region, start, p.area, ";".join(p.within), end, *told)


def _refuse_twins(rows: tuple[Parameter, ...]) -> None:
    seen: dict[tuple[object, ...], Parameter] = {}
    problems = []
    for p in rows:
        first = seen.setdefault(p.key, p)
        if first is not p:
            said = {"first": _cited(first), "second": _cited(p)}
            problems.append(Problem(TWICE, f"parameter {p.name} {p.region}", params=said))
    if problems:
        raise InputError(problems)


def _cited(p: Parameter) -> str:
    start = "?" if p.valid_from is None else p.valid_from.isoformat()
    return " ".join(filter(None, (p.value, p.unit, start, p.document, p.article, f"[{p.source}]")))


def chain_of(code: str) -> tuple[str, ...]:
    """Return the codes of a place and of all places it lies in, nearest first, the nation last.

    `code` has 2, 4, 6, 9 or 12 digits; trailing groups of zeros mean the whole above. Anything else
    gives (): the place is not known.

    >>> chain_of("420106001")
    ('420106001', '420106', '420100', '420000', '000000')
    """
    if not (code.isascii() and code.isdigit()) or len(code) not in _LENGTHS:
        return ()
    full = code.ljust(12, "0")
    if full.startswith("00"):
        return (NATION,) if not full.strip("0") else ()
    levels = (full, full[:9], full[:6], f"{full[:4]}00", f"{full[:2]}0000", NATION)
    ends = (full[9:], full[6:9], full[4:6], full[2:4], full[:2], "1")
    return tuple(level for level, end in zip(levels, ends, strict=True) if end.strip("0"))


def _said(text: Text, day: dt.date | None) -> Text:
    said = {"day": day, "months": CHECK_MONTHS}
    return Text(zh=text.say("zh", **said), en=text.say("en", **said))


def _months_after(day: dt.date) -> dt.date:
    """Return the day `CHECK_MONTHS` later, the last of its month where that one is too short."""
    month = day.year * 12 + day.month - 1 + CHECK_MONTHS
    if month // 12 > dt.MAXYEAR:
        return dt.date.max
    first = dt.date(month // 12, month % 12 + 1, 1)
    following = dt.date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return min(first + dt.timedelta(day.day - 1), following - dt.timedelta(1))


def _faults(p: Parameter) -> Iterator[tuple[str, str, str]]:
    """Yield the field, the value and what was expected, for each field that cannot be so."""
    if not _NAME.fullmatch(p.name):
        yield "name", p.name, "dibao_std_urban_month"
    if chain_of(p.region)[:1] != (p.region,):
        yield "region", p.region, "000000, 420000, 420100, 420106, 420106001, 420106001002"
    for code in p.within:
        chain = chain_of(code)
        if chain[:1] != (code,) or p.region not in chain:
            yield "within", code, f"{p.region} …"
    yield from _value_faults(p)
    if p.confidence not in CONFIDENCES:
        yield "confidence", p.confidence, " ".join(CONFIDENCES)
    for field in ("valid_to", "expires"):
        day = getattr(p, field)
        if day is not None and p.valid_from is not None and day < p.valid_from:
            yield field, str(day), f">= {p.valid_from}"


def _value_faults(p: Parameter) -> Iterator[tuple[str, str, str]]:
    if not _UNIT.fullmatch(p.unit):
        yield "unit", p.unit, _UNITS
    elif not _VALUES.get(p.unit, _NUMBER).fullmatch(p.value):
        examples = {OPERATOR: "< <= > >=", ROUNDING: "exact ceil:1 nearest:1", MONTH_DAY: "0531"}
        yield "value", p.value, examples.get(p.unit, "0 / 1" if p.unit == BOOL else "940 1.5 1/6")
    elif p.unit not in WORD_UNITS and Fraction(p.value) >= TOO_LARGE:
        yield "value", p.value[:20], f"< {TOO_LARGE}"
