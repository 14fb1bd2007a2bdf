"""Ezhou: seven ways, goods for every home, a directed gift, three days of matching until the pool runs dry.

``wushe demo ezhou [--lang en]``

Published (press conference of 16 May on the 慈善一日捐): the second 湖北数字公益节 from 20 to 22 May with 30 million
yuan of matching for the whole province, the names of the projects of the seven ways, goods worth 103,000 yuan for
all homes for the elderly in early 2023, 270 million yuan of emergency donations in 2020. **Everything else is
made up**: the year of the campaign is inferred; homes, beds, people, single gifts, ratio and caps of the pool,
what other cities took from it. The tables are the demo ``ezhou``; the story runs in memory, and the same commands
run on a store (``wushe funds``, ``wushe goods``).
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

import wushe
from wushe import Text
from wushe.demos import demo_path
from wushe.demos.stories import ezhou_emergency
from wushe.demos.stories.ezhou_matching import Matched, limits, reason
from wushe.errors import RefusedError
from wushe.journal import Act, MemoryStore
from wushe.ledger import DOMAIN, goods, money
from wushe.ledger.goods import Arrival
from wushe.report.city import city_report
from wushe.report.disclosure import Statement, audit_tables, statement
from wushe.rules import Parameter, chain_of

CITY, ON, HOST = "420700", "2023-02-06", "O-CF"
PUBLISHED_2020, PUBLISHED_GOODS = 27_000_000_000, 10_300_000
"""Fen, as published: donations of 2020, worth of the goods of 2023."""
UNIT_FEN = {"R-1": 10_000, "R-2": 350}
"""Worth of a canister and of a test (made up), so that all is worth what was published."""
HOLIDAY = dt.date(2023, 5, 21)
GIFT_CAP, DONOR_CAP, PROJECT_CAP = 10_000_000, 15_000_000, 300_000_000
"""What the pool adds at most to a gift, for a donor, for a project, in fen (assumed)."""
OTHERS = 2_984_800_000
"""What other cities' gifts took from the pool before Ezhou's evening, in fen (made up)."""
GIFTS = (
    ("E-1", "D-1", 500, "2023-05-19T23:50:00+08:00"),
    ("E-2", "D-A", 120_000, "2023-05-21T20:00:00+08:00"),
    ("E-3", "D-A", 80_000, "2023-05-21T20:01:00+08:00"),
    ("E-4", "D-1", 600, "2023-05-21T20:02:00+08:00"),
    ("E-5", "D-2", 2_000, "2023-05-21T20:03:00+08:00"),
    ("E-6", "D-3", 200, "2023-05-21T20:04:00+08:00"),
    ("E-7", "D-2", 300, "2023-05-23T00:00:00+08:00"),
)
"""Ezhou's gifts: id, donor, yuan, instant (made up)."""
HUARONG, GEDIAN = "420703100", "420703101"

HEAD = Text("\n== {what}", "\n== {what}")
SENTENCES: Mapping[str, Text] = {
    "way": Text("  {way}：项目 {projects} 个，进行中 {live} 个", "  {way}: projects {projects}, of them under way {live}"),
    "plain": Text(
        "  {item}：按总代价最小分，{none} 家一件没有；按各家提出的数量分，没分到的 {none_fair} 家，各得所需的 {share}",
        "  {item}: homes without any at the least total cost: {none}; in proportion to what each asked: {none_fair}, and each gets {share} of it",
    ),
    "handed": Text("  发给 {homes} 家，签收 {signed} 笔，价值 {yuan:,.2f} 元", "  handed to {homes} homes, {signed} signed for, worth {yuan:,.2f} yuan"),
    "refused": Text("  没有办：{why}", "  refused: {why}"),
    "directed": Text("  用在捐赠人指定的地方：{fen:,.2f} 元", "  used where the donor said: {fen:,.2f} yuan"),
    "pool": Text(
        "  池子 {fen:,.2f} 元（{source}），{opens} 至 {closes}；轮到鄂州时还剩 {left:,.2f} 元",
        "  the pool: {fen:,.2f} yuan ({source}), {opens} to {closes}; {left:,.2f} are left when Ezhou gives",
    ),
    "gift": Text("  {gift} {given:,.2f} 元，配捐 {matched:,.2f} 元：{why}", "  {gift} {given:,.2f} yuan, matched {matched:,.2f}: {why}"),
    "minutes": Text(
        "  {mode}：急难 {emergency} 分钟内答复，一次问 {asked} 位；先办：{first}",
        "  {mode}: {emergency} minutes to answer in an emergency, {asked} asked at once; first: {first}",
    ),
    "stated": Text(
        "  公示的捐赠名录里：鄂州 {gifts} 笔捐赠，{matched} 笔配捐，合计 {fen:,.2f} 元，最后一笔 {last:,.2f} 元",
        "  in the statement's list: {gifts} gifts to Ezhou, {matched} of them matched, {fen:,.2f} yuan in all, {last:,.2f} the last",
    ),
    "audit": Text("  公开版可推算出的小数：{n} 处", "  small counts that could be worked out: {n}"),
    "report": Text("  城市报告章节：{sections}", "  sections of the city's report: {sections}"),
}  # fmt: skip
MODES = (Text("平时", "usually"), Text("应急", "in an emergency"))


class Books:
    """The federation's books: one store, the city's tables and rules."""

    def __init__(self) -> None:
        self.rules = wushe.load_plugins("ezhou")
        self.city = wushe.read(demo_path("ezhou"), plugins=self.rules)
        self.store = MemoryStore(DOMAIN, self.rules)

    def do(self, command: Callable[..., Any], at: str, by: str = HOST, **named: Any) -> Any:
        """Run a command and return its answer."""
        return self.store.run(Act(at, by), command, **named).answer

    def rule(self, name: str) -> Parameter:
        """Return a published rule of the campaign as it is on its second day."""
        found = self.rules.parameters.find(f"ezhou_campaign_{name}", chain_of(CITY), HOLIDAY)
        if found.parameter is None:
            raise LookupError(f"ezhou_campaign_{name} has no value on {HOLIDAY}")
        return found.parameter

    def statement(self, since: dt.date, until: dt.date, fund: str | None = None) -> Statement:
        """Return the public statement of a period."""
        state, log = self.store.state, self.store.log
        return statement(state, log, since=since, until=until, fund=fund, network=self.city)


# --- 2020 -----------------------------------------------------------------------------------------


def emergency_2020(books: Books) -> Statement:
    """Receive the donations of 2020, four made-up gifts that add up to what was published, and state them."""
    at = "2020-02-01T09:00:00+08:00"
    books.do(
        money.open_fund,
        at,
        id="F-2020",
        name="2020年应急捐款（单笔虚构）",
        host=HOST,
        nature="donation",
    )
    parts = (18_000_000_000, 6_000_000_000, 2_400_000_000, 600_000_000)
    gifts = [{"fund": "F-2020", "fen": fen, "donor_kind": "organization"} for fen in parts]
    books.do(money.receive, at, gifts=gifts)
    return books.statement(dt.date(2020, 1, 1), dt.date(2020, 12, 31), "F-2020")


# --- goods for all homes ----------------------------------------------------------------------------


def spread(books: Books, lot: str, *, fair: bool = True) -> dict[str, int]:
    """Return what each home is planned of a lot, 0 where nothing.

    Fairly: every home's part of the lot (see `shares`) is what the plan is asked for, wherever the home
    lies. Not fairly: what each asked, at the least total cost.
    """
    held = books.city["resources"].record(_row(books.city, "resources", lot))
    (category,) = held.categories
    needs = [n for n in books.city["needs"].records() if n.category == category and n.institution]
    parts = {home: part for home, (_, part) in shares(books, lot).items()}
    if fair:
        needs = [
            attrs.evolve(n, quantity=parts[n.institution], unit=held.unit)
            for n in needs
            if parts[n.institution]
        ]
    tables = {**books.city.tables, "needs": wushe.table_of("needs", needs)}
    city = wushe.build_network(tables, books.city.categories, books.city.target_groups)
    plan = wushe.make_plan(city, plugins=books.rules, on=ON)
    got = {n.institution: sum(i.amount for i in plan[n.institution].items) for n in needs}
    return {home: got.get(home, 0) for home in parts}


def shares(books: Books, lot: str) -> dict[str, tuple[int | None, int]]:
    """Return what each home asked of a lot (None not known), and its part, as the city's report has them."""
    name = books.city["resources"].record(_row(books.city, "resources", lot)).name
    rules = books.rules
    context = wushe.Context(dt.date.fromisoformat(ON), rules.categories, rules.target_groups)
    tables = rules.report_sections["ezhou_goods"].make(books.city, context)
    (table,) = [one for one in tables if one.title.zh.startswith(f"{name}：")]
    found: dict[str, tuple[int | None, int]] = {}
    for row in table.rows:
        home, wanted, part, _ = row.cells
        if isinstance(home, Text) and isinstance(part, int):
            found[home.zh] = wanted if isinstance(wanted, int) else None, part
    return found


def _row(city: wushe.LinkageNetwork, table: str, key: str) -> int:
    return int(city[table].row_of([key])[0])


def hand_out(books: Books, parts: Mapping[str, Mapping[str, int]]) -> tuple[int, int, int]:
    """Take the goods in, hand every home its part of each lot, let it sign; return homes, signatures, worth in fen."""
    at = "2023-02-07T09:00:00+08:00"
    lots = [books.city["resources"].record(_row(books.city, "resources", lot)) for lot in UNIT_FEN]
    books.do(goods.open_warehouse, at, id=HOST, name="市慈善总会仓库（虚构）", place=lots[0].place)
    arrivals = [
        Arrival(
            lot.id, HOST, lot.name, lot.quantity or 0, donor=lot.donor, groups=lot.for_groups or (),
            unit_value_fen=UNIT_FEN[lot.id], expires_on=lot.expires_on, checked=True,
        )
        for lot in lots
    ]  # fmt: skip
    books.do(goods.receive, at, arrivals=arrivals)
    homes, signed, worth = set(), 0, 0
    for lot in lots:
        for home, quantity in parts[lot.id].items():
            issue = f"{lot.id}-{home}"
            given = books.do(
                goods.issue, at, id=issue, warehouse=HOST, item=lot.name, quantity=quantity,
                recipient=home, recipient_kind="institutions", groups=("home_resident",),
            )  # fmt: skip
            books.do(goods.sign, at, issue=issue, signed_by="院方（虚构）")
            homes.add(home)
            signed, worth = signed + 1, worth + (given["worth_fen"] or 0)
    return len(homes), signed, worth


# --- directed gifts ---------------------------------------------------------------------------------


def directed(books: Books) -> tuple[RefusedError, int]:
    """Use a firm's gift for a bridge in Huarong elsewhere, which is refused, then where the firm said."""
    at = "2023-03-01T09:00:00+08:00"
    fund = books.city["funds"].record(_row(books.city, "funds", "F-B"))
    books.do(
        money.open_fund, at, id=fund.id, name=fund.name, host=HOST, nature="donation",
        place=fund.place, purposes=fund.purposes,
    )  # fmt: skip
    gift = {
        "fund": fund.id, "fen": 8_000_000, "donor": "D-B", "donor_kind": "organization",
        "wants_name": True, "earmark": {"purposes": ["village_works"], "places": [HUARONG]},
    }  # fmt: skip
    books.do(money.receive, at, gifts=[gift])
    use = {"fund": fund.id, "fen": 5_000_000, "category": "village_works"}
    try:
        books.do(money.commit, at, items=[{**use, "place": GEDIAN}])
    except RefusedError as error:
        (held,) = books.do(money.commit, at, items=[{**use, "place": HUARONG}])
        books.do(
            money.pay,
            at,
            items=[{"commitment": held, "kind": "project", "payee_kind": "organization"}],
        )
        return error, int(books.store.state.get("commitment", held).fen)
    raise RuntimeError("a directed gift was used where the donor did not say")


# --- the campaign -----------------------------------------------------------------------------------


def days(books: Books) -> tuple[dt.date, dt.date]:
    """Return the first and the last day of the campaign."""
    first, last = (books.rule(name).text for name in ("first", "last"))
    year = HOLIDAY.year
    return dt.date(year, int(first[:2]), int(first[2:])), dt.date(
        year, int(last[:2]), int(last[2:])
    )


def campaign(books: Books) -> tuple[Matched, ...]:
    """Open the pool with its published days and sum, let the province give, then Ezhou."""
    at = "2023-05-16T15:00:00+08:00"
    first, last = days(books)
    closes = last + dt.timedelta(days=1)
    for key, name in (("F-HB", "其他市州项目（虚构）"), ("F-EZ", "鄂州慈善幸福家园（示例）")):
        books.do(
            money.open_fund,
            at,
            id=key,
            name=name,
            host=HOST if key == "F-EZ" else "O-HB",
            nature="donation",
        )
    books.do(
        money.open_pool, at, id="POOL", sponsor="D-FD", fen=int(books.rule("pool").number),
        gift_cap=GIFT_CAP, donor_cap=DONOR_CAP, project_cap=PROJECT_CAP,
        opens=f"{first}T00:00:00+08:00", closes=f"{closes}T00:00:00+08:00",
    )  # fmt: skip
    others: list[dict[str, Any]] = [
        {"fund": "F-HB", "fen": min(GIFT_CAP, OTHERS - at), "project": f"HB-{n % 10:02}", "donor_kind": "organization"}
        for n, at in enumerate(range(0, OTHERS, GIFT_CAP))
    ]  # fmt: skip
    for gift in others:
        gift["earmark"] = {"project": gift.pop("project")}
    books.do(money.receive, "2023-05-21T12:00:00+08:00", gifts=others)
    found = []
    for key, donor, yuan, at in GIFTS:
        pool = books.store.state.get("pool", "POOL")
        kind = "organization" if donor == "D-A" else "person"
        gift = {"id": key, "fund": "F-EZ", "fen": yuan * 100, "donor": donor, "donor_kind": kind}
        gift |= {"at": at, "earmark": {"project": "1-01"}}
        answer = books.do(money.receive, at, gifts=[gift])
        matched = sum(fen for *_, fen in answer["matched"])
        found.append(
            Matched(key, yuan * 100, matched, limits(books.store, books.rules, pool, key, matched))
        )
    return tuple(found)


def stated(made: Statement) -> tuple[list[int], list[int]]:
    """Return, in fen, the campaign's gifts to Ezhou as the statement lists them, and what was added to them."""
    rows = [row for row in made.gifts if row.fund == "F-EZ"]
    own, added = (
        [r.fen for r in rows if (r.nature == "matching") == match] for match in (False, True)
    )
    return own, added


# --- emergency mode ---------------------------------------------------------------------------------


def emergency_mode(books: Books) -> tuple[tuple[wushe.Plugins, wushe.Plan], ...]:
    """Plan one scarce fund twice: with the city's rules, and with the emergency's under them.

    A fund of 2,000 yuan is asked for urgent living aid, and for emergency aid that is not urgent.
    """
    found = []
    funds = [
        attrs.evolve(fund, balance_fen=200_000 if fund.id == "F-HOME" else 0)
        for fund in books.city["funds"].records()
    ]
    needs = [
        wushe.Need(id=f"N-E{n}", category=category, household="H-06", quantity=2_000, unit="yuan", urgency=urgency)
        for n, (category, urgency) in enumerate((("living_aid", "urgent"), ("emergency_aid", "normal")))
    ]  # fmt: skip
    tables = {
        **books.city.tables,
        "needs": wushe.table_of("needs", needs),
        "funds": wushe.table_of("funds", funds),
    }
    city = wushe.build_network(tables, books.city.categories, books.city.target_groups)
    for extra in ((), (ezhou_emergency,)):
        rules = wushe.load_plugins("ezhou", *extra)
        found.append((rules, wushe.make_plan(city, plugins=rules, on=ON)))
    return tuple(found)


# --- the story --------------------------------------------------------------------------------------


def tell(lang: str) -> Iterator[str]:
    """Yield the story's lines."""
    books = Books()
    yield _head("七种做法", "seven ways of working", lang)
    report = city_report(books.city, books.rules, ON)
    for row in report.section("ezhou_ways").table("ways").rows:
        yield _say("way", lang, way=row.label, projects=row.cells[0], live=row.cells[1])
    yield _head("2020年：应急捐款", "2020: donations in the emergency", lang)
    yield from _indented(emergency_2020(books).summary(lang))
    yield _head("10.3万元物资，家家都有", "goods worth 103,000 yuan, and no home without", lang)
    yield from _tell_goods(books, lang)
    yield _head(
        "定向捐赠：只用在捐赠人说的地方", "a directed gift: only where the donor said", lang
    )
    error, fen = directed(books)
    yield _say("refused", lang, why=error.say(lang))
    yield _say("directed", lang, fen=fen / 100)
    yield _head(
        "慈善一日捐：配捐到池子用完", "one-day charity: matched until the pool runs dry", lang
    )
    yield from _tell_campaign(books, lang)
    yield _head("应急模式：多加载一个插件", "emergency mode: one more plugin is loaded", lang)
    yield from _tell_mode(books, lang)
    yield _head("阳光慈善：公示", "sunlight charity: the public statement", lang)
    made = books.statement(dt.date(2023, 1, 1), dt.date(2023, 5, 31))
    yield from _indented(made.summary(lang))
    gifts, added = stated(made)
    yield _say(
        "stated",
        lang,
        gifts=len(gifts),
        matched=len(added),
        fen=sum(added) / 100,
        last=added[-1] / 100,
    )
    yield _say("audit", lang, n=len(audit_tables(made.tables())))
    yield _say(
        "report",
        lang,
        sections=("、" if lang == "zh" else ", ").join(s.label.say(lang) for s in report.sections),
    )


def _tell_goods(books: Books, lang: str) -> Iterator[str]:
    parts = {lot: spread(books, lot) for lot in UNIT_FEN}
    for lot, fair in parts.items():
        plain, asked = spread(books, lot, fair=False), shares(books, lot)
        reached = {
            round(100 * fair[home] / wanted) for home, (wanted, _) in asked.items() if wanted
        }
        share = "–".join(f"{percent}%" for percent in sorted({min(reached), max(reached)}))
        item = books.city["resources"].record(_row(books.city, "resources", lot)).name
        yield _say(
            "plain", lang, item=item, none=list(plain.values()).count(0), none_fair=list(fair.values()).count(0),
            share=share,
        )  # fmt: skip
    homes, signed, worth = hand_out(books, parts)
    yield _say("handed", lang, homes=homes, signed=signed, yuan=worth / 100)


def _tell_campaign(books: Books, lang: str) -> Iterator[str]:
    matched = campaign(books)
    rule = books.rule("pool")
    left = int(rule.number) - OTHERS
    first, last = days(books)
    yield _say(
        "pool",
        lang,
        fen=int(rule.number) / 100,
        source=rule.document,
        opens=first,
        closes=last,
        left=left / 100,
    )
    for one in matched:
        yield _say(
            "gift",
            lang,
            gift=one.gift,
            given=one.given / 100,
            matched=one.matched / 100,
            why=reason(one, lang),
        )


def _tell_mode(books: Books, lang: str) -> Iterator[str]:
    for mode, (rules, plan) in zip(MODES, emergency_mode(books), strict=True):
        order = rules.order_rules_for("emergency_aid")
        first = ("、" if lang == "zh" else ", ").join(
            item.category.name(lang) for item in plan["H-06"].items
        )
        yield _say(
            "minutes", lang, mode=mode, emergency=order.answer_minutes["emergency"],
            asked=order.asked_at_once, first=first,
        )  # fmt: skip


def _say(key: str, lang: str, **params: Any) -> str:
    return SENTENCES[key].say(lang, **params)


def _head(zh: str, en: str, lang: str) -> str:
    return HEAD.say(lang, what=Text(zh, en))


def _indented(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield f"  {line}"
