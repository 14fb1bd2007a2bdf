"""Fingerprints: what changes results changes them, and nothing else does."""

import datetime as dt
import functools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import numpy as np
import pytest

from wushe.matching.objective import Objective
from wushe.simulate.dispatch.policy import Policy
from wushe.simulate.experiments import fingerprint as module
from wushe.simulate.experiments.fingerprint import fingerprint, of_library
from wushe.simulate.experiments.metrics import METRICS

NOTEBOOK = """
RATE = {rate}

def helper(x):
    return x {operator} RATE

def choose(round, by={default}):
    add = lambda x: helper(x)
    return add({constant})

class Chooser:
    factor = {factor}
    def __call__(self, round):
        return self.factor
"""
WRITTEN: dict[str, Any] = {
    "rate": 2, "operator": "+", "default": 3, "constant": 4, "factor": 5,
}  # fmt: skip


def notebook(**changes: Any) -> dict[str, Any]:
    """Return the names of a notebook in which something is written otherwise."""
    names = ModuleType("__main__")
    exec(NOTEBOOK.format(**{**WRITTEN, **changes}), vars(names))
    return vars(names)


def test_the_same_function_has_the_same_fingerprint() -> None:
    """Typed in again, word for word: a notebook that is run again goes on where it was."""
    assert fingerprint(notebook()["choose"]) == fingerprint(notebook()["choose"])
    assert fingerprint(Policy("mine", choose=notebook()["choose"])) == fingerprint(
        Policy("mine", choose=notebook()["choose"])
    )


@pytest.mark.parametrize(
    "change",
    [
        {"rate": 2.5},  # a number of the module that a function two calls away uses
        {"operator": "*"},  # the code of that function
        {"default": 4},  # a default
        {"constant": 5},  # a constant in a lambda
    ],
    ids=str,
)
def test_a_function_changes_with_all_that_it_uses(change: dict[str, Any]) -> None:
    """Its own code, its defaults, what it calls and what that calls."""
    before, after = notebook(), notebook(**change)
    assert fingerprint(before["choose"]) != fingerprint(after["choose"])


def test_an_object_changes_with_its_class_and_its_fields() -> None:
    """The same class otherwise written, or the same one otherwise filled."""
    before, after = notebook(), notebook(factor=6)
    assert fingerprint(before["Chooser"]()) != fingerprint(after["Chooser"]())
    filled = before["Chooser"]()
    filled.note = "other"
    assert fingerprint(filled) != fingerprint(before["Chooser"]())


def test_what_a_function_closes_over_counts() -> None:
    """Closures, partial functions and bound methods are what they hold."""

    def made(n: float) -> Callable[[float], float]:
        return lambda x: x + n

    assert fingerprint(made(1)) != fingerprint(made(2))
    assert fingerprint(made(1)) == fingerprint(made(1))
    assert fingerprint(functools.partial(pow, 2)) != fingerprint(functools.partial(pow, 3))
    assert fingerprint("a".join) != fingerprint("b".join)


DIFFERENT = [
    1, 1.0, True, "1", b"1", None, (1,), [1, 1], {"a": 1}, {"a": 2}, {1}, dt.date(2025, 1, 1),
    np.array([1]), np.array([1], np.int32), np.array([[1]]), np.array([1, 2]), np.int64(1), float("nan"),
    Policy("a"), Policy("b"), Policy("a", every=2), Policy("a", objective=Objective()), len, sorted,
]  # fmt: skip


def test_different_things_have_different_fingerprints() -> None:
    """Values, types, shapes and dtypes are told apart; equal ones are not."""
    found = [fingerprint(thing) for thing in DIFFERENT]
    assert len(set(found)) == len(DIFFERENT)
    assert found == [fingerprint(thing) for thing in DIFFERENT]


def test_the_order_of_a_set_does_not_count_and_that_of_a_list_does() -> None:
    """Sets are equal whatever order they come in."""
    assert fingerprint({"a", "b", "c"}) == fingerprint({"c", "b", "a"})
    assert fingerprint(["a", "b"]) != fingerprint(["b", "a"])


def test_what_refers_to_itself_has_a_fingerprint() -> None:
    """A function that calls itself, a list that holds itself."""
    names = ModuleType("__main__")
    exec("def f(n):\n    return f(n - 1) if n else 0\n", vars(names))
    circle: list[Any] = [1]
    circle.append(circle)
    assert fingerprint(vars(names)["f"])
    assert fingerprint(circle)


def test_what_cannot_be_told_apart_is_refused() -> None:
    """A generator may stand anywhere: which one it is, and what is expected."""

    @attrs.frozen
    class Choose:
        source: Any

    with pytest.raises(TypeError, match=r"Choose.source is a builtins.generator"):
        fingerprint(Choose(n for n in range(3)))


def test_a_fingerprint_is_the_same_in_another_process(campaign: Callable[..., int]) -> None:
    """Whatever the hash seed of Python: the metrics that come with wushe."""
    if not campaign(tests=0, ci=1, soak=1):
        pytest.skip(
            "starts a process: from the tier ci on; a killed run that goes on needs it, too"
        )
    code = (
        "from wushe.simulate.experiments.fingerprint import fingerprint as f;"
        "from wushe.simulate.experiments.metrics import METRICS;print(f([METRICS, {'a', 'b'}]), end='')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONHASHSEED": "77", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == fingerprint([METRICS, {"b", "a"}])


# --- the library ---------------------------------------------------------------------------------


def test_a_plugin_counts_with_its_source(tmp_path: Path) -> None:
    """A plugin file in which a number changed, and a plugin more: other fingerprints."""
    file = tmp_path / "town_rules.py"
    text = "import wushe\n\n@wushe.hookimpl\ndef register_risk_signals():\n    return []  # {}\n"
    file.write_text(text.format(1), "utf-8")
    none, first = of_library(), of_library((str(file),))
    file.write_text(text.format(2), "utf-8")
    assert len({none, first, of_library((str(file),)), of_library(("wuchang",))}) == 4


def test_the_source_of_wushe_and_its_libraries_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A changed line anywhere in wushe, a table of figures, another numpy: other fingerprints."""
    (tmp_path / "a.py").write_text("x = 1\n", "utf-8")
    (tmp_path / "a.csv").write_text("1\n", "utf-8")
    one = module._tree(tmp_path)
    (tmp_path / "a.csv").write_text("2\n", "utf-8")
    two = module._tree(tmp_path)
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    assert len({one, two, module._tree(tmp_path)}) == 3
    before = of_library()
    monkeypatch.setattr(module.metadata, "version", lambda name: "0")
    assert of_library() != before
