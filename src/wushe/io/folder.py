"""Reading a city: finds its tables, reads each, then judges them together."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from wushe.errors import FormatVersionError, InputError, Problem
from wushe.io.cells import Vocabularies, vocabularies
from wushe.io.csvfiles import csv_sheet
from wushe.io.drafts import Draft, read_sheet
from wushe.io.jsonfile import json_sheets, table_names
from wushe.io.links import link_problems
from wushe.io.mistakes import (
    BROKEN_QUOTES,
    CELL_TOO_LONG,
    NEWER_FORMAT,
    NO_SUCH_PATH,
    NO_TABLES,
    NOT_A_CITY,
    OLD_SPREADSHEET,
    SPREADSHEET_LIMIT,
    TABLE_TWICE,
    UNKNOWN_FILE,
    UNKNOWN_SHEET,
    UNREADABLE_PARQUET,
    UNREADABLE_PATH,
    BadFileError,
)
from wushe.io.package import FORMAT_VERSION, PACKAGE_FILE, folder_version
from wushe.io.parquet import parquet_sheet
from wushe.io.sheets import Sheet
from wushe.io.suggest import Suggester
from wushe.io.workbook import workbook_sheets
from wushe.model.spec import RECORD_KINDS

if TYPE_CHECKING:
    from wushe.network import LinkageNetwork
    from wushe.plugins.manager import Plugins

CSV_ENDINGS = (".csv", ".tsv")
TABLE_ENDINGS = (*CSV_ENDINGS, ".xlsx", ".parquet")
OLD_ENDINGS = (".xls", ".xlsm", ".et", ".ods")
CUT_OFF = (BROKEN_QUOTES, CELL_TOO_LONG, SPREADSHEET_LIMIT, UNREADABLE_PARQUET)
"""Mistakes after which rows are missing."""


@attrs.define(eq=False)
class _City:
    """What has been read so far; `order` is the place of each source in the list of problems."""

    words: Vocabularies
    drafts: dict[str, Draft] = attrs.field(factory=dict)
    unread: set[str] = attrs.field(factory=set)
    problems: list[Problem] = attrs.field(factory=list)

    def add(self, name: str, sheet: Sheet, version: int) -> None:
        """Read one table. Raises BadFileError where its file breaks off."""
        draft = read_sheet(RECORD_KINDS[name], sheet, self.words, version)
        self.problems.extend(draft.problems)
        self.drafts[name] = draft
        cut_off = any(problem.kind in CUT_OFF for problem in draft.problems)
        if cut_off or (sheet.headings and "id" not in draft.headings):
            # Where some of its ids were not seen, references to it prove nothing.
            self.unread.add(name)


def read(path: str | Path, *, plugins: Plugins | None = None) -> LinkageNetwork:
    """Read a city's tables from a folder, a .json file or an .xlsx workbook.

    `plugins` bring the need categories and target groups; None loads the defaults. Raises
    InputError with all problems of all tables at once, in file and row order; FormatVersionError
    for data of a newer wushe; MissingExtraError where a file needs an optional dependency.
    """
    from wushe.network import build_network

    loaded = _plugins(plugins)
    city = _read(Path(path), loaded)
    if city.problems:
        newer = next((p for p in city.problems if p.kind is NEWER_FORMAT), None)
        if newer is not None:
            raise FormatVersionError(f"{newer.say('zh')}\n{newer.say('en')}")
        raise InputError(city.problems)
    tables = {name: city.drafts.pop(name).table() for name in list(city.drafts)}
    return build_network(tables, loaded.categories, loaded.target_groups, loaded.versions)


def check(path: str | Path, *, plugins: Plugins | None = None) -> tuple[Problem, ...]:
    """Return all problems that `read` would raise, data of a newer wushe included.

    Raises MissingExtraError where a file needs an optional dependency.
    """
    return tuple(_read(Path(path), _plugins(plugins)).problems)


def _plugins(plugins: Plugins | None) -> Plugins:
    if plugins is not None:
        return plugins
    from wushe.plugins.manager import load_plugins

    return load_plugins()


def _read(path: Path, plugins: Plugins) -> _City:
    city = _City(vocabularies(plugins.categories, plugins.target_groups))
    try:
        if path.is_dir():
            _read_folder(path, city)
        elif not path.exists():
            city.problems.append(Problem(NO_SUCH_PATH, str(path)))
        elif path.suffix.lower() == ".json":
            _read_json(path, city)
        elif path.suffix.lower() == ".xlsx":
            _read_workbook(path, city)
        else:
            city.problems.append(Problem(NOT_A_CITY, str(path)))
    except BadFileError as bad:
        city.problems.append(bad.problem)
        return city
    except OSError as error:
        city.problems.append(_refusal(str(path), error))
        return city
    city.problems.extend(link_problems(city.drafts, city.unread, plugins.categories))
    city.problems = _in_order(city)
    return city


def _refusal(source: str, error: OSError) -> Problem:
    return Problem(UNREADABLE_PATH, source, params={"why": error.strerror or type(error).__name__})


def _in_order(city: _City) -> list[Problem]:
    """Return the problems by file (in the order of the tables), then by row."""
    order = {
        city.drafts[name].source: at for at, name in enumerate(RECORD_KINDS) if name in city.drafts
    }
    return sorted(city.problems, key=lambda p: (order.get(p.file, -1), p.row or 0))


# --- one file for all --------------------------------------------------------------------------


def _read_json(path: Path, city: _City) -> None:
    version, sheets, problems = json_sheets(path, path.name)
    city.problems.extend(problems)
    for name, sheet in sheets.items():
        city.add(name, sheet, version)


def _read_workbook(path: Path, city: _City) -> None:
    names, suggester = table_names(), Suggester(table_names())
    for title, sheet in workbook_sheets(path, path.name).items():
        name = names.get(title.strip())
        if name is None:
            close = {"close": suggester.close(title)}
            city.problems.append(Problem(UNKNOWN_SHEET, path.name, None, None, title, close))
        elif name in city.drafts:
            files = {"files": f"{city.drafts[name].source}, {sheet.source}"}
            city.problems.append(Problem(TABLE_TWICE, path.name, params=files))
        else:
            city.add(name, sheet, FORMAT_VERSION)


# --- folders -----------------------------------------------------------------------------------


def _read_folder(path: Path, city: _City) -> None:
    try:
        version = folder_version(path)
    except BadFileError as bad:
        if bad.problem.kind is NEWER_FORMAT:
            raise  # nothing is known of how to read the rest
        city.problems.append(bad.problem)
        version = FORMAT_VERSION
    files, problems = find_tables(path)
    city.problems.extend(problems)
    if not files and not problems and not (path / PACKAGE_FILE).is_file():
        city.problems.append(Problem(NO_TABLES, str(path)))
    for name, file in files.items():
        try:
            city.add(name, _file_sheet(name, file, version), version)
        except BadFileError as bad:
            city.problems.append(bad.problem)
            city.unread.add(name)
        except OSError as error:
            city.problems.append(_refusal(file.name, error))
            city.unread.add(name)
    city.unread.update(_named_twice(path))


def find_tables(folder: Path) -> tuple[dict[str, Path], list[Problem]]:
    """Return the file of each table in `folder`, in table order, and what is wrong with the names.

    Hidden files, folders and files of other kinds than tables are nobody's mistake. Raises OSError.
    """
    found: dict[str, list[Path]] = {}
    problems = []
    suggester = Suggester(table_names())
    for file in _candidates(folder):
        name = table_of_file(file)
        if file.suffix.lower() in OLD_ENDINGS:
            problems.append(Problem(OLD_SPREADSHEET, file.name))
        elif name is None:
            close = {"close": suggester.close(file.stem)}
            problems.append(Problem(UNKNOWN_FILE, file.name, params=close))
        else:
            found.setdefault(name, []).append(file)
    for files in found.values():
        if len(files) > 1:
            listed = {"files": ", ".join(file.name for file in files)}
            problems.append(Problem(TABLE_TWICE, files[0].name, params=listed))
    single = {name: found[name][0] for name in RECORD_KINDS if len(found.get(name, ())) == 1}
    return single, problems


def _candidates(folder: Path) -> Iterator[Path]:
    """Yield what looks like a table, by name. ``~$needs.xlsx`` is a lock of an open spreadsheet."""
    for file in sorted(folder.iterdir()):
        hidden = file.name.startswith((".", "~$"))
        if not hidden and file.suffix.lower() in (*TABLE_ENDINGS, *OLD_ENDINGS):
            yield file


def table_of_file(file: Path) -> str | None:
    """Return the table that `file` is named after, in English or Chinese, or None."""
    if file.suffix.lower() not in TABLE_ENDINGS:
        return None
    stem = unicodedata.normalize("NFC", file.stem).strip()
    return table_names().get(stem) or table_names().get(stem.lower())


def _named_twice(folder: Path) -> set[str]:
    named = [name for name in map(table_of_file, _candidates(folder)) if name is not None]
    return {name for name in named if named.count(name) > 1}


def _file_sheet(name: str, file: Path, version: int) -> Sheet:
    """Return the sheet of table `name` in `file`. Raises BadFileError, OSError, MissingExtraError."""
    ending = file.suffix.lower()
    if ending in CSV_ENDINGS:
        return csv_sheet(file, file.name, name, version)
    if ending == ".parquet":
        return parquet_sheet(file, file.name)
    return _own_sheet(name, file.name, workbook_sheets(file, file.name))


def _own_sheet(name: str, source: str, sheets: Mapping[str, Sheet]) -> Sheet:
    """Return the sheet that is named after the table, else the only one. Raises BadFileError."""
    names = table_names()
    for title, sheet in sheets.items():
        if names.get(title.strip()) == name:
            return sheet
    if len(sheets) == 1:
        return next(iter(sheets.values()))
    wanted = {"close": Suggester([name, RECORD_KINDS[name].zh]).close(name)}
    raise BadFileError(Problem(UNKNOWN_SHEET, source, None, None, ", ".join(sheets)[:60], wanted))
