"""Needs arise: how many, where, when, of what sort, and the same whatever a policy does."""

import numpy as np
import pytest
from scipy import stats

from simulate_town import COMMUNITIES, PLUGINS, live, town
from wushe.simulate.city import DAY, EMERGENCY, HIDDEN
from wushe.simulate.needs import arrivals, closing, finding
from wushe.simulate.needs.arrivals import frailty, season
from wushe.simulate.world.shocks import Shock
from wushe.text import Text

STEADY = {"needs.season": 0.0, "needs.street_variance": 0.0, "needs.community_variance": 0.0}


def arisen(days=28, **town_arguments):
    """Return a town in which needs arose for some days and nothing else happened."""
    city = town(**town_arguments)
    live(city, (arrivals.STAGE,), days)
    return city


def by_household(city):
    """Return how many needs each household had."""
    return np.bincount(city.needs["household"], minlength=len(city.people))


# --- how many ----------------------------------------------------------------------------------


def test_as_many_needs_arise_as_assumed(seed):
    """The number over a year is Poisson: it lies within what one run in 100,000 would exceed."""
    expected = 400 * 2.0 * 100 / 365.25
    city = arisen(
        100, households=400, seed=seed, assume={"needs.per_household_year": 2.0, **STEADY}
    )
    low, high = stats.poisson.interval(1 - 1e-5, expected)
    assert low <= len(city.needs) <= high


def test_numbers_a_day_scatter_as_poisson_numbers_do(seed):
    """Variance over mean is 1, also where households have several needs a day."""
    city = arisen(
        200, households=8, seed=seed, assume={"needs.per_household_year": 900.0, **STEADY}
    )
    daily = np.bincount((city.needs["arose"] // DAY).astype(int), minlength=200)
    dispersion = daily.var(ddof=1) / daily.mean() * 199
    assert stats.chi2.ppf(1e-5, 199) < dispersion < stats.chi2.ppf(1 - 1e-5, 199)


def test_households_at_risk_have_more_needs(seed):
    """Twice the risk, twice the needs; risk 0, none."""
    city = town(households=300, seed=seed, assume={"needs.per_household_year": 20.0, **STEADY})
    city.people.risk[:] = np.repeat([0.0, 1.0, 2.0], 100)
    live(city, (arrivals.STAGE,), 60)
    none, once, twice = by_household(city).reshape(3, 100).sum(axis=1)
    assert none == 0
    assert stats.binomtest(int(twice), int(once + twice), 2 / 3).pvalue > 1e-5


def test_a_higher_rate_brings_the_same_needs_and_some_more():
    """Household by household and day by day: scenarios that differ in a rate differ by what it adds."""
    few, many = (
        arisen(assume={"needs.per_household_year": rate, **STEADY}) for rate in (10.0, 25.0)
    )
    when = [
        set(zip(c.needs["household"].tolist(), c.needs["arose"].tolist(), strict=True))
        for c in (few, many)
    ]
    assert when[0] < when[1]


def test_needs_arise_at_all_hours_in_order_of_time(seed):
    """Instants of a day are uniform, and rows are numbered in order of time."""
    city = arisen(
        30, households=200, seed=seed, assume={"needs.per_household_year": 30.0, **STEADY}
    )
    at = city.needs["arose"]
    assert (np.diff(at) >= 0).all()
    assert stats.kstest(at % DAY / DAY, "uniform").pvalue > 1e-5


# --- when and where ----------------------------------------------------------------------------


def test_the_season_peaks_where_assumed_and_is_1_on_average():
    """A quarter more on the peak day, a quarter less half a year later."""
    city = town({"needs.season": 0.25, "needs.season_peak": 20.0})
    found = []
    for city.day in range(366):
        found.append(season(city))
    peak = int(np.argmax(found))
    assert (city.scenario.start.timetuple().tm_yday + peak) % 365 in (19, 20, 21)
    assert max(found) == pytest.approx(1.25, abs=1e-3)
    assert np.mean(found[:365]) == pytest.approx(1, abs=1e-3)


def test_troubles_come_in_weeks_and_places_share_them():
    """A factor lasts a week; communities of one street vary together, those of two streets do not."""
    city = town({"needs.street_variance": 0.4, "needs.community_variance": 0.1})
    factors = []
    for week in range(400):
        city.day = 7 * week + 3
        factors.append(frailty(city))
        city.day = 7 * week
        assert np.array_equal(factors[-1], frailty(city))
    table = np.corrcoef(np.array(factors).T)
    # Variance 0.4 of (1.4 * 1.1 - 1 = 0.54) is shared by a street: correlation 0.74.
    assert table[0, 1] == pytest.approx(0.74, abs=0.12)
    assert abs(table[0, 2]) < 0.2
    assert np.mean(factors) == pytest.approx(1, abs=0.1)


def test_a_shock_multiplies_what_it_touches_and_nothing_else(seed):
    """Food is ten times as usual in the community that is hit; elsewhere, before and after all is as it was."""
    shock = Shock("spill", Text("泄漏", "spill"), 30, 30, 10.0, ("food",), places=(COMMUNITIES[2],))
    given = {
        "households": 400,
        "seed": seed,
        "assume": {"needs.per_household_year": 10.0, **STEADY},
    }
    calm, hit = arisen(90, **given), arisen(90, shocks=(shock,), **given)

    def counts(city, during, there, food):
        needs = city.needs
        then = (needs["arose"] >= 30 * DAY) & (needs["arose"] < 60 * DAY)
        where = city.people.home[needs["household"]] == 2
        what = needs["category"] == city.code("food")
        return int(((then == during) & (where == there) & (what == food)).sum())

    assert counts(hit, True, True, True) > 5 * counts(calm, True, True, True)
    for during, there in ((False, True), (True, False), (False, False)):
        for food in (True, False):
            assert counts(hit, during, there, food) == counts(calm, during, there, food)
    others = counts(hit, True, True, False), counts(calm, True, True, False)
    assert stats.binomtest(others[0], sum(others), 0.5).pvalue > 1e-5


# --- what --------------------------------------------------------------------------------------


def test_a_need_is_hidden_and_wholly_open_when_it_arises():
    """Nobody knows of it, nothing is ordered, all of it is left."""
    needs = arisen(assume={"needs.per_household_year": 20.0}).needs
    assert (needs["state"] == HIDDEN).all()
    assert (needs["left"] == needs["amount"]).all()
    assert np.isnan(needs["known"]).all()
    assert not needs["ordered"].any()


def test_amounts_are_those_of_the_categories(seed):
    """Services take the typical time or twice that, goods some pieces, money whole hundreds of yuan."""
    city = arisen(60, households=400, seed=seed, assume={"needs.per_household_year": 20.0})
    kinds = [PLUGINS.categories[c] for c in city.categories]
    form = np.array([k.form for k in kinds])[city.needs["category"]]
    typical = np.array([k.typical for k in kinds])[city.needs["category"]]
    amount = city.needs["amount"]
    times = (amount / typical)[form == "service"]
    assert set(times.tolist()) == {1.0, 2.0}
    assert stats.binomtest(int((times == 2).sum()), len(times), 0.25).pvalue > 1e-5
    pieces = amount[form == "goods"]
    assert stats.binomtest(int((pieces > 1).sum()), len(pieces), 0.3).pvalue > 1e-5
    money = amount[form == "money"]
    assert (money % 10_000 == 0).all()
    assert (money > 0).all()
    assert np.mean(money / typical[form == "money"]) == pytest.approx(1, abs=0.15)


def test_urgency_has_its_shares_and_its_due_dates(seed):
    """An emergency is due in two days; emergency aid is always one."""
    city = arisen(60, households=400, seed=seed, assume={"needs.per_household_year": 20.0})
    needs = city.needs
    aid = needs["category"] == city.code("emergency_aid")
    assert (needs["urgency"][aid] == EMERGENCY).all()
    share = np.bincount(needs["urgency"][~aid], minlength=4) / (~aid).sum()
    assert share == pytest.approx([0.2, 0.62, 0.15, 0.03], abs=0.03)
    days = needs["due"] - needs["arose"] // DAY
    for urgency, due in enumerate((60, 30, 7, 2)):
        assert set(days[needs["urgency"] == urgency].tolist()) == {due}


def test_shares_of_urgency_beyond_the_whole_are_refused():
    """They would leave less than nothing for normal needs."""
    city = town({"needs.emergency": 0.5, "needs.urgent": 0.4, "needs.low": 0.2})
    with pytest.raises(ValueError, match=r"add up to 1\.1; expected at most 1"):
        arrivals.STAGE.begin(city)


# --- common random numbers ---------------------------------------------------------------------


def test_the_same_needs_arise_whatever_is_done_about_them():
    """What a policy finds, serves or lets lapse shifts no household's numbers."""
    assume = {"needs.per_household_year": 20.0}
    left_alone = arisen(assume=assume)
    looked_at = town(assume={**assume, "closing.grace_days": 1.0})
    live(looked_at, (arrivals.STAGE, finding.STAGE, closing.STAGE), 28)
    for column in ("household", "category", "amount", "urgency", "arose", "due"):
        assert np.array_equal(left_alone.needs[column], looked_at.needs[column])


def test_another_seed_brings_other_needs():
    """Replications do not share what arises."""
    one, other = (arisen(seed=seed, assume={"needs.per_household_year": 20.0}) for seed in (1, 2))
    assert by_household(one).tolist() != by_household(other).tolist()
