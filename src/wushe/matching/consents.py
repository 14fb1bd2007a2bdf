"""Consent to referral as a column: what the consents table and the flags say on a day."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt

from wushe.matching.columns import distinct
from wushe.model.storage import Array
from wushe.model.tables import Table
from wushe.network import LinkageNetwork

Answers = npt.NDArray[np.int8]


def referral_consents(
    network: LinkageNetwork, kinds: Array, households: Array, persons: Array, on: dt.date
) -> Answers:
    """Return the recorded consent to referral of each need's client on the day `on`, int8 (n_needs,).

    1 yes, 0 no, -1 unknown. A recorded no is a no. Else a dated consent or its withdrawal (at once,
    个人信息保护法 article 15) goes before the flag of the household or person; an institution asks for
    itself. `kinds` are the kinds of client, `households` and `persons` their rows.
    """
    dated = dated_consents(network.tables["consents"], on)
    of_household = _flags(network.tables["households"], households, dated)
    of_person = _flags(network.tables["persons"], persons, dated)
    served = np.where(kinds == "household", of_household, of_person)
    return np.where(kinds == "institution", 1, served).astype(np.int8)


def _flags(table: Table, rows: Array, dated: dict[str, int]) -> Answers:
    flags = table["referral_consent"].copy()
    at = table.row_of(dated)
    answers = np.fromiter(dated.values(), dtype=np.int8, count=len(dated))
    # A no in the table (or laid over it by a fact) stands until it is itself replaced.
    open_to = (at >= 0) & (flags[at] != 0) if len(table) else np.zeros(len(at), dtype=bool)
    flags[at[open_to]] = answers[open_to]
    taken = np.full(len(rows), -1, dtype=np.int8)
    taken[rows >= 0] = flags[rows[rows >= 0]]
    return taken


def dated_consents(consents: Table, on: dt.date) -> dict[str, int]:
    """Return 1 or 0 by subject where the consents table decides on referral to anybody.

    A consent limited to some recipients is no consent to all of them; its withdrawal still is a no.
    """
    day = np.datetime64(on, "D")
    gone = consents["withdrawn_on"] <= day  # comparisons with an unknown date are false
    limited = np.fromiter(map(bool, consents["recipients"]), dtype=bool, count=len(consents))
    counts = (consents["purpose"] == "referral") & (consents["given_on"] <= day)
    rows = np.flatnonzero(counts & (gone | ~limited))
    subjects, code = distinct(consents["subject"][rows])
    said = np.where(gone[rows], consents["withdrawn_on"][rows], consents["given_on"][rows])
    # On one day a withdrawal goes before a consent.
    order = np.lexsort((gone[rows], said, code))
    last = order[np.flatnonzero(np.diff(code[order], append=len(subjects)))]
    return {subjects[c]: int(not no) for c, no in zip(code[last], gone[rows][last], strict=True)}
