"""Units: exact conversions, and amounts said as people say them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wushe.model.units import DIMENSIONS, Dimension, parse_unit, say_amount, say_unit, to_base

# written, dimension, base units in one
UNITS = [
    ("件", "piece", 1),
    ("个", "piece", 1),
    ("Piece", "piece", 1),  # any case
    ("  kg ", "gram", 1000),  # any space
    ("公斤", "gram", 1000),
    ("斤", "gram", 500),
    ("克", "gram", 1),
    ("L", "millilitre", 1000),
    ("毫升", "millilitre", 1),
    ("小时", "minute", 60),
    ("minute", "minute", 1),
    ("人次", "time", 1),
    ("元", "fen", 100),
    ("分", "fen", 1),
    ("box*20", "piece", 20),
    ("箱*20", "piece", 20),
    ("箱×20", "piece", 20),
    ("箱(20个)", "piece", 20),
    ("盒（50只）", "piece", 50),
    ("box of 12", "piece", 12),
    ("包x10", "piece", 10),
]


@pytest.mark.parametrize(("written", "dimension", "factor"), UNITS)
def test_units_are_read(written: str, dimension: str, factor: int) -> None:
    """English and Chinese, single pieces and packs."""
    unit = parse_unit(written)
    assert unit is not None
    assert (unit.dimension, unit.factor) == (dimension, factor)


@pytest.mark.parametrize(
    "written", ["", "箱", "box", "box*0", "box*-2", "20", "kilo gram", "箱*一"]
)
def test_what_is_no_unit_is_none(written: str) -> None:
    """A box of unknown content is not guessed."""
    assert parse_unit(written) is None


@given(
    st.decimals(0, 10**9, places=3, allow_nan=False),
    st.sampled_from([written for written, _, _ in UNITS]),
)
def test_conversion_is_exact_or_refused(amount: Decimal, written: str) -> None:
    """A whole number of base units, equal to the amount; else None, never rounded."""
    unit = parse_unit(written)
    assert unit is not None
    base = to_base(amount, unit)
    exact = amount * unit.factor
    assert (base is None) == (exact % 1 != 0)
    assert base is None or Decimal(base) == exact


@given(st.integers(1, 10**12), st.sampled_from([written for written, _, _ in UNITS]))
def test_whole_amounts_always_convert(amount: int, written: str) -> None:
    """Integers stay integers, however large."""
    unit = parse_unit(written)
    assert unit is not None
    assert to_base(Decimal(amount), unit) == amount * unit.factor


# amount, dimension, Chinese, English
SAID: list[tuple[int, Dimension, str, str]] = [
    (120_050, "fen", "1,200.50元", "1,200.50 yuan"),
    (70_000, "fen", "700元", "700 yuan"),
    (5, "fen", "0.05元", "0.05 yuan"),
    (0, "fen", "0元", "0 yuan"),
    (150, "minute", "2.5小时", "2.5 h"),
    (60, "minute", "1小时", "1 h"),
    (6000, "minute", "100小时", "100 h"),
    (45, "minute", "45分钟", "45 minutes"),
    (61, "minute", "61分钟", "61 minutes"),  # never 1.01666
    (2500, "gram", "2.5千克", "2.5 kg"),
    (999, "gram", "999克", "999 g"),
    (100_000, "gram", "100千克", "100 kg"),  # not 1E+2
    (1001, "millilitre", "1.001升", "1.001 l"),
    (1234, "piece", "1,234件", "1,234 pieces"),
    (3, "time", "3次", "3 times"),
    (1, "time", "1次", "1 time"),
]


@pytest.mark.parametrize(("amount", "dimension", "zh", "en"), SAID)
def test_amounts_are_said_as_people_say_them(
    amount: int, dimension: Dimension, zh: str, en: str
) -> None:
    """Each row in both languages."""
    assert say_amount(amount, dimension, "zh") == zh
    assert say_amount(amount, dimension, "en") == en


@pytest.mark.parametrize(("written", "factor"), [(text, factor) for text, _, factor in UNITS])
def test_a_unit_has_one_name_in_each_language(written: str, factor: int) -> None:
    """However it is written, and the name means as many base units; English has no word for 斤."""
    (zh, en) = (parse_unit(say_unit(written, lang)) for lang in ("zh", "en"))
    assert zh is not None
    assert zh.factor == factor
    assert en.factor == factor if en else say_unit(written, "en") == "500 g"


@pytest.mark.parametrize("written", ["box*20", "一批"])
def test_what_has_no_name_stays_as_written(written: str) -> None:
    """A box holds what it says; what is no unit is nobody's to translate."""
    assert say_unit(written, "zh") == say_unit(written, "en") == written


@given(st.integers(0, 10**12), st.sampled_from(sorted(DIMENSIONS)))
def test_what_is_said_is_exact(amount: int, dimension: Dimension) -> None:
    """The figure times its unit is the amount again: nothing is rounded away."""
    said = say_amount(amount, dimension, "en").replace(",", "")
    figure, unit = said.split()
    factor = {"yuan": 100, "h": 60, "kg": 1000, "l": 1000}.get(unit, 1)
    assert Decimal(figure) * factor == amount
