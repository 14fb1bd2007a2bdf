"""Dangshan: policies look for the corn seller's family, from the first evening to the closed file.

``wushe demo dangshan [--lang en]``

The story is published (央广网, reprinted by the county): a social worker meets a corn seller late in
the evening whose son is in hospital with leukaemia, comes back the next day with the list of papers for
dibao, hands everything in for him, and the community's mutual-aid society pays 700 yuan at once; medical
and education relief follow, then charity. **Everything else is made up**: names, ages, incomes, bills and
every date except "the next day", and how the case ended. The family is household H-QIAN of the demo
``dangshan``; the steps of its case are in the table ``case_events``.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import wushe
from wushe import Text
from wushe.casefile import CaseFile, case_file
from wushe.demos import demo_path
from wushe.identify import Filled, fill, with_facts
from wushe.journal import Act, MemoryStore
from wushe.ledger import DOMAIN as LEDGER
from wushe.ledger import money
from wushe.orders import (
    DOMAIN,
    accept,
    areas_of,
    complete,
    confirm,
    dispatch,
    dispatch_plan,
    enroll,
    helpers_of,
    place,
    place_need,
)
from wushe.relief import (
    Application,
    Assessments,
    Event,
    Linkage,
    assess,
    link_relief,
    policy_package,
    progress,
    refer,
    referrals,
)
from wushe.relief import answer as answered
from wushe.rules import chain_of

FAMILY, WORKER, OFFICE, PLACE = "H-QIAN", "W-HAN", "砀城镇", "341321100"
SOCIETY, TUTOR = "F-MA", "V-1"
EVENING = dt.date(2025, 6, 12)
NEXT_DAY = dt.date(2025, 6, 13)
ANSWERED = dt.date(2025, 8, 5)
SERVED = dt.date(2025, 12, 15)
CLOSED = dt.date(2025, 12, 22)
REVISITED = dt.date(2026, 3, 23)
EVENTS = (
    Event("opened", NEXT_DAY, by=WORKER, members=("P-QI", "P-QIAN")),
    Event("agent_authorised", NEXT_DAY, by="P-QIAN", whom=WORKER, written=True),
    Event("check_authorised", NEXT_DAY, by="P-QIAN"),
    Event("check_authorised", dt.date(2025, 6, 15), by="P-QI"),
    Event("submitted", dt.date(2025, 6, 16), by=WORKER),
    Event("accepted", dt.date(2025, 6, 17), by=OFFICE),
    Event("survey_started", dt.date(2025, 6, 19), by=OFFICE),
    Event("core_check_started", dt.date(2025, 6, 19), by=OFFICE),
    Event("surveyed", dt.date(2025, 6, 23), by=OFFICE),
    Event("publicity_started", dt.date(2025, 6, 25), by=OFFICE),
    Event("publicity_ended", dt.date(2025, 7, 2), by=OFFICE),
    Event("confirmed", dt.date(2025, 7, 11), by="砀山县民政局", stable=False),
    Event("paid", dt.date(2025, 8, 1), by="砀山县民政局", amount_fen=122_800),
)
"""The application for dibao, handed in by the worker as agent. All dates but the second day are made up."""
SETTLED = (
    ("P-SON", "medical_relief"),
    ("P-SON", "medical_relief_extra"),
    (FAMILY, "temp_emergency"),
    (FAMILY, "temp_spending"),
    ("P-DAU", "edu_compulsory"),
    ("P-SON", "edu_senior"),
)
"""What the offices have dealt with by August (made up): nothing more is to be expected of these."""

HEAD = Text("\n== {day}　{what}", "\n== {day}: {what}")
FIRST_AID = Text(
    "  {order}：{fund} 接单，{fen:,.2f} 元当晚付出，账上借贷差额 {difference}",
    "  {order}: {fund} takes it, {fen:,.2f} yuan paid the same evening, debits less credits {difference}",
)
DONE = Text("  {order}　{what}　{helper}", "  {order}  {what}  {helper}")
OPEN = Text(
    "  还不能结案，未确认的订单：{orders}", "  not to be closed yet, orders not confirmed: {orders}"
)
READY = Text(
    "  订单全部确认；链接了 {n} 方：{names}",
    "  all orders are confirmed; {n} parties were linked: {names}",
)
FORM = Text(
    "  夜间走访表：家庭的 {facts} 条事实；家里想要：{needs}",
    "  the evening's form: {facts} facts of the household; the family wants: {needs}",
)
STEP = Text("  {on}　{what}", "  {on}  {what}")
STAGE = Text("{on}　{stage}，案卷共 {n} 条记录", "{on}: {stage}; {n} records in the file")
NOTHING = Text("尚未立案", "no case yet")


class Desk:
    """The station's desk: one store with orders and money, and who acts when."""

    def __init__(self, rules: wushe.Plugins) -> None:
        self.rules = rules
        self.city = wushe.read(demo_path("dangshan"), plugins=rules)
        self.store = MemoryStore(DOMAIN + LEDGER, rules)

    def do(self, command: Callable[..., Any], day: dt.date, clock: str, **named: Any) -> Any:
        """Run a command of the day's hour and return its answer; `by` is the worker where nobody is named."""
        by = named.pop("by", WORKER)
        return self.store.run(Act(f"{day}T{clock}:00+08:00", by), command, **named).answer

    def open(self) -> None:
        """Enroll the parties and open the funds of the tables with what they hold."""
        self.do(enroll, EVENING, "08:00", helpers=helpers_of(self.city), areas=areas_of(self.city))
        for fund in self.city["funds"].records():
            self.do(
                money.open_fund, EVENING, "08:00", id=fund.id, name=fund.name, host=fund.host,
                nature=fund.nature, place=fund.place, purposes=fund.purposes,
                for_groups=fund.for_groups or (), per_need_fen=fund.per_need_fen,
            )  # fmt: skip
            gift = {
                "fund": fund.id, "fen": fund.balance_fen, "nature": fund.nature,
                "donor": fund.host, "donor_kind": "organization",
            }  # fmt: skip
            self.do(money.receive, EVENING, "08:00", gifts=[gift])

    def unconfirmed(self) -> list[str]:
        """Return the orders that nobody has confirmed yet, sorted."""
        return sorted(o.id for o in self.store.state.find("order") if o.status != "confirmed")

    def parties(self) -> list[str]:
        """Return the names of all bodies and helpers that took part, by id."""
        taken = {c.helper for c in self.store.state.find("call") if c.state in ("accepted", "done")}
        hosts = dict(zip(self.city["funds"].ids, self.city["funds"]["host"], strict=True))
        return [self.name(key) for key in sorted(hosts.get(key, key) for key in taken)]

    def name(self, key: str) -> str:
        """Return the name of a body, the id of a person: names of persons stay in the tables."""
        bodies = self.city["organizations"]
        row = int(bodies.row_of([key])[0])
        return str(bodies["name"][row]) if row >= 0 else key


def heading(day: dt.date, zh: str, en: str, lang: str) -> str:
    """Return what happens on a day."""
    return HEAD.say(lang, day=day.isoformat(), what=Text(zh, en))


def assessed(desk: Desk, on: dt.date) -> Assessments:
    """Return the assessments of the demo with the facts that were known on the day."""
    return assess(with_facts(desk.city, on), on=on, plugins=desk.rules)


def file_of(desk: Desk, on: dt.date) -> CaseFile:
    """Return the family's file as it was on a day."""
    return case_file(desk.city, FAMILY, on)


def say_file(desk: Desk, on: dt.date, lang: str) -> str:
    """Return where the case stood on a day."""
    found = file_of(desk, on)
    stage = found.moves[-1].say(lang) if found.moves else NOTHING
    return STAGE.say(lang, on=on, stage=stage, n=len(found.items))


def first_aid(desk: Desk) -> money.Payment:
    """Order the 700 yuan of the society, have it accepted and paid the same evening; return the payment."""
    key: str = desk.do(place_need, EVENING, "21:40", network=desk.city, need="N-1")
    desk.do(dispatch, EVENING, "21:45", order=key, to=[SOCIETY])
    desk.do(accept, EVENING, "22:00", by=SOCIETY, order=key, helper=SOCIETY)
    (held,) = desk.store.state.find("commitment", order=key)
    item = {"commitment": held.id, "emergency": "acute_illness"}
    (key_of_payment,) = desk.do(money.pay, EVENING, "22:10", by="O-MA", items=[item])
    desk.do(complete, EVENING, "22:15", by=SOCIETY, order=key)
    desk.do(confirm, NEXT_DAY, "09:00", order=key)
    paid: money.Payment = desk.store.state.get("payment", key_of_payment)
    return paid


def evening_form(desk: Desk) -> Filled:
    """Fill the evening's form with what was said, as the table of facts has it; the family wants to apply."""
    (visit,) = (v for v in desk.city["visits"].records() if v.id == "VI-1")
    form = desk.rules.visit_forms["dangshan_evening"]
    said = {
        fact.field: fact.value
        for fact in desk.city["facts"].records()
        if fact.visit == visit.id and fact.subject == FAMILY
    }
    answers = {
        question.id: said[question.field]
        for question in form.questions
        if question.subject == "household" and question.field in said
    }
    return fill(
        form, visit, {**answers, "want_relief_application": "是"}, at=f"{EVENING}T21:30:00+08:00",
        recorder=WORKER, categories=desk.rules.categories, target_groups=desk.rules.target_groups,
    )  # fmt: skip


def first_evening(desk: Desk, lang: str) -> Iterator[str]:
    """Yield what the facts of one conversation show, and the first aid."""
    yield heading(
        EVENING, "第一个晚上：聊出来的情况", "the first evening: what a conversation shows", lang
    )
    filled = evening_form(desk)
    wanted = [desk.rules.categories[need.category].name(lang) for need in filled.needs]
    yield FORM.say(lang, facts=len(filled.facts), needs=_comma(lang).join(wanted))
    found = assessed(desk, EVENING)
    for item in policy_package(found, FAMILY).possible:
        yield f"  {item.unit}  {item.policy.name.say(lang)}"
    linkage = link_relief(found.network, found, plugins=desk.rules, on=EVENING)
    yield linkage.explain("N-1", lang)
    paid = first_aid(desk)
    yield FIRST_AID.say(
        lang, order=paid.order, fund=paid.fund, fen=paid.fen / 100,
        difference=money.trial_balance(desk.store.state)["difference"],
    )  # fmt: skip


def apply(desk: Desk, events: tuple[Event, ...] = EVENTS) -> Application:
    """Hand the application in as agent; what may not follow yet is refused by the record itself."""
    application = Application("A-1", "dibao", FAMILY, PLACE, ())
    for event in events:
        application = application.add(event, desk.rules.policies["dibao"], desk.rules.parameters)
    return application


def next_day(desk: Desk, lang: str) -> Iterator[str]:
    """Yield the papers and the steps."""
    yield heading(
        NEXT_DAY, "次日上门：材料清单和代办", "the next day: papers, and the worker as agent", lang
    )
    package = policy_package(assessed(desk, NEXT_DAY), FAMILY, accepted_on=EVENTS[5].on)
    yield next(item for item in package if item.policy.id == "dibao").say(lang)
    yield say_file(desk, NEXT_DAY, lang)


def follow(desk: Desk, application: Application, lang: str) -> Iterator[str]:
    """Yield where the application stood on some days."""
    for day in (dt.date(2025, 6, 19), dt.date(2025, 7, 8), ANSWERED):
        yield heading(day, "申请进度", "where the application stands", lang)
        policy, parameters = desk.rules.policies["dibao"], desk.rules.parameters
        yield progress(application.events, policy, parameters, chain_of(PLACE), day).say(lang)


def link(desk: Desk) -> Linkage:
    """Return what relief has covered by August and what remains for charity."""
    found = assessed(desk, ANSWERED).settled(SETTLED)
    return link_relief(found.network, found, plugins=desk.rules, on=ANSWERED)


def charity(desk: Desk, lang: str) -> Iterator[str]:
    """Yield what remains for charity, refer it with consent, and order what is planned."""
    yield heading(ANSWERED, "政府救助答复之后，其余请慈善帮扶", "after the offices' answers: charity's part", lang)  # fmt: skip
    linkage = link(desk)
    yield linkage.summary(lang)
    for referral in referrals(linkage, linkage.base, ANSWERED).ready:
        if referral.need == "N-2":
            record = refer(referral, linkage.base, to="O-RC", by=WORKER, on=ANSWERED)
            yield answered(record, "accepted", dt.date(2025, 8, 8)).explain(lang)
    plan = wushe.make_plan(linkage.network(), plugins=desk.rules, on=ANSWERED)
    yield plan[FAMILY].explain(lang)
    order(desk, plan)
    yield OPEN.say(lang, orders=_comma(lang).join(desk.unconfirmed()))


def order(desk: Desk, plan: wushe.Plan) -> None:
    """Order what is planned, and a tutor for the daughter; everybody accepts."""
    made = desk.do(dispatch_plan, ANSWERED, "10:00", plan=plan)["dispatched"]
    tutoring = desk.do(
        place, ANSWERED, "10:30", client=FAMILY, category="tutoring", amount=120,
        place=f"{PLACE}-LD", minor=True,
    )  # fmt: skip
    desk.do(dispatch, ANSWERED, "10:35", order=tutoring, to=[TUTOR])
    for key in (*made, tutoring):
        for call in desk.store.state.find("call", order=key):
            desk.do(accept, ANSWERED, "15:00", by=call.helper, order=key, helper=call.helper)


def finish(desk: Desk) -> None:
    """Do, confirm and pay everything that is still open."""
    for key in desk.unconfirmed():
        helper = desk.store.state.find("call", order=key)[0].helper
        desk.do(complete, SERVED, "10:00", by=helper, order=key)
        client = FAMILY if helper == WORKER else WORKER
        desk.do(confirm, SERVED, "11:00", by=client, order=key)
    held = [c for c in desk.store.state.find("commitment") if c.status == "open"]
    desk.do(money.pay, SERVED, "14:00", by="O-CF", items=[{"commitment": c.id} for c in held])


def closing(desk: Desk, lang: str) -> Iterator[str]:
    """Yield how everything was done and confirmed, and the steps of the file to its end."""
    yield heading(SERVED, "评估：谁做了什么", "evaluation: who did what", lang)
    finish(desk)
    for one in sorted(desk.store.state.find("order"), key=lambda o: o.id):
        call = desk.store.state.find("call", order=one.id)[-1]
        what = desk.rules.categories[one.category].name(lang)
        yield DONE.say(lang, order=one.id, what=what, helper=call.helper)
    names = desk.parties()
    yield READY.say(lang, n=len(names), names=_comma(lang).join(names))
    yield heading(CLOSED, "结案", "the file is closed", lang)
    for move in file_of(desk, REVISITED).moves:
        yield STEP.say(lang, on=move.on, what=move.say(lang))
    yield say_file(desk, CLOSED, lang)
    yield say_file(desk, REVISITED, lang)


def _comma(lang: str) -> str:
    return "、" if lang == "zh" else ", "


def tell(lang: str) -> Iterator[str]:
    """Yield the story's lines."""
    desk = Desk(wushe.load_plugins("dangshan"))
    desk.open()
    yield from first_evening(desk, lang)
    yield from next_day(desk, lang)
    yield from follow(desk, apply(desk), lang)
    yield from charity(desk, lang)
    yield from closing(desk, lang)
