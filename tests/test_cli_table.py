"""A CSV file given to a command: encodings, headings, and every mistake by row and column."""

from pathlib import Path

import pytest

from wushe.cli.table import Row, read_table
from wushe.errors import InputError
from wushe.model.kinds import DATE, IDENT, MONEY, TAGS

COLUMNS = {"fund": IDENT, "yuan": MONEY, "day": DATE, "donor": IDENT, "purposes": TAGS}
NAMES = {"fund": "基金", "yuan": "金额(元)", "donor": "捐赠人"}


def read(folder: Path, content: str | bytes) -> list[Row]:
    """Return the rows of a table of gifts with this content."""
    path = folder / "g.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_table(path, COLUMNS, NAMES, ("fund", "yuan"))


def refused(folder: Path, content: str | bytes) -> set[tuple[int | None, str | None, str]]:
    """Return row, column and code of each mistake."""
    with pytest.raises(InputError) as caught:
        read(folder, content)
    assert {p.file for p in caught.value.problems} == {"g.csv"}
    return {(p.row, p.field, p.code) for p in caught.value.problems}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("heading", ["fund,yuan", "基金,金额(元)", "基金,金额（元）"])
def test_any_usual_encoding_separator_and_heading(
    encoding: str, separator: str, heading: str, tmp_path: Path
) -> None:
    """What people's programs write is read: both languages, full-width digits and brackets."""
    text = f"{heading}\nF-1,１２.50\n".replace(",", separator)
    assert read(tmp_path, text.encode(encoding)) == [Row(2, {"fund": "F-1", "yuan": 1250})]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", {(1, "fund", "sheet-column-missing"), (1, "yuan", "sheet-column-missing")}),
        ("fund,yuan\n", {(None, None, "sheet-empty")}),
        ("fund,yuan,gift\nF-1,1,\n", {(1, "gift", "sheet-column-unknown")}),
        ("fund,yuan,金额(元)\nF-1,1,2\n", {(1, "金额(元)", "column-twice")}),
        # 12,5 without quotes would be 12 yuan
        ("fund,yuan\nF-1,12,5\n", {(2, None, "too-many-cells")}),
        ('fund,yuan\n"F-1,12\n', {(2, None, "broken-quotes")}),
        ("fund,yuan\nF-1," + "9" * 140_000, {(2, None, "cell-too-long")}),
        (b"fund,yuan\nF-1,\0\n", {(None, None, "nul-bytes")}),
        (b"fund,yuan\nF-1,\xff\xff\n", {(None, None, "unreadable-encoding")}),
        ("fund,yuan\n\nF-1,=1+1\n,3\n", {(3, "yuan", "bad-money"), (4, "fund", "sheet-cell-empty")}),
    ],
    ids=["empty", "no-rows", "unknown", "twice", "extra", "quotes", "huge", "nul", "bytes", "cells"],
)  # fmt: skip
def test_mistakes_are_named(
    content: str | bytes, expected: set[tuple[int | None, str | None, str]], tmp_path: Path
) -> None:
    """Nothing is read past a mistake, and none ends in a traceback."""
    assert refused(tmp_path, content) == expected


@pytest.mark.parametrize(
    "row",
    [
        "F-1,5,,42010619800101123X",  # an ID number for an id
        "F-1,5,,13912345678",
        "F-1,5,,祕李 王",
        "F-1,祕李王,,D-1",  # cells that have moved
        "F-1,5,13912345678,D-1",
    ],
)
def test_no_mistake_repeats_what_may_be_personal(row: str, tmp_path: Path) -> None:
    """Names and numbers of persons are refused where ids belong, and are not in the message."""
    with pytest.raises(InputError) as caught:
        read(tmp_path, f"fund,yuan,day,donor\n{row}\n")
    said = caught.value.say("zh") + str(caught.value) + repr(caught.value)
    assert not any(secret in said for secret in ("李", "1391234", "4201061980"))


def test_a_table_without_a_heading_is_not_repeated(tmp_path: Path) -> None:
    """Its first row is of persons: only what is missing is said."""
    with pytest.raises(InputError) as caught:
        read(tmp_path, "祕李王,13912345678,500\n")
    said = caught.value.say("zh") + str(caught.value)
    assert "李" not in said
    assert "1391234" not in said
    assert {p.code for p in caught.value.problems} == {"sheet-column-missing"}
