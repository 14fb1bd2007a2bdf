"""Not a fen off: every amount against a second calculation in decimals, written from the documents.

The decimal side knows yuan, percentages and roundings as a clerk does them, and shares nothing with the
rules: no column, no fraction, no parameter object.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import wushe
from conftest import campaign
from relief_households import CODES, DATES, TABLES, City, parameter, with_policies
from wushe.model.tables import make_table
from wushe.plugins.manager import Plugins
from wushe.relief.assess import ends
from wushe.rules import (
    Amount,
    Condition,
    Expr,
    ParameterBook,
    Policy,
    PolicySet,
    hh,
    income,
    incomes,
    least,
    most,
    p,
    param,
    pick,
    rounded,
)
from wushe.rules.columns import Evaluator
from wushe.rules.expr import Always
from wushe.text import Text

AMOUNTS = campaign(tests=50_000, ci=200_000, soak=1_000_000)
SHARE = -(-AMOUNTS // 9)
"""How many amounts each of nine calculations below contributes; a tenth adds some sums."""
ON = DATES[3]
FEN = Decimal("0.01")
MODES = {"ceil": ROUND_CEILING, "floor": ROUND_FLOOR, "nearest": ROUND_HALF_UP}


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    """Return the default plugins."""
    return wushe.load_plugins()


# --- the clerk's side ----------------------------------------------------------------------------


def fen(yuan: Decimal) -> int:
    """Return yuan as whole fen, half up."""
    return int(yuan.quantize(FEN, ROUND_HALF_UP) * 100)


def stepped(yuan: Decimal, rule: str) -> Decimal:
    """Return yuan rounded by ``mode:step``."""
    if rule == "exact":
        return yuan
    mode, step = rule.split(":")
    return (yuan / Decimal(step)).quantize(Decimal(1), MODES[mode]) * Decimal(step)


# --- the rules' side -----------------------------------------------------------------------------


def amount_policy(value: Expr, unit: Any = "households") -> Policy:
    """Return a policy that pays `value` to everybody."""
    return Policy(
        "made",
        name=Text("某救助", "some relief"),
        unit=unit,
        kind="living",
        conditions=(Condition("all", Text("是", "yes"), Always(True), "某办法"),),
        amounts=(Amount("sum", Text("金额", "sum"), value, "month", "某办法"),),
        document="某办法",
        confidence="A",
        checked=dt.date(2026, 1, 1),
    )


def city(**tables: dict[str, Sequence[Any]]) -> City:
    """Return a city with these columns."""
    return City({name: make_table(name, columns) for name, columns in tables.items()})


def paid(
    view: City, book: ParameterBook, policies: PolicySet, policy: str, amount: str, on: dt.date = ON
) -> list[int]:
    """Return what `policy` pays every unit, in fen: known to the fen everywhere."""
    assert set(view.tables) <= set(TABLES)
    result = Evaluator(view.frame(), book, policies, on).run([policy])[policy]
    n = len(view.tables[policies[policy].unit])
    lo, hi = ends(result.amounts[amount], n)
    assert np.array_equal(lo, hi)
    found: list[int] = lo.tolist()
    return found


def ids(n: int) -> list[str]:
    """Return `n` ids in order."""
    return [f"{i:07d}" for i in range(n)]


def check(
    found: list[int], clerk: list[int], name: str, evidence: Callable[..., None], seed: int
) -> None:
    """Compare, and record the figures."""
    wrong = [(i, a, b) for i, (a, b) in enumerate(zip(found, clerk, strict=True)) if a != b]
    assert wrong[:3] == []
    assert len(set(clerk)) > len(clerk) // 50  # the amounts differ
    evidence("relief_money", what=name, amounts=len(clerk), differing_fen=0, seed=seed)


def random_homes(rng: np.random.Generator, n: int, std: Decimal) -> tuple[Any, Any]:
    """Return sizes and incomes in fen: near the standard, far below, above, and none."""
    size = rng.integers(1, 9, n)
    total = int(std * 100) * size
    near = total + rng.integers(-500, 500, n)
    income = np.where(rng.random(n) < 0.5, rng.integers(0, 1_200_000, n), np.maximum(near, 0))
    return size, np.where(rng.random(n) < 0.05, 0, income)


@pytest.mark.parametrize("printed", ["755", "985", "11264/12", "655.50", "7260/12"])
def test_the_gap_to_the_standard(
    printed: str, plugins: Plugins, seed: int, evidence: Callable[..., None]
) -> None:
    """57号 article 23: what the income of all members is short of the standard for all of them.

    The registered policy, where a place pays by gap; yearly standards in twelfths, never rounded per head.
    """
    rng = np.random.default_rng([seed, *map(ord, printed)])
    year, _, months = printed.partition("/")
    n = max(1, SHARE // 5)
    size, income = random_homes(rng, n, Decimal(year) / Decimal(months or 1))
    view = city(
        households={
            "id": ids(n),
            "place": ["341321"] * n,
            "zone": ["rural"] * n,
            "members_count": size.tolist(),
            "income_month_fen": income.tolist(),
        }
    )
    own = parameter("dibao_std_rural_month", printed, region="341321", checked=ON)
    book = plugins.parameters.local([own])
    clerk = []
    for heads, earned in zip(size.tolist(), income.tolist(), strict=True):
        due = Decimal(year) * heads - Decimal(months or 1) * Decimal(earned) / 100
        clerk.append(fen(max(Decimal(0), due) / Decimal(months or 1)))
    found = paid(view, book, plugins.policies, "dibao", "gap")
    check(found, clerk, f"gap {printed}", evidence, seed)


ROUNDS = {
    "420704": "ceil:5",  # Ezhou
    "360103": "ceil:10",  # Nanchang
    "341321": "ceil:1",  # Suzhou
    "620502": "floor:1",
    "620802": "nearest:1",
    "440300": "nearest:10",
    "500231": "exact",
}


def test_destitute_support_is_thirteen_tenths_of_the_standard(
    seed: int, evidence: Callable[..., None]
) -> None:
    """1.3 times the standard, rounded as the place does: up, down, to the nearest; to 1, 5 or 10 yuan."""
    rng = np.random.default_rng(seed)
    n = SHARE
    standard = rng.integers(30_000, 150_000, n)
    standard = np.where(rng.random(n) < 0.5, standard // 50 * 50, standard)
    places = list(ROUNDS)
    where = rng.integers(0, len(places), n)
    view = city(
        households={
            "id": ids(n),
            "place": [places[i] for i in where],
            "income_month_fen": standard.tolist(),
        }
    )
    rows = [parameter("times", "1.3", "倍")]
    rows += [parameter("round", rule, "rounding", region=CODES[c]) for c, rule in ROUNDS.items()]
    value = rounded(hh.income_month_fen * param("times"), "round")
    clerk = [
        fen(stepped(Decimal(s) / 100 * Decimal("1.3"), ROUNDS[places[i]]))
        for s, i in zip(standard.tolist(), where, strict=True)
    ]
    found = paid(view, ParameterBook(rows), with_policies(amount_policy(value)), "made", "sum")
    check(found, clerk, "1.3 times, rounded", evidence, seed)


CARE = {"full": ("50", "35"), "half": ("30", "20"), "self": ("4", "3")}


@pytest.mark.parametrize(("rule", "months"), [("ceil:1", 1), ("nearest:1", 12), ("exact", 1)])
def test_care_is_a_share_of_the_minimum_wage(
    rule: str, months: int, seed: int, evidence: Callable[..., None]
) -> None:
    """Anhui: 50/30/4 % in an institution, 35/20/3 % at home, by the month or (Hefei) by the year."""
    rng = np.random.default_rng([seed, months, len(rule)])
    n = max(1, SHARE // 3)
    wage = rng.integers(100_000, 300_000, n) // 10 * 10
    fails = rng.integers(0, 7, n)
    inside = rng.random(n) < 0.5
    items = ("bathe", "bed", "dress", "eat", "toilet", "walk")
    view = city(
        persons={
            "id": ids(n),
            "income_month_fen": wage.tolist(),
            "selfcare_unable": [items[:k] for k in fails],
            "care_mode": ["institution" if i else "scattered" for i in inside],
        }
    )
    rows = [
        parameter(f"{tier}_{mode}", value, "%")
        for tier, values in CARE.items()
        for mode, value in zip(("in", "out"), values, strict=True)
    ]
    lost = sum((pick((p.selfcare_unable.has(i), 1), other=0) for i in items), start=least(0))

    def tier(name: str) -> Expr:
        return pick(
            (p.care_mode.is_("institution"), param(f"{name}_in")), other=param(f"{name}_out")
        )

    share = pick((lost <= 0, tier("self")), (lost <= 3, tier("half")), other=tier("full"))
    value = rounded(p.income_month_fen * share * months, rule)
    clerk = []
    for w, k, i in zip(wage.tolist(), fails.tolist(), inside.tolist(), strict=True):
        part = CARE["self" if k == 0 else "half" if k <= 3 else "full"][0 if i else 1]
        clerk.append(fen(stepped(Decimal(w) / 100 * months * Decimal(part) / 100, rule)))
    policies = with_policies(amount_policy(value, "persons"))
    check(
        paid(view, ParameterBook(rows), policies, "made", "sum"),
        clerk,
        f"care {rule}",
        evidence,
        seed,
    )


GUANGDE = {"tekun": ("0", "80"), "dibao": ("0", "75"), "edge": ("3000", "60")}
SUQIAN = {"tekun": ("0", "100"), "dibao": ("0", "80"), "edge": ("3000", "70")}


@pytest.mark.parametrize(
    ("place", "classes", "cap"), [("341882", GUANGDE, 50_000), ("321302", SUQIAN, 100_000)]
)
def test_medical_relief_is_a_share_above_the_deductible_up_to_the_cap(
    place: str,
    classes: dict[str, tuple[str, str]],
    cap: int,
    plugins: Plugins,
    seed: int,
    evidence: Callable[..., None],
) -> None:
    """min(cap, (own share - deductible) x ratio), the registered policy with the places' own figures."""
    rng = np.random.default_rng([seed, cap])
    n = max(1, SHARE // 2)
    kinds = [list(classes)[i] for i in rng.integers(0, len(classes), n)]
    cost = np.where(
        rng.random(n) < 0.3, 300_000 + rng.integers(-5, 6, n), rng.integers(0, 20_000_000, n)
    )
    people = ids(n)
    view = city(
        households={
            "id": people,
            "place": [place] * n,
            "members_count": [1] * n,
            "statuses": [(k,) for k in kinds],
            "complete": [("spendings",)] * n,
        },
        persons={
            "id": people,
            "household": people,
            "birth": [dt.date(1980, 1, 1)] * n,
            "child_status": ["none"] * n,
            "statuses": [(k,) if k == "tekun" else () for k in kinds],
        },
        spendings={
            "id": people,
            "household": people,
            "person": people,
            "kind": ["medical"] * n,
            "eligible_fen": cost.tolist(),
        },
    )
    clerk = []
    for kind, own in zip(kinds, cost.tolist(), strict=True):
        less, percent = classes[kind]
        above = max(Decimal(0), Decimal(own) / 100 - Decimal(less))
        clerk.append(fen(min(Decimal(cap), above * Decimal(percent) / 100)))
    on = dt.date(2025, 3, 1)
    found = paid(view, plugins.parameters, plugins.policies, "medical_relief", "relief", on)
    check(found, clerk, f"medical {place}", evidence, seed)


def test_medical_relief_of_any_deductible_ratio_and_cap(
    seed: int, evidence: Callable[..., None]
) -> None:
    """The same arithmetic with figures drawn: 7,339.90 less 3,500 at 70 % is 2,687.93 (Chongqing)."""
    rng = np.random.default_rng(seed)
    n = SHARE
    own = np.append(rng.integers(0, 30_000_000, n - 1), 733_990)
    less = np.append(rng.integers(0, 1_000_000, n - 1), 350_000)
    cap = np.append(rng.integers(10, 9_999_999, n - 1), 5_000_000)
    view = city(
        households={
            "id": ids(n),
            "income_month_fen": own.tolist(),
            "income_year_fen": less.tolist(),
            "job_refusals": cap.tolist(),
        }
    )
    value = least(
        hh.job_refusals, most(0, hh.income_month_fen - hh.income_year_fen) * param("ratio")
    )
    book = ParameterBook([parameter("ratio", "70", "%")])
    clerk = [
        fen(
            min(Decimal(c) / 100, max(Decimal(0), (Decimal(o) - Decimal(d)) / 100) * Decimal("0.7"))
        )
        for o, d, c in zip(own.tolist(), less.tolist(), cap.tolist(), strict=True)
    ]
    assert clerk[-1] == 268_793
    found = paid(view, book, with_policies(amount_policy(value)), "made", "sum")
    check(found, clerk, "medical, drawn", evidence, seed)


def test_dianjiang_bands_start_again_at_each_threshold(
    seed: int, evidence: Callable[..., None]
) -> None:
    """1,000 + 10 % above 30,000, from 50,000 on 3,000 + 20 %, at most 30,000 yuan."""
    rng = np.random.default_rng(seed)
    n = SHARE
    edges = rng.choice([3_000_000, 5_000_000, 18_500_000], n) + rng.integers(-2, 3, n)
    own = np.where(rng.random(n) < 0.3, edges, rng.integers(0, 25_000_000, n))
    view = city(households={"id": ids(n), "income_month_fen": own.tolist()})
    figures = {"t1": "30000", "b1": "1000", "t2": "50000", "b2": "3000", "cap": "30000"}
    rows = [parameter(k, v, "元") for k, v in figures.items()]
    rows += [parameter("r1", "10", "%"), parameter("r2", "20", "%")]
    x = hh.income_month_fen
    value = least(
        param("cap"),
        pick(
            (x > param("t2"), param("b2") + (x - param("t2")) * param("r2")),
            (x > param("t1"), param("b1") + (x - param("t1")) * param("r1")),
            other=0,
        ),
    )
    clerk = []
    for o in own.tolist():
        yuan = Decimal(o) / 100
        due = Decimal(0)
        if yuan > 50_000:
            due = 3_000 + (yuan - 50_000) * Decimal("0.20")
        elif yuan > 30_000:
            due = 1_000 + (yuan - 30_000) * Decimal("0.10")
        clerk.append(fen(min(Decimal(30_000), due)))
    found = paid(view, ParameterBook(rows), with_policies(amount_policy(value)), "made", "sum")
    check(found, clerk, "bands", evidence, seed)


def test_top_ups_are_percentages_of_the_standard(seed: int, evidence: Callable[..., None]) -> None:
    """20 % or 33.5 % of the standard per person who is very old, a minor, disabled or ill."""
    rng = np.random.default_rng(seed)
    n = SHARE
    heads = rng.integers(1, 9, n)
    standard = rng.integers(30_000, 150_000, n)
    city_wide = rng.random(n) < 0.5
    view = city(
        households={
            "id": ids(n),
            "place": ["420704" if c else "341321" for c in city_wide],
            "members_count": heads.tolist(),
            "income_month_fen": standard.tolist(),
        }
    )
    book = ParameterBook(
        [
            parameter("topup", "20", "%低保标准", region="420000"),
            parameter("topup", "33.5", "%低保标准", region="340000"),
        ]
    )
    value = hh.income_month_fen * param("topup") * hh.members_count
    clerk = [
        fen(Decimal(s) / 100 * Decimal("0.20" if c else "0.335") * h)
        for s, c, h in zip(standard.tolist(), city_wide.tolist(), heads.tolist(), strict=True)
    ]
    found = paid(view, book, with_policies(amount_policy(value)), "made", "sum")
    check(found, clerk, "top-ups", evidence, seed)


def test_twelfths_of_yearly_figures_are_never_cut_on_the_way(
    seed: int, evidence: Callable[..., None]
) -> None:
    """A year's standard for some heads and months: one rounding, at the very end."""
    rng = np.random.default_rng(seed)
    n = SHARE
    heads, months = rng.integers(1, 9, n), rng.integers(1, 13, n)
    year = rng.integers(300_000, 1_500_000, n)
    view = city(
        households={
            "id": ids(n),
            "members_count": heads.tolist(),
            "job_refusals": months.tolist(),
            "income_year_fen": year.tolist(),
        }
    )
    value = hh.income_year_fen * Fraction(1, 12) * hh.members_count * hh.job_refusals
    with localcontext(prec=60):
        clerk = [
            fen(Decimal(y) * h * m / 1200)
            for y, h, m in zip(year.tolist(), heads.tolist(), months.tolist(), strict=True)
        ]
    found = paid(view, ParameterBook([]), with_policies(amount_policy(value)), "made", "sum")
    check(found, clerk, "twelfths", evidence, seed)


def test_a_third_a_sixth_and_a_tenth_of_the_wage(seed: int, evidence: Callable[..., None]) -> None:
    """Dongying: care by fractions of the minimum wage, exact to the fen."""
    rng = np.random.default_rng(seed)
    n = SHARE
    wage = rng.integers(100_000, 300_000, n)
    part = rng.integers(0, 3, n)
    view = city(
        households={"id": ids(n), "income_month_fen": wage.tolist(), "job_refusals": part.tolist()}
    )
    rows = [parameter(f"r{d}", f"1/{d}", "倍最低工资") for d in (10, 6, 3)]
    share = pick(
        (hh.job_refusals <= 0, param("r10")), (hh.job_refusals <= 1, param("r6")), other=param("r3")
    )
    value = rounded(hh.income_month_fen * share, "exact")
    with localcontext(prec=60):
        clerk = [
            fen(Decimal(w) / 100 / (10, 6, 3)[i])
            for w, i in zip(wage.tolist(), part.tolist(), strict=True)
        ]
    found = paid(view, ParameterBook(rows), with_policies(amount_policy(value)), "made", "sum")
    check(found, clerk, "fractions of the wage", evidence, seed)


def test_a_sum_of_many_items_is_the_sum_that_a_clerk_writes(
    seed: int, evidence: Callable[..., None]
) -> None:
    """Net income of all items of a household, item by item in decimals."""
    rng = np.random.default_rng(seed)
    n = max(1, SHARE // 4)
    rows = 4 * n
    home = np.sort(rng.integers(0, n, rows))
    earned, cost = rng.integers(0, 500_000, rows), rng.integers(0, 300_000, rows)
    trade = rng.random(rows) < 0.4
    view = city(
        households={"id": ids(n), "complete": [("incomes",)] * n},
        incomes={
            "id": ids(rows),
            "household": [f"{h:07d}" for h in home],
            "kind": ["business" if t else "wage" for t in trade],
            "amount_month_fen": earned.tolist(),
            "cost_month_fen": cost.tolist(),
        },
    )
    net = income.amount_month_fen - pick(
        (income.kind.is_("business"), income.cost_month_fen), other=0
    )
    totals = [Decimal(0)] * n
    for h, e, c, t in zip(
        home.tolist(), earned.tolist(), cost.tolist(), trade.tolist(), strict=True
    ):
        totals[h] += (Decimal(e) - (Decimal(c) if t else 0)) / 100
    found = paid(
        view, ParameterBook([]), with_policies(amount_policy(incomes.sum(net))), "made", "sum"
    )
    check(found, [fen(t) for t in totals], "sums", evidence, seed)
