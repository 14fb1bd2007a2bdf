"""Sponsors' pools of a simulated day: what the plugins' `split_gifts` adds to the gifts, and its posting."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import attrs
import numpy as np

from wushe.errors import PluginError
from wushe.model.storage import Array
from wushe.model.terms import Columns, Context
from wushe.simulate.city import FUNDS, City
from wushe.simulate.names import ids_of
from wushe.simulate.world.filled import objects

if TYPE_CHECKING:
    from wushe.simulate.resources.giving import Campaign

NO_CAP = -1


@attrs.frozen(eq=False)
class Gifts:
    """Gifts of a day in the order of time: `at` minutes of the day float, `fund` int64, `donor` household rows (-1 none),
    `fen` int64; shape (n,).
    """

    at: Array
    fund: Array
    donor: Array
    fen: Array

    def __len__(self) -> int:
        return len(self.at)


@attrs.define(eq=False)
class Given:
    """What a campaign's pool gave so far, in all and by donor (``donor:ID``), fen."""

    fen: int = 0
    to: dict[str, int] = attrs.field(factory=dict)


def match_gifts(city: City, gifts: Gifts) -> None:
    """Let the plugins split the gifts over the pools that are open, and post what they add."""
    given: dict[str, Given] = city.memory["giving"]
    # In the order of their ids, as the ledger takes them.
    every = sorted(city.scenario.campaigns, key=lambda c: c.pool)
    pools = [c for c in every if c.on(city.day) and given[c.name].fen < c.pool_fen]
    if not pools:
        return
    donations = donation_columns(city, gifts)
    plugins = city.plugins
    split = plugins.split_gifts(
        donations,
        pool_columns(pools, given, ids_of("funds", np.arange(len(city.funds)))),
        Context(city.on, plugins.categories, plugins.target_groups),
    )
    sums: dict[tuple[str, str], int] = {}
    for gift, pool, part in split:
        sums[gift, pool] = sums.get((gift, pool), 0) + part
    by_pool = {campaign.pool: campaign for campaign in pools}
    row_of = {key: row for row, key in enumerate(donations["id"].tolist())}
    found = [(row_of[gift], by_pool[pool], part) for (gift, pool), part in sums.items() if part]
    for row, campaign, part in found:
        _count(campaign, given[campaign.name], part, donations["donor"][row])
    _post(city, gifts, [row for row, _, _ in found], [part for _, _, part in found])


def _count(campaign: Campaign, given: Given, fen: int, donor: str | None) -> None:
    """Count what a pool adds to a gift. Raises PluginError where the sponsor's limits are broken."""
    given.fen += fen
    theirs = 0
    if donor is not None:
        theirs = given.to[f"donor:{donor}"] = given.to.get(f"donor:{donor}", 0) + fen
    limits = ((campaign.gift_cap, fen), (campaign.donor_cap, theirs))
    if any(cap is not None and value > cap for cap, value in limits):
        raise PluginError(
            "split_gifts", "-", "split_gifts",
            f"campaign {campaign.name!r} adds {fen} fen to a gift and {theirs} for its donor; expected at most "
            f"gift_cap {campaign.gift_cap} and donor_cap {campaign.donor_cap}",
        )  # fmt: skip


def _post(city: City, gifts: Gifts, rows: list[int], fen: list[int]) -> None:
    """Post what the pools add to the gifts at `rows`."""
    at = np.array(rows, dtype=np.int64)
    city.money.receive(gifts.fund[at], fen, nature="matching")
    city.count("matched_fen", sum(fen))
    city.say(
        "gift_matched", city.now + gifts.at[at], len(at),
        helper_kind=FUNDS, helper=gifts.fund[at], household=gifts.donor[at], amount=fen,
    )  # fmt: skip


def donation_columns(city: City, gifts: Gifts) -> Columns:
    """Return gifts as `split_gifts` receives them; ids sort in the order of time."""
    households = city.people.tables["households"].ids
    donors = [None if row < 0 else str(households[row]) for row in gifts.donor.tolist()]
    midnight = dt.datetime.combine(city.on, dt.time())
    times = [
        f"{(midnight + dt.timedelta(minutes=at)).isoformat(timespec='seconds')}"
        for at in gifts.at.tolist()
    ]
    return Columns(
        len(gifts),
        {
            "id": objects([f"G-{city.day:05d}-{row:05d}" for row in range(len(gifts))]),
            "donor": objects(donors),
            "fund": ids_of("funds", gifts.fund),
            "project": objects([None] * len(gifts)),
            "fen": gifts.fen,
            "at": objects(times),
        },
    )


def pool_columns(campaigns: list[Campaign], given: dict[str, Given], funds: Array) -> Columns:
    """Return the pools as `split_gifts` receives them; `funds` are the ids of all funds, object (n_funds,).

    A campaign that is passed here is open: its days decide, so that `opens` and `closes` are None.
    """
    names = ("gift_cap", "donor_cap")
    arrays: dict[str, Array] = {
        "id": objects([c.pool for c in campaigns]),
        "fund": objects([None if c.fund is None else funds[c.fund] for c in campaigns]),
        "opens": objects([None] * len(campaigns)),
        "closes": objects([None] * len(campaigns)),
        "given": objects([dict(given[c.name].to) for c in campaigns]),
        "project_cap": np.full(len(campaigns), NO_CAP, dtype=np.int64),
        "left_fen": np.array([c.pool_fen - given[c.name].fen for c in campaigns], dtype=np.int64),
    }
    for name in ("numerator", "denominator"):
        arrays[name] = np.array([getattr(c, name) for c in campaigns], dtype=np.int64)
    for name in names:
        caps = [getattr(c, name) for c in campaigns]
        arrays[name] = np.array([NO_CAP if cap is None else cap for cap in caps], dtype=np.int64)
    return Columns(len(campaigns), arrays)
