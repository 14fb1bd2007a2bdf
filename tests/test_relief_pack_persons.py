"""Policies for persons: destitute support, children, the disabled, the very old, the street."""

import datetime as dt
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import attrs
import numpy as np
import pytest

import wushe
from wushe.model.spec import RECORD_KINDS
from wushe.model.tables import empty_table, table_of
from wushe.plugins.defaults.relief import relief_parameters, relief_policies
from wushe.plugins.defaults.relief.children import DEFACTO, ORPHAN, dead
from wushe.plugins.defaults.relief.disabled import CARE, LIVING
from wushe.plugins.defaults.relief.elders import ALLOWANCE
from wushe.plugins.defaults.relief.rehab import REHAB
from wushe.plugins.defaults.relief.tekun import TEKUN
from wushe.plugins.defaults.relief.vagrant import SHELTER
from wushe.rules import Parameter, ParameterBook, Policy, PolicySet
from wushe.rules.columns import Evaluator
from wushe.rules.expr import Expr
from wushe.rules.frame import Frame
from wushe.rules.scalar import Case

PACK = PolicySet(relief_policies())
BOOK = ParameterBook(relief_parameters())
MINE = (TEKUN, ORPHAN, DEFACTO, LIVING, CARE, ALLOWANCE, SHELTER, REHAB)
ON = dt.date(2024, 3, 1)
YES, NO, UNKNOWN = 2, 0, 1
INF = float("inf")
MONEY = "元/人·月"
UNITS = {
    "min_wage_month": "元/月", "min_wage_prev_year_month": "元/月",
    "disposable_income_prev_year": "元/人·年", "rehab_child_year": "元/人·年",
    "tekun_basic_rounding": "rounding", "tekun_care_rounding": "rounding",
    "tekun_basic_rounding_months": "月", "tekun_care_rounding_months": "月",
    "tekun_basic_multiplier": "倍", "tekun_basic_multiplier_min": "倍",
    "tekun_total_multiplier": "倍", "orphan_institution_multiplier": "倍",
    "disabled_living_for_edge": "bool", "disabled_care_for_mental_l34": "bool",
    "rehab_for_all_families": "bool", "elder_allowance_age": "岁",
}  # fmt: skip


def parameter(name: str, value: str, region: str = "000000") -> Parameter:
    """Return a made-up value of policy."""
    unit = UNITS.get(name, "倍" if name.endswith("_ratio") else MONEY)
    return Parameter(
        name=name, region=region, value=value, unit=unit, valid_from=dt.date(2000, 1, 1),
        valid_to=None, expires=None, document="案例", article="", source="案例",
        checked=dt.date(2026, 11, 21), confidence="A",
    )  # fmt: skip


@attrs.frozen
class World:
    """A few records at places on a day, asked through the vectorised evaluation and its twin."""

    frame: Frame
    book: ParameterBook
    on: dt.date

    def answer(self, policy: Policy, person: str = "P") -> int:
        """Return the final answer: a yes of the trusting pass, a no of the firm one, else unknown."""
        row = int(self.frame.tables["persons"].row_of([person])[0])
        found = []
        for trusting in (False, True):
            columns = Evaluator(self.frame, self.book, PACK, self.on, trusting=trusting)
            truth = int(columns.run([policy.id])[policy.id].truth[row])
            assert truth == self.case(trusting).policy(policy, row), "the twins disagree"
            found.append(truth)
        return NO if found[0] == NO else YES if found[1] == YES else UNKNOWN

    def failed(self, policy: Policy, person: str = "P") -> list[str]:
        """Return the conditions that do not hold."""
        row = int(self.frame.tables["persons"].row_of([person])[0])
        case = self.case(False)
        return [c.id for c in policy.tests() if case.truth(c.test, "persons", row) == NO]

    def yuan(self, value: Expr, person: str = "P") -> tuple[float | Fraction, float | Fraction]:
        """Return the exact ends of a number in yuan, from the twin, checked against the columns."""
        row = int(self.frame.tables["persons"].row_of([person])[0])
        low, high = self.case(True).number(value, "persons", row)
        num = Evaluator(self.frame, self.book, PACK, self.on, trusting=True).number(
            value, "persons"
        )
        for end, column in ((low, num.lo), (high, num.hi)):
            if abs(end) < INF:
                shown = np.broadcast_to(column, (self.frame.size("persons"),))[row]
                assert end == Fraction(int(shown), num.scale), "the twins disagree"
        return low / 100, high / 100

    def pays(self, policy: Policy, amount: str, person: str = "P") -> tuple[Any, Any]:
        """Return the ends of an amount in yuan."""
        return self.yuan(next(a.value for a in policy.amounts if a.id == amount), person)

    def case(self, trusting: bool) -> Case:
        """Return the scalar twin."""
        return Case(self.frame, self.book, PACK, self.on, trusting=trusting)


def world(
    *records: Any,
    on: dt.date = ON,
    local: Mapping[str, str] | None = None,
) -> World:
    """Return a world of `records` with a case's own parameters."""
    kinds = {kind.cls: name for name, kind in RECORD_KINDS.items()}
    tables = {name: empty_table(name) for name in RECORD_KINDS}
    for cls, name in kinds.items():
        rows = [r for r in records if type(r) is cls]
        if rows:
            tables[name] = table_of(name, rows)
    codes = {r.place for r in records if getattr(r, "place", None)}
    own = [parameter(name, value) for name, value in (local or {}).items()]
    return World(Frame(tables, {c: c for c in sorted(codes)}), BOOK.local(own), on)


def home(**facts: Any) -> wushe.Household:
    """Return a household in the countryside of Xuancheng, which has no recognised status."""
    return wushe.Household(
        **({"id": "H", "place": "341802", "zone": "rural", "statuses": ()} | facts)
    )


def person(**facts: Any) -> wushe.Person:
    """Return a person of that household."""
    return wushe.Person(**({"id": "P", "household": "H"} | facts))


def obliged(**facts: Any) -> wushe.Obligor:
    """Return a son of forty who is sound and has nothing that would excuse him."""
    sound: dict[str, Any] = {
        "id": "O", "person": "P", "birth": dt.date(1984, 1, 1), "status": "none",
        "income_month_fen": 500_000, "property_ok": False, "civil_capacity": "full",
        "missing_or_prison": False,
    }  # fmt: skip
    return wushe.Obligor(**(sound | facts))


def destitute(**facts: Any) -> wushe.Person:
    """Return an old man without income, property or kin."""
    alone: dict[str, Any] = {
        "birth": dt.date(1950, 1, 1), "disability_cert": False, "income_month_fen": 0,
        "property_ok": True, "obligors_complete": True, "child_status": "none", "statuses": (),
        "student_stage": "none", "major_illness": False,
    }  # fmt: skip
    return person(**(alone | facts))


def labour(on: dt.date = ON, **facts: Any) -> int:
    """Return whether somebody cannot work in the sense of 43号 article 5."""
    test = next(c.test for c in TEKUN.conditions if c.id == "labour")
    return world(home(), destitute(**facts), on=on).case(False).truth(test, "persons", 0)


# --- every policy --------------------------------------------------------------------------------


def test_each_rule_names_its_document() -> None:
    """Policies, conditions, amounts, materials and steps say where they are written; none rests on C."""
    for policy in MINE:
        assert policy.confidence in ("A", "A*", "B")
        assert policy.unit == "persons"
        for item in (*policy.conditions, *policy.amounts, *policy.materials, *policy.steps):
            assert item.document


def test_limits_of_steps_are_parameters() -> None:
    """Each time limit that a step names is in the table, and each step follows one of the policy."""
    for policy in MINE:
        ids = [s.id for s in policy.steps]
        for step in policy.steps:
            assert step.limit is None or step.limit in BOOK.names()
            assert step.after is None or step.after in ids


def test_money_goes_to_categories_that_exist() -> None:
    """What a policy covers are need categories of the built-in rules for money."""
    categories = wushe.load_plugins("wuchang").categories
    for policy in MINE:
        assert all(categories[c].form == "money" for c in policy.covers)


@pytest.mark.parametrize("policy", MINE, ids=lambda p: p.id)
def test_a_person_of_whom_nothing_is_known_is_unknown(policy: Policy) -> None:
    """No fact, no answer: neither yes nor no."""
    assert world(wushe.Person(id="P")).answer(policy) == UNKNOWN


# --- tekun: K1 -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "expected"),
    [(dt.date(2024, 2, 29), NO), (dt.date(2024, 3, 1), YES), (dt.date(2024, 3, 2), YES)],
)
def test_old_from_the_sixtieth_birthday_on(on: dt.date, expected: int) -> None:
    """Sixty and over is old: not the day before, but on the birthday (D-05)."""
    assert labour(on, birth=dt.date(1964, 3, 1)) == expected


@pytest.mark.parametrize(
    ("on", "expected"),
    [(dt.date(2024, 2, 29), YES), (dt.date(2024, 3, 1), NO), (dt.date(2024, 3, 2), NO)],
)
def test_a_minor_until_the_sixteenth_birthday(on: dt.date, expected: int) -> None:
    """Under sixteen: the day before the birthday is the last (D-05)."""
    assert labour(on, birth=dt.date(2008, 3, 1)) == expected


@pytest.mark.parametrize(
    ("kind", "level", "expected"),
    [
        ("intellectual", 3, YES), ("mental", 3, YES), ("mental", 4, NO), ("physical", 2, YES),
        ("physical", 3, NO), ("visual", 1, YES), ("visual", 2, NO), ("hearing", 1, NO),
        ("speech", 1, NO), ("multiple", 2, UNKNOWN), ("multiple", 4, NO), (None, 1, UNKNOWN),
        ("physical", None, UNKNOWN), ("hearing", None, NO),
    ],
)  # fmt: skip
def test_disability_that_counts_as_no_labour(kind: Any, level: Any, expected: int) -> None:
    """Article 5 by type and level; what a multiple disability consists of must be asked (G-14)."""
    facts = {"disability_cert": True, "disability_type": kind, "disability_level": level}
    assert labour(birth=dt.date(1980, 1, 1), **facts) == expected


@pytest.mark.parametrize(
    ("born", "stage", "statuses", "expected"),
    [
        (2007, "vocational", (), NO),
        (2007, "vocational", ("tekun",), YES),
        (2006, "senior", ("tekun",), YES),
        (2006, "bachelor", ("tekun",), NO),
        (2006, "none", ("tekun",), NO),
        (2007, "none", ("tekun",), YES),
    ],
)
def test_a_minor_already_in_tekun_keeps_it(
    born: int, stage: str, statuses: tuple[str, ...], expected: int
) -> None:
    """Kept to eighteen, and beyond at school up to senior high or vocational school (D-05)."""
    family = home(statuses=statuses)
    test = next(c.test for c in TEKUN.conditions if c.id == "labour")
    one = destitute(birth=dt.date(born - 1, 6, 1), student_stage=stage, statuses=statuses)
    assert world(family, one).case(False).truth(test, "persons", 0) == expected


def test_serious_illness_counts_in_jiangxi_only_and_by_the_office() -> None:
    """Jiangxi adds lost ability to work through illness, which only the office can find."""
    ill = destitute(birth=dt.date(1980, 1, 1), major_illness=True, disability_cert=True,
                    disability_type="speech", disability_level=4)  # fmt: skip
    assert world(home(place="360103"), ill).failed(TEKUN) == []
    assert world(home(), ill).failed(TEKUN) == ["labour"]


# --- tekun: K2 to K4 -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fen", "expected"), [(75_499, YES), (75_500, NO), (75_501, NO), (None, UNKNOWN)]
)
def test_income_must_be_below_the_standard(fen: int | None, expected: int) -> None:
    """Xuancheng's rural standard is 755 yuan: income at the standard is not below it."""
    assert world(home(), destitute(income_month_fen=fen)).answer(TEKUN) == expected


def test_income_that_does_not_count() -> None:
    """Base pension, social insurance, preferential money and age allowance are left out (G-16)."""
    items = [("transfer", "base_pension", 30_000), ("transfer", "elder_allowance", 60_000),
             ("transfer", "preferential", 80_000), ("transfer", "social_insurance", 90_000),
             ("business", None, 40_000), ("property", None, 20_000),
             ("transfer", "patrol_subsidy", 10_000), ("transfer", "grain_subsidy", 5_499)]  # fmt: skip
    rows = [
        wushe.Income(id=f"I{i}", household="H", person="P", kind=k, tag=tag, amount_month_fen=fen,
                     cost_month_fen=0)
        for i, (k, tag, fen) in enumerate(items)
    ]  # fmt: skip
    farmer = destitute(income_month_fen=None)
    listed = home(complete=("incomes",), members_count=1)
    assert world(listed, farmer, *rows).answer(TEKUN) == YES
    more = wushe.Income(id="J", household="H", person="P", kind="wage", amount_month_fen=1)
    assert world(listed, farmer, *rows, more).answer(TEKUN) == NO
    assert world(home(), farmer, *rows).answer(TEKUN) == UNKNOWN


def test_relief_drawn_so_far_counts_perhaps() -> None:
    """The text is silent on relief money: it makes the answer unknown where it matters, never a no."""
    relief = wushe.Income(id="I", household="H", person="P", kind="transfer", tag="relief",
                          amount_month_fen=90_000)  # fmt: skip
    listed = home(complete=("incomes",))
    assert world(listed, destitute(income_month_fen=None), relief).answer(TEKUN) == UNKNOWN


@pytest.mark.parametrize(("members", "expected"), [(1, NO), (2, UNKNOWN)])
def test_income_of_the_household_as_a_whole(members: int, expected: int) -> None:
    """Rent that names nobody is the only member's; with others it may be somebody else's."""
    rent = wushe.Income(id="I", household="H", kind="property", amount_month_fen=90_000)
    listed = home(complete=("incomes",), members_count=members)
    assert world(listed, destitute(income_month_fen=None), rent).answer(TEKUN) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, NO),
        ({"status": "tekun"}, YES),
        ({"status": "dibao"}, NO),
        ({"status": "dibao", "birth": dt.date(1964, 3, 1)}, YES),
        ({"status": "dibao", "birth": dt.date(1964, 3, 2)}, NO),
        ({"civil_capacity": "none", "property_ok": True}, YES),
        ({"missing_or_prison": True, "property_ok": True}, YES),
        ({"missing_or_prison": True}, NO),
        ({"birth": dt.date(1954, 3, 1), "property_ok": True, "income_month_fen": 199_999}, YES),
        ({"birth": dt.date(1954, 3, 1), "property_ok": True, "income_month_fen": 200_000}, NO),
        ({"disability_level": 2, "property_ok": True, "income_month_fen": 0}, YES),
        ({"disability_level": 3, "disability_type": "mental", "property_ok": True,
          "income_month_fen": 0}, YES),
        ({"disability_level": 3, "disability_type": "hearing", "property_ok": True,
          "income_month_fen": 0}, NO),
    ],
)  # fmt: skip
def test_when_an_obligor_counts_as_unable(facts: dict[str, Any], expected: int) -> None:
    """The grounds of article 8, with a disposable income of 24,000 yuan the year before."""
    local = {"disposable_income_prev_year": "24000"}
    assert world(home(), destitute(), obliged(**facts), local=local).answer(TEKUN) == expected


def test_an_old_obligor_without_the_income_figure_is_unknown() -> None:
    """The disposable income of the year before is nowhere in the table: unknown, not no."""
    old = obliged(birth=dt.date(1950, 1, 1), property_ok=True, income_month_fen=0)
    assert world(home(), destitute(), old).answer(TEKUN) == UNKNOWN


def test_every_obligor_must_be_unable_and_all_must_be_listed() -> None:
    """One able child is a no though others are unable; a list with a gap is no yes."""
    unable = obliged(id="O2", status="tekun")
    assert world(home(), destitute(), unable, obliged()).answer(TEKUN) == NO
    assert world(home(), destitute(obligors_complete=None), unable).answer(TEKUN) == UNKNOWN
    assert world(home(), destitute(obligors_complete=None), obliged()).answer(TEKUN) == NO


def test_a_child_that_chose_the_orphan_support_is_out() -> None:
    """Article 9: a choice, so that only the recognised status excludes; an adult is not asked."""
    child = {"birth": dt.date(2014, 1, 1)}
    assert world(home(), destitute(**child)).answer(TEKUN) == YES
    assert world(home(), destitute(**child, child_status="orphan")).failed(TEKUN) == [
        "child-choice"
    ]
    assert world(home(), destitute(child_status=None)).answer(TEKUN) == YES


def test_a_no_names_every_failed_condition() -> None:
    """A sound rich adult fails everything but the choice of a child."""
    sound = destitute(birth=dt.date(1980, 1, 1), income_month_fen=900_000, property_ok=False)
    found = world(home(), sound, obliged()).failed(TEKUN)
    assert found == ["category", "labour", "income", "property", "obligors"]


def test_before_the_method_was_in_force() -> None:
    """The method of 2021 decides from 1 July 2021 on."""
    assert world(home(), destitute(), on=dt.date(2021, 6, 30)).failed(TEKUN)[0] == "in-force"


# --- tekun: amounts ------------------------------------------------------------------------------

ALL = ("bathe", "bed", "dress", "eat", "toilet", "walk")


@pytest.mark.parametrize(
    ("fails", "tier"),
    [(0, "self"), (1, "half"), (3, "half"), (4, "full"), (6, "full"), (None, None)],
)
def test_self_care_tiers(fails: int | None, tier: str | None) -> None:
    """No item, one to three, four and more (D-04); unknown spans all tiers."""
    unable = None if fails is None else ALL[:fails]
    one = destitute(selfcare_unable=unable, care_mode="scattered")
    local = {f"tekun_care_{t}_fensan_rural_month": str(n)
             for n, t in ((10, "self"), (20, "half"), (30, "full"))}  # fmt: skip
    expected = {"self": (10, 10), "half": (20, 20), "full": (30, 30), None: (10, 30)}[tier]
    assert world(home(), one, local=local).pays(TEKUN, "care") == expected


def care(mode: str, **more: Any) -> list[Any]:
    """Return care a month for none, half and full self-care as it is known."""
    found = []
    for fails in (6, 3, 0):
        one = destitute(selfcare_unable=ALL[:fails], care_mode=mode)
        low, high = world(more["home"], one, on=more["on"], local=more["local"]).pays(TEKUN, "care")
        assert low == high
        found.append(low)
    return found


def test_hefei_care_by_the_year() -> None:
    """G-17: published per year; the formula of the wage alone gives the same, rounded over the year."""
    hefei = home(place="340104", zone="urban")
    expected = {"institution": [12360, 7416, 989], "scattered": [8652, 4944, 742]}
    for mode, figures in expected.items():
        published = care(mode, home=hefei, on=ON, local={})
        assert [12 * m for m in published] == figures
        local = {"min_wage_prev_year_month": "2060", "tekun_care_rounding": "nearest:1",
                 "tekun_care_rounding_months": "12"}  # fmt: skip
        formula = care(mode, home=home(place="340000"), on=ON, local=local)
        assert [12 * m for m in formula] == figures


@pytest.mark.parametrize(
    ("wage", "expected"),
    [(1930, [965, 579, 78, 676, 386, 58]), (1870, [935, 561, 75, 655, 374, 57])],
)
def test_luan_care_rounds_up(wage: int, expected: list[int]) -> None:
    """G-19: shares of last year's wage by who cares, up to the next yuan."""
    more = {"home": home(place="341502"), "on": dt.date(2024, 7, 1),
            "local": {"min_wage_prev_year_month": str(wage)}}  # fmt: skip
    assert [*care("institution", **more), *care("scattered", **more)] == expected


def test_lanzhou_care() -> None:
    """G-20: 27, 18 and 9 % of the wage, to the nearest yuan; published and by the formula."""
    local = {"min_wage_month": "1670"}
    for on in (dt.date(2022, 4, 1), dt.date(2023, 4, 1)):
        found = care("scattered", home=home(place="620102"), on=on, local=local)
        assert found == [451, 301, 150]


HUBEI = {"tekun_basic_multiplier": "1.3", "tekun_total_multiplier": "2.0",
         "tekun_half_care_addition": "100", "tekun_basic_rounding": "ceil:1",
         "tekun_basic_rounding_months": "1"}  # fmt: skip


@pytest.mark.parametrize(
    ("standard", "basic", "self_care", "half"), [(800, 1040, 560, 660), (780, 1014, 546, 646)]
)
def test_hubei_method(standard: int, basic: int, self_care: int, half: int) -> None:
    """G-22: basic 1.3 times, in all twice the standard; half care adds 100."""
    local = HUBEI | {"dibao_std_urban_month": str(standard)}
    for fails, expected in ((0, self_care), (2, half)):
        one = destitute(selfcare_unable=ALL[:fails])
        found = world(home(place="422801", zone="urban"), one, local=local)
        assert found.pays(TEKUN, "basic") == (basic, basic)
        assert found.pays(TEKUN, "care") == (expected, expected)


@pytest.mark.parametrize(
    ("zone", "standard", "basic", "rest"),
    [("urban", 725, 945, [505, 605, 2010]), ("rural", 655, 855, [455, 555, 2010])],
)
def test_ezhou(zone: str, standard: int, basic: int, rest: list[int]) -> None:
    """G-23: as published in 2025, and basic and lighter care by the method, rounded up to five."""
    local = HUBEI | {f"dibao_std_{zone}_month": str(standard), "tekun_basic_rounding": "ceil:5"}
    worked_out = (home(place="422801", zone=zone), ON, local)
    for place, on, given in (
        (home(place="420704", zone=zone), dt.date(2025, 7, 1), {}),
        worked_out,
    ):
        for fails, expected in zip((0, 1, 4), rest, strict=True):
            if fails == 4 and given:
                continue
            one = destitute(selfcare_unable=ALL[:fails], care_mode="scattered")
            found = world(place, one, on=on, local=given)
            assert found.pays(TEKUN, "basic") == (basic, basic)
            assert found.pays(TEKUN, "care") == (expected, expected)


def test_a_published_figure_goes_before_the_formula() -> None:
    """Above it or below it: what the place publishes is paid."""
    local = HUBEI | {"dibao_std_rural_month": "700"}
    for figure in ("500", "910", "1300"):
        found = world(home(), destitute(), local=local | {"tekun_basic_rural_month": figure})
        assert found.pays(TEKUN, "basic") == (Fraction(figure), Fraction(figure))


def test_only_the_total_is_published() -> None:
    """Wuhan 2023: 1880 yuan in all for full self-care, of which nothing is left for care."""
    found = world(home(place="420106", zone="urban"), destitute(selfcare_unable=()))
    assert found.pays(TEKUN, "basic") == (1880, 1880)
    assert found.pays(TEKUN, "care") == (0, 0)


def test_amounts_without_their_parameter_are_open() -> None:
    """No figure, no guess: anything from nothing, or from the national least, on."""
    nowhere = home(place="130102", zone="urban")
    assert world(nowhere, destitute()).pays(TEKUN, "basic") == (0, INF)
    local = {"tekun_basic_multiplier_min": "1.3", "dibao_std_urban_month": "1000",
             "tekun_basic_rounding": "exact"}  # fmt: skip
    assert world(nowhere, destitute(), local=local).pays(TEKUN, "basic") == (1300, INF)


def test_zone_unknown_spans_both() -> None:
    """Xuancheng pays 982 in the country and 1295 in town."""
    assert world(home(zone=None), destitute()).pays(TEKUN, "basic") == (982, 1295)


# --- children ------------------------------------------------------------------------------------

WELL: dict[str, Any] = {
    "disability_cert": False, "major_illness": False, "custody": "none", "coresident": True,
    "guardianship_revoked": False, "deported": False,
}  # fmt: skip
DIED: dict[str, Any] = {"died_on": dt.date(2020, 1, 1)}


def disabled(kind: str, level: int) -> dict[str, Any]:
    """Return the facts of a disabled parent who lives with the family."""
    return WELL | {"disability_cert": True, "disability_type": kind, "disability_level": level}


def held(months: int) -> dict[str, Any]:
    """Return the facts of a parent in prison."""
    return WELL | {"custody": "prison", "custody_months": months, "coresident": False}


def lost(since: dt.date) -> dict[str, Any]:
    """Return the facts of a parent out of contact, neither dead nor declared missing as far as known."""
    return WELL | {"contact_lost_on": since, "coresident": False, "employed": None}


def family(
    father: dict[str, Any] | None, mother: dict[str, Any] | None, **facts: Any
) -> list[wushe.Person]:
    """Return a child of ten who lives at home, and those parents of whom something is known."""
    child: dict[str, Any] = {
        "birth": dt.date(2014, 1, 1), "statuses": (), "disability_cert": False, "coresident": True,
    }  # fmt: skip
    named = {"father": father, "mother": mother}
    links = {role: role[0] for role, known in named.items() if known is not None}
    parents = [wushe.Person(id=k[0], **f) for k, f in named.items() if f is not None]
    return [person(**(child | links | facts)), *parents]


CHILDREN = [
    (DIED, lost(dt.date(2023, 8, 1)), YES),
    (DIED, lost(dt.date(2023, 9, 1)), YES),  # six months on the day
    (DIED, lost(dt.date(2023, 9, 2)), NO),  # a day short
    (DIED, lost(dt.date(2023, 10, 1)), NO),
    (held(8), disabled("physical", 2), YES),
    (held(6), disabled("physical", 2), YES),
    (held(5), disabled("physical", 2), NO),
    (disabled("mental", 3), disabled("intellectual", 4), YES),
    (disabled("hearing", 3), DIED, NO),
    (disabled("multiple", 3), DIED, UNKNOWN),
    (WELL | {"major_illness": True}, DIED, YES),
    (WELL | {"guardianship_revoked": True}, DIED, YES),
    (WELL | {"deported": True, "coresident": False, "employed": True}, DIED, YES),
    (WELL, WELL, NO),
    (DIED, None, UNKNOWN),
    (DIED, {}, UNKNOWN),
]


@pytest.mark.parametrize(("father", "mother", "expected"), CHILDREN)
def test_children_in_fact_unattended(
    father: dict[str, Any], mother: dict[str, Any] | None, expected: int
) -> None:
    """D-11, whichever parent it is."""
    assert world(home(), *family(father, mother)).answer(DEFACTO) == expected
    if mother is not None:
        assert world(home(), *family(mother, father)).answer(DEFACTO) == expected


@pytest.mark.parametrize("gone", [DIED, {"declared_missing_on": dt.date(2022, 1, 1)}])
def test_orphans_instead(gone: dict[str, Any]) -> None:
    """Both dead or declared missing: an orphan, and no child in fact unattended."""
    found = world(home(), *family(gone, DIED))
    assert found.answer(ORPHAN) == YES
    assert found.failed(DEFACTO) == ["not-orphan"]


def test_a_foundling_is_an_orphan() -> None:
    """Parents who cannot be found make an orphan; a named parent can be found."""
    foundling = person(birth=dt.date(2014, 1, 1), parents_untraceable=True)
    assert world(home(), foundling).answer(ORPHAN) == YES
    assert world(home(), foundling).answer(DEFACTO) == NO
    assert world(home(), *family(WELL, DIED)).answer(ORPHAN) == NO


@pytest.mark.parametrize(
    ("day", "expected"), [(-1, YES), (0, YES), (1, NO)], ids=["before", "of", "after"]
)
def test_a_death_counts_from_its_day_on(day: int, expected: int) -> None:
    """A parent who dies on the day is dead on it; a date still to come is no death."""
    died = {"died_on": ON + dt.timedelta(day)}
    found = world(home(), *family(died, None))
    row = int(found.frame.tables["persons"].row_of(["f"])[0])
    assert found.case(False).truth(dead, "persons", row) == expected


def test_lost_and_then_declared_missing() -> None:
    """Out of contact alone is not missing; a day stated for the court's declaration goes before that."""
    contact = lost(dt.date(2019, 1, 1))
    assert world(home(), *family(contact, DIED)).answer(ORPHAN) == NO
    declared = contact | {"declared_missing_on": dt.date(2022, 1, 1)}
    assert world(home(), *family(declared, DIED)).answer(ORPHAN) == YES


def test_an_empty_date_of_death_is_no_death_and_no_life() -> None:
    """Of a father with no date of death nothing is known, until something shows that he lives."""
    assert world(home(), *family({}, DIED)).answer(ORPHAN) == UNKNOWN
    assert world(home(), *family({"coresident": True}, DIED)).answer(ORPHAN) == NO


@pytest.mark.parametrize(
    ("on", "expected"),
    [(dt.date(2031, 12, 31), YES), (dt.date(2032, 1, 1), NO), (dt.date(2032, 1, 2), NO)],
)
def test_until_the_eighteenth_birthday(on: dt.date, expected: int) -> None:
    """Under eighteen: the day before the birthday is the last."""
    for policy, father in ((ORPHAN, DIED), (DEFACTO, disabled("physical", 1))):
        world_then = world(home(), *family(father, DIED), on=on)
        test = world_then.case(True).policy(policy, 0)
        assert test == expected


def test_no_guardianship_counts_from_2021_on() -> None:
    """The ground was added by 民发〔2020〕125号."""
    revoked = family(WELL | {"guardianship_revoked": True}, DIED)
    assert world(home(), *revoked, on=dt.date(2020, 6, 1)).answer(DEFACTO) == NO
    assert world(home(), *revoked, on=dt.date(2021, 1, 1)).answer(DEFACTO) == YES


def test_orphan_amounts() -> None:
    """Xuancheng 1290 at home and 1680 in an institution; unknown which spans both."""
    for mode, expected in (("scattered", (1290, 1290)), ("institution", (1680, 1680)),
                           (None, (1290, 1680))):  # fmt: skip
        found = world(home(), *family(DIED, DIED, care_mode=mode, coresident=None))
        assert found.pays(ORPHAN, "living") == expected
    at_home = world(home(), *family(DIED, DIED))
    assert at_home.pays(ORPHAN, "living") == (1290, 1290)


def test_orphans_in_hubei_follow_destitute_support_in_town() -> None:
    """Where no figure is published: scattered as tekun in town, 1.6 times in an institution."""
    local = {"tekun_total_urban_month": "1560", "orphan_institution_multiplier": "1.6"}
    for mode, expected in (("scattered", 1560), ("institution", 2496)):
        child = family(DIED, DIED, care_mode=mode, coresident=None)
        found = world(home(place="422801"), *child, local=local)
        assert found.pays(ORPHAN, "living") == (expected, expected)


def test_full_subsidy_where_the_child_draws_nothing_else() -> None:
    """1290, as orphans get (D-11); Wuhan publishes its own 1880."""
    child = family(disabled("physical", 1), DIED)
    rich = {"income_month_fen": 900_000, "members_count": 2}
    assert world(home(**rich), *child).pays(DEFACTO, "subsidy") == (1290, 1290)
    wuhan = home(place="420106", zone="urban", **rich)
    assert world(wuhan, *child).pays(DEFACTO, "subsidy") == (1880, 1880)


def test_the_difference_to_relief_per_head() -> None:
    """Two persons with a gap of 600 yuan: 300 a head, so that 990 of 1290 are missing (D-11)."""
    poor = home(members_count=2, income_month_fen=91_000, property_ok=True)
    found = world(poor, *family(disabled("physical", 1), DIED))
    assert found.pays(DEFACTO, "subsidy") == (990, 990)


def test_recognised_dibao_of_unknown_size_leaves_a_range() -> None:
    """The family draws something, nobody said how much: from nothing to the full subsidy."""
    known = home(statuses=("dibao",), members_count=2)
    found = world(known, *family(disabled("physical", 1), DIED))
    assert found.pays(DEFACTO, "subsidy") == (0, 1290)


def test_children_are_never_published() -> None:
    """No step of theirs is a publicity (民发〔2019〕62号 part 2); limits are 15 working days each."""
    for policy in (DEFACTO, ORPHAN):
        assert "publicity" not in [s.id for s in policy.steps]
    limits = [s.limit for s in DEFACTO.steps if s.limit]
    assert limits == ["defacto_township_days", "defacto_county_days"]


# --- the disabled --------------------------------------------------------------------------------


def certified(**facts: Any) -> wushe.Person:
    """Return a disabled woman of level 1 who needs care, with nothing that excludes her."""
    severe: dict[str, Any] = {
        "birth": dt.date(1980, 1, 1), "disability_cert": True, "disability_type": "physical",
        "disability_level": 1, "longterm_care": True, "nursing_fee_fen": 0, "statuses": (),
        "child_status": "none",
    }  # fmt: skip
    return person(**(severe | facts))


ON_DIBAO = home(place="340104", zone="urban", statuses=("dibao",))
HEFEI = home(place="340104", zone="urban", members_count=1, income_month_fen=900_000)


@pytest.mark.parametrize(
    ("level", "living", "expected_care"), [(1, 277, YES), (2, 277, YES), (3, 185, NO), (4, 185, NO)]
)
def test_two_subsidies_of_hefei(level: int, living: int, expected_care: int) -> None:
    """Living 277 for levels 1 and 2, 185 for 3 and 4; care 277 for levels 1 and 2; both together."""
    found = world(ON_DIBAO, certified(disability_level=level))
    assert found.answer(LIVING) == YES
    assert found.pays(LIVING, "living") == (living, living)
    assert found.answer(CARE) == expected_care
    if expected_care == YES:
        assert found.pays(CARE, "care") == (277, 277)


def test_lanzhou_care_by_level() -> None:
    """110 yuan at level 1, 60 at level 2; unknown level spans both."""
    for level, expected in ((1, (110, 110)), (2, (60, 60))):
        lanzhou = home(place="620102")
        on = dt.date(2021, 6, 1)
        found = world(lanzhou, certified(disability_level=level), on=on)
        assert found.pays(CARE, "care") == expected


@pytest.mark.parametrize(
    ("facts", "living", "care_answer"),
    [
        ({}, YES, YES),
        ({"disability_cert": False}, NO, NO),
        ({"nursing_fee_fen": 1}, NO, NO),
        ({"nursing_fee_fen": None}, UNKNOWN, UNKNOWN),
        ({"nursing_fee_fen": None, "birth": dt.date(2010, 1, 1)}, YES, YES),
        ({"longterm_care": False}, YES, NO),
        ({"longterm_care": None}, YES, UNKNOWN),
        ({"birth": dt.date(2010, 1, 1), "child_status": "orphan"}, NO, YES),
        ({"birth": dt.date(2010, 1, 1), "child_status": "defacto"}, UNKNOWN, YES),
    ],
)
def test_who_is_left_out(facts: dict[str, Any], living: int, care_answer: int) -> None:
    """Work injury's nursing fee and orphans; for a topped-up child the office must say."""
    found = world(ON_DIBAO, certified(**facts))
    assert (found.answer(LIVING), found.answer(CARE)) == (living, care_answer)


def test_destitute_support_excludes_both() -> None:
    """Who is in tekun draws neither."""
    found = world(home(statuses=("tekun",)), certified(statuses=("tekun",)))
    assert (found.answer(LIVING), found.answer(CARE)) == (NO, NO)


def test_a_fully_paid_child_draws_the_care_subsidy_only() -> None:
    """D-11: no living subsidy beside the full subsidy of an unattended child, care is possible."""
    child = certified(birth=dt.date(2014, 1, 1), child_status="defacto")
    found = world(HEFEI, child)
    assert "not-paid-in-full" in found.failed(LIVING)
    assert found.answer(CARE) == YES


def test_mental_disability_of_level_three_is_local() -> None:
    """Unknown where the place says nothing, yes or no where it does."""
    one = certified(disability_type="mental", disability_level=3)
    assert world(ON_DIBAO, one).answer(CARE) == UNKNOWN
    for told, expected in (("1", YES), ("0", NO)):
        local = {"disabled_care_for_mental_l34": told}
        assert world(ON_DIBAO, one, local=local).answer(CARE) == expected


def test_edge_families_are_local() -> None:
    """The living subsidy reaches them only where the place says so; the severe may be on dibao alone."""
    edge = home(statuses=("edge",), members_count=1, income_month_fen=90_000, property_ok=True)
    one = certified(disability_type="hearing", disability_level=3, major_illness=False)
    assert world(edge, one).answer(LIVING) == UNKNOWN
    for told, expected in (("1", YES), ("0", NO)):
        local = {"disabled_living_for_edge": told}
        assert world(edge, one, local=local).answer(LIVING) == expected
    alone = certified(income_month_fen=0, base_pension_fen=0, property_ok=True)
    assert world(edge, alone).answer(LIVING) == YES


# --- the very old --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("born", "expected", "yuan"),
    [
        (dt.date(1944, 3, 2), NO, None),
        (dt.date(1944, 3, 1), YES, 120),
        (dt.date(1934, 3, 2), YES, 120),
        (dt.date(1934, 3, 1), YES, 240),
        (dt.date(1924, 3, 2), YES, 240),
        (dt.date(1924, 3, 1), YES, 600),
    ],
)
def test_age_bands_of_hefei(born: dt.date, expected: int, yuan: int | None) -> None:
    """120, 240 and 600 yuan from the 80th, 90th and 100th birthday on."""
    found = world(HEFEI, person(birth=born))
    assert found.answer(ALLOWANCE) == expected
    if yuan is not None:
        assert found.pays(ALLOWANCE, "allowance") == (yuan, yuan)


def test_from_which_age_a_place_pays() -> None:
    """Under the age that the place sets: no. Where it sets none: unknown, but nobody under sixty."""
    local = {"elder_allowance_age": "80"}
    assert world(home(), person(birth=dt.date(1944, 3, 2)), local=local).answer(ALLOWANCE) == NO
    assert world(home(), person(birth=dt.date(1944, 3, 1)), local=local).answer(ALLOWANCE) == YES
    assert world(home(), person(birth=dt.date(1930, 1, 1))).answer(ALLOWANCE) == UNKNOWN
    assert world(home(), person(birth=dt.date(1964, 3, 2))).answer(ALLOWANCE) == NO
    assert world(home(), person(birth=dt.date(1964, 3, 1))).answer(ALLOWANCE) == UNKNOWN


# --- the street, and rehabilitation --------------------------------------------------------------

ROUGH: dict[str, Any] = {
    "id": "P", "place": "420102", "no_shelter": True, "kin_support": False, "on_street": True,
    "statuses": (),
}  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, YES),
        ({"no_shelter": False}, NO),
        ({"kin_support": True}, NO),
        ({"on_street": False}, NO),
        ({"on_street": None}, UNKNOWN),
        ({"statuses": None}, UNKNOWN),
    ],
)
def test_four_conditions_of_shelter(facts: dict[str, Any], expected: int) -> None:
    """All four, without a household and without any test of registration."""
    assert world(wushe.Person(**(ROUGH | facts))).answer(SHELTER) == expected


def test_who_draws_dibao_or_tekun_is_no_case_of_the_station() -> None:
    """A dated status settles it."""
    for kind in ("dibao", "tekun"):
        row = wushe.ReliefStatus(id="S", kind=kind, person="P", since=dt.date(2023, 1, 1))
        assert world(wushe.Person(**ROUGH), row).failed(SHELTER) == ["not-supported"]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, YES),
        ({"birth": dt.date(2017, 3, 2)}, YES),  # the day before the seventh birthday
        ({"birth": dt.date(2017, 3, 1)}, NO),
        ({"disability_type": "mental", "autism": False}, NO),
        ({"disability_cert": False, "autism": True}, YES),
        ({"disability_type": "multiple"}, YES),
        ({"disability_cert": False, "autism": None}, UNKNOWN),
    ],
)
def test_rehabilitation_up_to_six(facts: dict[str, Any], expected: int) -> None:
    """Ages 0 to 6, five types and autism, families on relief."""
    child: dict[str, Any] = {"birth": dt.date(2020, 1, 1), "disability_cert": True,
                             "disability_type": "hearing", "autism": False}  # fmt: skip
    assert world(ON_DIBAO, person(**(child | facts))).answer(REHAB) == expected


def test_rehabilitation_of_other_families_is_local() -> None:
    """Needy families first: for others the place decides; so is the amount."""
    child = person(birth=dt.date(2020, 1, 1), autism=True, statuses=(), child_status="none")
    assert world(HEFEI, child).answer(REHAB) == UNKNOWN
    told = {"rehab_for_all_families": "1", "rehab_child_year": "20000"}
    assert world(HEFEI, child, local=told).answer(REHAB) == YES
    assert world(HEFEI, child, local=told).pays(REHAB, "rehab") == (20000, 20000)
    assert world(HEFEI, child).pays(REHAB, "rehab") == (0, INF)
