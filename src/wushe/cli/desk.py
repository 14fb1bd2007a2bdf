"""What commands on a store share: the options, opening it, doing one unit of work, saying what was done."""

from __future__ import annotations

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
from wushe.cli.common import F, check_date, guarded, json_option, lang_option, said_help
from wushe.cli.table import personal
from wushe.errors import StoreError
from wushe.journal import Act, Receipt, State
from wushe.journal.event import CHINA
from wushe.model.kinds import IDENT, MONEY, BadValueError
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
    "金额 {value!r} 不合规；应为以元为单位、最多两位小数、小于 10^15 的数，如 1200.50",
    "{value!r} is no amount; expected yuan below 10^15 with at most two decimals, such as 1200.50",
)
_NO_STORE = Text(
    "{where!r} 没有存储；请检查路径，或先 wushe store create --store {where}",
    "there is no store at {where!r}; check the path, or make one first: wushe store create --store {where}",
)
_UNKNOWN_WORDS = Text(
    "不认识 {words}；应为 {known}；城市自己的要加 -p 插件",
    "unknown: {words}; expected some of {known}; a city's own need its plugin (-p)",
)
_UNKNOWN_ID = Text("没有 {id!r}；请核对编号", "there is no {id!r}; check the id")
_BACKWARDS = Text(
    "{until} 在 {since} 之前；应为不早于开始的日期",
    "{until} is before {since}; expected a day not before the first",
)
_BAD_ID = Text(
    "编号不合规（不重复显示）；应为 1 到 64 个字符、没有空格，也不是身份证号、手机号，如 H-0001",
    "no usable id (not repeated here); expected 1 to 64 characters without spaces, and no ID or phone number, such as H-0001",
)
_BAD_INSTANT = Text(
    "{at!r} 不是带时区的时刻；应如 2025-09-15T09:00:00+08:00",
    "{at!r} is no instant with its zone; expected one such as 2025-09-15T09:00:00+08:00",
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
    help=said_help("启用的城市插件，可重复；库已采用（store adopt）的不必写", "city plugin, may be repeated; not needed for those that the store adopted"),
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
        """Return the city's rules beside the built-in ones: those named, else those the store adopted."""
        if self._rules is None:
            adopted = None if self.plugins else self._adopted()
            self._rules = wushe.load_plugins(*self.plugins) if adopted is None else adopted
        return self._rules

    def _adopted(self) -> wushe.Plugins | None:
        from wushe.store import open_store

        with open_store(self.where, read_only=True, create=False) as store:
            return store.plugins

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

        if "://" not in self.where and not Path(self.where).exists():
            raise StoreError(_NO_STORE.say(self.lang, where=self.where))
        # What is built in holds without loading it.
        plain = not self.plugins and self._rules is None
        rules = None if plain else self.rules()
        with open_store(self.where, plugins=rules, read_only=read_only, create=False) as store:
            yield store

    def known_words(self, option: str, given: Sequence[str], known: Mapping[str, Any]) -> list[str]:
        """Return the words of an option if all are known. Raises click.BadParameter: a wrong one would fit nothing ever."""
        odd = [word for word in given if word not in known]
        if odd:
            said = _UNKNOWN_WORDS.say(
                self.lang, words=", ".join(odd), known=", ".join(sorted(known))
            )
            raise click.BadParameter(said, param_hint=option)
        return list(given)

    def purposes(self, text: str | None, option: str = "--purposes") -> list[str]:
        """Return the categories of need that an option names, all of them known."""
        given = words(text)
        return self.known_words(option, given, self.rules().categories) if given else []

    def groups(self, given: Sequence[str], option: str = "--groups") -> list[str]:
        """Return the target groups that an option names, all of them known."""
        return self.known_words(option, given, self.rules().target_groups) if given else []

    def known(self, state: State, kind: str, key: str | None, hint: str) -> None:
        """Refuse an id that the store has no record of: an empty answer would say that there is nothing."""
        if key is not None and state.get(kind, key) is None:
            raise click.BadParameter(_UNKNOWN_ID.say(self.lang, id=key), param_hint=hint)

    def period(self, since: str | None, until: str | None) -> tuple[dt.date | None, dt.date | None]:
        """Return the first and the last day of --since and --until, checked."""
        first, last = day_named(self, since, "--since"), day_named(self, until, "--until")
        if first and last and last < first:
            said = _BACKWARDS.say(self.lang, since=since, until=until)
            raise click.BadParameter(said, param_hint="--until")
        return first, last

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
    return _acting(command, _ACTS, strict=True)


def reading(command: F) -> F:
    """Give a command that only notes a reading those options without a key: each reading is one of its own."""
    return _acting(command, _ACTS[:-1], strict=False)


def _acting(command: F, acts: Sequence[Callable[[Any], Any]], *, strict: bool) -> F:
    @wraps(command)
    def run(
        *args: Any, where: str, by: str, at: str, why: str, plugins: tuple[str, ...], lang: str, as_json: bool,
        key: str | None = None, **options: Any,
    ) -> Any:  # fmt: skip
        desk = Desk(where, plugins, lang, as_json, _act(at, by, why, lang), key)
        if strict:
            _check_ids(click.get_current_context(), lang)
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


def _act(at: str, by: str, why: str, lang: str) -> Act:
    if not _is_id(by):
        raise click.BadParameter(_BAD_ID.say(lang), param_hint="--by")
    try:
        return Act(at, by, why)
    except ValueError:
        raise click.BadParameter(_BAD_INSTANT.say(lang, at=at), param_hint="--at") from None


def _check_ids(context: click.Context, lang: str) -> None:
    """Refuse what is no id where one belongs, before it is recorded for ever: a name, an ID number, a phone number.

    The value is not repeated.
    """
    for param in context.command.params:
        asks = isinstance(param, click.Argument) or param.metavar == "ID"
        if not asks or param.type is not click.STRING or param.name in _NO_IDS:
            continue
        value = context.params.get(param.name or "")
        values = value if isinstance(value, tuple) else (value,)
        if not all(_is_id(one) for one in values if one is not None):
            hint = param.opts[0] if isinstance(param, click.Option) else (param.name or "").upper()
            raise click.BadParameter(_BAD_ID.say(lang), param_hint=hint)


_NO_IDS = ("what", "interest")
"""Arguments that may be a path, or that hold two references and are found or not."""


def _is_id(text: str) -> bool:
    try:
        IDENT.parse(text)
    except BadValueError:
        return False
    return not personal(text)


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


def day_named(desk: Desk, text: str | None, option: str) -> dt.date | None:
    """Return the day that an option names. Raises click.BadParameter."""
    return None if text is None else dt.date.fromisoformat(check_date(text, desk.lang, option))


def clock(at: str) -> str:
    """Return an instant as a clock in China shows it, to the minute."""
    return (dt.datetime.fromisoformat(at) + CHINA).strftime("%Y-%m-%d %H:%M")


def yuan(fen: int) -> str:
    """Return an amount as people write it."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100:,}.{abs(fen) % 100:02}"


def words(text: str | None) -> list[str]:
    """Return the values of an option that takes several, separated by commas or semicolons."""
    return [word for word in re.split(r"[,;，；、]", text or "") if word]
