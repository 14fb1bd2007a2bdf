"""Workbooks: numbers are numbers, dates dates, and no text is ever a formula."""

import datetime as dt
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wushe
from wushe.demos import demo_path
from wushe.report import plan_workbook, task_lists
from wushe.report.xlsx import BookSheet, Number, sheet_name, write_workbook

openpyxl = pytest.importorskip("openpyxl")


@pytest.fixture(scope="module")
def plan() -> wushe.Plan:
    """Return the plan of the demo district."""
    rules = wushe.load_plugins("wuchang")
    return wushe.make_plan(
        wushe.read(demo_path("wuchang"), plugins=rules), plugins=rules, on="2025-09-15"
    )


def _one(path: Path, *values: object) -> list[object]:
    sheet = BookSheet("表", ("标题",), tuple("abcdefgh"[: len(values)]), (values,))  # type: ignore[arg-type]
    book = openpyxl.load_workbook(write_workbook(path / "one.xlsx", [sheet]))
    return list(book.worksheets[0][3])


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "=cmd|' /C calc'!A0",
        "＝1",
        " =1",  # a program may skip the space
        "#N/A",  # openpyxl takes it for an error
        "{=1}",
        "true",
        "2025-09-15",
        "0012",
    ],
)
def test_text_stays_text(tmp_path: Path, text: str) -> None:
    """What begins like a formula is read back as the same text, of type string, quoted."""
    (cell,) = _one(tmp_path, text)
    assert cell.value == text  # type: ignore[attr-defined]
    assert cell.data_type == "s"  # type: ignore[attr-defined]
    if text.strip()[0] in "=+-@＝":
        assert cell.quotePrefix  # type: ignore[attr-defined]


def test_values_keep_their_types(tmp_path: Path) -> None:
    """Numbers can be added up, dates sorted, unknown is an empty cell and not a zero."""
    cells = _one(tmp_path, 7, dt.date(2025, 9, 1), None, Number(Decimal("12.50"), "0.00"), 0)
    values = [c.value for c in cells]  # type: ignore[attr-defined]
    assert values == [7, dt.datetime(2025, 9, 1), None, 12.5, 0]  # noqa: DTZ001
    assert cells[1].number_format == "yyyy-mm-dd"  # type: ignore[attr-defined]


@given(st.text(max_size=60), st.lists(st.text(max_size=40), max_size=4))
def test_sheet_names_are_accepted(text: str, others: list[str]) -> None:
    """A name has 1 to 31 characters, none forbidden, and is not taken."""
    taken: list[str] = []
    for other in others:
        taken.append(sheet_name(other, taken))
    name = sheet_name(text, taken)
    assert 1 <= len(name) <= 31
    assert not set(name) & set("[]:*?/\\")
    assert name.casefold() not in {t.casefold() for t in taken}


@given(st.text(max_size=80))
def test_any_text_can_be_written(text: str) -> None:
    """Control characters and lone surrogates do not stop a workbook from being written."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        (cell,) = _one(Path(folder), text)
    assert cell.value is None or isinstance(cell.value, str)  # type: ignore[attr-defined]


def test_headings_are_bold_and_stay_in_sight(tmp_path: Path) -> None:
    """Title above, bold headings frozen, and printed again on each page."""
    sheet = BookSheet("帮扶", ("标题", "说明"), ("甲", "乙"), ((1, 2),), (("组", 2),), ("注",))
    page = openpyxl.load_workbook(write_workbook(tmp_path / "b.xlsx", [sheet])).worksheets[0]
    assert page.cell(1, 1).value == "标题"
    assert [page.cell(3, 1).value, page.cell(4, 1).value] == ["组", "甲"]
    assert page.cell(4, 2).font.bold
    assert page.freeze_panes == "B5"
    assert page.print_title_rows == "$4:$4"
    assert page.cell(7, 1).value == "注"


def test_the_same_content_gives_the_same_bytes(plan: wushe.Plan, tmp_path: Path) -> None:
    """No clock is in the file."""
    first = plan_workbook(plan, tmp_path / "1.xlsx").read_bytes()
    assert plan_workbook(plan, tmp_path / "2.xlsx").read_bytes() == first


def test_a_short_row_is_refused(tmp_path: Path) -> None:
    """A row that is not as long as the headings would move figures under wrong headings."""
    with pytest.raises(ValueError, match="row 1: 1 cells; expected 2"):
        write_workbook(tmp_path / "x.xlsx", [BookSheet("s", (), ("a", "b"), ((1,),))])


def test_without_openpyxl_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says what to install."""
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(wushe.MissingExtraError, match="frames"):
        write_workbook(tmp_path / "x.xlsx", [])


# --- the plan and the tasks ----------------------------------------------------------------------


def test_the_plan_reads_back(plan: wushe.Plan, tmp_path: Path) -> None:
    """Items, what is not solved and households: the same ids, amounts and units as the plan."""
    path = plan_workbook(plan, tmp_path / "plan.xlsx", audience="internal")
    items, shorts, clients = openpyxl.load_workbook(path).worksheets
    rows = list(items.iter_rows(min_row=4, values_only=True))
    assert [(r[0], r[5]) for r in rows] == [(c.client.id, i.need) for c in plan for i in c.items]
    money = sum(r[7] for r in rows if r[8] == "元")
    assert round(money * 100) == sum(i.amount for i in plan.items if i.dimension == "fen")
    pieces = sum(r[7] for r in rows if r[8] == "件")
    assert pieces == sum(i.amount for i in plan.items if i.dimension == "piece")
    short = list(shorts.iter_rows(min_row=4, values_only=True))
    assert [r[5] for r in short] == [s.need for s in plan.unserved]
    every = list(clients.iter_rows(min_row=4, values_only=True))
    assert [r[0] for r in every] == list(plan.clients)
    assert sum(r[7] for r in every) == plan.needs
    assert isinstance(next(r[12] for r in rows if r[12]), dt.datetime)


def test_the_plan_is_masked_by_default(plan: wushe.Plan, tmp_path: Path) -> None:
    """No name of a household, worker or volunteer is in the workbook for others."""
    book = openpyxl.load_workbook(plan_workbook(plan, tmp_path / "plan.xlsx"))
    said = {str(v) for page in book for row in page.iter_rows(values_only=True) for v in row if v}
    names = {c.client.name for c in plan if c.client.kind == "household"} - {None}
    assert not said & names
    assert "石**" in said


def test_tasks_read_back(plan: wushe.Plan, tmp_path: Path) -> None:
    """One row a task, its date a date."""
    lists = task_lists(plan)
    path = lists.to_xlsx(tmp_path / "tasks.xlsx", audience="internal")
    rows = list(openpyxl.load_workbook(path).worksheets[0].iter_rows(min_row=4, values_only=True))
    tasks = [task for found in lists.lists for task in found.tasks]
    assert [r[4] for r in rows] == [t.subject.id for t in tasks]
    dates = [r[10] and r[10].date() for r in rows]
    assert dates == [t.due_on for t in tasks]
