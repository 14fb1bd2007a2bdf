"""Dangshan: policies look for the corn seller's family, from the first evening to charity's part.

``python examples/dangshan.py [--lang en]``

The story is published (央广网, reprinted by the county): a social worker meets a corn seller late in
the evening whose son is in hospital with leukaemia, comes back the next day with the list of papers for
dibao, hands everything in for him, and the community's mutual-aid society pays 700 yuan at once; medical
and education relief follow, then charity. **Everything else is made up**: names, ages, incomes, bills and
every date except "the next day". The family is household H-QIAN of the demo ``dangshan``.
"""

import argparse
import datetime as dt

import wushe
from wushe import Text
from wushe.demos import demo_path
from wushe.identify import with_facts
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
from wushe.rules.parameters import chain_of

FAMILY, WORKER, OFFICE, PLACE = "H-QIAN", "W-HAN", "砀城镇", "341321100"
EVENING = dt.date(2025, 6, 12)
NEXT_DAY = dt.date(2025, 6, 13)
ANSWERED = dt.date(2025, 8, 5)
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

_HEAD = Text("\n== {day}　{what}", "\n== {day}: {what}")


def heading(day: dt.date, zh: str, en: str, lang: str) -> None:
    """Print what happens on a day."""
    print(_HEAD.say(lang, day=day.isoformat(), what=Text(zh, en)))


def assessed(rules: wushe.Plugins, on: dt.date) -> Assessments:
    """Return the assessments of the demo with the facts that were known on the day."""
    city = wushe.read(demo_path("dangshan"), plugins=rules)
    return assess(with_facts(city, on), on=on, plugins=rules)


def first_evening(rules: wushe.Plugins, lang: str) -> Assessments:
    """Print what the facts of one conversation show, and the first aid."""
    heading(
        EVENING, "第一个晚上：聊出来的情况", "the first evening: what a conversation shows", lang
    )
    found = assessed(rules, EVENING)
    for item in policy_package(found, FAMILY).possible:
        print(f"  {item.unit}  {item.policy.name.say(lang)}")
    linkage = link_relief(found.network, found, plugins=rules, on=EVENING)
    print(linkage.explain("N-1", lang))
    return found


def next_day(rules: wushe.Plugins, lang: str) -> Application:
    """Print the papers and the steps, and hand the application in as agent."""
    heading(
        NEXT_DAY, "次日上门：材料清单和代办", "the next day: papers, and the worker as agent", lang
    )
    found = assessed(rules, NEXT_DAY)
    package = policy_package(found, FAMILY, accepted_on=EVENTS[5].on)
    print(next(item for item in package if item.policy.id == "dibao").say(lang))
    application = Application("A-1", "dibao", FAMILY, PLACE, ())
    for event in EVENTS:
        application = application.add(event, rules.policies["dibao"], rules.parameters)
    return application


def follow(application: Application, rules: wushe.Plugins, lang: str) -> None:
    """Print where the application stood on some days."""
    for day in (dt.date(2025, 6, 19), dt.date(2025, 7, 8), ANSWERED):
        heading(day, "申请进度", "where the application stands", lang)
        policy = rules.policies["dibao"]
        found = progress(application.events, policy, rules.parameters, chain_of(PLACE), day)
        print(found.say(lang))


def charity(rules: wushe.Plugins, lang: str) -> Linkage:
    """Print what relief has covered, what remains for charity, and refer it with consent."""
    heading(
        ANSWERED,
        "政府救助答复之后，其余请慈善帮扶",
        "after the offices' answers: charity's part",
        lang,
    )
    found = assessed(rules, ANSWERED).settled(SETTLED)
    linkage = link_relief(found.network, found, plugins=rules, on=ANSWERED)
    print(linkage.summary(lang))
    ready = referrals(linkage, found.network, ANSWERED).ready
    for referral in ready:
        if referral.need == "N-2":
            record = refer(referral, found.network, to="O-RC", by=WORKER, on=ANSWERED)
            record = answered(record, "accepted", dt.date(2025, 8, 8))
            print(record.explain(lang))
    plan = wushe.make_plan(linkage.network(), plugins=rules, on=ANSWERED)
    print(plan[FAMILY].explain(lang))
    return linkage


def main() -> None:
    """Tell the story."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lang", choices=("zh", "en"), default="zh")
    lang = parser.parse_args().lang
    rules = wushe.load_plugins("dangshan")
    first_evening(rules, lang)
    follow(next_day(rules, lang), rules, lang)
    charity(rules, lang)


if __name__ == "__main__":
    main()
