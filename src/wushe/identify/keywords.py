"""Free Chinese text suggests categories of need; a worker confirms each, nothing else does."""

from __future__ import annotations

import datetime as dt
import functools
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs

from wushe.errors import InputError, Problem
from wushe.identify.forms import ident
from wushe.io.mistakes import UNKNOWN_CATEGORY
from wushe.io.suggest import Suggester
from wushe.model.evidence import Visit
from wushe.model.help import Need
from wushe.model.terms import NeedCategory
from wushe.model.visiting import KeywordRule
from wushe.text import Text

_UNREAD = Text(
    zh='{n}段文字含有繁体字，未安装繁简转换，可能漏掉建议。安装：pip install "wushe[identify]"',
    en='{n} texts hold traditional characters, which are read only with the extra: pip install "wushe[identify]"',
)


@attrs.frozen
class Suggestion:
    """A category that a text may speak of. `text` is what the `rule` matched, at `start` to `end`.

    A suggestion is no need: see `confirm`.
    """

    category: str
    rule: KeywordRule
    start: int
    end: int
    text: str

    @property
    def weight(self) -> int:
        """The rule's weight; heavier suggestions are shown first."""
        return self.rule.weight


def suggest(texts: Sequence[str], rules: Sequence[KeywordRule]) -> list[tuple[Suggestion, ...]]:
    """Return for each text the categories it may speak of, each once, by its best match.

    Heavier rules come first, then earlier matches, then the category's id: neither the order of
    `rules` nor that of plugins matters. A match that `unless` overlaps does not count. Patterns see
    the text in lower case with half-width letters and signs, and in simplified characters where the
    extra ``chinese`` is installed (see `unread_notice`); positions are those of the text as given.
    """
    compiled = [
        (rule, re.compile(rule.pattern), None if rule.unless is None else re.compile(rule.unless))
        for rule in rules
    ]
    return [_suggest(text, compiled) for text in texts]


def _suggest(
    text: str, rules: Sequence[tuple[KeywordRule, re.Pattern[str], re.Pattern[str] | None]]
) -> tuple[Suggestion, ...]:
    folded, origin = fold_text(text)
    best: dict[str, Suggestion] = {}
    for rule, pattern, unless in rules:
        match = next(_standing(folded, pattern, unless), None)
        if match is None:
            continue
        start, end = origin[match.start()], origin[match.end() - 1] + 1
        found = Suggestion(rule.category, rule, start, end, text[start:end])
        other = best.get(rule.category)
        if other is None or _order(found) < _order(other):
            best[rule.category] = found
    return tuple(sorted(best.values(), key=_order))


def _standing(
    text: str, pattern: re.Pattern[str], unless: re.Pattern[str] | None
) -> Iterator[re.Match[str]]:
    """Yield the matches of `pattern` that no match of `unless` overlaps."""
    taken_back = [m.span() for m in unless.finditer(text)] if unless is not None else []
    for match in pattern.finditer(text):
        start, end = match.span()
        if start < end and not any(a < end and start < b for a, b in taken_back):
            yield match


def _order(found: Suggestion) -> tuple[int, int, str, int, str, str]:
    rule = found.rule
    return -rule.weight, found.start, found.category, found.end, rule.pattern, rule.unless or ""


def fold_text(text: str) -> tuple[str, list[int]]:
    """Return `text` as patterns see it, and for each of its characters the position in `text`."""
    characters: list[str] = []
    origin: list[int] = []
    for at, character in enumerate(text):
        for folded in unicodedata.normalize("NFKC", character).lower():
            characters.append(folded)
            origin.append(at)
    folded = "".join(characters)
    convert = _simplifier()
    simple = folded if convert is None else convert(folded)
    if convert is not None and len(simple) != len(folded):
        # Phrases keep their length, but should one not, characters do.
        simple = "".join(convert(c)[:1] or c for c in folded)
    return simple, origin


@functools.cache
def _simplifier() -> Callable[[str], str] | None:
    try:
        from opencc import OpenCC
    except ImportError:
        return None
    convert: Callable[[str], str] = OpenCC("t2s").convert
    return convert


def unread_notice(texts: Sequence[str], lang: str = "zh") -> str:
    """Return what to tell a worker whose texts could not be read in full, an empty string otherwise.

    That is where the extra ``chinese`` is missing and texts hold traditional characters.
    """
    n = 0 if _simplifier() is not None else sum(map(_is_traditional, texts))
    return _UNREAD.say(lang, n=n) if n else ""


def _is_traditional(text: str) -> bool:
    """Return whether a character is in the traditional national set (Big5) and not in GB 2312."""
    return any(_encodes(c, "big5") and not _encodes(c, "gb2312") for c in text if c >= "\u4e00")


def _encodes(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def confirm(
    suggestion: Suggestion,
    by: str,
    *,
    visit: Visit,
    categories: Mapping[str, NeedCategory],
    quantity: int | None = None,
    unit: str | None = None,
    urgency: str | None = None,
    due: dt.date | None = None,
    note: str | None = None,
) -> Need:
    """Return the need that the worker `by` confirms, of those whom the `visit` was to.

    Confirming twice gives the same need. Without a `note` the matched words stand there. Raises
    InputError for an empty `by`, a category that is not registered, or values that a need refuses.
    """
    if suggestion.category not in categories:
        close = {"close": Suggester(categories).close(suggestion.category)}
        raise InputError(
            [Problem(UNKNOWN_CATEGORY, visit.id, None, "category", suggestion.category, close)]
        )
    return Need(
        id=ident(visit.id, suggestion.category, by),
        category=suggestion.category,
        household=visit.household,
        person=visit.person,
        institution=visit.institution,
        quantity=quantity,
        unit=unit,
        urgency=urgency,
        asked_on=visit.on,
        due=due,
        asked_by=by,
        status="open",
        note=note or suggestion.text,
    )
