"""Reading tables as people make them: encodings, separators, spreadsheets, JSON, old versions."""

import datetime as dt
import json
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city_files import CITY, PLUGINS, city, put, save, swap
from wushe import io
from wushe.errors import FormatVersionError, InputError, MissingExtraError, Problem
from wushe.io import sheets
from wushe.io.headings import known_headings
from wushe.io.suggest import Suggester
from wushe.io.values import exact_text, sheet_text
from wushe.model import RECORD_KINDS, Table

HOUSEHOLDS = "编号,户主姓名,住址\r\nH-1,赵爷爷,凤凰路1号\r\nH-2,钱奶奶,凤凰路2号\r\n"


def check(path: Path) -> list[tuple[str, int | None, str | None]]:
    """Return code, row and field of all problems."""
    return [(p.code, p.row, p.field) for p in io.check(path, plugins=PLUGINS)]


def read(path: Path, table: str = "households") -> Table:
    """Return one table of a city without mistakes."""
    return io.read(path, plugins=PLUGINS).tables[table]


def folder(tmp_path: Path, **files: str | bytes) -> Path:
    """Return a folder with one CSV file per argument."""
    contents = {
        f"{name}.csv": c if isinstance(c, bytes) else c.encode() for name, c in files.items()
    }
    return save(contents, tmp_path / "city")


def test_the_whole_city_is_read(tmp_path: Path) -> None:
    """Every table is there with its rows, and a record says what its row said."""
    network = io.read(save(city(), tmp_path / "city"), plugins=PLUGINS)
    assert {name: len(table) for name, table in network.tables.items() if len(table)} == {
        name.removesuffix(".csv"): text.count("\n") - 1 for name, text in CITY.items()
    }
    home = network.tables["households"].record(0)
    assert (home.id, home.target_groups, home.income_month_fen, home.referral_consent) == (
        "H-1",
        ("lone_elder",),
        120050,
        True,
    )
    need = network.tables["needs"].record(0)
    assert (need.category, need.quantity, need.unit, need.urgency, need.due) == (
        "meals",
        30,
        "次",
        "emergency",
        dt.date(2025, 9, 30),
    )


def test_rows_remember_where_they_stood(tmp_path: Path) -> None:
    """Rows are sorted by id; file and spreadsheet row stay with them, comments and blanks counted."""
    table = read(folder(tmp_path, households="# 说明\nid\n\nH-2\n# x, y\nH-1\n"))
    assert list(table.ids) == ["H-1", "H-2"]
    assert table.rows.tolist() == [6, 4]
    assert table.source == "households.csv"


# --- encodings and separators ------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "，"])
def test_the_usual_encodings_and_separators(tmp_path: Path, encoding: str, separator: str) -> None:
    """What spreadsheets on Chinese and other machines export is read without being told."""
    text = HOUSEHOLDS.replace(",", separator)
    table = read(folder(tmp_path, households=text.encode(encoding)))
    assert list(table["name"]) == ["赵爷爷", "钱奶奶"]
    assert list(table["address"]) == ["凤凰路1号", "凤凰路2号"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end(tmp_path: Path, end: str) -> None:
    """Files of any system have the same rows."""
    assert read(folder(tmp_path, households=HOUSEHOLDS.replace("\r\n", end))).rows.tolist() == [
        2,
        3,
    ]


def test_separators_inside_quotes_are_text(tmp_path: Path) -> None:
    """Commas, quotation marks and line breaks in a quoted cell belong to it; one cell, one row."""
    text = 'id,note\nH-1,"a, ""b""\nc"\nH-2,x\n'
    table = read(folder(tmp_path, households=text))
    assert table["note"][0] == 'a, "b"\nc'
    assert table.rows.tolist() == [2, 3]


def test_the_hint_of_a_spreadsheet_is_skipped(tmp_path: Path) -> None:
    """Some spreadsheets write ``sep=;`` above the heading."""
    assert len(read(folder(tmp_path, households="sep=;\nid;name\nH-1;甲\n"))) == 1


def test_a_character_across_a_block_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is looked at in blocks: a character cut in two by one is no mistake, a bad byte is found."""
    from wushe.io import csvfiles

    monkeypatch.setattr(csvfiles, "_BLOCK", 7)
    good = "id,note\nH-1,社工站社工站社工站社工站\n".encode()
    path = folder(tmp_path, households=good)
    assert check(path) == []
    (path / "households.csv").write_bytes(good + b"\xe7\xff")
    (found,) = io.check(path, plugins=PLUGINS)
    assert f"byte {len(good)} " in found.say("en")


@given(
    text=st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=40)
)
def test_chinese_text_is_never_read_in_the_wrong_encoding(tmp_path_factory: Any, text: str) -> None:
    """The same text comes out of UTF-8 and of GB18030, whatever it is."""
    for encoding in ("utf-8", "gb18030"):
        path = tmp_path_factory.mktemp("city")
        content = f"编号,备注\nH-1,{text}\n".encode(encoding)
        assert read(save({"households.csv": content}, path))["note"][0] == text


# --- names and headings ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["households.csv", "Households.CSV", "家庭.csv", "家庭.tsv"])
def test_files_are_named_in_either_language(tmp_path: Path, name: str) -> None:
    """A file is named after its table."""
    assert len(read(save({name: HOUSEHOLDS.encode()}, tmp_path / "city"))) == 2


def test_headings_mix_languages_and_forms(tmp_path: Path) -> None:
    """English and Chinese, upper case, spaces and full-width brackets: all the same heading."""
    table = read(
        folder(tmp_path, households="ID,户主姓名, 月可计收入（元） ,TARGET_GROUPS\nH-1,甲,12,\n")
    )
    assert table["income_month_fen"].tolist() == [1200]


def test_no_two_headings_of_a_table_are_alike() -> None:
    """English or Chinese, a heading means one field."""
    for kind in RECORD_KINDS.values():
        for version, per_field in ((1, 3), (2, 2)):
            known = known_headings(kind.name, version, typed=False)
            names = {h for f in kind.fields for h in (f.heading, f.zh)}
            assert len(names) == 2 * len(kind.fields)
            assert len(known) <= per_field * len(kind.fields)


def test_other_files_are_nobodys_mistake(tmp_path: Path) -> None:
    """A README, a page, a hidden file, a spreadsheet's lock and a folder are left alone."""
    files = city()
    for name in ("README.md", "plan.html", ".needs.csv.swp", ".hidden.csv", "~$needs.xlsx"):
        put(name, "x")(files)
    path = save(files, tmp_path / "city")
    (path / "old").mkdir()
    assert check(path) == []


# --- cells -------------------------------------------------------------------------------------


def _need(tmp_path: Path, columns: str, cells: str) -> Any:
    text = f"id,category,institution,{columns}\nN-1,care,I-1,{cells}\n"
    files = {"needs.csv": text.encode(), "institutions.csv": b"id,name\nI-1,x\n"}
    return read(save(files, tmp_path / "city"), "needs").record(0)


@pytest.mark.parametrize(
    ("written", "unit", "quantity", "kept"),
    [
        ("2", "小时", 2, "小时"),  # whole: as written
        ("2.0", "小时", 2, "小时"),  # whole in other words
        ("1.5", "小时", 90, "minute"),  # a fraction goes exactly into the base unit
        ("１．５", "hour", 90, "minute"),  # full-width digits
        ("0.05", "hour", 3, "minute"),
        ("1,200", "分钟", 1200, "分钟"),  # thousands
    ],
)
def test_quantities_become_whole(
    tmp_path: Path, written: str, unit: str, quantity: int, kept: str
) -> None:
    """A quantity is a whole number of some unit, without rounding."""
    need = _need(tmp_path, "quantity,unit", f'"{written}",{unit}')
    assert (need.quantity, need.unit) == (quantity, kept)


def test_the_limit_per_need_follows_its_unit(tmp_path: Path) -> None:
    """Where a quantity goes into the base unit, what counts in the same unit goes with it."""
    files = {
        "volunteers.csv": b"id,name,place\nV-1,x,1\n",
        "places.csv": b"id,name,level\n1,x,grid\n",
        "offers.csv": "id,provider,categories,quantity,unit,per_need\nF-1,V-1,care,7.5,小时,2\n".encode(),
    }
    offer = read(save(files, tmp_path / "city"), "offers").record(0)
    assert (offer.quantity, offer.unit, offer.per_need) == (450, "minute", 120)


def test_names_of_categories_become_ids(tmp_path: Path) -> None:
    """Chinese and English names and ids mix in one cell; the same one twice counts once."""
    files = city()
    swap("offers.csv", "meals", "送餐;meals")(files)
    swap("resources.csv", "masks", "face masks")(files)
    network = io.read(save(files, tmp_path / "city"), plugins=PLUGINS)
    assert network.tables["offers"]["categories"][0] == ("meals",)
    assert network.tables["resources"]["categories"][0] == ("masks",)


def test_an_ambiguous_name_is_not_guessed(tmp_path: Path) -> None:
    """A name that two categories share is no name of either."""
    from types import SimpleNamespace

    twin = {**PLUGINS.categories, "meals2": PLUGINS.categories["meals"]}
    plugins: Any = SimpleNamespace(
        categories=twin, target_groups=PLUGINS.target_groups, versions=()
    )
    found = io.check(save(city(), tmp_path / "city"), plugins=plugins)
    assert [(p.code, p.value) for p in found] == [("unknown-category", "送餐")]


def test_empty_and_none_differ(tmp_path: Path) -> None:
    """Empty is unknown; 无 is the certainty that there are none; blanks are empty."""
    text = "id,target_groups,members_count\nH-1,,\nH-2,无,  \nH-3,独居老人；留守儿童,3\n"
    table = read(folder(tmp_path, households=text))
    assert list(table["target_groups"]) == [None, (), ("left_behind", "lone_elder")]
    assert table.known("members_count").tolist() == [False, False, True]


def test_parents_left_empty_stay_as_written(tmp_path: Path) -> None:
    """The network derives them from the codes; the table keeps what the file said."""
    network = io.read(save(city(), tmp_path / "city"), plugins=PLUGINS)
    places = network.tables["places"]
    assert list(places["parent"]) == [None, "4201", None, None]
    assert network.places.parent.tolist() == [-1, 0, 1, 2]


def test_chunks_make_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table read in chunks of two rows is the same table, problems included."""
    files = city()
    swap("needs.csv", "1.5,小时", "1.5,坨")(files)
    path = save(files, tmp_path / "city")
    whole = io.check(path, plugins=PLUGINS)
    monkeypatch.setattr(sheets, "CHUNK_ROWS", 2)
    assert io.check(path, plugins=PLUGINS) == whole
    assert len(whole) == 1


# --- spreadsheets ------------------------------------------------------------------------------


def _workbook(path: Path, **sheets_: list[list[Any]]) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets_.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    path.parent.mkdir(exist_ok=True)
    book.save(path)
    return path


def test_a_workbook_with_a_sheet_per_table(tmp_path: Path) -> None:
    """One .xlsx holds the whole city; numbers, dates and empty cells are read as they look."""
    path = _workbook(
        tmp_path / "city.xlsx",
        places=[["id", "name", "level"], [420106001002.0, "凤凰社区", "社区村"]],
        家庭=[
            ["编号", "所在地区", "申请日期", "月可计收入(元)", "备注"],
            [12.0, 420106001002, dt.date(2025, 9, 1), 1200.1, None],
        ],
        Sheet3=[],
    )
    home = read(path).record(0)
    assert (home.id, home.place, home.applied_on, home.income_month_fen) == (
        "12",
        "420106001002",
        dt.date(2025, 9, 1),
        120010,
    )


def test_a_workbook_among_csv_files(tmp_path: Path) -> None:
    """A table may be an .xlsx beside others in CSV; a single sheet needs no name."""
    path = folder(tmp_path, places="id,name,level\n1,x,grid\n")
    _workbook(path / "家庭.xlsx", Sheet1=[["id", "place"], ["H-1", 1]])
    assert read(path)["place"][0] == "1"


def _spoilt(change: Callable[[Any], None]) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        import openpyxl

        _workbook(
            path, households=[["id", "name", "members_count"], ["H-1", "甲", 3], ["H-2", "乙", 4]]
        )
        book = openpyxl.load_workbook(path)
        change(book["households"])
        book.save(path)
        return path

    return make


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda s: s.__setitem__("C3", "=1+1"), ("formula-without-value", 3, "members_count")),  # never calculated
        (lambda s: s.merge_cells("B2:B3"), ("merged-cells", 2, None)),  # one name for two rows
        (lambda s: s.__setitem__("C2", "#DIV/0!"), ("spreadsheet-error", 2, "members_count")),  # failed formula
        (lambda s: s.__setitem__("A2", 420106194901011230), ("spreadsheet-number", 2, "id")),  # 18 digits, 15 kept
        (lambda s: s.__setitem__("D2", "x"), ("too-many-cells", 2, None)),  # a note beside the table
        (lambda s: s.__setitem__("C2", dt.date(2025, 9, 1)), ("not-an-integer", 2, "members_count")),  # turned into a date
        (lambda s: s.__setitem__("D1", "人数"), ("unknown-column", 1, "人数")),  # a column of one's own
    ],
)  # fmt: skip
def test_mistakes_of_spreadsheets(
    tmp_path: Path, change: Callable[[Any], None], expected: tuple[str, int, str | None]
) -> None:
    """What only spreadsheets do wrong is named, with the row that the spreadsheet shows."""
    assert check(_spoilt(change)(tmp_path / "city.xlsx")) == [expected]


def test_a_formula_with_a_saved_result_is_its_result(tmp_path: Path) -> None:
    """A workbook that a spreadsheet has saved holds results beside formulas."""
    import re
    import zipfile

    made = _spoilt(lambda s: s.__setitem__("C3", "=1+1"))(tmp_path / "made.xlsx")
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(tmp_path / "city.xlsx", "w") as target:
        for item in source.infolist():
            content = source.read(item)
            if item.filename.startswith("xl/worksheets/"):
                content = re.sub(
                    rb"<f>1\+1</f><v */>|<f>1\+1</f><v></v>", b"<f>1+1</f><v>2</v>", content
                )
            target.writestr(item, content)
    assert read(tmp_path / "city.xlsx")["members_count"].tolist() == [3, 2]


def test_a_sheet_of_another_name_is_named(tmp_path: Path) -> None:
    """A sheet that is no table is not skipped in silence."""
    path = _workbook(
        tmp_path / "city.xlsx", household=[["id"], ["H-1"]], places=[["id", "name", "level"]]
    )
    (found,) = io.check(path, plugins=PLUGINS)
    assert (found.code, found.value) == ("unknown-sheet", "household")
    assert "households" in found.say("zh")


def test_several_unnamed_sheets_are_not_guessed(tmp_path: Path) -> None:
    """needs.xlsx with two sheets, none of them called needs: which one is meant is not guessed."""
    path = tmp_path / "city"
    _workbook(path / "households.xlsx", 一月=[["id"], ["H-1"]], 二月=[["id"], ["H-2"]])
    assert check(path) == [("unknown-sheet", None, None)]


def test_an_empty_workbook_is_empty(tmp_path: Path) -> None:
    """A workbook without a cell is no table."""
    assert check(_workbook(tmp_path / "city.xlsx", Sheet1=[])) == [("empty-file", None, None)]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12.0, "12"),
        (0.1 + 0.2, "0.3"),
        (True, "yes"),
        (1.1e17, "1.10000000000000E+17"),
        (None, ""),
        (-3, "-3"),
    ],
)
def test_numbers_are_read_as_a_spreadsheet_shows_them(value: Any, text: str) -> None:
    """Spreadsheets keep 15 digits: more of them are noise in one case, lost in the other."""
    assert sheet_text(value) == text


def test_a_table_cut_off_by_a_spreadsheet_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exactly as many rows as a spreadsheet can hold means that the rest is lost."""
    monkeypatch.setattr(sheets, "SPREADSHEET_ROWS", 3)
    assert check(folder(tmp_path, households="id\nH-1\nH-2\n")) == [
        ("spreadsheet-limit", None, None)
    ]


@pytest.mark.parametrize(
    ("name", "module"), [("households.xlsx", "openpyxl"), ("households.parquet", "pyarrow")]
)
def test_a_missing_extra_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: str
) -> None:
    """Without the extra, the message names it."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r'pip install "wushe\[frames\]"'):
        io.check(save({name: b"x"}, tmp_path / "city"), plugins=PLUGINS)


# --- Parquet and JSON --------------------------------------------------------------------------


def test_parquet_made_by_pandas(tmp_path: Path) -> None:
    """Floats for whole numbers, NaN for unknown, timestamps for dates: as data frames have them."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "id": ["H-1", "H-2"],
            "members_count": [3.0, np.nan],
            "income_month_fen": [120050, 0],
            "applied_on": pandas.to_datetime(["2025-09-01", None]),
            "referral_consent": [True, None],
            "target_groups": [["lone_elder"], []],
        }
    )
    path = save({}, tmp_path / "city")
    frame.to_parquet(path / "households.parquet")
    first, second = read(path).records()
    assert (first.members_count, first.income_month_fen, first.applied_on) == (
        3,
        120050,
        dt.date(2025, 9, 1),
    )
    assert (first.referral_consent, first.target_groups) == (True, ("lone_elder",))
    assert (
        second.members_count,
        second.applied_on,
        second.referral_consent,
        second.target_groups,
    ) == (None, None, None, ())


def _json(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "city.json"
    path.write_text(
        content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), "utf-8"
    )
    return path


def test_a_json_city(tmp_path: Path) -> None:
    """Tables by English or Chinese name; facts that are left out are unknown."""
    content = {
        "wushe": 2,
        "tables": {
            "家庭": [{"id": "H-1", "target_groups": [], "income_month_fen": 5}, {"id": "H-2"}],
            "needs": [],
        },
    }
    first, second = read(_json(tmp_path, content)).records()
    assert (first.target_groups, first.income_month_fen) == ((), 5)
    assert second.target_groups is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"wushe": 2,', ("bad-json", None, None)),  # breaks off
        ("[" * 100_000, ("bad-json", None, None)),  # nested without end
        ([], ("bad-layout", None, None)),  # a list
        ({"needs": []}, ("bad-layout", None, None)),  # tables at the top
        ({"tables": {"needs": {}}}, ("bad-layout", None, "needs")),  # a table that is no list
        ({"tables": {"need": []}}, ("unknown-table", None, None)),  # misspelled
        ({"tables": {"households": ["H-1"]}}, ("not-a-value", 1, None)),  # a record that is no object
        ({"tables": {"households": [{"id": "H-1", "name": {"first": "x"}}]}}, ("not-a-value", 1, "name")),  # nested
        ({"tables": {"households": [{"id": "H-1", "target_groups": [1]}]}}, ("not-a-value", 1, "target_groups")),  # tags
        ({"tables": {"households": [{"id": "H-1"}, {"id": "H-2", "applied_on": "2025-02-30"}]}}, ("bad-date", 2, "applied_on")),
        ({"tables": {"households": [{"id": "H-1"}, {"name": "x"}]}}, ("missing-value", 2, "id")),  # without its id
        ({"tables": {"households": [{"id": "H-1", "color": "red"}]}}, ("unknown-column", None, "color")),  # unknown field
        ({"wushe": 3, "tables": {}}, ("newer-format", None, "wushe")),
        ({"wushe": True, "tables": {}}, ("bad-format-version", None, "wushe")),
    ],
)  # fmt: skip
def test_mistakes_in_json(
    tmp_path: Path, content: Any, expected: tuple[str, int | None, str | None]
) -> None:
    """Problems in JSON name table, record (counted from 1) and field."""
    assert check(_json(tmp_path, content)) == [expected]


def test_json_problems_name_their_table(tmp_path: Path) -> None:
    """The file's name alone would not do."""
    (found,) = io.check(
        _json(tmp_path, {"tables": {"households": [{"id": "H 1"}]}}), plugins=PLUGINS
    )
    assert found.file == "city.json [households]"


@pytest.mark.parametrize("value", [0.1 + 0.2, 114.30000000000001, 10**17, 3.0, False, "", " x "])
def test_typed_values_keep_every_digit(value: Any) -> None:
    """JSON and Parquet are exact: nothing is rounded to what a spreadsheet shows."""
    text = exact_text(value)
    assert text == ("no" if value is False else value if isinstance(value, str) else text)
    if not isinstance(value, (bool, str)):
        assert float(text) == value


# --- versions ----------------------------------------------------------------------------------

VERSION_1 = {
    "datapackage.json": json.dumps({"wushe:format": 1}),
    "places.csv": "id,name,level\n420106001002,凤凰社区,community\n",
    "organizations.csv": "id,name,kind,community\nO-1,为老服务中心,social_organization,420106001002\n",
    "stations.csv": "id,name,community,operator,contract_fen\nS-1,社工站,420106001002,O-1,20000000\n",
    "households.csv": "编号,户主姓名,community,income_month_fen\nH-1,赵爷爷,420106001002,120050\n",
}


def test_version_1_is_migrated(tmp_path: Path) -> None:
    """Its money is whole fen in ``*_fen``, its places are called ``community``; nothing else differs."""
    path = save({name: text.encode() for name, text in VERSION_1.items()}, tmp_path / "old")
    network = io.read(path, plugins=PLUGINS)
    station, home = network.tables["stations"].record(0), network.tables["households"].record(0)
    assert (station.place, station.contract_fen) == ("420106001002", 20_000_000)
    assert (home.place, home.income_month_fen) == ("420106001002", 120_050)
    again = io.read(io.write(network, tmp_path / "new"), plugins=PLUGINS)
    assert list(again.tables["stations"].records()) == [station]
    assert (
        json.loads((tmp_path / "new" / "datapackage.json").read_text("utf-8"))["wushe:format"] == 2
    )


def test_mistakes_in_version_1_are_told_in_its_words(tmp_path: Path) -> None:
    """Yuan in a column of fen would be a hundred times too little: it is refused, not guessed."""
    files = {
        **VERSION_1,
        "stations.csv": VERSION_1["stations.csv"].replace("20000000", "200000.50"),
    }
    path = save({name: text.encode() for name, text in files.items()}, tmp_path / "old")
    assert check(path) == [("not-an-integer", 2, "contract_fen")]


def test_without_a_version_it_is_todays(tmp_path: Path) -> None:
    """A folder without a package, or with one of another maker, is read as of today."""
    path = folder(tmp_path, households=HOUSEHOLDS)
    assert check(path) == []
    (path / "datapackage.json").write_text('{"name": "other"}')
    assert check(path) == []


@pytest.mark.parametrize(
    "make", [lambda p: folder(p, households="id\n") / "datapackage.json", lambda p: p / "city.json"]
)
def test_a_newer_format_is_refused(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    """The message says which version is read and to upgrade, and nothing else is tried."""
    file = make(tmp_path)
    file.write_text(
        '{"wushe:format": 3}' if "package" in file.name else '{"wushe": 3, "tables": 0}'
    )
    with pytest.raises(FormatVersionError, match=r"(?s)升级.*upgrade") as caught:
        io.read(file.parent if "package" in file.name else file, plugins=PLUGINS)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


# --- paths -------------------------------------------------------------------------------------


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """A misspelled path is one clear problem."""
    with pytest.raises(InputError) as caught:
        io.read(tmp_path / "wuhcang", plugins=PLUGINS)
    (found,) = caught.value.problems
    assert (found.code, found.file) == ("no-such-path", str(tmp_path / "wuhcang"))
    assert "wushe init" in found.say("zh")


@pytest.mark.parametrize(
    ("name", "code"),
    [("needs.csv", "not-a-city"), ("city.zip", "not-a-city"), ("empty/", "no-tables")],
)
def test_paths_that_hold_no_city(tmp_path: Path, name: str, code: str) -> None:
    """A single CSV, an archive, an empty folder: each is told what would do."""
    path = tmp_path / name
    path.mkdir() if name.endswith("/") else path.write_bytes(b"x")
    assert check(path) == [(code, None, None)]


def test_a_folder_in_place_of_a_file_is_said(tmp_path: Path) -> None:
    """What the system refuses to read is a problem with the system's reason, not a traceback."""
    path = folder(tmp_path, households=HOUSEHOLDS)
    (path / "needs.csv").mkdir()
    (found,) = io.check(path, plugins=PLUGINS)
    assert (found.code, found.file) == ("unreadable-path", "needs.csv")
    assert "directory" in found.say("en")


@pytest.mark.parametrize("refused", ["open", "iterdir"])
def test_a_path_without_permission_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    """The same for files and folders that may not be read."""
    path = folder(tmp_path, households=HOUSEHOLDS)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, refused, refuse)
    (found,) = io.check(path, plugins=PLUGINS)
    assert found.code == "unreadable-path"
    assert "Permission denied" in found.say("en")


# --- suggestions -------------------------------------------------------------------------------


def test_suggestions_end(tmp_path: Path) -> None:
    """Only so many words are looked up among a million candidates; the same word is answered again."""
    suggester = Suggester([f"H-{n:06d}" for n in range(200_000)])
    assert "H-000123" in suggester.close("H-000123x").en
    answers = [suggester.close(f"H-00{n}x").en for n in range(100)]
    assert sum(bool(answer) for answer in answers) < 20
    assert "H-000123" in suggester.close("H-000123x").en


def test_suggestions_do_not_depend_on_order() -> None:
    """The order of candidates changes nothing."""
    words = ["meals", "meal", "mealy", "metals"]
    assert Suggester(words).close("meels") == Suggester(words[::-1]).close("meels")


def test_problems_pickle(tmp_path: Path) -> None:
    """Problems travel between processes as they are."""
    files = city()
    swap("needs.csv", "急难", "火急")(files)
    found: tuple[Problem, ...] = io.check(save(files, tmp_path / "city"), plugins=PLUGINS)
    assert pickle.loads(pickle.dumps(found)) == found
