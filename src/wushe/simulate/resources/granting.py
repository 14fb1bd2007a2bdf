"""What granted relief takes over of a household's open needs, as the library's own linkage counts it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import attrs
import numpy as np

from wushe.model.storage import Array
from wushe.model.tables import Table
from wushe.network import LinkageNetwork, build_network
from wushe.relief.assess import Payments
from wushe.relief.link import link_relief
from wushe.relief.linkage import GOVERNMENT
from wushe.rules.policy import Policy
from wushe.simulate.city import BY_RELIEF, KNOWN, LISTED, ORDERED, URGENCY_WORDS, City
from wushe.simulate.names import ids_of, rows_of
from wushe.simulate.today import date_of, day_date, some_rows
from wushe.simulate.world.filled import filled_table, numbered, one_of

OPEN = (KNOWN, LISTED, ORDERED)


@attrs.frozen(eq=False)
class Answered:
    """Assessments of households whose applications are answered: what is granted is on record, no more is expected."""

    network: LinkageNetwork
    on: dt.date
    policies: tuple[Policy, ...]

    def __iter__(self) -> Iterator[Policy]:
        return iter(self.policies)

    def units(self, policy_id: str) -> Array:
        """Return the ids of the households or persons that a policy is asked for, object (n_units,)."""
        unit = next(p.unit for p in self.policies if p.id == policy_id)
        return self.network[unit].ids

    def answer(self, policy_id: str) -> Array:
        """Return 0, possibly not, for every unit, int8 (n_units,)."""
        return np.zeros(len(self.units(policy_id)), dtype=np.int8)

    def payments(self) -> Payments:
        """Return no payments."""
        none = np.zeros(0, dtype=np.int64)
        small, row = none.astype(np.int16), none.astype(np.int32)
        return Payments((), small, row, row, none, none, none.astype(np.int8))


def money_needs(city: City, households: Array) -> Array:
    """Return the rows of open needs of `households` for money of which something is in no order, int64."""
    needs = city.needs
    money = [city.plugins.categories[c].dimension == "fen" for c in city.categories]
    wanted = np.isin(needs["state"], OPEN) & (needs["left"] > needs["ordered"])
    rows = np.flatnonzero(wanted)
    rows = rows[np.array(money, dtype=bool)[needs["category"][rows]]]
    found: Array = rows[np.isin(needs["household"][rows], households)]
    return found


def grant(city: City, household: Array, policy: list[str], fen: Array) -> tuple[Array, Array]:
    """Take granted money off the needs that were known before today, and return them and by how much, int64 each.

    `household` rows, `policy` ids and `fen` int64 of the grants, (n_grants,). As `link_relief` has it: a grant covers
    needs of the categories of its policy that were asked before it, the more urgent ones first, and once.
    """
    rows = money_needs(city, household)
    if not len(rows):
        return rows, rows
    network = _network(city, rows, household, policy, fen)
    known = city.plugins.policies
    answered = Answered(network, city.on, tuple(known[p] for p in sorted(set(policy))))
    link = link_relief(network, answered, plugins=city.plugins, on=city.on)
    covered = link.tally.funded[:, GOVERNMENT]
    some = np.flatnonzero(covered > 0)
    found = rows_of(link.needs.id[link.needs.money[some]])
    _close(city, found, covered[some])
    return found, covered[some]


def _close(city: City, rows: Array, fen: Array) -> None:
    """Take `fen` off the needs at `rows`: closed where nothing is left, ordered where all that is left is."""
    needs = city.needs
    needs["left"][rows] -= fen
    needs["by_relief"][rows] += fen
    left = needs["left"][rows]
    closed = rows[left == 0]
    needs["state"][closed] = BY_RELIEF
    needs["closed"][closed] = city.now
    taken = (left > 0) & (left == needs["ordered"][rows]) & (needs["state"][rows] == LISTED)
    needs["state"][rows[taken]] = ORDERED


def _network(
    city: City, needs: Array, household: Array, policy: list[str], fen: Array
) -> LinkageNetwork:
    tables = city.people.tables
    homes = np.unique(household)
    ids = tables["households"].ids
    grants = filled_table(
        "grants",
        id=numbered("GR", len(policy)),
        household=ids[household],
        policy=np.array(policy, dtype=object),
        granted_on=np.full(len(policy), np.datetime64(city.on, "D")),
        amount_fen=fen,
    )
    small = {
        "places": tables["places"],
        "households": some_rows(tables["households"], homes),
        "needs": _needs(city, needs),
        "grants": grants,
    }
    plugins = city.plugins
    return build_network(small, plugins.categories, plugins.target_groups, plugins.versions)


def _needs(city: City, rows: Array) -> Table:
    n = city.needs
    return filled_table(
        "needs",
        id=ids_of("needs", rows),
        category=one_of(city.categories, n["category"][rows]),
        household=city.people.tables["households"].ids[n["household"][rows]],
        quantity=n["left"][rows] - n["ordered"][rows],
        unit=one_of(("fen",), np.zeros(len(rows), dtype=np.int64)),
        urgency=one_of(URGENCY_WORDS, n["urgency"][rows]),
        asked_on=date_of(city, n["known"][rows]),
        due=day_date(city, n["due"][rows]),
    )
