"""Who was reached within a year: services given, visits in which somebody was met, and by which station."""

from __future__ import annotations

import datetime as dt

import attrs
import numpy as np
import numpy.typing as npt

from wushe.model.storage import Array
from wushe.network import LinkageNetwork

YEAR_DAYS = 365
"""What "of the last year" means: so many days, the last of them the day of the report."""

Rows = npt.NDArray[np.int64]


@attrs.frozen(eq=False)
class Contacts:
    """Services, and visits in which somebody was met, of the year that ends on a day; one row each, shape (n,).

    `visit` bool; `what` the category of a service (None unknown) or the kind of a visit; `door` is a
    household's row, for a person without one the number of households plus the person's row (as in
    `wushe.identify.person_columns`); `person` the person met, -1 where the whole household counts;
    `institution` a row; -1 stands for none. `times` int64: 1 where nobody wrote it down.
    """

    visit: npt.NDArray[np.bool_]
    what: Array
    door: Rows
    person: Rows
    institution: Rows
    times: Rows

    def __len__(self) -> int:
        return len(self.what)

    def take(self, where: Array) -> Contacts:
        """Return the contacts at `where` (mask or index)."""
        return Contacts(*(column[where] for column in attrs.astuple(self, recurse=False)))


def within_year(days: Array, on: dt.date) -> npt.NDArray[np.bool_]:
    """Return which dates lie in the `YEAR_DAYS` days that end on `on`, bool (n,); unknown dates do not."""
    last = np.datetime64(on, "D")
    return np.asarray((days > last - np.timedelta64(YEAR_DAYS, "D")) & (days <= last))


def contacts(network: LinkageNetwork, on: dt.date) -> Contacts:
    """Return the contacts of the year that ends on `on`, services before visits, each in the order of ids."""
    services, visits = network["services"], network["visits"]
    served = np.flatnonzero(within_year(services["served_on"], on))
    met = np.flatnonzero(within_year(visits["on"], on) & (visits["outcome"].astype(str) == "met"))
    nobody = np.full(len(served), -1, dtype=np.int64)
    written = services.known("times")[served]
    times = np.where(written, services["times"][served], 1)
    person = network["persons"].row_of(visits["person"][met])
    households = network["households"]
    homes = (
        households.row_of(services["household"][served]),
        households.row_of(visits["household"][met]),
    )
    institutions = network["institutions"]
    return Contacts(
        visit=np.repeat([False, True], [len(served), len(met)]),
        what=np.concatenate([services["category"][served], visits["kind"][met]]),
        door=np.concatenate([homes[0], doors(network, homes[1], person)]),
        person=np.concatenate([nobody, person]),
        institution=np.concatenate(
            [
                institutions.row_of(services["institution"][served]),
                institutions.row_of(visits["institution"][met]),
            ]
        ),
        times=np.concatenate([times, np.ones(len(met), dtype=np.int64)]).astype(np.int64),
    )


def doors(network: LinkageNetwork, household: Rows, person: Rows) -> Rows:
    """Return the door of each (household, person), int64 (n,), -1 where both are -1."""
    persons, households = network["persons"], network["households"]
    own = np.append(households.row_of(persons["household"]), -1)  # row -1 leads to -1
    own = np.where(own >= 0, own, len(households) + np.arange(len(own)))
    own[-1] = -1
    return np.asarray(np.where(household >= 0, household, own[person]))


def services_of_stations(network: LinkageNetwork, on: dt.date) -> Rows:
    """Return how many services of the year each station or its workers gave, int64 (n_stations,)."""
    services, workers = network["services"], network["social_workers"]
    given = services["provider"][within_year(services["served_on"], on)]
    stations = network["stations"]
    station = stations.row_of(given)
    worker = workers.row_of(given)
    through = np.append(stations.row_of(workers["station"]), -1)[worker]
    found = np.where(station >= 0, station, through)
    return np.bincount(found[found >= 0], minlength=len(stations)).astype(np.int64)
