"""A scenario: who lives there, how many help, what is assumed, and what shall happen from outside."""

from __future__ import annotations

import datetime as dt
import difflib
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import attrs

from wushe.simulate.assumptions import Assumption
from wushe.simulate.world.census import District
from wushe.simulate.world.shocks import Shock
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.simulate.resources.giving import Campaign

PROCESSES = (
    "world.ground", "world.households", "world.persons", "world.ties", "world.parties", "needs.arrivals", "needs.finding", "needs.closing", "helpers.helping", "helpers.staying", "helpers.spreading", "resources.giving", "resources.stock", "resources.relief", "orders.ordering",
)  # fmt: skip
"""Modules that state assumptions, in the order in which `Scenario.assumptions` lists them."""
LONGEST = 100 * 366
EARLIEST, LATEST = dt.date(1900, 1, 1), dt.date(2199, 12, 31)
"""Between which a first day lies: people have birthdays before it, and everything ends within the calendar."""
FUND_LEVELS = ("county", "street", "community")


def _pythons_own(value: Any) -> Any:
    """Return a whole number of numpy's as Python's own; anything else as it is."""
    return int(value) if isinstance(value, Integral) and not isinstance(value, bool) else value


def _whole(low: int, high: int = 10**7) -> Any:
    """Return a validator of whole numbers."""

    def check(item: Any, field: attrs.Attribute[int], value: int) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(
                f"{type(item).__name__.lower()}: {field.name} is {value!r}; expected a whole number of {low} to {high}"
            )

    return check


def _a(kind: type | tuple[type, ...]) -> Any:
    return attrs.validators.instance_of(kind)


def _tuple_of(kind: type | tuple[type, ...]) -> Any:
    return attrs.validators.deep_iterable(_a(kind), _a(tuple))


@attrs.frozen
class Settlement:
    """Who lives there: so many family households, drawn as the census counted those of `district`.

    They live in `communities` of `streets` streets or towns. Raises ValueError.
    """

    district: District = attrs.field(validator=_a(District))
    households: int = attrs.field(converter=_pythons_own, validator=_whole(1, 5_000_000))
    streets: int = attrs.field(converter=_pythons_own, validator=_whole(1, 99))
    communities: int = attrs.field(converter=_pythons_own, validator=_whole(1, 100_000))

    def __attrs_post_init__(self) -> None:
        most = min(self.households, self.streets * 999)
        if not self.streets <= self.communities <= most:
            raise ValueError(
                f"settlement: {self.communities} communities in {self.streets} streets for {self.households} households; "
                f"expected {self.streets} to {most}: at least one in each street and one household in each"
            )


def _sorted_numbers(given: Mapping[str, float]) -> dict[str, float]:
    if not isinstance(given, Mapping):
        raise TypeError(
            f"scenario: assume is {given!r}; expected a mapping of assumption ids to numbers"
        )
    return {key: _as_float(given[key]) for key in sorted(given)}


def _as_float(value: Any) -> Any:
    """Return numbers as float; whatever else is left for `Assumption.check` to refuse."""
    return float(value) if isinstance(value, Real) and not isinstance(value, bool) else value


@attrs.frozen
class Scenario:
    """Everything that a run depends on but policy and seed.

    `days` from `start` on are simulated; the first `warm_up` of them are left out of averages. `plugins` are names for
    `load_plugins`. `volunteers` serve from the first day; `grid_workers` are further volunteers of new-employment groups
    who also report what they see (移动网格员); `workers` professional social workers of `stations`; `organizations` charity
    federations and firms that hold goods; `funds` are spread over places of `fund_level`; `lots` of goods are there on
    the first day. `assume` sets assumptions otherwise: ``{"helping.accept": 0.5}``; the others keep their defaults.

    Raises ValueError and TypeError for what cannot be, KeyError for an assumption that nobody states.
    """

    name: str = attrs.field(validator=_a(str))
    label: Text = attrs.field(validator=_a(Text))
    settlement: Settlement = attrs.field(validator=_a(Settlement))
    start: dt.date = attrs.field(default=dt.date(2025, 1, 1), validator=_a(dt.date))
    days: int = attrs.field(default=365, converter=_pythons_own, validator=_whole(1, LONGEST))
    warm_up: int = attrs.field(default=0, converter=_pythons_own, validator=_whole(0, LONGEST))
    plugins: tuple[str, ...] = attrs.field(default=(), validator=_tuple_of(str))
    volunteers: int = attrs.field(default=0, converter=_pythons_own, validator=_whole(0))
    grid_workers: int = attrs.field(default=0, converter=_pythons_own, validator=_whole(0))
    workers: int = attrs.field(default=0, converter=_pythons_own, validator=_whole(0))
    stations: int = attrs.field(default=1, converter=_pythons_own, validator=_whole(1))
    organizations: int = attrs.field(default=1, converter=_pythons_own, validator=_whole(1))
    funds: int = attrs.field(default=0, converter=_pythons_own, validator=_whole(0))
    fund_level: str = attrs.field(default="street", validator=attrs.validators.in_(FUND_LEVELS))
    lots: int = attrs.field(default=0, converter=_pythons_own, validator=_whole(0))
    assume: Mapping[str, float] = attrs.field(factory=dict, converter=_sorted_numbers)
    shocks: tuple[Shock, ...] = attrs.field(default=(), validator=_tuple_of(Shock))
    campaigns: tuple[Campaign, ...] = attrs.field(default=(), validator=_a(tuple))

    def __attrs_post_init__(self) -> None:
        if not self.name.replace("_", "").isalnum() or not self.name.isascii():
            raise ValueError(
                f"scenario: name is {self.name!r}; expected ASCII letters, digits and _, such as flood_week"
            )
        if isinstance(self.start, dt.datetime):
            raise TypeError(f"scenario: start is {self.start!r}; expected a datetime.date")
        if not EARLIEST <= self.start <= LATEST:
            raise ValueError(
                f"scenario: start is {self.start}; expected a day from {EARLIEST} to {LATEST}"
            )
        if self.warm_up >= self.days:
            raise ValueError(
                f"scenario: warm_up is {self.warm_up} of {self.days} days; expected fewer, so that some count"
            )
        self._check_campaigns()
        for key, value in self.assume.items():
            _stated(key).check(value)

    def _check_campaigns(self) -> None:
        if self.campaigns:
            from wushe.simulate.resources.giving import Campaign

            _tuple_of(Campaign)(self, attrs.fields(Scenario).campaigns, self.campaigns)

    def __getitem__(self, assumption: str) -> float:
        """Return the value of an assumption. Raises KeyError that lists near names."""
        found = self.assume.get(assumption)
        return _stated(assumption).default if found is None else float(found)

    def __hash__(self) -> int:
        return hash(self.digest)

    def assumptions(self) -> list[dict[str, Any]]:
        """Return every assumption as a row: id, value, default, unit, zh, en, source, whether it was set here."""
        return [
            {
                "id": a.id,
                "value": self[a.id],
                "default": a.default,
                "unit": a.unit,
                "zh": a.label.zh,
                "en": a.label.en,
                "source": a.source,
                "set": a.id in self.assume,
            }
            for a in catalogue().values()
        ]

    def but(self, **changes: Any) -> Scenario:
        """Return a copy with other values: fields by name, assumptions by id.

        ``scenario.but(volunteers=500, **{"helping.accept": 0.5})``. Raises as the class does, TypeError for
        a name that is neither.
        """
        numbers = {key: value for key, value in changes.items() if "." in key}
        fields = {key: value for key, value in changes.items() if "." not in key}
        for key in fields:
            if key not in attrs.fields_dict(Scenario):
                raise TypeError(
                    f"scenario: {key!r} is no field; expected one of {', '.join(attrs.fields_dict(Scenario))}, "
                    "or an assumption such as helping.accept"
                )
        assume = {**fields.pop("assume", self.assume), **numbers}
        return attrs.evolve(self, assume=assume, **fields)

    @property
    def digest(self) -> str:
        """SHA-256 of everything that the scenario says, values of all assumptions included."""
        said = {**_plain(self), "assume": {a: self[a] for a in sorted(catalogue())}}
        text = json.dumps(said, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Return `value` as JSON has it. Raises TypeError for what has no such form."""
    if attrs.has(type(value)):
        fields = {
            field.name: _plain(getattr(value, field.name)) for field in attrs.fields(type(value))
        }
        return {"is": type(value).__name__, **fields}
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(
        f"scenario: {value!r} has no plain form; expected text, numbers, dates and tuples of them"
    )


@cache
def catalogue() -> dict[str, Assumption]:
    """Return every assumption of the simulator by id. Raises ValueError where two have one id."""
    found: dict[str, Assumption] = {}
    for process in PROCESSES:
        for assumption in import_module(f"wushe.simulate.{process}").ASSUMPTIONS:
            if assumption.id in found:
                raise ValueError(
                    f"assumption {assumption.id!r} is stated twice, also in {process}.py"
                )
            found[assumption.id] = assumption
    return found


def _stated(key: str) -> Assumption:
    known = catalogue()
    if key not in known:
        near = difflib.get_close_matches(str(key), known, n=3, cutoff=0.5) or list(known)[:3]
        raise KeyError(
            f"{key!r} is no assumption; near: {', '.join(near)}; all: Scenario.assumptions()"
        )
    return known[key]
