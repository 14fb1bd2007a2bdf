"""Ezhou: the matching pool that runs dry, goods for every home, directed gifts, emergency mode, the statement.

Published figures (news of the press conference of 16 May) are fixtures here: 30 million yuan of matching, goods worth
103,000 yuan, 270 million yuan in 2020. Nothing below shows that they are right.
"""

import datetime as dt
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import wushe
from rules_once import share_rules
from wushe.demos import find_demo, tell
from wushe.demos.stories import ezhou as story
from wushe.demos.stories import ezhou_emergency
from wushe.demos.stories.ezhou import Books
from wushe.demos.stories.ezhou_matching import Matched, limits, reason
from wushe.ledger import money
from wushe.plugins.ezhou.spread import quotas
from wushe.report.disclosure import audit_tables

POOL_FEN, GOODS_FEN, DONATIONS_FEN = 3_000_000_000, 10_300_000, 27_000_000_000
AT = "2023-05-21T09:00:00+08:00"


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every set of books would load the same rules."""
    share_rules(monkeypatch)


@pytest.fixture(scope="module")
def rules() -> wushe.Plugins:
    """Return the city's rules."""
    return wushe.load_plugins("ezhou")


@pytest.fixture(scope="module")
def books() -> Books:
    """Return books in which nothing has happened, for what is read only."""
    return Books()


@pytest.fixture(scope="module")
def campaign() -> tuple[Books, tuple[Matched, ...]]:
    """Return the books after the campaign, and what became of Ezhou's gifts."""
    after = Books()
    return after, story.campaign(after)


# --- the campaign ------------------------------------------------------------------------------


def test_the_pool_and_its_days_are_dated_parameters_with_their_source(books: Books) -> None:
    """The published sum and window; a day later there is no such rule."""
    assert books.rule("pool").number == POOL_FEN
    assert story.days(books) == (dt.date(2023, 5, 20), dt.date(2023, 5, 22))
    assert "慈善一日捐" in books.rule("pool").source
    later = books.rules.parameters.find("ezhou_campaign_pool", ("420000",), dt.date(2023, 5, 23))
    assert later.parameter is None


def test_gifts_before_the_first_and_after_the_last_day_are_not_matched(
    campaign: tuple[Books, tuple[Matched, ...]],
) -> None:
    """Ten minutes too early, and the first instant of the day after."""
    _, gifts = campaign
    assert (gifts[0].matched, gifts[0].why) == (0, ("opens",))
    assert (gifts[-1].matched, gifts[-1].why) == (0, ("closes", "left_fen"))
    assert reason(gifts[-1], "en") == "the matching is over; the pool is empty"


def test_the_caps_of_a_gift_and_of_a_donor_hold(
    campaign: tuple[Books, tuple[Matched, ...]],
) -> None:
    """120,000 yuan are matched up to the gift's cap, the firm's next gift up to the donor's."""
    _, (_, first, second, *_) = campaign
    assert (first.matched, first.why) == (story.GIFT_CAP, ("gift_cap",))
    assert second.matched == story.DONOR_CAP - story.GIFT_CAP
    assert second.why == ("donor_cap",)


def test_the_pool_runs_dry_in_the_middle_of_a_gift(
    campaign: tuple[Books, tuple[Matched, ...]],
) -> None:
    """600 yuan in full, of 2,000 yuan the 1,400 that are left, of the next gift nothing."""
    after, gifts = campaign
    assert [(g.given, g.matched, g.why) for g in gifts[3:6]] == [
        (60_000, 60_000, ()),
        (200_000, 140_000, ("left_fen",)),
        (20_000, 0, ("left_fen",)),
    ]
    pool = after.store.state.get("pool", "POOL")
    assert (pool.given, pool.left) == (POOL_FEN, 0)


def test_why_a_gift_was_not_matched_is_asked_of_the_rule_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With another cap, the reasons of the same gifts are others: none is written down beforehand."""
    monkeypatch.setattr(story, "DONOR_CAP", 12_000_000)
    monkeypatch.setattr(story, "PROJECT_CAP", 300_000_001)
    monkeypatch.setattr(story, "GIFTS", story.GIFTS[1:3])
    monkeypatch.setattr(story, "OTHERS", 0)
    monkeypatch.setattr(story, "GIFT_CAP", 13_000_000)
    after = Books()
    first, second = story.campaign(after)
    assert [(g.matched, g.why) for g in (first, second)] == [(12_000_000, ()), (0, ("donor_cap",))]
    empty = attrs.evolve(after.store.state.get("pool", "POOL"), given=POOL_FEN)
    with pytest.raises(RuntimeError, match="the rule of matching 0"):
        limits(after.store, after.rules, empty, first.gift, first.matched)


def test_the_statement_lists_each_match_and_balances(
    campaign: tuple[Books, tuple[Matched, ...]],
) -> None:
    """Seven gifts, four matches, the last one in part; gifts and matches are the fund's closing balance."""
    after, gifts = campaign
    made = after.statement(dt.date(2023, 5, 1), dt.date(2023, 5, 31))
    given, added = story.stated(made)
    assert (len(given), len(added), added[-1]) == (7, 4, 140_000)
    assert sum(added) == sum(g.matched for g in gifts)
    (fund,) = [one for one in made.funds if one.fund == "F-EZ"]
    assert fund.closing.fen == sum(given) + sum(added)
    assert audit_tables(made.tables()) == []


def test_a_private_donor_is_not_named(campaign: tuple[Books, tuple[Matched, ...]]) -> None:
    """The statement has aliases: neither ids nor names of those who gave."""
    after, _ = campaign
    made = after.statement(dt.date(2023, 5, 1), dt.date(2023, 5, 31))
    text = made.to_csv("gifts") + made.to_html()
    assert "爱心人士" in text
    for hidden in ("D-1", "D-2", "D-3", "殷女士", "阮先生", "柯女士"):
        assert hidden not in text


@given(
    st.lists(st.tuples(st.integers(1, 900), st.sampled_from("abc")), min_size=1, max_size=8),
    st.integers(1, 2000),
)
def test_a_pool_never_gives_more_than_it_has_nor_more_than_its_caps(
    gifts: list[tuple[int, str]], fen: int
) -> None:
    """Whatever comes in: no fen too much from the pool, to a gift, for a donor."""
    donations = {
        "id": np.array([f"G{n}" for n in range(len(gifts))], dtype=object),
        "fen": np.array([g for g, _ in gifts], dtype=np.int64),
        "donor": np.array([d for _, d in gifts], dtype=object),
        "at": np.full(len(gifts), AT, dtype=object),
    }
    donations |= {name: np.full(len(gifts), None, dtype=object) for name in ("fund", "project")}
    pools = {name: np.array([None], dtype=object) for name in ("fund", "opens", "closes")}
    pools |= {"id": np.array(["P"], dtype=object), "given": np.array([{}], dtype=object)}
    numbers = {"left_fen": fen, "numerator": 1, "denominator": 1}
    numbers |= {"gift_cap": 500, "donor_cap": 800, "project_cap": -1}
    pools |= {name: np.array([value], dtype=np.int64) for name, value in numbers.items()}
    plugins = _LOADED
    context = wushe.Context(dt.date(2023, 5, 21), plugins.categories, plugins.target_groups)
    found = plugins.split_gifts(
        wushe.Columns(len(gifts), donations), wushe.Columns(1, pools), context
    )
    by_gift = {gift: amount for gift, _, amount in found}
    assert sum(by_gift.values()) <= fen
    for n, (given_fen, _) in enumerate(gifts):
        assert by_gift.get(f"G{n}", 0) <= min(given_fen, 500)
    for donor in "abc":
        assert sum(by_gift.get(f"G{n}", 0) for n, (_, d) in enumerate(gifts) if d == donor) <= 800


_LOADED = wushe.load_plugins("ezhou")


# --- goods for every home ----------------------------------------------------------------------


@pytest.fixture(scope="module", params=["R-1", "R-2"])
def lot(request: pytest.FixtureRequest) -> str:
    """Give each of the two lots."""
    return str(request.param)


def test_no_home_is_left_out_and_all_is_given(books: Books, lot: str) -> None:
    """In proportion to beds every home gets within one piece of its quota; nothing stays in the warehouse."""
    fair = story.spread(books, lot)
    asked = {home: wanted or 0 for home, (wanted, _) in story.shares(books, lot).items()}
    whole = books.city["resources"].record(story._row(books.city, "resources", lot)).quantity
    assert whole is not None
    assert sum(fair.values()) == whole
    total = sum(asked.values())
    assert len(fair) == 12
    for home, got in fair.items():
        assert got > 0
        assert abs(got - whole * asked[home] / total) < 1


def test_two_homes_of_one_community_both_get_their_part() -> None:
    """Nobody is passed over for a neighbour: with all homes in one community the parts are the same."""
    crowded = Books()
    homes = [
        attrs.evolve(home, place="420704003-01")
        for home in crowded.city["institutions"].records()
        if home.kind == "nursing_home"
    ]
    tables = {**crowded.city.tables, "institutions": wushe.table_of("institutions", homes)}
    crowded.city = wushe.build_network(tables, crowded.city.categories, crowded.city.target_groups)
    assert story.spread(crowded, "R-1") == story.spread(Books(), "R-1")


@example({"a": 300, "b": 1, "c": 1}, 3)
@example({"a": 300, "b": 1, "c": 1}, 2)
@example({"a": 300, "b": 300}, 1)
@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 300), min_size=1),
    st.integers(0, 1500),
)
def test_quotas_leave_no_home_out_and_nothing_over(wanted: dict[str, int], stock: int) -> None:
    """All is given up to what is wanted; nobody above it; a piece for each as long as there are enough."""
    parts = quotas(stock, wanted)
    assert sum(parts.values()) == min(stock, sum(wanted.values()))
    assert all(0 <= parts[home] <= wanted[home] for home in wanted)
    asking = [home for home in wanted if wanted[home]]
    if stock >= len(asking):
        assert all(parts[home] for home in asking)
    for one in asking:
        for other in asking:
            if wanted[one] >= wanted[other]:
                assert parts[one] >= parts[other] - 1


def test_at_least_total_cost_alone_would_leave_homes_with_nothing(books: Books) -> None:
    """That is why fairness is asked for: the far ones get none."""
    assert list(story.spread(books, "R-1", fair=False).values()).count(0) > 0


def test_a_home_that_has_not_said_how_many_beds_gets_a_piece_at_least() -> None:
    """Unknown is not zero: the typical amount is planned until it is known."""
    asking = Books()
    needs = [
        attrs.evolve(need, quantity=None, unit=None) if need.id == "N-01" else need
        for need in asking.city["needs"].records()
    ]
    tables = {**asking.city.tables, "needs": wushe.table_of("needs", needs)}
    asking.city = wushe.build_network(tables, asking.city.categories, asking.city.target_groups)
    assert story.spread(asking, "R-1")["I-01"] == 1


def _parts(
    books: Books, rules: wushe.Plugins, on: dt.date = dt.date(2023, 2, 6), **tables: list[Any]
) -> list[dict[str, int]]:
    """Return each home's part, by id, of each lot in the section of the report, with other tables."""
    changed = {kind: wushe.table_of(kind, rows) for kind, rows in tables.items()}
    city = wushe.build_network(
        {**books.city.tables, **changed}, rules.categories, rules.target_groups
    )
    context = wushe.Context(on, rules.categories, rules.target_groups)
    made: Any = rules.report_sections["ezhou_goods"].make(city, context)
    return [{row.cells[0].zh: row.cells[2] for row in table.rows} for table in made]


def test_a_home_that_asked_for_nothing_is_on_the_list_one_that_has_it_is_not(
    books: Books, rules: wushe.Plugins
) -> None:
    """All homes are meant: I-02 has no need on record and gets a piece; the need of I-01 is met."""
    needs = [
        attrs.evolve(need, status="met") if need.id == "N-01" else need
        for need in books.city["needs"].records()
        if need.id != "N-03"
    ]
    disinfectant, tests = _parts(books, rules, needs=needs)
    assert "I-01" not in disinfectant
    assert disinfectant["I-02"] == 1
    assert sum(disinfectant.values()) == 400
    assert len(tests) == 12


def test_fewer_pieces_than_homes_exactly_one_each_and_plenty(
    books: Books, rules: wushe.Plugins
) -> None:
    """5 pieces for 12 homes are five homes' part; 12 are one each; of 5,000 nobody gets more than asked."""
    lots = list(books.city["resources"].records())
    found = {}
    for stock in (5, 12, 5_000):
        changed = [attrs.evolve(lot, quantity=stock) if lot.id == "R-1" else lot for lot in lots]
        found[stock], _ = _parts(books, rules, resources=changed)
    assert sorted(found[5].values()) == [0] * 7 + [1] * 5
    assert set(found[12].values()) == {1}
    assert sum(found[5_000].values()) == 594


def test_two_lots_of_the_same_goods_count_what_the_first_one_gave(
    books: Books, rules: wushe.Plugins
) -> None:
    """300 and 400 canisters for 594 that are asked: together everybody has what it asked, to the piece."""
    lots = list(books.city["resources"].records())
    (first,) = [lot for lot in lots if lot.id == "R-1"]
    more = attrs.evolve(first, id="R-1B", quantity=400)
    changed = [attrs.evolve(first, quantity=300), more, *(x for x in lots if x.id != "R-1")]
    one, two, _ = _parts(books, rules, resources=changed)
    assert {home: one[home] + two[home] for home in one} == {
        need.institution: need.quantity
        for need in books.city["needs"].records()
        if need.category == "disinfectant"
    }


def test_packs_stay_whole_and_what_is_expired_or_named_for_one_home_is_not_spread(
    books: Books, rules: wushe.Plugins
) -> None:
    """400 canisters in packs of 20; a lot for I-01 alone is the donor's word; after the last day nothing is left."""
    lots = list(books.city["resources"].records())
    packed = [attrs.evolve(x, pack=20) if x.id == "R-1" else x for x in lots]
    parts, _ = _parts(books, rules, resources=packed)
    assert all(part and part % 20 == 0 for part in parts.values())
    named = [attrs.evolve(x, for_clients=("I-01",)) if x.id == "R-1" else x for x in lots]
    assert len(_parts(books, rules, resources=named)) == 1
    assert _parts(books, rules, dt.date(2024, 1, 1)) == []


def test_what_is_handed_out_is_worth_what_was_published() -> None:
    """The prices are made up so that the total is the published one; each home signs twice."""
    books = Books()
    parts = {lot: story.spread(books, lot) for lot in story.UNIT_FEN}
    assert story.hand_out(books, parts) == (12, 24, GOODS_FEN)


# --- named funds and directed gifts ------------------------------------------------------------


def test_a_directed_gift_is_used_only_where_the_donor_said() -> None:
    """Refused for the neighbouring town, with how much is restricted; paid for the town that was named."""
    error, fen = story.directed(Books())
    assert "80,000.00元另有限定" in error.say("zh")
    assert fen == 5_000_000


def test_a_named_fund_helps_its_own_group_only(rules: wushe.Plugins, books: Books) -> None:
    """Serious illness alone does not open the fund for families with two; what is named for a group is used first."""
    plan = wushe.make_plan(books.city, plugins=rules, on=story.ON)
    given = {
        client: [
            item.provider.id for item in plan[client].items if item.category.id == "medical_aid"
        ]
        for client in ("H-01", "H-02", "H-03")
    }
    assert given == {"H-01": ["F-A"], "H-02": ["F-ILL"], "H-03": ["F-P"]}


def test_the_goods_of_the_homes_go_to_nobody_else(rules: wushe.Plugins, books: Books) -> None:
    """A household that asks for tests is refused by the donor's word, and told so."""
    need = wushe.Need(id="N-X", category="antigen_test", household="H-05", quantity=5, unit="piece")
    tables = {**books.city.tables, "needs": wushe.table_of("needs", [need])}
    city = wushe.build_network(tables, books.city.categories, books.city.target_groups)
    (unserved,) = wushe.make_plan(city, plugins=rules, on=story.ON)["H-05"].unserved
    assert unserved.reason == "restriction"


# --- emergency mode ----------------------------------------------------------------------------


def test_the_emergency_switches_who_comes_first_and_how_long_anybody_may_think(
    books: Books,
) -> None:
    """With 2,000 yuan: urgent living aid usually, emergency aid in an emergency; 60 minutes become 15."""
    (usual, before), (emergency, during) = story.emergency_mode(books)
    first = [[item.category.id for item in plan["H-06"].items] for plan in (before, during)]
    assert first == [["living_aid"], ["emergency_aid"]]
    minutes = [r.order_rules_for("food").answer_minutes["emergency"] for r in (usual, emergency)]
    assert minutes == [60, 15]


def test_what_the_emergency_took_the_place_of_is_told(rules: wushe.Plugins) -> None:
    """The origins name both plugins; without the second one all is as before."""
    both = wushe.load_plugins("ezhou", ezhou_emergency)
    replaced = [o for o in both.origins() if o.plugin == "ezhou_emergency" and o.instead_of]
    assert {(o.hook, o.instead_of[-1]) for o in replaced} >= {("register_order_rules", "ezhou")}
    assert rules.order_rules_for("food").asked_at_once == 1


def test_the_emergency_mode_alone_is_refused() -> None:
    """It replaces a rule of Ezhou's: without Ezhou there is nothing to replace."""
    with pytest.raises(wushe.PluginError, match="replaces nothing"):
        wushe.load_plugins(ezhou_emergency)


# --- seven ways, the year 2020, the whole story ------------------------------------------------


def test_the_seven_ways_are_fields_of_work_and_each_has_its_projects(
    rules: wushe.Plugins, books: Books
) -> None:
    """Seven programmes with a source; every project of the table is of one way."""
    assert [p.id for p in rules.programmes.values()] == [f"ezhou_way_{n}" for n in range(1, 8)]
    assert all("慈善一日捐" in p.source for p in rules.programmes.values())
    (section,) = [s for s in rules.report_sections.values() if s.id == "ezhou_ways"]
    context = wushe.Context(dt.date(2023, 2, 6), rules.categories, rules.target_groups)
    ways, published = section.make(books.city, context)
    assert ways.total is not None
    assert ways.total.cells[0] == len(books.city["projects"])
    assert all(row.cells[0] for row in ways.rows)
    assert [row.cells[0] for row in published.rows] == [POOL_FEN, DONATIONS_FEN, GOODS_FEN]


def test_a_project_whose_id_names_no_way_is_counted_apart(
    rules: wushe.Plugins, books: Books
) -> None:
    """Nothing is lost: the projects of a user who numbers them otherwise stand in a row of their own."""
    projects = [wushe.Project(id="8-01", name="甲"), wushe.Project(id="PJ", name="乙")]
    tables = {"projects": wushe.table_of("projects", projects)}
    city = wushe.build_network(tables, rules.categories, rules.target_groups)
    context = wushe.Context(dt.date(2023, 2, 6), rules.categories, rules.target_groups)
    (ways, _) = rules.report_sections["ezhou_ways"].make(city, context)
    assert len(ways.rows) == 8
    assert ways.rows[-1].cells == (2, 2, None, 2)


def test_a_budget_that_nobody_recorded_is_counted_as_unknown(
    rules: wushe.Plugins, books: Books
) -> None:
    """Four projects have no budget; a way of which none is known has no sum, not 0."""
    (section,) = [s for s in rules.report_sections.values() if s.id == "ezhou_ways"]
    context = wushe.Context(dt.date(2023, 2, 6), rules.categories, rules.target_groups)
    ways = section.make(books.city, context)[0]
    assert [row.cells[2] for row in ways.rows][5:] == [None, None]
    total = ways.total
    assert total is not None
    assert total.cells[-1] == int((~books.city["projects"].known("budget_fen")).sum()) == 4


def test_the_statement_of_2020_balances_with_the_published_total() -> None:
    """270 million yuan in four made-up gifts: in, nothing out, and all of it in the closing balance."""
    books = Books()
    (fund,) = story.emergency_2020(books).funds
    assert (fund.opening.fen, fund.closing.fen) == (0, DONATIONS_FEN)
    assert money.trial_balance(books.store.state)["difference"] == 0


def test_the_story_is_told_to_the_end() -> None:
    """Every heading, and the pool that runs dry."""
    lines = list(tell(find_demo("ezhou"), "en"))
    assert sum(line.startswith("\n== ") for line in lines) == 7
    assert any(("1,400.00" in line and "E-5" in line) for line in lines)
