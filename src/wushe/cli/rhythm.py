"""report: the working rhythm. A year's calendar, the monthly check, the quarterly supervision, the commendation."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click

import wushe
from wushe.cli.common import (
    WRITTEN,
    F,
    check_date,
    guarded,
    json_option,
    lang_option,
    said_help,
)
from wushe.cli.desk import Desk, looking
from wushe.cli.report import report
from wushe.model.parties import LEVELS
from wushe.privacy import Audience
from wushe.report import rhythm
from wushe.report.rhythm_count import CALLS
from wushe.text import Text

_ENDING = Text("文件 {path} 应以 {known} 结尾", "{path} should end in {known}")
_BAD_PERIOD = Text(
    "{period!r} 不合规；应为 {example} 这样的{what}",
    "{period!r} is no {what}; expected one such as {example}",
)
_MONTH = (Text("月份", "month"), "2025-09")
_QUARTER = (Text("季度", "quarter"), "2025Q3")
_BAD_MEASURE = Text(
    "{by} 不能用来排名；可用 {known}", "{by} cannot be ranked by; possible: {known}"
)
_TOO_EARLY = Text(
    "{on} 在期间开始之前；应为期间内的日期",
    "{on} is before the period begins; expected a day within it",
)
_RANKED = ("confirmed", "minutes")

_year = click.argument("year", type=click.IntRange(2000, 2100))
_out = click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help=said_help("写出 .html 或 .csv", "write .html or .csv"),
)
_OPTIONS = (
    click.option("--on", metavar="YYYY-MM-DD", help=said_help("截至哪天；默认按工作节奏", "last day that counts, by the calendar if left out")),
    click.option("--city", type=click.Path(path_type=Path), help=said_help("城市数据目录：地区、组织的名称", "a city folder, for the names of places and organizations")),
    click.option("--internal", is_flag=True, help=said_help("内部版，小数不遮", "for the own team: with small counts")),
    _out,
)  # fmt: skip
_level = click.option(
    "--level",
    type=click.Choice(list(LEVELS)),
    default="street",
    show_default=True,
    help=said_help("地区汇总到哪一级", "places of this level"),
)


def _reported(command: F) -> F:
    wrapped = looking(command)
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


@report.command(
    "calendar",
    help=said_help(
        "一年的调度、督导、表扬日期", "the year's checks, supervisions and commendation"
    ),
)
@_year
@click.option(
    "--check-day",
    type=click.IntRange(1, 28),
    default=rhythm.CHECK_DAY,
    show_default=True,
    help=said_help("每月几日前调度", "the check is held by this day of the month"),
)
@_out
@lang_option
@json_option
@guarded
def calendar(year: int, check_day: int, out: Path | None, lang: str, as_json: bool) -> None:
    """Print the dates of a year."""
    found = rhythm.rhythm_calendar(year, check_day=check_day)
    _give(Desk("", (), lang, as_json), out, found.to_html, found.to_csv, found.summary)


@report.command("progress", help=said_help("月调度", "the monthly progress check"))
@click.argument("month")
@_level
@_reported
def progress(desk: Desk, month: str, level: str, **options: Any) -> None:
    """Report on a month."""
    _check_period(desk, month, r"[12]\d{3}-(0[1-9]|1[0-2])", *_MONTH)
    _report(desk, partial(rhythm.progress_check, month=month, level=level), options)


@report.command("supervision", help=said_help("季督导", "the quarterly supervision"))
@click.argument("quarter")
@_level
@_reported
def supervision(desk: Desk, quarter: str, level: str, **options: Any) -> None:
    """Report on a quarter."""
    _check_period(desk, quarter, r"[12]\d{3}Q[1-4]", *_QUARTER)
    _report(desk, partial(rhythm.supervision, quarter=quarter, level=level), options)


@report.command(
    "commendation",
    help=said_help("年底通报表扬的候选名单", "the list for a year's commendation"),
)
@_year
@click.option(
    "--by",
    "measures",
    multiple=True,
    metavar="MEASURE",
    help=said_help("按什么排，可重复；默认完成数、时长", "ranked by, may be repeated; by orders and minutes if left out"),
)  # fmt: skip
@click.option(
    "--least",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help=said_help("至少完成多少单", "those with fewer confirmed orders are left out"),
)
@_reported
def commendation(
    desk: Desk, year: int, measures: tuple[str, ...], least: int, **options: Any
) -> None:
    """List who did what in a year."""
    known = sorted(m.id for m in CALLS if m.by is None)
    odd = [one for one in measures if one not in known]
    if odd:
        said = _BAD_MEASURE.say(desk.lang, by=", ".join(odd), known=", ".join(known))
        raise click.BadParameter(said, param_hint="--by")
    make = partial(rhythm.commendation, year=year, by=measures or _RANKED, least=least)
    _report(desk, make, options)


def _check_period(desk: Desk, given: str, pattern: str, what: Text, example: str) -> None:
    if not re.fullmatch(pattern, given, re.ASCII):
        said = _BAD_PERIOD.say(desk.lang, period=given, what=what.say(desk.lang), example=example)
        raise click.BadParameter(said)


def _given(desk: Desk, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names and the last day that the options of a report give."""
    on, city = options["on"], options["city"]
    day = None if on is None else dt.date.fromisoformat(check_date(on, desk.lang))
    if city is None:
        return {"on": day}
    network = wushe.read(city, plugins=desk.rules())
    named = (network[kind].records() for kind in ("places", "organizations"))
    return {"on": day, "names": {one.id: one.name for kind in named for one in kind if one.name}}


def _report(
    desk: Desk, make: Callable[..., rhythm.RhythmReport], options: Mapping[str, Any]
) -> None:
    given = _given(desk, options)
    try:
        with desk.look() as state:
            found = make(state, **given)
    except ValueError:  # all else was checked before
        said = _TOO_EARLY.say(desk.lang, on=options["on"])
        raise click.BadParameter(said, param_hint="--on") from None
    audience: Audience = "internal" if options["internal"] else "masked"
    html, text, summary = (
        partial(one, audience=audience) for one in (found.to_html, found.to_csv, found.summary)
    )
    _give(desk, options["out"], html, text, summary)


def _give(
    desk: Desk,
    out: Path | None,
    html: Callable[..., str],
    text: Callable[..., str],
    summary: Callable[..., str],
) -> None:
    """Write a page or CSV where asked, else print the summary, or the rows as JSON."""
    if out is not None and out.suffix not in (".html", ".csv"):
        said = _ENDING.say(desk.lang, path=out, known=".html, .csv")
        raise click.BadParameter(said, param_hint="--out")
    if out is None:
        if desk.as_json:
            rows = csv.DictReader(io.StringIO(text(desk.lang).removeprefix("\ufeff")))
            desk.json(list(rows))
        else:
            click.echo(summary(desk.lang))
        return
    if out.suffix == ".csv":
        out.write_text(text(desk.lang), "utf-8", newline="")
    else:
        html(out, lang=desk.lang)
    desk.say(WRITTEN, path=out)
