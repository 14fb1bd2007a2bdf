"""Verify: every later change of a store is found and named."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import campaign
from store_toy import ACT, DOMAIN, WHY, place, reopen, take
from wushe.casefile import Head
from wushe.errors import FormatVersionError, StoreError
from wushe.store import Store, StoreVerdict, open_store
from wushe.store.chain import link
from wushe.store.findings import FOUND, Finding


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return a store with three jobs in nine events: A 1 4 7, B 2 5 8, C 3 6 9."""
    with open_store(tmp_path / "s.db", domain=DOMAIN) as opened:
        for number, job in enumerate(("A", "B", "C")):
            opened.run(WHY, place, jobs=[job], client=f"H-{number}")
        for job in ("A", "B", "C"):
            opened.run(ACT, take, job=job, helper="V-1")
        for job in ("A", "B", "C"):
            opened.run(ACT, reopen, job=job)
        yield opened


def tamper(store: Store, *statements: str) -> None:
    """Change the file behind the store's back."""
    store.close()
    connection = sqlite3.connect(str(store.base.address.path))
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def found(verdict: StoreVerdict) -> list[tuple[str, int | str | None, int | None]]:
    """Return code, number or name, other of every finding."""
    return [(f.code, f.number or f.name, f.other) for f in verdict.findings]


SWAP_ALL = (  # every column but the number
    "CREATE TEMP TABLE t AS SELECT * FROM wushe_events WHERE number IN ({0}, {1})",
    "DELETE FROM wushe_events WHERE number IN ({0}, {1})",
    "UPDATE t SET number = {0} + {1} - number",
    "INSERT INTO wushe_events SELECT * FROM t",
)
SWAP_CONTENT = (  # each hash stays where it was
    "CREATE TEMP TABLE h AS SELECT number AS n, hash AS h FROM wushe_events",
    *SWAP_ALL,
    "UPDATE wushe_events SET hash = (SELECT h FROM h WHERE n = number)",
)
STREAM_B = "DELETE FROM wushe_events WHERE stream = 'job/B'"


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        # one byte of the content
        (
            ["UPDATE wushe_events SET data = replace(data, 'V-1', 'V-2') WHERE number = 5"],
            [("changed", 5, None)],
        ),
        # who did it
        (["UPDATE wushe_events SET by = 'W-9' WHERE number = 1"], [("changed", 1, None)]),
        # whose it is: also the words' reference is compared
        (["UPDATE wushe_events SET ref = NULL WHERE number = 9"], [("changed", 9, None)]),
        # a hash in the middle, and the last
        (
            ["UPDATE wushe_events SET hash = replace(hash, substr(hash, 1, 1), 'g') WHERE number = 4"],
            [("hash-changed", 4, None)],
        ),
        (
            ["UPDATE wushe_events SET hash = 'x' WHERE number = 9"],
            [("changed", 9, None)],
        ),
        # two changes far apart
        (
            ["UPDATE wushe_events SET at = '2020' WHERE number IN (2, 8)"],
            [("changed", 2, None), ("changed", 8, None)],
        ),
        # the tail, alone and with the head put right
        (
            ["DELETE FROM wushe_events WHERE number > 7"],
            [
                ("missing-tail", 8, 9),
                ("state-changed", "job/B", None),
                ("state-changed", "job/C", None),
            ],
        ),
        # one event
        (
            ["DELETE FROM wushe_events WHERE number = 5"],
            [("missing", 5, 5), ("state-changed", "job/B", None)],
        ),
        # a whole stream
        (
            [STREAM_B],
            [
                ("missing", 2, 2), ("missing", 5, 5), ("missing", 8, 8),
                ("stream-missing", "job/B", None),
            ],
        ),
        # two events, neighbours and others, with their hashes and without
        ([s.format(4, 5) for s in SWAP_ALL], [("swapped", 4, 5)]),
        ([s.format(2, 7) for s in SWAP_ALL], [("swapped", 2, 7)]),
        ([s.format(8, 9) for s in SWAP_ALL], [("swapped", 8, 9)]),
        ([s.format(4, 5) for s in SWAP_CONTENT], [("swapped", 4, 5)]),
        ([s.format(1, 9) for s in SWAP_CONTENT], [("swapped", 1, 9)]),
        # one more behind the head
        (
            [
                "INSERT INTO wushe_events SELECT 10, stream, kind, at, by, ref, data, words_digest, hash FROM wushe_events WHERE number = 9"
            ],
            [("changed", 10, None), ("added", 10, 10)],
        ),
        # the head
        (["UPDATE wushe_head SET hash = 'x'"], [("head", None, None)]),
        (["DELETE FROM wushe_head"], [("no-head", None, None)]),
        # words: changed, gone without an erasure, added, without an event
        (
            ["UPDATE wushe_words SET content = replace(content, '她', '他') WHERE number = 2"],
            [("words-changed", 2, None)],
        ),
        (["DELETE FROM wushe_words WHERE number = 2"], [("words-missing", 2, None)]),
        (["INSERT INTO wushe_words VALUES (5, NULL, '', '{}')"], [("words-added", 5, None)]),
        (["INSERT INTO wushe_words VALUES (77, NULL, '', '{}')"], [("words-added", 77, None)]),
    ],
)  # fmt: skip
def test_a_change_is_found_and_named(
    store: Store, statements: list[str], expected: list[tuple[str, int | str | None, int | None]]
) -> None:
    """Each way to change the file behind the store's back has its own finding, and no other is listed."""
    tamper(store, *statements)
    verdict = store.verify()
    assert not verdict.ok
    assert found(verdict) == expected
    for lang in ("zh", "en"):
        assert str(expected[0][1] or "") in verdict.say(lang)


def test_a_changed_person_is_found(store: Store) -> None:
    """Two persons exchanged behind their references, or one taken out without a record, is found."""
    tamper(
        store,
        "UPDATE wushe_subjects SET subject = 'x' WHERE subject = 'H-0'",
        "UPDATE wushe_subjects SET subject = 'H-0' WHERE subject = 'H-1'",
        "UPDATE wushe_subjects SET subject = 'H-1' WHERE subject = 'x'",
    )
    assert [f.code for f in store.verify().findings] == ["subject", "subject"]
    tamper(store, "DELETE FROM wushe_subjects WHERE subject = 'H-2'")
    assert "subject-missing" in [f.code for f in store.verify().findings]


def test_what_was_erased_and_put_back_is_found(store: Store) -> None:
    """Rows from an old backup put into the file after an erasure are named."""
    store.close()
    connection = sqlite3.connect(str(store.base.address.path))
    words = connection.execute("SELECT * FROM wushe_words WHERE number = 1").fetchone()
    person = connection.execute("SELECT * FROM wushe_subjects WHERE subject = 'H-0'").fetchone()
    connection.close()
    store.erase("H-0", ACT, "withdrawn")
    assert store.verify(deep=True).ok
    store.close()
    connection = sqlite3.connect(str(store.base.address.path))
    connection.execute("INSERT INTO wushe_words VALUES (?, ?, ?, ?)", words)
    connection.execute("INSERT INTO wushe_subjects VALUES (?, ?, ?)", person)
    connection.commit()
    connection.close()
    assert [f.code for f in store.verify().findings] == ["words-back", "subject-back"]


def test_a_changed_state_is_found_by_a_deep_check_and_put_right_by_a_rebuild(store: Store) -> None:
    """The state can be compared with the events at any time, and be made anew of them."""
    head = store.head
    tamper(
        store,
        "UPDATE wushe_state SET body = replace(body, '1', '7') WHERE id = 'A'",
        "UPDATE wushe_state SET k2 = 'V-9' WHERE id = 'B'",
        "DELETE FROM wushe_state WHERE id = 'C'",
        "INSERT INTO wushe_state (kind, id, body) VALUES ('job', 'D', '{}')",
    )
    assert store.verify().ok
    assert found(store.verify(deep=True)) == [
        ("state-changed", "job/A", None), ("state-changed", "job/B", None), ("state-added", "job/D", None),
        ("state-missing", "job/C", None),
    ]  # fmt: skip
    assert store.rebuild() == 9
    assert store.verify(head, deep=True).ok
    assert store.head == head


def rewrite(store: Store, change: Callable[[list[list[object]]], None]) -> None:
    """Rewrite the whole chain with right hashes, as somebody would who knows how they are made."""
    store.close()
    connection = sqlite3.connect(str(store.base.address.path))
    rows = [list(r) for r in connection.execute("SELECT * FROM wushe_events ORDER BY number")]
    change(rows)
    before = "0" * 64
    for number, row in enumerate(rows, 1):
        row[0] = number
        row[8] = before = link(before, number, *row[1:8])  # type: ignore[arg-type]
    connection.execute("DELETE FROM wushe_events")
    connection.executemany("INSERT INTO wushe_events VALUES (?,?,?,?,?,?,?,?,?)", rows)
    connection.execute("UPDATE wushe_head SET entries = ?, hash = ?", (len(rows), before))
    connection.commit()
    connection.close()


def test_a_rewritten_chain_differs_from_the_published_head(store: Store) -> None:
    """Who recomputes every hash deceives the store alone, not whoever kept a head."""
    published = store.head
    rewrite(store, lambda rows: rows[4].__setitem__(4, "W-9"))
    assert store.verify().ok
    assert found(store.verify(published)) == [("published", 9, None)]
    assert store.verify(Head(4, "x")).findings[0].number == 4


def test_a_tail_cut_off_with_its_head_is_told_by_the_published_head(store: Store) -> None:
    """A shorter chain that holds is still shorter than the one that was published."""
    published = store.head
    rewrite(store, lambda rows: rows.__delitem__(slice(7, None)))
    assert found(store.verify(published)) == [("published-cut", 8, 9)]
    assert "8 to 9 were cut off" in store.verify(published).say("en")


def test_an_older_published_head_still_fits(store: Store) -> None:
    """A head kept at any time is on the chain for ever."""
    old = store.head
    store.run(ACT, place, jobs=["Z"])
    assert store.verify(old).ok
    assert store.verify(old).say("en") == "the chain holds, 10 events"
    assert store.verify(old, deep=True).say() == "链条完整，共10条事件；当前状态与全部重放一致"


def test_a_long_list_is_counted(tmp_path: Path) -> None:
    """A hundred findings are listed and the rest counted."""
    with open_store(tmp_path / "s.db", domain=DOMAIN) as store:
        store.run(ACT, place, jobs=[f"J{n:03d}" for n in range(150)])
        tamper(store, "UPDATE wushe_events SET by = 'x'")
        verdict = store.verify()
        assert (verdict.found, len(verdict.findings)) == (150, 100)
        assert verdict.say("en").endswith("... and 50 more")


def test_any_byte_that_changes_is_found_or_changes_nothing(
    store: Store, tmp_path: Path, seed: int
) -> None:
    """Flip a byte anywhere in the file: it is named, or said to be damage; else all that is read is as it was."""
    store.close()
    path = tmp_path / "s.db"
    before, whole, head = list(store.events()), path.read_bytes(), store.head
    store.close()
    rng = np.random.default_rng(seed)
    found = 0
    broken = tmp_path / "broken.db"
    for at in rng.integers(0, len(whole), campaign(tests=60, ci=300, soak=5000)).tolist():
        content = bytearray(whole)
        content[at] ^= int(rng.integers(1, 256))
        broken.write_bytes(content)
        try:
            with open_store(broken, domain=DOMAIN, read_only=True) as other:
                verdict = other.verify(head, deep=True)
                if verdict.ok:
                    assert list(other.events()) == before
                found += not verdict.ok
        except (StoreError, FormatVersionError):
            found += 1
    assert found > 0


def test_a_changed_byte_of_every_text_is_found(store: Store, seed: int) -> None:
    """Whatever character of whatever column of an event is another one: event and finding are named."""
    rng = np.random.default_rng(seed)
    store.close()
    path = str(store.base.address.path)
    for column in ("stream", "kind", "at", "by", "ref", "data", "words_digest", "hash"):
        connection = sqlite3.connect(path)
        asked = f"SELECT number, {column} FROM wushe_events WHERE {column} IS NOT NULL"
        number, text = connection.execute(asked).fetchall()[2]
        at = int(rng.integers(len(text)))
        wrong = text[:at] + ("x" if text[at] != "x" else "y") + text[at + 1 :]
        change = f"UPDATE wushe_events SET {column} = ? WHERE number = ?"
        connection.execute(change, (wrong, number))
        connection.commit()
        verdict = store.verify()
        assert number in [
            f.number for f in verdict.findings if f.code in ("changed", "hash-changed")
        ]
        store.close()
        connection.execute(change, (text, number))
        connection.commit()
        connection.close()
        assert store.verify(deep=True).ok
        store.close()


@pytest.mark.parametrize("code", sorted(FOUND))
def test_every_finding_can_be_said(code: str) -> None:
    """No finding has a hole in its sentence."""
    for lang in ("zh", "en"):
        said = Finding(code, 3, 4, "job/A", "job/A").say(lang)
        assert "{" not in said
        assert "None" not in said


@settings(max_examples=campaign(tests=25, ci=80, soak=1000))
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["place", "take", "reopen"]), st.integers(0, 5), st.integers(0, 3)
        ),
        max_size=30,
    )
)
def test_the_state_is_always_what_the_events_make(
    steps: list[tuple[str, int, int]],
) -> None:
    """Whatever commands ran, refused or not: rebuilding changes no record, and nothing is found."""
    import tempfile

    with (
        tempfile.TemporaryDirectory() as folder,
        open_store(Path(folder) / "s.db", domain=DOMAIN) as store,
    ):
        placed: set[str] = set()
        for what, number, who in steps:
            job = f"J{number}"
            if what == "place":
                store.run(WHY, place, jobs=[job], client=f"H-{who}", amount=number)
                placed.add(job)
            elif job in placed:
                with store.reading() as state:
                    is_open = state.get("job", job).status is not None
                if what == "take" and is_open:
                    store.run(ACT, take, job=job, helper=f"V-{who}")
                elif what == "reopen":
                    store.run(ACT, reopen, job=job)
        with store.reading() as state:
            before = state.find("job")
        assert store.verify(store.head, deep=True).ok
        assert store.rebuild() == store.head.entries
        with store.reading() as state:
            assert state.find("job") == before
