"""Writing a city's tables, and the empty folder to start from. Nothing is ever left half-written."""

from __future__ import annotations

import contextlib
import csv
import json
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from wushe.errors import InputError, Problem
from wushe.io.cells import guard
from wushe.io.describe import column_comments
from wushe.io.folder import table_of_file
from wushe.io.jsonfile import write_json
from wushe.io.mistakes import NOT_EMPTY, UNREADABLE_PATH
from wushe.io.package import PACKAGE_FILE, column_name, describe_package
from wushe.io.parquet import write_parquet
from wushe.io.sheets import CHUNK_ROWS
from wushe.model import kinds
from wushe.model.spec import RECORD_KINDS, Field
from wushe.model.storage import Array, unknown
from wushe.model.tables import Table
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.network import LinkageNetwork

Format = Literal["csv", "json", "parquet"]
README = Text(
    zh="""# 五社联动数据

每张表一个 CSV 文件，用电子表格软件或文本编辑器填写：

- 第一行是表头，不要改动；以“# ”开头的行是说明，可以删去。
- 不知道就留空，空格不等于“0”或“否”；多个值用分号隔开；“确定没有”写 无。
- 编号自定，同一张表内不重复，例如 H-0001。编号列请设为“文本”格式。
- 用不到的表可以留空或删去。
- 填好后运行 `wushe check 文件夹` 查错，再运行 `wushe plan 文件夹 --on 日期` 生成一户一策。
""",
    en="""# Data for five-party linkage

One CSV file per table, to be filled in with a spreadsheet or a text editor:

- Row 1 is the heading, keep it. Lines that begin with "# " are comments and may go.
- Leave unknown cells empty: empty is neither 0 nor no. Separate several values by semicolons; write
  none where it is certain that there are none.
- Ids are yours to choose, each once in its table, such as H-0001. Format id columns as Text.
- Tables that you do not need may stay empty or be deleted.
- Then `wushe check FOLDER` looks for mistakes and `wushe plan FOLDER --on DATE` makes the plans.
""",
)


def write(
    network: LinkageNetwork | Mapping[str, Table],
    path: str | Path,
    *,
    format: Format = "csv",  # noqa: A002 - what everyone calls it
    overwrite: bool = False,
) -> Path:
    """Write the tables of a network (or tables by name) so that `read` returns the same, and return the path.

    ``csv`` and ``parquet`` make a folder with a file for each table that has rows, ``json`` one
    file. Everything is first written beside its place and moved there when complete. Raises
    InputError where something is there already, unless `overwrite`; ValueError for another
    format; MissingExtraError for Parquet without pyarrow.
    """
    tables = network if isinstance(network, Mapping) else network.tables
    filled = {name: tables[name] for name in RECORD_KINDS if name in tables and len(tables[name])}
    target = Path(path).resolve()
    if format == "json":
        return _write_file(target, lambda part: _write_json(filled, part), overwrite)
    if format != "csv" and format != "parquet":
        raise ValueError(f"format: {format!r} is unknown; expected 'csv', 'json' or 'parquet'")

    def fill(folder: Path) -> None:
        for name, table in filled.items():
            if format == "csv":
                _write_csv(table, folder / f"{name}.csv")
            else:
                write_parquet(table, folder / f"{name}.parquet")
        _write_package(folder, describe_package(filled, format))

    return _write_folder(target, fill, overwrite)


def init(path: str | Path) -> Path:
    """Make a folder with an empty, explained CSV file for every table, and return its path.

    Raises InputError where the folder already holds something.
    """

    def fill(folder: Path) -> None:
        for kind in RECORD_KINDS.values():
            headings = [column_name(field, chinese=True) for field in kind.fields]
            _save_rows(folder / f"{kind.name}.csv", [headings, *column_comments(kind)])
        _write_package(folder, describe_package(RECORD_KINDS, chinese=True))
        (folder / "README.md").write_text(f"{README.zh}\n{README.en}", encoding="utf-8")

    return _write_folder(Path(path).resolve(), fill, overwrite=False)


# --- formats -----------------------------------------------------------------------------------


def _write_package(folder: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1)
    (folder / PACKAGE_FILE).write_text(text + "\n", encoding="utf-8")


def _write_json(tables: Mapping[str, Table], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        write_json(tables, stream)


def _write_csv(table: Table, path: Path) -> None:
    headings = [column_name(field) for field in table.kind.fields]
    _save_rows(path, _csv_rows(table, headings))


def _save_rows(path: Path, rows: Iterable[Sequence[str]]) -> None:
    # The byte order mark tells spreadsheets that Chinese text is UTF-8; with this line end the
    # csv module quotes every kind of line break inside a cell.
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream, lineterminator="\r\n").writerows(rows)


def _csv_rows(table: Table, headings: Sequence[str]) -> Iterator[Sequence[str]]:
    yield headings
    for start in range(0, len(table), CHUNK_ROWS):
        part = slice(start, start + CHUNK_ROWS)
        columns = [_texts(field, table[field.name][part]) for field in table.kind.fields]
        yield from zip(*columns, strict=True)


def _texts(field: Field, column: Array) -> list[str]:
    """Return the cells of a column; a spreadsheet must take no text among them for a formula."""
    blank = unknown(column)
    if field.kind.storage == "object":
        say = field.kind.say
        return ["" if value is None else guard(say(value)) for value in column]
    if field.kind is kinds.DATE:
        values: list[Any] = column.astype(str).tolist()
        return ["" if empty else value for empty, value in zip(blank, values, strict=True)]
    return [
        "" if empty else field.kind.say(v) for empty, v in zip(blank, column.tolist(), strict=True)
    ]


# --- putting things in place -------------------------------------------------------------------


def _part(target: Path) -> Path:
    """Return a hidden name beside `target`, on the same file system."""
    return target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")


def _refuse(target: Path) -> InputError:
    return InputError([Problem(NOT_EMPTY, str(target))])


def _write_file(target: Path, fill: Callable[[Path], None], overwrite: bool) -> Path:
    if target.is_dir() or (target.exists() and not overwrite):
        raise _refuse(target)
    part = _part(target)
    try:
        _with_parent(target)
        fill(part)
        part.replace(target)
    except OSError as error:
        raise _os_refusal(target, error) from error
    finally:
        part.unlink(missing_ok=True)
    return target


def _write_folder(target: Path, fill: Callable[[Path], None], overwrite: bool) -> Path:
    if target.exists() and (not target.is_dir() or (any(target.iterdir()) and not overwrite)):
        raise _refuse(target)
    part = _part(target)
    try:
        _with_parent(target)
        part.mkdir()
        fill(part)
        if target.exists():
            _move_into(part, target)
        else:
            part.rename(target)
    except OSError as error:
        raise _os_refusal(target, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target


def _with_parent(target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)


def _os_refusal(target: Path, error: OSError) -> InputError:
    why = error.strerror or type(error).__name__
    return InputError([Problem(UNREADABLE_PATH, str(target), params={"why": why})])


def _move_into(part: Path, folder: Path) -> None:
    """Replace the tables in `folder` by those in `part`; other files stay, a failure undoes all.

    The folder itself is kept: it may be someone's working directory or a mount.
    """
    old = part / "old"
    old.mkdir()
    new = sorted(file.name for file in part.iterdir() if file.is_file())
    stale = [f.name for f in folder.iterdir() if f.name == PACKAGE_FILE or table_of_file(f)]
    with contextlib.ExitStack() as undo:
        for name in sorted({*stale, *(n for n in new if (folder / n).exists())}):
            (folder / name).rename(old / name)
            undo.callback((old / name).rename, folder / name)
        for name in new:
            (part / name).rename(folder / name)
            undo.callback((folder / name).unlink)
        undo.pop_all()
