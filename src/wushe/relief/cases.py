"""Worked cases: what a policy should answer for a household, run and compared with what it answers.

A file (see `read_cases`) is a list of cases, or `defaults` for all of them and `cases`. A case may hold
`cases` of its own, each with the differences it sets: ``set: {household.income_month: 2264}``. Money is in
yuan, `unknown` (or nothing) means unknown; a date may be ``7 months ago``, a birth an `age`. The rows of
a table are a list, or a mapping of id to row; what a row belongs to need not be written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

import attrs

from wushe.errors import InputError, Problem, ProblemKind
from wushe.io.headings import fold
from wushe.io.suggest import Suggester
from wushe.model import kinds
from wushe.model.spec import RECORD_KINDS
from wushe.model.storage import UNKNOWN_INT
from wushe.model.tables import empty_table, table_of
from wushe.relief.assess import ANSWERS, ELIGIBLE, NOT_ELIGIBLE, UNKNOWN, ends, evaluate
from wushe.relief.case_reading import Amounts, LocalValue, RuleCase, Verdict, read_cases
from wushe.relief.decisive import decisive_set
from wushe.rules.expr import Ask, Linked, Some, Total
from wushe.rules.frame import Frame
from wushe.rules.intervals import NO, YES
from wushe.rules.parameters import NATION, Parameter, ParameterBook
from wushe.rules.policy import Policy, PolicySet
from wushe.rules.say import field_label
from wushe.rules.scalar import PARAMETERS, Case, Ref
from wushe.text import Text

__all__ = ["CaseReport", "CaseResult", "RuleCase", "read_cases", "report_text", "run_cases"]

VERDICTS: Final[Mapping[int, Verdict]] = {
    ELIGIBLE: "eligible",
    NOT_ELIGIBLE: "not eligible",
    UNKNOWN: "unknown",
}
_CODES = {word: code for code, word in VERDICTS.items()}
_FLAGS = {"yes": "1", "true": "1", "是": "1", "no": "0", "false": "0", "否": "0"}
_UNITS: Final = (
    (re.compile(r".*_operator"), "operator"),
    (re.compile(r".*_rounding"), "rounding"),
    (re.compile(r".*_months(_m(in|ax))?"), "月"),
    (re.compile(r".*_month"), "元/人·月"),
    (re.compile(r".*_year"), "元/人·年"),
    (re.compile(r".*_age"), "岁"),
    (re.compile(r".*_multipl(e|ier)(_.*)?"), "倍"),
)
"""The unit that a parameter's name tells, where the pack has none of that name."""


def _mistake(code: str, what: tuple[str, str], expected: str, todo: tuple[str, str]) -> ProblemKind:
    return ProblemKind(code, Text(*what), Text(expected, expected), Text(*todo))


NO_SUCH_RULE = _mistake(
    "unknown-rule", ("规则里没有这个编号", "the rules have no such id"), "{want}{close}",
    ("改为已有的编号", "use an id that is there"),
)  # fmt: skip
NO_UNIT = _mistake(
    "parameter-without-unit", ("看不出单位", "its unit cannot be told"),
    "{{value: 36, unit: 倍}}  ({want})", ("写明单位", "write the unit"),
)  # fmt: skip
PER_CENT = _mistake(
    "per-cent-or-fraction", ("分不清是百分数还是小数", "it may be per cent or a fraction"), "60%",
    ("加上 %", "write the % sign"),
)  # fmt: skip
NO_PERSON = _mistake(
    "case-without-unit", ("没有写明是哪一个人", "it does not say which person is meant"),
    "unit: {want}", ("写明 unit", "write unit"),
)  # fmt: skip


@attrs.frozen
class CaseResult:
    """What came out of one case; `differences` says in words where it is not what was expected.

    `answer`, `failed`, `missing` and `amounts` are those of the case's policy (None and empty without
    one), `surfaced` the expected actions that came up. `missing` holds a decisive set, by label.
    """

    case: RuleCase
    answer: Verdict | None
    failed: tuple[str, ...]
    missing: tuple[Text, ...]
    amounts: Mapping[str, Amounts]
    surfaced: tuple[str, ...]
    differences: tuple[Text, ...]

    @property
    def passed(self) -> bool:
        """Whether everything came out as expected."""
        return not self.differences


@attrs.frozen
class CaseReport:
    """The results of all cases, in their order."""

    results: tuple[CaseResult, ...]

    @property
    def failures(self) -> tuple[CaseResult, ...]:
        """The cases that came out differently."""
        return tuple(r for r in self.results if not r.passed)

    @property
    def passed(self) -> bool:
        """Whether every case passed."""
        return not self.failures


def run_cases(cases: Iterable[RuleCase], policies: PolicySet, book: ParameterBook) -> CaseReport:
    """Return what the policies answer for each case, with its own parameters before those of `book`.

    Raises InputError with all cases that name a policy, condition, amount or person that is not there,
    or a parameter whose unit cannot be told.
    """
    listed = tuple(cases)
    units = _units(book)
    problems = [p for case in listed for p in _mistakes(case, policies)]
    own = []
    for case in listed:
        try:
            own.append([_local(case, v, units) for v in case.parameters if v.value is not None])
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return CaseReport(
        tuple(
            _Run(case, policies, _book(case, book, rows)).result()
            for case, rows in zip(listed, own, strict=True)
        )
    )


# --- parameters of a case -------------------------------------------------------------------------


def _units(book: ParameterBook) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for row in book.parameters:
        found.setdefault(row.name, {})[row.unit] = None
    return {name: tuple(units) for name, units in found.items()}


def _book(case: RuleCase, book: ParameterBook, rows: list[Parameter]) -> ParameterBook:
    hidden = {v.name for v in case.parameters if v.value is None}
    if hidden:
        book = ParameterBook(p for p in book.parameters if p.name not in hidden)
    return book.local(rows) if rows else book


def _local(case: RuleCase, said: LocalValue, units: Mapping[str, tuple[str, ...]]) -> Parameter:
    """Return a parameter that holds everywhere on the day of the case. Raises InputError."""
    where = f"parameters.{said.name}"
    known = units.get(said.name, ())
    value, unit = said.value or "", said.unit or _unit(said.name, said.value or "", known)
    if unit is None:
        raise InputError(
            [case.problem(NO_UNIT, where, value, want=", ".join(known) or "元, 倍, %")]
        )
    if value.endswith("%"):
        value = value[:-1].strip() if unit.startswith("%") else str(Fraction(value[:-1]) / 100)
    elif unit.startswith("%") and said.unit is None and re.fullmatch(r"0?\.\d+|1", value):
        raise InputError([case.problem(PER_CENT, where, value)])
    try:
        # The case's own mark is for its readers; a standard that it states decides in it, even as C.
        return Parameter(
            name=said.name, region=NATION, value=_FLAGS.get(value, value), unit=unit,
            valid_from=case.on, valid_to=case.on, expires=None, document=f"{case.id} {case.source}",
            article="", source=case.source, checked=case.on, confidence="A",
        )  # fmt: skip
    except InputError as error:
        raise InputError(
            [case.problem(p.kind, where, p.value, **dict(p.params)) for p in error.problems]
        ) from None


def _unit(name: str, value: str, known: tuple[str, ...]) -> str | None:
    """Return the unit that the pack's rows, the value or the name tell."""
    if len(known) == 1:
        return known[0]
    if value.endswith("%"):
        return "%"
    if known:
        return None
    if value in _FLAGS:
        return "bool"
    return next((unit for form, unit in _UNITS if form.fullmatch(name)), None)


# --- names that must be there ---------------------------------------------------------------------


def _mistakes(case: RuleCase, policies: PolicySet) -> Iterator[Problem]:
    named = [("policy", case.policy)] if case.policy else []
    for field, name in (*named, *(("expect.actions", action) for action in case.expect.actions)):
        if name not in policies.policies:
            yield _no_rule(case, field, name, tuple(policies.policies))
    policy = policies.policies.get(case.policy or "")
    if policy is None:
        return
    conditions = tuple(c.id for c in policy.tests())
    for name in case.expect.failed or ():
        if name not in conditions:
            yield _no_rule(case, "expect.failed", name, conditions)
    amounts = tuple(a.id for a in policy.amounts)
    for name in case.expect.amounts:
        if name not in amounts:
            yield _no_rule(case, "expect.amounts", name, amounts)
    if policy.unit == "persons" and case.unit is None:
        ids = ", ".join(p.id for p in case.records["persons"])
        yield case.problem(NO_PERSON, "unit", None, want=ids)


def _no_rule(case: RuleCase, field: str, name: str, known: tuple[str, ...]) -> Problem:
    close = Suggester(known).close(name)
    return case.problem(NO_SUCH_RULE, field, name, want=", ".join(known), close=close)


# --- running --------------------------------------------------------------------------------------


class _Run:
    """One case against the rules."""

    def __init__(self, case: RuleCase, policies: PolicySet, book: ParameterBook) -> None:
        self.case, self.policies, self.book = case, policies, book
        tables = {name: empty_table(name) for name in RECORD_KINDS}
        tables |= {name: table_of(name, rows) for name, rows in case.records.items() if rows}
        self.frame = Frame(tables, {code: code for code in _places(case)})
        wanted = dict.fromkeys((*((case.policy,) if case.policy else ()), *case.expect.actions))
        self.firm, self.trusting = evaluate(self.frame, book, policies, case.on, wanted)

    def result(self) -> CaseResult:
        """Return what came out."""
        case = self.case
        surfaced = tuple(a for a in case.expect.actions if self.surfaces(a))
        if case.policy is None:
            return self.compared(None, (), {}, {}, surfaced)
        policy = self.policies[case.policy]
        row = self.row(policy)
        answer = self.answers(policy.id)[row]
        amounts = {a.id: self.amount(policy.id, a.id, row) for a in policy.amounts}
        return self.compared(
            VERDICTS[answer],
            self.failed(policy, row) if answer == NOT_ELIGIBLE else (),
            self.asked(policy, row) if answer == UNKNOWN else {},
            amounts,
            surfaced,
        )

    def row(self, policy: Policy) -> int:
        """Return the row of the household, or of the person that the case means."""
        if policy.unit == "households":
            return 0
        return int(self.frame.tables["persons"].row_of([self.case.unit])[0])

    def answers(self, policy: str) -> list[int]:
        """Return the answers of a policy for every unit of the case."""
        pairs = zip(self.firm[policy].truth, self.trusting[policy].truth, strict=True)
        return [
            ELIGIBLE if soft == YES else NOT_ELIGIBLE if hard == NO else UNKNOWN
            for hard, soft in pairs
        ]

    def surfaces(self, policy: str) -> bool:
        """Return whether the household or one of its persons is possibly eligible."""
        return ELIGIBLE in self.answers(policy)

    def amount(self, policy: str, amount: str, row: int) -> Amounts:
        """Return from and to how many fen are paid, None for an end that is not known."""
        low, high = ends(self.trusting[policy].amounts[amount], len(self.firm[policy].truth))
        return _known(int(low[row])), _known(int(high[row]))

    def failed(self, policy: Policy, row: int) -> tuple[str, ...]:
        """Return the conditions that fail."""
        firm = self.firm_case()
        return tuple(c.id for c in policy.tests() if firm.truth(c.test, policy.unit, row) == NO)

    def asked(self, policy: Policy, row: int) -> dict[Text, frozenset[str]]:
        """Return what would decide an unknown answer, each with all its names."""
        found = decisive_set(self.firm_case(), policy, row)
        named = dict(map(_named, found.refs))
        return named | {text: frozenset() for text in found.undecidable}

    def firm_case(self) -> Case:
        """Return the scalar twin of the case, with firm parameters only."""
        return Case(self.frame, self.book, self.policies, self.case.on)

    def compared(
        self,
        answer: Verdict | None,
        failed: tuple[str, ...],
        asked: Mapping[Text, frozenset[str]],
        amounts: Mapping[str, Amounts],
        surfaced: tuple[str, ...],
    ) -> CaseResult:
        """Return the result with its differences from what was expected."""
        expect = self.case.expect
        found: list[Text] = []
        if expect.answer is not None and answer is not None and answer != expect.answer:
            why = failed if answer == "not eligible" else tuple(asked)
            found.append(_differs(_WRONG_ANSWER, _verdict(expect.answer), _verdict(answer), why))
        if expect.failed is not None and set(expect.failed) != set(failed):
            found.append(_differs(_WRONG_FAILED, _list(expect.failed), _list(failed)))
        if expect.missing is not None:
            names = frozenset().union(*asked.values())
            lost = tuple(m for m in expect.missing if fold(m) not in names)
            if lost or (not expect.missing and asked):
                found.append(_differs(_WRONG_MISSING, _list(lost), _list(tuple(asked))))
        for name, wanted in expect.amounts.items():
            if not _same(wanted, amounts[name]):
                said = _yuan(wanted), _yuan(amounts[name])
                found.append(_differs(_WRONG_AMOUNT, *said, name=name))
        lost = tuple(a for a in expect.actions if a not in surfaced)
        if lost:
            found.append(_differs(_NOT_SURFACED, _list(lost), _list(surfaced)))
        return CaseResult(
            self.case, answer, failed, tuple(asked), dict(amounts), surfaced, tuple(found)
        )


def _places(case: RuleCase) -> tuple[str, ...]:
    """Return the codes of all places that the case names, sorted."""
    found = set()
    for table, rows in case.records.items():
        fields = [f.name for f in RECORD_KINDS[table].fields if f.refs == ("places",)]
        found |= {getattr(row, name) for row in rows for name in fields}
    return tuple(sorted(found - {None}))


def _named(ref: Ref) -> tuple[Text, frozenset[str]]:
    """Return the label of an unknown, and every name by which a case may call it, folded."""
    node: Any = ref.node
    if ref.of == PARAMETERS:
        label, names = Text(f"当地参数 {ref.name}", f"local parameter {ref.name}"), {ref.name}
    elif isinstance(node, Some | Total):
        label = node.label if isinstance(node, Total) else node.relation.label
        other = node.relation.label
        names = {node.relation.name, node.relation.child, other.zh, other.en}
    elif isinstance(node, Ask):
        label, names = node.text, {ref.name}
    elif isinstance(node, Linked):
        label, names = node.link.label, {ref.name}
    else:
        label = Text(*(field_label(ref.of, ref.name, lang) for lang in ("zh", "en")))
        names = {ref.name, ref.name.removesuffix("_fen"), f"{ref.of}.{ref.name}"}
    return label, frozenset(fold(name) for name in (*names, label.zh, label.en))


def _known(fen: int) -> int | None:
    return None if fen == UNKNOWN_INT else fen


def _same(wanted: Amounts, came: Amounts) -> bool:
    """Return whether an amount is as expected; "unknown" is any that is not one number."""
    if wanted == (None, None):
        return None in came or came[0] != came[1]
    return wanted == came


# --- words ----------------------------------------------------------------------------------------

_WRONG_ANSWER = Text(
    "结论应为“{wanted}”，得出“{came}”{why}", "answer: expected {wanted}, got {came}{why}"
)
_WRONG_FAILED = Text(
    "不满足的条件应为：{wanted}；得出：{came}", "failed conditions: expected {wanted}, got {came}"
)
_WRONG_MISSING = Text(
    "应缺而未问到的信息：{wanted}；得出缺：{came}",
    "missing facts: expected also {wanted}, got {came}",
)
_WRONG_AMOUNT = Text(
    "金额 {name} 应为 {wanted}，得出 {came}", "amount {name}: expected {wanted}, got {came}"
)
_NOT_SURFACED = Text(
    "没有提示这些政策：{wanted}（提示了：{came}）", "not surfaced: {wanted} (surfaced: {came})"
)
_WHY = Text("（{why}）", " ({why})")
_NOTHING = Text("无", "none")
_NOT_KNOWN = Text("未知", "unknown")
_RANGE = Text("{low} 至 {high} 元", "{low} to {high} yuan")
_ONE = Text("{low} 元", "{low} yuan")
_HEAD = Text(
    "{mark} {id}　{kind}，可信度 {confidence}，{policy}，{on}",
    "{mark} {id}  {kind}, confidence {confidence}, {policy}, {on}",
)
_MARKS = {True: Text("通过", "pass"), False: Text("不符", "FAIL")}
_KINDS: Final = {
    "stated": Text("出处载明", "stated"),
    "derived": Text("由规则推出", "derived"),
    "qualitative": Text("只看措施", "qualitative"),
}
_CAME = Text("  得出：{answer}；金额：{amounts}", "  came out: {answer}; amounts: {amounts}")
_SOURCE = Text("  出处：{source}（{file} 第 {line} 行）", "  source: {source} ({file} line {line})")
_TOTAL = Text("共 {n} 个案例：{good} 个通过，{bad} 个不符。", "{n} cases: {good} pass, {bad} fail.")


def report_text(report: CaseReport, lang: str = "zh") -> str:
    """Return the report as text: a line for each case, the differences of those that do not pass."""
    lines = [line for result in report.results for line in _lines(result, lang)]
    n, bad = len(report.results), len(report.failures)
    return "\n".join([*lines, _TOTAL.say(lang, n=n, good=n - bad, bad=bad)])


def _lines(result: CaseResult, lang: str) -> Iterator[str]:
    case = result.case
    policy = case.policy or ", ".join(case.expect.actions)
    yield _HEAD.say(
        lang, mark=_MARKS[result.passed], id=case.id, kind=_KINDS[case.kind], policy=policy,
        confidence=case.confidence, on=case.on.isoformat(),
    )  # fmt: skip
    if result.passed:
        return
    yield from ("  " + difference.say(lang) for difference in result.differences)
    if result.answer is not None:
        paid = [f"{name} {_yuan(value).say(lang)}" for name, value in result.amounts.items()]
        amounts = "；".join(paid) if lang == "zh" else "; ".join(paid)
        answer = _verdict(result.answer)
        yield _CAME.say(lang, answer=answer, amounts=amounts or _NOTHING)
    yield _SOURCE.say(lang, source=case.source, file=case.file, line=case.line)


def _verdict(answer: Verdict) -> Text:
    return ANSWERS[_CODES[answer]]


def _list(items: tuple[Any, ...]) -> Text:
    """Return words or texts as one list."""
    if not items:
        return _NOTHING
    return Text(
        "、".join(i.zh if isinstance(i, Text) else str(i) for i in items),
        ", ".join(i.en if isinstance(i, Text) else str(i) for i in items),
    )


def _yuan(amounts: Amounts) -> Text:
    """Return an amount in yuan, or from and to."""
    said = [_NOT_KNOWN if fen is None else kinds.MONEY.say(fen) for fen in amounts]
    if amounts == (None, None):
        return _NOT_KNOWN
    form = _ONE if amounts[0] == amounts[1] else _RANGE
    return _filled(form, low=said[0], high=said[1])


def _differs(form: Text, wanted: Text, came: Text, why: tuple[Any, ...] = (), **more: Any) -> Text:
    reason = _filled(_WHY, why=_list(why)) if why else Text("", "")
    return _filled(form, wanted=wanted, came=came, why=reason, **more)


def _filled(form: Text, **params: Any) -> Text:
    return Text(form.say("zh", **params), form.say("en", **params))
