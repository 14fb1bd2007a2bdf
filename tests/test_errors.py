"""Errors say what, where, the value, what was expected and what to do; and they pickle."""

import pickle
from typing import Any

import pytest

import wushe
from wushe.errors import (
    FormatVersionError,
    InputError,
    MissingExtraError,
    PluginConflictError,
    PluginError,
    Problem,
    ProblemKind,
    WusheError,
)
from wushe.text import Text

KIND = ProblemKind(
    "late-date",
    Text("日期太晚", "the date is too late"),
    Text("{last} 之前", "a date before {last}"),
    Text("改正日期", "correct the date"),
)


def problem(**change: Any) -> Problem:
    """Return a complete problem, changed."""
    whole: dict[str, Any] = {
        "kind": KIND, "file": "needs.csv", "row": 12, "field": "due",
        "value": "2099-01-01", "params": {"last": "2030"},
    }  # fmt: skip
    return Problem(**{**whole, **change})


def test_a_problem_says_everything_on_one_line() -> None:
    """Where, what, value, expectation, next step; in either language."""
    assert problem().say("en") == (
        "needs.csv row 12, due: the date is too late (value: '2099-01-01'). "
        "Expected: a date before 2030. Next: correct the date"
    )
    assert problem().say("zh") == (
        "needs.csv 第12行，due：日期太晚（值：'2099-01-01'）。应为：2030 之前。请：改正日期"
    )
    assert str(problem()) == problem().say("en")
    assert problem().code == "late-date"


@pytest.mark.parametrize(
    ("change", "start"),
    [
        ({"row": None, "field": None, "value": None}, "needs.csv: the date is too late. Expected"),
        ({"row": None, "value": None}, "needs.csv, due: the date is too late. Expected"),
        ({"field": None}, "needs.csv row 12: the date is too late (value"),
    ],
)
def test_what_is_not_known_is_left_out(change: dict[str, Any], start: str) -> None:
    """A mistake of a whole file names no row, a mistake of a row no field."""
    assert problem(**change).say("en").startswith(start)


@pytest.mark.parametrize("value", ["{last}", "{0!r}", "}{"])
def test_braces_in_values_and_parameters_are_text(value: str) -> None:
    """A table cannot write templates."""
    assert value in problem(value=value, params={"last": value}, file=value).say("zh")


def test_problems_are_values() -> None:
    """Equal problems are equal whatever the order of their parameters."""
    one = problem(params={"last": 1, "first": 0})
    assert one == problem(params={"first": 0, "last": 1})
    assert len({one, problem(params={"first": 0, "last": 1})}) == 1


def test_an_input_error_lists_all_problems_and_counts_the_rest() -> None:
    """Fifty lines, then how many more."""
    error = InputError(problem(row=row) for row in range(1, 61))
    lines = str(error).splitlines()
    assert len(error.problems) == 60
    assert len(lines) == 51
    assert lines[-1] == "... and 10 more problems"
    assert error.say("zh").splitlines()[-1] == "……另有10处问题"
    assert len(error.say("en", limit=60).splitlines()) == 60


ERRORS: list[WusheError] = [
    InputError([problem()]),
    FormatVersionError("format 9 is newer than 1"),
    PluginError("wuchang", "1.0", "score_candidates", "raised ValueError: no"),
    PluginConflictError("both"),
    MissingExtraError("Parquet", "frames"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)
def test_errors_survive_pickling(error: WusheError) -> None:
    """What a worker raised reads the same in its parent."""
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is type(error)
    assert str(back) == str(error)
    assert vars(back) == vars(error)


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)
def test_all_have_one_base(error: WusheError) -> None:
    """`except wushe.WusheError` catches whatever wushe raises on purpose."""
    assert isinstance(error, wushe.WusheError)
    assert getattr(wushe, type(error).__name__) is type(error)


def test_a_missing_extra_says_what_to_install() -> None:
    """The command can be copied."""
    assert 'pip install "wushe[frames]"' in str(MissingExtraError("Parquet", "frames"))
