"""Automation of wushe: `python -m nox -s demo`, `python -m nox -s tests`, `python -m nox -l`."""

import os
import shutil
import subprocess
from pathlib import Path

import nox
from nox.command import CommandFailed

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "virtualenv"  # honours the user's pip settings and mirrors
nox.options.reuse_venv = "yes"
nox.options.sessions = ["tests", "lint", "types", "docs"]

PYPROJECT = nox.project.load_toml("pyproject.toml")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DEBIAN_PACKAGES = ("chromium", "fontconfig", "fonts-noto-cjk", "poppler-utils")
INSTALL = ("apt-get", "install", "-y", "-q", "--no-install-recommends")
DEBIAN_SERVER = ("postgresql",)  # the tests start a server of their own from its programs
LANGUAGES = ("zh", "en")
PYTEST = ("pytest", "-n", "auto", "--dist=worksteal")  # a worker that is done takes from the other
NBCONVERT = (
    "--ExecutePreprocessor.timeout=900",
    *(f"--HTMLExporter.{name}_url=" for name in ("jquery", "mathjax", "require_js")),
)  # a page that fetches nothing


def group(name: str) -> tuple[str, ...]:
    """Return the requirements of one dependency group of pyproject.toml."""
    return tuple(nox.project.dependency_groups(PYPROJECT, name))


def can_show_pages() -> bool:
    """Say whether a Chromium, a font for Chinese and a reader of PDFs are there."""
    if not any(map(shutil.which, CHROMIUM)) or not all(map(shutil.which, ("fc-list", "pdftotext"))):
        return False
    fonts = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=False)
    return bool(fonts.stdout.strip())


def has_server() -> bool:
    """Say whether the programs of a PostgreSQL server are there, in PATH or where Debian keeps them."""
    return bool(shutil.which("initdb")) or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def install(session: nox.Session, packages: tuple[str, ...]) -> None:
    """Install Debian's `packages` where we may: as root, with apt-get."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        session.run("apt-get", "update", "-q", external=True, env=env, silent=True)
        session.run(*INSTALL, *packages, external=True, env=env, silent=True)
    except CommandFailed:
        session.warn("apt-get failed")


def get_system_packages(session: nox.Session) -> None:
    """Install Chromium with a CJK font, and PostgreSQL, where they are missing; else say what to do."""
    if not can_show_pages():
        install(session, DEBIAN_PACKAGES)
    if not can_show_pages():
        session.warn(
            f"browser tests are skipped; to run them: {' '.join((*INSTALL, *DEBIAN_PACKAGES))}"
        )
    if not has_server():
        install(session, DEBIAN_SERVER)
    if not has_server():
        session.warn(
            f"PostgreSQL tests are skipped; to run them: {' '.join((*INSTALL, *DEBIAN_SERVER))}"
        )


def run_tier(session: nox.Session, tier: str) -> None:
    """Install wushe as a user would and run the whole suite with the counts of `tier`."""
    session.install(".[all]", *group("tests"))
    get_system_packages(session)
    session.run(*PYTEST, "--durations=5", *session.posargs, env={"WUSHE_TIER": tier})


@nox.session
def demo(session: nox.Session) -> None:
    """Plan the made-up district that ships with wushe; its page lands in the current folder."""
    session.install(".")
    session.chdir(session.invoked_from)
    session.run("wushe", "demo", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the suite in under five minutes."""
    run_tier(session, "tests")


@nox.session
def ci(session: nox.Session) -> None:
    """Run the suite with reduced counts of the long campaigns, in under 25 minutes."""
    run_tier(session, "ci")


@nox.session
def soak(session: nox.Session) -> None:
    """Run the suite with full counts and keep the evidence under docs/evidence."""
    run_tier(session, "soak")


@nox.session
def lowest(session: nox.Session) -> None:
    """Run the fast tests on the lowest declared versions (they have wheels up to Python 3.12)."""
    session.install("uv>=0.7")
    session.run(
        *("uv", "pip", "install", "--python", session.virtualenv.location),
        *("--resolution", "lowest-direct", "--reinstall-package", "wushe"),
        *("--group", "tests", ".[all]"),
        env={"UV_SYSTEM_CERTS": "1"},
    )
    session.run(
        *(*PYTEST, "-m", "not slow and not browser"),
        *session.posargs,
        env={"WUSHE_TIER": "tests"},
    )


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format and the direction of imports."""
    session.install("--no-deps", "-e", ".")
    session.install(*group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports")


@nox.session
def types(session: nox.Session) -> None:
    """Check the package, then an outside package that sees only what is installed."""
    session.install(".[all]", *group("types"))
    session.run("mypy")
    session.chdir("tests/outside")
    session.run("mypy")
    session.run("pyright")


@nox.session
def city_plugin(session: nox.Session) -> None:
    """Install a city's plugin as outside packages are: the example, and one that is scaffolded anew; test and check."""
    session.install(".", "pytest>=8.3")
    made = Path(session.create_tmp()).resolve() / "made"
    shutil.rmtree(made, ignore_errors=True)
    session.run("wushe", "plugins", "new", "madeup", "--folder", str(made))
    for name, folder in (("qingshi", Path("examples/city_plugin")), ("madeup", made)):
        session.install(str(folder))
        session.run("pytest", "-q", "-p", "no:cacheprovider", str(folder / "tests"))
        session.run("wushe", "plugins", "check", name)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; warnings are errors."""
    session.install(".[sql]", *group("docs"))
    session.run("sphinx-build", "-W", "--keep-going", "-q", "docs", "docs/_build/html")


def copy_notebooks(folder: Path, language: str, starts: tuple[str, ...]) -> list[str]:
    """Copy the notebooks whose names start so into `folder`, speaking `language`; return the copies."""
    folder.mkdir(parents=True)
    for notebook in Path("examples/notebooks").glob("*.ipynb"):
        if notebook.name.startswith(starts):
            spoken = notebook.read_text("utf-8").replace(
                r"LANG = \"zh\"", rf"LANG = \"{language}\""
            )
            (folder / notebook.name).write_text(spoken, "utf-8")
    return sorted(map(str, folder.iterdir()))


@nox.session
def notebooks(session: nox.Session) -> None:
    """Execute copies of the notebooks, pages to docs/_build/notebooks; `-- zh` one language, `-- 05` one notebook."""
    session.install(".[all]")
    try:
        session.install(".[all,notebook]")
    except CommandFailed:
        session.skip('not executed, since pip install "wushe[all,notebook]" failed, see above')
    languages = [word for word in session.posargs if word in LANGUAGES] or LANGUAGES
    starts = tuple(word for word in session.posargs if word not in LANGUAGES) or ("",)
    copies = Path(session.create_tmp()).resolve() / "copies"
    shutil.rmtree(copies, ignore_errors=True)
    for language in languages:
        session.run(
            *("python", "-m", "nbconvert", "--to", "html", "--execute", *NBCONVERT),
            *("--output-dir", str(Path("docs/_build/notebooks", language).resolve())),
            *copy_notebooks(copies / language, language, starts),
            env={"IPYTHONDIR": str(copies / "ipython"), "PYDEVD_DISABLE_FILE_VALIDATION": "1"},
        )


@nox.session
def bench(session: nox.Session) -> None:
    """Run every benchmark with its quick sizes."""
    session.install(".[all]")
    for script in sorted(Path("benchmarks").glob("*.py")):
        session.run("python", str(script), "--quick", *session.posargs)
