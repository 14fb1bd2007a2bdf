"""The consent ledger: whose facts may go to whom, for what, on a day; and the view that goes out.

个人信息保护法 articles 13-16 (consent, withdrawn as easily as given), 23 (separate consent to pass
on, naming the recipient), 28-30 (sensitive data by separate consent) and 31 (guardian under 14).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from wushe.casefile.views import CONSENT_AGE, class_of_fact, younger_than
from wushe.errors import InputError, Problem, ProblemKind
from wushe.identify.applied import with_facts
from wushe.model.evidence import PURPOSES
from wushe.model.storage import Array
from wushe.model.tables import Table
from wushe.network import LinkageNetwork
from wushe.privacy import SENSITIVE
from wushe.text import Text

HANDED_ON = ("referral", "relief_application", "core_check", "publicity")
"""Purposes that are a passing on by their nature. For the others the recipient must be named (23)."""
SENSITIVE_TABLES = (
    "incomes",
    "spendings",
    "assets",
    "statuses",
    "grants",
    "obligors",
    "emergencies",
)
"""Tables that count as sensitive fields, by their names."""
_NEVER = np.datetime64("0001-01-01", "D")

UNKNOWN_SUBJECT = ProblemKind(
    "unknown-subject",
    Text("没有这个家庭或人员", "there is no such household or person"),
    Text("households 或 persons 中的编号", "an id of households or persons"),
    Text("改正编号", "correct the id"),
)
Answer = npt.NDArray[np.int8]


def is_sensitive(field: str) -> bool:
    """Return whether `field` (of a household or person, or a table) needs separate consent (29).

    A name that no table knows is free text and may hold anything: it counts as sensitive.
    """
    return field in SENSITIVE_TABLES or class_of_fact(field) in (*SENSITIVE, "free_text")


def allowed(
    network: LinkageNetwork,
    subjects: Sequence[str],
    purpose: str,
    recipient: str | None,
    fields: Sequence[str],
    on: dt.date,
) -> Answer:
    """Return per subject whether `fields` may go to `recipient` for `purpose` on the day `on`.

    int8 (n_subjects,): 1 a recorded yes for every field, 0 a recorded no for some field (refused or
    withdrawn), -1 not known. Only 1 is a yes. `recipient` None is the own team. A withdrawal counts
    from its own day on, against every consent of that purpose given up to that day that it covers. Sensitive
    fields must be named by the consent, or ``sensitive_consent`` be yes; under 14 (or of unknown age)
    the consent must come from a guardian. A member's answer includes the household's: either's no is
    a no; facts known on the day go before the tables. Raises InputError for ids that are neither household nor person, ValueError for a purpose
    that is not in `PURPOSES`.
    """
    if purpose not in PURPOSES:
        raise ValueError(f"purpose: {purpose!r} is unknown; expected one of {', '.join(PURPOSES)}")
    network = with_facts(network, on)
    households = _answers(network, "households", purpose, recipient, fields, on)
    persons = _answers(network, "persons", purpose, recipient, fields, on)
    homes = network["households"].row_of(network["persons"]["household"])
    inherited = np.where(homes >= 0, np.append(households.answer, -1)[homes], -1)
    # What the household agreed to covers a child only where a guardian agreed for the child.
    inherited = np.where((inherited == 1) & ~households.guarded_at(homes, persons), -1, inherited)
    member = np.where(
        (persons.answer == 0) | (inherited == 0), 0, np.maximum(persons.answer, inherited)
    )
    every = np.concatenate([households.answer, member]).astype(np.int8)
    rows = _rows(network, subjects)
    return every[rows]


def _rows(network: LinkageNetwork, subjects: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return the row of each subject, persons counted on after the households."""
    home = network["households"].row_of(subjects)
    person = network["persons"].row_of(subjects)
    bad = [s for s, h, p in zip(subjects, home, person, strict=True) if h < 0 and p < 0]
    if bad:
        raise InputError(Problem(UNKNOWN_SUBJECT, "subjects", None, "id", s[:60]) for s in bad)
    return np.where(home >= 0, home, person + len(network["households"]))


@attrs.frozen(eq=False)
class _Answers:
    """Of one table: the own `answer` of each row, whether a guardian agreed, who needs one."""

    answer: Answer
    guardian: npt.NDArray[np.bool_]
    needs_guardian: npt.NDArray[np.bool_]

    def guarded_at(self, homes: Array, persons: _Answers) -> npt.NDArray[np.bool_]:
        """Return which members need no guardian, or have one in their own or the household's record."""
        theirs = np.append(self.guardian, False)[homes]
        return np.asarray(~persons.needs_guardian | persons.guardian | theirs)


@attrs.frozen(eq=False)
class _Ledger:
    """The consents of one purpose that were given by a day, about the rows of one table.

    `row` int64 (m,), `given` and `withdrawn` (NaT: not by that day) datetime64[D] (m,), `covers` bool
    (m, k) whether recipient and field are meant, `named` bool (m, k) whether the field is named,
    `reaches` bool (m,) whether it may carry facts to the recipient, `guardian` bool (m,).
    """

    row: npt.NDArray[np.int64]
    given: Array
    withdrawn: Array
    covers: npt.NDArray[np.bool_]
    named: npt.NDArray[np.bool_]
    reaches: npt.NDArray[np.bool_]
    guardian: npt.NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        consents: Table,
        subjects: Table,
        purpose: str,
        recipient: str | None,
        fields: Sequence[str],
        on: dt.date,
    ) -> _Ledger:
        day = np.datetime64(on, "D")
        row = subjects.row_of(consents["subject"])
        keep = (row >= 0) & (consents["purpose"] == purpose) & (consents["given_on"] <= day)
        rows = np.flatnonzero(keep)
        withdrawn = consents["withdrawn_on"][rows].copy()
        withdrawn[withdrawn > day] = np.datetime64("NaT")
        lists = [consents["fields"][r] for r in rows]
        to = [consents["recipients"][r] for r in rows]
        shape = (len(rows), len(fields))
        named = np.array([[f in (n or ()) for f in fields] for n in lists], bool).reshape(shape)
        every = np.array([n is None for n in lists], dtype=bool)
        # A withdrawal without a list of recipients stops all of them; a consent without one reaches
        # a recipient only where the purpose itself says that facts are handed on.
        reaches = [recipient is None or recipient in (t or ()) or t is None for t in to]
        hands_on = recipient is None or purpose in HANDED_ON
        gives = [hands_on or t is not None for t in to]
        return cls(
            row[rows],
            consents["given_on"][rows],
            withdrawn,
            (named | every[:, None]) & np.array(reaches, dtype=bool)[:, None],
            named,
            np.array(gives, dtype=bool),
            consents.known("guardian")[rows],
        )


def _answers(
    network: LinkageNetwork,
    kind: str,
    purpose: str,
    recipient: str | None,
    fields: Sequence[str],
    on: dt.date,
) -> _Answers:
    """Return what the records say of each row of `kind`, the other table left aside."""
    asked = tuple(fields) or ("id",)  # no field at all: that somebody is served
    table = network[kind]
    ledger = _Ledger.of(network["consents"], table, purpose, recipient, asked, on)
    n, k = len(table), len(asked)
    stopped = np.full((n, k), _NEVER)
    for field in range(k):
        ends = ~np.isnat(ledger.withdrawn) & ledger.covers[:, field]
        np.maximum.at(stopped[:, field], ledger.row[ends], ledger.withdrawn[ends])
    flag = table["referral_consent"] if purpose == "referral" else np.full(n, -1, dtype=np.int8)
    sensitive = _flag(table, "sensitive_consent") == 1
    need = younger_than(table, CONSENT_AGE, on) if kind == "persons" else np.zeros(n, dtype=bool)
    by_guardian = _flag(table, "guardian_consent") == 1
    holds = np.isnat(ledger.withdrawn)
    guardian = by_guardian.copy()
    answer = np.ones((n, k), dtype=np.int8)
    for field, name in enumerate(asked):
        alive = holds & ledger.covers[:, field] & ledger.reaches
        alive &= ledger.given > stopped[ledger.row, field]
        np.logical_or.at(guardian, ledger.row[alive], ledger.guardian[alive])
        alive &= ~need[ledger.row] | ledger.guardian | by_guardian[ledger.row]
        if is_sensitive(name):
            alive &= ledger.named[:, field] | sensitive[ledger.row]
        yes = (flag == 1) & (~need | by_guardian) & (sensitive | (not is_sensitive(name)))
        ended = stopped[:, field] > _NEVER
        yes &= ~ended
        np.logical_or.at(yes, ledger.row[alive], True)
        answer[:, field] = np.where(flag == 0, 0, np.where(yes, 1, np.where(ended, 0, -1)))
    whole = np.where((answer == 0).any(1), 0, np.where((answer == 1).all(1), 1, -1))
    return _Answers(whole.astype(np.int8), guardian, need)


def _flag(table: Table, name: str) -> Array:
    return table[name] if name in table.columns else np.full(len(table), -1, dtype=np.int8)


@attrs.frozen
class ConsentLine:
    """One line of the ledger as it stands on a day, for people."""

    subject: str
    purpose: Text
    state: str
    since: dt.date
    until: dt.date | None


def consents_of(network: LinkageNetwork, subject: str, on: dt.date) -> tuple[ConsentLine, ...]:
    """Return every consent of `subject` given by the day `on`: ``holds`` or ``withdrawn``, by date.

    Raises InputError for an id that is neither household nor person.
    """
    _rows(network, [subject])
    found = []
    for row in np.flatnonzero(network["consents"]["subject"] == subject):
        consent = network["consents"].record(int(row))
        if consent.given_on <= on:
            ended = consent.withdrawn_on is not None and consent.withdrawn_on <= on
            found.append(
                ConsentLine(
                    subject,
                    Text(PURPOSES[consent.purpose], consent.purpose.replace("_", " ")),
                    "withdrawn" if ended else "holds",
                    consent.given_on,
                    consent.withdrawn_on if ended else None,
                )
            )
    return tuple(sorted(found, key=lambda line: (line.since, line.purpose.en)))
