"""Spreadsheets get no formulas, file names no surprises."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wushe.render import safe_filename, to_csv
from wushe.render.sheet import cell

SIGNS = "=+-@\t\r＝＋－＠"


@given(st.text(), st.sampled_from(SIGNS), st.sampled_from(["", " ", "\u3000", "\ufeff", "\n"]))
def test_formulas_are_disarmed(rest: str, sign: str, before: str) -> None:
    """Text that begins with a formula sign, even behind spaces, is prefixed by an apostrophe."""
    text = before + sign + "x" + rest
    assert cell(text).startswith("'")


@given(st.one_of(st.integers(), st.decimals(allow_nan=False, allow_infinity=False, places=2)))
def test_numbers_stay_numbers(value: object) -> None:
    """Plain numbers, negative ones too, are left alone, as numbers and as text."""
    assert cell(value) == cell(str(value)) == str(value)


@pytest.mark.parametrize(
    "text",
    [
        "-1+1|cmd",  # begins like a number
        "+1(2)",
        "-",
        "-1.",
        "-１２",  # full-width digits are not what a spreadsheet reads as a number
        "=1",
    ],
)
def test_almost_numbers_are_disarmed(text: str) -> None:
    """What merely begins like a number is not one."""
    assert cell(text) == "'" + text


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2)))
def test_reads_back(rows: list[list[str]]) -> None:
    """Whatever is in the cells, a CSV reader finds the same rows and columns."""
    text = to_csv(["a", "b"], rows, bom=False)
    text.encode("utf-8")
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert read == [["a", "b"]] + [[cell(value) for value in row] for row in rows]


def test_bom_and_empty_cells() -> None:
    """The mark that makes spreadsheets read UTF-8 comes first; None is an empty cell."""
    assert to_csv(["姓名", "数"], [["李**", None]]) == "\ufeff姓名,数\r\n李**,\r\n"


def test_short_rows_are_refused() -> None:
    """A row of the wrong length is named."""
    with pytest.raises(ValueError, match="row 2: 1 cells; expected 2"):
        to_csv(["a", "b"], [[1, 2], [3]])


def test_header_is_data_too() -> None:
    """A column name is disarmed as any cell."""
    assert to_csv(["=x"], [], bom=False) == "'=x\r\n"


@given(st.text())
def test_file_names_are_safe(text: str) -> None:
    """No separator, no control or shell character, no hidden or reserved name, never too long."""
    name = safe_filename(text)
    assert name
    assert not set(name) & set("/\\:*?\"<>|%&;$`'!\0\n\r\t ")
    assert name[0] not in ".-="
    assert not name.endswith((".", " "))
    assert len(name.encode("utf-8")) <= 121
    assert safe_filename(name) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("../../etc/passwd", "etc_passwd"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("", "unnamed"),
        ("...", "unnamed"),
        ("水果湖 街道/一户一策", "水果湖_街道_一户一策"),
        ("=cmd|x", "cmd_x"),
    ],
)
def test_file_names(text: str, name: str) -> None:
    """Names stay readable."""
    assert safe_filename(text) == name
