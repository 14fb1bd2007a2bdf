"""examples/getusppe.py: real offers of 2020 read, flagged, planned and compared with the real matches."""

import csv
import gzip
import importlib
import sys
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import wushe
from test_docs import agrees, blocks_of

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "explanation" / "getusppe.md"


def load(name: str) -> Any:
    """Import an example as its neighbours do: by name, from the folder of examples."""
    sys.path.insert(0, str(ROOT / "examples"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(ROOT / "examples"))


script, tables = load("getusppe"), load("getusppe_data")

# --- made-up tables of the same form ---------------------------------------------------------

ITEMS = ("enumcode,name,unitOfMeasure", "cap,Caps,", "gloves,Gloves,Box of 100", "wash,Wash,Liters")
OFFERS = (
    "donorKey,donationkey,equipmentEnum,qty,datecreated,dataSource,stateprovince",
    "D1,k1,cap,40,2020-05-01 00:00:00 UTC,x,CA",
    "D1,k1,cap,40,2020-05-01 00:00:00 UTC,x,CA",  # row 3: twice
    "D1,k2,cap,20,2020-05-02 00:00:00 UTC,x,",
    "D2,k3,cap,-1,2020-05-01 00:00:00 UTC,x,Fl",  # row 5: negative
    "D2,k4,cap,0,2020-05-01 00:00:00 UTC,x,ca",  # row 6: zero
    "D2,k5,cap,some,2020-05-01 00:00:00 UTC,x,NY",  # row 7: no number
    "D3,k6,cap,8000000,2020-05-01 00:00:00 UTC,x,NY",  # row 8: far more than others offer
    "D4,k7,tent,5,2020-05-01 00:00:00 UTC,x,NY",  # row 9: no such item
    "D4,k8,gloves,3,2020-05-01 00:00:00 UTC,x,NY",
    "D5,k9,wash,7,not a date,x,NY",
)
MATCHES = (
    "donorkey,facilitykey,enumcode,qty,matchstatus,matchsubstatus",
    "D1,F1,cap,50,delivered,",
    "D1,F2,cap,30,delivered,",  # 80 of 60 offered
    "D3,F3,cap,25,closed,no_supply",
    "D1,F3,cap,25,closed,no_contact_donor",  # the same wish again
    "D1,F4,cap,9,closed,no_need",
    "D4,F1,gloves,5,closed,no_supply",
    "D4,F2,gloves,-1,delivered,",  # row 8: negative
    "D5,F1,wash,4,delivered,",
    "D5,F1,cap,2,closed,no_contact_facility",  # row 10: D5 never offered caps
    "D5,F1,wash,4,lost,",  # row 11: no such status
)


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """Write the made-up tables, gzipped where the real ones are."""
    for file, lines in (
        (tables.ITEMS, ITEMS),
        (tables.OFFERS, OFFERS),
        (tables.MATCHES, MATCHES),
    ):
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        text = ("\n".join(lines) + "\n").encode()
        path.write_bytes(gzip.compress(text) if file.endswith(".gz") else text)
    return tmp_path


def test_every_row_is_a_lot_or_flagged_with_its_reason(sample: Path) -> None:
    """Rows count the header; nothing is dropped silently."""
    records = tables.read(sample)
    assert [lot.row for lot in records.lots] == [2, 4, 10, 11]
    assert [(flag.row, flag.reason) for flag in records.flags if flag.file == tables.OFFERS] == [
        (3, "twice"),
        (5, "negative"),
        (6, "zero"),
        (7, "no_number"),
        (8, "too_many"),
        (9, "item"),
    ]
    assert [(flag.row, flag.reason) for flag in records.flags if flag.file == tables.MATCHES] == [
        (8, "negative"),
        (10, "not_offered"),
        (11, "status"),
    ]
    assert {flag.reason for flag in records.flags} <= set(tables.REASONS)


def test_an_unreadable_date_is_unknown(sample: Path) -> None:
    """The lot stays; nobody invents a day."""
    (wash,) = [lot for lot in tables.read(sample).lots if lot.item == "wash"]
    assert wash.since is None


def test_units_are_those_of_the_table_of_items(sample: Path) -> None:
    """Boxes hold what their label says, sanitizer is counted in litres, all else in pieces."""
    units = {code: item.unit for code, item in tables.read_items(sample).items()}
    assert units == {"cap": "piece", "gloves": "box*100", "wash": "litre"}


def test_what_facilities_need_follows_from_their_matches(sample: Path) -> None:
    """Deliveries add up; of failed tries the largest counts; who had no need asks for nothing."""
    found = [tuple(request) for request in tables.requests_of(tables.read(sample).matches)]
    assert found == [
        ("F1", "cap", 50, 50),
        ("F1", "gloves", 5, 0),
        ("F1", "wash", 4, 4),
        ("F2", "cap", 30, 30),
        ("F3", "cap", 25, 0),
    ]


def test_real_matches_beyond_an_offer_are_seen(sample: Path) -> None:
    """All offers of one donor of one item against all that was taken of them."""
    records = tables.read(sample)
    delivered = [match for match in records.matches if match.status == "delivered"]
    assert tables.exceeded(records, delivered) == [("D1", "cap", 60, 80)]


def test_the_plan_stays_within_the_offers(sample: Path) -> None:
    """60 caps, 300 gloves and 7 litres are all there is; whole boxes only."""
    records = tables.read(sample)
    requests = tables.requests_of(records.matches)
    made = script.share(records, requests)
    assert sum(n for (_, item), n in made.got.items() if item == "cap") == 60
    assert {key: n for key, n in made.got.items() if key[1] != "cap"} == {
        ("F1", "gloves"): 3,
        ("F1", "wash"): 4,
    }
    assert made.taken == {2: 40, 4: 20, 10: 3, 11: 4}
    assert wushe.check_plan(made.plan) == []


def test_a_wrong_sum_is_noticed(sample: Path) -> None:
    """The script's own audit uses no part of the library."""
    records = tables.read(sample)
    requests = tables.requests_of(records.matches)
    with pytest.raises(RuntimeError, match=r"lots \[2\]"):
        script.audit(records, requests, {("F1", "cap"): 41}, {2: 41})
    with pytest.raises(RuntimeError, match="F2"):
        script.audit(records, requests, {("F2", "cap"): 31}, {2: 31})
    with pytest.raises(RuntimeError, match=r"no whole number of box\*100"):
        script.whole(150, "box*100")


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ("数量是负数", "第8行：cap 8000000", "方案：0项", "盒，每盒100")),
        ("en", ("the quantity is negative", "row 8: cap 8000000", "Plan: 0", "boxes of 100")),
    ],
)
def test_the_report_says_what_was_flagged_and_compared(
    sample: Path, lang: str, words: tuple[str, ...]
) -> None:
    """Where, what and why, in both languages; and the figures of both sides."""
    records = tables.read(sample)
    requests = tables.requests_of(records.matches)
    printed = script.report(records, requests, script.share(records, requests), lang, verbose=True)
    for word in words:
        assert word in printed, word
    assert "60.0% (3/5) | " in printed


def test_a_missing_column_is_named(sample: Path) -> None:
    """File, row and column."""
    (sample / tables.ITEMS).write_text("enumcode,name\ncap,Caps\n", "utf-8")
    with pytest.raises(ValueError, match=r"lookup_equipment_type\.csv row 1: no column unitOf"):
        tables.read(sample)


def test_without_data_nothing_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script says so in both languages and ends."""
    monkeypatch.setattr(sys, "argv", ["getusppe.py", "--data", str(tmp_path)])
    script.main()
    assert "没有数据" in capsys.readouterr().out


# --- the real tables -------------------------------------------------------------------------


class Run(NamedTuple):
    """The example's own steps."""

    records: Any
    requests: Any
    made: Any


@pytest.fixture(scope="module")
def run(data_dir: Path) -> Run:
    """Read and plan as the script does, or skip where the tables are absent."""
    if not (data_dir / tables.OFFERS).is_file():
        pytest.skip(f"no {tables.OFFERS} in {data_dir}")
    records = tables.read(data_dir)
    requests = tables.requests_of(records.matches)
    return Run(records, requests, script.share(records, requests))


def raw(folder: Path, file: str) -> list[dict[str, str]]:
    """Read a table without the example's help."""
    with gzip.open(folder / file, "rt", encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.slow
def test_no_row_is_lost(run: Run) -> None:
    """3,321 offers and 2,240 matches are lots, set aside, flagged, or matches that can be read."""
    kept = [lot.row for lot in (*run.records.lots, *run.records.aside)]
    flagged = [f.row for f in run.records.flags if f.file == tables.OFFERS]
    others = set(flagged) - {lot.row for lot in run.records.aside}
    assert sorted([*kept, *others]) == list(range(2, 3321 + 2))
    assert [match.row for match in run.records.matches] == list(range(2, 2240 + 2))


@pytest.mark.slow
def test_every_quantity_that_cannot_be_one_is_flagged(run: Run, data_dir: Path) -> None:
    """Counted here from the files: zero and below, and whatever stands there twice."""
    reasons = Counter((flag.file, flag.reason) for flag in run.records.flags)
    for file in (tables.OFFERS, tables.MATCHES):
        quantities = [int(line["qty"]) for line in raw(data_dir, file)]
        assert reasons[file, "negative"] == sum(q < 0 for q in quantities)
        assert reasons[file, "zero"] == sum(q == 0 for q in quantities)
    lines = [tuple(line.values()) for line in raw(data_dir, tables.OFFERS)]
    assert reasons[tables.OFFERS, "twice"] == len(lines) - len(set(lines)) == 4
    million = {lot.row for lot in run.records.aside if lot.quantity >= 1_000_000}
    assert len(million) == sum(
        int(line["qty"]) >= 1_000_000 for line in raw(data_dir, tables.OFFERS)
    )


@pytest.mark.slow
def test_the_plan_exceeds_no_offer_and_the_real_matches_exceeded_five(
    run: Run, data_dir: Path
) -> None:
    """Summed here from the raw rows, by donor and item, without the example's help."""
    lines = raw(data_dir, tables.OFFERS)
    offered: Counter[tuple[str, str]] = Counter()
    for line in lines:
        offered[line["donorKey"], line["equipmentEnum"]] += max(0, int(line["qty"]))
    real: Counter[tuple[str, str]] = Counter()
    for line in raw(data_dir, tables.MATCHES):
        if line["matchsubstatus"] != "no_supply":
            real[line["donorkey"], line["enumcode"]] += max(0, int(line["qty"]))
    assert sum(n > offered[key] for key, n in real.items()) == 5
    planned: Counter[int] = Counter()
    for item in run.made.plan.items:
        row = int(item.provider.id.removeprefix("row-"))
        planned[row] += script.whole(
            item.amount, run.records.items[lines[row - 2]["equipmentEnum"]].unit
        )
    assert planned == run.made.taken
    assert all(0 < n <= int(lines[row - 2]["qty"]) for row, n in planned.items())


@pytest.mark.slow
def test_recorded_quantities_are_reached_where_there_is_enough(run: Run) -> None:
    """Short is an item only where its usable offers are short, and then they are used up."""
    usable: Counter[str] = Counter()
    needed: Counter[str] = Counter()
    given: Counter[str] = Counter()
    for lot in run.records.lots:
        usable[lot.item] += lot.quantity
    for request in run.requests:
        needed[request.item] += request.quantity
        got = run.made.got.get((request.facility, request.item), 0)
        assert got <= request.quantity
        given[request.item] += got
    assert {item: given[item] for item in needed} == {
        item: min(n, usable[item]) for item, n in needed.items()
    }
    assert [item for item in needed if given[item] < needed[item]] == ["nitrile_gloves"]


@pytest.mark.slow
def test_the_plan_is_checked_and_better_in_every_share(run: Run) -> None:
    """The checker finds nothing; all four shares are above what was delivered."""
    assert wushe.check_plan(run.made.plan) == []
    real, plan = (
        script.real(run.records, run.requests),
        script.planned(run.requests, run.made),
    )
    assert all(b[0] > a[0] for a, b in zip(real[:4], plan[:4], strict=True))
    assert 150 < plan[4][0] < real[4][0]  # the page says: about 200 donors
    assert 1.2 < plan[5][0] < 1.45  # and about 1.3 parcels


@pytest.mark.slow
def test_the_page_shows_what_the_script_prints(run: Run) -> None:
    """Each text block of the page is what a fresh run prints, in its language."""
    shown = [block.body for block in blocks_of(PAGE) if block.language == "text"]
    printed = [script.report(*run, lang) for lang in ("zh", "en")]
    assert len(shown) == 2
    for expected, seen in zip(shown, printed, strict=True):
        assert agrees(expected, seen), seen
