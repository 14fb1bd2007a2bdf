"""All duties of the Charity Law held against the state on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from wushe.journal import State
from wushe.ledger.duties.campaigns import campaign_lines, project_lines
from wushe.ledger.duties.gifts import Ledger, gift_lines
from wushe.ledger.duties.goods import goods_lines
from wushe.ledger.duties.hosts import fund_lines, host_lines
from wushe.ledger.duties.law import DUTIES, Numbers
from wushe.ledger.duties.lines import STATUSES, DutyLine, DutyReport
from wushe.ledger.duties.look import Look, day
from wushe.ledger.duties.ratios import ratio_lines
from wushe.rules import ParameterBook, chain_of

NATION = "000000"


def check_duties(
    state: State,
    *,
    on: dt.date,
    parameters: ParameterBook | None = None,
    place: str = NATION,
) -> DutyReport:
    """Return every duty with its article: kept, due, broken, unknown (what is missing) or not binding (why).

    `state` is that of a store or a `MemoryStore`; records after `on` do not count, but balances are those of
    the state as it is. `parameters` are the city's (``plugins.parameters``) as they apply at
    `place`: without them whatever needs a number is unknown. Raises ValueError for a place without code.
    """
    chain = chain_of(place)
    if not chain:
        raise ValueError(f"place: {place!r} is no code of a place; expected one such as 420106")
    look = Look(state, on, Numbers(parameters, chain))
    order = {duty: n for n, duty in enumerate(DUTIES)}
    rank = {status: n for n, status in enumerate(STATUSES)}
    found = sorted(_lines(look), key=lambda x: (rank[x.status], order[x.duty], x.subject))
    return DutyReport(on, tuple(found))


def _lines(look: Look) -> Iterator[DutyLine]:
    ledger = Ledger.of(look)
    for key in sorted(ledger.funds):
        fund = ledger.funds[key]
        if not fund.opened_on or day(fund.opened_on) <= look.on:
            yield from fund_lines(look, fund, ledger)
    yield from gift_lines(look, ledger)
    yield from goods_lines(look)
    for filing in look.all("charity_filing"):
        yield from campaign_lines(look, filing)
    for project in look.all("charity_project"):
        yield from project_lines(look, project, ledger)
    for host in look.all("charity_host"):
        yield from host_lines(look, host)
        years = {one.year: one for one in look.all("charity_year", host=host.id)}
        yield from ratio_lines(look, host, years)
