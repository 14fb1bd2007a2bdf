"""examples/wuhan_redcross.py: the Red Cross goods as lots; every figure is counted again from the tables."""

from __future__ import annotations

import csv
import importlib.util
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from wushe.ledger import goods

EXAMPLES = Path(__file__).parent.parent / "examples"
SCRIPT = EXAMPLES / "wuhan_redcross.py"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    """The example as a module; it imports the one that reads the tables."""
    sys.path.insert(0, str(EXAMPLES))
    try:
        spec = importlib.util.spec_from_file_location(SCRIPT.stem, SCRIPT)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[SCRIPT.stem] = module
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(EXAMPLES))
    return module


@pytest.fixture(scope="module")
def outcome(example: Any, data_dir: Path) -> Any:
    """What the ledger made of the tables."""
    return example.run(data_dir)


def rows_of(folder: Path, file: str) -> list[dict[str, str]]:
    """The rows of a table as they stand."""
    with (folder / file).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_no_row_is_dropped(outcome: Any, data_dir: Path) -> None:
    """Each of the 341 rows is a lot or listed as not understood; each of the 202 went out or is named as short."""
    received = rows_of(data_dir, "wuhan_redcross/goods_received.csv")
    lots = [lot.id for lot in outcome.store.state.find("lot", warehouse="WH")]
    kept = sorted(int(lot.removeprefix("WH-")) for lot in lots)
    assert sorted(kept + [row.row for row in outcome.received.unread]) == list(
        range(2, len(received) + 2)
    )
    given = rows_of(data_dir, "wuhan_redcross/goods_distributed.csv")
    told = sorted([*outcome.issued, *(short.row for short in outcome.short)])
    assert told == list(range(2, len(given) + 2))
    assert (len(received), len(given)) == (341, 202)


def test_nothing_is_negative_and_everything_adds_up(outcome: Any) -> None:
    """Per lot, what came in is what is there and what went out; the checker finds nothing."""
    for lot in outcome.store.state.find("lot"):
        assert min(lot.on_hand, lot.issued, lot.there) >= 0
        assert lot.received == lot.there + lot.issued
    assert goods.check_goods(outcome.store.log) == ()


def test_what_went_out_and_what_is_short_is_counted_again(outcome: Any) -> None:
    """A running balance by item and unit, without lots, says the same of every one of the 202 rows."""
    free: Counter[tuple[str, str]] = Counter()
    kept: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for row in outcome.received.rows:
        pool = kept[row.restricted_to] if row.restricted_to else free
        pool[row.item, row.unit] += row.quantity
    issued, short = [], []
    for row in outcome.given.rows:
        key = row.item, row.unit
        own = kept[row.party]
        if free[key] + own[key] < row.quantity:
            short.append((row.row, row.quantity, free[key] + own[key]))
            continue
        issued.append(row.row)
        mine = min(own[key], row.quantity)
        own[key] -= mine
        free[key] -= row.quantity - mine
    per = {s.row: 1000 if s.unit == "kg" else 1 for s in outcome.short}
    assert list(outcome.issued) == issued
    assert [(s.row, s.asked // per[s.row], s.free // per[s.row]) for s in outcome.short] == short


def test_the_ledger_holds_what_the_tables_say_of_plain_rows(outcome: Any, data_dir: Path) -> None:
    """Rows without a spec, counted in single pieces, are summed straight from the csv file, by name."""
    pieces = re.compile(r"[个只支台]")
    plain: Counter[str] = Counter()
    lots = {lot.id: lot for lot in outcome.store.state.find("lot", warehouse="WH")}
    booked: Counter[str] = Counter()
    for number, row in enumerate(rows_of(data_dir, "wuhan_redcross/goods_received.csv"), 2):
        if pieces.fullmatch(row["unit"]) and not row["spec"] and f"WH-{number}" in lots:
            plain[row["item"]] += int(row["qty"])
            booked[row["item"]] += lots[f"WH-{number}"].received
    assert booked == plain
    assert len(plain) == 14


def test_shortages_have_their_reason(outcome: Any) -> None:
    """What was never recorded, what only in other units, and what ran out are told apart."""
    assert Counter(short.reason for short in outcome.short) == {
        "unrecorded": 77,
        "other_unit": 73,
        "too_little": 12,
    }
    for short in outcome.short:
        assert short.free < short.asked
        assert bool(short.free) <= (short.reason == "too_little")
        assert (short.reason == "other_unit") <= bool(short.elsewhere)
    monitor = next(short for short in outcome.short if short.row == 23)
    assert (monitor.asked, monitor.free, monitor.elsewhere) == (4, 2, {"单位不详": 8})


def test_unknown_values_post_nothing_and_known_ones_to_the_fen(
    outcome: Any, data_dir: Path
) -> None:
    """The city's goods have no value: no account of theirs. The province's sum is the table's, tea without value aside."""
    table = rows_of(data_dir, "wuhan_redcross/hubei_rc_goods_use_2020-01-30.csv")
    fen = sum(Decimal(row["value_10k_cny"] or 0) * 1_000_000 for row in table)
    accounts = {a.id: a.fen for a in outcome.store.state.find("account")}
    assert accounts == {
        "Income:InKind:Unrestricted:HB": -fen,
        "Assets:Goods:HB": 0,
        "Expenses:Goods:HB": fen,
    }
    assert outcome.unvalued == ("硒茶粉25袋",)


def test_goods_given_for_one_hospital_go_to_no_other(outcome: Any) -> None:
    """The two earmarked gifts are where they were, or with the one they are for."""
    lots = [lot for lot in outcome.store.state.find("lot") if lot.earmark.clients]
    assert len(lots) == 2
    for lot in lots:
        for row in goods.who_got(outcome.store.state, lot.id):
            assert row["recipient"] in lot.earmark.clients


def test_the_report_names_every_short_row(outcome: Any, example: Any) -> None:
    """Chinese first, a line per row with what was asked, what there is and what is missing."""
    lines = example.report(outcome).splitlines()
    assert lines[0] == "入库 received: 330 批 lots, 看不懂 not understood: 11"
    named = [line for line in lines if line.startswith("  wuhan_redcross/goods_distributed.csv")]
    assert len(named) == 162
    assert "要 4，可发 2，缺 2" in next(line for line in named if ".csv 23:" in line)


def test_without_the_tables_it_says_so(tmp_path: Path) -> None:
    """Where the folder is absent the script says what to set, and does not fail."""
    env = os.environ | {"PYTHONUTF8": "1", "WUSHE_DATA": str(tmp_path)}
    command = [sys.executable, str(SCRIPT)]
    done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8", env=env)
    assert done.stdout == ""
    assert "WUSHE_DATA" in done.stderr
