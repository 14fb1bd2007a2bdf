"""What the state keeps of orders: the order, the calls on helpers, who may be called, and where."""

from __future__ import annotations

import attrs

from wushe.journal import RecordKind
from wushe.model.units import say_amount
from wushe.orders.reasons import reason_text
from wushe.orders.table import STATUSES
from wushe.text import Text


@attrs.frozen
class Slot:
    """One role of a team order: the category of its service, base units of it, skills it asks for."""

    category: str
    amount: int
    skills: tuple[str, ...] = ()
    dimension: str = "minute"


@attrs.frozen
class Candidate:
    """Somebody who may be asked. `extra`: by how much a unit is dearer than the need's price in the plan, 0 best.

    `most`: the most base units that this offer may give to the need, None where that is all of it.
    """

    provider: str
    kind: str
    offer: str | None = None
    extra: int = 0
    role: int | None = None
    most: int | None = None


@attrs.frozen
class Order:
    """One order (点单). `client` is a reference; amounts are base units of `dimension`.

    `urgency` is a key of `URGENCIES`, `minor` true where minors are served or might be (age unknown); `groups` are the
    target groups of those served, which restricted gifts ask for; orders of one client with the same `visit` are one occasion. `roles` is () but for team orders, `helpers` are
    (role, provider, offer) of those who accepted, role -1 for plain orders. `candidates` were not
    asked yet, best first. `round` counts dispatches since the last escalation, `calls` all calls ever; `level` is who
    decides since it was escalated, `office` who that is where the city says. `due_at`: the next instant at
    which somebody's time to answer ends. `planned_on`: the date of the plan that it comes from. `after`: the need
    that must have been served first (`Need.after`). `version` counts the order's changes, from 1.
    """

    id: str
    source: str
    category: str
    form: str
    amount: int
    dimension: str
    client: str
    client_kind: str
    placed_by: str
    placed_at: str
    need: str | None = None
    urgency: str = "normal"
    place: str | None = None
    on_day: str | None = None
    starts: int | None = None
    ends: int | None = None
    visit: str | None = None
    minor: bool = False
    groups: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    roles: tuple[Slot, ...] = ()
    public_text: str | None = None
    shown_from: str | None = None
    status: str = "placed"
    level: str | None = None
    office: str | None = None
    round: int = 0
    calls: int = 0
    candidates: tuple[Candidate, ...] = ()
    helpers: tuple[tuple[int, str, str | None], ...] = ()
    due_at: str | None = None
    done_amount: int = 0
    rating: int | None = None
    reason: str | None = None
    project: str | None = None
    planned_on: str | None = None
    after: str | None = None
    confirmed_on: str | None = None
    changed_at: str = ""
    version: int = 1

    def slot(self, role: int) -> Slot:
        """Return what one helper is asked to do: a role of the team, or all that is left (role -1)."""
        if role >= 0:
            return self.roles[role]
        return Slot(self.category, self.left, self.skills, self.dimension)

    @property
    def left(self) -> int:
        """Base units that are not done yet."""
        return max(self.amount - self.done_amount, 0)

    @property
    def stream(self) -> str:
        """The stream of the order's events."""
        return f"order/{self.id}"

    def say(self, lang: str = "zh", category: str | None = None) -> str:
        """Return one line: what, how much, how urgent, how it stands; nothing tells of those served.

        `category` is the name of the order's category where the reader's registry has it.
        """
        amount = say_amount(self.amount, self.dimension, lang)  # type: ignore[arg-type]
        line = _ORDER.say(
            lang, id=self.id, what=category or self.category, amount=amount,
            urgency=_URGENCY[self.urgency], status=STATUSES[self.status],
        )  # fmt: skip
        if 0 < self.done_amount < self.amount:
            done = say_amount(self.done_amount, self.dimension, lang)  # type: ignore[arg-type]
            line += _PART.say(lang, done=done)
        if self.level is not None and self.status == "escalated":
            line += _AT.say(lang, level=LEVEL_NAMES[self.level], office=self.office or "–")
        if self.reason is not None:
            line += _WHY.say(lang, reason=reason_text(self.reason))
        if self.helpers:
            names = ("、" if lang == "zh" else ", ").join(key for _, key, _ in self.helpers)
            line += _BY.say(lang, names=names)
        return line


_ORDER = Text(
    "{id}　{what} {amount}　{urgency}　{status}", "{id}: {what}, {amount}, {urgency}, {status}"
)
_PART = Text("（已完成 {done}）", " ({done} done)")
_AT = Text("（{level}，{office}）", " ({level}, {office})")
_WHY = Text("：{reason}", ": {reason}")
_BY = Text("　帮扶方 {names}", "; helpers {names}")
_URGENCY = {
    "emergency": Text("急难", "emergency"),
    "urgent": Text("紧急", "urgent"),
    "normal": Text("一般", "normal"),
    "low": Text("可缓", "can wait"),
}
LEVEL_NAMES = {
    "province": Text("省", "province"),
    "city": Text("市", "city"),
    "county": Text("区县", "county or district"),
    "street": Text("街道乡镇", "street or town"),
    "community": Text("社区村", "community or village"),
    "grid": Text("网格", "grid"),
}


@attrs.frozen
class Call:
    """One request (派单) to one candidate. `state`: asked, held (a team is not complete yet), accepted,
    declined, timed_out, withdrawn, backed_out or done. `minutes`: what it takes of the helper's week; `slips`: how often the dispatch slip was read.

    The other fields are the order's, so that a helper's time and cases can be told without the orders.
    """

    id: str
    order: str
    helper: str
    kind: str
    client: str
    amount: int
    asked_at: str
    offer: str | None = None
    role: int = -1
    state: str = "asked"
    due_at: str | None = None
    reason: str | None = None
    on_day: str | None = None
    starts: int | None = None
    ends: int | None = None
    visit: str | None = None
    minutes: int = 0
    slips: int = 0


@attrs.frozen
class Helper:
    """Whoever may accept orders, with what guards ask. `kind` is the name of a table of `PROVIDERS`.

    `caseload` counts the households that a worker has beside the orders here. None is unknown,
    () is no restriction; `for_clients` are references. Dates are ISO text.
    """

    id: str
    kind: str
    place: str | None = None
    minor: bool = False
    guardian_consent: bool | None = None
    vetted_on: str | None = None
    insured_until: str | None = None
    caseload: int = 0
    caseload_limit: int | None = None
    weekly_minutes: int | None = None
    skills: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    for_places: tuple[str, ...] = ()
    for_groups: tuple[str, ...] = ()
    for_clients: tuple[str, ...] = ()
    available_from: str | None = None
    available_to: str | None = None
    family: str | None = None
    teams: tuple[str, ...] = ()

    @property
    def single(self) -> bool:
        """Whether this is one person, who can be in one place at a time."""
        return self.kind in PERSONS


PERSONS = ("social_workers", "volunteers")


@attrs.frozen
class Area:
    """A place with its level and those above it, `path` from the nation down to itself as (level, id).

    `partners` are the organizations paired with the stations that serve it, sorted; () where none is.
    """

    id: str
    level: str
    name: str
    path: tuple[tuple[str, str], ...] = ()
    partners: tuple[str, ...] = ()


ORDER = RecordKind("order", Order, ("status", "client", "need", "due_at"))
CALL = RecordKind("call", Call, ("helper", "order", "state", "due_at"))
HELPER = RecordKind("helper", Helper, ("kind", "place"))
AREA = RecordKind("area", Area)
RECORDS = (ORDER, CALL, HELPER, AREA)
