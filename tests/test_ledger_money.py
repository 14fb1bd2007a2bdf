"""Funds: what comes in, what may be promised, what is paid, and what every refusal says."""

import datetime as dt
from typing import Any

import attrs
import pytest

from wushe.errors import RefusedError
from wushe.journal import Act, Event, MemoryStore, Receipt
from wushe.ledger.money import (
    DOMAIN,
    account_part,
    balances,
    change_use,
    check_ledger,
    close_fund,
    close_pool,
    co_finance,
    commit,
    entries,
    feed_back,
    make_pledge,
    move_surplus,
    open_fund,
    open_pool,
    overdue_pledges,
    pay,
    receive,
    refund,
    release,
    release_pledge,
    spend,
    start_up,
    statement_data,
    take_back,
    trace,
    transfer,
    trial_balance,
    uses,
)

DAY = "2025-03-13"
ACT = Act("2025-03-13T10:00:00+08:00", "worker-1")


class Book:
    """A ledger in memory, with a short way to run commands."""

    def __init__(self) -> None:
        self.store = MemoryStore(DOMAIN)
        self.state = self.store.state

    def run(self, command: Any, **arguments: Any) -> Any:
        """Run a command and return its answer."""
        receipt: Receipt = self.store.run(ACT, command, **arguments)
        return receipt.answer

    def fund(self, key: str = "F", **fields: Any) -> str:
        """Open a fund and return its id."""
        return str(self.run(open_fund, id=key, name="社区基金", host="ORG", **fields))

    def give(self, fen: int, fund: str = "F", **fields: Any) -> str:
        """Receive one gift and return its id."""
        return str(self.run(receive, gifts=[{"fund": fund, "fen": fen, **fields}])["gifts"][0])

    def refused(self, command: Any, **arguments: Any) -> RefusedError:
        """Run a command that must be refused and change nothing; return the error."""
        before = len(self.store.log), balances(self.state)
        with pytest.raises(RefusedError) as caught:
            self.store.run(ACT, command, **arguments)
        assert (len(self.store.log), balances(self.state)) == before
        return caught.value

    def checked(self) -> None:
        """Check the log by the second opinion, and that it makes the same state again."""
        assert check_ledger(self.store.log) == []
        assert trial_balance(self.state)["difference"] == 0
        again = MemoryStore(DOMAIN, log=list(self.store.log))
        for kind in DOMAIN.records:
            assert again.state.find(kind) == self.state.find(kind)


@pytest.fixture
def book() -> Book:
    """Return an empty ledger."""
    return Book()


def codes(error: RefusedError) -> list[str]:
    """Return the codes of the problems."""
    return [problem.code for problem in error.problems]


# --- start-up ----------------------------------------------------------------------------------


def test_xuanzhou_society_starts_with_exactly_the_floor(book: Book) -> None:
    """Three sources that sum to 30,000 yuan file a mutual-aid society; each is of its own nature."""
    book.fund("XZ", floor_fen=3_000_000, place="341802")
    parts = [("fiscal", "BUREAU", 1_000_000), ("donation", "FED", 1_500_000)]
    book.run(start_up, fund="XZ", contributions=[*parts, ("collective", "VILLAGE", 500_000)])
    fund = book.state.get("fund", "XZ")
    assert (fund.status, fund.received_fen, fund.free_fen) == ("open", 3_000_000, 3_000_000)
    assert balances(book.state) == {
        "Assets:Cash:XZz:Free": 3_000_000,
        "Income:Collective:Unrestricted:XZz": -500_000,
        "Income:Donation:Unrestricted:XZz": -1_500_000,
        "Income:Fiscal:Unrestricted:XZz": -1_000_000,
    }
    book.checked()


def test_one_yuan_below_the_floor_is_refused_with_the_sum_the_floor_and_the_gap(book: Book) -> None:
    """29,999 yuan at a floor of 30,000: refused, and nothing of it is recorded."""
    book.fund("XZ", floor_fen=3_000_000)
    error = book.refused(
        start_up, fund="XZ", contributions=[("fiscal", "B", 2_000_000), ("donation", "C", 999_900)]
    )
    assert codes(error) == ["fund-below-floor"]
    for words in (error.say("zh"), error.say("en")):
        assert all(figure in words for figure in ("29,999.00", "30,000.00", "1.00"))
    assert codes(book.refused(commit, items=[{"fund": "XZ", "fen": 1}])) == ["fund-not-open"]


def test_what_was_received_before_counts_towards_the_floor(book: Book) -> None:
    """A collection among villagers that came first is start-up money as well."""
    book.fund("XZ", floor_fen=3_000_000)
    book.give(1_000_000, "XZ", nature="collective", donor="V", donor_kind="organization")
    book.run(start_up, fund="XZ", contributions=[("fiscal", "B", 2_000_000)])
    assert book.state.get("fund", "XZ").status == "open"


def test_published_totals_of_xuanzhou_are_kept_to_the_fen(book: Book) -> None:
    """217 societies at the floor; 1,790 person-times share 1,042,800 yuan (average 582.57, made up)."""
    for n in range(217):
        book.fund(f"X{n}", floor_fen=3_000_000)
        book.run(start_up, fund=f"X{n}", contributions=[("fiscal", "B", 3_000_000)])
    total, times = 104_280_000, 1_790
    items = [
        {
            "fund": f"X{n % 217}",
            "fen": total // times + (n < total % times),
            "category": "emergency",
            "client": f"P{n}",
        }
        for n in range(times)
    ]
    book.run(spend, items=items)
    funds = book.state.find("fund")
    assert sum(fund.spent_fen for fund in funds) == total
    assert sum(fund.payments for fund in funds) == times
    assert sum(fund.free_fen for fund in funds) == 217 * 3_000_000 - total
    book.checked()


def test_seed_money_comes_in_agreed_shares(book: Book) -> None:
    """Street and foundation give 1 to 2 (常青街道's seed fund; shares made up): both, or nothing."""
    book.fund()
    shares = {"STREET": 1, "FOUNDATION": 2}
    error = book.refused(
        co_finance,
        fund="F",
        shares=shares,
        contributions=[("fiscal", "STREET", 500_000), ("donation", "FOUNDATION", 900_000)],
    )
    assert codes(error) == ["fund-share-missing"]
    assert "FOUNDATION" in str(error)
    assert "1,000.00" in str(error)
    book.run(
        co_finance,
        fund="F",
        shares=shares,
        contributions=[("fiscal", "STREET", 500_000), ("donation", "FOUNDATION", 1_000_000)],
    )
    assert book.state.get("fund", "F").received_fen == 1_500_000


def test_odd_shares_are_rounded_down_and_a_silent_party_is_named(book: Book) -> None:
    """Three equal shares of 100 fen cannot be equal; a party that gives nothing owes its whole share."""
    book.fund()
    fens = {"A": 100, "B": 66, "C": 33}
    parts = [("donation", party, fen) for party, fen in fens.items()]
    book.run(co_finance, fund="F", shares={"A": 3, "B": 2, "C": 1}, contributions=parts)
    error = book.refused(co_finance, fund="F", shares={"A": 1, "D": 1}, contributions=parts[:1])
    assert [p.field for p in error.problems] == ["D"]
    fens["C"] = 32
    parts = [("donation", party, fen) for party, fen in fens.items()]
    error = book.refused(co_finance, fund="F", shares={"A": 3, "B": 2, "C": 1}, contributions=parts)
    assert [(p.field, dict(p.params)["missing"]) for p in error.problems] == [("C", "0.01")]


# --- gifts -------------------------------------------------------------------------------------


def test_only_donations_get_receipts_and_numbers_follow_each_other(book: Book) -> None:
    """A fiscal or collective contribution is no donation: no receipt. Numbers run per host, over its funds."""
    book.fund()
    book.fund("F2")
    answer = book.run(
        receive,
        gifts=[
            {"fund": "F", "fen": 100, "donor": "D1", "donor_kind": "person"},
            {"fund": "F", "fen": 100, "donor": "BUREAU", "nature": "fiscal"},
            {"fund": "F2", "fen": 100},
            {"fund": "F", "fen": 100, "donor": "VILLAGE", "nature": "collective"},
        ],
    )
    assert answer["receipts"] == ["ORG-000001", None, "ORG-000002", None]


def test_a_fund_of_donations_takes_no_fiscal_money(book: Book) -> None:
    """Natures are kept apart where a fund is of one nature."""
    book.fund(nature="donation")
    error = book.refused(receive, gifts=[{"fund": "F", "fen": 1, "nature": "fiscal"}])
    assert codes(error) == ["fund-nature-differs"]


def test_interest_is_no_donation_and_goes_to_any_fund(book: Book) -> None:
    """The bank's interest: its own income account, no receipt."""
    book.fund(nature="donation")
    answer = book.run(receive, gifts=[{"fund": "F", "fen": 7, "nature": "interest"}])
    assert answer["receipts"] == [None]
    assert balances(book.state)["Income:Interest:Unrestricted:F"] == -7
    book.checked()


def test_every_mistake_of_a_batch_is_said_at_once(book: Book) -> None:
    """A batch with an amount of 0, a float, a wrong day, an unknown fund: all are named with their row."""
    book.fund()
    good = {"fund": "F", "fen": 1}
    error = book.refused(
        receive,
        gifts=[
            {**good, "fen": 0},
            {**good, "fen": 1.5},
            {**good, "day": "2025-13-01"},
            {**good, "fund": "G"},
            {**good, "nature": "gift"},
            {**good, "at": "2025-03-13 10:00"},
        ],
    )
    assert [p.field for p in error.problems] == [
        "gifts[0].fen",
        "gifts[1].fen",
        "gifts[2].day",
        "gifts[3].fund",
        "gifts[4].nature",
        "gifts[5].at",
    ]


def test_suspected_duplicates_are_reported_and_kept(book: Book) -> None:
    """Same donor, fund, amount and day: both stay, the pair is named; strangers are never paired."""
    book.fund()
    row = {"fund": "F", "fen": 500, "day": DAY}
    first = book.give(500, donor="D", day=DAY)
    answer = book.run(receive, gifts=[{**row, "donor": "D"}, row, row, {**row, "donor": "E"}])
    assert answer["suspected"] == [[answer["gifts"][0], first]]
    assert book.state.get("fund", "F").received_fen == 2_500
    assert book.state.get("gift", answer["gifts"][0]).suspect == first


def test_an_earmark_that_the_fund_can_never_use_is_refused(book: Book) -> None:
    """A gift for schooling to a fund for meals would lie there for ever."""
    book.fund(purposes=["meals"])
    error = book.refused(
        receive, gifts=[{"fund": "F", "fen": 1, "earmark": {"purposes": ["school"]}}]
    )
    assert codes(error) == ["gift-earmark-outside-fund"]


def test_a_gift_id_is_taken_once(book: Book) -> None:
    """The same id twice in a batch, or again later, is refused; generated ids avoid given ones."""
    book.fund()
    row = {"fund": "F", "fen": 1, "id": "F-G1"}
    assert codes(book.refused(receive, gifts=[row, row])) == ["money-id-taken"]
    assert book.run(receive, gifts=[{"fund": "F", "fen": 1}, row][::-1])["gifts"] == [
        "F-G1",
        "F-G2",
    ]
    assert codes(book.refused(receive, gifts=[row])) == ["money-id-taken"]


def test_a_pledge_is_paid_in_parts_falls_due_and_is_released(book: Book) -> None:
    """Half of it comes, the rest is overdue after its day; made in public it is not released at will."""
    book.fund()
    pledge = {"fund": "F", "donor": "D", "fen": 1_000, "due_on": "2025-03-20", "public": True}
    book.run(make_pledge, id="PL", **pledge)
    book.give(400, donor="D", pledge="PL")
    assert overdue_pledges(book.state, dt.date(2025, 3, 20)) == []
    late = overdue_pledges(book.state, dt.date(2025, 3, 21))
    assert [(p.id, p.fen - p.paid) for p in late] == [("PL", 600)]
    error = book.refused(release_pledge, pledge="PL", reason="agreed")
    assert codes(error) == ["pledge-made-in-public"]
    book.run(release_pledge, pledge="PL", reason="hardship")
    assert overdue_pledges(book.state, dt.date(2026, 1, 1)) == []
    assert codes(book.refused(receive, gifts=[{"fund": "F", "fen": 1, "pledge": "PL"}])) == [
        "pledge-not-open"
    ]


def test_a_pledge_is_kept_once_all_of_it_came(book: Book) -> None:
    """The last part closes it."""
    book.fund()
    book.run(make_pledge, id="PL", fund="F", donor="D", fen=1_000)
    book.give(400, donor="D", pledge="PL")
    book.give(600, donor="D", pledge="PL")
    assert book.state.get("pledge", "PL").status == "kept"


def test_feedback_is_kept_with_the_gift(book: Book) -> None:
    """Article 42: when the donor was told."""
    book.fund()
    key = book.give(1)
    book.run(feed_back, gifts=[key], day="2025-04-01")
    assert book.state.get("gift", key).fed_back_on == "2025-04-01"


# --- earmarks and commitments ------------------------------------------------------------------


def want(fen: int, **fields: Any) -> dict[str, Any]:
    """Return an item to commit."""
    return {"fund": "F", "fen": fen, "category": "meals", "place": "341802001", **fields}


def test_the_most_restricted_gift_that_fits_pays_first_then_the_oldest(book: Book) -> None:
    """Money that little else can use goes first, so that free money stays for what has none."""
    book.fund()
    old = book.give(100, day="2025-01-01")
    new = book.give(100, day="2025-02-01")
    place = book.give(100, day="2025-03-01", earmark={"places": ["341802"]})
    client = book.give(100, day="2025-03-02", earmark={"clients": ["P1"]})
    book.give(100, earmark={"purposes": ["school"]})
    [key] = book.run(commit, items=[want(350, client="P1")])
    assert book.state.get("commitment", key).takes == (
        (client, 100),
        (place, 100),
        (old, 100),
        (new, 50),
    )
    book.checked()


@pytest.mark.parametrize(
    ("earmark", "fits"),
    [
        ({"purposes": ["meals", "care"]}, True),
        ({"purposes": ["care"]}, False),
        ({"places": ["34"]}, True),  # the province of the place
        ({"places": ["341802001002"]}, False),  # below the place
        ({"places": ["341803"]}, False),
        ({"groups": ["lone_elder"]}, True),
        ({"groups": ["disabled"]}, False),
        ({"clients": ["P1"]}, True),
        ({"clients": ["P2"]}, False),
        ({"project": "PR"}, True),
        ({"project": "PX"}, False),
        ({"purposes": ["meals"], "project": "PX"}, False),  # one that does not hold is enough
    ],
)
def test_restricted_money_pays_only_for_what_it_covers(
    book: Book, earmark: dict[str, Any], fits: bool
) -> None:
    """Purpose, place with all below, group, client, project: all that are named must hold."""
    book.fund()
    book.give(100, earmark=earmark)
    item = want(100, client="P1", groups=["lone_elder"], project="PR")
    if fits:
        book.run(commit, items=[item])
        book.checked()
    else:
        assert codes(book.refused(commit, items=[item])) == ["fund-not-enough"]


def test_a_refusal_says_what_is_free_what_is_restricted_and_what_is_missing(book: Book) -> None:
    """500 wanted; 700 free, 400 of it for schooling: 200 are missing."""
    book.fund()
    book.give(30_000)
    book.give(40_000, earmark={"purposes": ["school"]})
    error = book.refused(commit, items=[want(50_000)])
    [problem] = error.problems
    said = dict(problem.params)
    assert [said[k] for k in ("fen", "free", "other", "missing")] == [
        "500.00",
        "700.00",
        "400.00",
        "200.00",
    ]
    assert all(words in error.say("zh") for words in ("700.00元", "400.00元", "200.00元"))


def test_nothing_of_a_batch_is_committed_where_one_item_fails(book: Book) -> None:
    """All or none, and every item that fails is named."""
    book.fund()
    book.give(100)
    error = book.refused(commit, items=[want(60), want(60), want(50)])
    assert codes(error) == ["fund-not-enough", "fund-not-enough"]


def test_the_funds_own_limits_hold_for_all_its_money(book: Book) -> None:
    """Purpose, place and group of the fund itself, and the most it gives for one need."""
    book.fund(purposes=["meals"], places=["3418"], for_groups=["lone_elder"], per_need_fen=100)
    book.give(1_000)
    fit = want(60, client="P", need="N", groups=["lone_elder", "disabled"])
    book.run(commit, items=[fit])
    for wrong in ({"category": "school"}, {"place": "341101"}, {"groups": ["disabled"]}):
        assert codes(book.refused(commit, items=[{**fit, **wrong}])) == ["fund-does-not-cover"]
    error = book.refused(commit, items=[{**fit, "fen": 41}])
    assert codes(error) == ["fund-cap-exceeded"]
    book.run(commit, items=[{**fit, "fen": 40}, {**fit, "need": "N2"}])
    book.checked()


def test_only_the_groups_that_the_money_asks_for_are_recorded(book: Book) -> None:
    """That a client is disabled is nobody's business where the money is for lone elders."""
    book.fund(for_groups=["lone_elder"])
    book.give(100)
    book.run(commit, items=[want(100, client="P", groups=["disabled", "lone_elder"])])
    assert book.store.log[-1].data["groups"] == ["lone_elder"]


def test_a_released_commitment_gives_back_what_was_not_paid(book: Book) -> None:
    """In parts paid, then released: the rest goes back into the same gifts; it is closed then."""
    book.fund()
    first, second = book.give(100, day="2025-01-01"), book.give(100, day="2025-01-02")
    [key] = book.run(commit, items=[want(150)])
    book.run(pay, items=[{"commitment": key, "fen": 120}])
    assert book.run(release, commitments=[key]) == 30
    gifts = [book.state.get("gift", g) for g in (first, second)]
    assert [(g.free, g.committed, g.spent) for g in gifts] == [(0, 0, 100), (80, 0, 20)]
    assert codes(book.refused(release, commitments=[key])) == ["commitment-not-open"]
    assert codes(book.refused(pay, items=[{"commitment": key}])) == ["commitment-not-open"]
    book.checked()


def test_more_than_is_left_cannot_be_paid(book: Book) -> None:
    """A commitment of 100 pays 60, then not 50 more."""
    book.fund()
    book.give(100)
    [key] = book.run(commit, items=[want(100)])
    book.run(pay, items=[{"commitment": key, "fen": 60}])
    assert codes(book.refused(pay, items=[{"commitment": key, "fen": 50}])) == [
        "money-more-than-left"
    ]
    book.run(pay, items=[{"commitment": key, "kind": "management", "payee_kind": "staff"}])
    assert book.state.get("commitment", key).status == "paid"
    assert balances(book.state)["Expenses:Management:F"] == 40
    book.checked()


def test_what_a_payee_returns_goes_back_to_the_same_gifts_in_proportion(book: Book) -> None:
    """Two gifts paid 100 and 50; 31 come back as 21 and 10, and may be used again under the same earmark."""
    book.fund()
    marked = book.give(100, earmark={"purposes": ["meals"]})
    plain = book.give(50)
    [payment] = book.run(spend, items=[want(150)])
    assert book.run(take_back, payment=payment, fen=31) == 31
    assert [book.state.get("gift", g).free for g in (marked, plain)] == [21, 10]
    assert codes(book.refused(take_back, payment=payment, fen=120)) == ["money-more-than-left"]
    assert book.run(take_back, payment=payment) == 119
    assert book.state.get("fund", "F").spent_fen == 0
    book.checked()


def test_a_gift_may_be_kept_from_paying(book: Book) -> None:
    """Where a donor is an interested party of the client, the next gift pays."""
    book.fund()
    first, second = book.give(100, day="2025-01-01"), book.give(100, day="2025-01-02")
    [key] = book.run(commit, items=[want(50, without=[first])])
    assert book.state.get("commitment", key).takes == ((second, 50),)
    assert codes(book.refused(commit, items=[want(150, without=[first])])) == ["fund-not-enough"]


def test_what_comes_back_fen_by_fen_never_exceeds_what_a_gift_paid(book: Book) -> None:
    """Three gifts of one fen, three returns of one fen: one each."""
    book.fund()
    gifts = [book.give(1) for _ in range(3)]
    [payment] = book.run(spend, items=[want(3)])
    for _ in gifts:
        book.run(take_back, payment=payment, fen=1)
    assert [book.state.get("gift", g).free for g in gifts] == [1, 1, 1]
    book.checked()


# --- refunds, transfers, changes of use --------------------------------------------------------


def test_a_refund_gives_back_only_what_is_free(book: Book) -> None:
    """What is promised or spent stays; several gifts share the refund by what is free of each."""
    book.fund()
    a, b = book.give(100, donor="D", day="2025-01-01"), book.give(300, donor="D")
    book.run(spend, items=[want(40)])
    assert codes(book.refused(refund, gifts=[a], fen=61)) == ["money-more-than-left"]
    answer = book.run(refund, gifts=[a, b], fen=36)
    assert answer["refunds"] == [[a, 6], [b, 30]]
    assert book.run(refund, gifts=[a, b])["refunds"] == [[a, 54], [b, 270]]
    assert balances(book.state)["Expenses:Refund:F"] == 360
    book.checked()


def test_a_transfer_keeps_donor_earmark_and_trace(book: Book) -> None:
    """Moved to another fund the money is narrowed by what its first fund was for, and leads back."""
    book.fund(places=["3418"])
    book.fund("G")
    gift = book.give(100, donor="D", earmark={"purposes": ["meals"]})
    [there] = book.run(transfer, source="F", target="G", takes=[(gift, 70)])
    moved = book.state.get("gift", there)
    assert (moved.donor, moved.earmark.purposes, moved.earmark.places) == (
        book.state.ref("D"),
        ("meals",),
        ("3418",),
    )
    book.run(spend, items=[want(50, fund="G")])
    [row] = trace(book.state, "D")
    assert [(u["fund"], u["gift"], u["fen"]) for u in row["uses"]] == [("G", there, 50)]
    assert row["free"] == 30 + 20
    assert uses(book.state, gift) == row["uses"]
    assert balances(book.state)["Equity:Transfer"] == 0
    book.checked()


def test_a_transfer_to_a_fund_that_could_not_use_it_is_refused(book: Book) -> None:
    """Another purpose, another nature, more than is free."""
    book.fund()
    book.fund("G", purposes=["school"], nature="donation")
    gift = book.give(100, earmark={"purposes": ["meals"]}, nature="fiscal")
    error = book.refused(transfer, source="F", target="G", takes=[(gift, 101)])
    assert codes(error) == [
        "money-more-than-left",
        "fund-nature-differs",
        "gift-earmark-outside-fund",
    ]


def test_a_changed_use_needs_the_donors_own_consent(book: Book) -> None:
    """Without it, with another's, or for an unknown donor: refused. With it the free part may be used anew."""
    book.fund()
    gift = book.give(100, donor="D", earmark={"purposes": ["school"]})
    unknown = book.give(100, earmark={"purposes": ["school"]})
    new = {"purposes": ["meals"]}
    for wrong in ({}, {"consent_by": "E", "consent_on": DAY}):
        error = book.refused(change_use, gift=gift, earmark=new, **wrong)
        assert codes(error) == ["change-without-consent"]
    error = book.refused(change_use, gift=unknown, earmark=new, consent_by="D", consent_on=DAY)
    assert codes(error) == ["change-without-consent"]
    assert codes(book.refused(change_use, gift=gift, earmark=new, filing="备2025-1")) == [
        "change-without-filing"
    ]
    book.run(change_use, gift=gift, earmark=new, consent_by="D", consent_on=DAY)
    book.run(commit, items=[want(100)])
    book.checked()


def test_money_raised_in_public_is_changed_by_a_filing(book: Book) -> None:
    """Article 56: the change of a fundraising plan is filed with the office."""
    book.fund()
    gift = book.give(100, campaign="C1", earmark={"purposes": ["school"]})
    book.run(change_use, gift=gift, earmark={"purposes": ["meals"]}, filing="备2025-1")
    assert book.state.find("change", gift=gift)[0].basis == "filing"


def test_a_surplus_goes_to_a_project_of_the_same_purpose(book: Book) -> None:
    """Only the project changes; purpose, place, group and client stay as the donor said (article 58)."""
    book.fund()
    gift = book.give(100, earmark={"purposes": ["meals"], "project": "OLD"})
    book.run(spend, items=[want(30, project="OLD")])
    book.run(move_surplus, project="OLD", to_project="NEW")
    assert codes(book.refused(commit, items=[want(70, project="OLD")])) == ["fund-not-enough"]
    book.run(commit, items=[want(70, project="NEW")])
    assert book.state.get("gift", gift).earmark.purposes == ("meals",)
    data = statement_data(book.store.log, first=dt.date(2025, 1, 1), last=dt.date(2025, 12, 31))
    assert data["projects"]["project"] == ["NEW", "OLD"]
    assert data["projects"]["closing"] == [70, 0]
    book.checked()


def test_a_fund_is_closed_once_it_is_empty(book: Book) -> None:
    """Not while money is free or promised; nothing comes in afterwards."""
    book.fund()
    gift = book.give(100)
    assert codes(book.refused(close_fund, fund="F")) == ["fund-not-empty"]
    book.run(refund, gifts=[gift])
    book.run(close_fund, fund="F")
    assert codes(book.refused(receive, gifts=[{"fund": "F", "fen": 1}])) == ["fund-not-open"]


# --- matching ----------------------------------------------------------------------------------


def test_a_pool_runs_dry_in_the_middle_of_a_gift(book: Book) -> None:
    """The last match is what the pool has left, to the fen; then it gives nothing."""
    book.fund()
    book.run(open_pool, id="POOL", sponsor="FIRM", fen=100, numerator=1, denominator=2)
    gifts = [{"fund": "F", "fen": fen, "donor": "D"} for fen in (151, 90, 50)]
    answer = book.run(receive, gifts=gifts)
    assert [fen for *_, fen in answer["matched"]] == [75, 25]
    assert book.state.get("pool", "POOL").left == 0
    assert book.state.get("fund", "F").matched_fen == 100
    book.checked()


def test_caps_per_gift_donor_and_project_hold_over_several_units_of_work(book: Book) -> None:
    """What a pool gave before to a donor or project counts."""
    book.fund()
    book.run(open_pool, id="A", sponsor="S", fen=10_000, gift_cap=30, donor_cap=50)
    book.run(open_pool, id="B", sponsor="S", fen=10_000, project_cap=70)
    for donor, project in (("D", "P"), ("D", "P"), ("E", "P"), (None, None)):
        earmark = {"project": project} if project else None
        book.give(40, donor=donor, earmark=earmark)
    given = {}
    for gift in book.state.find("gift"):
        if gift.pool:
            given.setdefault(gift.pool, []).append(gift.fen)
    assert given == {"A": [30, 20, 30, 30], "B": [40, 30, 40]}
    book.checked()


def test_a_pool_matches_donations_to_its_fund_in_its_time(book: Book) -> None:
    """Before it opens, from the instant it closes on, another fund, fiscal money: nothing."""
    book.fund()
    book.fund("G")
    window = {"opens": "2025-09-05T00:00:00+08:00", "closes": "2025-09-10T00:00:00+08:00"}
    book.run(open_pool, id="P", sponsor="S", fen=1_000, fund="F", **window)
    base = {"fund": "F", "fen": 10, "at": "2025-09-05T00:00:00+08:00"}
    answer = book.run(
        receive,
        gifts=[
            base,
            {**base, "at": "2025-09-04T23:59:59+08:00"},
            {**base, "at": "2025-09-10T00:00:00+08:00"},
            {**base, "at": "2025-09-09T15:59:59Z"},  # the last second, Beijing time 23:59:59
            {**base, "fund": "G"},
            {**base, "nature": "fiscal"},
        ],
    )
    ids = answer["gifts"]
    assert [gift for gift, *_ in answer["matched"]] == [ids[0], ids[3]]


def test_matched_money_keeps_the_donations_earmark(book: Book) -> None:
    """What a sponsor adds to a gift for meals is for meals."""
    book.fund()
    book.run(open_pool, id="P", sponsor="S", fen=1_000)
    book.give(100, earmark={"purposes": ["meals"]})
    error = book.refused(commit, items=[want(1, category="school")])
    assert codes(error) == ["fund-not-enough"]
    book.run(commit, items=[want(200)])


def test_a_refunded_donation_gives_its_match_back_to_the_pool(book: Book) -> None:
    """Nobody draws a match by giving and taking back."""
    book.fund()
    book.run(open_pool, id="P", sponsor="S", fen=1_000, numerator=1, denominator=3, donor_cap=40)
    gift = book.give(100, donor="D")
    answer = book.run(refund, gifts=[gift], fen=50)
    assert answer["to_pools"] == [[gift, "P", 16]]
    assert book.state.get("pool", "P").left == 1_000 - 33 + 16
    book.give(100, donor="D")
    assert book.state.get("pool", "P").given == 40
    book.checked()


def test_a_match_that_is_promised_stays(book: Book) -> None:
    """Only what is free of a match goes back to its pool when the donation is refunded."""
    book.fund()
    book.run(open_pool, id="P", sponsor="S", fen=1_000)
    gift = book.give(100)
    book.run(commit, items=[want(70, without=[gift])])
    assert book.run(refund, gifts=[gift], fen=50)["to_pools"] == [[gift, "P", 30]]
    assert book.run(refund, gifts=[gift], fen=50)["to_pools"] == []
    book.checked()


def test_a_closed_pool_gives_its_sponsor_receipts_by_host(book: Book) -> None:
    """One receipt for all that it gave to the funds of a host."""
    book.fund()
    book.run(open_pool, id="P", sponsor="S", fen=1_000)
    book.give(100)
    answer = book.run(close_pool, pool="P")
    assert answer == {"given": 100, "left": 900, "receipts": [["ORG", "ORG-000002", 100]]}
    book.give(100)
    assert book.state.get("pool", "P").given == 100
    book.checked()


# --- reading -----------------------------------------------------------------------------------


def test_a_donor_sees_where_every_fen_went(book: Book) -> None:
    """Gift, receipt, uses by day and purpose; nothing tells who was helped."""
    book.fund()
    book.give(100, donor="D", day="2025-01-01")
    book.give(10, donor="E", day="2025-01-02")
    book.run(spend, items=[want(60, client="LI"), want(45, client="WU")])
    [row] = trace(book.state, "D")
    assert (row["fen"], row["free"], [u["fen"] for u in row["uses"]]) == (100, 0, [60, 40])
    assert "LI" not in str(row)


def test_postings_come_in_columns_and_balance_per_event(book: Book) -> None:
    """One row a line, with fund, project and day; each event's rows sum to 0."""
    book.fund()
    book.fund("G")
    gift = book.give(100, day="2025-01-02")
    book.run(transfer, source="F", target="G", takes=[(gift, 40)])
    table = entries(book.store.log)
    assert {len(column) for column in table.values()} == {2 + 4}
    sums: dict[int, int] = {}
    for no, fen in zip(table["no"], table["fen"], strict=True):
        sums[no] = sums.get(no, 0) + fen
    assert set(sums.values()) == {0}
    assert table["fund"] == ["F", "F", "F", "F", "G", "G"]
    assert table["day"][:2] == ["2025-01-02"] * 2


def test_a_statement_of_a_period_carries_its_opening_balance(book: Book) -> None:
    """What came before is the opening; opening and income less use is the closing."""
    book.fund()
    book.give(100, day="2023-12-31")
    book.give(50, day="2024-01-01", nature="fiscal")
    book.run(spend, items=[{**want(30), "day": "2024-12-31"}])
    book.give(7, day="2025-01-01")
    data = statement_data(book.store.log, first=dt.date(2024, 1, 1), last=dt.date(2024, 12, 31))
    row = {name: column[0] for name, column in data["funds"].items()}
    assert (row["opening"], row["fiscal"], row["aid"], row["closing"]) == (100, 50, 30, 120)


def test_different_ids_never_share_an_account() -> None:
    """Parts of account names fit Beancount and differ where ids differ."""
    ids = [
        "F-1",
        "f-1",
        "宣城",
        "Z",
        "z",
        "Zz",
        "Z7az",
        "基金",
        "1",
        "a.b",
        "a_b",
        "-",
        "X宣城",
        "Z-",
    ]
    parts = [account_part(key) for key in ids]
    assert len(set(parts)) == len(ids)
    for part in parts:
        assert part[0].isdigit() or part[0].isupper()
        assert part.isascii()
        assert all(c.isalnum() or c == "-" for c in part)
    assert account_part("F-1") == "F-1"


# --- the second opinion ------------------------------------------------------------------------


def _small_ledger() -> list[Event]:
    book = Book()
    book.fund(purposes=["meals"])
    book.fund("G")
    book.run(open_pool, id="P", sponsor="S", fen=50)
    book.give(100, earmark={"places": ["3418"]}, donor="D")
    book.give(100)
    [key] = book.run(commit, items=[want(120)])
    [payment] = book.run(pay, items=[{"commitment": key, "fen": 110}])
    book.run(take_back, payment=payment, fen=10)
    book.run(release, commitments=[key])
    book.run(transfer, source="F", target="G", takes=[("F-G2", 50)])
    book.run(refund, gifts=["F-G2"], fen=10)
    assert check_ledger(book.store.log) == []
    return book.store.log


LEDGER = _small_ledger()
KINDS = [event.kind for event in LEDGER]


@pytest.mark.parametrize(
    ("kind", "change", "code"),
    [
        ("gift.received", {"fen": 99}, "ledger-unbalanced"),
        ("gift.received", {"lines": [["Assets:Cash:F:Free", 100]]}, "ledger-unbalanced"),
        # the other fund's account: balanced, and still not this fund's money
        (
            "gift.received",
            {"lines": [["Assets:Cash:G:Free", 100], ["Income:Donation:Restricted:F", -100]]},
            "ledger-fen-lost",
        ),
        ("gift.received", {"earmark": {"places": ["11"]}}, "ledger-earmark-broken"),
        ("gift.received", {"fund": "H"}, "ledger-unknown"),
        ("gift.matched", {"gift": "F-G1"}, "ledger-unknown"),
        ("pool.opened", {"fen": 49}, "ledger-pool-overspent"),
        ("fund.opened", {"purposes": ["school"]}, "ledger-earmark-broken"),
        ("commitment.opened", {"takes": [["F-G1", 120]]}, "ledger-negative"),
        ("commitment.opened", {"takes": [["F-G1", 100]]}, "ledger-fen-lost"),
        ("commitment.opened", {"fund": "G"}, "ledger-earmark-broken"),
        ("payment.made", {"takes": [["F-G2", 110]]}, "ledger-negative"),
        ("payment.made", {"commitment": "F-C9"}, "ledger-unknown"),
        ("payment.returned", {"takes": [["F-G2", 10]]}, "ledger-negative"),
        ("commitment.released", {"takes": [["F-G2", 60]], "fen": 60}, "ledger-negative"),
        ("gift.moved", {"gift": "F-G1"}, "ledger-earmark-broken"),
        ("gift.refunded", {"fen": 1_000}, "ledger-negative"),
    ],
)
def test_the_second_opinion_finds_what_was_changed(
    kind: str, change: dict[str, Any], code: str
) -> None:
    """Whoever writes to the log around the commands is found out, and the event is named."""
    at = KINDS.index(kind)
    event = LEDGER[at]
    log = [*LEDGER]
    log[at] = attrs.evolve(event, data={**event.data, **change})
    found = check_ledger(log)
    assert code in [problem.code for problem in found]
    assert all(problem.say("zh") and problem.say("en") for problem in found)


_TWICE = sorted(set(KINDS) - {"payment.returned"})
_MISSING = ("fund.opened", "pool.opened", "gift.received", "commitment.opened", "payment.made")


@pytest.mark.parametrize("kind", _TWICE)
def test_an_event_that_is_there_twice_is_found(kind: str) -> None:
    """All but the return of a payment, which may come in equal parts."""
    at = KINDS.index(kind)
    assert check_ledger([*LEDGER[: at + 1], *LEDGER[at:]]) != []


@pytest.mark.parametrize("kind", _MISSING)
def test_an_event_that_others_rest_on_is_missed(kind: str) -> None:
    """The end of a log may be cut off without a trace here: that is for the store's hash chain."""
    at = KINDS.index(kind)
    assert check_ledger([*LEDGER[:at], *LEDGER[at + 1 :]]) != []


# --- what a review found -------------------------------------------------------------------------


def test_a_gift_and_what_matched_it_refunded_together_go_back_once(book: Book) -> None:
    """Named together, the match goes to its pool as it always does: not a second time to the sponsor."""
    book.fund()
    book.run(open_pool, id="P", sponsor="S", fen=1_000)
    gift = book.give(100, donor="D", donor_kind="person")
    answer = book.run(refund, gifts=[gift, f"{gift}+P"])
    assert answer == {"refunds": [[gift, 100]], "to_pools": [[gift, "P", 100]]}
    assert book.state.get("fund", "F").free_fen == 0
    assert book.state.get("pool", "P").left == 1_000
    book.checked()


def test_a_match_goes_back_whole_however_small_the_parts(book: Book) -> None:
    """101 fen matched by half, refunded fen by fen: the 50 fen of the pool do not stay behind."""
    book.fund()
    book.run(open_pool, id="P", sponsor="S", fen=1_000, denominator=2)
    gift = book.give(101, donor="D", donor_kind="person")
    for _ in range(101):
        book.run(refund, gifts=[gift], fen=1)
    assert book.state.get("gift", f"{gift}+P").free == 0
    assert book.state.get("pool", "P").given == 0
    book.checked()


def test_a_match_goes_back_when_the_gift_was_moved_before(book: Book) -> None:
    """The donation is refunded from another fund; what it was matched with is found all the same."""
    book.fund()
    book.fund("F2")
    book.run(open_pool, id="P", sponsor="S", fen=1_000)
    gift = book.give(100, donor="D", donor_kind="person")
    [there] = book.run(transfer, source="F", target="F2", takes=[(gift, 60)])
    assert book.run(refund, gifts=[there])["to_pools"] == [[there, "P", 60]]
    assert book.run(refund, gifts=[gift])["to_pools"] == [[gift, "P", 40]]
    book.checked()


@pytest.mark.parametrize(
    ("command", "arguments", "code"),
    [
        (open_pool, {"id": "P", "sponsor": "S", "fen": 9, "opens": "2025-03-02T00:00:00Z", "closes": "2025-03-02T00:00:00Z"}, "pool-window"),
        (co_finance, {"fund": "F", "shares": {}, "contributions": []}, "money-not-an-amount"),
        (co_finance, {"fund": "F", "shares": {"A": 1}, "contributions": []}, "money-not-an-amount"),
        (transfer, {"source": "F", "target": "F", "takes": [("G", 1)]}, "money-not-a-code"),
        (transfer, {"source": "F", "target": "F2", "takes": []}, "money-not-an-amount"),
        (receive, {"gifts": [{"fund": "F", "fen": 1, "day": "2025-03-14"}]}, "money-day-ahead"),
        (spend, {"items": [{"fund": "F", "fen": 1, "day": "2025-03-14"}]}, "money-day-ahead"),
        (refund, {"gifts": ["G"], "day": "2025-03-14"}, "money-day-ahead"),
        (release, {"commitments": [], "day": "soon"}, "money-not-a-day"),
        (feed_back, {"gifts": ["G"], "day": "soon"}, "money-not-a-day"),
        (close_fund, {"fund": "F", "day": "soon"}, "money-not-a-day"),
        (commit, {"items": [{"fund": "F", "fen": 1, "client": "H", "client_kind": "friends"}]}, "money-not-a-code"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(
    book: Book, command: Any, arguments: dict[str, Any], code: str
) -> None:
    """An empty window, nobody's money, nothing to move, days that are none: nothing is recorded."""
    book.fund()
    book.fund("F2")
    book.give(100, id="G", donor="D")
    assert codes(book.refused(command, **arguments)) == [code]


def test_a_fund_is_closed_once(book: Book) -> None:
    """The second time it is not open any more."""
    book.fund()
    book.run(close_fund, fund="F")
    assert codes(book.refused(close_fund, fund="F")) == ["fund-not-open"]


def test_a_channel_in_words_can_be_erased(book: Book) -> None:
    """A code stays with the gift; free words may name the donor, so they go with the donor's words."""
    book.fund()
    plain = book.give(100, donor="D", channel="bank-01")
    assert book.state.get("gift", plain).channel == "bank-01"
    said = book.give(100, donor="D", channel="王小明微信转账")
    assert book.state.get("gift", said).channel is None
    assert "channel" not in book.store.log[-1].data
    assert book.store.log[-1].words == {"channel": "王小明微信转账"}


@pytest.mark.parametrize("filing", ["经王小明同意", "13812345678", "备 2025", "A" * 65 + "1"])
def test_a_filing_is_a_number_not_words(book: Book, filing: str) -> None:
    """It stays for ever, so it holds neither words nor anybody's telephone number."""
    book.fund()
    gift = book.give(100, donor="D", campaign="C")
    error = book.refused(change_use, gift=gift, earmark={}, filing=filing)
    assert codes(error) == ["money-not-a-number"]
    assert filing not in error.say() + error.say("en")


def test_who_was_helped_is_kept_by_kind(book: Book) -> None:
    """Whether a household or a person: statements count them apart after an erasure as well."""
    book.fund()
    book.give(100)
    item = {"fund": "F", "fen": 10, "client": "H", "client_kind": "households"}
    [key] = book.run(commit, items=[item])
    [payment] = book.run(pay, items=[{"commitment": key}])
    assert book.state.get("commitment", key).client_kind == "households"
    assert book.state.get("payment", payment).client_kind == "households"
    [unsaid] = book.run(spend, items=[{"fund": "F", "fen": 1, "client": "H"}])
    assert book.state.get("payment", unsaid).client_kind is None
    book.checked()
