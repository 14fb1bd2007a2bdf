"""Consent to referral: who is served and where they live goes to another party with a recorded yes only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from wushe.matching.consents import Answers, referral_consents
from wushe.model.parties import OWN_TEAM
from wushe.network import LinkageNetwork

Client = tuple[str, str]
"""Whom an order is for: the table (``households``, ``persons``, ``institutions``) and the id."""


def recorded_consents(network: LinkageNetwork, clients: Sequence[Client], on: dt.date) -> Answers:
    """Return what is recorded of each client's consent to referral on the day `on`, int8 (n,): 1 yes, 0 no, -1 unknown.

    An institution asks for itself; for a person of whom nothing is recorded their household's answer counts.
    """
    persons = _rows(network, "persons", clients)
    homes = np.array([None, *network.tables["persons"]["household"]], dtype=object)[persons + 1]
    found = _asked(network, "person", persons, on)
    found = np.where(found == -1, _asked(network, "household", _rows_of(network, homes), on), found)
    own = _asked(network, "household", _rows(network, "households", clients), on)
    kinds = np.array([kind for kind, _ in clients], dtype=object)
    served = np.where(kinds == "households", own, found)
    return np.where(kinds == "institutions", 1, served).astype(np.int8)


def _rows(network: LinkageNetwork, kind: str, clients: Sequence[Client]) -> npt.NDArray[np.int64]:
    ids = [key if table == kind else None for table, key in clients]
    return np.asarray(network.tables[kind].row_of(ids), dtype=np.int64)


def _rows_of(network: LinkageNetwork, homes: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
    return np.asarray(network.tables["households"].row_of(homes), dtype=np.int64)


def _asked(network: LinkageNetwork, kind: str, rows: npt.NDArray[np.int64], on: dt.date) -> Answers:
    nobody = np.full(len(rows), -1)
    home, person = (rows, nobody) if kind == "household" else (nobody, rows)
    return referral_consents(network, np.full(len(rows), kind), home, person, on)


def may_go_to(
    network: LinkageNetwork,
    client: Client,
    helper_kind: str,
    on: dt.date,
    *,
    emergency: bool = False,
) -> bool:
    """Return whether who the `client` is may go to a helper of the table `helper_kind` on the day `on`.

    To the own team always, else with a recorded yes. In an emergency nobody waits for an answer that was
    never asked for (个人信息保护法 article 13 (4)); a recorded no stays a no.
    """
    if helper_kind in OWN_TEAM:
        return True
    found = recorded_consents(network, [client], on)[0]
    return bool(found == 1 or (emergency and found == -1))
