"""The arms of an experiment (a scenario under a policy) and their tables as arrays, for pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from wushe.model.storage import Array
from wushe.simulate.city import DAY
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.simulate.experiments.experiment import Cell, Experiment
    from wushe.simulate.experiments.results import Results

Label = str | Text
BOTH = Text("{scenario}：{policy}", "{scenario}: {policy}")
_MET = ("met", "by_relief")


@attrs.frozen
class Arm:
    """A scenario under a policy, with their labels."""

    scenario: str
    policy: str
    scenario_label: Label
    policy_label: Label
    label: Label
    """What tells it from the other arms."""


def arms(experiment: Experiment) -> list[Arm]:
    """Return all arms, scenario by scenario. The label of what there is only one of is left out."""
    scenarios, policies = scenario_labels(experiment), policy_labels(experiment)
    made = []
    for scenario, said in scenarios.items():
        for policy, name in policies.items():
            label = said if len(policies) == 1 and len(scenarios) > 1 else name
            if len(scenarios) > 1 and len(policies) > 1:
                label = Text(
                    BOTH.say("zh", scenario=said, policy=name),
                    BOTH.say("en", scenario=said, policy=name),
                )
            # Rows need a label of their own even where scenarios head groups.
            own = said if len(policies) == 1 and len(scenarios) > 1 else name
            head = said if len(policies) > 1 and len(scenarios) > 1 else ""
            made.append(Arm(scenario, policy, head, own, label))
    return made


def one(experiment: Experiment, policy: str | None, scenario: str | None) -> Arm:
    """Return the arm that is named; what there is only one of need not be. Raises ValueError."""
    found = [
        arm
        for arm in arms(experiment)
        if policy in (None, arm.policy) and scenario in (None, arm.scenario)
    ]
    if len(found) != 1:
        policies = ", ".join(p.name for p in experiment.policies)
        raise ValueError(
            f"policy {policy!r} and scenario {scenario!r} name {len(found)} arms; expected one: policies are {policies}; "
            f"scenarios {', '.join(experiment.scenarios)}"
        )
    return found[0]


def scenario_labels(experiment: Experiment) -> dict[str, Label]:
    """Return the scenarios' labels by name; names where two have one label."""
    return _distinct({name: scenario.label for name, scenario in experiment.scenarios.items()})


def policy_labels(experiment: Experiment) -> dict[str, Label]:
    """Return the policies' labels by name; names where two have one label or one has none."""
    return _distinct({p.name: p.label or p.name for p in experiment.policies})


def label_of(experiment: Experiment, name: str) -> Label:
    """Return the label of the policy or scenario `name`."""
    return {**scenario_labels(experiment), **policy_labels(experiment)}[name]


def where_label(experiment: Experiment, name: str) -> Label:
    """Return the label of what compared arms share; nothing where there is only one of its kind."""
    scenarios, policies = scenario_labels(experiment), policy_labels(experiment)
    several = scenarios if name in scenarios else policies
    return several[name] if len(several) > 1 else ""


def daily(results: Results, arm: Arm, column: str) -> tuple[Array, Array]:
    """Return the days, float (n_days,), and a column of the daily table, float (replications, n_days).

    A figure that nothing was counted for is 0 on every day. Raises ValueError for one that no run has.
    """
    rows, days = [], np.zeros(0)
    for _, table in _tables(results, arm, "periods"):
        if column not in table.column_names:
            figures = [name for name in table.column_names[5:] if name != "date"]
            raise ValueError(
                f"figure {column!r} was not counted; expected one of {', '.join(figures)}"
            )
        days = table["day"].to_numpy().astype(np.float64)
        rows.append(table[column].to_numpy().astype(np.float64))
    return days, np.array(rows)


def pooled_waits(results: Results, within: float) -> list[tuple[Arm, tuple[Array, int]]]:
    """Return for each arm the days from known to first accepted, and of how many needs.

    All replications together; needs known after the warm-up and at least `within` days before the end, so that
    each had that time; of the waits those up to `within`.
    """
    found = []
    for arm in arms(results.experiment):
        values, of = [], 0
        orders = _tables(results, arm, "orders")
        for (cell, needs), (_, placed) in zip(_tables(results, arm, "needs"), orders, strict=True):
            known = _floats(needs, "known")
            first = np.full(len(known), np.inf)
            np.fmin.at(first, placed["need"].to_numpy(), _floats(placed, "accepted"))
            since, until = cell.scenario.warm_up * DAY, (cell.scenario.days - within) * DAY
            counts = (known >= since) & (known <= until)
            days = (first[counts] - known[counts]) / DAY
            values.append(days[days <= within])
            of += int(counts.sum())
        found.append((arm, (np.concatenate(values), of)))
    return found


def by_community(results: Results, arm: Arm) -> tuple[Array, Array, Array, Array]:
    """Return longitude, latitude, households (a replication's mean) and the share of known needs met, each (n_c,).

    NaN where no need became known. Coordinates are laid out by the scenario, alike in all replications.
    """
    from wushe.simulate.streams import Streams
    from wushe.simulate.world.ground import lay_out

    n = results.experiment.scenarios[arm.scenario].settlement.communities
    known, met, households = np.zeros(n), np.zeros(n), np.zeros(n)
    lon = lat = np.zeros(n)
    for cell, needs in _tables(results, arm, "needs"):
        ground = lay_out(cell.scenario, Streams(cell.stream))
        lon, lat = ground.lon, ground.lat
        households += np.bincount(ground.home, minlength=n) / results.experiment.replications
        counts = _floats(needs, "known") >= cell.scenario.warm_up * DAY
        home = needs["community"].to_numpy()[counts]
        served = np.isin(needs["state"].to_numpy()[counts], _MET)
        known += np.bincount(home, minlength=n)
        met += np.bincount(home, served, n)
    with np.errstate(invalid="ignore"):
        return lon, lat, households, met / known


def _tables(results: Results, arm: Arm, name: str) -> Iterator[tuple[Cell, Any]]:
    """Yield the cells of an arm with one of their tables."""
    for cell, key in zip(results.cells, results.keys, strict=True):
        if (cell.name, cell.policy.name) == (arm.scenario, arm.policy):
            yield cell, results.stored.table(key, name)


def _floats(table: Any, column: str) -> Array:
    found: Array = table[column].to_numpy().astype(np.float64)
    return found


def _distinct(labels: dict[str, Label]) -> dict[str, Label]:
    return labels if len(set(labels.values())) == len(labels) else {name: name for name in labels}
