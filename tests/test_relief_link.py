"""Relief linkage: government first, first aid at once, charity for the rest; to the fen, never twice."""

import datetime as dt
import pickle
from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import pytest

import wushe
from relief_audit import Sum, audit, books_of
from relief_towns import (
    FIRST_AID,
    ON,
    MadeAssessments,
    MadePolicy,
    Pay,
    Rules,
    city,
    drawn,
    link,
    need,
    society_fund,
)
from wushe.model import ReliefGrant, Wish
from wushe.relief.link import link_relief
from wushe.relief.linkage import COLUMNS, Linkage
from wushe.relief.referral import referrals

DIBAO = MadePolicy("dibao")
MEDICAL = MadePolicy("medical", ("medical_aid",), "medical")
TEMPORARY = MadePolicy("temporary", ("emergency_aid", "living_aid", "medical_aid"), "emergency")
ALLOWANCE = MadePolicy("allowance", ("living_aid",), "care", "persons")


def parts(linkage: Linkage, key: str) -> dict[str, Any]:
    """Return what each source gives to a need, and what is held, waits and remains, in fen."""
    at = linkage.money_position(linkage.position(key))
    assert at is not None
    total = books_of(linkage).sums[key]
    government, mutual_aid = linkage.tally.funded[at].tolist()
    named = {"government": government, "mutual_aid": mutual_aid, "held": total.held,
             "waiting": total.waiting, "residual": total.residual}  # fmt: skip
    return {name: value for name, value in named.items() if value != 0}


# --- government first ----------------------------------------------------------------------------


def test_relief_is_taken_off_before_charity_is_asked() -> None:
    """A need of 5,000 yuan with 3,000 of medical relief leaves 2,000 for charity."""
    made = link(city(need("N", 5000, "medical_aid")), MEDICAL, pays=(Pay("medical", "H", None, 300_000, 300_000),))  # fmt: skip
    assert parts(made, "N") == {"government": 300_000, "residual": 200_000}
    assert [(n.id, n.quantity, n.unit) for n in made.residual().records()] == [("N", 2000, "元")]


def test_a_covered_need_is_not_asked_of_charity() -> None:
    """Relief above the need covers it exactly, and the need leaves the network with its wish."""
    made = link(
        city(
            need("N", 500), need("M", 20, "medical_aid"), Wish(id="W", need="N", public_text="愿")
        ),
        DIBAO,
        pays=(Pay("dibao", "H", None, 90_000, 90_000),),
    )
    assert parts(made, "N") == {"government": 50_000}
    assert made.residual().ids.tolist() == ["M"]
    assert len(made.network()["wishes"]) == 0
    assert made.network()["needs"].ids.tolist() == ["M"]


def test_a_policy_pays_only_for_what_it_covers() -> None:
    """Medical relief does not pay for living."""
    made = link(city(need("N", 500)), MEDICAL, pays=(Pay("medical", "H", None, 90_000, 90_000),))
    assert parts(made, "N") == {"residual": 50_000}


def test_a_yuan_pays_for_one_need_only() -> None:
    """700 yuan of relief and two needs of 500: the more urgent is covered, the other gets the rest."""
    made = link(
        city(need("A", 500), need("B", 500, urgency="urgent")),
        DIBAO,
        pays=(Pay("dibao", "H", None, 70_000, 70_000),),
    )
    assert parts(made, "B") == {"government": 50_000}
    assert parts(made, "A") == {"government": 20_000, "residual": 30_000}


def test_odd_fen_stay_exact() -> None:
    """What remains of 10 yuan after 3.33 is 667 fen, not some yuan."""
    made = link(city(need("N", 10)), DIBAO, pays=(Pay("dibao", "H", None, 333, 333),))
    assert [(n.quantity, n.unit) for n in made.residual().records()] == [(667, "fen")]


@pytest.mark.parametrize(
    ("due", "months", "expected"),
    [
        (None, 12, 120_000),  # no due date: the months counted
        (None, 3, 30_000),
        (dt.date(2026, 4, 9), 12, 0),  # a day short of a month
        (dt.date(2026, 4, 10), 12, 10_000),
        (dt.date(2026, 8, 31), 12, 50_000),
        (dt.date(2028, 1, 1), 12, 120_000),  # never more than the months counted
        (dt.date(2026, 3, 1), 12, 0),  # overdue: nothing comes in time
    ],
)
def test_a_monthly_sum_counts_for_the_whole_months_until_due(
    due: dt.date | None, months: int, expected: int
) -> None:
    """100 yuan a month, counted from 2026-03-10."""
    network = city(need("N", 5000, due=due))
    made = link(network, DIBAO, pays=(Pay("dibao", "H", None, 10_000, 10_000, 1),), months=months)
    assert parts(made, "N").get("government", 0) == expected


def test_early_money_stays_for_what_is_due_early() -> None:
    """A need without date takes later months first, so that one due in a month finds its own."""
    made = link(
        city(need("A", 1100, urgency="urgent"), need("B", 100, due=dt.date(2026, 4, 10))),
        DIBAO,
        pays=(Pay("dibao", "H", None, 10_000, 10_000, 1),),
    )
    assert parts(made, "A") == {"government": 110_000}
    assert parts(made, "B") == {"government": 10_000}


def test_a_yearly_sum_counts_once_a_year() -> None:
    """At once for the first year, again after twelve months where they are counted."""
    pays = (Pay("dibao", "H", None, 10_000, 10_000, 2),)
    assert parts(link(city(need("N", 500)), DIBAO, pays=pays), "N")["government"] == 10_000
    made = link(city(need("N", 500)), DIBAO, pays=pays, months=24)
    assert parts(made, "N")["government"] == 20_000


def test_a_payment_to_a_person_is_that_persons() -> None:
    """It covers the person's needs and the household's, not another member's."""
    pays = (Pay("allowance", "H", "P1", 30_000, 30_000),)
    for owner, expected in (("P1", 30_000), ("P2", 0), (None, 30_000)):
        network = city(need("N", 500, household="H", person=owner))
        assert parts(link(network, ALLOWANCE, pays=pays), "N").get("government", 0) == expected


def test_a_person_without_household_is_linked_too() -> None:
    """A rough sleeper's relief is taken off the own need."""
    made = link(city(need("N", 500, person="L")), ALLOWANCE, pays=(Pay("allowance", None, "L", 20_000, 20_000),))  # fmt: skip
    assert parts(made, "N") == {"government": 20_000, "residual": 30_000}


# --- ranges and unknowns -------------------------------------------------------------------------


def test_a_range_counts_its_lower_end_and_holds_the_rest() -> None:
    """Of 1,000 yuan, 200 are sure, 300 more are possible: charity is asked for 500."""
    made = link(city(need("N", 1000)), DIBAO, pays=(Pay("dibao", "H", None, 20_000, 50_000),))
    assert parts(made, "N") == {"government": 20_000, "held": 30_000, "residual": 50_000}
    assert made.held.tolist() == [30_000]


def test_an_emergency_holds_nothing() -> None:
    """First aid at once: what is only possible is asked of charity all the same."""
    made = link(city(need("N", 1000, urgency="emergency")), DIBAO, pays=(Pay("dibao", "H", None, 20_000, 50_000),))  # fmt: skip
    assert parts(made, "N") == {"government": 20_000, "residual": 80_000}


@pytest.mark.parametrize("urgency", ["normal", "emergency"])
def test_an_unknown_answer_has_to_be_checked(urgency: str) -> None:
    """The need is marked; it waits for the office unless it is an emergency."""
    made = link(city(need("N", 1000, urgency=urgency)), DIBAO, said={("dibao", "H"): -1})
    assert made.tally.to_check.tolist() == [True]
    state = "waiting" if urgency == "normal" else "residual"
    assert parts(made, "N") == {state: 100_000}
    assert len(made.residual()) == (urgency == "emergency")
    assert "dibao relief" in made.explain("N", "en")


def test_an_open_upper_end_has_to_be_checked() -> None:
    """At least 200 yuan, nobody knows how much more: the 200 count, the rest waits."""
    made = link(city(need("N", 1000)), DIBAO, pays=(Pay("dibao", "H", None, 20_000, None),))
    assert parts(made, "N") == {"government": 20_000, "waiting": 80_000}


def test_a_possible_policy_without_an_amount_has_to_be_checked() -> None:
    """Possibly eligible, but nothing says for how much; a policy that pays nothing is settled."""
    for amounts, expected in (((), "waiting"), (("sum",), "residual")):
        policy = attrs.evolve(DIBAO, amounts=amounts)
        made = link(city(need("N", 1000)), policy, said={("dibao", "H"): 1})
        assert parts(made, "N") == {expected: 100_000}


def test_of_policies_that_exclude_each_other_one_is_counted() -> None:
    """The first of the ladder counts; what the other would pay is held until the choice is made."""
    other = MadePolicy("other", excludes=("dibao",))
    pays = (Pay("dibao", "H", None, 20_000, 20_000), Pay("other", "H", None, 30_000, 30_000))
    made = link(city(need("N", 1000)), DIBAO, other, pays=pays)
    assert parts(made, "N") == {"government": 20_000, "held": 30_000, "residual": 50_000}


def test_an_unknown_lower_end_counts_nothing_and_holds_up_to_the_upper() -> None:
    """Up to 300 yuan: nothing is sure, 300 are held."""
    made = link(city(need("N", 1000)), DIBAO, pays=(Pay("dibao", "H", None, None, 30_000),))
    assert parts(made, "N") == {"held": 30_000, "residual": 70_000}


def test_what_is_covered_needs_no_check() -> None:
    """An unclear second policy does not matter where the first covers the need."""
    made = link(
        city(need("N", 100)), DIBAO, TEMPORARY,
        pays=(Pay("dibao", "H", None, 10_000, 10_000),), said={("temporary", "H"): -1},
    )  # fmt: skip
    assert parts(made, "N") == {"government": 10_000}
    assert made.tally.to_check.tolist() == [False]


def test_an_unknown_need_stays_unknown() -> None:
    """Not zero: it goes on as it is, with what relief may give noted, and takes no other need's yuan."""
    made = link(
        city(need("N", None), need("M", 100, urgency="low")),
        DIBAO,
        pays=(Pay("dibao", "H", None, 30_000, 40_000),),
    )
    assert parts(made, "N") == {"residual": None}
    assert parts(made, "M") == {"government": 10_000}
    assert made.tally.possible.tolist()[1] == [20_000, 30_000]
    assert made.residual().record(0).quantity is None
    assert "200 yuan to 300 yuan" in made.explain("N", "en")


def test_needs_without_money_pass_unchanged_with_the_policy_noted() -> None:
    """Care relief that covers home care is noted on the need; a living policy is not."""
    care = MadePolicy("care", ("home_care",), "care", "persons")
    living = MadePolicy("living", ("home_care",), "living")
    visit = wushe.Need(id="N", category="home_care", household="H", quantity=2, unit="小时")
    made = link(city(visit), care, living, said={("care", "P1"): 1, ("living", "H"): 1})
    assert list(made.residual().records()) == [visit]
    assert [p.id for p in made.policies_for(0)] == ["care"]
    assert "care relief" in made.explain("N", "en")


def test_closed_needs_stay_as_they_were() -> None:
    """What is met or withdrawn is neither linked nor lost."""
    network = city(need("N", 100, status="met"), need("M", 100, status="withdrawn"))
    made = link(network, DIBAO, pays=(Pay("dibao", "H", None, 30_000, 30_000),))
    assert len(made.needs) == 0
    assert made.residual().ids.tolist() == ["M", "N"]


def test_a_person_and_the_household_may_exclude_each_other() -> None:
    """A member who may be destitute and the household's dibao: one counts, the other is held."""
    single = MadePolicy("a_single", excludes=("dibao",), unit="persons")
    pays = (Pay("a_single", "H", "P1", 20_000, 20_000), Pay("dibao", "H", None, 30_000, 30_000))
    made = link(city(need("N", 1000)), single, DIBAO, pays=pays)
    assert parts(made, "N") == {"government": 20_000, "held": 30_000, "residual": 50_000}


# --- grants --------------------------------------------------------------------------------------


def grant(yuan: int | None, on: dt.date | None, policy: str = "temporary") -> ReliefGrant:
    """Return a grant to household H."""
    return ReliefGrant(id="G", household="H", policy=policy, granted_on=on, amount_fen=None if yuan is None else yuan * 100)  # fmt: skip


def test_a_grant_after_asking_covers_the_need_and_is_no_longer_expected() -> None:
    """Of 500 yuan expected once, 300 came last week: 300 received, 200 to come, never 800."""
    network = city(need("N", 1000, asked_on=dt.date(2026, 3, 1)), grant(300, dt.date(2026, 3, 5)))
    made = link(network, TEMPORARY, pays=(Pay("temporary", "H", None, 50_000, 50_000),))
    assert parts(made, "N") == {"government": 50_000, "residual": 50_000}
    assert sorted(made.allocations["amount"].tolist()) == [20_000, 30_000]
    assert made.allocations["grant"].tolist().count(0) == 1


def test_a_grant_before_asking_was_in_hand() -> None:
    """The need was stated beside it: it covers nothing, and is not expected again."""
    network = city(need("N", 1000, asked_on=dt.date(2026, 3, 8)), grant(300, dt.date(2026, 3, 5)))
    made = link(network, TEMPORARY, pays=(Pay("temporary", "H", None, 50_000, 50_000),))
    assert parts(made, "N") == {"government": 20_000, "residual": 80_000}


def test_monthly_relief_that_runs_already_is_not_taken_off_again() -> None:
    """A household on dibao since January states in March what is missing beside it."""
    for asked, expected in ((dt.date(2026, 3, 1), 0), (dt.date(2026, 1, 1), 100_000)):
        network = city(need("N", 1000, asked_on=asked), grant(None, dt.date(2026, 1, 15), "dibao"))
        made = link(network, DIBAO, pays=(Pay("dibao", "H", None, 10_000, 10_000, 1),))
        assert parts(made, "N").get("government", 0) == expected


def test_a_grant_of_more_than_a_year_ago_is_past() -> None:
    """What was granted in an earlier year may be granted again."""
    network = city(need("N", 1000), grant(300, dt.date(2025, 3, 10)))
    made = link(network, TEMPORARY, pays=(Pay("temporary", "H", None, 50_000, 50_000),))
    assert parts(made, "N")["government"] == 50_000


def test_a_grant_of_unknown_amount_leaves_nothing_certain() -> None:
    """Something was paid; what is still to come lies anywhere up to the whole: it is held."""
    network = city(need("N", 1000), grant(None, dt.date(2026, 3, 5)))
    made = link(network, TEMPORARY, pays=(Pay("temporary", "H", None, 50_000, 50_000),))
    assert parts(made, "N") == {"held": 50_000, "residual": 50_000}


def test_grants_that_name_no_policy_are_said() -> None:
    """They are not counted, and the summary says so."""
    made = link(city(need("N", 1000), grant(300, ON, "不认识")), TEMPORARY)
    assert made.unmatched == ("G",)
    assert "1 grants name no policy" in made.summary("en")


# --- first aid -----------------------------------------------------------------------------------


def test_the_evening_in_dangshan() -> None:
    """700 yuan at once from the mutual-aid society; medical relief and dibao taken off; charity the rest."""
    network = city(
        need("N1", 700, "emergency_aid", urgency="emergency"),
        need("N2", 30_000, "medical_aid", urgency="urgent"),
        need("N3", 6000),
        society_fund("F", 5000),
    )
    made = link(
        network, DIBAO, MEDICAL, TEMPORARY,
        pays=(
            Pay("dibao", "H", None, 40_000, 40_000, 1),
            Pay("medical", "H", None, 1_000_000, 1_500_000),
            Pay("temporary", "H", None, 200_000, 200_000),
        ),
    )  # fmt: skip
    assert parts(made, "N1") == {"mutual_aid": 70_000}
    assert parts(made, "N2") == {"government": 1_200_000, "held": 500_000, "residual": 1_300_000}
    assert parts(made, "N3") == {"government": 480_000, "mutual_aid": 120_000}
    assert made.network()["funds"].record(0).balance_fen == 500_000 - 70_000 - 120_000
    assert "700元" in made.explain("N1")


def test_first_aid_comes_before_relief_in_an_emergency_only() -> None:
    """Otherwise the society gives what government relief leaves."""
    pays = (Pay("dibao", "H", None, 20_000, 20_000),)
    for urgency, expected in (
        ("emergency", {"mutual_aid": 70_000, "government": 20_000, "residual": 10_000}),
        ("normal", {"government": 20_000, "mutual_aid": 70_000, "residual": 10_000}),
    ):
        made = link(city(need("N", 1000, urgency=urgency), society_fund()), DIBAO, pays=pays)
        assert parts(made, "N") == expected
    made = link(city(need("N", 500, urgency="emergency"), society_fund()), DIBAO, pays=pays)
    assert parts(made, "N") == {"mutual_aid": 50_000}


@pytest.mark.parametrize(
    "fund",
    [
        society_fund(host="CF"),  # a charity's fund is for the matching
        society_fund(yuan=None),  # unknown balance is no balance
        society_fund(purposes=("education_aid",)),
        society_fund(purposes=None),
        society_fund(for_groups=("disabled",)),
        society_fund(place="C2"),  # stays within its own place
        society_fund(per_need_fen=0),
    ],
)
def test_a_fund_keeps_to_its_restrictions(fund: wushe.Fund) -> None:
    """It gives nothing to an emergency it is not for."""
    made = link(city(need("N", 500, urgency="emergency"), fund))
    assert parts(made, "N") == {"residual": 50_000}


def test_a_fund_keeps_to_its_balance_and_limit() -> None:
    """300 yuan at most for each need, and the urgent one first."""
    network = city(
        need("A", 500, urgency="emergency"), need("B", 500, urgency="urgent"), need("C", 500),
        society_fund(yuan=500, per_need_fen=30_000),
    )  # fmt: skip
    made = link(network)
    given = [parts(made, key).get("mutual_aid", 0) for key in "ABC"]
    assert given == [30_000, 20_000, 0]


def test_no_money_is_set_aside_for_those_who_refused() -> None:
    """A recorded no stands in an emergency, too; who was not asked yet keeps the place."""
    for said, expected in ((False, 0), (None, 50_000)):
        home = wushe.Household(id="H", place="C1", referral_consent=said)
        made = link(city(home, need("N", 500, urgency="emergency"), society_fund()))
        assert parts(made, "N").get("mutual_aid", 0) == expected


# --- the order -----------------------------------------------------------------------------------


def test_a_city_may_change_the_order() -> None:
    """With the society first for all needs, relief pays for what is left."""
    pays = (Pay("dibao", "H", None, 90_000, 90_000),)
    made = link(city(need("N", 1000), society_fund()), DIBAO, pays=pays, rules=Rules(FIRST_AID))
    assert parts(made, "N") == {"mutual_aid": 70_000, "government": 30_000}


def test_the_order_of_records_changes_nothing() -> None:
    """Ties are decided by id: the same city in another order links alike."""
    records = [need(f"N{i}", 100 + i, household="H") for i in range(5)]
    pays = (Pay("dibao", "H", None, 25_000, 25_000),)
    first, second = (
        link(city(*some, society_fund(yuan=50)), DIBAO, pays=pays)
        for some in (records, records[::-1])
    )
    assert first.rows() == second.rows()


@pytest.mark.parametrize("months", [0, 121])
def test_months_out_of_range_are_refused(months: int) -> None:
    """Neither nothing nor a lifetime."""
    with pytest.raises(ValueError, match="months"):
        link(city(need("N", 1)), months=months)


def test_another_day_or_network_is_refused() -> None:
    """Assessments of another day or city say nothing about this one."""
    network = city(need("N", 1))
    other = MadeAssessments(city(wushe.Household(id="H9")), {}, (), {})
    with pytest.raises(ValueError, match="households"):
        link_relief(network, other, plugins=Rules(), on=ON)
    with pytest.raises(ValueError, match="on"):
        link_relief(network, other, plugins=Rules(), on=ON + dt.timedelta(days=1))


# --- what people see -----------------------------------------------------------------------------


def test_rows_are_masked_and_complete() -> None:
    """One row per allocation and remainder; the name keeps its first character; fen add up."""
    pays = (Pay("dibao", "H", None, 20_000, 50_000),)
    made = link(city(need("N", 2000), society_fund()), DIBAO, pays=pays)
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in made.rows(lang="en")]
    assert {row["client_name"] for row in rows} == {"大**"}
    assert {r[1] for r in made.rows(audience="internal")} == {"大钱"}
    assert sum(row["amount"] for row in rows) == 200_000
    assert [row["policy"] or row["provider"] for row in rows] == ["dibao", "dibao", "F", None]
    assert made.to_frame()["amount"].tolist() == [row["amount"] for row in rows]
    assert "大钱" not in made.explain("N") + made.summary() + repr(made)
    assert "大钱" in made.explain("N", audience="internal")


def test_the_summary_is_no_decision() -> None:
    """It says possible, and where to apply."""
    made = link(city(need("N", 2000)))
    assert "不是认定结果" in made.summary()
    assert "apply at the township or street office" in made.summary("en")


def test_it_can_be_pickled() -> None:
    """Worker processes hand linkages back."""
    made = link(city(need("N", 2000), society_fund()))
    assert pickle.loads(pickle.dumps(made)).rows() == made.rows()


def test_an_unknown_need_id_is_a_key_error() -> None:
    """The message names the id."""
    with pytest.raises(KeyError, match="N9"):
        link(city(need("N", 1))).explain("N9")


# --- the campaign --------------------------------------------------------------------------------


@pytest.mark.slow
def test_generated_households_pass_the_audit(
    campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """No need above 100 %, no yuan twice, the order kept, held money not asked, consent everywhere."""
    households = campaign(tests=300, ci=2000, soak=10_000)
    rng = np.random.default_rng(seed)
    wrongs: list[str] = []
    claims = ready = 0
    for _ in range(households // 10):
        network, assessed, rules = drawn(rng, 10)
        months = int(rng.integers(1, 25))
        made = link_relief(network, assessed, plugins=rules, on=ON, months=months)
        sent = referrals(made, network, ON)
        wrongs += audit(made, assessed, rules, sent)
        claims, ready = claims + len(made.allocations), ready + len(sent.ready)
    evidence("relief_linkage", households=households, allocations=claims, ready_referrals=ready,
             violations=len(wrongs), seed=seed)  # fmt: skip
    assert wrongs == []
    assert claims > households // 4
    assert ready > households // 10


# --- the auditor catches planted mistakes -----------------------------------------------------------


def _books() -> tuple[Linkage, MadeAssessments, Any]:
    network = city(
        need("N1", 1000), need("N2", 1000, due=dt.date(2026, 4, 20)), need("N3", 300, urgency="emergency"),
        need("N4", 400, "medical_aid"), need("N5", None), society_fund(yuan=500, purposes=("living_aid",)),
        grant(100, dt.date(2026, 3, 1), "medical"), wushe.Person(id="P9", household="H"),
    )  # fmt: skip
    policies = {p.id: p for p in (DIBAO, MEDICAL, ALLOWANCE)}
    pays = (
        Pay("dibao", "H", None, 10_000, 15_000, 1),
        Pay("medical", "H", None, 20_000, 20_000),
    )
    assessed = MadeAssessments(network, policies, pays, {("medical", "H"): 1})
    return link_relief(network, assessed, plugins=Rules(), on=ON), assessed, books_of


def _more(books: Any, by: int) -> None:
    books.claims[0] = attrs.evolve(books.claims[0], amount=books.claims[0].amount + by)


def _ask_held(books: Any) -> None:
    books.residual[next(k for k, s in books.sums.items() if s.residual == 0)] = 1


def _shift(books: Any, **to: int) -> None:
    key = next(k for k, s in books.sums.items() if s.held)
    s = books.sums[key]
    books.sums[key] = Sum(s.held + to.get("held", 0), s.waiting, s.residual + to["residual"], False)


def _claim(books: Any, at: int, **change: Any) -> None:
    books.claims[at] = attrs.evolve(books.claims[at], **change)


def _first(books: Any, **like: Any) -> int:
    return next(
        i for i, c in enumerate(books.claims) if all(getattr(c, n) == v for n, v in like.items())
    )


PLANTED: dict[str, Callable[[Any], Any]] = {
    "a fen too much": lambda b: _more(b, 1),
    "a fen too little": lambda b: _more(b, -1),
    "a claim twice": lambda b: b.claims.append(b.claims[0]),
    "a claim lost": lambda b: b.claims.pop(),
    "held and asked": _ask_held,
    "more asked than is left": lambda b: _shift(b, residual=1),
    "held moved to charity": lambda b: _shift(b, held=-1, residual=1),
    "claim for another need": lambda b: _claim(b, _first(b, source="mutual_aid"), need="N4"),
    "wrong policy": lambda b: _claim(b, _first(b, source="government"), policy="medical"),
    "fund gives again": lambda b: b.balances.update(F=50_000),
    "unknown became zero": lambda b: b.sums.update(N5=Sum(0, 0, 0, False)),
    "unknown got money": lambda b: _claim(b, 0, need="N5"),
    "a need left out": lambda b: b.sums.pop("N4"),
    "residual lost": lambda b: b.residual.pop("N5"),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_the_auditor_catches(planted: str) -> None:
    """Each planted mistake is a wrong that the clean books do not have."""
    made, assessed, read = _books()
    assert audit(made, assessed, Rules()) == []
    books = read(made)
    PLANTED[planted](books)
    assert audit(made, assessed, Rules(), books=books) != []


def test_the_auditor_catches_the_wrong_order() -> None:
    """A linkage made under one order breaks another."""
    network = city(need("N", 1000), society_fund())
    pays = (Pay("dibao", "H", None, 90_000, 90_000),)
    assessed = MadeAssessments(network, {"dibao": DIBAO}, pays, {})
    made = link_relief(network, assessed, plugins=Rules(FIRST_AID), on=ON)
    assert audit(made, assessed, Rules(FIRST_AID)) == []
    assert any("passed over" in wrong for wrong in audit(made, assessed, Rules()))


def test_the_auditor_catches_early_money_spent_late() -> None:
    """Two needs due in a month cannot both take that month's sum."""
    due = dt.date(2026, 4, 10)
    network = city(need("A", 100, due=due), need("B", 100, due=due))
    assessed = MadeAssessments(network, {"dibao": DIBAO}, (Pay("dibao", "H", None, 10_000, 10_000, 1),), {})  # fmt: skip
    made = link_relief(network, assessed, plugins=Rules(), on=ON)
    books = books_of(made)
    books.claims.append(attrs.evolve(books.claims[0], need="B"))
    books.sums["B"] = Sum(0, 0, 0, False)
    del books.residual["B"]
    assert any("twice" in w for w in audit(made, assessed, Rules(), books=books))
