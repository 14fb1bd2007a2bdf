"""A proof of service as text and as a page, in both languages; names only as the reader's role may see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from wushe.journal import State
from wushe.orders.volunteers.certificates import certified
from wushe.orders.volunteers.records import Certificate
from wushe.privacy import DEFAULT_ROLE, check_role, shown, shown_to
from wushe.render import Page
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.network import LinkageNetwork

_TITLE = Text(zh="志愿服务记录证明", en="Record of volunteer service")
_SAYS = Text(
    zh="兹证明志愿者 {name} 于 {since} 至 {until} 参加志愿服务 {n} 次，服务时间共 {time}。",
    en="This proves that the volunteer {name} served {n} times from {since} to {until}, {time} altogether.",
)
_UNIT = Text(zh="记录单位：{unit}　出具日期：{on}", en="Recorded by: {unit}. Issued on: {on}")
_CHECK = Text(
    zh="编号：{number}　查验码：{code}",
    en="Number: {number}. Code to check it by: {code}",
)
_LAW = Text(
    zh="依据《志愿服务记录与证明出具办法（试行）》（民政部令第67号）第十四、十五、十七条无偿出具；"
    "凭编号和查验码可以查验。",
    en="Issued free of charge by articles 14, 15 and 17 of the measures on volunteer service records and proofs "
    "(Ministry of Civil Affairs, Order 67); number and code can be checked.",
)
_COLUMNS = (
    Text(zh="日期", en="Day"),
    Text(zh="服务内容", en="Content"),
    Text(zh="活动", en="Activity"),
    Text(zh="服务时间", en="Time"),
    Text(zh="组织单位", en="Run by"),
)
_HOURS = Text(zh="{h}小时", en="{h} h")
_MINUTES = Text(zh="{m}分钟", en="{m} min")
_BOTH = Text(zh="{h}小时{m}分钟", en="{h} h {m} min")
_SOMEBODY = Text(zh="（姓名不公开）", en="(name not shown)")


def hours_text(minutes: int, lang: str = "zh") -> str:
    """Return a time as hours and minutes: the measures count hours, and nothing is rounded away."""
    h, m = divmod(minutes, 60)
    if h and m:
        return _BOTH.say(lang, h=h, m=m)
    return _HOURS.say(lang, h=h) if h or not m else _MINUTES.say(lang, m=m)


def name_of(
    network: LinkageNetwork | None, helper: str, role: str = DEFAULT_ROLE, *, minor: bool = False
) -> str | None:
    """Return a volunteer's name as `role` sees it; the id to roles that may have it where no table names it."""
    check_role(role)
    known = _cell(network, "volunteers", helper, "name")
    if known is None:
        return helper if shown_to(role, "reference") == "full" else None
    data_class: Literal["minor_name", "helper_name"] = "minor_name" if minor else "helper_name"
    return shown(known, data_class, role)


def certificate_text(
    state: State,
    number: str,
    *,
    network: LinkageNetwork | None = None,
    role: str = DEFAULT_ROLE,
    lang: str = "zh",
) -> str:
    """Return the proof as plain text. Raises KeyError for an unknown number."""
    held = _held(state, number)
    lines = [_TITLE.say(lang), *_said(state, held, network, role, lang)]
    for row in _rows(state, held, network):
        cells = [cell.say(lang) if isinstance(cell, Text) else cell for cell in row]
        lines.append("  ".join(cell for cell in cells if cell))
    return "\n".join([*lines, _LAW.say(lang)])


def certificate_page(
    state: State,
    number: str,
    *,
    network: LinkageNetwork | None = None,
    role: str = DEFAULT_ROLE,
    lang: str = "zh",
) -> Page:
    """Return the proof as a page in both languages that opens in `lang`. Raises KeyError for an unknown number."""
    held = _held(state, number)
    page = Page(_TITLE, lang=lang)
    zh, en = (_said(state, held, network, role, one) for one in ("zh", "en"))
    for chinese, english in zip(zh, en, strict=True):
        page.paragraph(Text(zh=chinese, en=english))
    page.table(_COLUMNS, _rows(state, held, network), max_rows=len(held.lines))
    return page.paragraph(_LAW)


def _held(state: State, number: str) -> Certificate:
    held: Certificate | None = state.get("certificate", number)
    if held is None:
        raise KeyError(number)
    return held


def _said(
    state: State, held: Certificate, network: LinkageNetwork | None, role: str, lang: str
) -> list[str]:
    helper = state.get("helper", held.helper)
    name = name_of(network, held.helper, role, minor=helper is None or helper.minor)
    return [
        _SAYS.say(
            lang,
            name=name if name is not None else _SOMEBODY,
            since=held.since,
            until=held.until,
            n=len(held.lines),
            time=hours_text(held.minutes, lang),
        ),
        _UNIT.say(lang, unit=_unit(network, held.unit), on=held.issued_on),
        _CHECK.say(lang, number=held.id, code=held.code),
    ]


def _rows(
    state: State, held: Certificate, network: LinkageNetwork | None
) -> Sequence[Sequence[Any]]:
    rows = []
    for service, (_, minutes) in zip(certified(state, held), held.lines, strict=True):
        known = None if network is None else network.categories.get(service.category)
        content = service.category if known is None else Text(zh=known.zh, en=known.en)
        activity = service.activity or ""
        activity = _cell(network, "activities", activity, "name") or activity
        time = Text(zh=hours_text(minutes, "zh"), en=hours_text(minutes, "en"))
        rows.append((service.day, content, activity, time, _unit(network, service.organizer)))
    return rows


_UNIT_TABLES = ("organizations", "stations", "communities", "volunteer_teams")


def _unit(network: LinkageNetwork | None, key: str) -> str:
    for table in _UNIT_TABLES:
        name = _cell(network, table, key, "name")
        if name is not None:
            return name
    return key


def _cell(network: LinkageNetwork | None, table: str, key: str, field: str) -> str | None:
    if network is None or not key:
        return None
    held = network[table]
    row = int(held.row_of([key])[0])
    return None if row < 0 else str(held[field][row])
