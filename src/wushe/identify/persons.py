"""Persons as columns: what the tables say, overlaid by the latest facts, for signals to look at."""

from __future__ import annotations

import datetime as dt

import numpy as np

from wushe.identify.figures import ages, events, illness, members, money, visits
from wushe.identify.subjects import (
    Rows,
    Seen,
    either,
    fact_rows,
    homes,
    overlay,
    place_rows,
    take,
    with_members,
)
from wushe.model.facts import FactColumns, LatestFacts, latest_facts
from wushe.model.parties import LEVELS
from wushe.model.spec import RECORD_KINDS, Field
from wushe.model.storage import Array, unknown
from wushe.model.tables import Table
from wushe.model.terms import Columns
from wushe.network import LinkageNetwork

_EXTRA = "fact:"


def subject_rows(network: LinkageNetwork, within: str | None = None) -> Rows:
    """Return the rows of `person_columns`, those in the place `within` (None: everywhere).

    A row below the number of persons is that person. A household that lists no person is row
    ``n_persons + its row``: nobody would ever knock there if only listed persons counted.
    A person's place is the own one, else the household's. Raises KeyError for an unknown place.
    """
    household, place, stand_in = homes(network)
    n = len(household)
    home = place_rows(network, "households")
    if within is None:
        return np.concatenate([np.arange(n), n + stand_in])
    root = int(network["places"].row_of([within])[0])
    if root < 0:
        raise KeyError(
            f"within: no place has the id {within!r}; expected an id of the table places"
        )
    inside = np.flatnonzero(network.places.within(place, root))
    return np.concatenate([inside, n + stand_in[network.places.within(home[stand_in], root)]])


def facts_known_on(network: LinkageNetwork, on: dt.date) -> LatestFacts | None:
    """Return the facts of the network's own table that hold on the day `on`, None without any."""
    table = network["facts"]
    chosen = np.flatnonzero(table["on"] <= np.datetime64(on, "D"))
    if len(chosen) == 0:
        return None
    columns = {name: column[chosen] for name, column in table.columns.items()}
    return latest_facts(
        FactColumns.of(Table(table.kind, columns, table.rows[chosen], table.source))
    )


def person_columns(
    network: LinkageNetwork,
    on: dt.date,
    *,
    facts: LatestFacts | None = None,
    rows: Rows | None = None,
) -> Columns:
    """Return one row per person, and per household that lists none (see `subject_rows`).

    The latest fact wins over the table's value where there is one; unknown stays unknown, with the
    marks of `wushe.model.storage`. Give the `facts` known on the day `on`; None stands for those of
    the network's own table. References between records come from the tables. Columns, shape (n,):

    - `id`, `is_household` bool, `person_row`, `household_row`, `place_row` int32 (-1 none) and
      `ancestors` int32 (n, 6); `door` int64, equal for those who live together
    - every field of a person that is not sensitive under its own name, of the household as
      ``household_FIELD``; facts of other fields as text under ``fact:FIELD``, the person's own
      before the household's
    - ``group:ID`` int8 for every registered target group, of the person or the household
    - `age` int32 in full years, -1 unknown; `has_phone` and `lives_alone` int8
    - `able_others` and `maybe_others` int32: the others listed in the household who certainly, or
      possibly, are adults able to care; `members_complete` int8: whether all members are listed
    - `income_year_fen`, `medical_fen`, `rigid_fen` int64: of the household, the latter two what is
      recorded of the spending over 12 months that nobody repaid; `medical_complete` and
      `rigid_complete` bool: whether that is all of it
    - `last_visit`, `last_contact`, `last_holiday` datetime64[D]: of the visits up to `on` where
      somebody of the household was met (NaT: never on record), and `days_since_visit`,
      `days_since_contact`, `days_since_holiday` int32 (-1 never on record). A contact may be by
      anybody, a visit is of a kind in `VISITING`.
    - `last_outcome` int8: position in `OUTCOMES` of the last attempt, -1 unknown, -2 no attempt;
      `not_home` int32: vain attempts since the last contact; `recent_reports` int32
    - `recent_events` and `undated_events` int32: emergencies not said to leave the living safe
    - `ill` int8 (major or any illness), `ill_since` datetime64[D]: the first fact of it

    Raises InputError with every fact whose text its field refuses.
    """
    if facts is None:
        facts = facts_known_on(network, on)
    asked = subject_rows(network) if rows is None else np.asarray(rows, dtype=np.int64)
    every = with_members(network, asked)
    seen = Seen.of(network, every, facts, on)
    arrays = _assemble(seen)
    if len(every) != len(asked) or (every != asked).any():
        where = np.searchsorted(every, asked)
        arrays = {name: column[where] for name, column in arrays.items()}
    return Columns(len(asked), arrays)


def _assemble(seen: Seen) -> dict[str, Array]:
    arrays = {**_base(seen), **_fields(seen), **_extras(seen), **_groups(seen)}
    arrays["age"] = ages(arrays["birth"], seen.on)
    for figures in (members, money, illness):
        arrays.update(figures(seen, arrays))
    return {**arrays, **visits(seen), **events(seen)}


def _shown(kind: str) -> list[Field]:
    """The fields that signals may see: nothing that names or locates a person."""
    return [f for f in RECORD_KINDS[kind].fields if f.sensitive == "none" and f.name != "id"]


def _base(seen: Seen) -> dict[str, Array]:
    persons, households = seen.network["persons"], seen.network["households"]
    ids = take(persons.kind.field("id"), persons.ids, seen.person)
    is_household = seen.person < 0
    ids[is_household] = households.ids[seen.household[is_household]]
    ancestors = np.full((len(ids), len(LEVELS)), -1, dtype=np.int32)
    ancestors[seen.place >= 0] = seen.network.places.ancestors[seen.place[seen.place >= 0]]
    has_phone = np.full(len(ids), -1, dtype=np.int8)
    for table, rows, position in _sources(seen):
        phone = take(table.kind.field("phone"), table["phone"], rows)
        has_phone[~unknown(phone) | (fact_rows(seen.facts, "phone", position) >= 0)] = 1
    return {
        "id": ids,
        "is_household": is_household,
        "person_row": seen.person.astype(np.int32),
        "household_row": seen.household.astype(np.int32),
        "place_row": seen.place.astype(np.int32),
        "ancestors": ancestors,
        "door": seen.door,
        "has_phone": has_phone,
    }


def _sources(seen: Seen) -> tuple[tuple[Table, Rows, Rows], ...]:
    return (
        (seen.network["persons"], seen.person, seen.of_person),
        (seen.network["households"], seen.household, seen.of_household),
    )


def _fields(seen: Seen) -> dict[str, Array]:
    arrays = {}
    for (table, rows, position), prefix in zip(_sources(seen), ("", "household_"), strict=True):
        for field in _shown(table.kind.name):
            column = take(field, table[field.name], rows)
            if not field.refs:
                overlay(field, column, seen.facts, position)
            arrays[prefix + field.name] = column
    return arrays


def _extras(seen: Seen) -> dict[str, Array]:
    """Facts that are no field of a person or household, as text."""
    if seen.facts is None:
        return {}
    known = {f.name for kind in ("persons", "households") for f in RECORD_KINDS[kind].fields}
    columns = seen.facts.facts
    arrays = {}
    for name in (name for name in columns.fields if name not in known):
        own = fact_rows(seen.facts, name, seen.of_person)
        rows = np.where(own >= 0, own, fact_rows(seen.facts, name, seen.of_household))
        text = np.full(len(rows), None, dtype=object)
        text[rows >= 0] = columns.texts[columns.value[rows[rows >= 0]]]
        arrays[_EXTRA + name] = text
    return arrays


def _groups(seen: Seen) -> dict[str, Array]:
    """Three-valued membership of each registered group: of the person or of the household."""
    names = sorted(seen.network.target_groups)
    member = np.zeros((len(seen.person), len(names)), dtype=np.int8)
    for table, rows, position in _sources(seen):
        field = table.kind.field("target_groups")
        tags = overlay(field, take(field, table["target_groups"], rows), seen.facts, position)
        index = {words: code for code, words in enumerate(dict.fromkeys(tags))}
        code = np.fromiter(map(index.__getitem__, tags), np.int64, len(tags))
        said = np.array(
            [[-1 if t is None else int(n in t) for n in names] for t in index], dtype=np.int8
        ).reshape(len(index), len(names))
        theirs = said[code]
        theirs[rows < 0] = 0  # without a household, the household says nothing
        member = either(member, theirs)
    return {f"group:{name}": member[:, i].copy() for i, name in enumerate(names)}
