"""`wushe report calendar | progress | supervision | commendation`: the working rhythm on the command line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rules_once import share_rules
from wushe.cli import main

AT = ("--by", "W-1", "--at", "2025-09-10T09:00:00+08:00")
REPORTS = (("progress", "2025-09"), ("supervision", "2025Q3"), ("commendation", "2025"))


def run(*args: str, code: int = 0) -> Result:
    """Run the command and hold it to its exit code."""
    result = CliRunner().invoke(main, list(args))
    assert result.exit_code == code, result.output + result.stderr
    return result


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the many commands would load the same rules."""
    share_rules(monkeypatch)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with two orders, found by WUSHE_STORE."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WUSHE_STORE", "s.db")
    run("store", "create")
    for client in ("H-1", "H-2"):
        run("orders", "place", "--client", client, "--category", "visit", *AT)
    return tmp_path


@pytest.mark.parametrize(("lang", "expected"), [("zh", "月调度"), ("en", "progress check")])
def test_the_calendar_needs_no_store(lang: str, expected: str) -> None:
    """Twelve checks, four supervisions, one commendation."""
    said = run("report", "calendar", "2026", "--lang", lang).output
    assert said.count(expected) == 12
    assert len(json.loads(run("report", "calendar", "2026", "--json").output)) == 17


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report[0])
def test_a_report_is_printed_and_written(report: tuple[str, str], store: Path) -> None:
    """As text, as JSON, as a page and as CSV."""
    assert run("report", *report).output
    json.loads(run("report", *report, "--json").output)
    for name in ("r.html", "r.csv"):
        run("report", *report, "--out", name)
        assert (store / name).stat().st_size > 0


def test_small_counts_are_shown_to_the_own_team_only(store: Path) -> None:
    """Two orders are `*` in public."""
    rows = {}
    for audience in ((), ("--internal",)):
        found = json.loads(run("report", "progress", "2025-09", "--json", *audience).output)
        rows[audience] = [row["数"] for row in found if row["指标"] == "新点单"]
    assert set(rows[()]) == {"*"}
    assert set(rows["--internal",]) == {"2"}


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("progress", "2025-13"), "2025-09"),
        (("supervision", "2025Q5"), "2025Q3"),
        (("commendation", "2025", "--by", "persons"), "confirmed"),
        (("progress", "2025-09", "--on", "2025-01-01"), "2025-01-01"),
        (("progress", "2025-09", "--on", "today"), "today"),
        (("progress", "2025-09", "--out", "r.pdf"), ".html, .csv"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_mistakes_say_what_is_expected(
    args: tuple[str, ...], expected: str, lang: str, store: Path
) -> None:
    """Periods, days, measures and file names."""
    assert expected in run("report", *args, "--lang", lang, code=2).stderr
