"""The documentation: its code runs, its links lead somewhere, and it leaves nothing out.

In README.md and docs, in the order of each page and in one temporary folder per page:

- a fenced block after ``<!-- file: NAME -->`` is written to that file;
- a ``python`` block is run, all blocks of a page in one namespace; a ``text`` block right after it is
  what it must print;
- in a ``console`` block each line after ``$`` is run (``wushe ...``, ``echo $?``), and the lines that
  follow, where there are any, are what it must print.

In expected text ``…`` stands for anything.
"""

import contextlib
import datetime as dt
import importlib
import importlib.util
import inspect
import io
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import click
import numpy as np
import pytest
from click.testing import CliRunner

import wushe
from rules_once import share_rules
from wushe.cli import main
from wushe.demos import demo_path
from wushe.identify import person_columns
from wushe.identify.due import with_signals
from wushe.model.spec import RECORD_KINDS
from wushe.plugins import hookspecs
from wushe.plugins.manager import available
from wushe.privacy import ROLES, role_table
from wushe.relief import assess, link_relief

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    *sorted(p for p in DOCS.rglob("*.md") if "_build" not in p.parts and "evidence" not in p.parts),
]
_BLOCK = re.compile(
    r"(?:^<!-- file: (?P<file>\S+) -->\n\n?)?^```(?P<language>\w*)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
ON = dt.date(2025, 9, 15)
HOOKS = sorted(name for name, spec in vars(hookspecs).items() if hasattr(spec, "wushe_spec"))


# --- the runner --------------------------------------------------------------------------------


@attrs.frozen
class Block:
    """One fenced block: `language`, `body`, and the `file` that it is to be written to, if any."""

    language: str
    body: str
    file: str | None
    line: int


def blocks_of(page: Path) -> list[Block]:
    """Return the fenced blocks of `page` in order."""
    text = page.read_text("utf-8")
    return [
        Block(
            found["language"], found["body"], found["file"], text.count("\n", 0, found.start()) + 1
        )
        for found in _BLOCK.finditer(text)
    ]


def agrees(expected: str, seen: str) -> bool:
    """Return whether `seen` is `expected`, where ``…`` stands for anything."""
    wanted = [line.rstrip() for line in expected.strip().splitlines()]
    found = "\n".join(line.rstrip() for line in seen.strip().splitlines())
    pattern = ".*".join(re.escape(part) for part in "\n".join(wanted).split("…"))
    return re.fullmatch(pattern, found, re.DOTALL) is not None


@attrs.define
class Runner:
    """Runs the blocks of one page in the current folder."""

    page: Path
    names: dict[str, Any] = attrs.field(factory=dict)
    exit_code: int = 0

    def run(self) -> "Runner":
        """Run every block of the page that is to be run."""
        blocks = blocks_of(self.page)
        for block, after in zip(blocks, [*blocks[1:], None], strict=False):
            if block.file is not None:
                Path(block.file).parent.mkdir(parents=True, exist_ok=True)
                Path(block.file).write_text(block.body, "utf-8")
            elif block.language == "python":
                printed = self._python(block)
                if after is not None and after.language == "text" and after.file is None:
                    self._compare(after, after.body, printed)
            elif block.language == "console":
                self._console(block)
        return self

    def _python(self, block: Block) -> str:
        # Blank lines in front, so that a traceback names the line of the page.
        code = compile("\n" * block.line + block.body, str(self.page), "exec")
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(code, self.names)
        return printed.getvalue()

    def _console(self, block: Block) -> None:
        for part in re.split(r"^\$ ", block.body, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            printed = self._command(command)
            if expected.strip():
                self._compare(block, expected, printed)

    def _command(self, command: str) -> str:
        if command == "echo $?":
            return str(self.exit_code)
        words = shlex.split(command)
        assert words[0] == "wushe", f"{self.page}: {command!r} is not run here"
        target = words[words.index(">") + 1] if ">" in words else None
        arguments = words[1 : words.index(">")] if target else words[1:]
        result = CliRunner().invoke(main, arguments, prog_name="wushe")
        assert result.exception is None or isinstance(result.exception, SystemExit), command
        self.exit_code = result.exit_code
        if target is None:
            return result.output
        Path(target).write_text(result.output, "utf-8")
        return ""

    def _compare(self, block: Block, expected: str, seen: str) -> None:
        where = f"{self.page.name}, block at line {block.line}"
        assert agrees(expected, seen), f"{where}\n--- expected\n{expected}\n--- seen\n{seen}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in an empty folder, as a reader does; modules written there are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delenv("WUSHE_LANG", raising=False)
    share_rules(monkeypatch)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


# --- code in pages -----------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_shows_is_what_happens(page: Path, folder: Path) -> None:
    """Every python and console block of a page runs and prints what the page says."""
    Runner(page).run()


def test_the_runner_notices_a_wrong_output(folder: Path) -> None:
    """A page whose shown output differs from the real one fails."""
    assert agrees("a\nb … d\n", "a\nb c\nc d")
    assert not agrees("a\nb", "a\nc")
    page = folder / "page.md"
    page.write_text("```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n", "utf-8")
    with pytest.raises(AssertionError, match=r"page\.md, block at line 5"):
        Runner(page).run()


def test_readme_prints_the_two_commands() -> None:
    """README holds both commands, each alone in its block, to be copied as they stand."""
    bodies = [block.body.strip() for block in blocks_of(ROOT / "README.md")]
    assert "python -m pip install nox && python -m nox -s demo" in bodies
    assert "python -m pip install nox && python -m nox -s tests" in bodies


# --- links -------------------------------------------------------------------------------------


def anchor(heading: str) -> str:
    """Return the anchor that Markdown viewers and MyST make of a heading."""
    plain = re.sub(r"[`*]", "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def broken_links(page: Path) -> list[str]:
    """Return the links of `page` to files or headings that do not exist."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?:", link):
            continue
        file, _, fragment = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        if not target.exists():
            broken.append(link)
        elif fragment and target.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), flags=re.MULTILINE)
            if fragment not in map(anchor, headings):
                broken.append(link)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """Every link of a page to a file or a heading finds it."""
    assert broken_links(page) == []


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    """The check above sees a missing file and a missing heading."""
    page = tmp_path / "page.md"
    page.write_text("# One two\n\n[a](#one-two) [b](#three) [c](none.md)\n", "utf-8")
    assert broken_links(page) == ["#three", "none.md"]


def test_every_page_is_in_the_table_of_contents() -> None:
    """Each page of docs is named in a toctree of the index."""
    listed = re.findall(r"^([\w/-]+)$", (DOCS / "index.md").read_text("utf-8"), flags=re.MULTILINE)
    pages = {p.relative_to(DOCS).with_suffix("").as_posix() for p in PAGES if DOCS in p.parents}
    assert pages - {"index"} <= set(listed)


# --- nothing left out --------------------------------------------------------------------------


def page(name: str) -> str:
    """Return the text of a page of docs, with what is generated filled in."""
    return str(_generated().fill((DOCS / name).read_text("utf-8")))


def _generated() -> Any:
    if "generated" not in sys.modules:
        spec = importlib.util.spec_from_file_location("generated", DOCS / "generated.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules["generated"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["generated"])
    return sys.modules["generated"]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented(hook: str) -> None:
    """The hook reference has a section for the hook that shows its signature."""
    section = re.search(
        rf"^### `{hook}`$(.*?)(?=^##)", page("reference/hooks.md"), flags=re.MULTILINE | re.DOTALL
    )
    assert section is not None, f"docs/reference/hooks.md has no section ### `{hook}`"
    signature = str(inspect.signature(getattr(hookspecs, hook))).replace("'", "")
    block = next(found["body"] for found in _BLOCK.finditer(section[1]))
    assert (
        re.sub(r"\(\s+|\s+\)", lambda m: m[0].strip(), " ".join(block.split()))
        == f"def {hook}{signature}"
    )


def test_every_hook_is_used() -> None:
    """No hook exists for its own sake: an installed plugin implements each."""
    used = {h for name in available() for h in wushe.load_plugins(name).hooks_of(name)}
    assert used == set(HOOKS)


@pytest.fixture(scope="module")
def demo_plan() -> wushe.Plan:
    """Return the plan of the demo district."""
    rules = wushe.load_plugins("wuchang")
    return wushe.make_plan(
        wushe.read(demo_path("wuchang"), plugins=rules), plugins=rules, on="2025-09-15"
    )


@pytest.mark.parametrize("side", ["needs", "offers"])
def test_every_column_is_documented(side: str, demo_plan: wushe.Plan) -> None:
    """The hook reference lists exactly the columns that hooks receive, with their dtype and shape."""
    text = page("reference/hooks.md")
    section = re.search(rf"^### `{side}`$(.*?)(?=^##)", text, flags=re.MULTILINE | re.DOTALL)
    assert section is not None
    rows = re.findall(r"^\| `(\w+)` \| ([\w\[\]]+) \| \((.*?)\) \|", section[1], flags=re.MULTILINE)
    columns = getattr(demo_plan.matching.prepared, side).arrays
    assert [row[0] for row in rows] == list(columns)
    assert {name: dtype for name, dtype, _ in rows} == {n: str(a.dtype) for n, a in columns.items()}
    assert {name: len(shape.strip(", ").split(",")) for name, _, shape in rows} == {
        name: array.ndim for name, array in columns.items()
    }


def test_every_person_column_is_documented() -> None:
    """The hook reference lists the columns that visits are judged by, with their dtype and shape."""
    rules = wushe.load_plugins("wuchang")
    city = wushe.read(demo_path("wuchang"), plugins=rules)
    context = wushe.Context(ON, rules.categories, rules.target_groups)
    persons, _ = with_signals(person_columns(city, ON), rules.risk_signals, context)
    text = page("reference/hooks.md")
    section = re.search(r"^### `persons`$(.*?)(?=^##)", text, flags=re.MULTILINE | re.DOTALL)
    assert section is not None
    rows = re.findall(r"^\| `(\w+)` \| ([\w\[\]]+) \| \((.*?)\) \|", section[1], flags=re.MULTILINE)
    columns = {name: array for name, array in persons.arrays.items() if ":" not in name}
    assert [row[0] for row in rows] == list(columns)
    assert {n: dtype for n, dtype, _ in rows} == {n: str(a.dtype) for n, a in columns.items()}
    assert {name: len(shape.strip(", ").split(",")) for name, _, shape in rows} == {
        name: array.ndim for name, array in columns.items()
    }
    families = dict(re.findall(r"^\| `(\w+):[A-Z]+` \| (\w+) \|", section[1], flags=re.MULTILINE))
    seen = {n.partition(":")[0]: str(a.dtype) for n, a in persons.arrays.items() if ":" in n}
    assert families == {"group": "int8", "signal": "int8", "fact": "object"}
    assert seen.items() <= families.items()
    assert {"group", "signal"} <= set(seen)


def test_every_column_of_money_needs_is_documented() -> None:
    """The hook reference lists the columns by which sources of relief are ordered."""
    seen: dict[str, str] = {}

    class Spy:
        name = "spy"

        @wushe.hookimpl
        def order_relief_sources(self, needs: Any, sources: tuple[str, ...]) -> Any:
            seen.update({name: str(array.dtype) for name, array in needs.arrays.items()})
            return np.zeros((len(needs), len(sources)), dtype=np.int64)

    rules = wushe.load_plugins("dangshan", Spy())
    city = wushe.read(demo_path("dangshan"), plugins=rules)
    link_relief(city, assess(city, on=ON, plugins=rules, policies=()), plugins=rules, on=ON)
    section = re.search(
        r"^### `money_needs`$(.*?)(?=^##)", page("reference/hooks.md"), re.MULTILINE | re.DOTALL
    )
    assert section is not None
    rows = re.findall(r"^\| `(\w+)` \| ([\w\[\]]+) \| \(n,\) \|", section[1], re.MULTILINE)
    assert dict(rows) == seen
    assert len(rows) == len(seen)


def test_every_policy_of_the_pack_is_in_the_table() -> None:
    """The table of policies has a row for each with document, confidence and day of checking."""
    text = page("reference/policies.md")
    rows = {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `")}
    for policy in wushe.load_plugins().policies:
        cells = rows[policy.id].split(" | ")
        assert policy.document in cells[1]
        assert policy.article in cells[1]
        assert cells[2] == f"{policy.confidence}<br>{policy.checked}"
        assert cells[3].endswith(f"<br>{len(policy.conditions)}")


def test_every_name_of_the_parameters_is_in_the_table() -> None:
    """The table of parameters names each that the table of the pack has, wherever it holds."""
    text = page("reference/policies.md")
    listed = set(re.findall(r"^\| [^|]*\| `(\w+)` \|", text, re.MULTILINE))
    assert {p.name for p in _generated().pack_parameters()} == listed
    assert len(listed) > 100


def test_the_whole_language_is_in_the_howto() -> None:
    """Each function, relation and link that rules are written with stands in the table of the how-to."""
    text = page("howto/write-a-policy.md")
    module = importlib.import_module("wushe.rules")
    names = {n for n, v in vars(module).items() if n.islower() and not inspect.ismodule(v)}
    shown = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`\n]+)`", text))))
    assert {n for n in names if n[0] != "_"} - shown == set()


def _commands(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{prefix}{name} ")
        else:
            yield prefix + name, command


@pytest.mark.parametrize(("name", "command"), list(_commands(main)), ids=str)
def test_every_command_has_a_how_to_with_every_option(name: str, command: click.Command) -> None:
    """Each command has its page in docs/howto, which shows it and names all of its options."""
    text = page(f"howto/{name.split(maxsplit=1)[0]}.md")
    assert f"$ wushe {name}" in text
    options = {o for p in command.params if isinstance(p, click.Option) for o in p.opts}
    assert {o for o in options if o.startswith("--") and f"`{o}" not in text} == set()


@pytest.mark.parametrize("kind", RECORD_KINDS.values(), ids=RECORD_KINDS)
def test_every_table_and_field_is_in_the_format_reference(kind: Any) -> None:
    """The format reference has a section per table with a row per field: both headings, in order."""
    pattern = rf"^### {kind.zh} `{kind.name}`$(.*?)(?=^###? |\Z)"
    section = re.search(pattern, page("reference/data-format.md"), flags=re.MULTILINE | re.DOTALL)
    assert section is not None
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", section[1], flags=re.MULTILINE)
    assert [(a, b.strip()) for a, b in rows] == [(f.heading, f.zh) for f in kind.fields]


def test_every_problem_code_in_the_source_is_in_the_error_reference() -> None:
    """Each code that the source gives to a kind of problem has a row in the error reference."""
    made = re.compile(r"(?:ProblemKind|_kind|_mistake)\(\s*\"([a-z-]+)\"")
    sources = [p.read_text("utf-8") for p in (ROOT / "src").rglob("*.py")]
    codes = {code for source in sources for code in made.findall(source)}
    listed = set(re.findall(r"^\| `([a-z-]+)` \|", page("reference/errors.md"), flags=re.MULTILINE))
    assert len(codes) > 40
    assert codes <= listed


def test_every_error_class_is_in_the_error_reference() -> None:
    """Each exception of the front door is explained."""
    text = page("reference/errors.md")
    names = [n for n in wushe.__all__ if n.endswith("Error")]
    assert len(names) > 4
    assert [n for n in names if f"`{n}`" not in text] == []


def test_every_public_name_is_in_the_api_reference() -> None:
    """The API page documents each name of the front door."""
    text = page("reference/api.md")
    named = set(re.findall(r"(?:(?:auto\w+|data):: |^\| `)wushe\.(\w+)", text, flags=re.MULTILINE))
    assert named >= {n for n in wushe.__all__ if not n.startswith("_")}


PACKAGES = [
    "casefile", "identify", "journal", "ledger", "ledger.duties", "ledger.goods", "ledger.money", "orders",
    "orders.projects", "orders.volunteers", "relief", "render", "report", "report.disclosure", "rules", "simulate", "store", "testing",
]  # fmt: skip


@pytest.mark.parametrize("package", PACKAGES)
def test_every_name_of_a_public_package_is_in_the_api_reference(package: str) -> None:
    """The API page documents each name that a public package exports, and says where it is."""
    module = importlib.import_module(f"wushe.{package}")
    exported = {n for n in dir(module) if n[0] != "_" and not inspect.ismodule(getattr(module, n))}
    name = re.escape(package)
    pattern = rf"^\.\. (?:auto\w+|data):: wushe\.{name}\.(\w+)(?:$|\()"
    assert exported == set(re.findall(pattern, page("reference/api.md"), flags=re.MULTILINE))


@pytest.mark.parametrize("role", ROLES)
def test_every_role_is_in_the_privacy_page(role: str) -> None:
    """The privacy page shows the table of roles as the library has it, a column per role."""
    text = page("explanation/privacy.md")
    table = [
        line.split("|") for line in text.splitlines() if line.startswith("|") and "<br>" in line
    ]
    head, *rows = (cells for cells in table if len(cells) == len(ROLES) + 3)
    at = [f"`{role}`" in cell for cell in head].index(True)
    shown = [row[at].strip() for row in rows]
    marks = {"full": "●", "masked": "◐", "none": ""}
    assert shown == [marks[row[role]] for row in role_table().values()]  # type: ignore[index]


# --- what must not be in project files ---------------------------------------------------------


def test_no_machine_path_or_registry_host_is_in_a_project_file() -> None:
    """Tracked text files name no folder of one machine and no host of a package registry."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    words = (
        "/wo" + "rk/",
        "/home" + "/",
        "/Us" + "ers/",
        "/ro" + "ot/",
        "/tm" + "p/",
        "pypi." + "org",
    )
    hosts = re.compile(
        "|".join(map(re.escape, words)) + r"|https?://[\w.-]*(?:pypi|mirror|simple)[\w.-]*"
    )
    found = []
    for name in listed.stdout.decode().splitlines():
        path = ROOT / name
        if path.suffix in (
            ".py",
            ".pyi",
            ".md",
            ".toml",
            ".csv",
            ".json",
            ".js",
            ".css",
            ".html",
            "",
        ):
            with contextlib.suppress(UnicodeDecodeError, FileNotFoundError):
                found += [f"{name}: {hit[0]}" for hit in hosts.finditer(path.read_text("utf-8"))]
    assert found == []
