"""The event log: order, integrity, crashes, two writers, erasure."""

import base64
import datetime as dt
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wushe.casefile import Event, EventLog, Head, LogError
from wushe.casefile import keys as keys_module
from wushe.errors import MissingExtraError

pytest.importorskip("cryptography")
pytest.importorskip("filelock")

AT = "2025-09-15T09:00:00+08:00"
SECRETS = ("独一无二的病情甲", "plantedname42", "13900008888")


def event(number: int, subject: str = "H-1", **payload: Any) -> Event:
    """Return event `number` of `subject`."""
    at = f"2025-09-15T09:{number % 60:02d}:00+08:00"
    return Event(
        f"e-{number}", "visit", subject, at, "SW-1", "regular visit", payload or {"n": number}
    )


def raw(folder: Path) -> bytes:
    """Return every byte of the folder: contents (base64 opened as well) and file names."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        content = path.read_bytes()
        found += [path.name.encode(), content]
        for line in content.splitlines():
            try:
                found.append(base64.b64decode(json.loads(line)["sealed"]))
            except (ValueError, KeyError, TypeError):
                continue
    return b"\n".join(found)


def test_what_is_appended_is_read_back_in_order(tmp_path: Path) -> None:
    """Events come back equal and in the order of appending, also to another reader."""
    log = EventLog(tmp_path / "log")
    given_events = [event(1), event(2, "P-9", text="多行\n文字"), event(3)]
    head = log.append(given_events[:2])
    assert head.entries == 2
    head = log.append(given_events[2:])
    assert [e.event for e in EventLog(tmp_path / "log").entries()] == given_events
    assert log.events_of("H-1") == [given_events[0], given_events[2]]
    assert log.events_of("H-nobody") == []
    assert log.verify(head).ok
    assert log.head == head


def test_an_empty_log_verifies(tmp_path: Path) -> None:
    """A folder that does not exist yet is an empty chain."""
    log = EventLog(tmp_path / "none")
    assert log.verify().ok
    assert log.head.entries == 0
    assert list(log.entries()) == []


def test_the_same_event_twice_changes_no_byte(tmp_path: Path) -> None:
    """Appending is idempotent by event id, within one call and between calls."""
    log = EventLog(tmp_path)
    log.append([event(1), event(1), event(2)])
    before = (tmp_path / "events.jsonl").read_bytes()
    EventLog(tmp_path).append([event(2), event(1)])
    assert (tmp_path / "events.jsonl").read_bytes() == before
    assert log.head.entries == 2


@pytest.mark.parametrize(
    "other",
    [
        event(1, text="something else"),
        event(1, "H-2"),  # of another household
        Event("e-1", "visit", "H-1", AT, "SW-1", "another reason", {"n": 1}),
    ],
)
def test_one_id_for_two_things_is_refused_and_nothing_is_added(
    tmp_path: Path, other: Event
) -> None:
    """The id of an event names it for ever; a batch with a clash adds none of its events."""
    log = EventLog(tmp_path)
    log.append([event(1)])
    with pytest.raises(LogError, match="e-1"):
        log.append([event(2), other])
    assert log.head.entries == 1
    fresh = EventLog(tmp_path / "fresh")
    with pytest.raises(LogError, match="e-1"):
        fresh.append([event(1), other])
    assert fresh.head.entries == 0


@given(data=st.data())
def test_any_changed_byte_is_found_at_its_link(tmp_path_factory: Any, data: st.DataObject) -> None:
    """Change one byte of one line: verify names that entry as the first broken link."""
    folder = tmp_path_factory.mktemp("log")
    log = EventLog(folder)
    head = log.append([event(n) for n in range(4)])
    path = folder / "events.jsonl"
    lines = path.read_bytes().split(b"\n")[:-1]
    number = data.draw(st.integers(0, 3))
    place = data.draw(st.integers(0, len(lines[number]) - 1))
    new = data.draw(st.integers(32, 126).filter(lambda b: b != lines[number][place]))
    changed = bytearray(lines[number])
    changed[place] = new
    lines[number] = bytes(changed)
    path.write_bytes(b"\n".join(lines) + b"\n")
    assert EventLog(folder).verify(head).broken == number


def test_cutting_off_or_rewriting_the_end_is_found_by_the_published_head(tmp_path: Path) -> None:
    """A shorter or recomputed chain holds in itself, but not against the head that was published."""
    log = EventLog(tmp_path / "a")
    head = log.append([event(1), event(2)])
    path = tmp_path / "a" / "events.jsonl"
    path.write_bytes(path.read_bytes().split(b"\n")[0] + b"\n")
    assert EventLog(tmp_path / "a").verify().ok
    assert EventLog(tmp_path / "a").verify(head).broken == 1
    other = EventLog(tmp_path / "b")
    other.append([event(1), event(2)])
    assert other.verify().ok
    verdict = other.verify(head)
    assert verdict.broken == 1
    assert "链头" in verdict.say("zh")
    assert "published head" in verdict.say("en")
    assert other.verify(Head(0, "0" * 64)).ok


def test_a_crash_at_any_byte_loses_nothing_before_it(tmp_path: Path) -> None:
    """Cut the last line at every byte: it is reported, append refuses, repair keeps all whole entries."""
    source = EventLog(tmp_path / "whole")
    source.append([event(1), event(2)])
    content = (tmp_path / "whole" / "events.jsonl").read_bytes()
    second = content.index(b"\n") + 1
    folder = tmp_path / "torn"
    log = EventLog(folder)
    log.append([event(1)])
    # The keys belong to the folder: both logs must share them for the entries to open.
    for path in (tmp_path / "whole" / "keys").iterdir():
        (folder / "keys" / path.name).write_bytes(path.read_bytes())
    for cut in range(second + 1, len(content)):
        (folder / "events.jsonl").write_bytes(content[:cut])
        log = EventLog(folder)
        assert log.torn == cut - second
        assert log.verify().broken == 1
        with pytest.raises(LogError, match="repair"):
            log.append([event(3)])
        assert log.repair() == cut - second
        whole = cut == len(content) - 1  # only the line's end was missing
        assert log.head.entries == (2 if whole else 1)
        assert log.verify().ok
    assert log.repair() == 0
    assert log.append([event(3)]).entries == 3


def test_after_erasure_the_chain_verifies_and_no_byte_can_be_read(tmp_path: Path) -> None:
    """Erasing destroys the key: nothing of the person is left in any file, others stay readable."""
    log = EventLog(tmp_path)
    theirs = event(1, "P-erased-77", illness=SECRETS[0], name=SECRETS[1], phone=SECRETS[2])
    log.append([theirs, event(2)])
    reads = json.dumps(dict(log.events_of("P-erased-77")[0].payload), ensure_ascii=False)
    assert all(secret in reads for secret in SECRETS)
    key_files = [p.read_bytes() for p in (tmp_path / "keys").glob("*.json")]
    key = next(json.loads(k)["key"] for k in key_files if b"P-erased-77" in k)
    published = log.head
    log.erase("P-erased-77", by="SW-1", at=AT, why="withdrawn")
    everything = raw(tmp_path)
    for planted in (*SECRETS, "P-erased-77", "e-1", key):
        assert planted.encode() not in everything
    assert bytes.fromhex(key) not in everything
    assert len(list((tmp_path / "keys").glob("*.json"))) == len(key_files) - 1
    fresh = EventLog(tmp_path)
    assert fresh.verify(published).ok
    assert [e.event is None for e in fresh.entries()] == [True, False, True]
    assert [e.kind for e in fresh.entries()] == ["visit", "visit", "erasure"]
    assert fresh.events_of("P-erased-77") == []
    assert fresh.events_of("H-1") == [event(2)]


def test_no_payload_is_readable_without_the_keys(tmp_path: Path) -> None:
    """The chain can be handed out: events.jsonl alone tells no id, name, reason or payload."""
    log = EventLog(tmp_path)
    log.append([Event("e-77", "visit", "P-77", AT, "P-77", SECRETS[1], {"x": SECRETS[0]})])
    chain = (tmp_path / "events.jsonl").read_bytes()
    for planted in (*SECRETS, "P-77", "e-77"):
        assert planted.encode() not in chain
        assert json.dumps(planted).strip('"').encode() not in chain
    assert log.events_of("P-77")[0].by == "P-77"


def test_what_was_erased_does_not_come_back_through_a_late_device(tmp_path: Path) -> None:
    """Replaying an erased person's old events is passed over; a new event starts a new reference."""
    log = EventLog(tmp_path)
    log.append([event(1, "P-1")])
    log.erase("P-1", by="SW-1", at=AT, why="stopped")
    assert log.append([event(1, "P-1")]).entries == 2
    assert log.events_of("P-1") == []
    log.append([event(5, "P-1")])
    references = [e.reference for e in log.entries() if e.kind == "visit"]
    assert len(set(references)) == 2


def test_erasing_somebody_unknown_is_an_error(tmp_path: Path) -> None:
    """A typing mistake must not look like an erasure; nor is the erased person erased twice."""
    log = EventLog(tmp_path)
    log.append([event(1)])
    with pytest.raises(LogError, match="nothing is kept"):
        log.erase("H-l", by="SW-1", at=AT, why="withdrawn")
    with pytest.raises(LogError, match="fulfilled"):
        log.erase("H-1", by="SW-1", at=AT, why="王大爷 asked")
    log.erase("H-1", by="SW-1", at=AT, why="withdrawn")
    with pytest.raises(LogError, match="nothing is kept"):
        log.erase("H-1", by="SW-1", at=AT, why="withdrawn")
    assert log.head.entries == 2


def test_a_crash_within_an_erasure_is_finished_by_the_next_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Power fails after the record, before the key is gone: the next append destroys the key."""
    log = EventLog(tmp_path)
    log.append([event(1, "P-1")])
    with monkeypatch.context() as patch:
        patch.setattr(keys_module.KeyRing, "destroy", lambda *_: (_ for _ in ()).throw(OSError()))
        with pytest.raises(OSError):  # noqa: PT011
            log.erase("P-1", by="SW-1", at=AT, why="withdrawn")
    assert any(b"P-1" in p.read_bytes() for p in (tmp_path / "keys").glob("*.json"))
    fresh = EventLog(tmp_path)
    fresh.append([event(2)])
    assert not any(b"P-1" in p.read_bytes() for p in (tmp_path / "keys").glob("*.json"))
    assert fresh.verify().ok


def test_swapping_two_ciphertexts_is_found_when_opened(tmp_path: Path) -> None:
    """Each ciphertext is bound to its public part: a recomputed chain with swapped ones won't open."""
    from wushe.casefile import chain

    log = EventLog(tmp_path)
    log.append([event(1), event(2)])
    path = tmp_path / "events.jsonl"
    one, two = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    first, head = chain._link(Head(0, chain.GENESIS), one["public"], two["sealed"])
    second, _ = chain._link(head, two["public"], one["sealed"])
    path.write_bytes(first + second)
    assert EventLog(tmp_path).verify().ok
    with pytest.raises(LogError, match="was changed"):
        list(EventLog(tmp_path).entries())


_WRITER = """
import sys
from wushe.casefile import Event, EventLog
log = EventLog(sys.argv[1])
for n in range(25):
    key = f"{sys.argv[2]}-{n}"
    log.append([Event(key, "visit", "H-1", "2025-09-15T09:00:00Z", "SW-1", "", {"n": n})])
"""


def test_two_processes_append_to_one_chain(tmp_path: Path) -> None:
    """Writers take turns: all events of both are there, and the chain holds."""
    command = [sys.executable, "-c", _WRITER, str(tmp_path / "log")]
    writers = [subprocess.Popen([*command, name]) for name in ("a", "b")]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0]
    log = EventLog(tmp_path / "log")
    assert log.verify().ok
    ids = [e.event.id for e in log.entries() if e.event]
    assert sorted(ids) == sorted(f"{name}-{n}" for name in "ab" for n in range(25))
    assert [i for i in ids if i.startswith("a")] == [f"a-{n}" for n in range(25)]


def test_a_reader_sees_what_another_log_object_appended(tmp_path: Path) -> None:
    """Two objects on one folder continue each other's chain."""
    one, two = EventLog(tmp_path), EventLog(tmp_path)
    one.append([event(1)])
    two.append([event(2)])
    head = one.append([event(3)])
    assert head.entries == 3
    assert two.verify(head).ok


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"kind": "Visit!"}, "kind"),
        ({"id": "two words"}, "id"),
        ({"at": "2025-09-15T09:00:00"}, "at"),  # no zone
        ({"at": "yesterday"}, "at"),
        ({"payload": {"x": dt.date(2025, 1, 1)}}, "payload"),  # no plain JSON
        ({"payload": {"x": float("nan")}}, "payload"),
        ({"payload": ["x"]}, "payload"),
        ({"by": ""}, "by"),
    ],
)
def test_a_bad_event_says_what_is_wrong(change: dict[str, Any], named: str) -> None:
    """Events are checked when made, before anything reaches the log."""
    good = {
        "id": "e",
        "kind": "visit",
        "subject": "H",
        "at": AT,
        "by": "S",
        "why": "",
        "payload": {},
    }
    with pytest.raises(ValueError, match=named):
        Event(**{**good, **change})


def test_an_event_is_frozen_and_pickles() -> None:
    """Later changes of the caller's payload do not reach the event."""
    payload = {"list": [1]}
    made = Event("e", "visit", "H", AT, "S", "", payload)
    payload["list"].append(2)
    assert made.payload["list"] == [1]
    assert made.at == "2025-09-15T01:00:00.000000Z"
    assert pickle.loads(pickle.dumps(made)) == made
    with pytest.raises(TypeError):
        made.payload["new"] = 1  # type: ignore[index]


def test_only_erase_writes_erasures(tmp_path: Path) -> None:
    """An event cannot pretend that somebody was erased."""
    with pytest.raises(LogError, match="erase"):
        EventLog(tmp_path).append([Event("e", "erasure", "H", AT, "S", "", {})])


def test_without_the_extra_the_error_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Appending asks for the extra `vault`; verifying does not need it."""
    EventLog(tmp_path).append([event(1)])
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    log = EventLog(tmp_path)
    with pytest.raises(MissingExtraError, match="vault"):
        log.append([event(2)])
    assert log.verify().ok
    monkeypatch.setitem(sys.modules, "filelock", None)
    with pytest.raises(MissingExtraError, match="vault"):
        EventLog(tmp_path).append([event(2)])


def test_a_crash_while_a_key_is_written_leaves_no_trace(tmp_path: Path) -> None:
    """The draft of a key file, which names the person, is gone after the next append."""
    EventLog(tmp_path).append([event(1)])
    draft = tmp_path / "keys" / "left.draft"
    draft.write_text('{"subject": "P-half"}', encoding="utf-8")
    EventLog(tmp_path).append([event(2)])
    assert not draft.exists()


def test_a_damaged_key_file_is_an_error_not_an_erasure(tmp_path: Path) -> None:
    """Only an overwritten file counts as destroyed; a damaged one asks for the backup."""
    log = EventLog(tmp_path)
    log.append([event(1)])
    path = next((tmp_path / "keys").glob("*.json"))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(LogError, match="no key file"):
        log.events_of("H-1")
