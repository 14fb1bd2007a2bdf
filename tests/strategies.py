"""Made-up cities for hypothesis, built from the field specifications of the model."""

import datetime as dt
import re
import string
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from wushe.errors import InputError
from wushe.model import RECORD_KINDS, Table, kinds, table_of
from wushe.model.parties import LEVELS
from wushe.model.spec import Field, RecordKind
from wushe.model.terms import NeedCategory, TargetGroup

CATEGORIES = {
    "meals": NeedCategory("meals", "送餐", "meal delivery", "service", "time"),
    "care": NeedCategory("care", "照料", "care", "service", "minute"),
    "masks": NeedCategory("masks", "口罩", "face masks", "goods", "piece"),
    "rice": NeedCategory("rice", "大米", "rice", "goods", "gram"),
    "cash": NeedCategory("cash", "现金救助", "cash aid", "money", "fen"),
}
TARGET_GROUPS = {
    "lone_elder": TargetGroup("lone_elder", "独居老人", "elder living alone"),
    "left_behind": TargetGroup("left_behind", "留守儿童", "left-behind child"),
}
UNITS = {
    "time": ("次", "time"),
    "minute": ("小时", "minute"),
    "piece": ("件", "box*20", "箱*20"),
    "gram": ("kg", "斤"),
    "fen": ("元", "fen"),
}

# Text that files, spreadsheets and readers are known to stumble over.
AWKWARD = ["=1+1", "'=x", "''@", "#12", "#N/A", "-5", "+86", "a;b", '"', "无", "none", "\\", "1,5"]
_LETTERS = string.ascii_letters + string.digits + "社工站老人#=+-@'\",;|、"
_TEXT = st.one_of(
    st.sampled_from([*AWKWARD, "两\n行", "a\rb", "tab\tin", "a, b", "<script>", "\ufeff x"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20),
)


def _accepted(field: Field, value: Any) -> bool:
    try:
        field.check(value)
    except kinds.BadValueError:
        return False
    return True


_WORDS = st.one_of(
    st.sampled_from(AWKWARD),
    st.text(st.sampled_from(_LETTERS), min_size=1, max_size=8),
).filter(lambda word: " " not in word and not re.fullmatch(r"\d(\.\d+)?[eE]\+?\d{1,3}", word))


@st.composite
def _id_numbers(draw: st.DrawFn) -> str:
    birth = draw(st.dates(dt.date(1920, 1, 1), dt.date(2024, 12, 31)))
    first = f"420106{birth:%Y%m%d}{draw(st.integers(0, 999)):03d}"
    return first + str(ric.calc_check_digit(first))


@st.composite
def _credit_codes(draw: st.DrawFn) -> str:
    first = "52420106" + draw(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=9, max_size=9))
    return first + str(uscc.calc_check_digit(first))


def values_of(field: Field) -> st.SearchStrategy[Any]:
    """Return values of a field that refers to nothing."""
    low, high = field.low, field.high
    choices = sorted(field.kind.labels)
    tags = (
        st.sampled_from(choices) if choices else _WORDS.filter(lambda w: not set(w) & set(";；、|"))
    )
    made: dict[str, st.SearchStrategy[Any]] = {
        "identifier": _WORDS,
        "text": _TEXT.map(str.strip).filter(bool),
        "integer": st.integers(-(10**9) if low is None else low, 10**9 if high is None else high),
        "number": st.floats(low, high, allow_nan=False, width=32),
        "money": st.integers(-(10**12) if low is None else low, 10**12),
        "date": st.dates(dt.date(1930, 1, 1), dt.date(2030, 1, 1)),
        "instant": st.integers(0, 2 * 10**9).map(
            lambda seconds: kinds.say_instant(dt.datetime.fromtimestamp(seconds, dt.UTC))
        ),
        "time of day": st.integers(0, 1440).map(lambda m: f"{m // 60:02d}:{m % 60:02d}"),
        "flag": st.booleans(),
        "quantity": st.integers(1, 10**8),
        "unit": st.sampled_from([unit for units in UNITS.values() for unit in units]),
        "tags": st.lists(tags, max_size=3, unique=True).map(sorted).map(tuple),
        "choice": st.sampled_from(choices or ["-"]),
        "id number": _id_numbers(),
        "credit code": _credit_codes(),
        "phone": st.from_regex(r"\+?[0-9]{5,15}", fullmatch=True),
    }
    return made[field.kind.name].filter(lambda value: _accepted(field, value))


class MadeCity(dict[str, Table]):
    """All tables by name; tells only their sizes, since hypothesis would print every field."""

    def __repr__(self) -> str:
        return f"<MadeCity { ({name: len(table) for name, table in self.items() if len(table)}) }>"


@st.composite
def cities(draw: st.DrawFn, most: int = 2) -> MadeCity:
    """Draw a consistent city: all tables by name, each of at most `most` records (places: 6)."""
    counts = {name: draw(st.integers(0, most)) for name in RECORD_KINDS}
    counts["places"] = draw(st.integers(1, len(LEVELS)))
    total = sum(counts.values())
    fresh = iter(draw(st.lists(_WORDS, min_size=total, max_size=total, unique=True)))
    ids = {name: [next(fresh) for _ in range(n)] for name, n in counts.items()}
    tables = {}
    for name, kind in RECORD_KINDS.items():
        found = [
            _place(ids, at) if name == "places" else _record(draw, kind, key, ids)
            for at, key in enumerate(ids[name])
        ]
        records = [record for record in found if record is not None]
        ids[name] = [record.id for record in records]
        tables[name] = table_of(name, records)
    return MadeCity(_without_dangling(tables))


def _place(ids: Mapping[str, list[str]], at: int) -> Any:
    """Return the place at `at` of a chain from the province down."""
    parent = ids["places"][at - 1] if at else None
    cls = RECORD_KINDS["places"].cls
    return cls(id=ids["places"][at], name=f"地区{at}", level=list(LEVELS)[at], parent=parent)


def _record(draw: st.DrawFn, kind: RecordKind, key: str, ids: Mapping[str, list[str]]) -> Any:
    """Return a record of `kind`, or None where what it needs does not exist."""
    values: dict[str, Any] = {"id": key}
    for field in kind.fields[1:]:
        known = [i for name in field.refs for i in ids[name] if i != key]
        if field.name == "after":  # no circles: each comes after an earlier one
            known = [i for i in known if i < key]
        if field.refs and not known:
            if field.required:
                return None
            continue
        if field.required or draw(st.booleans()):
            values[field.name] = draw(_field_values(field, known))
    _fit_unit(draw, kind, values)
    for _ in range(len(kind.rules) + 1):
        try:
            return kind.cls(**values)
        except InputError:
            _relax(kind, values)
    return None


def _field_values(field: Field, known: list[str]) -> st.SearchStrategy[Any]:
    words = {"categories": sorted(CATEGORIES), "target_groups": sorted(TARGET_GROUPS)}
    choices = known or words.get(field.vocabulary or "")
    if choices is None:
        return values_of(field)
    if field.kind is not kinds.TAGS:
        return st.sampled_from(choices)
    tags = st.lists(st.sampled_from(choices), max_size=3, unique=True).map(sorted).map(tuple)
    return tags.filter(lambda value: _accepted(field, value))


def _fit_unit(draw: st.DrawFn, kind: RecordKind, values: dict[str, Any]) -> None:
    """Give a record with a category a unit that fits it."""
    if "unit" not in kind.field_names or not {"quantity", "unit"} & set(values):
        return
    named = values.get("category") or next(iter(values.get("categories", ())), "masks")
    if "categories" in values:
        values["categories"] = (named,)
    values["unit"] = draw(st.sampled_from(UNITS[CATEGORIES[named].dimension]))


def _relax(kind: RecordKind, values: dict[str, Any]) -> None:
    """Forget the optional facts that a rule joins: their combination was not allowed."""
    for rule in kind.rules:
        for name in rule.fields:
            if not kind.field(name).required and not (
                kind.name == "needs" and name in ("household", "person")
            ):
                values.pop(name, None)


def _without_dangling(tables: dict[str, Table]) -> dict[str, Table]:
    """Return the tables without the records that refer to what was not made after all."""
    while True:
        ids = {name: set(table.ids) for name, table in tables.items()}
        kept = {
            name: [r for r in table.records() if _whole(table.kind, r, ids)]
            for name, table in tables.items()
        }
        if all(len(kept[name]) == len(table) for name, table in tables.items()):
            return tables
        tables = {name: table_of(name, records) for name, records in kept.items()}


def _whole(kind: RecordKind, record: Any, ids: Mapping[str, set[str]]) -> bool:
    for field in kind.fields:
        value = getattr(record, field.name)
        if not field.refs or value is None:
            continue
        words = value if isinstance(value, tuple) else (value,)
        if not all(any(word in ids[name] for name in field.refs) for word in words):
            return False
    return True
