"""The stage ``needs``: needs arise, by household risk, season, troubles that places share, and shocks.

Each household's needs are a Poisson process whose rate is the product of what follows; nobody knows of them
until they are found. Nothing here looks at what a policy did: every policy meets the same needs.
"""

from __future__ import annotations

import math
from typing import Any

import attrs
import numpy as np
from scipy.special import gammainc, gammaincinv, ndtri

from wushe.model.storage import Array
from wushe.simulate.assumptions import Assumption, shares
from wushe.simulate.city import DAY, EMERGENCY, HIDDEN, LOW, NORMAL, URGENT, WEEK, YEAR, City
from wushe.simulate.needs.closing import lapse_days
from wushe.simulate.needs.mix import ASSUMPTIONS as MIX_ASSUMPTIONS
from wushe.simulate.needs.mix import Mix, mixed
from wushe.simulate.stage import Stage
from wushe.simulate.streams import Streams
from wushe.simulate.world.shocks import factors
from wushe.text import Text

ALWAYS_EMERGENCY = ("emergency_aid",)
"""Categories whose needs are emergencies by their name."""

LONGEST_DUE = 1e6
"""Days: a due date this far off is still a date."""
ASSUMPTIONS = (
    Assumption("needs.per_household_year", 0.25, "per household and year", Text("平均每户每年产生的需求", "needs that arise, on average")),
    *shares(
        ("needs.season", 0.15, "季节起伏幅度", "amplitude of the season: how far the peak is above the mean"),
        ("needs.emergency", 0.03, "急难需求占比", "needs that are emergencies"),
        ("needs.urgent", 0.15, "紧急需求占比", "needs that are urgent"),
        ("needs.low", 0.2, "可缓需求占比", "needs that can wait"),
        ("needs.double", 0.25, "需要两倍时长的服务占比", "services that take twice the typical time"),
        ("needs.more_goods", 0.3, "再多要一件的概率", "chance of one more piece, and again one more"),
    ),
    Assumption("needs.season_peak", 20.0, "day of the year", Text("季节高峰在一年的第几天", "day of the year with the most needs"), high=366.0),
    Assumption("needs.street_variance", 0.05, "variance of a factor of mean 1", Text("各街道每周共同起伏", "weekly ups and downs that a street shares")),
    Assumption("needs.community_variance", 0.1, "variance of a factor of mean 1", Text("各社区每周共同起伏", "weekly ups and downs that a community shares")),
    Assumption("needs.due_low", 60.0, "days", Text("可缓需求的期限", "days until a need that can wait is due"), high=LONGEST_DUE),
    Assumption("needs.due_normal", 30.0, "days", Text("一般需求的期限", "days until a normal need is due"), high=LONGEST_DUE),
    Assumption("needs.due_urgent", 7.0, "days", Text("紧急需求的期限", "days until an urgent need is due"), high=LONGEST_DUE),
    Assumption("needs.due_emergency", 2.0, "days", Text("急难需求的期限", "days until an emergency is due"), high=LONGEST_DUE),
    Assumption("needs.money_scale", 1.0, "times the typical amount of the category", Text("资金需求金额相对典型金额的倍数", "mean of amounts of money"), low=1e-3),
    Assumption("needs.money_spread", 0.5, "standard deviation of the logarithm", Text("资金需求金额的离散度", "spread of amounts of money")),
    Assumption("needs.money_step_fen", 10_000.0, "fen", Text("资金需求取整到", "amounts of money are whole multiples of"), low=1.0),
    *MIX_ASSUMPTIONS,
)  # fmt: skip


@attrs.frozen(eq=False)
class Setup:
    """What does not change during a run: `daily` float (n_households,), needs a day without season and frailty."""

    daily: Array
    mix: Mix
    hits: tuple[Array, ...]
    touched: tuple[Array, ...]
    typical: Array
    form: Array
    always: Array
    due: Array
    urgency: Array


def begin(city: City) -> None:
    """Work out each household's rate and mix, and which places the shocks hit. Raises ValueError."""
    people, plugins, shocks = city.people, city.plugins, city.scenario.shocks
    registered = [plugins.categories[category] for category in city.categories]
    levels = np.cumsum([city["needs.emergency"], city["needs.urgent"], city["needs.low"]])
    if levels[-1] > 1:
        raise ValueError(
            f"needs.emergency, needs.urgent and needs.low add up to {levels[-1]:g}; expected at most 1"
        )
    city.memory["needs"] = Setup(
        daily=people.risk * (city["needs.per_household_year"] / YEAR),
        mix=mixed(people, city.categories, plugins.categories, city.__getitem__),
        hits=tuple(shock.hit(people, city.streams) for shock in shocks),
        touched=tuple(shock.touches(city.categories) for shock in shocks),
        typical=np.array([category.typical for category in registered], dtype=np.int64),
        form=np.array(["team" if c.roles else c.form for c in registered], dtype=object),
        always=np.isin(city.categories, ALWAYS_EMERGENCY),
        due=np.array([city[f"needs.due_{name}"] for name in ("low", "normal", "urgent", "emergency")]),
        urgency=levels,
    )  # fmt: skip


def frailty(city: City) -> Array:
    """Return what each community's rates are multiplied by this week, float (n_communities,), 1 on average.

    The product of a factor of the community and one that its street shares, both gamma distributed.
    """
    people, week = city.people, city.day // WEEK
    street = _gamma(city.streams, "street", len(people.streets), week, city["needs.street_variance"])  # fmt: skip
    own = _gamma(city.streams, "community", len(people.communities), week, city["needs.community_variance"])  # fmt: skip
    found: Array = street[people.street] * own
    return found


def _gamma(streams: Streams, name: str, n: int, week: int, variance: float) -> Array:
    if variance == 0:
        return np.ones(n)
    uniform = streams.draw(f"arrivals.{name}", np.arange(n), week)
    found: Array = gammaincinv(1 / variance, uniform) * variance
    return found


def season(city: City) -> float:
    """Return what all rates are multiplied by today, 1 on average over a year."""
    turn = 2 * math.pi * (city.on.timetuple().tm_yday - city["needs.season_peak"]) / YEAR
    return 1 + city["needs.season"] * math.cos(turn)


def rates(city: City) -> tuple[Array, Array | None, Array | None]:
    """Return needs a day by household, float (n_households,), and the day's shocks as `factors` gives them."""
    setup: Setup = city.memory["needs"]
    home = city.people.home
    rate = setup.daily * (frailty(city) * season(city))[home]
    shaken = factors(city.scenario.shocks, setup.hits, setup.touched, city.day)
    if shaken is None:
        return rate, None, None
    pattern, by = shaken
    return rate * (setup.mix.share @ by.T)[setup.mix.kind, pattern[home]], pattern, by


def arise(city: City) -> None:
    """Let today's needs arise: each household's number is Poisson, the instants uniform over the day.

    A household draws one number a day, so that a higher rate means the same needs and some more.
    """
    rate, pattern, by = rates(city)
    uniform = city.streams.of("arrivals.day", city.day).random(len(rate))
    some = np.flatnonzero(uniform < rate)  # no fewer than those with a need: 1 - exp(-rate) <= rate
    times = _poisson(uniform[some], rate[some])
    household = np.repeat(some, times)
    nth = np.arange(len(household)) - np.repeat(np.cumsum(times) - times, times)
    at = city.now + DAY * city.streams.draw("arrivals.instant", household, city.day, nth)
    order = np.argsort(at, kind="stable")
    columns = _described(city, household[order], nth[order], at[order], pattern, by)
    rows = city.needs.append(len(order), **columns)
    city.say("need_arose", at[order], n=len(rows), need=rows, household=household[order])


def _poisson(uniform: Array, rate: Array) -> Array:
    """Return Poisson numbers by inversion from above: the smaller `uniform`, the larger the number."""
    times = np.zeros(len(uniform), dtype=np.int64)
    at_least = 1
    more = uniform < gammainc(at_least, rate)
    while more.any():
        times += more
        at_least += 1
        more &= uniform < gammainc(at_least, rate)
    return times


def _described(
    city: City, household: Array, nth: Array, at: Array, pattern: Array | None, by: Array | None
) -> dict[str, Any]:
    """Return the columns of new needs: what is needed, how much, how urgently, and until when."""
    setup: Setup = city.memory["needs"]
    drawn = {
        name: city.streams.draw(f"arrivals.{name}", household, city.day, nth)
        for name in ("category", "urgency", "amount")
    }
    weight = setup.mix.share[setup.mix.kind[household]]
    if pattern is not None and by is not None:
        weight = weight * by[pattern[city.people.home[household]]]
    upto = np.cumsum(weight, axis=1)
    category = (drawn["category"][:, None] * upto[:, -1:] >= upto).sum(axis=1)
    urgency = np.array([EMERGENCY, URGENT, LOW, NORMAL])[
        np.searchsorted(setup.urgency, drawn["urgency"], side="right")
    ]
    urgency[setup.always[category]] = EMERGENCY
    due = city.day + np.ceil(setup.due[urgency]).astype(np.int64)
    amount = _amounts(city, setup, category, drawn["amount"])
    return {
        "household": household, "category": category, "amount": amount, "left": amount, "urgency": urgency,
        "arose": at, "due": due, "state": HIDDEN,
        "lapses": lapse_days(city, household, at.astype(np.int64), due),
    }  # fmt: skip


def _amounts(city: City, setup: Setup, category: Array, uniform: Array) -> Array:
    """Return how much is needed in base units: typical amounts, some of them larger."""
    typical, form = setup.typical[category], setup.form[category]
    amount = typical.copy()
    service, goods, money = (form == name for name in ("service", "goods", "money"))
    amount[service] <<= uniform[service] < city["needs.double"]
    more = city["needs.more_goods"]
    if more > 0:
        # The chance of k pieces more is that of a uniform number below more to the power of k.
        extra = np.log1p(-uniform[goods]) / math.log(min(more, 1 - 1e-9))
        amount[goods] *= 1 + np.floor(extra).astype(np.int64)
    step, spread = city["needs.money_step_fen"], city["needs.money_spread"]
    typically = typical[money] * city["needs.money_scale"]
    drawn = typically * np.exp(spread * ndtri(np.maximum(uniform[money], 2**-54)) - spread**2 / 2)  # fmt: skip
    amount[money] = (np.maximum(np.rint(drawn / step), 1) * step).astype(np.int64)
    return amount


STAGE = Stage("needs", arise, begin)
