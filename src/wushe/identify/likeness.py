"""How alike two persons are, field by field: levels of agreement and their weights in bits.

The weights are those of Fellegi and Sunter, "A Theory for Record Linkage", Journal of the American
Statistical Association 64 (1969), 1183-1210: log2(m / u), where m is how often two records of one
person agree like this and u how often two records of different persons do. The m are rules of
thumb for registries that are typed in by hand; where the value that two persons share is common
(a name, a place), its own frequency in the table is its u, so that 王芳 weighs less than a rare name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from wushe.errors import MissingExtraError
from wushe.model.storage import Array, unknown
from wushe.model.tables import Table
from wushe.text import Text

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
UNKNOWN = "unknown"


@attrs.frozen
class Level:
    """One degree of agreement: its name, `m`, `u` and the words for it.

    With `by_value` the u is how frequent the shared value is, and `u` only what is assumed of it
    before the table is seen.
    """

    name: str
    m: float
    u: float
    text: Text
    by_value: bool = False

    @property
    def weight(self) -> float:
        """The weight in bits where the value's own frequency is not used."""
        return float(np.log2(self.m / self.u))


_DIFFERS = Text("不同", "differs")
_SAME = Text("相同", "the same")
_UNKNOWN = Level(UNKNOWN, 1.0, 1.0, Text("至少一方未知", "unknown on one side at least"))
LEVELS: Mapping[str, tuple[Level, ...]] = {
    "name": (
        _UNKNOWN,
        Level("same", 0.70, 5e-5, _SAME, True),
        Level("script", 0.70, 5e-5, Text("繁简或写法不同，同一姓名", "the same in another script"), True),
        Level("order", 0.06, 1e-4, Text("字序颠倒", "the same characters in another order"), True),
        Level("near", 0.15, 3e-3, Text("只差一字", "one character apart")),
        Level("half", 0.06, 6e-2, Text("两字中一字相同", "one of two characters the same")),
        Level("differs", 0.02, 0.93, _DIFFERS),
    ),
    "birth": (
        _UNKNOWN,
        Level("same", 0.82, 4e-5, _SAME, True),
        Level("swapped", 0.04, 5e-5, Text("月日颠倒", "month and day exchanged")),
        Level("digit", 0.07, 1.5e-3, Text("只差一位数字或相邻两位颠倒", "one digit off or two exchanged")),
        Level("year", 0.02, 1.3e-2, Text("只有年份相同", "only the year is the same")),
        Level("differs", 0.03, 0.98, _DIFFERS),
    ),
    "sex": (_UNKNOWN, Level("same", 0.98, 0.5, _SAME), Level("differs", 0.02, 0.5, _DIFFERS)),
    "place": (
        _UNKNOWN,
        Level("same", 0.75, 1e-2, _SAME, True),
        Level("differs", 0.25, 0.98, _DIFFERS),
    ),
    "id_number": (
        _UNKNOWN,
        Level("same", 0.90, 5e-8, _SAME),
        Level("digit", 0.05, 5e-4, Text("只差一位或相邻两位颠倒（校验码除外）", "one digit off or two exchanged, check digit aside")),
        Level("sequence", 0.02, 2e-2, Text("只有顺序码不同（如双胞胎）", "only the serial differs, as of twins")),
        Level("differs", 0.01, 0.98, _DIFFERS),
    ),
    "phone": (
        _UNKNOWN,
        Level("same", 0.60, 1e-5, _SAME, True),
        Level("shared", 1.0, 1.0, Text("同户共用，不作依据", "shared in one household, no evidence")),
        Level("differs", 0.40, 0.99, _DIFFERS),
    ),
}  # fmt: skip
"""Levels by field; the position in the tuple is the code of the level."""
FIELDS: Mapping[str, Text] = {
    "name": Text("姓名", "name"),
    "birth": Text("出生日期", "date of birth"),
    "sex": Text("性别", "sex"),
    "place": Text("所在地区", "place"),
    "id_number": Text("身份证号", "ID number"),
    "phone": Text("电话", "phone"),
}
_PRIOR = 1000
"""How many imagined persons stand behind the assumed frequencies, so that small tables count little."""


def code_of(field: str, *names: str) -> tuple[int, ...]:
    """Return the codes of the levels `names` of `field`."""
    found = [level.name for level in LEVELS[field]]
    return tuple(found.index(name) for name in names)


@attrs.frozen(eq=False)
class Traits:
    """Persons as codes, all of shape (n,): equal codes are equal values, -1 is unknown.

    `written` and `name` are the name as written and in simplified characters, `letters` its
    characters in any order, `first` and `last` its first and last one. `names` holds the distinct
    simplified names by code.
    `birth` is YYYYMMDD (from the ID number where not given), `digits` the 17 body digits of the ID
    number, int8 (n, 17), -1 unknown. `place` and `phone` fall back to those of the household.
    """

    written: Ints
    name: Ints
    letters: Ints
    first: Ints
    last: Ints
    names: tuple[str, ...]
    birth: Ints
    sex: Ints
    place: Ints
    phone: Ints
    id_number: Ints
    digits: npt.NDArray[np.int8]
    household: Ints

    def __len__(self) -> int:
        return len(self.written)


def traits_of(persons: Table, households: Table | None) -> Traits:
    """Return the traits of `persons`. Raises MissingExtraError without the extra ``identify``."""
    plain = _plain_names(persons["name"])
    texts = sorted({text for text in plain if text})
    position = {text: code for code, text in enumerate(texts)}
    name = np.array([position.get(text or "", -1) for text in plain], dtype=np.int64)
    numbers = persons["id_number"]
    return Traits(
        written=_codes(persons["name"]),
        name=name,
        letters=_of_names(texts, name, lambda text: "".join(sorted(text))),
        first=_of_names(texts, name, lambda text: text[0]),
        last=_of_names(texts, name, lambda text: text[-1]),
        names=tuple(texts),
        birth=_births(persons["birth"], numbers),
        sex=_codes(persons["sex"]),
        place=_codes(_or_household(persons, households, "place")),
        phone=_codes([_bare(phone) for phone in _or_household(persons, households, "phone")]),
        id_number=_codes(numbers),
        digits=np.array(
            [[int(c) for c in number[:17]] if number else [-1] * 17 for number in numbers],
            dtype=np.int8,
        ).reshape(len(persons), 17),
        household=_codes(persons["household"]),
    )


def _codes(values: Sequence[Any] | Array) -> Ints:
    seen: dict[Any, int] = {}
    return np.array(
        [-1 if v is None else seen.setdefault(v, len(seen)) for v in values], dtype=np.int64
    )


def _of_names(texts: Sequence[str], name: Ints, part: Any) -> Ints:
    """Return the code of a part of each person's name, -1 where the name is unknown."""
    return np.append(_codes([part(text) for text in texts]), np.int64(-1))[name]


def _plain_names(names: Array) -> list[str | None]:
    """Return names in simplified characters, without spaces and dots, each distinct one read once."""
    try:
        from opencc import OpenCC
    except ImportError:
        raise MissingExtraError("duplicate persons", "identify") from None
    convert = OpenCC("t2s").convert
    plain = {}
    for name in {name for name in names if name is not None}:
        folded = unicodedata.normalize("NFKC", name).casefold()
        plain[name] = convert("".join(c for c in folded if c.isalnum()))
    return [plain.get(name) for name in names]


def _bare(phone: str | None) -> str | None:
    """Return the digits of a phone number, without the country's code."""
    if phone is None:
        return None
    digits = "".join(c for c in phone if c.isdigit())
    return digits[2:] if len(digits) == 13 and digits.startswith("86") else digits


def _births(births: Array, numbers: Array) -> Ints:
    """Return YYYYMMDD, from the ID number where the date is unknown, -1 where both are."""
    months = births.astype("datetime64[M]")
    years = births.astype("datetime64[Y]").astype(np.int64) + 1970
    month, day = months.astype(np.int64) % 12 + 1, (births - months).astype(np.int64) + 1
    dates = np.where(unknown(births), -1, years * 10000 + month * 100 + day)
    for row in np.flatnonzero(dates < 0):
        if numbers[row] is not None:
            dates[row] = int(numbers[row][6:14])
    return dates


def _or_household(persons: Table, households: Table | None, field: str) -> Array:
    own = persons[field]
    if households is None:
        return own
    lent = np.append(households[field], np.array([None], dtype=object))  # row -1: no household
    theirs = lent[households.row_of(persons["household"])]
    return np.where(unknown(own), theirs, own)


# --- comparing -------------------------------------------------------------------------------


def compare(traits: Traits, a: Ints, b: Ints) -> Mapping[str, npt.NDArray[np.int8]]:
    """Return the level codes of the pairs of rows `a` and `b`, by field, each of shape (n_pairs,).

    Raises MissingExtraError without the extra ``identify``.
    """
    phone = _equal(traits.phone[a], traits.phone[b], "phone")
    together = (traits.household[a] == traits.household[b]) & (traits.household[a] >= 0)
    same, shared = code_of("phone", "same", "shared")
    return {
        "name": _names(traits, a, b),
        "birth": _birthdays(traits.birth[a], traits.birth[b]),
        "sex": _equal(traits.sex[a], traits.sex[b], "sex"),
        "place": _equal(traits.place[a], traits.place[b], "place"),
        "id_number": _id_numbers(traits, a, b),
        "phone": np.where((phone == same) & together, np.int8(shared), phone),
    }


def _coded(field: str, n: int, *found: tuple[str, Array]) -> npt.NDArray[np.int8]:
    """Return the code of the first level whose condition holds, ``differs`` where none does."""
    names = [level.name for level in LEVELS[field]]
    codes = np.full(n, names.index("differs"), dtype=np.int8)
    for name, holds in reversed(found):
        codes[holds] = names.index(name)
    return codes


def _equal(x: Ints, y: Ints, field: str) -> npt.NDArray[np.int8]:
    return _coded(field, len(x), (UNKNOWN, (x < 0) | (y < 0)), ("same", x == y))


def _names(traits: Traits, a: Ints, b: Ints) -> npt.NDArray[np.int8]:
    """Return the levels of names; each distinct pair of names is measured once."""
    try:
        from rapidfuzz.distance import OSA
    except ImportError:
        raise MissingExtraError("duplicate persons", "identify") from None
    x, y = traits.name[a], traits.name[b]
    known = (x >= 0) & (y >= 0)
    open_ = known & (traits.letters[a] != traits.letters[b])
    many = max(len(traits.names), 1)
    pairs, back = np.unique(x[open_] * many + y[open_], return_inverse=True)
    near, half = np.zeros(len(a), dtype=bool), np.zeros(len(a), dtype=bool)
    texts = [(traits.names[pair // many], traits.names[pair % many]) for pair in pairs.tolist()]
    apart = np.array([OSA.distance(p, q) for p, q in texts], dtype=np.int64)
    length = np.array([max(len(p), len(q)) for p, q in texts], dtype=np.int64)
    close = (apart <= 1) | ((apart == 2) & (length >= 8))
    near[open_] = (close & (length >= 3))[back.ravel()]
    half[open_] = (close & (length < 3))[back.ravel()]
    return _coded(
        "name",
        len(a),
        (UNKNOWN, ~known),
        ("same", (x == y) & (traits.written[a] == traits.written[b])),
        ("script", x == y),
        ("order", traits.letters[a] == traits.letters[b]),
        ("near", near),
        ("half", half),
    )


def _slips(x: npt.NDArray[np.int8], y: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
    """Return where rows of digits differ by one digit or by two neighbours exchanged."""
    differ = x != y
    count = differ.sum(axis=1)
    crossed = differ[:, :-1] & differ[:, 1:] & (x[:, :-1] == y[:, 1:]) & (x[:, 1:] == y[:, :-1])
    return np.asarray((count == 1) | ((count == 2) & crossed.any(axis=1)))


def _birthdays(x: Ints, y: Ints) -> npt.NDArray[np.int8]:
    tens = 10 ** np.arange(7, -1, -1)
    digits = [(dates[:, None] // tens % 10).astype(np.int8) for dates in (x, y)]
    year = x // 10000 == y // 10000
    swapped = year & (x // 100 % 100 == y % 100) & (y // 100 % 100 == x % 100)
    return _coded(
        "birth",
        len(x),
        (UNKNOWN, (x < 0) | (y < 0)),
        ("same", x == y),
        ("swapped", swapped),
        ("digit", _slips(*digits)),
        ("year", year),
    )


def _id_numbers(traits: Traits, a: Ints, b: Ints) -> npt.NDArray[np.int8]:
    x, y = traits.digits[a], traits.digits[b]
    return _coded(
        "id_number",
        len(a),
        (UNKNOWN, (traits.id_number[a] < 0) | (traits.id_number[b] < 0)),
        ("same", traits.id_number[a] == traits.id_number[b]),
        ("sequence", (x[:, :14] == y[:, :14]).all(axis=1)),
        ("digit", _slips(x, y)),
    )


def weigh(
    traits: Traits, a: Ints, levels: Mapping[str, npt.NDArray[np.int8]]
) -> Mapping[str, Floats]:
    """Return the weights in bits of the levels of pairs, by field, each of shape (n_pairs,).

    `a` are the rows of either side: a weight by value is asked for only where both have that value.
    """
    weights = {}
    for field, codes in levels.items():
        table = np.array([level.weight for level in LEVELS[field]])
        weights[field] = table[codes]
        for code, level in enumerate(LEVELS[field]):
            if level.by_value:
                values = traits.letters if field == "name" else getattr(traits, field)
                rows = np.flatnonzero(codes == code)
                u = _frequency(values, level.u)[a[rows]]
                weights[field][rows] = np.log2(level.m / u)
    return weights


def _frequency(values: Ints, assumed: float) -> Floats:
    """Return how probable it is that somebody else has each person's value, shape (n,)."""
    _, back, counts = np.unique(values, return_inverse=True, return_counts=True)
    others = counts[back.ravel()] - 1
    return np.asarray((others + _PRIOR * assumed) / (len(values) - 1 + _PRIOR))
