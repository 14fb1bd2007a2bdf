"""Pictures of experiments show what the tables say, in both languages, for one arm and for many."""

from types import SimpleNamespace
from typing import Any

import attrs
import numpy as np
import pytest

import simulate_standin
from simulate_standin import Town
from svg_reading import assert_only_drawing, assert_tidy, elements, tips, written
from wushe.render import Picture
from wushe.simulate.dispatch.policy import Policy
from wushe.simulate.experiments.experiment import Experiment
from wushe.simulate.experiments.results import Results
from wushe.simulate.experiments.sensitivity import Effects, sweep
from wushe.simulate.pictures import arms
from wushe.simulate.pictures.dependence import effects_picture
from wushe.simulate.pictures.figures import FIGURES, figure_named
from wushe.simulate.pictures.plot import PICTURES, plot
from wushe.simulate.world.ready import small
from wushe.simulate.world.shocks import Shock
from wushe.text import Text

QUICK = Policy("quick", Text("每天派单", "every day"))
SLOW = Policy("slow", Text("隔天派单", "every other day"), every=2)
PLAIN = small().but(days=40, warm_up=10)
FLOOD = PLAIN.but(
    name="flood",
    label=Text("洪水周", "Flood week"),
    shocks=(Shock("flood", Text("洪水", "Flood"), 20, 7, 6.0),),
)


def simulate(scenario: Any, policy: Policy, seed: Any, /, *, replication: int) -> Any:
    """Return the stand-in's run of a real scenario, of 40 days or as many as it has."""
    town = Town(
        start=scenario.start,
        days=scenario.days,
        warm_up=scenario.warm_up,
        assume={"town.days_to_meet": 80 / scenario.volunteers},
    )
    made = simulate_standin.simulate(town, policy, seed, replication=replication)
    found = {
        "stock_hidden": np.arange(scenario.days),
        "stock_joined": np.arange(scenario.days) + 100,
    }
    parts = {**vars(made), "scenario": scenario, "periods": {**made.periods, **found}}
    return SimpleNamespace(**parts)


def results(**changes: Any) -> Results:
    """Return four replications of two policies in one small town, or as told."""
    given = {"scenarios": PLAIN, "policies": (QUICK, SLOW), "replications": 4, "seed": 7}
    return Experiment(**{"simulate": simulate, **given, **changes}).run()


@pytest.fixture(scope="module")
def two() -> Results:
    """Two policies in one town."""
    return results()


@pytest.fixture(scope="module")
def four() -> Results:
    """Two policies in two towns."""
    return results(scenarios=[PLAIN, FLOOD])


OPTIONS: dict[str, dict[str, Any]] = {
    "stocks": {"policy": "quick", "scenario": "flood"},
    "map": {"policy": "quick", "scenario": "flood"},
}


class TestEveryPicture:
    """All pictures work on results as an experiment makes them."""

    @pytest.mark.parametrize("width", [360, 800])
    @pytest.mark.parametrize("lang", ["zh", "en"])
    @pytest.mark.parametrize("what", [name for name in PICTURES if name != "sweep"])
    def test_readable(self, four: Results, what: str, lang: str, width: int) -> None:
        """Nothing overlaps, nothing is active, and English pictures have no Chinese."""
        made = four.plot(what, lang, width=width, **OPTIONS.get(what, {}))
        assert isinstance(made, Picture)
        assert_only_drawing(made)
        assert_tidy(made)
        if lang == "en":
            assert not [text for text in written(made) if any("一" <= c <= "鿿" for c in text)]

    def test_shows_itself_in_notebooks(self, two: Results) -> None:
        """A notebook shows the picture that a cell ends with."""
        assert two.plot()._repr_svg_().startswith("<svg")

    def test_unknown_names(self, two: Results) -> None:
        """A picture, metric, figure or arm that there is not is named with those that there are."""
        with pytest.raises(ValueError, match="expected one of compare, means"):
            plot(two, "pie")
        with pytest.raises(ValueError, match="expected one of found_share"):
            two.plot("means", metric="joy")
        with pytest.raises(
            ValueError, match="figure 'joy' was not counted; expected one of stock_"
        ):
            two.plot("course", figure="joy")
        with pytest.raises(ValueError, match="policies are quick, slow"):
            two.plot("stocks")


class TestCompare:
    """The forest plot says what `Results.compare` says."""

    def test_figures_are_those_of_the_comparison(self, two: Results) -> None:
        """Mean difference and interval stand beside the row, in the metric's unit."""
        by = two.compare("met_days")[0].difference.by
        said = written(two.plot("compare", "en", metric="met_days"))
        row = next(text for text in said if " to " in text and "(" in text)
        found = [float(n.replace("−", "-")) for n in row.strip(")").replace("(", "to ").split("to")]
        assert found == pytest.approx([by.mean, by.low, by.high], abs=0.005)
        assert "From known to met (days)" in said

    def test_shares_differ_by_percentage_points(self, two: Results) -> None:
        """A difference of shares is no per cent of anything."""
        assert "解决率（百分点）" in written(two.plot("compare", metric="met_share"))

    def test_several_metrics_are_changes_in_per_cent(self, two: Results) -> None:
        """Units that differ are made comparable as changes from the base."""
        made = two.plot("compare", "en", metric=["met_days", "services"])
        change = two.compare("met_days")[0].ratio.mean - 1
        assert f"{100 * change:.0f}" in " ".join(tips(made) + written(made) + [made.alt])
        assert {"From known to met", "Services"} <= set(written(made))

    def test_scenarios_are_compared_too(self, four: Results) -> None:
        """A scenario as base compares scenarios under each policy."""
        said = written(four.plot("compare", "en", base=PLAIN.name))
        assert said.count("Flood week") == 2
        assert {"every day", "every other day"} <= set(said)

    def test_one_replication_has_no_interval(self) -> None:
        """Points without limits are drawn hollow, and nothing fails."""
        made = results(replications=1).plot("compare", metric="met_days")
        assert [e.get("fill") for e in elements(made, "circle")] == ["#ffffff"]

    def test_nothing_to_compare(self) -> None:
        """One arm alone is said to be so."""
        with pytest.raises(ValueError, match="one scenario and one policy"):
            results(policies=(QUICK,)).plot("compare")


class TestOverTime:
    """Courses and stocks are those of the daily table."""

    def test_line_is_the_mean_of_the_replications(self, two: Results) -> None:
        """A week's point is the mean over its days and all replications; fen become yuan."""
        columns = two.columns("periods")
        mine = (columns["policy"] == "quick") & (columns["day"] // 7 == 1)
        mean = columns["stock_known"][mine].mean()
        made = two.plot("course", "en", figure="stock_known")
        assert any(tip.startswith(f"every day: 2025-01-11, {mean:.3g} (") for tip in tips(made))

    def test_warm_up_and_shocks_are_marked(self, four: Results) -> None:
        """What all scenarios share is marked on the axis of days; what only one has is not."""
        assert "预热" in written(four.plot("course"))
        assert "洪水" not in written(four.plot("course"))
        assert "洪水" in written(results(scenarios=FLOOD).plot("course"))

    def test_participation_is_a_share_of_households(self, two: Results) -> None:
        """100 to 139 households of 600 take part: 17 to 23 per cent."""
        made = two.plot("course", "en", figure="participation", every=1)
        assert "every day: from 16.7% to 23.2%." in made.alt

    def test_one_replication_has_no_band(self) -> None:
        """Without repetition there is nothing to tell how sure a line is."""
        made = results(replications=1).plot("course")
        assert not [e for e in elements(made, "path") if e.get("fill-opacity")]

    def test_counts_are_not_drawn_below_zero(self, two: Results) -> None:
        """A band of a count ends at 0, however few replications there are."""
        assert "−" not in "".join(written(two.plot("course", figure="stock_known")))

    def test_stocks_are_those_of_the_last_day(self, two: Results) -> None:
        """The alternative text ends with the means of the last day."""
        columns = two.columns("periods")
        last = (columns["policy"] == "quick") & (columns["day"] == 39)
        known = columns["stock_known"][last].mean()
        alt = two.plot("stocks", "en", policy="quick").alt
        assert f"Known, not yet listed: {known:.3g}." in alt
        assert "Not yet found: 39." in alt


class TestOutcomes:
    """Waits and communities are those of the tables of needs and orders."""

    def test_needs_that_nobody_accepted_count(self, two: Results) -> None:
        """The curve ends at the share of all needs that had the time, accepted or not."""
        needs, orders = two.columns("needs"), two.columns("orders")
        total = accepted = 0
        for replication in range(4):
            mine = (needs["policy"] == "slow") & (needs["replication"] == replication)
            known = needs["known"][mine]
            counts = (known >= 10 * 1440) & (known <= 30 * 1440)
            theirs = (orders["policy"] == "slow") & (orders["replication"] == replication)
            served = np.isin(np.arange(len(known)), orders["need"][theirs])
            total += counts.sum()
            accepted += (counts & served).sum()
        assert 0 < accepted < total
        values, of = {a.policy: found for a, found in arms.pooled_waits(two, 10.0)}["slow"]
        assert (len(values), of) == (accepted, total)
        assert values == pytest.approx(np.full(accepted, 60 / 1440))

    def test_window_must_fit(self, two: Results) -> None:
        """Needs must have had the time that is asked about."""
        with pytest.raises(ValueError, match="more than 0 and less than 30 days"):
            two.plot("waits", within=30)

    def test_map_has_every_community(self, two: Results) -> None:
        """All communities are there with the share of their needs met; those without needs are hollow."""
        said = [t for t in tips(two.plot("map", "en", policy="quick")) if t.startswith("Simulated")]
        assert len(said) == PLAIN.settlement.communities
        assert sum(t.endswith("no data") for t in said) == PLAIN.settlement.communities - 3
        needs = two.columns("needs")
        mine = (
            (needs["policy"] == "quick") & (needs["known"] >= 10 * 1440) & (needs["community"] == 0)
        )
        met = (needs["state"][mine] == "met").mean()
        assert f"Simulated community 1: {100 * met:.3g}%" in said


class TestDependence:
    """Sweeps and global sensitivity."""

    def test_sweep_is_a_line_of_means(self) -> None:
        """Each value of what was varied has the mean of its scenario."""
        found = results(scenarios=sweep(PLAIN, {"volunteers": (20, 40, 80)}), policies=(QUICK,))
        made = found.plot("sweep", "en", name="volunteers", metric="met_days")
        means = [found.mean("met_days", scenario=f"volunteers={n}").mean for n in (20, 40, 80)]
        assert f"from {means[0]:.3g} to {means[2]:.3g}" in made.alt
        assert {"From known to met, by volunteers", "Volunteers"} <= set(written(made))
        assert_tidy(made)

    def test_a_line_for_whatever_else_was_varied(self) -> None:
        """Two names make a line for each value of the other one, under each policy."""
        scenarios = sweep(PLAIN, {"volunteers": (20, 40), "workers": (2, 4)})
        said = written(results(scenarios=scenarios).plot("sweep", "en", name="volunteers"))
        assert {"workers=2: every day", "workers=4: every other day"} <= set(said)

    def test_nothing_was_varied(self, two: Results) -> None:
        """One value is no sweep."""
        with pytest.raises(ValueError, match="one value of 'volunteers'"):
            two.plot("sweep", name="volunteers")

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_effects(self, two: Results, lang: str) -> None:
        """Names are those for readers, the one that matters most first; limits are drawn."""
        columns = {
            "first": [0.1, 0.5],
            "first_half": [0.1, 0.1],
            "total": [0.2, 0.7],
            "total_half": [0.1, 0.2],
        }
        found = {name: np.array(values) for name, values in columns.items()}
        effects = Effects("sobol", "met_days", ("volunteers", "ties.mean"), found)
        made = effects_picture(effects, two, lang=lang)
        assert_tidy(made)
        names = [t for t in written(made) if t in {"志愿者人数", "Volunteers"}]
        assert len(names) == 2
        assert ("70% (50% to 90%)" if lang == "en" else "70%（50% 至 90%）") in "".join(
            written(made)
        ).replace(".0", "")

    def test_screening(self, two: Results) -> None:
        """Morris's effects are in the metric's unit."""
        columns = {"effect": [1.0], "size": [2.0], "size_half": [0.5], "spread": [0.1]}
        found = {name: np.array(values) for name, values in columns.items()}
        made = effects_picture(
            Effects("morris", "met_days", ("volunteers",), found), two, lang="en"
        )
        assert any("(days)" in text for text in written(made))


class TestLabels:
    """Arms are called by their labels, and by their names where labels would not tell them apart."""

    def test_what_there_is_one_of_is_left_out(self, four: Results) -> None:
        """Only what differs is said."""
        assert [a.label for a in arms.arms(results().experiment)] == [QUICK.label, SLOW.label]
        assert Text("洪水周：每天派单", "Flood week: every day") in [
            a.label for a in arms.arms(four.experiment)
        ]

    def test_equal_labels_give_way_to_names(self) -> None:
        """Two policies without different labels are called by their names."""
        made = results(policies=(QUICK, attrs.evolve(SLOW, label=QUICK.label)))
        assert [a.label for a in arms.arms(made.experiment)] == ["quick", "slow"]

    def test_figures_have_names(self) -> None:
        """Every known figure has a label of its own; an unknown column is called by its name."""
        assert len({f.label for f in FIGURES}) == len(FIGURES)
        assert figure_named("relief_filed_by_phone").label.en == "relief_filed_by_phone"
