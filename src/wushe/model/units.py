"""Units of help and their exact conversion to base units."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal

import attrs
import numpy as np

from wushe.model.storage import Array, unknown
from wushe.text import Text

Dimension = Literal["piece", "gram", "millilitre", "minute", "time", "fen"]
"""What is counted. Base unit and dimension share one name; amounts in base units are integers."""

DIMENSIONS: dict[Dimension, Text] = {
    "piece": Text(zh="件", en="pieces"),
    "gram": Text(zh="克", en="g"),
    "millilitre": Text(zh="毫升", en="ml"),
    "minute": Text(zh="分钟", en="minutes"),
    "time": Text(zh="次", en="times"),
    "fen": Text(zh="分", en="fen"),
}
_ONE: dict[Dimension, str] = {"piece": "piece", "minute": "minute", "time": "time"}

_SIMPLE: dict[str, tuple[Dimension, int]] = {
    "piece": ("piece", 1), "个": ("piece", 1), "件": ("piece", 1), "只": ("piece", 1),
    "g": ("gram", 1), "gram": ("gram", 1), "克": ("gram", 1),
    "kg": ("gram", 1000), "千克": ("gram", 1000), "公斤": ("gram", 1000), "斤": ("gram", 500),
    "ml": ("millilitre", 1), "millilitre": ("millilitre", 1), "毫升": ("millilitre", 1),
    "l": ("millilitre", 1000), "litre": ("millilitre", 1000), "升": ("millilitre", 1000),
    "minute": ("minute", 1), "分钟": ("minute", 1),
    "hour": ("minute", 60), "小时": ("minute", 60),
    "time": ("time", 1), "次": ("time", 1), "人次": ("time", 1),
    "fen": ("fen", 1), "分": ("fen", 1), "yuan": ("fen", 100), "元": ("fen", 100),
}  # fmt: skip
_NAMES = {
    ("piece", 1): Text("件", "piece"), ("gram", 1): Text("克", "g"), ("gram", 500): Text("斤", "500 g"),
    ("gram", 1000): Text("公斤", "kg"), ("millilitre", 1): Text("毫升", "ml"), ("millilitre", 1000): Text("升", "l"),
    ("minute", 1): Text("分钟", "minute"), ("minute", 60): Text("小时", "hour"), ("time", 1): Text("次", "time"),
    ("fen", 1): Text("分", "fen"), ("fen", 100): Text("元", "yuan"),
}  # fmt: skip
_BOX = re.compile(
    r"(?:box|箱|盒|包|pack)\s*(?:[*x×(（]|of)\s*(\d{1,6})\s*(?:个|件|只|piece)?\s*[)）]?", re.I
)
MAX_AMOUNT = 10**12
"""Largest amount in base units (ten thousand million yuan in fen): keeps every int64 sum exact."""


def base_amounts(quantity: Array, unit: Array) -> Array:
    """Return amounts in base units as floats, NaN where quantity or unit is unknown.

    Only for range checks: exact amounts come from `to_base` and from integer factors.
    """
    factors = {u: found.factor for u in set(unit) - {None} if (found := parse_unit(u)) is not None}
    factor = np.array([factors.get(u, np.nan) for u in unit], dtype=np.float64)
    return np.where(unknown(quantity), np.nan, quantity * factor)


@attrs.frozen
class Unit:
    """A unit as written, its `dimension`, and how many base units it holds (`factor`)."""

    written: str
    dimension: Dimension
    factor: int


def parse_unit(text: str) -> Unit | None:
    """Return the unit named by `text` (English or Chinese, or ``box*20`` for 20 pieces), or None."""
    word = text.strip()
    found = _SIMPLE.get(word.lower())
    if found is not None:
        return Unit(word, *found)
    box = _BOX.fullmatch(word)
    if box is not None and int(box[1]) > 0:
        return Unit(word, "piece", int(box[1]))
    return None


def say_unit(text: str, lang: str = "zh") -> str:
    """Return the name in `lang` of the unit that `text` names, or `text` itself: a box, or no unit known."""
    unit = parse_unit(text)
    named = None if unit is None else _NAMES.get((unit.dimension, unit.factor))
    return text if named is None else named.say(lang)


def to_base(amount: Decimal, unit: Unit) -> int | None:
    """Return `amount` of `unit` in base units, or None where it is not a whole number of them."""
    base = amount * unit.factor
    return int(base) if base == base.to_integral_value() else None


def _trim(amount: int, per: int) -> str:
    return format((Decimal(amount) / per).normalize(), "f")


def say_amount(amount: int, dimension: Dimension, lang: str = "zh") -> str:
    """Return an amount in base units as people say it: 1,200.50元, 2.5小时, 3件."""
    gap = "" if lang == "zh" else " "
    if dimension == "fen":
        yuan = f"{amount // 100:,}" + (f".{amount % 100:02d}" if amount % 100 else "")
        return yuan + gap + Text(zh="元", en="yuan").say(lang)
    if dimension == "minute" and amount >= 60 and amount % 3 == 0:
        return _trim(amount, 60) + gap + Text(zh="小时", en="h").say(lang)
    if dimension == "gram" and amount >= 1000:
        return _trim(amount, 1000) + gap + Text(zh="千克", en="kg").say(lang)
    if dimension == "millilitre" and amount >= 1000:
        return _trim(amount, 1000) + gap + Text(zh="升", en="l").say(lang)
    if amount == 1 and lang == "en":
        return f"1 {_ONE.get(dimension, DIMENSIONS[dimension].en)}"
    return f"{amount:,}" + gap + DIMENSIONS[dimension].say(lang)
