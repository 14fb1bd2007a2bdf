"""Gifts by the day and by campaign: as many as assumed, the same under every policy, matched as the ledger does."""

import datetime as dt
from typing import Any

import numpy as np
import pytest

from conftest import campaign
from wushe import Text, hookimpl, load_plugins
from wushe.errors import PluginError
from wushe.journal import Act, MemoryStore
from wushe.ledger.money import DOMAIN, balances, open_fund, open_pool, receive
from wushe.simulate.city import EVENT_CODES, City
from wushe.simulate.engine import found
from wushe.simulate.names import ids_of
from wushe.simulate.resources import giving
from wushe.simulate.resources.giving import Campaign
from wushe.simulate.world import ready

DRIVE = Campaign("drive", Text("募捐周", "a week's drive"), first=3, days=7, factor=6.0)


def town(*, rules: Any = None, seed: int = 3, **changes: Any) -> City:
    """Return 600 households with 6 funds that have nothing yet, on the eve of the first day."""
    given = {"funds": 6, "fund_level": "community", "parties.fund_start": 0.0, **changes}
    city = found(ready.small().but(**given), np.random.SeedSequence(seed), rules)
    giving.STAGE.begin(city)  # type: ignore[misc]
    return city


def lived(city: City, days: int) -> City:
    """Let the stage run for some days."""
    for city.day in range(days):
        giving.STAGE.step(city)
    return city


def events(city: City, kind: str) -> dict[str, list[Any]]:
    """Return the log's events of a kind in columns."""
    rows = np.flatnonzero(city.log["kind"] == EVENT_CODES[kind])
    return {name: city.log[name][rows].tolist() for name in city.log.fields}


def test_a_year_brings_what_is_assumed() -> None:
    """Funds receive the assumed sum a year, with what the charity days add; gifts are whole yuan."""
    city = town(funds=120, fund_level="street", days=365)
    lived(city, 365)
    mean = city.money.received.sum() / 120 / 100
    expected = city["giving.fund_year"] * (360 + 5 * city["giving.festival"]) / 365
    assert abs(mean / expected - 1) < 0.06, (mean, expected)
    fen = np.array(events(city, "gift_received")["amount"])
    assert not (fen % 100).any()
    assert fen.min() >= 100
    assert fen.max() <= city["giving.largest"] * 100
    assert fen.sum() == city.money.received.sum()


def test_people_give_less_often_on_weekends_and_more_on_charity_days() -> None:
    """Counts by the day follow the assumed factors."""
    city = town(funds=200, fund_level="street", start=dt.date(2025, 9, 1))
    counts = []
    for city.day in range(14):
        counts.append(len(giving.gifts_today(city)))
    usual = np.mean([counts[d] for d in (0, 1, 2, 3, 9, 10, 11)])
    assert abs(np.mean([counts[d] for d in (4, 7, 8)]) / usual / city["giving.festival"] - 1) < 0.2
    assert abs(counts[12] / usual / city["giving.weekend"] - 1) < 0.35


def test_gifts_come_in_the_order_of_time_each_at_its_own_instant() -> None:
    """Instants rise strictly within the waking day, so that the order in which pools see gifts is plain."""
    city = town(funds=400, fund_level="street")
    for city.day in range(5):
        gifts = giving.gifts_today(city)
        assert len(gifts) > 50
        assert (np.diff(gifts.at) > 0).all()
        assert 8 * 60 <= gifts.at.min() <= gifts.at.max() < 24 * 60


def test_a_campaign_adds_gifts_and_changes_no_other() -> None:
    """With the campaign the usual gifts are the same ones, and further ones come while it lasts, to its fund only."""
    plain, drive = town(), town(campaigns=(Campaign("drive", DRIVE.label, 3, 7, 6.0, fund=2),))
    for day in range(12):
        plain.day = drive.day = day
        usual, more = giving.gifts_today(plain), giving.gifts_today(drive)
        rows = {
            tuple(row)
            for row in zip(
                usual.fund.tolist(), usual.donor.tolist(), usual.fen.tolist(), strict=True
            )
        }
        both = list(zip(more.fund.tolist(), more.donor.tolist(), more.fen.tolist(), strict=True))
        assert rows <= set(both)
        added = [row for row in both if row not in rows]
        assert {fund for fund, _, _ in added} <= {2}
        assert bool(added) == (3 <= day < 10 and len(both) > len(usual))


def test_the_same_seed_gives_the_same_gifts_whatever_was_spent() -> None:
    """Equal bytes under one seed, other gifts under another, and no influence of what funds paid out."""
    first, second, other = (lived(town(seed=seed), 5) for seed in (3, 3, 4))
    assert all(first.log[name].tobytes() == second.log[name].tobytes() for name in first.log.fields)
    assert first.log["amount"].tolist() != other.log["amount"].tolist()
    spent = town()
    giving.STAGE.step(spent)
    spent.money.commit(0, max(1, int(spent.money.free[0])))
    for spent.day in range(1, 5):
        giving.STAGE.step(spent)
    assert spent.log["amount"].tolist() == first.log["amount"].tolist()


def replayed(city: City, plugins: Any) -> tuple[dict[str, int], dict[str, int]]:
    """Receive the logged gifts again by the real commands, in their order; return balances and what pools gave."""
    store = MemoryStore(DOMAIN, plugins)
    start = dt.datetime.combine(city.scenario.start, dt.time(), dt.timezone(dt.timedelta(hours=8)))
    act = Act(start.isoformat(), "worker-1")
    funds = ids_of("funds", np.arange(len(city.funds))).tolist()
    for fund in funds:
        store.run(act, open_fund, id=fund, name=fund, host="O-1")
    for c in city.scenario.campaigns:
        opens = start + dt.timedelta(days=c.first)
        store.run(
            act, open_pool, id=c.pool, sponsor="S-1", fen=c.pool_fen, numerator=c.numerator,
            denominator=c.denominator, fund=None if c.fund is None else funds[c.fund], gift_cap=c.gift_cap,
            donor_cap=c.donor_cap, opens=opens.isoformat(), closes=(opens + dt.timedelta(days=c.days)).isoformat(),
        )  # fmt: skip
    gifts = events(city, "gift_received")
    for at, fund, home, fen in zip(
        gifts["at"], gifts["helper"], gifts["household"], gifts["amount"], strict=True
    ):
        instant = start + dt.timedelta(minutes=at)
        donor = {} if home < 0 else {"donor": f"H-{home}", "donor_kind": "person"}
        gift = {
            "fund": funds[fund],
            "fen": fen,
            "at": instant.isoformat(timespec="seconds"),
            **donor,
        }
        store.run(Act(instant.isoformat(timespec="seconds"), "worker-1"), receive, gifts=[gift])
    given = {pool.id: pool.given for pool in store.state.find("pool")}
    return {name: fen for name, fen in balances(store.state).items() if fen}, given


@pytest.mark.parametrize("plugins", [("wuchang",), ("xuanzhou",)])
def test_pools_add_what_the_ledgers_own_command_adds(plugins: tuple[str, ...]) -> None:
    """Two pools with caps, one for all funds and one for fund 1, under the default rule and a city's own."""
    campaigns = (
        Campaign("friends", DRIVE.label, 4, 3, 1.0, fund=1, pool_fen=90_000, donor_cap=6_000),
        Campaign("drive", DRIVE.label, 1, 9, 4.0, pool_fen=200_000, numerator=1, denominator=3, gift_cap=9_000),
    )  # fmt: skip
    days = campaign(tests=12, ci=12, soak=60)
    changes = {
        "plugins": plugins,
        "campaigns": campaigns,
        "giving.anonymous": 0.2,
        "giving.fund_year": 40_000.0,
    }
    city = lived(town(**changes), days)
    books, given = replayed(city, load_plugins(*plugins))
    assert city.money.balances(ids_of("funds", np.arange(6)).tolist()) == books
    memory = city.memory["giving"]
    assert {f"POOL-{name}": held.fen for name, held in memory.items()} == given
    assert given["POOL-drive"] > 0
    assert given["POOL-friends"] > 0
    assert sum(events(city, "gift_matched")["amount"]) == city.money.matched.sum()
    assert city.money.residual() == 0


@pytest.mark.parametrize(("plugin", "given"), [("wuchang", 33_333), ("xuanzhou", 33_300)])
def test_a_pool_gives_no_fen_more_than_it_has(plugin: str, given: int) -> None:
    """A small pool is used up on the first days, to the fen or in whole yuan as the city has it, and then rests."""
    drive = Campaign("drive", DRIVE.label, 0, 20, 5.0, pool_fen=33_333)
    city = lived(town(campaigns=(drive,), plugins=(plugin,)), 20)
    assert city.memory["giving"]["drive"].fen == given
    assert city.money.matched.sum() == given


class Generous:
    """A plugin that forgets the sponsor's limit for one gift."""

    @hookimpl
    def split_gifts(self, donations: Any, pools: Any) -> list[tuple[str, str, int]]:
        """Add to each gift as much as it is."""
        return [
            (key, pools["id"][0], int(fen))
            for key, fen in zip(donations["id"], donations["fen"], strict=True)
        ]


def test_a_plugin_that_breaks_a_sponsors_limit_is_refused() -> None:
    """As in the ledger: what a sponsor agreed to is no matter of the rule."""
    drive = Campaign("drive", DRIVE.label, 0, 20, pool_fen=10**9, gift_cap=100)
    with pytest.raises(
        PluginError, match=r"campaign 'drive' adds .* expected at most gift_cap 100"
    ):
        lived(town(campaigns=(drive,), rules=load_plugins(Generous())), 5)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "a drive"}, "expected ASCII letters"),
        ({"first": -1}, "first is -1; expected a whole number from 0 on"),
        ({"days": 0}, "days is 0; expected a whole number from 1 on"),
        ({"factor": 0.5}, "factor is 0.5; expected 1"),
        ({"factor": float("nan")}, "factor is nan"),
        ({"pool_fen": 1.5}, "pool_fen is 1.5"),
        ({"denominator": 0}, "denominator is 0"),
        ({"gift_cap": 0}, "gift_cap is 0"),
        ({"fund": True}, "fund is True"),
    ],
)
def test_what_is_no_campaign_is_refused(wrong: dict[str, Any], said: str) -> None:
    """The error says field, value and what is expected."""
    good = {"name": "drive", "label": DRIVE.label, "first": 0, "days": 7}
    with pytest.raises(ValueError, match=said):
        Campaign(**{**good, **wrong})


def test_campaigns_that_do_not_fit_the_city_are_refused() -> None:
    """A label that is no text, a fund that is not there, two campaigns with one name."""
    with pytest.raises(TypeError, match="expected a Text"):
        Campaign("drive", "募捐周", 0, 7)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="campaign 'drive': fund is 9; expected 0 to 5"):
        town(campaigns=(Campaign("drive", DRIVE.label, 0, 7, fund=9),))
    with pytest.raises(ValueError, match="two campaigns have the name 'drive'"):
        town(campaigns=(DRIVE, DRIVE))
