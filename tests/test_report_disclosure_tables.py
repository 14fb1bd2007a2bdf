"""Published tables: small counts are withheld, and nobody can work them out from the rest."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import linprog

from wushe.privacy import SMALL_CELL
from wushe.report.disclosure import Cell, Help, Table, audit_table, audit_tables, count, withhold

Quantity = tuple[tuple[str, str], ...]
Prices = dict[str, tuple[int, int]]


def help_given(
    rng: np.random.Generator, *, fixed: bool = False, fund: str = "", busy: int = 9
) -> list[Help]:
    """Return random aid: a few places and categories, some rare, clients helped once or often."""
    rows, columns = int(rng.integers(1, 6)), int(rng.integers(1, 5))
    prices = rng.integers(1, 30, columns) * 10_000
    often = rng.exponential(busy, (rows, columns))
    found = []
    for row, column in np.ndindex(rows, columns):
        for _ in range(rng.poisson(often[row, column])):
            fen = int(prices[column] if fixed else prices[column] * rng.uniform(0.3, 2))
            client = f"{fund}{rng.integers(60)}"
            kind = "household" if rng.random() < 0.7 else "person"
            found.append(Help(f"r{row}", f"c{column}", fen, **{kind: client}))
    return found


def standards(given: list[Help]) -> Prices:
    """Return the smallest and largest amount of each category."""
    found: Prices = {}
    for one in given:
        low, high = found.get(one.column, (one.fen, one.fen))
        found[one.column] = (min(low, one.fen), max(high, one.fen))
    return found


def limits(tables: list[Table], measure: str) -> dict[Quantity, tuple[float, float]]:
    """Return between what each withheld value of one measure must lie, by a program of its own.

    Written for this test alone: a dense program over all quantities of one measure, published ones fixed, the
    same quantity of two tables one unknown. A withheld additive count is at least 1; readers know nothing else.
    """
    shown = {t.quantity(p): getattr(t.cell(*p), measure) for t in tables for p in t.places()}
    at = {quantity: i for i, quantity in enumerate(shown)}
    unit = 1000.0 if measure == "fen" else 1.0
    low = 0.0 if measure in ("persons", "households") else 1.0 / unit
    bounds = [(low, 1e6) if n is None else (n / unit, n / unit) for n in shown.values()]
    equal, most = [], []
    for table in tables:
        for whole, parts in (
            *(((r, None), [(r, c) for c in table.columns]) for r in (*table.rows, None)),
            *(((None, c), [(r, c) for r in table.rows]) for c in (*table.columns, None)),
        ):
            row = np.zeros(len(at))
            row[at[table.quantity(whole)]] = -1
            row[[at[table.quantity(p)] for p in parts]] = 1
            if measure in ("times", "fen"):
                equal.append(row)
                continue
            most.append(-row)
            for part in parts:
                one = np.zeros(len(at))
                one[at[table.quantity(part)]], one[at[table.quantity(whole)]] = 1, -1
                most.append(one)
    found = {}
    for quantity in (q for q, n in shown.items() if n is None):
        ends = []
        for sign in (1, -1):
            goal = np.zeros(len(at))
            goal[at[quantity]] = sign
            solved = linprog(goal, most or None, [0] * len(most) or None, equal or None,
                             [0] * len(equal) or None, bounds)  # fmt: skip
            assert solved.status == 0
            ends.append(solved.x[at[quantity]] * unit)
        found[quantity] = (ends[0], ends[1])
    return found


def recovered(true: list[Table], tables: list[Table]) -> tuple[int, int]:
    """Return how many values are withheld in `tables`, and how many of them `limits` tells."""
    withheld = told = 0
    for measure in ("times", "persons", "households", "fen"):
        values = {t.quantity(p): getattr(t.cell(*p), measure) for t in true for p in t.places()}
        for quantity, (low, high) in limits(tables, measure).items():
            withheld += 1
            assert low - 1e-3 * max(1, low / 1e6) <= values[quantity] <= high * (1 + 1e-9) + 1e-3
            least, most = np.ceil(low - 1e-6), np.floor(high + 1e-6)
            if measure == "fen":
                told += high - low < max(1, 0.05 * low)
            elif measure == "times" or most > 0:
                told += most < SMALL_CELL or most - least < SMALL_CELL - 1
    return withheld, told


def test_withheld_cells_of_random_tables_cannot_be_recovered(
    campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """By a program of the test's own, no withheld count is determined, nearly so, or known to be small."""
    cases, withheld, told, whole = campaign(tests=3, ci=80, soak=1500), 0, 0, 0
    rng = np.random.default_rng(seed)
    for _ in range(cases):
        given = help_given(rng, fixed=rng.random() < 0.4)
        true = count("place", "category", given)
        prices = standards(given) if rng.random() < 0.5 else None
        (table,) = withhold([true], pinned=[()], prices=prices)
        if table is None:
            whole += 1
            continue
        found = recovered([true], [table])
        withheld, told = withheld + found[0], told + found[1]
        assert audit_table(table, prices=prices) == []
    evidence(
        "published_tables", tables=cases, left_out_whole=whole, withheld=withheld, recovered=told
    )
    assert withheld > 10 * cases
    assert told == 0


def test_every_small_count_is_withheld_and_every_published_value_is_true() -> None:
    """What is published is what was counted, and nothing published is 1 to 4."""
    rng = np.random.default_rng(7)
    for _ in range(3):
        true = count("place", "category", help_given(rng))
        (table,) = withhold([true], pinned=[()])
        if table is None:
            continue
        for place in table.places():
            for measure in ("times", "persons", "households", "fen"):
                shown = getattr(table.cell(*place), measure)
                assert shown is None or shown == getattr(true.cell(*place), measure)
                assert measure == "fen" or shown is None or not 0 < shown < SMALL_CELL
            assert table.cell(*place).clients == 0


def row(*times: int, total: int | None = None) -> Table:
    """Return a table of one place in which nobody was helped twice; 0 stands for a withheld count here."""
    cells = {
        ("r", f"c{i}"): Cell(n or None, 0, n or None, n * 100 or None) for i, n in enumerate(times)
    }
    whole = Cell(total, 0, total, None if total is None else total * 100)
    cells |= {("r", None): whole, (None, None): whole}
    cells |= {(None, column): cell for (_, column), cell in list(cells.items()) if column}
    return Table("place", "category", ("r",), tuple(f"c{i}" for i in range(len(times))), cells)


@pytest.mark.parametrize(
    ("table", "safe"),
    [
        (row(20, 0, total=23), False),  # the rest of the row is the one withheld cell
        (row(20, 0, 0, total=25), False),  # two cells of 5 in all: both are 1 to 4
        (row(20, 0, 0, total=26), True),  # 1 to 5 each
        (row(20, 0, total=None), True),  # the total is withheld as well
        (row(20, 12, total=32), True),  # nothing is withheld
    ],
)
def test_the_audit_finds_what_subtraction_tells(table: Table, safe: bool) -> None:
    """A withheld count is recoverable where fewer than five values, or only small ones, are left."""
    found = [one for one in audit_table(table) if one.measure == "times"]
    assert (found == []) is safe
    assert all("low" not in repr(one) for one in found)


def test_fixed_amounts_tell_counts_unless_they_are_withheld_together() -> None:
    """Who knows that food is 300 and cash 500 solves 2 unknowns from a row's two totals."""
    given = [Help("r", "food", 30_000, household=f"A{i}") for i in range(3)]
    given += [Help("r", "cash", 50_000, household=f"B{i}") for i in range(7)]
    given += [Help("q", c, f, household=f"{c}{i}") for c, f in (("food", 30_000), ("cash", 50_000)) for i in range(40)]  # fmt: skip
    true = count("place", "category", given)
    hidden = {(p, c) for p in ("r", "q") for c in ("food", "cash")}
    naive = true.hiding(lambda q, _: (dict(q).get("place"), dict(q).get("category")) in hidden)
    prices = {"food": (30_000, 30_000), "cash": (50_000, 50_000)}
    assert audit_table(naive) == []
    assert {one.measure for one in audit_table(naive, prices=prices)} >= {"times", "fen"}
    (table,) = withhold([true], pinned=[()], prices=prices)
    assert table is not None
    assert audit_table(table, prices=prices) == []


def test_tables_that_share_totals_are_audited_together() -> None:
    """A count withheld in one table is not published, or to be had by subtraction, in another."""
    rng = np.random.default_rng(5)
    tables, pinned = [], [()]
    everything = []
    for fund in ("A", "B", "C"):
        where = (("fund", fund),)
        given = help_given(rng, fund=fund, busy=20)
        tables.append(count("place", "category", given, where))
        everything += [Help(fund, h.column, h.fen, h.person, h.household) for h in given]
        pinned.append(where)
    tables.append(count("fund", "category", everything))
    *single, whole = withhold(tables, pinned=pinned)
    shown = [table for table in (*single, whole) if table is not None]
    assert len(shown) >= 3
    assert audit_tables(shown) == []
    true = [table for table, told in zip(tables, (*single, whole), strict=True) if told is not None]
    withheld, told_by_all = recovered(true, shown)
    assert withheld > 20
    assert told_by_all == 0
    assert whole is not None
    for table in shown[:-1]:
        fund = dict(table.where)["fund"]
        for column in table.columns:
            assert table.cell(None, column) == whole.cell(fund, column)


def test_published_values_that_contradict_each_other_are_refused() -> None:
    """An audit of impossible tables says so instead of calling them safe."""
    wrong = row(20, 0, 0, total=21)
    with pytest.raises(ValueError, match="contradict"):
        audit_table(wrong)
    with pytest.raises(ValueError, match="two values"):
        audit_tables([row(20, 12, total=32), row(21, 11, total=32)])


def test_a_table_of_one_small_cell_is_left_out_whole() -> None:
    """Where its total is published anyway, no way of withholding hides a single cell."""
    true = count("place", "category", [Help("r", "c", 500, household=f"H{i}") for i in range(3)])
    assert withhold([true], pinned=[()]) == [None]


def test_a_client_of_unknown_kind_is_not_told_either() -> None:
    """Ten payments to one client are small, also where nobody recorded whether it is a person."""
    given = [Help("r", "c", 500, client="X") for _ in range(10)]
    given += [Help("r", "d", 500, household=f"H{i}") for i in range(30)]
    given += [Help("q", c, 500, household=f"{c}{i}") for c in "cd" for i in range(30)]
    (table,) = withhold([count("place", "category", given)], pinned=[()])
    assert table is not None
    assert table.cell("r", "c") == Cell(None, None, None, None)
