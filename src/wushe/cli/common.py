"""What all commands share: options, errors to messages and exit codes, progress, dates."""

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
from wushe.matching.objective import Objective
from wushe.plan import Plan
from wushe.text import Text

F = TypeVar("F", bound=Callable[..., Any])
EXIT_INPUT, EXIT_PLUGIN, EXIT_WRITE = 1, 3, 4
"""Exit codes beside 0 (done) and click's 2 (called wrongly)."""


def said_help(zh: str, en: str) -> str:
    """Return a help text in both languages."""
    return f"{zh} / {en}"


lang_option = click.option(
    "--lang",
    type=click.Choice(["zh", "en"]),
    default="zh",
    envvar="WUSHE_LANG",
    show_default=True,
    help=said_help("输出语言", "language of the output"),
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help=said_help("以 JSON 输出", "print JSON")
)
plugin_option = click.option(
    "--plugin",
    "-p",
    "plugins",
    multiple=True,
    metavar="NAME",
    help=said_help(
        "启用的城市插件（名字或 .py 文件），可重复",
        "city plugin to load (name or .py file), may be repeated",
    ),
)
on_option = click.option(
    "--on", required=True, metavar="YYYY-MM-DD", help=said_help("计划日期", "date of the plan")
)


def guarded(command: F) -> F:
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
            _fail(PLUGIN_FAILED.say(lang, why=str(error)), EXIT_PLUGIN)
        except MissingExtraError as error:
            _fail(str(error), EXIT_INPUT)
        except WusheError as error:
            _fail(str(error), EXIT_INPUT)
        except BrokenPipeError:  # the reader, such as `head`, has seen enough
            sys.stderr.close()
        except OSError as error:
            _fail(
                _FILE_FAILED.say(lang, why=f"{error.strerror or error}: {error.filename or ''}"),
                EXIT_WRITE,
            )

    return run  # type: ignore[return-value]


PLUGIN_FAILED = Text("插件出错：{why}", "plugin failed: {why}")
_FILE_FAILED = Text("文件读写失败：{why}", "cannot read or write: {why}")
_PROBLEMS = Text("共 {n} 处问题，请改正后重试：", "{n} problems; correct them and try again:")
WRITTEN = Text("已写出：{path}", "written: {path}")


def _fail(message: str, code: int) -> None:
    click.echo(message, err=True)
    sys.exit(code)


def _report_problems(problems: tuple[Problem, ...], lang: str, as_json: bool) -> None:
    if as_json:
        rows = [problem_json(problem, lang) for problem in problems]
        click.echo(json.dumps({"problems": rows}, ensure_ascii=False, indent=1))
        return
    click.echo(_PROBLEMS.say(lang, n=len(problems)), err=True)
    for problem in problems:
        click.echo(f"  {problem.say(lang)}", err=True)


def problem_json(problem: Problem, lang: str) -> dict[str, Any]:
    """Return a problem as the command line's JSON shows it."""
    return {
        "code": problem.code,
        "file": problem.file,
        "row": problem.row,
        "field": problem.field,
        "value": problem.value,
        "message": problem.say(lang),
    }


@contextmanager
def progress(lang: str) -> Iterator[Callable[[Text], None]]:
    """Show the stage that is under way on a terminal; stay silent elsewhere."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("…") as status:
        yield lambda stage: status.update(stage.say(lang))


_READING = Text("读取数据表", "reading the tables")


def planned(
    folder: Path,
    plugins: tuple[str, ...],
    on: str,
    lang: str,
    work_limit: int | None = None,
    relief: bool = False,
    objective: Objective | None = None,
) -> Plan:
    """Read `folder`, plan it on the date `on`, and show the stages on the way."""
    with progress(lang) as tell:
        tell(_READING)
        rules = wushe.load_plugins(*plugins)
        city = wushe.read(folder, plugins=rules)
        return wushe.make_plan(
            city,
            plugins=rules,
            on=on,
            relief=relief,
            objective=objective,
            work_limit=work_limit,
            progress=tell,
        )


def check_date(on: str, lang: str, option: str = "--on") -> str:
    """Return `on` if it is a date, else raise click's usage error saying what is expected."""
    from wushe.plan.items import date_of

    try:
        date_of(on)
    except ValueError:
        raise click.BadParameter(_BAD_DATE.say(lang, on=on), param_hint=option) from None
    return on


_BAD_DATE = Text(
    "日期 {on!r} 不合规，应为 2025-09-15 这样的日期",
    "{on!r} is not a date; expected one such as 2025-09-15",
)
