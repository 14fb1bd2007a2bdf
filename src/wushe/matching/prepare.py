"""From tables to the numeric columns that hooks and the solver read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

import attrs
import numpy as np

from wushe.errors import InputError, Problem, ProblemKind
from wushe.model.help import PROVIDERS, URGENCIES
from wushe.model.pairing import bitmask, pair_key
from wushe.model.parties import LEVELS
from wushe.model.storage import UNKNOWN_INT, Array
from wushe.model.tables import Table
from wushe.model.terms import Columns, Context, NeedCategory
from wushe.model.units import parse_unit
from wushe.network import LinkageNetwork
from wushe.text import Text

MINOR_AGE = 18
NATION = -1
"""Reach code of an offer that may go anywhere; other codes are positions in `LEVELS`."""
_LEVEL_CODES = {**{level: code for code, level in enumerate(LEVELS)}, "nation": NATION}
_URGENCY_CODES = {name: len(URGENCIES) - 1 - rank for rank, name in enumerate(URGENCIES)}


@attrs.frozen(eq=False)
class Prepared:
    """Needs and offers as columns, with the vocabularies that their masks and codes refer to."""

    needs: Columns
    offers: Columns
    context: Context


def prepare(network: LinkageNetwork, offers: Table, context: Context) -> Prepared:
    """Return the columns of all open needs and of all offers, with shared codes and masks."""
    open_needs = np.flatnonzero(
        ~np.isin(network.tables["needs"]["status"].astype(str), ("met", "withdrawn"))
    )
    needs = {name: column[open_needs] for name, column in network.tables["needs"].columns.items()}
    clients = _Clients.of(network, needs)
    _check_categories(needs, context)
    words = _Vocabularies.of(needs, offers, context)
    provider_kind, provider_code = _providers(network, offers["provider"])
    context = attrs.evolve(context, history=_history(network, clients))
    return Prepared(
        _need_columns(network, needs, clients, words, context),
        _offer_columns(network, offers, words, provider_kind, provider_code),
        context,
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

    @classmethod
    def of(cls, network: LinkageNetwork, needs: Mapping[str, Array]) -> _Clients:
        persons = network.tables["persons"].row_of(needs["person"])
        via_person = _take(network.tables["persons"]["household"], persons)
        household = np.array(
            [h or v for h, v in zip(needs["household"], via_person, strict=True)], dtype=object
        )
        ids, kinds = [], []
        for h, p, i in zip(household, needs["person"], needs["institution"], strict=True):
            ids.append(h or p or i)
            kinds.append("household" if h else "person" if p else "institution")
        served = [network.tables["services"][name] for name in ("household", "institution")]
        every = sorted({*ids, *(c for column in served for c in column if c is not None)})
        return cls(
            _objects(ids),
            _objects(kinds),
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
    return {word: bit for bit, word in enumerate(sorted({w for t in tags for w in t or ()}))}


def _objects(values: Sequence[object]) -> Array:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _take(column: Array, rows: Array) -> Array:
    """Return ``column[rows]`` with None where the row is -1."""
    taken = np.full(len(rows), None, dtype=object)
    taken[rows >= 0] = column[rows[rows >= 0]]
    return taken


def _take_flag(column: Array, rows: Array) -> Array:
    taken = np.full(len(rows), -1, dtype=np.int8)
    taken[rows >= 0] = column[rows[rows >= 0]]
    return taken


def _check_categories(needs: Mapping[str, Array], context: Context) -> None:
    """Raise InputError for needs whose category no loaded plugin registers."""
    unknown = [
        (n, c)
        for n, c in zip(needs["id"], needs["category"], strict=True)
        if c not in context.categories
    ]
    if unknown:
        raise InputError(
            Problem(NOT_REGISTERED, "needs", None, "category", c, {"need": n}) for n, c in unknown
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


def _category_columns(names: Array, context: Context) -> tuple[Array, list[NeedCategory]]:
    codes = {name: code for code, name in enumerate(context.categories)}
    return np.array([codes[n] for n in names], dtype=np.int32), [
        context.categories[n] for n in names
    ]


def _need_columns(
    network: LinkageNetwork,
    needs: Mapping[str, Array],
    clients: _Clients,
    words: _Vocabularies,
    context: Context,
) -> Columns:
    n = len(needs["id"])
    code, categories = _category_columns(needs["category"], context)
    quantity, known = _quantities(needs["quantity"], needs["unit"], [c.typical for c in categories])
    place = _need_places(network, needs, clients)
    ancestors = _ancestors(network, place)
    skills = _objects(
        [
            tuple(sorted({*(s or ()), *c.skills}))
            for s, c in zip(needs["skills"], categories, strict=True)
        ]
    )
    groups = _groups(network, clients)
    arrays = {
        "id": needs["id"],
        "client": clients.ids,
        "client_kind": clients.kinds,
        "client_code": np.array([clients.codes[c] for c in clients.ids], dtype=np.int32),
        "household_row": clients.households,
        "person_row": clients.persons,
        "category": needs["category"],
        "category_code": code,
        "form": _objects([c.form for c in categories]),
        "dimension": _objects([c.dimension for c in categories]),
        "refers": np.array([c.refers for c in categories], dtype=bool),
        "quantity": quantity,
        "quantity_known": known,
        "urgency": np.array(
            [_URGENCY_CODES[u or "normal"] for u in needs["urgency"]], dtype=np.int8
        ),
        "asked_on": needs["asked_on"],
        "due": needs["due"],
        "place_row": place,
        "ancestors": ancestors,
        "lon": _coordinate(network.places.lon, place),
        "lat": _coordinate(network.places.lat, place),
        "skills": skills,
        "skill_mask": bitmask(skills, words.skills),
        "groups": groups,
        "group_mask": bitmask(groups, words.groups),
        "place_mask": bitmask(_paths(network, ancestors), words.places),
        "client_mask": bitmask([(c,) for c in clients.ids], words.clients),
        "with_minor": _with_minor(network, clients, categories, context.on),
        "consent": _consent(network, clients, context.on),
    }
    return Columns(n, arrays)


def _quantities(quantity: Array, unit: Array, typical: Sequence[int]) -> tuple[Array, Array]:
    """Return amounts in base units and whether they were known; unknown ones are planned as typical."""
    known = quantity != UNKNOWN_INT
    factors = {u: found.factor for u in set(unit) - {None} if (found := parse_unit(u)) is not None}
    amounts = [
        int(q) * factors[u] if k else t
        for q, u, k, t in zip(quantity, unit, known, typical, strict=True)
    ]
    return np.array(amounts, dtype=np.int64), known


def _need_places(network: LinkageNetwork, needs: Mapping[str, Array], clients: _Clients) -> Array:
    """The need's own place, else the household's, the person's, the institution's; -1 where unknown."""
    chosen = needs["place"].copy()
    for table, rows in (
        ("households", clients.households),
        ("persons", clients.persons),
        ("institutions", clients.institutions),
    ):
        theirs = _take(network.tables[table]["place"], rows)
        chosen = np.array([a or b for a, b in zip(chosen, theirs, strict=True)], dtype=object)
    return network.tables["places"].row_of(chosen).astype(np.int32)


def _ancestors(network: LinkageNetwork, place: Array) -> Array:
    found = np.full((len(place), len(LEVELS)), -1, dtype=np.int32)
    found[place >= 0] = network.places.ancestors[place[place >= 0]]
    return found


def _coordinate(column: Array, place: Array) -> Array:
    found = np.full(len(place), np.nan)
    found[place >= 0] = column[place[place >= 0]]
    return found


def _paths(network: LinkageNetwork, ancestors: Array) -> list[tuple[str, ...]]:
    ids = network.tables["places"].ids
    return [tuple(ids[row] for row in path if row >= 0) for path in ancestors.tolist()]


def _groups(network: LinkageNetwork, clients: _Clients) -> Array:
    sources = (
        ("households", clients.households),
        ("persons", clients.persons),
        ("institutions", clients.institutions),
    )
    columns = [_take(network.tables[t]["target_groups"], rows) for t, rows in sources]
    return _objects(
        [
            tuple(sorted({g for tags in row for g in tags or ()}))
            for row in zip(*columns, strict=True)
        ]
    )


def _with_minor(
    network: LinkageNetwork, clients: _Clients, categories: Sequence[NeedCategory], on: dt.date
) -> Array:
    """Return 1 where the need is for a minor or of a category with minors, 0 where not, -1 unknown.

    Unknown only where a person is named whose birth date is not recorded.
    """
    birth = np.full(len(categories), np.datetime64("NaT", "D"))
    named = clients.persons >= 0
    birth[named] = network.tables["persons"]["birth"][clients.persons[named]]
    adult_before = np.datetime64(_years_before(on, MINOR_AGE), "D")
    minor = np.where(named, np.where(np.isnat(birth), -1, (birth > adult_before).astype(int)), 0)
    by_nature = np.array([c.minors for c in categories], dtype=bool)
    return np.where(by_nature, 1, minor).astype(np.int8)


def _consent(network: LinkageNetwork, clients: _Clients, on: dt.date) -> Array:
    """Return the recorded consent to referral on the day `on`: 1 yes, 0 no, -1 unknown.

    A recorded no is a no. Else a dated consent or its withdrawal (at once, 个人信息保护法 article 15)
    goes before the flag of the household or person; an institution asks for itself.
    """
    dated = _dated_consents(network, on)
    tables = (("households", clients.households), ("persons", clients.persons))
    found = []
    for name, rows in tables:
        table = network.tables[name]
        flags = table["referral_consent"].copy()
        for row, key in enumerate(table.ids):
            # A no in the table (or laid over it by a fact) stands until it is itself replaced.
            flags[row] = dated.get(key, flags[row]) if flags[row] != 0 else 0
        found.append(_take_flag(flags, rows))
    served = np.where(clients.kinds == "household", found[0], found[1])
    return np.where(clients.kinds == "institution", 1, served).astype(np.int8)


def _dated_consents(network: LinkageNetwork, on: dt.date) -> dict[str, int]:
    """Return 1 or 0 by subject where the consents table decides on referral to anybody.

    A consent limited to some recipients is no consent to all of them; its withdrawal still is a no.
    """
    last: dict[str, tuple[dt.date, int]] = {}
    for consent in network.tables["consents"].records():
        if consent.purpose != "referral" or consent.given_on > on:
            continue
        gone = consent.withdrawn_on is not None and consent.withdrawn_on <= on
        if not gone and consent.recipients:
            continue
        said = (consent.withdrawn_on, 0) if gone else (consent.given_on, 1)
        # On one day a withdrawal goes before a consent.
        known = last.get(consent.subject)
        if known is None or (said[0], -said[1]) > (known[0], -known[1]):
            last[consent.subject] = said
    return {subject: answer for subject, (_, answer) in last.items()}


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
    kinds = _objects([kind_of[p] for p in providers])
    return kinds, np.array([codes[p] for p in providers], dtype=np.int32)


def _history(network: LinkageNetwork, clients: _Clients) -> Array:
    services = network.tables["services"]
    _, code = _providers(network, services["provider"])
    client = [h or i for h, i in zip(services["household"], services["institution"], strict=True)]
    known = np.array([c is not None for c in client], dtype=bool)
    clients_code = np.array([clients.codes.get(c or "", 0) for c in client], dtype=np.int32)
    keys = np.unique(pair_key(clients_code[known], code[known]))
    keys.flags.writeable = False
    return keys


def _offer_columns(
    network: LinkageNetwork,
    offers: Table,
    words: _Vocabularies,
    provider_kind: Array,
    provider_code: Array,
) -> Columns:
    units = [parse_unit(u) for u in offers["unit"]]
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
        "categories": offers["categories"],
        "dimension": _objects([u.dimension if u else None for u in units]),
        "capacity": capacity,
        "per_need": np.where(capped, np.where(capped, offers["per_need"], 0) * factor, capacity),
        "place_row": place,
        "ancestors": ancestors,
        "lon": _coordinate(network.places.lon, place),
        "lat": _coordinate(network.places.lat, place),
        "reach": _reach(offers["reach"], ancestors),
        "available_from": offers["available_from"],
        "available_to": offers["available_to"],
        "skills": offers["skills"],
        "skill_mask": bitmask(offers["skills"], words.skills),
        "group_mask": bitmask(offers["for_groups"], words.groups),
        "place_mask": bitmask(offers["for_places"], words.places),
        "client_mask": bitmask(offers["for_clients"], words.clients),
        "vetted_on": offers["vetted_on"],
    }
    return Columns(len(offers), arrays)


def _reach(reach: Array, ancestors: Array) -> Array:
    """Return the level code within which each offer may go.

    Without a stated reach an offer stays within its own place; without a place it may go anywhere.
    A reach below the offer's own place means the whole of that place.
    """
    levels = np.where(ancestors >= 0, np.arange(ancestors.shape[1]), NATION)
    own = levels.max(axis=1, initial=NATION)
    stated = np.array([_LEVEL_CODES[r] if r else 99 for r in reach], dtype=np.int64)
    return np.where(own == NATION, NATION, np.minimum(stated, own)).astype(np.int8)
