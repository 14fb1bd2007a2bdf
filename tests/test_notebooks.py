"""The notebooks: committed without outputs, in two languages, and what one of them shows when it is run."""

import ast
import importlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "examples" / "notebooks").glob("*.ipynb"))
SPOKEN = 'LANG = "zh"'
PICTURES = ("plot", "lines")
_CHINESE = re.compile("[\u3400-\u9fff]")
_ENGLISH = re.compile(r"[A-Za-z]{2,}(?:[ ,]+[A-Za-z]{2,}){2}")
_ABSOLUTE = re.compile(r"(?<![\w.:/])/(?:hom[e]|root|tmp|usr|var|work|Users)/|\b[A-Z]:\\|file://")

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> dict[str, Any]:
    """Return a notebook as JSON has it."""
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def cells(path: Path, kind: str) -> Iterator[tuple[str, str]]:
    """Yield id and text of the cells of a kind, ``code`` or ``markdown``."""
    for cell in read(path)["cells"]:
        if cell["cell_type"] == kind:
            yield cell["id"], "".join(cell["source"])


def code(path: Path) -> ast.Module:
    """Return all code of a notebook, parsed."""
    return ast.parse("\n".join(text for _, text in cells(path, "code")))


def test_there_are_six_and_the_page_lists_them() -> None:
    """The how-to page links each notebook."""
    page = (ROOT / "docs" / "howto" / "notebooks.md").read_text("utf-8")
    assert len(NOTEBOOKS) == 6
    assert [path.name for path in NOTEBOOKS if f"notebooks/{path.name})" not in page] == []


@each_notebook
def test_a_notebook_is_committed_as_written(path: Path) -> None:
    """No outputs, no counts, no machine's metadata: a change of a notebook is a change of its text."""
    notebook = read(path)
    ran = [c["id"] for c in notebook["cells"] if c.get("outputs") or c.get("execution_count")]
    assert ran == []
    assert [c["id"] for c in notebook["cells"] if c["metadata"]] == []
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert set(notebook["metadata"]["language_info"]) == {"name"}


@each_notebook
def test_cells_have_names_that_stay(path: Path) -> None:
    """Every cell has an id of its own (nbformat 4.5), words rather than random signs, so that it can be linked."""
    notebook = read(path)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert len(set(ids)) == len(ids)
    assert [name for name in ids if not re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", name)] == []


@each_notebook
def test_text_is_chinese_first_and_english_second(path: Path) -> None:
    """Each text cell speaks both languages, Chinese first."""
    for name, text in cells(path, "markdown"):
        prose = re.sub(r"`[^`]*`", "", text)
        chinese, english = _CHINESE.search(prose), _ENGLISH.search(prose)
        assert chinese, f"{name}: no Chinese"
        assert english, f"{name}: no English"
        assert chinese.start() < english.start(), name


@each_notebook
def test_a_notebook_has_its_parts(path: Path) -> None:
    """A question, the scenario, what the result says and does not say, exercises."""
    text = "\n".join(text for _, text in cells(path, "markdown"))
    for part in ("**Question.**", "说明了什么，没有说明什么 / What this says, and what it does not", "## 练习 / Exercises"):  # fmt: skip
        assert part in text, part


@each_notebook
def test_nothing_points_into_a_machine(path: Path) -> None:
    """No absolute path, in code or in text."""
    assert _ABSOLUTE.findall(path.read_text("utf-8")) == []


@each_notebook
def test_every_picture_speaks_the_language_that_is_set_once(path: Path) -> None:
    """`LANG` is set in the first code cell, and every picture is given a language."""
    texts = [text for _, text in cells(path, "code")]
    assert texts[0].count(SPOKEN) == 1
    assert sum(text.count("LANG =") for text in texts) == 1
    for node in ast.walk(code(path)):
        if isinstance(node, ast.Call) and called(node) in PICTURES:
            assert "lang" in [word.arg for word in node.keywords], ast.unparse(node)


def called(node: ast.Call) -> str:
    """Return the last name of what is called."""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


@each_notebook
def test_names_that_are_imported_are_there(path: Path) -> None:
    """What a notebook imports of the library exists under that name."""
    for node in ast.walk(code(path)):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("wushe"):
            module = importlib.import_module(str(node.module))
            missing = [name.name for name in node.names if not hasattr(module, name.name)]
            assert missing == [], node.module


def test_the_checks_see_what_is_wrong(tmp_path: Path) -> None:
    """A notebook with an output, a random id, one language and a path of a machine fails each check."""
    bad = tmp_path / "bad.ipynb"
    ran = {
        "cell_type": "code",
        "id": "8f3a",
        "metadata": {},
        "outputs": [{}],
        "source": ["x.plot()"],
    }
    said = {
        "cell_type": "markdown",
        "id": "a",
        "metadata": {},
        "source": ["only one of two in " + "/home" + "/me"],
    }
    bad.write_text(json.dumps({"cells": [ran, said], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "utf-8")  # fmt: skip
    for check in (
        test_a_notebook_is_committed_as_written,
        test_cells_have_names_that_stay,
        test_text_is_chinese_first_and_english_second,
        test_a_notebook_has_its_parts,
        test_nothing_points_into_a_machine,
        test_every_picture_speaks_the_language_that_is_set_once,
    ):
        with pytest.raises(AssertionError):
            check(bad)


# --- what it shows -----------------------------------------------------------------------------


def pictures(path: Path, language: str, folder: Path) -> dict[str, str]:
    """Execute a notebook in `folder` and return its pictures by cell, SVG."""
    client = pytest.importorskip(
        "nbclient", reason='no nbclient: pip install "wushe[all,notebook]"; or python -m nox -s notebooks'
    )  # fmt: skip
    pytest.importorskip("ipykernel", reason='no kernel: pip install "wushe[all,notebook]"')
    import nbformat

    text = path.read_text("utf-8").replace(json.dumps(SPOKEN)[1:-1], SPOKEN_IN[language])
    notebook = nbformat.reads(text, as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    client.NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources=resources
    ).execute()
    return {
        cell.id: output.data["image/svg+xml"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/svg+xml" in output.get("data", {})
    }


SPOKEN_IN = {language: json.dumps(f'LANG = "{language}"')[1:-1] for language in ("zh", "en")}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_first_notebook_runs(
    language: str, tmp_path: Path, campaign: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs from top to bottom; pictures are in the language that was set, and nothing is left in the folder."""
    if language not in ["en", "zh"][: campaign(tests=0, ci=1, soak=2)]:
        pytest.skip("starts a kernel: English from the tier ci on, Chinese in the tier soak")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    work = tmp_path / "work"
    work.mkdir()
    drawn = pictures(NOTEBOOKS[0], language, work)
    assert set(drawn) == {"picture-waits", "picture-stocks", "picture-map", "picture-english"}
    for name, svg in drawn.items():
        speaks_chinese = language == "zh" and name != "picture-english"
        assert (
            bool(_CHINESE.search(re.sub(r"font-family=\"[^\"]*\"", "", svg))) == speaks_chinese
        ), name
    assert list(work.iterdir()) == []
