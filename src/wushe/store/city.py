"""Whose rules a store is run under: the plugins it was opened with, and those that it adopted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wushe.errors import StoreError
from wushe.journal import State
from wushe.store.domain import RULES
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.plugins.manager import Plugins

_OTHERS = Text(
    "存储 {where}：按插件 {adopted} 的规则运行，打开时给的却是 {given}，这次什么也没有写入。请不给插件或给同样的；要换规则用 adopt",
    "store {where}: is run under the rules of {adopted}, and was opened with {given}; nothing was written. Name the same plugins or none; to change the rules use adopt",
)


class City:
    """The rules of one open store. Plugins are loaded once."""

    def __init__(self, given: Plugins | None) -> None:
        self._given = given
        self._names: tuple[str, ...] = ()
        self._loaded: dict[tuple[str, ...], Plugins] = {}

    def prepare(self, names: tuple[str, ...] | None = None) -> None:
        """Load what the store adopted when it was last looked at."""
        self._names = self._names if names is None else names
        if self._given is None and self._names and self._names not in self._loaded:
            from wushe.plugins.manager import load_plugins

            self._loaded[self._names] = load_plugins(*self._names)

    def under(self, state: State, where: str) -> Plugins | None:
        """Return the rules as `state` has them. Raises StoreError where the store was opened with others."""
        rules = state.get("rules", RULES)
        names: tuple[str, ...] = () if rules is None else rules.names
        if self._given is None:
            self.prepare(names)
            return self._loaded.get(names)
        if names:
            given = tuple(sorted({name for name, _ in self._given.versions} - {"defaults"}))
            if given != names:
                said = ", ".join(given) or "-"
                raise StoreError(_OTHERS.both(where=where, adopted=", ".join(names), given=said))
        return self._given
