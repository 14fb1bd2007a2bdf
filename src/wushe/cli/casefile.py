"""casefile: everything about one household or person in time order, and the cases as a whole."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import click

import wushe
from wushe.casefile import case_file, open_cases, vetting_due
from wushe.cli.common import (
    check_date,
    guarded,
    json_option,
    lang_option,
    on_option,
    plugin_option,
    said_help,
)
from wushe.model.evidence import STAGES
from wushe.privacy import ROLES
from wushe.text import Text

_NO_SUBJECT = Text("没有家庭或人员 {subject!r}", "there is no household or person {subject!r}")
_STAGE = Text("{stage}　{n}", "{stage}  {n}")
_VETTING = Text("{id}（{table}）：{state}{until}", "{id} ({table}): {state}{until}")
_STATES = {
    "missing": Text("没有从业查询记录", "no vetting on record"),
    "expired": Text("查询已过期", "vetting has expired"),
    "due": Text("查询即将到期", "vetting runs out soon"),
}
_UNTIL = Text("，有效至 {until}", ", valid until {until}")
_folder = click.argument("folder", type=click.Path(path_type=Path))


@click.group(help=said_help("一人一档", "case files"))
def casefile() -> None:
    """Case files."""


def _city(folder: Path, plugins: tuple[str, ...]) -> wushe.LinkageNetwork:
    return wushe.read(folder, plugins=wushe.load_plugins(*plugins))


@casefile.command(
    "show", help=said_help("一户或一人的全部记录", "everything about one household or person")
)
@_folder
@click.argument("subject")
@on_option
@click.option(
    "--role",
    type=click.Choice(list(ROLES)),
    default="public",
    show_default=True,
    help=said_help("谁在看", "who is looking"),
)
@plugin_option
@lang_option
@json_option
@guarded
def show(
    folder: Path,
    subject: str,
    on: str,
    role: str,
    plugins: tuple[str, ...],
    lang: str,
    as_json: bool,
) -> None:
    """Show one case file as a role may see it; the default role sees least."""
    rules = wushe.load_plugins(*plugins)
    city = wushe.read(folder, plugins=rules)
    day = dt.date.fromisoformat(check_date(on, lang))
    if all(subject not in set(city.tables[t].ids) for t in ("households", "persons")):
        raise click.BadParameter(_NO_SUBJECT.say(lang, subject=subject), param_hint="SUBJECT")
    found = case_file(city, subject, day, plugins=rules)
    click.echo(found.to_json(role) if as_json else found.explain(lang, role))


@casefile.command(
    "open", help=said_help("各阶段有多少户", "how many households stand at each stage")
)
@_folder
@on_option
@plugin_option
@lang_option
@json_option
@guarded
def stages(folder: Path, on: str, plugins: tuple[str, ...], lang: str, as_json: bool) -> None:
    """Count the cases by stage."""
    found = open_cases(_city(folder, plugins), dt.date.fromisoformat(check_date(on, lang)))
    if as_json:
        click.echo(json.dumps({"on": on, "stages": found.counts()}, ensure_ascii=False))
        return
    for stage, n in found.counts().items():
        click.echo(_STAGE.say(lang, stage=STAGES[stage] if lang == "zh" else stage, n=n))


@casefile.command(
    "vetting",
    help=said_help("谁的从业查询缺失、过期或将到期", "whose vetting is missing, expired or due"),
)
@_folder
@on_option
@click.option(
    "--within",
    "days",
    type=click.IntRange(min=0),
    default=30,
    show_default=True,
    help=said_help("多少天内", "within so many days"),
)
@plugin_option
@lang_option
@guarded
def vetting(folder: Path, on: str, days: int, plugins: tuple[str, ...], lang: str) -> None:
    """List who works with minors and needs a vetting (未成年人保护法 article 62)."""
    for line in vetting_due(
        _city(folder, plugins), dt.date.fromisoformat(check_date(on, lang)), days
    ):
        until = _UNTIL.say(lang, until=line.until) if line.until else ""
        click.echo(
            _VETTING.say(lang, id=line.id, table=line.table, state=_STATES[line.state], until=until)
        )
