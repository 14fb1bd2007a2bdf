"""What rules see of a city: columns, who belongs to whom, and whose parameters hold."""

import pickle
from typing import Any

import numpy as np
import pytest

from relief_households import frame_of
from wushe.model import (
    Emergency,
    Household,
    Income,
    Obligor,
    Person,
    ReliefStatus,
)
from wushe.rules import members
from wushe.rules.expr import Relation
from wushe.rules.frame import Frame, in_region
from wushe.rules.intervals import INFINITE, NO, UNSURE, YES
from wushe.rules.vocabulary import family_statuses, father, in_household, own_incomes, statuses

RECORDS: tuple[Any, ...] = (
    Household(id="H1", place="341321", zone="rural", members_count=2, delegated=True),
    Household(id="H2", place="P-nowhere", income_month_fen=94_000, delegated=False),
    Household(id="H3", statuses=("dibao", "edge")),
    Person(id="P1", household="H2", father="P3"),
    Person(id="P2", household="H1", mother="P1"),
    Person(id="P3", household="H1", place="420704"),
    Person(id="P4", place="420704"),
    Income(id="I1", household="H1", kind="wage", person="P2", amount_month_fen=100),
    Income(id="I2", household="H1", kind="other"),
    ReliefStatus(id="S1", kind="dibao", household="H1"),
    ReliefStatus(id="S2", kind="tekun", person="P3"),
    ReliefStatus(id="S3", kind="tekun", person="P4"),
    Emergency(id="E1", kind="fire", person="P1"),
    Emergency(id="E2", kind="fire", household="H1", person="P1"),
    Obligor(id="O1", person="P4"),
)


@pytest.fixture
def frame() -> Frame:
    """Return the frame of `RECORDS`."""
    return frame_of(RECORDS)


def of_parent(frame: Frame, relation: Relation) -> list[list[str]]:
    """Return the ids of the child rows of each parent row."""
    group, ids = frame.group(relation), frame.tables[relation.child].ids
    return [[str(ids[r]) for r in group.rows(i)] for i in range(frame.size(relation.parent))]


def test_flags_are_three_valued(frame: Frame) -> None:
    """Yes, no and nothing recorded."""
    assert frame.truth("households", "delegated").tolist() == [YES, NO, UNSURE]


def test_an_unknown_number_spans_the_range_of_its_field(frame: Frame) -> None:
    """Members from 1 to 99, an income of any size, also below zero."""
    members_count = frame.number("households", "members_count")
    assert members_count.lo.tolist() == [2, 1, 1]
    assert members_count.hi.tolist() == [2, 99, 99]
    found = frame.number("households", "income_month_fen")
    assert found.lo.tolist() == [-INFINITE, 94_000, -INFINITE]
    assert found.hi.tolist() == [INFINITE, 94_000, INFINITE]
    amounts = frame.number("incomes", "amount_month_fen")
    assert (amounts.lo.tolist(), amounts.hi.tolist()) == ([100, 0], [100, INFINITE])


def test_choices_and_tags_are_codes_of_their_distinct_values(frame: Frame) -> None:
    """-1 stands for unknown; the same word has the same code."""
    zones = frame.words("households", "zone")
    assert zones.codes.tolist() == [0, -1, -1]
    assert zones.words == ("rural",)
    tags = frame.words("households", "statuses")
    assert (tags.codes.tolist(), tags.words) == ([-1, -1, 0], (("dibao", "edge"),))


def test_members_are_found_by_household_whatever_the_order_of_ids(frame: Frame) -> None:
    """Persons lie in order of their own ids; a person without a household belongs nowhere."""
    assert of_parent(frame, members) == [["P2", "P3"], ["P1"], []]
    assert frame.group(members).sizes.tolist() == [2, 1, 0]


def test_a_row_that_names_only_a_person_belongs_to_the_household_too(frame: Frame) -> None:
    """A member's status is one of the family's, but not one of the household as such."""
    assert of_parent(frame, family_statuses) == [["S1", "S2"], [], []]
    assert of_parent(frame, statuses) == [["S1"], [], []]
    emergencies = Relation(
        "emergencies", "households", "emergencies", "household", members.label, None
    )
    assert of_parent(frame, emergencies) == [["E2"], ["E1"], []]


def test_items_of_the_household_as_a_whole_belong_to_no_person(frame: Frame) -> None:
    """Own items are those that name the person."""
    assert of_parent(frame, own_incomes) == [[], ["I1"], [], []]


def test_links_lead_to_the_row_that_is_named(frame: Frame) -> None:
    """-1 where none is named."""
    assert frame.linked(in_household).tolist() == [1, 0, 0, -1]
    assert frame.linked(father).tolist() == [2, -1, -1, -1]


def places(frame: Frame, of: str) -> list[str | None]:
    """Return the nearest code of each row's place."""
    return [frame.chains[i][0] if frame.chains[i] else None for i in frame.regions(of)]


def test_the_place_of_a_person_is_the_household_s_else_its_own(frame: Frame) -> None:
    """Parameters are those of the household's place; a place without a code is not known."""
    assert places(frame, "households") == ["341321", None, None]
    assert places(frame, "persons") == [None, "341321", "341321", "420704"]


def test_other_rows_follow_their_household_or_person(frame: Frame) -> None:
    """Items the household, obligors the person whom they owe support."""
    assert places(frame, "incomes") == ["341321", "341321"]
    assert places(frame, "statuses") == ["341321", "341321", "420704"]
    assert places(frame, "emergencies") == [None, "341321"]
    assert places(frame, "obligors") == ["420704"]


def test_a_place_lies_in_all_that_its_chain_names() -> None:
    """From the community to the nation; a place that is not known lies perhaps anywhere."""
    chain = ("420106001002", "420106001", "420106", "420100", "420000", "000000")
    assert [in_region((code,), chain) for code in ("420000", "000000", "420106", "420107")] == [
        YES,
        YES,
        YES,
        NO,
    ]
    assert in_region(("341324", "420100"), chain) == YES
    assert in_region(("000000",), ()) == UNSURE


def test_a_frame_is_rebuilt_in_a_worker_process(frame: Frame) -> None:
    """Columns already made are made again, the same."""
    frame.group(members)
    again = pickle.loads(pickle.dumps(frame))
    assert again.chains == frame.chains
    assert places(again, "persons") == places(frame, "persons")
    assert of_parent(again, members) == of_parent(frame, members)
    assert again.truth("households", "delegated").tolist() == [YES, NO, UNSURE]


def test_an_empty_city_has_empty_columns() -> None:
    """Every table without rows."""
    frame = frame_of([])
    assert frame.truth("households", "delegated").shape == (0,)
    assert frame.regions("persons").shape == (0,)
    assert frame.group(members).n == 0
    assert of_parent(frame, members) == []


@pytest.mark.parametrize("join", [np.add, np.maximum])
def test_values_of_rows_are_joined_by_parent(frame: Frame, join: Any) -> None:
    """Sums and extremes over the rows of each parent; none has the value of nothing."""
    values = np.array([1, 2, 4, 8])  # P4 belongs to nobody
    expected = {np.add: [6, 1, 0], np.maximum: [4, 1, 0]}[join]
    assert frame.group(members).joined(join, values, 0).tolist() == expected
