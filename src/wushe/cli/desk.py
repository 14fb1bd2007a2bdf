"""What commands on a store share: the options, opening it, doing one unit of work, saying what was done."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

import wushe
from wushe.cli.common import F, guarded, json_option, lang_option, said_help
from wushe.errors import InputError, Problem, ProblemKind
from wushe.journal import Act, Receipt, State
from wushe.journal.event import CHINA
from wushe.model.kinds import IDENT, MONEY, TAGS, BadValueError, Kind
from wushe.model.units import Dimension, parse_unit, to_base
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.store import Store

_RECORDED = Text("已记录，事件 {first}–{last}", "recorded, events {first} to {last}")
_RECORDED_ONE = Text("已记录，事件 {last}", "recorded, event {last}")
_NOTHING = Text("没有要办的", "there was nothing to do")
_AGAIN = Text("这个键已经办过，没有重复办理", "done before under this key; nothing was done twice")
_TROUBLE = Text("已经办妥；但观察插件报错：{why}", "it is done; but an observer failed: {why}")
_BAD_YUAN = Text(
    "金额 {value!r} 不合规；应为以元为单位、最多两位小数的数，如 1200.50",
    "{value!r} is no amount; expected yuan with at most two decimals, such as 1200.50",
)
_BAD_AMOUNT = Text(
    "数量 {value!r} 不合规；应为带单位的整数个基本单位，如 20件、3箱*20、1.5千克、90分钟、1200元",
    "{value!r} is no amount; expected a number with its unit that is a whole number of base units, such as 20piece, 3box*20, 1.5kg, 90minute, 1200yuan",
)

store_option = click.option(
    "--store",
    "where",
    required=True,
    envvar="WUSHE_STORE",
    metavar="PATH_OR_URL",
    help=said_help(
        "存储：文件或 PostgreSQL 地址", "the store: a file or the URL of a PostgreSQL database"
    ),
)
plugin_option = click.option(
    "--plugin", "-p", "plugins", multiple=True, metavar="NAME", envvar="WUSHE_PLUGINS",
    help=said_help("启用的城市插件，可重复；每条命令都要用同样的", "city plugin, may be repeated; the same for every command"),
)  # fmt: skip
_ACTS = (
    click.option(
        "--by", required=True, metavar="ID",
        help=said_help("经办人编号（不写姓名）", "id of who does this, never a name"),
    ),
    click.option(
        "--at", required=True, metavar="INSTANT",
        help=said_help("何时，带时区，如 2025-09-15T09:00:00+08:00", "when, with its zone"),
    ),
    click.option("--why", default="", metavar="TEXT", help=said_help("原因，随当事人一起可抹去", "reason in words, erasable")),
    click.option(
        "--key", metavar="TEXT",
        help=said_help("幂等键：同一个键只办一次", "the same key is done once, however often it is sent"),
    ),
)  # fmt: skip


@attrs.define
class Desk:
    """Where a command works and how it answers; `act` is None for those that only look."""

    where: str
    plugins: tuple[str, ...]
    lang: str
    as_json: bool
    act: Act | None = None
    key: str | None = None
    _rules: wushe.Plugins | None = None

    def rules(self) -> wushe.Plugins:
        """Return the city's rules beside the built-in ones."""
        if self._rules is None:
            self._rules = wushe.load_plugins(*self.plugins)
        return self._rules

    def do(self, command: Callable[..., Any], /, **arguments: Any) -> Receipt:
        """Run one command as one unit of work on the store."""
        with self.opened(read_only=False) as store:
            assert self.act is not None
            receipt: Receipt = store.run(self.act, command, key=self.key, **arguments)
        return receipt

    @contextmanager
    def look(self) -> Iterator[State]:
        """Open the store for reading and give its state."""
        with self.opened(read_only=True) as store, store.reading() as state:
            yield state

    @contextmanager
    def opened(self, *, read_only: bool) -> Iterator[Store]:
        """Open the store with the city's rules; used for what is neither one command nor a look."""
        from wushe.store import open_store

        plain = (
            not self.plugins and self._rules is None
        )  # what is built in holds without loading it
        rules = None if plain else self.rules()
        with open_store(self.where, plugins=rules, read_only=read_only, create=False) as store:
            yield store

    def say(self, text: Text, **params: Any) -> None:
        """Print a line in the chosen language."""
        click.echo(text.say(self.lang, **params))

    def done(self, receipt: Receipt, text: Text | None = None, **params: Any) -> None:
        """Say what a unit of work did: `text`, and where it stands in the log; as JSON the receipt."""
        for trouble in receipt.troubles:
            click.echo(_TROUBLE.say(self.lang, why=str(trouble)), err=True)
        if self.as_json:
            self.json(
                {
                    "answer": receipt.answer,
                    "again": receipt.again,
                    "first": receipt.first,
                    "last": receipt.last,
                }
            )
            return
        if text is not None:
            self.say(text, **params)
        if receipt.again:
            self.say(_AGAIN)
        elif receipt.last:
            one = receipt.first == receipt.last
            self.say(_RECORDED_ONE if one else _RECORDED, first=receipt.first, last=receipt.last)
        else:
            self.say(_NOTHING)

    def json(self, value: Any) -> None:
        """Print `value` as JSON."""
        click.echo(json.dumps(value, ensure_ascii=False, indent=1))

    def rows(
        self,
        rows: Sequence[Mapping[str, Any]],
        line: Callable[[Mapping[str, Any]], str],
        none: Text,
    ) -> None:
        """Print rows, one a line, or all as JSON; `none` where there are none."""
        if self.as_json:
            self.json([dict(row) for row in rows])
            return
        for row in rows:
            click.echo(line(row))
        if not rows:
            self.say(none)


def acting(command: F) -> F:
    """Give a command the options of one who acts, and a `Desk` as its first argument."""
    return _acting(command, _ACTS)


def reading(command: F) -> F:
    """Give a command that only notes a reading those options without a key: each reading is one of its own."""
    return _acting(command, _ACTS[:-1])


def _acting(command: F, acts: Sequence[Callable[[Any], Any]]) -> F:
    @wraps(command)
    def run(
        *args: Any, where: str, by: str, at: str, why: str, plugins: tuple[str, ...], lang: str, as_json: bool,
        key: str | None = None, **options: Any,
    ) -> Any:  # fmt: skip
        desk = Desk(where, plugins, lang, as_json, _act(at, by, why), key)
        return command(desk, *args, **options)

    wrapped: Any = guarded(run)
    for option in (json_option, lang_option, plugin_option, *reversed(acts), store_option):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[no-any-return]


def looking(command: F) -> F:
    """Give a command the options of one who only looks, and a `Desk` as its first argument."""

    @wraps(command)
    def run(
        *args: Any, where: str, plugins: tuple[str, ...], lang: str, as_json: bool, **options: Any
    ) -> Any:
        return command(Desk(where, plugins, lang, as_json), *args, **options)

    wrapped: Any = guarded(run)
    for option in (json_option, lang_option, plugin_option, store_option):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[no-any-return]


def _act(at: str, by: str, why: str) -> Act:
    try:
        return Act(at, by, why)
    except ValueError as error:
        field = str(error).partition(":")[0]
        raise click.BadParameter(str(error), param_hint=f"--{field}") from None


def as_yuan(text: str | int) -> int:
    """Return the fen of an amount in yuan on the command line. Raises click.BadParameter."""
    try:
        return text if isinstance(text, int) else int(MONEY.parse(text))
    except BadValueError:
        raise click.BadParameter(_BAD_YUAN.both(value=text)) from None


@attrs.frozen
class Amount:
    """An amount as given: `base` units, the `unit` it was given in, base units of one of it, what is counted."""

    base: int
    unit: str
    factor: int
    dimension: Dimension


def as_amount(text: str | Amount) -> Amount:
    """Return an amount with its unit on the command line (20件, 3box*20, 1.5kg). Raises click.BadParameter."""
    if isinstance(text, Amount):
        return text
    found = re.fullmatch(r"\s*(\d{1,13}(?:\.\d{1,6})?)\s*(\S.*)", text)
    unit = parse_unit(found[2]) if found else None
    base = to_base(Decimal(found[1]), unit) if found and unit else None
    if unit is None or base is None:
        raise click.BadParameter(_BAD_AMOUNT.both(value=text))
    return Amount(base, unit.written, unit.factor, unit.dimension)


def clock(at: str) -> str:
    """Return an instant as a clock in China shows it, to the minute."""
    return (dt.datetime.fromisoformat(at) + CHINA).strftime("%Y-%m-%d %H:%M")


def yuan(fen: int) -> str:
    """Return an amount as people write it."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100:,}.{abs(fen) % 100:02}"


def words(text: str | None) -> list[str]:
    """Return the values of an option that takes several, separated by commas or semicolons."""
    return [word for word in re.split(r"[,;，；、]", text or "") if word]


def sheet(path: Path, columns: Mapping[str, Kind], needed: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows of a CSV file with a heading, each cell read as its kind says; empty cells are left out.

    Raises InputError with every bad cell, and for columns that are unknown or missing.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        heading = [name.strip() for name in reader.fieldnames or ()]
        found = [_bad_column(path, name, columns) for name in heading if name not in columns]
        found += [
            _bad_column(path, name, columns, NO_COLUMN) for name in needed if name not in heading
        ]
        if found:
            raise InputError(found)
        reader.fieldnames = heading
        rows = [_row(path, at, cells, columns, found) for at, cells in enumerate(reader, 2)]
    bad = {(problem.row, problem.field) for problem in found}
    for at, row in enumerate(rows, 2):
        empty = [name for name in needed if name not in row and (at, name) not in bad]
        found += [Problem(NO_VALUE, path.name, at, name) for name in empty]
    if not rows:
        found.append(Problem(NO_ROWS, path.name))
    if found:
        raise InputError(sorted(found, key=lambda p: p.row or 0))
    return rows


def _bad_column(
    path: Path, name: str, columns: Mapping[str, Kind], kind: ProblemKind | None = None
) -> Problem:
    return Problem(kind or ODD_COLUMN, path.name, 1, name, None, {"columns": ", ".join(columns)})


def _row(
    path: Path,
    at: int,
    cells: Mapping[str | None, Any],
    columns: Mapping[str, Kind],
    found: list[Problem],
) -> dict[str, Any]:
    row = {}
    for name, cell in cells.items():
        text = (cell or "").strip() if isinstance(cell, str) else ""
        if name is None or not text:
            continue
        try:
            row[name] = columns[name].parse(text)
        except BadValueError as error:
            found.append(
                Problem(
                    error.problem, path.name, at, name, _shown(columns[name], text), error.params
                )
            )
    return row


def _shown(kind: Kind, text: str) -> str | None:
    """Return a bad cell as an error may show it: where an id belongs somebody may have typed a name."""
    return None if kind in (IDENT, TAGS) else text[:40]


def _kind(
    code: str, what: tuple[str, str], expected: tuple[str, str], todo: tuple[str, str]
) -> ProblemKind:
    return ProblemKind(code, Text(*what), Text(*expected), Text(*todo))


_LOOK = ("对照操作说明里的列名", "compare with the columns in the how-to")
ODD_COLUMN = _kind(
    "sheet-column-unknown", ("不认识这一列", "an unknown column"), ("{columns}", "{columns}"), _LOOK
)
NO_COLUMN = _kind(
    "sheet-column-missing",
    ("缺少这一列", "this column is missing"),
    ("{columns}", "{columns}"),
    _LOOK,
)
NO_VALUE = _kind(
    "sheet-cell-empty",
    ("没有填", "empty"),
    ("必填", "a value"),
    ("补填后重试", "fill it in and try again"),
)
NO_ROWS = _kind(
    "sheet-empty",
    ("没有数据行", "no rows"),
    ("表头下至少一行", "at least one row below the heading"),
    ("补上数据", "add the rows"),
)
