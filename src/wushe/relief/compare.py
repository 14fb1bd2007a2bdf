"""What-if: the law on a day beside a reform of it, on the same households. Nothing here is a decision."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs
import numpy as np

from wushe.errors import MissingExtraError, WusheError
from wushe.model.storage import Array
from wushe.network.places import LEVEL_ROW
from wushe.privacy import check_audience
from wushe.relief.assess import ELIGIBLE, PERIOD_NAMES, UNKNOWN, Assessments, evaluate
from wushe.relief.impact import (
    GROUPS,
    Answers,
    Cells,
    Cost,
    Flags,
    Paid,
    Targeting,
    any_paid,
    cells_of,
    difference,
    few,
    few_differ,
    group_money,
    paid,
    published,
    small,
    targeting,
)
from wushe.rules.columns import Evaluator, Result
from wushe.rules.parameters import DRAFT, Parameter
from wushe.rules.policy import PERIODS, Policy, PolicySet
from wushe.text import Text

COUNTS = ("newly_possible", "no_longer", "newly_unknown", "newly_decided")
COLUMNS = (
    "policy",
    "name",
    "by",
    "group",
    "label",
    *COUNTS,
    "period",
    "before_low_fen",
    "before_high_fen",
    "before_open",
    "after_low_fen",
    "after_high_fen",
    "after_open",
    "change_low_fen",
    "change_high_fen",
    "change_open",
)
"""Columns of `Comparison.rows`. None: withheld as small, or no payment; `open` as in `Cost`."""


@attrs.frozen
class Reform:
    """Parameters and policies assumed instead of those in force.

    A parameter wins over every other row of its name where and when it has a value; it is taken as
    given: firm, from the day of comparison on where it names no start, also from a draft (``draft_x``
    stands for ``x``). A policy takes the place of the one with its id, or of the one it `replaces`.
    """

    name: Text
    parameters: tuple[Parameter, ...] = ()
    policies: tuple[Policy, ...] = ()


@attrs.frozen(eq=False)
class Change:
    """One policy's answers before and after, int8 (n_units,) as `Assessments.answer` has them.

    `before` is the id it had, None where the reform brings it in (then nobody was eligible).
    """

    policy: Policy
    before: str | None
    old: Answers
    new: Answers

    @property
    def newly_possible(self) -> Flags:
        """Possibly eligible after, not before."""
        return np.asarray((self.new == ELIGIBLE) & (self.old != ELIGIBLE))

    @property
    def no_longer(self) -> Flags:
        """Possibly eligible before, not after (possibly not, or unknown)."""
        return np.asarray((self.old == ELIGIBLE) & (self.new != ELIGIBLE))

    @property
    def newly_unknown(self) -> Flags:
        """Information missing after, not before."""
        return np.asarray((self.new == UNKNOWN) & (self.old != UNKNOWN))

    @property
    def newly_decided(self) -> Flags:
        """Information missing before, not after: the answer is a possible yes or no now."""
        return np.asarray((self.old == UNKNOWN) & (self.new != UNKNOWN))


@attrs.frozen(eq=False)
class Comparison:
    """The baseline and the reform, assessed on the same network and day.

    `recomputed`: the policies that depend on the reform, in order; all others are the same objects in
    both. `changes` has one entry for each of them that was asked for.
    """

    reform: Reform
    baseline: Assessments
    after: Assessments
    recomputed: tuple[str, ...]
    changes: Mapping[str, Change]
    groups: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Comparison on {self.after.on}: {', '.join(self.recomputed)} recomputed>"

    def ids(self, policy: str, which: str) -> Array:
        """Return the ids of the units of `policy` that are one of `COUNTS`, object (n,)."""
        if which not in COUNTS:
            raise WusheError(f"{which!r}: expected one of {', '.join(COUNTS)}")
        found: Flags = getattr(self._change(policy), which)
        return np.asarray(self.after.units(policy)[found])

    def paid(self, policy: str, period: str) -> tuple[Paid, Paid]:
        """Return what `policy` pays each unit in a `period` (once, month, year) before and after."""
        change = self.changes.get(policy)
        after = paid(self.after, policy, period)
        if change is None:
            return after, after
        if change.before is None:
            none = np.zeros(len(after.lo), dtype=np.int64)
            return Paid(none, none, np.zeros(len(none), dtype=np.bool_)), after
        return paid(self.baseline, change.before, period), after

    def costs(self, policy: str, period: str) -> tuple[Cost, Cost, Cost]:
        """Return the cost in one period before and after, and the change.

        All possibly eligible units are taken to be paid, those with information missing not. The change
        is bounded unit by unit: nothing where the policy is not recomputed.
        """
        before, after = self.paid(policy, period)
        if policy not in self.changes:
            return before.cost(), after.cost(), Cost(0, 0)
        return before.cost(), after.cost(), difference(before, after)

    def targeting(self, policy: str, target: Array) -> tuple[Targeting, Targeting]:
        """Return how `policy` reaches the units where `target`, bool (n_units,), before and after.

        Raises WusheError for an array of another type or length.
        """
        new = self.after.answer(policy)
        if target.dtype != np.bool_ or target.shape != new.shape:
            raise WusheError(
                f"target: {target.dtype} {target.shape}; expected bool ({len(new)},), one per unit of {policy}"
            )
        change = self.changes.get(policy)
        old = new if change is None else change.old
        return targeting(old, target), targeting(new, target)

    def summary(self, lang: str = "zh", *, audience: str = "masked") -> str:
        """Return the headline figures as text; ``masked`` withholds small counts and what shows them."""
        check_audience(audience)
        homes = len(self.after.network["households"])
        lines = [
            _TITLE.say(lang, name=self.reform.name, on=self.after.on.isoformat(), n=homes),
            _REUSED.say(lang, n=len(self.changes), kept=len(self.after.asked) - len(self.changes)),
        ]
        silent = 0
        for policy in self.changes:
            said = self._said(policy, lang, audience == "internal")
            lines += said
            silent += not said
        if silent:
            lines.append(_SILENT.say(lang, n=silent))
        if any(change.policy.excludes for change in self.changes.values()):
            lines.append(_EXCLUDING.say(lang))
        return "\n".join([*lines, _ASSUMED.say(lang), _NOT_A_DECISION.say(lang)])

    def _said(self, policy: str, lang: str, internal: bool) -> list[str]:
        """Return the lines of one policy, none where nothing changes."""
        rows = [
            dict(zip(COLUMNS, row, strict=True)) for row in self._rows_of(policy, lang, internal)
        ]
        figures = (*COUNTS, "change_low_fen", "change_high_fen", "change_open")
        if all(row[f] == 0 for row in rows for f in figures if row["period"] or f in COUNTS):
            return []
        counts = {c: _WITHHELD.say(lang) if rows[0][c] is None else rows[0][c] for c in COUNTS}
        lines = [_COUNTS.say(lang, name=rows[0]["name"], **counts)]
        for row in rows:
            if row["period"]:
                ends = [
                    (row[f"{w}_low_fen"], row[f"{w}_high_fen"], row[f"{w}_open"]) for w in _WHEN
                ]
                ranges = {w: _range(*e, lang) for w, e in zip(_WHEN, ends, strict=True)}
                lines.append(_COST.say(lang, period=PERIOD_NAMES[row["period"]], **ranges))
        return lines

    def rows(self, *, lang: str = "zh", audience: str = "masked") -> list[tuple[Any, ...]]:
        """Return one row per recomputed policy, group and period of payment, in the order of `COLUMNS`.

        First over all (`by` is empty), then by each of `groups`; groups where nothing changes are left out.
        With ``masked`` counts of 1 to 4 are withheld, others where they would give those away, and the
        money of so few units.
        """
        internal = check_audience(audience) == "internal"
        found = [row for policy in self.changes for row in self._rows_of(policy, lang, internal)]
        for by in self.groups:
            units = {change.policy.unit for change in self.changes.values()}
            cells = {unit: cells_of(self.after, unit, by) for unit in sorted(units)}
            for change in self.changes.values():
                found += self._rows_of_group(change, by, cells[change.policy.unit], lang, internal)
        return found

    def to_frame(
        self, backend: str = "pandas", *, lang: str = "zh", audience: str = "masked"
    ) -> Any:
        """Return `rows` as a data frame. Raises MissingExtraError where narwhals or the backend is missing."""
        try:
            import narwhals as nw

            rows = self.rows(lang=lang, audience=audience)
            columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
            data = {n: list(c) for n, c in zip(COLUMNS, columns, strict=True)}
            return nw.from_dict(data, backend=backend).to_native()  # type: ignore[arg-type]
        except ImportError as error:
            raise MissingExtraError(f"Comparison.to_frame({backend!r})", "frames") from error

    def _rows_of(self, policy: str, lang: str, internal: bool) -> Iterator[tuple[Any, ...]]:
        change = self.changes[policy]
        counts = [small(int(getattr(change, c).sum()), internal) for c in COUNTS]
        head = (policy, change.policy.name.say(lang), "", "", "")
        for period in _periods(self, change) or (None,):
            yield (*head, *counts, period, *self._money(policy, period, internal))

    def _money(self, policy: str, period: str | None, internal: bool) -> tuple[int | None, ...]:
        if period is None:
            return (None,) * 9
        before, after = self.paid(policy, period)
        costs = before.cost(), after.cost(), difference(before, after)
        # What was paid before and a change of a few would give the others away by subtraction.
        moved = few_differ(before, after)
        hidden = (few(any_paid(before).sum()), few(any_paid(after).sum()) or moved, moved)
        return tuple(
            None if hide and not internal else end
            for cost, hide in zip(costs, hidden, strict=True)
            for end in _ends(cost, internal)
        )

    def _rows_of_group(
        self, change: Change, by: str, cells: Cells, lang: str, internal: bool
    ) -> Iterator[tuple[Any, ...]]:
        counted = {c: cells.count(getattr(change, c)) for c in COUNTS}
        shown = {c: published(counts, internal) for c, counts in counted.items()}
        policy = change.policy.id
        for period in _periods(self, change) or (None,):
            money = group_money(self.paid(policy, period), cells, internal) if period else {}
            for at, value in enumerate(cells.values):
                if any(counts[at] for counts in counted.values()) or at in money:
                    head = (policy, change.policy.name.say(lang), by, value, cells.label(at, lang))
                    counts = [shown[c][at] for c in COUNTS]
                    yield (*head, *counts, period, *(None,) * 6, *_ends(money.get(at), internal))

    def _change(self, policy: str) -> Change:
        if policy not in self.changes:
            raise WusheError(
                f"{policy!r} does not depend on the reform; those that do: {', '.join(self.changes)}"
            )
        return self.changes[policy]


def compare(
    baseline: Assessments,
    reform: Reform,
    *,
    on: dt.date | str | None = None,
    groups: Iterable[str] = (),
) -> Comparison:
    """Return what `reform` would change on the network and policies of `baseline`.

    Only what depends on the reform is evaluated again. With another day `on` the law of that day is
    assessed first, and the reform compared with it. Raises WusheError where the reform would silently
    do nothing (a parameter that no policy reads, or that has no value on the day) or a group is unknown.
    """
    wanted = _checked_groups(tuple(groups))
    if not (reform.parameters or reform.policies):
        raise WusheError("reform: expected at least one parameter or policy")
    day = dt.date.fromisoformat(on) if isinstance(on, str) else on or baseline.on
    if day != baseline.on:
        firm, trusting = evaluate(
            baseline.frame, baseline.book, baseline.policies, day, baseline.asked
        )
        baseline = attrs.evolve(baseline, on=day, firm=firm, trusting=trusting)
    replaced = {p.id: _replaced(p, baseline.policies) for p in reform.policies}
    policies = PolicySet(
        [*(p for p in baseline.policies if p.id not in replaced.values()), *reform.policies]
    )
    parameters = tuple(_assumed(p, day) for p in reform.parameters)
    names = _checked_names(parameters, policies)
    touched = {*policies.using(names), *replaced}
    again = tuple(
        p for p in policies.policies if p in touched or touched & set(policies.depends(p))
    )
    asked = _asked(baseline, policies, replaced)
    after = _reassessed(
        attrs.evolve(
            baseline,
            policies=policies,
            book=baseline.book.local(parameters),
            asked=asked,
            # Whatever is printed from it shows that it is not the law in force.
            versions=(*baseline.versions, ("what-if", reform.name.zh)),
        ),
        baseline,
        frozenset(again),
    )
    changes = {p: _changed(baseline, after, p, replaced.get(p, p)) for p in again if p in asked}
    return Comparison(reform, baseline, after, again, changes, wanted)


def _checked_groups(groups: tuple[str, ...]) -> tuple[str, ...]:
    for group in groups:
        if group not in GROUPS:
            raise WusheError(f"groups: {group!r} is unknown; expected {', '.join(GROUPS)}")
    levels = [group for group in groups if group in LEVEL_ROW]
    if len(levels) > 1:
        raise WusheError(
            f"groups: {' and '.join(levels)} together would give small counts away by subtraction; "
            "take one level of places at a time"
        )
    return groups


def _checked_names(parameters: tuple[Parameter, ...], policies: PolicySet) -> set[str]:
    names = {p.name for p in parameters}
    for name in sorted(names):
        if not policies.using([name]):
            raise WusheError(f"reform: no policy reads the parameter {name!r}")
    return names


def _assumed(parameter: Parameter, day: dt.date) -> Parameter:
    """Return a parameter of a reform as one that decides on the day, firmly."""
    # It is the caller's assumption: how well it is documented, and when it was checked, is not asked.
    found = attrs.evolve(
        parameter,
        name=parameter.name.removeprefix(DRAFT),
        valid_from=parameter.valid_from or day,
        confidence="A",
        checked=day,
    )
    if not (found.decides(day) and found.placed):
        raise WusheError(
            f"reform: {parameter.name} {parameter.region} {parameter.area} has no value on {day}; "
            f"it holds from {parameter.valid_from} to {parameter.valid_to}, and needs the places it is for"
        )
    return found


def _replaced(policy: Policy, policies: PolicySet) -> str | None:
    old = policy.replaces or policy.id
    if old not in policies.policies:
        if policy.replaces is not None:
            raise WusheError(f"reform: {policy.id} replaces {old!r}, which is not registered")
        return None
    if policies[old].unit != policy.unit:
        raise WusheError(
            f"reform: {policy.id} is for {policy.unit}, {old} for {policies[old].unit}: "
            "they cannot be compared unit by unit"
        )
    return old


def _asked(
    baseline: Assessments, policies: PolicySet, replaced: Mapping[str, str | None]
) -> tuple[str, ...]:
    """Return the policies to report: those asked before, in their new guise, and new ones."""
    return tuple(
        p
        for p in policies.policies
        if replaced.get(p, p) is None or replaced.get(p, p) in baseline.asked
    )


def _reassessed(after: Assessments, baseline: Assessments, again: frozenset[str]) -> Assessments:
    """Return `after` with the results of `again` computed and all others taken from `baseline`."""
    frame, book, policies, day = after.frame, after.book, after.policies, after.on
    kept = {p: r for p, r in baseline.firm.items() if p in policies.policies and p not in again}
    first = Evaluator(frame, book, policies, day, results=kept)
    firm = dict(first.run(after.asked))
    # A policy has a result of its own in the second pass if it reads a soft parameter, itself or
    # through a policy that was kept.
    soft = {p for p in kept if baseline.trusting[p] is not baseline.firm[p]}
    soft |= again & set(policies.using(first.soft))
    second: dict[str, Result] = {
        p: baseline.trusting[p] if p in kept else result
        for p, result in firm.items()
        if p in kept or not soft & {p, *policies.depends(p)}
    }
    if len(second) < len(firm):
        evaluator = Evaluator(frame, book, policies, day, trusting=True, results=second)
        second = dict(evaluator.run(after.asked))
    return attrs.evolve(after, firm=firm, trusting=second)


def _changed(baseline: Assessments, after: Assessments, policy: str, before: str | None) -> Change:
    new = after.answer(policy)
    old = baseline.answer(before) if before is not None else np.zeros_like(new)
    return Change(after.policies[policy], before, old, new)


def _ends(cost: Cost | None, internal: bool) -> tuple[int | None, ...]:
    return (None,) * 3 if cost is None else (cost.lo, cost.hi, small(cost.open, internal))


def _periods(found: Comparison, change: Change) -> tuple[str, ...]:
    old = found.baseline.policies[change.before].amounts if change.before else ()
    used = {amount.period for amount in (*old, *change.policy.amounts)}
    return tuple(period for period in PERIODS if period in used)


def _range(low: int | None, high: int | None, unlimited: int | None, lang: str) -> str:
    if low is None or high is None:
        return _WITHHELD.say(lang)
    said = f"{low / 100:,.2f}" + ("" if low == high else f"–{high / 100:,.2f}")
    if unlimited == 0:
        return said
    return said + _NO_LIMIT.say(lang, n=_WITHHELD if unlimited is None else unlimited)


_TITLE = Text("政策试算：{name}　评估日 {on}　家庭 {n} 户", "What if: {name}, {on}: {n} households")
_REUSED = Text(
    "重新计算 {n} 项政策，其余 {kept} 项不受影响",
    "{n} policies computed again, {kept} not affected",
)
_COUNTS = Text(
    "{name}：新增可能符合 {newly_possible}，不再可能符合 {no_longer}，"
    "新增待补信息 {newly_unknown}，不再待补信息 {newly_decided}",
    "{name}: {newly_possible} newly possibly eligible, {no_longer} no longer, "
    "{newly_unknown} newly with information missing, {newly_decided} no longer so",
)
_COST = Text(
    "　　{period}支出（元）：原 {before}，试算 {after}，变化 {change}",
    "    cost {period} (yuan): {before} before, {after} after, change {change}",
)
_WHEN = ("before", "after", "change")
_SILENT = Text("另有 {n} 项结果不变", "{n} more without any change")
_WITHHELD = Text("不公开", "withheld")
_NO_LIMIT = Text("（另有上限不详者 {n}）", " (and {n} with no known limit)")
_EXCLUDING = Text(
    "互斥的政策各自计算，不能相加。",
    "Policies that exclude each other are each counted: do not add them up.",
)
_ASSUMED = Text(
    "支出按可能符合者全部领取估算，待补信息者不计；以上为假设，不是现行规定。",
    "Costs take all possibly eligible to be paid, nobody with information missing; this is an assumption, "
    "not the law in force.",
)
_NOT_A_DECISION = Text(
    "以上均不是认定结论：是否符合由乡镇（街道）调查确认。",
    "None of this is a decision: the street office surveys and confirms.",
)
