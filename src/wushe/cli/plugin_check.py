"""plugins: does a plugin keep to what every plugin must keep to?"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from wushe.cli.common import EXIT_INPUT, WRITTEN, guarded, json_option, lang_option, said_help
from wushe.cli.plugins import plugins as group


@group.command(
    "check",
    help=said_help(
        "检查一个插件是否合规（名字或 .py 文件）",
        "check whether a plugin (name or .py file) conforms",
    ),
)
@click.argument("name")
@click.option(
    "--plugin",
    "-p",
    "above",
    multiple=True,
    metavar="NAME_OR_FILE",
    help=said_help(
        "上级插件（名字或 .py 文件），可重复；装好的上级会自动载入",
        "plugin above it (name or .py file), may be repeated; installed ones are loaded by themselves",
    ),
)
@click.option(
    "--quick",
    is_flag=True,
    help=said_help("不查示例，也不在另一个进程里问", "without the demo and the other process"),
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help=said_help("虚构城市的种子", "seed of the made-up cities"),
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    help=said_help("另存为网页", "write the report as a page as well"),
)
@lang_option
@json_option
@guarded
def check(
    name: str,
    above: tuple[str, ...],
    quick: bool,
    seed: int,
    html: Path | None,
    lang: str,
    as_json: bool,
) -> None:
    """Print what the conformance kit finds in plugin NAME; exit code 1 where something is to be corrected."""
    from wushe.testing.conformance import check_plugin

    report = check_plugin(name, above=above, rng_seed=seed, quick=quick)
    click.echo(report.to_json() if as_json else report.say(lang))
    if html is not None:
        report.to_html(html, lang=lang)
        click.echo(WRITTEN.say(lang, path=html), err=True)
    if not report.ok:
        sys.exit(EXIT_INPUT)
