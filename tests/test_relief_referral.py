"""Referrals: consent on the day, government relief checked, only what is needed, records both ways."""

import datetime as dt
from typing import Any

import attrs
import numpy as np
import pytest

import wushe
from relief_audit import audit, books_of
from relief_towns import (
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
from wushe.casefile import allowed
from wushe.casefile.consent import is_sensitive
from wushe.errors import InputError
from wushe.identify.applied import with_facts
from wushe.model import Consent, Fact, ReliefGrant, ReliefStatus
from wushe.network import LinkageNetwork, build_network
from wushe.relief.consent import NOT_SENSITIVE, ConsentBook
from wushe.relief.link import link_relief
from wushe.relief.referral import Referrals, referrals
from wushe.relief.referral_record import ReferralRecord, answer, lead_to_office, refer

DAY = dt.timedelta(days=1)
DIBAO = MadePolicy("dibao")
STATUS = ReliefStatus(id="S", kind="edge", household="H")


def household(**more: Any) -> wushe.Household:
    """Return household H, low-income, that agreed unless said otherwise."""
    return wushe.Household(**{"id": "H", "name": "大钱", "place": "C1", "referral_consent": True, "phone": "13900001111", **more})  # fmt: skip


def consent(**more: Any) -> Consent:
    """Return a consent of H to referral, given ten days ago."""
    return Consent(**{"id": "K", "subject": "H", "purpose": "referral", "given_on": ON - 10 * DAY, **more})  # fmt: skip


def made(*records: Any, on: dt.date = ON, **linked: Any) -> tuple[LinkageNetwork, Referrals]:
    """Return the city of `records` and its referrals."""
    network = city(*records)
    policies = linked.pop("policies", ())
    applied = linked.pop("applied", ())
    return network, referrals(link(network, *policies, **linked), network, on, applied=applied)


# --- R3: consent ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flag", "ledger", "ready"),
    [
        (True, [], True),
        (None, [], False),  # nobody asked
        (False, [], False),
        (None, [consent()], True),
        (False, [consent()], False),  # a no in the table stands
        (None, [consent(withdrawn_on=ON)], False),  # withdrawn this very day
        (None, [consent(withdrawn_on=ON + DAY)], True),  # will be withdrawn tomorrow
        (True, [consent(withdrawn_on=ON)], False),
        (None, [consent(given_on=ON + DAY)], False),  # not given yet
        # withdrawn once, given again: that one holds, unless another was withdrawn after it
        (None, [consent(withdrawn_on=ON - 8 * DAY), consent(id="K2", given_on=ON - 5 * DAY)], True),
        (
            None,
            [
                consent(withdrawn_on=ON - 8 * DAY),
                consent(id="K2", given_on=ON - 5 * DAY),
                consent(id="K3", withdrawn_on=ON - 2 * DAY),
            ],
            False,
        ),
        (None, [consent(purpose="service")], False),
        (None, [consent(recipients=("CF",))], False),  # not to just anybody
        (None, [consent(fields=("id",))], False),  # not where they live
    ],
)
def test_only_a_recorded_yes_on_the_day_is_a_yes(
    flag: bool | None, ledger: list[Consent], ready: bool
) -> None:
    """Nobody is referred without it, article 23."""
    _, found = made(household(referral_consent=flag), STATUS, need("N", 100), *ledger)
    assert [r.ready for r in found] == [ready]
    assert found.waiting_for("consent") == (() if ready else found.items)


def test_an_emergency_asks_first_all_the_same() -> None:
    """First aid does not wait for papers, but for the household's word it does."""
    _, found = made(household(referral_consent=None), need("N", 100, urgency="emergency"))
    assert [r.waits for r in found] == [("consent",)]
    assert "先征求同意" in found.items[0].explain()


def test_a_fact_at_the_door_goes_before_the_table() -> None:
    """Whoever says no at the door is not referred, whatever the table says."""
    fact = Fact(id="A", subject="H", field="referral_consent", value="no", on=ON, at="2026-03-10T10:00:00.000000Z")  # fmt: skip
    _, found = made(household(), STATUS, need("N", 100), fact)
    assert [r.waits for r in found] == [("consent",)]
    later = attrs.evolve(fact, on=ON + DAY)
    _, found = made(household(), STATUS, need("N", 100), later)
    assert [r.ready for r in found] == [True]


def test_a_child_needs_a_guardian() -> None:
    """A need that names a child under 14 waits until a guardian agreed (article 31)."""
    for guardian, ready in ((None, False), (True, True)):
        home = household(guardian_consent=guardian)
        _, found = made(home, STATUS, need("N", 100, household="H", person="P2"))
        assert [r.ready for r in found] == [ready]


def test_the_reading_is_that_of_the_case_files(seed: int) -> None:
    """On drawn cities every answer for a named recipient equals the consent ledger's."""
    rng = np.random.default_rng(seed)
    seen = set()
    for _ in range(40):
        network, _, _ = drawn(rng, 8)
        book = ConsentBook.of(network, ON)
        subjects = [*network["households"].ids, *network["persons"].ids]
        for fields in (("id",), ("id", "place"), ("id", "place", "target_groups")):
            for purpose in ("referral", "relief_application"):
                mine = book.answers(subjects, "CF", fields, purpose)
                theirs = allowed(network, subjects, purpose, "CF", fields, ON)
                assert mine.tolist() == theirs.tolist()
                seen |= set(mine.tolist())
    assert seen == {-1, 0, 1}


def test_facts_read_alike_before_and_after_they_are_laid_over() -> None:
    """A network with its facts applied has the same consents."""
    fact = Fact(id="A", subject="H", field="referral_consent", value="no", on=ON, at="2026-03-10T10:00:00.000000Z")  # fmt: skip
    network = city(household(), fact)
    for one in (network, with_facts(network, ON)):
        assert ConsentBook.of(one, ON).answers(["H", "P1"], "CF", ("id",)).tolist() == [0, 0]


def test_what_counts_as_not_sensitive_is_so_for_the_case_files() -> None:
    """The two lists do not drift apart."""
    assert not any(is_sensitive(field) for field in NOT_SENSITIVE - {"birth"})
    assert is_sensitive("target_groups")


def test_an_institution_asks_for_itself() -> None:
    """A nursing home's need has nobody's consent to wait for."""
    home = wushe.Institution(id="I", name="敬老院")
    _, found = made(home, need("N", 100, institution="I"))
    assert [(r.client, r.ready) for r in found] == [("I", True)]


# --- R1 and R2: target group, government relief first ---------------------------------------------


@pytest.mark.parametrize(
    ("records", "ready"),
    [
        ([household()], False),  # nothing on record
        ([household(), STATUS], True),
        ([household(), attrs.evolve(STATUS, until=ON - DAY)], False),  # no longer
        ([household(), attrs.evolve(STATUS, since=ON + DAY)], False),  # not yet
        ([household(statuses=("monitored",))], True),
        ([household(target_groups=("low_income",))], True),
        ([household(target_groups=("carer",))], False),
        ([household(), wushe.Person(id="P1", household="H", statuses=("tekun",))], True),
        ([household(), wushe.Person(id="P1", household="H", child_status="orphan")], True),
    ],
)
def test_the_target_group_is_on_record(records: list[Any], ready: bool) -> None:
    """R1: who is not listed is first brought to the office's notice."""
    _, found = made(*records, need("N", 100))
    assert [r.ready for r in found] == [ready]
    assert len(found.waiting_for("office")) == (not ready)


def test_unchecked_relief_waits_for_the_office() -> None:
    """R2, except in an emergency."""
    for urgency, waits in (("normal", ("office",)), ("emergency", ())):
        _, found = made(household(), STATUS, need("N", 100, urgency=urgency), policies=(DIBAO,), said={("dibao", "H"): -1})  # fmt: skip
        assert [r.waits for r in found] == [waits]
        assert "dibao relief" in found.items[0].explain("en")


PAYS = (Pay("dibao", "H", None, 4_000, 4_000),)


@pytest.mark.parametrize(
    ("more", "applied", "ready"),
    [
        ([household()], (), False),  # possible, and nobody applied
        ([household(applied_on=ON)], (), True),
        ([household(applied_on=ON + DAY)], (), False),
        ([household()], (("H", "dibao"),), True),
        ([household()], (("H", "other"),), False),
        (
            [household(), ReliefGrant(id="G", household="H", policy="dibao", granted_on=ON - DAY)],
            (),
            True,
        ),
    ],
)
def test_possible_relief_is_applied_for_first(
    more: list[Any], applied: tuple[tuple[str, str], ...], ready: bool
) -> None:
    """R2: charity takes the rest once the application is on its way."""
    _, found = made(*more, STATUS, need("N", 100), policies=(DIBAO,), pays=PAYS, applied=applied)
    asked = [r for r in found if r.source == "charity" and r.amount != 4_000]
    assert [r.ready for r in asked] == [ready]


def test_held_money_is_never_ready() -> None:
    """Of 100 yuan, 40 may come from the office: 60 are ready, 40 wait."""
    pays = (Pay("dibao", "H", None, 0, 4_000),)
    _, found = made(household(applied_on=ON), STATUS, need("N", 100), policies=(DIBAO,), pays=pays)
    assert [(r.amount, r.waits) for r in found] == [(6_000, ()), (4_000, ("office",))]


def test_an_unknown_amount_with_possible_relief_waits() -> None:
    """What relief leaves of an unknown need is not known: ask for the amount first."""
    _, found = made(household(applied_on=ON), STATUS, need("N", None), policies=(DIBAO,), pays=PAYS)
    assert [(r.amount, r.waits) for r in found] == [(None, ("office",))]


def test_another_city_is_refused() -> None:
    """The rows of a linkage mean nothing in another network."""
    network = city(household(), need("N", 100))
    with pytest.raises(ValueError, match="persons"):
        referrals(link(network), city(household(), wushe.Person(id="P9")), ON)


def test_goods_and_services_are_referred_too() -> None:
    """Facts are handed on for them as well."""
    rice = wushe.Need(id="R", category="food", household="H", quantity=2, unit="件")
    _, found = made(household(), STATUS, rice)
    assert [(r.need, r.amount, r.dimension, r.ready) for r in found] == [("R", 2, "piece", True)]


# --- R4 and the way out --------------------------------------------------------------------------


def test_only_what_is_needed_goes_out() -> None:
    """No name, no phone: the need, a reference and the place."""
    network, found = made(household(), STATUS, need("N", 100))
    record = refer(found.items[0], network, to="CF", by="W1", on=ON)
    assert dict(record.sent) == {
        "need": "N", "category": "living_aid", "urgency": "normal", "amount": "10000 fen", "id": "H", "place": "C1",
    }  # fmt: skip
    assert "大钱" not in record.to_json()
    assert "13900001111" not in repr(record) + record.to_json() + record.explain()


def test_a_fund_for_groups_is_told_the_group_by_separate_consent() -> None:
    """The group is sensitive: the plain yes is not enough (article 29)."""
    fund = society_fund(for_groups=("low_income",))
    for separate, ready in ((None, False), (True, True)):
        home = household(target_groups=("low_income",), sensitive_consent=separate)
        network, found = made(home, need("N", 100, urgency="emergency"), fund)
        (first,) = (r for r in found if r.source == "mutual_aid")
        assert (first.recipient, first.ready) == ("MA", ready)
        if ready:
            sent = refer(first, network, to="MA", by="W1", on=ON).sent
            assert dict(sent)["target_groups"] == "low_income"


def test_consent_is_asked_anew_when_it_goes_out() -> None:
    """A consent withdrawn since is none; one to this recipient given since is enough."""
    network, found = made(household(), STATUS, need("N", 100))
    gone = city(household(), need("N", 100), consent(withdrawn_on=ON + DAY))
    with pytest.raises(InputError, match="no recorded consent"):
        refer(found.items[0], gone, to="CF", by="W1", on=ON + DAY)
    network, found = made(household(referral_consent=None), STATUS, need("N", 100), consent(recipients=("CF",)))  # fmt: skip
    assert found.waiting_for("consent")
    assert refer(found.items[0], network, to="CF", by="W1", on=ON).to == "CF"
    with pytest.raises(InputError, match="no recorded consent"):
        refer(found.items[0], network, to="MA", by="W1", on=ON)


def test_what_waits_for_the_office_does_not_go_out() -> None:
    """Nor does anything to nobody."""
    network, found = made(household(), need("N", 100))
    with pytest.raises(InputError, match="cannot be referred yet"):
        refer(found.items[0], network, to="CF", by="W1", on=ON)
    network, found = made(household(), STATUS, need("N", 100))
    with pytest.raises(InputError, match="no such body"):
        refer(found.items[0], network, to="X", by="W1", on=ON)


# --- the way back --------------------------------------------------------------------------------


def sent_record() -> ReferralRecord:
    """Return a referral of 100 yuan that went out."""
    network, found = made(household(), STATUS, need("N", 100))
    return refer(found.items[0], network, to="CF", by="W1", on=ON)


def test_answers_come_back_step_by_step() -> None:
    """Accepted, served in two parts; the first record is as it was."""
    record = sent_record()
    accepted = answer(record, "accepted", ON + DAY)
    served = answer(accepted, "served", ON + 2 * DAY, amount=4_000)
    served = answer(served, "served", ON + 3 * DAY, amount=6_000)
    assert (record.state, accepted.state, served.state, served.served) == ("sent", "accepted", "served", 10_000)  # fmt: skip
    assert "已帮扶" in served.explain()
    assert ReferralRecord.from_json(served.to_json()) == served


@pytest.mark.parametrize(
    ("before", "args", "more"),
    [
        ((), ("returned", ON), {}),  # without a reason
        ((), ("served", ON), {"amount": 10_001}),  # more than asked
        ((), ("served", ON), {"amount": 0}),
        ((), ("accepted", ON), {"amount": 5}),
        ((), ("accepted", ON - DAY), {}),  # before it went out
        ((("accepted", ON),), ("accepted", ON), {}),
        ((("served", ON),), ("accepted", ON), {}),
        ((("returned", ON),), ("served", ON), {}),
        ((), ("lost", ON), {}),
    ],
)
def test_an_answer_that_cannot_be_is_refused(
    before: tuple[Any, ...], args: tuple[Any, ...], more: dict[str, Any]
) -> None:
    """Wrong order, wrong day, too much, or a return without a reason."""
    record = sent_record()
    for outcome, on in before:
        record = answer(record, outcome, on, reason="资料不全" if outcome == "returned" else None)
    with pytest.raises(InputError, match="cannot be"):
        answer(record, *args, **more)


@pytest.mark.parametrize("text", ["", "[]", '{"id": "x"}', "null"])
def test_what_is_no_record_is_refused(text: str) -> None:
    """With an error of this library, and without repeating the text."""
    with pytest.raises(InputError, match="not a referral record"):
        ReferralRecord.from_json(text)


def test_a_charity_tells_the_office() -> None:
    """Who may be entitled is led to the street office, by consent to an application."""
    network = city(household(), consent(purpose="relief_application"))
    lead = lead_to_office(network, "H", to="GO", by="CF", on=ON, policies=["dibao"])
    assert (lead.direction, lead.policies, dict(lead.sent)) == ("to_office", ("dibao",), {"id": "H", "place": "C1"})  # fmt: skip
    assert answer(lead, "accepted", ON).state == "accepted"
    with pytest.raises(InputError, match="no recorded consent"):
        lead_to_office(city(household()), "H", to="GO", by="CF", on=ON)
    with pytest.raises(InputError, match="no such body"):
        lead_to_office(network, "H", to="GO", by="X", on=ON)


# --- the auditor ---------------------------------------------------------------------------------


def test_the_auditor_catches_referrals_that_must_not_be() -> None:
    """A referral without consent, of too much, or before the check, is a wrong."""
    network = city(household(), STATUS, need("N", 100), need("M", 100, person="L"))
    assessed = MadeAssessments(network, {"dibao": DIBAO}, (), {})
    linkage = link_relief(network, assessed, plugins=Rules(), on=ON)
    found = list(referrals(linkage, network, ON))
    assert audit(linkage, assessed, Rules(), found) == []
    first = next(r for r in found if r.need == "N")
    too_much = attrs.evolve(first, amount=10_001)
    assert audit(linkage, assessed, Rules(), [too_much]) != []
    tables = {**network.tables}
    refused = city(household(referral_consent=False), STATUS, need("N", 100), need("M", 100, person="L"))  # fmt: skip
    tables["households"] = refused["households"]
    other = attrs.evolve(linkage, base=build_network(tables, network.categories, network.target_groups))  # fmt: skip
    assert audit(other, assessed, Rules(), [first], books=books_of(linkage, [first])) != []
    unclear = attrs.evolve(assessed, said={("dibao", "H"): -1})
    assert audit(linkage, unclear, Rules(), [first]) != []
