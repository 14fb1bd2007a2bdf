"""`wushe visits` and `wushe casefile`: from a blank form to a case file, on the command line."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import wushe
from wushe.cli import main
from wushe.demos import demo_path

DEMO = str(demo_path("wuchang"))
ON = ("--on", "2025-09-15", "-p", "wuchang")


def run(*args: str, code: int = 0) -> Result:
    """Run the command and hold it to its exit code, without a traceback either way."""
    result = CliRunner().invoke(main, list(args))
    assert result.exit_code == code, result.output + result.stderr
    assert "Traceback" not in result.output + result.stderr
    return result


def filled_form(folder: Path, **answers: str) -> Path:
    """Write the blank door form with one row of answers by heading."""
    blank = folder / "blank.csv"
    run("visits", "form", "door", "--out", str(blank))
    rows = list(csv.reader(blank.open(encoding="utf-8-sig", newline="")))
    assert set(answers) <= set(rows[0])
    rows.append([answers.get(heading, "") for heading in rows[0]])
    filled = folder / "filled.csv"
    with filled.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
    return filled


VISIT = {
    "编号": "VIS-T1",
    "方式": "敲门行动",
    "日期": "2025-09-10",
    "家庭": "H-0020",
    "走访人": "W-03",
}
RECORD = ("--at", "2025-09-10T18:00:00+08:00", "--by", "W-03", "-p", "wuchang")


def test_a_filled_form_becomes_facts_in_a_new_folder(tmp_path: Path) -> None:
    """The answers are facts with their source; the old folder stays as it was, the new one is valid."""
    form = filled_form(tmp_path, **VISIT, 家里几口人="2")
    before = {p.name: p.read_bytes() for p in Path(DEMO).iterdir() if p.is_file()}
    run("visits", "record", DEMO, str(form), "--out", str(tmp_path / "new"), *RECORD)
    assert {p.name: p.read_bytes() for p in Path(DEMO).iterdir() if p.is_file()} == before
    city = wushe.read(tmp_path / "new", plugins=wushe.load_plugins("wuchang"))
    facts = {f.field: f for f in city.tables["facts"].records() if f.visit == "VIS-T1"}
    assert facts["members_count"].value == "2"
    assert facts["members_count"].at == "2025-09-10T10:00:00.000000Z"
    assert facts["members_count"].recorder == "W-03"


def test_recording_the_same_form_twice_changes_nothing(tmp_path: Path) -> None:
    """Facts, needs and visits have ids of their own: a second reading of the sheet adds none."""
    form = filled_form(tmp_path, **VISIT, 家里几口人="2")
    run("visits", "record", DEMO, str(form), "--out", str(tmp_path / "a"), *RECORD)
    run("visits", "record", str(tmp_path / "a"), str(form), "--out", str(tmp_path / "b"), *RECORD)
    for name in ("facts.csv", "needs.csv", "visits.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_bad_answers_are_all_named_and_nothing_is_written(tmp_path: Path) -> None:
    """File, row, question, value, expectation; no half-written folder."""
    form = filled_form(tmp_path, **VISIT, **{"家里几口人": "两个", "全家每月收入(元)": "abc"})
    result = run(
        "visits", "record", DEMO, str(form), "--out", str(tmp_path / "new"), *RECORD, code=1
    )
    assert "家里几口人" in result.stderr
    assert "全家每月收入" in result.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("visits", "form", "nowhere"), "door"),
        (("visits", "due", DEMO, *ON, "--within", "999"), "999"),
        (("visits", "due", DEMO, "--on", "2025-9-15", "-p", "wuchang"), "2025-09-15"),
        (("casefile", "show", DEMO, "H-9999", *ON), "H-9999"),
        (
            ("visits", "record", DEMO, "x.csv", "--out", "y", "--at", "now", "--by", "W-03"),
            "+08:00",
        ),
    ],
    ids=["form", "place", "date", "subject", "instant"],
)
def test_a_wrong_call_says_what_was_expected(args: tuple[str, ...], expected: str) -> None:
    """Exit code 2 and the choices or the shape that was expected."""
    assert expected in run(*args, code=2).stderr


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_due_visits_say_why(lang: str) -> None:
    """The list is cut as asked and each entry gives reasons; JSON holds the same rows."""
    text = run("visits", "due", DEMO, *ON, "--limit", "3", "--lang", lang).output
    found = json.loads(
        run("visits", "due", DEMO, *ON, "--limit", "3", "--lang", lang, "--json").output
    )
    assert len(found["due"]) == 3
    assert all(row["why"] in text for row in found["due"])
    priorities = [row["priority"] for row in found["due"]]
    assert priorities == sorted(priorities, reverse=True)


def test_a_route_visits_each_household_once() -> None:
    """Nobody stands on two workers' lists."""
    text = run("visits", "route", DEMO, *ON, "--per-worker", "3").output
    stops = [line.split()[1] for line in text.splitlines() if line.startswith("  ")]
    assert stops
    assert len(stops) == len(set(stops))


def test_the_wish_wall_names_nobody() -> None:
    """No household, person or name of the registry is on the wall."""
    city = wushe.read(DEMO, plugins=wushe.load_plugins("wuchang"))
    wall = run("visits", "wishes", DEMO, *ON).output
    assert wall.count("\n") == len(city.tables["wishes"])
    names = [n for table in ("households", "persons") for n in city.tables[table]["name"] if n]
    assert not any(name in wall for name in names)
    assert not any(key in wall for key in city.tables["households"].ids)


def test_the_needs_list_begins_with_emergencies() -> None:
    """The most pressing first, with its evidence."""
    lines = run("visits", "needs", DEMO, *ON, "--lang", "en").output.splitlines()
    ranks = {"emergency": 0, "urgent": 1, "normal": 2, "low": 3}
    order = [ranks[line.split("  ")[3].split()[0]] for line in lines]
    assert order == sorted(order)
    assert all("evidence: " in line for line in lines)


def test_a_case_file_is_closed_to_the_public_and_open_to_the_worker() -> None:
    """The default role sees that there is nothing to see; the worker reads it in time order."""
    assert "石爷爷" not in run("casefile", "show", DEMO, "H-0001", *ON).output
    worker = run("casefile", "show", DEMO, "H-0001", *ON, "--role", "social_worker").output
    assert "石爷爷" in worker
    days = [line[:10] for line in worker.splitlines()[1:] if line[:4].isdigit()]
    assert days == sorted(days)
    assert json.loads(run("casefile", "show", DEMO, "H-0001", *ON, "--json").output)["closed"]


def test_cases_are_counted_by_stage_and_vettings_listed() -> None:
    """Every stage has its line; a worker without a vetting is named by id."""
    stages = json.loads(run("casefile", "open", DEMO, *ON, "--json").output)["stages"]
    assert list(stages) == [
        "intake",
        "assessment",
        "plan",
        "intervention",
        "evaluation",
        "closing",
        "revisit",
    ]
    assert "W-" in run("casefile", "vetting", DEMO, *ON).output


def test_signals_are_judged() -> None:
    """The evaluation runs on the demo and says what it judged."""
    assert run("visits", "evaluate", DEMO, "-p", "wuchang").output.strip()
