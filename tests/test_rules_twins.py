"""The vectorised and the scalar evaluation agree bit for bit: they share no arithmetic."""

import datetime as dt
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wushe
from conftest import campaign
from relief_households import DATES, Asked, City, answers, full_city, parameter, spans
from wushe.model.spec import RECORD_KINDS
from wushe.plugins.manager import Plugins
from wushe.rules import (
    Expr,
    ParameterBook,
    PolicySet,
    age,
    all_of,
    any_of,
    between,
    compare,
    days_since,
    in_force,
    in_region,
    least,
    meet,
    months_since,
    most,
    not_ended,
    param,
    pick,
    rounded,
    vocabulary,
    working_days_since,
)
from wushe.rules.columns import Evaluator
from wushe.rules.expr import Always, Fact, Link, Relation, RuleError, fact, number
from wushe.rules.intervals import NO, UNSURE, YES
from wushe.rules.scalar import Case

HOUSEHOLDS = campaign(tests=150, ci=1000, soak=100_000)


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    """Return the default plugins with every registered policy."""
    return wushe.load_plugins()


def differences(city: City, plugins: Plugins, on: dt.date, trusting: bool) -> list[str]:
    """Return where the two evaluations of any condition, amount or policy differ."""
    frame, book, policies = city.frame(), plugins.parameters, plugins.policies
    whole = Evaluator(frame, book, policies, on, trusting=trusting)
    results = whole.run()
    parts = Evaluator(frame, book, policies, on, trusting=trusting, results=results)
    columns: dict[str, list[Any]] = {}
    for policy in policies:
        n = frame.size(policy.unit)
        result = results[policy.id]
        columns[policy.id] = result.truth.tolist()
        for condition in policy.tests():
            held = np.broadcast_to(parts.truth(condition.test, policy.unit), (n,))
            counts = tuple(int((held == value).sum()) for value in (NO, UNSURE, YES))
            assert result.tests[condition.id] == counts
            columns[f"{policy.id}.{condition.id}"] = held.tolist()
        for amount in policy.amounts:
            columns[f"{policy.id}.{amount.id}"] = spans(result.amounts[amount.id], n)
    case = Case(frame, book, policies, on, trusting=trusting)  # what a family shares is asked once
    return [
        f"{on} trusting={trusting} {name} row {row}: vectorised {columns[name][row]}, scalar {twin}"
        for unit in ("households", "persons")
        for row in range(frame.size(unit))
        for name, twin in _scalar(case, unit, row)
        if columns[name][row] != twin
    ]


def passes(plugins: Plugins, on: dt.date) -> tuple[bool, ...]:
    """Return the passes that can differ on the day: the second one only where some parameter is stale."""
    return (False, True) if any(not p.firm(on) for p in plugins.parameters.parameters) else (False,)


def _scalar(case: Case, unit: str, row: int) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for policy in case.policies:
        if policy.unit == unit:
            found.append((policy.id, case.policy(policy, row)))
            found += [
                (f"{policy.id}.{c.id}", case.truth(c.test, unit, row)) for c in policy.tests()
            ]
            found += [(f"{policy.id}.{a.id}", case.fen(a.value, unit, row)) for a in policy.amounts]
    return found


@pytest.mark.parametrize("on", DATES, ids=str)
def test_both_evaluations_agree_on_every_policy(
    on: dt.date, plugins: Plugins, seed: int, evidence: Callable[..., None]
) -> None:
    """Truth of every condition and policy, and both ends of every amount, in every pass."""
    rng = np.random.default_rng([seed, on.toordinal()])
    left = -(-HOUSEHOLDS // len(DATES))
    households = persons = 0
    while left:  # small cities keep the scalar side's memory small
        n = min(left, 250)
        left -= n
        city = full_city(rng, n, plugins.parameters, gaps=True).partial(rng)
        for trusting in passes(plugins, on):
            assert differences(city, plugins, on, trusting)[:3] == []
        households += n
        persons += len(city.tables["persons"])
    evidence(
        "relief_twins",
        on=str(on),
        households=households,
        persons=persons,
        policies=len(plugins.policies),
        differences=0,
        seed=seed,
    )


def test_partial_cities_leave_much_open_and_much_decided(plugins: Plugins, seed: int) -> None:
    """The campaign would say little if the generated households were all unknown or all refused."""
    rng = np.random.default_rng(seed)
    city = full_city(rng, 1500, plugins.parameters)
    seen: dict[str, set[int]] = {p.id: set() for p in plugins.policies}
    for on in DATES:
        for view in (city, city.partial(rng)):
            frame = view.frame()
            both = [
                Evaluator(frame, plugins.parameters, plugins.policies, on, trusting=t).run()
                for t in (False, True)
            ]
            for name, found in seen.items():
                found |= set(answers(both[0][name].truth, both[1][name].truth).tolist())
    assert {name for name, found in seen.items() if len(found) == 1} == set()
    assert sum(found == {1, 0, -1} for found in seen.values()) >= len(seen) * 2 // 3


# --- rules that nobody wrote ---------------------------------------------------------------------

BOOK = ParameterBook(
    (
        parameter("std", "940", region="420000"),
        parameter("std", "11264/12", region="341300"),
        parameter("std", "655.5", region="341800", expires=dt.date(2024, 1, 1)),
        parameter("ratio", "70", "%"),
        parameter("op", "<=", "operator"),
        parameter("op", "<", "operator", region="340000"),
        parameter("op", ">", "operator", region="620000", expires=dt.date(2022, 1, 1)),
        parameter("round", "ceil:5", "rounding", region="420000"),
        parameter("round", "floor:1", "rounding", region="340000", expires=dt.date(2022, 1, 1)),
    )
)
RELATIONS: dict[str, tuple[Relation, ...]] = {
    parent: tuple(
        r for r in vars(vocabulary).values() if isinstance(r, Relation) and r.parent == parent
    )
    for parent in ("households", "persons")
}
LINKS = tuple(link for link in vars(vocabulary).values() if isinstance(link, Link))
DEADLINES = ("applied_on", "accepted_on")
NUMBERS = (0, 1, 3, 60, 75_500, 10**16, Fraction(1, 3), Fraction(13, 10), -1)


def _facts(of: str) -> dict[str, list[Fact]]:
    found: dict[str, list[Fact]] = {}
    for name in RECORD_KINDS[of].field_names:
        try:
            item = fact(of, name)
        except RuleError:
            continue
        assert isinstance(item, Fact)
        labels = item.spec.kind.labels
        if item.kind not in ("code", "tags") or labels:
            found.setdefault(item.kind, []).append(item)
    return found


FACTS = {
    of: _facts(of)
    for of in ("households", "persons", *(r.child for rs in RELATIONS.values() for r in rs))
}


class Writer:
    """Writes random rules of a record kind; `exclude_meet` leaves contradictions out."""

    def __init__(self, draw: Callable[..., Any], meets: bool = True) -> None:
        self.draw, self.meets = draw, meets

    def of(self, items: Any) -> Any:
        """Return one of `items`."""
        return self.draw(st.sampled_from(items))

    def truth(self, of: str, depth: int) -> Expr:
        """Return a random condition on `of`."""
        plain = ["flag", "one_of", "force"] + ["tags", "region"] * (of == "households")
        deep = ["not", "and", "or", "compare", "operator"] + ["some", "link"] * (of in RELATIONS)
        kind = self.of(
            [k for k in (deep * (depth > 0) or plain) if self._can(of, k)]
            + ["compare"] * (depth > 0)
        )
        made: Expr = getattr(self, f"_{kind}")(of, depth - 1)
        return made

    def number(self, of: str, depth: int) -> Expr:
        """Return a random number of `of`."""
        deep = ["plus", "times", "pick", "extreme", "rounded"] + ["meet"] * self.meets
        deep += ["total", "link_number", "total"] * (of in RELATIONS)
        plain = ["constant", "param", "fact", "fact", "elapsed"]
        made: Expr = getattr(self, f"_{self.of(deep if depth > 0 else plain)}")(of, depth - 1)
        return made

    def _can(self, of: str, kind: str) -> bool:
        need = {"flag": "truth", "one_of": "code", "tags": "tags"}.get(kind)
        return need is None or need in FACTS[of]

    def _flag(self, of: str, depth: int) -> Expr:
        return self.of(FACTS[of]["truth"])

    def _one_of(self, of: str, depth: int) -> Expr:
        item = self.of(FACTS[of]["code"])
        return item.one_of(self.of(sorted(item.spec.kind.labels)))

    def _tags(self, of: str, depth: int) -> Expr:
        item = self.of(FACTS[of]["tags"])
        return item.has(self.of(sorted(item.spec.kind.labels)))

    def _region(self, of: str, depth: int) -> Expr:
        return in_region(self.of(["420000", "341324", "000000"]), "620000")

    def _force(self, of: str, depth: int) -> Expr:
        ends = [None, *DATES]
        dates = [d for d in FACTS[of].get("date", ()) if d.name == "until"]
        return not_ended(dates[0]) if dates else in_force(self.of(ends), self.of(ends))

    def _not(self, of: str, depth: int) -> Expr:
        return ~self.truth(of, depth)

    def _and(self, of: str, depth: int) -> Expr:
        return all_of(self.truth(of, depth), self.truth(of, depth), Always(True))

    def _or(self, of: str, depth: int) -> Expr:
        return any_of(self.truth(of, depth), self.truth(of, depth))

    def _compare(self, of: str, depth: int) -> Expr:
        op = self.of(["<", "<=", ">", ">=", "=="])
        return compare(self.number(of, depth), op, self.number(of, depth))

    def _operator(self, of: str, depth: int) -> Expr:
        return compare(self.number(of, depth), "op", self.number(of, depth))

    def _some(self, of: str, depth: int) -> Expr:
        relation = self.of(RELATIONS[of])
        test = self.truth(relation.child, depth)
        return relation.any(test) if self.draw(st.booleans()) else relation.all(test)

    def _link(self, of: str, depth: int) -> Expr:
        links = [link for link in LINKS if link.source == of]
        if not links:
            return self._some(of, depth)
        link = self.of(links)
        return link(self.truth(link.target, depth))

    def _constant(self, of: str, depth: int) -> Expr:
        return number(self.of(NUMBERS))

    def _param(self, of: str, depth: int) -> Expr:
        return param(self.of(["std", "ratio", "nothing"]))

    def _fact(self, of: str, depth: int) -> Expr:
        return self.of(FACTS[of].get("number") or [number(2)])

    def _elapsed(self, of: str, depth: int) -> Expr:
        dates = [d for d in FACTS[of].get("date", ()) if d.name != "until"]
        if not dates:
            return number(7)
        day = self.of(dates)
        units = [months_since, days_since] + [age] * (day.name == "birth")
        units += [working_days_since] * (day.name in DEADLINES)
        made: Expr = self.of(units)(day)
        return made

    def _plus(self, of: str, depth: int) -> Expr:
        a, b = self.number(of, depth), self.number(of, depth)
        return a + b if self.draw(st.booleans()) else a - b

    def _times(self, of: str, depth: int) -> Expr:
        return self.number(of, depth) * self.number(of, depth)

    def _pick(self, of: str, depth: int) -> Expr:
        cases = [(self.truth(of, depth), self.number(of, depth)) for _ in range(2)]
        return pick(*cases, other=self.number(of, depth))

    def _extreme(self, of: str, depth: int) -> Expr:
        return self.of([most, least])(self.number(of, depth), self.number(of, depth))

    def _meet(self, of: str, depth: int) -> Expr:
        a, b = self.number(of, depth), self.number(of, depth)
        # The ends of a range are what its order makes them: it is written the right way round.
        return self.of([meet, lambda x, y: between(least(x, y), most(x, y))])(a, b)

    def _rounded(self, of: str, depth: int) -> Expr:
        rules = ["ceil:1", "floor:5", "nearest:1", "nearest:10", "exact", "round"]
        return rounded(self.number(of, depth), self.of(rules))

    def _total(self, of: str, depth: int) -> Expr:
        relation = self.of(RELATIONS[of])
        where = self.truth(relation.child, depth)
        if self.draw(st.booleans()):
            return relation.count(where if self.draw(st.booleans()) else None)
        stated = self.draw(st.booleans())
        return relation.sum(self.number(relation.child, depth), where, stated=stated)

    def _link_number(self, of: str, depth: int) -> Expr:
        links = [link for link in LINKS if link.source == of]
        if not links:
            return self._total(of, depth)
        link = self.of(links)
        return link(self.number(link.target, depth))


@st.composite
def rules(draw: Callable[..., Any], meets: bool = True) -> Expr:
    """Return a random condition or number of households or persons."""
    writer = Writer(draw, meets)
    of = draw(st.sampled_from(["households", "persons"]))
    return writer.of([writer.truth, writer.number])(of, draw(st.integers(1, 4)))


@given(rules(), st.integers(0, 2**32 - 1), st.sampled_from(DATES), st.booleans())
@settings(max_examples=campaign(tests=100, ci=1500, soak=20_000))
def test_both_evaluations_agree_on_rules_that_nobody_wrote(
    rule: Expr, drawn: int, on: dt.date, trusting: bool
) -> None:
    """Random rules over every kind of expression, field, relation and link, on partial cities."""
    rng = np.random.default_rng(drawn)
    city = full_city(rng, 6, BOOK, gaps=True).partial(rng)
    asked = Asked(city.frame(), BOOK, on, PolicySet(()), trusting)
    of = rule.of or "households"
    if rule.kind == "truth":
        asked.truth(rule, of)
    else:
        asked.number(rule, of)
