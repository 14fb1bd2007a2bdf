"""Aid of a period counted into tables that may be published: as fine as possible, never finer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from wushe.privacy import SMALL_CELL
from wushe.report.disclosure.flows import Flows, sort_of
from wushe.report.disclosure.names import Names
from wushe.report.disclosure.tables import COUNTS, Help, Quantity, Table, count
from wushe.report.disclosure.withhold import withhold

_STAGES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "use": (("place", "category"), ("all", "category"), ("all", "all")),
    "by_place": (("place", "all"),),
    "by_project": (("project", "category"), ("project", "all")),
    "by_fund": (("fund", "category"), ("fund", "all")),
}
"""(rows, columns) of each table, finest first: where that tells of too few, the next is tried."""


@attrs.frozen
class _Given:
    """One payment for somebody."""

    fund: str
    place: str
    category: str
    project: str
    fen: int
    client: str | None = attrs.field(repr=False)
    served: str

    def help(self, rows_are: str, columns_are: str) -> Help:
        """Return it as a table with these dimensions counts it."""
        by = {"all": "", **{n: getattr(self, n) for n in ("fund", "place", "category", "project")}}
        who = {self.served: self.client}
        return Help(
            by[rows_are],
            by[columns_are],
            self.fen,
            who.get("person"),
            who.get("household"),
            who.get("client"),
        )


@attrs.frozen
class AidTables:
    """Tables by name: ``use F``, ``by_place F``, ``by_project F``, ``by_fund``.

    ``by_place`` is there where ``use`` does not tell places. `coarser` were not told as finely as they could be.
    """

    tables: Mapping[str, Table]
    coarser: tuple[str, ...] = ()


def aid_tables(
    names: Names,
    flows: Flows,
    funds: Sequence[str],
    period: tuple[str, str],
    level: str,
    *,
    internal: bool,
) -> AidTables:
    """Count the aid of the `period` to persons and households, for publication unless `internal`.

    The totals of each fund and of each of its projects are told in any case: the law has them published.
    """
    given = list(_given(names, flows, frozenset(funds), period, level))
    wanted = _wanted(given)
    if internal:
        return AidTables({name: _counted(name, given, 0) for name in wanted})
    pinned: list[Quantity] = [()]
    pinned += sorted({(("fund", g.fund),) for g in given})
    pinned += sorted({(("fund", g.fund), ("project", g.project)) for g in given if g.project})
    prices: dict[str, tuple[int, int]] = {}
    for one in given:
        least, most = prices.get(one.category, (one.fen, one.fen))
        prices[one.category] = (min(least, one.fen), max(most, one.fen))
    stages = {name: _first_stage(name, given) for name in wanted}
    coarser: dict[str, None] = {name: None for name, stage in stages.items() if stage}
    while True:
        stages |= {
            f"by_place{name[3:]}": 0
            for name, stage in stages.items()
            if name.startswith("use ") and stage == 1 and f"by_place{name[3:]}" not in coarser
        }
        true = [_counted(name, given, stage) for name, stage in stages.items()]
        shown = dict(zip(stages, withhold(true, pinned=pinned, prices=prices), strict=True))
        tables = {n: t for n, t in shown.items() if t is not None and _tells(t)}
        if len(tables) == len(stages):
            return AidTables(tables, tuple(coarser))
        for name in [name for name in shown if name not in tables]:
            coarser[name] = None
            stages[name] += 1
        stages = {n: s for n, s in stages.items() if s < len(_STAGES[n.partition(" ")[0]])}


def _given(
    names: Names, flows: Flows, funds: frozenset[str], period: tuple[str, str], level: str
) -> Iterator[_Given]:
    for day, payment, served in flows.payments:
        within = payment.fund in funds and period[0] <= day <= period[1]
        if within and sort_of(payment, served) == "aid":
            place = names.rolled_up(payment.place, level)
            category, project = payment.category or "", payment.project or ""
            yield _Given(
                payment.fund, place, category, project, payment.fen, payment.client, served
            )


def _wanted(given: Sequence[_Given]) -> list[str]:
    funds = sorted({g.fund for g in given})
    found = [f"use {fund}" for fund in funds]
    found += [f"by_project {fund}" for fund in sorted({g.fund for g in given if g.project})]
    return [*found, "by_fund"] if len(funds) > 1 else found


def _first_stage(name: str, given: Sequence[_Given]) -> int:
    """Return the finest stage at which most cells tell of enough: a table of asterisks helps nobody."""
    last = len(_STAGES[name.partition(" ")[0]]) - 1
    for stage in range(last):
        table = _counted(name, given, stage)
        crowds = [table.cell(row, column).clients for row in table.rows for column in table.columns]
        if 2 * sum(n >= SMALL_CELL for n in crowds) >= sum(n > 0 for n in crowds):
            return stage
    return last


def _counted(name: str, given: Iterable[_Given], stage: int) -> Table:
    kind, _, fund = name.partition(" ")
    dimensions = _STAGES[kind][stage]
    where: Quantity = (("fund", fund),) if fund else ()
    mine = (g.help(*dimensions) for g in given if not fund or g.fund == fund)
    return count(*dimensions, mine, where)


def _tells(table: Table) -> bool:
    """Return whether a table tells anything that the balance does not."""
    cells = [table.cell(*place) for place in table.places()]
    return any(cell.get(measure) for cell in cells for measure in COUNTS)
