"""Chizhou: each need goes to the right money with its reason; aid before the operation, work after it."""

import datetime as dt
from typing import Any

import attrs
import numpy as np
import pytest

import wushe
from wushe.demos import demo_path
from wushe.demos.stories import chizhou as story
from wushe.ledger import money
from wushe.plugins import chizhou

SOCIETY, VILLAGE, FUND = chizhou.SOCIETY, chizhou.VILLAGE, chizhou.FUND
FOLDER = demo_path("chizhou")


@pytest.fixture(scope="module")
def desk() -> story.Desk:
    """The station's desk before anything happens."""
    return story.Desk()


@pytest.fixture(scope="module")
def plan(desk: story.Desk) -> wushe.Plan:
    """The plan of the demo."""
    return story.planned(desk)


def _column(*values: Any) -> Any:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _needs(*categories: str) -> wushe.Columns:
    forms = ["service" if c == "counselling" else "money" for c in categories]
    return wushe.Columns(
        len(categories), {"category": _column(*categories), "form": _column(*forms)}
    )


def _offers(*offers: tuple[str, str | None]) -> wushe.Columns:
    kinds, hosts = [kind for kind, _ in offers], [host for _, host in offers]
    return wushe.Columns(
        len(offers), {"provider_kind": _column(*kinds), "host_kind": _column(*hosts)}
    )


OFFERS = _offers(
    ("funds", "mutual_aid_society"),
    ("funds", "community_committee"),
    ("funds", "foundation"),
    ("funds", None),
    ("volunteers", None),
)


# --- which money for what ----------------------------------------------------------------------


def test_the_three_kinds_are_told_by_who_keeps_the_fund() -> None:
    """Society, village committee, anybody else; an unknown host is neither, a volunteer is no money."""
    assert chizhou.money_of(OFFERS).tolist() == [SOCIETY, VILLAGE, FUND, chizhou.UNKNOWN, -1]


@pytest.mark.parametrize(
    ("category", "allowed"),
    [
        # an emergency: society, fund; never the village's common money; an unknown host is not refused
        ("emergency_aid", [True, False, True, True, True]),
        ("neighbour_aid", [False, True, True, True, True]),
        # a common matter is the village's own, whoever else says that it is for such things
        ("village_matter", [False, True, False, True, True]),
        ("surgery_cost", [False, False, True, True, True]),
        ("medical_aid", [False, False, True, True, True]),
        # the rule is about money only
        ("counselling", [True, True, True, True, True]),
    ],
)
def test_money_is_not_given_for_what_another_is_for(category: str, allowed: list[bool]) -> None:
    """One row per category: society, village project, community fund, host unknown, a volunteer."""
    pairs = wushe.Pairs(np.zeros(5, dtype=np.int32), np.arange(5, dtype=np.int32))
    term = chizhou.filter_candidates(_needs(category), OFFERS, pairs)
    assert term.allowed.tolist() == allowed
    assert term.reason == "restriction"


def test_the_filters_classes_say_what_its_pairs_say() -> None:
    """Needs and offers of equal classes are answered alike, pair by pair."""
    needs = _needs("emergency_aid", "village_matter", "surgery_cost", "counselling", "medical_aid")
    need, offer = np.divmod(np.arange(25, dtype=np.int32), 5)
    term = chizhou.filter_candidates(needs, OFFERS, wushe.Pairs(need, offer))
    assert term.classes is not None
    of_need, of_offer = term.classes()
    answers: dict[tuple[int, int], set[bool]] = {}
    for n, o, allowed in zip(need, offer, term.allowed, strict=True):
        answers.setdefault((int(of_need[n]), int(of_offer[o])), set()).add(bool(allowed))
    assert all(len(found) == 1 for found in answers.values())
    assert of_need[2] == of_need[4]  # an operation and medical aid have one route


def test_the_right_money_comes_before_the_one_that_steps_in() -> None:
    """Score 1 for the first of the route, 0.5 for the next and for an unknown host, 0 for what is no money."""
    pairs = wushe.Pairs(np.zeros(5, dtype=np.int32), np.arange(5, dtype=np.int32))
    term = chizhou.score_candidates(_needs("emergency_aid"), OFFERS, pairs)
    assert term.values.tolist() == [1, 0, 0.5, 0.5, 0]
    assert term.label is not None


def test_before_an_operation_the_society_pays_first_else_the_office() -> None:
    """Emergency aid and whatever is an emergency; schooling goes to the office first."""
    needs = wushe.Columns(
        3,
        {
            "category": _column("emergency_aid", "education_aid", "education_aid"),
            "urgency": np.array([1, 1, 3], dtype=np.int8),
        },
    )
    context = wushe.Context(story.ON, {}, {})
    found = chizhou.order_relief_sources(needs, ("government", "mutual_aid"), context)
    assert found.tolist() == [[1, 0], [0, 1], [1, 0]]


def test_nothing_asked_nothing_answered() -> None:
    """No needs, no offers, no pairs."""
    none = wushe.Columns(0, {name: _column() for name in ("category", "form")})
    nobody = wushe.Columns(0, {name: _column() for name in ("provider_kind", "host_kind")})
    pairs = wushe.Pairs(np.zeros(0, np.int32), np.zeros(0, np.int32))
    assert chizhou.filter_candidates(none, nobody, pairs).allowed.tolist() == []
    assert chizhou.score_candidates(none, nobody, pairs).values.tolist() == []


# --- the demo's plan ---------------------------------------------------------------------------


def test_offers_say_what_kind_of_organization_keeps_the_money(plan: wushe.Plan) -> None:
    """The column `host_kind`: of a fund its host's kind, of a person none."""
    offers = plan.matching.prepared.offers
    found = dict(zip(offers["provider"], offers["host_kind"], strict=True))
    assert {key: found[key] for key in ("F-CF", "F-V1", "V-1")} == {
        "F-CF": "social_organization",
        "F-V1": "community_committee",
        "V-1": None,
    }


def test_the_tables_have_no_mistakes_and_no_numbers_of_people(desk: story.Desk) -> None:
    """`check` has nothing to say; every household is marked as made up."""
    assert wushe.check(FOLDER, plugins=desk.rules) == ()
    assert all("虚构" in note for note in desk.city["households"]["note"])


def test_each_need_is_paid_by_the_right_money(plan: wushe.Plan) -> None:
    """Canteen: the village's. Roof: the village's. Operation: the fund. Fare: the village's 200 yuan, then the fund."""
    assert wushe.check_plan(plan) == []
    paid = {
        (item.need, item.provider.id): item.amount
        for item in plan.items
        if item.category.form == "money"
    }
    assert paid == {
        ("N-02", "F-CF"): 800_000,
        ("N-06", "F-V1"): 60_000,
        ("N-07", "F-V1"): 400_000,
        ("N-08", "F-CF"): 150_000,
        ("N-10", "F-V2"): 20_000,
        ("N-10", "F-CF"): 30_000,
    }


def test_society_and_fund_complement_each_other_in_two_emergencies(desk: story.Desk) -> None:
    """4,000 yuan: 3,000 for the first, 1,000 for the second; what is missing, 1,500, is asked of the fund."""
    linkage = story.linked(desk)
    assert "先行给付 3,000元" in linkage.explain("N-01")
    assert "先行给付 1,000元" in linkage.explain("N-08")
    residual = linkage.residual()
    left = dict(zip(residual.ids, residual["quantity"], strict=True))
    assert left["N-08"] == 1_500
    assert "N-01" not in left


def test_schooling_waits_for_the_office(desk: story.Desk, plan: wushe.Plan) -> None:
    """Government relief first: charity is not asked before the answer."""
    assert "政府救助尚未核对" in story.linked(desk).explain("N-09")
    assert "N-09" not in {item.need for item in plan.items}


def test_no_other_money_is_taken_for_a_common_matter(desk: story.Desk) -> None:
    """The village project is empty; fund and society say they are for such things, and are refused all the same."""
    found = story.planned(desk, "F-V1")
    assert story.unserved(found, "I-01") == {"N-07": "restriction"}
    assert [item.provider.id for item in found["H-02"].items] == ["F-CF"]


def test_without_the_first_aid_nothing_of_the_chain_is_planned(desk: story.Desk) -> None:
    """No money in society and fund: operation, company and work wait for what comes before them."""
    found = story.unserved(story.planned(desk, "F-CF", "F-MA"), "H-01")
    assert found == {"N-01": "no_offer", "N-02": "waits", "N-03": "waits", "N-04": "waits"}


# --- what relief leaves of a chain -------------------------------------------------------------


def _chain(desk: story.Desk, **first: Any) -> wushe.LinkageNetwork:
    """The demo with a chain of three: N-01 as changed by `first`, N-02, N-03 after it."""
    needs = [
        attrs.evolve(need, **first) if need.id == "N-01" else need
        for need in desk.city["needs"].records()
    ]
    tables = {**desk.city.tables, "needs": wushe.table_of("needs", needs)}
    return wushe.build_network(tables, desk.rules.categories, desk.rules.target_groups)


def test_what_comes_after_a_covered_need_waits_for_nothing_more(desk: story.Desk) -> None:
    """The society covers N-01: the operation may go ahead, the rest of the chain stays a chain."""
    after = story.linked(desk).residual()
    found = dict(zip(after.ids, after["after"], strict=True))
    assert (found["N-02"], found["N-03"], found["N-04"]) == (None, "N-02", "N-03")


def test_what_comes_after_a_need_that_waits_for_the_office_waits_with_it(desk: story.Desk) -> None:
    """Were the first step living aid, which the office has not answered, nothing after it would be asked for."""
    city = _chain(desk, category="living_aid", urgency="normal", due=None)
    linkage = story.linked(desk, city)
    assert {"N-01", "N-02", "N-03", "N-04"} & set(linkage.residual().ids) == set()
    assert "N-05" in linkage.network()["needs"].ids


# --- the ledger and the chain of orders --------------------------------------------------------


@pytest.fixture(scope="module")
def done() -> Any:
    """The desk after the whole story."""
    made: Any = story.Desk()
    made.open()
    made.moved = story.support(made)
    made.refused = story.support_with_school_money(made)
    made.orders = story.ordered(made)
    made.early = story.too_early(made, made.orders["N-04"], story.WORKER)
    for need, *step in story.CHAIN:
        story.serve(made, made.orders[need], *step)
    return made


def test_the_fund_stands_behind_the_society_and_the_money_keeps_its_nature(done: Any) -> None:
    """5,000 yuan of donations join the village's collective money, and lead back to where they come from."""
    natures = {g.nature: g.fen for g in done.store.state.find("gift", fund="F-MA")}
    assert natures == {"collective": 400_000, "donation": 500_000}
    assert len(done.moved) == 1


def test_money_given_for_school_is_not_passed_on(done: Any) -> None:
    """The society could never use it: refused with the reason, nothing moved."""
    assert [problem.code for problem in done.refused.problems] == ["gift-earmark-outside-fund"]
    assert done.free("F-CF") == 6_000_000 - 500_000 + 300_000 - 800_000


def test_each_step_waits_until_the_one_before_is_confirmed(done: Any) -> None:
    """Work near home is not given out on the first day, and the message names what comes first; in the end all are confirmed."""
    (problem,) = done.early.problems
    assert problem.code == "order-waits"
    assert "N-03" in problem.say("zh")
    orders = [done.store.state.get("order", key) for key in done.orders.values()]
    assert [order.status for order in orders] == ["confirmed"] * 4
    confirmed = [e.at[:10] for e in done.store.log if e.kind == "order.confirmed"]
    assert confirmed == ["2024-11-18", "2024-11-22", "2024-11-25", "2025-03-03"]


def test_the_aid_is_paid_before_the_operation_and_the_books_balance(done: Any) -> None:
    """3,000 yuan of the society, then 8,000 of the fund; debits equal credits, and an audit finds nothing."""
    paid = [(p.day, p.fund, p.fen) for p in done.store.state.find("payment")]
    assert sorted(paid) == [("2024-11-18", "F-MA", 300_000), ("2024-11-20", "F-CF", 800_000)]
    assert money.trial_balance(done.store.state)["difference"] == 0
    assert money.check_ledger(done.store.log) == []


# --- the telling -------------------------------------------------------------------------------


def test_the_report_says_which_money_answers_what(desk: story.Desk) -> None:
    """Words and counts, no names; an empty city has the routes and no needs."""
    rows = {row.label.en: row.cells for row in story.routes(desk).rows}
    route, count = rows["emergency aid"]
    assert isinstance(route, wushe.Text)
    assert route.zh == "“救急难”互助社 → 社区慈善基金"
    assert count == 2
    empty = wushe.build_network({}, desk.rules.categories, desk.rules.target_groups)
    context = wushe.Context(dt.date(2024, 11, 18), desk.rules.categories, {})
    (table,) = chizhou.routes(empty, context)
    assert {row.cells[1] for row in table.rows} == {0}


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ("“救急难”互助社 → 社区慈善基金", "先行给付 3,000元", "前置需求尚未解决", "前置需求 N-03 还没有办完", "借贷差额 0")),
        ("en", ("emergency mutual-aid society → community charity fund", "the need N-03, which comes first", "debits less credits: 0")),
    ],
)  # fmt: skip
def test_the_story_is_told_in_both_languages(lang: str, words: tuple[str, ...]) -> None:
    """What a reader sees."""
    told = "\n".join(story.tell(lang))
    for word in words:
        assert word in told, word


def test_the_right_money_pays_though_another_is_nearer(desk: story.Desk) -> None:
    """The community fund lies in the very village, the mutual-aid project at the town: the project pays all the same."""
    where = {"F-CF": "341702-ML-01", "F-V1": "341702-ML"}
    funds = [
        attrs.evolve(f, place=where.get(f.id, f.place), reach="street")
        for f in desk.city["funds"].records()
    ]
    needs = [n for n in desk.city["needs"].records() if n.id == "N-06"]
    tables = {
        **desk.city.tables,
        "funds": wushe.table_of("funds", funds),
        "needs": wushe.table_of("needs", needs),
    }
    city = wushe.build_network(tables, desk.city.categories, desk.city.target_groups)
    plan = wushe.make_plan(city, plugins=desk.rules, on="2024-11-18")
    (item,) = plan.items
    assert item.provider.id == "F-V1"
    assert "对口的钱先用" in item.explain("zh")
