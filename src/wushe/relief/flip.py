"""The nearest change that would turn a "no": how much less income, how many months more, from which day on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import inf
from typing import Any, Literal

import attrs

from wushe.model import kinds
from wushe.model.spec import RECORD_KINDS
from wushe.relief import nodes as nd
from wushe.relief.ground import Ground
from wushe.relief.nodes import Var
from wushe.relief.outcomes import YU, YY, Box, Outcomes
from wushe.relief.representatives import FAR, SOME, Budget, CappedError, Line, every_node, values_of
from wushe.rules import expr as ex
from wushe.rules.intervals import NO, UNSURE, YES
from wushe.rules.policy import Condition, Policy
from wushe.rules.scalar import Case, Ref

CAP = 8_000
"""How many nodes of rules are looked at for one answer."""
YEARS = 120
"""How far ahead a day is looked for on which time alone would turn the answer."""
SIZE = "members_count"
Direction = Literal["less", "more", "from", "becomes"]
_HOLDS = YY | YU
_LATER = 3
"""How many years ahead count as near."""


@attrs.frozen
class Change:
    """One change of known facts that makes a failed condition hold.

    ``less`` and ``more`` move the number of each of `refs` by `by` (fen, months, persons); ``from``: it
    holds from the day `to` on as time passes; ``becomes``: the fact would be `to`.
    """

    condition: str
    refs: tuple[Ref, ...]
    how: Direction
    by: int = 0
    to: Any = None


@attrs.frozen
class Flip:
    """What would turn a "no": the conditions that fail, and changes that make them hold.

    `alone`: one change does it; else all of `changes` together, one for each failed condition that some
    change of one fact mends. `after` is the answer then (YES or UNSURE), NO where no change was found.
    """

    failed: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    alone: bool = False
    after: int = NO


def nearest_changes(case: Case, policy: Policy, row: int) -> Flip:
    """Return what would turn the "no" of `policy` for a row; empty where the answer is no "no".

    Each change is the least of one fact that makes its condition hold; all are tried on the scalar twin.
    """
    firm = Case(case.frame, case.book, case.policies, case.on, given=case.given)
    failed = [c for c in policy.tests() if firm.truth(c.test, policy.unit, row) == NO]
    if not failed:
        return Flip()
    budget = Budget(CAP)
    found = {c.id: _Mender(case, policy.unit, row, c, budget).best() for c in failed}
    ids = tuple(found)
    best = [changes[0] for changes in found.values() if changes]
    for change in _shared(list(found.values())):
        after = _after(case, policy, row, [change])
        if after != NO:
            return Flip(ids, (change,), alone=True, after=after)
    after = _after(case, policy, row, best) if len(best) == len(failed) else NO
    return Flip(ids, tuple(best), alone=len(failed) == 1 and after != NO, after=after)


def _shared(found: list[list[Change]]) -> Iterator[Change]:
    """Yield for each fact that could mend every failed condition alone its furthest change."""
    if len(found) < 2:
        yield from (c for changes in found for c in changes)
        return
    for change in found[0]:
        same = [
            next((c for c in other if (c.refs, c.how) == (change.refs, change.how)), None)
            for other in found
        ]
        if change.how != "becomes" and None not in same:
            yield max((c for c in same if c), key=lambda c: (c.by, c.to or dt.date.min))


def _after(case: Case, policy: Policy, row: int, changes: list[Change]) -> int:
    """Return the answer after all changes; those that take time are taken to have happened."""
    mended = {c.condition for c in changes if c.how == "from"}
    given = {ref: value for c in changes for ref, value in changed(case, c).items()}
    answers = []
    for trusting in (False, True):
        twin = Case(
            case.frame, case.book, case.policies, case.on, trusting=trusting,
            given={**case.given, **given},
        )  # fmt: skip
        tests = [c.test for c in policy.tests() if c.id not in mended]
        answers.append(min((twin.truth(t, policy.unit, row) for t in tests), default=YES))
    firm, trusting_answer = answers
    return YES if trusting_answer == YES else NO if firm == NO else UNSURE


class _Mender:
    """Looks for the least changes that make one failed condition hold."""

    def __init__(self, case: Case, of: str, row: int, condition: Condition, budget: Budget) -> None:
        self.case, self.condition, self.budget = case, condition, budget
        known = Case(case.frame, case.book, case.policies, case.on, given=case.given)
        self.node = Ground(known, lambda _: True).node(condition.test, of, row)
        self.base = Outcomes({}, on=case.on)
        nodes = list(every_node(self.node))
        order = dict.fromkeys(v for n in nodes for v in n.own if v.fixed is not None)
        self.vars = [v for v in order if v.ref.of in RECORD_KINDS]
        self._dates = {v for v in self.vars if _field(v.ref).kind is kinds.DATE}
        self._doubles = [n for n in nodes if isinstance(n, nd.Both)]

    def best(self) -> list[Change]:
        """Return the least change of each fact that does it alone, the most telling first."""
        test = self.condition.test
        if isinstance(test, ex.InForce) and test.first and self.case.on < test.first:
            return [Change(self.condition.id, (), "from", to=test.first)]
        found: list[tuple[tuple[Any, ...], Change]] = []
        try:
            for i, var in enumerate(self.vars):
                found += [(_rank(c, i, self.case.on), c) for c in self._of(var)]
            # Nobody moves in or out for a standard: that is named only where nothing else would do.
            if all(change.refs[0].name == SIZE for _, change in found):
                found += [(_rank(c, 0, self.case.on), c) for c in self._pairs()]
        except CappedError:
            pass  # what was found so far is right; there may be nearer ones
        return [change for _, change in sorted(found, key=lambda f: f[0])]

    def _of(self, var: Var) -> Iterator[Change]:
        if var in self._dates:
            yield from self._days(var)
        elif var.sort == "number":
            yield from self._numbers([var])
        else:
            yield from self._words(var)

    def _holds(self, box: Box) -> bool:
        return bool(Line(self.node, lambda _: box, self.base, self.budget).at(0) & _HOLDS)

    def _numbers(self, moved: list[Var]) -> Iterator[Change]:
        """Yield the least move down and up of one number, or of several together."""

        def box(k: int) -> Box:
            return {v: (v.fixed + k, v.fixed + k) for v in moved}

        line = Line(self.node, box, self.base, self.budget)
        ends = [_room(v) for v in moved]
        refs = tuple(v.ref for v in moved)
        for sign, room in ((-1, min(e[0] for e in ends)), (1, min(e[1] for e in ends))):
            by = _least(lambda k, s=sign: bool(line.at(s * k) & _HOLDS), room)  # type: ignore[misc]
            if by is not None:
                yield Change(self.condition.id, refs, "less" if sign < 0 else "more", by)

    def _days(self, var: Var) -> Iterator[Change]:
        box = {var: (var.fixed, var.fixed)}
        on = self.case.on

        def holds(k: int) -> bool:
            later = on + dt.timedelta(k)
            # Only what hangs on this date is asked again: all else stays as on the day.
            seen = Outcomes(box, self.base, on=later)
            self.budget.spend(SOME)
            return bool(seen.mask(self.node) & _HOLDS)

        days = _least(holds, min(YEARS * 366, (dt.date.max - on).days))
        if days is not None:
            yield Change(self.condition.id, (var.ref,), "from", to=on + dt.timedelta(days))

    def _words(self, var: Var) -> Iterator[Change]:
        mine = [v for v in self.vars if v.by == var.by]
        if var is not mine[0]:
            return
        options: list[Box] = []
        if var.sort == "word":
            options = [{var: (word,)} for word in var.words if word != var.fixed]
        else:
            options = [{v: (v.fixed if v is not t else not v.fixed,) for v in mine} for t in mine]
        for box in options:
            if self._holds(box):
                given = values_of(dict(box))[var.ref]
                if var.tag is not None:
                    named = {v.tag for v in mine}
                    old = self.case.cell(var.ref.of, var.ref.row, var.ref.name) or ()
                    given = tuple(sorted({*given, *(t for t in old if t not in named)}))
                yield Change(self.condition.id, (var.ref,), "becomes", to=given)
                return

    def _pairs(self) -> Iterator[Change]:
        """Yield moves of a stated total together with one of the items that it is the total of."""
        money = [v for v in self.vars if _field(v.ref).kind is kinds.MONEY]
        for double in self._doubles:
            total, items = double.kids
            if isinstance(total, nd.Cell) and total.own[0] in money:
                for var in money:
                    if var in items.vars:
                        yield from self._numbers([total.own[0], var])


def _field(ref: Ref) -> Any:
    return RECORD_KINDS[ref.of].field(ref.name)


def _room(var: Var) -> tuple[int, int]:
    low, high = var.domain
    return (
        FAR if low == -inf else int(var.fixed - low),
        FAR if high == inf else int(high - var.fixed),
    )


def _least(holds: Callable[[int], bool], room: int) -> int | None:
    """Return the least k in 1..room for which it holds: it is taken to hold from there on for a while."""
    if room < 1:
        return None
    step, last = 1, 0
    while not holds(step):
        if step >= room:
            return None
        last, step = step, min(step * 4, room)
    while step - last > 1:
        middle = (last + step) // 2
        last, step = (last, middle) if holds(middle) else (middle, step)
    return step


def _rank(change: Change, order: int, on: dt.date) -> tuple[Any, ...]:
    """Return how near a change is: money, then numbers, a day soon, words, a day far off."""
    if change.how == "from":
        far = not isinstance(change.to, dt.date) or (change.to - on).days > _LATER * 366
        return (4 if far else 2), change.to, order
    if change.how == "becomes":
        return 3, order
    size = change.refs[0].name == SIZE
    money = _field(change.refs[0]).kind is kinds.MONEY
    return (0 if money else 5 if size else 1), Fraction(change.by), order


def changed(case: Case, change: Change) -> Mapping[Ref, Any]:
    """Return the values of `change` as they may be laid over the facts of a case; a day gives none."""
    found: dict[Ref, Any] = {}
    known = Case(case.frame, case.book, case.policies, case.on, given=case.given)
    for ref in change.refs if change.how != "from" else ():
        sign = -1 if change.how == "less" else 1
        old = known.cell(ref.of, ref.row, ref.name)
        found[ref] = change.to if change.how == "becomes" else old + sign * change.by
    return found
