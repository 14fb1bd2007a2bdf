"""The Changqing story: no seed without the partner's part, money by project, pools that stop together."""

from typing import Any

import attrs
import pytest

import wushe
from wushe.demos import find_demo, tell
from wushe.demos.stories import changqing as story
from wushe.ledger import money

PUBLISHED = {"funds": 7_232, "fen": 12_500_000_000}
"""中安在线, 13 March 2025: 7,232 community funds and 125 million yuan in Anhui, end of 2024."""


@pytest.fixture(scope="module")
def books() -> Any:
    """The books after the whole story was told, with what was answered on the way."""
    made: Any = story.Books()
    story.open_fund(made)
    made.refused = story.refused_seeds(made)
    made.before = made.store.state.get("fund", story.FUND)
    story.seed_projects(made)
    made.matched = story.match(made)
    made.balance = made.store.state.get("fund", story.FUND).free_fen
    made.paid = story.help_by_project(made)
    made.bare = story.without_a_project(made)
    return made


def test_a_missing_and_an_unequal_part_are_refused(books: Any) -> None:
    """The foundation is named with what it owes: all of 100,000 yuan, or 20,000 of it; nothing was booked."""
    said = [error.say("zh") for error in books.refused]
    assert [error.problems[0].code for error in books.refused] == ["fund-share-missing"] * 2
    assert all("O-FD" in words for words in said)
    assert "还差100,000.00元" in said[0]
    assert "还差20,000.00元" in said[1]
    assert books.before.received_fen == 0


def test_equal_parts_seed_each_project(books: Any) -> None:
    """Every project has as much of the street (fiscal) as of the foundation (donation)."""
    gifts = [g for g in books.store.state.find("gift", fund=story.FUND) if g.donor_kind == "organization"]  # fmt: skip
    for project, fen in story.SEEDS.items():
        given = {g.nature: g.fen for g in gifts if g.earmark.project == project and not g.pool}
        assert given == {"fiscal": fen, "donation": fen}


def test_an_account_without_budget_and_end_gets_no_seed(books: Any) -> None:
    """PJ-4 is the one project that the plugin's standard finds wanting, and it is not among the seeded."""
    assert story.unfit(books) == {"PJ-4": "不清楚：有预算、有起止日期"}
    assert "PJ-4" not in story.accounts(books)


def test_pools_match_in_step_until_one_runs_dry_in_the_middle_of_a_gift(books: Any) -> None:
    """The third gift of 500 yuan gets 300 of each, the fourth nothing, although the street has 1,000 left."""
    found = [(row["POOL-ST"], row["POOL-FD"]) for row in books.matched]
    assert found == [(80_000, 80_000), (90_000, 90_000), (30_000, 30_000), (0, 0)]
    assert (books.pool("POOL-ST").left, books.pool("POOL-FD").left) == (100_000, 0)


def test_money_is_spent_by_project_only(books: Any) -> None:
    """Six needs are paid by their projects; what belongs to no project is refused, though 196,000 yuan are free."""
    payments = [books.store.state.get("payment", key) for key in books.paid]
    assert {(p.category, p.project) for p in payments} == set(story.PROJECT_FOR.items())
    assert len(payments) == 6
    assert books.bare.problems[0].code == "fund-not-enough"
    assert "196,000.00元另有限定" in books.bare.say("zh")


def test_the_accounts_balance(books: Any) -> None:
    """Each project: seed and gifts less what was spent; all together the fund; debits equal credits."""
    held = story.accounts(books)
    for row in held.values():
        assert row["closing"] == row["changed_in"] + row["received"] - row["spent"]
    fund = books.store.state.get("fund", story.FUND)
    assert sum(row["closing"] for row in held.values()) == fund.free_fen
    assert money.trial_balance(books.store.state)["difference"] == 0


def test_the_tables_balance_is_the_storys(books: Any) -> None:
    """Seed money, gifts and matches come to what the demo's table of funds says before anything is spent."""
    (fund,) = [row for row in books.city["funds"].records() if row.id == story.FUND]
    assert fund.balance_fen == books.balance == 20_660_000


def test_the_section_counts_a_whole_province(books: Any) -> None:
    """A made-up list of 7,232 funds in 104 counties: the rows add up to the published totals."""
    quoted = story.published(books)
    assert quoted == PUBLISHED
    table, _ = books.section("anhui_funds", story.province(books.rules, quoted))
    assert len(table.rows) == 104
    assert sum(row.cells[0] for row in table.rows) == PUBLISHED["funds"]
    assert sum(row.cells[4] for row in table.rows) == PUBLISHED["fen"]
    assert table.total is not None
    village, street = table.total.cells[1:3]
    assert village + street == PUBLISHED["funds"]
    assert min(village, street) > 0


def test_a_fund_of_unknown_balance_is_counted_and_its_money_is_not(books: Any) -> None:
    """Half of the list has no balance on record: all funds are counted, half the money is known."""
    province = story.province(books.rules, {"funds": 208, "fen": 20_800})
    funds = [
        attrs.evolve(fund, balance_fen=None if n % 2 else fund.balance_fen)
        for n, fund in enumerate(province["funds"].records())
    ]
    tables = {**province.tables, "funds": wushe.table_of("funds", funds)}
    half = wushe.build_network(tables, province.categories, province.target_groups)
    total = books.section("anhui_funds", half)[0].total
    assert total is not None
    assert (total.cells[0], *total.cells[3:]) == (208, 104, 10_400)


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ("还差20,000.00元", "一方用完，另一方也不再配", "不清楚：有预算、有起止日期", "借贷差额 0")),
        ("en", ("20,000.00 yuan are missing", "one is dry, both stop", "not known: a budget", "7,232 funds")),
    ],
)  # fmt: skip
def test_the_story_is_told_in_both_languages(lang: str, words: tuple[str, ...]) -> None:
    """What a reader of ``wushe demo changqing`` sees."""
    told = "\n".join(tell(find_demo("changqing"), lang))
    assert [word for word in words if word not in told] == []
