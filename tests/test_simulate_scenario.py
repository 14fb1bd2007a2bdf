"""Scenarios: what they take, what they refuse, and that their digest tells them apart."""

import datetime as dt
import pickle
from importlib import import_module
from pathlib import Path

import attrs
import numpy as np
import pytest

from wushe.simulate import assumptions
from wushe.simulate.assumptions import ASSUMED
from wushe.simulate.resources.giving import Campaign
from wushe.simulate.world import ground, households, parties, persons, ties
from wushe.simulate.world.census import wuhan_districts
from wushe.simulate.world.ready import district_year, small, wuhan_district
from wushe.simulate.world.scenario import PROCESSES, Scenario, Settlement, catalogue
from wushe.simulate.world.shocks import flood_week
from wushe.text import Text


def test_an_assumption_has_its_default_until_a_scenario_sets_it():
    """`scenario[id]` gives the stated default, or what the scenario says instead."""
    plain = small()
    changed = plain.but(**{"ties.mean": 3})
    assert plain["ties.mean"] == catalogue()["ties.mean"].default == 6.0
    assert changed["ties.mean"] == 3.0
    assert plain["ties.mean"] == 6.0, "a copy leaves the original alone"


def test_every_assumption_is_listed_with_its_source():
    """Rows have id, value, unit, names in both languages and a source or the word assumed; what was set is marked."""
    rows = small().but(assume={"ties.mean": 3}).assumptions()
    assert [row["id"] for row in rows] == list(catalogue())
    assert all(row["unit"] and row["zh"] and row["en"] and row["source"] for row in rows)
    assert [row["id"] for row in rows if row["set"]] == ["ties.mean"]
    assert any(row["source"] == ASSUMED for row in rows)
    assert any(row["source"] != ASSUMED for row in rows)


def test_no_process_keeps_its_assumptions_to_itself():
    """Whatever a module of the simulator assumes is in the catalogue, and stated once."""
    folder = Path(assumptions.__file__).parent
    modules = [
        ".".join(p.relative_to(folder).with_suffix("").parts)
        for p in sorted(folder.rglob("*.py"))
        if "\nASSUMPTIONS = " in p.read_text("utf-8")
    ]
    assert set(PROCESSES) <= set(modules)
    for name in modules:
        for a in import_module(f"wushe.simulate.{name}").ASSUMPTIONS:
            assert catalogue()[a.id] is a, name


def test_whole_numbers_are_not_cut():
    """Half a weekday is refused, not taken for the day before; numpy's whole numbers are taken as such."""
    with pytest.raises(
        ValueError, match=r"'relief.weekday' is 2.5; expected a whole number of 0 to 6"
    ):
        small().but(**{"relief.weekday": 2.5})
    with pytest.raises(ValueError, match=r"volunteers is 2.5; expected a whole number"):
        small().but(volunteers=2.5)
    assert small().but(volunteers=np.int64(7)) == small().but(volunteers=7)
    assert small().but(volunteers=np.int64(7)).digest == small().but(volunteers=7).digest


def test_a_misspelled_assumption_is_refused_with_near_names():
    """KeyError names what was asked for and what is like it, when read and when set."""
    with pytest.raises(KeyError, match=r"'ties.maen' is no assumption; near: ties.mean"):
        small()["ties.maen"]
    with pytest.raises(KeyError, match=r"near: ties.mean"):
        small().but(**{"ties.maen": 3.0})


@pytest.mark.parametrize("value", [1.5, -0.1, float("nan"), True, "0.5"])
def test_an_assumption_keeps_its_limits(value):
    """A share above 1, below 0, NaN, a flag or a text is refused, naming limits and unit."""
    with pytest.raises(ValueError, match=r"'ties.near' is .*expected a number of 0 to 1 \(share\)"):
        small().but(**{"ties.near": value})


def test_fields_and_assumptions_change_in_one_call():
    """`but` tells fields from assumptions by the full stop, and refuses names that are neither."""
    changed = small().but(volunteers=7, days=40, **{"ties.mean": 2})
    assert (changed.volunteers, changed.days, changed["ties.mean"]) == (7, 40, 2.0)
    assert changed.settlement == small().settlement
    with pytest.raises(TypeError, match=r"'voluntears' is no field; expected one of name, label"):
        small().but(voluntears=7)


def test_an_assumption_without_an_upper_limit_is_still_a_number():
    """Infinitely many or long is refused; a number of numpy is a number."""
    with pytest.raises(
        ValueError, match=r"'closing.grace_days' is inf; expected a number of 0 or more \(days"
    ):
        small().but(**{"closing.grace_days": float("inf")})
    changed = small().but(**{"closing.grace_days": np.int64(7), "ties.mean": np.float32(2.5)})
    assert (changed["closing.grace_days"], changed["ties.mean"]) == (7.0, 2.5)
    assert changed.digest == small().but(**{"closing.grace_days": 7, "ties.mean": 2.5}).digest


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (
            {"start": dt.date(1899, 12, 31)},
            ValueError,
            "expected a day from 1900-01-01 to 2199-12-31",
        ),
        ({"start": dt.date(9999, 12, 31)}, ValueError, "start is 9999-12-31"),
        ({"name": "洪水"}, ValueError, "expected ASCII letters"),
        ({"label": "flood"}, TypeError, "label"),
        ({"days": 0}, ValueError, "days is 0; expected a whole number of 1 to"),
        ({"warm_up": 90}, ValueError, "warm_up is 90 of 90 days; expected fewer"),
        ({"volunteers": -1}, ValueError, "volunteers is -1"),
        ({"volunteers": 2.5}, ValueError, "volunteers is 2.5; expected a whole number"),
        ({"workers": True}, ValueError, "workers is True"),
        ({"start": dt.datetime(2025, 1, 1, tzinfo=dt.UTC)}, TypeError, "expected a datetime.date"),
        ({"plugins": "wuchang"}, TypeError, "plugins"),
        ({"fund_level": "city"}, ValueError, "fund_level"),
        ({"shocks": ("flood",)}, TypeError, "shocks"),
        ({"campaigns": ("day",)}, TypeError, "campaigns"),
    ],
)
def test_what_cannot_be_is_refused(change, kind, message):
    """Each field says what it was given and what it expected."""
    with pytest.raises(kind, match=message):
        small().but(**change)


def test_assumptions_come_as_a_mapping():
    """A list of pairs is refused, saying what was expected."""
    with pytest.raises(TypeError, match="expected a mapping of assumption ids to numbers"):
        attrs.evolve(small(), assume=[("ties.mean", 3.0)])


def test_a_settlement_has_a_household_in_each_community_and_a_community_in_each_street():
    """Fewer communities than streets, or fewer households than communities, cannot be laid out."""
    district = wuhan_districts()["江汉区"]
    with pytest.raises(ValueError, match="2 communities in 3 streets"):
        Settlement(district, households=600, streets=3, communities=2)
    with pytest.raises(ValueError, match="10 communities in 2 streets for 6 households"):
        Settlement(district, households=6, streets=2, communities=10)


def test_the_digest_is_the_same_in_another_process_and_for_another_order():
    """Equal scenarios have one digest, however their assumptions were written, also after pickling."""
    one = small().but(**{"ties.mean": 2, "ties.near": 0.5})
    other = small().but(**{"ties.near": 0.5}).but(**{"ties.mean": 2.0})
    assert one == other
    assert one.digest == other.digest == pickle.loads(pickle.dumps(one)).digest
    assert hash(one) == hash(other)


def test_setting_an_assumption_to_its_default_changes_nothing():
    """What counts for the digest is the value, not that somebody wrote it down."""
    assert small().but(**{"ties.mean": catalogue()["ties.mean"].default}).digest == small().digest


@pytest.mark.parametrize("field", [f.name for f in attrs.fields(Scenario) if f.name != "assume"])
def test_the_digest_sees_every_field(field):
    """Whatever a scenario says changes the digest: a resumed experiment must notice."""
    other = {
        "name": "other",
        "label": Text("别", "other"),
        "settlement": attrs.evolve(small().settlement, households=601),
        "start": dt.date(2025, 1, 2),
        "plugins": ("hefei",),
        "fund_level": "community",
        "shocks": (flood_week(10),),
        "campaigns": (Campaign("day", Text("日捐", "charity day"), 3, 2),),
    }
    value = other.get(field, 1 + getattr(small(), field) if field not in other else None)
    assert small().but(**{field: value}).digest != small().digest


def test_the_digest_sees_the_district():
    """Another district is another scenario, even with the same name and number of households."""
    made = [wuhan_district(name, households=3_000, name="same") for name in wuhan_districts()]
    same = [one.but(label=made[0].label, volunteers=1) for one in made]
    assert len({one.digest for one in same}) == 13


def test_ready_scenarios_have_the_sizes_that_they_are_named_for():
    """`small` is small; `district_year` is the benchmark's 50,000 households, 3,000 volunteers and 365 days."""
    year = district_year()
    assert (year.settlement.households, year.volunteers, year.days) == (50_000, 3_000, 365)
    assert (small().settlement.households, small().volunteers, small().days) == (600, 40, 90)
    whole = wuhan_district("汉南区")
    assert whole.settlement.households == 47_488, "all family households of the 2020 census"
    with pytest.raises(KeyError, match="expected one of 江岸区"):
        wuhan_district("浦东新区")


PAGE = Path(__file__).parent.parent / "docs" / "explanation" / "scenario.md"


def test_the_page_lists_every_assumption_of_people_and_parties_with_its_source():
    """What the documentation says of defaults, units and sources is what the code does."""
    text = PAGE.read_text("utf-8")
    listed = [line for line in text.splitlines() if line.startswith("| `")]
    stated = [a for m in (ground, households, persons, ties, parties) for a in m.ASSUMPTIONS]
    assert len(listed) == len(stated)
    for line, a in zip(listed, stated, strict=True):
        source = "假定 assumed" if a.source == ASSUMED else a.source
        meaning = f"{a.label.zh} / {a.label.en}"
        assert line == f"| `{a.id}` | {a.default:g} | {a.unit} | {meaning} | {source} |"
