"""`wushe funds`: money in and out on the command line, to the fen, and what the books say of it."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rules_once import share_rules
from wushe.cli import main
from wushe.store import open_store

AT = "2025-05-05T09:00:00+08:00"
SECRET = "D-private-7"


def run(*args: str, code: int = 0) -> Result:
    """Run the command and hold it to its exit code, without a traceback either way."""
    result = CliRunner().invoke(main, list(args))
    assert result.exit_code == code, result.output + result.stderr
    assert "Traceback" not in result.output + result.stderr
    return result


def act(*args: str, at: str = AT, code: int = 0) -> Result:
    """Run a command of one who acts."""
    return run(*args, "--by", "O-CA", "--at", at, code=code)


def answer(*args: str) -> object:
    """Return what a command of one who acts answers."""
    return json.loads(act(*args, "--json").output)["answer"]


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the many commands would load the same rules."""
    share_rules(monkeypatch)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a fund that holds one private gift."""
    path = tmp_path_factory.mktemp("store") / "begun.db"
    where = ("--store", str(path))
    run("store", "create", *where)
    act("funds", "open", "F-1", "--name", "青石社区基金（虚构）", "--host", "O-CA", *where)
    act("funds", "receive", "F-1", "1000.00", "--donor", SECRET, "--donor-kind", "person", *where)
    return path


@pytest.fixture
def store(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, found by WUSHE_STORE; the working folder is empty."""
    path = tmp_path / "f.db"
    shutil.copy(begun, path)
    monkeypatch.setenv("WUSHE_STORE", str(path))
    monkeypatch.chdir(tmp_path)
    return path


def balance(fund: str = "F-1") -> dict[str, int]:
    """Return a fund's amounts in fen."""
    (row,) = json.loads(run("funds", "balance", fund, "--json").output)
    return {name: n for name, n in row.items() if isinstance(n, int)}


def count(path: Path) -> int:
    """Return how many events a store has."""
    with open_store(path, read_only=True) as held:
        return held.head.entries


# --- in ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lang", "words"), [("zh", "还差1.00元"), ("en", "1.00")])
def test_a_start_up_below_its_floor_is_refused(lang: str, words: str, store: Path) -> None:
    """29,999 yuan are not 30,000: the reason is said, and nothing came in."""
    act("funds", "open", "F-V", "--name", "一村", "--host", "O-V", "--floor", "30000")
    sources = ("--from", "fiscal", "D-F", "10000", "--from", "donation", "D-CA", "10000")
    args = ("funds", "start-up", "F-V", *sources, "--lang", lang)
    assert words in act(*args, "--from", "collective", "O-V", "9999", code=1).stderr
    assert balance("F-V")["received"] == 0
    act(*args, "--from", "collective", "O-V", "10000")
    assert balance("F-V")["received"] == 3_000_000


def test_a_start_up_without_a_source_that_is_asked_for_is_refused(store: Path) -> None:
    """35,000 yuan of two sources: the third one is named, and nothing came in."""
    act("funds", "open", "F-V", "--name", "一村", "--host", "O-V", "--floor", "30000")
    each = [word for name in ("fiscal", "donation", "collective") for word in ("--each", name)]
    two = ("--from", "fiscal", "D-F", "25000", "--from", "collective", "O-V", "10000")
    assert "没有出资：捐赠" in act("funds", "start-up", "F-V", *two, *each, code=1).stderr
    assert balance("F-V")["received"] == 0
    act("funds", "start-up", "F-V", *two, "--from", "donation", "D-CA", "0.01", *each)
    assert balance("F-V")["received"] == 3_500_001


def test_parties_give_in_the_agreed_shares_or_nothing_comes_in(store: Path) -> None:
    """One fen less than as much again: refused with what is missing."""
    act("funds", "open", "F-S", "--name", "种子", "--host", "O-1")
    args = ("funds", "co-finance", "F-S", "--share", "O-ST", "1", "--share", "O-FD", "1")
    street = ("--from", "fiscal", "O-ST", "100")
    assert "还差100.00元" in act(*args, *street, code=1).stderr
    assert "还差0.01元" in act(*args, *street, "--from", "donation", "O-FD", "99.99", code=1).stderr
    assert "O-ST 写了两次" in act(*args, "--share", "O-ST", "2", *street, code=2).stderr
    assert balance("F-S")["received"] == 0
    act(*args, *street, "--from", "donation", "O-FD", "100")
    assert balance("F-S")["received"] == 20_000


def test_a_table_of_gifts_comes_in_to_the_fen(store: Path) -> None:
    """The sum is the sum of the rows; equal rows are named and both kept."""
    rows = ["0.01", "88.88", "88.88", "1200"]
    lines = [f"F-1,{yuan},2025-05-01,D-1,person" for yuan in rows]
    Path("g.csv").write_text("\n".join(["fund,yuan,day,donor,donor_kind", *lines]), "utf-8")
    said = act("funds", "receive", "--file", "g.csv").output
    assert "疑似重复" in said
    assert balance()["received"] == 100_000 + 1 + 8_888 * 2 + 120_000


def test_every_mistake_of_a_table_is_named_and_nothing_is_booked(store: Path) -> None:
    """File, row, column; an id that may be a name is not repeated."""
    Path("g.csv").write_text(
        "fund,yuan,day,donor\nF-1,12.345,2025-05-01,D-1\nF-1,,2025-13-01,张 三 丰\nF-1,5,,\n",
        "utf-8",
    )
    before = count(store)
    said = act("funds", "receive", "--file", "g.csv", "--json", code=1).output
    problems = json.loads(said)["problems"]
    found = {(p["row"], p["field"], p["code"]) for p in problems}
    assert found == {
        (2, "yuan", "bad-money"), (3, "yuan", "sheet-cell-empty"), (3, "day", "bad-date"), (3, "donor", "bad-identifier"),
    }  # fmt: skip
    assert {p["file"] for p in problems} == {"g.csv"}
    assert "张" not in said
    assert count(store) == before


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("fund,yuan,colour\nF-1,5,red\n", "sheet-column-unknown"),
        ("fund,donor\nF-1,D-1\n", "sheet-column-missing"),
        ("fund,yuan\n", "sheet-empty"),
    ],
)
def test_a_table_of_another_shape_is_refused(text: str, code: str, store: Path) -> None:
    """A column that is unknown, missing, or no row at all."""
    Path("g.csv").write_text(text, "utf-8")
    refused = act("funds", "receive", "--file", "g.csv", "--json", code=1)
    assert code in {p["code"] for p in json.loads(refused.output)["problems"]}


def test_a_gift_sent_twice_under_its_key_is_one_gift(store: Path) -> None:
    """The retry answers the same; without a key it is a second gift, named as suspected."""
    args = ("funds", "receive", "F-1", "50", "--donor", "D-1", "--donor-kind", "person")
    assert answer(*args, "--key", "k") == answer(*args, "--key", "k")
    assert balance()["received"] == 105_000
    found = answer(*args)
    assert isinstance(found, dict)
    assert len(found["suspected"]) == 1
    assert balance()["received"] == 110_000


def test_a_pool_matches_until_it_is_dry(store: Path) -> None:
    """Two for one, 300 yuan in all: the second gift gets what is left."""
    act("funds", "pool", "P-1", "300", "--sponsor", "D-S", "--ratio", "2", "1", "--fund", "F-1")
    act("funds", "receive", "F-1", "100", "--donor", "D-1", "--donor-kind", "person")
    act("funds", "receive", "F-1", "100", "--donor", "D-2", "--donor-kind", "person")
    assert balance()["matched"] == 30_000


def test_a_pledge_is_kept_by_gifts_that_name_it(store: Path) -> None:
    """Paid in parts; nothing is left of it after the second."""
    act("funds", "pledge", "PL-1", "F-1", "100", "--donor", "D-1", "--due", "2025-12-31")
    for _ in range(2):
        act("funds", "receive", "F-1", "50", "--donor", "D-1", "--pledge", "PL-1")
    with open_store(store, read_only=True) as held, held.reading() as state:
        assert state.get("pledge", "PL-1").status == "kept"


def test_funds_of_a_city_are_opened_once_with_their_balances(store: Path) -> None:
    """The second time there is nothing to do."""
    city = Path("city")
    city.mkdir()
    (city / "organizations.csv").write_text(
        "编号,名称,类型\nO-1,慈善会（虚构）,慈善总会\n", "utf-8"
    )
    (city / "funds.csv").write_text(
        "编号,名称,管理组织,资金性质,余额(元)\nF-A,甲（虚构）,O-1,捐赠,500.00\nF-B,乙（虚构）,O-1,,\n",
        "utf-8",
    )
    assert answer("funds", "load", "city", "--balances") == ["F-A", "F-B"]
    assert (balance("F-A")["free"], balance("F-B")["free"]) == (50_000, 0)
    assert answer("funds", "load", "city", "--balances") == []


# --- out ---------------------------------------------------------------------------------------


def test_money_is_set_aside_paid_and_given_back(store: Path) -> None:
    """received = free + set aside + spent + given back, after every step."""
    steps = (
        ("funds", "commit", "F-1", "300", "--category", "living_aid", "--client", "H-1"),
        ("funds", "pay", "F-1-C1", "--yuan", "200"),
        ("funds", "refund", "F-1-G1", "--yuan", "100"),
    )
    for step in steps:
        act(*step)
        now = balance()
        parts = now["free"] + now["committed"] + now["spent"] + now["refunded"]
        assert parts == now["received"] + now["matched"] == 100_000
    assert (now["committed"], now["spent"], now["refunded"]) == (10_000, 20_000, 10_000)


def test_what_is_not_paid_is_free_again(store: Path) -> None:
    """Released once; a second time is refused."""
    act("funds", "commit", "F-1", "300", "--category", "living_aid")
    act("funds", "release", "F-1-C1")
    assert (balance()["free"], balance()["committed"]) == (100_000, 0)
    act("funds", "release", "F-1-C1", code=1)


def test_a_feedback_is_noted_with_the_gift(store: Path) -> None:
    """On the day of the act."""
    act("funds", "feed-back", "F-1-G1")
    (gift,) = json.loads(run("funds", "trace", SECRET, "--json").output)
    assert gift["fed_back_on"] == "2025-05-05"


def test_more_than_is_free_is_refused(store: Path) -> None:
    """One fen too much, and nothing happens."""
    before = count(store)
    act("funds", "commit", "F-1", "1000.01", "--category", "living_aid", code=1)
    assert count(store) == before
    act("funds", "commit", "F-1", "1000.00", "--category", "living_aid")


@pytest.mark.parametrize(
    "args",
    [
        ("pay",),
        ("pay", "C-1", "--order", "O-1"),
        ("pay", "C-1", "C-2", "--yuan", "5"),
        ("receive", "F-1"),
        ("receive", "F-1", "5", "--file", "g.csv"),
        ("receive", "--file", "g.csv", "--donor", "D-1"),
        ("receive", "F-1", "5.001"),
        ("receive", "F-1", "five"),
        ("commit", "F-1", "5", "--day", "2025-5-1"),
        ("refund", "F-1-G1", "--reason", "whim"),
    ],
)
def test_a_wrong_call_is_one(args: tuple[str, ...], store: Path) -> None:
    """Exit code 2, and nothing is recorded."""
    before = count(store)
    act("funds", *args, code=2)
    assert count(store) == before


def test_the_use_changes_only_with_consent_or_filing(store: Path) -> None:
    """Without a basis it is refused; with the donor's consent it is changed."""
    args = ("funds", "change-use", "F-1-G1", "--purposes", "living_aid")
    act(*args, code=1)
    act(*args, "--consent-by", SECRET, "--consent-on", "2025-05-04")
    act("funds", "commit", "F-1", "10", "--category", "education_aid", code=1)
    act("funds", "commit", "F-1", "10", "--category", "living_aid")


# --- what the books say ------------------------------------------------------------------------


def test_the_accounts_balance(store: Path) -> None:
    """The trial balance is even, and the cash is what the fund says."""
    act("funds", "commit", "F-1", "300", "--category", "living_aid")
    act("funds", "pay", "F-1-C1")
    found = json.loads(run("funds", "balance", "--accounts", "--json").output)
    assert found["difference"] == sum(found["accounts"].values()) == 0
    assert found["accounts"]["Assets:Cash:F-1:Free"] == balance()["free"]


def test_every_fen_of_a_donor_is_traced(store: Path) -> None:
    """What the gift holds and what it paid for add up to what was given."""
    act("funds", "commit", "F-1", "300", "--category", "living_aid")
    act("funds", "pay", "F-1-C1")
    (gift,) = json.loads(run("funds", "trace", SECRET, "--json").output)
    used = sum(use["fen"] for use in gift["uses"])
    assert gift["fen"] == gift["free"] + gift["committed"] + gift["refunded"] + used == 100_000
    assert json.loads(run("funds", "trace", "D-nobody", "--json").output) == []


@pytest.mark.parametrize("ending", ["html", "xlsx", "csv"])
def test_the_statement_names_no_private_donor(ending: str, store: Path) -> None:
    """Neither on the terminal nor in the file; another ending is a wrong call and writes nothing."""
    if ending == "xlsx":
        pytest.importorskip("openpyxl", reason='needs pip install "wushe[frames]"')
    period = ("--since", "2025-05-01", "--until", "2025-05-31")
    said = run("funds", "statement", *period).output
    assert "1,000.00" in said
    out = Path(f"s.{ending}")
    run("funds", "statement", *period, "--out", str(out))
    assert SECRET not in said
    assert SECRET.encode() not in out.read_bytes()
    run("funds", "statement", *period, "--out", "s.docx", code=2)
    assert not Path("s.docx").exists()


def test_the_export_holds_every_posting(store: Path) -> None:
    """The CSV's lines sum to nothing, and the Beancount text has a transaction for the gift."""
    run("funds", "export", "--format", "csv", "--out", "e.csv")
    rows = list(csv.DictReader(io.StringIO(Path("e.csv").read_text("utf-8-sig"))))
    assert sum(int(row["fen"]) for row in rows) == 0
    assert max(int(row["fen"]) for row in rows) == 100_000
    run("funds", "export", "--out", "e.beancount")
    assert "1000.00 CNY" in Path("e.beancount").read_text("utf-8")
    assert SECRET not in Path("e.csv").read_text("utf-8") + Path("e.beancount").read_text("utf-8")


def test_the_export_is_a_workbook_too(store: Path) -> None:
    """With the same lines."""
    openpyxl = pytest.importorskip("openpyxl", reason='needs pip install "wushe[frames]"')
    run("funds", "export", "--format", "xlsx", "--out", "e.xlsx")
    cells = [
        row
        for row in openpyxl.load_workbook("e.xlsx").active.iter_rows(values_only=True)
        if any(row)
    ]
    at = cells[0].index("fen")
    assert sum(row[at] for row in cells[1:]) == 0


def test_an_unknown_fund_is_said(store: Path) -> None:
    """With those that there are."""
    period = ("--since", "2025-05-01", "--until", "2025-05-31")
    assert "F-1" in run("funds", "balance", "F-none", code=2).stderr
    assert "F-1" in run("funds", "statement", "F-none", *period, code=2).stderr


def test_duties_depend_on_what_the_host_is(store: Path) -> None:
    """Unknown as long as nobody said what the host is; then most of them are decided."""

    def unknown() -> int:
        found = json.loads(run("funds", "duties", "--on", "2025-05-31", "--json").output)
        return sum(line["status"] == "unknown" for line in found["lines"])

    before = unknown()
    act("funds", "host", "O-CA", "--kind", "charity_federation", "--charity", "--public")
    assert unknown() < before
    run("funds", "duties", "--on", "2025-05-31", "--place", "nowhere", code=2)


def test_it_is_the_same_ledger_as_in_python(store: Path) -> None:
    """The command line has no books of its own."""
    with open_store(store, read_only=True) as held, held.reading() as state:
        fund = state.get("fund", "F-1")
    assert fund.received_fen == balance()["received"]


# --- mistakes ----------------------------------------------------------------------------------


def test_what_the_ledger_refuses_of_a_table_is_named_by_row(store: Path) -> None:
    """A fund that does not exist, an amount of nothing, a taken id: the file's rows, blank ones counted."""
    Path("g.csv").write_text("基金,金额(元),id\nF-1,5,G1\n\nF-9,5,\nF-1,0,\nF-1,5,G1\n", "utf-8")
    said = act("funds", "receive", "--file", "g.csv", "--json", code=1).output
    found = {(p["file"], p["row"], p["field"]) for p in json.loads(said)["problems"]}
    assert found >= {("g.csv", 4, "fund"), ("g.csv", 5, "yuan")}
    assert balance()["received"] == 100_000


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("open", "F-9", "--name", "x", "--host", "O", "--purposes", "fod"), "fod"),
        (("open", "F-9", "--name", "x", "--host", "O", "--groups", "elders"), "elders"),
        (("receive", "F-1", "5", "--purposes", "fod"), "fod"),
        (("commit", "F-1", "5", "--category", "fod"), "fod"),
        (("commit", "F-1", "5", "--group", "elders"), "elders"),
    ],
)
def test_money_is_not_bound_to_what_does_not_exist(
    args: tuple[str, ...], expected: str, store: Path
) -> None:
    """A slip in a category or group would make money that can never be spent."""
    before = count(store)
    said = act("funds", *args, "--lang", "en", code=2).stderr
    assert f"unknown: {expected}" in said
    assert count(store) == before


def test_a_table_of_gifts_is_not_bound_to_what_does_not_exist(store: Path) -> None:
    """The same in a table: row and column."""
    Path("g.csv").write_text("fund,yuan,purposes\nF-1,5,food;fod\n", "utf-8")
    said = json.loads(act("funds", "receive", "--file", "g.csv", "--json", code=1).output)
    (found,) = said["problems"]
    assert (found["row"], found["field"], found["value"]) == (2, "purposes", "fod")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("who", ["张 三", "420106198001011234", "13912345678"])
def test_a_person_is_no_id(who: str, lang: str, store: Path) -> None:
    """A name, an ID number or a phone number is not recorded as an id, and not repeated."""
    before = count(store)
    for args in (
        ("receive", "F-1", "5", "--donor", who),
        ("commit", "F-1", "5", "--client", who),
        ("open", who, "--name", "x", "--host", "O"),
    ):
        assert who not in act("funds", *args, "--lang", lang, code=2).stderr
    assert count(store) == before


@pytest.mark.parametrize(
    ("args", "code", "expected"),
    [
        (("pay", "--order", "O-none", "--by", "O", "--at", AT), 1, "order/O-none"),
        (("statement", "--since", "x", "--until", "2025-01-01"), 2, "--since"),
        (("statement", "--since", "2025-02-01", "--until", "2025-01-01"), 2, "2025-01-01"),
        (("duties", "--on", "2025-05-31", "--out", "d.pdf"), 2, ".html, .csv"),
    ],
)
def test_a_mistake_says_where_it_is(
    args: tuple[str, ...], code: int, expected: str, store: Path
) -> None:
    """The option or record that is wrong is the one that is named."""
    assert expected in run("funds", *args, code=code).stderr
    assert not Path("d.pdf").exists()


def test_the_statement_is_json_on_request(store: Path) -> None:
    """All its parts, each row by its headings."""
    period = ("--since", "2025-01-01", "--until", "2025-12-31")
    found = json.loads(run("funds", "statement", *period, "--json", "--lang", "en").output)
    assert set(found) == {"balance", "projects", "uses", "gifts", "goods"}
    assert [row["Amount (yuan)"] for row in found["gifts"]] == ["1000.00"]


# --- moved, closed, reported -------------------------------------------------------------------


def test_money_moves_between_funds_and_projects(store: Path) -> None:
    """A transfer and a surplus keep every fen, and a fund closes when it is empty."""
    act("funds", "open", "F-2", "--name", "二号", "--host", "O-CA")
    act("funds", "transfer", "F-1", "F-2", "--take", "F-1-G1", "1000")
    assert (balance("F-1")["free"], balance("F-2")["free"]) == (0, 100_000)
    act("funds", "close", "F-1")
    assert "1,000.00" in act("funds", "close", "F-2", "--lang", "en", code=1).stderr
    act("funds", "receive", "F-2", "5", "--project", "PJ-1")
    assert len(answer("funds", "surplus", "PJ-1", "PJ-2", "--basis", "plan")) == 1  # type: ignore[arg-type]


def test_pools_and_pledges_end(store: Path) -> None:
    """A closed pool says what it gave, and gives no more; a pledge made in private may be released."""
    act("funds", "pool", "P", "80", "--sponsor", "D-CA", "--fund", "F-1")
    act("funds", "receive", "F-1", "50", "--donor", "D-9", "--donor-kind", "person")
    assert "50.00" in act("funds", "close-pool", "P", "--lang", "en").output
    act("funds", "receive", "F-1", "50", "--donor", "D-9", "--donor-kind", "person")
    assert balance()["matched"] == 5_000
    act("funds", "pledge", "PL", "F-1", "10", "--donor", "D-9")
    act("funds", "release-pledge", "PL", "--reason", "agreed")
    act("funds", "release-pledge", "PL", "--reason", "agreed", code=1)


def test_campaigns_and_interests_are_declared_and_judged(store: Path) -> None:
    """A late filing is found by the duties; an interested party gets nothing of the donor's money until it is ended."""
    act(
        "funds",
        "host",
        "O-CA",
        "--kind",
        "charity_federation",
        "--charity",
        "--public",
        "--form",
        "group",
    )
    days = ("--starts", "2025-05-01", "--ends", "2025-05-31")
    act("funds", "plan-campaign", "C-1", "O-CA", *days, "--fund", "F-1", "--no-online")
    act("funds", "file-campaign", "C-1", "--on", "2025-05-03")
    found = json.loads(run("funds", "duties", "--on", "2025-05-31", "--json").output)
    assert "campaign/C-1" in json.dumps(found)
    interest = answer("funds", "declare-interest", "donor", SECRET, "H-1")
    act("funds", "commit", "F-1", "5", "--client", "H-1", code=1)
    act("funds", "end-interest", str(interest), "--reason", "mistake")
    act("funds", "commit", "F-1", "5", "--client", "H-1")
    act("funds", "ask-interests", "O-CA", "--on", "2025-05-04")
    act("funds", "publish", "campaign", "C-1", "--on", "2025-05-04", "--document", "no. 1")


def test_a_table_without_funds_goes_to_the_fund_that_is_named(store: Path) -> None:
    """FUND before --file is for rows that name none; a row's own fund counts before it."""
    before = balance()["received"]
    Path("g.csv").write_text("编号,金额(元)\nN-1,5\nN-2,7\n", "utf-8")
    act("funds", "receive", "F-1", "--file", "g.csv")
    assert balance()["received"] == before + 1200
    Path("h.csv").write_text("编号,金额(元),基金\nN-3,5,\nN-4,5,F-9\n", "utf-8")
    assert "h.csv" in act("funds", "receive", "F-1", "--file", "h.csv", code=1).stderr


def test_an_amount_beyond_all_reason_is_told_the_limit(store: Path) -> None:
    """Not only that decimals are limited."""
    assert "10^15" in act("funds", "receive", "F-1", "9" * 17, code=2).stderr
