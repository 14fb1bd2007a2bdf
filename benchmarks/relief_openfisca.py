"""The rules of OpenFisca's country template in both engines, on the same arrays.

Its facts that our records do not have are lent fields of the same type: a salary is
``persons.income_month_fen``, capital returns ``persons.preferential_fen``, rent
``households.income_year_fen``, square metres ``households.job_refusals``, the occupancy (owner, tenant,
free lodger, homeless) ``households.dibao_tier`` A, B, C, 1. OpenFisca calculates in 32-bit floats: sums
are whole yuan and square metres multiples of six, so that its results round to the exact fen.
"""

import datetime as dt
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import attrs
import numpy as np
from registry import names, table, words
from relief_population import spread

from wushe.model import Table
from wushe.rules import (
    Amount,
    Expr,
    Parameter,
    ParameterBook,
    Policy,
    PolicySet,
    age,
    hh,
    members,
    most,
    p,
    param,
    pick,
)
from wushe.rules.columns import Evaluator
from wushe.rules.frame import Frame
from wushe.text import Text

Array = np.ndarray[Any, Any]
INSTALL = "pip install openfisca-core openfisca-country-template"
OCCUPANCY = ("A", "B", "C", "1")
PLACE = "420106"


@attrs.frozen(eq=False)
class Facts:
    """Arrays for both: `home` int64 household of each person, `adult` bool, the rest by name."""

    home: Array
    adult: Array
    persons: dict[str, Array]
    households: dict[str, Array]


def draw_facts(persons: int, rng: np.random.Generator) -> Facts:
    """Return facts of `persons` persons in a third as many households, all of them known."""
    home = spread(persons, rng)
    homes = int(home.max()) + 1
    birth = np.datetime64("2017-01-01", "D") - rng.integers(0, 90 * 365, persons).astype(
        "timedelta64[D]"
    )
    grown = birth < np.datetime64("1999-01-01", "D")
    occupancy = rng.integers(0, 4, homes)
    small = 6 * rng.integers(
        1, 4, homes
    )  # below the least housing tax, which those without a home escape
    size = np.where(occupancy < 2, 6 * rng.integers(4, 25, homes), small)
    return Facts(
        home,
        grown,
        {
            "birth": birth,
            "salary": np.where(grown & (rng.random(persons) < 0.7), _yuan(rng, persons, 16_000), 0),
            "capital_returns": np.where(rng.random(persons) < 0.1, _yuan(rng, persons, 500), 0),
        },
        {"rent": _yuan(rng, homes, 4_000), "accommodation_size": size, "occupancy": occupancy},
    )


def _yuan(rng: np.random.Generator, n: int, high: int) -> Array:
    return np.asarray((high * rng.random(n) ** 2).astype(np.int64))


# --- ours -----------------------------------------------------------------------------------

salary, capital = p.income_month_fen, p.preferential_fen
rent, metres = hh.income_year_fen, hh.job_refusals
adult = p.relation.one_of("head", "spouse")
years = age(p.birth)
basic = pick((years >= param("age_of_majority"), param("basic_income")), other=0)
pension = pick((years >= param("age_of_retirement"), 100), other=0)
tax = (salary + capital + pension) * param("income_tax_rate")
contribution = (
    salary * Fraction(2, 100)
    + most(0, salary - 600_000) * Fraction(4, 100)
    + most(0, salary - 1_240_000) * Fraction(6, 100)
)
household_income = members.sum(salary)
parenting = pick(
    (
        (household_income <= param("parenting_income_threshold"))
        & ((members.count(adult).equals(1) & members.any(years < 8)) | members.any(years < 6)),
        param("parenting_amount"),
    ),
    other=0,
)
meal = pick(
    (household_income >= 200_000, 800),
    (household_income >= 100_000, 400),
    (household_income >= 50_000, 200),
    (household_income >= 25_000, 100),
    other=0,
)
swimming = (
    pick((household_income > 24_900, 100), other=0)
    + pick((household_income > 49_900, 100), other=0)
    + pick((household_income > 99_900, 200), other=0)
)
housing_tax = pick(
    (
        hh.dibao_tier.one_of("A", "B"),
        most(metres * param("housing_tax_rate"), param("housing_tax_least")),
    ),
    other=0,
)
disposable = (
    members.sum(salary + capital + pension + basic - tax - contribution)
    + parenting
    - housing_tax * Fraction(1, 12)
)
taxes = members.sum(tax + contribution) + housing_tax * Fraction(1, 12)
RULES: dict[str, tuple[str, Expr, str]] = {
    "basic_income": ("persons", basic, "2017-01"),
    "pension": ("persons", pension, "2017-01"),
    "income_tax": ("persons", tax, "2017-01"),
    "social_security_contribution": ("persons", contribution, "2017-01"),
    "housing_tax": ("households", housing_tax, "2017"),
    "housing_allowance": ("households", rent * param("housing_allowance"), "2016-11"),
    "household_income": ("households", household_income, "2017-01"),
    "parenting_allowance": ("households", parenting, "2017-01"),
    "meal_price": ("households", meal, "2017-01"),
    "swimming_pool_access": ("households", swimming, "2017-01"),
    "total_taxes": ("households", taxes, "2017-01"),
    "disposable_income": ("households", disposable, "2017-01"),
}
"""Rule: whose it is, the rule in our language (in fen), and the period OpenFisca is asked for."""
PARAMETERS = {
    "age_of_majority": ("18", "岁"),
    "age_of_retirement": ("62", "岁"),
    "basic_income": ("600", "元/月"),
    "income_tax_rate": ("15", "%"),
    "parenting_income_threshold": ("500", "元/月"),
    "parenting_amount": ("600", "元/月"),
    "housing_tax_rate": ("10", "元"),
    "housing_tax_least": ("200", "元"),
    "housing_allowance": ("25", "%"),
}
INPUTS = {
    "basic_income": ("birth",),
    "pension": ("birth",),
    "income_tax": ("birth", "salary", "capital_returns"),
    "social_security_contribution": ("salary",),
    "housing_tax": ("accommodation_size", "occupancy"),
    "housing_allowance": ("rent",),
    "household_income": ("salary",),
    "parenting_allowance": ("birth", "salary"),
    "meal_price": ("salary",),
    "swimming_pool_access": ("salary",),
    "total_taxes": ("birth", "salary", "capital_returns", "accommodation_size", "occupancy"),
    "disposable_income": ("birth", "salary", "capital_returns", "accommodation_size", "occupancy"),
}
"""What OpenFisca is given for each rule: only what the rule reads, as a caller in a hurry would."""


def our_tables(facts: Facts) -> dict[str, Table]:
    """Return the facts as tables, as a city's files give them when they have been read."""
    n, homes = len(facts.home), len(facts.households["rent"])
    ids, people = names("H", homes), names("P", n)
    return {
        "households": table(
            "households",
            homes,
            id=ids,
            place=words([PLACE])[np.zeros(homes, dtype=np.int64)],
            members_count=np.bincount(facts.home, minlength=homes),
            income_year_fen=facts.households["rent"] * 100,
            job_refusals=facts.households["accommodation_size"],
            dibao_tier=words(list(OCCUPANCY))[facts.households["occupancy"]],
        ),
        "persons": table(
            "persons",
            n,
            id=people,
            household=ids[facts.home],
            birth=facts.persons["birth"],
            relation=words(["child", "spouse"])[facts.adult.astype(np.int64)],
            income_month_fen=facts.persons["salary"] * 100,
            preferential_fen=facts.persons["capital_returns"] * 100,
        ),
    }


def our_rules() -> tuple[PolicySet, ParameterBook]:
    """Return the rules as policies that everybody is eligible under, and their parameters."""
    policies = [
        Policy(
            id=name,
            name=Text(name, name),
            unit=of,  # type: ignore[arg-type]
            kind="living",
            conditions=(),
            amounts=(Amount("sum", Text(name, name), rule, "month", "openfisca"),),
            document="openfisca-country-template",
            confidence="A",
            checked=dt.date(2017, 1, 1),
        )
        for name, (of, rule, _) in RULES.items()
    ]
    start = dt.date(2010, 1, 1)
    known = [
        Parameter(
            n, "000000", v, unit, start, None, None, "openfisca", "", "", dt.date(2017, 1, 1), "A"
        )
        for n, (v, unit) in PARAMETERS.items()
    ]
    return PolicySet(policies), ParameterBook(known)


def ours(
    tables: dict[str, Table],
    homes: dict[tuple[str, str], Array],
    rules: tuple[PolicySet, ParameterBook],
    name: str,
) -> Array:
    """Return the fen of one rule for every row, from ready tables to the answer.

    `homes` is each person's household row: OpenFisca, too, is given it ready.
    """
    policies, book = rules
    period = RULES[name][2]
    day = dt.date.fromisoformat((period + "-01-01")[:10])
    frame = Frame(tables, {PLACE: PLACE}, homes)
    amount = Evaluator(frame, book, policies, day).run([name])[name].amounts["sum"]
    assert amount.exact
    return np.asarray(np.broadcast_to(amount.lo, (frame.size(RULES[name][0]),)))


# --- theirs ---------------------------------------------------------------------------------


def theirs(system: Any, facts: Facts, name: str) -> Array:
    """Return what OpenFisca calculates for one rule, float32, from ready arrays to the answer."""
    from openfisca_core.simulations import SimulationBuilder

    of, _, period = RULES[name]
    n = len(facts.home)
    if of == "persons":
        simulation = SimulationBuilder.build_default_simulation(system, count=n)
    else:
        builder = SimulationBuilder()
        builder.create_entities(system)
        builder.declare_person_entity("person", np.arange(n))
        group = builder.declare_entity("household", np.arange(len(facts.households["rent"])))
        builder.join_with_persons(group, facts.home, np.where(facts.adult, 0, 1))
        simulation = builder.build(system)
    month = period if len(period) > 4 else f"{period}-01"
    for fact in INPUTS[name]:
        values = {**facts.persons, **facts.households}[fact]
        variable = "housing_occupancy_status" if fact == "occupancy" else fact
        when = "ETERNITY" if fact == "birth" else month
        simulation.set_input(variable, when, values)
    return np.asarray(simulation.calculate(name, period))


def compared(persons: int, rng: np.random.Generator) -> dict[str, tuple[float, float]] | None:
    """Return (OpenFisca's, our) seconds for each rule, None where OpenFisca is not installed.

    Raises AssertionError where one row of one rule differs by a fen.
    """
    try:
        from openfisca_country_template import CountryTaxBenefitSystem
    except ImportError:
        return None
    facts = draw_facts(persons, rng)
    tables, rules, system = our_tables(facts), our_rules(), CountryTaxBenefitSystem()
    rows = tables["households"].row_of(tables["persons"]["household"])
    homes = {("persons", "household"): rows}
    found = {}
    for name in RULES:
        our_s, our_fen = best(lambda name=name: ours(tables, homes, rules, name))
        their_s, their_yuan = best(lambda name=name: theirs(system, facts, name))
        rounded = np.rint(np.asarray(their_yuan, dtype=np.float64) * 100).astype(np.int64)
        differing = int((rounded != our_fen).sum())
        assert differing == 0, f"{name}: {differing} of {len(rounded)} rows differ"
        found[name] = their_s, our_s
    return found


def best(run: Callable[[], Array]) -> tuple[float, Array]:
    """Return the shortest of three times, in seconds, and the answer."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        answer = run()
        times.append(time.perf_counter() - start)
    return min(times), answer


def main() -> None:
    """Print the ratios of a quick size."""
    found = compared(200_000, np.random.default_rng(0))
    if found is None:
        print(f"OpenFisca is not installed ({INSTALL}): no comparison")
        return
    for name, (their_s, our_s) in found.items():
        print(f"{name:30} {their_s * 1000:8.1f} ms {our_s * 1000:8.1f} ms {their_s / our_s:6.2f}")


if __name__ == "__main__":
    main()
