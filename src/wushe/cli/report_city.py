"""report: the city's report - standards, programmes, coverage, live lists, and the plugins' own sections."""

from __future__ import annotations

from pathlib import Path

import click

import wushe
from wushe.cli.common import (
    WRITTEN,
    check_date,
    guarded,
    lang_option,
    plugin_option,
    said_help,
)
from wushe.cli.report import report
from wushe.privacy import Audience
from wushe.report.coverage import BY_LEVELS
from wushe.text import Text

_ENDINGS = (".html", ".xlsx", ".csv")
_BAD_ENDING = Text(
    "文件名应以 {known} 结尾：{path}", "expected a file name that ends in {known}: {path}"
)


@report.command(
    "city",
    help=said_help(
        "城市报告：标准、服务项目、覆盖、清单维护，和插件自己的章节",
        "the city's report: standards, programmes, coverage, live lists, and its plugins' own sections",
    ),
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--on",
    required=True,
    metavar="YYYY-MM-DD",
    help=said_help("报告日期", "date of the report"),
)
@click.option(
    "--level",
    type=click.Choice(list(BY_LEVELS)),
    default="county",
    show_default=True,
    help=said_help("覆盖汇总到哪一级地区", "coverage by the places of this level"),
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help=said_help("写出 .html、.xlsx 或 .csv", "write .html, .xlsx or .csv"),
)
@click.option(
    "--internal",
    is_flag=True,
    help=said_help("内部版，小数不遮", "for the own team: with small counts"),
)
@plugin_option
@lang_option
@guarded
def city(
    folder: Path,
    on: str,
    level: str,
    out: Path | None,
    internal: bool,
    plugins: tuple[str, ...],
    lang: str,
) -> None:
    """Print the city's report, or write it."""
    from wushe.report.city import city_report

    check_date(on, lang)
    if out is not None and out.suffix not in _ENDINGS:
        said = _BAD_ENDING.say(lang, path=out, known=", ".join(_ENDINGS))
        raise click.BadParameter(said, param_hint="--out")
    rules = wushe.load_plugins(*plugins)
    made = city_report(wushe.read(folder, plugins=rules), rules, on, level=level)
    audience: Audience = "internal" if internal else "masked"
    if out is None:
        click.echo(made.summary(lang, audience=audience))
        return
    if out.suffix == ".csv":
        out.write_text(made.to_csv(lang, audience=audience), "utf-8", newline="")
    elif out.suffix == ".xlsx":
        made.to_xlsx(out, lang=lang, audience=audience)
    else:
        made.to_html(out, lang=lang, audience=audience)
    click.echo(WRITTEN.say(lang, path=out))
