"""Case files in a store: what the event log keeps, kept in the one chain."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from store_toy import ACT, DOMAIN, place
from wushe.casefile import Event, EventLog
from wushe.errors import RefusedError
from wushe.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return a fresh store."""
    with open_store(tmp_path / "s.db", domain=DOMAIN) as opened:
        yield opened


def event(number: int, subject: str = "H-1", by: str = "SW-1", **payload: Any) -> Event:
    """Return case event `number` of `subject`."""
    at = f"2025-09-15T09:{number:02d}:00+08:00"
    return Event(f"e-{number}", "visit", subject, at, by, "敲门行动", payload or {"n": number})


def test_case_events_come_back_equal(store: Store) -> None:
    """By person, in the order of recording, beside the orders in one chain."""
    events = [event(1), event(2, "P-9", text="多行\n文字"), event(3, by="H-1")]
    receipt = store.note(events, ACT)
    store.run(ACT, place, jobs=["A"], client="H-1")
    assert (receipt.answer, receipt.last) == (3, 3)
    assert store.case_events("H-1") == [events[0], events[2]]
    assert store.case_events("P-9") == [events[1]]
    assert store.case_events("H-nobody") == []
    assert store.verify(deep=True).ok


def test_a_person_stands_under_the_reference_only(store: Store) -> None:
    """The chain itself holds neither id nor words nor the person as the one who acted."""
    store.note([event(1, by="H-1", illness="高血压")], ACT)
    _, kept = next(iter(store.events()))
    assert "H-1" not in str((kept.stream, kept.data, kept.by, kept.ref))
    assert "高血压" not in str(kept.data)
    assert "e-1" not in str(kept.data)


def test_the_same_event_again_changes_nothing(store: Store) -> None:
    """Given twice at once, or later by another device: passed over."""
    assert store.note([event(1), event(1)], ACT).answer == 1
    head = store.head
    assert store.note([event(1)], ACT).answer == 0
    assert store.head == head


@pytest.mark.parametrize("other", [event(1, "H-2"), event(1, text="another")])
def test_an_id_used_for_something_else_is_refused(store: Store, other: Event) -> None:
    """Another person or another content under a known id: said, nothing kept of the whole call."""
    store.note([event(1)], ACT)
    with pytest.raises(RefusedError, match="this event id was used for something else"):
        store.note([event(2), other], ACT)
    with pytest.raises(RefusedError):
        store.note([event(5), Event("e-5", "fact", "H-1", ACT.at, "W", "", {})], ACT)
    assert store.head.entries == 1


def test_what_was_erased_does_not_come_back_through_a_late_device(store: Store) -> None:
    """The old event of an erased person is passed over; a new one starts a new file."""
    store.note([event(1), event(2, "H-2")], ACT)
    store.erase("H-1", ACT, "withdrawn")
    assert store.case_events("H-1") == []
    assert store.note([event(1)], ACT).answer == 0
    assert store.case_events("H-1") == []
    assert store.note([event(3)], ACT).answer == 1
    assert store.case_events("H-1") == [event(3)]
    assert store.case_events("H-2") == [event(2, "H-2")]
    assert store.verify(deep=True).ok


def test_an_event_log_is_taken_over(store: Store, tmp_path: Path) -> None:
    """All that can still be read goes into the store, once."""
    pytest.importorskip("cryptography")
    pytest.importorskip("filelock")
    log = EventLog(tmp_path / "log")
    log.append([event(1), event(2, "P-9"), event(3)])
    log.erase("P-9", by="W-1", at=ACT.at, why="stopped")
    assert store.import_log(tmp_path / "log", ACT).answer == 2
    assert store.import_log(log, ACT).answer == 0
    assert store.case_events("H-1") == log.events_of("H-1")
    assert store.case_events("P-9") == []
