"""A new city plugin: an installable project with one rule of each kind, worked cases and a README."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from wushe.errors import InputError, Problem, ProblemKind
from wushe.plugins.manager import available
from wushe.plugins.precedence import DEFAULTS
from wushe.text import Text

__all__ = ["new_plugin"]

ENDING: Final = ".in"
"""Files of the template end in this, so that no tool takes them for what they become."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{1,29}")
_TITLE: Final = re.compile(r"[^\W_](?:[\w ·-]{0,28}[^\W_])?")
_WORD: Final = re.compile(r"@([A-Z_]+)@")
_LEVELS: Final = (
    ("PROVINCE", ("省", "自治区"), "示例省", "990000"),
    ("CITY", ("市", "自治州", "盟"), "示例市", "990100"),
    ("COUNTY", ("",), "示例区", "990101"),
)
"""The made-up places of a project: how a title of the level ends, who stands there otherwise, its code."""
_UNDER: Final = '''under = "{under}"
"""上级插件；一起载入：-p 上级 -p 本地 / the plugin above, to be loaded together with this one."""

'''
_ABOVE_LINE: Final = (
    "\n上级插件是 `{under}`，两个都要装，两个都写 `-p`。"
    "The plugin above is `{under}`: install both, name both."
)

BAD_NAME = ProblemKind(
    "bad-plugin-name",
    Text("插件不能叫这个名字", "a plugin cannot be called this"),
    Text(
        "小写字母开头，只有小写字母、数字和下划线，2 到 30 个，不是 Python 的保留字",
        "2 to 30 lower-case letters, digits and underscores, a letter first, no keyword of Python",
    ),
    Text("换一个名字，例如 qingshi", "choose another one, such as qingshi"),
)
NAME_TAKEN = ProblemKind(
    "plugin-name-taken",
    Text("已经装有这个名字的插件", "a plugin of this name is installed"),
    Text("没有用过的名字；已有：{known}", "a name that is free; taken: {known}"),
    Text("换一个名字", "choose another one"),
)
BAD_TITLE = ProblemKind(
    "bad-plugin-title",
    Text("地名不能这样写", "a title cannot be written like this"),
    Text("至多 30 个字，例如 青石区", "at most 30 letters, such as Qingshi"),
    Text("改写地名", "write it in plain letters"),
)
BAD_PARENT = ProblemKind(
    "bad-plugin-parent",
    Text("上级插件不能这样写", "the plugin above cannot be this"),
    Text("另一个插件的名字", "the name of another plugin"),
    Text("写上级插件的名字，例如 wuhan", "give the name of the plugin above, such as wuhan"),
)
NOT_EMPTY = ProblemKind(
    "folder-not-empty",
    Text("文件夹里已有东西", "the folder is not empty"),
    Text("不存在的或空的文件夹", "a folder that is empty or not there yet"),
    Text("换一个文件夹，什么都没有覆盖", "choose another folder; nothing was overwritten"),
)


def new_plugin(
    name: str,
    folder: str | Path | None = None,
    *,
    title: str | None = None,
    under: str | None = None,
) -> tuple[Path, ...]:
    """Write the project of plugin `name` into `folder` (``wushe-NAME`` here) and return its files, sorted.

    `title` is the place as readers know it, 青石区; without one the name stands for it. One that ends in 市 is
    a city and one in 省 a province, with made-up places below; any other a district. `under` is the plugin
    above, which need not be installed yet. Nothing is ever overwritten. Raises InputError for a name, title
    or plugin above that cannot be used and a folder that is not empty.
    """
    target = Path(folder) if folder is not None else Path(f"wushe-{name}")
    problems = list(_problems(name, title, under, target))
    if problems:
        raise InputError(problems)
    words = _words(name, name if title is None else title, under)
    written = []
    for path, text in template():
        file = target / _filled(path, words)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_filled(text, words), encoding="utf-8", newline="\n")
        written.append(file)
    return tuple(sorted(written))


def template() -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each file of the template, sorted by path."""
    yield from sorted(_walk(files("wushe.testing") / "template", ""))


def _walk(folder: Traversable, above: str) -> Iterator[tuple[str, str]]:
    for item in folder.iterdir():
        if item.is_dir():
            yield from _walk(item, f"{above}{item.name}/")
        elif item.name.endswith(ENDING):
            yield f"{above}{item.name.removesuffix(ENDING)}", item.read_text("utf-8")


def _words(name: str, title: str, under: str | None) -> dict[str, str]:
    """Return what stands in for each ``@WORD@`` of the template."""
    names = [name] if under is None else [under, name]
    quoted = [f'"{word}"' for word in names]
    level, code = next((level, code) for level, ends, _, code in _LEVELS if title.endswith(ends))
    above = "" if under is None else f"，连同上级 {under} 的"
    return {
        "NAME": name,
        "TITLE": title,
        "REGION": code,
        **{key: title if key == level else other for key, _, other, _ in _LEVELS},
        "LOADED": ", ".join(quoted),
        "NAMES": ", ".join(quoted) + ("," if under is None else ""),
        "OPTIONS": " ".join(f"-p {word}" for word in names),
        "UNDER": "" if under is None else _UNDER.format(under=under),
        "ABOVE": above,
        "ABOVE_LINE": "" if under is None else _ABOVE_LINE.format(under=under),
    }


def _filled(text: str, words: Mapping[str, str]) -> str:
    return _WORD.sub(lambda found: words[found[1]], text)


def _problems(name: str, title: str | None, under: str | None, target: Path) -> Iterator[Problem]:
    where = "plugins new"
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        yield Problem(BAD_NAME, where, None, "NAME", name[:60])
    elif name in available():
        params = {"known": ", ".join(available())}
        yield Problem(NAME_TAKEN, where, None, "NAME", name, params)
    if title is not None and not _TITLE.fullmatch(title):
        yield Problem(BAD_TITLE, where, None, "--title", title[:60])
    if under is not None and (not _NAME.fullmatch(under) or under in (name, DEFAULTS)):
        yield Problem(BAD_PARENT, where, None, "--under", under[:60])
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        yield Problem(NOT_EMPTY, where, None, "--folder", str(target))
