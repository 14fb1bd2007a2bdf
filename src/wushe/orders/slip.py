"""派单单: what the accepted helper needs to know and nobody else; each reading is recorded."""

from __future__ import annotations

from typing import Any

import attrs

from wushe.journal import Session, command
from wushe.model.parties import LEVELS
from wushe.model.tables import Table
from wushe.model.units import say_amount
from wushe.network import LinkageNetwork
from wushe.orders import problems as why
from wushe.orders.checks import calls_of, order_of
from wushe.orders.consent import may_go_to
from wushe.orders.records import Call, Order
from wushe.orders.table import UNDER_WAY
from wushe.render.inert import clean, escape
from wushe.text import Text

_COMMUNITY = list(LEVELS).index("community")


@attrs.frozen
class Slip:
    """The dispatch slip of one accepted helper: lines of (what, value), never more than the help asks for.

    Of work with minors, and where nobody consented, it names the responsible worker, through whom everything
    is arranged, and neither those served nor where they live. Money is paid by the fund's host, so it names nobody's door.
    The values are shown by `say` and `html` only; nothing of them is in the repr.
    """

    order: str
    helper: str
    _lines: tuple[tuple[Text, str | Text], ...] = attrs.field(repr=False)

    def lines(self, lang: str = "zh") -> list[tuple[str, str]]:
        """Return (what, value), each on one line and without control characters."""
        said = (
            (what.say(lang), v.say(lang) if isinstance(v, Text) else v) for what, v in self._lines
        )
        return [(what, clean(value)) for what, value in said]

    def say(self, lang: str = "zh") -> str:
        """Return the slip as text."""
        colon = "：" if lang == "zh" else ": "
        return "\n".join(
            [_TITLE.say(lang), *(f"{what}{colon}{value}" for what, value in self.lines(lang))]
        )

    def html(self, lang: str = "zh") -> str:
        """Return the slip as an HTML fragment in which every value is escaped."""
        rows = "".join(
            f"<tr><th>{escape(what)}</th><td>{escape(value)}</td></tr>"
            for what, value in self.lines(lang)
        )
        return f"<table><caption>{escape(_TITLE.say(lang))}</caption>{rows}</table>"


_TITLE = Text(
    "派单单（仅供接单人本次服务使用，用后勿留存）",
    "Dispatch slip (for this service only; do not keep it)",
)
_ORDER = Text("订单", "order")
_WHAT = Text("内容", "what")
_WHEN = Text("时间", "when")
_NAME = Text("姓名", "name")
_ADDRESS = Text("地址", "address")
_AREA = Text("所在社区", "community")
_PHONE = Text("电话", "phone")
_WORKER = Text("联系社工", "worker to contact")
_WORKER_PHONE = Text("社工电话", "worker's phone")
_UNKNOWN = Text("未登记，请问派单的站点", "not recorded; ask the station that dispatched it")
_MINOR = Text(
    "涉及未成年人，由社工陪同并联系监护人",
    "work with a minor: the worker comes along and speaks with the guardian",
)
_UNASKED = Text(
    "没有同意转介的记录，由社工陪同，不告知姓名和住址",
    "no recorded consent to referral: the worker comes along; no name and no address are given",
)
_NOTE = Text("注意", "note")


@command
def slip(s: Session, *, order: str, helper: str, network: LinkageNetwork) -> Slip:
    """Return the dispatch slip of `order` for `helper`, and record that it was read.

    Only for a helper who has accepted and is not done. The answer holds personal information and is for the
    helper's eyes: it is no JSON, so that no store can keep it beside the log.

    Raises RefusedError for everybody else, where the information was erased, and where it would go to
    another party without a recorded consent to referral (个人信息保护法 article 23).
    """
    found = order_of(s, order)
    mine = [call for call in calls_of(s, found, "accepted") if call.helper == helper]
    if not mine or found.status not in UNDER_WAY:
        why.refuse(why.NO_SLIP, found.stream, "helper", helper)
    client = s.state.subject(found.client)
    if client is None:
        why.refuse(why.ERASED, found.stream)
    call = mine[-1]
    named = _named(s, found, call, client, network)
    data = {"call": call.id, "helper": helper}
    s.record("slip.read", found.stream, data, ref=found.client)
    lines = _lines(s, found, call, client, named, network)
    return Slip(order, helper, tuple(lines))


def _named(s: Session, order: Order, call: Call, client: str, network: LinkageNetwork) -> bool:
    """Return whether the slip may name those served; else the worker brings the helper in.

    Raises RefusedError where serving the category would hand them on anyhow and no consent is recorded.
    """
    emergency = order.urgency == "emergency"
    served = order.client_kind, client
    if order.minor:
        return False
    if may_go_to(network, served, call.kind, s.act.day, emergency=emergency):
        return True
    category = None if s.plugins is None else s.plugins.categories.get(order.category)
    if category is None or category.refers:
        why.refuse(why.NO_CONSENT, order.stream, "client", None)
    return False


def _lines(
    s: Session, order: Order, call: Call, client: str, named: bool, network: LinkageNetwork
) -> list[tuple[Text, str | Text]]:
    lines: list[tuple[Text, str | Text]] = [(_ORDER, order.id), (_WHAT, _what(s, order, call.role))]
    if order.on_day is not None:
        lines.append((_WHEN, " ".join(filter(None, (order.on_day, _hours(order))))))
    record = _record(network, order.client_kind, client)
    if not named:
        return [*lines, *_through_worker(network, order, record)]
    if call.kind == "funds":
        return [*lines, (_NAME, _known(record, "name"))]
    home = record
    if order.client_kind == "persons":
        home = _record(network, "households", _value(record, "household") or "")
    return [
        *lines,
        (_NAME, _known(record, "name")),
        (_ADDRESS, _known(home, "address")),
        (_PHONE, _known(home, "phone")),
    ]


def _what(s: Session, order: Order, role: int) -> Text:
    slot = order.slot(role)
    known = None if s.plugins is None else s.plugins.categories.get(slot.category)
    said = {
        lang: f"{known.name(lang) if known else slot.category}　{say_amount(slot.amount, slot.dimension, lang)}"  # type: ignore[arg-type]
        for lang in ("zh", "en")
    }
    return Text(said["zh"], said["en"].replace("　", ", "))


def _hours(order: Order) -> str:
    ends = [f"{at // 60:02d}:{at % 60:02d}" for at in (order.starts, order.ends) if at is not None]
    return "–".join(ends)


def _through_worker(
    network: LinkageNetwork, order: Order, record: dict[str, Any]
) -> list[tuple[Text, str | Text]]:
    home = record
    if order.client_kind == "persons":
        home = _record(network, "households", _value(record, "household") or "")
    worker = _record(network, "social_workers", _value(home, "responsible_worker") or "")
    return [
        (_AREA, _community(network, order.place) or _UNKNOWN),
        (_WORKER, _known(worker, "name")),
        (_WORKER_PHONE, _known(worker, "phone")),
        (_NOTE, _MINOR if order.minor else _UNASKED),
    ]


def _community(network: LinkageNetwork, place: str | None) -> str | None:
    row = int(network.tables["places"].row_of([place])[0])
    if row < 0:
        return None
    above = [r for r in network.places.ancestors[row, : _COMMUNITY + 1].tolist() if r >= 0]
    return str(network.tables["places"]["name"][above[-1]]) if above else None


def _record(network: LinkageNetwork, kind: str, key: str) -> dict[str, Any]:
    table: Table = network.tables[kind]
    row = int(table.row_of([key])[0])
    return {} if row < 0 else {name: table[name][row] for name in table.kind.field_names}


def _value(record: dict[str, Any], field: str) -> str | None:
    value: str | None = record.get(field)
    return value or None


def _known(record: dict[str, Any], field: str) -> str | Text:
    return _value(record, field) or _UNKNOWN


@command
def notice(s: Session, *, order: str, lang: str = "zh") -> str:
    """Return what somebody who is asked may know before accepting: what, how much, when and which area."""
    found = order_of(s, order)
    area = s.state.get("area", found.place) if found.place else None
    known = None if s.plugins is None else s.plugins.categories.get(found.category)
    lines = [
        found.say(lang, known.name(lang) if known else None),
        *filter(None, (found.on_day, _hours(found))),
    ]
    community = [key for level, key in (area.path if area else ()) if level == "community"]
    if community:
        lines.append(str(s.state.get("area", community[-1]).name))
    return "\n".join(lines)
