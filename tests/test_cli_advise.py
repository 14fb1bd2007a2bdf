"""The commands that declare objectives and ask for advice: what they print, and what they refuse."""

import json
from pathlib import Path

import pytest

from test_cli import DEMO, ON, PLAN, run

ADVISE = (DEMO, "--on", ON, "-p", "wuchang")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_declared_objective_is_reported() -> None:
    """Tiers and fairness in words, with their price."""
    shown = run(*PLAN, "--first", "emergency", "--fair", "leximin", "--between", "community")
    assert shown.exit_code == 0
    assert "依次保证 急难；社区村之间" in shown.stdout
    assert "比那时得到更少的家庭" in shown.stdout
    floor = run(*PLAN, "--fair", "floor", "--share", "0.6", "--lang", "en")
    assert "between streets: 60% for each as far as can be" in floor.stdout


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--fair", "equal"), "--fair"),
        (("--between", "planet"), "--between"),
        (("--share", "2"), "--share"),
        (("--share", "half"), "--share"),
        (("--share", "1/0"), "--share"),
        (("--first", "soon"), "--first"),
        (("--first", "urgent", "--first", "urgent"), "--first"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_objectives_that_mean_nothing_are_refused(
    options: tuple[str, ...], named: str, lang: str
) -> None:
    """Called wrongly: exit code 2, the option named."""
    shown = run(*PLAN, *options, "--lang", lang)
    assert shown.exit_code == 2
    assert named in shown.output


def test_gaps_are_listed_with_what_would_close_them() -> None:
    """The most urgent first; the rest is counted; as JSON for programs."""
    shown = run("advise", "gaps", *ADVISE, "--top", "3")
    assert shown.exit_code == 0
    assert shown.stdout.count("→") == 3
    assert "未列出" in shown.stdout
    (row,) = json.loads(run("advise", "gaps", *ADVISE, "--need", "N-0045", "--json").stdout)
    assert (row["need"], row["reason"], row["change"]) == ("N-0045", "consent", "consent")
    assert "->" in run("advise", "gaps", *ADVISE, "--need", "N-0045", "--lang", "en").stdout


def test_a_need_that_is_served_has_no_gap() -> None:
    """An id that is not among the gaps is refused, with examples."""
    shown = run("advise", "gaps", *ADVISE, "--need", "N-9999")
    assert shown.exit_code == 2
    assert "N-9999" in shown.output
    assert "N-0045" in shown.output


def test_what_to_recruit_is_listed_best_first() -> None:
    """Places of the level asked for; as JSON with what each clears."""
    shown = run("advise", "recruit", *ADVISE, "--level", "community", "--top", "2", "--lang", "en")
    assert shown.exit_code == 0
    assert len(shown.stdout.splitlines()) == 2
    rows = json.loads(run("advise", "recruit", *ADVISE, "--top", "3", "--json").stdout)
    assert len(rows) == 3
    assert all(row["saving"] > 0 for row in rows)


@pytest.mark.parametrize("command", ["gaps", "recruit"])
def test_names_stay_masked(command: str) -> None:
    """Advice names offers, places and needs by id; no person's name leaves."""
    shown = run("advise", command, *ADVISE).stdout
    names = [
        line.split(",")[1]
        for file in ("volunteers", "households", "persons")
        for line in (Path(DEMO) / f"{file}.csv").read_text("utf-8-sig").splitlines()[1:]
    ]
    assert [name for name in names if len(name) > 1 and name in shown] == []
