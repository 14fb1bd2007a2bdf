"""Writing a city and reading it again: nothing lost, nothing half-written, nothing dangerous."""

import csv
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings

from conftest import campaign
from strategies import CATEGORIES, TARGET_GROUPS, cities
from wushe import io
from wushe.errors import InputError
from wushe.io import folder, writing
from wushe.io.cells import guard, unguard
from wushe.io.jsonfile import write_json
from wushe.model import RECORD_KINDS, Household, Place, Table, kinds, table_of, to_json

PLUGINS: Any = SimpleNamespace(categories=CATEGORIES, target_groups=TARGET_GROUPS, versions=())
HOUSEHOLD = Household(id="H-1", name="李爷爷", income_month_fen=-1250, target_groups=())


def read_tables(path: Path) -> dict[str, Table]:
    """Return the tables of a city that must have no mistakes."""
    city = folder._read(path, PLUGINS)
    assert [problem.say("en") for problem in city.problems] == []
    return {name: draft.table() for name, draft in city.drafts.items()}


def assert_same(written: Mapping[str, Table], read: Mapping[str, Table]) -> None:
    """Every record came back, equal to what was written."""
    for name in RECORD_KINDS:
        ours = list(written[name].records()) if name in written else []
        theirs = list(read[name].records()) if name in read else []
        assert ours == theirs


# --- without loss --------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
@settings(max_examples=campaign(tests=12, ci=80, soak=1000))
@given(tables=cities())
def test_a_city_comes_back_as_it_was_written(form: Any, tables: dict[str, Table]) -> None:
    """Any valid city survives each format: every record kind, every field, unknown facts too."""
    with tempfile.TemporaryDirectory() as name:
        path = io.write(
            tables, Path(name) / ("city.json" if form == "json" else "city"), format=form
        )
        assert_same(tables, read_tables(path))


def test_a_network_is_written_like_its_tables(tmp_path: Path) -> None:
    """A network can be written and read as a whole, also into a second format."""
    tables = {"households": table_of("households", [HOUSEHOLD])}
    network = io.read(io.write(tables, tmp_path / "first"), plugins=PLUGINS)
    again = io.read(io.write(network, tmp_path / "second.json", format="json"), plugins=PLUGINS)
    assert list(again.tables["households"].records()) == [HOUSEHOLD]


def test_unknown_and_certainly_none_stay_apart(tmp_path: Path) -> None:
    """No target groups and unknown target groups are two facts, in a file as well."""
    known, unknown = Household(id="a", target_groups=()), Household(id="b")
    io.write({"households": table_of("households", [known, unknown])}, tmp_path / "city")
    column = read_tables(tmp_path / "city")["households"]["target_groups"]
    assert list(column) == [(), None]


def test_json_objects_are_those_of_to_json(tmp_path: Path) -> None:
    """A record reads the same in the city's JSON file and from `to_json`."""
    with (tmp_path / "city.json").open("w+", encoding="utf-8") as stream:
        write_json({"households": table_of("households", [HOUSEHOLD])}, stream)
        stream.seek(0)
        content = json.load(stream)
    assert content == {
        "wushe": io.FORMAT_VERSION,
        "tables": {"households": [json.loads(to_json(HOUSEHOLD))]},
    }


def test_same_tables_make_the_same_bytes(tmp_path: Path) -> None:
    """Records in another order make the same files."""
    homes = [Household(id="a", name="甲"), Household(id="b")]
    first = io.write({"households": table_of("households", homes)}, tmp_path / "1")
    second = io.write({"households": table_of("households", homes[::-1])}, tmp_path / "2")
    for file in first.iterdir():
        assert file.read_bytes() == (second / file.name).read_bytes()


# --- inert in a spreadsheet ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "#N/A", "＝1", "'=1", "''@a"]
)
def test_formula_like_text_is_guarded(text: str) -> None:
    """What a spreadsheet would run, or a reader would skip, gets an apostrophe, and loses it again."""
    assert guard(text) == "'" + text
    assert unguard(guard(text)) == text


@pytest.mark.parametrize("text", ["", "李四", "'s Gravenhage", "'", "1+1", "a=b"])
def test_other_text_is_left_alone(text: str) -> None:
    """An ordinary apostrophe is no guard."""
    assert guard(text) == text
    assert unguard(text) == text


def test_no_cell_of_a_written_file_is_a_formula(tmp_path: Path) -> None:
    """A name that is a formula is inert in the CSV file; negative money stays a number."""
    home = Household(
        id="=H", name="=HYPERLINK(1)", note="@x", income_month_fen=-5, phone="+8610000"
    )
    io.write({"households": table_of("households", [home])}, tmp_path / "city")
    with (tmp_path / "city" / "households.csv").open(encoding="utf-8-sig", newline="") as stream:
        heading, row = csv.reader(stream)
    texts = dict(zip(heading, row, strict=True))
    assert texts.pop("income_month_yuan") == "-0.05"
    assert not [
        text for text in texts.values() if text.startswith(("=", "+", "-", "@", "\t", "\r"))
    ]


# --- never half-written --------------------------------------------------------------------------


def _tables(name: str) -> dict[str, Table]:
    return {"households": table_of("households", [Household(id="H-1", name=name)])}


@pytest.mark.parametrize("form", ["csv", "json"])
def test_what_is_there_is_not_overwritten(tmp_path: Path, form: Any) -> None:
    """A path that holds something is refused, unless asked for; the old content stays."""
    path = io.write(_tables("first"), tmp_path / "city", format=form)
    with pytest.raises(InputError) as caught:
        io.write(_tables("second"), path, format=form)
    assert [problem.code for problem in caught.value.problems] == ["not-empty"]
    io.write(_tables("second"), path, format=form, overwrite=True)
    written = path / "households.csv" if form == "csv" else path
    assert "second" in written.read_text("utf-8")
    assert [file.name for file in tmp_path.iterdir()] == ["city"]


def test_overwriting_replaces_tables_and_keeps_the_rest(tmp_path: Path) -> None:
    """Tables of another format and stale tables go; a plan or notes in the folder stay."""
    city = tmp_path / "city"
    io.write(
        {**_tables("x"), "places": table_of("places", [Place(id="1", name="a", level="grid")])},
        city,
    )
    (city / "plan.html").write_text("kept")
    io.write(_tables("y"), city, format="parquet", overwrite=True)
    assert sorted(file.name for file in city.iterdir()) == [
        "datapackage.json",
        "households.parquet",
        "plan.html",
    ]


def test_a_failure_while_writing_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk half-way leaves the old folder as it was, and no litter beside it."""
    city = io.write(_tables("first"), tmp_path / "city")
    before = {file.name: file.read_bytes() for file in city.iterdir()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "_write_package", full)
    with pytest.raises(InputError, match="No space left"):
        io.write(_tables("second"), city, overwrite=True)
    assert {file.name: file.read_bytes() for file in city.iterdir()} == before
    assert [file.name for file in tmp_path.iterdir()] == ["city"]


def test_a_failure_while_moving_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one file cannot be put in place (open in a spreadsheet), all old ones come back."""
    city = io.write(
        {**_tables("x"), "places": table_of("places", [Place(id="1", name="a", level="grid")])},
        tmp_path / "city",
    )
    before = {file.name: file.read_bytes() for file in city.iterdir()}
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self.parent.name.endswith(".part") and self.name == "households.csv":
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(InputError, match="Permission denied"):
        io.write(_tables("y"), city, overwrite=True)
    assert {file.name: file.read_bytes() for file in city.iterdir()} == before


def test_an_existing_empty_folder_is_filled_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`wushe init .` must not pull the working directory from under the user."""
    monkeypatch.chdir(tmp_path)
    inode = tmp_path.stat().st_ino
    io.init(".")
    assert Path("needs.csv").is_file()
    assert tmp_path.stat().st_ino == inode


def test_an_unknown_format_is_named() -> None:
    """A misspelled format says which there are."""
    with pytest.raises(ValueError, match=r"'cvs'.*'csv', 'json' or 'parquet'"):
        io.write({}, "x", format="cvs")  # type: ignore[arg-type]


# --- the empty folder ----------------------------------------------------------------------------


def test_init_makes_a_folder_that_reads_without_a_problem(tmp_path: Path) -> None:
    """Every table is there, explained, and empty; a package and a README stand beside them."""
    city = io.init(tmp_path / "new")
    assert io.check(city, plugins=PLUGINS) == ()
    assert {file.stem for file in city.glob("*.csv")} == set(RECORD_KINDS)
    assert {file.name for file in city.iterdir()} >= {"datapackage.json", "README.md"}
    assert len(io.read(city, plugins=PLUGINS).tables["needs"]) == 0


def test_init_explains_every_column_in_both_languages(tmp_path: Path) -> None:
    """Under the Chinese heading stand the English one and what to enter, cell by cell."""
    city = io.init(tmp_path / "new")
    with (city / "needs.csv").open(encoding="utf-8-sig", newline="") as stream:
        heading, english, zh, en = csv.reader(stream)
    kind = RECORD_KINDS["needs"]
    assert heading == [field.zh for field in kind.fields]
    assert [cell.removeprefix("# ") for cell in english] == [field.heading for field in kind.fields]
    assert zh[0].startswith("# 必填")
    assert en[0].startswith("# required")
    assert all(zh)
    assert all(en)


def test_a_row_added_to_an_empty_table_counts_its_comments(tmp_path: Path) -> None:
    """Comments are skipped and still count: row numbers are those of the spreadsheet."""
    city = io.init(tmp_path / "new")
    with (city / "households.csv").open("a", encoding="utf-8") as stream:
        stream.write("H 1" + "," * (len(RECORD_KINDS["households"].fields) - 1) + "\r\n")
    assert [(p.code, p.row, p.field) for p in io.check(city, plugins=PLUGINS)] == [
        ("bad-identifier", 5, "编号")
    ]


def test_init_refuses_a_folder_with_content(tmp_path: Path) -> None:
    """Somebody's files are not mixed with empty tables."""
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError):
        io.init(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


# --- the data package ----------------------------------------------------------------------------

PACKAGE_SCHEMA = {
    "type": "object",
    "required": ["profile", "name", "resources", "wushe:format"],
    "properties": {
        "profile": {"const": "tabular-data-package"},
        "name": {"pattern": "^[-a-z0-9._/]+$"},
        "resources": {
            "minItems": 1,
            "items": {
                "required": ["profile", "name", "path", "schema"],
                "properties": {
                    "profile": {"const": "tabular-data-resource"},
                    "name": {"pattern": "^[-a-z0-9._/]+$|^[a-z_]+$"},
                    "path": {"pattern": r"^[a-z_]+\.(csv|parquet)$"},
                    "schema": {
                        "required": ["fields", "primaryKey", "missingValues"],
                        "properties": {
                            "fields": {
                                "items": {
                                    "required": ["name", "type", "title"],
                                    "properties": {
                                        "type": {
                                            "enum": [
                                                "string",
                                                "number",
                                                "integer",
                                                "boolean",
                                                "date",
                                                "array",
                                            ]
                                        },
                                        "constraints": {
                                            "propertyNames": {
                                                "enum": [
                                                    "required",
                                                    "unique",
                                                    "minimum",
                                                    "maximum",
                                                    "enum",
                                                ]
                                            }
                                        },
                                    },
                                }
                            },
                        },
                    },
                },
            },
        },
    },
}


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_package_is_a_tabular_data_package(tmp_path: Path, form: Any) -> None:
    """The descriptor has the shape that Frictionless asks for, and its keys lead somewhere."""
    jsonschema = pytest.importorskip("jsonschema")
    city = io.init(tmp_path / "empty")
    place = Place(id="1", name="a", level="grid")
    home = Household(id="H-1", place="1")
    tables = {"places": table_of("places", [place]), "households": table_of("households", [home])}
    written = io.write(tables, tmp_path / "city", format=form)
    for folder_ in (city, written):
        package = json.loads((folder_ / "datapackage.json").read_text("utf-8"))
        jsonschema.validate(package, PACKAGE_SCHEMA)
        fields = {
            r["name"]: {f["name"] for f in r["schema"]["fields"]} for r in package["resources"]
        }
        for resource in package["resources"]:
            assert (folder_ / resource["path"]).is_file()
            for key in resource["schema"].get("foreignKeys", ()):
                assert key["fields"] in fields[resource["name"]]
                assert (
                    key["reference"]["fields"]
                    in fields[key["reference"]["resource"] or resource["name"]]
                )


def test_the_package_names_the_columns_of_the_file(tmp_path: Path) -> None:
    """Field names in the descriptor are the headings of the file, in order."""
    city = io.init(tmp_path / "new")
    for resource in json.loads((city / "datapackage.json").read_text("utf-8"))["resources"]:
        with (city / resource["path"]).open(encoding="utf-8-sig", newline="") as stream:
            assert next(csv.reader(stream)) == [
                field["name"] for field in resource["schema"]["fields"]
            ]


# --- the reference page --------------------------------------------------------------------------


def test_the_reference_describes_every_field() -> None:
    """Each column of each table is in the reference, with both names; choices are listed."""
    text = io.describe_format()
    for kind in RECORD_KINDS.values():
        assert f"### {kind.zh} `{kind.name}`" in text
        for field in kind.fields:
            assert f"| `{field.heading}` | {field.zh} |" in text
    assert "急难" in text
    assert "emergency" in text


def test_the_reference_page_cannot_drift() -> None:
    """The page in docs holds what `describe_format` says today (WUSHE_UPDATE_SNAPSHOT=1 renews it)."""
    page = Path(__file__).parent.parent / "docs" / "reference" / "data-format.md"
    start = "<!-- describe_format: start -->\n"
    before, _, rest = page.read_text("utf-8").partition(start)
    _, end, after = rest.partition("<!-- describe_format: end -->")
    renewed = f"{before}{start}\n{io.describe_format()}\n{end}{after}"
    if os.environ.get("WUSHE_UPDATE_SNAPSHOT") == "1":
        page.write_text(renewed, "utf-8")
    assert page.read_text("utf-8") == renewed


def test_every_kind_of_field_has_words() -> None:
    """A new kind of field cannot be forgotten in the reference."""
    from wushe.io.describe import KIND_WORDS

    assert {f.kind.name for kind in RECORD_KINDS.values() for f in kind.fields} <= set(KIND_WORDS)
    assert kinds.MONEY.name in KIND_WORDS
