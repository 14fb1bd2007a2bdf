"""demo, init, check, plan: from tables to one plan per household."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

import wushe
from wushe.cli.common import (
    PLUGIN_FAILED,
    WRITTEN,
    check_date,
    guarded,
    json_option,
    lang_option,
    on_option,
    planned,
    plugin_option,
    problem_json,
    said_help,
)
from wushe.cli.objective import objective_options, read_objective
from wushe.errors import PluginError, WusheError
from wushe.matching.objective import Fairness
from wushe.text import Text

_FINE = Text("{path}：没有发现问题。{counts}", "{path}: no problems found. {counts}")
_NO_CLIENT = Text(
    "计划中没有 {client!r}；示例编号：{example}",
    "{client!r} is not in the plan; ids look like {example}",
)
_REMARKS = Text("{n} 处值得再看（不是错误）：", "{n} remarks (no errors):")
_NO_DEMO = Text("没有示例 {name!r}；可用：{known}", "no demo {name!r}; there are: {known}")


@click.command(
    help=said_help(
        "运行内置示例区，并把网页写到当前目录", "plan a made-up district and write its page here"
    )
)
@click.argument("name", default="wuchang")
@click.option("--list", "list_demos", is_flag=True, help=said_help("列出示例", "list the demos"))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help=said_help("网页文件", "page to write"),
)
@lang_option
@json_option
@guarded
def demo(name: str, list_demos: bool, out: Path | None, lang: str, as_json: bool) -> None:
    """Plan a demo district that ships with the package."""
    from wushe.demos import broken_plugins, find_demo, find_demos, tell

    if list_demos:
        for key, found in find_demos().items():
            click.echo(f"{key}\t{found.about.both()}")
        for error in broken_plugins():
            click.echo(PLUGIN_FAILED.say(lang, why=str(error)), err=True)
        return
    try:
        chosen = find_demo(name)
    except PluginError:
        raise
    except WusheError as error:
        known = ", ".join(find_demos())
        raise click.BadParameter(
            _NO_DEMO.say(lang, name=name, known=known), param_hint="NAME"
        ) from error
    plan = planned(Path(chosen.folder), chosen.plugins, chosen.on, lang, relief=chosen.relief)
    page = out or Path(f"wushe-demo-{name}.html")
    plan.to_html(page, lang=lang)
    if as_json:
        click.echo(plan.to_json(lang=lang))
        return
    click.echo(plan.summary(lang))
    for client in chosen.stories:
        if client not in plan.clients:
            message = f"demo {chosen.id!r}, stories: {client!r} has no open need in its plan"
            raise PluginError(name, "-", "register_demos", message)
        click.echo("\n" + plan[client].explain(lang))
    for line in tell(chosen, lang):
        click.echo(line)
    click.echo("\n" + WRITTEN.say(lang, path=page))


@click.command(
    help=said_help(
        "新建一个空的城市数据目录", "write an empty city folder with headings and comments"
    )
)
@click.argument("folder", type=click.Path(path_type=Path))
@lang_option
@guarded
def init(folder: Path, lang: str) -> None:
    """Write an empty, commented city folder."""
    from wushe.io import init as write_empty

    write_empty(folder)
    click.echo(WRITTEN.say(lang, path=folder))


@click.command(
    help=said_help(
        "检查数据表，一次列出全部问题", "check the tables and list every mistake at once"
    )
)
@click.argument("folder", type=click.Path(path_type=Path))
@plugin_option
@lang_option
@json_option
@guarded
def check(folder: Path, plugins: tuple[str, ...], lang: str, as_json: bool) -> None:
    """List every problem of a city's tables."""
    city = wushe.read(folder, plugins=wushe.load_plugins(*plugins))
    counts = {name: len(table) for name, table in city.tables.items() if len(table)}
    noted = wushe.remarks(city)
    if as_json:
        rows = [problem_json(remark, lang) for remark in noted]
        found = {"problems": [], "remarks": rows, "rows": counts}
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    names = {name: city.tables[name].kind.zh if lang == "zh" else name for name in counts}
    said = ", ".join(f"{names[name]} {n}" for name, n in counts.items())
    click.echo(_FINE.say(lang, path=folder, counts=said))
    if noted:
        click.echo(_REMARKS.say(lang, n=len(noted)))
        for remark in noted:
            click.echo(f"  {remark.say(lang)}")


@click.command(
    help=said_help("读表、匹配，形成一户一策", "read the tables and make one plan per household")
)
@click.argument("folder", type=click.Path(path_type=Path))
@on_option
@plugin_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help=said_help("写出网页", "write the page"),
)
@click.option(
    "--csv",
    "csv_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help=said_help("写出表格", "write the rows as CSV"),
)
@click.option(
    "--client", "clients", metavar="ID", multiple=True,
    help=said_help("只显示这一户，可重复", "show this household only, may be repeated"),
)  # fmt: skip
@click.option(
    "--internal", is_flag=True, help=said_help("内部版，显示姓名", "for the own team: show names")
)
@click.option(
    "--relief", is_flag=True,
    help=said_help("先扣除政府救助和互助，其余才请慈善", "take government relief and mutual aid off the needs first"),
)  # fmt: skip
@objective_options
@click.option(
    "--work-limit",
    type=click.IntRange(min=0),
    help=said_help("求解至多看多少个供需对", "candidate pairs that the assignment may look at"),
)
@lang_option
@json_option
@guarded
def plan(
    folder: Path, on: str, plugins: tuple[str, ...], out: Path | None, csv_file: Path | None, clients: tuple[str, ...],
    internal: bool, relief: bool, first: tuple[str, ...], fair: Fairness, between: str, share: str,
    work_limit: int | None, lang: str, as_json: bool,
) -> None:  # fmt: skip
    """Make the plan of a city folder."""
    check_date(on, lang)
    objective = read_objective(first, fair, between, share, lang)
    made = planned(folder, plugins, on, lang, work_limit, relief, objective)
    audience: Any = "internal" if internal else "masked"
    if out is not None:
        made.to_html(out, lang=lang, audience=audience)
    if csv_file is not None:
        made.to_csv(csv_file, lang=lang, audience=audience)
    taken = _taken_off(made, lang, audience)
    for client in (one for one in clients if one not in made.clients and one not in taken):
        raise click.BadParameter(
            _NO_CLIENT.say(lang, client=client, example=next(iter(made.clients), "H-0001")),
            param_hint="--client",
        )
    if as_json:
        click.echo(made.to_json(lang=lang, audience=audience))
    else:
        said = [
            "\n".join(
                [
                    *([made[client].explain(lang, audience)] if client in made.clients else []),
                    *taken.get(client, []),
                ]
            )
            for client in clients
        ]
        click.echo("\n\n".join(said or [made.summary(lang)]))
        for path in filter(None, (out, csv_file)):
            click.echo(WRITTEN.say(lang, path=path))


def _taken_off(made: wushe.Plan, lang: str, audience: Any) -> dict[str, list[str]]:
    """Return what relief takes over of each client's needs, by client, under a heading."""
    if made.linkage is None:
        return {}
    from wushe.plan.before import taken_off

    found: dict[str, list[str]] = {}
    for one in taken_off(made.linkage, audience):
        found.setdefault(one.client, [_RELIEF_FIRST.say(lang)]).append(one.say(lang))
    return found


_RELIEF_FIRST = Text("先看政府救助：", "Government relief first:")
