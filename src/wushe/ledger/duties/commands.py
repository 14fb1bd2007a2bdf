"""Commands: tell what the law asks about. Late or wrong doings are recorded as they were, then reported."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import attrs

from wushe.errors import Problem, ProblemKind, RefusedError
from wushe.journal import Session, command
from wushe.ledger.duties.records import ABOUT, ENDINGS, MAJOR, RELATIONS, ROLES
from wushe.ledger.interests import interest_id
from wushe.model.parties import ORGANIZATION_KINDS
from wushe.text import Text

FORMS = ("foundation", "group", "service")

UNKNOWN_RECORD = ProblemKind(
    "duty-unknown-record",
    Text("没有这条记录", "there is no such record"),
    Text("已经登记的编号", "an id that was recorded before"),
    Text("核对编号，或先登记它", "check the id, or record it first"),
)
BAD_VALUE = ProblemKind(
    "duty-bad-value",
    Text("不能这样写", "this cannot be so"),
    Text("{want}", "{want}"),
    Text("核对后改正", "check and correct it"),
)
TWICE = ProblemKind(
    "duty-twice",
    Text("已经登记过", "it was recorded before"),
    Text("每个编号只登记一次", "each id once"),
    Text("核对编号；变动用相应的命令登记", "check the id; record changes by their own command"),
)


class _Checks:
    """Problems of one command, all told at once."""

    def __init__(self, s: Session, stream: str) -> None:
        self.s, self.stream = s, stream
        self.found: list[Problem] = []

    def known(self, kind: str, field: str, key: str | None) -> None:
        if key is not None and self.s.state.get(kind, key) is None:
            self.found.append(Problem(UNKNOWN_RECORD, self.stream, None, field, key))

    def one_of(self, field: str, value: str | None, choices: Iterable[str]) -> None:
        names = tuple(choices)
        if value is not None and value not in names:
            self.bad(field, value, " / ".join(names))

    def bad(self, field: str, value: object, want: str) -> None:
        self.found.append(Problem(BAD_VALUE, self.stream, None, field, str(value), {"want": want}))

    def order(self, field: str, first: dt.date | None, last: dt.date | None) -> None:
        if first is not None and last is not None and last < first:
            self.bad(field, last, f">= {first}")

    def done(self) -> None:
        if self.found:
            raise RefusedError(self.found)


def _text(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


@command
def describe_host(
    s: Session,
    *,
    host: str,
    kind: str,
    charity: bool | None = None,
    form: str | None = None,
    public: bool | None = None,
    public_since: dt.date | None = None,
    registered_on: dt.date | None = None,
) -> str:
    """Record what the organization `host` is; facts not given are unknown. See `CharityHost`.

    Raises RefusedError for a kind or form that does not exist, and for public fundraising without being a
    charity organization.
    """
    stream = f"charity/{host}"
    checks = _Checks(s, stream)
    checks.one_of("kind", kind, ORGANIZATION_KINDS)
    checks.one_of("form", form, FORMS)
    if public and charity is False:
        checks.bad("public", public, "charity=True")
    checks.done()
    old = s.state.get("charity_host", host)
    s.record(
        "charity.host_described",
        stream,
        {
            "id": host, "kind": kind, "charity": charity, "form": form, "public": public,
            "public_since": _text(public_since), "registered_on": _text(registered_on),
            "described_on": s.act.day.isoformat(),
            "asked_on": None if old is None else old.asked_on,
        },
    )  # fmt: skip
    return host


@command
def ask_interests(s: Session, *, host: str, on: dt.date) -> str:
    """Record that managers and donors were asked who their interested parties are. Raises RefusedError."""
    stream = f"charity/{host}"
    checks = _Checks(s, stream)
    checks.known("charity_host", "host", host)
    checks.done()
    s.record("charity.interests_asked", stream, {"id": host, "asked_on": on.isoformat()})
    return host


@command
def state_year(
    s: Session,
    *,
    host: str,
    year: int,
    income_fen: int | None = None,
    aid_fen: int | None = None,
    spent_fen: int | None = None,
    management_fen: int | None = None,
    assets_fen: int | None = None,
) -> str:
    """Record a host's yearly totals as its accounts state them; stated again, they replace what was.

    Raises RefusedError for a host not described and for amounts that cannot be.
    """
    key, stream = f"{host}/{year}", f"charity/{host}"
    checks = _Checks(s, stream)
    checks.known("charity_host", "host", host)
    amounts = {
        "income_fen": income_fen,
        "aid_fen": aid_fen,
        "spent_fen": spent_fen,
        "management_fen": management_fen,
    }
    for name, fen in amounts.items():
        if fen is not None and fen < 0:
            checks.bad(name, fen, ">= 0")
    if spent_fen is not None and (aid_fen or 0) + (management_fen or 0) > spent_fen:
        checks.bad("spent_fen", spent_fen, ">= aid_fen + management_fen")
    checks.done()
    old = s.state.get("charity_year", key)
    s.record(
        "charity.year_stated",
        stream,
        {
            "id": key, "host": host, "year": year, **amounts, "assets_fen": assets_fen,
            "explained_on": None if old is None else old.explained_on,
        },
    )  # fmt: skip
    return key


@command
def explain_ratio(s: Session, *, host: str, year: int, on: dt.date) -> str:
    """Record that missing a ratio was reported to the registrar and explained to the public (art. 61)."""
    key, stream = f"{host}/{year}", f"charity/{host}"
    checks = _Checks(s, stream)
    checks.known("charity_year", "year", key)
    checks.done()
    s.record("charity.ratio_explained", stream, {"id": key, "explained_on": on.isoformat()})
    return key


@command
def plan_campaign(
    s: Session,
    *,
    campaign: str,
    host: str,
    starts: dt.date,
    ends: dt.date,
    fund: str | None = None,
    project: str | None = None,
    public: bool = True,
    emergency: bool = False,
    online: bool | None = None,
    platform: str | None = None,
    designated: bool | None = None,
    partner: str | None = None,
    agreement: bool | None = None,
    partner_named: bool | None = None,
    one_person: bool | None = None,
) -> str:
    """Record a fundraising plan. See `Filing`; it is filed by `file_campaign`.

    Raises RefusedError for a campaign recorded before, a fund or host not known, an end before the start.
    """
    stream = f"campaign/{campaign}"
    checks = _Checks(s, stream)
    if s.state.get("charity_filing", campaign) is not None:
        checks.found.append(Problem(TWICE, stream, None, "campaign", campaign))
    checks.known("charity_host", "host", host)
    checks.known("fund", "fund", fund)
    checks.order("ends", starts, ends)
    checks.done()
    s.record(
        "charity.campaign_planned",
        stream,
        {
            "id": campaign, "host": host, "fund": fund, "project": project,
            "starts": starts.isoformat(), "ends": ends.isoformat(), "public": public,
            "emergency": emergency, "online": online, "platform": platform,
            "designated": designated, "partner": partner, "agreement": agreement,
            "partner_named": partner_named, "one_person": one_person,
        },
    )  # fmt: skip
    return campaign


@command
def file_campaign(s: Session, *, campaign: str, on: dt.date) -> str:
    """Record that the plan was filed (备案) on the day `on`, late or not. Raises RefusedError."""
    return _change(s, "charity.campaign_filed", "charity_filing", campaign, {"filed_on": on})


@command
def end_response(s: Session, *, campaign: str, on: dt.date) -> str:
    """Record the end of the emergency's response and rescue phase. Raises RefusedError."""
    return _change(s, "charity.response_ended", "charity_filing", campaign, {"response_until": on})


def _change(s: Session, event: str, kind: str, key: str, values: dict[str, Any]) -> str:
    stream = f"{'campaign' if kind == 'charity_filing' else 'charity-project'}/{key}"
    checks = _Checks(s, stream)
    checks.known(kind, "id", key)
    held = s.state.get(kind, key)
    for name, value in values.items():
        if name in {"response_until", "ended_on"} and held is not None:
            checks.order(name, dt.date.fromisoformat(held.starts), value)
    checks.done()
    plain = {name: _text(v) if isinstance(v, dt.date) else v for name, v in values.items()}
    s.record(event, stream, {"id": key, **plain})
    return key


@command
def declare_interest(
    s: Session, *, role: str, party: str, client: str, relation: str = "relative"
) -> str:
    """Record that `client` is an interested party of a donor, or of a host's manager; returns its id.

    `role` donor: `party` is a donor's id, manager: a host's id. From now on nothing may be committed for
    this client from that donor's gifts, or from that host's funds, until `end_interest`. Raises RefusedError.
    """
    stream = "interests"
    checks = _Checks(s, stream)
    checks.one_of("role", role, ROLES)
    checks.one_of("relation", relation, RELATIONS)
    if role == "manager":
        checks.known("charity_host", "party", party)
    checks.done()
    who = s.ref(party) if role == "donor" else party
    client_ref = s.ref(client)
    key = interest_id(role, who, client_ref)
    s.record(
        "charity.interest_declared",
        stream,
        {
            "id": key, "role": role, "party": who, "client": client_ref, "relation": relation,
            "declared_on": s.act.day.isoformat(),
        },
        ref=client_ref,
    )  # fmt: skip
    return key


@command
def end_interest(s: Session, *, interest: str, reason: str) -> str:
    """Record why a declared interest no longer bars; `reason` is one of `ENDINGS`. Raises RefusedError."""
    stream = "interests"
    checks = _Checks(s, stream)
    held = s.state.get("charity_interest", interest)
    if held is None:
        # The id leads to a person: it is not repeated in the message.
        checks.found.append(Problem(UNKNOWN_RECORD, stream, None, "interest"))
    checks.one_of("reason", reason, ENDINGS)
    checks.done()
    s.record(
        "charity.interest_ended",
        stream,
        {"id": interest, "ended": reason, "ended_on": s.act.day.isoformat()},
        ref=held.client,
    )
    return interest


@command
def agree_ratio(
    s: Session,
    *,
    gift: str,
    agreement: str,
    management_bp: int | None = None,
    spend_by: dt.date | None = None,
) -> str:
    """Record what the donation agreement sets for one gift (art. 61, last paragraph but one).

    `management_bp`: most of it for management, in hundredths of a per cent (500 = 5 %). Raises RefusedError.
    """
    stream = f"gift/{gift}"
    checks = _Checks(s, stream)
    checks.known("gift", "gift", gift)
    if management_bp is not None and not 0 <= management_bp <= 10_000:
        checks.bad("management_bp", management_bp, "0 ... 10000")
    if management_bp is None and spend_by is None:
        checks.bad("management_bp", "—", "management_bp / spend_by")
    checks.done()
    data = {"id": gift, "agreement": agreement, "management_bp": management_bp}
    s.record("charity.ratio_agreed", stream, {**data, "spend_by": _text(spend_by)})
    return gift


@command
def waive_receipt(
    s: Session, *, on: dt.date, gift: str | None = None, lot: str | None = None
) -> str:
    """Record that the donor of a gift or of a lot gave up the receipt: article 38 asks for that record.

    Raises RefusedError.
    """
    kind, key = ("gift", gift) if gift is not None else ("lot", lot)
    stream = f"{kind}/{key}"
    checks = _Checks(s, stream)
    if key is None or (gift is not None and lot is not None):
        checks.bad("gift", gift, "gift / lot")
    else:
        checks.known(kind, kind, key)
    checks.done()
    held = key if gift is not None else stream
    s.record("charity.receipt_waived", stream, {"id": held, "receipt_waived_on": on.isoformat()})
    return stream


@command
def give_receipt(s: Session, *, lot: str, number: str) -> str:
    """Record the receipt given for a lot of goods; gifts of money have theirs from the ledger. Raises RefusedError."""
    stream = f"lot/{lot}"
    checks = _Checks(s, stream)
    checks.known("lot", "lot", lot)
    checks.done()
    s.record("charity.receipt_given", stream, {"id": stream, "receipt_no": number})
    return stream


@command
def record_feedback(s: Session, *, lots: Iterable[str], on: dt.date) -> int:
    """Record that the donors of these lots were told how the goods are used (article 42); return how many.

    For gifts of money `wushe.ledger.money.feed_back` does so. Raises RefusedError.
    """
    keys = list(lots)
    s.state.load("lot", "id", keys)
    checks = _Checks(s, "lots")
    for key in keys:
        checks.known("lot", "lots", key)
    checks.done()
    for key in keys:
        donor = s.state.get("lot", key).donor
        data = {"id": f"lot/{key}", "fed_back_on": on.isoformat()}
        s.record("charity.fed_back", f"lot/{key}", data, ref=donor)
    return len(keys)


_SUBJECTS = {
    "emergency": "charity_filing", "campaign": "charity_filing", "campaign_final": "charity_filing",
    "project": "charity_project", "project_final": "charity_project", "surplus": "charity_project",
    "annual": "charity_host", "major": "charity_event",
}  # fmt: skip


@command
def publish_statement(
    s: Session,
    *,
    about: str,
    subject: str,
    on: dt.date,
    until: dt.date | None = None,
    year: int | None = None,
    document: str | None = None,
) -> str:
    """Record that something was published on the day `on`; returns the publication's id.

    `about` is one of `ABOUT`, `subject` the campaign, project, event or (annual) the host with its `year`;
    it covers what happened `until` (default: that day). `document` is its number or address. Raises RefusedError.
    """
    stream = f"statements/{about}"
    checks = _Checks(s, stream)
    checks.one_of("about", about, ABOUT)
    if about in _SUBJECTS:
        checks.known(_SUBJECTS[about], "subject", subject)
    checks.order("until", until, on)
    if (year is None) == (about == "annual"):
        checks.bad("year", year, "2025" if about == "annual" else "—")
    checks.done()
    key = f"{subject}/{year}" if year is not None else subject
    number = len(s.state.find("charity_statement", subject=key, about=about)) + 1
    name = f"{about}/{key}#{number}"
    s.record(
        "charity.statement_published",
        stream,
        {
            "id": name, "about": about, "subject": key, "published_on": on.isoformat(),
            "until": (until or on).isoformat(), "document": document,
        },
    )  # fmt: skip
    return name


@command
def tell_event(s: Session, *, event: str, host: str, kind: str, on: dt.date) -> str:
    """Record a major event of a host (重大事项), a key of `MAJOR`. Raises RefusedError."""
    stream = f"charity/{host}"
    checks = _Checks(s, stream)
    checks.known("charity_host", "host", host)
    checks.one_of("kind", kind, MAJOR)
    if s.state.get("charity_event", event) is not None:
        checks.found.append(Problem(TWICE, stream, None, "event", event))
    checks.done()
    data = {"id": event, "host": host, "kind": kind, "day": on.isoformat()}
    s.record("charity.event_told", stream, data)
    return event


@command
def describe_project(
    s: Session, *, project: str, host: str, starts: dt.date, ends: dt.date | None = None
) -> str:
    """Record whose charity project it is and how long it is to last. Raises RefusedError."""
    stream = f"charity-project/{project}"
    checks = _Checks(s, stream)
    checks.known("charity_host", "host", host)
    checks.order("ends", starts, ends)
    checks.done()
    held = s.state.get("charity_project", project)
    data = {"id": project, "host": host, "starts": starts.isoformat(), "ends": _text(ends)}
    if held is not None:
        kept = attrs.asdict(held)
        data = {**kept, **data}
    s.record("charity.project_described", stream, data)
    return project


@command
def end_project(s: Session, *, project: str, on: dt.date) -> str:
    """Record that a charity project ended. Raises RefusedError."""
    return _change(s, "charity.project_ended", "charity_project", project, {"ended_on": on})
