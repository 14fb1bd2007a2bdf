"""Facts as columns: which value holds, what two devices disagree about, merging without loss."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from wushe.errors import InputError, Problem, ProblemKind
from wushe.model.evidence import CONFIDENCES, Fact
from wushe.model.spec import RECORD_KINDS, Field
from wushe.model.storage import Array, pack
from wushe.model.tables import Table, table_of
from wushe.text import Text

SAME_ID_DIFFERS = ProblemKind(
    "fact-differs",
    Text(zh="同一编号的两条事实内容不同", en="two facts of one id differ"),
    Text(
        zh="事实一经记录不再更改，编号全局唯一",
        en="facts never change once recorded, and ids are unique everywhere",
    ),
    Text(zh="给其中一条换一个编号后再合并", en="give one of them another id and merge again"),
)
_STATED = list(CONFIDENCES).index("stated")
_DAYS = 1 << 22


@attrs.frozen(eq=False)
class FactColumns:
    """Facts as numbers, rows in id order.

    `subjects` object (n_subjects,) sorted ids; `fields` their names; `texts` object (n_texts,) the
    distinct values. Per fact, shape (n_facts,): `subject` int32, `field` int16 and `value` int32
    positions in those; `on` int32 days since 1970-01-01, `at` int64 microseconds since then (UTC),
    `confidence` int8 position in `CONFIDENCES` (unknown counts as stated), `superseded` bool: another
    fact was written after this one, knowing it.
    """

    subjects: Array
    fields: tuple[str, ...]
    texts: Array
    subject: npt.NDArray[np.int32]
    field: npt.NDArray[np.int16]
    value: npt.NDArray[np.int32]
    on: npt.NDArray[np.int32]
    at: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.int8]
    superseded: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, facts: Table) -> FactColumns:
        """Return the columns of a ``facts`` table."""
        subjects, subject = _codes(facts["subject"])
        fields, field = _codes(facts["field"])
        texts, value = _codes(facts["value"])
        ranks = {name: rank for rank, name in enumerate(CONFIDENCES)}
        confidence = np.array([ranks.get(c, _STATED) for c in facts["confidence"]], dtype=np.int8)
        instants = np.array(
            [text.removesuffix("Z") for text in facts["at"]], dtype="datetime64[us]"
        )
        return cls(
            subjects,
            tuple(fields),
            texts,
            subject.astype(np.int32),
            field.astype(np.int16),
            value.astype(np.int32),
            facts["on"].astype(np.int32),
            instants.astype(np.int64),
            confidence,
            _superseded(facts, subject * len(fields) + field, confidence),
        )

    def __len__(self) -> int:
        return len(self.subject)


@attrs.frozen(eq=False)
class LatestFacts:
    """Which fact holds: `row` int64 (n_subjects, n_fields), -1 where nothing is known."""

    facts: FactColumns
    row: npt.NDArray[np.int64]

    def texts(self, field: str) -> Array:
        """Return the value that holds of `field` as text, object (n_subjects,), None where unknown."""
        if field not in self.facts.fields:
            return np.full(len(self.facts.subjects), None, dtype=object)
        rows = self.row[:, self.facts.fields.index(field)]
        found = np.full(len(rows), None, dtype=object)
        found[rows >= 0] = self.facts.texts[self.facts.value[rows[rows >= 0]]]
        return found

    def column(self, field: Field) -> Array:
        """Return the value that holds of `field` in its own storage, shape (n_subjects,).

        Each distinct text is read once. Raises BadValueError for one that the field refuses.
        """
        if field.name not in self.facts.fields:
            return pack(field.kind.storage, [None] * len(self.facts.subjects))
        rows = self.row[:, self.facts.fields.index(field.name)]
        known = rows >= 0
        codes, place = np.unique(self.facts.value[rows[known]], return_inverse=True)
        values: list[Any] = [field.read(text) for text in self.facts.texts[codes]]
        taken = np.full(len(rows), len(values))
        taken[known] = place
        column: Array = pack(field.kind.storage, [*values, None])
        return np.asarray(column[taken])


def latest_facts(facts: FactColumns) -> LatestFacts:
    """Return the fact that holds for every subject and field.

    Hearsay never holds against a better fact, nor a fact against one that was written after it.
    Otherwise the later day holds, then the better confidence, then the later record, then the
    higher id.
    """
    group = facts.subject.astype(np.int64) * len(facts.fields) + facts.field
    groups = len(facts.subjects) * len(facts.fields)
    trusted = 2 * (facts.confidence > 0) + ~facts.superseded.astype(bool)
    rank = (
        trusted.astype(np.int64) * _DAYS * 2 + facts.on.astype(np.int64) + _DAYS
    ) * 4 + facts.confidence
    chosen = np.arange(len(group))
    for key in (rank, facts.at):
        best = np.full(groups, np.iinfo(np.int64).min)
        np.maximum.at(best, group[chosen], key[chosen])
        chosen = chosen[key[chosen] == best[group[chosen]]]
    row = np.full(groups, -1, dtype=np.int64)
    row[group[chosen]] = chosen  # rows ascend, and of equal indices the last assignment stays
    return LatestFacts(facts, row.reshape(len(facts.subjects), len(facts.fields)))


@attrs.frozen
class Conflict:
    """Facts of one field written without knowledge of each other that differ; a later fact settles it."""

    subject: str
    field: str
    facts: tuple[Fact, ...]


def merge_facts(*tables: Table) -> Table:
    """Return the union of facts recorded on several devices. Commutative, associative, idempotent.

    Nothing is overwritten: what disagrees is found by `fact_conflicts`. Raises InputError where two different
    facts carry one id, naming all such ids.
    """
    found: dict[str, Fact] = {}
    problems = []
    for table in tables:
        for fact in table.records():
            if found.setdefault(fact.id, fact) != fact:
                problems.append(Problem(SAME_ID_DIFFERS, "facts", None, "id", fact.id))
    if problems:
        raise InputError(sorted(set(problems), key=lambda p: p.value or ""))
    return table_of("facts", found.values())


def fact_conflicts(facts: Table) -> list[Conflict]:
    """Return every same-field conflict with all values, by subject and field.

    Only facts that say what they were written `after` take part: a mere later observation is no edit.
    """
    edits: dict[tuple[str, str], list[Fact]] = {}
    for row in np.flatnonzero(facts.known("after")):
        fact = facts.record(int(row))
        edits.setdefault((fact.subject, fact.field), []).append(fact)
    found = []
    for (subject, field), written in sorted(edits.items()):
        heads = _heads(written)
        if len({fact.value for fact in heads}) > 1:
            found.append(Conflict(subject, field, tuple(heads)))
    return found


def _heads(facts: Iterable[Fact]) -> list[Fact]:
    """Return the facts that no other one was written after, by id."""
    ordered = sorted(facts, key=lambda fact: fact.id)
    seen = {earlier for fact in ordered for earlier in fact.after or ()}
    return [fact for fact in ordered if fact.id not in seen]


def _superseded(
    facts: Table, group: npt.NDArray[np.int64], confidence: npt.NDArray[np.int8]
) -> npt.NDArray[np.bool_]:
    """Return which facts another one of the same `group` was written after, bool array (n_facts,).

    Hearsay supersedes hearsay only; what is written after hearsay was also written after what that
    hearsay could not supersede.
    """
    after = facts["after"]
    rows = [row for row, names in enumerate(after) if names]
    named = pack("object", [name for row in rows for name in after[row]])
    later = np.repeat(np.array(rows, dtype=np.int64), [len(after[row]) for row in rows])
    earlier = np.minimum(np.searchsorted(facts.ids, named), len(facts) - 1)
    real = (facts.ids[earlier] == named) & (group[earlier] == group[later]) & (earlier != later)
    later, earlier = later[real], earlier[real]
    told, sure = confidence[earlier] == 0, confidence[later] > 0
    superseded = np.zeros(len(facts), dtype=bool)
    superseded[earlier[told | sure]] = True
    before: dict[int, list[int]] = {}
    for row, one in zip(later[~sure].tolist(), earlier[~sure].tolist(), strict=True):
        before.setdefault(row, []).append(one)
    left = sorted(set(earlier[told & sure].tolist()))
    while left:
        found = before.pop(left.pop(), [])
        superseded[found] = True
        left += [row for row in found if confidence[row] == 0]
    return superseded


def _codes(column: Array) -> tuple[Array, npt.NDArray[np.int64]]:
    """Return the sorted distinct words of an object column and each row's position among them."""
    words = sorted(set(column))
    position = {word: code for code, word in enumerate(words)}
    distinct = np.empty(len(words), dtype=object)
    distinct[:] = words
    return distinct, np.array([position[word] for word in column], dtype=np.int64)


def field_of(subject_kind: str, name: str) -> Field | None:
    """Return the field of households or persons that facts of `name` fill, None for an extra fact."""
    kind = RECORD_KINDS[subject_kind]
    return kind.field(name) if name in kind.field_names else None
