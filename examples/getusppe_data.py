"""GetUsPPE, United States 2020: what its tables say, read as they are.

Rows that cannot be planned with are flagged with file, row and reason; nothing is corrected or guessed.
The tables were anonymised by their authors and have no requests: what a facility needs is taken from its
matches, see `requests_of`.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from typing import IO, NamedTuple, cast

from wushe import Text

OFFERS, MATCHES, ITEMS = (
    "getusppe/offers.csv.gz",
    "getusppe/matches.csv.gz",
    "getusppe/lookup_equipment_type.csv",
)
TOO_MANY = 1000
"""An offer of this many times the item's median offer is set aside until somebody confirms it (assumed)."""
STATUSES = ("delivered", "closed", "pre_match")
LOST = ("no_supply", "no_contact_donor")
"""Closed because the giver's side failed: the facility went without."""
CHINESE = {
    "cloth_mask": "布口罩", "clear_mask": "透明口罩", "kn95": "KN95口罩", "n95": "N95口罩",
    "surgical_mask": "外科口罩", "three_ply_mask": "三层口罩", "papr_shield": "呼吸器面罩",
    "nitrile_gloves": "丁腈手套", "surgical_cap": "手术帽", "face_shield": "防护面屏",
    "coveralls": "连体防护服", "safety_glasses": "防护眼镜", "disposable_booties": "一次性鞋套",
    "gown": "隔离衣", "safety_goggles": "护目镜", "disinfecting_wipes": "消毒湿巾",
    "sanitizer": "免洗洗手液", "handwashing_station": "洗手台", "body_bag": "遗体袋",
    "thermometer": "体温计", "ear_saver": "护耳扣", "sneeze_guard": "防飞沫隔板",
    "2_way_radio": "对讲机",
}  # fmt: skip
REASONS = {
    "no_number": Text("数量不是整数", "the quantity is no whole number"),
    "negative": Text("数量是负数", "the quantity is negative"),
    "zero": Text("数量是零", "the quantity is zero"),
    "too_many": Text(
        f"达到同类供给中位数的{TOO_MANY:,}倍，须先核实", f"{TOO_MANY:,} times the item's median offer or more: confirm first",
    ),
    "twice": Text("与前面一行完全相同", "the same as an earlier row in every field"),
    "item": Text("物资代码不在对照表中", "the item is not in the table of items"),
    "status": Text("状态不在已知之列", "the status is none of those known"),
    "not_offered": Text("捐赠人没有登记过这种物资", "the donor has no offer of this item"),
}  # fmt: skip


class Item(NamedTuple):
    """A kind of goods and the unit in which the tables count it, as `wushe` writes it."""

    code: str
    name: Text
    unit: str


class Lot(NamedTuple):
    """One row of the offers with a quantity that can be planned with, or was set aside as too many."""

    row: int
    donor: str
    item: str
    quantity: int
    since: dt.date | None


class Match(NamedTuple):
    """One row of the matches; `quantity` 0 where none that can be one is written."""

    row: int
    donor: str
    facility: str
    item: str
    quantity: int
    status: str
    why: str


class Flag(NamedTuple):
    """What is not planned with: where it stands, what is written there, why."""

    file: str
    row: int
    text: str
    reason: str


class Request(NamedTuple):
    """What one facility needs of one item, and what it really got."""

    facility: str
    item: str
    quantity: int
    delivered: int


class Records(NamedTuple):
    """What the tables say; `aside` are the lots that wait for somebody to confirm them."""

    items: dict[str, Item]
    lots: tuple[Lot, ...]
    aside: tuple[Lot, ...]
    matches: tuple[Match, ...]
    flags: tuple[Flag, ...]


# --- reading ---------------------------------------------------------------------------------


def rows_of(folder: Path, file: str, columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield (row, cells of `columns`), the header being row 1; a missing column is a ValueError."""
    path = folder / file
    zipped = path.suffix == ".gz"
    with path.open("rb") as raw, gzip.open(raw) if zipped else nullcontext(raw) as plain:
        stream = io.TextIOWrapper(cast(IO[bytes], plain), encoding="utf-8-sig", newline="")
        reader = csv.DictReader(stream)
        missing = [name for name in columns if name not in (reader.fieldnames or ())]
        if missing:
            raise ValueError(f"{file} row 1: no column {', '.join(missing)}")
        for row, line in enumerate(reader, start=2):
            yield row, [(line[name] or "").strip() for name in columns]


def unit_of(measure: str) -> str:
    """Return the unit that a quantity counts: boxes of so many, litres, or pieces."""
    found = re.fullmatch(r"(?:Box|Package|Set) of (\d+)", measure)
    if found:
        return f"box*{found[1]}"
    return "litre" if measure == "Liters" else "piece"


def read_items(folder: Path) -> dict[str, Item]:
    """Return the kinds of goods by code."""
    rows = rows_of(folder, ITEMS, ("enumcode", "name", "unitOfMeasure"))
    return {c: Item(c, Text(CHINESE.get(c, n), n), unit_of(u)) for _, (c, n, u) in rows}


def day_of(written: str) -> dt.date | None:
    """Return the date at the front of a timestamp, None where there is none."""
    try:
        return dt.date.fromisoformat(written[:10])
    except ValueError:
        return None


def wrong(quantity: str) -> str | None:
    """Return why a quantity as written is none, or None where it is one."""
    if not re.fullmatch(r"[+-]?\d{1,15}", quantity):
        return "no_number"
    return "negative" if int(quantity) < 0 else None if int(quantity) else "zero"


def read_offers(folder: Path, items: Mapping[str, Item]) -> tuple[list[Lot], list[Flag]]:
    """Return one lot per row that offers something, and the other rows with their reasons."""
    lots: list[Lot] = []
    flags: list[Flag] = []
    seen: set[tuple[str, ...]] = set()
    columns = ("donorKey", "donationkey", "equipmentEnum", "qty", "datecreated", "dataSource", "stateprovince")  # fmt: skip
    for row, cells in rows_of(folder, OFFERS, columns):
        donor, _, item, quantity, since = cells[:5]
        why = "item" if item not in items else wrong(quantity)
        if why is None and tuple(cells) in seen:
            why = "twice"
        seen.add(tuple(cells))
        if why:
            flags.append(Flag(OFFERS, row, f"{item} {quantity}", why))
        else:
            lots.append(Lot(row, donor, item, int(quantity), day_of(since)))
    return lots, flags


def read_matches(
    folder: Path, items: Mapping[str, Item], offered: set[tuple[str, str]]
) -> tuple[list[Match], list[Flag]]:
    """Return the matches that can be read, and what is odd about them; `offered`: (donor, item) pairs."""
    matches: list[Match] = []
    flags: list[Flag] = []
    columns = ("donorkey", "facilitykey", "enumcode", "qty", "matchstatus", "matchsubstatus")
    for row, (donor, facility, item, quantity, status, why) in rows_of(folder, MATCHES, columns):
        text = f"{item} {quantity} {status} {why}".strip()
        odd = "item" if item not in items else None if status in STATUSES else "status"
        if odd:
            flags.append(Flag(MATCHES, row, text, odd))
            continue
        none = wrong(quantity)
        found = [none] if none else []
        found += ["not_offered"] if (donor, item) not in offered else []
        flags += [Flag(MATCHES, row, text, reason) for reason in found]
        matches.append(Match(row, donor, facility, item, 0 if none else int(quantity), status, why))
    return matches, flags


def read(folder: Path) -> Records:
    """Read the three tables and set aside the offers that are too large to be taken as written."""
    items = read_items(folder)
    lots, flags = read_offers(folder, items)
    columns = ("donorKey", "equipmentEnum")
    offered = {(donor, item) for _, (donor, item) in rows_of(folder, OFFERS, columns)}
    matches, odd = read_matches(folder, items, offered)
    by_item: dict[str, list[int]] = defaultdict(list)
    for lot in lots:
        by_item[lot.item].append(lot.quantity)
    limit = {item: TOO_MANY * median(quantities) for item, quantities in by_item.items()}
    aside = [lot for lot in lots if lot.quantity >= limit[lot.item]]
    flags += [Flag(OFFERS, lot.row, f"{lot.item} {lot.quantity}", "too_many") for lot in aside]
    kept = [lot for lot in lots if lot.quantity < limit[lot.item]]
    flags = sorted([*flags, *odd])
    return Records(items, tuple(kept), tuple(aside), tuple(matches), tuple(flags))


def requests_of(matches: Iterable[Match]) -> list[Request]:
    """Return what each facility needs of each item, by facility and item.

    Deliveries of one item to one facility add up. A match that fell through because the giver's side
    failed asked for its quantity again: of several the largest counts, and only what goes beyond the
    deliveries. Where the facility did not need it, preferred something else or could not be reached,
    nothing is known to be needed.
    """
    got: Counter[tuple[str, str]] = Counter()
    lost: dict[tuple[str, str], int] = defaultdict(int)
    for match in matches:
        key = match.facility, match.item
        if match.status == "delivered":
            got[key] += match.quantity
        elif match.why in LOST:
            lost[key] = max(lost[key], match.quantity)
    keys = sorted({*got, *lost})
    made = [Request(*key, max(got[key], lost[key]), got[key]) for key in keys]
    return [request for request in made if request.quantity]


def exceeded(records: Records, matches: Iterable[Match]) -> list[tuple[str, str, int, int]]:
    """Return (donor, item, offered, given) where `matches` take more than all of a donor's offers."""
    offered: Counter[tuple[str, str]] = Counter()
    for lot in (*records.lots, *records.aside):
        offered[lot.donor, lot.item] += lot.quantity
    given: Counter[tuple[str, str]] = Counter()
    for match in matches:
        given[match.donor, match.item] += match.quantity
    return [(*k, offered[k], n) for k, n in sorted(given.items()) if n > offered[k]]
