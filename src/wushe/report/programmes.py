"""Programmes (fields of service) in figures: whom each is for, whom it reached within the year, what is open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import attrs
import numpy as np
import numpy.typing as npt

from wushe.identify import person_columns
from wushe.model.declaring import Programme, ReportColumn, ReportRow, ReportTable
from wushe.model.storage import Array
from wushe.model.tables import Table
from wushe.model.terms import Columns
from wushe.network import LinkageNetwork
from wushe.plugins.manager import Plugins
from wushe.report.belonging import in_any_group, living, maybe_in_any_group
from wushe.report.contacts import Contacts, contacts, doors
from wushe.report.coverage import reached
from wushe.text import Text

Flags = npt.NDArray[np.bool_]
CLOSED = ("met", "withdrawn")
"""Statuses of needs that are open no longer; a need without a status is open."""


@attrs.frozen
class ProgrammeFigures:
    """One programme: persons it is for, those reached within the year, person-times, open needs.

    `persons` surely belong to one of its groups (everybody, where it names none); of `unsure` nobody
    recorded whether they do. `served` are those of `persons` who were served or met; `person_times` adds
    up services of its categories and visits of its kinds to its persons (or institutions of its groups).
    The dead are not counted; a household that lists nobody counts as one person.
    """

    programme: Programme
    persons: int
    unsure: int
    served: int
    person_times: int
    open_needs: int


def programme_figures(
    network: LinkageNetwork, plugins: Plugins, on: dt.date
) -> tuple[ProgrammeFigures, ...]:
    """Return the figures of each programme that `plugins` register, by id."""
    people = person_columns(network, on)
    made, asked = contacts(network, on), _Asked.of(network)
    return tuple(
        _figures(network, one, people, made, asked, on) for one in plugins.programmes.values()
    )


def programme_tables(
    network: LinkageNetwork, plugins: Plugins, on: dt.date
) -> tuple[ReportTable, ...]:
    """Return the table of programmes, none where no plugin registers any.

    It has no total: one person may be of several programmes, and is counted in each.
    """
    found = programme_figures(network, plugins, on)
    if not found:
        return ()
    rows = tuple(
        ReportRow(f.programme.label, tuple(getattr(f, name) for name, _ in _COLUMNS)) for f in found
    )
    columns = tuple(ReportColumn(label, "people") for _, label in _COLUMNS)
    title = Text("服务项目", "programmes")
    return (ReportTable("programmes", title, Text("项目", "programme"), columns, rows, note=_SAYS),)


_COLUMNS = (
    ("persons", Text("服务对象(人)", "persons it is for")),
    ("unsure", Text("对象类别未登记(人)", "persons whose groups are not recorded")),
    ("served", Text("近一年服务到(人)", "of them served or met within the year")),
    ("person_times", Text("近一年服务(人次)", "person-times within the year")),
    ("open_needs", Text("待满足需求", "open needs")),
)
_SAYS = Text(
    "一人可属于几个项目，各项不能相加；一户得到服务，全家都算服务到；没有记次数的算一次。",
    "One person may be of several programmes: the rows do not add up. Where a household was served, all its members count; a service without a number counts once.",
)


@attrs.frozen(eq=False)
class _Asked:
    """Open needs: category, door, person and institution rows (-1 none), shape (n,)."""

    category: Array
    door: Array
    person: Array
    institution: Array

    @classmethod
    def of(cls, network: LinkageNetwork) -> _Asked:
        needs = network["needs"]
        still = np.flatnonzero(~np.isin(needs["status"].astype(str), CLOSED))
        person = network["persons"].row_of(needs["person"][still])
        home = network["households"].row_of(needs["household"][still])
        return cls(
            needs["category"][still],
            doors(network, home, person),
            person,
            network["institutions"].row_of(needs["institution"][still]),
        )


def _figures(
    network: LinkageNetwork,
    one: Programme,
    people: Columns,
    made: Contacts,
    asked: _Asked,
    on: dt.date,
) -> ProgrammeFigures:
    sure, unsure = _members(people, one.groups)
    alive = living(people, on)
    for_it = _clients(network, one.groups, people, sure)
    ours = np.isin(made.what.astype(str), _words(one.categories)) & ~made.visit
    ours |= np.isin(made.what.astype(str), _words(one.visit_kinds)) & made.visit
    ours &= for_it(made.door, made.person, made.institution)
    wanted = np.isin(asked.category.astype(str), _words(one.categories))
    return ProgrammeFigures(
        programme=one,
        persons=int((sure & alive).sum()),
        unsure=int((unsure & alive).sum()),
        served=int((sure & alive & reached(people, made.take(ours))).sum()),
        person_times=int(made.times[ours].sum()),
        open_needs=int((wanted & for_it(asked.door, asked.person, asked.institution)).sum()),
    )


def _words(ids: tuple[str, ...]) -> npt.NDArray[np.str_]:
    return np.array(ids, dtype=str)


def _members(people: Columns, groups: tuple[str, ...]) -> tuple[Flags, Flags]:
    """Return who surely belongs to one of `groups`, and who may; everybody where there are none."""
    if not groups:
        return np.ones(len(people), dtype=bool), np.zeros(len(people), dtype=bool)
    return in_any_group(people, groups), maybe_in_any_group(people, groups)


def _clients(
    network: LinkageNetwork, groups: tuple[str, ...], people: Columns, sure: Flags
) -> Callable[[Array, Array, Array], Flags]:
    """Return what tells which (door, person, institution) a programme is for: all arrays of rows, -1 none.

    A named person is asked for themself, a household through any of its members, an institution for its groups.
    """
    n = len(network["households"]) + len(network["persons"])
    at_door = np.zeros(n + 1, dtype=bool)  # the last is nobody's: row -1 leads to it
    at_door[people["door"][sure]] = True
    of_person = np.zeros(len(network["persons"]) + 1, dtype=bool)
    of_person[people["person_row"][sure & (people["person_row"] >= 0)]] = True
    served = np.append(_institutions(network["institutions"], groups), False)

    def for_it(door: Array, person: Array, institution: Array) -> Flags:
        return np.asarray(
            np.where(person >= 0, of_person[person], at_door[door]) | served[institution]
        )

    return for_it


def _institutions(table: Table, groups: tuple[str, ...]) -> Flags:
    if not groups:
        return np.ones(len(table), dtype=bool)
    wanted = frozenset(groups)
    return np.fromiter(
        (not wanted.isdisjoint(tags or ()) for tags in table["target_groups"]), bool, len(table)
    )
