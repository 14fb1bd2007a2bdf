"""What-if: a reform beside the law in force, on households small enough to reckon by hand."""

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction

import attrs
import numpy as np
import pytest

import wushe
from wushe.errors import WusheError
from wushe.model import Household, Person, Place
from wushe.model.terms import TargetGroup
from wushe.network import LinkageNetwork, build_network_from_records
from wushe.plugins.manager import Plugins
from wushe.relief.assess import Assessments, assess
from wushe.relief.compare import COLUMNS, Reform, compare
from wushe.relief.impact import Cost, reference_group
from wushe.rules import (
    Amount,
    Condition,
    Expr,
    Parameter,
    Policy,
    age,
    answer,
    between,
    hh,
    most,
    p,
    param,
)
from wushe.text import Text

ON = dt.date(2025, 9, 15)
STREETS = ("420106001", "420106002")
GROUPS = {g: TargetGroup(g, g, g) for g in ("ill", "lone_elder")}


def parameter(name: str, value: str, **more: object) -> Parameter:
    """Return a national parameter in yuan, in force since 2025 and checked in September 2025."""
    given = {
        "region": "000000",
        "unit": "元/人·月",
        "valid_from": dt.date(2025, 1, 1),
        "valid_to": None,
        "expires": None,
        "document": "文件",
        "article": "",
        "source": "",
        "checked": dt.date(2025, 9, 1),
        "confidence": "A",
    }
    return Parameter(name=name, value=value, **(given | more))  # type: ignore[arg-type]


def policy(id: str, test: Expr, amount: Expr, period: str = "month", **more: object) -> Policy:  # noqa: A002
    """Return a policy with one condition and one amount."""
    given = {"name": Text(id, id), "unit": "households", "kind": "living", "document": "文件"}
    return Policy(
        id=id,
        conditions=(Condition("test", Text("条件", "test"), test, "文件"),),
        amounts=(Amount("sum", Text("金额", "sum"), amount, period, "文件"),),  # type: ignore[arg-type]
        confidence="A",
        checked=ON,
        **(given | more),  # type: ignore[arg-type]
    )


STANDARD = param("standard") * hh.members_count
LINE = policy("line", hh.income_month_fen < STANDARD, most(0, STANDARD - hh.income_month_fen))
HEATING = policy("heating", answer("line"), between(10_000, 30_000), "once", order=1)
ELDER = policy("elder", age(p.birth) >= 80, param("elder_sum"), unit="persons")
PARAMETERS = (parameter("standard", "900"), parameter("elder_sum", "100"))


class City:
    """A city's rules: a line with its gap, heating for those below it, a sum for the very old."""

    name = "city"

    @wushe.hookimpl
    def register_parameters(self) -> list[Parameter]:
        """Return a standard of 900 yuan and 100 yuan for the very old."""
        return list(PARAMETERS)

    @wushe.hookimpl
    def register_policies(self) -> list[Policy]:
        """Return the three policies."""
        return [LINE, HEATING, ELDER]


def rules() -> Plugins:
    """Return the city's rules alone."""
    return wushe.load_plugins(City(), defaults=False)


def city(incomes: Sequence[int | None], at: list[int] | None = None) -> LinkageNetwork:
    """Return households of two members each with monthly incomes in yuan (None: unknown)."""
    streets = at or [0] * len(incomes)
    records: list[object] = [
        Place(id="420106", name="区", level="county"),
        *(Place(id=s, name=f"街{s[-1]}", level="street") for s in STREETS),
    ]
    for i, (income, street) in enumerate(zip(incomes, streets, strict=True)):
        records.append(
            Household(
                id=f"H{i:03d}",
                place=STREETS[street],
                members_count=2,
                zone="rural" if street else "urban",
                target_groups=("ill",) if i % 2 else None,
                income_month_fen=None if income is None else income * 100,
            )
        )
        records.append(
            Person(id=f"P{i:03d}", household=f"H{i:03d}", birth=dt.date(1945 + i % 3, 9, 15))
        )
    return build_network_from_records(records, {}, GROUPS)


def assessed(incomes: Sequence[int | None], at: list[int] | None = None) -> Assessments:
    """Return the assessment of such a city."""
    return assess(city(incomes, at), on=ON, plugins=rules())


def standard(yuan: int, **more: object) -> Reform:
    """Return the reform that sets the standard."""
    return Reform(Text("调整标准", "another standard"), (parameter("standard", str(yuan), **more),))


def test_who_gains_by_a_higher_standard() -> None:
    """Two members: 900 yuan each draw the line at 1,800, 1,000 yuan at 2,000 (strictly below)."""
    found = compare(assessed([1_799, 1_800, 1_999, 2_000, None]), standard(1_000))
    assert list(found.ids("line", "newly_possible")) == ["H001", "H002"]
    assert not len(found.ids("line", "no_longer"))
    assert not len(found.ids("line", "newly_unknown"))


def test_who_loses_by_a_lower_standard() -> None:
    """At 800 yuan the line is 1,600: 1,599 stays below it, 1,600 to 1,799 do not."""
    found = compare(assessed([1_599, 1_600, 1_799, None]), standard(800))
    assert list(found.ids("line", "no_longer")) == ["H001", "H002"]
    assert not len(found.ids("line", "newly_possible"))


def test_costs_are_exact() -> None:
    """Gaps to 1,800: 800.00 and 0.01; to 2,000: 1,000.00, 200.01 and 150.00; unknown incomes cost nothing."""
    base = assessed([1_000, None, 1_850, 3_000])
    table = base.network["households"]
    exact = table["income_month_fen"].copy()
    exact[3] = 179_999
    homes = attrs.evolve(table, columns={**table.columns, "income_month_fen": exact})
    network = attrs.evolve(base.network, tables={**base.network.tables, "households": homes})
    found = compare(assess(network, on=ON, plugins=rules()), standard(1_000))
    assert found.costs("line", "month") == (
        Cost(80_001, 80_001),
        Cost(135_001, 135_001),
        Cost(55_000, 55_000),
    )


def test_costs_of_a_policy_that_depends_on_the_changed_one_are_ranges() -> None:
    """Heating pays 100 to 300 yuan once to those below the line: one more household is below it."""
    found = compare(assessed([1_000, 1_900]), standard(1_000))
    assert found.costs("heating", "once") == (
        Cost(10_000, 30_000),
        Cost(20_000, 60_000),
        Cost(10_000, 30_000),
    )
    assert found.costs("heating", "month") == (Cost(0, 0),) * 3


def test_what_has_no_known_limit_is_counted_apart() -> None:
    """Two of unknown size below the line are paid at least a gap; how much more nobody knows."""
    wide = policy("line", hh.income_month_fen < STANDARD, hh.income_year_fen + 100)
    found = compare(assessed([1_000, 1_100, 1_900]), Reform(Text("x", "x"), policies=(wide,)))
    before, after, change = found.costs("line", "month")
    assert before == Cost(80_000 + 70_000, 80_000 + 70_000)
    assert after == Cost(0, 0, open=2)
    assert change == Cost(0, 0, open=2)


def test_only_what_depends_on_the_reform_is_evaluated_again() -> None:
    """The other policies' results are the very objects of the baseline, and cost as much."""
    base = assessed([1_000, 1_900])
    found = compare(base, standard(1_000))
    assert found.recomputed == ("line", "heating")
    assert found.after.firm["elder"] is base.firm["elder"]
    assert found.after.trusting["elder"] is base.trusting["elder"]
    assert found.after.frame is base.frame
    assert found.costs("elder", "month")[2] == Cost(0, 0)
    assert found.costs("elder", "month")[0] == Cost(10_000, 10_000)  # one is 80, one 79


def test_a_reform_gives_what_assessing_its_rules_from_the_start_gives() -> None:
    """Reused and recomputed results together are those of the same parameters as a city's own."""
    incomes = [*range(1_000, 2_400, 70), None]
    found = compare(assessed(incomes), standard(1_000)).after

    class Reformed(City):
        @wushe.hookimpl
        def register_parameters(self) -> list[Parameter]:
            return [parameter("standard", "1000"), PARAMETERS[1]]

    plain = assess(city(incomes), on=ON, plugins=wushe.load_plugins(Reformed(), defaults=False))
    for one in plain:
        assert np.array_equal(found.answer(one.id), plain.answer(one.id))
    assert np.array_equal(found.payments().lo, plain.payments().lo)
    assert np.array_equal(found.payments().hi, plain.payments().hi)


def test_stale_parameters_are_trusted_only_for_a_yes_in_a_reform_too() -> None:
    """A sum last checked two years ago: a reform of the line leaves both passes of the others alone."""
    old = parameter("standard", "900", valid_from=dt.date(2022, 1, 1), checked=dt.date(2022, 1, 1))

    class Stale(City):
        @wushe.hookimpl
        def register_parameters(self) -> list[Parameter]:
            return [old, PARAMETERS[1]]

    plugins = wushe.load_plugins(Stale(), defaults=False)
    base = assess(city([1_000, 2_500]), on=ON, plugins=plugins)
    assert list(base.answer("line")) == [1, -1]
    sums = Reform(Text("老人", "elders"), (parameter("elder_sum", "200"),))
    kept = compare(base, sums)
    assert list(kept.after.answer("heating")) == [1, -1]
    firm = compare(base, standard(900))
    assert list(firm.ids("line", "newly_decided")) == ["H001"]
    assert list(firm.after.answer("heating")) == [1, 0]


def test_a_policy_that_depends_on_a_kept_soft_answer_keeps_both_passes() -> None:
    """Heating reformed alone still trusts the stale line for a yes and not for a no."""
    old = parameter("standard", "900", valid_from=dt.date(2022, 1, 1), checked=dt.date(2022, 1, 1))

    class Stale(City):
        @wushe.hookimpl
        def register_parameters(self) -> list[Parameter]:
            return [old, PARAMETERS[1]]

    base = assess(city([1_000, 2_500]), on=ON, plugins=wushe.load_plugins(Stale(), defaults=False))
    dearer = policy("heating", answer("line"), between(20_000, 30_000), "once", order=1)
    found = compare(base, Reform(Text("取暖", "heating"), policies=(dearer,)))
    assert found.recomputed == ("heating",)
    assert list(found.after.answer("heating")) == [1, -1]
    assert found.costs("heating", "once")[1] == Cost(20_000, 30_000)


def test_a_policy_takes_the_place_of_its_namesake() -> None:
    """A line at or below the standard: the household on it gains, and heating follows."""
    wider = policy("line", hh.income_month_fen <= STANDARD, STANDARD - hh.income_month_fen)
    found = compare(assessed([1_800, 1_801]), Reform(Text("改", "wider"), policies=(wider,)))
    assert list(found.ids("line", "newly_possible")) == ["H000"]
    assert list(found.ids("heating", "newly_possible")) == ["H000"]


def test_a_policy_replaces_one_of_another_name_or_is_new() -> None:
    """Two things a reform may bring: the elders' sum from 79 on, and a sum for everybody of 77."""
    earlier = attrs.evolve(
        policy("elder79", age(p.birth) >= 79, param("elder_sum"), unit="persons"), replaces="elder"
    )
    new = policy("young", age(p.birth).equals(78), param("elder_sum"), unit="persons")
    found = compare(
        assessed([None, None, None]), Reform(Text("老人", "elders"), policies=(earlier, new))
    )
    assert found.after.asked == ("elder79", "line", "young", "heating")
    assert list(found.ids("elder79", "newly_possible")) == ["P001"]
    assert found.costs("elder79", "month")[2] == Cost(10_000, 10_000)
    assert list(found.ids("young", "newly_possible")) == ["P002"]
    assert found.costs("young", "month") == (Cost(0, 0), Cost(10_000, 10_000), Cost(10_000, 10_000))


def test_information_may_be_missing_after_a_reform_that_was_not_before() -> None:
    """A policy that asks for a fact nobody recorded: what was possible becomes unknown, not impossible."""
    stricter = policy("line", (hh.income_month_fen < STANDARD) & hh.property_ok, STANDARD)
    found = compare(assessed([1_000, 2_500, None]), Reform(Text("严", "x"), policies=(stricter,)))
    assert list(found.ids("line", "newly_unknown")) == ["H000"]
    assert list(found.ids("line", "no_longer")) == ["H000"]
    assert not len(found.ids("line", "newly_decided"))


def test_another_day_is_compared_under_the_law_of_that_day() -> None:
    """A year before the city's parameters began nothing is known there; the reform's own row decides."""
    base = assessed([1_000, 2_500])
    day = dt.date(2024, 9, 15)
    found = compare(base, standard(1_000, valid_from=dt.date(2024, 1, 1)), on=day)
    assert found.baseline.on == found.after.on == day
    assert list(found.baseline.answer("line")) == [-1, -1]
    assert list(found.after.answer("line")) == [1, 0]
    assert base.on == ON
    later = compare(base, standard(1_000), on="2026-09-16")
    assert list(later.after.answer("elder")) == [1, 1]  # the second is 80 by then


def test_a_draft_is_applied_where_it_is_given_and_nowhere_else() -> None:
    """``draft_standard`` without a start stands for ``standard`` from the day of comparison on."""
    draft = parameter("draft_standard", "1000", valid_from=None, confidence="C")
    found = compare(assessed([1_900]), Reform(Text("征求意见稿", "draft"), (draft,)))
    assert list(found.baseline.answer("line")) == [0]
    assert list(found.after.answer("line")) == [1]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (parameter("standrad", "1000"), "no policy reads the parameter 'standrad'"),
        (parameter("standard", "1000", valid_from=dt.date(2030, 1, 1)), "has no value on"),
        (parameter("standard", "1000", area="市区"), "the places it is for"),
    ],
)
def test_a_reform_that_would_do_nothing_is_refused(given: Parameter, said: str) -> None:
    """A misspelled name, a later start and a sub-area without places must not pass for "no effect"."""
    with pytest.raises(WusheError, match=said):
        compare(assessed([1_000]), Reform(Text("x", "x"), (given,)))


def test_an_empty_reform_is_refused() -> None:
    """Nothing to compare with is a mistake of the caller."""
    with pytest.raises(WusheError, match="at least one parameter or policy"):
        compare(assessed([1_000]), Reform(Text("x", "x")))


def test_what_is_printed_from_a_reform_names_it() -> None:
    """The reformed assessment says that it is a what-if; the baseline does not change."""
    base = assessed([1_000])
    found = compare(base, standard(1_000))
    assert ("what-if", "调整标准") in found.after.versions
    assert found.baseline.versions == base.versions


def test_undercoverage_and_leakage() -> None:
    """Of 4 truly poor households 2 are reached, 1 is unknown; of 3 reached 1 is not poor, 1 more is unknown."""
    base = assessed([1_000, 1_000, 1_000, None, None, 2_500])
    poor = np.array([True, True, False, True, False, True])
    before, after = compare(base, standard(1_300)).targeting("line", poor)
    assert (before.target, before.reached, before.unknown) == (4, 3, 2)
    assert before.undercoverage == (Fraction(1, 4), Fraction(2, 4))
    assert before.leakage == (Fraction(1, 4), Fraction(2, 4))
    # The last household is below 2 x 1,300: reached as well.
    assert after.undercoverage == (Fraction(0), Fraction(1, 4))
    assert after.leakage == (Fraction(1, 5), Fraction(2, 5))


def test_nobody_in_the_target_group_or_reached_has_no_share() -> None:
    """A share of nothing is not zero."""
    found = compare(assessed([2_500, None]), standard(1_000))
    nobody, everybody = np.zeros(2, dtype=bool), np.ones(2, dtype=bool)
    assert found.targeting("line", nobody)[0].undercoverage is None
    assert found.targeting("line", nobody)[0].leakage == (
        Fraction(1),
        Fraction(1),
    )  # if the open one is reached at all
    assert found.targeting("line", everybody)[0].leakage == (Fraction(0), Fraction(0))
    assert found.targeting("elder", everybody)[0] == found.targeting("elder", everybody)[1]
    nothing = compare(assessed([2_500]), standard(1_000)).targeting("line", nobody[:1])[1]
    assert (nothing.undercoverage, nothing.leakage) == (None, None)


def test_a_target_group_from_true_incomes_is_exact_and_whole() -> None:
    """Income per head strictly below the line, in whole fen; what is unknown is not guessed."""
    incomes, members = np.array([179_999, 180_000]), np.array([2, 2])
    assert list(reference_group(incomes, members, 90_000)) == [True, False]
    with pytest.raises(WusheError, match="known for every unit"):
        reference_group(np.array([wushe.model.storage.UNKNOWN_INT]), members[:1], 90_000)


def test_a_target_of_another_length_is_refused() -> None:
    """A boolean per unit of the policy, no more and no less."""
    with pytest.raises(WusheError, match=r"expected bool \(1,\)"):
        compare(assessed([1_000]), standard(1_000)).targeting("line", np.ones(2, dtype=bool))


def rows_of(found: object, by: str, policy_id: str, **how: str) -> dict[str, dict[str, object]]:
    """Return the rows of one breakdown by group."""
    said = [dict(zip(COLUMNS, row, strict=True)) for row in found.rows(**how)]  # type: ignore[attr-defined]
    return {r["group"]: r for r in said if r["by"] == by and r["policy"] == policy_id}


def test_gains_and_costs_by_place_zone_and_target_group() -> None:
    """Six gain 100 yuan a month in the first street, seven in the second; every other one is ill."""
    base = assessed([1_900] * 13, [0] * 6 + [1] * 7)
    found = compare(base, standard(1_000), groups=("street", "zone", "target_group"))
    for by, groups in (("street", STREETS), ("zone", ("urban", "rural"))):
        rows = rows_of(found, by, "line")
        assert [rows[g]["newly_possible"] for g in groups] == [6, 7]
        assert [rows[g]["change_low_fen"] for g in groups] == [60_000, 70_000]
    assert {g: r["newly_possible"] for g, r in rows_of(found, "target_group", "line").items()} == {
        "ill": 6
    }
    county = compare(base, standard(1_000), groups=("county",))
    assert rows_of(county, "county", "line")["420106"]["change_high_fen"] == 130_000


def test_persons_are_where_their_household_is() -> None:
    """The sum for the very old goes up by 50 yuan: 3 of 9 in the second street are 80."""
    base = assessed([None] * 30, [0] * 9 + [1] * 21)
    more = Reform(Text("老人", "elders"), (parameter("elder_sum", "150"),))
    found = compare(base, more, groups=("street",))
    rows = rows_of(found, "street", "elder", audience="internal")
    assert [rows[s]["change_low_fen"] for s in STREETS] == [15_000, 35_000]


def test_small_cells_and_what_would_give_them_away_are_withheld() -> None:
    """Two gain in one street, eight in the other: with the total of ten, both would tell."""
    base = assessed([1_900] * 10, [0] * 2 + [1] * 8)
    found = compare(base, standard(1_000), groups=("street",))
    rows = rows_of(found, "street", "line")
    assert [rows[s]["newly_possible"] for s in STREETS] == [None, None]
    assert [rows[s]["change_low_fen"] for s in STREETS] == [None, None]
    assert rows_of(found, "", "line")[""]["newly_possible"] == 10
    seen = rows_of(found, "street", "line", audience="internal")
    assert [seen[s]["newly_possible"] for s in STREETS] == [2, 8]


def test_a_small_change_is_not_found_from_the_costs() -> None:
    """Ten are paid before, eleven after: the cost after would tell what the one is paid."""
    found = compare(assessed([1_000] * 10 + [1_850]), standard(901 + 25))
    masked = rows_of(found, "", "heating")[""]
    assert masked["newly_possible"] is None
    assert masked["before_low_fen"] == 100_000
    assert (masked["after_low_fen"], masked["change_low_fen"]) == (None, None)
    seen = rows_of(found, "", "heating", audience="internal")[""]
    assert (seen["after_low_fen"], seen["change_low_fen"]) == (110_000, 10_000)


def test_nested_places_are_one_level_at_a_time() -> None:
    """A county beside its streets would give small streets away."""
    with pytest.raises(WusheError, match="one level of places at a time"):
        compare(assessed([1_000]), standard(1_000), groups=("county", "street"))
    with pytest.raises(WusheError, match="'village' is unknown"):
        compare(assessed([1_000]), standard(1_000), groups=("village",))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_summary_names_the_reform_and_decides_nothing(lang: str) -> None:
    """Both languages say what changes, what it costs, and that it is an assumption."""
    found = compare(assessed([1_900] * 10), standard(1_000))
    text = found.summary(lang)
    assert standard(1_000).name.say(lang) in text
    assert "1,000.00" in text  # ten households, 100 yuan each
    assert {"zh": "不是认定结论", "en": "None of this is a decision"}[lang] in text
    assert "已符合" not in text
    assert "is eligible" not in text


def test_rows_become_a_data_frame() -> None:
    """One row per policy, group and period under the names of the columns."""
    found = compare(assessed([1_900] * 6), standard(1_000), groups=("zone",)).to_frame()
    assert list(found.columns) == list(COLUMNS)
    assert list(found["policy"]) == ["line", "heating", "line", "heating"]


def test_what_does_not_depend_on_the_reform_has_no_changes_to_list() -> None:
    """Asking for the gains of an unaffected policy is a mistake, and the message names the others."""
    with pytest.raises(WusheError, match="those that do: line, heating"):
        compare(assessed([1_000]), standard(1_000)).ids("elder", "no_longer")
