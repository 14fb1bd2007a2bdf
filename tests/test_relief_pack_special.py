"""P05, P06, P11, P12, P15, P16: temporary, medical and education relief, and what carries no money.

The policies before them in the ladder are stand-ins here: one fact decides each.
"""

import datetime as dt
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import attrs
import numpy as np
import pytest

import wushe
from relief_households import full_city
from wushe.model import Emergency, ReliefGrant, Spending
from wushe.model.spec import RECORD_KINDS
from wushe.model.tables import empty_table, table_of
from wushe.plugins.defaults.relief import (
    education,
    medical,
    relief_parameters,
    routing,
    temporary,
)
from wushe.plugins.defaults.relief.routing import CATEGORIES, OPENS, PERSONS, opened_by
from wushe.plugins.defaults.rules import register_need_categories
from wushe.rules import Condition, Parameter, ParameterBook, Policy, PolicySet, hh, p, say_expr
from wushe.rules.columns import Evaluator
from wushe.rules.frame import Frame
from wushe.rules.intervals import NO, UNSURE, YES, endless
from wushe.rules.scalar import Case
from wushe.text import Text

day = dt.date.fromisoformat
PACK = (*temporary.POLICIES, *medical.POLICIES, *education.POLICIES, *routing.POLICIES)
ORDINARY = {
    "deported": False,
    "religious_years": 0,
    "child_status": "none",
    "on_street": False,
    "parents_untraceable": False,
}
NONE_LISTED: dict[str, Any] = {"statuses": (), "idle_land": False, "objection": False}


def stand_in(name: str, unit: str, test: Any) -> Policy:
    """Return a policy of the ladder that one fact decides."""
    said = Text(name, name)
    condition = Condition("only", said, test, "stand-in")
    return Policy(
        name, said, unit, "living", (condition,), "stand-in", "A", day("2026-11-21"), order=4
    )


LADDER = (
    stand_in("dibao", "households", hh.income_month_fen < 50_000),
    stand_in("edge", "households", hh.idle_land),
    stand_in("rigid", "households", hh.objection),
    stand_in("tekun", "persons", p.on_street),
    stand_in("dibao_single", "persons", p.deported),
    stand_in("dibao_single_clergy", "persons", p.religious_years >= 3),
    stand_in("orphan", "persons", p.parents_untraceable),
    stand_in("defacto", "persons", p.guardianship_revoked),
)
POLICIES = PolicySet((*LADDER, *PACK))
ROWS = relief_parameters()


def local(region: str, since: str = "2020-01-01", **values: tuple[str, str]) -> list[Parameter]:
    """Return parameters of a place: name -> (value, unit)."""
    return [
        Parameter(
            name, region, value, unit, day(since), None, None, "made up", "", "made up", day(since), "A"
        )
        for name, (value, unit) in values.items()
    ]  # fmt: skip


@attrs.frozen
class Found:
    """One policy's answer for one unit, and its amounts in fen (None: without end)."""

    truth: int
    amounts: Mapping[str, tuple[int | None, int | None]]
    failed: tuple[str, ...]


def ask(
    policy: str,
    *records: Any,
    on: str = "2024-06-01",
    more: list[Parameter] | None = None,
    unit: str | None = None,
) -> Found:
    """Return the answer of `policy` for the household H or the person `unit`; both evaluators agree."""
    tables = {kind: empty_table(kind) for kind in RECORD_KINDS}
    kinds = {kind.cls: name for name, kind in RECORD_KINDS.items()}
    for cls, name in kinds.items():
        if rows := [r for r in records if isinstance(r, cls)]:
            tables[name] = table_of(name, rows)
    places = {r.place: r.place for r in records if getattr(r, "place", None)}
    frame = Frame(tables, places)
    book = ParameterBook(ROWS).local(more or [])
    rule = POLICIES[policy]
    result = Evaluator(frame, book, POLICIES, day(on), trusting=True).run([policy])[policy]
    row = int(tables[rule.unit].row_of([unit or ("H" if rule.unit == "households" else "P")])[0])
    case = Case(frame, book, POLICIES, day(on), trusting=True)
    assert case.policy(rule, row) == result.truth[row]
    amounts = {}
    for amount in rule.amounts:
        lo, hi = case.fen(amount.value, rule.unit, row)
        ends = tuple(None if abs(e) == float("inf") else int(e) for e in (lo, hi))
        amounts[amount.id] = ends
    failed = [c.id for c in rule.tests() if case.truth(c.test, rule.unit, row) == NO]
    return Found(int(result.truth[row]), amounts, tuple(failed))


def home(place: str = "340722", **facts: Any) -> wushe.Household:
    """Return the household H."""
    said = {k: tuple(sorted(v)) if isinstance(v, tuple) else v for k, v in facts.items()}
    return wushe.Household(id="H", place=place, **said)


def bill(yuan: Any, number: int = 1, **facts: Any) -> Spending:
    """Return a medical bill that the household paid itself."""
    return Spending(
        id=f"S{number}", household="H", kind="medical", amount_fen=int(Fraction(yuan) * 100),
        reimbursed_fen=0, **facts,
    )  # fmt: skip


def eligible(yuan: str, person: str | None = "P", number: int = 1) -> Spending:
    """Return a medical bill by the person's own share in the scope of insurance."""
    fen = int(Fraction(yuan) * 100)
    return Spending(id=f"S{number}", household="H", person=person, kind="medical", eligible_fen=fen)


# --- temporary relief: emergencies ----------------------------------------------------------------

STANDARD = local(
    "000000", dibao_std_urban_month=("700", "元/人·月"), dibao_std_rural_month=("600", "元/人·月")
)
NO_AGAIN: dict[str, Any] = {"complete": ("grants", "emergencies")}


def emergency(**facts: Any) -> Emergency:
    """Return an emergency of the household."""
    return Emergency(id="E", household="H", kind="fire", **facts)


@pytest.mark.parametrize(
    ("records", "truth"),
    [
        ((emergency(living_at_risk=True),), YES),
        ((emergency(living_at_risk=False),), NO),
        ((emergency(),), UNSURE),
        ((), NO),  # all emergencies are told, and there is none
    ],
)
def test_an_emergency_needs_only_the_danger(records: tuple[Any, ...], truth: int) -> None:
    """No income, property, registration or status is asked in an emergency."""
    assert ask("temp_emergency", home("341321", **NO_AGAIN), *records).truth == truth


def test_an_emergency_untold_is_unknown() -> None:
    """A household that did not tell all its emergencies is not refused."""
    assert ask("temp_emergency", home("341321")).truth == UNSURE


@pytest.mark.parametrize(
    ("place", "grants", "truth"),
    [
        ("341321", ("2024-03-01",), YES),  # no such rule there
        ("410922", (), YES),
        ("410922", ("2024-03-01",), UNSURE),  # whether for the same cause, the office knows
        ("410922", ("2023-06-01",), YES),  # twelve whole months ago
        ("410922", ("2023-06-02",), UNSURE),
        ("410922", ("2024-06-02",), YES),  # after the day
        ("653101", ("2024-03-01",), UNSURE),  # in Kashgar
    ],
)
def test_the_same_cause_counts_once_in_twelve_months_where_the_place_says_so(
    place: str, grants: tuple[str, ...], truth: int
) -> None:
    """A grant within twelve months makes the answer open in the places with that rule only."""
    rows = [
        ReliefGrant(id="G", household="H", policy="temp_relief", granted_on=day(g)) for g in grants
    ]
    danger = emergency(living_at_risk=True)
    assert ask("temp_emergency", home(place, **NO_AGAIN), danger, *rows).truth == truth


def test_emergency_bands_of_zongyang() -> None:
    """D-08: a typical case 2 to 5 times the standard; heavier ones up to 8 and 10 in all."""
    found = ask("temp_emergency", home(zone="urban"), emergency(living_at_risk=True), more=STANDARD)
    assert found.amounts["relief"] == (140_000, 350_000)
    assert found.amounts["heavier"] == (0, 210_000)  # up to 8
    assert found.amounts["extreme"] == (0, 140_000)  # up to 10
    highs = [hi for _, hi in found.amounts.values()]
    assert sum(h or 0 for h in highs) == 700_000


def test_emergency_in_gansu() -> None:
    """Light cases at most 800 yuan flat; in all at most the urban standard x persons x 6 months."""
    house = home("620502", zone="rural", members_count=3)
    found = ask("temp_emergency", house, emergency(living_at_risk=True), more=STANDARD)
    assert found.amounts["relief"] == (0, 80_000)
    assert found.amounts["heavier"] == (0, 70_000 * 3 * 6 - 80_000)


def test_a_multiple_without_a_start_date_pays_no_known_sum() -> None:
    """清丰's multiples have no start: from nothing to no known end, but possible all the same."""
    found = ask(
        "temp_emergency", home("410922", **NO_AGAIN), emergency(living_at_risk=True), more=STANDARD
    )
    assert (found.truth, found.amounts["relief"]) == (YES, (0, None))


def test_small_fast_relief_begins_with_the_opinion_of_2026() -> None:
    """Not before 29 January 2026; then from nothing to a month's standard, a head's or the family's."""
    house = home("341321", zone="rural", members_count=2)
    told = (house, emergency(living_at_risk=True))
    before = ask("temp_small_fast", *told, on="2026-01-28", more=STANDARD)
    assert (before.truth, before.failed) == (NO, ("in-force",))
    on_the_day = ask("temp_small_fast", *told, on="2026-01-29", more=STANDARD)
    assert (on_the_day.truth, on_the_day.amounts["relief"]) == (YES, (0, 120_000))


# --- temporary relief: spending -------------------------------------------------------------------

SUDDEN = {"sudden_spending": True}


@pytest.mark.parametrize(
    ("facts", "truth"),
    [
        ({**SUDDEN, "statuses": ("dibao",)}, YES),
        ({**SUDDEN, "statuses": ("edge",)}, YES),
        ({**SUDDEN, "statuses": ("rigid",)}, YES),
        ({**SUDDEN, "statuses": ("monitored",), "property_ok": False}, NO),
        ({"sudden_spending": False, "statuses": ("dibao",)}, NO),
        ({"statuses": ("dibao",)}, UNSURE),
        # 36,000 yuan a head and year: the income must be below
        ({**SUDDEN, "statuses": (), "property_ok": True, "income_month_fen": 599_999}, YES),
        ({**SUDDEN, "statuses": (), "property_ok": True, "income_month_fen": 600_000}, NO),
        ({**SUDDEN, "statuses": (), "property_ok": True}, UNSURE),
        ({**SUDDEN, "statuses": (), "income_month_fen": 1}, UNSURE),
        ({**SUDDEN, "property_ok": True, "income_month_fen": 600_000}, UNSURE),  # status unknown
    ],
)
def test_sudden_spending(facts: dict[str, Any], truth: int) -> None:
    """Recognised families are not checked again; others need income below last year's average."""
    line = local("000000", disposable_income_prev_year=("36000", "元/人·年"))
    house = home("341321", members_count=2, **facts)
    assert ask("temp_spending", house, more=line).truth == truth


def test_without_the_disposable_income_of_the_place_the_answer_is_unknown() -> None:
    """A missing parameter never counts as passed or failed."""
    house = home("341321", members_count=2, statuses=(), property_ok=True, income_month_fen=100,
                 sudden_spending=True)  # fmt: skip
    assert ask("temp_spending", house).truth == UNSURE


@pytest.mark.parametrize("place", ["340722", "340304"])
@pytest.mark.parametrize(
    ("statuses", "yuan", "multiples"),
    [
        (("dibao",), "9999.99", (0, 0)),
        (("dibao",), 10_000, (4, 6)),
        (("dibao",), 15_000, (4, 6)),
        (("dibao",), "19999.99", (4, 6)),
        (("dibao",), 20_000, (4, 10)),  # both bands name it: both
        (("dibao",), "20000.01", (6, 10)),
        (("tekun",), 25_000, (6, 10)),
        (("dibao",), 25_000, (6, 10)),
        ((), 15_000, (0, 0)),
        ((), 20_000, (4, 6)),
        ((), 25_000, (4, 6)),
        ((), 40_000, (4, 10)),
        ((), 45_000, (6, 10)),
        (None, 25_000, (4, 10)),  # whether on dibao is not known
    ],
)
def test_medical_bands_of_zongyang_and_yuhui(
    place: str, statuses: tuple[str, ...] | None, yuan: Any, multiples: tuple[int, int]
) -> None:
    """D-08: multiples of the monthly standard by what the family paid itself in a year."""
    house = home(place, zone="urban", statuses=statuses, **SUDDEN)
    found = ask("temp_spending", house, bill(yuan), more=STANDARD)
    assert found.amounts["relief"] == tuple(m * 70_000 for m in multiples)


def test_the_bands_hold_from_the_day_of_their_documents() -> None:
    """枞阳's figures of 2022-05-30 say nothing about the day before."""
    house = home(zone="urban", statuses=("dibao",), **SUDDEN)
    before = ask("temp_spending", house, bill(15_000), on="2022-05-29", more=STANDARD)
    assert before.amounts["relief"] == (0, None)
    after = ask("temp_spending", house, bill(15_000), on="2022-05-30", more=STANDARD)
    assert after.amounts["relief"] == (280_000, 420_000)


def test_other_necessary_costs_widen_the_range() -> None:
    """With education costs the sum lies anywhere from the band, or twice the standard, to ten times."""
    school = Spending(id="S9", household="H", kind="education", amount_fen=1_000_000)
    house = home(zone="urban", statuses=("dibao",), **SUDDEN)
    found = ask("temp_spending", house, bill(15_000), school, more=STANDARD)
    assert found.amounts["relief"] == (280_000, 700_000)
    alone = ask("temp_spending", house, bill(100), school, more=STANDARD)
    assert alone.amounts["relief"] == (140_000, 700_000)


@pytest.mark.parametrize(
    ("statuses", "yuan", "relief"),
    [
        (("tekun",), 300, "0"),
        (("tekun",), 1_300, "900"),  # (1300 - 300) x 90 %
        (("tekun",), 100_000, "50000"),  # the cap
        (("dibao",), 3_000, "0"),
        (("dibao",), 20_000, "6800"),  # (20000 - 3000) x 40 %
        (("dibao",), "20000.01", "6800"),  # 6800.004: to the fen
        (("dibao",), 200_000, "40000"),
        (("edge",), 30_000, "3000"),  # (30000 - 20000) x 30 %
        (("rigid",), 200_000, "30000"),
        ((), 30_000, "0"),
        ((), 40_000, "2000"),  # 1000 + 10000 x 10 %
        ((), 50_000, "3000"),  # both formulas meet: 1000 + 2000 = 3000
        ((), 60_000, "5000"),  # 3000 + 10000 x 20 %
        ((), 500_000, "30000"),
    ],
)
def test_medical_bands_of_dianjiang(statuses: tuple[str, ...], yuan: Any, relief: str) -> None:
    """垫江 2023: class A to D, the part above the deductible, within the cap."""
    house = home("500231", statuses=statuses, complete=("members",), **SUDDEN)
    found = ask("temp_spending", house, bill(yuan), on="2023-06-01")
    fen = int(Fraction(relief) * 100)
    assert found.amounts["relief"] == (fen, fen)


def test_a_recognised_orphan_is_in_class_a_of_dianjiang() -> None:
    """特困、孤儿 are class A whatever the household's status."""
    child = wushe.Person(id="P", household="H", birth=day("2015-01-01"), child_status="orphan")
    house = home("500231", statuses=("dibao",), **SUDDEN)
    found = ask("temp_spending", house, child, bill(1_300), on="2023-06-01")
    assert found.amounts["relief"] == (90_000, 90_000)


def test_shenzhen_pays_two_to_twelve_months_a_head() -> None:
    """深圳: 2 to 12 months' standard for every member, from the day of publication."""
    house = home("440300", zone="urban", members_count=3, statuses=("dibao",), **SUDDEN)
    found = ask("temp_spending", house, on="2023-07-04", more=STANDARD)
    assert found.amounts["relief"] == (2 * 3 * 70_000, 12 * 3 * 70_000)
    before = ask("temp_spending", house, on="2023-07-03", more=STANDARD)
    assert before.amounts["relief"] == (0, None)


@pytest.mark.parametrize(
    ("months", "statuses", "truth"),
    [(3, (), UNSURE), (2, (), NO), (3, ("dibao",), NO), (None, (), UNSURE)],
)
def test_one_off_relief_for_the_jobless(
    months: int | None, statuses: tuple[str, ...], truth: int
) -> None:
    """Three months without income, not on dibao; whether the place still pays it, the office knows."""
    person = wushe.Person(id="P", household="H", employed=False, jobless_months=months)
    assert ask("temp_jobless", home(statuses=statuses), person).truth == truth


# --- medical relief -------------------------------------------------------------------------------

SUQIAN = local(
    "321300", medrelief_deductible_dibao=("0", "元"), medrelief_deductible_tekun=("0", "元")
)


def patient(**facts: Any) -> wushe.Person:
    """Return the person P, an adult."""
    return wushe.Person(id="P", household="H", birth=day("1980-01-01"), **{**ORDINARY, **facts})


@pytest.mark.parametrize(
    ("place", "status", "yuan", "relief"),
    [
        ("321302", "edge", "20000", "11900"),
        ("321302", "dibao", "20000", "16000"),
        ("321302", "tekun", "20000", "20000"),
        ("321302", "edge", "3000", "0"),
        ("321302", "edge", "3000.01", "0.01"),  # 0.007: half up
        ("321302", "dibao", "200000", "100000"),  # the cap
        ("341882", "edge", "20000", "10200"),
        ("341882", "dibao", "20000", "15000"),
        ("341882", "tekun", "100000", "50000"),  # the cap
    ],
)
def test_medical_relief_of_suqian_and_guangde(
    place: str, status: str, yuan: str, relief: str
) -> None:
    """D-10: min(cap, (share - deductible) x ratio) by class, to the fen."""
    on_person = {"statuses": ("tekun",)} if status == "tekun" else {}
    house = home(place, **{**NONE_LISTED, "statuses": (status,)})
    found = ask(
        "medical_relief", house, patient(**on_person), eligible(yuan), on="2024-12-10", more=SUQIAN
    )
    fen = int(Fraction(relief) * 100)
    assert (found.truth, found.amounts["relief"]) == (YES, (fen, fen))


CHONGQING = local(
    "500000",
    medrelief_deductible_dibao=("3500", "元"),
    medrelief_ratio_dibao=("70", "%"),
    medrelief_annual_cap=("50000", "元"),
)


def test_the_case_of_chongqing_to_the_fen() -> None:
    """G-27: 180000 - 125790 - 29743.68 - 17126.42 = 7339.90; (7339.90 - 3500) x 70 % = 2687.93."""
    rest = Fraction("180000") - sum(map(Fraction, ("125790", "29743.68", "17126.42")))
    assert rest == Fraction("7339.90")
    told = (home("500000", statuses=("dibao",)), patient(), eligible(str(rest)))
    found = ask("medical_relief", *told, on="2024-05-28", more=CHONGQING)
    assert found.amounts["relief"] == (268_793, 268_793)


def test_without_a_cap_the_ratio_gives_the_upper_end() -> None:
    """A cap that is not known may take anything away, but adds nothing."""
    told = (home("500000", statuses=("dibao",)), patient(), eligible("7339.90"))
    found = ask("medical_relief", *told, on="2024-05-28", more=CHONGQING[:2])
    assert found.amounts["relief"] == (0, 268_793)


def test_a_place_without_figures_pays_at_most_the_share() -> None:
    """In Dangshan nothing is known but the law: possibly eligible, the sum up to the whole share."""
    told = (home("341321", statuses=("dibao",)), patient(), eligible("80000"))
    found = ask("medical_relief", *told)
    assert (found.truth, found.amounts["relief"]) == (YES, (0, 8_000_000))


@pytest.mark.parametrize(
    ("house", "person", "truth"),
    [
        ({"statuses": ("dibao",)}, {}, YES),
        ({**NONE_LISTED, "income_month_fen": 40_000}, {}, YES),  # dibao in the same run
        ({**NONE_LISTED, "income_month_fen": 60_000}, {"insured": False}, NO),
        ({**NONE_LISTED, "income_month_fen": 60_000}, {"insured": True}, UNSURE),  # by illness?
        ({**NONE_LISTED}, {"insured": False}, UNSURE),
        ({"statuses": ("monitored",)}, {}, YES),
        ({**NONE_LISTED, "income_month_fen": 60_000}, {"insured": False, "on_street": True}, YES),
    ],
)
def test_classes_of_medical_relief(
    house: dict[str, Any], person: dict[str, Any], truth: int
) -> None:
    """Recognised, or possible in the same run; the rest only where illness made them poor."""
    told = (home("341321", **house), patient(**{"guardianship_revoked": False, **person}))
    assert ask("medical_relief", *told, eligible("80000")).truth == truth


@pytest.mark.parametrize(
    ("yuan", "property_ok", "insured", "truth"),
    [
        ("30000", True, True, NO),  # must exceed
        ("30000.01", True, True, YES),
        ("30000.01", True, None, UNSURE),
        ("30000.01", False, True, NO),
    ],
)
def test_poor_by_illness(yuan: str, property_ok: bool, insured: bool | None, truth: int) -> None:
    """The insured with property within the limits and a share above the local line."""
    line = local("341321", medrelief_illness_threshold=("30000", "元"))
    house = home(
        "341321", **{**NONE_LISTED, "income_month_fen": 60_000, "property_ok": property_ok}
    )
    person = patient(insured=insured, guardianship_revoked=False)
    assert ask("medical_relief", house, person, eligible(yuan), more=line).truth == truth


@pytest.mark.parametrize(
    ("complete", "bills", "truth"),
    [
        (None, (), UNSURE),
        (("spendings",), (), NO),
        (("spendings",), (eligible("100", "P"),), YES),
        (("spendings",), (eligible("100", "Q"),), NO),
        (("spendings",), (eligible("100", None),), UNSURE),  # whose it is was not told
    ],
)
def test_bills_belong_to_a_person(
    complete: tuple[str, ...] | None, bills: tuple[Spending, ...], truth: int
) -> None:
    """A bill of the household that names nobody may be anybody's."""
    told = (home("341321", statuses=("dibao",), complete=complete), patient())
    other = wushe.Person(id="Q", household="H")
    assert ask("medical_relief", *told, other, *bills).truth == truth


def test_a_bill_that_names_nobody_makes_a_range() -> None:
    """Own bills of 10,000 and one of 5,000 that may be theirs: relief on 10,000 to 15,000."""
    told = (home("321302", statuses=("dibao",)), patient())
    bills = (eligible("10000"), eligible("5000", None, 2))
    found = ask("medical_relief", *told, *bills, more=SUQIAN)
    assert found.amounts["relief"] == (800_000, 1_200_000)


def test_the_best_class_counts() -> None:
    """In a dibao household the destitute member gets the destitute ratio; the orphan too."""
    told = (home("321302", statuses=("dibao", "tekun")), patient(statuses=("tekun",)))
    found = ask("medical_relief", *told, eligible("20000"), more=SUQIAN)
    assert found.amounts["relief"] == (2_000_000, 2_000_000)
    child = attrs.evolve(patient(), birth=day("2015-01-01"), child_status="orphan")
    found = ask("medical_relief", told[0], child, eligible("20000"), more=SUQIAN)
    assert found.amounts["relief"] == (2_000_000, 2_000_000)


def test_monitored_people_get_the_edge_figures_unless_listed_as_fallen_back() -> None:
    """广德: the edge figures at least, those of 返贫致贫 if the person is on that list."""
    told = (
        home("341882", **{**NONE_LISTED, "statuses": ("monitored",), "income_month_fen": 60_000}),
        patient(),
    )
    found = ask("medical_relief", *told, eligible("20000"), on="2024-12-10")
    edge, fallen = (20_000 - 3_000) * 60, (20_000 - 1_500) * 70
    assert found.amounts["relief"] == (edge, fallen)


def test_extra_relief_waits_for_the_local_line() -> None:
    """What remains above a threshold: unknown without it, no at it, a range above it."""
    told = (home("321302", statuses=("dibao",)), patient(), eligible("20000"))
    assert ask("medical_relief_extra", *told, more=SUQIAN).truth == UNSURE
    for yuan, truth in (("4000", NO), ("3999", YES)):  # 20000 - 16000 remain
        line = local("321300", medrelief_extra_threshold=(yuan, "元"))
        found = ask("medical_relief_extra", *told, more=[*SUQIAN, *line])
        assert found.truth == truth
    assert found.amounts["extra"] == (0, 100)


@pytest.mark.parametrize(
    ("statuses", "truth"), [(("dibao",), YES), (("edge",), UNSURE), ((), NO), (None, UNSURE)]
)
def test_help_with_the_insurance_fee(statuses: tuple[str, ...] | None, truth: int) -> None:
    """Destitute and dibao everywhere; the others where the place has them on its list."""
    house = home("371300", idle_land=False, objection=False, income_month_fen=60_000,
                 statuses=statuses)  # fmt: skip
    assert ask("medical_insurance_help", house, patient()).truth == truth


def test_the_destitute_pay_no_fee_at_all() -> None:
    """临沂 2023: 350 yuan, all of it for the destitute, 150 at least for dibao."""
    year = local("371300", medinsure_fee_year=("350", "元/人·年"), medinsure_help_dibao_year=("150", "元/人·年"))  # fmt: skip
    tekun = (home("371300", statuses=("tekun",)), patient(statuses=("tekun",)))
    assert ask("medical_insurance_help", *tekun, more=year).amounts["fee"] == (35_000, 35_000)
    dibao = (home("371300", statuses=("dibao",)), patient())
    assert ask("medical_insurance_help", *dibao, more=year).amounts["fee"] == (15_000, 35_000)


# --- education ------------------------------------------------------------------------------------

POOR: dict[str, Any] = {"statuses": ("dibao",)}
TIERS = local(
    "000000", "2025-03-01",
    edu_grant_highschool_tier_low=("1200", "元/生·年"),
    edu_grant_highschool_tier_high=("3500", "元/生·年"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "stage", "on", "yuan"),
    [
        ("edu_senior", "senior", "2025-02-28", (0, None)),
        ("edu_senior", "senior", "2025-03-01", (1200, 3500)),
        ("edu_vocational", "vocational", "2025-03-01", (2300, 2300)),
        ("edu_vocational", "vocational", "2025-02-28", (0, None)),
        ("edu_university", "bachelor", "2024-09-01", (3700, 3700)),
        ("edu_university", "college", "2024-09-01", (3700, 3700)),
        ("edu_university", "bachelor", "2024-08-31", (0, None)),
        ("edu_university_lizhi", "bachelor", "2024-09-01", (6000, 6000)),
        ("edu_university_scholarship", "bachelor", "2024-09-01", (10000, 10000)),
        ("edu_compulsory", "primary", "2025-09-01", (0, None)),  # their start was not found
    ],
)
def test_grants_by_stage_and_day(
    policy: str, stage: str, on: str, yuan: tuple[int, int | None]
) -> None:
    """The published yearly figures from the day they hold; before, no figure at all."""
    found = ask(policy, home(**POOR), patient(student_stage=stage), on=on, more=TIERS)
    assert found.amounts["grant"] == tuple(None if y is None else y * 100 for y in yuan)


def test_day_pupils_and_boarders_are_the_ends_of_a_range() -> None:
    """Primary school 625 to 1250, junior 750 to 1500 yuan a year."""
    figures = {f"edu_{k}": (v, "元/生·年") for k, v in
               {"day_primary": "625", "boarding_primary": "1250", "day_junior": "750",
                "boarding_junior": "1500"}.items()}  # fmt: skip
    for stage, ends in (("primary", (62_500, 125_000)), ("junior", (75_000, 150_000))):
        told = (home(**POOR), patient(student_stage=stage))
        found = ask("edu_compulsory", *told, more=local("000000", **figures))
        assert found.amounts["grant"] == ends


@pytest.mark.parametrize(
    ("house", "person", "truth"),
    [
        (POOR, {"student_stage": "senior"}, YES),
        (POOR, {"student_stage": "junior"}, NO),
        (POOR, {}, UNSURE),
        ({"statuses": ("rigid",)}, {"student_stage": "senior"}, YES),
        ({**NONE_LISTED, "income_month_fen": 1}, {"student_stage": "senior"}, YES),  # dibao maybe
        (NONE_LISTED, {"student_stage": "senior", "disability_cert": True}, YES),
        # other families in hardship: the school finds out
        ({**NONE_LISTED, "income_month_fen": 60_000}, {"student_stage": "senior"}, UNSURE),
    ],
)
def test_who_gets_a_grant(house: dict[str, Any], person: dict[str, Any], truth: int) -> None:
    """Pupils of named categories; others as the school finds."""
    assert ask("edu_senior", home(**house), patient(**person)).truth == truth


def test_what_a_school_gives_on_merit_is_counted_for_nobody() -> None:
    """Scholarships and waived tuition stay open and take nothing off a need."""
    for policy in ("edu_university_lizhi", "edu_university_scholarship", "edu_senior_tuition"):
        assert POLICIES[policy].covers == ()
    told = (home(**POOR), patient(student_stage="bachelor"))
    assert ask("edu_university_lizhi", *told).truth == UNSURE


# --- routing --------------------------------------------------------------------------------------


def test_the_routing_table() -> None:
    """国办发〔2023〕39号 part 4: what each category opens."""
    assert opened_by("dibao") == tuple(OPENS_FOR_DIBAO)
    assert "employment_support" not in opened_by("tekun")
    assert "medical_relief" not in opened_by("rigid")
    assert opened_by("scattered_tekun") == ("housing_support",)
    assert set(OPENS) <= set(POLICIES.policies)
    assert {c for named in OPENS.values() for c in named} <= {*CATEGORIES, *PERSONS}


OPENS_FOR_DIBAO = (
    "medical_insurance_help", "medical_relief", *routing.GRANTS, "housing_support",
    "employment_support", "disaster_support", "service_relief", "monitoring_push",
    "charity_referral",
)  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "facts", "person", "truth"),
    [
        ("monitoring_push", {"statuses": ("monitored",)}, {}, YES),
        ("monitoring_push", {**NONE_LISTED, "income_month_fen": 60_000}, {"on_street": False}, NO),
        ("monitoring_push", {}, {}, UNSURE),
        ("housing_support", POOR, {}, UNSURE),  # the housing test is the office's
        ("housing_support", {**NONE_LISTED, "income_month_fen": 60_000}, {}, NO),
        ("employment_support", POOR, {"employed": False, "disability_cert": False,
                                      "student_stage": "none"}, YES),
        ("employment_support", POOR, {"employed": True}, NO),
        ("employment_support", POOR, {}, UNSURE),
        ("service_relief", POOR, {"disability_cert": True, "selfcare_unable": ("eat",)}, YES),
        ("service_relief", POOR, {"disability_cert": True, "selfcare_unable": (),
                                  "longterm_care": False}, NO),
        ("service_relief", POOR, {"disability_cert": True}, UNSURE),
        ("charity_referral", {**POOR, "referral_consent": True}, {}, YES),
        ("charity_referral", {**POOR, "referral_consent": False}, {}, NO),
        ("charity_referral", POOR, {}, UNSURE),
        ("charity_referral", {**NONE_LISTED, "income_month_fen": 60_000,
                              "referral_consent": True}, {}, UNSURE),
    ],
)  # fmt: skip
def test_services(policy: str, facts: dict[str, Any], person: dict[str, Any], truth: int) -> None:
    """Each service's category and its own test, known and not known."""
    house = home("341321", members_count=1, **facts)
    assert ask(policy, house, patient(**person)).truth == truth


def test_disaster_support_needs_an_event_and_the_office() -> None:
    """No event: no; an event: whether nature caused it, the office says; illness is none."""
    told = home(complete=("emergencies",))
    assert ask("disaster_support", told).truth == NO
    assert ask("disaster_support", told, emergency()).truth == UNSURE
    ill = Emergency(id="E", household="H", kind="illness")
    assert ask("disaster_support", told, ill).truth == NO


# --- all of them ----------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", PACK, ids=lambda policy: policy.id)
def test_every_policy_can_be_said_and_is_sourced(policy: Policy) -> None:
    """Each rule reads in both languages, names a document, never rests on confidence C."""
    assert policy.confidence in ("A", "A*", "B")
    for name, expr in policy.expressions():
        assert say_expr(expr, "zh"), name
        assert say_expr(expr, "en"), name
    said = [policy.name, policy.apply_at, *(c.text for c in policy.conditions)]
    assert all(text.say("zh") and text.say("en") for text in said)


@pytest.mark.parametrize("on", ["2024-07-08", "2026-03-10"])
def test_more_facts_never_flip_a_decided_answer_nor_widen_an_amount(on: str, seed: int) -> None:
    """Cells of a made-up city are revealed bit by bit: yes stays yes, no stays no, ranges narrow."""
    rng = np.random.default_rng(seed)
    book = ParameterBook(ROWS)
    city = full_city(rng, 250, book)
    ranks = dict(city.ranks(rng))
    # A status without a start counts as begun: that start is never hidden here.
    del ranks["statuses", "since"]
    before: Mapping[str, Any] = {}
    for share in (0.3, 0.6, 0.8, 1.0):
        now = Evaluator(city.at(ranks, share).frame(), book, POLICIES, day(on)).run()
        for name, old in before.items():
            decided = old.truth != UNSURE
            assert np.array_equal(old.truth[decided], now[name].truth[decided]), name
            for amount, was in old.amounts.items():
                new = now[name].amounts[amount]
                assert np.all(_end(new.lo) >= _end(was.lo)), (name, amount)
                assert np.all(_end(new.hi) <= _end(was.hi)), (name, amount)
        before = now


def _end(side: Any) -> Any:
    """Return ends of ranges as floats, infinite where there is no end; exact enough to order them."""
    return np.where(endless(side), np.where(side > 0, np.inf, -np.inf), side.astype(float))


def test_need_categories_exist() -> None:
    """What a policy covers are money categories of the built-in needs."""
    money = {c.id for c in register_need_categories() if c.form == "money"}
    assert {c for policy in PACK for c in policy.covers} <= money


def test_what_a_policy_opens_or_excludes_exists() -> None:
    """No policy points at one that is not there."""
    named = {name for policy in PACK for name in (*policy.opens, *policy.excludes)}
    assert named <= set(POLICIES.policies)
