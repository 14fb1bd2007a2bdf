"""plugins: what is installed, and the words it brings."""

from __future__ import annotations

import json
from typing import Any

import click

import wushe
from wushe.cli.common import (
    PLUGIN_FAILED,
    guarded,
    json_option,
    lang_option,
    plugin_option,
    said_help,
)
from wushe.errors import WusheError
from wushe.plugins.manager import available, load_with_those_above
from wushe.text import Text


@click.group(help=said_help("城市插件", "city plugins"))
def plugins() -> None:
    """Look at installed plugins."""


@plugins.command(
    "list", help=said_help("列出已安装的插件和它们的钩子", "list installed plugins and their hooks")
)
@lang_option
@json_option
@guarded
def list_plugins(lang: str, as_json: bool) -> None:
    """List the installed plugins with version and hooks; one that does not load says why."""
    rows = [_plugin_row(name, version) for name, version in available().items()]
    if as_json:
        click.echo(json.dumps({"plugins": rows}, ensure_ascii=False, indent=1))
        return
    for row in rows:
        hooks = (
            ", ".join(row["hooks"])
            if row["error"] is None
            else PLUGIN_FAILED.say(lang, why=row["error"])
        )
        click.echo(f"{row['name']} {row['version']}\t{hooks}")


def _plugin_row(name: str, version: str) -> dict[str, Any]:
    try:
        loaded = load_with_those_above(name)
    except WusheError as error:
        return {"name": name, "version": version, "hooks": [], "error": str(error)}
    return {"name": name, "version": version, "hooks": list(loaded.hooks_of(name)), "error": None}


@plugins.command(
    "terms", help=said_help("列出类别、对象类别和技能", "list categories, target groups and skills")
)
@plugin_option
@lang_option
@json_option
@guarded
def list_terms(plugins: tuple[str, ...], lang: str, as_json: bool) -> None:
    """List the words that tables may use under the given plugins."""
    rules = wushe.load_plugins(*plugins)
    terms = {
        "categories": {c.id: c.name(lang) for c in rules.categories.values()},
        "target_groups": {g.id: g.name(lang) for g in rules.target_groups.values()},
        "skills": {s: s for s in sorted({s for c in rules.categories.values() for s in c.skills})},
    }
    if as_json:
        click.echo(json.dumps(terms, ensure_ascii=False, indent=1))
        return
    for title, words in terms.items():
        click.echo(_TERMS[title].say(lang))
        for key, name in words.items():
            click.echo(f"  {key}" if name == key else f"  {key}\t{name}")


_TERMS = {
    "categories": Text("需求类别：", "Need categories:"),
    "target_groups": Text("对象类别：", "Target groups:"),
    "skills": Text("技能：", "Skills:"),
}
