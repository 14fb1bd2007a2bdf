"""Random, consistent cities of households for the relief rules, and what hides and reveals their cells.

A `City` is full: what it leaves empty nobody will ever know. `City.at` hides cells, never rows; the
same `ranks` with a higher share reveal more. Values lie near what rules compare with: income at the
standard and one fen beside it, birthdays and six months to the day of an assessment. What is stated
twice agrees: totals with their items, numbers of members with the roster. Whoever has no household
(an absent parent, a rough sleeper) comes after those who have one.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

import attrs
import numpy as np

from wushe.model.people import COMPLETE, DISABILITY_TYPES, RELIEF_STATUSES, SELFCARE
from wushe.model.spec import RECORD_KINDS
from wushe.model.storage import UNKNOWN_INT, pack
from wushe.model.tables import Table, empty_table, table_of
from wushe.rules import columns, scalar
from wushe.rules.expr import Expr
from wushe.rules.frame import Frame
from wushe.rules.intervals import Num, endless
from wushe.rules.parameters import Parameter, ParameterBook, chain_of
from wushe.rules.policy import Policy, PolicySet

DATES = tuple(
    map(
        dt.date.fromisoformat,
        ("2021-08-15", "2023-01-15", "2024-07-08", "2025-09-15", "2026-03-10"),
    )
)
"""Days near which birthdays and periods of the generated facts fall."""
CODES: Mapping[str, str | None] = {
    "420106001002": "420106001002",  # Wuhan, a community
    "420704": "420704",  # Ezhou
    "421003": "421003",  # Jingzhou
    "340104": "340104",  # Hefei
    "341321": "341321",  # Dangshan in Suzhou
    "341324": "341324",  # Si county in Suzhou
    "341802": "341802",  # Xuancheng
    "341882": "341882",  # Guangde
    "341702": "341702",  # Chizhou
    "341522": "341522",  # Huoqiu
    "340304": "340304",  # Yuhui in Bengbu
    "340722": "340722",  # Zongyang
    "321302": "321302",  # Suqian
    "360103": "360103",  # Nanchang
    "360700": "360700",  # elsewhere in Jiangxi
    "620502": "620502",  # Tianshui
    "620802": "620802",  # Pingliang
    "620102": "620102",  # Lanzhou
    "650102": "650102",  # Urumqi
    "652722": "652722",  # Jinghe
    "500231": "500231",  # Dianjiang
    "440300": "440300",  # Shenzhen
    "460100": "460100",  # Haikou: no parameter of its own or of its province
    "P-nowhere": None,  # a place without a code
}
KEPT = frozenset(
    {"id", "household", "person", "father", "mother", "until"}
)  # references and open ends are part of the structure: an empty one says something
TABLES = (
    "households", "persons", "incomes", "spendings", "assets", "statuses", "grants", "obligors",
    "emergencies",
)  # fmt: skip
NAT = np.datetime64("NaT", "D")
STAGES = ("primary", "junior", "senior", "vocational", "college", "bachelor")
EXCLUDED = (
    "scholarship",
    "relief",
    "disability_subsidy",
    "base_pension",
    "elder_allowance",
    "gift",
)

Columns = dict[str, Any]
Ranks = Mapping[tuple[str, str], Any]


@attrs.frozen(eq=False)
class City:
    """Tables of households and what belongs to them, with the code of each place."""

    tables: Mapping[str, Table]
    codes: Mapping[str, str | None] = CODES

    def frame(self) -> Frame:
        """Return the city as rules see it."""
        full = {name: self.tables.get(name) or empty_table(name) for name in TABLES}
        return Frame(full, self.codes)

    def ranks(self, rng: np.random.Generator, on: dt.date | None = None) -> Ranks:
        """Return when each cell that may be hidden is revealed, numbers in [0, 1) per (table, field).

        With a day `on`, births after it are known from the start: nobody asks about who is not born.
        """
        found = {}
        for name, table in self.tables.items():
            for field in table.kind.fields:
                if field.name not in KEPT and not field.required:
                    rank = rng.random(len(table))
                    if on is not None and field.name == "birth":
                        rank[table["birth"] > np.datetime64(on)] = -1
                    found[name, field.name] = rank
        return found

    def at(self, ranks: Ranks, share: float) -> "City":
        """Return the city with only the cells known whose rank lies below `share`."""
        tables = {}
        for name, table in self.tables.items():
            found = dict(table.columns)
            for field in table.kind.fields:
                if (name, field.name) in ranks:
                    hidden = ranks[name, field.name] >= share
                    mark = pack(field.kind.storage, [None])
                    column = found[field.name].copy()
                    column[hidden] = mark[0]
                    found[field.name] = column
            tables[name] = Table(table.kind, found, table.rows, table.source)
        return City(tables, self.codes)

    def partial(self, rng: np.random.Generator) -> "City":
        """Return the city with another share of each household's and each row's cells hidden."""
        ranks = self.ranks(rng)
        bias = {name: rng.choice([0.3, 0.8, 1.2, 4.0], len(t)) for name, t in self.tables.items()}
        return self.at({(n, f): rank / bias[n] for (n, f), rank in ranks.items()}, 0.6)


def _table(kind: str, columns: Columns, n: int, prefix: str) -> Table:
    spec = RECORD_KINDS[kind]
    ids = np.empty(n, dtype=object)
    ids[:] = [f"{prefix}{i:07d}" for i in range(n)]
    full = {
        f.name: columns[f.name] if f.name in columns else pack(f.kind.storage, [None] * n)
        for f in spec.fields
    }
    return Table(spec, {**full, "id": ids}, np.zeros(n, dtype=np.int64), "")


class Draw:
    """Columns drawn from a Generator; `unknown` of each column's cells nobody will ever know."""

    def __init__(self, rng: np.random.Generator, unknown: float = 0.03) -> None:
        self.rng, self.unknown = rng, unknown

    def chance(self, n: int, p: float) -> Any:
        """Return True in `p` of `n` cells."""
        return self.rng.random(n) < p

    def lost(self, n: int) -> Any:
        """Return which of `n` cells nobody will ever know."""
        return self.chance(n, self.unknown)

    def flag(self, n: int, p: float) -> Any:
        """Return yes in `p` of `n` cells, no elsewhere."""
        return np.where(self.lost(n), -1, self.chance(n, p)).astype(np.int8)

    def word(self, n: int, words: Sequence[Any], weights: Sequence[float] | None = None) -> Any:
        """Return one of `words` per cell."""
        pool = np.empty(len(words), dtype=object)
        pool[:] = list(words)
        p = None if weights is None else np.array(weights) / sum(weights)
        return pool[self.rng.choice(len(words), n, p=p)]

    def told(self, column: Any) -> Any:
        """Return an object column with some cells never known."""
        column[self.lost(len(column))] = None
        return column

    def whole(self, n: int, values: Sequence[int], weights: Sequence[float] | None = None) -> Any:
        """Return one of `values` per cell."""
        found = self.word(n, values, weights).astype(np.int64)
        return np.where(self.lost(n), UNKNOWN_INT, found)

    def tags(self, n: int, words: Sequence[str], p: float) -> Any:
        """Return tuples of tags, each of `words` in `p` of the cells, in the order of `words`."""
        out = np.empty(n, dtype=object)
        held = self.rng.random((n, len(words))) < p
        out[:] = [tuple(w for w, h in zip(words, row, strict=True) if h) for row in held]
        return out

    def near(self, base: Any, times: Sequence[Fraction | int]) -> Any:
        """Return money: `base` times one of `times`, a fen more or less, or somewhere else."""
        n = len(base)
        choice = self.rng.integers(0, len(times), n)
        top = np.array([Fraction(t).numerator for t in times])[choice]
        under = np.array([Fraction(t).denominator for t in times])[choice]
        delta = self.rng.choice([-1, 0, 1, -100, 100, -3750], n, p=[0.2, 0.35, 0.2, 0.1, 0.1, 0.05])
        drawn = np.where(
            self.chance(n, 0.6), base * top // under + delta, self.rng.integers(0, 300_000, n)
        )
        return np.maximum(drawn, 0)

    def ago(self, n: int, months: Sequence[int]) -> Any:
        """Return dates some whole months before one of `DATES`, to the day or one day beside it."""
        day = np.array(DATES, dtype="datetime64[D]")[self.rng.integers(0, len(DATES), n)]
        back = np.array(months)[self.rng.integers(0, len(months), n)]
        month = day.astype("datetime64[M]")
        moved = (month - back).astype("datetime64[D]") + (day - month.astype("datetime64[D]"))
        return moved + self.rng.integers(-1, 2, n)

    def sometimes(self, column: Any, where: Any) -> Any:
        """Return a date column that is empty where not `where`."""
        return np.where(where, column, NAT)


@lru_cache(maxsize=4)
def standards(book: ParameterBook) -> Any:
    """Return the dibao standards in fen that a place ever had, int64 (n_places, n_dates, 2 zones)."""
    out = np.full((len(CODES) + 1, len(DATES), 2), 70_000, dtype=np.int64)
    for i, code in enumerate(CODES.values()):
        for j, day in enumerate(DATES):
            for k, zone in enumerate(("urban", "rural")):
                row = book.find(f"dibao_std_{zone}_month", chain_of(code or ""), day).parameter
                if row is not None:
                    out[i, j, k] = int(row.number)
    return out


@attrs.frozen(eq=False)
class _Home:
    """What the tables of one city share: per household, its members and how its income is told."""

    draw: Draw
    n: int
    place: Any  # object (n,), None where never known
    standard: Any  # int64 (n,) fen a person and month
    size: Any  # int64 (n,) persons on the roster
    mode: Any  # "stated", "items", "both": how income is told
    of: Any  # int64 (n_persons,) household row, -1 for those without
    first: Any  # bool (n_persons,)

    @property
    def persons(self) -> int:
        """How many persons there are."""
        return len(self.of)

    def ids(self, rows: Any) -> Any:
        """Return household ids of rows, None for -1."""
        return _ids("H", rows)


def _ids(prefix: str, rows: Any) -> Any:
    out = np.empty(len(rows), dtype=object)
    out[:] = [None if r < 0 else f"{prefix}{r:07d}" for r in rows]
    return out


def full_city(rng: np.random.Generator, n: int, book: ParameterBook, *, gaps: bool = False) -> City:
    """Return a full city of `n` households (about 3 `n` persons) at the places of `CODES`.

    With `gaps` some households state more members than their roster lists.
    """
    draw = Draw(rng)
    place = rng.integers(0, len(CODES) + 1, n)
    zone = draw.word(n, ("urban", "rural", "unified"), (4, 5, 1))
    std = standards(book)[place, rng.integers(0, len(DATES), n), (zone == "rural").astype(int)]
    size = rng.choice(7, n, p=[0.03, 0.25, 0.22, 0.25, 0.15, 0.07, 0.03])
    home = np.repeat(np.arange(n), size)
    alone = np.full(max(2, n // 6), -1)
    pool = np.empty(len(CODES) + 1, dtype=object)
    pool[:] = [*CODES, None]
    inside = _Home(
        draw,
        n,
        pool[place],
        std,
        size,
        draw.word(n, ("stated", "items", "both"), (4, 3, 3)),
        np.concatenate([home, alone]),
        np.concatenate([np.diff(home, prepend=-1) > 0, np.zeros(len(alone), bool)]),
    )
    persons = _persons(inside)
    counts = persons.pop("counted")
    counted = np.bincount(home, counts[: len(home)], n).astype(np.int64)
    gap = gaps & (counted == size) & draw.chance(n, 0.1)
    incomes, told = _incomes(inside, persons, counts)
    statuses, tags = _statuses(inside)
    persons["statuses"] = draw.told(tags[1])
    spendings = _spendings(inside)
    households = {
        **_households(inside, counted + gap, told, (size > 0) & ~gap),
        "zone": draw.told(zone),
        "statuses": draw.told(tags[0]),
    }
    return City(
        {
            "households": _table("households", households, n, "H"),
            "persons": _table("persons", persons, inside.persons, "M"),
            "incomes": _table("incomes", incomes, len(incomes["kind"]), "I"),
            "spendings": _table("spendings", spendings, len(spendings["kind"]), "S"),
            "statuses": _table("statuses", statuses, len(statuses["kind"]), "T"),
            **_others(inside),
        }
    )


def _households(home: _Home, counted: Any, told: Any, listed: Any) -> Columns:
    draw, n = home.draw, home.n
    members = np.maximum(np.where(home.size == 0, draw.rng.integers(1, 6, n), counted), 1)
    stated = np.isin(home.mode, ("stated", "both"))
    complete = np.empty(n, dtype=object)
    held = draw.rng.random((n, len(COMPLETE))) < 0.7
    held[:, sorted(COMPLETE).index("incomes")] = home.mode != "stated"
    held[:, sorted(COMPLETE).index("members")] &= listed
    complete[:] = [
        tuple(w for w, h in zip(sorted(COMPLETE), row, strict=True) if h) for row in held
    ]
    words = ("420106001002", "341321", "341324")
    return {
        "place": home.place,
        "hukou_place": draw.told(np.where(draw.chance(n, 0.8), home.place, draw.word(n, words))),
        "members_count": members,
        "income_month_fen": np.where(stated, told, UNKNOWN_INT),
        "income_year_fen": np.where(stated, told * 12, UNKNOWN_INT),
        "complete": complete,
        "dibao_tier": draw.word(n, ("A", "B", "C", "1", "2", "3", "4", None)),
        "property_ok": draw.flag(n, 0.8),
        "survey_refused": draw.flag(n, 0.05),
        "sudden_spending": draw.flag(n, 0.3),
        "residence_permit": draw.flag(n, 0.3),
        "referral_consent": draw.flag(n, 0.5),
        "sensitive_consent": draw.flag(n, 0.5),
        "guardian_consent": draw.flag(n, 0.5),
        "corecheck_authorised": draw.flag(n, 0.9),
        "truth_committed": draw.flag(n, 0.9),
        "delegated": draw.flag(n, 0.5),
        "objection": draw.flag(n, 0.1),
        "idle_land": draw.flag(n, 0.1),
        "job_refusals": draw.whole(n, (0, 1, 2, 3, 4), (8, 1, 1, 1, 1)),
        "applied_on": draw.sometimes(draw.ago(n, (0, 1)), draw.chance(n, 0.5)),
        "accepted_on": draw.sometimes(draw.ago(n, (0, 1)), draw.chance(n, 0.4)),
        "reviewed_on": draw.sometimes(draw.ago(n, (3, 6, 12)), draw.chance(n, 0.3)),
        "grace_from": draw.sometimes(draw.ago(n, (0, 5, 6, 7)), draw.chance(n, 0.2)),
    }


def _births(draw: Draw, relation: Any) -> Any:
    n = len(relation)
    young = np.array([0, 5, 6, 7, 15, 16, 17, 18, 19, 22])
    old = np.array([18, 24, 35, 45, 59, 60, 61, 69, 70, 79, 80, 89, 90, 99, 100])
    child = np.isin(relation, ("child", "grandchild"))
    ages = np.where(
        child,
        young[draw.rng.integers(0, len(young), n)],
        old[draw.rng.integers(0, len(old), n)],
    )
    days = draw.ago(n, (0,)).astype("datetime64[D]")
    month = days.astype("datetime64[M]")
    exact = (month - 12 * ages).astype("datetime64[D]") + (days - month.astype("datetime64[D]"))
    off = draw.rng.integers(0, 360, n) * draw.chance(n, 0.5)
    leap = np.array(["2008-02-29", "1964-02-29", "2004-02-29"], dtype="datetime64[D]")
    births = exact - off
    return np.where(draw.chance(n, 0.02), leap[draw.rng.integers(0, 3, n)], births)


def _relations(home: _Home) -> Any:
    n, draw = home.persons, home.draw
    relation = draw.word(n, ("child", "parent", "grandchild", "sibling", "other"), (10, 3, 2, 1, 1))
    second = np.roll(home.first, 1) & ~home.first
    relation[second & draw.chance(n, 0.6)] = "spouse"
    relation[home.first] = "head"
    relation[home.of < 0] = None
    return relation


def _persons(home: _Home) -> Columns:
    n, draw = home.persons, home.draw
    relation = _relations(home)
    birth = _births(draw, relation)
    age = ((np.datetime64(DATES[-1]) - birth).astype(int)) // 365
    # Students are 6 to 21 whatever the day; a child who lives elsewhere is one, or long of age.
    student = (age >= 11) & (age <= 21) & draw.chance(n, 0.8)
    stage = draw.word(n, ("none", "postgraduate", "kindergarten"), (8, 1, 1))
    stage[student] = draw.word(n, STAGES)[student]
    fate = np.where(home.of < 0, draw.word(n, ("dead", "missing", "lost", "alive")), "alive")
    away_words = draw.word(n, ("none", "prison", "detox", "other"), (80, 8, 6, 6))
    custody = np.where(home.first | (age < 25) | (fate != "alive"), "none", away_words)
    custody = custody.astype(object)
    religious = np.where(
        home.first | (age < 25), 0, draw.rng.choice([0, 2, 3, 5], n, p=[0.94, 0.02, 0.03, 0.01])
    )
    away = np.isin(custody, ("prison", "detox")) | (religious >= 3)
    remote = np.isin(relation, ("sibling", "other", "parent", "spouse")) | (
        (relation == "child") & (student | (age >= 30))
    )
    lives = ~away & ~(remote & draw.chance(n, 0.2))
    close = np.isin(relation, ("head", "spouse")) | ((relation == "child") & student)
    return {
        "counted": ~away & (lives | close),
        "household": home.ids(home.of),
        "relation": relation,
        "birth": birth,
        "sex": draw.told(draw.word(n, ("female", "male"))),
        "place": _own_places(home),
        "coresident": np.where(home.of < 0, -1, lives).astype(np.int8),
        "student_stage": stage,
        "full_time_student": student.astype(np.int8),
        "custody": custody,
        "declared_missing_on": draw.sometimes(draw.ago(n, (5, 12)), fate == "missing"),
        "contact_lost_on": draw.sometimes(draw.ago(n, (5, 6, 7, 24)), fate == "lost"),
        "died_on": draw.sometimes(draw.ago(n, (0, 6, 30)), fate == "dead"),
        "care_mode": _care_modes(draw, lives),
        "custody_from": draw.sometimes(draw.ago(n, (1, 5, 6, 7, 24)), custody != "none"),
        "custody_months": np.where(
            custody != "none", draw.rng.choice([1, 5, 6, 7, 36], n), UNKNOWN_INT
        ),
        "religious_years": religious,
        **_health(draw, n),
        **_work(home, np.where(fate == "alive", age, 0)),
        **_family(home, relation),
    }


def _care_modes(draw: Draw, lives: Any) -> Any:
    """Return how destitute persons are cared for: nobody who lives at home is in an institution."""
    n = len(lives)
    return draw.told(
        np.where(lives | draw.chance(n, 0.5), "scattered", "institution").astype(object)
    )


def _own_places(home: _Home) -> Any:
    n = home.persons
    own = home.draw.word(n, (*CODES, None))
    own[home.of >= 0] = home.place[home.of[home.of >= 0]]
    own[home.draw.chance(n, 0.4)] = None
    return own


def _health(draw: Draw, n: int) -> Columns:
    cert = draw.chance(n, 0.35)
    kinds = draw.word(n, tuple(DISABILITY_TYPES))
    kinds[~cert] = None
    unable = draw.tags(n, sorted(SELFCARE), 0.3)
    return {
        "disability_cert": cert.astype(np.int8),
        "disability_type": draw.told(kinds),
        "disability_level": np.where(cert, draw.whole(n, (1, 2, 3, 4)), UNKNOWN_INT),
        "major_illness": draw.flag(n, 0.2),
        "selfcare_unable": draw.told(unable),
        "civil_capacity": draw.told(draw.word(n, ("full", "limited", "none"), (6, 1, 1))),
        "longterm_care": draw.flag(n, 0.2),
        "autism": draw.flag(n, 0.1),
        "insured": draw.flag(n, 0.8),
    }


def _work(home: _Home, age: Any) -> Columns:
    draw, n = home.draw, home.persons
    employed = (age >= 18) & draw.chance(n, 0.45)
    pension = np.where((age >= 60) & (home.of >= 0), draw.rng.choice([0, 12_800, 16_300], n), 0)
    mode = np.append(home.mode, "items")[home.of]
    own = draw.near(np.append(home.standard, 70_000)[home.of], (1, Fraction(1, 2), 0))
    return {
        "employed": employed.astype(np.int8),
        "jobless_months": draw.whole(n, (0, 2, 3, 4, 12)),
        # Where a total is stated, items that only some rules count would contradict it.
        "base_pension_fen": np.where(mode == "both", 0, pension),
        "preferential_fen": draw.whole(n, (0, 0, 0, 50_000)),
        "nursing_fee_fen": draw.whole(n, (0, 0, 0, 100_000)),
        "income_month_fen": np.where(mode == "stated", own, UNKNOWN_INT),
        "property_ok": draw.flag(n, 0.8),
        "obligors_complete": draw.flag(n, 0.8),
    }


def _family(home: _Home, relation: Any) -> Columns:
    draw, n = home.draw, home.persons
    outside = np.flatnonzero(home.of < 0)
    head = np.flatnonzero(home.first)
    child = np.isin(relation, ("child", "grandchild"))
    of = np.append(np.cumsum(home.first) - 1, -1)[np.arange(n)]
    near = np.where(child, head[np.maximum(of, 0)], -1)
    far = outside[draw.rng.integers(0, len(outside), n)]
    parent = [
        np.where(child & draw.chance(n, 0.8), np.where(draw.chance(n, p), far, near), -1)
        for p in (0.6, 0.3)
    ]
    none = draw.chance(n, 0.92)
    named = (parent[0] >= 0) | (parent[1] >= 0)
    return {
        "father": _ids("M", parent[0]),
        "mother": _ids("M", parent[1]),
        "guardianship_revoked": draw.flag(n, 0.05),
        "deported": draw.flag(n, 0.03),
        # Whoever has a parent named here has a parent who was found.
        "parents_untraceable": np.where(named, 0, draw.flag(n, 0.2)).astype(np.int8),
        "child_status": draw.told(draw.word(n, ("none", "orphan", "defacto"), (8, 1, 1))),
        "no_shelter": draw.flag(n, 0.2),
        "kin_support": draw.flag(n, 0.5),
        "on_street": np.where(none, 0, 1).astype(np.int8),
    }


def _incomes(home: _Home, persons: Columns, counts: Any) -> tuple[Columns, Any]:
    """Return the income rows, and the total that each household states, int64 (n,) fen a month.

    A total stands beside items only where these are wages of persons who count as members.
    """
    draw = home.draw
    wages = counts & (persons["employed"] == 1) & (np.append(home.mode, "")[home.of] == "both")
    earners = np.bincount(home.of[wages], minlength=home.n)
    target = draw.near(
        home.standard * np.maximum(home.size, 1),
        (1, 1, 2, Fraction(3, 2), Fraction(13, 10), Fraction(1, 2), 0),
    )
    base = np.bincount(np.maximum(home.of, 0), persons["base_pension_fen"], home.n).astype(np.int64)
    both = np.where(earners > 0, target, 0)
    told = np.where(home.mode == "both", both, np.maximum(target, base))
    row = np.flatnonzero(wages)
    share = told[home.of[row]] // np.maximum(earners[home.of[row]], 1)
    lead = np.diff(home.of[row], prepend=-1) > 0
    rest = told[home.of[row]] - share * earners[home.of[row]]
    items = np.flatnonzero(np.repeat(np.append(home.mode, "")[home.of] == "items", 2))
    items = items[draw.chance(len(items), 0.5)] // 2
    items = items[home.of[items] >= 0]
    m = len(items)
    kinds = draw.word(
        m,
        ("wage", "business", "property", "transfer", "support_received", "support_paid", "other"),
        (5, 2, 2, 4, 1, 1, 1),
    )
    own = draw.chance(m, 0.9) | (kinds == "wage")
    money = draw.near(home.standard[home.of[items]], (1, Fraction(1, 2), 2))
    tag = draw.word(m, (*EXCLUDED, None))
    # The base pension that a row tells is the person's own figure; nobody has two.
    pension = (tag == "base_pension") & (np.diff(items, prepend=-1) > 0)
    own, kinds[pension] = own | pension, "transfer"
    tag[(tag == "base_pension") & ~pension] = None
    money = np.where(pension, persons["base_pension_fen"][items], money)
    until = draw.sometimes(draw.ago(m, (-6, 0, 6)), ~pension & draw.chance(m, 0.1))
    cost = draw.near(home.standard[home.of[items]], (Fraction(1, 3), 2))
    k = len(row)
    return {
        "household": home.ids(np.concatenate([home.of[row], home.of[items]])),
        "person": _ids("M", np.concatenate([row, np.where(own, items, -1)])),
        "kind": np.concatenate([np.full(k, "wage", dtype=object), kinds]),
        "amount_month_fen": np.concatenate([share + np.where(lead, rest, 0), money]),
        "cost_month_fen": np.concatenate([np.zeros(k, np.int64), cost]),
        "tag": np.concatenate([np.full(k, None, dtype=object), tag]),
        "until": np.concatenate([np.full(k, NAT), until]),
    }, told


def _spendings(home: _Home) -> Columns:
    draw = home.draw
    rows = np.flatnonzero(draw.chance(home.n * 3, 0.35)) // 3
    m = len(rows)
    last = np.append(np.flatnonzero(home.first), home.persons)
    has = home.size[rows] > 0
    head = np.where(has, last[np.minimum(np.cumsum(home.size > 0)[rows] - 1, len(last) - 1)], -1)
    member = head + np.where(has, draw.rng.integers(0, 99, m) % np.maximum(home.size[rows], 1), 0)
    amount = draw.near(
        draw.rng.choice([100_000, 300_000, 1_000_000, 2_000_000, 4_000_000, 12_000_000], m),
        (1, Fraction(3, 5), Fraction(1, 4)),
    )
    back = draw.rng.integers(0, 100, m) * amount // 200
    return {
        "household": home.ids(rows),
        "person": _ids("M", np.where(draw.chance(m, 0.7), member, -1)),
        "kind": draw.word(m, ("living", "medical", "education", "rehab", "other"), (1, 5, 2, 1, 1)),
        "amount_fen": amount,
        "reimbursed_fen": back,
        "eligible_fen": (amount - back) * draw.rng.integers(1, 5, m) // 4,
        "public_cap_fen": draw.whole(m, (0, 300_000, 600_000)),
    }


def _statuses(home: _Home) -> tuple[Columns, tuple[Any, Any]]:
    """Return the dated rows, and the tags of households and of persons that agree with them."""
    draw, n = home.draw, home.n
    kinds = sorted(RELIEF_STATUSES)
    own, person = draw.chance(n, 0.3), draw.chance(home.persons, 0.12)
    homes, people = np.flatnonzero(own), np.flatnonzero(person)
    m = len(homes) + len(people)
    kind = draw.word(m, kinds)
    now = draw.chance(m, 0.6)
    tags = [np.empty(size, dtype=object) for size in (n, home.persons)]
    held: list[list[set[str]]] = [[set() for _ in range(size)] for size in (n, home.persons)]
    for i in np.flatnonzero(now):
        if i < len(homes):
            held[0][homes[i]].add(kind[i])
            continue
        who = people[i - len(homes)]
        held[1][who].add(kind[i])
        if home.of[who] >= 0:
            held[0][home.of[who]].add(kind[i])
    for column, sets in zip(tags, held, strict=True):
        column[:] = [tuple(w for w in kinds if w in s) for s in sets]
    named = draw.chance(len(people), 0.5)
    rows = np.concatenate([homes, np.where(named, home.of[people], -1)])
    over = draw.ago(m, (-1, 0, 1, 12))
    return {
        "household": home.ids(rows),
        "person": _ids("M", np.concatenate([np.full(len(homes), -1), people])),
        "kind": kind,
        "since": np.where(now, draw.ago(m, (60, 72)), draw.ago(m, (13, 24, 60))),
        "until": np.where(now, NAT, over),
    }, (tags[0], tags[1])


def _others(home: _Home) -> dict[str, Table]:
    draw, n = home.draw, home.n
    a, g, e = (np.flatnonzero(draw.chance(n, p)) for p in (0.5, 0.2, 0.15))
    o = np.sort(np.flatnonzero(draw.chance(home.persons * 2, 0.15)) // 2)
    month = home.standard[a] * np.maximum(home.size[a], 1)
    kinds = draw.word(len(a), ("financial", "vehicle", "home", "real_estate", "business"))
    value = np.where(
        kinds == "vehicle",
        draw.near(np.full(len(a), 8_000_000), (1, Fraction(15, 8))),
        draw.near(month, (36, 48, 24, 12)),
    )
    emergency = draw.word(len(e), ("fire", "traffic", "accident", "illness", "other"))
    assets = {
        "household": home.ids(a),
        "kind": kinds,
        "value_fen": value,
        "use": draw.word(len(a), ("business", "disabled", "own", None)),
        "bought_on": draw.ago(len(a), (6, 12, 60)),
        "registered": draw.flag(len(a), 0.7),
        "staff": draw.whole(len(a), (0, 1, 3)),
        "profit_month_fen": draw.near(home.standard[a], (2, 4)),
    }
    grants = {
        "household": home.ids(g),
        "policy": draw.word(len(g), ("temporary", "temporary_emergency", "dibao", "medical")),
        "cause": draw.word(len(g), ("fire", "illness", None)),
        "granted_on": draw.ago(len(g), (0, 5, 6, 11, 12, 13)),
        "amount_fen": draw.near(home.standard[g], (1, 2, 6)),
    }
    emergencies = {
        "household": home.ids(e),
        "kind": emergency,
        "happened_on": draw.ago(len(e), (0, 1, 3, 6)),
        "living_at_risk": draw.flag(len(e), 0.7),
    }
    return {
        "assets": _table("assets", assets, len(a), "A"),
        "grants": _table("grants", grants, len(g), "G"),
        "emergencies": _table("emergencies", emergencies, len(e), "E"),
        "obligors": _table("obligors", _obligors(home, o), len(o), "O"),
    }


def _obligors(home: _Home, rows: Any) -> Columns:
    draw, n = home.draw, len(rows)
    return {
        "person": _ids("M", rows),
        "relation": draw.word(n, ("child", "parent", "spouse")),
        "birth": draw.ago(n, (59 * 12, 60 * 12, 69 * 12, 70 * 12, 40 * 12)),
        "status": draw.told(draw.word(n, ("none", "dibao", "tekun"), (5, 2, 2))),
        "income_month_fen": draw.near(np.append(home.standard, 70_000)[home.of[rows]], (1, 2, 3)),
        "property_ok": draw.flag(n, 0.7),
        "disability_type": draw.told(draw.word(n, (*DISABILITY_TYPES, None, None, None))),
        "disability_level": draw.whole(n, (1, 2, 3, 4)),
        "civil_capacity": draw.told(draw.word(n, ("full", "limited", "none"))),
        "missing_or_prison": draw.flag(n, 0.2),
        "pays_month_fen": draw.whole(n, (0, 30_000)),
    }


# --- rules asked of small tables ----------------------------------------------------------------

NO_POLICIES = PolicySet(())


def parameter(name: str, value: str, unit: str = "元/人·月", **fields: Any) -> Parameter:
    """Return a parameter of the nation in force since 2020, unless `fields` say otherwise."""
    usual: dict[str, Any] = {
        "region": "000000",
        "valid_from": dt.date(2020, 1, 1),
        "valid_to": None,
        "expires": None,
        "document": "某文件",
        "article": "第1条",
        "source": "某处",
        "checked": dt.date(2026, 1, 1),
        "confidence": "A",
    }
    return Parameter(name=name, value=value, unit=unit, **{**usual, **fields})


def frame_of(records: Iterable[Any], codes: Mapping[str, str | None] = CODES) -> Frame:
    """Return the frame of a few records of any of `TABLES`."""
    items = list(records)
    return Frame(
        {n: table_of(n, [r for r in items if type(r) is RECORD_KINDS[n].cls]) for n in TABLES},
        codes,
    )


@attrs.frozen(eq=False)
class Asked:
    """A frame to ask rules of, both ways: what the two evaluations say must be the same."""

    frame: Frame
    book: ParameterBook = attrs.field(factory=lambda: ParameterBook(()))
    on: dt.date = DATES[3]
    policies: PolicySet = NO_POLICIES
    trusting: bool = False

    def evaluator(self) -> columns.Evaluator:
        """Return a vectorised evaluator."""
        return columns.Evaluator(
            self.frame, self.book, self.policies, self.on, trusting=self.trusting
        )

    def case(self) -> scalar.Case:
        """Return a scalar twin."""
        return scalar.Case(self.frame, self.book, self.policies, self.on, trusting=self.trusting)

    def truth(self, expr: Expr, of: str = "households") -> list[int]:
        """Return the truth of `expr` for every row of `of`."""
        n = self.frame.size(of)
        found = np.broadcast_to(self.evaluator().truth(expr, of), (n,)).tolist()
        twin = [self.case().truth(expr, of, row) for row in range(n)]
        assert found == twin, f"vectorised {found}, scalar {twin}: {expr!r}"
        return found

    def number(self, expr: Expr, of: str = "households") -> list[tuple[Any, Any]]:
        """Return both ends of `expr` for every row of `of`."""
        n = self.frame.size(of)
        found = spans(self.evaluator().number(expr, of), n)
        twin = [self.case().number(expr, of, row) for row in range(n)]
        assert found == twin, f"vectorised {found}, scalar {twin}: {expr!r}"
        return found


def spans(value: Num, n: int) -> list[tuple[Any, Any]]:
    """Return a column of numbers as exact fractions, infinite floats where unbounded."""
    ends = []
    for side in (value.lo, value.hi):
        column = np.broadcast_to(np.asarray(side), (n,)).tolist()
        beyond = np.broadcast_to(endless(np.asarray(side)), (n,)).tolist()
        ends.append(
            [
                float("inf") * (1 if v > 0 else -1) if b else Fraction(v, value.scale)
                for v, b in zip(column, beyond, strict=True)
            ]
        )
    return list(zip(*ends, strict=True))


def answers(firm: Any, trusting: Any) -> Any:
    """Return 1, 0 or -1 from the truth of both passes, as an assessment does."""
    return np.where(trusting == 2, 1, np.where(firm == 0, 0, -1))


def with_policies(*policies: Policy) -> PolicySet:
    """Return a set of policies."""
    return PolicySet(policies)
