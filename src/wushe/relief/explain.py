"""Why a policy answers as it does, in full: made from the facts it hangs on, and made again from them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import attrs

from wushe.relief.decisive import DecisiveSet, decisive_set
from wushe.relief.explanation import (
    FORMAT,
    Answer,
    Compared,
    Explanation,
    Finding,
    Nearest,
    Payable,
    Question,
    Source,
    Truth,
    end,
)
from wushe.relief.facts import Facts, collect
from wushe.relief.flip import Flip, nearest_changes
from wushe.relief.questions import grouped, phrase, said_change
from wushe.rules import expr as ex
from wushe.rules.frame import Frame
from wushe.rules.intervals import NO, UNSURE, YES
from wushe.rules.parameters import Lookup, Parameter, ParameterBook
from wushe.rules.policy import Condition, Policy, PolicySet
from wushe.rules.say import is_money, meant
from wushe.rules.scalar import PARAMETERS, Case, Ref
from wushe.text import Text

_TRUTHS: dict[int, Truth] = {YES: "yes", UNSURE: "unknown", NO: "no"}
_ANSWERS: dict[int, Answer] = {YES: "possible", UNSURE: "unknown", NO: "not"}
CAP = 6_000
"""How much work a decisive set may take here; see `decisive_set`."""
_SEEN = 3
"""How many rows that could not be used are named for a missing parameter."""


def explain(
    frame: Frame,
    book: ParameterBook,
    policies: PolicySet,
    on: dt.date,
    policy: str,
    row: int,
    versions: tuple[tuple[str, str], ...] = (),
) -> Explanation:
    """Return why `policy` answers as it does on the day `on` for a row of its unit.

    `versions` are those of the plugins that the rules come from.
    """
    facts = collect(frame, policies, policy, row)
    return _explained(facts, book, policies, on, policy, versions)


@attrs.frozen
class Replay:
    """A stored explanation made again: `identical` to the byte; `same_rules`: by the same rules."""

    explanation: Explanation
    identical: bool
    same_rules: bool

    def say(self, lang: str = "zh") -> str:
        """Return what came of it in one sentence."""
        if self.identical:
            return _IDENTICAL.say(lang)
        return (_DIFFERS if self.same_rules else _OTHER_RULES).say(lang)


_IDENTICAL = Text("重算结果与保存的说明完全一致。", "Computed again, the explanation is identical.")
_OTHER_RULES = Text(
    "政策或参数自保存以来已经改变，重算结果依据的是现在的规则。",
    "Policies or parameters have changed since it was stored; the new result follows the rules of now.",
)
_DIFFERS = Text(
    "规则未变而结果不同：保存的说明可能被改动过。",
    "The rules are the same but the result is not: the stored explanation may have been altered.",
)


def replay(stored: Explanation, policies: PolicySet, book: ParameterBook) -> Replay:
    """Return the explanation computed again from the facts stored in it alone.

    Raises KeyError where there is no such policy any more, InputError for facts that no record may have.
    """
    on = dt.date.fromisoformat(stored.on)
    again = _explained(stored.facts, book, policies, on, stored.policy, stored.versions)
    return Replay(again, again.to_json() == stored.to_json(), again.digest == stored.digest)


def _explained(
    facts: Facts,
    book: ParameterBook,
    policies: PolicySet,
    on: dt.date,
    policy: str,
    versions: tuple[tuple[str, str], ...],
) -> Explanation:
    found = policies[policy]
    frame, row = facts.frame()
    made = _Maker(Case(frame, book, policies, on), found, row, (facts.unit, facts.id))
    answer = made.answer()
    decisive = decisive_set(made.firm, found, row, CAP) if answer == UNSURE else DecisiveSet()
    flip = nearest_changes(made.firm, found, row) if answer == NO else Flip()
    asked = grouped(made.firm, made.unit, decisive.refs)
    amounts = () if answer == NO else tuple(made.amounts())
    parameters = made.sources()
    return Explanation(
        format=FORMAT,
        policy=policy,
        name=found.name,
        document=found.document,
        article=found.article,
        confidence=found.confidence,
        checked=_day(found.checked),
        apply_at=found.apply_at,
        unit=facts.unit,
        id=facts.id,
        on=on.isoformat(),
        answer=_ANSWERS[answer],
        conditions=made.findings,
        parameters=parameters,
        amounts=amounts,
        questions=tuple(made.question(refs, said) for refs, said in asked),
        next=next((i for i, (refs, _) in enumerate(asked) if decisive.next in refs), None),
        undecidable=decisive.undecidable,
        minimal=decisive.minimal,
        failed=flip.failed,
        changes=tuple(made.nearest(c) for c in flip.changes),
        alone=flip.alone,
        after=_TRUTHS[flip.after],
        versions=versions,
        digest=_digest(policies, policy, made.lookups()),
        facts=facts,
    )


class _Maker:
    """Makes the parts of one explanation from the scalar twin, in both passes."""

    def __init__(self, case: Case, policy: Policy, row: int, unit: tuple[str, str]) -> None:
        self.firm, self.policy, self.row, self.unit = case, policy, row, unit
        self._read: dict[Ref, None] = {}
        self._truths: list[tuple[int, int]] = []
        self.findings = tuple(self._finding(c) for c in policy.tests())

    def _again(self, trusting: bool = False) -> Case:
        case = self.firm
        return Case(case.frame, case.book, case.policies, case.on, trusting=trusting)

    def answer(self) -> int:
        """Return YES where the trusting pass says yes, NO where the firm one says no."""
        firm, trusting = (min((t[i] for t in self._truths), default=YES) for i in (0, 1))
        if trusting == YES:
            return YES
        return NO if firm == NO else UNSURE

    def _finding(self, condition: Condition) -> Finding:
        """Return one condition with what it read and compared."""
        case = self._again()
        first = second = case.truth(condition.test, self.policy.unit, self.row)
        read = case.read
        if not all(self._firm(ref) for ref in read if ref.of == PARAMETERS):
            case = self._again(trusting=True)
            second = case.truth(condition.test, self.policy.unit, self.row)
            read = {**read, **case.read}
        self._truths.append((first, second))
        self._read.update(dict.fromkeys(read))
        truth = YES if second == YES else NO if first == NO else UNSURE
        return Finding(
            condition.id,
            condition.text,
            _TRUTHS[truth],
            condition.document,
            condition.article,
            self._reads(read),
            tuple(dict.fromkeys(ref.name for ref in read if ref.of == PARAMETERS)),
            tuple(dict.fromkeys(self._compared(case, condition.test))),
        )

    def _firm(self, ref: Ref) -> bool:
        """Return whether a parameter is the same in both passes."""
        found = self.firm.lookup(ref.name, ref.row)
        return found.firm or found.parameter is None

    def _reads(self, read: dict[Ref, Any]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        found: dict[tuple[str, str], dict[str, None]] = {}
        for ref in read:
            if ref.of != PARAMETERS and ref.node is None:
                ident = str(self.firm.frame.tables[ref.of].ids[ref.row])
                found.setdefault((ref.of, ref.name), {})[ident] = None
        return tuple((of, name, tuple(ids)) for (of, name), ids in found.items())

    def _compared(self, case: Case, test: ex.Expr) -> Iterator[Compared]:
        if isinstance(test, ex.And | ex.Or):
            for item in test.items:
                yield from self._compared(case, item)
        elif isinstance(test, ex.Compare) and meant(test) is None:
            left, right = (case.number(e, self.unit[0], self.row) for e in (test.left, test.right))
            op: Any = test.op
            if op not in ex.OPERATORS:
                op = case.parameter(op, self.unit[0], self.row) or ""
            yield Compared(
                phrase(test.left),
                phrase(test.right),
                op,
                end(left[0]),
                end(left[1]),
                end(right[0]),
                end(right[1]),
                is_money(test.left) or is_money(test.right),
            )

    def amounts(self) -> Iterator[Payable]:
        """Yield what would be paid, in whole fen."""
        case = self._again(trusting=True)
        for amount in self.policy.amounts:
            ends = case.fen(amount.value, self.policy.unit, self.row)
            low, high = (None if isinstance(v, float) else int(v) for v in ends)
            yield Payable(
                amount.id, amount.name, amount.period, low, high, amount.document, amount.article
            )
        self._read.update(dict.fromkeys(case.read))

    def question(self, refs: tuple[Ref, ...], said: Text | None) -> Question:
        """Return one thing to find out."""
        first = refs[0]
        if first.of == PARAMETERS:
            return Question("", (), first.name)
        ids = self.firm.frame.tables[first.of].ids
        return Question(first.of, tuple(str(ids[ref.row]) for ref in refs), first.name, said)

    def nearest(self, change: Any) -> Nearest:
        """Return one change in words."""
        text = said_change(self.firm, self.unit, change)
        return Nearest(change.condition, change.how, change.by, text)

    def lookups(self) -> list[tuple[str, Lookup]]:
        """Return the place and what was found there of every parameter that was read."""
        refs = (ref for ref in self._read if ref.of == PARAMETERS)
        found = []
        for ref in refs:
            chain = self.firm.frame.chains[ref.row]
            found.append((chain[0] if chain else "", self.firm.lookup(ref.name, ref.row)))
        return found

    def sources(self) -> tuple[Source, ...]:
        """Return every parameter that was read, as found or not found."""
        return tuple(self._source(place, found) for place, found in self.lookups())

    def _source(self, place: str, found: Lookup) -> Source:
        if found.parameter is not None:
            return attrs.evolve(
                _cited(found.parameter), place=place, firm=found.firm, warnings=found.warnings
            )
        return Source(found.name, place, seen=tuple(_cited(p) for p in found.candidates[:_SEEN]))


def _cited(p: Parameter) -> Source:
    return Source(
        p.name,
        "",
        p.value,
        p.unit,
        p.region,
        p.area,
        p.document,
        p.article,
        _day(p.valid_from),
        _day(p.valid_to),
        _day(p.expires),
        _day(p.checked),
        p.confidence,
    )


def _day(day: dt.date | None) -> str:
    return "" if day is None else day.isoformat()


# --- the digest of rules ---------------------------------------------------------------------------


def _digest(policies: PolicySet, policy: str, lookups: list[tuple[str, Lookup]]) -> str:
    """Return a mark of the policy, of those it depends on, and of what was found of each parameter."""
    names = (policy, *policies.depends(policy))
    found = [(place, x.name, x.parameter, x.firm, x.candidates) for place, x in lookups]
    return _mark((tuple(_mark(policies[name]) for name in names), tuple(found)))


def _mark(value: Any) -> str:
    """Return a mark of a value made of attrs classes, tuples and plain values."""
    if attrs.has(type(value)):
        return _mark_of(value)
    if isinstance(value, tuple):
        return hashlib.sha256("\0".join(map(_mark, value)).encode()).hexdigest()
    return f"{type(value).__name__}:{value}"


@lru_cache(maxsize=65536)
def _mark_of(value: Any) -> str:
    names = [a.name for a in attrs.fields(type(value)) if a.repr or a.init]
    parts = [type(value).__name__, *(f"{n}={_mark(getattr(value, n))}" for n in names)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


__all__ = ["Explanation", "Replay", "explain", "replay"]
