"""The command line: what it says, in two languages and as JSON, its exit codes, and no traceback ever."""

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

import wushe
from wushe.cli import main
from wushe.demos import demo_path, find_demo

DEMO = str(demo_path("wuchang"))
ON = find_demo("wuchang").on
PLAN = ("plan", DEMO, "--on", ON, "-p", "wuchang")


def run(*args: str, **env: str) -> Result:
    """Run one command; whatever escapes but an exit is a traceback to the user and fails here."""
    result = CliRunner().invoke(main, list(args), env={"WUSHE_LANG": None, **env})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise AssertionError(f"{args}: {result.exception!r}") from result.exception
    assert "Traceback" not in result.output
    return result


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_version_and_help_are_there() -> None:
    """Help is in both languages at once: nobody knows yet how to switch."""
    assert wushe.__version__ in run("--version").output
    for command in (
        (),
        ("demo",),
        ("init",),
        ("check",),
        ("plan",),
        ("plugins",),
        ("plugins", "list"),
    ):
        shown = run(*command, "--help")
        assert shown.exit_code == 0
        assert re.search("[\u4e00-\u9fff]", shown.output)
        assert re.search("[a-z]{4}", shown.output)


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ("一户一策", "最优性", "已写出")),
        ("en", ("One plan per household", "Optimality", "written")),
    ],
)
def test_demo_prints_a_summary_and_writes_its_page(lang: str, words: tuple[str, ...]) -> None:
    """The first command of a new user: a summary, three households, one file here."""
    shown = run("demo", "--lang", lang)
    assert shown.exit_code == 0
    assert all(word in shown.output for word in words)
    assert all(client in shown.output for client in find_demo("wuchang").stories)
    assert Path("wushe-demo-wuchang.html").read_text("utf-8").startswith("<!")


def test_demo_lists_and_writes_where_asked() -> None:
    """`--list` writes nothing, `--out` names the file, `--json` prints only JSON."""
    assert "wuchang" in run("demo", "--list").output
    assert not list(Path().iterdir())
    shown = run("demo", "--json", "--out", "here.html")
    assert json.loads(shown.stdout)["wushe_plan"] == 1
    assert Path("here.html").exists()


def test_init_then_check_then_plan() -> None:
    """An empty folder is a city without people: it checks and plans."""
    assert run("init", "city").exit_code == 0
    assert (Path("city") / "datapackage.json").exists()
    checked = run("check", "city", "--json")
    assert checked.exit_code == 0
    assert json.loads(checked.stdout)["problems"] == []
    planned = run("plan", "city", "--on", "2025-09-15")
    assert planned.exit_code == 0
    assert "需求 0 项" in planned.output


def test_init_overwrites_nothing() -> None:
    """A folder with tables is not emptied by a second `init`."""
    run("init", "city")
    table = Path("city") / "households.csv"
    table.write_text("id\nH1\n", "utf-8")
    again = run("init", "city")
    assert table.read_text("utf-8") == "id\nH1\n"
    assert again.exit_code in (1, 2, 4)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_check_of_a_good_folder(lang: str) -> None:
    """It says that there is nothing to correct, and what there is."""
    shown = run("check", DEMO, "-p", "wuchang", "--lang", lang)
    assert shown.exit_code == 0
    assert {"zh": "没有发现问题", "en": "no problems found"}[lang] in shown.output
    assert re.search(r"(households|家庭) \d+", shown.output)


def bad_city() -> str:
    """Write a folder with two mistakes in one table and return its path."""
    run("init", "bad")
    (Path("bad") / "households.csv").write_text("id,members_count\nH1,0\nH 2,3\n", "utf-8")
    return "bad"


@pytest.mark.parametrize("command", [("check",), ("plan", "--on", "2025-09-15")])
@pytest.mark.parametrize(("lang", "word"), [("zh", "共 2 处问题"), ("en", "2 problems")])
def test_bad_tables_exit_1_with_every_mistake(
    command: tuple[str, ...], lang: str, word: str
) -> None:
    """File, row and field of both mistakes, whatever the command."""
    shown = run(command[0], bad_city(), *command[1:], "--lang", lang)
    assert shown.exit_code == 1
    assert word in shown.stderr
    assert "households.csv" in shown.stderr
    assert "members_count" in shown.stderr


@pytest.mark.parametrize("command", [("check",), ("plan", "--on", "2025-09-15")])
def test_bad_tables_as_json(command: tuple[str, ...]) -> None:
    """Machines get code, file, row, field, value and message."""
    shown = run(command[0], bad_city(), *command[1:], "--json")
    assert shown.exit_code == 1
    problems = json.loads(shown.stdout)["problems"]
    assert len(problems) == 2
    assert {p["row"] for p in problems} == {2, 3}
    assert all(set(p) == {"code", "file", "row", "field", "value", "message"} for p in problems)


@pytest.mark.parametrize(("lang", "word"), [("zh", "一户一策"), ("en", "One plan per household")])
def test_plan_prints_the_summary(lang: str, word: str) -> None:
    """Figures, reasons, proof and plugins."""
    shown = run(*PLAN, "--lang", lang)
    assert shown.exit_code == 0
    assert word in shown.output
    assert "wuchang 0" in shown.output


def test_plan_writes_page_and_table_and_json() -> None:
    """All three at once; standard output stays JSON."""
    shown = run(*PLAN, "--json", "--out", "p.html", "--csv", "p.csv")
    assert shown.exit_code == 0
    assert json.loads(shown.stdout)["on"] == ON
    assert Path("p.html").stat().st_size > 10_000
    assert Path("p.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_one_household_masked_and_internal() -> None:
    """Names are shown to the own team only, on request."""
    client = find_demo("wuchang").stories[0]
    masked, internal = run(*PLAN, "--client", client), run(*PLAN, "--client", client, "--internal")
    assert client in masked.output
    assert "**" in masked.output
    assert "**" not in internal.output


def test_the_language_may_come_from_the_environment() -> None:
    """WUSHE_LANG sets it, the option overrides it."""
    assert "no problems found" in run("check", DEMO, "-p", "wuchang", WUSHE_LANG="en").output
    shown = run("check", DEMO, "-p", "wuchang", "--lang", "zh", WUSHE_LANG="en")
    assert "没有发现问题" in shown.output


def test_plugins_list() -> None:
    """Installed plugins with versions and hooks, for people and machines."""
    shown = run("plugins", "list")
    assert shown.exit_code == 0
    assert "wuchang" in shown.output
    rows = json.loads(run("plugins", "list", "--json").stdout)["plugins"]
    assert {"defaults", "wuchang"} <= {row["name"] for row in rows}
    assert all(row["error"] is None and row["hooks"] for row in rows)


# --- calls that cannot be answered ---------------------------------------------------------------

# arguments, exit code, what the message says in English
REFUSED: list[tuple[tuple[str, ...], int, str]] = [
    # the call is wrong: 2
    (("plan", DEMO), 2, "--on"),
    (("plan", DEMO, "--on", "2025-9-15"), 2, "2025-09-15"),
    (("plan", DEMO, "--on", "tomorrow"), 2, "2025-09-15"),
    (("plan", DEMO, "--on", "2025-02-30"), 2, "2025-09-15"),
    ((*PLAN, "--client", "H-none"), 2, "H-none"),
    ((*PLAN, "--work-limit", "-1"), 2, "work-limit"),
    ((*PLAN, "--lang", "fr"), 2, "fr"),
    (("demo", "atlantis"), 2, "wuchang"),
    (("fly",), 2, "fly"),
    (("check",), 2, "FOLDER"),
    # the input is wrong: 1
    (("check", DEMO), 1, "no such need category"),  # categories of a plugin that is not loaded
    # a plugin is wrong: 3
    (("check", DEMO, "-p", "atlantis"), 3, "atlantis"),
    (("plan", DEMO, "--on", ON, "-p", "atlantis"), 3, "installed"),
    (("check", DEMO, "-p", "wuchang", "-p", "wuchang"), 3, "wuchang"),
    # a file cannot be written: 4
    ((*PLAN, "--out", "no/such/folder/p.html"), 4, "no/such/folder/p.html"),
    ((*PLAN, "--csv", "no/such/folder/p.csv"), 4, "no/such/folder/p.csv"),
    (("demo", "--out", "no/such/folder/d.html"), 4, "no/such/folder/d.html"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("args", "code", "word"), REFUSED, ids=[" ".join(a)[-40:] for a, _, _ in REFUSED]
)
def test_what_cannot_be_done_says_why_and_exits(
    args: tuple[str, ...], code: int, word: str
) -> None:
    """Each exit code has its sort of mistake, and the message names what to correct."""
    lang = () if "--lang" in args or args[0] == "fly" else ("--lang", "en")
    shown = run(*args, *lang)
    assert shown.exit_code == code, shown.output
    assert word in shown.stderr


@pytest.mark.parametrize("folder", ["nowhere", "file.txt"])
@pytest.mark.parametrize("command", [("check",), ("plan", "--on", "2025-09-15")])
def test_a_folder_that_is_none(command: tuple[str, ...], folder: str) -> None:
    """The path is named in the message, not a stack of calls."""
    Path("file.txt").write_text("not a city", "utf-8")
    shown = run(command[0], folder, *command[1:])
    assert shown.exit_code in (1, 4)
    assert folder in shown.stderr


def test_no_time_is_an_honest_answer() -> None:
    """With no seconds to solve, the command still prints a plan that stands."""
    shown = run(*PLAN, "--work-limit", "0", "--json")
    assert shown.exit_code == 0
    assert json.loads(shown.stdout)["proof"]["status"] in ("optimal", "work_limit")


def test_a_city_of_absurd_amounts_ends_in_words() -> None:
    """Sums beyond what can be added up exactly end in a plan or in a message."""
    run("init", "rich")
    folder = Path("rich")
    (folder / "households.csv").write_text("id,referral_consent\nH,yes\n", "utf-8")
    rows = "".join(f"N{i},living_aid,H,9999999999,yuan\n" for i in range(120))
    (folder / "needs.csv").write_text("id,category,household,quantity,unit\n" + rows, "utf-8")
    assert run("plan", "rich", "--on", "2025-09-15").exit_code in (0, 1)


CELLS = st.one_of(
    st.sampled_from(["", "H1", "visit", "yes", "9" * 30, "1E+17", "2025-13-01", '"', "=1+1", "{x}", "\x00", "箱*20", "-1"]),
    st.text(max_size=6),
)  # fmt: skip
COMMANDS: list[Any] = [("check",), ("check", "--json"), ("plan", "--on", "2025-09-15")]


@settings(max_examples=30)
@given(
    table=st.sampled_from(["households", "needs", "volunteers", "offers", "places", "persons"]),
    heading=st.lists(st.sampled_from(["id", "category", "household", "quantity", "unit", "place", "名称", "x"]), max_size=5),
    rows=st.lists(st.lists(CELLS, max_size=5), max_size=4),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    command=st.sampled_from(COMMANDS),
)  # fmt: skip
def test_no_table_makes_a_traceback(
    table: str, heading: list[str], rows: list[list[str]], encoding: str, command: Any
) -> None:
    """Whatever bytes stand in a table, the answer is words and an exit code."""
    with tempfile.TemporaryDirectory() as folder:
        city = Path(folder, "city")
        run("init", str(city))
        text = "\n".join(",".join(cells) for cells in [heading, *rows])
        (city / f"{table}.csv").write_bytes(text.encode(encoding, errors="replace"))
        shown = run(command[0], str(city), *command[1:])
    assert shown.exit_code in (0, 1)
    if "--json" in command:
        json.loads(shown.stdout)
