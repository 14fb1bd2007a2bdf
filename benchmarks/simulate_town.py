"""A small town in wushe's simulator: the same model as `simulate_mesa`, stages of the library and one of its own.

Needs arise in households, which call after a while; workers take their reports first come first served; at nine a
volunteer is asked for each need on the list; volunteers tire, leave and come back; what nobody serves lapses.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from wushe.plugins.manager import load_plugins
from wushe.simulate.city import DAY, DONE, KNOWN, LAPSED, LISTED, MET, ROUND_AT, VOLUNTEERS, City
from wushe.simulate.dispatch.policy import Policy
from wushe.simulate.engine import CALENDAR, run
from wushe.simulate.helpers import helping, staying
from wushe.simulate.needs import arrivals, closing, finding, mix
from wushe.simulate.stage import Stage
from wushe.simulate.world.census import wuhan_districts
from wushe.simulate.world.scenario import Scenario, Settlement
from wushe.text import Text

START = dt.date(2025, 1, 1)
NUMBERS: Mapping[str, float] = {
    "needs.per_household_year": 0.25, "needs.due_normal": 30.0, "finding.self_share": 0.8, "finding.self_days": 10.0,
    "intake.minutes": 600.0, "closing.self_help_days": 90.0, "closing.grace_days": 30.0,
    "parties.weekly_hours": 3.0, "parties.keen": 0.5, "helping.accept": 0.4, "helping.keen": 1.0, "helping.tired": 0.25,
    "helping.decide": 30.0, "ordering.lead_normal": 2880.0, "staying.leave": 0.355, "staying.tired": 0.2,
    "staying.call": 0.05, "staying.rest": 28.0, "staying.pause": 60.0, "staying.returns": 0.3,
}  # fmt: skip
"""What both models assume."""
LEFT_OUT = (
    "households.risk_hardship", "households.risk_alone", "households.risk_disabled", "households.risk_ill",
    "households.risk_elders", "households.risk_children",
)  # fmt: skip
"""Factors that are 1: every household is as likely as the next one to need something."""
PLAIN: Mapping[str, float] = {
    **{a.id: 0.0 for a in mix.ASSUMPTIONS}, "mix.anybody.visit": 1.0, **dict.fromkeys(LEFT_OUT, 1.0),
    "needs.season": 0.0, "needs.street_variance": 0.0, "needs.community_variance": 0.0, "needs.emergency": 0.0,
    "needs.urgent": 0.0, "needs.low": 0.0, "needs.double": 0.0, "finding.tie_rate": 0.0, "finding.grid_doors": 0.0,
    "finding.office_rate": 0.0, "visits.doors_per_worker_week": 0.0, "intake.spread": 1.0, "intake.opens": 0.0,
    "intake.closes": DAY, "intake.days": 7.0, "linkage.worker_led": 0.0, "helping.per_km": 0.0,
    "helping.urgency": 0.0, "helping.known": 0.0, "helping.points": 0.0,
}  # fmt: skip
"""What the small model leaves out of the large one."""


def town(households: int, volunteers: int, workers: int, days: int) -> Scenario:
    """Return the town as a scenario."""
    communities = max(1, households // 2_000)
    return Scenario(
        name="town",
        label=Text("小镇", "a town"),
        settlement=Settlement(wuhan_districts()["江汉区"], households, 1, communities),
        start=START,
        days=days,
        volunteers=volunteers,
        workers=workers,
        assume={**PLAIN, **NUMBERS},
    )


def ask(city: City) -> None:
    """Ask a volunteer with an hour left for each need on the list, in the order in which they arose."""
    needs, helpers = city.needs, city.volunteers
    rng = city.streams.of("town.ask", city.day)
    rows = np.flatnonzero(needs["state"] == LISTED)
    minutes = needs["amount"][rows]
    free = np.flatnonzero(helpers["active"] & (helpers["weekly"] - helpers["done"] >= 60))
    who = rng.choice(free, min(len(rows), len(free)), replace=False)
    rows, minutes = rows[: len(who)], minutes[: len(who)]
    at = city.now + ROUND_AT
    city.calls.append(len(who), kind=VOLUNTEERS, provider=who, at=at, state=DONE)
    yes = rng.random(len(who)) < helping.willingness(city, who, rows)
    rows, who, minutes = rows[yes], who[yes], minutes[yes]
    at += rng.exponential(city["helping.decide"], len(who))
    at += rng.exponential(city["ordering.lead_normal"], len(who))
    needs["state"][rows], needs["closed"][rows] = MET, at
    helpers["done"][who] += minutes.astype(np.int32)
    helping.served(city, who, minutes, needs["category"][rows])


STAGES = (
    CALENDAR,
    staying.STAGE,
    arrivals.STAGE,
    finding.STAGE,
    Stage("ask", ask),
    closing.STAGE,
)


def outputs(city: City) -> dict[str, float]:
    """Return what came out, by the names of `simulate_mesa.outputs`."""
    needs, helpers = city.needs, city.volunteers
    state, known, listed = needs["state"], needs["known"], needs["listed"]
    met, seen = state == MET, ~np.isnan(listed) & (state != KNOWN)
    return {
        "arisen": len(needs),
        "known_share": float((~np.isnan(known)).mean()),
        "met_share": float(met.mean()),
        "lapsed_share": float((state == LAPSED).mean()),
        "intake_hours": float((listed - known)[seen].mean() / 60),
        "met_days": float((needs["closed"] - known)[met].mean() / DAY),
        "active": float(helpers["active"].mean()),
        "tired": float(helpers["tired"].mean()),
    }


def replicate(job: Mapping[str, Any]) -> dict[str, Any]:
    """Run the job's replications; return the outputs of each and the processor's seconds of their days, founding left out."""
    scenario = town(job["households"], job["volunteers"], job["workers"], job["days"])
    plugins = load_plugins()
    found, seconds = [], []
    for seed in job["seeds"]:
        started: list[float] = []
        first = Stage("first", lambda _: None, lambda _, begun=started: begun.append(time.process_time()))  # fmt: skip
        made = run(
            scenario,
            Policy("none"),
            np.random.SeedSequence(seed),
            plugins=plugins,
            stages=(first, *STAGES),
        )
        seconds.append(time.process_time() - started[0])
        found.append(outputs(made.city))
    return {"outputs": found, "seconds": seconds}
