"""Kinds of field: how a cell becomes a value, what is refused, and that writing it reads back."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from cities import id_number
from strategies import values_of
from wushe.errors import ProblemKind
from wushe.model import RECORD_KINDS, kinds
from wushe.model.kinds import Kind
from wushe.model.spec import Field
from wushe.model.storage import pack, unknown, unpack

LEVEL = kinds.choice({"street": "街道", "community": "社区"})
CARE = kinds.choice_tags({"eat": "吃饭", "walk": "行走"})

DAYS = next(f.kind for f in RECORD_KINDS["volunteers"].fields if f.name == "weekdays")

# kind, text, value
READ: list[tuple[Kind, str, Any]] = [
    (kinds.IDENT, "H-0001", "H-0001"),
    (kinds.IDENT, "420106001002", "420106001002"),
    (kinds.IDENT, "武昌区", "武昌区"),  # any script
    (kinds.IDENT, "x" * 64, "x" * 64),  # the longest
    (kinds.IDENT, "1E", "1E"),  # not scientific notation
    (kinds.TEXT, "两室一厅 no. 3", "两室一厅 no. 3"),
    (kinds.TEXT, "two\nlines\tand a tab", "two\nlines\tand a tab"),
    (kinds.INTEGER, "12", 12),
    (kinds.INTEGER, "-3", -3),
    (kinds.INTEGER, "+3", 3),
    (kinds.INTEGER, "１２", 12),  # full-width digits
    (kinds.INTEGER, "1,200", 1200),  # thousands
    (kinds.NUMBER, "114.31", 114.31),
    (kinds.NUMBER, "－１１４．５", -114.5),
    (kinds.MONEY, "1200.50", 120050),
    (kinds.MONEY, "1,200.50元", 120050),
    (kinds.MONEY, "0.1", 10),  # exact: no float on the way
    (kinds.MONEY, "-5", -500),
    (kinds.DATE, "2025-09-15", dt.date(2025, 9, 15)),
    (kinds.DATE, "2025-9-5", dt.date(2025, 9, 5)),
    (kinds.DATE, "2025/9/15", dt.date(2025, 9, 15)),
    (kinds.DATE, "2025.9.15", dt.date(2025, 9, 15)),
    (kinds.DATE, "2025年9月15日", dt.date(2025, 9, 15)),
    (kinds.DATE, "20250915", dt.date(2025, 9, 15)),
    (kinds.DATE, "2025-09-15 00:00:00", dt.date(2025, 9, 15)),  # as .xlsx gives it
    (kinds.DATE, "2024-02-29", dt.date(2024, 2, 29)),
    *((kinds.FLAG, word, True) for word in ("yes", "Y", "TRUE", "1", "是", "有", "√")),
    *((kinds.FLAG, word, False) for word in ("no", "N", "false", "0", "否", "无", "×")),
    (kinds.QUANTITY, "2.5", Decimal("2.5")),  # becomes base units with its unit
    (kinds.UNIT, "箱*20", "箱*20"),
    (kinds.UNIT, "小时", "小时"),
    (kinds.TAGS, "b;a", ("a", "b")),  # sorted
    (kinds.TAGS, "a；b、a|c", ("a", "b", "c")),  # Chinese separators, no doubles
    (kinds.TAGS, "none", ()),  # known to be none
    (kinds.TAGS, "无", ()),
    *((DAYS, word, ("mon",)) for word in ("mon", "Mon", "MON", "周一", "星期一", "礼拜一")),
    *((DAYS, word, ("sun",)) for word in ("周日", "周天", "星期日", "星期天", "礼拜天")),
    (DAYS, "星期五；Mon、周三", ("fri", "mon", "wed")),
    (LEVEL, "street", "street"),
    (LEVEL, "街道", "street"),
    (LEVEL, "Street", "street"),
    (CARE, "行走;eat", ("eat", "walk")),
    (kinds.PHONE, "+86 139-1234-5678", "+86 139-1234-5678"),
    (kinds.PHONE, "(027) 12345", "(027) 12345"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "value"), READ, ids=lambda v: str(v)[:24])
def test_a_cell_becomes_a_value(kind: Kind, text: str, value: Any) -> None:
    """Each row: this text is read as that value."""
    found = kind.parse(text)
    assert found == value
    assert type(found) is type(value)


# kind, text, mistake
REFUSED: list[tuple[Kind, str, ProblemKind]] = [
    (kinds.IDENT, "1.1E+17", kinds.SPREADSHEET_NUMBER),  # what a spreadsheet makes of a long number
    (kinds.IDENT, "4.20106E+11", kinds.SPREADSHEET_NUMBER),
    (kinds.IDENT, "a b", kinds.NOT_AN_ID),
    (kinds.IDENT, "a\u3000b", kinds.NOT_AN_ID),  # a full-width space
    (kinds.IDENT, "a\u200bb", kinds.NOT_AN_ID),  # an invisible one
    (kinds.IDENT, "x" * 65, kinds.NOT_AN_ID),
    (kinds.IDENT, "", kinds.NOT_AN_ID),
    (kinds.TEXT, "x" * 2001, kinds.BAD_TEXT),
    (kinds.TEXT, "a\x00b", kinds.BAD_TEXT),
    (kinds.INTEGER, "1.5", kinds.NOT_INTEGER),
    (kinds.INTEGER, "twelve", kinds.NOT_INTEGER),
    (kinds.INTEGER, "1e3", kinds.SPREADSHEET_NUMBER),
    (kinds.INTEGER, "9" * 19, kinds.NOT_INTEGER),  # would not fit
    (kinds.INTEGER, "12,34", kinds.NOT_INTEGER),  # not thousands
    (kinds.NUMBER, "north", kinds.NOT_NUMBER),
    (kinds.NUMBER, "NaN", kinds.NOT_NUMBER),
    (kinds.NUMBER, "Infinity", kinds.NOT_NUMBER),
    (kinds.NUMBER, "1_000", kinds.NOT_NUMBER),  # a Python habit, not a number people write
    (kinds.MONEY, "1.005", kinds.NOT_MONEY),  # half a fen
    (kinds.MONEY, "about 100", kinds.NOT_MONEY),
    (kinds.MONEY, "1e15", kinds.NOT_MONEY),
    (kinds.DATE, "2025-02-29", kinds.NOT_DATE),
    (kinds.DATE, "2025-13-01", kinds.NOT_DATE),
    (kinds.DATE, "15/09/2025", kinds.NOT_DATE),  # day first is ambiguous
    (kinds.DATE, "next week", kinds.NOT_DATE),
    (kinds.DATE, "45915", kinds.EXCEL_SERIAL),
    (kinds.FLAG, "maybe", kinds.NOT_FLAG),
    (kinds.FLAG, "2", kinds.NOT_FLAG),
    (kinds.QUANTITY, "0", kinds.NOT_QUANTITY),
    (kinds.QUANTITY, "-3", kinds.NOT_QUANTITY),
    (kinds.QUANTITY, "some", kinds.NOT_QUANTITY),
    (kinds.UNIT, "bushel", kinds.NOT_UNIT),
    (kinds.UNIT, "箱", kinds.NOT_UNIT),  # a box of how many?
    (kinds.UNIT, "箱*0", kinds.NOT_UNIT),
    (kinds.TAGS, "a b;c", kinds.NOT_AN_ID),
    (LEVEL, "galaxy", kinds.NOT_CHOICE),
    (CARE, "eat;fly", kinds.NOT_CHOICE),
    (kinds.PHONE, "1234", kinds.BAD_PHONE),
    (kinds.PHONE, "call me", kinds.BAD_PHONE),
    (kinds.PHONE, "1.39E+10", kinds.SPREADSHEET_NUMBER),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "problem"), REFUSED, ids=lambda v: str(v)[:24])
def test_a_mistake_is_named(kind: Kind, text: str, problem: ProblemKind) -> None:
    """Each row: this text is refused with that problem."""
    with pytest.raises(kinds.BadValueError) as error:
        kind.parse(text)
    assert error.value.problem == problem


# --- ID numbers and credit codes -----------------------------------------------------------------


# number, why it stands
GOOD_IDS = [
    (id_number("42010619500102123"), "Wuchang District, 1950"),
    (id_number("42010620000229123"), "a leap day"),
    (id_number("81000019900101123"), "Hong Kong residence permit"),
    (id_number("99999919900101123"), "a district code that never existed: not an error"),
    (id_number("11022719480101123"), "a district code that did not exist at birth"),
    ("11010519491231002X", "example of GB 11643-1999"),
    ("440524188001010014", "example of GB 11643-1999"),
]


@pytest.mark.parametrize(("number", "why"), GOOD_IDS)
def test_id_numbers_that_stand(number: str, why: str) -> None:
    """Checksum and date decide, the district code does not."""
    assert kinds.ID_NUMBER.parse(number) == number
    assert kinds.ID_NUMBER.parse(number.lower()) == number


# number, problem
BAD_IDS = [
    (GOOD_IDS[0][0][:-1] + ("0" if GOOD_IDS[0][0][-1] != "0" else "1"), kinds.BAD_ID_NUMBER),
    (GOOD_IDS[0][0][:5] + "7" + GOOD_IDS[0][0][6:], kinds.BAD_ID_NUMBER),  # one digit wrong
    (id_number("42010619500230123"), kinds.BAD_ID_NUMBER),  # 30 February, checksum right
    (id_number("42010619501301123"), kinds.BAD_ID_NUMBER),  # month 13
    ("420106500102123", kinds.BAD_ID_NUMBER),  # the 15 digits of old
    ("42010619500102", kinds.BAD_ID_NUMBER),
    ("unknown", kinds.BAD_ID_NUMBER),
    ("4.20106E+17", kinds.SPREADSHEET_NUMBER),
    ("420106195001021000", kinds.SPREADSHEET_NUMBER),  # rounded: the last three digits lost
]


@pytest.mark.parametrize(("number", "problem"), BAD_IDS)
def test_id_numbers_that_fall(number: str, problem: ProblemKind) -> None:
    """A wrong digit, an impossible date, a shape that is none, a rounded number."""
    with pytest.raises(kinds.BadValueError) as error:
        kinds.ID_NUMBER.parse(number)
    assert error.value.problem == problem


def test_a_genuine_number_that_ends_in_000_stands() -> None:
    """Some people's numbers do end so; their checksum tells them from rounded ones."""
    first = next(
        f"42010619{year}0102{n}00"
        for year in range(40, 99)
        for n in range(10)
        if id_number(f"42010619{year}0102{n}00").endswith("0")
    )
    assert kinds.ID_NUMBER.parse(first + "0") == first + "0"


@given(st.dates(dt.date(1900, 1, 1), dt.date(2024, 12, 31)), st.integers(1, 998))
def test_every_single_wrong_digit_of_an_id_number_is_found(birth: dt.date, sequence: int) -> None:
    """GB 11643 guards against one wrong digit anywhere."""
    number = id_number(f"420106{birth:%Y%m%d}{sequence:03d}")
    for at in (0, 5, 9, 13, 16):
        wrong = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]
        with pytest.raises(kinds.BadValueError):
            kinds.ID_NUMBER.parse(wrong)


def test_credit_codes() -> None:
    """GB 32100: the checksum decides; spaces and small letters are forgiven."""
    first = "52420106MJA123456"
    code = first + str(uscc.calc_check_digit(first))
    assert kinds.CREDIT_CODE.parse(code) == code
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    for text in (wrong, code[:-1], "none"):
        with pytest.raises(kinds.BadValueError) as error:
            kinds.CREDIT_CODE.parse(text)
        assert error.value.problem == kinds.BAD_CREDIT_CODE


# --- every field of every record -----------------------------------------------------------------

FIELDS = [(k.name, f) for k in RECORD_KINDS.values() for f in k.fields]


@pytest.mark.parametrize(("table", "field"), FIELDS, ids=[f"{t}.{f.name}" for t, f in FIELDS])
def test_every_field_has_names_and_a_fitting_kind(table: str, field: Field) -> None:
    """English and Chinese headings, money in yuan, references to tables that exist."""
    assert field.zh.strip()
    assert field.heading.isidentifier()
    assert (field.kind is kinds.MONEY) == field.name.endswith("_fen")
    assert all(ref in RECORD_KINDS for ref in field.refs)
    assert field.vocabulary in (None, "categories", "target_groups")


@pytest.mark.parametrize("kind", RECORD_KINDS.values(), ids=lambda k: k.name)
def test_headings_are_unique(kind: Any) -> None:
    """No two columns of a table share a heading, in either language."""
    assert len({f.heading for f in kind.fields}) == len(kind.fields)
    assert len({f.zh for f in kind.fields}) == len(kind.fields)


@given(st.data())
def test_what_is_written_reads_back(data: st.DataObject) -> None:
    """For any field and any value it accepts: say and parse, pack and unpack are inverse."""
    _, field = data.draw(st.sampled_from(FIELDS))
    value = data.draw(values_of(field))
    said = field.kind.parse(field.kind.say(value))
    assert said == (Decimal(value) if field.kind is kinds.QUANTITY else value)
    column = pack(field.kind.storage, [None, value])
    assert unpack(column, 1) == value
    assert unpack(column, 0) is None
    assert unknown(column).tolist() == [True, False]
