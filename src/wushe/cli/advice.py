"""advise: what would close each gap of a plan, and what to recruit or raise where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

import wushe
from wushe.cli.common import (
    check_date,
    guarded,
    json_option,
    lang_option,
    on_option,
    plugin_option,
    progress,
    said_help,
)
from wushe.matching.live import Advice, LiveCity, Relaxation, go_live, relaxation
from wushe.matching.live import advise as advise_on
from wushe.model.parties import LEVELS
from wushe.plan import Plan
from wushe.text import Text

_folder = click.argument("folder", type=click.Path(path_type=Path))
_READING = Text("读取数据表", "reading the tables")
_ASKING = Text("逐项试算", "trying changes one by one")
_NO_NEED = Text(
    "{need!r} 不是未解决的需求；未解决的有：{example}",
    "{need!r} is no need that is not served; there are: {example}",
)
_GAP = Text("{need}　{what}　{reason}", "{need}, {what}: {reason}")
_HELP = Text("    → {change}", "    -> {change}")
_MORE = Text(
    "另有 {n} 项未列出，用 --top 或 --need 查看",
    "{n} more are not listed; see --top and --need",
)
_NONE = Text("没有未解决的需求", "every need is served")
_NO_ADVICE = Text("没有哪一处增加帮扶会有用", "more help would change nothing anywhere")


@click.group(
    help=said_help(
        "怎样补上缺口：最小的改变，该招募募集什么",
        "what would close the gaps: smallest changes, what to recruit or raise",
    )
)
def advise() -> None:
    """Advice on a plan's gaps."""


def _live(folder: Path, on: str, plugins: tuple[str, ...], lang: str) -> tuple[Plan, LiveCity]:
    check_date(on, lang)
    with progress(lang) as tell:
        tell(_READING)
        rules = wushe.load_plugins(*plugins)
        city = wushe.read(folder, plugins=rules)
        plan = wushe.make_plan(city, plugins=rules, on=on, progress=tell)
        return plan, go_live(plan, rules)


@advise.command(
    help=said_help(
        "每处缺口的原因和最小的改变", "each gap's reason and the smallest change that closes it"
    )
)
@_folder
@on_option
@plugin_option
@click.option(
    "--need", "needs", multiple=True, metavar="ID",
    help=said_help("只看这项需求，可重复", "this need only, may be repeated"),
)  # fmt: skip
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help=said_help("最多列出几项，最紧急的在前", "how many to list, most urgent first"),
)
@lang_option
@json_option
@guarded
def gaps(
    folder: Path, on: str, plugins: tuple[str, ...], needs: tuple[str, ...], top: int, lang: str, as_json: bool
) -> None:  # fmt: skip
    """List gaps with the smallest change for each."""
    plan, live = _live(folder, on, plugins, lang)
    short = {s.need: s for s in sorted(plan.unserved, key=lambda s: (-s.urgency, s.need))}
    for need in needs:
        if need not in short:
            example = ", ".join(list(short)[:3]) or "–"
            message = _NO_NEED.say(lang, need=need, example=example)
            raise click.BadParameter(message, param_hint="--need")
    chosen = list(needs) or list(short)[:top]
    with progress(lang) as tell:
        tell(_ASKING)
        found = {need: relaxation(live, need) for need in chosen}
    if as_json:
        rows = [_gap_json(short[need].reason, found[need], lang) for need in chosen]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for need in chosen:
        what, reason = short[need].category.name(lang), wushe.REASONS[short[need].reason].say(lang)
        click.echo(_GAP.say(lang, need=need, what=what, reason=reason))
        click.echo(_HELP.say(lang, change=found[need].say(lang)))
    if not short:
        click.echo(_NONE.say(lang))
    elif not needs and len(short) > top:
        click.echo(_MORE.say(lang, n=len(short) - top))


def _gap_json(reason: str, change: Relaxation, lang: str) -> dict[str, Any]:
    return {
        "need": change.need,
        "reason": reason,
        "change": change.kind,
        "offer": change.offer,
        "place": change.place,
        "amount": change.amount,
        "unit": change.unit,
        "text": change.say(lang),
    }


@advise.command(
    help=said_help(
        "该在哪里招募、募集什么，能解决几项", "what to recruit or raise where, and what it clears"
    )
)
@_folder
@on_option
@plugin_option
@click.option(
    "--level",
    type=click.Choice(list(LEVELS)),
    default="street",
    show_default=True,
    help=said_help("按哪一级地区", "places of this level"),
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help=said_help("列出最有用的几条", "how many of the best to list"),
)
@lang_option
@json_option
@guarded
def recruit(
    folder: Path, on: str, plugins: tuple[str, ...], level: str, top: int, lang: str, as_json: bool
) -> None:
    """List the blocks of help that are worth most."""
    _, live = _live(folder, on, plugins, lang)
    with progress(lang) as tell:
        tell(_ASKING)
        found = advise_on(live, level, top)
    if as_json:
        rows = [_advice_json(advice, lang) for advice in found]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for advice in found:
        click.echo(advice.say(lang))
    if not found:
        click.echo(_NO_ADVICE.say(lang))


def _advice_json(advice: Advice, lang: str) -> dict[str, Any]:
    names = ("category", "place", "blocks", "units", "unit", "needs_cleared", "saving")
    return {**{name: getattr(advice, name) for name in names}, "text": advice.say(lang)}
