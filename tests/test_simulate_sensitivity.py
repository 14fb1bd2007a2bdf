"""Sensitivity: sweeps are full grids, and what matters is found to matter."""

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from simulate_standin import Town, simulate
from wushe.errors import MissingExtraError
from wushe.simulate.dispatch.policy import Policy
from wushe.simulate.experiments.experiment import Experiment
from wushe.simulate.experiments.results import Results
from wushe.simulate.experiments.sensitivity import Study, morris, sobol, sweep
from wushe.simulate.experiments.statistics import Interval

RANGES = {"town.a": (-np.pi, np.pi), "town.b": (-np.pi, np.pi), "town.c": (-np.pi, np.pi)}


def measured(study: Study, function: Callable[..., float]) -> Any:
    """Return results in which the metric of each scenario is a function of its assumptions."""
    named = study.scenarios()
    means = {name: function(*(town[key] for key in study.ranges)) for name, town in named.items()}
    return SimpleNamespace(
        experiment=SimpleNamespace(scenarios=named),
        mean=lambda metric, policy, name: Interval(means[name], 0, 0, 1),
    )


def ishigami(a: float, b: float, c: float) -> float:
    """Return Ishigami's function (1990), of which the effects are known exactly."""
    return float(np.sin(a) + 7 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a))


def test_a_sweep_has_every_combination() -> None:
    """Two values by three: six scenarios, named after what was changed, labelled likewise."""
    found = sweep(Town(), {"needs": (20, 40), "town.days_to_meet": (2.0, 4.0, 8.5)})
    assert list(found)[:2] == ["needs=20,town.days_to_meet=2", "needs=20,town.days_to_meet=4"]
    last = found["needs=40,town.days_to_meet=8.5"]
    assert (len(found), last.needs, last["town.days_to_meet"]) == (6, 40, 8.5)
    assert last.label.en == "needs=40,town.days_to_meet=8.5"


def test_a_sweep_shows_what_a_knob_does() -> None:
    """The longer help takes, the fewer needs are met: all on the same random numbers."""
    towns = sweep(Town(), {"town.days_to_meet": (1.0, 8.0, 32.0)})
    found = Experiment(towns, Policy("plan"), 4, simulate=simulate).run()
    shares = [found.mean("met_share", scenario=name).mean for name in towns]
    assert shares == sorted(shares, reverse=True)
    assert all(line.verdict == "worse" for line in found.compare("met_share"))


def test_sobols_effects_of_a_known_function() -> None:
    """Ishigami's function: first effects 0.314, 0.442, 0, total effects 0.558, 0.442, 0.244."""
    study = sobol(Town(), RANGES, samples=512, seed=3)
    assert len(study.points) == 512 * 5
    found = study.effects(measured(study, ishigami), "y")
    assert found.columns["first"] == pytest.approx([0.314, 0.442, 0], abs=0.06)
    assert found.columns["total"] == pytest.approx([0.558, 0.442, 0.244], abs=0.06)
    assert [row["name"] for row in found.rows()] == ["town.a", "town.b", "town.c"]


def test_morris_finds_what_matters_with_few_runs() -> None:
    """Of a linear function every effect is its factor times the range, without a spread."""
    study = morris(Town(), {"town.a": (0, 1), "town.b": (0, 10), "town.c": (0, 1)}, samples=4)
    assert len(study.points) == 4 * 4
    found = study.effects(measured(study, lambda a, b, c: 3 * a - b), "y")
    assert found.columns["effect"] == pytest.approx([3, -10, 0])
    assert found.columns["spread"] == pytest.approx([0, 0, 0], abs=1e-9)
    assert [row["name"] for row in found.rows()] == ["town.b", "town.a", "town.c"]


def test_a_study_is_the_same_every_time_and_leaves_other_randomness_alone() -> None:
    """Points and intervals come from the seed; numpy's shared generator stays as it was."""
    before = np.random.get_state()[1].tolist()  # noqa: NPY002 - that it is untouched is what is tested
    for method in (sobol, morris):
        one, again = (method(Town(), RANGES, samples=8, seed=0) for _ in range(2))
        other = method(Town(), RANGES, samples=8, seed=1)
        assert np.array_equal(one.points, again.points)
        assert not np.array_equal(one.points, other.points)
        first, second = (s.effects(measured(s, ishigami), "y") for s in (one, again))
        assert first.rows() == second.rows()
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_a_study_runs_as_an_experiment() -> None:
    """Fields that count things are whole; the measure follows the assumption that the town heeds."""
    study = morris(Town(), {"needs": (40, 90), "town.days_to_meet": (1, 20)}, samples=3)
    towns = study.scenarios()
    assert all(isinstance(town.needs, int) for town in towns.values())
    found: Results = Experiment(towns, Policy("plan"), 2, simulate=simulate).run()
    assert study.effects(found, "met_share").rows()[0]["name"] == "town.days_to_meet"


def test_nothing_depends_on_anything_where_nothing_varies() -> None:
    """A measure that is always 1: every effect is 0, not a division by nothing."""
    study = sobol(Town(), RANGES, samples=4)
    found = study.effects(measured(study, lambda *_: 1.0), "y")
    assert all((column == 0).all() for column in found.columns.values())


def test_effects_are_said_in_both_languages() -> None:
    """A heading that explains the columns, then a line per name."""
    study = sobol(Town(), RANGES, samples=4)
    found = study.effects(measured(study, ishigami), "y")
    assert found.say().startswith("y：方差")
    assert found.say("en").startswith("y: share of the variance")
    assert len(found.say().splitlines()) == 4


def test_a_measure_that_is_missing_somewhere_is_refused() -> None:
    """NaN at a point: which point, and what to do."""
    study = morris(Town(), RANGES, samples=2)
    with pytest.raises(ValueError, match="could not be measured in point_0; expected a number"):
        study.effects(measured(study, lambda *_: float("nan")), "y")


def test_results_of_something_else_are_refused() -> None:
    """The points of another study are not these."""
    study, other = morris(Town(), RANGES, samples=2), morris(Town(), RANGES, samples=3)
    with pytest.raises(ValueError, match="results of other scenarios"):
        study.effects(measured(other, ishigami), "y")


@pytest.mark.parametrize(
    ("method", "arguments", "message"),
    [
        (sobol, {"samples": 48}, "expected a power of 2"),
        (morris, {"samples": 1}, "at least 2"),
        (sobol, {"ranges": {}}, "ranges are empty"),
        (morris, {"ranges": {"town.a": (2, 1)}}, r"range of town.a is \(2, 1\)"),
        (morris, {"seed": -1}, "seed is -1"),
    ],
)
def test_a_study_that_cannot_be_is_refused(method: Any, arguments: Any, message: str) -> None:
    """What it was and what was expected."""
    with pytest.raises(ValueError, match=message):
        method(Town(), **{"ranges": RANGES, **arguments})


def test_without_salib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What to install."""
    monkeypatch.setitem(sys.modules, "SALib.sample.sobol", None)
    with pytest.raises(MissingExtraError, match=r"wushe\[simulate\]"):
        sobol(Town(), RANGES)
