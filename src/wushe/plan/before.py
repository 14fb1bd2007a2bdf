"""What government relief and mutual aid come before: told beside a plan, so that no need is lost from sight."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np

from wushe.model.storage import UNKNOWN_INT
from wushe.model.units import say_amount
from wushe.privacy import Audience
from wushe.relief.linkage import SOURCE_NAMES, SOURCES, STATUS, Linkage
from wushe.text import Text

SHOWN = 20
"""Needs that a summary names one by one."""


@attrs.frozen
class TakenOff:
    """A need that is not in the plan although it is open: fully counted on, held, or waiting.

    `status` is a key of the linkage's STATUS, or ``follows`` for what comes after such a need; `fen` the amount
    concerned, None where it is unknown or the need is not about money. `sources` are those that are counted on.
    """

    need: str
    client: str
    name: str
    category: Text
    status: str
    fen: int | None
    sources: tuple[str, ...] = ()

    def say(self, lang: str = "zh") -> str:
        """Return the need, whose it is, and what becomes of it."""
        amount = "" if self.fen is None else " " + say_amount(self.fen, "fen", lang)
        joint = "、" if lang == "zh" else ", "
        where = joint.join(SOURCE_NAMES[source].say(lang) for source in self.sources)
        what = _STATUS[self.status].say(lang, where=where)
        return _LINE.say(
            lang, need=self.need, category=self.category, amount=amount,
            client=self.client, name=self.name, what=what,
        )  # fmt: skip


def taken_off(linkage: Linkage, audience: Audience = "masked") -> tuple[TakenOff, ...]:
    """Return the open needs that the linkage leaves out of the plan, by id."""
    there = frozenset(linkage.residual().ids)
    return tuple(
        _taken_off(linkage, position, audience)
        for position in range(len(linkage.needs))
        if linkage.needs.id[position] not in there
    )


def _taken_off(linkage: Linkage, position: int, audience: Audience) -> TakenOff:
    client, name = linkage.client(position, audience)
    category = linkage.base.categories.get(linkage.needs.category[position])
    word = str(linkage.needs.category[position])
    label = Text(category.zh, category.en) if category else Text(word, word)
    need = str(linkage.needs.id[position])
    at, tally = linkage.money_position(position), linkage.tally
    gone = at is not None and (tally.residual[at] == 0 or tally.waits[at])
    if at is None or not gone:
        return TakenOff(need, client, name, label, "follows", None)
    status = "waits" if tally.waits[at] or tally.waiting[at] else "held"
    if status == "held" and tally.held[at] == 0:
        status = "funded"
    amount = None if tally.amount[at] == UNKNOWN_INT else int(tally.amount[at])
    sources = tuple(SOURCES[s] for s in np.flatnonzero(tally.funded[at]).tolist())
    return TakenOff(need, client, name, label, status, amount, sources)


def before_lines(
    linkage: Linkage, audience: Audience = "masked", limit: int = SHOWN
) -> Iterator[Text]:
    """Yield what relief and mutual aid come before, one text a line: the sums, then the needs left out.

    After `limit` needs the rest are counted.
    """
    tally = linkage.tally
    known = tally.amount != UNKNOWN_INT
    yield _both(
        _HEAD,
        n=len(known),
        amount=_sums(tally.amount),
        parts=_joined(
            *(
                _both(_PART, what=SOURCE_NAMES[name], amount=_sums(tally.funded[:, at]))
                for at, name in enumerate(SOURCES)
                if (tally.funded[:, at] > 0).any()
            ),
            *(
                _both(_PART, what=STATUS[name], amount=_sums(column))
                for name, column in (("held", tally.held), ("waits", tally.waiting))
                if (column > 0).any()
            ),
        ),
    )
    gone = taken_off(linkage, audience)
    if gone:
        homes = len({one.client for one in gone})
        yield _both(_GONE, n=len(gone), homes=homes)
        yield from (Text(_plain(one.say("zh")), _plain(one.say("en"))) for one in gone[:limit])
        if len(gone) > limit:
            yield _both(_MORE, n=len(gone) - limit)
    yield _NO_DECISION


def _plain(text: str) -> str:
    """Make a ready sentence safe as a template."""
    return text.replace("{", "{{").replace("}", "}}")


def _both(text: Text, **params: object) -> Text:
    return Text(_plain(text.say("zh", **params)), _plain(text.say("en", **params)))


def _joined(*parts: Text) -> Text:
    zh, en = ("".join(part.say(lang) for part in parts) for lang in ("zh", "en"))
    return Text(_plain(zh), _plain(en))


def _sums(column: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Text:
    total = int(column[column != UNKNOWN_INT].sum())
    return Text(*(_plain(say_amount(total, "fen", lang)) for lang in ("zh", "en")))


_HEAD = Text(
    "先看政府救助：资金需求 {n} 项，合计 {amount}{parts}",
    "Government relief first: {n} needs for money, {amount} in all{parts}",
)
_PART = Text("；{what} {amount}", "; {what}: {amount}")
_GONE = Text(
    "不在方案里、也没有丢下的需求 {n} 项（{homes} 户）：",
    "Not in the plan, and not forgotten: {n} needs of {homes} households",
)
_MORE = Text("  ……另有 {n} 项", "  ... and {n} more")
_LINE = Text(
    "  {need} {category}{amount}　{client} {name}：{what}",
    "  {need} {category}{amount}, {client} {name}: {what}",
)
_STATUS = {
    "funded": Text("可能全部有着落（{where}）", "probably covered in full ({where})"),
    "held": Text("待答复，暂不募集", "held until the office answers"),
    "waits": Text(
        "待核对政府救助，先补信息", "waits: government relief is not yet checked, facts are missing"
    ),
    "follows": Text("等它的前一步", "waits for the need that comes before it"),
}
_NO_DECISION = Text(
    "  以上是可能符合的估算，不是认定；逐项理由见 wushe relief assess、relief explain。",
    "  These are possibilities, no decisions; reasons: wushe relief assess, relief explain.",
)
