"""A new plugin project: what is written, that it works as an outside package, and what is refused."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

import wushe
from wushe.cli import main
from wushe.plugins.loading import load_one
from wushe.plugins.manager import available
from wushe.testing import new_plugin, run_cases, scaffold

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "city_plugin"
LEFT_BY_TOOLS = {"__pycache__", ".pytest_cache", ".ruff_cache", ".mypy_cache"}
HOOKS = {
    "register_need_categories",
    "register_target_groups",
    "register_parameters",
    "register_policies",
    "filter_candidates",
    "score_candidates",
    "prioritise_needs",
    "register_order_rules",
    "register_point_rules",
    "register_standards",
    "register_programmes",
    "register_report_sections",
    "register_demos",
}
"""One rule of each kind."""


def files_of(folder: Path) -> dict[str, str]:
    """Return the texts of a project's files by path, without what tools leave behind."""
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and LEFT_BY_TOOLS.isdisjoint(path.parts)
    }


@pytest.fixture(autouse=True)
def name_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example's name counts as free even where the example is installed."""
    others = {name: version for name, version in available().items() if name != "qingshi"}
    monkeypatch.setattr(scaffold, "available", lambda: others)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project of another name than the example's."""
    folder = tmp_path_factory.mktemp("new") / "lanting"
    new_plugin("lanting", folder, title="兰亭县")
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of installed packages: what an editable install of the example puts there."""
    site = tmp_path_factory.mktemp("site")
    said = tomllib.loads((EXAMPLE / "pyproject.toml").read_text("utf-8"))["project"]
    info = site / f"{said['name'].replace('-', '_')}-{said['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {said['name']}\nVersion: {said['version']}\n", "utf-8"
    )
    entries = [f"{name} = {where}" for name, where in said["entry-points"]["wushe"].items()]
    (info / "entry_points.txt").write_text("\n".join(["[wushe]", *entries, ""]), "utf-8")
    return site


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[wushe.Plugins]:
    """The example, found by its entry point; forgotten afterwards."""
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.syspath_prepend(str(EXAMPLE))
    yield wushe.load_plugins("qingshi")
    for name in [n for n in sys.modules if n.partition(".")[0] == "wushe_qingshi"]:
        del sys.modules[name]


# --- what is written ---------------------------------------------------------------------------


def test_the_example_is_what_new_writes(tmp_path: Path) -> None:
    """examples/city_plugin is the project that `wushe plugins new` writes today, byte for byte."""
    new_plugin("qingshi", tmp_path / "new", title="青石区")
    assert files_of(EXAMPLE) == files_of(tmp_path / "new")


def test_nothing_of_the_template_or_the_example_is_left(project: Path) -> None:
    """Another name and title leave no placeholder and no 青石区 anywhere, in names or texts."""
    found = files_of(project)
    everything = "\n".join([*found, *found.values()])
    assert [word for word in ("@NAME@", "@TITLE@", "qingshi", "青石") if word in everything] == []
    assert "兰亭县" in found["README.md"]


def test_the_new_cases_pass_before_anything_is_installed(project: Path) -> None:
    """The rules load from their file, and every case of the new project passes."""
    rules = wushe.load_plugins(str(project / "wushe_lanting" / "lanting.py"))
    report = run_cases(*sorted((project / "cases").glob("*.yaml")), plugins=rules)
    assert len(report.outcomes) >= 15
    assert report.ok, report.say("en")


def test_there_is_one_rule_of_each_kind(project: Path) -> None:
    """The project shows every sort of rule that a city's document is likely to hold."""
    rules = wushe.load_plugins(str(project / "wushe_lanting" / "lanting.py"))
    assert set(rules.hooks_of("lanting")) == HOOKS


VOCABULARY = {"register_need_categories", "register_target_groups"}


def without(project: Path, hooks: set[str]) -> SimpleNamespace:
    """Return the project's plugin without some of its rules."""
    plugin = load_one(str(project / "wushe_lanting" / "lanting.py")).implementation
    rest = {name: value for name, value in vars(plugin).items() if name not in hooks}
    return SimpleNamespace(**rest | {"name": "lanting"})


def test_the_tables_need_no_rule_but_the_words(project: Path) -> None:
    """Without all rules that a city does not need, the demo is still read and planned."""
    rules = wushe.load_plugins(without(project, HOOKS - VOCABULARY))
    city = wushe.read(project / "wushe_lanting" / "demo", plugins=rules)
    assert len(wushe.make_plan(city, plugins=rules, on="2025-09-15").items) > 0


def test_a_category_taken_out_is_missed_by_one_row(project: Path) -> None:
    """The demo's one row of the plugin's own category is named with file, row and value."""
    rules = wushe.load_plugins(without(project, {"register_need_categories"}))
    with pytest.raises(wushe.InputError) as caught:
        wushe.read(project / "wushe_lanting" / "demo", plugins=rules)
    [problem] = caught.value.problems
    assert (problem.file, problem.row, problem.value) == ("needs.csv", 2, "代读书信")


def test_a_group_taken_out_is_missed_by_one_programme(project: Path) -> None:
    """The programme for the group is named at load; without it one row of the demo is left to mend."""
    groups = {"register_target_groups"}
    with pytest.raises(wushe.PluginError, match=r"programme 'lanting_hill'.*'lanting_hillside'"):
        wushe.load_plugins(without(project, groups))
    rules = wushe.load_plugins(without(project, groups | {"register_programmes"}))
    with pytest.raises(wushe.InputError) as caught:
        wushe.read(project / "wushe_lanting" / "demo", plugins=rules)
    [problem] = caught.value.problems
    assert (problem.file, problem.row, problem.value) == ("households.csv", 3, "坡地老人")


@pytest.mark.parametrize(
    ("title", "places", "region"),
    [
        ("云溪市", ["示例省", "云溪市", "示例区"], "990100"),
        ("云省", ["云省", "示例市", "示例区"], "990000"),
        ("青石区", ["示例省", "示例市", "青石区"], "990101"),
        (None, ["示例省", "示例市", "hills"], "990101"),
    ],
)
def test_the_title_tells_the_level(
    title: str | None, places: list[str], region: str, tmp_path: Path
) -> None:
    """A city stands above a made-up district, a province above both; the code of the rules is the place's own."""
    new_plugin("hills", tmp_path / "new", title=title)
    found = files_of(tmp_path / "new")
    rows = found["wushe_hills/demo/places.csv"].splitlines()[1:4]
    assert [row.split(",")[1] for row in rows] == places
    assert f'REGION = "{region}"' in found["wushe_hills/hills.py"]


def test_a_plugin_under_another_names_both(tmp_path: Path) -> None:
    """With `under` the rules say so; tests, README and demo load both; the cases pass below a real city's rules."""
    new_plugin("hills", tmp_path / "new", title="云溪区", under="wuhan")
    found = files_of(tmp_path / "new")
    assert 'load_plugins("wuhan", "hills")' in found["tests/test_cases.py"]
    assert "-p wuhan -p hills" in found["README.md"]
    rules = wushe.load_plugins("wuhan", str(tmp_path / "new" / "wushe_hills" / "hills.py"))
    assert [name for name, _ in rules.versions] == ["defaults", "wuhan", "hills"]
    assert rules.demos["hills"].plugins == ("wuhan", "hills")
    report = run_cases(*sorted((tmp_path / "new" / "cases").glob("*.yaml")), plugins=rules)
    assert report.ok, report.say("en")


@pytest.mark.parametrize(
    ("under", "first"), [("wuhan", "cd "), ("lanprov", "the plugin above, lanprov")]
)
def test_the_plugin_above_is_installed_first(under: str, first: str, tmp_path: Path) -> None:
    """The next steps begin with the plugin above where it is not installed, and only there."""
    words = ["plugins", "new", "hills", "--folder", str(tmp_path / "new"), "--under", under]
    result = CliRunner().invoke(main, [*words, "--lang", "en"])
    assert result.exit_code == 0
    steps = result.output.partition("next:\n")[2].splitlines()
    assert first in steps[0]
    assert sum("pip install" in step for step in steps) == (2 if under == "lanprov" else 1)


def test_it_uses_only_the_public_names(project: Path) -> None:
    """Of wushe the rules and tests import the front door, the rules language and the test kit."""
    texts = [text for name, text in files_of(project).items() if name.endswith(".py")]
    lines = [line.split()[1] for text in texts for line in text.splitlines() if _imports(line)]
    ours = {line for line in lines if line.partition(".")[0] == "wushe"}
    assert ours == {"wushe", "wushe.rules", "wushe.testing"}


def _imports(line: str) -> bool:
    return line.startswith(("import ", "from "))


# --- as an outside package ---------------------------------------------------------------------


def test_the_example_is_found_by_its_entry_point(installed: wushe.Plugins) -> None:
    """Once installed it loads by name, with the version of its own pyproject, and brings its demo."""
    assert dict(installed.versions)["qingshi"] == "1.0"
    assert "qingshi" in installed.demos


def test_its_demo_runs_from_the_command_line(
    installed: wushe.Plugins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`wushe demo qingshi` plans the tables that came with the package and shows both stories."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["demo", "qingshi"])
    assert result.exit_code == 0, result.output
    assert "独居老人先请社工" in result.output
    assert "H-2" in result.output
    assert (tmp_path / "wushe-demo-qingshi.html").is_file()


def test_its_own_tests_pass_outside(site: Path, tmp_path: Path) -> None:
    """Its test suite passes in a process of its own, in its own folder, with wushe as installed."""
    paths = os.pathsep.join([str(site), str(EXAMPLE), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=EXAMPLE,
        env={**os.environ, "PYTHONPATH": paths.rstrip(os.pathsep), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "title", "code"),
    [
        ("Qingshi", None, "bad-plugin-name"),  # upper case would differ between file systems
        ("9city", None, "bad-plugin-name"),  # no module may start with a digit
        ("../up", None, "bad-plugin-name"),  # a name is no path
        ("class", None, "bad-plugin-name"),  # a keyword cannot be imported
        ("wuchang", None, "plugin-name-taken"),  # its entry point would hide the built-in one
        ("qingshi", '"""+x+"""', "bad-plugin-title"),  # titles end up in Python and TOML
        ("qingshi", "{x}", "bad-plugin-title"),  # and in texts with fields
        ("qingshi", "", "bad-plugin-title"),  # nothing at all
    ],
)
def test_a_name_that_cannot_be_used_is_refused(
    name: str, title: str | None, code: str, tmp_path: Path
) -> None:
    """A bad name or title is named, and nothing is written."""
    with pytest.raises(wushe.InputError) as caught:
        new_plugin(name, tmp_path / "new", title=title)
    assert [problem.code for problem in caught.value.problems] == [code]
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("under", ["../up", "hills", "defaults", ""])
def test_a_plugin_is_under_another_one_by_name(under: str, tmp_path: Path) -> None:
    """What is no name, the plugin itself and the built-in rules cannot be above it."""
    with pytest.raises(wushe.InputError) as caught:
        new_plugin("hills", tmp_path / "new", under=under)
    assert [problem.code for problem in caught.value.problems] == ["bad-plugin-parent"]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A folder that holds anything is left as it is; the command says so and exits with 1."""
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    arguments = ["plugins", "new", "qingshi", "--folder", str(tmp_path), "--lang", "en"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert "not empty" in result.output
    assert files_of(tmp_path) == {"mine.txt": "mine"}


def test_new_says_what_it_wrote_and_what_comes_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a folder the project lands in wushe-NAME; its files and the next commands are listed."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["plugins", "new", "qingshi"])
    assert result.exit_code == 0
    assert "wushe-qingshi/wushe_qingshi/qingshi.py" in result.output
    assert 'pip install -e ".[test]"' in result.output
    assert "上级" not in result.output
    assert "qingshi的五社联动规则" in (tmp_path / "wushe-qingshi" / "README.md").read_text("utf-8")
