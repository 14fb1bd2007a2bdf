"""The stage ``gifts``: daily gifts to the funds, campaigns, and what sponsors' pools add to them.

Who gives how much is drawn for all funds whatever a policy does. Every gift is logged with its instant, its fund
and the household that gave (-1 anonymous), in the order of time, so that it can be received again by the
ledger's own command with the same matches.
"""

from __future__ import annotations

import math

import attrs
import numpy as np

from wushe.model.storage import Array
from wushe.simulate.assumptions import Assumption, shares
from wushe.simulate.city import FUNDS, NO, WEEK, YEAR, City
from wushe.simulate.resources.pools import Gifts, Given, match_gifts
from wushe.simulate.stage import Stage
from wushe.text import Text

SECONDS, YUAN = 60, 100
OPENS, CLOSES = 8 * 60 * SECONDS, 22 * 60 * SECONDS
"""Seconds of the day between which people give."""
SATURDAY = 5
_ANHUI = (
    "Anhui, end of 2024: 7,232 community funds raised 125 million yuan, 17,284 yuan each (合肥日报 and others); "
    "that this is one year's worth is assumed"
)
ASSUMPTIONS = (
    Assumption("giving.fund_year", 17_284.0, "yuan per fund and year",
               Text("每支基金每年收到的捐款（活动和公益日多收的另计）", "what a fund receives a year, campaigns and charity days apart"), _ANHUI),
    Assumption("giving.mean", 120.0, "yuan", Text("平均每笔捐款", "mean of a gift"), low=1.0),
    Assumption("giving.spread", 1.2, "standard deviation of the logarithm",
               Text("捐款金额的离散程度", "spread of gifts"), high=5.0),
    Assumption("giving.largest", 50_000.0, "yuan", Text("单笔最高捐款", "the largest gift"), low=1.0),
    Assumption("giving.weekend", 0.8, "times as many gifts as on a weekday",
               Text("周末捐款次数与平日之比", "gifts on a weekend day against a weekday")),
    Assumption("giving.festival", 4.0, "times as many gifts as on other days",
               Text("九月五日至九日（中华慈善日、公益日）捐款次数与平日之比",
                    "gifts from 5 to 9 September (charity days) against other days")),
    *shares(("giving.anonymous", 0.3, "匿名捐款占比", "share of gifts without a name")),
)  # fmt: skip
_FESTIVAL = ((9, 5), (9, 9))
"""中华慈善日 (5 September) to 99公益日 (9 September)."""


@attrs.frozen
class Campaign:
    """From day `first` on, for `days` days, `factor` times as many gifts are made to `fund` (a row; None: all).

    With `pool_fen` above 0 a sponsor adds `numerator`/`denominator` of each gift, at most `gift_cap` fen for one gift,
    `donor_cap` for one donor and `pool_fen` in all, as the plugins' `split_gifts` decides. Raises ValueError and TypeError for what
    cannot be.
    """

    name: str
    label: Text
    first: int
    days: int
    factor: float = 1.0
    fund: int | None = None
    pool_fen: int = 0
    numerator: int = 1
    denominator: int = 1
    gift_cap: int | None = None
    donor_cap: int | None = None

    def __attrs_post_init__(self) -> None:
        plain = (
            isinstance(self.name, str)
            and self.name.isascii()
            and self.name.replace("_", "").isalnum()
        )
        if not plain:
            raise ValueError(
                f"name of a campaign is {self.name!r}; expected ASCII letters, digits and _, such as charity_day"
            )
        if not isinstance(self.label, Text):
            raise TypeError(
                f"campaign {self.name!r}: label is {self.label!r}; expected a Text(zh, en)"
            )
        least = {"first": 0, "days": 1, "pool_fen": 0, "numerator": 1, "denominator": 1}
        caps = {"fund": 0, "gift_cap": 1, "donor_cap": 1}
        least |= {name: low for name, low in caps.items() if getattr(self, name) is not None}
        for name, low in least.items():
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < low:
                raise ValueError(
                    f"campaign {self.name!r}: {name} is {value!r}; expected a whole number from {low} on"
                )
        if not isinstance(self.factor, int | float) or not 1 <= self.factor < math.inf:
            raise ValueError(
                f"campaign {self.name!r}: factor is {self.factor!r}; expected 1 (as many gifts as ever) or more"
            )

    def on(self, day: int) -> bool:
        """Return whether it lasts on `day`."""
        return self.first <= day < self.first + self.days

    @property
    def pool(self) -> str:
        """The id of its pool."""
        return f"POOL-{self.name}"


def begin(city: City) -> None:
    """Open the campaigns' pools. Raises ValueError where a campaign is for a fund that is not there."""
    campaigns = city.scenario.campaigns
    names = [campaign.name for campaign in campaigns]
    for campaign in campaigns:
        if names.count(campaign.name) > 1:
            raise ValueError(f"two campaigns have the name {campaign.name!r}; expected one")
        if campaign.fund is not None and campaign.fund >= len(city.funds):
            raise ValueError(
                f"campaign {campaign.name!r}: fund is {campaign.fund}; expected 0 to {len(city.funds) - 1}"
            )
    city.memory["giving"] = {name: Given() for name in names}


def step(city: City) -> None:
    """Take in the day's gifts and what the pools add."""
    gifts = gifts_today(city)
    city.count("given_fen", gifts.fen.sum())
    if not len(gifts):
        return
    city.money.receive(gifts.fund, gifts.fen)
    city.say(
        "gift_received", city.now + gifts.at,
        helper_kind=FUNDS, helper=gifts.fund, household=gifts.donor, amount=gifts.fen,
    )  # fmt: skip
    match_gifts(city, gifts)


def gifts_today(city: City) -> Gifts:
    """Return what is given on the city's day, first the usual gifts, then those that campaigns bring."""
    n = len(city.funds)
    rate = np.full(n, _rate(city))
    drawn = [_drawn(city, "giving.usual", rate)]
    for campaign in city.scenario.campaigns:
        if campaign.on(city.day):
            mine = np.ones(n, bool) if campaign.fund is None else np.arange(n) == campaign.fund
            more = rate * mine * (campaign.factor - 1)
            drawn.append(_drawn(city, f"giving.campaign.{campaign.name}", more))
    second, fund, donor, fen = (np.concatenate(column) for column in zip(*drawn, strict=True))
    order = np.argsort(second, kind="stable")
    steps = np.arange(len(order))
    # No two gifts have one instant: the order in which pools see them is plain.
    second = np.maximum.accumulate(second[order] - steps) + steps
    return Gifts(second / SECONDS, fund[order], donor[order], fen[order])


def _rate(city: City) -> float:
    """Return how many gifts a fund expects today, without campaigns."""
    on = city.on
    weekend = city["giving.weekend"] if on.weekday() >= SATURDAY else 1.0
    week = (5 + 2 * city["giving.weekend"]) / WEEK
    festival = _FESTIVAL[0] <= (on.month, on.day) <= _FESTIVAL[1]
    times = weekend / week * (city["giving.festival"] if festival else 1.0)
    return city["giving.fund_year"] / city["giving.mean"] / YEAR * times


def _drawn(city: City, name: str, rate: Array) -> tuple[Array, Array, Array, Array]:
    """Return second of the day, fund, donor and fen of gifts that come at `rate` a fund."""
    rng = city.streams.of(name, city.day)
    fund = np.repeat(np.arange(len(rate)), rng.poisson(rate))
    n, spread = len(fund), city["giving.spread"]
    yuan = rng.lognormal(np.log(city["giving.mean"]) - spread * spread / 2, spread, n)
    fen = np.clip(np.rint(yuan), 1, city["giving.largest"]).astype(np.int64) * YUAN
    donor = rng.integers(0, max(len(city.people), 1), n)
    donor[rng.random(n) < city["giving.anonymous"]] = NO
    return rng.integers(OPENS, CLOSES, n), fund, donor, fen


STAGE = Stage("gifts", step, begin)
