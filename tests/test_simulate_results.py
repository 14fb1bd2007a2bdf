"""Results: whole tables, frames and Parquet, and comparisons that say which is better."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import numpy as np
import pytest

from simulate_standin import Town, simulate
from wushe.simulate.dispatch.policy import Policy
from wushe.simulate.experiments.experiment import Experiment
from wushe.simulate.experiments.metrics import METRICS, Metric
from wushe.simulate.experiments.results import Results, plainly
from wushe.simulate.experiments.tables import TABLES
from wushe.text import Text

TOWNS = {"calm": Town("calm"), "busy": Town("busy", needs=120)}
POLICIES = (Policy("quick"), Policy("slow", every=2))


@pytest.fixture(scope="module")
def results() -> Results:
    """Return two towns under two policies, four replications."""
    return Experiment(TOWNS, POLICIES, 4, simulate=simulate).run()


def test_tables_hold_every_cell(results: Results) -> None:
    """Sixteen runs, a row per day of each, needs of both towns."""
    assert results.table("runs").num_rows == 16
    assert results.table("periods").num_rows == 16 * 40
    assert results.table("needs").num_rows == 8 * (60 + 120)


def test_columns_are_plain_numpy(results: Results) -> None:
    """Names as str, numbers as numbers, gaps as NaN."""
    found = results.columns("needs")
    assert found["scenario"][0] == "calm"
    assert found["replication"].dtype == np.int32
    assert np.isnan(found["closed"]).any()
    assert found["category"].dtype == object


@pytest.mark.parametrize("name", TABLES)
def test_frames_are_the_tables(results: Results, name: str) -> None:
    """As pandas frame and as pyarrow table, with names of columns and rows as they are."""
    frame = results.to_frame(name)
    assert list(frame.columns) == results.table(name).column_names
    assert len(frame) == results.to_frame(name, "pyarrow").num_rows


def test_parquet_is_written_cell_by_cell(results: Results, tmp_path: Path) -> None:
    """One file per table with a row group per cell; read again it is the table."""
    parquet = pytest.importorskip("pyarrow.parquet")
    needs, runs = results.to_parquet(tmp_path, ("needs", "runs"))
    assert (needs.name, runs.name) == ("needs.parquet", "runs.parquet")
    assert parquet.ParquetFile(needs).num_row_groups == 16
    assert parquet.read_table(needs).to_pylist() == results.table("needs").to_pylist()


def _simulate_more(scenario: Any, policy: Any, seed: Any, *, replication: int) -> Any:
    run = simulate(scenario, policy, seed, replication=replication)
    if scenario.name == "busy":
        run.periods["gift_received"] = np.ones(scenario.days, dtype=np.int64)
    return run


def test_a_count_that_a_run_does_not_know_is_nought() -> None:
    """Only one town has gifts: the other's column is 0, and columns are sorted."""
    found = Experiment(TOWNS, POLICIES[0], 1, simulate=_simulate_more).run().to_frame("periods")
    assert found.groupby("scenario", observed=True)["gift_received"].sum().to_dict() == {
        "calm": 0,
        "busy": 40,
    }
    assert list(found.columns)[3:] == [
        "day",
        "date",
        "gift_received",
        "stock_known",
        "stock_listed",
        "stock_ordered",
    ]


# --- comparisons ---------------------------------------------------------------------------------


def test_policies_are_compared_within_each_scenario(results: Results) -> None:
    """The first policy is the base where none is named."""
    found = results.compare("met_days")
    assert [(c.where, c.base, c.other) for c in found] == [
        ("calm", "quick", "slow"),
        ("busy", "quick", "slow"),
    ]
    expected = results.values("met_days", "slow", "calm") - results.values(
        "met_days", "quick", "calm"
    )
    assert found[0].difference.by.mean == pytest.approx(expected.mean())


def test_scenarios_are_compared_under_each_policy(results: Results) -> None:
    """A base that names a scenario: twice the needs, about twice the services."""
    found = results.compare("services", base="calm")
    assert [(c.where, c.base, c.other) for c in found] == [
        ("quick", "calm", "busy"),
        ("slow", "calm", "busy"),
    ]
    assert all(1.5 < c.ratio.mean < 2.5 for c in found)


@pytest.mark.parametrize(
    ("better", "verdict"), [("lower", "worse"), ("higher", "better"), ("neither", "differs")]
)
def test_the_verdict_knows_which_way_is_better(better: Any, verdict: str) -> None:
    """More days until met: worse, unless more is better or nobody says."""
    days = next(m for m in METRICS if m.id == "met_days")
    metrics = (attrs.evolve(days, better=better),)
    town = Town(days=100, needs=200)
    (found,) = (
        Experiment(town, POLICIES, 4, metrics=metrics, simulate=simulate).run().compare("met_days")
    )
    assert found.verdict == verdict


def test_a_metric_of_ones_own_is_a_column(results: Results) -> None:
    """Ten lines at most: a name, a label, a unit and a function of the run."""
    last = Metric(
        "last_known", Text("最后一项", "the last"), Text("天", "days"), "neither",
        lambda run: float(run.city.needs["known"].max() / 1440),
    )  # fmt: skip
    made = Experiment(Town(), POLICIES, 2, metrics=(*METRICS, last), simulate=simulate).run()
    assert 30 < made.mean("last_known", "quick").mean < 40
    assert made.table("runs").column_names[-1] == "last_known"


def test_comparisons_and_means_are_said_in_both_languages(results: Results) -> None:
    """Label, unit, both means, difference, interval, how it was compared and the verdict."""
    line = results.compare("met_days")[0]
    assert line.say().startswith("从发现到解决（天）　calm：quick ")
    assert line.say("en").endswith("4 replications, paired, common random numbers): worse")
    said = results.summary(["met_share"], "en").splitlines()
    assert said[0] == "needs met (share)"
    assert [line.split("  ")[1] for line in said[1:5]] == [
        "calm × quick", "calm × slow", "busy × quick", "busy × slow"
    ]  # fmt: skip
    assert said[5] == "[ ] is the 95% confidence interval of 4 replications"
    assert "守恒残差" not in results.summary()
    assert repr(results) == "<Results: 2 scenarios x 2 policies x 4 replications>"


def test_numbers_are_said_plainly() -> None:
    """Four figures, no exponent, thousands apart; no figure for what is not there."""
    values = (0.0, 0.43514, -12.3456, 999.96, 16271.4, 1.2e9, 2e-9, float("nan"), float("inf"))
    said = ["0", "0.4351", "-12.35", "1,000.0", "16,270", "1,200,000,000", "0.000000", "—", "—"]
    assert [plainly(value) for value in values] == said


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda r: r.compare("waiting"), "metric 'waiting' is not measured here; expected one of found_share"),
        (lambda r: r.compare("met_days", "fast"), r"base is 'fast'; expected the name of either one policy \(quick"),
        (lambda r: r.values("met_days", "quick"), "scenario is None; expected one of calm, busy"),
        (lambda r: r.mean("met_days", "fast", "calm"), "policy is 'fast'; expected one of quick, slow"),
        (lambda r: r.table("people"), "table 'people' does not exist; expected one of runs"),
    ],
    ids=range(5),
)  # fmt: skip
def test_what_is_not_there_is_said_with_what_is(results: Results, ask: Any, message: str) -> None:
    """The names that there are stand in the message."""
    with pytest.raises(ValueError, match=message):
        ask(results)


def test_a_picture_is_the_plot_modules(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    """`plot` hands itself on, with what was asked."""
    asked: list[Any] = []
    fake = SimpleNamespace(plot=lambda *given, **options: asked.append((*given, options)))
    monkeypatch.setitem(__import__("sys").modules, "wushe.simulate.pictures.plot", fake)
    results.plot("means", lang="en", metric="met_days")
    assert asked == [(results, "means", {"lang": "en", "metric": "met_days"})]
