"""What sorts of need arise for whom: weights by group, plugins' own categories, and work with minors."""

import numpy as np
import pytest

from simulate_town import PLUGINS, population
from wushe.simulate.needs.mix import ASSUMPTIONS, WEIGHTS, mixed

CATEGORIES = tuple(sorted(PLUGINS.categories))
COLUMN = {category: column for column, category in enumerate(CATEGORIES)}


def shares(people, **numbers):
    """Return the share of each category for each household, float (n_households, n_categories)."""
    values = {a.id: a.default for a in ASSUMPTIONS} | numbers
    mix = mixed(people, CATEGORIES, PLUGINS.categories, values.__getitem__)
    return mix.share[mix.kind]


def test_shares_of_a_household_add_up_to_1():
    """Every household has some sort of need."""
    assert shares(population()).sum(axis=1) == pytest.approx(1)


def test_groups_differ_in_what_they_need():
    """A lone elder asks for visits more often than a neighbour of the same age does."""
    found = shares(population(groups={"lone_elder": [4], "disabled": [8]}))
    assert found[4, COLUMN["visit"]] > found[12, COLUMN["visit"]]
    assert found[8, COLUMN["assistive_device"]] > found[12, COLUMN["assistive_device"]]


def test_work_with_minors_arises_only_where_there_are_children():
    """Also for groups that would ask for it."""
    people = population(groups={"migrant_child": [1, 5]})
    found = shares(people)
    minors = [c for c in CATEGORIES if PLUGINS.categories[c].minors]
    assert minors
    for category in minors:
        assert (found[:, COLUMN[category]] > 0).tolist() == (people.children > 0).tolist()


def test_a_category_that_only_a_plugin_has_arises_too():
    """Wuchang's micro-wish is in no table of weights; it has the weight of all others."""
    assert not any("micro_wish" in weights for weights in WEIGHTS.values())
    assert (shares(population())[:, COLUMN["micro_wish"]] > 0).all()
    assert not shares(population(), **{"mix.other": 0.0})[:, COLUMN["micro_wish"]].any()


def test_households_of_the_same_traits_share_a_row():
    """So that 50,000 households need a few hundred rows only."""
    people = population(400)
    values = {a.id: a.default for a in ASSUMPTIONS}
    mix = mixed(people, CATEGORIES, PLUGINS.categories, values.__getitem__)
    assert len(mix.share) == len(set(mix.kind.tolist())) <= 8


def test_a_mix_without_any_weight_is_refused():
    """Nobody could say what arises."""
    nothing = {a.id: 0.0 for a in ASSUMPTIONS}
    with pytest.raises(ValueError, match="weight 0 in every category"):
        shares(population(), **nothing)


def test_every_weight_names_a_group_or_trait_that_there_is():
    """A misspelled row would have no effect."""
    known = {*PLUGINS.target_groups, "anybody", "hardship", "elders", "children"}
    assert set(WEIGHTS) <= known
    assert {what for weights in WEIGHTS.values() for what in weights} <= set(CATEGORIES)
    assert np.isfinite([a.default for a in ASSUMPTIONS]).all()
