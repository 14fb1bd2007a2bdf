"""What the relief desk sees of households, and what the library's own policies say that they may claim."""

from __future__ import annotations

import attrs
import numpy as np

from wushe.model.storage import UNKNOWN_INT, Array
from wushe.model.tables import Table
from wushe.network import LinkageNetwork, build_network
from wushe.relief.assess import Assessments, assess
from wushe.simulate.city import City
from wushe.simulate.resources.granting import OPEN
from wushe.simulate.today import date_of, some_rows
from wushe.simulate.world.filled import filled_table, numbered, same

URGENT = "emergency_aid"
"""The category of need that stands for an event which puts basic living at risk (急难)."""
EMERGENCY = "emergency"
"""The kind of policy that answers such events."""


@attrs.frozen(eq=False)
class Homes:
    """Who lives with whom: rows of persons ``member[start[h]:start[h + 1]]`` for household row h."""

    start: Array
    member: Array

    @staticmethod
    def of(city: City) -> Homes:
        """Return the homes of a city's persons."""
        tables = city.people.tables
        home = tables["households"].row_of(tables["persons"]["household"])
        order = np.argsort(home, kind="stable")
        return Homes(np.searchsorted(home[order], np.arange(len(city.people) + 1)), order)

    def members(self, rows: Array) -> Array:
        """Return the rows of all persons in households `rows`, ascending int64."""
        first, last = self.start[rows].tolist(), self.start[rows + 1].tolist()
        parts = [self.member[a:b] for a, b in zip(first, last, strict=True)]
        return np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *parts]))


def chance(city: City, what: str, rows: Array, *more: Array) -> Array:
    """Return where the share ``relief.<what>`` holds, bool (n,): one draw for each row of keys, whenever asked for."""
    found: Array = city.streams.draw(f"relief.{what}", rows, *more) < city[f"relief.{what}"]
    return found


def survey(city: City, rows: Array, homes: Homes) -> LinkageNetwork:
    """Return the network of households `rows` (ascending) as a worker recorded them: no needs, no helpers.

    An open need for emergency aid stands for an event that puts basic living at risk.
    """
    tables = city.people.tables
    small = {
        "places": tables["places"],
        "households": _households(city, rows),
        "persons": some_rows(tables["persons"], homes.members(rows)),
        "emergencies": _emergencies(city, rows),
    }
    plugins = city.plugins
    return build_network(small, plugins.categories, plugins.target_groups, plugins.versions)


def _households(city: City, rows: Array) -> Table:
    """Return the households as they were when somebody asked: of some not everything is known yet."""
    whole = some_rows(city.people.tables["households"], rows)
    full = chance(city, "facts", rows)
    complete = whole["complete"].copy()
    complete[~full] = None
    columns = {
        **whole.columns,
        "complete": complete,
        "property_ok": np.where(full, whole["property_ok"], -1).astype(np.int8),
        "corecheck_authorised": chance(city, "agree", rows).astype(np.int8),
    }
    return Table(whole.kind, columns, whole.rows, whole.source)


def _emergencies(city: City, rows: Array) -> Table:
    needs = city.needs
    found = urgent_needs(city)
    found = found[np.isin(needs["household"][found], rows)]
    return filled_table(
        "emergencies",
        id=numbered("EM", len(found)),
        household=city.people.tables["households"].ids[needs["household"][found]],
        kind=same("other", len(found)),
        happened_on=date_of(city, needs["arose"][found]),
        living_at_risk=np.ones(len(found)),
    )


def urgent_needs(city: City) -> Array:
    """Return the rows of open needs for emergency aid, int64."""
    if URGENT not in city.categories:
        return np.zeros(0, dtype=np.int64)
    needs = city.needs
    mine = needs["category"] == city.code(URGENT)
    return np.flatnonzero(mine & np.isin(needs["state"], OPEN))


def claims(
    city: City, rows: Array, homes: Homes, policies: tuple[str, ...]
) -> tuple[Array, Array, Array]:
    """Assess households `rows` and return (household row, position in `policies`, fen) of their claims, int64, sorted.

    `fen` is what one payment surely brings all members together, as the linkage counts on it; of relief in emergencies,
    whose amount documents leave to the office, the share ``relief.within`` of the range. Of policies that exclude each
    other the first one is claimed.
    """
    answers = assess(survey(city, rows, homes), on=city.on, plugins=city.plugins, policies=policies)
    paid = answers.payments()
    code = np.array([policies.index(p) for p in paid.policies], dtype=np.int64)[paid.policy]
    fen = _counted_on(city, answers, policies, paid.lo, paid.hi, code)
    some = np.flatnonzero((fen > 0) & (paid.household >= 0))
    key = paid.household[some].astype(np.int64) * len(policies) + code[some]
    keys, at = np.unique(key, return_inverse=True)
    total = np.zeros(len(keys), dtype=np.int64)
    np.add.at(total, at.reshape(-1), fen[some])
    home, policy = keys // max(len(policies), 1), keys % max(len(policies), 1)
    keep = _first_of_rivals(answers, policies, home, policy)
    return rows[home[keep]], policy[keep], total[keep]


def _counted_on(
    city: City, answers: Assessments, policies: tuple[str, ...], lo: Array, hi: Array, code: Array
) -> Array:
    """Return the fen of each payment that are claimed, int64."""
    low = np.where(lo == UNKNOWN_INT, 0, lo)
    room = np.where(hi == UNKNOWN_INT, 0, hi - low)
    at_will = np.array([answers.policies[p].kind == EMERGENCY for p in policies], dtype=bool)
    more = np.rint(room * city["relief.within"]).astype(np.int64)
    found: Array = low + np.where(at_will[code], more, 0)
    return found


def _first_of_rivals(
    answers: Assessments, policies: tuple[str, ...], household: Array, policy: Array
) -> Array:
    """Return which claims no earlier policy of the same household rules out, bool (n,)."""
    order = {p.id: rank for rank, p in enumerate(answers)}
    keep = np.ones(len(household), dtype=bool)
    for i, mine in enumerate(policies):
        for k, other in enumerate(policies):
            first, then = answers.policies[other], answers.policies[mine]
            if order[other] < order[mine] and (other in then.excludes or mine in first.excludes):
                taken = household[(policy == k) & keep]
                keep &= ~((policy == i) & np.isin(household, taken))
    return keep
