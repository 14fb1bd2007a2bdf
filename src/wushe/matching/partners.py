"""Who works with whom: organizations and stations that both have preferences, paired stably, by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import attrs
import numpy as np

from wushe.errors import WusheError
from wushe.matching.fair.stable import pair_stably
from wushe.text import Text

Proposing = Literal["first", "second"]


@attrs.frozen
class Partners:
    """A stable pairing: `partner` of every id of the first side, None where it stays alone.

    `choice` is where the partner stands in the id's own list, 1 is the first choice, None without a
    partner. Nobody of one side and somebody of the other would both rather be paired with each other.
    """

    partner: Mapping[str, str | None]
    choice: Mapping[str, int | None]

    def say(self, lang: str = "zh") -> str:
        """Return one line per id of the first side, and how many got their first choice."""
        pairs = [
            _PAIR.say(lang, who=who, partner=partner, n=self.choice[who])
            if partner is not None
            else _ALONE.say(lang, who=who)
            for who, partner in self.partner.items()
        ]
        first = sum(n == 1 for n in self.choice.values())
        return "\n".join([*pairs, _FIRST.say(lang, n=first, all=len(self.partner))])


_PAIR = Text("{who} – {partner}（第 {n} 志愿）", "{who} – {partner} (choice {n})")
_ALONE = Text("{who}：没有结对", "{who}: no partner")
_RATHER = Text(
    "  更想要 {liked}，但它更愿意与 {held} 结对：{held} 是它的第 {a} 志愿，{who} 是第 {b} 志愿",
    "  would rather have {liked}, which prefers {held}: its choice {a}; {who} is its choice {b}",
)
_UNLISTED = Text(
    "  更想要 {liked}，但它没有列入 {who}", "  would rather have {liked}, which does not list {who}"
)
_NO_ROOM = Text("  更想要 {liked}，但它没有名额", "  would rather have {liked}, which takes nobody")
_FIRST = Text("第一志愿 {n} / {all}", "first choice: {n} of {all}")


def pair_partners(
    first: Mapping[str, Sequence[str]],
    second: Mapping[str, Sequence[str]],
    places: Mapping[str, int] | None = None,
    *,
    proposing: Proposing = "first",
) -> Partners:
    """Pair the first side (say organizations, one partner each) with the second (say stations) stably.

    Each maps an id to the ids it accepts, best first; who is not listed is not acceptable. `places` says how
    many partners each id of the second side takes, one where it is silent. Of all stable pairings it
    is the best one for every member of the side `proposing` (Gale and Shapley 1962). The order of the
    mappings does not matter.

    Raises WusheError naming every id that is listed twice, or on no side, every number of places that is
    negative or not whole, and a `proposing` that is no side.
    """
    if proposing not in get_args(Proposing):
        raise WusheError(_both(_NO_SIDE, value=proposing))
    _check(first, second, places or {})
    rows, columns = sorted(first), sorted(second)
    at = {key: place for place, key in enumerate(columns)}
    liked = {key: {who: rank for rank, who in enumerate(second[key])} for key in columns}
    listed = [at[key] for who in rows for key in first[who]]
    rank = [liked[key].get(who, -1) for who in rows for key in first[who]]
    start = np.cumsum([0, *(len(first[who]) for who in rows)])
    room = [(places or {}).get(key, 1) for key in columns]
    found = pair_stably(
        start.astype(np.int64),
        np.array(listed, dtype=np.int64),
        np.array(rank, dtype=np.int64),
        np.array(room, dtype=np.int64),
        proposing="rows" if proposing == "first" else "columns",
    )
    chosen = zip(rows, found.column.tolist(), found.place.tolist(), strict=True)
    pairs = {
        who: (columns[k] if k >= 0 else None, n + 1 if k >= 0 else None) for who, k, n in chosen
    }
    return Partners(
        {who: p for who, (p, _) in pairs.items()}, {w: n for w, (_, n) in pairs.items()}
    )


def explain_partners(
    found: Partners,
    first: Mapping[str, Sequence[str]],
    second: Mapping[str, Sequence[str]],
    who: str,
    lang: str = "zh",
    *,
    names: Mapping[str, str] | None = None,
) -> str:
    """Return whom `who`, of either side, is paired with, and why not with those that it would rather have.

    `first` and `second` are the lists that `found` was made of, `names` what ids are called. Raises KeyError for
    an id of neither side.
    """
    if who not in first and who not in second:
        raise KeyError(_both(_ON_NO_SIDE, who=who))
    ours, theirs = (first, second) if who in first else (second, first)
    mine, has, call = list(ours[who]), _partners_of(found, who), {**(names or {})}.get
    has.sort(key=mine.index)
    name = call(who, who)
    said = [_PAIR.say(lang, who=name, partner=call(p, p), n=mine.index(p) + 1) for p in has]
    for liked in mine[: mine.index(has[-1]) if has else None]:
        choices, held = list(theirs[liked]), _partners_of(found, liked)
        told: dict[str, Any] = {"who": name, "liked": call(liked, liked)}
        if liked in has:
            continue
        if who not in choices:
            said.append(_UNLISTED.say(lang, **told))
        elif not held:
            said.append(_NO_ROOM.say(lang, **told))
        else:
            last = max(held, key=choices.index)
            a, b = choices.index(last) + 1, choices.index(who) + 1
            said.append(_RATHER.say(lang, held=call(last, last), a=a, b=b, **told))
    return "\n".join(said if has else [_ALONE.say(lang, who=name), *said])


def _partners_of(found: Partners, who: str) -> list[str]:
    """Return the partners of an id of either side."""
    if who in found.partner:
        partner = found.partner[who]
        return [] if partner is None else [partner]
    return [key for key, partner in found.partner.items() if partner == who]


def _check(
    first: Mapping[str, Sequence[str]],
    second: Mapping[str, Sequence[str]],
    places: Mapping[str, int],
) -> None:
    wrong: list[tuple[Text, dict[str, Any]]] = []
    for name, side, other in (("first", first, second), ("second", second, first)):
        for who in sorted(side):
            strange = sorted(set(side[who]) - set(other))
            twice = sorted({key for key in side[who] if list(side[who]).count(key) > 1})
            wrong += [(_STRANGE, {"name": name, "who": who, "key": key}) for key in strange]
            wrong += [(_TWICE, {"name": name, "who": who, "key": key}) for key in twice]
    for key in sorted(places):
        if key not in second:
            wrong.append((_NOWHERE, {"key": key}))
        elif not _is_count(places[key]):
            wrong.append((_NOT_A_COUNT, {"key": key, "value": places[key]}))
    if wrong:
        zh = "；".join(text.say("zh", **params) for text, params in wrong)
        en = "; ".join(text.say("en", **params) for text, params in wrong)
        raise WusheError(f"{_UNREADABLE.say('zh', what=zh)} / {_UNREADABLE.say('en', what=en)}")


def _is_count(value: object) -> bool:
    """Return whether `value` is a whole number, 0 or more; True and False are none."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        return False
    return int(value) >= 0


def _both(text: Text, **params: object) -> str:
    return " / ".join(text.say(lang, **params) for lang in ("zh", "en"))


_UNREADABLE = Text("志愿表有误：{what}", "preferences that cannot be read: {what}")
_STRANGE = Text(
    "{name}[{who!r}] 列出的 {key!r} 不在另一方",
    "{name}[{who!r}] lists {key!r}, which is on no side",
)
_TWICE = Text("{name}[{who!r}] 两次列出 {key!r}", "{name}[{who!r}] lists {key!r} twice")
_NOWHERE = Text(
    "places[{key!r}]：第二方没有这个编号", "places[{key!r}]: no such id on the second side"
)
_NOT_A_COUNT = Text(
    "places[{key!r}] 是 {value!r}，应为 0 或更大的整数",
    "places[{key!r}] is {value!r}, expected a whole number, 0 or more",
)
_ON_NO_SIDE = Text("{who!r} 不在任何一方", "{who!r} is on neither side")
_NO_SIDE = Text(
    "proposing 是 {value!r}，应为 first 或 second",
    "proposing is {value!r}, expected 'first' or 'second'",
)
