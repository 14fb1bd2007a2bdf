"""Visit forms as spreadsheets: a blank one to print or fill in, and filled ones read back."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from wushe.errors import InputError, Problem
from wushe.identify.answers import target_of
from wushe.identify.forms import Answered
from wushe.io.cells import CellReader, Refused
from wushe.io.csvfiles import find_encoding, find_separator
from wushe.io.describe import explain
from wushe.io.drafts import show
from wushe.io.headings import fold, show_heading
from wushe.io.mistakes import (
    BROKEN_QUOTES,
    COLUMN_TWICE,
    DUPLICATE_ID,
    MISSING_COLUMN,
    NO_HEADINGS,
    UNKNOWN_COLUMN,
    UNNAMED_COLUMN,
    UNREADABLE_PATH,
    BadFileError,
)
from wushe.io.sheets import Sheet, sheet_of
from wushe.io.suggest import Suggester
from wushe.io.workbook import workbook_sheets
from wushe.model.evidence import Visit
from wushe.model.spec import MISSING, RECORD_KINDS, Field
from wushe.model.visiting import SECTIONS, Question, VisitForm
from wushe.text import Text

_VISITS: Final = RECORD_KINDS["visits"]
_WANTED = Text(
    "是 / 否，或数量加单位（如 2小时、500元），或文字说明",
    "yes, no, an amount with its unit (2 hour, 500 yuan), or words",
)

Column = Field | Question


def blank_form(form: VisitForm, lang: str = "zh") -> list[list[str]]:
    """Return the heading row of an empty sheet for `form`, and two comment rows on what goes in.

    One column for each fact about the visit, then one for each question. Filled in with one row per
    visit, it is read by `read_answers`.
    """
    asked = {target_of(q)[1] for q in form.questions if target_of(q)[0] == "visit"}
    fields = [f for f in _VISITS.fields if f.name not in asked | {"form", "expected", "found"}]
    about = Text("走访", "visit").say(lang)
    headings = [f.zh if lang == "zh" else f.heading for f in fields]
    sections, words = [about] * len(fields), [explain(f).say(lang) for f in fields]
    for question in form.questions:
        headings.append(question.text.say(lang))
        sections.append(SECTIONS[question.section].say(lang))
        field = target_of(question)[2]
        words.append((_WANTED if question.category else explain(field)).say(lang))
    _known_headings(form)
    return [headings, [f"# {sections[0]}", *sections[1:]], [f"# {words[0]}", *words[1:]]]


def read_answers(
    source: str | Path | Iterable[Sequence[str]], form: VisitForm, *, name: str = "rows"
) -> tuple[Answered, ...]:
    """Return the filled forms in a CSV file, a workbook's first sheet, or rows of cells.

    One row per visit; the columns are those of `blank_form`, in any order, headed in Chinese, in
    English or by the question's id. Empty cells are no answers. `name` is how errors call rows
    that come from no file. Raises InputError with all mistakes of headings and visits (those of
    answers are found by `fill_all`), MissingExtraError for a workbook without openpyxl.
    """
    known = _known_headings(form)
    try:
        sheet = _sheet(source, name, frozenset(known))
        columns, problems = _columns(sheet, known)
        if problems:
            raise InputError(problems)
        found = list(_answered(sheet, columns, problems))
    except BadFileError as error:
        raise InputError([error.problem]) from None
    problems.extend(sheet.problems)
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.row or 0))
    return tuple(found)


def _known_headings(form: VisitForm) -> dict[str, Column]:
    """Return the column that each folded heading names. Raises ValueError where two claim one."""
    known: dict[str, Column] = {}
    for field in _VISITS.fields:
        known[fold(field.heading)] = known[fold(field.zh)] = field
    for question in form.questions:
        for word in (question.id, question.text.zh, question.text.en):
            other = known.get(fold(word))
            if isinstance(other, Question) and other != question:
                raise ValueError(
                    f"form {form.id}: {word!r} heads both {other.id} and {question.id}"
                )
            if isinstance(other, Field) and target_of(question)[1] != other.name:
                raise ValueError(
                    f"form {form.id}: {word!r} heads {question.id}, and visits have it too"
                )
            known[fold(word)] = question
    return known


def _sheet(source: str | Path | Iterable[Sequence[str]], name: str, known: frozenset[str]) -> Sheet:
    if not isinstance(source, (str, Path)):
        return sheet_of(name, source)
    path = Path(source)
    try:
        if path.suffix.lower() == ".xlsx":
            return next(iter(workbook_sheets(path, path.name).values()))
        encoding = find_encoding(path, path.name)
        separator = find_separator(path, encoding, known)
        return sheet_of(path.name, _rows(path, encoding, separator))
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BadFileError(Problem(UNREADABLE_PATH, path.name, params={"why": why})) from None


def _rows(path: Path, encoding: str, separator: str) -> Iterator[Sequence[str]]:
    number = 0
    with path.open(encoding=encoding, newline="") as stream:
        try:
            for row in csv.reader(stream, delimiter=separator, strict=True):
                number += 1
                yield row
        except csv.Error:
            raise BadFileError(Problem(BROKEN_QUOTES, path.name, number + 1)) from None


def _columns(
    sheet: Sheet, known: Mapping[str, Column]
) -> tuple[list[tuple[int, Column]], list[Problem]]:
    """Return position and meaning of each column, and what is wrong with the headings."""
    file, row = sheet.source, sheet.heading_row
    if not any(fold(heading) in known for heading in sheet.headings):
        words = ", ".join(f"{f.zh} {f.heading}" for f in _VISITS.fields[:3])
        return [], [Problem(NO_HEADINGS, file, row, params={"known": words})]
    columns: list[tuple[int, Column]] = []
    seen: dict[Column, str] = {}
    problems = []
    suggester = Suggester([*known])
    for position, written in enumerate(sheet.headings):
        column, shown = known.get(fold(written)), show_heading(written)
        if not written.strip():
            problems.append(Problem(UNNAMED_COLUMN, file, row, params={"column": position + 1}))
        elif column is None:
            close = {"close": suggester.close(fold(shown))}
            problems.append(Problem(UNKNOWN_COLUMN, file, row, shown, params=close))
        elif column in seen:
            problems.append(Problem(COLUMN_TWICE, file, row, shown, params={"other": seen[column]}))
        else:
            seen[column] = shown
            columns.append((position, column))
    for field in _VISITS.fields:
        if field.required and field not in seen:
            names = {"zh": field.zh, "en": field.heading}
            problems.append(Problem(MISSING_COLUMN, file, row, field.heading, params=names))
    return columns, problems


def _answered(
    sheet: Sheet, columns: list[tuple[int, Column]], problems: list[Problem]
) -> Iterator[Answered]:
    """Yield the visit and answers of each row that has no mistake in its visit."""
    fields = [(at, CellReader(c, c.read, False, None)) for at, c in columns if isinstance(c, Field)]
    asked = [(at, c.id) for at, c in columns if isinstance(c, Question)]
    first: dict[str, int] = {}
    for numbers, cells in sheet.chunks():
        values = {reader.field.name: reader.values(cells[at]) for at, reader in fields}
        texts = {reader.field.name: cells[at] for at, reader in fields}
        for at, row in enumerate(numbers):
            one = {name: column[at] for name, column in values.items()}
            wrong = list(_wrong_cells(one, {n: t[at] for n, t in texts.items()}, sheet.source, row))
            visit = None if wrong else _visit(one, sheet.source, row, wrong)
            problems.extend(wrong)
            if visit is None:
                continue
            if first.setdefault(visit.id, row) != row:
                other = {"other": first[visit.id]}
                problems.append(Problem(DUPLICATE_ID, sheet.source, row, "id", visit.id, other))
            answers = {key: cells[column][at] for column, key in asked if cells[column][at].strip()}
            yield Answered(visit, answers, sheet.source, row)


def _wrong_cells(
    values: Mapping[str, Any], texts: Mapping[str, str], file: str, row: int
) -> Iterator[Problem]:
    for name, value in values.items():
        field = _VISITS.field(name)
        if isinstance(value, Refused):
            params = dict(value.params)
            shown = show(field, str(params.pop("word", texts[name].strip())))
            yield Problem(value.problem, file, row, field.heading, shown, params)
        elif value is None and field.required:
            yield Problem(MISSING, file, row, field.heading, None, {"field": field.heading})


def _visit(values: Mapping[str, Any], file: str, row: int, wrong: list[Problem]) -> Visit | None:
    try:
        return Visit(**values)
    except InputError as error:  # a rule across fields: the record knows no row
        wrong.extend(Problem(p.kind, file, row, p.field, p.value, p.params) for p in error.problems)
        return None
