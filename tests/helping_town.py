"""A town of households and volunteers, for tests of how people help: no needs but those a test adds."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

import numpy as np

from wushe.model.ordering import PointRule
from wushe.simulate.city import HOUSE, VOLUNTEERS, City, Population
from wushe.simulate.helpers import helping, spreading, staying
from wushe.simulate.streams import Streams
from wushe.text import Text

DEFAULTS = {
    a.id: a.default for a in (*helping.ASSUMPTIONS, *staying.ASSUMPTIONS, *spreading.ASSUMPTIONS)
}
PLAIN = {
    "helping.away": 0.0, "helping.notice_list": 0.0, "helping.notice_chain": 0.0, "helping.decide": 0.0, "helping.decide_phone": 0.0,
    "linkage.worker_led": 0.0, "linkage.shared_list": 1.0,
}  # fmt: skip
"""Everybody is reached at once and led by nobody."""
MONDAY = dt.date(2025, 1, 6)
CATEGORIES = ("chores", "company")


def points_rules(*rules: PointRule) -> SimpleNamespace:
    """Plugins that say nothing but how points are earned."""
    found = {c: rule for rule in rules for c in rule.categories or CATEGORIES}
    return SimpleNamespace(point_rules=rules, point_rule_for=found.get)


def rule(**fields: Any) -> PointRule:
    """A point rule of ten points an hour unless told otherwise."""
    return PointRule("points", Text("积分", "points"), **{"per_hour": 10, **fields})


def town(
    households: int = 200, volunteers: int = 20, communities: int = 4, *, known: int = 6,
    plugins: Any = None, seed: int = 1, **assume: float,
) -> City:  # fmt: skip
    """Households in turn in each community, volunteers in the first households, ties drawn at random."""
    values = {**DEFAULTS, **assume}
    home = np.arange(households, dtype=np.int32) % communities
    start, ties = _ties(households, known, seed)
    people = Population(
        tables={}, communities=np.array([f"C-{c}" for c in range(communities)], dtype=object),
        street=np.zeros(communities, dtype=np.int32), streets=np.array(["S"], dtype=object),
        lon=114.3 + 0.01 * np.arange(communities), lat=np.full(communities, 30.5), home=home,
        size=np.full(households, 3, dtype=np.int8), elders=np.zeros(households, dtype=np.int8),
        children=np.zeros(households, dtype=np.int8), income_fen=np.full(households, 300_000, dtype=np.int64),
        groups=np.zeros(households, dtype=np.uint32), group_ids=(), hardship=np.zeros(households, dtype=bool),
        risk=np.ones(households), ties_start=start, ties=ties,
    )  # fmt: skip
    city = City(
        _Scenario(values), points_rules() if plugins is None else plugins,
        Streams(np.random.SeedSequence(seed)), people, CATEGORIES, None,
    )  # fmt: skip
    city.house.append(households, **{name: fill for name, (_, fill) in HOUSE.items()})
    rows = np.arange(volunteers)
    city.volunteers.append(
        volunteers, home=home[rows], household=rows, weekly=240, keen=1.0, team=home[rows]
    )
    return city


class _Scenario:
    start = MONDAY

    def __init__(self, values: dict[str, float]) -> None:
        self.values = values

    def __getitem__(self, assumption: str) -> float:
        return self.values[assumption]


def _ties(n: int, known: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric random ties, CSR: each household knows `known` others on average."""
    rng = np.random.default_rng(seed)
    a, b = rng.integers(n, size=(2, n * known // 2))
    a, b = a[a != b], b[a != b]
    one, other = np.concatenate((a, b)), np.concatenate((b, a))
    order = np.argsort(one, kind="stable")
    start = np.searchsorted(one[order], np.arange(n + 1))
    return start.astype(np.int64), other[order].astype(np.int32)


def call(
    city: City, volunteers: Any, *, households: Any = 100, category: int = 0, urgency: int = 1,
    at: float = 540.0,
) -> np.ndarray:  # fmt: skip
    """Call each of `volunteers` for a need of one of `households`, at minute `at`; the rows of the calls."""
    volunteers = np.asarray(volunteers)
    n = len(volunteers)
    needs = city.needs.append(n, household=households, category=category, urgency=urgency)
    orders = city.orders.append(n, need=needs)
    return city.calls.append(n, order=orders, kind=VOLUNTEERS, provider=volunteers, at=at)


def pass_days(city: City, days: int, *stages: Any) -> City:
    """Begin `stages` and let so many days pass."""
    for stage in stages:
        if stage.begin is not None and city.day == 0:
            stage.begin(city)
    for _ in range(days):
        city.figures = {}
        for stage in stages:
            stage.step(city)
        city.day += 1
    return city
