"""Knowing more never turns a decided answer: unknown stays open until facts close it."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wushe
from conftest import campaign
from relief_households import DATES, NO_POLICIES, Asked, City, answers, frame_of, full_city
from test_rules_twins import BOOK, rules
from wushe.model import Household, Person, ReliefStatus
from wushe.model.storage import UNKNOWN_INT
from wushe.plugins.manager import Plugins
from wushe.relief.assess import evaluate
from wushe.rules import Expr, ParameterBook, PolicySet, household_is
from wushe.rules.columns import Evaluator
from wushe.rules.expr import Total
from wushe.rules.frame import Frame
from wushe.rules.intervals import NO, UNSURE, Num, endless
from wushe.rules.scalar import Case, Ref

HOUSEHOLDS = campaign(tests=120, ci=1500, soak=10_000)
SHARES = (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.85, 0.9, 0.94, 0.97, 0.99, 1.0)
"""What share of the cells is known at each step; the last knows all there is."""


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    """Return the default plugins with every registered policy."""
    return wushe.load_plugins()


def answered(city: City, book: ParameterBook, policies: PolicySet, on: dt.date) -> dict[str, Any]:
    """Return every policy's answer (1, 0, -1) per unit."""
    firm, trusting = evaluate(city.frame(), book, policies, on, policies.policies)
    return {name: answers(firm[name].truth, trusting[name].truth) for name in policies.policies}


@pytest.mark.parametrize("on", DATES, ids=str)
def test_revealing_facts_never_turns_a_decided_answer(
    on: dt.date, plugins: Plugins, seed: int, evidence: Callable[..., None]
) -> None:
    """Eligible stays eligible, not eligible stays not: policy by policy, cell after cell."""
    rng = np.random.default_rng([seed, on.toordinal()])
    city = full_city(rng, HOUSEHOLDS, plugins.parameters)
    ranks = city.ranks(rng, on)
    before: dict[str, Any] = {}
    turned, settled = [], 0
    for share in SHARES:
        now = answered(city.at(ranks, share), plugins.parameters, plugins.policies, on)
        for name, old in before.items():
            bad = np.flatnonzero((old != -1) & (now[name] != old))
            settled += int(((old == -1) & (now[name] != -1)).sum())
            turned += [
                f"{name} row {r}: {old[r]} -> {now[name][r]} at {share}, {len(bad)} of them"
                for r in bad[:1]
            ]
        before = now
    assert turned == []
    assert settled > HOUSEHOLDS  # facts do decide
    evidence(
        "relief_monotony",
        on=str(on),
        households=HOUSEHOLDS,
        policies=len(plugins.policies),
        steps=len(SHARES) - 1,
        settled=settled,
        turned=0,
        seed=seed,
    )


def test_both_passes_never_contradict_each_other(plugins: Plugins, seed: int) -> None:
    """What stale parameters support is never a yes where the firm ones alone say no."""
    rng = np.random.default_rng(seed)
    city = full_city(rng, 2000, plugins.parameters).partial(rng)
    for on in (*DATES, dt.date(2027, 6, 1), dt.date(2029, 1, 1)):
        firm, trusting = evaluate(
            city.frame(), plugins.parameters, plugins.policies, on, plugins.policies.policies
        )
        for name in plugins.policies.policies:
            a, b = firm[name].truth, trusting[name].truth
            assert not ((a != UNSURE) & (a != b)).any(), (on, name)


def contained(inner: Num, outer: Num) -> Any:
    """Return where `inner` lies within `outer`, bool arrays over exact numerators."""
    lo_in, hi_in = (np.asarray(side).astype(object) * outer.scale for side in (inner.lo, inner.hi))
    lo_out, hi_out = (
        np.asarray(side).astype(object) * inner.scale for side in (outer.lo, outer.hi)
    )
    return (endless(np.asarray(outer.lo)) | (lo_in >= lo_out)) & (
        endless(np.asarray(outer.hi)) | (hi_in <= hi_out)
    )


@given(rules(meets=False), st.integers(0, 2**32 - 1), st.sampled_from(DATES))
@settings(max_examples=campaign(tests=100, ci=1500, soak=10_000))
def test_any_rule_only_narrows_while_facts_are_revealed(
    rule: Expr, drawn: int, on: dt.date
) -> None:
    """Random rules: a truth once decided stays, and every range only ever shrinks."""
    rng = np.random.default_rng(drawn)
    city = full_city(rng, 6, BOOK)
    ranks = city.ranks(rng, on)
    of = rule.of or "households"
    old: Any = None
    for share in (0.0, 0.5, 0.8, 0.95, 1.0):
        frame = city.at(ranks, share).frame()
        one = Evaluator(frame, BOOK, NO_POLICIES, on)
        new: Any = one.truth(rule, of) if rule.kind == "truth" else one.number(rule, of)
        if old is not None:
            kept = (old == UNSURE) | (new == old) if rule.kind == "truth" else contained(new, old)
            assert np.all(kept), f"at {share}: {rule!r}"
        old = new


def test_a_household_without_a_stated_salary_is_unknown_and_the_salary_is_asked_for(
    plugins: Plugins,
) -> None:
    """No income row, an adult at work: dibao stays open, and what is missing is called 工资收入."""
    home = Household(
        id="H1",
        place="341321",
        zone="rural",
        members_count=1,
        property_ok=True,
        statuses=(),
        complete=("assets", "emergencies", "grants", "members", "spendings"),
    )
    head = Person(
        id="P1",
        household="H1",
        birth=dt.date(1980, 5, 1),
        relation="head",
        coresident=True,
        employed=True,
        custody="none",
        religious_years=0,
        statuses=(),
    )
    on = dt.date(2024, 3, 1)
    frame = frame_of([home, head])
    firm, trusting = evaluate(frame, plugins.parameters, plugins.policies, on, ["dibao"])
    assert answers(firm["dibao"].truth, trusting["dibao"].truth).tolist() == [-1]
    case = Case(frame, plugins.parameters, plugins.policies, on, trusting=True)
    assert case.policy(plugins.policies["dibao"], 0) == UNSURE
    labels = [ref.node.label.zh for ref in case.asked if isinstance(ref.node, Total)]
    assert "工资收入" in labels


def test_no_household_without_any_known_income_is_ever_decided_to_be_eligible(
    plugins: Plugins, seed: int
) -> None:
    """With every income cell hidden and the table not complete, dibao says no or nothing."""
    rng = np.random.default_rng(seed)
    city = full_city(rng, 500, plugins.parameters)
    ranks = dict(city.ranks(rng))
    for table, field in ranks:
        hidden = table == "incomes" or field in ("complete", "income_month_fen", "income_year_fen")
        ranks[table, field] = np.full(len(city.tables[table]), 1.0 if hidden else 0.0)
    view = city.at(ranks, 0.5)
    assert (view.tables["households"]["income_month_fen"] == UNKNOWN_INT).all()
    for on in DATES:
        found = answered(view, plugins.parameters, plugins.policies, on)
        assert (found["dibao"] != 1).all()


def test_laying_facts_over_a_case_is_the_same_as_recording_them(
    plugins: Plugins, seed: int
) -> None:
    """`Case` with hidden cells given answers as the table that holds them; the place stays known."""
    rng = np.random.default_rng(seed)
    city = full_city(rng, 12, plugins.parameters)
    ranks = {key: rank for key, rank in city.ranks(rng).items() if key[1] != "place"}
    view, full = city.at(ranks, 0.5).frame(), city.frame()
    given = {
        Ref(table, row, field): cell(full, table, row, field)
        for (table, field), rank in ranks.items()
        for row in np.flatnonzero(rank >= 0.5).tolist()
    }
    given = {ref: value for ref, value in given.items() if value is not None}
    book, policies, on = plugins.parameters, plugins.policies, DATES[3]
    wrong = [
        (policy.id, row)
        for policy in policies
        for row in range(view.size(policy.unit))
        if Case(view, book, policies, on, given=given).policy(policy, row)
        != Case(full, book, policies, on).policy(policy, row)
    ]
    assert wrong == []


def cell(frame: Frame, table: str, row: int, field: str) -> Any:
    """Return a cell as `Case` takes it: money and dates as whole numbers."""
    return Case(frame, BOOK, NO_POLICIES, DATES[3]).cell(table, row, field)


def test_a_status_whose_beginning_nobody_knows_may_begin_later() -> None:
    """A row without its first day supports nothing: the day may lie ahead, and then it says no."""
    home = Household(id="H1", place="341321", statuses=())
    told = frame_of([home, ReliefStatus(id="S1", kind="dibao", household="H1")])
    later = ReliefStatus(id="S1", kind="dibao", household="H1", since=dt.date(2030, 1, 1))
    assert Asked(frame_of([home, later])).truth(household_is("dibao")) == [NO]
    assert Asked(told).truth(household_is("dibao")) == [UNSURE]
