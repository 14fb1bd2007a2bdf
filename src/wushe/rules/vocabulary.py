"""What rules talk about: households, persons, their rows in other tables, and who belongs to whom.

Every field of these record kinds is a fact: ``hh.zone``, ``p.birth``, ``income.amount_month_fen``.
"""

from __future__ import annotations

from wushe.rules.expr import Answer, Entity, Expr, Link, Relation, any_of, days_since, not_ended
from wushe.text import Text

hh = Entity("households")
p = Entity("persons")
income = Entity("incomes")
spending = Entity("spendings")
asset = Entity("assets")
status = Entity("statuses")
grant = Entity("grants")
obligor = Entity("obligors")
emergency = Entity("emergencies")


def _of_household(name: str, label: Text, alone: str | None = None) -> Relation:
    return Relation(
        name, "households", name, "household", label, hh.complete.has(name), alone=alone
    )


members = Relation(
    "members",
    "households",
    "persons",
    "household",
    Text("家庭成员", "household members"),
    hh.complete.has("members"),
    size="members_count",
)
incomes = _of_household("incomes", Text("收入", "income items"))
spendings = _of_household("spendings", Text("支出", "spending items"))
assets = _of_household("assets", Text("财产", "assets"))
grants = _of_household("grants", Text("已获救助", "relief received"))
emergencies = _of_household("emergencies", Text("急难事件", "emergencies"))
statuses = Relation(
    "statuses",
    "households",
    "statuses",
    "household",
    Text("家庭救助身份", "statuses of the household"),
    alone="person",
)

family_statuses = Relation(
    "family_statuses",
    "households",
    "statuses",
    "household",
    Text("家庭和成员的救助身份", "statuses of the household and its members"),
)

in_household = Link(
    "in_household", "persons", "households", "household", Text("所在家庭", "the household")
)
father = Link("father", "persons", "persons", "father", Text("父亲", "the father"))
mother = Link("mother", "persons", "persons", "mother", Text("母亲", "the mother"))

own_incomes = Relation(
    "own_incomes",
    "persons",
    "incomes",
    "person",
    Text("本人收入", "the person's income items"),
    in_household(hh.complete.has("incomes")),
)
own_spendings = Relation(
    "own_spendings",
    "persons",
    "spendings",
    "person",
    Text("本人支出", "the person's spending items"),
    in_household(hh.complete.has("spendings")),
)
own_statuses = Relation(
    "own_statuses", "persons", "statuses", "person", Text("本人救助身份", "the person's statuses")
)
obligors = Relation(
    "obligors",
    "persons",
    "obligors",
    "person",
    Text("赡养抚养义务人", "persons obliged to support"),
    p.obligors_complete,
)


def holds_on_day(row: Entity) -> Expr:
    """Return the condition that a dated row holds on the day: begun, and not ended before it."""
    return (days_since(row.since) >= 0) & not_ended(row.until)


def answer(policy: str, of: str = "households") -> Expr:
    """Return the condition that a unit is possibly eligible under another policy."""
    return Answer(policy, of)


def household_is(kind: str) -> Expr:
    """Return the condition that the household has a recognised status, by its tags or a dated row.

    The household's list of statuses covers its members too: ``none`` there means nobody has one.
    """
    return any_of(hh.statuses.has(kind), statuses.any(status.kind.is_(kind) & holds_on_day(status)))


def family_has(kind: str) -> Expr:
    """Return the condition that the household or one of its members has a recognised status."""
    rows = family_statuses.any(status.kind.is_(kind) & holds_on_day(status))
    return any_of(hh.statuses.has(kind), rows)


def person_is(kind: str) -> Expr:
    """Return the condition that the person has a recognised status.

    A dated row says so; else the person's own list together with the household's, where one "no" settles it.
    """
    listed = p.statuses.has(kind) & in_household(hh.statuses.has(kind))
    return any_of(listed, own_statuses.any(status.kind.is_(kind) & holds_on_day(status)))
