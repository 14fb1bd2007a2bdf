"""`wushe store`: made, verified, backed up, restored, rebuilt, a person erased, on the command line."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wushe.cli import main
from wushe.store import open_store
from wushe.store.schema import EVENTS, STATE

AT = "2025-09-01T09:00:00+08:00"
WORDS = "邻居说好几天没见到石爷爷"


def run(*args: str, code: int = 0) -> Result:
    """Run the command and hold it to its exit code, without a traceback either way."""
    result = CliRunner().invoke(main, list(args))
    assert result.exit_code == code, result.output + result.stderr
    assert "Traceback" not in result.output + result.stderr
    return result


def store_of(*args: str, code: int = 0) -> Result:
    """Run a store command."""
    return run("store", *args, code=code)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two orders, placed for two households for a reason in words."""
    path = tmp_path_factory.mktemp("store") / "begun.db"
    store_of("create", "--store", str(path))
    for client in ("H-0001", "H-0002"):
        run(
            "orders", "place", "--client", client, "--category", "visit", "--store", str(path),
            "--by", "W-1", "--at", AT, "--why", WORDS,
        )  # fmt: skip
    return path


@pytest.fixture
def store(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, found by WUSHE_STORE; the working folder is empty."""
    path = tmp_path / "s.db"
    shutil.copy(begun, path)
    monkeypatch.setenv("WUSHE_STORE", str(path))
    monkeypatch.chdir(tmp_path)
    return path


def test_a_store_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time it stays as it is, and says so; a URL of an unknown kind is refused."""
    monkeypatch.chdir(tmp_path)
    assert json.loads(store_of("create", "--store", "n.db", "--json").output)["made"] is True
    before = Path("n.db").read_bytes()
    assert json.loads(store_of("create", "--store", "n.db", "--json").output)["made"] is False
    assert Path("n.db").read_bytes() == before
    said = store_of("create", "--store", "mysql://me:secret@host/db", code=1)
    assert "secret" not in said.output + said.stderr


@pytest.mark.parametrize("command", ["info", "head", "verify", "events", "rebuild"])
def test_what_is_no_store_is_said(command: str, store: Path) -> None:
    """A missing file and a file of something else: exit code 1, and neither is touched."""
    store_of(command, "--store", "none.db", code=1)
    assert not Path("none.db").exists()
    Path("x.db").write_text("not a store", "utf-8")
    store_of(command, "--store", "x.db", code=1)
    assert Path("x.db").read_text("utf-8") == "not a store"


def test_info_counts_and_names_nobody(store: Path) -> None:
    """Two events, two orders; no id of a household."""
    found = json.loads(store_of("info", "--json").output)
    assert (found["events"], found["records"]["order"]) == (2, 2)
    assert "H-0001" not in store_of("info").output + json.dumps(found)


def test_a_change_of_one_byte_is_found(store: Path) -> None:
    """Exit code 0 before and 1 after, in text and as JSON."""
    assert json.loads(store_of("verify", "--deep", "--json").output) == {"ok": True, "findings": []}
    with sqlite3.connect(store) as connection:
        change = f"UPDATE {EVENTS.name} SET data = replace(data, 'visit', 'visiT')"
        connection.execute(change + " WHERE number = 1")
    found = json.loads(store_of("verify", "--json", code=1).output)
    assert found["ok"] is False
    assert found["findings"]
    store_of("verify", code=1)


def test_a_published_head_finds_a_chain_cut_short(store: Path) -> None:
    """The head of the longer chain is what the shorter one does not reach; a head of another form is a wrong call."""
    before = store_of("head").output.strip()
    store_of("verify", "--head", before)
    longer = f"3:{'0' * 64}"
    store_of("verify", "--head", longer, code=1)
    store_of("verify", "--head", "2", code=2)


def test_a_backup_is_restored_to_the_same_chain(store: Path) -> None:
    """Same head, all verified; neither overwrites what is there."""
    store_of("backup", "copy.db")
    store_of("restore", "copy.db", "--store", "again.db")
    heads = {store_of("head", "--store", name).output for name in ("s.db", "copy.db", "again.db")}
    assert len(heads) == 1
    store_of("verify", "--deep", "--store", "again.db")
    store_of("backup", "copy.db", code=1)
    store_of("restore", "copy.db", "--store", "s.db", code=1)


def test_the_state_is_rebuilt_from_the_events(store: Path) -> None:
    """What was lost of the state is there again."""
    with sqlite3.connect(store) as connection:
        connection.execute(f"DELETE FROM {STATE.name} WHERE kind = 'order'")
    store_of("verify", "--deep", code=1)
    assert json.loads(store_of("rebuild", "--json").output) == {"events": 2}
    store_of("verify", "--deep")


def test_words_are_shown_to_the_own_team_only(store: Path) -> None:
    """Without --internal no word of the reason; with it the reason; never a household's id."""
    for form in ((), ("--json",)):
        public = store_of("events", *form).output
        internal = store_of("events", "--internal", *form).output
        assert WORDS not in public
        assert WORDS in internal
        assert "H-0001" not in public + internal


def test_events_are_chosen(store: Path) -> None:
    """By stream, kind, number and how many."""
    rows = json.loads(store_of("events", "--json").output)
    assert [row["number"] for row in rows] == [1, 2]
    by_stream = store_of("events", "--stream", rows[1]["stream"], "--json").output
    assert [row["number"] for row in json.loads(by_stream)] == [2]
    assert json.loads(store_of("events", "--after", "1", "--json").output) == [rows[1]]
    assert json.loads(store_of("events", "--limit", "1", "--json").output) == [rows[0]]
    assert json.loads(store_of("events", "--kind", "order.done", "--json").output) == []


def test_an_erased_person_is_gone_and_the_chain_holds(store: Path) -> None:
    """The words of the one are gone from the file, those of the other stay; a ground outside the law is a wrong call."""
    act = ("--by", "W-9", "--at", "2025-09-20T09:00:00+08:00")
    store_of("erase", "H-0001", "--ground", "whim", *act, code=2)
    store_of("erase", "H-0001", "--ground", "withdrawn", *act)
    store_of("verify", "--deep")
    rows = json.loads(store_of("events", "--internal", "--json").output)
    assert [row["words"] for row in rows[:2]] == [{}, {"why": WORDS}]
    with open_store(store, read_only=True) as held, held.reading() as state:
        subjects = [state.subject(order.client) for order in state.find("order")]
    assert sorted(subjects, key=str) == ["H-0002", None]
    assert b"H-0001" not in store.read_bytes()


def test_adopted_plugins_hold_without_being_named(store: Path) -> None:
    """A category of the city is known to later commands; other plugins are refused, none can be adopted by mistake."""
    place = (
        "orders",
        "place",
        "--client",
        "H-7",
        "--category",
        "smart_home",
        "--by",
        "W-1",
        "--at",
        AT,
    )
    run(*place, code=1)
    assert "hefei" in store_of("adopt", "hefei", "--by", "W-1", "--at", AT).output
    run(*place)
    assert "hefei" in run(*place, "-p", "xuanzhou", code=1).stderr
    store_of("adopt", "hefie", "--by", "W-1", "--at", AT, code=3)
    assert "不用" in store_of("adopt", "--by", "W-1", "--at", AT).output
    run(*place, code=1)
