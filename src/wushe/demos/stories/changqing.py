"""Changqing: street and foundation seed a fund in equal parts, money goes to projects, pools match in step.

Published (中安在线, 13 March 2025): in 2014 Changqing Street of Baohe District and a foundation matched each other to
form the seed money of the fund 乐助常青, which helps by project; 7,232 community funds all over Anhui had raised 125
million yuan by the end of 2024. **Everything else is made up**: sums, shares, projects, people, dates, the list of
the province's funds. The story runs in memory; the same commands run on a store.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import wushe
from wushe import Text
from wushe.demos import demo_path
from wushe.errors import RefusedError
from wushe.journal import Act, MemoryStore
from wushe.ledger import DOMAIN as LEDGER
from wushe.ledger import money
from wushe.orders import DOMAIN, areas_of, enroll
from wushe.report.standards import check_standards
from wushe.rules import Parameter, chain_of

ON = dt.date(2025, 3, 10)
SEED_DAY, GIFT_DAY = "2025-01-06T09:00:00+08:00", "2025-02-14T09:00:00+08:00"
MONDAY = "2025-03-10T09:00:00+08:00"
FUND, STREET, FOUNDATION = "F-LZ", "O-ST", "O-FD"
BAOHE = "340111"
SEEDS = {"PJ-1": 3_000_000, "PJ-2": 4_000_000, "PJ-3": 3_000_000}
"""What the street gives to each project's seed money, in fen."""
PROJECT_FOR = {"education_aid": "PJ-1", "medical_aid": "PJ-2", "living_aid": "PJ-3"}
"""Which project pays for which category of need."""
POOLS = (("POOL-ST", STREET, "fiscal", 300_000), ("POOL-FD", FOUNDATION, "donation", 200_000))
"""The street matches residents' gifts with 3,000 yuan, the foundation with 2,000."""
GIFTS = (("D-1", 80_000), ("D-2", 90_000), ("D-3", 50_000), ("D-4", 40_000))
"""What four residents give for the project of serious illness, in fen."""
COUNTIES, CITIES = 104, 16
"""Counties and cities of Anhui; the names of the counties in the list of funds are made up."""

HEAD = Text("\n== {what}", "\n== {what}")
REFUSED = Text("  没有办：{why}", "  refused: {why}")
SHARES = Text(
    "  约定：基金会出街道的 {times} 倍（{document}）",
    "  agreed: for each yuan of the street the foundation gives {times} ({document})",
)
SEEDED = Text(
    "  {project}：街道 {street:,.2f} 元，基金会 {foundation:,.2f} 元，征得双方同意后只用于这个项目",
    "  {project}: {street:,.2f} yuan of the street, {foundation:,.2f} of the foundation; by their consent for it only",
)
LACKS = Text("  {project} 还不能拨种子资金：{why}", "  {project} gets no seed money yet: {why}")
MATCHED = Text(
    "  {donor} 捐 {fen:,.2f} 元；街道配 {street:,.2f} 元，基金会配 {foundation:,.2f} 元",
    "  {donor} gives {fen:,.2f} yuan; the street adds {street:,.2f}, the foundation {foundation:,.2f}",
)
POOL_LEFT = Text(
    "  池中还有：街道 {street:,.2f} 元，基金会 {foundation:,.2f} 元；一方用完，另一方也不再配",
    "  left in the pools: {street:,.2f} of the street, {foundation:,.2f} of the foundation; one is dry, both stop",
)
ACCOUNT = Text(
    "  {project}：种子 {changed_in:,.2f}，捐赠和配捐 {received:,.2f}，支出 {spent:,.2f}，结余 {closing:,.2f} 元",
    "  {project}: seed {changed_in:,.2f}, gifts and matches {received:,.2f}, spent {spent:,.2f}, left {closing:,.2f} yuan",
)
BALANCE = Text(
    "  {n} 笔救助，都记在项目上；没有项目的支出 {general:,.2f} 元；借贷差额 {difference}",
    "  {n} payments, all of a project; spent without one: {general:,.2f} yuan; debits less credits {difference}",
)
LEVELS = Text(
    "  其中社区（村）的 {village:,} 支，街道（乡镇）的 {street:,} 支；余额不明的 {unknown} 支",
    "  of them {village:,} of communities and villages, {street:,} of streets and towns; {unknown} with an unknown balance",
)
PROVINCE = Text(
    "  {row}：基金 {funds:,} 支，{fen:,.2f} 元", "  {row}: {funds:,} funds, {fen:,.2f} yuan"
)
MADE = Text(
    "  虚构的全省清单，{n} 个区县，合计与公布数相等",
    "  a made-up list of the province, {n} counties, that adds up to what was published",
)


class Books:
    """The fund's books: one store, and who acts when."""

    def __init__(self) -> None:
        self.rules = wushe.load_plugins("changqing")
        self.city = wushe.read(demo_path("changqing"), plugins=self.rules)
        self.store = MemoryStore(DOMAIN + LEDGER, self.rules)

    def do(self, command: Callable[..., Any], at: str, by: str = FOUNDATION, **named: Any) -> Any:
        """Run a command and return its answer."""
        return self.store.run(Act(at, by), command, **named).answer

    def pool(self, key: str) -> money.Pool:
        """Return a pool as it is now."""
        found: money.Pool = self.store.state.get("pool", key)
        return found

    def section(self, key: str, city: wushe.LinkageNetwork) -> list[wushe.ReportTable]:
        """Return the tables of one of the plugin's report sections of `city`."""
        context = wushe.Context(ON, self.rules.categories, self.rules.target_groups)
        return list(self.rules.report_sections[key].make(city, context))


def open_fund(books: Books) -> None:
    """Open the fund as the table has it; its money comes with the seed."""
    books.do(enroll, SEED_DAY, areas=areas_of(books.city))
    (fund,) = [row for row in books.city["funds"].records() if row.id == FUND]
    books.do(
        money.open_fund, SEED_DAY, id=fund.id, name=fund.name, host=fund.host, place=fund.place,
        purposes=fund.purposes, places=(fund.place,), per_need_fen=fund.per_need_fen,
    )  # fmt: skip


def agreed(books: Books) -> Parameter:
    """Return how many times the street's part the foundation gives: a dated, sourced parameter."""
    found = books.rules.parameters.find("cofinance_times", chain_of(BAOHE), ON).parameter
    if found is None:
        raise RuntimeError("the plugin states no share")
    return found


def seed(books: Books, street: int, foundation: int) -> list[str]:
    """Take seed money of both in the agreed shares; return the gifts. A part of 0 fen is not there at all."""
    times = agreed(books).number
    given = [("fiscal", STREET, street), ("donation", FOUNDATION, foundation)]
    gifts: list[str] = books.do(
        money.co_finance, SEED_DAY, fund=FUND,
        shares={STREET: times.denominator, FOUNDATION: times.numerator},
        contributions=[part for part in given if part[2]],
    )  # fmt: skip
    return gifts


def refused_seeds(books: Books) -> list[RefusedError]:
    """Return what is said where the foundation's part is missing, and where it is 20,000 yuan short."""
    found = []
    for foundation in (0, 8_000_000):
        try:
            seed(books, 10_000_000, foundation)
        except RefusedError as error:
            found.append(error)
    return found


def seed_projects(books: Books) -> dict[str, dict[str, int]]:
    """Seed each project in the agreed parts; by the consent of both the money is for that project only.

    Returns what each party gave to each project, in fen, as the books have it.
    """
    given: dict[str, dict[str, int]] = {}
    for project, fen in SEEDS.items():
        gifts = seed(books, fen, int(fen * agreed(books).number))
        for gift, party in zip(gifts, (STREET, FOUNDATION), strict=True):
            books.do(
                money.change_use, SEED_DAY, gift=gift, earmark={"project": project},
                consent_by=party, consent_on="2025-01-06",
            )  # fmt: skip
            held = books.store.state.get("gift", gift)
            given.setdefault(project, {})[party] = held.fen
    return given


def unfit(books: Books) -> dict[str, str]:
    """Return the projects whose account states less than the plugin's standard asks, with what is not there."""
    found = check_standards(books.city, books.rules, ON)
    ids = books.city["projects"].ids
    return {key: found.explain(key) for key in ids if found.missing(key) or found.unknown(key)}


def match(books: Books) -> list[dict[str, Any]]:
    """Residents give to one project while both pools are open; return each gift with what was added to it."""
    for pool, sponsor, nature, fen in POOLS:
        books.do(
            money.open_pool, GIFT_DAY, id=pool, sponsor=sponsor, nature=nature, fen=fen, fund=FUND
        )
    rows = []
    for donor, fen in GIFTS:
        gift = {"fund": FUND, "fen": fen, "donor": donor, "donor_kind": "person", "earmark": {"project": "PJ-2"}}  # fmt: skip
        answer = books.do(money.receive, GIFT_DAY, gifts=[gift])
        added = {pool: part for _, pool, part in answer["matched"]}
        rows.append({"donor": donor, "fen": fen, **{p: added.get(p, 0) for p, *_ in POOLS}})
    return rows


def help_by_project(books: Books) -> list[str]:
    """Pay what the plan gives out of the fund, each need by the project that is for it; return the payments."""
    plan = wushe.make_plan(books.city, plugins=books.rules, on=ON)
    items = [
        {
            "fund": FUND, "fen": item.amount, "category": item.category.id, "client": key,
            "place": "340111-CQ", "need": item.need, "project": PROJECT_FOR[item.category.id],
        }
        for key, client in plan.clients.items()
        for item in client.items
        if item.provider.id == FUND
    ]  # fmt: skip
    paid: list[str] = books.do(money.spend, MONDAY, items=items)
    return paid


def without_a_project(books: Books) -> RefusedError:
    """Return what is said where the fund is asked for 500 yuan that belong to no project."""
    item = {"fund": FUND, "fen": 50_000, "category": "living_aid", "place": "340111-CQ", "client": "H-08"}  # fmt: skip
    try:
        books.do(money.spend, MONDAY, items=[item])
    except RefusedError as error:
        return error
    raise RuntimeError("the fund paid for what is no project")


def accounts(books: Books) -> dict[str, dict[str, int]]:
    """Return the account of each project in fen, from the events alone."""
    data = money.statement_data(books.store.log, first=dt.date(2025, 1, 1), last=ON)["projects"]
    names = [name for name in data if name != "project"]
    return {
        project: {name: data[name][row] for name in names}
        for row, project in enumerate(data["project"])
    }


def province(rules: wushe.Plugins, published: Mapping[str, int]) -> wushe.LinkageNetwork:
    """Return a made-up list of as many funds with as much money as published, spread over 104 counties."""
    n, fen = published["funds"], published["fen"]
    counties = [f"county-{k:03}" for k in range(COUNTIES)]
    cities = [f"city-{k:02}" for k in range(CITIES)]
    towns = [f"town-{k:03}" for k in range(COUNTIES)]
    villages = [f"village-{k:03}" for k in range(COUNTIES)]
    below = ("county", "street", "community")
    levels = ["province", *["city"] * CITIES, *(level for level in below for _ in counties)]
    ids = ["34", *cities, *counties, *towns, *villages]
    above = [
        None,
        *["34"] * CITIES,
        *(cities[k % CITIES] for k in range(COUNTIES)),
        *counties,
        *towns,
    ]
    # Two of three funds are a village's: which share are is not published.
    seats = (towns, villages, villages)
    names = ["安徽省", *(f"虚构地区 {key}" for key in ids[1:])]
    each, more = divmod(fen, n)
    funds: dict[str, list[Any]] = {
        "id": [f"F-{k:05}" for k in range(n)],
        "name": [f"虚构基金 {k:05}" for k in range(n)],
        "host": ["O-1"] * n,
        "place": [seats[k // COUNTIES % 3][k % COUNTIES] for k in range(n)],
        "balance_fen": [each + (k < more) for k in range(n)],
    }
    host = {"id": ["O-1"], "name": ["虚构的基金管理方"], "kind": ["charity_federation"]}
    tables = {
        "places": wushe.make_table("places", {"id": ids, "name": names, "level": levels, "parent": above}),
        "organizations": wushe.make_table("organizations", host),
        "funds": wushe.make_table("funds", funds),
    }  # fmt: skip
    return wushe.build_network(tables, rules.categories, rules.target_groups)


def published(books: Books) -> dict[str, int]:
    """Return the province's published totals, as the plugin's section quotes them."""
    quoted = books.section("anhui_funds", books.city)[1].rows[0].cells
    return {"funds": _int(quoted[0]), "fen": _int(quoted[1])}


def tell(lang: str = "zh") -> Iterator[str]:
    """Yield the story's lines."""
    books = Books()
    open_fund(books)
    yield from _seed(books, lang)
    yield heading("居民捐赠：双方同步配捐", "residents give: both match in step", lang)
    for row in match(books):
        yield MATCHED.say(
            lang, donor=row["donor"], fen=row["fen"] / 100,
            street=row["POOL-ST"] / 100, foundation=row["POOL-FD"] / 100,
        )  # fmt: skip
    left = [books.pool(key).left / 100 for key in ("POOL-ST", "POOL-FD")]
    yield POOL_LEFT.say(lang, street=left[0], foundation=left[1])
    yield from _spending(books, lang)
    yield from _network(books, lang)


def _seed(books: Books, lang: str) -> Iterator[str]:
    yield heading(
        "种子资金：双方同比例，少一方不行", "seed money: both in proportion, or none", lang
    )
    share = agreed(books)
    yield SHARES.say(lang, times=share.value, document=share.source)
    yield from (refused(error, lang) for error in refused_seeds(books))
    for project, part in seed_projects(books).items():
        street, foundation = part[STREET] / 100, part[FOUNDATION] / 100
        yield SEEDED.say(lang, project=project, street=street, foundation=foundation)
    found = check_standards(books.city, books.rules, ON)
    for project in unfit(books):
        yield LACKS.say(lang, project=project, why=found.explain(project, lang))


def _spending(books: Books, lang: str) -> Iterator[str]:
    yield heading("按项目支出", "spent by project", lang)
    paid = help_by_project(books)
    yield refused(without_a_project(books), lang)
    held = accounts(books)
    for project, row in held.items():
        yuan = {name: row[name] / 100 for name in ("changed_in", "received", "spent", "closing")}
        yield ACCOUNT.say(lang, project=project, **yuan)
    difference = money.trial_balance(books.store.state)["difference"]
    other = [p.fen for p in books.store.state.find("payment") if p.project is None]
    yield BALANCE.say(lang, n=len(paid), general=sum(other) / 100, difference=difference)


def _network(books: Books, lang: str) -> Iterator[str]:
    yield heading("全省的社区基金", "the community funds of the province", lang)
    table, quoted = books.section("anhui_funds", province(books.rules, published(books)))
    yield MADE.say(lang, n=len(table.rows))
    if table.total is not None:
        village, street, unknown = (_int(cell) for cell in table.total.cells[1:4])
        yield LEVELS.say(lang, village=village, street=street, unknown=unknown)
    for row in quoted.rows:
        funds, fen = (_int(cell) for cell in row.cells)
        yield PROVINCE.say(lang, row=row.label.say(lang), funds=funds, fen=fen / 100)


def _int(cell: object) -> int:
    if not isinstance(cell, int):
        raise TypeError(f"{cell!r} is no figure")
    return cell


def refused(error: RefusedError, lang: str) -> str:
    """Return what the desk says to what it does not do; several reasons stand below each other."""
    return REFUSED.say(lang, why=error.say(lang).replace("\n", "\n  "))


def heading(zh: str, en: str, lang: str) -> str:
    """Return a heading."""
    return HEAD.say(lang, what=Text(zh, en))
