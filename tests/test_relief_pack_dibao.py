"""The pack's dibao, single persons, edge families and rigid spending (P01, P03, P04), predicate by predicate."""

import datetime as dt
import re
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from math import inf
from typing import Any

import attrs
import numpy as np
import pytest

import wushe
from wushe.model import Asset, Income, ReliefStatus, Spending
from wushe.model.spec import RECORD_KINDS
from wushe.model.tables import empty_table, table_of
from wushe.plugins.defaults.relief import dibao, edge, relief_parameters, rigid, single
from wushe.relief.procedure import STEP_IDS
from wushe.rules import Parameter, ParameterBook, Policy, PolicySet, say_expr
from wushe.rules.columns import Evaluator
from wushe.rules.frame import Frame
from wushe.rules.intervals import NO, UNSURE, YES
from wushe.rules.scalar import Case

POLICIES = PolicySet([*dibao.POLICIES, *edge.POLICIES, *single.POLICIES, *rigid.POLICIES])
SUZHOU, SIXIAN, EZHOU, WUHAN, YICHANG, HUOQIU, JINGHE, PINGLIANG, TIANSHUI = (
    "341321", "341324", "420704", "420106", "420502", "341522", "652722", "620802", "620502",
)  # fmt: skip
ON = dt.date(2024, 3, 1)
IN_2025 = dt.date(2025, 9, 1)
DAY = dt.timedelta(1)
ALL = ("assets", "emergencies", "grants", "incomes", "members", "spendings")
YUAN = 100


@cache
def pack() -> ParameterBook:
    """Return the parameters of the pack."""
    return ParameterBook(relief_parameters())


def value(name: str, number: str, unit: str = "倍", region: str = SUZHOU, **more: Any) -> Parameter:
    """Return a made-up parameter in force all the time."""
    given = {
        "valid_from": dt.date(2000, 1, 1),
        "valid_to": dt.date(2100, 1, 1),
        "expires": None,
        **more,
    }
    return Parameter(
        name=name, region=region, value=number, unit=unit, document="例", article="", source="例",
        checked=None, confidence="A", **given,
    )  # fmt: skip


def standard(yuan: int, region: str = SUZHOU) -> tuple[Parameter, ...]:
    """Return a made-up standard, the same in town and country."""
    return tuple(value(f"dibao_std_{z}_month", str(yuan), "元/人·月", region) for z in ("urban", "rural"))  # fmt: skip


@attrs.frozen
class Answer:
    """What came out for the first household, or the first person: `said` yes, no or unknown."""

    said: str
    tests: Mapping[str, int]
    fen: Mapping[str, tuple[Any, Any]]
    asked: frozenset[str]

    def __getitem__(self, condition: str) -> str:
        return {YES: "yes", UNSURE: "unknown", NO: "no"}[self.tests[condition]]


def person(at: int = 0, **facts: Any) -> Any:
    """Return a person of the household, living there, 40 years old unless told."""
    given = {"birth": dt.date(1984, 1, 1), "coresident": True, **facts}
    return wushe.Person(id=f"P{at}", household="H", **given)


def item(at: int, kind: str, yuan: float | None = None, **facts: Any) -> Income:
    """Return an income item of the household."""
    fen = None if yuan is None else round(yuan * YUAN)
    return Income(id=f"I{at}", household="H", kind=kind, amount_month_fen=fen, **facts)


def paid(at: int, kind: str, yuan: float | None, **facts: Any) -> Spending:
    """Return a spending item of the household, nothing of it reimbursed unless told."""
    fen = None if yuan is None else round(yuan * YUAN)
    return Spending(id=f"S{at}", household="H", kind=kind, amount_fen=fen, **{"reimbursed_fen": 0, **facts})  # fmt: skip


def assess(policy: str, *rows: Any, on: dt.date = ON, local: tuple[Parameter, ...] = (), **facts: Any) -> Answer:  # fmt: skip
    """Return the answer of `policy` for household H with `facts` and `rows`; money facts in fen."""
    base = {
        "place": SUZHOU,
        "zone": "rural",
        "members_count": 3,
        "property_ok": True,
        "statuses": (),
    }
    tables = {kind: empty_table(kind) for kind in RECORD_KINDS}
    found: dict[str, list[Any]] = {"households": [wushe.Household(id="H", **{**base, **facts})]}
    for row in rows:
        found.setdefault(next(k for k, s in RECORD_KINDS.items() if s.cls is type(row)), []).append(row)  # fmt: skip
    tables |= {kind: table_of(kind, records) for kind, records in found.items()}
    place = {**base, **facts}["place"]
    frame = Frame(tables, {} if place is None else {place: place})
    return _answer(POLICIES[policy], frame, pack().local(local), on)


def _answer(policy: Policy, frame: Frame, book: ParameterBook, on: dt.date) -> Answer:
    firm = Evaluator(frame, book, POLICIES, on).run([policy.id])[policy.id].truth
    case = Case(frame, book, POLICIES, on, trusting=True)
    trusted = case.policy(policy, 0)
    yes = Evaluator(frame, book, POLICIES, on, trusting=True).run([policy.id])[policy.id]
    assert np.broadcast_to(yes.truth, (frame.size(policy.unit),))[0] == trusted  # the twins agree
    said = "yes" if trusted == YES else "no" if np.ravel(firm)[0] == NO else "unknown"
    return Answer(
        said,
        {c.id: case.truth(c.test, policy.unit, 0) for c in policy.tests()},
        {a.id: case.fen(a.value, policy.unit, 0) for a in policy.amounts},
        frozenset(ref.name for ref in case.asked),
    )


def fen(yuan: float) -> tuple[Fraction, Fraction]:
    """Return an amount that is known exactly."""
    return (Fraction(round(yuan * YUAN)),) * 2


UNKNOWN = (Fraction(0), inf)


# --- P01.1: income, property, destitute support -------------------------------------------------

# countable income in yuan, answer, amount in yuan (D-01, standard 755, three members)
AT_THE_STANDARD = [
    (2265, "no", 0),  # exactly at the standard: it must lie below
    (2264.99, "yes", 0.01),
    (2264, "yes", 1),
    (0, "yes", 2265),
]


@pytest.mark.parametrize(("income", "said", "amount"), AT_THE_STANDARD)
def test_income_must_lie_below_the_standard(income: float, said: str, amount: float) -> None:
    """The income test is strict, and the gap is exact to the fen."""
    found = assess("dibao", local=standard(755), income_month_fen=round(income * YUAN))
    assert (found.said, found.fen["gap"]) == (said, fen(amount))


def test_the_gap_is_not_rounded_per_head() -> None:
    """700 x 3 - 1000 is 1100, not three times a rounded 367 (D-01)."""
    assert assess("dibao", local=standard(700), income_month_fen=1000_00).fen["gap"] == fen(1100)


def test_the_plain_facts_decide() -> None:
    """Members, income, zone, property and "no status" are enough: nothing else is asked for."""
    for income, said in ((2165_99, "yes"), (2166_00, "no")):
        assert assess("dibao", income_month_fen=income).said == said


def test_missing_income_or_property_is_unknown() -> None:
    """Unknown is never taken for zero or for yes; an income above the standard settles it alone."""
    assert assess("dibao").said == "unknown"
    assert assess("dibao", income_month_fen=2000_00, property_ok=None).said == "unknown"
    assert assess("dibao", income_month_fen=3000_00, property_ok=None).said == "no"
    assert assess("dibao", income_month_fen=0, property_ok=False)["property"] == "no"


def test_destitute_support_excludes() -> None:
    """Whoever is in destitute support is not applied for; not knowing the statuses is unknown."""
    assert assess("dibao", income_month_fen=0, statuses=("tekun",))["no-tekun"] == "no"
    assert assess("dibao", income_month_fen=0, statuses=None).said == "unknown"
    row = ReliefStatus(id="T", kind="tekun", household="H", since=dt.date(2024, 1, 1), until=dt.date(2024, 2, 29))  # fmt: skip
    assert assess("dibao", row, income_month_fen=0, on=dt.date(2024, 2, 29))["no-tekun"] == "no"
    assert assess("dibao", row, income_month_fen=0, on=ON).said == "yes"


def test_the_zone_chooses_the_standard() -> None:
    """722 in the country, 757 in town (Suzhou 2023); not knowing which matters in between only."""
    between = {"members_count": 1, "income_month_fen": 730_00}
    assert [assess("dibao", **between, zone=z).said for z in ("rural", "urban", None)] == ["no", "yes", "unknown"]  # fmt: skip
    assert assess("dibao", members_count=1, income_month_fen=700_00, zone=None).said == "yes"


def test_no_dated_standard_is_unknown() -> None:
    """Neither another year's nor another place's standard is used, nor any before the rules began."""
    assert assess("dibao", income_month_fen=0, on=dt.date(2023, 6, 30)).said == "unknown"
    assert assess("dibao", income_month_fen=0, on=dt.date(2023, 7, 1)).said == "yes"
    assert assess("dibao", income_month_fen=0, place="110105", on=dt.date(2006, 1, 1)).said == "unknown"  # fmt: skip
    assert assess("dibao", income_month_fen=0, local=standard(400), on=dt.date(2014, 4, 30)).said == "unknown"  # fmt: skip
    assert assess("dibao", income_month_fen=0, local=standard(400), on=dt.date(2014, 5, 1)).said == "yes"  # fmt: skip


# --- P01.2: who counts as a member -----------------------------------------------------------------

# facts of a person, and whether he or she counts
MEMBERS = [
    ({"coresident": True}, "yes"),  # lives there long-term: need not be asked whether away
    ({"coresident": True, "relation": "other"}, "yes"),
    ({"coresident": False, "relation": "sibling"}, "no"),
    ({"coresident": None, "relation": "child"}, "unknown"),  # adult child: depends on living there
    ({"coresident": None, "custody": "prison"}, "no"),
    ({"coresident": False, "relation": "spouse", "custody": "detox"}, "no"),
    ({"coresident": None, "religious_years": 3}, "no"),  # three years, inclusive
    ({"coresident": False, "relation": "spouse", "custody": "none", "religious_years": 2, "employed": True}, "yes"),
    ({"coresident": None, "declared_missing_on": dt.date(2023, 1, 1), "employed": False,
      "full_time_student": False}, "no"),
    ({"coresident": False, "relation": "spouse", "custody": "none", "religious_years": 0}, "unknown"),
    ({"coresident": False, "relation": "child", "student_stage": "bachelor", "full_time_student": True,
      "custody": "none", "religious_years": 0}, "yes"),
    ({"coresident": False, "relation": "child", "student_stage": "postgraduate", "full_time_student": True,
      "employed": True}, "no"),  # the text stops at the bachelor
    ({"coresident": False, "relation": "child", "disability_cert": True, "disability_level": 1, "employed": False},
     "unknown"),  # not able to live independently? the office says
    ({"coresident": False, "relation": "child", "birth": dt.date(2006, 3, 2), "custody": "none",
      "religious_years": 0, "employed": True}, "yes"),  # 17 on the day
    ({"coresident": False, "relation": "child", "birth": dt.date(2006, 3, 1), "custody": "none",
      "religious_years": 0, "employed": True, "student_stage": "none"}, "no"),  # 18 on the day
]  # fmt: skip


@pytest.mark.parametrize(("facts", "counts"), MEMBERS)
def test_who_counts_as_a_member(facts: dict[str, Any], counts: str) -> None:
    """A second person makes the family two, or not: income between one and two standards tells."""
    head = person(0, relation="head", employed=False)
    found = assess(
        "dibao", head, person(1, **facts), local=standard(700), members_count=None, complete=("members",), income_month_fen=1000_00,
    )  # fmt: skip
    assert found["income"] == {"yes": "yes", "no": "no", "unknown": "unknown"}[counts]


def test_the_stated_number_of_members_stands_for_people_not_listed() -> None:
    """Without a list of persons the stated number counts; without either it is unknown."""
    assert assess("dibao", income_month_fen=1500_00, members_count=3).said == "yes"
    assert assess("dibao", income_month_fen=1500_00, members_count=2).said == "no"
    assert assess("dibao", income_month_fen=1500_00, members_count=None).said == "unknown"


# --- P01.3: countable income ------------------------------------------------------------------------


def alone(*rows: Any, on: dt.date = ON, complete: Any = ALL, who: Any = None, **facts: Any) -> str:
    """Return the income test of one jobless person with these income items, standard 700."""
    one = person(0, relation="head", **{"employed": False, **(who or {})})
    found = assess(
        "dibao", one, *rows, on=on, local=standard(700), members_count=1, complete=complete, **facts,
    )  # fmt: skip
    return found["income"]


def test_a_wage_not_stated_is_unknown() -> None:
    """Somebody at work whose wage nobody stated: unknown, and the wage is what is asked for."""
    assert alone(complete=None, who={"employed": True}) == "unknown"
    one = person(0, relation="head", employed=True)
    found = assess("dibao", one, complete=("assets",), members_count=1)
    assert found.said == "unknown"
    assert "own_incomes" in found.asked
    assert alone() == "yes"  # everything stated, and there is nothing


# items of income, and the income test against 700
ITEMS = [
    ([("wage", 699.99)], "yes"),
    ([("wage", 700)], "no"),
    ([("property", 400), ("support_received", 300)], "no"),  # support fees received are income
    ([("business", 1000, {"cost_month_fen": 301_00})], "yes"),  # net of cost
    ([("business", 1000, {"cost_month_fen": 300_00})], "no"),
    ([("business", 1000)], "unknown"),  # cost not known
    ([("business", 100, {"cost_month_fen": 900_00}), ("transfer", 700, {"tag": "gift"})], "no"),  # no set-off
    ([("transfer", 900, {"tag": "gift"})], "no"),
    ([("transfer", 900)], "unknown"),  # of what sort?
    ([("transfer", 900, {"tag": "gift"}), ("support_paid", 201)], "yes"),
    ([("transfer", 900, {"tag": "elder_allowance"})], "unknown"),  # local rules
    *[([("transfer", 900, {"tag": tag})], "yes") for tag in (
        "preferential", "family_planning", "scholarship", "reward", "relief", "disability_subsidy", "child_allowance",
    )],
    ([("wage", 900, {"until": dt.date(2024, 2, 29)})], "unknown"),  # ended: does the period still count it?
    ([("wage", 900, {"until": ON})], "no"),
]  # fmt: skip


@pytest.mark.parametrize(("items", "said"), ITEMS)
@pytest.mark.parametrize("named", [True, False], ids=["of the person", "of the household"])
def test_what_counts_as_income(items: list[Any], said: str, named: bool) -> None:
    """Each kind and exclusion of article 13, stated for the person or for the household."""
    rows = []
    for at, (kind, yuan, *more) in enumerate(items):
        who = {"person": "P0"} if named and kind in ("wage", "transfer") else {}
        rows.append(item(at, kind, yuan, **who, **(more[0] if more else {})))
    assert alone(*rows) == said


def test_incomplete_items_prove_nothing_either_way() -> None:
    """Items may be missing, and support paid may lower what is there; a stated total settles it."""
    wage = item(0, "wage", 5000, person="P0")
    assert alone(wage, complete=None, who={"employed": True}) == "unknown"
    assert alone(wage, complete=None, who={"employed": True}, income_month_fen=5000_00) == "no"


def test_income_of_somebody_who_does_not_count_is_left_out() -> None:
    """The wage of a brother who lives elsewhere is not the family's."""
    rows = [
        person(0, relation="head", employed=False),
        person(1, relation="sibling", coresident=False, employed=True),
        item(0, "wage", 5000, person="P1"),
    ]
    assert (
        assess("dibao", *rows, local=standard(700), members_count=None, complete=ALL).said == "yes"
    )


def test_base_pension_is_left_out_until_the_end_of_2025() -> None:
    """From 2026 it is unknown whether it counts, for those whose answer depends on it, and only them."""
    last, after = dt.date(2025, 12, 31), dt.date(2026, 1, 1)
    old = {"birth": dt.date(1960, 1, 1), "base_pension_fen": 150_00}
    rich, poor, none = (item(0, "transfer", y, person="P0", tag="gift") for y in (600, 500, 700))
    for one, before, later in ((rich, "yes", "unknown"), (poor, "yes", "yes"), (none, "no", "no")):
        assert alone(one, on=last, who=old) == before
        assert alone(one, on=after, who=old) == later
    young = {**old, "birth": dt.date(1966, 1, 2)}  # 59: there is no such pension yet
    assert alone(rich, on=after, who=young) == "yes"


def test_base_pension_may_be_an_income_item() -> None:
    """Stated as an item with its tag it is treated alike."""
    row = item(0, "transfer", 800, tag="base_pension", person="P0")
    old = {"birth": dt.date(1960, 1, 1)}
    assert alone(row, on=dt.date(2025, 12, 31), who=old) == "yes"
    assert alone(row, on=dt.date(2026, 1, 1), who=old) == "unknown"


def test_before_the_rules_of_2021_exclusions_are_unknown() -> None:
    """57号 is in force from 1 July 2021: what it leaves out is not known for earlier days."""
    row = item(0, "transfer", 900, tag="scholarship")
    assert alone(row, on=dt.date(2021, 6, 30)) == "unknown"
    assert alone(row, on=dt.date(2021, 7, 1)) == "yes"


# --- P01.4: property, Si county by items (D-13) -------------------------------------------------------

SIXIAN_RULE = (
    *standard(722, SIXIAN),
    value("dibao_fin_assets_cap_multiple", "36", "倍月低保标准(人均)", SIXIAN),
    value("dibao_fin_assets_cap_multiple_severe", "48", "倍月低保标准(人均)", SIXIAN),
    value("dibao_vehicle_price_cap", "80000", "元", SIXIAN),
    value("dibao_business_profit_cap_multiple", "2", "倍月低保标准", SIXIAN),
)


def asset(kind: str, **facts: Any) -> Asset:
    """Return an asset; money in yuan."""
    given = {
        k: round(v * YUAN) if k.endswith("_fen") and v is not None else v for k, v in facts.items()
    }
    return Asset(id=f"A{len(facts)}{kind}", household="H", kind=kind, **given)


def in_sixian(*rows: Any, local: tuple[Parameter, ...] = SIXIAN_RULE, who: Any = None, **facts: Any) -> Answer:  # fmt: skip
    """Return dibao for one person in Si county with everything stated but the office's check."""
    healthy = {"disability_cert": False, "major_illness": False, **(who or {})}
    given = {
        "place": SIXIAN, "members_count": 1, "income_month_fen": 0, "property_ok": None,
        "complete": ALL, "survey_refused": False, "idle_land": False, **facts,
    }  # fmt: skip
    return assess("dibao", person(0, relation="head", **healthy), *rows, local=local, **given)


CAR = {"use": "private"}
SHOP = {"staff": 0, "profit_month_fen": 100}
# an asset, facts of the person, the property test
PROPERTY = [
    (None, {}, "yes"),
    (("vehicle", {**CAR, "value_fen": 80_000}), {}, "yes"),
    (("vehicle", {**CAR, "value_fen": 80_000.01}), {}, "no"),
    (("vehicle", {**CAR, "value_fen": None}), {}, "unknown"),
    (("vehicle", {"use": "营运", "value_fen": 200_000}), {}, "yes"),  # it earns a living
    (("vehicle", {"use": None, "value_fen": 200_000}), {}, "unknown"),
    (("financial", {"value_fen": 25_992}), {}, "yes"),  # 36 x 722
    (("financial", {"value_fen": 25_992.01}), {}, "no"),
    (("financial", {"value_fen": 30_000}), {"major_illness": True}, "yes"),
    (("financial", {"value_fen": 30_000}), {"major_illness": None}, "unknown"),
    (("financial", {"value_fen": 34_656}), {"disability_cert": True, "disability_level": 2}, "yes"),  # 48 x 722
    (("financial", {"value_fen": 34_656.01}), {"disability_cert": True, "disability_level": 2}, "no"),
    (("financial", {"value_fen": 30_000}), {"disability_cert": True, "disability_level": 3}, "no"),
    (("business", {**SHOP, "profit_month_fen": 1444}), {}, "yes"),  # 2 x 722
    (("business", {**SHOP, "profit_month_fen": 1445}), {}, "no"),
    (("business", {**SHOP, "staff": 1}), {}, "no"),
    (("business", {**SHOP, "staff": None}), {}, "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("owned", "who", "said"), PROPERTY)
def test_property_of_si_county(owned: Any, who: dict[str, Any], said: str) -> None:
    """Each limit of the county, at it and beside it."""
    rows = [] if owned is None else [asset(owned[0], **owned[1])]
    assert in_sixian(*rows, who=who)["property"] == said


def test_si_county_refusal_and_idle_land() -> None:
    """Refusing the survey or leaving land idle fails; not knowing is unknown; the office's check settles."""
    assert in_sixian(survey_refused=True)["property"] == "no"
    assert in_sixian(idle_land=True)["property"] == "no"
    assert in_sixian(survey_refused=None)["property"] == "unknown"
    assert in_sixian(survey_refused=None, property_ok=True)["property"] == "yes"
    assert in_sixian(complete=None, property_ok=False)["property"] == "no"


def test_a_check_that_the_assets_contradict_is_put_to_the_office() -> None:
    """Checked and found within the limits, but a dear car is on record: unknown, with that question."""
    found = in_sixian(asset("vehicle", **CAR, value_fen=90_000), property_ok=True)
    assert found["property"] == "unknown"
    assert "property-conflict" in found.asked


def test_the_rule_of_si_county_has_no_date_and_decides_nothing() -> None:
    """As shipped its figures have no start: even a car worth a million leaves the answer unknown."""
    car = asset("vehicle", **CAR, value_fen=1_000_000)
    assert in_sixian(car, local=standard(722, SIXIAN))["property"] == "unknown"
    assert in_sixian(survey_refused=True, local=standard(722, SIXIAN))["property"] == "unknown"
    assert in_sixian(property_ok=True, local=standard(722, SIXIAN))["property"] == "yes"


def test_elsewhere_assets_decide_nothing() -> None:
    """The limits of Si county are not used in the next county, though its parameters might be there."""
    rules = tuple(attrs.evolve(row, region="341300") for row in SIXIAN_RULE)
    car = asset("vehicle", **CAR, value_fen=1_000_000)
    found = in_sixian(car, local=rules, place=SUZHOU)
    assert found["property"] == "unknown"


# --- P01.6: tiers and top-ups ------------------------------------------------------------------------

# place, day, zone, tier, yuan for two members (G-25); None: anything from the lowest to the highest tier
TIERS = [
    *[(HUOQIU, "2025-07-01", "urban", t, y) for t, y in zip("ABC", (980, 674, 576), strict=True)],
    *[(HUOQIU, "2025-07-01", "rural", t, y) for t, y in zip("ABC", (815, 525, 385), strict=True)],
    *[(JINGHE, "2023-07-01", "urban", t, y) for t, y in zip("ABC", (678, 528, 424), strict=True)],
    *[(JINGHE, "2023-07-01", "rural", t, y) for t, y in zip("ABC", (616, 480, 385), strict=True)],
    *[(PINGLIANG, "2023-06-01", "rural", t, y) for t, y in zip("1234", (465, 442, 89, 62), strict=True)],
    *[(PINGLIANG, "2022-06-01", "rural", t, y) for t, y in zip("1234", (439, 417, 84, 58), strict=True)],
    (TIANSHUI, "2017-06-01", "rural", "1", 3500 / 12),  # printed by the year
    (TIANSHUI, "2017-06-01", "rural", "3", 84),
]  # fmt: skip


@pytest.mark.parametrize(("place", "day", "zone", "tier", "yuan"), TIERS)
def test_a_place_with_tiers_pays_the_tier(place: str, day: str, zone: str, tier: str, yuan: float) -> None:  # fmt: skip
    """Each member is paid what the table says for the tier and the day, whatever the gap is."""
    found = assess(
        "dibao", place=place, zone=zone, dibao_tier=tier, members_count=2, income_month_fen=1,
        on=dt.date.fromisoformat(day),
    )  # fmt: skip
    assert found.fen["gap"] == fen(2 * yuan)


def test_an_unknown_tier_is_an_unknown_amount() -> None:
    """It lies from the lowest to the highest tier; in places without tiers nobody asks for one."""
    here = {"members_count": 1, "income_month_fen": 0, "dibao_tier": None}
    found = assess("dibao", place=HUOQIU, on=dt.date(2025, 8, 1), **here)
    assert found.fen["gap"] == (fen(385)[0], fen(815)[0])
    assert found.said == "yes"
    found = assess("dibao", place=PINGLIANG, on=dt.date(2023, 8, 1), **here)
    assert found.fen["gap"] == (fen(62)[0], fen(465)[0])
    assert assess("dibao", **here).fen["gap"] == fen(722)
    assert assess("dibao", **{**here, "dibao_tier": "A"}).fen["gap"] == fen(722)


def family(*extra: Any) -> list[Any]:
    """Return two healthy adults and `extra` persons."""
    well = {"disability_cert": False, "major_illness": False, "student_stage": "none", "full_time_student": False}  # fmt: skip
    return [person(8, relation="head", **well), person(9, relation="spouse", **well), *extra]


CHILD = dt.date(2015, 1, 1)
PER_CENT = "%低保标准"


def test_a_share_of_the_standard_for_minors() -> None:
    """G-04: gap 1200 and 40 per cent of 1100 for the one minor."""
    found = assess(
        "dibao", *family(person(1, birth=CHILD)), income_month_fen=2100_00,
        local=(*standard(1100), value("dibao_topup_ratio_minor", "40", PER_CENT)),
    )  # fmt: skip
    assert (found.fen["gap"], found.fen["topup"]) == (fen(1200), fen(440))


def test_a_fixed_sum_for_minors_and_severely_disabled() -> None:
    """G-05: gap 400 and 100 each for a severely disabled adult and two minors."""
    minors = [person(at, birth=CHILD, disability_cert=False) for at in (1, 2)]
    adults = [
        person(3, disability_cert=True, disability_level=2),
        person(4, disability_cert=False),
    ]
    found = assess(
        "dibao", *minors, *adults, income_month_fen=2000_00, members_count=4,
        local=(*standard(600), value("dibao_topup_fixed", "100", "元/人·月")),
    )  # fmt: skip
    assert (found.fen["gap"], found.fen["topup"]) == (fen(400), fen(300))


def test_provincial_shares_are_ranges() -> None:
    """Hubei names a least share, Anhui two classes: what is paid lies from, or between, them."""
    known = {"income_month_fen": 0, "local": (*standard(1000), value("dibao_category_topup", "20", PER_CENT))}  # fmt: skip
    assert assess("dibao", *family(person(1, birth=CHILD)), **known).fen["topup"] == (20_000, inf)
    assert assess("dibao", *family(), **{**known, "members_count": 2}).fen["topup"] == fen(0)
    classes = (value("dibao_topup_A", "30", PER_CENT), value("dibao_topup_B", "20", PER_CENT))
    known["local"] = (*standard(1000), *classes)
    assert assess("dibao", *family(person(1, birth=CHILD)), **known).fen["topup"] == (20_000, 30_000)  # fmt: skip


def test_one_top_up_per_member() -> None:
    """A severely disabled, seriously ill minor counts once: categories do not add up."""
    worst = person(1, birth=CHILD, disability_cert=True, disability_level=1, major_illness=True)
    classes = (value("dibao_topup_A", "30", PER_CENT), value("dibao_topup_B", "30", PER_CENT))
    found = assess("dibao", *family(worst), income_month_fen=0, local=(*standard(1000), *classes))
    assert found.fen["topup"] == fen(300)


def test_without_a_dated_figure_the_top_up_is_unknown_where_somebody_may_get_one() -> None:
    """Hubei's and Anhui's figures have no start: unknown for a family with a child, nothing without."""
    for place in (SUZHOU, WUHAN):
        known = {"place": place, "income_month_fen": 0, "zone": "urban"}
        assert assess("dibao", *family(person(1, birth=CHILD)), **known).fen["topup"] == UNKNOWN
        assert assess("dibao", *family(), **{**known, "members_count": 2}).fen["topup"] == fen(0)


# --- P03: edge families -----------------------------------------------------------------------------


def edge_of(income: float, **facts: Any) -> Answer:
    """Return the edge policy for one person with an income in yuan a month."""
    return assess("edge", **{"members_count": 1, "income_month_fen": round(income * YUAN), **facts})


def test_the_edge_line_is_strict_at_both_ends() -> None:
    """From the standard (722, no longer dibao) to below 1.5 times it (1083)."""
    said = [edge_of(y).said for y in (721.99, 722, 1082.99, 1083)]
    assert said == ["no", "yes", "yes", "no"]
    assert edge_of(721.99)["not-dibao"] == "no"


def test_edge_needs_property_and_knows_dibao() -> None:
    """Property fails both; a recognised dibao family is not on the edge; unknown stays unknown."""
    assert edge_of(800, property_ok=False).said == "no"
    assert edge_of(800, property_ok=None).said == "unknown"
    assert edge_of(800, statuses=("dibao",))["not-dibao"] == "no"
    assert edge_of(800, statuses=None).said == "unknown"
    assert edge_of(2000, statuses=None).said == "no"


def test_edge_begins_with_the_rules_of_2021() -> None:
    """57号 is in force from 1 July 2021."""
    for day, said in ((dt.date(2021, 6, 30), "no"), (dt.date(2021, 7, 1), "yes")):
        assert edge_of(800, local=standard(722), on=day).said == said


def test_a_published_line_goes_before_the_multiple() -> None:
    """Ezhou publishes 1310 in the country from 25 June 2025, twice its standard of 655."""
    day = dt.date(2025, 7, 1)
    here = {"place": EZHOU, "on": day}
    assert [edge_of(y, **here).said for y in (1309.99, 1310)] == ["yes", "no"]
    assert edge_of(1400, **here, zone="urban").said == "yes"


def test_a_published_multiple_goes_before_the_nation() -> None:
    """A city's 2 times decides in the city, the nation's 1.5 times elsewhere."""
    two = (*standard(700), value("edge_multiplier", "2"))
    assert [edge_of(y, local=two).said for y in (1399.99, 1400)] == ["yes", "no"]
    assert edge_of(1100, local=standard(700)).said == "no"


def test_a_multiple_past_its_term_supports_no_refusal() -> None:
    """Hubei's rule ran to 18 August 2026: after it 1.5 times still says yes below, never no above."""
    last, after = dt.date(2026, 8, 18), dt.date(2026, 8, 19)
    town = {"place": WUHAN, "zone": "urban", "local": standard(900, WUHAN)}
    assert [edge_of(y, **town, on=last).said for y in (1000, 1350)] == ["yes", "no"]
    assert [edge_of(y, **town, on=after).said for y in (1000, 1350)] == ["yes", "unknown"]


def test_yichang_has_twice_the_standard() -> None:
    """The city's multiple is nearer than the province's."""
    here = {"place": YICHANG, "local": standard(700, YICHANG), "on": IN_2025}
    assert [edge_of(y, **here).said for y in (1399.99, 1400)] == ["yes", "no"]


# --- P01.5: persons who apply alone --------------------------------------------------------------------

S83 = dt.date(2022, 10, 20)
EDGE_FAMILY = {"statuses": ("edge",), "income_month_fen": None}
RICHER = {"income_month_fen": 3 * 1500_00}  # about twice the standard per head: not on the edge
HEALTHY = {"disability_cert": False, "major_illness": False, "employed": True}


def apply_alone(who: dict[str, Any], policy: str = "dibao_single", **facts: Any) -> Answer:
    """Return the single application of one person of a family of three, standard 722."""
    base = {"local": standard(722), "on": dt.date(2023, 8, 15)}
    return assess(policy, person(0, **{**HEALTHY, **who}), **{**base, **facts})


def cert(kind: str, level: int | None) -> dict[str, Any]:
    """Return a disability certificate."""
    return {"disability_cert": True, "disability_type": kind, "disability_level": level}


# facts of a member of an edge family, and the answer (D-02)
IN_EDGE_FAMILY = [
    (cert("physical", 1), "yes"),
    (cert("intellectual", 3), "yes"),
    (cert("mental", 3), "yes"),
    (cert("hearing", 2), "yes"),  # level 1 and 2 of any type
    (cert("physical", 3), "no"),
    (cert("mental", 4), "no"),
    (cert("physical", None), "unknown"),
    ({"major_illness": True}, "yes"),
    ({"major_illness": None}, "unknown"),
    ({}, "no"),
]


@pytest.mark.parametrize(("who", "said"), IN_EDGE_FAMILY)
def test_members_of_an_edge_family_apply_alone(who: dict[str, Any], said: str) -> None:
    """Severely disabled, level 3 intellectual or mental, or seriously ill."""
    assert apply_alone(who, **EDGE_FAMILY).said == said


def test_an_edge_family_need_not_be_recognised_yet() -> None:
    """A family that may be recognised as on the edge will do; a poorer one applies as a whole."""
    at = {y: apply_alone(cert("physical", 1), income_month_fen=3 * y * YUAN) for y in (700, 800)}
    assert (at[700].said, at[700]["family-not-dibao"]) == ("no", "no")
    assert at[800].said == "yes"


def test_jobless_severely_disabled_adults_from_2022() -> None:
    """D-02 and G-06: outside an edge family there is a ground from 20 October 2022, and not before."""
    who = {**cert("physical", 1), "employed": False, "income_month_fen": 0, "property_ok": True}
    for day, said in ((S83 - DAY, "no"), (S83, "yes"), (dt.date(2021, 8, 15), "no")):
        assert apply_alone(who, **RICHER, on=day).said == said


def test_discretion_over_support_fees_stays_with_the_office() -> None:
    """Own income at or above the standard may be fees that the office leaves out: unknown, and asked."""
    who = {**cert("physical", 1), "employed": False, "property_ok": True}
    for own, said in ((721_99, "yes"), (722_00, "unknown"), (None, "unknown")):
        found = apply_alone({**who, "income_month_fen": own}, **RICHER)
        assert (found["ground"], found.said) == ("yes", said)
    assert "single-discretion" in found.asked


# facts of an adult outside an edge family, and the ground
GROUNDS = [
    ({**cert("physical", 2), "employed": False}, "yes"),
    ({**cert("physical", 2), "employed": True}, "no"),
    ({**cert("physical", 2), "employed": None}, "unknown"),
    ({**cert("physical", 3), "employed": False}, "no"),
    ({**cert("mental", 3), "employed": False}, "unknown"),  # a local choice
    ({**cert("physical", 1), "employed": False, "birth": dt.date(2005, 8, 16)}, "no"),  # 17
    ({**cert("physical", 1), "employed": False, "birth": dt.date(2005, 8, 15)}, "yes"),  # 18
]


@pytest.mark.parametrize(("who", "ground"), GROUNDS)
def test_the_ground_of_a_household_of_one(who: dict[str, Any], ground: str) -> None:
    """Adult, jobless, severely disabled: each of the three."""
    assert apply_alone(who, **RICHER)["ground"] == ground


def test_clergy_apply_by_a_policy_of_their_own() -> None:
    """Three years in the venue and in hardship; it asks nobody else about a venue."""
    poor = {"income_month_fen": 0, "property_ok": True}
    said = [
        apply_alone({"religious_years": y, **poor}, "dibao_single_clergy", **RICHER).said
        for y in (2, 3, None)
    ]
    assert said == ["no", "yes", "unknown"]
    rich = {"religious_years": 5, "income_month_fen": 722_00, "property_ok": True}
    assert apply_alone(rich, "dibao_single_clergy", **RICHER)["means"] == "no"
    assert apply_alone({}, **RICHER).said == "no"  # nothing known of a venue


def test_what_a_single_person_is_paid_is_local() -> None:
    """Unknown without a local share, that share of the standard with it."""
    assert apply_alone(cert("physical", 1), **EDGE_FAMILY).fen["single"] == UNKNOWN
    share = (*standard(722), value("dibao_single_ratio", "65", PER_CENT))
    assert apply_alone(cert("physical", 1), **EDGE_FAMILY, local=share).fen["single"] == fen(469.3)


def test_persons_in_destitute_support_do_not_apply_alone() -> None:
    """It excludes dibao for the person."""
    who = {**cert("physical", 1), "statuses": ("tekun",)}
    assert apply_alone(who, statuses=("edge", "tekun"), income_month_fen=None)["not-tekun"] == "no"


# --- P04: rigid spending --------------------------------------------------------------------------------

SHARE = value("rigid_ratio_min", "60", "%")
RESIDENTS = value("disposable_income_prev_year", "40000", "元")


def rigid_of(*rows: Any, local: tuple[Parameter, ...] = (SHARE, RESIDENTS), **facts: Any) -> Answer:
    """Return the rigid policy for a family of three that earns 60,000 yuan a year."""
    base = {"on": IN_2025, "income_month_fen": 5000_00, "complete": ALL}
    return assess("rigid", *rows, local=local, **{**base, **facts})


# spending in yuan, the local share, the answer (D-06)
RATIOS = [
    (36_000, "60", "no"),  # must exceed
    (36_000.01, "60", "yes"),
    (36_001, "80", "no"),
]


@pytest.mark.parametrize(("yuan", "share", "said"), RATIOS)
def test_the_ratio_must_exceed_the_local_share(yuan: float, share: str, said: str) -> None:
    """Strictly above, by the national text."""
    local = (attrs.evolve(SHARE, value=share), RESIDENTS)
    assert rigid_of(paid(0, "medical", yuan), local=local).said == said


def test_the_operator_is_local_too() -> None:
    """Shenzhen says reached or exceeded."""
    local = (SHARE, RESIDENTS, value("rigid_ratio_operator", ">=", "operator"))
    assert rigid_of(paid(0, "medical", 36_000), local=local).said == "yes"


def test_without_a_local_share_the_ratio_is_unknown() -> None:
    """Hubei, Jiangxi, Xinjiang: no figure found; drafts of Anhui and Gansu decide nothing."""
    for place in (WUHAN, SUZHOU, "360103", "650102", PINGLIANG):
        found = rigid_of(paid(0, "medical", 59_000), local=(RESIDENTS,), place=place)
        assert found["ratio"] == "unknown"


def test_spending_without_income_counts_as_above() -> None:
    """Our convention: whatever the share and the operator, as long as something was spent."""
    at_or_above = value("rigid_ratio_operator", ">=", "operator")
    for local in ((), (SHARE,), (SHARE, at_or_above)):
        here = {"local": local, "income_month_fen": 0}
        assert rigid_of(paid(0, "medical", 1), **here)["ratio"] == "yes"
        assert rigid_of(**here)["ratio"] == "no"


# spending, and the ratio test at 36,000
SPENDING = [
    ([paid(0, "medical", 80_000, reimbursed_fen=44_000_00)], "no"),
    ([paid(0, "medical", 80_000, reimbursed_fen=43_999_00)], "yes"),
    ([paid(0, "medical", 80_000, reimbursed_fen=None)], "unknown"),
    ([paid(0, "medical", 30_000, reimbursed_fen=None)], "no"),  # at most 30,000
    ([paid(0, "education", 50_000, public_cap_fen=36_000_00)], "no"),
    ([paid(0, "education", 50_000, public_cap_fen=36_001_00)], "yes"),
    ([paid(0, "education", 50_000)], "unknown"),  # what would a public school charge?
    ([paid(0, "rehab", 36_001)], "yes"),
    ([paid(0, "living", 20_000), paid(1, "rehab", 16_001)], "yes"),
    ([paid(0, "other", 50_000)], "unknown"),  # the county says whether it counts
    ([paid(0, "other", 50_000), paid(1, "medical", 36_001)], "yes"),
]


@pytest.mark.parametrize(("rows", "said"), SPENDING)
def test_what_counts_as_rigid_spending(rows: list[Spending], said: str) -> None:
    """Medical and rehabilitation costs net, education up to the public rate, living as stated."""
    assert rigid_of(*rows)["ratio"] == said


def test_spending_that_may_be_missing_supports_no_refusal() -> None:
    """Without "all spending stated" little spending is unknown, enough of it is yes."""
    assert rigid_of(paid(0, "medical", 10), complete=None)["ratio"] == "unknown"
    assert rigid_of(paid(0, "medical", 36_001), complete=None)["ratio"] == "yes"


def test_income_per_head_against_disposable_income() -> None:
    """Strictly below; unknown where the figure was not found; by zone where a place has no single one."""
    big = paid(0, "medical", 1_000_000)
    for month, said in ((9999_99, "yes"), (10_000_00, "no")):
        assert rigid_of(big, income_month_fen=month)["income"] == said
    assert rigid_of(big, local=(SHARE,))["income"] == "unknown"
    zones = [value(f"disposable_income_prev_year_{z}", y, "元") for z, y in (("rural", "20000"), ("urban", "40000"))]  # fmt: skip
    found = {z: rigid_of(big, local=(SHARE, *zones), zone=z)["income"] for z in ("rural", "urban")}
    assert found == {"rural": "no", "urban": "yes"}


def test_the_income_of_the_year_may_be_stated() -> None:
    """Twelve months' income as stated, or twelve times the month's."""
    row = paid(0, "medical", 36_001)
    assert rigid_of(row, income_month_fen=None, income_year_fen=60_000_00).tests["ratio"] == YES
    assert rigid_of(row, income_month_fen=None, income_year_fen=61_000_00).tests["ratio"] == NO


def test_lower_layers_come_first() -> None:
    """Dibao, destitute support and edge families, recognised or possible, are not in this layer."""
    row = paid(0, "medical", 59_000)
    for status in ("dibao", "edge", "tekun"):
        assert rigid_of(row, statuses=(status,))["not-lower-layer"] == "no"
    for income in (2000_00, 3000_00):  # below the standard; below 1.5 times it
        local = (SHARE, RESIDENTS, *standard(722))
        assert rigid_of(row, income_month_fen=income, local=local)["not-lower-layer"] == "no"
    assert rigid_of(row, statuses=None)["not-lower-layer"] == "unknown"


def test_rigid_begins_in_2025() -> None:
    """The rule is in force from 1 January 2025."""
    for day, said in ((dt.date(2024, 12, 31), "no"), (dt.date(2025, 1, 1), "yes")):
        local = (SHARE, RESIDENTS, *standard(722))
        assert rigid_of(paid(0, "medical", 40_000), on=day, local=local).said == said


# --- the policies as data -------------------------------------------------------------------------------

each_policy = pytest.mark.parametrize("policy", list(POLICIES), ids=lambda p: p.id)


@each_policy
def test_everything_names_its_document(policy: Policy) -> None:
    """Conditions, amounts, papers and steps carry document; limits are parameters of the pack."""
    for one in (*policy.conditions, *policy.amounts, *policy.materials, *policy.steps):
        assert one.document
    limits = {s.limit for s in policy.steps if s.limit} | {
        n for s in policy.steps for _, n in s.special
    }
    assert limits <= set(pack().names())
    known = {f"{kind}.{field}" for kind, spec in RECORD_KINDS.items() for field in spec.field_names}
    assert {name for m in policy.materials for name in m.known_by} <= known


@each_policy
def test_steps_have_meanings_and_dates(policy: Policy) -> None:
    """Ids are those that an application's record knows (the renewal apart); all follow another."""
    ids = [s.id for s in policy.steps]
    assert set(ids) <= {*STEP_IDS, "renew"}
    assert ids[0] == "accept"
    assert all(s.after in ids for s in policy.steps[1:])


@each_policy
def test_nothing_is_worded_as_a_decision(policy: Policy) -> None:
    """No text says that somebody is entitled or fits: it is for the office to decide."""
    texts = [policy.name, policy.note, *(c.text for c in policy.conditions)]
    texts += [one.name for one in (*policy.amounts, *policy.materials, *policy.steps)]
    for text in filter(None, texts):
        assert not re.search("符合|entitled|qualif", text.zh + text.en)
    assert all(say_expr(c.test, lang) for c in policy.tests() for lang in ("zh", "en"))


def test_the_ladder() -> None:
    """Dibao first, then the edge and single persons, then rigid spending; none depends on a later one."""
    order = {p.id: p.order for p in POLICIES}
    assert order["dibao"] < order["edge"] == order["dibao_single"] < order["rigid"]
    assert POLICIES.depends("rigid") == ("dibao", "edge")
    assert all("tekun" in POLICIES[name].excludes for name in ("dibao", "dibao_single"))
    assert {c for p in POLICIES for c in p.covers} == {"living_aid"}
