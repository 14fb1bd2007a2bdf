"""Facts: which value holds, and two devices that write one file without knowing of each other."""

import datetime as dt
from collections.abc import Callable
from itertools import permutations
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import SEED, campaign
from wushe import InputError
from wushe.model.evidence import CONFIDENCES, Fact
from wushe.model.facts import Conflict, FactColumns, field_of
from wushe.model.facts import fact_conflicts as conflicts
from wushe.model.facts import latest_facts as latest
from wushe.model.facts import merge_facts as merge
from wushe.model.kinds import say_instant
from wushe.model.storage import UNKNOWN_INT
from wushe.model.tables import Table, empty_table, table_of

DAY = dt.date(2025, 9, 15)
NOON = dt.datetime(2025, 9, 15, 4, tzinfo=dt.UTC)


def fact(key: str, value: str, **known: Any) -> Fact:
    """Return a fact about P's phone, stated on `DAY`, unless `known` says otherwise."""
    given_: dict[str, Any] = {"subject": "P", "field": "phone", "on": DAY, "at": say_instant(NOON)}
    return Fact(id=key, value=value, **{**given_, **known})


def facts(*records: Fact) -> Table:
    """Return a table of facts."""
    return table_of("facts", records)


def holds(*records: Fact, field: str = "phone") -> list[str | None]:
    """Return the value that holds of `field`, by subject."""
    return list(latest(FactColumns.of(facts(*records))).texts(field))


def later(days: int = 0, minutes: int = 0) -> dict[str, Any]:
    """Return a day and an instant after those of `fact`."""
    at = NOON + dt.timedelta(days=days, minutes=minutes)
    return {"on": DAY + dt.timedelta(days=days), "at": say_instant(at)}


# --- which value holds -----------------------------------------------------------------------


def test_the_later_day_holds_whatever_the_order_of_the_rows() -> None:
    """A fact is about a day: the newest day is how things are."""
    old, new = fact("z", "old"), fact("a", "new", **later(days=1))
    assert holds(old, new) == holds(new, old) == ["new"]


def test_a_day_counts_before_the_moment_it_was_typed_in() -> None:
    """A paper form of last week typed in today does not undo what was seen yesterday."""
    paper = fact("paper", "old", at=say_instant(NOON + dt.timedelta(days=9)))
    assert holds(paper, fact("seen", "new", **later(days=1))) == ["new"]


def test_the_better_known_holds_on_one_day() -> None:
    """A document outweighs what was said on the same day, even if typed in earlier."""
    paper = fact("a", "document", confidence="document")
    assert holds(paper, fact("b", "said", confidence="stated", **later(minutes=5))) == ["document"]


def test_hearsay_never_supersedes_what_is_known_better() -> None:
    """A neighbour's word a year later does not replace what the person said."""
    said = fact("a", "said", confidence="stated")
    heard = fact("b", "heard", confidence="hearsay", **later(days=365))
    assert holds(said, heard) == ["said"]
    assert holds(heard) == ["heard"]


def test_unknown_confidence_counts_as_stated() -> None:
    """A fact without a word on confidence is not hearsay."""
    heard = fact("b", "heard", confidence="hearsay", **later(days=1))
    assert holds(fact("a", "plain"), heard) == ["plain"]


def test_on_one_day_the_later_record_holds_and_then_the_higher_id() -> None:
    """Ties are decided, and the same way on every machine."""
    assert holds(fact("b", "early"), fact("a", "late", **later(minutes=1))) == ["late"]
    assert holds(fact("b", "high"), fact("a", "low")) == ["high"]


@pytest.mark.parametrize(
    "known",
    [
        {},  # a mere correction on the same day
        {"on": DAY - dt.timedelta(days=3)},  # the day itself was mistyped
        {"confidence": "stated"},  # the card had been read for somebody else
    ],
)
def test_a_fact_holds_over_those_it_was_written_after(known: dict[str, Any]) -> None:
    """Whoever knew a value and corrects it is believed, even about an earlier day.

    Else a day mistyped as 2052 would hold until then, and a settled conflict could come back.
    """
    wrong = fact("a", "wrong", confidence="document", after=())
    right = fact("b", "right", after=("a",), at=later(minutes=1)["at"], **known)
    assert holds(wrong, right) == ["right"]


def test_hearsay_does_not_hold_even_over_what_it_was_written_after() -> None:
    """Somebody who types in a rumour knows of the document and cannot outweigh it."""
    paper = fact("a", "document", confidence="document", after=())
    heard = fact("b", "heard", confidence="hearsay", after=("a",), **later(days=1))
    assert holds(paper, heard) == ["document"]


def test_hearsay_does_not_bring_back_what_was_known_before() -> None:
    """A rumour about the newest document makes no older one hold again."""
    old = fact("a", "old", confidence="document")
    new = fact("b", "new", confidence="document", after=(), **later(days=30))
    heard = fact("c", "heard", confidence="hearsay", after=("b",), **later(days=40))
    assert holds(old, new, heard) == ["new"]


def test_what_is_written_after_hearsay_was_written_after_what_it_could_not_replace() -> None:
    """The device names the rumour as the last word, and its user had read the document before it."""
    paper = fact("a", "document", confidence="document", after=(), **later(days=9))
    heard = fact("b", "heard", confidence="hearsay", after=("a",), **later(days=10))
    put_right = fact("c", "right", confidence="stated", after=("b",), **later(days=1))
    assert holds(paper, heard, put_right) == ["right"]


def test_only_facts_of_the_same_field_are_written_after_each_other() -> None:
    """A fact of another person, or one that names itself, takes nothing from this one."""
    old, new = fact("a", "old"), fact("b", "new", after=("b",), **later(days=1))
    assert holds(old, new) == ["new"]
    stranger = fact("c", "x", subject="Q", after=("b",))
    assert holds(old, fact("b", "new", **later(days=1)), stranger) == ["new", "x"]


def test_what_nobody_recorded_is_unknown() -> None:
    """Neither a field without facts nor a subject without one of the field has a value."""
    other = fact("b", "40", subject="Q", field="age")
    assert holds(fact("a", "110"), other) == ["110", None]
    assert holds(fact("a", "110"), other, field="age") == [None, "40"]
    assert holds(fact("a", "110"), field="shoe_size") == [None]
    assert holds() == []


def test_a_column_has_the_storage_of_its_field() -> None:
    """Signals read numbers and dates, not text; unknown keeps its mark."""
    months = field_of("persons", "jobless_months")
    assert months is not None
    table = facts(
        fact("a", "7", field="jobless_months"),
        fact("b", "x", subject="Q"),
        fact("c", "12", subject="R", field="jobless_months"),
    )
    column = latest(FactColumns.of(table)).column(months)
    assert column.dtype == np.int64
    assert column.tolist() == [7, UNKNOWN_INT, 12]
    assert field_of("persons", "shoe_size") is None


# A few days, instants, values and confidences, so that every tie happens.
FACT = st.builds(
    lambda n, subject, field, value, day, minute, confidence: Fact(
        id=f"f{n}",
        subject=subject,
        field=field,
        value=value,
        on=DAY + dt.timedelta(days=day),
        at=say_instant(NOON + dt.timedelta(minutes=minute)),
        confidence=confidence,
    ),
    st.integers(0, 99),
    st.sampled_from("PQR"),
    st.sampled_from(["phone", "illness"]),
    st.sampled_from("xyz"),
    st.sampled_from([-30000, 0, 1]),
    st.integers(0, 2),
    st.sampled_from([None, *CONFIDENCES]),
)


@given(st.lists(FACT, max_size=25, unique_by=lambda f: f.id))
def test_columns_agree_with_plain_python(records: list[Fact]) -> None:
    """The arrays give what the rule says, read one fact after the other."""
    ranks = list(CONFIDENCES)

    def rank(one: Fact) -> tuple[Any, ...]:
        sure = ranks.index(one.confidence or "stated")
        return (sure > 0, one.on, sure, one.at, one.id)

    columns = FactColumns.of(facts(*records))
    found = latest(columns)
    for field in ("phone", "illness"):
        said = dict(zip(columns.subjects, found.texts(field), strict=True))
        for subject in {one.subject for one in records}:
            about = [o for o in records if (o.subject, o.field) == (subject, field)]
            assert said[subject] == (max(about, key=rank).value if about else None)


# --- two devices, by hand --------------------------------------------------------------------


def test_two_devices_that_differ_are_a_conflict_with_both_sides() -> None:
    """Both values, both authors, both instants: what a supervisor needs to ask them."""
    base = fact("a", "110", recorder="W1", after=())
    one = fact("b", "111", recorder="W1", after=("a",), **later(minutes=1))
    two = fact("c", "112", recorder="W2", after=("a",), **later(minutes=2))
    merged = merge(facts(base, one), facts(base, two))
    assert conflicts(merged) == [Conflict("P", "phone", (one, two))]
    seen = {(f.value, f.recorder, f.at) for f in conflicts(merged)[0].facts}
    assert seen == {("111", "W1", one.at), ("112", "W2", two.at)}


def test_a_settling_fact_ends_the_conflict_and_erases_nothing() -> None:
    """Written after both sides: the conflict is over, both values stay on file."""
    one, two = fact("b", "111", after=()), fact("c", "112", after=())
    both = merge(facts(one), facts(two))
    settled = merge(both, facts(fact("d", "112", after=("b", "c"), **later(days=1))))
    assert len(conflicts(both)) == 1
    assert conflicts(settled) == []
    assert [f.value for f in settled.records()] == ["111", "112", "112"]


def test_settling_one_side_only_leaves_the_conflict() -> None:
    """Who did not know of the other side has settled nothing."""
    one, two = fact("b", "111", after=()), fact("c", "112", after=())
    three = fact("d", "113", after=("b",), **later(days=1))
    assert conflicts(facts(one, two, three)) == [Conflict("P", "phone", (two, three))]


def test_equal_values_are_no_conflict() -> None:
    """Two workers who both wrote the same number agree."""
    assert conflicts(facts(fact("b", "111", after=()), fact("c", "111", after=()))) == []


def test_a_mere_later_observation_is_no_conflict() -> None:
    """Visits say how things were on a day: an income that changed is no disagreement."""
    table = facts(fact("a", "800"), fact("b", "900", **later(days=30)))
    assert conflicts(table) == []


def test_other_fields_and_other_subjects_do_not_meet() -> None:
    """Only the same field of the same subject can be in conflict."""
    table = facts(
        fact("a", "1", after=()),
        fact("b", "2", field="illness", after=()),
        fact("c", "3", subject="Q", after=()),
    )
    assert conflicts(table) == []


def test_one_id_with_two_contents_is_refused() -> None:
    """Facts never change: the same id with another value is a mistake that must be seen."""
    with pytest.raises(InputError) as caught:
        merge(facts(fact("a", "1"), fact("b", "2")), facts(fact("a", "9"), fact("b", "8")))
    assert [(p.code, p.value) for p in caught.value.problems] == [
        ("fact-differs", "a"),
        ("fact-differs", "b"),
    ]


def test_merging_nothing_is_empty() -> None:
    """The empty table is neutral."""
    assert len(merge()) == 0
    alone = facts(fact("a", "1"))
    assert list(merge(alone, empty_table("facts")).records()) == list(alone.records())


# --- random histories ------------------------------------------------------------------------


@attrs.define
class Device:
    """A worker's device: the facts it holds. It knows nothing else."""

    name: str
    held: Table = attrs.Factory(lambda: empty_table("facts"))

    def heads(self, subject: str, field: str) -> tuple[str, ...]:
        """Return the facts of the field that nothing held here was written after."""
        about = [f for f in self.held.records() if (f.subject, f.field) == (subject, field)]
        named = {earlier for f in about for earlier in f.after}
        return tuple(sorted(f.id for f in about if f.id not in named))


@attrs.define
class History:
    """A random history: what was written, and all that its writer knew of the field then."""

    devices: list[Device]
    written: dict[str, Fact] = attrs.Factory(dict)
    knew: dict[str, frozenset[str]] = attrs.Factory(dict)

    def write(self, rng: np.random.Generator, device: Device) -> None:
        """Let `device` write one field offline. Clocks disagree: `at` says nothing of who knew what."""
        subject, field = f"P{rng.integers(2)}", ("phone", "illness")[rng.integers(2)]
        made = Fact(
            id=f"{device.name}-{len(self.written)}",
            subject=subject,
            field=field,
            value=str(rng.integers(4)),
            on=DAY + dt.timedelta(days=int(rng.integers(3))),
            at=say_instant(NOON + dt.timedelta(seconds=int(rng.integers(1000)))),
            recorder=f"W-{device.name}",
            after=device.heads(subject, field),
        )
        about = [f for f in device.held.records() if (f.subject, f.field) == (subject, field)]
        self.knew[made.id] = frozenset(f.id for f in about)
        self.written[made.id] = made
        device.held = merge(device.held, facts(made))

    def disputes(self) -> dict[tuple[str, str], set[str]]:
        """Return the conflicts by what writers knew, without a look at `after`."""
        known = frozenset().union(*self.knew.values())
        found: dict[tuple[str, str], set[str]] = {}
        for key in self.written.keys() - known:
            made = self.written[key]
            found.setdefault((made.subject, made.field), set()).add(key)
        return {k: v for k, v in found.items() if len({self.written[i].value for i in v}) > 1}


def played(rng: np.random.Generator, devices: int) -> History:
    """Return a history of writes and syncs between `devices` devices."""
    history = History([Device("ABC"[n]) for n in range(devices)])
    for _ in range(int(rng.integers(1, 14))):
        device = history.devices[rng.integers(devices)]
        if rng.random() < 0.7:
            history.write(rng, device)
        else:
            other = history.devices[rng.integers(devices)]
            device.held = merge(device.held, other.held)
            if rng.random() < 0.5:  # half of the syncs get through one way only
                other.held = device.held
    return history


def rows(table: Table) -> list[Fact]:
    """Return the facts of a table, for comparison."""
    return list(table.records())


def check(history: History) -> int:
    """Check every promise on one history and return how many conflicts it had."""
    tables = [device.held for device in history.devices]
    whole = merge(*tables)
    # No value silently lost.
    assert {f.id: f for f in rows(whole)} == history.written
    # Commutative, associative, idempotent.
    for order in permutations(tables):
        assert rows(merge(*order)) == rows(whole)
    assert rows(merge(merge(*tables[:-1]), tables[-1])) == rows(whole)
    assert rows(merge(tables[0], merge(*tables[1:]))) == rows(whole)
    assert rows(merge(whole, whole, tables[0])) == rows(whole)
    # Every conflict with all its sides, and none besides.
    found = conflicts(whole)
    disputes = history.disputes()
    assert {(c.subject, c.field): {f.id for f in c.facts} for c in found} == disputes
    for conflict in found:
        assert all(history.written[f.id] == f for f in conflict.facts)
        assert all(f.recorder and f.at for f in conflict.facts)
    # A fact written after all sides ends the conflict, and that value holds.
    settled = merge(whole, facts(*(settling(n, c) for n, c in enumerate(found))))
    assert conflicts(settled) == []
    assert {f.id for f in rows(whole)} <= {f.id for f in rows(settled)}
    columns = FactColumns.of(settled)
    for n, conflict in enumerate(found):
        said = latest(columns).texts(conflict.field)
        value = said[list(columns.subjects).index(conflict.subject)]
        assert value == settling(n, conflict).value
    return len(found)


def settling(number: int, conflict: Conflict) -> Fact:
    """Return what a supervisor writes who has seen all sides: one of the values, as of its day."""
    chosen = conflict.facts[0]
    after = tuple(f.id for f in conflict.facts)
    return attrs.evolve(chosen, id=f"S-{number}", recorder="supervisor", after=after)


@pytest.mark.parametrize("devices", [2, 3])
def test_random_histories_lose_nothing(devices: int, evidence: Callable[..., None]) -> None:
    """Offline edits and syncs in any order: all values stay, all conflicts show, and no others."""
    cases = campaign(tests=300, ci=2000, soak=10000)
    writes = found = 0
    for case in range(cases):
        history = played(np.random.default_rng([SEED, devices, case]), devices)
        if history.written:
            found += check(history)
            writes += len(history.written)
    assert found > cases / 10  # the campaign does meet conflicts
    evidence(
        f"facts_{devices}_devices", cases=cases, facts=writes, conflicts=found, lost=0, seed=SEED
    )


@pytest.mark.parametrize("case", range(20))
def test_after_a_full_sync_edits_do_not_conflict(case: int) -> None:
    """Devices that exchange everything before each edit never disagree."""
    rng = np.random.default_rng([SEED, 77, case])
    history = History([Device("A"), Device("B")])
    for _ in range(12):
        whole = merge(*(device.held for device in history.devices))
        for device in history.devices:
            device.held = whole
        history.write(rng, history.devices[rng.integers(2)])
    assert conflicts(merge(*(device.held for device in history.devices))) == []
