"""The shipped table of Wuhan's districts, and what is derived from a district's counts."""

import attrs
import numpy as np
import pytest

from wushe.simulate.world import households
from wushe.simulate.world.census import BANDS, as_csv, read_districts, wuhan_districts


@pytest.fixture(scope="module")
def jianghan():
    """Jianghan District as it ships."""
    return wuhan_districts()["江汉区"]


def test_thirteen_districts_ship_with_figures_that_the_census_published(jianghan):
    """Wuhan had 12,447,718 people in 2020; Jianghan 247,617 family households of 2.31 persons, 13.14 % of 65 or older."""
    districts = wuhan_districts().values()
    assert len(districts) == 13
    assert sum(d.population for d in districts) == 12_447_718
    assert jianghan.households == 247_617
    assert round(jianghan.mean_size, 2) == 2.31
    assert round(100 * jianghan.share_from(65), 2) == 13.14


def test_counts_agree_with_each_other():
    """In each district persons by age are the population, and elders of family households are fewer than all elders."""
    for d in wuhan_districts().values():
        assert d.by_band.sum() == d.population
        assert d.with_one_elder + 2 * d.with_two_elders <= d.by_band[np.array(BANDS) >= 65].sum()
        assert d.alone < d.households < d.household_population <= d.population


def test_the_shipped_table_is_what_the_census_table_says(data_dir):
    """Read anew from the table of counties, the districts are the same, to the byte of the file."""
    shipped = wuhan_districts()
    read = read_districts(data_dir, [d.code for d in shipped.values()])
    assert as_csv(read) == as_csv(shipped.values())
    assert read == list(shipped.values())


def test_a_county_that_is_not_there_is_named(data_dir):
    """A wrong code is said, with what a code looks like."""
    with pytest.raises(KeyError, match=r"'999999' is no county.*such as 420103"):
        read_districts(data_dir, ["999999"])


@pytest.mark.parametrize("name", wuhan_districts())
@pytest.mark.parametrize(("shape", "largest"), [(2.0, 10), (50.0, 8), (0.5, 12)])
def test_sizes_have_the_share_alone_and_the_mean_of_the_census(name, shape, largest):
    """Whatever shape is assumed, one-person households and the mean are the census's."""
    d = wuhan_districts()[name]
    shares = d.sizes(shape, largest)
    assert shares.shape == (largest,)
    assert shares.sum() == pytest.approx(1)
    assert shares[0] == pytest.approx(d.alone_share)
    assert shares @ np.arange(1, largest + 1) == pytest.approx(d.mean_size, abs=1e-6)


def test_the_assumed_shape_fits_sizes_that_a_province_published(jianghan):
    """Fujian's households of 1 to 10 persons in 2020, in per cent: the mean and those alone tell the others."""
    percent = np.array([27.3, 26.3, 19.4, 14.2, 6.9, 4.0, 1.1, 0.4, 0.2, 0.2])
    persons = round(float(1000 * percent @ np.arange(1, 11)))
    fujian = attrs.evolve(jianghan, households=100_000, alone=27_300, household_population=persons)
    shape = next(a.default for a in households.ASSUMPTIONS if a.id == "households.shape")
    assert np.abs(100 * fujian.sizes(shape, 10) - percent).max() < 2


def test_counts_that_cannot_be_are_refused(jianghan):
    """A negative count, too few ages, or fewer persons than households need, are errors that name the district."""
    with pytest.raises(ValueError, match="district 江汉区: alone is -1"):
        attrs.evolve(jianghan, alone=-1)
    with pytest.raises(ValueError, match="men has 1 counts; expected 19"):
        attrs.evolve(jianghan, men=(1,))
    with pytest.raises(ValueError, match="expected at least two persons in each of the others"):
        attrs.evolve(jianghan, household_population=jianghan.households)
