"""Which rule came from which plugin, and which ones it took the place of."""

from __future__ import annotations

import attrs

from wushe.text import Text

_TAKES = Text("（取代 {losers} 的）", "(instead of {losers}'s)")


@attrs.frozen
class RuleOrigin:
    """One rule: the hook it came through, its id, its plugin, and the plugins whose rule it took the place of.

    Hooks that are asked per batch have the id "": all answers count there, unless only one does.
    """

    hook: str
    id: str
    plugin: str
    instead_of: tuple[str, ...] = ()

    def say(self, lang: str = "zh", width: int = 0) -> str:
        """Return the plugin, padded to `width`, the rule's id and what it took the place of."""
        line = f"{self.plugin:<{width}}  {self.id}".rstrip()
        if not self.instead_of:
            return line
        return f"{line}  {_TAKES.say(lang, losers=', '.join(self.instead_of))}"
