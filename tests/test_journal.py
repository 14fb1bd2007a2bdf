"""Events, units of work and the state in memory."""

import pickle
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wushe.errors import Problem, ProblemKind, RefusedError
from wushe.journal import Act, Domain, Event, EventKind, MemoryStore, RecordKind, Session, State
from wushe.text import Text

ACT = Act("2025-09-15T09:00:00+08:00", "W-1")
EMPTY = ProblemKind(
    "jar-empty", Text("罐子空了", "the jar is empty"), Text("有余", "some"), Text("", "")
)


@attrs.frozen
class Jar:
    """A jar of beans on a shelf."""

    id: str
    beans: int
    shelf: str | None = None
    full: str | None = None


def _filled(state: State, event: Event) -> None:
    jar = state.get("jar", event.stream) or Jar(event.stream, 0)
    beans = jar.beans + event.data["beans"]
    state.put(
        "jar", Jar(event.stream, beans, event.data.get("shelf"), f"{beans:04}" if beans else None)
    )


def _sealed_when_full(s: Session, event: Event) -> None:
    if s.state.get("jar", event.stream).beans >= 10:
        s.record("jar.sealed", event.stream)


DOMAIN = Domain.of(
    [EventKind("jar.filled", _filled), EventKind("jar.sealed", lambda state, event: None)],
    [RecordKind("jar", Jar, ("shelf", "full"))],
    [("jar.filled", _sealed_when_full)],
)


def fill(s: Session, *, jar: str, beans: int, shelf: str | None = None) -> int:
    """Put beans into a jar, or take them out."""
    s.record("jar.filled", jar, {"beans": beans, "shelf": shelf})
    left: int = s.state.get("jar", jar).beans
    if left < 0:
        raise RefusedError([Problem(EMPTY, jar, None, "beans", str(beans))])
    return left


def test_what_happened_and_what_follows_from_it_is_one_unit() -> None:
    """A reaction records its event in the same unit, and the receipt numbers them from 1."""
    store = MemoryStore(DOMAIN)
    receipt = store.run(ACT, fill, jar="A", beans=12)
    assert [e.kind for e in receipt.events] == ["jar.filled", "jar.sealed"]
    assert (receipt.answer, receipt.first, receipt.last) == (12, 1, 2)


def test_a_refused_command_leaves_nothing_behind() -> None:
    """What was already recorded before the refusal is taken back, the index included."""
    store = MemoryStore(DOMAIN)
    store.run(ACT, fill, jar="A", beans=3, shelf="s1")
    with pytest.raises(RefusedError, match="the jar is empty"):
        store.run(ACT, fill, jar="A", beans=-4, shelf="s2")
    assert store.state.get("jar", "A").beans == 3
    assert [j.id for j in store.state.find("jar", shelf="s1")] == ["A"]
    assert store.state.find("jar", shelf="s2") == []
    assert len(store.log) == 1


def test_a_refusal_of_something_new_leaves_no_record_at_all() -> None:
    """A record that did not exist before does not exist after."""
    store = MemoryStore(DOMAIN)
    with pytest.raises(RefusedError):
        store.run(ACT, fill, jar="A", beans=-1)
    assert store.state.get("jar", "A") is None
    assert store.state.find("jar") == []


def test_the_reason_travels_with_the_event_as_erasable_words() -> None:
    """`Act.why` is among the words, and neither act nor event shows it when printed."""
    store = MemoryStore(DOMAIN)
    receipt = store.run(attrs.evolve(ACT, why="李奶奶要的"), fill, jar="A", beans=1)
    assert receipt.events[0].words == {"why": "李奶奶要的"}
    assert "李奶奶" not in repr(receipt.events[0])
    assert "李奶奶" not in repr(attrs.evolve(ACT, why="李奶奶要的"))


@pytest.mark.parametrize("at", ["2025-09-15", "2025-09-15T09:00", "yesterday"])
def test_an_act_needs_an_instant_with_its_zone(at: str) -> None:
    """A date or a local time is refused, saying what is expected."""
    with pytest.raises(ValueError, match="expected one such as 2025-09-15T09:00:00"):
        Act(at, "W-1")


def test_an_act_belongs_to_a_day_in_china() -> None:
    """Late in the evening UTC it is the next day in China."""
    assert Act("2025-09-15T17:30:00Z", "W-1").day.isoformat() == "2025-09-16"


def test_two_kinds_of_one_name_are_a_mistake() -> None:
    """Domains cannot be joined where they declare the same name."""
    with pytest.raises(ValueError, match="declared twice"):
        DOMAIN + DOMAIN


def test_errors_of_commands_pickle() -> None:
    """A refusal travels between processes with its problems."""
    error = RefusedError([Problem(EMPTY, "A", None, "beans", "-1")])
    assert pickle.loads(pickle.dumps(error)).problems == error.problems


@given(
    st.lists(
        st.tuples(st.sampled_from("ABCD"), st.integers(-5, 8), st.sampled_from(["s", "t", None]))
    )
)
def test_the_index_finds_what_a_scan_finds(moves: list[tuple[str, int, str | None]]) -> None:
    """After any moves, refused ones among them, find and until agree with looking at every record."""
    store = MemoryStore(DOMAIN)
    for jar, beans, shelf in moves:
        try:
            store.run(ACT, fill, jar=jar, beans=beans, shelf=shelf)
        except RefusedError:
            continue
    jars: list[Any] = store.state.find("jar")
    for shelf in ("s", "t", None):
        assert store.state.find("jar", shelf=shelf) == [j for j in jars if j.shelf == shelf]
    assert store.state.until("jar", "full", "0007") == [j for j in jars if j.full and j.beans <= 7]
    assert MemoryStore(DOMAIN, log=store.log).state.find("jar") == jars
