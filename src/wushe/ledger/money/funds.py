"""Funds: opened under a host, started by three sources, co-financed in agreed shares, closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from wushe.errors import Problem
from wushe.journal import Session, command
from wushe.ledger.money.asking import amount_problems, code_problems, day_problems, known, today
from wushe.ledger.money.problems import (
    BELOW_FLOOR,
    FUND_HOLDS_MONEY,
    FUND_NOT_OPEN,
    SHARE_MISSING,
    SOURCE_MISSING,
    TAKEN,
    problem,
    refuse,
    refuse_if,
    yuan,
)
from wushe.ledger.money.receiving import receive
from wushe.text import Text

SOURCES = ("fiscal", "donation", "collective")
"""Whose money starts a fund: the treasury's, donors', the village collective's."""
SOURCE_NAMES = {
    "fiscal": Text("财政投入", "the treasury"),
    "donation": Text("捐赠", "donors"),
    "collective": Text("村集体自筹", "the village collective"),
}
NATURES = (*SOURCES, "mixed")


@command
def open_fund(
    s: Session,
    *,
    id: str,  # noqa: A002 - records have an id, and commands name fields as records do
    name: str,
    host: str,
    nature: str = "mixed",
    place: str | None = None,
    purposes: Sequence[str] = (),
    places: Sequence[str] = (),
    for_groups: Sequence[str] = (),
    per_need_fen: int | None = None,
    floor_fen: int = 0,
    day: str | None = None,
) -> str:
    """Open a fund of `host` (an organization's id) and return its id.

    With `floor_fen` above 0 it is only prepared: `start_up` files it once that much is there. `name` is
    public. `purposes` are categories, `places` codes with all below them, `for_groups` target groups.
    """
    stream, day = f"fund/{id}", today(s, day)
    found = code_problems(stream, "nature", nature, NATURES) + day_problems(stream, "day", day)
    found += amount_problems(stream, "floor_fen", floor_fen, least=0)
    if per_need_fen is not None:
        found += amount_problems(stream, "per_need_fen", per_need_fen)
    if s.state.get("fund", id) is not None:
        found.append(problem(TAKEN, stream, "id"))
    refuse_if(found)
    data = {
        "fund": id,
        "name": name,
        "host": host,
        "nature": nature,
        "place": place,
        "purposes": sorted(set(purposes)),
        "places": sorted(set(places)),
        "for_groups": sorted(set(for_groups)),
        "per_need_fen": per_need_fen,
        "floor_fen": floor_fen,
        "opened_on": day,
        "status": "preparing" if floor_fen else "open",
    }
    s.record("fund.opened", stream, data)
    return id


@command
def start_up(
    s: Session,
    *,
    fund: str,
    contributions: Sequence[tuple[str, str, int]],
    floor_fen: int | None = None,
    sources: Sequence[str] = (),
    day: str | None = None,
) -> list[str]:
    """File a fund with its start-up money (source, party, fen) and return the ids of the gifts.

    `source` is fiscal, donation or collective; `party` an organization's id. Raises RefusedError where
    all that it received stays below `floor_fen` (the fund's own floor where None), or where one of
    `sources` has given nothing.
    """
    held, day = known(s, "fund", fund), today(s, day)
    refuse_if(_contribution_problems(fund, contributions))
    refuse_if(_source_problems(s, fund, contributions, sources))
    floor = held.floor_fen if floor_fen is None else floor_fen
    total = held.received_fen + sum(fen for _, _, fen in contributions)
    if total < floor:
        words = {"total": yuan(total), "floor": yuan(floor), "missing": yuan(floor - total)}
        refuse(BELOW_FLOOR, f"fund/{fund}", "contributions", yuan(total), **words)
    answer = receive(s, gifts=_gifts(fund, contributions, day))
    s.record(
        "fund.filed",
        f"fund/{fund}",
        {"fund": fund, "status": "open", "floor_fen": floor, "day": day},
    )
    gifts: list[str] = answer["gifts"]
    return gifts


@command
def co_finance(
    s: Session,
    *,
    fund: str,
    shares: Mapping[str, int],
    contributions: Sequence[tuple[str, str, int]],
    day: str | None = None,
) -> list[str]:
    """Take seed money of several parties in agreed shares and return the ids of the gifts.

    `shares` maps each party to its whole-number share; the one that gave most for its share sets what
    the others owe, rounded down to the fen. Raises RefusedError naming each party and what is missing.
    """
    day, stream = today(s, day), f"fund/{fund}"
    found = _contribution_problems(fund, contributions)
    found += [p for party in sorted(shares) for p in amount_problems(stream, party, shares[party])]
    outside = sorted({party for _, party, _ in contributions} - set(shares))
    found += code_problems(stream, "party", outside[0], sorted(shares)) if outside else []
    if not shares or not contributions:
        found += amount_problems(stream, "contributions", 0)
    refuse_if(found)
    given = dict.fromkeys(sorted(shares), 0)
    for _, party, fen in contributions:
        given[party] += fen
    best = max(Fraction(fen, shares[party]) for party, fen in given.items())
    for party, fen in given.items():
        due = int(best * shares[party])
        if fen < due:
            words = {"given": yuan(fen), "due": yuan(due), "missing": yuan(due - fen)}
            found.append(problem(SHARE_MISSING, stream, party, yuan(fen), **words))
    refuse_if(found)
    answer = receive(s, gifts=_gifts(fund, contributions, day))
    gifts: list[str] = answer["gifts"]
    return gifts


@command
def close_fund(s: Session, *, fund: str, day: str | None = None) -> None:
    """Close a fund that holds nothing any more. Raises RefusedError while money is free or committed."""
    held = known(s, "fund", fund)
    if held.status == "closed":
        refuse(FUND_NOT_OPEN, f"fund/{fund}", "status", status=held.status)
    refuse_if(day_problems(f"fund/{fund}", "day", today(s, day)))
    left = held.free_fen + held.committed_fen
    if left:
        refuse(FUND_HOLDS_MONEY, f"fund/{fund}", "free_fen", yuan(left), fen=yuan(left))
    s.record(
        "fund.closed", f"fund/{fund}", {"fund": fund, "status": "closed", "day": today(s, day)}
    )


def _contribution_problems(fund: str, given: Sequence[tuple[str, str, int]]) -> list[Problem]:
    stream = f"fund/{fund}"
    found: list[Problem] = []
    for source, party, fen in given:
        found += code_problems(stream, "source", source, SOURCES)
        found += amount_problems(stream, party, fen)
    return found


def _source_problems(
    s: Session, fund: str, given: Sequence[tuple[str, str, int]], sources: Sequence[str]
) -> list[Problem]:
    """Return a problem for each of `sources` that gave nothing, now or before."""
    stream = f"fund/{fund}"
    found = [p for source in sources for p in code_problems(stream, "sources", source, SOURCES)]
    if found or not sources:
        return found
    there = {source for source, _, _ in given}
    there |= {gift.nature for gift in s.state.find("gift", fund=fund)}
    asked = [SOURCE_NAMES[source] for source in sources]
    names = Text("、".join(n.zh for n in asked), ", ".join(n.en for n in asked))
    return [
        problem(SOURCE_MISSING, stream, "contributions", source=SOURCE_NAMES[source], sources=names)
        for source in sources
        if source not in there
    ]


def _gifts(fund: str, given: Sequence[tuple[str, str, int]], day: str) -> list[dict[str, Any]]:
    return [
        {
            "fund": fund,
            "fen": fen,
            "day": day,
            "donor": party,
            "donor_kind": "organization",
            "nature": source,
        }
        for source, party, fen in given
    ]
