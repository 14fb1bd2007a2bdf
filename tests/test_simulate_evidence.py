"""Published figures: what is called a prediction is one, and the page says what the code found."""

import json
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

from conftest import TIER
from wushe.simulate.dispatch.policies import batch
from wushe.simulate.engine import standard_stages
from wushe.simulate.evidence.cases import CASES
from wushe.simulate.evidence.fitting import FITTED, fit, values
from wushe.simulate.evidence.judging import REPLICATIONS, SEED, evidence, row_of, rows_of
from wushe.simulate.evidence.page import KEPT, PAGE, filled, markdown
from wushe.simulate.evidence.worlds import WORLDS, county

DOCS = Path(__file__).parent.parent / "docs"
QUICK = ("nanqi_activities", "nanqi_times", "hefei_funds")
"""Cases of worlds in which nothing is dispatched: a tenth of a second for each replication."""
by_id = {case.id: case for case in CASES}


def kept() -> dict[str, Any]:
    """Return the results that are kept with the documentation."""
    found: dict[str, Any] = json.loads((DOCS / KEPT).read_text("utf-8"))
    return found


# --- what is claimed -----------------------------------------------------------------------------


def test_a_figure_that_a_parameter_was_fitted_to_cannot_be_called_predicted() -> None:
    """The standing of a case follows from what was fitted; claiming more raises."""
    with pytest.raises(ValueError, match="is called predicted"):
        attrs.evolve(by_id["wuchang_times"], standing="predicted")
    with pytest.raises(ValueError, match="is called calibrated"):
        attrs.evolve(by_id["grid_times"], standing="calibrated")


def test_several_listed_figures_are_predicted_from_parameters_fitted_to_others() -> None:
    """At least two of the figures that were asked for rest on parameters fitted elsewhere."""
    listed = [c for c in CASES if c.listed and c.standing == "predicted" and c.fitted]
    assert len(listed) >= 2
    for case in listed:
        assert all(FITTED[name].measure is not case.measure for name in case.fitted)


def test_calibrated_figures_have_as_many_parameters_as_targets() -> None:
    """Each world's calibrated figures are matched one to one by the parameters that were fitted to them."""
    for world in WORLDS:
        calibrated = {c.measure for c in CASES if c.world == world and c.standing == "calibrated"}
        fitted = {f.measure for f in FITTED.values() if f.world == world and f.name != "gifts"}
        assert calibrated == fitted, world


def test_published_ratios_are_those_of_the_published_totals() -> None:
    """Means that the figures quote follow from their totals: 582.57 yuan, 8.25 a society, 14.7 an activity."""
    times, yuan = by_id["xuanzhou_times"].target, by_id["xuanzhou_yuan"].target
    assert round(yuan / times, 2) == 582.57
    assert round(times / 217, 2) == 8.25
    assert round(by_id["nanqi_times"].target / by_id["nanqi_activities"].target, 2) == 14.75


def test_denominators_are_those_of_the_census() -> None:
    """The households that stand behind the pilot's figures are the census's."""
    assert (county("江汉区").households, county("武昌区").households) == (247_617, 385_991)
    assert county("宣州区").code == "341802"
    pilot = WORLDS["pilot"].build(values())["pilot"]
    assert pilot.volunteers == round(30_000 / 247_617 * pilot.settlement.households)


def test_stages_that_are_left_out_are_stages() -> None:
    """A misspelt stage would run after all."""
    stages = {stage.name for stage in standard_stages(batch())}
    assert [w.id for w in WORLDS.values() if not set(w.without) <= stages] == []


# --- how it is judged ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "samples", "verdict"),
    [
        # the interval of the mean holds 2,142
        ("grid_times", (2_050, 2_300, 2_400), "reached"),
        # it holds it, and half or double as well
        ("grid_times", (1_000, 2_200, 3_000), "open"),
        # the interval is narrow and far away
        ("grid_times", (1_000, 1_001, 1_002), "not_reached"),
        # within 5 per cent of it, though the interval is narrow
        ("grid_times", (2_200, 2_201, 2_202), "reached"),
        # fitted to it: agreement is no evidence
        ("wuchang_times", (469, 470, 471), "calibrated"),
        # fitted to it, and still far off
        ("wuchang_times", (100, 101, 102), "missed"),
    ],
)
def test_a_verdict_follows_from_interval_and_standing(
    case: str, samples: tuple[float, ...], verdict: str
) -> None:
    """Only what is predicted can be reached; what is fitted is calibrated, or missed where not even fitting helps."""
    assert row_of(by_id[case], samples).verdict == verdict


def test_a_single_occasion_is_held_against_the_spread_of_one_replication() -> None:
    """One month's households are compared with single months, which spread more than their mean."""
    samples = np.random.default_rng(3).poisson(13, 40).astype(float)
    single = row_of(by_id["wuchang_round"], samples)
    of_mean = row_of(attrs.evolve(by_id["wuchang_round"], spread="mean"), samples)
    assert single.mean == of_mean.mean
    assert single.high - single.low > 5 * (of_mean.high - of_mean.low)


def test_a_case_that_is_not_there_is_named() -> None:
    """A misspelt id raises with those that there are."""
    with pytest.raises(ValueError, match="'nanki' is no case; expected any of jianghan_response"):
        evidence(2, cases=["nanki"])
    with pytest.raises(ValueError, match="expected at least 2"):
        evidence(1, cases=QUICK)


# --- what was found ------------------------------------------------------------------------------


def test_the_page_says_what_was_found() -> None:
    """Every table of the page is what the code writes from the kept numbers."""
    page = (DOCS / PAGE).read_text("utf-8")
    assert filled(page, rows_of(kept())) == page


def test_the_kept_numbers_are_of_the_parameters_that_the_code_has() -> None:
    """Who changes a fitted value has to simulate anew, every case with as many replications."""
    found = kept()
    assert found["fitted"] == {"seed": found["fitted"]["seed"], "values": values()}
    many = {case.id: REPLICATIONS * WORLDS[case.world].times for case in CASES}
    assert {key: len(samples) for key, samples in found["cases"].items()} == many


def test_quick_cases_come_out_as_they_are_kept() -> None:
    """Simulated again, replications of the quick worlds have the kept numbers."""
    for row in evidence(2, SEED, QUICK):
        assert row.samples == pytest.approx(kept()["cases"][row.case.id][:2])


def test_a_fit_finds_the_parameter_at_which_the_target_is_met() -> None:
    """With the parameter that was fitted on a replication, that replication has the target within 3 per cent."""
    at = {**values(), "activities": fit("activities", replications=1, seed=1)}
    again = WORLDS["nanqi"].simulate(at, 1, 0)
    assert by_id["nanqi_activities"].measure(again) == pytest.approx(278, rel=0.03)


def test_tables_are_written_in_both_languages() -> None:
    """Each case has a line in Chinese and one in English, and a note."""
    rows = rows_of(kept())
    for lang in ("zh", "en"):
        text = markdown(rows, lang)
        assert all(row.case.figure.say(lang) in text for row in rows)
        assert all(row.case.remark.say(lang) in text for row in rows)


@pytest.mark.slow
@pytest.mark.skipif(TIER == "tests", reason="starts two processes")
def test_two_processes_find_the_same() -> None:
    """Where the replications are simulated does not matter."""
    assert evidence(2, SEED, QUICK, workers=2) == evidence(2, SEED, QUICK)


@pytest.mark.slow
@pytest.mark.skipif(TIER != "soak", reason="takes minutes")
@pytest.mark.parametrize("world", list(WORLDS))
def test_every_figure_comes_out_as_it_is_kept(world: str) -> None:
    """All replications, simulated anew, have the kept numbers; ``python -m wushe.simulate.evidence docs`` keeps them anew."""
    for row in evidence(REPLICATIONS, SEED, [case.id for case in CASES if case.world == world]):
        assert row.samples == pytest.approx(kept()["cases"][row.case.id], nan_ok=True)


@pytest.mark.slow
@pytest.mark.skipif(TIER != "soak", reason="takes minutes")
@pytest.mark.parametrize("name", list(FITTED))
def test_every_parameter_is_what_the_fit_finds(name: str) -> None:
    """Fitted anew, each parameter is the one that is kept, to the precision of the fit."""
    assert fit(name) == pytest.approx(FITTED[name].value, rel=0.02)
