"""The worlds that a plugin is asked about: mixed, one where nothing is known, one on 29 February, an empty one."""

from __future__ import annotations

import attrs
import numpy as np

from wushe.model import RECORD_KINDS
from wushe.testing.conformance.city import LEAP, LittleCity, little_city
from wushe.testing.conformance.kit import Kit
from wushe.testing.conformance.world import World, empty_world, make_world

SOME, NOTHING = 0.3, 1.0
"""Chances that a fact is unknown."""


@attrs.frozen(eq=False)
class Place:
    """A made-up city and what hooks are given of it."""

    city: LittleCity
    world: World


@attrs.frozen(eq=False)
class Worlds:
    """`mixed`: most is known; `blank`: nothing is; `leap`: the mixed one on 29 February; `nothing`: nobody at all."""

    mixed: Place
    blank: Place
    leap: Place
    nothing: World


def worlds_of(kit: Kit, rng_seed: int) -> Worlds:
    """Return the worlds of that seed."""
    seeds = np.random.SeedSequence(rng_seed).spawn(3)
    first, second, third = (np.random.default_rng(seed) for seed in seeds)
    rules = kit.rules
    named = [rules.standards[key].table for key in kit.mine("register_standards")]
    tables = [name for name in named if name in RECORD_KINDS]
    mixed = little_city(rules, rng_seed, unknown=SOME)
    blank = little_city(rules, rng_seed, unknown=NOTHING)
    world = make_world(mixed, rules, kit.base, first, tables=tables)
    return Worlds(
        Place(mixed, world),
        Place(blank, make_world(blank, rules, kit.base, second, tables=tables)),
        Place(mixed, make_world(mixed, rules, kit.base, third, tables=tables, on=LEAP)),
        empty_world(world, rules),
    )
