"""The public statement of funds: opening balance, income, use, closing balance, to the fen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from wushe.errors import InputError, Problem, ProblemKind
from wushe.journal import Event, State
from wushe.ledger.money.records import Fund
from wushe.privacy import DEFAULT_ROLE, check_role, shown_to
from wushe.report.disclosure.aid import aid_tables
from wushe.report.disclosure.flows import Flow, Flows, read_flows
from wushe.report.disclosure.gifts import GiftRow, gift_rows
from wushe.report.disclosure.goods import GoodsRow, goods_rows
from wushe.report.disclosure.names import LEVEL, Names
from wushe.report.disclosure.tables import Table
from wushe.report.disclosure.words import SORTS
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.network import LinkageNetwork
    from wushe.render import Page

UNBALANCED = ProblemKind(
    "statement-unbalanced",
    Text(
        "按日志算出的余额与账面不符", "the balance worked out from the log is not that of the books"
    ),
    Text("{expected_yuan} 元", "{expected_yuan} yuan"),
    Text(
        "确认传入的是完整日志，并用 wushe store verify 核对",
        "pass the whole log, and check the store with wushe store verify",
    ),
)
NOT_BALANCED_PERIOD = ProblemKind(
    "statement-period",
    Text("起始日在截止日之后", "the period ends before it begins"),
    Text("起始日不晚于截止日", "a first day that is not after the last"),
    Text("改正日期", "correct the days"),
)


@attrs.frozen
class Line:
    """One line of a fund's statement in fen: what came in is above 0, what went out below."""

    sort: str
    restricted: int
    unrestricted: int
    nature: str = ""
    donor_kind: str = ""

    @property
    def fen(self) -> int:
        """Restricted and unrestricted together."""
        return self.restricted + self.unrestricted


@attrs.frozen
class ProjectLine:
    """One project's part of a fund, in fen: opening + received - used = closing."""

    project: str
    opening: int
    received: int
    used: int
    closing: int


@attrs.frozen(eq=False)
class FundStatement:
    """One fund in one period. opening + the sum of `lines` = closing, restricted and unrestricted apart.

    `nature` is the nature of its money, `host` the organization that holds it. `use` counts aid by place and
    category, or by category alone where that tells of too few; then `by_place` counts by place. `by_project`
    counts by project and category. None: withheld whole, or nothing to tell.
    """

    fund: str
    name: Text
    host: Text
    nature: str
    opening: Line
    lines: tuple[Line, ...]
    closing: Line
    projects: tuple[ProjectLine, ...] = ()
    use: Table | None = None
    by_place: Table | None = None
    by_project: Table | None = None

    def tables(self) -> tuple[Table, ...]:
        """Return the tables that there are."""
        found = (self.use, self.by_place, self.by_project)
        return tuple(table for table in found if table is not None)


@attrs.frozen(eq=False, repr=False)
class Statement:
    """What a charity publishes of a period. `internal` ones show small counts and are not for publication."""

    since: dt.date
    until: dt.date
    role: str
    internal: bool
    funds: tuple[FundStatement, ...]
    by_fund: Table | None
    gifts: tuple[GiftRow, ...]
    goods: tuple[GoodsRow, ...]
    labels: Mapping[tuple[str, str], Text]
    coarser_tables: int = 0

    def __repr__(self) -> str:
        return f"<Statement {self.since} to {self.until}: {len(self.funds)} funds>"

    def tables(self) -> tuple[Table, ...]:
        """Return all published tables of aid, as `audit_tables` takes them."""
        found = [table for fund in self.funds for table in fund.tables()]
        return tuple(found) if self.by_fund is None else (*found, self.by_fund)

    def label(self, dimension: str, key: str) -> Text:
        """Return how a value of a dimension is called here."""
        return self.labels.get((dimension, key), Text(key, key))

    def summary(self, lang: str = "zh") -> str:
        """Return a line for each fund and what the statement holds."""
        from wushe.report.disclosure.words import summary_text

        return summary_text(self, lang)

    def to_csv(self, part: str = "balance", *, lang: str = "zh") -> str:
        """Return one part as CSV: ``balance``, ``projects``, ``uses``, ``gifts`` or ``goods``."""
        from wushe.report.disclosure.sheets import statement_csv

        return statement_csv(self, part, lang)

    def to_xlsx(self, path: str | Path, *, lang: str = "zh") -> Path:
        """Write all parts as sheets of one workbook. Raises MissingExtraError without openpyxl."""
        from wushe.report.disclosure.sheets import statement_workbook

        return statement_workbook(self, path, lang)

    def page(self, lang: str = "zh") -> Page:
        """Return the statement as a page in both languages that opens in `lang`."""
        from wushe.report.disclosure.page import statement_page

        return statement_page(self, lang)

    def to_html(self, lang: str = "zh") -> str:
        """Return the page as HTML text, one file that asks nothing of any server."""
        return self.page(lang).html()


def statement(
    state: State,
    log: Iterable[Event],
    *,
    since: dt.date,
    until: dt.date,
    fund: str | None = None,
    network: LinkageNetwork | None = None,
    role: str = DEFAULT_ROLE,
    level: str = LEVEL,
) -> Statement:
    """Return the statement of `fund` (all funds where None) from `since` to `until`, both included.

    `state` and the whole `log` belong together; `network` gives names. `role` public (the default), donor,
    volunteer and grid worker get aliases of donors and tables in which nobody can be told, by
    `withhold`, all tables of the statement together; officials and social workers get the internal version.
    Places are rolled up to `level`. Statements of one period withhold the same, whatever `fund`; those of periods
    that overlap do not, and should not be published both. Raises InputError for a period that ends before it begins and for books
    that do not agree with the log, KeyError for an unknown fund.
    """
    check_role(role)
    if until < since:
        raise InputError([Problem(NOT_BALANCED_PERIOD, "statement", None, "until", str(until))])
    funds = state.find("fund") if fund is None else [state.get("fund", fund)]
    if None in funds:
        raise KeyError(f"fund {fund!r} is not in this state")
    events = list(log)
    flows = read_flows(state, events, network)
    names = Names(state, network, role, flows.first_gifts)
    period = (since.isoformat(), until.isoformat())
    internal = shown_to(role, "particulars") == "full"
    ids = [held.id for held in funds]
    # Always of all funds: a fund's own statement then withholds what the statement of all withholds.
    every = [held.id for held in state.find("fund")]
    aid = aid_tables(names, flows, every, period, level, internal=internal)
    made = tuple(_fund_statement(state, names, flows, held, period, aid.tables) for held in funds)
    return Statement(
        since,
        until,
        role,
        internal,
        made,
        aid.tables.get("by_fund") if fund is None else None,
        gift_rows(state, names, ids, period),
        goods_rows(events, names, period),
        _labels(names, aid.tables.values(), made),
        sum(name.partition(" ")[2] in ("", *ids) for name in aid.coarser),
    )


# --- balances ------------------------------------------------------------------------------------


def _fund_statement(
    state: State,
    names: Names,
    flows: Flows,
    fund: Fund,
    period: tuple[str, str],
    tables: Mapping[str, Table],
) -> FundStatement:
    key = fund.id
    mine = [f for f in flows.flows if f.fund == key]
    _check(state, key, mine)
    opening = _line("opening", [f for f in mine if f.day < period[0]])
    within = [f for f in mine if period[0] <= f.day <= period[1]]
    groups: dict[tuple[int, str, str, str], list[Flow]] = {}
    order = list(SORTS)
    for flow in within:
        named = (order.index(flow.sort), flow.sort, flow.nature, flow.donor_kind)
        groups.setdefault(named if flow.sort == "income" else (*named[:2], "", ""), []).append(flow)
    lines = tuple(
        _line(sort, found, nature, kind)
        for (_, sort, nature, kind), found in sorted(groups.items())
    )
    lines = tuple(line for line in lines if line.restricted or line.unrestricted)
    closing = Line(
        "closing",
        opening.restricted + sum(line.restricted for line in lines),
        opening.unrestricted + sum(line.unrestricted for line in lines),
    )
    return FundStatement(
        key,
        names.of("fund", key),
        names.of("organization", fund.host),
        fund.nature,
        opening,
        lines,
        closing,
        _projects(mine, period),
        tables.get(f"use {key}"),
        tables.get(f"by_place {key}"),
        tables.get(f"by_project {key}"),
    )


def _check(state: State, fund: str, flows: Sequence[Flow]) -> None:
    """Raise where the log does not add up to what the books say is there now."""
    held = state.get("fund", fund)
    there, told = held.free_fen + held.committed_fen, sum(f.fen for f in flows)
    if there != told:
        params = {"expected_yuan": f"{there / 100:,.2f}"}
        value = f"{told / 100:,.2f}"
        raise InputError([Problem(UNBALANCED, f"fund/{fund}", None, "balance", value, params)])


def _line(sort: str, flows: Iterable[Flow], nature: str = "", donor_kind: str = "") -> Line:
    sums = {True: 0, False: 0}
    for flow in flows:
        sums[flow.restricted] += flow.fen
    return Line(sort, sums[True], sums[False], nature, donor_kind)


def _projects(flows: Sequence[Flow], period: tuple[str, str]) -> tuple[ProjectLine, ...]:
    """Return what of the fund's money is set apart for projects: by gifts, not by intention."""
    found = []
    for project in sorted({f.project for f in flows if f.project is not None}):
        mine = [f for f in flows if f.project == project]
        opening = sum(f.fen for f in mine if f.day < period[0])
        within = [f.fen for f in mine if period[0] <= f.day <= period[1]]
        received, used = sum(n for n in within if n > 0), -sum(n for n in within if n < 0)
        found.append(ProjectLine(project, opening, received, used, opening + received - used))
    return tuple(found)


def _labels(
    names: Names, tables: Iterable[Table], funds: Iterable[FundStatement]
) -> dict[tuple[str, str], Text]:
    wanted: dict[tuple[str, str], None] = {}
    for table in tables:
        wanted |= {(table.rows_are, row): None for row in table.rows}
        wanted |= {(table.columns_are, column): None for column in table.columns}
    for fund in funds:
        wanted |= {("project", line.project): None for line in fund.projects}
    return {key: names.of(*key) for key in wanted}
