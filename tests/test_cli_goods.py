"""`wushe goods`: lots in and out on the command line; amounts with their units, first expiring first out."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rules_once import share_rules
from wushe.cli import main
from wushe.demos import demo_path
from wushe.store import open_store

AT = "2025-09-01T09:00:00+08:00"
PRIVATE = "D-private-7"


def run(*args: str, code: int = 0) -> Result:
    """Run the command and hold it to its exit code, without a traceback either way."""
    result = CliRunner().invoke(main, list(args))
    assert result.exit_code == code, result.output + result.stderr
    assert "Traceback" not in result.output + result.stderr
    return result


def act(*args: str, at: str = AT, code: int = 0) -> Result:
    """Run a goods command of one who acts."""
    return run("goods", *args, "--by", "K-1", "--at", at, code=code)


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the many commands would load the same rules."""
    share_rules(monkeypatch)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two warehouses and two lots of milk that expire on different days."""
    path = tmp_path_factory.mktemp("store") / "begun.db"
    where = ("--store", str(path))
    run("store", "create", *where)
    for house in ("W-1", "W-2"):
        act("open", house, "--name", house, *where)
    for lot, day in (("L-late", "2025-12-31"), ("L-soon", "2025-10-31")):
        act(
            "receive", lot, "--warehouse", "W-1", "--item", "牛奶", "--quantity", "2箱*24", "--unit-value", "60",
            "--donor", PRIVATE, "--serves", "food", "--expires", day, "--checked", *where,
        )  # fmt: skip
    return path


@pytest.fixture
def store(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, found by WUSHE_STORE; the working folder is empty."""
    path = tmp_path / "g.db"
    shutil.copy(begun, path)
    monkeypatch.setenv("WUSHE_STORE", str(path))
    monkeypatch.chdir(tmp_path)
    return path


def stock() -> dict[str, dict[str, int]]:
    """Return what lies where, by lot."""
    rows = json.loads(run("goods", "stock", "--json").output)
    names = ("on_hand", "unchecked", "rejected", "reserved")
    return {row["lot"]: {name: row[name] for name in names} for row in rows}


def count(path: Path) -> int:
    """Return how many events a store has."""
    with open_store(path, read_only=True) as held:
        return held.head.entries


def issue(key: str, amount: str, *more: str, code: int = 0) -> Result:
    """Issue milk to an institution."""
    args = ("--warehouse", "W-1", "--item", "牛奶", "--quantity", amount, "--to", "I-1")
    return act("issue", key, *args, "--category", "food", *more, code=code)


def test_amounts_are_counted_in_base_units_and_valued_by_theirs(store: Path) -> None:
    """Two boxes of 24 at 60 yuan a box: 48 pieces worth 120 yuan."""
    assert stock()["L-soon"]["on_hand"] == 48
    rows = json.loads(run("goods", "stock", "--json").output)
    assert {row["value_fen"] for row in rows} == {12_000}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_first_expiring_goes_first(lang: str, store: Path) -> None:
    """50 pieces: all 48 of the lot that expires in October, and two of the other."""
    unit = {"zh": "件", "en": " pieces"}[lang]
    said = issue("IS-1", "50件", "--lang", lang).output
    assert f"L-soon 48{unit}, L-late 2{unit}" in said
    act("sign", "IS-1", "--signed-by", "王某")
    with open_store(store, read_only=True) as held:
        events = [event for _, event in held.events()]
    assert not any("王某" in str(event.data) for event in events)


def test_a_shortage_is_named_and_nothing_goes_out(store: Path) -> None:
    """97 of 96: what is asked, what there is, what is missing."""
    before = count(store)
    said = issue("IS-1", "97件", code=1).stderr
    assert "97" in said
    assert "96" in said
    assert count(store) == before


def test_goods_come_back_are_inspected_counted_and_written_off(store: Path) -> None:
    """Every piece is somewhere after every step."""
    issue("IS-1", "48件")
    act("return", "IS-1", "--quantity", "8件", "--reason", "damaged")
    assert stock()["L-soon"] == {"on_hand": 0, "unchecked": 8, "rejected": 0, "reserved": 0}
    act("inspect", "L-soon", "--rejected", "3件", "--reason", "damaged")
    act("write-off", "L-soon", "--from", "rejected", "--reason", "damaged")
    act("count", "L-soon", "4件", "--reason", "lost")
    assert stock()["L-soon"] == {"on_hand": 4, "unchecked": 0, "rejected": 0, "reserved": 0}
    act("move", "L-soon", "--quantity", "4件", "--to", "W-2")
    rows = json.loads(run("goods", "stock", "--warehouse", "W-2", "--json").output)
    assert [row["on_hand"] for row in rows] == [4]


def test_a_recall_names_who_is_to_be_told_and_no_household(store: Path) -> None:
    """The institution by its id; a household as ***."""
    issue("IS-1", "10件")
    args = ("--lot", "L-soon", "--quantity", "5件", "--to", "H-0001", "--to-kind", "households")
    act("issue", "IS-2", *args, "--category", "food")
    said = act("recall", "L-soon", "--reason", "authority").output
    assert "I-1" in said
    assert "***" in said
    assert "H-0001" not in said
    assert "2 笔" in said


def test_what_expires_is_listed_first_expiring_first(store: Path) -> None:
    """Up to the day asked for."""
    rows = json.loads(run("goods", "expiring", "--until", "2026-01-01", "--json").output)
    assert [row["lot"] for row in rows] == ["L-soon", "L-late"]
    assert "L-late" not in run("goods", "expiring", "--until", "2025-11-01").output


def test_a_table_of_lots_comes_in_or_does_not(store: Path) -> None:
    """A bad unit and a missing item are named with their rows, and nothing is taken in; corrected, all is."""
    heading = "lot,warehouse,item,quantity,unit,per_need,checked\n"
    Path("lots.csv").write_text(heading + "A,W-1,大米,5,袋,,\nB,W-1,,2,kg,,yes\n", "utf-8")
    before = count(store)
    said = json.loads(act("receive", "--file", "lots.csv", "--json", code=1).output)["problems"]
    assert {(p["row"], p["field"]) for p in said} == {(2, "unit"), (3, "item")}
    assert count(store) == before
    Path("lots.csv").write_text(heading + "A,W-1,大米,5,kg,2,yes\nB,W-1,油,2,升,,\n", "utf-8")
    act("receive", "--file", "lots.csv")
    assert (stock()["A"]["on_hand"], stock()["B"]["unchecked"]) == (5_000, 2_000)


def test_the_lots_of_a_city_are_taken_in_under_their_ids(store: Path) -> None:
    """So that orders of a plan find the lots that it planned."""
    city = str(demo_path("hefei"))
    assert json.loads(act("load", city, "-p", "hefei", "--json").output)["answer"] == [
        "R-1",
        "R-2",
        "R-3",
        "R-4",
    ]


def test_a_value_is_stated_later(store: Path) -> None:
    """Where it was not known on arrival: the worth of all of it is answered."""
    act("receive", "L-3", "--warehouse", "W-1", "--item", "大米", "--quantity", "20千克")
    assert (
        json.loads(act("value", "L-3", "8", "--per", "1千克", "--json").output)["answer"] == 16_000
    )


@pytest.mark.parametrize("donor", [PRIVATE])
def test_no_donor_is_named_in_lists(donor: str, store: Path) -> None:
    """Neither in text nor in JSON."""
    for form in ((), ("--json",)):
        assert donor not in run("goods", "stock", *form).output
        assert donor not in run("goods", "expiring", "--until", "2026-01-01", *form).output


@pytest.mark.parametrize(
    "args",
    [
        ("receive", "L-9"),
        ("receive", "L-9", "--warehouse", "W-1", "--item", "x", "--quantity", "5"),
        ("receive", "L-9", "--warehouse", "W-1", "--item", "x", "--quantity", "0.5件"),
        ("count", "L-soon", "many"),
        ("write-off", "L-soon", "--reason", "whim"),
        ("receive", "L-9", "--file", "lots.csv"),
    ],
)
def test_a_wrong_call_is_one(args: tuple[str, ...], store: Path) -> None:
    """Exit code 2, and nothing is recorded."""
    before = count(store)
    act(*args, code=2)
    assert count(store) == before


@pytest.mark.parametrize(
    "args",
    [
        ("issue", "IS-9", "--warehouse", "W-1", "--item", "牛奶", "--quantity", "5千克", "--to", "I-1"),
        ("count", "L-soon", "5千克"),
        ("write-off", "L-soon", "--quantity", "5千克", "--reason", "damaged"),
        ("inspect", "L-soon", "--rejected", "5千克", "--reason", "damaged"),
        ("value", "L-soon", "3", "--per", "1千克"),
    ],
    ids=lambda args: args[0],
)  # fmt: skip
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_amount_is_of_what_the_lot_is_counted_in(
    args: tuple[str, ...], lang: str, store: Path
) -> None:
    """Five kilograms of a lot in pieces would be 5,000 pieces."""
    before = count(store)
    said = act(*args, "--lang", lang, code=2).stderr
    assert {"zh": "按“件”计", "en": "counted in pieces"}[lang] in said
    assert count(store) == before


def test_an_unknown_warehouse_is_not_an_empty_one(store: Path) -> None:
    """Nothing in stock would be an answer."""
    assert "W-9" in run("goods", "stock", "--warehouse", "W-9", code=2).stderr
