"""What the 2020 census counted in a district, and the shares that a simulated population is drawn from.

The table that ships (`data/wuhan_districts.csv`) has the 13 districts of Wuhan; `read_districts` reads any others
from the full table of counties (github.com/leiii/census, MIT licence: 2020 population census by county).
"""

from __future__ import annotations

import csv
import gzip
import io
import math
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path

import attrs
import numpy as np

from wushe.model.storage import Array

SOURCE = (
    "2020年第七次全国人口普查分县资料 / 2020 population census of China by county "
    "(github.com/leiii/census, census_county_2020_v1, MIT)"
)
COORDINATES = "cpca 0.5.5 (PyPI, MIT), adcodes.csv"
BANDS = (0, 1, 5, *range(10, 90, 5))
"""First year of age of the bands of ages; the last one, 85, is open (drawn up to 99)."""
OLDEST = 99
CHILD, ELDER = 15, 65
"""Below the one a child, from the other on an elder: as the census groups ages."""

COUNTS = {
    "population": "人口数_合计", "rural": "乡村人口", "households": "家庭户数", "household_population": "家庭户人口数",
    "alone": "一人户数", "with_one_elder": "有一个老人", "with_two_elders": "有二个老人",
    "with_more_elders": "有三个及以上老人", "moved_here": "户口登记地在外乡镇街道人口_本省其他县",
    "moved_far": "户口登记地在外乡镇街道人口_省外",
}  # fmt: skip
"""Counts of a district, and their headings in the table of counties."""


def _band_heading(sex: str, first: int) -> str:
    last = {0: "0岁", 1: "1到4岁", 85: "85岁以上"}.get(first, f"{first}到{first + 4}岁")
    return f"{sex}_{last}"


def _count(item: District, field: attrs.Attribute[int], value: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(
            f"district {item.name}: {field.name} is {value!r}; expected a count of 0 or more"
        )


def _ages(item: District, field: attrs.Attribute[tuple[int, ...]], value: tuple[int, ...]) -> None:
    if len(value) != len(BANDS) or any(n < 0 for n in value) or not sum(value):
        raise ValueError(
            f"district {item.name}: {field.name} has {len(value)} counts; expected {len(BANDS)}, one for each band of ages"
        )


@attrs.frozen
class District:
    """Counts of one district or county in the 2020 census; `code` is its GB/T 2260 code, `lon` and `lat` its centre.

    `households` and what follows count family households (家庭户) only, without collective ones; `alone` are those of
    one person, `with_one_elder` those in which one person is 65 or older, and so on. `moved_here` live away from where
    they are registered, in another county of the province, `moved_far` in another province. `men` and `women` are
    counts by band of age, see `BANDS`. Raises ValueError for counts that cannot be.
    """

    code: str
    name: str
    lon: float
    lat: float
    population: int = attrs.field(validator=_count)
    rural: int = attrs.field(validator=_count)
    households: int = attrs.field(validator=_count)
    household_population: int = attrs.field(validator=_count)
    alone: int = attrs.field(validator=_count)
    with_one_elder: int = attrs.field(validator=_count)
    with_two_elders: int = attrs.field(validator=_count)
    with_more_elders: int = attrs.field(validator=_count)
    moved_here: int = attrs.field(validator=_count)
    moved_far: int = attrs.field(validator=_count)
    men: tuple[int, ...] = attrs.field(validator=_ages)
    women: tuple[int, ...] = attrs.field(validator=_ages)

    def __attrs_post_init__(self) -> None:
        several = self.households - self.alone
        if several <= 0 or self.household_population - self.alone < 2 * several:
            raise ValueError(
                f"district {self.name}: {self.household_population} persons in {self.households} households, "
                f"{self.alone} of them alone; expected at least two persons in each of the others"
            )

    @property
    def mean_size(self) -> float:
        """Persons per family household."""
        return self.household_population / self.households

    @property
    def alone_share(self) -> float:
        """Share of family households that are one person."""
        return self.alone / self.households

    @property
    def elder_households(self) -> tuple[float, float, float]:
        """Shares of family households with one, two, and three or more persons of 65 or older."""
        n = self.households
        return self.with_one_elder / n, self.with_two_elders / n, self.with_more_elders / n

    @property
    def children_share(self) -> float:
        """Children below 15 per person of family households: children live in families (assumed)."""
        return float(self.by_band[np.array(BANDS) < CHILD].sum()) / self.household_population

    @property
    def by_band(self) -> Array:
        """Persons by band of ages, int64 (n_bands,)."""
        both: Array = np.array(self.men) + np.array(self.women)
        return both

    def share_from(self, age: int) -> float:
        """Return the share of the whole population that is `age` or older; `age` must begin a band."""
        return float(self.by_band[np.array(BANDS) >= age].sum() / self.by_band.sum())

    def sizes(self, shape: float, largest: int) -> Array:
        """Return the shares of households of 1, 2, ... `largest` persons, float (largest,).

        The census tells one-person households and the mean by county. The others are taken as 2 + a negative binomial
        number with `shape`, cut at `largest` and fitted so that the mean is the census's.
        """
        several = (self.household_population - self.alone) / (self.households - self.alone) - 2
        low, high = 0.0, 8.0 * several + 1.0
        for _ in range(60):
            mean = (low + high) / 2
            more = _negative_binomial(mean, shape, largest - 1)
            low, high = (mean, high) if more @ np.arange(largest - 1) < several else (low, mean)
        shares = np.concatenate(([self.alone_share], (1 - self.alone_share) * more))
        return np.asarray(shares / shares.sum())


def _negative_binomial(mean: float, shape: float, n: int) -> Array:
    """Return the probabilities of 0 to n - 1, summing to 1, float (n,)."""
    odds = mean / (shape + mean)
    k = np.arange(n)
    log = np.array(
        [math.lgamma(shape + i) - math.lgamma(shape) - math.lgamma(i + 1) for i in k.tolist()]
    )
    found = np.exp(log + k * math.log(odds)) if odds > 0 else (k == 0).astype(float)
    shares: Array = found / found.sum()
    return shares


_COLUMNS = ("code", "name", "lon", "lat", *COUNTS, *(f"men_{b}" for b in BANDS), *(f"women_{b}" for b in BANDS))  # fmt: skip


def _district(row: Mapping[str, str]) -> District:
    counts = {name: int(row[name]) for name in COUNTS}
    men, women = (tuple(int(row[f"{sex}_{band}"]) for band in BANDS) for sex in ("men", "women"))
    return District(
        row["code"],
        row["name"],
        float(row["lon"]),
        float(row["lat"]),
        **counts,
        men=men,
        women=women,
    )


def wuhan_districts() -> dict[str, District]:
    """Return the 13 districts of Wuhan by name (``江汉区``), from the table that ships."""
    return shipped_districts("wuhan_districts.csv")


def shipped_districts(table: str) -> dict[str, District]:
    """Return the districts of one of the tables that ship (in ``data``) by name. Raises OSError."""
    text = files("wushe.simulate.world").joinpath("data", table).read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return {row["name"]: _district(row) for row in csv.DictReader(lines)}


def read_districts(folder: str | Path, codes: Iterable[str]) -> list[District]:
    """Return the districts of `codes` (six digits) from the tables of counties in `folder`, in that order.

    `folder` holds ``china_census_2020/county_2020.csv.gz`` and ``china_divisions/county_adcodes_lonlat_cpca.csv``.
    Raises OSError where they are absent, KeyError for codes that are not there.
    """
    counties = Path(folder) / "china_census_2020" / "county_2020.csv.gz"
    with gzip.open(counties, "rt", encoding="utf-8-sig", newline="") as file:
        rows = {row["区划代码"]: row for row in csv.DictReader(file)}
    centres = Path(folder) / "china_divisions" / "county_adcodes_lonlat_cpca.csv"
    with centres.open(encoding="utf-8-sig", newline="") as file:
        centre = {row["adcode"][:6]: row for row in csv.DictReader(file)}
    found = []
    for code in codes:
        if code not in rows:
            raise KeyError(
                f"{code!r} is no county of {counties.name}; expected six digits such as 420103"
            )
        row = rows[code]
        ours = {"code": code, "name": row["区县"]}
        ours |= {name: row[heading] or "0" for name, heading in COUNTS.items()}
        for sex, zh in (("men", "男"), ("women", "女")):
            ours |= {f"{sex}_{band}": row[_band_heading(zh, band)] or "0" for band in BANDS}
        place = centre.get(code, {"longitude": "nan", "latitude": "nan"})
        found.append(_district({**ours, "lon": place["longitude"], "lat": place["latitude"]}))
    return found


def as_csv(districts: Iterable[District]) -> str:
    """Return districts as the table that ships: sources in lines of ``#``, then one line each."""
    out = io.StringIO()
    out.write(f"# {SOURCE}\n# lon, lat: {COORDINATES}\n")
    writer = csv.DictWriter(out, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for d in districts:
        row = {name: getattr(d, name) for name in ("code", "name", "lon", "lat", *COUNTS)}
        for sex, ages in (("men", d.men), ("women", d.women)):
            row |= {f"{sex}_{band}": n for band, n in zip(BANDS, ages, strict=True)}
        writer.writerow(row)
    return out.getvalue()
