"""A population made up from census counts: no row is a real household, but the whole is like the district."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wushe.simulate.city import Population
from wushe.simulate.streams import Streams
from wushe.simulate.world.ground import lay_out, tables_of_ground
from wushe.simulate.world.households import (
    GROUP_IDS,
    compose,
    groups_of,
    households_table,
    means_of,
    risks,
)
from wushe.simulate.world.persons import draw_persons, persons_table
from wushe.simulate.world.ties import draw_ties

if TYPE_CHECKING:
    from wushe.simulate.world.scenario import Scenario


def populate(scenario: Scenario, streams: Streams) -> Population:
    """Return who lives in `scenario`, drawn from ``streams``.

    Each step has streams of its own, so that another income assumption, say, leaves sizes, ages and places as
    they are. The same scenario and streams give the same population, byte for byte.
    """
    ground = lay_out(scenario, streams)
    made = compose(scenario, streams, ground)
    persons = draw_persons(scenario, streams, made.size, made.elders, made.children)
    means = means_of(scenario, streams, ground, made, persons)
    groups = groups_of(scenario, streams, made, persons, means)
    start, ties = draw_ties(
        streams.of("ties.draw"), ground.home, ground.street,
        mean=scenario["ties.mean"], doors=int(scenario["ties.doors"]),
        near=scenario["ties.near"], far=scenario["ties.street"],
    )  # fmt: skip
    households = households_table(ground, made, means, groups)
    tables = {
        **tables_of_ground(scenario, streams, ground),
        "households": households,
        "persons": persons_table(persons, households.ids, households["place"], means.tekun),
    }
    return Population(
        tables=tables, communities=ground.communities, street=ground.street, streets=ground.streets,
        lon=ground.lon, lat=ground.lat, home=ground.home, size=made.size, elders=made.elders,
        children=made.children, income_fen=means.a_head_fen * made.size, groups=groups, group_ids=GROUP_IDS,
        hardship=means.hardship, risk=risks(scenario, groups, made, means), ties_start=start, ties=ties,
    )  # fmt: skip
