"""The published cash gifts of January 2020: every row booked, every fen and every earmark kept."""

import csv
import gzip
import importlib.util
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from wushe.errors import RefusedError
from wushe.ledger.money import check_ledger, commit, trace, trial_balance

EXAMPLE = Path(__file__).parent.parent / "examples" / "wuhan_redcross_cash.py"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    """Load the example as a module."""
    spec = importlib.util.spec_from_file_location("wuhan_redcross_cash", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rows(data_dir: Path) -> list[dict[str, str]]:
    """Read the table without the example's code."""
    path = data_dir / "wuhan_redcross" / "cash_donations.csv.gz"
    text = gzip.decompress(path.read_bytes()).decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


@pytest.fixture(scope="module")
def booked(example: ModuleType, data_dir: Path) -> Any:
    """Book the table."""
    return example.book(data_dir)


def fen_of(text: str) -> int:
    """Return yuan as fen, by digits only: no decimals, no floats."""
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int((part + "00")[:2])


def test_the_sum_equals_an_independent_sum(booked: Any, rows: list[dict[str, str]]) -> None:
    """8,354 rows, 122,421,147.35 yuan; each row's fen stands on the gift of its place."""
    store, answer, _ = booked
    fund = store.state.get("fund", "HB-2020")
    assert len(answer["gifts"]) == len(rows) == fund.gifts == 8_354
    assert fund.received_fen == sum(fen_of(row["amount_cny"]) for row in rows) == 12_242_114_735
    for key, row in zip(answer["gifts"], rows, strict=True):
        gift = store.state.get("gift", key)
        assert (gift.fen, gift.day) == (fen_of(row["amount_cny"]), row["date"])


def test_the_books_balance_and_the_second_opinion_agrees(booked: Any) -> None:
    """Nothing lost, nothing twice."""
    store, *_ = booked
    assert trial_balance(store.state)["difference"] == 0
    assert check_ledger(store.log) == []


def test_every_donation_has_one_receipt_and_numbers_have_no_gap(booked: Any) -> None:
    """Article 38."""
    _, answer, _ = booked
    numbers = [int(number.rpartition("-")[2]) for number in answer["receipts"]]
    assert numbers == list(range(1, 8_355))


def test_suspected_duplicates_are_reported_and_kept(
    booked: Any, rows: list[dict[str, str]]
) -> None:
    """Same donor, amount and day; nobody in particular is never a duplicate of nobody in particular."""
    _, answer, _ = booked
    alike = Counter(
        (r["donor"], fen_of(r["amount_cny"]), r["date"]) for r in rows if r["donor"] != "爱心人士"
    )
    assert len(answer["suspected"]) == sum(n - 1 for n in alike.values()) == 167


def test_earmarks_are_kept_and_hold(booked: Any, rows: list[dict[str, str]], example: Any) -> None:
    """Each text with a purpose is an earmark; its money pays for nothing else, other money does not hide it."""
    store, answer, codes = booked
    for key, row in zip(answer["gifts"], rows, strict=True):
        mark = store.state.get("gift", key).earmark
        assert mark.project == codes.get(row["purpose"])
        assert mark.restricted == (row["purpose"] not in ("", *example.NOTES))
    free = sum(fen_of(r["amount_cny"]) for r in rows if r["purpose"] in ("", *example.NOTES))
    item = {"fund": "HB-2020", "category": "medical_supplies"}
    with pytest.raises(RefusedError) as caught:
        store.run(example.ACT, commit, items=[{**item, "fen": free + 1}])
    said = dict(caught.value.problems[0].params)
    assert (said["missing"], said["other"]) == ("0.01", "68,829,192.40")


def test_a_donor_finds_every_gift(booked: Any, rows: list[dict[str, str]]) -> None:
    """The donor with most rows."""
    store, *_ = booked
    donor, times = Counter(row["donor"] for row in rows).most_common(1)[0]
    found = trace(store.state, donor)
    assert len(found) == times
    assert sum(row["fen"] for row in found) == sum(
        fen_of(row["amount_cny"]) for row in rows if row["donor"] == donor
    )


def test_the_example_says_its_sums_in_both_languages(example: ModuleType, booked: Any) -> None:
    """As a reader sees them."""
    assert example.said(*booked, "zh").startswith("入账 8354 笔，合计 122,421,147.35 元")
    assert example.said(*booked, "en").endswith("checked: difference 0, 0 problems")
