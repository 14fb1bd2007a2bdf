"""Persons who may be registered twice: proposed with evidence, for a person to decide."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np

from wushe.identify.likeness import (
    FIELDS,
    LEVELS,
    UNKNOWN,
    Ints,
    Traits,
    code_of,
    compare,
    traits_of,
    weigh,
)
from wushe.model.tables import Table
from wushe.text import Text

WINDOW = 30
_MARGIN = 5.0
_LOWEST = 14.0
_CHUNK = 1 << 20
_LINE = Text(
    "{a} 与 {b} 可能是同一人（{score:.1f} 比特）：{evidence}。请核对后决定是否合并",
    "{a} and {b} may be one person ({score:.1f} bits): {evidence}. Check before merging",
)
_PART = Text("{field}{level}（{weight:+.1f}）", "{field} {level} ({weight:+.1f})")
_SUMMARY = Text(
    "{persons:,} 人，比对 {pairs:,} 对，提出 {found:,} 对疑似重复（不低于 {threshold:.1f} 比特）；"
    "同组人数过多而未比对 {skipped:,} 对",
    "{persons:,} persons, {pairs:,} pairs compared, {found:,} proposed ({threshold:.1f} bits or more); "
    "{skipped:,} pairs of crowded blocks not compared",
)


@attrs.frozen
class Proposal:
    """Two persons who may be one. It holds ids and degrees of agreement, never a personal value.

    `score` is the sum of the weights in bits; `evidence` has (field, level, weight in bits) for every
    field of `likeness.FIELDS`, those unknown included.
    """

    a: str
    b: str
    score: float
    evidence: tuple[tuple[str, str, float], ...]

    def explain(self, lang: str = "zh") -> str:
        """Return why, one line. Safe to show: ids and levels of agreement only."""
        parts = []
        for field, level, weight in self.evidence:
            if level == UNKNOWN:
                continue
            said = next(one.text for one in LEVELS[field] if one.name == level)
            parts.append(_PART.say(lang, field=FIELDS[field], level=said, weight=weight))
        joined = ("；" if lang == "zh" else "; ").join(parts)
        return _LINE.say(lang, a=self.a, b=self.b, score=self.score, evidence=joined)


@attrs.frozen
class Proposals:
    """What `propose` found, the most certain first, and what it looked at.

    `pairs` is how many pairs were compared; `skipped` how many (block, pair) were not, because
    their block is too crowded; `threshold` the score that was asked for, in bits.
    """

    found: tuple[Proposal, ...]
    persons: int
    pairs: int
    skipped: int
    threshold: float

    def __iter__(self) -> Iterator[Proposal]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def summary(self, lang: str = "zh") -> str:
        """Return one line on how much was compared, proposed and left out."""
        return _SUMMARY.say(
            lang,
            persons=self.persons,
            pairs=self.pairs,
            found=len(self),
            threshold=self.threshold,
            skipped=self.skipped,
        )


def propose(
    persons: Table,
    *,
    households: Table | None = None,
    threshold: float | None = None,
    window: int = WINDOW,
) -> Proposals:
    """Return the pairs of ``persons`` that may be one, with evidence; nothing is changed.

    `households` lends its place and phone to persons without one. `threshold` is the least score in
    bits; the default log2(number of persons) + 5, at least 14, outweighs chance in a larger table.

    Compared are persons who share a block: ID number; characters of the name with birth year, with
    birthday, with place; birth with the first or the last character or with the place; phone. In a
    block of more than `window` + 1 persons each meets the `window` that follow by birth and id
    (sorted neighbourhood, Hernández and Stolfo 1995), so work grows with persons, not with pairs.

    The same name is never enough: birth, ID number or phone must agree too. Members of one family
    whose given names differ are never proposed, twins included, unless they carry one ID number.
    Raises MissingExtraError without the extra ``identify``, ValueError for a window below 1.
    """
    if window < 1:
        raise ValueError(f"window: {window} is below 1")
    traits = traits_of(persons, households)
    if threshold is None:
        threshold = max(_LOWEST, float(np.log2(max(len(persons), 1))) + _MARGIN)
    a, b, skipped = _candidates(traits, window)
    found: list[Proposal] = []
    for start in range(0, len(a), _CHUNK):
        some = slice(start, start + _CHUNK)
        found.extend(_scored(persons.ids.tolist(), traits, a[some], b[some], threshold))
    found.sort(key=lambda one: (-one.score, one.a, one.b))
    return Proposals(tuple(found), len(persons), len(a), skipped, threshold)


def _scored(
    ids: list[str], traits: Traits, a: Ints, b: Ints, threshold: float
) -> Iterator[Proposal]:
    levels = compare(traits, a, b)
    weights = weigh(traits, a, levels)
    score = np.sum([weights[field] for field in FIELDS], axis=0)

    def at(field: str, *names: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        return np.isin(levels[field], code_of(field, *names))

    one_number = at("id_number", "same")
    supported = (
        one_number
        | at("birth", "same", "swapped", "digit")
        | at("id_number", "digit")
        | at("phone", "same")
    )
    named = one_number | ~at("name", "differs")
    # A family shares household, or phone where no household is known, or (twins) all but the serial.
    household = traits.household[a]
    unknown = (household < 0) | (traits.household[b] < 0)
    family = (household == traits.household[b]) & ~unknown
    family |= (unknown & at("phone", "same")) | at("id_number", "sequence")
    relatives = family & at("name", "near", "half", "differs") & ~one_number
    for row in np.flatnonzero((score >= threshold) & supported & named & ~relatives).tolist():
        evidence = tuple(
            (field, LEVELS[field][levels[field][row]].name, round(float(weights[field][row]), 2))
            for field in FIELDS
        )
        yield Proposal(ids[a[row]], ids[b[row]], round(float(score[row]), 2), evidence)


# --- blocking --------------------------------------------------------------------------------


def _blocks(t: Traits) -> Iterator[Ints]:
    """Yield the blocking keys, each int64 (n,), -1 where a part is unknown."""
    month, day = t.birth // 100 % 100, t.birth % 100
    born = t.birth >= 0
    either_way = np.where(born, np.minimum(month, day) * 100 + np.maximum(month, day), -1)
    yield t.id_number
    yield _both(t.letters, np.where(born, t.birth // 10000, -1))
    yield _both(t.letters, either_way)
    yield _both(t.letters, t.place)
    yield _both(t.birth, t.first)
    yield _both(t.birth, t.last)
    yield _both(t.birth, t.place)
    yield t.phone


def _both(x: Ints, y: Ints) -> Ints:
    return np.where((x < 0) | (y < 0), -1, x * (y.max(initial=0) + 1) + y)


def _candidates(traits: Traits, window: int) -> tuple[Ints, Ints, int]:
    """Return the rows of the pairs to compare, each pair once, and how many were left out."""
    n, skipped = len(traits), 0
    pairs = np.empty(0, dtype=np.int64)
    for key in _blocks(traits):
        rows = np.flatnonzero(key >= 0)
        order = rows[np.lexsort((rows, traits.birth[rows], key[rows]))]
        sizes = np.unique(key[order], return_counts=True)[1]
        beyond = np.maximum(sizes - 1 - window, 0)
        skipped += int((beyond * (beyond + 1) // 2).sum())
        met = [pairs]
        for step in range(1, min(window, int(sizes.max(initial=1)) - 1) + 1):
            x, y = order[:-step], order[step:]
            same = key[x] == key[y]
            low, high = np.minimum(x[same], y[same]), np.maximum(x[same], y[same])
            met.append(low * n + high)
        pairs = np.unique(np.concatenate(met))
    return pairs // max(n, 1), pairs % max(n, 1), skipped
