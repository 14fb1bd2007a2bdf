"""Dated consents in plans: a consent opens referral, its withdrawal closes it at once."""

import datetime as dt

import pytest

import wushe
from wushe.plugins.manager import load_plugins

RULES = load_plugins()
DAY = dt.date(2025, 9, 15)


def plan_of(*consents: wushe.Consent | wushe.Fact, flag: bool | None = None) -> wushe.Plan:
    """Plan one household that needs food which only a firm gives."""
    records = (
        wushe.Place(id="420106", name="武昌", level="county"),
        wushe.Household(id="H", place="420106", referral_consent=flag),
        wushe.Organization(id="O", name="某企业", kind="firm", place="420106"),
        wushe.CharityResource(
            id="R",
            name="米",
            categories=("food",),
            quantity=5,
            unit="piece",
            holder="O",
            place="420106",
        ),
        wushe.Need(id="N", household="H", category="food", quantity=1, unit="piece"),
        *consents,
    )
    city = wushe.build_network_from_records(records, RULES.categories, RULES.target_groups)
    made = wushe.make_plan(city, plugins=RULES, on=DAY)
    assert wushe.check_plan(made) == []
    return made


def consent(
    number: int, given: str, withdrawn: str | None = None, recipients: tuple[str, ...] | None = None
) -> wushe.Consent:
    """Return a consent to referral."""
    gone = None if withdrawn is None else dt.date.fromisoformat(withdrawn)
    return wushe.Consent(
        id=f"C{number}",
        subject="H",
        purpose="referral",
        given_on=dt.date.fromisoformat(given),
        withdrawn_on=gone,
        recipients=recipients,
    )


@pytest.mark.parametrize(
    ("consents", "flag", "served"),
    [
        ((), None, False),  # nothing recorded
        ((), True, True),  # the flag of the household
        ((consent(1, "2025-09-01"),), None, True),  # a dated consent
        ((consent(1, "2025-09-15"),), None, True),  # from its own day on
        ((consent(1, "2025-09-16"),), None, False),  # not before
        ((consent(1, "2025-09-01"),), False, False),  # a recorded no stands until it is replaced
        ((consent(1, "2025-09-01", "2025-09-15"),), True, False),  # withdrawn today: at once
        ((consent(1, "2025-09-01", "2025-09-16"),), None, True),  # withdrawn tomorrow
        (
            (consent(1, "2025-08-01", "2025-09-01"), consent(2, "2025-09-10")),
            None,
            True,
        ),  # given again
        (
            (consent(1, "2025-09-10", "2025-09-10"), consent(2, "2025-09-10")),
            None,
            False,
        ),  # same day
        ((consent(1, "2025-09-01", recipients=("O9",)),), None, False),  # to one recipient only
        ((consent(1, "2025-09-01", recipients=("O9",)),), True, True),  # narrower than the flag
    ],
)
def test_who_is_referred(
    consents: tuple[wushe.Consent, ...], flag: bool | None, served: bool
) -> None:
    """The need is served by the firm exactly while a yes is on record; else the reason is consent."""
    made = plan_of(*consents, flag=flag)
    assert bool(made.items) is served
    assert [short.reason for short in made.unserved] == ([] if served else ["consent"])


def fact(number: int, value: str, on: str, confidence: str = "stated") -> wushe.Fact:
    """Return a fact on the consent, as a form at the door writes it."""
    day = dt.date.fromisoformat(on)
    return wushe.Fact(
        id=f"F{number}",
        subject="H",
        field="referral_consent",
        value=value,
        on=day,
        at=f"{on}T02:00:00.000000Z",
        confidence=confidence,
    )


@pytest.mark.parametrize(
    ("facts", "flag", "served"),
    [
        ((fact(1, "no", "2025-09-10"),), True, False),  # refused at the door
        ((fact(1, "yes", "2025-09-10"),), None, True),  # agreed at the door
        ((fact(1, "no", "2025-09-16"),), True, True),  # refused tomorrow
        (
            (fact(1, "no", "2025-09-10"), fact(2, "yes", "2025-09-12")),
            None,
            True,
        ),  # changed their mind
        ((fact(1, "yes", "2025-09-10"), fact(2, "no", "2025-09-12")), None, False),
        ((fact(1, "no", "2025-09-10", "hearsay"),), True, False),  # the only fact there is
    ],
)
def test_what_was_said_at_the_door_counts(
    facts: tuple[wushe.Fact, ...], flag: bool | None, served: bool
) -> None:
    """A fact goes before the cell of the table, the later one before the earlier."""
    assert bool(plan_of(*facts, flag=flag).items) is served
