"""Experiments: the same bytes anywhere, streams of their own, and nothing lost when they are killed."""

import functools
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from scipy import stats

from simulate_standin import Town, bytes_of, simulate, simulate_badly, simulate_slowly
from wushe.errors import MissingExtraError
from wushe.simulate.dispatch.policy import Policy
from wushe.simulate.experiments import experiment as module
from wushe.simulate.experiments.experiment import Experiment, run_cell
from wushe.simulate.experiments.tables import TABLES

QUICK, SLOW = Policy("quick"), Policy("slow", every=2)


def experiment(**changes: Any) -> Experiment:
    """Return two policies in one small town, three replications."""
    given = {"scenarios": Town(), "policies": (QUICK, SLOW), "replications": 3, "seed": 7}
    return Experiment(**{"simulate": simulate, **given, **changes})


def parquet(made: Experiment, to: Path, **options: Any) -> dict[str, bytes]:
    """Return the bytes of all tables of an experiment by file name."""
    made.run(**options).to_parquet(to)
    return bytes_of(to)


# --- the same bytes ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the bytes of the tables as one process makes them."""
    return parquet(experiment(), tmp_path_factory.mktemp("alone"))


def test_tables_have_the_same_bytes_every_time(alone: dict[str, bytes], tmp_path: Path) -> None:
    """Again, and through a folder of cells: the same six files."""
    assert sorted(alone) == sorted(f"{name}.parquet" for name in TABLES)
    assert parquet(experiment(), tmp_path / "again") == alone
    assert parquet(experiment(), tmp_path / "kept", folder=tmp_path / "cells") == alone


def test_another_seed_gives_other_tables(alone: dict[str, bytes], tmp_path: Path) -> None:
    """Seed 8 instead of 7: runs, periods, needs, orders and events differ."""
    other = parquet(experiment(seed=8), tmp_path / "out")
    same = {name for name in other if other[name] == alone[name]}
    assert same == {"months.parquet"}  # residuals are 0 under any seed


def test_rows_are_sorted_by_their_keys() -> None:
    """Scenarios and policies in the order of the experiment, replications and rows counted up."""
    found = experiment(scenarios=[Town("b"), Town("a")]).run().to_frame("needs")
    order = {"b": 0, "a": 1, "quick": 0, "slow": 1}
    keys = [
        (order[s], order[p], k, n)
        for s, p, k, n in zip(
            found["scenario"], found["policy"], found["replication"], found["need"], strict=True
        )
    ]
    assert keys == sorted(keys)
    assert len(keys) == len(set(keys)) == 2 * 2 * 3 * 60


# --- streams -------------------------------------------------------------------------------------


def test_replications_do_not_share_streams() -> None:
    """Every replication begins in another state, with common random numbers and without; arms share or do not."""
    for common, different in ((True, 50), (False, 100)):
        cells = experiment(replications=50, common=common).cells()
        states = {tuple(cell.stream.generate_state(4)) for cell in cells}
        assert len(states) == different


def test_replications_draw_independently() -> None:
    """First draws of 1,000 replications look uniform and neighbours are not correlated."""
    cells = experiment(policies=QUICK, replications=1000).cells()
    first = np.array([np.random.default_rng(cell.stream).random() for cell in cells])
    assert stats.kstest(first, "uniform").pvalue > 1e-3
    assert stats.pearsonr(first[:-1], first[1:]).pvalue > 1e-3


def test_a_replication_is_the_same_however_many_there_are() -> None:
    """Raising the number of replications, or leaving a policy out, changes none that were there."""
    few, many = experiment(replications=2).run(), experiment(replications=4).run()
    assert few.values("met_days", "slow").tolist() == many.values("met_days", "slow")[:2].tolist()
    apart = experiment(common=False).run().values("met_days", "slow")
    alone = experiment(common=False, policies=SLOW).run().values("met_days", "slow")
    assert apart.tolist() == alone.tolist()


def test_equal_policies_do_not_differ_at_all_under_common_random_numbers() -> None:
    """A against A on the same streams: the difference of every measure is exactly 0."""
    found = experiment(policies=(Policy("one"), Policy("other")), replications=5).run()
    for metric in ("met_days", "met_share", "served_value", "equity_gini"):
        (line,) = found.compare(metric)
        assert (line.difference.by.low, line.difference.by.high) == (0, 0)
        assert line.verdict == "open"


def test_equal_policies_rarely_differ_on_independent_streams(
    campaign: Callable[..., int], evidence: Callable[..., None]
) -> None:
    """A against A on streams of their own: the 95 % interval leaves out zero in about 5 of 100 comparisons."""
    n = campaign(tests=15, ci=100, soak=1000)
    arms = (Policy("one"), Policy("other"))
    made = experiment(policies=arms, replications=5, common=False, keep=("runs",))
    hits = 0
    for seed in range(n):
        (line,) = attrs.evolve(made, seed=seed).run().compare("met_days")
        assert not line.difference.paired
        hits += line.difference.decided
    evidence("a_a_standin", comparisons=n, decided=hits, share=hits / n)
    low, high = stats.binom.interval(0.9999, n, 0.05)
    assert low <= hits <= high


def test_a_slower_policy_is_found_worse() -> None:
    """Twice as long until needs are met: decided, worse, and the ratio is near 2."""
    (line,) = experiment(scenarios=Town(days=200), replications=8).run().compare("met_days")
    assert (line.base, line.other, line.verdict) == ("quick", "slow", "worse")
    assert 1.8 < line.ratio.mean < 2.1
    assert line.ratio.low > 1.5


# --- resuming ------------------------------------------------------------------------------------


def test_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    """A second run finds all cells; more replications simulate only what is missing."""
    told: list[tuple[int, int]] = []
    experiment().run(folder=tmp_path)
    experiment().run(folder=tmp_path, progress=lambda *at: told.append(at))
    assert told == [(6, 6)]
    told.clear()
    experiment(replications=4).run(folder=tmp_path, progress=lambda *at: told.append(at))
    assert told == [(6, 8), (7, 8), (8, 8)]


def test_a_damaged_cell_is_made_again(tmp_path: Path, alone: dict[str, bytes]) -> None:
    """A file cut short, one with a byte changed and one lost: three cells are simulated again."""
    experiment().run(folder=tmp_path / "cells")
    cut, changed, lost, *_ = sorted((tmp_path / "cells").iterdir())
    cut.write_bytes(cut.read_bytes()[:-1])
    content = bytearray(changed.read_bytes())
    content[-5] ^= 1
    changed.write_bytes(bytes(content))
    lost.unlink()
    told: list[tuple[int, int]] = []
    made = experiment().run(folder=tmp_path / "cells", progress=lambda *at: told.append(at))
    assert told[0] == (3, 6)
    made.to_parquet(tmp_path / "out")
    assert bytes_of(tmp_path / "out") == alone


CHANGES: dict[str, dict[str, Any]] = {
    "seed": {"seed": 8},
    "scenario": {"scenarios": Town(needs=61)},
    "assumption": {"scenarios": Town().but(**{"town.days_to_meet": 5.0})},
    "policy": {"policies": (QUICK, Policy("slow", every=3))},
    "streams": {"common": False},
    "tables": {"keep": ("runs",)},
    "simulation": {"simulate": functools.partial(simulate)},
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_a_changed_experiment_takes_nothing_that_is_not_its_own(
    changes: dict[str, Any], tmp_path: Path
) -> None:
    """Anything that changes results changes the key: results over a used folder are those of a fresh one."""
    experiment().run(folder=tmp_path)
    over, fresh = experiment(**changes).run(folder=tmp_path), experiment(**changes).run()
    assert over.table("runs").equals(fresh.table("runs"))
    kept = 3 if "policies" in changes else 0  # the policy that did not change
    assert len(list(tmp_path.iterdir())) == 12 - kept


def _same_library(_: tuple[str, ...]) -> str:
    """Stand in for the digest of the source, which somebody may edit while this test runs."""
    return "as it was"


def _run_slowly(folder: Path) -> None:
    module.of_library = _same_library
    experiment(simulate=simulate_slowly).run(folder=folder)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_run_killed_half_way_goes_on_and_ends_with_the_same_bytes(
    alone: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL after the second cell: two processes simulate the rest, and the tables are those of a run in one go."""
    monkeypatch.setattr(module, "of_library", _same_library)
    made, cells = experiment(simulate=simulate_slowly), tmp_path / "cells"
    victim = multiprocessing.get_context("spawn").Process(target=_run_slowly, args=(cells,))
    victim.start()
    assert victim.pid is not None
    while victim.is_alive() and len(list(cells.glob("*.cell"))) < 2:
        time.sleep(0.005)
    os.kill(victim.pid, signal.SIGKILL)
    victim.join()
    kept = len(list(cells.glob("*.cell")))
    assert victim.exitcode == -signal.SIGKILL
    assert 2 <= kept < 6
    told: list[tuple[int, int]] = []
    found = made.run(workers=2, folder=cells, progress=lambda *at: told.append(at))
    found.to_parquet(tmp_path / "resumed")
    assert told[0] == (kept, 6)
    assert bytes_of(tmp_path / "resumed") == alone


# --- mistakes ------------------------------------------------------------------------------------


def test_an_error_names_the_cell() -> None:
    """What went wrong in a run comes out as it is, with a note which run it was."""
    with pytest.raises(ValueError, match="the town is flooded") as caught:
        experiment(simulate=simulate_badly).run()
    assert caught.value.__notes__ == ["in scenario 'town', policy 'quick', replication 1, seed 7"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"policies": ()}, "policies is empty"),
        ({"policies": (QUICK, Policy("quick", every=3))}, "expected different names"),
        ({"scenarios": [Town(), Town(days=50)]}, "two scenarios have one name"),
        ({"replications": 0}, "replications is 0; expected a whole number of at least 1"),
        ({"replications": True}, "replications is True"),
        ({"seed": -1}, "seed is -1"),
        ({"keep": ("needs",)}, "expected 'runs' and any of runs, months"),
        ({"keep": ("runs", "need")}, "expected 'runs' and any of"),
    ],
)
def test_an_experiment_that_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    """What is wrong, what it was, what was expected."""
    with pytest.raises(ValueError, match=message):
        experiment(**changes)


@pytest.mark.parametrize("workers", [0, -2, True])
def test_workers_that_cannot_be_are_refused(workers: Any) -> None:
    """At least one process."""
    with pytest.raises(ValueError, match="expected 1 or more processes"):
        experiment().run(workers=workers)


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pyarrow there are no tables: the message says what to install."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"wushe\[simulate\]"):
        experiment().run()


def test_a_cell_is_one_run() -> None:
    """A worker gets a cell and gives back bytes; nothing else decides what they are."""
    first, second, *_ = experiment().cells()
    assert run_cell(first) == run_cell(first)
    assert run_cell(first) != run_cell(second)
