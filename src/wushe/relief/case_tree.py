"""YAML as a tree that keeps lines and every scalar as written, and the laying of one tree on another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import attrs
import yaml

from wushe.errors import InputError, Problem, ProblemKind
from wushe.text import Text

UNKNOWN: Final = frozenset({"", "~", "?", "null", "unknown", "none", "未知", "不知道"})
"""Words for a value that is not known, or an entry that is not there."""

BAD_YAML = ProblemKind(
    "bad-yaml",
    Text("读不出这个 YAML 文件（{why}）", "this YAML file cannot be read ({why})"),
    Text(*("cases: [{{id: …, policy: …, household: {{…}}, expect: {{answer: eligible}}}}]",) * 2),
    Text(
        "检查缩进、冒号后的空格和编码（UTF-8）", "check indents, the blank after a colon, and UTF-8"
    ),
)
ALIAS = ProblemKind(
    "yaml-alias",
    Text("不支持用 & 和 * 引用", "references by & and * are not read"),
    Text("defaults: / set:", "defaults: / set:"),
    Text("把共同的内容写进 defaults", "put what is shared under defaults"),
)
ENTRY_TWICE = ProblemKind(
    "entry-twice",
    Text("写了两次", "it is there twice"),
    Text("每个名称只写一次", "each name once"),
    Text("留下一个", "keep one of them"),
)


@attrs.frozen
class Cell:
    """A YAML value with its line: a text, items or keys."""

    line: int
    text: str | None = None
    items: tuple[Cell, ...] | None = None
    keys: Mapping[str, Cell] | None = None

    @property
    def absent(self) -> bool:
        """Whether it says that the value is not known."""
        return self.text is not None and self.text.strip().casefold() in UNKNOWN

    @property
    def entries(self) -> Mapping[str, Cell]:
        """The keys, none where it is no mapping."""
        return self.keys or {}

    def word(self, key: str) -> str:
        """Return the text under `key`, empty where there is none."""
        found = self.entries.get(key)
        return "" if found is None or found.absent else (found.text or "").strip()

    def shown(self) -> str | None:
        """Return the text, shortened, as an error may show it."""
        return None if self.text is None else self.text[:60]


def load_tree(path: Path) -> Cell:
    """Return the YAML of a file. Raises InputError with all mistakes of its form: file and line."""
    problems: list[Problem] = []
    try:
        loader = yaml.SafeLoader(path.read_text(encoding="utf-8-sig"))
        root = _Composer(path.name, problems).cell(loader.get_single_node())
    except (yaml.YAMLError, OSError, UnicodeDecodeError, RecursionError) as error:
        why = " ".join(str(getattr(error, "problem", None) or error).split())
        mark = getattr(error, "problem_mark", None)
        line = None if mark is None else mark.line + 1
        raise InputError([Problem(BAD_YAML, path.name, line, params={"why": why})]) from error
    if problems:
        raise InputError(problems)
    return root


class _Composer:
    """Turns nodes into cells; a tag means nothing here, so that no object is ever made."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file, self.problems = file, problems
        self._seen: set[int] = set()

    def cell(self, node: yaml.Node | None) -> Cell:
        """Return a node with every scalar as the text that is written: 0.10 stays exact."""
        if node is None:
            return Cell(1, "")
        line = node.start_mark.line + 1
        # Aliases could make a small file endless; `defaults` and `set` do what they are for.
        if id(node) in self._seen:
            self.problems.append(Problem(ALIAS, self.file, line))
            return Cell(line, "")
        self._seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return Cell(line, items=tuple(map(self.cell, node.value)))
        if not isinstance(node, yaml.MappingNode):
            return Cell(line, node.value)
        keys: dict[str, Cell] = {}
        for name, value in node.value:
            key = str(name.value) if isinstance(name, yaml.ScalarNode) else ""
            if key in keys:
                where = name.start_mark.line + 1
                self.problems.append(Problem(ENTRY_TWICE, self.file, where, key))
            keys[key] = self.cell(value)
        return Cell(line, keys=keys)


def rows_of(cell: Cell | None) -> Mapping[str, Cell]:
    """Return the rows of a table by id: the key, else the row's own id, else its number from 1."""
    if cell is None or cell.absent:
        return {}
    rows = cell.keys
    if rows is None:
        listed = enumerate(cell.items or (), start=1)
        rows = {row.word("id") or str(number): row for number, row in listed}
    return {key: row for key, row in rows.items() if not row.absent}


def merged(base: Cell, over: Cell, tables: tuple[str, ...] = ()) -> Cell:
    """Return `base` with `over` laid on it: mappings key by key, the rows of `tables` id by id."""
    if base.keys is None or over.keys is None:
        return over
    keys = dict(base.keys)
    for key, value in over.keys.items():
        below = keys.get(key)
        if below is None:
            keys[key] = value
        elif key in tables and not value.absent:
            keys[key] = merged(_by_id(below), _by_id(value))
        else:
            keys[key] = merged(below, value)
    return Cell(over.line, keys=keys)


def _by_id(cell: Cell) -> Cell:
    return cell if cell.keys is not None else Cell(cell.line, keys=rows_of(cell))


def undotted(cell: Cell) -> Cell:
    """Return a mapping with ``a.b: value`` written out as ``a: {b: value}``."""
    found = Cell(cell.line, keys={})
    for key, value in cell.entries.items():
        part = value
        for name in reversed(key.split(".")):
            part = Cell(value.line, keys={name: part})
        found = merged(found, part)
    return found
