"""What is asked and not yet met, as columns for the linkage."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import attrs
import numpy as np
import numpy.typing as npt

from wushe.model.help import URGENCIES
from wushe.model.storage import UNKNOWN_INT, Array, unknown
from wushe.model.terms import Columns, NeedCategory
from wushe.model.units import parse_unit
from wushe.network import LinkageNetwork

EMERGENCY = len(URGENCIES) - 1
"""Code of the most pressing urgency; codes are those of `prioritise_needs`: 3 emergency .. 0 low."""
_URGENCY = {name: EMERGENCY - rank for rank, name in enumerate(URGENCIES)}
_CLOSED = ("met", "withdrawn")
Ints = npt.NDArray[np.int64]


@attrs.frozen(eq=False)
class Needs:
    """All open needs as columns, shape (n,), in row order of the table.

    `row` their row there; `household` and `person` rows (-1 none; `person` only where the need names
    one); `client` one number per household or person without one (-1 an institution); `amount` in
    fen (UNKNOWN_INT where unknown, or not about money); `urgency` 3 emergency .. 0 low; `horizon`
    whole months until due, at most the months counted; `asked` the day asked, the day of the run
    where unknown; `place` row or -1; `money` the rows of needs for money, int64 (n_money,).
    """

    row: Ints
    id: Array
    category: Array
    household: Ints
    person: Ints
    client: Ints
    amount: Ints
    urgency: npt.NDArray[np.int8]
    due: Array
    asked: Array
    horizon: Ints
    place: Ints
    groups: Array
    money: Ints

    def __len__(self) -> int:
        return len(self.row)

    def columns(self, at: Array) -> Columns:
        """Return the needs at `at` as hooks receive them."""
        names = ("id", "category", "amount", "urgency", "due", "asked", "household", "person")
        taken = {n: getattr(self, n)[at] for n in (*names, "place", "groups")}
        renamed = {"household_row": "household", "person_row": "person", "place_row": "place"}
        for new, old in renamed.items():
            taken[new] = taken.pop(old)
        taken["asked_on"] = taken.pop("asked")
        return Columns(len(at), taken)


def open_needs(
    network: LinkageNetwork, categories: Mapping[str, NeedCategory], on: dt.date, months: int
) -> Needs:
    """Return every open need of `network`, see `Needs`."""
    table = network["needs"]
    row = np.flatnonzero(~np.isin(table["status"].astype(str), _CLOSED))
    households, persons = network["households"], network["persons"]
    person = persons.row_of(table["person"][row])
    home = households.row_of(persons["household"])
    own = households.row_of(table["household"][row])
    via = np.append(home, -1)[person] if len(row) else own
    household = np.where(own >= 0, own, via)
    client = np.where(
        household >= 0, household, np.where(person >= 0, len(households) + person, -1)
    )
    category = table["category"][row]
    is_money = np.array([c in categories and categories[c].form == "money" for c in category], bool)
    asked = table["asked_on"][row].copy()
    asked[np.isnat(asked)] = np.datetime64(on, "D")
    urgency = np.array([_URGENCY[u or "normal"] for u in table["urgency"][row]], dtype=np.int8)
    due = table["due"][row]
    return Needs(
        row=row, id=table["id"][row], category=category, household=household, person=person,
        client=client, amount=_amounts(table["quantity"][row], table["unit"][row], is_money),
        urgency=urgency, due=due, asked=asked, horizon=_horizon(due, on, months),
        place=_places(network, table["place"][row], household, person),
        groups=_groups(network, household, person), money=np.flatnonzero(is_money),
    )  # fmt: skip


def _amounts(quantity: Array, unit: Array, is_money: Array) -> Ints:
    """Return amounts in fen; a money need stated in another unit than money is unknown."""
    units = {word: parse_unit(word) for word in set(unit) - {None}}
    factors = {
        word: u.factor for word, u in units.items() if u is not None and u.dimension == "fen"
    }
    factor = np.array([factors.get(word, 0) for word in unit], dtype=np.int64)
    known = is_money & (factor > 0) & ~unknown(quantity)
    return np.where(known, np.where(known, quantity, 0) * factor, UNKNOWN_INT)


def _horizon(due: Array, on: dt.date, months: int) -> Ints:
    """Return the whole months from `on` to each due date, within 0..`months`; all where none is set."""
    set_ = ~np.isnat(due)
    day = np.where(set_, due, np.datetime64(on, "D"))
    month = day.astype("datetime64[M]")
    whole = month.astype(np.int64) - np.datetime64(on, "M").astype(np.int64)
    whole -= (day - month).astype(np.int64) + 1 < on.day
    return np.where(set_, np.clip(whole, 0, months), months)


def _places(network: LinkageNetwork, own: Array, household: Ints, person: Ints) -> Ints:
    """The need's own place, else the household's, else the person's; -1 where unknown."""
    rows = network["places"].row_of
    found = rows(own)
    for kind, at in (("households", household), ("persons", person)):
        theirs = np.append(rows(network[kind]["place"]), -1)[at]
        found = np.where(found >= 0, found, theirs)
    return found


def _groups(network: LinkageNetwork, household: Ints, person: Ints) -> Array:
    columns = [
        (network["households"]["target_groups"], household),
        (network["persons"]["target_groups"], person),
    ]
    found = np.empty(len(household), dtype=object)
    for i in range(len(household)):
        tags = {g for column, at in columns if at[i] >= 0 for g in column[at[i]] or ()}
        found[i] = tuple(sorted(tags))
    return found
