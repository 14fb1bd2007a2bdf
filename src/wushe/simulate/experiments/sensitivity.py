"""What a result depends on: sweeps over assumptions, and global sensitivity by Sobol's and Morris's methods (SALib)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import attrs
import numpy as np

from wushe.errors import MissingExtraError
from wushe.model.storage import Array
from wushe.simulate.world.scenario import Scenario
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.simulate.experiments.results import Results

Ranges = Mapping[str, tuple[float, float]]
"""From fields of a scenario (``volunteers``) and ids of assumptions (``helping.accept``) to their limits."""
LEVELS = 4
"""Levels of the grid on which Morris's trajectories walk, as Morris (1991) and SALib have it."""
_HEADS = {
    "sobol": Text(
        "{metric}：方差有多大一部分由它单独决定（first），有多大一部分与它有关（total），± 为 95% 区间的一半",
        "{metric}: share of the variance that it decides alone (first) and that it has a part in (total), "
        "± half of the 95% interval",
    ),
    "morris": Text(
        "{metric}：从一头变到另一头平均改变多少（effect），不计正负（size，± 为 95% 区间的一半），以及因别的假设而异的程度（spread）",
        "{metric}: mean change from one end to the other (effect), regardless of sign (size, ± half of the 95% "
        "interval), and how much it varies with the other assumptions (spread)",
    ),
}


def sweep(scenario: Scenario, values: Mapping[str, Sequence[float]]) -> dict[str, Scenario]:
    """Return a scenario for each combination of `values`, by name: ``Experiment(sweep(...), policy)``.

    ``sweep(town, {"volunteers": (20, 40), "helping.accept": (0.3, 0.6)})`` has four, of which the first is called
    ``volunteers=20,helping.accept=0.3``. Raises what `Scenario.but` does, ValueError where there is nothing to vary.
    """
    if not values or not all(len(several) for several in values.values()):
        raise ValueError(f"sweep: values are {dict(values)!r}; expected some for each name")
    return _named(scenario, [dict(zip(values, row, strict=True)) for row in itertools.product(*values.values())])  # fmt: skip


@attrs.frozen
class Effects:
    """How one metric depends on each of `names`; `columns` float (n_names,) each.

    Sobol: ``first``, ``first_half``, ``total``, ``total_half`` (shares of the variance). Morris: ``effect`` (mu),
    ``size`` (mu*), ``size_half``, ``spread`` (sigma), in units of the metric. ``_half`` is half of a 95 % interval.
    """

    method: str
    metric: str
    names: tuple[str, ...]
    columns: Mapping[str, Array]

    def rows(self) -> list[dict[str, Any]]:
        """Return one row per name, the one that matters most first."""
        key = self.columns["total" if self.method == "sobol" else "size"]
        return [
            {"name": self.names[at], **{name: float(v[at]) for name, v in self.columns.items()}}
            for at in np.argsort(-key, kind="stable").tolist()
        ]

    def say(self, lang: str = "zh") -> str:
        """Return a heading and one line per name, the one that matters most first."""
        lines = [_HEADS[self.method].say(lang, metric=self.metric)]
        for row in self.rows():
            figures = (
                f"{name} {value:.3g}"
                + (f" ± {row[f'{name}_half']:.2g}" if f"{name}_half" in row else "")
                for name, value in row.items()
                if name != "name" and not name.endswith("_half")
            )
            lines.append(f"{row['name']}: {', '.join(figures)}")
        return "\n".join(lines)


@attrs.frozen(eq=False)
class Study:
    """Points at which to simulate so that `effects` can tell what matters.

    `points` float (n_points, n_names) are the values as drawn; a field that counts whole things is rounded.
    ``Experiment(study.scenarios(), policy, replications=2).run(...)`` simulates them.
    """

    scenario: Scenario
    ranges: Ranges
    method: Literal["sobol", "morris"]
    points: Array
    seed: int

    def scenarios(self) -> dict[str, Scenario]:
        """Return the scenario of each point by name, in the order of the points."""
        rows = [dict(zip(self.ranges, row, strict=True)) for row in self.points.tolist()]
        width = len(str(len(rows) - 1))
        made = (self.scenario.but(**_rounded(self.scenario, row)) for row in rows)
        return {f"point_{number:0{width}d}": changed for number, changed in enumerate(made)}

    def effects(self, results: Results, metric: str, policy: str | None = None) -> Effects:
        """Return how `metric`, averaged over replications, depends on each name.

        Raises ValueError where the results are not of this study's scenarios or the metric was not there at some point.
        """
        names = list(results.experiment.scenarios)
        if names != list(self.scenarios()):
            raise ValueError(
                "effects: these are results of other scenarios; expected those of "
                "Experiment(study.scenarios(), ...)"
            )
        means = np.array([results.mean(metric, policy, name).mean for name in names])
        if np.isnan(means).any():
            at = names[int(np.flatnonzero(np.isnan(means))[0])]
            raise ValueError(
                f"effects: {metric} could not be measured in {at}; expected a number at every point: narrow the "
                "ranges, or take a metric that is always there, such as met_share"
            )
        if (means == means[0]).all():  # nothing varies, so nothing depends on anything
            made: Mapping[str, Array] = {
                name: np.zeros(len(self.ranges)) for name in _COLUMNS[self.method].values()
            }
        else:
            made = self._analyse(means)
        return Effects(self.method, metric, tuple(self.ranges), made)

    def _analyse(self, means: Array) -> dict[str, Array]:
        problem, seed = _problem(self.ranges), self.seed + 1  # SALib takes 0 for "no seed"
        if self.method == "sobol":
            analyze = _salib("analyze.sobol").analyze
            found = analyze(problem, means, calc_second_order=False, seed=seed)
        else:
            analyze = _salib("analyze.morris").analyze
            with _shared_generator_untouched():
                found = analyze(problem, self.points, means, num_levels=LEVELS, seed=seed)
        return {
            ours: np.asarray(found[theirs], dtype=np.float64)
            for theirs, ours in _COLUMNS[self.method].items()
        }


_COLUMNS = {
    "sobol": {"S1": "first", "S1_conf": "first_half", "ST": "total", "ST_conf": "total_half"},
    "morris": {"mu": "effect", "mu_star": "size", "mu_star_conf": "size_half", "sigma": "spread"},
}


def sobol(scenario: Scenario, ranges: Ranges, samples: int = 64, seed: int = 0) -> Study:
    """Return a study of first and total effects (Sobol' 2001, Saltelli 2010): `samples` x (names + 2) points.

    For a handful of names, when interactions matter. `samples` is a power of 2. Raises ValueError, MissingExtraError.
    """
    if not _whole(samples, 2) or samples & (samples - 1):
        raise ValueError(f"sobol: samples is {samples!r}; expected a power of 2, such as 64")
    problem = _checked(scenario, ranges, seed)
    sample = _salib("sample.sobol").sample
    points = sample(problem, samples, calc_second_order=False, seed=seed)
    return Study(scenario, dict(ranges), "sobol", np.asarray(points), seed)


def morris(scenario: Scenario, ranges: Ranges, samples: int = 10, seed: int = 0) -> Study:
    """Return a screening of many names with few runs (Morris 1991): `samples` x (names + 1) points.

    Raises ValueError, MissingExtraError.
    """
    if not _whole(samples, 2):
        raise ValueError(f"morris: samples is {samples!r}; expected a whole number of at least 2")
    problem = _checked(scenario, ranges, seed)
    with _shared_generator_untouched():
        points = _salib("sample.morris").sample(problem, samples, num_levels=LEVELS, seed=seed + 1)
    return Study(scenario, dict(ranges), "morris", np.asarray(points), seed)


# --- details -------------------------------------------------------------------------------------


def _salib(module: str) -> Any:
    from importlib import import_module

    try:
        return import_module(f"SALib.{module}")
    except ImportError as error:
        raise MissingExtraError("sensitivity", "simulate") from error


def _whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _problem(ranges: Ranges) -> dict[str, Any]:
    return {
        "num_vars": len(ranges),
        "names": list(ranges),
        "bounds": [list(limits) for limits in ranges.values()],
    }


@contextmanager
def _shared_generator_untouched() -> Iterator[None]:
    """Leave numpy's shared generator as it was: SALib before 1.6 seeds it."""
    before = np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


def _checked(scenario: Scenario, ranges: Ranges, seed: int) -> dict[str, Any]:
    """Return SALib's form of `ranges`, all of which `scenario` takes. Raises ValueError and what `but` raises."""
    if not _whole(seed, 0):
        raise ValueError(f"seed is {seed!r}; expected a whole number of at least 0")
    if not ranges:
        raise ValueError("ranges are empty; expected names with their lowest and highest value")
    for name, limits in ranges.items():
        if len(limits) != 2 or not limits[0] < limits[1]:
            raise ValueError(f"range of {name} is {limits!r}; expected (lowest, highest)")
        for value in limits:
            scenario.but(**_rounded(scenario, {name: value}))
    return _problem(ranges)


def _rounded(scenario: Scenario, row: Mapping[str, float]) -> dict[str, float]:
    """Return `row` with whole numbers for fields that count things."""
    return {
        name: round(value)
        if "." not in name and _whole(getattr(scenario, name, None), 0)
        else value
        for name, value in row.items()
    }


def _named(scenario: Scenario, rows: Sequence[Mapping[str, float]]) -> dict[str, Scenario]:
    """Return the changed scenarios by what was changed, which also is their label."""
    named = {}
    for row in rows:
        name = ",".join(f"{key}={value:g}" for key, value in row.items())
        named[name] = scenario.but(**row, label=Text(name, name))
    return named
