"""plugins: write the project of a new city plugin, and run its worked cases."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click

import wushe
from wushe.cli.common import (
    EXIT_INPUT,
    WRITTEN,
    guarded,
    json_option,
    lang_option,
    plugin_option,
    said_help,
)
from wushe.cli.plugins import plugins as group
from wushe.text import Text

_NEXT = Text(
    "下一步：\n{parent}  cd {folder}\n  python -m pip install -e \".[test]\"\n  python -m pytest",
    "next:\n{parent}  cd {folder}\n  python -m pip install -e \".[test]\"\n  python -m pytest",
)  # fmt: skip
_PARENT = Text(
    "  （上级插件 {under} 还没装：先装它）python -m pip install -e {under} 的项目文件夹\n",
    "  (the plugin above, {under}, is not installed: first) python -m pip install -e the folder of {under}\n",
)
_NO_FILES = Text("{path} 里没有 .yaml 用例文件", "{path} holds no .yaml files of cases")


@group.command(
    "new",
    help=said_help(
        "新建一个城市插件的项目：每种规则一条，带用例",
        "write the project of a new city plugin: one rule of each kind, with cases",
    ),
)
@click.argument("name")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help=said_help("写到哪个文件夹，默认 wushe-NAME", "where to; wushe-NAME unless given"),
)
@click.option(
    "--title",
    help=said_help("地名，如 青石区；以“市”结尾就是市", "its name in words; one in 市 is a city"),
)
@click.option(
    "--under", metavar="PARENT", help=said_help("上级插件的名字", "name of the plugin above")
)
@lang_option
@guarded
def new(name: str, folder: Path | None, title: str | None, under: str | None, lang: str) -> None:
    """Write a new plugin project called NAME."""
    from wushe.plugins.manager import available
    from wushe.testing.scaffold import new_plugin

    target = folder or Path(f"wushe-{name}")
    for path in new_plugin(name, target, title=title, under=under):
        click.echo(WRITTEN.say(lang, path=path.as_posix()))
    parent = "" if under is None or under in available() else _PARENT.say(lang, under=under)
    click.echo(_NEXT.say(lang, folder=target.as_posix(), parent=parent))


@group.command(
    "test",
    help=said_help("跑规则的用例（YAML）", "run worked cases of rules (YAML)"),
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@plugin_option
@lang_option
@json_option
@guarded
def test(paths: tuple[Path, ...], plugins: tuple[str, ...], lang: str, as_json: bool) -> None:
    """Run the cases of files and folders; exit code 1 where one does not come out as expected."""
    from wushe.testing.cases import run_cases

    found = [file for path in paths for file in _files(path, lang)]
    report = run_cases(*found, plugins=wushe.load_plugins(*plugins))
    if as_json:
        rows = [
            {
                "id": o.id, "file": o.file, "line": o.line, "source": o.source, "passed": o.passed,
                "differences": [d.say(lang) for d in o.differences],
            }
            for o in report.outcomes
        ]  # fmt: skip
        click.echo(json.dumps({"ok": report.ok, "cases": rows}, ensure_ascii=False, indent=1))
    else:
        click.echo(report.say(lang))
    if not report.ok:
        sys.exit(EXIT_INPUT)


def _files(path: Path, lang: str) -> Iterator[Path]:
    """Yield the files of cases in a folder, sorted, or the file itself."""
    if not path.is_dir():
        yield path
        return
    found = sorted((*path.glob("*.yaml"), *path.glob("*.yml")))
    if not found:
        raise click.BadParameter(_NO_FILES.say(lang, path=path), param_hint="PATHS")
    yield from found
