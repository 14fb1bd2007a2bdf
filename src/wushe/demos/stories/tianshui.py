"""Tianshui: ten pilot stations ask, the organizations paired with them accept, and both lists are kept live.

``wushe demo tianshui [--lang en]``

Published (《天水日报》): ten pilot stations, 17 activities, free clinics with 26 medical staff for over 350 elders, 32 and
126 sets of books, a parent-child day for nearly 190, a check by the 25th of each month, supervision each quarter,
commendation at the year's end. **Everything else is made up**: four of the ten stations and their organizations,
every date, who declines, how figures divide. Pairing by both sides' preferences is an extension of ours: the city
appoints the pairs. The tables are the demo ``tianshui``.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs
import numpy as np

import wushe
from wushe import Text
from wushe.demos import demo_path
from wushe.errors import RefusedError
from wushe.journal import Act, MemoryStore
from wushe.ledger.money import DOMAIN as MONEY
from wushe.matching.partners import Partners, explain_partners, pair_partners
from wushe.orders import (
    DOMAIN,
    accept,
    areas_of,
    complete,
    confirm,
    decline,
    dispatch,
    dispatch_plan,
    enroll,
    escalate,
    helpers_of,
    place_need,
)
from wushe.orders.projects import record_activity
from wushe.report.rhythm import (
    RhythmReport,
    commendation,
    progress_check,
    rhythm_calendar,
    supervision,
)
from wushe.report.upkeep import LiveLists, live_lists

ON = dt.date(2025, 5, 6)
LOOKED_AT = dt.date(2025, 5, 22)
BUREAU = "O-MZ"
NOT_PAIRED, HOSPITAL, WORKER = "N-18", "O-DY", "W-XG"
"""Xiguan Street asks for a clinic too; the hospital that another town is paired with; Xiguan's worker."""
DECLINED, BUSY = "O-N-17", "O-S10"

HEAD = Text("\n== {what}", "\n== {what}")
PAIR = Text("  {station}：{partners}", "  {station}: {partners}")
ASKED = Text("  {need} {station} {what}：{who}", "  {need} {station}, {what}: {who}")
ON_THE_DAY = Text(
    "  需求 {needs} 项，供给 {offers} 项；不能安排的：{short}",
    "  {needs} needs, {offers} offers; not to be arranged: {short}",
)
REFUSED = Text("  没有办：{why}", "  refused: {why}")
ESCALATED = Text(
    "  {order}：{who} 这个月排不开，单到{level}；区里商定改期，由它接下",
    "  {order}: {who} has no time this month; the order goes to the {level}, which agrees on a later day with it",
)
LEVEL = Text("区县", "district")
REPORTED = Text(
    "  报道的数字：{activities} 次活动，义诊医护 {staff} 人、老人 {elders} 余人，辅导资料 {books} 套，亲子活动近 {family} 人",
    "  as published: {activities} activities, {staff} medical staff and over {elders} elders at clinics, {books} sets of books, nearly {family} at the parent-child day",
)
TIDY = Text("  {what}：{ids}", "  {what}: {ids}")
LISTS = {
    "past_due": Text("已过期的需求", "needs past due"),
    "untouched": Text("久未联系的需求", "needs not touched"),
    "undated": Text("日期不详的需求", "needs without a date"),
    "unoffered": Text("无人供给的需求", "needs nobody offers"),
    "expiring": Text("即将到期的供给", "offers about to end"),
    "lapsed": Text("已失效的供给", "offers lapsed"),
    "unasked": Text("无人点单的供给", "offers nobody asks for"),
}
KEPT = Text("  {n} 个组织与指定的结对相同，共 {all} 个", "  {n} of {all} as appointed")


class Desk:
    """The city's desk: one store, and who acts when."""

    def __init__(self) -> None:
        self.rules = wushe.load_plugins("tianshui")
        self.city = wushe.read(demo_path("tianshui"), plugins=self.rules)
        self.plan = wushe.make_plan(self.city, plugins=self.rules, on=ON)
        self.store = MemoryStore(DOMAIN + MONEY, self.rules)

    def do(self, command: Callable[..., Any], at: str, by: str = BUREAU, **named: Any) -> Any:
        """Run a command and return its answer."""
        return self.store.run(Act(at, by), command, **named).answer

    def names(self, table: str) -> Mapping[str, str]:
        """Return the names of a table's rows by id."""
        rows = self.city[table]
        return dict(zip(rows.ids.tolist(), rows["name"].tolist(), strict=True))


def appointed(network: wushe.LinkageNetwork) -> dict[str, tuple[str, ...]]:
    """Return the organizations that each station is paired with, by the station's id."""
    return {s.id: s.pairs or () for s in network["stations"].records()}


def ordered(desk: Desk) -> dict[str, list[str]]:
    """Place what the plan found as orders and ask the partners (点单、派单)."""
    morning = "2025-05-06T09:00:00+08:00"
    desk.do(enroll, morning, helpers=helpers_of(desk.city), areas=areas_of(desk.city))
    answer: dict[str, list[str]] = desk.do(dispatch_plan, morning, plan=desk.plan)
    return answer


def refusals(desk: Desk) -> list[RefusedError]:
    """Return what the desk says when another town's hospital, and a worker, are sent to Xiguan's clinic."""
    at, found = "2025-05-06T10:00:00+08:00", []
    order = desk.do(place_need, at, by=WORKER, network=desk.city, need=NOT_PAIRED)
    for helper in (HOSPITAL, WORKER):
        try:
            desk.do(dispatch, at, order=order, to=[helper])
        except RefusedError as error:
            found.append(error)
    return found


def answered(desk: Desk) -> str:
    """All partners accept but one; its order goes up, and is taken for a later day. Return the level."""
    calls = desk.store.state.find("call", state="asked")
    for call in sorted(calls, key=lambda c: c.id):
        if call.order != DECLINED:
            by = call.helper if call.kind == "organizations" else "O-XDRC"
            desk.do(accept, "2025-05-07T09:00:00+08:00", by, order=call.order, helper=call.helper)
    at = "2025-05-07T10:00:00+08:00"
    desk.do(decline, at, BUSY, order=DECLINED, helper=BUSY, reason="busy")
    order = desk.store.state.get("order", DECLINED)
    if order.level is None:
        desk.do(escalate, at, order=DECLINED)
    level: str = desk.store.state.get("order", DECLINED).level
    desk.do(dispatch, "2025-05-08T09:00:00+08:00", order=DECLINED, to=[BUSY])
    desk.do(accept, "2025-05-08T15:00:00+08:00", BUSY, order=DECLINED, helper=BUSY)
    return level


def held(desk: Desk, since: dt.date, until: dt.date) -> list[str]:
    """Hold the activities of those days: order done and confirmed, figures recorded. Return their ids."""
    rows = [a for a in desk.city["activities"].records() if since <= a.held_on <= until]
    for row in sorted(rows, key=lambda a: (a.held_on, a.id)):
        order = f"O-N-{row.id[2:]}"
        day = row.held_on.isoformat()
        desk.do(complete, f"{day}T17:00:00+08:00", row.organization, order=order)
        desk.do(confirm, f"{day}T18:00:00+08:00", order=order, rating=5)
        category = desk.store.state.get("order", order).category
        desk.do(
            record_activity, f"{day}T18:00:00+08:00", activity=row.id, day=day, category=category,
            organizer=row.organization, place=row.place, persons=row.persons,
        )  # fmt: skip
    return [row.id for row in rows]


def after(desk: Desk) -> wushe.LinkageNetwork:
    """Return the city with the needs met whose orders are confirmed."""
    table = desk.city["needs"]
    met = {o.need for o in desk.store.state.find("order", status="confirmed")}
    status = table["status"].copy()
    status[[key in met for key in table.ids]] = "met"
    needs = attrs.evolve(table, columns={**table.columns, "status": status})
    city = desk.city
    return wushe.build_network(
        {**city.tables, "needs": needs}, city.categories, city.target_groups, city.versions
    )


def reports(desk: Desk) -> tuple[RhythmReport, RhythmReport, RhythmReport]:
    """Return May's check, the second quarter's supervision, and the year's list for the commendation."""
    state, names = desk.store.state, desk.names("organizations")
    return (
        progress_check(state, "2025-05", level="county", names=names),
        supervision(state, "2025Q2", level="county", names=names),
        commendation(state, 2025, by=("confirmed",), names=names),
    )


@attrs.frozen
class Wishes:
    """What both sides would like, best first, and the stable pairing that comes of it."""

    organizations: Mapping[str, tuple[str, ...]]
    stations: Mapping[str, tuple[str, ...]]
    places: Mapping[str, int]
    found: Partners


def wishes(network: wushe.LinkageNetwork) -> Wishes:
    """Pair organizations and stations by the two lists (assumed): what the one asks and the other can do,
    most of it first, then the nearest, then by id; who has nothing for the other is not listed."""
    stations = list(network["stations"].records())
    helpers = [o for o in network["organizations"].records() if o.specialties]
    asked = [_asked(network, s.place) for s in stations]
    km = _km(network, [s.place for s in stations], [o.place for o in helpers])
    fit = [[sum(want.count(c) for c in o.specialties or ()) for o in helpers] for want in asked]
    rows, columns = range(len(stations)), range(len(helpers))
    liked = {
        helpers[c].id: tuple(
            stations[r].id
            for r in sorted(rows, key=lambda r: (-fit[r][c], km[r, c], stations[r].id))
            if fit[r][c]
        )
        for c in columns
    }
    wanted = {
        stations[r].id: tuple(
            helpers[c].id
            for c in sorted(columns, key=lambda c: (-fit[r][c], km[r, c], helpers[c].id))
            if fit[r][c]
        )
        for r in rows
    }
    room = {s.id: max(len(s.pairs or ()), 1) for s in stations}
    return Wishes(liked, wanted, room, pair_partners(liked, wanted, room))


def _asked(network: wushe.LinkageNetwork, place: str) -> list[str]:
    """Return what institutions and households within a place ask for, a team's roles in its stead."""
    row = int(network["places"].row_of([place])[0])
    here: set[str | None] = set()
    for name in ("institutions", "households"):
        table = network[name]
        inside = network.places.within(network["places"].row_of(table["place"]), row)
        here |= set(table.ids[inside].tolist())
    found: list[str] = []
    for need in network["needs"].records():
        if need.institution in here or need.household in here:
            roles = network.categories[need.category].roles
            found += [role.category for role in roles] or [need.category]
    return found


def _km(network: wushe.LinkageNetwork, ours: list[str], theirs: list[str]) -> Any:
    """Return kilometres, shape (n_ours, n_theirs), as plugins ask for them."""
    places, table = network.places, network["places"]
    sides: list[wushe.Columns] = []
    for keys in (ours, theirs):
        rows = table.row_of(keys)
        sides.append(wushe.Columns(len(keys), {"lon": places.lon[rows], "lat": places.lat[rows]}))
    need, offer = np.indices((len(ours), len(theirs)), dtype=np.int32)
    pairs = wushe.Pairs(need.ravel(), offer.ravel())
    return wushe.pair_km(sides[0], sides[1], pairs).reshape(need.shape).round(3)


def kept(network: wushe.LinkageNetwork, found: Partners) -> int:
    """Return how many organizations the preferences give the station that they are appointed to."""
    pairs = {(o, s) for s, partners in appointed(network).items() for o in partners}
    return len(pairs.intersection(found.partner.items()))


def heading(zh: str, en: str, lang: str) -> str:
    """Return a heading."""
    return HEAD.say(lang, what=Text(zh, en))


def lists(desk: Desk, lang: str) -> Iterator[str]:
    """Yield the pairs, and who is asked for what."""
    yield heading("指定的结对", "the appointed pairs", lang)
    organizations, stations = desk.names("organizations"), desk.names("stations")
    comma = "、" if lang == "zh" else ", "
    for station, keys in appointed(desk.city).items():
        partners = comma.join(organizations[key] for key in keys)
        yield PAIR.say(lang, station=stations[station], partners=partners)
    yield heading("需求清单对供给清单", "the needs list meets the supply list", lang)
    short = {o.need: o.reason for c in desk.plan.clients.values() for o in c.unserved}
    why = [f"{need} {wushe.REASONS[reason].say(lang)}" for need, reason in sorted(short.items())]
    needs, offers = len(desk.city["needs"]), len(desk.plan.offers)
    yield ON_THE_DAY.say(lang, needs=needs, offers=offers, short=comma.join(why))
    for item in sorted(desk.plan.items, key=lambda i: (i.need, i.category.id)):
        row = int(desk.city["needs"].row_of([item.need])[0])
        station = desk.names("institutions")[desk.city["needs"]["institution"][row]]
        what = f"{item.category.name(lang)} {item.amount}"
        yield ASKED.say(lang, need=item.need, station=station, what=what, who=item.provider.label())


def orders(desk: Desk, lang: str) -> Iterator[str]:
    """Yield what becomes of the orders."""
    yield heading("点单、派单、接单：只派给结对组织", "orders go to the partner only", lang)
    ordered(desk)
    for error in refusals(desk):
        yield REFUSED.say(lang, why=error.say(lang))
    assert answered(desk) == "county"
    yield ESCALATED.say(lang, order=DECLINED, who=BUSY, level=LEVEL.say(lang))
    yield REPORTED.say(lang, **published(desk.city))


def published(network: wushe.LinkageNetwork) -> dict[str, int]:
    """Return the report's figures as the tables hold them."""
    clinics = [a for a in network["activities"].records() if "义诊" in a.name]
    family = [a for a in network["activities"].records() if "亲子" in a.name]
    offered = network["offers"].records()
    return {
        "activities": len(network["activities"]),
        "staff": sum(o.quantity for o in offered if "free_clinic" in o.categories),
        "elders": sum(a.persons or 0 for a in clinics),
        "books": sum(r.quantity or 0 for r in network["resources"].records()),
        "family": sum(a.persons or 0 for a in family),
    }


def upkept(desk: Desk) -> LiveLists:
    """Hold what was agreed up to the day before the check, and look the lists over."""
    held(desk, ON, LOOKED_AT)
    return live_lists(after(desk), desk.rules, LOOKED_AT)


def upkeep(desk: Desk, lang: str) -> Iterator[str]:
    """Yield what of the two lists is to be put in order."""
    yield heading("5月22日整理两张清单", "both lists are tidied up on 22 May", lang)
    found = upkept(desk)
    for name, label in LISTS.items():
        ids = getattr(found, name) if name != "unasked" else never_asked(desk, found)
        yield TIDY.say(
            lang, what=label.say(lang), ids=("、" if lang == "zh" else ", ").join(ids) or "–"
        )


def never_asked(desk: Desk, found: LiveLists) -> list[str]:
    """Return the offers that nobody asks for, without those that an order has taken up."""
    orders = desk.store.state.find("order")
    taken = {offer for order in orders for _, _, offer in order.helpers}
    return [key for key in found.unasked if key not in taken]


def rhythm(desk: Desk, lang: str) -> Iterator[str]:
    """Yield the calendar of the quarter, the check of May and the list for the commendation."""
    yield heading("每月调度、每季督导、年底表扬", "check, supervision, commendation", lang)
    for meeting in rhythm_calendar(2025).meetings:
        if meeting.period in ("2025-04", "2025-05", "2025-06", "2025Q2", "2025"):
            yield "  " + meeting.say(lang)
    held(desk, LOOKED_AT + dt.timedelta(days=1), dt.date(2025, 12, 31))
    check, quarter, year = reports(desk)
    # The public's version: its title, its caution and the table of places.
    yield from ("  " + line for line in check.summary(lang).splitlines()[:6])
    done = [row.figure("confirmed").value for row in quarter.table("months").rows]
    yield QUARTER.say(lang, n=sum(done), months=" + ".join(map(str, done)))
    ranks = [row.name.say(lang) for row in year.table("partners").rows]
    yield COMMENDED.say(lang, names="；".join(ranks[:4]) if lang == "zh" else "; ".join(ranks[:4]))


QUARTER = Text(
    "  二季度确认 {n} 单（{months}）", "  second quarter: {n} orders confirmed ({months})"
)
COMMENDED = Text(
    "  供表扬参考的名单，前四行：{names}", "  list for the commendation, first four: {names}"
)


def preferences(desk: Desk, lang: str) -> Iterator[str]:
    """Yield the pairing that both sides' preferences give, with reasons."""
    yield heading(
        "如果按双方志愿结对（我们的扩展）：稳定，且说得出理由",
        "our extension, pairing by both sides' preferences: stable, and explained",
        lang,
    )
    wanted, names = wishes(desk.city), {**desk.names("organizations"), **desk.names("stations")}
    sides = wanted.organizations, wanted.stations
    for who in wanted.organizations:
        said = explain_partners(wanted.found, *sides, who, lang, names=names)
        yield from ("  " + line for line in said.splitlines())
    yield KEPT.say(lang, n=kept(desk.city, wanted.found), all=len(wanted.organizations))


def tell(lang: str) -> Iterator[str]:
    """Yield the story."""
    desk = Desk()
    for part in (lists, orders, upkeep, rhythm, preferences):
        yield from part(desk, lang)
