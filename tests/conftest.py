"""Tiers, campaigns and their evidence, the browser and the real data: what the tests share."""

import contextlib
import functools
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent
TIERS = ("tests", "ci", "soak")
TIER = os.environ.get("WUSHE_TIER", "tests")
SEED = int(os.environ.get("WUSHE_SEED", "20200122"))
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

if TIER not in TIERS:
    raise pytest.UsageError(f"WUSHE_TIER={TIER!r}: expected one of {', '.join(TIERS)}")


# --- tiers -----------------------------------------------------------------------------------


def campaign(*, tests: int, ci: int, soak: int) -> int:
    """Return how many cases a long campaign runs in the tier that was asked for."""
    return {"tests": tests, "ci": ci, "soak": soak}[TIER]


# One derandomised profile: the same cases on every machine, and no deadline, since a loaded
# machine must not fail a test.
settings.register_profile(
    "wushe",
    deadline=None,
    derandomize=True,
    max_examples=campaign(tests=50, ci=200, soak=1000),
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("wushe")


@pytest.fixture(name="campaign")
def campaign_fixture() -> Callable[..., int]:
    """Give `campaign` to tests that would rather take a fixture than import it from here."""
    return campaign


@pytest.fixture
def seed() -> int:
    """Return the seed of this run, for the Generators that tests pass in (WUSHE_SEED sets it)."""
    return SEED


def pytest_report_header() -> str:
    """Say which cases this run will see."""
    return f"wushe: tier {TIER}, seed {SEED} (WUSHE_SEED), hypothesis derandomised"


# --- evidence --------------------------------------------------------------------------------

_FIGURES = pytest.StashKey[list[dict[str, Any]]]()


def pytest_configure(config: pytest.Config) -> None:
    """Start with no figures."""
    config.stash[_FIGURES] = []


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Return a recorder: ``evidence("generated_cities", cases=10000, violations=0, seed=seed)``.

    Every tier prints the figures; the soak tier keeps them under docs/evidence.
    """

    def record(name: str, /, **figures: int | float | str) -> None:
        # numpy's numbers would be lost on the way from an xdist worker.
        plain = {key: getattr(value, "item", lambda v=value: v)() for key, value in figures.items()}
        row = {"campaign": name, "test": request.node.nodeid, **plain}
        request.config.stash[_FIGURES].append(row)

    return record


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the figures of an xdist worker to the process that reports."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = session.config.stash[_FIGURES]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the figures of an xdist worker; one that crashed has none to give."""
    output = getattr(node, "workeroutput", {})
    node.config.stash[_FIGURES].extend(output.get("figures", []))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the campaigns' figures and, in the soak tier, write the evidence file."""
    figures = sorted(config.stash[_FIGURES], key=lambda row: (row["campaign"], row["test"]))
    if figures:
        terminalreporter.section("campaigns")
    for row in figures:
        said = ", ".join(f"{k}={v}" for k, v in row.items() if k not in ("campaign", "test"))
        terminalreporter.line(f"{row['campaign']}: {said}")
    if TIER == "soak":
        counts = {
            outcome: len(terminalreporter.stats.get(outcome, []))
            for outcome in ("passed", "failed", "error", "skipped")
        }
        path = _write_evidence(figures, counts, config.invocation_params.args)
        terminalreporter.line(f"evidence: {path}")


def _write_evidence(
    figures: list[dict[str, Any]], counts: dict[str, int], args: tuple[str, ...]
) -> Path:
    """Write docs/evidence/soak-<date of the commit>.json and return its path.

    The date is the commit's, so that the same commit gives the same file.
    """
    commit, date = _git("show", "-s", "--format=%H %cs", "HEAD").split()
    changed = _git("status", "--porcelain", "--", ".", ":!docs/evidence")
    content = {
        "commit": commit,
        "uncommitted_changes": bool(changed),
        "tier": TIER,
        "seed": SEED,
        "hypothesis": "derandomised",
        "pytest_arguments": list(args),
        "python": platform.python_version(),
        "versions": _versions(),
        "tests": counts,
        "campaigns": figures,
    }
    path = ROOT / "docs" / "evidence" / f"soak-{date}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path


def _git(*args: str) -> str:
    done = subprocess.run(["git", *args], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _versions() -> dict[str, str]:
    """Return the installed versions of wushe, what it requires and what tests it."""
    required = [re.match(r"[\w.-]+", line) for line in importlib.metadata.requires("wushe") or ()]
    names = {match[0] for match in required if match} | {"wushe", "hypothesis", "pytest"}
    versions = {}
    for name in sorted(names):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):  # an extra left out
            versions[name] = importlib.metadata.version(name)
    return versions


# --- real data -------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder of real data, or skip the test where it is absent."""
    folder = Path(os.environ.get("WUSHE_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}: set WUSHE_DATA to its folder")
    return folder


# --- the browser -----------------------------------------------------------------------------


def _chromium() -> str | None:
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


@functools.cache
def _browser_obstacle() -> str | None:
    """Return why no page can be looked at here and what to install, or None."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed: pip install playwright"
    if _chromium() is None:
        return f"no Chromium found ({', '.join(CHROMIUM)}): apt-get install chromium"
    if sys.platform == "linux":  # other systems bring fonts for Chinese with them
        if not shutil.which("fc-list"):
            return "fc-list is missing: apt-get install fontconfig fonts-noto-cjk"
        listed = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=False)
        if not listed.stdout.strip():
            return "no font for Chinese found: apt-get install fonts-noto-cjk"
    return None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked `browser` where no page can be looked at, and say why."""
    if item.get_closest_marker("browser") and (obstacle := _browser_obstacle()):
        pytest.skip(obstacle)


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    """Start the system's Chromium, without a window, once per process."""
    if obstacle := _browser_obstacle():
        pytest.skip(obstacle)
    from playwright.sync_api import sync_playwright

    as_root = hasattr(os, "geteuid") and os.geteuid() == 0  # Chromium's sandbox refuses root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_chromium(),
            args=["--disable-quic", "--disable-sync", *(["--no-sandbox"] if as_root else [])],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: "Browser") -> Iterator["Page"]:
    """Return a fresh page with the network cut off: what wushe writes must open without it."""
    context = chromium.new_context(offline=True, viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()
