"""The changqing plugin: partners match in step, project accounts state what they must, funds by county."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wushe
from wushe.demos import demo_path, find_demo
from wushe.plugins import changqing
from wushe.report.standards import check_standards
from wushe.rules import chain_of

FOLDER = demo_path("changqing")
ON = dt.date(2025, 3, 10)
NOON = "2025-02-14T04:00:00Z"
PUBLISHED_FUNDS, PUBLISHED_YUAN = 7_232, 125_000_000
"""中安在线, 13 March 2025: 全省建立社区基金7232支、筹集资金达1.25亿元, end of 2024."""


@pytest.fixture(scope="module")
def rules() -> wushe.Plugins:
    """Return the defaults with the changqing plugin."""
    return wushe.load_plugins("changqing")


@pytest.fixture(scope="module")
def city(rules: wushe.Plugins) -> wushe.LinkageNetwork:
    """Return the demo street."""
    return wushe.read(FOLDER, plugins=rules)


def _objects(values: list[Any]) -> Any:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _gifts(*gifts: tuple[str, int]) -> wushe.Columns:
    """Return donations (donor, fen) to the fund F, in order of time, all for the project PJ."""
    n = len(gifts)
    return wushe.Columns(
        n,
        {
            "id": _objects([f"G{k}" for k in range(n)]),
            "fen": np.array([fen for _, fen in gifts], dtype=np.int64),
            "donor": _objects([donor for donor, _ in gifts]),
            "fund": _objects(["F"] * n),
            "project": _objects(["PJ"] * n),
            "at": _objects([NOON] * n),
        },
    )


def _pools(*pools: dict[str, Any]) -> wushe.Columns:
    """Return pools of the fund F with 1,000 fen each at 1:1 and no caps, but for what is given."""
    usual = {
        "left_fen": 1_000, "numerator": 1, "denominator": 1, "gift_cap": -1, "donor_cap": -1,
        "project_cap": -1, "opens": None, "closes": None, "fund": "F", "given": {},
    }  # fmt: skip
    rows = [{"id": f"P{k}", **usual, **pool} for k, pool in enumerate(pools)]
    text = ("id", "opens", "closes", "fund", "given")
    return wushe.Columns(
        len(rows),
        {
            name: _objects([row[name] for row in rows])
            if name in text
            else np.array([row[name] for row in rows], dtype=np.int64)
            for name in ("id", *usual)
        },
    )


# --- what it registers -------------------------------------------------------------------------


def test_it_loads_by_name_and_uses_these_hooks(rules: wushe.Plugins) -> None:
    """Found by its entry point; matching, standards and sections are its own, the rest are the defaults'."""
    assert rules.hooks_of("changqing") == (
        "register_demos",
        "register_parameters",
        "register_report_sections",
        "register_standards",
        "split_gifts",
    )


def test_the_share_is_a_dated_sourced_parameter_of_the_district(rules: wushe.Plugins) -> None:
    """One to one from 2014 on in Baohe, marked as inferred; nowhere else and not before."""
    found = rules.parameters.find("cofinance_times", chain_of("340111"), ON).parameter
    assert found is not None
    assert (found.number, found.source, found.inferred) == (1, "中安在线，2025-03-13", True)
    for place, day in (("340104", ON), ("340111", dt.date(2013, 12, 31))):
        assert rules.parameters.find("cofinance_times", chain_of(place), day).parameter is None


# --- matching in step --------------------------------------------------------------------------


def test_both_partners_add_the_same() -> None:
    """Street and foundation each add what was given."""
    assert changqing.split_gifts(_gifts(("D", 300)), _pools({}, {})) == [
        ("G0", "P0", 300),
        ("G0", "P1", 300),
    ]


def test_without_the_other_partner_nothing_is_added() -> None:
    """One pool alone, whatever it holds, is a partner that is missing."""
    assert changqing.split_gifts(_gifts(("D", 300)), _pools({})) == []


def test_the_scarcer_partner_stops_both_in_the_middle_of_a_gift() -> None:
    """With 500 fen left on one side, gifts of 300 and 300 are matched with 300 and 200, the third not at all."""
    gifts = _gifts(("A", 300), ("B", 300), ("C", 300))
    assert changqing.split_gifts(gifts, _pools({}, {"left_fen": 500})) == [
        ("G0", "P0", 300), ("G0", "P1", 300), ("G1", "P0", 200), ("G1", "P1", 200),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "pool",
    [
        {"opens": "2025-02-14T04:00:01Z"},  # opens a second later
        {"closes": NOON},  # closed at that very instant
        {"donor_cap": 700, "given": {"donor:A": 700}},  # this donor's matches are used up
        {"project_cap": 700, "given": {"project:PJ": 700}},  # this project's are
        {"left_fen": 0},  # dry
    ],
)
def test_what_bars_one_partner_bars_both(pool: dict[str, Any]) -> None:
    """A window, a cap or an empty pool of one side is respected by the other side."""
    assert changqing.split_gifts(_gifts(("A", 300)), _pools({}, pool)) == []


def test_pools_of_last_year_do_not_stand_in_the_way_of_this_years() -> None:
    """Their time is over and they were not closed; next year's are open already in the books, not in time."""
    old, new = {"closes": NOON}, {"opens": "2025-02-15T00:00:00Z"}
    found = changqing.split_gifts(_gifts(("A", 300)), _pools(old, old, {}, {}, new, new))
    assert found == [("G0", "P2", 300), ("G0", "P3", 300)]
    assert changqing.split_gifts(_gifts(("A", 300)), _pools(old, {}, new)) == []


def test_the_smaller_ratio_counts_for_both() -> None:
    """One partner offers half of each gift, rounded down to the fen: both give it."""
    found = changqing.split_gifts(_gifts(("A", 301)), _pools({}, {"denominator": 2}))
    assert [fen for *_, fen in found] == [150, 150]


def test_a_pool_for_any_fund_stands_alone() -> None:
    """A sponsor of the whole city is no partner: its match does not wait for anybody."""
    found = changqing.split_gifts(_gifts(("A", 300)), _pools({"fund": None}))
    assert found == [("G0", "P0", 300)]


def test_no_pool_gives_more_than_it_has_or_may(seed: int) -> None:
    """Random gifts and pools: partners give alike, sums stay within the pools and the donors' caps."""
    rng = np.random.default_rng(seed)
    for _ in range(50):
        donors = rng.choice(["A", "B", "C"], 12)
        gifts = _gifts(*zip(donors.tolist(), rng.integers(1, 900, 12).tolist(), strict=True))
        left, caps = rng.integers(0, 3_000, 2), rng.integers(0, 1_500, 2)
        pools = _pools(*({"left_fen": int(left[k]), "donor_cap": int(caps[k])} for k in range(2)))
        found = changqing.split_gifts(gifts, pools)
        sums = [sum(fen for _, pool, fen in found if pool == f"P{k}") for k in range(2)]
        assert sums[0] == sums[1] <= left.min()
        by_donor = {d: sum(f for g, p, f in found if p == "P0" and donors[int(g[1:])] == d) for d in "ABC"}  # fmt: skip
        assert max(by_donor.values()) <= caps.min()
        assert all(fen > 0 for *_, fen in found)


# --- project accounts --------------------------------------------------------------------------


def test_what_a_project_account_does_not_state_is_unknown(
    city: wushe.LinkageNetwork, rules: wushe.Plugins
) -> None:
    """PJ-4 has no budget and no last day: unknown, not a no; the other three state everything."""
    projects = city["projects"]
    rows = wushe.Columns(len(projects), {name: projects[name].copy() for name in projects.columns})
    context = wushe.Context(ON, rules.categories, rules.target_groups)
    standard = rules.standards["changqing_account"]
    answers = {item.id: item.test(rows, context).tolist() for item in standard.items}
    assert answers == {
        "fund": [1, 1, 1, 1],
        "budget": [1, 1, 1, -1],
        "organization": [1, 1, 1, 1],
        "goal": [1, 1, 1, 1],
        "period": [1, 1, 1, -1],
    }
    assert "假定" in standard.source
    # Projects lie nowhere: there is no table that would say "county not known" of each of them.
    tables = check_standards(city, rules, ON).tables()
    assert [t.id.rpartition(".")[2] for t in tables] == ["items", "rows"]


def test_a_budget_of_nothing_is_no_budget(rules: wushe.Plugins) -> None:
    """Zero fen were stated, and are not enough; that is no unknown."""
    rows = wushe.Columns(2, {"budget_fen": np.array([0, 1], dtype=np.int64)})
    context = wushe.Context(ON, rules.categories, rules.target_groups)
    (budget,) = [i for i in rules.standards["changqing_account"].items if i.id == "budget"]
    assert budget.test(rows, context).tolist() == [0, 1]


# --- sections ----------------------------------------------------------------------------------


def _section(key: str, city: wushe.LinkageNetwork, rules: wushe.Plugins) -> Any:
    context = wushe.Context(ON, rules.categories, rules.target_groups)
    tables = rules.report_sections[key].make(city, context)
    return {t.id: {row.label.zh: row.cells for row in t.all_rows()} for t in tables}


def test_funds_are_counted_by_county(city: wushe.LinkageNetwork, rules: wushe.Plugins) -> None:
    """By level and with known balances; the fund of unknown balance is counted as such, not as zero."""
    found = _section("anhui_funds", city, rules)
    assert found["anhui_funds"] == {
        "包河区": (2, 1, 1, 0, 21_860_000),
        "蜀山区": (1, 0, 1, 0, 3_000_000),
        "贵池区": (2, 1, 1, 1, 1_800_000),
        "宣州区": (1, 1, 0, 0, 900_000),
        "合计": (6, 3, 3, 1, 27_560_000),
    }


def test_the_provinces_totals_are_quoted_and_never_mixed_in(
    city: wushe.LinkageNetwork, rules: wushe.Plugins
) -> None:
    """7,232 funds and 125 million yuan stand in a row of their own, beside what the tables hold."""
    quoted, held = _section("anhui_funds", city, rules)["anhui_published"].values()
    assert quoted == (PUBLISHED_FUNDS, PUBLISHED_YUAN * 100)
    assert held == (6, 27_560_000)


def test_budgets_beyond_the_balance_are_shown(rules: wushe.Plugins) -> None:
    """A fund of 100 yuan with budgets of 60 and 70 lacks 30; unknown budgets and balances are no zeros.

    What names no fund is not left out: it has a row of its own.
    """
    tables = {
        "organizations": wushe.make_table(
            "organizations", {"id": ["O"], "name": ["甲"], "kind": ["foundation"]}
        ),
        "funds": wushe.make_table(
            "funds",
            {"id": ["F1", "F2"], "name": ["一", "二"], "host": ["O", "O"], "balance_fen": [10_000, None]},
        ),
        "projects": wushe.make_table(
            "projects",
            {
                "id": ["A", "B", "C", "D"],
                "name": ["A", "B", "C", "D"],
                "fund": ["F1", "F1", "F2", None],
                "budget_fen": [6_000, 7_000, None, 500],
            },
        ),
    }  # fmt: skip
    city = wushe.build_network(tables, rules.categories, rules.target_groups)
    assert _section("changqing_accounts", city, rules)["changqing_accounts"] == {
        "一": (2, 0, 13_000, 10_000, 3_000),
        "二": (1, 1, None, None, None),
        "未写明基金的": (1, 0, 500, None, None),
    }


def test_sections_of_an_empty_city_are_empty(rules: wushe.Plugins) -> None:
    """No funds: a total of nothing, and no row but the quoted one says otherwise."""
    city = wushe.build_network({}, rules.categories, rules.target_groups)
    assert _section("changqing_accounts", city, rules) == {"changqing_accounts": {}}
    assert _section("anhui_funds", city, rules)["anhui_funds"] == {"合计": (0, 0, 0, 0, 0)}


# --- the tables --------------------------------------------------------------------------------


def test_the_tables_have_no_mistakes(rules: wushe.Plugins) -> None:
    """`check` has nothing to say about them, and README says what is made up in both languages."""
    assert wushe.check(FOLDER, plugins=rules) == ()
    assert find_demo("changqing").on == ON.isoformat()
    text = Path(FOLDER / "README.md").read_text("utf-8")
    assert all(word in text for word in ("其余全部虚构", "Everything else is made up", "7232"))
