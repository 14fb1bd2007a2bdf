"""Consent to a passing on, as the case files read it, for the layer that stands below them.

个人信息保护法 articles 14 and 15 (given freely, withdrawn at once), 23 (separate consent to pass on),
29 (sensitive data) and 31 (guardian under 14). Only a recorded yes is a yes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from wushe.errors import InputError
from wushe.model.evidence import SUBJECTS, Consent
from wushe.model.facts import FactColumns, LatestFacts, latest_facts
from wushe.model.kinds import BadValueError
from wushe.model.spec import RECORD_KINDS, problem_of
from wushe.model.storage import Array, unknown, unpack
from wushe.model.tables import Table
from wushe.network import LinkageNetwork

GUARDIAN_AGE = 14
NOT_SENSITIVE = frozenset({"id", "name", "phone", "address", "place", "birth", "sex"})
"""Fields of households and persons that need no separate consent (29); every other one does."""
_READ = {
    "households": ("referral_consent", "sensitive_consent", "guardian_consent"),
    "persons": ("referral_consent", "birth", "household"),
}


@attrs.frozen(eq=False)
class ConsentBook:
    """What households and persons agreed to, as known on the day `on`.

    A fact known by that day goes before the table's cell, as a refusal at the door must. `columns`
    holds the fields of `_READ` by table; `ledger` the consents given by the day, by subject.
    """

    on: dt.date
    columns: dict[str, dict[str, Array]]
    rows: dict[str, dict[str, int]]
    ledger: dict[str, list[Consent]]

    @classmethod
    def of(cls, network: LinkageNetwork, on: dt.date) -> ConsentBook:
        """Read the consents of `network` on the day `on`. Raises InputError for unreadable facts."""
        facts = _facts_by(network["facts"], on)
        ledger: dict[str, list[Consent]] = {}
        for consent in network["consents"].records():
            if consent.given_on <= on:
                ledger.setdefault(consent.subject, []).append(consent)
        columns = {
            kind: {name: _as_known(network[kind], name, facts) for name in _READ[kind]}
            for kind in SUBJECTS
        }
        rows = {kind: {key: row for row, key in enumerate(network[kind].ids)} for kind in SUBJECTS}
        return cls(on, columns, rows, ledger)

    def answers(
        self,
        subjects: Sequence[str | None],
        recipient: str | None,
        fields: Sequence[str],
        purpose: str = "referral",
    ) -> npt.NDArray[np.int8]:
        """Return per subject 1 a recorded yes for every field, 0 a recorded no, -1 not known.

        Shape (n_subjects,). `recipient` None stands for whoever will be found: then a consent that
        names recipients does not count, while any withdrawal does. A member's answer includes the
        household's: either's no is a no. An id of neither table is unknown (-1).
        """
        found = [self._answer(s, recipient, tuple(fields) or ("id",), purpose) for s in subjects]
        return np.array(found, dtype=np.int8)

    def _answer(
        self, subject: str | None, recipient: str | None, fields: tuple[str, ...], purpose: str
    ) -> int:
        if subject in self.rows["households"]:
            return self._own(str(subject), "households", recipient, fields, purpose)[0]
        if subject not in self.rows["persons"]:
            return -1
        person = str(subject)
        own, guarded = self._own(person, "persons", recipient, fields, purpose)
        home = self.columns["persons"]["household"][self.rows["persons"][person]]
        if home is None:
            return own
        theirs, by_guardian = self._own(home, "households", recipient, fields, purpose)
        if theirs == 1 and self._needs_guardian(person) and not (guarded or by_guardian):
            theirs = -1  # what the household agreed to covers a child only with a guardian
        return 0 if own == 0 or theirs == 0 else max(own, theirs)

    def _own(
        self, subject: str, kind: str, recipient: str | None, fields: tuple[str, ...], purpose: str
    ) -> tuple[int, bool]:
        """Return the answer of the subject's own records, and whether a guardian agreed."""
        row, columns = self.rows[kind][subject], self.columns[kind]
        flag = int(columns["referral_consent"][row]) if purpose == "referral" else -1
        sensitive, by_guardian = (
            name in columns and columns[name][row] == 1
            for name in ("sensitive_consent", "guardian_consent")
        )
        needs = kind == "persons" and self._needs_guardian(subject)
        guarded, answers = bool(by_guardian), []
        for field in fields:
            alive, ended = self._consents(subject, recipient, field, purpose)
            guarded |= any(c.guardian is not None for c in alive)
            valid = [c for c in alive if not needs or c.guardian is not None or by_guardian]
            free = field in NOT_SENSITIVE or bool(sensitive)
            valid = [c for c in valid if free or field in (c.fields or ())]
            flagged = flag == 1 and (not needs or by_guardian) and free and not ended
            yes = bool(valid) or flagged
            answers.append(0 if flag == 0 else 1 if yes else 0 if ended else -1)
        return (0 if 0 in answers else min(answers)), guarded

    def _consents(
        self, subject: str, recipient: str | None, field: str, purpose: str
    ) -> tuple[list[Consent], bool]:
        """Return the consents that hold for `field`, and whether one was withdrawn by the day."""
        covering = [
            c
            for c in self.ledger.get(subject, ())
            if c.purpose == purpose and (c.fields is None or field in c.fields)
        ]
        if recipient is not None:
            covering = [c for c in covering if c.recipients is None or recipient in c.recipients]
        stops = [c.withdrawn_on for c in covering if c.withdrawn_on and c.withdrawn_on <= self.on]
        alive = [
            c
            for c in covering
            if (c.withdrawn_on is None or c.withdrawn_on > self.on)
            and (recipient is not None or c.recipients is None)
            and (not stops or c.given_on > max(stops))
        ]
        return alive, bool(stops)

    def _needs_guardian(self, person: str) -> bool:
        """Return whether `person` is under 14 on the day, or of unknown age."""
        birth = unpack(self.columns["persons"]["birth"], self.rows["persons"][person])
        if birth is None:
            return True
        return bool(birth > _years_before(self.on, GUARDIAN_AGE))


def _years_before(on: dt.date, years: int) -> dt.date:
    """Return the same day `years` ago; 29 February becomes 28 February."""
    day = 28 if (on.month, on.day) == (2, 29) else on.day
    return on.replace(year=on.year - years, day=day)


def _facts_by(table: Table, on: dt.date) -> LatestFacts | None:
    chosen = np.flatnonzero(table["on"] <= np.datetime64(on, "D"))
    if len(chosen) == 0:
        return None
    columns = {name: column[chosen] for name, column in table.columns.items()}
    return latest_facts(
        FactColumns.of(Table(table.kind, columns, table.rows[chosen], table.source))
    )


def _as_known(table: Table, name: str, facts: LatestFacts | None) -> Array:
    """Return the column with the facts that hold laid over it; references stay the table's."""
    field = RECORD_KINDS[table.kind.name].field(name)
    if facts is None or field.refs or name not in facts.facts.fields:
        return table[name]
    try:
        values = facts.column(field)
    except BadValueError as bad:
        raise InputError([problem_of(field, bad, "facts", None, "")]) from None
    column = table[name].copy()
    position = {subject: row for row, subject in enumerate(facts.facts.subjects)}
    rows = np.array([position.get(key, -1) for key in table.ids], dtype=np.int64)
    known = facts.row[rows, facts.facts.fields.index(name)] >= 0
    where = np.flatnonzero((rows >= 0) & known & ~unknown(values)[rows])
    column[where] = values[rows[where]]
    return column
