"""What of a world's runs is held against a published figure: each function takes the runs by scenario, gives a number."""

from __future__ import annotations

import datetime as dt

import numpy as np

from wushe.model.storage import Array
from wushe.orders.table import STATUS_CODES
from wushe.simulate.city import DAY, FUNDS, VOLUNTEERS
from wushe.simulate.engine import Run
from wushe.simulate.evidence.worlds import (  # fmt: skip
    GRID_WORKERS,
    HEFEI_FUNDS,
    PILOT_DAYS,
    PROJECT_MONTHS,
    SOCIETIES,
    SOCIETY_YEARS,
    WUCHANG_COMMUNITIES,
    Runs,
)
from wushe.simulate.experiments import metrics

FEN_OF_YUAN = 100
_DONE = [STATUS_CODES["done"], STATUS_CODES["confirmed"]]
_YEAR_MONTHS = 12
_FIRST_BATCH = 7
_ROUND_BEGINS, _ROUND_ENDS = dt.date(2025, 9, 1), dt.date(2025, 10, 1)


def faster_percent(runs: Runs) -> float:
    """By how many per cent linked volunteers answer sooner: mean hours from order to acceptance, unlinked over linked."""
    return 100.0 * (_hours_to_accept(runs["unlinked"]) / _hours_to_accept(runs["linked"]) - 1.0)


def faster_percent_median(runs: Runs) -> float:
    """The same by the median."""
    medians = [float(np.median(_waits(runs[name]))) for name in ("unlinked", "linked")]
    return 100.0 * (medians[0] / medians[1] - 1.0)


def _hours_to_accept(run: Run) -> float:
    return float(_waits(run).mean())


def _waits(run: Run) -> Array:
    """Return hours from order to acceptance of each order that a volunteer accepted, float (n,)."""
    orders = run.city.orders
    mine = (orders["kind"] == VOLUNTEERS) & ~np.isnan(orders["accepted"])
    mine &= orders["placed"] >= run.scenario.warm_up * DAY
    found: Array = (orders["accepted"] - orders["placed"])[mine] / 60.0
    return found


def participation_percent(runs: Runs) -> float:
    """Households that take part on the last day, per cent."""
    return 100.0 * metrics.participation(runs["hefei"])


def participation_half(runs: Runs) -> float:
    """The same where households cease half as often as is assumed."""
    return 100.0 * metrics.participation(runs["half"])


def participation_double(runs: Runs) -> float:
    """The same where they cease twice as often."""
    return 100.0 * metrics.participation(runs["double"])


def activities(runs: Runs) -> float:
    """Activities held in a year."""
    return float(runs["nanqi"].periods["activities"].sum())


def activity_times(runs: Runs) -> float:
    """Person-times at those activities."""
    return float(runs["nanqi"].periods["activity_times"].sum())


def aided(runs: Runs) -> float:
    """Times that the societies helped, as many as all of them would have."""
    return float(len(_aid(runs["typical"]))) * _societies(runs["typical"])


def aid_yuan(runs: Runs) -> float:
    """Yuan that all societies gave, a case's typical amount being the library's own."""
    return float(_aid(runs["typical"]).sum()) / FEN_OF_YUAN * _societies(runs["typical"])


def fitted_aid_yuan(runs: Runs) -> float:
    """The same with amounts of money scaled by the fitted number."""
    return float(_aid(runs["fitted"]).sum()) / FEN_OF_YUAN * _societies(runs["fitted"])


def first_batch_yuan(runs: Runs) -> float:
    """Yuan of the first seven aids under the fitted scale."""
    aid = _aid(runs["fitted"])[:_FIRST_BATCH]
    return float(aid.sum()) / FEN_OF_YUAN if len(aid) == _FIRST_BATCH else float("nan")


def _aid(run: Run) -> Array:
    """Return what funds gave, fen, one for each order that was done."""
    orders = run.city.orders
    found: Array = orders["amount"][(orders["kind"] == FUNDS) & np.isin(orders["status"], _DONE)]
    return found


def _societies(run: Run) -> float:
    """Return what a figure of the run is multiplied by to stand for all societies and years."""
    return SOCIETIES / len(run.city.funds) * SOCIETY_YEARS


def project_times(runs: Runs) -> float:
    """Person-times of the project: orders done in the year that counts, as many as in all its months."""
    return metrics.services(runs["wuchang"]) * PROJECT_MONTHS / _YEAR_MONTHS


def households_of_round(runs: Runs) -> float:
    """Households that the project helped in September 2025."""
    run = runs["wuchang"]
    orders, start = run.city.orders, run.scenario.start
    begins, ends = ((day - start).days * DAY for day in (_ROUND_BEGINS, _ROUND_ENDS))
    mine = np.isin(orders["status"], _DONE) & (orders["done"] >= begins) & (orders["done"] < ends)
    return float(len(np.unique(run.city.needs["household"][orders["need"][mine]])))


def community_times(runs: Runs) -> float:
    """Services in a pilot community by its volunteers, mobile grid workers apart, in the pilot's days."""
    run = runs["pilot"]
    whole = run.city.scenario.settlement
    of_community = whole.district.households / WUCHANG_COMMUNITIES / whole.households
    return float(len(_services(run, grid=False))) * _of_pilot(run) * of_community


def grid_times(runs: Runs) -> float:
    """Services by the 566 mobile grid workers in the pilot's days."""
    return _grid_times(runs["pilot"])


def grid_times_as_others(runs: Runs) -> float:
    """The same where they give as many hours as the other volunteers."""
    return _grid_times(runs["as_others"])


def _grid_times(run: Run) -> float:
    each = len(_services(run, grid=True)) / run.scenario.grid_workers
    return each * GRID_WORKERS * _of_pilot(run)


def times_of_active(runs: Runs) -> float:
    """Services in three months by a volunteer who did any, mobile grid workers apart."""
    run = runs["pilot"]
    rows = _services(run, grid=False)
    return len(rows) / max(len(np.unique(run.city.orders["provider"][rows])), 1)


def hours_of_active(runs: Runs) -> float:
    """Hours of those services by a volunteer who did any."""
    run = runs["pilot"]
    rows = _services(run, grid=False)
    minutes = run.city.calls["minutes"][run.city.orders["call"][rows]]
    return float(minutes.sum()) / 60.0 / max(len(np.unique(run.city.orders["provider"][rows])), 1)


def _services(run: Run, *, grid: bool) -> Array:
    """Return the rows of orders that volunteers did after the warm-up."""
    orders = run.city.orders
    mine = (orders["kind"] == VOLUNTEERS) & np.isin(orders["status"], _DONE)
    rows = np.flatnonzero(mine & (orders["done"] >= run.scenario.warm_up * DAY))
    found: Array = rows[run.city.volunteers["grid"][orders["provider"][rows]] == grid]
    return found


def _of_pilot(run: Run) -> float:
    return PILOT_DAYS / (run.scenario.days - run.scenario.warm_up)


def gifts_per_fund(runs: Runs) -> float:
    """Yuan that a fund received on average."""
    run = runs["anhui"]
    return float(run.city.money.received.sum()) / FEN_OF_YUAN / len(run.city.funds)


def gifts_of_hefei(runs: Runs) -> float:
    """Yuan that Hefei's 1,345 funds received, if each received what the others of the province did."""
    return gifts_per_fund(runs) * HEFEI_FUNDS
