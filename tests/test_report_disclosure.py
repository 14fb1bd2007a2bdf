"""Public statements: every fen of a period told, with its nature, and nobody told of."""

import csv
import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

import wushe
from canaries import RULES, Books, random_books
from wushe.errors import InputError
from wushe.journal import Act, MemoryStore
from wushe.ledger import DOMAIN, goods, money
from wushe.report.disclosure import Statement, donor_trace, statement

SINCE, UNTIL = dt.date(2025, 1, 1), dt.date(2025, 12, 31)


class Office:
    """A charity in memory, with a city of two streets and commands said in one line."""

    def __init__(self) -> None:
        self.store = MemoryStore(DOMAIN)
        self.city = wushe.build_network_from_records(
            (
                wushe.Place(id="420106", name="武昌区", level="county"),
                *(wushe.Place(id=f"42010600{i}", name=f"第{i}街", level="street", parent="420106") for i in (1, 2)),
                wushe.Place(id="420106001001", name="梅园社区", level="community", parent="420106001"),
                wushe.Organization(id="ORG", name="区慈善总会", kind="charity_federation", place="420106"),
                wushe.Donor(id="FIRM", name="江城商行", kind="organization"),
                wushe.Donor(id="DP", name="王阿芳", kind="person"),
                wushe.Institution(id="HOME", name="区福利院", kind="nursing_home", place="420106001"),
                *(wushe.Household(id=f"H{i}", name=f"某{i}", place="420106001") for i in range(40)),
                wushe.Person(id="P1", name="李小", household="H1"),
            ),
            RULES.categories,
            RULES.target_groups,
        )  # fmt: skip
        self.run(money.open_fund, "2025-01-01", id="F", name="社区基金", host="ORG")

    def run(self, command: Any, day: str, /, **arguments: Any) -> Any:
        """Run a command on a day and return its answer."""
        act = Act(f"{day}T09:00:00+08:00", "worker-1")
        return self.store.run(act, command, **arguments).answer

    def give(self, fen: int, day: str = "2025-01-02", **gift: Any) -> str:
        """Take in a gift to the fund F and return its id."""
        gifts = [{"fund": "F", "fen": fen, **gift}]
        return str(self.run(money.receive, day, gifts=gifts)["gifts"][0])

    def help(self, client: str | None, fen: int, day: str = "2025-03-01", **item: Any) -> str:
        """Pay for cash aid from the fund F and return the payment."""
        who = {} if client is None else {"client": client}
        given = {"fund": "F", "fen": fen, "category": "cash", "place": "420106001", **who, **item}
        return str(self.run(money.spend, day, items=[given])[0])

    def tell(self, since: dt.date = SINCE, until: dt.date = UNTIL, **how: Any) -> Statement:
        """Return the statement of the year, or of another period."""
        log = self.store.log
        return statement(self.store.state, log, since=since, until=until, network=self.city, **how)


def amounts(made: Statement) -> dict[tuple[str, ...], tuple[int, int]]:
    """Return (restricted, unrestricted) of each line of the first fund."""
    fund = made.funds[0]
    lines = (fund.opening, *fund.lines, fund.closing)
    return {
        (line.sort, *filter(None, (line.nature, line.donor_kind))): (line.restricted, line.unrestricted)
        for line in lines
    }  # fmt: skip


def rows(text: str) -> list[list[str]]:
    """Return the cells of a CSV without its heading."""
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))[1:]


def test_a_fund_is_told_line_by_line_to_the_fen() -> None:
    """Income by nature and source, use by sort, refunds and returns; opening + in - out = closing."""
    office = Office()
    office.give(10_000_01, donor="DP", donor_kind="person")
    office.give(5_000_00, donor="ORG", nature="fiscal", donor_kind="organization")
    back = office.give(
        700_00, donor="FIRM", donor_kind="organization", earmark={"purposes": ["cash"]}
    )
    paid = office.help("H1", 300_00)
    office.help("HOME", 200_00)
    office.help(None, 150_00, category=None, kind="management", payee_kind="staff")
    office.run(money.take_back, "2025-04-01", payment=paid, fen=100_00)
    office.run(money.refund, "2025-05-01", gifts=[back], fen=50_00)
    assert amounts(office.tell()) == {
        ("opening",): (0, 0),
        ("income", "donation", "person"): (0, 10_000_01),
        ("income", "donation", "organization"): (700_00, 0),
        ("income", "fiscal", "organization"): (0, 5_000_00),
        ("returned",): (100_00, 0),
        ("aid",): (-300_00, 0),
        ("institution",): (-200_00, 0),
        ("management",): (0, -150_00),
        ("refund",): (-50_00, 0),
        ("closing",): (250_00, 14_850_01),
    }


def test_what_is_there_at_the_end_of_one_period_is_there_at_the_beginning_of_the_next() -> None:
    """Successive periods join without a gap, whatever happened in them."""
    books = random_books(11, 120)
    middle = dt.date(2025, 3, 31)
    told = [_told(books, SINCE, middle), _told(books, middle + dt.timedelta(days=1), books.day)]
    for first, second in zip(told[0].funds, told[1].funds, strict=True):
        assert (first.closing.restricted, first.closing.unrestricted) == (
            second.opening.restricted,
            second.opening.unrestricted,
        )
        held = books.store.state.get("fund", second.fund)
        assert second.closing.fen == held.free_fen + held.committed_fen


def _told(books: Books, since: dt.date, until: dt.date) -> Statement:
    return statement(
        books.store.state, books.store.log, since=since, until=until, network=books.city
    )


@pytest.mark.parametrize("seed", range(2))
def test_statement_agrees_with_the_ledgers_own_figures(seed: int) -> None:
    """Two computations from the same log, written apart, give the same balances and sums."""
    books = random_books(seed, 120)
    last = SINCE + (books.day - SINCE) // 2
    made = _told(books, SINCE + dt.timedelta(days=40), last)
    figures = money.statement_data(books.store.log, first=made.since, last=last)
    funds = {key: i for i, key in enumerate(figures["funds"]["fund"])}
    for fund in made.funds:
        at = funds.get(fund.fund)
        if at is None:
            continue
        row = {name: values[at] for name, values in figures["funds"].items()}
        assert (fund.opening.fen, fund.closing.fen) == (row["opening"], row["closing"])
        sums = {line.sort: 0 for line in fund.lines}
        for line in fund.lines:
            sums[line.sort] += line.fen
        assert sums.get("matched", 0) == row["matching"]
        assert sums.get("refund", 0) == -row["refunded"]
        assert (
            sums.get("moved_in", 0) - row["moved_in"]
            == sums.get("moved_out", 0) + row["moved_out"]
            == 0
        )
        used = sum(
            sums.get(s, 0) for s in ("aid", "institution", "project", "management", "returned")
        )
        assert -used == row["aid"] + row["project"] + row["management"]


def test_books_that_do_not_agree_with_the_log_are_refused() -> None:
    """A statement from a log without its last gift says so, with both balances, instead of being wrong."""
    office = Office()
    office.give(100)
    office.give(200_00)
    with pytest.raises(InputError, match=r"statement|balance") as caught:
        statement(office.store.state, office.store.log[:-1], since=SINCE, until=UNTIL)
    assert "1.00" in str(caught.value)
    assert "201.00" in str(caught.value)


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    """The error says which day is wrong, in both languages."""
    with pytest.raises(InputError) as caught:
        Office().tell(UNTIL, SINCE)
    assert "起始日" in caught.value.say("zh")
    with pytest.raises(KeyError, match="nowhere"):
        Office().tell(fund="nowhere")


def test_aid_is_counted_by_place_and_use_in_person_times_persons_and_households() -> None:
    """The three are apart; a community is rolled up to its street; who was helped twice is one household."""
    office = Office()
    office.give(100_000_00)
    for i in range(12):
        office.help(f"H{i}", 100_00, place="420106001001")
        office.help(f"H{i}", 50_00, category="food", place="420106002")
        office.help(f"H{i + 12}", 100_00, place="420106002")
        office.help(f"H{i}", 10_00, category="food")
    table = office.tell().funds[0].use
    assert table is not None
    assert table.rows == ("420106001", "420106002")
    cell = table.cell(None, None)
    assert (cell.times, cell.persons, cell.households, cell.fen) == (48, 0, 24, 12 * 260_00)
    assert office.tell().label("place", "420106001").zh == "第1街"


def test_sparse_aid_is_told_by_use_and_by_place_apart() -> None:
    """Where places and uses together tell of too few, each is told alone."""
    office = Office()
    office.give(100_000_00)
    for i, category in enumerate(["cash", "food", "medical_cost", "clothes"] * 6):
        office.help(f"H{i}", 100_00, category=category, place=f"42010600{i // 4 % 2 + 1}")
    (fund,) = office.tell().funds
    assert fund.use is not None
    assert fund.by_place is not None
    assert (fund.use.rows_are, fund.use.columns_are) == ("all", "category")
    assert [fund.use.cell(None, c).times for c in fund.use.columns] == [6, 6, 6, 6]
    assert [fund.by_place.cell(r, None).times for r in fund.by_place.rows] == [12, 12]


def test_few_are_told_coarsely_and_to_officials_in_full() -> None:
    """Three households in a street are not told; the fund's amount is, and the internal version says all."""
    office = Office()
    office.give(100_000_00)
    for i in range(3):
        office.help(f"H{i}", 100_00)
    public, internal = office.tell(), office.tell(role="official")
    assert public.tables() == ()
    assert amounts(public)["aid",] == (0, -300_00)
    assert internal.funds[0].use is not None
    assert internal.funds[0].use.cell("420106001", "cash").households == 3
    assert "请勿公开" in internal.summary()
    assert "请勿公开" not in public.summary()


def test_a_funds_own_statement_withholds_what_the_statement_of_all_funds_withholds() -> None:
    """Two statements of one period cannot be laid over each other to tell more."""
    office = Office()
    office.run(money.open_fund, "2025-01-01", id="F2", name="二号基金", host="ORG")
    for fund in ("F", "F2"):
        office.give(100_000_00, fund=fund)
        for i in range(2 if fund == "F" else 9):
            office.help(f"H{i}", 100_00, category="food", fund=fund)
        for i in range(20):
            office.help(f"H{i}", 100_00, fund=fund, place=f"42010600{i % 2 + 1}")
    everything, one = office.tell(), office.tell(fund="F")
    assert [fund.fund for fund in everything.funds] == ["F", "F2"]
    (alone,) = one.funds
    assert one.by_fund is None
    assert [t.cells for t in alone.tables()] == [t.cells for t in everything.funds[0].tables()]
    assert one.tables() == alone.tables()


def test_private_donors_have_one_alias_each_and_organizations_are_named_if_they_agreed() -> None:
    """Aliases follow the order of first gifts, and stay what they are when more gifts come."""
    office = Office()
    office.give(100_00, donor="DP", donor_kind="person", wants_name=True)
    office.give(200_00, donor="FIRM", donor_kind="organization", wants_name=True)
    office.give(300_00, donor="FIRM", donor_kind="organization")
    office.give(400_00)
    before = [gift.donor.zh for gift in office.tell().gifts]
    assert before == ["爱心人士0001", "江城商行", "爱心单位0002", "匿名"]
    office.give(500_00, "2025-01-01", donor="FIRM", donor_kind="organization", wants_name=False)
    assert [gift.donor.zh for gift in office.tell().gifts] == ["爱心单位0002", *before]
    assert "王阿芳" in [gift.donor.zh for gift in office.tell(role="official").gifts]
    assert "王阿芳" not in office.tell(role="social_worker").to_html()


def test_projects_of_a_fund_have_balances_of_their_own() -> None:
    """What was given for a project is told apart, with what of it was used."""
    office = Office()
    office.give(1_000_00, earmark={"project": "PJ"})
    office.give(1_000_00)
    office.help("H1", 300_00, project="PJ")
    (line,) = office.tell().funds[0].projects
    assert (line.project, line.opening, line.received, line.used, line.closing) == (
        "PJ", 0, 1_000_00, 300_00, 700_00,
    )  # fmt: skip


def test_goods_are_told_by_item_with_what_is_not_known() -> None:
    """Received, given out and left, worth where a price is on record; institutions by name, homes as a rest."""
    office = Office()
    office.run(goods.open_warehouse, "2025-01-01", id="W", name="仓")
    for key, fen in (("L1", 2_00), ("L2", None)):
        lot = goods.Arrival(
            id=key, warehouse="W", item="大米", quantity=100, unit_value_fen=fen, checked=True
        )
        office.run(goods.receive, "2024-12-01" if fen is None else "2025-02-01", arrivals=[lot])
    out = {"warehouse": "W", "item": "大米"}
    office.run(goods.issue, "2025-03-01", id="I1", quantity=30, recipient="HOME", **out)
    office.run(
        goods.issue,
        "2025-03-02",
        id="I2",
        quantity=80,
        recipient="H1",
        recipient_kind="households",
        **out,
    )
    (row,) = office.tell().goods
    assert (row.opening, row.received, row.issued, row.closing) == (100, 100, 110, 90)
    assert (row.received_fen, row.received_unknown) == (200_00, 0)
    assert (row.issued_fen, row.issued_unknown) == (10 * 2_00, 100)
    assert [(name.zh, n) for name, n in row.to_institutions] == [("区福利院", 30)]


def test_a_donor_sees_every_fen_and_never_who_got_it() -> None:
    """Uses add up to what was used; place and month are told only where five or more were helped alike."""
    office = Office()
    office.give(2_000_00, donor="DP", donor_kind="person")
    for i in range(6):
        office.help(f"H{i}", 100_00)
    office.help("H9", 50_00, day="2025-06-01", place="420106002")
    office.help(None, 20_00, category=None, kind="management", payee_kind="staff")
    trace = donor_trace(office.store.state, office.store.log, "DP", network=office.city)
    assert (trace.given, trace.used, trace.free) == (2_000_00, 670_00, 1_330_00)
    assert trace.given == trace.used + trace.committed + trace.free + trace.refunded
    told = {
        (r.category.zh, r.place and r.place.zh, r.time): r.fen
        for r in trace.rows
        if r.sort == "aid"
    }
    assert sorted(told.values()) == [50_00, 600_00]
    assert ("第1街", "2025-03") in {key[1:] for key in told}
    assert not any("第2街" in str(key) or "2025-06" in key for key in told)
    assert sum(row.fen for row in trace.rows) == trace.used
    public = donor_trace(office.store.state, office.store.log, "DP", role="public")
    assert (public.rows, public.used) == ((), trace.used)
    assert "爱心人士0001" in public.summary()
    assert donor_trace(office.store.state, office.store.log, "NOBODY").given == 0


def test_the_statement_goes_out_as_csv_workbook_and_page_in_both_languages(tmp_path: Path) -> None:
    """Every part has its sheet; figures are the same everywhere; formulas in names stay text."""
    office = Office()
    office.run(money.open_fund, "2025-01-01", id="F2", name="=1+1基金<b>", host="ORG")
    office.give(10_000_01, donor="DP", donor_kind="person", fund="F2")
    made = office.tell()
    for lang in ("zh", "en"):
        balance = rows(made.to_csv("balance", lang=lang))
        assert [row[-1] for row in balance if row[0].startswith("'=1+1")] == [
            "0.00",
            "10000.01",
            "10000.01",
        ]
        made.to_xlsx(tmp_path / f"{lang}.xlsx", lang=lang)
        with zipfile.ZipFile(tmp_path / f"{lang}.xlsx") as book:
            names = [name for name in book.namelist() if "worksheets/sheet" in name]
            assert len(names) == 5
            assert not any(b"<f>" in book.read(name) for name in names)
        html = made.to_html(lang)
        assert "10,000.01" in html
        assert "<b>" not in html
    assert len(rows(made.to_csv("gifts"))) == 1
    with pytest.raises(ValueError, match="part"):
        made.to_csv("everything")


@pytest.mark.browser
def test_the_page_opens_without_errors_and_fits_a_phone(page: Any, tmp_path: Path) -> None:
    """Tables, picture and tiles are there; nothing is wider than the window."""
    office = Office()
    office.give(100_000_00, donor="DP", donor_kind="person")
    for i in range(30):
        office.help(
            f"H{i}", 100_00, place=f"42010600{i % 2 + 1}", category=("cash", "food")[i % 3 == 0]
        )
    path = tmp_path / "statement.html"
    path.write_text(office.tell().to_html(), encoding="utf-8")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(path.as_uri())
    assert page.locator("table").count() >= 3
    assert page.locator("svg").count() >= 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert errors == []


def test_a_store_gives_the_same_statement_also_after_a_donor_is_erased(tmp_path: Path) -> None:
    """From SQLite as from memory; an erased donor keeps the alias, and no amount changes."""
    pytest.importorskip("sqlalchemy")
    from wushe.store import open_store

    office = Office()
    with open_store(tmp_path / "store.db", domain=DOMAIN) as store:
        commands = [
            (money.open_fund, {"id": "F", "name": "社区基金", "host": "ORG"}),
            (money.receive, {"gifts": [{"fund": "F", "fen": 100_000_00, "donor": "DP", "donor_kind": "person"}]}),
            *(
                (money.spend, {"items": [{"fund": "F", "fen": 100_00, "category": "cash", "client": f"H{i}"}]})
                for i in range(6)
            ),
        ]  # fmt: skip
        act = Act("2025-03-01T09:00:00+08:00", "worker-1")
        memory = MemoryStore(DOMAIN)
        for command, arguments in commands:
            store.run(act, command, **arguments)
            memory.run(act, command, **arguments)

        def told() -> str:
            with store.reading() as state:
                log = (event for _, event in store.events())
                made = statement(state, log, since=SINCE, until=UNTIL, network=office.city)
            return made.summary() + "".join(
                made.to_csv(part) for part in ("balance", "uses", "gifts")
            )

        before = told()
        made = statement(memory.state, memory.log, since=SINCE, until=UNTIL, network=office.city)
        assert before == made.summary() + "".join(
            made.to_csv(p) for p in ("balance", "uses", "gifts")
        )
        assert "爱心人士0001" in before
        store.erase("DP", act, "withdrawn")
        assert told() == before


def test_long_lists_of_gifts_are_searched_instead_of_cut() -> None:
    """Beyond 200 gifts the page has a list to search that holds them all."""
    office = Office()
    gifts = [
        {"fund": "F", "fen": 100 + i, "donor": f"D{i}", "donor_kind": "person"} for i in range(201)
    ]
    office.run(money.receive, "2025-01-02", gifts=gifts)
    html = office.tell().to_html()
    assert 'id="search"' in html
    assert "爱心人士0201" in html
    assert "D200" not in html
