"""The tiers themselves: counts, the evidence file, skips that say what to install."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

HERE = Path(__file__).parent
INNER_TEST = """
import pytest
from conftest import campaign

@pytest.mark.parametrize("part", ["a", "b"])
def test_campaign(part, evidence, seed):
    cases = campaign(tests=2, ci=30, soak=400)
    evidence(f"part_{part}", cases=cases, violations=0, seed=seed)

@pytest.mark.browser
def test_page(page):
    assert page.url == "about:blank"

def test_data(data_dir):
    assert data_dir.name == "data"
"""


def inner_run(folder: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a small suite under a copy of our conftest, in a repository of its own."""
    tests = folder / "tests"
    if not tests.exists():
        tests.mkdir()
        shutil.copy(HERE / "conftest.py", tests)
        (tests / "test_inner.py").write_text(INNER_TEST, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", *args, str(tests)],
        cwd=folder,
        env={**_outer_environment(), **env},
        capture_output=True,
        text=True,
        check=False,
    )


def _outer_environment() -> dict[str, str]:
    ours = ("WUSHE_", "PYTEST_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def commit(folder: Path) -> None:
    """Make the folder a repository with one commit of a known date."""
    if not shutil.which("git"):
        pytest.skip("git is not installed: the evidence file names a commit")
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    date = {"GIT_COMMITTER_DATE": "2020-01-30T12:00:00+08:00"}
    for args in (["init", "-q"], [*who, "commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", *args], cwd=folder, env={**os.environ, **date}, check=True)


@pytest.mark.parametrize(("tier", "cases"), [("tests", 2), ("ci", 30)])
def test_counts_follow_the_tier(tmp_path: Path, tier: str, cases: int) -> None:
    """A campaign runs the count of its tier, says its figures, and leaves no file behind."""
    done = inner_run(tmp_path, "-k", "campaign", WUSHE_TIER=tier)
    assert done.returncode == 0, done.stdout
    assert f"part_a: cases={cases}, violations=0, seed=20200122" in done.stdout
    assert not (tmp_path / "docs").exists()


def test_an_unknown_tier_is_refused(tmp_path: Path) -> None:
    """A misspelled tier stops the run and names the choices."""
    done = inner_run(tmp_path, WUSHE_TIER="soka")
    assert done.returncode != 0
    assert "'soka': expected one of tests, ci, soak" in done.stdout + done.stderr


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_soak_keeps_its_evidence(tmp_path: Path, workers: tuple[str, ...]) -> None:
    """The evidence file bears the commit's date and hash, the seed, versions and all figures."""
    commit(tmp_path)
    done = inner_run(tmp_path, "-k", "campaign", *workers, WUSHE_TIER="soak", WUSHE_SEED="7")
    assert done.returncode == 0, done.stdout
    kept = json.loads((tmp_path / "docs/evidence/soak-2020-01-30.json").read_text("utf-8"))
    assert len(kept["commit"]) == 40
    assert kept["seed"] == 7
    assert kept["tests"] == {"passed": 2, "failed": 0, "error": 0, "skipped": 0}
    assert {"wushe", "numpy", "jinja2"} <= set(kept["versions"])
    assert [row["campaign"] for row in kept["campaigns"]] == ["part_a", "part_b"]
    assert {row["cases"] for row in kept["campaigns"]} == {400}


def test_missing_browser_and_data_skip_with_a_next_step(tmp_path: Path) -> None:
    """Without Chromium or the real data the tests skip, and say what to install or set."""
    done = inner_run(tmp_path, "-k", "page or data", PATH="/nowhere", WUSHE_DATA="/nowhere")
    assert done.returncode == 0, done.stdout
    assert "2 skipped" in done.stdout
    assert "apt-get install chromium" in done.stdout
    assert "set WUSHE_DATA" in done.stdout


@pytest.mark.browser
def test_the_page_is_cut_off_from_the_network(page: "Page") -> None:
    """What the browser tests look at opens without a network, and Chinese text is there."""
    page.set_content("<h1>五社联动</h1>")
    assert page.inner_text("h1") == "五社联动"
    assert page.evaluate("navigator.onLine") is False
