"""Parameters that were fitted to published figures, by code, and the code that fits them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs
import numpy as np
from scipy.optimize import brentq

from wushe.simulate.evidence import measures
from wushe.simulate.evidence.worlds import HEFEI_FUNDS, WORLDS, Runs
from wushe.text import Text

SEED = 2024
"""Seed of the runs that parameters are fitted on; those that are reported have another."""
REPLICATIONS, CHEAP = 4, 20
"""Runs for each value that is tried; of worlds in which nothing is dispatched more."""
METHOD = Text(
    f"Brent 法求根（scipy.optimize.brentq，精度1%），{REPLICATIONS}次重复（没有派单的{CHEAP}次）的均值，同一批随机数，种子{SEED}与上表的模拟不同",
    f"Brent's root finding (scipy.optimize.brentq, to 1 per cent) of the mean of {REPLICATIONS} replications ({CHEAP} where nothing "
    f"is dispatched) on common random numbers; seed {SEED}, not that of the rows above",
)
PRECISION = 0.01
ANHUI_OTHERS = (125_000_000 - 27_230_000) / (7_232 - HEFEI_FUNDS)
"""Yuan a fund of Anhui without Hefei raised until the end of 2024: 125 million by 7,232 less 27.23 million by 1,345."""


@attrs.frozen
class Fitted:
    """A parameter that is set so that `measure` of a world is `target`; sought between `low` and `high`.

    `of` says which assumptions it sets. `value` is what `fit` found; the fits that it rests on come before it.
    """

    name: str
    of: str
    label: Text
    world: str
    measure: Callable[[Runs], float]
    target: float
    low: float
    high: float
    value: float
    replications: int = REPLICATIONS


FITTED: Mapping[str, Fitted] = {
    f.name: f
    for f in (
        Fitted(
            "linkage", "linkage.reach, linkage.worker_led, linkage.shared_list",
            Text("三种联动的比例", "share of helpers that are linked, in each of three ways"),
            "jianghan", measures.faster_percent, 40.0, 0.0, 1.0, 1.0,
        ),
        Fitted(
            "activities", "activities.held",
            Text("每社区每年活动场次", "activities of a community and year"),
            "nanqi", measures.activities, 278.0, 10.0, 200.0, 55.1, CHEAP,
        ),
        Fitted(
            "attendance", "activities.attendance",
            Text("每场人次", "person-times of an activity"),
            "nanqi", measures.activity_times, 4_100.0, 1.0, 100.0, 14.73, CHEAP,
        ),
        Fitted(
            "emergencies", "needs.per_household_year",
            Text("每个互助社每年的急难", "emergencies of a society and year"),
            "xuanzhou", measures.aided, 1_790.0, 4.0, 7.0, 5.24,
        ),
        Fitted(
            "aid", "needs.money_scale",
            Text("救助金额与本库典型金额（700元）之比", "aid over the library's typical amount of 700 yuan"),
            "xuanzhou", measures.fitted_aid_yuan, 1_042_800.0, 0.7, 1.1, 0.805,
        ),
        Fitted(
            "doors", "visits.doors_per_worker_week",
            Text("每名社工每周为项目敲门户数", "doors that a worker knocks on a week for the project"),
            "wuchang", measures.project_times, 470.0, 0.5, 40.0, 9.35,
        ),
        Fitted(
            "needs", "needs.per_household_year",
            Text("每户每年的需求", "needs of a household and year"),
            "pilot", measures.community_times, 3_500.0, 0.5, 12.0, 2.74,
        ),
        Fitted(
            "gifts", "giving.fund_year",
            Text("每支基金收到的捐款", "yuan that a fund receives"),
            "anhui", measures.gifts_per_fund, ANHUI_OTHERS, 5_000.0, 60_000.0, 15_934.0, CHEAP,
        ),
    )
}  # fmt: skip
"""By name, in the order in which they are fitted."""


def values() -> dict[str, float]:
    """Return the fitted values by name."""
    return {name: f.value for name, f in FITTED.items()}


def fit(
    name: str,
    replications: int | None = None,
    seed: int = SEED,
    given: Mapping[str, float] | None = None,
) -> float:
    """Return the value of a fitted parameter, worked out anew; the others are `given`, or those that are kept.

    Where the target lies beyond what can be reached between the bounds, the nearer bound is returned. Raises KeyError.
    """
    sought = FITTED[name]
    many = sought.replications if replications is None else replications
    world, others = WORLDS[sought.world], values() if given is None else dict(given)

    def off(log: float) -> float:
        at = {**others, name: float(np.exp(log)) if sought.low > 0 else log}
        runs = (world.simulate(at, seed, k) for k in range(many))
        return float(np.mean([sought.measure(one) for one in runs])) - sought.target

    ends = (sought.low, sought.high)
    low, high = (float(np.log(end)) if sought.low > 0 else end for end in ends)
    at_low, at_high = off(low), off(high)
    if at_low * at_high >= 0:
        return ends[int(abs(at_high) < abs(at_low))]
    root: float = brentq(off, low, high, xtol=PRECISION)
    return float(np.exp(root)) if sought.low > 0 else root
