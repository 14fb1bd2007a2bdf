"""The stage ``closing``: what lapses. Nobody served it in time, or the household found a way by itself."""

from __future__ import annotations

import numpy as np

from wushe.model.storage import Array
from wushe.simulate.assumptions import Assumption
from wushe.simulate.city import DAY, HIDDEN, KNOWN, LAPSED, LISTED, NO, City
from wushe.simulate.needs.intake import promote
from wushe.simulate.stage import Stage
from wushe.simulate.streams import exponential
from wushe.text import Text

ASSUMPTIONS = (
    Assumption(
        "closing.self_help_days", 180.0, "days, mean of an exponential",
        Text("家庭自行解决所需时间", "time until a household finds a way by itself"), low=1e-3,
    ),
    Assumption(
        "closing.grace_days", 60.0, "days after the due date",
        Text("逾期多久后作罢", "how long after its due date a need is given up"),
    ),
)  # fmt: skip
FOREVER = 2**31 - 1
_OPEN = (HIDDEN, KNOWN, LISTED)


def lapse_days(city: City, household: Array, minute: Array, due: Array) -> Array:
    """Return the day on which each new need lapses unless somebody serves it, int32 (n,).

    `minute` int64: the whole minute in which it arose. The earlier of self-help (exponential) and grace after
    the due date; the draw belongs to household and minute, so that it is the same under every policy.
    """
    mean, grace = city["closing.self_help_days"], city["closing.grace_days"]
    by_itself = (
        minute / DAY + exponential(city.streams.draw("closing.self_help", household, minute)) * mean
    )
    given_up = due + grace
    found: Array = np.minimum(np.floor(np.minimum(by_itself, given_up)), FOREVER).astype(np.int32)
    return found


def lapse(city: City) -> None:
    """List what intake finished today, then close what lapses tonight and nobody is at work on.

    What somebody was asked for stays until that order has ended.
    """
    promote(city, city.now + DAY)
    needs = city.needs
    over = (needs["lapses"] <= city.day) & (needs["lapses"] != NO) & np.isin(needs["state"], _OPEN)
    rows = np.flatnonzero(over & (needs["ordered"] == 0))
    tonight = city.now + DAY
    late = needs["lapses"][rows] >= needs["due"][rows] + np.floor(city["closing.grace_days"])
    city.count("lapsed_unserved", int(late.sum()))
    city.count("lapsed_by_itself", len(rows) - int(late.sum()))
    city.count("lapsed_hidden", int((needs["state"][rows] == HIDDEN).sum()))
    needs["state"][rows] = LAPSED
    needs["closed"][rows] = tonight
    city.say("need_lapsed", tonight, n=len(rows), need=rows, household=needs["household"][rows])


STAGE = Stage("closing", lapse)
