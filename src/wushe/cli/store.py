"""store: made, looked at, verified, backed up, restored, rebuilt; a person erased; the log of events."""

from __future__ import annotations

import json
import re
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import click

from wushe.casefile import ERASURE_GROUNDS, Head
from wushe.cli.common import EXIT_INPUT, guarded, json_option, lang_option, said_help
from wushe.cli.desk import Desk, acting, clock, looking, reading, store_option
from wushe.text import Text

_MADE = Text("已新建存储 {where}", "the store {where} is made")
_THERE = Text("{where} 已经是存储，没有改动", "{where} is a store already; nothing was changed")
_INFO = Text("存储 {where}：{events} 条事件", "store {where}: {events} events")
_KIND = Text("  {kind}　{n}", "  {kind}  {n}")
_BAD_HEAD = Text(
    "{head!r} 不是链头；应为 wushe store head 打印的“条数:摘要”",
    "{head!r} is no head; expected ENTRIES:HASH as wushe store head prints it",
)
_BACKED_UP = Text("已备份到 {path}，链头 {head}", "backed up to {path}, head {head}")
_RESTORED = Text(
    "已从 {backup} 恢复到 {where}，链头 {head}", "restored from {backup} to {where}, head {head}"
)
_REBUILT = Text("已从 {n} 条事件重建当前状态", "the state is rebuilt from {n} events")
_ERASED = Text(
    "已抹去；链照样完整，见 wushe store verify",
    "erased; the chain still holds, see wushe store verify",
)
_ADOPTED = Text("从此按 {names} 的规则运行", "run under the rules of {names} from now on")
_NONE_ADOPTED = Text("从此不用城市插件", "run under no city plugin from now on")
_EVENT = Text(
    "{number}　{at}　{kind}　{stream}　{by}{words}", "{number}  {at}  {kind}  {stream}  {by}{words}"
)
_NO_EVENTS = Text("没有事件", "no events")


@click.group(
    help=said_help(
        "存储：新建、校验、备份、恢复、抹去一个人",
        "the store: made, verified, backed up, restored, a person erased",
    )
)
def store() -> None:
    """The store."""


def _head_text(head: Head) -> str:
    return f"{head.entries}:{head.hash}"


@store.command(
    "create",
    help=said_help(
        "新建存储（SQLite 文件，或已有的空 PostgreSQL 库）",
        "make a store: a SQLite file, or in an empty PostgreSQL database",
    ),
)
@store_option
@lang_option
@json_option
@guarded
def create(where: str, lang: str, as_json: bool) -> None:
    """Make a store; one that is there stays as it is."""
    from wushe.store import open_store

    desk = Desk(where, (), lang, as_json)
    there = "://" not in where and Path(where).is_file()
    with open_store(where, create=True) as made:
        head, name = made.head, str(made.base.address)
    there = there or head.entries > 0
    if as_json:
        desk.json({"store": name, "made": not there, "head": _head_text(head)})
    else:
        desk.say(_THERE if there else _MADE, where=name)


@store.command(
    "info", help=said_help("多少事件，多少各类记录", "how many events, and records of each kind")
)
@looking
def info(desk: Desk) -> None:
    """Print what the store holds, in numbers."""
    with desk.opened(read_only=True) as held:
        head, name = held.head, str(held.base.address)
        with held.reading() as state:
            kinds = sorted(held.codecs.domain.records)
            counts = {kind: len(state.find(kind)) for kind in kinds}
    if desk.as_json:
        desk.json(
            {"store": name, "events": head.entries, "head": _head_text(head), "records": counts}
        )
        return
    desk.say(_INFO, where=name, events=head.entries)
    for kind, n in counts.items():
        if n:
            desk.say(_KIND, kind=kind, n=n)


@store.command(
    "head",
    help=said_help(
        "链头：公布它，别人就能查出改动",
        "the head of the chain: publish it, and any change can be found",
    ),
)
@looking
def head(desk: Desk) -> None:
    """Print the head as ENTRIES:HASH."""
    with desk.opened(read_only=True) as held:
        found = held.head
    if desk.as_json:
        desk.json({"entries": found.entries, "hash": found.hash})
    else:
        click.echo(_head_text(found))


@store.command(
    "verify",
    help=said_help(
        "校验：改、删、调换，都能查出并说明", "find any change, deletion or reordering, and name it"
    ),
)
@click.option(
    "--head",
    "published",
    metavar="ENTRIES:HASH",
    help=said_help(
        "早先公布的链头：整条链被改写也能查出",
        "a head published earlier: finds a chain that was rewritten as a whole",
    ),
)
@click.option(
    "--deep",
    is_flag=True,
    help=said_help(
        "重放全部事件，与当前状态对照", "replay all events and compare the state with them"
    ),
)
@looking
def verify(desk: Desk, published: str | None, deep: bool) -> None:
    """Verify; exit code 1 where anything is wrong."""
    known = None if published is None else _head_of(published, desk.lang)
    with desk.opened(read_only=True) as held:
        verdict = held.verify(known, deep=deep)
    if desk.as_json:
        desk.json({"ok": verdict.ok, "findings": [one.say(desk.lang) for one in verdict.findings]})
    else:
        click.echo(verdict.say(desk.lang))
    if not verdict.ok:
        sys.exit(EXIT_INPUT)


def _head_of(text: str, lang: str) -> Head:
    found = re.fullmatch(r"(\d{1,15}):([0-9a-f]{64})", text.strip())
    if found is None:
        raise click.BadParameter(_BAD_HEAD.say(lang, head=text), param_hint="--head")
    return Head(int(found[1]), found[2])


@store.command(
    "backup",
    help=said_help(
        "使用中备份到新文件，并校验",
        "copy the store to a new file while it is in use, and check the copy",
    ),
)
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@looking
def backup(desk: Desk, path: Path) -> None:
    """Back up."""
    with desk.opened(read_only=False) as held:
        found = held.backup(path)
    if desk.as_json:
        desk.json({"backup": str(path), "head": _head_text(found)})
    else:
        desk.say(_BACKED_UP, path=path, head=_head_text(found))


@store.command("restore", help=said_help("从备份恢复成新的存储", "make a new store of a backup"))
@click.argument("backup")
@store_option
@lang_option
@json_option
@guarded
def restore(backup: str, where: str, lang: str, as_json: bool) -> None:
    """Restore into a place where there is no store yet."""
    from wushe.store import restore as restored

    found = restored(backup, where)
    desk = Desk(where, (), lang, as_json)
    if as_json:
        desk.json({"head": _head_text(found)})
    else:
        desk.say(
            _RESTORED, backup=Path(backup).name, where=Path(where).name, head=_head_text(found)
        )


@store.command("rebuild", help=said_help("从事件重建当前状态", "rebuild the state from the events"))
@looking
def rebuild(desk: Desk) -> None:
    """Rebuild."""
    with desk.opened(read_only=False) as held:
        n = held.rebuild()
    if desk.as_json:
        desk.json({"events": n})
    else:
        desk.say(_REBUILT, n=n)


@store.command(
    "erase",
    help=said_help(
        "抹去一个人：文字和编号再也读不出，链照样完整",
        "erase a person: words and id can be read by nobody, the chain still holds",
    ),
)
@click.argument("subject")
@click.option(
    "--ground",
    type=click.Choice(list(ERASURE_GROUNDS)),
    required=True,
    help=said_help(
        "、".join(f"{k} {v}" for k, v in ERASURE_GROUNDS.items()), "the ground of article 47"
    ),
)
@reading
def erase(desk: Desk, subject: str, ground: str) -> None:
    """Erase."""
    assert desk.act is not None
    with desk.opened(read_only=False) as held:
        receipt = held.erase(subject, desk.act, ground)
    desk.done(receipt, _ERASED)


@store.command(
    "adopt",
    help=said_help(
        "从此按这些城市插件的规则运行；不写名字就是不再用",
        "run under the rules of these city plugins from now on; none named: of none",
    ),
)
@click.argument("names", nargs=-1)
@acting
def adopt(desk: Desk, names: tuple[str, ...]) -> None:
    """Adopt plugins."""
    assert desk.act is not None
    with desk.opened(read_only=False) as held:
        receipt = held.adopt(desk.act, *names)
    desk.done(
        receipt, _ADOPTED if receipt.answer else _NONE_ADOPTED, names=", ".join(receipt.answer)
    )


@store.command(
    "events", help=said_help("事件，旧的在前；不含文字", "the events, oldest first, without words")
)
@click.option(
    "--stream",
    metavar="STREAM",
    help=said_help("只看一件事，如 order/O-1", "of one thing only, such as order/O-1"),
)
@click.option(
    "--kind",
    metavar="KIND",
    help=said_help("只看一类，如 order.accepted", "of one kind only, such as order.accepted"),
)
@click.option(
    "--after",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help=said_help("从这个序号之后", "after this number"),
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help=said_help("最多列出几条", "at most so many"),
)
@click.option(
    "--internal", is_flag=True, help=said_help("内部：连同文字", "for the own team: with the words")
)
@looking
def events(
    desk: Desk, stream: str | None, kind: str | None, after: int, limit: int, internal: bool
) -> None:
    """List events."""
    with desk.opened(read_only=True) as held:
        found = list(islice(held.events(stream, after=after, kind=kind), limit))
    rows: list[dict[str, Any]] = [
        {
            "number": number, "at": e.at, "kind": e.kind, "stream": e.stream, "by": e.by, "data": dict(e.data),
            **({"words": dict(e.words or {})} if internal else {}),
        }
        for number, e in found
    ]  # fmt: skip

    def line(row: Any) -> str:
        said = "　" + json.dumps(row["words"], ensure_ascii=False) if row.get("words") else ""
        return _EVENT.say(desk.lang, **{**row, "at": clock(row["at"]), "words": said})

    desk.rows(rows, line, _NO_EVENTS)
