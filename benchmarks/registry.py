"""A big registry: the latest facts as columns, and who is due in one district.

    python benchmarks/registry.py [--quick] [--seed N]

1,000,000 persons in 12 districts with 5,000,000 facts, 600,000 visits, 200,000 spendings and incomes
(``--quick``: a tenth). Everything is drawn as columns; drawing and linking are not timed. The last
line is one JSON object.
"""

import argparse
import datetime as dt
import json
import resource
import time
from collections.abc import Callable, Mapping
from typing import Any

import attrs
import numpy as np

from wushe.identify.due import due_list
from wushe.identify.persons import person_columns
from wushe.model import RECORD_KINDS, Table
from wushe.model.facts import FactColumns, LatestFacts, latest_facts
from wushe.model.spec import Field
from wushe.model.storage import pack
from wushe.model.terms import Columns, Context, TargetGroup
from wushe.model.visiting import RiskSignal
from wushe.network import LinkageNetwork, build_network
from wushe.plugins.defaults.signals import risk_signals, visit_priority

Array = np.ndarray[Any, Any]
ON = dt.date(2025, 9, 15)
DISTRICTS, STREETS, COMMUNITIES = 12, 10, 10
GROUPS = ("lone_elder", "disabled", "dibao", "child_in_difficulty", "serious_illness")
YES_NO = ("是", "否")
FACTS = {
    "employed": YES_NO,
    "major_illness": YES_NO,
    "illness": ("高血压", "糖尿病", "急性白血病", "无", "尿毒症"),
    "disability_level": ("1", "2", "3", "4"),
    "civil_capacity": ("完全", "限制", "无"),
    "custody": ("无", "服刑"),
    "coresident": YES_NO,
    "jobless_months": tuple(str(n) for n in range(1, 25)),
    "child_status": ("无", "孤儿", "事实无人抚养"),
    "base_pension_fen": tuple(f"{n}.00" for n in range(100, 2000, 7)),
    "birth": tuple(
        str(dt.date(1930, 1, 1) + dt.timedelta(days=int(n))) for n in range(0, 34000, 3)
    ),
    "target_groups": GROUPS,
}
"""What facts say, by field."""


class DefaultRules:
    """The built-in signals and priority, as the loaded plugins give them."""

    risk_signals: Mapping[str, RiskSignal] = {signal.id: signal for signal in risk_signals()}

    def prioritise_visits(self, persons: Columns, context: Context) -> Array:  # noqa: ARG002
        """Return the default priority."""
        return visit_priority(persons)


def names(letter: str, n: int) -> Array:
    """Return `n` sorted ids."""
    return words([f"{letter}{i:08d}" for i in range(n)])


def words(values: list[Any]) -> Array:
    """Return an object column."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def table(name: str, n: int, /, **columns: Array) -> Table:
    """Return a table of `n` rows in id order; what is not given is unknown."""
    spec = RECORD_KINDS[name]
    blank = {
        storage: np.repeat(pack(storage, [None]), n)  # one blank column serves all fields
        for storage in {field.kind.storage for field in spec.fields}
    }
    arrays = {f.name: columns.get(f.name, blank[f.kind.storage]) for f in spec.fields}
    return Table(spec, arrays, np.zeros(n, dtype=np.int64), "")


def days(rng: np.random.Generator, n: int, back: int) -> Array:
    """Return `n` days within `back` days before `ON`."""
    return np.datetime64(ON, "D") - rng.integers(0, back, n).astype("timedelta64[D]")


def pick(rng: np.random.Generator, values: Any, n: int, known: float = 1.0) -> Array:
    """Return `n` draws of `values`, None where not known."""
    drawn = words(list(values))[rng.integers(0, len(values), n)]
    drawn[rng.random(n) >= known] = None
    return drawn


def place_table() -> tuple[Table, Array]:
    """Return the place tree of a city, and the ids of its communities."""
    counties = [f"4201{i:02d}" for i in range(1, DISTRICTS + 1)]
    streets = [f"{c}{i:03d}" for c in counties for i in range(1, STREETS + 1)]
    communities = [f"{s}{i:03d}" for s in streets for i in range(1, COMMUNITIES + 1)]
    levels = ["city"] + ["county"] * len(counties) + ["street"] * len(streets)
    codes = ["4201", *counties, *streets, *communities]
    levels += ["community"] * len(communities)
    order = np.argsort(words(codes))
    ids = words(codes)[order]
    made = table("places", len(ids), id=ids, name=ids, level=words(levels)[order])
    return made, words(communities)


def registry(persons: int, rng: np.random.Generator) -> LinkageNetwork:
    """Return a made-up city with its visits, incomes, spendings and emergencies."""
    places, communities = place_table()
    homes, people = names("H", persons * 43 // 100), names("P", persons)
    workers, stations = names("W", 400), names("S", DISTRICTS * STREETS)
    visits, money = persons * 6 // 10, persons // 5
    streets = words([code for code in places.ids if len(code) == 9])
    at = np.sort(rng.integers(0, len(communities), len(homes)))
    tables = {
        "places": places,
        "stations": table("stations", len(stations), id=stations, name=stations, place=streets),
        "social_workers": table(
            "social_workers", 400, id=workers, name=workers, station=pick(rng, stations, 400)
        ),
        "households": table(
            "households",
            len(homes),
            id=homes,
            place=communities[at],
            responsible_worker=pick(rng, workers, len(homes), 0.6),
            members_count=rng.integers(1, 6, len(homes)),
            income_year_fen=np.where(
                rng.random(len(homes)) < 0.5,
                rng.integers(0, 8_000_000, len(homes)),
                pack("int64", [None])[0],
            ),
        ),
        "persons": table(
            "persons",
            persons,
            id=people,
            household=homes[np.sort(rng.integers(0, len(homes), persons))],
            birth=np.datetime64("1935-01-01", "D")
            + rng.integers(0, 32000, persons).astype("timedelta64[D]"),
            target_groups=pick(rng, [(), *((g,) for g in GROUPS)], persons, 0.7),
        ),
        "visits": table(
            "visits",
            visits,
            id=names("V", visits),
            kind=pick(rng, ("regular", "door", "holiday", "grid", "neighbour"), visits),
            on=days(rng, visits, 400),
            household=pick(rng, homes, visits),
            outcome=pick(rng, ("met", "met", "met", "not_home", "refused"), visits, 0.9),
        ),
        "spendings": table(
            "spendings",
            money,
            id=names("X", money),
            household=pick(rng, homes, money),
            kind=pick(rng, ("medical", "education", "rehab"), money),
            amount_fen=rng.integers(0, 6_000_000, money),
            reimbursed_fen=rng.integers(0, 1_000_000, money),
        ),
        "incomes": table(
            "incomes",
            money,
            id=names("I", money),
            household=pick(rng, homes, money),
            kind=pick(rng, ("wage", "transfer"), money),
            amount_month_fen=rng.integers(0, 600_000, money),
        ),
        "emergencies": table(
            "emergencies",
            money // 10,
            id=names("E", money // 10),
            kind=pick(rng, ("fire", "traffic", "illness"), money // 10),
            household=pick(rng, homes, money // 10),
            happened_on=days(rng, money // 10, 900),
        ),
    }
    groups = {name: TargetGroup(name, name, name) for name in GROUPS}
    return build_network(tables, {}, groups)


def fact_columns(subjects: Array, n: int, rng: np.random.Generator) -> FactColumns:
    """Return `n` facts about `subjects`, rows in id order."""
    fields = tuple(sorted(FACTS))
    texts = sorted({text for values in FACTS.values() for text in values})
    position = {text: code for code, text in enumerate(texts)}
    field = rng.integers(0, len(fields), n).astype(np.int16)
    value = np.empty(n, dtype=np.int32)
    for code, name in enumerate(fields):
        mine = np.flatnonzero(field == code)
        codes = np.array([position[text] for text in FACTS[name]], dtype=np.int32)
        value[mine] = codes[rng.integers(0, len(codes), len(mine))]
    on = days(rng, n, 1500).astype(np.int32)
    return FactColumns(
        subjects,
        fields,
        words(texts),
        rng.integers(0, len(subjects), n).astype(np.int32),
        field,
        value,
        on,
        on.astype(np.int64) * 86_400_000_000 + rng.integers(0, 86_400_000_000, n),
        rng.integers(0, 4, n).astype(np.int8),
        rng.random(n) < 0.05,
    )


def all_columns(facts: LatestFacts) -> list[Array]:
    """Return the value that holds of every field, in its own storage."""
    persons = RECORD_KINDS["persons"]
    fields: list[Field] = [persons.field(name) for name in facts.facts.fields]
    return [facts.column(attrs.evolve(field, vocabulary=None)) for field in fields]


def best(run: Callable[[], Any]) -> tuple[float, Any]:
    """Return the shortest of three times, in seconds, and the answer."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        answer = run()
        times.append(time.perf_counter() - start)
    return min(times), answer


def peak_mb() -> int:
    """Return the peak memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Time it and print the figures; the last line is JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the registry")
    parser.add_argument("--seed", type=int, default=20250915)
    options = parser.parse_args()
    persons = 100_000 if options.quick else 1_000_000
    rng = np.random.default_rng(options.seed)
    subjects = names("P", persons)
    facts = fact_columns(subjects, persons * 5, rng)
    columns_s, latest_s = [], []
    for _ in range(3):
        start = time.perf_counter()
        found = latest_facts(facts)
        latest_s.append(time.perf_counter() - start)
        columns = all_columns(found)
        columns_s.append(time.perf_counter() - start - latest_s[-1])
    facts_mb = peak_mb()
    del columns
    start = time.perf_counter()
    city = registry(persons, rng)
    link_s = time.perf_counter() - start
    rules = DefaultRules()
    due_s, due = best(lambda: due_list(city, rules, ON, facts=found, within="420103"))
    start = time.perf_counter()
    everybody = person_columns(city, ON, facts=found)
    figures = {
        "persons": persons,
        "facts": len(facts),
        "due_district_s": round(due_s, 3),
        "latest_s": round(min(latest_s), 3),
        "columns_s": round(min(columns_s), 3),
        "peak_mb": facts_mb,
        "fields": len(facts.fields),
        "due_doors": due.looked_at,
        "all_persons_s": round(time.perf_counter() - start, 3),
        "peak_whole_run_mb": peak_mb(),
    }
    print(due.summary("en"))
    print(due.explain(0, "en") if len(due) else "nobody is due")
    print(f"drawing and linking the registry: {link_s:.1f} s; {len(everybody)} persons as columns")
    print(
        f"latest facts and their columns: {min(latest_s):.2f} + {min(columns_s):.2f} s, {facts_mb} MB; target 5 s, 2048 MB"
    )
    print(f"due list of one district: {due_s:.2f} s; target 1 s")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
