"""Whose gift may not help whom: what commitments and the guard of article 40 both ask."""

from __future__ import annotations

from typing import Any

from wushe.journal import Session, State

ALL = "all"
"""The id of the one record that says how many interests were declared; where there is none, nobody need look."""
_NO_BAR = ("mistake", "no_longer")


def interest_id(role: str, party: str, client: str) -> str:
    """Return the id of the declaration about these references."""
    return f"{role}:{party}~{client}"


def binds(state: State, host: str | None) -> bool:
    """Return whether the articles bind what `host` holds: not where it is known to be no charity organization."""
    known = None if host is None else state.get("charity_host", host)
    return known is None or known.charity is not False


def donor_bars(state: State, donor: str | None, named: tuple[str, ...], client: str) -> bool:
    """Return whether `client` may not be helped by what `donor` gave (references), naming the clients `named`.

    Naming an interested party bars even after an open procedure chose it.
    """
    held = donor and state.get("charity_interest", interest_id("donor", donor, client))
    if not held or held.ended in _NO_BAR:
        return False
    return held.ended is None or client in named


def barred_gift(s: Session, host: str, gift: Any, client: str | None) -> bool:
    """Return whether a gift of money may not help `client`; never where no interests are kept or declared."""
    if client is None or "charity_interests" not in s.domain.records:
        return False
    if s.state.get("charity_interests", ALL) is None or not binds(s.state, host):
        return False
    if gift.nature not in ("donation", "matching"):
        return False
    return donor_bars(s.state, gift.donor, gift.earmark.clients, client)
