"""Who may be asked: helpers and places of the city's tables, enrolled with what guards need to know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import numpy as np

from wushe.errors import Problem, RefusedError
from wushe.journal import Session, command
from wushe.model.help import PROVIDERS
from wushe.model.parties import LEVELS
from wushe.model.storage import UNKNOWN_INT
from wushe.model.tables import Table
from wushe.network import LinkageNetwork
from wushe.orders import problems as why
from wushe.orders.placing import is_day
from wushe.orders.records import Area, Helper


@command
def enroll(s: Session, *, helpers: Iterable[Helper] = (), areas: Iterable[Area] = ()) -> int:
    """Enroll helpers and places, or renew what is known of them; return how many are new or changed.

    `family` and `for_clients` hold ids of households and institutions here, and references in the state.
    """
    given = list(helpers)
    problems = [found for helper in given for found in _wrong_in(helper)]
    if problems:
        raise RefusedError(problems)
    s.state.load("helper", "id", [helper.id for helper in given])
    s.state.load("subject", "id", [h.family for h in given if h.family is not None])
    changed = 0
    for helper in given:
        clients = tuple(s.ref(key) for key in helper.for_clients)
        family = None if helper.family is None else s.ref(helper.family)
        now = attrs.evolve(helper, for_clients=clients, family=family)
        if s.state.get("helper", helper.id) != now:
            s.record("helper.enrolled", f"helper/{helper.id}", _as_data(now), ref=family)
            changed += 1
    places = [area for area in areas if s.state.get("area", area.id) != area]
    if places:
        rows = [_area_row(area) for area in places]
        s.record("areas.enrolled", "area/tree", {"areas": rows})
    return changed + len(places)


def _wrong_in(helper: Helper) -> list[Problem]:
    """Return what is wrong with what is said of a helper: an odd date would pass guards, or stop them for ever."""
    stream = f"helper/{helper.id}"
    found = []
    if helper.kind not in PROVIDERS:
        known = ", ".join(PROVIDERS)
        found.append(why.problem(why.BAD_FIELD, stream, "kind", None, known=known))
    for name in ("vetted_on", "insured_until", "available_from", "available_to"):
        day = getattr(helper, name)
        if day is not None and not is_day(day):
            found.append(why.problem(why.BAD_FIELD, stream, name, None, known="2025-09-15"))
    for name in ("caseload", "caseload_limit", "weekly_minutes"):
        number = getattr(helper, name)
        if number is not None and (type(number) is not int or number < 0):
            found.append(why.problem(why.BAD_FIELD, stream, name, number, known="≥ 0"))
    return found


_FIELDS = tuple(f for f in attrs.fields(Helper) if f.name != "family")


def _as_data(helper: Helper) -> dict[str, Any]:
    data = {}
    for field in _FIELDS:
        value = getattr(helper, field.name)
        if value != field.default:
            data[field.name] = list(value) if isinstance(value, tuple) else value
    return data


def _area_row(area: Area) -> list[Any]:
    row: list[Any] = [area.id, area.level, area.name, [list(step) for step in area.path]]
    return [*row, list(area.partners)] if area.partners else row


def areas_of(network: LinkageNetwork) -> list[Area]:
    """Return the places of the network, each with the path down to it and the partners of its stations."""
    table, tree, paired = network.tables["places"], network.places, _paired(network)
    ids, levels = table.ids, list(LEVELS)
    return [
        Area(
            key, table["level"][row], table["name"][row],
            tuple((levels[at], ids[above]) for at, above in enumerate(tree.ancestors[row].tolist()) if above >= 0),
            _partners(paired, tree.ancestors[row].tolist()),
        )
        for row, key in enumerate(ids)
    ]  # fmt: skip


def _paired(network: LinkageNetwork) -> dict[int, set[str]]:
    """Return the organizations paired with the stations of each place, by the place's row."""
    stations, found = network.tables["stations"], dict[int, set[str]]()
    at = network.tables["places"].row_of(stations["place"]).tolist()
    for row, keys in zip(at, stations["pairs"], strict=True):
        found.setdefault(row, set()).update(keys or ())
    return found


def _partners(paired: Mapping[int, set[str]], path: list[int]) -> tuple[str, ...]:
    """Return who is paired with the stations of a place and of those above it."""
    return tuple(sorted({key for row in path if row >= 0 for key in paired.get(row, ())}))


def helpers_of(network: LinkageNetwork) -> list[Helper]:
    """Return everybody who may be behind an offer, from the tables, by kind and id.

    A vetting or skill stated with an offer of the offers table counts for its provider.
    """
    found = []
    stated = _stated(network.tables["offers"])
    homes = _homes(network)
    stations = _column(network.tables["stations"], "place")
    for kind in PROVIDERS:
        table = network.tables[kind]
        for row, key in enumerate(table.ids):
            facts = _facts(kind, table, row, homes, stations)
            vetted, skills = stated.get(key, (None, frozenset()))
            facts["vetted_on"] = max(filter(None, (facts.get("vetted_on"), vetted)), default=None)
            facts["skills"] = tuple(sorted({*facts.get("skills", ()), *skills}))
            found.append(Helper(key, kind, **facts))
    return found


def _facts(
    kind: str, table: Table, row: int, homes: Mapping[str, str], stations: Mapping[str, str]
) -> dict[str, Any]:
    def word(field: str) -> Any:
        return table[field][row]

    if kind == "volunteers":
        return {
            "place": word("place"),
            "minor": bool(word("minor") == 1),
            "guardian_consent": None if word("guardian_consent") == -1 else bool(word("guardian_consent")),
            "vetted_on": _day(word("vetted_on")),
            "weekly_minutes": _number(word("weekly_hours"), 60),
            "skills": tuple(word("skills") or ()),
            "available_from": _day(word("available_from")),
            "available_to": _day(word("available_to")),
            "family": homes.get(word("person") or ""),
            "teams": tuple(word("teams") or ()),
        }  # fmt: skip
    if kind == "social_workers":
        return {
            "place": stations.get(word("station") or ""),
            "vetted_on": _day(word("vetted_on")),
            "caseload": _number(word("caseload")) or 0,
            "caseload_limit": _number(word("caseload_limit")),
            "weekly_minutes": _number(word("weekly_hours"), 60),
            "skills": tuple(word("skills") or ()),
        }
    if kind == "resources":
        return {
            "place": word("place"),
            "categories": tuple(word("categories") or ()),
            "for_places": tuple(word("for_places") or ()),
            "for_groups": tuple(word("for_groups") or ()),
            "for_clients": tuple(word("for_clients") or ()),
            "available_from": _day(word("available_from")),
            "available_to": _day(word("expires_on")),
        }
    if kind == "funds":
        return {
            "place": word("place"),
            "categories": tuple(word("purposes") or ()),
            "for_groups": tuple(word("for_groups") or ()),
        }
    return {"place": word("place")}


def _stated(offers: Table) -> dict[str, tuple[str | None, frozenset[str]]]:
    """Return the latest vetting and all skills that the offers table states for each provider."""
    found: dict[str, tuple[str | None, frozenset[str]]] = {}
    columns = (offers["provider"], offers["vetted_on"], offers["skills"])
    for provider, vetted, skills in zip(*columns, strict=True):
        before, had = found.get(provider, (None, frozenset()))
        latest = max(filter(None, (before, _day(vetted))), default=None)
        found[provider] = latest, had | frozenset(skills or ())
    return found


def _homes(network: LinkageNetwork) -> dict[str, str]:
    return _column(network.tables["persons"], "household")


def _column(table: Table, field: str) -> dict[str, str]:
    return {key: value for key, value in zip(table.ids, table[field], strict=True) if value}


def _day(day: Any) -> str | None:
    return None if np.isnat(day) else str(day)[:10]


def _number(value: Any, factor: int = 1) -> int | None:
    return None if value == UNKNOWN_INT else int(value) * factor
