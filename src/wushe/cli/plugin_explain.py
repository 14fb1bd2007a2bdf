"""plugins: which rule came from which plugin, and which one won."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from itertools import groupby

import click

import wushe
from wushe.cli.common import guarded, json_option, lang_option, plugin_option, said_help
from wushe.cli.plugins import plugins as group
from wushe.plugins.loading import HOOKS
from wushe.plugins.manager import FIRST_RESULT, RuleOrigin
from wushe.text import Text

_ORDER = Text(
    "插件（从上级到本地）：{names}", "plugins, from the most general to the most local: {names}"
)
_ONE = Text("只取一个答案", "one answer counts")
_ALL = Text("各插件的答案合在一起", "the answers of all are combined")
_REGISTERED = Text("{n} 条", "{n} rules")
_MORE = Text("……另有 {n} 条，用 --all 全部列出", "... and {n} more; --all lists them")
_NOTHING = Text("没有这样的规则：{word}", "no such rule: {word}")
DAY = dt.date(2025, 1, 1)
"""Any day will do: there are no needs to be due."""
SHOWN = 8
"""Rules of one hook that are listed without ``--all``; those that replaced another one always are."""


@group.command(
    "explain",
    help=said_help(
        "每条规则来自哪个插件，取代了谁", "which plugin each rule comes from, and what it replaced"
    ),
)
@click.argument("word", required=False)
@plugin_option
@click.option("--all", "every", is_flag=True, help=said_help("全部列出", "list every rule"))
@click.option(
    "--ordered",
    is_flag=True,
    help=said_help("先写的最本地", "the first plugin named is the most local"),
)
@lang_option
@json_option
@guarded
def explain(
    word: str | None, plugins: tuple[str, ...], every: bool, ordered: bool, lang: str, as_json: bool
) -> None:
    """Show where the rules of the given plugins come from; WORD: part of a hook's name or rule's id, or a plugin."""
    rules = wushe.load_plugins(*plugins, ordered=ordered)
    terms = _terms(rules)
    told = {(one.hook, one.plugin) for one in terms if one.hook == "score_candidates"}
    every_one = [*(o for o in rules.origins() if (o.hook, o.plugin) not in told), *terms]
    every_one.sort(key=lambda origin: HOOKS.index(origin.hook))
    found = [o for o in every_one if not word or _about(o, word)]
    if word and not found:
        raise click.BadParameter(_NOTHING.say(lang, word=word), param_hint="WORD")
    if as_json:
        rows = [
            {"hook": o.hook, "id": o.id, "plugin": o.plugin, "instead_of": list(o.instead_of)}
            for o in found
        ]
        names = [list(pair) for pair in rules.versions]
        click.echo(json.dumps({"plugins": names, "rules": rows}, ensure_ascii=False, indent=1))
        return
    chain = " → ".join(f"{name} {version}" for name, version in rules.versions)
    click.echo(_ORDER.say(lang, names=chain))
    for hook, origins in groupby(found, key=lambda origin: origin.hook):
        _one_hook(hook, list(origins), every or word is not None, lang)


def _terms(rules: wushe.Plugins) -> list[RuleOrigin]:
    """Return where the named filter and score terms come from, as the hooks say in a city without needs."""
    empty = wushe.build_network({}, rules.categories, rules.target_groups)
    asked = wushe.make_plan(empty, plugins=wushe.load_plugins(), on=DAY).matching.prepared
    context = wushe.Context(DAY, rules.categories, rules.target_groups)
    return rules.term_origins(asked.needs, asked.offers, context)


def _about(origin: RuleOrigin, word: str) -> bool:
    """Return whether `word` is in the hook's name or the rule's id, or names a plugin concerned."""
    named = word == origin.plugin or word in origin.instead_of
    return named or word in origin.hook or word in origin.id


def _one_hook(hook: str, origins: Sequence[RuleOrigin], every: bool, lang: str) -> None:
    """Print the rules of one hook: those that replaced another first, then the most local plugin's."""
    if hook in FIRST_RESULT:
        how = _ONE.say(lang)
    elif not hook.startswith("register_"):
        how = _ALL.say(lang)
    else:
        how = _REGISTERED.say(lang, n=len(origins))
    click.echo(f"\n{hook}  ({how})")
    last = {name: at for at, name in enumerate(dict.fromkeys(o.plugin for o in origins))}
    ranked = sorted(origins, key=lambda o: (not o.instead_of, -last[o.plugin], o.id))
    replaced = sum(bool(o.instead_of) for o in origins)
    shown = ranked if every else ranked[: max(SHOWN, replaced)]
    width = max(len(origin.plugin) for origin in shown)
    for origin in shown:
        click.echo("  " + origin.say(lang, width))
    if len(shown) < len(ranked):
        click.echo("  " + _MORE.say(lang, n=len(ranked) - len(shown)))
