"""Kinds of field: how a cell of text becomes a value, and what counts as a mistake.

Each kind is one pure function text -> value. It is the only place where that meaning is written
down: tables apply it once per distinct cell, records check their values against the same rules.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

import attrs

from wushe.errors import ProblemKind
from wushe.text import Text

Storage = Literal["object", "int64", "float64", "date", "flag"]
"""Column storage: unknown is None, `UNKNOWN_INT`, NaN, NaT and -1 respectively."""


class BadValueError(Exception):
    """A cell or attribute that its kind refuses; carries the kind of problem and its parameters."""

    def __init__(self, problem: ProblemKind, **params: Any) -> None:
        super().__init__(problem, params)
        self.problem, self.params = problem, params


@attrs.frozen
class Kind:
    """A kind of field: `parse` reads text, `say` writes a value back to a table.

    `labels` are the Chinese words of a choice's codes, empty for other kinds.
    """

    name: str
    storage: Storage
    parse: Callable[[str], Any]
    python: tuple[type, ...]
    say: Callable[[Any], str] = str
    labels: Mapping[str, str] = attrs.field(factory=dict, eq=False, repr=False)


def _kind(
    code: str, what: tuple[str, str], expected: tuple[str, str], todo: tuple[str, str]
) -> ProblemKind:
    return ProblemKind(code, Text(*what), Text(*expected), Text(*todo))


SPREADSHEET_NUMBER = _kind(
    "spreadsheet-number",
    (
        "编号被电子表格改成了科学计数法",
        "the spreadsheet turned this identifier into a rounded number",
    ),
    ("原来的完整编号", "the original identifier in full"),
    (
        "把该列设为“文本”格式后从原始资料重新填写；丢失的数字无法还原",
        "format the column as Text and re-enter it from the source; the lost digits cannot be recovered",
    ),
)
NOT_AN_ID = _kind(
    "bad-identifier",
    ("编号不合规", "not a usable identifier"),
    (
        "1 到 64 个字符，不含空格和控制字符",
        "1 to 64 characters without spaces or control characters",
    ),
    ("改用简短编号，如 H-0001", "use a short code such as H-0001"),
)
NOT_INTEGER = _kind(
    "not-an-integer",
    ("不是整数", "not a whole number"),
    ("整数，如 12", "a whole number such as 12"),
    ("改为整数；不知道就留空", "enter a whole number, or leave it empty if unknown"),
)
NOT_NUMBER = _kind(
    "not-a-number",
    ("不是数字", "not a number"),
    ("数字，如 114.31", "a number such as 114.31"),
    ("改为数字；不知道就留空", "enter a number, or leave it empty if unknown"),
)
NOT_MONEY = _kind(
    "bad-money",
    ("金额不合规", "not an amount of money"),
    ("以元为单位，最多两位小数，如 1200.50", "yuan with at most two decimals, such as 1200.50"),
    (
        "按元填写，去掉单位和文字；不知道就留空",
        "enter yuan without words or units, or leave it empty if unknown",
    ),
)
NOT_DATE = _kind(
    "bad-date",
    ("日期不合规", "not a date"),
    ("存在的日期，如 2025-09-15 或 2025年9月15日", "an existing date such as 2025-09-15"),
    ("改为 年-月-日", "write year-month-day"),
)
EXCEL_SERIAL = _kind(
    "spreadsheet-date",
    ("日期被电子表格存成了序列号", "the spreadsheet stored this date as a serial number"),
    ("日期，如 2025-09-15", "a date such as 2025-09-15"),
    ("把该列设为日期格式 yyyy-mm-dd 后再导出", "format the column as yyyy-mm-dd and export again"),
)
NOT_FLAG = _kind(
    "bad-flag",
    ("不是“是/否”", "not yes or no"),
    ("是、否，或留空表示未知", "yes, no, or empty for unknown"),
    ("改为 是 或 否", "enter yes or no"),
)
NOT_CHOICE = _kind(
    "unknown-choice",
    ("不在可选值之内", "not one of the choices"),
    ("其中之一：{choices}", "one of: {choices}"),
    ("改为所列的值之一", "use one of the listed values"),
)
NOT_UNIT = _kind(
    "unknown-unit",
    ("单位不认识", "unknown unit"),
    (
        "件、箱*20、千克、升、小时、次、元 等",
        "piece, box*20, kg, litre, hour, time, yuan and so on",
    ),
    (
        "改用所列单位；整箱写明每箱件数，如 箱*20",
        "use a listed unit; give the pack size, such as box*20",
    ),
)
NOT_QUANTITY = _kind(
    "bad-quantity",
    ("数量不合规", "not a quantity"),
    ("大于 0 的数，最多 10^12 个基本单位", "a number above 0, at most 10^12 base units"),
    ("改为正数；数量未知则留空", "enter a positive number, or leave it empty if unknown"),
)
BAD_ID_NUMBER = _kind(
    "bad-id-number",
    ("身份证号校验不通过", "ID number fails its checksum or date"),
    ("18 位公民身份号码（GB 11643）", "an 18-character citizen identity number (GB 11643)"),
    ("对照证件重新录入；不知道就留空", "re-enter it from the card, or leave it empty if unknown"),
)
BAD_CREDIT_CODE = _kind(
    "bad-credit-code",
    ("统一社会信用代码校验不通过", "unified social credit code fails its checksum"),
    ("18 位统一社会信用代码（GB 32100）", "an 18-character unified social credit code (GB 32100)"),
    ("对照登记证书重新录入", "re-enter it from the registration certificate"),
)
BAD_PHONE = _kind(
    "bad-phone",
    ("电话号码不合规", "not a phone number"),
    ("5 到 20 位数字，可含 + - 空格", "5 to 20 digits, with + - or spaces"),
    ("核对号码；不知道就留空", "check the number, or leave it empty if unknown"),
)
NOT_CLOCK = _kind(
    "bad-time-of-day",
    ("不是一天中的时刻", "not a time of day"),
    ("00:00 到 24:00，如 09:30", "00:00 to 24:00, such as 09:30"),
    ("改为 时:分；不知道就留空", "write hours:minutes, or leave it empty if unknown"),
)
NOT_INSTANT = _kind(
    "bad-instant",
    ("时刻不合规", "not an instant"),
    (
        "带时区的时刻，如 2020-02-01T09:59:21+08:00",
        "an instant with its zone, such as 2020-02-01T09:59:21+08:00",
    ),
    ("补上时区；北京时间写 +08:00", "add the zone; Beijing time is +08:00"),
)
BAD_TEXT = _kind(
    "bad-text",
    (
        "文字为空、首尾有空格、含控制字符或过长",
        "text that is empty, padded, too long or has control characters",
    ),
    ("1 到 2000 个字符的普通文字", "plain text of 1 to 2000 characters"),
    ("删去不可见字符或缩短", "remove invisible characters or shorten it"),
)

_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{1,3}")
_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Control characters, and halves of surrogate pairs, which no file can hold."""
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{4})(\d{2})(\d{2})")
_CLOCK = re.compile(r"(\d{1,2})[:点时](\d{1,2})?(?:分|:00)?")
DAY = 24 * 60
ID_LENGTH = 64
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")


def _plain(text: str) -> str:
    """Fold full-width digits and signs, and thousands separators, to what int() and Decimal() read."""
    word = unicodedata.normalize("NFKC", text).strip()
    return word.replace(",", "") if _THOUSANDS.fullmatch(word) else word


def _parse_id(text: str) -> str:
    if _SCIENTIFIC.fullmatch(text):
        raise BadValueError(SPREADSHEET_NUMBER)
    # The plain space is the one white space that str.isprintable() lets through.
    if not 1 <= len(text) <= ID_LENGTH or " " in text or not text.isprintable():
        raise BadValueError(NOT_AN_ID)
    return text


def _parse_text(text: str) -> str:
    if not 1 <= len(text) <= 2000 or text != text.strip() or _UNSAFE.search(text):
        raise BadValueError(BAD_TEXT)
    return text


def _parse_integer(text: str) -> int:
    word = _plain(text)
    if _SCIENTIFIC.fullmatch(word):
        raise BadValueError(SPREADSHEET_NUMBER)
    if not re.fullmatch(r"[+-]?\d{1,18}", word):
        raise BadValueError(NOT_INTEGER)
    return int(word)


def _decimal(text: str, problem: ProblemKind) -> Decimal:
    if "_" in text:  # Decimal would read 1_000
        raise BadValueError(problem)
    try:
        value = Decimal(_plain(text))
    except InvalidOperation:
        raise BadValueError(problem) from None
    if not value.is_finite() or abs(value) >= Decimal(10) ** 15:
        raise BadValueError(problem)
    return value


def _parse_number(text: str) -> float:
    return float(_decimal(text, NOT_NUMBER))


def _parse_money(text: str) -> int:
    fen = _decimal(text.removesuffix("元"), NOT_MONEY) * 100
    if fen != fen.to_integral_value():
        raise BadValueError(NOT_MONEY)
    return int(fen)


def _say_money(fen: int) -> str:
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def _parse_date(text: str) -> dt.date:
    if len(text) == 10 and text[4] == text[7] == "-" and text.isascii():
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            raise BadValueError(NOT_DATE) from None
    word = _plain(text).removesuffix(" 00:00:00")
    found = _DATE.fullmatch(word)
    if found is None:
        serial = re.fullmatch(r"[2-6]\d{4}(\.0+)?", word)
        raise BadValueError(EXCEL_SERIAL if serial else NOT_DATE)
    try:
        return dt.date(*(int(g) for g in found.groups() if g is not None))
    except ValueError:
        raise BadValueError(NOT_DATE) from None


_YES = frozenset({"yes", "y", "true", "1", "是", "有", "√", "对"})
_NO = frozenset({"no", "n", "false", "0", "否", "无", "×", "不是", "没有"})


def _parse_flag(text: str) -> bool:
    word = text.lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise BadValueError(NOT_FLAG)


def _parse_quantity(text: str) -> Decimal:
    value = _decimal(text, NOT_QUANTITY)
    if value <= 0:
        raise BadValueError(NOT_QUANTITY)
    return value


def _parse_id_number(text: str) -> str:
    from stdnum.cn import ric
    from stdnum.exceptions import InvalidComponent

    word = _plain(text).upper()
    if _SCIENTIFIC.fullmatch(word):
        raise BadValueError(SPREADSHEET_NUMBER)
    if re.fullmatch(r"\d{17}[\dX]", word) and ric.calc_check_digit(word) == word[-1]:
        try:
            ric.get_birth_date(word)
        except InvalidComponent:
            raise BadValueError(BAD_ID_NUMBER) from None
        return word
    # A spreadsheet keeps fifteen digits of a number and fills up with zeros.
    mangled = re.fullmatch(r"\d{15}000(\.0)?", word)
    raise BadValueError(SPREADSHEET_NUMBER if mangled else BAD_ID_NUMBER)


def _parse_credit_code(text: str) -> str:
    from stdnum.cn import uscc
    from stdnum.exceptions import ValidationError

    try:
        return str(uscc.validate(_plain(text)))
    except ValidationError:
        raise BadValueError(BAD_CREDIT_CODE) from None


def _parse_phone(text: str) -> str:
    word = _plain(text)
    if _SCIENTIFIC.fullmatch(word):
        raise BadValueError(SPREADSHEET_NUMBER)
    digits = re.sub(r"[+\- ()]", "", word)
    if not (digits.isdigit() and 5 <= len(digits) <= 20):
        raise BadValueError(BAD_PHONE)
    return word


def _parse_tags(text: str) -> tuple[str, ...]:
    """Read ``a;b``, ``a；b`` or ``a、b`` as a sorted tuple; the word ``none`` or ``无`` is the empty one."""
    if text.lower() in {"none", "无"}:
        return ()
    words = {w.strip() for w in re.split(r"[;；、|]", text)}
    return tuple(sorted(_parse_id(w) for w in words if w))


def _say_tags(tags: tuple[str, ...]) -> str:
    return ";".join(tags) if tags else "none"


def _parse_clock(text: str) -> str:
    """Return ``09:30`` for ``9:30``, ``9：30`` or ``9点30分``: as text it sorts in time order."""
    found = _CLOCK.fullmatch(_plain(text))
    hours, minutes = (int(found[1]), int(found[2] or 0)) if found else (99, 0)
    if minutes > 59 or hours * 60 + minutes > DAY:
        raise BadValueError(NOT_CLOCK)
    return f"{hours:02d}:{minutes:02d}"


def _parse_instant(text: str) -> str:
    """Return the instant in UTC, ``2020-02-01T01:59:21.000000Z``: as text it sorts in time order."""
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        raise BadValueError(NOT_INSTANT) from None
    if instant.tzinfo is None:
        raise BadValueError(NOT_INSTANT)
    return say_instant(instant)


def say_instant(instant: dt.datetime) -> str:
    """Return an aware datetime as canonical UTC text with microseconds, so that texts sort by time."""
    utc = instant.astimezone(dt.UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="microseconds") + "Z"


def _parse_unit(text: str) -> str:
    from wushe.model.units import parse_unit

    if parse_unit(text) is None:
        raise BadValueError(NOT_UNIT)
    return text.strip()


IDENT = Kind("identifier", "object", _parse_id, (str,))
TEXT = Kind("text", "object", _parse_text, (str,))
INTEGER = Kind("integer", "int64", _parse_integer, (int,))
NUMBER = Kind("number", "float64", _parse_number, (float, int), repr)
MONEY = Kind("money", "int64", _parse_money, (int,), _say_money)
DATE = Kind("date", "date", _parse_date, (dt.date,), lambda d: str(d.isoformat()))
CLOCK = Kind("time of day", "object", _parse_clock, (str,))
FLAG = Kind(
    "flag",
    "flag",
    _parse_flag,
    (bool,),
    lambda b: "yes" if b else "no",
    labels={"yes": "是", "no": "否"},
)
INSTANT = Kind("instant", "object", _parse_instant, (str,))
QUANTITY = Kind("quantity", "int64", _parse_quantity, (int,))
UNIT = Kind("unit", "object", _parse_unit, (str,))
TAGS = Kind("tags", "object", _parse_tags, (tuple,), _say_tags)
ID_NUMBER = Kind("id number", "object", _parse_id_number, (str,))
CREDIT_CODE = Kind("credit code", "object", _parse_credit_code, (str,))
PHONE = Kind("phone", "object", _parse_phone, (str,))


def choice(codes: Mapping[str, str], aliases: Mapping[str, str] | None = None) -> Kind:
    """Return a kind whose values are the keys of `codes`; their Chinese labels are read as well.

    So are the words of `aliases`, which say the code that each stands for.
    """
    labels = {zh: code for code, zh in codes.items()}
    lookup = {**(aliases or {}), **labels, **{code: code for code in codes}}
    listed = ", ".join(f"{code} {zh}" for code, zh in codes.items())

    def parse(text: str) -> str:
        found = lookup.get(text) or lookup.get(text.lower())
        if found is None:
            raise BadValueError(NOT_CHOICE, choices=listed)
        return found

    return Kind("choice", "object", parse, (str,), labels=codes)


def choice_tags(codes: Mapping[str, str], aliases: Mapping[str, str] | None = None) -> Kind:
    """Return a kind of tags that must all be keys of `codes` (labels and `aliases` are read as well)."""
    one = choice(codes, aliases)

    def parse(text: str) -> tuple[str, ...]:
        return tuple(sorted({one.parse(tag) for tag in _parse_tags(text)}))

    return Kind("tags", "object", parse, (tuple,), _say_tags, codes)
