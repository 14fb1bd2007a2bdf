"""The day before, of and after every change: of a parameter, of a policy, of a rule.

A second look-up of parameters, written from how the table is to be read, stands in for the book; on the
days around every change both must give a small probe city the same answers and amounts.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from functools import cache
from math import lcm
from typing import Any

import attrs
import numpy as np
import pytest

import wushe
from conftest import SEED, campaign
from relief_households import full_city
from wushe.plugins.manager import Plugins
from wushe.rules import Parameter, ParameterBook
from wushe.rules.columns import Evaluator, Result
from wushe.rules.expr import InForce, walk
from wushe.rules.frame import Frame
from wushe.rules.intervals import NO, YES
from wushe.rules.parameters import Lookup
from wushe.rules.policy import Policy, named_parameters

DAY = dt.timedelta(1)
PROBES = 60


@cache
def plugins() -> Plugins:
    """Return the default plugins."""
    return wushe.load_plugins()


@cache
def probe() -> Frame:
    """Return a few households at every place, near what rules compare with."""
    return full_city(np.random.default_rng(SEED), PROBES, plugins().parameters).frame()


# --- a second reading of the table ---------------------------------------------------------------


def months_later(day: dt.date, months: int) -> dt.date:
    """Return the same day `months` later, the last of a month that is too short."""
    month = day.month - 1 + months
    for last in (day.day, 30, 29, 28):
        try:
            return dt.date(day.year + month // 12, month % 12 + 1, last)
        except ValueError:
            continue
    raise AssertionError(day)


@attrs.frozen(eq=False)
class Reading:
    """Reads the table row by row, as a clerk would; `shift` days earlier than asked for."""

    rows: tuple[Parameter, ...]
    shift: int = 0
    pages: dict[str, list[Parameter]] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        for row in self.rows:
            self.pages.setdefault(row.name, []).append(row)

    def find(self, name: str, chain: tuple[str, ...], on: dt.date) -> Lookup:
        """Return the value at a place on a day."""
        on -= self.shift * DAY
        for code in chain:
            page = self.pages.get(name, ())
            here = [r for r in page if r.region == code and usable(r, chain)]
            begun = [r for r in here if r.valid_from is not None and r.valid_from <= on]
            if not begun:
                continue
            latest = max(r.valid_from for r in begun if r.valid_from)
            holding = [
                r
                for r in begun
                if (r.valid_to is not None and on <= r.valid_to)
                or (r.valid_to is None and r.valid_from == latest)
            ]
            if holding:
                best = max(holding, key=lambda r: (r.valid_from, *narrow(r, chain)))
                return Lookup(name, best, self._firm(best, on), (), ())
        return Lookup(name, None, False, (), ())

    def varies(self, name: str) -> bool:
        """Return whether some place has its own."""
        return any(r.region != "000000" or r.area for r in self.pages.get(name, ()))

    def codes(self) -> frozenset[str]:
        """Return every code that some row names."""
        return frozenset(code for r in self.rows for code in (r.region, *r.within))

    def scale(self, name: str) -> int:
        """Return a common denominator."""
        worded = ("operator", "rounding", "MMDD")
        rows = [r for r in self.pages.get(name, ()) if r.unit not in worded]
        return lcm(*(r.number.denominator for r in rows))

    @staticmethod
    def _firm(row: Parameter, on: dt.date) -> bool:
        if row.expires is not None and on > row.expires:
            return False
        seen = max(d for d in (row.checked, row.valid_from) if d is not None)
        return row.valid_to is not None or on <= months_later(seen, 18)


def usable(row: Parameter, chain: tuple[str, ...]) -> bool:
    """Return whether a row may decide at a place at all."""
    if row.confidence == "C" or row.name.startswith("draft_"):
        return False
    return any(code in chain for code in row.within) if row.within else not row.area


def narrow(row: Parameter, chain: tuple[str, ...]) -> tuple[int, int]:
    """Return how narrow a row's sub-area is: the nearer and the smaller, the larger."""
    nearest = [chain.index(code) for code in row.within if code in chain]
    return (-min(nearest), -len(row.within)) if nearest else (-len(chain), 0)


# --- around every change of a parameter ----------------------------------------------------------


def read_by_policies() -> set[str]:
    """Return the names of the parameters that some rule reads."""
    found = set()
    for policy in plugins().policies:
        for _, expr in policy.expressions():
            for node in walk(expr):
                found |= set(named_parameters(node))
    return found


def changes() -> dict[dt.date, tuple[str, ...]]:
    """Return the days on which a parameter that some rule reads changes, and which do."""
    found: dict[dt.date, list[str]] = {}
    for day, name in plugins().parameters.changes(read_by_policies()):
        found.setdefault(day, []).append(name)
    return {day: tuple(names) for day, names in sorted(found.items())}


def evaluated(book: Any, on: dt.date, wanted: tuple[str, ...]) -> dict[str, Any]:
    """Return what `wanted` answer and pay in both passes, as plain lists."""
    found: dict[str, Any] = {}
    for trusting in (False, True):
        one = Evaluator(probe(), book, plugins().policies, on, trusting=trusting)
        results = one.run(wanted)
        for name in wanted:
            found[name, trusting] = plain(results[name])
    return found


def plain(result: Result) -> tuple[Any, ...]:
    """Return a result that can be compared: truths, counts and the ends of whole fen."""
    n = len(result.truth)
    assert all(value.scale == 1 for value in result.amounts.values())
    amounts = [
        (name, [np.broadcast_to(end, (n,)).tolist() for end in (value.lo, value.hi)])
        for name, value in result.amounts.items()
    ]
    return result.truth.tolist(), dict(result.tests), amounts


DAYS = list(changes())[:: campaign(tests=4, ci=1, soak=1)]
"""The days that the tests below are run for: all of them, or every fourth where it must be quick."""


@cache
def changed_on(day: dt.date) -> frozenset[str]:
    """Return the policies that answer or pay otherwise than with the table as it stood the day before.

    Both are asked on the same day, so that nobody grows older in between.
    """
    rows = plugins().parameters.parameters
    every = tuple(plugins().policies.policies)
    after = evaluated(Reading(rows), day, every)
    before = evaluated(Reading(rows, shift=1), day, every)
    return frozenset(key[0] for key in after if after[key] != before[key])


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_the_days_around_a_change_of_parameters(day: dt.date) -> None:
    """Before, on and after it: the engine reads the table as a clerk does."""
    book = plugins().parameters
    wanted = plugins().policies.using(changes()[day])
    assert wanted
    for on in (day - DAY, day, day + DAY):
        assert evaluated(book, on, wanted) == evaluated(Reading(book.parameters), on, wanted)


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_only_policies_that_read_a_parameter_change_with_it(day: dt.date) -> None:
    """With the table as it stood the day before all others answer the same."""
    book = plugins().parameters
    fading = {  # what was last checked 18 months ago is doubted from the next day on
        r.name
        for r in book.parameters
        if r.valid_to is None
        and r.valid_from is not None
        and months_later(max(r.checked or r.valid_from, r.valid_from), 18) + DAY == day
    }
    assert changed_on(day) <= set(plugins().policies.using({*changes()[day], *fading}))


def test_changes_of_parameters_do_change_answers(evidence: Callable[..., None]) -> None:
    """The days above would say little if the probe city never noticed."""
    days = DAYS
    noticed = sum(bool(changed_on(day)) for day in days)
    assert noticed > len(days) // 3
    evidence(
        "relief_boundaries",
        days=len(days),
        noticed=noticed,
        parameters=len(read_by_policies()),
        policies=len(plugins().policies),
        rules_with_dates=len(dated()),
        differences=0,
    )


def test_values_fade_the_day_after_eighteen_months_without_a_check() -> None:
    """On that day the firm pass loses them, on the day before it does not."""
    book = plugins().parameters
    reading = Reading(book.parameters)
    days = {
        months_later(max(r.checked or r.valid_from, r.valid_from), 18)
        for r in book.parameters
        if r.valid_to is None and r.valid_from is not None
    }
    chains = probe().chains
    lost = 0
    for day in sorted(days):
        for on in (day, day + DAY):
            for name in sorted(read_by_policies()):
                for chain in chains:
                    a, b = book.find(name, chain, on), reading.find(name, chain, on)
                    assert (a.parameter, a.firm) == (b.parameter, b.firm), (name, chain, on)
                    lost += a.parameter is not None and not a.firm
    assert lost


# --- around every start and end of a rule --------------------------------------------------------


def dated() -> list[tuple[str, dt.date | None, dt.date | None]]:
    """Return (policy, first day, last day) of every policy and every rule in one that has dates."""
    found = set()
    for policy in plugins().policies:
        for condition in policy.tests():
            found |= {(policy.id, n.first, n.last) for n in _dated(condition.test)}
        for amount in policy.amounts:
            found |= {(policy.id, n.first, n.last) for n in _dated(amount.value)}
    return sorted(found, key=str)


def _dated(expr: Any) -> Iterator[InForce]:
    return (n for n in walk(expr) if isinstance(n, InForce) and (n.first or n.last))


def around(first: dt.date | None, last: dt.date | None) -> Iterator[tuple[dt.date, bool]]:
    """Yield the days around both ends, and whether the rule holds on them."""
    for edge in filter(None, (first, last)):
        for on in (edge - DAY, edge, edge + DAY):
            yield on, (first is None or first <= on) and (last is None or on <= last)


@pytest.mark.parametrize(("policy", "first", "last"), dated(), ids=str)
def test_the_days_around_the_start_and_end_of_a_rule(
    policy: str, first: dt.date | None, last: dt.date | None
) -> None:
    """Not the day before, from the first day on, to the last, not the day after."""
    for on, holds in around(first, last):
        one = Evaluator(probe(), plugins().parameters, plugins().policies, on)
        assert int(one.truth(InForce(first, last), "")) == (YES if holds else NO)


def limited() -> list[Policy]:
    """Return the policies that have a first or a last day of their own."""
    return [p for p in plugins().policies if p.valid_from or p.valid_to]


@pytest.mark.parametrize("policy", limited(), ids=lambda p: p.id)
def test_a_policy_refuses_everybody_before_its_first_and_after_its_last_day(
    policy: Policy,
) -> None:
    """On its own days that condition fails nobody; outside it is named among the failed ones."""
    n = probe().size(policy.unit)
    for on, holds in around(policy.valid_from, policy.valid_to):
        one = Evaluator(probe(), plugins().parameters, plugins().policies, on)
        result = one.run([policy.id])[policy.id]
        assert result.tests["in-force"] == ((0, 0, n) if holds else (n, 0, 0))
        assert holds or (result.truth == NO).all()


def test_the_generated_days_cover_every_parameter_that_rules_read() -> None:
    """Each that ever has a start lies on some day; the national ones too."""
    started = {p.name for p in plugins().parameters.parameters if p.valid_from is not None}
    covered = {name for names in changes().values() for name in names}
    assert covered == read_by_policies() & started
    assert isinstance(plugins().parameters, ParameterBook)
