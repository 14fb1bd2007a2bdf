"""The resource pool: what the parties can give, derived by rules and joined with the offers table."""

import datetime as dt
from typing import Any

import pytest

import wushe
from cities import ON, city_of, village
from wushe import Context, InputError, Offer
from wushe.supply import pool_offers

PLUGINS = wushe.load_plugins()
DAY = dt.date(2025, 10, 1)


def pool(**tables: list[Any]) -> dict[str, Offer]:
    """Return the pool of the village with `tables`, by offer id."""
    context = Context(ON, PLUGINS.categories, PLUGINS.target_groups)
    offers = pool_offers(city_of(village(**tables), PLUGINS), PLUGINS, context)
    assert offers.ids.tolist() == sorted(offers.ids)
    return {offer.id: offer for offer in offers.records()}


def volunteer(**change: Any) -> wushe.Volunteer:
    """Return a volunteer, changed."""
    fine: dict[str, Any] = {
        "id": "V", "name": "志愿者", "place": "420106001001", "skills": ("visiting",), "weekly_hours": 3
    }  # fmt: skip
    return wushe.Volunteer(**{**fine, **change})


def test_nobody_offers_nothing() -> None:
    """A city without helpers has an empty pool."""
    assert pool() == {}


def test_a_volunteers_hours() -> None:
    """Weekly hours, for what the skills suffice, in the street unless said otherwise."""
    offer = pool(volunteers=[volunteer(available_to=DAY, vetted_on=ON)])["V:hours"]
    assert (offer.quantity, offer.unit, offer.reach) == (3, "hour", "street")
    assert set(offer.categories) >= {"visit", "child_company", "activity_company"}
    assert "home_care" not in offer.categories
    assert (offer.available_to, offer.vetted_on, offer.skills) == (DAY, ON, ("visiting",))


def test_a_social_worker_works_where_the_station_is() -> None:
    """Workers serve the place of their station."""
    offers = pool(
        stations=[wushe.Station(id="S", name="站", place="420106002")],
        social_workers=[
            wushe.SocialWorker(id="W", name="社工", station="S", skills=("policy",), weekly_hours=8)
        ],
    )
    assert offers["W:hours"].place == "420106002"
    assert offers["W:hours"].provider == "W"


def test_goods_keep_their_restrictions_and_expiry() -> None:
    """What the donor wished travels with the goods; they lie where their holder is."""
    offer = pool(
        organizations=[
            wushe.Organization(id="O", name="慈善会", kind="charity_federation", place="420106")
        ],
        resources=[
            wushe.CharityResource(
                id="R",
                name="大米",
                categories=("food",),
                quantity=4,
                unit="box*10",
                holder="O",
                expires_on=DAY,
                for_groups=("disabled",),
                for_clients=("H",),
                for_places=("420106",),
                per_need=2,
            )
        ],
    )["R:lot"]
    assert (offer.quantity, offer.unit, offer.place) == (4, "box*10", "420106")
    assert (offer.available_to, offer.per_need) == (DAY, 2)
    assert (offer.for_groups, offer.for_clients, offer.for_places) == (
        ("disabled",), ("H",), ("420106",)
    )  # fmt: skip


def test_a_funds_balance() -> None:
    """Money counts in fen, with the fund's limit per need and groups."""
    offer = pool(
        funds=[
            wushe.Fund(
                id="F",
                name="基金",
                host="O",
                balance_fen=123_45,
                purposes=("living_aid",),
                per_need_fen=50_00,
                for_groups=("disabled",),
            )
        ]
    )["F:balance"]
    assert (offer.quantity, offer.unit, offer.per_need) == (123_45, "fen", 50_00)
    assert offer.for_groups == ("disabled",)


# tables that give nothing, and why
NOTHING: list[tuple[str, list[Any]]] = [
    ("volunteers", [volunteer(weekly_hours=None)]),  # unknown hours are not a guess
    ("volunteers", [volunteer(weekly_hours=0)]),
    ("volunteers", [volunteer(skills=None)]),
    ("volunteers", [volunteer(skills=("juggling",))]),  # no category needs it
    ("resources", [wushe.CharityResource(id="R", name="大米", categories=("food",))]),
    ("funds", [wushe.Fund(id="F", name="基金", host="O", purposes=("living_aid",))]),
    ("funds", [wushe.Fund(id="F", name="基金", host="O", balance_fen=0, purposes=("living_aid",))]),
    ("funds", [wushe.Fund(id="F", name="基金", host="O", balance_fen=100)]),  # purpose unknown
    # a fund that gives nothing per need is not one without a limit
    ("funds", [wushe.Fund(id="F", name="基金", host="O", balance_fen=100, purposes=("living_aid",), per_need_fen=0)]),
]  # fmt: skip


@pytest.mark.parametrize(("table", "records"), NOTHING)
def test_what_is_unknown_or_nothing_is_not_offered(table: str, records: list[Any]) -> None:
    """Unknown is neither zero nor plenty."""
    assert pool(**{table: records}) == {}


def test_the_offers_table_joins_what_is_derived() -> None:
    """Both sources in one pool."""
    given = Offer(id="A", provider="CC1", categories=("visit",), quantity=1, unit="hour")
    assert set(pool(offers=[given], volunteers=[volunteer()])) == {"A", "V:hours"}


def test_an_id_from_two_sources_is_an_error_that_names_both() -> None:
    """The table may not take an id that a party derives."""
    given = Offer(id="V:hours", provider="CC1", categories=("visit",), quantity=1, unit="hour")
    with pytest.raises(InputError, match=r"offers\.csv and defaults"):
        pool(offers=[given], volunteers=[volunteer()])


def test_a_long_id_is_still_a_helper() -> None:
    """An id may have 64 characters; what is derived from it must not be refused."""
    offers = pool(volunteers=[volunteer(id="V" * 64)])
    assert [offer.provider for offer in offers.values()] == ["V" * 64]
