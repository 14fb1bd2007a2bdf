"""report: what is printed and handed in - sheets per household, task lists per worker, the month's figures."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import click

import wushe
from wushe.cli.common import (
    WRITTEN,
    check_date,
    guarded,
    lang_option,
    on_option,
    planned,
    plugin_option,
    said_help,
)
from wushe.identify import DueList, due_list
from wushe.report import household_sheets, month_figures, plan_workbook, task_lists
from wushe.text import Text

_BAD_MONTH = Text(
    "月份 {month!r} 不合规，应为 2025-09 这样的月份",
    "{month!r} is not a month; expected one such as 2025-09",
)
_NOT_A_PAGE = Text(
    "文件名应以 .html 或 .xlsx 结尾：{path}",
    "expected a file name that ends in .html or .xlsx: {path}",
)
_ALL_ONLY = Text(
    "工作簿总是包含全部家庭；单独一户请用 .html",
    "a workbook holds every household; use .html for one",
)
_folder = click.argument("folder", type=click.Path(path_type=Path))
_out = click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help=said_help(".html 用来打印，.xlsx 用来修改", ".html to print, .xlsx to edit"),
)
_internal = click.option(
    "--internal", is_flag=True, help=said_help("内部版，显示姓名", "for the own team: show names")
)


@click.group(
    help=said_help(
        "打印和上报：一户一页、任务清单、月报", "sheets to print, task lists, the month's figures"
    )
)
def report() -> None:
    """Printed sheets and monthly figures."""


def _ending(out: Path, lang: str) -> str:
    if out.suffix not in (".html", ".xlsx"):
        raise click.BadParameter(_NOT_A_PAGE.say(lang, path=out), param_hint="--out")
    return out.suffix


@report.command(
    "sheets",
    help=said_help("一户一策单页，留有签字处", "one sheet per household, with room for signatures"),
)
@_folder
@on_option
@_out
@click.option(
    "--client",
    "clients",
    multiple=True,
    metavar="ID",
    help=said_help("只要这一户，可重复", "this household only, may be repeated"),
)
@_internal
@plugin_option
@lang_option
@guarded
def sheets(
    folder: Path,
    on: str,
    out: Path,
    clients: tuple[str, ...],
    internal: bool,
    plugins: tuple[str, ...],
    lang: str,
) -> None:
    """Write the sheets to print, or the plan as a workbook."""
    ending, audience = _ending(out, lang), _audience(internal)
    plan = planned(folder, plugins, check_date(on, lang), lang)
    missing = [c for c in clients if c not in plan.clients]
    if clients and ending == ".xlsx":
        raise click.BadParameter(_ALL_ONLY.say(lang), param_hint="--client")
    if missing:
        raise click.BadParameter(", ".join(missing), param_hint="--client")
    if ending == ".xlsx":
        plan_workbook(plan, out, lang=lang, audience=audience)
    else:
        household_sheets(plan, clients or None, lang=lang, audience=audience).save(out)
    click.echo(WRITTEN.say(lang, path=out))


@report.command("tasks", help=said_help("每位社工的任务清单", "each worker's task list"))
@_folder
@on_option
@_out
@_internal
@plugin_option
@lang_option
@guarded
def tasks(
    folder: Path, on: str, out: Path, internal: bool, plugins: tuple[str, ...], lang: str
) -> None:
    """Write the task lists: visits that are due, help to bring, next steps."""
    ending, audience = _ending(out, lang), _audience(internal)
    plan = planned(folder, plugins, check_date(on, lang), lang)
    due = due_list(plan.network, wushe.load_plugins(*plugins), plan.on)
    lists = task_lists(plan, _visits(due, plan.on, lang))
    if ending == ".xlsx":
        lists.to_xlsx(out, lang=lang, audience=audience)
    else:
        lists.printable(lang=lang, audience=audience).save(out)
    click.echo(WRITTEN.say(lang, path=out))


@attrs.frozen
class _Visit:
    subject: str
    worker: str | None
    reasons: str
    due_on: dt.date | None


def _visits(due: DueList, on: dt.date, lang: str) -> Iterator[_Visit]:
    """Yield the due visits; one that was never made has no due date."""
    joint = "；" if lang == "zh" else "; "
    for row in due:
        overdue = int(due.days_overdue[row])
        since = on - dt.timedelta(days=overdue) if overdue >= 0 else None
        why = joint.join(due.explain(row, lang).splitlines()[1:3])
        yield _Visit(due.household[row] or due.person[row], due.worker[row], why, since)


@report.command(
    "month",
    help=said_help(
        "分街道的月报：人、人次、户分开",
        "the month by street: persons, person-times, households apart",
    ),
)
@_folder
@click.argument("month")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help=said_help("写出 .html 或 .xlsx", "write .html or .xlsx"),
)
@_internal
@plugin_option
@lang_option
@guarded
def month(
    folder: Path, month: str, out: Path | None, internal: bool, plugins: tuple[str, ...], lang: str
) -> None:
    """Print the month's figures, and write them where asked; small cells are withheld."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise click.BadParameter(_BAD_MONTH.say(lang, month=month), param_hint="MONTH")
    ending, audience = (_ending(out, lang) if out else ""), _audience(internal)
    figures = month_figures(wushe.read(folder, plugins=wushe.load_plugins(*plugins)), month)
    click.echo(figures.summary(lang, audience=audience))
    if out is not None:
        write = figures.to_xlsx if ending == ".xlsx" else figures.to_html
        write(out, lang=lang, audience=audience)
        click.echo(WRITTEN.say(lang, path=out))


def _audience(internal: bool) -> Any:
    return "internal" if internal else "masked"
