"""The Xuanzhou story runs as told: the floor, three sources, the match, the totals, an emergency."""

import datetime as dt
from collections import Counter
from typing import Any

import pytest

from wushe.demos.stories import xuanzhou as story
from wushe.ledger import money
from wushe.rules import chain_of

PUBLISHED = {"societies": 217, "times": 1_790, "fen": 104_280_000}
"""中安在线, 13 March 2025: societies, person-times helped, 1,042,800 yuan given. Fixtures, not results."""


@pytest.fixture(scope="module")
def books() -> Any:
    """The books after the whole story, with what was said on the way."""
    made: Any = story.Books()
    story.open_funds(made)
    made.refused = story.below_the_floor(made)
    made.two = story.without_a_source(made)
    made.before = made.fund(made.societies[0].id)
    story.found(made)
    made.match = story.match(made)
    story.years(made)
    made.sums = story.totals(made)
    made.orders = story.emergency(made)
    made.paid = story.pay(made, made.orders)
    made.other = story.another_village(made)
    made.up = story.three_levels(made)
    return made


def test_29999_yuan_are_refused_with_the_reason_and_change_nothing(books: Any) -> None:
    """The message says what is there, what is needed and what is missing; the society stays in preparation."""
    said = books.refused.say("zh")
    assert "29,999.00元" in said
    assert "30,000.00元" in said
    assert "还差1.00元" in said
    assert (books.before.status, books.before.received_fen) == ("preparing", 0)


def test_the_floor_is_a_dated_parameter_with_its_source(books: Any) -> None:
    """The story takes 30,000 yuan from the plugin's parameter, and before its first day there is none."""
    floor = books.start_up("floor")
    assert (books.floor, floor.source) == (3_000_000, "中安在线 2025-03-13")
    before = books.rules.parameters.find(
        "society_floor", chain_of(story.DISTRICT), dt.date(2023, 12, 31)
    )
    assert before.parameter is None


def test_45000_yuan_without_one_source_are_refused_and_the_source_is_named(books: Any) -> None:
    """More than the floor, but nothing from the charity association: its match is one of the three."""
    assert books.sources == ["fiscal", "donation", "collective"]
    (problem,) = books.two.problems
    assert problem.code == "fund-source-missing"
    assert "没有出资：捐赠" in problem.say("zh")
    assert "gave nothing: donors" in problem.say("en")


def test_each_society_starts_with_30000_yuan_of_three_natures(books: Any) -> None:
    """A fiscal or collective contribution is no donation: natures stay apart, and only the donation has a receipt."""
    gifts = [g for g in books.store.state.find("gift", fund=story.FIRST) if g.day == "2024-01-08"]
    assert sum(gift.fen for gift in gifts) == 3_000_000
    assert sorted(gift.nature for gift in gifts) == ["collective", "donation", "fiscal"]
    assert [gift.nature for gift in gifts if gift.receipt_no] == ["donation"]


def test_the_associations_pool_runs_dry_in_whole_yuan(books: Any) -> None:
    """1,000.50 yuan were given; whole yuan were matched until the 800 of the pool were used up."""
    assert books.match == (100_050, 80_000, 0)
    matched = [g for g in books.store.state.find("gift", fund=story.FIRST) if g.pool == "POOL-1"]
    assert [gift.fen for gift in matched] == [30_000, 30_000, 20_000]


def test_the_published_totals_balance(books: Any) -> None:
    """217 societies, 1,790 person-times, 1,042,800 yuan; what came in is what was given and what is left."""
    assert books.sums == {
        **PUBLISHED,
        "left": 217 * 3_000_000 + 180_050 - 104_280_000,
        "difference": 0,
    }


def test_every_society_gave_and_none_is_overdrawn(books: Any) -> None:
    """Eight or nine times each until March; nothing below zero, and an audit from the events alone finds nothing."""
    before = [p.fund for p in books.store.state.find("payment") if p.day <= "2025-03-01"]
    assert set(Counter(before).values()) == {8, 9}
    assert len(set(before)) == 217
    assert min(books.fund(fund.id).free_fen for fund in books.societies) >= 0
    assert money.check_ledger(books.store.log) == []


def test_emergency_aid_is_committed_on_acceptance_and_paid_the_same_day(books: Any) -> None:
    """Each accepted order set its money aside; the emergencies were paid before anything was confirmed."""
    held = [c for order in books.orders for c in books.store.state.find("commitment", order=order)]
    assert len(held) == len(books.orders) == 9
    assert {c.status for c in held} == {"paid", "open"}
    paid = [books.store.state.get("payment", key) for key in books.paid]
    assert {p.emergency for p in paid} == {"acute_illness"}
    assert {p.day for p in paid} == {"2025-03-10"}


def test_a_village_gives_its_part_and_the_district_the_rest(books: Any) -> None:
    """H-08 needs 8,000 yuan: 3,000 from its village, 5,000 from the district."""
    held = [c for c in books.store.state.find("commitment") if c.need == "N-08"]
    assert {c.fund: c.fen for c in held} == {"F-131": 300_000, "F-XZ": 500_000}


def test_a_society_is_not_asked_for_another_village(books: Any) -> None:
    """The guard's own words are what the desk is told."""
    assert "互助社只帮本村" in books.other.say("zh")
    assert "its own village only" in books.other.say("en")


def test_what_the_village_lacks_goes_up_level_by_level_to_the_district(books: Any) -> None:
    """Village, township's station, district; the district's fund takes what the society could not pay."""
    order, steps = books.up
    assert steps == [("community", None), ("street", "S-1"), ("county", "F-XZ")]
    (held,) = books.store.state.find("commitment", order=order)
    assert (held.fund, held.fen) == ("F-XZ", 250_000)
    declined = books.store.state.find("commitment", fund=story.FIRST, order=order)
    assert declined == []


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ("还差1.00元", "救助 1,790 人次，发放 1,042,800.00 元", "借贷差额 0", "当天付出", "只帮本村")),
        ("en", ("1,790 person-times, 1,042,800.00 yuan", "debits less credits 0", "paid the same day")),
    ],
)  # fmt: skip
def test_the_story_is_told_in_both_languages(lang: str, words: tuple[str, ...]) -> None:
    """What a reader sees."""
    told = "\n".join(story.tell(lang))
    for word in words:
        assert word in told, word
