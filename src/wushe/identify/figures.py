"""Figures about a person that no single field holds: age, who else is there, money, visits, news."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from itertools import repeat

import numpy as np
import numpy.typing as npt

from wushe.identify.subjects import Rows, Seen, either, fact_rows
from wushe.model.evidence import VISIT_KINDS
from wushe.model.kinds import FLAG, BadValueError
from wushe.model.storage import UNKNOWN_INT, Array, unknown

VISITING = ("door", "regular", "holiday", "street_round")
"""Kinds of visit where somebody went; the others report what somebody noticed."""
REPORTING = ("neighbour", "grid", "mobile_grid")
OUTCOMES = ("met", "not_home", "refused", "moved")
RECENT_DAYS = 90
"""Reports and emergencies of this many days count as recent."""
RIGID = ("medical", "education", "rehab")
"""Spending that a household cannot avoid (刚性支出困难家庭认定办法 article 4)."""
ADULT = 18
SEVERE = 2
"""Disability levels 1 and 2 are severe (重度)."""
HEALTHY = ("无", "没有", "健康", "良好", "none", "no")
_NO_ATTEMPT = -2
_NEVER = np.datetime64("NaT", "D")


def ages(birth: Array, on: dt.date) -> npt.NDArray[np.int32]:
    """Return full years of age on the day `on`, int32 of the shape of `birth`; -1 where unknown."""
    known = ~np.isnat(birth)
    month = birth[known].astype("datetime64[M]")
    year = month.astype("datetime64[Y]").astype(np.int64) + 1970
    in_year = (month.astype(np.int64) % 12 + 1) * 100 + (
        birth[known] - month.astype("datetime64[D]")
    ).astype(np.int64)
    found = np.full(len(birth), -1, dtype=np.int32)
    # Days of a month count from 0 here; a birth after `on` has no age yet.
    reached = in_year <= on.month * 100 + on.day - 1
    found[known] = np.maximum(on.year - year - 1 + reached, -1)
    return found


# --- who else is there -------------------------------------------------------------------------


def members(seen: Seen, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return who else lives there and could care; see `wushe.identify.persons.person_columns`."""
    today = np.datetime64(seen.on, "D")
    alive = ~arrays["is_household"] & ~(arrays["died_on"] <= today)
    free = alive & ~_hindered(arrays)
    sure = (
        free
        & (arrays["age"] >= ADULT)
        & (arrays["civil_capacity"] == "full")
        & (arrays["custody"] == "none")
        & (arrays["coresident"] == 1)
    )
    perhaps = free & ((arrays["age"] >= ADULT) | (arrays["age"] < 0))
    count = arrays["household_members_count"]
    listed = _at_door(seen, alive)
    complete = np.where(unknown(count), -1, listed >= count).astype(np.int8)
    company = _others(seen, alive & (arrays["coresident"] == 1))
    maybe_company = _others(seen, alive & (arrays["coresident"] != 0))
    alone = np.where(
        company > 0, 0, np.where((maybe_company == 0) & (complete == 1) & alive, 1, -1)
    ).astype(np.int8)
    return {
        "able_others": _others(seen, sure),
        "maybe_others": _others(seen, perhaps),
        "members_complete": complete,
        "lives_alone": _said(seen, "lives_alone", alone),
    }


def _hindered(arrays: Mapping[str, Array]) -> npt.NDArray[np.bool_]:
    """Return who certainly cannot care for somebody at home, whatever else is unknown."""
    unable = np.fromiter((bool(items) for items in arrays["selfcare_unable"]), bool)
    level = arrays["disability_level"]
    return np.asarray(
        (_codes(arrays["civil_capacity"], ("limited", "none")) >= 0)
        | (_codes(arrays["custody"], ("prison", "detox", "other")) >= 0)
        | ~np.isnat(arrays["contact_lost_on"])
        | ~np.isnat(arrays["declared_missing_on"])
        | (arrays["guardianship_revoked"] == 1)
        | (arrays["deported"] == 1)
        | (arrays["coresident"] == 0)
        | ((level >= 1) & (level <= SEVERE))
        | unable
    )


def _codes(column: Array, words: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Return the position of each word of an object column in `words`, -1 for any other."""
    index = {word: code for code, word in enumerate(words)}
    return np.fromiter(map(index.get, column, repeat(-1)), np.int64, len(column))


def _at_door(seen: Seen, flags: Array) -> npt.NDArray[np.int32]:
    """Return for each row how many at its door have the flag, the row itself included."""
    count = np.bincount(seen.door[flags], minlength=seen.doors)
    return count[seen.door].astype(np.int32)


def _others(seen: Seen, flags: Array) -> npt.NDArray[np.int32]:
    return (_at_door(seen, flags) - flags).astype(np.int32)


def _said(seen: Seen, name: str, derived: Array) -> Array:
    """Return `derived` overwritten by a yes-or-no fact called `name`, where there is one."""
    rows = fact_rows(seen.facts, name, seen.of_person)
    where = np.flatnonzero(rows >= 0)
    if seen.facts is None or len(where) == 0:
        return derived
    codes, inverse = np.unique(seen.facts.facts.value[rows[where]], return_inverse=True)
    flags = np.array([_flag(text) for text in seen.facts.facts.texts[codes]], dtype=np.int8)
    derived[where] = flags[inverse]
    return derived


def _flag(text: str) -> int:
    """Return 1 or 0, -1 for a text that says neither: a fact of no known field may hold anything."""
    try:
        return int(FLAG.parse(text))
    except BadValueError:
        return -1


# --- money -------------------------------------------------------------------------------------


def money(seen: Seen, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return the household's income and rigid spending over 12 months, int64 fen (n,)."""
    year, month = arrays["household_income_year_fen"], arrays["household_income_month_fen"]
    twelve = np.where(unknown(month), 0, month) * 12
    income = np.where(unknown(year), np.where(unknown(month), UNKNOWN_INT, twelve), year)
    if unknown(income).any():
        income = np.where(unknown(income), _recorded_income(seen), income)
    found = {"income_year_fen": income}
    sums, complete = _recorded_spending(seen)
    found["medical_fen"], found["medical_complete"] = sums[:, 0], complete[:, 0]
    some = np.asarray((sums != UNKNOWN_INT).any(axis=1))
    total = np.where(sums == UNKNOWN_INT, 0, sums).sum(axis=1)
    found["rigid_fen"] = np.where(some, total, UNKNOWN_INT)
    found["rigid_complete"] = np.asarray(complete.all(axis=1))
    return found


def _per_household(seen: Seen, column: Array) -> Array:
    """Return ``column[household]``; the last entry of `column` stands for no household."""
    return np.asarray(column[seen.household])


def _recorded_income(seen: Seen) -> Array:
    """Return 12 times what the income items of today bring a month; unknown where one is unknown."""
    items, doors = seen.network["incomes"], seen.households_of("incomes")
    today = np.datetime64(seen.on, "D")
    runs = (doors >= 0) & ~(items["since"] > today) & ~(items["until"] < today)
    where = np.flatnonzero(runs)
    amount, cost = items["amount_month_fen"][where], items["cost_month_fen"][where]
    kind = _codes(items["kind"][where], ("support_paid", "business"))
    sign = np.where(kind == 0, -1, 1)
    known = ~unknown(amount) & ~(
        (kind == 1) & unknown(cost)
    )  # what a business costs is never nothing
    net = np.where(known, amount, 0) * sign - np.where(unknown(cost), 0, cost)
    total = np.zeros(len(seen.network["households"]) + 1, dtype=np.int64)
    np.add.at(total, doors[where], net * 12)
    told = np.zeros(len(total), dtype=bool)
    told[doors[where]] = True
    told[doors[where[~known]]] = False
    return _per_household(seen, np.where(told, total, UNKNOWN_INT))


def _recorded_spending(seen: Seen) -> tuple[Array, Array]:
    """Return for each of `RIGID` what is known to be spent and not repaid, and whether that is all.

    An item whose repaid part is unknown counts as nothing, since all of it may have been repaid.
    """
    items, doors = seen.network["spendings"], seen.households_of("spendings")
    n = len(seen.network["households"]) + 1
    kind = np.full(len(items), -1, dtype=np.int64)
    kind[doors >= 0] = _codes(items["kind"][doors >= 0], RIGID)
    where = np.flatnonzero(kind >= 0)
    amount, repaid = items["amount_fen"][where], items["reimbursed_fen"][where]
    known = ~unknown(amount) & ~unknown(repaid)
    own = np.where(known, np.maximum(np.where(known, amount, 0) - np.where(known, repaid, 0), 0), 0)
    cell = doors[where] * len(RIGID) + kind[where]
    total = np.zeros(n * len(RIGID), dtype=np.int64)
    np.add.at(total, cell, own)
    some, every = np.zeros(len(total), dtype=bool), np.zeros(len(total), dtype=bool)
    some[cell], every[cell] = True, True
    every[cell[~known]] = False
    sums = np.where(some, total, UNKNOWN_INT).reshape(n, len(RIGID))
    return _per_household(seen, sums), _per_household(seen, every.reshape(n, len(RIGID)))


# --- visits and events -------------------------------------------------------------------------


def visits(seen: Seen) -> dict[str, Array]:
    """Return when the household was last visited and reached, and what has failed since."""
    table, doors = seen.network["visits"], seen.doors_of("visits")
    today = np.datetime64(seen.on, "D")
    where = np.flatnonzero((doors >= 0) & (table["on"] <= today))
    where = where[np.argsort(table["on"][where], kind="stable")]
    door, on = doors[where], table["on"][where]
    kind = _codes(table["kind"][where], tuple(VISIT_KINDS))
    outcome = _codes(table["outcome"][where], OUTCOMES)
    went = np.array([name in VISITING for name in VISIT_KINDS])[kind]
    reported = np.array([name in REPORTING for name in VISIT_KINDS])[kind]
    met = outcome == OUTCOMES.index("met")
    found: dict[str, Array] = {}
    last = _last(seen, door[met], on[met])
    holiday = met & (kind == list(VISIT_KINDS).index("holiday"))
    for name, chosen in (("visit", met & went), ("contact", met), ("holiday", holiday)):
        day = _last(seen, door[chosen], on[chosen])[seen.door]
        found[f"last_{name}"] = day
        never = np.isnat(day)
        days = (today - np.where(never, today, day)).astype(np.int32)
        found[f"days_since_{name}"] = np.where(never, -1, days).astype(np.int32)
    attempt = np.full(seen.doors, _NO_ATTEMPT, dtype=np.int8)
    attempt[door[went]] = outcome[went]  # rows are by day: of equal doors the last one stays
    found["last_outcome"] = attempt[seen.door]
    vain = (outcome == OUTCOMES.index("not_home")) & ~(on <= last[door])
    recent = reported & (on > today - np.timedelta64(RECENT_DAYS, "D"))
    for name, chosen in (("not_home", vain), ("recent_reports", recent)):
        found[name] = np.bincount(door[chosen], minlength=seen.doors)[seen.door].astype(np.int32)
    return found


def _last(seen: Seen, door: Rows, on: Array) -> Array:
    """Return the last day at each door, rows by day; NaT where there is none."""
    found = np.full(seen.doors, _NEVER)
    found[door] = on
    return found


def events(seen: Seen) -> dict[str, Array]:
    """Return how many emergencies are recent, and how many have no date."""
    table, doors = seen.network["emergencies"], seen.doors_of("emergencies")
    today, day = np.datetime64(seen.on, "D"), table["happened_on"]
    counts = (doors >= 0) & (table["living_at_risk"] != 0)
    recent = counts & (day <= today) & (day > today - np.timedelta64(RECENT_DAYS, "D"))
    return {
        name: np.bincount(doors[chosen], minlength=seen.doors)[seen.door].astype(np.int32)
        for name, chosen in (("recent_events", recent), ("undated_events", counts & np.isnat(day)))
    }


# --- illness -----------------------------------------------------------------------------------


def illness(seen: Seen, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return whether the person is ill, and since which fact; see `person_columns`.

    An illness that the table already names has no day: it is not news.
    """
    major = arrays["major_illness"]
    table = seen.network["persons"]
    named = np.full(len(major), -1, dtype=np.int8)
    people = np.flatnonzero(seen.person >= 0)
    words = [_ill(text) for text in table["illness"][seen.person[people]]]
    named[people] = words
    since = np.full(len(major), _NEVER)
    rows = fact_rows(seen.facts, "illness", seen.of_person)
    if seen.facts is not None:
        where = np.flatnonzero(rows >= 0)
        codes, inverse = np.unique(seen.facts.facts.value[rows[where]], return_inverse=True)
        said = np.array([_ill(text) for text in seen.facts.facts.texts[codes]], dtype=np.int8)
        named[where] = said[inverse]
        since = _later(since, _first_said(seen, "illness", rows, named == 1))
        rows = fact_rows(seen.facts, "major_illness", seen.of_person)
        before = np.zeros(len(major), dtype=bool)
        before[people] = table["major_illness"][seen.person[people]] == 1
        since = _later(since, _first_said(seen, "major_illness", rows, (major == 1) & ~before))
    return {"ill": either(major, named), "ill_since": since}


def _ill(text: str | None) -> int:
    return -1 if text is None else int(text.strip().lower() not in HEALTHY)


def _later(a: Array, b: Array) -> Array:
    return np.where(np.isnat(a) | (b > a), b, a)


def _first_said(seen: Seen, name: str, rows: Rows, holds: Array) -> Array:
    """Return the first day on which the value that holds was recorded, NaT where not `holds`."""
    found = np.full(len(rows), _NEVER)
    where = np.flatnonzero((rows >= 0) & holds)
    if seen.facts is None or len(where) == 0:
        return found
    facts = seen.facts.facts
    first = np.full(len(facts.subjects), np.iinfo(np.int32).max, dtype=np.int32)
    present = np.full(len(facts.subjects), -1, dtype=np.int64)
    present[facts.subject[rows[where]]] = facts.value[rows[where]]
    alike = np.flatnonzero(facts.field == facts.fields.index(name))
    alike = alike[facts.value[alike] == present[facts.subject[alike]]]
    np.minimum.at(first, facts.subject[alike], facts.on[alike])
    found[where] = first[facts.subject[rows[where]]].astype("datetime64[D]")
    return found
