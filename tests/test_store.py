"""The store: one transaction per command, answers once, reading, erasing, and errors that say what to do."""

import datetime as dt
import importlib
import json
import pickle
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from sqlalchemy import event as sql_event

import wushe.store
from store_toy import ACT, DOMAIN, WHY, Job, Part, donate, fill, place, reopen, take
from wushe.errors import (
    ConflictError,
    FormatVersionError,
    MissingExtraError,
    PluginError,
    RefusedError,
    StoreError,
)
from wushe.journal import Act, MemoryStore, Session
from wushe.model import make_table
from wushe.store import Store, open_store
from wushe.store.requests import fingerprint


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return a fresh store in a file."""
    with open_store(tmp_path / "orders.db", domain=DOMAIN) as opened:
        yield opened


# --- units of work ---------------------------------------------------------------------------


def test_a_command_is_kept_and_read_back(store: Store) -> None:
    """Events come back with their numbers and words, records with nested parts, from a store opened anew."""
    receipt = store.run(WHY, place, jobs=["A", "B"], amount=3)
    store.run(ACT, take, job="A", helper="V-1")
    assert (receipt.first, receipt.last, receipt.answer) == (1, 2, ["A", "B"])
    with open_store(store.base.address.path, domain=DOMAIN) as again:
        events = list(again.events())
        assert [(n, e.kind, e.stream) for n, e in events] == [
            (1, "job.placed", "job/A"), (2, "job.placed", "job/B"), (3, "job.taken", "job/A"),
        ]  # fmt: skip
        assert tuple(e for _, e in events[:2]) == receipt.events
        assert events[0][1].words == {"why": WHY.why}
        assert [e.kind for e in again.history("job/A")] == ["job.placed", "job.taken"]
        assert [n for n, _ in again.events(after=1, kind="job.placed")] == [2]
        with again.reading() as state:
            job = state.get("job", "A")
            assert job.parts == (Part("a", 3),)
            assert job.notes == ((1, "V-1"), (0, None))
            assert job.counts == {"V-1": 1}
            assert state.subject(job.client) == "H-1"
            assert state.get("job", "C") is None


def test_a_command_that_refuses_leaves_nothing(store: Store) -> None:
    """What it recorded before refusing is gone with its records, its persons and its key."""
    store.run(ACT, place, jobs=["A"])
    before = store.head

    def half(s: Session) -> None:
        place(s, jobs=["B"], client="H-2")
        take(s, job="A", helper="V-1")
        take(s, job="A", helper="V-2")

    with pytest.raises(ConflictError):
        store.run(ACT, half, key="k")
    assert store.head == before
    with store.reading() as state:
        assert state.get("job", "A").status == "open"
        assert state.get("job", "B") is None
    assert b"H-2" not in _bytes(store)
    assert store.run(ACT, take, key="k", job="A", helper="V-1").again is False


def test_the_state_inside_a_command_is_what_it_wrote(store: Store) -> None:
    """Find, until and get merge what the table has with what was changed since."""
    store.run(ACT, place, jobs=["A", "B", "C"], amount=1)
    store.run(ACT, take, job="B", helper="V-1")

    def look(s: Session) -> list[list[str]]:
        ids = []
        ids.append([j.id for j in s.state.find("job", status="open")])
        take(s, job="A", helper="V-1")
        place(s, jobs=["D"], amount=2)
        ids.append([j.id for j in s.state.find("job", status="open")])
        ids.append([j.id for j in s.state.find("job", helper="V-1")])
        ids.append([j.id for j in s.state.find("job", helper="V-1", status=None)])
        ids.append([j.id for j in s.state.find("job", helper=None, status="open")])
        ids.append([j.id for j in s.state.find("job")])
        ids.append([j.id for j in s.state.until("job", "due_at", "2025-09-17")])
        ids.append([j.id for j in s.state.until("job", "due_at", "2025-09-30")])
        return ids

    expected = [
        ["A", "C"], ["C", "D"], ["A", "B"], ["A", "B"], ["C", "D"], ["A", "B", "C", "D"],
        ["A", "B", "C"], ["A", "B", "C", "D"],
    ]  # fmt: skip
    assert store.run(ACT, look).answer == expected


def test_a_state_for_reading_does_not_change_while_others_write(store: Store) -> None:
    """A block of reading sees one moment, and cannot be written to."""
    store.run(ACT, place, jobs=["A"])
    with store.reading() as state:
        assert len(state.find("job")) == 1
        store.run(ACT, place, jobs=["B"])
        assert state.get("job", "B") is None
        with pytest.raises(TypeError, match="for reading"):
            state.put("job", Job("X", "r"))
    with store.reading() as state:
        assert len(state.find("job")) == 2


def test_the_same_commands_make_the_same_state_as_in_memory(store: Store) -> None:
    """A store and a MemoryStore differ in the references only."""
    memory = MemoryStore(DOMAIN)
    for one in (store, memory):
        one.run(ACT, place, jobs=["A", "B"], amount=4)
        one.run(ACT, take, job="A", helper="V-1")
        one.run(ACT, reopen, job="A")
    with store.reading() as state:
        found = [attrs.evolve(j, client=state.subject(j.client)) for j in state.find("job")]
    assert found == memory.state.find("job")


def test_data_that_is_no_plain_json_is_a_mistake_of_the_command(store: Store) -> None:
    """Floats, keys that are no text and halves of characters are named; nothing is kept."""
    for wrong in ({"amount": 0.5}, {"amount": {1: 2}}, {"amount": "\ud800"}, {"amount": {1, 2}}):
        with pytest.raises(ValueError, match=r"job\.placed of job/A: is not plain JSON"):
            store.run(ACT, lambda s, w=wrong: s.record("job.placed", "job/A", w))
    assert store.head.entries == 0


def test_an_id_in_place_of_a_reference_is_refused(store: Store) -> None:
    """The id of a person would stay in the chain for ever: only what `Session.ref` gave may stand there."""
    with pytest.raises(ValueError, match=r"Session\.ref"):
        store.run(ACT, lambda s: s.record("job.placed", "job/A", {"amount": 1}, ref="H-1"))
    assert store.head.entries == 0


# --- answers once ----------------------------------------------------------------------------


def test_a_retried_request_is_done_once(store: Store) -> None:
    """The same key with the same request gives the first receipt again, from any process."""
    first = store.run(ACT, place, key="k-1", jobs=("A", "B"))
    again = store.run(ACT, place, key="k-1", jobs=["A", "B"])
    assert (again.answer, again.first, again.last, again.events) == (
        first.answer, first.first, first.last, first.events,
    )  # fmt: skip
    assert (first.again, again.again) == (False, True)
    assert store.head.entries == 2


@pytest.mark.parametrize(
    ("act", "command", "arguments"),
    [
        (ACT, place, {"jobs": ["B"]}),  # another argument
        (ACT, place, {"jobs": ["A"], "amount": 2}),  # one more
        (ACT, reopen, {"job": "A"}),  # another command
        (Act(ACT.at, "W-2"), place, {"jobs": ["A"]}),  # somebody else
    ],
)
def test_a_key_used_for_another_request_is_refused(
    store: Store, act: Act, command: Any, arguments: dict[str, Any]
) -> None:
    """A key stands for one request; nothing happens, and the refusal says what to do."""
    store.run(ACT, place, key="k-1", jobs=["A"])
    with pytest.raises(RefusedError, match="this key was used for another request"):
        store.run(act, command, key="k-1", **arguments)
    assert store.head.entries == 1


def test_a_request_that_changes_nothing_is_remembered_too(store: Store) -> None:
    """A pool that ran dry between two tries does not change the answer to the first one."""
    store.run(ACT, fill, pool="M", fen=0)
    assert store.run(ACT, donate, key="g", pool="M", fen=5).answer == 0
    store.run(ACT, fill, pool="M", fen=100)
    again = store.run(ACT, donate, key="g", pool="M", fen=5)
    assert (again.again, again.answer, again.first) == (True, 0, 0)


def test_an_argument_that_is_no_data_cannot_have_a_key(store: Store) -> None:
    """An object without a value cannot be told from another one: said before anything is done."""
    with pytest.raises(ValueError, match="jobs: cannot be compared"):
        store.run(ACT, place, key="k", jobs=iter(["A"]))
    assert store.head.entries == 0


def test_requests_are_told_apart_by_what_they_hold() -> None:
    """Records, tables, arrays, dates and sets with the same content are the same request, others are not."""

    def said(value: Any) -> str:
        return fingerprint(ACT, place, {"value": value})

    def people(birth: str) -> Any:
        rows = {"id": ["P-1", "P-2"], "birth": [dt.date.fromisoformat(birth), None]}
        return make_table("persons", rows)

    same = [
        ({"b", "a"}, {"a", "b"}), (Part("a", 1), Part("a", 1)), (dt.date(2025, 9, 1), dt.date(2025, 9, 1)),
        (np.arange(3), np.arange(3)), (people("1950-01-01"), people("1950-01-01")), ((1, [2]), [1, (2,)]),
    ]  # fmt: skip
    other = [
        ({"b", "a"}, {"b", "c"}), (Part("a", 1), Part("a", 2)), (dt.date(2025, 9, 1), "2025-09-01"),
        (np.arange(3), np.arange(4)), (people("1950-01-01"), people("1950-01-02")), (1, "1"), (1, 1.0),
        ({"a": 1}, {"a": None}), ([], {}),
    ]  # fmt: skip
    assert all(said(one) == said(two) for one, two in same)
    assert not any(said(one) == said(two) for one, two in other)


# --- observers -------------------------------------------------------------------------------


class Watching:
    """Stands for loaded plugins whose observer looks at the store and then fails."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def after_orders_changed(self, events: Any) -> tuple[PluginError, ...]:
        """Look at what is kept."""
        with open_store(self.where, domain=DOMAIN) as store:
            self.seen.append((len(events), store.head.entries))
        return (PluginError("watch", "1", "after_orders_changed", "no network"),)

    where: Any = None


def test_observers_run_after_the_commit_and_undo_nothing(tmp_path: Path) -> None:
    """They see what is kept; their failure is reported with the receipt; a refusal reaches none."""
    plugins = Watching()
    plugins.where = tmp_path / "s.db"
    with open_store(plugins.where, plugins=plugins, domain=DOMAIN) as store:  # type: ignore[arg-type]
        receipt = store.run(ACT, place, key="k", jobs=["A"])
        assert [t.hook for t in receipt.troubles] == ["after_orders_changed"]
        assert plugins.seen == [(1, 1)]
        store.run(ACT, take, job="A", helper="V")
        with pytest.raises(ConflictError):
            store.run(ACT, take, job="A", helper="V")
        assert store.run(ACT, place, key="k", jobs=["A"]).again
        assert plugins.seen == [(1, 1), (1, 2)]
        assert store.head.entries == 2


# --- persons ---------------------------------------------------------------------------------


def _bytes(store: Store) -> bytes:
    path = store.base.address.path
    assert path is not None
    return b"".join(p.read_bytes() for p in sorted(path.parent.glob(path.name + "*")))


def test_an_erased_person_leaves_no_trace_and_the_chain_holds(store: Store) -> None:
    """Words and id are gone from every byte of the file, the state is unchanged, the record says so."""
    store.run(WHY, place, key="k", jobs=["A"], client="H-secret")
    store.run(ACT, place, jobs=["B"], client="H-other")
    store.run(Act(ACT.at, "W-1", "又摔了"), reopen, job="A")
    before = store.head
    with store.reading() as state:
        jobs = state.find("job")
        ref = state.ref("H-secret")
    assert WHY.why.encode() in _bytes(store)
    store.erase("H-secret", Act(ACT.at, "H-secret", "王老太不愿意"), "withdrawn")
    for word in (WHY.why, "H-secret", "又摔了", "王老太"):
        assert word.encode() not in _bytes(store)
    with store.reading() as state:
        assert state.find("job") == jobs
        assert state.subject(ref) is None
        assert state.ref("H-secret") != ref
        assert state.subject(state.ref("H-other")) == "H-other"
    assert store.verify(before, deep=True).ok
    assert [e.words for e in store.history("job/A")] == [None, None]
    last = next(iter(store.events(after=3)))[1]
    assert (last.kind, last.data["ground"], last.by) == (
        "subject.erased",
        "withdrawn",
        "the-subject",
    )
    with pytest.raises(RefusedError, match="a person in it was erased"):
        store.run(WHY, place, key="k", jobs=["A"], client="H-secret")


def test_words_about_an_erased_person_are_not_kept_later(store: Store) -> None:
    """A job that goes on after the erasure keeps its facts, not what is said about the person."""
    store.run(ACT, place, jobs=["A"], client="H-secret")
    store.erase("H-secret", ACT, "withdrawn")
    store.run(WHY, reopen, job="A")
    assert store.history("job/A")[-1].words is None
    assert store.verify(deep=True).ok


def test_erasing_needs_a_ground_and_somebody(store: Store) -> None:
    """Free words are no ground, and what is not kept cannot be erased: said, nothing done."""
    store.run(ACT, place, jobs=["A"])
    with pytest.raises(RefusedError, match="article 47"):
        store.erase("H-1", ACT, "she asked for it")
    with pytest.raises(RefusedError, match="nothing is kept of this person"):
        store.erase("H-nobody", ACT, "withdrawn")
    assert store.head.entries == 1


# --- errors ----------------------------------------------------------------------------------


def test_what_is_no_store_is_named_and_left_alone(tmp_path: Path) -> None:
    """A text file, somebody else's database and an address of another sort are said to be no store."""
    page = tmp_path / "page.db"
    page.write_text("这是一个表格，不是数据库" * 100, "utf-8")
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE people (name TEXT)")
    connection.close()
    for path in (page, other):
        before = path.read_bytes()
        with pytest.raises(StoreError, match="is no store of wushe"):
            open_store(path, domain=DOMAIN)
        assert path.read_bytes()[100:] == before[100:]
    with pytest.raises(StoreError, match="no address of a store") as caught:
        open_store("mysql://me:hush@host/db", domain=DOMAIN)
    assert "hush" not in str(caught.value)


def test_a_store_that_is_not_there_is_not_made_by_accident(tmp_path: Path) -> None:
    """Reading a path that was mistyped makes no file."""
    for choice in ({"create": False}, {"read_only": True}):
        with pytest.raises(StoreError, match="there is no store at"):
            open_store(tmp_path / "typo.db", domain=DOMAIN, **choice)  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="Check that its folder exists"):
        open_store(tmp_path / "no" / "folder.db", domain=DOMAIN)
    assert list(tmp_path.iterdir()) == []


def test_a_file_may_have_any_name(tmp_path: Path) -> None:
    """Chinese, spaces and signs that mean something in addresses are part of the name."""
    path = tmp_path / "50% ?mode=ro#订单 台账.db"
    with open_store(path, domain=DOMAIN) as store:
        store.run(ACT, place, jobs=["A"])
    with open_store(str(path), domain=DOMAIN, read_only=True) as store:
        assert store.head.entries == 1
    with open_store(f"sqlite:///{tmp_path}/plain.db", domain=DOMAIN) as store:
        assert store.head.entries == 0
    assert sorted(p.name for p in tmp_path.glob("*.db")) == [path.name, "plain.db"]


def test_a_read_only_store_is_read_and_not_written(store: Store) -> None:
    """Everything can be read; a command, an erasure and a rebuild say that it is read only."""
    store.run(ACT, place, jobs=["A"])
    with open_store(store.base.address.path, domain=DOMAIN, read_only=True) as reader:
        assert reader.verify(deep=True).ok
        with reader.reading() as state:
            assert state.get("job", "A").status == "open"
        for write in (
            lambda: reader.run(ACT, take, job="A", helper="V-1"),
            lambda: reader.erase("H-1", ACT, "withdrawn"),
            reader.rebuild,
        ):
            with pytest.raises(StoreError, match="can only be read; nothing was written"):
                write()
    assert store.head.entries == 1


def test_a_full_disk_is_said_and_loses_nothing(store: Store) -> None:
    """The command that does not fit is not half there; what was kept is; a smaller one still goes."""
    store.run(ACT, place, jobs=["A"])
    before = store.head
    store.close()

    @sql_event.listens_for(store.base.engine, "connect")
    def limit(connection: Any, _: Any) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 10}")

    with pytest.raises(StoreError, match="the disk is full") as caught:
        store.run(ACT, place, key="k", jobs=[f"J{n}" for n in range(2000)])
    assert "磁盘已满" in str(caught.value)
    assert store.head == before
    assert store.verify(deep=True).ok
    store.run(ACT, take, job="A", helper="V-1")
    assert store.head.entries == 2


def test_a_store_that_is_always_busy_says_so(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waited long enough gets an answer instead of waiting for ever."""
    store.run(ACT, place, jobs=["A"])
    store.close()

    @sql_event.listens_for(store.base.engine, "connect")
    def impatient(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA busy_timeout = 20")

    with (
        open_store(store.base.address.path, domain=DOMAIN) as other,
        other.writing(),
        pytest.raises(StoreError, match="somebody else kept writing"),
    ):
        store.run(ACT, take, job="A", helper="V-1")
    store.run(ACT, take, job="A", helper="V-1")


def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path) -> None:
    """Pages of noise are no Python error but one that says to restore the backup."""
    path = tmp_path / "s.db"
    with open_store(path, domain=DOMAIN) as store:
        store.run(ACT, place, jobs=[f"J{n}" for n in range(500)])
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"), open_store(path, domain=DOMAIN) as store:
        store.verify()


def test_errors_quote_no_value(store: Store) -> None:
    """Neither the message nor what stands behind it repeats what was to be written."""
    with open_store(store.base.address.path, domain=DOMAIN, read_only=True) as reader:
        with pytest.raises(StoreError) as caught:
            reader.run(ACT, place, jobs=["A"], client="H-secret")
        assert "H-secret" not in str(caught.value)
        assert caught.value.__suppress_context__
        assert pickle.loads(pickle.dumps(caught.value)).args == caught.value.args


def test_a_store_of_a_newer_format_is_not_opened(store: Store) -> None:
    """What a newer wushe wrote may mean something else: not read, not touched."""
    path = store.base.address.path
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE wushe_format SET version_num = '0099'")
    connection.close()
    with pytest.raises(FormatVersionError, match="format 99, this wushe knows up to"):
        open_store(path, domain=DOMAIN)


def test_without_the_database_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who installed wushe alone is told what to install."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"wushe\[sql\]"):
        importlib.reload(wushe.store)


# --- from the state or from the events ---------------------------------------------------------


def test_records_that_got_another_shape_are_made_anew(store: Store) -> None:
    """A key that a record gained since is there for every old record: the state is replayed once."""
    store.run(ACT, place, jobs=["A"], amount=2)
    kinds = {**DOMAIN.records, "job": attrs.evolve(DOMAIN.records["job"], keys=("id", "due_at"))}
    newer = attrs.evolve(DOMAIN, records=kinds)
    with pytest.raises(StoreError, match="Open it for writing once"):
        open_store(store.base.address.path, domain=newer, read_only=True)
    with open_store(store.base.address.path, domain=newer) as again:
        assert again.verify(deep=True).ok
        with again.reading() as state:
            assert [j.id for j in state.until("job", "due_at", "2025-12-31")] == ["A"]


def test_a_store_of_another_domain_says_which_events_are_unknown(store: Store) -> None:
    """Opened without the rules that wrote it, a store is left as it is."""
    store.run(ACT, place, jobs=["A"])
    without = attrs.evolve(DOMAIN, events={}, records={})
    with pytest.raises(StoreError, match=r"job\.placed, unknown here"):
        open_store(store.base.address.path, domain=without)
    assert store.verify(deep=True).ok


def test_opening_replays_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The state kept with the events is the snapshot: no event is applied to open or to read."""
    store.run(ACT, place, jobs=[f"J{n}" for n in range(50)])
    applied: list[str] = []
    events = {
        name: attrs.evolve(kind, apply=lambda s, e: applied.append(e.kind))
        for name, kind in DOMAIN.events.items()
    }
    with open_store(store.base.address.path, domain=attrs.evolve(DOMAIN, events=events)) as again:
        with again.reading() as state:
            assert len(state.find("job")) == 50
        assert applied == []
        assert again.rebuild() == 50
        assert len(applied) == 50


def test_what_is_kept_reads_without_wushe(store: Store) -> None:
    """Any tool that reads SQLite sees plain JSON in plain tables."""
    store.run(ACT, place, jobs=["A"], amount=2)
    store.close()
    with sqlite3.connect(store.base.address.path) as connection:
        rows = connection.execute("SELECT kind, data FROM wushe_events").fetchall()
    connection.close()
    assert [(k, json.loads(d)["amount"]) for k, d in rows] == [("job.placed", 2)]
