"""Expressions are plain data: what they refuse when they are written, and what they are made of."""

import datetime as dt
import pickle
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import attrs
import pytest

import wushe
from wushe.model.kinds import QUANTITY
from wushe.model.spec import RECORD_KINDS
from wushe.plugins.manager import Plugins
from wushe.rules import (
    Amount,
    Condition,
    Expr,
    Material,
    Policy,
    PolicySet,
    RuleError,
    Step,
    age,
    all_of,
    answer,
    any_of,
    ask,
    between,
    compare,
    days_since,
    father,
    hh,
    in_force,
    in_household,
    in_region,
    income,
    incomes,
    least,
    meet,
    members,
    months_since,
    most,
    not_ended,
    own_incomes,
    p,
    param,
    pays,
    pick,
    rounded,
)
from wushe.rules.expr import (
    ANYWHERE,
    Add,
    And,
    Compare,
    Const,
    Fact,
    Link,
    Linked,
    Not,
    Or,
    Relation,
    Some,
    Times,
    Total,
    children,
    fact,
    walk,
)
from wushe.text import Text

POOR = hh.income_month_fen < 60_000


# --- what is refused, and how it is said -------------------------------------------------------

REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "an unknown field lists the fields there are": (
        lambda: hh.incme_month_fen,
        r"households have no field 'incme_month_fen'; fields: id, name, place",
    ),
    "a typo in a choice lists the choices": (
        lambda: hh.zone.is_("urbn"),
        r"'urbn': expected one of urban, rural, unified",
    ),
    "a typo in a tag lists the tags": (
        lambda: hh.statuses.has("dibo"),
        r"'dibo': expected one of dibao, tekun, edge, rigid, monitored",
    ),
    "and needs conditions": (
        lambda: POOR & hh.members_count,
        "&: expected a truth, got a number",
    ),
    "or needs conditions": (lambda: any_of(hh.members_count), r"\|: expected a truth"),
    "not needs a condition": (lambda: ~hh.members_count, "~: expected a truth, got a number"),
    "plus needs numbers": (lambda: hh.members_count + POOR, r"\+: expected a number, got a truth"),
    "times needs numbers": (lambda: POOR * 2, r"\*: expected a number, got a truth"),
    "a comparison needs numbers": (lambda: POOR < 3, "<: expected a number, got a truth"),
    "a choice is no number": (lambda: hh.zone < 3, "<: expected a number, got a code"),
    "a date is no number": (lambda: p.birth < 3, "<: expected a number, got a date"),
    "an age needs a date": (lambda: age(hh.members_count), "age: expected a date, got a number"),
    "months need a date": (lambda: months_since(POOR), "months_since: expected a date"),
    "days need a date": (lambda: days_since(POOR), "days_since: expected a date"),
    "an end is a date": (lambda: not_ended(POOR), "not_ended: expected a date, got a truth"),
    "one_of needs a choice": (lambda: hh.members_count.one_of("x"), "one_of: expected a code"),
    "has needs tags": (lambda: hh.zone.has("urban"), "has: expected a tags, got a code"),
    "rounding needs a number": (lambda: rounded(POOR, "ceil:1"), "rounded: expected a number"),
    "pick needs conditions": (
        lambda: pick((hh.members_count, 1), other=2),
        "pick: expected a truth, got a number",
    ),
    "pick needs numbers": (lambda: pick((POOR, POOR), other=2), "pick: expected a number"),
    "most needs something": (most, "most: expected at least one number"),
    "all of nothing is refused": (all_of, "&: expected at least one truth"),
    "a float is refused": (
        lambda: hh.members_count < 1.5,
        r"1.5: expected a whole number or a Fraction \(money in fen\)",
    ),
    "yes is no number": (lambda: hh.members_count < True, "True: expected a whole number"),
    "a word is no number": (lambda: hh.members_count < "3", "'3': expected a whole number"),
    "an expression has no truth": (
        lambda: POOR and POOR,
        r"no truth of its own: combine with & \| ~, not and/or/not",
    ),
    "households and persons do not mix": (
        lambda: POOR & p.employed,
        r"facts of households and persons in one expression: bring them together with a relation",
    ),
    "numbers of two kinds do not mix": (
        lambda: hh.income_month_fen + income.amount_month_fen,
        "facts of households and incomes in one expression",
    ),
    "a relation tests its own rows": (
        lambda: members.any(POOR),
        "members: expected a condition on persons, got a truth of households",
    ),
    "a relation needs a condition": (
        lambda: members.count(p.disability_level),
        "members: expected a condition on persons, got a number of persons",
    ),
    "a relation sums its own rows": (
        lambda: incomes.sum(hh.income_month_fen),
        "incomes.sum: value of households, expected incomes",
    ),
    "a link takes what its target has": (
        lambda: in_household(p.employed),
        "in_household: expected a condition or number of households",
    ),
    "a link takes conditions and numbers": (
        lambda: father(p.birth),
        "father: expected a condition or number of persons",
    ),
    "a rate has no place in a rule": (
        lambda: fact("places", "lon"),
        "places.lon: rules take yes/no, whole numbers, dates, choices and tags",
    ),
    "a condition names its document": (
        lambda: Condition("c", Text("甲", "a"), POOR, ""),
        r"c: every rule names its document \(and article\)",
    ),
    "a condition is a condition": (
        lambda: Condition("c", Text("甲", "a"), hh.members_count, "某办法"),
        "c: test is a number, expected a condition",
    ),
    "an amount is a number": (
        lambda: Amount("a", Text("甲", "a"), POOR, "month", "某办法"),
        "a: value is a truth, expected a number in fen",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused_when_it_is_written(case: str) -> None:
    """The message names the operation, what it got and what it expected."""
    make, message = REFUSED[case]
    with pytest.raises(RuleError, match=message):
        make()


@pytest.mark.parametrize("rule", ["up:1", "ceil:", "ceil:0", "nearest:x"])
def test_a_rounding_rule_that_cannot_be_is_refused_when_it_is_written(rule: str) -> None:
    """Not first when a city is assessed."""
    with pytest.raises(RuleError, match=rule.split(":", maxsplit=1)[0]):
        rounded(hh.income_month_fen, rule)


def test_private_names_are_no_facts() -> None:
    """Copying and inspecting an entity asks for names that no field has."""
    with pytest.raises(AttributeError):
        _ = hh._shape


# --- what they are made of -----------------------------------------------------------------------


def test_nested_conditions_of_one_kind_are_flattened() -> None:
    """a & (b & c) reads and evaluates as a & b & c; another kind inside stays."""
    a, b, c = hh.property_ok, hh.delegated, hh.objection
    assert a & (b & c) == (a & b) & c == all_of(a, b, c) == And((a, b, c))
    assert a | (b | c) == (a | b) | c == any_of(a, b, c) == Or((a, b, c))
    assert (a & (b | c)).items == (a, Or((b, c)))


def test_nested_sums_are_flattened() -> None:
    """Sums are one list of terms, a difference adds the opposite."""
    a, b = hh.income_month_fen, hh.income_year_fen
    total = a + (b + 1) + 2
    assert isinstance(total, Add)
    assert total.items == (a, b, Const(Fraction(1)), Const(Fraction(2)))
    assert (a - b).items == (a, Times(Const(Fraction(-1)), b))  # type: ignore[attr-defined]
    assert (1 - a).items[0] == Const(Fraction(1))  # type: ignore[attr-defined]
    assert 2 * a == a * 2 == Times(a, Const(Fraction(2)))


def test_equal_expressions_are_one_key() -> None:
    """Compared by structure: shared parts of different policies are evaluated once."""
    one, other = age(p.birth) >= 60, age(p.birth) >= 60
    assert one == other
    assert hash(one) == hash(other)
    assert one != (age(p.birth) > 60)
    assert pickle.loads(pickle.dumps(one)) == one


def test_python_comparisons_read_as_they_are_written() -> None:
    """The number stands on its side of the operator, whichever side it is written on."""
    x = hh.members_count
    assert (x < 3, x <= 3, x > 3, x >= 3, x.equals(3)) == tuple(
        Compare(x, op, Const(Fraction(3))) for op in ("<", "<=", ">", ">=", "==")
    )
    assert (x < 3) == (x < 3)
    assert compare(x, "dibao_income_operator", 3) == Compare(
        x, "dibao_income_operator", Const(Fraction(3))
    )


def test_an_expression_knows_whose_rows_it_is_asked_of() -> None:
    """A relation lifts rows to their parent, a link carries a household to a person."""
    assert (POOR.of, p.employed.of, param("x").of, in_force(None).of) == (
        "households",
        "persons",
        ANYWHERE,
        ANYWHERE,
    )
    assert members.any(p.employed).of == "households"
    assert own_incomes.sum(income.amount_month_fen).of == "persons"
    assert in_household(POOR).of == "persons"
    assert (POOR & in_region("42")).of == "households"
    assert in_household(param("x")) == param("x")
    assert pick((in_force(None), 1), other=param("x")).of == ANYWHERE


def test_all_is_none_that_fails() -> None:
    """`all` holds for a household without rows: there is none that fails."""
    assert members.all(p.employed) == Not(Some(members, Not(p.employed)))


def test_sums_keep_their_label_and_counts_count_one_each() -> None:
    """What has to be asked for has a name of its own."""
    wages = incomes.sum(income.amount_month_fen, label=Text("工资", "wages"))
    assert isinstance(wages, Total)
    assert (wages.label.zh, wages.stated) == ("工资", True)
    count = members.count()
    assert isinstance(count, Total)
    assert (count.value, count.stated) == (Const(Fraction(1)), False)


def test_walking_meets_everything_once_and_parents_first() -> None:
    """The dependency graph, lint and printing are built on it; `complete` is part of a rule."""
    rule = (incomes.sum(income.amount_month_fen) < param("std")) & POOR & POOR
    nodes = list(walk(rule))
    assert nodes[0] == rule
    assert len(nodes) == len(set(nodes))
    assert {n.name for n in nodes if isinstance(n, Fact)} == {
        "amount_month_fen",
        "complete",
        "income_month_fen",
    }
    for node in nodes:
        assert all(nodes.index(child) > 0 for child in children(node))


@pytest.mark.parametrize("of", RECORD_KINDS)
def test_every_field_is_a_fact_or_says_why_not(of: str) -> None:
    """Flags are conditions, whole numbers numbers, dates dates, choices and texts codes, tags tags."""
    kinds = {"flag": "truth", "int64": "number", "date": "date", "object": ("code", "tags")}
    for field in RECORD_KINDS[of].fields:
        if field.kind.storage == "float64" or field.kind is QUANTITY:
            with pytest.raises(RuleError, match="rules take yes/no, whole numbers, dates, choices"):
                fact(of, field.name)
            continue
        made = fact(of, field.name)
        assert made.kind in kinds[field.kind.storage]
        assert isinstance(made, Fact)
        assert made.spec is field


# --- policies ------------------------------------------------------------------------------------


def policy(id_: str = "made", **changes: Any) -> Policy:
    """Return a small policy."""
    usual: dict[str, Any] = {
        "name": Text("某救助", "some relief"),
        "unit": "households",
        "kind": "living",
        "conditions": (Condition("poor", Text("低", "poor"), POOR, "某办法", "第1条"),),
        "document": "某办法",
        "confidence": "A",
        "checked": dt.date(2026, 1, 1),
    }
    return Policy(id_, **{**usual, **changes})


def pays_something(id_: str = "gap") -> Amount:
    """Return an amount."""
    return Amount(id_, Text("补差", "gap"), most(0, hh.income_month_fen), "month", "某办法")


def test_a_policy_asks_only_for_rows_of_its_unit() -> None:
    """A rule on persons in a policy of households is named with its condition."""
    wrong = Condition("works", Text("就业", "works"), p.employed, "某办法")
    with pytest.raises(RuleError, match="made, works: a rule on persons in a policy of households"):
        policy(conditions=(wrong,))


@pytest.mark.parametrize("part", ["conditions", "amounts", "materials", "steps"])
def test_a_policy_refuses_two_parts_of_one_id(part: str) -> None:
    """Explanations and case files refer to parts by id."""
    one: dict[str, Any] = {
        "conditions": Condition("x", Text("低", "poor"), POOR, "某办法"),
        "amounts": pays_something("x"),
        "materials": Material("x", Text("表", "form"), "某办法"),
        "steps": Step("x", Text("受理", "accept"), Text("街道", "office"), "某办法"),
    }
    with pytest.raises(RuleError, match=f"made: two {part} have one id among x, x"):
        policy(**{part: (one[part], one[part])})


@pytest.mark.parametrize(
    ("field", "value"), [("unit", "places"), ("kind", "money"), ("confidence", "D")]
)
def test_a_policy_refuses_words_that_are_not_in_its_lists(field: str, value: str) -> None:
    """Unit, kind and confidence are closed lists."""
    with pytest.raises(ValueError, match=value):
        policy(**{field: value})


def test_the_policy_s_own_dates_and_place_are_its_first_conditions() -> None:
    """A local policy holds from its first to its last day at its place."""
    made = policy(region="341324", valid_from=dt.date(2021, 7, 1), valid_to=dt.date(2024, 6, 30))
    assert [c.id for c in made.tests()] == ["in-force", "region", "poor"]
    assert made.tests()[0].test == in_force(dt.date(2021, 7, 1), dt.date(2024, 6, 30))
    assert made.tests()[1].test == in_region("341324")
    assert [c.id for c in policy().tests()] == ["poor"]


def test_a_set_of_policies_refuses_what_is_not_there() -> None:
    """Two of one id, an unknown policy, another unit's policy, an amount that is none."""
    asks = Condition("x", Text("低保", "dibao"), answer("dibao"), "某办法")
    paid = Condition("x", Text("低保", "dibao"), pays("dibao", "sum", "households") > 0, "某办法")
    of_persons = policy("dibao", unit="persons", conditions=())
    for wrong, message in (
        ((policy(), policy()), "two policies have one id among made, made"),
        ((policy(conditions=(asks,)),), "made: refers to policy 'dibao' of households, which is"),
        ((policy(conditions=(asks,)), of_persons), "made: refers to policy 'dibao' of households"),
        ((policy(conditions=(paid,)), policy("dibao")), "made: dibao has no amount 'sum'"),
    ):
        with pytest.raises(RuleError, match=message):
            PolicySet(wrong)


def test_policies_in_a_circle_are_refused() -> None:
    """a asks b, b asks c, c asks a."""

    def asking(id_: str, other: str) -> Policy:
        return policy(
            id_, conditions=(Condition("x", Text("问", "asks"), answer(other), "某办法"),)
        )

    with pytest.raises(RuleError, match="depends on itself through"):
        PolicySet([asking("a", "b"), asking("b", "c"), asking("c", "a")])


def test_the_dependency_graph_names_policies_parameters_and_fields() -> None:
    """What a policy reads, also through the policies that it asks."""
    first = policy(
        "first",
        conditions=(
            Condition(
                "x", Text("低", "poor"), compare(hh.income_month_fen, "op", param("std")), "甲"
            ),
        ),
        amounts=(attrs.evolve(pays_something(), value=rounded(hh.income_month_fen, "round")),),
        steps=(Step("s", Text("受理", "a"), Text("街道", "o"), "甲", limit="days"),),
    )
    second = policy(
        "second",
        conditions=(
            Condition("x", Text("低保", "first"), ~answer("first") & members.any(p.employed), "甲"),
        ),
    )
    third = policy("third")
    found = PolicySet([third, second, first])
    assert list(found.policies) == ["first", "second", "third"]
    assert found.depends("second") == ("first",)
    assert found.parameters("first") == ("days", "op", "round", "std")
    assert found.parameters("second") == (
        "op",
        "round",
        "std",
    )  # another's deadlines change nothing
    assert found.using(["std"]) == ("first", "second")
    assert found.using(["days"]) == ()
    assert found.fields("second") == (
        ("households", "complete"),
        ("households", "income_month_fen"),
        ("persons", "employed"),
        ("persons", "household"),
    )
    assert len(pickle.loads(pickle.dumps(found))) == 3


def test_the_order_of_policies_does_not_depend_on_how_they_come() -> None:
    """By their turn in the ladder, then by id."""
    made = [policy("b", order=2), policy("c", order=1), policy("a", order=2)]
    assert [x.id for x in PolicySet(made)] == [x.id for x in PolicySet(made[::-1])] == list("cab")


# --- every registered rule -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    """Return the default plugins."""
    return wushe.load_plugins()


def nodes(plugins: Plugins) -> list[tuple[str, Expr]]:
    """Return every distinct expression of every registered policy."""
    found: dict[Expr, str] = {}
    for one in plugins.policies:
        for name, root in ((c.id, c.test) for c in one.tests()):
            for node in walk(root):
                found.setdefault(node, f"{one.id}.{name}")
        for amount in one.amounts:
            for node in walk(amount.value):
                found.setdefault(node, f"{one.id}.{amount.id}")
    return [(where, node) for node, where in found.items()]


def test_every_registered_rule_is_hashable_data_that_survives_a_copy(plugins: Plugins) -> None:
    """Worker processes and stored explanations rebuild the same rules."""
    found = nodes(plugins)
    assert len(found) > 50
    again = pickle.loads(pickle.dumps([node for _, node in found]))
    assert again == [node for _, node in found]


def test_registered_rules_hold_no_floats_and_no_foreign_parts(plugins: Plugins) -> None:
    """Constants are fractions; relations and links lead from the kind that they are asked of."""
    for where, node in nodes(plugins):
        for field in attrs.fields(type(node)):
            assert not isinstance(getattr(node, field.name), float), where
        if isinstance(node, Const):
            assert isinstance(node.value, Fraction), where
        if isinstance(node, Some | Total):
            assert isinstance(node.relation, Relation)
            assert node.of == node.relation.parent, where
        if isinstance(node, Linked):
            assert isinstance(node.link, Link)
            assert node.of == node.link.source, where


def test_asking_and_ranges_keep_their_parts() -> None:
    """A question has an id and words; a range has two ends of one kind of rows."""
    question = ask("households", "local", Text("当地是否认定", "does the place recognise it"))
    assert (question.of, question.kind) == ("households", "truth")
    assert children(between(1, hh.income_month_fen))[1] == hh.income_month_fen
    assert meet(hh.income_month_fen, least(1, 2)).of == "households"
    with pytest.raises(RuleError, match="facts of households and persons"):
        between(hh.income_month_fen, p.income_month_fen)
