"""Populations: like the district's census counts, tied to neighbours, and the same for the same seed."""

import numpy as np
import pytest

from wushe.model import RECORD_KINDS
from wushe.network import build_network
from wushe.plugins.manager import load_plugins
from wushe.relief import assess
from wushe.simulate.streams import Streams
from wushe.simulate.world import households, persons, ties
from wushe.simulate.world.census import BANDS, wuhan_districts
from wushe.simulate.world.households import GROUP_IDS
from wushe.simulate.world.persons import GROUPS
from wushe.simulate.world.population import populate
from wushe.simulate.world.ready import small, wuhan_district
from wushe.simulate.world.ties import draw_ties


def streams(entropy: int = 1) -> Streams:
    """Return streams of one seed."""
    return Streams(np.random.SeedSequence(entropy))


def network_of(people, plugins):
    """Return the network of who lives there; teams are left out, since social workers who lead them come later."""
    tables = {kind: table for kind, table in people.tables.items() if kind != "volunteer_teams"}
    return build_network(tables, plugins.categories, plugins.target_groups, plugins.versions)


@pytest.fixture(scope="module")
def people():
    """600 households of Jianghan."""
    return populate(small(), streams())


@pytest.fixture(scope="module")
def district():
    """6,000 households of Wuchang, and their scenario."""
    scenario = wuhan_district("武昌区", households=6_000)
    return scenario, populate(scenario, streams())


# --- like the census -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", wuhan_districts())
def test_households_are_like_those_that_the_census_counted(name):
    """Sizes, elders and children of 2,000 households are the district's own shares, but for rounding."""
    d = wuhan_districts()[name]
    n = 2_000
    p = populate(wuhan_district(name, households=n), streams())
    assert (p.size == 1).mean() == pytest.approx(d.alone_share, abs=1 / n)
    assert p.size.mean() == pytest.approx(d.mean_size, abs=0.01)
    for elders, share in zip((1, 2, 3), d.elder_households, strict=True):
        assert (p.elders == elders).mean() == pytest.approx(share, abs=1 / n), elders
    assert p.children.sum() / p.size.sum() == pytest.approx(d.children_share, abs=1e-3)


def test_ages_and_sexes_are_like_those_that_the_census_counted(district):
    """Within children, adults and elders each band of ages and sex has its share, within four standard errors."""
    scenario, p = district
    d, persons = scenario.settlement.district, p.tables["persons"]
    days = (np.datetime64(scenario.start, "D") - persons["birth"]).astype(int)
    age = (days / 365.2425).astype(int)
    first = np.array(BANDS)
    band = np.searchsorted(first, age, side="right") - 1
    for low, high in ((0, 15), (15, 65), (65, 200)):
        ours = (age >= low) & (age < high)
        bands = np.flatnonzero((first >= low) & (first < high))
        total = d.by_band[bands].sum()
        for b in bands.tolist():
            for sex, counts in (("male", d.men), ("female", d.women)):
                share = counts[b] / total
                found = ((band == b) & (persons["sex"] == sex))[ours].mean()
                assert abs(found - share) < 4 * np.sqrt(share * (1 - share) / ours.sum()) + 1e-3


def test_persons_are_the_members_of_their_households(people):
    """As many persons as members, as many old and young ones as stated, one head each, who is never a child."""
    persons, n = people.tables["persons"], len(people)
    row = people.tables["households"].row_of(persons["household"])
    start = np.datetime64(small().start, "D")
    age = ((start - persons["birth"]).astype(int) / 365.2425).astype(int)
    head = persons["relation"] == "head"
    assert np.bincount(row, minlength=n).tolist() == people.size.tolist()
    assert np.bincount(row[age >= 65], minlength=n).tolist() == people.elders.tolist()
    assert np.bincount(row[age < 15], minlength=n).tolist() == people.children.tolist()
    assert np.bincount(row[head], minlength=n).tolist() == [1] * n
    assert age[head].min() >= 15
    assert (persons["birth"] < start).all()


def test_incomes_have_the_stated_mean_and_gini(district):
    """Mean income a head is exact, the Gini coefficient near what is assumed; communities differ."""
    scenario, p = district
    a_head = p.income_fen / p.size
    assert p.income_fen.sum() / p.size.sum() == pytest.approx(
        100 * scenario["households.income"], rel=1e-3
    )
    x = np.sort(a_head)
    gini = 2 * (np.arange(1, len(x) + 1) * x).sum() / (len(x) * x.sum()) - (len(x) + 1) / len(x)
    assert gini == pytest.approx(scenario["households.gini"], abs=0.04)


def test_hardship_is_the_stated_share_and_lies_where_incomes_are_low(district):
    """The share is met; those in hardship have less than others, and the communities differ more than by chance."""
    scenario, p = district
    assert p.hardship.mean() == pytest.approx(scenario["households.hardship"], abs=1e-3)
    assert np.median(p.income_fen[p.hardship] / p.size[p.hardship]) < 0.5 * np.median(
        p.income_fen / p.size
    )
    alike = {"households.between": 0.0, "households.old_places": 0.0}
    shuffled = populate(scenario.but(**alike), streams())
    assert spread_between(p) > 2 * spread_between(shuffled)


def spread_between(p) -> float:
    """Return the variance of hardship between communities."""
    sizes = np.bincount(p.home)
    return float(
        np.average(
            (np.bincount(p.home, p.hardship) / sizes - p.hardship.mean()) ** 2, weights=sizes
        )
    )


def test_groups_follow_from_the_household(people):
    """Lone elders live alone, empty nests have elders only, left-behind children live with elders only."""
    alone = (people.size == 1) & (people.elders == 1)
    assert people.in_group("lone_elder").tolist() == alone.tolist()
    assert people.in_group("empty_nest").tolist() == (people.elders == people.size).tolist()
    left = people.in_group("left_behind")
    assert (people.children[left] > 0).all()
    assert (people.elders[left] + people.children[left] == people.size[left]).all()
    poor = people.in_group("low_income") | people.in_group("dibao") | people.in_group("tekun")
    assert poor.tolist() == people.hardship.tolist()
    with pytest.raises(ValueError, match="tuple"):
        people.in_group("nobody")


def test_the_table_says_the_same_groups_as_the_bits(people):
    """`target_groups` of a household are its bits by name, in sorted order; persons' groups are their households'."""
    said = people.tables["households"]["target_groups"]
    for group in GROUP_IDS:
        assert [group in groups for groups in said] == people.in_group(group).tolist()
    assert all(list(groups) == sorted(groups) for groups in said)
    persons = people.tables["persons"]
    row = people.tables["households"].row_of(persons["household"])
    for group in GROUPS:
        of_persons = np.zeros(len(people), bool)
        of_persons[row[[group in groups for groups in persons["target_groups"]]]] = True
        assert of_persons.tolist() == people.in_group(group).tolist()


def test_risk_is_one_on_average_and_higher_in_hardship(people):
    """Risks are relative: the mean is 1; hardship raises them by the stated factor, all else equal."""
    assert people.risk.mean() == pytest.approx(1)
    plain = (people.groups == 0) & (people.elders == 0)
    poor = (
        people.hardship
        & (people.groups == 1 << GROUP_IDS.index("low_income"))
        & (people.elders == 0)
    )
    assert plain.any()
    assert poor.any()
    factor = people.risk[poor] / people.risk[plain][0]
    assert factor == pytest.approx(small()["households.risk_hardship"])


# --- places and ties -----------------------------------------------------------------------------


def test_places_make_a_tree_around_the_districts_centre(people):
    """Province, city, district, streets, communities; all within a few kilometres of the census's centre."""
    plugins = load_plugins(*small().plugins)
    network = network_of(people, plugins)
    places = people.tables["places"]
    assert [(places["level"] == level).sum() for level in ("province", "city", "county", "street", "community")] == [1, 1, 1, 2, 6]  # fmt: skip
    county = network.places.ancestors[places.row_of(people.communities), 2]
    assert set(places.ids[county]) == {"420103"}
    streets = network.places.ancestors[places.row_of(people.communities), 3]
    assert places.ids[streets].tolist() == people.streets[people.street].tolist()
    centre = small().settlement.district
    assert np.abs(people.lon - centre.lon).max() < 0.05
    assert np.abs(people.lat - centre.lat).max() < 0.05
    assert len(set(zip(people.lon.tolist(), people.lat.tolist(), strict=True))) == 6


def test_every_community_has_households_and_home_is_in_row_order(district):
    """Households of a community stand together; none is empty."""
    _, p = district
    assert (np.diff(p.home) >= 0).all()
    assert np.bincount(p.home, minlength=len(p.communities)).min() >= 1
    assert p.tables["households"]["place"].tolist() == p.communities[p.home].tolist()


def test_villages_hold_the_districts_rural_share():
    """In Huangpi, 47 % of whose people lived in villages, about as many households are rural; in Jianghan none."""
    rural = populate(wuhan_district("黄陂区", households=6_000, days=30, warm_up=0), streams())
    d = wuhan_districts()["黄陂区"]
    zones = rural.tables["households"]["zone"] == "rural"
    largest = np.bincount(rural.home).max() / len(rural)
    assert abs(zones.mean() - d.rural / d.population) <= largest
    urban = populate(small(), streams())
    assert set(urban.tables["households"]["zone"]) == {"urban"}


def test_ties_are_mutual_and_as_many_as_stated(people):
    """Whoever I know knows me; nobody knows themselves or anybody twice; six on average."""
    degree = np.diff(people.ties_start)
    source = np.repeat(np.arange(len(people)), degree)
    pairs = set(zip(source.tolist(), people.ties.tolist(), strict=True))
    assert len(pairs) == len(people.ties)
    assert {(b, a) for a, b in pairs} == pairs
    assert all(a != b for a, b in pairs)
    assert degree.mean() == pytest.approx(6)


def test_most_ties_stay_in_the_community_and_none_leaves_the_street(district):
    """Nine in ten ties are within the community; the others within the street."""
    scenario, p = district
    source = np.repeat(np.arange(len(p)), np.diff(p.ties_start))
    own = (p.home[source] == p.home[p.ties]).mean()
    assert own >= 1 - scenario["ties.street"] - 0.01
    assert (p.street[p.home[source]] == p.street[p.home[p.ties]]).all()


def test_few_neighbours_mean_fewer_ties_and_no_endless_search():
    """Where there are not enough households near, the ties that can be are drawn."""
    start, ties = draw_ties(
        np.random.default_rng(1), np.zeros(3, np.int32), np.zeros(1, np.int32), 50.0, 1, 0.5, 0.5
    )
    assert np.diff(start).tolist() == [2, 2, 2]
    assert ties.tolist() == [1, 2, 0, 2, 0, 1]


# --- tables --------------------------------------------------------------------------------------


def test_every_row_of_every_table_is_a_valid_record(people):
    """Values are made without being checked; here each record is built, and so checked, once."""
    for kind, table in people.tables.items():
        assert kind in RECORD_KINDS
        assert len(list(table.records())) == len(table) > 0
        assert table.ids.tolist() == sorted(set(table.ids))


def test_relief_rules_can_tell_who_is_below_the_dibao_standard(district):
    """`assess` needs no further fact: eligible are exactly those below 940 yuan whose property is within limits."""
    scenario, p = district
    plugins = load_plugins(*scenario.plugins)
    found = assess(network_of(p, plugins), on=scenario.start, plugins=plugins).answer("dibao")
    below = p.income_fen / p.size < 94_000
    fits = p.tables["households"]["property_ok"] == 1
    assert found.tolist() == (below & fits & ~p.in_group("tekun")).tolist()
    assert p.in_group("dibao").sum() < found.sum(), "some have yet to be found"


def test_no_household_has_a_name_address_or_number(people):
    """Nobody is made up who could be taken for somebody: no names, addresses, telephones or ID numbers."""
    for kind, fields in (
        ("households", ("name", "address", "phone", "note")),
        ("persons", ("name", "id_number", "phone", "illness")),
    ):
        for field in fields:
            assert not people.tables[kind].known(field).any()


# --- randomness ----------------------------------------------------------------------------------


def same(a, b, kinds=None) -> bool:
    """Return whether two populations are equal, in these tables (all where not given) and in every column."""
    tables = all(
        repr(a.tables[kind][field].tolist()) == repr(b.tables[kind][field].tolist())
        for kind in kinds or a.tables
        for field in a.tables[kind].columns
    )
    names = (
        "home",
        "size",
        "elders",
        "children",
        "income_fen",
        "groups",
        "hardship",
        "risk",
        "ties_start",
        "ties",
    )
    return tables and all(np.array_equal(getattr(a, name), getattr(b, name)) for name in names)


def test_the_same_seed_gives_the_same_population_and_another_one_another():
    """Drawn twice from one seed, all columns are equal; replications differ."""
    assert same(populate(small(), streams(7)), populate(small(), streams(7)))
    assert not same(populate(small(), streams(7)), populate(small(), streams(8)))


def test_another_income_assumption_leaves_households_as_they_are():
    """Each step has streams of its own: who lives where and with whom does not hang on what they earn."""
    one, other = (
        populate(small().but(**{"households.income": v}), streams()) for v in (4_000, 6_000)
    )
    for column in ("home", "size", "elders", "children", "ties"):
        assert np.array_equal(getattr(one, column), getattr(other, column))
    assert (one.income_fen < other.income_fen).all()


def test_the_numbers_of_helpers_do_not_change_who_lives_there():
    """A scenario with ten times the volunteers has the same people: recruiting can be compared with not recruiting."""
    more = small().but(volunteers=400, workers=40, stations=4)
    assert same(populate(small(), streams()), populate(more, streams()), ("households", "persons"))


@pytest.mark.parametrize("households", [1, 2, 7])
def test_a_handful_of_households_is_a_population_too(households):
    """Nothing divides by nobody: the smallest settlements are made, with their tables and ties."""
    few = wuhan_district("江汉区", households=households).but(volunteers=0, workers=0)
    p = populate(few, streams())
    assert len(p) == households
    assert len(p.tables["persons"]) == p.size.sum() >= households
    assert p.risk.mean() == pytest.approx(1)
    assert len(p.ties_start) == households + 1


def test_shares_may_be_none_or_all():
    """With every share at its lowest or its highest limit there still is a valid population."""
    ours = [a for m in (households, persons, ties) for a in m.ASSUMPTIONS if a.unit == "share"]
    for limit in ("low", "high"):
        p = populate(small().but(**{a.id: getattr(a, limit) for a in ours}), streams())
        assert np.bincount(p.home).sum() == len(p)
        assert np.isfinite(p.risk).all()
        assert all(len(list(p.tables[kind].records())) for kind in ("households", "persons"))
