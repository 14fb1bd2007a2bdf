"""The package as a whole: sizes, imports, clocks, the front door and its snapshot."""

import ast
import importlib
import importlib.metadata
import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import wushe

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src" / "wushe"
MODULES = sorted(SRC.rglob("*.py"))
SNAPSHOT = Path(__file__).parent / "public_api.txt"
SUBPACKAGES = ("casefile", "identify", "render", "report", "simulate", "testing")
"""Packages that users import from beside the front door."""

HEAVY = ("numpy", "scipy", "networkx", "jinja2", "rich", "click", "pandas", "narwhals", "pyarrow")
PLOTTING = ("matplotlib", "bokeh", "plotly", "PIL", "resvg_py")
CLOCKS = {
    *("date.today", "datetime.now", "datetime.today", "datetime.utcnow"),
    *("time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime"),
}


# --- sizes and leftovers -----------------------------------------------------------------------


def test_modules_are_short_enough_to_read() -> None:
    """No module is over 500 lines: it would hold more than one concept."""
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert {path: length for path, length in lengths.items() if length > 500} == {}


def test_nothing_is_left_for_later() -> None:
    """No file of the package, its tests, examples or docs carries a note to do something later."""
    note = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    folders = (SRC, ROOT / "tests", ROOT / "examples", ROOT / "benchmarks", ROOT / "docs")
    files = [
        p for folder in folders for end in ("py", "md", "js") for p in folder.rglob(f"*.{end}")
    ]
    assert files
    assert [p for p in files if note.search(p.read_text("utf-8"))] == []


# --- clocks ------------------------------------------------------------------------------------


def _dotted(node: ast.AST) -> str:
    """Return ``a.b.c`` for a chain of names, else an empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (head := _dotted(node.value)):
        return f"{head}.{node.attr}"
    return ""


def clock_uses(source: str) -> list[str]:
    """Return the uses of a wall clock in `source`, called, passed on or imported by name."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            found.append(".".join(_dotted(node).split(".")[-2:]))
        elif isinstance(node, ast.ImportFrom):
            found.extend(f"{node.module}.{alias.name}" for alias in node.names)
    return sorted(CLOCKS.intersection(found))


@pytest.mark.parametrize(
    "source",
    [
        "import datetime\non = datetime.date.today()",  # in full
        "from datetime import date\non = date.today()",  # imported class
        "import attrs\nimport datetime as dt\nx = attrs.field(factory=dt.datetime.now)",  # uncalled
        "from time import time",  # imported by name
    ],
)
def test_the_clock_scan_sees_a_clock(source: str) -> None:
    """The scan below is not blind to any way of reaching a wall clock."""
    assert len(clock_uses(source)) == 1


def test_the_clock_scan_allows_timing() -> None:
    """How long a stage took may be measured: perf_counter is no wall clock."""
    assert clock_uses("import time\nstart = time.perf_counter()") == []


def test_no_module_reads_the_wall_clock() -> None:
    """Dates are arguments, so that a plan made again is the same plan."""
    found = {path: clock_uses(path.read_text("utf-8")) for path in MODULES}
    assert {path: uses for path, uses in found.items() if uses} == {}


# --- imports -----------------------------------------------------------------------------------


def _imported(path: Path) -> Iterator[str]:
    """Yield every module that `path` imports at run time or for type checking, absolutely."""
    package = ["wushe", *path.relative_to(SRC).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            yield ".".join([*above, *filter(None, [node.module])])


def test_import_is_light() -> None:
    """`import wushe` brings in no number, graph, page, terminal or plotting library."""
    code = "import sys, json; import wushe; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert "wushe" in loaded
    assert loaded.isdisjoint({*HEAVY, *PLOTTING})


def test_the_kernel_is_numbers_only() -> None:
    """The solvers import numpy, scipy, numba, each other and the standard library, and nothing else at all."""
    homes = ("kernel/", "combined/", "fair/", "shards/")
    places = tuple(f"matching/{home}" for home in homes)
    solvers = [p for p in MODULES if p.relative_to(SRC).as_posix().startswith(places)]
    assert len(solvers) > len(homes)
    names = {name for path in solvers for name in _imported(path)}
    ours = {name for name in names if name.startswith("wushe")}
    inside = tuple(f"wushe.matching.{home.strip('/')}" for home in homes)
    assert all(name.startswith(inside) for name in ours)
    roots = {name.partition(".")[0] for name in names - ours}
    assert roots - sys.stdlib_module_names <= {"dask", "distributed", "numba", "numpy", "scipy"}


def test_only_plugins_and_the_command_line_use_the_front_door() -> None:
    """Inside, modules import each other's layers: `import wushe` would hide a cycle. Stories are users' code."""
    users = ("plugins/", "cli", "__main__", "demos/stories/")
    inside = [p for p in MODULES if not p.relative_to(SRC).as_posix().startswith(users)]
    assert inside
    assert [path for path in inside if "wushe" in set(_imported(path))] == []


# --- the front door ----------------------------------------------------------------------------


def test_every_public_name_is_there() -> None:
    """Each name in `wushe.__all__` is listed once, can be had, and `dir` shows it."""
    assert len(wushe.__all__) == len(set(wushe.__all__))
    for name in wushe.__all__:
        assert getattr(wushe, name) is not None
    assert set(wushe.__all__) <= set(dir(wushe))


def test_an_unknown_name_is_an_attribute_error() -> None:
    """The lazy front door fails as any module does."""
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = wushe.no_such_name


def test_the_front_door_is_short() -> None:
    """`wushe/__init__.py` is a list of names, not a place for code."""
    assert len((SRC / "__init__.py").read_text("utf-8").splitlines()) < 100


def _signature(thing: Any) -> str:
    try:
        text = str(inspect.signature(thing))
    except (TypeError, ValueError):  # built-in types have none
        return "(...)"
    return re.sub(r" at 0x[0-9a-f]+", "", text)


def _describe(name: str, thing: Any) -> Iterator[str]:
    """Yield the lines of the snapshot for one public name."""
    if inspect.isclass(thing):
        bases = ", ".join(base.__name__ for base in thing.__bases__)
        yield f"class {name}({bases}){_signature(thing)}"
        yield from sorted(f"    {line}" for line in _members(thing))
    elif callable(thing):
        yield f"def {name}{_signature(thing)}"
    else:
        yield f"{name}: {type(thing).__name__}"


def _members(thing: type) -> Iterator[str]:
    """Yield the public attributes, properties and methods that wushe itself defines."""
    ours = [base for base in thing.__mro__ if base.__module__.partition(".")[0] == "wushe"]
    fields = {field.name for field in getattr(thing, "__attrs_attrs__", ())}
    yield from (f"{name}: attribute" for name in fields if not name.startswith("_"))
    for name in {key for base in ours for key in vars(base)} - fields:
        if name.startswith("_") and name not in ("__getitem__", "__iter__", "__len__"):
            continue
        member = inspect.getattr_static(thing, name)
        if isinstance(member, (classmethod, staticmethod)):
            yield f"{type(member).__name__} {name}{_signature(member.__func__)}"
        elif inspect.isfunction(member):
            yield f"def {name}{_signature(member)}"
        elif isinstance(member, property):
            yield f"{name}: property"
        else:
            yield f"{name}: {type(member).__name__}"


def exported(package: str) -> dict[str, Any]:
    """Return what ``wushe.PACKAGE`` exports by name, sorted: everything public but its own modules."""
    module = importlib.import_module(f"wushe.{package}")
    # `dir` also tells the names that a package loads when they are first used.
    names = {n: getattr(module, n) for n in sorted(dir(module)) if not n.startswith("_")}
    return {name: thing for name, thing in names.items() if not inspect.ismodule(thing)}


def public_api() -> str:
    """Return every public name with its signature, one a line: the front door, then the packages."""
    lines = [
        line for name in sorted(wushe.__all__) for line in _describe(name, getattr(wushe, name))
    ]
    for package in SUBPACKAGES:
        for name, thing in exported(package).items():
            lines.extend(_describe(f"{package}.{name}", thing))
    return "\n".join(lines) + "\n"


def test_the_public_api_is_the_one_we_promised() -> None:
    """A change of the public API is seen: WUSHE_UPDATE_SNAPSHOT=1 accepts it, the diff is read."""
    if os.environ.get("WUSHE_UPDATE_SNAPSHOT") == "1":
        SNAPSHOT.write_text(public_api(), encoding="utf-8")
    assert public_api() == SNAPSHOT.read_text("utf-8")


@pytest.mark.parametrize("package", SUBPACKAGES)
def test_a_package_exports_only_what_is_its_own(package: str) -> None:
    """No name of a library or of another layer slips into a public package through an import."""
    for name, thing in exported(package).items():
        home = getattr(thing, "__module__", f"wushe.{package}")
        assert home.startswith(f"wushe.{package}"), name


# --- automation --------------------------------------------------------------------------------


@pytest.mark.parametrize("session", ["demo", "tests"])
def test_the_readme_names_the_commands_that_ci_runs(session: str) -> None:
    """README's two commands are spelt as .ci/run and the noxfile know them."""
    command = f"python -m nox -s {session}"
    assert f"python -m pip install nox && {command}" in (ROOT / "README.md").read_text("utf-8")
    assert f"def {session}(" in (ROOT / "noxfile.py").read_text("utf-8")
    if session == "tests":
        assert command in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_version_has_one_source() -> None:
    """The installed metadata say what `wushe.__version__` says, which is written once."""
    assert importlib.metadata.version("wushe") == wushe.__version__
    assert 'dynamic = ["version"]' in (ROOT / "pyproject.toml").read_text("utf-8")
    texts = [path.read_text("utf-8") for path in MODULES]
    assert sum(f'__version__ = "{wushe.__version__}"' in text for text in texts) == 1
