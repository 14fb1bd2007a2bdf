"""A made-up city for the relief benchmark: columns drawn from one generator, with gaps as real files have."""

import datetime as dt
from typing import Any

import numpy as np
from registry import days, names, pick, place_table, table, words

from wushe.model import Table
from wushe.model.storage import UNKNOWN_INT
from wushe.model.terms import TargetGroup
from wushe.network import LinkageNetwork, build_network

Array = np.ndarray[Any, Any]
ON = dt.date(2025, 9, 15)
PER_HOUSEHOLD = 3
SIZES, SIZE_SHARES = (1, 2, 3, 4, 5, 6), (0.12, 0.26, 0.30, 0.20, 0.08, 0.04)
GROUPS = ("lone_elder", "disabled", "dibao", "child_in_difficulty", "serious_illness")
TABLES = ("members", "incomes", "spendings", "assets", "emergencies", "grants")


def money(rng: np.random.Generator, n: int, high_yuan: int, known: float) -> Array:
    """Return `n` sums of money in fen, most of them low, unknown but for a share `known`."""
    fen = (high_yuan * 100 * rng.random(n) ** 2).astype(np.int64)
    return np.where(rng.random(n) < known, fen, UNKNOWN_INT)


def whole(rng: np.random.Generator, n: int, low: int, high: int, known: float) -> Array:
    """Return `n` whole numbers from `low` to `high`, unknown but for a share `known`."""
    return np.where(rng.random(n) < known, rng.integers(low, high + 1, n), UNKNOWN_INT)


def flag(rng: np.random.Generator, n: int, yes: float, known: float) -> Array:
    """Return `n` flags of which a share `yes` of the `known` is set."""
    return np.where(rng.random(n) < known, rng.random(n) < yes, -1).astype(np.int8)


def dates(rng: np.random.Generator, n: int, back: int, known: float) -> Array:
    """Return `n` days within `back` days before the day of assessment, unknown but for `known`."""
    return np.where(rng.random(n) < known, days(rng, n, back), np.datetime64("NaT", "D"))


def tags(rng: np.random.Generator, n: int, sets: list[tuple[str, ...]], known: float) -> Array:
    """Return `n` draws of `sets` of tags, None where not known."""
    each = np.empty(len(sets), dtype=object)
    for at, one in enumerate(sets):
        each[at] = tuple(sorted(one))  # as tables keep them
    drawn = each[rng.integers(0, len(sets), n)]
    drawn[rng.random(n) >= known] = None
    return drawn


def spread(persons: int, rng: np.random.Generator) -> Array:
    """Return the household of each person, int64 (persons,) in no order, 0 .. persons / 3 - 1."""
    homes = max(persons // PER_HOUSEHOLD, 1)
    size = rng.choice(SIZES, homes, p=SIZE_SHARES)
    home = np.concatenate([np.arange(homes), np.repeat(np.arange(homes), size - 1)])[:persons]
    home = np.concatenate([home, rng.integers(0, homes, persons - len(home))])
    return rng.permutation(home)


def first_of(home: Array, homes: int) -> tuple[Array, Array]:
    """Return each person's turn in the household, and the person who comes first there, int64 twice."""
    order = np.argsort(home, kind="stable")
    starts = np.searchsorted(home[order], np.arange(homes))
    turn = np.empty(len(home), dtype=np.int64)
    turn[order] = np.arange(len(home)) - starts[home[order]]
    return turn, order[starts]


def relief_city(persons: int, rng: np.random.Generator) -> LinkageNetwork:
    """Return a city of `persons` in a third as many households with all tables that rules read."""
    places, communities = place_table()
    home = spread(persons, rng)
    homes = names("H", int(home.max()) + 1)
    people = names("P", persons)
    tables = {
        "places": places,
        "households": _households(rng, homes, np.bincount(home), communities),
        "persons": _persons(rng, people, home, homes),
        **_money_tables(rng, homes, people, home),
        **_event_tables(rng, homes, people, home),
    }
    return build_network(tables, {}, {g: TargetGroup(g, g, g) for g in GROUPS})


def _households(rng: np.random.Generator, homes: Array, size: Array, places: Array) -> Table:
    n = len(homes)
    complete = [(), TABLES, ("members", "incomes"), ("members", "assets", "grants")]
    statuses = [(), (), (), ("dibao",), ("edge",), ("rigid",), ("monitored",)]
    return table(
        "households",
        n,
        id=homes,
        place=pick(rng, places, n, 0.98),
        zone=pick(rng, ("urban", "urban", "rural"), n, 0.9),
        hukou_place=pick(rng, places, n, 0.5),
        residence_permit=flag(rng, n, 0.6, 0.4),
        members_count=np.where(rng.random(n) < 0.7, size, UNKNOWN_INT),
        income_month_fen=money(rng, n, 12_000, 0.5),
        income_year_fen=money(rng, n, 140_000, 0.4),
        target_groups=tags(rng, n, [(g,) for g in GROUPS], 0.3),
        statuses=tags(rng, n, statuses, 0.5),
        complete=tags(rng, n, complete, 0.6),
        property_ok=flag(rng, n, 0.8, 0.5),
        survey_refused=flag(rng, n, 0.02, 0.5),
        sudden_spending=flag(rng, n, 0.1, 0.4),
        dibao_tier=pick(rng, ("A", "B", "C"), n, 0.1),
        corecheck_authorised=flag(rng, n, 0.9, 0.4),
    )


def _persons(rng: np.random.Generator, people: Array, home: Array, homes: Array) -> Table:
    n = len(people)
    turn, head = first_of(home, len(homes))
    age_days = rng.integers(0, 90 * 365, n)
    grown = (turn == 0) | ((turn == 1) & (rng.random(n) < 0.8))
    age_days[grown] = rng.integers(22 * 365, 92 * 365, int(grown.sum()))
    birth = np.datetime64(ON, "D") - age_days.astype("timedelta64[D]")
    young = age_days < 18 * 365
    relation = np.where(turn == 0, 0, np.where(grown, 1, np.where(young, 2, 3)))
    parent = people[head[home]]
    parent[~young | (rng.random(n) < 0.4)] = None
    return table(
        "persons",
        n,
        id=people,
        household=homes[home],
        birth=np.where(rng.random(n) < 0.95, birth, np.datetime64("NaT", "D")),
        sex=pick(rng, ("female", "male"), n, 0.95),
        relation=words(["head", "spouse", "child", "parent"])[relation],
        coresident=flag(rng, n, 0.95, 0.7),
        student_stage=pick(rng, ("none", "primary", "junior", "senior", "bachelor"), n, 0.6),
        full_time_student=flag(rng, n, 0.9, 0.5),
        employed=flag(rng, n, 0.5, 0.7),
        jobless_months=whole(rng, n, 0, 24, 0.2),
        disability_cert=flag(rng, n, 0.07, 0.7),
        disability_type=pick(rng, ("visual", "physical", "intellectual", "mental"), n, 0.08),
        disability_level=whole(rng, n, 1, 4, 0.08),
        major_illness=flag(rng, n, 0.05, 0.6),
        selfcare_unable=tags(rng, n, [(), (), ("eat", "dress"), ("walk", "bathe", "toilet")], 0.3),
        civil_capacity=pick(rng, ("full", "full", "full", "limited", "none"), n, 0.5),
        custody=pick(rng, ("none", "none", "none", "prison"), n, 0.5),
        custody_months=whole(rng, n, 1, 60, 0.1),
        declared_missing_on=dates(rng, n, 900, 0.005),
        religious_years=whole(rng, n, 0, 4, 0.3),
        base_pension_fen=money(rng, n, 300, 0.4),
        insured=flag(rng, n, 0.95, 0.6),
        care_mode=pick(rng, ("institution", "scattered"), n, 0.05),
        child_status=pick(rng, ("none", "orphan", "defacto"), n, 0.2),
        father=parent,
        statuses=tags(rng, n, [(), (), (), ("dibao",), ("tekun",)], 0.4),
        income_month_fen=money(rng, n, 8_000, 0.3),
        property_ok=flag(rng, n, 0.8, 0.3),
        obligors_complete=flag(rng, n, 0.7, 0.3),
        longterm_care=flag(rng, n, 0.1, 0.3),
        autism=flag(rng, n, 0.01, 0.4),
        no_shelter=flag(rng, n, 0.02, 0.4),
        on_street=flag(rng, n, 0.01, 0.4),
    )


def _money_tables(
    rng: np.random.Generator, homes: Array, people: Array, home: Array
) -> dict[str, Table]:
    n, m, k = len(people) // 2, len(people) // 4, len(people) // 10
    earner, payer = rng.integers(0, len(people), n), rng.integers(0, len(people), m)
    kinds = ("wage", "wage", "wage", "business", "property", "transfer", "support_paid")
    labels = (None, "relief", "scholarship", "preferential", "base_pension")
    bought = ("financial", "vehicle", "home", "real_estate", "business")
    return {
        "incomes": table(
            "incomes",
            n,
            id=names("I", n),
            household=homes[home[earner]],
            person=people[earner],
            kind=pick(rng, kinds, n),
            amount_month_fen=money(rng, n, 9_000, 0.9),
            cost_month_fen=money(rng, n, 1_000, 0.3),
            tag=pick(rng, labels, n),
        ),
        "spendings": table(
            "spendings",
            m,
            id=names("C", m),
            household=homes[home[payer]],
            person=people[payer],
            kind=pick(rng, ("living", "medical", "education", "rehab"), m),
            amount_fen=money(rng, m, 60_000, 0.9),
            reimbursed_fen=money(rng, m, 20_000, 0.6),
            eligible_fen=money(rng, m, 20_000, 0.5),
        ),
        "assets": table(
            "assets",
            k,
            id=names("A", k),
            household=pick(rng, homes, k),
            kind=pick(rng, bought, k),
            value_fen=money(rng, k, 300_000, 0.8),
        ),
    }


def _event_tables(
    rng: np.random.Generator, homes: Array, people: Array, home: Array
) -> dict[str, Table]:
    k = len(people) // 20
    old, hurt = rng.integers(0, len(people), k), rng.integers(0, len(people), k)
    return {
        "statuses": table(
            "statuses",
            k,
            id=names("T", k),
            kind=pick(rng, ("dibao", "tekun", "edge", "rigid"), k),
            household=homes[home[old]],
            person=np.where(rng.random(k) < 0.5, people[old], None),
            since=dates(rng, k, 2_000, 0.9),
        ),
        "grants": table(
            "grants",
            k,
            id=names("G", k),
            household=pick(rng, homes, k),
            policy=pick(rng, ("temporary", "medical", "dibao"), k),
            granted_on=dates(rng, k, 900, 0.9),
            amount_fen=money(rng, k, 5_000, 0.9),
        ),
        "obligors": table(
            "obligors",
            k,
            id=names("O", k),
            person=people[old],
            birth=dates(rng, k, 30_000, 0.8),
            income_month_fen=money(rng, k, 8_000, 0.5),
            property_ok=flag(rng, k, 0.7, 0.4),
            disability_level=whole(rng, k, 1, 4, 0.1),
        ),
        "emergencies": table(
            "emergencies",
            k,
            id=names("E", k),
            kind=pick(rng, ("fire", "traffic", "illness", "accident"), k),
            household=homes[home[hurt]],
            person=people[hurt],
            happened_on=dates(rng, k, 900, 0.9),
            living_at_risk=flag(rng, k, 0.6, 0.6),
        ),
    }
