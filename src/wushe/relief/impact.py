"""What a reform moves: costs, coverage of a target group, and both by place, zone or target group."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import attrs
import numpy as np
import numpy.typing as npt

from wushe.errors import WusheError
from wushe.model.storage import UNKNOWN_INT, Array
from wushe.model.terms import TargetGroup
from wushe.network import LinkageNetwork
from wushe.network.places import LEVEL_ROW
from wushe.privacy import SMALL_CELL, suppress_small
from wushe.relief.assess import ELIGIBLE, UNKNOWN, Assessments
from wushe.rules.vocabulary import in_household
from wushe.text import Text

Answers = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]
ZONE, TARGET_GROUP = "zone", "target_group"
GROUPS = (*LEVEL_ROW, ZONE, TARGET_GROUP)
"""What a comparison may be broken down by; of the place levels one at a time."""
_NOT_RECORDED = Text("未登记", "not recorded")


@attrs.frozen
class Cost:
    """Fen from `lo` to `hi`, exact: what is paid in one period, or how it changes.

    `open` units have no known upper limit: of what is paid, `lo` has their lower ends and `hi` no more
    than that; of a change they are left out.
    """

    lo: int
    hi: int
    open: int = 0


@attrs.frozen(eq=False)
class Paid:
    """What each unit is paid in one period: int64 fen (n_units,), zero where it is not possibly eligible.

    `open` bool: no upper limit is known (`hi` is then `lo`). A lower end that is not known counts as
    zero: relief is never negative.
    """

    lo: npt.NDArray[np.int64]
    hi: npt.NDArray[np.int64]
    open: Flags

    def cost(self) -> Cost:
        """Return the sums over all units."""
        return Cost(_total(self.lo), _total(self.hi), int(self.open.sum()))


@attrs.frozen
class Targeting:
    """How well a policy reaches a target group, as shares from .. to: unknown answers may go either way.

    `undercoverage`: target units not reached over all target units (error of exclusion). `leakage`: reached
    units outside the target group over all reached units (error of inclusion). Reached means possibly
    eligible: take-up is not modelled. After Cornia and Stewart 1993 (F- and E-mistakes) and Coady,
    Grosh and Hoddinott 2004; heads, not money. None where nobody is in the group or can be reached.
    """

    target: int
    reached: int
    unknown: int
    undercoverage: tuple[Fraction, Fraction] | None
    leakage: tuple[Fraction, Fraction] | None


def reference_group(
    income_month_fen: Array, members: Array, line_month_fen: int
) -> npt.NDArray[np.bool_]:
    """Return whose income per head is below a line, bool (n,), exactly; for `Comparison.targeting`.

    `income_month_fen` and `members` int64 (n,). Raises WusheError where one of them is unknown.
    """
    if (income_month_fen == UNKNOWN_INT).any() or (members == UNKNOWN_INT).any():
        raise WusheError("reference group: incomes and members must be known for every unit")
    return np.asarray(income_month_fen < line_month_fen * members)


def paid(assessed: Assessments, policy: str, period: str) -> Paid:
    """Return what `policy` pays each unit in one period (once, month, year)."""
    eligible = assessed.answer(policy) == ELIGIBLE
    n = len(eligible)
    lo, hi, unlimited = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.bool_)
    for amount in assessed.policies[policy].amounts:
        if amount.period == period:
            low, high = assessed.amount(policy, amount.id)
            low = np.where(eligible & (low != UNKNOWN_INT), low, 0)
            lo += low
            hi += np.where(eligible & (high != UNKNOWN_INT), high, low)
            unlimited |= eligible & (high == UNKNOWN_INT)
    return Paid(lo, hi, unlimited)


def any_paid(paid: Paid) -> Flags:
    """Return which units are, or may be, paid something."""
    return np.asarray((paid.hi != 0) | paid.open)


def differs(before: Paid, after: Paid) -> Flags:
    """Return which units are, or may be, paid another sum."""
    same = (before.lo == after.lo) & (before.hi == after.hi) & (before.open == after.open)
    return np.asarray(~same)


def few_differ(before: Paid, after: Paid) -> bool:
    """Return whether the change of cost would show the money of few units."""
    moved = differs(before, after)
    limited = moved & ~(before.open | after.open)
    return few(int(moved.sum())) or few(int(limited.sum()))


def difference(before: Paid, after: Paid) -> Cost:
    """Return the change of cost, bounded unit by unit; a unit with the same range in both has none."""
    moved = differs(before, after)
    unlimited = moved & (before.open | after.open)
    at = moved & ~unlimited
    return Cost(
        _total(after.lo[at]) - _total(before.hi[at]),
        _total(after.hi[at]) - _total(before.lo[at]),
        int(unlimited.sum()),
    )


def _total(values: Array) -> int:
    """Return the sum, exact whatever its size."""
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())


def targeting(answers: Answers, target: Flags) -> Targeting:
    """Return how `answers` reach the units where `target`."""

    def size(answer: int, inside: bool) -> int:
        return int(((answers == answer) & (target == inside)).sum())

    hit, spill = size(ELIGIBLE, True), size(ELIGIBLE, False)
    open_in, open_out = size(UNKNOWN, True), size(UNKNOWN, False)
    whole = int(target.sum())
    missed = whole and (Fraction(whole - hit - open_in, whole), Fraction(whole - hit, whole))
    # Reaching more of the target group only lowers the share outside it, reaching others only raises it.
    low, high = hit + open_in + spill, hit + spill + open_out
    leaked = None
    if low and high:
        leaked = Fraction(spill, low), Fraction(spill + open_out, high)
    elif low or high:
        leaked = (Fraction(0),) * 2 if low else (Fraction(1),) * 2
    return Targeting(whole, hit + spill, open_in + open_out, missed or None, leaked)


@attrs.frozen(eq=False)
class Cells:
    """Which unit lies in which cell: int64 pairs `rows` and `codes`, codes positions in `values`."""

    values: tuple[str, ...]
    labels: tuple[Text, ...]
    rows: Array
    codes: Array

    def count(self, flags: Flags) -> list[int]:
        """Return how many of the units in `flags`, bool (n_units,), lie in each cell."""
        inside = self.codes[flags[self.rows]]
        return [int(n) for n in np.bincount(inside, minlength=len(self.values))]

    def label(self, at: int, lang: str) -> str:
        """Return what people call a cell."""
        return self.labels[at].say(lang)


def cells_of(assessed: Assessments, unit: str, by: str) -> Cells:
    """Return the cells of one of `GROUPS`; persons lie in those of their household."""
    network = assessed.network
    if by == TARGET_GROUP:
        return _target_groups(assessed, unit)
    homes = network["households"]
    if by == ZONE:
        labels = homes.kind.field("zone").kind.labels
        words = assessed.frame.words("households", "zone")
        position = np.array([*(list(labels).index(w) for w in words.words), -1], dtype=np.int64)
        codes = position[words.codes]
        texts = [Text(zh, code) for code, zh in labels.items()]
        return _of_units(assessed, unit, codes, codes[:0], tuple(labels), texts)
    level, codes = LEVEL_ROW[by], _places_of(network, "households")
    names = network["places"]["name"]
    ids = tuple(str(i) for i in network["places"].ids)
    texts = [Text(str(name or i), str(name or i)) for i, name in zip(ids, names, strict=True)]
    above = np.append(network.places.ancestors[:, level], -1)
    own = above[_places_of(network, "persons")] if unit == "persons" else codes[:0]
    return _of_units(assessed, unit, above[codes], own, ids, texts)


def _of_units(
    assessed: Assessments,
    unit: str,
    homes: Array,
    own: Array,
    values: tuple[str, ...],
    texts: list[Text],
) -> Cells:
    """Return the cells of households, or of persons through their household, else their own place."""
    codes = homes
    if unit == "persons":
        codes = np.append(homes, -1)[assessed.frame.linked(in_household)]
        codes = np.where(codes < 0, own, codes) if len(own) else codes
    codes = np.where(codes < 0, len(values), codes)
    return Cells((*values, ""), (*texts, _NOT_RECORDED), np.arange(len(codes)), codes)


def _places_of(network: LinkageNetwork, table: str) -> npt.NDArray[np.int64]:
    return network["places"].row_of(network[table]["place"])


def _target_groups(assessed: Assessments, unit: str) -> Cells:
    words = assessed.frame.words(unit, "target_groups")
    groups: Mapping[str, TargetGroup] = assessed.network.target_groups
    rows, codes = [], []
    for at, group in enumerate(groups):
        has = np.array([*(group in tags for tags in words.words), False])
        inside = np.flatnonzero(has[words.codes])
        rows.append(inside)
        codes.append(np.full(len(inside), at))
    none = np.zeros(0, dtype=np.int64)
    texts = tuple(Text(group.zh, group.en) for group in groups.values())
    return Cells(
        tuple(groups), texts, np.concatenate([none, *rows]), np.concatenate([none, *codes])
    )


def group_money(paid: tuple[Paid, Paid], cells: Cells, internal: bool) -> dict[int, Cost | None]:
    """Return the change of cost by cell where some unit is paid another sum, withheld if few are."""
    before, after = paid
    moved = differs(before, after)
    counts = cells.count(moved)
    shown = published(counts, internal)
    at = np.flatnonzero(moved[cells.rows])
    order = at[np.argsort(cells.codes[at], kind="stable")]
    found: dict[int, Cost | None] = {}
    for part in np.split(order, np.flatnonzero(np.diff(cells.codes[order])) + 1):
        if len(part):
            rows, cell = cells.rows[part], int(cells.codes[part[0]])
            some = [Paid(p.lo[rows], p.hi[rows], p.open[rows]) for p in (before, after)]
            hidden = shown[cell] is None or (few_differ(*some) and not internal)
            found[cell] = None if hidden else difference(*some)
    return found


def few(count: int) -> bool:
    """Return whether a count is too small to publish."""
    return 0 < int(count) < SMALL_CELL


def small(count: int, internal: bool) -> int | None:
    """Return a count that stands alone, None where it is withheld."""
    return None if few(count) and not internal else count


def published(counts: list[int], internal: bool) -> tuple[int | None, ...]:
    """Return the counts of all cells of one column, None where one is withheld."""
    return tuple(counts) if internal else suppress_small(counts).counts
