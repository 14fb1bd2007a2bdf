"""Proofs of volunteer service: numbered, true to the records, checkable by anybody, with no name kept."""

from typing import Any

import attrs
import pytest

import wushe
from volunteers_at_work import STATION, Street, codes
from wushe import Organization, Place, Station, Volunteer
from wushe.errors import RefusedError
from wushe.network import LinkageNetwork
from wushe.orders.projects import record_activity
from wushe.orders.volunteers import (
    certificate_page,
    certificate_text,
    check_certificate,
    correct_service,
    issue_certificate,
    record_activity_service,
)

ASK = {"helper": "V-1", "unit": STATION, "since": "2025-09-01", "until": "2025-09-30"}
NAME = "张<b>家湾"


def _street(**fields: Any) -> Street:
    street = Street()
    street.enrol("V-1", "V-2", **fields)
    street.order("O-1", "V-1", day="2025-09-01", minutes=90)
    street.order("O-2", "V-1", day="2025-09-10", minutes=45)
    street.order("O-3", "V-2", day="2025-09-10", minutes=60)
    return street


def _issue(street: Street, today: str = "2025-10-08", **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = street.run(issue_certificate, today, **{**ASK, **changes})
    return answer


@pytest.fixture(scope="module")
def network() -> LinkageNetwork:
    """A street with names, one of them hostile to pages."""
    rules = wushe.load_plugins()
    place = Place(id="P", name="某社区", level="community")
    org = Organization(
        id="ORG-1", name="某公益协会", kind="social_organization", registration="none"
    )
    station = Station(id=STATION, name="南七街道社工站", place="P")
    people = [Volunteer(id=key, name=NAME, place="P") for key in ("V-1", "V-2")]
    records = [place, org, station, *people]
    return wushe.build_network_from_records(records, rules.categories, rules.target_groups)


# --- issuing -----------------------------------------------------------------------------------


def test_a_proof_adds_up_the_confirmed_services_of_its_time() -> None:
    """TVR 15: time, content and unit; numbers run on per unit and year."""
    street = _street()
    first = _issue(street)
    assert (first["minutes"], first["services"]) == (135, 2)
    assert first["number"] == "ST-1-2025-00001"
    assert _issue(street, until="2025-09-05")["minutes"] == 90
    assert _issue(street, "2026-01-05")["number"] == "ST-1-2026-00001"
    (event,) = street.store.log[-1:]
    assert (event.kind, event.ref, event.words) == ("certificate.issued", None, None)


def test_a_proof_may_be_of_some_services() -> None:
    """The volunteer asks for what is needed, and no more is told."""
    street = _street()
    assert _issue(street, services=["order/O-2/V-1"])["minutes"] == 45


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"services": ["order/O-3/V-2"]}, "not-certifiable"),  # somebody else's service
        ({"services": ["order/O-9/V-1"]}, "not-certifiable"),  # no such service
        ({"unit": "ST-9"}, "nothing-to-certify"),  # not the unit that recorded it
        ({"until": "2025-08-31", "since": "2025-08-01"}, "nothing-to-certify"),  # nothing then
        ({"helper": "W-1"}, "not-a-volunteer"),  # a social worker
        ({"until": "2025-10-09"}, "service-day-ahead"),  # time that has not passed
        ({"since": "September"}, "service-day-ahead"),  # no day
    ],
)
def test_what_is_not_proved(changes: dict[str, Any], code: str) -> None:
    """TVR 14: from the records, by who keeps them, truthfully."""
    street = _street()
    street.enrol("W-1", kind="social_workers")
    with pytest.raises(RefusedError) as refused:
        _issue(street, **changes)
    assert codes(refused.value.problems) == [code]
    assert street.state.find("certificate") == []


def test_services_that_are_not_confirmed_are_not_proved() -> None:
    """Done is not enough, and what was taken back is gone."""
    street = _street()
    street.order("O-4", "V-1", day="2025-09-20", confirmed=None)
    street.run(correct_service, service="order/O-2/V-1", reason="absent")
    assert _issue(street)["minutes"] == 90
    with pytest.raises(RefusedError):
        _issue(street, services=["order/O-4/V-1"])


def test_an_office_of_the_unit_counts_as_the_unit() -> None:
    """Orders placed and confirmed by a worker of the station are the station's records, if it says so."""
    street = Street()
    street.enrol("V-1")
    street.order("O-1", "V-1")
    offices = {"unit": "ORG-1", "until": "2025-09-15"}
    with pytest.raises(RefusedError):
        _issue(street, **offices)
    assert _issue(street, **offices, offices=[STATION])["minutes"] == 90


# --- checking ----------------------------------------------------------------------------------


def test_anybody_can_check_a_proof() -> None:
    """TVR 17: number and code together tell what it says, and never whose it is."""
    street = _street()
    done = _issue(street)
    checked = check_certificate(street.state, done["number"], f" {done['code'].upper()} ")
    assert checked.ok
    for lang in ("zh", "en"):
        assert "135" in checked.say(lang)
        assert "V-1" not in checked.say(lang)


def test_a_wrong_code_or_number_tells_nothing() -> None:
    """Nobody learns by trying numbers which proofs there are."""
    street = _street()
    done = _issue(street)
    other = _issue(street, services=["order/O-1/V-1"])
    cases = [(done["number"], other["code"]), ("ST-1-2025-00009", done["code"]), ("", "")]
    for number, code in cases:
        checked = check_certificate(street.state, number, code)
        assert (checked.verdict, checked.certificate) == ("unknown", None)
    assert len({check_certificate(street.state, *case).say("zh") for case in cases}) == 1


def test_a_forged_record_does_not_pass() -> None:
    """The code is recomputed from the records: 900 minutes instead of 90 do not fit it."""
    street = _street()
    done = _issue(street)
    held = street.state.get("certificate", done["number"])
    street.state.put("certificate", attrs.evolve(held, lines=(("order/O-1/V-1", 900),)))
    assert check_certificate(street.state, done["number"], done["code"]).verdict == "unknown"


def test_a_proof_over_records_that_were_corrected_since_says_so() -> None:
    """It was issued in good faith; who checks it learns the number of today."""
    street = _street()
    done = _issue(street)
    change = {"service": "order/O-1/V-1", "reason": "miscounted", "minutes": 60}
    street.run(correct_service, **change)
    checked = check_certificate(street.state, done["number"], done["code"])
    assert (checked.verdict, checked.ok, checked.minutes_now) == ("changed", False, 105)
    assert "105" in checked.say("zh")


# --- showing -----------------------------------------------------------------------------------


def test_the_volunteer_is_named_only_to_those_who_may(network: LinkageNetwork) -> None:
    """The office prints the name, everybody else sees its first character (TVR 16)."""
    street = _street()
    number = _issue(street)["number"]
    full = certificate_text(street.state, number, network=network, role="official")
    assert NAME in full
    assert "南七街道社工站" in full
    assert "2小时15分钟" in full
    masked = certificate_text(street.state, number, network=network)
    assert NAME not in masked
    assert "张**" in masked
    assert "V-1" not in certificate_text(street.state, number, lang="en")


def test_a_minor_is_not_named_to_the_public_at_all(network: LinkageNetwork) -> None:
    """Not even the first character."""
    street = _street(minor=True, guardian_consent=True)
    text = certificate_text(street.state, _issue(street)["number"], network=network)
    assert "张" not in text
    assert "姓名不公开" in text


def test_the_page_is_bilingual_and_inert(network: LinkageNetwork) -> None:
    """A name cannot bring markup in; content, time, unit, number and law are there in both languages."""
    street = _street()
    done = _issue(street)
    html = certificate_page(street.state, done["number"], network=network, role="official").html()
    assert "<b>家湾" not in html
    assert "&lt;b&gt;" in html
    for part in ("入户探访", "home visit", "1小时30分钟", "1 h 30 min", done["code"], "第67号"):
        assert part in html


def test_a_proof_shows_the_activity_but_never_who_was_served(network: LinkageNetwork) -> None:
    """Orders are of somebody's home: neither order nor client stands on the paper."""
    street = _street()
    activity = {"activity": "A-1", "day": "2025-09-13", "category": "policy_talk"}
    street.run(record_activity, organizer="ORG-1", volunteer_event=True, **activity)
    street.run(record_activity_service, activity="A-1", minutes={"V-1": 30})
    text = certificate_text(
        street.state, _issue(street)["number"], network=network, role="official"
    )
    assert "A-1" in text
    assert "某公益协会" in text
    assert "O-1" not in text
    assert "H-1" not in text


def test_an_unknown_number_is_an_error(network: LinkageNetwork) -> None:
    """Not an empty paper."""
    with pytest.raises(KeyError):
        certificate_text(_street().state, "ST-1-2025-00099", network=network)
