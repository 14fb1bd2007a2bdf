"""From tables to the numeric columns that hooks and the solver read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

import attrs
import numpy as np

from wushe.errors import InputError, Problem, ProblemKind
from wushe.matching.columns import (
    by_value,
    codes_of,
    first_known,
    is_known,
    masks,
    objects,
    take,
    word_masks,
)
from wushe.matching.consents import referral_consents
from wushe.matching.expand import Groups, expand, groups_of
from wushe.model.help import PROVIDERS, URGENCIES
from wushe.model.pairing import bitmask, pair_key
from wushe.model.parties import LEVELS, WEEKDAYS
from wushe.model.storage import UNKNOWN_INT, Array
from wushe.model.tables import Table
from wushe.model.terms import Columns, Context
from wushe.model.units import parse_unit
from wushe.network import LinkageNetwork
from wushe.text import Text

MINOR_AGE = 18
NATION = -1
"""Reach code of an offer that may go anywhere; other codes are positions in `LEVELS`."""
_LEVEL_CODES = {**{level: code for code, level in enumerate(LEVELS)}, "nation": NATION}
_URGENCY_CODES = {name: len(URGENCIES) - 1 - rank for rank, name in enumerate(URGENCIES)}
_URGENCY_OF: dict[str | None, int] = {None: _URGENCY_CODES["normal"]}
_URGENCY_OF.update(_URGENCY_CODES)


@attrs.frozen(eq=False)
class Prepared:
    """Needs and offers as columns, with the vocabularies that their masks and codes refer to.

    A team need has a row per role; ``needs["need_row"]`` counts the needs. `groups` binds rows together.
    """

    needs: Columns
    offers: Columns
    context: Context
    groups: Groups


def prepare(network: LinkageNetwork, offers: Table, context: Context) -> Prepared:
    """Return the columns of all open needs and of all offers, with shared codes and masks."""
    status = network.tables["needs"]["status"].astype(str)
    open_needs = np.flatnonzero(~np.isin(status, ("met", "withdrawn")))
    needs = {name: column[open_needs] for name, column in network.tables["needs"].columns.items()}
    _check_categories(needs, context)
    needs, origin = expand(needs, context.categories)
    clients = _Clients.of(network, needs)
    words = _Vocabularies.of(needs, offers, context)
    provider_kind, provider_code = _providers(network, offers["provider"])
    context = attrs.evolve(context, history=_history(network, clients))
    asked = _need_columns(network, needs, clients, words, context, origin)
    given = _offer_columns(network, offers, words, provider_kind, provider_code)
    table = network.tables["needs"]
    withdrawn = frozenset(table["id"][status == "withdrawn"].tolist())
    settled = frozenset(table["one_of"][status == "met"].tolist()) - {None}
    bound = {**needs, **{name: asked[name] for name in ("client_code", "starts", "ends")}}
    return Prepared(
        asked, given, context, groups_of(bound, given.arrays, origin, withdrawn, settled)
    )


@attrs.frozen(eq=False)
class _Clients:
    """Whom each need is for: the household, else the person, else the institution."""

    ids: Array
    kinds: Array
    codes: Mapping[str, int]
    households: Array
    persons: Array
    institutions: Array

    @property
    def sources(self) -> tuple[tuple[str, Array], ...]:
        """Tables and rows of them (-1 none), in the order in which they are asked."""
        return (
            ("households", self.households),
            ("persons", self.persons),
            ("institutions", self.institutions),
        )

    @classmethod
    def of(cls, network: LinkageNetwork, needs: Mapping[str, Array]) -> _Clients:
        persons = network.tables["persons"].row_of(needs["person"])
        via_person = take(network.tables["persons"]["household"], persons)
        household = first_known(needs["household"], via_person)
        ids = first_known(household, needs["person"], needs["institution"])
        kinds = np.full(len(ids), "institution", dtype=object)
        kinds[is_known(needs["person"])] = "person"
        kinds[is_known(household)] = "household"
        served = [network.tables["services"][name] for name in ("household", "institution")]
        every = sorted({*ids.tolist(), *(c for column in served for c in column[is_known(column)])})
        return cls(
            ids,
            kinds,
            {client: code for code, client in enumerate(every)},
            network.tables["households"].row_of(household),
            persons,
            network.tables["institutions"].row_of(needs["institution"]),
        )


@attrs.frozen(eq=False)
class _Vocabularies:
    skills: Mapping[str, int]
    groups: Mapping[str, int]
    places: Mapping[str, int]
    clients: Mapping[str, int]

    @classmethod
    def of(cls, needs: Mapping[str, Array], offers: Table, context: Context) -> _Vocabularies:
        required = [c.skills for c in context.categories.values()]
        return cls(
            _vocabulary([*needs["skills"], *required]),
            _vocabulary(offers["for_groups"]),
            _vocabulary(offers["for_places"]),
            _vocabulary(offers["for_clients"]),
        )


def _vocabulary(tags: Iterable[tuple[str, ...] | None]) -> dict[str, int]:
    return {word: bit for bit, word in enumerate(sorted({w for t in set(tags) for w in t or ()}))}


def _check_categories(needs: Mapping[str, Array], context: Context) -> None:
    """Raise InputError for needs whose category no loaded plugin registers."""
    if set(needs["category"]) <= set(context.categories):
        return
    raise InputError(
        Problem(NOT_REGISTERED, "needs", None, "category", c, {"need": n})
        for n, c in zip(needs["id"], needs["category"], strict=True)
        if c not in context.categories
    )


NOT_REGISTERED = ProblemKind(
    "category-not-registered",
    Text(
        zh="需求 {need} 的类别没有插件登记",
        en="no loaded plugin registers the category of need {need}",
    ),
    Text(zh="已加载插件登记的类别", en="a category of the plugins loaded"),
    Text(
        zh="在 read 和 make_plan 中使用同一组插件", en="use the same plugins for read and make_plan"
    ),
)


def _of_category(context: Context, code: Array, name: str, dtype: str) -> Array:
    """Return the attribute `name` of each row's category as a column of `dtype`."""
    values = objects([getattr(category, name) for category in context.categories.values()])
    return values[code] if dtype == "O" else values.astype(dtype)[code]


def _need_columns(
    network: LinkageNetwork,
    needs: Mapping[str, Array],
    clients: _Clients,
    words: _Vocabularies,
    context: Context,
    origin: Array,
) -> Columns:
    n = len(needs["id"])
    ranks = {name: rank for rank, name in enumerate(context.categories)}
    code = codes_of(ranks, needs["category"], n).astype(np.int32)
    typical = _of_category(context, code, "typical", "int64")
    quantity, known = _quantities(needs["quantity"], needs["unit"], typical)
    place = _need_places(network, needs, clients)
    ancestors = _ancestors(network, place)
    required = _of_category(context, code, "skills", "O")
    skills = by_value(_all_tags, zip(needs["skills"], required, strict=True))
    groups = _groups(network, clients)
    arrays = {
        "id": needs["id"],
        "need_row": origin,
        "client": clients.ids,
        "client_kind": clients.kinds,
        "client_code": codes_of(clients.codes, clients.ids, n).astype(np.int32),
        "household_row": clients.households,
        "person_row": clients.persons,
        "category": needs["category"],
        "category_code": code,
        "form": _of_category(context, code, "form", "O"),
        "dimension": _of_category(context, code, "dimension", "O"),
        "refers": _of_category(context, code, "refers", "bool"),
        "quantity": quantity,
        "quantity_known": known,
        "urgency": codes_of(_URGENCY_OF, needs["urgency"], n).astype(np.int8),
        "asked_on": needs["asked_on"],
        "due": needs["due"],
        "on_day": needs["on_day"],
        "starts": _minutes(needs["starts"]),
        "ends": _minutes(needs["ends"]),
        "place_row": place,
        "ancestors": ancestors,
        "lon": _coordinate(network.places.lon, place),
        "lat": _coordinate(network.places.lat, place),
        "skills": skills,
        "skill_mask": masks(skills, words.skills),
        "groups": groups,
        "group_mask": masks(groups, words.groups),
        "partners": _partners(network, place),
        "place_mask": _place_masks(network, place, words.places),
        "client_mask": word_masks(clients.ids, words.clients),
        "with_minor": _with_minor(
            network, clients, _of_category(context, code, "minors", "bool"), context.on
        ),
        "consent": referral_consents(
            network, clients.kinds, clients.households, clients.persons, context.on
        ),
    }
    return Columns(n, arrays)


def _all_tags(rows: Iterable[tuple[str, ...] | None]) -> tuple[str, ...]:
    return tuple(sorted({tag for tags in rows for tag in tags or ()}))


def _quantities(quantity: Array, unit: Array, typical: Array) -> tuple[Array, Array]:
    """Return amounts in base units and whether they were known; unknown ones are planned as typical."""
    known = quantity != UNKNOWN_INT
    units = {u: found.factor for u in set(unit) - {None} if (found := parse_unit(u)) is not None}
    factor = codes_of(units, unit, len(unit))
    return np.where(known, np.where(known, quantity, 0) * factor, typical), known


def _need_places(network: LinkageNetwork, needs: Mapping[str, Array], clients: _Clients) -> Array:
    """The need's own place, else the household's, the person's, the institution's; -1 where unknown."""
    theirs = [take(network.tables[name]["place"], rows) for name, rows in clients.sources]
    chosen = first_known(needs["place"], *theirs)
    return network.tables["places"].row_of(chosen).astype(np.int32)


def _ancestors(network: LinkageNetwork, place: Array) -> Array:
    found = np.full((len(place), len(LEVELS)), -1, dtype=np.int32)
    found[place >= 0] = network.places.ancestors[place[place >= 0]]
    return found


def _coordinate(column: Array, place: Array) -> Array:
    found = np.full(len(place), np.nan)
    found[place >= 0] = column[place[place >= 0]]
    return found


def _place_masks(network: LinkageNetwork, place: Array, words: Mapping[str, int]) -> Array:
    """Return the mask of each row's place with all places above it; worked out once for each place."""
    ids = network.tables["places"].ids
    paths = [tuple(ids[r] for r in path if r >= 0) for path in network.places.ancestors.tolist()]
    return bitmask([*paths, ()], words)[place]  # the row -1, no place, finds the empty path


def _partners(network: LinkageNetwork, place: Array) -> Array:
    """Return the organizations paired with the stations that serve each row's place, None where none is."""
    stations, places = network.tables["stations"], network.tables["places"]
    paired: dict[int, tuple[str, ...]] = {}
    for at, own in zip(places.row_of(stations["place"]).tolist(), stations["pairs"], strict=True):
        paired[at] = (*paired.get(at, ()), *(own or ()))
    there = [at for at, keys in paired.items() if keys and at >= 0]
    if not there:
        return np.full(len(place), None, dtype=object)
    first, code = _alike(network.places.ancestors, there)
    found = [
        _all_tags([paired.get(row) for row in path if row >= 0]) or None
        for path in network.places.ancestors[first].tolist()
    ]
    sort = np.append(code, len(found))[place]  # the row -1, no place, finds the last
    answer: Array = objects([*found, None])[sort]
    return answer


def _alike(ancestors: Array, rows: Sequence[int]) -> tuple[Array, Array]:
    """Return one place of each sort, and the sort of every place: alike are those that share `rows` of their paths."""
    marked = np.zeros(len(ancestors) + 1, dtype=bool)  # the last for no place
    marked[rows] = True
    met = np.where(marked[ancestors], ancestors.astype(np.int64), -1)
    first = code = np.zeros(len(ancestors), dtype=np.int64)
    for column in met.T[(met >= 0).any(axis=0)]:
        key = code * (len(ancestors) + 1) + column + 1
        _, first, code = np.unique(key, return_index=True, return_inverse=True)
    return first, code


def _groups(network: LinkageNetwork, clients: _Clients) -> Array:
    columns = [take(network.tables[name]["target_groups"], rows) for name, rows in clients.sources]
    return by_value(_all_tags, zip(*columns, strict=True))


def _with_minor(network: LinkageNetwork, clients: _Clients, by_nature: Array, on: dt.date) -> Array:
    """Return 1 where the need is for a minor or of a category with minors, 0 where not, -1 unknown.

    Unknown only where a person is named whose birth date is not recorded.
    """
    birth = np.full(len(by_nature), np.datetime64("NaT", "D"))
    named = clients.persons >= 0
    birth[named] = network.tables["persons"]["birth"][clients.persons[named]]
    adult_before = np.datetime64(_years_before(on, MINOR_AGE), "D")
    minor = np.where(named, np.where(np.isnat(birth), -1, (birth > adult_before).astype(int)), 0)
    return np.where(by_nature, 1, minor).astype(np.int8)


def _years_before(on: dt.date, years: int) -> dt.date:
    """Return the same day `years` ago; 29 February becomes 28 February."""
    try:
        return on.replace(year=on.year - years)
    except ValueError:
        return on.replace(year=on.year - years, day=28)


def _providers(network: LinkageNetwork, providers: Array) -> tuple[Array, Array]:
    """Return each offer's provider kind (table name) and code (rank among all providers)."""
    kind_of = {key: kind for kind in PROVIDERS for key in network.tables[kind].ids}
    codes = {key: code for code, key in enumerate(sorted(kind_of))}
    kinds = objects([kind_of[p] for p in providers])
    return kinds, codes_of(codes, providers, len(providers)).astype(np.int32)


def _host_kinds(network: LinkageNetwork, providers: Array) -> Array:
    """Return the kind of the organization that offers, or keeps the fund or lot offered; None where there is none."""
    bodies = network.tables["organizations"]
    keeps = {key: key for key in bodies.ids}
    for name, field in (("funds", "host"), ("resources", "holder")):
        table = network.tables[name]
        keeps |= dict(zip(table.ids, table[field], strict=True))
    host = objects([keeps.get(provider) for provider in providers])
    return take(bodies["kind"], bodies.row_of(host))


def _history(network: LinkageNetwork, clients: _Clients) -> Array:
    services = network.tables["services"]
    client = first_known(services["household"], services["institution"])
    known = is_known(client)
    _, code = _providers(network, services["provider"][known])
    keys = np.unique(pair_key(codes_of(clients.codes, client[known], int(known.sum())), code))
    keys.flags.writeable = False
    return keys


def _offer_columns(
    network: LinkageNetwork,
    offers: Table,
    words: _Vocabularies,
    provider_kind: Array,
    provider_code: Array,
) -> Columns:
    units = by_value(parse_unit, offers["unit"])
    factor = np.array([u.factor if u else 1 for u in units], dtype=np.int64)
    place = network.tables["places"].row_of(offers["place"]).astype(np.int32)
    ancestors = _ancestors(network, place)
    capped = offers["per_need"] != UNKNOWN_INT
    capacity = offers["quantity"] * factor
    arrays = {
        "id": offers["id"],
        "provider": offers["provider"],
        "provider_kind": provider_kind,
        "provider_code": provider_code,
        "host_kind": _host_kinds(network, offers["provider"]),
        "categories": offers["categories"],
        "dimension": objects([u.dimension if u else None for u in units]),
        "capacity": capacity,
        "per_need": np.where(capped, np.where(capped, offers["per_need"], 0) * factor, capacity),
        "place_row": place,
        "ancestors": ancestors,
        "lon": _coordinate(network.places.lon, place),
        "lat": _coordinate(network.places.lat, place),
        "reach": _reach(offers["reach"], ancestors),
        "available_from": offers["available_from"],
        "available_to": offers["available_to"],
        "weekday_mask": _weekdays(offers["weekdays"]),
        "starts": _minutes(offers["starts"]),
        "ends": _minutes(offers["ends"]),
        "travel_km": offers["travel_km"],
        "pack": np.where(offers["pack"] == UNKNOWN_INT, 1, offers["pack"] * factor),
        "skills": offers["skills"],
        "skill_mask": masks(offers["skills"], words.skills),
        "group_mask": masks(offers["for_groups"], words.groups),
        "place_mask": masks(offers["for_places"], words.places),
        "client_mask": masks(offers["for_clients"], words.clients),
        "vetted_on": offers["vetted_on"],
    }
    return Columns(len(offers), arrays)


def _minutes(clock: Array) -> Array:
    """Return minutes since midnight of times such as ``09:30``, int16, -1 where unknown."""
    known = {c: int(c[:2]) * 60 + int(c[3:]) for c in set(clock.tolist()) - {None}}
    return codes_of(known, clock, len(clock)).astype(np.int16)


def _weekdays(days: Array) -> Array:
    """Return the days of the week on which each offer stands, bit 0 is Monday; all where none is stated."""
    bit = {day: 1 << at for at, day in enumerate(WEEKDAYS)}
    stands = by_value(lambda row: sum(bit[d] for d in row) if row else 127, days)
    return stands.astype(np.uint8)


def _reach(reach: Array, ancestors: Array) -> Array:
    """Return the level code within which each offer may go.

    Without a stated reach an offer stays within its own place; without a place it may go anywhere.
    A reach below the offer's own place means the whole of that place.
    """
    levels = np.where(ancestors >= 0, np.arange(ancestors.shape[1]), NATION)
    own = levels.max(axis=1, initial=NATION)
    stated = np.array([_LEVEL_CODES[r] if r else 99 for r in reach], dtype=np.int64)
    return np.where(own == NATION, NATION, np.minimum(stated, own)).astype(np.int8)
