"""Consent to referral, as orders ask for it."""

import datetime as dt

import pytest

import wushe
from cities import city_of, village
from wushe.model.parties import OWN_TEAM
from wushe.orders.consent import may_go_to, recorded_consents

RULES = wushe.load_plugins()
ON = dt.date(2025, 9, 15)
PLACE = "420106001001"


@pytest.fixture(scope="module")
def city() -> wushe.LinkageNetwork:
    """Return households that said yes, no and nothing, with a person in each, and dated consents."""
    homes = [
        wushe.Household(id=key, place=PLACE, referral_consent=said)
        for key, said in (("HY", True), ("HN", False), ("HU", None), ("HD", None), ("HW", True))
    ]
    persons = [
        wushe.Person(id="PY", household="HY"),
        wushe.Person(id="PN", household="HY", referral_consent=False),
        wushe.Person(id="PU", household="HU"),
        wushe.Person(id="P0"),
    ]
    consents = [
        wushe.Consent(id="C1", subject="HD", purpose="referral", given_on=dt.date(2025, 9, 1)),
        wushe.Consent(id="C2", subject="HW", purpose="referral", given_on=dt.date(2025, 1, 1),
                      withdrawn_on=dt.date(2025, 9, 10)),
    ]  # fmt: skip
    rows = village(households=homes, persons=persons, consents=consents, needs=[])
    return city_of(rows, RULES)


@pytest.mark.parametrize(
    ("kind", "client", "said"),
    [
        ("households", "HY", 1),
        ("households", "HN", 0),
        ("households", "HU", -1),
        ("households", "HD", 1),  # a dated consent
        ("households", "HW", 0),  # withdrawn, whatever the flag says
        ("persons", "PY", 1),  # the household's answer
        ("persons", "PN", 0),  # their own goes before it
        ("persons", "PU", -1),
        ("persons", "P0", -1),
        ("households", "unknown", -1),
        ("institutions", "I", 1),
    ],
)
def test_what_is_recorded(city: wushe.LinkageNetwork, kind: str, client: str, said: int) -> None:
    """Yes, no and unknown, by household, person and institution."""
    assert recorded_consents(city, [(kind, client)], ON).tolist() == [said]


def test_many_are_answered_at_once_and_in_their_order(city: wushe.LinkageNetwork) -> None:
    """One answer a client."""
    clients = [("persons", "PN"), ("households", "HD"), ("institutions", "I"), ("persons", "P0")]
    assert recorded_consents(city, clients, ON).tolist() == [0, 1, 1, -1]
    assert recorded_consents(city, [], ON).tolist() == []


def test_a_consent_holds_from_its_day(city: wushe.LinkageNetwork) -> None:
    """The day before nothing is recorded."""
    assert recorded_consents(city, [("households", "HD")], dt.date(2025, 8, 31)).tolist() == [-1]


@pytest.mark.parametrize("kind", ["volunteers", "organizations", "funds"])
def test_only_the_own_team_goes_without_it(city: wushe.LinkageNetwork, kind: str) -> None:
    """Others with a yes; in an emergency also where nobody was asked."""
    unknown, no = ("households", "HU"), ("households", "HN")
    assert not may_go_to(city, unknown, kind, ON)
    assert may_go_to(city, unknown, kind, ON, emergency=True)
    assert not may_go_to(city, no, kind, ON, emergency=True)
    assert all(may_go_to(city, no, own, ON) for own in OWN_TEAM)
