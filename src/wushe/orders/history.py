"""Everything that happened to one order, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from wushe.journal import Event
from wushe.journal.event import CHINA
from wushe.model.units import Dimension, say_amount
from wushe.orders.events import ACTION_OF
from wushe.orders.reasons import DECLINES, ESCALATIONS, reason_text
from wushe.orders.records import LEVEL_NAMES
from wushe.orders.table import ACTIONS
from wushe.text import LANGS, Text


@attrs.frozen
class Happening:
    """One event of an order: when (in China), who, what; `why` are the words of the one who acted, None once erased."""

    at: str
    by: str
    what: Text
    why: str | None = attrs.field(default=None, repr=False)

    def say(self, lang: str = "zh", *, internal: bool = False) -> str:
        """Return one line; free words only for the own team."""
        line = _LINE.say(lang, at=self.at, by=self.by, what=self.what)
        return line + _WHY.say(lang, why=self.why) if internal and self.why else line


_LINE = Text("{at}　{by}　{what}", "{at} {by}: {what}")
_WHY = Text("（{why}）", " ({why})")
_WHO = Text("{who} {what}", "{who}, {what}")
_NO = Text("不接", "declines")
_SLIP = Text("查看派单单", "reads the dispatch slip")


def history(events: Iterable[Event], order: str) -> list[Happening]:
    """Return what happened to `order`, as it happened; `events` may be a whole log."""
    stream = f"order/{order}"
    mine = [event for event in events if event.stream == stream]
    dimension: Dimension = next(
        (e.data["dimension"] for e in mine if e.kind == "order.placed"), "piece"
    )
    return [
        Happening(_local(e.at), e.by, _what(e, dimension), (e.words or {}).get("why")) for e in mine
    ]


def _local(at: str) -> str:
    return (dt.datetime.fromisoformat(at) + CHINA).strftime("%Y-%m-%d %H:%M")


def _what(event: Event, dimension: Dimension) -> Text:
    data, action = event.data, ACTION_OF.get(event.kind)
    what = Text(event.kind, event.kind) if action is None else ACTIONS[action]
    what = {"order.declined": _NO, "slip.read": _SLIP}.get(event.kind, what)
    who = _who(event.kind, data)
    detail = _reason(event.kind, data)
    if who and "asked" not in data:
        what = _both(_WHO, who=", ".join(who), what=what)
    elif who:
        detail = Text("、".join(who), ", ".join(who))
    elif detail is None and "amount" in data:
        detail = Text(*(say_amount(data["amount"], dimension, lang) for lang in LANGS))
    return what if detail is None else Text(f"{what.zh}：{detail.zh}", f"{what.en}: {detail.en}")


def _who(kind: str, data: Mapping[str, Any]) -> list[str]:
    """Return the helpers whom an event is about."""
    if "asked" in data:
        return [row[1] for row in data["asked"]]
    if kind == "order.accepted":
        return [row[1] for row in data["helpers"]]
    return list(data.get("helpers", ())) or [data[name] for name in ("helper",) if name in data]


def _reason(kind: str, data: Mapping[str, Any]) -> Text | None:
    code = data.get("reason")
    if code is None:
        return None
    known = DECLINES if kind == "order.declined" else ESCALATIONS
    reason = known.get(code) or reason_text(code)
    if kind != "order.escalated":
        return reason
    level = LEVEL_NAMES[data["level"]]
    return Text(f"{level.zh}，{reason.zh}", f"{level.en}, {reason.en}")


def _both(text: Text, **params: Any) -> Text:
    return Text(text.say("zh", **params), text.say("en", **params))
