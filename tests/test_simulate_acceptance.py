"""The experiments' acceptance on the library's own engine: bytes, streams, A against A, Little's law, conservation."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from simulate_standin import bytes_of
from simulate_village import village
from wushe.simulate import engine
from wushe.simulate.city import BY_RELIEF, EVENT_CODES
from wushe.simulate.dispatch.policy import Policy
from wushe.simulate.experiments import statistics
from wushe.simulate.experiments.experiment import Experiment
from wushe.simulate.experiments.metrics import METRICS, little
from wushe.simulate.experiments.results import Results

DAILY, AGAIN, WEEKLY = Policy("daily"), Policy("again"), Policy("weekly", every=7)


def experiment(**changes: Any) -> Experiment:
    """Return the village under two policies that are the same but for their names, and one that is not."""
    given = {"scenarios": village(), "policies": (DAILY, AGAIN, WEEKLY)}
    return Experiment(**{"replications": 2, "seed": 3, **given, **changes})


@pytest.fixture(scope="module")
def results() -> Results:
    """Return what this process finds."""
    return experiment().run()


def parquet(results: Results, to: Path) -> dict[str, bytes]:
    """Return the bytes of all tables by file name."""
    results.to_parquet(to)
    return bytes_of(to)


def test_a_against_a_on_the_same_streams_differs_by_exactly_nothing(results: Results) -> None:
    """Two policies that are the same: every measure of every replication is equal; another policy's is not."""
    for metric in METRICS:
        same, other = results.values(metric.id, "daily"), results.values(metric.id, "again")
        assert np.array_equal(same, other, equal_nan=True), metric.id
    weekly = results.values("response_hours", "weekly")
    assert (weekly > results.values("response_hours", "daily")).all()


def test_policies_meet_the_same_world(results: Results) -> None:
    """Common random numbers: the same needs arise at the same instants whatever the policy."""
    parts = [tuple(part["arose"].to_pylist()) for part in results.parts("needs")]
    first, second = parts[0::2], parts[1::2]  # replications 0 and 1 of each policy
    assert len(set(first)) == len(set(second)) == 1
    assert first[0] != second[0]


def test_nothing_is_lost_in_any_month_and_littles_law_holds(results: Results) -> None:
    """The table of months shows residuals of 0 in each; rate times stay is the number there within 1 %."""
    months = results.columns("months")
    for what in ("needs", "hours", "goods", "fen"):
        assert not months[what].any()
    runs = results.columns("runs")
    assert (runs["little_gap"] < 0.01).all()
    assert runs["residual"].tolist() == [0] * 6


def test_littles_law_by_the_log_of_events() -> None:
    """In continuous time, too: the number known and open by the log against the stays of the needs table."""
    run = engine.run(village(20), DAILY, np.random.SeedSequence(5))
    needs, log = run.city.needs, run.city.log
    known = ~np.isnan(needs["known"])
    steps, changes = [], []
    for kind, change in (("need_found", 1), ("need_met", -1), ("need_lapsed", -1)):
        rows = log["kind"] == EVENT_CODES[kind]
        rows &= known[log["need"]]
        steps.append(log["at"][rows])
        changes.append(np.full(int(rows.sum()), change))
    taken = known & (needs["state"] == BY_RELIEF)  # the log tells of a part taken, not of the whole
    steps.append(needs["closed"][taken])
    changes.append(np.full(int(taken.sum()), -1))
    found = statistics.little(
        needs["known"][known], needs["closed"][known], np.concatenate(steps), np.concatenate(changes),
        2 * 1440.0, 20 * 1440.0,
    )  # fmt: skip
    assert found.gap < 0.01
    assert found.number == pytest.approx(little(run).number, rel=0.25)


@pytest.mark.slow
def test_tables_have_the_same_bytes_from_processes_and_a_cluster(
    results: Results, tmp_path: Path, campaign: Callable[..., int]
) -> None:
    """One process, two, four, and a Dask cluster of two by address and by client: the same six files."""
    if not campaign(tests=0, ci=1, soak=1):
        pytest.skip("starts processes: from the tier ci on")
    distributed = pytest.importorskip("distributed")
    alone = parquet(results, tmp_path / "1")
    assert parquet(experiment().run(workers=2), tmp_path / "2") == alone
    assert parquet(experiment().run(workers=4, folder=tmp_path / "cells"), tmp_path / "4") == alone
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, protocol="tcp"
    ) as cluster:
        found = experiment().run(workers=cluster.scheduler_address)
        assert parquet(found, tmp_path / "dask") == alone
        with distributed.Client(cluster, set_as_default=False) as client:
            found = experiment().run(workers=client)
            assert client.status == "running"  # it is the caller's to close
    assert parquet(found, tmp_path / "client") == alone
    other = parquet(experiment(seed=4).run(), tmp_path / "other")
    assert {name for name in alone if other[name] == alone[name]} == {"months.parquet"}


@pytest.mark.slow
def test_a_against_a_on_streams_of_their_own_rarely_differs(
    campaign: Callable[..., int], evidence: Callable[..., None]
) -> None:
    """200 comparisons of five replications each: the 95 % interval leaves out zero in 2 to 9 % of them.

    The measure is the number of services, declared beforehand; others are told in the evidence.
    """
    n, each = campaign(tests=0, ci=0, soak=200), 5
    if not n:
        pytest.skip("2,000 runs: in the tier soak")
    made = experiment(
        policies=(Policy("one"), Policy("other")), replications=n * each, seed=1, common=False, keep=("runs",)
    ).run(workers=2)  # fmt: skip
    for metric in ("services", "met_share", "found_share", "volunteer_hours"):
        a, b = (made.values(metric, p).reshape(n, each) for p in ("one", "other"))
        hits = sum(statistics.independent(x, y).decided for x, y in zip(a, b, strict=True))
        evidence(f"a_a_{metric}", comparisons=n, decided=hits, share=hits / n)
        assert metric != "services" or 0.02 * n <= hits <= 0.09 * n
        assert stats.ttest_ind(a.ravel(), b.ravel()).pvalue > 1e-3
    gaps = made.columns("runs")["little_gap"]
    evidence("littles_law", runs=len(gaps), largest_gap=float(gaps.max()))
    assert (gaps < 0.01).all()
