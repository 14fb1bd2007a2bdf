"""Published figures, simulated and judged."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from scipy import stats

from wushe.simulate.evidence.cases import CASES, Case
from wushe.simulate.evidence.fitting import SEED as FIT_SEED
from wushe.simulate.evidence.fitting import values
from wushe.simulate.evidence.worlds import WORLDS
from wushe.simulate.experiments.statistics import CONFIDENCE, mean_interval
from wushe.simulate.experiments.workers import Workers, simulate_all
from wushe.text import Text

REPLICATIONS, SEED = 10, 20_250_313
"""Of the documentation's table."""
NEAR = 0.05
"""How far a mean may be from a figure that it reaches: published ones are rounded ("over 4,100", "40 per cent")."""
WIDE = 0.25
"""An interval that reaches farther to either side, as a share of the figure, decides nothing by holding it."""
VERDICTS = {
    "calibrated": Text("校准，不是证据", "calibrated, not evidence"),
    "missed": Text("校准也达不到", "not reached even by fitting"),
    "reached": Text("达到", "reached"),
    "open": Text("区间太宽，说明不了", "interval too wide to tell"),
    "not_reached": Text("未达到", "not reached"),
}


@attrs.frozen
class Row:
    """What became of one case: mean of the replications and the 95 per cent interval that it is judged by.

    `samples` are the replications' numbers; `low`..`high` is of the mean, or of one replication where the published figure
    is of one occasion.
    """

    case: Case
    samples: tuple[float, ...]
    mean: float
    low: float
    high: float

    @property
    def off(self) -> float:
        """How far the mean is from the target, as a share of it."""
        return self.mean / self.case.target - 1.0

    @property
    def verdict(self) -> str:
        """One of `VERDICTS`: a figure is reached where the interval holds it or the mean is within `NEAR` of it."""
        held = self.low <= self.case.target <= self.high
        there = held or abs(self.off) <= NEAR
        if self.case.standing == "calibrated":
            return "calibrated" if there else "missed"
        if held and self.high - self.low > 2 * WIDE * self.case.target:
            return "open"
        return "reached" if there else "not_reached"


@attrs.frozen
class _Cell:
    world: str
    replication: int
    seed: int
    cases: tuple[str, ...]


def evidence(
    replications: int = REPLICATIONS,
    seed: int = SEED,
    cases: Iterable[str] | None = None,
    workers: Workers = 1,
) -> tuple[Row, ...]:
    """Simulate the worlds of the published figures and return a row for each case, in the order of `CASES`.

    `replications` are those of most worlds; some have a multiple, see `World.times`. `cases` are ids (None: all); `workers` as for `Experiment.run`. The same arguments give the same numbers wherever it runs.
    Raises ValueError.
    """
    if replications < 2:
        raise ValueError(
            f"evidence: replications is {replications!r}; expected at least 2, for an interval"
        )
    chosen = _chosen(cases)
    worlds = list(dict.fromkeys(case.world for case in chosen))
    cells = [
        _Cell(world, k, seed, tuple(case.id for case in chosen if case.world == world))
        for world in worlds
        for k in range(replications * WORLDS[world].times)
    ]
    found: dict[str, dict[int, float]] = {case.id: {} for case in chosen}
    for number, blob in simulate_all(_measured, cells, workers):
        for case, value in json.loads(blob).items():
            found[case][cells[number].replication] = value
    return tuple(row_of(case, [v for _, v in sorted(found[case.id].items())]) for case in chosen)


def _chosen(ids: Iterable[str] | None) -> tuple[Case, ...]:
    wanted = [case.id for case in CASES] if ids is None else list(ids)
    unknown = [key for key in wanted if key not in {case.id for case in CASES}]
    if unknown:
        raise ValueError(
            f"evidence: {unknown[0]!r} is no case; expected any of {', '.join(c.id for c in CASES)}"
        )
    return tuple(case for case in CASES if case.id in wanted)


def _measured(cell: _Cell) -> bytes:
    """Return what each case measures of one replication of a world, as JSON: what runs in a worker."""
    runs = WORLDS[cell.world].simulate(values(), cell.seed, cell.replication)
    measures = {case.id: case.measure for case in CASES if case.id in cell.cases}
    return json.dumps({key: measure(runs) for key, measure in measures.items()}).encode()


def row_of(case: Case, samples: Sequence[float]) -> Row:
    """Return the row of a case whose replications gave `samples`: Student's t intervals."""
    given = np.asarray(samples, dtype=np.float64)
    of_mean = mean_interval(given)
    low, high = of_mean.low, of_mean.high
    if case.spread == "single":
        known = given[~np.isnan(given)]
        half = stats.t.ppf((1 + CONFIDENCE) / 2, len(known) - 1) * known.std(ddof=1)
        half *= np.sqrt(1 + 1 / len(known))
        low, high = of_mean.mean - half, of_mean.mean + half
    return Row(case, tuple(float(v) for v in given), of_mean.mean, float(low), float(high))


# --- kept results --------------------------------------------------------------------------------


def record(rows: Sequence[Row], seed: int) -> dict[str, Any]:
    """Return what is kept of rows: seed, fitted values, each replication's numbers."""
    return {
        "seed": seed,
        "fitted": {"seed": FIT_SEED, "values": values()},
        "cases": {row.case.id: [float(f"{value:.10g}") for value in row.samples] for row in rows},
    }


def rows_of(kept: Mapping[str, Any]) -> tuple[Row, ...]:
    """Return the rows of a record."""
    return tuple(row_of(case, kept["cases"][case.id]) for case in CASES if case.id in kept["cases"])
