"""A small made-up city in which everything may be unknown, with words in it that must never come out again."""

from __future__ import annotations

import datetime as dt
import functools
import pickle
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from stdnum.cn import ric, uscc

from wushe.errors import InputError
from wushe.model import RECORD_KINDS, Table, kinds, table_of
from wushe.model.kinds import BadValueError, say_instant
from wushe.model.spec import Field, RecordKind
from wushe.network import LinkageNetwork, build_network
from wushe.plugins.manager import Plugins

ON = dt.date(2025, 9, 15)
LEAP = dt.date(2024, 2, 29)
"""A day that the year before and the year after do not have."""
SIZES = {
    "households": 20,
    "persons": 40,
    "volunteers": 10,
    "social_workers": 6,
    "stations": 10,
    "resources": 6,
    "funds": 8,
    "offers": 32,
    "visits": 12,
    "facts": 12,
    "services": 10,
}
FEW = 4
"""Records of every other kind."""
MOST_NEEDS = 48
MOST_TRIES = 8
PHONES = 777_000
"""Phone numbers end in this plus a running number, so that no small figure looks like the end of one."""
TAIL = 6
"""Who knows so many last digits of a phone or identity number knows whose it is in a street."""
_PLACES = (
    ("99", "虚构省", "province", None),
    ("9901", "虚构市", "city", "99"),
    ("990101", "甲区", "county", "9901"),
    ("990102", "乙区", "county", "9901"),
    ("990101001", "东街", "street", "990101"),
    ("990101002", "西街", "street", "990101"),
    ("990102001", "南街", "street", "990102"),
    ("990101001001", "一社区", "community", "990101001"),
    ("990101001002", "二社区", "community", "990101001"),
    ("990101002001", "三社区", "community", "990101002"),
    ("990102001001", "四社区", "community", "990102001"),
)
_UNITS = {
    "time": ("次",),
    "minute": ("小时", "minute"),
    "piece": ("件", "箱*20"),
    "gram": ("kg", "斤"),
    "millilitre": ("升",),
    "fen": ("元", "fen"),
}
_SKILLS = ("care", "errand", "policy", "repair", "tutoring", "visiting", "escort")
_SELDOM = (
    *("for_groups", "for_places", "for_clients", "on_day", "starts", "ends", "weekdays", "one_of"),
    *("place", "travel_km", "available_from", "available_to", "pack", "reach", "vetted_on"),
)
"""Fields that rule pairs out: known in one of four records only, so that some pairs are left."""
_SECRET = "密语"
"""Begins every planted word; no message, place or category of wushe has it."""


@attrs.frozen(eq=False)
class LittleCity:
    """The city, and `secrets`: the planted words that name, number or locate people, ids included."""

    network: LinkageNetwork
    secrets: tuple[str, ...]

    def told(self, text: str) -> tuple[str, ...]:
        """Return the planted words that `text` tells; of a number the last `TAIL` digits are enough."""
        return tuple(secret for secret in self.secrets if _telling(secret) in text)


@attrs.frozen
class _Words:
    """What the records of a city are made of; the same words, seed and chance make the same records."""

    asked: tuple[str, ...]
    units: tuple[tuple[str, tuple[str, ...]], ...]
    groups: tuple[str, ...]
    skills: tuple[str, ...]
    questions: tuple[str, ...]

    @classmethod
    def of(cls, rules: Plugins) -> _Words:
        builtin = {origin.id for origin in rules.origins() if origin.plugin == "defaults"}
        # A plugin's own categories come first: there may be more than needs.
        asked = sorted(rules.categories, key=lambda key: (key in builtin, key)) * 2
        known = {f.name for name in ("households", "persons") for f in RECORD_KINDS[name].fields}
        fields = {q.field for form in rules.visit_forms.values() for q in form.questions}
        skills = {skill for c in rules.categories.values() for skill in c.skills}
        return cls(
            tuple(asked[:MOST_NEEDS]),
            tuple((key, _UNITS[c.dimension]) for key, c in sorted(rules.categories.items())),
            tuple(sorted(rules.target_groups)),
            tuple(sorted(skills.union(_SKILLS))),
            tuple(sorted(field for field in fields - known if field)),
        )


def little_city(rules: Plugins, rng_seed: int, *, unknown: float) -> LittleCity:
    """Return a made-up city with every kind of record; each fact that may be is unknown by chance `unknown`.

    There is a need of every category of `rules`, up to `MOST_NEEDS`. With `unknown` 1.0 only what a record
    cannot be without is known.
    """
    packed, secrets = _made(_Words.of(rules), rng_seed, unknown)
    tables = dict(pickle.loads(packed))
    network = build_network(tables, rules.categories, rules.target_groups, rules.versions)
    return LittleCity(network, secrets)


@functools.lru_cache(maxsize=8)
def _made(words: _Words, rng_seed: int, unknown: float) -> tuple[bytes, tuple[str, ...]]:
    """Return the tables, pickled, and the planted words.

    Every city gets tables of its own: a plugin may break their seal, and the next one must not suffer from it.
    """
    maker = _Maker(words, np.random.default_rng([rng_seed, round(unknown * 1000)]), unknown)
    return pickle.dumps(maker.tables()), tuple(sorted(maker.secrets))


class _Maker:
    def __init__(self, words: _Words, rng: np.random.Generator, unknown: float) -> None:
        self.words, self.rng, self.unknown = words, rng, unknown
        self.ids: dict[str, list[str]] = {"places": [place[0] for place in _PLACES]}
        self.secrets: list[str] = []
        self.units = dict(words.units)

    def tables(self) -> tuple[tuple[str, Table], ...]:
        place = RECORD_KINDS["places"].cls
        records: list[Any] = [
            place(id=key, name=name, level=level, parent=above, **self._coordinates(level))
            for key, name, level, above in _PLACES
        ]
        for name in RECORD_KINDS:
            if name != "places":
                count = len(self.words.asked) if name == "needs" else SIZES.get(name, FEW)
                self.ids[name] = [self._id(name, at) for at in range(count)]
        for name, kind in RECORD_KINDS.items():
            if name != "places":
                records += [
                    made for at in range(len(self.ids[name])) if (made := self._record(kind, at))
                ]
        whole = _whole(records)
        return tuple(
            (name, table_of(name, [record for record in whole if type(record) is kind.cls]))
            for name, kind in RECORD_KINDS.items()
        )

    def _coordinates(self, level: str) -> dict[str, float]:
        if level != "community" or self.rng.random() < self.unknown:
            return {}
        lon, lat = self.rng.random(2).tolist()
        return {"lon": 114 + lon / 5, "lat": 30 + lat / 5}

    def _id(self, table: str, at: int) -> str:
        if table not in ("households", "persons"):
            return f"{table}-{at:03d}"
        self.secrets.append(f"{_SECRET}{table[0]}{at:03d}")
        return self.secrets[-1]

    def _record(self, kind: RecordKind, at: int) -> Any:
        """Return a record, or None where its parts never fit together."""
        values: dict[str, Any] = {"id": self.ids[kind.name][at]}
        for field in kind.fields[1:]:
            seldom = field.name in _SELDOM or (kind.name, field.name) == ("needs", "skills")
            chance = (1 - self.unknown) * (0.25 if seldom else 1)
            if field.required or self.rng.random() < chance:
                values[field.name] = self._value(kind.name, field, at)
        if kind.name == "volunteers" and self.unknown < 1:
            values["skills"] = tuple(self.words.skills[at :: SIZES["volunteers"]])
        if kind.name == "facts" and at % 2 and self.words.questions:
            values["field"] = self._of(self.words.questions)
            values["value"] = self._of(("yes", "no", "不清楚"))
        if kind.name == "needs":
            values["category"] = self.words.asked[at]
            values.setdefault("household", self.ids["households"][at % SIZES["households"]])
            values.pop("after", None)
            values.pop("status", None)
        values = {name: value for name, value in values.items() if value is not None}
        self._fit(kind, values)
        for _ in range(MOST_TRIES):
            try:
                return kind.cls(**values)
            except InputError as error:
                self._relax(kind, values, {problem.field for problem in error.problems})
        return None

    def _relax(self, kind: RecordKind, values: dict[str, Any], named: set[str | None]) -> None:
        """Forget optional facts that do not go together."""
        joined = {name for rule in kind.rules if named & set(rule.fields) for name in rule.fields}
        for name in sorted(joined | {name for name in named if name}):
            field = next((f for f in kind.fields if f.name == name), None)
            if field is not None and not field.required and name != "household":
                values.pop(name, None)

    def _fit(self, kind: RecordKind, values: dict[str, Any]) -> None:
        """Give an amount a unit that fits its category, or neither; an identity number the day of birth."""
        if {"id_number", "birth"} <= set(values):
            values["id_number"] = _id_number(values["birth"], len(self.secrets))
            self.secrets.append(values["id_number"])
        if "unit" not in kind.field_names:
            return
        named = values.get("category") or next(iter(values.get("categories", ())), None)
        if "categories" in values and named is not None:
            values["categories"] = (named,)
        needed = kind.field("unit").required or kind.field("quantity").required
        if needed or ("quantity" in values and named in self.units):
            values["unit"] = self._of(self.units[named]) if named in self.units else "件"
            values.setdefault("quantity", int(self.rng.integers(1, 30)))
        else:
            values.pop("quantity", None)
            values.pop("unit", None)

    def _of(self, words: Sequence[Any]) -> Any:
        return words[int(self.rng.integers(len(words)))]

    def _value(self, table: str, field: Field, at: int) -> Any:
        """Return a value that the field accepts, None where none is found."""
        if field.sensitive != "none":
            return self._secret(table, field, at)
        words = self._words(field)
        if words is not None:
            return self._tags(words) if field.kind.python == (tuple,) else self._pick(words)
        value = self._plain(field)
        try:
            if value is not None:
                field.check(value)
        except BadValueError:
            return None
        return value

    def _pick(self, words: Sequence[str]) -> str | None:
        return self._of(words) if words else None

    def _tags(self, words: Sequence[str]) -> tuple[str, ...] | None:
        if not words:
            return None
        return tuple(sorted({self._of(words) for _ in range(int(self.rng.integers(1, 5)))}))

    def _words(self, field: Field) -> Sequence[str] | None:
        """Return the words that a field chooses from, None where it is free."""
        if field.refs:
            return [key for name in field.refs for key in self.ids.get(name, ())]
        registries: Mapping[str, Iterable[str]] = {
            "categories": self.units,
            "target_groups": self.words.groups,
        }
        if field.vocabulary is not None and field.vocabulary in registries:
            return sorted(registries[field.vocabulary])
        if field.kind.labels and bool not in field.kind.python:
            return sorted(field.kind.labels)
        return self.words.skills if field.kind is kinds.TAGS else None

    def _plain(self, field: Field) -> Any:
        """Return a value of the field's kind, None for kinds that are filled in otherwise."""
        low = 0 if field.low is None else field.low
        high = low + 40 if field.high is None else min(field.high, low + 40)
        whole = int(self.rng.integers(low, high + 1))
        make = _PLAIN.get(field.kind.name)
        if make is not None:
            return make(whole)
        far = (100, 36_000) if field.name == "birth" else (-60, 400)
        day = ON - dt.timedelta(days=int(self.rng.integers(*far)))
        if field.kind is kinds.DATE:
            return day
        if field.kind is kinds.INSTANT:
            return say_instant(dt.datetime.combine(day, dt.time(9), dt.UTC))
        return None

    def _secret(self, table: str, field: Field, at: int) -> str | None:
        """Return a value that must never come out, and remember the part of it that tells."""
        place = list(RECORD_KINDS).index(table) * 1000 + at
        if field.sensitive == "phone":
            value = tell = f"13900{PHONES + place:06d}"
        elif field.sensitive == "id_number":
            value = tell = _id_number(dt.date(1940 + at % 60, 1, 1), place)
        elif field.kind is kinds.TEXT:
            tell = f"{_SECRET}{field.name}{place}"
            value = f"某{tell}"
        else:
            return None
        try:
            field.check(value)
        except BadValueError:
            return None
        self.secrets.append(tell)
        return value


def _telling(secret: str) -> str:
    return secret if secret.startswith(_SECRET) else secret[-TAIL:]


def _id_number(birth: dt.date, number: int) -> str:
    first = f"990101{birth:%Y%m%d}{number % 1000:03d}"
    # Of eighteen characters only the first seventeen count.
    return first + str(ric.calc_check_digit(f"{first}0"))


def _credit_code(number: int) -> str:
    first = f"52990101{number:09d}"
    return first + str(uscc.calc_check_digit(first))


_PLAIN: dict[str, Callable[[int], Any]] = {
    "identifier": lambda whole: f"x{whole}",
    "text": lambda whole: f"文字{whole}",
    "integer": int,
    "number": float,
    "money": lambda whole: whole * 10_000,
    "time of day": lambda whole: f"{8 + whole % 10:02d}:{whole:02d}",
    "flag": lambda whole: bool(whole % 2),
    "quantity": lambda whole: whole + 1,
    "unit": lambda _: "件",
    "credit code": _credit_code,
}
"""Values by kind of field, from a small whole number."""


def _whole(records: list[Any]) -> list[Any]:
    """Return the records without those that refer to one that was not made after all."""
    names = {kind.cls: kind for kind in RECORD_KINDS.values()}
    while True:
        ids: dict[str, set[str]] = {name: set() for name in RECORD_KINDS}
        for record in records:
            ids[names[type(record)].name].add(record.id)
        kept = [record for record in records if _refers(names[type(record)], record, ids)]
        if len(kept) == len(records):
            return records
        records = kept


def _refers(kind: RecordKind, record: Any, ids: Mapping[str, set[str]]) -> bool:
    for field in kind.fields:
        value = getattr(record, field.name)
        if not field.refs or value is None:
            continue
        for word in value if isinstance(value, tuple) else (value,):
            if not any(word in ids[name] for name in field.refs):
                return False
    return True
