"""simulate: policies and variants side by side on a small simulated city, and its assumptions."""

import csv
import json
import re
from pathlib import Path

import pytest

from test_cli import run

QUICK = ("simulate", "run", "small", "--set", "days=12", "--set", "warm_up=2", "-n", "2")
TWO = ("--policy", "first_come", "--policy", "batch_7")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_policies_are_compared_with_the_first_and_kept_in_a_folder() -> None:
    """Means with intervals and paired differences; a second call with the folder reads what is there, in English too."""
    shown = run(*QUICK, *TWO, "--metric", "response_hours", "--folder", "kept")
    assert shown.exit_code == 0
    assert "小试：600 户，12 天，前 2 天不计；每种 2 遍，种子 0" in shown.stdout
    assert re.search(r"先到先得 first_come  \d", shown.stdout)
    assert "与 first_come 成对比较：\n      batch_7  +" in shown.stdout
    before = {path: path.stat().st_mtime_ns for path in Path("kept").iterdir()}
    assert len(before) == 4
    again = run(*QUICK, *TWO, "--metric", "response_hours", "--folder", "kept", "--lang", "en")
    assert "first come, first served first_come" in again.stdout
    assert "paired with first_come:" in again.stdout
    assert {path: path.stat().st_mtime_ns for path in Path("kept").iterdir()} == before


def test_a_variant_stands_beside_the_scenario_and_everything_is_written() -> None:
    """A variant has a scenario of its own in the table, the JSON and the files, and is compared with the base."""
    shown = run(
        *QUICK, "--policy", "batch_1", "--variant", "recruit:volunteers=80,helping.accept=0.9", "--csv", "runs.csv",
        "--pictures", "drawn", "--plot", "compare", "--parquet", "tables", "--json", "--metric", "accepted_share",
    )  # fmt: skip
    assert shown.exit_code == 0
    found = json.loads(shown.stdout)
    assert list(found["scenarios"]) == ["small", "recruit"]
    assert len(set(found["scenarios"].values())) == 2
    assert [(row["scenario"], row["n"]) for row in found["means"]] == [("small", 2), ("recruit", 2)]
    (difference,) = found["differences"]
    assert (difference["base"], difference["other"]) == ("small", "recruit")
    small, recruit = (row["mean"] for row in found["means"])
    assert difference["mean"] == pytest.approx(recruit - small)
    assert "runs.csv" in found["written"]
    with Path("runs.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["scenario"], row["replication"]) for row in rows] == [
        ("small", "0"), ("small", "1"), ("recruit", "0"), ("recruit", "1"),
    ]  # fmt: skip
    assert Path("drawn/compare.svg").read_text("utf-8").startswith("<svg")
    assert Path("tables/needs.parquet").is_file()


@pytest.mark.parametrize(
    ("args", "named"),
    [
        (("run", "medium"), "district_year"),
        (("run", "北京"), "江汉区"),
        (("run", "small", "--policy", "best"), "greedy_nearest"),
        (("run", "small", "--policy", "batch_0"), "batch_0"),
        (("run", "small", "--policy", "batch_2", "--policy", "batch_2"), "--policy"),
        (("run", "small", "--metric", "happiness"), "met_share"),
        (("run", "small", "--set", "volunteers"), "--set"),
        (("run", "small", "--set", "households=3"), "--set"),
        (("run", "small", "--set", "volunteers=2.5"), "2.5"),
        (("run", "small", "--set", "helping.acept=0.5"), "helping.accept"),
        (("run", "small", "--set", "helping.accept=1.5"), "helping.accept"),
        (("run", "small", "--set", "workers=0"), "social workers"),
        (("run", "small", "--set", "needs.emergency=1"), "needs.urgent"),
        (("run", "small", "--variant", "more"), "--variant"),
        (("run", "small", "--variant", "更多:volunteers=3"), "--variant"),
        (("run", "small", "--policy", "batch_1", "--pictures", "x", "--plot", "compare"), "--plot"),
        (("assumptions", "nowhere"), "district_year"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_cannot_be_simulated_is_refused(args: tuple[str, ...], named: str, lang: str) -> None:
    """Called wrongly: exit code 2, with what was expected."""
    shown = run("simulate", *args, "--lang", lang)
    assert shown.exit_code == 2
    assert named in shown.output


def test_assumptions_are_listed_with_unit_and_source() -> None:
    """Every number has its source or says that it is assumed; what is set here says so."""
    shown = run(
        "simulate", "assumptions", "江汉区", "--only", "staying.", "--set", "staying.led=0.5"
    )
    assert shown.exit_code == 0
    assert "staying.led = 0.5（本次设定，默认 0.7）" in shown.stdout
    assert "｜假设" in shown.stdout
    rows = json.loads(run("simulate", "assumptions", "--json", "--sourced").stdout)
    assert rows
    assert all(row["source"] != "assumed" and row["unit"] for row in rows)
    assert "assumed" in run("simulate", "assumptions", "--only", "ties.", "--lang", "en").stdout
