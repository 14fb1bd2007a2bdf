"""What the writer may have meant: close matches, for a few words only so that nothing hangs."""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections.abc import Iterable

import attrs

from wushe.text import Text

MOST_WORDS = 20
"""Suggestions are looked for this many different words of a column, not for 100,000."""
NEIGHBOURS = 1000
"""Candidates that one word is compared with: those around it in sorted order."""
NONE = Text("", "")


@attrs.define(eq=False)
class Suggester:
    """Close matches among `candidates`; the first `MOST_WORDS` different words get an answer."""

    candidates: Iterable[str]
    _sorted: list[str] | None = None
    _said: dict[str, Text] = attrs.field(factory=dict)

    def close(self, word: str) -> Text:
        """Return ``, close to: a, b`` in both languages, or nothing."""
        if word not in self._said:
            if len(self._said) >= MOST_WORDS:
                return NONE
            self._said[word] = self._look(word)
        return self._said[word]

    def _look(self, word: str) -> Text:
        if self._sorted is None:
            self._sorted = sorted(set(self.candidates))
        at = bisect_left(self._sorted, word)
        near = self._sorted[max(0, at - NEIGHBOURS // 2) : at + NEIGHBOURS // 2]
        folded = {candidate.casefold(): candidate for candidate in near}
        found = difflib.get_close_matches(word.casefold()[:64], folded, n=3, cutoff=0.6)
        if not found:
            return NONE
        listed = ", ".join(folded[key] for key in found)
        return Text(f"，相近的有：{listed}", f", close to: {listed}")
