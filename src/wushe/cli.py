"""The command line: demo, init, check, plan, plugins. Chinese by default, ``--lang en`` for English.

Exit codes: 0 done; 1 the input has mistakes (all are listed); 2 the command was called wrongly;
3 a plugin failed or plugins conflict; 4 a file could not be written.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

import wushe
from wushe.errors import (
    InputError,
    MissingExtraError,
    PluginConflictError,
    PluginError,
    Problem,
    WusheError,
)
from wushe.plan import Plan
from wushe.plugins.manager import available
from wushe.text import Text

F = TypeVar("F", bound=Callable[..., Any])
EXIT_INPUT, EXIT_PLUGIN, EXIT_WRITE = 1, 3, 4


def _help(zh: str, en: str) -> str:
    return f"{zh} / {en}"


_lang = click.option(
    "--lang",
    type=click.Choice(["zh", "en"]),
    default="zh",
    envvar="WUSHE_LANG",
    show_default=True,
    help=_help("输出语言", "language of the output"),
)
_json = click.option("--json", "as_json", is_flag=True, help=_help("以 JSON 输出", "print JSON"))
_plugin = click.option(
    "--plugin",
    "-p",
    "plugins",
    multiple=True,
    metavar="NAME",
    help=_help("启用的城市插件，可重复", "city plugin to load, may be repeated"),
)
_on = click.option(
    "--on", required=True, metavar="YYYY-MM-DD", help=_help("计划日期", "date of the plan")
)


def _guarded(command: F) -> F:
    """Turn wushe's errors into messages in the chosen language and exit codes."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> Any:
        lang = options.get("lang", "zh")
        try:
            return command(*args, **options)
        except InputError as error:
            _report_problems(error.problems, lang, options.get("as_json", False))
            sys.exit(EXIT_INPUT)
        except (PluginError, PluginConflictError) as error:
            _fail(_PLUGIN_FAILED.say(lang, why=str(error)), EXIT_PLUGIN)
        except MissingExtraError as error:
            _fail(str(error), EXIT_INPUT)
        except WusheError as error:
            _fail(str(error), EXIT_INPUT)
        except OSError as error:
            _fail(
                _FILE_FAILED.say(lang, why=f"{error.strerror or error}: {error.filename or ''}"),
                EXIT_WRITE,
            )

    return run  # type: ignore[return-value]


_PLUGIN_FAILED = Text("插件出错：{why}", "plugin failed: {why}")
_FILE_FAILED = Text("文件读写失败：{why}", "cannot read or write: {why}")
_PROBLEMS = Text("共 {n} 处问题，请改正后重试：", "{n} problems; correct them and try again:")
_FINE = Text("{path}：没有发现问题。{counts}", "{path}: no problems found. {counts}")
_WRITTEN = Text("已写出：{path}", "written: {path}")
_BAD_DATE = Text(
    "日期 {on!r} 不合规，应为 2025-09-15 这样的日期",
    "{on!r} is not a date; expected one such as 2025-09-15",
)
_NO_CLIENT = Text(
    "计划中没有 {client!r}；示例编号：{example}",
    "{client!r} is not in the plan; ids look like {example}",
)


def _fail(message: str, code: int) -> None:
    click.echo(message, err=True)
    sys.exit(code)


def _report_problems(problems: tuple[Problem, ...], lang: str, as_json: bool) -> None:
    if as_json:
        rows = [
            {
                "code": p.code,
                "file": p.file,
                "row": p.row,
                "field": p.field,
                "value": p.value,
                "message": p.say(lang),
            }
            for p in problems
        ]
        click.echo(json.dumps({"problems": rows}, ensure_ascii=False, indent=1))
        return
    click.echo(_PROBLEMS.say(lang, n=len(problems)), err=True)
    for problem in problems:
        click.echo(f"  {problem.say(lang)}", err=True)


@contextmanager
def _progress(lang: str) -> Iterator[Callable[[Text], None]]:
    """Show the stage that is under way on a terminal; stay silent elsewhere."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("…") as status:
        yield lambda stage: status.update(stage.say(lang))


_READING = Text("读取数据表", "reading the tables")


def _planned(
    folder: Path, plugins: tuple[str, ...], on: str, lang: str, time_limit: float = 600.0
) -> Plan:
    with _progress(lang) as tell:
        tell(_READING)
        rules = wushe.load_plugins(*plugins)
        city = wushe.read(folder, plugins=rules)
        return wushe.make_plan(city, plugins=rules, on=on, time_limit=time_limit, progress=tell)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(wushe.__version__, prog_name="wushe")
def main() -> None:
    """五社联动：一户一策。Five-party linkage: one plan per household."""


@main.command(
    help=_help(
        "运行内置示例区，并把网页写到当前目录", "plan a made-up district and write its page here"
    )
)
@click.argument("name", default="wuchang")
@click.option("--list", "list_demos", is_flag=True, help=_help("列出示例", "list the demos"))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help=_help("网页文件", "page to write"),
)
@_lang
@_json
@_guarded
def demo(name: str, list_demos: bool, out: Path | None, lang: str, as_json: bool) -> None:
    """Plan a demo district that ships with the package."""
    from wushe.demos import DEMOS, demo_path

    if list_demos:
        for key, found in DEMOS.items():
            click.echo(f"{key}\t{found.about.both()}")
        return
    if name not in DEMOS:
        raise click.BadParameter(f"{name!r}; {', '.join(DEMOS)}", param_hint="NAME")
    chosen = DEMOS[name]
    plan = _planned(demo_path(name), chosen.plugins, chosen.on, lang)
    page = out or Path(f"wushe-demo-{name}.html")
    plan.to_html(page, lang=lang)
    if as_json:
        click.echo(plan.to_json(lang=lang))
        return
    click.echo(plan.summary(lang))
    for client in chosen.stories:
        click.echo("\n" + plan[client].explain(lang))
    click.echo("\n" + _WRITTEN.say(lang, path=page))


@main.command(
    help=_help("新建一个空的城市数据目录", "write an empty city folder with headings and comments")
)
@click.argument("folder", type=click.Path(path_type=Path))
@_lang
@_guarded
def init(folder: Path, lang: str) -> None:
    """Write an empty, commented city folder."""
    from wushe.io import init as write_empty

    write_empty(folder)
    click.echo(_WRITTEN.say(lang, path=folder))


@main.command(
    help=_help("检查数据表，一次列出全部问题", "check the tables and list every mistake at once")
)
@click.argument("folder", type=click.Path(path_type=Path))
@_plugin
@_lang
@_json
@_guarded
def check(folder: Path, plugins: tuple[str, ...], lang: str, as_json: bool) -> None:
    """List every problem of a city's tables."""
    city = wushe.read(folder, plugins=wushe.load_plugins(*plugins))
    counts = {name: len(table) for name, table in city.tables.items() if len(table)}
    if as_json:
        click.echo(json.dumps({"problems": [], "rows": counts}, ensure_ascii=False))
        return
    said = ", ".join(f"{name} {n}" for name, n in counts.items())
    click.echo(_FINE.say(lang, path=folder, counts=said))


@main.command(
    help=_help("读表、匹配，形成一户一策", "read the tables and make one plan per household")
)
@click.argument("folder", type=click.Path(path_type=Path))
@_on
@_plugin
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help=_help("写出网页", "write the page"),
)
@click.option(
    "--csv",
    "csv_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help=_help("写出表格", "write the rows as CSV"),
)
@click.option("--client", metavar="ID", help=_help("只显示一户", "show one household only"))
@click.option(
    "--internal", is_flag=True, help=_help("内部版，显示姓名", "for the own team: show names")
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0),
    default=600.0,
    show_default=True,
    help=_help("求解时限（秒）", "seconds for the assignment"),
)
@_lang
@_json
@_guarded
def plan(
    folder: Path, on: str, plugins: tuple[str, ...], out: Path | None, csv_file: Path | None, client: str | None,
    internal: bool, time_limit: float, lang: str, as_json: bool,
) -> None:  # fmt: skip
    """Make the plan of a city folder."""
    from wushe.plan.items import date_of

    try:
        date_of(on)
    except ValueError:
        raise click.BadParameter(_BAD_DATE.say(lang, on=on), param_hint="--on") from None
    made = _planned(folder, plugins, on, lang, time_limit)
    audience: Any = "internal" if internal else "masked"
    if out is not None:
        made.to_html(out, lang=lang, audience=audience)
    if csv_file is not None:
        made.to_csv(csv_file, lang=lang, audience=audience)
    if client is not None and client not in made.clients:
        raise click.BadParameter(
            _NO_CLIENT.say(lang, client=client, example=next(iter(made.clients), "H-0001")),
            param_hint="--client",
        )
    if as_json:
        click.echo(made.to_json(lang=lang, audience=audience))
    else:
        click.echo(made[client].explain(lang, audience) if client else made.summary(lang))
        for path in filter(None, (out, csv_file)):
            click.echo(_WRITTEN.say(lang, path=path))


@main.group(help=_help("城市插件", "city plugins"))
def plugins() -> None:
    """Look at installed plugins."""


@plugins.command(
    "list", help=_help("列出已安装的插件和它们的钩子", "list installed plugins and their hooks")
)
@_lang
@_json
@_guarded
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
            else _PLUGIN_FAILED.say(lang, why=row["error"])
        )
        click.echo(f"{row['name']} {row['version']}\t{hooks}")


def _plugin_row(name: str, version: str) -> dict[str, Any]:
    try:
        loaded = wushe.load_plugins(name)
    except WusheError as error:
        return {"name": name, "version": version, "hooks": [], "error": str(error)}
    return {"name": name, "version": version, "hooks": list(loaded.hooks_of(name)), "error": None}
