"""One name per figure: monthly, by zone and tier, whatever shape the documents print it in.

A yearly figure becomes an exact twelfth (11264/12 stays a fraction), one figure for town and country
becomes two rows. A row that the table itself holds under the canonical name goes before a derived one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction

import attrs

from wushe.rules import Parameter

ZONES = ("urban", "rural")
CARE = re.compile(
    r"(tekun_care_(?:full|half|self))(_jizhong|_fensan)?(_urban|_rural)?_(month|year)"
)
BY_ZONE = re.compile(
    r"(dibao_std|tekun_basic|tekun_total|edge_line|lowincome_line)(_urban|_rural|_unified)?_(month|year)"
)
SUBSIDY = re.compile(r"(disabled_(?:living|care))(_l[1-4]+)?_(month|year)")
MODES = ("jizhong", "fensan")
LEVELS = {"disabled_living": "1234", "disabled_care": "12"}


def with_canonical(rows: Iterable[Parameter]) -> tuple[Parameter, ...]:
    """Return `rows` and the derived rows that they do not hold already, in order."""
    found = list(rows)
    held = {row.key for row in found}
    for row in tuple(found):
        for name in _names(row.name):
            derived = _derived(row, name)
            if derived.key not in held:
                held.add(derived.key)
                found.append(derived)
    return tuple(found)


def _names(name: str) -> Iterator[str]:
    """Yield the canonical names that a row called `name` stands for."""
    if match := BY_ZONE.fullmatch(name):
        stem, zone, _ = match.groups()
        stem = "edge_line" if stem == "lowincome_line" else stem
        zones = (zone[1:],) if zone in ("_urban", "_rural") else ZONES
        yield from (f"{stem}_{z}_month" for z in zones)
    elif match := CARE.fullmatch(name):
        stem, mode, zone, _ = match.groups()
        modes = (mode[1:],) if mode else MODES
        zones = (zone[1:],) if zone else ZONES
        yield from (f"{stem}_{m}_{z}_month" for m in modes for z in zones)
    elif match := SUBSIDY.fullmatch(name):
        stem, levels, _ = match.groups()
        yield from (f"{stem}_l{n}_month" for n in (levels[2:] if levels else LEVELS[stem]))


def _derived(row: Parameter, name: str) -> Parameter:
    yearly = row.name.endswith("_year")
    value = str(Fraction(row.value) / 12) if yearly else row.value
    unit = "元/人·月" if yearly else row.unit
    note = f"由{row.name}（{row.value}{row.unit}）得出" + (f"；{row.note}" if row.note else "")
    return attrs.evolve(row, name=name, value=value, unit=unit, note=note)
