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
_NO_SIDE = Text(
    "proposing 是 {value!r}，应为 first 或 second",
    "proposing is {value!r}, expected 'first' or 'second'",
)
