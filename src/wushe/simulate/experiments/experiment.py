"""Experiments: every scenario under every policy, many times over, anywhere, to the same bytes."""

from __future__ import annotations

import functools
import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import attrs
import numpy as np

from wushe.plugins.manager import Plugins, load_plugins
from wushe.simulate.dispatch.policy import Policy
from wushe.simulate.experiments.fingerprint import fingerprint, of_library
from wushe.simulate.experiments.metrics import METRICS, Metric
from wushe.simulate.experiments.results import Results
from wushe.simulate.experiments.resume import Cells
from wushe.simulate.experiments.tables import TABLES, encode, tables_of
from wushe.simulate.experiments.workers import Workers, simulate_all
from wushe.simulate.world.scenario import Scenario
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.simulate.engine import Run

Told = Callable[[int, int], None]
"""Told how many cells are done, of how many."""
_RUNS = Text("模拟", "simulating")


class Simulate(Protocol):
    """What makes one run: `simulate_days`, or the like of it: an engine with other stages."""

    def __call__(
        self,
        scenario: Any,
        policy: Policy,
        seed: np.random.SeedSequence,
        /,
        *,
        replication: int,
    ) -> Run:
        """Return the run; the same arguments give the same run."""


@attrs.frozen
class Cell:
    """One run of an experiment: `name` is its scenario's, `spawn_key` says which stream is its own."""

    name: str
    scenario: Scenario
    policy: Policy
    replication: int
    seed: int
    spawn_key: tuple[int, ...]
    keep: tuple[str, ...]
    metrics: tuple[Metric, ...]
    simulate: Simulate

    @property
    def stream(self) -> np.random.SeedSequence:
        """All randomness of the cell."""
        return np.random.SeedSequence(self.seed, spawn_key=self.spawn_key)


def simulate_days(
    scenario: Scenario, policy: Policy, seed: np.random.SeedSequence, *, replication: int
) -> Run:
    """Return the run of the library's own engine; plugins are loaded by name where this runs."""
    from wushe.simulate import engine

    installed = not any(
        name.endswith(".py") for name in scenario.plugins
    )  # a file may have changed
    plugins = _installed(scenario.plugins) if installed else None
    return engine.run(scenario, policy, seed, replication=replication, plugins=plugins)


@functools.lru_cache(maxsize=8)
def _installed(names: tuple[str, ...]) -> Plugins:
    """Return plugins by name; a process loads them once, not for every cell."""
    return load_plugins(*names)


def run_cell(cell: Cell) -> bytes:
    """Simulate one cell and return its tables as bytes: what runs in every worker."""
    try:
        run = cell.simulate(cell.scenario, cell.policy, cell.stream, replication=cell.replication)
        return encode(tables_of(run, cell.metrics, cell.keep))
    except Exception as error:
        error.add_note(
            f"in scenario {cell.name!r}, policy {cell.policy.name!r}, replication {cell.replication}, seed {cell.seed}"
        )
        raise


def _scenarios(given: Any) -> dict[str, Scenario]:
    if isinstance(given, Mapping):
        return dict(given)
    several = list(given) if isinstance(given, Sequence) else [given]
    named = {scenario.name: scenario for scenario in several}
    if len(named) < len(several):
        raise ValueError(
            f"experiment: two scenarios have one name ({', '.join(s.name for s in several)}); "
            "expected different names, or a mapping from names to scenarios"
        )
    return named


def _policies(given: Any) -> tuple[Policy, ...]:
    return (given,) if isinstance(given, Policy) else tuple(given)


def _several(_: object, field: attrs.Attribute[Any], value: Any) -> None:
    if not value:
        raise ValueError(f"experiment: {field.name} is empty; expected at least one")


@attrs.frozen
class Experiment:
    """Every scenario under every policy, `replications` times each.

    `scenarios`: one, several or a mapping from names. With `common` random numbers, replication k of every arm
    meets the same world (the same needs, visits, moods); without, every arm has streams of its own. `keep` names the
    tables that are kept; `metrics` are the columns of the table of runs. Replication k is the same however many there
    are: to add some, raise the number. Raises ValueError.
    """

    scenarios: Mapping[str, Scenario] = attrs.field(converter=_scenarios, validator=_several)
    policies: tuple[Policy, ...] = attrs.field(converter=_policies, validator=_several)
    replications: int = attrs.field(default=10)
    seed: int = attrs.field(default=0)
    common: bool = attrs.field(default=True, kw_only=True)
    metrics: tuple[Metric, ...] = attrs.field(default=METRICS, converter=tuple, kw_only=True)
    keep: tuple[str, ...] = attrs.field(default=TABLES, converter=tuple, kw_only=True)
    simulate: Simulate = attrs.field(default=simulate_days, kw_only=True, repr=False)

    def __attrs_post_init__(self) -> None:
        for name, least in (("replications", 1), ("seed", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise ValueError(
                    f"experiment: {name} is {value!r}; expected a whole number of at least {least}"
                )
        for what, names in (
            ("policies", [p.name for p in self.policies]),
            ("metrics", [m.id for m in self.metrics]),
        ):
            if len(set(names)) < len(names):
                raise ValueError(
                    f"experiment: {what} are {', '.join(names)}; expected different names"
                )
        unknown = [name for name in self.keep if name not in TABLES]
        if unknown or "runs" not in self.keep:
            raise ValueError(
                f"experiment: keep is {self.keep!r}; expected 'runs' and any of {', '.join(TABLES)}"
            )

    def cells(self) -> tuple[Cell, ...]:
        """Return all runs, by scenario, policy and replication."""
        keep = tuple(name for name in TABLES if name in self.keep)
        return tuple(
            Cell(
                name, scenario, policy, k, self.seed, self._spawn_key(name, policy.name, k), keep,
                self.metrics, self.simulate,
            )
            for name, scenario in self.scenarios.items()
            for policy in self.policies
            for k in range(self.replications)
        )  # fmt: skip

    def run(
        self,
        workers: Workers = 1,
        folder: str | Path | None = None,
        progress: bool | Told | None = None,
    ) -> Results:
        """Simulate every cell that is not in `folder` yet, and return the results.

        `workers`: 1 (this process), so many processes, or a dask.distributed scheduler's address, client or
        cluster; the results have the same bytes. `folder` keeps each cell as it is done: run again after an
        interruption and it goes on. `progress`: a bar on the terminal (None: where there is one), or a function told
        (done, of how many). Scripts that start processes do so under ``if __name__ == "__main__":``.

        Raises what the simulation raised, naming the cell; MissingExtraError where a library is missing.
        """
        cells = self.cells()
        keys = self._keys(cells) if folder is not None else tuple(map(str, range(len(cells))))
        stored = Cells(folder)
        missing = [at for at, key in enumerate(keys) if not stored.has(key)]
        with _telling(progress, len(cells)) as told:
            done = len(cells) - len(missing)
            told(done, len(cells))
            for number, blob in simulate_all(run_cell, [cells[at] for at in missing], workers):
                stored.put(keys[missing[number]], blob)
                done += 1
                told(done, len(cells))
        return Results(self, cells, keys, stored)

    def _spawn_key(self, scenario: str, policy: str, replication: int) -> tuple[int, ...]:
        if self.common:
            return (replication,)
        arm = hashlib.sha256(json.dumps([scenario, policy]).encode()).digest()
        return (replication, *(int(word) for word in np.frombuffer(arm, np.uint32)))

    def _keys(self, cells: Sequence[Cell]) -> tuple[str, ...]:
        """Return the name of each cell's file: a digest of everything that its content depends on."""
        scenarios = {name: fingerprint(s) for name, s in self.scenarios.items()}
        library = {name: of_library(s.plugins) for name, s in self.scenarios.items()}
        policies = {p.name: fingerprint(p) for p in self.policies}
        shared = [fingerprint(self.metrics), fingerprint(self.simulate)]
        parts = (
            [
                *shared, scenarios[c.name], library[c.name], policies[c.policy.name], c.replication, c.seed,
                c.spawn_key, c.keep,
            ]
            for c in cells
        )  # fmt: skip
        return tuple(hashlib.sha256(json.dumps(part).encode()).hexdigest() for part in parts)


# --- progress ------------------------------------------------------------------------------------


def _untold(_done: int, _total: int) -> None:
    """Tell nobody."""


@contextmanager
def _telling(progress: bool | Told | None, total: int) -> Iterator[Told]:
    """Yield a function that is told (done, total): a bar, the caller's own, or one that does nothing."""
    if callable(progress):
        yield progress
        return
    if not (sys.stderr.isatty() if progress is None else progress):
        yield _untold
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(_RUNS.both(), total=total)
        yield lambda done, total: bar.update(task, completed=done, total=total)
