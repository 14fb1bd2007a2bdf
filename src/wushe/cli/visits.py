"""visits: who is due and why, the day's routes, forms, the needs list, the wish wall, the signals."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path
from typing import Any

import click

import wushe
from wushe.cli.common import (
    WRITTEN,
    check_date,
    guarded,
    json_option,
    lang_option,
    on_option,
    plugin_option,
    problem_json,
    said_help,
)
from wushe.errors import InputError, Problem, ProblemKind
from wushe.identify import (
    DueList,
    blank_form,
    day_plan,
    due_list,
    evaluate_signals,
    fill_all,
    needs_list,
    read_answers,
    wish_wall,
)
from wushe.model.kinds import INSTANT, BadValueError
from wushe.model.tables import table_of
from wushe.text import Text

_NO_FORM = Text("没有表单 {name!r}；可用：{known}", "no form {name!r}; there are: {known}")
_NO_PLACE = Text("没有地区 {place!r}", "there is no place {place!r}")
_RECORDED = Text(
    "走访 {visits} 次，事实 {facts} 条，需求 {needs} 项，微心愿 {wishes} 条",
    "{visits} visits, {facts} facts, {needs} needs, {wishes} wishes",
)
_NEED = Text(
    "{id}　{client}　{what}　{urgency}{due}{late}　依据：{evidence}",
    "{id}  {client}  {what}  {urgency}{due}{late}  evidence: {evidence}",
)
_DUE = Text("　截止 {due}", "  due {due}")
_LATE = Text("（已过期）", " (overdue)")
_STAGES_OUT = click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help=said_help("写入的新文件夹", "new folder to write"),
)
_folder = click.argument("folder", type=click.Path(path_type=Path))
_limit = click.option(
    "--limit", type=click.IntRange(min=1), help=said_help("最多列出几户", "list at most so many")
)
_within = click.option(
    "--within", metavar="PLACE", help=said_help("只看这个地区", "this place only")
)


@click.group(
    help=said_help("走访：谁该走访、表单、需求清单", "visits: who is due, forms, needs list")
)
def visits() -> None:
    """Knock on the door."""


def _due(
    folder: Path, names: tuple[str, ...], on: str, within: str | None, limit: int | None, lang: str
) -> tuple[wushe.LinkageNetwork, DueList]:
    rules = wushe.load_plugins(*names)
    city = wushe.read(folder, plugins=rules)
    if within is not None and within not in set(city.tables["places"].ids):
        raise click.BadParameter(_NO_PLACE.say(lang, place=within), param_hint="--within")
    day = dt.date.fromisoformat(check_date(on, lang))
    return city, due_list(city, rules, day, within=within, limit=limit)


@visits.command(
    "due", help=said_help("列出该走访的人和原因", "list who is due for a visit, and why")
)
@_folder
@on_option
@plugin_option
@_within
@_limit
@lang_option
@json_option
@guarded
def due(
    folder: Path,
    on: str,
    plugins: tuple[str, ...],
    within: str | None,
    limit: int | None,
    lang: str,
    as_json: bool,
) -> None:
    """List the due visits."""
    _, found = _due(folder, plugins, on, within, limit, lang)
    if as_json:
        rows = [_due_json(found, row, lang) for row in found]
        click.echo(json.dumps({"on": on, "due": rows}, ensure_ascii=False, indent=1))
        return
    click.echo(found.summary(lang))
    for row in found:
        click.echo("\n" + found.explain(row, lang))


def _due_json(found: DueList, row: int, lang: str) -> dict[str, Any]:
    return {
        "household": found.household[row],
        "person": found.person[row],
        "worker": found.worker[row],
        "priority": float(found.priority[row]),
        "days_overdue": int(found.days_overdue[row]),
        "why": found.explain(row, lang),
    }


@visits.command(
    "route", help=said_help("每位社工一天的走访顺序", "each worker's visits of a day, in order")
)
@_folder
@on_option
@plugin_option
@_within
@click.option(
    "--per-worker",
    type=click.IntRange(min=1),
    default=6,
    show_default=True,
    help=said_help("每人几户", "visits for each worker"),
)
@click.option(
    "--order",
    type=click.Choice(["best", "nearest"]),
    default="nearest",
    show_default=True,
    help=said_help("best 需要 wushe[routes]", "best needs wushe[routes]"),
)
@lang_option
@guarded
def route(
    folder: Path,
    on: str,
    plugins: tuple[str, ...],
    within: str | None,
    per_worker: int,
    order: Any,
    lang: str,
) -> None:
    """Print the day's visit list of each worker."""
    city, found = _due(folder, plugins, on, within, None, lang)
    for way in day_plan(found, city, dt.date.fromisoformat(on), per_worker=per_worker, order=order):
        click.echo(way.explain(lang))
        for number, stop in enumerate(way.stops, start=1):
            click.echo(f"  {number}. {stop.household or stop.person}  {stop.place or ''}")


@visits.command("form", help=said_help("打印空白表单（CSV）", "write a blank form (CSV)"))
@click.argument("name", default="door")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help=said_help("写出的文件", "file to write"),
)
@plugin_option
@lang_option
@guarded
def form(name: str, out: Path | None, plugins: tuple[str, ...], lang: str) -> None:
    """Write a blank form; without --out, print its questions."""
    chosen = _form(wushe.load_plugins(*plugins), name, lang)
    if out is None:
        click.echo(chosen.title.say(lang))
        for question in chosen.questions:
            click.echo(f"  {question.id}\t{question.text.say(lang)}")
        return
    with out.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(blank_form(chosen, lang))
    click.echo(WRITTEN.say(lang, path=out))


def _form(rules: wushe.Plugins, name: str, lang: str) -> wushe.VisitForm:
    if name not in rules.visit_forms:
        known = ", ".join(rules.visit_forms)
        raise click.BadParameter(_NO_FORM.say(lang, name=name, known=known), param_hint="NAME")
    return rules.visit_forms[name]


@visits.command(
    "record",
    help=said_help(
        "读入填好的表单，写成新的数据文件夹", "read filled forms into a new city folder"
    ),
)
@_folder
@click.argument("answers", type=click.Path(path_type=Path))
@click.option("--form", "name", default="door", show_default=True, help=said_help("表单", "form"))
@click.option(
    "--at",
    required=True,
    metavar="INSTANT",
    help=said_help("记录时刻，带时区", "instant of recording, with its zone"),
)
@click.option("--by", required=True, metavar="ID", help=said_help("记录人", "who records"))
@_STAGES_OUT
@plugin_option
@lang_option
@guarded
def record(
    folder: Path,
    answers: Path,
    name: str,
    at: str,
    by: str,
    out: Path,
    plugins: tuple[str, ...],
    lang: str,
) -> None:
    """Add what filled forms say to a city's tables; the old folder stays as it is."""
    instant = _instant(at, lang)
    rules = wushe.load_plugins(*plugins)
    city = wushe.read(folder, plugins=rules)
    chosen = _form(rules, name, lang)
    filled = fill_all(
        chosen,
        read_answers(answers, chosen),
        at=instant,
        recorder=by,
        categories=rules.categories,
        target_groups=rules.target_groups,
        known=city.tables["facts"],
    )
    new: dict[str, list[Any]] = {
        "visits": [f.visit for f in filled],
        "facts": [fact for f in filled for fact in f.facts],
        "needs": [need for f in filled for need in f.needs],
        "wishes": [wish for f in filled for wish in f.wishes],
    }
    tables = {**city.tables, **{kind: _added(city[kind], records) for kind, records in new.items()}}
    made = wushe.build_network(tables, rules.categories, rules.target_groups, rules.versions)
    wushe.write(made, out)
    click.echo(_RECORDED.say(lang, **{kind: len(records) for kind, records in new.items()}))
    click.echo(WRITTEN.say(lang, path=out))


def _added(table: wushe.Table, records: list[Any]) -> wushe.Table:
    """Return `table` with the `records` that it does not have; what is there already stays as it is.

    Raises InputError for visits whose id stands for another visit.
    """
    kept = {record.id: record for record in table.records()}
    if table.kind.name == "visits":
        taken = [r.id for r in records if r.id in kept and _occasion(r) != _occasion(kept[r.id])]
        if taken:
            raise InputError(Problem(VISIT_ID_TAKEN, "visits", None, "id", key) for key in taken)
    return table_of(table.kind.name, {**{r.id: r for r in records}, **kept}.values())


def _occasion(visit: wushe.Visit) -> tuple[object, ...]:
    return visit.on, visit.household, visit.person, visit.institution


VISIT_ID_TAKEN = ProblemKind(
    "visit-id-taken",
    Text("这个走访编号已用于另一次走访", "this id stands for another visit already"),
    Text("每次走访一个编号", "one id per visit"),
    Text("给这次走访换一个编号", "give this visit another id"),
)


def _instant(at: str, lang: str) -> str:
    """Return `at` in UTC, else raise click's usage error saying what is expected."""
    try:
        instant: str = INSTANT.parse(at)
    except BadValueError as bad:
        expected = bad.problem.expected.say(lang)
        raise click.BadParameter(f"{at!r}; {expected}", param_hint="--at") from None
    return instant


@visits.command("needs", help=said_help("需求清单", "the needs list"))
@_folder
@on_option
@plugin_option
@lang_option
@guarded
def needs(folder: Path, on: str, plugins: tuple[str, ...], lang: str) -> None:
    """Print the open needs, the most urgent first; many reports of one need are one line."""
    from wushe.model.help import URGENCIES

    rules = wushe.load_plugins(*plugins)
    city = wushe.read(folder, plugins=rules)
    for line in needs_list(city, dt.date.fromisoformat(check_date(on, lang))):
        need = line.need
        urgency = need.urgency or "normal"
        click.echo(
            _NEED.say(
                lang,
                id=need.id,
                client=line.client,
                what=rules.categories[need.category].name(lang),
                urgency=URGENCIES[urgency] if lang == "zh" else urgency,
                due=_DUE.say(lang, due=need.due) if need.due else "",
                late=_LATE if line.overdue else "",
                evidence=", ".join(line.evidence),
            )
        )


@visits.command("wishes", help=said_help("心愿墙（匿名）", "the wish wall, anonymous"))
@_folder
@on_option
@plugin_option
@lang_option
@json_option
@guarded
def wishes(folder: Path, on: str, plugins: tuple[str, ...], lang: str, as_json: bool) -> None:
    """Print the wishes that may be shown; those withheld are named on the error stream."""
    rules = wushe.load_plugins(*plugins)
    city = wushe.read(folder, plugins=rules)
    wall = wish_wall(city, dt.date.fromisoformat(check_date(on, lang)))
    if as_json:
        shown = [
            {"id": w.id, "text": w.text, "category": w.category, "place": w.place}
            for w in wall.wishes
        ]
        withheld = [problem_json(p, lang) for p in wall.problems]
        click.echo(
            json.dumps({"wishes": shown, "withheld": withheld}, ensure_ascii=False, indent=1)
        )
        return
    for wish in wall.wishes:
        click.echo(f"{wish.id}\t{wish.place or ''}\t{wish.text}")
    for problem in wall.problems:
        click.echo(problem.say(lang), err=True)


@visits.command(
    "evaluate",
    help=said_help("信号准不准：走访前后对照", "do the signals work: expected against found"),
)
@_folder
@plugin_option
@lang_option
@guarded
def evaluate(folder: Path, plugins: tuple[str, ...], lang: str) -> None:
    """Compare what visitors expected with what they found, signal by signal."""
    rules = wushe.load_plugins(*plugins)
    city = wushe.read(folder, plugins=rules)
    click.echo(evaluate_signals(city.tables["visits"], rules.risk_signals).summary(lang))
