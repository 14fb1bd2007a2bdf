"""`wushe report`: sheets, task lists and the month, masked unless asked otherwise."""

import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import wushe
from wushe.cli import main
from wushe.demos import demo_path

DEMO = str(demo_path("wuchang"))
ON = ("--on", "2025-09-15", "-p", "wuchang")
NAMED = ("households", "persons", "social_workers", "volunteers")


def run(*args: str, code: int = 0) -> Result:
    """Run the command and hold it to its exit code."""
    result = CliRunner().invoke(main, list(args))
    assert result.exit_code == code, result.output + result.stderr
    return result


def names() -> set[str]:
    """Return the names of all people in the demo that no place or organization shares."""
    city = wushe.read(DEMO, plugins=wushe.load_plugins("wuchang"))
    return {name for table in NAMED for name in city.tables[table]["name"] if name}


def text_of(path: Path) -> str:
    """Return a page's text, or all XML of a workbook."""
    if path.suffix == ".html":
        return path.read_text("utf-8")
    with zipfile.ZipFile(path) as book:
        return "".join(book.read(n).decode("utf-8") for n in book.namelist() if n.endswith(".xml"))


@pytest.mark.parametrize("kind", ["sheets", "tasks"])
@pytest.mark.parametrize("ending", ["html", "xlsx"])
def test_names_appear_only_where_asked(kind: str, ending: str, tmp_path: Path) -> None:
    """The masked file names nobody; the internal one is for the own team and does."""
    if ending == "xlsx":
        pytest.importorskip("openpyxl", reason='needs pip install "wushe[frames]"')
    masked, internal = tmp_path / f"m.{ending}", tmp_path / f"i.{ending}"
    run("report", kind, DEMO, *ON, "--out", str(masked))
    run("report", kind, DEMO, *ON, "--out", str(internal), "--internal")
    assert not [name for name in names() if name in text_of(masked)]
    assert [name for name in names() if name in text_of(internal)]


def test_one_household_only(tmp_path: Path) -> None:
    """`--client` leaves the others out."""
    out = tmp_path / "one.html"
    run("report", "sheets", DEMO, *ON, "--out", str(out), "--client", "H-0002")
    assert "H-0002" in text_of(out)
    assert "H-0001" not in text_of(out)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_month_is_printed_and_written(lang: str, tmp_path: Path) -> None:
    """The summary stands on the terminal; the page opens offline."""
    out = tmp_path / "m.html"
    said = run(
        "report", "month", DEMO, "2025-09", "-p", "wuchang", "--out", str(out), "--lang", lang
    ).output
    assert "2025" in said
    assert "紫阳" in said
    assert "src=" not in text_of(out)


@pytest.mark.parametrize(
    "args",
    [
        ("month", DEMO, "2025-13", "-p", "wuchang"),
        ("month", DEMO, "September", "-p", "wuchang"),
        ("sheets", DEMO, *ON, "--out", "plan.docx"),
        ("sheets", DEMO, *ON, "--out", "plan.html", "--client", "H-none"),
        ("tasks", DEMO, "--on", "2025-9-1", "--out", "t.html"),
    ],
    ids=["month", "word", "ending", "client", "date"],
)
def test_a_wrong_call_says_so_and_writes_nothing(
    args: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2, no traceback, no file."""
    monkeypatch.chdir(tmp_path)
    assert "Traceback" not in run("report", *args, code=2).stderr
    assert not list(tmp_path.iterdir())
