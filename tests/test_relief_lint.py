"""Lint of parameters: what is weak in a book on a day, and which documents to look for."""

import datetime as dt
from collections import Counter
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wushe.relief.lint import HEADINGS, Finding, lint_parameters, lint_text
from wushe.rules.parameter_tables import read_parameters
from wushe.rules.parameters import Parameter, ParameterBook, chain_of

TABLE = resources.files("wushe.plugins.defaults.relief").joinpath("parameters.csv")
PACK = ParameterBook(read_parameters(TABLE, "parameters.csv"))
TODAY = dt.date(2026, 11, 22)
STD = "dibao_std_urban_month"
BASIS = {
    "name": STD, "region": "420100", "value": "940", "unit": "元/人·月",
    "valid_from": dt.date(2023, 6, 14), "valid_to": None, "expires": None, "document": "甲文件",
    "article": "第3条", "source": "甲网站", "checked": dt.date(2026, 11, 21), "confidence": "A",
}  # fmt: skip


def parameter(**changes: Any) -> Parameter:
    """Return a made-up row, weak in nothing but `changes`."""
    return Parameter(**(BASIS | changes))


def findings(
    *rows: Parameter, on: dt.date = TODAY, used: tuple[str, ...] = (STD,)
) -> list[Finding]:
    """Return what is found in a book of `rows`."""
    return list(lint_parameters(ParameterBook(rows), on, used))


def test_a_sound_row_that_is_used_gives_nothing() -> None:
    """And the terminal says so in both languages."""
    assert findings(parameter()) == []
    assert (lint_text((), "zh"), lint_text((), "en")) == ("没有发现问题", "nothing found")


# code, the weakness
WEAK: list[tuple[str, dict[str, Any]]] = [
    ("applies-nowhere", {"area": "一档"}),
    ("expired", {"expires": dt.date(2026, 11, 21)}),
    ("stale", {"checked": dt.date(2025, 5, 21)}),
    ("stale", {"checked": None}),
    ("undated", {"valid_from": None}),
    ("low-confidence", {"confidence": "C"}),
    ("unsourced", {"source": ""}),
    ("inferred", {"note": "起始日按自然年推定"}),
    ("inferred", {"document": "2015年标准（起始日推定）"}),
]


@pytest.mark.parametrize(("code", "changes"), WEAK)
def test_each_weakness_has_its_code(code: str, changes: dict[str, Any]) -> None:
    """One row, one weakness, one finding that names the row and its document."""
    row = parameter(**changes)
    (found,) = findings(row)
    assert (found.code, found.parameter, found.name) == (code, row, STD)
    for lang in ("zh", "en"):
        said = found.text.say(lang)
        assert all(word in said for word in (STD, "420100", "940", row.document, "第3条"))


def test_a_draft_is_listed_as_a_draft_and_not_as_unused() -> None:
    """No policy may use it."""
    row = parameter(name="draft_rigid_ratio_min", value="60", unit="%")
    (found,) = findings(row, used=())
    assert (found.code, found.parameter) == ("draft", row)


def test_names_no_policy_uses_and_names_no_row_has() -> None:
    """One finding for a name, however many rows it has."""
    rows = (parameter(), parameter(region="340100"))
    unused, missing = (findings(*rows, used=()), findings(*rows, used=(STD, "edge_multiplier")))
    assert [(f.code, f.parameter, f.name) for f in unused] == [("unused", None, STD)]
    assert unused[0].text.say("en") == f"{STD} (2 rows)"
    assert [(f.code, f.parameter, f.name) for f in missing] == [
        ("missing", None, "edge_multiplier")
    ]


# why, changes of the row, how many findings of `stale` or `expired`
IN_FORCE: list[tuple[str, dict[str, Any], int]] = [
    ("in force and checked too long ago", {"checked": dt.date(2025, 5, 21)}, 1),
    ("eighteen months ago to the day", {"checked": dt.date(2025, 5, 22)}, 0),
    ("over anyway", {"checked": None, "valid_to": dt.date(2026, 11, 21)}, 0),
    (
        "over, and its term too",
        {"expires": dt.date(2024, 1, 1), "valid_to": dt.date(2025, 1, 1)},
        0,
    ),
    ("not yet in force", {"checked": None, "valid_from": dt.date(2026, 11, 23)}, 0),
    ("its term ends today", {"expires": TODAY}, 0),
    ("both", {"expires": dt.date(2024, 1, 1), "checked": None}, 2),
]


@pytest.mark.parametrize(("why", "changes", "count"), IN_FORCE, ids=[w for w, _, _ in IN_FORCE])
def test_only_rows_in_force_are_stale_or_expired(
    why: str, changes: dict[str, Any], count: int
) -> None:
    """What is over, or not yet begun, decides nothing on that day."""
    assert len(findings(parameter(**changes))) == count


def test_a_row_with_a_successor_is_not_stale() -> None:
    """It is not looked up any more; a successor for a part of its places leaves it in use."""
    old = parameter(valid_from=dt.date(2020, 4, 1), checked=None)
    assert findings(old, parameter()) == []
    part = parameter(area="市区", within=("420106",))
    assert [f.code for f in findings(old, part)] == ["stale"]
    over = parameter(valid_to=dt.date(2024, 12, 31))
    assert findings(old, over) == []


# why, what the second row changes, whether they overlap; the first row: 2023-06-14 to 2024-12-31
OVERLAPS: list[tuple[str, dict[str, Any], bool]] = [
    ("the day after", {"valid_from": dt.date(2025, 1, 1)}, False),
    ("the last day", {"valid_from": dt.date(2024, 12, 31)}, True),
    ("another region", {"valid_from": dt.date(2024, 1, 1), "region": "420500"}, False),
    ("another name", {"valid_from": dt.date(2024, 1, 1), "name": "b"}, False),
    ("not verified", {"valid_from": dt.date(2024, 1, 1), "confidence": "C"}, False),
    ("an area within", {"area": "市区", "within": ("420106",)}, False),
]


@pytest.mark.parametrize(("why", "changes", "overlap"), OVERLAPS, ids=[w for w, _, _ in OVERLAPS])
def test_two_values_for_one_place_on_one_day(
    why: str, changes: dict[str, Any], overlap: bool
) -> None:
    """A row without an end is ended by its successor; one with an end must end before it."""
    first = parameter(valid_to=dt.date(2024, 12, 31))
    second = parameter(value="950", **changes)
    found = [f for f in findings(first, second) if f.code == "overlapping"]
    assert [f.parameter for f in found] == ([second] if overlap else [])
    assert all("940" in f.text.en for f in found)


def test_areas_overlap_where_they_share_a_place() -> None:
    """A street of a listed district is in both."""
    areas = [("一档", ("420106", "420102")), ("二档", ("420106001",)), ("三档", ("420117",))]
    rows = [parameter(area=area, within=within) for area, within in areas]
    found = [f for f in findings(*rows) if f.code == "overlapping"]
    assert [(f.code, f.parameter) for f in found] == [("overlapping", rows[1])]


# --- the default pack --------------------------------------------------------------------------


def test_the_pack_has_no_two_values_for_one_place_and_day() -> None:
    """Whatever is unsure in it, it does not contradict itself."""
    assert [f for f in lint_parameters(PACK, TODAY, ()) if f.code == "overlapping"] == []


def test_the_pack_on_a_day() -> None:
    """The counts follow from its rows; the edge rule of Hubei is the one whose term is over."""
    rows = PACK.parameters
    found = lint_parameters(PACK, TODAY, PACK.names())
    assert Counter(f.code for f in found) == {
        "applies-nowhere": sum(bool(p.area and not p.within) for p in rows),
        "expired": 1,
        "undated": sum(p.valid_from is None for p in rows),
        "low-confidence": sum(p.confidence == "C" for p in rows),
        "draft": sum(p.name.startswith("draft_") for p in rows),
        "unsourced": sum(not p.source for p in rows),
        "inferred": sum("推定" in p.note + p.document for p in rows),
    }
    (over,) = (f.parameter for f in found if f.code == "expired")
    assert over is not None
    assert (over.name, over.region) == ("edge_multiplier", "420000")


def test_without_new_checks_the_pack_grows_stale() -> None:
    """Eighteen months after the last check every open-ended row in use is listed, none before."""
    counts = [
        Counter(f.code for f in lint_parameters(PACK, on, ()))["stale"]
        for on in (dt.date(2028, 5, 21), dt.date(2028, 5, 22))
    ]
    assert counts[0] == 0
    assert counts[1] > 300


# --- order and wording -------------------------------------------------------------------------


@given(st.permutations(PACK.parameters[::10]), st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)))
def test_the_order_of_rows_does_not_matter(rows: list[Parameter], on: dt.date) -> None:
    """Findings come by code, then by name, region and start."""
    one = lint_parameters(ParameterBook(rows), on, {"b", "a"})
    assert one == lint_parameters(ParameterBook(PACK.parameters[::10]), on, ["a", "b"])
    codes = [list(HEADINGS).index(f.code) for f in one]
    assert codes == sorted(codes)


@given(st.sampled_from(PACK.parameters), st.dates(dt.date(2014, 1, 1), dt.date(2032, 1, 1)))
def test_what_is_given_without_being_firm_is_listed(row: Parameter, on: dt.date) -> None:
    """A value that may not support a no is found by whoever reads the lint of that day."""
    place = row.within[0] if row.within else row.region
    found = PACK.find(row.name, chain_of(place), on)
    listed = [f.parameter for f in lint_parameters(PACK, on, ()) if f.code in ("stale", "expired")]
    if found.parameter is not None:
        assert (found.parameter in listed) == (not found.firm)


def test_the_terminal_shows_counts_first_and_then_every_finding() -> None:
    """One line each, under its code, in the language asked for."""
    rows = (parameter(source=""), parameter(region="340100", confidence="C", note="含{括号}"))
    found = findings(*rows)
    assert lint_text(found, "en").splitlines() == [
        "low-confidence, not verified (C): never decides: 1",
        "unsourced, without a source: 1",
        "",
        "[low-confidence] not verified (C): never decides",
        f"  - {STD} 340100 940 元/人·月, from 2023-06-14, 甲文件 第3条",
        "",
        "[unsourced] without a source",
        f"  - {STD} 420100 940 元/人·月, from 2023-06-14, 甲文件 第3条",
    ]
    assert lint_text(found, "zh").startswith("low-confidence 未经核实（从不用于判断）：1\n")
    with pytest.raises(ValueError, match="fr"):
        lint_text(found, "fr")


def test_braces_in_a_document_are_only_text() -> None:
    """Words from a table are never taken for a template."""
    (found,) = findings(parameter(document="{0} {name}", source=""))
    assert "{0} {name}" in lint_text([found], "en")
