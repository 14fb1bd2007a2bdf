"""Every error wushe raises on purpose, with what, where, value, expectation and next step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from wushe.text import Text


@attrs.frozen
class ProblemKind:
    """One sort of mistake: a stable `code` and the words for it in both languages."""

    code: str
    what: Text
    expected: Text
    todo: Text


_WHERE_ROW = Text(zh="{file} 第{row}行", en="{file} row {row}")
_WHERE_FIELD = Text(zh="{where}，{field}", en="{where}, {field}")
_VALUE = Text(zh="（值：{value!r}）", en=" (value: {value!r})")
_LINE = Text(
    zh="{where}：{what}{value}。应为：{expected}。请：{todo}",
    en="{where}: {what}{value}. Expected: {expected}. Next: {todo}",
)


def _freeze(params: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(params.items() if isinstance(params, Mapping) else params))


@attrs.frozen
class Problem:
    """One mistake in the input.

    `row` counts as a spreadsheet does (the heading is row 1); None means the whole file.
    `value` is already masked where the field is sensitive.
    """

    kind: ProblemKind
    file: str
    row: int | None = None
    field: str | None = None
    value: str | None = None
    params: tuple[tuple[str, Any], ...] = attrs.field(default=(), converter=_freeze)

    @property
    def code(self) -> str:
        """The stable name of the mistake, e.g. ``unknown-reference``."""
        return self.kind.code

    def say(self, lang: str = "zh") -> str:
        """Return one line: where, what, the value, what was expected, what to do."""
        where = (
            self.file if self.row is None else _WHERE_ROW.say(lang, file=self.file, row=self.row)
        )
        if self.field is not None:
            where = _WHERE_FIELD.say(lang, where=where, field=self.field)
        value = "" if self.value is None else _VALUE.say(lang, value=self.value)
        params = {**dict(self.params), "value": self.value}
        return _LINE.say(
            lang,
            where=where,
            what=self.kind.what.say(lang, **params),
            value=value,
            expected=self.kind.expected.say(lang, **params),
            todo=self.kind.todo.say(lang, **params),
        )

    def __str__(self) -> str:
        return self.say("en")


class WusheError(Exception):
    """Base of every error that wushe raises on purpose."""


class InputError(WusheError):
    """The input has mistakes; `problems` lists all of them, in file and row order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return self.say("en")

    def say(self, lang: str = "zh", limit: int = 50) -> str:
        """Return the problems, one a line; after `limit` lines the rest are counted."""
        lines = [p.say(lang) for p in self.problems[:limit]]
        rest = len(self.problems) - limit
        if rest > 0:
            lines.append(
                Text(zh="……另有{n}处问题", en="... and {n} more problems").say(lang, n=rest)
            )
        return "\n".join(lines)


class RefusedError(InputError):
    """A command that may not be done; nothing was changed. Each problem's `file` is the stream concerned."""


class ConflictError(RefusedError):
    """Somebody else was faster, or the record changed since it was read; look again before another try."""


class StoreError(WusheError):
    """The store cannot do what was asked; the message says what is wrong and what to do."""


class FormatVersionError(WusheError):
    """The folder was written by a newer wushe than this one."""


class PluginError(WusheError):
    """A plugin did something wrong; names the plugin, its version and the hook."""

    def __init__(self, plugin: str, version: str, hook: str, message: str) -> None:
        self.plugin, self.version, self.hook, self.message = plugin, version, hook, message
        super().__init__(plugin, version, hook, message)

    def __str__(self) -> str:
        return f"plugin {self.plugin} {self.version}, hook {self.hook}: {self.message}"


class PluginConflictError(WusheError):
    """Two plugins claim the same thing; the message names both and what to change."""


class MissingExtraError(WusheError):
    """An optional dependency is needed; the message says what to install."""

    def __init__(self, feature: str, extra: str) -> None:
        self.feature, self.extra = feature, extra
        super().__init__(feature, extra)

    def __str__(self) -> str:
        return f'{self.feature} needs an optional dependency: pip install "wushe[{self.extra}]"'
