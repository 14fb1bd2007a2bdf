"""Duties of the Charity Law: which article binds whom on which day, and what is kept, due, broken or unknown."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from wushe import load_plugins
from wushe.errors import RefusedError
from wushe.journal import Act, MemoryStore
from wushe.ledger import goods
from wushe.ledger.duties import (
    DOMAIN,
    DUTIES,
    DutyLine,
    agree_ratio,
    ask_interests,
    check_duties,
    declare_interest,
    describe_host,
    describe_project,
    end_interest,
    end_project,
    end_response,
    explain_ratio,
    file_campaign,
    give_receipt,
    plan_campaign,
    publish_statement,
    record_feedback,
    state_year,
    tell_event,
    waive_receipt,
)
from wushe.ledger.duties.lines import STATUSES
from wushe.ledger.duties.series import follow
from wushe.ledger.money import DOMAIN as MONEY
from wushe.ledger.money import (
    change_use,
    commit,
    feed_back,
    make_pledge,
    move_surplus,
    open_fund,
    receive,
    release,
    spend,
)
from wushe.rules import ParameterBook

D = dt.date
FOUNDATION = {"kind": "foundation", "charity": True, "form": "foundation", "public": True}
QUIET = {"kind": "foundation", "charity": True, "form": "foundation", "public": False}
SOCIETY = {"kind": "mutual_aid_society", "charity": False}


@pytest.fixture(scope="module")
def book() -> ParameterBook:
    """Return the parameters that come with the library."""
    return load_plugins().parameters


class Desk:
    """A ledger in memory with a fund F-1 of the host O-1, and its checks."""

    def __init__(self, book: ParameterBook | None, on: D, **host: Any) -> None:
        self.store = MemoryStore(MONEY + DOMAIN)
        self.book, self.today = book, on
        self.run(open_fund, id="F-1", name="暖心基金", host="O-1", day=on.isoformat())
        if host:
            self.run(describe_host, host="O-1", **host)

    def run(self, command: Callable[..., Any], **arguments: Any) -> Any:
        """Run a command on the day of the desk."""
        act = Act(f"{self.today}T10:00:00+08:00", "W-1")
        return self.store.run(act, command, **arguments).answer

    def give(self, fen: int = 100_000, **gift: Any) -> str:
        """Receive a gift of D-1."""
        base = {"fund": "F-1", "fen": fen, "donor": "D-1", "donor_kind": "person"}
        answer = self.run(receive, gifts=[{**base, "day": self.today.isoformat(), **gift}])
        key: str = answer["gifts"][0]
        return key

    def help(self, fen: int = 10_000, **item: Any) -> str:
        """Commit and pay meals for H-1."""
        base = {"fund": "F-1", "fen": fen, "client": "H-1", "category": "meals"}
        keys = self.run(spend, items=[{**base, "day": self.today.isoformat(), **item}])
        return str(keys[0])

    def lines(self, duty: str, on: D, subject: str | None = None) -> tuple[DutyLine, ...]:
        """Return the lines of a duty on a day."""
        report = check_duties(self.store.state, on=on, parameters=self.book)
        return report.of(duty=duty, subject=subject)

    def line(self, duty: str, on: D, subject: str | None = None) -> DutyLine:
        """Return the only line of a duty on a day."""
        found = self.lines(duty, on, subject)
        assert len(found) == 1, [line.say("en") for line in found]
        return found[0]

    def status(self, duty: str, on: D, subject: str | None = None) -> str:
        """Return the status of the only line."""
        return self.line(duty, on, subject).status


@pytest.fixture
def desk(book: ParameterBook) -> Desk:
    """Return the ledger of a foundation that may raise money from the public, from 2025-01-10 on."""
    return Desk(book, D(2025, 1, 10), **FOUNDATION)


# --- who is bound, by what, since when -----------------------------------------------------------


@pytest.mark.parametrize(
    ("duty", "before", "since"),
    [
        ("use", "第55条", "第56条"),  # moved by the amendment
        ("surplus", "第57条", "第58条"),
        ("manager_interest", "第58条", "第59条"),
        ("spending", "第60条", "第61条"),
        ("campaign_final", "第73条", "第79条"),
        ("mutual_aid", "第110条", "第122条"),
        ("annual_report", "第72条", "第78条"),
        ("platform", "第23条", "第27条"),
        ("receipt", "第38条", "第38条"),  # stayed where they were
        ("donor_interest", "第40条", "第40条"),
        ("pledge", "第41条", "第41条"),
        ("feedback", "第42条", "第42条"),
    ],
)
def test_the_day_decides_which_article_binds(duty: str, before: str, since: str) -> None:
    """The amendment of 2023 is in force from 2024-09-05 on; the day before, the law of 2016 is."""
    source = DUTIES[duty].source
    old, new = source.on(D(2024, 9, 4)), source.on(D(2024, 9, 5))
    assert old is not None
    assert new is not None
    assert "（2016）" + before in old.say("zh")
    assert "（2023）" + since in new.say("zh")
    assert source.on(D(2016, 8, 31)) is None


def test_order_81_is_named_from_2026_on_only() -> None:
    """The measures on disclosure of 2025 bind from 2026-01-01 on."""
    for duty in ("annual_report", "major_event", "surplus"):
        source = DUTIES[duty].source
        before, since = source.on(D(2025, 12, 31)), source.on(D(2026, 1, 1))
        assert before is None or "81" not in before.say("zh")
        assert since is not None
        assert "民政部令81号" in since.say("zh")


def test_a_fiscal_contribution_is_no_donation(desk: Desk) -> None:
    """Articles on donations do not bind fiscal and collective money, whoever holds it."""
    desk.give(nature="fiscal", donor="O-9", donor_kind="organization")
    desk.give(nature="collective", donor="O-8", donor_kind="organization")
    for duty in ("receipt", "feedback", "use", "agreed_ratio"):
        line = desk.line(duty, D(2025, 2, 1))
        assert line.status == "does_not_bind"
        assert "不是捐赠" in line.why.zh
        assert line.figure("gifts") == 2
    nature = desk.line("nature", D(2025, 2, 1))
    assert (nature.figure("fiscal_fen"), nature.figure("collective_fen")) == (100_000, 100_000)


def test_a_mutual_aid_society_is_not_bound_as_a_charity(book: ParameterBook) -> None:
    """Aid inside a community is allowed by article 122, and the articles on charity organizations do not bind."""
    desk = Desk(book, D(2025, 1, 10), **SOCIETY)
    desk.give()
    desk.help()
    inside = desk.line("mutual_aid", D(2025, 2, 1))
    assert (inside.status, inside.article.say("zh") if inside.article else "") == (
        "kept",
        "慈善法（2023）第122条",
    )
    report = check_duties(desk.store.state, on=D(2026, 2, 1), parameters=book)
    bound = {x.duty for x in report.lines if x.status != "does_not_bind"}
    assert bound == {"nature", "mutual_aid"}


def test_a_mutual_aid_society_must_not_raise_from_the_public(book: ParameterBook) -> None:
    """A public campaign of a society breaks articles 122 and 22."""
    desk = Desk(book, D(2025, 1, 10), **SOCIETY)
    desk.run(plan_campaign, campaign="C-1", host="O-1", starts=D(2025, 2, 1), ends=D(2025, 3, 1))
    assert desk.status("mutual_aid", D(2025, 2, 1)) == "broken"
    assert desk.status("qualification", D(2025, 2, 1)) == "broken"


def test_an_unknown_host_is_unknown_not_unbound(book: ParameterBook) -> None:
    """Nobody said whether the host is a charity organization: the missing fact is named."""
    desk = Desk(book, D(2025, 1, 10))
    desk.give()
    for duty in ("receipt", "feedback", "use", "manager_interest"):
        line = desk.line(duty, D(2025, 2, 1))
        assert (line.status, line.missing) == ("unknown", ("host/O-1.charity",))
    assert desk.line("nature", D(2025, 2, 1)).missing == ("host/O-1",)


def test_before_the_law_nothing_binds(book: ParameterBook) -> None:
    """A gift of 2016-08-31 lies before the law."""
    desk = Desk(book, D(2016, 8, 31), **FOUNDATION)
    desk.give()
    assert desk.line("receipt", D(2016, 8, 31)).article is None
    assert desk.status("receipt", D(2016, 8, 31)) == "does_not_bind"


# --- gifts ---------------------------------------------------------------------------------------


def test_pledge(desk: Desk) -> None:
    """A pledge is due until its day, then broken; paid it is kept, without a day it stays due."""
    desk.run(
        make_pledge, id="PL-1", fund="F-1", donor="D-1", fen=5_000, due_on="2025-03-01", public=True
    )
    assert desk.line("pledge", D(2025, 3, 1)).until == D(2025, 3, 1)
    assert desk.status("pledge", D(2025, 3, 1)) == "due"
    late = desk.line("pledge", D(2025, 3, 2))
    assert (late.status, late.figure("fen"), late.figure("days_late")) == ("broken", 5_000, 1)
    desk.give(5_000, pledge="PL-1")
    assert desk.status("pledge", D(2025, 3, 2)) == "kept"
    desk.run(make_pledge, id="PL-2", fund="F-1", donor="D-1", fen=5_000)
    assert desk.line("pledge", D(2030, 1, 1), "pledge/PL-2").until is None


def test_receipt(desk: Desk) -> None:
    """What has a receipt keeps article 38, all gifts of a fund in one line."""
    desk.give()
    desk.give()
    line = desk.line("receipt", D(2025, 2, 1))
    assert (line.status, line.subject, line.figure("gifts")) == ("kept", "fund/F-1", 2)


def test_a_missing_receipt_is_due_until_it_is_waived(desk: Desk) -> None:
    """The law sets no day for the receipt; a donor may give it up, which must be recorded."""
    key = desk.give()
    state = desk.store.state
    state.put("gift", attrs.evolve(state.get("gift", key), receipt_no=None))
    line = desk.line("receipt", D(2025, 2, 1))
    assert (line.status, line.subject, line.until) == ("due", f"gift/{key}", None)
    assert "法律没有写明期限" in line.say("zh")
    desk.run(waive_receipt, gift=key, on=D(2025, 2, 1))
    assert desk.status("receipt", D(2025, 2, 1)) == "kept"


def test_use_as_agreed_and_against_it(desk: Desk) -> None:
    """Spending outside the earmark breaks article 56 and is counted; inside it keeps it."""
    key = desk.give(earmark={"purposes": ["meals"], "places": ["420106001"]})
    payment = desk.help(place="420106001002")
    assert desk.status("use", D(2025, 2, 1)) == "kept"
    state = desk.store.state
    held = state.get("payment", payment)
    state.put("payment", attrs.evolve(held, category="rides"))
    line = desk.line("use", D(2025, 2, 1))
    assert (line.status, line.subject, line.figure("fen")) == ("broken", f"gift/{key}", 10_000)
    assert "purposes" in line.why.en
    state.put("payment", attrs.evolve(held, place="420106002001"))
    assert "places" in desk.line("use", D(2025, 2, 1)).why.en
    state.put("payment", attrs.evolve(held, place=None))
    line = desk.line("use", D(2025, 2, 1))
    assert (line.status, line.missing) == ("unknown", ("payment.places",))


def test_use_is_held_against_what_was_agreed_on_its_day(desk: Desk) -> None:
    """A consented change does not turn earlier spending into a breach."""
    key = desk.give(earmark={"purposes": ["meals"]})
    desk.help()
    desk.today = D(2025, 3, 1)
    desk.run(
        change_use,
        gift=key,
        earmark={"purposes": ["rides"]},
        consent_by="D-1",
        consent_on="2025-02-20",
    )
    desk.help(category="rides")
    assert desk.status("use", D(2025, 3, 2)) == "kept"
    change = desk.line("change", D(2025, 3, 2))
    assert (change.status, change.why.en) == ("kept", "the donor consented")


def test_feedback(desk: Desk) -> None:
    """After each use the donor is to be told; nothing used or nobody to tell needs none."""
    key = desk.give()
    assert desk.line("feedback", D(2025, 2, 1)).why.en == "nothing of it was used yet"
    desk.help()
    line = desk.line("feedback", D(2025, 2, 9))
    assert (line.status, line.subject, line.figure("days")) == ("due", f"gift/{key}", 30)
    desk.run(feed_back, gifts=[key], day="2025-02-09")
    assert desk.status("feedback", D(2025, 2, 9)) == "kept"
    assert desk.status("feedback", D(2025, 2, 8)) == "due"  # not told yet on that day
    desk.today = D(2025, 2, 10)
    desk.help()
    assert desk.status("feedback", D(2025, 2, 10)) == "due"


def test_feedback_to_anonymous_donors_does_not_bind(desk: Desk) -> None:
    """Nobody can be told of an anonymous gift."""
    desk.give(donor=None, donor_kind="anonymous")
    desk.help()
    assert desk.status("feedback", D(2025, 2, 1)) == "does_not_bind"


def test_agreed_ratio(desk: Desk) -> None:
    """What a donation agreement sets for one gift goes before the general ratios (article 61)."""
    key = desk.give(100_000)
    assert desk.status("agreed_ratio", D(2025, 2, 1)) == "does_not_bind"
    desk.run(agree_ratio, gift=key, agreement="AG-1", management_bp=500, spend_by=D(2025, 12, 31))
    desk.help(5_000, kind="management", client=None)
    line = desk.line("agreed_ratio", D(2025, 2, 1))
    assert (line.status, line.until) == ("due", D(2025, 12, 31))  # the rest is still to be used
    assert (line.figure("fen"), line.figure("most_fen")) == (5_000, 5_000)
    assert desk.status("agreed_ratio", D(2026, 1, 1)) == "broken"
    desk.help(1, kind="management", client=None)
    assert (
        desk.line("agreed_ratio", D(2025, 2, 1)).why.en == "more went into management than agreed"
    )


def test_ratios_that_cannot_be_are_refused(desk: Desk) -> None:
    """All that is wrong with a command is told at once, and nothing is recorded."""
    before = len(desk.store.log)
    with pytest.raises(RefusedError) as refused:
        desk.run(agree_ratio, gift="G-?", agreement="AG-1", management_bp=10_001)
    assert [p.code for p in refused.value.problems] == ["duty-unknown-record", "duty-bad-value"]
    assert len(desk.store.log) == before


# --- interested parties --------------------------------------------------------------------------


def test_a_manager_s_interested_party_is_refused_at_commitment(desk: Desk) -> None:
    """Article 59: nothing is committed for those whom a manager declared, until that is over."""
    desk.give()
    key = desk.run(declare_interest, role="manager", party="O-1", client="H-1")
    with pytest.raises(RefusedError) as refused:
        desk.help()
    assert [p.code for p in refused.value.problems] == ["interested-manager"]
    assert "H-1" not in refused.value.say() + refused.value.say("en")
    assert desk.store.state.find("commitment") == []
    desk.help(client="H-2")
    desk.run(end_interest, interest=key, reason="open_procedure")
    desk.help()


def test_a_donor_s_interested_party_is_refused_for_that_donor_s_gifts_only(desk: Desk) -> None:
    """Article 40 bars the gifts of the donor concerned; money of others may help."""
    desk.give(10_000)
    desk.run(declare_interest, role="donor", party="D-1", client="H-1")
    with pytest.raises(RefusedError) as refused:
        desk.help()
    assert [p.code for p in refused.value.problems] == ["interested-donor"]
    desk.help(client="H-2")
    desk.give(10_000, donor="D-2")
    desk.help()


def test_gifts_of_interested_donors_are_passed_over_where_others_suffice(desk: Desk) -> None:
    """The older gift would pay first; for this client the other one does, without anybody naming it."""
    desk.give(10_000)
    desk.run(declare_interest, role="donor", party="D-1", client="H-1")
    desk.give(10_000, donor="D-2")
    desk.help()
    [held] = desk.store.state.find("commitment")
    donors = {desk.store.state.get("gift", gift).donor for gift, _ in held.takes}
    assert donors == {desk.store.state.ref("D-2")}


def test_naming_an_interested_party_is_never_healed_by_a_procedure(desk: Desk) -> None:
    """What article 40 forbids is that the donor names them: an open procedure afterwards changes nothing."""
    desk.give(earmark={"clients": ["H-1"]})
    key = desk.run(declare_interest, role="donor", party="D-1", client="H-1")
    desk.run(end_interest, interest=key, reason="open_procedure")
    with pytest.raises(RefusedError):
        desk.help()
    desk.run(end_interest, interest=key, reason="mistake")
    desk.help()


def test_interests_bar_no_one_where_the_articles_do_not_bind(book: ParameterBook) -> None:
    """A mutual-aid society is no charity organization, and fiscal money has no donor."""
    society = Desk(book, D(2025, 1, 10), **SOCIETY)
    society.give()
    society.run(declare_interest, role="donor", party="D-1", client="H-1")
    society.help()
    office = Desk(book, D(2025, 1, 10), **FOUNDATION)
    office.give(nature="fiscal")
    office.run(declare_interest, role="donor", party="D-1", client="H-1")
    office.help()


def test_what_is_declared_afterwards_is_due_to_be_settled(desk: Desk) -> None:
    """A commitment made before the declaration is to be released, or explained; released it is kept."""
    desk.give()
    desk.help()
    commitment = desk.store.state.find("commitment")[0].id
    desk.today = D(2025, 2, 1)
    desk.run(ask_interests, host="O-1", on=D(2025, 2, 1))
    assert desk.status("manager_interest", D(2025, 2, 1)) == "kept"
    desk.run(declare_interest, role="manager", party="O-1", client="H-1")
    line = desk.line("manager_interest", D(2025, 2, 1))
    assert (line.status, line.subject) == ("due", f"commitment/{commitment}")


def test_a_commitment_in_spite_of_a_declaration_is_broken(desk: Desk) -> None:
    """Found by the check even where the guard was passed by, as in a ledger that was imported."""
    desk.give()
    desk.run(declare_interest, role="donor", party="D-1", client="H-1")
    reactions = desk.store.domain.reactions
    object.__setattr__(desk.store.domain, "reactions", {})
    desk.help()
    object.__setattr__(desk.store.domain, "reactions", reactions)
    found = desk.lines("donor_interest", D(2025, 2, 1))
    assert [x.status for x in found if x.subject.startswith("commitment/")] == ["broken"]


def test_nobody_asked_is_unknown(desk: Desk) -> None:
    """No declaration is no proof: those concerned have to be asked."""
    desk.give()
    for duty in ("donor_interest", "manager_interest"):
        line = desk.line(duty, D(2025, 2, 1))
        assert (line.status, line.missing) == ("unknown", ("host/O-1.asked_on",))
    desk.run(ask_interests, host="O-1", on=D(2025, 1, 20))
    assert desk.status("donor_interest", D(2025, 2, 1)) == "kept"


def test_released_commitments_need_nothing_more(desk: Desk) -> None:
    """A commitment for an interested party that was released again helped nobody."""
    desk.give()
    item = {"fund": "F-1", "fen": 100, "client": "H-1", "day": "2025-01-10"}
    keys = desk.run(commit, items=[item])
    desk.run(declare_interest, role="manager", party="O-1", client="H-1")
    desk.run(release, commitments=keys)
    assert not [
        x for x in desk.lines("manager_interest", D(2025, 2, 1)) if x.status in {"due", "broken"}
    ]


# --- goods ---------------------------------------------------------------------------------------


@pytest.fixture
def store_room(book: ParameterBook) -> Desk:
    """Return the desk of a foundation with a warehouse and one lot of D-1, inspected."""
    desk = Desk(book, D(2025, 1, 10), **FOUNDATION)
    desk.store = MemoryStore(MONEY + goods.DOMAIN + DOMAIN, log=list(desk.store.log))
    desk.run(goods.open_warehouse, id="WH-1", name="仓库", keeper="O-1")
    lot = goods.Arrival("L-1", "WH-1", "大米", 100_000, "kg", donor="D-1")
    desk.run(goods.receive, arrivals=[lot])
    desk.run(goods.inspect, lot="L-1")
    return desk


def test_goods_have_receipt_and_feedback_too(store_room: Desk) -> None:
    """Articles 38 and 42 bind gifts in kind as well."""
    assert store_room.line("receipt", D(2025, 2, 1)).subject == "lot/L-1"
    assert store_room.status("receipt", D(2025, 2, 1)) == "due"
    store_room.run(give_receipt, lot="L-1", number="R-1")
    assert store_room.status("receipt", D(2025, 2, 1)) == "kept"
    assert store_room.status("feedback", D(2025, 2, 1)) == "kept"
    store_room.run(
        goods.issue, id="I-1", quantity=5, lot="L-1", recipient="H-1", recipient_kind="households"
    )
    assert store_room.status("feedback", D(2025, 2, 1)) == "due"
    store_room.run(record_feedback, lots=["L-1"], on=D(2025, 1, 20))
    line = store_room.line("feedback", D(2025, 2, 1))
    assert (line.status, line.subject, line.figure("lots")) == ("kept", "warehouse/WH-1", 1)


def test_the_donor_of_goods_may_give_up_the_receipt(store_room: Desk) -> None:
    """The record of that keeps article 38."""
    store_room.run(waive_receipt, lot="L-1", on=D(2025, 1, 10))
    assert store_room.status("receipt", D(2025, 2, 1)) == "kept"
    with pytest.raises(RefusedError):
        store_room.run(waive_receipt, on=D(2025, 1, 10))


@pytest.mark.parametrize(
    ("role", "party", "code"),
    [("donor", "D-1", "interested-donor"), ("manager", "O-1", "interested-manager")],
)
def test_goods_for_interested_parties_are_refused(
    store_room: Desk, role: str, party: str, code: str
) -> None:
    """Articles 40 and 59 speak of property, not of money only; institutions are parties too."""
    store_room.run(declare_interest, role=role, party=party, client="H-1")
    store_room.run(declare_interest, role=role, party=party, client="I-1")
    for who, kind in (("H-1", "households"), ("I-1", "institutions")):
        with pytest.raises(RefusedError) as refused:
            store_room.run(
                goods.issue, id="I-1", quantity=5, lot="L-1", recipient=who, recipient_kind=kind
            )
        assert [p.code for p in refused.value.problems] == [code]
    store_room.run(
        goods.issue, id="I-1", quantity=5, lot="L-1", recipient="H-2", recipient_kind="households"
    )


def test_goods_of_an_unknown_keeper_are_unknown(book: ParameterBook) -> None:
    """Nobody said who keeps the warehouse."""
    desk = Desk(book, D(2025, 1, 10), **FOUNDATION)
    desk.store = MemoryStore(MONEY + goods.DOMAIN + DOMAIN)
    desk.run(goods.open_warehouse, id="WH-1", name="仓库")
    desk.run(
        goods.receive,
        arrivals=[goods.Arrival("L-1", "WH-1", "大米", 100_000, "kg")],
    )
    line = desk.line("receipt", D(2025, 2, 1))
    assert (line.status, line.missing) == ("unknown", ("warehouse/WH-1.keeper",))


# --- campaigns -----------------------------------------------------------------------------------


def campaign(desk: Desk, starts: D, ends: D, **facts: Any) -> None:
    """Plan the campaign C-1 of O-1."""
    desk.run(plan_campaign, campaign="C-1", host="O-1", starts=starts, ends=ends, **facts)


@pytest.mark.parametrize(
    ("filed", "on", "status"),
    [
        (D(2025, 3, 1), D(2025, 3, 1), "kept"),  # ten days before 11 March
        (D(2025, 3, 2), D(2025, 3, 2), "broken"),  # nine
        (None, D(2025, 3, 1), "due"),
        (None, D(2025, 3, 2), "broken"),
    ],
)
def test_the_plan_is_filed_ten_days_before(desk: Desk, filed: D | None, on: D, status: str) -> None:
    """Article 24 and order 74, article 11."""
    campaign(desk, D(2025, 3, 11), D(2025, 5, 1))
    if filed is not None:
        desk.run(file_campaign, campaign="C-1", on=filed)
    line = desk.line("plan", on)
    assert (line.status, line.until) == (status, D(2025, 3, 1))
    assert line.article is not None
    assert line.article.say("zh") == "慈善法（2023）第24条、民政部令74号第11条"


def test_before_order_74_the_plan_was_filed_before_the_campaign(book: ParameterBook) -> None:
    """The law of 2016 only says before the campaign."""
    desk = Desk(book, D(2024, 1, 2), **FOUNDATION)
    campaign(desk, D(2024, 3, 11), D(2024, 5, 1))
    desk.run(file_campaign, campaign="C-1", on=D(2024, 3, 10))
    assert desk.status("plan", D(2024, 4, 1)) == "kept"


@pytest.mark.parametrize(
    ("filed", "status"), [(D(2025, 3, 21), "kept"), (D(2025, 3, 22), "broken")]
)
def test_an_emergency_plan_is_filed_within_ten_days_after_the_start(
    desk: Desk, filed: D, status: str
) -> None:
    """Article 73: the first day is not counted."""
    campaign(desk, D(2025, 3, 11), D(2025, 5, 1), emergency=True)
    assert desk.status("emergency_plan", D(2025, 3, 21)) == "due"
    desk.run(file_campaign, campaign="C-1", on=filed)
    line = desk.line("emergency_plan", D(2025, 4, 1))
    assert (line.status, line.until) == (status, D(2025, 3, 21))
    assert desk.status("plan", D(2025, 4, 1)) == "does_not_bind"


def test_without_parameters_what_needs_a_number_is_unknown(desk: Desk) -> None:
    """The parameter that would decide is named; nothing is guessed."""
    campaign(desk, D(2025, 3, 11), D(2025, 5, 1), emergency=True)
    desk.book = None
    line = desk.line("emergency_plan", D(2025, 4, 1))
    assert (line.status, line.missing) == ("unknown", ("charity_emergency_filing_days",))


def test_a_city_s_stricter_number_counts_there(desk: Desk, book: ParameterBook) -> None:
    """Parameters are looked up by place; the document that decided stands beside the line."""
    nation = book.find("charity_emergency_filing_days", ("000000",), D(2025, 3, 11)).parameter
    assert nation is not None
    desk.book = ParameterBook(
        [*book.parameters, attrs.evolve(nation, region="420100", value="3", document="某市办法")]
    )
    campaign(desk, D(2025, 3, 11), D(2025, 5, 1), emergency=True)
    for place, until in (("420106", D(2025, 3, 14)), ("340000", D(2025, 3, 21))):
        report = check_duties(
            desk.store.state, on=D(2025, 3, 12), parameters=desk.book, place=place
        )
        (line,) = report.of(duty="emergency_plan")
        assert line.until == until
        assert ("某市办法" in line.notes[0].zh) == (place == "420106")


def test_old_emergencies_had_no_such_article(book: ParameterBook) -> None:
    """Articles 72 and 73 came with the amendment."""
    desk = Desk(book, D(2020, 1, 22), **FOUNDATION)
    campaign(desk, D(2020, 1, 22), D(2020, 4, 1), emergency=True)
    for duty in ("emergency_plan", "emergency_disclosure"):
        assert desk.status(duty, D(2020, 2, 1)) == "does_not_bind"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (FOUNDATION, "kept"),
        ({**FOUNDATION, "public_since": D(2025, 3, 12)}, "broken"),
        (QUIET, "broken"),
        ({"kind": "foundation", "charity": True}, "unknown"),
    ],
)
def test_the_certificate(book: ParameterBook, host: dict[str, Any], status: str) -> None:
    """Article 22: raising from the public needs the certificate on the first day."""
    desk = Desk(book, D(2025, 1, 10), **host)
    campaign(desk, D(2025, 3, 11), D(2025, 5, 1))
    assert desk.status("qualification", D(2025, 4, 1)) == status


def test_raising_from_named_circles_is_not_public(desk: Desk) -> None:
    """Targeted fundraising needs no plan, platform or certificate."""
    campaign(desk, D(2025, 3, 11), D(2026, 5, 1), public=False)
    report = check_duties(desk.store.state, on=D(2026, 9, 1), parameters=desk.book)
    assert {x.status for x in report.of(subject="campaign/C-1")} == {"does_not_bind"}


@pytest.mark.parametrize(
    ("facts", "duty", "status"),
    [
        ({"online": True, "platform": "X-1", "designated": True}, "platform", "kept"),
        ({"online": True, "platform": "X-2", "designated": False}, "platform", "broken"),
        ({"online": True, "platform": "X-3"}, "platform", "unknown"),
        ({"online": False}, "platform", "does_not_bind"),
        ({}, "platform", "unknown"),
        ({}, "partner", "does_not_bind"),
        ({"partner": "O-5", "agreement": True, "partner_named": True}, "partner", "kept"),
        ({"partner": "O-5", "agreement": False, "partner_named": True}, "partner", "broken"),
        ({"partner": "O-5", "agreement": True}, "partner", "unknown"),
        ({"one_person": True}, "beneficiaries", "broken"),
        ({"one_person": False}, "beneficiaries", "kept"),
        ({}, "beneficiaries", "unknown"),
        ({}, "length", "kept"),
    ],
)
def test_facts_of_a_campaign(desk: Desk, facts: dict[str, Any], duty: str, status: str) -> None:
    """Platform (27), partner (26), a range of beneficiaries and the length (order 74)."""
    campaign(desk, D(2025, 3, 11), D(2025, 5, 1), **facts)
    assert desk.status(duty, D(2025, 4, 1)) == status


def test_the_length_is_a_general_limit(desk: Desk) -> None:
    """Three years, one in an emergency; longer ones may have a reason, so they are not broken but unknown."""
    campaign(desk, D(2025, 3, 11), D(2028, 3, 11))
    assert desk.status("length", D(2025, 4, 1)) == "kept"
    desk.run(plan_campaign, campaign="C-2", host="O-1", starts=D(2025, 3, 11), ends=D(2028, 3, 12))
    assert desk.status("length", D(2025, 4, 1), "campaign/C-2") == "unknown"


# --- publication ---------------------------------------------------------------------------------


def test_in_an_emergency_receipts_are_published_every_five_days(desk: Desk) -> None:
    """Article 72, in the response and rescue phase only."""
    campaign(desk, D(2025, 3, 1), D(2025, 6, 1), emergency=True)
    assert desk.line("emergency_disclosure", D(2025, 3, 6)).until == D(2025, 3, 6)
    assert desk.status("emergency_disclosure", D(2025, 3, 7)) == "broken"
    say = {"about": "emergency", "subject": "C-1"}
    desk.run(publish_statement, on=D(2025, 3, 6), **say)
    desk.run(publish_statement, on=D(2025, 3, 11), **say)
    line = desk.line("emergency_disclosure", D(2025, 3, 12))
    assert (line.status, line.until, line.figure("published")) == ("due", D(2025, 3, 16), 2)
    desk.run(end_response, campaign="C-1", on=D(2025, 3, 14))
    assert desk.status("emergency_disclosure", D(2025, 5, 1)) == "kept"


def test_long_campaigns_are_published_every_three_months_and_at_their_end(desk: Desk) -> None:
    """Article 79: only campaigns of more than six months; the full account within three months after the end."""
    campaign(desk, D(2025, 1, 15), D(2025, 7, 16))
    line = desk.line("campaign_disclosure", D(2025, 4, 15))
    assert (line.status, line.until) == ("due", D(2025, 4, 15))
    assert desk.status("campaign_disclosure", D(2025, 4, 16)) == "broken"
    desk.run(publish_statement, about="campaign", subject="C-1", on=D(2025, 4, 15))
    desk.run(publish_statement, about="campaign", subject="C-1", on=D(2025, 7, 15))
    assert desk.status("campaign_disclosure", D(2025, 8, 1)) == "kept"
    assert desk.status("campaign_final", D(2025, 7, 15)) == "does_not_bind"
    assert desk.line("campaign_final", D(2025, 8, 1)).until == D(2025, 10, 16)
    desk.run(publish_statement, about="campaign_final", subject="C-1", on=D(2025, 10, 17))
    line = desk.line("campaign_final", D(2025, 11, 1))
    assert (line.status, line.figure("days_late")) == ("broken", 1)


def test_short_campaigns_only_have_their_final_account(desk: Desk) -> None:
    """Six months exactly are not more than six months."""
    campaign(desk, D(2025, 1, 15), D(2025, 7, 15))
    assert desk.status("campaign_disclosure", D(2025, 6, 1)) == "does_not_bind"
    desk.run(publish_statement, about="campaign_final", subject="C-1", on=D(2025, 10, 15))
    assert desk.status("campaign_final", D(2025, 11, 1)) == "kept"


def test_projects_are_published_by_those_who_may_raise_from_the_public(
    desk: Desk, book: ParameterBook
) -> None:
    """Article 79 speaks of them only; others are not bound by it."""
    long = {"project": "PR-1", "host": "O-1", "starts": D(2025, 1, 15), "ends": D(2026, 1, 15)}
    desk.run(describe_project, **long)
    assert desk.line("project_disclosure", D(2025, 2, 1)).until == D(2025, 4, 15)
    desk.run(end_project, project="PR-1", on=D(2025, 3, 15))
    assert (
        desk.status("project_disclosure", D(2025, 8, 1)) == "does_not_bind"
    )  # it became a short one
    assert desk.line("project_final", D(2025, 6, 1)).until == D(2025, 6, 15)
    desk.run(publish_statement, about="project_final", subject="PR-1", on=D(2025, 6, 15))
    assert desk.status("project_final", D(2025, 8, 1)) == "kept"
    other = Desk(book, D(2025, 1, 10), **QUIET)
    other.run(describe_project, **long)
    assert other.status("project_disclosure", D(2025, 8, 1)) == "does_not_bind"


def test_a_surplus_goes_to_a_similar_project_and_is_published(desk: Desk) -> None:
    """Article 58; from 2026 on within three months after the end."""
    desk.give(10_000, earmark={"project": "PR-1"})
    desk.run(describe_project, project="PR-1", host="O-1", starts=D(2025, 1, 15))
    assert desk.status("surplus", D(2026, 1, 31)) == "does_not_bind"
    desk.today = D(2026, 1, 31)
    desk.run(end_project, project="PR-1", on=D(2026, 1, 31))
    line = desk.line("surplus", D(2026, 2, 1))
    assert (line.status, line.until, line.figure("fen")) == ("due", D(2026, 4, 30), 10_000)
    assert desk.status("surplus", D(2026, 5, 1)) == "broken"
    desk.run(move_surplus, project="PR-1", to_project="PR-2", basis="similar")
    assert desk.status("surplus", D(2026, 5, 1)) == "broken"  # not published yet
    desk.run(publish_statement, about="surplus", subject="PR-1", on=D(2026, 3, 1))
    line = desk.line("surplus", D(2026, 5, 1))
    assert (line.status, line.figure("moved_fen")) == ("kept", 10_000)


def test_a_project_that_used_all_has_no_surplus(desk: Desk) -> None:
    """Nothing left, nothing to publish; before order 81 no day was set."""
    desk.give(10_000, earmark={"project": "PR-1"})
    desk.run(describe_project, project="PR-1", host="O-1", starts=D(2025, 1, 10))
    desk.run(end_project, project="PR-1", on=D(2025, 2, 1))
    line = desk.line("surplus", D(2025, 9, 1))
    assert (line.status, line.until) == ("due", None)
    desk.help(10_000, project="PR-1")
    assert desk.status("surplus", D(2025, 9, 1)) == "kept"


def test_the_annual_report_has_its_day_from_2026_on(desk: Desk) -> None:
    """31 May, a Sunday in 2026: a fixed day does not move."""
    assert desk.line("annual_report", D(2025, 9, 1)).until is None  # article 78 alone names no day
    line = desk.line("annual_report", D(2026, 5, 31))
    assert (line.status, line.until, line.subject) == ("due", D(2026, 5, 31), "host/O-1/2025")
    assert desk.status("annual_report", D(2026, 6, 1)) == "broken"
    desk.run(publish_statement, about="annual", subject="O-1", year=2025, on=D(2026, 5, 30))
    assert desk.status("annual_report", D(2026, 6, 1)) == "kept"
    assert desk.status("annual_report", D(2027, 1, 5)) == "due"  # of the next year


def test_major_events_are_published_within_30_days_from_2026_on(desk: Desk) -> None:
    """Order 81: nothing bound before it."""
    desk.run(tell_event, event="E-0", host="O-1", kind="investment", on=D(2025, 12, 31))
    desk.run(tell_event, event="E-1", host="O-1", kind="investment", on=D(2026, 1, 1))
    assert desk.status("major_event", D(2026, 3, 1), "event/E-0") == "does_not_bind"
    assert desk.line("major_event", D(2026, 1, 31), "event/E-1").until == D(2026, 1, 31)
    assert desk.status("major_event", D(2026, 2, 1), "event/E-1") == "broken"
    desk.run(publish_statement, about="major", subject="E-1", on=D(2026, 1, 31))
    assert desk.status("major_event", D(2026, 2, 1), "event/E-1") == "kept"


@pytest.mark.parametrize(
    ("published", "on", "gaps", "open_gap", "due"),
    [
        ([], 5, 0, False, 5),
        ([], 6, 1, True, 5),
        ([], 16, 3, True, 5),  # three deadlines passed: 5, 10 and 15
        ([5, 10, 15], 16, 0, False, None),  # the next would be after the end
        ([7], 8, 1, False, 12),  # two days late, made good
        ([16], 16, 3, False, None),
    ],
)
def test_a_series_counts_every_deadline_missed(
    published: list[int], on: int, gaps: int, open_gap: bool, due: int | None
) -> None:
    """Days since the start of a series every 5 days that lasts 17 days."""
    start = D(2025, 1, 1)

    def later(n: int) -> D:
        return start + dt.timedelta(n)

    found = follow(
        start, later(17), later(on), [later(n) for n in published], lambda d: d + dt.timedelta(5)
    )
    expected = None if due is None else later(due)
    assert (found.gaps, found.open_gap, found.due) == (gaps, open_gap, expected)


# --- ratios --------------------------------------------------------------------------------------


def years(desk: Desk, **stated: dict[str, int]) -> None:
    """State years of O-1 as y2024={...}."""
    for name, amounts in stated.items():
        desk.run(state_year, host="O-1", year=int(name[1:]), **amounts)


def test_a_public_foundation_spends_70_percent_of_last_year_or_of_three_years_mean(
    desk: Desk,
) -> None:
    """Article 61: either will do; one fen less is not enough."""
    years(
        desk, y2022={"income_fen": 300_000}, y2023={"income_fen": 100_000}, y2024={"income_fen": 1_000_000},
        y2025={"aid_fen": 326_667, "spent_fen": 400_000, "management_fen": 40_000},
    )  # fmt: skip
    subject = "host/O-1/2025"
    assert desk.status("spending", D(2026, 3, 1), subject) == "kept"  # 70 % of the mean: 326,666.67
    assert desk.line("spending", D(2026, 3, 1), subject).figure("need_fen") == 326_667
    assert desk.status("management", D(2026, 3, 1), subject) == "kept"
    years(desk, y2025={"aid_fen": 326_666, "spent_fen": 400_000, "management_fen": 40_001})
    assert desk.status("spending", D(2026, 3, 1), subject) == "broken"
    line = desk.line("management", D(2026, 3, 1), subject)
    assert (line.status, line.figure("most_fen")) == ("broken", 40_000)
    assert line.article is not None
    assert line.article.say("zh") == "慈善法（2023）第61条"
    desk.run(explain_ratio, host="O-1", year=2025, on=D(2026, 3, 1))
    assert "公开说明" in desk.line("spending", D(2026, 3, 1), subject).why.zh


def test_missing_accounts_are_named(desk: Desk) -> None:
    """Below last year's ratio and without the mean of three years, nothing can be said."""
    years(desk, y2024={"income_fen": 1_000_000}, y2025={"aid_fen": 326_667})
    line = desk.line("spending", D(2026, 3, 1), "host/O-1/2025")
    assert line.status == "unknown"
    assert any("income_fen" in name for name in line.missing)
    assert desk.line("management", D(2026, 3, 1), "host/O-1/2025").status == "unknown"


@pytest.mark.parametrize(
    ("form", "assets_yuan", "aid_percent", "management_percent"),
    [
        ("foundation", 8_000_000, 6, 13),  # 8 to 60 million
        ("foundation", 3_999_999, 8, 20),  # below 4 million
        ("group", 10_000_000, 6, 13),  # 10 million and more
        ("service", 9_999_999, 7, 14),
        ("service", 5_000_000, 7, 14),
        ("group", 4_999_999, 8, 15),
    ],
)
def test_others_go_by_their_net_assets(
    book: ParameterBook, form: str, assets_yuan: int, aid_percent: int, management_percent: int
) -> None:
    """The rule of 2016 for those that may not raise from the public: bands by last year's net assets."""
    desk = Desk(book, D(2022, 1, 10), **{**QUIET, "form": form})
    assets = assets_yuan * 100
    need = -(-assets * aid_percent // 100)
    spent = 10**9
    most = spent * management_percent // 100
    years(
        desk,
        y2022={"assets_fen": assets},
        y2021={"assets_fen": assets},
        y2020={"assets_fen": assets},
    )
    for more, expected in ((0, "kept"), (1, "broken")):
        years(
            desk, y2023={"aid_fen": need - more, "spent_fen": spent, "management_fen": most + more}
        )
        assert desk.status("spending", D(2024, 3, 1), "host/O-1/2023") == expected
        assert desk.status("management", D(2024, 3, 1), "host/O-1/2023") == expected


def test_the_smallest_also_spend_half_their_income(book: ParameterBook) -> None:
    """Groups and service organizations below one million: 8 % of net assets and 50 % of last year's income."""
    desk = Desk(book, D(2022, 1, 10), **{**QUIET, "form": "service"})
    for year in ("y2020", "y2021", "y2022"):
        years(desk, **{year: {"assets_fen": 50_000_000, "income_fen": 20_000_000}})
    years(desk, y2023={"aid_fen": 10_000_000})
    assert desk.status("spending", D(2024, 3, 1), "host/O-1/2023") == "kept"
    years(desk, y2023={"aid_fen": 9_999_999})
    assert desk.status("spending", D(2024, 3, 1), "host/O-1/2023") == "broken"


def test_what_was_not_verified_decides_nothing(book: ParameterBook) -> None:
    """The bands of 4 to 8 million and above 60 million were not verified: the parameter is named."""
    for assets in (4_000_000_00, 60_000_000_00):
        desk = Desk(book, D(2022, 1, 10), **QUIET)
        years(desk, y2022={"assets_fen": assets}, y2023={"aid_fen": assets})
        line = desk.line("spending", D(2024, 3, 1), "host/O-1/2023")
        assert line.status == "unknown"
        assert line.missing[0].startswith("charity_nonpub_foundation_")


def test_small_management_costs_are_exempt_but_not_for_public_foundations(
    desk: Desk, book: ParameterBook
) -> None:
    """Below 200,000 yuan the ratios of the rule of 2016 do not count; article 61 has no such exemption."""
    small = {"spent_fen": 30_000_000, "management_fen": 19_999_999, "aid_fen": 0}
    other = Desk(book, D(2025, 1, 10), **{**QUIET, "form": "group"})
    years(other, y2025=small)
    assert other.status("management", D(2026, 3, 1), "host/O-1/2025") == "kept"
    years(desk, y2025=small)
    assert desk.status("management", D(2026, 3, 1), "host/O-1/2025") == "broken"


def test_since_the_amendment_the_rule_of_2016_comes_with_a_caution(book: ParameterBook) -> None:
    """It was made under the old law, and article 61 provides for new standards."""
    desk = Desk(book, D(2022, 1, 10), **{**QUIET, "form": "group"})
    rich = 10_000_000_00
    for year in ("y2022", "y2024"):
        years(desk, **{year: {"assets_fen": rich}})
    years(desk, y2023={"aid_fen": rich}, y2025={"aid_fen": rich})
    before = desk.line("spending", D(2026, 3, 1), "host/O-1/2023")
    since = desk.line("spending", D(2026, 3, 1), "host/O-1/2025")
    assert [any("新标准" in note.zh for note in line.notes) for line in (before, since)] == [
        False,
        True,
    ]


# --- the report ----------------------------------------------------------------------------------


def test_the_report_is_ordered_and_says_both_languages(desk: Desk) -> None:
    """Broken first; counts add up; text, CSV, JSON and page hold the same lines and no donor."""
    key = desk.give(donor="D-SECRET")
    desk.help()
    campaign(desk, D(2025, 3, 11), D(2025, 5, 1))
    report = check_duties(desk.store.state, on=D(2025, 9, 1), parameters=desk.book)
    ranks = [STATUSES.index(line.status) for line in report.lines]
    assert ranks == sorted(ranks)
    assert sum(report.counts().values()) == len(report.lines)
    assert "违反" in report.summary()
    assert "broken" in report.summary("en")
    assert report.to_csv().count("\r\n") == len(report.lines) + 1
    assert len(report.to_json()["lines"]) == len(report.lines)
    everything = report.summary() + report.to_csv("en") + report.to_html() + str(report.to_json())
    assert key in everything
    assert "D-SECRET" not in everything
    assert "H-1" not in everything


def test_every_line_has_an_article_unless_none_was_in_force(desk: Desk) -> None:
    """A line without article can only say that nothing binds."""
    desk.give()
    campaign(desk, D(2025, 3, 11), D(2025, 5, 1))
    report = check_duties(desk.store.state, on=D(2026, 9, 1), parameters=desk.book)
    assert all(line.article is not None or line.status == "does_not_bind" for line in report.lines)


def test_replaying_the_log_gives_the_same_report(desk: Desk) -> None:
    """All that the check reads comes from events."""
    desk.give()
    desk.help()
    campaign(desk, D(2025, 3, 11), D(2025, 5, 1))
    desk.run(declare_interest, role="donor", party="D-1", client="H-1")
    desk.run(publish_statement, about="campaign_final", subject="C-1", on=D(2025, 6, 1))
    again = MemoryStore(MONEY + DOMAIN, log=list(desk.store.log))
    on = D(2025, 9, 1)
    assert check_duties(again.state, on=on, parameters=desk.book) == check_duties(
        desk.store.state, on=on, parameters=desk.book
    )


def test_a_place_without_code_is_refused(desk: Desk) -> None:
    """Parameters are looked up by place."""
    with pytest.raises(ValueError, match="420106"):
        check_duties(desk.store.state, on=D(2025, 9, 1), place="武昌")


def test_the_how_to_lists_every_duty_with_its_articles() -> None:
    """The table of docs/howto/duties.md is the table of the code."""
    page = (Path(__file__).parent.parent / "docs" / "howto" / "duties.md").read_text("utf-8")
    listed = [line for line in page.splitlines() if line.startswith("| `") and line.count("|") == 5]
    expected = []
    for duty in DUTIES.values():
        old, new = duty.source.on(D(2024, 9, 4)), duty.source.on(D(2026, 1, 1))
        assert new is not None
        before = "—" if old is None else old.zh
        expected.append(f"| `{duty.id}` | {duty.asks.zh} {duty.asks.en} | {new.zh} | {before} |")
    assert listed == expected
