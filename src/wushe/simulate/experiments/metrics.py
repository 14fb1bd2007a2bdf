"""Measures of a run: each a name, a unit, which way is better, and how it is counted. Warm-up is left out.

A need counts where it became known after the warm-up; what happens later, until the last day, is its outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import attrs
import numpy as np

from wushe.model.storage import Array
from wushe.orders.table import STATUS_CODES
from wushe.simulate.city import BY_RELIEF, DAY, DONE, FUNDS, LAPSED, MET, VOLUNTEERS
from wushe.simulate.experiments import statistics
from wushe.simulate.experiments.statistics import Little, gini
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.simulate.engine import Run

Better = Literal["higher", "lower", "neither"]
_SERVED = (STATUS_CODES["done"], STATUS_CODES["confirmed"])
_HOUR = 60.0


@attrs.frozen
class Metric:
    """One measure: `of(run)` is a number, NaN where there is nothing to measure. `id` names its column.

    Yours takes its place beside these: ``Experiment(..., metrics=(*METRICS, Metric(...)))``. Raises ValueError.
    """

    id: str
    label: Text
    unit: Text
    better: Better
    of: Callable[[Run], float]

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.id, str) or not self.id.isidentifier() or not self.id.isascii():
            raise ValueError(
                f"id of a metric is {self.id!r}; expected ASCII letters, digits and _, such as wait_hours"
            )


# --- needs ---------------------------------------------------------------------------------------


def judged(run: Run) -> Array:
    """Return the rows of needs that became known after the warm-up, int64."""
    return np.flatnonzero(run.city.needs["known"] >= _since(run))


def first_accepted(run: Run) -> Array:
    """Return when somebody first accepted an order of each need, NaN where nobody did, float (n_needs,)."""
    found = np.full(len(run.city.needs), np.inf)
    orders = run.city.orders
    said = ~np.isnan(orders["accepted"])
    np.minimum.at(found, orders["need"][said], orders["accepted"][said])
    found[np.isinf(found)] = np.nan
    return found


def found_share(run: Run) -> float:
    """Of the needs that arose after the warm-up, those that somebody got to know of."""
    needs = run.city.needs
    arose = needs["arose"] >= _since(run)
    return _share(~np.isnan(needs["known"][arose]))


def met_share(run: Run) -> float:
    """Of the needs that became known, those that are met, by help or by relief."""
    return _share(np.isin(run.city.needs["state"][judged(run)], (MET, BY_RELIEF)))


def lapsed_share(run: Run) -> float:
    """Of the needs that became known, those that nobody served in time."""
    return _share(run.city.needs["state"][judged(run)] == LAPSED)


def relief_share(run: Run) -> float:
    """Of the needs that became known, those that government relief took over whole."""
    return _share(run.city.needs["state"][judged(run)] == BY_RELIEF)


def accepted_share(run: Run) -> float:
    """Of the needs that became known, those for which somebody accepted an order."""
    return _share(~np.isnan(first_accepted(run)[judged(run)]))


def response_hours(run: Run) -> float:
    """Mean hours from known to first accepted, over needs that somebody accepted."""
    rows = judged(run)
    return _mean(first_accepted(run)[rows] - run.city.needs["known"][rows]) / _HOUR


def response_p90_hours(run: Run) -> float:
    """Hours within which nine of ten known needs were accepted; NaN where fewer ever were."""
    rows = judged(run)
    if len(rows) == 0:
        return float("nan")
    hours = (first_accepted(run)[rows] - run.city.needs["known"][rows]) / _HOUR
    hours.sort()  # NaN, never accepted, comes last
    return float(hours[int(np.ceil(0.9 * len(hours))) - 1])


def met_days(run: Run) -> float:
    """Mean days from known to met, over needs that were met by help."""
    needs, rows = run.city.needs, judged(run)
    rows = rows[needs["state"][rows] == MET]
    return _mean(needs["closed"][rows] - needs["known"][rows]) / DAY


def intake_hours(run: Run) -> float:
    """Mean hours from known to listed, over needs that were listed."""
    needs, rows = run.city.needs, judged(run)
    return _mean(needs["listed"][rows] - needs["known"][rows]) / _HOUR


# --- orders and helpers --------------------------------------------------------------------------


def served_value(run: Run) -> float:
    """What the orders done after the warm-up were worth to the plan, in thousands of points.

    A need that is served in full counts for what a unit of it is worth (penalty avoided less cost), in part for
    that part: so an hour, a bag of rice and a sum of money add up.
    """
    orders, needs = run.city.orders, run.city.needs
    done = np.flatnonzero(_done(run))
    asked = needs["amount"][orders["need"][done]]
    return float((orders["value"][done] / asked).sum()) / 1e3


def volunteer_hours(run: Run) -> float:
    """Hours that volunteers worked on orders after the warm-up."""
    calls = run.city.calls
    mine = (calls["kind"] == VOLUNTEERS) & (calls["state"] == DONE)
    done = run.city.orders["done"][calls["order"][mine]]
    return float(calls["minutes"][mine][done >= _since(run)].sum()) / _HOUR


def services(run: Run) -> float:
    """Orders done after the warm-up: person-times (人次) as published figures count them."""
    return float(_done(run).sum())


def spent_yuan(run: Run) -> float:
    """Yuan of orders that funds served after the warm-up."""
    orders = run.city.orders
    mine = _done(run) & (orders["kind"] == FUNDS)
    return float(orders["amount"][mine].sum()) / 100


def asked_per_order(run: Run) -> float:
    """How many were asked for an order placed after the warm-up, on average."""
    orders, calls = run.city.orders, run.city.calls
    placed = orders["placed"] >= _since(run)
    asked = np.bincount(calls["order"], minlength=len(orders))
    return _mean(asked[placed])


def participation(run: Run) -> float:
    """Share of households of which somebody takes part in community charity, at the end."""
    return _share(run.city.house["joined"])


# --- equity --------------------------------------------------------------------------------------


def met_by_community(run: Run) -> Array:
    """Return the share of known needs that are met in each community, NaN where none is known, float (n_c,)."""
    city, rows = run.city, judged(run)
    home = city.people.home[city.needs["household"][rows]]
    n = len(city.people.communities)
    met = np.isin(city.needs["state"][rows], (MET, BY_RELIEF))
    known = np.bincount(home, minlength=n).astype(np.float64)
    known[known == 0] = np.nan
    shares: Array = np.bincount(home, met, n) / known
    return shares


def equity_gap(run: Run) -> float:
    """The best served community's share of met needs less the worst served one's; communities with known needs."""
    shares = met_by_community(run)
    shares = shares[~np.isnan(shares)]
    return float(shares.max() - shares.min()) if len(shares) else float("nan")


def equity_gini(run: Run) -> float:
    """Gini's coefficient of the communities' shares of met needs: 0 is the same for all."""
    return gini(met_by_community(run))


# --- bookkeeping ---------------------------------------------------------------------------------


def little(run: Run) -> Little:
    """Return Little's law for known needs after the warm-up: stays from the needs table, number from the daily books.

    The number is that of needs known, listed or ordered at each day's end, as the stage ``books`` counted it;
    the stay is counted likewise in the ends of days that a need was open for.
    """
    needs, scenario = run.city.needs, run.scenario
    since, until = _since(run), scenario.days * DAY
    ends = np.arange(scenario.warm_up + 1, scenario.days + 1) * DAY
    stock = sum(run.periods[f"stock_{name}"] for name in ("known", "listed", "ordered"))
    steps, changes = ends, np.diff(np.asarray(stock)[scenario.warm_up :], prepend=0)
    tonight = (
        np.ceil(needs["closed"] / DAY) * DAY
    )  # what lapses does so as the day ends, before the books
    left = np.where(needs["state"] == LAPSED, tonight, _to_ends(needs["closed"]))
    entered = _to_ends(needs["known"])
    known = ~np.isnan(entered)
    return statistics.little(entered[known], left[known], steps, changes, since + DAY, until + DAY)


def little_gap(run: Run) -> float:
    """How far Little's law is missed, as a share."""
    return little(run).gap


def residual(run: Run) -> float:
    """What was lost of needs, hours, goods and fen in all months together, in units: 0."""
    return float(sum(np.abs(v).sum() for name, v in run.months.items() if name != "month"))


def _to_ends(instants: Array) -> Array:
    """Return the end of the day of each instant; midnight belongs to the day that begins."""
    ends: Array = (np.floor(instants / DAY) + 1) * DAY
    return ends


def _since(run: Run) -> float:
    return float(run.scenario.warm_up * DAY)


def _done(run: Run) -> Array:
    orders = run.city.orders
    found: Array = np.isin(orders["status"], _SERVED) & (orders["done"] >= _since(run))
    return found


def _share(flags: Array) -> float:
    return float(flags.mean()) if len(flags) else float("nan")


def _mean(values: Array) -> float:
    """Return the mean of what is no gap, NaN of nothing."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


_SHARE = Text("比例", "share")
_HOURS = Text("小时", "hours")
METRICS = (
    Metric("found_share", Text("发现率", "needs found"), _SHARE, "higher", found_share),
    Metric("accepted_share", Text("响应率", "needs accepted"), _SHARE, "higher", accepted_share),
    Metric("met_share", Text("解决率", "needs met"), _SHARE, "higher", met_share),
    Metric("lapsed_share", Text("未及时解决的比例", "needs lapsed"), _SHARE, "lower", lapsed_share),
    Metric("relief_share", Text("救助覆盖的比例", "met by relief"), _SHARE, "neither", relief_share),
    Metric("response_hours", Text("平均响应时间", "mean response"), _HOURS, "lower", response_hours),
    Metric(
        "response_p90_hours", Text("九成需求的响应时间", "response of nine in ten"), _HOURS, "lower", response_p90_hours
    ),
    Metric("intake_hours", Text("从上报到列入清单", "from known to listed"), _HOURS, "lower", intake_hours),
    Metric("met_days", Text("从发现到解决", "from known to met"), Text("天", "days"), "lower", met_days),
    Metric("served_value", Text("服务价值", "value served"), Text("千分", "thousand points"), "higher", served_value),
    Metric("services", Text("服务人次", "services"), Text("人次", "person-times"), "higher", services),
    Metric("volunteer_hours", Text("志愿服务时长", "volunteer hours"), _HOURS, "neither", volunteer_hours),
    Metric("spent_yuan", Text("基金支出", "fund spending"), Text("元", "yuan"), "neither", spent_yuan),
    Metric("asked_per_order", Text("每单询问人数", "asked per order"), Text("人", "people"), "lower", asked_per_order),
    Metric("participation", Text("参与率", "participation"), _SHARE, "higher", participation),
    Metric("equity_gap", Text("社区间最大差距", "gap between communities"), _SHARE, "lower", equity_gap),
    Metric("equity_gini", Text("社区间基尼系数", "Gini between communities"), Text("系数", "coefficient"), "lower", equity_gini),
    Metric("little_gap", Text("利特尔定律偏差", "gap of Little's law"), _SHARE, "neither", little_gap),
    Metric("residual", Text("守恒残差", "conservation residual"), Text("单位", "units"), "neither", residual),
)  # fmt: skip
"""What the table of runs has a column for, unless an experiment says otherwise."""


def metric_named(name: str, metrics: tuple[Metric, ...] = METRICS) -> Metric:
    """Return the metric `name`. Raises ValueError, listing those that there are."""
    for metric in metrics:
        if metric.id == name:
            return metric
    raise ValueError(
        f"metric {name!r} is not measured here; expected one of {', '.join(m.id for m in metrics)}"
    )
